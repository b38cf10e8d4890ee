"""What all pages of the Hybrid paper share: tested frames in order of time, and intervals over subjects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from aulib import checks
from aulib.aus import UNKNOWN
from aulib.runs.results import Record

#: Resamples of subjects behind every interval.
RESAMPLES = 1000


@dataclass
class Tested:
    """Frames with labels and scores, sorted by subject, sequence and frame.

    Parameters
    ----------
    truth : ndarray of int8, shape (N, A)
        1 present, 0 absent, ``UNKNOWN``.
    scores : ndarray of float32, shape (N, A)
        0 to 1.
    subject, video, frame : ndarray of int, shape (N,)
        ``video`` numbers sequences of a subject; two subjects never share a number.
    aus : tuple of int
        Columns.
    """

    truth: np.ndarray
    scores: np.ndarray
    subject: np.ndarray
    video: np.ndarray
    frame: np.ndarray
    aus: tuple[int, ...]

    def at(self, rows: np.ndarray) -> Tested:
        """Some of the frames."""
        return replace(
            self,
            truth=self.truth[rows],
            scores=self.scores[rows],
            subject=self.subject[rows],
            video=self.video[rows],
            frame=self.frame[rows],
        )

    def of(self, aus: Sequence[int]) -> Tested:
        """Some of the AUs, in the order that is given."""
        columns = [self.aus.index(au) for au in aus]
        return replace(self, truth=self.truth[:, columns], scores=self.scores[:, columns], aus=tuple(aus))


def concatenated(parts: Sequence[Tested]) -> Tested:
    """Frames of several folds, one behind the other; all of them tell the same AUs."""
    if any(part.aus != parts[0].aus for part in parts):
        raise ValueError("folds of one protocol test the same AUs")
    names = ("truth", "scores", "subject", "video", "frame")
    whole = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Tested(**whole, aus=parts[0].aus)


def tested(record: Record, name: str, threshold: int) -> Tested:
    """The frames behind one of a record's files.

    Parameters
    ----------
    record : Record
    name : str
        Of a tested corpus, or ``probe-validation`` for the people who chose the best weights.
    threshold : int
        Intensity from which an AU counts as present; that of the protocol.
    """
    arrays = record.arrays(name)
    aus = tuple(arrays["aus"].tolist())
    kept = [column for column, au in enumerate(aus) if au in record.about["outputs"]]
    outputs = [record.about["outputs"].index(aus[column]) for column in kept]
    codes = arrays["codes"][:, kept]
    subject = arrays["subject"].astype(np.int64)
    video = subject * 1000 + arrays["sequence"]
    order = np.lexsort((arrays["frame"], video))
    return Tested(
        np.where(codes == UNKNOWN, UNKNOWN, codes >= threshold).astype(np.int8),
        arrays["scores"][:, outputs].astype(np.float32),
        subject,
        video,
        arrays["frame"],
        tuple(aus[column] for column in kept),
    ).at(order)


class Interval(NamedTuple):
    """A number with its interval over subjects: what other people *of this corpus* would have changed.

    It does not cover another training, another seed or another fold.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.1f} ({self.low:.1f} to {self.high:.1f})"


def interval(samples: np.ndarray, level: float = 0.95) -> Interval:
    """The first of the samples with percentiles of the others.

    Parameters
    ----------
    samples : ndarray of float, shape (1 + resamples,)
        The first is that of everyone once.  Resamples in which it is not defined are left out.
    level : float
    """
    if np.isnan(samples[0]) or np.isnan(samples[1:]).all():
        return Interval(float(samples[0]), float("nan"), float("nan"))
    tail = 50 * (1 - level)
    low, high = np.nanpercentile(samples[1:], [tail, 100 - tail])
    return Interval(float(samples[0]), float(low), float(high))


def over_subjects(
    subject: np.ndarray,
    statistic: Callable[[np.ndarray], float],
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """A statistic of frames with its bootstrap interval: whole subjects are drawn, with replacement.

    Parameters
    ----------
    subject : ndarray of int, shape (N,)
    statistic : callable
        Takes row numbers, some of them several times, gives a number.  For a paired comparison let it take the
        difference of two methods on the same rows.
    level : float
    resamples, seed : int

    Returns
    -------
    Interval
        The value on all frames once, and the percentiles.
    """
    subject = checks.names(subject, len(subject), "subject")  # a NaN would be nobody's, and be left out
    rows = [np.flatnonzero(subject == name) for name in np.unique(subject)]
    rng = np.random.default_rng(seed)
    drawn = [
        statistic(np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])) for _ in range(resamples)
    ]
    return interval(np.array([statistic(np.arange(len(subject))), *drawn], float), level)
