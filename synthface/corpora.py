"""The embedded corpora: who is recorded, doing what, by which camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from synthface import labels


class Stream(IntEnum):
    """What a random number is for.  Each purpose has numbers of its own, so that none shifts another."""

    IDENTITY = 0
    LABELS = 1
    SCENE = 2
    NOISE = 3
    MOTION = 4
    FRAMES = 5
    OCCLUSION = 6
    SIDES = 7
    CODER = 8


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
        Camera, light and room, see ``Scene.draw``.
    population : str
        See ``Identity.draw``.
    model : callable returning LabelModel
        Tasks, lengths of videos and label statistics.
    frame_rate : float
        Frames a second.
    pose_spread : tuple of float
        Standard deviation of yaw, pitch and roll in degrees.
    pose_seconds : float
        How long the head keeps a direction: time constant in seconds.
    jitter : float
        Standard deviation of the alignment error, in pixels of a 200-pixel face.
    tasks : tuple of str
        Tasks of the model that were recorded; all if empty.
    coded_from : int
        Lowest intensity that the coders write down; a trace below it counts as absent.
    group : int
        People who sit together; they share a number and have letters, ``001A``.
    occlusions : float
        Times a minute that a cup or a hand comes before the face.
    """

    name: str
    number: int
    prefix: str
    subjects: int
    style: str
    population: str
    model: Callable[[], labels.LabelModel]
    frame_rate: float
    pose_spread: tuple[float, float, float]
    pose_seconds: float = 1.5
    jitter: float = 1.5
    tasks: tuple[str, ...] = ()
    coded_from: int = 1
    group: int = 1
    occlusions: float = 0.0

    def rng(self, seed: int, stream: Stream, *where: int) -> np.random.Generator:
        """Random numbers of one purpose, of a person, a video, a frame.

        ``where`` is read as far as it goes: ``(person,)``, ``(person, video)``, ``(person, video, frame)``.
        """
        return np.random.default_rng([seed, self.number, int(stream), *where])

    def subject_name(self, subject: int) -> str:
        """``S01``, ``S02``, …; ``G001A``, ``G001B``, … where people sit together."""
        if self.group > 1:
            return f"{self.prefix}{subject // self.group + 1:03d}{'ABCDEFGH'[subject % self.group]}"
        return f"{self.prefix}{subject + 1:0{max(2, len(str(self.subjects)))}d}"


SYNTHETIC: dict[str, SyntheticCorpus] = {
    corpus.name: corpus
    for corpus in (
        SyntheticCorpus(
            name="synth-bp4d",
            number=1,
            prefix="S",
            subjects=41,
            style="laboratory",
            population="students",
            model=labels.bp4d_like,
            frame_rate=25.0,
            pose_spread=(6.0, 4.0, 3.0),
            jitter=1.2,
        ),
        SyntheticCorpus(
            name="synth-bp4d-plus",
            number=3,
            prefix="B",
            subjects=140,
            style="studio",
            population="adults",
            model=labels.bp4d_plus_like,
            tasks=("T1", "T6", "T7", "T8"),
            frame_rate=25.0,
            pose_spread=(7.0, 5.0, 3.0),
            jitter=1.2,
        ),
        SyntheticCorpus(
            name="synth-disfa",
            number=2,
            prefix="P",
            subjects=27,
            style="webcam",
            population="adult",
            model=labels.disfa_like,
            frame_rate=20.0,
            pose_spread=(9.0, 6.0, 4.0),
            jitter=2.0,
        ),
        SyntheticCorpus(
            name="synth-gft",
            number=4,
            prefix="G",
            subjects=96,
            style="table",
            population="drinkers",
            model=labels.gft_like,
            frame_rate=30.0,
            pose_spread=(16.0, 7.0, 6.0),
            pose_seconds=0.9,
            jitter=2.5,
            coded_from=2,
            group=3,
            occlusions=2.0,
        ),
        SyntheticCorpus(
            name="synth-pain",
            number=5,
            prefix="U",
            subjects=25,
            style="clinic",
            population="patients",
            model=labels.pain_like,
            frame_rate=30.0,
            pose_spread=(8.0, 7.0, 5.0),
            pose_seconds=1.0,
            jitter=2.0,
        ),
        SyntheticCorpus(
            name="synth-probe",
            number=6,
            prefix="Q",
            subjects=100,
            style="laboratory",
            population="adults",
            model=labels.probe,
            frame_rate=25.0,
            pose_spread=(6.0, 4.0, 3.0),
            jitter=1.2,
        ),
    )
}
