"""Pictures of the embedded corpora: their people, cameras, a moment in time, what hides a face, true AU regions.

Nothing here needs a rendered corpus: the script says what happens in every frame, and the few that are shown are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from matplotlib import pyplot as plt

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.pages.atlas import grid
from aulib.aus import AUS, FACE_AUS, UNKNOWN
from aulib.corpus import Corpus
from synthface import identifier
from synthface import script as scripts
from synthface.corpora import SYNTHETIC
from synthface.render import Performer, camera_frames, true_changes
from synthface.script import OCCLUDERS, Script
from synthface.twins import Variant, parse

#: Frames of each video that are looked through for a picture, unless every one is wanted.
SAMPLE = 40


def script_of(name: str, frames_per_sequence: int | None = None, seed: int = 0) -> Script:
    """The script of a corpus or twin; kept, because several figures read the same one."""
    base, variant = parse(name)
    # faces and light are in no script: such twins share that of their corpus
    return _script(base, replace(variant, people=1.0, light=0.0), frames_per_sequence, seed)


@lru_cache(maxsize=12)
def _script(base: str, variant: Variant, frames_per_sequence: int | None, seed: int) -> Script:
    return scripts.write(SYNTHETIC[base], variant, seed, frames_per_sequence)


def drawn(name: str, rows: Sequence[int], side: int = 160, frames_per_sequence: int | None = SAMPLE) -> Corpus:
    """Some frames of a corpus, drawn at any size without making the corpus.

    Parameters
    ----------
    name : str
        Embedded corpus or twin.
    rows : sequence of int
        Rows of ``script_of(name, frames_per_sequence)``; those of one person together are drawn fastest.
    side : int
    frames_per_sequence : int, optional

    Returns
    -------
    Corpus
        With every AU of the face.
    """
    base, variant = parse(name)
    part = script_of(name, frames_per_sequence).rows(np.asarray(rows))
    faces = np.empty((len(part), side, side, 3), np.uint8)
    landmarks = np.empty((len(part), 68, 2), np.float32)
    performer: Performer | None = None
    for row, person in enumerate(part.frames["person"].tolist()):
        if performer is None or performer.person != person:
            performer = Performer(SYNTHETIC[base], person, 0, variant)
        picture = performer.frame(part, row, side)
        faces[row], landmarks[row] = picture.image, picture.landmarks
    return Corpus(
        name=name,
        source="synthetic",
        aus=FACE_AUS,
        coding="intensity",
        frames=part.frames,
        faces=faces,
        codes=part.codes,
        landmarks=landmarks,
        identifier=identifier(name, frames_per_sequence, side, 0),
        truth={"strengths": part.strengths, "motion": part.motion, "occluder": part.occluder},
    )


def _title(corpus: Corpus, row: int) -> str:
    where = corpus.frames.iloc[row]
    return f"{where['subject']} {where['sequence']}"


def _aus_of(corpus: Corpus, row: int) -> str:
    """``6 12 25``: the AUs that are coded at a trace or more."""
    return " ".join(str(au) for au, code in zip(corpus.aus, corpus.codes[row], strict=True) if code > 0) or "none"


def quietest(script: Script, people: Sequence[int]) -> list[int]:
    """Of each person, the frame that shows least, head straight and nothing before the face."""
    noise = script.strengths.astype(np.float32).mean(axis=2).sum(axis=1)
    noise += np.abs(script.motion[:, :3]).sum(axis=1) / 10 + 20 * (script.occluder[:, 2] > 0)
    person = script.frames["person"].to_numpy()
    return [int(rows[np.argmin(noise[rows])]) for rows in (np.flatnonzero(person == p) for p in people)]


def identities(count: int = 40, side: int = 110) -> Picture:
    """Neutral faces of the first people of `synth-bp4d`, in one light: can they be told apart?"""
    from synthface.corpora import Stream
    from synthface.face import Face, Identity, Pose, Scene, au_vector

    corpus = SYNTHETIC["synth-bp4d"]
    scene = Scene.draw(np.random.default_rng(0), "laboratory")
    people = (Face(Identity.draw(corpus.rng(0, Stream.IDENTITY, p), corpus.population)) for p in range(count))
    images = [face.render(au_vector({}), Pose(), scene, side=side).image for face in people]
    return Picture(
        grid(images, [corpus.subject_name(p) for p in range(count)], 5),
        f"{count} neutral rendered faces in one light.",
        [provenance.generated(f"Rendered: the first {count} people of synth-bp4d, neutral, all in one scene")],
        "Nobody here exists. One light for all, so that only the faces differ.",
        photo=True,
    )


def people(name: str, count: int = 12, side: int = 120) -> Picture:
    """People of a corpus in their own light, before their own camera."""
    script = script_of(name, SAMPLE)
    corpus = drawn(name, quietest(script, range(min(count, SYNTHETIC[name].subjects))), side)
    return Picture(
        grid(list(corpus.faces), corpus.frames["subject"].tolist(), 6, size=8),
        f"{len(corpus)} rendered people of {name}, near neutral.",
        [provenance.generated(f"Rendered: {corpus.identifier}, the quietest of {SAMPLE} frames a video")],
        photo=True,
    )


def event(script: Script, au: int, frame_rate: float, longest: float = 4.0) -> np.ndarray:
    """Rows of one clear event of an AU, half a second around it; the head still, few others."""
    strength = script.strengths[:, FACE_AUS.index(au)].astype(np.float32).mean(axis=1)
    person, video = (script.frames[name].to_numpy(np.int64) for name in ("person", "video"))
    place = person * 1000 + video
    active = np.r_[False, strength > 0.3, False]
    starts, ends = np.flatnonzero(active[1:] & ~active[:-1]), np.flatnonzero(active[:-1] & ~active[1:])
    margin = int(0.5 * frame_rate)
    foreign = [k for k, one in enumerate(FACE_AUS) if one not in (au, 6, 7, 25, 26, 43, 45)]
    best, cost = (0, 1), float("inf")
    for start, end in zip(starts - margin, ends + margin, strict=True):
        if start < 0 or end > len(script) or place[start] != place[end - 1]:
            continue
        peak, seconds = strength[start:end].max(), (end - start) / frame_rate
        if peak >= 3 and 2.0 <= seconds <= longest + 1:
            blinks = script.strengths[start:end, FACE_AUS.index(45)].max()
            company = script.strengths[start:end, foreign].astype(np.float32).max(axis=(0, 2)).sum()
            other = np.abs(script.motion[start:end, 0]).max() / 10 + (5 - peak) + 0.2 * float(blinks) + 0.5 * company
            if (strength[[start, end - 1]] < 0.1).all() and other < cost:
                best, cost = (int(start), int(end)), float(other)
    return np.arange(*best)


def strip(name: str = "synth-bp4d", au: int = 12, pictures: int = 6, side: int = 130) -> Picture:
    """A smile over time: frames above the strengths of its AUs, with onset, apex and offset marked."""
    corpus = SYNTHETIC[name]
    script = script_of(name)
    rows = event(script, au, corpus.frame_rate)
    strengths = script.strengths[rows].astype(np.float32).mean(axis=2)
    own = strengths[:, FACE_AUS.index(au)]
    times = np.arange(len(rows)) / corpus.frame_rate
    moving = np.flatnonzero(own > 0.3)
    top = np.flatnonzero(own > 0.9 * own.max())
    marks = np.unique(np.r_[moving[0], (moving[0] + top[0]) // 2, top[0], top[-1], (top[-1] + moving[-1]) // 2,
                            moving[-1]])[:pictures]  # fmt: skip
    shown = drawn(name, rows[marks], side, None)
    figure = plt.figure(figsize=(6.2, 3.9))
    above, below = figure.subfigures(2, 1, height_ratios=(1, 2.4))
    axes = above.subplots(1, len(marks), gridspec_kw={"wspace": 0.03, "left": 0.08, "right": 0.99, "bottom": 0})
    for axis, mark, image in zip(axes, marks, shown.faces, strict=True):
        axis.imshow(image)
        axis.set_title(f"{times[mark]:.1f} s", fontsize=9, pad=2)
        axis.axis("off")
    axis = below.subplots(gridspec_kw={"left": 0.08, "right": 0.99, "bottom": 0.26, "top": 0.9})
    for left, right, word, colour in (
        (moving[0], top[0], "onset", "#fff3d6"),
        (top[0], top[-1], "apex", "#ffe3c2"),
        (top[-1], moving[-1], "offset", "#fff3d6"),
    ):
        axis.axvspan(times[left], times[right], color=colour, zorder=0)
        axis.text((times[left] + times[right]) / 2, 5.35, word, ha="center", fontsize=9)
    others = [c for c in np.argsort(-strengths.max(axis=0)) if FACE_AUS[c] != au and strengths[:, c].max() > 1][:4]
    axis.plot(times, own, color="#D55E00", lw=2.2, label=f"AU{au}")
    for colour, column in zip(("#0072B2", "#009E73", "#CC79A7", "#777777"), sorted(others), strict=False):
        axis.plot(times, strengths[:, column], lw=1.2, color=colour, label=f"AU{FACE_AUS[column]}")
    axis.set(xlabel="seconds", ylabel="strength, 0–5", xlim=(0, times[-1]), ylim=(0, 5.2))
    axis.legend(frameon=False, ncols=5, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    for mark in marks:
        axis.axvline(times[mark], color="#999999", lw=0.6, zorder=1)
    where = script.frames.iloc[rows[0]]
    return Picture(
        figure,
        f"{len(marks)} frames of a smile above the strength of AU{au} in {times[-1]:.1f} s: onset, apex, offset.",
        [provenance.generated(f"Rendered: {name}, {where['subject']} {where['sequence']} from frame {where['frame']}")],
        "The curve is the generator's continuous truth; coders see whole levels.",
        photo=True,
    )


def camera_pairs(names: Sequence[str], side: int = 220) -> Picture:
    """The camera's frame beside the aligned crop that networks see, each with the 68 true landmarks."""
    figure, axes = plt.subplots(
        2, len(names), figsize=(6.2, 12.2 / len(names) + 0.25), squeeze=False,
        gridspec_kw={"wspace": 0.03, "hspace": 0.05, "left": 0.05, "right": 1, "bottom": 0, "top": 0.93},
    )  # fmt: skip
    for column, name in zip(axes.T, names, strict=True):
        script = script_of(name, SAMPLE)
        corpus = drawn(name, quietest(script, [3]), side)
        whole = next(camera_frames(corpus, np.array([0]), side=2 * side))
        for axis, image, points in (
            (column[0], whole.image, whole.landmarks),
            (column[1], corpus.faces[0], corpus.landmarks[0]),
        ):
            axis.imshow(image)
            axis.scatter(*points.T, s=2.5, c="#00e5ff", linewidths=0)
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        column[0].set_title(name.removeprefix("synth-"), fontsize=9, pad=3)
    for axis, word in zip(axes[:, 0], ("camera", "aligned"), strict=True):
        axis.set_ylabel(word, fontsize=9)
    return Picture(
        figure,
        f"Camera frames of {', '.join(names)} above their aligned crops, with 68 landmarks drawn on both.",
        [provenance.generated("Rendered: subject 4 of each corpus, one frame; landmarks are those of the mesh")],
        "Above what the camera records, below what networks see.",
        photo=True,
    )


def occluders(count: int = 9, side: int = 150) -> Picture:
    """Frames of `synth-gft` with something before the face or turned away, and the AUs whose code is unknown."""
    script = script_of("synth-gft", SAMPLE)
    kind, raised = script.occluder[:, 0].astype(int), script.occluder[:, 2]
    away = np.abs(script.motion[:, 0]) > scripts.TURNED_AWAY
    rng = np.random.default_rng(0)
    rows: list[int] = []
    for number in (*range(1, len(OCCLUDERS)), 0):
        here = np.flatnonzero((raised > 0.95) & (kind == number) & ~away if number else away & (raised == 0))
        rows += rng.permutation(here)[: 1 + (number < 3)].tolist()
    corpus = drawn("synth-gft", sorted(rows)[:count], side)
    coded = [FACE_AUS.index(au) for au in (1, 2, 4, 6, 10, 12, 14, 15, 23, 24)]
    titles = []
    for row in range(len(corpus)):
        what = OCCLUDERS[int(corpus.truth["occluder"][row, 0])].replace("_", " at ").replace("nothing", "turned away")
        unknown = [FACE_AUS[k] for k in coded if corpus.codes[row, k] == UNKNOWN]
        listed = "all" if len(unknown) == len(coded) else "upper AUs" if set(unknown) <= {1, 2, 4, 6} else "lower AUs"
        titles.append(f"{what}\nunknown: {listed if unknown else 'none'}")
    return Picture(
        grid(list(corpus.faces), titles, 3),
        f"{len(corpus)} frames of synth-gft: " + "; ".join(title.replace("\n", ", ") for title in titles) + ".",
        [provenance.generated(f"Rendered: {corpus.identifier}")],
        "What a coder cannot see is unknown, never absent.",
        photo=True,
    )


def unknown_shares() -> Picture:
    """Share of frames of `synth-gft` in which an AU is unknown, absent and present."""
    from aulib.manifest import entry

    script = script_of("synth-gft")
    aus = entry("synth-gft").aus
    codes = script.codes[:, [FACE_AUS.index(au) for au in aus]]
    figure, axes = plt.subplots(figsize=(5.6, 2.6))
    present, unknown = (codes > 0).mean(axis=0), (codes == UNKNOWN).mean(axis=0)
    x = np.arange(len(aus))
    axes.bar(x, 100 * present, color="#D55E00", label="present")
    axes.bar(x, 100 * unknown, bottom=100 * present, color="#bbbbbb", label="unknown")
    axes.set(xticks=x, xticklabels=aus, xlabel="AU", ylabel="percent of frames")
    axes.legend(frameon=False, ncols=2, fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return Picture(
        figure,
        f"Share of frames by AU in synth-gft: present, unknown; {100 * unknown.mean():.1f} percent unknown on average.",
        [provenance.generated(f"Counted from the script of synth-gft, {len(script):,} frames")],
    )


def true_masks(name: str = "synth-bp4d", aus: Sequence[int] = (1, 4, 6, 9, 12, 17), side: int = 150) -> Picture:
    """Frames as they are recorded, and beside each the pixels that one of their AUs has changed."""
    script = script_of(name, SAMPLE)
    strengths = script.strengths.astype(np.float32).mean(axis=2)
    rows: list[int] = []
    used: set[int] = set()
    for au in aus:
        own = strengths[:, FACE_AUS.index(au)]
        others = (strengths > 1).sum(axis=1)
        # strong, in company, seen from the front, on a face not shown yet
        score = own - 0.5 * np.abs(others - 4) - np.abs(script.motion[:, 0]) / 10
        score[script.frames["person"].isin(used).to_numpy() | (script.occluder[:, 2] > 0)] = -np.inf
        rows.append(int(np.argmax(score)))
        used.add(int(script.frames["person"].iloc[rows[-1]]))
    corpus = drawn(name, rows, side)
    images = [
        image for face in corpus.faces for image in (face, np.repeat(face.mean(axis=2, keepdims=True), 3, axis=2))
    ]
    titles = [word for k, au in enumerate(aus) for word in (_aus_of(corpus, k), f"changed by AU{au}")]
    figure = grid([image.astype(np.uint8) for image in images], titles, 4)
    for k, au in enumerate(aus):
        change = true_changes(corpus, np.array([k]), au)[0]
        share = change / max(change.max(), 1)
        figure.axes[2 * k + 1].imshow(np.ma.masked_less(share, 0.1), cmap="inferno", alpha=0.8, vmin=0, vmax=1)
    names = ", ".join(f"AU{au} {AUS[au].name}" for au in aus)
    return Picture(
        figure,
        f"Six frames of {name}, and beside each the pixels changed by one of its AUs: {names}.",
        [provenance.generated(f"Rendered: {corpus.identifier}, each frame again without the AU, no sensor noise")],
        "Left the frame and the AUs that are coded in it, right what one of them has changed.",
        photo=True,
    )
