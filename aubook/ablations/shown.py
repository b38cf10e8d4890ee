"""An ablation's table and plot, and what of a method can be turned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aubook.ablations.declared import Declared
from aubook.states import in_words, of_run, took
from aulib.runs import changes
from aulib.runs.methods import method

if TYPE_CHECKING:
    from aubook.engine.picture import Picture
    from aubook.engine.scores import MethodScores
    from aubook.engine.table import Table


class Ablation(Declared):
    """One method, one knob, a few values: :class:`~aubook.ablations.declared.Declared`, with what came of it."""

    def scores(self, tuned: bool = False) -> dict[Any, MethodScores]:
        """What each value's runs have said of the tested frames."""
        from aubook.engine import transforms
        from aubook.engine.scores import of_runs

        out = {}
        for value, runs in self.declared.items():
            where = f"{self.corpus_of(value) if self.knob == 'corpus' else self.corpus}/{self.protocol}"
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
