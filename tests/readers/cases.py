"""A sound miniature, a copy of it that may be broken, and what is wrong with the way in which that is read.

Which labels depend on a file is found out by taking the file away.
"""

from __future__ import annotations

import os
import shutil
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from aulib.aus import UNKNOWN
from aulib.datasets.readers import read
from aulib.datasets.reading.findings import Unreadable
from aulib.datasets.reading.recording import Reading
from aulib.datasets.reading.tree import _archive
from aulib.errors import CorpusError
from tests.readers.compare import codes_of
from tests.readers.miniature import Codes, Miniature, number_in
from tests.readers.mutations import LISTS, TEXT, Effect, Place

#: Opened files that lie in the folder nobody may look into; filled by an audit hook, which stays for good.
_TRESPASSES: list[str] = []
_FORBIDDEN: list[str] = []

Read = Callable[[Path], Reading]
Cells = set[tuple[tuple[str, str, int], int]]


def _watch(event: str, arguments: tuple) -> None:
    if (
        _FORBIDDEN
        and event in ("open", "os.listdir", "os.scandir")
        and isinstance(arguments[0], str | bytes | os.PathLike)
    ):
        if os.path.realpath(os.fsdecode(arguments[0])).startswith(_FORBIDDEN[0]):
            _TRESPASSES.append(os.fsdecode(arguments[0]))


sys.addaudithook(_watch)


class Case:
    """A sound copy, what is read from it, and what depends on each of its files."""

    def __init__(self, one: Miniature, folder: Path, reader: Read | None = None) -> None:
        self.one, self.folder, self.sound = one, folder, folder / "sound"
        self.sound.mkdir(parents=True)
        self.expected = one.make(self.sound)
        self.reader = reader or (lambda root: read(one.corpus, root, one.options))
        self.names = sorted(path.relative_to(self.sound).as_posix() for path in self.sound.rglob("*") if path.is_file())
        reading = self.reader(self.sound)
        assert codes_of(reading) == self.expected.codes
        self.findings = Counter(map(_line, reading.findings))
        self.pictures = _pictures(reading)
        self._cells: dict[str, Cells] = {}
        self.place = Place(folder / "work" / "copy", folder / "work" / "outside", self.expected.aus)
        shutil.copytree(self.sound, self.place.root, copy_function=os.link)  # mutations replace files
        self.place.outside.mkdir()
        self.verdict = ""
        self.spare = folder / "spare"
        shutil.copytree(self.sound, self.spare, copy_function=os.link)

    def cells(self, name: str) -> Cells:
        """(frame, column) of the codes that are not read as expected when a file is away."""
        if name not in self._cells:
            (self.spare / name).unlink()
            try:
                found = codes_of(self.reader(self.spare))
            except CorpusError:
                found = {}
            self._cells[name] = _differing(self.expected.codes, found)
            os.link(self.sound / name, self.spare / name)
        return self._cells[name]


def _differing(expected: Codes, found: Codes) -> Cells:
    return {
        (key, column)
        for key, row in expected.items()
        for column, code in enumerate(row)
        if key not in found or found[key][column] != code
    }


def _known(expected: Codes, cells: Cells) -> Cells:
    return {(key, column) for key, column in cells if expected[key][column] != UNKNOWN}


def _line(one) -> str:
    return f"{one.level}|{one.kind}|{one.where}|{one.detail}|{one.count}"


def _pictures(reading: Reading) -> dict[tuple[str, str, int], int | str]:
    """Every picture that there should be, labelled or not: its number, or why it cannot be seen."""
    out: dict[tuple[str, str, int], int | str] = {}
    for one in reading.recordings:
        if one.media is None:
            continue
        try:
            wanted = sorted({*one.frames.tolist(), *one.media.numbers().tolist()})
        except Unreadable:
            wanted = one.frames.tolist()
        shown = list(one.media.pictures(wanted))
        assert [number for number, _, _ in shown] == wanted, "a frame without a picture and without a reason"
        for number, picture, why in shown:
            assert (picture is None) == bool(why.strip()), "no picture needs a reason, a picture needs none"
            out[one.subject, one.sequence, number] = why if picture is None else number_in(picture)
    return out


def _points(reading: Reading) -> None:
    """Every landmark file is asked for: points, none, or `Unreadable`."""
    for one in reading.recordings:
        for number in one.frames.tolist() if one.points is not None else []:
            try:
                found = one.points.points(number)
            except Unreadable:
                continue
            assert found is None or (found.shape == (68, 2) and found.dtype == np.float32)


def wrongs(case: Case, effect: Effect) -> list[str]:
    """What is wrong with the way in which a broken copy is read; empty if nothing is."""
    _TRESPASSES.clear()
    _archive.cache_clear()  # another archive lies under the same name
    before = sorted(path.as_posix() for path in case.place.outside.rglob("*"))
    _FORBIDDEN[:] = [os.path.realpath(case.place.outside)]
    try:
        out = _wrongs(case, effect)
    except Exception as error:
        case.verdict = "a traceback"
        out = [f"{type(error).__name__}: {str(error)[:200]}"]
    finally:
        _FORBIDDEN.clear()
    if _TRESPASSES:
        out.append(f"opened outside the root: {_TRESPASSES[0]}")
    if before != sorted(path.as_posix() for path in case.place.outside.rglob("*")):
        out.append("wrote outside the root")
    return out


def _wrongs(case: Case, effect: Effect) -> list[str]:
    words = effect.named or tuple(Path(name).name for name in effect.touched)
    touched = set().union(*(case.cells(name) for name in effect.touched)) if effect.touched else set()
    try:
        reading = case.reader(case.place.root)
    except CorpusError as error:
        codes = case.expected.codes
        nothing_left = _known(codes, touched) == _known(codes, _differing(codes, {}))
        told = nothing_left or any(word in str(error) for word in words)
        case.verdict = "a clear error"
        return [] if told else [f"an error that does not name the file: {str(error)[:200]}"]
    out = []
    new = [one for one in reading.findings if _line(one) not in case.findings]
    named = [one for one in new if any(word in f"{one.where} {one.detail} {one.kind}" for word in words)]
    if any(not one.where for one in reading.findings):
        out.append("a finding without a place")
    found = codes_of(reading)
    expected = case.expected.codes
    if effect.moved:  # a heading or a second file may contradict; if that is said, either may be believed
        both = {key: row for key, row in effect.moved(expected).items() if any(one == key for one, _ in touched)}
        if not named or len(_differing({**expected, **both}, found)) < len(_differing(expected, found)):
            expected, touched = {**expected, **both}, touched if named else set()
    differing = _differing(expected, found)
    whole = (
        {key for key in expected if any(key[0] in name and key[1] in name for name in effect.touched)}
        if named
        else set()
    )
    for key, column in sorted(differing - touched):
        is_now = found[key][column] if key in found else UNKNOWN
        if key not in whole or is_now != UNKNOWN:  # a broken file may cost its recording, if that is said
            out.append(
                f"{key} AU{case.expected.aus[column]} of an untouched file is {is_now}, not {expected[key][column]}"
            )
    for key, column in sorted(differing & touched):
        code = found[key][column] if key in found else UNKNOWN
        absent = effect.shorter and code == 0 and any(LISTS.search(name) for name in effect.touched)
        if code != UNKNOWN and not absent:
            out.append(f"{key} AU{case.expected.aus[column]} is silently {code}, not {expected[key][column]}")
    case.verdict = "left out or unknown, with a finding" if differing else "read as before"
    if differing and not named and not effect.shorter:
        out.append(f"{len(differing)} codes are lost and no finding names {words}")
    if effect.tell and touched and not named:
        out.append(f"no finding names {words}")
    if (extra := set(found) - set(expected)) and not named:
        out.append(f"frames from nowhere: {sorted(extra)[:3]}")
    if (
        effect.added
        or not all(TEXT.search(name) for name in effect.touched)
        or zlib.crc32(repr(words).encode()) % 4 == 0
    ):
        out += _wrong_pictures(case, reading, effect, bool(new))  # decoding is slow
    _points(reading)
    return out


def _wrong_pictures(case: Case, reading: Reading, effect: Effect, told: bool) -> list[str]:
    shown = _pictures(reading)
    present = {(one.subject, one.sequence) for one in reading.recordings}
    out = []
    for key, number in case.pictures.items():
        now = shown.get(key)
        if now is None and key[:2] in present and not told:
            out.append(f"the picture {key} is gone and no finding says so")
        if isinstance(now, int) and isinstance(number, int) and abs(now - number) > (6 if effect.touched else 0):
            out.append(f"the picture {key} is {now}, not {number}")
        if isinstance(now, str) and isinstance(number, int) and not effect.touched:
            out.append(f"the picture {key} is not shown: {now}")
    return out
