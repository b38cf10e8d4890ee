"""Tested frames of one training, fold by fold, and their scores on resamples of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from aubook.papers.hybrid import common, resampling
from aubook.papers.hybrid.common import Tested
from aulib import metrics

Measure = Literal["f1", "event", "iou", "auc"]

#: How a measure is called in a table.
TITLES: dict[str, str] = {
    "f1": "F1-frame",
    "event": "F1-event",
    "iou": "F1 of events by intersection over union of one half",
    "auc": "area under the ROC curve",
}
SHORT: dict[str, str] = {"f1": "F1-frame", "event": "F1-event", "iou": "F1 of events by IoU", "auc": "AUC"}


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

    def _counted(self) -> tuple[np.ndarray, int]:
        """Part of each frame, and how many parts there are."""
        units, index = self._parts
        return index, len(units)

    @cached_property
    def _frames(self) -> np.ndarray:
        return resampling.frame_counts(self.tested.truth, self.tested.scores >= 0.5, *self._counted())

    @cached_property
    def _events(self) -> metrics.EventCounts:
        given = self.tested
        return resampling.event_counts(metrics.event_counts, given.truth, given.scores, given.video, *self._counted())

    @cached_property
    def _partners(self) -> metrics.EventCounts:
        given = self.tested
        return resampling.event_counts(
            metrics.event_counts_iou, given.truth, given.scores, given.video, *self._counted()
        )

    @cached_property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return resampling.pair_counts(self.tested.truth, self.tested.scores, *self._counted())

    def values(self, measure: Measure, people: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """A measure on each of several resamples, as a mean over folds, by AU.

        Parameters
        ----------
        measure : {'f1', 'event', 'iou', 'auc'}
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
        folds = [np.flatnonzero(units[:, 0] == fold) for fold in np.unique(units[:, 0])]
        return 100 * metrics.mean_of_defined(
            np.stack([self._values(measure, drawn[:, fold], fold) for fold in folds]), axis=0
        )

    def _values(self, measure: Measure, drawn: np.ndarray, part: np.ndarray) -> np.ndarray:
        if measure == "f1":
            return resampling.f1_of(self._frames[:, part], drawn)
        if measure in ("event", "iou"):
            counts = self._events if measure == "event" else self._partners
            f1 = resampling.event_f1_of(metrics.EventCounts(*(numbers[..., part, :] for numbers in counts)), drawn)
            return metrics.area(f1) if measure == "event" else f1
        right, positive, negative = self._pairs
        return resampling.auc_of((right[:, part][:, :, part], positive[part], negative[part]), drawn)


def concatenated(parts: Sequence[Scored]) -> Scored:
    """Frames of several folds, one behind the other."""
    whole = common.concatenated([part.tested for part in parts])
    return Scored(whole, np.concatenate([part.fold for part in parts]))


def per_au(given: Scored, measure: Measure) -> np.ndarray:
    """A measure on the tested frames, by AU, shape (A,)."""
    people = given.people
    return given.values(measure, people, np.ones((1, len(people))))[0]
