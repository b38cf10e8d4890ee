"""Things that a talking person holds before the face: a cup, a hand at the chin, the cheek or the forehead.

They are a dozen cylinders with round or flat ends, in the coordinates of the head, so they follow its pose.  What
matters for action units is that they hide skin, cast a soft shadow and have the colour of the person's hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numba import njit

KINDS = ("cup", "hand_chin", "hand_cheek", "hand_brow")
_CUPS = ((0.62, 0.61, 0.58), (0.06, 0.12, 0.30), (0.38, 0.05, 0.05), (0.05, 0.05, 0.05), (0.40, 0.30, 0.18),
         (0.10, 0.25, 0.14))  # fmt: skip


@dataclass(frozen=True)
class Occluder:
    """Something in front of a face.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    side : int
        -1 or 1: the hand comes from the left or right of the image.
    raise_ : float
        0 (just below or beside the face) to 1 (drinking; fingers over the mouth, on the cheek, over the brows).

    Raises
    ------
    ValueError
        If an argument lies outside its range.
    """

    kind: str
    side: int = 1
    raise_: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind={self.kind!r} is unknown; choose one of {list(KINDS)}")
        if self.side not in (-1, 1) or not 0 <= self.raise_ <= 1:
            raise ValueError(f"side={self.side} must be -1 or 1, and raise_={self.raise_} within 0..1")

    def hides(self) -> frozenset[str]:
        """Parts of the face whose action units cannot be seen: ``upper`` (brows, lids), ``lower`` (lips, chin)."""
        if self.kind == "hand_brow":
            return frozenset({"upper"} if self.raise_ > 0.5 else ())
        if self.kind == "hand_cheek":  # one side of the mouth stays visible
            return frozenset()
        return frozenset({"lower"} if self.raise_ > (0.45 if self.kind == "cup" else 0.5) else ())

    def pieces(self, seed: int, tone: np.ndarray) -> Pieces:
        """The cylinders in the coordinates of the head, for a person's seed and skin tone (linear RGB)."""
        rng = np.random.default_rng([seed, 11])
        build = {"cup": _cup, "hand_chin": _chin, "hand_cheek": _cheek, "hand_brow": _brow}[self.kind]
        rows = np.array(build(self.raise_))
        rows[:, [0, 3]] *= self.side
        rows[:, :6] += rng.normal(0, 0.8, (len(rows), 1))  # no two hands are alike
        colour = tone * np.array((0.92, 0.82, 0.78)) * np.exp(0.03 * rng.standard_normal((len(rows), 1)))
        things = rows[:, 7] > 0
        colour[things] = _CUPS[rng.integers(len(_CUPS))]
        return Pieces(rows[:, :6].reshape(-1, 3).astype(np.float32), rows[:, 6].astype(np.float32), things,
                      colour.astype(np.float32))  # fmt: skip


@dataclass(frozen=True)
class Pieces:
    """``M`` cylinders: ends ``(2 M, 3)``, radii ``(M,)`` in units, which have flat ends, linear colours ``(M, 3)``."""

    ends: np.ndarray
    radius: np.ndarray
    flat: np.ndarray
    colour: np.ndarray


# A row is: end (x, y, z), other end (x, y, z), radius, flat ends (0 or 1); for a hand from the right of the image.
_Row = tuple[float, float, float, float, float, float, float, int]


def _fingers(knuckle: np.ndarray, apart: np.ndarray, joints: np.ndarray, radius: float = 7.6) -> list[_Row]:
    """Four fingers side by side: each bends at ``joints`` (n, 3), relative to its knuckle."""
    rows: list[_Row] = []
    for k, length in enumerate((0.93, 1.0, 0.95, 0.78)):
        chain = knuckle + k * apart + np.concatenate([np.zeros((1, 3)), joints * length])
        for j, (a, b) in enumerate(pairwise(chain)):
            rows.append((*a, *b, radius * (1 - 0.09 * j) * (0.9 if k == 3 else 1.0), 0))
    return rows


def _chin(raise_: float) -> list[_Row]:
    """A loose fist under the chin, up to before the lips; the thumb along the jaw."""
    y = 36 - 80 * raise_
    fingers = _fingers(np.array((25, 184 + y, 24.0)), np.array((1.0, 14.0, -2.5)),
                       np.array([(-26, -2, 12), (-50, 1, 4), (-44, 4, -10)]))  # fmt: skip
    palm = [(24, 190 + y, 12, 27, 232 + y, 8, 19.0, 0), (40, 196 + y, 6, 40, 232 + y, 4, 15.0, 0)]
    thumb = [(44, 214 + y, 8, 46, 186 + y, 6, 10.0, 0), (46, 186 + y, 6, 41, 163 + y, 6, 8.2, 0)]
    return [*palm, *thumb, *fingers, (38, 232 + y, 4, 74, 350 + y, -10, 25.0, 0)]


def _cheek(raise_: float) -> list[_Row]:
    """The head leans on the palm; fingers lie along the cheek towards the temple."""
    x, y = 14 * (1 - raise_), 26 * (1 - raise_)
    fingers = _fingers(np.array((57 + x, 140 + y, -2.0)), np.array((8.5, -1.5, -11.0)),
                       np.array([(-7, -26, 2), (-10, -46, 3), (-10, -64, 1)]), 7.2)  # fmt: skip
    palm = [(60 + x, 142 + y, -8, 58 + x, 188 + y, -6, 18.0, 0), (74 + x, 142 + y, -24, 66 + x, 190 + y, -16, 18.0, 0)]
    thumb = [(54 + x, 184 + y, 0, 38 + x, 172 + y, 8, 9.5, 0), (38 + x, 172 + y, 8, 24 + x, 178 + y, 10, 8.0, 0)]
    return [*palm, *thumb, *fingers, (64 + x, 190 + y, -12, 92 + x, 340 + y, -20, 24.0, 0)]


def _brow(raise_: float) -> list[_Row]:
    """Fingers on the forehead, down to both brows; the forearm beside the face."""
    x, y = 20 * (1 - raise_), 13 * raise_ - 34 * (1 - raise_)
    fingers = _fingers(np.array((48 + x, 9 + y, 12.0)), np.array((2.0, 13.0, 0.0)),
                       np.array([(-30, 4, 6), (-56, 6, 6), (-82, 7, -2)]), 7.6)  # fmt: skip
    palm = [(50 + x, 13 + y, 6, 88 + x, 34 + y, -4, 17.0, 0), (54 + x, 45 + y, 6, 90 + x, 56 + y, -4, 17.0, 0)]
    thumb = [(80 + x, 64 + y, 0, 70 + x, 86 + y, -2, 9.5, 0), (70 + x, 86 + y, -2, 66 + x, 104 + y, -4, 8.0, 0)]
    return [*palm, *thumb, *fingers, (98 + x, 52 + y, -8, 146 + x, 210 + y, -20, 23.0, 0)]


def _cup(raise_: float) -> list[_Row]:
    """A mug on its way to the mouth, tilted when it arrives; fingers round its wall."""
    rim = np.array((6, 226, 52.0)) * (1 - raise_) + np.array((0, 147, 22.0)) * raise_
    axis = np.array((0, 1, 0.0)) * (1 - raise_) + np.array((0.03, 0.62, 0.78)) * raise_
    axis /= np.linalg.norm(axis)
    base = rim + 82 * axis
    front = np.cross(np.array((1.0, 0, 0)), axis)  # from the wall towards the camera
    if front[2] < 0:
        front = -front
    inside = (*(rim - 0.8 * axis), *(rim + 0.5 * axis), 34.0, 1)
    rows: list[_Row] = [(*rim, *base, 37.0, 1), inside]
    knuckle = rim + 16 * axis + np.array((38, 0, 0)) + 10 * front
    bends = np.array([np.array((-4, 0, 0)) + 18 * front, np.array((-22, 0, 0)) + 32 * front,
                      np.array((-46, 0, 0)) + 33 * front])  # fmt: skip
    rows += _fingers(knuckle, 14.5 * axis, bends, 7.4)
    palm = rim + 38 * axis + np.array((48, 0, 0))
    rows.append((*(palm - 18 * axis), *(palm + 20 * axis), 15.0, 0))
    elbow = palm + np.array((62, 140, 10.0))
    rows.append((*(palm + 12 * axis), *elbow, 22.0, 0))
    return rows


@njit("void(f4[:,::1], f4[::1], b1[::1], f4[:,::1], f4, f4[:,::1], f4[:,::1], f4[:,:,::1])", cache=True, nogil=True)
def _cast(ends, radius, flat, colour, unit, light, depth, layer):
    """Cast parallel rays on cylinders; ``layer`` (S, S, 4) gets the root of linear colour and coverage."""
    height, width = depth.shape
    one = np.float32(1.0)
    for m in range(radius.shape[0]):
        a, b, r = ends[2 * m], ends[2 * m + 1], radius[m]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        length = np.sqrt(ux * ux + uy * uy + uz * uz) + np.float32(1e-6)
        ux, uy, uz = ux / length, uy / length, uz / length
        left = max(0, int((min(a[0], b[0]) - r) * unit) - 1)
        right = min(width - 1, int((max(a[0], b[0]) + r) * unit) + 2)
        top = max(0, int((min(a[1], b[1]) - r) * unit) - 1)
        bottom = min(height - 1, int((max(a[1], b[1]) + r) * unit) + 2)
        across = one - uz * uz
        for i in range(top, bottom + 1):
            for j in range(left, right + 1):
                x, y = (np.float32(j) + np.float32(0.5)) / unit, (np.float32(i) + np.float32(0.5)) / unit
                best, edge = np.float32(-1e6), np.float32(0.0)
                nx = ny = nz = np.float32(0.0)
                px, py = x - a[0], y - a[1]
                along = px * ux + py * uy
                square = px * px + py * py - along * along
                root = along * along * uz * uz - across * (square - r * r)
                if root > 0 and across > np.float32(1e-4):  # the wall
                    z = (along * uz + np.sqrt(root)) / across
                    s = along + z * uz
                    if s >= 0 and s <= length:
                        best = z + a[2]
                        nx, ny, nz = (px - s * ux) / r, (py - s * uy) / r, (z - s * uz) / r
                        edge = nz / np.sqrt(across) * r
                for end in range(2):
                    c = b if end else a
                    px, py = x - c[0], y - c[1]
                    if flat[m]:
                        if abs(uz) < np.float32(1e-3):
                            continue
                        z = -(px * ux + py * uy) / uz
                        d = np.sqrt(px * px + py * py + z * z)
                        if d < r and z + c[2] > best:
                            sign = one if uz > 0 else -one
                            best, edge = z + c[2], (r - d) * abs(uz)
                            nx, ny, nz = ux * sign, uy * sign, uz * sign
                    else:
                        d = px * px + py * py
                        if d < r * r:
                            z = np.sqrt(r * r - d)
                            if z + c[2] > best:
                                best, edge = z + c[2], r - np.sqrt(d)
                                nx, ny, nz = px / r, py / r, z / r
                if best < depth[i, j] - np.float32(2.0):
                    continue
                cover = min(one, edge * unit * np.float32(0.7) + np.float32(0.15))
                depth[i, j] = best + np.float32(2.0)
                facing = nx * light[0, 0] + ny * light[0, 1] + nz * light[0, 2]
                half = max(np.float32(0.0), nx * light[5, 0] + ny * light[5, 1] + nz * light[5, 2])
                gloss = half**24 * (np.float32(0.10) if flat[m] else np.float32(0.03))
                up = np.float32(0.5) - np.float32(0.5) * ny
                crease = np.float32(0.55) + np.float32(0.45) * max(np.float32(0.0), nz)
                old = layer[i, j, 3]
                for k in range(3):
                    wrap = np.float32(0.1) if flat[m] else light[4, k]
                    key = max(np.float32(0.0), (facing + wrap) / (one + wrap)) * light[1, k]
                    around = light[2, k] * up + light[3, k] * (one - up) + np.float32(0.25) * light[7, k]
                    value = np.sqrt(colour[m, k] * crease * (key + around) + gloss * light[1, k])
                    layer[i, j, k] = value if old == 0 else layer[i, j, k] + cover * (value - layer[i, j, k])
                layer[i, j, 3] = max(old, cover)


def compose(
    out: np.ndarray, ends: np.ndarray, pieces: Pieces, size: float, depth: np.ndarray, light: np.ndarray
) -> None:
    """Draw cylinders over a shaded buffer, with a soft shadow on what is behind.

    Parameters
    ----------
    out : float32 (S, S, 3)
        Changed: square root of linear colour.
    ends : float32 (2 M, 3)
        The ends on the screen, in units, and their depth.
    pieces : Pieces
    size : float
        Units on the screen a unit of the head.
    depth : float32 (S, S)
        Depth of the picture; changed.
    light : float32 (9, 3)
        From :meth:`scene.Scene.lights`.
    """
    samples = len(out)
    unit = samples / 200
    layer = np.zeros((samples, samples, 4), np.float32)
    placed = np.ascontiguousarray(ends + np.array((0.5, 0.5, 0.0), np.float32))
    _cast(placed, np.float32(size) * pieces.radius, pieces.flat, pieces.colour,
          np.float32(unit), light, depth, layer)  # fmt: skip
    soft = cv2.GaussianBlur(layer, (0, 0), 0.35 * unit)
    cover = soft[..., 3:]
    away = -light[0, :2] * 7 * unit * size
    shift = np.array([[1, 0, away[0]], [0, 1, away[1]]], np.float32)
    small = cv2.resize(cv2.warpAffine(soft[..., 3], shift, (samples, samples)), None, fx=0.25, fy=0.25)
    shade = cv2.resize(cv2.GaussianBlur(small, (0, 0), 1.1 * unit * size), (samples, samples))[..., None]
    out *= 1 - np.float32(0.33) * shade * (1 - cover)
    out *= 1 - cover
    out += np.minimum(soft[..., :3], 1.2) * np.where(cover > 0, cover, 0)
