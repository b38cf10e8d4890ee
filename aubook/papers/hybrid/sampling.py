"""What a batch is made of under random sampling, multi-label stratification and MOMU (Hybrid Sec. 5).

From labels alone: nothing is rendered and nothing trained.  Those of an embedded corpus come from its script, those of
a licensed one from your own copy.
"""

from __future__ import annotations

import base64
import html
from functools import lru_cache

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import Table
from aulib.aus import UNKNOWN
from aulib.datasets import load
from aulib.manifest import entry

#: Name of a sampler -> what the paper calls it, in the order of its Fig. 6.
STRATEGIES = {"random": "random sampling", "stratified": "multi-label stratification", "momu": "MOMU"}
#: Stand-ins for the two corpora of the paper's section on sampling.
CORPORA = ("synth-gft", "synth-bp4d-plus")
COLOURS = {"random": "#D55E00", "stratified": "#009E73", "momu": "#0072B2"}
#: Frames a batch in the paper (Sec. 4.2).
BATCH = 196


@lru_cache(maxsize=4)
def truth_of(name: str, frames_per_sequence: int | None = None) -> np.ndarray:
    """Occurrence of the AUs that a corpus codes, (N, A) int8 with UNKNOWN, from its script with seed 0 or your copy."""
    if entry(name).source == "licensed":
        return load(name, faces=False).occurrence()
    from aubook.pages.calibration import codes_of

    return np.minimum(codes_of(name, frames_per_sequence)[1], 1).astype(np.int8)


@lru_cache(maxsize=12)
def batches(name: str, strategy: str, frames_per_sequence: int | None = None, batch: int = BATCH) -> np.ndarray:
    """Rows of the frames of the first epoch's batches, (B, batch)."""
    from aulib.samplers import SAMPLERS

    sampler = SAMPLERS[strategy](truth_of(name, frames_per_sequence), batch, seed=0)
    return np.array([sampler.at(step) for step in range(len(sampler))])


def counts(name: str, strategy: str, frames_per_sequence: int | None = None, batch: int = BATCH) -> np.ndarray:
    """How many frames of each batch of an epoch show each AU, (B, A)."""
    present = truth_of(name, frames_per_sequence) > 0
    return present[batches(name, strategy, frames_per_sequence, batch)].sum(axis=1)


def _line(name: str, frames_per_sequence: int | None, what: str, batch: int = BATCH) -> list[str]:
    frames = len(truth_of(name, frames_per_sequence))
    if entry(name).source == "licensed":
        corpus = load(name, faces=False)
        words = f"labels of {corpus.identifier}, {frames:,} frames; batches of {batch}, {what}"
        return [f'<div class="provenance">{provenance.badge(corpus.source)} {words}</div>']
    return [
        provenance.generated(
            f"Counted from the script of {name}, seed 0, {frames:,} frames; batches of {batch}, {what}"
        )
    ]


def imbalance(found: np.ndarray) -> np.ndarray:
    """Frames of the AU that a batch shows most over those of the one it shows least, (B,); none counts as one."""
    return found.max(axis=1) / np.maximum(found.min(axis=1), 1)


def base_rates(names: tuple[str, ...] = CORPORA, frames_per_sequence: int | None = None) -> Picture:
    """Base rates of the corpora of the section on sampling (Hybrid Fig. 5)."""
    every = sorted({au for name in names for au in entry(name).aus})
    figure, axes = plt.subplots(figsize=(6.2, 2.6))
    words, sizes = [], []
    for k, (name, colour) in enumerate(zip(names, ("#56B4E9", "#333333", "#D55E00"), strict=False)):
        truth, aus = truth_of(name, frames_per_sequence), entry(name).aus
        rate = 100 * (truth > 0).sum(axis=0) / np.maximum((truth != UNKNOWN).sum(axis=0), 1)
        x = np.array([every.index(au) for au in aus]) + 0.8 * ((k + 0.5) / len(names) - 0.5)
        axes.bar(x, rate, 0.76 / len(names), color=colour, label=name)
        words.append(
            f"{name}: from {rate.min():.1f} % (AU{aus[rate.argmin()]}) to {rate.max():.1f} % (AU{aus[rate.argmax()]}), "
            f"{rate.max() / rate.min():.0f} to 1"
        )
        sizes.append(f"{name}, {len(truth):,} frames")
    axes.set(xticks=range(len(every)), xticklabels=every, xlabel="AU; no bar: not coded", ylabel="percent of frames")
    axes.grid(axis="y", color="#dddddd", lw=0.6)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, fontsize=9, ncols=len(names), loc="lower center", bbox_to_anchor=(0.5, 1.0))
    caption = "Share of the known frames in which an AU is present. " + "; ".join(words) + "."
    return Picture(
        figure,
        "Base rates by AU, one bar a corpus. " + "; ".join(words) + ".",
        [provenance.generated(f"Counted from the scripts of {' and '.join(sizes)}, seed 0; unknown left out")],
        caption,
    )


def composition(name: str = CORPORA[1], shown: int = 60, frames_per_sequence: int | None = None) -> Picture:
    """Frames of each AU in each batch, one panel a strategy (Hybrid Fig. 6)."""
    aus = entry(name).aus
    found = {s: counts(name, s, frames_per_sequence)[:shown] for s in STRATEGIES}
    top = max(int(one.max()) for one in found.values())
    figure, axes = plt.subplots(
        3, 1, figsize=(6.2, 6.4), sharex=True, gridspec_kw={"hspace": 0.22, "left": 0.08, "right": 0.88}
    )
    for axis, (strategy, one) in zip(axes, found.items(), strict=True):
        image = axis.imshow(
            one.T, cmap="viridis", vmin=0, vmax=top, aspect="auto", interpolation="nearest",
            extent=(0.5, len(one) + 0.5, len(aus) - 0.5, -0.5),
        )  # fmt: skip
        axis.set_yticks(range(len(aus)), aus, fontsize=8)
        axis.set_title(STRATEGIES[strategy], fontsize=10, loc="left", pad=3)
        axis.set_ylabel("AU", fontsize=9)
    axes[-1].set_xlabel("batch")
    figure.colorbar(image, cax=figure.add_axes((0.9, 0.3, 0.02, 0.4))).set_label("frames of the batch", fontsize=9)
    words = "; ".join(
        f"{STRATEGIES[s]} {np.median(imbalance(one)):.1f} to 1 within a batch, "
        f"standard deviation between batches {one.std(axis=0).mean():.1f} frames"
        for s, one in found.items()
    )
    return Picture(
        figure,
        f"Three heat maps, AU by batch, of how many frames show the AU: {words}.",
        _line(name, frames_per_sequence, f"the first {min(shown, *map(len, found.values()))} of an epoch"),
        "A row with stripes is an AU that comes unevenly from batch to batch; a column with dark cells is a batch that "
        "hardly shows some AUs.",
    )


def balance(name: str = CORPORA[1], frames_per_sequence: int | None = None) -> Table:
    """Within-batch imbalance, between-batch spread and what an epoch sees of the corpus, one row a strategy."""
    truth = truth_of(name, frames_per_sequence)
    absent: np.ndarray = np.all(truth <= 0, axis=1)
    rows = {}
    for strategy, title in STRATEGIES.items():
        found, taken = counts(name, strategy, frames_per_sequence), batches(name, strategy, frames_per_sequence)
        rows[title] = {
            ("within a batch", "most / least shown AU, median"): np.median(imbalance(found)),
            ("within a batch", "worst batch"): imbalance(found).max(),
            ("within a batch", "batches that lack an AU, %"): 100 * np.mean(np.any(found == 0, axis=1)),
            ("between batches", "sd, frames"): found.std(axis=0).mean(),
            ("between batches", "sd / mean, %"): 100 * (found.std(axis=0) / found.mean(axis=0)).mean(),
            ("an epoch", "frames seen, %"): 100 * len(np.unique(taken)) / len(truth),
            ("an epoch", "frames without any AU, %"): 100 * absent[taken].mean(),
        }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.columns = pd.MultiIndex.from_tuples(frame.columns)
    return Table(
        frame,
        f"Batches of {name}: imbalance within, spread between (mean over AUs), and what an epoch sees",
        _line(name, frames_per_sequence, "one epoch"),
    )


def by_au(name: str = CORPORA[1], frames_per_sequence: int | None = None) -> Table:
    """Mean and standard deviation of an AU's frames in a batch, one row an AU, the rarest first."""
    aus = entry(name).aus
    columns: dict[tuple[str, str], np.ndarray] = {}
    for quantity, function in (("mean", np.mean), ("sd", np.std)):
        for strategy, title in STRATEGIES.items():
            found = counts(name, strategy, frames_per_sequence)
            columns[f"{quantity}, frames a batch", title] = function(found, axis=0)
    frame = pd.DataFrame(columns, index=pd.Index([str(au) for au in aus], name="AU"))
    frame = frame.iloc[np.argsort((truth_of(name, frames_per_sequence) > 0).sum(axis=0), kind="stable")]
    return Table(frame, f"Frames of each AU in a batch of {name}", _line(name, frames_per_sequence, "one epoch"))


def over_an_epoch(name: str = CORPORA[1], units: int = 4, frames_per_sequence: int | None = None) -> Picture:
    """MOMU's counts of the rarest AUs over an epoch: what restoring all frames of an AU at once does to batches."""
    aus = entry(name).aus
    found = counts(name, "momu", frames_per_sequence)
    rarest = np.argsort((truth_of(name, frames_per_sequence) > 0).sum(axis=0), kind="stable")[:units]
    width = max(1, len(found) // 75)
    figure, axes = plt.subplots(figsize=(6.2, 2.8))
    for column, colour in zip(rarest, ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#777777"), strict=False):
        smooth = np.convolve(found[:, column], np.ones(width) / width, "valid")
        axes.plot(np.arange(len(smooth)) + (width + 1) / 2, smooth, lw=1.2, color=colour, label=f"AU{aus[column]}")
    axes.set(xlabel="batch of the epoch", ylabel="frames of the batch", ylim=(0, None), xlim=(1, len(found)))
    axes.legend(frameon=False, fontsize=9, ncols=units, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    ranges = "; ".join(f"AU{aus[k]} from {found[:, k].min()} to {found[:, k].max()}" for k in rarest)
    return Picture(
        figure,
        f"Frames of the {units} rarest AUs in each batch of an epoch of MOMU: {ranges}.",
        _line(name, frames_per_sequence, f"one epoch of MOMU; mean over {width} batches"),
        "Frames with several AUs are used up first; when an AU runs out, all its frames come back at once.",
    )


def _batch_figure(name: str, number: int, frames_per_sequence: int | None, top: int) -> tuple[Figure, str]:
    """One batch by each strategy: its labels frame by frame, and how often each AU is present; and that in words."""
    aus, truth = entry(name).aus, truth_of(name, frames_per_sequence)
    figure, axes = plt.subplots(
        2, 3, figsize=(6.4, 4.0), sharey="row",
        gridspec_kw={"hspace": 0.42, "wspace": 0.08, "left": 0.07, "right": 0.99, "top": 0.92, "bottom": 0.12},
    )  # fmt: skip
    words = []
    for column, (strategy, title) in zip(axes.T, STRATEGIES.items(), strict=True):
        labels = truth[batches(name, strategy, frames_per_sequence)[number]]  # (batch, A)
        found = (labels > 0).sum(axis=0)
        colours = ListedColormap(["#bbbbbb", "#f4f4f4", COLOURS[strategy]])
        column[0].imshow(labels.T, cmap=colours, vmin=UNKNOWN, vmax=1, aspect="auto", interpolation="nearest")
        column[0].set_title(title, fontsize=9, pad=3)
        column[0].set_xlabel("frame of the batch", fontsize=8)
        column[1].barh(range(len(aus)), found, color=COLOURS[strategy])
        for row, value in enumerate(found):
            column[1].text(value + 0.01 * top, row, str(value), va="center", fontsize=7)
        column[1].set(xlim=(0, 1.12 * top), ylim=(len(aus) - 0.5, -0.5))
        column[1].xaxis.set_major_locator(MaxNLocator(4, prune="upper"))
        column[1].set_xlabel("frames with the AU", fontsize=8)
        for axis in column:
            axis.tick_params(labelsize=7)
            axis.set_yticks(range(len(aus)), aus)
        listed = ", ".join(f"AU{au} {value}" for au, value in zip(aus, found, strict=True))
        words.append(f"{title}: {listed}")
    for axis in axes[:, 0]:
        axis.set_ylabel("AU", fontsize=8)
    return figure, ". ".join(words) + "."


def viewer(name: str = CORPORA[1], shown: int = 16, frames_per_sequence: int | None = None):
    """A slider over batches; each is shown as the three strategies fill it.  Works in static HTML without a kernel.

    Parameters
    ----------
    name : str
        Embedded corpus or twin.
    shown : int
        Batches, spread over an epoch.
    frames_per_sequence : int, optional

    Returns
    -------
    ipywidgets.VBox
    """
    import ipywidgets as widgets

    found = [counts(name, strategy, frames_per_sequence) for strategy in STRATEGIES]
    numbers = np.unique(np.linspace(0, min(map(len, found)) - 1, shown).astype(int))
    top = max(int(one[numbers].max()) for one in found)
    pages = []
    for number in numbers.tolist():
        figure, words = _batch_figure(name, number, frames_per_sequence, top)
        image = base64.b64encode(Picture(figure, words).png(90)).decode()
        pages.append(
            widgets.HTML(
                f'<figure style="margin:0"><img style="max-width:100%" src="data:image/png;base64,{image}" '
                f'alt="Batch {number + 1}. {html.escape(words, quote=True)}">'
                f'<figcaption aria-live="polite">batch {number + 1} of an epoch; coloured: present, grey: unknown'
                f"</figcaption></figure>"
            )
        )
    index = widgets.IntSlider(
        value=0, min=0, max=len(pages) - 1, description="batch", readout=False, layout={"width": "min(100%, 420px)"}
    )
    stack = widgets.Stack(pages, selected_index=0)
    widgets.jslink((index, "value"), (stack, "selected_index"))
    line = _line(name, frames_per_sequence, f"{len(pages)} spread over an epoch")[0]
    return widgets.VBox([index, stack, widgets.HTML(line)])
