"""One declarations-only module a paper: which runs make which table and figure.  No torch, no loops over data."""

from __future__ import annotations

from collections.abc import Callable

from aulib.declarations import Declaration
from aulib.errors import UnknownName
from aulib.experiments import drml

#: Paper -> function from a profile's name to its declarations, keyed by label.
PAPERS: dict[str, Callable[[str], dict[str, Declaration]]] = {"drml": drml.declarations}


def declarations(paper: str, profile: str) -> dict[str, Declaration]:
    """Every run of a paper under a profile, by label, in the order in which they are best made."""
    if paper not in PAPERS:
        raise UnknownName("paper", paper, PAPERS)
    return PAPERS[paper](profile)


def find(paper: str, profile: str, label: str) -> Declaration:
    """One declaration by label."""
    known = declarations(paper, profile)
    if label not in known:
        raise UnknownName(f"run of {paper} under profile {profile}", label, known)
    return known[label]
