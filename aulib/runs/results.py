"""The store: one folder a run, written whole or not at all, checksummed, nothing pickled.

::

    runs/laptop/drml-fold1-seed0-0123456789abcdef/
        record.json                 declaration, versions, device, times, and the SHA-256 of the files beside it
        history.safetensors         loss of every step, validation AUC (or ICC) of every evaluation
        synth-bp4d.safetensors      scores (float16), codes (int8) and identity of every test frame
        probe-saliency.safetensors  small arrays that a figure needs
        weights.safetensors         stays on the machine that made it; reference records ship without

Reference records ship their larger files packed (``….safetensors.xz``); the checksum is that of what is inside.

Records are looked up by key, first among this machine's runs, then among the reference records.  The label is for
readers: a run that two studies declare under two labels is made once.
"""

from __future__ import annotations

import errno
import hashlib
import json
import lzma
import shutil
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save_file

from aulib import integrity, paths
from aulib.corpus import name_of
from aulib.datasets import store
from aulib.errors import RecordError, StorageError
from aulib.locking import lock
from aulib.runs.declaration import Declaration

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
        """Content of ``record.json``; raises `RecordError` if it is damaged, or that of another run."""
        path = self.folder / "record.json"
        about = integrity.read_json(path, self._remedy, RecordError)
        if f"{about.get('label')}-{about.get('key')}" != self.folder.name:
            raise RecordError(
                f"{paths.shown(path)} is the record of {about.get('label')} ({about.get('key')}), not of its folder; "
                f"{self._remedy}"
            )
        return about

    @property
    def _remedy(self) -> str:
        return f"delete {paths.shown(self.folder)} and run again"

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

    @property
    def task(self) -> str:
        """What its scores are: probabilities of ``detection``, or expected levels of ``intensity``."""
        return self.about.get("task", "detection")  # earlier records do not say

    @property
    def validation(self) -> tuple[str, np.ndarray]:
        """Metric that chose the weights, ``auc`` or ``icc``, and its mean at every evaluation."""
        (found,) = ((k, v) for k, v in self.arrays("history").items() if k.startswith("validation_"))
        return found[0].removeprefix("validation_"), found[1]

    def arrays(self, name: str, task: str = "detection") -> dict[str, np.ndarray]:
        """Read one of the record's files, checking it against its checksum.

        Parameters
        ----------
        name : str
            ``history``, ``weights``, the name of a corpus, or ``probe-`` and the name of a probe.
        task : {'detection', 'intensity'}
            What the reader takes scores for.

        Raises
        ------
        RecordError
            If the file is missing or damaged, or holds scores of another task: a level is no probability.
        """
        path = self.folder / f"{name}.safetensors"
        if not self.has(name):
            raise RecordError(
                f"run {self.label} has no {name!r}; it has "
                f"{', '.join(sorted(file.split('.')[0] for file in self.about['sha256']))}"
            )
        content = self._content(path)
        try:
            arrays = load(content)
        except SafetensorError as error:
            raise RecordError(f"{paths.shown(path)}: {error}; {self._remedy}") from error
        if {"scores", "codes"} <= arrays.keys() and task != self.task:
            raise RecordError(
                f"run {self.label} is of {self.task}, and its scores in {name!r} cannot be read as those of {task}; "
                f"name a run of {task}, or read them as arrays({name!r}, task={self.task!r})"
            )
        return arrays

    def _content(self, path: Path) -> bytes:
        """Checked content of one of the files, unpacked where it lies packed."""
        packed = path.with_name(path.name + PACKED)
        try:
            packs = packed.is_file() and not path.is_file()
            content = lzma.decompress(packed.read_bytes()) if packs else path.read_bytes()
        except (OSError, EOFError, lzma.LZMAError):  # missing, or a packed file that cannot be unpacked
            content = b""
        if hashlib.sha256(content).hexdigest() != self.about["sha256"][path.name]:
            raise RecordError(f"{paths.shown(path)} is missing or differs from its checksum; {self._remedy}")
        return content

    def verify(self) -> Record:
        """The record itself; raises `RecordError` naming a damaged file.  Weights are checked where they are used."""
        for name in self.about["sha256"]:
            if name != WEIGHTS:
                self._content(self.folder / name)
        return self


def folder_of(declaration: Declaration) -> Path:
    """Where this machine keeps the record of a declaration."""
    return paths.runs() / declaration.profile / f"{declaration.label}-{declaration.key}"


def partial_of(declaration: Declaration) -> Path:
    """Folder of the checkpoint of a training that is not finished."""
    folder = folder_of(declaration)
    return folder.with_name(f"{folder.name}.partial")


def find(declaration: Declaration) -> Record | None:
    """The record of a declaration, this machine's own before the reference record; None if there is none.

    One that was made from other labels or faces of a licensed corpus than lie prepared now does not count.
    """
    return own(declaration) or reference(declaration)


def own(declaration: Declaration) -> Record | None:
    """The record that this machine made."""
    return _current(declaration, paths.runs())


def reference(declaration: Declaration) -> Record | None:
    """The record that ships with the project."""
    return _current(declaration, paths.references())


def _current(declaration: Declaration, root: Path) -> Record | None:
    folder = root / declaration.profile / f"{declaration.label}-{declaration.key}"
    if not (folder / "record.json").is_file():  # another study may have made the same run under another label
        same = [path.parent for path in folder.parent.glob(f"*-{declaration.key}/record.json")]
        if not same:
            return None
        folder = max(same, key=lambda one: (one / "record.json").stat().st_mtime)
    record = Record(folder)
    return None if _outdated(declaration, record) else record


def made_from(declaration: Declaration) -> dict[str, str]:
    """Licensed corpora that a run, or one behind it, looks at, each with a digest of what lies prepared now."""
    return {name: content for name in declaration.licensed if (content := store.content(paths.corpora() / name))}


def _outdated(declaration: Declaration, record: Record) -> bool:
    """Whether a licensed corpus was prepared anew, with another content, since the record was made."""
    now = made_from(declaration)
    if not now:  # embedded corpora: their version is in the key.  Or there is nothing to compare with.
        return False
    then = record.about.get("corpora", {})
    needed = {*then, record.about.get("corpus")}  # a run of times looks at no corpus
    return any(then.get(name) != content for name, content in now.items() if name in needed)


def stale(declaration: Declaration) -> list[Record]:
    """Records of the same label that do not count: made by an earlier recipe, generator or loop, or of other labels."""
    found = []
    for root in (paths.runs(), paths.references()):
        for folder in sorted((root / declaration.profile).glob(f"{declaration.label}-*")):
            name, _, key = folder.name.rpartition("-")
            if name != declaration.label or not (folder / "record.json").is_file():
                continue
            record = Record(folder)
            if key == declaration.key:
                found += [record] if _outdated(declaration, record) else []
            else:
                with suppress(RecordError):  # nobody misses a damaged record of an earlier recipe
                    found += [record] if name_of(record.about["declaration"]["corpus"]) == declaration.corpus else []
    return found


def weights(declaration: Declaration) -> dict[str, np.ndarray] | None:
    """Checked weights of a finished run of this machine; None if it, or they, are not there.

    Raises
    ------
    RecordError
        If they are damaged.
    """
    record = own(declaration)
    if record is None or not (record.folder / WEIGHTS).is_file():
        return None
    return record.arrays(WEIGHTS.removesuffix(".safetensors"))


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
    try:
        temporary = integrity.beside(folder)
        temporary.mkdir(parents=True)
        for name, arrays in files.items():
            file = temporary / f"{name}.safetensors"
            with integrity.writing(file):
                save_file({key: np.ascontiguousarray(value) for key, value in arrays.items()}, file)
        about = {
            "key": declaration.key,
            "label": declaration.label,
            **about,
            "corpora": _seen(declaration) | about.get("corpora", {}),
            "declaration": declaration.resolved,
        }
        integrity.finish(temporary / "record.json", *sorted(temporary.iterdir()), **about)
        integrity.put_in_place(temporary, folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise storage_error(folder, error) from error
    return Record(folder)


def _seen(declaration: Declaration) -> dict[str, str]:
    """Licensed corpora that the runs behind this one have seen, as they were then."""
    behind = [record for run in declaration.behind if (record := own(run))]
    return {name: content for record in behind for name, content in record.about.get("corpora", {}).items()}


def promote(record: Record) -> Path:
    """Copy a record, without its weights, among the reference records.

    Then earlier ones of the same label and corpus are removed.
    """
    record.verify()
    target = paths.references() / record.about["declaration"]["profile"] / record.folder.name
    with lock(target):
        _ship(record, target)
    for old in target.parent.glob(f"{record.label}-*"):
        if old != target and old.name.rpartition("-")[0] == record.label and _corpus(old) == _corpus(target):
            shutil.rmtree(old)
    return target


def _corpus(folder: Path) -> str | None:
    """Which corpus a record is about, of whatever version; None if it cannot be read."""
    try:
        return name_of(Record(folder).about["declaration"]["corpus"])
    except RecordError:
        return None


def _ship(record: Record, target: Path) -> None:
    temporary = integrity.beside(target)
    shutil.copytree(record.folder, temporary, ignore=shutil.ignore_patterns(WEIGHTS))
    for file in [file for file in temporary.iterdir() if file.suffix == ".safetensors"]:
        if file.stat().st_size >= LARGE:
            file.with_name(file.name + PACKED).write_bytes(lzma.compress(file.read_bytes(), filters=SQUEEZE))
            file.unlink()
    about = dict(record.about)
    about["sha256"] = {name: value for name, value in about["sha256"].items() if name != WEIGHTS}
    integrity.write_json(temporary / "record.json", about)
    integrity.put_in_place(temporary, target)


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
