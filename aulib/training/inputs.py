"""From a corpus's faces, their landmarks, or other networks' scores, to a network's normalised batch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from aulib.corpus import Corpus
from aulib.datasets.alignment import centre_crops, random_crops
from aulib.datasets.landmarks import MIRRORED


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

    @classmethod
    def of(cls, corpus: Corpus, rows: np.ndarray, crop: int, side: int, scale: float) -> Inputs:
        """Inputs of a corpus, normalised by its frames `rows`."""
        return cls(corpus.faces, crop, side, cls.mean_image(corpus.faces, rows, crop), scale)

    def for_corpus(self, corpus: Corpus) -> Inputs:
        """The same normalisation of another corpus."""
        return replace(self, faces=corpus.faces)

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
class Points:
    """From a corpus's landmarks to a network's batch: what :class:`Inputs` does, without the picture.

    Parameters
    ----------
    landmarks : ndarray of float32, shape (N, 68, 2)
    side : int
        Side of the faces they lie in, in pixels.
    crop : int
        Side of the square that an image network would see: points are shifted as its crops are.
    mean : ndarray of float32, shape (68, 2)
        Mean position in the training frames, subtracted.  A point that a frame lacks is taken to be there: the 66
        points of DISFA have no inner corners of the mouth, and a NaN would spread over all scores.
    """

    landmarks: np.ndarray
    side: int
    crop: int
    mean: np.ndarray

    @classmethod
    def of(cls, corpus: Corpus, rows: np.ndarray, crop: int) -> Points:
        """Points of a corpus, centred by its frames `rows`."""
        known = np.isfinite(corpus.landmarks[rows])
        if known.all():
            return cls(corpus.landmarks, corpus.side, crop, corpus.landmarks[rows].mean(axis=0))
        total = np.where(known, corpus.landmarks[rows], 0).sum(axis=0, dtype=np.float64)
        return cls(corpus.landmarks, corpus.side, crop, (total / np.maximum(known.sum(axis=0), 1)).astype(np.float32))

    def for_corpus(self, corpus: Corpus) -> Points:
        """The same normalisation of another corpus."""
        return replace(self, landmarks=corpus.landmarks, side=corpus.side)

    def training(self, rows: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
        """Randomly shifted and mirrored points, (B, 136)."""
        points = self._points(rows)
        room = (self.side - self.crop) / 2
        points += rng.uniform(-room, room, (len(rows), 1, 2)).astype(np.float32)
        flipped = rng.random(len(rows)) < 0.5
        points[flipped] = points[flipped][:, MIRRORED]
        points[flipped, :, 0] = self.side - 1 - points[flipped, :, 0]
        return self._normalised(points)

    def testing(self, rows: np.ndarray) -> torch.Tensor:
        """Points as they are, (B, 136)."""
        return self._normalised(self._points(rows))

    def _points(self, rows: np.ndarray) -> np.ndarray:
        """Points of some frames, (B, 68, 2), the unknown ones at their mean places in the training frames."""
        points = np.array(self.landmarks[rows], np.float32)
        return np.where(np.isfinite(points), points, self.mean)

    def _normalised(self, points: np.ndarray) -> torch.Tensor:
        """In units in which a large movement of the face is about one."""
        return torch.from_numpy(((points - self.mean) / np.float32(0.04 * self.side)).reshape(len(points), -1))


@dataclass
class Stacks:
    """The signed scores of several networks, one above the other: what the fusion network is given.

    Parameters
    ----------
    scores : ndarray of float32, shape (N, networks, A)
        In [-1, 1].
    """

    scores: np.ndarray

    def training(self, rows: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
        """Scores of some frames, (B, networks, A); nothing about them is random."""
        return self.testing(rows)

    def testing(self, rows: np.ndarray) -> torch.Tensor:
        """Scores of some frames, (B, networks, A)."""
        return torch.from_numpy(self.scores[rows])
