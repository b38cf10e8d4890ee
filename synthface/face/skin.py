"""Colour of skin, brows, lips, eyes and hair, painted on one texture atlas.

The left 512 columns of the atlas hold the skin in template coordinates (see :mod:`head`), two texels a unit;
the rest holds small patches for the other parts.  Everything is drawn from the identity's seed: no image is loaded.
"""

from __future__ import annotations

import cv2
import numpy as np

from synthface.face.hair import hairline
from synthface.face.identity import Identity
from synthface.face.template import (
    ATLAS_PATCHES,
    ATLAS_WIDTH,
    LIP_LINE,
    MOUTH_CORNER,
    SKIN_SIDE,
    coordinates,
    eye_opening,
    lip_border,
    lower_lid,
    upper_lid,
)  # fmt: skip
from synthface.face.whiskers import beard_cover, brow_place

# Linear reflectance of skin from very light to very dark.
_TONES = np.array(
    ((0.76, 0.53, 0.43), (0.62, 0.38, 0.27), (0.42, 0.235, 0.145), (0.22, 0.105, 0.06), (0.085, 0.040, 0.026))
)


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
    plain = tone(identity)
    skin = atlas[:, :SKIN_SIDE]
    skin[..., :3] = plain
    _paint_complexion(skin, identity, rng)
    _paint_lips(skin, identity, plain, rng)
    _paint_make_up(skin, identity, rng)
    _paint_creases(skin)
    _paint_hairs(skin, identity, rng)
    for name, painter in (("eye", _paint_eye), ("teeth", _paint_teeth), ("hair", _paint_hair)):
        left, top, width, height = ATLAS_PATCHES[name]
        painter(atlas[top : top + height, left : left + width], identity, rng)
    _paint_objects(atlas, identity)
    for name, shade in (("ear", (1.0, 0.86, 0.82)), ("neck", (0.86, 0.82, 0.8))):
        left, top, width, height = ATLAS_PATCHES[name]
        patch = atlas[top : top + height, left : left + width]
        patch[..., :3] = plain * shade * (1 + 0.04 * _noise(rng, 64, 6)[..., None])
        patch[..., 3] = 0.05
    relief = 0.045 * _noise(rng, SKIN_SIDE, 2.4) * (0.6 + 0.5 * identity.age / 60) + 0.06 * _noise(rng, SKIN_SIDE, 7)
    relief += 0.25 * _noise(rng, SKIN_SIDE, 40)
    return np.clip(atlas, 0, 1), relief.astype(np.float32)


def pyramid(atlas: np.ndarray) -> list[np.ndarray]:
    """The atlas and two smaller, blurred copies of it: what small pictures read, so that pores do not flicker."""
    half = cv2.pyrDown(atlas)
    return [atlas, half, cv2.pyrDown(half)]


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


def tone(identity: Identity) -> np.ndarray:
    """Linear RGB of the person's plain skin."""
    place = identity.melanin * (len(_TONES) - 1)
    plain = np.array([np.exp(np.interp(place, np.arange(len(_TONES)), np.log(_TONES[:, k]))) for k in range(3)])
    return (plain * (1 + 0.05 * identity.warmth * np.array((-0.3, 0.7, -1.5)))).astype(np.float32)


def _paint_complexion(skin: np.ndarray, identity: Identity, rng: np.random.Generator) -> None:
    """Blood and melanin by zone and at several scales, shadows around the eyes, freckles, gloss.

    Three zones are common: a yellower forehead, a redder middle, a bluer or greyer lower third (stronger with a beard).
    """
    s, t = coordinates()
    light, ageing = 1 - 0.62 * identity.melanin, (identity.age - 18) / 57
    blood = 1.0 * spot(s, t, 44, 108, 16, 13) + 0.8 * spot(s, t, 0, 113, 10, 8) + 0.5 * spot(s, t, 13, 119, 5, 6)
    blood += 0.45 * spot(s, t, 0, 176, 14, 8) + 0.5 * spot(s, t, 34, 76, 18, 7) - 0.5 * spot(s, t, 0, 25, 45, 22)
    blood += 0.20 * _noise(rng, SKIN_SIDE, 34) + 0.15 * _noise(rng, SKIN_SIDE, 11) + 0.14 * _noise(rng, SKIN_SIDE, 4.5)
    blood = ((0.45 + 0.75 * identity.redness) * light * blood)[..., None]
    skin[..., :3] *= 1 - blood * np.array((0.02, 0.15, 0.13), np.float32)
    pigment = 0.25 * _noise(rng, SKIN_SIDE, 60) + (0.15 + 0.25 * ageing) * _noise(rng, SKIN_SIDE, 16)
    pigment += 0.25 * np.clip(_noise(rng, SKIN_SIDE, 7) - 1.2, 0, 2) * ageing + 0.2 * spot(s, t, 0, 142, 26, 10)
    pigment += 0.25 * identity.melanin * (spot(s, t, 0, 20, 55, 22) + spot(s, t, 0, 150, 30, 9))
    skin[..., :3] *= 1 - pigment[..., None] * np.array((0.07, 0.11, 0.13), np.float32)
    around = (0.10 + 0.12 * ageing) * spot(s, t, 29, 83, 12, 4.5) + 0.14 * spot(s, t, 18, 71, 6, 7)
    around += 0.10 * spot(s, t, 34, 62, 16, 5)
    skin[..., :3] *= 1 - around[..., None] * np.array((0.75, 1.0, 0.85), np.float32)
    if identity.freckles > 0.15:
        dots = _noise(rng, SKIN_SIDE, 4.5) * (0.5 * spot(s, t, 0, 100, 50, 24) + 0.1)
        dots -= 0.72 - 0.24 * identity.freckles
        skin[..., :3] *= 1 - np.clip(1.6 * dots, 0, 0.28)[..., None] * np.array((0.6, 0.9, 1.0), np.float32)
    for _ in range(rng.integers(0, 5)):
        mole = (int(rng.uniform(130, 380)), int(rng.uniform(120, 430)))
        brown = (*(float(v) * 0.5 for v in skin[mole[1], mole[0], :3]), 0.05)
        cv2.circle(skin, mole, int(rng.integers(1, 3)), brown, -1, cv2.LINE_AA)
    skin[..., :3] *= 1 + 0.028 * _noise(rng, SKIN_SIDE, 2.2)[..., None]
    gloss = 0.8 * spot(s, t, 0, 100, 7, 22) + 0.55 * spot(s, t, 0, 32, 36, 16)
    gloss += 0.5 * spot(s, t, 44, 97, 14, 9) + 0.4 * spot(s, t, 0, 174, 10, 7) + 0.3 * spot(s, t, 34, 64, 12, 3)
    gloss = (0.035 + 0.05 * gloss) * (0.45 + 0.75 * identity.shine) * (1 - 0.3 * identity.make_up)
    skin[..., 3] = np.clip(gloss * (1 + 0.35 * _noise(rng, SKIN_SIDE, 3)), 0.008, 0.3)


def _paint_make_up(skin: np.ndarray, identity: Identity, rng: np.random.Generator) -> None:
    """Eye shadow over the lids, a line along the lashes, blush on the cheeks."""
    if identity.make_up < 0.05:
        return
    s, t = coordinates()
    amount = identity.make_up
    colour = np.array(((0.20, 0.10, 0.07), (0.10, 0.08, 0.09), (0.22, 0.09, 0.10), (0.25, 0.16, 0.09)))[rng.integers(4)]
    upper = upper_lid(s)
    lid = np.clip((upper - t + 1) / 2, 0, 1) * np.exp(-((np.clip(upper - t, 0, None) / 6.5) ** 2))
    _cover(skin, 0.55 * amount * lid * np.clip(2.5 * eye_opening(s), 0, 1), colour * (1.2 - 0.7 * identity.melanin))
    line = np.exp(-(((t - upper + 0.4) / 1.0) ** 2)) * np.clip(2 * eye_opening(s), 0, 1)
    _cover(skin, 0.75 * amount * line, np.array((0.02, 0.015, 0.015)))
    blush = spot(s, t, 48, 106, 15, 9)[..., None] * amount
    skin[..., :3] *= 1 - blush * np.array((0.0, 0.11, 0.07), np.float32)


def _paint_lips(skin: np.ndarray, identity: Identity, tone: np.ndarray, rng: np.random.Generator) -> None:
    """The red of the lips, fading into the skin over two units, darker inside, with creases that run down."""
    s, t = coordinates()
    upper, lower = lip_border(s, True), lip_border(s, False)
    inside = np.minimum(t - upper, lower - t)
    edge = 1.3 + 1.2 * (1 - identity.lip_colour)
    red = np.clip((inside + 0.4) / edge, 0, 1) * np.clip((MOUTH_CORNER + 1 - np.abs(s)) / 3, 0, 1)
    natural = tone * np.array((0.82, 0.42, 0.45)) + np.array((0.03, 0.0, 0.004)) * (1 - identity.melanin)
    stick = np.array(((0.42, 0.07, 0.08), (0.36, 0.10, 0.09), (0.45, 0.16, 0.16), (0.28, 0.04, 0.07)))[rng.integers(4)]
    strength = 0.75 * max(0.0, identity.lip_colour - 0.45) / 0.55
    lips = natural * (1 - strength) + stick * (1.05 - 0.55 * identity.melanin) * strength
    lips = lips * (1 - 0.12 * np.exp(-(((t - LIP_LINE) / 4.5) ** 2)))[..., None]
    creases = _noise(rng, SKIN_SIDE, 2.6, (SKIN_SIDE, SKIN_SIDE))
    creases = cv2.GaussianBlur(creases, (0, 0), sigmaX=0.4, sigmaY=6)
    lips = lips * np.clip(1 + 0.17 * creases * (1 - 0.4 * strength), 0.6, 1.3)[..., None]
    red = (red * (0.72 + 0.23 * identity.lip_colour))[..., None].astype(np.float32)
    skin[..., :3] += red * (lips.astype(np.float32) - skin[..., :3])
    skin[..., 3:] += red * (0.035 + 0.08 * identity.lip_colour) * np.clip(1 + 0.5 * creases, 0.2, 2)[..., None]
    middle = LIP_LINE + 0.8 * np.exp(-((s / 6) ** 2))
    line = np.exp(-(((t - middle) / 1.1) ** 2)) * np.clip((MOUTH_CORNER + 2 - np.abs(s)) / 6, 0, 1)
    skin[..., :3] *= 1 - line[..., None] * np.array((0.34, 0.48, 0.46), np.float32)


def _paint_creases(skin: np.ndarray) -> None:
    """Places that light hardly reaches, in the brown-red that light has there: nostrils, lids, corners, folds."""
    s, t = coordinates()
    shade = 0.8 * np.clip(1.3 * spot(s, t, 6.2, 124.8, 2.5, 1.3), 0, 1) + 0.22 * spot(s, t, 18, 119, 2.0, 5)
    shade += 0.14 * spot(s, t, 0, 160.5, 13, 3) + 0.16 * spot(s, t, 0, 128, 11, 1.8)
    shade += 0.2 * spot(s, t, 27, 146, 2.5, 2.5)
    eye = np.clip(1.8 * eye_opening(s), 0, 1)
    upper, lower = upper_lid(s), lower_lid(s)
    shade += 0.50 * np.exp(-(((t - upper + 0.1) / 1.0) ** 2)) * eye + 0.16 * np.exp(-(((t - lower) / 0.9) ** 2)) * eye
    crease = upper - 1.0 - 4.0 * eye_opening(s)
    shade += 0.24 * np.exp(-(((t - crease) / 1.2) ** 2)) * eye
    skin[..., :3] *= 1 - np.clip(shade, 0, 0.9)[..., None] * np.array((0.88, 1.0, 1.0), np.float32)


def _paint_hairs(skin: np.ndarray, identity: Identity, rng: np.random.Generator) -> None:
    """What hairs leave on the skin between them: a soft shade under brows, beard and hairline."""
    s, t = coordinates()
    colour = np.array(identity.hair_colour, np.float32)
    along = np.clip((np.abs(s) - 11.5) / 43, 0, 1)
    _, middle = brow_place(along, identity)
    width = 0.55 * identity.brow_width * (1 - 0.6 * along**2) + 0.4
    ends = np.clip((np.abs(s) - 9) / 5, 0, 1) * np.clip((56 - np.abs(s)) / 8, 0, 1)
    brow = 0.5 * identity.brow_density * np.exp(-(((t - middle - 0.5) / width) ** 2)) * ends
    _cover(skin, brow * (1 + 0.2 * _noise(rng, SKIN_SIDE, 3)), 0.6 * np.minimum(colour, 0.2) + 0.01)
    if max(identity.beard, identity.moustache) > 0.02:
        beard = beard_cover(s, t, identity) * (0.35 + 0.5 * max(identity.beard, identity.moustache))
        _cover(skin, beard * (0.8 + 0.25 * _noise(rng, SKIN_SIDE, 3)), 0.7 * colour + 0.012)
    if identity.hair_style != "bald":
        edge = hairline(s / 76, identity) + 1.5 * _noise(rng, SKIN_SIDE, 12) - t
        _cover(skin, 0.85 * np.clip((edge + 1) / 11, 0, 1) * (1 + 0.12 * _noise(rng, SKIN_SIDE, 3)), 0.6 * colour)


def _cover(skin: np.ndarray, share: np.ndarray, colour: np.ndarray) -> None:
    """Mix a colour into the skin and take its gloss away."""
    share = np.clip(share, 0, 0.95)[..., None].astype(np.float32)
    skin[..., :3] += share * (colour.astype(np.float32) - skin[..., :3])
    skin[..., 3:] *= 1 - 0.7 * share


def _paint_eye(patch: np.ndarray, identity: Identity, rng: np.random.Generator) -> None:
    """Sclera with fine vessels, iris with a dark limbus, pupil, as seen along the axis of the eye."""
    y, x = np.mgrid[-1:1:128j, -1:1:128j]
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    white = np.array((0.55, 0.49, 0.45)) * (1 - 0.10 * (identity.age - 18) / 57) * (1 - 0.38 * identity.melanin)
    patch[..., :3] = white * (1 - 0.45 * np.clip(radius - 0.45, 0, 1))[..., None]
    vessels = np.clip(np.abs(x) - 0.42, 0, 1) * (1 + 0.5 * _noise(rng, 128, 5))
    patch[..., 1:3] *= 1 - np.clip(0.75 * vessels, 0, 0.5)[..., None]
    fibres = np.interp(angle, np.linspace(-np.pi, np.pi, 60), rng.normal(0, 1, 60))
    iris = np.array(identity.iris) * 1.2 * (1 + 0.22 * fibres + 0.9 * (0.28 - radius))[..., None]
    iris *= (1 - 0.6 * np.clip((radius - 0.32) / 0.08, 0, 1))[..., None]
    inside = np.clip((0.415 - radius) / 0.055, 0, 1)[..., None]
    pupil = np.clip((0.165 - radius) / 0.03, 0, 1)[..., None]
    patch[..., :3] = (patch[..., :3] * (1 - inside) + iris * inside) * (1 - 0.96 * pupil)
    patch[..., :3] *= (1 - 0.60 * np.clip((-y + 0.05) / 0.42, 0, 1) ** 1.5)[..., None]  # shadow of the upper lid
    patch[..., 3] = 0.75


def _paint_teeth(patch: np.ndarray, identity: Identity, rng: np.random.Generator) -> None:
    """A row of teeth of unlike width and shade; gums at the root end (first rows)."""
    height, width = patch.shape[:2]
    u, v = np.linspace(-1, 1, width)[None], np.linspace(0, 1, height)[:, None]
    place = 5.0 * u + 0.12 * np.sin(7 * u)
    gap = np.abs(np.sin(np.pi * place + 0 * v)) ** 0.45
    tone = 1 + 0.05 * np.interp(np.floor(place), np.arange(-6, 6), rng.standard_normal(12))
    ivory = np.array((0.62, 0.565, 0.46)) * (1 - 0.15 * (identity.age - 18) / 57)
    tooth = ivory * ((0.62 + 0.38 * gap) * tone * (1 - 0.45 * np.abs(u)) * (0.8 + 0.2 * v))[..., None]
    gum = np.clip((0.24 - v + 0.08 * gap) / 0.10, 0, 1)[..., None]
    patch[..., :3] = tooth * (1 - gum) + np.array((0.30, 0.10, 0.10)) * gum
    patch[..., 3] = 0.12


def _paint_hair(patch: np.ndarray, identity: Identity, rng: np.random.Generator) -> None:
    """The depth between the hairs: dark, with strands that run down the shell."""
    strands = cv2.resize(rng.standard_normal((9, 256)).astype(np.float32), (256, 384), interpolation=cv2.INTER_CUBIC)
    shade = np.interp(np.linspace(0, 1, 384), (0, 0.5, 0.75, 1), (0.42, 0.42, 0.22, 0.14))[:, None]  # behind the neck
    patch[..., :3] = np.array(identity.hair_colour) * (shade * np.clip(1 + 0.35 * strands, 0.2, 2))[..., None]
    patch[..., 3] = 0.0
