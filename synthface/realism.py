"""Two statistics in which natural photographs agree with each other, and renderings often do not.

Ruderman (1994), *The statistics of natural images*: power falls with spatial frequency by a power law, and gradients
are heavier-tailed than a normal distribution.  A rendering whose skin is too smooth and whose edges are too crisp has
too few middling gradients: its kurtosis is far higher than a portrait's.
"""

from __future__ import annotations

import numpy as np

_LUMINANCE = np.array((0.299, 0.587, 0.114))


def _luminance(image: np.ndarray) -> np.ndarray:
    """Luminance ``(H, W)`` of a grey or colour image, with checks."""
    values = np.asarray(image, dtype=float)
    if values.ndim == 3 and values.shape[2] == 3:
        values = values @ _LUMINANCE
    if values.ndim != 2 or min(values.shape) < 16:
        raise ValueError(f"image has shape {np.shape(image)}; give (H, W) or (H, W, 3) of at least 16 pixels a side")
    return values


def spectral_slope(image: np.ndarray) -> float:
    """Exponent of the power spectrum: the slope of radially averaged power over frequency, both logarithmic.

    Parameters
    ----------
    image : ndarray, shape (H, W) or (H, W, 3)
        At least 16 pixels a side; the values may have any scale.

    Returns
    -------
    float
        About -2 for white edges at random places, steeper for a portrait photograph; 0 is white noise.

    Raises
    ------
    ValueError
        If the shape is not that of an image.

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal((128, 128))
    >>> abs(spectral_slope(noise)) < 0.1
    True
    """
    grey = _luminance(image)
    grey = (grey - grey.mean()) * np.outer(*(np.hanning(n) for n in grey.shape))  # no jump at the border
    power = np.abs(np.fft.fftshift(np.fft.fft2(grey))) ** 2
    rows, columns = (np.arange(n) - n // 2 for n in grey.shape)
    half = min(grey.shape) // 2
    # Rings of one cycle an image, measured on the shorter side; the first two hold the window, the last the corners.
    radius = np.hypot(rows[:, None] * 2 * half / grey.shape[0], columns[None] * 2 * half / grey.shape[1])
    ring = np.round(radius).astype(int)
    counts = np.bincount(ring.ravel(), minlength=half + 1)
    mean = np.bincount(ring.ravel(), power.ravel(), minlength=half + 1) / np.maximum(counts, 1)
    frequency = np.arange(3, half)
    return float(np.polyfit(np.log(frequency), np.log(mean[3:half] + 1e-12), 1)[0])


def gradient_kurtosis(image: np.ndarray) -> float:
    """Kurtosis (3 for a normal distribution) of the differences between neighbouring pixels.

    Parameters
    ----------
    image : ndarray, shape (H, W) or (H, W, 3)
        At least 16 pixels a side; the values may have any scale.

    Returns
    -------
    float
        Well above 3 for a photograph.  A constant image has none: NaN.

    Raises
    ------
    ValueError
        If the shape is not that of an image.
    """
    grey = _luminance(image)
    steps = np.concatenate([np.diff(grey, axis=0).ravel(), np.diff(grey, axis=1).ravel()])
    steps -= steps.mean()
    variance = (steps**2).mean()
    return float((steps**4).mean() / variance**2) if variance > 0 else float("nan")
