"""Where your own copies of licensed corpora lie, and with which options they are read.

Asked for in this order:

1. a path given by hand (``data prepare bp4d /data/BP4D``),
2. the environment: ``AULIB_BP4D``, ``AULIB_BP4D_PLUS``, ``AULIB_DISFA`` …,
3. the user's configuration, ``corpora.yaml`` in the folder that ``data where`` prints::

    bp4d:
      path: /data/BP4D
      align: similarity                     # see aulib.datasets.alignment.RECIPES
      landmarks: /data/bp4d_landmarks.csv   # of your own, where the corpus brings none
      options: {image_offset: -1}
    disfa: /data/DISFA                      # a relative path begins in the folder of this file

4. what ``data fetch`` has brought.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from aulib import integrity, paths
from aulib.datasets.detection import best
from aulib.datasets.readers import READERS, reader
from aulib.datasets.reading.signs import MARKER
from aulib.errors import AulibError, CorpusError
from aulib.manifest import entry, line_of

#: Bytes of a prepared corpus' name, above which a digest stands for its words.  File systems take 255, some less, and
#: other names are made from it: locks, folders that are not finished, answers of networks.
LONGEST = 160

_KEYS = ("path", "options", "align", "detector", "landmarks")


@dataclass(frozen=True)
class Copy:
    """A folder with a corpus, and how it is read and aligned.

    Parameters
    ----------
    name : str
        Of the corpus, in the manifest.
    path : Path or None
        None where no copy is known; a corpus that was prepared earlier can still be loaded.
    told_by : str
        Where the path comes from, in words.
    options : mapping
        Of the reader, as far as they were given.
    align : str
        A key of ``aulib.datasets.alignment.RECIPES``.
    detector : str
        Finds landmarks where the corpus brings none: a key of ``aulib.datasets.detection.DETECTORS``.
    landmarks : Path, optional
        Table of landmarks, or a folder of them, that goes before those of corpus and detector, see
        :func:`aulib.datasets.reading.point_tables.point_tables`.
    """

    name: str
    path: Path | None
    told_by: str
    options: Mapping[str, Any] = field(default_factory=dict)
    align: str = "similarity"
    detector: str = "cascade"
    landmarks: Path | None = None

    @property
    def landmark_table(self) -> Path | None:
        """The table of landmarks that was named, or one that lies in the copy itself.

        Raises
        ------
        CorpusError
            If the table that was named is not there.
        """
        if self.landmarks and not self.landmarks.exists():
            raise CorpusError(f"{self.landmarks}: there is no such table of landmarks; mend the path, or name none")
        own = self.path / "landmarks.csv" if self.path else None
        return self.landmarks or (own if own and own.is_file() else None)

    @property
    def made_by_aulib(self) -> dict[str, Any] | None:
        """What the marker says if the folder is an export of an embedded corpus, or lies in one; None for a real copy.

        Exports that lie below the folder are refused when it is read, see :func:`aulib.datasets.readers.read`.

        Raises
        ------
        CorpusError
            If the marker is there and damaged: then nobody knows what the folder holds.
        """
        if self.path is None:
            return None
        path = self.path.absolute()
        marker = next((folder / MARKER for folder in (path, *path.parents) if (folder / MARKER).is_file()), None)
        if marker is None:
            return None
        about = integrity.read_json(marker, "export the corpus again", CorpusError)
        return {"corpus": str(about["corpus"]), "aligned": bool(about["aligned"])}

    @property
    def recipe(self) -> str:
        """How its faces are aligned: an export of aligned faces only changes size."""
        made = self.made_by_aulib
        return "none" if made and made["aligned"] else self.align

    def identifier(self, frames_per_sequence: int | None, side: int) -> str:
        """Name of the prepared corpus: everything that can change a pixel or a label, and is known without a look.

        Raises
        ------
        CorpusError
            If an option does not exist.
        """
        one = reader(self.name)
        values = one.resolved(self.options)
        changed = {key: value for key, value in sorted(values.items()) if value != one.resolved({})[key]}
        words = [f"{self.name}-r{one.version}-{frames_per_sequence or 'all'}x{side}"]
        words += [self.recipe] if self.recipe != "similarity" else []
        words += [self.detector] if self.detector != "cascade" else []
        words += [f"landmarks={_word(self.landmarks.stem)}"] if self.landmarks else []
        words += [f"{key}={_word(value)}" for key, value in changed.items() if key != "skip_broken"]
        if made := self.made_by_aulib:
            words.append(f"from={made['corpus'].replace('+', '_')}")
        name = "+".join(words)
        return name if len(name.encode()) <= LONGEST else f"{words[0]}+{_digest(name)}"


def _word(value: Any) -> str:
    """A value as a piece of a folder's name; a digest of it where it is long or has signs that a name cannot bear."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if re.fullmatch(r"[\w.,-]{1,40}", text) else _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:10]


def downloads(name: str) -> Path:
    """Folder of the labels that ``data fetch`` brings."""
    return paths.corpora().parent / "downloads" / f"{name}-labels"


def copy_of(
    name: str,
    path: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
    *,
    align: str | None = None,
    detector: str | None = None,
    landmarks: str | Path | None = None,
) -> Copy:
    """Find the copy of a corpus.

    Parameters
    ----------
    name : str
        A corpus that has a reader.
    path : str or Path, optional
        In place of what environment and configuration say.
    options : mapping, optional
        Of the reader; they add to the configured ones.
    align, detector, landmarks
        See :class:`Copy`; they too go before the configuration.

    Returns
    -------
    Copy
        Its `path` is None if nobody says where it lies.

    Raises
    ------
    UnknownName
        If the corpus has no reader.
    CorpusError
        If the configuration is broken; the message names file, line and key.
    StorageError
        If a path begins in a home folder that does not exist.
    """
    reader(name)
    configured = _configured(name)
    told_by = "given"
    variable = entry(name).variable
    if path is None and (told := paths.named(variable)):
        path, told_by = told, variable
    if path is None and configured.get("path"):
        told_by = paths.shown(paths.configuration())
        path = place(configured["path"], told_by, paths.configuration().parent)
    if path is None and (fetched := downloads(name)).is_dir():
        path, told_by = fetched, "fetched"
    table = place(landmarks, "landmarks") if landmarks else None
    if table is None and (told := configured.get("landmarks")):
        table = place(told, paths.shown(paths.configuration()), paths.configuration().parent)
    return Copy(
        name,
        place(path, f"the path of {name}") if path is not None else None,
        told_by if path is not None else "nobody says where it lies",
        {**configured.get("options", {}), **(options or {})},
        str(align or configured.get("align", "similarity")),
        best() if (finds := str(detector or configured.get("detector", "best"))) == "best" else finds,
        table,
    )


def place(told: Any, told_by: str, base: Path | None = None) -> Path:
    """A path as somebody wrote it; a relative one begins in `base`, or where the process works now."""
    text = str(told)
    return paths.absolute(text if text.startswith("~") else str((base or Path()).joinpath(text).absolute()), told_by)


def known() -> dict[str, Copy]:
    """The copy of every corpus that has a reader, told or not."""
    return {name: copy_of(name) for name in READERS}


def copy_folders() -> list[Path]:
    """Folders of all copies that are known here: told now, or named when a corpus was prepared."""
    told = [copy.path for copy in known().values() if copy.path is not None]
    for file in paths.corpora().glob("*-r*/corpus.json"):
        try:
            told.append(Path(integrity.read_json(file, "")["path"]))
        except AulibError:
            continue  # damaged: loading it says so
    return [path.absolute().resolve() for path in told]


def _configured(name: str) -> dict[str, Any]:
    """The configuration's entry of a corpus as a mapping; empty where there is none."""
    file = paths.configuration()
    if not file.is_file():
        return {}
    shown = paths.shown(file)
    try:
        text = file.read_text(encoding="utf-8")
        raw, tree = yaml.safe_load(text) or {}, yaml.compose(text)
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{shown}: cannot be read ({error})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise CorpusError(f"{shown}{f':{mark.line + 1}' if mark else ''}: not valid YAML") from error
    if not isinstance(raw, dict):
        raise CorpusError(f"{shown}: expected lines like `bp4d: /data/BP4D`")
    strangers = [key for key in raw if key not in READERS]
    if strangers:
        line = line_of(tree, (strangers[0],))
        raise CorpusError(f"{shown}:{line}: {strangers[0]!r} is no corpus with a reader; they are {', '.join(READERS)}")
    said = raw.get(name, {})
    said = {"path": said} if isinstance(said, str) else said
    if not isinstance(said, dict) or not isinstance(said.get("options", {}), dict):
        line = line_of(tree, (name, "options"))
        raise CorpusError(f"{shown}:{line}: {name}: expected a path, or the keys {', '.join(_KEYS)}")
    wrong = [key for key in said if key not in _KEYS]
    if wrong:
        line = line_of(tree, (name, wrong[0]))
        raise CorpusError(f"{shown}:{line}: {name}: unknown key {wrong[0]!r}; there are {', '.join(_KEYS)}")
    return said
