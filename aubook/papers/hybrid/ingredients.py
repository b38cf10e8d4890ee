"""What the networks of the Hybrid paper are fed with, and what they are told: sequences, margin loss, fused scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.colors import ListedColormap

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import Table
from aulib.aus import UNKNOWN
from aulib.datasets import load
from aulib.manifest import entry
from aulib.runs.methods import METHODS

_ORANGE, _BLUE, _GREEN, _GREY = "#D55E00", "#0072B2", "#009E73", "#999999"


def labels(name: str, frames_per_sequence: int | None = None) -> tuple[pd.DataFrame, np.ndarray]:
    """Frames and occurrence (N, A) int8 with UNKNOWN of a corpus: from its script with seed 0, or from your copy."""
    if entry(name).source == "licensed":
        corpus = load(name, faces=False)
        return corpus.frames, corpus.occurrence()
    from aubook.pages.calibration import codes_of

    frames, codes = codes_of(name, frames_per_sequence)
    return frames, np.minimum(codes, 1).astype(np.int8)


def settings(frames: pd.DataFrame, name: str) -> dict[str, float]:
    """The paper's numbers for these frames: thinned n-fold, a sequence has a n-th of its frames.

    Returns
    -------
    dict
        ``step`` (n), ``length``, ``piece``, ``silent`` in frames, ``least`` in active AUs a frame.
    """
    from aulib.models.sequences import bound

    options = METHODS["lstm"].options
    number = frames.groupby(["subject", "sequence"], sort=False)["frame"].diff()
    step = max(1, round(float(number.median())))
    lengths = {key: max(1, round(options[key] / step)) for key in ("length", "piece", "silent")}
    return {"step": step, **lengths, "least": bound(len(entry(name).aus), options["least"])}


def windows(name: str, frames_per_sequence: int | None = None) -> pd.DataFrame:
    """Every window of a corpus with its number of frames and its mean number of active AUs.

    Returns
    -------
    pandas.DataFrame
        One row a window: ``subject``, ``sequence``, ``rows`` (ndarray), ``frames``, ``active``.
    """
    from aulib.models.sequences import active_aus, sequences

    frames, truth = labels(name, frames_per_sequence)
    cut = sequences(frames, int(settings(frames, name)["length"]))
    first = frames.iloc[[rows[0] for rows in cut]]
    return pd.DataFrame(
        {
            "subject": first["subject"].to_numpy(),
            "sequence": first["sequence"].to_numpy(),
            "rows": cut,
            "frames": [len(rows) for rows in cut],
            "active": [active_aus(truth[rows]) for rows in cut],
        }
    )


def cutting(name: str = "synth-gft", frames_per_sequence: int | None = None, seed: int = 0) -> Picture:
    """How a video becomes training material: windows, the lively ones, ten subsequences, silent starts (Sec. 4.2)."""
    from aulib.models.sequences import subsequences

    frames, truth = labels(name, frames_per_sequence)
    of, every, aus = settings(frames, name), windows(name, frames_per_sequence), entry(name).aus
    every = every.assign(lively=every["active"] >= of["least"])
    videos = every.groupby(["subject", "sequence"], sort=False)
    # a video whose first window stays and whose last one goes shows both; the first video where there is none
    both = [key for key, one in videos if one["lively"].iloc[0] and not one["lively"].iloc[-1]]
    own = videos.get_group(both[0] if both else next(iter(videos))[0])
    rows = np.concatenate(own["rows"].to_list())
    figure, axes = plt.subplots(2, 1, figsize=(8.4, 5.0), sharex=True, height_ratios=(1.5, 1), layout="constrained")
    shown = np.where(truth[rows] == UNKNOWN, 2, truth[rows]).T
    axes[0].imshow(
        shown, ListedColormap(["white", _BLUE, "#dddddd"]), vmin=0, vmax=2, aspect="auto", interpolation="nearest",
        extent=(0, len(rows), len(aus) - 0.5, -0.5),
    )  # fmt: skip
    axes[0].set_yticks(range(len(aus)), [f"AU{au}" for au in aus])
    rng, begin, words = np.random.default_rng(seed), 0, []
    for number, (size, active, kept, window) in enumerate(
        zip(own["frames"], own["active"], own["lively"], own["rows"], strict=True), 1
    ):
        fate = "kept" if kept else "left out"
        words.append(f"window {number}, {size} frames, {active:.1f} active AUs a frame: {fate}")
        axes[0].text(begin + size / 2, -0.9, f"{active:.1f} active, {fate}", ha="center", va="bottom")
        for axis in axes:
            axis.axvline(begin + size, color="#333333", lw=1.2)
        if kept:
            drawn = subsequences(np.arange(len(window)), length=int(of["piece"]), rng=rng)
            for line, piece in enumerate(drawn):
                silent = min(int(of["silent"]), len(piece))
                start = begin + piece[0]
                axes[1].barh(line, silent, 0.7, left=start, color=_ORANGE)
                axes[1].barh(line, len(piece) - silent, 0.7, left=start + silent, color=_GREEN)
        else:
            axes[1].axvspan(begin, begin + size, color="#eeeeee")
            axes[1].text(begin + size / 2, 4.5, "not trained on", ha="center", va="center", color="#555555")
        begin += size
    axes[1].set(ylim=(9.7, -0.7), ylabel="subsequence", xlim=(0, len(rows)), yticks=[0, 4, 9], yticklabels=[1, 5, 10])
    thinned = "" if of["step"] == 1 else f", one of {of['step']} frames"
    axes[1].set_xlabel(f"frame of the video{thinned}")
    share = 100 * (1 - every["lively"].mean())
    note = f"{name}, labels of {own['subject'].iloc[0]}, sequence {own['sequence'].iloc[0]}"
    return Picture(
        figure,
        f"Above, which of {len(aus)} AUs are present in the {len(rows)} frames of a video, cut into {len(own)} "
        f"windows: {'; '.join(words)}. Below, ten subsequences of each window that is kept, with a silent start.",
        _line(name, note, len(frames)),
        f"Blue: present; grey: unknown. Windows of at most {of['length']:g} frames; those with fewer than "
        f"{of['least']:g} active AUs a frame are left out, in this corpus {share:.0f} % of {len(every):,}. A "
        f"step takes ten subsequences of {of['piece']:g} frames, here drawn from one window, in a run from ten; "
        f"what is orange at the start, {of['silent']:g} of them, carries no loss.",
    )


def liveliness(names: tuple[str, ...] = ("synth-gft", "synth-bp4d"), frames_per_sequence: int | None = None) -> Picture:
    """Active AUs a frame of all windows, and where the bound cuts: 1.5 of twelve AUs (Sec. 4.2)."""
    figure, axes = plt.subplots(figsize=(6.6, 2.8))
    from aulib.models.sequences import bound

    words: list[str] = []
    total = 0
    for name, colour in zip(names, (_ORANGE, _BLUE, _GREEN), strict=False):
        active = np.sort(windows(name, frames_per_sequence)["active"].dropna().to_numpy())
        least = bound(len(entry(name).aus), METHODS["lstm"].options["least"])
        share = 100 * np.mean(active < least)
        axes.plot(active, 100 * np.arange(1, len(active) + 1) / len(active), color=colour, lw=1.8, label=name)
        axes.axvline(least, color=colour, lw=1.0, ls="--")
        words.append(f"{name}: {share:.0f} % of {len(active)} windows left out, median {np.median(active):.1f}")
        total += len(labels(name, frames_per_sequence)[0])
    axes.set_title("left of its dashed line: not trained on", fontsize=10.5, loc="left")
    axes.set(xlabel="active AUs a frame, mean of the window", ylabel="percent of windows", ylim=(0, 101))
    axes.set_xlim(left=0)
    axes.legend(frameon=False, loc="upper left")
    return Picture(
        figure,
        "Cumulative share of windows over their mean number of active AUs. " + "; ".join(words) + ".",
        _line(names[0], f"labels of {' and '.join(names)}", total),
        "; ".join(words).capitalize() + ".",
    )


def _line(name: str, what: str, frames: int) -> list[str]:
    if entry(name).source == "licensed":
        badge = provenance.badge(load(name, faces=False).source)
        return [f'<div class="provenance">{badge} {what}; {frames:,} frames in all</div>']
    return [provenance.generated(f"Counted from the script, seed 0: {what}; {frames:,} frames in all")]


def loss_curves(scores: np.ndarray, margin: float = 0.5, printed: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Margin loss of a present AU and the gradient that is passed back, each (N,), of one score at a time."""
    import torch

    from aulib.losses import margin_loss

    s = torch.tensor(scores, dtype=torch.float64, requires_grad=True)
    losses = torch.stack([margin_loss(one.reshape(1, 1), torch.ones(1, 1), margin, printed) for one in s])
    losses.sum().backward()
    assert s.grad is not None
    return losses.detach().numpy(), s.grad.numpy()


def margin() -> Picture:
    """The maximal-margin loss, its gradient, the gradient as printed, and what arrives before the tanh (Sec. 3.2)."""
    a = np.linspace(-3, 3, 241)
    s = np.tanh(a)
    readings = (
        ("margin 0.5", _BLUE, "-", loss_curves(s)),
        ("margin 0.5, gradient as printed", _ORANGE, "--", loss_curves(s, printed=True)),
        ("margin 1", _GREY, ":", loss_curves(s, 1.0)),
    )
    figure, axes = plt.subplots(1, 3, figsize=(9.6, 3.0), layout="constrained")
    for name, colour, style, (loss, gradient) in readings:
        how = {"color": colour, "ls": style, "lw": 2.2, "label": name}
        axes[0].plot(s, loss, **how)
        axes[1].plot(s, gradient, **how)
        axes[2].plot(a, gradient * (1 - s**2), **how)  # d tanh(a) / da = 1 - tanh(a)^2
    for axis, title, label in zip(
        axes,
        ("loss", "gradient at the score", "gradient before the tanh"),
        ("score of a present AU", "score of a present AU", "input of the tanh"),
        strict=True,
    ):
        axis.set_title(title, fontsize=11, loc="left")
        axis.set_xlabel(label)
        axis.axvline(0.5 if axis is not axes[2] else np.arctanh(0.5), color="#bbbbbb", lw=0.8, zorder=0)
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=3, frameon=False)
    return Picture(
        figure,
        "Three panels over the score of a present AU. The loss with margin 0.5 falls to zero at a score of 0.5 and "
        "stays there; with margin 1 it falls on to the end. The gradient of the first ends at 0.5; the printed one "
        "goes on to 1, like that of margin 1. Before the tanh both fade towards large inputs, but only that of margin "
        "0.5 becomes zero.",
        [provenance.generated("Computed by aulib.losses.margin_loss and its automatic gradient; nothing trained")],
        "Loss of an AU that is present. From the margin (thin line) on a score costs nothing. The condition printed "
        "for the gradient, y ŷ < 1, is that of a margin of 1: it pushes every score to the end of the scale.",
    )


def normalisation(frames: int = 240, seed: int = 0) -> Picture:
    """What L2 normalisation does to the scores of two AUs: probabilities beside signed scores (Sec. 3.3)."""
    import torch
    from torch.nn.functional import normalize

    from aulib.models.fusion import signed_scores

    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, (frames, 2))
    logits = torch.from_numpy((2.0 * truth - 1) * rng.gamma(4.0, 0.5, (frames, 2)) + rng.normal(0, 0.4, (frames, 2)))
    spaces = (
        ("probabilities p", torch.sigmoid(logits), (-0.08, 1.12)),
        ("signed scores 2p − 1", signed_scores(logits), (-1.15, 1.15)),
    )
    kinds = (  # `both` lies below and larger, so that what falls onto it can be seen
        (3, "both present", _ORANGE, 30),
        (1, "first only", _BLUE, 11),
        (2, "second only", _GREEN, 11),
        (0, "neither", "#222222", 9),
    )
    figure, axes = plt.subplots(1, 4, figsize=(10.4, 3.3), layout="constrained")
    for axis, (title, points, limits) in zip(axes.reshape(2, 2), spaces, strict=True):
        for panel, drawn, name in zip(axis, (points, normalize(points, dim=1)), (title, "the same, L2-normalised"),
                                      strict=True):  # fmt: skip
            for k, kind, colour, size in kinds:
                here = drawn.numpy()[truth @ [1, 2] == k]
                panel.scatter(here[:, 0], here[:, 1], s=size, color=colour, alpha=0.7, linewidths=0, label=kind)
            panel.axhline(0, color="#cccccc", lw=0.7, zorder=0)
            panel.axvline(0, color="#cccccc", lw=0.7, zorder=0)
            panel.set(xlim=limits, ylim=limits, aspect="equal")
            panel.set_title(name, fontsize=10.5)
            panel.set_xlabel("first AU")
    axes[0].set_ylabel("second AU")
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, frameon=False)
    return Picture(
        figure,
        "Scores of two AUs for frames that show neither, one or both. As probabilities, normalised, they lie on a "
        "quarter circle, where frames with neither AU fall in the middle, onto frames with both. As signed scores they "
        "lie on the whole circle, and each of the four kinds has a quarter of its own.",
        [provenance.generated("Drawn scores, not those of a network; functions of aulib.models.fusion")],
        "Normalisation keeps the direction and drops the length. Of probabilities, “neither” and “both” have the same "
        "direction; of signed scores, opposite ones.",
    )


def features() -> Table:
    """The descriptions of a face that Sec. 4.3 sets beside fc7, with their dimensions."""
    from aulib.features import FEATURES

    rows = [(one.title, f"{one.dimension:,}", one.source) for one in FEATURES.values()]
    from aubook.papers.hybrid.network import parts

    small, large = (f"{parts(scale)['spatial'].feature_dim:,}" for scale in (0.5, 1.0))
    source = "Hybrid Sec. 3.1: fc7 of an ANet trained on the other corpus, brought to length 1"
    rows.append(("fc7", f"{large}; {small} at half size", source))
    frame = pd.DataFrame(rows, columns=["feature", "numbers a face", "source, and what is our choice"])
    return Table(
        frame.set_index("feature"),
        "Descriptions of an aligned face",
        ['<div class="provenance">Read off aulib.features.FEATURES; nothing computed.</div>'],
    )
