"""Folds that appear with an action unit: small height maps that are summed by strength.

A wrinkle is a polyline in template coordinates with a groove profile; one person's folds are that person's own, a
little different on either side.  The renderer takes normals and shadow from the summed height.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aulib.datasets.synthetic.face.action_units import FACE_AUS
from aulib.datasets.synthetic.face.identity import Identity
from aulib.datasets.synthetic.face.template import ORIGIN, SKIN_SIDE, TEXELS

# AU: (points (|s|, t) of the line, depth and half width of the groove in units).
_LINES: dict[int, list[tuple[tuple[tuple[float, float], ...], float, float]]] = {
    1: [
        (((0, 39), (12, 38), (24, 41)), 1.5, 1.2),
        (((0, 30), (13, 28), (28, 31)), 1.5, 1.3),
        (((0, 21), (14, 19), (26, 22)), 1.1, 1.3),
    ],
    2: [
        (((24, 37), (40, 32), (54, 37)), 1.5, 1.2),
        (((22, 28), (42, 22), (58, 28)), 1.4, 1.3),
        (((26, 18), (44, 13), (56, 19)), 0.9, 1.3),
    ],
    4: [
        (((4.5, 60), (5.5, 50), (4, 42)), 2.2, 1.3),
        (((10, 58), (11.5, 50), (11, 44)), 1.1, 1.2),
        (((0, 68), (7, 67)), 0.9, 1.0),
    ],
    5: [(((20, 62), (34, 58.5), (48, 63)), 0.9, 1.0)],
    6: [
        (((53, 72), (62, 67), (70, 64)), 1.4, 1.0),
        (((54, 75), (63, 74), (71, 74)), 1.5, 1.0),
        (((53, 78), (61, 81), (68, 85)), 1.4, 1.0),
        (((18, 81), (30, 86), (44, 85)), 1.3, 1.3),
    ],
    7: [(((18, 79), (30, 82.5), (46, 80)), 1.2, 0.9)],
    9: [
        (((2, 88), (7, 82), (13, 77)), 1.3, 0.9),
        (((2, 95), (8, 90), (14, 84)), 1.3, 0.9),
        (((0, 70), (6, 69.5)), 1.6, 1.0),
        (((0, 75.5), (6, 75)), 1.3, 1.0),
        (((16, 110), (21, 117), (23, 124)), 1.7, 1.3),
    ],
    10: [
        (((18, 111), (24, 119), (28, 130)), 2.2, 1.5),
        (((5, 134), (7, 129)), 0.5, 1.0),
    ],
    12: [
        (((20, 116), (29, 125), (36, 136), (39, 145)), 2.4, 1.6),
        (((42, 128), (45, 138), (44, 150)), 0.9, 1.5),
    ],
    14: [
        (((33.5, 139), (35, 145), (33, 151)), 1.7, 1.5),
        (((38, 140), (39.5, 146)), 0.8, 1.1),
    ],
    15: [(((29, 149), (32, 156), (32, 164)), 1.3, 1.5)],
    17: [(((0, 162.5), (9, 163), (16, 166)), 2.0, 1.5)],
    20: [
        (((36, 138), (39, 147), (38, 156)), 1.2, 1.3),
        (((42, 140), (45, 149)), 0.7, 1.2),
    ],
    23: [
        (((4, 135), (4.5, 139)), 0.9, 0.8),
        (((10, 135), (10, 140)), 0.9, 0.8),
        (((16, 137), (15.5, 141)), 0.8, 0.8),
        (((6, 153), (6.5, 158)), 0.7, 0.8),
        (((13, 152), (14, 156)), 0.7, 0.8),
    ],
    24: [
        (((0, 135.5), (12, 137), (24, 141)), 0.9, 1.4),
        (((0, 157), (12, 156), (22, 152)), 0.9, 1.4),
    ],
    25: [],
    26: [(((30, 146), (36, 158), (36, 168)), 0.7, 1.6)],
    43: [],
    45: [],
}


@dataclass(frozen=True)
class Layer:
    """Height map ``relief`` (h, w) in units at texel ``(top, left)``, for one AU and side."""

    top: int
    left: int
    relief: np.ndarray

    def add_to(self, whole: np.ndarray, strength: float) -> None:
        """Add the layer to the height map of the skin."""
        height, width = self.relief.shape
        whole[self.top : self.top + height, self.left : self.left + width] += np.float32(strength) * self.relief


def groove(points: np.ndarray, depth: float, width: float) -> Layer:
    """A groove with raised rims along a polyline ``(n, 2)`` in ``(s, t)``, fading out at its ends."""
    margin = 4 * width
    low = np.floor((points.min(0) - margin - ORIGIN) * TEXELS).astype(int).clip(0, SKIN_SIDE - 2)
    high = np.ceil((points.max(0) + margin - ORIGIN) * TEXELS).astype(int).clip(1, SKIN_SIDE - 1) + 1
    s = (np.arange(low[0], high[0]) / TEXELS + ORIGIN[0])[None]
    t = (np.arange(low[1], high[1]) / TEXELS + ORIGIN[1])[:, None]
    nearest, along = np.full((t.size, s.size), np.inf), np.zeros((t.size, s.size))
    pieces = len(points) - 1
    for k in range(pieces):
        d = points[k + 1] - points[k]
        u = np.clip(((s - points[k, 0]) * d[0] + (t - points[k, 1]) * d[1]) / (d @ d), 0, 1)
        square = (s - points[k, 0] - u * d[0]) ** 2 + (t - points[k, 1] - u * d[1]) ** 2
        along = np.where(square < nearest, (k + u) / pieces, along)
        nearest = np.minimum(square, nearest)
    profile = -np.exp(-nearest / (2 * width**2)) + 0.45 * np.exp(-nearest / (2 * (2.1 * width) ** 2))
    fade = np.clip(4 * along * (1 - along), 0, 1) ** 0.5
    return Layer(int(low[1]), int(low[0]), (1.25 * depth * profile * fade).astype(np.float32))


def _smooth(line: np.ndarray) -> np.ndarray:
    """Polyline through the control points, eight pieces, as a quadratic or straight curve."""
    u, v = np.linspace(0, 1, len(line)), np.linspace(0, 1, 9)
    degree = min(2, len(line) - 1)
    return np.stack([np.polyval(np.polyfit(u, line[:, k], degree), v) for k in range(2)], axis=-1)


def layers(identity: Identity) -> list[list[Layer]]:
    """Wrinkles of a person at strength 5: one list for each of the 38 (AU, side) pairs, right side first."""
    rng = np.random.default_rng([identity.seed, 3])
    out: list[list[Layer]] = []
    for number in FACE_AUS:
        own = identity.wrinkles * rng.uniform(0.8, 1.2)
        for side in (-1, 1):
            folds = []
            for line, depth, width in _LINES[number]:
                place = _smooth(np.array(line, float) + rng.normal(0, 0.5, 2)) * (side, 1)
                folds.append(_one_sided(groove(place, depth * own, width), side))
            if number == 17:
                folds.append(_dimpled_chin(side, own, rng))
            out.append(folds)
    return out


def _one_sided(layer: Layer, side: int) -> Layer:
    """End a fold at the midline, where the other side's muscle takes over."""
    s = (layer.left + np.arange(layer.relief.shape[1])) / TEXELS + ORIGIN[0]
    keep = np.clip(0.5 + side * s / 2, 0, 1).astype(np.float32)
    return Layer(layer.top, layer.left, layer.relief * keep)


def _dimpled_chin(side: int, depth: float, rng: np.random.Generator) -> Layer:
    """The orange-peel skin over the chin boss."""
    left, top = int((-ORIGIN[0] + min(0, 17 * side)) * TEXELS), int((166 - ORIGIN[1]) * TEXELS)
    height, width = int(16 * TEXELS), int(17 * TEXELS)
    v, u = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    rough = rng.standard_normal((height, width))
    kernel = np.exp(-(np.linspace(-2, 2, 9) ** 2) / 2)
    for axis in (0, 1):
        rough = np.apply_along_axis(np.convolve, axis, rough, kernel / kernel.sum(), "same")
    inside = np.clip(1 - u**2, 0, 1) * np.clip(1 - v**2, 0, 1)
    return Layer(top, left, (2.0 * depth * rough * inside).astype(np.float32))


def resting_relief(identity: Identity, wrinkles: list[list[Layer]], relief: np.ndarray) -> None:
    """Leave the folds that age has made permanent in the height map at rest ``(512, 512)``."""
    ageing = (identity.age - 18) / 57
    rng = np.random.default_rng([identity.seed, 4])
    permanent = {1: 0.25, 2: 0.25, 4: 0.2, 6: 0.3, 10: 0.3, 12: 0.2, 15: 0.3}
    for number, share in permanent.items():
        strength = ageing * share * rng.uniform(0.3, 1.2) + (0.10 if number == 10 else 0.0)
        for pair in (2 * FACE_AUS.index(number), 2 * FACE_AUS.index(number) + 1):
            for layer in wrinkles[pair]:
                layer.add_to(relief, strength)
