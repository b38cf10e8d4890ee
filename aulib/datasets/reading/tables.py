"""Small text tables of numbers, as label files are: the line and the cell that is wrong is named."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
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
    return decoded(content(root, name), name)


def decoded(raw: bytes, name: str) -> str:
    """The same for bytes that are read already."""
    encoding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        written = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Unreadable(name, f"is not text (byte {raw[error.start]:#04x})", line) from error
    if "\0" in written:
        raise Unreadable(name, "is not text (it holds zero bytes)", written[: written.index("\0")].count("\n") + 1)
    return written


#: What the owners of a file part its cells by, see :func:`split`.
Kind = Literal["comma", "blank"]

#: A number with a decimal comma; and one of which nobody knows whether its sign parts thousands or a fraction.
_FRACTION = re.compile(r"[-+]?[0-9]+,[0-9]+(?:e[-+]?[0-9]+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}[.,][0-9]{3}")

_FRAME = re.compile(r"#?\s*(?:video)?\s*frames?[ _-]*(?:no|nr|num|number|id|index)?\.?")
_AU = re.compile(r"(?:au|action ?unit)[ _.-]*0*([1-9][0-9]?)(?:[ _.-]*(?:c|presence|occ(?:urrence)?))?")


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


def lines(root: Path, name: str, kind: Kind = "comma") -> Lines:
    """Split a text file into cells; blank lines are passed over.

    Parameters
    ----------
    root : Path
    name : str
    kind : {'comma', 'blank'}
        See :func:`split`.

    Raises
    ------
    Unreadable
        Naming the line that is no text, or holds ``1.000`` where that may be a thousand.
    """
    return split(text(root, name), name, kind)


def split(written: str, name: str, kind: Kind = "comma") -> Lines:
    """The same for text that is read already.

    Owners part cells by commas or by blanks; spreadsheets save them again with semicolons or tabs, and with decimal
    commas.  The first line that is parted at all says by which sign.

    Parameters
    ----------
    written, name : str
    kind : {'comma', 'blank'}
        What the owners part cells by.  Where it is a run of blanks, a tab is one of them.
    """
    rows = [(number, line) for number, line in enumerate(re.split(r"\r\n|\r|\n", written), 1) if line.strip()]
    said = re.fullmatch(r"\W*sep=(.)\W*", rows[0][1], re.IGNORECASE) if rows else None  # a spreadsheet's first line
    rows = rows[1:] if said else rows
    mark = said[1] if said else next((mark for _, line in rows if (mark := _mark(line, kind))), None)
    cells = [[_bare(cell) for cell in line.split(mark)] for _, line in rows]
    numbers = [number for number, _ in rows]
    if mark != ",":
        cells = [[_with_point(cell) for cell in row] for row in cells]
    if mark in (";", "\t"):
        for row, number in zip(cells, numbers, strict=True):
            if thousand := next((cell for cell in row if _THOUSANDS.fullmatch(cell)), None):
                raise Unreadable(name, f"holds {thousand!r}, which may be a thousand or a fraction", number)
    return Lines(name, cells, numbers)


def _mark(line: str, kind: Kind) -> str | None:
    """What parts the cells of a line; None where blanks do, or nothing."""
    if ";" in line:
        return ";"
    if "\t" in line.strip() and kind == "comma":
        return "\t"
    words = line.split()
    fractions = len(words) > 1 and all(map(_FRACTION.fullmatch, words))  # 4,0 2,0
    return "," if "," in line and not fractions else None


def _with_point(cell: str) -> str:
    return cell.replace(",", ".") if _FRACTION.fullmatch(cell) and not _THOUSANDS.fullmatch(cell) else cell


def _bare(cell: str) -> str:
    """``1`` of ``"1"``, as spreadsheets may write it; a mark on one side only stays, and is no number."""
    cell = cell.strip()
    return cell[1:-1].strip() if len(cell) > 1 and cell[0] == cell[-1] and cell[0] in "\"'" else cell


def without_index(table: Lines) -> Lines:
    """A table with headings, without the row numbers that programs save in front of it.

    They are known by a heading that says nothing, by counting from 0 or 1, and by what follows: a column that is called
    frame, a header that counts from 0, or a first AU whose name stands twice, as it does over BP4D+'s frame numbers.
    """
    if len(table.cells) < 2 or len(table.cells[0]) < 3:
        return table
    head = table.cells[0]
    column = [cells[0] for cells in table.cells[1:]]
    counts = any(column == list(map(str, range(first, first + len(column)))) for first in (0, 1))
    follows = is_frame(head[1]) or head[1:3] == ["0", "1"] or head[1] in head[2:]
    if not (head[0].lower() in ("", "index", "row", "unnamed: 0") and counts and follows):
        return table
    return Lines(table.name, [cells[1:] for cells in table.cells], table.numbers)


def without_heading(table: Lines, au: int | None = None) -> Lines:
    """A table of frames and levels without a first line of words or, if an AU is given, of ``0,<AU>``.

    Where the words call the second column that of the frames, the two change places.
    """
    head = headings(table.cells[0]) if table.cells else []
    if au is not None and len(head) == 2 and head[0] == "0" and re.fullmatch(rf"0*{au}(?:\.0*)?", head[1]):
        return table.without(1)
    if not ((head and head[0]) or len(head) > 1) or not all(map(_word, head)):
        return table
    table = without_index(table)
    head = headings(table.cells[0])
    swapped = len(head) == 2 and is_frame(head[1]) and not is_frame(head[0])
    cells = [[cells[1], cells[0], *cells[2:]] if swapped and len(cells) > 1 else cells for cells in table.cells[1:]]
    return Lines(table.name, cells, table.numbers[1:])


def _word(cell: str) -> bool:
    """Whether a cell is no number: a cut or garbled first line is an error, not a heading."""
    return not any(sign.isdigit() for sign in cell) or cell[:1].isalpha()


def is_frame(heading: str) -> bool:
    """Whether a column is called that of the frames: ``frame``, ``Frame_no.``, ``video frame number`` …"""
    return bool(_FRAME.fullmatch(" ".join(heading.lower().split())))


def au_of(heading: str) -> int | None:
    """The AU whose occurrence a column holds by its heading: ``AU1``, ``au 01``, ``AU01_c``, ``Action Unit 1``."""
    found = _AU.fullmatch(" ".join(heading.lower().split()))
    return int(found[1]) if found else None


def quoted(cells: Sequence[str], most: int = 60) -> str:
    """A line as it was seen, for messages, cut to a sane length."""
    line = ", ".join(cells)
    return repr(line if len(line) <= most else line[:most] + "…")


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
            named = f" ({', '.join(what)})" if len(what) == columns else ""
            seen = f"{_counted(len(cells))} where {columns} are expected{named}"
            raise Unreadable(table.name, f"{seen}: cut short? The line is {quoted(cells)}", number)
    if all(map(plain, table.cells)):
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


def plain(cells: list[str]) -> bool:
    """Whether Python's leave to write 1_000, or digits of other scripts, is not used: no label file has either."""
    line = "".join(cells)
    return line.isascii() and "_" not in line


def _whole(cell: str, what: str, name: str, line: int) -> int:
    """Exactly the number that is written, or `Unreadable`: a float would make 2**63 and 1e30 other numbers."""
    try:
        if not plain([cell]):
            raise ValueError
        value = Decimal(cell)
    except (ValueError, InvalidOperation):
        raise Unreadable(name, f"{what} is {cell[:20]!r}, not a number", line) from None
    if value.is_finite() and value.adjusted() > 18:
        raise Unreadable(name, f"{what} is {cell[:20]!r}: too large", line)
    if not value.is_finite() or value != value.to_integral_value():
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
            seen = f"{_counted(len(cells))} where {columns} are expected"
            raise Unreadable(table.name, f"{seen}: cut short? The line is {quoted(cells)}", number)
        try:
            if not plain(cells):
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
    in_bounds(values, table, first)
    seen: dict[int, int] = {}
    for value, line in zip(values.tolist(), table.numbers, strict=True):
        if value in seen:
            raise Unreadable(table.name, f"frame {value} stands here a second time, after line {seen[value]}", line)
        seen[value] = line
    return values


def in_bounds(values: np.ndarray, table: Lines, first: int = 0) -> None:
    """Raise `Unreadable` for the first number that cannot be that of a frame."""
    strange = np.flatnonzero((values < first) | (values > LARGEST_FRAME))
    if len(strange):
        raise Unreadable(table.name, f"{values[strange[0]]} is no frame number", table.numbers[strange[0]])


def _counted(cells: int) -> str:
    return f"{cells} cell{'' if cells == 1 else 's'}"
