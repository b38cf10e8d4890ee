"""The neutral head: one structured grid that follows the lids and lips, and a few small parts.

Coordinates
-----------
Screen units: x to the right of the image, y down, z towards the camera; one unit is a pixel of the 200-pixel
crop, close to a millimetre of a head.  The origin of z is the plane of the forehead.

Every vertex also has the template coordinates ``(s, t)`` of :mod:`template`, and the differences between people
(:mod:`variation`) are smooth displacements written in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree

from synthface.face import parts
from synthface.face.anatomy import chart_width, cylinder, relief
from synthface.face.identity import Identity
from synthface.face.template import (
    EYE_CENTRE,
    EYE_INNER,
    EYE_OUTER,
    LIP_LINE,
    SKIN_SIDE,
    eye_opening,
    lip_border,
    lower_lid,
    mouth_opening,
    step,
    texture_position,
    upper_lid,
)  # fmt: skip
from synthface.face.variation import personal


@dataclass
class Mesh:
    """Triangles with template coordinates, and the rows of the grid that have names.

    ``points`` (V, 3); ``template`` (V, 2) are ``(s, t)``; ``surface`` (V, 3) texture column, row, openness (1 on
    skin, towards 0 deep in a pocket); ``triangles`` (T, 3).  The first vertices are the skin grid of ``shape``;
    ``rows`` names its rows, ``parts`` the vertices of the other parts, ``eyes`` (2, 3) are the eyeballs' centres.
    ``follow`` (V,) is 1 where a vertex turns with the head and 0 on the shoulders.
    """

    points: np.ndarray
    template: np.ndarray
    surface: np.ndarray
    triangles: np.ndarray
    rows: dict[str, int] = field(default_factory=dict)
    shape: tuple[int, int] = (0, 0)
    parts: dict[str, slice] = field(default_factory=dict)
    eyes: np.ndarray = field(default_factory=lambda: np.zeros((2, 3)))
    follow: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))

    def grid(self, values: np.ndarray) -> np.ndarray:
        """View of per-vertex values ``(V, ...)`` on the grid, ``(rows, columns, ...)``."""
        rows, columns = self.shape
        return values[: rows * columns].reshape(rows, columns, *values.shape[1:])


def _columns() -> np.ndarray:
    """Angles of the grid columns: 1.2 units apart on the face, wider on the side and back of the head."""
    front = np.arange(48) * 0.0165
    side = front[-1] + np.cumsum(np.linspace(0.02, 0.15, 19))
    right = np.concatenate([front, side])
    return np.concatenate([-right[:0:-1], right])


def _grid_rows(angle: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """Heights ``t`` of the rows, depth pushed inward, both ``(rows, columns)``, and the numbers of named rows.

    Rows run from the top of the head to under the chin.  Between the lids, and between the lips, four rows fold inward
    and back out: a pocket, closed outside the corners, so that an eye or a mouth opens without a hole in the grid.
    """
    eye, mouth = angle * chart_width(72.0), angle * chart_width(145.0)
    flat = np.ones_like(angle)
    lid_u, lid_l = upper_lid(eye), lower_lid(eye)
    crease = lid_u - 1.0 - 4.0 * eye_opening(eye) - 1.5 * np.exp(-(((np.abs(eye) - 34) / 22) ** 2))
    lip = LIP_LINE + 0.8 * np.exp(-((mouth / 6.0) ** 2)) * mouth_opening(mouth)
    # name, height, number of rows from the one before; minus two: a pocket
    keys = [("top", -48 * flat, 0), ("brow", 50 * flat, 34), ("crease", crease, 8), ("lid_upper", lid_u, 6),
            ("lid_lower", lid_l, -2), ("cheek", 92 * flat, 10), ("nose", 131 * flat, 30),
            ("border_upper", lip_border(mouth, True), 4), ("lip_upper", lip, 6), ("lip_lower", lip, -2),
            ("border_lower", lip_border(mouth, False), 6), ("fold", 163 * flat, 6), ("chin", 186 * flat, 14),
            ("under", 230 * flat, 8)]  # fmt: skip
    heights, inward, rows = [keys[0][1]], [0.0 * flat], {"top": 0}
    for (_, before, _), (name, here, count) in pairwise(keys):
        if count < 0:
            eye_pocket = name == "lid_lower"
            open_ = eye_opening(eye) if eye_pocket else mouth_opening(mouth)
            depths = (1.6, 9.0, 9.0, 1.6) if eye_pocket else (3.5, 44.0, 44.0, 3.5)
            for edge, depth in zip((before, before, here, here), depths, strict=True):
                heights.append(edge)
                inward.append(-depth * np.minimum(1, 2 * open_))
            count = 1
        for k in range(1, count + 1):
            heights.append(before + (here - before) * k / count)
            inward.append(0.0 * flat)
        rows[name] = len(heights) - 1
    return np.array(heights), np.array(inward), rows


def triangulate(rows: int, columns: int, first: int = 0) -> np.ndarray:
    """Two triangles a cell of a grid with row-major numbers, facing the camera where x and y grow."""
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel() + first
    return np.concatenate([np.stack([a, a + 1, a + columns + 1], 1), np.stack([a, a + columns + 1, a + columns], 1)])


def _face_grid() -> Mesh:
    """The skin, with pockets for eyes and mouth."""
    angle = _columns()
    t, inward, rows = _grid_rows(angle)
    s = angle * chart_width(t)
    points = cylinder(np.broadcast_to(angle, t.shape), t, relief(s, t))
    points[..., 2] += inward
    open_ = np.where(inward < 0, np.exp(inward / np.where(t < 100, 16.0, 9.0)), 1.0)  # eyes are not as dark as mouths
    middle, reach = SKIN_SIDE / 2, SKIN_SIDE / 2 - 3
    texel = texture_position(s, t) - middle
    mirrored = np.sign(texel) * (reach - np.abs(reach - np.abs(texel)))  # behind the border of the paint
    texel = middle + np.clip(mirrored, -reach, reach)
    surface = np.concatenate([texel, open_[..., None]], axis=-1)
    return Mesh(points.reshape(-1, 3), np.stack([s, t], -1).reshape(-1, 2), surface.reshape(-1, 3),
                triangulate(*t.shape), rows, t.shape)  # fmt: skip


def build(identity: Identity) -> Mesh:
    """The neutral head of a person: template, parts, then the person's shape."""
    mesh = _face_grid()
    pieces = {
        "eye_right": [parts.eyeball(-1)], "eye_left": [parts.eyeball(1)],
        "corners": [parts.caruncle(-1), parts.caruncle(1)],
        "teeth_upper": [parts.teeth(True)], "teeth_lower": [parts.teeth(False)], "tongue": [parts.tongue()],
        "ear_right": [parts.ear(-1, identity)], "ear_left": [parts.ear(1, identity)],
        "neck": [parts.neck(identity)], "cloth": [parts.cloth(identity)], "glasses": parts.glasses(identity),
    }  # fmt: skip
    points, surface, triangles = [mesh.points], [mesh.surface], [mesh.triangles]
    count = len(mesh.points)
    for name, grids in pieces.items():
        first = count
        for grid, coordinates in grids:
            points.append(grid.reshape(-1, 3))
            surface.append(coordinates.reshape(-1, 3))
            triangles.append(triangulate(*grid.shape[:2], first=count))
            count += grid.shape[0] * grid.shape[1]
        mesh.parts[name] = slice(first, count)
    mesh.points, mesh.surface = np.concatenate(points), np.concatenate(surface).astype(np.float32)
    mesh.triangles = np.concatenate(triangles).astype(np.int32)
    mesh.template = np.concatenate([mesh.template, mesh.points[len(mesh.template) :, :2]])
    for name, side in (("eye_right", -1), ("eye_left", 1)):  # an eyeball moves as a whole
        mesh.template[mesh.parts[name]] = EYE_CENTRE[:2] * (side, 1)
    mesh.follow = np.ones(count, np.float32)
    for name in ("neck", "cloth"):
        mesh.follow[mesh.parts[name]] = 1 - step(mesh.points[mesh.parts[name], 1], 130, 245)
    shift = personal(identity, mesh.template, mesh.points)
    for k, (name, side) in enumerate((("eye_right", -1), ("eye_left", 1))):
        part = mesh.parts[name]
        shift[part] = shift[part].mean(axis=0)
        mesh.eyes[k] = EYE_CENTRE * (side, 1, 1) + shift[part.start]
    c = identity.coefficient
    for name in ("neck", "cloth"):
        part = mesh.parts[name]
        shift[part] = mesh.points[part] * (0.02 * c("face_width") + 0.03 * c("weight"), 0, 0)
    mesh.points = mesh.points + shift
    _tuck_eyes(mesh)
    if identity.glasses != "none":
        _put_on_glasses(mesh, shift)
    mesh.points = mesh.points.astype(np.float32)
    return mesh


def _tuck_eyes(mesh: Mesh) -> None:
    """Bend the rims of the eyeballs back beyond the corners of the lids, so that they never pierce a narrow face."""
    lid = mesh.rows["lid_upper"]
    s, x = mesh.grid(mesh.template)[lid, :, 0], mesh.grid(mesh.points)[lid, :, 0]
    for name, side in (("eye_right", -1), ("eye_left", 1)):
        ball = mesh.points[mesh.parts[name]]
        inner, outer = (x[np.abs(s - side * corner).argmin()] * side for corner in (EYE_INNER, EYE_OUTER))
        beyond = np.maximum(side * ball[:, 0] - outer + 0.5, inner + 0.5 - side * ball[:, 0])
        ball[:, 2] -= 3.0 * np.clip(beyond, 0, None)


def _put_on_glasses(mesh: Mesh, shift: np.ndarray) -> None:
    """Let the glasses rest on the bridge of the nose, clear of brows and cheeks."""
    part, skin = mesh.parts["glasses"], slice(0, mesh.shape[0] * mesh.shape[1])
    bridge = np.abs(mesh.template[skin] - (0, 76)).sum(axis=1).argmin()
    frame = mesh.points[part]
    frame[:, 1:] += shift[bridge, 1:] - shift[part, 1:]  # rigid, but as wide as the head
    rims = frame[(frame[:, 2] > -25) & (np.abs(frame[:, 0]) > 8)]
    _, near = cKDTree(mesh.points[skin, :2]).query(rims[:, :2])
    frame[:, 2] += np.clip((mesh.points[near, 2] + 1.5 - rims[:, 2]).max(), 0, 12)
