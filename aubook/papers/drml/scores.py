"""What the command line and Hybrid still import until Hybrid is moved."""

from __future__ import annotations

from typing import Literal

import numpy as np

from aubook.engine import frames
from aubook.engine.metrics import metric
from aulib.corpus import name_of
from aulib.runs.results import Record


def by_seed(records: list[Record]) -> dict[int, list[Record]]:
    """Records grouped by seed."""
    groups: dict[int, list[Record]] = {}
    for record in records:
        groups.setdefault(record.about["declaration"]["seed"], []).append(record)
    return groups


def mean_auc(record: Record) -> float:
    """Mean test AUC of one run on its own corpus, as a fraction."""
    declared = record.about["declaration"]
    own = frames.read(record, name_of(declared["corpus"]), declared["protocol"]["threshold"])
    return float(np.nanmean(metric("auc").plain(own)))


def training_state(record: Record) -> Literal["trained", "plateau", "undertrained"]:
    """Whether a comparison with this network means anything, by the marks that `aubook.engine.state` replaces."""
    if mean_auc(record) >= 0.80 or not record.has("history"):
        return "trained"
    auc = record.arrays("history")["validation_auc"]
    cut = 2 * len(auc) // 3
    if len(auc) >= 6 and auc[cut:].max() <= auc[:cut].max() + 0.005:
        return "plateau"
    return "undertrained"
