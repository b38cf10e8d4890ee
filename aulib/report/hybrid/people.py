"""Scores of resampled people from counts of each, so that a thousand resamples cost little more than one.

F1-frame, F1-event and AUC of any set of people follow from numbers that add up over people: hits, decisions and
labels; events that were found, said and there; and, for the AUC, how many pairs of a positive frame of one person and a
negative frame of another stand in the right order.  A resample that draws somebody twice counts these numbers twice.
(Repeating the frames themselves would be slow, and would join the events of a video to those of its copy.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from aulib import metrics
from aulib.aus import UNKNOWN
from aulib.report.hybrid.common import RESAMPLES, Interval, Tested

Measure = Literal["f1", "event", "auc"]

#: How a measure is called in a table.
TITLES: dict[str, str] = {"f1": "F1-frame", "event": "F1-event", "auc": "area under the ROC curve"}
SHORT: dict[str, str] = {"f1": "F1-frame", "event": "F1-event", "auc": "AUC"}


@dataclass
class Scored:
    """The tested frames of one training: one method and seed, the tested frames of its folds together.

    Parameters
    ----------
    tested : Tested
        The frames of a video stand together and in order.
    fold : ndarray of int, shape (N,)
    """

    tested: Tested
    fold: np.ndarray

    def at(self, rows: np.ndarray | slice) -> Scored:
        """Some of the frames."""
        return Scored(self.tested.at(rows), self.fold[rows])  # type: ignore[arg-type]

    def of(self, aus: tuple[int, ...]) -> Scored:
        """Some of the AUs."""
        return Scored(self.tested.of(aus), self.fold)

    @cached_property
    def _parts(self) -> tuple[np.ndarray, np.ndarray]:
        """Every fold with every person it tests, (U, 2), and to which of these each frame belongs, (N,)."""
        pairs = np.stack([self.fold, self.tested.subject], axis=1)
        units, index = np.unique(pairs, axis=0, return_inverse=True)
        return units, index.ravel()

    @property
    def people(self) -> np.ndarray:
        """Who is tested, sorted, without repetition."""
        return np.unique(self.tested.subject)

    def _added(self, flags: np.ndarray) -> np.ndarray:
        """Sums over the frames of each part, (U, A)."""
        units, index = self._parts
        out = np.zeros((len(units), flags.shape[1]))
        np.add.at(out, index, flags)
        return out

    @cached_property
    def _frames(self) -> np.ndarray:
        """Hits, decisions and labels, (3, U, A)."""
        truth, known = self.tested.truth == 1, self.tested.truth != UNKNOWN
        said = (self.tested.scores >= 0.5) & known
        return np.stack([self._added(flags) for flags in (truth & said, said, truth)])

    @cached_property
    def _events(self) -> np.ndarray:
        """True events that were found, true events, said events that were true, said events, (4, U, A)."""
        units, index = self._parts
        out = np.zeros((4, len(units), len(self.tested.aus)))
        for unit in range(len(units)):
            own = self.tested.at(np.flatnonzero(index == unit))
            found = metrics.event_scores(own.truth, own.scores, own.video)
            there, said = found.true_events, found.predicted_events
            out[:, unit] = (
                np.rint(np.nan_to_num(found.recall) * there),
                there,
                np.rint(np.nan_to_num(found.precision) * said),
                said,
            )
        return out

    @cached_property
    def _order(self) -> tuple[np.ndarray, np.ndarray]:
        """Pairs in the right order, (A, U positive, U negative), ties half; positives and negatives, (2, U, A)."""
        units, index = self._parts
        truth, scores = self.tested.truth, self.tested.scores
        right = np.zeros((truth.shape[1], len(units), len(units)))
        for au in range(truth.shape[1]):
            positive, negative = truth[:, au] == 1, truth[:, au] == 0
            values, owner = scores[positive, au], index[positive]
            for unit in range(len(units)):
                below = np.sort(scores[negative & (index == unit), au])
                mid = np.searchsorted(below, values, "left") + np.searchsorted(below, values, "right")
                right[au, :, unit] = np.bincount(owner, mid / 2, len(units))
        return right, np.stack([self._added(truth == 1), self._added(truth == 0)])

    def values(self, measure: Measure, people: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """A measure on each of several resamples, as a mean over folds, by AU.

        Parameters
        ----------
        measure : {'f1', 'event', 'auc'}
        people : ndarray of int, shape (S,)
            Sorted; everybody who may be drawn, tested here or not.
        weights : ndarray of float, shape (R, S)
            How many times each is drawn.

        Returns
        -------
        ndarray, shape (R, A)
            Percent; NaN where nobody who was drawn shows the AU, whatever was said of it, and where the measure is
            not defined.
        """
        units, _ = self._parts
        drawn = weights[:, np.searchsorted(people, units[:, 1])]  # (R, U)
        kind = {"f1": self._f1, "event": self._f1_event, "auc": self._auc}[measure]
        folds = [units[:, 0] == fold for fold in np.unique(units[:, 0])]
        return 100 * nanmean(np.stack([kind(drawn[:, fold], fold) for fold in folds]), axis=0)

    def _f1(self, drawn: np.ndarray, part: np.ndarray) -> np.ndarray:
        hit, said, there = drawn @ self._frames[:, part]
        return _ratio(2 * hit, np.where(there > 0, said + there, 0))

    def _f1_event(self, drawn: np.ndarray, part: np.ndarray) -> np.ndarray:
        found, there, right, said = drawn @ self._events[:, part]
        out = _ratio(2 * found * right, found * said + right * there)
        return np.where(there == 0, np.nan, np.where(found == 0, 0.0, out))

    def _auc(self, drawn: np.ndarray, part: np.ndarray) -> np.ndarray:
        pairs, (positive, negative) = self._order[0], self._order[1][:, part]
        top = np.einsum("rp,apn,rn->ra", drawn, pairs[:, part][:, :, part], drawn, optimize=True)
        return _ratio(top, (drawn @ positive) * (drawn @ negative))


def concatenated(parts: Sequence[Scored]) -> Scored:
    """Frames of several folds, one behind the other."""
    tested = [part.tested for part in parts]
    whole = Tested(
        np.concatenate([one.truth for one in tested]),
        np.concatenate([one.scores for one in tested]),
        np.concatenate([one.subject for one in tested]),
        np.concatenate([one.video for one in tested]),
        np.concatenate([one.frame for one in tested]),
        tested[0].aus,
    )
    return Scored(whole, np.concatenate([part.fold for part in parts]))


def draws(*groups: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Resamples of people, with replacement; the first row is everybody once.

    Parameters
    ----------
    *groups : ndarray of int
        People tested in each of the settings that are compared.  Those who are in the same settings are drawn among
        themselves, so that every setting keeps its number of people, and somebody tested in two is drawn for both.
    resamples, seed : int

    Returns
    -------
    people : ndarray of int, shape (S,)
    weights : ndarray of float, shape (resamples + 1, S)
        With one group, the resamples of :func:`~aulib.report.hybrid.common.over_subjects`.
    """
    people = np.unique(np.concatenate(groups))
    member = np.stack([np.isin(people, group) for group in groups], axis=1)
    weights = np.ones((resamples + 1, len(people)))
    rng = np.random.default_rng(seed)
    for kind in np.unique(member, axis=0):
        own = np.flatnonzero((member == kind).all(axis=1))
        for row in weights[1:]:
            row[own] = np.bincount(rng.integers(0, len(own), len(own)), minlength=len(own))
    return people, weights


def interval(samples: np.ndarray, level: float = 0.95) -> Interval:
    """The first of the samples with percentiles of the others."""
    if np.isnan(samples[0]):
        return Interval(np.nan, np.nan, np.nan)
    tail = 50 * (1 - level)
    low, high = np.nanpercentile(samples[1:], [tail, 100 - tail])
    return Interval(float(samples[0]), float(low), float(high))


def nanmean(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean of what is defined; NaN, without a warning, where nothing is."""
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0).sum(axis=axis), known.sum(axis=axis))


def per_au(given: Scored, measure: Measure) -> np.ndarray:
    """A measure on the tested frames, by AU, shape (A,)."""
    people = given.people
    return given.values(measure, people, np.ones((1, len(people))))[0]


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    top, bottom = np.asarray(top, float), np.asarray(bottom, float)
    return np.divide(top, bottom, out=np.full(bottom.shape, np.nan), where=bottom != 0)
