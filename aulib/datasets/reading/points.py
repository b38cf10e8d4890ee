"""Landmarks of a recording by frame number, in pixels of its pictures."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from aulib.datasets.reading.findings import Unreadable
from aulib.datasets.reading.tables import lines, real_numbers
from aulib.datasets.reading.tree import content
from aulib.errors import AulibError
from aulib.landmarks import to_68

#: No camera of these corpora comes near it.
LARGEST_PIXEL = 100_000


class Points(Protocol):
    """Where the landmarks of a recording come from."""

    def points(self, number: int) -> np.ndarray | None:
        """float32 (68, 2) with NaN where the mark-up has no such point; None where there are none."""
        ...


@dataclass(frozen=True)
class PointFiles:
    """A file a frame.

    Parameters
    ----------
    root : Path
    names : mapping of int to str
        Frame number, as labels count, to name below the root.
    kind : {'text', 'mat'}
        Lines of ``x y``, or a MATLAB file with the variable ``pts``.
    count : int
        Points of the corpus' mark-up.  A file of 68 lines that was cut after 66 must not pass for another mark-up.
    """

    root: Path
    names: Mapping[int, str]
    kind: Literal["text", "mat"]
    count: int

    def points(self, number: int) -> np.ndarray | None:
        """Landmarks of a frame.

        Raises
        ------
        Unreadable
            If the file is damaged or holds another number of points.
        """
        if number not in self.names:
            return None
        name = self.names[number]
        if self.kind == "text":
            table = lines(self.root, name, "blank")
            if not table.cells:
                return None  # an empty file says that the tracker had lost the face
            found = real_numbers(table, 2)
        else:
            found = _matlab(content(self.root, name), name)
        if not len(found) or not np.any(found):
            return None
        if len(found) != self.count:
            raise Unreadable(name, f"holds {len(found)} points where {self.count} are expected")
        if (np.abs(found) > LARGEST_PIXEL).any():
            raise Unreadable(name, f"holds {np.nanmax(np.abs(found)):g}, which is no pixel")
        try:
            return to_68(found)
        except AulibError as error:
            raise Unreadable(name, str(error)) from error


@dataclass(frozen=True)
class PointTable:
    """All frames of a recording in one array, as :func:`point_tables` reads them."""

    numbers: np.ndarray
    values: np.ndarray

    def points(self, number: int) -> np.ndarray | None:
        """Landmarks of a frame."""
        at = int(np.searchsorted(self.numbers, number))
        found = at < len(self.numbers) and self.numbers[at] == number
        return self.values[at] if found and np.isfinite(self.values[at]).any() else None


def point_tables(path: Path) -> dict[tuple[str, str], PointTable]:
    """Landmarks that somebody brings along: one CSV file for a whole corpus.

    Columns ``subject, sequence, frame, x0, y0 … x67, y67`` in pixels of the pictures, as ``data export`` writes it;
    ``x0 … x48`` or ``x0 … x65`` for the mark-ups with 49 and 66 points.  Empty cells where a tracker found nothing.

    Raises
    ------
    Unreadable
        If columns are missing or a cell is no number.
    """
    name = path.name
    try:
        # A person may be called NA: only cells of numbers can be empty.
        text = {"subject": str, "sequence": str}
        empty = {name: ["", "NA", "nan", "NaN"] for name in pd.read_csv(path, nrows=0).columns if name not in text}
        table = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=empty)
    except (OSError, ValueError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise Unreadable(name, f"cannot be read as a table ({error})") from error
    count = sum(column.startswith("x") for column in table.columns)
    wanted = ["subject", "sequence", "frame", *(f"{axis}{i}" for i in range(count) for axis in "xy")]
    missing = [column for column in wanted if column not in table.columns]
    if missing or count not in (49, 66, 68):
        raise Unreadable(name, f"lacks the column {(missing or ['x0'])[0]!r}; it needs {', '.join(wanted[:5])} …")
    try:
        values = table[wanted[3:]].to_numpy(np.float32).reshape(len(table), count, 2)
        if not (table["frame"].astype(float) % 1 == 0).all():
            raise ValueError("a frame number that is not whole")
        table["frame"] = table["frame"].astype(np.int64)
    except (ValueError, TypeError) as error:
        raise Unreadable(name, f"holds a cell that is no number ({error})") from error
    if (twice := table.duplicated(wanted[:3])).any():
        row = int(np.flatnonzero(twice)[0])
        frame = "/".join(map(str, table.loc[row, wanted[:3]]))
        raise Unreadable(name, f"frame {frame} stands here a second time", row + 2)
    values = np.stack([to_68(one) for one in values]) if len(values) else np.empty((0, 68, 2), np.float32)
    out = {}
    for key, part in table.groupby(["subject", "sequence"], sort=False):
        part = part.sort_values("frame")
        out[(str(key[0]), str(key[1]))] = PointTable(part["frame"].to_numpy(), values[part.index.to_numpy()])
    return out


def _matlab(data: bytes, name: str) -> np.ndarray:
    from scipy.io import loadmat

    try:
        found = loadmat(io.BytesIO(data), variable_names=["pts"])
    except Exception as error:  # SciPy's reader fails in many ways on damaged files
        raise Unreadable(name, f"cannot be read as a MATLAB file ({error})") from error
    if "pts" not in found:
        raise Unreadable(name, "has no variable 'pts'")
    points = np.asarray(found["pts"])
    real = np.issubdtype(points.dtype, np.floating) or np.issubdtype(points.dtype, np.integer)
    if points.ndim != 2 or points.shape[1] != 2 or not real:
        raise Unreadable(name, f"'pts' is {points.dtype}{points.shape}, expected numbers of the shape (66, 2)")
    return points.astype(float)
