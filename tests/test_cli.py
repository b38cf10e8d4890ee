"""The command line: help, one-line errors that name the thing and the fix, stop and go on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aulib.__main__ import main

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("arguments", [
    ["--help"], ["run", "--help"], ["ablate", "--help"], ["report", "--help"], ["claims", "--help"], ["data", "--help"],
    ["data", "export", "--help"],
])  # fmt: skip
def test_help(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "usage: python -m aulib" in capsys.readouterr().out


@pytest.mark.parametrize("arguments, words", [
    (["status", "--profile", "desktop"], "unknown profile 'desktop'; known: gpu, laptop, paper, smoke"),
    (["run", "drlm-fold1-seed0", "--profile", "smoke"], "unknown run under profile smoke 'drlm-fold1-seed0'"),
    (["status", "--paper", "dmrl"], "unknown paper 'dmrl'; did you mean 'drml'? known: all, corpora, drml"),
    (["report", "dmrl"], "unknown paper with tables 'dmrl'; did you mean 'drml'? known: ablations, drml, hybrid"),
    (["report", "--paper", "dmrl"], "unknown paper with tables 'dmrl'"),
    (["report", "hybrid", "context", "table9"], "unknown table of hybrid 'table9'"),
    (["report", "ablations", "drml-grit"], "unknown table of ablations 'drml-grit'; did you mean 'drml-grid'"),
    (["report", "hybrid", "--profile", "desktop"], "unknown profile 'desktop'"),
    (["claims", "HYB-99"], "unknown claim 'HYB-99'; nearest of"),
    (["claims", "hybird"], "unknown claim 'hybird'"),
    (["data", "info", "bp5d"], "unknown corpus 'bp5d'; did you mean 'bp4d'? known: bp4d, bp4d-plus, ckplus, disfa"),
    (["data", "info", "synth-bp4d+foo"], "unknown twin 'foo'; known: flat, frank"),
    (["data", "info", "synth-bp4d+move=9"], "twin 'move' has 9, outside its range"),
    (["data", "info", "bp4d+ind"], "only embedded ones have twins"),
    (["data", "export", "synth-bp4d+foo", "new"], "unknown twin 'foo'"),
    (["data", "verify", "synth-bp4d+frank"], "twin 'frank' needs a number"),
    (["status", "--corpus", "synth-bp4d+mov=2"], "unknown twin 'mov'; did you mean 'move'?"),
    (["status", "--corpus", "bp4d,bp5d"], "unknown corpus 'bp5d'"),
    (["status", "--corpus", ","], "corpus is ',' (str); expected names"),
    (["status", "--paper", "hybrid", "--corpus", "disfa"], "no run of paper hybrid is made on 'disfa'"),
    (["run", "--paper", "drml", "--corpus", "bp4d,fera2015"], "no run of paper drml is made on 'fera2015'"),
    (["run", "timing", "--again", "--accelerator", "mps"], "accelerator mps: PyTorch"),
    (["run", "timing", "--again", "--devices", "9999"], "devices 9999: this machine has "),
    (["data", "prepare", "synth-bp4d", "--align", "eyes"], "synth-bp4d is generated: it takes no --align"),
    (["data", "verify", "synth-bp4d", "x"], "synth-bp4d is generated: it takes no path"),
    (["data", "verify", "bp4d", "x", "--landmarks", "no.csv"], "no.csv: there is no such table of landmarks"),
    (["data", "export", "synth-gft", "tests"], "tests is not empty; name an empty folder"),
    (["data", "export", "synth-gft", __file__ + "/x"], "cannot write into"),
    (["data", "export", "synth-gft", "x", "--layout", "disfa"], "codes occurrence only; DISFA's layout"),
    (["data", "export", "synth-gft", "x", "--layout", "bp4d", "--masks"], "--masks belong to the plain layout"),
    (["data", "export", "bp4d", "x", "--camera"], "bp4d is a real corpus"),
    (["data", "fetch", "gft-labels", "--folder", __file__], "cannot write into"),
    (["data", "prepare", "bp4d"], "set AULIB_BP4D"),
    (["data", "verify", "bp4d", "no/such/folder"], "no/such/folder (given) is not there; name the folder"),
    (["data", "verify", "bp4d", __file__], "test_cli.py (given) is no folder; name the folder"),
    (["data", "verify", "bp4d", ".", "--align", "eye"], "unknown alignment 'eye'; did you mean 'eyes'? known: anchors"),
    (["data", "verify", "bp4d", ".", "--detector", "yolo"], "unknown detector 'yolo'; known: "),
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


@pytest.mark.parametrize("arguments, words", [
    (["run", "--devices", "0"], "argument --devices: '0' is not a whole number, 1 or more"),
    (["run", "--devices", "2.5"], "argument --devices: '2.5' is not a whole number"),
    (["run", "--accelerator", "tpu"], "argument --accelerator: invalid choice: 'tpu'"),
    (["run", "--stop-after", "0"], "argument --stop-after: '0' is not a number above 0"),
    (["run", "--stop-after", "inf"], "argument --stop-after: 'inf' is not a number above 0"),
    (["compare", "--tolerance", "-1"], "argument --tolerance: '-1' is not a number, 0 or more"),
    (["compare", "--tolerance", "nan"], "argument --tolerance: 'nan' is not a number, 0 or more"),
    (["data", "export", "synth-gft", "x", "--limit", "-1"], "argument --limit: '-1' is not a whole number, 1 or more"),
    (["data", "prepare", "bp4d", ".", "--workers", "0"], "argument --workers: '0' is not a whole number, 1 to 1024"),
    (["data", "prepare", "synth-bp4d", "--side", "31"], "argument --side: '31' is not a whole number, 32 to 400"),
    (["data", "prepare", "synth-bp4d", "--frames", "-1"], "argument --frames: '-1' is not a whole number, 0 or more"),
    (["data", "fetch", "gft-labels", "--from", "ftp://osf.io"], "argument --from: 'ftp://osf.io' is no web address"),
    (["data", "fetch", "gft-labels", "--from", "https://"], "argument --from: 'https://' is no web address"),
    (["data", "fetch", "gft-labels", "--from", "https://osf.io:x"], "is no web address"),
    (["data", "export", "synth-gft", "~nobody-here/x"], "nobody says where the home folder"),
])  # fmt: skip
def test_a_wrong_argument_is_said_with_the_usage(arguments, words, home, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("usage: python -m aulib") and words in error.splitlines()[-1]
    assert not list(home.iterdir())


@pytest.mark.parametrize("name, value", [("epochs", "0"), ("rate", "nan"), ("seed", "-1"), ("workers", "0")])
def test_the_trainer_of_the_descriptor_checks_its_numbers(name, value, capsys):
    from aulib.features.__main__ import main as features

    with pytest.raises(SystemExit):
        features([f"--{name}", value])
    assert f"argument --{name}: {value!r} is not a" in capsys.readouterr().err


@pytest.fixture
def shipped(home, monkeypatch):
    """The reference records, and nothing of this machine."""
    monkeypatch.setenv("AULIB_RESULTS", str(ROOT / "results"))


def test_every_table_of_every_paper_is_listed_and_can_be_built(home, capsys):
    from aubook import report
    from aubook.engine.table import Table
    from aubook.study import Study

    assert main(["report"]) == 0
    said = capsys.readouterr().out
    for paper in report.papers():
        for name in report.listed(paper):
            assert f"  {name} " in said
            assert isinstance(report.table(paper, name, Study("smoke")), Table)
    assert set(report.papers()) >= {"drml", "hybrid", "ablations"} and "Table 1, 3 folds: F1-frame" in said


def test_a_report_is_about_the_paper_that_is_asked_for(shipped, capsys):
    """Once every paper's report was DRML's summary."""
    assert main(["report", "--paper", "hybrid"]) == 0
    said = capsys.readouterr().out
    assert "Table 1, 3 folds: F1-frame" in said and "LSTM, frames shuffled" in said
    assert not re.search(r"LCN|4-layer CNN", said), "these are methods of DRML only"
    assert main(["report", "hybrid", "context"]) == 0
    assert capsys.readouterr().out.startswith("With and without temporal context")


def test_forms_of_a_table(shipped, capsys):
    import io

    import pandas as pd

    said = {}
    for form in ("text", "csv", "markdown"):
        assert main(["report", "hybrid", "table1-3", "--format", form]) == 0
        said[form] = capsys.readouterr().out
    frame = pd.read_csv(io.StringIO(said["csv"]), comment="#")
    assert frame["AU"].tolist()[:2] == ["1", "2"] and len(frame.columns) > 6
    mean = frame.set_index("AU").loc["Avg."].iloc[-1]
    assert f"| {mean} |" in said["markdown"] and f" {mean}" in said["text"]
    for text in said.values():
        assert "Data: Synthetic GFT" in text and "Erratum C1" in text, "no number without its provenance"
    rows = [line for line in said["markdown"].splitlines() if line.startswith("|")]
    assert len({line.count(" | ") for line in rows}) == 1 and len(rows) == len(frame) + 2


def test_the_ledger_of_one_claim_and_of_a_paper(shipped, capsys):
    assert main(["claims", "HYB-05", "--format", "csv"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
    assert lines[0].startswith("claim,what the paper says,part,setting") and all(
        line.startswith("HYB-05") for line in lines[1:]
    )
    assert main(["claims", "ccnn"]) == 0
    said = capsys.readouterr().out
    assert "CCNN-01" in said and "HYB-" not in said


def test_of_many_names_the_nearest_are_told(home, capsys):
    assert main(["run", "drlm-fold1-seed0"]) == 1
    error = capsys.readouterr().err
    assert "'drlm-fold1-seed0'; nearest of 67: drml-fold1-seed0, " in error and error.count(",") == 4
    assert "python -m aulib status lists them" in error


def answered(home, answer: str, *more: str) -> tuple[int, str]:
    """Exit status and output of ``run`` on a terminal, where the first question gets an answer."""
    pty = pytest.importorskip("pty")
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(AULIB_HOME=str(home), AULIB_RESULTS=str(home / "results"), PYTHONPATH=str(ROOT))
        command = ["-m", "aulib", "run", "--paper", "drml", "--profile", "smoke", *more]
        os.execv(sys.executable, [sys.executable, *command])
    said = b""
    while part := _read(terminal):
        said += part
        if b"Go on?" in said and answer:
            os.write(terminal, answer.encode())
            answer = ""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), said.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""


def test_all_runs_are_made_only_if_the_answer_is_yes(home):
    status, said = answered(home, "n\n")
    assert status == 1 and "9 runs to make (paper drml, profile smoke); nobody knows how long they take" in said
    assert "nothing was run" in said and "[1/9]" not in said
    (home / "runs").write_text("")  # so that the first run cannot begin
    for answer, more in (("yes\n", []), ("", ["--yes"])):
        status, said = answered(home, answer, *more)
        assert status == 1 and "AULIB_RUNS" in said and ("Go on?" in said) == bool(answer)


def test_without_a_terminal_nobody_is_asked_and_records_say_how_long(home, capsys, monkeypatch):
    monkeypatch.setenv("AULIB_RESULTS", str(ROOT / "results"))
    monkeypatch.setattr("aulib.runs.run.run", lambda declaration, **options: None)  # nothing is trained here
    assert main(["run", "--paper", "drml"]) == 0
    assert "runs to make" not in capsys.readouterr().out  # the reference records are there
    assert main(["run", "--paper", "drml", "--again"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^9 runs to make \(paper drml, profile laptop\); records of such runs took some \d+ ", said)
    assert "[1/9] lsvm-fold1-seed0" in said


def test_runs_whose_weights_are_needed_are_counted(toy):
    from aulib.runs.run import run, to_make
    from tests import toys

    first = toys.declaration(seed=1)
    second = toys.declaration(seed=2, init_from=first)
    assert to_make([second, first]) == [first, second]
    run(first, progress=False)
    assert to_make([second, first]) == [second]
    run(second, progress=False)
    assert to_make([second, first]) == []


@pytest.mark.parametrize("encoding", [
    {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
])  # fmt: skip
def test_a_terminal_that_cannot_show_a_character_gets_its_number(encoding, home):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONIOENCODING"}
    command = [sys.executable, "-m", "aulib", "data", "where"]
    done = subprocess.run(command, env=environment | encoding | {"PYTHONPATH": str(ROOT)}, capture_output=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert b"\\u2013" in done.stdout


def test_a_name_that_is_no_text_can_be_printed(home, tmp_path):
    copy = os.fsencode(tmp_path) + b"/caf\xe9"  # no UTF-8
    os.mkdir(copy)
    command = [sys.executable, "-m", "aulib", "data", "verify", "disfa", copy]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True)
    assert done.returncode == 1 and b"caf\\udce9 is empty" in done.stderr and done.stderr.count(b"\n") == 1


def test_unknown_method_names_the_known_ones():
    from aulib.errors import UnknownName
    from aulib.runs.methods import METHODS, method

    with pytest.raises(UnknownName) as raised:
        method("resnet")
    assert str(raised.value) == f"unknown method 'resnet'; known: {', '.join(sorted(METHODS))}"


def test_an_unwritable_home_is_one_line(toy, tmp_path, monkeypatch, capsys):
    from aulib.errors import StorageError
    from aulib.runs.run import run
    from tests import toys

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AULIB_RUNS", str(tmp_path / "file"))
    with pytest.raises(StorageError, match=r"AULIB_RUNS names .*/file, which is no folder; set AULIB_RUNS"):
        run(toys.declaration(), progress=False)
    monkeypatch.setenv("AULIB_RUNS", str(tmp_path / "file" / "below"))
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
