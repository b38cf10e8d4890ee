"""Damage to every kind of file that we write, and what comes of it.

    python -m tests.damage --seeds 20     # each file cut, zero-filled, one bit flipped, removed; counts by kind

A `Kind` makes something, names the files it left, and says what somebody does next.  What that gives has to be what it
gives undamaged, or one clear error; a traceback, or another number, is a fault.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from aulib import datasets, integrity, paths
from aulib.datasets import copies, embedded, layouts, pieces, prepared, store
from aulib.errors import AulibError
from aulib.features import identity, people
from aulib.runs import results
from aulib.runs.run import run
from synthface import corpora
from tests import toys
from tests.datasets import made

DAMAGES = ("cut", "zeros", "bit", "removed")


def damage(file: Path, how: str, seed: int = 0) -> None:
    """Damage a file in one of the ways of `DAMAGES`; another seed, another place."""
    rng = np.random.default_rng([seed, len(file.name)])
    content = bytearray(file.read_bytes())
    if how == "removed":
        file.unlink()
        return
    if how == "cut":
        content = content[: int(rng.integers(len(content)))]
    elif how == "zeros":
        start = int(rng.integers(len(content)))
        content[start:] = bytes(len(content) - start)
    else:
        content[int(rng.integers(len(content)))] ^= 1 << int(rng.integers(8))
    file.write_bytes(content)
    integrity._checksum.cache_clear()  # a clock tick is longer than this test


@dataclass(frozen=True)
class Kind:
    """Something that we write.

    Parameters
    ----------
    name : str
    make : callable
        Makes it, up to the moment at which a file is damaged.
    folder : callable
        Where its files lie.
    use : callable
        What somebody does next; returns the numbers that come of it.
    """

    name: str
    make: Callable[[], Any]
    folder: Callable[[], Path]
    use: Callable[[], Any]

    def files(self) -> list[Path]:
        folder = self.folder()
        return sorted(f for f in (folder, *folder.rglob("*")) if f.is_file() and f.stat().st_size)


def _run(declaration, **options):
    return run(declaration, progress=False, **options)


def _record(declaration):
    return (results.find(declaration) or _run(declaration)).verify().digest


def _resumed(declaration):
    while (record := _run(declaration, stop_after=60)) is None:
        pass
    return record.digest, record.about["wall_s"] >= 0


def _stopped(declaration) -> None:
    for _ in range(4):
        assert _run(declaration, stop_after=0.0) is None


toys.register()  # a declaration is checked when it is made
PARENT = toys.declaration("toy-one", 5)
CHILD = toys.declaration("toy-one", 6, init_from=PARENT, budget=0.1)
SPATIAL = toys.declaration("toy-spatial", 0)
TEMPORAL = toys.declaration("toy-lstm", 0, depends_on=(SPATIAL,), budget=2.0)
PROBED = replace(PARENT, probes=("validation",))
TWO = toys.declaration("toy-two", 3)
toys.unregister()


def _again_temporal():
    shutil.rmtree(results.folder_of(TEMPORAL), ignore_errors=True)
    return _run(TEMPORAL).digest


def _shipped() -> None:
    with mock.patch.object(results, "LARGE", 2_000):
        results.promote(_run(PARENT))
    shutil.rmtree(results.folder_of(PARENT))


SMALL = dict(frames_per_sequence=1, side=32, progress=False, workers=1)


def _drawn(corpus, person, script, *, seed, side, variant):
    """In place of a face: noise that depends on the person."""
    rng = np.random.default_rng(person)
    n = len(script.frames)
    return {
        "faces": rng.integers(0, 255, (n, side, side, 3)).astype(np.uint8),
        "landmarks": rng.uniform(0, side, (n, 68, 2)).astype(np.float32),
    }


@contextlib.contextmanager
def _few_people(broken_off: bool = False) -> Iterator[None]:
    def in_this_process(function, tasks, workers):
        for number, task in enumerate(tasks):
            if broken_off and number == 2:
                raise KeyboardInterrupt
            yield function(task)

    few = {"synth-disfa": replace(corpora.SYNTHETIC["synth-disfa"], subjects=3)}
    with (
        mock.patch.dict(corpora.SYNTHETIC, few),
        mock.patch.object(store, "in_processes", in_this_process),
        mock.patch.object(embedded, "render_person", _drawn),
    ):
        try:
            yield
        except KeyboardInterrupt:
            if not broken_off:
                raise


def _synthetic(broken_off: bool = False) -> Any:
    with _few_people(broken_off):
        corpus = datasets.load("synth-disfa", **SMALL)
        return corpus.codes.tobytes(), np.array(corpus.faces).tobytes(), corpus.landmarks.tobytes()


def _copy() -> copies.Copy:
    folder = paths.home() / "copy"
    if not folder.exists():
        layouts.bp4d(made.occurrence(3), folder)
    return copies.copy_of("bp4d", folder)


def _prepared(broken_off: bool = False) -> Any:
    def until_the_fourth(piece):
        if piece.number == 3:
            raise KeyboardInterrupt
        return pieces.align_piece(piece)

    options = dict(frames_per_sequence=None, side=made.SIDE, workers=1, progress=False)
    if broken_off:
        with mock.patch.object(prepared, "align_piece", until_the_fourth), contextlib.suppress(KeyboardInterrupt):
            prepared.prepare(_copy(), **options)
        return None
    corpus = prepared.load(_copy(), **options)
    return corpus.codes.tobytes(), np.array(corpus.faces).tobytes(), corpus.landmarks.tobytes()


def _descriptor(stop_after: int | None = None) -> Any:
    pictures = mock.patch.object(people, "draw_pictures", lambda recipe, person: np.random.default_rng(person).integers(
        0, 255, (recipe.pictures, recipe.drawn_side, recipe.drawn_side, 3)).astype(np.uint8))  # fmt: skip
    with pictures:
        if stop_after:
            with contextlib.suppress(KeyboardInterrupt):
                identity.train(people.TINY, progress=False, stop=lambda epoch: epoch == stop_after)
            return None
        network = identity.load(people.TINY, progress=False)
    return b"".join(t.numpy().tobytes() for t in network.state_dict().values())


def _folder_of(declaration, ending: str = "") -> Callable[[], Path]:
    return lambda: (folder := results.folder_of(declaration)).with_name(folder.name + ending)


def _cached(ending: str) -> Callable[[], Path]:
    return lambda: next(paths.corpora().glob(ending))


KINDS = [
    Kind("a record", lambda: _run(PARENT), _folder_of(PARENT), lambda: _record(PARENT)),
    Kind("a run that another starts from", lambda: _run(PARENT), _folder_of(PARENT), lambda: _run(CHILD).digest),
    Kind("a run that another reads", lambda: _run(SPATIAL), _folder_of(SPATIAL), lambda: _run(TEMPORAL).digest),
    Kind("activations", lambda: _run(TEMPORAL), paths.activations, _again_temporal),
    Kind("a run that is probed", lambda: _run(PARENT), _folder_of(PARENT), lambda: _run(PROBED).digest),
    Kind("a checkpoint", lambda: _stopped(TWO), _folder_of(TWO, ".partial"), lambda: _resumed(TWO)),
    Kind("a reference record", _shipped, paths.references, lambda: _record(PARENT)),
    Kind("a generated corpus", _synthetic, _cached("synth-disfa-*32"), _synthetic),
    Kind("a corpus being generated", lambda: _synthetic(True), _cached("synth-*.partial"), _synthetic),
    Kind("a prepared corpus", _prepared, _cached("bp4d-*synth-bp4d-*"), _prepared),
    Kind("a corpus being prepared", lambda: _prepared(True), _cached("bp4d-*.partial"), _prepared),
    Kind("the marker of an export", _copy, lambda: paths.home() / "copy" / copies.MARKER, _prepared),
    Kind("a face descriptor", _descriptor, lambda: people.TINY.folder, _descriptor),
    Kind(
        "a face descriptor being trained",
        lambda: _descriptor(1),
        lambda: people.TINY.folder.with_name(f"{people.TINY.folder.name}.partial"),
        _descriptor,
    ),
]


def outcomes(kind: Kind, home: Path, seeds: int | None = None) -> Iterator[tuple[Path, str, str]]:
    """(file, damage, what came of it): ``error``, ``repaired``, ``right`` without a word, ``TRACEBACK`` or ``SILENT``.

    `home` is an empty folder; the toys are registered, and AULIB_HOME names it.  Each file is damaged in every way at
    `seeds` places, or, without `seeds`, in one way, so that all ways come in turn.
    """
    kind.make()
    files = kind.files()
    assert files, f"{kind.name} left no file"
    kept = home.with_name(f"{home.name}-kept")
    shutil.copytree(home, kept)
    right = kind.use()
    for number, file in enumerate(files):
        thorough = [(how, seed) for how in DAMAGES for seed in range(seeds if seeds and how != "removed" else 1)]
        for how, seed in thorough if seeds else [(DAMAGES[number % len(DAMAGES)], number)]:
            shutil.rmtree(home)
            shutil.copytree(kept, home)
            damage(file, how, seed)
            yield file.relative_to(home), how, _outcome(kind, file, right)
    shutil.rmtree(kept)


def _outcome(kind: Kind, file: Path, right: Any) -> str:
    words = io.StringIO()
    try:
        with contextlib.redirect_stderr(words):
            found = kind.use()
    except AulibError as error:
        message = str(error)
        clear = "\n" not in message and (file.name.removesuffix(".xz") in message or file.parent.name in message)
        return "error" if clear else f"TRACEBACK: no file named: {message}"
    except Exception as error:
        return f"TRACEBACK: {error!r}"
    if found != right:
        return "SILENT"
    return "repaired" if file.name in words.getvalue() else "right"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="places at which each file is damaged in each way")
    seeds = parser.parse_args().seeds
    toys.register()
    everything: Counter[str] = Counter()
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "home"
            home.mkdir()
            os.environ |= {"AULIB_HOME": str(home), "AULIB_RESULTS": str(home / "results")}
            counts: Counter[str] = Counter()
            for file, how, outcome in outcomes(kind, home, seeds):
                counts[outcome.split(":")[0]] += 1
                if outcome.isupper() or outcome.startswith("TRACEBACK"):
                    print(f"  {file} {how}: {outcome}")
            print(f"{kind.name:32} {dict(counts)}", flush=True)
            everything += counts
    print(f"{everything.total()} damaged files: {dict(everything)}")


if __name__ == "__main__":
    main()
