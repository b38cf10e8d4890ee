"""What there is of every declared run, and what to do where there is nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

from aubook import advice, papers
from aubook.study import Study
from aulib import paths
from aulib.corpus import name_of
from aulib.errors import AulibError, CorpusError, RecordError
from aulib.runs import results
from aulib.runs.declaration import Declaration


class State(NamedTuple):
    """What there is of a run: ``done``, ``reference``, ``started``, ``stale``, ``damaged`` or ``missing``."""

    declaration: Declaration
    state: str
    detail: str
    record: results.Record | None = None


def states(paper: str, profile_name: str | Study) -> Iterator[State]:
    """The state of every run."""
    for declaration in papers.declarations(paper, profile_name).values():
        yield of_run(declaration, advice.to_run(profile_name, paper, declaration.label))


def of_run(declaration: Declaration, command: str) -> State:
    """The state of one run; `command` makes it where it is missing."""
    try:
        return State(declaration, *_state(declaration, command))
    except (RecordError, CorpusError) as error:
        return State(declaration, "damaged", str(error))


def _state(declaration: Declaration, command: str) -> tuple[str, str, results.Record | None]:
    if (record := results.find(declaration)) is not None:
        own = record.folder.is_relative_to(paths.runs())
        about = record.verify().about
        detail = f"{about['created']}, {about['device']}, {about['wall_s']:.0f} s, digest {record.digest}"
        return "done" if own else "reference", detail, record
    if results.partial_of(declaration).is_dir():
        return "started", "the next run goes on from its checkpoint", None
    if old := results.stale(declaration):
        made = old[-1].about["created"]
        return "stale", f"a record of {made} was made by another recipe or version, or from other labels or faces", None
    seconds = took(declaration)
    return "missing", command + (f"  # {in_words(seconds)}" if seconds is not None else ""), None


def took(declaration: Declaration) -> float | None:
    """Seconds that a run takes: those of its record, or of runs of the same method, by how long they trained.

    None where there is no such record; no estimate is worth an error.
    """
    try:
        if record := results.find(declaration) or next(reversed(results.stale(declaration)), None):
            return float(record.about["wall_s"])
        steps = declaration.resolved.get("image_steps")
        alike = [one for one in _spent(declaration.profile) if one.method == declaration.method_spec.name]
        alike = [one for one in alike if one.corpus == declaration.corpus] or alike
        each = [one.seconds if steps is None else one.seconds / one.steps * steps for one in alike]
        return median(each) if each else None
    except (AulibError, OSError, KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


class _Spent(NamedTuple):
    method: str
    corpus: str
    steps: float
    seconds: float


def _spent(profile: str) -> Iterator[_Spent]:
    """What every record of a profile took."""
    for root in (paths.runs(), paths.references()):
        for file in sorted((root / profile).glob("*/record.json")):
            with suppress(AulibError, KeyError, TypeError):
                yield _read(file.parent, file.stat().st_mtime_ns)


@lru_cache(maxsize=1024)
def _read(folder: Path, _: int) -> _Spent:
    about = results.Record(folder).about
    declared = about["declaration"]
    return _Spent(declared["method"], name_of(declared["corpus"]), declared.get("image_steps", 1), about["wall_s"])


def in_words(seconds: float) -> str:
    """``some 3 h 20 min``."""
    minutes = max(1, round(seconds / 60))
    return f"some {minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"some {minutes} min"


def length(wanted: Sequence[Declaration]) -> str:
    """How long some runs take, by the records of such runs."""
    times = [took(declaration) for declaration in wanted]
    known = [seconds for seconds in times if seconds is not None]
    if not known:
        return "nobody knows how long they take"
    unknown = f"; of {len(times) - len(known)} nobody knows how long" if len(known) < len(times) else ""
    return f"records of such runs took {in_words(sum(known))}{unknown}"
