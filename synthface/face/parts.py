"""Everything on the head that is not its skin grid: eyes, teeth, tongue, ears, glasses, neck, clothes.

Each function returns a grid of points ``(rows, columns, 3)`` and its surface coordinates ``(rows, columns, 3)``: texel
column and row on the part's patch of the atlas, and openness.  A grid faces the camera where its columns run to the
right and its rows down.
"""

from __future__ import annotations

import numpy as np

from synthface.face.anatomy import bust
from synthface.face.identity import Identity
from synthface.face.template import ATLAS_PATCHES, EYE_CENTRE, EYE_RADIUS, step

Part = tuple[np.ndarray, np.ndarray]

#: Width of the eyeball over its height.
_BROAD = 1.08


def patch(name: str, u: np.ndarray, v: np.ndarray, open_: np.ndarray | float = 1.0) -> np.ndarray:
    """Surface coordinates ``(..., 3)`` of ``u, v`` in 0..1 on a patch of the atlas."""
    left, top, width, height = ATLAS_PATCHES[name]
    u, v = np.clip(u, 0, 1), np.clip(v, 0, 1)
    return np.stack([left + 2 + u * (width - 5), top + 2 + v * (height - 5), open_ + 0 * u], axis=-1)


def eyeball(side: float) -> Part:
    """Front half of an eyeball; the cornea stands out over an iris of 12 mm in an eye of 29 mm behind the lids.

    A real eye has 24 mm, but lids cut out of a grid of few vertices close better over a ball that is flat and broad.
    """
    a = np.linspace(-1.35, 1.35, 23)
    x, y = np.meshgrid(np.sin(a), np.sin(a))
    radius = np.maximum(1, np.hypot(x, y) / 0.995)
    x, y = x / radius, y / radius
    u, v = x, y
    points = EYE_RADIUS * np.stack([x, y, np.sqrt(np.clip(1 - x * x - y * y, 0, 1))], axis=-1)
    points[..., 0] *= _BROAD
    points[..., 2] += 1.4 * np.exp(-(((x**2 + y**2) / 0.14) ** 2))
    shaded = 1 - 0.4 * step(np.abs(u), 0.35, 0.95)  # lids take light from the corners
    toe_in = np.deg2rad(2.5) * side  # the eyes meet at the camera
    x, z = points[..., 0].copy(), points[..., 2].copy()
    points[..., 0], points[..., 2] = x * np.cos(toe_in) - z * np.sin(toe_in), x * np.sin(toe_in) + z * np.cos(toe_in)
    return points + EYE_CENTRE * (side, 1, 1), patch("eye", 0.5 + side * _BROAD * u / 2, 0.5 + v / 2, shaded)


def caruncle(side: float) -> Part:
    """The pink corner of the eye beside the nose."""
    a = np.linspace(-1.4, 1.4, 7)
    x, y = np.meshgrid(np.sin(a), np.sin(a))
    z = np.sqrt(np.clip(1 - x * x - y * y, 0, 1))
    points = np.stack([side * 16.5 + 2.5 * x, 73.2 + 1.7 * y, -19.2 + 2.8 * z - side * 1.2 * x], -1)
    return points, patch("tongue", 0.4 + 0.1 * x, 0.2 + 0.1 * y)


def teeth(upper: bool) -> Part:
    """A dental arch; the lower teeth close behind the upper ones."""
    u, v = np.meshgrid(np.linspace(-1, 1, 41), np.linspace(0, 1, 6))
    a, size = 1.35 * u, 1.0 if upper else 0.9
    y = 131.0 + 13.2 * v if upper else 143.0 + 12.5 * v
    crown = 0.5 * np.abs(np.sin(np.pi * 5.0 * u)) + 1.2 * np.sin(np.pi * (0.3 + 0.6 * (v if upper else 1 - v)))
    z = -6.5 - 28 * (1 - np.cos(a)) - (0 if upper else 2.2) + crown
    points = np.stack([22.5 * size * np.sin(a), y, z], axis=-1)
    return points, patch("teeth", (u + 1) / 2, v if upper else 1 - v, 0.35 + 0.65 * np.cos(a) ** 1.5)


def tongue() -> Part:
    """The back of the tongue, from the throat to the lower teeth."""
    u, v = np.meshgrid(np.linspace(-1, 1, 15), np.linspace(0, 1, 9))
    tip = np.sqrt(np.clip(1 - 0.8 * np.clip((v - 0.6) / 0.4, 0, 1) ** 2, 0, 1))
    y = 138.5 + 5.0 * v**1.5 + 4.0 * u**2 + 0.7 * np.exp(-((u / 0.15) ** 2)) + 5 * np.clip((v - 0.8) / 0.2, 0, 1) ** 2
    points = np.stack([16.5 * u * tip, y, -46 + 33.0 * v], axis=-1)
    return points, patch("tongue", (u + 1) / 2, v, 0.30 + 0.65 * v)


def ear(side: float, identity: Identity) -> Part:
    """Helix, antihelix, concha, tragus and lobe as a relief on a plane that stands off the head by some 25 degrees."""
    u = np.concatenate([np.linspace(-1, 1, 23), (1.02, 0.9)])
    turn_in = np.concatenate([np.zeros(23), (-3.5, -6.5)])  # behind the helix the rim turns in
    u, v = np.meshgrid(u, np.linspace(-0.995, 0.995, 29))
    half = np.sqrt(np.clip(1 - np.abs(v) ** np.where(v < 0, 2.3, 3.0), 0, 1))
    x, radius = u * half, np.hypot(u * half, v)

    def spot(x0: float, y0: float, dx: float, dy: float) -> np.ndarray:
        return np.exp(-((((x - x0) / dx) ** 2 + ((v - y0) / dy) ** 2) / 2))

    back = step(x - 0.5 * np.minimum(v, 0), -0.55, 0.1)  # helix and antihelix run round the top and the back
    no_lobe = 1 - step(v, 0.45, 0.75)
    height = 4.0 * np.exp(-(((radius - 0.93) / 0.10) ** 2)) * back * no_lobe
    height -= 1.6 * np.exp(-(((radius - 0.74) / 0.09) ** 2)) * back * no_lobe
    height += 2.8 * np.exp(-(((np.hypot(x + 0.12, v - 0.1) - 0.60) / 0.11) ** 2)) * step(x, -0.2, 0.15) * no_lobe
    height += 1.8 * spot(0.0, -0.45, 0.14, 0.12)
    height -= 4.8 * spot(-0.2, 0.16, 0.25, 0.26) + 2.2 * spot(-0.25, -0.25, 0.25, 0.08)
    height += 3.8 * spot(-0.72, 0.18, 0.15, 0.14) + 2.0 * spot(-0.05, 0.52, 0.16, 0.09)  # tragus, antitragus
    height += 1.5 * spot(-0.1, 0.8, 0.4, 0.14) + turn_in * half
    backward = 13 - 8 * v + 15.5 * (1 - 0.16 * (v + 1)) * x  # the ear leans back
    tilt = 0.35 + 0.07 * identity.coefficient("ear_out")
    lift = (backward + 2) * np.sin(tilt) * (1 - 0.75 * step(v, -0.1, 1.0)) + height * np.cos(tilt)
    sideways = 69.8 - 6.0 * step(v, -0.1, 1.0) - 6.0 * step(v, 0.6, 1.0) + lift - 4.5 * np.clip(-u, 0, 1) ** 3 * half
    depth = -72 - backward * np.cos(tilt) + height * np.sin(tilt)
    points = np.stack([side * sideways, 90 + np.where(v < 0, 29, 26) * v, depth], axis=-1)
    surface = patch("ear", (np.clip(u, -1, 1) + 1) / 2, (v + 1) / 2, 1 - 0.5 * spot(-0.2, 0.2, 0.2, 0.22))
    order = slice(None, None, int(side))
    return points[:, order], surface[:, order]


def neck(identity: Identity) -> Part:
    """Neck and upper chest, with the muscles that run from behind the ear to the breast bone."""
    heights = np.concatenate([np.linspace(100, 205, 15), np.linspace(212, 300, 12)])
    a, y = np.meshgrid(np.linspace(-1.9, 1.9, 41), heights)
    man = max(0.0, identity.sex)
    down = step(y, 130, 225)
    cord = 2.2 * np.exp(-(((np.abs(a) - 1.15 + 1.0 * down) / 0.16) ** 2))
    cord -= 1.6 * np.exp(-((a / 0.18) ** 2)) * step(y, 200, 225)
    apple = man * 3.0 * np.exp(-((a / 0.16) ** 2) - ((y - 206) / 9) ** 2)
    points = bust(a, y, cord * (1 - step(y, 228, 240)) + apple - 3 * step(np.abs(a), 0.3, 0.7) * step(y, 226, 240))
    return _broaden(points, identity), patch("neck", (a + 1.9) / 3.8, (y - 100) / 200, 0.42 + 0.58 * step(y, 178, 226))


def cloth(identity: Identity) -> Part:
    """A shirt: round, low or high at the neck, open towards the face."""
    rng = np.random.default_rng([identity.seed, 8])
    a, v = np.meshgrid(np.linspace(-1.9, 1.9, 49), np.concatenate([(0.0, 0.012), np.linspace(0.03, 1, 26)]))
    front = np.exp(-((a / 0.5) ** 2))
    style = rng.integers(3)
    collar = 226 + np.array((7.0 * front, 26 * np.exp(-np.abs(a) / 0.35), -6 + 3.0 * front))[style]
    y = collar + (430 - collar) * v
    folds = 1.2 * np.sin(5 * a + rng.uniform(0, 6)) * np.sin(y / 21 + 3 * a + rng.uniform(0, 6)) * step(y, 240, 290)
    out = 2.4 + folds + 0.9 * (v == 0.012) - 3.5 * (v == 0)  # a hem that turns in
    points = bust(a, y, out)
    points[..., 1] -= out * step(y, 226, 240)  # on top of the shoulders, outside is up
    return _broaden(points, identity), patch("cloth", (a + 1.9) / 3.8, v)


def _broaden(points: np.ndarray, identity: Identity) -> np.ndarray:
    """Thinner necks and narrower shoulders for women."""
    return points * (1 + 0.07 * identity.sex, 1, 1)


# Half width and height of a lens, squareness of its outline, thickness of the rim (units).
_FRAMES = {"round": (21.5, 20.0, 2.1, 1.0), "rectangular": (25.0, 16.5, 3.6, 1.3), "rimless": (23.0, 15.5, 2.8, 0.45)}


def glasses(identity: Identity) -> list[Part]:
    """Two rims, a bridge and two temples as thin tubes; nothing for who wears none."""
    if identity.glasses == "none":
        return []
    wide, high, square, thick = _FRAMES[identity.glasses]
    angle = np.linspace(0, 2 * np.pi, 49)
    sine, cosine = np.sin(angle), np.cos(angle)
    radius = (np.abs(sine) ** square + np.abs(cosine) ** square) ** (-1 / square)
    tubes = []
    for side in (-1, 1):
        x, y = side * 33.5 + wide * radius * cosine, 75.5 + high * radius * sine
        depth = 5.5 - 0.0055 * x**2 - 0.05 * (y - 75.5)
        tubes.append(_tube(np.stack([x, y, depth], -1), thick))
        u = np.linspace(0, 1, 24)
        hinge = np.array((side * (33.5 + wide), 69.0, 5.5 - 0.0055 * (33.5 + wide) ** 2))
        end = np.array((side * 73.5, 72.0, -92.0))
        bow = hinge + (end - hinge) * u[:, None]
        bow[:, 0] = side * (abs(hinge[0]) + (74.5 - abs(hinge[0])) * np.minimum(1, 2.2 * u) ** 0.6)
        tubes.append(_tube(bow, max(thick, 0.9)))
    u = np.linspace(-1, 1, 12)
    nose = 33.5 - wide
    bridge = np.stack([nose * u, 70.5 + 2.0 * u**2, 7.0 - 1.6 * u**2], axis=-1)
    return [*tubes, _tube(bridge, max(thick, 0.8))]


def _tube(path: np.ndarray, radius: float, sides: int = 7) -> Part:
    """A round tube along a path ``(n, 3)``, outside towards the camera."""
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    reference = np.array((0.0, 0.0, 1.0)) if np.abs(along[:, 2]).mean() < 0.7 else np.array((0.0, 1.0, 0.0))
    first = np.cross(along, reference)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(along, first)
    turn = np.linspace(0, -2 * np.pi, sides)
    ring = np.cos(turn)[None, :, None] * first[:, None] + np.sin(turn)[None, :, None] * second[:, None]
    u, v = np.meshgrid(np.linspace(0, 1, sides), np.linspace(0, 1, len(path)))
    return path[:, None] + radius * ring, patch("glasses", u, v)
