"""CPU time of several functions in turn, and what a benchmark reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One line of the report.

    Parameters
    ----------
    piece : str
        What was measured.
    value : float
        A ratio, or CPU milliseconds where ``unit`` says so.
    goal : float
        At least this much for a ratio; at most for everything with ``at_most``.
    """

    piece: str
    value: float
    goal: float
    unit: str = "x"
    at_most: bool = False
    detail: dict[str, float] = field(default_factory=dict)

    @property
    def reached(self) -> bool:
        return self.value <= self.goal if self.at_most else self.value >= self.goal


def interleaved(functions: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Smallest CPU time of each function in milliseconds, after one warm-up.

    The functions take turns, so that a busy machine slows all of them alike; CPU time on one thread leaves out the
    time in which others had the processor, and the minimum what they did to the caches.
    """
    best = dict.fromkeys(functions, float("inf"))
    for turn in range(repeats + 1):
        for name, function in functions.items():
            start = time.process_time()
            function()
            if turn:
                best[name] = min(best[name], 1000 * (time.process_time() - start))
    return best
