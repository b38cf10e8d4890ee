"""The store: one folder a run, written whole or not at all, checksummed, nothing pickled.

::

    runs/laptop/drml-fold1-seed0-0123456789abcdef/
        record.json                 declaration, versions, device, times, and the SHA-256 of the files beside it
        history.safetensors         loss of every step, validation AUC of every evaluation
        synth-bp4d.safetensors      scores (float16), codes (int8) and identity of every test frame
        probe-saliency.safetensors  small arrays that a figure needs
        weights.safetensors         stays on the machine that made it; reference records ship without

Reference records ship their larger files packed (``….safetensors.xz``); the checksum is that of what is inside.

Records are looked up by key, first among this machine's runs, then among the reference records.
"""

from __future__ import annotations

import errno
import hashlib
import json
import lzma
import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save_file

from aulib import paths
from aulib.declarations import Declaration
from aulib.errors import RecordError, StorageError

WEIGHTS = "weights.safetensors"

#: Ending of a packed file of a reference record, and the size in bytes from which one is packed.
PACKED, LARGE = ".xz", 50_000

#: Told that numbers have two bytes, as the scores do: a sixth smaller than with gzip.
SQUEEZE = [{"id": lzma.FILTER_LZMA2, "preset": 9, "lp": 1, "lc": 3, "pb": 1}]


@dataclass(frozen=True)
class Record:
    """A finished run on disk."""

    folder: Path

    @cached_property
    def about(self) -> dict[str, Any]:
        """Content of ``record.json``."""
        path = self.folder / "record.json"
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RecordError(
                f"{paths.shown(path)}: cannot be read ({error}); delete the folder and run again"
            ) from error

    @property
    def key(self) -> str:
        return self.about["key"]

    @property
    def label(self) -> str:
        return self.about["label"]

    @property
    def digest(self) -> str:
        """One checksum of everything the run computed (weights and times left out): equal digests, equal results."""
        files = {name: value for name, value in self.about["sha256"].items() if name != WEIGHTS}
        return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]

    def has(self, name: str) -> bool:
        """Whether a file is part of the record."""
        return f"{name}.safetensors" in self.about["sha256"]

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Read one of the record's files, checking it against its checksum.

        Parameters
        ----------
        name : str
            ``history``, ``weights``, the name of a corpus, or ``probe-`` and the name of a probe.

        Raises
        ------
        RecordError
            If the file is missing or damaged.
        """
        path = self.folder / f"{name}.safetensors"
        if not self.has(name):
            raise RecordError(
                f"run {self.label} has no {name!r}; it has "
                f"{', '.join(sorted(file.split('.')[0] for file in self.about['sha256']))}"
            )
        try:
            content = _content(path)
        except (OSError, EOFError, lzma.LZMAError):  # missing, or a packed file that cannot be unpacked
            content = b""
        if hashlib.sha256(content).hexdigest() != self.about["sha256"][path.name]:
            raise RecordError(
                f"{paths.shown(path)} is missing or differs from its checksum; "
                f"delete {paths.shown(self.folder)} and run again"
            )
        try:
            return load(content)
        except SafetensorError as error:
            raise RecordError(f"{paths.shown(path)}: {error}; delete the folder and run again") from error


def _content(path: Path) -> bytes:
    """Content of a file, unpacked where it lies packed."""
    packed = path.with_name(path.name + PACKED)
    return lzma.decompress(packed.read_bytes()) if packed.is_file() and not path.is_file() else path.read_bytes()


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_of(declaration: Declaration) -> Path:
    """Where this machine keeps the record of a declaration."""
    return paths.runs() / declaration.profile / f"{declaration.label}-{declaration.key}"


def find(declaration: Declaration) -> Record | None:
    """The record of a declaration, this machine's own before the reference record; None if there is none."""
    for root in (paths.runs(), paths.references()):
        folder = root / declaration.profile / f"{declaration.label}-{declaration.key}"
        if (folder / "record.json").is_file():
            return Record(folder)
    return None


def stale(declaration: Declaration) -> list[Record]:
    """Records under the same label whose key is another: made by an earlier recipe, generator or loop."""
    found = []
    for root in (paths.runs(), paths.references()):
        for folder in sorted((root / declaration.profile).glob(f"{declaration.label}-*")):
            name, _, key = folder.name.rpartition("-")
            if name == declaration.label and key != declaration.key and (folder / "record.json").is_file():
                found.append(Record(folder))
    return found


def write(declaration: Declaration, about: dict[str, Any], files: dict[str, dict[str, np.ndarray]]) -> Record:
    """Write a record into a folder of its own and rename it into place.

    Parameters
    ----------
    declaration : Declaration
    about : dict
        Plain values; key, label, declaration and checksums are added.
    files : dict of str to dict of str to ndarray
        File name without ending -> arrays.

    Raises
    ------
    StorageError
        If the disk is full or not writable; an earlier record is left as it was.
    """
    folder = folder_of(declaration)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        for name, arrays in files.items():
            save_file(
                {key: np.ascontiguousarray(value) for key, value in arrays.items()}, temporary / f"{name}.safetensors"
            )
        about = {
            "key": declaration.key,
            "label": declaration.label,
            **about,
            "declaration": declaration.resolved,
            "sha256": {file.name: digest(file) for file in sorted(temporary.iterdir())},
        }
        (temporary / "record.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        _replace(temporary, folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise storage_error(folder, error) from error
    return Record(folder)


def promote(record: Record) -> Path:
    """Copy a record, without its weights, among the reference records; earlier ones of its label are removed."""
    target = paths.references() / record.about["declaration"]["profile"] / record.folder.name
    for old in target.parent.glob(f"{record.label}-*"):
        if old.name.rpartition("-")[0] == record.label:
            shutil.rmtree(old)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copytree(record.folder, temporary, ignore=shutil.ignore_patterns(WEIGHTS))
    for file in [file for file in temporary.iterdir() if file.suffix == ".safetensors"]:
        if file.stat().st_size >= LARGE:
            file.with_name(file.name + PACKED).write_bytes(lzma.compress(file.read_bytes(), filters=SQUEEZE))
            file.unlink()
    about = dict(record.about)
    about["sha256"] = {name: value for name, value in about["sha256"].items() if name != WEIGHTS}
    (temporary / "record.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    _replace(temporary, target)
    return target


def storage_error(path: Path, error: OSError) -> StorageError:
    """An error a reader can act on, for a failed write."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"no space left for {paths.shown(path)}; free some, or set AULIB_RUNS to a folder on another "
            f"disk; the last checkpoint is kept and the next run goes on from it"
        )
    return StorageError(
        f"cannot write {paths.shown(path)} ({error.strerror or error}); set AULIB_RUNS to a folder that can be written"
    )


def _replace(temporary: Path, folder: Path) -> None:
    """Put a finished folder in the place of another; a reader sees the old one or the new one."""
    old = folder.with_name(f".{folder.name}.old.{os.getpid()}")
    if folder.exists():
        os.replace(folder, old)
    os.replace(temporary, folder)
    shutil.rmtree(old, ignore_errors=True)
