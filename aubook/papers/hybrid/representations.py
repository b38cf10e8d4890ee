"""Figs. 3 and 4 of the Hybrid paper: what feature spaces are arranged by, the person or the AU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps

from aubook import published
from aubook.engine import notes, plots, provenance
from aubook.engine.picture import Picture
from aubook.engine.plots import Mark, Series
from aubook.engine.resampling import Interval, draw, interval, over_people
from aubook.engine.scores import Select
from aubook.engine.style import BLUE, GREY, RED
from aubook.engine.table import EMPTY, Table
from aubook.study import Study
from aulib.aus import UNKNOWN
from aulib.runs import results
from aulib.runs.results import Record

#: Short name of a corpus -> what columns are called.
CORPORA = {"bp4d": "BP4D-like", "gft": "GFT-like"}

#: Key in a record -> title, in the order of tables: the paper's four, the face descriptor, then what they are held to.
FEATURES = {
    "landmarks": "landmark positions",
    "gabor": "Gabor",
    "hog": "HOG",
    "fc7": "fc7, other corpus",
    "identity": "face descriptor",
    "shape": "landmarks, centred",
    "fc7-home": "fc7, same corpus",
    "fc7-linear": "fc7, other corpus, no ReLU",
    "fc7-untrained": "fc7, untrained",
    "projection": "random projection",
    "projection-signed": "random projection, no ReLU",
    "projection-128": "random projection, 128-D",
    "projection-512": "random projection, 512-D",
    "projection-8192": "random projection, 8192-D",
}

#: What has learnt nothing.
CONTROLS = tuple(name for name in FEATURES if name.startswith("projection") or name == "fc7-untrained")

_COLOURS = {name: GREY if name in CONTROLS else RED if name == "fc7" else BLUE for name in FEATURES}

#: Our name of a feature -> that of Fig. 4.
PRINTED = {"landmarks": "Shape", "gabor": "Gabor", "hog": "HOG", "fc7": "fc7"}

#: Columns of Fig. 3.
PICTURED = ("hog", "identity", "fc7")


@dataclass(frozen=True, eq=False)
class Spaces:
    """What one run of kind ``representations`` measured.

    `space` is "" for a feature's own space, "-50" for 50 principal components.  Statistics come on every resample of
    people, (1 + R,), the first of them everybody once.

    Parameters
    ----------
    record : Record
    networks : tuple of Record
        Behind fc7.
    """

    record: Record
    networks: tuple[Record, ...] = ()

    @cached_property
    def near(self) -> dict[str, np.ndarray]:
        return self.record.arrays("probe-neighbours")

    @cached_property
    def far(self) -> dict[str, np.ndarray]:
        return self.record.arrays("probe-divergence")

    @cached_property
    def weights(self) -> np.ndarray:
        """How often each person is drawn, (1 + R, S)."""
        return draw([self.far["subjects"]]).weights.astype(float)

    def names(self, controls: bool = False) -> list[str]:
        """Features whose neighbours were measured; with `controls`, all whose divergence was."""
        return [name for name in FEATURES if (f"{name}/ratio" in self.far if controls else f"{name}/auc" in self.near)]

    def by_person(self, name: str, quantity: str, space: str = "") -> np.ndarray:
        """One value a person, (S,): identity and verification in percent, silhouettes from -1 to 1."""
        scale = 100 if quantity in ("identity", "verification") else 1
        return scale * self.near[f"{name}{space}/{quantity}"].astype(float)

    def statistic(self, name: str, quantity: str, space: str = "") -> np.ndarray:
        """The smile AUC, or the mean over people of what each has."""
        if quantity == "smile":
            return self.smile(name, space)
        return over_people(self.by_person(name, quantity, space), self.weights)

    def smile(self, name: str, space: str = "") -> np.ndarray:
        """AUC in percent of the vote of other people's frames for AU12; ties count half."""
        truth, votes = self.near["truth"], self.near[f"{name}{space}/votes"].astype(int)
        person = np.searchsorted(self.far["subjects"], self.near["subject"])
        counts = np.zeros((2, len(self.far["subjects"]), votes.max() + 1))
        known = truth != UNKNOWN
        np.add.at(counts, (truth[known], person[known], votes[known]), 1)
        absent, present = self.weights @ counts  # (1 + R, votes) each
        area = (present * (np.cumsum(absent, axis=1) - absent / 2)).sum(axis=1)
        total = absent.sum(axis=1) * present.sum(axis=1)
        return 100 * area / np.where(total > 0, total, np.nan)

    def divergence(self, name: str, ratio: bool) -> np.ndarray:
        """Mean over people of the JS divergence summed over the others, in nats, or its ratio to people dealt blindly.

        Two copies of one person are no pair; the sum is taken over as many others as there are people.
        """
        matrix = self.far[f"{name}/matrix"].astype(float)
        np.fill_diagonal(matrix, 0)
        pairs = self.weights.sum(axis=1) ** 2 - (self.weights**2).sum(axis=1)
        total = ((self.weights @ matrix) * self.weights).sum(axis=1)
        scale = (len(matrix) - 1) / (self.far[f"{name}/null"].mean(dtype=float) if ratio else 1)
        return scale * total / np.where(pairs > 0, pairs, np.nan)

    def auc(self, name: str, space: str = "") -> float:
        """Mean over AUs of the AUC of such votes, in percent."""
        return 100 * float(np.nanmean(self.near[f"{name}{space}/auc"]))


def found(study: Study) -> dict[str, Spaces]:
    """Short name of a corpus -> what was measured there; runs that are missing are left out."""
    out = {}
    for corpus in CORPORA:
        for run in Select("representations", f"synth-{corpus}", f"hybrid-{corpus}-3").declared(study)[:1]:
            record = results.find(run)
            networks = tuple(filter(None, map(results.find, run.depends_on)))
            out |= {corpus: _spaces(record, record.digest, networks)} if record else {}
    return out


@lru_cache(maxsize=8)
def _spaces(record: Record, digest: str, networks: tuple[Record, ...]) -> Spaces:
    """Read once a session."""
    return Spaces(record, networks)


def below(measured: Sequence[Spaces], *remarks: str) -> list[str]:
    """Provenance, remarks, and what is to be known of the networks behind fc7."""
    networks = [network for one in measured for network in one.networks]
    lines = [provenance.line([one.record for one in measured], "intervals: other people of this corpus")]
    lines += [notes.note(words) for words in remarks]
    return lines + notes.pretraining(networks) + notes.untrained(networks, "The networks behind fc7")


def tsne(study: Study, corpus: str = "bp4d") -> Picture:
    """Fig. 3: maps of three features, coloured by AU12 and by person, with the numbers of the full spaces."""
    one = found(study).get(corpus)
    maps = one.record.arrays("probe-tsne") if one else {}
    if one is None or not set(PICTURED) <= set(maps):
        return plots.empty("Fig. 3", study)
    smiling, person = maps["truth"], maps["subject"]
    people = np.unique(person)
    hues = colormaps["turbo"](np.linspace(0.03, 0.97, len(people)))[np.random.default_rng(0).permutation(len(people))]
    by_au, by_person, words = {}, {}, []
    for name in PICTURED:
        x, y = maps[name].astype(np.float32).T
        part = lambda rows, label, colour, x=x, y=y: Series(label, y[rows], colour, ".", x[rows])  # noqa: E731
        told, named, verified = (f"{one.statistic(name, q)[0]:.0f} %" for q in ("smile", "identity", "verification"))
        title = f"{FEATURES[name]}\nneighbours tell AU12: AUC {told}"
        by_au[title] = [part(smiling == 0, "AU12 absent", "#9CC3DD"), part(smiling == 1, "AU12 present", "#C4410C")]
        title = f"{FEATURES[name]}, {len(people)} people\nneighbour names person: {named}"
        by_person[f"{title}\nsame person nearer: {verified}"] = [
            part(person == p, "", hue) for p, hue in zip(people, hues, strict=True)
        ]
        words.append(_SAID.format(FEATURES[name], named, verified, told))
    return plots.curves(
        by_au | by_person, "", "", below([one]),
        "Fig. 3. Maps by t-SNE, above by AU12, below by person; size and distance of their clusters mean nothing. The "
        "numbers are taken in the full feature space.",
        f"Six t-SNE maps of {len(person)} frames: above by AU12, below by person. {'; '.join(words)}.",
        columns=len(PICTURED), size=(3.4, 3.6), xticks=[], yticks=[],
    )  # fmt: skip


_SAID = (
    "{}: neighbours from other recordings name the person in {} of frames, a frame of the same person is nearer than "
    "one of another in {} of pairs, neighbours among other people tell AU12 with AUC {}"
)


def _by_feature(
    study: Study,
    corpus: str,
    caption: str,
    row: Callable[[Spaces, str], dict[str, Any]],
    remarks: Callable[[Spaces], Sequence[str]] = lambda one: (),
    controls: bool = False,
) -> Table:
    """A table with a row a feature, of one corpus."""
    one = found(study).get(corpus)
    caption = f"{caption}, {CORPORA[corpus]} corpus"
    if one is None:
        names = [title for name, title in FEATURES.items() if controls or name not in CONTROLS]
        return Table(
            pd.DataFrame({"not run": EMPTY}, pd.Index(names, name="feature")), f"{caption} (not run)", below(())
        )
    rows = {FEATURES[name]: row(one, name) for name in one.names(controls)}
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("feature")
    return Table(frame, caption, below([one], *remarks(one)))


def neighbours(study: Study, corpus: str = "bp4d", space: str = "") -> Table:
    """The numbers beside Fig. 3, in each feature's own space or (``space="-50"``) in 50 principal components."""

    def row(one: Spaces, name: str) -> dict[str, str]:
        cells = {head: interval(one.statistic(name, quantity, space)) for head, quantity in _NEAR.items()}
        said = {head: _two(v) if head.startswith("silhouette") else str(v) for head, v in cells.items()}
        return said | {"mean AU, AUC %": f"{one.auc(name, space):.1f}"}

    def remarks(one: Spaces) -> list[str]:
        chance, taught = 100 * float(one.near["chance"][0]), int(one.near["taught"][0])
        said = [f"Chance: {chance:.1f} % for a name, 50 % for the other percentages, 0 for silhouettes. The face "
                f"descriptor was taught {taught} people, none of them in any corpus."]  # fmt: skip
        two_ends = "One video a person: a name is asked for across its two ends, in the same room."
        return said + [two_ends] * (corpus == "gft")

    where = "50 principal components" if space else "the full feature space"
    return _by_feature(study, corpus, f"What lies near to what in {where}", row, remarks)


_NEAR = {
    "nearest names person, %": "identity",
    "same person nearer, %": "verification",
    "silhouette by person": "by_subject",
    "silhouette by AU12": "by_au12",
    "AU12 from others, AUC %": "smile",
}


def _two(value: Interval) -> str:
    return f"{value.value:.2f} ({value.low:.2f} to {value.high:.2f})"


def variance(study: Study, corpus: str = "bp4d") -> Table:
    """Shares of the features' variance that go with person, recording, AUs and pose."""
    factors = ["person", "person and recording", "AU12", "all AUs", "pose"]
    return _by_feature(
        study, corpus, "Share of the features' variance that goes with each factor alone, percent",
        lambda one, name: dict(zip(factors, 100 * one.near[f"{name}/variance"].astype(float), strict=True)),
        lambda one: ["The shares do not add up: people have habits of expression and of pose."],
    )  # fmt: skip


def looks(study: Study, corpus: str = "bp4d") -> Table:
    """Dimension, zeros and signs of features beside their divergence: what the measure answers to besides identity."""

    def row(one: Spaces, name: str) -> dict[str, str]:
        dimension, zeros, negative = (float(v) for v in one.far[f"{name}/looks"])
        value, null = (f"{1000 * float(one.far[f'{name}/{what}'].mean(dtype=float)):.3g}" for what in ("sums", "null"))
        shares = {"zeros, %": f"{100 * zeros:.0f}", "negative, %": f"{100 * negative:.0f}"}
        ratio = f"{float(one.far[f'{name}/ratio'][0]):.1f}"
        whole = {"sum × 1000": value, "of groups dealt blindly": null, "ratio": ratio}
        return {"dimension": f"{dimension:.0f}"} | shares | whole

    return _by_feature(study, corpus, "What the divergence answers to", row, controls=True)


def figure4(study: Study) -> Table:
    """Fig. 4: printed divergences beside ours, raw and over the permutation control."""
    measured = found(study)
    ours = provenance.ours([one.record for one in measured.values()])
    rows = {}
    for name in (name for name in FEATURES if name not in CONTROLS):
        row = {("printed, real data", corpus.upper()): _printed(name, corpus) for corpus in CORPORA}
        for head, cell in _CELLS.items():
            for corpus, title in CORPORA.items():
                one = measured.get(corpus)
                row[f"{ours}, {head}", title] = cell(one, name) if one and name in one.names() else EMPTY
        rows[FEATURES[name]] = row
    absent = [title for corpus, title in CORPORA.items() if corpus not in measured]
    return Table(
        pd.DataFrame({name: pd.Series(row) for name, row in rows.items()}).T.rename_axis("feature"),
        "Fig. 4. JS divergence between people, summed over the others: mean ± standard deviation over people"
        + (f" (not run: {', '.join(absent)})" if absent else ""),
        below(
            list(measured.values()),
            "The printed values are scaled by “log(d) × 1e6”, which cannot be inverted (E26): only their order can be "
            "compared with ours, which are raw, in nats.",
            "Over control: divided by the same sum for groups of as many videos (GFT: eighths of a video) dealt "
            "blindly. 1 is no trace of the person; at most about 8, and less where the squeeze saturates.",
        ),
    )


def _sums(one: Spaces, name: str) -> str:
    sums = 1000 * one.far[f"{name}/sums"].astype(float)
    return f"{sums.mean():.3g} ± {sums.std(ddof=1):.2g}"


_CELLS: dict[str, Callable[[Spaces, str], str]] = {
    "sum × 1000": _sums,
    "over control": lambda one, name: str(interval(one.divergence(name, ratio=True))),
    "person's share of variance, %": lambda one, name: f"{100 * one.near[f'{name}/variance'][0]:.0f}",
}


def _printed(name: str, corpus: str) -> str:
    """Mean and deviation as Fig. 4 prints them."""
    rows = published.table("hybrid_fig4_js_divergence")
    own = rows[(rows["dataset"] == corpus.upper()) & (rows["method"] == PRINTED.get(name))]
    values = {metric.rpartition(", ")[2]: value for metric, value in zip(own["metric"], own["value"], strict=True)}
    return f"{values['mean']} ± {values['std']}" if values else EMPTY


def ratios(study: Study) -> Picture:
    """Raw divergence and its ratio to the control, of features and of what has learnt nothing."""
    measured = found(study)
    if not measured:
        return plots.empty("Divergence between people", study)
    panels, words = {}, []
    for corpus, one in measured.items():
        for ratio, title in ((False, "sum, nats, log scale"), (True, "ratio to people dealt blindly")):
            marks = panels[f"{CORPORA[corpus]}\n{title}"] = [
                Mark(FEATURES[name], interval(one.divergence(name, ratio)), _COLOURS[name]) for name in one.names(True)
            ]
        said = ", ".join(f"{mark.label} {mark.found.value:.1f}" for mark in marks if mark.found)
        words.append(f"{CORPORA[corpus]}: {said}")

    def scale(axes: Any, title: str) -> None:
        if "log scale" in title:
            axes.set_xscale("log")
        else:
            axes.axvline(1, color=GREY, lw=1, ls="--")
            axes.set_xlim(0, None)

    return plots.forest(
        panels, "JS divergence between people (dashed: no trace of the person)", below(list(measured.values())),
        "The statistic of Fig. 4, unscaled, and over its permutation control. Grey: learnt from nothing.",
        sharex=False, decorate=scale,
        alt=f"Dots with intervals, one row a feature. Ratio of divergence to its control: {'; '.join(words)}.",
    )  # fmt: skip
