"""Tables from a declaration: printed numbers beside ours.  A missing run is an empty column that says so.

Three kinds, by the key ``kind`` of an entry of ``tables.yaml``:

``aus`` (the default)
    A row an AU, a column a method; printed columns from a file of ``aubook.published`` stand beside them.
``methods``
    A row a method, a column a metric, with intervals; ``minus`` names a method that is subtracted.
``pairs``
    A row a difference of two methods under a setting, printed beside ours, with intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
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
        The first is that of a table by AU; ``tuned f1``: at thresholds from validation people.
    average : {'pooled', 'per-fold'}, optional
        Over folds; what the metric says by default.
    aus : str
        Rows, a list of ``aulib.aus``.
    published : mapping
        ``file``; ``where``: column -> text that a row must hold, by setting if there are several; ``heads``: the column
        that names a printed column; ``order`` of them; ``scale``; ``empty``, what stands for an empty cell; ``of``: our
        method -> its printed head.
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


def printed(given: TableSpec, setting: str = "") -> pd.DataFrame:
    """Printed cells in percent: a row an AU and ``avg`` as printed, a column a method.

    Columns stand in the order that the declaration names, others are left out.
    """
    said = given.published
    rows = published.table(said["file"])
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
    return bool(given.published) and of == given.published.get("metric", "f1")


def _by_au(of: Catalogue, given: TableSpec, study: Study) -> Table:
    name, aus = given.metrics[0], getattr(coded, given.aus)
    what, tuned = metric(name.removeprefix("tuned ")), name.startswith("tuned ")
    several = len(given.settings) > 1
    columns: dict[tuple[str, str], list[float]] = {}
    found = {s: [of.scores(study, m, s, tuned) for m in given.methods] for s in given.settings}
    every = [one for group in found.values() for one in group]
    told = set.intersection(*(set(one.aus) for one in every if one), set(aus)) if any(every) else set(aus)
    for setting in given.settings if has_printed(given, name) else ():
        head = PRINTED + (f", {of.title(setting)}" if several else "")
        for method, cells in printed(given, setting).items():
            own = cells.drop(index="avg")
            shared = own[[str(au) for au in aus if au in told]].mean()
            columns[head, str(method)] = [*own, cells["avg"], own.mean(), shared]
    ours = provenance.ours(used(*every))
    for setting, group in found.items():
        head = ours + (f", {of.title(setting)}" if several else "")
        for one in group:
            values = one.per_au(what, given.average)
            cells = [values.get(au, np.nan) for au in aus]
            shared_cells = [values.get(au, np.nan) for au in aus if au in told]
            columns[head, one.head] = [*cells, _mean(cells), np.nan, _mean(shared_cells)]
    shared_head = f"Avg. of {len(told)} AUs"
    frame = pd.DataFrame(columns, index=pd.Index([*map(str, aus), AVERAGE, RECOMPUTED, shared_head], name="AU"))
    if not has_printed(given, name):
        frame = frame.drop(index=RECOMPUTED)
    if len(told) == len(aus):  # the same row twice
        frame = frame.drop(index=shared_head)
    absent = [au for au in aus if any(every) and not any(au in one.aus for one in every)]
    lines = notes.footer(study, every, notes.tested(every), of.paper)
    if absent:
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
                tuned, what = column.startswith("tuned "), column.removeprefix("tuned ")
                one = of.scores(study, name, setting, tuned)
                if given.minus:
                    found = difference(one, of.scores(study, given.minus, setting, tuned), what)
                    cells.append(EMPTY if found is None else found.signed)
                else:
                    mean = one.mean(what, average=given.average)
                    cells.append(EMPTY if mean is None else str(mean))
            rows[f"{of.title(setting)}: {plain.head}" if several else plain.head] = cells
    heads = [metric(c.removeprefix("tuned ")).short + (", own thresholds" if c.startswith("tuned") else "")
             for c in given.metrics]  # fmt: skip
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=heads).rename_axis("method")
    words = " ".join(part for part in (given.words, notes.tested(every)) if part)
    return Table(frame, given.caption, [*notes.footer(study, every, words, of.paper), *_remarks(given, True)])


def _by_pair(of: Catalogue, given: TableSpec, study: Study) -> Table:
    name = given.metrics[0]
    tuned, what = name.startswith("tuned "), name.removeprefix("tuned ")
    rows, every = [], []
    for first, second in given.pairs:
        for setting in given.settings:
            if not _asked(of, setting, first, second):
                continue
            a, b = (of.scores(study, one, setting, tuned) for one in (first, second))
            every += [a, b]
            found, won = difference(a, b, what), ahead(a, b, what)
            theirs = printed_difference(given, first, second, setting) if has_printed(given, name) else np.nan
            rows.append((f"{a.title} − {b.title}", of.title(setting), EMPTY if np.isnan(theirs) else f"{theirs:+.1f}",
                         "not run" if found is None else found.signed,
                         EMPTY if won is None else f"{won[0]} of {won[1]}",
                         EMPTY if found is None else str(len(a.people))))  # fmt: skip
    columns = ["difference", "setting", "printed", "ours (95 % interval)", "AUs ahead", "people"]
    frame = pd.DataFrame(rows, columns=columns).set_index(["difference", "setting"])
    lines = notes.footer(study, every, given.words, of.paper)
    return Table(frame, given.caption.format(metric=metric(what).short), [*lines, *_remarks(given, True)])


def _asked(of: Catalogue, setting: str, *names: str) -> bool:
    """Whether all of some methods are part of a setting, which may list those that it has."""
    listed = of.settings[setting].get("methods")
    return listed is None or set(names) <= set(listed)


def printed_difference(given: TableSpec, first: str, second: str, setting: str) -> float:
    """A printed average minus another, over the AUs that both print; NaN where one of them is not printed."""
    own = given.published.get("tables", {}).get(setting)
    source = given if own is None else spec(*own.split("/"))
    theirs = printed(source, setting).drop(index="avg")
    heads = [given.published["of"].get(name, name) for name in (first, second)]
    return float((theirs[heads[0]] - theirs[heads[1]]).mean()) if set(heads) <= set(theirs) else np.nan


def _mean(cells: Sequence[float]) -> float:
    return float(np.nanmean(cells)) if not np.isnan(cells).all() else np.nan


def _remarks(given: TableSpec, errata: bool) -> list[str]:
    return [notes.note(words) for words in given.notes] + [notes.erratum(one) for one in given.errata if errata]
