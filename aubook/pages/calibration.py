"""Generated labels beside the published statistics that they were calibrated to.  From scripts: nothing is rendered."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import Table
from aubook.pages.corpora import script_of
from aubook.pages.twins import matrices
from aulib.aus import FACE_AUS, UNKNOWN
from aulib.manifest import entries, entry, stands_in_for
from synthface import labels
from synthface.labels import STATISTICS

#: Embedded corpus -> licensed corpus whose aggregates we have, its name, and the lowest intensity that counts there.
TARGETS = {"synth-bp4d": ("bp4d", "BP4D", 1), "synth-disfa": ("disfa", "DISFA", 2)}
OURS, THEIRS = "#D55E00", "#333333"


def codes_of(name: str, frames_per_sequence: int | None = None) -> tuple[pd.DataFrame, np.ndarray]:
    """Frames and codes of the AUs that a corpus codes, from its script with seed 0."""
    script = script_of(name, frames_per_sequence)
    return script.frames, script.codes[:, [FACE_AUS.index(au) for au in entry(name).aus]]


@lru_cache(maxsize=2)
def generated(name: str) -> dict:
    """``labels.aggregates`` of a corpus at full length, seed 0."""
    frames, codes = codes_of(name)
    return labels.aggregates(frames, codes, entry(name).aus, TARGETS[name][2])


def _line(name: str) -> list[str]:
    _, title, threshold = TARGETS[name]
    level = "any intensity" if threshold == 1 else f"intensity {threshold} or more"
    return [
        provenance.generated(
            f"Generated: script of {name}, seed 0, {len(script_of(name).frames):,} frames, {level}; "
            f"published: aggregates of {title}"
        )
    ]


def published_rates() -> pd.Series:
    """Share of BP4D's frames in which each of its 12 AUs is present, all tasks together."""
    table = published_by_task()
    frames = table.pop("frames")
    return table.mul(frames, axis=0).sum() / frames.sum()


def published_by_task() -> pd.DataFrame:
    """BP4D: one row a task, its number of frames and the base rate of each AU."""
    table = pd.read_csv(STATISTICS / "bp4d_rates_by_task.csv", index_col=0)
    table.columns = [column if column == "frames" else int(column) for column in table.columns]
    return table


def base_rates(names: Sequence[str]) -> Picture:
    """Share of the known frames in which each AU is present, one panel a corpus."""
    every = sorted({au for name in names for au in entry(name).aus})
    figure, axes = plt.subplots(
        len(names), 1, figsize=(6.2, 1.15 * len(names) + 0.5), sharex=True, sharey=True, squeeze=False,
        gridspec_kw={"hspace": 0.45},
    )  # fmt: skip
    for axis, name in zip(axes[:, 0], names, strict=True):
        _, codes = codes_of(name, 60)
        known = np.maximum((codes != UNKNOWN).sum(axis=0), 1)
        axis.bar([every.index(au) for au in entry(name).aus], 100 * (codes > 0).sum(axis=0) / known, color=OURS)
        axis.set_title(name, fontsize=9, loc="left", pad=2)
        axis.grid(axis="y", color="#dddddd", lw=0.6)
        axis.set_axisbelow(True)
    axes[-1, 0].set(xticks=range(len(every)), xticklabels=every, xlabel="AU; no bar: not coded")
    figure.supylabel("percent of frames", fontsize=10)
    return Picture(
        figure,
        f"Base rates of AUs in {', '.join(names)}.",
        [provenance.generated("Counted from scripts, 60 frames a video, seed 0, any intensity; unknown left out")],
    )


def inventory() -> Table:
    """Every corpus of the manifest; a licensed one with its stand-in, an embedded one with what it stands for."""
    rows = {
        name: {
            "source": e.source,
            "stand-in, or stands in for": e.stand_in or ", ".join(stands_in_for(name)) or "–",
            "coding": e.coding,
            "subjects": str(e.subjects),
            "sequences": str(e.sequences),
            "coded frames": f"{e.frames:,}" if e.frames else "–",
            "AUs": ", ".join(map(str, e.aus)),
        }
        for name, e in entries().items()
    }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index.name = "corpus"
    return Table(frame, "Corpora", ['<div class="provenance">Made from the manifest of corpora.</div>'])


def _bars(name: str, theirs: pd.Series, ours: pd.Series, label: str) -> plt.Figure:
    """Published and generated side by side, AU by AU."""
    figure, axes = plt.subplots(figsize=(5.6, 2.5))
    x = np.arange(len(theirs))
    axes.bar(x - 0.2, theirs, 0.38, color=THEIRS, label=f"{TARGETS[name][1]}, published")
    axes.bar(x + 0.2, ours, 0.38, color=OURS, label=name)
    axes.set(xticks=x, xticklabels=theirs.index, xlabel="AU", ylabel=label)
    axes.legend(frameon=False, fontsize=9, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def rates(name: str) -> Picture:
    """Base rates, AU by AU: generated beside published."""
    theirs = labels.published(TARGETS[name][0])["base rate"]
    ours = generated(name)["base rate"][theirs.index]
    gap = 100 * (ours - theirs).abs()
    return Picture(
        _bars(name, 100 * theirs, 100 * ours, "percent of frames"),
        f"Base rates of {name} beside those of {TARGETS[name][1]}; largest difference {gap.max():.1f} points "
        f"(AU{gap.idxmax()}), mean {gap.mean():.1f}.",
        _line(name),
        f"Largest difference {gap.max():.1f} points (AU{gap.idxmax()}), mean {gap.mean():.1f}.",
    )


def rates_by_task() -> Picture:
    """BP4D's base rates by task beside ours: what people do depends on what they are asked to do."""
    theirs = published_by_task().drop(columns="frames")
    frames, codes = codes_of("synth-bp4d")
    ours = labels.statistics.rates_by_task(codes > 0, frames["sequence"].to_numpy(), entry("synth-bp4d").aus)
    ours = ours.loc[theirs.index, theirs.columns]
    figure, axes = plt.subplots(
        1, 2, figsize=(6.2, 3.3), sharey=True,
        gridspec_kw={"wspace": 0.05, "bottom": 0.3, "top": 0.9, "left": 0.07, "right": 0.99},
    )  # fmt: skip
    for axis, table, title in zip(axes, (theirs, ours), ("BP4D, published", "synth-bp4d"), strict=True):
        image = axis.imshow(100 * table.to_numpy(), cmap="viridis", vmin=0, vmax=90, aspect="auto")
        axis.set_xticks(range(len(table.columns)), table.columns, fontsize=8)
        axis.set_yticks(range(len(table)), table.index, fontsize=8)
        axis.set_title(title, fontsize=9)
        axis.set_xlabel("AU", fontsize=9)
    bar = figure.colorbar(image, cax=figure.add_axes((0.3, 0.13, 0.4, 0.03)), orientation="horizontal")
    bar.set_label("percent of frames", fontsize=8)
    gap = 100 * (ours - theirs).abs()
    return Picture(
        figure,
        f"Base rates by task and AU, published and generated; mean difference {gap.to_numpy().mean():.1f} points.",
        _line("synth-bp4d"),
        f"Mean difference {gap.to_numpy().mean():.1f} points, largest {gap.to_numpy().max():.1f}.",
    )


def phi(name: str) -> Picture:
    """φ between AUs, published and generated, over all frames; for BP4D within videos as well."""
    theirs, ours = labels.published(TARGETS[name][0]), generated(name)
    title = TARGETS[name][1]
    shown = [("phi", f"{title}, published"), ("phi", name)]
    tables = [theirs["phi"], ours["phi"].loc[theirs["phi"].index, theirs["phi"].columns]]
    gap = np.abs(tables[0].to_numpy() - tables[1].to_numpy())[np.triu_indices(len(tables[0]), 1)]
    words = f"Mean difference of a pair {gap.mean():.3f}, largest {gap.max():.2f}."
    return Picture(
        matrices(tables, [words for _, words in shown]),
        f"Correlations between AUs: {title} as published, and {name}. {words}",
        _line(name),
        words,
    )


def runs(name: str = "synth-bp4d") -> Picture:
    """Median length of an event, AU by AU, in seconds."""
    theirs = labels.published(TARGETS[name][0])["median active run"]
    ours = generated(name)["median active run"][theirs.index]
    rate = entry(name).frame_rate
    ratio = ours / theirs - 1
    return Picture(
        _bars(name, theirs / rate, ours / rate, "median run, seconds"),
        f"Median length of events by AU; generated is {100 * ratio.abs().mean():.0f} percent off on average.",
        _line(name),
        f"Mean deviation {100 * ratio.abs().mean():.0f} %, largest {100 * ratio.abs().max():.0f} % "
        f"(AU{ratio.abs().idxmax()}).",
    )


def memory(name: str) -> Picture:
    """How long an AU remembers: autocorrelation (BP4D) or persistence (DISFA) over the lag, one panel an AU."""
    target = labels.published(TARGETS[name][0])
    statistic = "autocorrelation" if "autocorrelation" in target else "persistence"
    theirs, ours, rate = target[statistic], generated(name)[statistic], entry(name).frame_rate
    figure, axes = plt.subplots(
        3, 4, figsize=(6.2, 4.8), sharex=True, sharey=True, gridspec_kw={"hspace": 0.3, "wspace": 0.08}
    )
    for axis, au in zip(axes.flat, theirs.index, strict=True):
        lags = [lag for lag in theirs.columns if lag in ours.columns]
        seconds = np.array(lags) / rate
        axis.plot(seconds, theirs.loc[au, lags], "o-", color=THEIRS, ms=3, lw=1, label="published")
        axis.plot(seconds, ours.loc[au, lags], "s-", color=OURS, ms=3, lw=1, label="generated")
        axis.set(xscale="log", ylim=(0, 1.03))
        axis.set_title(f"AU{au}", fontsize=9, pad=2)
    axes.flat[0].legend(frameon=False, fontsize=8, loc="lower left")
    figure.supxlabel("lag, seconds", fontsize=10)
    figure.supylabel(statistic, fontsize=10)
    gap = float(np.nanmean(np.abs(ours.loc[theirs.index, lags] - theirs[lags])))
    return Picture(
        figure,
        f"{statistic.capitalize()} of each AU of {name} over the lag, published and generated; mean gap {gap:.3f}.",
        _line(name),
        f"Mean difference {gap:.3f}.",
    )


def cardinality(names: Sequence[str] = tuple(TARGETS)) -> Picture:
    """How many AUs are on at once."""
    figure, axes = plt.subplots(1, len(names), figsize=(6.2, 2.6), squeeze=False, gridspec_kw={"wspace": 0.25})
    for axis, name in zip(axes[0], names, strict=True):
        theirs = labels.published(TARGETS[name][0])["cardinality"]
        ours = generated(name)["cardinality"].reindex(theirs.index, fill_value=0.0)
        axis.bar(theirs.index - 0.2, 100 * theirs, 0.38, color=THEIRS, label="published")
        axis.bar(theirs.index + 0.2, 100 * ours, 0.38, color=OURS, label="generated")
        axis.set(xlabel="AUs at once", ylabel="percent of frames")
        axis.set_title(f"{TARGETS[name][1]} and {name}", fontsize=9)
    axes[0, -1].legend(frameon=False, fontsize=9)
    return Picture(
        figure,
        f"Number of AUs present at once: published and generated, for {' and '.join(names)}.",
        [line for name in names for line in _line(name)],
    )


def spread(name: str = "synth-bp4d") -> Picture:
    """How much people differ: standard deviation over subjects of each AU's base rate."""
    theirs = labels.published(TARGETS[name][0])["spread over subjects"]
    ours = generated(name)["spread over subjects"][theirs.index]
    return Picture(
        _bars(name, 100 * theirs, 100 * ours, "points"),
        "Standard deviation over subjects of each AU's base rate, published and generated.",
        _line(name),
        "People differ: standard deviation of an AU's base rate over subjects.",
    )


def report(name: str) -> pd.DataFrame:
    """``labels.calibration_report`` of a corpus at full length, seed 0."""
    return labels.calibration_report(generated(name), labels.published(TARGETS[name][0]))


def summary(name: str) -> Table:
    """The calibration report in one row a statistic; what lies outside its tolerance is named."""
    rows = {}
    for statistic, part in report(name).groupby("statistic", sort=False):
        outside = part[~part["within"]]
        rows[statistic] = {
            "compared": str(len(part)),
            "tolerance": f"{part['tolerance'].iloc[0]:.2f}",
            "mean difference": f"{part['difference'].abs().mean():.3f}",
            "largest": f"{part['difference'].abs().max():.3f}",
            "within": f"{part['within'].sum()} of {len(part)}",
            "outside": ", ".join(outside["what"].head(4)) + (" …" if len(outside) > 4 else "") or "none",
        }
    return Table(pd.DataFrame.from_dict(rows, orient="index"), f"{name} beside {TARGETS[name][1]}", _line(name))
