"""Folds that appear with an action unit: small height maps that are summed by strength.

A fold is a furrow along a polyline in template coordinates, often with a bulge on one side, where skin is pushed
over it; one person's folds are that person's own, a little different on either side.  The renderer takes normals
and shadow from the summed height.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthface.face.combinations import CHANNELS, reach
from synthface.face.identity import Identity
from synthface.face.template import EYE_OUTER, LIP_LINE, MOUTH_CORNER, ORIGIN, SKIN_SIDE, TEXELS

_EYE_LINE = 71.5  # height of the outer corners of the eyes


@dataclass(frozen=True)
class Fold:
    """A furrow through ``points`` (|s|, t): its depth and half width in units, and the height of its bulge.

    The bulge, relative to the depth, lies to the right of the way from the first point to the last as one sees it in
    the right half of the image; to the left where it is negative.
    """

    points: tuple[tuple[float, float], ...]
    depth: float
    width: float
    bulge: float = 0.0


def _beside(s0: float, t0: float, *points: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """Points given relative to a feature of the face."""
    return tuple((s0 + s, t0 + t) for s, t in points)


def _eye(*points: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    return _beside(EYE_OUTER, _EYE_LINE, *points)


def _mouth(*points: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    return _beside(MOUTH_CORNER, LIP_LINE, *points)


_FOLDS: dict[int | tuple[int, int], tuple[Fold, ...]] = {
    1: (
        Fold(((0, 39), (12, 38), (25, 41)), 1.1, 1.5, -0.5),
        Fold(((0, 30), (13, 28), (28, 32)), 1.1, 1.6, -0.5),
        Fold(((0, 21), (14, 19), (26, 22)), 0.7, 1.6, -0.4),
    ),
    2: (
        Fold(((24, 38), (41, 33), (55, 38)), 1.1, 1.5, -0.5),
        Fold(((22, 29), (42, 24), (58, 30)), 1.0, 1.6, -0.5),
        Fold(((26, 19), (44, 15), (56, 21)), 0.6, 1.6, -0.4),
    ),
    4: (
        Fold(((5, 61), (5.5, 51), (3.5, 42)), 1.8, 1.5, 0.4),
        Fold(((10, 58), (12, 50), (11.5, 44)), 0.8, 1.5),
        Fold(((0, 68), (8, 67)), 0.7, 1.2),
    ),
    5: (Fold(((20, 62), (34, 58.5), (48, 63)), 0.8, 1.1),),
    6: (
        Fold(_eye((2, -1), (10, -5), (19, -9)), 1.2, 1.1, 0.5),
        Fold(_eye((3, 2), (11, 0.5), (21, -1)), 1.3, 1.1, 0.5),
        Fold(_eye((3, 5.5), (11, 7), (20, 9)), 1.2, 1.2, 0.5),
        Fold(_eye((2, 9), (9, 13), (16, 18)), 0.9, 1.3, 0.5),
        Fold(((16, 81), (29, 88.5), (44, 88.5), (54, 83)), 1.7, 1.7, 0.8),
        Fold(((20, 80), (33, 83), (46, 81.5)), 0.9, 1.1, 0.5),
    ),
    7: (Fold(((19, 79), (32, 82), (46, 80)), 1.0, 1.1, -0.5),),
    9: (
        Fold(((2.5, 90), (7, 84), (13, 80)), 1.2, 1.3, 0.7),
        Fold(((3, 97), (8, 91), (14, 86)), 1.2, 1.3, 0.7),
        Fold(((5, 103), (9, 98), (14, 93)), 0.8, 1.3, 0.7),
        Fold(((0, 69), (7, 68.5)), 1.5, 1.3, -0.4),
        Fold(((0, 75.5), (6, 75)), 1.1, 1.2, -0.4),
        Fold(((15.5, 109), (20.5, 116), (22.5, 124)), 2.0, 1.7, -0.7),
    ),
    10: (Fold(((18, 112), (24, 120), (29, 131)), 1.8, 1.8, -0.7), Fold(((5, 134), (7, 129)), 0.4, 1.1)),
    12: (
        Fold(_beside(0, LIP_LINE, (20, -29), (29, -20), (36, -9), (38, 0)), 1.9, 1.9, -0.7),
        Fold(_mouth((16, -16), (19, -7), (18, 4)), 0.7, 1.8, -0.3),
    ),
    14: (
        Fold(_mouth((8, -7), (10, 0), (8, 7)), 2.3, 2.0, -0.6),
        Fold(_mouth((9, -3), (9.5, 3)), 2.0, 2.4),
        Fold(_mouth((15, -9), (17.5, 0), (14, 10)), 0.7, 1.8, -0.5),
    ),
    15: (Fold(_mouth((3, 4), (6, 11), (6, 19)), 1.2, 1.7, -0.5),),
    17: (
        Fold(_beside(0, LIP_LINE, (0, 16), (9, 16.5), (17, 20), (20, 25)), 2.2, 2.0, 0.5),
        Fold(_mouth((-1, 6), (2, 10), (3, 15)), 0.7, 1.6),
    ),
    20: (Fold(_mouth((10, -7), (13, 2), (12, 11)), 1.0, 1.6, -0.4), Fold(_mouth((16, -5), (19, 4)), 0.6, 1.4)),
    23: (
        Fold(((4, 134), (4.5, 139)), 0.7, 0.9),
        Fold(((10, 134), (10.5, 140)), 0.7, 0.9),
        Fold(((16, 136), (16, 141)), 0.6, 0.9),
        Fold(((6, 152), (6.5, 157)), 0.5, 0.9),
        Fold(((13, 151), (14, 155)), 0.5, 0.9),
    ),
    24: (
        Fold(_beside(0, LIP_LINE, (0, -9.5), (12, -8), (24, -4)), 0.8, 1.6, -0.5),
        Fold(_beside(0, LIP_LINE, (0, 12), (12, 11), (22, 7)), 0.8, 1.6, 0.5),
    ),
    26: (Fold(_mouth((4, 1), (10, 13), (10, 23)), 0.6, 1.9),),
    (1, 4): (Fold(((0, 34), (9, 34), (15, 40)), 0.9, 1.5, -0.4),),
    (6, 12): (
        Fold(_eye((4, 4), (12, 4), (21, 5)), 0.8, 1.1, 0.5),
        Fold(((18, 82), (31, 89), (46, 88)), 0.8, 1.7, 0.8),
    ),
    (9, 10): (Fold(((16, 110), (22, 118), (27, 128)), 0.8, 1.8, -0.7),),
    (12, 14): (Fold(_mouth((8, -6), (10, 0), (8, 6)), 0.9, 1.8, -0.5),),
    (15, 17): (Fold(_mouth((1, 5), (4, 12), (3, 20)), 0.8, 1.8, -0.5),),
}


@dataclass(frozen=True)
class Layer:
    """Height map ``relief`` (h, w) in units at texel ``(top, left)``, for one channel and one part of the face."""

    top: int
    left: int
    relief: np.ndarray

    def add_to(self, whole: np.ndarray, strength: float) -> None:
        """Add the layer to the height map of the skin."""
        height, width = self.relief.shape
        whole[self.top : self.top + height, self.left : self.left + width] += np.float32(strength) * self.relief

    def thirds(self) -> list[Layer]:
        """The layer on the person's right, on the left, and on the midline."""
        side = reach((self.left + np.arange(self.relief.shape[1])) / TEXELS + ORIGIN[0])
        shares = np.clip(-side, 0, 1), np.clip(side, 0, 1), 1 - np.abs(side)
        out = []
        for share in shares:
            columns = np.flatnonzero(share)
            first, stop = (columns[0], columns[-1] + 1) if len(columns) else (0, 0)
            part = (self.relief * share)[:, first:stop].astype(np.float32)
            out.append(Layer(self.top, self.left + int(first), part))
        return out


def _texels(low: np.ndarray, high: np.ndarray) -> tuple[int, int, np.ndarray, np.ndarray]:
    """Top and left texel of a rectangle in template coordinates, and the coordinates of its texels."""
    first = np.floor((low - ORIGIN) * TEXELS).astype(int).clip(0, SKIN_SIDE - 2)
    stop = np.ceil((high - ORIGIN) * TEXELS).astype(int).clip(1, SKIN_SIDE - 1) + 1
    s = (np.arange(first[0], stop[0]) / TEXELS + ORIGIN[0])[None]
    t = (np.arange(first[1], stop[1]) / TEXELS + ORIGIN[1])[:, None]
    return int(first[1]), int(first[0]), s, t


def groove(points: np.ndarray, depth: float, width: float, bulge: float = 0.0) -> Layer:
    """A furrow along a polyline ``(n, 2)`` in ``(s, t)``, with soft rims and a bulge, fading out at its ends."""
    margin = (4 + 4 * (bulge != 0)) * width
    top, left, s, t = _texels(points.min(0) - margin, points.max(0) + margin)
    nearest, along, beside = (np.full((t.size, s.size), value) for value in (np.inf, 0.0, 0.0))
    pieces = len(points) - 1
    for k in range(pieces):
        d = points[k + 1] - points[k]
        u = np.clip(((s - points[k, 0]) * d[0] + (t - points[k, 1]) * d[1]) / (d @ d), 0, 1)
        square = (s - points[k, 0] - u * d[0]) ** 2 + (t - points[k, 1] - u * d[1]) ** 2
        closer = square < nearest
        along = np.where(closer, (k + u) / pieces, along)
        cross = (d[0] * (t - points[k, 1]) - d[1] * (s - points[k, 0])) / np.sqrt(d @ d)
        beside = np.where(closer, cross, beside)
        nearest = np.minimum(square, nearest)
    profile = -np.exp(-nearest / (2 * width**2)) + 0.35 * np.exp(-nearest / (2 * (2.2 * width) ** 2))
    out = np.clip(np.sign(bulge) * beside / (2.5 * width), 0, None)
    profile += abs(bulge) * out * np.exp((1 - nearest / (2.5 * width) ** 2) / 2)
    fade = np.clip(4 * along * (1 - along), 0, 1) ** 0.6
    return Layer(top, left, (2.0 * depth * profile * fade).astype(np.float32))


def _curve(points: np.ndarray) -> np.ndarray:
    """Polyline of eight pieces through or near the control points, straight or a parabola."""
    u, v = np.linspace(0, 1, len(points)), np.linspace(0, 1, 9)
    degree = min(2, len(points) - 1)
    return np.stack([np.polyval(np.polyfit(u, points[:, k], degree), v) for k in range(2)], axis=-1)


def layers(identity: Identity) -> list[list[Layer]]:
    """Folds of a person at full strength: for each channel its layers on the right, on the left and in the middle."""
    rng = np.random.default_rng([identity.seed, 3])
    out: list[list[Layer]] = []
    for channel in CHANNELS:
        own = identity.wrinkles * rng.uniform(0.8, 1.2)
        relief = np.zeros((SKIN_SIDE, SKIN_SIDE), np.float32)
        for fold in _FOLDS.get(channel, ()):
            usual = np.array(fold.points, float)
            usual = usual + rng.normal(0, 0.7, 2) * (usual[:, :1].min() > 1)  # what crosses the midline stays there
            depth, width = own * fold.depth * rng.uniform(0.7, 1.25), fold.width * rng.uniform(1.05, 1.35)
            for side in (-1, 1):
                place = _curve(usual + rng.normal(0, 0.35, usual.shape) * (usual > 1)) * (side, 1)
                groove(place, depth, width, side * fold.bulge).add_to(relief, 1.0)
        if channel == 17:
            _chin_pits(own, rng).add_to(relief, 1.0)
        out.append(_cropped(relief).thirds())
    return out


def _cropped(relief: np.ndarray) -> Layer:
    """The part of a height map that is not flat."""
    rows, columns = (np.flatnonzero(np.abs(relief).max(axis=axis) > 1e-3) for axis in (1, 0))
    if not len(rows):
        return Layer(0, 0, relief[:0, :0])
    return Layer(int(rows[0]), int(columns[0]), relief[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _chin_pits(depth: float, rng: np.random.Generator) -> Layer:
    """The orange-peel skin over the chin boss: pits as far apart as the muscle's bundles."""
    top, left, s, t = _texels(np.array((-18.0, 163.0)), np.array((18.0, 184.0)))
    relief = np.zeros((t.size, s.size))
    for row, t0 in enumerate(np.arange(165.5, 182, 3.3)):
        for s0 in np.arange(-15.0, 15.1, 3.6) + 1.8 * (row % 2):
            place, size = rng.normal((s0, t0), 0.6), rng.uniform(1.0, 1.5)
            inside = max(0.0, 1 - (s0 / 16) ** 2 - ((t0 - 173) / 10) ** 2)
            pit = np.exp(-((s - place[0]) ** 2 + (t - place[1]) ** 2) / (2 * size**2))
            relief -= rng.uniform(0.5, 1.2) * inside**0.5 * pit
    return Layer(top, left, (2.4 * depth * relief).astype(np.float32))


def resting_relief(identity: Identity, wrinkles: list[list[Layer]], relief: np.ndarray) -> None:
    """Leave the folds that age has made permanent in the height map at rest ``(512, 512)``."""
    ageing = (identity.age - 18) / 57
    rng = np.random.default_rng([identity.seed, 4])
    permanent = {1: 0.25, 2: 0.25, 4: 0.2, 6: 0.3, 10: 0.3, 12: 0.2, 15: 0.3}
    for number, share in permanent.items():
        strength = ageing * share * rng.uniform(0.3, 1.2) + (0.10 if number == 10 else 0.0)
        for layer in wrinkles[CHANNELS.index(number)]:
            layer.add_to(relief, strength)
