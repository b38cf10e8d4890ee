"""Several runs at once: workers take runs from the graph until none is left.

A small run is over in a second, and starting Python and importing torch takes several: each worker does that once.  A
run computes the same in a worker as in a process of its own: what it draws depends on its declaration alone, threads
are those of its profile, and the store takes records from any process.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aulib import paths
from aulib.datasets import load, store
from aulib.errors import AulibError
from aulib.progress import bar as progress_bar
from aulib.runs.declaration import Declaration
from aulib.runs.run import run, to_make
from aulib.runs.team import Task, Team
from aulib.values import Whole


@dataclass
class Outcome:
    """What became of some runs.

    Parameters
    ----------
    made : list of str
        Labels of those whose records are there now and were not before.
    stopped : list of str
        Labels of those that ended at their time and go on with the next call.
    failed : dict of str to str
        Label -> why it could not be made, or its record cannot be read.
    left : dict of str to str
        Label -> label of the failed run that it needs.
    """

    made: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    def complaints(self) -> Iterator[str]:
        """Each reason once, with the runs that failed for it and those that were not made therefore."""
        for reason in dict.fromkeys(self.failed.values()):
            failed = [label for label, why in self.failed.items() if why == reason]
            left = [label for label, needed in self.left.items() if needed in failed]
            yield f"{', '.join(failed)}: {reason}" + (f"\n  therefore not made: {', '.join(left)}" if left else "")


class _Graph:
    """Runs that wait for one another."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self.waiting = {task.declaration.key: task for task in tasks}
        self.running: dict[str, Task] = {}

    def take(self) -> Task | None:
        """The next run whose predecessors are there, if there is one now."""
        if any(task.alone for task in self.running.values()):
            return None
        open_keys = self.waiting.keys() | self.running.keys()
        ready = [t for t in self.waiting.values() if open_keys.isdisjoint(run.key for run in t.declaration.behind)]
        task = next((task for task in ready if not task.alone), None)
        if task is None and not self.running:
            task = next(iter(ready), None)
        if task is not None:
            self.running[task.declaration.key] = self.waiting.pop(task.declaration.key)
        return task

    def finish(self, task: Task) -> None:
        """It is not running any more."""
        del self.running[task.declaration.key]

    def drop(self, task: Task) -> list[str]:
        """Give up a run and all that need it; labels of the latter."""
        self.waiting.pop(task.declaration.key, None)
        gone, labels = {task.declaration.key}, []
        while needing := [t for t in self.waiting.values() if not gone.isdisjoint(r.key for r in t.declaration.behind)]:
            for other in needing:
                gone.add(other.declaration.key)
                labels.append(self.waiting.pop(other.declaration.key).declaration.label)
        return labels


def make(
    declarations: Iterable[Declaration],
    workers: int,
    *,
    force: bool = False,
    stop_after: float | None = None,
    devices: int = 1,
    accelerator: str = "auto",
    progress: bool = True,
    work: Callable[[Task], bool] | None = None,
) -> Outcome:
    """Make the records of some runs, and of those behind them, by several processes.

    Corpora that they look at are prepared first, each once and with all cores.  A run that fails, or whose process is
    killed, takes down only those that need it.  At an interruption (SIGINT, SIGTERM) all processes end at once.

    Parameters
    ----------
    declarations : iterable of Declaration
    workers : int
        Processes; each takes one run after another.
    force, stop_after, devices, accelerator
        As :func:`aulib.runs.run.run`.  Once a run was stopped at its time no other is begun.
    progress : bool
        A bar in a terminal.  Elsewhere, and without it, a line for each finished run.
    work : callable, optional
        What makes a run, a function of a module; whether it came to its end.

    Returns
    -------
    Outcome

    Raises
    ------
    KeyboardInterrupt
        After a line that says how many are made.
    """
    Whole(1)(workers, "workers")
    outcome, damaged = Outcome(), {}  # type: tuple[Outcome, dict[str, RecordError]]
    wanted = to_make(declarations, force, damaged)
    outcome.failed = {label: str(error) for label, error in damaged.items()}
    needed = {run.key for declaration in wanted for run in declaration.behind}
    common = {"stop_after": stop_after, "devices": devices, "accelerator": accelerator, "progress": False}
    tasks = [Task(run, {**common, "force": force or run.key in needed, "weights": run.key in needed}) for run in wanted]
    graph = _Graph(tasks)
    _prepare(graph, outcome, progress)
    team = Team(work or _run)
    with _interruptible(), progress_bar(total=len(tasks), unit="run", disable=not (progress and _live())) as bar:
        say = _Progress(bar, len(tasks))
        try:
            while True:
                while not outcome.stopped and len(graph.running) < workers and (task := graph.take()):
                    team.give(task)
                if not graph.running:
                    return outcome
                for task, (what, words), seconds in team.answers():
                    graph.finish(task)
                    label = task.declaration.label
                    if what == "failed":
                        outcome.failed[label] = words
                        outcome.left |= dict.fromkeys(graph.drop(task), label)
                    else:
                        (outcome.made if what == "made" else outcome.stopped).append(label)
                    say(label, what, seconds)
        except KeyboardInterrupt:
            bar.close()
            print(f"{len(outcome.made)} of {len(tasks)} runs are made", file=sys.stderr, flush=True)
            raise
        finally:
            team.dismiss()


def _run(task: Task) -> bool:
    """Make a run, in a worker; False if it was stopped at its time."""
    return run(task.declaration, **task.options) is not None


def _prepare(graph: _Graph, outcome: Outcome, progress: bool) -> None:
    """Draw or align the corpora that are not there; what needs one that cannot be had is given up."""
    wanted: dict[str, list[Task]] = {}
    for task in graph.waiting.values():
        for identifier in task.corpora:
            wanted.setdefault(identifier, []).append(task)
    for identifier, tasks in wanted.items():
        if store.is_whole(paths.corpora() / identifier):
            continue
        name, video = tasks[0].corpora[identifier]
        try:
            load(name, **tasks[0].declaration.profile_spec.corpus_options(name, video), progress=progress)
        except AulibError as error:
            for task in tasks:
                if task.declaration.key in graph.waiting:
                    outcome.failed[task.declaration.label] = str(error)
                    outcome.left |= dict.fromkeys(graph.drop(task), task.declaration.label)


def _live() -> bool:
    return sys.stderr.isatty()


@dataclass
class _Progress:
    """A bar that moves, or a line."""

    bar: Any
    total: int
    over: int = 0

    def __call__(self, label: str, what: str, seconds: float) -> None:
        self.over += 1
        self.bar.set_postfix_str(label, refresh=False)
        self.bar.update()
        if self.bar.disable:
            print(f"{self.over} of {self.total} {label} {what} ({seconds:.1f} s)", flush=True)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let a request to end (of a scheduler, for instance) do what Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
