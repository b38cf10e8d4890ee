"""Hairs of the face: brows, eyelashes, beard.  They are rooted in skin vertices and go where the skin goes."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from synthface.face.head import Mesh
from synthface.face.identity import Identity
from synthface.face.strands import Strands, none, together
from synthface.face.template import EYE_INNER, EYE_OUTER, MOUTH_CORNER, lip_border

#: Points a hair.
POINTS = 4
_LINE = np.linspace(0, 1, POINTS)


def grow(mesh: Mesh, identity: Identity) -> Strands:
    """All hairs of a face."""
    rng = np.random.default_rng([identity.seed, 6])
    skin = _Skin(mesh)
    return together([_beard(skin, identity, rng), _brows(skin, identity, rng), _lashes(mesh, identity, rng)])


class _Skin:
    """Finds places and directions on the skin by template coordinates."""

    def __init__(self, mesh: Mesh) -> None:
        points, template = mesh.grid(mesh.points), mesh.grid(mesh.template)
        self.template = template.reshape(-1, 2)
        self.points = points.reshape(-1, 3)
        across, down = np.gradient(points, axis=1), np.gradient(points, axis=0)
        normal = np.cross(across, down)
        self.frame = np.stack([_unit(v).reshape(-1, 3) for v in (across, down, normal)], axis=1)  # (V, 3, 3)
        open_ = mesh.grid(mesh.surface)[..., 2].ravel() > 0.99  # not in a pocket
        self.numbers = np.flatnonzero(open_)
        self.tree = cKDTree(self.template[self.numbers])

    def hairs(self, root: np.ndarray, angle: np.ndarray, length: np.ndarray, lift: float, bend: float) -> tuple:
        """Points ``(N, POINTS, 3)`` and vertices of hairs that leave the roots ``(N, 2)`` at an angle to ``s``."""
        vertex = self.numbers[self.tree.query(root)[1]]
        frame = self.frame[vertex]
        along = length[:, None] * _LINE
        turned = angle[:, None] + bend * _LINE
        s = (root - self.template[vertex])[:, :1] + along * np.cos(turned)
        t = (root - self.template[vertex])[:, 1:] + along * np.sin(turned)
        out = 0.15 + lift * along * (1 - 0.4 * _LINE)
        offset = np.einsum("cnk,ncx->nkx", np.stack([s, t, out]), frame)
        return self.points[vertex][:, None] + offset, vertex


def _unit(v: np.ndarray) -> np.ndarray:
    return v / (np.linalg.norm(v, axis=-1, keepdims=True) + 1e-9)


def _strands(hairs: tuple, colour: np.ndarray, opacity: np.ndarray, gloss: float, sway: np.ndarray) -> Strands:
    """Assemble hairs that all sway alike."""
    points, vertex = hairs
    n = len(vertex)
    paint = np.empty((n, 6), np.float32)
    paint[:, :3], paint[:, 3], paint[:, 4], paint[:, 5] = np.clip(colour, 0, 1), opacity, gloss, 0.8
    return Strands(points.astype(np.float32), vertex, np.tile(sway.astype(np.float32), (n, 1)), paint)


def brow_place(u: np.ndarray, identity: Identity) -> tuple[np.ndarray, np.ndarray]:
    """Middle line of the brow: ``|s|`` and ``t`` at ``u`` from the inner end (0) to the outer (1)."""
    t = 57 - (3.2 + 0.8 * identity.brow_arch) * np.sin(np.pi * np.minimum(1, 0.62 * u))
    return 11.5 + 43 * u, t + 3.0 * np.maximum(0, u - 0.7) / 0.3


def _brows(skin: _Skin, identity: Identity, rng: np.random.Generator) -> Strands:
    """Two brows: upright hairs at the inner end, then outward, the lower ones up and the upper ones down."""
    parts = []
    colour = 0.15 * np.array((0.03, 0.02, 0.015)) + 0.7 * np.minimum(np.array(identity.hair_colour), 0.25)
    for side in (-1, 1):
        n = int(330 * identity.brow_density + 90)
        u = rng.beta(1.1, 1.25, n)
        s, t = brow_place(u, identity)
        thick = 0.5 * (identity.brow_width + 1.0) * (1 - 0.6 * u**2) * np.clip(0.55 + 4 * u, 0, 1)
        across = np.clip(rng.normal(0, 0.5, n), -1.25, 1.25)
        angle = -1.3 + 1.45 * np.minimum(1, 1.9 * u) - 0.45 * across * np.minimum(1, 3 * u) + rng.normal(0, 0.22, n)
        angle = angle if side > 0 else np.pi - angle
        root = np.stack([side * (s + rng.normal(0, 0.7, n)), t + across * thick + 1.0], axis=-1)
        hairs = skin.hairs(root, angle, rng.uniform(2.8, 5.6, n) * (1 - 0.25 * u), 0.12, side * 0.25)
        shade = colour * np.exp(rng.normal(0, 0.25, n))[:, None]
        opacity = rng.uniform(0.25, 0.7, n) * np.clip(0.45 + 2.5 * u, 0, 1) * (1 - 0.35 * u)
        parts.append(_strands(hairs, shade, opacity * (0.6 + 0.4 * identity.brow_density), 0.25, np.ones(POINTS)))
    return together(parts)


def _lashes(mesh: Mesh, identity: Identity, rng: np.random.Generator) -> Strands:
    """Eyelashes along the edges of the lids; the upper ones swing down further than the lid that carries them."""
    grid, template = mesh.grid(mesh.points), mesh.grid(mesh.template)
    strength = min(1.0, 0.25 + 0.6 * identity.lashes + 0.3 * identity.make_up)
    parts = []
    for row, count, size, rise, fall in (("lid_upper", 62, 6.0, -0.35, 0.35), ("lid_lower", 34, 3.0, 0.55, 0.05)):
        r = mesh.rows[row]
        for side in (-1, 1):
            columns = np.flatnonzero(np.sign(template[r, :, 0]) == side)
            u = rng.uniform(0.06, 1.0, count)
            s = side * (EYE_INNER + (EYE_OUTER - EYE_INNER) * u)
            column = columns[np.abs(template[r, columns, 0] - s[:, None]).argmin(axis=1)]
            length = size * (0.55 + 0.5 * identity.lashes) * (0.55 + 0.6 * u) * rng.uniform(0.75, 1.1, count)
            fan = side * (1.3 * (u - 0.35) + rng.normal(0, 0.18, count))
            curve = rise * (_LINE + 1.1 * _LINE**2)  # up and forward, then curling
            x = length[:, None] * fan[:, None] * _LINE * 0.75
            y = length[:, None] * (curve if row == "lid_upper" else 0.8 * curve)
            z = length[:, None] * (0.75 * _LINE - 0.2 * _LINE**2) + 0.2
            root = grid[r, column] + np.stack([s - template[r, column, 0], 0 * s, 0 * s], axis=-1)
            hairs = root[:, None] + np.stack([x, y + 0 * z, z], axis=-1), r * mesh.shape[1] + column
            dark = np.minimum(0.35 * np.array(identity.hair_colour), 0.05) * (1 - identity.make_up) + 0.006
            opacity = strength * (0.75 if row == "lid_upper" else 0.32) * rng.uniform(0.5, 1, count)
            parts.append(_strands(hairs, np.tile(dark, (count, 1)), opacity, 0.05, 1 + fall * _LINE))
    return together(parts)


def _beard(skin: _Skin, identity: Identity, rng: np.random.Generator) -> Strands:
    """Stubble to full beard: the denser, the longer."""
    most = max(identity.beard, identity.moustache)
    if most < 0.04:
        return none(POINTS)
    n = int(5200 * min(1.0, 0.35 + most))
    root = np.stack([rng.uniform(-86, 86, n), rng.uniform(96, 200, n)], axis=-1)
    cover = beard_cover(root[:, 0], root[:, 1], identity)
    root = root[rng.random(n) < 1.1 * cover]
    s, t = root.T
    n, a = len(root), np.abs(s)
    strength = np.where((t < 146) & (a < 32), identity.moustache, identity.beard)
    angle = np.pi / 2 - np.sign(s) * (0.25 + 0.75 * np.exp(-(((t - 134) / 9) ** 2)) * np.clip(a / 12, 0, 1))
    length = (0.9 + 5.2 * np.clip(strength - 0.3, 0, 1)) * rng.uniform(0.6, 1.3, n)
    hairs = skin.hairs(root, angle + rng.normal(0, 0.35, n), length, 0.3, 0.2)
    colour = np.array(identity.hair_colour) * np.array((1.0, 0.93, 0.9)) * 0.8
    shade = colour * np.exp(rng.normal(0, 0.3, n))[:, None]
    return _strands(hairs, shade, rng.uniform(0.2, 0.65, n) * (0.5 + 0.5 * strength), 0.3, np.ones(POINTS))


def beard_cover(s: np.ndarray, t: np.ndarray, identity: Identity) -> np.ndarray:
    """Where facial hair grows and how dense, 0..1 (broadcast of ``s`` and ``t``)."""
    a = np.abs(s)
    line = 127 + 24 * np.exp(-(((a - 25) / 17) ** 2)) - 0.75 * np.clip(a - 46, 0, None)
    under = np.clip(1 - np.exp(-(((a - 16) / 5) ** 2) - ((t - 159) / 4) ** 2), 0, 1)  # bare beside the tuft
    jaw = identity.beard * np.clip((t - line) / 22, 0, 1) * np.clip((a + t - 158) / 10, 0, 1) * under
    above = np.clip((t - 128) / 4, 0, 1) * np.clip((31 - a) / 9, 0, 1) * np.clip((148 - t) / 4, 0, 1)
    lip = identity.moustache * above * np.clip(a / 4, 0.45, 1)
    red = np.where(a < MOUTH_CORNER, np.minimum(t - lip_border(s, True), lip_border(s, False) - t), -9.0)
    return np.clip(np.maximum(jaw, lip), 0, 1) * np.clip(-red / 1.6 + 0.1, 0, 1)
