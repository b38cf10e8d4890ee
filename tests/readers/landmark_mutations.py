"""Ways in which a table of landmarks gets changed on its way to us: spelled otherwise, damaged, or of something else.

A mutation is only of use where it can be told: a digit that became another digit, points of half the size, or a face
moved by a tenth look like landmarks too, and are left to the eyes of a detector.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from aulib.datasets.landmarks import MARKUPS

#: Width and height of the pictures that the points belong to.
SIZE = (160, 120)


@dataclass(frozen=True)
class Table:
    """A table in text: ``keys`` are subject, sequence and frame; ``points`` 68 pairs of numbers as they are written."""

    keys: list[list[str]]
    points: list[list[tuple[str, str]]]
    more: tuple[tuple[str, str], ...] = (("pixels_of", "picture"), ("width", str(SIZE[0])), ("height", str(SIZE[1])))
    names: tuple[str, ...] = ("subject", "sequence", "frame")
    spelled: str = "{axis}{number}"
    first: int = 0
    markup: int = 68
    mark: str = ","
    end: str = "\n"
    encoding: str = "utf-8"

    def rows(self) -> list[list[str]]:
        """All cells, the heading first."""
        places = MARKUPS[self.markup]
        numbers = [(axis, i + self.first) for i in range(len(places)) for axis in "xy"]
        heading = [self.spelled.format(axis=axis, number=number) for axis, number in numbers]
        out = [[*self.names, *heading, *(name for name, _ in self.more)]]
        for key, points in zip(self.keys, self.points, strict=True):
            cells = [value for place in places for value in points[place]]
            out.append([*key, *cells, *(value for _, value in self.more)])
        return out

    def written(self, rows: list[list[str]] | None = None) -> bytes:
        """The file."""
        return "".join(self.mark.join(row) + self.end for row in rows or self.rows()).encode(self.encoding)


def _moved(change: Callable[[float, float], tuple[float, float]]):
    def apply(table: Table, rng: random.Random) -> bytes:
        points = [[tuple(f"{v:.2f}" for v in change(float(x), float(y))) for x, y in row] for row in table.points]
        return replace(table, points=points).written()

    return apply


def _scaled(low: float, high: float):
    def apply(table: Table, rng: random.Random) -> bytes:
        scale = rng.uniform(low, high)
        return _moved(lambda x, y: (x * scale, y * scale))(table, rng)

    return apply


def _shifted(*by: float):
    def apply(table: Table, rng: random.Random) -> bytes:
        shift = rng.choice(by)
        return _moved(lambda x, y: (x + shift, y - shift))(table, rng)

    return apply


def _no_size(table: Table, rng: random.Random) -> bytes:
    return replace(table, more=(("width", "-5"), ("height", rng.choice(_NO_FRAMES)))).written()


def _one_cell(values: tuple[str, ...], first: int):
    """Another value in a cell, from column `first` on."""

    def apply(table: Table, rng: random.Random) -> bytes:
        rows = table.rows()
        column = rng.randrange(first, len(table.names) + 136) if first > 2 else first
        rows[rng.randrange(1, len(rows))][column] = rng.choice(values)
        return table.written(rows)

    return apply


def _lost(value: str):
    """Rows that say that there is no face."""

    def apply(table: Table, rng: random.Random) -> bytes:
        points = list(table.points)
        for row in rng.sample(range(len(points)), rng.randint(1, len(points))):
            points[row] = [(value, value)] * 68
        return replace(table, points=points).written()

    return apply


def _some_lost(table: Table, rng: random.Random) -> bytes:
    gone = rng.sample(range(68), 12)
    points = [[("0", "0") if i in gone else pair for i, pair in enumerate(row)] for row in table.points]
    return replace(table, points=points).written()


def _order(change: Callable[[list[tuple[str, str]], random.Random], list[tuple[str, str]]]):
    def apply(table: Table, rng: random.Random) -> bytes:
        return replace(table, points=[change(row, rng) for row in table.points]).written()

    return apply


def _first_x_then_y(row: list[tuple[str, str]], rng: random.Random) -> list[tuple[str, str]]:
    flat = [x for x, _ in row] + [y for _, y in row]
    return list(zip(flat[::2], flat[1::2], strict=True))


def _other_eye(row: list[tuple[str, str]], rng: random.Random) -> list[tuple[str, str]]:
    return [*row[:36], *row[42:48], *row[36:42], *row[48:]]


def _spelled(table: Table, rng: random.Random) -> bytes:
    first = rng.choice((0, 1))
    spelled = rng.choice(("{axis}_{number}", "{axis} {number}", " {axis}{number}", '"{axis}{number}"'))
    names = rng.choice((("Subject", "Sequence", "Frame"), ("subject", "sequence", "frame number")))
    markup = rng.choice((68, 66, 51, 49))
    return replace(table, first=first, spelled=spelled, names=names, markup=markup).written()


def _capitals(table: Table, rng: random.Random) -> bytes:
    more = tuple((f"Z{i}", "900") for i in range(68)) if rng.random() < 0.5 else ()
    rows = replace(table, more=more).rows()
    rows[0] = [cell.upper() for cell in rows[0]]
    return table.written(rows)


def _marks(table: Table, rng: random.Random) -> bytes:
    mark = rng.choice(";\t")
    if rng.random() < 0.5:
        comma = [[(x.replace(".", ","), y.replace(".", ",")) for x, y in row] for row in table.points]
        table = replace(table, points=comma)
    return replace(table, mark=mark, end=rng.choice(("\n", "\r\n", "\r"))).written()


def _encoded(table: Table, rng: random.Random) -> bytes:
    encoding = rng.choice(("utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp037"))
    return replace(table, encoding=encoding, more=(*table.more, ("note", "né"))).written()


def _openface(table: Table, rng: random.Random) -> bytes:
    """OpenFace's columns with blanks after commas, millimetres beside the pixels, and a few faces that it lost."""
    names = ["file", "frame", "face_id", "timestamp", "confidence", "success"]
    names += [f"{axis}_{i}" for axis in "xyXYZ" for i in range(68)] + ["p_scale", "AU01_r"]
    rows = [names]
    for (subject, sequence, frame), points in zip(table.keys, table.points, strict=True):
        sure, success = rng.choice((("0.98", "1"), ("0.98", "1"), ("0.2", "1"), ("0.0", "0")))
        cells = [
            f"{subject}_{sequence}",
            frame,
            "0",
            "0.04",
            sure,
            success,
            *(x for x, _ in points),
            *(y for _, y in points),
        ]
        rows.append([*cells, *["-12.5"] * 204, "1.2", "0.3"])
    return replace(table, mark=", ").written(rows)


def _permuted(table: Table, rng: random.Random) -> bytes:
    rows = table.rows()
    order = rng.sample(range(len(rows[0])), len(rows[0]))
    body = [[row[i] for i in order] for row in rows]
    return table.written([body[0], *rng.sample(body[1:], len(body) - 1)])


def _fewer_columns(table: Table, rng: random.Random) -> bytes:
    gone = rng.randrange(len(table.names) + 136)
    return table.written([row[:gone] + row[gone + 1 :] for row in table.rows()])


def _cut(table: Table, rng: random.Random) -> bytes:
    data = replace(table, more=rng.choice((table.more, ()))).written()
    return data[: rng.randrange(len(data))]


def _junk(table: Table, rng: random.Random) -> bytes:
    """A byte that is no digit, somewhere behind the heading."""
    data = table.written()
    at = rng.randrange(len(table.mark.join(table.rows()[0])) + 1, len(data))
    return data[:at] + rng.choice((b"\0", b"\xff", b'"', b";", b"\n", b"a", b"-", b"\x1b", b"_", b",")) + data[at:]


def _zero_filled(table: Table, rng: random.Random) -> bytes:
    data = table.written()
    at = rng.randrange(len(data))
    return data[:at] + bytes(len(data) - at)


def _twice(table: Table, rng: random.Random) -> bytes:
    row = rng.randrange(len(table.keys))
    again = table.points[row] if rng.random() < 0.5 else [(f"{float(x) + 9:.2f}", y) for x, y in table.points[row]]
    return replace(table, keys=[*table.keys, table.keys[row]], points=[*table.points, again]).written()


def _no_heading(table: Table, rng: random.Random) -> bytes:
    return table.written(table.rows()[1:])


def _same_heading_twice(table: Table, rng: random.Random) -> bytes:
    rows = table.rows()
    rows[0][rng.randrange(3, 139)] = rows[0][rng.randrange(3, 139)]
    return table.written(rows) if len(set(rows[0])) < len(rows[0]) else b""


def _other_names(table: Table, rng: random.Random) -> bytes:
    some = rng.sample(range(len(table.keys)), rng.randint(1, len(table.keys)))
    keys = [[f"other{s}", q, f] if i in some else [s, q, f] for i, (s, q, f) in enumerate(table.keys)]
    return replace(table, keys=keys).written()


def _of_something_else(table: Table, rng: random.Random) -> bytes:
    of, width, height = rng.choice((("aligned face", 160, 120), ("picture", 1392, 1040), ("picture", 120, 160)))
    return replace(table, more=(("pixels_of", of), ("width", str(width)), ("height", str(height)))).written()


_BAD = ("1e30", "inf", "-inf", "abc", "-9000.5", "1_0", "٣", "0x1F", "9" * 400, "12:30", "5 5", "--", "100000.5", "=A1")
_NO_FRAMES = ("1e30", "1.5", "inf", "nan", "-1", "9223372036854775808", "", "x", "1e400", "-9223372036854775808", "1,5")

#: Name -> table and random numbers to the bytes of a file.
MUTATIONS: dict[str, Callable[[Table, random.Random], bytes]] = {
    "nothing": lambda table, rng: table.written(),
    "spelled otherwise": _spelled,
    "capitals, with or without a third axis": _capitals,
    "parted otherwise": _marks,
    "encoded otherwise": _encoded,
    "OpenFace": _openface,
    "columns and rows in another order": _permuted,
    "a number that is none": _one_cell(_BAD, 3),
    "a coordinate far away": _one_cell(("900.25", "-300.5", "9999.5"), 3),
    "an empty coordinate": _one_cell(("", "NaN", "nan", "NA"), 3),
    "a frame number that is none": _one_cell(_NO_FRAMES, 2),
    "a size that is none": _no_size,
    "larger": _scaled(2.5, 40),
    "far smaller": _scaled(0, 0.12),
    "shifted out": _shifted(130, -130, 4000),
    "mirrored, not renumbered": _moved(lambda x, y: (SIZE[0] - 1 - x, y)),
    "counted from below": _moved(lambda x, y: (x, SIZE[1] - 1 - y)),
    "on its head": _moved(lambda x, y: (SIZE[0] - 1 - x, SIZE[1] - 1 - y)),
    "x and y exchanged": _moved(lambda x, y: (y, x)),
    "shares of the picture": _moved(lambda x, y: (x / SIZE[0], y / SIZE[1])),
    "zeros": _lost("0"),
    "zeros with a point": _lost("0.00"),
    "minus ones": _lost("-1"),
    "blank rows": _lost(""),
    "rows of NaN": _lost("NaN"),
    "some landmarks lost": _some_lost,
    "first all x, then all y": _order(_first_x_then_y),
    "the last landmark first": _order(lambda row, rng: row[::-1]),
    "landmarks shuffled": _order(lambda row, rng: rng.sample(row, 68)),
    "the eyes exchanged": _order(_other_eye),
    "a column missing": _fewer_columns,
    "cut": _cut,
    "a strange byte": _junk,
    "zero-filled from somewhere": _zero_filled,
    "a frame twice": _twice,
    "no heading": _no_heading,
    "a heading twice": _same_heading_twice,
    "other people": _other_names,
    "of something else": _of_something_else,
    "empty": lambda table, rng: rng.choice((b"", b"\n\n", b"frame,x0\n", table.written([table.rows()[0]]))),
}  # fmt: skip


def mutated(table: Table, seed: int) -> tuple[str, bytes]:
    """A way to change a table and the file that it gives; seeds in a row take all the ways in turn."""
    name = list(MUTATIONS)[seed % len(MUTATIONS)]
    return name, MUTATIONS[name](table, random.Random(seed))
