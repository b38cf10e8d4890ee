"""Figs. 3 and 4 of the Hybrid paper: what feature spaces are arranged by, the person or the AU; claims HYB-01 to 03."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from aubook import papers, published
from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import EMPTY, Table
from aubook.papers.drml import figures, scores
from aubook.papers.hybrid.common import Interval
from aubook.papers.hybrid.measured import CORPORA, FEATURES, Measured, found
from aubook.study import Study
from aulib.aus import UNKNOWN
from aulib.runs import results

#: Whether AU12 is absent or present -> colour of its frames in the maps.
SMILES = {"AU12 absent": "#9CC3DD", "AU12 present": "#C4410C"}

#: Our name of a feature -> that of Fig. 4.
PRINTED = {"landmarks": "Shape", "gabor": "Gabor", "hog": "HOG", "fc7": "fc7"}

#: What has learnt nothing.
CONTROLS = tuple(name for name in FEATURES if name.startswith("projection") or name == "fc7-untrained")

#: Columns of Fig. 3.
PICTURED = ("hog", "identity", "fc7")


def below(profile: str | Study, measured: Sequence[Measured], *notes: str) -> list[str]:
    """What stands below a table or figure: provenance, notes, and which networks behind fc7 did not converge."""
    lines = [provenance.line([one.record for one in measured], "intervals: other people of this corpus")]
    declared = papers.declarations("hybrid", profile)
    behind = {read.label: read for one in measured for read in declared[one.record.label].depends_on}
    records = {label: results.find(read) for label, read in behind.items()}
    bad = [label for label, record in records.items() if record and scores.training_state(record) == "undertrained"]
    if bad:
        notes += (f"fc7 comes from networks that did not converge within this profile: {', '.join(sorted(bad))}.",)
    return lines + [f'<div class="au-note">{html.escape(note)}</div>' for note in notes]


def tsne(profile: str | Study, corpus: str = "bp4d") -> Picture:
    """Fig. 3: maps of three features, coloured by AU12 and by person, with the numbers of the full spaces."""
    measured = found(profile).get(corpus)
    if measured is None or not all(name in measured.maps for name in PICTURED):
        return figures.empty("Fig. 3", profile)
    smiling, person = measured.maps["truth"], measured.maps["subject"]
    figure, axes = plt.subplots(2, len(PICTURED), figsize=(10.5, 7.4))
    known = np.unique(person)
    hues = plt.get_cmap("turbo")(np.linspace(0.03, 0.97, len(known)))[np.random.default_rng(0).permutation(len(known))]
    words = []
    for name, above, beneath in zip(PICTURED, *axes, strict=True):
        x, y = measured.maps[name].astype(np.float32).T
        told = smiling != UNKNOWN
        above.scatter(x[told], y[told], s=5, c=np.array(list(SMILES.values()))[smiling[told]], lw=0)
        beneath.scatter(x, y, s=5, c=hues[np.searchsorted(known, person)], lw=0)
        smile, named = measured.over_people(measured.smile(name)), measured.mean(name, "identity")
        verified = measured.mean(name, "verification")
        above.set_title(FEATURES[name], fontsize=12)
        above.set_xlabel(f"neighbours tell AU12: AUC {smile.value:.0f} %")
        beneath.set_xlabel(f"neighbour names person: {named.value:.0f} %\nsame person nearer: {verified.value:.0f} %")
        words.append(
            f"{FEATURES[name]}: neighbours from other recordings name the person in {named.value:.0f} % of frames, a "
            f"frame of the same person is nearer than one of another in {verified.value:.0f} % of pairs, neighbours "
            f"among other people tell AU12 with AUC {smile.value:.0f} %"
        )
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    for words_of, colour in SMILES.items():
        axes[0, 0].scatter([], [], s=40, c=colour, lw=0, label=words_of)
    figure.legend(frameon=False, loc="upper left", ncols=2, fontsize=10, handletextpad=0.1)
    axes[0, 0].set_ylabel("coloured by AU12")
    axes[1, 0].set_ylabel(f"coloured by person, {len(known)} people")
    figure.tight_layout(rect=(0, 0, 1, 0.96))
    return Picture(
        figure,
        f"Six t-SNE maps of {len(person)} frames: above by AU12, below by person. {'; '.join(words)}.",
        below(profile, [measured]),
        "Fig. 3. Maps by t-SNE; size and distance of their clusters mean nothing. The numbers below each are taken in "
        "the full feature space.",
    )


def neighbours(profile: str | Study, corpus: str = "bp4d", space: str = "") -> Table:
    """The numbers beside Fig. 3, in each feature's own space or (``space="-50"``) in 50 principal components."""
    columns = ["nearest names person, %", "same person nearer, %", "silhouette by person", "silhouette by AU12",
               "AU12 from others, AUC %", "mean AU, AUC %"]  # fmt: skip
    where = "50 principal components" if space else "the full feature space"
    caption = f"What lies near to what in {where}, {CORPORA[corpus]} corpus"
    measured = found(profile).get(corpus)
    if measured is None:
        titles = [title for name, title in FEATURES.items() if name not in CONTROLS]
        frame = pd.DataFrame(EMPTY, pd.Index(titles, name="feature"), columns)
        return Table(frame, f"{caption} (not run)", [provenance.line([])])
    rows = {}
    for name in measured.names():
        named, verified = (measured.mean(name, quantity, space) for quantity in ("identity", "verification"))
        person, smile = (measured.mean(name, quantity, space) for quantity in ("by_subject", "by_au12"))
        area = 100 * float(np.nanmean(measured.near[f"{name}{space}/auc"]))
        told = measured.over_people(measured.smile(name, space))
        rows[FEATURES[name]] = [
            str(named), str(verified), _two(person), _two(smile), str(told), f"{area:.1f}",
        ]  # fmt: skip
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("feature")
    chance, taught = 100 * float(measured.near["chance"][0]), int(measured.near["taught"][0])
    return Table(
        frame,
        caption,
        below(
            profile,
            [measured],
            f"Chance: {chance:.1f} % for a name, 50 % for the other percentages, 0 for silhouettes. The face "
            f"descriptor was taught {taught} people, none of them in any corpus.",
            *(["One video a person: a name is asked for across its two ends, in the same room."] * (corpus == "gft")),
        ),
    )


def _two(value: Interval) -> str:
    return f"{value.value:.2f} ({value.low:.2f} to {value.high:.2f})"


def variance(profile: str | Study, corpus: str = "bp4d") -> Table:
    """Shares of the features' variance that go with person, recording, AUs and pose."""
    columns = ["person", "person and recording", "AU12", "all AUs", "pose"]
    caption = f"Share of the features' variance that goes with each factor alone, percent, {CORPORA[corpus]} corpus"
    measured = found(profile).get(corpus)
    if measured is None:
        frame = pd.DataFrame(np.nan, pd.Index(FEATURES.values(), name="feature"), columns)
        return Table(frame, f"{caption} (not run)", [provenance.line([])])
    rows = {FEATURES[name]: 100 * measured.near[f"{name}/variance"].astype(float) for name in measured.names()}
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("feature")
    return Table(
        frame,
        caption,
        below(profile, [measured], "The shares do not add up: people have habits of expression and of pose."),
    )


def figure4(profile: str | Study) -> Table:
    """Fig. 4: printed divergences beside ours, raw and over the permutation control."""
    measured = found(profile)
    printed = published.table("hybrid_fig4_js_divergence")
    values = printed.assign(what=printed["metric"].str.rpartition(", ")[2]).set_index(["dataset", "method", "what"])
    ours = provenance.ours([one.record for one in measured.values()])
    rows = []
    shown = [name for name in FEATURES if name not in CONTROLS]
    for name in shown:
        row = {}
        for corpus in CORPORA:
            at = (corpus.upper(), PRINTED.get(name))
            given = [values.loc[(*at, what), "value"] for what in ("mean", "std")] if name in PRINTED else None
            row["printed, real data", corpus.upper()] = " ± ".join(given) if given else EMPTY
        for corpus, title in CORPORA.items():
            one = measured.get(corpus)
            here = one is not None and f"{name}/sums" in one.far
            sums = 1000 * one.far[f"{name}/sums"].astype(float) if one and here else np.full(2, np.nan)
            ratio = str(one.over_people(one.divergence(name, ratio=True))) if one and here else EMPTY
            row[f"{ours}, sum × 1000", title] = f"{sums.mean():.3g} ± {sums.std(ddof=1):.2g}" if here else EMPTY
            row[f"{ours}, over control", title] = ratio
            shared = one is not None and f"{name}/variance" in one.near
            share = f"{100 * one.near[f'{name}/variance'][0]:.0f}" if one and shared else EMPTY
            row[f"{ours}, person's share of variance, %", title] = share
        rows.append(row)
    frame = pd.DataFrame(rows, index=pd.Index([FEATURES[name] for name in shown], name="feature"))
    frame.columns = pd.MultiIndex.from_tuples(frame.columns)
    order = sorted(frame.columns, key=lambda c: list(frame.columns.get_level_values(0)).index(c[0]))
    missing = [title for corpus, title in CORPORA.items() if corpus not in measured]
    return Table(
        frame[order],
        "Fig. 4. JS divergence between people, summed over the others: mean ± standard deviation over people"
        + (f" (not run: {', '.join(missing)})" if missing else ""),
        below(
            profile,
            list(measured.values()),
            "The printed values are scaled by “log(d) × 1e6”, which cannot be inverted (E26): only their order can be "
            "compared with ours, which are raw, in nats.",
            "Over control: divided by the same sum for groups of as many videos (GFT: eighths of a video) dealt "
            "blindly. 1 is no trace of the person; at most about 8, and less where the squeeze saturates.",
        ),
    )


def ratios(profile: str | Study) -> Picture:
    """Raw divergence and its ratio to the control, of features and of what has learnt nothing."""
    measured = found(profile)
    if not measured:
        return figures.empty("Divergence between people", profile)
    names = [name for name in FEATURES if any(name in one.names(controls=True) for one in measured.values())]
    figure, axes = plt.subplots(1, 2, figsize=(10, 0.38 * len(names) + 1.4), sharey=True)
    height = np.arange(len(names))[::-1]
    words = []
    for (corpus, one), marker, shift in zip(measured.items(), "os", (0.14, -0.14), strict=False):
        there = [name for name in names if name in one.names(controls=True)]
        at = height[[names.index(name) for name in there]] + shift
        colours = ["#888888" if name in CONTROLS else "#D55E00" if name == "fc7" else "#0072B2" for name in there]
        for axis, ratio in zip(axes, (False, True), strict=True):
            found_here = [one.over_people(one.divergence(name, ratio)) for name in there]
            axis.hlines(at, [v.low for v in found_here], [v.high for v in found_here], colors=colours, lw=2)
            axis.scatter([v.value for v in found_here], at, c=colours, marker=marker, s=34, zorder=3)
            if ratio:
                said = ", ".join(f"{FEATURES[n]} {v.value:.1f}" for n, v in zip(there, found_here, strict=True))
                words.append(f"{CORPORA[corpus]}: {said}")
        axes[0].scatter([], [], marker=marker, c="#666666", label=CORPORA[corpus])
    axes[0].set(xscale="log", xlabel="summed JS divergence, nats, log scale", yticks=height)
    axes[0].set_yticklabels([FEATURES[name] for name in names])
    axes[0].legend(frameon=False, loc="lower left", fontsize=9)
    axes[1].axvline(1, color="#888888", lw=1, ls="--")
    axes[1].set(xlabel="ratio to people dealt blindly (dashed: 1)", xlim=(0, None))
    for axis in axes:
        axis.grid(axis="y", color="#eeeeee")
        axis.set_axisbelow(True)
    figure.tight_layout()
    return Picture(
        figure,
        f"Dots with intervals, one row a feature. Ratio of divergence to its control: {'; '.join(words)}.",
        below(profile, list(measured.values())),
        "Left: the statistic of Fig. 4, unscaled. Right: over its permutation control. Grey: learnt from nothing.",
    )


def looks(profile: str | Study, corpus: str = "bp4d") -> Table:
    """Dimension, zeros and signs of features beside their divergence: what the measure answers to besides identity."""
    columns = ["dimension", "zeros, %", "negative, %", "sum × 1000", "of groups dealt blindly", "ratio"]
    caption = f"What the divergence answers to, {CORPORA[corpus]} corpus"
    measured = found(profile).get(corpus)
    if measured is None:
        frame = pd.DataFrame(EMPTY, pd.Index(FEATURES.values(), name="feature"), columns)
        return Table(frame, f"{caption} (not run)", [provenance.line([])])
    rows = {}
    for name in measured.names(controls=True):
        dimension, zeros, negative = (float(v) for v in measured.far[f"{name}/looks"])
        value, null = (1000 * float(measured.far[f"{name}/{what}"].mean(dtype=float)) for what in ("sums", "null"))
        rows[FEATURES[name]] = [
            f"{dimension:.0f}", f"{100 * zeros:.0f}", f"{100 * negative:.0f}", f"{value:.3g}", f"{null:.3g}",
            f"{float(measured.far[f'{name}/ratio'][0]):.1f}",
        ]  # fmt: skip
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("feature")
    return Table(frame, caption, below(profile, [measured]))
