"""Training batches from uint8 faces on one thread: face by face with NumPy, as it once was, against ``Inputs``."""

from __future__ import annotations

import numpy as np
import torch

from aulib.datasets.alignment import random_crops
from aulib.training.inputs import Inputs
from benchmarks.measure import Row, interleaved

BATCH = 64

#: Side of the stored faces, and of the crops that networks see, in pixels.
SIZES = ((200, 170), (100, 85))


def by_numpy(inputs: Inputs, rows: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
    """A batch by slices and three passes over all of it."""
    crops = random_crops(inputs.faces, rows, inputs.crop, rng)
    return torch.from_numpy((crops - inputs.mean) / np.float32(inputs.scale)).permute(0, 3, 1, 2).contiguous()


def run(quick: bool) -> list[Row]:
    found = []
    for stored, crop in SIZES:
        rng = np.random.default_rng(0)
        faces = rng.integers(0, 256, (200 if quick else 1000, stored, stored, 3), dtype=np.uint8)
        inputs = Inputs(faces, crop, crop, Inputs.mean_image(faces, np.arange(100), crop), 58.0)
        rows = rng.integers(0, len(faces), BATCH)
        forms = {"NumPy": lambda i=inputs, r=rows: by_numpy(i, r, np.random.default_rng(1))}
        forms["ours"] = lambda i=inputs, r=rows: i.training(r, np.random.default_rng(1))
        assert torch.equal(forms["NumPy"](), forms["ours"]())
        ms = interleaved(forms, 2 if quick else 12)
        rates = {f"{name}, images/s": 1000 * BATCH / each for name, each in ms.items()}
        found += [
            Row(f"batch of faces, {crop} px: NumPy / ours", ms["NumPy"] / ms["ours"], 3, detail=ms | rates),
            Row(f"batch of faces, {crop} px: thousand images/s", BATCH / ms["ours"], 6 if crop > 100 else 20, "k"),
        ]
    return found
