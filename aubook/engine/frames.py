"""Frames: the one container of what was predicted, by whom, in which video, under which fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from aulib.aus import UNKNOWN
from aulib.runs.results import Record


@dataclass(frozen=True, eq=False)
class Frames:
    """Tested frames with labels and scores; those of a video stand together and in order of time.

    Parameters
    ----------
    truth : ndarray of int8, shape (N, A)
        1 present, 0 absent, ``UNKNOWN``; or levels 0 to 5.
    scores : ndarray of float, shape (N, A)
        0 to 1, or levels; NaN in the columns of AUs for which the method has no output.
    subject, video, frame, fold : ndarray of int, shape (N,)
        ``video`` numbers sequences of all subjects; two subjects never share a number.
    aus : tuple of int
        Columns.
    task : {'detection', 'intensity'}
        Whether truth and scores are presence and its probability, or levels.
    """

    truth: np.ndarray
    scores: np.ndarray
    subject: np.ndarray
    video: np.ndarray
    frame: np.ndarray
    fold: np.ndarray
    aus: tuple[int, ...]
    task: str = "detection"
    _counted: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.truth)

    def at(self, rows: np.ndarray) -> Frames:
        """Some of the frames."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _BY_FRAME})

    def of(self, aus: Sequence[int]) -> Frames:
        """Some of the AUs, in the order that is given; NaN scores and unknown labels for one that is not tested."""
        columns = [self.aus.index(au) if au in self.aus else -1 for au in aus]
        truth = np.where(np.array(columns) < 0, UNKNOWN, self.truth[:, columns]).astype(np.int8)
        scores = np.where(np.array(columns) < 0, np.nan, self.scores[:, columns]).astype(self.scores.dtype)
        return replace(self, truth=truth, scores=scores, aus=tuple(aus))

    def scored(self, scores: np.ndarray) -> Frames:
        """The same frames with other scores."""
        return replace(self, scores=scores)

    @property
    def told(self) -> tuple[int, ...]:
        """AUs for which there are scores."""
        silent = np.isnan(self.scores).all(axis=0) if len(self) else np.zeros(len(self.aus), bool)
        return tuple(au for au, no in zip(self.aus, silent, strict=True) if not no)

    @property
    def units(self) -> tuple[np.ndarray, np.ndarray]:
        """Every fold with every person it tests, (U, 2), and to which of these each frame belongs, (N,)."""
        pairs = np.stack([self.fold, self.subject], axis=1)
        units, index = np.unique(pairs, axis=0, return_inverse=True)
        return units, index.ravel()

    def counted(self, name: str, count: Callable[[Frames], Any]) -> Any:
        """What a metric counts in these frames, counted once."""
        if name not in self._counted:
            self._counted[name] = count(self)
        return self._counted[name]


_BY_FRAME = ("truth", "scores", "subject", "video", "frame", "fold")


def read(record: Record, name: str, threshold: int, fill: str = "") -> Frames:
    """The frames behind one of a record's files.

    Parameters
    ----------
    record : Record
    name : str
        Of a tested corpus, or ``probe-validation`` for the people who chose the best weights.
    threshold : int
        Intensity from which an AU counts as present; that of the protocol.  Levels stay what they are.
    fill : str, optional
        A probe whose scores stand in for AUs without an output: ``readout``.
    """
    arrays = record.arrays(name, record.task)
    aus, outputs = tuple(arrays["aus"].tolist()), record.about["outputs"]
    scores = np.full(arrays["codes"].shape, np.nan, np.float32)
    for column, au in enumerate(aus):
        if au in outputs:
            scores[:, column] = arrays["scores"][:, outputs.index(au)]
    if fill and record.has(f"probe-{fill}"):
        scores = np.where(np.isnan(scores), record.arrays(f"probe-{fill}")[name].astype(np.float32), scores)
    codes, subject = arrays["codes"], arrays["subject"].astype(np.int64)
    video = subject * 1000 + arrays["sequence"]
    present = np.where(codes == UNKNOWN, UNKNOWN, codes >= threshold).astype(np.int8)
    truth = codes if record.task == "intensity" else present
    fold = np.full(len(codes), record.about["declaration"]["fold"])
    order = np.lexsort((arrays["frame"], video))
    return Frames(truth, scores, subject, video, arrays["frame"], fold, aus, record.task).at(order)


def concatenate(parts: Sequence[Frames]) -> Frames:
    """Frames of several folds, one behind the other; all of them test the same AUs."""
    if any((part.aus, part.task) != (parts[0].aus, parts[0].task) for part in parts):
        raise ValueError("folds of one protocol test the same AUs")
    whole = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _BY_FRAME}
    return Frames(**whole, aus=parts[0].aus, task=parts[0].task)
