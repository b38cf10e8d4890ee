"""From the script to pictures, frame by frame.

What a frame looks like depends on (corpus, seed, person, video, frame number) alone, never on what was drawn before:
so any frame can be drawn again later, with one action unit taken away, to see which pixels it had changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from aulib.corpus import Corpus
from aulib.errors import CorpusError
from synthface.corpora import SYNTHETIC, Stream, SyntheticCorpus
from synthface.face import FACE_AUS, Face, Identity, Occluder, Pose, Rendered, Scene
from synthface.gallery import change
from synthface.script import OCCLUDERS, Script
from synthface.twins import Variant, parse


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

    def shot(self, script: Script, row: int) -> dict[str, Any]:
        """What :meth:`Face.render` is told for one frame of the script, which must be this person's."""
        scene = self.scene(int(script.frames["scene"].iloc[row]))
        if self.variant.light:
            scene = scene.varied(self._rng(Stream.SCENE, script, row), self.variant.light)
        yaw, pitch, roll, dx, dy, gaze_x, gaze_y = (float(value) for value in script.motion[row])
        kind, before, raised = script.occluder[row].tolist()
        return {
            "aus": script.strengths[row].astype(float),
            "pose": Pose(yaw, pitch, roll, dx, dy),
            "scene": scene,
            "gaze": (gaze_x, gaze_y),
            "occluder": Occluder(OCCLUDERS[int(kind)], int(before), raised) if kind and raised > 0 else None,
        }

    def frame(self, script: Script, row: int, side: int, framing: str = "aligned") -> Rendered:
        """Draw one frame, with the noise and flicker of its camera.

        Parameters
        ----------
        script : Script
        row : int
            Which frame of the script; it must be this person's.
        side : int
            Pixels of the square picture.
        framing : {'aligned', 'camera'}
            The aligned face, or the whole frame of the camera.
        """
        noise = self._rng(Stream.NOISE, script, row)
        return self.face.render(**self.shot(script, row), side=side, rng=noise, framing=framing)

    def _rng(self, stream: Stream, script: Script, row: int) -> np.random.Generator:
        """Random numbers of one frame."""
        where = script.frames.iloc[row]
        return self.corpus.rng(self.seed, stream, int(where["person"]), int(where["video"]), int(where["frame"]))


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
        pose, light and other AUs, no sensor noise, no compression.  All zero where the AU is absent.

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
            weight, _ = change(performer.face, au=au, side=corpus.side, **performer.shot(script, row))
            out[:] = 255 * weight
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
