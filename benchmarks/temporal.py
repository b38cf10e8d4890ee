"""The LSTMs of the Hybrid paper on its sequences, ten of 1300 frames: beside a loop over frames, and what they need.

Back-propagation keeps every gate of every frame, so memory grows with frames times cells.  Peak memory is that of a
process of its own, which does nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys

import torch

from aulib.losses import margin_loss
from aulib.models import TemporalNetwork
from benchmarks.measure import Row, interleaved

#: The paper's sequences, and the components that it keeps.
SEQUENCES, FRAMES, FEATURES = 10, 1300, 1024


def by_cells(network: TemporalNetwork, x: torch.Tensor) -> torch.Tensor:
    """The same scores, frame by frame and layer by layer, with PyTorch's cells of one step."""
    layers = []
    for layer in range(network.lstm.num_layers):
        cell = torch.nn.LSTMCell(FEATURES if not layer else network.lstm.hidden_size, network.lstm.hidden_size)
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        cell.load_state_dict({name: getattr(network.lstm, f"{name}_l{layer}") for name in names})
        layers.append(cell)
    states: list = [None] * len(layers)
    out = []
    for frame in x.unbind(dim=1):  # (B, D)
        for number, cell in enumerate(layers):
            states[number] = cell(frame, states[number])
            frame = states[number][0]
        out.append(torch.tanh(network.output(frame)))
    return torch.stack(out, dim=1)  # (B, T, L)


def training(frames: int, repeats: int) -> float:
    """CPU milliseconds a thousand frames, forward and backward."""
    network = TemporalNetwork(12, FEATURES)
    x = torch.randn(SEQUENCES, frames, FEATURES)
    y = torch.randint(-1, 2, (SEQUENCES, frames, 12), dtype=torch.int8)
    best = interleaved({"step": lambda: margin_loss(network(x)[0], y).backward()}, repeats)["step"]
    return 1000 * best / (SEQUENCES * frames)


def peak_gigabytes(frames: int) -> float:
    """Of a process that trains one step."""
    code = (
        "import json, resource; from benchmarks import temporal; temporal.torch.set_num_threads(1); "
        f"temporal.training({frames}, 1); print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return json.loads(done.stdout) / 2**20  # kilobytes on Linux


def run(quick: bool) -> list[Row]:
    frames, repeats = (50, 1) if quick else (FRAMES, 2)
    network, x = TemporalNetwork(12, FEATURES).eval(), torch.randn(SEQUENCES, frames, FEATURES)
    with torch.no_grad():
        torch.testing.assert_close(network(x)[0], by_cells(network, x), rtol=1e-3, atol=1e-4)
        best = interleaved({"stack": lambda: network(x), "cells": lambda: by_cells(network, x)}, repeats)
    size = f"{SEQUENCES} x {frames} frames"
    return [
        Row(f"LSTMs against a loop over cells, {size}", best["cells"] / best["stack"], 1.5),
        Row("LSTMs, training of a thousand frames", training(frames, repeats), 500, "ms", at_most=True),
        Row(f"LSTMs, peak memory of a step, {size}", peak_gigabytes(frames), 8, "GB", at_most=True),
    ]
