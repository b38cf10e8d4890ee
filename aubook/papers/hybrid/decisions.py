"""Rules that decide a claim from a number and its interval, fixed before the first run.

A rule says ``holds``, ``does not hold`` or ``undecided``, and of a number that is not defined ``undecided``.
:func:`verdict` asks a rule, and says what was not run and where the people are too few to decide anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

import numpy as np

from aubook.papers.hybrid.common import Interval

Word = Literal["holds", "does not hold", "undecided", "not run"]

HOLDS: Final = "holds"
FAILS: Final = "does not hold"
OPEN: Final = "undecided"
#: Of a claim whose runs are not recorded.
NOT_RUN: Final = "not run"
#: Why nothing is decided, where the people are too few to decide it.
WIDE = "the interval is wider than what is asked about"


def pair(found: Interval, minimal: float = 0.0) -> Word:
    """One is better than the other: the interval of the difference lies above 0, and the difference reaches `minimal`.

    It is not where the interval lies below 0, or wholly below the minimal effect.
    """
    if found.low > 0 and found.value >= minimal:
        return HOLDS
    return FAILS if found.high < max(0.0, minimal) else OPEN


def equivalent(found: Interval, margin: float) -> Word:
    """Both are the same: the 90 % interval of the difference lies within the margin; they are not if it lies outside.

    Parameters
    ----------
    found : Interval
        At level 0.9.
    margin : float
    """
    if -margin <= found.low and found.high <= margin:
        return HOLDS
    return FAILS if found.low > margin or found.high < -margin else OPEN


def not_worse(found: Interval, margin: float) -> Word:
    """Nothing that matters is lost: the interval lies above ``-margin``; something is if it lies below."""
    if found.low > -margin:
        return HOLDS
    return FAILS if found.high < -margin else OPEN


def verdict(found: Interval | None, size: float = 0.0, rule: Callable[[Interval, float], Word] = pair) -> str:
    """What a rule says of a difference, in words.

    Parameters
    ----------
    found : Interval or None
        None, or a value that is not defined, is ``not run``.
    size : float
        The effect or margin that is asked about, in points.
    rule : {pair, equivalent, not_worse}
    """
    if found is None or np.isnan(found.value):
        return NOT_RUN
    return said(rule(found, size), found, size)


def said(word: str, found: Interval, size: float) -> str:
    """A verdict in words: undecided is something else where the interval is too wide to decide anything.

    Parameters
    ----------
    word : str
    found : Interval
    size : float
        The effect or margin that was asked about; of 0 no interval is too wide.
    """
    wide = word == OPEN and size > 0 and not (found.high - found.low) / 2 <= size
    return f"{word}: {WIDE}" if wide else word


def together(parts: Sequence[str]) -> Word:
    """Several parts of one claim, or several settings: it holds if all do, and fails if one does."""
    if not parts or NOT_RUN in parts:
        return NOT_RUN
    if FAILS in parts:
        return FAILS
    return HOLDS if all(part == HOLDS for part in parts) else OPEN


def falling(found: Interval, p: float) -> Word:
    """A rank correlation is negative: its interval lies below 0 and a permutation test gives p below .05."""
    if found.high < 0 and p < 0.05:
        return HOLDS
    return FAILS if found.low > 0 else OPEN


def at_least(found: Interval) -> Word:
    """A difference from what is claimed is not negative: by its whole interval, or negative by its whole interval."""
    if found.low >= 0:
        return HOLDS
    return FAILS if found.high < 0 else OPEN


def exact(condition: bool) -> Word:
    """What is counted has no interval."""
    return HOLDS if condition else FAILS


def permutation_p(first: np.ndarray, second: np.ndarray, resamples: int = 10_000, seed: int = 0) -> float:
    """How often a random pairing has a rank correlation at least as strong; two-sided.

    Parameters
    ----------
    first, second : ndarray of float, shape (A,)
    resamples, seed : int

    Returns
    -------
    float
        NaN where the correlation is not defined: below three AUs, or where one side is the same for all.
    """
    if len(first) < 3 or any(len(np.unique(values)) < 2 for values in (first, second)):
        return float("nan")
    a, b = (_standard(ranks(values[None])) for values in (first, second))
    orders = np.random.default_rng(seed).permuted(np.tile(np.arange(len(first)), (resamples, 1)), axis=1)
    drawn = np.abs((a * b[0][orders]).sum(axis=1))
    return float((1 + (drawn >= abs((a * b).sum()) - 1e-12).sum()) / (1 + resamples))


def rank_correlation(values: np.ndarray, with_: np.ndarray) -> np.ndarray:
    """Spearman's correlation of every row with one row, over the AUs that the row has; shape (R,).

    Parameters
    ----------
    values : ndarray of float, shape (R, A)
        NaN where an AU is not defined.  A row with fewer than three gives NaN, and so does a constant one.
    with_ : ndarray of float, shape (A,)
    """
    out = np.full(len(values), np.nan)
    known = ~np.isnan(values) & ~np.isnan(with_)
    for pattern in np.unique(known, axis=0):  # rows that lack the same AUs together
        rows = (known == pattern).all(axis=1)
        if pattern.sum() > 2:
            with np.errstate(invalid="ignore"):
                first, second = _standard(ranks(values[rows][:, pattern])), _standard(ranks(with_[None, pattern]))
                out[rows] = (first * second).sum(axis=1)
    return out


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks within rows, ties sharing their mean; (R, A)."""
    one, other = values[:, :, None], values[:, None]
    return (other < one).sum(axis=2) + ((other == one).sum(axis=2) + 1) / 2


def _standard(rank: np.ndarray) -> np.ndarray:
    """Rows centred and of length 1."""
    centred = rank - rank.mean(axis=1, keepdims=True)
    return centred / np.sqrt((centred**2).sum(axis=1, keepdims=True))
