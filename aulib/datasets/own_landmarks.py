"""Landmarks of your own, held against the copy that they are for: do they fit its frames, and their pictures?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from aulib import integrity
from aulib.datasets.detection import Detector
from aulib.datasets.landmarks import COUNT, LEFT_EYE, MEAN_SHAPE, RIGHT_EYE, eye_centres, usable
from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.datasets.reading.point_tables import Key, PointTable, point_tables
from aulib.datasets.reading.recording import Recording
from aulib.datasets.registration import implausible
from aulib.errors import CorpusError

#: Recordings of which a picture is looked at before the long work.
TRIED = 8


def digest(path: Path) -> str:
    """SHA-256 of a table, or of all files of a folder of tables with their names."""
    if not path.is_dir():
        return integrity.checksum(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    listed = [f"{file.relative_to(path).as_posix()} {integrity.checksum(file)}\n" for file in files]
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
                two = f"{found[recording.name].name} and {table.name}"
                raise Unreadable(path.name, f"two of its tables hold {recording.name}: {two}")
            found[recording.name] = table
    first = "".join(f"{t.name}:{t.lines[at]}, {'/'.join((*key, str(t.numbers[at])))}" for t, key, at in unused[:1])
    if not used:
        one = copy[0]
        raise Unreadable(
            path.name,
            f"none of its {rows:,} rows fits a frame of the copy: the table writes {first.partition(', ')[2]!r}, "
            f"the copy '{one.name}/{one.frames[0]}' (subject/sequence/frame)",
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


def try_out(
    path: Path, tables: dict[str, PointTable], recordings: Iterable[Recording], find: Detector | None = None
) -> None:
    """Look at one picture of a few recordings: a table that is not of these pictures is said now, not after hours.

    Parameters
    ----------
    path : Path
        Of the table, for messages.
    tables : dict of str to PointTable
    recordings : iterable of Recording
    find : Detector, optional
        Its word counts where it finds faces elsewhere in every one of three pictures or more: points of pictures of
        half the size have the shape of a face too.

    Raises
    ------
    CorpusError
        If the landmarks fit none of the pictures, lie elsewhere, or are those of aligned faces.
    """
    side, wrong, apart = aligned_side(list(tables.values())), [], []
    fits = 0
    for where, picture, points, why in _samples(tables, recordings):
        height, width = picture.shape[:2]
        if min(width, height) > 1.5 * side > 0:
            raise CorpusError(
                f"{path}: the landmarks lie as in aligned faces of {side:.0f} pixels, and the pictures have "
                f"{width} × {height}: leave this table out, or bring landmarks of the pictures"
            )
        if why or (why := implausible(points, width, height)):
            wrong.append(f"{where}: {why}")
            continue
        fits += 1
        if find and (found := find(picture)) is not None:
            told, seen = eye_centres(points), eye_centres(found)
            if np.linalg.norm(told - seen, axis=1).max() > np.linalg.norm(seen[1] - seen[0]):
                apart.append(f"{where}, right eye at {told[0].round()} in the table, found at {seen[0].round()}")
            else:
                return
    if wrong and not fits:
        raise CorpusError(f"{path}: the landmarks fit none of {len(wrong)} pictures that were tried: {wrong[0]}")
    if find and len(apart) >= 3:
        raise CorpusError(
            f"{path}: in {len(apart)} of {len(apart)} pictures {find.name} finds the face elsewhere ({apart[0]}): are "
            f"the coordinates pixels of pictures of another size, or cut otherwise? Mend the table, or leave it out"
        )


def _samples(
    tables: dict[str, PointTable], recordings: Iterable[Recording]
) -> Iterator[tuple[str, np.ndarray, np.ndarray, str]]:
    """(frame, its picture, its landmarks, why the table is not of this picture) of a few recordings, one frame each."""
    some = [one for one in recordings if one.name in tables and one.media is not None]
    for one in some[:: max(1, len(some) // TRIED)][:TRIED]:
        table = tables[one.name]
        there = np.flatnonzero(np.isin(table.numbers, one.frames))
        at = next((at for at in there if usable(table.values[at])), None)
        for number, picture, _ in one.media.pictures([int(table.numbers[at])]) if at is not None and one.media else ():
            if picture is not None:
                why = table.misfit(number, picture.shape[1], picture.shape[0])
                yield f"{one.name}/{number}", picture, table.values[at], why


def aligned_side(tables: Sequence[PointTable]) -> float:
    """Side of the aligned faces that points seem to belong to, in pixels; 0 where they lie as in pictures.

    Eyes of aligned faces are always in the same places, as far from the corner as they are apart: no camera holds a
    face there, with its forehead cut off.  (Within .08 of the side; those of synth-bp4d are within .05, half of them
    within .014.)
    """
    values = np.concatenate([np.empty((0, COUNT, 2)), *(table.values for table in tables)])
    eyes = np.stack([values[:, group].mean(axis=1) for group in (RIGHT_EYE, LEFT_EYE)], axis=1)  # (n, 2, 2)
    eyes = eyes[np.isfinite(eyes).all(axis=(1, 2))]
    if not len(eyes):
        return 0.0
    places = eye_centres(MEAN_SHAPE)
    sides = np.linalg.norm(eyes[:, 1] - eyes[:, 0], axis=1) / np.linalg.norm(places[1] - places[0])
    away = np.abs((eyes + 0.5) / np.maximum(sides, 1e-6)[:, None, None] - places).max(axis=(1, 2))
    return float(np.median(sides)) if np.median(away) < 0.08 else 0.0
