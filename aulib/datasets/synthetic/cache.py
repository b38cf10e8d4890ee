"""The corpus cache: generated when first needed, in parallel, resumable person by person, checksummed.

A finished corpus is a folder of plain arrays::

    synth-bp4d-v1-s0-24x100/
        corpus.json       what it is, and the SHA-256 of every other file
        faces.npy         uint8 (N, side, side, 3), read as a memory map
        codes.npy         int8 (N, 17), every AU of the face, coded by the corpus or not
        strengths.npy     float32 (N, 17), continuous truth
        landmarks.npy     float32 (N, 68, 2)
        frames.csv        subject, sequence, frame

While it is being made it is called ``….partial`` and holds one file a person; a killed run goes on from those.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from aulib import paths
from aulib.datasets.base import Corpus
from aulib.datasets.synthetic import VERSION, identifier
from aulib.datasets.synthetic.corpora import SYNTHETIC, render_subject
from aulib.datasets.synthetic.face import FACE_AUS
from aulib.errors import CorpusError, StorageError
from aulib.locking import lock
from aulib.manifest import entry
from aulib.progress import bar as progress_bar

_ARRAYS = ("faces", "landmarks", "codes", "strengths")


def load(
    name: str,
    *,
    frames_per_sequence: int | None = 24,
    side: int = 100,
    seed: int = 0,
    workers: int | None = None,
    progress: bool = True,
) -> Corpus:
    """Load an embedded corpus, generating it first if it is not in the cache.

    Parameters
    ----------
    name : str
        A key of ``SYNTHETIC``.
    frames_per_sequence : int or None
        Frames rendered of each video, evenly spread; None renders all.
    side : int
        Pixels of the aligned face, 32 to 400; 200 is the papers' size.
    seed : int
        Seed of the corpus (not of training).
    workers : int, optional
        Processes that render; all cores by default.
    progress : bool
        Show a progress bar while generating.

    Returns
    -------
    Corpus

    Raises
    ------
    CorpusError
        If the cached files are damaged; the message says which file and what to delete.
    StorageError
        If the cache cannot be written.
    """
    if not 32 <= side <= 400:
        raise CorpusError(f"side {side} is outside 32 to 400 pixels")
    if frames_per_sequence is not None and frames_per_sequence < 1:
        raise CorpusError(f"frames_per_sequence {frames_per_sequence} must be at least 1")
    folder = paths.corpora() / identifier(name, frames_per_sequence, side, seed)
    if not (folder / "corpus.json").is_file():
        with _storage(folder), lock(folder):
            if not (folder / "corpus.json").is_file():  # another process may just have made it
                _generate(name, folder, frames_per_sequence, side, seed, workers, progress)
    return _read(name, folder)


def verify(folder: Path) -> dict:
    """Compare every file of a finished corpus with its checksum; return ``corpus.json``."""
    try:
        about = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorpusError(
            f"{paths.shown(folder / 'corpus.json')}: cannot be read ({error}); "
            f"delete the folder and it is generated again"
        ) from error
    for file, digest in about["sha256"].items():
        path = folder / file
        if not path.is_file() or _digest(path) != digest:
            state = "differs from its checksum" if path.is_file() else "is missing"
            raise CorpusError(
                f"{paths.shown(path)} {state}: the cached corpus is damaged; "
                f"delete {paths.shown(folder)} and it is generated again"
            )
    return about


def _read(name: str, folder: Path) -> Corpus:
    about = verify(folder)
    coded = entry(name)
    columns = [FACE_AUS.index(au) for au in coded.aus]
    codes = np.load(folder / "codes.npy")[:, columns]
    if coded.coding == "occurrence":
        codes = (codes >= 1).astype(np.int8)
    return Corpus(
        name=name,
        source="synthetic",
        aus=coded.aus,
        coding=coded.coding,
        frames=pd.read_csv(folder / "frames.csv", dtype={"subject": str, "sequence": str}),
        faces=np.load(folder / "faces.npy", mmap_mode="r"),
        codes=codes,
        landmarks=np.load(folder / "landmarks.npy"),
        identifier=about["identifier"],
    ).check()


def _generate(
    name: str, folder: Path, frames_per_sequence: int | None, side: int, seed: int, workers: int | None, progress: bool
) -> None:
    corpus = SYNTHETIC[name]
    partial = folder.with_name(folder.name + ".partial")
    partial.mkdir(parents=True, exist_ok=True)
    missing = [s for s in range(corpus.subjects) if not (partial / f"{s:03d}.npz").is_file()]
    tasks = [(name, s, seed, frames_per_sequence, side, str(partial)) for s in missing]
    workers = min(
        workers or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        max(1, len(tasks)),
    )
    bar = progress_bar(
        total=corpus.subjects,
        initial=corpus.subjects - len(missing),
        unit="person",
        disable=not progress,
        desc=f"rendering {name}",
    )
    # Fresh processes: a fork of a process that runs torch or numba threads can hang.
    with bar, ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for _ in pool.map(_render_to_file, tasks):
            bar.update()
    _assemble(
        corpus,
        partial,
        folder,
        dict(
            identifier=folder.name,
            name=name,
            seed=seed,
            side=side,
            frames_per_sequence=frames_per_sequence,
            version=VERSION,
            aus=list(FACE_AUS),
        ),
    )


def _render_to_file(task: tuple[str, int, int, int | None, int, str]) -> None:
    name, subject, seed, frames_per_sequence, side, partial = task
    arrays = render_subject(SYNTHETIC[name], subject, seed, frames_per_sequence, side)
    target = Path(partial) / f"{subject:03d}.npz"
    temporary = target.with_name(f"{target.stem}.tmp.npz")
    with open(temporary, "wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    os.replace(temporary, target)


def _assemble(corpus, partial: Path, folder: Path, about: dict) -> None:
    """Join the persons' files into one folder and rename it into place, so that it is whole or not there."""
    parts = [partial / f"{s:03d}.npz" for s in range(corpus.subjects)]
    whole = folder.with_name(folder.name + ".whole")
    shutil.rmtree(whole, ignore_errors=True)
    whole.mkdir()
    frames = []
    counts = []
    for subject, part in enumerate(parts):
        with np.load(part) as arrays:
            frames.append(
                pd.DataFrame(
                    {"subject": corpus.subject_name(subject), "sequence": arrays["sequence"], "frame": arrays["frame"]}
                )
            )
            counts.append(len(frames[-1]))
    for key in _ARRAYS:
        with np.load(parts[0]) as arrays:
            like = arrays[key]
        out = np.lib.format.open_memmap(
            whole / f"{key}.npy", mode="w+", dtype=like.dtype, shape=(sum(counts), *like.shape[1:])
        )
        start = 0
        for part, count in zip(parts, counts, strict=True):
            with np.load(part) as arrays:
                out[start : start + count] = arrays[key]
            start += count
        out.flush()
        del out
    pd.concat(frames, ignore_index=True).to_csv(whole / "frames.csv", index=False)
    about["sha256"] = {file.name: _digest(file) for file in sorted(whole.iterdir())}
    (whole / "corpus.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(whole, folder)
    shutil.rmtree(partial)


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _storage(folder: Path) -> Iterator[None]:
    """Turn 'disk full' and 'not allowed' into errors that say what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"no space left for {paths.shown(folder)}; free some, or set AULIB_CORPORA to a folder "
                f"on another disk; what was rendered is kept"
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR):
            raise StorageError(
                f"cannot write {paths.shown(folder)} ({error.strerror}); set AULIB_CORPORA to a folder "
                f"that can be written"
            ) from error
        raise
