"""What stands under a table or figure: where its numbers come from, what is missing, where networks began."""

from __future__ import annotations

import html
from collections.abc import Iterable

from aubook import advice, published
from aubook.engine import provenance
from aubook.engine.scores import MethodScores, unique, used
from aubook.engine.state import state
from aubook.study import Study
from aulib.runs.methods import METHODS
from aulib.runs.results import Record

#: So many missing runs are named, the others counted.
NAMED = 16


def note(words: str) -> str:
    """A remark, as HTML."""
    return f'<div class="au-note">{html.escape(words)}</div>'


def erratum(number: str) -> str:
    """An erratum of the papers by its number, as a remark; its words stand in ``published/errata.csv``."""
    rows = published.table("errata").set_index("id")
    return note(f"Erratum {number}: {rows.loc[number, 'what']}")


def footer(study: Study, methods: Iterable[MethodScores], words: str = "", paper: str = "all") -> list[str]:
    """Provenance, a line for each number of folds; what was not run; and who did not begin with random weights."""
    methods = list(methods)
    lines = by_folds(used(*methods), words)
    return [*lines, *pretraining(used(*methods)), *missing(study, methods, paper)]


def by_folds(records: Iterable[Record], words: str = "") -> list[str]:
    """Provenance of records, a line for each number of folds."""
    groups: dict[int, list[Record]] = {}
    for record in unique(records):
        groups.setdefault(record.about["declaration"]["protocol"]["folds"], []).append(record)
    lines = [provenance.line(group) for _, group in sorted(groups.items())] or [provenance.line([])]
    return [*lines[:-1], lines[-1].replace("</div>", f" · {html.escape(words)}</div>") if words else lines[-1]]


def pretraining(records: Iterable[Record]) -> list[str]:
    """A remark where networks did not begin with random weights, or nothing: they saw more faces than their rivals."""
    began = [METHODS[r.about["method"]].title for r in records if "init_from" in r.about["declaration"]]
    if not began:
        return []
    return [
        note(
            f"Under this profile {', '.join(dict.fromkeys(began))} began with weights learnt on drawn faces of other "
            "people, which a linear classifier never saw; LSTM, Hybrid and ANet^T are built on such an ANet. The paper "
            "does not say where its own networks began."
        )
    ]


def untrained(records: Iterable[Record], what: str = "These networks") -> list[str]:
    """A remark unless it is known that the budget trained some networks, or nothing."""
    word = state(records)
    if word in ("reached", "solved", "not run"):
        return []
    return [note(f"{what}: " + ("whether the budget trained them is not known." if word == "unknown" else f"{word}."))]


def missing(study: Study, methods: Iterable[MethodScores], paper: str = "all") -> list[str]:
    """A remark that names the runs that are missing, or nothing."""
    methods = list(methods)
    lacking = list(dict.fromkeys(label for one in methods for label in one.missing))
    names = dict.fromkeys(one.title for one in methods if not one and not one.missing)
    if not lacking and not names:
        return []
    more = f" and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
    said = "; ".join(part for part in (", ".join(lacking[:NAMED]) + more, ", ".join(names)) if part)
    return [note(f"Not run under profile {study}: {said}. Run `{advice.to_run(study, paper)}`.")]


def filled(aus: Iterable[int]) -> str:
    """A remark on the cells of AUs for which a readout stands in."""
    return note(
        f"AUs {', '.join(map(str, sorted(aus)))} of our columns: the network has no such output; a linear readout of "
        "its features, fitted on other subjects of the tested corpus, stands in. They are not in our average."
    )


def tested(methods: Iterable[MethodScores]) -> str:
    """How many people and frames are tested, and which folds of how many, in words; empty if nothing was run."""
    first = next((one for one in methods if one and one.records), None)
    if first is None:
        return ""
    folds = sorted({record.about["declaration"]["fold"] for record in first.records})
    total = first.records[0].about["declaration"]["protocol"]["folds"]
    which = f"fold{'s' if len(folds) > 1 else ''} {', '.join(map(str, folds))} of {total}"
    return f"{len(first.people)} people and {len(first.frames):,} frames are tested ({which})."
