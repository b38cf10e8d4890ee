"""run(declaration) -> record.  A finished key is never run again; an unfinished one goes on where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from aulib import integrity
from aulib.errors import RecordError
from aulib.locking import lock
from aulib.runs import results
from aulib.runs.asked import check
from aulib.runs.declaration import Declaration
from aulib.runs.methods import TRAINED


def run(
    declaration: Declaration,
    *,
    stop_after: float | None = None,
    devices: int = 1,
    accelerator: str = "auto",
    progress: bool = True,
    force: bool = False,
    weights: bool = False,
    again: bool = False,
) -> results.Record | None:
    """Make the record of a declaration, or return it if it is there.

    Parameters
    ----------
    declaration : Declaration
    stop_after : float, optional
        Seconds after which training writes a checkpoint and stops; the next call goes on from it.
    devices : int
        GPUs, or processes on a CPU.
    accelerator : {'auto', 'cpu', 'gpu', …}
        As Lightning Fabric names them.
    progress : bool
    force : bool
        Make the record on this machine even if a reference record exists.
    weights : bool
        Make it again if its weights are gone, which another run needs; the old record stays until the new one is whole.
    again : bool
        Train it again though this machine has its record, which stays until the new one is whole.

    Returns
    -------
    Record or None
        None if it was stopped.

    Raises
    ------
    AulibError
        If there is no such device, a probe or a run that is read does not fit: before anything is loaded.
    StorageError
        If the record cannot be written.
    """
    if not again and (found := complete(declaration, force, weights)):
        return found
    check(declaration, devices, accelerator, stop_after)
    for needed in declaration.behind:  # their weights, which reference records have not
        options = {"devices": devices, "accelerator": accelerator, "progress": progress, "stop_after": stop_after}
        if run(needed, **options, force=True, weights=True) is None:  # type: ignore[arg-type]
            return None
    deadline = None if stop_after is None else time.monotonic() + stop_after
    try:
        with lock(results.folder_of(declaration)), _threads(declaration, devices):
            integrity.recover(results.folder_of(declaration))
            # Another process may have made the record while this one waited for the lock.
            if not again and (found := complete(declaration, force, weights)):
                return found
            partial = results.partial_of(declaration)
            if again and declaration.method_spec.kind in TRAINED:  # a training that is begun goes before old weights
                partial.mkdir(parents=True, exist_ok=True)
            _make(declaration, deadline, progress, devices, accelerator)
            if again and partial.is_dir():
                return None
            return complete(declaration, True, weights)  # None if it was stopped, though an older record may be there
    except OSError as error:
        raise results.storage_error(results.folder_of(declaration), error) from error


def to_make(
    declarations: Iterable[Declaration], force: bool = False, damaged: dict[str, RecordError] | None = None
) -> list[Declaration]:
    """What :func:`run` would make for these runs: those without a record, and first those whose weights they need.

    One that meets a damaged record is not made; `damaged`, if given, is told its label and the error.
    """
    wanted: dict[str, Declaration] = {}

    def add(declaration: Declaration) -> None:
        for needed in declaration.behind:
            if needed.key not in wanted and complete(needed, True, True) is None:
                add(needed)
        wanted[declaration.key] = declaration

    for declaration in declarations:
        try:
            if declaration.key not in wanted and complete(declaration, force, False) is None:
                add(declaration)
        except RecordError as error:
            if damaged is not None:
                damaged[declaration.label] = error
    return list(wanted.values())


@contextmanager
def _threads(declaration: Declaration, devices: int) -> Iterator[None]:
    """Keep every library to the profile's threads: more of them than cores wait for each other most of the time."""
    import cv2
    import torch
    from threadpoolctl import threadpool_limits

    if devices > 1:
        yield
        return
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(declaration.profile_spec.threads)
    cv2.setNumThreads(declaration.profile_spec.threads)
    try:
        with threadpool_limits(declaration.profile_spec.threads):
            yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])


def _make(declaration: Declaration, deadline: float | None, progress: bool, devices: int, accelerator: str) -> None:
    from lightning_fabric import Fabric

    runner = declaration.method_spec.runner
    alone = devices == 1 or not runner.distributed
    fabric = Fabric(
        accelerator=accelerator,
        devices=1 if alone else devices,
        precision=declaration.profile_spec.precision,  # type: ignore
        strategy="auto" if alone else "ddp_spawn",
    )
    if alone:
        runner.load()(fabric, declaration, deadline, progress)
    else:
        launch(fabric, runner.load(), declaration, deadline, progress)


def launch(fabric, function: Callable, declaration: Declaration, deadline: float | None, progress: bool) -> None:
    """Run a function in every process; arguments by name, since Fabric looks into others and refuses a dataclass."""
    fabric.launch(partial(function, declaration=declaration, deadline=deadline, progress=progress))


def complete(declaration: Declaration, own: bool, weights: bool) -> results.Record | None:
    """The record, if it is whole and has every part its declaration asks for.

    Parameters
    ----------
    declaration : Declaration
    own : bool
        Only one that was made on this machine counts.
    weights : bool
        Only one whose weights are there counts.
    """
    found = results.own(declaration) if own or weights else results.find(declaration)
    if found is None or (weights and not (found.folder / results.WEIGHTS).is_file()):
        return None
    found.verify()
    wanted = [corpus for corpus, _ in declaration.test_on] + [f"probe-{name}" for name in declaration.probes]
    return found if all(found.has(name) for name in wanted) else None
