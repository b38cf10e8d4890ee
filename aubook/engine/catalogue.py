"""Catalogue: a paper's settings, methods and tables, declared in its ``tables.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from aubook.engine import transforms
from aubook.engine.scores import MethodScores, Select
from aubook.study import Study
from aulib.errors import AulibError, UnknownName
from aulib.protocols import protocol

_PAPERS = Path(__file__).parent.parent / "papers"

#: Fields of a setting that select runs.
_WHERE = ("corpus", "protocol", "tested_on", "fold", "seed", "sole")

#: What was made of the same records in this session, with all that was counted in it.
_KEPT: dict[tuple, MethodScores] = {}


class Catalogue:
    """What one paper declares.

    Parameters
    ----------
    paper : str
    said : mapping
        Of ``tables.yaml``: ``settings`` (name -> corpus, protocol, title, where to look, and ``frames: one-two`` for
        two negatives to every positive), ``methods`` (name -> method, title, options, ``behind``, ``smooth``,
        ``budget``) and ``tables`` (name -> table, see :mod:`aubook.engine.tables`).
    """

    def __init__(self, paper: str, said: Mapping[str, Any]) -> None:
        self.paper = paper
        self.settings: Mapping[str, Any] = said.get("settings", {})
        self.methods: Mapping[str, Any] = said.get("methods", {})
        self.tables: Mapping[str, Any] = said.get("tables", {})

    def title(self, setting: str) -> str:
        """How a setting is called in a heading."""
        return self._one("setting", setting, self.settings).get("title", setting)

    def tested(self, study: Study, setting: str) -> str | None:
        """The corpus of a study that is tested under a setting; None if none takes the place of the declared one."""
        where = self._one("setting", setting, self.settings)
        return Select("", **{k: where[k] for k in _WHERE if k in where}).corpora(study)[1]

    def scores(self, study: Study, name: str, setting: str, tuned: bool = False, fill: str = "") -> MethodScores:
        """A method under a setting.

        Parameters
        ----------
        study : Study
        name : str
            Of ``methods``; ``always`` is a predictor that calls every AU present, on the frames of whatever was run.
        setting : str
            Of ``settings``.
        tuned : bool
            Decide at thresholds from validation people.
        fill : str
            A probe whose scores stand in for AUs without an output.
        """
        where = self._one("setting", setting, self.settings)
        if name == "always":
            whole = (self.scores(study, other, setting) for other in where.get("methods", self.methods))
            first = next((one for one in whole if one), None)
            if first is None:
                return MethodScores("always", "always present")
            return transforms.constant(first, untold=1.0 if fill else float("nan"))
        what = dict(self._one("method", name, self.methods))
        smooth = what.pop("smooth", None)
        found = Select(fill=fill, **(what | {k: where[k] for k in _WHERE if k in where})).find(study, name)
        key = self.paper, study, name, setting, tuned, fill, tuple((r.folder, r.digest) for r in found.records)
        if key not in _KEPT:
            if where.get("frames") == "one-two":
                found = transforms.one_in_three(found, protocol(found.rule).positives)
            found = replace(transforms.smooth(found, **smooth), name=name) if smooth is not None else found
            _KEPT[key] = transforms.tune(found) if tuned else found
        return _KEPT[key]

    def _one(self, what: str, name: str, known: Mapping[str, Any]) -> Mapping[str, Any]:
        if name not in known:
            raise UnknownName(f"{what} of {self.paper}", name, known)
        return known[name]


@cache
def catalogue(paper: str) -> Catalogue:
    """The catalogue of a paper; raises :class:`~aulib.errors.AulibError` naming the line that is wrong."""
    path = _PAPERS / paper / "tables.yaml"
    if not path.is_file():
        raise UnknownName("paper with tables", paper, papers())
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise AulibError(f"{path.name} of {paper}, line {mark.line + 1 if mark else '?'}: {error}") from error
    return Catalogue(paper, said)


def papers() -> list[str]:
    """Papers that have tables."""
    return sorted(path.parent.name for path in _PAPERS.glob("*/tables.yaml"))
