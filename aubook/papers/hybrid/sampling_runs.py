"""The runs behind Tables 3 and 4 of the Hybrid paper: tested frames, thresholds, and scores of every resample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np

from aubook import papers
from aubook.papers.drml import scores
from aubook.papers.hybrid import resampling
from aubook.papers.hybrid import runs as declared
from aubook.papers.hybrid.common import Interval, Tested, concatenated, tested
from aubook.study import Study
from aulib.aus import UNKNOWN
from aulib.corpus import name_of
from aulib.datasets import load
from aulib.manifest import entry
from aulib.protocols import protocol, split
from aulib.runs import results
from aulib.runs.declaration import Declaration
from aulib.runs.results import Record

#: Word of the experiments -> what the paper calls the strategy.
STRATEGIES = {"random": "RS", "stratified": "MS", "momu": "MOMU"}
TITLES = {"random": "random sampling", "stratified": "multi-label stratification", "momu": "MOMU"}
#: Short name of a corpus of the study -> its words in a heading.
LIKE = {"gft": "GFT-like", "plus": "BP4D+-like"}
#: Trained on -> tested on, where the people of another corpus are tested.
OTHER = {"gft": "plus", "plus": "gft"}

Where = Literal["within", "between"]


@dataclass(frozen=True)
class Run:
    """One trained network.

    Parameters
    ----------
    strategy, corpus : str
        Keys of `STRATEGIES` and `LIKE`.
    declaration : Declaration
    record : Record
    """

    strategy: str
    corpus: str
    declaration: Declaration
    record: Record

    @cached_property
    def within(self) -> Tested:
        """Its own tested people."""
        return tested(self.record, name_of(self.declaration.corpus), protocol(self.declaration.protocol).threshold)

    @cached_property
    def validation(self) -> Tested | None:
        """The people who chose its best weights, None if they are not in the record."""
        if not self.record.has("probe-validation"):
            return None
        return tested(self.record, "probe-validation", protocol(self.declaration.protocol).threshold)

    @cached_property
    def between(self) -> Tested | None:
        """Everybody of the other corpus."""
        for target, rule in self.declaration.test_on:
            if self.record.has(name_of(target)):
                return tested(self.record, name_of(target), protocol(rule).threshold)
        return None

    @cached_property
    def undertrained(self) -> bool:
        """Whether a comparison with it means nothing."""
        return scores.training_state(self.record) == "undertrained"


@dataclass
class Joined:
    """Frames that are scored as one set: the folds of a seed, or one network's everybody of another corpus."""

    runs: list[Run]
    given: Tested
    lengths: list[int]

    def limits(self, of: Callable[[Run], np.ndarray | float]) -> np.ndarray:
        """A threshold of each run, an array by AU or one number, at every frame and AU; shape (N, A)."""
        units = len(self.given.aus)
        return np.concatenate(
            [np.broadcast_to(of(run), (n, units)) for run, n in zip(self.runs, self.lengths, strict=True)]
        )


def runs(study: Study, corpus: str) -> dict[str, list[Run]]:
    """Runs of each strategy that was trained on a corpus, as many as are recorded.

    Where a strategy lacks a fold or seed that others have, none is shown of it: a comparison is of the same frames.
    """
    declarations = papers.declarations("hybrid", study)
    found: dict[str, dict[tuple[int, int], Run]] = {}
    for strategy, method in declared.SAMPLERS.items():
        found[strategy] = {}
        for fold in declared.tested(study, 10):
            for seed in study.seeds:
                one = declarations.get(declared.label(method, corpus, 10, fold, seed))
                record = None if one is None else results.find(one)
                if one is not None and record is not None:
                    found[strategy][seed, fold] = Run(strategy, corpus, one, record)
    common = set.intersection(*(set(by) for by in found.values() if by)) if any(found.values()) else set()
    return {strategy: [by[key] for key in sorted(common) if key in by] for strategy, by in found.items()}


def labels(study: Study) -> list[str]:
    """Labels of the runs of Tables 3 and 4, in the order in which they are declared."""
    return [
        label
        for label in papers.declarations("hybrid", study)
        for method in declared.SAMPLERS.values()
        for corpus in LIKE
        if label.startswith(f"{method}-{corpus}-10-fold")
    ]


def joined(of: list[Run], where: Where) -> list[Joined]:
    """Sets of frames over which a score is computed, and then averaged."""
    if where == "between":  # every network was shown all frames: frames of two networks are no one set
        groups = [[run] for run in of if run.between is not None]
    else:
        seeds = sorted({run.declaration.seed for run in of})
        groups = [[run for run in of if run.declaration.seed == seed] for seed in seeds]
    out = []
    for group in groups:
        parts = [part for run in group if (part := run.within if where == "within" else run.between) is not None]
        out.append(Joined(group, concatenated(parts), [len(part.truth) for part in parts]))
    return out


Measure = Literal["f1", "auc", "average_precision"]


@dataclass
class Scores:
    """What a strategy scores, by AU and by resample of subjects.

    Parameters
    ----------
    aus : tuple of int
    values : ndarray of float, shape (1 + resamples, A)
        Percent; the first row is everyone once; NaN where a resample does not define it.
    """

    aus: tuple[int, ...]
    values: np.ndarray

    def __sub__(self, other: Scores) -> Scores:
        if self.aus != other.aus:
            raise ValueError(f"AUs {self.aus} and {other.aus} differ")
        return Scores(self.aus, self.values - other.values)

    def of(self, aus: tuple[int, ...]) -> Scores:
        """Some of the AUs, those that there are."""
        kept = tuple(au for au in aus if au in self.aus)
        return Scores(kept, self.values[:, [self.aus.index(au) for au in kept]])

    def by_au(self, level: float = 0.95) -> dict[int, Interval]:
        """Each AU's value with its interval over subjects."""
        return {au: resampling.interval(self.values[:, k], level) for k, au in enumerate(self.aus)}

    def mean(self, level: float = 0.95) -> Interval:
        """The mean over AUs with its interval over subjects."""
        return resampling.interval(resampling.mean(self.values), level)


def measured(
    of: list[Run],
    where: Where,
    measure: Measure = "f1",
    limit: Callable[[Run], np.ndarray | float] = lambda run: 0.5,
) -> Scores | None:
    """Scores of a strategy on the frames of a corpus; None if there is no record of it.

    Parameters
    ----------
    of : list of Run
        Of one strategy, as :func:`runs` gives them.
    where : {'within', 'between'}
    measure : {'f1', 'auc', 'average_precision'}
    limit : callable
        Threshold of a run, by AU or one number; F1 only.
    """
    sets = joined(of, where)
    if not sets:
        return None
    names, weights = resampling.draws(np.concatenate([one.given.subject for one in sets]))
    values = []
    for one in sets:
        given = one.given
        if measure == "f1":
            claimed = given.scores >= one.limits(limit).astype(given.scores.dtype)
            values.append(resampling.f1(given.truth, claimed, given.subject, names, weights))
        else:
            function = resampling.auc if measure == "auc" else resampling.average_precision
            values.append(function(given.truth, given.scores, given.subject, names, weights))
    return Scores(sets[0].given.aus, 100 * np.mean(values, axis=0))


def always_present(of: list[Run], where: Where) -> Scores | None:
    """F1 of calling every AU present in every frame."""
    return measured(of, where, limit=lambda run: -1.0)


def training_labels(declaration: Declaration) -> np.ndarray:
    """Occurrence in the frames that a run is trained on, (N, A) int8 with UNKNOWN, from the script or your own copy."""
    frames = declaration.corpus_options()["frames_per_sequence"]
    return _labels(declaration.corpus, declaration.protocol, declaration.fold, frames)


@lru_cache(maxsize=8)
def _labels(corpus: str, rule_name: str, fold: int, frames_per_sequence: int | None) -> np.ndarray:
    rule = protocol(rule_name)
    if entry(corpus).source == "licensed":
        whole = load(corpus, faces=False)
        frames, codes = whole.frames, whole.codes
    else:
        from aubook.pages.calibration import codes_of

        frames, codes = codes_of(corpus, frames_per_sequence)
    codes = codes[split(frames, rule, fold).train]
    return np.where(codes == UNKNOWN, UNKNOWN, codes >= rule.threshold).astype(np.int8)


def share_present(truth: np.ndarray) -> np.ndarray:
    """Share of the known frames in which each AU is present, 0 to 1; shape (A,)."""
    return (truth == 1).sum(axis=0) / np.maximum((truth >= 0).sum(axis=0), 1)


def base_rates(run: Run) -> np.ndarray:
    """Share of a run's training frames in which each AU is present, whatever its batches show; shape (A,)."""
    return share_present(training_labels(run.declaration))


def batch_rates(run: Run) -> np.ndarray:
    """Share of the known frames of all its batches in which each AU is present, by drawing them again; shape (A,)."""
    from aulib.runs.methods import method
    from aulib.samplers import SAMPLERS

    declaration = run.declaration
    if declaration.key not in _DRAWN:
        truth = training_labels(declaration)
        (stage,) = method(declaration.method).stages
        sampler = SAMPLERS[stage.sampler](
            truth, declaration.recipe.batch, seed=declaration.seed * 1000, **stage.sampler_options
        )
        steps = max(1, round(declaration.image_steps / declaration.recipe.batch))
        rows = np.concatenate([sampler.at(step) for step in range(steps)])
        times = np.bincount(rows, minlength=len(truth))
        _DRAWN[declaration.key] = times @ (truth == 1) / np.maximum(times @ (truth >= 0), 1)
    return _DRAWN[declaration.key]


#: Key of a run -> rates of its batches; counted once.
_DRAWN: dict[str, np.ndarray] = {}
