"""Control twins: the table of what can be changed, faces beside their twins, correlations beside theirs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import Table
from aubook.pages.corpora import SAMPLE, drawn, script_of
from aulib.aus import FACE_AUS
from aulib.manifest import entry
from synthface.twins import TWINS

#: Twins that can be seen, and what a row of pictures shows of them.
SEEN = (
    ("", "as recorded"),
    ("+move=2", "head motion doubled"),
    ("+light=1", "light varied in every frame"),
    ("+people=0.3", "people more alike"),
    ("+view=1", "view 1 of FERA 2017"),
)


def table(base: str = "synth-bp4d") -> Table:
    """Every factor that can be changed, from the code that changes it."""
    rows = {}
    for twin in TWINS.values():
        number = twin.low is not None and twin.high is not None
        rows[twin.word] = {
            "what it does": twin.does,
            "number": f"{twin.low:g} to {twin.high:g}" if number else "none",
            "example": f"{base}+{twin.word}" + (f"={twin.example:g}" if number else ""),
        }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index.name = "twin"
    return Table(
        frame,
        "What a twin changes; words can be joined, as in synth-bp4d+ind+iid",
        ['<div class="provenance">Made from the table that the code reads names with.</div>'],
    )


def pictures(base: str = "synth-bp4d", people: int = 5, side: int = 130) -> Picture:
    """The same people and frames, one row a twin."""
    figure, axes = plt.subplots(
        len(SEEN), people, figsize=(5.6, (5.6 / people + 0.24) * len(SEEN)),
        gridspec_kw={"wspace": 0.03, "hspace": 0.2, "left": 0, "right": 1, "bottom": 0, "top": 0.97},
    )  # fmt: skip
    script = script_of(base, SAMPLE)
    person, turned = script.frames["person"].to_numpy(), np.abs(script.motion[:, :2]).sum(axis=1)
    rows = [int(np.argmin(np.where(person == p, np.abs(turned - 14), np.inf))) for p in range(people)]
    for line, (words, what) in zip(axes, SEEN, strict=True):
        corpus = drawn(base + words, rows, side)
        for axis, image in zip(line, corpus.faces, strict=True):
            axis.imshow(image)
            axis.axis("off")
        line[0].set_title(f"{base}{words}: {what}", fontsize=9, loc="left", pad=3)
    return Picture(
        figure,
        f"Five people of {base} in five versions: " + "; ".join(what for _, what in SEEN) + ".",
        [provenance.generated(f"Rendered: {base} and four twins, the same frame of the same people")],
        "Same people, same frames, one factor changed in each row.",
        photo=True,
    )


def phi_of(name: str, frames_per_sequence: int | None = 60) -> pd.DataFrame:
    """Correlations (φ) between the AUs that a corpus codes, from its script."""
    from synthface import labels

    aus = entry(name).aus
    codes = script_of(name, frames_per_sequence).codes[:, [FACE_AUS.index(au) for au in aus]]
    return labels.statistics.phi((codes > 0)[(codes >= 0).all(axis=1)], aus)


def matrices(tables: Sequence[pd.DataFrame], titles: Sequence[str]) -> plt.Figure:
    """φ matrices side by side on one scale, without their diagonals."""
    figure, axes = plt.subplots(
        1, len(tables), figsize=(6.6, 6.6 / len(tables) + 0.75), squeeze=False,
        gridspec_kw={"wspace": 0.14, "left": 0.04, "right": 0.99, "bottom": 0.24, "top": 0.9},
    )  # fmt: skip
    for axis, phi, title in zip(axes[0], tables, titles, strict=True):
        values = phi.to_numpy().copy()
        np.fill_diagonal(values, np.nan)
        image = axis.imshow(values, cmap="RdBu_r", vmin=-0.7, vmax=0.7)
        axis.set_title(title, fontsize=9)
        axis.set_xticks(range(len(phi)), phi.columns, fontsize=6.5)
        axis.set_yticks(range(len(phi)), phi.index, fontsize=6.5)
        axis.tick_params(length=0, pad=1)
        axis.spines[:].set_visible(False)
    bar = figure.colorbar(image, cax=figure.add_axes((0.3, 0.12, 0.4, 0.03)), orientation="horizontal")
    bar.set_label("φ", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    return figure


def largest(phi: pd.DataFrame) -> float:
    """Largest |φ| of a pair."""
    return float(np.abs(phi.to_numpy()[np.triu_indices(len(phi), 1)]).max())


def correlations(names: Sequence[str] = ("synth-bp4d", "synth-bp4d+ind", "synth-bp4d+frank=5")) -> Picture:
    """φ of a corpus beside that of twins."""
    tables = [phi_of(name) for name in names]
    titles = [f"{name}\nlargest |φ| {largest(phi):.2f}" for name, phi in zip(names, tables, strict=True)]
    return Picture(
        matrices(tables, titles),
        "Correlation matrices of AUs: " + "; ".join(title.replace("\n", ", ") for title in titles) + ".",
        [provenance.generated("Counted from scripts, 60 frames a video, seed 0; nothing was rendered")],
    )
