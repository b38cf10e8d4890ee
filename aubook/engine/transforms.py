"""Transforms: what can be done to a method's scores without training anything.  MethodScores in, MethodScores out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Literal

import numpy as np

from aubook.engine.frames import Frames
from aubook.engine.metrics import metric
from aubook.engine.scores import MethodScores
from aulib import metrics
from aulib.protocols import one_to_two

Kind = Literal["mean", "median"]
#: A metric of the validation people that chooses a window, or a number of frames.
Choice = int | Literal["f1", "event", "iou"]

#: Frames of a window that are tried; 1 leaves the scores as they are.
WINDOWS = tuple(range(1, 16, 2))


def constant(of: MethodScores, untold: float = np.nan) -> MethodScores:
    """A predictor that calls every AU present in every frame; `untold` is its score where the method has no output."""
    change = lambda frames, _: frames.scored(np.where(np.isnan(frames.scores), untold, 1.0))  # noqa: E731
    return replace(of.remade("always", "always present", change), records=(), missing=())


def best_thresholds(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Threshold of highest F1-frame for each AU, midway between two neighbouring scores; shape (A,).

    Parameters
    ----------
    truth : ndarray of int8, shape (N, A)
    scores : ndarray of float, shape (N, A)
        0 to 1.

    Returns
    -------
    ndarray of float
        Of several that are as good, the one next to 0.5; 0.5 for an AU that no frame shows, or without scores.
    """
    out = np.full(truth.shape[1], 0.5)
    for unit in range(truth.shape[1]):
        known = truth[:, unit] >= 0
        y, s = truth[known, unit : unit + 1], scores[known, unit : unit + 1].astype(float)
        if not y.any() or np.isnan(s).any():
            continue
        values = np.unique(s)
        cuts = np.r_[values[0] / 2, (values[1:] + values[:-1]) / 2, 0.5]
        curve = metrics.f1_curve(y, s, cuts)[:, 0]
        best = cuts[curve >= curve.max() - 1e-12]
        out[unit] = best[np.argmin(np.abs(best - 0.5))]
    return out


@lru_cache(maxsize=256)
def thresholds(validation: Frames) -> dict[int, float]:
    """AU -> the threshold of highest F1-frame on validation people: the one rule that tunes."""
    return dict(zip(validation.aus, best_thresholds(validation.truth, validation.scores).tolist(), strict=True))


def shift(of: MethodScores, limits: Callable[[Frames, Frames | None], dict[int, float]], title: str) -> MethodScores:
    """Move scores so that a threshold by AU comes to lie at one half; decisions change, the order of frames does not.

    Parameters
    ----------
    of : MethodScores
    limits : callable
        Tested frames of one fold and its validation frames -> AU -> threshold; one half where an AU is not in it.
    title : str
    """

    def change(frames: Frames, known: Frames | None) -> Frames:
        by_au = limits(frames, known)
        cut = np.array([by_au.get(au, 0.5) for au in frames.aus])
        # a score at its threshold is a decision, which rounding must not undo
        return frames.scored(np.where(frames.scores >= cut, np.maximum(frames.scores - cut + 0.5, 0.5),
                                      np.minimum(frames.scores - cut + 0.5, np.nextafter(0.5, 0))))  # fmt: skip

    return of.remade(f"{of.name}, {title}", of.title, change, needs_validation=True)


def tune(of: MethodScores) -> MethodScores:
    """Decide at the thresholds of highest F1 on validation people; runs without their scores are left out."""
    return shift(of, lambda _, known: thresholds(known) if known is not None else {}, "tuned")


def smoothed(frames: Frames, window: int, kind: Kind = "mean") -> Frames:
    """Scores averaged over the frames around each, never across videos.

    The window counts the frames that are there, whatever time lies between them.  At the ends of a video its first
    or last score is repeated.

    Parameters
    ----------
    frames : Frames
    window : int
        Odd number of frames; 1 changes nothing.
    kind : {'mean', 'median'}
    """
    from scipy.ndimage import median_filter, uniform_filter1d

    if window % 2 == 0 or window < 1:
        raise ValueError(f"window is {window}: it must be odd, so that it has a middle")
    if window == 1:
        return frames
    out = np.empty(frames.scores.shape)
    ends = [*np.flatnonzero(np.diff(frames.video)) + 1, len(frames)]
    for start, stop in zip([0, *ends[:-1]], ends, strict=True):
        own = frames.scores[start:stop].astype(np.float64)
        if kind == "mean":
            out[start:stop] = uniform_filter1d(own, window, axis=0, mode="nearest")
        else:
            out[start:stop] = median_filter(own, size=(window, 1), mode="nearest")
    return frames.scored(out)


def window_curve(frames: Frames, kind: Kind = "mean", by: str = "f1") -> list[float]:
    """Mean of a metric over AUs after each of `WINDOWS`, in percent."""
    of = metric(by)
    return [of.scale * float(metrics.mean_of_defined(of.plain(smoothed(frames, w, kind)))) for w in WINDOWS]


@lru_cache(maxsize=256)
def chosen_window(validation: Frames, kind: Kind = "mean", by: Choice = "f1") -> int:
    """The window with the best mean metric on people who are not tested; the shortest of equal ones."""
    if isinstance(by, int):
        return by
    means = np.array(window_curve(validation, kind, by))
    return WINDOWS[int(np.nanargmax(means))] if not np.isnan(means).all() else 1


def smooth(of: MethodScores, kind: Kind = "mean", by: Choice = "f1") -> MethodScores:
    """Scores smoothed over time, each run by the window that suits its validation people best.

    Parameters
    ----------
    of : MethodScores
    kind : {'mean', 'median'}
    by : {'f1', 'event', 'iou'} or int
        What of the validation people chooses the window; a number is one for all.
    """

    def change(frames: Frames, known: Frames | None) -> Frames:
        return smoothed(frames, chosen_window(known, kind, by), kind)  # type: ignore[arg-type]

    words = {"f1": "", "event": " chosen by F1-event", "iou": " chosen by F1 of events by IoU"}
    title = f"{of.title}, moving {'average' if kind == 'mean' else 'median'}"
    title += f" of {by} frames" if isinstance(by, int) else words[by]
    plain = of.remade("smoothed", title, change, needs_validation=True)
    known = {place: smoothed(v, chosen_window(v, kind, by), kind) for place, v in of.validation.items()}
    return replace(plain, validation=known)


def windows(of: MethodScores, kind: Kind = "mean", by: Choice = "f1") -> str:
    """Which windows were chosen, in words."""
    lengths = sorted({chosen_window(known, kind, by) for known in of.validation.values()})
    return " or ".join(f"{n} frame{'s' if n > 1 else ''}" for n in lengths) if lengths else "none"


def direction(of: MethodScores) -> MethodScores:
    """The signed scores of each frame divided by their length over AUs: what the fusion network is given.

    Scores are brought back to lie around 0.5, p -> ((2 p - 1) / ||2 p - 1|| + 1) / 2.
    """

    def change(frames: Frames, _: Frames | None) -> Frames:
        own = 2 * frames.scores.astype(float) - 1
        length = np.maximum(np.linalg.norm(np.nan_to_num(own), axis=1, keepdims=True), 1e-12)  # as torch's normalize
        return frames.scored((own / length + 1) / 2)

    return of.remade(f"{of.name}, direction", f"{of.title}, normalised", change)


def one_in_three(of: MethodScores, positives: int) -> MethodScores:
    """Labels of the 1:2 test sample only, two negatives to every positive (see ``protocols.one_to_two``)."""
    change = lambda frames, _: replace(frames, truth=one_to_two(frames.truth, frames.video, positives))  # noqa: E731
    return of.remade(of.name, of.title, change)
