"""Resamples of people, and of trainings within them: how far a number would move with others of their kind.

A resample is a weight for each person: how often he or she was drawn, with replacement, among those who are tested in
the same folds of the same settings.  Every metric follows from numbers that add up over people, so that nothing is
counted or sorted more than once.  (Repeating the frames themselves would be slow, and would join the events of a video
to those of its copy.)  Trainings, that is seeds, are drawn in the same way and independently of people; since few of
them understate their own spread by the factor sqrt((n - 1) / n), their deviations are stretched by its inverse.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from aulib import checks

#: Resamples behind every interval.
RESAMPLES = 10_000


class Interval(NamedTuple):
    """A number with its interval over people and trainings: what others *of this corpus* would have changed."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.1f} ({self.low:.1f} to {self.high:.1f})"

    @property
    def signed(self) -> str:
        """A difference, its sign written out."""
        return f"{self.value:+.1f} ({self.low:+.1f} to {self.high:+.1f})"


class Draw(NamedTuple):
    """Resamples; the first is everybody once.

    Parameters
    ----------
    people : ndarray of int, shape (S,)
        Sorted.
    weights : ndarray of float32, shape (1 + R, S)
        How often each is drawn.
    """

    people: np.ndarray
    weights: np.ndarray

    def of(self, people: np.ndarray) -> np.ndarray:
        """Weights of some people, (1 + R, len(people))."""
        return self.weights[:, np.searchsorted(self.people, people)]


def draw(groups: Iterable[np.ndarray], resamples: int = RESAMPLES, seed: int = 0) -> Draw:
    """Draw people.

    Parameters
    ----------
    groups : iterable of ndarray of int
        People tested in each fold of each setting that is compared.  Those who are in the same groups are drawn among
        themselves, so that every group keeps its number of people, and somebody tested in two is drawn for both.
    resamples, seed : int
    """
    groups = [np.unique(checks.names(group, len(group), "people")) for group in groups]
    people = np.unique(np.concatenate(groups))
    member = np.stack([np.isin(people, group) for group in groups], axis=1)
    weights = np.ones((1 + resamples, len(people)), np.float32)
    rng = np.random.default_rng(seed)
    for kind in np.unique(member, axis=0):
        own = np.flatnonzero((member == kind).all(axis=1))
        weights[1:, own] = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), resamples)
    return Draw(people, weights)


def trainings(number: int, resamples: int = RESAMPLES, seed: int = 1) -> np.ndarray:
    """Weights of so many trainings, (1 + R, number), each row of sum one; the first row is their mean."""
    weights = np.full((1 + resamples, number), 1 / number)
    if number > 1:
        drawn = np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), resamples) / number
        weights[1:] += np.sqrt(number / (number - 1)) * (drawn - 1 / number)
    return weights


def interval(samples: np.ndarray, level: float = 0.95) -> Interval:
    """The first of the samples, with percentiles of the others that are defined.

    Parameters
    ----------
    samples : ndarray of float, shape (1 + R,)
    level : float
    """
    if np.isnan(samples[0]) or np.isnan(samples[1:]).all():
        return Interval(float(samples[0]), float("nan"), float("nan"))
    tail = 50 * (1 - level)
    low, high = np.nanpercentile(samples[1:], [tail, 100 - tail])
    return Interval(float(samples[0]), float(low), float(high))


def over_items(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Means of resamples of items that stand for nothing but themselves: AUs or filters of one network, (1 + R,)."""
    values = np.asarray(values, float)
    known = values[~np.isnan(values)]
    if not len(known):
        return np.full(1 + RESAMPLES, np.nan)
    drawn = draw([np.arange(len(known))])
    return drawn.weights @ known / len(known)


def over_people(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted means of one value a person, those that are not defined left out; (1 + R,).

    Parameters
    ----------
    values : ndarray of float, shape (S,)
    weights : ndarray of float, shape (1 + R, S)
    """
    known = ~np.isnan(values)
    total = weights[:, known].sum(axis=1)
    return np.divide(weights[:, known] @ values[known], total, out=np.full(len(weights), np.nan), where=total > 0)
