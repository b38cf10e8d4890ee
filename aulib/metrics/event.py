"""F1-event: are the events found, and not only their frames?

    X. Ding, W.-S. Chu, F. De la Torre, J. F. Cohn, Q. Wang: Facial Action Unit Event Detection by Cascade of Tasks,
    ICCV 2013.  Used in Hybrid Sec. 4.2, which defines ``F1-event = 2 ER EP / (ER + EP)`` and prints no value of it.

An *event* is a longest stretch of frames of one video in which an AU is present.  For an event t of the truth and an
event p of the prediction, the overlap is that of intervals, in frames,

    overlap(t, p) = |t and p| / |t or p|,

and with a least overlap o

    ER = share of the true events that some predicted event overlaps by o or more   (event-based recall)
    EP = share of the predicted events that some true event overlaps by o or more   (event-based precision).

Ding et al. count an event as found from a threshold on the overlap on and draw F1-event as a curve over thresholds.
Three things are choices of ours: the overlap as intersection over union, its default of one half, and ``>=``.  From
one half on, an event has one partner at most: two predicted events in the same true event have a gap between them, so
they cannot both cover half of it.  Below, one long event may answer for several short ones, in both directions.

Frames of unknown label are in no event, of the truth or of the prediction, and they end every event that touches them:
an unknown gap turns a long true event into two, and the prediction over it into two as well.  Nothing that is predicted
inside the gap is right or wrong.  Events never cross videos.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from .frame import _BLOCK, Array, _checked, _limits, _ratio

#: Bits of a frame's state, and the state of a frame of unknown label, which is in no event.
_TRUE, _PREDICTED = 1, 2
_NOTHING = 255


class EventScores(NamedTuple):
    """Event-based scores and the counts behind them, each (A,), or (T, A) for T overlaps.

    Attributes
    ----------
    recall, precision, f1 : array of float
        ER, EP and F1-event.  NaN where there is nothing to find, nothing predicted, or neither.
    true_events, predicted_events : array of int, (A,)
    """

    recall: Array
    precision: Array
    f1: Array
    true_events: NDArray[np.int64]
    predicted_events: NDArray[np.int64]


class _Pieces(NamedTuple):
    """The units' time lines, one behind the other, cut where the state or the video changes; entry i is piece i."""

    state: Array
    start: Array  # unit * N + frame
    stop: Array
    fresh: NDArray[np.bool_]  # a video begins here


def _first_frames(videos: ArrayLike, frames: int) -> NDArray[np.int64]:
    """Index of the first frame of every video."""
    v = checks.names(videos, frames, "videos")
    first = np.flatnonzero(np.append(True, v[1:] != v[:-1])) if frames else np.zeros(0, np.int64)
    names, times = np.unique(v[first], return_counts=True)
    if (times > 1).any():
        raise ValueError(f"frames of video {names[times > 1][0]!r} do not stand together: sort by video and frame")
    return first


def _true_places(flags: NDArray[np.bool_], kind: Any) -> Array:
    """``np.flatnonzero`` of a contiguous array of few True, whose size is a multiple of 8: eight flags at a time."""
    words = flags.view(np.uint64)
    some = np.flatnonzero(words != 0).astype(kind)
    inside = np.flatnonzero(words[some].view(bool)).astype(kind)
    return (some[inside >> 3] << 3) + (inside & 7)


def _cut(state: NDArray[np.uint8], videos: ArrayLike) -> _Pieces:
    """Pieces of constant state of a contiguous (N, A) array."""
    n, units = state.shape
    kind: Any = np.int32 if 8 * n * units < 2**31 else np.int64  # numbers of half the size are sorted in half the time
    first = _first_frames(videos, n)
    flags = np.zeros(n * units + -n * units % 8, bool)
    change = flags[: n * units].reshape(n, units)
    np.not_equal(state[1:], state[:-1], out=change[1:])
    change[first] = True
    flat = _true_places(flags, kind)
    frame: Array = flat // kind(max(units, 1))
    fresh = np.zeros(n, np.uint8)
    fresh[first] = 4
    # few frames are edges: sorting those by unit is cheaper than transposing all of the states; the state and whether a
    # video begins ride in the low bits
    place = (flat - frame * units) * n + frame
    here = state.ravel().take(flat)
    here[here == _NOTHING] = 0
    key = np.sort(place << 3 | (fresh.take(frame) | here))
    start = key >> 3
    return _Pieces(key & 3, start, np.append(start[1:], kind(n * units)), key & 4 != 0)


def _joined(pieces: _Pieces, bit: int) -> tuple[Array, Array, Array]:
    """Events of one bit: each piece's event (meaningless where it has none), the events' starts and lengths."""
    on = pieces.state & bit != 0
    begins, ends = on.copy(), on.copy()
    begins[1:] &= ~on[:-1] | pieces.fresh[1:]
    ends[:-1] &= ~on[1:] | pieces.fresh[1:]
    start = pieces.start.compress(begins)
    return np.cumsum(begins, dtype=start.dtype) - 1, start, pieces.stop.compress(ends) - start


def events(labels: ArrayLike, videos: ArrayLike) -> NDArray[np.int64]:
    """The events of a label matrix.

    Parameters
    ----------
    labels : array, int8 or bool (N, A)
        Events are stretches of 1; 0 and -1 (unknown) end them.
    videos : array (N,)
        Video of each frame.  A video's frames stand together and in order.

    Returns
    -------
    array of int, (E, 3)
        Unit, first frame, and one past the last frame, ordered by unit and time; frames are rows of ``labels``.

    Raises
    ------
    ValueError
        If the shapes do not fit, a label is not 0, 1 or -1, or a video's frames do not stand together.
    """
    y, _ = _checked(labels)
    pieces = _cut((y == 1).view(np.uint8), videos)
    _, start, length = _joined(pieces, _TRUE)
    unit, frame = np.divmod(start, max(len(y), 1))
    return np.stack([unit, frame, frame + length], axis=1, dtype=np.int64)


def _states(y: Array, s: Array, limits: Array) -> NDArray[np.uint8]:
    """State of every frame, (N, A), in blocks that stay in the processor's cache."""
    state = np.empty(y.shape, np.uint8)
    for begin in range(0, len(y), _BLOCK):
        rows = slice(begin, begin + _BLOCK)
        labels, values, here = y[rows], s[rows], state[rows]
        predicted = (values >= limits).view(np.uint8)
        np.add(predicted, predicted, out=here)
        here |= labels.view(np.uint8)  # an unknown label, -1, has all bits set and hides what is predicted
    return state


def _best(partner: Array, overlap: Array, count: int) -> Array:
    """Largest overlap of each event; 0 without a partner.  ``partner`` is the event of each overlap, in order."""
    best = np.zeros(count)
    if len(partner):
        heads = np.flatnonzero(np.append(True, partner[1:] != partner[:-1]))
        best[partner[heads]] = np.maximum.reduceat(overlap, heads)
    return best


def _found(start: Array, best: Array, shape: tuple[int, int], limits: Array) -> tuple[Array, Array]:
    """Events of each unit whose best overlap reaches each limit, (T, A), and all of them, (A,)."""
    n, units = shape
    unit = start // start.dtype.type(max(n, 1))
    found = [np.bincount(unit.compress((best >= limit) & (best > 0)), minlength=units) for limit in limits]
    return np.array(found).reshape(len(limits), units), np.bincount(unit, minlength=units)


def event_scores(
    truth: ArrayLike, scores: ArrayLike, videos: ArrayLike, threshold: ArrayLike = 0.5, overlap: ArrayLike = 0.5
) -> EventScores:
    """Event-based recall and precision, F1-event, and the number of events.

    Run-length arithmetic: each stretch of frames that are both present and predicted is the intersection of exactly one
    true event with exactly one predicted event, so no pair of events is ever searched for.

    Parameters
    ----------
    truth : array, int8 (N, A)
    scores : array, float (N, A)
    videos : array (N,)
        Video of each frame.  A video's frames stand together and in order; where frames are missing inside a video and
        its events are to end there, give the stretches names of their own.
    threshold : float or array (A,), default 0.5
        A frame is predicted positive from this score on.
    overlap : float or array (T,), default 0.5
        Least overlap at which an event counts as found, 0 ... 1; at 0 one common frame is enough.

    Returns
    -------
    EventScores
        Arrays (A,), or (T, A) for T overlaps.

    Raises
    ------
    ValueError
        As :func:`~aulib.metrics.frame.f1_frame`, and if ``overlap`` is outside 0 ... 1 or a video's frames do not stand
        together.
    """
    y, s = _checked(truth, scores)
    limits = np.asarray(overlap, float)
    if limits.ndim > 1 or not ((limits >= 0) & (limits <= 1)).all():
        raise ValueError(f"overlap {overlap!r} must be one number or (T,), in 0 ... 1")
    pieces = _cut(_states(y, s, _limits(threshold, s)), videos)
    true_of, true_start, true_length = _joined(pieces, _TRUE)
    predicted_of, predicted_start, predicted_length = _joined(pieces, _PREDICTED)

    both = np.flatnonzero(pieces.state == _TRUE | _PREDICTED)
    t, p = true_of.take(both), predicted_of.take(both)
    common = pieces.stop.take(both) - pieces.start.take(both)
    share = common / (true_length.take(t) + predicted_length.take(p) - common)  # intersection over union
    least = limits.ravel()
    hit_true, true_count = _found(true_start, _best(t, share, len(true_start)), y.shape, least)
    hit_predicted, predicted_count = _found(predicted_start, _best(p, share, len(predicted_start)), y.shape, least)

    recall, precision = _ratio(hit_true, true_count), _ratio(hit_predicted, predicted_count)
    # 2 ER EP / (ER + EP) without its fractions, so that it is 0, and not undefined, where only one side has events
    f1 = _ratio(2 * hit_true * hit_predicted, hit_true * predicted_count + hit_predicted * true_count)
    f1[(hit_true == 0) & (true_count + predicted_count > 0)] = 0.0
    if limits.ndim == 0:
        recall, precision, f1 = recall[0], precision[0], f1[0]
    return EventScores(recall, precision, f1, true_count, predicted_count)


def f1_event(
    truth: ArrayLike, scores: ArrayLike, videos: ArrayLike, threshold: ArrayLike = 0.5, overlap: float = 0.5
) -> Array:
    """F1-event, ``2 ER EP / (ER + EP)``, (A,); parameters and errors as in :func:`event_scores`.

    NaN where neither truth nor prediction holds an event; 0 where only one of them does.  A detector that flickers
    keeps most of its F1-frame and loses its F1-event: one long true event found as ten short ones is ten false alarms
    and a miss.  A detector that always says *present* finds a video-long event and nothing else.
    """
    return event_scores(truth, scores, videos, threshold, float(overlap)).f1


def f1_event_curve(
    truth: ArrayLike, scores: ArrayLike, videos: ArrayLike, overlaps: ArrayLike, threshold: ArrayLike = 0.5
) -> Array:
    """F1-event at each of several least overlaps, (T, A): the curve of Ding et al.

    Row t equals ``f1_event(truth, scores, videos, threshold, overlaps[t])``; the events are found once.  It never rises
    with the overlap.  Raises as :func:`event_scores`, and if ``overlaps`` is not one-dimensional.
    """
    limits = np.asarray(overlaps, float)
    if limits.ndim != 1:
        raise ValueError(f"overlaps {limits.shape} must be (T,)")
    return event_scores(truth, scores, videos, threshold, limits).f1
