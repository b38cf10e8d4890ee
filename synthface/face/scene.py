"""Light, background and camera: everything in a picture that is not the person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from synthface.face import backdrop

#: The kinds of recording, by what they resemble: BP4D, BP4D+, DISFA, GFT, and the UNBC pain archive.
STYLES = ("laboratory", "studio", "webcam", "table", "clinic")


@dataclass(frozen=True)
class Scene:
    """One recording set-up, constant within a sequence.

    Parameters
    ----------
    style : str
        One of :data:`STYLES`; decides the kind of background.
    azimuth, elevation : float
        Direction of the key light in degrees: from the front towards the right of the image, and up.
    key, fill : float
        Strength of the key light and of the light from all around.
    softness : float
        0 (a lamp) to 1 (a large window): how far light wraps around the head, and how blurred shadows are.
    second : float
        Strength of a soft second light from the other side.
    colour : tuple of float
        Colour of the key light, linear RGB.
    cast : tuple of float
        Colour of the light from all around, linear RGB.
    exposure : float
        Factor on all light.
    background : tuple of float
        Colour of the background, display RGB 0..1.
    clutter : float
        Contrast of what is seen in the background.
    noise : float
        Standard deviation of sensor noise, in grey levels of 255.
    blur : float
        Standard deviation of the lens blur, in pixels of the 200-pixel crop.
    vignette : float
        Loss of light in the corners, 0..1.
    quality : int
        JPEG quality, 1..100.
    saturation, contrast : float
        Of the camera's colours, relative to the scene's.
    sharpen : float
        Strength of the sharpening in the camera, which leaves faint halos.
    flicker : float
        Standard deviation of the change of exposure from frame to frame.
    seed : int
        Pattern of the background.
    """

    style: str = "laboratory"
    azimuth: float = 12.0
    elevation: float = 28.0
    key: float = 0.85
    fill: float = 0.55
    softness: float = 0.7
    second: float = 0.2
    colour: tuple[float, float, float] = (1.0, 0.98, 0.95)
    cast: tuple[float, float, float] = (0.97, 0.99, 1.0)
    exposure: float = 1.0
    background: tuple[float, float, float] = (0.16, 0.19, 0.27)
    clutter: float = 0.04
    noise: float = 1.2
    blur: float = 0.35
    vignette: float = 0.05
    quality: int = 95
    saturation: float = 1.0
    contrast: float = 1.0
    sharpen: float = 0.2
    flicker: float = 0.01
    seed: int = 0

    @classmethod
    def draw(cls, rng: np.random.Generator, style: str) -> Scene:
        """Draw a set-up of a style.

        Raises
        ------
        ValueError
            If the style is unknown.
        """
        if style not in STYLES:
            raise ValueError(f"style={style!r} is unknown; choose one of {list(STYLES)}")
        side, tint = (1 if rng.random() < 0.5 else -1), rng.uniform(-0.02, 0.02)
        seed = int(rng.integers(2**31))
        return _DRAWS[style](cls, rng, side, tint, seed)

    def varied(self, rng: np.random.Generator, factor: float) -> Scene:
        """The same set-up in other light: the place and camera stay, direction, balance, colour and exposure change.

        Parameters
        ----------
        rng : Generator
        factor : float
            0 (no change) to about 2; 1 is the difference between two rooms of one kind.

        Raises
        ------
        ValueError
            If the factor is negative.
        """
        if factor < 0:
            raise ValueError(f"factor={factor} must be at least 0")
        turn, rise, balance, brighter, warm, soft = factor * rng.standard_normal(6)
        tone = np.exp(0.07 * warm * np.array((1.0, 0.1, -1.2)))
        return replace(
            self, azimuth=float(np.clip(self.azimuth + 28 * turn, -80, 80)),
            elevation=float(np.clip(self.elevation + 12 * rise, -10, 65)),
            key=self.key * float(np.exp(0.22 * balance)), fill=self.fill * float(np.exp(-0.28 * balance)),
            second=self.second * float(np.exp(-0.3 * balance)), exposure=self.exposure * float(np.exp(0.14 * brighter)),
            softness=float(np.clip(self.softness + 0.15 * soft, 0.1, 1)),
            colour=_tinted(self.colour, tone), cast=_tinted(self.cast, np.sqrt(tone)),
        )  # fmt: skip

    def lights(self, gain: float = 1.0) -> np.ndarray:
        """Rows that :func:`rasteriser.shade` reads, float32 (9, 3), with all light times ``gain``.

        Direction to the key light, its colour, light from above and from below, wrap of each colour, half-way direction
        of the key light; direction to the second light, its colour and its half-way direction.
        """
        exposure = gain * self.exposure
        to_key, half = _direction(self.azimuth, self.elevation)
        to_second, second_half = _direction(-0.8 * self.azimuth - 30 * np.sign(self.azimuth or 1.0), 12.0)
        around = exposure * self.fill * np.array(self.cast)
        wrap = 0.12 + 0.5 * self.softness + np.array((0.18, 0.06, 0.0))  # red light travels furthest under the skin
        return np.array([to_key, exposure * self.key * np.array(self.colour), 1.05 * around, 0.6 * around, wrap, half,
                         to_second, exposure * self.second * np.array(self.cast), second_half], np.float32)  # fmt: skip


def _tinted(colour: tuple[float, float, float], tone: np.ndarray) -> tuple[float, float, float]:
    red, green, blue = (float(v) for v in np.array(colour) * tone)
    return red, green, blue


def _laboratory(cls: type[Scene], rng: np.random.Generator, side: int, tint: float, seed: int) -> Scene:
    """Even light from the front, a blue cloth, a good camera."""
    grey = rng.uniform(0.8, 1.15)
    return cls(
        style="laboratory", azimuth=side * rng.uniform(6, 28), elevation=rng.uniform(20, 38),
        key=rng.uniform(0.78, 0.95), fill=rng.uniform(0.36, 0.46), second=rng.uniform(0.1, 0.3),
        softness=rng.uniform(0.5, 0.8), colour=(1.0 + tint, 0.98, 0.95 - tint), exposure=rng.uniform(1.0, 1.12),
        contrast=rng.uniform(1.0, 1.08),
        background=(0.20 * grey, 0.25 * grey, 0.36 * grey), clutter=rng.uniform(0.02, 0.05),
        noise=rng.uniform(0.9, 1.7), blur=rng.uniform(0.6, 0.8), vignette=rng.uniform(0.0, 0.08),
        quality=int(rng.integers(92, 97)), sharpen=rng.uniform(0.1, 0.3), flicker=0.008, seed=seed,
    )  # fmt: skip


def _studio(cls: type[Scene], rng: np.random.Generator, side: int, tint: float, seed: int) -> Scene:
    """Brighter, two lamps, a pale screen, a sharper camera."""
    pale = np.array(((0.62, 0.63, 0.64), (0.52, 0.58, 0.52), (0.66, 0.62, 0.56), (0.45, 0.50, 0.56)))[rng.integers(4)]
    red, green, blue = (float(v) for v in pale * rng.uniform(0.85, 1.1))
    return cls(
        style="studio", azimuth=side * rng.uniform(14, 36), elevation=rng.uniform(22, 40), key=rng.uniform(0.84, 1.0),
        fill=rng.uniform(0.40, 0.52), second=rng.uniform(0.25, 0.5), softness=rng.uniform(0.55, 0.85),
        colour=(1.0, 0.985 + tint, 0.97), exposure=rng.uniform(1.02, 1.14), background=(red, green, blue),
        clutter=rng.uniform(0.01, 0.04), noise=rng.uniform(0.6, 1.2), blur=rng.uniform(0.58, 0.74),
        vignette=rng.uniform(0.0, 0.06), quality=int(rng.integers(93, 98)), contrast=rng.uniform(1.0, 1.1),
        sharpen=rng.uniform(0.15, 0.35), flicker=0.006, seed=seed,
    )  # fmt: skip


def _webcam(cls: type[Scene], rng: np.random.Generator, side: int, tint: float, seed: int) -> Scene:
    """In front of a film in a dim room: warm light from one side, sensor noise."""
    warm = rng.uniform(0.6, 1.0)
    return cls(
        style="webcam", azimuth=side * rng.uniform(38, 68), elevation=rng.uniform(5, 35), key=rng.uniform(0.75, 0.95),
        fill=rng.uniform(0.24, 0.34), second=rng.uniform(0.05, 0.2), softness=rng.uniform(0.3, 0.6),
        colour=(1.12, 1 - 0.12 * warm, 0.86 - 0.26 * warm), cast=(1.05, 0.92, 0.82 - 0.1 * warm),
        exposure=rng.uniform(0.95, 1.2), background=(0.16, 0.125 + tint, 0.095), clutter=rng.uniform(0.05, 0.12),
        noise=rng.uniform(1.9, 3.3), blur=rng.uniform(0.7, 1.0), vignette=rng.uniform(0.15, 0.35),
        quality=int(rng.integers(60, 82)), saturation=rng.uniform(0.85, 1.1), sharpen=rng.uniform(0.3, 0.7),
        flicker=0.02, seed=seed,
    )  # fmt: skip


def _table(cls: type[Scene], rng: np.random.Generator, side: int, tint: float, seed: int) -> Scene:
    """Three people talking in a warm room: light from anywhere above, others behind."""
    warm = rng.uniform(0.1, 1.0)
    return cls(
        style="table", azimuth=side * rng.uniform(8, 58), elevation=rng.uniform(20, 55), key=rng.uniform(0.6, 0.9),
        fill=rng.uniform(0.28, 0.48), second=rng.uniform(0.05, 0.45), softness=rng.uniform(0.35, 0.85),
        colour=(1.06, 1 - 0.06 * warm, 0.94 - 0.16 * warm), cast=(1.02, 0.97, 0.93 - 0.08 * warm),
        exposure=rng.uniform(0.85, 1.1), background=(0.50 + tint, 0.43, 0.36 - tint), clutter=rng.uniform(0.06, 0.14),
        noise=rng.uniform(1.0, 2.2), blur=rng.uniform(0.55, 0.9), vignette=rng.uniform(0.0, 0.2),
        quality=int(rng.integers(70, 90)), saturation=rng.uniform(0.85, 1.15), contrast=rng.uniform(0.92, 1.1),
        sharpen=rng.uniform(0.2, 0.6), flicker=0.012, seed=seed,
    )  # fmt: skip


def _clinic(cls: type[Scene], rng: np.random.Generator, side: int, tint: float, seed: int) -> Scene:
    """A treatment room under ceiling lights, seen by an older video camera: soft, pale colours."""
    return cls(
        style="clinic", azimuth=side * rng.uniform(3, 30), elevation=rng.uniform(38, 62), key=rng.uniform(0.62, 0.82),
        fill=rng.uniform(0.42, 0.56), second=rng.uniform(0.05, 0.25), softness=rng.uniform(0.6, 0.95),
        colour=(0.97, 1.0, 0.96 + tint), cast=(0.96, 1.0, 0.99), exposure=rng.uniform(0.92, 1.1),
        background=(0.60 + tint, 0.62, 0.58 - tint), clutter=rng.uniform(0.02, 0.06), noise=rng.uniform(1.2, 2.4),
        blur=rng.uniform(0.75, 1.1), vignette=rng.uniform(0.05, 0.2), quality=int(rng.integers(55, 78)),
        saturation=rng.uniform(0.6, 0.85), contrast=rng.uniform(0.9, 1.05), sharpen=rng.uniform(0.3, 0.8),
        flicker=0.01, seed=seed,
    )  # fmt: skip


_DRAWS = {"laboratory": _laboratory, "studio": _studio, "webcam": _webcam, "table": _table, "clinic": _clinic}


def _direction(azimuth: float, elevation: float) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors to a lamp, and half way between it and the camera."""
    a, e = np.deg2rad((azimuth, elevation))
    there = np.array((np.sin(a) * np.cos(e), -np.sin(e), np.cos(a) * np.cos(e)))
    half = there + np.array((0, 0, 1))
    return there, half / np.linalg.norm(half)


@lru_cache(maxsize=4)
def background(scene: Scene, samples: int, span: float = 200.0) -> np.ndarray:
    """What is behind the person, square root of linear colour, float32 ``(samples, samples, 3)``; read only."""
    out = backdrop.paint(scene.style, scene.background, scene.clutter, scene.seed, samples, span)
    out.flags.writeable = False
    return out


def photograph(buffer: np.ndarray, scene: Scene, side: int, rng: np.random.Generator | None) -> np.ndarray:
    """What the camera makes of a rendered buffer: lens, exposure, response, noise, sharpening, JPEG.

    Parameters
    ----------
    buffer : float32 (S, S, 3)
        Square root of linear colour; ``S`` is a multiple of ``side``.
    rng : Generator or None
        Flicker and sensor noise; None leaves both out.

    Returns
    -------
    uint8 (side, side, 3)
    """
    image = cv2.resize(buffer, (side, side), interpolation=cv2.INTER_AREA)
    sigma = scene.blur * side / 200
    if sigma > 0.12:
        image = cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    r = np.linspace(-1, 1, side, dtype=np.float32)
    light = 1 - 0.5 * scene.vignette * (r[:, None] ** 2 + r**2)
    if rng is not None:
        light *= np.exp(np.float32(0.5 * scene.flicker * rng.standard_normal()))
    image = cv2.transform(image * light[..., None], _response(scene))
    image = np.float32(255) * _shoulder(image)
    if rng is not None:
        image = image + _grain(scene, side, rng)
    if scene.sharpen > 0:
        soft = cv2.GaussianBlur(image, (0, 0), 0.4 + 0.8 * side / 200)
        image = cv2.addWeighted(image, 1 + scene.sharpen, soft, -scene.sharpen, 0.5)
    digital = np.clip(image, 0, 255).astype(np.uint8)
    _, coded = cv2.imencode(".jpg", digital[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, scene.quality))
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert decoded is not None  # OpenCV has just encoded it
    return np.ascontiguousarray(decoded[..., ::-1])


def _response(scene: Scene) -> np.ndarray:
    """Affine map (3, 4) of colours: saturation about grey, contrast about the middle."""
    grey = np.tile((0.299, 0.587, 0.114), (3, 1))
    matrix = scene.contrast * (grey + scene.saturation * (np.eye(3) - grey))
    return np.column_stack([matrix, np.full(3, 0.45 * (1 - scene.contrast))]).astype(np.float32)


def _grain(scene: Scene, side: int, rng: np.random.Generator) -> np.ndarray:
    """Sensor noise in grey levels: fine in brightness, coarser and weaker in colour, as after demosaicing."""
    fine = rng.standard_normal((side, side), dtype=np.float32)
    colour = rng.standard_normal(((side + 2) // 3, (side + 2) // 3, 3), dtype=np.float32)
    strength = np.float32(scene.noise * min(1.0, (side / 200) ** 0.7))  # a small picture averages over its sensor
    return strength * (fine[..., None] + np.float32(0.6) * cv2.resize(colour, (side, side)))


def _shoulder(image: np.ndarray) -> np.ndarray:
    """Compress highlights softly above 0.75 instead of clipping them."""
    over = np.maximum(image - np.float32(0.75), 0)
    return np.minimum(image, np.float32(0.75)) + over / (1 + np.float32(1.6) * over)
