"""The command line: help, one-line errors that name the thing and the fix, stop and go on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aulib.__main__ import main

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["data", "--help"], ["data", "export", "--help"]])
def test_help(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "usage: python -m aulib" in capsys.readouterr().out


@pytest.mark.parametrize("arguments, words", [
    (["status", "--profile", "desktop"], "unknown profile 'desktop'; known: gpu, laptop, paper, smoke"),
    (["run", "drlm-fold1-seed0", "--profile", "smoke"], "unknown run under profile smoke 'drlm-fold1-seed0'"),
    (["status", "--paper", "dmrl"], "unknown paper 'dmrl'; known: all, corpora, drml"),
    (["report", "table9"], "unknown table 'table9'; known: grids, summary"),
    (["data", "info", "bp5d"], "unknown corpus 'bp5d'; known: bp4d, bp4d-plus, ckplus, disfa, fera2015"),
    (["data", "prepare", "bp4d"], "set AULIB_BP4D"),
    (["data", "verify", "bp4d", "no/such/folder"], "no/such/folder (given) is not there; name the folder"),
    (["data", "verify", "bp4d", "x", "--option", "image_offset"], "write NAME=VALUE"),
    (["data", "prepare", "synth-bp4d", "x"], "synth-bp4d is generated: it takes no path"),
    (["data", "fetch", "bp4d"], "unknown download 'bp4d'; known: gft-labels"),
    (["data", "export", "synth-bp4d", "x", "--layout", "zip"], "unknown layout 'zip'; known: bp4d, disfa, plain"),
    (["data", "verify", "synth-bp4d"], "cannot be read"),
    (["compare", "--profile", "smoke"], "make reproduce PROFILE=smoke"),
])  # fmt: skip
def test_errors_are_one_line(arguments, words, home, capsys):
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("aulib: ") and error.count("\n") == 1


def test_unknown_method_names_the_known_ones():
    from aulib.errors import UnknownName
    from aulib.methods import method

    with pytest.raises(UnknownName, match="unknown method 'resnet'; known: alexnet, convnet, drml"):
        method("resnet")


def test_an_unwritable_home_is_one_line(toy, tmp_path, monkeypatch, capsys):
    from aulib.errors import StorageError
    from aulib.run import run
    from tests import toys

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AULIB_RUNS", str(tmp_path / "file"))
    with pytest.raises(StorageError, match=r"cannot write .* set AULIB_RUNS"):
        run(toys.declaration(), progress=False)


def test_a_broken_manifest_is_one_line(tmp_path):
    """In a process of its own: the manifest is read once."""
    code = (
        "from pathlib import Path; from aulib import paths; "
        f"paths.manifest = lambda: Path({str(tmp_path / 'm.yaml')!r}); "
        "import sys; from aulib.__main__ import main; sys.exit(main(['data', 'list']))"
    )
    (tmp_path / "m.yaml").write_text("synth-bp4d:\n  title: x\n")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert out.returncode == 1
    assert out.stderr.startswith("aulib: ") and "entry 'synth-bp4d'" in out.stderr and out.stderr.count("\n") == 1


def test_where_lists_the_variables(home, capsys):
    assert main(["data", "where"]) == 0
    assert "AULIB_CORPORA" in capsys.readouterr().out
