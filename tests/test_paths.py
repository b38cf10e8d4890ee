"""Where things lie: what variables may hold, and what is said where a folder cannot be had."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aulib import paths
from aulib.errors import StorageError

ROOT = Path(__file__).resolve().parent.parent

FOLDERS = {"AULIB_HOME": paths.home, "AULIB_CORPORA": paths.corpora, "AULIB_RUNS": paths.runs,
           "AULIB_RESULTS": paths.references}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    for variable in (*FOLDERS, "AULIB_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))


@pytest.mark.parametrize("variable", FOLDERS)
def test_every_folder_is_read_alike(variable, monkeypatch, tmp_path):
    usual = FOLDERS[variable]()
    for nothing in ("", "  "):
        monkeypatch.setenv(variable, nothing)
        assert FOLDERS[variable]() == usual
    monkeypatch.setenv(variable, "~/my data")
    assert FOLDERS[variable]() == tmp_path / "user" / "my data"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, f"below/{variable}")
    assert FOLDERS[variable]() == tmp_path / "below" / variable
    monkeypatch.chdir("/")  # it does not wander with the process
    assert FOLDERS[variable]() == tmp_path / "below" / variable


@pytest.mark.parametrize("variable", FOLDERS)
@pytest.mark.parametrize("given, words", [
    (__file__, "which is no folder"),
    ("x" * 300, "which cannot be one"),
    ("~nobody-here/x", "nobody says where that is"),
])  # fmt: skip
def test_what_can_be_no_folder_is_named_with_its_variable(variable, given, words, monkeypatch):
    monkeypatch.setenv(variable, given)
    with pytest.raises(StorageError, match=words) as raised:
        FOLDERS[variable]()
    assert str(raised.value).startswith(f"{variable} names ") and "\n" not in str(raised.value)


def test_copies_and_configuration_are_read_like_folders(monkeypatch, tmp_path):
    from aulib.datasets import copies

    monkeypatch.setenv("AULIB_DISFA", "~/DISFA")
    assert copies.copy_of("disfa").path == tmp_path / "user" / "DISFA"
    monkeypatch.setenv("AULIB_CONFIG", "~/mine.yaml")
    assert paths.configuration() == tmp_path / "user" / "mine.yaml"
    monkeypatch.setenv("AULIB_CONFIG", "")
    assert paths.configuration().name == "corpora.yaml" and paths.configuration().is_absolute()
    monkeypatch.setenv("AULIB_CONFIG", str(tmp_path))
    with pytest.raises(StorageError, match="is a folder where a file is expected"):
        paths.configuration()


def test_a_home_folder_that_nobody_knows(monkeypatch, tmp_path):
    """As in a container that runs under a number without a name."""
    import pwd

    def nobody(number):
        raise KeyError(number)

    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert paths.shown(tmp_path) == str(tmp_path)
    assert paths.configuration().is_absolute() and "~" not in str(paths.configuration())
    monkeypatch.setattr(paths, "repository", lambda: None)  # installed from a wheel
    with pytest.raises(StorageError, match=r"no home folder here.*set AULIB_HOME"):
        paths.runs()
    monkeypatch.setenv("AULIB_HOME", str(tmp_path / "new"))
    assert paths.runs() == tmp_path / "new" / "runs"


def test_a_folder_is_made_or_the_reason_told(tmp_path):
    assert paths.writable(tmp_path / "a" / "b").is_dir()
    with pytest.raises(StorageError, match=r"cannot write into .*test_paths.py/x \(Not a directory\)"):
        paths.writable(Path(__file__) / "x")


@pytest.mark.parametrize(
    "given", [{"AULIB_HOME": "new/home"}, {"AULIB_RUNS": "~/runs", "AULIB_CORPORA": "spaces in it/x"}]
)
def test_a_run_in_folders_that_are_not_there_yet(given, tmp_path):
    """A temporary folder that does not exist is none of its needs: everything is written beside its place."""
    usual = {"HOME": str(tmp_path / "user"), "AULIB_HOME": "usual", "TMPDIR": str(tmp_path / "none")}
    environment = os.environ | usual | given | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.toys", "1"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "user" / "runs" if "AULIB_RUNS" in given else tmp_path / "new" / "home" / "runs"
    assert len(list(folder.glob("toy/*/record.json"))) == 1
    assert not list(tmp_path.rglob("~*"))


def test_long_names_of_prepared_corpora_are_shortened():
    from dataclasses import replace

    from aulib.datasets.copies import LONGEST, Copy
    from aulib.datasets.prepared import again

    short = Copy("disfa", None, "", align="eyes", landmarks=Path("é" * 40 + ".csv"))
    long = replace(short, options={"image_offset": -1, "camera": "right"}, detector="face-mesh-of-some-other-kind-" * 4)
    names = [copy.identifier(24, 100) for copy in (short, long, replace(long, align="box"))]
    assert names[0].endswith("é" * 40) and len(set(names)) == 3
    assert all(len(name.encode()) <= LONGEST and name.startswith("disfa-r") for name in names)
    assert "--frames 24 --side 100" in again(long, Path(names[1]))


def test_names_differ_on_file_systems_that_ignore_case():
    from aubook import papers
    from synthface import identifier
    from synthface.twins import TWINS

    labels = list(papers.declarations("all", "gpu"))
    assert len({label.lower() for label in labels}) == len(labels)
    words = [f"+{twin.word}" + ("" if twin.low is None else f"={twin.example:g}") for twin in TWINS.values()]
    names = {identifier(f"synth-bp4d{word}", 24, 100, 0).lower() for word in words}
    assert len(names) == len(words)
