"""Small text tables of numbers, as label files are: the line and the cell that is wrong is named."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from aulib.datasets.reading.findings import Unreadable
from aulib.datasets.reading.tree import content

#: Frames of the longest recording of these corpora: a day at 50 frames a second. A larger number is no frame number.
LARGEST_FRAME = 86_400 * 50


def text(root: Path, name: str) -> str:
    """A text file.

    UTF-8 with or without its mark, UTF-16 with its mark; anything else that is not plain ASCII is refused, because
    no label file of these corpora holds anything else.

    Raises
    ------
    Unreadable
        Naming the line that holds the strange byte.
    """
    raw = content(root, name)
    encoding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        decoded = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Unreadable(name, f"is not text (byte {raw[error.start]:#04x})", line) from error
    if "\0" in decoded:
        raise Unreadable(name, "is not text (it holds zero bytes)", decoded[: decoded.index("\0")].count("\n") + 1)
    return decoded


@dataclass(frozen=True)
class Lines:
    """The cells of a text file, line by line.

    Parameters
    ----------
    name : str
        Below the root.
    cells : list of list of str
        Stripped cells of each line that is not blank, without quotation marks around them.
    numbers : list of int
        Their line numbers, from 1.
    """

    name: str
    cells: list[list[str]]
    numbers: list[int]

    def without(self, first: int) -> Lines:
        """The same without its first lines."""
        return Lines(self.name, self.cells[first:], self.numbers[first:])


def lines(root: Path, name: str, separator: Literal["comma", "blank"] = "comma") -> Lines:
    """Split a text file into cells; blank lines are passed over.

    Parameters
    ----------
    root : Path
    name : str
    separator : {'comma', 'blank'}
        ``blank`` stands for any run of spaces and tabs.
    """
    return split(text(root, name), name, separator)


def split(written: str, name: str, separator: Literal["comma", "blank"] = "comma") -> Lines:
    """The same for text that is read already."""
    cells, numbers = [], []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", written), 1):  # as editors number them
        if line.strip():
            cells.append([_bare(cell) for cell in line.split(",")] if separator == "comma" else line.split())
            numbers.append(number)
    return Lines(name, cells, numbers)


def _bare(cell: str) -> str:
    """``1`` of ``"1"``, as spreadsheets may write it; a mark on one side only stays, and is no number."""
    cell = cell.strip()
    return cell[1:-1].strip() if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def within(cells: list[str], width: int) -> list[str]:
    """A line without the empty cells that a comma at its end makes, as far as they go beyond `width`."""
    return cells if len(cells) <= width or any(cells[width:]) else cells[:width]


def headings(cells: list[str]) -> list[str]:
    """A heading without the empty cells at its end: they name nothing."""
    width = max((column for column, cell in enumerate(cells, 1) if cell), default=0)
    return cells[:width]


def whole_numbers(table: Lines, columns: int | None = None, what: Sequence[str] = ()) -> np.ndarray:
    """A table of whole numbers.

    Parameters
    ----------
    table : Lines
    columns : int, optional
        How many cells every line must have; that of the first line by default.
    what : sequence of str
        Names of the columns, for messages.

    Returns
    -------
    ndarray of int64, shape (n, columns)

    Raises
    ------
    Unreadable
        Naming the line with too few or too many cells, or the cell that is no whole number.  ``3.0`` and
        ``3.0e+00`` are whole, ``3.5`` is not: nothing is rounded.
    """
    if not table.cells:
        return np.empty((0, columns or 0), np.int64)
    columns = columns or len(table.cells[0])
    table = Lines(table.name, [within(cells, columns) for cells in table.cells], table.numbers)
    for cells, number in zip(table.cells, table.numbers, strict=True):
        if len(cells) != columns:
            raise Unreadable(table.name, f"{_counted(len(cells))} where {columns} are expected: cut short?", number)
    if all(map(_plain, table.cells)):
        try:  # the plain case, at once
            return np.array(table.cells, dtype=np.int64)
        except (ValueError, OverflowError):
            pass
    out = np.empty((len(table.cells), columns), np.int64)
    for row, (cells, number) in enumerate(zip(table.cells, table.numbers, strict=True)):
        for column, cell in enumerate(cells):
            name = what[column] if column < len(what) else f"cell {column + 1}"
            out[row, column] = _whole(cell, name, table.name, number)
    return out


def _plain(cells: list[str]) -> bool:
    """Whether Python's leave to write 1_000, or digits of other scripts, is not used: no label file has either."""
    line = "".join(cells)
    return line.isascii() and "_" not in line


def _whole(cell: str, what: str, name: str, line: int) -> int:
    try:
        if not _plain([cell]):
            raise ValueError
        value = float(cell)
    except ValueError:
        raise Unreadable(name, f"{what} is {cell[:20]!r}, not a number", line) from None
    if not np.isfinite(value) or value != round(value):
        raise Unreadable(name, f"{what} is {cell[:20]!r}, not a whole number", line)
    if abs(value) > 2**62:
        raise Unreadable(name, f"{what} is {cell[:20]!r}: too large", line)
    return int(value)


def real_numbers(table: Lines, columns: int, finite: int | None = None) -> np.ndarray:
    """A table of real numbers, float64 (n, columns); raises `Unreadable` like :func:`whole_numbers`.

    The first `finite` columns, or all, must be finite; behind them nan and inf may stand.
    """
    out = np.empty((len(table.cells), columns))
    for row, (cells, number) in enumerate(zip(table.cells, table.numbers, strict=True)):
        if len(cells) != columns:
            raise Unreadable(table.name, f"{_counted(len(cells))} where {columns} are expected: cut short?", number)
        try:
            if not _plain(cells):
                raise ValueError
            out[row] = [float(cell) for cell in cells]
        except ValueError:
            raise Unreadable(table.name, f"{' '.join(cells)[:40]!r} are not numbers", number) from None
        if not np.isfinite(out[row, :finite]).all():
            raise Unreadable(table.name, f"{' '.join(cells)[:40]!r} are not finite", number)
    return out


def frame_numbers(values: np.ndarray, table: Lines, first: int = 0) -> np.ndarray:
    """Check a column of frame numbers: within bounds, each once.

    Parameters
    ----------
    values : ndarray of int64, shape (n,)
    table : Lines
        Where they stand, line by line.
    first : int
        Smallest number that can be.

    Returns
    -------
    ndarray of int64, shape (n,)
        The same.

    Raises
    ------
    Unreadable
        Naming the line of the first number that is out of bounds or stood before.
    """
    strange = np.flatnonzero((values < first) | (values > LARGEST_FRAME))
    if len(strange):
        raise Unreadable(table.name, f"{values[strange[0]]} is no frame number", table.numbers[strange[0]])
    seen: dict[int, int] = {}
    for value, line in zip(values.tolist(), table.numbers, strict=True):
        if value in seen:
            raise Unreadable(table.name, f"frame {value} stands here a second time, after line {seen[value]}", line)
        seen[value] = line
    return values


def _counted(cells: int) -> str:
    return f"{cells} cell{'' if cells == 1 else 's'}"
