"""A team of processes, each of which makes one run after another, and how each run ended."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from typing import Any

from tqdm.std import tqdm

from aulib.datasets import store
from aulib.errors import AulibError
from aulib.runs.declaration import Declaration, corpus_identifier
from aulib.runs.methods import method


@dataclass(frozen=True)
class Task:
    """A run that has to be made.

    Parameters
    ----------
    declaration : Declaration
    options : mapping
        Of :func:`aulib.runs.run.run`.
    """

    declaration: Declaration
    options: Mapping[str, Any]

    @property
    def alone(self) -> bool:
        """Whether it is made after all others and beside none: times mean something only on a machine at rest."""
        return method(self.declaration.method).kind == "timing"

    @property
    def corpora(self) -> dict[str, tuple[str, bool]]:
        """Identifiers of the corpora that it looks at, each with its name and whether it is taken densely."""
        run = self.declaration
        if self.alone:
            return {}
        asked = ((run.corpus, run.video), *((name, False) for name, _ in run.test_on))
        return {corpus_identifier(name, run.profile_spec, video): (name, video) for name, video in asked}


class _Worker:
    """A process that makes one run after another."""

    def __init__(self, work: Callable[[Task], bool]) -> None:
        context = get_context("spawn")  # a fork of a process that runs threads can hang
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, work), name="aulib worker")
        with store.without_main():
            self.process.start()
        theirs.close()
        self.task: Task | None = None
        self.began = 0.0


class Team:
    """Workers, begun when they are needed."""

    def __init__(self, work: Callable[[Task], bool]) -> None:
        self.work = work
        self.workers: list[_Worker] = []

    def give(self, task: Task) -> None:
        """Let an idle worker, or a new one, make a run."""
        if task.alone:  # in a process that carries nothing from before, and beside none that does
            self.dismiss()
        worker = next((worker for worker in self.workers if worker.task is None), None)
        if worker is None:
            worker = _Worker(self.work)
            self.workers.append(worker)
        worker.task, worker.began = task, time.monotonic()
        with suppress(BrokenPipeError):  # it died while it was idle; the answer says so
            worker.connection.send(task)

    def answers(self) -> Iterator[tuple[Task, tuple[str, str], float]]:
        """Wait until a run is over; each with ``made``, ``stopped`` or ``failed``, the reason, and its seconds."""
        busy = {worker.connection: worker for worker in self.workers if worker.task is not None}
        for ready in connection.wait(list(busy)):
            worker = busy[ready]  # type: ignore[index]
            task, worker.task = worker.task, None
            assert task is not None
            try:
                answer = worker.connection.recv()
            except (EOFError, OSError):
                self.workers.remove(worker)
                answer = "failed", _fate(worker)
            yield task, answer, time.monotonic() - worker.began

    def dismiss(self) -> None:
        """End all workers: idle ones by themselves, at the end of their input, the others at once."""
        for worker in self.workers:
            worker.connection.close()
            if worker.task is not None:
                worker.process.terminate()
        for worker in self.workers:
            worker.process.join()
        self.workers.clear()


def _fate(worker: _Worker) -> str:
    """How a worker ended."""
    worker.process.join()
    code = worker.process.exitcode or 0
    if code >= 0:
        return f"its process ended with status {code} before the run did"
    with suppress(ValueError):
        return (
            f"its process was killed ({signal.Signals(-code).name}), perhaps for want of memory; the same command goes "
            f"on from its last checkpoint: run it again, with fewer workers if memory is short"
        )
    return f"its process was killed (signal {-code})"


def _serve(own: connection.Connection, work: Callable[[Task], bool]) -> None:
    """Make what is asked for until nothing is; the life of a worker."""
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches every process, and the first one ends the others
    threading.Thread(target=_end_with_the_first, daemon=True).start()
    tqdm.set_lock(threading.RLock())  # bars of processes would share a semaphore, which one that is ended leaves behind
    while True:
        try:
            task = own.recv()
        except EOFError:
            return
        answer = _attempt(task, work)
        _tidy()
        own.send(answer)


def _end_with_the_first() -> None:
    """End at once when the process that began this one is gone, for whatever reason."""
    first = parent_process()
    assert first is not None
    connection.wait([first.sentinel])
    os._exit(1)


def _attempt(task: Task, work: Callable[[Task], bool]) -> tuple[str, str]:
    """Whether a run was made, stopped or failed, and why."""
    try:
        return ("made" if work(task) else "stopped"), ""
    except AulibError as error:
        return "failed", str(error)
    except OSError as error:  # of a disk or a limit of the machine
        return "failed", f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
    except Exception:  # a fault of the program: its trace is worth more than its last line
        return "failed", traceback.format_exc().rstrip()


def _tidy() -> None:
    """Leave the next run no memory of this one, so that its record tells its own peak."""
    gc.collect()
    if (torch := sys.modules.get("torch")) is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    from aulib.training.allocator import give_back

    give_back()
