"""From a copy on disk to aligned faces: read, find landmarks, align, keep.  Parallel, resumable, flat in memory.

::

    your folder  →  reader  →  recordings  →  landmarks, alignment  →  cache  →  Corpus
     (read only)    labels, media              one piece at a time     checksummed, memory-mapped

Finished pieces are kept, so that a killed run goes on with the next; faces go straight to disk, so that memory does
not grow with the corpus.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aulib import integrity, paths
from aulib.corpus import FRAME_KEY, Corpus
from aulib.datasets import own_landmarks, store
from aulib.datasets.alignment import RECIPES
from aulib.datasets.copies import Copy
from aulib.datasets.pieces import PIECE, Piece, align_piece, finder, pieces
from aulib.datasets.readers import read
from aulib.datasets.reading.recording import Reading
from aulib.errors import CorpusError, UnknownName
from aulib.locking import lock
from aulib.manifest import entry
from aulib.progress import bar as progress_bar


def load(
    copy: Copy, *, frames_per_sequence: int | None = 24, side: int = 100, workers: int | None = None, progress=True
) -> Corpus:
    """The aligned faces of a copy; aligned now if they are not in the cache.

    Parameters
    ----------
    copy : Copy
    frames_per_sequence : int or None
        Frames of each recording, evenly spread; None takes all.
    side : int
        Pixels of the aligned face, 32 to 400; 200 is the papers' size.
    workers : int, optional
        Processes; all cores by default.
    progress : bool

    Returns
    -------
    Corpus

    Raises
    ------
    CorpusError
        If no copy is known, or another one than that which was prepared.
    StorageError
        If the cache cannot be written.
    """
    folder = prepare(copy, frames_per_sequence=frames_per_sequence, side=side, workers=workers, progress=progress)
    known = store.verify(folder)
    _same_copy(copy, known, folder)
    codes = np.load(folder / "codes.npy")
    return Corpus(
        name=copy.name,
        source=known["source"],
        aus=tuple(known["aus"]),
        coding=known["coding"],
        frames=store.frame_table(folder),
        faces=np.load(folder / "faces.npy", mmap_mode="r"),
        codes=codes,
        landmarks=np.load(folder / "landmarks.npy"),
        identifier=known["identifier"],
        content=store.content(folder) or "",
    ).check()


def labels(copy: Copy) -> Corpus:
    """The labels of a copy, without looking at a picture."""
    return _read(copy).labels("synthetic" if copy.made_by_aulib else "licensed")


def folder_of(copy: Copy, frames_per_sequence: int | None, side: int) -> Path:
    """Where the prepared corpus lies, or will lie."""
    return paths.corpora() / copy.identifier(frames_per_sequence, side)


def prepare(
    copy: Copy,
    *,
    frames_per_sequence: int | None = 24,
    side: int = 100,
    workers: int | None = None,
    progress: bool = True,
    again: bool = False,
) -> Path:
    """Align a copy and keep the result; returns the folder.  A finished one is kept, unless `again`.

    Parameters are those of :func:`load`.
    """
    if not 32 <= side <= 400:
        raise CorpusError(f"side {side} is outside 32 to 400 pixels")
    if frames_per_sequence is not None and frames_per_sequence < 1:
        raise CorpusError(f"frames_per_sequence {frames_per_sequence} must be at least 1")
    if workers is not None and workers < 1:
        raise CorpusError(f"{workers} workers: at least 1 is needed")
    check(copy)
    folder = folder_of(copy, frames_per_sequence, side)
    if again or not store.is_whole(folder):
        with store.writing(folder), lock(folder):
            integrity.recover(folder)
            if again or not store.is_whole(folder):  # another process may just have made it
                _make(copy, folder, frames_per_sequence, side, workers, progress)
    return folder


def check(copy: Copy) -> None:
    """Raise :class:`~aulib.errors.UnknownName` if there is no such alignment or detector."""
    from aulib.datasets.detection import DETECTORS

    if copy.recipe not in RECIPES:
        raise UnknownName("alignment", copy.recipe, RECIPES)
    if copy.detector not in DETECTORS:
        raise UnknownName("detector", copy.detector, DETECTORS)


def path_of(copy: Copy) -> Path:
    """Where the copy lies; raises `CorpusError` that says how to tell, if nobody has, or that it is not there."""
    if copy.path is None:
        raise CorpusError(
            f"{copy.name} is licensed and not in this project; if you have it, say where: "
            f"python -m aulib data prepare {copy.name} PATH, or set {entry(copy.name).variable}, or write it into "
            f"{paths.shown(paths.configuration())}. If not: python -m aulib data info {copy.name} says whom to ask"
            + (f", and its embedded stand-in is {stand_in!r}" if (stand_in := entry(copy.name).stand_in) else "")
        )
    if not copy.path.is_dir():
        state = "is no folder" if copy.path.exists() else "is not there"
        raise CorpusError(
            f"{copy.path.absolute()} ({copy.told_by}) {state}; name the folder that holds {entry(copy.name).title}"
        )
    return copy.path


def _read(copy: Copy) -> Reading:
    reading = read(copy.name, path_of(copy), copy.options)
    if not reading.options["skip_broken"]:
        reading.findings.raise_errors(copy.name)
    return reading


def _same_copy(copy: Copy, known: dict[str, Any], folder: Path) -> None:
    """Refuse faces that were made of another copy than the one that is named now."""
    if copy.path is None or not copy.path.is_dir():
        return
    if str(copy.path.resolve()) == known["path"]:  # labels are not read again each time: `data prepare` does that
        changed = "landmarks" if known.get("landmark_table") != _digest_of_landmarks(copy) else ""
    else:
        changed = changes(copy, known)
    if changed:
        raise CorpusError(
            f"{paths.shown(folder)} was prepared from {known['path']}, and {copy.path} ({copy.told_by}) has other "
            f"{changed} now; {again(copy, folder)} takes the new ones"
        )


def changes(copy: Copy, known: dict[str, Any]) -> str:
    """What differs, in words, between a copy and the one that was prepared: labels, landmarks, or nothing."""
    found = {"labels": _read(copy).digest, "landmark_table": _digest_of_landmarks(copy)}
    words = {"labels": "labels", "landmark_table": "landmarks"}
    return " and ".join(words[key] for key, digest in found.items() if known.get(key) != digest)


def again(copy: Copy, folder: Path) -> str:
    """The command that prepares a folder of the cache again."""
    frames, side = re.fullmatch(r".+?-r\d+-(all|\d+)x(\d+)(?:\+.*)?", folder.name).groups()  # type: ignore[union-attr]
    frames = "0" if frames == "all" else frames
    return f"python -m aulib data prepare {copy.name} --frames {frames} --side {side} --again"


def _digest_of_landmarks(copy: Copy) -> str | None:
    return own_landmarks.digest(copy.landmark_table) if copy.landmark_table else None


def _make(
    copy: Copy, folder: Path, frames_per_sequence: int | None, side: int, workers: int | None, progress: bool
) -> None:
    reading = _read(copy)
    if copy.recipe != "none":
        finder(copy.detector)  # a missing library is said now, not once for every frame
    partial = folder.with_name(f"{folder.name}.partial")
    table = _digest_of_landmarks(copy)
    plan = {
        "files": reading.tree.state,
        "labels": reading.digest,
        "landmarks": table,
        "path": str(reading.tree.root.resolve()),
        "piece": PIECE,
    }
    _begin(partial, plan)
    todo = list(pieces(reading, copy, partial, frames_per_sequence, side))
    if not todo:
        shutil.rmtree(partial)
        raise CorpusError(
            f"{copy.name}: no pictures beside the labels in {copy.path}; "
            f"the labels alone load with: aulib.datasets.load({copy.name!r}, faces=False)"
        )
    missing = [piece for piece in todo if not piece.finished]
    total = sum(len(piece.rows) for piece in todo)
    bar = progress_bar(
        total=total,
        initial=total - sum(len(piece.rows) for piece in missing),
        unit="frame",
        desc=f"aligning {copy.name}",
        disable=not progress,
    )
    workers = min(workers or store.cores(), max(1, len(missing)))
    with bar:
        for done in map(align_piece, missing) if workers == 1 else store.in_processes(align_piece, missing, workers):
            bar.update(done)
    _assemble(copy, reading, todo, partial, folder, side, table)


def _begin(partial: Path, plan: dict[str, Any]) -> None:
    """Keep the pieces of an earlier run only if it had the same copy before it."""
    known = integrity.finished(partial / "plan.json")
    if known and {key: known.get(key) for key in plan} == plan:
        return
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    integrity.finish(partial / "plan.json", **plan)


def _assemble(
    copy: Copy, reading: Reading, pieces: list[Piece], partial: Path, folder: Path, side: int, landmarks: str | None
) -> None:
    """Join the pieces into one folder and rename it into place, so that it is whole or not there."""
    rests = [dict(np.load(piece.rest)) for piece in pieces]
    kept = np.concatenate([rest["kept"] for rest in rests])
    if not kept.any():
        shutil.rmtree(partial)  # nothing to go on with: the next run is to look again
        raise CorpusError(f"{copy.name}: not one of {len(kept):,} pictures could be aligned: {rests[0]['why'][0]}")
    whole = folder.with_name(f"{folder.name}.whole")
    shutil.rmtree(whole, ignore_errors=True)
    whole.mkdir()
    table = pd.concat([piece.recording.table().iloc[piece.rows] for piece in pieces], ignore_index=True)
    codes = np.concatenate([piece.recording.codes[piece.rows] for piece in pieces])
    frames = table[kept].reset_index(drop=True)
    frames["landmarks_by"] = np.concatenate([rest["by"] for rest in rests])
    frames.to_csv(whole / "frames.csv", index=False)
    np.save(whole / "codes.npy", codes[kept])
    np.save(whole / "landmarks.npy", np.concatenate([rest["landmarks"] for rest in rests]))
    left_out = table.loc[~kept, list(FRAME_KEY)].assign(why=np.concatenate([rest["why"] for rest in rests])[~kept])
    left_out.to_csv(whole / "left_out.csv", index=False)
    with open(whole / "faces.npy", "wb") as out:
        shape = (int(kept.sum()), side, side, 3)
        np.lib.format.write_array_header_1_0(out, {"descr": "|u1", "fortran_order": False, "shape": shape})
        for piece in pieces:
            with open(piece.faces, "rb") as faces:
                shutil.copyfileobj(faces, out, 2**20)
            piece.marker.unlink()
            piece.faces.unlink()  # so that the disk holds the faces once, not twice
    made = copy.made_by_aulib
    store.seal(
        whole,
        folder,
        {
            "identifier": folder.name,
            "name": copy.name,
            "source": "synthetic" if made else "licensed",
            "made_by_aulib": made,
            "path": str(reading.tree.root.resolve()),
            "layout": reading.found.layout,
            "labels": reading.digest,
            "landmark_table": landmarks,
            "aus": list(reading.found.aus),
            "coding": reading.found.coding,
            "options": dict(reading.options),
            "align": copy.recipe,
            "landmarks_by": {str(k): int(n) for k, n in frames["landmarks_by"].value_counts().items()},
            "left_out": len(left_out),
            "findings": reading.findings.lines(),
        },
    )
    shutil.rmtree(partial)
