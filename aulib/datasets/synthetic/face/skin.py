"""Colour of skin, brows, lips, eyes and hair, painted on one texture atlas.

The left 512 columns of the atlas hold the skin in template coordinates (see :mod:`head`), two texels a unit;
the rest holds small patches for the other parts.  Everything is drawn from the identity's seed: no image is loaded.
"""

from __future__ import annotations

import cv2
import numpy as np

from aulib.datasets.synthetic.face.identity import Identity
from aulib.datasets.synthetic.face.template import (
    ATLAS_PATCHES,
    ATLAS_WIDTH,
    LIP_LINE,
    MOUTH_CORNER,
    SKIN_SIDE,
    TEXELS,
    coordinates,
    eye_opening,
    lip_border,
    lower_lid,
    texture_position,
    upper_lid,
)  # fmt: skip

# Linear reflectance of skin from very light to very dark.
_TONES = np.array(
    ((0.76, 0.53, 0.43), (0.62, 0.38, 0.27), (0.42, 0.235, 0.145), (0.22, 0.105, 0.06), (0.085, 0.040, 0.026))
)


def hairline(s: np.ndarray, identity: Identity) -> np.ndarray:
    """Height ``t`` of the hairline at distance ``s`` from the midline: lower is larger, bald is far above."""
    base = {"bald": -60.0, "receding": -14.0, "long": 2.0, "fringe": 27.0}.get(identity.hair_style, 4.0)
    base += 2.5 * identity.coefficient("forehead")
    if identity.hair_style == "fringe":
        return base + 0 * s
    return base - 9 * np.exp(-(((s - 34) / 12) ** 2)) + 62 * np.clip((s - 58) / 26, 0, 1) ** 2


def _noise(rng: np.random.Generator, side: int, size: float, shape: tuple[int, int] | None = None) -> np.ndarray:
    """Smooth unit-variance noise ``shape`` (default ``side`` square) with features of ``size`` texels."""
    height, width = shape or (side, side)
    coarse = rng.standard_normal((max(2, round(height / size)) + 3, max(2, round(width / size)) + 3)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * 1.3


def spot(s: np.ndarray, t: np.ndarray, s0: float, t0: float, ds: float, dt: float) -> np.ndarray:
    """Pair of Gaussian spots at ``(±s0, t0)``; separable, so cheap on a whole texture."""
    return np.exp(-(((np.abs(s) - s0) / ds) ** 2) / 2) * np.exp(-(((t - t0) / dt) ** 2) / 2)


def paint(identity: Identity) -> tuple[np.ndarray, np.ndarray]:
    """Paint a person.

    Returns
    -------
    atlas : float32 (512, 768, 4)
        Linear reflectance and gloss.
    relief : float32 (512, 512)
        Height of pores and fine unevenness in units (wrinkles come on top, see :mod:`wrinkles`).
    """
    rng = np.random.default_rng([identity.seed, 2])
    atlas = np.zeros((SKIN_SIDE, ATLAS_WIDTH, 4), np.float32)
    tone = _tone(identity)
    skin = atlas[:, :SKIN_SIDE]
    skin[..., :3] = tone
    _paint_complexion(skin, identity, rng)
    _paint_lips(skin, identity, tone)
    _paint_creases(skin)
    _paint_hairs(skin, identity, rng)
    for name, painter in (("eye", _paint_eye), ("teeth", _paint_teeth), ("hair", _paint_hair)):
        left, top, width, height = ATLAS_PATCHES[name]
        painter(atlas[top : top + height, left : left + width], identity, rng)
    _paint_objects(atlas, identity)
    for name, shade in (("ear", (1.0, 0.86, 0.82)), ("neck", (0.86, 0.82, 0.8))):
        left, top, width, height = ATLAS_PATCHES[name]
        patch = atlas[top : top + height, left : left + width]
        patch[..., :3] = tone * shade * (1 + 0.04 * _noise(rng, 64, 6)[..., None])
        patch[..., 3] = 0.05
    relief = 0.035 * _noise(rng, SKIN_SIDE, 3.2) + 0.05 * _noise(rng, SKIN_SIDE, 9) + 0.25 * _noise(rng, SKIN_SIDE, 40)
    return np.clip(atlas, 0, 1), relief.astype(np.float32)


def _paint_objects(atlas: np.ndarray, identity: Identity) -> None:
    """One colour each for tongue, spectacle frame and shirt."""
    rng = np.random.default_rng([identity.seed, 9])
    frames = ((0.02, 0.02, 0.02), (0.08, 0.035, 0.015), (0.32, 0.31, 0.30), (0.30, 0.20, 0.08), (0.03, 0.04, 0.10))
    shirts = ((0.55, 0.55, 0.53), (0.04, 0.05, 0.08), (0.05, 0.10, 0.25), (0.25, 0.05, 0.06), (0.06, 0.12, 0.07),
              (0.20, 0.20, 0.21), (0.02, 0.02, 0.02), (0.35, 0.28, 0.20))  # fmt: skip
    colours = {
        "tongue": (0.38, 0.13, 0.12, 0.3),
        "glasses": (*frames[rng.integers(5)], 0.35),
        "cloth": (*shirts[rng.integers(8)], 0.0),
    }
    for name, colour in colours.items():
        left, top, width, height = ATLAS_PATCHES[name]
        atlas[top : top + height, left : left + width] = colour


def _tone(identity: Identity) -> np.ndarray:
    """Linear RGB of the person's plain skin."""
    place = identity.melanin * (len(_TONES) - 1)
    tone = np.array([np.exp(np.interp(place, np.arange(len(_TONES)), np.log(_TONES[:, k]))) for k in range(3)])
    return (tone * (1 + 0.05 * identity.warmth * np.array((-0.3, 0.7, -1.5)))).astype(np.float32)


def _paint_complexion(skin: np.ndarray, identity: Identity, rng: np.random.Generator) -> None:
    """Blood, mottling, freckles, shadows around the eyes, gloss."""
    s, t = coordinates()
    light = 1 - 0.6 * identity.melanin
    blood = 1.0 * spot(s, t, 42, 106, 17, 13) + 0.9 * spot(s, t, 0, 114, 11, 9) + 0.5 * spot(s, t, 0, 176, 14, 9)
    blood += 0.6 * spot(s, t, 34, 74, 18, 7) + 0.25 * _noise(rng, SKIN_SIDE, 26) + 0.15 * _noise(rng, SKIN_SIDE, 7)
    blood = identity.redness * light * blood[..., None]
    skin[..., :3] *= 1 - blood * np.array((0.03, 0.16, 0.15), np.float32)
    around = (0.10 + 0.10 * (identity.age - 18) / 57) * spot(s, t, 30, 82, 13, 5) + 0.14 * spot(s, t, 17, 70, 6, 8)
    around += 0.10 * spot(s, t, 34, 61, 16, 5)
    skin[..., :3] *= 1 - around[..., None] * np.array((0.9, 1.0, 0.8), np.float32)
    if identity.freckles > 0.15:
        dots = _noise(rng, SKIN_SIDE, 4.5) * (0.5 * spot(s, t, 0, 100, 50, 24) + 0.1)
        dots -= 0.72 - 0.24 * identity.freckles
        skin[..., :3] *= 1 - np.clip(1.6 * dots, 0, 0.28)[..., None] * np.array((0.6, 0.9, 1.0), np.float32)
    for _ in range(rng.integers(0, 5)):
        mole = (int(rng.uniform(130, 380)), int(rng.uniform(120, 430)))
        brown = (*(float(v) * 0.4 for v in skin[mole[1], mole[0], :3]), 0.05)
        cv2.circle(skin, mole, int(rng.integers(1, 3)), brown, -1, cv2.LINE_AA)
    skin[..., :3] *= 1 + 0.025 * _noise(rng, SKIN_SIDE, 2.5)[..., None]
    gloss = spot(s, t, 0, 100, 7, 22) + 0.8 * spot(s, t, 0, 30, 34, 16)
    gloss += 0.6 * spot(s, t, 42, 96, 14, 10) + 0.5 * spot(s, t, 0, 174, 10, 7)
    gloss = 0.05 + 0.10 * gloss
    skin[..., 3] = 0.02 + (0.35 + 0.9 * identity.shine) * gloss * (1 + 0.25 * _noise(rng, SKIN_SIDE, 4))


def _paint_lips(skin: np.ndarray, identity: Identity, tone: np.ndarray) -> None:
    """The red of the lips, fading into the skin over a unit."""
    s, t = coordinates()
    inside = np.minimum(t - lip_border(s, True), lip_border(s, False) - t) + 0.3
    red = np.clip(inside / 1.6, 0, 1) * np.clip((MOUTH_CORNER + 1 - np.abs(s)) / 3, 0, 1)
    strength = 0.35 + 0.5 * identity.lip_colour
    lips = tone * np.array((0.86, 0.52, 0.52)) * (1 - strength)
    lips += np.array((0.42, 0.10, 0.11)) * (1.1 - 0.75 * identity.melanin) * strength
    red = (red * (0.75 + 0.2 * identity.lip_colour))[..., None]
    skin[..., :3] = skin[..., :3] * (1 - red) + lips.astype(np.float32) * red
    skin[..., 3:] += red * (0.08 + 0.15 * identity.lip_colour)
    middle = LIP_LINE + 0.8 * np.exp(-((s / 6) ** 2))
    line = np.exp(-(((t - middle) / 0.9) ** 2)) * np.clip((MOUTH_CORNER + 2 - np.abs(s)) / 3, 0, 1)
    skin[..., :3] *= 1 - 0.6 * line[..., None]


def _paint_creases(skin: np.ndarray) -> None:
    """Places that light hardly reaches: nostrils, lid crease, lash lines, under the lip."""
    s, t = coordinates()
    shade = 0.85 * np.clip(1.6 * spot(s, t, 6.0, 124.6, 2.4, 1.5), 0, 1) + 0.25 * spot(s, t, 17.5, 119, 1.8, 5)
    shade += 0.12 * spot(s, t, 0, 161, 12, 2.5) + 0.2 * spot(s, t, 0, 127.5, 12, 1.6)
    eye = np.clip(1.8 * eye_opening(s), 0, 1)
    upper, lower = upper_lid(s), lower_lid(s)
    shade += 0.85 * np.exp(-(((t - upper + 0.1) / 0.9) ** 2)) * eye + 0.35 * np.exp(-(((t - lower) / 0.7) ** 2)) * eye
    crease = upper - 1.0 - 4.0 * eye_opening(s)
    shade += 0.4 * np.exp(-(((t - crease) / 0.9) ** 2)) * eye
    skin[..., :3] *= 1 - np.clip(shade, 0, 0.93)[..., None]


def _stroke(
    skin: np.ndarray, start: np.ndarray, angle: float, length: float, colour: np.ndarray, opacity: float
) -> None:
    """One hair, drawn in texture space at sub-texel positions."""
    place = texture_position(start[0], start[1])
    end = place + TEXELS * length * np.array((np.cos(angle), np.sin(angle)))
    here = skin[int(np.clip(place[1], 0, SKIN_SIDE - 1)), int(np.clip(place[0], 0, SKIN_SIDE - 1))]
    mixed = here[:3] * (1 - opacity) + colour * opacity
    a, b = (tuple(int(16 * v) for v in p) for p in (place, end))
    cv2.line(skin, a, b, (*(float(v) for v in mixed), 0.03), 1, cv2.LINE_AA, 4)


def _paint_hairs(skin: np.ndarray, identity: Identity, rng: np.random.Generator) -> None:
    """Brows, stubble and beard, and short hairs along the hairline."""
    skin_, colour = np.ascontiguousarray(skin), np.minimum(np.array(identity.hair_colour) * 0.75, 0.2)
    for side in (-1, 1):
        for _ in range(int(230 * identity.brow_density + 60)):
            u = rng.beta(1.0, 1.15)
            thick = identity.brow_width * (1 - 0.65 * u**2) * 0.5
            t0 = 57 - (4 + identity.brow_arch) * np.sin(np.pi * min(1, u * 0.62)) + 2.5 * max(0, u - 0.7) / 0.3
            t0 += np.clip(rng.normal(0, 0.45), -1, 1) * thick
            angle = -1.25 + 1.35 * min(1, 1.8 * u) + rng.normal(0, 0.18)
            start = np.array((side * (11.5 + 43 * u), t0))
            _stroke(skin_, start, angle if side > 0 else np.pi - angle, rng.uniform(3, 5.5), colour, 0.75)
    if max(identity.beard, identity.moustache) > 0.02:
        _paint_beard(skin_, identity, rng)
    s, t = coordinates()
    edge = hairline(np.abs(s), identity) + 3 * _noise(rng, SKIN_SIDE, 3) + 2
    cover = np.clip((edge - t) / 5, 0, 1)[..., None] * (identity.hair_style != "bald")
    skin_[..., :3] = skin_[..., :3] * (1 - 0.9 * cover) + np.array(identity.hair_colour, np.float32) * 0.9 * cover
    skin[:] = skin_


def _paint_beard(skin: np.ndarray, identity: Identity, rng: np.random.Generator) -> None:
    """Facial hair as shadow (short) and noise of hairs (long)."""
    s, t = coordinates()
    a = np.abs(s)
    line = 128 + 22 * np.exp(-(((a - 26) / 16) ** 2)) - 0.55 * np.clip(a - 42, 0, None)
    beard = identity.beard * np.clip((t - line) / 9, 0, 1) * np.clip((a + t - 160) / 6, 0, 1)
    upper = (
        identity.moustache
        * np.clip((t - 128.5) / 3, 0, 1)
        * np.clip((30 - a) / 8, 0, 1)
        * np.clip((146 - t) / 3, 0, 1)
        * np.clip((a - 1) / 3, 0.4, 1)
    )
    lips = np.minimum(t - lip_border(s, True), lip_border(s, False) - t)
    lips = np.where(a < MOUTH_CORNER, lips, -9.0)
    cover = np.maximum(beard, upper) * np.clip(-lips / 1.5 + 0.2, 0, 1)
    grain = cv2.resize(
        rng.standard_normal((170, 400)).astype(np.float32), (SKIN_SIDE, SKIN_SIDE), interpolation=cv2.INTER_CUBIC
    )
    hairs = np.clip(0.6 + 0.35 * grain, 0, 1)
    cover = (cover * (0.25 + 0.75 * hairs))[..., None] * 0.9
    skin[..., :3] = skin[..., :3] * (1 - cover) + np.array(identity.hair_colour, np.float32) * cover
    skin[..., 3:] *= 1 - 0.7 * cover


def _paint_eye(patch: np.ndarray, identity: Identity, rng: np.random.Generator) -> None:
    """Sclera, iris, limbus and pupil, as seen along the axis of the eye."""
    y, x = np.mgrid[-1:1:128j, -1:1:128j]
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    patch[..., :3] = np.array((0.66, 0.60, 0.56)) * (1 - 0.25 * np.clip(radius - 0.5, 0, 1))[..., None]
    patch[..., 1:3] *= 1 - 0.25 * np.clip(radius - 0.65, 0, 1)[..., None]
    fibres = np.interp(angle, np.linspace(-np.pi, np.pi, 60), rng.normal(0, 1, 60))
    iris = np.array(identity.iris) * 1.25 * (1 + 0.25 * fibres + 0.5 * (0.30 - radius))[..., None]
    iris *= (1 - 0.75 * np.clip((radius - 0.32) / 0.07, 0, 1))[..., None]
    inside = np.clip((0.40 - radius) / 0.03, 0, 1)[..., None]
    pupil = np.clip((0.155 - radius) / 0.02, 0, 1)[..., None]
    patch[..., :3] = (patch[..., :3] * (1 - inside) + iris * inside) * (1 - 0.97 * pupil)
    patch[..., :3] *= (1 - 0.45 * np.clip((-y - 0.1) / 0.4, 0, 1))[..., None]  # shadow of the upper lid
    patch[..., 3] = 1.0


def _paint_teeth(patch: np.ndarray, identity: Identity, rng: np.random.Generator) -> None:
    """A row of teeth; gums at the root end (first rows)."""
    height, width = patch.shape[:2]
    u, v = np.linspace(-1, 1, width)[None], np.linspace(0, 1, height)[:, None]
    gap = np.abs(np.sin(np.pi * 5.0 * u + 0 * v)) ** 0.35
    white = np.array((0.70, 0.66, 0.56)) * (1 - 0.12 * (identity.age - 18) / 57)
    tooth = white * (0.35 + 0.65 * gap * (1 - 0.5 * np.abs(u)))[..., None]
    gum = np.clip((0.28 - v + 0.08 * gap) / 0.06, 0, 1)[..., None]
    patch[..., :3] = tooth * (1 - gum) + np.array((0.36, 0.10, 0.10)) * gum
    patch[..., 3] = 0.25


def _paint_hair(patch: np.ndarray, identity: Identity, rng: np.random.Generator) -> None:
    """Strands that run down the shell."""
    strands = cv2.resize(rng.standard_normal((6, 256)).astype(np.float32), (256, 384), interpolation=cv2.INTER_CUBIC)
    clumps = cv2.resize(rng.standard_normal((4, 50)).astype(np.float32), (256, 384), interpolation=cv2.INTER_CUBIC)
    patch[..., :3] = np.array(identity.hair_colour) * np.clip(1 + 0.3 * strands + 0.25 * clumps, 0.2, 2.2)[..., None]
    patch[..., 3] = 0.05 + 0.02 * strands
