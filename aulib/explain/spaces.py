"""The numbers of :mod:`embeddings` for many questions at once: from one table of distances between frames.

A table of n frames costs a product of (n, D) and (D, n); a silhouette, a vote for twelve AUs or a nearest neighbour
from it costs little more, whatever the dimension.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..aus import UNKNOWN

Floats = NDArray[np.float32]


def distances(numbers: Floats) -> Floats:
    """Euclidean distances between all frames, (n, n)."""
    centred = numbers - numbers.mean(axis=0)  # the squares would otherwise swallow small distances
    squares = np.einsum("ij,ij->i", centred, centred)
    far = centred @ centred.T
    far *= -2
    far += squares
    far += squares[:, None]
    np.maximum(far, 0, out=far)
    np.fill_diagonal(far, 0)
    return np.sqrt(far, out=far)


def votes(far: Floats, same: np.ndarray, truth: np.ndarray, k: int = 25) -> np.ndarray:
    """Share of the k nearest frames of other groups in which each AU is present, float (n, A).

    Parameters
    ----------
    far : ndarray of float32, shape (n, n)
        Distances.
    same : ndarray of bool, shape (n, n)
        Pairs of one group, for instance of one subject, which are no neighbours.
    truth : ndarray of int8, shape (n, A)
        Frames of unknown label are nobody's neighbour; where fewer than k of the nearest 4 k have one, those vote.
    k : int, default 25
    """
    apart = np.where(same, np.inf, far)
    looked = min(4 * k, int((~same).sum(axis=1).min()))
    near = np.argpartition(apart, looked - 1, axis=1)[:, :looked]
    order = np.argsort(np.take_along_axis(apart, near, axis=1), axis=1, kind="stable")
    near = np.take_along_axis(near, order, axis=1)  # (n, looked), nearest first
    out = np.empty(truth.shape)
    for column, codes in enumerate(truth.T):
        known = codes[near] != UNKNOWN
        counted = known & (known.cumsum(axis=1) <= k)
        out[:, column] = ((codes[near] == 1) & counted).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    return out


def silhouettes(far: Floats, labels: np.ndarray) -> np.ndarray:
    """Silhouette of each frame, (n,): NaN where its label is unknown, or where fewer than two groups are."""
    out = np.full(len(labels), np.nan)
    known = np.flatnonzero(labels != UNKNOWN)
    names, index, sizes = np.unique(labels[known], return_inverse=True, return_counts=True)
    if len(names) < 2:
        return out
    member = np.eye(len(names), dtype=far.dtype)[index]
    sums = far[np.ix_(known, known)] @ member  # (known, groups)
    own = np.arange(len(known)), index
    within = sums[own] / np.maximum(sizes[index] - 1, 1)
    between = sums / sizes
    between[own] = np.inf
    nearest = between.min(axis=1)
    out[known] = np.where(sizes[index] > 1, (nearest - within) / np.maximum(np.maximum(nearest, within), 1e-12), 0)
    return out


def explained(numbers: Floats, design: np.ndarray) -> float:
    """Share of the variance of features (n, D) that is linear in a design (n, P), freed of what chance puts there.

    Adjusted R squared with squares added up over dimensions; of groups it is Kelley's epsilon squared, as
    :func:`~aulib.explain.embeddings.variance_share`.  NaN without variance or with too few frames.
    """
    centred = numbers - numbers.mean(axis=0)
    columns = np.asarray(design, float) - np.mean(design, axis=0, dtype=float)
    basis, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    basis = basis[:, sizes > 1e-6 * max(sizes.max(initial=0), 1e-12)]
    freedom = len(numbers) - 1 - basis.shape[1]
    total = float((centred.astype(float) ** 2).sum())
    if not total or freedom < 1:
        return float("nan")
    fitted = float(((basis.T.astype(np.float32) @ centred).astype(float) ** 2).sum())
    return 1 - (1 - fitted / total) * (len(numbers) - 1) / freedom
