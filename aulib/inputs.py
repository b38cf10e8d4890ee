"""From a corpus's memory map to a network's normalised batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from aulib.alignment import centre_crops, random_crops


@dataclass
class Inputs:
    """From a corpus's uint8 faces to a network's normalised batch.

    Parameters
    ----------
    faces : ndarray of uint8, shape (N, S, S, 3)
    crop : int
        Side of the square that is cut out.
    side : int
        Side the network expects; crops of another size are resized.
    mean : ndarray of float32, shape (crop, crop, 3)
        Mean image of the training frames, subtracted.
    scale : float
        What the difference is divided by.
    """

    faces: np.ndarray
    crop: int
    side: int
    mean: np.ndarray
    scale: float

    @staticmethod
    def mean_image(faces: np.ndarray, rows: np.ndarray, crop: int) -> np.ndarray:
        """Per-pixel mean of the central crops of some frames (at most 2000 of them, evenly spread)."""
        rows = rows[:: max(1, len(rows) // 2000)]
        total = np.zeros((crop, crop, 3))
        for start in range(0, len(rows), 256):
            total += centre_crops(faces, rows[start : start + 256], crop).sum(axis=0, dtype=np.float64)
        return (total / len(rows)).astype(np.float32)

    def training(self, rows: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
        """Randomly cropped and mirrored faces, (B, 3, side, side)."""
        return self.normalised(random_crops(self.faces, rows, self.crop, rng))

    def testing(self, rows: np.ndarray) -> torch.Tensor:
        """Centrally cropped faces, (B, 3, side, side)."""
        return self.normalised(centre_crops(self.faces, rows, self.crop))

    def normalised(self, crops: np.ndarray) -> torch.Tensor:
        """(B, crop, crop, 3) uint8 to (B, 3, side, side) float32."""
        x = torch.from_numpy((crops - self.mean) / np.float32(self.scale)).permute(0, 3, 1, 2)
        if self.side != self.crop:
            x = nn.functional.interpolate(x, size=(self.side, self.side), mode="bilinear", align_corners=False)
        return x.contiguous()


@dataclass
class Examples:
    """Frames with labels: what a stage trains on, and what it is validated on."""

    inputs: Inputs
    train_rows: np.ndarray
    train_truth: np.ndarray  # (n, A) int8
    validation_rows: np.ndarray
    validation_truth: np.ndarray  # (m, A) int8
