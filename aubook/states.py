"""What there is of every declared run, and what to do where there is nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from aubook import advice, papers
from aubook.study import Study
from aulib import paths
from aulib.errors import CorpusError, RecordError
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
        try:
            yield State(declaration, *_state(declaration, profile_name, paper))
        except (RecordError, CorpusError) as error:
            yield State(declaration, "damaged", str(error))


def _state(declaration: Declaration, study: str | Study, paper: str) -> tuple[str, str, results.Record | None]:
    if (record := results.find(declaration)) is not None:
        own = record.folder.is_relative_to(paths.runs())
        about = record.verify().about
        detail = f"{about['created']}, {about['device']}, {about['wall_s']:.0f} s, digest {record.digest}"
        return "done" if own else "reference", detail, record
    folder = results.folder_of(declaration)
    if folder.with_name(f"{folder.name}.partial").is_dir():
        return "started", "the next run goes on from its checkpoint", None
    if old := results.stale(declaration):
        made = old[-1].about["created"]
        return "stale", f"a record of {made} was made by another recipe or version, or from other labels or faces", None
    return "missing", advice.to_run(study, paper, declaration.label), None
