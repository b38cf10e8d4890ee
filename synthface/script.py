"""The script of a corpus: what everybody does in every frame, before anything is drawn.

It takes seconds for a whole corpus, while drawing takes minutes.  So it is written as a whole, which lets a twin deal
one person's action units to another, and rendering is divided among processes afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from aulib.aus import AUS, UNKNOWN
from aulib.errors import CorpusError
from synthface import labels
from synthface.corpora import Stream, SyntheticCorpus
from synthface.deal import make_independent
from synthface.face import FACE_AUS, Occluder
from synthface.face.occluders import KINDS
from synthface.twins import VIEWS, Variant

#: Columns of ``Script.motion``: degrees, pixels of a 200-pixel crop, degrees.
MOTION = ("yaw", "pitch", "roll", "dx", "dy", "gaze_x", "gaze_y")

#: What may come before a face; ``Script.occluder`` holds the position in this list.
OCCLUDERS = ("nothing", *KINDS)

#: AUs that often move on one side only, and the share of videos in which they do (our choice).
ONE_SIDED, ONE_SIDED_SHARE = (2, 12, 14), 0.12

#: Beyond this yaw, in degrees, coders of a conversation give up on a frame.
TURNED_AWAY = 28.0

_UPPER = np.array([AUS[au].half == "upper" for au in FACE_AUS])


@dataclass(frozen=True)
class Script:
    """Every frame of a corpus, or of one person.

    Parameters
    ----------
    frames : pandas.DataFrame, N rows
        ``subject``, ``sequence``, ``frame``, and the numbers ``person``, ``video`` and ``scene`` (light and room)
        from 0.
    strengths : ndarray of float16, shape (N, 19, 2)
        Continuous truth 0…5 of every AU of ``FACE_AUS``, the person's right and left side.
    codes : ndarray of int8, shape (N, 19)
        What the coders write down: 0, 1…5, or ``UNKNOWN`` where the face cannot be seen.
    motion : ndarray of float32, shape (N, 7)
        See :data:`MOTION`.
    occluder : ndarray of float32, shape (N, 3)
        Kind (position in :data:`OCCLUDERS`), side (-1, 1), and how far it is raised, 0…1.
    """

    frames: pd.DataFrame
    strengths: np.ndarray
    codes: np.ndarray
    motion: np.ndarray
    occluder: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)

    def rows(self, rows: np.ndarray) -> Script:
        """Some of the frames."""
        parts = {item.name: getattr(self, item.name)[rows] for item in fields(self) if item.name != "frames"}
        return replace(self, frames=self.frames.iloc[rows].reset_index(drop=True), **parts)

    def of(self, person: int) -> Script:
        """The frames of one person."""
        return self.rows(np.flatnonzero(self.frames["person"].to_numpy() == person))


def write(
    corpus: SyntheticCorpus, variant: Variant | None = None, seed: int = 0, frames_per_sequence: int | None = None
) -> Script:
    """Write the script of a corpus.

    Videos are always drawn at full length; `frames_per_sequence` frames, one at random in each of so many equal
    parts, are kept (all if None).  The same people do the same things whatever the number of frames.

    Parameters
    ----------
    corpus : SyntheticCorpus
    variant : Variant, optional
        Which twin; the corpus itself by default.
    seed : int
        Of the corpus.
    frames_per_sequence : int, optional

    Returns
    -------
    Script
    """
    variant = variant or Variant()
    director = _Director(corpus, variant, seed, frames_per_sequence)
    takes = director.separate_takes() if variant.iid else director.takes()
    parts = [director.perform(take) for take in takes if not corpus.tasks or take.task in corpus.tasks]
    names = [item.name for item in fields(Script) if item.name != "frames"]
    frames = pd.concat([part.frames for part in parts], ignore_index=True)
    script = Script(frames, **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
    if variant.ind:
        person, video = (script.frames[name].to_numpy() for name in ("person", "video"))
        rows = make_independent(script.codes > 0, person, video, corpus.rng(seed, Stream.LABELS, 1))
        columns = np.arange(rows.shape[1])
        script = replace(script, codes=script.codes[rows, columns], strengths=script.strengths[rows, columns])
    if variant.shuffled:
        order = corpus.rng(seed, Stream.CODER).permutation(len(script))
        script = replace(script, codes=script.codes[order])
    return _hide(script, corpus)


@dataclass(frozen=True)
class _Take:
    """One video: whose, which, in which set-up, how long, the frames that are kept, and the AUs in them."""

    person: int
    video: int
    scene: int
    task: str
    name: str
    frames: int
    keep: np.ndarray
    strengths: np.ndarray
    codes: np.ndarray


class _Director:
    """Draws videos of a corpus, and what else happens in them."""

    def __init__(self, corpus: SyntheticCorpus, variant: Variant, seed: int, frames_per_sequence: int | None) -> None:
        self.corpus, self.variant, self.seed, self.wanted = corpus, variant, seed, frames_per_sequence
        model = corpus.model()
        if variant.flat or variant.stretch:
            model = model.with_rates(variant.flat or -variant.stretch)
        if variant.copula:
            model = model.with_copula(*variant.copula)
        self.model = model
        self.levels = model.draw_levels(self.rng(Stream.LABELS), corpus.subjects)

    def rng(self, stream: Stream, *where: int) -> np.random.Generator:
        return self.corpus.rng(self.seed, stream, *where)

    def takes(self) -> Iterator[_Take]:
        """Every video of every person."""
        lengths = self.model.draw_lengths(self.rng(Stream.FRAMES), self.corpus.subjects)
        for person, (levels, frames) in enumerate(zip(self.levels, lengths, strict=True)):
            videos = self.model.draw_person(self.rng(Stream.LABELS, person), levels, frames, self.corpus.frame_rate)
            for number, video in enumerate(videos):
                n = len(video.codes)
                keep = _spread(self.rng(Stream.FRAMES, person, number), n, self.wanted)
                codes = self._written_down(video.codes, person, number)[keep]
                yield _Take(person, number, number, video.task, video.task, n, keep, video.strengths[keep], codes)

    def separate_takes(self) -> Iterator[_Take]:
        """As many frames, each from a video of its own, whose level is drawn anew; the person's level stays."""
        if self.wanted is None:
            raise CorpusError(
                f"{self.corpus.name}+iid needs a number of frames_per_sequence: each is a video of its own"
            )
        draws, short = self.rng(Stream.LABELS, 2), [1] * len(self.model.tasks)
        others = [self.model.draw_levels(draws, self.corpus.subjects)[:, 1:] for _ in range(self.wanted)]
        for person, levels in enumerate(self.levels):
            rng = self.rng(Stream.LABELS, person)
            for k, other in enumerate(others):
                mine = np.concatenate([levels[:1], other[person]])
                for number, video in enumerate(self.model.draw_person(rng, mine, short, self.corpus.frame_rate)):
                    unique, name = number * self.wanted + k, f"{video.task}-{k + 1:03d}"
                    codes = self._written_down(video.codes, person, unique)
                    yield _Take(person, unique, number, video.task, name, 1, np.zeros(1, int), video.strengths, codes)

    def _written_down(self, codes: np.ndarray, person: int, video: int) -> np.ndarray:
        """What coders make of a whole video: traces left out, and the errors and the delay of a twin."""
        codes = np.where(codes >= self.corpus.coded_from, codes, 0).astype(np.int8)
        noise, late = self.variant.noise, self.variant.shift
        if noise:
            rng = self.rng(Stream.CODER, person, video)
            codes = labels.coder_noise(codes, rng, flip=noise, shift_frames=round(10 * noise), levels=noise)
        return codes[np.clip(np.arange(len(codes)) - late, 0, len(codes) - 1)]

    def perform(self, take: _Take) -> Script:
        """A video with everything else that happens in it: sides, head, gaze, things before the face."""
        asymmetry = self.rng(Stream.SIDES, take.person).normal(0, 0.06, len(FACE_AUS)).clip(-0.15, 0.15)
        sides = _sides(self.rng(Stream.SIDES, take.person, take.video), asymmetry)
        motion = _motion(self.rng(Stream.MOTION, take.person, take.video), self.corpus, self.variant, take.frames)
        occluder = _occluders(self.rng(Stream.OCCLUSION, take.person, take.video), self.corpus, take.frames)
        table = pd.DataFrame(
            {
                "subject": self.corpus.subject_name(take.person),
                "sequence": take.name,
                "frame": take.keep + 1,
                "person": np.int16(take.person),
                "video": np.int16(take.video),
                "scene": np.int16(take.scene),
            }
        )
        both = np.clip(take.strengths[:, :, None] * sides, 0, 5).astype(np.float16)
        return Script(table, both, take.codes, motion[take.keep], occluder[take.keep])


def _spread(rng: np.random.Generator, n: int, wanted: int | None) -> np.ndarray:
    """`wanted` frame positions spread over 0…n-1, one at random in each of `wanted` equal parts."""
    if wanted is None or wanted >= n:
        return np.arange(n)
    edges = np.linspace(0, n, wanted + 1).astype(int)
    return rng.integers(edges[:-1], edges[1:])


def _sides(rng: np.random.Generator, asymmetry: np.ndarray) -> np.ndarray:
    """Factors (19, 2) on the right and left side: a little uneven by person, now and then one side only."""
    sides = np.column_stack([1 + asymmetry, 1 - asymmetry])
    for au in ONE_SIDED:
        if rng.random() < ONE_SIDED_SHARE:
            sides[FACE_AUS.index(au), rng.integers(2)] *= 0.15
    return sides


def _motion(rng: np.random.Generator, corpus: SyntheticCorpus, variant: Variant, n: int) -> np.ndarray:
    """Head pose, alignment error and gaze of one video, (n, 7): first-order drift, and a gaze that jumps."""
    spread = np.array([*corpus.pose_spread, corpus.jitter, corpus.jitter])
    decay = np.exp(-1 / (corpus.pose_seconds * corpus.frame_rate))
    start = rng.standard_normal(5)
    steps = rng.standard_normal((n, 5)) * np.sqrt(1 - decay * decay)
    drift, _ = lfilter([1.0], [1.0, -decay], steps, axis=0, zi=decay * start[None])
    motion = np.clip(drift, -3, 3) * spread
    motion[:, :3] *= variant.move
    if variant.view:
        motion[:, :2] += VIEWS[variant.view]
    jumps = np.cumsum(rng.random(n) < 1.5 / corpus.frame_rate)  # one and a half saccades a second
    gaze = np.clip(rng.normal(0, (5.0, 3.0), (jumps[-1] + 1, 2)), -14, 14)[jumps]
    return np.column_stack([np.clip(motion, -80, 80), gaze]).astype(np.float32)


def _occluders(rng: np.random.Generator, corpus: SyntheticCorpus, n: int) -> np.ndarray:
    """Now and then something is raised before the face, held, and lowered, (n, 3)."""
    out = np.zeros((n, 3), np.float32)
    out[:, 1] = 1
    starts = np.flatnonzero(rng.random(n) < corpus.occlusions / 60 / corpus.frame_rate)
    for start in starts:
        kind, side = rng.choice(len(OCCLUDERS) - 1, p=(0.4, 0.3, 0.2, 0.1)) + 1, rng.choice((-1, 1))
        ramp, hold = int(0.4 * corpus.frame_rate), int(rng.uniform(1.0, 4.0) * corpus.frame_rate)
        raised = np.concatenate([np.linspace(0, 1, ramp), np.ones(hold), np.linspace(1, 0, ramp)])
        end = min(n, start + len(raised))
        out[start:end] = np.column_stack([np.full(len(raised), kind), np.full(len(raised), side), raised])[
            : end - start
        ]
    return out


def _hide(script: Script, corpus: SyntheticCorpus) -> Script:
    """Mark as unknown what cannot be seen: AUs behind a cup or hand, and all of a face that is turned away."""
    if not corpus.occlusions:
        return script
    hidden = np.zeros(script.codes.shape, bool)
    for row in np.flatnonzero(script.occluder[:, 0] * script.occluder[:, 2]):
        kind, side, raised = script.occluder[row].tolist()
        halves = Occluder(OCCLUDERS[int(kind)], int(side), raised).hides()
        hidden[row] = _UPPER & ("upper" in halves) | ~_UPPER & ("lower" in halves)
    hidden |= np.abs(script.motion[:, :1]) > TURNED_AWAY
    return replace(script, codes=np.where(hidden, UNKNOWN, script.codes).astype(np.int8))
