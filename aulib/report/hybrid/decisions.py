"""Rules that decide a claim from a number and its interval, fixed before the first run.

Each says ``holds``, ``does not hold`` or ``undecided``.  A number that is missing leaves it undecided.
"""

from __future__ import annotations

import numpy as np

from aulib.report.hybrid.common import Interval

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"
#: Of a claim whose runs are not recorded.
NOT_RUN = "not run"


def pair(found: Interval, minimal: float = 0.0) -> str:
    """One is better than the other: the interval of the difference lies above 0, and the difference reaches `minimal`.

    It is not where the interval lies below 0, or wholly below the minimal effect.
    """
    if found.low > 0 and found.value >= minimal:
        return HOLDS
    return FAILS if found.high < max(0.0, minimal) else UNDECIDED


def equivalent(found: Interval, margin: float) -> str:
    """Both are the same: the 90 % interval of the difference lies within the margin; they are not if it lies outside.

    Parameters
    ----------
    found : Interval
        At level 0.9.
    margin : float
    """
    if found.low > -margin and found.high < margin:
        return HOLDS
    return FAILS if found.low > margin or found.high < -margin else UNDECIDED


def not_worse(found: Interval, margin: float) -> str:
    """Nothing that matters is lost: the interval lies above ``-margin``; something is if it lies below."""
    if found.low > -margin:
        return HOLDS
    return FAILS if found.high < -margin else UNDECIDED


def said(verdict: str, found: Interval, size: float) -> str:
    """A verdict in words: undecided is something else where the interval is too wide to decide anything.

    Parameters
    ----------
    verdict : str
    found : Interval
    size : float
        The effect or margin that was asked about.
    """
    wide = verdict == UNDECIDED and not (found.high - found.low) / 2 <= size
    return f"{verdict}: the interval is wider than what is asked about" if wide else verdict


def falling(found: Interval, p: float) -> str:
    """A rank correlation is negative: its interval lies below 0 and a permutation test gives p below .05."""
    if found.high < 0 and p < 0.05:
        return HOLDS
    return FAILS if found.low > 0 else UNDECIDED


def at_least(found: Interval) -> str:
    """A difference from what is claimed is not negative: by its whole interval, or negative by its whole interval."""
    if found.low >= 0:
        return HOLDS
    return FAILS if found.high < 0 else UNDECIDED


def both(first: str, second: str) -> str:
    """Two parts of one claim: it holds if both do, and does not if one does not."""
    if FAILS in (first, second):
        return FAILS
    return HOLDS if first == second == HOLDS else UNDECIDED


def exact(condition: bool) -> str:
    """What is counted has no interval."""
    return HOLDS if condition else FAILS


def permutation_p(first: np.ndarray, second: np.ndarray, resamples: int = 10_000, seed: int = 0) -> float:
    """How often a random pairing has a rank correlation at least as strong; two-sided.

    Parameters
    ----------
    first, second : ndarray of float, shape (A,)
    resamples, seed : int
    """
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
