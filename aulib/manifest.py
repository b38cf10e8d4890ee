"""``data_manifest.yaml``: the one source of which corpora exist, which AUs they code and how to get them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from aulib import paths
from aulib.aus import AUS
from aulib.errors import ManifestError, UnknownName


class Entry(BaseModel):
    """One corpus of the manifest; the keys of the file are the fields of this class."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    source: Literal["synthetic", "licensed"]
    summary: str
    stands_in_for: str | None
    coding: Literal["occurrence", "intensity"]
    aus: tuple[int, ...] = Field(min_length=1)
    subjects: int = Field(gt=0)
    sequences: int = Field(gt=0)
    frame_rate: float = Field(gt=0)
    licence: str
    access: str
    citation: str | None
    limits: str | None

    @field_validator("aus")
    @classmethod
    def _known_and_sorted(cls, aus: tuple[int, ...]) -> tuple[int, ...]:
        unknown = [au for au in aus if au not in AUS]
        if unknown:
            raise ValueError(f"AU {unknown[0]} is not among the action units of aulib.aus")
        if list(aus) != sorted(set(aus)):
            raise ValueError("AUs must be in ascending order without repetition")
        return aus


def read(path: Path | None = None) -> dict[str, Entry]:
    """Read and check a manifest.

    Parameters
    ----------
    path : Path, optional
        File to read; the project's own by default.

    Returns
    -------
    dict of str to Entry
        In the order of the file.

    Raises
    ------
    ManifestError
        Naming the file, and where possible the line, the entry and the key.
    """
    path = path or paths.manifest()
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ManifestError(
            f"{paths.shown(path)}: cannot be read ({error.strerror}); restore it from the repository"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ManifestError(
            f"{paths.shown(path)}{line}: not valid YAML ({getattr(error, 'problem', error)})"
        ) from error
    if not isinstance(raw, dict) or not raw:
        raise ManifestError(f"{paths.shown(path)}: expected one entry a corpus, got {type(raw).__name__}")
    return {name: _entry(path, str(name), fields) for name, fields in raw.items()}


def _entry(path: Path, name: str, fields: object) -> Entry:
    if not isinstance(fields, dict):
        raise ManifestError(
            f"{paths.shown(path)}: entry {name!r}: expected keys and values, got {type(fields).__name__}"
        )
    try:
        return Entry(name=name, **fields)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ManifestError(
            f"{paths.shown(path)}: entry {name!r}, key {key!r}: {first['msg']} (got {first.get('input')!r})"
        ) from error
    except TypeError as error:
        raise ManifestError(f"{paths.shown(path)}: entry {name!r}: {error}") from error


@cache
def entries() -> dict[str, Entry]:
    """The project's own manifest, read once."""
    return read()


def entry(name: str) -> Entry:
    """One entry by name; raises :class:`~aulib.errors.UnknownName` with the names that exist.

    A control twin of an embedded corpus (``synth-bp4d+ind``) has the entry of its base under its own name.
    """
    known = entries()
    base, twin, _ = name.partition("+")
    if base not in known or (twin and known[base].source != "synthetic"):
        raise UnknownName("corpus", name, known)
    return known[base].model_copy(update={"name": name}) if twin else known[base]
