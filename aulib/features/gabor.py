"""Gabor: how strongly a face swings in 8 directions at 5 scales, at points of a grid.

    M. Lades et al.: Distortion Invariant Object Recognition in the Dynamic Link Architecture, IEEE Trans. Computers
    42(3), 1993.
    G. Littlewort, M. Bartlett, I. Fasel, J. Susskind, J. Movellan: Dynamics of Facial Expression Extracted
    Automatically from Video, Image and Vision Computing 24(6), 2006.

    g(x, y) = exp(-(x^2 + y^2) / 2 s^2) / (2 pi s^2) * exp(2 pi i (x cos t + y sin t) / w)

The Hybrid paper (Sec. 4.3) prints no size.  It calls Gabor features "holistic" beside the local HOG, hence a grid over
the whole face; the 40 filters and wavelengths w of 4 to 16 px of 100, half an octave apart, are the field's usual
ones.  The bandwidth is one octave, s = 0.56 w.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .base import SIDE, Faces, Feature, Numbers, Points, grey
from .shape import INNER

ORIENTATIONS = 8
#: In pixels of a face of 100.
WAVELENGTHS = (4.0, 4 * math.sqrt(2), 8.0, 8 * math.sqrt(2), 16.0)
#: Rows and columns of the grid, in pixels of a face of 100; as far from the left edge as from the right.
GRID = np.arange(9, 91, 9)

#: Standard deviation of the envelope over the wavelength, for a bandwidth of one octave.
_SPREAD = 3 * math.sqrt(math.log(2) / 2) / math.pi


def gabor(at: Literal["grid", "landmarks"] = "grid") -> Feature:
    """Magnitudes of 8 x 5 Gabor filters.

    Parameters
    ----------
    at : {'grid', 'landmarks'}
        10 x 10 points over the face, 4000-D, or the pixels of the 49 inner landmarks, 1960-D.  In both, points one
        after the other, then wavelengths, then directions.
    """
    filters = ORIENTATIONS * len(WAVELENGTHS)
    if at == "grid":
        source = "Hybrid Sec. 4.3; 8 directions x 5 wavelengths on a 10 x 10 grid: a choice"
        return Feature("gabor", "Gabor", source, filters * len(GRID) ** 2, _on_grid)
    source = "Hybrid Sec. 4.3; 8 directions x 5 wavelengths at 49 landmarks: a choice"
    return Feature("gabor-landmarks", "Gabor at landmarks", source, filters * len(INNER), _at_landmarks, INNER)


@lru_cache(maxsize=32)
def kernels(wavelength: float, reach: float = 3.0) -> NDArray[np.complex64]:
    """The filters of one wavelength, complex64 (8, K, K).

    Direction k runs across the waves at k / 8 of a half turn, from the x axis towards the y axis (down).

    Parameters
    ----------
    wavelength : float
        In pixels.
    reach : float
        Where the filter is cut off, in standard deviations of its envelope.
    """
    spread = _SPREAD * wavelength
    half = math.ceil(reach * spread)
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    angles = (np.arange(ORIENTATIONS) * math.pi / ORIENTATIONS)[:, None, None]
    envelope = np.exp(-(x**2 + y**2) / (2 * spread**2)) / (2 * math.pi * spread**2)
    waves = np.exp(2j * math.pi / wavelength * (x * np.cos(angles) + y * np.sin(angles)))
    return (envelope * waves).astype(np.complex64)


def magnitudes(pictures: NDArray[np.uint8], rows: NDArray[np.intp], columns: NDArray[np.intp], reach: float = 3.0):
    """Magnitudes of the filters at some pixels of each picture.

    A filter is applied only where its answer is read: a product of patches (P, K * K) and filters (K * K, 16).

    Parameters
    ----------
    pictures : ndarray of uint8, shape (n, H, W)
        Taken as shares of 255, and mirrored at their edges.
    rows, columns : ndarray of int, shape (n, P)
    reach : float
        See :func:`kernels`.

    Returns
    -------
    ndarray of float32, shape (n, P, 5, 8)
    """
    out = np.empty((*rows.shape, len(WAVELENGTHS), ORIENTATIONS), np.float32)
    for scale, wavelength in enumerate(WAVELENGTHS):
        bank = kernels(wavelength, reach)
        width = bank.shape[1]
        flat = bank.reshape(ORIENTATIONS, -1)
        parts = np.concatenate([flat.real, flat.imag]).T.copy()  # (K * K, 16)
        for picture, y, x, answer in zip(pictures, rows, columns, out, strict=True):
            wide = np.pad(picture.astype(np.float32) / 255, width // 2, mode="symmetric")
            patches = np.lib.stride_tricks.sliding_window_view(wide, (width, width))[y, x]  # (P, K, K)
            swing = patches.reshape(len(y), -1) @ parts  # (P, 16): in phase, then a quarter behind
            answer[:, scale] = np.hypot(swing[:, :ORIENTATIONS], swing[:, ORIENTATIONS:])
    return out


def _on_grid(faces: Faces, landmarks: Points) -> Numbers:
    rows, columns = (
        np.broadcast_to(part.ravel(), (len(faces), part.size)) for part in np.meshgrid(GRID, GRID, indexing="ij")
    )
    return magnitudes(grey(faces), rows, columns).reshape(len(faces), -1)


def _at_landmarks(faces: Faces, landmarks: Points) -> Numbers:
    """Points outside the face are moved to its edge."""
    inner = (np.asarray(landmarks, float)[:, INNER] + 0.5) * (SIDE / faces.shape[1]) - 0.5
    pixels = np.rint(inner).clip(0, SIDE - 1).astype(np.intp)
    return magnitudes(grey(faces), pixels[..., 1], pixels[..., 0]).reshape(len(faces), -1)
