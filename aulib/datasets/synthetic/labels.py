"""Action units over time: a latent Gaussian process a person, cut at the level that gives the wanted base rate.

Each AU has a latent trajectory ``z(t)`` with unit variance, the sum of a level of the person, a level of the video
and a slow movement in time.  All three share one correlation matrix over AUs.  The AU is active while ``z`` is above
the quantile that belongs to its base rate in the present task, and its strength grows with the height above it, so
that every event has an onset, an apex and an offset.

The numbers it is fitted to are published aggregates of real annotation (``statistics/``): base rates by task,
correlations, runs a minute and level frequencies.  No label of a real frame is in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.signal import lfilter
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from aulib.datasets.synthetic.face import FACE_AUS

STATISTICS = Path(__file__).parent / "statistics"

#: Shares of the latent variance: between people, between videos of a person, within a video.
SUBJECT_SHARE, VIDEO_SHARE, TIME_SHARE = 0.20, 0.15, 0.65

#: Share of active frames at intensity 1…5 where only occurrence is known (our choice; BP4D prints none here).
OCCURRENCE_LEVELS = np.array([0.14, 0.28, 0.30, 0.19, 0.09])

#: Base rates of AUs that a corpus shows but does not code, so that its faces are not restricted to coded AUs.
UNCODED_RATES = {
    5: 0.04,
    7: 0.10,
    9: 0.06,
    10: 0.08,
    14: 0.08,
    20: 0.03,
    23: 0.04,
    24: 0.04,
    25: 0.18,
    26: 0.10,
    43: 0.01,
    45: 0.01,
}

#: Correlations among pairs that no table covers: antagonists and synergists of FACS (our choice).
PRIOR_CORRELATIONS = {
    (24, 25): -0.4,
    (23, 25): -0.3,
    (24, 26): -0.3,
    (25, 26): 0.6,
    (5, 7): -0.3,
    (4, 9): 0.3,
    (9, 10): 0.4,
    (1, 5): 0.3,
    (2, 5): 0.3,
    (12, 25): 0.3,
    (6, 25): 0.2,
    (20, 25): 0.2,
    (17, 25): -0.3,
}


@dataclass(frozen=True)
class LabelModel:
    """Everything that fixes the label statistics of one corpus; AUs in the order of ``FACE_AUS``.

    Parameters
    ----------
    tasks : tuple of str
        Names of the tasks (one video each a person).
    rates : ndarray, shape (tasks, 17)
        Probability that an AU is active in a frame of a task.
    levels : ndarray, shape (17, 5)
        Share of active frames at intensity 1…5; rows sum to 1.
    correlation : ndarray, shape (17, 17)
        Correlation of the latent variables, positive semidefinite.
    time_constants : ndarray, shape (17,)
        Seconds; the movement in time is a twice-filtered noise with this constant.
    """

    tasks: tuple[str, ...]
    rates: np.ndarray
    levels: np.ndarray
    correlation: np.ndarray
    time_constants: np.ndarray

    def subject_levels(self, rng: np.random.Generator) -> np.ndarray:
        """Latent level of one person, shape (17,)."""
        return np.sqrt(SUBJECT_SHARE) * self._correlated(rng, 1)[0]

    def sequence(
        self, rng: np.random.Generator, task: int, person: np.ndarray, n_frames: int, frame_rate: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw one video.

        Parameters
        ----------
        rng : numpy.random.Generator
        task : int
            Row of `rates`.
        person : ndarray, shape (17,)
            From :meth:`subject_levels`.
        n_frames : int
        frame_rate : float
            Frames a second.

        Returns
        -------
        strengths : ndarray of float32, shape (n_frames, 17)
            Continuous strength 0…5; just below an event it is above zero, a movement too small to be coded.
        codes : ndarray of int8, shape (n_frames, 17)
            What a coder writes down: 0, or 1…5.
        """
        video = np.sqrt(VIDEO_SHARE) * self._correlated(rng, 1)[0]
        movement = np.sqrt(TIME_SHARE) * self._movement(rng, n_frames, frame_rate)
        latent = person + video + movement  # (T, 17)
        return self._strengths(latent, self.rates[task])

    def _correlated(self, rng: np.random.Generator, n: int) -> np.ndarray:
        values, vectors = np.linalg.eigh(self.correlation)
        root = vectors * np.sqrt(np.clip(values, 0, None))  # R = root rootᵀ
        return rng.standard_normal((n, len(values))) @ root.T

    def _movement(self, rng: np.random.Generator, n_frames: int, frame_rate: float) -> np.ndarray:
        decay = np.exp(-1 / (self.time_constants * frame_rate))  # (17,)
        warm_up = int(8 * self.time_constants.max() * frame_rate)  # forget the zero start
        noise = self._correlated(rng, n_frames + warm_up)  # (T', 17)
        track = np.empty_like(noise)
        for i, a in enumerate(decay):
            # Two first-order filters in a row: smooth onsets, and a known variance (1 + a²) / (1 - a²)³.
            twice = lfilter([1.0], [1.0, -2 * a, a * a], noise[:, i])
            track[:, i] = twice * np.sqrt((1 - a * a) ** 3 / (1 + a * a))
        return track[warm_up:]

    def _strengths(self, latent: np.ndarray, rates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # P(code >= k) for k = 1…5 gives the latent height at which each level begins.
        survival = rates[:, None] * np.cumsum(self.levels[:, ::-1], axis=1)[:, ::-1]  # (17, 5)
        starts = ndtri(1 - np.clip(survival, 1e-6, 1 - 1e-6))  # (17, 5)
        strengths = np.zeros(latent.shape, np.float32)
        codes = np.zeros(latent.shape, np.int8)
        for i, start in enumerate(starts):
            # Knots: silence shortly below the event, level k reached (as k - ½) where code k begins.
            top = max(start[4] + 0.6, start[4] * 1.3)
            heights = np.maximum.accumulate(np.r_[start[0] - 0.15, start, top] + np.arange(7) * 1e-9)
            strengths[:, i] = np.interp(latent[:, i], heights, [0, 0.7, 1.5, 2.5, 3.5, 4.5, 5.0])
            codes[:, i] = np.searchsorted(start, latent[:, i], side="right")
        return strengths, codes


def tetrachoric(phi: float, p: float, q: float) -> float:
    """Correlation of two standard normals whose indicators at rates `p` and `q` have correlation `phi`.

    Found by bisection on the bivariate normal distribution function; clipped to ±.98.
    """
    target = p * q + phi * np.sqrt(p * (1 - p) * q * (1 - q))
    cut = [ndtri(p), ndtri(q)]
    low, high = -0.98, 0.98
    for _ in range(24):
        middle = (low + high) / 2
        if multivariate_normal.cdf(cut, cov=[[1, middle], [middle, 1]]) < target:
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


def _correlation(table: str, rates: dict[int, float]) -> np.ndarray:
    """Latent correlations from a table of correlations of labels, with `PRIOR_CORRELATIONS` where it is silent."""
    frame = pd.read_csv(STATISTICS / table, index_col=0)
    frame.columns = frame.columns.astype(int)
    matrix = np.eye(len(FACE_AUS))
    for i, a in enumerate(FACE_AUS):
        for j in range(i):
            b = FACE_AUS[j]
            if a in frame.index and b in frame.index:
                matrix[i, j] = tetrachoric(frame.loc[a, b], rates[a], rates[b])
            else:
                matrix[i, j] = PRIOR_CORRELATIONS.get((b, a), 0.0)
            matrix[j, i] = matrix[i, j]
    return nearest_correlation(matrix)


def _time_constants(rates: dict[int, float]) -> np.ndarray:
    """Seconds such that the AU begins as often a minute as published (Rice's formula for level crossings)."""
    runs = pd.read_csv(STATISTICS / "bp4d_runs_per_minute.csv", index_col=0)["active_runs_per_minute"]
    constants = []
    for au in FACE_AUS:
        per_second = runs.get(au, 5.0) / 60
        cut = ndtri(1 - rates[au])
        constants.append(np.exp(-cut * cut / 2) / (2 * np.pi * per_second))
    return np.clip(constants, 0.3, 2.5)


@cache
def bp4d_like() -> LabelModel:
    """Eight tasks, base rates near one half for AUs 6, 7, 10, 12, 14 and rare AUs 1, 2, 4, 15, 17, 23, 24."""
    table = pd.read_csv(STATISTICS / "bp4d_rates_by_task.csv", index_col=0)
    coded = table.drop(columns="frames")
    coded.columns = coded.columns.astype(int)
    rates = np.array([[coded.loc[task].get(au, UNCODED_RATES.get(au)) for au in FACE_AUS] for task in coded.index])
    mean = dict(zip(FACE_AUS, rates.mean(axis=0), strict=True))
    return LabelModel(
        tuple(coded.index),
        rates.astype(float),
        np.tile(OCCURRENCE_LEVELS, (len(FACE_AUS), 1)),
        _correlation("bp4d_within_video_correlation.csv", mean),
        _time_constants(mean),
    )


@cache
def disfa_like() -> LabelModel:
    """One long video a person, sparse AUs, level frequencies as counted in DISFA."""
    counts = pd.read_csv(STATISTICS / "disfa_level_counts.csv", index_col=0)
    rates, levels = {}, []
    for au in FACE_AUS:
        if au in counts.index:
            row = counts.loc[au].to_numpy(float)
            rates[au] = row[1:].sum() / row.sum()
            levels.append(row[1:] / row[1:].sum())
        else:
            rates[au] = UNCODED_RATES[au]
            levels.append(OCCURRENCE_LEVELS)
    return LabelModel(
        ("V1",),
        np.array([[rates[au] for au in FACE_AUS]]),
        np.array(levels),
        _correlation("disfa_correlation.csv", rates),
        _time_constants(rates),
    )
