"""Landmarks that somebody brings along: tables with a row a frame, in pixels of the copy's pictures.

::

    subject,sequence,frame,x0,y0,…,x67,y67,pixels_of,width,height      as ``data export`` writes it
    frame,face_id,timestamp,confidence,success,…,x_0,…,x_67,y_0,…,y_67     OpenFace, a file a sequence

Cells are parted by commas, semicolons or tabs.  Columns go by their names, in any order; others are passed over.  What
could mean two things is refused with a line that says what was seen.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from aulib.datasets.landmarks import COUNT, MARKUPS
from aulib.datasets.reading.findings import Unreadable
from aulib.datasets.reading.points import LARGEST_PIXEL, tracked
from aulib.datasets.reading.tables import LARGEST_FRAME, decoded, plain

#: What the column ``pixels_of`` says: points of the pictures that lie in the copy, or of faces that aulib has aligned.
PICTURE, ALIGNED = "picture", "aligned face"

#: Confidence below which a tracker itself thinks it likelier that it has lost the face (OpenFace: 0 to 1).
DOUBTFUL = 0.5

#: (subject, sequence); or one word where a table tells no more: a subject, a sequence, the name of a file.
Key = tuple[str, ...]

_KEYS = {"subject": "subject", "sequence": "sequence", "file": "file", "filename": "file"}
_NUMBERS = {"frame": "frame", "framenumber": "frame", "success": "success", "confidence": "confidence",
            "pixelsof": "pixels_of", "width": "width", "height": "height"}  # fmt: skip
_EMPTY = ("", "na", "n/a", "nan")
_EXPECTED = (
    "expected are subject, sequence, frame, x0, y0 … for 49, 51, 66 or 68 points, or OpenFace's frame, confidence, "
    "success, x_0 … y_67"
)


@dataclass(frozen=True)
class PointTable:
    """Landmarks of a recording in one array.

    Parameters
    ----------
    numbers : ndarray of int64, shape (n,)
        Frame numbers, ascending: those at which a face was found.
    values : ndarray of float32, shape (n, 68, 2)
        In pixels of the pictures; NaN where unknown.
    sizes : ndarray of int32, shape (n, 2)
        Width and height of those pictures; 0 where the table does not tell.
    lines : ndarray of int64, shape (n,)
        Where they stand.
    name : str
        Of the table.
    """

    numbers: np.ndarray
    values: np.ndarray
    sizes: np.ndarray
    lines: np.ndarray
    name: str

    def points(self, number: int) -> np.ndarray | None:
        """Landmarks of a frame."""
        at = self._row(number)
        return None if at is None else self.values[at]

    def misfit(self, number: int, width: int, height: int) -> str:
        """Why the landmarks of a frame are not those of a picture of this size; empty if nothing speaks against it."""
        at = self._row(number)
        if at is None or not self.sizes[at].any() or tuple(self.sizes[at]) == (width, height):
            return ""
        told = " × ".join(map(str, self.sizes[at]))
        return (
            f"{self.name}:{self.lines[at]} has landmarks of a picture of {told} pixels; this one has {width} × {height}"
        )

    def _row(self, number: int) -> int | None:
        at = int(np.searchsorted(self.numbers, number))
        return at if at < len(self.numbers) and self.numbers[at] == number else None


@dataclass
class _Rows:
    """Rows of one recording while they are read: frame number to line, points, size of the picture."""

    found: dict[int, tuple[int, np.ndarray, tuple[int, int]]] = field(default_factory=dict)

    def table(self, name: str) -> PointTable:
        numbers = sorted(self.found)
        lines, values, sizes = zip(*(self.found[number] for number in numbers), strict=True) if numbers else ((),) * 3
        return PointTable(
            np.array(numbers, np.int64),
            np.array(values, np.float32).reshape(-1, COUNT, 2),
            np.array(sizes, np.int32).reshape(-1, 2),
            np.array(lines, np.int64),
            name,
        )


def point_tables(path: Path) -> dict[Key, PointTable]:
    """Read a table, or every ``.csv`` and ``.tsv`` file below a folder.

    A row whose points are empty, zeros or all in one place, or whose tracker says that it had lost the face
    (``success`` 0, ``confidence`` below :data:`DOUBTFUL`), is passed over: a detector will look.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of Key to PointTable

    Raises
    ------
    Unreadable
        Naming the line, if columns are missing, a cell is no number, a frame has two faces, or the coordinates are not
        pixels of pictures.
    """
    rows: dict[Key, tuple[_Rows, str]] = {}
    for name, file in _files(path):
        for key, frame, line, points, size in _read(file, name):
            found = rows.setdefault(key, (_Rows(), name))[0].found
            if points is None:
                continue
            if frame in found:
                where = "/".join((*key, str(frame)))
                raise Unreadable(name, f"frame {where} stands here a second time, after line {found[frame][0]}", line)
            found[frame] = line, points, size
    tables = {key: found.table(name) for key, (found, name) in rows.items()}
    _refuse_shares(tables, path.name)
    return tables


def _files(path: Path) -> list[tuple[str, Path]]:
    if not path.is_dir():
        return [(path.name, path)]
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in (".csv", ".tsv") and file.is_file())
    if not files:
        raise Unreadable(path.name, "is a folder without a .csv or .tsv file")
    return [(file.relative_to(path).as_posix(), file) for file in files]


def _text(path: Path, name: str) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Unreadable(name, f"cannot be read ({error.strerror or error})") from error
    return decoded(raw, name)


@dataclass(frozen=True)
class _Columns:
    """Where everything stands: names of columns to their numbers; x and y of each of `places`, alternating."""

    keys: dict[str, int]
    numbers: dict[str, int]
    places: tuple[int, ...]
    coordinates: list[int]
    count: int
    decimal: str


def _read(path: Path, name: str) -> Iterator[tuple[Key, int, int, np.ndarray | None, tuple[int, int]]]:
    """(recording, frame, line, landmarks (68, 2) or None, size of the picture) of every row."""
    text = _text(path, name)
    heading = re.search(r"[^\r\n]*\S[^\r\n]*", text)
    mark = max(",;\t", key=heading[0].count if heading else len)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True, strict=True)
    columns = None
    try:
        for cells in rows:
            if not any(map(str.strip, cells)):
                continue
            if columns is None:
                columns = _columns([cell.strip() for cell in cells], mark, name, rows.line_num)
            else:
                yield _row(cells, columns, name, rows.line_num, Path(name).stem)
    except csv.Error as error:
        raise Unreadable(name, f"cannot be read as a table ({error})", rows.line_num) from error
    if columns is None:
        raise Unreadable(name, f"is empty; {_EXPECTED}")


def _columns(cells: list[str], mark: str, name: str, line: int) -> _Columns:
    keys, numbers, points = _named(cells, name, line)
    words = {",": "commas", ";": "semicolons", "\t": "tabs"}[mark]
    shown = ", ".join(repr(cell[:20]) for cell in cells[:6])
    seen = f"seen were {len(cells)} columns parted by {words}: {shown} …; {_EXPECTED}"
    # OpenFace writes x_0 in pixels and X_0 in millimetres: only without the former can the latter be pixels.
    x, y, z = (points[letter] for letter in ("xyz" if points["x"] or points["y"] else "XYZ"))
    if z:
        raise Unreadable(name, f"has x, y and z: places in space and not pixels; {seen}", line)
    if "frame" not in numbers:
        raise Unreadable(name, f"lacks the column 'frame'; {seen}", line)
    for letter, has, other in (("x", x, y), ("y", y, x)):
        every = set(other) | (set(range(min(has), max(has) + 1)) - {60, 64} if has else {0})
        if missing := sorted(every - set(has)):
            raise Unreadable(name, f"lacks the column '{letter}{missing[0]}'; {seen}", line)
    places = _places(sorted(x))
    if places is None:
        raise Unreadable(name, f"has {len(x)} points, numbered {min(x)} to {max(x)}; {seen}", line)
    order = [column for i in sorted(x) for column in (x[i], y[i])]
    return _Columns(keys, numbers, places, order, len(cells), "." if mark == "," else ",")


def _named(cells: list[str], name: str, line: int) -> tuple[dict[str, int], dict[str, int], dict[str, dict[int, int]]]:
    """Columns of keys, of numbers, and of the points by their letter."""
    keys: dict[Any, int] = {}
    numbers: dict[Any, int] = {}
    points: dict[str, dict[Any, int]] = {letter: {} for letter in "xyzXYZ"}
    for column, cell in enumerate(cells):
        simple = re.sub(r"[\s_]+", "", cell).lower()
        if found := re.fullmatch(r"([xyzXYZ])[\s_]*([0-9]{1,4})", cell):
            into: dict[Any, int] = points[found[1]]
            what: Any = int(found[2])
        elif simple in _KEYS:
            into, what = keys, _KEYS[simple]
        elif simple in _NUMBERS:
            into, what = numbers, _NUMBERS[simple]
        else:
            continue
        if what in into:
            raise Unreadable(name, f"has two columns {cell!r}", line)
        into[what] = column
    return keys, numbers, points


def _places(numbers: list[int]) -> tuple[int, ...] | None:
    """Which of the 68 they are: a whole mark-up counted from 0 or 1, or the numbers among the 68 themselves."""
    for first in (0, 1):
        counted = tuple(number - first for number in numbers)
        if counted == tuple(range(len(counted))) and len(counted) in MARKUPS:
            return MARKUPS[len(counted)]
        if counted in MARKUPS.values():
            return counted
    return None


def _row(
    cells: list[str], columns: _Columns, name: str, line: int, stem: str
) -> tuple[Key, int, int, np.ndarray | None, tuple[int, int]]:
    if len(cells) > columns.count and not any(map(str.strip, cells[columns.count :])):
        cells = cells[: columns.count]
    if len(cells) != columns.count:
        raise Unreadable(name, f"{len(cells)} cells where {columns.count} are expected: cut short?", line)
    told = {what: cells[column].strip() for what, column in columns.numbers.items()}
    _check_pixels(told.get("pixels_of", PICTURE), name, line)
    frame = _whole(told["frame"], "frame", LARGEST_FRAME, columns, name, line)
    sizes = [
        _whole(told[what], what, LARGEST_PIXEL, columns, name, line) for what in ("width", "height") if what in told
    ]
    sure = _share(told.get("success", "1"), "success", columns, name, line) > 0
    sure &= _share(told.get("confidence", "1"), "confidence", columns, name, line) >= DOUBTFUL
    points = np.full((COUNT, 2), np.nan, np.float32)
    points[list(columns.places)] = _coordinates(cells, columns, name, line)
    keys = [columns.keys[what] for what in ("subject", "sequence") if what in columns.keys]
    keys = keys or [columns.keys["file"]] if "file" in columns.keys else keys
    key = tuple(cells[column].strip() for column in keys) or (stem,)
    return key, frame, line, tracked(points) if sure else None, (sizes[0], sizes[1]) if len(sizes) == 2 else (0, 0)


def _check_pixels(of: str, name: str, line: int) -> None:
    if of == ALIGNED:
        raise Unreadable(
            name,
            "holds points of aligned faces (`data export` wrote them), not of the copy's pictures: leave this table "
            "out and the copy's own landmarks or a detector serve, or bring points of its pictures",
            line,
        )
    if of != PICTURE:
        raise Unreadable(name, f"pixels_of is {of[:30]!r}; expected {PICTURE!r} or {ALIGNED!r}", line)


def _coordinates(cells: list[str], columns: _Columns, name: str, line: int) -> np.ndarray:
    """(n, 2), NaN where a cell is empty."""
    some = [cells[column].strip() for column in columns.coordinates]
    try:  # the plain case, at once
        values = np.array(some, float) if set("".join(some)) <= set("0123456789.") else None
    except ValueError:
        values = None
    if values is None:
        values = np.array([_number(cell, columns, name, line) for cell in some])
    if (np.abs(values) > LARGEST_PIXEL).any():
        wrong = some[int(np.nanargmax(np.abs(values)))]
        raise Unreadable(name, f"{wrong[:20]!r} is no pixel", line)
    return values.reshape(-1, 2)


def _number(cell: str, columns: _Columns, name: str, line: int) -> float:
    if cell.lower() in _EMPTY:
        return np.nan
    try:
        if not plain([cell]):
            raise ValueError
        return float(cell if columns.decimal == "." else cell.replace(",", "."))
    except ValueError:
        raise Unreadable(name, f"{cell[:20]!r} is no number", line) from None


def _whole(cell: str, what: str, most: int, columns: _Columns, name: str, line: int) -> int:
    value = _number(cell, columns, name, line)
    if not 0 <= value <= most or value != round(value):
        raise Unreadable(name, f"{what} is {cell[:20]!r}: expected a whole number from 0 to {most:,}", line)
    return int(value)


def _share(cell: str, what: str, columns: _Columns, name: str, line: int) -> float:
    value = _number(cell or "0", columns, name, line)
    if not 0 <= value <= 1:
        raise Unreadable(name, f"{what} is {cell[:20]!r}: expected 0 to 1", line)
    return value


def _refuse_shares(tables: dict[Key, PointTable], name: str) -> None:
    values = np.concatenate([np.empty((0, COUNT, 2)), *(table.values for table in tables.values())])
    if len(values) and np.nanmax(np.abs(values)) <= 1.5:
        raise Unreadable(
            name,
            "its coordinates lie between 0 and 1: shares, and nobody says of what; multiply x by the width and y by "
            "the height of what they are shares of, and give pixels of the picture",
        )
