"""What a reader returns, and what a reader is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from aulib.corpus import Corpus
from aulib.datasets.reading.findings import Findings
from aulib.datasets.reading.media import Media
from aulib.datasets.reading.points import Points
from aulib.datasets.reading.tree import Tree, natural
from aulib.errors import CorpusError, visible


@dataclass(frozen=True)
class Recording:
    """One sequence of one person.

    Parameters
    ----------
    subject, sequence : str
        As the corpus names them.
    frames : ndarray of int64, shape (n,)
        Frame numbers as the label file has them, ascending.
    codes : ndarray of int8, shape (n, A)
        0 absent, 1…5 present, ``UNKNOWN`` not coded.
    origin : str
        Label file, below the root.
    media : Media, optional
        None where the pictures are not there: labels alone are useful too.
    points : Points, optional
        Landmarks that the corpus supplies.
    columns : mapping of str to scalar or ndarray (n,)
        Further columns of the frame table: ``view``, ``partition``, ``pspi`` …
    excluded : ndarray of bool, shape (n,), optional
        Frames that an option leaves out of a prepared corpus (failed tracking, say).
    """

    subject: str
    sequence: str
    frames: np.ndarray
    codes: np.ndarray
    origin: str
    media: Media | None = None
    points: Points | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    excluded: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name in ("subject", "sequence"):  # they go into tables and onto the screen
            object.__setattr__(self, name, visible(getattr(self, name)))
        ordered = len(self.codes) == len(self.frames) and bool((np.diff(self.frames) > 0).all())
        assert ordered, f"{self.name}: a reader must hand over one row of codes a frame, frames ascending"

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def name(self) -> str:
        """``F001/T1``."""
        return f"{self.subject}/{self.sequence}"

    def table(self) -> pd.DataFrame:
        """Its rows of the frame table."""
        identity = {"subject": self.subject, "sequence": self.sequence, "frame": self.frames}
        return pd.DataFrame(identity | dict(self.columns), index=range(len(self)))


@dataclass(frozen=True)
class Found:
    """What a reader function hands back.

    Parameters
    ----------
    layout : str
        Which of the known layouts it was, in words.
    aus : tuple of int, length A
    coding : {'occurrence', 'intensity'}
    recordings : tuple of Recording
        In the order of subjects and sequences.
    """

    layout: str
    aus: tuple[int, ...]
    coding: Literal["occurrence", "intensity"]
    recordings: tuple[Recording, ...]


@dataclass(frozen=True)
class Option:
    """Something that users of a corpus decide differently.

    Parameters
    ----------
    default : bool, int, str or None
        Its type is the option's type; None is a whole number that may be left open.
    words : str
        What it does, for ``data info`` and the book.
    choices : tuple
        All values it can have; empty where any of its type will do.
    """

    default: bool | int | str | None
    words: str
    choices: tuple[Any, ...] = ()

    def parsed(self, name: str, value: Any) -> bool | int | str | None:
        """`value`, also from a string, as this option's type; raises `CorpusError` with what is possible."""
        of = type(self.default) if self.default is not None else int
        possible = (
            ", ".join(map(str, self.choices)) or {bool: "true or false", int: "a whole number", str: "a word"}[of]
        )
        wrong = CorpusError(f"option {name}={value}: expected {possible}")
        if isinstance(self.default, bool):
            words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
            if str(value).lower() not in words:
                raise wrong
            parsed: bool | int | str = words[str(value).lower()]
        elif of is int:
            if not re.fullmatch(r"[-+]?[0-9]{1,9}", str(value).strip()):
                raise wrong
            parsed = int(str(value))
        else:
            parsed = str(value)
        if self.choices and parsed not in self.choices:
            raise wrong
        return parsed


#: Every reader has these.
COMMON: dict[str, Option] = {
    "skip_broken": Option(False, "leave out files that cannot be read, in place of stopping at the first"),
}


@dataclass(frozen=True)
class Reader:
    """How one corpus is read.

    Parameters
    ----------
    name : str
        In the manifest.
    version : int
        Raise it when the same folder gives other labels, pictures or landmarks: run keys depend on it.
    read : callable
        ``(Tree, Findings, options) -> Found``.  It raises `CorpusError` when the folder does not hold the corpus.
    options : mapping of str to Option
    archives : bool
        Whether the owners hand the corpus out in archives that are looked into.
    """

    name: str
    version: int
    read: Callable[[Tree, Findings, Mapping[str, Any]], Found]
    options: Mapping[str, Option] = field(default_factory=dict)
    archives: bool = False

    def resolved(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All options with their values.

        Raises
        ------
        CorpusError
            If one does not exist or cannot have its value.
        """
        known = {**self.options, **COMMON}
        unknown = [name for name in given if name not in known]
        if unknown:
            raise CorpusError(f"{self.name} has no option {unknown[0]!r}; it has {', '.join(sorted(known))}")
        return {
            name: option.parsed(name, given[name]) if name in given else option.default
            for name, option in known.items()
        }


@dataclass(frozen=True)
class Reading:
    """A copy of a corpus as it was found: labels in memory, pictures and landmarks where they lie.

    Parameters
    ----------
    reader : Reader
    found : Found
    findings : Findings
    options : mapping
        All options with their values.
    tree : Tree
    """

    reader: Reader
    found: Found
    findings: Findings
    options: Mapping[str, Any]
    tree: Tree

    @property
    def recordings(self) -> tuple[Recording, ...]:
        return self.found.recordings

    @cached_property
    def frames(self) -> pd.DataFrame:
        """The frame table of all recordings, one below the other."""
        return pd.concat([one.table() for one in self.recordings], ignore_index=True)

    @cached_property
    def codes(self) -> np.ndarray:
        """Codes int8 (N, A) of all recordings."""
        return np.concatenate([one.codes for one in self.recordings])

    @cached_property
    def excluded(self) -> np.ndarray:
        """bool (N,): frames that an option leaves out."""
        none = [np.zeros(len(one), bool) if one.excluded is None else one.excluded for one in self.recordings]
        return np.concatenate(none)

    @cached_property
    def digest(self) -> str:
        """One checksum of every label and the frame it belongs to, sixteen hexadecimal digits."""
        digest = hashlib.sha256(repr((self.found.aus, self.found.coding)).encode())
        for one in self.recordings:
            digest.update(f"{one.name}\n".encode())
            digest.update(np.ascontiguousarray(one.frames, "<i8").tobytes())
            digest.update(np.ascontiguousarray(one.codes).tobytes())
        return digest.hexdigest()[:16]

    def labels(self, source: Literal["synthetic", "licensed"] = "licensed") -> Corpus:
        """The labels alone: a corpus whose faces have no pixels.

        Samplers, base rates and every figure that counts need no more.
        """
        keep = np.flatnonzero(~self.excluded)
        return Corpus(
            name=self.reader.name,
            source=source,
            aus=self.found.aus,
            coding=self.found.coding,
            frames=self.frames.iloc[keep].reset_index(drop=True),
            faces=np.empty((len(keep), 0, 0, 3), np.uint8),
            codes=self.codes[keep],
            landmarks=np.full((len(keep), 68, 2), np.nan, np.float32),
            identifier=f"{self.reader.name}-labels-{self.digest}",
        ).check()


def in_order(recordings: list[Recording]) -> tuple[Recording, ...]:
    """Sorted by subject and sequence as people count, each key once.

    Raises
    ------
    CorpusError
        If two label files claim the same recording.
    """
    recordings = sorted(recordings, key=lambda one: (natural(one.subject), natural(one.sequence)))
    for one, other in pairwise(recordings):
        if (one.subject, one.sequence) == (other.subject, other.sequence):
            raise CorpusError(
                f"two label files hold {one.name}: {one.origin} and {other.origin}; "
                f"does the folder hold the corpus twice? Name one of the two"
            )
    return tuple(recordings)
