"""What workers do in tests; a module of its own, since each new process imports it, and most need no torch."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from aulib.progress import bar
from aulib.runs.run import run
from aulib.runs.team import Task


def toy_run(task: Task) -> bool:
    """What a worker does in these tests: the toys are in its registries too."""
    from tests import toys

    toys.register()
    return run(task.declaration, **task.options) is not None


def failing(task: Task) -> bool:
    """Seed 1 takes its process with it, as the system does when memory is short; seed 7 has a fault."""
    if task.declaration.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if task.declaration.seed == 7:
        raise ZeroDivisionError("a fault")
    return told(task)


def told(task: Task) -> bool:
    """Writes down who ran and when, in place of running."""
    began, pid = time.monotonic_ns(), os.getpid()
    time.sleep(0.2)
    Path(os.environ["AULIB_HOME"], f"{task.declaration.label}.txt").write_text(f"{pid} {began} {time.monotonic_ns()}")
    return True


def leaky(task: Task) -> bool:
    """Leaves behind what a careless run could: drawn numbers, other threads, a changed default."""
    import cv2
    import torch

    done = toy_run(task)
    torch.manual_seed(99)
    torch.rand(7)
    np.random.seed(99)  # noqa: NPY002  the global generator is what could leak
    torch.set_num_threads(2)
    cv2.setNumThreads(2)
    return done


def endless(task: Task) -> bool:
    """Says where it is, behind a bar as runs have them, and never ends."""
    bar(disable=True)
    Path(os.environ["AULIB_HOME"], f"{os.getpid()}.pid").touch()
    while True:
        time.sleep(10)
