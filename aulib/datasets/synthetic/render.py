"""From the script to pictures, frame by frame.

What a frame looks like depends on (corpus, seed, person, video, frame number) alone, never on what was drawn before:
so any frame can be drawn again later, with one action unit taken away, to see which pixels it had changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from aulib.datasets.base import Corpus
from aulib.datasets.synthetic.corpora import SYNTHETIC, Stream, SyntheticCorpus
from aulib.datasets.synthetic.face import FACE_AUS, Face, Identity, Occluder, Pose, Rendered, Scene
from aulib.datasets.synthetic.script import OCCLUDERS, Script
from aulib.datasets.synthetic.variants import Variant, parse
from aulib.errors import CorpusError


class Performer:
    """One person of a corpus before the camera.

    Parameters
    ----------
    corpus : SyntheticCorpus
    person : int
        From 0.
    seed : int
        Of the corpus.
    variant : Variant, optional
        Which twin; the corpus itself by default.
    """

    def __init__(self, corpus: SyntheticCorpus, person: int, seed: int = 0, variant: Variant | None = None) -> None:
        self.corpus, self.person, self.seed = corpus, person, seed
        self.variant = variant or Variant()
        self.identity = Identity.draw(corpus.rng(seed, Stream.IDENTITY, person), corpus.population)
        if self.variant.people != 1:
            self.identity = self.identity.towards_mean(self.variant.people)
        self.face = Face(self.identity)

    @lru_cache(maxsize=8)  # noqa: B019 a performer lives as long as its person is drawn
    def scene(self, number: int) -> Scene:
        """The set-up of a task."""
        return Scene.draw(self.corpus.rng(self.seed, Stream.SCENE, self.person, number), self.corpus.style)

    def frame(
        self, script: Script, row: int, side: int, *, without: int | None = None, noise: bool = True, framing="aligned"
    ) -> Rendered:
        """Draw one frame.

        Parameters
        ----------
        script : Script
        row : int
            Which frame of the script; it must be this person's.
        side : int
            Pixels of the square picture.
        without : int, optional
            An AU to leave out.
        noise : bool
            Sensor noise and flicker; without them two drawings differ only in what was asked for.
        framing : {'aligned', 'camera'}
            The aligned face, or the whole frame of the camera.
        """
        where = script.frames.iloc[row]
        keys = int(where["person"]), int(where["video"]), int(where["frame"])
        strengths = script.strengths[row].astype(float)
        if without is not None:
            strengths[FACE_AUS.index(without)] = 0
        scene = self.scene(int(where["scene"]))
        if self.variant.light:
            scene = scene.varied(self.corpus.rng(self.seed, Stream.SCENE, *keys), self.variant.light)
        yaw, pitch, roll, dx, dy, gaze_x, gaze_y = (float(value) for value in script.motion[row])
        kind, before, raised = script.occluder[row].tolist()
        return self.face.render(
            strengths,
            Pose(yaw, pitch, roll, dx, dy),
            scene,
            side=side,
            rng=self.corpus.rng(self.seed, Stream.NOISE, *keys) if noise else None,
            gaze=(gaze_x, gaze_y),
            occluder=Occluder(OCCLUDERS[int(kind)], int(before), raised) if kind and raised > 0 else None,
            framing=framing,
        )


def render_person(
    corpus: SyntheticCorpus, person: int, script: Script, *, seed: int, side: int, variant: Variant | None = None
) -> dict[str, np.ndarray]:
    """Draw a person's frames.

    Returns
    -------
    dict
        ``faces`` uint8 (n, side, side, 3) and ``landmarks`` float32 (n, 68, 2).
    """
    performer = Performer(corpus, person, seed, variant)
    faces = np.empty((len(script), side, side, 3), np.uint8)
    landmarks = np.empty((len(script), 68, 2), np.float32)
    for row in range(len(script)):
        drawn = performer.frame(script, row, side)
        faces[row], landmarks[row] = drawn.image, drawn.landmarks
    return {"faces": faces, "landmarks": landmarks}


def _again(corpus: Corpus, rows: np.ndarray) -> Iterator[tuple[Performer, Script, int]]:
    """Performer, script and row of frames of a loaded corpus, person by person."""
    if corpus.source != "synthetic" or not corpus.truth:
        raise CorpusError(f"{corpus.name} is not embedded: its frames cannot be drawn again")
    base, variant = parse(corpus.name)
    seed = int(re.findall(r"-v\d+-s(\d+)-", corpus.identifier)[0])
    script = Script(corpus.frames, codes=corpus.codes, **{key: corpus.truth[key] for key in corpus.truth})
    performer: Performer | None = None
    for row in rows:
        person = int(corpus.frames["person"].iloc[row])
        if performer is None or performer.person != person:
            performer = Performer(SYNTHETIC[base], person, seed, variant)
        yield performer, script, int(row)


def true_changes(corpus: Corpus, rows: np.ndarray, au: int) -> np.ndarray:
    """Which pixels of given frames an AU has changed: what no real corpus can tell.

    Parameters
    ----------
    corpus : Corpus
        An embedded one, as loaded.
    rows : ndarray of int, shape (n,)
        Frames; those of one person together are drawn fastest.
    au : int
        One of ``FACE_AUS``.

    Returns
    -------
    ndarray of float32, shape (n, side, side)
        Largest change over the colours, 0…255, between the frame and the same frame without this AU; same person,
        pose, light and other AUs, no sensor noise.  All zero where the AU is absent.

    Raises
    ------
    CorpusError
        If the corpus is not embedded, or the face has no such AU.
    """
    if au not in FACE_AUS:
        raise CorpusError(f"the face has no AU{au}; it has {', '.join(map(str, FACE_AUS))}")
    changes = np.zeros((len(rows), corpus.side, corpus.side), np.float32)
    for out, (performer, script, row) in zip(changes, _again(corpus, rows), strict=True):
        if script.strengths[row, FACE_AUS.index(au)].any():
            shown, absent = (
                performer.frame(script, row, corpus.side, without=without, noise=False).image.astype(np.float32)
                for without in (None, au)
            )
            out[:] = np.abs(shown - absent).max(axis=-1)
    return changes


def camera_frames(corpus: Corpus, rows: np.ndarray, side: int = 320) -> Iterator[Rendered]:
    """The camera's whole frames behind some aligned faces, with their landmarks.

    Parameters
    ----------
    corpus : Corpus
        An embedded one, as loaded.
    rows : ndarray of int
    side : int
        Pixels of the square frame; the head takes a little less than half of its height.

    Yields
    ------
    Rendered
    """
    for performer, script, row in _again(corpus, rows):
        yield performer.frame(script, row, side, framing="camera")
