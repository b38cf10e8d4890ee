"""F1-frame, AUC and average precision against scikit-learn, at the size of BP4D."""

from __future__ import annotations

import numpy as np
from sklearn import metrics as sk

from aulib import metrics
from benchmarks.measure import Row, interleaved


def run(quick: bool) -> list[Row]:
    n, units, rng = (20_000 if quick else 140_000), 12, np.random.default_rng(0)
    truth = (rng.random((n, units)) < rng.uniform(0.1, 0.6, units)).astype(np.int8)
    scores = (0.7 * rng.random((n, units)) + 0.3 * truth * rng.random((n, units))).astype(np.float32)
    ms = interleaved(
        {
            "f1": lambda: metrics.f1_frame(truth, scores),
            "sk f1": lambda: sk.f1_score(truth, scores >= 0.5, average=None),
            "auc": lambda: metrics.auc(truth, scores),
            "sk auc": lambda: sk.roc_auc_score(truth, scores, average=None),
            "ap": lambda: metrics.average_precision(truth, scores),
            "sk ap": lambda: sk.average_precision_score(truth, scores, average=None),
        },
        3 if quick else 7,
    )
    return [
        Row("F1-frame: scikit-learn / ours", ms["sk f1"] / ms["f1"], 100, detail=ms),
        Row("AUC: scikit-learn / ours", ms["sk auc"] / ms["auc"], 5),
        Row("average precision: scikit-learn / ours", ms["sk ap"] / ms["ap"], 2),
    ]
