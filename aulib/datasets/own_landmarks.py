"""Landmarks of your own, held against the copy that they are for: which rows fit a frame, and do they fit its picture?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from aulib.alignment import align
from aulib.datasets import store
from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.datasets.reading.point_tables import Key, PointTable, aligned_side, point_tables
from aulib.datasets.reading.recording import Recording
from aulib.errors import AulibError, CorpusError

#: Recordings of which a picture is looked at before the long work.
TRIED = 8


def digest(path: Path) -> str:
    """SHA-256 of a table, or of all files of a folder of tables with their names."""
    if not path.is_dir():
        return store.digest(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    listed = [f"{file.relative_to(path).as_posix()} {store.digest(file)}\n" for file in files]
    return hashlib.sha256("".join(listed).encode()).hexdigest()


def held_against(path: Path, recordings: Iterable[Recording], findings: Findings) -> dict[str, PointTable]:
    """Rows of a table, or of a folder of tables, for each recording of a copy.

    Parameters
    ----------
    path : Path
        See :func:`aulib.datasets.reading.point_tables.point_tables`.
    recordings : iterable of Recording
    findings : Findings
        Takes how many rows fit a frame, and the first that does not.

    Returns
    -------
    dict of str to PointTable
        Name of the recording to its rows.

    Raises
    ------
    Unreadable
        If the table cannot be read, or no row fits a frame.
    """
    tables, copy = point_tables(path), list(recordings)
    rows = sum(len(table.numbers) for table in tables.values())
    if not rows:
        raise Unreadable(path.name, "has no row with landmarks")
    found: dict[str, PointTable] = {}
    used, unused = 0, []
    for key, recording, table in _partners(tables, copy):
        frames = np.empty(0) if recording is None else recording.frames
        fits = np.isin(table.numbers, frames)
        used += int(fits.sum())
        unused += [(table, key, at) for at in np.flatnonzero(~fits)[:1]]
        if recording is not None and fits.any():
            if recording.name in found:
                raise Unreadable(path.name, f"two of its tables hold {recording.name}: {found[recording.name].name} and {table.name}")
            found[recording.name] = table
    first = "".join(f"{t.name}:{t.lines[at]}, {'/'.join((*key, str(t.numbers[at])))}" for t, key, at in unused[:1])
    if not used:
        one = copy[0]
        raise Unreadable(
            path.name,
            f"none of its {rows:,} rows fits a frame of the copy: the table writes {first.partition(', ')[2]!r}, the copy "
            f"'{one.name}/{one.frames[0]}' (subject/sequence/frame)",
        )
    kind = "rows of the landmark table fit frames of the copy"
    if used < rows:
        words = f"{used:,} of {rows:,} rows were used; the first that was not: {first.partition(', ')[2]}"
        findings.warning(f"not all {kind}", first.partition(", ")[0], words, rows - used)
    else:
        findings.note(f"all {kind}", path.name, f"{used:,} of {rows:,} rows were used", used)
    return found


def _partners(
    tables: dict[Key, PointTable], recordings: list[Recording]
) -> Iterator[tuple[Key, Recording | None, PointTable]]:
    """Each table with its recording: by subject and sequence, or by the one word that names one recording only."""
    exact = {(one.subject, one.sequence): one for one in recordings}
    words: dict[str, dict[str, Recording]] = {}
    for one in recordings:
        video = Path(str(getattr(one.media, "name", ""))).stem
        for word in (one.subject, one.sequence, f"{one.subject}_{one.sequence}", one.name, video):
            words.setdefault(word.casefold(), {})[one.name] = one
    for key, table in tables.items():
        if key in exact:
            yield key, exact[key], table  # type: ignore[index]
            continue
        word = re.sub(r"\.\w{2,4}$", "", "/".join(key).replace("\\", "/")).casefold()
        claimed = words.get(word) or words.get(word.rpartition("/")[2] if len(key) == 1 else word) or {}
        yield key, next(iter(claimed.values())) if len(claimed) == 1 else None, table


def try_out(path: Path, tables: dict[str, PointTable], recordings: Iterable[Recording], recipe: str) -> None:
    """Look at one picture of a few recordings: a table that is not of these pictures is said now, not after hours.

    Raises
    ------
    CorpusError
        If the landmarks fit none of them, or are those of aligned faces.
    """
    with_table = [one for one in recordings if one.name in tables and one.media is not None]
    step = max(1, len(with_table) // TRIED)
    side, wrong, tried = aligned_side(list(tables.values())), "", 0
    for one in with_table[::step][:TRIED]:
        table = tables[one.name]
        wanted = np.intersect1d(table.numbers, one.frames)[:1].tolist()
        for number, picture, _ in one.media.pictures(wanted) if one.media else ():
            if picture is None:
                continue
            height, width = picture.shape[:2]
            if min(width, height) > 1.5 * side > 0:
                raise CorpusError(
                    f"{path}: the landmarks lie as in aligned faces of {side:.0f} pixels, and the pictures have "
                    f"{width} × {height}: leave this table out, or bring landmarks of the pictures"
                )
            try:
                if why := table.misfit(number, width, height):
                    raise CorpusError(why)
                align(picture, table.points(number), recipe, 32)
                return
            except AulibError as error:
                tried, wrong = tried + 1, wrong or f"frame {one.name}/{number}: {error}"
    if tried:
        raise CorpusError(f"{path}: the landmarks fit none of {tried} pictures that were tried: {wrong}")
