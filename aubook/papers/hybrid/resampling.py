"""Scores of a thousand resamples of people at once, from numbers that add up over people.

A resample is a weight for each person: how often he or she was drawn.  F1-frame follows from weighted hits, decisions
and labels; F1 of events from those that were found, right, said and there; AUC from a table of person by person (in
how many pairs of a positive frame of the one and a negative frame of the other is the order right); average precision
from weighted sums along the frames in order of their score.  So nothing is counted or sorted more than once, and the
numbers are those of :func:`aubook.papers.hybrid.common.over_subjects`, draw by draw.  (Repeating the frames
themselves would be slow, and would join the events of a video to those of its copy.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from aubook.papers.hybrid.common import RESAMPLES, Interval, over_subjects
from aubook.papers.hybrid.common import interval as interval  # part of this module
from aulib import checks, metrics
from aulib.aus import UNKNOWN


def draws(*groups: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Resamples of people, with replacement; the first row is everybody once.

    Parameters
    ----------
    *groups : ndarray of int
        People tested in each of the settings that are compared; repetitions, as in a column of frames, do not matter.
        Those who are in the same settings are drawn among themselves, so that every setting keeps its number of
        people, and somebody tested in two is drawn for both.
    resamples, seed : int

    Returns
    -------
    people : ndarray of int, shape (S,)
        In order of size.
    weights : ndarray of float, shape (1 + resamples, S)
        With one group, the resamples of :func:`~aubook.papers.hybrid.common.over_subjects`.
    """
    groups = tuple(checks.names(group, len(group), "people") for group in groups)
    people = np.unique(np.concatenate(groups))
    member = np.stack([np.isin(people, group) for group in groups], axis=1)
    weights = np.ones((1 + resamples, len(people)))
    rng = np.random.default_rng(seed)
    for kind in np.unique(member, axis=0):
        own = np.flatnonzero((member == kind).all(axis=1))
        for row in weights[1:]:
            row[own] = np.bincount(rng.integers(0, len(own), len(own)), minlength=len(own))
    return people, weights


def sums(flags: np.ndarray, who: np.ndarray, people: int) -> np.ndarray:
    """How many frames of each person are flagged, by AU.

    Parameters
    ----------
    flags : ndarray of bool, shape (N, A)
    who : ndarray of int, shape (N,)
        0 to `people` - 1.
    people : int

    Returns
    -------
    ndarray of float, shape (people, A)
    """
    return np.stack([np.bincount(who, column, people) for column in flags.T.astype(float)], axis=1)


def frame_counts(truth: np.ndarray, claimed: np.ndarray, who: np.ndarray, people: int) -> np.ndarray:
    """Hits, decisions and labels of each person, shape (3, people, A); frames of an unknown label do not count."""
    present, known = truth == 1, truth != UNKNOWN
    return np.stack([sums(flags, who, people) for flags in (claimed & present, claimed & known, present)])


def f1_of(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """F1-frame of every resample, (R, A), 0 to 1; NaN for an AU that nobody who was drawn shows, whatever was said."""
    hit, said, there = weights @ counts
    return ratio(2 * hit, np.where(there > 0, said + there, 0))


def event_counts(
    count: Callable[..., metrics.EventCounts],
    truth: np.ndarray,
    scores: np.ndarray,
    video: np.ndarray,
    who: np.ndarray,
    people: int,
) -> metrics.EventCounts:
    """Events of each person by one of the two rules, each number of shape (people, A), or (101, people, A)."""
    rows = (who == person for person in range(people))
    each = [count(truth[own], scores[own], video[own]) for own in rows]
    return metrics.EventCounts(*(np.stack(numbers, axis=-2) for numbers in zip(*each, strict=True)))


def event_f1_of(counts: metrics.EventCounts, weights: np.ndarray) -> np.ndarray:
    """F1 of events of every resample, (R, A), or (101, R, A) at each least overlap; NaN as in :func:`f1_of`."""
    return metrics.EventCounts(*(weights @ numbers for numbers in counts)).f1


def pair_counts(
    truth: np.ndarray, scores: np.ndarray, who: np.ndarray, people: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs in the right order, ties half, (A, people, people); positive and negative frames, each (people, A).

    A pair is a positive frame of a row and a negative frame of a column.
    """
    right = np.zeros((truth.shape[1], people, people))
    for au in range(truth.shape[1]):
        positive, negative = truth[:, au] == 1, truth[:, au] == 0
        values, owner = scores[positive, au], who[positive]
        for person in range(people):
            below = np.sort(scores[negative & (who == person), au])
            if len(below):
                place = np.searchsorted(below, values, "left") + np.searchsorted(below, values, "right")
                right[au, :, person] = np.bincount(owner, place / 2, people)
    return right, sums(truth == 1, who, people), sums(truth == 0, who, people)


def auc_of(counts: tuple[np.ndarray, np.ndarray, np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of every resample, (R, A), 0 to 1; NaN where a resample lacks either label."""
    right, positive, negative = counts
    ordered = np.stack([((weights @ pairs) * weights).sum(axis=1) for pairs in right], axis=1)
    return ratio(ordered, (weights @ positive) * (weights @ negative))


def f1(truth: np.ndarray, claimed: np.ndarray, subject: np.ndarray, names: np.ndarray, weights: np.ndarray):
    """F1-frame of every resample, all its frames as one set.

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
    return f1_of(frame_counts(truth, claimed, np.searchsorted(names, subject), len(names)), weights)


def auc(truth: np.ndarray, scores: np.ndarray, subject: np.ndarray, names: np.ndarray, weights: np.ndarray):
    """Area under the ROC curve of every resample; parameters and return as in :func:`f1`.

    NaN where a resample lacks either label.
    """
    return auc_of(pair_counts(truth, scores, np.searchsorted(names, subject), len(names)), weights)


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


def mean(values: np.ndarray) -> np.ndarray:
    """Mean over AUs of every resample, those that are not defined in it left out; shape (1 + resamples,)."""
    return metrics.mean_of_defined(values, axis=1)


def over_items(values: np.ndarray, level: float = 0.95) -> Interval:
    """Mean of what is defined with its interval over the items themselves: the AUs or filters of one network."""
    known = np.asarray(values, float)[~np.isnan(values)]
    if not len(known):
        return Interval(float("nan"), float("nan"), float("nan"))
    return over_subjects(np.arange(len(known)), lambda rows: float(known[rows].mean()), level)


def ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Quotients; NaN where the divisor is 0."""
    top, bottom = np.asarray(top, float), np.asarray(bottom, float)
    return np.divide(top, bottom, out=np.full(bottom.shape, np.nan), where=bottom != 0)
