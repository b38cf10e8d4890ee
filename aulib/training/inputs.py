"""From a corpus's faces, their landmarks, or other networks' scores, to a network's normalised batch."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import nn

from aulib.corpus import Corpus
from aulib.datasets.alignment import centre_crops, random_places
from aulib.datasets.landmarks import MIRRORED

#: Share of a GPU's free memory that the faces of a corpus may take; those of a larger one are moved batch by batch.
DEVICE_SHARE = 0.5

#: Numbers that are normalised at once on a CPU, so that the passes after the first one find them in the cache.
_AT_ONCE = 2**18


@dataclass
class Inputs:
    """From a corpus's uint8 faces to a network's normalised batch.

    On a GPU the faces lie in its memory, if they fit, and are cut, mirrored and normalised there.  On a CPU they stay
    where they are: of a memory map only the rows that are asked for are read.

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
    device : torch.device or str
        Where batches are made.
    """

    faces: np.ndarray
    crop: int
    side: int
    mean: np.ndarray
    scale: float
    device: torch.device | str = "cpu"

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

    def on(self, device: torch.device | str) -> Inputs:
        """The same, with batches on a device."""
        return replace(self, device=device)

    def training(self, rows: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
        """Randomly cropped and mirrored faces, (B, 3, side, side)."""
        return self._batch(rows, *random_places(self.faces.shape[1], self.crop, len(rows), rng))

    def testing(self, rows: np.ndarray) -> torch.Tensor:
        """Centrally cropped faces, (B, 3, side, side)."""
        start = np.full(len(rows), (self.faces.shape[1] - self.crop) // 2)
        return self._batch(rows, start, start, np.zeros(len(rows), bool))

    def normalised(self, crops: np.ndarray) -> torch.Tensor:
        """(B, crop, crop, 3), of any kind of number, to (B, 3, side, side) float32 on the CPU."""
        return self._normalised(torch.from_numpy(crops).permute(0, 3, 1, 2))

    def _batch(self, rows: np.ndarray, top: np.ndarray, left: np.ndarray, mirrored: np.ndarray) -> torch.Tensor:
        if self._held is not None:
            return self._normalised(cut_on_device(self._held, rows, top, left, mirrored, self.crop))
        crops = torch.from_numpy(cut(self.faces, rows, top, left, mirrored, self.crop))
        return self._normalised(crops.to(self.device))  # a quarter of what it is as float32

    @cached_property
    def _held(self) -> torch.Tensor | None:
        """All faces, in the memory of the device; None on a CPU, and where they take too much of it."""
        device = torch.device(self.device)
        if device.type != "cuda" or self.faces.nbytes > DEVICE_SHARE * torch.cuda.mem_get_info(device)[0]:
            return None
        with warnings.catch_warnings():  # a memory map cannot be written to, and is not
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
            return torch.from_numpy(np.asarray(self.faces)).to(device)

    @cached_property
    def _statistics(self) -> dict[torch.device, tuple[torch.Tensor, torch.Tensor]]:
        """Mean (3, crop, crop) and scale by device; by a plain number a GPU multiplies with its rounded inverse."""
        mean = torch.from_numpy(np.ascontiguousarray(self.mean.transpose(2, 0, 1), np.float32))
        scale = torch.tensor(self.scale, dtype=torch.float32)
        return {at: (mean.to(at), scale.to(at)) for at in {torch.device("cpu"), torch.device(self.device)}}

    def _normalised(self, crops: torch.Tensor) -> torch.Tensor:
        """(B, 3, crop, crop) to (B, 3, side, side) float32, on the device of the crops."""
        mean, scale = self._statistics[crops.device if crops.device.type == "cpu" else torch.device(self.device)]
        x = torch.empty(crops.shape, device=crops.device)
        at_once = max(1, _AT_ONCE // mean.numel() if crops.device.type == "cpu" else len(crops))
        for part, out in zip(crops.split(at_once), x.split(at_once), strict=True):
            out.copy_(part).sub_(mean).div_(scale)
        if self.side != self.crop:
            x = x.contiguous(memory_format=torch.channels_last)  # the order in which their sums were first taken
            x = nn.functional.interpolate(x, size=(self.side, self.side), mode="bilinear", align_corners=False)
        return x.contiguous()


def cut(
    faces: np.ndarray, rows: np.ndarray, top: np.ndarray, left: np.ndarray, mirrored: np.ndarray, crop: int
) -> np.ndarray:
    """Squares of some faces, colour by colour.

    Parameters
    ----------
    faces : ndarray of uint8, shape (N, S, S, 3)
        May be a memory map: only the rows asked for are read.
    rows : ndarray of int, shape (B,)
    top, left : ndarray of int, shape (B,)
        First row and column of each square.
    mirrored : ndarray of bool, shape (B,)
    crop : int

    Returns
    -------
    ndarray of uint8, shape (B, 3, crop, crop)
    """
    import cv2

    faces = np.asarray(faces)
    out = np.empty((len(rows), 3, crop, crop), np.uint8)
    for i, (row, y, x) in enumerate(zip(rows, top, left, strict=True)):
        cv2.split(faces[row, y : y + crop, x : x + crop], list(out[i]))
        if mirrored[i]:
            lines = out[i].reshape(3 * crop, crop)
            cv2.flip(lines, 1, lines)
    return out


def cut_on_device(
    faces: torch.Tensor, rows: np.ndarray, top: np.ndarray, left: np.ndarray, mirrored: np.ndarray, crop: int
) -> torch.Tensor:
    """The same as :func:`cut` of faces in the memory of a device, there, in one pass."""
    places = torch.from_numpy(np.stack([rows, top, left, mirrored]).astype(np.int64)).to(faces.device)
    row, y, x, turned = places[:, :, None, None, None]  # each (B, 1, 1, 1)
    along = torch.arange(crop, device=faces.device)
    colour = torch.arange(3, device=faces.device)[:, None, None]
    columns = x + torch.where(turned.bool(), crop - 1 - along, along)  # (B, 1, 1, crop)
    return faces[row, y + along[:, None], columns, colour]  # (B, 3, crop, crop)


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
