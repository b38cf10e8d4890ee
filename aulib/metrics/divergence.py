"""How far subjects lie apart in a feature space: Jensen-Shannon divergence of their mean vectors.

    Hybrid Sec. 4.3, Eq. 2 and Fig. 4.  J. Lin: Divergence measures based on the Shannon entropy, IEEE Trans.
    Information Theory 37(1), 1991.

The paper's steps: a mean vector per subject; a logistic squeeze ``1 / (1 + exp(-a / m))`` with m the median of that
vector; unity normalisation, so that the entries sum to one; the JS divergence of every two subjects; per subject the
sum over all others; mean and standard deviation over subjects.

Its Fig. 4 then prints the values "normalized by log(d) x 1e6".  That step is left out: the log of a divergence below
one is negative, so no positive number of the figure can come of it.  What is returned are the raw values, in nats.
Compare features by ratios.

A lower value is not yet a feature that cares less for identity.  The measure also falls with the dimension, the
sparsity and the sign of the features, and with the noise that is averaged away in a mean.  So every value comes with a
control, :func:`permutation_control`: the same numbers for subjects that are random groups of the same frames.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .. import checks
from ..errors import InputError
from ..values import Whole
from .frame import Array

#: Below this a probability counts as zero in ``p log p``; the product is then zero too.
_TINY = np.finfo(float).tiny

#: Dimensions worked on at once: the intermediate results of 40 subjects then stay in the processor's cache.
_BLOCK = 1024


class Divergence(NamedTuple):
    """JS divergences between S subjects.

    Attributes
    ----------
    subjects : array (S,)
        Names, sorted.
    matrix : array, float (S, S)
        Symmetric, zero on the diagonal.
    sums : array, float (S,)
        Sum over the other subjects, as in Fig. 4, unscaled.  It grows with S: compare corpora by ``sums / (S - 1)``.
    mean, sd : float
        Over subjects; the standard deviation with S - 1, which the paper leaves open.
    """

    subjects: Array
    matrix: Array
    sums: Array
    mean: float
    sd: float


class Control(NamedTuple):
    """A divergence beside those of permuted subjects.

    Attributes
    ----------
    observed : float
        Mean over subjects of the summed divergence.
    null : array, float (R,)
        The same after each permutation.
    p : float
        ``(1 + how many of null are >= observed) / (1 + R)``.
    ratio : float
        ``observed`` over the mean of ``null``: 1 where identity leaves no trace.  This, and not ``observed``, can be
        compared between features of different dimension.
    """

    observed: float
    null: Array
    p: float
    ratio: float


def _grouped(features: ArrayLike, subjects: ArrayLike) -> tuple[Array, Array, Array]:
    x = checks.finite(features, "features")
    if x.ndim != 2 or not x.shape[1]:
        raise InputError(f"features {x.shape} must be (frames, D), D at least 1")
    names = checks.names(subjects, len(x), "subjects")
    known, index = np.unique(names, return_inverse=True)
    if len(known) < 2:
        raise InputError(f"subjects: a divergence between subjects needs two of them, not {len(known)}")
    return x, known, index


def _means(x: Array, index: Array, groups: int, weights: Array | None = None) -> Array:
    """Weighted mean of each group's rows, (groups, D): one matrix product, since adding row by row is slow."""
    belongs = np.zeros((groups, len(x)), x.dtype)
    belongs[index, np.arange(len(x))] = 1 if weights is None else weights
    return (belongs @ x) / np.bincount(index, weights, groups)[:, None].astype(float)


def mean_vectors(features: ArrayLike, subjects: ArrayLike) -> tuple[Array, Array]:
    """Names of the subjects, (S,), sorted, and each one's mean feature vector, (S, D).

    Parameters
    ----------
    features : array, float (N, D)
    subjects : array (N,)

    Raises
    ------
    InputError
        If the shapes do not fit, a feature is not finite, or there is one subject only.
    """
    x, known, index = _grouped(features, subjects)
    return known, _means(x, index, len(known))


def as_distributions(means: ArrayLike, median: str = "absolute") -> Array:
    """Mean vectors squeezed by a logistic function and normalised to sum one.

    Parameters
    ----------
    means : array, float (..., D)
    median : {"absolute", "printed"}
        "printed" divides each vector by its median m, as the paper says.  It then has no value where m is 0, which
        happens to features after a ReLU, and where m < 0 it turns the order of the entries round.  "absolute", the
        default and our choice, takes the median of the magnitudes, which is the same number for features that are not
        negative; where that is 0 too, the median of the magnitudes that are not; and for a vector of zeros any number,
        since the squeeze makes it uniform.

    Returns
    -------
    array, float (..., D)
        Positive, each vector summing to one.

    Raises
    ------
    InputError
        If ``median`` is neither, or "printed" meets a median of zero.
    """
    a = checks.finite(means, "means").astype(float)
    if not a.shape or not a.shape[-1]:
        raise InputError(f"means {a.shape} must be (..., D), D at least 1")
    if median == "printed":
        m = np.median(a, axis=-1, keepdims=True)
        if (m == 0).any():
            raise InputError("a mean vector has median 0, by which the printed squeeze divides: use median='absolute'")
    elif median == "absolute":
        size = np.abs(a)
        m = np.median(size, axis=-1, keepdims=True)
        if (m == 0).any():
            rows = np.where(size > 0, size, np.nan).reshape(-1, a.shape[-1])
            other = [np.nanmedian(row) if np.isfinite(row).any() else 1.0 for row in rows]
            m = np.where(m == 0, np.reshape(other, m.shape), m)
    else:
        raise InputError(f"median is {median!r}, not 'absolute' or 'printed'")
    squeezed = np.exp(-np.logaddexp(0, -a / m))  # the logistic function, without overflow on either side
    return squeezed / squeezed.sum(axis=-1, keepdims=True)


def _neg_entropy(p: Array) -> Array:
    """Sum of ``p log p`` over the last axis, with 0 log 0 = 0."""
    return np.einsum("...i,...i->...", p, np.log(np.maximum(p, _TINY)))


def js_divergence(p: ArrayLike, q: ArrayLike, bits: bool = False) -> Array:
    """Jensen-Shannon divergence of distributions along the last axis (Hybrid Eq. 2).

    ``JS(p, q) = KL(p, m) / 2 + KL(q, m) / 2`` with ``m = (p + q) / 2``, computed as the entropy of m less the mean
    entropy of p and q.  Values below about 1e-14 drown in rounding.

    Parameters
    ----------
    p, q : array, float (..., D)
        Non-negative, summing to one; their leading shapes are broadcast.
    bits : bool, default False
        Logarithm to base 2, so that the largest value is 1; otherwise nats, and the largest is log 2.

    Raises
    ------
    InputError
        If a vector is not a distribution.
    """
    a, b = checks.finite(p, "p").astype(float), checks.finite(q, "q").astype(float)
    for name, v in (("p", a), ("q", b)):
        if not (v.ndim and (v >= 0).all() and np.allclose(v.sum(axis=-1), 1, atol=1e-6)):
            raise InputError(f"{name} is no distribution along its last axis: use as_distributions")
    value = (_neg_entropy(a) + _neg_entropy(b)) / 2 - _neg_entropy((a + b) / 2)
    return np.maximum(value, 0) / (np.log(2) if bits else 1)


def pairwise_js(distributions: ArrayLike, bits: bool = False) -> Array:
    """JS divergence of every two of S distributions, (S, D) to (S, S).

    Each row is broadcast against all rows after it: every pair once, in blocks that stay in the processor's cache.
    Units and errors as in :func:`js_divergence`.
    """
    d = checks.finite(distributions, "distributions").astype(float)
    least = d.min() if d.size else 0.0
    if d.ndim != 2 or not (least >= 0 and np.allclose(d.sum(axis=1), 1, atol=1e-6)):
        raise InputError(f"distributions {d.shape} must be (S, D), each row summing to one: use as_distributions")
    subjects, dimension = d.shape
    mixed = np.zeros((subjects, subjects))  # sum of m log m of every pair, and of p log p on the diagonal
    m, log_m = np.empty((2, subjects, _BLOCK))
    for begin in range(0, dimension, _BLOCK):
        half = d[:, begin : begin + _BLOCK] / 2
        for i in range(subjects):
            rows, width = subjects - i, half.shape[1]
            sums = np.add(half[i], half[i:], out=m[:rows, :width])
            logs = np.log(sums if least > 0 else np.maximum(sums, _TINY), out=log_m[:rows, :width])
            mixed[i, i:] += np.einsum("ij,ij->i", sums, logs)  # row by row, by BLAS
    own = mixed.diagonal()
    upper = np.triu(np.maximum((own[:, None] + own) / 2 - mixed, 0), 1)
    return (upper + upper.T) / (np.log(2) if bits else 1)


def subject_divergence(
    features: ArrayLike, subjects: ArrayLike, median: str = "absolute", bits: bool = False
) -> Divergence:
    """Fig. 4's statistic, unscaled: summed JS divergence of each subject to all others, mean and sd over subjects.

    Parameters
    ----------
    features : array, float (N, D)
    subjects : array (N,)
    median : {"absolute", "printed"}
        See :func:`as_distributions`.
    bits : bool, default False
        Nats or bits.

    Raises
    ------
    InputError
        As :func:`mean_vectors` and :func:`as_distributions`.
    """
    known, means = mean_vectors(features, subjects)
    matrix = pairwise_js(as_distributions(means, median), bits)
    sums = matrix.sum(axis=1)
    return Divergence(known, matrix, sums, float(sums.mean()), float(sums.std(ddof=1)))


def permutation_control(
    features: ArrayLike,
    subjects: ArrayLike,
    sequences: ArrayLike | None = None,
    permutations: int = 200,
    seed: int = 0,
    median: str = "absolute",
) -> Control:
    """What the divergence would be if subjects were random groups of the same frames.

    Parameters
    ----------
    features : array, float (N, D)
    subjects : array (N,)
    sequences : array (N,), optional
        Sequence of each frame, as a name unique in the corpus.  Whole sequences then change their subject, which keeps
        the frames of a video together.  Without it single frames do, as if they were independent: frames of one video
        are near copies, so that null is too narrow, and its p says little.
    permutations : int, default 200
    seed : int, default 0
    median : {"absolute", "printed"}
        See :func:`as_distributions`.

    Returns
    -------
    Control

    Raises
    ------
    InputError
        As :func:`subject_divergence`; if a sequence holds two subjects, or if no subject has two sequences, so that
        exchanging sequences would only rename subjects.
    """
    permutations, seed = Whole(0)(permutations, "permutations"), Whole(0)(seed, "seed")
    x, known, index = _grouped(features, subjects)
    weights = None
    if sequences is not None:
        names, owner = np.unique(checks.names(sequences, len(x), "sequences"), return_inverse=True)
        of = np.zeros(len(names), np.int64)
        of[owner] = index
        if (of[owner] != index).any():
            mixed = names[owner[of[owner] != index][0]]
            raise InputError(f"sequence {mixed!r} holds two subjects: its name must be unique in the corpus")
        if len(names) == len(known):
            raise InputError("each subject has one sequence, so exchanging them only renames subjects: leave them out")
        weights = np.bincount(owner).astype(float)  # a subject's mean weighs its sequences by their frames
        x, index = _means(x, owner, len(names)), of

    def statistic(order: Array) -> float:
        means = _means(x, index[order], len(known), weights)
        return float(pairwise_js(as_distributions(means, median)).sum(axis=1).mean())

    rng = np.random.default_rng(seed)
    observed = statistic(np.arange(len(x)))
    null = np.array([statistic(rng.permutation(len(x))) for _ in range(permutations)])
    as_large = null >= observed * (1 - 1e-9)  # the same grouping in another order differs by rounding
    ratio = observed / null.mean() if permutations and null.mean() > 0 else np.nan
    return Control(observed, null, (1 + int(as_large.sum())) / (1 + permutations), float(ratio))
