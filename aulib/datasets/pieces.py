"""Pieces of a corpus that is being aligned: a few hundred pictures of a recording, or a whole video."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from aulib import integrity
from aulib.datasets.alignment import align
from aulib.datasets.copies import Copy
from aulib.datasets.landmarks import MEAN_SHAPE, usable
from aulib.datasets.own_landmarks import held_against, try_out
from aulib.datasets.reading.findings import Unreadable
from aulib.datasets.reading.media import Video
from aulib.datasets.reading.point_tables import PointTable
from aulib.datasets.reading.recording import Reading, Recording
from aulib.errors import AulibError, CorpusError

#: Pictures of a piece.
PIECE = 256


@dataclass(frozen=True)
class Piece:
    """Some frames of a recording, and what is to be done with them; small enough to be sent to a process."""

    number: int
    recording: Recording
    rows: np.ndarray
    recipe: str
    detector: str
    side: int
    folder: Path

    @property
    def faces(self) -> Path:
        return self.folder / f"{self.number:06d}.faces"

    @property
    def rest(self) -> Path:
        return self.folder / f"{self.number:06d}.npz"

    @property
    def marker(self) -> Path:
        """Written when the piece is finished."""
        return self.folder / f"{self.number:06d}.json"

    @property
    def finished(self) -> bool:
        """Whether an earlier run has made it, and it is whole."""
        return integrity.finished(self.marker) is not None


def pieces(reading: Reading, copy: Copy, partial: Path, frames_per_sequence: int | None, side: int) -> Iterator[Piece]:
    """Divide what is to be aligned: ``frames_per_sequence`` frames of each recording, evenly spread, or all (None)."""
    tables: dict[str, PointTable] = {}
    if path := copy.landmark_table:
        tables = held_against(path, reading.recordings, reading.findings)
        try_out(path, tables, reading.recordings, None if copy.recipe == "none" else finder(copy.detector))
    number = 0
    for recording in reading.recordings:
        if (media := recording.media) is None:
            continue
        recording = replace(recording, points=tables.get(recording.name, recording.points))
        try:
            there = np.isin(recording.frames, media.numbers())
        except Unreadable:
            there = np.ones(len(recording), bool)  # each of its frames will be left out with the reason
        if recording.excluded is not None:
            there &= ~recording.excluded
        rows = np.flatnonzero(there)
        if frames_per_sequence is not None and len(rows) > frames_per_sequence:
            rows = rows[np.linspace(0, len(rows) - 1, frames_per_sequence).astype(int)]
        # A video is decoded from its beginning, so it stays in one piece.
        size = len(rows) if isinstance(media, Video) else PIECE
        for start in range(0, len(rows), max(size, 1)):
            yield Piece(number, recording, rows[start : start + size], copy.recipe, copy.detector, side, partial)
            number += 1


@lru_cache(maxsize=1)
def finder(name: str):
    """A landmark detector, made once a process; raises `AulibError` if it is not installed."""
    from aulib.datasets.detection import detector

    return detector(name)


def align_piece(piece: Piece) -> int:
    """Align the frames of a piece; faces are appended to a file one by one.  Returns the number of frames."""
    import cv2

    cv2.setNumThreads(1)  # the processes share the cores already
    numbers = piece.recording.frames[piece.rows]
    assert piece.recording.media is not None
    landmarks, by, kept, why = [], [], [], []
    with open(piece.faces, "wb") as out:
        for number, picture, trouble in piece.recording.media.pictures(numbers.tolist()):
            try:
                if picture is None:
                    raise CorpusError(trouble)
                points, source = _points(piece, number, picture)
                aligned = align(picture, points, piece.recipe, piece.side)
            except AulibError as error:
                kept.append(False)
                why.append(str(error))
                continue
            out.write(np.ascontiguousarray(aligned.image).tobytes())
            landmarks.append(aligned.points)
            by.append(source)
            kept.append(True)
            why.append("")
    np.savez(
        piece.rest,
        landmarks=np.array(landmarks, np.float32).reshape(-1, 68, 2),
        by=np.array(by, str),
        kept=np.array(kept, bool),
        why=np.array(why, str),
    )
    integrity.finish(piece.marker, piece.faces, piece.rest)
    return len(piece.rows)


def _points(piece: Piece, number: int, picture: np.ndarray) -> tuple[np.ndarray, str]:
    """Landmarks of a frame, and who gave them."""
    damaged, source = "", piece.recording.points
    if source is not None:
        try:
            # Points that lack an eye align nothing: the detector looks, as where there are none.
            if (points := source.points(number)) is not None and (piece.recipe == "none" or usable(points)):
                if not isinstance(source, PointTable):
                    return points, "corpus"
                if why := source.misfit(number, picture.shape[1], picture.shape[0]):
                    raise CorpusError(why)
                return points, "landmark table"
        except Unreadable:  # no reason to lose the frame: the detector looks, and the table says so
            damaged = ", file unreadable"
    if piece.recipe == "none":
        return (MEAN_SHAPE * picture.shape[0]).astype(np.float32), f"mean shape{damaged}"
    find = finder(piece.detector)
    if (points := find(picture)) is None:
        raise CorpusError(f"no face found ({find.name})")
    return points, find.name + damaged
