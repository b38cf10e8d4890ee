"""Emotion prototypes: which AUs an emotion brings together, and the latent correlations that follow from them.

Where annotation has been counted, its correlations are used (``calibration.py``).  Pairs that no table covers take
the value that their common prototypes and antagonisms give here, and tasks that aim at an emotion show its AUs more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from synthface.face.action_units import FACE_AUS

#: AUs of the prototypes (Ekman, Friesen & Hager 2002, FACS Investigator's Guide; pain: Prkachin & Solomon 2008),
#: as far as the face shows them.
PROTOTYPES = {
    "happiness": (6, 12, 25),
    "sadness": (1, 4, 15, 17),
    "surprise": (1, 2, 5, 25, 26),
    "fear": (1, 2, 4, 5, 20, 25),
    "anger": (4, 5, 7, 17, 23, 24),
    "disgust": (9, 10, 17),
    "embarrassment": (12, 14, 24),
    "pain": (4, 6, 7, 9, 10, 25, 43),
}

#: Emotion that each task of BP4D aims at (Zhang et al. 2014, Table 1).
TASK_EMOTIONS = ("happiness", "sadness", "surprise", "embarrassment", "fear", "pain", "anger", "disgust")

#: Latent correlation of two AUs with a prototype in common, and of antagonists, by pair (our choice).
TOGETHER = 0.25
AGAINST = {(24, 25): -0.5, (24, 26): -0.4, (23, 25): -0.3, (17, 25): -0.3, (5, 7): -0.3, (5, 43): -0.4}
SYNERGY = {(25, 26): 0.55, (9, 10): 0.4, (4, 9): 0.4}

#: An emotion's own task shows its uncalibrated AUs more often by this much on the logit scale (our choice).
TASK_LOGIT = 1.0


def prior(a: int, b: int) -> float:
    """Latent correlation of two AUs that no table covers."""
    pair = (min(a, b), max(a, b))
    if pair in AGAINST or pair in SYNERGY:
        return AGAINST.get(pair, SYNERGY.get(pair, 0.0))
    return TOGETHER if any(a in aus and b in aus for aus in PROTOTYPES.values()) else 0.0


def latent_prior() -> np.ndarray:
    """Correlation matrix of all AUs from prototypes alone, (19, 19); blinks (AU45) go with nothing."""
    matrix = np.array([[1.0 if a == b else prior(a, b) for b in FACE_AUS] for a in FACE_AUS])
    return nearest_correlation(matrix)


def task_shift(au: int, emotions: Sequence[str]) -> np.ndarray:
    """How much more an AU shows in each task, on the logit scale, shape (tasks,)."""
    return np.array([TASK_LOGIT * (au in PROTOTYPES[emotion]) for emotion in emotions])


def tetrachoric(phi: float, p: float, q: float) -> float:
    """Correlation of two standard normals whose indicators at rates `p` and `q` have correlation `phi`.

    Found by bisection on the bivariate normal distribution function; clipped to ±.98.
    """
    target = p * q + phi * np.sqrt(p * (1 - p) * q * (1 - q))
    at = [ndtri(p), ndtri(q)]
    low, high = -0.98, 0.98
    for _ in range(24):
        middle = (low + high) / 2
        if multivariate_normal.cdf(at, cov=[[1, middle], [middle, 1]]) < target:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def nearest_correlation(matrix: np.ndarray) -> np.ndarray:
    """Positive semidefinite matrix with unit diagonal near `matrix`: negative eigenvalues cut, rows rescaled."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    psd = (vectors * np.clip(values, 1e-4, None)) @ vectors.T
    scale = np.sqrt(np.diag(psd))
    return psd / np.outer(scale, scale)
