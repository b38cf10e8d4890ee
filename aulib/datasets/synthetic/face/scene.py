"""Light, background and camera: everything in a picture that is not the person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

STYLES = ("laboratory", "webcam")


@dataclass(frozen=True)
class Scene:
    """One recording set-up, constant within a sequence.

    Parameters
    ----------
    style : str
        ``laboratory`` or ``webcam``; decides the kind of background.
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
        if style == "laboratory":
            grey = rng.uniform(0.8, 1.15)
            return cls(
                style=style, azimuth=side * rng.uniform(5, 25), elevation=rng.uniform(20, 38),
                key=rng.uniform(0.72, 0.9), fill=rng.uniform(0.48, 0.62), softness=rng.uniform(0.55, 0.85),
                colour=(1.0 + tint, 0.98, 0.95 - tint), exposure=rng.uniform(0.95, 1.08),
                background=(0.15 * grey, 0.19 * grey, 0.28 * grey),
                clutter=rng.uniform(0.02, 0.05), noise=rng.uniform(0.8, 1.6), blur=rng.uniform(0.25, 0.45),
                vignette=rng.uniform(0.0, 0.08), quality=int(rng.integers(93, 98)), flicker=0.008,
                seed=int(rng.integers(2**31)),
            )  # fmt: skip
        warm = rng.uniform(0.6, 1.0)
        return cls(
            style=style, azimuth=side * rng.uniform(38, 68), elevation=rng.uniform(5, 35), key=rng.uniform(0.65, 0.85),
            fill=rng.uniform(0.24, 0.36), softness=rng.uniform(0.25, 0.55),
            colour=(1.12, 1 - 0.12 * warm, 0.86 - 0.26 * warm), cast=(1.05, 0.92, 0.82 - 0.1 * warm),
            exposure=rng.uniform(0.85, 1.15), background=(0.10, 0.075 + tint, 0.055), clutter=rng.uniform(0.05, 0.12),
            noise=rng.uniform(3.5, 6.5), blur=rng.uniform(0.6, 0.95), vignette=rng.uniform(0.15, 0.35),
            quality=int(rng.integers(55, 80)), flicker=0.02, seed=int(rng.integers(2**31)),
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


def _direction(azimuth: float, elevation: float) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors to a lamp, and half way between it and the camera."""
    a, e = np.deg2rad((azimuth, elevation))
    there = np.array((np.sin(a) * np.cos(e), -np.sin(e), np.cos(a) * np.cos(e)))
    half = there + np.array((0, 0, 1))
    return there, half / np.linalg.norm(half)


@lru_cache(maxsize=4)
def background(scene: Scene, samples: int) -> np.ndarray:
    """The wall behind the person, square root of linear colour, float32 ``(samples, samples, 3)``; read only."""
    rng = np.random.default_rng([scene.seed, 5])
    line = np.linspace(0, 1, samples, dtype=np.float32)
    if scene.style == "laboratory":  # cloth: soft vertical folds, lit from above
        folds = cv2.resize(
            rng.standard_normal((2, 9)).astype(np.float32), (samples, samples), interpolation=cv2.INTER_CUBIC
        )
        pattern = folds[..., None] + 0.8 * (0.5 - line)[:, None, None]
    else:  # a room out of focus
        blobs = (0.3 * rng.standard_normal((5, 5, 3)) + rng.standard_normal((5, 5, 1))).astype(np.float32)
        pattern = cv2.resize(blobs, (samples, samples), interpolation=cv2.INTER_CUBIC)
    out = np.clip(np.array(scene.background, np.float32) + scene.clutter * pattern, 0, 1).astype(np.float32)
    out.flags.writeable = False
    return out


def photograph(buffer: np.ndarray, scene: Scene, side: int, rng: np.random.Generator | None) -> np.ndarray:
    """What the camera makes of a rendered buffer.

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
    light = 255 * (1 - 0.5 * scene.vignette * (r[:, None] ** 2 + r**2))
    if rng is not None:
        light *= np.exp(np.float32(0.5 * scene.flicker * rng.standard_normal()))
    image = _shoulder(image) * light[..., None]
    if rng is not None:
        image += scene.noise * rng.standard_normal((side, side, 3), dtype=np.float32)
    image = np.clip(image + 0.5, 0, 255).astype(np.uint8)
    _, coded = cv2.imencode(".jpg", image[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, scene.quality))
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert decoded is not None  # OpenCV has just encoded it
    return np.ascontiguousarray(decoded[..., ::-1])


def _shoulder(image: np.ndarray) -> np.ndarray:
    """Compress highlights softly above 0.75 instead of clipping them."""
    over = np.maximum(image - 0.75, 0)
    return np.minimum(image, 0.75) + over / (1 + 2.5 * over)
