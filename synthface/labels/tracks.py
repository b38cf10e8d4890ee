"""Latent tracks: how strongly each AU is driven at each frame, before anything is cut into events.

The drive of AU ``i`` in a video is a standard normal process

    x(t) = √a S + √b V + √c Y(t),      a + b + c = 1,

with a level S of the person, a level V of the video and a movement Y(t) in time.  Y is a mixture of smooth noises of
a few time constants (``SCALES``): the short ones make the many brief events of real annotation, the long ones its
heavy tail, which a first-order Markov chain does not have.  A corpus has few people, so their levels are drawn for
all of them together and *stratified*: otherwise the base rate of a corpus of 41 would be off by several points
through the luck of who was drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import lfilter
from scipy.special import ndtr, ndtri

#: Time constants of the movement, in seconds; a model has a weight for each.
SCALES = (0.12, 0.3, 0.8, 2.0, 5.0)

#: Seconds that a burst of speech lasts on average, and syllables a second (our choice; speech has 3 to 6).
SPEECH_BURST, SYLLABLES = 2.5, 4.0

#: Seconds that a face rests on average, once it does (our choice).
REST = 6.0


def root(correlation: np.ndarray) -> np.ndarray:
    """Matrix A with A Aᵀ = `correlation`, shape (K, K); negative eigenvalues are taken as zero."""
    values, vectors = np.linalg.eigh(correlation)
    return vectors * np.sqrt(np.clip(values, 0, None))


def decay(frame_rate: float) -> np.ndarray:
    """Pole of the filter of each time constant at `frame_rate` frames a second, shape (scales,)."""
    return np.exp(-1 / (np.asarray(SCALES) * frame_rate))


def autocorrelation(lags: np.ndarray, frame_rate: float) -> np.ndarray:
    """Autocorrelation of each movement at `lags` in frames, shape (lags, scales).

    White noise through the filter 1 / (1 - a z⁻¹)² has ρ(k) = aᵏ (1 + k (1 - a²) / (1 + a²)).
    """
    a = decay(frame_rate)
    k = np.abs(np.asarray(lags, float))[:, None]
    return a**k * (1 + k * (1 - a * a) / (1 + a * a))


def movement(
    rng: np.random.Generator, n: int, frame_rate: float, weights: np.ndarray, correlation_root: np.ndarray
) -> np.ndarray:
    """Movement Y(t) of unit variance, shape (n, K).

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Frames.
    frame_rate : float
        Frames a second.
    weights : ndarray, shape (K, scales)
        Share of each time constant in the variance; rows sum to 1.
    correlation_root : ndarray, shape (K, K)
        From :func:`root`; every time constant has the same correlation between AUs.
    """
    noise = rng.standard_normal((len(SCALES), n + 2, len(weights))) @ correlation_root.T  # (M, n + 2, K)
    track = np.zeros((n, len(weights)))
    for m, a in enumerate(decay(frame_rate)):
        # The two frames before the first are drawn from the stationary law, so that no warm-up is needed.
        variance = (1 + a * a) / (1 - a * a) ** 3
        rho = 2 * a / (1 + a * a)
        before = np.sqrt(variance) * noise[m, 0]
        earlier = rho * before + np.sqrt(variance * (1 - rho * rho)) * noise[m, 1]
        state = np.stack([2 * a * before - a * a * earlier, -a * a * before])  # (2, K)
        smooth, _ = lfilter([1.0], [1.0, -2 * a, a * a], noise[m, 2:], axis=0, zi=state)
        track += np.sqrt(weights[:, m] / variance) * smooth
    return track


def mean_covariance(n: int, frame_rate: float, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariance of Y(t) with its mean over a video of `n` frames, (n, K), and the variance of that mean, (K,)."""
    rho = autocorrelation(np.arange(n), frame_rate) @ weights.T  # (n, K)
    total = np.cumsum(rho, axis=0)
    covariance = (total + total[::-1] - rho[:1]) / n  # Σ_s ρ(|t - s|), lags before and after t
    return covariance, covariance.mean(axis=0)


def levels(rng: np.random.Generator, persons: int, person_root: np.ndarray, video_roots: Sequence[np.ndarray]):
    """Standard normal levels of all people of a corpus, shape (persons, 1 + videos, K).

    Row 0 is the level of the person, row v that of the v-th video.  Over the people, each column has mean 0 and
    variance 1 and no correlation of a video with its person, so that a small corpus has the base rates and the
    spread over people of a large one.

    Parameters
    ----------
    rng : numpy.random.Generator
    persons : int
    person_root : ndarray, shape (K, K)
        Root of the correlation of people's levels between AUs.
    video_roots : sequence of ndarray, shape (K, K)
        One a video.
    """
    person = _stratified(rng.standard_normal((persons, len(person_root))) @ person_root.T, None)
    videos = [_stratified(rng.standard_normal((persons, len(r))) @ r.T, person) for r in video_roots]
    return np.stack([person, *videos], axis=1)


def _stratified(draws: np.ndarray, person: np.ndarray | None) -> np.ndarray:
    """`draws` (P, K) with normal scores for values, hence exact quantiles, column by column orthogonal to `person`."""
    if len(draws) < 4:
        return draws  # too few to say what is typical
    scores = ndtri((np.argsort(np.argsort(draws, axis=0), axis=0) + 0.5) / len(draws))
    if person is not None:
        scores = scores - person * (person * scores).sum(axis=0) / (person * person).sum(axis=0)
    scores = scores - scores.mean(axis=0)
    return scores / scores.std(axis=0)


def video_track(
    rng: np.random.Generator,
    n: int,
    frame_rate: float,
    person: np.ndarray,
    video: np.ndarray,
    shares: np.ndarray,
    weights: np.ndarray,
    between_root: np.ndarray,
    within_root: np.ndarray,
) -> np.ndarray:
    """Drive x(t) of one video whose mean over time is given, shape (n, K).

    A free path is drawn first and then shifted, most where it moves most with its mean, so that its mean becomes
    √(b + c var Ȳ) times `video` (conditional simulation; Journel & Huijbregts 1978, "kriging of the residual").

    Parameters
    ----------
    person, video : ndarray, shape (K,)
        Two rows of :func:`levels`.
    shares : ndarray, shape (K, 2)
        a and b: shares of person and video in the variance.
    """
    a, b = shares.T
    c = np.clip(1 - a - b, 0, 1)
    free = np.sqrt(b) * (rng.standard_normal(len(a)) @ between_root.T) + np.sqrt(c) * movement(
        rng, n, frame_rate, weights, within_root
    )
    covariance, variance = mean_covariance(n, frame_rate, weights)
    spread = b + c * variance  # variance of the mean over the video
    gain = (b + c * covariance) / np.where(spread > 0, spread, 1)  # (n, K)
    return np.sqrt(a) * person + free + gain * (np.sqrt(spread) * video - free.mean(axis=0))


def spells(rng: np.random.Generator, n: int, frame_rate: float, share: float, seconds: float) -> np.ndarray:
    """Spells that fill `share` of the time and last `seconds` on average, bool (n,); both they and the gaps between
    are exponential, and the first frame is like any other."""
    inside = np.zeros(n, bool)
    if share <= 0:
        return inside
    gap = seconds * (1 - share) / share
    frame, on = 0, bool(rng.random() < share)
    while frame < n:
        end = frame + max(1, round(rng.exponential(seconds if on else gap) * frame_rate))
        inside[frame:end] = on
        frame, on = end, not on
    return inside


def speech(rng: np.random.Generator, n: int, frame_rate: float, share: float) -> tuple[np.ndarray, np.ndarray]:
    """When a person talks, bool (n,), and how open the mouth is by the syllable, 0…1, shape (n,)."""
    # The rate of syllables wanders by a tenth; the phase is uniform all the same.
    steps = SYLLABLES / frame_rate * (1 + 0.1 * rng.standard_normal(n))
    opening = np.sin(np.pi * (rng.random() + np.cumsum(steps))) ** 2
    return spells(rng, n, frame_rate, share, SPEECH_BURST), opening


def rest(uniform: np.ndarray, resting: np.ndarray, share: float) -> np.ndarray:
    """Uniform variables (n, K) pressed into their lowest `share` while a face rests, and into the others otherwise.

    They stay uniform over time, so no base rate changes; but rest comes to all AUs at once, which makes neutral
    faces commoner than correlations alone would.
    """
    if share <= 0:
        return uniform
    return np.where(resting[:, None], share * uniform, share + (1 - share) * uniform)


def lift_by_speech(
    drive: np.ndarray, talking: np.ndarray, opening: np.ndarray, share: float, lift: np.ndarray, syllabic: np.ndarray
) -> np.ndarray:
    """Drives raised while a person talks, as uniform variables, shape (n, K).

    The distribution of the raised drive is a mixture of normals, and each value is passed through the distribution
    function of that mixture: it is uniform again, so that speech moves the *times* of events and not base rates.

    Parameters
    ----------
    drive : ndarray, shape (n, K)
        Standard normal.
    talking, opening : ndarray, shape (n,)
        From :func:`speech`.
    share : float
        Share of time with speech.
    lift : ndarray, shape (K,)
        How far speech raises a drive, in standard deviations.
    syllabic : ndarray of bool, shape (K,)
        AUs that follow the syllables; the others are raised for the whole burst.
    """
    uniform = ndtr(drive)
    phases = np.sin(np.pi * (np.arange(16) + 0.5) / 16) ** 2
    for i in np.flatnonzero(lift) if share > 0 else ():
        raised = drive[:, i] + lift[i] * talking * (opening if syllabic[i] else 1.0)
        offsets = lift[i] * (phases if syllabic[i] else np.ones(1))
        quiet = (1 - share) * ndtr(raised)
        uniform[:, i] = quiet + share * ndtr(raised[:, None] - offsets).mean(axis=1)
    return uniform
