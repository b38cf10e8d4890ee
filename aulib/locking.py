"""One process at a time: an advisory lock that goes away with its process, even a killed one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def lock(target: Path) -> Iterator[None]:
    """Hold ``<target>.lock`` while the body runs; a second process waits.

    Where the system has no ``fcntl`` (Windows) there is no lock, and the last one to finish wins.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.with_name(f".{target.name}.lock"), "w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        except ImportError:
            pass
        yield
