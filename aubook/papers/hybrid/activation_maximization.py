"""How machines see AUs: pictures that excite an AU's output most (Hybrid Sec. 6, Fig. 9), and first-layer filters."""

from __future__ import annotations

import textwrap
from typing import Any, NamedTuple

import numpy as np
from matplotlib import pyplot as plt

from aubook import papers
from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.papers.drml import scores
from aubook.papers.hybrid.runs import label
from aubook.study import Study
from aulib.aus import AUS
from aulib.runs import results
from aulib.runs.results import Record

#: Short name -> words for a reader, in the order of tables.
NETWORKS = {
    "bp4d": "BP4D-like",
    "gft": "GFT-like",
    "independent": "BP4D-like, AUs independent",
    "shuffled": "BP4D-like, codes shuffled",
}

#: Grey level of "no difference" in pictures of differences.
_GREY = 0.5


class Seen(NamedTuple):
    """A network's pictures.

    Attributes
    ----------
    name : str
        Key of `NETWORKS`.
    record : Record
    arrays : dict
        Of the probe ``activation``, see :func:`aulib.runs.probes.pictures.activation`.
    """

    name: str
    record: Record
    arrays: dict[str, np.ndarray]

    @property
    def title(self) -> str:
        """What it was trained on, marked if it is not trained."""
        return NETWORKS[self.name] + mark(self.name, self.record)

    @property
    def aus(self) -> list[int]:
        """AU of every row."""
        return self.arrays["aus"].tolist()


def mark(name: str, record: Record) -> str:
    """``" (undertrained)"`` where a comparison with this network means little.

    From shuffled codes there is nothing to learn: that network is never trained, and never marked.
    """
    return " (undertrained)" if name != "shuffled" and scores.training_state(record) == "undertrained" else ""


def run_of(study: str | Study, name: str) -> tuple[str, Record | None]:
    """Label and record of a network."""
    declared = papers.declarations("hybrid", study)
    seeds = sorted({run.seed for run in declared.values()})
    wanted = label("anet", name, 3, 1, seeds[0] if seeds else 0) if name in ("bp4d", "gft") else f"anet-{name}"
    return wanted, results.find(declared[wanted]) if wanted in declared else None


def seen(study: str | Study, name: str) -> Seen | None:
    """A network's pictures; None if it is not run."""
    record = run_of(study, name)[1]
    if record is None or not record.has("probe-activation"):
        return None
    return Seen(name, record, record.arrays("probe-activation"))


def all_seen(study: str | Study) -> list[Seen]:
    """Pictures of all networks that were run."""
    return [one for name in NETWORKS if (one := seen(study, name))]


def missing(what: str, study: str | Study, *names: str) -> Picture:
    """What stands in for a figure whose runs are missing: it names them."""
    labels = ", ".join(run_of(study, name)[0] for name in names)
    figure, axes = plt.subplots(figsize=(8, 1.2))
    axes.axis("off")
    words = f"{what}: not run under profile {study}: {labels}"
    axes.text(0.5, 0.5, words, ha="center", va="center", color="#666666", wrap=True)
    return Picture(figure, f"{words}.", [provenance.line([])])


def own_rank(table: np.ndarray) -> np.ndarray:
    """Place of the own AU in each row of correlations, 1 for the largest; NaN where the own one is unknown."""
    own = np.diag(table)
    with np.errstate(invalid="ignore"):
        ranks = 1 + (table > own[:, None]).sum(axis=1).astype(float)
    return np.where(np.isnan(own), np.nan, ranks)


def gallery(study: str | Study, name: str = "bp4d") -> Picture:
    """Fig. 9: each AU's picture, what sets it apart from the other pictures, and the true difference image.

    Parameters
    ----------
    study : Study or str
        Or a profile.
    name : str
        Key of `NETWORKS`.
    """
    found = seen(study, name)
    if found is None:
        return missing("Fig. 9", study, name)
    arrays, aus = found.arrays, found.aus
    apart = arrays["pictures"].astype(float)
    apart -= apart.mean(axis=0)
    apart /= max(1e-9, 6 * apart.std())  # three standard deviations either way fill the range
    true = arrays["truth"].astype(float)
    ranks = own_rank(arrays["table"])
    across = 3
    down = -(-len(aus) // across)
    figure = plt.figure(figsize=(11.4, 2.05 * down))
    tiles = figure.subfigures(down, across, wspace=0.02, hspace=0.02, squeeze=False).ravel()
    for k, au in enumerate(aus):
        axes = tiles[k].subplots(1, 3, gridspec_kw={"wspace": 0.04, "left": 0.02, "right": 0.98, "top": 0.8})
        reach = np.abs(true[k]).max() or 1.0
        axes[0].imshow(arrays["pictures"][k])
        axes[1].imshow(np.clip(apart[k] + _GREY, 0, 1))
        axes[2].imshow(true[k], cmap="gray", vmin=-reach, vmax=reach)
        tiles[k].suptitle(_caption(au), fontsize=10, x=0.02, ha="left", y=0.98)
        axes[1].set_xlabel(_fit(arrays["table"][k, k], ranks[k], len(aus)), fontsize=9)
        _bare(axes)
    for tile in tiles[len(aus) :]:
        tile.set_facecolor("none")
    hits = int((ranks == 1).sum())
    return Picture(
        figure,
        f"Pictures grown for {len(aus)} AUs by a network trained on {found.title}, beside the true difference images. "
        f"{hits} of {len(aus)} pictures correlate most with their own AU.",
        [provenance.line([found.record], f"{arrays['steps'][-1]} steps; true differences from the renderer")],
        f"Fig. 9, {found.title}. Left the picture on the mean face, in the middle what sets it apart from the mean of "
        "all pictures (contrast raised, grey is none), right the true difference image: the mean of eight rendered "
        "people with the AU less the mean of the same people without. Below: correlation in brightness of middle and "
        "right, and the place of the own AU among all.",
        photo=True,
    )


def _caption(au: int) -> str:
    return f"AU{au} {AUS[au].name}\n{textwrap.shorten(AUS[au].muscle, 44, placeholder=' …')}"


def _fit(own: float, rank: float, of: int) -> str:
    return "no true image" if np.isnan(own) else f"r = {own:.2f}, place {rank:.0f} of {of}"


def _bare(axes: Any) -> None:
    for axis in np.ravel(axes):
        axis.set_xticks([])
        axis.set_yticks([])
        for spine in axis.spines.values():
            spine.set_visible(False)


def growth_pictures(study: str | Study, name: str = "bp4d") -> tuple[list[str], list[Picture]]:
    """All AUs' pictures after each stored number of steps: what the slider shows."""
    found = seen(study, name)
    if found is None:
        return ["not run"], [missing("Growth of the pictures", study, name)]
    steps, frames = found.arrays["steps"], found.arrays["growth"]
    labels = [f"after {step:,} steps" for step in steps]
    return labels, [_growth(found, k, labels[k], frames[k]) for k in range(len(steps))]


def _growth(found: Seen, k: int, words: str, pictures: np.ndarray) -> Picture:
    across = 6
    down = -(-len(found.aus) // across)
    figure, axes = plt.subplots(down, across, figsize=(9.6, 1.85 * down + 0.3), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, au, picture, logit in zip(axes.flat, found.aus, pictures, found.arrays["activation"][k], strict=False):
        axis.imshow(picture, interpolation="bilinear")
        axis.set_title(f"AU{au}: {logit:.1f}", fontsize=10)
    figure.suptitle(f"{words[0].upper()}{words[1:]}: the AU's logit for its own picture", fontsize=11)
    figure.tight_layout()
    return Picture(
        figure,
        f"Pictures of {len(found.aus)} AUs {words}, with the AU's logit for each.",
        [provenance.line([found.record])],
        photo=True,
    )


def growth(study: str | Study, name: str = "bp4d"):
    """A slider over the steps; works without a kernel."""
    from aubook.engine.widgets import slider

    labels, pictures = growth_pictures(study, name)
    return slider(pictures, labels, "steps", start=len(pictures) - 1)


def tables(study: str | Study) -> Picture:
    """Correlations of every picture with every true difference image, for each network and an untrained one."""
    found = all_seen(study)
    if not found:
        return missing("Pictures against true differences", study, *NETWORKS)
    panels = [(one.title, one.arrays["table"], one.aus) for one in found]
    panels.append((f"untrained twin of {NETWORKS[found[0].name]}", found[0].arrays["untrained_table"], found[0].aus))
    across = min(3, len(panels))
    down = -(-len(panels) // across)
    figure, axes = plt.subplots(down, across, figsize=(3.9 * across + 0.6, 4.1 * down), squeeze=False)
    reach = max(float(np.nanmax(np.abs(table), initial=0.1)) for _, table, _ in panels)
    words = []
    for axis, (title, table, aus) in zip(axes.flat, panels, strict=False):
        hits = _hits(table)
        axis.imshow(table, cmap="RdBu_r", vmin=-reach, vmax=reach)
        axis.set(xticks=range(len(aus)), yticks=range(len(aus)), xticklabels=aus, yticklabels=aus)
        axis.tick_params(labelsize=9, length=0)
        axis.set_title(f"{title}\n{hits.hits} of {hits.of}, p = {hits.p:.2g}", fontsize=10)
        for row in np.flatnonzero(~np.isnan(table).any(axis=1)):
            axis.plot(int(table[row].argmax()), row, "o", ms=6, mfc="none", mec="black", mew=1.2)
        words.append(f"{title} {hits.hits} of {hits.of}")
    for axis in axes.flat[len(panels) :]:
        axis.axis("off")
    for axis in axes[:, 0]:
        axis.set_ylabel("picture of AU")
    for axis in axes.flat[len(panels) - across : len(panels)]:
        axis.set_xlabel("true difference of AU")
    figure.tight_layout()
    figure.colorbar(axes[0, 0].images[0], ax=axes, shrink=0.6, label="correlation")
    absent = [run_of(study, name)[0] for name in NETWORKS if name not in {one.name for one in found}]
    return Picture(
        figure,
        "Tables of correlations of pictures with true difference images. Largest on the diagonal: "
        + ", ".join(words)
        + ".",
        [provenance.line([one.record for one in found], f"not run: {', '.join(absent)}" if absent else "")],
        "Rows are pictures, columns true difference images; circles mark the largest of a row. Above: circles on the "
        "diagonal, and how often blind naming gives as many.",
    )


def _hits(table: np.ndarray):
    from aulib.explain.picture_scores import top1

    return top1(table)


def filters(study: str | Study) -> Picture:
    """Fig. 2 (d), (e): first-layer filters of the networks of both corpora and of an untrained one."""
    found = filters_of(study)
    if not found:
        return missing("Fig. 2 (d, e)", study, "bp4d", "gft")
    panels = []
    for n, (r, a) in found.items():
        title = NETWORKS[n] + mark(n, r)
        panels += [(title, a["trained"], a["chroma"]), (f"{title},\nwhat training added", *learnt(a))]
    first = next(iter(found.values()))[1]
    panels.append(("untrained", first["untrained"], first["untrained_chroma"]))
    figure, axes = plt.subplots(1, len(panels), figsize=(2.8 * len(panels), 3.6))
    for axis, (title, weights, chroma) in zip(np.ravel(axes), panels, strict=True):
        axis.imshow(_mosaic(weights.astype(float)))
        axis.set_title(f"{title}\nchroma share {np.nanmean(chroma):.2f}", fontsize=10)
    _bare(axes)
    figure.tight_layout()
    absent = [run_of(study, name)[0] for name in ("bp4d", "gft") if name not in found]
    return Picture(
        figure,
        "First-layer filters; mean chroma shares: "
        + "; ".join(f"{' '.join(title.split())} {np.nanmean(chroma):.3f}" for title, _, chroma in panels)
        + ".",
        [provenance.line([r for r, _ in found.values()], f"not run: {', '.join(absent)}" if absent else "")],
        "Fig. 2 (d, e). Filters of the first layer, each scaled to its own range; the same places hold the same "
        "filter before and after training, and their difference. Chroma share: energy that a grey face cannot excite.",
    )


def learnt(arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """What training added to each filter, (K, 3, h, w), and its chroma share, (K,)."""
    from aulib.runs.probes.first_layer import chroma_share

    change = arrays["trained"].astype(float) - arrays["untrained"].astype(float)
    return change, chroma_share(change)


def filters_of(study: str | Study) -> dict[str, tuple[Record, dict[str, np.ndarray]]]:
    """Record and arrays of the probe ``filters`` of both corpora, as far as they are run."""
    records = {name: run_of(study, name)[1] for name in ("bp4d", "gft")}
    return {n: (r, r.arrays("probe-filters")) for n, r in records.items() if r is not None and r.has("probe-filters")}


def _mosaic(weights: np.ndarray) -> np.ndarray:
    """(K, 3, h, w) as one picture, filters in rows, white between them."""
    weights = weights / np.maximum(np.abs(weights).max(axis=(1, 2, 3), keepdims=True), 1e-12)
    tiles = np.pad(np.moveaxis(weights, 1, -1) / 2 + 0.5, ((0, 0), (0, 1), (0, 1), (0, 0)), constant_values=1)
    across = int(np.ceil(np.sqrt(len(tiles))))
    down = -(-len(tiles) // across)
    blank = np.ones((down * across - len(tiles), *tiles.shape[1:]))
    _, h, w, _ = tiles.shape
    return np.concatenate([tiles, blank]).reshape(down, across, h, w, 3).swapaxes(1, 2).reshape(down * h, across * w, 3)
