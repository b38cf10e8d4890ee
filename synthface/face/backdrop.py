"""What is seen behind a person: cloth, a screen, rooms out of focus, other people at a table.

A backdrop is painted for the raw frame (444 units wide, see :mod:`camera`); the aligned crop sees its middle.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

#: Width of the raw frame in units of the aligned crop, and samples on which a backdrop is painted.
FRAME, _SIDE = 444.0, 222
#: Colours of furniture, clothes and skin in rooms, display RGB 0..1.
_THINGS = ((0.75, 0.72, 0.66), (0.20, 0.16, 0.13), (0.35, 0.24, 0.16), (0.16, 0.20, 0.26), (0.42, 0.16, 0.14),
           (0.55, 0.56, 0.58), (0.12, 0.12, 0.13), (0.30, 0.36, 0.30))  # fmt: skip


def paint(
    style: str, colour: tuple[float, float, float], clutter: float, seed: int, samples: int, span: float
) -> np.ndarray:
    """Paint a backdrop.

    Parameters
    ----------
    style : str
        One of ``scene.STYLES``.
    colour : tuple of float
        Its main colour, display RGB 0..1.
    clutter : float
        Contrast of what is seen.
    seed : int
    samples : int
        Side of the picture.
    span : float
        Units that the picture shows: 200 in the aligned crop, :data:`FRAME` in the raw frame.

    Returns
    -------
    float32 (samples, samples, 3)
        Square root of linear colour.
    """
    rng = np.random.default_rng([seed, 5])
    wall = np.empty((_SIDE, _SIDE, 3), np.float32)
    wall[:] = colour
    _PAINTERS[style](wall, clutter, rng)
    half = 0.5 * _SIDE * min(span, FRAME) / FRAME
    middle = _SIDE / 2
    low, high = round(middle - half), round(middle + half)
    out = cv2.resize(np.clip(wall, 0, 1)[low:high, low:high], (samples, samples), interpolation=cv2.INTER_CUBIC)
    return np.clip(out, 0, 1)


def _smooth(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Smooth noise over the whole backdrop."""
    coarse = rng.standard_normal((rows, columns)).astype(np.float32)
    return cv2.resize(coarse, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)[..., None]


def _cloth(wall: np.ndarray, clutter: float, rng: np.random.Generator) -> None:
    """A hanging cloth: soft vertical folds, lit from above."""
    down = np.linspace(0.5, -0.5, _SIDE, dtype=np.float32)[:, None, None]
    wall += clutter * (_smooth(rng, 2, 17) + 0.8 * down) + 0.25 * clutter * _smooth(rng, 12, 12)


def _screen(wall: np.ndarray, clutter: float, rng: np.random.Generator) -> None:
    """A painted wall or paper screen with a lamp's pool of light on it."""
    y, x = np.mgrid[-1 : 1 : _SIDE * 1j, -1 : 1 : _SIDE * 1j].astype(np.float32)
    x0, y0 = rng.uniform(-0.6, 0.6), rng.uniform(-0.8, 0.1)
    pool = np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 0.8)[..., None]
    wall *= 0.80 + 0.3 * pool + clutter * _smooth(rng, 4, 4)


def _things(wall: np.ndarray, count: int, contrast: float, rng: np.random.Generator) -> None:
    """Upright and lying boxes: shelves, doors, frames, screens, windows."""
    for _ in range(count):
        width, height = int(rng.uniform(12, 80)), int(rng.uniform(12, 110))
        x, y = int(rng.uniform(-20, _SIDE)), int(rng.uniform(-20, _SIDE * 0.8))
        thing = np.array(_THINGS[rng.integers(len(_THINGS))])
        mixed = (1 - contrast) * wall[min(max(y, 0), _SIDE - 1), min(max(x, 0), _SIDE - 1)] + contrast * thing
        cv2.rectangle(wall, (x, y), (x + width, y + height), tuple(float(v) for v in mixed), -1)


def _room(wall: np.ndarray, clutter: float, rng: np.random.Generator) -> None:
    """A dim room out of focus."""
    _things(wall, 9, min(1.0, 4 * clutter), rng)
    wall[:] = cv2.GaussianBlur(wall, (0, 0), 9) * (1 + 2 * clutter * _smooth(rng, 5, 5))


def _table(wall: np.ndarray, clutter: float, rng: np.random.Generator) -> None:
    """A warm room with two others at the table, out of focus."""
    _things(wall, 8, min(1.0, 5 * clutter), rng)
    for side in (-1, 1):
        if rng.random() < 0.2:
            continue
        x, y = int(_SIDE / 2 + side * rng.uniform(62, 100)), int(rng.uniform(78, 120))
        size = rng.uniform(15, 21)
        skin = np.array((0.72, 0.55, 0.46)) * rng.uniform(0.45, 1.05)
        hair = np.array((0.22, 0.17, 0.14)) * rng.uniform(0.4, 2.2)
        shirt = np.array(_THINGS[rng.integers(len(_THINGS))])
        _blob(wall, (x, y + 4.6 * size), (2.1 * size, 2.9 * size), shirt)
        _blob(wall, (x, y + 1.2 * size), (0.5 * size, 1.1 * size), skin * 0.85)
        _blob(wall, (x, y - 0.15 * size), (0.95 * size, 1.28 * size), hair)
        _blob(wall, (x - 0.12 * side * size, y + 0.2 * size), (0.76 * size, 1.05 * size), skin)
    wall[:] = cv2.GaussianBlur(wall, (0, 0), rng.uniform(3, 5.5)) * (1 + clutter * _smooth(rng, 5, 5))


def _blob(wall: np.ndarray, centre: tuple[float, float], axes: tuple[float, float], colour: np.ndarray) -> None:
    """A filled ellipse."""
    place, size = (round(centre[0]), round(centre[1])), (round(axes[0]), round(axes[1]))
    cv2.ellipse(wall, place, size, 0, 0, 360, tuple(float(v) for v in colour), -1)


def _clinic(wall: np.ndarray, clutter: float, rng: np.random.Generator) -> None:
    """A pale room: a curtain on one side, a dado rail, a bed or an instrument in grey."""
    rail = int(rng.uniform(120, 180))
    wall[rail:] *= rng.uniform(0.72, 0.9)
    wall[rail - 3 : rail] *= 0.8
    left = rng.random() < 0.5
    edge = int(rng.uniform(30, 80))
    curtain = slice(0, edge) if left else slice(_SIDE - edge, _SIDE)
    wall[:, curtain] *= np.array((0.82, 0.95, 0.97), np.float32) * (1 + 0.10 * _smooth(rng, 2, 40)[:, curtain])
    _things(wall, 3, 0.35, rng)
    wall[:] = cv2.GaussianBlur(wall, (0, 0), 4) * (1 + clutter * _smooth(rng, 4, 4))


_PAINTERS: dict[str, Callable[[np.ndarray, float, np.random.Generator], None]] = {
    "laboratory": _cloth, "studio": _screen, "webcam": _room, "table": _table, "clinic": _clinic,
}  # fmt: skip
