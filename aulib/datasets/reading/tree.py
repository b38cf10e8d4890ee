"""Every file below one root, and nothing outside it.

A name is a POSIX path relative to the root.  ``2D+3D/F001.zip!F001/T1/0001.jpg`` is a member of an archive: owners
hand out archives, and nobody should have to unpack a terabyte to look.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.errors import CorpusError

#: No label file, landmark file or picture of these corpora comes near this; what does is not one of them.
LARGEST = 64 * 2**20

#: What file managers leave behind.
_LITTER = re.compile(r"(^|/)(\.|__MACOSX/|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)


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

    def read(self, name: str) -> bytes:
        """Content of a file; see :func:`content`."""
        return content(self.root, name)

    def _walk(self) -> Iterator[str]:
        def trouble(error: OSError) -> None:
            place = os.path.relpath(error.filename, self.root) if error.filename else "."
            self.findings.error("a folder cannot be listed", place, error.strerror or str(error))

        for folder, folders, files in os.walk(self.root, onerror=trouble, followlinks=False):
            base = Path(folder)
            for name in [*folders, *files]:
                path = base / name
                if path.is_symlink() and not self._inside(path):
                    self.findings.warning(
                        "a link leads out of the folder and was not followed; name the real folder, or copy it in",
                        path.relative_to(self.root).as_posix(),
                    )
            for name in files:
                path = base / name
                relative = path.relative_to(self.root).as_posix()
                if not _LITTER.search(relative) and (not path.is_symlink() or self._inside(path)):
                    yield relative

    def _inside(self, path: Path) -> bool:
        try:
            return path.resolve(strict=True).is_relative_to(self._real)
        except (OSError, RuntimeError):  # a broken link, or a circle of them
            return False

    def _members(self, archive: str) -> list[str]:
        try:
            with zipfile.ZipFile(self.root / archive) as file:
                members = [member.filename for member in file.infolist() if not member.is_dir()]
        except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
            self.findings.error("an archive cannot be opened", archive, str(error))
            return []
        return [f"{archive}!{member}" for member in members if not _LITTER.search(member)]


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
    archive, _, member = name.partition("!")
    path = root / archive
    try:
        if not path.resolve(strict=True).is_relative_to(root.resolve()):
            raise Unreadable(name, "lies outside the corpus' folder and is not opened")
        if member:
            return _member(str(path), member, name)
        if path.stat().st_size > LARGEST:
            raise Unreadable(name, f"is larger than {LARGEST // 2**20} MB: not a file of this corpus")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(name, f"cannot be read ({error.strerror or error})") from error


def _member(path: str, member: str, name: str) -> bytes:
    try:
        file = _archive(path)
        if file.getinfo(member).file_size > LARGEST:
            raise Unreadable(name, f"is larger than {LARGEST // 2**20} MB: not a file of this corpus")
        return file.read(member)
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
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
    if "!" in name:
        raise Unreadable(name, "lies in an archive: unpack the archive first")
    try:
        path = (root / name).resolve(strict=True)
    except OSError as error:
        raise Unreadable(name, f"cannot be read ({error.strerror or error})") from error
    if not path.is_relative_to(root.resolve()):
        raise Unreadable(name, "lies outside the corpus' folder and is not opened")
    return path


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sorting key that puts 2 before 10."""
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in parts if part]
