"""The plain rival of a temporal network: the scores of ANet, averaged over neighbouring frames of their video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np

from aubook.papers.drml import scores
from aubook.papers.hybrid.common import Tested, tested
from aubook.papers.hybrid.contenders import Contender, joined
from aubook.papers.hybrid.people import Scored, concatenated
from aulib import metrics
from aulib.runs.results import Record

Kind = Literal["mean", "median"]

#: Frames of a window that are tried; 1 leaves the scores as they are.
WINDOWS = tuple(range(1, 16, 2))

#: Thresholds that are tried.
THRESHOLDS = np.arange(1, 20) / 20

#: A measure of the validation people that chooses a window, by its name in ``people.SHORT``.
By = Literal["f1", "event", "iou"]

#: That, or a number of frames.
Choice = int | By

TITLES = {"mean": "ANet, moving average", "median": "ANet, moving median"}
_BY = {"f1": "", "event": " chosen by F1-event", "iou": " chosen by F1 of events by IoU"}


def smooth(given: Tested, window: int, kind: Kind = "mean") -> Tested:
    """Scores averaged over the frames around each, never across videos.

    The window counts the frames that are there, whatever time lies between them.  At the ends of a video its first
    or last score is repeated.

    Parameters
    ----------
    given : Tested
        The frames of a video stand together and in order.
    window : int
        Odd number of frames; 1 changes nothing.
    kind : {'mean', 'median'}
    """
    from scipy.ndimage import median_filter, uniform_filter1d

    if window % 2 == 0 or window < 1:
        raise ValueError(f"window is {window}: it must be odd, so that it has a middle")
    if window == 1:
        return given
    out = np.empty_like(given.scores, dtype=np.float64)
    ends = [*np.flatnonzero(np.diff(given.video)) + 1, len(given.video)]
    for start, stop in zip([0, *ends[:-1]], ends, strict=True):
        own = given.scores[start:stop].astype(np.float64)
        if kind == "mean":
            out[start:stop] = uniform_filter1d(own, window, axis=0, mode="nearest")
        else:
            out[start:stop] = median_filter(own, size=(window, 1), mode="nearest")
    return replace(given, scores=out)


def chosen(validation: Tested, kind: Kind = "mean", by: Choice = "f1") -> int:
    """The window with the best mean F1 at 0.5 on people who are not tested; the shortest of equal ones.

    Parameters
    ----------
    validation : Tested
    kind : {'mean', 'median'}
    by : {'f1', 'event', 'iou'} or int
        F1-frame, F1-event or F1 of events by intersection over union; a number is taken as it is.
    """
    if isinstance(by, int):
        return by
    means = curve(validation, kind, by)
    return WINDOWS[int(np.nanargmax(means))] if not np.isnan(means).all() else 1


def curve(given: Tested, kind: Kind = "mean", by: By = "f1") -> list[float]:
    """Mean F1 over AUs, of frames or of events, after each of `WINDOWS`, in percent."""
    mean = {"f1": mean_f1, "event": mean_event, "iou": mean_iou}[by]
    return [mean(smooth(given, window, kind)) for window in WINDOWS]


def mean_f1(given: Tested) -> float:
    """Mean F1-frame over AUs at 0.5, in percent."""
    return _mean(metrics.f1_frame(given.truth, given.scores))


def mean_event(given: Tested) -> float:
    """Mean F1-event at 0.5 over the AUs that occur, in percent."""
    return _mean(metrics.f1_event(given.truth, given.scores, given.video))


def mean_iou(given: Tested) -> float:
    """Mean F1 of events by intersection over union, at 0.5 and of one half, over the AUs that occur, in percent."""
    return _mean(metrics.f1_event_iou(given.truth, given.scores, given.video))


def _mean(values: np.ndarray) -> float:
    return 100 * float(np.nanmean(values)) if not np.isnan(values).all() else np.nan


def validation_of(record: Record) -> Tested | None:
    """The people who chose a network's best weights, if the record has them."""
    if not record.has("probe-validation"):
        return None
    return tested(record, "probe-validation", record.about["declaration"]["protocol"]["threshold"])


def windows(anet: Contender, kind: Kind = "mean", by: Choice = "f1") -> dict[tuple[int, int], int]:
    """The chosen window of every run of ANet, by seed and fold; runs without validation scores are left out."""
    given = {_place(record): validation_of(record) for record in anet.records}
    return {place: chosen(people, kind, by) for place, people in given.items() if people is not None}


def smoothed(anet: Contender, kind: Kind = "mean", by: Choice = "f1") -> Contender:
    """ANet with its scores smoothed over time, each run by the window that suits its validation people best.

    Parameters
    ----------
    anet : Contender
    kind : {'mean', 'median'}
    by : {'f1', 'event', 'iou'} or int
        What of the validation people chooses the window; a number is one for all.
    """
    found = windows(anet, kind, by)
    words = ("smoothed", *(["median"] if kind == "median" else []), *([] if by == "f1" else [str(by)]))
    return _remade(
        anet,
        "-".join(words),
        TITLES[kind] + (f" of {by} frames" if isinstance(by, int) else _BY[by]),
        lambda record, given: smooth(given, found[_place(record)], kind),
    )


def tuned(one: Contender, kind: Kind | None = None, by: Choice = "f1") -> Contender:
    """A method with a decision threshold for each AU, chosen by F1-frame on validation people; shifted to lie at 0.5.

    Parameters
    ----------
    one : Contender
    kind : {'mean', 'median'}, optional
        Smooth it first.
    by : {'f1', 'event', 'iou'} or int
        By which window, as in :func:`smoothed`.
    """
    found = windows(one, kind, by) if kind else {}

    def shifted(record: Record, given: Tested) -> Tested:
        validation = validation_of(record)
        assert validation is not None
        if kind:
            window = found[_place(record)]
            validation, given = smooth(validation, window, kind), smooth(given, window, kind)
        return replace(given, scores=given.scores - thresholds(validation)[None] + 0.5)

    return _remade(one, f"{one.name}-tuned", TITLES[kind] if kind else one.title, shifted)


def thresholds(validation: Tested) -> np.ndarray:
    """The threshold of 0.05, 0.1 … 0.95 with the best F1-frame, by AU; 0.5 where it is not defined."""
    curve = metrics.f1_curve(validation.truth, validation.scores, THRESHOLDS)
    best = THRESHOLDS[np.nan_to_num(curve, nan=-1.0).argmax(axis=0)]
    return np.where(np.isnan(curve).all(axis=0), 0.5, best)


def _place(record: Record) -> tuple[int, int]:
    declared = record.about["declaration"]
    return declared["seed"], declared["fold"]


def _remade(one: Contender, name: str, title: str, change: Callable[[Record, Tested], Tested]) -> Contender:
    """A contender whose scores are changed run by run; runs without validation scores are left out."""
    records = [record for record in one.records if record.has("probe-validation")]
    seeds = {}
    for seed, group in scores.by_seed(records).items():
        parts = [(record, joined([record])) for record in group]
        seeds[seed] = concatenated([Scored(change(record, part.tested), part.fold) for record, part in parts])
    return Contender(name, title, records, seeds, one.lacks)


def said(anet: Contender, kind: Kind = "mean", by: Choice = "f1") -> str:
    """Which windows were chosen, in words."""
    lengths = sorted(set(windows(anet, kind, by).values()))
    return " or ".join(f"{n} frame{'s' if n > 1 else ''}" for n in lengths) if lengths else "none"
