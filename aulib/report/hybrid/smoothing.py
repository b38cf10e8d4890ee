"""The plain rival of a temporal network: the scores of ANet, averaged over neighbouring frames of their video."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from aulib import metrics
from aulib.report import scores
from aulib.report.hybrid.common import Tested, tested
from aulib.report.hybrid.contenders import Contender, joined
from aulib.report.hybrid.resampling import Scored, concatenated
from aulib.results import Record

Kind = Literal["mean", "median"]

#: Frames of a window that are tried; 1 leaves the scores as they are.
WINDOWS = tuple(range(1, 16, 2))

TITLES = {"mean": "ANet, moving average", "median": "ANet, moving median"}


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


def chosen(validation: Tested, kind: Kind = "mean") -> int:
    """The window with the best mean F1-frame at 0.5 on people who are not tested; the shortest of equal ones."""
    means = [mean_f1(smooth(validation, window, kind)) for window in WINDOWS]
    return WINDOWS[int(np.nanargmax(means))] if not np.isnan(means).all() else 1


def mean_f1(given: Tested) -> float:
    """Mean F1-frame over AUs at 0.5, in percent."""
    values = metrics.f1_frame(given.truth, given.scores)
    return 100 * float(np.nanmean(values)) if not np.isnan(values).all() else np.nan


def validation_of(record: Record) -> Tested | None:
    """The people who chose a network's best weights, if the record has them."""
    if not record.has("probe-validation"):
        return None
    return tested(record, "probe-validation", record.about["declaration"]["protocol"]["threshold"])


def windows(anet: Contender, kind: Kind = "mean") -> dict[tuple[int, int], int]:
    """The chosen window of every run of ANet, by seed and fold; runs without validation scores are left out."""
    found = {}
    for record in anet.records:
        given = validation_of(record)
        if given is not None:
            declared = record.about["declaration"]
            found[declared["seed"], declared["fold"]] = chosen(given, kind)
    return found


def smoothed(anet: Contender, kind: Kind = "mean") -> Contender:
    """ANet with its scores smoothed over time, each run by the window that suits its validation people best."""
    found = windows(anet, kind)
    records = [r for r in anet.records if (r.about["declaration"]["seed"], r.about["declaration"]["fold"]) in found]
    seeds = {}
    for seed, group in scores.by_seed(records).items():
        parts = []
        for record in group:
            one = joined([record])
            parts.append(Scored(smooth(one.tested, found[seed, record.about["declaration"]["fold"]], kind), one.fold))
        seeds[seed] = concatenated(parts)
    return Contender("smoothed" if kind == "mean" else "smoothed-median", TITLES[kind], records, seeds)


def said(anet: Contender, kind: Kind = "mean") -> str:
    """Which windows were chosen, in words."""
    lengths = sorted(set(windows(anet, kind).values()))
    return " or ".join(f"{n} frame{'s' if n > 1 else ''}" for n in lengths) if lengths else "none"
