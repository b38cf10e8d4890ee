"""F1, AUC and average precision of a thousand resamples of subjects at once.

A resample of subjects is a weight for each: how often it was drawn.  F1 follows from weighted counts of each subject,
AUC from a table of subject by subject (in how many pairs of a positive frame of the one and a negative frame of the
other is the order right), average precision from weighted sums along the frames in order of their score.  So nothing is
sorted more than once, and the numbers are those of :func:`aulib.report.hybrid.common.over_subjects`, draw by draw.
"""

from __future__ import annotations

import numpy as np

from aulib.report.hybrid.common import RESAMPLES, Interval


def draws(subject: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Which subjects are drawn how often.

    Parameters
    ----------
    subject : ndarray of int, shape (N,)
        Of frames; only who is there matters.
    resamples, seed : int

    Returns
    -------
    names : ndarray of int, shape (S,)
        In order of size.
    weights : ndarray of float, shape (1 + resamples, S)
        The first row is everyone once.
    """
    names = np.unique(subject)
    rng, n = np.random.default_rng(seed), len(names)
    drawn = [np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(resamples)]
    return names, np.array([np.ones(n), *drawn], float)


def f1(truth: np.ndarray, claimed: np.ndarray, subject: np.ndarray, names: np.ndarray, weights: np.ndarray):
    """F1-frame of every resample.

    Parameters
    ----------
    truth : ndarray of int8, shape (N, A)
    claimed : ndarray of bool, shape (N, A)
        What was decided.
    subject : ndarray of int, shape (N,)
    names, weights
        Of :func:`draws`.

    Returns
    -------
    ndarray of float, shape (1 + resamples, A)
        0 to 1; NaN for an AU that no frame of the resample shows, whatever was claimed.
    """
    who = np.searchsorted(names, subject)
    present, known = truth == 1, truth >= 0
    hits, claims, facts = (
        weights @ np.stack([np.bincount(who, flags, len(names)) for flags in of.T.astype(float)], axis=1)
        for of in (claimed & present, claimed & known, present)
    )
    return np.divide(2 * hits, claims + facts, out=np.full(facts.shape, np.nan), where=facts > 0)


def auc(truth: np.ndarray, scores: np.ndarray, subject: np.ndarray, names: np.ndarray, weights: np.ndarray):
    """Area under the ROC curve of every resample, all its frames as one set; parameters and return as in :func:`f1`.

    NaN where a resample lacks either label.
    """
    who = np.searchsorted(names, subject)
    out = np.full((len(weights), truth.shape[1]), np.nan)
    for unit in range(truth.shape[1]):
        facts, others = (np.flatnonzero(truth[:, unit] == value) for value in (1, 0))
        right = np.zeros((len(names), len(names)))  # pairs in order: positive frames of a row, negative of a column
        values = scores[facts, unit]
        for column in range(len(names)):
            below = np.sort(scores[others[who[others] == column], unit])
            if len(below):
                found = np.searchsorted(below, values, "left") + np.searchsorted(below, values, "right")
                right[:, column] = np.bincount(who[facts], found / 2, len(names))
        pairs = (weights @ np.bincount(who[facts], minlength=len(names))) * (
            weights @ np.bincount(who[others], minlength=len(names))
        )
        ordered = ((weights @ right) * weights).sum(axis=1)
        np.divide(ordered, pairs, out=out[:, unit], where=pairs > 0)
    return out


def average_precision(
    truth: np.ndarray, scores: np.ndarray, subject: np.ndarray, names: np.ndarray, weights: np.ndarray
):
    """Area under the precision-recall curve of every resample; parameters and return as in :func:`f1`."""
    who = np.searchsorted(names, subject)
    out = np.full((len(weights), truth.shape[1]), np.nan)
    for unit in range(truth.shape[1]):
        known = np.flatnonzero(truth[:, unit] >= 0)
        order = known[np.argsort(-scores[known, unit], kind="stable")]
        values = scores[order, unit]
        last = np.append(np.flatnonzero(values[1:] != values[:-1]), len(values) - 1)  # ends of runs of equal scores
        fact = (truth[order, unit] == 1).astype(float)
        for start in range(0, len(weights), 100):  # of all at once the table would be gigabytes
            drawn = weights[start : start + 100][:, who[order]]  # (resamples, frames)
            frames, hits = np.cumsum(drawn, axis=1)[:, last], np.cumsum(drawn * fact, axis=1)[:, last]
            precision = np.divide(hits, frames, out=np.zeros_like(hits), where=frames > 0)
            area = (np.diff(hits, prepend=0, axis=1) * precision).sum(axis=1)
            np.divide(area, hits[:, -1], out=out[start : start + 100, unit], where=hits[:, -1] > 0)
    return out


def interval(values: np.ndarray, level: float = 0.95) -> Interval:
    """A statistic of every resample as a number with its interval.

    Parameters
    ----------
    values : ndarray of float, shape (1 + resamples,)
        The first is that of everyone once.  Resamples in which it is not defined are left out.
    level : float
    """
    if np.isnan(values[0]) or np.isnan(values[1:]).all():
        return Interval(float(values[0]), float("nan"), float("nan"))
    tail = 50 * (1 - level)
    low, high = np.nanpercentile(values[1:], [tail, 100 - tail])
    return Interval(float(values[0]), float(low), float(high))


def mean(values: np.ndarray) -> np.ndarray:
    """Mean over AUs of every resample, those that are not defined in it left out; shape (1 + resamples,)."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    return np.divide(np.nansum(values, axis=1), count, out=np.full(len(values), np.nan), where=count > 0)
