"""The neutral head: one structured grid that follows the lids and lips, and a few small parts.

Coordinates
-----------
Screen units: x to the right of the image, y down, z towards the camera; one unit is a pixel of the 200-pixel
crop, close to a millimetre of a head.  The origin of z is the plane of the forehead.

Every vertex also has the template coordinates ``(s, t)`` of :mod:`template`, and the differences between people
are smooth displacements written in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.interpolate import PchipInterpolator

from aulib.datasets.synthetic.face.identity import Identity
from aulib.datasets.synthetic.face.skin import hairline
from aulib.datasets.synthetic.face.template import (
    ATLAS_PATCHES,
    EYE_CENTRE,
    EYE_RADIUS,
    LIP_LINE,
    bump,
    eye_opening,
    lip_border,
    lower_lid,
    mouth_opening,
    step,
    texture_position,
    upper_lid,
)  # fmt: skip

# t, half width, depth of the midline, depth from front to side, height y: the cross-sections of the mean head.
_SECTIONS = np.array([
    (-48, 20, -60, 40, -44), (-40, 42, -38, 62, -38), (-20, 61, -16, 80, -20), (0, 69, -6, 88, 0), (30, 74, 0, 90, 30),
    (60, 76, 0, 90, 60), (74, 76, -4, 90, 74), (92, 76, -2, 90, 92), (112, 72, 0, 88, 112), (130, 67, 1, 84, 130),
    (145, 62, 2, 80, 145), (158, 55, -2, 74, 158), (170, 46, 1, 66, 170), (178, 38, 0, 58, 178),
    (185, 28, -5, 48, 184.5), (192, 19, -14, 40, 187.5), (205, 14, -32, 30, 189), (230, 10, -50, 20, 190),
])  # fmt: skip
_SECTION = PchipInterpolator(_SECTIONS[:, 0], _SECTIONS[:, 1:])


@dataclass
class Mesh:
    """Triangles with template coordinates, and the rows of the grid that have names.

    ``points`` (V, 3); ``template`` (V, 2) are ``(s, t)``; ``surface`` (V, 3) texture column, row, openness (1 on
    skin, towards 0 deep in a pocket); ``triangles`` (T, 3).  The first vertices are the skin grid of ``shape``;
    ``rows`` names its rows, ``parts`` the vertices of the other parts, ``eyes`` (2, 3) are the eyeballs' centres.
    """

    points: np.ndarray
    template: np.ndarray
    surface: np.ndarray
    triangles: np.ndarray
    rows: dict[str, int] = field(default_factory=dict)
    shape: tuple[int, int] = (0, 0)
    parts: dict[str, slice] = field(default_factory=dict)
    eyes: np.ndarray = field(default_factory=lambda: np.zeros((2, 3)))

    def grid(self, values: np.ndarray) -> np.ndarray:
        """View of per-vertex values ``(V, ...)`` on the grid, ``(rows, columns, ...)``."""
        rows, columns = self.shape
        return values[: rows * columns].reshape(rows, columns, *values.shape[1:])


def _columns() -> np.ndarray:
    """Angles of the grid columns: 1.2 units apart on the face, wider on the side of the head."""
    front = np.arange(48) * 0.0165
    side = front[-1] + np.cumsum(np.linspace(0.02, 0.11, 18))
    right = np.concatenate([front, side])
    return np.concatenate([-right[:0:-1], right])


def _grid_rows(angle: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """Heights ``(rows, columns)``, depth pushed inward, and the names of rows; see :func:`build_template`."""
    eye, mouth = angle * _SECTION(72.0)[0], angle * _SECTION(145.0)[0]
    flat = np.ones_like(angle)
    lid_u, lid_l = upper_lid(eye), lower_lid(eye)
    crease = lid_u - 1.0 - 4.0 * eye_opening(eye) - 1.5 * np.exp(-(((np.abs(eye) - 34) / 22) ** 2))
    lip = LIP_LINE + 0.8 * np.exp(-((mouth / 6.0) ** 2)) * mouth_opening(mouth)
    keys = [("top", -48 * flat, 0), ("brow", 50 * flat, 34), ("crease", crease, 8), ("lid_upper", lid_u, 6),
            ("lid_lower", lid_l, -2), ("cheek", 92 * flat, 10), ("nose", 131 * flat, 30),
            ("border_upper", lip_border(mouth, True), 4), ("lip_upper", lip, 6), ("lip_lower", lip, -2),
            ("border_lower", lip_border(mouth, False), 6), ("fold", 163 * flat, 6), ("chin", 186 * flat, 14),
            ("under", 230 * flat, 8)]  # fmt: skip
    heights, inward, rows = [keys[0][1]], [0.0 * flat], {"top": 0}
    for (_, before, _), (name, here, count) in pairwise(keys):
        if count < 0:  # a pocket: inner edge and bottom on either side of a slit
            eye_pocket = name == "lid_lower"
            open_ = eye_opening(eye) if eye_pocket else mouth_opening(mouth)
            depths = (1.6, 9.0, 9.0, 1.6) if eye_pocket else (3.5, 26.0, 26.0, 3.5)
            for edge, depth in zip((before, before, here, here), depths, strict=True):
                heights.append(edge)
                inward.append(-depth * np.minimum(1, 2 * open_))
            count = 1
        for k in range(1, count + 1):
            heights.append(before + (here - before) * k / count)
            inward.append(0.0 * flat)
        rows[name] = len(heights) - 1
    return np.array(heights), np.array(inward), rows


def _relief(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """How far the features of the mean face stand out (+) or lie in (-)."""
    heights = (50, 62, 71, 82, 100, 110, 116, 120, 124, 129, 134)
    ridge = PchipInterpolator(heights, (0, 2, 4, 8, 17, 22, 24, 22, 11, 2, 0))(np.clip(t, 50, 134))
    width = PchipInterpolator(heights, (9, 8, 6.5, 6.5, 7.5, 8.5, 9, 8.5, 7.5, 6, 5))(np.clip(t, 50, 134))
    z = ridge * np.exp(-((np.abs(s) / (1.25 * width)) ** 2.2))
    z += 8.5 * bump(s, t, 12.5, 117.5, 4.2, 5.5) - 3.0 * bump(s, t, 5.5, 124.5, 2.5, 1.8)  # wings, nostrils
    z -= 7.5 * bump(s, t, 19, 72, 9, 8) + 4.5 * bump(s, t, 38, 70, 16, 9)  # eye sockets
    z += 3.0 * bump(s, t, 22, 52, 20, 7) + 1.5 * bump(s, t, 45, 54, 10, 8)  # brow ridge
    z += 4.0 * bump(s, t, 44, 100, 14, 14) - 3.0 * bump(s, t, 46, 132, 14, 16)  # cheek bone, hollow below
    z += 3.0 * bump(s, t, 0, 138, 22, 9) + 3.6 * bump(s, t, 0, 152, 15, 5.0) - 1.0 * bump(s, t, 0, 131, 2.5, 6)
    z += 2.4 * bump(s, t, 6, 140.5, 9, 3.4) - 2.6 * bump(s, t, 0, 145, 22, 1.8) - 2.2 * bump(s, t, 27, 146, 4, 5)
    z += 5.0 * bump(s, t, 5, 174, 12, 8) - 2.5 * bump(s, t, 0, 162, 14, 3.5)  # chin boss, fold under the lip
    return z - 2.0 * bump(s, t, 0, 62, 7, 6)


def cylinder(angle: np.ndarray, t: np.ndarray, out: np.ndarray | float = 0.0) -> np.ndarray:
    """Points ``(..., 3)`` on the mean skull, ``out`` units in front of it."""
    width, front, depth, height = np.moveaxis(_SECTION(t), -1, 0)
    normal = np.sin(angle) * 0.9, np.cos(angle)
    x = width * np.sin(angle) + out * normal[0]
    return np.stack([x, height, front - depth * (1 - np.cos(angle)) + out * normal[1]], axis=-1)


def _triangulate(rows: int, columns: int, first: int = 0) -> np.ndarray:
    """Two triangles a cell of a grid with row-major numbers, facing the camera where x and y grow."""
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel() + first
    return np.concatenate([np.stack([a, a + 1, a + columns + 1], 1), np.stack([a, a + columns + 1, a + columns], 1)])


def _face_grid() -> Mesh:
    """The skin, with pockets for eyes and mouth."""
    angle = _columns()
    t, inward, rows = _grid_rows(angle)
    s = angle * _SECTION(t)[..., 0]
    points = cylinder(np.broadcast_to(angle, t.shape), t, _relief(s, t))
    points[..., 2] += inward
    open_ = np.where(inward < 0, np.exp(inward / 9.0), 1.0)
    surface = np.concatenate([texture_position(s, t), open_[..., None]], axis=-1)
    return Mesh(points.reshape(-1, 3), np.stack([s, t], -1).reshape(-1, 2), surface.reshape(-1, 3),
                _triangulate(*t.shape), rows, t.shape)  # fmt: skip


def _patch(name: str, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Surface coordinates ``(..., 3)`` of ``u, v`` in 0..1 on a patch of the atlas."""
    left, top, width, height = ATLAS_PATCHES[name]
    return np.stack([left + 2 + u * (width - 5), top + 2 + v * (height - 5), np.ones_like(u)], axis=-1)


def _eyeball(side: float) -> tuple[np.ndarray, np.ndarray]:
    """Front half of an eyeball as a grid, centred on the origin, and its surface coordinates."""
    a = np.linspace(-1.35, 1.35, 21)
    x, y = np.meshgrid(np.sin(a), np.sin(a))
    radius = np.maximum(1, np.hypot(x, y) / 0.995)
    x, y = x / radius, y / radius
    points = EYE_RADIUS * np.stack([x, y, np.sqrt(np.clip(1 - x * x - y * y, 0, 1))], axis=-1)
    points[..., 2] += 1.2 * np.exp(-(((x**2 + y**2) / 0.12) ** 2))  # cornea
    return points, _patch("eye", 0.5 + side * x / 2, 0.5 + y / 2)


def _teeth(upper: bool) -> tuple[np.ndarray, np.ndarray]:
    """A dental arch, narrow enough to stay inside a mouth that AU23 makes small."""
    a, v = np.meshgrid(np.linspace(-1.2, 1.2, 25), np.linspace(0, 1, 5))
    y = 134 + 11.5 * v if upper else 146.5 + 9 * v
    size = 1.0 if upper else 0.92
    points = np.stack([20 * size * np.sin(a), y, -5.5 - 26 * (1 - np.cos(a)) - (0 if upper else 1.5)], axis=-1)
    return points, _patch("teeth", (a + 1.2) / 2.4, v if upper else 1 - v)


def _neck() -> tuple[np.ndarray, np.ndarray]:
    """A column behind the jaw that widens towards the shoulders."""
    a, y = np.meshgrid(np.linspace(-1.7, 1.7, 25), np.linspace(120, 250, 14))
    width = 43 + 9 * step(y, 195, 250)
    points = np.stack([width * np.sin(a), y, -80 + 40 * np.cos(a) + 0.05 * (y - 180)], axis=-1)
    return points, _patch("neck", (a + 1.7) / 3.4, (y - 120) / 130)


def _ear(side: float) -> tuple[np.ndarray, np.ndarray]:
    """A shallow shell with a raised rim, turned outward at the side of the head."""
    u, v = np.meshgrid(np.linspace(-1, 1, 13), np.linspace(-1, 1, 21))
    inside = np.clip(1 - u**2 * (1 + 0.25 * v), 0, None)
    y = 92 + 23 * v
    outline = np.sqrt(np.clip(1 - v**2, 0, 1)) * (1 - 0.25 * v)
    lift = 8 * (u * side + 1) / 2 * outline + 2.5 * np.exp(-(((np.abs(u) - 0.8) / 0.25) ** 2)) * outline - 1.5 * inside
    points = np.stack([side * 73 + 2.0 * side * outline + u * 5 * outline + side * lift * 0.4, y,
                       -80 + lift * 0.6 - 7 * u * side * outline], axis=-1)  # fmt: skip
    return points, _patch("ear", (u * side + 1) / 2, (v + 1) / 2)


def _hair(identity: Identity) -> tuple[np.ndarray, np.ndarray]:
    """A shell around the skull that dives under the skin at the hairline."""
    style, rng = identity.hair_style, np.random.default_rng([identity.seed, 1])
    long = style in ("long", "fringe")
    a, t = np.meshgrid(np.linspace(-2.7, 2.7, 109), np.linspace(-48, 215 if long else 128, 60))
    edge = hairline(np.abs(a) * 76, identity)
    strands = np.interp(a[0], np.linspace(-2.7, 2.7, 160), rng.normal(0, 1, 160))[None]
    side = step(np.abs(a), 1.12, 1.32 if long else 1.45)
    below = step(edge - t + 1.6 * strands, -1.5, 4.0)
    volume = identity.hair_volume * (1 + 0.1 * strands) + (4 if long else 0)
    cover = np.maximum(below, side * (1 if long else step(98 - t, 0, 14)))
    out = np.where(
        cover > 0, -7 + (volume + 7) * cover, -45.0
    )  # where the face is bare: far inside, behind eyes and mouth
    if style == "bald":
        out = np.full_like(a, -45.0)
    fall = np.minimum(t, 96.0)  # below the ears hair hangs straight from the widest part
    points = cylinder(a, fall, out)
    points[..., 1] = _SECTION(fall)[..., 3] + (t - fall)
    points[..., 2] -= 0.12 * (t - fall) + (14 * side if long else 0)
    points[..., 0] += np.sign(a) * 1.2 * strands * step(t, 80, 215)
    return points, _patch("hair", (a + 2.7) / 5.4, (t + 48) / 263)


def build(identity: Identity) -> Mesh:
    """The neutral head of a person: template, parts, then the person's shape."""
    mesh = _face_grid()
    parts = {
        "eye_right": _eyeball(-1), "eye_left": _eyeball(1), "teeth_upper": _teeth(True), "teeth_lower": _teeth(False),
        "neck": _neck(), "ear_right": _ear(-1), "ear_left": _ear(1), "hair": _hair(identity),
    }  # fmt: skip
    points, surface, triangles = [mesh.points], [mesh.surface], [mesh.triangles]
    count = len(mesh.points)
    for name, (grid, coordinates) in parts.items():
        if name.startswith("eye"):
            grid = grid + EYE_CENTRE * ((-1 if "right" in name else 1), 1, 1)
        mesh.parts[name] = slice(count, count + grid.shape[0] * grid.shape[1])
        points.append(grid.reshape(-1, 3))
        surface.append(coordinates.reshape(-1, 3))
        triangles.append(_triangulate(*grid.shape[:2], first=count))
        count = mesh.parts[name].stop
    mesh.points, mesh.surface = np.concatenate(points), np.concatenate(surface).astype(np.float32)
    mesh.triangles = np.concatenate(triangles).astype(np.int32)
    mesh.template = np.concatenate([mesh.template, mesh.points[len(mesh.template) :, :2]])
    for name, side in (("eye_right", -1), ("eye_left", 1)):  # an eyeball moves as a whole
        mesh.template[mesh.parts[name]] = EYE_CENTRE[:2] * (side, 1)
    shift = _personal(identity, mesh.template, mesh.points)
    for k, (name, side) in enumerate((("eye_right", -1), ("eye_left", 1))):
        part = mesh.parts[name]
        shift[part] = shift[part].mean(axis=0)
        mesh.eyes[k] = EYE_CENTRE * (side, 1, 1) + shift[part.start]
    mesh.points = (mesh.points + shift).astype(np.float32)
    return mesh


def _personal(identity: Identity, template: np.ndarray, points: np.ndarray) -> np.ndarray:
    """How a person differs from the mean head: displacement ``(V, 3)``, all smooth in ``(s, t)``."""
    c = identity.coefficient
    s, t = template.T
    x = points[:, 0]
    ageing = (identity.age - 18) / 57
    wide = 0.045 * c("face_width") + 0.06 * c("jaw_width") * bump(s * 0, t, 0, 160, 1, 22)
    wide += 0.07 * c("chin_width") * bump(s * 0, t, 0, 182, 1, 10) + 0.02 * c("forehead") * step(-t, -50, 0)
    apart = 2.0 * c("nose_width") * bump(s, t, 12, 117, 8, 8) + 2.4 * c("mouth_width") * bump(s, t, 25, 145, 13, 16)
    apart += 1.3 * c("eye_gap") * bump(s, t, 32, 72, 20, 18)
    dx = x * wide + np.tanh(s / 8) * apart
    dx += 0.8 * c("skew") * bump(s, t, 0, 118, 14, 14)
    dy = 3.2 * c("chin_length") * step(t, 145, 186) + 3.0 * c("nose_length") * bump(s, t, 0, 118, 22, 12)
    dy += 1.8 * c("mouth_height") * bump(s, t, 0, 146, 40, 13) - 2.3 * c("brow_height") * bump(s, t, 30, 53, 30, 9)
    dy += c("brow_tilt") * np.tanh((np.abs(s) - 30) / 12) * bump(s, t, 30, 53, 24, 8)
    dy -= 1.1 * c("eye_tilt") * np.tanh((np.abs(s) - 34) / 12) * bump(s, t, 34, 72, 16, 9)
    grow = 0.10 * c("eye_size") + 0.11 * c("eye_open")
    dy += grow * (t - 72.5) * bump(s, t, 34, 72, 15, 8)
    dy -= 1.1 * c("lid_fold") * bump(s, t, 34, 61, 16, 4)
    full = np.where(t < LIP_LINE, 0.2 * c("upper_lip"), 0.2 * c("lower_lip")) - 0.04 * ageing
    dy += full * (t - LIP_LINE) * bump(s, t, 0, 145, 20, 9) + 2.5 * ageing * bump(s, t, 44, 156, 14, 14)
    dz = 2.2 * c("brow_ridge") * bump(s, t, 24, 52, 20, 7) + 3.0 * c("cheek") * bump(s, t, 42, 118, 15, 22)
    dz += 2.6 * c("nose_bridge") * bump(s, t, 0, 94, 6, 16) + 2.2 * c("nose_tip") * bump(s, t, 0, 115, 10, 8)
    dz += 1.6 * c("lip_forward") * bump(s, t, 0, 146, 20, 10) + 2.0 * c("chin_length") * bump(s, t, 0, 176, 18, 9)
    dz -= 3.0 * ageing * bump(s, t, 42, 126, 12, 12) + 1.0 * ageing * bump(s, t, 34, 84, 16, 4)
    return np.stack([dx, dy, dz], axis=-1)
