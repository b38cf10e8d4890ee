"""The public subject lists of ``folds.yaml``: who is in which part of a corpus.

A fold is named by the part that it tests.  Public code counts folds in two directions (see :func:`numbered`).
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from aulib import paths
from aulib.errors import AulibError, UnknownName

FILE = Path(__file__).with_name("folds.yaml")
RATES = Path(__file__).with_name("rates_by_part.csv")


class FoldList(BaseModel):
    """One subject list; the keys of ``folds.yaml`` are the fields of this class.

    Attributes
    ----------
    kind : {'k-fold', 'fixed', 'partition', 'leave-one-out', 'groups'}
        Parts that are tested in turn; one division by name; one division by the column ``partition``; everybody of
        the roster in turn; people who share a recording together.
    parts : dict of str to tuple of str
        Subjects of each part.  A fixed list has ``train``, ``test`` and perhaps ``validation``.
    tags : dict of str to str
        For ``partition``: which tag trains and which is tested.
    counts : dict of str to dict of str to int
        Frames (or people) of each part, to check a copy of the corpus against.
    numbering : dict of str to tuple of str
        For each public code base, the parts that its folds 1, 2, 3 … test.
    comparable : bool
        False for a list whose scores cannot stand beside those of the usual one.
    confidence, usage : {'high', 'medium', 'low'}
        How sure the names are, and how sure it is that the field uses them so.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    corpus: str
    kind: Literal["k-fold", "fixed", "partition", "leave-one-out", "groups"]
    comparable: bool = True
    parts: dict[str, tuple[str, ...]] = {}
    tags: dict[str, str] = {}
    counts: dict[str, dict[str, int]] = {}
    numbering: dict[str, tuple[str, ...]] = {}
    sources: tuple[str, ...] = Field(min_length=1)
    confidence: Literal["high", "medium", "low"]
    usage: Literal["high", "medium", "low"] | None = None
    note: str
    roster: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> FoldList:
        seen: dict[str, str] = {}
        for part, subjects in self.parts.items():
            for subject in subjects:
                if subject in seen:
                    raise ValueError(f"subject {subject} of {part} is also in {seen[subject]}")
                if self.roster and subject not in self.roster:
                    raise ValueError(f"subject {subject} of {part} is not on the roster of {self.corpus}")
                seen[subject] = part
        wanted: dict[str, tuple[set[str], set[str]]] = {  # kind -> parts it must have, parts it may have
            "fixed": ({"train", "test"}, {"validation"}),
            "k-fold": (set(self.parts), set()),
        }
        must, may = wanted.get(self.kind, (set(), set()))
        if not must <= set(self.parts) <= must | may or (self.kind == "k-fold" and len(self.parts) < 2):
            raise ValueError(f"parts {sorted(self.parts)} do not fit a list of kind {self.kind}")
        if self.kind == "leave-one-out" and not self.roster:
            raise ValueError(f"a list of kind leave-one-out needs a roster of {self.corpus}")
        if self.kind == "partition" and (set(self.tags) != {"train", "test"} or "subjects" not in self.counts):
            raise ValueError("a list of kind partition needs tags and a count of subjects for train and test")
        for code, order in self.numbering.items():
            if sorted(order) != sorted(self.parts):
                raise ValueError(f"the numbering of {code} does not name every part once")
        return self

    @property
    def subjects(self) -> tuple[str, ...]:
        """Everybody on the list, sorted; empty for a list that goes by a tag or by groups."""
        if self.kind == "leave-one-out":
            return tuple(sorted(self.roster))
        return tuple(sorted(subject for part in self.parts.values() for subject in part))

    @property
    def tested(self) -> tuple[tuple[str, ...], ...]:
        """The subjects that each fold tests, fold 1 first."""
        if self.kind == "leave-one-out":
            return tuple((subject,) for subject in self.subjects)
        if self.kind == "fixed":
            return (self.parts["test"],)
        return tuple(self.parts.values())

    @property
    def folds(self) -> int | None:
        """How many folds it has; None where people are dealt by groups, into any number."""
        return {"partition": 1, "groups": None}.get(self.kind, len(self.tested))

    @property
    def dealt(self) -> int:
        """Parts into which people who are not on a one-fold list are dealt, so that the tested share is about the same.

        18 against 9 makes three parts, of which one is tested.
        """
        sizes = self.counts["subjects"] if self.kind == "partition" else {k: len(v) for k, v in self.parts.items()}
        return max(2, round(sum(sizes.values()) / sizes["test"]))

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits of who is where: what a run's key holds of a list."""
        who = [self.kind, {part: sorted(names) for part, names in self.parts.items()}, self.tags, self.subjects]
        return hashlib.sha256(json.dumps(who, sort_keys=True).encode()).hexdigest()[:8]


def read(path: Path = FILE) -> dict[str, FoldList]:
    """Read and check a file of lists.

    Raises
    ------
    AulibError
        Naming the file, and where possible the line, the entry and the key.
    """
    shown = paths.shown(path)
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AulibError(f"{shown}: cannot be read ({error.strerror}); restore it from the repository") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise AulibError(f"{shown}{line}: not valid YAML ({getattr(error, 'problem', error)})") from error
    if not isinstance(raw, dict) or not all(isinstance(raw.get(key), dict) for key in ("rosters", "lists")):
        raise AulibError(f"{shown}: expected the keys 'rosters' and 'lists', each with one entry a name")
    for corpus, names in raw["rosters"].items():
        if not isinstance(names, list) or len(set(names)) < len(names):
            raise AulibError(f"{shown}: roster {corpus!r}: expected names without repetition")
    return {name: _entry(shown, str(name), fields, raw["rosters"]) for name, fields in raw["lists"].items()}


def _entry(shown: str, name: str, fields: Any, rosters: dict[str, list[str]]) -> FoldList:
    if not isinstance(fields, dict):
        raise AulibError(f"{shown}: entry {name!r}: expected keys and values, got {type(fields).__name__}")
    try:
        return FoldList(name=name, roster=tuple(rosters.get(fields.get("corpus", ""), ())), **fields)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "parts"
        raise AulibError(
            f"{shown}: entry {name!r}, key {key!r}: {first['msg'].removeprefix('Value error, ')}"
        ) from error
    except TypeError as error:
        raise AulibError(f"{shown}: entry {name!r}: {error}") from error


@cache
def fold_lists() -> dict[str, FoldList]:
    """Every list of the project, by name, read once."""
    return read()


def fold_list(name: str) -> FoldList:
    """One list by name; raises :class:`~aulib.errors.UnknownName` with the names that exist."""
    if name not in fold_lists():
        raise UnknownName("fold list", name, fold_lists())
    return fold_lists()[name]


def part_rates(name: str) -> pd.DataFrame:
    """Published aggregates: the share of the coded frames of each part in which an AU is present.

    Parameters
    ----------
    name : str
        ``bp4d-three`` (occurrence codes, counted) or ``disfa-three`` (intensity 2 or more; worked out from the class
        weights that a public code base prints, to about one percent of the rate).

    Returns
    -------
    pandas.DataFrame
        One row an AU, one column a part.
    """
    table = pd.read_csv(RATES)
    if name not in set(table["list"]):
        raise UnknownName("list with rates", name, table["list"].unique())
    return table[table["list"] == name].drop(columns="list").set_index("au")


def numbered(name: str, code: str) -> tuple[str, ...]:
    """The parts that folds 1, 2, 3 … of a public code base test.

    Parameters
    ----------
    name : str
        A list that two code bases count differently: ``bp4d-three`` or ``disfa-three``.
    code : str
        Repository, as in the list's ``numbering``.
    """
    counted = fold_list(name).numbering
    if code not in counted:
        raise UnknownName(f"numbering of {name}", code, counted)
    return counted[code]
