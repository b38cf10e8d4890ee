"""One declarations-only module a paper: which runs make which table and figure.  No torch, no loops over data."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from aulib.declarations import Declaration
from aulib.errors import UnknownName
from aulib.experiments import drml
from aulib.experiments.study import Study

#: Paper -> function from a study to its declarations, keyed by label.
PAPERS: dict[str, Callable[[Study], dict[str, Declaration]]] = {"drml": drml.declarations}


def declarations(paper: str, study: str | Study) -> dict[str, Declaration]:
    """Every run of a paper by label, in the order in which they are best made.

    Parameters
    ----------
    paper : str
    study : str or Study
        The name of a profile stands for its default seeds and corpora.
    """
    if paper not in PAPERS:
        raise UnknownName("paper", paper, PAPERS)
    return _declared(paper, Study(study) if isinstance(study, str) else study)


@cache
def _declared(paper: str, study: Study) -> dict[str, Declaration]:
    return PAPERS[paper](study)


def find(paper: str, study: str | Study, label: str) -> Declaration:
    """One declaration by label."""
    known = declarations(paper, study)
    if label not in known:
        raise UnknownName(f"run of {paper} under profile {study}", label, known)
    return known[label]


__all__ = ["PAPERS", "Study", "declarations", "find"]
