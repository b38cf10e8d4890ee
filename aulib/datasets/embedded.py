"""The corpus cache: generated when first needed, in parallel, resumable person by person, checksummed.

A finished corpus is a folder of plain arrays::

    synth-bp4d-v2-s0-24x100/
        corpus.json       what it is, and the SHA-256 of every other file
        faces.npy         uint8 (N, side, side, 3), read as a memory map
        landmarks.npy     float32 (N, 68, 2)
        frames.csv        subject, sequence, frame, person, video, scene
        codes.npy         int8 (N, 19), every AU of the face, coded by the corpus or not
        strengths.npy     float16 (N, 19, 2), continuous truth of both sides
        motion.npy        float32 (N, 7), head pose, alignment error, gaze
        occluder.npy      float32 (N, 3), what is before the face

While it is being made it is called ``….partial`` and holds the script and one file a person; a killed run goes on
from those.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from aulib import integrity, paths
from aulib.corpus import Corpus
from aulib.datasets import store
from aulib.locking import lock
from aulib.manifest import entry
from aulib.progress import bar as progress_bar
from synthface import VERSION, identifier, script
from synthface.corpora import SYNTHETIC
from synthface.face import FACE_AUS
from synthface.render import render_person
from synthface.twins import parse

#: Drawn person by person, and written beforehand for all.
_DRAWN, _SCRIPTED = ("faces", "landmarks"), ("codes", "strengths", "motion", "occluder")
_SCRIPT = ("frames.csv", *(f"{key}.npy" for key in _SCRIPTED))


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
        A key of ``SYNTHETIC``, with twins after it if wanted: ``synth-bp4d+ind``.
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
    folder = paths.corpora() / identifier(name, frames_per_sequence, side, seed)
    if not store.is_whole(folder):
        with store.writing(folder), lock(folder):
            integrity.recover(folder)
            if not store.is_whole(folder):  # another process may just have made it
                _generate(name, folder, frames_per_sequence, side, seed, workers, progress)
    return _read(name, folder)


def _read(name: str, folder: Path) -> Corpus:
    about = store.verify(folder)
    coded = entry(name)
    columns = [FACE_AUS.index(au) for au in coded.aus]
    codes = np.load(folder / "codes.npy")[:, columns]
    if coded.coding == "occurrence":
        codes = np.minimum(codes, 1)  # UNKNOWN stays what it is
    return Corpus(
        name=name,
        source="synthetic",
        aus=coded.aus,
        coding=coded.coding,
        frames=store.frame_table(folder),
        faces=np.load(folder / "faces.npy", mmap_mode="r"),
        codes=codes,
        landmarks=np.load(folder / "landmarks.npy"),
        identifier=about["identifier"],
        truth={key: np.load(folder / f"{key}.npy", mmap_mode="r") for key in ("strengths", "motion", "occluder")},
    ).check()


def _generate(
    name: str, folder: Path, frames_per_sequence: int | None, side: int, seed: int, workers: int | None, progress: bool
) -> None:
    base, variant = parse(name)
    corpus = SYNTHETIC[base]
    partial = folder.with_name(folder.name + ".partial")
    partial.mkdir(parents=True, exist_ok=True)
    _write_script(corpus, variant, seed, frames_per_sequence, partial)
    missing = [s for s in range(corpus.subjects) if integrity.finished(partial / f"{s:03d}.json") is None]
    tasks = [(name, s, seed, side, str(partial)) for s in missing]
    workers = min(workers or store.cores(), max(1, len(tasks)))
    bar = progress_bar(
        total=corpus.subjects,
        initial=corpus.subjects - len(missing),
        unit="person",
        disable=not progress,
        desc=f"rendering {name}",
    )
    with bar:
        for _ in store.in_processes(_render_to_file, tasks, workers):
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


def _write_script(corpus, variant, seed: int, frames_per_sequence: int | None, partial: Path) -> None:
    """Put the script beside the persons' files, in the form in which the finished corpus holds it."""
    if integrity.finished(partial / "script.json") is not None:
        return
    written = script.write(corpus, variant, seed, frames_per_sequence)
    for key in _SCRIPTED:
        np.save(partial / f"{key}.npy", getattr(written, key))
    written.frames.to_csv(partial / "frames.csv", index=False)
    integrity.finish(partial / "script.json", *(partial / file for file in _SCRIPT))


def _read_script(partial: Path) -> script.Script:
    arrays = {key: np.load(partial / f"{key}.npy", mmap_mode="r") for key in _SCRIPTED}
    return script.Script(store.frame_table(partial), **arrays)


def _render_to_file(task: tuple[str, int, int, int, str]) -> None:
    name, person, seed, side, folder = task
    base, variant = parse(name)
    mine = _read_script(Path(folder)).of(person)
    arrays = render_person(SYNTHETIC[base], person, mine, seed=seed, side=side, variant=variant)
    target = Path(folder) / f"{person:03d}.npz"
    np.savez(target, **arrays)  # type: ignore[arg-type]
    integrity.finish(target.with_suffix(".json"), target)


def _assemble(corpus, partial: Path, folder: Path, about: dict) -> None:
    """Join the persons' files into one folder and rename it into place, so that it is whole or not there."""
    whole = folder.with_name(folder.name + ".whole")
    shutil.rmtree(whole, ignore_errors=True)
    whole.mkdir()
    person = _read_script(partial).frames["person"].to_numpy()
    for key in _DRAWN:
        with np.load(partial / "000.npz") as arrays:
            like = arrays[key]
        joined = np.lib.format.open_memmap(
            whole / f"{key}.npy", mode="w+", dtype=like.dtype, shape=(len(person), *like.shape[1:])
        )
        for subject in range(corpus.subjects):
            with np.load(partial / f"{subject:03d}.npz") as arrays:
                joined[person == subject] = arrays[key]
        joined.flush()
        del joined
    for file in _SCRIPT:
        shutil.copyfile(partial / file, whole / file)
    store.seal(whole, folder, about)
    shutil.rmtree(partial)
