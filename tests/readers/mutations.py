"""Ways in which a copy of a corpus gets broken: each changes one file, folder or archive of a miniature.

A mutation is only of use where its effect is certain.  What a format cannot tell from a sound file is left out or
allowed for: a file cut at the end of a line is a shorter file (`Effect.shorter`); an AU or a frame number that could
have been meant is not written over another one.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.readers.miniature import Codes

#: Files that list only what is present: shorter means absent, and empty means that nothing is.
LISTS = re.compile(r"_facs\.txt$")
#: Files that hold two times, each of which could be another one.
TIMES = re.compile(r"(^|/)rec\d+\.txt$")
TABLE = re.compile(r"\.(txt|csv)$", re.IGNORECASE)
TEXT = re.compile(r"\.(txt|csv|eaf)$", re.IGNORECASE)
MEDIA = re.compile(r"\.(png|jpe?g|bmp|avi|mp4)$", re.IGNORECASE)
ZIP = re.compile(r"\.zip$", re.IGNORECASE)
_AU_IN_NAME = re.compile(r"(?<=au)(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Effect:
    """What a mutation did.

    Parameters
    ----------
    touched : tuple of str
        Names, below the root, of the files that are no longer what they were.
    named : tuple of str
        Words of which one must occur in what is reported.
    shorter : bool
        Rows may be missing, and listed AUs be absent, without a word: nobody can tell.
    tell : bool
        Something must be reported even where every code is read as expected, if labels depend on the file.
    moved : callable, optional
        Codes of the touched files as they must now be read; None where they must stay.
    added : tuple of str
        Names of what was not there before.
    """

    touched: tuple[str, ...]
    named: tuple[str, ...] = ()
    shorter: bool = False
    tell: bool = False
    moved: Callable[[Codes], Codes] | None = None
    added: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """A copy that may be broken.

    Parameters
    ----------
    root, outside : Path
        The copy, and a folder beside it that nobody may look into.
    aus : tuple of int
        In the order of the codes.
    """

    root: Path
    outside: Path
    aus: tuple[int, ...]
    unreadable: list[Path] = field(default_factory=list)


#: (name, which files it is for, function of place, file and random numbers; None where it does not apply)
Mutation = tuple[str, re.Pattern[str], Callable[[Place, str, random.Random], Effect | None]]


def put(path: Path, data: bytes) -> None:
    """Replace a file; it may be a hard link to the sound copy's."""
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def clear(path: Path) -> None:
    """Remove whatever is there."""
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def mend(place: Place, effect: Effect, sound: Path) -> None:
    """Put everything back as it is in the sound copy."""
    for name in effect.added:
        clear(place.root / name)
    for name in effect.touched:
        clear(place.root / name)
        (place.root / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(sound / name, place.root / name)
    shutil.rmtree(place.outside)
    place.outside.mkdir()
    place.unreadable.clear()


def _bytes(change: Callable[[bytes, random.Random], bytes | None], **words: bool):
    def apply(place: Place, name: str, rng: random.Random) -> Effect | None:
        before = (place.root / name).read_bytes()
        after = change(before, rng)
        if after is None or after == before or (TIMES.search(name) and before.startswith(after) and after):
            return None
        put(place.root / name, after)
        whole_lines = not after.rpartition(b"\n")[2].strip() or before[len(after) :][:1] in (b"\n", b"\r")
        shorter = before.startswith(after) and whole_lines and bool(after.strip() or LISTS.search(name))
        return Effect((name,), shorter=shorter, **words)

    return apply


def _cut(share: tuple[float, float]):
    def change(data: bytes, rng: random.Random) -> bytes | None:
        return data[: int(len(data) * rng.uniform(*share))] if len(data) > 1 else None

    return change


def _insert(what: bytes):
    def change(data: bytes, rng: random.Random) -> bytes:
        at = rng.randrange(len(data) + 1)
        return data[:at] + what + data[at:]

    return change


def _utf16(data: bytes, rng: random.Random) -> bytes | None:
    return data.decode().encode("utf-16-le") if data else None


Table = list[list[str]]


def rows_of(data: bytes) -> tuple[Table, str]:
    """Cells of the lines that are not blank, and what stands between cells."""
    text = data.decode("utf-8-sig")
    lines = [line for line in text.splitlines() if line.strip()]
    mark = next((mark for mark in ",;\t" if any(mark in line for line in lines)), "")
    return [line.split(mark) if mark else line.split() for line in lines], mark or "   "


def has_header(rows: Table) -> bool:
    """Whether the first line names columns: by a word that is no number, or by an AU number that is no code."""
    first = [cell.strip() for cell in rows[0]]
    if any(re.search("[a-z]", cell, re.IGNORECASE) and not _number(cell) for cell in first[1:]):
        return True
    return len(first) > 2 and all(cell.isdecimal() for cell in first) and any(int(cell) > 9 for cell in first[1:])


def keys_of(rows: Table, header: bool) -> int:
    """How many columns say which line it is: the frame or the AU, and a person before it where it is no number."""
    return 1 if len(rows) <= header or _number(rows[int(header)][0]) else 2


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _table(change: Callable[[Table, bool, random.Random], Table | None], **words: bool):
    """A mutation of cells: gets the rows without the header's where there is one, and whether there is one."""

    def apply(place: Place, name: str, rng: random.Random) -> Effect | None:
        rows, between = rows_of((place.root / name).read_bytes())
        if not rows or TIMES.search(name):
            return None
        after = change([list(row) for row in rows], has_header(rows), rng)
        if after is None or after == rows:
            return None
        put(place.root / name, "".join(between.join(row) + "\n" for row in after).encode())
        return Effect((name,), **words)

    return apply


def _cell(value: str, column: str):
    """Another value in a cell: of the first column (frame or AU), of a later one (codes), or of the header."""

    def change(rows: Table, header: bool, rng: random.Random) -> Table | None:
        first, keys = int(header), keys_of(rows, header)
        if (column == "header" and not header) or len(rows) <= first:
            return None
        row = 0 if column == "header" else rng.randrange(first, len(rows))
        if (column != "first" and len(rows[row]) <= keys) or (column == "first" and keys > 1):
            return None
        rows[row][0 if column == "first" else rng.randrange(keys, len(rows[row]))] = value
        return rows

    return change


def _fewer_cells(rows: Table, header: bool, rng: random.Random) -> Table:
    row = rng.randrange(len(rows))
    del rows[row][rng.randrange(len(rows[row]))]
    return rows


def _more_cells(rows: Table, header: bool, rng: random.Random) -> Table:
    row = rows[rng.randrange(len(rows))]
    row.insert(rng.randrange(len(row) + 1), "1")
    return rows


def _no_column(rows: Table, header: bool, rng: random.Random) -> Table | None:
    if len({len(row) for row in rows}) > 1 or len(rows[0]) < 2 or (len(rows[0]) > 4 and not header):
        return None  # without a header, columns are what an option says that they are
    column = rng.randrange(len(rows[0]))
    return [row[:column] + row[column + 1 :] for row in rows]


def _same_line_twice(rows: Table, header: bool, rng: random.Random) -> Table | None:
    return [*rows, rows[rng.randrange(int(header), len(rows))]] if len(rows) > header else None


def _contradiction(rows: Table, header: bool, rng: random.Random) -> Table | None:
    """The last line again, with another code: which of the two counts?"""
    last, keys = rows[-1], keys_of(rows, header)
    if len(rows) <= header or len(last) <= keys or not re.fullmatch(r"\s*\d(\.0*(e\+00)?)?\s*", last[keys]):
        return None
    return [*rows, [*last[:keys], "0" if float(last[keys]) else "1", *last[keys + 1 :]]]


def _columns(place: Place, name: str) -> tuple[Table, str, dict[int, int]] | None:
    """Rows, separator, and AU -> column, of a file whose header numbers its AUs."""
    rows, between = rows_of((place.root / name).read_bytes())
    if not rows or len({len(row) for row in rows}) > 1 or not has_header(rows):
        return None
    found = {}
    for column, cell in enumerate(rows[0][1:], 1):
        number = re.fullmatch(r"\D*?0*(\d+)\D*", cell.strip())
        if number and int(number[1]) in place.aus:
            found[int(number[1])] = column
    return (rows, between, found) if len(found) > 1 else None


def _swap(place: Place, name: str, rng: random.Random, whole: bool) -> Effect | None:
    """Two columns of AUs change places: with their headers (nothing may change), or the headers alone."""
    found = _columns(place, name)
    if found is None:
        return None
    rows, between, columns = found
    one, other = rng.sample(sorted(columns), 2)
    for row in rows if whole else rows[:1]:
        row[columns[one]], row[columns[other]] = row[columns[other]], row[columns[one]]
    put(place.root / name, "".join(between.join(row) + "\n" for row in rows).encode())
    return Effect((name,), moved=None if whole else _exchanged(place.aus.index(one), place.aus.index(other)))


def _exchanged(one: int, other: int) -> Callable[[Codes], Codes]:
    order = {one: other, other: one}
    return lambda codes: {
        key: tuple(row[order.get(column, column)] for column in range(len(row))) for key, row in codes.items()
    }


def _swap_names(place: Place, name: str, rng: random.Random) -> Effect | None:
    """Two files of AUs change their names: values go with the names."""
    own = _AU_IN_NAME.search(Path(name).name)
    if not own or int(own[1]) not in place.aus:
        return None
    folder = (place.root / name).parent
    stem = _AU_IN_NAME.sub("#", Path(name).name)
    partners = []
    for path in sorted(folder.iterdir()):
        number = _AU_IN_NAME.search(path.name)
        same = number and _AU_IN_NAME.sub("#", path.name) == stem and path.name != Path(name).name
        if same and int(number[1]) in place.aus:
            partners.append((path, int(number[1])))
    if not partners:
        return None
    path, other = rng.choice(partners)
    mine, its = (place.root / name).read_bytes(), path.read_bytes()
    put(place.root / name, its)
    put(path, mine)
    moved = _exchanged(place.aus.index(int(own[1])), place.aus.index(other))
    return Effect((name, path.relative_to(place.root).as_posix()), moved=moved)


def _gone(place: Place, name: str, rng: random.Random) -> Effect:
    (place.root / name).unlink()
    return Effect((name,), named=("",), shorter=True)  # no file is left to be named; media may tell, or nothing


def _folder_of_that_name(place: Place, name: str, rng: random.Random) -> Effect:
    (place.root / name).unlink()
    (place.root / name).mkdir()
    return Effect((name,), tell=True)


def _pipe(place: Place, name: str, rng: random.Random) -> Effect:
    (place.root / name).unlink()
    os.mkfifo(place.root / name)
    return Effect((name,), tell=True)


def _locked(place: Place, name: str, rng: random.Random) -> Effect:
    place.unreadable.append(place.root / name)
    return Effect((name,))


def _link(where: str):
    def apply(place: Place, name: str, rng: random.Random) -> Effect:
        path = place.root / name
        data = path.read_bytes()
        path.unlink()
        put(place.outside / Path(name).name, data)
        targets = {"out": place.outside / Path(name).name, "nowhere": place.outside / "nothing", "itself": path}
        path.symlink_to(targets[where])
        return Effect((name,), tell=True)

    return apply


def _folder_out(place: Place, name: str, rng: random.Random) -> Effect | None:
    folder = (place.root / name).parent
    if folder == place.root:
        return None
    touched = tuple(path.relative_to(place.root).as_posix() for path in folder.rglob("*") if path.is_file())
    folder.rename(place.outside / "moved")
    folder.symlink_to(place.outside / "moved", target_is_directory=True)
    return Effect(touched, named=(folder.name,), tell=True, added=(folder.relative_to(place.root).as_posix(),))


def _circle(place: Place, name: str, rng: random.Random) -> Effect:
    link = (place.root / name).parent / "circle"
    link.symlink_to(place.root, target_is_directory=True)
    return Effect((), named=("circle",), added=(link.relative_to(place.root).as_posix(),))


def _evil_archive(place: Place, name: str, rng: random.Random) -> Effect:
    """Members with names that lead out of any folder that they would be unpacked into."""
    with zipfile.ZipFile(place.root / "evil.zip", "w") as archive:
        for member in ("../../evil", "/etc/evil", f"../../{name}", f"/tmp/{name}", "C:\\evil", "a/../../b.csv"):
            archive.writestr(member, "1,1,1\n")
    return Effect((), named=("evil.zip",), added=("evil.zip",))


def _damaged_archive(place: Place, name: str, rng: random.Random) -> Effect:
    """One byte of what is packed, or of the directory, is another."""
    data = bytearray((place.root / name).read_bytes())
    data[rng.randrange(len(data))] ^= 0x55
    put(place.root / name, bytes(data))
    return Effect((name,), named=(Path(name).name,))


def _as_text(change: Callable[[str, random.Random], str | None]):
    """Of the whole text; what it says stays the same, or is no longer certain."""

    def apply(data: bytes, rng: random.Random) -> bytes | None:
        after = change(data.decode("utf-8-sig"), rng) if data.strip() else None
        return None if after is None else after.encode()

    return _bytes(apply)


def _one_line(change: Callable[[str, random.Random], str]):
    def apply(text: str, rng: random.Random) -> str:
        rows = text.split("\n")
        row = rng.randrange(len(rows))
        rows[row] = change(rows[row], rng)
        return "\n".join(rows)

    return _as_text(apply)


def _a_sign_too_many(text: str, rng: random.Random) -> str:
    """Any sign that makes no other number of a number: no digit, point, sign or exponent, and no comma among blanks."""
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice("abcxyz_#%&/()=?!;:|'\"\t\n \u00a0\u200b\u2028\u0660\x0c\x1b") + text[at:]


def _parted_by(mark: str):
    return lambda text, rng: text.replace(",", mark)


def _quoted_cells(text: str, rng: random.Random) -> str | None:
    return "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in text.split("\n") if line)


def _indexed(corner: str):
    def apply(text: str, rng: random.Random) -> str | None:
        rows = [line for line in text.split("\n") if line]
        if "," not in rows[0] or not has_header([row.split(",") for row in rows]):
            return None
        return "\n".join([f"{corner},{rows[0]}", *(f"{at},{row}" for at, row in enumerate(rows[1:]))])

    return apply


def _decimal_commas(text: str, rng: random.Random) -> str:
    """As a spreadsheet in much of the world would save it."""
    return re.sub(r"(?<=\d)\.(?=\d)", ",", text) if "," not in text else text.replace(",", ";").replace(".", ",")


def _saved_again() -> Iterator[Mutation]:
    """Tables as people have them: each is read as before, or its file is named."""
    for title, mark in (("semicolons", ";"), ("tabs", "\t"), ("blanks", "  "), ("bars", "|"), ("spaced commas", " , ")):
        yield f"parted by {title}", TEXT, _as_text(_parted_by(mark))
        yield f"a line parted by {title}", TEXT, _one_line(_parted_by(mark))
    yield "cells in quotation marks", TEXT, _as_text(_quoted_cells)
    yield "a mark on one side of a line", TEXT, _one_line(lambda line, rng: f'"{line}')
    yield "decimal commas", TEXT, _as_text(_decimal_commas)
    yield "a line with decimal commas", TEXT, _one_line(_decimal_commas)
    yield "a row number in front", TABLE, _as_text(_indexed(""))
    yield "a named row number in front", TABLE, _as_text(_indexed("Unnamed: 0"))
    yield "capitals", TABLE, _as_text(lambda text, rng: text.upper())
    yield "small letters", TABLE, _as_text(lambda text, rng: text.lower())
    yield "empty columns", TABLE, _as_text(lambda text, rng: text.replace("\n", ",,\n"))
    yield "an empty line in it", TEXT, _one_line(lambda line, rng: line + "\n")
    yield "a spreadsheet's first line", TABLE, _as_text(lambda text, rng: "sep=;\n" + text.replace(",", ";"))
    yield "UTF-16 with a mark", TEXT, _bytes(lambda data, rng: data.decode().encode("utf-16") if data else None)
    yield "UTF-32", TEXT, _bytes(lambda data, rng: data.decode().encode("utf-32") if data else None)
    yield "old Macintosh", TEXT, _bytes(lambda data, rng: data.replace(b"\n", b"\r"))
    for _ in range(12):
        yield "a sign too many", TEXT, _as_text(_a_sign_too_many)


def _all() -> Iterator[Mutation]:
    for share in ((0, 0.33), (0.33, 0.66), (0.66, 1.0)):
        yield f"cut between {share[0]:.0%} and {share[1]:.0%}", TEXT, _bytes(_cut(share))
    yield "empty", TEXT, _bytes(lambda data, rng: b"")
    yield "UTF-16 without a mark", TEXT, _bytes(_utf16)
    yield "a byte of Latin 1", TEXT, _bytes(_insert("é".encode("latin-1")))
    yield "a zero byte", TEXT, _bytes(_insert(b"\0"))
    yield "a page of zero bytes", TEXT, _bytes(_insert(bytes(4096)))
    yield "a very long line", TEXT, _bytes(lambda data, rng: data + b"1," * 300_000 + b"\n")
    yield "a very long number", TEXT, _bytes(lambda data, rng: data + b"1" * 300_000 + b"\n")
    yield "other line ends", TEXT, _bytes(lambda data, rng: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    yield "a mark of UTF-8", TEXT, _bytes(lambda data, rng: b"\xef\xbb\xbf" + data)
    yield "a line too few", TEXT, _bytes(lambda data, rng: data[: data[:-1].rfind(b"\n") + 1])
    yield "random bytes", TEXT, _bytes(lambda data, rng: rng.randbytes(200))
    for value in ("abc", "nan", "inf", "1e30", str(2**70), "-5", "7", "255", "2.5", "1_0", "１", "=1+1", "0x1"):
        yield f"a code is {value[:8]}", TABLE, _table(_cell(value, "later"))
    for value in ("abc", "nan", "-inf", "1e30", str(2**70), "-5", "1.5", "１_１"):
        yield f"a frame or AU is {value[:8]}", TABLE, _table(_cell(value, "first"))
    for value in ("abc", "255", "-5", "", "1e30"):
        yield f"a header says {value!r}", TABLE, _table(_cell(value, "header"))
    yield "a cell too few", TABLE, _table(_fewer_cells)
    yield "a cell too many", TABLE, _table(_more_cells)
    yield "a column too few", TABLE, _table(_no_column)
    yield "a line twice", TABLE, _table(_same_line_twice)
    yield "a line twice, differing", TABLE, _table(_contradiction, tell=True)
    yield "columns change places", TABLE, lambda place, name, rng: _swap(place, name, rng, True)
    yield "headers change places", TABLE, lambda place, name, rng: _swap(place, name, rng, False)
    yield "names of AU files change places", TABLE, _swap_names
    anything = re.compile("")
    for kind in (TEXT, MEDIA, ZIP):
        yield "missing", kind, _gone
        yield "a folder of that name", kind, _folder_of_that_name
        yield "a pipe", kind, _pipe
        yield "no right to read", kind, _locked
        for where in ("out", "nowhere", "itself"):
            yield f"a link {where}", kind, _link(where)
    yield "a folder that is a link out", anything, _folder_out
    yield "a circle of folders", anything, _circle
    yield "an archive that leads out", anything, _evil_archive
    for kind in (MEDIA, ZIP):
        yield "nothing in it", kind, _bytes(lambda data, rng: b"")
        yield "cut short", kind, _bytes(_cut((0.1, 0.95)))
        yield "text in it", kind, _bytes(lambda data, rng: b"no picture\n" * 9)
    for _ in range(6):
        yield "another byte", ZIP, _damaged_archive


MUTATIONS: tuple[Mutation, ...] = tuple(_all())

#: Those of them, and more, that change what stands in a text file: see :mod:`tests.readers.campaign`.
OF_TEXTS: tuple[Mutation, ...] = (
    *(one for one in MUTATIONS if one[1] in (TEXT, TABLE) and one[0] not in ("a very long line", "a very long number")),
    *_saved_again(),
)
