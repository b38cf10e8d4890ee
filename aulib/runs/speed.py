"""How long an iteration takes: Table 4 of DRML on the present device."""

from __future__ import annotations

import time

import numpy as np
import torch

from aulib import losses
from aulib.progress import bar as progress_bar
from aulib.runs.methods import METHODS
from aulib.training.loop import optimiser
from aulib.training.recipes import PAPER

#: Columns of Table 4, in the paper's order.
NETWORKS = ("convnet", "alexnet", "drml", "lcn")


def measure(
    *, batch: int, scale: float, trials: int, iterations: int, device: torch.device, progress: bool = True
) -> dict[str, np.ndarray]:
    """Time the four networks of Table 4 on random faces, trial by trial in turn so that all share the machine's moods.

    Parameters
    ----------
    batch : int
        Images an iteration (the authors trained with 128).
    scale : float
        1 the papers' size, 0.5 half resolution and width.
    trials, iterations : int
        The mean time of an iteration over each trial; the paper used 20 trials of 1000 iterations.
    device : torch.device
    progress : bool

    Returns
    -------
    dict of str to ndarray of float32, shape (trials,)
        ``convnet-train`` …, milliseconds an iteration: a training iteration is forward, backward and the SGD step,
        a test iteration is the forward pass.
    """
    networks = {}
    for name in NETWORKS:
        options = METHODS[name].resolved_options("laptop", {})
        networks[name] = METHODS[name].load()(12, scale=scale, **options).to(device)
    optimisers = {name: optimiser(network, PAPER) for name, network in networks.items()}
    times: dict[str, list[float]] = {f"{name}-{phase}": [] for name in NETWORKS for phase in ("train", "test")}
    for trial in progress_bar(range(trials + 1), desc="timing", unit="trial", disable=not progress):
        for name, network in networks.items():
            x = torch.rand(batch, 3, network.input_side, network.input_side, device=device)
            y = torch.randint(0, 2, (batch, 12), dtype=torch.int8, device=device)
            for phase in ("train", "test"):
                elapsed = _time(network, optimisers[name], x, y, phase, 1 if trial == 0 else iterations)
                if trial:  # the first trial warms up
                    times[f"{name}-{phase}"].append(elapsed)
    return {name: np.array(values, np.float32) for name, values in times.items()}


def _time(network, optimise, x: torch.Tensor, y: torch.Tensor, phase: str, iterations: int) -> float:
    """Milliseconds an iteration, the device's queue emptied before and after."""
    network.train(phase == "train")
    _wait(x.device)
    start = time.perf_counter()
    for _ in range(iterations):
        if phase == "train":
            optimise.zero_grad(set_to_none=True)
            losses.multi_label_cross_entropy(network(x), y).backward()
            optimise.step()
        else:
            with torch.no_grad():
                network(x)
    _wait(x.device)
    return 1000 * (time.perf_counter() - start) / iterations


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
