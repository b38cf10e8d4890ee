"""Ablation: one method under one protocol, one knob and its values.

What is not the knob is as in the paper's own run of the method on that corpus, under that protocol: budget, initial
weights, runs that it reads.  A run is found by its key: one that the paper has made is used, and not trained again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aubook import papers
from aubook.states import length
from aubook.study import Study
from aulib.errors import AulibError, InputError, UnknownName
from aulib.manifest import entry
from aulib.protocols import protocol
from aulib.runs import changes
from aulib.runs.asked import check
from aulib.runs.declaration import Declaration
from aulib.runs.methods import method
from aulib.runs.profiles import profile
from aulib.values import SEED, Number, Whole

if TYPE_CHECKING:
    from aubook.engine.picture import Picture
    from aubook.engine.scores import MethodScores
    from aubook.engine.table import Table

#: Knobs that are none of the method's: which faces, how long, how scores are read.
OTHER_KNOBS = ("budget", "corpus", "threshold")


@dataclass(frozen=True)
class Ablation:
    """One file of ``ablations/``, under one profile.

    Parameters
    ----------
    name, file : str
    question : str
    method, corpus, protocol : str
        Names in the registries.
    knob : str
        A key of :func:`aulib.runs.changes.knobs`, ``option.grid`` or ``recipe.learning_rate``; ``corpus``, whose values
        are words of twins, ``+ind``, or corpora; ``budget``, a multiple of the paper's image-steps; ``threshold``,
        0.5 or ``tuned``.
    values : sequence
    profile : str
    metric : sequence of str
        Of ``aubook.engine.metrics``; ``tuned f1``: at thresholds from validation people.  The first is drawn.
    folds, seeds : sequence of int
        The profile's by default.
    names : mapping
        Value -> how it is called in tables.
    """

    name: str
    file: str
    question: str
    method: str
    corpus: str
    protocol: str
    knob: str
    values: Sequence[Any]
    profile: str = "laptop"
    metric: Sequence[str] = ("f1",)
    folds: Sequence[int] = ()
    seeds: Sequence[int] = ()
    names: Mapping[Any, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be, naming file, key, value and what is allowed; nothing is loaded."""
        for key in ("question", "method", "corpus", "protocol", "knob", "profile"):
            if not isinstance(getattr(self, key), str):
                raise InputError(f"{self.file}: key {key!r} is {getattr(self, key)!r}; expected words")
        with self._key("method"):
            method(self.method)
        with self._key("corpus"):
            entry(self.corpus)
        with self._key("protocol"):
            rule = protocol(self.protocol)
        with self._key("profile"):
            budget = profile(self.profile)
        self._set("metric", [self.metric] if isinstance(self.metric, str) else self.metric)
        for key, default in (("folds", [f for f in budget.folds if f <= rule.folds]), ("seeds", budget.seeds)):
            value = getattr(self, key)
            self._set(key, [value] if isinstance(value, int) else value or default)
        for key in ("values", "metric", "folds", "seeds"):
            value = getattr(self, key)
            if not isinstance(value, Sequence) or isinstance(value, str) or not value:
                raise InputError(f"{self.file}: key {key!r} is {value!r}; expected a list")
            self._set(key, tuple(value))
            if len(set(map(repr, value))) < len(value):
                raise InputError(f"{self.file}: key {key!r}: {list(value)} names something twice")
        self._check_metrics()
        with self._key("folds"):
            for fold in self.folds:
                Whole(1, rule.folds)(fold, f"fold of protocol {rule.name}")
        with self._key("seeds"):
            for seed in self.seeds:
                SEED(seed, "seed")
        with self._key("knob"):
            known = [*changes.knobs(method(self.method), self.profile, self._sampler), *OTHER_KNOBS]
            if self.knob not in known:
                raise UnknownName(f"knob of method {self.method!r}", self.knob, known)
        with self._key("values"):
            self._check_values()
            for run in self.runs:
                check(run, 1, "auto", None)
        if not isinstance(self.names, Mapping) or set(self.names) - set(self.values):
            raise InputError(f"{self.file}: key 'names' is {self.names!r}; expected words for some of the values")

    def _check_metrics(self) -> None:
        from aubook.engine.metrics import METRICS

        for name in self.metric:
            if str(name).removeprefix("tuned ") not in METRICS:
                with self._key("metric"):
                    raise UnknownName("metric", name, [*METRICS, *(f"tuned {one}" for one in METRICS)])

    def _check_values(self) -> None:
        for value in self.values:
            if not isinstance(value, str | int | float | None):
                raise InputError(f"{value!r} is no single value")
            if self.knob == "threshold" and not (value == "tuned" or (value == 0.5 and not isinstance(value, bool))):
                raise InputError(f"threshold is {value!r}; expected 0.5 or 'tuned'")
            if self.knob == "corpus":
                if not isinstance(value, str):
                    raise InputError(f"corpus is {value!r}; expected a name, or words of a twin such as '+ind'")
                if entry(self.corpus_of(value)).aus != entry(self.corpus).aus:
                    raise InputError(f"corpus {value!r} does not code the AUs of {self.corpus!r}")
            if self.knob == "budget":
                Number(0, between=True)(value, "budget")

    def _set(self, key: str, value: Any) -> None:
        object.__setattr__(self, key, value)

    def _key(self, key: str) -> _Named:
        return _Named(f"{self.file}: key {key!r}")

    @property
    def _sampler(self) -> str:
        """The sampler whose options ``sampler.…`` are: MOMU is the only one that has some."""
        return next((s for s, own in changes.SAMPLERS.items() if self.knob.removeprefix("sampler.") in own), "")

    @property
    def study(self) -> Study:
        """Under which the paper's own runs are looked up."""
        return Study(self.profile)

    @property
    def command(self) -> str:
        """What makes the runs that are missing."""
        return f"python -m aulib ablate {self.file if '/' in self.file else self.name} --profile {self.profile}"

    def title(self, value: Any) -> str:
        """How a value is called."""
        return str(self.names.get(value, value if value != "" else self.corpus))

    @cached_property
    def declared(self) -> dict[Any, list[Declaration]]:
        """The runs of each value, every fold and seed."""
        return {v: [self._run(v, fold, seed) for seed in self.seeds for fold in self.folds] for v in self.values}

    @property
    def runs(self) -> list[Declaration]:
        """All runs, each once: reading the same scores at two thresholds takes one."""
        return list({run.key: run for runs in self.declared.values() for run in runs}.values())

    def to_make(self) -> list[Declaration]:
        """The runs that are missing, after those whose weights they need."""
        from aulib.runs.run import to_make

        return to_make(self.runs)

    @property
    def length(self) -> str:
        """How many runs there are to make and how long they take, in words."""
        if not (wanted := self.to_make()):
            return f"nothing to train: all {len(self.runs)} runs are recorded ({self.name}, profile {self.profile})"
        return f"{len(wanted)} runs to make ({self.name}, profile {self.profile}); {length(wanted)}"

    def run(self, progress: bool = True, say: bool = True, **options: Any) -> Ablation:
        """Make what is missing; says first how many runs and how long, and goes on where it was broken off.

        Parameters
        ----------
        progress : bool
            Show bars.
        say : bool
            Say how many runs and how long.
        **options
            Of :func:`aulib.runs.run.run`.
        """
        from aulib.progress import bar
        from aulib.runs.run import run

        if say:
            print(self.length, flush=True)
        if wanted := self.to_make():
            own = {one.key for one in self.runs}
            for one in bar(wanted, desc=self.name, unit="run", disable=not progress):
                needed = {} if one.key in own else {"force": True, "weights": True}
                run(one, progress=progress, **needed, **options)
        return self

    def scores(self, tuned: bool = False) -> dict[Any, MethodScores]:
        """What each value's runs have said of the tested frames."""
        from aubook.engine import ablations

        return ablations.scores(self, tuned)

    def table(self) -> Table:
        """A row a value: means over AUs with intervals over people and trainings, and the difference to the reference.

        A value that was not run shows how long it takes.
        """
        from aubook.engine import ablations

        return ablations.table(self)

    def plot(self, difference: bool = False) -> Picture:
        """The first metric by value with its interval; a curve where the values are numbers, else a row each.

        Parameters
        ----------
        difference : bool
            Draw the differences to the reference instead, on the same frames of the same people.
        """
        from aubook.engine import ablations

        return ablations.plot(self, difference)

    @property
    def reference(self) -> Any:
        """The value that others are held against: the method's own, or the first."""
        own: Any = {"threshold": 0.5, "corpus": "", "budget": 1.0}.get(self.knob)
        what = method(self.method)
        if self.knob.startswith("option."):
            own = what.resolved_options(self.profile, {}).get(self.knob.removeprefix("option."))
        elif self.knob.startswith("recipe."):
            own = getattr(what.recipe(self.profile), self.knob.removeprefix("recipe."))
        elif self.knob in ("loss", "sampler"):
            own = getattr(what.stages[0], self.knob)
        return next((value for value in self.values if value == own), self.values[0])

    @property
    def knob_words(self) -> str:
        """The knob as a reader calls it."""
        return self.knob.removeprefix("option.").removeprefix("recipe.").replace("_", " ").replace(".", " ")

    def corpus_of(self, value: str) -> str:
        """The corpus that words of a twin, or a name, mean."""
        return self.corpus + value if value.startswith("+") or not value else value

    def _run(self, value: Any, fold: int, seed: int) -> Declaration:
        base = self._base(fold, seed)
        label = f"{self.name}-{re.sub('[^A-Za-z0-9.=-]+', '-', str(value)).strip('-')}-fold{fold}-seed{seed}"
        probes = ("validation",) if self.knob == "threshold" or any(m.startswith("tuned ") for m in self.metric) else ()
        changed: dict[str, Any] = {"label": label, "probes": probes, "test_on": ()}
        if self.knob == "corpus":
            changed["corpus"] = self.corpus_of(value)
        elif self.knob == "budget":
            changed["budget"] = base.budget * value
        elif self.knob.startswith("sampler."):
            changed["change"] = {"sampler": self._sampler, self.knob: value}
        elif self.knob != "threshold":
            changed["change"] = {self.knob: value}
        run = replace(base, **changed)
        known = papers_runs(self.profile).get(run.key)  # a run of a paper keeps its label and whatever else it records
        return run if known is None else replace(known, probes=tuple(dict.fromkeys((*known.probes, *probes))))

    def _base(self, fold: int, seed: int) -> Declaration:
        """The paper's own run of the method, moved to a fold and a seed; a plain one where no paper has it."""
        known = [
            run
            for run in papers.declarations("all", self.study).values()
            if (run.method, run.corpus, run.protocol) == (self.method, self.corpus, self.protocol)
            and not any(one.options or one.change for one in (run, *run.depends_on))
        ]
        known.sort(key=lambda run: ((run.fold, run.seed) != (fold, seed), -run.budget))
        if known:
            return _moved(known[0], fold, seed)
        return Declaration(self.name, self.method, self.corpus, self.protocol, self.profile, fold=fold, seed=seed)


class _Named:
    """Says of an error which file and key it is about."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, _: Any) -> None:
        if isinstance(error, AulibError):
            raise InputError(f"{self.what}: {error}") from None


def papers_runs(name: str) -> dict[str, Declaration]:
    """The papers' runs by key."""
    return {run.key: run for run in papers.declarations("all", name).values()}


def _moved(run: Declaration, fold: int, seed: int) -> Declaration:
    """A run on another fold and seed, and with it the runs that it reads; initial weights stay those they were."""
    if (run.fold, run.seed) == (fold, seed):
        return run
    read = tuple(_moved(one, fold if one.protocol == run.protocol else one.fold, seed) for one in run.depends_on)
    label = re.sub(r"fold\d+", f"fold{fold}", re.sub(r"seed\d+", f"seed{seed}", run.label))
    return replace(run, label=label, fold=fold, seed=seed, depends_on=read)
