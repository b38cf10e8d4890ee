"""The label model of one corpus: a declaration, and the drawing of its people's action units over time.

Drawing has three steps, each in a file of its own: latent tracks, uniform over (0, 1) at every frame (``tracks.py``);
cut into events at the base rate of the task; strengths and codes (``events.py``).  Control twins replace the first
step (``twins.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from synthface.face.action_units import FACE_AUS
from synthface.labels import events, tracks, twins

N = len(FACE_AUS)
_BLINK = FACE_AUS.index(45)


@dataclass(frozen=True)
class Video:
    """One drawn video of n frames; AUs in the order of ``FACE_AUS``."""

    task: str
    strengths: np.ndarray  # (n, 19) float32, 0…5; below ½ it is a movement too small to be coded
    codes: np.ndarray  # (n, 19) int8, 0…5, the strength rounded
    uniforms: np.ndarray  # (n, 19) float32, latent tracks: an AU acts while its track is above 1 - base rate
    speech: np.ndarray  # (n,) bool, the person talks


@dataclass(frozen=True)
class Lengths:
    """Lengths of videos: their mean by task, and how they are spread around it.

    Parameters
    ----------
    mean : tuple of float
        Frames, by task.
    spread : tuple of tuple of float
        By task, length over mean length at the cumulative probabilities ``AT``.
    """

    mean: tuple[float, ...]
    spread: tuple[tuple[float, ...], ...]

    AT = (0.0, 0.04, 0.10, 0.40, 0.80, 0.95, 1.0)

    def draw(self, rng: np.random.Generator, persons: int) -> np.ndarray:
        """Frames, int64 (persons, tasks): quantiles dealt to people at random; totals are those of the means."""
        columns = []
        for mean, spread in zip(self.mean, self.spread, strict=True):
            relative = np.interp((rng.permutation(persons) + 0.5) / persons, self.AT, spread)
            frames = np.floor(relative / relative.mean() * mean).astype(np.int64)
            missing = round(mean * persons) - int(frames.sum())  # less than one a person, from rounding down
            frames[:missing] += 1
            columns.append(frames)
        return np.stack(columns, axis=1)


@dataclass(frozen=True)
class LabelModel:
    """Everything that fixes the label statistics of one corpus; AUs in the order of ``FACE_AUS``.

    Parameters
    ----------
    tasks : tuple of str
        Names of the tasks (one video each a person).
    rates : ndarray, shape (tasks, 19)
        Probability that an AU is active in a frame of a task.
    levels : ndarray, shape (19, 5)
        Share of active frames at intensity 1…5; rows sum to 1.
    heights : ndarray, shape (19, 5)
        Shares at which the latent height reaches intensity 1…5.  Onsets and offsets take from the high
        intensities, so these are fitted such that the codes have `levels`.
    correlation, between : ndarray, shape (19, 19)
        Correlation of the latent movements within a video; of the levels of people and videos.
    shares : ndarray, shape (19, 2)
        Shares of people and of their videos in the latent variance; the rest is movement.
    weights : ndarray, shape (19, scales)
        Share of each time constant in the movement, see ``tracks.SCALES``; rows sum to 1.
    calibrated : ndarray of bool, shape (19,)
        AUs whose base rates are declared for this corpus; the others are there for the looks only.
    lengths : Lengths
    frame_rate : float
        Frames a second, usual for this corpus.
    talk : tuple of float
        By task, share of time with speech.
    lift : ndarray, shape (19,)
        How far speech raises the latent variable, in standard deviations; AUs 25 and 26 follow the syllables.
    rest : float
        Share of time in which the whole face rests.
    exclusions : tuple of (int, int)
        AU numbers: the second does not act while the first does.
    blinks : float
        Blinks (AU45) a minute; 0 for an AU45 like any other.
    ramps : bool
        Whether events have onset and offset ramps, and AU43 a shortest duration.
    own_tasks : bool
        Each AU of a person goes through the rates of the tasks in an order of its own, so that tasks tie no two AUs.
    copula : tuple of (str, float), optional
        Kind and parameter of the dependence within ``twins.PAIRS``.
    memory : bool
        False: every frame is drawn for itself.
    """

    tasks: tuple[str, ...]
    rates: np.ndarray
    levels: np.ndarray
    heights: np.ndarray
    correlation: np.ndarray
    between: np.ndarray
    shares: np.ndarray
    weights: np.ndarray
    calibrated: np.ndarray
    lengths: Lengths
    frame_rate: float
    talk: tuple[float, ...]
    lift: np.ndarray = field(default_factory=lambda: np.zeros(N))
    rest: float = 0.0
    exclusions: tuple[tuple[int, int], ...] = ()
    blinks: float = 17.0
    ramps: bool = True
    own_tasks: bool = False
    copula: tuple[str, float] | None = None
    memory: bool = True

    # ---------------------------------------------------------------- drawing

    def draw_lengths(self, rng: np.random.Generator, persons: int) -> np.ndarray:
        """Lengths of the videos in frames, int64 (persons, tasks)."""
        return self.lengths.draw(rng, persons)

    def draw_levels(self, rng: np.random.Generator, persons: int) -> np.ndarray:
        """Latent levels of all people and videos of a corpus, shape (persons, 1 + tasks, 19), drawn jointly.

        Hand row p to :meth:`draw_person`.  See :func:`tracks.levels` for what is held fixed.
        """
        return tracks.levels(rng, persons, self._between_root, self._video_roots)

    def draw_person(
        self, rng: np.random.Generator, levels: np.ndarray, lengths: Sequence[int], frame_rate: float
    ) -> list[Video]:
        """One video a task.

        Parameters
        ----------
        rng : numpy.random.Generator
            The person's own; the draw depends on nothing else.
        levels : ndarray, shape (1 + tasks, 19)
            The person's row of :meth:`draw_levels`.
        lengths : sequence of int, one a task
            Frames.
        frame_rate : float
            Frames a second.
        """
        rates = rng.permuted(self.rates, axis=0) if self.own_tasks else self.rates
        blinks = self.blinks * np.exp(0.3 * rng.standard_normal() - 0.045)  # people differ; the mean stays
        return [
            self._video(rng, task, rates[task], blinks, levels[0], levels[1 + task], int(n), frame_rate)
            for task, n in enumerate(lengths)
        ]

    def uniforms(
        self, rng: np.random.Generator, task: int, person: np.ndarray, video: np.ndarray, n: int, frame_rate: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """First step: latent tracks, each uniform over (0, 1) at every frame, (n, 19), and speech, bool (n,)."""
        if self.memory:
            drive = tracks.video_track(
                rng, n, frame_rate, person, video, self.shares, self.weights, self._between_root, self._within_root
            )
            talking, opening = tracks.speech(rng, n, frame_rate, self.talk[task])
            syllabic = np.isin(FACE_AUS, (25, 26))
            track = tracks.lift_by_speech(drive, talking, opening, self.talk[task], self.lift, syllabic)
            track = tracks.rest(track, tracks.spells(rng, n, frame_rate, self.rest, tracks.REST), self.rest)
        else:
            track, talking = rng.random((n, N)), np.zeros(n, bool)
        if self.copula is not None:
            track = twins.couple(track, *self.copula)
        return track, talking

    def _video(
        self,
        rng: np.random.Generator,
        task: int,
        rates: np.ndarray,
        blinks: float,
        person: np.ndarray,
        video: np.ndarray,
        n: int,
        frame_rate: float,
    ) -> Video:
        track, talking = self.uniforms(rng, task, person, video, n, frame_rate)
        if blinks > 0:
            rates = np.where(np.arange(N) == _BLINK, 0.0, rates)
        shortest = int(events.LONGEST_BLINK * frame_rate) + 1 if self.ramps else 0
        active = events.cut(track, rates, self.exclusions, shortest)
        strength = events.strengths(rng, track, active, rates, self.heights, frame_rate, self.ramps)
        if blinks > 0:
            closed = active[:, FACE_AUS.index(43)]
            strength[:, _BLINK] = np.where(closed, 0, events.blinks(rng, n, frame_rate, blinks))
        return Video(self.tasks[task], strength, events.codes(strength), track.astype(np.float32), talking)

    @cached_property
    def _between_root(self) -> np.ndarray:
        return tracks.root(self.between)

    @cached_property
    def _within_root(self) -> np.ndarray:
        return tracks.root(self.correlation)

    @cached_property
    def _video_roots(self) -> list[np.ndarray]:
        """Roots of the correlation of the mean drive over a video: its level and its mean movement together."""
        roots = []
        for length in self.lengths.mean:
            _, variance = tracks.mean_covariance(round(length), self.frame_rate, self.weights)
            level = np.sqrt(self.shares[:, 1])
            moved = np.sqrt(np.clip(1 - self.shares.sum(axis=1), 0, 1) * variance)
            total = np.outer(level, level) * self.between + np.outer(moved, moved) * self.correlation
            scale = np.sqrt(np.diag(total))
            roots.append(tracks.root(total / np.outer(scale, scale)))
        return roots

    # ---------------------------------------------------------------- twins

    @property
    def base_rates(self) -> np.ndarray:
        """Base rate of each AU over all frames, shape (19,)."""
        return np.average(self.rates, axis=0, weights=self.lengths.mean)

    def independent(self) -> LabelModel:
        """The twin whose AUs are independent: same base rates, time scales and spread over people.

        Each AU keeps its differences between tasks but meets them in an order of its own, person by person.
        Prototypes, exclusions, rest and speech are off.
        """
        equal = np.ones(len(self.tasks))  # the order is drawn, so every task weighs the same
        rates = twins.with_means(self.rates, equal, self.base_rates)
        return replace(
            self,
            rates=rates,
            correlation=np.eye(N),
            between=np.eye(N),
            talk=(0.0,) * len(self.tasks),
            lift=np.zeros(N),
            rest=0.0,
            exclusions=(),
            own_tasks=True,
        )

    def with_copula(self, kind: str, parameter: float) -> LabelModel:
        """The twin whose AUs are dependent in the pairs ``twins.PAIRS`` only, by a known copula of the latent tracks.

        Base rates are equal in all tasks, so that the copula is all that ties two labels: P(both active) is
        1 - u - v + C(u, v) at u = 1 - rate of the one, v of the other.

        Parameters
        ----------
        kind : {"frank", "gaussian", "nonmonotone"}
        parameter : float
            Frank's θ; the correlation of the Gaussian copula, and of the nonmonotone one (see ``twins.couple``).
        """
        twins.check(kind, parameter)
        equal = np.repeat(self.base_rates[None], len(self.tasks), axis=0)
        return replace(self.independent(), rates=equal, copula=(kind, float(parameter)))

    def with_rates(self, flatten: float) -> LabelModel:
        """The twin whose calibrated base rates are drawn together (0 < `flatten` <= 1) or apart (`flatten` < 0).

        Each AU's mean rate moves by `flatten` of its way to the common mean of the calibrated AUs on the logit
        scale; differences between tasks stay what they are on that scale.
        """
        logits = twins.logit(self.base_rates)
        wanted = logits + flatten * (logits[self.calibrated].mean() - logits)
        means = np.where(self.calibrated, twins.expit(wanted), self.base_rates)
        return replace(self, rates=twins.with_means(self.rates, np.asarray(self.lengths.mean), means))
