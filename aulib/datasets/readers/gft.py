"""GFT, the Sayette Group Formation Task: 96 adults in 32 groups of three, talking over a drink.

    J. M. Girard, W.-S. Chu, L. A. Jeni, J. F. Cohn, F. De la Torre, M. A. Sayette: Sayette Group Formation Task (GFT)
    Spontaneous Facial Expression Database, FG 2017, 581-588.  doi 10.1109/FG.2017.144

The annotation is public under CC BY 4.0 (the module ``gft_labels`` fetches it); the video is not.  **How its files
look is a guess**: no public program that reads the release was found, so options can change everything below.

One table a person, known by the name ``001A`` (group of three digits, letter A, B or C) anywhere in the file's name,
or else in a folder's; made up::

    frame,AU1,AU2,AU4
    1,0,0,1
    2,9,9,9

or one long table with a column for the person.  Cells are parted by commas, semicolons, tabs or blanks.  Columns are
found by their headings: ``frame``, ``AU1``, ``AU01``, ``au_1``, ``AU 1`` and the like, or plain numbers of AUs.  Where
they are called otherwise::

    columns="frame=Time,AU1=inner brow,AU2=#4"     # headings, or numbers of columns from 1
    columns="frame=row,AU1=#1,AU2=#2"              # no frame column: rows count from 1
    column_map=gft.yaml                            # the same as a YAML file: {frame: Time, AU1: inner brow}

0 is absent, 1 present; 9, -1, 999 and empty cells are unknown.  Pictures are optional: a video with the person's name,
or a folder of frames like ``001A/1.jpg``.  The column ``group`` holds the three digits: a group shares a recording, and
splits must keep it together.

Certain: the numbers of people and groups, the licence.  Fairly certain: persons' names, ten AUs.  Everything else is
unproven on real data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from aulib.datasets.reading.au_files import Levels, joined
from aulib.datasets.reading.codes import decode
from aulib.datasets.reading.columns import EMPTY, Columns, cells_of, mapping, placed
from aulib.datasets.reading.findings import Findings, Unreadable, some
from aulib.datasets.reading.matching import OFFSET, matched
from aulib.datasets.reading.media import ImageFiles, Video
from aulib.datasets.reading.pictures import VIDEO, numbered
from aulib.datasets.reading.recording import Found, Option, Reader, Recording, in_order
from aulib.datasets.reading.signs import not_here
from aulib.datasets.reading.tables import Lines, frame_numbers, text, whole_numbers
from aulib.datasets.reading.tree import Tree
from aulib.errors import CorpusError

AUS = (1, 2, 4, 6, 10, 12, 14, 15, 23, 24)
PEOPLE, GROUPS = 96, 32
SEQUENCE = "V1"

#: Codes for "not coded": that of BP4D, whose coders these were, and the usual others.
UNKNOWN_CODES = (9, -1, 999)
Place = TypeVar("Place", tuple[str, Video], tuple[str, ImageFiles])

_PERSON = r"(?<!\d)\d{3}[A-C](?![A-Za-z0-9])"


def read(tree: Tree, findings: Findings, options: Mapping[str, Any]) -> Found:
    """Labels and, where they are, pictures of GFT; see the top of this file.

    Raises
    ------
    CorpusError
        If no table has columns of AUs, two tables hold the same person, or an option is no mapping of columns.
    """
    findings.note("the layout of GFT's files is a guess: unproven on real data", ".", "compare a few rows by eye")
    wanted = mapping(options["columns"], options["column_map"], AUS)
    tables = _tables(tree, wanted, options["files"])
    videos, folders = _media_files(tree)
    recordings = []
    for person, name, table, columns in tables:
        try:
            frames, codes = _labels(tree, table, columns)
        except Unreadable as trouble:
            findings.unreadable(trouble)
            continue
        place, media = videos.get(person) or folders.get(person) or ("", None)
        if media is not None:
            media = matched(media, frames, findings, place, options["image_offset"])
        elif videos or folders:
            findings.warning("no video or pictures of this person: labels only", person)
        recordings.append(Recording(person, SEQUENCE, frames, codes, name, media, None, {"group": person[:3]}))
    _check_tables(tables, findings)
    if not videos and not folders:
        findings.note("labels only", ".", "no video or folder named after a person, like 001A.mp4 or 001A/1.jpg")
    kind = "one long table" if any(columns.person is not None for *_, columns in tables) else "a table a person"
    return Found(f"{kind} (a guess)", AUS, "occurrence", in_order(recordings))


def _tables(tree: Tree, wanted: Mapping[str, str], files: str) -> list[tuple[str, str, Lines, Columns]]:
    """(person, file, its lines without the heading, where things stand), a person each."""
    try:
        chosen = re.compile(files, re.IGNORECASE)
    except re.error as error:
        raise CorpusError(f"option files={files} is no regular expression: {error}") from error
    names = [name for name, _ in tree.match(r"[^/]*\.(?:csv|tsv|txt)") if chosen.search(name)]
    people = {name: found[-1].upper() for name in names if (found := re.findall(_PERSON, name, re.IGNORECASE))}
    out = list(_understood(tree, people, wanted))
    if not out:
        long = dict.fromkeys(name for name in names if name not in people)
        for _, name, table, columns in _understood(tree, long, wanted, silent=True):
            if columns.person is not None:
                try:
                    out += [(who, name, part, columns) for who, part in _by_person(table, columns.person)]
                except Unreadable as trouble:
                    tree.findings.unreadable(trouble)
    if not out and not tree.findings.of("error"):
        if people:
            raise CorpusError(
                f"no column of {next(iter(people))} is understood as an AU, nor of {len(people) - 1} tables besides; "
                f"its first line is {text(tree.root, next(iter(people))).partition(chr(10))[0][:60]!r}. "
                f"Name the columns: option columns=frame=HEADING,AU1=HEADING,…"
            )
        raise not_here(tree, "gft", "tables with a person's name like 001A.csv, or one with a column for the person")
    seen: dict[str, str] = {}
    for person, name, _, _ in out:
        if person in seen:
            raise CorpusError(
                f"two tables hold {person}: {seen[person]} and {name}; say which are meant by a piece of their "
                f"names, a regular expression: option files=…"
            )
        seen[person] = name
    return out


def _understood(
    tree: Tree, names: Mapping[str, str | None], wanted: Mapping[str, str], silent: bool = False
) -> Iterator[tuple[str, str, Lines, Columns]]:
    """Those tables that have columns of AUs."""
    for name, person in names.items():
        try:
            table = cells_of(tree, name)
            columns = placed(table, wanted, AUS)
        except Unreadable as trouble:
            if not silent:  # any text file may be a candidate for a long table
                tree.findings.unreadable(trouble)
            continue
        if columns is not None:
            yield person or "", name, table.without(columns.heading), columns
        elif not silent:
            tree.findings.note("a table with a person's name and no columns of AUs: passed over", name)


def _by_person(table: Lines, column: int) -> list[tuple[str, Lines]]:
    """The lines of each person of a long table."""
    parts: dict[str, tuple[list[list[str]], list[int]]] = {}
    for cells, number in zip(table.cells, table.numbers, strict=True):
        who = cells[column] if column < len(cells) else ""
        if not who:
            raise Unreadable(table.name, "names no person", number)
        found = re.findall(_PERSON, who, re.IGNORECASE)
        rows, lines = parts.setdefault(found[-1].upper() if found else who, ([], []))
        rows.append(cells)
        lines.append(number)
    return [(who, Lines(table.name, *part)) for who, part in parts.items()]


def _labels(tree: Tree, table: Lines, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Frames (n,), ascending, and codes (n, 10) of one person."""
    if not table.cells:
        raise Unreadable(table.name, "holds no row below its heading")
    width = len(table.cells[0])
    used = {au: at for au, at in columns.aus.items() if au in AUS}
    for cells, number in zip(table.cells, table.numbers, strict=True):
        if len(cells) != width or max(*used.values(), columns.frame or 0) >= width:
            raise Unreadable(table.name, f"{len(cells)} cells, another number than in other lines", number)
    values = [[cells[at] for at in used.values()] for cells in table.cells]
    empty = sum(cell.lower() in EMPTY for row in values for cell in row)
    if empty:
        tree.findings.warning("empty cells: taken as unknown", table.name, count=empty)
        values = [["-1" if cell.lower() in EMPTY else cell for cell in row] for row in values]
    raw = whole_numbers(Lines(table.name, values, table.numbers), what=[f"AU{au}" for au in used])
    if columns.frame is None:
        frames = np.arange(1, len(values) + 1)
    else:
        column = Lines(table.name, [[cells[columns.frame]] for cells in table.cells], table.numbers)
        frames = frame_numbers(whole_numbers(column, 1, ("the frame",))[:, 0], column)
    codes = decode(raw, tree.findings, table.name, top=1, unknown=UNKNOWN_CODES, lines=table.numbers)
    order = np.argsort(frames)
    parts = {au: Levels(table.name, frames[order], codes[order, at]) for at, au in enumerate(used)}
    return joined(parts, AUS, tree.findings, table.name)


def _media_files(tree: Tree) -> tuple[dict[str, tuple[str, Video]], dict[str, tuple[str, ImageFiles]]]:
    """Person -> (place, video), person -> (place, folder of frames)."""
    videos: dict[str, tuple[str, Video]] = {}
    folders: dict[str, tuple[str, ImageFiles]] = {}
    for name, match in tree.match(rf"[^/]*?({_PERSON})[^/]*\.{VIDEO}"):
        _once(videos, match[1].upper(), (name, Video(tree.root, name)), tree.findings)
    for place, (match, media) in numbered(tree, rf"[^/]*?({_PERSON})[^/]*").items():
        _once(folders, match[1].upper(), (place, media), tree.findings)
    return videos, folders


def _once(found: dict[str, Place], person: str, place: Place, findings: Findings) -> None:
    if person in found:
        findings.warning("a second video or folder of the same person: passed over", place[0])
    else:
        found[person] = place


def _check_tables(tables: list[tuple[str, str, Lines, Columns]], findings: Findings) -> None:
    people, groups = {person for person, *_ in tables}, {person[:3] for person, *_ in tables}
    if (len(people), len(groups)) != (PEOPLE, GROUPS):
        count = f"{len(people)} people of {PEOPLE} in {len(groups)} groups of {GROUPS}"
        findings.note("another number of people or groups than documented", ".", count)
    if strange := sorted(person for person in people if not re.fullmatch(_PERSON, person)):
        findings.note("people who are not named like those of GFT", ".", some(strange), len(strange))
    if others := sorted({au for *_, columns in tables for au in columns.aus} - set(AUS)):
        findings.note("columns of AUs besides the ten: passed over", ".", ", ".join(map(str, others)), len(others))


READER = Reader(
    "gft",
    2,
    read,
    {
        "columns": Option("", "what columns are called: frame=Frame,AU1=AU01,… or #3 for the third; frame=row counts"),
        "column_map": Option("", "the same as a YAML file: its path"),
        "files": Option("", "which tables are read, as a regular expression of their names; all if empty"),
        "image_offset": OFFSET,
    },
    archives=True,
)
