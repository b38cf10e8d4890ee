"""Claims: what the papers say, judged in one place.  The sentences come from ``published/claims.csv``.

A word (supported, contradicted, …) is given only where the design bears it: all folds of the protocol, networks of
which it is known that the budget trained them, and as many seeds as the claim asks for.  Everything else shows its
effect, its interval, and what the design could have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from aubook import published
from aubook.engine import notes
from aubook.engine.catalogue import catalogue
from aubook.engine.resampling import Interval
from aubook.engine.rules import Rule, p_value, resolution
from aubook.engine.scores import MethodScores, unique, used
from aubook.engine.state import state
from aubook.engine.table import EMPTY, Table
from aubook.engine.terms import Effect, Term, evaluate, score
from aubook.study import Study
from aulib.errors import UnknownName
from aulib.runs.results import Record

#: Papers in the order of the book, and their claims' prefixes.
PAPERS = {"drml": "DRML", "dsin": "DSIN", "ccnn": "CCNN", "arl": "ARL", "hybrid": "HYB"}

#: False discovery rate within a paper.
DISCOVERY = 0.10


@dataclass(frozen=True)
class Bench:
    """What a claim's statistic is given: the methods of one setting, found in the records of a study.

    Called with a name it is the mean of a metric over AUs: ``m("hybrid") - m("anet")``.
    """

    study: Study
    paper: str
    setting: str

    def __call__(self, name: str, metric: str = "f1", setting: str = "", aus=None, tuned: bool = False) -> Term:
        return score(self.scores(name, setting, tuned), metric, aus)

    def scores(self, name: str, setting: str = "", tuned: bool = False) -> MethodScores:
        """The scores themselves; ``setting`` is that of the claim by default."""
        return catalogue(self.paper).scores(self.study, name, setting or self.setting, tuned)


@dataclass(frozen=True)
class Measured:
    """A statistic that rests on something else than tested scores: items, labels, times.

    Parameters
    ----------
    effect : Effect or None
        None if it was not run.
    records : sequence of Record
    bears : str
        Why the design does not bear a word; empty if it does, as where labels are counted.
    """

    effect: Effect | None
    records: Sequence[Record] = ()
    bears: str = ""


def counted(value: float) -> Effect:
    """An effect that is counted, and has no interval."""
    return Effect(np.full(2, float(value)))


@dataclass(frozen=True)
class Claim:
    """One part of a row of ``claims.csv``.

    Parameters
    ----------
    id : str
    rule : Rule
    statistic : callable
        :class:`Bench` -> :class:`~aubook.engine.terms.Term` or :class:`Measured`.
    settings : sequence of str
        One verdict each.
    part : str
        What of the claim, where there are several; a control of our own says so.
    published : float, optional
        The printed effect, corrected, in the unit of the statistic; or a function that gives it by setting.
    unit : str
    seeds : int
        As many as a word needs.
    """

    id: str
    rule: Rule
    statistic: Callable[[Bench], Term | Measured]
    settings: Sequence[str] = ("",)
    part: str = ""
    published: float | Callable[[str], float] | None = None
    unit: str = "points"
    seeds: int = 3


@dataclass(frozen=True)
class Verdict:
    """What a claim came to under one setting."""

    claim: Claim
    setting: str
    effect: Effect | None
    word: str
    why: str = ""
    records: Sequence[Record] = field(default_factory=tuple)

    @property
    def interval(self) -> Interval | None:
        """The effect at the level of the rule."""
        return None if self.effect is None else self.effect.interval(self.claim.rule.level)

    @property
    def seen(self) -> float:
        """The smallest effect that the design could have seen; of a difference."""
        differs = self.claim.rule.name in ("pair", "equiv", "noninf")
        return np.nan if self.effect is None or not differs else resolution(self.effect, self.claim.rule)


def judge(claim: Claim, study: Study) -> list[Verdict]:
    """A verdict for each setting of a claim, of one paper, on one study's records."""
    return [_judge(claim, setting, study) for setting in claim.settings]


def _judge(claim: Claim, setting: str, study: Study) -> Verdict:
    found = claim.statistic(Bench(study, paper_of(claim.id), setting))
    if isinstance(found, Term):
        effect, records = evaluate(found), found.records
        why = "" if effect is None else shortage(records, claim.seeds)
    else:
        effect, records, why = found.effect, list(found.records), found.bears
    if effect is None:
        return Verdict(claim, setting, None, "not run", "", records)
    if why:
        return Verdict(claim, setting, effect, "", why, records)
    return Verdict(claim, setting, effect, claim.rule.word(effect, printed_effect(claim, setting)), "", records)


def printed_effect(claim: Claim, setting: str) -> float | None:
    """What the paper prints of a claim's statistic under a setting; None if nothing."""
    value = claim.published(setting) if callable(claim.published) else claim.published
    return None if value is None or np.isnan(value) else float(value)


def shortage(records: Iterable[Record], seeds: int) -> str:
    """Why a word would say more than these runs can: folds, seeds or budget that they lack; empty if nothing.

    Where no network matters, as where labels are counted, `seeds` is 0.
    """
    records = unique(records)
    declared = [record.about["declaration"] for record in records]
    out = []
    for total in sorted({one["protocol"]["folds"] for one in declared}):
        run = {one["fold"] for one in declared if one["protocol"]["folds"] == total}
        if len(run) < total:
            out.append(f"{len(run)} of {total} folds")
    if not seeds:
        return ", ".join(out)
    trained = [one for one in declared if "image_steps" in one]
    ran = len({one["seed"] for one in trained})
    if trained and ran < seeds:
        out.append(f"{ran} seed{'s' if ran > 1 else ''} of {seeds}")
    word = state(records)
    if word not in ("reached", "solved"):
        out.append(f"networks {word}" if word != "unknown" else "not known whether the budget trained the networks")
    return ", ".join(out)


def paper_of(number: str) -> str:
    """The paper of a claim."""
    prefix = number.partition("-")[0]
    for paper, own in PAPERS.items():
        if own == prefix:
            return paper
    raise UnknownName("claim", number, rows().index)


@cache
def rows() -> pd.DataFrame:
    """All rows of ``claims.csv``, by id."""
    return published.table("claims").set_index("id")


def claims_of(paper: str) -> tuple[Claim, ...]:
    """The claims of a paper that are expressed; empty for a paper that is not built."""
    try:
        return import_module(f"aubook.papers.{paper}.claims").CLAIMS
    except ModuleNotFoundError:
        return ()


def verdicts(study: Study, *which: str) -> dict[str, list[Verdict]]:
    """Verdicts of some claims, of all by default, by id; a claim that is not expressed has none."""
    known = rows()
    for number in which:
        if number not in known.index and number not in PAPERS:
            raise UnknownName("claim", number, known.index)
    wanted = [n for n in known.index if not which or n in which or paper_of(n) in which]
    by_id: dict[str, list[Verdict]] = {number: [] for number in wanted}
    for paper in dict.fromkeys(paper_of(number) for number in wanted):
        for claim in claims_of(paper):
            if claim.id in by_id:
                by_id[claim.id] += judge(claim, study)
    return by_id


def discoveries(found: Iterable[Verdict]) -> dict[int, float]:
    """Adjusted p by position, Benjamini and Hochberg, of the verdicts that rest on an interval above 0."""
    from scipy.stats import false_discovery_control

    p = {k: p_value(v.effect) for k, v in enumerate(found) if v.effect is not None and v.claim.rule.name == "pair"}
    known = {k: value for k, value in p.items() if not np.isnan(value)}
    return dict(zip(known, false_discovery_control(list(known.values())), strict=True)) if known else {}


def ledger(study: Study, *which: str, caption: str = "What the papers claim, and what our records say") -> Table:
    """A row a claim, part and setting: the effect, what could have been seen, and a word where the design bears one.

    Parameters
    ----------
    study : Study
    *which : str
        Ids of claims, or papers; all by default.
    """
    out: list[tuple[Any, ...]] = []
    records: list[Record] = []
    for number, given in verdicts(study, *which).items():
        row = rows().loc[number]
        if not given:
            built = claims_of(paper_of(number))
            why = "needs runs that are not declared" if built else "the paper is not built yet"
            out.append((number, row["claim"], "", "", row["published_effect"], EMPTY, EMPTY, "", why))
        for one in given:
            records += one.records
            title = catalogue(paper_of(number)).title(one.setting) if one.setting else ""
            out.append((number, row["claim"], one.claim.part, title, _told(one), _effect(one), _number(one.seen),
                        str(one.claim.rule), one.word or f"no word: {one.why}"))  # fmt: skip
    columns = ["claim", "what the paper says", "part", "setting", "printed", "ours", "could have seen", "supported if",
               "verdict"]  # fmt: skip
    frame = pd.DataFrame(out, columns=columns).set_index(columns[:4])
    remarks = [
        "Ours: 95 % intervals (90 % where the rule says so, or counts) over people and, nested, trainings, or over the "
        "AUs, filters or starts of one network, 10,000 resamples. Could have seen: the smallest effect that this "
        "design finds four times in five. A word needs all folds, networks of which it is known that the budget "
        "trained them, and three seeds or as many as the claim asks for.",
        "Verdicts are about the corpora of these runs. Drawn faces decide nothing about real ones.",
    ]
    return Table(frame, caption, [*notes.by_folds(records), *map(notes.note, remarks)])


def _told(one: Verdict) -> str:
    if (value := printed_effect(one.claim, one.setting)) is not None:
        return f"{value:+.1f}" if one.claim.unit == "points" else f"{value:g}"
    return "" if one.claim.part else str(rows().loc[one.claim.id, "published_effect"])


def _effect(one: Verdict) -> str:
    if one.effect is None or one.interval is None:
        return "not run"
    p = "" if np.isnan(one.effect.p) else f", permutation p {one.effect.p:.2g}"
    return _value(one, one.interval) + p


def _value(one: Verdict, found: Interval) -> str:
    if np.isnan(found.low) or found.low == found.high == found.value:
        return f"{found.value:.3g} {one.claim.unit}".strip()
    if one.claim.unit in ("points", "percent"):
        return found.signed if one.claim.unit == "points" else str(found)
    return f"{found.value:.3g} ({found.low:.3g} to {found.high:.3g}) {one.claim.unit}".strip()


def _number(value: float) -> str:
    return EMPTY if np.isnan(value) else f"{value:.2g}"


__all__ = ["Bench", "Claim", "Measured", "Verdict", "counted", "judge", "ledger", "shortage", "used", "verdicts"]
