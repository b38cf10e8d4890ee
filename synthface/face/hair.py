"""Hair of the scalp: a thin dark shell for cover, and some thousand hairs that give it its look.

A hair starts at ``(angle, t)`` on the skull behind the hairline and runs along a Bézier curve in these two
coordinates, at a height above the skull that its style prescribes.  Neighbours draw together towards their tips
(clumps), and the person's curl winds them up.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.spatial import cKDTree

from synthface.face import head
from synthface.face.anatomy import cylinder
from synthface.face.head import Mesh
from synthface.face.identity import Identity
from synthface.face.strands import Strands, none
from synthface.face.template import ATLAS_PATCHES, step
from synthface.face.variation import personal

#: Points a hair; ``t`` of the crown, where the skull closes; of the height where hair leaves the skull and hangs.
POINTS, CROWN, HANG = 12, -58.0, 96.0
#: Height that says: no shell here.
BARE = -45.0
#: Height ``t`` of the middle of the hairline by style; hair of a bald head starts above the crown: nowhere.
_FRONT = {"bald": -99.0, "receding": -8.0, "fringe": 4.0, "tied": 8.0, "long": 8.0, "bob": 8.0}
_COUNT = {"buzz": 4200, "short": 3600, "receding": 3000, "afro": 4200, "curly": 3000}
_HANGING = {"bob": 158.0, "long": 226.0, "fringe": 205.0}
Curve = tuple[np.ndarray, np.ndarray, np.ndarray]  # angle, t and height above the skull, each (N, POINTS)


def hairline(angle: np.ndarray, identity: Identity) -> np.ndarray:
    """Height ``t`` below which the skin is bare, by the angle from the midline: temples, sideburns, ears, nape."""
    style = identity.hair_style
    front = _FRONT.get(style, 10.0) + 2.5 * identity.coefficient("forehead")
    deep = 17.0 if style == "receding" else 5.0 + 3.0 * max(0.0, identity.sex)
    if style == "bald":
        return np.full_like(angle, front)
    line = PchipInterpolator(
        (0, 0.22, 0.45, 0.62, 0.78, 0.94, 1.08, 1.22, 1.34, 1.6, 1.74, 1.9, 3.3),
        (front + 1, front, front - deep, front - 0.8 * deep, front + 5, 26, 52, 70, 56, 54, 70, 88, 104),
    )
    return line(np.abs(angle))


class Scalp:
    """The skull of a person, tabulated over angle and ``t``; below the ears it goes straight down."""

    def __init__(self, identity: Identity) -> None:
        self.angle, self.t = np.linspace(-np.pi, np.pi, 129), np.arange(CROWN, 262.0, 2.5)
        angle, t = np.meshgrid(self.angle, self.t)
        below, closing = np.maximum(t - HANG, 0), np.clip((-46 - t) / (-46 - CROWN), 0, 1)
        points = cylinder(angle, np.clip(t, -46, HANG))
        points[..., 0] *= 1 - closing
        points[..., 1] += below - 5 * (1 - (1 - closing) ** 2)
        points[..., 2] = -95 + (points[..., 2] + 95) * (1 - closing) - 0.1 * below
        chart = np.stack([76 * angle, np.minimum(t, HANG)], axis=-1).reshape(-1, 2)
        points += personal(identity, chart, points.reshape(-1, 3)).reshape(points.shape)
        normal = np.cross(np.gradient(points, axis=1), np.gradient(points, axis=0))
        normal[0] = 0, -1, 0  # the crown is one point
        self.points = points.astype(np.float32)
        self.normal = (normal / (np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-9)).astype(np.float32)

    def raised(self, angle: np.ndarray, t: np.ndarray, height: np.ndarray) -> np.ndarray:
        """Points ``(..., 3)`` at a height above the skull (arguments of one two-dimensional shape)."""
        x = ((angle + np.pi) % (2 * np.pi) / (2 * np.pi) * (len(self.angle) - 1)).astype(np.float32)
        y = ((t - CROWN) / 2.5).astype(np.float32)
        here = [cv2.remap(table, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
                for table in (self.points, self.normal)]  # fmt: skip
        return here[0] + height[..., None] * here[1]


def grow(mesh: Mesh, identity: Identity) -> Strands:
    """Give a head its hair: the shell becomes a part of the mesh, the hairs are returned."""
    scalp = Scalp(identity)
    _add_shell(mesh, identity, scalp)
    if identity.hair_style == "bald":
        return none(POINTS)
    rng = np.random.default_rng([identity.seed, 1])
    angle, t = _roots(identity, rng)
    a, b, h = _STYLES[identity.hair_style](angle, t, identity, rng)
    count = len(angle)
    # The first hairs lead: each other one follows its nearest leader towards the tip.
    leaders = max(8, count // 9)
    place = np.stack([np.sin(angle), np.cos(angle), t / 60], axis=-1)
    leader = cKDTree(place[:leaders]).query(place)[1]
    pull = (0.15 + 0.55 * rng.random((count, 1))) * np.linspace(0, 1, POINTS) ** 1.3
    pull *= (np.abs(a[leader] - a).max(axis=1) < 0.4)[:, None]  # not across a parting
    a, b, h = (x + pull * (x[leader] - x) for x in (a, b, h))
    h += rng.uniform(0.0, 1.0, (count, 1)) * np.linspace(0, 1, POINTS) * (1 + 0.12 * identity.hair_volume)
    points = scalp.raised(a, b, h + np.maximum(_thickness(a, b, identity), 0))  # over the shell
    points += _curl(points, leader, identity, rng)
    light = np.exp(0.20 * rng.standard_normal(count) + 0.22 * rng.standard_normal(leaders)[leader])
    grey = rng.random(count) < 0.25 * np.clip((identity.age - 35) / 40, 0, 1)
    paint = np.empty((count, 6))
    paint[:, :3] = np.array(identity.hair_colour) * light[:, None] * (1 + 0.06 * rng.standard_normal((count, 3)))
    paint[grey, :3] = 0.3
    paint[:, 3] = rng.uniform(0.45, 0.9, count)
    paint[:, 4] = 0.9 - 0.5 * identity.hair_curl
    paint[:, 5] = rng.uniform(0.25, 0.7, count)
    fuzz = t > hairline(angle, identity) - 3  # baby hairs: thin, short and a little lighter
    paint[fuzz, 3] *= 0.6
    order = np.argsort(-t + 60 * (b[:, -1] - t < 60) * (np.abs(angle) < 0.7) * (identity.hair_style == "fringe"))
    return Strands(points[order].astype(np.float32), np.full(count, -1), np.zeros((count, POINTS), np.float32),
                   np.clip(paint[order], 0, 1).astype(np.float32))  # fmt: skip


def _add_shell(mesh: Mesh, identity: Identity, scalp: Scalp) -> None:
    """Append the shell: a closed cap that dives under the skin at the hairline."""
    a, t = np.meshgrid(np.linspace(-np.pi, np.pi, 89), np.linspace(CROWN, 212, 68))
    thick = _thickness(a, t, identity)
    points = scalp.raised(np.clip(a, -3.1415, 3.1415), t, thick)
    left, top, width, height = ATLAS_PATCHES["hair"]
    u, v = (a + np.pi) / (2 * np.pi), (t - CROWN) / (212 - CROWN)
    surface = np.stack([left + 2 + u * (width - 5), top + 2 + v * (height - 5), np.ones_like(u)], axis=-1)
    triangles = head.triangulate(*a.shape)
    triangles = triangles[(thick.ravel()[triangles] > BARE).all(axis=1)]
    sides = 1
    if identity.hair_style in _HANGING:  # behind the neck one sees the shell from inside
        inner = triangles[(t.ravel()[triangles] > 60).all(axis=1)]
        triangles, sides = np.concatenate([triangles, inner[:, ::-1] + a.size]), 2
    first, count = len(mesh.points), sides * a.size
    mesh.parts["hair"] = slice(first, first + count)
    mesh.points = np.concatenate([mesh.points, *[points.reshape(-1, 3)] * sides]).astype(np.float32)
    mesh.template = np.concatenate([mesh.template, np.full((count, 2), 400.0)])  # no action unit reaches it
    mesh.surface = np.concatenate([mesh.surface, *[surface.reshape(-1, 3)] * sides]).astype(np.float32)
    mesh.follow = np.concatenate([mesh.follow, np.ones(count)]).astype(np.float32)
    mesh.triangles = np.concatenate([mesh.triangles, triangles + first]).astype(np.int32)


def _thickness(a: np.ndarray, t: np.ndarray, identity: Identity) -> np.ndarray:
    """Height of the shell above the skull; :data:`BARE` where there is none."""
    style, volume = identity.hair_style, identity.hair_volume
    rough = 0.7 * np.interp(
        np.abs(a) % 0.4, np.linspace(0, 0.4, 9), np.random.default_rng(identity.seed).normal(0, 1.5, 9)
    )
    inside = step(hairline(a, identity) - 7 + rough - t, -2.0, 6.0)
    thick = {"buzz": 0.3, "receding": 0.4, "tied": 1.0, "afro": 4 + 0.9 * volume, "curly": 1 + 0.5 * volume}
    body = thick.get(style, 0.6 + 0.3 * volume)
    if style in _HANGING:
        curtain = step(np.abs(a), 1.2, 1.34) * step(_HANGING[style] - 16 + 3 * rough - t, -6, 6)
        inside = np.maximum(inside, curtain)
        body = body + 5 * curtain * step(t, 40, 70)
    return np.where(inside > 0, -4 + (body + 4) * inside, BARE)


def _roots(identity: Identity, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Angles and heights ``(N,)`` of the roots, denser where a camera looks, thinning out over the hairline."""
    wanted = _COUNT.get(identity.hair_style, 2800)
    a, t = rng.uniform(-np.pi, np.pi, 9 * wanted), rng.uniform(CROWN, 132, 9 * wanted)
    room = np.interp(t, (CROWN, -48, -20, 0, 132), (0.05, 0.3, 0.8, 1, 0.9)) * np.where(np.abs(a) < 1.75, 1, 0.45)
    edge = hairline(a, identity) + 1.5 * np.sin(9 * a + identity.seed % 7) - t
    keep = rng.random(len(a)) < room * step(edge + rng.normal(0, 1.3, len(a)), -2, 5)
    if identity.hair_style == "receding":  # thin on top
        keep &= rng.random(len(a)) < np.where((np.abs(a) < 0.8) & (t < 20), 0.4, 1)
    chosen = np.flatnonzero(keep)[:wanted]
    return a[chosen], t[chosen]


def _bezier(*controls: np.ndarray) -> np.ndarray:
    """Curve ``(N, POINTS)`` with four control values ``(N,)``."""
    u = np.linspace(0, 1, POINTS)
    weights = ((1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u**2 * (1 - u), u**3)
    return np.stack(controls, axis=1) @ np.array(weights)


def _rise(first: np.ndarray | float, middle: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Heights ``(N, POINTS)`` from the root over the middle to the tip."""
    u = np.linspace(0, 1, POINTS)
    return np.reshape(first, (-1, 1)) * (1 - u) ** 2 + middle[:, None] * 2 * u * (1 - u) + last[:, None] * u**2


def _cropped(a: np.ndarray, t: np.ndarray, identity: Identity, rng: np.random.Generator) -> Curve:
    """Buzz, short and receding hair: down at the sides; forward, aside or up on top."""
    n, style = len(a), identity.hair_style
    length = {"buzz": 3.0, "receding": 8.0}.get(style, 9.0 + 1.1 * identity.hair_volume) * rng.uniform(0.6, 1.25, n)
    top = step(0.95 - np.abs(a), 0, 0.3) * step(45 - t, 0, 20)
    lean, forward = rng.uniform(-1, 1), rng.uniform(-0.9, 0.9)
    across = (0.8 * lean * top + 0.25 * np.sign(a) * (1 - top)) * length + rng.normal(0, 0.22, n) * length
    down = (forward * top + 0.9 * (1 - top)) * length + rng.normal(0, 0.2, n) * length
    length *= 0.45 + 0.55 * top
    across, down = across * (0.45 + 0.55 * top), down * (0.45 + 0.55 * top)
    lift = length * (0.12 + top * (0.25 + 0.35 * abs(1 - abs(forward))))
    edge = a + across / 70
    return (_bezier(a, a + across / 250, a + across / 110, edge), _bezier(t, t + 0.3 * down, t + 0.65 * down, t + down),
            _rise(0.2, 0.9 * lift, lift))  # fmt: skip


def _parted(a: np.ndarray, t: np.ndarray, identity: Identity, rng: np.random.Generator) -> Curve:
    """From a parting on one side, over the top and down to the ears."""
    n = len(a)
    parting = 0.38 * (1 if identity.seed % 2 else -1)
    side = np.where(a > parting * step(20 - t, 0, 10), 1, -1)
    reach = np.maximum(np.abs(a) + 0.1, np.minimum(np.abs(a) + 0.75, 1.25)) + rng.normal(0, 0.09, n)
    end = np.where(np.sign(a) == side, side * reach, side * 0.55 + rng.normal(0, 0.15, n))
    low = np.minimum(t + rng.uniform(12, 34, n), 62 + rng.normal(0, 4, n)) * 1.0
    low = np.where(t > 40, t + 10, low)
    lift = (1.2 + 0.7 * identity.hair_volume) * step(1.5 - np.abs(a), 0, 0.8)
    return (_bezier(a, a + 0.45 * (end - a), a + 0.85 * (end - a), end), _bezier(t, t - 7, t + 0.35 * (low - t), low),
            _rise(0.3, 0.8 + 0.9 * lift, 0.4 + 0.2 * lift))  # fmt: skip


def _hanging(a: np.ndarray, t: np.ndarray, identity: Identity, rng: np.random.Generator) -> Curve:
    """Bob and long hair: from the parting to the sides of the face and down; a fringe also over the forehead."""
    n, style = len(a), identity.hair_style
    parting = rng.uniform(-0.35, 0.35)
    side = np.where(a > parting * step(60 - t, 0, 40), 1, -1)
    crown = step(10 - t, 0, 60) * rng.random(n)
    tucked = 0.4 * (rng.random() < 0.3)  # behind the ears
    hang = 1.16 + tucked + np.abs(rng.normal(0, 0.16, n)) + 1.6 * crown**1.5
    end = side * np.maximum(np.abs(a) * np.where(np.sign(a) == side, 1, 0), hang)
    last = _HANGING[style] + rng.normal(0, 5, n) - 6 * rng.random(n) ** 2
    inward = side * (0.10 if style == "bob" else 0.03) * rng.normal(1, 0.7, n)
    volume = 1.5 + 0.55 * identity.hair_volume
    curve = (_bezier(a, a + 0.5 * (end - a), end, end - inward),
             _bezier(t, t - 7, t + 0.14 * (last - t), last),
             _rise(0.3, np.full(n, 0.8 * volume), 0.5 * volume + rng.normal(1, 1.2, n)))  # fmt: skip
    if style == "fringe":
        front = (np.abs(a) < 0.86) & (t > -34)
        stop = np.where(np.abs(a) < 0.8, 46.0, 52.0) + rng.normal(0, 2.2, n) - 3 * identity.coefficient("brow_height")
        bang = (_bezier(a, a * 1.02, a * 1.05, a * 1.06 + rng.normal(0, 0.03, n)),
                _bezier(t, t + 6, t + 0.6 * (stop - t), stop),
                _rise(0.3, np.full(n, volume + 3), np.full(n, 2.2)))  # fmt: skip
        curve = tuple(np.where(front[:, None], b, c) for b, c in zip(bang, curve, strict=True))  # type: ignore
    return curve


def _coiled(a: np.ndarray, t: np.ndarray, identity: Identity, rng: np.random.Generator) -> Curve:
    """Afro and curly hair: outward, more or less bent down by its weight."""
    n, afro = len(a), identity.hair_style == "afro"
    out = (6 + 0.9 * identity.hair_volume if afro else 4 + 0.7 * identity.hair_volume) * rng.uniform(0.55, 1.1, n)
    out *= 0.4 + 0.6 * step(hairline(a, identity) - t, 0, 22)
    down = rng.normal(2, 4, n) if afro else rng.uniform(6, 26, n) * step(np.abs(a), 0.2, 1.2) + rng.normal(0, 5, n)
    short = 1 - 0.8 * step(t, 45, 72)  # cut short around the ears and at the nape
    out, down = out * short, down * short
    end = a + rng.normal(0, 0.05 if afro else 0.16, n)
    return (_bezier(a, a, end, end), _bezier(t, t, t + 0.4 * down, t + down), _rise(0.0, 0.8 * out, out))  # fmt: skip


def _tied(a: np.ndarray, t: np.ndarray, identity: Identity, rng: np.random.Generator) -> Curve:
    """Drawn back tightly to the back of the head."""
    n = len(a)
    side = np.sign(a + 1e-6)
    end = side * np.minimum(np.abs(a) + rng.uniform(0.9, 1.5, n), 3.0)
    high = t + (5 - t) * rng.uniform(0.35, 0.7, n)
    lift = 0.8 + 0.3 * identity.hair_volume * step(20 - t, 0, 30)
    return (_bezier(a, a + 0.12 * (end - a), a + 0.6 * (end - a), end),
            _bezier(t, np.maximum(t - 9, CROWN), high - 4, high),
            _rise(0.0, lift, lift + rng.normal(0, 0.4, n)))  # fmt: skip


_STYLES: dict[str, Callable[[np.ndarray, np.ndarray, Identity, np.random.Generator], Curve]] = {
    "buzz": _cropped, "short": _cropped, "receding": _cropped, "parted": _parted, "curly": _coiled, "afro": _coiled,
    "bob": _hanging, "long": _hanging, "fringe": _hanging, "tied": _tied,
}  # fmt: skip


def _curl(points: np.ndarray, leader: np.ndarray, identity: Identity, rng: np.random.Generator) -> np.ndarray:
    """Offsets ``(N, POINTS, 3)`` that wind hairs into waves or coils, in step with their leader."""
    style = identity.hair_style
    curl = max(identity.hair_curl, {"curly": 0.75, "afro": 1.0}.get(style, 0.0))
    piece = np.linalg.norm(np.diff(points, axis=1), axis=-1)
    length = np.concatenate([np.zeros((len(points), 1)), np.cumsum(piece, axis=1)], axis=1)
    wave = 26 - 15 * curl  # units a turn
    radius = np.minimum(0.5 + 3.0 * curl, 0.22 * length) if style != "buzz" else 0.1 * length
    phase = rng.uniform(0, 2 * np.pi, len(points))
    angle = phase[leader][:, None] + rng.normal(0, 0.5, (len(points), 1)) + 2 * np.pi * length / wave
    return radius[..., None] * np.stack([np.cos(angle), 0.5 * np.sin(2 * angle), np.sin(angle)], axis=-1)
