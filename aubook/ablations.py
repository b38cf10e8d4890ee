"""Ablations: one method, one knob, a few values.  A file of the folder ``ablations`` declares one.

    from aubook.ablations import ablation

    study = ablation("drml-grid", profile="smoke")
    study.run()
    study.table()
    study.plot()

What is not the knob is as in the paper's own run of the method on that corpus, under that protocol: budget, initial
weights, runs that it reads.  A run is found by its key: one that the paper has made is used, and not trained again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from aubook import papers
from aubook.states import in_words, length, of_run, took
from aubook.study import Study
from aulib import paths
from aulib.errors import AulibError, InputError, UnknownName
from aulib.manifest import entry
from aulib.protocols import protocol
from aulib.runs import changes
from aulib.runs.asked import check
from aulib.runs.declaration import Declaration
from aulib.runs.methods import method
from aulib.runs.profiles import profile
from aulib.runs.results import Record
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
                if entry(self._corpus(value)).aus != entry(self.corpus).aus:
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
        from aubook.engine import transforms
        from aubook.engine.scores import of_runs

        out = {}
        for value, runs in self.declared.items():
            where = f"{self._corpus(value) if self.knob == 'corpus' else self.corpus}/{self.protocol}"
            found = of_runs(runs, f"{self.name}-{value}", self.title(value), where)
            out[value] = transforms.tune(found) if tuned or (self.knob == "threshold" and value == "tuned") else found
        return out

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

    def table(self) -> Table:
        """A row a value: means over AUs with intervals over people and trainings, and the difference to the reference.

        A value that was not run shows how long it takes.
        """
        import pandas as pd

        from aubook.engine.metrics import metric
        from aubook.engine.table import EMPTY, Table
        from aubook.engine.terms import difference

        by_metric = {name: self.scores(name.startswith("tuned ")) for name in self.metric}
        plain, first = self.scores(), metric(self.metric[0].removeprefix("tuned "))
        heads = [metric(name.removeprefix("tuned ")).short + ", own thresholds" * name.startswith("tuned ")
                 for name in self.metric]  # fmt: skip
        rows = []
        for value, scores in plain.items():
            cells = [one[value].mean(name.removeprefix("tuned ")) for name, one in by_metric.items()]
            of_first = by_metric[self.metric[0]]
            gap = None if value == self.reference else difference(of_first[value], of_first[self.reference], first.name)
            rows.append([self.title(value), *(EMPTY if cell is None else str(cell) for cell in cells),
                         EMPTY if gap is None else gap.signed, scores.state, self._made(value)])  # fmt: skip
        columns = [self._knob_words, *heads, f"{heads[0]}, minus {self.title(self.reference)}", "state", "runs"]
        frame = pd.DataFrame(rows, columns=columns).set_index(self._knob_words)
        return Table(frame, f"{self.name}: {method(self.method).title}, {self._knob_words}", self._lines(plain))

    def plot(self, difference: bool = False) -> Picture:
        """The first metric by value with its interval; a curve where the values are numbers, else a row each.

        Parameters
        ----------
        difference : bool
            Draw the differences to the reference instead, on the same frames of the same people.
        """
        from aubook.engine import plots, terms
        from aubook.engine.metrics import metric
        from aubook.engine.style import BLUE, LIGHT

        name = self.metric[0].removeprefix("tuned ")
        scores = self.scores(self.metric[0].startswith("tuned "))
        lines, words = self._lines(self.scores()), metric(name).short
        if not any(scores.values()):
            return plots.empty(self.name, self.profile)
        label = f"{words}, mean over AUs in {metric(name).unit}"
        caption = f"{self.name}: {method(self.method).title}, {self._knob_words}"
        if difference:
            found = {value: terms.difference(one, scores[self.reference], name)
                     for value, one in scores.items() if value != self.reference}  # fmt: skip
            label = f"{words}, mean over AUs, minus that of {self.title(self.reference)}, in points"
        else:
            found = {value: one.mean(name) for value, one in scores.items()}
        numbers = [v for v in found if type(v) in (int, float)]
        if difference or len(numbers) < len(found) or len(found) < 3:
            marks = [plots.Mark(self.title(value), one, BLUE) for value, one in found.items()]
            return plots.forest({"": marks}, label, lines, caption, zero=difference)
        known = {value: one for value, one in sorted(found.items()) if one is not None}
        x = list(known)
        series = [
            plots.Series("mean", [one.value for one in known.values()], BLUE, "o-", x),
            plots.Series("95 % interval", [one.low for one in known.values()], LIGHT, "--", x),
            plots.Series("", [one.high for one in known.values()], LIGHT, "--", x),
        ]
        said = ", ".join(f"{self.title(value)} {one.value:.1f}" for value, one in known.items())
        alt = f"{label}, by {self._knob_words}: {said}."
        axes: dict[str, Any] = {"xticks": x, "xticklabels": [f"{value:g}" for value in x]}
        if x[0] > 0 and x[-1] >= 20 * x[0]:
            axes = {"xscale": "log"}
        return plots.curves({"": series}, self._knob_words, label, lines, caption, alt, size=(5.5, 3.4), **axes)

    @property
    def _knob_words(self) -> str:
        return self.knob.removeprefix("option.").removeprefix("recipe.").replace("_", " ").replace(".", " ")

    def _made(self, value: Any) -> str:
        """How many of a value's runs are recorded; how long the others take."""
        states = [of_run(run, "") for run in self.declared[value]]
        lacking = [one.declaration for one in states if one.record is None]
        done = f"{len(states) - len(lacking)} of {len(states)}"
        if not lacking:
            return done
        seconds = [took(run) for run in lacking]
        known = [one for one in seconds if one is not None]
        return f"{done}; not run" + (f", {in_words(sum(known))}" if known else "")

    def _lines(self, scores: Mapping[Any, MethodScores]) -> list[str]:
        from aubook.engine import notes
        from aubook.engine.claims import shortage
        from aubook.engine.scores import used

        records = used(*scores.values())
        lines = [*notes.by_folds(records, notes.tested(scores.values())), *notes.pretraining(records)]
        lines.append(notes.note(self.question))
        if records and (lacks := shortage(records, 3)):
            lines.append(notes.note(f"No word for what differs: {lacks}. An interval that holds 0 decides nothing."))
        if any(one.missing for one in scores.values()):
            lines.append(notes.note(f"Runs are missing. Make them: `{self.command}`."))
        return lines

    def _corpus(self, value: str) -> str:
        return self.corpus + value if value.startswith("+") or not value else value

    def _run(self, value: Any, fold: int, seed: int) -> Declaration:
        base = self._base(fold, seed)
        label = f"{self.name}-{re.sub('[^A-Za-z0-9.=-]+', '-', str(value)).strip('-')}-fold{fold}-seed{seed}"
        probes = ("validation",) if self.knob == "threshold" or any(m.startswith("tuned ") for m in self.metric) else ()
        changed: dict[str, Any] = {"label": label, "probes": probes, "test_on": ()}
        if self.knob == "corpus":
            changed["corpus"] = self._corpus(value)
        elif self.knob == "budget":
            changed["budget"] = base.budget * value
        elif self.knob.startswith("sampler."):
            changed["change"] = {"sampler": self._sampler, self.knob: value}
        elif self.knob != "threshold":
            changed["change"] = {self.knob: value}
        run = replace(base, **changed)
        known = _keys(self.profile).get(run.key)  # a run of a paper keeps its label and whatever else it records
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


def _keys(name: str) -> dict[str, Declaration]:
    """The papers' runs by key."""
    return {run.key: run for run in papers.declarations("all", name).values()}


def _moved(run: Declaration, fold: int, seed: int) -> Declaration:
    """A run on another fold and seed, and with it the runs that it reads; initial weights stay those they were."""
    if (run.fold, run.seed) == (fold, seed):
        return run
    read = tuple(_moved(one, fold if one.protocol == run.protocol else one.fold, seed) for one in run.depends_on)
    label = re.sub(r"fold\d+", f"fold{fold}", re.sub(r"seed\d+", f"seed{seed}", run.label))
    return replace(run, label=label, fold=fold, seed=seed, depends_on=read)


def folders() -> list[Path]:
    """Where ablations are looked for by name: those of the project, then your own in the home folder."""
    root = paths.repository()
    ours = root / "ablations" if root else Path(__file__).parent / "_ablations"
    return list(dict.fromkeys([ours, paths.home() / "ablations"]))


def names() -> dict[str, Path]:
    """Every ablation by name."""
    found = {file.stem: file for folder in reversed(folders()) for file in sorted(folder.glob("*.yaml"))}
    return dict(sorted(found.items()))


def ablation(
    name: str | Path, profile: str | None = None, seeds: Sequence[int] = (), folds: Sequence[int] = ()
) -> Ablation:
    """An ablation by its name, or by the path of a file of your own.

    Parameters
    ----------
    name : str or Path
        Of a file in ``ablations/``; what ends in ``.yaml`` is a path.
    profile : str, optional
    seeds, folds : sequence of int
        All three in place of the file's.

    Raises
    ------
    AulibError
        Naming the file, the key, the value, and what is allowed.
    """
    known = names()
    path = Path(name) if str(name).endswith((".yaml", ".yml")) else known.get(str(name))
    if path is None:
        raise UnknownName("ablation", str(name), known, "python -m aulib ablate")
    shown = path.name if path in known.values() else str(name)
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AulibError(f"{shown}: cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise AulibError(f"{shown}{line}: no YAML ({getattr(error, 'problem', error)})") from None
    allowed = [one.name for one in fields(Ablation) if one.name not in ("name", "file")]
    if not isinstance(said, dict):
        raise AulibError(f"{shown}: expected keys {', '.join(allowed)}")
    for key in said:
        if key not in allowed:
            raise AulibError(f"{shown}: {UnknownName('key', str(key), allowed)}")
    for key in ("question", "method", "corpus", "protocol", "knob", "values"):
        if key not in said:
            raise AulibError(f"{shown}: key {key!r} is missing; expected {', '.join(allowed)}")
    if isinstance(said["values"], list):
        said["values"] = [_plain(value) for value in said["values"]]
    given = {"profile": profile, "seeds": seeds, "folds": folds}
    said |= {key: value for key, value in given.items() if value}
    return Ablation(path.stem, shown, **said)


def _plain(value: Any) -> Any:
    """A number that YAML takes for a word: to it, 1e-5 without a point is none."""
    return float(value) if isinstance(value, str) and re.fullmatch(r"[+-]?\d+e[+-]?\d+", value) else value


def all_runs(profile_name: str) -> Iterator[tuple[Ablation, Declaration]]:
    """The runs of every ablation that no paper declares, each once."""
    seen = set(_keys(profile_name))
    for name in names():
        study = ablation(name, profile_name)
        for run in study.runs:
            if run.key not in seen:
                seen.add(run.key)
                yield study, run


def others(profile_name: str) -> list[Record]:
    """Records of this machine that neither a paper nor an ablation declares: files of your own, named by their path."""
    declared = [*papers.declarations("all", profile_name).values(), *(run for _, run in all_runs(profile_name))]
    known = {run.label for run in declared} | {run.key for run in declared}
    found = [Record(file.parent) for file in sorted((paths.runs() / profile_name).glob("*/record.json"))]
    return [one for one in found if not known & set(one.folder.name.rpartition("-")[::2])]


def knob_table(name: str, profile_name: str = "laptop") -> Table:
    """What of a method can be turned, what it is, and what it can be."""
    import pandas as pd

    from aubook.engine.table import Table

    what = method(name)
    options, recipe = what.resolved_options(profile_name, {}), what.recipe(profile_name)
    rows = []
    for key, allowed in changes.knobs(what, profile_name).items():
        kind, _, field_name = key.partition(".")
        own = {"option": options.get(field_name), "recipe": getattr(recipe, field_name, None)}.get(kind)
        if kind in ("loss", "sampler"):
            stage = what.stages[0]
            own = stage.sampler_options.get(field_name, "") if field_name else getattr(stage, kind)
        rows.append((key, str(own), str(allowed)))
    rows += [
        ("budget", "1.0", "a number above 0: a multiple of the paper's image-steps"),
        ("corpus", "''", "words of a twin such as '+ind' or '+stretch=0.5', or a corpus that codes the same AUs"),
        ("threshold", "0.5", "0.5 or 'tuned'"),
    ]
    frame = pd.DataFrame(rows, columns=["knob", f"under {profile_name}", "values"]).set_index("knob")
    return Table(frame, f"Knobs of {what.title}", [f'<div class="provenance">{what.source}</div>'])
