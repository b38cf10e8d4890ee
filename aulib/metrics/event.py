"""F1-event: are the events found, and not only their frames?

    X. Ding, W.-S. Chu, F. De la Torre, J. F. Cohn, Q. Wang: Facial Action Unit Event Detection by Cascade of Tasks,
    ICCV 2013.  Used in Hybrid Sec. 4.2, which defines ``F1-event = 2 ER EP / (ER + EP)`` and prints no value of it.

An *event* is a longest stretch of frames of one video in which an AU is present.  Two rules say which events count as
found; both give, at a least overlap o, ER, the share of the true events that are found (event-based recall), and EP,
the share of the predicted events that are right (event-based precision).

**The reference** is the rule of the code that the first author of Hybrid published (``getF1E.m`` of
https://github.com/l2ior/metrics).  The overlap of a true event is the share of *its own* frames that are predicted
positive, by however many predicted events, and that of a predicted event the share of *its own* frames that are truly
positive; it counts from ``>= o`` on.  F1-event is a curve over o = 0, .01 ... 1, and :func:`f1_event` the area under
it.  That code appends the points (0, 1) and (1, 0) and adds up width times left-hand value; both points have width 0,
so the area is the mean of the curve at 0, .01 ... .99.  At 0 every event counts: an area is at least .01 where both
sides have events, however far apart.  A detector that flickers inside an event loses no more than the frames it misses:
its pieces are right, and together they cover most of the event.

**Intersection over union**, :func:`f1_event_iou`, is the other usual rule, and not the paper's.  A true event t and a
predicted event p overlap by ``|t and p| / |t or p|``, and each needs one partner that overlaps it by o or more.  Here
a flickering detector has a miss and many false alarms.  From one half on, an event has one partner at most.

Frames of unknown label are in no event, of the truth or of the prediction, and they end every event that touches them:
whether an event went on in an unknown gap is not known, so the stretches before and behind it are judged each by its
own frames.  Nothing that is predicted inside the gap is right or wrong.  (The published code knows labels of 1 and
others, and takes what is predicted inside a gap for wrong.)  Events never cross videos.

Both are run-length arithmetic: time lines are cut where the label or the prediction changes, and each piece that is
both present and predicted is the intersection of exactly one true event with exactly one predicted event.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import InputError
from .frame import _BLOCK, Array, _checked, _limits, _ratio

#: Least overlaps of the curve, (101,).
OVERLAPS: NDArray[np.float64] = np.arange(101) / 100

#: Bits of a frame's state, and the state of a frame of unknown label, which is in no event.
_TRUE, _PREDICTED = 1, 2
_NOTHING = 255


class EventCounts(NamedTuple):
    """Numbers of events, by unit and, where there are several least overlaps, by overlap; they add up over videos.

    Attributes
    ----------
    found : array of int, (T, A) or (A,)
        True events that were found.
    true : array of int, (A,)
    right : array of int, (T, A) or (A,)
        Predicted events that are right.
    predicted : array of int, (A,)
    """

    found: Array
    true: Array
    right: Array
    predicted: Array

    @property
    def recall(self) -> Array:
        """ER, shaped as ``found``; NaN where there is no true event."""
        return _ratio(self.found, self.true)

    @property
    def precision(self) -> Array:
        """EP, shaped as ``found``; NaN where nothing is predicted."""
        return _ratio(self.right, self.predicted)

    @property
    def f1(self) -> Array:
        """``2 ER EP / (ER + EP)``, shaped as ``found``.

        NaN where there is no true event; 0 where nothing is predicted, and where neither side has a hit (0 / 0).
        """
        # without the fractions, of which one may be undefined
        top, bottom = 2 * self.found * self.right, self.found * self.predicted + self.right * self.true
        f1 = np.divide(top, bottom, out=np.zeros(np.shape(top)), where=bottom != 0)
        return np.where(np.asarray(self.true) > 0, f1, np.nan)


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
        raise InputError(f"frames of video {str(names[times > 1][0])!r} do not stand together: sort by video and frame")
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
    InputError
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


def _pieces(truth: ArrayLike, scores: ArrayLike, videos: ArrayLike, threshold: ArrayLike) -> tuple[_Pieces, int, int]:
    """Pieces of constant truth and prediction, the number of frames and of units."""
    y, s = _checked(truth, scores)
    return _cut(_states(y, s, _limits(threshold, s)), videos), *y.shape


def _shares(pieces: _Pieces, bit: int, frames: int) -> tuple[Array, Array, Array]:
    """Unit of each event of one bit, how many of its frames have the other bit too, and how long it is."""
    of, start, length = _joined(pieces, bit)
    both = np.flatnonzero(pieces.state == _TRUE | _PREDICTED)
    common = np.bincount(of.take(both), pieces.stop.take(both) - pieces.start.take(both), len(start))
    return start // start.dtype.type(max(frames, 1)), common.astype(np.int64), length.astype(np.int64)


def _reached(unit: Array, common: Array, length: Array, units: int) -> Array:
    """Events of each unit whose share reaches each of `OVERLAPS`, (101, A): in whole numbers, so that .8 is .8."""
    percent = 100 * common // length
    each = np.bincount(percent * units + unit, minlength=101 * units).reshape(101, units)
    return each[::-1].cumsum(axis=0)[::-1]


def _least(overlap: float) -> tuple[int, int]:
    """A least overlap as numerator and denominator, so that it is compared in whole numbers."""
    if np.ndim(overlap) or not 0 <= overlap <= 1:
        raise InputError(f"overlap {overlap!r} must be one number in 0 ... 1")
    return Fraction(float(overlap)).limit_denominator(10**6).as_integer_ratio()


def event_counts(
    truth: ArrayLike, scores: ArrayLike, videos: ArrayLike, threshold: ArrayLike = 0.5, overlap: float | None = None
) -> EventCounts:
    """True and predicted events, and how many of them are found and right by the rule of the paper's authors.

    Parameters
    ----------
    truth : array, int8 (N, A)
    scores : array, float (N, A)
    videos : array (N,)
        Video of each frame.  A video's frames stand together and in order; where frames are missing inside a video and
        its events are to end there, give the stretches names of their own.
    threshold : float or array (A,), default 0.5
        A frame is predicted positive from this score on.
    overlap : float, optional
        Least share of an event's own frames, 0 ... 1, taken as a fraction of a denominator up to a million.  By
        default all of `OVERLAPS`, 0, .01 ... 1, in one pass.

    Returns
    -------
    EventCounts
        Of shape (101, A), or (A,) with one overlap.

    Raises
    ------
    InputError
        As :func:`~aulib.metrics.frame.f1_frame`, and if ``overlap`` is outside 0 ... 1 or a video's frames do not stand
        together.
    """
    least = None if overlap is None else _least(overlap)
    pieces, frames, units = _pieces(truth, scores, videos, threshold)
    counts = []
    for bit in (_TRUE, _PREDICTED):
        unit, common, length = _shares(pieces, bit, frames)
        if least is None:
            counts.append(_reached(unit, common, length, units))
        else:
            counts.append(np.bincount(unit[common * least[1] >= length * least[0]], minlength=units))
        counts.append(np.bincount(unit, minlength=units))
    return EventCounts(*counts)


def f1_event(truth: ArrayLike, scores: ArrayLike, videos: ArrayLike, threshold: ArrayLike = 0.5) -> Array:
    """F1-event as the authors of Hybrid compute it: the area under the curve over least overlaps, (A,), 0 ... 1.

    Parameters and errors as in :func:`event_counts`.  NaN where there is no true event, 0 where none is predicted.
    """
    return area(event_counts(truth, scores, videos, threshold).f1)


def area(curve: Array) -> Array:
    """Left-sided sum under F1-event at each of `OVERLAPS`, along the first axis: the value at 1 has no width.

    Parameters
    ----------
    curve : array, float (101, ...)

    Returns
    -------
    array, float (...)
    """
    return np.asarray(curve)[:-1].mean(axis=0)


def f1_event_curve(truth: ArrayLike, scores: ArrayLike, videos: ArrayLike, threshold: ArrayLike = 0.5) -> Array:
    """F1-event at each of `OVERLAPS`, (101, A): the curve of Ding et al., which never rises.

    Parameters and errors as in :func:`event_counts`.
    """
    return event_counts(truth, scores, videos, threshold).f1


def f1_event_at(
    truth: ArrayLike, scores: ArrayLike, videos: ArrayLike, threshold: ArrayLike = 0.5, overlap: float = 0.5
) -> Array:
    """F1-event at one least overlap, (A,); parameters and errors as in :func:`event_counts`."""
    return event_counts(truth, scores, videos, threshold, overlap).f1


def event_counts_iou(
    truth: ArrayLike, scores: ArrayLike, videos: ArrayLike, threshold: ArrayLike = 0.5, overlap: float = 0.5
) -> EventCounts:
    """True and predicted events, and how many of them have a partner by intersection over union, each (A,).

    One long event may answer for several short ones, in both directions, if ``overlap`` is below one half; at 0 one
    common frame is enough.  Parameters and errors as in :func:`event_counts`.
    """
    least, most = _least(overlap)
    pieces, frames, units = _pieces(truth, scores, videos, threshold)
    sides = [_joined(pieces, bit) for bit in (_TRUE, _PREDICTED)]
    both = np.flatnonzero(pieces.state == _TRUE | _PREDICTED)
    common = (pieces.stop.take(both) - pieces.start.take(both)).astype(np.int64)
    union = sum(length.take(of.take(both)) for of, _, length in sides) - common
    enough = both[common * most >= union * least]
    counts = []
    for of, start, _ in sides:
        unit = start // start.dtype.type(max(frames, 1))
        paired = np.zeros(len(start), bool)
        paired[of.take(enough)] = True
        counts += [np.bincount(unit[paired], minlength=units), np.bincount(unit, minlength=units)]
    return EventCounts(*counts)


def f1_event_iou(
    truth: ArrayLike, scores: ArrayLike, videos: ArrayLike, threshold: ArrayLike = 0.5, overlap: float = 0.5
) -> Array:
    """F1 of events that are matched by intersection over union, (A,); *not* the F1-event of the paper's authors.

    Parameters and errors as in :func:`event_counts`; NaN where there is no true event.  One long event that is found as
    ten short ones is a miss and ten false alarms.
    """
    return event_counts_iou(truth, scores, videos, threshold, overlap).f1
