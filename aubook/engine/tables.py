"""Tables from a declaration: printed numbers beside ours.  A missing run is an empty column that says so.

Three kinds, by the key ``kind`` of an entry of ``tables.yaml``:

``aus`` (the default)
    A row an AU, a column a method; printed columns from a file of ``aubook.published`` stand beside them.
``methods``
    A row a method, a column a metric, with intervals; ``minus`` names a method that is subtracted.
``pairs``
    A row a difference of two methods under a setting, by each metric, printed beside ours, with intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from aubook import published
from aubook.engine import notes, provenance
from aubook.engine.catalogue import Catalogue, catalogue
from aubook.engine.metrics import metric
from aubook.engine.scores import MethodScores, used
from aubook.engine.table import AVERAGE, EMPTY, RECOMPUTED, Table
from aubook.engine.terms import ahead, difference
from aubook.study import Study
from aulib import aus as coded
from aulib.errors import UnknownName

PRINTED = "printed, real data"


@dataclass(frozen=True)
class TableSpec:
    """One entry of ``tables.yaml``.

    Parameters
    ----------
    caption : str
        ``{metric}`` stands for the metric's title.
    kind : {'aus', 'methods', 'pairs'}
    settings : sequence of str
        Settings of the paper's catalogue; of ``aus``, one column group each.
    methods : sequence of str
        Columns or rows, of the catalogue.
    pairs : sequence of (str, str)
        Differences, first minus second.
    metrics : sequence of str
        The first is that of a table by AU; ``tuned f1``: at thresholds from validation people; of ``methods`` also
        ``f1 of sample``: under another setting.
    average : {'pooled', 'per-fold'}, optional
        Over folds; what the metric says by default.
    aus : str
        Rows, a list of ``aulib.aus``.
    fill : str
        Of ``aus``: a probe whose scores stand in, in the cells but not in the averages, for AUs without an output.
    recorded : sequence of str
        Of ``methods``: more columns, of `RECORDED`.
    published : mapping
        ``file``; ``where``: column -> text that a row must hold, by setting if there are several; ``heads``: the column
        that names a printed column; ``order`` of them; ``scale``; ``empty``, what stands for an empty cell; ``of``: our
        method -> its printed head; ``metric``: the only printed one, or metric -> its name in the file; ``text``, of
        ``pairs``: metric -> name in ``drml_text_numbers`` and its like, a ``file``, of how many AUs the text counts.
    minus : str
        Of ``methods``: what is subtracted.
    notes, errata : sequence of str
        Remarks; errata by their number.
    """

    caption: str
    kind: str = "aus"
    settings: Sequence[str] = ()
    methods: Sequence[str] = ()
    pairs: Sequence[Sequence[str]] = ()
    metrics: Sequence[str] = ("f1",)
    average: str | None = None
    aus: str = "BP4D_AUS"
    fill: str = ""
    recorded: Sequence[str] = ()
    published: Mapping[str, Any] = field(default_factory=dict)
    minus: str = ""
    words: str = ""
    notes: Sequence[str] = ()
    errata: Sequence[str] = ()


def spec(paper: str, name: str) -> TableSpec:
    """A declared table; raises :class:`~aulib.errors.UnknownName` for a table or a key that does not exist."""
    known = catalogue(paper).tables
    if name not in known:
        raise UnknownName(f"table of {paper}", name, known)
    allowed = [one.name for one in fields(TableSpec)]
    for key in known[name]:
        if key not in allowed:
            raise UnknownName(f"key of table {name} of {paper}", key, allowed)
    return TableSpec(**known[name])


def build(paper: str, name: str, study: Study, **change: Any) -> Table:
    """A declared table from the records of a study; keywords replace what the declaration says."""
    given = spec(paper, name)
    given = TableSpec(**{one.name: getattr(given, one.name) for one in fields(TableSpec)} | change)
    return {"aus": _by_au, "methods": _by_method, "pairs": _by_pair}[given.kind](catalogue(paper), given, study)


def printed(given: TableSpec, setting: str = "", of: str = "f1") -> pd.DataFrame:
    """Printed cells in percent: a row an AU and ``avg`` as printed, a column a method.

    Columns stand in the order that the declaration names, others are left out.
    """
    said = given.published
    rows = published.table(said["file"])
    if isinstance(said.get("metric"), Mapping):
        rows = rows[rows["metric"] == said["metric"][of]]
    where = said.get("where", {})
    for column, text in where.get(setting, where).items() if where else ():
        rows = rows[rows[column].str.contains(text, regex=False)]
    heads = rows[said.get("heads", "method")].str.partition(":")[0]
    values = (said.get("scale", 1) * pd.to_numeric(rows["value"]).fillna(said.get("empty", np.nan))).round(6)
    wide = pd.DataFrame({"au": rows["au"], "head": heads, "value": values})
    wide = wide.pivot(index="au", columns="head", values="value")
    wide.columns.name = wide.index.name = None
    order = said.get("order", {})
    order = order.get(setting, []) if isinstance(order, Mapping) else order
    wide = wide.reindex([*(str(au) for au in getattr(coded, given.aus)), "avg"])
    return wide[[head for head in order if head in wide] or list(dict.fromkeys(heads))]


def has_printed(given: TableSpec, of: str) -> bool:
    """Whether there are printed numbers of a metric."""
    measures = given.published.get("metric", "f1")
    return bool(given.published) and (of in measures if isinstance(measures, Mapping) else of == measures)


def _by_au(of: Catalogue, given: TableSpec, study: Study) -> Table:
    name, aus = given.metrics[0], getattr(coded, given.aus)
    what, tuned = metric(name.removeprefix("tuned ")), name.startswith("tuned ")
    several = len(given.settings) > 1
    columns: dict[tuple[str, str], list[float]] = {}
    found = {s: [of.scores(study, m, s, tuned) for m in given.methods] for s in given.settings}
    every = [one for group in found.values() for one in group]
    filled: set[int] = set()
    told = set.intersection(*(set(one.aus) for one in every if one), set(aus)) if any(every) else set(aus)
    for setting in given.settings if has_printed(given, name) else ():
        head = PRINTED + (f", {of.title(setting)}" if several else "")
        for method, cells in printed(given, setting, name).items():
            own = cells.drop(index="avg")
            shared = own[[str(au) for au in aus if au in told]].mean()
            columns[head, str(method)] = [*own, cells["avg"], own.mean(), shared]
    ours = provenance.ours(used(*every))
    for setting, group in found.items():
        head = ours + (f", {of.title(setting)}" if several else "")
        for method, one in zip(given.methods, group, strict=True):
            values = one.per_au(what, given.average)
            own = [values.get(au, np.nan) for au in aus]
            readout = of.scores(study, method, setting, tuned, given.fill) if given.fill else one
            more = readout.per_au(what, given.average)
            filled |= set(more) - set(values)
            cells = [values.get(au, more.get(au, np.nan)) for au in aus]
            shared_cells = [values.get(au, np.nan) for au in aus if au in told]
            columns[head, one.head] = [*cells, _mean(own), np.nan, _mean(shared_cells)]
    shared_head = f"Avg. of {len(told)} AUs"
    frame = pd.DataFrame(columns, index=pd.Index([*map(str, aus), AVERAGE, RECOMPUTED, shared_head], name="AU"))
    if not has_printed(given, name):
        frame = frame.drop(index=RECOMPUTED)
    if len(told) == len(aus):  # the same row twice
        frame = frame.drop(index=shared_head)
    absent = [au for au in aus if any(every) and not any(au in one.aus for one in every)]
    lines = notes.footer(study, every, notes.tested(every), of.paper)
    if any(of.tested(study, setting) is None for setting in given.settings):
        lines = [notes.note("Your copy has no second corpus beside it: name both, for instance corpus = 'bp4d,disfa'.")]
    if filled:
        lines.append(notes.filled(filled & set(aus)))
    elif absent:
        words = " and ".join(map(str, absent))
        lines.append(notes.note(f"AUs {words} are not coded in our corpus: no network has such an output."))
    lines += _remarks(given, has_printed(given, name))
    pooled = given.average or ("pooled" if what.pooled else "per-fold")
    how = "frames of all folds pooled" if pooled == "pooled" else "mean over folds"
    caption = f"{given.caption.format(metric=what.title)} in {what.unit}, {'thresholds tuned, ' if tuned else ''}{how}"
    return Table(frame, caption, lines, best=tuple(dict.fromkeys(head for head, _ in columns)))


def _by_method(of: Catalogue, given: TableSpec, study: Study) -> Table:
    rows: dict[str, list[str]] = {}
    every: list[MethodScores] = []
    several = len(given.settings) > 1
    for setting in given.settings:
        for name in given.methods:
            plain = of.scores(study, name, setting)
            every.append(plain)
            if name == given.minus:
                continue
            cells = []
            for column in given.metrics:
                tuned = column.startswith("tuned ")
                what, _, elsewhere = column.removeprefix("tuned ").partition(" of ")
                where = elsewhere or setting
                one = of.scores(study, name, where, tuned)
                if given.minus:
                    found = difference(one, of.scores(study, given.minus, where, tuned), what)
                    cells.append(EMPTY if found is None else found.signed)
                else:
                    mean = one.mean(what, average=given.average)
                    cells.append(EMPTY if mean is None else str(mean))
            cells += [RECORDED[column][1](plain) if plain else EMPTY for column in given.recorded]
            rows[f"{of.title(setting)}: {plain.head}" if several else plain.head] = cells
    heads = [_column_head(of, column) for column in given.metrics] + [RECORDED[c][0] for c in given.recorded]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=heads).rename_axis("method")
    words = " ".join(part for part in (given.words, notes.tested(every)) if part)
    return Table(frame, given.caption, [*notes.footer(study, every, words, of.paper), *_remarks(given, True)])


def _column_head(of: Catalogue, column: str) -> str:
    what, _, setting = column.removeprefix("tuned ").partition(" of ")
    tuned = ", own thresholds" if column.startswith("tuned ") else ""
    return metric(what).short + (f", {of.title(setting)}" if setting else "") + tuned


def best_validation(one: MethodScores) -> float:
    """Best validation AUC of its networks in percent, the mean over them; NaN where none was trained by steps."""
    best = [record.arrays("history")["validation_auc"].max() for record in one.records if record.has("history")]
    return 100 * float(np.mean(best)) if best else np.nan


def _images(one: MethodScores) -> str:
    steps = one.records[0].about["declaration"].get("image_steps")
    return f"{steps:,}" if steps else EMPTY


def _validation(one: MethodScores) -> str:
    value = best_validation(one)
    return EMPTY if np.isnan(value) else f"{value:.1f}"


#: Columns of what records say beside scores: key in a declaration -> head, function of the method.
RECORDED: dict[str, tuple[str, Callable[[MethodScores], str]]] = {
    "validation": ("best validation AUC", _validation),
    "images": ("training images", _images),
    "state": ("state", lambda one: one.state),
}


def _by_pair(of: Catalogue, given: TableSpec, study: Study) -> Table:
    rows, every = [], []
    several = len(given.metrics) > 1
    for (first, second), setting, name in product(given.pairs, given.settings, given.metrics):
        if not _asked(of, setting, first, second):
            continue
        tuned, what = name.startswith("tuned "), name.removeprefix("tuned ")
        a, b = (of.scores(study, one, setting, tuned) for one in (first, second))
        every += [a, b]
        found, won = difference(a, b, what), ahead(a, b, what)
        theirs = _printed_cells(given, first, second, setting, what) if has_printed(given, name) else None
        row = {"difference": f"{a.title} − {b.title}" + (f", {metric(what).short}" if several else ""),
               "setting": of.title(setting),
               "printed": EMPTY if theirs is None else f"{(theirs[0] - theirs[1]).mean():+.1f}",
               "ours (95 % interval)": "not run" if found is None else found.signed}  # fmt: skip
        if "text" in given.published:
            row["AUs ahead, text"] = _told_by_text(given, first, second, what)
            row["by the cells"] = EMPTY if theirs is None else f"{(theirs[0] > theirs[1]).sum()} of {len(theirs[0])}"
        row["AUs ahead"] = EMPTY if won is None else f"{won[0]} of {won[1]}"
        rows.append(row | {"people": EMPTY if found is None else str(len(a.people))})
    frame = pd.DataFrame(rows).set_index(["difference", "setting"])
    short = metric(given.metrics[0].removeprefix("tuned ")).short
    lines = notes.footer(study, every, given.words, of.paper)
    return Table(frame, given.caption.format(metric=short), [*lines, *_remarks(given, True)])


def _told_by_text(given: TableSpec, first: str, second: str, what: str) -> str:
    """On how many AUs the paper's text counts the first ahead of the second."""
    said, heads = given.published["text"], [given.published["of"].get(name, name) for name in (first, second)]
    rows = published.table(said["file"])
    rows = rows[(rows["method"] == " vs ".join(heads)) & (rows["metric"] == said[what])]
    return f"{rows['value'].iloc[0]} of {len(getattr(coded, given.aus))}" if len(rows) else EMPTY


def _asked(of: Catalogue, setting: str, *names: str) -> bool:
    """Whether all of some methods are part of a setting, which may list those that it has."""
    listed = of.settings[setting].get("methods")
    return listed is None or set(names) <= set(listed)


def printed_difference(given: TableSpec, first: str, second: str, setting: str, of: str = "f1") -> float:
    """A printed average minus another, over the AUs that both print; NaN where one of them is not printed."""
    theirs = _printed_cells(given, first, second, setting, of)
    return np.nan if theirs is None else float((theirs[0] - theirs[1]).mean())


def _printed_cells(given: TableSpec, first: str, second: str, setting: str, of: str) -> list[pd.Series] | None:
    own = given.published.get("tables", {}).get(setting)
    source = given if own is None else spec(*own.split("/"))
    theirs = printed(source, setting, of).drop(index="avg")
    heads = [given.published["of"].get(name, name) for name in (first, second)]
    return [theirs[head] for head in heads] if set(heads) <= set(theirs) else None


def _mean(cells: Sequence[float]) -> float:
    return float(np.nanmean(cells)) if not np.isnan(cells).all() else np.nan


def _remarks(given: TableSpec, errata: bool) -> list[str]:
    return [notes.note(words) for words in given.notes] + [notes.erratum(one) for one in given.errata if errata]
