"""What a number or a word may be: one description for the command line, for notebooks and for the options of methods.

A description is called with a value and the name of what has it, and returns the value as plain Python has it (numbers
of NumPy are taken).  ``str()`` of it says in words what is allowed.  ``argparse`` is given :func:`argument`.
"""

from __future__ import annotations

import math
from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aulib.errors import InputError


class Allowed:
    """Values that something can have."""

    def check(self, value: Any) -> None:
        """Raise TypeError or ValueError for a value that it cannot have."""
        raise NotImplementedError

    def parse(self, text: str) -> Any:
        """What a word of the command line spells."""
        return text

    def __call__(self, value: Any, name: str) -> Any:
        """The value; raises :class:`~aulib.errors.InputError` naming what was given and what is allowed."""
        plain = value.item() if getattr(value, "ndim", None) == 0 else value
        try:
            self.check(plain)
        except (TypeError, ValueError) as error:
            kind = f" ({type(value).__name__})" if isinstance(error, TypeError) else ""
            raise InputError(f"{name} is {value!r}{kind}; expected {self}") from None
        return plain


@dataclass(frozen=True)
class Whole(Allowed):
    """A whole number; True and 3.0 are none."""

    low: int
    high: int | None = None

    def check(self, value: Any) -> None:
        if type(value) is not int:
            raise TypeError
        if value < self.low or (self.high is not None and value > self.high):
            raise ValueError

    def parse(self, text: str) -> int:
        return int(text)

    def __str__(self) -> str:
        return f"a whole number, {self.low} {'or more' if self.high is None else f'to {self.high}'}"


@dataclass(frozen=True)
class Number(Allowed):
    """A finite number from `low` to `high`; without these two themselves where it is `between` them."""

    low: float
    high: float = math.inf
    between: bool = False

    def check(self, value: Any) -> None:
        if type(value) not in (int, float):
            raise TypeError
        inside = self.low < value < self.high if self.between else self.low <= value <= self.high
        if not inside or not math.isfinite(value):
            raise ValueError

    def parse(self, text: str) -> float:
        return float(text)

    def __call__(self, value: Any, name: str) -> float:
        return float(super().__call__(value, name))

    def __str__(self) -> str:
        if self.high == math.inf:
            return f"a number above {self.low:g}" if self.between else f"a number, {self.low:g} or more"
        words = ("between", "and") if self.between else ("from", "to")
        return f"a number {words[0]} {self.low:g} {words[1]} {self.high:g}"


@dataclass(frozen=True)
class OneOf(Allowed):
    """One of some values; True is not 1."""

    choices: tuple[Any, ...]

    def check(self, value: Any) -> None:
        if type(value) not in map(type, self.choices):
            raise TypeError
        if not any(type(value) is type(one) and value == one for one in self.choices):
            raise ValueError

    def __str__(self) -> str:
        return f"{', '.join(map(repr, self.choices[:-1]))} or {self.choices[-1]!r}"


def argument(allowed: Allowed) -> Callable[[str], Any]:
    """A ``type`` for ``argparse``, which then says usage, argument, what was given and what is expected."""

    def parse(text: str) -> Any:
        try:
            value = allowed.parse(text)
            allowed.check(value)
        except (TypeError, ValueError):
            raise ArgumentTypeError(f"{text!r} is not {allowed}") from None
        return value

    return parse


#: What corpora and studies are given as well as the command line.
SEED, SIDE, FRAMES, WORKERS = Whole(0, 2**32 - 1), Whole(32, 400), Whole(1), Whole(1, 1024)
