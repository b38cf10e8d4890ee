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
    (["data", "verify", "bp4d", __file__], "test_cli.py (given) is no folder; name the folder"),
    (["data", "verify", "bp4d", ".", "--align", "eye"], "unknown alignment 'eye'; known: anchors"),
    (["data", "verify", "bp4d", ".", "--detector", "yolo"], "unknown detector 'yolo'; known: "),
    (["data", "prepare", "bp4d", ".", "--workers", "0"], "--workers 0 must be at least 1"),
    (["status", "--profile", "smoke", "--corpus", "gft"], "'gft' cannot take the place of 'synth-bp4d'"),
    (["data", "verify", "bp4d", "x", "--option", "image_offset"], "write NAME=VALUE"),
    (["data", "prepare", "synth-bp4d", "x"], "synth-bp4d is generated: it takes no path"),
    (["data", "fetch", "bp4d"], "unknown download 'bp4d'; known: gft-labels"),
    (["data", "export", "synth-bp4d", "x", "--layout", "zip"], "unknown layout 'zip'; known: bp4d, disfa, plain"),
    (["data", "verify", "synth-bp4d"], "is not drawn yet: python -m aulib data prepare synth-bp4d"),
    (["compare", "--profile", "smoke"], "no reference records of profile smoke are there"),
])  # fmt: skip
def test_errors_are_one_line(arguments, words, home, capsys):
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("aulib: ") and error.count("\n") == 1


def test_unknown_method_names_the_known_ones():
    from aulib.errors import UnknownName
    from aulib.methods import METHODS, method

    with pytest.raises(UnknownName) as raised:
        method("resnet")
    assert str(raised.value) == f"unknown method 'resnet'; known: {', '.join(sorted(METHODS))}"


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


def test_prepare_says_how_to_load_and_when_labels_have_changed(home, tmp_path, capsys, monkeypatch):
    from aulib.datasets import layouts
    from aulib.datasets.copies import MARKER
    from tests.datasets import made

    monkeypatch.setenv("AULIB_CONFIG", str(tmp_path / "corpora.yaml"))
    folder = tmp_path / "my copy"
    layouts.disfa(made.intensity(3), folder)
    (folder / MARKER).unlink()
    prepare = ["data", "prepare", "disfa", str(folder), "--workers", "1"]
    assert main([*prepare, "--profile", "smoke"]) == 0
    assert "notebooks take it with corpus = 'disfa' under profile smoke" in capsys.readouterr().out
    assert main([*prepare, "--side", "40", "--align", "eyes"]) == 0
    said = capsys.readouterr().out
    assert "datasets.load('disfa', align='eyes', frames_per_sequence=" in said and "side=40)" in said
    assert "under profile" not in said
    assert main([*prepare, "--profile", "smoke"]) == 0
    assert "prepared earlier, from the same labels" in capsys.readouterr().out
    labels = sorted(folder.glob("ActionUnit_Labels/*/*_au1.txt"))[0]
    lines = labels.read_text().splitlines()
    frame, code = lines[0].split(",")
    labels.write_text("\n".join([f"{frame},{(int(code) + 1) % 6}", *lines[1:]]) + "\n")
    assert main([*prepare, "--profile", "smoke"]) == 1
    assert "prepared from other labels than" in (error := capsys.readouterr().err)
    assert "data prepare disfa --frames 16 --side 100 --again" in error
    assert main([*prepare, "--profile", "smoke", "--again"]) == 0


def test_status_of_a_corpus_names_it_in_the_command(home, capsys):
    assert main(["status", "--profile", "smoke", "--paper", "drml", "--corpus", "bp4d"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines and all(line.endswith("--profile smoke --corpus bp4d") for line in lines if " missing " in line)
