"""The mean head: a skull of cross-sections, and the features that stand out from it.

Proportions follow Farkas, *Anthropometry of the Head and Face* (1994), averaged over women and men: an outer-eye
distance of 91 mm is 95 units.  The *chart* width turns an angle into the template coordinate ``s`` and never changes;
the *skull* says where that place lies in space, so the shape can be improved without moving paint or action units.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from aulib.datasets.synthetic.face.template import bump

# t, width of the chart: arc length for an angle of one radian.
_CHART = np.array([
    (-48, 20), (-40, 42), (-20, 61), (0, 69), (30, 74), (60, 76), (92, 76), (112, 72), (130, 67), (145, 62),
    (158, 55), (170, 46), (178, 38), (185, 28), (192, 19), (205, 14), (230, 10),
])  # fmt: skip
# t, half width, depth of the midline, depth from front to side, squareness (2 is an ellipse), height y.
_SKULL = np.array([
    (-48, 20, -62, 34, 2.0, -47), (-40, 43, -40, 56, 2.0, -40), (-20, 64, -17, 78, 2.05, -20),
    (0, 73, -6, 88, 2.1, 0), (30, 76, 0, 92, 2.15, 30), (50, 75, 1, 92, 2.2, 50), (62, 73.5, -1, 90, 2.25, 62),
    (74, 73, -4, 88, 2.3, 74), (92, 72, -4, 86, 2.25, 91), (112, 68.5, -2, 84, 2.1, 110), (130, 64, 0, 82, 1.95, 127.5),
    (145, 59.5, 0, 80, 1.85, 144), (158, 54, -2, 76, 1.8, 160), (170, 45, 0, 66, 1.8, 175), (178, 36, -1, 55, 1.85, 184),
    (185, 25, -6, 42, 1.9, 190), (192, 17, -16, 34, 1.95, 193), (205, 13, -34, 26, 2, 193.5), (230, 10, -50, 20, 2, 193),
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
    return np.stack([x, height + 0 * x, front - depth * (1 - cosine / radius) + out * cosine], axis=-1)


def relief(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """How far the features of the mean face stand out (+) or lie in (-), in units."""
    return _nose(s, t) + _eye_sockets(s, t) + _cheeks(s, t) + _lips_and_chin(s, t)


def _nose(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Bridge on a broad base, tip between two wings, columella between two nostrils."""
    heights = (48, 58, 66, 73, 82, 92, 101, 109, 114, 117.5, 120.5, 123.5, 126.5, 130, 136)
    ridge = PchipInterpolator(heights, (0, 0.5, 1.5, 4.5, 9, 13.5, 17.5, 21, 23.5, 24, 21, 13, 6, 2, 0))
    narrow = PchipInterpolator(heights, (12, 9, 6.5, 5.8, 6, 6.6, 6.6, 7.2, 8.2, 8.4, 7.6, 6, 5, 5, 5))
    here = np.clip(t, 48, 136)
    height, width = ridge(here), narrow(here)
    z = height * (0.62 * np.exp(-((np.abs(s) / (1.15 * width)) ** 2.3)) + 0.38 * np.exp(-((s / (2.0 * width)) ** 2)))
    z += 2.2 * bump(s, t, 0, 116, 5.5, 4.5)  # tip
    z += 7.8 * bump(s, t, 12.6, 118.2, 3.6, 4.6) - 1.6 * bump(s, t, 8.0, 113.5, 1.6, 4)  # wings, set off from the tip
    z -= 2.2 * bump(s, t, 18.5, 118.5, 2.0, 6.0)  # groove behind the wing
    z += 2.0 * bump(s, t, 0, 123.5, 2.2, 2.6) - 3.6 * bump(s, t, 6.2, 124.2, 2.8, 1.8)  # columella, nostrils
    return z


def _eye_sockets(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Sockets under the brow ridge, deepest beside the nose; a fold above the lid, a soft bag below."""
    z = -8.5 * bump(s, t, 18, 68, 8, 8) - 5.0 * bump(s, t, 36, 70, 15, 9) - 2.0 * bump(s, t, 50, 74, 8, 9)
    z += 2.6 * bump(s, t, 24, 51, 18, 7) + 2.2 * bump(s, t, 46, 54, 12, 7) - 1.2 * bump(s, t, 0, 63, 7, 6)
    z += 1.8 * bump(s, t, 38, 58.5, 15, 3.2) + 1.0 * bump(s, t, 32, 84, 12, 3.0) - 1.4 * bump(s, t, 24, 89, 12, 4.0)
    return z - 2.5 * bump(s, t, 66, 50, 12, 22)  # temple


def _cheeks(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Cheek bone, the full cheek in front of it, the fold beside the nose, the hollow in front of the jaw muscle."""
    z = 3.6 * bump(s, t, 52, 92, 14, 10) + 4.2 * bump(s, t, 36, 106, 13, 13) - 1.8 * bump(s, t, 23, 124, 4.5, 9)
    z += 1.5 * bump(s, t, 34, 132, 9, 13) - 2.6 * bump(s, t, 58, 128, 12, 15) + 2.0 * bump(s, t, 72, 146, 14, 12)
    return z


def _lips_and_chin(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Muzzle over the teeth, philtrum, full lips that meet in a groove, chin boss under a fold."""
    z = 5.5 * bump(s, t, 0, 142, 21, 11)
    z += 0.9 * bump(s, t, 4.6, 132, 1.8, 5) - 0.9 * bump(s, t, 0, 132, 2.2, 6)  # philtrum
    z += 3.2 * bump(s, t, 5.5, 140.5, 8.5, 3.0) + 1.2 * bump(s, t, 0, 141.5, 3, 2.6)  # upper lip and its tubercle
    z += 4.2 * bump(s, t, 5, 150.0, 9.5, 4.0)  # lower lip
    z -= 2.8 * bump(s, t, 0, 145.2, 20, 1.5) + 2.6 * bump(s, t, 27, 146, 4, 4.5)  # line between, corners
    z -= 3.6 * bump(s, t, 0, 160.5, 15, 4.0)
    return z + 5.5 * bump(s, t, 6, 175, 11, 8) - 1.5 * bump(s, t, 28, 166, 8, 9)


# y, half width, half depth, depth of the axis: neck, shoulders, chest.
_BUST = np.array([
    (110, 45, 40, -94), (185, 46, 43, -88), (212, 51, 46, -88), (230, 74, 52, -92), (242, 124, 58, -94),
    (256, 164, 64, -94), (275, 188, 72, -92), (310, 198, 84, -88), (440, 200, 94, -84),
])  # fmt: skip
_BUST_SECTION = PchipInterpolator(_BUST[:, 0], _BUST[:, 1:])


def bust(angle: np.ndarray, y: np.ndarray, out: np.ndarray | float = 0.0) -> np.ndarray:
    """Points ``(..., 3)`` on neck and shoulders, ``out`` units outside the skin."""
    width, depth, axis = np.moveaxis(_BUST_SECTION(y), -1, 0)
    return np.stack([(width + out) * np.sin(angle), y + 0 * angle, axis + (depth + out) * np.cos(angle)], axis=-1)
