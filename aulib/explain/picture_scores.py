"""How far the picture of an AU resembles the AU: numbers for Hybrid Fig. 9, which the paper judges by eye.

A picture grown by :mod:`~aulib.explain.activation_maximization` is compared with the true mean difference image of
every AU, the mean face with it less the mean face without it.  Such images exist for rendered faces only.  A picture
that resembles its own AU should correlate with it more than with the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[Any]


class Hits(NamedTuple):
    """How often a picture fits its own AU best.

    Attributes
    ----------
    hits, of : int
        Pictures whose largest correlation is with their own AU, and all of them.
    chance : float
        Expected share of hits with AUs named blindly, 1 / A.
    p : float
        Share of random namings, the given one among them, with as many hits or more.
    """

    hits: int
    of: int
    chance: float
    p: float


def change_maps(images: Tensor | ArrayLike, reference: ArrayLike | None = None) -> Array:
    """Where the pictures differ from a reference, (A, H, W): norm of the difference over the channels.

    Parameters
    ----------
    images : (A, C, H, W)
    reference : (C, H, W), optional
        By default the mean of the pictures, so that what all have in common (regularisation, a mean face) is not
        counted for any AU.

    Raises
    ------
    ValueError
        If the images are not (A, C, H, W).
    """
    x = np.asarray(images, float)
    if x.ndim != 4:
        raise ValueError(f"images {x.shape} must be (A, C, H, W)")
    base = x.mean(axis=0) if reference is None else np.asarray(reference, float)
    return np.sqrt(((x - base) ** 2).sum(axis=1))


def correlations(images: ArrayLike, masks: ArrayLike) -> Array:
    """Pearson correlation over pixels of every picture with every true difference image.

    Parameters
    ----------
    images : array (A, ...)
        Change maps (A, H, W), or signed differences (A, C, H, W).
    masks : array (B, ...)
        True mean difference images of the AUs, with the same trailing shape.

    Returns
    -------
    array, float (A, B)
        12 x 12 in the paper's case.  NaN where a picture or a mask is constant.

    Raises
    ------
    ValueError
        If the trailing shapes differ.
    """
    x, y = np.asarray(images, float), np.asarray(masks, float)
    if x.ndim < 2 or x.shape[1:] != y.shape[1:]:
        raise ValueError(f"images {x.shape} and masks {y.shape} must agree in all but the first axis")
    unit = []
    for a in (x, y):
        a = a.reshape(len(a), -1)
        a = a - a.mean(axis=1, keepdims=True)
        length = np.sqrt((a**2).sum(axis=1, keepdims=True))
        unit.append(np.divide(a, length, out=np.full_like(a, np.nan), where=length > 0))
    return unit[0] @ unit[1].T


def top1(table: ArrayLike, permutations: int = 10_000, seed: int = 0) -> Hits:
    """Pictures that correlate with their own AU more than with any other, against blind naming.

    Parameters
    ----------
    table : array (A, A)
        Of :func:`correlations`: row a is the picture of AU a.  A row with a NaN is no hit.
    permutations : int, default 10,000
        Random namings of the pictures.
    seed : int, default 0

    Raises
    ------
    ValueError
        If the table is not square.
    """
    c = np.asarray(table, float)
    if c.ndim != 2 or c.shape[0] != c.shape[1]:
        raise ValueError(f"table {c.shape} must be (A, A)")
    aus = len(c)
    best = np.where(np.isnan(c).any(axis=1), -1, np.where(np.isnan(c), -np.inf, c).argmax(axis=1))
    hits = int((best == np.arange(aus)).sum())
    named = np.random.default_rng(seed).permuted(np.tile(np.arange(aus), (permutations, 1)), axis=1)
    as_many = int(((named == best).sum(axis=1) >= hits).sum())
    return Hits(hits, aus, 1 / aus, (1 + as_many) / (1 + permutations))
