"""Which frames the temporal network learns from: sequences, the lively ones among them, subsequences, silent starts.

    W.-S. Chu, F. De la Torre, J. F. Cohn: Learning Facial Action Units with Spatiotemporal Cues and Multi-label
    Sampling, Image and Vision Computing 81, 2019, Sec. 4.2.

"All sequences were 1300-frame long"; gradients come from back-propagation through time "on 10 subsequences randomly
sampled from training video"; the first 10 frames are left out of the loss, "as they carried insufficient temporal
context"; training sequences "with less than 1.5 active AUs per frame" are left out, since a network that mostly sees
still faces learns to say no.  The length of a subsequence is not printed; ours is 130 frames, a tenth of a sequence, so
that ten of them cover one sequence about once.

A *window* is an array of row numbers of a corpus, frames of one video in their order.  Everything here is a pure
function of such rows, the labels, and a random generator.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from aulib.aus import UNKNOWN


def sequences(frames: pd.DataFrame, length: int = 1300, gap: int | None = None) -> list[np.ndarray]:
    """Cut every video into windows of frames in time order (Hybrid Sec. 4.2).

    The windows of a video do not overlap; the last one has what is left and may be short.  Together they hold every
    row once.

    A corpus may lack frames: lost face tracks, or only every n-th frame was taken.  The network counts the frames that
    it sees, not seconds.  By default the rows of a video simply follow one another, which is right for a corpus that
    was thinned evenly: time runs faster, for all alike.  For holes in an otherwise dense video give `gap`: the hole
    then ends a window, and the network starts anew behind it instead of taking the jump for a movement.

    Parameters
    ----------
    frames : pandas.DataFrame, N rows
        A corpus's frames with columns ``subject``, ``sequence`` and ``frame``, in any order.
    length : int, default 1300
        Frames in a window, at most.
    gap : int, optional
        Largest distance between the frame numbers of neighbours in a window.  1 allows no missing frame.

    Returns
    -------
    list of ndarray of int, each (at most `length`,)
        Positions of rows (not index labels), video by video.

    Raises
    ------
    ValueError
        If `length` or `gap` is below 1.
    """
    if length < 1 or (gap is not None and gap < 1):
        raise ValueError(f"length {length} and gap {gap} must be at least 1 frame")
    number = frames["frame"].to_numpy()
    windows = []
    # groupby's indices are positions, whatever the index of the table
    for rows in frames.groupby(["subject", "sequence"], sort=True, observed=True).indices.values():
        rows = rows[np.argsort(number[rows], kind="stable")]
        holes = np.flatnonzero(np.diff(number[rows]) > (np.inf if gap is None else gap)) + 1
        for stretch in np.split(rows, holes):
            windows += [stretch[start : start + length] for start in range(0, len(stretch), length)]
    return windows


def active_aus(truth: np.ndarray) -> float:
    """Mean number of present AUs in a frame (Hybrid Sec. 4.2).

    Parameters
    ----------
    truth : ndarray, (T, A)
        1 present, 0 absent, -1 unknown.

    Returns
    -------
    float
        0 to A, over the frames with at least one known label.  An unknown AU does not count as active, so that a
        partly coded frame counts for less.  NaN if nothing is known.
    """
    coded = (truth != UNKNOWN).any(axis=1)
    return float((truth[coded] == 1).sum(axis=1).mean()) if coded.any() else float("nan")


def bound(aus: int, least: float = 1.5) -> float:
    """Active AUs a frame from which a window is lively, in a corpus that codes so many.

    The paper's 1.5 was chosen for twelve; of fewer AUs fewer are active, and the same share of them is asked for.
    """
    return least * aus / 12


def filter_active(windows: Iterable[np.ndarray], truth: np.ndarray, least: float = 1.5) -> list[np.ndarray]:
    """The windows with at least `least` active AUs a frame (Hybrid Sec. 4.2); for training only.

    Parameters
    ----------
    windows : iterable of ndarray of int
        Row numbers.
    truth : ndarray, (N, A)
        Labels of all rows.  A corpus that codes fewer than 12 AUs needs a lower :func:`bound`.
    least : float, default 1.5

    Returns
    -------
    list of ndarray
        In the same order; empty if no window is that lively.  Windows without any known label are left out.
    """
    return [rows for rows in windows if active_aus(truth[rows]) >= least]


def subsequences(window: np.ndarray, count: int = 10, length: int = 130, *, rng: np.random.Generator) -> np.ndarray:
    """Draw stretches of neighbouring frames from a window, for one step of truncated back-propagation.

    Parameters
    ----------
    window : ndarray of int, (T,)
        Row numbers of one window.
    count, length : int
        The paper's 10 subsequences, our 130 frames.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, (count, min(length, T))
        Starts are independent and uniform over all that fit, so stretches may overlap.  Of a window that is shorter
        than `length`, every stretch is the whole window.

    Raises
    ------
    ValueError
        If the window is empty, or `count` or `length` is below 1.
    """
    if not len(window) or count < 1 or length < 1:
        raise ValueError(f"cannot draw {count} subsequences of {length} frames from a window of {len(window)}")
    length = min(length, len(window))
    starts = rng.integers(0, len(window) - length + 1, count)
    return np.asarray(window)[starts[:, None] + np.arange(length)]


def silent_start(truth: np.ndarray, frames: int = 10) -> np.ndarray:
    """Labels whose first frames carry no loss: they become unknown (Hybrid Sec. 4.2).

    Only for pieces that the network starts without a state; behind a handed-over state every frame has its context.

    Parameters
    ----------
    truth : ndarray, (..., T, A)
    frames : int, default 10
        Of a piece that is no longer than this, nothing is left to learn from.

    Returns
    -------
    ndarray, (..., T, A)
        A copy.
    """
    out = np.array(truth)
    out[..., :frames, :] = UNKNOWN
    return out
