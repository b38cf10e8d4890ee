"""Every table of every paper by name: of its ``tables.yaml``, of its Python, and the ablations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec

from aubook import ablations
from aubook.engine import catalogue, tables
from aubook.engine.metrics import metric
from aubook.engine.table import Table
from aubook.papers import PAPERS
from aubook.study import Study
from aulib.errors import UnknownName

#: The ablations, told as a paper.
ABLATIONS = "ablations"


def papers() -> list[str]:
    """What has tables."""
    return [*(name for name in PAPERS if name in catalogue.papers() or _python(name)), ABLATIONS]


def listed(paper: str) -> dict[str, str]:
    """Name -> caption, of every table of a paper."""
    if paper not in papers():
        raise UnknownName("paper with tables", paper, papers())
    if paper == ABLATIONS:
        return {name: ablations.ablation(name).question for name in ablations.names()}
    said = catalogue.catalogue(paper).tables if paper in catalogue.papers() else {}
    captions = {}
    for name in said:
        given = tables.spec(paper, name)
        captions[name] = given.caption.format(metric=metric(given.metrics[0].removeprefix("tuned ")).title)
    return {name: _words(build) for name, build in _python(paper).items()} | captions


def check(paper: str, name: str) -> None:
    """Raise `UnknownName` for a table that does not exist."""
    if name not in (known := listed(paper)) and not (paper == ABLATIONS and name.endswith(".yaml")):
        raise UnknownName(f"table of {paper}", name, known)


def table(paper: str, name: str, study: Study) -> Table:
    """One table, from the records of a study.

    Parameters
    ----------
    paper : str
        Or ``ablations``.
    name : str
        One of :func:`listed`; of an ablation also a path.
    study : Study
    """
    check(paper, name)
    if paper == ABLATIONS:
        return ablations.ablation(name, study.profile, () if study.seed is None else (study.seed,)).table()
    if paper in catalogue.papers() and name in catalogue.catalogue(paper).tables:
        return tables.build(paper, name, study)
    return _python(paper)[name](study)


def _python(paper: str) -> Mapping[str, Callable[[Study], Table]]:
    """The mapping ``TABLES`` of a paper's module ``tables``, if it has one."""
    module = f"aubook.papers.{paper}.tables"
    if find_spec(f"aubook.papers.{paper}").submodule_search_locations is None or find_spec(module) is None:
        return {}
    return getattr(import_module(module), "TABLES", {})


def _words(build: Callable) -> str:
    """The first line of what a function says of itself."""
    return (build.__doc__ or "").strip().partition("\n")[0]
