"""The map of the face: template coordinates, where eyes and lips are on them, and where that is in the texture.

*Template coordinates* ``(s, t)`` are the arc length from the midline of the mean face (positive to the right of the
image, the person's left) and the height on it (down), in units of a pixel of the 200-pixel crop.  Mesh, paint,
wrinkles and action units are all written in them, so nothing has to know where a particular person's mouth is.
"""

from __future__ import annotations

import numpy as np

#: Corners of the eyes, middle and radius of the left eyeball (x, y, z), corners and height of the mouth.
EYE_INNER, EYE_OUTER, EYE_CENTRE, EYE_RADIUS = 18.0, 51.2, np.array((30.0, 72.0, -28.0)), 15.0
MOUTH_CORNER, LIP_LINE = 26.0, 145.0


def opening(s: np.ndarray, centre: float, half: float) -> np.ndarray:
    """1 at the middle of an opening, 0 from its corners outward."""
    return np.clip(1 - ((np.abs(s) - centre) / half) ** 2, 0, None) ** 0.6


def eye_opening(s: np.ndarray) -> np.ndarray:
    """Opening of the eye on either side."""
    return opening(s, (EYE_INNER + EYE_OUTER) / 2, (EYE_OUTER - EYE_INNER) / 2)


def mouth_opening(s: np.ndarray) -> np.ndarray:
    """Opening of the mouth."""
    return opening(s, 0.0, MOUTH_CORNER)


def bump(s: np.ndarray, t: np.ndarray, s0: float, t0: float, ds: float, dt: float) -> np.ndarray:
    """Gaussian bump at ``(±s0, t0)`` with widths ``(ds, dt)``; smooth on the midline."""
    return np.exp(-(((np.sqrt(s * s + 1) - s0) / ds) ** 2 + ((t - t0) / dt) ** 2) / 2)


def step(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Smooth step from 0 at ``low`` to 1 at ``high``."""
    u = np.clip((x - low) / (high - low), 0, 1)
    return u * u * (3 - 2 * u)


def upper_lid(s: np.ndarray) -> np.ndarray:
    """Height of the edge of the upper lid; inside and outside the eye, of the line through its corners.

    It rises steeply from the inner corner to its highest point nearer the nose, and covers the top of the iris.
    """
    u = np.clip((np.abs(s) - EYE_INNER) / (EYE_OUTER - EYE_INNER), 0, 1)
    return _canthi(u) - 6.0 * (4 * u**0.78 * (1 - u**0.78)) ** 0.80 * (1 - 0.10 * u)


def lower_lid(s: np.ndarray) -> np.ndarray:
    """Height of the edge of the lower lid: flatter, and lowest nearer the temple."""
    u = np.clip((np.abs(s) - EYE_INNER) / (EYE_OUTER - EYE_INNER), 0, 1)
    return _canthi(u) + 4.6 * (4 * u**1.2 * (1 - u**1.2)) ** 0.9


def _canthi(u: np.ndarray) -> np.ndarray:
    """The line from the inner (0) to the outer corner (1) of an eye, which lies a little higher."""
    return 73.8 - 2.2 * u


def lip_border(s: np.ndarray, upper: bool) -> np.ndarray:
    """Height of the border between red lip and skin: a Cupid's bow above, a full curve below."""
    a = np.clip(np.abs(s) / (MOUTH_CORNER + 0.5), 0, 1)
    if upper:
        bow = 1.5 * np.exp(-((s / 3.2) ** 2))
        return LIP_LINE - 7.6 * (1 - a**1.35) ** 0.95 - 0.9 * np.exp(-(((np.abs(s) - 5.5) / 4.0) ** 2)) + bow
    return LIP_LINE + 9.2 * (1 - a**2.1) ** 1.1


#: Texels a unit, template coordinates of the first texel, and size of the skin texture.
TEXELS, ORIGIN, SKIN_SIDE = 2.0, (-128.0, -40.0), 512
ATLAS_WIDTH = 832
#: Left, top, width and height of each part's patch in the atlas.
ATLAS_PATCHES = {
    "eye": (512, 0, 128, 128), "teeth": (640, 0, 128, 64), "ear": (640, 64, 64, 64), "neck": (704, 64, 64, 64),
    "hair": (512, 128, 256, 384), "tongue": (768, 0, 64, 64), "glasses": (768, 64, 64, 64),
    "cloth": (768, 128, 64, 128),
}  # fmt: skip


def texture_position(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Texel column and row ``(..., 2)`` of template coordinates."""
    return np.stack([(s - ORIGIN[0]) * TEXELS, (t - ORIGIN[1]) * TEXELS], axis=-1)


def coordinates() -> tuple[np.ndarray, np.ndarray]:
    """Template coordinates ``s`` (1, 512) and ``t`` (512, 1) of the skin texels."""
    line = np.arange(SKIN_SIDE, dtype=np.float32) / TEXELS
    return (line + ORIGIN[0])[None], (line + ORIGIN[1])[:, None]
