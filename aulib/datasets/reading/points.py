"""Landmarks that a corpus supplies: a file a frame, in pixels of its pictures."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from aulib.datasets.landmarks import to_68
from aulib.datasets.reading.findings import Unreadable
from aulib.datasets.reading.tables import lines, real_numbers
from aulib.datasets.reading.tree import content

#: No camera of these corpora comes near it.
LARGEST_PIXEL = 100_000

#: Classes of MATLAB's arrays that hold numbers.
_NUMERIC = ("double", "single", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))


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
        if len(found) != self.count and np.any(found):
            raise Unreadable(name, f"holds {len(found)} points where {self.count} are expected")
        if (np.abs(found) > LARGEST_PIXEL).any():
            raise Unreadable(name, f"holds {np.nanmax(np.abs(found)):g}, which is no pixel")
        return tracked(to_68(found)) if len(found) == self.count else None


def tracked(points: np.ndarray) -> np.ndarray | None:
    """Landmarks (68, 2) without those that a tracker had lost; None where it had lost the face.

    Some programs write NaN for a lost point, some zeros, and some the same for all: a pixel in the very corner is no
    landmark, and a face has more than one place.
    """
    points = np.where((points == 0).all(axis=1, keepdims=True), np.nan, points).astype(np.float32)
    some = points[np.isfinite(points).all(axis=1)]
    return points if len(some) and np.ptp(some, axis=0).any() else None


def _matlab(data: bytes, name: str) -> np.ndarray:
    from scipy.io import loadmat, whosmat

    expected = "expected numbers of the shape (66, 2)"
    try:
        # What stands in a header of each variable: a file of a few kilobytes may unpack to gigabytes.
        sizes = [(shape, kind) for variable, shape, kind in whosmat(io.BytesIO(data)) if variable == "pts"]
        strange = [
            f"{kind}{shape}" for shape, kind in sizes if kind not in _NUMERIC or np.prod(shape, dtype=float) > 1e4
        ]
        found = {} if strange else loadmat(io.BytesIO(data), variable_names=["pts"])
    except Exception as error:  # SciPy's reader fails in many ways on damaged files
        raise Unreadable(name, f"cannot be read as a MATLAB file ({error})") from error
    if strange:
        raise Unreadable(name, f"'pts' is {strange[0]}, {expected}")
    if "pts" not in found:
        raise Unreadable(name, "has no variable 'pts'")
    points = np.asarray(found["pts"])
    real = np.issubdtype(points.dtype, np.floating) or np.issubdtype(points.dtype, np.integer)
    if points.ndim != 2 or points.shape[1] != 2 or not real:
        raise Unreadable(name, f"'pts' is {points.dtype}{points.shape}, {expected}")
    return points.astype(float)
