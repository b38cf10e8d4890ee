"""Locks: one process at a time, gone with its process, and what happens where there are none."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aulib import locking
from aulib.locking import lock

fcntl = pytest.importorskip("fcntl")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def without_locks(monkeypatch):
    """No such file system is here: its answer, to everybody who asks for a lock."""

    def refuse(number: int) -> None:
        def flock(file, how):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(fcntl, "flock", flock)
        locking._warn.cache_clear()

    yield refuse
    locking._warn.cache_clear()


@pytest.mark.parametrize("name", ["ENOTSUP", "EOPNOTSUPP", "ENOLCK", "ENOSYS"])
def test_a_file_system_without_locks_is_warned_of_once(name, without_locks, tmp_path, capsys):
    without_locks(getattr(errno, name))
    done = []
    for target in ("one", "two", "one"):
        with lock(tmp_path / target):
            done.append(target)
    assert len(done) == 3
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "file system without locks: do not let two processes" in error


def test_another_error_is_none_of_those(without_locks, tmp_path):
    without_locks(errno.EIO)
    with pytest.raises(OSError, match="Input/output error"), lock(tmp_path / "one"):
        raise AssertionError("it has no lock")


def test_a_run_is_made_on_a_file_system_without_locks(without_locks, toy, capsys):
    from aulib.runs.run import run
    from tests import toys

    without_locks(errno.ENOSYS)
    assert run(toys.declaration(), progress=False) is not None
    assert "without locks" in capsys.readouterr().err


def test_a_body_that_fails_is_not_taken_for_a_lock_that_does(without_locks, tmp_path, capsys):
    with pytest.raises(OSError, match="mine"), lock(tmp_path / "one"):
        raise OSError(errno.ENOLCK, "mine")
    assert not capsys.readouterr().err


def test_a_second_process_waits_and_a_killed_one_lets_go(tmp_path):
    holds = "import sys, time; from pathlib import Path; from aulib.locking import lock\n" \
            "with lock(Path(sys.argv[1])):\n print('held', flush=True); time.sleep(60)"  # fmt: skip
    command = [sys.executable, "-c", holds, str(tmp_path / "it")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    first, second = (subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(2))
    try:
        held = {first: False, second: False}
        deadline = time.monotonic() + 30
        os.set_blocking(first.stdout.fileno(), False)
        os.set_blocking(second.stdout.fileno(), False)
        while sum(held.values()) < 1 and time.monotonic() < deadline:
            held = {one: held[one] or bool(one.stdout.read()) for one in held}
            time.sleep(0.05)
        assert sum(held.values()) == 1
        holder, waiting = (first, second) if held[first] else (second, first)
        time.sleep(1)
        assert not waiting.stdout.read()
        holder.kill()
        holder.wait()
        while not (said := waiting.stdout.read()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert said == b"held\n"
    finally:
        for one in (first, second):
            one.kill()
            one.wait()


def test_a_folder_that_can_only_be_read_is_one_line(toy, monkeypatch):
    from aulib.errors import StorageError
    from aulib.runs.run import run
    from tests import toys

    monkeypatch.setenv("AULIB_RUNS", "/proc/nothing-can-be-made-here")
    if not Path("/proc").is_dir():
        pytest.skip("no folder here is closed to everybody")
    with pytest.raises(StorageError, match=r"cannot write .* set AULIB_RUNS to a folder that can be written"):
        run(toys.declaration(), progress=False)
