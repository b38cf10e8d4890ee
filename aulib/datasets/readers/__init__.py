"""READERS: corpus -> the module that reads it, and ``read``, which hands a folder to its reader."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from aulib.datasets.reading.findings import Findings
from aulib.datasets.reading.recording import Reader, Reading
from aulib.datasets.reading.signs import MARKER
from aulib.datasets.reading.tree import Tree
from aulib.errors import CorpusError, UnknownName

#: Corpus of the manifest -> module whose ``READER`` reads it.
READERS: dict[str, str] = {
    "bp4d": "aulib.datasets.readers.bp4d",
    "bp4d-plus": "aulib.datasets.readers.bp4d_plus",
    "disfa": "aulib.datasets.readers.disfa",
    "gft": "aulib.datasets.readers.gft",
    "fera2015": "aulib.datasets.readers.fera2015",
    "fera2017": "aulib.datasets.readers.fera2017",
    "unbc": "aulib.datasets.readers.unbc",
    "ckplus": "aulib.datasets.readers.ckplus",
}


def reader(name: str) -> Reader:
    """The reader of a corpus; raises :class:`~aulib.errors.UnknownName` with the names that exist."""
    if name not in READERS:
        raise UnknownName("reader", name, READERS)
    return import_module(READERS[name]).READER


def read(name: str, path: Path, options: Mapping[str, Any] | None = None) -> Reading:
    """Read the labels of a copy and look where its pictures are.

    Parameters
    ----------
    name : str
        Of the manifest.
    path : Path
        The folder as it came from the corpus' owners.  Nothing is written to it.
    options : mapping, optional
        See ``reader(name).options``.

    Returns
    -------
    Reading
        With everything that was noticed in ``findings``; errors in it are not raised.

    Raises
    ------
    CorpusError
        If the folder does not hold the corpus, an option does not exist, or drawn faces lie somewhere below it.
    """
    one, findings = reader(name), Findings()
    values = one.resolved(options or {})
    tree = Tree(path, findings, one.archives)
    drawn = next((file for file in tree.names if re.search(f"[/!]{re.escape(MARKER)}$", file)), None)
    if drawn:
        raise CorpusError(
            f"{path}: {drawn} says that aulib has drawn what lies beside it, in the layout of a licensed corpus. It "
            f"must not be taken for one, nor mixed with one: name its folder, or take it out of this one"
        )
    found = one.read(tree, findings, values)
    if not found.recordings:
        errors = findings.of("error")
        first = f": {errors[0]}" + (f"; {len(errors) - 1} more like it" if len(errors) > 1 else "") if errors else ""
        raise CorpusError(f"{name}: no label file under {path} can be read{first}")
    return Reading(one, found, findings, values, tree)
