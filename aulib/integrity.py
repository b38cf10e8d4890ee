"""Files that we write say what they must hold, and are believed only while they do.

A *marker* is a JSON file, written last and in one step, with the SHA-256 of the files it vouches for and one of its own
content::

    {"what": "it says", "sha256": {"faces.npy": "5f70bf…"}, "seal": "9b74c9…"}

So a kill leaves nothing that looks finished, and a cut, a zero or a flipped bit on a disk is found before a number is
computed from it.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from aulib import paths
from aulib.errors import AulibError

_SEAL = "seal"


def checksum(path: Path) -> str:
    """SHA-256 of a file; computed once a process while size and time of the file stay the same."""
    about = path.stat()
    return _checksum(str(path.absolute()), about.st_size, about.st_mtime_ns, about.st_ino)


@lru_cache(maxsize=4096)
def _checksum(path: str, *_: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksums(files: Iterable[Path]) -> dict[str, str]:
    """Name -> SHA-256."""
    return {file.name: checksum(file) for file in files}


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a marker in one step, sealed."""
    plain = json.loads(json.dumps({key: value for key, value in values.items() if key != _SEAL}))
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(plain | {_SEAL: _seal(plain)}, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, path)


def read_json(path: Path, remedy: str, error: type[AulibError] = AulibError) -> dict[str, Any]:
    """Content of a marker without its seal.

    Raises
    ------
    error
        If it is missing, cannot be read or differs from its seal; the message ends with `remedy`.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as trouble:
        raise error(f"{paths.shown(path)}: cannot be read ({trouble}); {remedy}") from trouble
    if not isinstance(values, dict) or _SEAL not in values:
        raise error(f"{paths.shown(path)}: has no checksum of itself, cut or written by an earlier version; {remedy}")
    if values.pop(_SEAL) != _seal(values):
        raise error(f"{paths.shown(path)}: differs from the checksum in it; {remedy}")
    return values


def _seal(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def verify(folder: Path, known: Mapping[str, str], remedy: str, error: type[AulibError] = AulibError) -> None:
    """Compare files with their checksums; raises `error` that names the first which is missing or differs."""
    for name, expected in known.items():
        file = folder / name
        if not file.is_file() or checksum(file) != expected:
            state = "differs from its checksum" if file.is_file() else "is missing"
            raise error(f"{paths.shown(file)} {state}; {remedy}")


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Turn a library's error into one of the disk, and remove a file that was cut short."""
    try:
        yield
    except Exception as error:
        file.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise
        # safetensors reports a full disk as an error of its own
        raise OSError(errno.ENOSPC if "space" in str(error).lower() else errno.EIO, str(error)) from error


def finish(marker: Path, *files: Path, **about: Any) -> None:
    """Vouch for files beside a marker: from now on what they hold counts as made."""
    write_json(marker, about | {"sha256": checksums(files)})


def finished(marker: Path) -> dict[str, Any] | None:
    """What a marker says, if it is there and all of its files are whole; what is damaged is named and to be made again.

    For what can be made again without asking: pieces of a corpus, checkpoints, caches.
    """
    if not marker.is_file():
        return None
    try:
        about = read_json(marker, "it is made again")
        verify(marker.parent, about["sha256"], "it is made again")
    except AulibError as error:
        print(f"aulib: {error}", file=sys.stderr, flush=True)
        return None
    return about


def beside(folder: Path) -> Path:
    """A name beside a folder for what will take its place; what killed processes left there is removed.

    Called under the folder's lock.  The name is the process' own, for systems that know no lock.
    """
    prefix = f".{folder.name}.new-"
    for left in folder.parent.glob(f"{glob.escape(prefix)}*"):
        if not _alive(left.name.removeprefix(prefix)):
            shutil.rmtree(left, ignore_errors=True)
    return folder.with_name(f"{prefix}{os.getpid()}")


def _alive(pid: str) -> bool:
    """Whether a process of this machine may still be writing; on Windows nobody can ask without killing it."""
    if sys.platform == "win32" or not pid.isdigit() or int(pid) == os.getpid():
        return sys.platform == "win32"
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def put_in_place(new: Path, folder: Path) -> None:
    """Rename a finished folder over another.  Called under the folder's lock.

    A kill between the two renames leaves the old one aside, from where :func:`recover` brings it back.
    """
    recover(folder)
    if folder.exists():
        shutil.rmtree(_aside(folder), ignore_errors=True)
        os.replace(folder, _aside(folder))
    os.replace(new, folder)
    shutil.rmtree(_aside(folder), ignore_errors=True)


def recover(folder: Path) -> None:
    """Bring back a folder that a killed replacement left aside.  Called under the folder's lock."""
    if not folder.exists() and _aside(folder).is_dir():
        os.replace(_aside(folder), folder)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")
