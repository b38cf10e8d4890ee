"""Tables and figures of the page on metrics: arithmetic on published base rates and made-up scores, no run needed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from aulib import metrics, published
from aulib.report import provenance
from aulib.report.calibration import published_rates
from aulib.report.picture import Picture
from aulib.report.tables import AVERAGE, Table


def constant_predictor() -> Table:
    """F1 of "always present" from BP4D's base rates, beside what DRML's Table 2 prints."""
    printed = published.by_au("drml_table2_bp4d", "F1-frame")
    rates = published_rates()
    frame = pd.DataFrame(
        {
            "base rate of BP4D": 100 * rates,
            "always present, all frames": 100 * metrics.always_present_f1(rates.to_numpy()),
        }
    )
    frame["always present, 1:2 sample"] = 100 * metrics.always_present_f1(np.full(len(rates), 1 / 3))
    frame.index = frame.index.astype(str)
    frame.loc[AVERAGE] = frame.mean()
    for name in ("ConvNet", "DRML"):
        frame[f"{name}, printed"] = printed[name].rename({"avg": AVERAGE})
    frame.index.name = "AU"
    line = provenance.published(
        "Base rates: aggregates over 146,847 frames of BP4D; printed: DRML (CVPR 2016), Table 2"
    )
    return Table(frame, "F1 of a predictor that never looks, in percent", [line])


def roc_against_precision_recall() -> Picture:
    """The same scores at four base rates: the ROC area stays, average precision falls."""
    rng = np.random.default_rng(0)
    figure, axes = plt.subplots(figsize=(6, 3.4))
    rates = np.array([0.5, 0.2, 0.1, 0.05])
    areas, precisions = [], []
    for rate in rates:
        truth = (rng.random(40_000) < rate).astype(np.int8)[:, None]
        score = 1 / (1 + np.exp(-rng.normal(1.2 * truth, 1.0)))
        areas.append(metrics.auc(truth, score)[0])
        precisions.append(metrics.average_precision(truth, score)[0])
    axes.plot(100 * rates, areas, "o-", label="ROC area")
    axes.plot(100 * rates, precisions, "s-", label="average precision")
    axes.plot(100 * rates, rates, "k:", label="average precision of chance")
    axes.axhline(0.5, color="k", lw=0.8, ls="--", label="ROC area of chance")
    axes.set(xlabel="base rate, percent", ylim=(0, 1))
    axes.legend(frameon=False, fontsize=8)
    return Picture(
        figure,
        f"One classifier at base rates 50, 20, 10 and 5 percent: ROC area {areas[0]:.2f} to {areas[-1]:.2f}, "
        f"average precision {precisions[0]:.2f} to {precisions[-1]:.2f}.",
        ['<div class="provenance">Made-up scores: two normal distributions 1.2 standard deviations apart.</div>'],
    )
