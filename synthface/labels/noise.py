"""What a second coder would have written: the same events with borders, intensities and attention a little off."""

from __future__ import annotations

import numpy as np

from synthface.labels.events import runs


def coder_noise(
    codes: np.ndarray, rng: np.random.Generator, flip: float = 0.02, shift_frames: int = 2, levels: float = 0.1
) -> np.ndarray:
    """Codes of one video with the errors of a coder; 0 for each parameter gives the codes back.

    Parameters
    ----------
    codes : ndarray of int, shape (n, K)
        0…5; occurrence codes (0 and 1) stay occurrence codes.
    rng : numpy.random.Generator
    flip : float
        Share of events that are missed, and as many short ones (at most a second) seen where there is nothing.
    shift_frames : int
        Each onset and offset is put up to so many frames too early or too late, and the whole video likewise
        (a coder who lags behind), by whole frames drawn uniformly.
    levels : float
        Share of events that are coded one intensity too high or too low (never below 1 or above 5).

    Returns
    -------
    ndarray of int8, shape (n, K)
    """
    n = len(codes)
    graded = codes.max(initial=0) > 1
    out = np.zeros(codes.shape, np.int8)
    lag = int(rng.integers(-shift_frames, shift_frames + 1))
    for column in range(codes.shape[1]):
        truth = codes[:, column]
        for first, end in runs(truth > 0):
            early, late = rng.integers(-shift_frames, shift_frames + 1, 2)
            missed, wrong, step = rng.random() < flip, rng.random() < levels, rng.choice((-1, 1))
            if missed:
                continue
            start, stop = max(0, first + early + lag), min(n, end + late + lag)
            if stop <= start:
                continue
            seen = truth[np.clip(np.arange(start, stop) - lag, first, end - 1)].astype(int)
            if graded and wrong:
                seen = np.clip(seen + step, 1, 5)
            out[start:stop, column] = seen
            if rng.random() < flip:  # an event seen where there is none
                where, length = int(rng.integers(n)), int(rng.integers(3, 26))
                empty = slice(where, where + length)
                out[empty, column] = np.maximum(out[empty, column], 1)
    return out
