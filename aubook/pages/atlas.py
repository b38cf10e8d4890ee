"""Pictures of action units on faces made to order: the AU atlas, intensities, combinations, views, true regions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aulib.aus import AUS, FACE_AUS, LEVELS

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

#: Region -> its AUs that the faces can show, in the order in which a coder goes down a face.
REGIONS = {
    region: tuple(au for au in FACE_AUS if AUS[au].region == region) for region in ("brows", "eyes", "midface", "mouth")
}


def grid(
    images: Sequence[np.ndarray], titles: Sequence[str], columns: int = 4, *, width: float = 5.6, size: float = 9
) -> Figure:
    """Images in rows with a title above each; few columns, so that titles can be read on a telephone."""
    rows = -(-len(images) // columns)
    tile = width / columns
    lines = max((title.count("\n") + 1 for title in titles), default=1)
    heading = 0.19 * lines * size / 9
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(width, rows * (tile + heading)),
        gridspec_kw={"wspace": 0.03, "hspace": heading / tile, "left": 0, "right": 1, "bottom": 0, "top": 0.95},
        squeeze=False,
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        axis.imshow(image)
        axis.set_title(title, fontsize=size, pad=2)
    return figure


def atlas(side: int = 160) -> Picture:
    """One picture an action unit, from our renderer, beside the neutral face."""
    from synthface.gallery import showing

    images = [showing(0, {}, side)] + [showing(0, {au: 5.0}, side) for au in FACE_AUS]
    titles = ["neutral\n"] + [f"AU{au}\n{AUS[au].name}" for au in FACE_AUS]
    return Picture(
        grid(images, titles, 4),
        f"{len(images)} renderings of one embedded face: neutral, and each of {len(images) - 1} action units at "
        "intensity 5.",
        [provenance.generated("Rendered: one person of the gallery, each AU alone at intensity 5")],
        "The action units of this book on an embedded face.",
        photo=True,
    )


def intensities(aus: Sequence[int], number: int = 1, side: int = 130) -> Picture:
    """One row an AU, neutral and levels A to E, on person `number` of the gallery."""
    from synthface.gallery import showing

    figure, axes = plt.subplots(
        len(aus),
        6,
        figsize=(5.6, 0.91 * len(aus) + 0.2),
        gridspec_kw={
            "wspace": 0.03,
            "hspace": 0.04,
            "left": 0.06,
            "right": 1,
            "bottom": 0,
            "top": 1 - 0.2 / (0.91 * len(aus) + 0.2),
        },
        squeeze=False,
    )
    for row, au in zip(axes, aus, strict=True):
        for level, axis in enumerate(row):
            axis.imshow(showing(number, {au: float(level)}, side))
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
            if axis in axes[0]:
                axis.set_title("neutral" if level == 0 else f"{LEVELS[level]} ({level})", fontsize=9, pad=2)
        row[0].set_ylabel(f"AU{au}", fontsize=10)
    return Picture(
        figure,
        f"AUs {', '.join(map(str, aus))} at intensities 0 to 5 on one embedded face.",
        [provenance.generated("Rendered: one person of the gallery, one AU at a time")],
        photo=True,
    )


def region(name: str, side: int = 130) -> Picture:
    """Every AU of a region of the face (a key of `REGIONS`) at five intensities."""
    picture = intensities(REGIONS[name], number=1, side=side)
    picture.caption = f"AUs of the {name}: " + ", ".join(f"{au} {AUS[au].name}" for au in REGIONS[name]) + "."
    return picture


def combinations(side: int = 160) -> Picture:
    """AUs together."""
    from synthface.gallery import showing

    images = [showing(number, {au: 4.0 for au in aus}, side) for number, (aus, _) in enumerate(COMBINATIONS)]
    titles = [f"{words}\n{'+'.join(map(str, aus))}" for aus, words in COMBINATIONS]
    words = "; ".join(f"{'+'.join(map(str, aus))} {name}" for aus, name in COMBINATIONS)
    return Picture(
        grid(images, titles, 4),
        f"Eight embedded faces with combinations of AUs: {words}.",
        [provenance.generated("Rendered: eight people of the gallery, AUs at intensity 4")],
        photo=True,
    )


def views(number: int = 2, side: int = 160) -> Picture:
    """The nine views of FERA 2017 on one face with a smile; view 6 is the frontal one."""
    from synthface.face import Pose, Scene, au_vector
    from synthface.gallery import person
    from synthface.twins import VIEWS

    scene = Scene.draw(np.random.default_rng(number), "laboratory")
    face, smile = person(number), au_vector({6: 2.0, 12: 3.0})
    images = [face.render(smile, Pose(yaw, pitch, 0.0), scene, side=side).image for yaw, pitch in VIEWS.values()]
    titles = [f"view {k}\nyaw {yaw:g}°, pitch {pitch:g}°" for k, (yaw, pitch) in VIEWS.items()]
    return Picture(
        grid(images, titles, 3),
        "One embedded face in nine views: yaw -40, 0 and 40 degrees by pitch -40, -20 and 0 degrees.",
        [provenance.generated("Rendered: one person of the gallery, AU6 at 2 and AU12 at 3")],
        "The nine views of FERA 2017. The angles are published; their numbering is ours.",
        photo=True,
    )


def masks(aus: Sequence[int], side: int = 130) -> Picture:
    """How often a pixel belongs to the true region of an AU, over the people of the gallery."""
    from synthface.gallery import persons_showing, showing

    figure = grid([showing(0, {}, side)] * len(aus), [f"AU{au}\n{AUS[au].name}" for au in aus], 4)
    for axis, au in zip(figure.axes, aus, strict=False):
        share = persons_showing(au, side)[1].mean(axis=0)
        axis.imshow(np.ma.masked_less(share, 0.05), cmap="inferno", alpha=0.75, vmin=0, vmax=1)
    return Picture(
        figure,
        f"True regions of AUs {', '.join(map(str, aus))}: pixels that change when the AU is switched on.",
        [provenance.generated("Rendered: eight people of the gallery, AU at 5 against neutral")],
        photo=True,
    )
