"""What a protocol says: the values that decide, and the words of the paper beside our choice where it is silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Said:
    """What a paper says on one point.

    Parameters
    ----------
    words : str, optional
        The statement in our own words; None where the paper is silent.
    where : str
        Section, table or figure of the paper.
    ours : str
        What we do where the paper is silent or can be read in two ways.
    """

    words: str | None = None
    where: str = ""
    ours: str = ""

    def __str__(self) -> str:
        stated = "not stated" if self.words is None else f"{self.words} ({self.where})" if self.where else self.words
        return f"{stated}; ours: {self.ours}" if self.ours else stated


SILENT = Said()


@dataclass(frozen=True)
class Protocol:
    """How a paper trains and tests on a corpus.

    The first fields decide what a run computes.  Those from `average` on are words and hints: they change no run, and
    the key of a run leaves them out (see :func:`~aulib.protocols.rules.key_fields`).

    Parameters
    ----------
    name : str
    paper : str
        Where it comes from.
    threshold : int
        Lowest intensity that counts as present.
    folds : int
        Number of subject-exclusive parts; fold k *tests* part k and trains on the others.  1 is a single division
        into training and test, or, without a list, a corpus on which everybody trains and nobody is tested.
    validation : float
        Share of the training subjects held out for early stopping and model selection.
    positives, negatives : int
        Frames drawn for training from each video and AU; 0 takes all frames.
    average : {'per-fold', 'pooled'}
        How the paper averages over folds, as far as it can be told.
    note : str
        What the paper leaves open and what we chose.
    lists : str, optional
        Name of a list of :func:`~aulib.protocols.folds.fold_lists`, used where subjects of a corpus are on it.
    unit : {'subject', 'group', 'sequence', 'frame'}
        What must not be on two sides: a person, or everybody who sat at one table.  By ``sequence`` or by ``frame`` the
        same person trains and is tested, which no paper should do: these two are there to be seen through.
    task : {'detection', 'intensity'}
    corpus : str
        The corpus it is a protocol of, by its name in the manifest.
    trained_on : str, optional
        Another corpus on which the paper trains.
    aus : tuple of int
        The action units of the paper's table.
    alignment : str
        Recipe of registration: ``similarity``, ``anchors`` (two eyes and the mouth) or ``eyes``.
    metrics : tuple of str
    positive, division, registration, crop, augmentation, sampling, initial, decision, averaging : Said
        Which label is a positive; how people are divided; how faces are registered and cut; what is varied in
        training; which frames train; initial weights; the score from which an AU is detected; how folds are averaged.
    errata : tuple of str
        Conflicts that touch its numbers, as the page on protocols names them.
    """

    name: str
    paper: str
    threshold: int
    folds: int
    validation: float
    positives: int
    negatives: int
    average: Literal["per-fold", "pooled"]
    note: str
    lists: str | None = None
    unit: Literal["subject", "group", "sequence", "frame"] = "subject"
    task: Literal["detection", "intensity"] = "detection"
    corpus: str = ""
    trained_on: str | None = None
    aus: tuple[int, ...] = ()
    alignment: str = "similarity"
    metrics: tuple[str, ...] = ()
    positive: Said = SILENT
    division: Said = SILENT
    registration: Said = SILENT
    crop: Said = SILENT
    augmentation: Said = SILENT
    sampling: Said = SILENT
    initial: Said = SILENT
    decision: Said = SILENT
    averaging: Said = SILENT
    errata: tuple[str, ...] = ()

    @property
    def everybody_trains(self) -> bool:
        """Whether the tested corpus is another one, so that of this one nobody is kept for testing."""
        return self.folds == 1 and self.lists is None
