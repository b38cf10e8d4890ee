"""Pictures and tables of alignment: mark-ups, recipes, patches, contrast, crops, mean faces, detectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import Table
from aubook.pages.atlas import grid
from aulib.datasets.alignment import EYE_X, EYE_Y, PATCHES, RECIPES, align, contrast_normalised, patch_centres, patches
from aulib.datasets.detection import detector
from aulib.datasets.landmarks import COUNT, EYES, GROUPS, JAW, MARKUPS, MOUTH, NOSE, eye_centres

#: Corpus, person, what it is called in a figure, AUs, and degrees of yaw, pitch and roll, of the people shown.
CAST: tuple[tuple[str, int, str, dict[int, float], tuple[float, float, float]], ...] = (
    ("synth-bp4d", 3, "laboratory", {6: 3.0, 12: 4.0, 25: 3.0}, (6, 2, 5)),
    ("synth-disfa", 5, "webcam", {1: 3.0, 2: 3.0, 5: 2.0, 25: 2.0, 26: 3.0}, (-10, -4, -6)),
    ("synth-gft", 7, "table", {14: 3.0}, (24, 3, 4)),
    ("synth-pain", 2, "clinic", {4: 3.0, 7: 3.0, 10: 2.0, 43: 3.0}, (-5, 8, -12)),
)
PHOTOGRAPH = "photograph"

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#F0E442", "#56B4E9")
_MARK = "#00e5ff"
_PHOTO_LINE = "Rendered, but for scikit-image's public-domain photograph of Eileen Collins (NASA)"


@dataclass(frozen=True)
class Filmed:
    """A picture of somebody and the landmarks on it: ``image`` uint8 (H, W, 3), ``points`` float32 (68, 2)."""

    name: str
    image: np.ndarray
    points: np.ndarray


@lru_cache(maxsize=4)
def cast(side: int = 480) -> tuple[Filmed, ...]:
    """Camera frames of four embedded people in four set-ups, and a photograph.

    Landmarks are true on the frames; on the photograph they are the cascade's estimate from two eyes.
    """
    from skimage.data import astronaut

    from synthface.corpora import SYNTHETIC
    from synthface.face import Pose, au_vector
    from synthface.render import Performer

    people = []
    for number, (corpus, person, name, aus, turn) in enumerate(CAST):
        performer = Performer(SYNTHETIC[corpus], person)
        shown = performer.face.render(
            au_vector(aus),
            Pose(*turn),
            performer.scene(0),
            side=side,
            rng=np.random.default_rng(number),
            framing="camera",
        )
        people.append(Filmed(name, shown.image, shown.landmarks))
    photograph = np.ascontiguousarray(astronaut()[:300, 75:375])
    points = detector("cascade")(photograph)
    if points is not None:
        people.append(Filmed(PHOTOGRAPH, photograph, points))
    return tuple(people)


def _bare(axis: Axes) -> None:
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def _sheet(
    rows: int, columns: int, labels: Sequence[str], width: float = 6.4, left: float = 0.13
) -> tuple[Figure, Any]:
    """Square tiles with a word beside each row; axes (rows, columns)."""
    tile = width * (1 - left) / columns
    height = rows * tile + 0.25
    figure, axes = plt.subplots(
        rows, columns, figsize=(width, height), squeeze=False,
        gridspec_kw={"wspace": 0.03, "hspace": 0.03, "left": left, "right": 1, "bottom": 0, "top": 1 - 0.25 / height},
    )  # fmt: skip
    for axis in axes.flat:
        _bare(axis)
    for axis, label in zip(axes[:, 0], labels, strict=True):
        axis.set_ylabel(label, fontsize=9)
    return figure, axes


def markups(side: int = 300) -> Picture:
    """The mark-ups of 68, 66 and 49 points on one aligned face, each group of landmarks in a colour."""
    smiling = cast()[0]
    made = align(smiling.image, smiling.points, "similarity", side)
    figure = grid([made.image] * 3, ["68 points", "66: without 60 and 64", "49: no jaw either"], 3, width=6.4)
    for axis, count in zip(figure.axes, (68, 66, 49), strict=False):
        for (name, group), colour in zip(GROUPS.items(), _COLOURS, strict=True):
            here = [i for i in group if i in MARKUPS[count]]
            axis.scatter(*made.points[here].T, s=9, c=colour, linewidths=0.3, edgecolors="black", label=name)
    figure.axes[0].legend(
        frameon=False, fontsize=8, ncols=6, loc="upper left", bbox_to_anchor=(0, 0), handletextpad=0, columnspacing=1
    )
    return Picture(
        figure,
        "One embedded face three times, with 68, 66 and 49 landmarks: jaw, brows, nose, eyes, outer and inner lips.",
        [provenance.generated("Rendered: one person of synth-bp4d, true landmarks")],
        "Three mark-ups, one numbering. Points 60 and 64 are the inner corners of the mouth.",
        photo=True,
    )


def recipes(side: int = 150) -> Picture:
    """Every recipe on everybody: camera frames above, aligned faces below."""
    people, names = cast(), [name for name in RECIPES if name != "none"]
    figure, axes = _sheet(1 + len(names), len(people), ["camera", *names])
    for column, who in zip(axes.T, people, strict=True):
        column[0].imshow(who.image)
        column[0].scatter(*who.points.T, s=1.5, c=_MARK, linewidths=0)
        column[0].set_title(who.name, fontsize=9, pad=3)
        for axis, name in zip(column[1:], names, strict=True):
            axis.imshow(align(who.image, who.points, name, side).image)
            axis.axhline(EYE_Y * side, color="white", lw=0.5, alpha=0.7)
    return Picture(
        figure,
        f"Contact sheet: camera frames of {', '.join(who.name for who in people)}, each with its landmarks, above the "
        f"same faces aligned by the recipes {', '.join(names)}.",
        [provenance.generated(f"{_PHOTO_LINE}. Landmarks: true, on the photograph estimated from two eyes")],
        "One column a person, one row a recipe. The white line is at the same height in every face.",
        photo=True,
    )


def recipe_table() -> Table:
    """The recipes: who uses them, at which sizes, and what is left open."""
    rows = {
        f"{recipe.name}: {recipe.what.replace('`', '')}": {
            "used by": recipe.paper or "aligned corpora",
            "side": str(recipe.side),
            "crop": ", ".join(f"{paper} {pixels}" for paper, pixels in recipe.crop.items()) or "none",
        }
        for recipe in RECIPES.values()
    }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("recipe")
    return Table(
        frame,
        "Recipes for a common frame",
        [
            provenance.published(
                "the papers' sections on pre-processing and the code of ARL's authors; choices are called so"
            )
        ],
    )


def dsin_patches(who: int = 0) -> Picture:
    """DSIN's five patches on a face, and by themselves."""
    person = cast()[who]
    made = align(person.image, person.points, "anchors")
    side = RECIPES["anchors"].side // 4
    cut = patches(made.image, made.points, side)
    figure = plt.figure(figsize=(6.4, 2.75))
    places = figure.add_gridspec(2, 5, width_ratios=(1, 1, 1, 1, 1), wspace=0.05, hspace=0.16, left=0, right=1,
                                 bottom=0.0, top=0.92)  # fmt: skip
    whole = figure.add_subplot(places[:, :2])
    whole.imshow(made.image)
    for (x, y), colour in zip(patch_centres(made.points), _COLOURS, strict=False):
        whole.add_patch(Rectangle((x - side / 2, y - side / 2), side, side, fill=False, ec=colour, lw=1.8))
    _bare(whole)
    whole.set_title("the face, 224 pixels", fontsize=9, pad=3)
    for number, (patch, name, colour) in enumerate(zip(cut, PATCHES, _COLOURS, strict=False)):
        axis = figure.add_subplot(places[number // 3, 2 + number % 3])
        axis.imshow(patch)
        axis.set_title(name, fontsize=9, pad=3)
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set(visible=True, color=colour, linewidth=2)
    return Picture(
        figure,
        f"An aligned face with five squares on it, and the patches by themselves: {', '.join(PATCHES)}.",
        [provenance.generated("Rendered: one person of synth-bp4d, true landmarks, aligned by three anchors")],
        "DSIN sees the face and five patches of 56 pixels. Those of the other side are left out.",
        photo=True,
    )


def contrast(side: int = 150) -> Picture:
    """Faces before and after their contrast is normalised one by one."""
    people = cast()
    figure, axes = _sheet(2, len(people), ["as filmed", "normalised"])
    for column, who in zip(axes.T, people, strict=True):
        face = align(who.image, who.points, "eyes", side).image
        column[0].imshow(face)
        column[0].set_title(f"{who.name}\nmean {face.mean():.0f}, s.d. {face.std():.0f}", fontsize=8, pad=3)
        column[1].imshow(np.clip(0.5 + contrast_normalised(face) / 5, 0, 1))  # mean 0 is shown grey
    return Picture(
        figure,
        "Five faces in different light, and the same with mean 0 and standard deviation 1 each.",
        [provenance.generated(_PHOTO_LINE)],
        "CCNN normalises each image by itself. Its mean is shown grey, 2.5 standard deviations away is black or white.",
        photo=True,
    )


def crops(who: int = 1) -> Picture:
    """What is cut out of an aligned face: squares of 170 and 176 of 200 pixels, and 85 % of the side."""
    person = cast()[who]
    figure, axes = _sheet(3, 5, ["DRML\n170 of 200", "ARL, Hybrid\n176 of 200", "CCNN\n85 %: 48 of 56"])
    rng = np.random.default_rng(0)
    for row, (recipe, crop, mirrors) in zip(
        axes, (("similarity", 170, True), ("similarity", 176, True), ("eyes", 48, False)), strict=True
    ):
        face = align(person.image, person.points, recipe).image
        slack = len(face) - crop
        row[0].imshow(face)
        row[0].add_patch(Rectangle((slack / 2 - 0.5,) * 2, crop, crop, fill=False, ec="white", lw=1.2))
        for number, axis in enumerate(row[1:]):
            y, x = rng.integers(0, slack + 1, 2)
            image = face[y : y + crop, x : x + crop]
            axis.imshow(image[:, ::-1] if mirrors and number % 2 else image)
    return Picture(
        figure,
        "Aligned faces of DRML, ARL and CCNN with the square that is cut out at test, each beside four random crops.",
        [provenance.generated("Rendered: one person of synth-disfa")],
        "Left the aligned face and its middle crop, used at test; right four draws of training. "
        "DRML, ARL and Hybrid mirror at random (here every other one); CCNN's text names crops alone.",
        photo=True,
    )


@lru_cache(maxsize=2)
def _crowd(people: int, side: int) -> tuple[Filmed, ...]:
    """Four frames each of some people of `synth-bp4d` who lean and move about before the camera."""
    from synthface.corpora import SYNTHETIC
    from synthface.face import Pose, au_vector
    from synthface.render import Performer

    rng, frames = np.random.default_rng(0), []
    for person in range(people):
        performer = Performer(SYNTHETIC["synth-bp4d"], person)
        for aus in ({}, {6: 2.0, 12: 3.0}, {1: 3.0, 2: 3.0, 25: 2.0}, {4: 3.0, 17: 2.0}):
            yaw, pitch, roll, dx, dy = rng.normal(0, (7, 5, 7, 7, 7))
            pose = Pose(yaw, pitch, roll, dx, dy, rng.uniform(0.85, 1.1))
            shown = performer.face.render(au_vector(aus), pose, performer.scene(0), side=side, framing="camera")
            frames.append(Filmed(str(person), shown.image, shown.landmarks))
    return tuple(frames)


def sharpness(image: np.ndarray) -> float:
    """Mean size of the grey-level gradient of an image (H, W, 3): how much edge there is."""
    rows, columns = np.gradient(np.asarray(image, float).mean(axis=2))
    return float(np.hypot(rows, columns).mean())


def mean_faces(people: int = 10, side: int = 160) -> Picture:
    """The mean of many faces before and after alignment: what stays put stays sharp."""
    crowd = _crowd(people, 240)
    middle = np.mean([who.points[list((*EYES, *NOSE, *MOUTH))].mean(axis=0) for who in crowd], axis=0)
    size = np.mean([np.linalg.norm(np.diff(eye_centres(who.points), axis=0)) for who in crowd]) / (1 - 2 * EYE_X)
    (x, y), half = middle.astype(int), int(size / 2)
    filmed = [who.image[y - half : y + half, x - half : x + half] for who in crowd]
    nobody = np.full((COUNT, 2), np.nan)  # a mean of pictures has no landmarks of its own
    means = {"as filmed": align(np.mean(filmed, axis=0).astype(np.uint8), nobody, "none", side).image}
    for name in ("eyes", "box", "similarity"):
        faces = [align(who.image, who.points, name, side).image for who in crowd]
        means[name] = np.mean(faces, axis=0).astype(np.uint8)
    edges = {name: sharpness(image) / sharpness(means["as filmed"]) for name, image in means.items()}
    return Picture(
        grid(list(means.values()), [f"{name}\n{edges[name]:.2f} × the edges" for name in means], 4, width=6.4),
        f"Means of {len(crowd)} faces: blurred as filmed, with eyes, nose and mouth once aligned. Edges relative to "
        f"the first: {', '.join(f'{name} {value:.2f}' for name, value in edges.items())}.",
        [
            provenance.generated(
                f"Rendered: {people} people of synth-bp4d, four expressions each, heads moved for this picture"
            )
        ],
        f"Means of the same {len(crowd)} pictures. Left the same square of every frame; then aligned by three recipes.",
        photo=True,
    )


def detections() -> Picture:
    """What OpenCV's cascades make of the people: found points over true ones, and the face that follows."""
    people, find = cast(), detector("cascade")
    figure, axes = _sheet(3, len(people), ["found", "aligned\nby found", "aligned\nby true"])
    words = []
    for column, who in zip(axes.T, people, strict=True):
        found = find(who.image)
        column[0].imshow(who.image)
        known = who.name != PHOTOGRAPH
        if known:
            column[0].scatter(*who.points[list(EYES)].T, s=2, c="white", linewidths=0)
            column[2].imshow(align(who.image, who.points, "similarity", 150).image)
        title = who.name
        if found is not None:
            column[0].scatter(*found[len(JAW) :].T, s=1.5, c=_MARK, linewidths=0)
            column[0].scatter(*eye_centres(found).T, s=14, marker="+", c="#ff3b30", linewidths=1)
            column[1].imshow(align(who.image, found, "similarity", 150).image)
            if known:
                away, size = eye_centres(found) - eye_centres(who.points), np.diff(eye_centres(who.points), axis=0)
                error = 100 * np.linalg.norm(away, axis=1).mean() / np.linalg.norm(size)
                title += f"\neyes off by {error:.0f} %"
                words.append(f"{who.name} {error:.0f} %")
        else:
            title += "\nno face found"
        column[0].set_title(title, fontsize=8, pad=3)
    return Picture(
        figure,
        f"Eyes found by OpenCV's cascades, off by {', '.join(words)} of the distance of the eyes, and faces aligned by "
        "found and by true landmarks.",
        [provenance.generated(_PHOTO_LINE)],
        "Red: eye centres as found. Blue: the mean shape laid on them, an estimate. White: true points of the eyes. "
        "Of the photograph nobody knows the true landmarks.",
        photo=True,
    )
