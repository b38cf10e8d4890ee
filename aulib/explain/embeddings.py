"""What a feature space is arranged by, identity or AU: t-SNE pictures and the numbers that belong beside them.

    L. van der Maaten, G. Hinton: Visualizing Data using t-SNE, JMLR 9, 2008.  Used in Hybrid Sec. 4.3 and Fig. 3.
    P. J. Rousseeuw: Silhouettes, J. Computational and Applied Mathematics 20, 1987.

A t-SNE map keeps neighbourhoods and little else: the size of its clusters and the distance between them mean nothing,
and it can be talked into many shapes.  The numbers here are therefore taken in the feature space itself, or in
:func:`principal` components of it, and the map is only the picture.

Frames of one video are near copies, so the nearest neighbour of a frame is the frame before it, whatever the features.
Neighbours from the frame's own sequence must not count; then what is left of identity is what survives a new recording.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..aus import UNKNOWN

VERSION = 1

Array = NDArray[Any]

#: Distances held at once, in numbers: 32 MB of float32.
_BLOCK = 8_000_000


class Identity(NamedTuple):
    """How well the nearest neighbours tell who a face is.

    Attributes
    ----------
    accuracy : float
        Share of the counted frames whose subject the neighbours name.  NaN where no frame counts.
    chance : float
        The same if neighbours were drawn blindly: mean over counted frames of the share of candidates that show the
        same subject.
    frames : int
        Frames counted: those whose subject appears among the candidates, that is in another sequence.
    """

    accuracy: float
    chance: float
    frames: int


def _features(features: ArrayLike, at_least: int = 2) -> Array:
    x = np.asarray(features, np.float32)
    if x.ndim != 2 or len(x) < at_least:
        raise ValueError(f"features {x.shape} must be (N, D), N at least {at_least}")
    if not np.isfinite(x).all():
        raise ValueError("features hold NaN or infinity")
    return x


def _labels(name: str, labels: ArrayLike, x: Array) -> Array:
    y = np.asarray(labels)
    if y.shape != x.shape[:1]:
        raise ValueError(f"{name} {y.shape} must be {x.shape[:1]}, one per frame")
    return y


def principal(features: ArrayLike, components: int = 50, seed: int = 0) -> Array:
    """The first principal components, (N, min(components, N, D)), float32.

    Features of different dimension are compared in as many components each.  Seeded and deterministic: randomised SVD,
    with the sign of each component fixed.

    Raises
    ------
    ValueError
        If the features are not (N, D) with N >= 2, or not finite.
    """
    from sklearn.decomposition import PCA

    x = _features(features)
    kept = min(components, *x.shape)
    solver = "randomized" if kept < 0.8 * min(x.shape) else "full"
    return PCA(kept, svd_solver=solver, random_state=seed).fit_transform(x).astype(np.float32)


def tsne(features: ArrayLike, perplexity: float = 30, components: int = 50, seed: int = 0) -> Array:
    """The t-SNE map of Fig. 3: principal components first, then scikit-learn's t-SNE from their first two.

    Parameters
    ----------
    features : array, float (N, D)
        About 5,000 rows take half a minute.
    perplexity : float, default 30
        Effective number of neighbours.  Not in the paper; the default of scikit-learn.
    components : int, default 50
        Principal components that go into t-SNE.  Not in the paper; the usual first step.
    seed : int, default 0
        The same seed gives the same map on the same machine.

    Returns
    -------
    array, float32 (N, 2)

    Raises
    ------
    ValueError
        As :func:`principal`, and if there are no more frames than the perplexity.
    """
    from sklearn.manifold import TSNE

    x = principal(features, components, seed)
    if len(x) <= perplexity:
        raise ValueError(f"perplexity {perplexity} needs more than {len(x)} frames: take more frames or lower it")
    return TSNE(2, perplexity=perplexity, init="pca", learning_rate="auto", random_state=seed).fit_transform(x)


def neighbours(
    features: ArrayLike, k: int, groups: ArrayLike | None = None, candidates: ArrayLike | None = None
) -> Array:
    """The k nearest frames of other groups, nearest first, by brute force.

    Parameters
    ----------
    features : array, float (N, D)
    k : int
    groups : array (N,), optional
        Frames of a frame's own group are no neighbours.  Without it only the frame itself is none.
    candidates : array of bool (N,), optional
        Frames that may be neighbours; all by default.

    Returns
    -------
    array of int, (N, k)
        Rows of ``features``; of frames at equal distance the lower row stands first, and any may take the last place.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a frame has fewer than k candidates.
    """
    x = _features(features)
    n = len(x)
    own = np.arange(n) if groups is None else np.unique(_labels("groups", groups, x), return_inverse=True)[1]
    able = np.ones(n, bool) if candidates is None else _labels("candidates", candidates, x).astype(bool)
    left = able.sum() - np.bincount(own, able, own.max() + 1)[own]
    if not 1 <= k <= left.min():
        raise ValueError(f"k is {k}, but a frame has {int(left.min())} candidates outside its own group")
    x = x - x.mean(axis=0)  # the squares below would otherwise swallow small distances
    rows = np.flatnonzero(able)
    pool, squares = x[rows], np.einsum("ij,ij->i", x, x)
    out = np.empty((n, k), np.int64)
    step = max(1, _BLOCK // len(rows))
    for start in range(0, n, step):
        part = slice(start, min(start + step, n))
        distance = squares[rows] - 2 * (x[part] @ pool.T)  # less the square of the frame, which orders nothing
        distance[own[part, None] == own[rows]] = np.inf
        near = np.sort(np.argpartition(distance, k - 1, axis=1)[:, :k], axis=1)
        order = np.argsort(np.take_along_axis(distance, near, axis=1), axis=1, kind="stable")
        out[part] = rows[np.take_along_axis(near, order, axis=1)]
    return out


def identity_accuracy(
    features: ArrayLike, subjects: ArrayLike, sequences: ArrayLike | None = None, k: int = 1
) -> Identity:
    """Accuracy with which a frame's nearest neighbours name its subject.

    Parameters
    ----------
    features : array, float (N, D)
    subjects : array (N,)
    sequences : array (N,), optional
        Leave one sequence out: a frame's neighbours come from other sequences.  Names unique in the corpus.  Without it
        only the frame itself is left out, and the number tells little (see the head of this module).
    k : int, default 1
        The most frequent subject among so many neighbours; of several equally frequent ones that of the nearest.

    Returns
    -------
    Identity

    Raises
    ------
    ValueError
        As :func:`neighbours`.
    """
    x = _features(features)
    subject = np.unique(_labels("subjects", subjects, x), return_inverse=True)[1]
    n = len(x)
    names = subject[neighbours(x, k, sequences)]  # (N, k)
    votes = (names[:, :, None] == names[:, None, :]).sum(axis=2)
    named = names[np.arange(n), votes.argmax(axis=1)]  # the first of the most frequent ones is the nearest

    group = np.arange(n) if sequences is None else np.unique(np.asarray(sequences), return_inverse=True)[1]
    pairs = np.unique(np.stack([group, subject]), axis=1, return_inverse=True)[1].ravel()
    others = np.bincount(subject)[subject] - np.bincount(pairs)[pairs]  # candidates that show the same subject
    pool = n - np.bincount(group)[group]
    counted = others > 0
    if not counted.any():
        return Identity(np.nan, np.nan, 0)
    right = named == subject
    return Identity(float(right[counted].mean()), float((others[counted] / pool[counted]).mean()), int(counted.sum()))


def neighbour_scores(features: ArrayLike, labels: ArrayLike, groups: ArrayLike, k: int = 25) -> Array:
    """Share of a frame's k nearest neighbours from other groups in which an AU is present, (N,), 0 ... 1.

    With subjects as groups this is a leave-subject-out k-NN detector.  Its AUC
    (:func:`aulib.metrics.auc` over ``labels``) says how far the features keep frames of the same AU together across
    subjects.

    Parameters
    ----------
    features : array, float (N, D)
    labels : array, int8 (N,)
        One AU: 1, 0, or -1 (unknown).  Frames of unknown label have a score and are nobody's neighbour.
    groups : array (N,)
    k : int, default 25

    Raises
    ------
    ValueError
        As :func:`neighbours`.
    """
    x = _features(features)
    y = _labels("labels", labels, x)
    return (y[neighbours(x, k, groups, y != UNKNOWN)] == 1).mean(axis=1)


def silhouette(features: ArrayLike, labels: ArrayLike) -> float:
    """Mean silhouette of the frames, grouped by subject or by the label of an AU, -1 ... 1.

    1 where groups are tight and far apart, 0 where they lie in one another.  Euclidean distances, as the features are
    given: normalise them first where their scale means nothing.

    Parameters
    ----------
    features : array, float (N, D)
    labels : array (N,)
        Subjects, or one AU's labels, of which -1 (unknown) is left out.

    Returns
    -------
    float
        NaN where fewer than two groups are known, or every group is a single frame.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    from sklearn.metrics import silhouette_score

    x = _features(features)
    y = _labels("labels", labels, x)
    known = y != UNKNOWN if y.dtype.kind in "iu" else np.ones(len(y), bool)
    x, y = x[known], y[known]
    groups = len(np.unique(y))
    return float(silhouette_score(x, y)) if 2 <= groups < len(y) else float("nan")


def variance_share(features: ArrayLike, labels: ArrayLike) -> float:
    """Share of the variance of the features that lies between groups, freed of what chance puts there.

    ``1 - (1 - e) (N - 1) / (N - K)`` for K groups, where e is the sum of squares between the groups' means over the
    total one, each added up over dimensions (Kelley's epsilon squared).  About 0 for groups drawn blindly, also below.
    In a full factorial corpus (identity, AU, pose, light) the shares of the factors can be compared; elsewhere factors
    hold part of one another.

    Parameters
    ----------
    features : array, float (N, D)
    labels : array (N,)
        Groups; of integers -1 (unknown) is left out.

    Returns
    -------
    float
        At most 1.  NaN with fewer than two groups, no two frames in any group, or constant features.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    x = _features(features).astype(float)
    y = _labels("labels", labels, x)
    if y.dtype.kind in "iu":
        x, y = x[y != UNKNOWN], y[y != UNKNOWN]
    names, index = np.unique(y, return_inverse=True)
    n, k = len(y), len(names)
    if not 2 <= k < n:
        return float("nan")
    x = x - x.mean(axis=0)
    order = np.argsort(index, kind="stable")
    count = np.bincount(index)
    sums = np.add.reduceat(x[order], np.cumsum(count) - count, axis=0)
    total = (x**2).sum()
    if not total:
        return float("nan")
    between = (sums**2 / count[:, None]).sum() / total
    return float(1 - (1 - between) * (n - 1) / (n - k))
