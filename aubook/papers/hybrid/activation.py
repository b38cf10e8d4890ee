"""How machines see AUs: pictures that excite an AU's output most (Hybrid Sec. 6, Fig. 9), and first-layer filters."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from aubook.engine import notes, plots, provenance
from aubook.engine.picture import Picture
from aubook.engine.scores import Select
from aubook.engine.table import EMPTY, Table
from aubook.study import Study
from aulib.aus import AUS
from aulib.runs.results import Record

#: Short name -> words for a reader, and the network, in the order of tables.
NETWORKS = {
    "bp4d": ("BP4D-like", Select("anet", "synth-bp4d", "hybrid-bp4d-3", fold=1, seed=-1)),
    "gft": ("GFT-like", Select("anet", "synth-gft", "hybrid-gft-3", fold=1, seed=-1)),
    "independent": ("BP4D-like, AUs independent", Select("anet", "synth-bp4d+ind", "hybrid-bp4d-3", seed=-1)),
    "shuffled": ("BP4D-like, codes shuffled", Select("anet", "synth-bp4d+shuffled", "hybrid-bp4d-3", seed=-1)),
}

#: Those whose first layer is shown, Fig. 2 (d, e).
PLAIN = ("bp4d", "gft")


class Seen(NamedTuple):
    """A network's pictures: arrays of the probe ``activation``, see :mod:`aulib.runs.probes.pictures`."""

    title: str
    record: Record
    arrays: dict[str, np.ndarray]

    @property
    def aus(self) -> list[int]:
        """AU of every row."""
        return self.arrays["aus"].tolist()


def seen(study: Study, name: str, probe: str = "activation") -> Seen | None:
    """What a probe saw of a network, a key of `NETWORKS`; None if it is not run."""
    title, select = NETWORKS[name]
    record = select.first(study)[1]
    if record is None or not record.has(f"probe-{probe}"):
        return None
    return Seen(title, record, record.arrays(f"probe-{probe}"))


def all_seen(study: Study, names: Sequence[str] = tuple(NETWORKS), probe: str = "activation") -> dict[str, Seen]:
    """The same of all networks that were run."""
    return {name: one for name in names if (one := seen(study, name, probe))}


def _absent(study: Study, names: Sequence[str]) -> str:
    """Which of some networks are not run, in words; empty if all are."""
    labels = [NETWORKS[name][1].first(study)[0] for name in names if seen(study, name) is None]
    return f"not run: {', '.join(labels)}" if labels else ""


def _missing(what: str, study: Study, *names: str) -> Picture:
    """What stands in for a figure whose runs are missing: it names them."""
    return plots.empty(f"{what} ({', '.join(NETWORKS[name][1].first(study)[0] for name in names)})", study)


def _below(used: Sequence[Seen], words: str = "", remark: str = "") -> list[str]:
    """Provenance, a remark, what is to be known of the networks.  Where codes are shuffled nothing can be learnt."""
    records = [one.record for one in used]
    learning = [one.record for one in used if one.title != NETWORKS["shuffled"][0]]
    lines = [provenance.line(records, words), *([notes.note(remark)] if remark else [])]
    return lines + notes.pretraining(records) + notes.untrained(learning)


def own_rank(table: np.ndarray) -> np.ndarray:
    """Place of the own AU in each row of correlations, 1 for the largest; NaN where the own one is unknown."""
    own = np.diag(table)
    with np.errstate(invalid="ignore"):
        ranks = 1 + (table > own[:, None]).sum(axis=1).astype(float)
    return np.where(np.isnan(own), np.nan, ranks)


def gallery(study: Study, name: str = "bp4d") -> Picture:
    """Fig. 9: each AU's picture, what sets it apart from the other pictures, and the true difference image."""
    found = seen(study, name)
    if found is None:
        return _missing("Fig. 9", study, name)
    arrays, aus, ranks = found.arrays, found.aus, own_rank(found.arrays["table"])
    apart = arrays["pictures"] - arrays["pictures"].mean(axis=0)
    apart = np.clip(0.5 + apart / max(1e-9, 6 * apart.std()), 0, 1)  # three standard deviations either way
    tiles = [(arrays["pictures"][k], apart[k], _grey(arrays["truth"][k].astype(float))) for k in range(len(aus))]
    above = [(_caption(au), "", _fit(arrays["table"][k, k], ranks[k], len(aus))) for k, au in enumerate(aus)]
    return plots.images(
        _rows(tiles, aus, 2), [""] * 6,
        _below([found], f"{arrays['steps'][-1]} steps; true differences from the renderer"),
        f"Fig. 9, {found.title}. Left the picture on the mean face, in the middle what sets it apart from the mean of "
        "all pictures (contrast raised, grey is none), right the true difference image: the mean of eight rendered "
        "people with the AU less the mean of the same people without. Above: correlation in brightness of middle and "
        "right, and the place of the own AU among all.",
        f"Pictures grown for {len(aus)} AUs by a network trained on {found.title}, beside the true difference images. "
        f"{int((ranks == 1).sum())} of {len(aus)} pictures correlate most with their own AU.",
        inch=1.5, above=_rows(above, aus, 2, ("", "", "")),
    )  # fmt: skip


def _rows(
    tiles: Sequence[tuple], aus: Sequence[int], across: int, blank: tuple = (None, None, None)
) -> dict[str, list]:
    """Tiles of several cells side by side, so many a row."""
    out = {}
    for start in range(0, len(tiles), across):
        row = [*tiles[start : start + across], *[blank] * (start + across - len(tiles))]
        out["AU" + ", ".join(map(str, aus[start : start + across]))] = [cell for tile in row for cell in tile]
    return out


def _grey(difference: np.ndarray) -> np.ndarray:
    """A signed map as a grey picture, 0 in the middle."""
    return np.repeat(0.5 + difference[..., None] / (2 * (np.abs(difference).max() or 1.0)), 3, axis=-1)


def _caption(au: int) -> str:
    return f"AU{au} {AUS[au].name}\n{textwrap.shorten(AUS[au].muscle, 44, placeholder=' …')}"


def _fit(own: float, rank: float, of: int) -> str:
    return "no true image" if np.isnan(own) else f"r = {own:.2f}\nplace {rank:.0f} of {of}"


def growth_pictures(study: Study, name: str = "bp4d") -> tuple[list[str], list[Picture]]:
    """All AUs' pictures after each stored number of steps: what the slider shows."""
    found = seen(study, name)
    if found is None:
        return ["not run"], [_missing("Growth of the pictures", study, name)]
    aus, labels, pictures = found.aus, [f"after {step:,} steps" for step in found.arrays["steps"]], []
    for said, images, logits in zip(labels, found.arrays["growth"], found.arrays["activation"], strict=True):
        above = [(f"AU{au}: {logit:.1f}",) for au, logit in zip(aus, logits, strict=True)]
        pictures.append(plots.images(
            _rows([(image,) for image in images], aus, 6, (None,)), [""] * 6, _below([found]),
            f"{said[0].upper()}{said[1:]}: the AU's logit for its own picture.",
            f"Pictures of {len(aus)} AUs {said}, with the AU's logit for each.",
            inch=1.5, above=_rows(above, aus, 6, ("",)),
        ))  # fmt: skip
    return labels, pictures


def growth(study: Study, name: str = "bp4d") -> Any:
    """A slider over the steps; works without a kernel."""
    from aubook.engine.widgets import slider

    labels, pictures = growth_pictures(study, name)
    return slider(pictures, labels, "steps", start=len(pictures) - 1)


def tables(study: Study) -> Picture:
    """Correlations of every picture with every true difference image, for each network and an untrained one."""
    from aulib.explain.picture_scores import top1

    found = list(all_seen(study).values())
    if not found:
        return _missing("Pictures against true differences", study, *NETWORKS)
    shown = [(one.title, one.arrays["table"], one.aus) for one in found]
    shown.append((f"untrained twin of {found[0].title}", found[0].arrays["untrained_table"], found[0].aus))
    every = sorted({au for one in found for au in one.aus})
    panels, words = {}, []
    for title, table, aus in shown:
        hits = top1(table)
        panels[f"{title}\n{hits.hits} of {hits.of}, p = {hits.p:.2g}"] = (
            pd.DataFrame(table, aus, aus).reindex(index=every, columns=every).to_numpy()
        )
        words.append(f"{title} {hits.hits} of {hits.of}")
    reach = max(float(np.nanmax(np.abs(table), initial=0.1)) for _, table, _ in shown)
    return plots.matrix(
        panels, every, every, "correlation of picture (row) with true difference (column)",
        _below(found, _absent(study, tuple(NETWORKS))),
        "Rows are pictures, columns true difference images; circles mark the largest of a row. Above: circles on the "
        "diagonal, and how often blind naming gives as many.",
        f"Tables of correlations of pictures with true difference images. Largest on the diagonal: {', '.join(words)}.",
        limits=(-reach, reach), ring=True, across=3,
    )  # fmt: skip


def filters(study: Study) -> Picture:
    """Fig. 2 (d), (e): first-layer filters of the networks of both corpora and of an untrained one."""
    found = list(all_seen(study, PLAIN, "filters").values())
    if not found:
        return _missing("Fig. 2 (d, e)", study, *PLAIN)
    panels = []
    for one in found:
        panels += [(one.title, one.arrays["trained"], one.arrays["chroma"])]
        panels += [(f"{one.title},\nwhat training added", *learnt(one.arrays))]
    panels.append(("untrained", found[0].arrays["untrained"], found[0].arrays["untrained_chroma"]))
    said = [f"{' '.join(title.split())} {np.nanmean(chroma):.3f}" for title, _, chroma in panels]
    return plots.images(
        {"": [_mosaic(weights.astype(float)) for _, weights, _ in panels]},
        [f"{title}\nchroma share {np.nanmean(chroma):.2f}" for title, _, chroma in panels],
        _below(found, _absent(study, PLAIN)),
        "Fig. 2 (d, e). Filters of the first layer, each scaled to its own range; the same places hold the same "
        "filter before and after training, and their difference. Chroma share: energy that a grey face cannot excite.",
        f"First-layer filters; mean chroma shares: {'; '.join(said)}.",
        inch=2.6, photo=False,
    )  # fmt: skip


def learnt(arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """What training added to each filter, (K, 3, h, w), and its chroma share, (K,)."""
    from aulib.runs.probes.first_layer import chroma_share

    change = arrays["trained"].astype(float) - arrays["untrained"].astype(float)
    return change, chroma_share(change)


def _mosaic(weights: np.ndarray) -> np.ndarray:
    """(K, 3, h, w) as one picture, filters in rows, white between them."""
    weights = weights / np.maximum(np.abs(weights).max(axis=(1, 2, 3), keepdims=True), 1e-12)
    tiles = np.pad(np.moveaxis(weights, 1, -1) / 2 + 0.5, ((0, 0), (0, 1), (0, 1), (0, 0)), constant_values=1)
    across = int(np.ceil(np.sqrt(len(tiles))))
    down = -(-len(tiles) // across)
    blank = np.ones((down * across - len(tiles), *tiles.shape[1:]))
    _, h, w, _ = tiles.shape
    return np.concatenate([tiles, blank]).reshape(down, across, h, w, 3).swapaxes(1, 2).reshape(down * h, across * w, 3)


def hits(study: Study) -> Table:
    """Top-1 hits against blind naming, for each network and its untrained twin, with three ways to compare."""
    found = all_seen(study)
    rows = {}
    for name, (title, _) in NETWORKS.items():
        # twins of the last two would begin with the same weights as that of the first
        for prefix in ("", "untrained_") if name in PLAIN else ("",):
            label = title + (", untrained twin" if prefix else "")
            rows[label] = _hits(found[name].arrays, prefix) if name in found else dict.fromkeys(_HEADS, "not run")
    return Table(
        pd.DataFrame.from_dict(rows, orient="index").rename_axis("network"),
        "Pictures that correlate most with their own AU's true difference image",
        _below(
            list(found.values()), "one network each; p counts blind namings that hit as often",
            "Brightness and colour keep the sign of a change, magnitude does not. Own r: mean correlation in "
            "brightness with the own AU. Lift: magnitude inside the AU's true region over its mean, 1 is no "
            "preference. Face: correlation of the picture with the mean face, mean over AUs.",
        ),
        decimals=2,
    )  # fmt: skip


_HEADS = ("hits, brightness", "p", "hits, colour", "hits, magnitude", "hits, other starts", "own r", "lift", "face")


def _hits(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, Any]:
    from aulib.explain.picture_scores import top1

    own, colour, magnitude = (top1(arrays[f"{prefix}{name}"]) for name in ("table", "colour_table", "change_table"))
    others = [top1(table) for table in arrays["starts_table"][1:]] if not prefix else []
    means = (np.nanmean(x) for x in (np.diag(arrays[f"{prefix}table"]), *(arrays[prefix + n] for n in _HEADS[-2:])))
    cells = (
        f"{own.hits} of {own.of}", f"{own.p:.3f}",
        f"{colour.hits} of {colour.of}", f"{magnitude.hits} of {magnitude.of}",
        ", ".join(f"{one.hits} (p {one.p:.3f})" for one in others) or EMPTY, *map(float, means),
    )  # fmt: skip
    return dict(zip(_HEADS, cells, strict=True))


def recognisable(rank: float, lift: float, untrained_lift: float) -> str:
    """In words: whether a picture is recognisable as its AU, as its region, or not.

    As its AU: its own AU fits best of all.  As its region: it lies in the AU's true region at least half again as much
    as elsewhere, and more so than the picture of an untrained network.
    """
    if np.isnan(rank):
        return "no true image"
    if rank == 1:
        return "as its AU"
    return "as its region" if lift >= 1.5 and lift > untrained_lift else "no"


def by_au(study: Study, name: str = "bp4d") -> Table:
    """Which AUs can be recognised: place of the own AU in its row, the AU that fits best, lift in the true region."""
    found, caption = seen(study, name), f"Which pictures are recognisable, {NETWORKS[name][0]}"
    if found is None:
        return Table(pd.DataFrame({"picture": ["not run"]}), caption, [provenance.line([], _absent(study, [name]))])
    arrays, table, ranks, rows = found.arrays, found.arrays["table"], own_rank(found.arrays["table"]), {}
    for k, au in enumerate(found.aus):
        known = not np.isnan(table[k]).all()
        lift, blind = float(arrays["lift"][k]), float(arrays["untrained_lift"][k])
        rows[f"AU{au}"] = {
            "FACS": AUS[au].appearance,
            "own r": float(table[k, k]),
            "place": EMPTY if np.isnan(ranks[k]) else f"{ranks[k]:.0f} of {len(found.aus)}",
            "fits best": f"AU{found.aus[int(np.nanargmax(table[k]))]}" if known else EMPTY,
            "lift": lift,
            "lift, untrained": blind,
            "recognisable": recognisable(ranks[k], lift, blind),
        }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("picture")
    return Table(frame, caption, _below([found]), decimals=2)


def smile(found: Seen, prefix: str = "") -> np.ndarray:
    """How far the picture of AU6 has AU12's mouth: correlation with its true difference outside AU6's own region.

    Returns
    -------
    ndarray of float, shape (starts,)
        The first is that of the picture that is shown; an untrained twin has only that.
    """
    arrays = found.arrays
    tables = arrays["starts_outside_table"] if not prefix else arrays[f"{prefix}outside_table"][None]
    if not {6, 12} <= set(found.aus):
        return np.full(len(tables), np.nan)
    return tables[:, found.aus.index(6), found.aus.index(12)].astype(float)


def mouth(study: Study) -> Table:
    """HYB-20: AU6's picture and the mouth of AU12, with AUs correlated as in BP4D and with independent ones."""
    columns = ["r with AU12's mouth", "other starts"]
    found, rows = all_seen(study), {}
    for name, (title, _) in NETWORKS.items():
        values = smile(found[name]) if name in found else None
        rows[title] = ["not run"] * 2 if values is None else [values[0], ", ".join(f"{v:.2f}" for v in values[1:])]
        if name == "bp4d" and name in found:
            rows[f"{title}, untrained twin"] = [float(smile(found[name], "untrained_")[0]), EMPTY]
    return Table(
        pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("network"),
        "The picture of AU6 and the true difference image of AU12, outside the region of AU6",
        _below(list(found.values()), "starts differ by noise alone: they are no other training"),
        decimals=2,
    )
