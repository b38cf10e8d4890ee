"""Metrics of AU intensity: ICC(3,1), MAE and MSE, with NumPy only.

All functions take ``truth``, int8 (N frames, A units), levels 0 to 5 or -1 unknown, and ``levels``, float (N, A), the
predicted ones, which need not be whole.  They return one value per unit, shape (A,).  Frames whose level is unknown
count for nothing, unit by unit.  What is not defined is NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .. import checks
from .frame import Array, _ratio


def icc(truth: ArrayLike, levels: ArrayLike) -> Array:
    """ICC(3,1) of prediction and truth: two-way mixed, single rater, *consistency* (Shrout and Fleiss 1979).

    ``(BMS - EMS) / (BMS + (k - 1) EMS)`` of the analysis of variance over n frames and k = 2 raters, BMS the mean
    square between frames and EMS that of the residual.  With two raters it is

        2 cov(truth, levels) / (var(truth) + var(levels))

    so a constant added to every prediction changes nothing, as this is no absolute agreement, but another scale does,
    as this is no correlation.  (Pingouin calls it ``ICC(C,1)``.)

    Parameters
    ----------
    truth : array, int8 (N, A)
        Levels 0 to 5, or -1 unknown.
    levels : array, float (N, A)

    Returns
    -------
    array, float (A,)
        In -1 ... 1.  0 for a constant prediction; NaN where the known levels do not vary, since no prediction
        could then have another value than 0.

    Raises
    ------
    InputError
        If the shapes differ, a level is not 0 to 5 or -1, or a prediction is NaN or infinite (a ValueError).
    """
    y, p, known = _checked(truth, levels)
    n = known.sum(axis=0)
    y, p = (np.where(known, values - _ratio((values * known).sum(axis=0), n), 0) for values in (y, p))
    varies = (y**2).sum(axis=0)
    return _ratio(2 * (y * p).sum(axis=0), np.where(_spread(truth), varies + (p**2).sum(axis=0), 0))


def mae(truth: ArrayLike, levels: ArrayLike) -> Array:
    """Mean absolute error in levels, 0 ... ; NaN where no level is known.  Parameters and errors as in :func:`icc`."""
    y, p, known = _checked(truth, levels)
    return _ratio((np.abs(y - p) * known).sum(axis=0), known.sum(axis=0))


def mse(truth: ArrayLike, levels: ArrayLike) -> Array:
    """Mean squared error in squared levels; NaN where no level is known.  Parameters and errors as in :func:`icc`."""
    y, p, known = _checked(truth, levels)
    return _ratio(((y - p) ** 2 * known).sum(axis=0), known.sum(axis=0))


def _spread(truth: ArrayLike) -> Array:
    """Whether the known levels of each unit differ among themselves, exactly."""
    y = checks.levels(truth)
    high, low = y.max(axis=0, initial=-1), np.where(y < 0, 9, y).min(axis=0, initial=9)
    return low < high


def _checked(truth: ArrayLike, levels: ArrayLike) -> tuple[Array, Array, Array]:
    """Levels and predictions as float64 (N, A), and which levels are known."""
    y = checks.levels(truth)
    p = checks.finite(checks.scores(levels, y.shape, "levels"), "levels").astype(np.float64)
    return y.astype(np.float64), p, y >= 0
