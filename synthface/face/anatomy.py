"""The mean head: a skull of cross-sections, and the features that stand out from it.

Proportions follow Farkas, *Anthropometry of the Head and Face* (1994), averaged over women and men: an outer-eye
distance of 91 mm is 95 units.  The *chart* width turns an angle into the template coordinate ``s`` and never changes;
the *skull* says where that place lies in space, so the shape can be improved without moving paint or action units.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from synthface.face.template import bump, step

# t, width of the chart: arc length for an angle of one radian.
_CHART = np.array([
    (-48, 20), (-40, 42), (-20, 61), (0, 69), (30, 74), (60, 76), (92, 76), (112, 72), (130, 67), (145, 62),
    (158, 55), (170, 46), (178, 38), (185, 28), (192, 19), (205, 14), (230, 10),
])  # fmt: skip
# t, half width, depth of the midline, depth from front to side, squareness (2 is an ellipse), height y.
_SKULL = np.array([
    (-48, 1, -95, 1, 2.0, -52), (-44, 24, -62, 34, 2.0, -47), (-36, 43, -40, 56, 2.0, -38),
    (-20, 58, -20, 76, 2.0, -20), (0, 67, -7, 88, 2.05, 0), (30, 71.5, 0, 92, 2.15, 30), (50, 71.5, 1, 92, 2.3, 50),
    (62, 72, -1, 91, 2.4, 62), (74, 71.8, -2.5, 90, 2.45, 74), (92, 71, -3, 88, 2.35, 90),
    (112, 66.5, -2, 84, 2.15, 107.5),
    (130, 61.5, 0, 82, 1.95, 124.5), (137, 59, 0, 80.5, 1.9, 133.8), (145, 56, 0, 79, 1.85, 142.3),
    (154, 52.5, -1, 76, 1.8, 151.8), (158, 50.5, -2, 74, 1.8, 156.8),
    (170, 42.5, 0, 64, 1.8, 171.5), (178, 34, -1, 54, 1.85, 180), (185, 24, -6, 42, 1.9, 186.5),
    (192, 16, -16, 34, 1.95, 190), (205, 13, -34, 26, 2, 191), (230, 10, -50, 20, 2, 191),
])  # fmt: skip
_CHART_WIDTH = PchipInterpolator(_CHART[:, 0], _CHART[:, 1])
_SECTION = PchipInterpolator(_SKULL[:, 0], _SKULL[:, 1:])


def chart_width(t: np.ndarray | float) -> np.ndarray:
    """Units of ``s`` for one radian at height ``t``."""
    return _CHART_WIDTH(t)


def cylinder(angle: np.ndarray, t: np.ndarray, out: np.ndarray | float = 0.0) -> np.ndarray:
    """Points ``(..., 3)`` on the mean skull at an angle from the front, ``out`` units in front of it."""
    width, front, depth, square, height = np.moveaxis(_SECTION(t), -1, 0)
    sine, cosine = np.sin(angle), np.cos(angle)
    radius = (np.abs(sine) ** square + np.abs(cosine) ** square) ** (1 / square)
    x = width * sine / radius + 0.9 * out * sine
    behind = np.where(cosine < 0, 1 - 0.75 * step(t, 95, 165), 1.0)  # below the ears the nape goes in
    return np.stack([x, height + 0 * x, front - depth * (1 - behind * cosine / radius) + out * cosine], axis=-1)


def relief(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """How far the features of the mean face stand out (+) or lie in (-), in units."""
    return _nose(s, t) + _eye_sockets(s, t) + _cheeks(s, t) + _lips_and_chin(s, t)


def _nose(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Bridge on a broad base, round tip between two wings, columella between two nostrils."""
    heights = (48, 58, 66, 73, 82, 92, 101, 109, 113.5, 116.5, 119, 121.5, 124, 126.5, 130, 136)
    ridge = PchipInterpolator(
        heights, (0, 0.8, 2.8, 5.6, 9.6, 13.4, 16.6, 19.4, 21.4, 21.8, 20.6, 17.6, 13, 7.6, 2.4, 0)
    )
    narrow = PchipInterpolator(heights, (12, 9, 6.5, 5.4, 5.6, 6.0, 6.0, 6.6, 7.4, 7.7, 7.4, 6.6, 5.5, 5, 5, 5))
    here = np.clip(t, 48, 136)
    height, width = ridge(here), narrow(here)
    z = height * (0.5 * np.exp(-((s / (1.2 * width)) ** 2)) + 0.5 * np.exp(-((s / (2.15 * width)) ** 2)))
    z += 2.2 * bump(s, t, 0, 115.2, 5.8, 6.0)  # tip
    z += 6.0 * bump(s, t, 11.4, 118.4, 3.5, 4.8) - 1.3 * bump(s, t, 7.6, 113.0, 1.8, 4)  # wings, set off from the tip
    z -= 2.0 * bump(s, t, 17.3, 118.5, 2.2, 6.0)  # groove behind the wing
    z += 1.8 * bump(s, t, 0, 123.5, 2.2, 2.6) - 3.4 * bump(s, t, 6.0, 124.2, 2.6, 1.7)  # columella, nostrils
    return z


def _eye_sockets(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Sockets under the brow ridge, deepest beside the nose; a fold above the lid, a soft bag below."""
    z = -8.5 * bump(s, t, 18, 68, 8, 8) - 5.0 * bump(s, t, 36, 70, 15, 9) - 4.5 * bump(s, t, 52, 74, 9, 12)
    z += 2.6 * bump(s, t, 24, 51, 18, 7) + 2.2 * bump(s, t, 46, 54, 12, 7) - 1.2 * bump(s, t, 0, 63, 7, 6)
    z += 1.8 * bump(s, t, 38, 58.5, 15, 3.2) + 1.0 * bump(s, t, 32, 84, 12, 3.0) - 1.4 * bump(s, t, 24, 89, 12, 4.0)
    z -= 4.0 * bump(s, t, 18, 73.5, 4.0, 4.0)  # the inner corner lies on the eyeball
    return z - 2.5 * bump(s, t, 66, 50, 12, 22)  # temple


def _cheeks(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Cheek bone, the full cheek in front of it, the fold beside the nose, the hollow in front of the jaw muscle."""
    z = 3.2 * bump(s, t, 52, 90, 15, 11) + 4.0 * bump(s, t, 35, 106, 15, 14) - 1.2 * bump(s, t, 23, 124, 5, 9)
    z += 2.0 * bump(s, t, 36, 134, 12, 15) - 1.0 * bump(s, t, 58, 126, 13, 16) + 1.5 * bump(s, t, 70, 146, 16, 14)
    return z


def _lips_and_chin(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Muzzle over the teeth, philtrum, full lips that meet in a groove, chin boss under a fold."""
    z = 7.0 * bump(s, t, 0, 142, 21, 12)
    z += 0.9 * bump(s, t, 4.6, 132, 1.8, 5) - 0.9 * bump(s, t, 0, 132, 2.2, 6)  # philtrum
    z += 3.2 * bump(s, t, 5.5, 140.5, 8.5, 3.0) + 1.2 * bump(s, t, 0, 141.5, 3, 2.6)  # upper lip and its tubercle
    z += 4.2 * bump(s, t, 5, 150.0, 9.5, 4.0)  # lower lip
    z -= 2.8 * bump(s, t, 0, 145.2, 20, 1.5) + 2.6 * bump(s, t, 27, 146, 4, 4.5)  # line between, corners
    z -= 3.6 * bump(s, t, 0, 160.5, 15, 4.0)
    return z + 4.2 * bump(s, t, 6, 175, 12, 8) - 1.5 * bump(s, t, 28, 166, 8, 9)


# y, half width, half depth, depth of the axis: neck, shoulders, chest.
_BUST = np.array([
    (100, 45, 48, -112), (185, 46, 46, -92), (212, 51, 48, -90), (230, 74, 52, -93), (242, 124, 58, -94),
    (256, 164, 64, -94), (275, 188, 72, -92), (310, 198, 84, -88), (440, 200, 94, -84),
])  # fmt: skip
_BUST_SECTION = PchipInterpolator(_BUST[:, 0], _BUST[:, 1:])


def bust(angle: np.ndarray, y: np.ndarray, out: np.ndarray | float = 0.0) -> np.ndarray:
    """Points ``(..., 3)`` on neck and shoulders, ``out`` units outside the skin."""
    width, depth, axis = np.moveaxis(_BUST_SECTION(y), -1, 0)
    return np.stack([(width + out) * np.sin(angle), y + 0 * angle, axis + (depth + out) * np.cos(angle)], axis=-1)
