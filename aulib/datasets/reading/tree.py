"""Every file below one root, and nothing outside it.

A name is a POSIX path relative to the root.  ``2D+3D/F001.zip!F001/T1/0001.jpg`` is a member of an archive: owners
hand out archives, and nobody should have to unpack a terabyte to look.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.errors import CorpusError

#: No label file, landmark file or picture of these corpora comes near this; what does is not one of them.
LARGEST = 64 * 2**20

#: What file managers leave behind.
_LITTER = re.compile(r"(^|/)(\.(?!/)|__MACOSX/|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)

#: Names of members that would be unpacked elsewhere.
_LEADS_OUT = re.compile(r"^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)", re.IGNORECASE)

#: Endings of the files that these corpora consist of.
_FILE = re.compile(r"\.(txt|csv|jpe?g|png|bmp|avi|mp4|mat|eaf|zip)$", re.IGNORECASE)

#: What the standard library raises on archives that are damaged, encrypted or packed in a way it does not know.
_BAD_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    KeyError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


class Tree:
    """The files of a folder, found once.

    Parameters
    ----------
    root : Path
        A folder; it is only ever read.
    findings : Findings
        Takes what cannot be read, and links that lead out.
    archives : bool
        Look into zip archives.

    Raises
    ------
    CorpusError
        If the root is not a folder, or cannot be listed.
    """

    def __init__(self, root: Path, findings: Findings, archives: bool = False) -> None:
        self.root = Path(root).expanduser()
        self.findings = findings
        if not self.root.is_dir():
            found = "it is a file" if self.root.exists() else "there is no such folder"
            raise CorpusError(f"{root}: {found}; name the folder that holds the corpus")
        self._real = self.root.resolve()
        names = list(self._walk())
        if archives:
            for archive in [name for name in names if name.lower().endswith(".zip")]:
                names += self._members(archive)
        self.names: tuple[str, ...] = tuple(sorted(names, key=natural))
        self._matched: set[str] = set()

    def match(self, pattern: str) -> Iterator[tuple[str, re.Match[str]]]:
        """Names that match a regular expression, from a ``/`` or the beginning to the end, in any case.

        Parameters
        ----------
        pattern : str
            Of the last parts of the name: ``r"AU_OCC/([FM]\\d+)_(T\\d+)\\.csv"``.

        Yields
        ------
        (str, re.Match)
            In natural order: 2 before 10.
        """
        whole = re.compile(rf"(?:^|[/!])(?:{pattern})$", re.IGNORECASE)
        for name in self.names:
            if found := whole.search(name):
                self._matched.add(name)
                yield name, found

    @property
    def unmatched(self) -> list[str]:
        """Files that no pattern has asked for so far: nothing that the reader knows."""
        return [name for name in self.names if name not in self._matched]

    @property
    def state(self) -> str:
        """A digest of the names, sizes and times of all files: another one, and something was changed since."""
        digest = hashlib.sha256()
        for name in sorted({_parts(name)[0] for name in self.names}):
            with suppress(OSError):
                about = (self.root / name).stat()
                digest.update(f"{name}\n{about.st_size} {about.st_mtime_ns}\n".encode(errors="surrogateescape"))
        return digest.hexdigest()[:16]

    def read(self, name: str) -> bytes:
        """Content of a file; see :func:`content`."""
        return content(self.root, name)

    def _walk(self) -> Iterator[str]:
        def trouble(error: OSError) -> None:
            place = os.path.relpath(error.filename, self.root) if error.filename else "."
            self.findings.error("a folder cannot be listed", place, error.strerror or str(error))

        for folder, folders, files in os.walk(self.root, onerror=trouble, followlinks=False):
            base = Path(folder)
            prefix = "" if base == self.root else f"{base.relative_to(self.root).as_posix()}/"
            for name in folders:
                if (base / name).is_symlink():
                    self._link(base / name, prefix + name)
                elif _FILE.search(name):
                    self.findings.warning("a folder has the name of a file", prefix + name)
            for name in files:
                path, relative = base / name, prefix + name
                if _LITTER.search(relative) or (path.is_symlink() and not self._link(path, relative)):
                    continue
                if path.is_file():
                    yield relative
                else:  # reading a pipe would wait for ever
                    self.findings.warning("neither a file nor a folder: not opened", relative)

    def _link(self, path: Path, name: str) -> bool:
        """Whether a link may be opened; says so where it may not.  Folders are met where they really lie."""
        if not self._inside(path):
            self.findings.warning(
                "a link leads out of the folder, or nowhere, and was not followed; name the real folder, or copy it in",
                name,
            )
            return False
        if path.is_dir():
            self.findings.note("a link to a folder was not followed: its files are found where they lie", name)
        return True

    def _inside(self, path: Path) -> bool:
        try:
            return path.resolve(strict=True).is_relative_to(self._real)
        except (OSError, RuntimeError):  # a broken link, or a circle of them
            return False

    def _members(self, archive: str) -> list[str]:
        try:
            with zipfile.ZipFile(self.root / archive) as file:
                members = [member.filename for member in file.infolist() if not member.is_dir()]
        except (OSError, *_BAD_ARCHIVE) as error:
            self.findings.error("an archive cannot be opened", archive, str(error))
            return []
        # A backslash is no part of any name here: some programs for Windows part folders with it.
        for member in [member for member in members if _LEADS_OUT.search(member)]:
            self.findings.warning("an archive has a member that leads out of it: not opened", archive, member[:80])
        return [
            f"{archive}!{member}"
            for member in (member if _LEADS_OUT.search(member) else member.replace("\\", "/") for member in members)
            if not (_LITTER.search(member) or _LEADS_OUT.search(member))
        ]


def content(root: Path, name: str) -> bytes:
    """Content of one file below a root.

    Parameters
    ----------
    root : Path
    name : str
        As :class:`Tree` lists it.

    Raises
    ------
    Unreadable
        If it is not there, too large to be what it should be, damaged, or not below the root.
    """
    outer, inner = _parts(name)
    path = root / outer
    try:
        if not path.resolve(strict=True).is_relative_to(root.resolve()):
            raise Unreadable(name, "lies outside the corpus' folder and is not opened")
        if not path.is_file():  # a pipe would wait for ever
            raise Unreadable(name, "is not a file")
        if inner:
            return _member(str(path), inner, name)
        if path.stat().st_size > LARGEST:
            raise Unreadable(name, f"is larger than {LARGEST // 2**20} MB: not a file of this corpus")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(name, f"cannot be read ({error.strerror or error})") from error
    except (RuntimeError, ValueError) as error:  # a circle of links; a name that no system allows
        raise Unreadable(name, f"cannot be read ({error})") from error


def _member(path: str, member: str, name: str) -> bytes:
    try:
        file = _archive(path)
        if member not in file.NameToInfo:
            member = member.replace("/", "\\")
        if file.getinfo(member).file_size > LARGEST:
            raise Unreadable(name, f"is larger than {LARGEST // 2**20} MB: not a file of this corpus")
        return file.read(member)
    except _BAD_ARCHIVE as error:
        raise Unreadable(name, f"cannot be read from its archive ({error})") from error


@lru_cache(maxsize=4)  # a person's pictures lie in one archive, and its directory is long
def _archive(path: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


def local(root: Path, name: str) -> Path:
    """A file as the system names it, for libraries that open files themselves; never one outside the root.

    Raises
    ------
    Unreadable
        If it lies outside the root, in an archive, or is not there.
    """
    if _parts(name)[1]:
        raise Unreadable(name, "lies in an archive: unpack the archive first")
    try:
        path = (root / name).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise Unreadable(name, f"cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if not path.is_relative_to(root.resolve()):
        raise Unreadable(name, "lies outside the corpus' folder and is not opened")
    if any("\ud800" <= sign <= "\udfff" for sign in str(path)):  # OpenCV would end the process
        raise Unreadable(name, "its path is no text in UTF-8: rename the file, or the folder above that is not")
    return path


def _parts(name: str) -> tuple[str, str]:
    """(file below the root, member of it or nothing): a ``!`` counts after ``.zip`` only."""
    found = re.match(r"(.*?\.zip)!(.+)", name, re.IGNORECASE | re.DOTALL)
    return (found[1], found[2]) if found else (name, "")


def natural(name: str) -> tuple[str, str]:
    """Sorting key that puts 2 before 10, in any case; names that differ have keys that differ.

    One word, in which a number stands behind its length: a copy of BP4D+ has millions of names, and a list for each
    would fill the memory.
    """
    return re.sub("[0-9]+", _with_its_length, name.lower()), name


def _with_its_length(number: re.Match[str]) -> str:
    digits = number[0].lstrip("0")
    return f"\0{chr(len(digits))}{digits}"
