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
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from aulib import integrity, paths
from aulib.errors import AulibError, CorpusError, StorageError


def is_whole(folder: Path) -> bool:
    """Whether the corpus is finished: ``corpus.json`` is written last."""
    return (folder / "corpus.json").is_file()


def about(folder: Path) -> dict[str, Any]:
    """Content of ``corpus.json``; raises `CorpusError` if it is damaged."""
    return integrity.read_json(folder / "corpus.json", _remedy(folder), CorpusError)


def _remedy(folder: Path) -> str:
    return f"the cached corpus is damaged: delete {paths.shown(folder)} and it is made again"


def verify(folder: Path) -> dict[str, Any]:
    """Compare every file of a finished corpus with its checksum; return ``corpus.json``.

    Raises
    ------
    CorpusError
        Naming the file that is missing or differs, and what to delete.
    """
    known = about(folder)
    integrity.verify(folder, known["sha256"], _remedy(folder), CorpusError)
    return known


def content(folder: Path) -> str | None:
    """A digest of the frames, labels, landmarks and faces of a finished corpus; None if it is not there."""
    if not is_whole(folder):
        return None
    files = {name: value for name, value in about(folder)["sha256"].items() if name != "left_out.csv"}
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]


def seal(whole: Path, folder: Path, known: dict[str, Any]) -> None:
    """Write ``corpus.json`` with the checksums of what lies in `whole`, and rename `whole` to `folder`."""
    integrity.finish(whole / "corpus.json", *sorted(whole.iterdir()), **known)
    integrity.put_in_place(whole, folder)


def frame_table(folder: Path) -> pd.DataFrame:
    """``frames.csv``; subjects and sequences are names, also where they look like numbers or are called NA."""
    text = {"subject": str, "sequence": str}
    return pd.read_csv(folder / "frames.csv", dtype=text, keep_default_na=False, na_values=[""])


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(function: Callable[[Any], Any], tasks: Sequence[Any], workers: int) -> Iterator[Any]:
    """What `function`, of a module, makes of each task, in order, by several fresh processes.

    Raises
    ------
    AulibError
        If a process is killed from outside, as one that takes too much memory is.
    """
    # Fresh processes: a fork of a process that runs torch or numba threads can hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            with without_main():
                results = pool.map(function, tasks)  # all tasks are handed over here, and all processes started
            yield from results
        except BrokenProcessPool as error:
            raise AulibError(
                f"a process was killed, perhaps for want of memory; finished parts are kept: run it again with "
                f"fewer workers than {workers}"
            ) from error


@contextmanager
def without_main() -> Iterator[None]:
    """Keep fresh processes from running the caller's script again.

    They would, in a script without ``if __name__ == "__main__"``: each would load the corpus that it is to help making,
    and wait for it for ever.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


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
        own = str(error.filename or folder).startswith(str(folder.parent))  # not a file of the copy that is read
        if own and error.errno in (errno.ENOENT, errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR):
            raise StorageError(
                f"cannot write {paths.shown(folder)} ({error.strerror}); set AULIB_CORPORA to a folder "
                f"that can be written"
            ) from error
        raise
