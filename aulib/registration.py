"""Which map takes the landmarks of a face to those of the mean face: similarities, an affine map, a level box.

A :data:`Fit` takes landmarks (68, 2), NaN where unknown, and the side of the aligned face in pixels,
and gives the matrix (2, 3) from the picture to the face.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aulib.errors import AulibError
from aulib.landmarks import EYE_CORNERS, MEAN_SHAPE, MOUTH, MOUTH_CORNERS, NOSE, centre, eye_centres

Fit = Callable[[NDArray[np.float64], int], NDArray[np.float64]]

#: Landmarks that an expression moves least: corners of the eyes, bridge and base of the nose.
STABLE = (*EYE_CORNERS, *NOSE)

#: Side of the box of "box" as a multiple of the extent of its five points.
BOX_SHARE = 2.8


def similarity(source: NDArray[Any], target: NDArray[Any]) -> NDArray[np.float64]:
    """The similarity that takes one set of points nearest to another in the sense of least squares.

    Rotation, one scale, translation, never a reflection: with points as complex numbers, z -> m z + t and
    m = sum(conj(p) q) / sum(|p|^2) over the centred points.

        S. Umeyama: Least-Squares Estimation of Transformation Parameters Between Two Point Patterns, PAMI 13(4), 1991.

    Parameters
    ----------
    source, target : ndarray, shape (n, 2)
        At least two points, those of `source` not all in one place.

    Returns
    -------
    ndarray of float64, shape (2, 3)

    Raises
    ------
    AulibError
        If the points do not fix a similarity.
    """
    p, q = (np.asarray(points, float) @ [1, 1j] for points in (source, target))
    if len(p) != len(q) or len(p) < 2 or not np.isfinite([p, q]).all():
        raise AulibError(f"{len(p)} and {len(q)} points fix no similarity: two pairs of finite points are needed")
    from_p, from_q = p - p.mean(), q - q.mean()
    spread = (np.abs(from_p) ** 2).sum()
    if spread < 1e-12:
        raise AulibError("points that lie in one place fix no similarity")
    m = (from_p.conj() * from_q).sum() / spread
    t = q.mean() - m * p.mean()
    return np.array([[m.real, -m.imag, t.real], [m.imag, m.real, t.imag]])


def transformed(points: NDArray[Any], matrix: NDArray[Any]) -> NDArray[np.float64]:
    """Points (..., 2) under a matrix (2, 3); NaN stays NaN."""
    return np.asarray(points, float) @ matrix[:, :2].T + matrix[:, 2]


def _target(side: int) -> NDArray[np.float64]:
    """The mean shape (68, 2) in pixels of an aligned face."""
    return MEAN_SHAPE * side - 0.5


def least_moving(points: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Matrix (2, 3) of the similarity that takes the finite ones of :data:`STABLE` nearest to the mean shape."""
    here = [i for i in STABLE if np.isfinite(points[i]).all()]
    return similarity(points[here], _target(side)[here])


def all_inner(points: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """As :func:`least_moving` with every finite landmark but the jaw: an open mouth then moves the whole face."""
    here = [i for i in range(17, len(points)) if np.isfinite(points[i]).all()]
    return similarity(points[here], _target(side)[here])


def two_eyes(points: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Matrix of the similarity that puts the eye centres where the mean shape has them: all that two points fix."""
    return similarity(eye_centres(points), eye_centres(_target(side)))


def three_anchors(points: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Matrix of the similarity that takes eye centres and middle of the mouth nearest to those of the mean shape."""
    return similarity(_anchors(points), _anchors(_target(side)))


def three_anchors_affine(points: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Matrix of the affine map that takes the three anchors exactly to their places; it stretches and shears."""
    source = np.column_stack([_anchors(points), np.ones(3)])
    if abs(np.linalg.det(source)) < 1e-6:
        raise AulibError("three anchors on one line fix no affine map")
    return np.asarray(np.linalg.solve(source, _anchors(_target(side))).T, np.float64)


def level_box(points: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Matrix that turns the eye line level and cuts a square box around eye centres, nose tip and mouth corners."""
    five = np.concatenate([eye_centres(points), points[[30, *MOUTH_CORNERS]]])
    if not np.isfinite(five).all():
        raise AulibError("the box needs both eyes, the tip of the nose (30) and the corners of the mouth (48, 54)")
    across = five[1] - five[0]
    cosine, sine = across / np.linalg.norm(across)
    level = np.array([[cosine, sine], [-sine, cosine]])
    turned = five @ level.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    scale = side / (BOX_SHARE * (high - low).max())
    return np.column_stack([scale * level, (side - 1) / 2 - scale * (low + high) / 2])


def _anchors(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Eye centres and middle of the mouth (3, 2)."""
    anchors = np.concatenate([eye_centres(points), [centre(points, MOUTH)]])
    if not np.isfinite(anchors).all():
        raise AulibError("three anchors need landmarks of both eyes and of the mouth")
    return anchors
