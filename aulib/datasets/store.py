"""A finished corpus on disk: a folder of plain files, whole or not there, every file with its checksum.

Generated and aligned corpora are kept alike::

    NAME/
        corpus.json       what it is, and the SHA-256 of every other file
        faces.npy         uint8 (N, side, side, 3), read as a memory map
        landmarks.npy     float32 (N, 68, 2)
        frames.csv        subject, sequence, frame …
        codes.npy         int8 (N, A)

While it is being made it is called ``NAME.partial``, and a killed run goes on from there.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from aulib import paths
from aulib.errors import CorpusError, StorageError


def is_whole(folder: Path) -> bool:
    """Whether the corpus is finished: ``corpus.json`` is written last."""
    return (folder / "corpus.json").is_file()


def about(folder: Path) -> dict[str, Any]:
    """Content of ``corpus.json``; raises `CorpusError` if it cannot be read."""
    try:
        return json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorpusError(
            f"{paths.shown(folder / 'corpus.json')}: cannot be read ({error}); delete the folder and it is made again"
        ) from error


def verify(folder: Path) -> dict[str, Any]:
    """Compare every file of a finished corpus with its checksum; return ``corpus.json``.

    Raises
    ------
    CorpusError
        Naming the file that is missing or differs, and what to delete.
    """
    known = about(folder)
    for file, checksum in known["sha256"].items():
        path = folder / file
        if not path.is_file() or digest(path) != checksum:
            state = "differs from its checksum" if path.is_file() else "is missing"
            raise CorpusError(
                f"{paths.shown(path)} {state}: the cached corpus is damaged; "
                f"delete {paths.shown(folder)} and it is made again"
            )
    return known


def seal(whole: Path, folder: Path, known: dict[str, Any]) -> None:
    """Write ``corpus.json`` with the checksums of what lies in `whole`, and rename `whole` to `folder`."""
    known = known | {"sha256": {file.name: digest(file) for file in sorted(whole.iterdir())}}
    (whole / "corpus.json").write_text(json.dumps(known, indent=1), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(whole, folder)


def frame_table(folder: Path) -> pd.DataFrame:
    """``frames.csv``; subjects and sequences are names, also where they look like numbers or are called NA."""
    text = {"subject": str, "sequence": str}
    return pd.read_csv(folder / "frames.csv", dtype=text, keep_default_na=False, na_values=[""])


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn 'disk full' and 'not allowed' into errors that say what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"no space left for {paths.shown(folder)}; free some, or set AULIB_CORPORA to a folder "
                f"on another disk; what was made is kept"
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR):
            raise StorageError(
                f"cannot write {paths.shown(folder)} ({error.strerror}); set AULIB_CORPORA to a folder "
                f"that can be written"
            ) from error
        raise
