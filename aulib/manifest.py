"""``data_manifest.yaml``: the one source of which corpora exist, which AUs they code and how to get them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from aulib import paths
from aulib.aus import AUS
from aulib.errors import CorpusError, ManifestError, UnknownName
from synthface import twins

#: How sure we are of a fact.  ``high``: an official document says so, or two independent public readers agree.
#: ``medium``: one public reader, or a well-known fact of the papers.  ``low``: one hint, or sources that disagree.
Confidence = Literal["high", "medium", "low"]

#: YAML reads a bare ``no`` as False; what the file says is meant as a word.
Allowed = Annotated[
    Literal["yes", "no", "unknown"],
    BeforeValidator(lambda given: ("yes" if given else "no") if isinstance(given, bool) else given),
]

_WEB = TypeAdapter(HttpUrl)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fact(_Part):
    """How sure a fact of an entry is, and what else has to be said about it."""

    confidence: Confidence
    note: str = ""


class Redistribution(_Part):
    """Whether a licence holder may pass on the media (images, video) and the labels."""

    media: Allowed
    labels: Allowed
    note: str = ""


class Layout(_Part):
    """One way in which the files of a corpus are known to lie in folders."""

    name: str
    confidence: Confidence
    tree: str
    note: str = ""


class Sample(_Part):
    """A made-up example of a label file: it shows the format and holds nobody's data."""

    name: str
    confidence: Confidence
    text: str
    note: str = ""


class Defect(_Part):
    """Something known to be wrong or doubtful in a corpus, and what our reader does about it."""

    what: str
    confidence: Confidence
    handled: str


class Entry(_Part):
    """One corpus of the manifest; the keys of the file are the fields of this class.

    Parameters
    ----------
    name : str
        The key of the entry, and the name that :func:`aulib.datasets.load` takes.
    stand_in : str or None
        Embedded corpus that takes the place of a licensed one where nobody has a copy.
    aus, intensity_aus : tuple of int
        AUs that are coded; those coded 0 to 5 as well where `coding` is occurrence.
    sequences, groups, frames : int
        Videos; groups of people recorded together; frames with codes.
    frame_rate : float
        Frames a second.
    unknown_codes : tuple of int
        What the label files write where nobody could code.  Readers turn it into :data:`aulib.aus.UNKNOWN`.
    facts : dict of str to Fact
        Field name -> how sure it is.
    proven : bool
        Whether the reader was run on the real files by us.
    limits : str or None
        What an embedded corpus cannot tell.
    """

    name: str
    title: str
    source: Literal["synthetic", "licensed"]
    summary: str
    proven: bool
    stand_in: str | None = None
    stand_in_note: str = ""
    year: int | None = Field(None, ge=1970, le=2100)
    coding: Literal["occurrence", "intensity"]
    aus: tuple[int, ...] = Field(min_length=1)
    intensity_aus: tuple[int, ...] = ()
    unknown_codes: tuple[int, ...] = ()
    subjects: int = Field(gt=0)
    groups: int | None = Field(None, gt=0)
    sequences: int = Field(gt=0)
    frames: int | None = Field(None, gt=0)
    frame_rate: float = Field(gt=0)
    media: str = ""
    size_of_media: str | None = None
    facts: dict[str, Fact] = {}
    licence: str
    redistribution: Redistribution | None = None
    homepage: str | None = None
    access: str
    steps: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()
    layouts: tuple[Layout, ...] = ()
    samples: tuple[Sample, ...] = ()
    defects: tuple[Defect, ...] = ()
    protocols: tuple[str, ...] = ()
    limits: str | None = None

    @property
    def variable(self) -> str:
        """Environment variable that says where a copy lies: ``AULIB_BP4D_PLUS`` for ``bp4d-plus``."""
        return "AULIB_" + self.name.upper().replace("-", "_")

    @field_validator("aus", "intensity_aus")
    @classmethod
    def _known_and_sorted(cls, aus: tuple[int, ...]) -> tuple[int, ...]:
        unknown = [au for au in aus if au not in AUS]
        if unknown:
            raise ValueError(f"AU {unknown[0]} is not among the action units of aulib.aus")
        if list(aus) != sorted(set(aus)):
            raise ValueError("AUs must be in ascending order without repetition")
        return aus

    @field_validator("homepage")
    @classmethod
    def _an_address(cls, address: str | None) -> str | None:
        if address is not None:
            _WEB.validate_python(address)
        return address


def _faults(entry: Entry, known: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) for what a field cannot tell by itself."""
    if extra := sorted(set(entry.facts) - set(Entry.model_fields)):
        yield "facts", f"{extra[0]!r} is no key of an entry"
    if foreign := sorted(set(entry.intensity_aus) - set(entry.aus)):
        yield "intensity_aus", f"AU {foreign[0]} is not among aus"
    if entry.coding == "intensity" and entry.intensity_aus:
        yield "intensity_aus", "must be empty where every AU is coded with intensity"
    if entry.source == "synthetic":
        if entry.limits is None:
            yield "limits", "an embedded corpus says what it cannot tell"
        if entry.stand_in is not None:
            yield "stand_in", "only a licensed corpus has a stand-in"
        return
    for key in ("redistribution", "homepage", "steps", "citations", "layouts", "protocols"):
        if not getattr(entry, key):
            yield key, "a licensed corpus needs it"
    if entry.stand_in is not None and entry.stand_in not in known:
        yield "stand_in", f"no entry {entry.stand_in!r}; known: {', '.join(known)}"
    elif entry.stand_in is not None and known[entry.stand_in].source != "synthetic":
        yield "stand_in", f"{entry.stand_in!r} is not embedded (source: synthetic)"


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
        Naming the file, the line, the entry and the key.
    """
    path = path or paths.manifest()
    shown = paths.shown(path)
    try:
        text = path.read_text(encoding="utf-8")
        tree: Any = yaml.compose(text, Loader=yaml.SafeLoader)
        raw = yaml.safe_load(text)
    except OSError as error:
        raise ManifestError(f"{shown}: cannot be read ({error.strerror}); restore it from the repository") from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"{shown}: not UTF-8 text ({error.reason}); restore it from the repository") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ManifestError(f"{shown}{line}: not valid YAML ({getattr(error, 'problem', error)})") from error
    if not isinstance(raw, dict) or not raw:
        raise ManifestError(f"{shown}: expected one entry a corpus, got {type(raw).__name__}")
    if repeated := _repeated(tree):
        number, where = repeated
        raise ManifestError(f"{shown}:{number}: {where} stands there twice; keep one of them")
    known = {str(name): _entry(shown, tree, name, fields) for name, fields in raw.items()}
    for name, entry in known.items():
        for key, what in _faults(entry, known):
            raise ManifestError(f"{shown}:{line_of(tree, (name, key))}: entry {name!r}, key {key!r}: {what}")
    return known


def _entry(shown: str, tree: yaml.Node, name: Any, fields: object) -> Entry:
    if not isinstance(fields, dict) or not all(isinstance(key, str) for key in fields):
        what = "expected keys and values, got" if not isinstance(fields, dict) else "a key is no word in"
        raise ManifestError(f"{shown}:{line_of(tree, (name,))}: entry {name!r}: {what} {type(fields).__name__}")
    if "name" in fields:
        raise ManifestError(f"{shown}:{line_of(tree, (name, 'name'))}: entry {name!r}: its name is the key above it")
    try:
        return Entry(name=name, **fields)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        got = "" if first["type"] == "missing" else f" (got {_short(first.get('input'))})"
        line = line_of(tree, (name, *first["loc"]))
        raise ManifestError(f"{shown}:{line}: entry {name!r}, key {key!r}: {first['msg']}{got}") from error


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def line_of(node: yaml.Node | None, where: Sequence[Any]) -> int:
    """Line of a key, or of the nearest thing above it that is written down, counted from 1."""
    line = node.start_mark.line if node else 0
    for part in where:
        if isinstance(node, yaml.MappingNode):
            pairs = [(key, value) for key, value in node.value if getattr(key, "value", None) == str(part)]
            if not pairs:
                break
            line, node = pairs[0][0].start_mark.line, pairs[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line
        else:
            break
    return line + 1


def _repeated(node: yaml.Node, where: str = "an entry") -> tuple[int, str] | None:
    """(line, what) of the first key that stands twice in one mapping; YAML itself would keep the last of them."""
    if isinstance(node, yaml.SequenceNode):
        return next((found for item in node.value if (found := _repeated(item, where))), None)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                return key.start_mark.line + 1, f"{where}: {key.value!r}"
            seen.add(key.value)
            if found := _repeated(value, f"entry {key.value!r}, key" if where == "an entry" else where):
                return found
    return None


@cache
def entries() -> dict[str, Entry]:
    """The project's own manifest, read once."""
    return read()


def entry(name: str) -> Entry:
    """One entry by name.

    A control twin of an embedded corpus (``synth-bp4d+ind``) has the entry of its base under its own name.

    Raises
    ------
    UnknownName
        If no entry and no twin has this name; the message tells the names that exist.
    CorpusError
        If the number of a twin is missing, malformed or out of range, or its words exclude each other.
    """
    known = entries()
    base, plus, _ = str(name).partition("+")
    if base not in known:
        raise UnknownName("corpus", name, known)
    if not plus:
        return known[base]
    if known[base].source != "synthetic":
        raise CorpusError(f"{name}: {base!r} is a licensed corpus, and only embedded ones have twins")
    twins.parse(name)
    return known[base].model_copy(update={"name": name})


def stands_in_for(name: str) -> tuple[str, ...]:
    """Licensed corpora whose stand-in is the embedded corpus `name`, in the order of the manifest."""
    return tuple(one.name for one in entries().values() if one.stand_in == name)
