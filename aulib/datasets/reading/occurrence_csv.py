"""Tables of codes as BP4D, BP4D+ and FERA 2015 have them, one a sequence: occurrence under a header, intensity without.

::

    0,1,2,3, … 99       a header that counts: column k is AU k
    1,1,2,4, … 39       a header that names AUs; its first cell stands over the frame numbers and says nothing
    211,2               intensity 2 in frame 211: no header, one file an AU
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from aulib.aus import UNKNOWN
from aulib.datasets.reading.codes import decode
from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.datasets.reading.tables import (
    Lines,
    au_of,
    frame_numbers,
    headings,
    is_frame,
    lines,
    quoted,
    whole_numbers,
    within,
    without_heading,
    without_index,
)

#: Coded 0 to 5 besides their occurrence: one file an AU and sequence.
INTENSITY_AUS = (6, 10, 12, 14, 17)

#: A header with fewer cells names its columns; a longer one counts them, 0 to 99.
NAMED_BELOW = 50


def occurrence(root: Path, name: str, aus: tuple[int, ...], findings: Findings) -> tuple[np.ndarray, np.ndarray, str]:
    """One table of occurrences.

    Returns
    -------
    frames : ndarray of int64, shape (n,)
        Ascending.
    codes : ndarray of int8, shape (n, A)
        In the order of `aus`; UNKNOWN where the header lacks the AU.
    header : str
        Which kind it was, in words.

    Raises
    ------
    Unreadable
        Naming the line.
    """
    table = without_index(lines(root, name))
    if len(table.cells) < 2:
        raise Unreadable(name, "holds no line below its header: empty or cut short?")
    header = headings([cell.strip("\"' ") for cell in table.cells[0]])
    named = len(header) < NAMED_BELOW
    at = next((column for column, cell in enumerate(header) if is_frame(cell)), 0)  # the first, if none is called so
    columns = _named_columns(header, at, name) if named else _counted_columns(header, name)
    present = [au for au in aus if au in columns]
    if not present:
        wanted = ", ".join(map(str, aus))
        raise Unreadable(name, f"its header names none of the AUs {wanted}; it is {quoted(header)}", table.numbers[0])
    body = Lines(name, [within(cells, len(header)) for cells in table.cells[1:]], table.numbers[1:])
    for cells, line in zip(body.cells, body.numbers, strict=True):
        if len(cells) != len(header):
            seen = f"{len(cells)} cells below a header of {len(header)}: cut short? The line is {quoted(cells)}"
            raise Unreadable(name, seen, line)
    picked = [[cells[at], *(cells[columns[au]] for au in present)] for cells in body.cells]
    values = whole_numbers(Lines(name, picked, body.numbers), what=["the frame number", *(f"AU{au}" for au in present)])
    frames = frame_numbers(values[:, 0], body)
    codes = np.full((len(frames), len(aus)), UNKNOWN, np.int8)
    codes[:, [aus.index(au) for au in present]] = decode(values[:, 1:], findings, name, top=1, lines=body.numbers)
    for au in aus:
        if au not in columns:
            findings.warning("an AU that the header lacks: its codes are unknown", name, f"AU{au}", len(frames))
    if not named and (flagged := sum(cells[-1] == "1" for cells in body.cells)):
        findings.note(
            "the last column is 1: one public loader takes it for an occluded face, the owners do not say; kept",
            name,
            count=flagged,
        )
    order = np.argsort(frames, kind="stable")
    if gaps := int(frames.max() - frames.min() + 1 - len(frames)):
        findings.note("frames between the first and the last that have no line", name, "", gaps)
    return frames[order], codes[order], "named header" if named else "header 0…99"


def _named_columns(header: list[str], frame: int, name: str) -> dict[int, int]:
    """AU -> column.  The cell over the frame numbers may say anything: "1" there, at the beginning, is not AU1."""
    columns: dict[int, int] = {}
    for column, cell in enumerate(header):
        if column == frame or (column == 0 and au_of(cell) is None):
            continue
        plain = re.fullmatch("[0-9]{1,3}", cell)
        au = int(plain[0]) if plain else au_of(cell)
        if au is not None:
            if au in columns:
                raise Unreadable(name, f"its header names AU{au} twice: is the header line missing?", 1)
            columns[au] = column
    return columns


def _counted_columns(header: list[str], name: str) -> dict[int, int]:
    """AU -> column, where they are the same number."""
    for column, cell in enumerate(header[1:], 1):
        if cell != str(column):
            raise Unreadable(
                name, f"cell {column + 1} of {len(header)} in its header is {cell[:20]!r}, not {column}: no header?", 1
            )
    return {column: column for column in range(1, len(header))}


def intensity(root: Path, name: str, findings: Findings) -> tuple[np.ndarray, np.ndarray]:
    """One table of intensities: frames int64 (n,), as they stand, and codes int8 (n,), 0 to 5 or UNKNOWN.

    Raises
    ------
    Unreadable
        Naming the line.
    """
    table = without_heading(lines(root, name))
    if not table.cells:
        raise Unreadable(name, "is empty: lines of frame,intensity are expected")
    values = whole_numbers(table, 2, ("the frame number", "the intensity"))
    return frame_numbers(values[:, 0], table), decode(values[:, 1], findings, name, top=5, lines=table.numbers)


def intensities(
    root: Path, files: Mapping[int, str], frames: np.ndarray | None, origin: str, findings: Findings
) -> tuple[np.ndarray, np.ndarray]:
    """All intensities of a sequence.

    Parameters
    ----------
    root : Path
    files : mapping of int to str
        AU -> its table.
    frames : ndarray of int64, shape (n,), optional
        Frames of the table of occurrences, ascending; without one, every frame of any table of intensities counts.
    origin : str
        Label file of the sequence, for messages.
    findings : Findings

    Returns
    -------
    frames : ndarray of int64, shape (n,)
    codes : ndarray of int8, shape (n, 5)
        In the order of :data:`INTENSITY_AUS`; UNKNOWN where an AU's table, or a frame in it, is missing.
    """
    tables: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for au, name in sorted(files.items()):
        if au in INTENSITY_AUS:
            try:
                tables[au] = intensity(root, name, findings)
            except Unreadable as trouble:
                findings.unreadable(trouble)
    if frames is None:
        findings.note("no table of occurrences: the frames are those of the intensities", origin)
        frames = np.unique(np.concatenate([np.empty(0, np.int64), *(found for found, _ in tables.values())]))
    codes = np.full((len(frames), len(INTENSITY_AUS)), UNKNOWN, np.int8)
    for column, au in enumerate(INTENSITY_AUS):
        if au not in tables:
            findings.warning("an AU without intensities: its codes are unknown", origin, f"AU{au:02}", len(frames))
            continue
        found, values = tables[au]
        here = np.isin(found, frames)
        codes[np.searchsorted(frames, found[here]), column] = values[here]
        if lost := int((~np.isin(frames, found)).sum()):
            findings.warning("coded frames without an intensity: unknown", files[au], f"of {len(frames)}", lost)
        if not here.all():
            findings.warning("intensities of frames that are not coded: left out", files[au], "", int((~here).sum()))
    return frames, codes
