"""Scores from records: one cell a method, AU and metric, with what is missing or undertrained said aloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from aulib import metrics
from aulib.aus import UNKNOWN
from aulib.corpus import name_of
from aulib.protocols import one_to_two, protocol
from aulib.runs import results
from aulib.runs.declaration import Declaration
from aulib.runs.results import Record

Metric = Literal["f1", "auc", "average_precision", "accuracy"]
METRICS = {
    "f1": metrics.f1_frame,
    "auc": metrics.auc,
    "average_precision": metrics.average_precision,
    "accuracy": metrics.accuracy,
}

#: A network counts as trained from this mean test AUC on, or when its validation AUC has stopped rising.
TRAINED_AUC = 0.80
PLATEAU = 0.005


@dataclass
class Predictions:
    """Scores and labels of one seed, the tested frames of all its folds together.

    Parameters
    ----------
    truth : ndarray of int8, shape (N, A)
        1 present, 0 absent, ``UNKNOWN``.
    scores : ndarray of float32, shape (N, A)
        NaN in the columns of AUs for which the method has no output.
    folds, videos : ndarray of int, shape (N,)
    aus : tuple of int
        Columns.
    """

    truth: np.ndarray
    scores: np.ndarray
    folds: np.ndarray
    videos: np.ndarray
    aus: tuple[int, ...]

    def on_one_to_two(self, positives: int) -> Predictions:
        """The same scores with labels of the 1:2 test sample only (see ``protocols.one_to_two``)."""
        return Predictions(
            one_to_two(self.truth, self.videos, positives), self.scores, self.folds, self.videos, self.aus
        )


def predictions(records: list[Record], corpus: str, threshold: int) -> Predictions:
    """Join the predictions of several folds.

    Parameters
    ----------
    records : list of Record
        One method and seed, any folds.
    corpus : str
        Which of the tested corpora.
    threshold : int
        Intensity from which an AU counts as present.
    """
    truth, scores, folds, videos = [], [], [], []
    aus: tuple[int, ...] = ()
    for record in records:
        arrays = record.arrays(corpus)
        aus = tuple(arrays["aus"].tolist())
        codes = arrays["codes"]
        truth.append(np.where(codes == UNKNOWN, UNKNOWN, codes >= threshold).astype(np.int8))
        scores.append(_columns(arrays["scores"].astype(np.float32), record.about["outputs"], aus))
        folds.append(np.full(len(codes), record.about["declaration"]["fold"]))
        videos.append(arrays["subject"].astype(np.int64) * 1000 + arrays["sequence"])
    return Predictions(
        np.concatenate(truth), np.concatenate(scores), np.concatenate(folds), np.concatenate(videos), aus
    )


def _columns(scores: np.ndarray, outputs: list[int], aus: tuple[int, ...]) -> np.ndarray:
    """Scores re-ordered to the AUs of the tested corpus; NaN where the method has no output for one."""
    aligned = np.full((len(scores), len(aus)), np.nan, np.float32)
    for column, au in enumerate(aus):
        if au in outputs:
            aligned[:, column] = scores[:, outputs.index(au)]
    return aligned


def per_au(given: Predictions, metric: Metric, average: str) -> np.ndarray:
    """One value an AU in percent, NaN for AUs without an output or without both classes; shape (A,)."""
    known = ~np.isnan(given.scores).any(axis=0)
    out = np.full(len(given.aus), np.nan)
    if known.any():
        out[known] = metrics.over_folds(
            METRICS[metric], given.truth[:, known], given.scores[:, known], given.folds, average=average
        )
    return 100 * out


def always_present(given: Predictions, metric: Metric, average: str) -> np.ndarray:
    """The same for a predictor that calls every AU present in every frame; shape (A,)."""
    constant = Predictions(given.truth, np.ones(given.truth.shape, np.float32), given.folds, given.videos, given.aus)
    return per_au(constant, metric, average)


def found(declarations: dict[str, Declaration], method: str) -> list[Record]:
    """Records of a method's benchmark runs (`method`-fold…-seed…), as many as exist."""
    return [
        record
        for label, declaration in declarations.items()
        if label.startswith(f"{method}-fold") and (record := results.find(declaration)) is not None
    ]


def lead(declarations: dict[str, Declaration], method: str) -> Record | None:
    """The record of a method's first benchmark run: what a figure of one network shows."""
    label = next(label for label in declarations if label.startswith(f"{method}-fold"))
    return results.find(declarations[label])


def by_seed(records: list[Record]) -> dict[int, list[Record]]:
    """Records grouped by seed."""
    groups: dict[int, list[Record]] = {}
    for record in records:
        groups.setdefault(record.about["declaration"]["seed"], []).append(record)
    return groups


def own(records: list[Record]) -> Predictions:
    """Predictions on the corpus that the runs were trained on, at the threshold of their protocol."""
    declared = records[0].about["declaration"]
    return predictions(records, name_of(declared["corpus"]), declared["protocol"]["threshold"])


def mean_auc(record: Record) -> float:
    """Mean test AUC of one run on its own corpus, as a fraction."""
    return float(np.nanmean(per_au(own([record]), "auc", "pooled"))) / 100


def training_state(record: Record) -> Literal["trained", "plateau", "undertrained"]:
    """Whether a comparison with this network means anything.

    ``trained``: mean test AUC of at least `TRAINED_AUC`.  ``plateau``: below that, but the best validation AUC of the
    last third of training is no more than `PLATEAU` above the best before it.  Otherwise ``undertrained``.
    """
    if mean_auc(record) >= TRAINED_AUC or not record.has("history"):
        return "trained"
    auc = record.arrays("history")["validation_auc"]
    cut = 2 * len(auc) // 3
    if len(auc) >= 6 and auc[cut:].max() <= auc[:cut].max() + PLATEAU:
        return "plateau"
    return "undertrained"


def rule(declaration: Declaration, corpus: str):
    """The protocol under which a run is tested on a corpus."""
    if corpus == declaration.corpus:
        return protocol(declaration.protocol)
    return protocol(dict(declaration.test_on)[corpus])
