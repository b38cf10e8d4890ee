"""Which map takes the landmarks of a face to those of the mean face: similarities, an affine map, a level box.

A :data:`Fit` takes landmarks (68, 2), NaN where unknown, and the side of the aligned face in pixels,
and gives the matrix (2, 3) from the picture to the face.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aulib.datasets.landmarks import EYE_CORNERS, JAW, MEAN_SHAPE, MOUTH, MOUTH_CORNERS, NOSE, centre, eye_centres
from aulib.errors import AulibError

Fit = Callable[[NDArray[np.float64], int], NDArray[np.float64]]

#: Landmarks that an expression moves least: corners of the eyes, bridge and base of the nose.
STABLE = (*EYE_CORNERS, *NOSE)

#: Side of the box of "box" as a multiple of the extent of its five points.
BOX_SHARE = 2.8

# Bounds of `implausible`.  In brackets what the embedded faces give, 12 people with four expressions each, pitched by
# 30 degrees either way: turned by up to 60 degrees; by up to 75.  A full profile, which shows one eye, may be refused.
#: Least correlation with the mean shape (.86; .79).  Numbers in another order, or x and y apart, give less than .45.
ALIKE = 0.7
#: How much better the mirror image of the mean shape may fit (-.21; -.02); frontal points that were mirrored and not
#: renumbered give +.5 and more.
MIRRORED_BETTER = 0.05
#: Farthest that a landmark may lie from its place, in root mean square radii of the shape, which are .25 of a face's
#: side (1.2; 1.4).  The jaw, which a turn carries away, may lie twice as far (2.6; 3.0).
ASTRAY = 2.0
#: Least distance of the eyes, in pixels: the smallest face that a detector finds has 7.
SMALLEST = 4.0


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


def implausible(points: NDArray[Any], width: int, height: int) -> str:
    """Why points can be no landmarks of an upright face in a picture; empty if they can.

    Every map is fitted to whatever it is given: wrong points give a face of two pixels, one on its head, or background,
    and no error.

    Parameters
    ----------
    points : ndarray, shape (68, 2)
        In pixels of the picture; NaN where unknown.
    width, height : int
        Of the picture.

    Returns
    -------
    str
    """
    points = np.asarray(points, float)
    here = np.isfinite(points).all(axis=1)
    inner = np.flatnonzero(here)[np.flatnonzero(here) >= JAW.stop]  # a head that turns carries the jaw away first
    found, mean = points @ [1, 1j], MEAN_SHAPE @ [1, 1j]
    p, q = (shape[inner] - shape[inner].mean() for shape in (found, mean))
    radius = np.sqrt((np.abs(p) ** 2).mean())
    if radius < 1e-6:
        return "all landmarks lie in one place"
    spread = np.sqrt((np.abs(p) ** 2).sum() * (np.abs(q) ** 2).sum())
    alike, mirrored = abs((q.conj() * p).sum()) / spread, abs((q * p).sum()) / spread
    if mirrored > max(alike + MIRRORED_BETTER, ALIKE):
        return (
            "the landmarks are those of a mirrored face: the picture was mirrored and its landmarks not renumbered, "
            "or x and y are exchanged, or y counts from below"
        )
    if alike < ALIKE:
        return (
            f"the landmarks have not the shape of a face (correlation with the mean shape {alike:.2f}): another order?"
        )
    m = (q.conj() * p).sum() / (np.abs(q) ** 2).sum()  # from the mean shape to the points
    if m.real <= 0:
        return f"the landmarks are those of a face on its head, turned by {np.degrees(np.angle(m)):.0f} degrees"
    right, left = eye_centres(points) @ [1, 1j]
    if ((left - right) * m.conjugate()).real <= 0:
        return "the landmarks of the right eye lie where the left one is: another order?"
    eyes = abs(m) * np.linalg.norm(np.subtract(*eye_centres(MEAN_SHAPE)))
    if eyes < SMALLEST:
        return f"the eyes are {eyes:.2g} pixels apart: are the coordinates pixels of this picture?"
    away = np.abs(found - found[inner].mean() - m * (mean - mean[inner].mean())) / radius
    away[list(JAW)] /= 2
    if np.nanmax(away) > ASTRAY:
        return f"landmark {int(np.nanargmax(away))} lies far from the face"
    inside = ((points > -0.5) & (points < (width - 0.5, height - 0.5))).all(axis=1)
    if inside.sum() < here.sum() / 2:
        return (
            f"{here.sum() - inside.sum()} of {here.sum()} landmarks lie outside the picture of {width} × {height} "
            f"pixels: are they of a picture of another size?"
        )
    return ""


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
