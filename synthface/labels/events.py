"""From latent tracks to events: when an AU acts (cut), how it grows and fades (strength), what a coder writes (code).

An event is a run of frames in which the latent variable of an AU lies above the quantile that its base rate leaves
above it.  Its strength follows the height above that cut, held down near its ends by a ramp: it starts where a coder
would just see it (strength ½), rises within the onset time to its apex, and fades within the offset time.
A strength rounds to its code, so that a face shows what its label says.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from synthface.face.action_units import FACE_AUS

#: Strength from which a movement is coded at all: half of intensity 1.
VISIBLE = 0.5

#: Median onset time in seconds, by AU (our choice; about half a second is reported for the onset of smiles).
ONSET = {1: 0.30, 2: 0.30, 4: 0.40, 5: 0.20, 12: 0.50, 6: 0.50, 43: 0.15, 25: 0.12, 26: 0.16}
USUAL_ONSET = 0.35

#: An offset lasts longer than an onset by this factor; both vary from event to event with this spread (log scale).
OFFSET_FACTOR, RAMP_SPREAD = 1.3, 0.3

#: Longest blink and shortest held closure of the eye, in seconds (FACS: AU45 up to half a second, AU43 beyond).
LONGEST_BLINK = 0.5


def runs(active: np.ndarray) -> np.ndarray:
    """First and one-past-last frame of each run of True, shape (runs, 2)."""
    steps = np.diff(np.r_[False, active, False].astype(np.int8))
    return np.column_stack([np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)])


def cut(
    uniforms: np.ndarray, rates: np.ndarray, exclusions: tuple[tuple[int, int], ...], shortest_closure: int
) -> np.ndarray:
    """Frames in which each AU acts, bool (n, 19).

    Parameters
    ----------
    uniforms : ndarray, shape (n, 19)
        Latent tracks.
    rates : ndarray, shape (19,)
        Base rates in this task.
    exclusions : tuple of (int, int)
        AU numbers: the second does not act while the first does, as coders hold them incompatible.
    shortest_closure : int
        Frames; a shorter event of AU43 would be a blink and is left out.
    """
    active = uniforms > 1 - rates
    for keeper, yielder in exclusions:
        active[:, FACE_AUS.index(yielder)] &= ~active[:, FACE_AUS.index(keeper)]
    if shortest_closure > 0:
        eyes = active[:, FACE_AUS.index(43)]
        for first, end in runs(eyes):
            if end - first < shortest_closure:
                eyes[first:end] = False
    return active


def strengths(
    rng: np.random.Generator,
    uniforms: np.ndarray,
    active: np.ndarray,
    rates: np.ndarray,
    heights: np.ndarray,
    frame_rate: float,
    ramps: bool,
) -> np.ndarray:
    """Strength 0…5 of each AU at each frame, float32 (n, 19): at least ½ exactly where `active`.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the onset and offset time of each event.
    uniforms, active : ndarray, shape (n, 19)
    rates : ndarray, shape (19,)
    heights : ndarray, shape (19, 5)
        Share of active frames whose latent height reaches exactly intensity 1…5; rows sum to 1.
    frame_rate : float
        Frames a second.
    ramps : bool
        Without ramps the strength is the height alone.
    """
    out = np.zeros(active.shape, np.float32)
    for i in np.flatnonzero(active.any(axis=0)):
        acts = active[:, i]
        out[acts, i] = _height(uniforms[acts, i], rates[i], heights[i])
        if ramps:
            onset = ONSET.get(FACE_AUS[i], USUAL_ONSET) * frame_rate
            for first, end in runs(acts):
                _ramp(rng, out[:, i], first, end, onset)
    return out


def _height(uniforms: np.ndarray, rate: float, shares: np.ndarray) -> np.ndarray:
    """Strength ½…5 by the height of the latent normal: intensity k begins at the quantile above which it is due."""
    reached = rate * np.cumsum(shares[::-1])[::-1]  # P(intensity >= k), k = 1…5
    begins = ndtri(1 - np.clip(reached, 1e-7, 1 - 1e-7))
    knots = np.r_[begins, begins[4] + 0.6]  # strength 5 is reached 0.6 standard deviations into intensity 5
    knots = np.maximum.accumulate(knots + np.arange(6) * 1e-9)
    return np.clip(np.interp(ndtri(uniforms), knots, [0.5, 1.5, 2.5, 3.5, 4.5, 5.0]), VISIBLE, 5.0)


def _ramp(rng: np.random.Generator, strength: np.ndarray, first: int, end: int, onset: float) -> None:
    """Hold an event down near its ends, and let it begin and end with a movement too small to be coded."""
    up, down = np.ceil(onset * np.exp(RAMP_SPREAD * rng.standard_normal(2)) * (1, OFFSET_FACTOR)).astype(int)
    frames = np.arange(end - first)
    n = len(strength)
    if first > 0:  # an event that is on when the video begins had its onset before
        strength[first:end] = np.minimum(strength[first:end], _rise(frames + 1, up))
        tail = max(1, up // 3)
        _raise(strength[max(0, first - tail) : first], np.arange(tail, 0, -1)[-min(first, tail) :], tail)
    if end < n:
        strength[first:end] = np.minimum(strength[first:end], _rise(frames[::-1] + 1, down))
        tail = max(1, down // 3)
        _raise(strength[end : end + tail], np.arange(1, tail + 1)[: n - end], tail)


def _rise(frames: np.ndarray, duration: int) -> np.ndarray:
    """Smooth rise from ½ to 5 within `duration` frames."""
    x = np.minimum(frames / (duration + 1), 1.0)
    return VISIBLE + (5 - VISIBLE) * x * x * (3 - 2 * x)


def _raise(neighbours: np.ndarray, distance: np.ndarray, tail: int) -> None:
    """Uncoded movement at `distance` frames (1…tail) from an event; a neighbouring event stays as it is."""
    np.maximum(neighbours, VISIBLE * (1 - distance / (tail + 1)), out=neighbours)


def blinks(rng: np.random.Generator, n: int, frame_rate: float, per_minute: float) -> np.ndarray:
    """Strength of AU45, shape (n,): closures of 0.2 to 0.4 s, irregular, at least 0.3 s apart.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Frames.
    frame_rate : float
        Frames a second.
    per_minute : float
        Mean number of blinks a minute.
    """
    strength = np.zeros(n, np.float32)
    pause = 60 / per_minute - 0.3  # mean seconds between the end of a blink and the next
    second = rng.uniform(0, 60 / per_minute)
    while (first := round(second * frame_rate)) < n:
        length = max(2, round(rng.uniform(0.2, 0.4) * frame_rate))
        shape = 5 * np.sin(np.pi * np.arange(1, length + 1) / (length + 1))
        strength[first : first + length] = shape[: n - first]
        second += length / frame_rate + 0.3 + rng.gamma(2.0, max(pause - 0.3, 0.05) / 2)
    return strength


def codes(strength: np.ndarray) -> np.ndarray:
    """Intensity 0…5 that a coder writes: the strength rounded half up, int8."""
    return np.floor(strength + 0.5).astype(np.int8)
