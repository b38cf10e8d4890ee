"""From vertices on the screen to a supersampled picture: depth, shadows, light."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from synthface.face import rasteriser, strands
from synthface.face.head import Mesh
from synthface.face.occluders import Pieces, compose
from synthface.face.scene import Scene, background

#: Samples a pixel along each axis; cells of the coarse shadow maps.
SUPERSAMPLING, CELLS = 2, 100
_FAR = -150.0


def picture(
    mesh: Mesh,
    screen: np.ndarray,
    axes: np.ndarray,
    atlas: Sequence[np.ndarray],
    relief: np.ndarray,
    scene: Scene,
    side: int,
    hairs: Sequence[tuple[np.ndarray, np.ndarray]] = (),
    span: float = 200.0,
    held: tuple[np.ndarray, Pieces] | None = None,
) -> np.ndarray:
    """Supersampled picture, square root of linear colour, float32 ``(S, S, 3)`` with ``S = side * SUPERSAMPLING``.

    Parameters
    ----------
    mesh : Mesh
        Triangles and surface coordinates.
    screen, axes : ndarray, shapes (V, 3), (2, 3)
        From :func:`camera.project`.
    atlas : sequence of ndarray
        Paint of the whole head, from :func:`skin.paint`, each half as large as the one before.
    relief : ndarray, shape (512, 512)
        Height of the skin with the folds of the expression, in units.
    scene : Scene
    side : int
        Pixels of the square picture.
    hairs : sequence of pairs
        Positions ``(N, K, 3)``, like ``screen``, and paint ``(N, 6)`` of tufts of :class:`strands.Strands`.
    span : float
        Units of the aligned crop that the picture shows; only the background needs it.
    held : pair, optional
        Ends on the screen ``(2 M, 3)`` and cylinders of what is before the face, see :mod:`occluders`.
    """
    samples = side * SUPERSAMPLING
    unit = samples / 200
    normals = np.empty_like(screen)
    rasteriser.vertex_normals(screen, mesh.triangles, normals)
    buffered = (screen * (unit, unit, 1) + (0.5 * unit - 0.5, 0.5 * unit - 0.5, 0)).astype(np.float32)
    depth = np.full((samples, samples), _FAR, np.float32)
    owner = np.full((samples, samples), -1, np.int32)
    weight = np.empty((samples, samples, 2), np.float32)
    rasteriser.fill(buffered, mesh.triangles, depth, owner, weight)
    gain = _exposure(atlas[-1])
    light = scene.lights(gain)
    shadow, around = _shadows(depth, light[0], scene.softness)
    out = background(scene, samples, span) * np.float32(gain**0.25)
    size = _size(mesh, screen)
    level, relief = _level(unit * size, relief)
    step = np.float32(CELLS / samples)
    rasteriser.shade(depth, owner, weight, mesh.triangles, normals, mesh.surface, atlas[level], relief,
                     np.float32(0.5**level), shadow, around, step, axes, light, out)  # fmt: skip
    centre = np.ascontiguousarray(buffered[mesh.parts["hair"]].mean(axis=0))
    for points, paint in hairs:
        placed = (points * (unit, unit, 1) + (0.5 * unit - 0.5, 0.5 * unit - 0.5, 0)).astype(np.float32)
        strands.draw(placed, paint, np.float32(unit), centre, depth, shadow, around[1], step, light, out)
    if held is not None:
        compose(out, *held, size, depth, light)
    return out


def _shadows(depth: np.ndarray, to_light: np.ndarray, softness: float) -> tuple[np.ndarray, np.ndarray]:
    """Coarse maps of the key light that arrives ``(CELLS, CELLS)`` and of the depth around ``(2, CELLS, CELLS)``."""
    coarse = cv2.resize(depth, (CELLS, CELLS), interpolation=cv2.INTER_NEAREST)
    shadow = np.empty_like(coarse)
    rasteriser.cast_shadow(coarse, to_light, np.float32(200 / CELLS), shadow)
    shadow = cv2.GaussianBlur(shadow, (0, 0), 1.0 + 2.0 * softness)
    shadow = np.float32(0.25 + 0.3 * softness) + np.float32(0.75 - 0.3 * softness) * shadow
    floor = np.maximum(coarse, -60)
    return shadow, np.stack([cv2.GaussianBlur(floor, (0, 0), sigma) for sigma in (1.6, 5.0)])


def _size(mesh: Mesh, screen: np.ndarray) -> float:
    """Units on the screen a unit of the head, from the distance of the eyes."""
    right, left = (screen[mesh.parts[name]].mean(axis=0) for name in ("eye_right", "eye_left"))
    return float(np.linalg.norm(left - right) / np.linalg.norm(mesh.eyes[1] - mesh.eyes[0]))


def _level(samples: float, relief: np.ndarray) -> tuple[int, np.ndarray]:
    """Level of the texture pyramid with about a texel a sample (``samples`` a unit of the head), and its relief."""
    level = 0
    while samples < 1.4 and level < 2:
        relief, level, samples = cv2.pyrDown(relief), level + 1, 2 * samples
    return level, relief


def _exposure(atlas: np.ndarray) -> float:
    """What a camera adds for this skin: it exposes for the face, but not all the way."""
    skin = atlas[38:105, 38:90, :3].mean(axis=(0, 1)) @ np.array((0.3, 0.6, 0.1))
    return float(np.clip((0.30 / skin) ** 0.46, 0.85, 2.1))
