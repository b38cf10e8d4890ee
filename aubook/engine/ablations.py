"""An ablation read: its scores, its table, its plot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from aubook.engine import notes, plots, terms, transforms
from aubook.engine.claims import shortage
from aubook.engine.metrics import metric
from aubook.engine.picture import Picture
from aubook.engine.scores import MethodScores, of_runs, used
from aubook.engine.style import BLUE, LIGHT
from aubook.engine.table import EMPTY, Table
from aubook.engine.terms import difference
from aubook.states import in_words, of_run, took
from aulib.runs.methods import method


def scores(of: Any, tuned: bool = False) -> dict[Any, MethodScores]:
    """What each value's runs have said of the tested frames."""

    out = {}
    for value, runs in of.declared.items():
        where = f"{of.corpus_of(value) if of.knob == 'corpus' else of.corpus}/{of.protocol}"
        found = of_runs(runs, f"{of.name}-{value}", of.title(value), where)
        out[value] = transforms.tune(found) if tuned or (of.knob == "threshold" and value == "tuned") else found
    return out


def table(of: Any) -> Table:
    """A row a value: means over AUs with intervals over people and trainings, and the difference to the reference.

    A value that was not run shows how long it takes.
    """

    by_metric = {name: scores(of, name.startswith("tuned ")) for name in of.metric}
    plain, first = scores(of), metric(of.metric[0].removeprefix("tuned "))
    heads = [metric(name.removeprefix("tuned ")).short + ", own thresholds" * name.startswith("tuned ")
             for name in of.metric]  # fmt: skip
    rows = []
    for value, one_value in plain.items():
        cells = [one[value].mean(name.removeprefix("tuned ")) for name, one in by_metric.items()]
        of_first = by_metric[of.metric[0]]
        gap = None if value == of.reference else difference(of_first[value], of_first[of.reference], first.name)
        rows.append([of.title(value), *(EMPTY if cell is None else str(cell) for cell in cells),
                     EMPTY if gap is None else gap.signed, one_value.state, _made(of, value)])  # fmt: skip
    columns = [of.knob_words, *heads, f"{heads[0]}, minus {of.title(of.reference)}", "state", "runs"]
    frame = pd.DataFrame(rows, columns=columns).set_index(of.knob_words)
    return Table(frame, f"{of.name}: {method(of.method).title}, {of.knob_words}", _lines(of, plain))


def plot(of: Any, difference: bool = False) -> Picture:
    """The first metric by value with its interval; a curve where the values are numbers, else a row each.

    Parameters
    ----------
    difference : bool
        Draw the differences to the reference instead, on the same frames of the same people.
    """

    name = of.metric[0].removeprefix("tuned ")
    drawn = scores(of, of.metric[0].startswith("tuned "))
    lines, words = _lines(of, scores(of)), metric(name).short
    if not any(drawn.values()):
        return plots.empty(of.name, of.profile)
    label = f"{words}, mean over AUs in {metric(name).unit}"
    caption = f"{of.name}: {method(of.method).title}, {of.knob_words}"
    if difference:
        found = {value: terms.difference(one, drawn[of.reference], name)
                 for value, one in drawn.items() if value != of.reference}  # fmt: skip
        label = f"{words}, mean over AUs, minus that of {of.title(of.reference)}, in points"
    else:
        found = {value: one.mean(name) for value, one in drawn.items()}
    numbers = [v for v in found if type(v) in (int, float)]
    if difference or len(numbers) < len(found) or len(found) < 3:
        marks = [plots.Mark(of.title(value), one, BLUE) for value, one in found.items()]
        return plots.forest({"": marks}, label, lines, caption, zero=difference)
    known = {value: one for value, one in sorted(found.items()) if one is not None}
    x = list(known)
    series = [
        plots.Series("mean", [one.value for one in known.values()], BLUE, "o-", x),
        plots.Series("95 % interval", [one.low for one in known.values()], LIGHT, "--", x),
        plots.Series("", [one.high for one in known.values()], LIGHT, "--", x),
    ]
    said = ", ".join(f"{of.title(value)} {one.value:.1f}" for value, one in known.items())
    alt = f"{label}, by {of.knob_words}: {said}."
    axes: dict[str, Any] = {"xticks": x, "xticklabels": [f"{value:g}" for value in x]}
    if x[0] > 0 and x[-1] >= 20 * x[0]:
        axes = {"xscale": "log"}
    return plots.curves({"": series}, of.knob_words, label, lines, caption, alt, size=(5.5, 3.4), **axes)


def _made(of: Any, value: Any) -> str:
    """How many of a value's runs are recorded; how long the others take."""
    states = [of_run(run, "") for run in of.declared[value]]
    lacking = [one.declaration for one in states if one.record is None]
    done = f"{len(states) - len(lacking)} of {len(states)}"
    if not lacking:
        return done
    seconds = [took(run) for run in lacking]
    known = [one for one in seconds if one is not None]
    return f"{done}; not run" + (f", {in_words(sum(known))}" if known else "")


def _lines(of: Any, read: Mapping[Any, MethodScores]) -> list[str]:

    records = used(*read.values())
    lines = [*notes.by_folds(records, notes.tested(read.values())), *notes.pretraining(records)]
    lines.append(notes.note(of.question))
    if records and (lacks := shortage(records, 3)):
        lines.append(notes.note(f"No word for what differs: {lacks}. An interval that holds 0 decides nothing."))
    if any(one.missing for one in read.values()):
        lines.append(notes.note(f"Runs are missing. Make them: `{of.command}`."))
    return lines
