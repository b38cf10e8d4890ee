"""The embedded corpora: who is rendered, doing what, under which camera; and how a corpus is generated.

Every draw comes from a generator seeded by (seed, corpus, person, stream), so a person looks and acts the same
whatever else is generated, on any number of processes, before or after a kill.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aulib.datasets.synthetic import labels
from aulib.datasets.synthetic.face import FACE_AUS, Face, Identity, Pose, Scene

#: Streams of random numbers of one person.
_IDENTITY, _LABELS, _SCENE, _NOISE = range(4)

#: Stands for everybody, where something is drawn for all people of a corpus together.
_ALL = 1_000_000


@dataclass(frozen=True)
class SyntheticCorpus:
    """Declaration of one embedded corpus.

    Parameters
    ----------
    name : str
        Name in the manifest.
    number : int
        Distinguishes its random numbers from those of other corpora.
    prefix : str
        Subjects are called prefix + running number.
    subjects : int
    style : str
        Camera and light, see ``Scene.draw``.
    population : str
        See ``Identity.draw``.
    model : callable returning LabelModel
    video_frames : tuple of int
        Shortest and longest video, in frames.
    frame_rate : float
    pose_spread : tuple of float
        Standard deviation of yaw, pitch and roll in degrees.
    jitter : float
        Standard deviation of the alignment error, in pixels of a 200-pixel face.
    """

    name: str
    number: int
    prefix: str
    subjects: int
    style: str
    population: str
    model: Callable[[], labels.LabelModel]
    video_frames: tuple[int, int]
    frame_rate: float
    pose_spread: tuple[float, float, float]
    jitter: float

    def rng(self, seed: int, subject: int, stream: int) -> np.random.Generator:
        """Random numbers of one person and purpose."""
        return np.random.default_rng([seed, self.number, subject, stream])

    def subject_name(self, subject: int) -> str:
        """``S01``, ``S02``, …"""
        return f"{self.prefix}{subject + 1:02d}"


SYNTHETIC: dict[str, SyntheticCorpus] = {
    "synth-bp4d": SyntheticCorpus(
        name="synth-bp4d",
        number=1,
        prefix="S",
        subjects=41,
        style="laboratory",
        population="mixed",
        model=labels.bp4d_like,
        video_frames=(300, 600),
        frame_rate=25.0,
        pose_spread=(6.0, 4.0, 3.0),
        jitter=1.2,
    ),
    "synth-disfa": SyntheticCorpus(
        name="synth-disfa",
        number=2,
        prefix="P",
        subjects=27,
        style="webcam",
        population="mixed",
        model=labels.disfa_like,
        video_frames=(4845, 4845),
        frame_rate=20.0,
        pose_spread=(9.0, 6.0, 4.0),
        jitter=2.0,
    ),
}


@dataclass(frozen=True)
class Track:
    """One person's videos before rendering: frame table, strengths, codes and head pose of the frames to render."""

    frames: pd.DataFrame
    strengths: np.ndarray  # (N, 17) float32, 0…5
    codes: np.ndarray  # (N, 17) int8
    poses: np.ndarray  # (N, 6) yaw, pitch, roll in degrees, shift x, y in pixels, blink 0…1


def draw_track(corpus: SyntheticCorpus, subject: int, seed: int, frames_per_sequence: int | None) -> Track:
    """Labels and head motion of one person.

    The labels are always drawn at full length; `frames_per_sequence` evenly spread frames are kept (all if None),
    with their frame numbers.  The people are the same for any number of frames, their videos are not.
    """
    model = corpus.model()
    everyone = model.draw_levels(corpus.rng(seed, _ALL, _LABELS), corpus.subjects)
    rng = corpus.rng(seed, subject, _LABELS)
    lengths = rng.integers(corpus.video_frames[0], corpus.video_frames[1] + 1, len(model.tasks))
    videos = model.draw_person(rng, everyone[subject % corpus.subjects], lengths.tolist(), corpus.frame_rate)
    parts = []
    for video in videos:
        task_name, strengths, codes = video.task, video.strengths, video.codes
        n = len(codes)
        poses = _head_motion(rng, corpus, n)
        keep = _spread(rng, n, frames_per_sequence)
        table = pd.DataFrame({"subject": corpus.subject_name(subject), "sequence": task_name, "frame": keep + 1})
        parts.append((table, strengths[keep], codes[keep], poses[keep]))
    tables, *arrays = zip(*parts, strict=True)
    return Track(pd.concat(tables, ignore_index=True), *(np.concatenate(array) for array in arrays))


def _spread(rng: np.random.Generator, n: int, wanted: int | None) -> np.ndarray:
    """`wanted` frame positions spread over 0…n-1, one at random in each of `wanted` equal parts."""
    if wanted is None or wanted >= n:
        return np.arange(n)
    edges = np.linspace(0, n, wanted + 1).astype(int)
    return rng.integers(edges[:-1], edges[1:])


def _head_motion(rng: np.random.Generator, corpus: SyntheticCorpus, n: int) -> np.ndarray:
    """Slow random turning of the head, alignment error and blinks, shape (n, 6)."""
    spread = np.array([*corpus.pose_spread, corpus.jitter, corpus.jitter])
    decay = np.exp(-1 / (1.5 * corpus.frame_rate))
    drift = np.empty((n, 5))
    state = rng.standard_normal(5)
    steps = rng.standard_normal((n, 5)) * np.sqrt(1 - decay * decay)
    for t in range(n):
        state = decay * state + steps[t]
        drift[t] = state
    motion = np.clip(drift * spread, -3 * spread, 3 * spread)
    blink = np.zeros(n)
    for start in np.flatnonzero(rng.random(n) < 0.25 / corpus.frame_rate):  # 15 blinks a minute
        length = int(0.28 * corpus.frame_rate)
        shape = np.sin(np.linspace(0, np.pi, length + 2)[1:-1])
        end = min(n, start + length)
        blink[start:end] = np.maximum(blink[start:end], shape[: end - start])
    return np.column_stack([motion, blink])


def render_subject(
    corpus: SyntheticCorpus, subject: int, seed: int, frames_per_sequence: int | None, side: int
) -> dict[str, np.ndarray]:
    """Render one person: arrays ``faces``, ``landmarks``, ``codes``, ``strengths``, ``sequence``, ``frame``."""
    track = draw_track(corpus, subject, seed, frames_per_sequence)
    face = Face(Identity.draw(corpus.rng(seed, subject, _IDENTITY), corpus.population))
    scenes, noise = corpus.rng(seed, subject, _SCENE), corpus.rng(seed, subject, _NOISE)
    asymmetry = np.clip(scenes.normal(0, 0.06, len(FACE_AUS)), -0.15, 0.15)  # one side stronger, by person
    n = len(track.frames)
    faces = np.empty((n, side, side, 3), np.uint8)
    landmarks = np.empty((n, 68, 2), np.float32)
    scene, current = None, None
    for i, sequence in enumerate(track.frames["sequence"]):
        if sequence != current:
            scene, current = Scene.draw(scenes, corpus.style), sequence
        yaw, pitch, roll, dx, dy, _ = (float(v) for v in track.poses[i])
        strength = np.clip(track.strengths[i][:, None] * np.column_stack([1 + asymmetry, 1 - asymmetry]), 0, 5)
        out = face.render(strength, Pose(yaw, pitch, roll, dx, dy), scene, side=side, rng=noise)
        faces[i], landmarks[i] = out.image, out.landmarks
    return {
        "faces": faces,
        "landmarks": landmarks,
        "codes": track.codes,
        "strengths": track.strengths,
        "sequence": track.frames["sequence"].to_numpy("U16"),
        "frame": track.frames["frame"].to_numpy(np.int32),
    }
