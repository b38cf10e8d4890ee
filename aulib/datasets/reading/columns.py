"""Tables whose columns are not known beforehand: found by their headings, or named by whoever knows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aulib.datasets.reading.findings import Unreadable
from aulib.datasets.reading.tables import Lines, au_of, is_frame, lines, quoted
from aulib.datasets.reading.tree import Tree
from aulib.errors import CorpusError

#: Cells that hold no number, in lower case.
EMPTY = {"", "na", "nan", "n/a", ".", "-"}

_WHO = re.compile(r"(?:person|subject|participant)(?:[ _-]*(?:id|name|code|no|number))?|id")


@dataclass(frozen=True)
class Columns:
    """Where things stand in a table: numbers of columns from 0.

    Parameters
    ----------
    frame : int or None
        None where rows are counted.
    person : int or None
    aus : mapping of int to int
        AU to column.
    heading : int
        1 where the first line names the columns, else 0.
    """

    frame: int | None
    person: int | None
    aus: Mapping[int, int]
    heading: int


def mapping(columns: str, path: str, aus: Sequence[int]) -> dict[str, str]:
    """What the options say about columns: ``frame``, ``person`` and numbers of AUs to headings.

    Parameters
    ----------
    columns : str
        ``frame=Frame,AU1=AU01``; it goes before the file.
    path : str
        Of a YAML file; nothing if empty.
    aus : sequence of int
        That can be named.

    Raises
    ------
    CorpusError
        Naming the piece that is not understood.
    """
    pairs: list[tuple[str, str]] = []
    if path:
        import yaml

        try:
            given = yaml.safe_load(Path(path).expanduser().read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise CorpusError(f"option column_map={path} cannot be read: {str(error).splitlines()[0]}") from error
        if not isinstance(given, dict):
            raise CorpusError(f"option column_map={path} must hold lines like 'frame: Frame' and 'AU1: AU01'")
        pairs += [(str(key), str(value)) for key, value in given.items()]
    for piece in filter(str.strip, columns.split(",")):
        key, sign, heading = piece.partition("=")
        if not sign or not heading.strip():
            raise CorpusError(f"option columns: {piece.strip()!r} is not like AU1=AU01")
        pairs.append((key, heading))
    out = {}
    for key, heading in pairs:
        plain, au = key.strip().lower(), au_of(key)
        if plain not in ("frame", "person") and au not in aus:
            known = ", ".join(f"AU{number}" for number in aus)
            raise CorpusError(f"{key.strip()!r} is no column that is read; there are frame, person, {known}")
        out[plain if au is None else str(au)] = heading.strip()
    return out


def cells_of(tree: Tree, name: str) -> Lines:
    """Cells of a table, whatever parts them."""
    table = lines(tree.root, name)
    if not table.cells:
        raise Unreadable(name, "is empty: a heading and a line a frame are expected")
    return table


def placed(table: Lines, wanted: Mapping[str, str], aus: Sequence[int]) -> Columns | None:
    """Where things stand in a table.

    Parameters
    ----------
    table : Lines
        With its heading.
    wanted : mapping
        As :func:`mapping` returns it.  If it names an AU, only those AUs are read that it names.
    aus : sequence of int
        Of which one must be there at least.

    Returns
    -------
    Columns or None
        None where nothing looks like an AU.

    Raises
    ------
    Unreadable
        If two columns are called alike, or none is that of the frames.
    """
    first = [" ".join(cell.lower().split()) for cell in table.cells[0]]
    numbers = [int(cell) if cell.isdecimal() else None for cell in first]
    counted = len(set(first[1:])) == len(first) - 1 and sum(number in aus for number in numbers[1:]) >= 5
    heading = int(counted or 2 * sum(not _number(cell) for cell in first) >= len(first))
    if heading and len(table.cells) > 1 and len(table.cells[1]) != len(first):
        width = len(table.cells[1])
        raise Unreadable(table.name, f"{width} cells below a heading of {len(first)}: cut short?", table.numbers[1])

    def place(key: str) -> int | None:
        name = " ".join(wanted[key].lower().split())
        if re.fullmatch(r"#[1-9]\d*", name):
            return int(name[1:]) - 1 if int(name[1:]) <= len(first) else None
        return first.index(name) if heading and name in first else None

    found: dict[int, int] = {}
    if any(key.isdecimal() for key in wanted):
        found = {int(key): at for key in wanted if key.isdecimal() and (at := place(key)) is not None}
    elif heading:
        for column, cell in enumerate(first):
            au = au_of(cell)
            au = numbers[column] if au is None and counted and column else au
            if au in found:
                raise Unreadable(table.name, f"two columns are called AU{au}", table.numbers[0])
            if au is not None:
                found[au] = column
    if not any(au in aus for au in found):
        return None
    frame = place("frame") if "frame" in wanted else _first(first, is_frame) if not counted else 0
    if frame is None and wanted.get("frame", "").lower() != "row":
        raise Unreadable(
            table.name,
            f"has no column of frames among {quoted(table.cells[0])}: option columns=frame=HEADING",
            table.numbers[0],
        )
    return Columns(frame, place("person") if "person" in wanted else _first(first, _WHO.fullmatch), found, heading)


def _first(cells: list[str], fits: Callable[[str], object]) -> int | None:
    return next((column for column, cell in enumerate(cells) if fits(cell)), None)


def _number(cell: str) -> bool:
    return bool(re.fullmatch(r"[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?", cell)) or cell in EMPTY
