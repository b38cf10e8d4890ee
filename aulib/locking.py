"""One process at a time: an advisory lock that goes away with its process, even a killed one."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

from aulib import paths

#: What a file system answers that has no locks, or whose lock server is away: Lustre, NFS, SMB, FUSE.
_NONE_HERE = (errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.ENOSYS, errno.EINVAL)


@contextmanager
def lock(target: Path) -> Iterator[None]:
    """Hold ``<target>.lock`` while the body runs; a second process waits.

    Where the system (Windows) or the file system has no such locks the body runs all the same, after a warning: the
    last one to finish wins, and two that write the same unfinished thing can spoil it for each other.

    Raises
    ------
    OSError
        If the lock's file cannot be written; nothing else can be written there either.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.with_name(f".{target.name}.lock"), "w", encoding="utf-8") as file:
        if not _locked(file):
            _warn(target.parent)
        yield


def _locked(file: IO[str]) -> bool:
    """Wait for the lock; False where there are none."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _NONE_HERE:
            raise
        return False
    return True


@cache
def _warn(folder: Path) -> None:
    """Say it once a folder, not once a run."""
    print(
        f"aulib: {paths.shown(folder)} lies on a file system without locks: do not let two processes make the same "
        f"run or corpus at once",
        file=sys.stderr,
    )
