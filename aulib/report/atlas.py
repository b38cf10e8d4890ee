"""Pictures of embedded faces: the AU atlas, the people of a corpus, a sequence.  Drawn on request, no run."""

from __future__ import annotations

import numpy as np
from matplotlib import pyplot as plt

from aulib.aus import AUS
from aulib.report import provenance
from aulib.report.picture import Picture

#: Combinations that faces show together, and what people tend to read in them.
COMBINATIONS = (
    ((6, 12), "felt smile"),
    ((6, 12, 25, 26), "laughter"),
    ((1, 4, 15), "sadness"),
    ((1, 2, 5, 26), "surprise"),
    ((4, 9, 10), "disgust"),
    ((4, 7, 23, 24), "anger"),
    ((1, 2, 4, 5, 20, 25), "fear"),
    ((12, 14), "smirk"),
)


def atlas(side: int = 160) -> Picture:
    """One picture an action unit, from our renderer, beside the neutral face."""
    from aulib.datasets.synthetic.gallery import showing

    tiles: list[tuple[str, dict[int, float]]] = [("neutral", {})] + [(f"AU{au}", {au: 5.0}) for au in AUS]
    figure, axes = plt.subplots(3, 6, figsize=(12, 6.9), gridspec_kw={"wspace": 0.03, "hspace": 0.16})
    for axis, (title, aus) in zip(axes.flat, tiles, strict=True):
        axis.imshow(showing(0, aus, side))
        number = next(iter(aus), None)
        axis.set_title(title if number is None else f"{title} {AUS[number].name}", fontsize=8)
        axis.axis("off")
    return Picture(
        figure,
        "Eighteen renderings of one embedded face: neutral, and each of 17 action units at intensity 5.",
        [provenance.generated("Rendered: one person of the gallery, each AU alone at intensity 5")],
        "The action units of this book on an embedded face.",
    )


def people(corpus: str, count: int = 24, side: int = 100) -> Picture:
    """Neutral faces of the people of an embedded corpus, as its camera sees them."""
    from aulib.datasets.synthetic import corpora, face

    spec = corpora.SYNTHETIC[corpus]
    columns = 12
    rows = -(-count // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(12, 1.15 * rows), gridspec_kw={"wspace": 0.03, "hspace": 0.18})
    for subject, axis in enumerate(axes.flat):
        rng = spec.rng(0, subject, corpora._SCENE)
        identity = face.Identity.draw(spec.rng(0, subject, corpora._IDENTITY), spec.population)
        scene = face.Scene.draw(rng, spec.style)
        axis.imshow(face.Face(identity).render(face.au_vector({}), face.Pose(), scene, side=side, rng=rng).image)
        axis.set_title(spec.subject_name(subject), fontsize=7, pad=1)
        axis.axis("off")
    return Picture(
        figure,
        f"{count} neutral rendered faces of {corpus}.",
        [provenance.generated(f"Rendered: the first {count} people of {corpus}, neutral")],
    )


def strip(corpus_name: str, **options) -> Picture:
    """Six frames of one sequence with the strengths of its AUs over time: onset, apex, offset."""
    from aulib.datasets.synthetic import corpora, face

    spec = corpora.SYNTHETIC[corpus_name]
    track = corpora.draw_track(spec, 0, 0, None)
    first = track.frames["sequence"].iloc[0]
    rows = np.flatnonzero(track.frames["sequence"] == first)[:400]
    strengths = track.strengths[rows]
    times = np.arange(len(rows)) / spec.frame_rate
    identity = face.Identity.draw(spec.rng(0, 0, corpora._IDENTITY), spec.population)
    scene = face.Scene.draw(spec.rng(0, 0, corpora._SCENE), spec.style)
    person = face.Face(identity)
    figure = plt.figure(figsize=(12, 5))
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.3))
    marks = np.linspace(0, len(rows) - 1, 8).astype(int)
    for axis, mark in zip(top.subplots(1, len(marks)), marks, strict=True):
        axis.imshow(person.render(strengths[mark], face.Pose(*track.poses[rows[mark], :3]), scene, side=120).image)
        axis.set_title(f"{times[mark]:.1f} s", fontsize=8)
        axis.axis("off")
    axis = bottom.subplots()
    busiest = np.argsort(-strengths.mean(axis=0))[:6]
    for column in sorted(busiest):
        axis.plot(times, strengths[:, column], label=f"AU{face.FACE_AUS[column]}")
    for mark in marks:
        axis.axvline(times[mark], color="#cccccc", lw=0.6, zorder=0)
    axis.set(xlabel="seconds", ylabel="strength, 0–5", xlim=(0, times[-1]))
    axis.legend(frameon=False, ncols=6, fontsize=8)
    return Picture(
        figure,
        f"Eight frames of one {corpus_name} sequence above the strengths of its six busiest AUs.",
        [provenance.generated(f"Rendered: {corpus_name}, {spec.subject_name(0)}, {first}")],
    )


def intensities(aus: tuple[int, ...], side: int = 130) -> Picture:
    """One row an AU, neutral and levels A to E."""
    from aulib.datasets.synthetic.gallery import showing

    figure, axes = plt.subplots(
        len(aus), 6, figsize=(12, 2.05 * len(aus)), gridspec_kw={"wspace": 0.03, "hspace": 0.05}
    )
    for row, au in zip(axes, aus, strict=True):
        for level, axis in enumerate(row):
            axis.imshow(showing(1, {au: float(level)}, side))
            axis.set(xticks=[], yticks=[])
            if axis in axes[0]:
                axis.set_title("neutral" if level == 0 else f"{'ABCDE'[level - 1]} ({level})", fontsize=9)
        row[0].set_ylabel(f"AU{au}")
    return Picture(
        figure,
        f"AUs {', '.join(map(str, aus))} at intensities 0 to 5 on one embedded face.",
        [provenance.generated("Rendered: one person of the gallery, one AU at a time")],
    )


def combinations(side: int = 160) -> Picture:
    """AUs together."""
    from aulib.datasets.synthetic.gallery import showing

    figure, axes = plt.subplots(2, 4, figsize=(11, 6), gridspec_kw={"wspace": 0.03, "hspace": 0.15})
    for number, (axis, (aus, words)) in enumerate(zip(axes.flat, COMBINATIONS, strict=True)):
        axis.imshow(showing(number, {au: 4.0 for au in aus}, side))
        axis.set_title(f"{'+'.join(map(str, aus))}  {words}", fontsize=9)
        axis.axis("off")
    words = "; ".join(f"{'+'.join(map(str, aus))} {name}" for aus, name in COMBINATIONS)
    return Picture(
        figure,
        f"Eight embedded faces with combinations of AUs: {words}.",
        [provenance.generated("Rendered: eight people of the gallery, AUs at intensity 4")],
    )


def masks(aus: tuple[int, ...], side: int = 130) -> Picture:
    """How often a pixel belongs to the true region of an AU, over the people of the gallery."""
    from aulib.datasets.synthetic.gallery import persons_showing, showing

    columns = 4
    figure, axes = plt.subplots(
        -(-len(aus) // columns),
        columns,
        figsize=(10, 2.6 * -(-len(aus) // columns)),
        gridspec_kw={"wspace": 0.03, "hspace": 0.15},
    )
    for axis, au in zip(axes.flat, aus, strict=True):
        axis.imshow(showing(0, {}, side))
        share = persons_showing(au, side)[1].mean(axis=0)
        axis.imshow(np.ma.masked_less(share, 0.05), cmap="inferno", alpha=0.75, vmin=0, vmax=1)
        axis.set_title(f"AU{au} {AUS[au].name}", fontsize=9)
        axis.axis("off")
    return Picture(
        figure,
        f"True regions of AUs {', '.join(map(str, aus))}: pixels that change when the AU is switched on.",
        [provenance.generated("Rendered: eight people of the gallery, AU at 5 against neutral")],
    )
