"""The registry of metrics: one entry, and a metric works in tables, intervals and claims alike.

A metric counts something in every person's frames, and follows from weighted sums of what it counted: F1-frame from
hits, decisions and labels; F1 of events from those that were found, right, said and there; AUC from a table of person
by person (in how many pairs of a positive frame of the one and a negative frame of the other is the order right);
average precision from weighted sums along the frames in order of their score; ICC(3,1) and MAE from sums of squares.
An AU that no frame shows is NaN, whatever was said of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from aubook.engine.frames import Frames
from aulib import metrics
from aulib.aus import UNKNOWN
from aulib.errors import AulibError, UnknownName

#: Resamples that are looked at together where a table by frame or by overlap would otherwise be gigabytes.
_BLOCK = 200


@dataclass(frozen=True)
class Metric:
    """What a number is.

    Parameters
    ----------
    name, title, short : str
    counts : callable
        Frames -> what adds up over the units (fold, person) of :attr:`Frames.units`.
    of : callable
        Counts and weights (R, U) of the units -> the metric by resample and AU, (R, A), not yet scaled.
    plain : callable
        The same of frames as they are, (A,): ``aulib.metrics``.  The oracle of the two above.
    pooled : bool
        Whether frames of several networks, one a fold, are one set.  Scores of two networks share no scale, so what
        sorts them is a mean over folds.
    scale : float
        100 for percent.
    unit : str
    higher_is_better : bool
    task : {'detection', 'intensity'}
        Of the frames that it can be taken of; a level is no probability.
    """

    name: str
    title: str
    short: str
    counts: Callable[[Frames], Any]
    of: Callable[[Any, np.ndarray], np.ndarray]
    plain: Callable[[Frames], np.ndarray]
    pooled: bool = True
    scale: float = 100.0
    unit: str = "percent"
    higher_is_better: bool = True
    task: str = "detection"

    def resampled(self, frames: Frames, weights: np.ndarray, average: str | None = None) -> np.ndarray:
        """The metric on every resample of the units, (R, A).

        Parameters
        ----------
        frames : Frames
        weights : ndarray of float, shape (R, U)
        average : {'pooled', 'per-fold'}, optional
            Frames of all folds as one set, or the mean over folds; what :attr:`pooled` says by default.
        """
        if frames.task != self.task:
            raise AulibError(f"{self.title} is a metric of {self.task}, and these are scores of {frames.task}")
        average = average or ("pooled" if self.pooled else "per-fold")
        drawn = hashlib.sha256(np.ascontiguousarray(weights)).hexdigest()
        with threadpool_limits(1):  # products of a few people: a second thread waits for the first most of the time
            return frames.counted(f"{self.name} {average} {drawn}", lambda one: self._resampled(one, weights, average))

    def _resampled(self, frames: Frames, weights: np.ndarray, average: str) -> np.ndarray:
        counted = frames.counted(self.name, self.counts)
        folds = frames.units[0][:, 0]
        if average == "pooled" or len(np.unique(folds)) == 1:
            return self.scale * self.of(counted, weights)
        each = [self.of(counted, weights * (folds == fold)) for fold in np.unique(folds)]
        return self.scale * metrics.mean_of_defined(np.stack(each), axis=0)


def _sums(flags: np.ndarray, frames: Frames) -> np.ndarray:
    """Sums of each unit, (U, A), of numbers by frame and AU."""
    units, index = frames.units
    return np.stack([np.bincount(index, column, len(units)) for column in flags.T.astype(float)], axis=1)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.full(np.shape(bottom), np.nan), where=bottom != 0)


def _decided(frames: Frames) -> np.ndarray:
    """Decisions at one half, bool (N, A)."""
    return frames.scores >= 0.5


def _f1_counts(frames: Frames) -> np.ndarray:
    """Hits, decisions and labels, (3, U, A); NaN for an AU without scores."""
    present, known, said = frames.truth == 1, frames.truth != UNKNOWN, _decided(frames)
    counts = np.stack([_sums(flags, frames) for flags in (said & present, said & known, present)])
    counts[:, :, np.isnan(frames.scores).any(axis=0)] = np.nan
    return counts


def _f1_of(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    hit, said, there = weights @ counts
    return _ratio(2 * hit, np.where(there > 0, said + there, 0))


def _accuracy_counts(frames: Frames) -> np.ndarray:
    known = frames.truth != UNKNOWN
    right = (_decided(frames) == (frames.truth == 1)) & known
    counts = np.stack([_sums(right, frames), _sums(known, frames)])
    counts[0, :, np.isnan(frames.scores).any(axis=0)] = np.nan
    return counts


def _accuracy_of(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return _ratio(*(weights @ counts))


def _event_counts(count: Callable[..., metrics.EventCounts]) -> Callable[[Frames], metrics.EventCounts]:
    def counts(frames: Frames) -> metrics.EventCounts:
        units, index = frames.units
        rows = [np.flatnonzero(index == unit) for unit in range(len(units))]
        scores = np.nan_to_num(frames.scores)
        each = [count(frames.truth[own], scores[own], frames.video[own]) for own in rows]
        parts = [np.stack(numbers, axis=-2).astype(np.float32) for numbers in zip(*each, strict=True)]
        parts[1][:, np.isnan(frames.scores).any(axis=0)] = 0  # without an output, nothing that could be found
        return metrics.EventCounts(*parts)

    return counts


def _events_of(counts: metrics.EventCounts, weights: np.ndarray) -> np.ndarray:
    f1 = lambda part: metrics.EventCounts(*(part @ numbers for numbers in counts)).f1  # noqa: E731
    if counts.found.ndim == 2:
        return f1(weights)
    return np.concatenate([metrics.area(f1(part)) for part in np.array_split(weights, -(-len(weights) // _BLOCK))])


def _auc_counts(frames: Frames) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs in the right order, ties half, (A, U, U), of a positive frame of a row and a negative one of a column."""
    units, index = frames.units
    right = np.zeros((len(frames.aus), len(units), len(units)))
    for au in range(len(frames.aus)):
        positive, negative = frames.truth[:, au] == 1, frames.truth[:, au] == 0
        values, owner = frames.scores[positive, au], index[positive]
        for unit in range(len(units)):
            below = np.sort(frames.scores[negative & (index == unit), au])
            if len(below):
                place = np.searchsorted(below, values, "left") + np.searchsorted(below, values, "right")
                right[au, :, unit] = np.bincount(owner, place / 2, len(units))
    right[np.isnan(frames.scores).any(axis=0)] = np.nan
    return right, _sums(frames.truth == 1, frames), _sums(frames.truth == 0, frames)


def _auc_of(counts: tuple[np.ndarray, np.ndarray, np.ndarray], weights: np.ndarray) -> np.ndarray:
    right, positive, negative = counts
    ordered = np.stack([((weights @ pairs) * weights).sum(axis=1) for pairs in right], axis=1)
    return _ratio(ordered, (weights @ positive) * (weights @ negative))


def _precision_counts(frames: Frames) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each AU, how many frames and positive ones each unit has down to each score of a positive one, (U, K)."""
    units, index = frames.units
    out = []
    for unit, unheard in enumerate(np.isnan(frames.scores).any(axis=0)):
        known = np.flatnonzero((frames.truth[:, unit] != UNKNOWN) & (not unheard))
        order = known[np.argsort(-frames.scores[known, unit], kind="stable")]
        values = frames.scores[order, unit]
        last = np.flatnonzero(np.append(values[1:] != values[:-1], True)) if len(values) else np.zeros(0, int)
        positive = frames.truth[order, unit] == 1
        last = last[np.diff(np.cumsum(positive)[last], prepend=0) > 0]  # where no frame is positive nothing is added
        own = index[order] == np.arange(len(units))[:, None]  # (U, N)
        seen, hits = (np.cumsum(flags, axis=1, dtype=np.float32)[:, last] for flags in
                      (own, own & positive))  # fmt: skip
        out.append((seen, hits))
    return out


def _precision_of(counts: list[tuple[np.ndarray, np.ndarray]], weights: np.ndarray) -> np.ndarray:
    out = np.full((len(weights), len(counts)), np.nan)
    for unit, (seen, hits) in enumerate(counts):
        for start in range(0, len(weights) if seen.size else 0, _BLOCK):
            drawn = weights[start : start + _BLOCK].astype(np.float32)
            frames, right = drawn @ seen, drawn @ hits  # whole numbers, exact in single precision
            np.maximum(frames, 1, out=frames)  # where nobody was drawn there is no hit either
            area = right[:, 0] * right[:, 0] / frames[:, 0]
            area += np.einsum("rk,rk->r", right[:, 1:] - right[:, :-1], right[:, 1:] / frames[:, 1:])
            total = right[:, -1].astype(np.float64)
            np.divide(area, total, out=out[start : start + _BLOCK, unit], where=total > 0)
    return out


def _level_sums(frames: Frames) -> np.ndarray:
    """Number, sums of labels and scores, of their squares and products, and of absolute errors; (7, U, A)."""
    known = frames.truth != UNKNOWN
    x, y = np.where(known, frames.truth, 0).astype(float), np.where(known, frames.scores, 0).astype(float)
    y[:, np.isnan(frames.scores).any(axis=0)] = np.nan
    return np.stack([_sums(part, frames) for part in (known, x, y, x * x, y * y, x * y, np.abs(x - y))])


def _icc_of(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """ICC(3,1) of two raters: (between - residual) / (between + residual) mean squares of their two-way table."""
    n, x, y, xx, yy, xy, _ = weights @ counts
    with np.errstate(invalid="ignore", divide="ignore"):
        variance_x, variance_y, covariance = xx - x * x / n, yy - y * y / n, xy - x * y / n
    out = _ratio(2 * covariance, variance_x + variance_y)
    return np.where(variance_x > 1e-9, out, np.nan)


def _mae_of(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    total = weights @ counts
    return _ratio(total[6], total[0])


def _relation_counts(frames: Frames) -> np.ndarray:
    """Of labels and of decisions: number, sums and products, in frames without unknown labels; (2, U, 1 + A + A²)."""
    units, index = frames.units
    known = (frames.truth != UNKNOWN).all(axis=1)
    out = []
    for flags in (frames.truth == 1, _decided(frames)):
        own = flags[known].astype(float)
        products = (own[:, :, None] * own[:, None, :]).reshape(len(own), -1)
        rows = np.concatenate([np.ones((len(own), 1)), own, products], axis=1)
        out.append(np.stack([np.bincount(index[known], column, len(units)) for column in rows.T], axis=1))
    return np.stack(out)


def _relation_of(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean square difference of an AU's correlations with the others: predicted, 0 if it never is, and true."""
    size = int(np.sqrt(counts.shape[2]))  # 1 + A + A² lies between A² and (A + 1)²
    tables = []
    for sums in weights @ counts:
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = sums[:, 1 : 1 + size] / sums[:, :1]
            covariance = sums[:, 1 + size :].reshape(-1, size, size) / sums[:, :1, None]
            covariance = covariance - mean[:, :, None] * mean[:, None, :]
            spread = np.sqrt(np.maximum(np.diagonal(covariance, axis1=1, axis2=2), 0))
            spread = np.where(spread > 1e-9, spread, np.nan)
            tables.append(covariance / (spread[:, :, None] * spread[:, None, :]))
    square = (np.nan_to_num(tables[1]) - tables[0]) ** 2
    square[:, np.arange(size), np.arange(size)] = np.nan
    return metrics.mean_of_defined(square, axis=2)


def _relation_plain(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    known = (truth != UNKNOWN).all(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        true, said = (np.corrcoef(of[known], rowvar=False) for of in (truth == 1, scores >= 0.5))
    square = (np.nan_to_num(said) - true) ** 2
    np.fill_diagonal(square, np.nan)
    return metrics.mean_of_defined(square, axis=1)


def _plain(function: Callable[..., np.ndarray], *more: str) -> Callable[[Frames], np.ndarray]:
    """A function of ``aulib.metrics`` on the AUs that have scores, NaN for the others."""

    def of_frames(frames: Frames) -> np.ndarray:
        told = ~np.isnan(frames.scores).any(axis=0)
        out = np.full(len(frames.aus), np.nan)
        if told.any():
            out[told] = function(frames.truth[:, told], frames.scores[:, told], *(getattr(frames, k) for k in more))
        return out

    return of_frames


def _f1_plain(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    return np.where((truth == 1).any(axis=0), metrics.f1_frame(truth, scores), np.nan)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("f1", "F1-frame", "F1-frame", _f1_counts, _f1_of, _plain(_f1_plain)),
        Metric("event", "F1-event", "F1-event", _event_counts(metrics.event_counts), _events_of,
               _plain(metrics.f1_event, "video")),
        Metric("iou", "F1 of events by intersection over union of one half", "F1 of events by IoU",
               _event_counts(metrics.event_counts_iou), _events_of, _plain(metrics.f1_event_iou, "video")),
        Metric("accuracy", "accuracy", "accuracy", _accuracy_counts, _accuracy_of, _plain(metrics.accuracy)),
        Metric("auc", "area under the ROC curve", "AUC", _auc_counts, _auc_of, _plain(metrics.auc), pooled=False),
        Metric("average_precision", "average precision", "average precision", _precision_counts, _precision_of,
               _plain(metrics.average_precision), pooled=False),
        Metric("icc", "ICC(3,1)", "ICC", _level_sums, _icc_of, _plain(metrics.icc), scale=1.0, unit="-1 to 1",
               task="intensity"),
        Metric("mae", "mean absolute error", "MAE", _level_sums, _mae_of, _plain(metrics.mae), scale=1.0, unit="levels",
               higher_is_better=False, task="intensity"),
        Metric("relation", "mean square error of the correlations among AUs", "error of relations", _relation_counts,
               _relation_of, _plain(_relation_plain), scale=1.0, unit="squared correlation", higher_is_better=False),
    )
}  # fmt: skip


def metric(name: str) -> Metric:
    """A metric by name; raises :class:`~aulib.errors.UnknownName` with the names that exist."""
    if name not in METRICS:
        raise UnknownName("metric", name, METRICS)
    return METRICS[name]
