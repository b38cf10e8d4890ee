"""What `make` says before it installs anything, and when it sets up .venv: real calls in checkouts of paper."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import common
import pytest

from aubook.papers import PAPERS
from aulib.runs.profiles import PROFILES

#: A Python that writes down how it was called in place of installing anything.
STUB = """#!/bin/sh
case "$*" in
  *"-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python \\
    && echo "command = $0 -m venv $(pwd -P)/.venv" >.venv/pyvenv.cfg ;;
esac
echo "$*" >>calls
case "$*" in
  *"-m pip install -r"*) printf 'Collecting a==1\\nInstalling collected packages: a\\n'; exit ${FAILS:-0} ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that has all that `make` looks at, in a folder whose name has to be quoted, and a Python."""
    root = tmp_path / """it's "a" ü $HOME #1"""
    (root / "workflow").mkdir(parents=True)
    for name in ("Makefile", "requirements.lock", "pyproject.toml", "workflow/setup.sh"):
        shutil.copy(common.ROOT / name, root / name)
    python = tmp_path / "python"
    python.write_text(STUB)
    python.chmod(0o755)
    return root


def make(root: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    given = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "TORCH_INDEX")}
    given |= {"PYTHON": str(root.parent / "python")} | environment
    done = subprocess.run(["make", *arguments], cwd=root, env=given, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def calls(root: Path) -> list[str]:
    """How Python was called since the last time."""
    path = root / "calls"
    found = path.read_text().splitlines() if path.is_file() else []
    path.unlink(missing_ok=True)
    return found


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("PROFILE=foo", "PROFILE='foo' is none of: laptop smoke gpu paper"),
        ("PROFILE=", "PROFILE='' is none of"),
        ("PROFILE=smoke laptop", "one word each"),
        ("PROFILE=*", "PROFILE='*' is none of"),
        ("PROFILE=x'; exit 0; '", "error: "),
        ("PAPER=dsin", "PAPER='dsin' is none of: all corpora drml hybrid"),
        ("PAPER=", "PAPER='' is none of"),
        ("JOBS=zwei", "JOBS='zwei' is neither 'all' nor a number"),
        ("JOBS=0", "JOBS='0' is neither"),
        ("JOBS=-1", "JOBS='-1' is neither"),
        ("JOBS=1.5", "JOBS='1.5' is neither"),
        ("JOBS=", "JOBS='' is neither"),
        ("PROFIL=smoke", "make knows no option PROFIL"),
        ("PYTHON=", "no python3 found"),
        ("PYTHON=/no/such/python", "Python 3.11 or newer is needed"),
    ],
)
@pytest.mark.parametrize("verb", ["book", "test"])
def test_what_cannot_be_is_said_before_anything_is_installed(checkout: Path, verb: str, given: str, words: str) -> None:
    status, said = make(checkout, verb, given)
    assert status and words in said and said.count("error:") == 1, said
    assert not (checkout / ".venv").exists() and not calls(checkout)


def test_the_values_that_there_are_pass(checkout: Path) -> None:
    for option, values in (("PROFILE", PROFILES), ("PAPER", [*PAPERS, "all"]), ("JOBS", ["all", "1", "08", "128"])):
        for value in values:
            status, said = make(checkout, "ready", f"{option}={value}", AULIB_RUNS="x")
            assert not status, said
    text = (checkout / "Makefile").read_text()
    for name, known in (("PROFILES", set(PROFILES)), ("PAPERS", {*PAPERS, "all"})):
        (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ") and ":=" in line]
        assert set(line.partition(":=")[2].split()) == known


def test_an_unknown_verb_shows_what_there_is(checkout: Path) -> None:
    status, said = make(checkout, "bok")
    assert status and "no verb bok" in said and "reproduce" in said and "GB" in said
    status, said = make(checkout)
    assert not status and all(word in said for word in ("book", "TORCH_INDEX=cpu", "GB to download", "minutes"))


def test_setting_up_once(checkout: Path) -> None:
    status, said = make(checkout, "ready")
    assert not status and "GB to download" in said and "unpacking" in said, said
    assert [call for call in calls(checkout) if "pip install" in call and "-e ." in call]
    assert make(checkout, "ready") == (0, "") and not calls(checkout)
    os.utime(checkout / "requirements.lock", (2e9, 2e9))
    assert not make(checkout, "ready")[0] and calls(checkout), "other pins"


def test_a_set_up_that_fails_goes_on_the_next_time(checkout: Path) -> None:
    status, said = make(checkout, "ready", FAILS="1")
    assert status and "pip could not install" in said, said
    calls(checkout)
    status, said = make(checkout, "ready")
    assert not status and not [call for call in calls(checkout) if "venv .venv" in call]


def test_a_moved_checkout_is_set_up_again(checkout: Path) -> None:
    make(checkout, "ready")
    moved = checkout.with_name("elsewhere")
    checkout.rename(moved)
    calls(moved)
    status, said = make(moved, "ready")
    assert not status and "lay elsewhere" in said
    assert [call for call in calls(moved) if "venv .venv" in call]
    assert make(moved, "ready") == (0, "")


def test_a_python_that_is_gone(checkout: Path) -> None:
    make(checkout, "ready")
    (checkout / ".venv" / "bin" / "python").unlink()
    (checkout / ".venv" / "bin" / "python").symlink_to("/no/such/python")
    status, said = make(checkout, "ready")
    assert not status and "is gone" in said


def test_a_linked_environment_is_left_alone(checkout: Path) -> None:
    (checkout.parent / "own").mkdir()
    (checkout / ".venv").symlink_to(checkout.parent / "own")
    assert make(checkout, "ready") == (0, "") and not calls(checkout)


def test_another_build_of_torch(checkout: Path) -> None:
    make(checkout, "ready", TORCH_INDEX="cpu")
    (call,) = [call for call in calls(checkout) if "requirements.lock" in call]
    assert "--extra-index-url https://download.pytorch.org/whl/cpu" in call
    os.utime(checkout / "requirements.lock", (2e9, 2e9))
    make(checkout, "ready")
    (call,) = [call for call in calls(checkout) if "requirements.lock" in call]
    assert "whl/cpu" in call, "remembered for the next pins"
    status, said = make(checkout, "ready", "TORCH_INDEX=https://host/cu130")
    assert status and "TORCH_INDEX='cpu'" in said and "rm -rf .venv" in said
    shutil.rmtree(checkout / ".venv")
    make(checkout, "ready", "TORCH_INDEX=https://host/cu130")
    (call,) = [call for call in calls(checkout) if "requirements.lock" in call]
    assert call.endswith("--extra-index-url https://host/cu130 --disable-pip-version-check")


def test_a_folder_that_no_environment_can_lie_in(tmp_path: Path, checkout: Path) -> None:
    colon = checkout.rename(tmp_path / "a:b")
    status, said = make(colon, "ready")
    assert status and "colon" in said and not (colon / ".venv").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="CUDA libraries come with the build for Linux")
def test_cuda_libraries_are_announced(checkout: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "nvidia-smi").write_text("#!/bin/sh\n")
    (programs / "nvidia-smi").chmod(0o755)
    assert "no NVIDIA GPU" not in make(checkout, "ready", PATH=f"{programs}:{os.environ['PATH']}")[1]
    shutil.rmtree(checkout / ".venv")
    if shutil.which("nvidia-smi") is None:
        assert "no NVIDIA GPU" in make(checkout, "ready")[1]
        shutil.rmtree(checkout / ".venv")
    assert "no NVIDIA GPU" not in make(checkout, "ready", "TORCH_INDEX=cpu")[1]
