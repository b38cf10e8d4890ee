"""run(declaration) -> record.  A finished key is never run again; an unfinished one goes on where it stopped."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from aulib import results
from aulib.declarations import Declaration
from aulib.locking import lock
from aulib.methods import method
from aulib.run.asked import before, check
from aulib.run.common import has_weights


def run(
    declaration: Declaration,
    *,
    stop_after: float | None = None,
    devices: int = 1,
    accelerator: str = "auto",
    progress: bool = True,
    force: bool = False,
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
    if found := _complete(declaration, force):
        return found
    check(declaration, devices, accelerator, stop_after)
    for needed in before(declaration):  # their weights, which reference records have not
        options = {"devices": devices, "accelerator": accelerator, "progress": progress, "force": True}
        if not has_weights(needed):
            # a record of this machine that lost its weights is no record to go on from
            (results.folder_of(needed) / "record.json").unlink(missing_ok=True)
        if not has_weights(needed) and run(needed, stop_after=stop_after, **options) is None:  # type: ignore[arg-type]
            return None
    deadline = None if stop_after is None else time.monotonic() + stop_after
    try:
        with lock(results.folder_of(declaration)), _threads(declaration, devices):
            # Another process may have made the record while this one waited for the lock.
            return _complete(declaration, force) or _make(declaration, deadline, progress, devices, accelerator)
    except OSError as error:
        raise results.storage_error(results.folder_of(declaration), error) from error


def to_make(declarations: Iterable[Declaration], force: bool = False) -> list[Declaration]:
    """What :func:`run` would make for these runs: those without a record, and first those whose weights they need."""
    wanted: dict[str, Declaration] = {}

    def add(declaration: Declaration) -> None:
        for needed in before(declaration):
            if needed.key not in wanted and not has_weights(needed):
                add(needed)
        wanted[declaration.key] = declaration

    for declaration in declarations:
        if declaration.key not in wanted and not _complete(declaration, force):
            add(declaration)
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
    torch.set_num_threads(declaration.budgeted.threads)
    cv2.setNumThreads(declaration.budgeted.threads)
    try:
        with threadpool_limits(declaration.budgeted.threads):
            yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])


def _make(
    declaration: Declaration, deadline: float | None, progress: bool, devices: int, accelerator: str
) -> results.Record | None:
    options = (declaration, deadline, progress)
    kind = method(declaration.method).kind
    if kind == "linear":
        from aulib.run.linear import linear

        return linear(*options)
    if kind == "timing":
        from aulib.run.timing import timing

        return timing(*options, accelerator=accelerator)
    from lightning_fabric import Fabric

    alone = kind != "network" or devices == 1  # what reads other networks is small
    fabric = Fabric(
        accelerator=accelerator,
        devices=1 if alone else devices,
        precision=declaration.budgeted.precision,  # type: ignore
        strategy="auto" if alone else "ddp_spawn",
    )
    if kind == "network":
        from aulib.run.network import network

        if alone:
            network(fabric, *options)
        else:
            fabric.launch(network, *options)  # type: ignore[arg-type]
    elif kind == "representations":
        from aulib.run.representations import representations

        representations(fabric, *options)
    else:
        from aulib.run.temporal import fusion, temporal

        (temporal if kind == "temporal" else fusion)(fabric, *options)
    return results.find(declaration) if results.folder_of(declaration).is_dir() else None


def _complete(declaration: Declaration, own: bool) -> results.Record | None:
    """The record, if it has every part its declaration asks for (and was made on this machine, if `own`)."""
    found = results.find(declaration)
    if found is None or (own and found.folder != results.folder_of(declaration)):
        return None
    wanted = [corpus for corpus, _ in declaration.test_on] + [f"probe-{name}" for name in declaration.probes]
    return found if all(found.has(name) for name in wanted) else None
