"""Frames that are drawn: DRML's training sample, and the test sample with two negatives for each positive."""

from __future__ import annotations

import numpy as np
import pandas as pd

from aulib import checks
from aulib.aus import UNKNOWN
from aulib.values import Whole


def sample_frames(truth: np.ndarray, sequences: np.ndarray, positives: int, negatives: int, seed: int) -> np.ndarray:
    """DRML's training sample: some positive and some negative frames of every video and AU (Sec. 4.1).

    A multi-label network sees a frame with *all* its labels, so the sample is the union over AUs.

    Parameters
    ----------
    truth : ndarray of int8, shape (N, A)
    sequences : ndarray of int or str, shape (N,)
        Which video a frame belongs to.
    positives, negatives : int
        Frames drawn for each AU and video, fewer where there are fewer; 0 and 0 keeps every frame.
    seed : int

    Returns
    -------
    ndarray of int, sorted
        Rows that are in the sample of at least one AU.

    Raises
    ------
    InputError
        If a label is not 1, 0 or UNKNOWN, a frame has no video, or a count or the seed is no whole number.
    """
    truth, videos = checks.labels(truth), _rows_of(sequences, len(truth))
    positives, negatives = Whole(0)(positives, "positives"), Whole(0)(negatives, "negatives")
    seed = Whole(0)(seed, "seed")
    if positives == 0 and negatives == 0:
        return np.arange(len(truth))
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(truth), bool)
    for rows in videos:
        for a in range(truth.shape[1]):
            for state, wanted in ((1, positives), (0, negatives)):
                pool = rows[truth[rows, a] == state]
                chosen[rng.permutation(pool)[:wanted]] = True
    return np.flatnonzero(chosen)


def one_to_two(truth: np.ndarray, sequences: np.ndarray, positives: int, seed: int = 0) -> np.ndarray:
    """Labels of a test sample with two negatives for every positive, per AU.

    Parameters
    ----------
    truth : ndarray of int8, shape (N, A)
    sequences : ndarray of int or str, shape (N,)
    positives : int
        At most so many positives a video and AU.
    seed : int

    Returns
    -------
    ndarray of int8, shape (N, A)
        `truth` where a frame is in the AU's sample, ``UNKNOWN`` elsewhere.  A video in which an AU has fewer than
        two negatives for each positive gives fewer positives, so that the ratio is exact.

    Raises
    ------
    InputError
        As :func:`sample_frames`.
    """
    truth, videos = checks.labels(truth), _rows_of(sequences, len(truth))
    positives = Whole(0)(positives, "positives")
    rng = np.random.default_rng(Whole(0)(seed, "seed"))
    sampled = np.full_like(truth, UNKNOWN)
    for rows in videos:
        for a in range(truth.shape[1]):
            on, off = rows[truth[rows, a] == 1], rows[truth[rows, a] == 0]
            n = min(len(on), positives, len(off) // 2)
            sampled[rng.permutation(on)[:n], a] = 1
            sampled[rng.permutation(off)[: 2 * n], a] = 0
    return sampled


def _rows_of(sequences: np.ndarray, frames: int) -> list[np.ndarray]:
    codes, _ = pd.factorize(checks.names(sequences, frames, "sequences"))
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
