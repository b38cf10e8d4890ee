"""One declarations-only module a paper: which runs make which table and figure.  No torch, no loops over data."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from aubook.papers import corpora
from aubook.papers.drml import runs as drml
from aubook.papers.hybrid import runs as hybrid
from aubook.study import Study
from aulib.errors import UnknownName
from aulib.runs.declaration import Declaration

#: Paper, or the corpora themselves -> function from a study to its declarations, keyed by label.
PAPERS: dict[str, Callable[[Study], dict[str, Declaration]]] = {
    "corpora": corpora.declarations,
    "drml": drml.declarations,
    "hybrid": hybrid.declarations,
}


def expand(paper: str) -> tuple[str, ...]:
    """The papers that a name stands for: itself, or every one for ``all``."""
    if paper != "all" and paper not in PAPERS:
        raise UnknownName("paper", paper, [*PAPERS, "all"])
    return tuple(PAPERS) if paper == "all" else (paper,)


def declarations(paper: str, study: str | Study) -> dict[str, Declaration]:
    """Every run of a paper by label, in the order in which they are best made.

    Parameters
    ----------
    paper : str
        A key of `PAPERS`, or ``all``; no two papers use a label for different runs.
    study : str or Study
        The name of a profile stands for its default seeds and corpora.
    """
    study = Study(study) if isinstance(study, str) else study
    return {label: run for name in expand(paper) for label, run in _declared(name, study).items()}


@cache
def _declared(paper: str, study: Study) -> dict[str, Declaration]:
    return PAPERS[paper](study)


def find(paper: str, study: str | Study, label: str) -> Declaration:
    """One declaration by label."""
    known = declarations(paper, study)
    if label not in known:
        of = "" if paper == "all" else f" of {paper}"
        raise UnknownName(f"run{of} under profile {study}", label, known, "python -m aulib status")
    return known[label]


__all__ = ["PAPERS", "Study", "declarations", "find", "papers"]
