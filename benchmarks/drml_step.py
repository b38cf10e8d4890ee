"""A whole training step of DRML, in CPU milliseconds an image: forward, backward and the fused AdamW update."""

from __future__ import annotations

import torch

from aulib.losses import multi_label_cross_entropy
from aulib.models import DRML
from benchmarks.measure import Row, interleaved


def _step(scale: float, batch: int, repeats: int) -> float:
    network = DRML(12, scale=scale, init="he")
    x = torch.randn(batch, 3, network.input_side, network.input_side)
    y = torch.randint(-1, 2, (batch, 12), dtype=torch.int8)
    optimiser = torch.optim.AdamW(network.parameters(), 5e-4, fused=True)

    def step() -> None:
        optimiser.zero_grad()
        multi_label_cross_entropy(network(x), y).backward()
        optimiser.step()

    return interleaved({"step": step}, repeats)["step"] / batch


def run(quick: bool) -> list[Row]:
    repeats = 1 if quick else 4
    return [
        Row("DRML step at half size, an image", _step(0.5, 64, repeats), 5, "ms", at_most=True),
        Row("DRML step at full size, an image", _step(1.0, 4 if quick else 16, repeats), 70, "ms", at_most=True),
    ]
