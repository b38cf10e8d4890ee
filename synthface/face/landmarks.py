"""The 68 landmarks of iBUG 300-W as vertices of the head mesh."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synthface.face.head import Mesh
from synthface.face.template import EYE_INNER, EYE_OUTER, MOUTH_CORNER

# (|s|, t) on the person's right (left in the image), from the ear to the chin, brow inward, below the nose inward.
_JAW = ((106, 70), (105, 90), (98.5, 113), (87, 134), (71, 147), (58, 159), (42, 171), (22.5, 180))
_BROW = ((60, 56), (52, 51), (41.5, 49.5), (28, 49), (15.5, 51.5))  # along the upper edge of the hair
_NOSE_BRIDGE = ((0, 72), (0, 86), (0, 100), (0, 115))
_NOSE_BASE = ((13, 123), (6.5, 126), (0, 127.5))


def landmark_vertices(mesh: Mesh) -> np.ndarray:
    """Vertex numbers int64 (68,) of the landmarks, in the order of 300-W."""
    columns = mesh.shape[1]
    skin = mesh.template[: mesh.shape[0] * columns]

    def near(s: float, t: float) -> int:
        return int(np.argmin((skin[:, 0] - s) ** 2 + (skin[:, 1] - t) ** 2))

    def on(row: str, s: float) -> int:
        first = mesh.rows[row] * columns
        return first + int(np.argmin(np.abs(skin[first : first + columns, 0] - s)))

    jaw = [near(-s, t) for s, t in _JAW] + [near(0, 185.5)] + [near(s, t) for s, t in reversed(_JAW)]
    brows = [near(-s, t) for s, t in _BROW] + [near(s, t) for s, t in reversed(_BROW)]
    nose = [near(s, t) for s, t in _NOSE_BRIDGE]
    nose += [near(-s, t) for s, t in _NOSE_BASE] + [near(s, t) for s, t in reversed(_NOSE_BASE[:2])]
    third, two_thirds = (EYE_INNER + EYE_OUTER) / 2 - 4, (EYE_INNER + EYE_OUTER) / 2 + 7
    right = [on("lid_upper", -EYE_OUTER), on("lid_upper", -two_thirds), on("lid_upper", -third),
             on("lid_upper", -EYE_INNER), on("lid_lower", 2 - third), on("lid_lower", 2 - two_thirds)]  # fmt: skip
    left = [on("lid_upper", EYE_INNER), on("lid_upper", third), on("lid_upper", two_thirds), on("lid_upper", EYE_OUTER),
            on("lid_lower", two_thirds - 2), on("lid_lower", third - 2)]  # fmt: skip
    mouth = [on("lip_upper", -MOUTH_CORNER)] + [on("border_upper", s) for s in (-15, -5, 0, 5, 15)]
    mouth += [on("lip_upper", MOUTH_CORNER)] + [on("border_lower", s) for s in (15, 7, 0, -7, -15)]
    mouth += [on("lip_upper", s) for s in (-22, -11, 0, 11, 22)] + [on("lip_lower", s) for s in (11, 0, -11)]
    return np.array(jaw + brows + nose + right + left + mouth)


def mouth_width(m: np.ndarray) -> float:
    """Distance of the lip corners along x; ``m`` (68, 2) are landmarks."""
    return float(m[54, 0] - m[48, 0])


def red_height(m: np.ndarray) -> float:
    """Height of the red of both lips."""
    return float(m[62, 1] - m[51, 1] + m[57, 1] - m[66, 1])


def aperture(m: np.ndarray) -> float:
    """Mean distance between the edges of the lids."""
    return float((m[[40, 41, 46, 47], 1] - m[[38, 37, 44, 43], 1]).mean())


#: AU -> what it makes larger on a frontal face, in the unit of the landmarks (68, 2); y points down.
PRIMARY: dict[int, Callable[[np.ndarray], float]] = {
    1: lambda m: -m[[21, 22], 1].mean(),
    2: lambda m: -m[[18, 25], 1].mean(),
    4: lambda m: m[[21, 22], 1].mean() - (m[22, 0] - m[21, 0]),
    5: aperture,
    6: lambda m: -aperture(m),
    7: lambda m: -aperture(m),
    9: lambda m: -m[[31, 35], 1].mean(),
    10: lambda m: -m[[50, 52], 1].mean(),
    12: lambda m: mouth_width(m) - m[[48, 54], 1].mean(),
    14: lambda m: -mouth_width(m),
    15: lambda m: m[[48, 54], 1].mean(),
    17: lambda m: -m[57, 1],
    20: mouth_width,
    23: lambda m: -red_height(m) - mouth_width(m),
    24: lambda m: -red_height(m),
    25: lambda m: m[66, 1] - m[62, 1],
    26: lambda m: m[8, 1],
    43: lambda m: -aperture(m),
    45: lambda m: -aperture(m),
}
