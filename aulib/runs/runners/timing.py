"""A run that measures the time of iterations."""

from __future__ import annotations

import time

from aulib.runs import recorded, results
from aulib.runs.declaration import Declaration
from aulib.runs.methods import method


def timing(declaration: Declaration, deadline: float | None, progress: bool, accelerator: str) -> results.Record:
    """Measure iteration times; the only kind of run that is not repeatable to the bit."""
    import torch

    started = time.monotonic()
    budget, what = declaration.profile_spec, method(declaration.method)
    device = torch.device("cuda" if torch.cuda.is_available() and accelerator != "cpu" else "cpu")
    if device.type == "cpu":
        from aulib.training import allocator

        allocator.keep_memory()
    options = what.resolved_options(declaration.profile, declaration.options)
    trials, iterations = budget.timing
    times = what.load()(
        scale=budget.scale, trials=trials, iterations=iterations, device=device, progress=progress, **options
    )
    about = recorded.environment(device) | {"wall_s": round(time.monotonic() - started, 1), "batch": options["batch"]}
    return results.write(declaration, about, {"probe-timing": times})
