"""Hairs: polylines that ride on the head, and the kernels that move, light and draw them.

Hair looks like hair because of its edges and because a thin cylinder shines along a line across it, which no
textured shell shows.  So every hair is a short polyline, drawn with soft alpha over the finished picture where the
depth buffer does not hide it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

_OPTIONS = {"cache": True, "fastmath": True, "nogil": True}


@dataclass(frozen=True)
class Strands:
    """``N`` hairs of ``K`` points each, drawn in this order.

    Parameters
    ----------
    points : float32 (N, K, 3)
        Neutral positions, root first, in the coordinates of the head.
    vertex : int64 (N,)
        Vertex of the mesh that carries the root; -1 for hair of the scalp, which is rigid.
    sway : float32 (N, K)
        How much of the displacement of that vertex a point takes up: 1 moves with it, more swings further.
    paint : float32 (N, 6)
        Linear RGB, opacity 0..1 at the root, gloss, and light that reaches the root (0..1; the tip has all).
    """

    points: np.ndarray
    vertex: np.ndarray
    sway: np.ndarray
    paint: np.ndarray

    def thinned(self, keep: int) -> Strands:
        """Every ``keep``-th hair, for small pictures."""
        return Strands(*(np.ascontiguousarray(x[::keep]) for x in (self.points, self.vertex, self.sway, self.paint)))

    def moved(self, neutral: np.ndarray, deformed: np.ndarray) -> np.ndarray:
        """Positions ``(N * K, 3)`` in an expression: each hair goes with the skin at its root."""
        if len(self.vertex) == 0 or self.vertex[0] < 0:
            return self.points.reshape(-1, 3)
        shift = deformed[self.vertex] - neutral[self.vertex]
        return (self.points + shift[:, None] * self.sway[..., None]).reshape(-1, 3)


def together(parts: list[Strands]) -> Strands:
    """Several tufts as one; all must have the same ``K``."""
    return Strands(*(np.concatenate([getattr(p, f) for p in parts]) for f in ("points", "vertex", "sway", "paint")))


def none(points: int) -> Strands:
    """No hair at all."""
    f4 = np.float32
    return Strands(np.zeros((0, points, 3), f4), np.zeros(0, np.int64), np.zeros((0, points), f4), np.zeros((0, 6), f4))


@njit(
    "void(f4[:,:,::1], f4[:,::1], f4, f4[::1], f4[:,::1], f4[:,::1], f4[:,::1], f4, f4[:,::1], f4[:,:,::1])", **_OPTIONS
)
def draw(screen, paint, unit, centre, depth, shadow, around, step, light, out):
    """Draw hairs over a shaded picture.

    A hair is lit as a cylinder (Kajiya and Kay, SIGGRAPH 1989): diffuse light grows with the sine of the angle
    between hair and light, gloss with a power of the sine of the angle between hair and half-way vector.  The
    mass of hair is lit as a ball around ``centre``, so that one side of the head is in shade.

    Parameters
    ----------
    screen : float32 (N, K, 3)
        Positions in buffer samples and depth in units.
    paint : float32 (N, 6)
        See :class:`Strands`.
    unit : float32
        Samples a unit.
    centre : float32 (3,)
        Middle of the head, like a point of ``screen``.
    depth : float32 (S, S)
        Depth of the surfaces; hairs behind it are hidden.
    shadow, step, light
        As in :func:`rasteriser.shade`.
    around : float32 (C, C)
        Mean depth some way around, on the cells of ``shadow``.
    out : float32 (S, S, 3)
        Changed: square root of linear colour.
    """
    height, width = depth.shape
    count = screen.shape[1]
    one = np.float32(1.0)
    for n in range(screen.shape[0]):
        for k in range(count - 1):
            ax, ay, az = screen[n, k, 0], screen[n, k, 1], screen[n, k, 2]
            dx, dy, dz = screen[n, k + 1, 0] - ax, screen[n, k + 1, 1] - ay, screen[n, k + 1, 2] - az
            if max(ax, ax + dx) < 0 or max(ay, ay + dy) < 0 or min(ax, ax + dx) > width or min(ay, ay + dy) > height:
                continue
            i, j = min(max(int(ay), 0), height - 1), min(max(int(ax), 0), width - 1)
            p = min(int(np.float32(i) * step), shadow.shape[0] - 1)
            q = min(int(np.float32(j) * step), shadow.shape[1] - 1)
            lit = shadow[p, q]
            free = one - np.float32(0.035) * min(max(around[p, q] - az, np.float32(0.0)), np.float32(9.0))
            tx, ty, tz = dx / unit, dy / unit, dz
            scale = one / np.sqrt(tx * tx + ty * ty + tz * tz + np.float32(1e-6))
            tx, ty, tz = tx * scale, ty * scale, tz * scale
            mx, my, mz = (ax - centre[0]) / unit, (ay - centre[1]) / unit, az - centre[2]
            scale = one / np.sqrt(mx * mx + my * my + mz * mz + np.float32(1e-6))
            mx, my, mz = mx * scale, my * scale, mz * scale
            along = tx * light[0, 0] + ty * light[0, 1] + tz * light[0, 2]
            facing = mx * light[0, 0] + my * light[0, 1] + mz * light[0, 2]
            half = tx * light[5, 0] + ty * light[5, 1] + tz * light[5, 2]
            sine = np.sqrt(max(np.float32(0), one - along * along))
            wrapped = min(one, max(np.float32(0.12), (facing + np.float32(0.45)) / np.float32(1.25)))
            lobe = max(np.float32(0), one - half * half)
            lobe = lobe * lobe
            lobe = lobe * lobe * lobe
            lobe = np.float32(0.5) * lobe + np.float32(0.8) * lobe * lobe * lobe  # sine to the 12th and the 36th
            u = np.float32(k) / np.float32(count - 1)
            inner = paint[n, 5] + (one - paint[n, 5]) * min(one, np.float32(1.6) * u)
            inner *= min(one, max(np.float32(0.3), one + np.float32(1.3) * mz))  # behind the head, little light
            up = np.float32(0.5) - np.float32(0.5) * my
            c0 = c1 = c2 = np.float32(0.0)
            for c in range(3):
                key = light[1, c] * lit * wrapped
                ambient = (light[2, c] * up + light[3, c] * (one - up)) * free * np.float32(0.8)
                value = paint[n, c] * inner * (key * (np.float32(0.3) + np.float32(0.7) * sine) + ambient)
                value += paint[n, 4] * lobe * key * inner * (np.float32(0.05) + np.float32(1.1) * paint[n, c])
                value = np.sqrt(value)
                if c == 0:
                    c0 = value
                elif c == 1:
                    c1 = value
                else:
                    c2 = value
            alpha = paint[n, 3] * (one if u < np.float32(0.6) else (one - u) * np.float32(2.3) + np.float32(0.08))
            steps = int(max(abs(dx), abs(dy))) + 1
            steep = abs(dy) > abs(dx)
            inverse = one / np.float32(steps)
            for m in range(steps):
                f = np.float32(m) * inverse
                x, y, z = ax + f * dx, ay + f * dy, az + f * dz
                i, j = int(np.floor(y)), int(np.floor(x))
                if i < 0 or j < 0 or i >= height - 1 or j >= width - 1:
                    continue
                ahead = min(one, (z - depth[i, j]) * np.float32(0.6) + np.float32(1.4))
                if ahead <= 0:
                    continue
                part = x - np.float32(j) if steep else y - np.float32(i)
                for side in range(2):
                    a = alpha * ahead * (part if side else one - part)
                    if side:
                        if steep:
                            j += 1
                        else:
                            i += 1
                    out[i, j, 0] += a * (c0 - out[i, j, 0])
                    out[i, j, 1] += a * (c1 - out[i, j, 1])
                    out[i, j, 2] += a * (c2 - out[i, j, 2])
