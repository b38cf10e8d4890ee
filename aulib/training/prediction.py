"""predict(): what a trained network says of frames, and of videos.  Always in evaluation mode, without gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from aulib.training.inputs import Inputs, Points, Stacks
from aulib.training.task import DETECTION, Task


def predict(
    model: nn.Module,
    inputs: Inputs | Points | Stacks,
    rows: np.ndarray,
    fabric,
    batch: int = 128,
    method: str = "forward",
    task: Task = DETECTION,
) -> np.ndarray:
    """Probabilities or expected levels of the AUs in some frames (or the features before the output layer).

    Parameters
    ----------
    model : torch.nn.Module
    inputs : Inputs, Points or Stacks
    rows : ndarray of int, shape (n,)
    fabric : lightning_fabric.Fabric
    batch : int
    method : {'forward', 'features'}
    task : Task

    Returns
    -------
    ndarray of float32
        (n, A) scores of the task, or (n, D) features.
    """
    if len(rows) == 0:  # a protocol that trains on a whole corpus tests nobody of it
        return predict(model, inputs, np.zeros(1, int), fabric, batch, method, task)[:0]
    model.eval()
    out = []
    with torch.no_grad(), fabric.autocast():
        for start in range(0, len(rows), batch):
            x = fabric.to_device(inputs.testing(rows[start : start + batch]))
            y = getattr(model, method)(x)
            out.append((task.scores(y.float()) if method == "forward" else y.float()).cpu().numpy())
    return np.concatenate(out)


def predict_videos(model: nn.Module, numbers: np.ndarray, windows: Sequence[np.ndarray], fabric) -> np.ndarray:
    """Probabilities of the AUs in the frames of videos, each read from its first frame to its last.

    Parameters
    ----------
    model : TemporalNetwork
    numbers : ndarray of float32, shape (N, K)
        Features of frames.
    windows : sequence of ndarray of int
        Rows of `numbers`, in the order in which the network reads them.
    fabric : lightning_fabric.Fabric

    Returns
    -------
    ndarray of float32, shape (sum of lengths, A)
        Window after window.  A score s in [-1, 1] becomes (1 + s) / 2, so that 0.5 is the decision as everywhere.
    """
    model.eval()
    out: list[np.ndarray] = [np.empty(0)] * len(windows)
    lengths = np.array([len(rows) for rows in windows])
    for length in np.unique(lengths):  # windows of one length are read side by side
        same = np.flatnonzero(lengths == length)
        for start in range(0, len(same), 32):
            some = same[start : start + 32]
            x = torch.from_numpy(np.stack([numbers[windows[i]] for i in some]))  # (B, T, K)
            scores = model.in_pieces(fabric.to_device(x)).float().cpu().numpy()  # type: ignore[operator]
            for i, of_one in zip(some, scores, strict=True):
                out[i] = (1 + of_one) / 2
    return np.concatenate(out).astype(np.float32)
