"""Frame-based metrics of AU detection, with NumPy only.

All functions take ``truth``, int8 (N frames, A units), 1 present, 0 absent, -1 unknown, and ``scores``, float (N, A),
probabilities or any number that grows with the belief that the unit is present.  They return one value per unit,
shape (A,), in 0 ... 1.  Frames whose label is unknown count for nothing, unit by unit.  A metric that is not defined,
for instance the AUC of a unit that never occurs, is NaN and never a silent 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import InputError

Array = NDArray[Any]
Metric = Callable[..., Array]

#: Frames worked on at once: the intermediate results then stay in the processor's cache.
_BLOCK = 64 * 255


def _checked(truth: ArrayLike, scores: ArrayLike | None = None) -> tuple[Array, Array]:
    """Labels as int8 (N, A) and scores as float, after the checks every metric makes."""
    y = checks.labels(truth)
    return y, np.zeros(y.shape, np.float32) if scores is None else checks.scores(scores, y.shape)


def _count(flags: Array) -> NDArray[np.int64]:
    """Number of True per column of a boolean (N, A).

    Bytes are added in 255 rows at once, so that they cannot overflow and the additions run over long contiguous
    rows: an order of magnitude faster than summing narrow columns.
    """
    n, units = flags.shape
    rows = min(n, 255)
    if not rows:
        return np.zeros(units, np.int64)
    blocks = n // rows
    data = np.ascontiguousarray(flags).view(np.uint8)
    partial = np.add.reduce(data[: rows * blocks].reshape(rows, blocks * units), axis=0, dtype=np.uint8)
    whole = partial.reshape(blocks, units).sum(axis=0, dtype=np.int64)
    return whole + data[rows * blocks :].sum(axis=0, dtype=np.int64)


def _ratio(numerator: ArrayLike, denominator: ArrayLike) -> Array:
    """Quotient, NaN where the denominator is zero."""
    top, bottom = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0)


def _limits(threshold: ArrayLike, scores: Array) -> Array:
    """Threshold in the scores' own precision, a scalar or one per unit."""
    return checks.threshold(threshold, scores.shape[1]).astype(scores.dtype)


def f1_frame(truth: ArrayLike, scores: ArrayLike, threshold: ArrayLike = 0.5) -> Array:
    """F1-frame: harmonic mean of precision and recall over frames, ``2 TP / (2 TP + FP + FN)``.

    Parameters
    ----------
    truth : array, int8 (N, A)
    scores : array, float (N, A)
    threshold : float or array (A,), default 0.5
        A frame is predicted positive from this score on.  The default belongs to probabilities.

    Returns
    -------
    array, float (A,)
        NaN where no frame is positive, neither in truth nor in prediction.

    Raises
    ------
    InputError
        If the shapes differ, a label is not 0, 1 or -1, a score is NaN, or a threshold is not finite (a ValueError).
    """
    y, s = _checked(truth, scores)
    limits = _limits(threshold, s)
    hits, claims, facts = np.zeros((3, y.shape[1]), np.int64)
    for start in range(0, len(y), _BLOCK):
        labels, values = y[start : start + _BLOCK], s[start : start + _BLOCK]
        predicted = values >= limits
        if labels.min(initial=0) < 0:
            present, claimed = labels == 1, predicted & (labels >= 0)
        else:  # nothing unknown: the labels are flags already
            present, claimed = labels.view(bool), predicted
        hits += _count(predicted & present)
        claims += _count(claimed)
        facts += _count(present)
    return _ratio(2 * hits, claims + facts)


def f1_norm(truth: ArrayLike, scores: ArrayLike, threshold: ArrayLike = 0.5) -> Array:
    """F1-norm: F1-frame as it would be at a base rate of one half, to compare units of different base rates.

    The negatives of the confusion matrix are divided by the skew, negatives over positives,

        2 TP / (2 TP + FN + FP / skew)  =  2 TPR / (1 + TPR + FPR)

    (Jeni, Cohn, De la Torre: Facing Imbalanced Data, ACII 2013).  A detector that always says *present* has 2/3 on
    every unit.  Parameters and errors as in :func:`f1_frame`.  The published code of Hybrid's first author
    (``cm2f1n.m``) takes its matrix the other way round and divides by the skew of the *predictions*; here it is as
    defined.

    Returns
    -------
    array, float (A,)
        NaN where the known frames are all positive or all negative.
    """
    y, s = _checked(truth, scores)
    predicted, present, absent = s >= _limits(threshold, s), y == 1, y == 0
    caught = _ratio(_count(predicted & present), _count(present))
    alarmed = _ratio(_count(predicted & absent), _count(absent))
    return np.asarray(2 * caught / (1 + caught + alarmed))


def accuracy(truth: ArrayLike, scores: ArrayLike, threshold: ArrayLike = 0.5) -> Array:
    """Share of known frames whose prediction is right; parameters and errors as in :func:`f1_frame`."""
    y, s = _checked(truth, scores)
    predicted = s >= _limits(threshold, s)
    return _ratio(_count(predicted.view(np.int8) == y), _count(y >= 0))


def base_rate(truth: ArrayLike) -> Array:
    """Share of known frames in which each unit is present, (A,); NaN where no frame is known."""
    y, _ = _checked(truth)
    return _ratio(_count(y == 1), _count(y >= 0))


def always_present_f1(rate: ArrayLike) -> Array:
    """F1-frame of a detector that always says *present*, ``2 r / (1 + r)`` at base rate r.

    Precision is then the base rate and recall is one.  Any F1 below this value could have been had without looking at
    the face.

    NaN stays NaN; a rate outside 0 ... 1 is an InputError.
    """
    r = checks.real(rate, "rate").astype(float)
    if np.any((r < 0) | (r > 1)):
        raise InputError(f"rate: base rates lie in 0 ... 1, not at {r[(r < 0) | (r > 1)].flat[0]}")
    return np.asarray(2 * r / (1 + r))


def _known_columns(truth: Array, scores: Array) -> Iterator[tuple[int, Array, Array]]:
    """Each unit's index, labels (0 or 1) and scores over its known frames."""
    for unit in range(truth.shape[1]):
        y, s = truth[:, unit], scores[:, unit]
        known = y >= 0
        if known.all():
            yield unit, np.ascontiguousarray(y), np.ascontiguousarray(s)
        else:
            yield unit, y[known], s[known]


def _sorted_runs(y: Array, s: Array) -> tuple[Array, Array]:
    """Labels in the order of rising scores, and the index of the last frame of every run of equal scores."""
    if s.dtype == np.float32:
        # A float32 leaves the low bits of a float64 at zero.  The label rides in the lowest one, so that a plain sort
        # of numbers takes the place of the several times slower sort of indices.  2^1000 stands for infinity, which has
        # no room for the bit, and adding zero turns -0 into 0.
        key = np.clip(s, -(2.0**1000), 2.0**1000, dtype=np.float64) + 0.0
        bits = key.view(np.int64)
        bits |= y
        key.sort()
        y, equal = (bits & 1), bits >> 1
    else:
        order = np.argsort(s)
        y, equal = y[order], s[order]
    return y, np.append(np.flatnonzero(equal[1:] != equal[:-1]), len(s) - 1)


def _cumulative(y: Array, s: Array) -> tuple[Array, Array]:
    """Positives and frames up to each distinct score, from the lowest score on."""
    labels, last = _sorted_runs(y, s)
    return np.cumsum(labels, dtype=np.int64)[last], last + 1


def auc(truth: ArrayLike, scores: ArrayLike) -> Array:
    """Area under the ROC curve: the chance that a positive frame scores above a negative one, ties counting half.

    One sort a unit.  0.5 is chance at any base rate, and a value far below it is not a bad detector but one with its
    sign inverted.

    Parameters
    ----------
    truth : array, int8 (N, A)
    scores : array, float (N, A)

    Returns
    -------
    array, float (A,)
        NaN where the known frames are all positive or all negative.  Raises as :func:`f1_frame`.
    """
    y, s = _checked(truth, scores)
    out = np.full(y.shape[1], np.nan)
    for unit, labels, values in _known_columns(y, s):
        n = len(labels)
        positives = int(labels.sum(dtype=np.int64))
        if 0 < positives < n:
            hit, count = _cumulative(labels, values)
            # sum over positives of their mid-rank: a run of equal scores from rank a + 1 to b has mid-rank (a + b +
            # 1) / 2
            gained, start = np.diff(hit, prepend=0), np.append(0, count[:-1])
            ranks = float(np.dot(gained, start + count + 1)) / 2
            out[unit] = (ranks - positives * (positives + 1) / 2) / (positives * (n - positives))
    return out


def average_precision(truth: ArrayLike, scores: ArrayLike) -> Array:
    """Area under the precision-recall curve, ``sum of (R_k - R_{k-1}) P_k`` over falling thresholds.

    At chance it equals the base rate, where the ROC area is one half: the two must not be taken for one another.
    Parameters and errors as in :func:`auc`; NaN where no frame is positive.
    """
    y, s = _checked(truth, scores)
    out = np.full(y.shape[1], np.nan)
    for unit, labels, values in _known_columns(y, s):
        positives = int(labels.sum(dtype=np.int64))
        if positives:
            hit, count = _cumulative(labels, -values)
            out[unit] = np.dot(np.diff(hit, prepend=0), hit / count) / positives
    return out


def f1_curve(truth: ArrayLike, scores: ArrayLike, thresholds: ArrayLike) -> Array:
    """F1-frame at each of several thresholds, (T, A): one sort a unit however many thresholds there are.

    Parameters
    ----------
    truth : array, int8 (N, A)
    scores : array, float (N, A)
    thresholds : array, float (T,)

    Returns
    -------
    array, float (T, A)
        Row t equals ``f1_frame(truth, scores, thresholds[t])``.

    Raises as :func:`f1_frame`, and if ``thresholds`` is not one-dimensional.
    """
    y, s = _checked(truth, scores)
    limits = checks.finite(thresholds, "thresholds")
    if limits.ndim != 1:
        raise InputError(f"thresholds {limits.shape} must be (T,)")
    limits = limits.astype(s.dtype)
    out = np.full((len(limits), y.shape[1]), np.nan)
    for unit, labels, values in _known_columns(y, s):
        values_present = np.sort(values[labels == 1])
        hits = len(values_present) - np.searchsorted(values_present, limits)
        predicted = len(values) - np.searchsorted(np.sort(values), limits)
        out[:, unit] = _ratio(2 * hits, predicted + len(values_present))
    return out


def over_folds(
    metric: Metric,
    truth: ArrayLike,
    scores: ArrayLike,
    folds: ArrayLike,
    average: str = "pooled",
    videos: ArrayLike | None = None,
    **options: Any,
) -> Array:
    """A metric over the tested frames of several folds.

    Papers rarely say which of the two they print, and F1 and AUC differ between them: pooling compares scores of
    different networks with one another, averaging gives a small fold the weight of a large one.

    Parameters
    ----------
    metric : function
        One of this package: ``metric(truth, scores, **options) -> (A,)``.
    truth, scores : array (N, A)
    folds : array (N,)
        Fold in which each frame was tested.
    average : {"pooled", "per-fold"}
        All frames together, or the mean over folds of each fold's value; a fold in which the metric is not defined
        is left out.
    videos : array (N,), optional
        Video of each frame, for the metrics that ask for it (:func:`~aulib.metrics.event.f1_event`).
    **options
        Passed on, for instance ``threshold``.

    Returns
    -------
    array, float (A,)

    Raises
    ------
    InputError
        As the metric, and if a frame has no fold or video, or ``average`` is neither.
    """
    y, s = _checked(truth, scores)
    f = checks.names(folds, len(y), "folds")
    if average not in ("pooled", "per-fold"):
        raise InputError(f"average is {average!r}, not 'pooled' or 'per-fold'")
    columns = (y, s) if videos is None else (y, s, checks.names(videos, len(y), "videos"))
    if average == "pooled" or not len(y):
        return metric(*columns, **options)
    return mean_of_defined([metric(*(c[f == fold] for c in columns), **options) for fold in np.unique(f)], axis=0)


def mean_of_defined(values: ArrayLike, axis: int | None = None) -> Array:
    """Mean of the values that are defined; NaN, without a warning, where none is.

    Parameters
    ----------
    values : array, float
    axis : int, optional
        As for ``numpy.mean``.
    """
    v = np.asarray(values, float)
    known = ~np.isnan(v)
    return _ratio(np.where(known, v, 0).sum(axis=axis), known.sum(axis=axis))
