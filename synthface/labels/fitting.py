"""How the time shares of one AU are found: variance of persons, of videos and of each time constant.

Only ``calibration.py`` calls this, offline.  Where runs and the spread over people are known (BP4D), tracks of unit
variance are drawn once; a candidate weighs them, cuts them, and is compared with the published numbers.  Where only
persistence is known (DISFA), its latent correlation is fitted directly, with no draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, nnls
from scipy.special import ndtri

from synthface.labels import prototypes, statistics, tracks

#: Standard deviations at which a difference counts as one: half the tolerances of the calibration report.
AUTOCORRELATION_SCALE, LOG_RATIO_SCALE = 0.04, 0.10


@dataclass(frozen=True)
class Bench:
    """Unit tracks of a corpus of one AU: what a candidate of shares weighs and cuts."""

    parts: np.ndarray  # (2 + scales, N) person, video, movements
    video: np.ndarray  # (N,) number of the video
    person: np.ndarray  # (N,) number of the person
    task: np.ndarray  # (N,) number of the task

    @classmethod
    def draw(cls, seed: int, lengths: np.ndarray, frame_rate: float) -> Bench:
        """`lengths` has shape (persons, tasks), frames."""
        rng = np.random.default_rng(seed)
        persons, tasks = lengths.shape
        one, scales = np.ones((1, 1)), len(tracks.SCALES)
        level = tracks.levels(rng, persons, one, [one] * tasks)[..., 0]  # (persons, 1 + tasks)
        parts = []
        for p in range(persons):
            for k, n in enumerate(lengths[p]):
                # A column a time constant: five independent movements, each of one constant.
                moves = tracks.movement(rng, int(n), frame_rate, np.eye(scales), np.eye(scales))
                parts.append(np.vstack([np.full(n, level[p, 0]), np.full(n, level[p, 1 + k]), moves.T]))
        flat = lengths.ravel()
        number = np.repeat(np.arange(len(flat)), flat)
        return cls(np.hstack(parts).astype(np.float32), number, number // tasks, number % tasks)

    def active(self, shares: np.ndarray, rates: np.ndarray) -> np.ndarray:
        """Occurrence, bool (N,), for shares (2 + scales,) that sum to 1 and `rates` (tasks,)."""
        drive = np.sqrt(shares).astype(np.float32) @ self.parts
        return drive > ndtri(1 - rates).astype(np.float32)[self.task]


@dataclass(frozen=True)
class Target:
    """Published statistics of one AU; None where there is none."""

    rates: np.ndarray  # (tasks,)
    lags: np.ndarray
    autocorrelation: np.ndarray  # (lags,)
    precision: np.ndarray  # (lags,) weight, 1 = counted from all frames
    median_run: float | None = None  # frames, runs cut by the ends of a video counted as observed
    spread: float | None = None  # standard deviation over people of their rates


def loss(bench: Bench, shares: np.ndarray, target: Target) -> float:
    """Sum of squared differences in units of the scales above."""
    active = bench.active(shares, target.rates)
    found = statistics.lagged_correlation(active, bench.video, target.lags)
    total = float(np.mean(target.precision * ((found - target.autocorrelation) / AUTOCORRELATION_SCALE) ** 2))
    if target.median_run is not None:
        median = np.median(statistics.runs_of(active, bench.video)[0])
        total += (np.log(median / target.median_run) / LOG_RATIO_SCALE) ** 2
    if target.spread is not None:
        people = np.bincount(bench.person, active) / np.bincount(bench.person)
        total += (np.log(people.std(ddof=1) / target.spread) / LOG_RATIO_SCALE) ** 2
    return total


def fit(bench: Bench, target: Target, evaluations: int = 350) -> np.ndarray:
    """Shares (2 + scales,) that sum to 1 with the least :func:`loss` (Nelder–Mead, two starts)."""

    def shares(logits: np.ndarray) -> np.ndarray:
        weights = np.exp(np.clip(np.r_[logits, 0.0], -8, 8))
        return weights / weights.sum()

    starts = (np.array([0.3, 0.0, -2.0, -0.5, 0.3, 0.5]), np.array([0.3, -0.5, -3.0, -2.0, -0.5, 0.8]))
    best = min(
        (
            minimize(
                lambda logits: loss(bench, shares(logits), target) + 1e-3 * float(logits @ logits),
                start,
                method="Nelder-Mead",
                options={"maxfev": evaluations, "initial_simplex": start + np.vstack([np.zeros(6), 0.9 * np.eye(6)])},
            )
            for start in starts
        ),
        key=lambda result: result.fun,
    )
    return shares(best.x)


def fit_persistence(target: Target, frame_rate: float) -> np.ndarray:
    """Shares (2 + scales,) of an AU with one task, of which only the autocorrelation is known.

    Each published value is turned into the correlation of the latent normals, r(k), and
    r(k) = between + Σ_m w_m ρ_m(k) is solved for shares that are not negative and sum to 1.  Persons and videos
    cannot be told apart with one video a person: they get half of the common share each.  The shortest time constant
    is left out: the few sampled pairs at lag 1 would buy it to explain their chance, and it makes events flicker.
    """
    rate = float(target.rates[0])
    latent = np.array([prototypes.tetrachoric(value, rate, rate) for value in target.autocorrelation])
    curves = np.column_stack([np.ones(len(latent)), tracks.autocorrelation(target.lags, frame_rate)[:, 1:]])
    weight = np.sqrt(target.precision)[:, None]
    certain = 100.0  # the shares do sum to 1
    shares, _ = nnls(
        np.vstack([curves * weight, np.full((1, curves.shape[1]), certain)]), np.r_[latent * weight[:, 0], certain]
    )
    shares /= shares.sum()
    return np.r_[shares[0] / 2, shares[0] / 2, 0.0, shares[1:]]
