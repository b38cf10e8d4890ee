"""MethodScores: one method under one setting, with all of its runs that exist; and Select, which finds it.

Runs are found by what they are, never by how their label is spelt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from aubook import papers
from aubook.engine import frames as frames_of
from aubook.engine.frames import Frames
from aubook.engine.metrics import Metric, metric
from aubook.engine.resampling import RESAMPLES, Draw, Interval, draw, interval, trainings
from aubook.engine.state import State, state
from aubook.study import Study
from aulib.corpus import name_of
from aulib.metrics import mean_of_defined
from aulib.protocols import protocol
from aulib.runs import results
from aulib.runs.declaration import Declaration
from aulib.runs.methods import METHODS
from aulib.runs.results import Record


@dataclass(frozen=True, eq=False)
class MethodScores:
    """A method, or something made of its scores, on the tested frames of one setting.

    Parameters
    ----------
    name, title : str
    setting : str
        What the frames are of: only within one can two methods be compared frame by frame.
    records : tuple of Record
        Behind it; empty if nothing was run.
    trainings : dict of int to Frames
        Tested frames of all folds, by seed.  Where every network was shown everybody of another corpus, one entry a
        network: frames of two networks are no one set.
    validation : dict of (seed, fold) to Frames
        The people who chose the best weights, for the runs that recorded them.
    missing : tuple of str
        Labels of its runs that are declared under this study and not recorded.
    runs : tuple of Declaration
        Those that are recorded, in the order of `records`.
    rule : str
        Name of the protocol under which it is tested.
    """

    name: str
    title: str
    setting: str = ""
    records: tuple[Record, ...] = ()
    trainings: Mapping[Any, Frames] = field(default_factory=dict)
    validation: Mapping[tuple[int, int], Frames] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    runs: tuple[Declaration, ...] = ()
    rule: str = ""

    def __bool__(self) -> bool:
        return bool(self.trainings)

    @property
    def state(self) -> State:
        """Whether a comparison with the networks behind it says anything about them."""
        return state(self.records)

    @property
    def head(self) -> str:
        """Title, with what a reader must know before comparing."""
        return self.title if self else f"{self.title} (not run)"

    @property
    def aus(self) -> tuple[int, ...]:
        """AUs that it tells."""
        return next(iter(self.trainings.values())).told if self else ()

    @property
    def people(self) -> np.ndarray:
        """Everybody it was tested on."""
        return np.unique(np.concatenate([one.subject for one in self.trainings.values()]))

    @property
    def frames(self) -> Frames:
        """The tested frames of the first training."""
        return next(iter(self.trainings.values()))

    @cached_property
    def groups(self) -> list[np.ndarray]:
        """People tested in each fold."""
        units = np.unique(np.concatenate([one.units[0] for one in self.trainings.values()]), axis=0)
        return [units[units[:, 0] == fold, 1] for fold in np.unique(units[:, 0])]

    def resampled(self, of: Metric | str, drawn: Draw, average: str | None = None, offset: int = 0) -> np.ndarray:
        """A metric by AU on every resample, averaged over trainings, (1 + R, A).

        `offset` is what was added to the numbers of its people when they were drawn with those of another corpus.
        """
        of = metric(of) if isinstance(of, str) else of
        mixed = trainings(len(self.trainings), len(drawn.weights) - 1)
        total: np.ndarray | float = 0.0
        for column, one in enumerate(self.trainings.values()):
            values = of.resampled(one, drawn.of(one.units[0][:, 1] + offset), average)
            total = total + mixed[:, column, None] * values
        return np.asarray(total)

    def per_au(self, of: Metric | str = "f1", average: str | None = None) -> dict[int, float]:
        """A metric by AU, averaged over trainings; AUs without scores are left out."""
        if not self:
            return {}
        people = self.people
        values = self.resampled(of, Draw(people, np.ones((1, len(people)))), average)[0]
        return {au: float(value) for au, value in zip(self.frames.aus, values, strict=True) if au in self.aus}

    def mean(self, of: Metric | str = "f1", level: float = 0.95, average: str | None = None) -> Interval | None:
        """Mean over AUs with its interval; None if nothing was run."""
        if not self:
            return None
        return interval(mean_of_defined(self.resampled(of, draw(self.groups), average), axis=1), level)

    def remade(self, name: str, title: str, change, needs_validation: bool = False) -> MethodScores:
        """The same runs with other scores: ``change(frames of one fold, its validation frames or None) -> Frames``.

        With `needs_validation`, runs that recorded no scores of validation people are left out.
        """
        out: dict[Any, Frames] = {}
        for key, whole in self.trainings.items():
            seed = key[0] if isinstance(key, tuple) else key
            parts = []
            for fold in np.unique(whole.fold):
                known = self.validation.get((seed, int(fold)))
                if known is not None or not needs_validation:
                    parts.append(change(whole.at(np.flatnonzero(whole.fold == fold)), known))
            if parts:
                out[key] = frames_of.concatenate(parts)
        return replace(self, name=name, title=title, trainings=out)


@dataclass(frozen=True)
class Select:
    """Runs by what they are.

    Parameters
    ----------
    method, corpus, protocol : str
        Of the declaration; the corpus is the embedded one whose place a study's own corpus may take.
    tested_on : str, optional
        Another corpus than the one that trained.
    options : mapping
        Options that differ from the method's defaults.
    behind : mapping
        Options of the runs that it depends on.
    fold, seed : int, optional
        Only these.  ``seed=-1``: the study's first.
    title : str
        The method's by default.
    budget : float, optional
        Share of the profile's image-steps; any by default.
    sole : bool
        The paper trains on one corpus, whose place whatever corpus is chosen takes.
    fill : str, optional
        A probe whose scores stand in for AUs without an output.
    """

    method: str
    corpus: str
    protocol: str
    tested_on: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    behind: Mapping[str, Any] = field(default_factory=dict)
    fold: int | None = None
    seed: int | None = None
    title: str = ""
    budget: float | None = None
    sole: bool = False
    fill: str = ""

    def corpora(self, study: Study) -> tuple[str | None, str | None]:
        """The corpora of a study that train and are tested; None for one whose place none takes."""
        source = study.source(self.corpus) if self.sole else study.substitute(self.corpus)
        if not self.tested_on:
            return source, source
        return source, study.target(str(source), self.tested_on) if self.sole else study.substitute(self.tested_on)

    def declared(self, study: Study) -> list[Declaration]:
        """The runs of a study that it means."""
        corpus, seed = self.corpora(study)[0], study.seeds[0] if self.seed == -1 else self.seed
        return [
            run
            for run in _declared(study)
            if (run.method, run.corpus, run.protocol) == (self.method, corpus, self.protocol)
            and dict(run.options) == dict(self.options)
            and not run.change
            and {k: v for one in run.depends_on for k, v in one.options.items()} == dict(self.behind)
            and self.fold in (None, run.fold)
            and seed in (None, run.seed)
            and self.budget in (None, run.budget)
        ]

    def first(self, study: Study) -> tuple[str, Record | None]:
        """Label and record of the first of its runs, for what a probe measured; a word for it if none is declared."""
        for run in self.declared(study):
            return run.label, results.find(run)
        return f"{self.method} on {self.corpus}", None

    def find(self, study: Study, name: str = "") -> MethodScores:
        """Its tested frames, as far as its runs are recorded."""
        source, tested = self.corpora(study)
        target = tested if self.tested_on else None
        where = f"{target or source}/{self.protocol if not target else 'everybody'}"
        title = self.title or METHODS[self.method].title
        return of_runs(self.declared(study) if tested else [], name or self.method, title, where, target, self.fill)


def of_runs(
    runs: Iterable[Declaration], name: str, title: str, setting: str, tested_on: str | None = None, fill: str = ""
) -> MethodScores:
    """The tested frames of some runs of one method under one setting, as far as they are recorded.

    Parameters
    ----------
    runs : iterable of Declaration
        No two of one fold and seed.
    name, title, setting : str
        Of the :class:`MethodScores`.
    tested_on : str, optional
        Another corpus than the one that trained.
    fill : str
        See :class:`Select`.
    """
    runs = list(runs)
    records = [(run, results.find(run)) for run in runs]
    found = [(run, record) for run, record in records if record is not None]
    if tested_on:
        found = [(run, record) for run, record in found if record.has(name_of(tested_on))]
    validation = {
        (run.seed, run.fold): _read(record, "probe-validation", protocol(run.protocol).threshold, record.digest)
        for run, record in found
        if record.has("probe-validation")
    }
    rule = next((dict(run.test_on)[tested_on] if tested_on else run.protocol for run, _ in found), "")
    return MethodScores(
        name,
        title,
        setting,
        tuple(record for _, record in found),
        _joined(found, tested_on, fill),
        validation,
        tuple(run.label for run, record in records if record is None),
        tuple(run for run, _ in found),
        rule or (runs[0].protocol if runs else ""),
    )


def _declared(study: Study) -> Iterable[Declaration]:
    """Every declared run of a study, of whichever paper."""
    return papers.declarations("all", study).values()


def _joined(found: Sequence[tuple[Declaration, Record]], target: str | None, fill: str) -> dict[Any, Frames]:
    """Tested frames by training."""
    parts: dict[Any, list[Frames]] = {}
    for run, record in found:
        rule = protocol(dict(run.test_on)[target] if target else run.protocol)
        key = (run.seed, run.fold) if target else run.seed
        name = name_of(target or run.corpus)
        parts.setdefault(key, []).append(_read(record, name, rule.threshold, record.digest, fill))
    return {key: _concatenated(tuple(group)) for key, group in parts.items()}


@lru_cache(maxsize=256)
def _read(record: Record, name: str, threshold: int, digest: str, fill: str = "") -> Frames:
    """Read once a session, with all that is counted in them."""
    return frames_of.read(record, name, threshold, fill)


@lru_cache(maxsize=256)
def _concatenated(parts: tuple[Frames, ...]) -> Frames:
    return parts[0] if len(parts) == 1 else frames_of.concatenate(parts)


def align(*given: MethodScores) -> list[MethodScores]:
    """The same methods on the trainings, AUs and frames that all of them have, row by row the same frames.

    Without a common training or frame they come back empty, as if they had not been run.
    """
    out: list[dict[Any, Frames]] = [{} for _ in given]
    for key in sorted(set.intersection(*(set(one.trainings) for one in given))):
        parts = [one.trainings[key] for one in given]
        aus = tuple(au for au in parts[0].told if all(au in other.told for other in parts))
        places = [np.stack([one.fold, one.video, one.frame], axis=1) for one in parts]
        same = all(np.array_equal(places[0], other) for other in places[1:])
        rows = [None] * len(parts) if same else _common(places)
        if not aus or (rows[0] is not None and not len(rows[0])):
            continue
        for slot, one, kept in zip(out, parts, rows, strict=True):
            slot[key] = _part(one, kept if kept is None else tuple(kept.tolist()), aus)
    return [replace(one, trainings=slot) for one, slot in zip(given, out, strict=True)]


def _common(places: list[np.ndarray]) -> list[np.ndarray]:
    sets = [list(map(tuple, place.tolist())) for place in places]
    common = set.intersection(*map(set, sets))
    return [np.array([row for row, where in enumerate(own) if where in common], int) for own in sets]


@lru_cache(maxsize=256)
def _part(frames: Frames, rows: tuple[int, ...] | None, aus: tuple[int, ...]) -> Frames:
    """Some frames and AUs; once, so that what is counted in them is counted once."""
    kept = frames if rows is None else frames.at(np.array(rows))
    return kept if kept.aus == aus else kept.of(aus)


def chosen_by(run: Declaration, record: Record) -> tuple[float, str] | None:
    """Mean over AUs of what chose a run's weights, on its own tested frames, and its name; None without scores."""
    if not record.has(name_of(run.corpus)):
        return None
    frames = _read(record, name_of(run.corpus), protocol(run.protocol).threshold, record.digest)
    what = metric("icc" if frames.task == "intensity" else "auc")
    return what.scale * float(mean_of_defined(what.plain(frames))), what.short


def used(*given: MethodScores) -> list[Record]:
    """Records behind several methods, each once."""
    return unique(record for one in given for record in one.records)


def unique(records: Iterable[Record]) -> list[Record]:
    """Records, each once, in their order."""
    return list({record.key: record for record in records}.values())


__all__ = ["RESAMPLES", "MethodScores", "Select", "align", "unique", "used"]
