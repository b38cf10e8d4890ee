"""Whether a run can be made on this machine as it is asked for: found out before a corpus is loaded."""

from __future__ import annotations

from aulib.datasets.store import cores
from aulib.errors import AulibError
from aulib.runs.declaration import Declaration
from aulib.runs.methods import NETWORK, Method
from aulib.training.task import DETECTION
from aulib.values import Number, OneOf, Whole

#: As Lightning Fabric names them.
ACCELERATORS = ("auto", "cpu", "gpu", "cuda", "mps")


def check(declaration: Declaration, devices: int, accelerator: str, stop_after: float | None) -> None:
    """Raise `AulibError` for a device that is not here, and for a run that could not be finished."""
    if stop_after is not None:
        Number(0)(stop_after, "stop_after")
    _devices(Whole(1)(devices, "devices"), OneOf(ACCELERATORS)(accelerator, "accelerator"))
    _can_be_finished(declaration)


def _devices(devices: int, accelerator: str) -> None:
    if accelerator == "cpu" or (accelerator == "auto" and devices == 1):
        have, what = cores(), "core"
    else:
        import torch

        gpus = torch.cuda.device_count() if accelerator != "mps" else 0
        apples = int(torch.backends.mps.is_available()) if accelerator != "cuda" else 0
        have, what = (gpus or apples), "GPU"
        if not have and accelerator != "auto":
            raise AulibError(
                f"accelerator {accelerator}: PyTorch {torch.__version__} finds no such GPU here; take auto or cpu, or "
                f"install the driver and a PyTorch that fits it"
            )
        if not have:
            have, what = cores(), "core"
    if devices > have:
        raise AulibError(f"devices {devices}: this machine has {have} {what}{'' if have == 1 else 's'}")


def _can_be_finished(run: Declaration) -> None:
    for needed in run.behind:
        _can_be_finished(needed)
    what = run.method_spec
    reads = what.depends_on + (run.options_of_data.get("feature") == "fc7")
    if len(run.depends_on) != reads:
        raise AulibError(
            f"{run.label}: method {run.method!r} reads {reads} other runs, and {len(run.depends_on)} are named"
        )
    if run.track_train_f1 and what.task != DETECTION:
        raise AulibError(f"{run.label}: method {run.method!r} estimates levels, which have no F1; drop track_train_f1")
    possible = _probes(what) if run.probes else ()
    for probe in run.probes:
        if probe not in possible:
            raise AulibError(
                f"{run.label}: probe {probe!r} cannot be taken of method {run.method!r}; "
                + (f"it can have {', '.join(possible)}" if possible else "probes look at faces, drop them")
            )


def _probes(what: Method) -> tuple[str, ...]:
    """Probes that a run of a method can have."""
    if what.runner != NETWORK or what.sees != "faces" or what.task != DETECTION:
        return what.runner.probes
    from aulib.runs.probes import PROBES

    return tuple(PROBES)
