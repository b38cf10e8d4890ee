"""Protocols: who is trained and tested on what, which frames are drawn, and how scores are averaged.

The five papers use the same corpora with different folds, thresholds and averages, so none of that is a default
hidden in code: a :class:`Protocol` states it and every record and table repeats it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from aulib.aus import UNKNOWN
from aulib.errors import AulibError, UnknownName


@dataclass(frozen=True)
class Protocol:
    """How a paper trains and tests on a corpus.

    Parameters
    ----------
    name : str
    paper : str
        Where it comes from.
    threshold : int
        Lowest intensity that counts as present.
    folds : int
        Number of subject-exclusive parts; fold k *tests* part k and trains on the others.
    validation : float
        Share of the training subjects held out for early stopping and model selection.
    positives, negatives : int
        Frames drawn for training from each video and AU; 0 takes all frames.
    average : {'per-fold', 'pooled'}
        How the paper averages over folds, as far as it can be told.
    note : str
        What the paper leaves open and what we chose.
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


PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "drml-bp4d",
            "DRML Sec. 4.1",
            threshold=1,
            folds=3,
            validation=0.15,
            positives=100,
            negatives=200,
            average="per-fold",
            note="The paper does not say whether test frames are sampled 1:2 as well, nor how folds are "
            "averaged: we test on all frames, print the 1:2 sample beside it, and average over folds.",
        ),
        Protocol(
            "drml-disfa",
            "DRML Sec. 4.1",
            threshold=3,
            folds=3,
            validation=0.15,
            positives=800,
            negatives=1600,
            average="pooled",
            note="No training on the target corpus; level C (3) and above counts as present.",
        ),
        Protocol(
            "probe",
            "this project",
            threshold=2,
            folds=5,
            validation=0.15,
            positives=0,
            negatives=0,
            average="per-fold",
            note="Every frame; one person in five is tested; a trace (A, 1) counts as absent, as usual on DISFA.",
        ),
    )
}


def protocol(name: str) -> Protocol:
    """A protocol by name; raises :class:`~aulib.errors.UnknownName` with the names that exist."""
    if name not in PROTOCOLS:
        raise UnknownName("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]


@dataclass(frozen=True)
class Split:
    """Row numbers of one fold.  No subject is in two of the three parts."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def parts(subjects: list[str], folds: int) -> list[tuple[str, ...]]:
    """Deal subjects into `folds` parts, evenly and always the same way.

    Parameters
    ----------
    subjects : list of str
        In any order, repetitions allowed.
    folds : int

    Returns
    -------
    list of tuple of str
        Part k is what fold k tests.
    """
    names = np.array(sorted(set(subjects)))
    if folds < 2 or folds > len(names):
        raise AulibError(f"{folds} folds cannot be made of {len(names)} subjects")
    order = np.random.default_rng(folds).permutation(len(names))
    return [tuple(sorted(names[order[k::folds]].tolist())) for k in range(folds)]


def split(frames: pd.DataFrame, rule: Protocol, fold: int) -> Split:
    """Divide a corpus for one fold.

    Parameters
    ----------
    frames : pandas.DataFrame
        With a column ``subject``.
    rule : Protocol
    fold : int
        1 to ``rule.folds``; the number of the *tested* part.

    Returns
    -------
    Split
    """
    if not 1 <= fold <= rule.folds:
        raise AulibError(f"fold {fold} does not exist: protocol {rule.name} has folds 1 to {rule.folds}")
    tested = set(parts(frames["subject"].tolist(), rule.folds)[fold - 1])
    rest = sorted(set(frames["subject"]) - tested)
    held_out = max(1, round(rule.validation * len(rest)))
    chosen = np.random.default_rng([rule.folds, fold]).permutation(len(rest))[:held_out]
    validating = {rest[i] for i in chosen}
    subject = frames["subject"]
    return Split(
        train=np.flatnonzero(~subject.isin(tested | validating)),
        validation=np.flatnonzero(subject.isin(validating)),
        test=np.flatnonzero(subject.isin(tested)),
    )


def sample_frames(truth: np.ndarray, sequences: np.ndarray, positives: int, negatives: int, seed: int) -> np.ndarray:
    """DRML's training sample: some positive and some negative frames of every video and AU (Sec. 4.1).

    A multi-label network sees a frame with *all* its labels, so the sample is the union over AUs.

    Parameters
    ----------
    truth : ndarray of int8, shape (N, A)
    sequences : ndarray, shape (N,)
        Which video a frame belongs to.
    positives, negatives : int
        Frames drawn for each AU and video, fewer where there are fewer; 0 and 0 keeps every frame.
    seed : int

    Returns
    -------
    ndarray of int, sorted
        Rows that are in the sample of at least one AU.
    """
    if positives == 0 and negatives == 0:
        return np.arange(len(truth))
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(truth), bool)
    for rows in _rows_of(sequences):
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
    sequences : ndarray, shape (N,)
    positives : int
        At most so many positives a video and AU.
    seed : int

    Returns
    -------
    ndarray of int8, shape (N, A)
        `truth` where a frame is in the AU's sample, ``UNKNOWN`` elsewhere.  A video in which an AU has fewer than
        two negatives for each positive gives fewer positives, so that the ratio is exact.
    """
    rng = np.random.default_rng(seed)
    sampled = np.full_like(truth, UNKNOWN)
    for rows in _rows_of(sequences):
        for a in range(truth.shape[1]):
            on, off = rows[truth[rows, a] == 1], rows[truth[rows, a] == 0]
            n = min(len(on), positives, len(off) // 2)
            sampled[rng.permutation(on)[:n], a] = 1
            sampled[rng.permutation(off)[: 2 * n], a] = 0
    return sampled


def _rows_of(sequences: np.ndarray) -> list[np.ndarray]:
    codes, _ = pd.factorize(np.asarray(sequences))
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
