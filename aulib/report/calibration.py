"""Generated labels beside the published statistics that they were calibrated to."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from aulib.datasets.base import Corpus
from aulib.datasets.synthetic.labels import STATISTICS
from aulib.metrics import base_rate
from aulib.report import provenance
from aulib.report.picture import Picture


def base_rates(corpora_by_name: dict) -> Picture:
    """Share of frames in which each AU is present, by corpus."""
    from aulib.metrics import base_rate

    figure, axes = plt.subplots(figsize=(9, 3.4))
    width = 0.8 / len(corpora_by_name)
    every = sorted({au for corpus in corpora_by_name.values() for au in corpus.aus})
    for k, (name, corpus) in enumerate(corpora_by_name.items()):
        rates = base_rate(corpus.occurrence(1))
        x = [every.index(au) + k * width for au in corpus.aus]
        axes.bar(x, 100 * rates, width, label=name)
    axes.set(
        xticks=np.arange(len(every)) + 0.4 - width / 2,
        xticklabels=every,
        xlabel="AU",
        ylabel="frames with the AU, percent",
    )
    axes.legend(frameon=False)
    sizes = ", ".join(f"{name}: {len(corpus):,} frames" for name, corpus in corpora_by_name.items())
    return Picture(
        figure,
        f"Base rates of AUs in the embedded corpora ({sizes}).",
        [provenance.generated(f"Counted from the generated labels, any intensity ({sizes})")],
    )


def published_rates() -> pd.Series:
    """Share of BP4D's frames in which each of its 12 AUs is present, all tasks together."""
    table = pd.read_csv(STATISTICS / "bp4d_rates_by_task.csv", index_col=0)
    table.columns = [column if column == "frames" else int(column) for column in table.columns]
    frames = table.pop("frames")
    return table.mul(frames, axis=0).sum() / frames.sum()


def base_rate_check(corpus: Corpus) -> Picture:
    """Base rates of the BP4D-like corpus against the published ones, AU by AU."""
    theirs = published_rates()
    ours = pd.Series(base_rate(corpus.occurrence(1)), index=corpus.aus)
    figure, axes = plt.subplots(figsize=(4.6, 4.4))
    axes.plot([0, 70], [0, 70], color="#999999", lw=0.8)
    axes.scatter(100 * theirs, 100 * ours[theirs.index], color="#D55E00")
    for au, rate in theirs.items():
        axes.annotate(str(au), (100 * rate, 100 * ours[au]), xytext=(4, 3), textcoords="offset points", fontsize=8)
    axes.set(
        xlabel="published for BP4D, percent of frames",
        ylabel=f"{corpus.name}, percent of frames",
        xlim=(0, 70),
        ylim=(0, 70),
    )
    gap = 100 * np.abs(ours[theirs.index] - theirs)
    return Picture(
        figure,
        f"Base rates of {corpus.name} against BP4D; largest difference {gap.max():.1f} points "
        f"(AU{gap.idxmax()}), mean {gap.mean():.1f}.",
        [provenance.generated(f"{corpus.identifier}; published rates: aggregates over 146,847 frames of BP4D")],
    )
