"""The workflow asks the store what is there, and cannot delete a record: real calls of Snakemake on a small store."""

from __future__ import annotations

import os
import re
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

pytestmark = pytest.mark.slow

RUN = papers.find("drml", "smoke", "lsvm-fold1-seed0")
READER = papers.find("hybrid", "smoke", "hybrid-gft-3-fold1-seed0")
DECLARED = papers.declarations("drml", "smoke")
STAMP = "_build/made/all-smoke-drml"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like the checkout, with an empty store, and a name that has to be quoted."""
    root = tmp_path / "it's a ü $HOME #1"
    root.mkdir()
    packages = ("aulib", "synthface", "aubook")
    for name in (*packages, "Snakefile", "book", "notebooks", "workflow", "data_manifest.yaml", "_config.yml"):
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


def finish(declaration=RUN, **files: dict[str, np.ndarray]) -> Path:
    """The record of a run, as small as it can be."""
    wanted = [declaration.corpus, *(name for name, _ in declaration.test_on)]
    wanted += [f"probe-{name}" for name in declaration.probes]
    return results.write(declaration, {"wall_s": 1.0}, {name: {"x": np.zeros(2)} for name in wanted} | files).folder


def content(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()}


def interrupt(root: Path) -> None:
    """Begin the runs under Snakemake, and kill everything as a power cut would, once they are marked as begun."""
    with subprocess.Popen(command("records"), cwd=root, stderr=subprocess.PIPE, start_new_session=True) as begun:
        marks = root / ".snakemake" / "incomplete"
        deadline = time.monotonic() + 60
        while not (marks.is_dir() and any(file.is_file() for file in marks.rglob("*"))):
            assert begun.poll() is None and time.monotonic() < deadline, begun.stderr and begun.stderr.read()
            time.sleep(0.02)
        os.killpg(begun.pid, signal.SIGKILL)


def to_make(root: Path, paper: str = "drml", again: int = 0) -> int:
    """How many runs a call would make."""
    said = snakemake(root, "records", paper=paper, again=again, dry=True)
    found = re.search(r"(\d+) runs to make", said)
    return int(found[1]) if found else 0


def test_a_run_finished_by_hand_after_an_interruption_is_kept(checkout: Path) -> None:
    interrupt(checkout)
    before = {folder: content(folder) for folder in map(finish, DECLARED.values())}
    snakemake(checkout, "records")
    assert {folder: content(folder) for folder in before} == before
    assert (checkout / STAMP).is_file()


def test_the_store_alone_says_what_is_there(checkout: Path) -> None:
    assert to_make(checkout) == len(DECLARED), "no record: to be made"
    folders = [finish(declaration) for declaration in DECLARED.values()]
    assert to_make(checkout) == 0 and (checkout / STAMP).is_file(), "records without a stamp"
    newest = max((folder / "record.json").stat().st_mtime_ns for folder in folders)
    assert (checkout / STAMP).stat().st_mtime_ns == newest, "notebooks are executed again for newer records only"
    shutil.rmtree(checkout / "_build")  # make clean
    assert to_make(checkout) == 0
    shutil.rmtree(folders[0])
    assert to_make(checkout) == 1, "a stamp without a record"
    assert not (checkout / STAMP).exists()


def test_records_are_made_by_the_command_and_come_before_the_notebooks(checkout: Path) -> None:
    said = snakemake(checkout, "book", dry=True)
    assert said.index(f"{len(DECLARED)} runs to make") < said.index("notebook drml")
    for declaration in DECLARED.values():
        finish(declaration)
    assert "runs to make" not in snakemake(checkout, "book", dry=True)


def test_reproduce_makes_its_own_where_a_reference_is_there(checkout: Path) -> None:
    for declaration in DECLARED.values():
        folder = finish(declaration)
        shutil.move(folder, checkout / "results" / "smoke" / folder.name)
    assert to_make(checkout) == 0
    assert to_make(checkout, again=1) == len(DECLARED)


def test_a_run_that_is_read_is_made_for_its_weights(checkout: Path) -> None:
    for declaration in papers.declarations("hybrid", "smoke").values():
        finish(declaration, weights={"w": np.zeros(1)})
    assert to_make(checkout, paper="hybrid") == 0
    read = READER.depends_on[0]
    shutil.rmtree(results.folder_of(READER))
    finish(read)
    assert to_make(checkout, paper="hybrid") == 2, "its weights are not here"
    finish(read, weights={"w": np.zeros(1)})
    assert to_make(checkout, paper="hybrid") == 1


def test_a_damaged_record_is_named_and_left_where_it_is(checkout: Path) -> None:
    for declaration in DECLARED.values():
        finish(declaration)
    folder = results.folder_of(RUN)
    (folder / "record.json").write_text('{"key": ')
    before = content(folder)
    done = subprocess.run(command("records"), cwd=checkout, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode and "aulib: lsvm-fold1-seed0: " in said and folder.name in said, said
    assert content(folder) == before


def test_a_wrong_name_is_one_line(checkout: Path) -> None:
    done = subprocess.run(command("book", paper="foo"), cwd=checkout, capture_output=True, text=True)
    assert done.returncode and "unknown paper 'foo'" in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 4, done.stderr
