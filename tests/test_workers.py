"""Workers that take runs from the graph: the same numbers as alone, and a failure takes down what needs it only."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from aubook import papers
from aubook.study import Study
from aulib.runs import results
from aulib.runs.declaration import Declaration
from aulib.runs.run import run
from aulib.runs.workers import Outcome, make
from tests import errands, toys

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent


def chain() -> list[Declaration]:
    """Two runs of seeds 1 and 0; one that starts from the first, and one that starts from that."""
    first, other = (toys.declaration("toy-one", seed) for seed in (1, 0))
    second = replace(toys.declaration("toy-one", 2), label="second", init_from=first)
    third = replace(toys.declaration("toy-one", 3), label="third", init_from=second)
    return [third, first, second, other]


def digests(declarations) -> list[str]:
    return [results.own(declaration).verify().digest for declaration in declarations]


def test_runs_in_one_worker_equal_runs_made_alone(toy):
    runs = [*chain(), toys.declaration("toy-two", 5)]
    for declaration in runs:
        run(declaration, progress=False)
    alone = digests(runs)
    shutil.rmtree(toy / "runs")
    assert make(runs, 1, work=errands.leaky, progress=False).failed == {}
    assert digests(runs) == alone
    assert len(set(alone)) == len(alone)


def test_two_workers_make_what_is_missing_and_nothing_else(toy, capsys):
    runs = chain()
    run(runs[1], progress=False)
    folder = results.folder_of(runs[1])
    before = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    outcome = make(runs, 2, work=errands.toy_run, progress=False)
    assert sorted(outcome.made) == ["second", "third", "toy-one-0"] and not outcome.failed
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == before
    lines = capsys.readouterr().out.splitlines()
    assert [re.match(r"(\d of 3) \S+ made \(", line)[1] for line in lines] == ["1 of 3", "2 of 3", "3 of 3"]
    assert make(runs, 2, work=errands.toy_run, progress=False) == Outcome()


def test_a_run_is_taken_when_what_it_needs_is_there(toy):
    runs = chain()
    seen = {}
    make(runs, 2, work=errands.told, progress=False)
    for declaration in runs:
        pid, *times = map(int, (toy / f"{declaration.label}.txt").read_text().split())
        seen[declaration.label] = (pid, *times)
    assert seen["toy-one-1"][2] <= seen["second"][1] and seen["second"][2] <= seen["third"][1]
    assert len({pid for pid, *_ in seen.values()}) == 2


def test_times_are_measured_alone_at_the_end_in_a_fresh_process(toy):
    timing = next(run for run in papers.declarations("all", "smoke").values() if run.method == "timing")
    runs = [timing, *(toys.declaration("toy-one", seed) for seed in range(3))]
    make(runs, 2, work=errands.told, progress=False)
    seen = {r.label: tuple(map(int, (toy / f"{r.label}.txt").read_text().split())) for r in runs}
    pid, began, _ = seen.pop(timing.label)
    assert all(ended <= began for _, _, ended in seen.values())
    assert pid not in {other for other, *_ in seen.values()}


def test_a_run_that_fails_takes_down_only_what_needs_it(toy):
    runs = [*chain(), toys.declaration("toy-one", 7), toys.declaration("toy-one", 8)]
    outcome = make(runs, 2, work=errands.failing, progress=False)
    assert "SIGKILL" in outcome.failed["toy-one-1"] and "ZeroDivisionError: a fault" in outcome.failed["toy-one-7"]
    assert len(outcome.failed) == 2 and outcome.left == {"second": "toy-one-1", "third": "toy-one-1"}
    assert sorted(outcome.made) == ["toy-one-0", "toy-one-8"]
    complaints = dict(complaint.split(": ", 1) for complaint in outcome.complaints())
    assert complaints["toy-one-1"].endswith("therefore not made: second, third")
    assert "not made" not in complaints["toy-one-7"]


def test_a_damaged_record_is_named_and_left(toy):
    damaged, other = toys.declaration("toy-one", 0), toys.declaration("toy-one", 4)
    file = run(damaged, progress=False).folder / "history.safetensors"
    file.write_bytes(b"spoilt")
    outcome = make([damaged, other], 1, work=errands.toy_run, progress=False)
    assert "history.safetensors" in outcome.failed[damaged.label] and outcome.made == [other.label]
    assert file.read_bytes() == b"spoilt"


def test_stopped_runs_go_on_with_the_next_call(toy):
    whole, other = toys.declaration("toy-two", 0), toys.declaration("toy-two", 1)
    run(whole, progress=False)
    (alone,) = digests([whole])
    shutil.rmtree(toy / "runs")
    outcome = make([whole, other], 1, stop_after=1e-6, work=errands.toy_run, progress=False)
    assert outcome.stopped == [whole.label] and not outcome.made and not outcome.failed
    assert make([whole], 1, work=errands.toy_run, progress=False).made == [whole.label]
    assert digests([whole]) == [alone]


def test_a_corpus_that_cannot_be_had_is_told_once(home, capsys):
    from aulib.__main__ import main

    runs = papers.declarations("drml", Study("smoke", corpus="bp4d"))
    faces = [run.label for run in runs.values() if run.method != "timing"]
    words = ["run", *faces, "--paper", "drml", "--profile", "smoke", "--corpus", "bp4d", "--workers", "2"]
    assert main([*words, "--quiet"]) == 1
    said = capsys.readouterr().err
    assert said.count("AULIB_BP4D") >= 1 and said.count("aulib: ") == 1, said
    assert all(label in said for label in faces)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_every_process_and_says_what_is_kept(toy, number):
    """A worker that would never end is begun, then the first process alone is told to stop."""
    script = """
if __name__ == "__main__":
    import signal
    from aulib.runs import workers
    from tests import errands, toys
    from tests.test_workers import chain
    toys.register()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it starts behind it ignore this
    try:
        workers.make(chain(), 2, work=errands.endless, progress=False)
    except KeyboardInterrupt:
        raise SystemExit(130)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True, env=environment) as first:
        pids = wait_for(toy, 2)
        first.send_signal(number)
        said = first.communicate()[1]
    assert first.returncode == 130 and said.strip() == "0 of 4 runs are made", said
    assert not any(alive(pid) for pid in pids)


def test_workers_end_when_the_first_process_is_killed(toy):
    script = """
if __name__ == "__main__":
    from aulib.runs import workers
    from tests import errands, toys
    from tests.test_workers import chain
    toys.register()
    workers.make(chain(), 2, work=errands.endless, progress=False)
"""
    with subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(ROOT)}) as first:
        pids = wait_for(toy, 2)
        first.kill()
    until(lambda: not any(alive(pid) for pid in pids))


def wait_for(folder: Path, count: int) -> list[int]:
    until(lambda: len(list(folder.glob("*.pid"))) == count)
    return [int(file.stem) for file in folder.glob("*.pid")]


def until(condition) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not asked for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
