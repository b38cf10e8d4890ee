"""A run that measures the time of iterations."""

from __future__ import annotations

import time

from aulib.runs import recorded, results
from aulib.runs.declaration import Declaration


def timing(fabric, declaration: Declaration, deadline: float | None, progress: bool) -> None:
    """Measure iteration times; the only kind of run that is not repeatable to the bit."""
    started, budget, device = time.monotonic(), declaration.profile_spec, fabric.device
    if device.type == "cpu":
        from aulib.training import allocator

        allocator.keep_memory()
    options, (trials, iterations) = declaration.options_of_model, budget.timing
    times = declaration.method_spec.load()(
        scale=budget.scale, trials=trials, iterations=iterations, device=device, progress=progress, **options
    )
    about = recorded.environment(device) | {"wall_s": round(time.monotonic() - started, 1), "batch": options["batch"]}
    results.write(declaration, about, {"probe-timing": times})
