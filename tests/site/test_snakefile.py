"""The workflow asks the store what is there, and cannot delete a record: real calls of Snakemake on a small store."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import common
import numpy as np
import pytest

from aubook import papers
from aulib.runs import results
from aulib.runs.declaration import corpus_identifier
from aulib.runs.profiles import profile

pytestmark = pytest.mark.slow

RUN = papers.find("drml", "smoke", "lsvm-fold1-seed0")
READER = papers.find("hybrid", "smoke", "hybrid-gft-3-fold1-seed0")
STAMP = f"_build/made/smoke/{results.folder_of(RUN).name}"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like the checkout, with an empty store, and a name that has to be quoted."""
    root = tmp_path / "it's a ü $HOME #1"
    root.mkdir()
    for name in ("Snakefile", "aulib", "book", "notebooks", "workflow", "data_manifest.yaml", "_config.yml"):
        (root / name).symlink_to(common.ROOT / name)
    monkeypatch.setenv("AULIB_RUNS", str(root / "runs"))
    monkeypatch.setenv("AULIB_CORPORA", str(root / "corpora"))
    monkeypatch.setenv("AULIB_RESULTS", str(root / "results"))
    plugins = common.ROOT / "workflow" / "plugins"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(root), str(plugins))))
    return root


def command(*arguments: str, paper: str = "drml", again: int = 0) -> list[str]:
    options = "--cores 1 --nolock --rerun-incomplete --rerun-triggers mtime --logger short --config".split()
    given = ["profile=smoke", f"paper={paper}", f"again={again}"]
    return [sys.executable, "-m", "snakemake", *options, *given, "--", *arguments]


def snakemake(root: Path, *arguments: str, paper: str = "drml", again: int = 0, dry: bool = False) -> str:
    """What a call says; it has to succeed."""
    given = command(*arguments, paper=paper, again=again)
    if dry:
        given.insert(3, "--dry-run")
    done = subprocess.run(given, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def draw(root: Path) -> None:
    """Corpora that are there as far as the workflow looks."""
    for name, video in ((RUN.corpus, False), *((name, False) for name, _ in RUN.test_on)):
        folder = root / "corpora" / corpus_identifier(name, profile("smoke"), video)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "corpus.json").write_text("{}")


def finish(declaration=RUN, **files: dict[str, np.ndarray]) -> Path:
    """The record of a run, as small as it can be."""
    wanted = [declaration.corpus, *(name for name, _ in declaration.test_on)]
    wanted += [f"probe-{name}" for name in declaration.probes]
    return results.write(declaration, {"wall_s": 1.0}, {name: {"x": np.zeros(2)} for name in wanted} | files).folder


def content(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()}


def interrupt(root: Path) -> None:
    """Begin the run under Snakemake, and kill everything as a power cut would, once it is marked as begun."""
    with subprocess.Popen(command(STAMP), cwd=root, stderr=subprocess.PIPE, start_new_session=True) as begun:
        marks = root / ".snakemake" / "incomplete"
        deadline = time.monotonic() + 60
        while not (marks.is_dir() and any(file.is_file() for file in marks.rglob("*"))):
            assert begun.poll() is None and time.monotonic() < deadline, begun.stderr and begun.stderr.read()
            time.sleep(0.02)
        os.killpg(begun.pid, signal.SIGKILL)


def test_a_run_finished_by_hand_after_an_interruption_is_kept(checkout: Path) -> None:
    draw(checkout)
    interrupt(checkout)
    folder = finish()
    before = content(folder)
    said = snakemake(checkout, STAMP)
    assert content(folder) == before
    assert "lsvm-fold1-seed0" in said and "1 of 1 done" in said, said  # it asked, and was told that it is there
    assert (checkout / STAMP).is_file()


def test_the_store_alone_says_what_is_there(checkout: Path) -> None:
    said = snakemake(checkout, STAMP, dry=True)
    assert "run lsvm-fold1-seed0" in said and "corpus synth-bp4d" in said, "no record: to be made"
    folder = finish()
    assert "run lsvm" not in snakemake(checkout, STAMP, dry=True), "a record without a stamp"
    shutil.rmtree(checkout / "_build")  # make clean
    draw(checkout)  # later than the record: a cache that was lost and drawn again
    said = snakemake(checkout, "records", dry=True)
    assert "run lsvm" not in said and "run drml-fold1-seed0" in said
    shutil.rmtree(checkout / "corpora")
    assert "corpus" not in snakemake(checkout, STAMP, dry=True), "what nobody needs is not drawn again"
    assert (checkout / STAMP).is_file()
    shutil.rmtree(folder)
    assert "run lsvm" in snakemake(checkout, STAMP, dry=True), "a stamp without a record"
    assert not (checkout / STAMP).exists()


def test_reproduce_makes_its_own_where_a_reference_is_there(checkout: Path) -> None:
    folder = finish()
    shutil.move(folder, checkout / "results" / "smoke" / folder.name)
    assert "run lsvm" not in snakemake(checkout, "records", dry=True)
    assert "run lsvm" in snakemake(checkout, "records", dry=True, again=1)


def test_a_run_that_is_read_is_made_for_its_weights(checkout: Path) -> None:
    read = READER.depends_on[0]
    target = f"_build/made/smoke/{results.folder_of(READER).name}"
    folder = finish(read)
    before = content(folder)
    assert f"run {read.label}" in snakemake(checkout, target, paper="hybrid", dry=True), "its weights are not here"
    assert content(folder) == before
    finish(read, weights={"w": np.zeros(1)})
    assert f"run {read.label}" not in snakemake(checkout, target, paper="hybrid", dry=True)


def test_a_damaged_record_is_left_where_it_is(checkout: Path) -> None:
    folder = finish()
    (folder / "record.json").write_text('{"key": ')
    before = content(folder)
    assert "run lsvm" in snakemake(checkout, STAMP, dry=True)
    assert content(folder) == before


def test_a_wrong_name_is_one_line(checkout: Path) -> None:
    done = subprocess.run(command("book", paper="foo"), cwd=checkout, capture_output=True, text=True)
    assert done.returncode and "unknown paper 'foo'" in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 4, done.stderr
