"""What a stage trains on and is validated on: frames for most networks, stretches of videos for a temporal one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import nn

from aulib.aus import UNKNOWN
from aulib.models.sequences import silent_start, subsequences
from aulib.training.inputs import Inputs, Points, Stacks
from aulib.training.prediction import predict, predict_videos
from aulib.training.task import DETECTION, Task


@dataclass
class Examples:
    """Frames with labels.

    Parameters
    ----------
    inputs : Inputs, Points or Stacks
    train_rows : ndarray of int, shape (n,)
    train_truth : ndarray of int8, shape (n, A)
    validation_rows, validation_truth
        The same of the people who choose the best weights.
    watched : ndarray of int, optional
        Positions in `train_rows` of frames whose F1 is followed.
    task : Task
        What the labels are.
    """

    inputs: Inputs | Points | Stacks
    train_rows: np.ndarray
    train_truth: np.ndarray
    validation_rows: np.ndarray
    validation_truth: np.ndarray
    watched: np.ndarray | None = None
    task: Task = DETECTION

    #: Frames that one pick of the sampler stands for.
    frames_each = 1

    @property
    def labels(self) -> np.ndarray:
        """What the sampler balances, (n, A): an AU is present at any level above 0."""
        return np.minimum(self.train_truth, 1)

    def batch(self, picked: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs, randomly cropped and mirrored where they are faces, and labels (B, A)."""
        return self.inputs.training(self.train_rows[picked], rng), torch.from_numpy(self.train_truth[picked])

    def validated(self, model: nn.Module, fabric) -> np.ndarray:
        """Scores of the validation frames, (m, A)."""
        return predict(model, self.inputs, self.validation_rows, fabric, task=self.task)

    def watching(self, model: nn.Module, fabric) -> tuple[np.ndarray, np.ndarray]:
        """Labels and probabilities of the watched training frames."""
        assert self.watched is not None
        scores = predict(model, self.inputs, self.train_rows[self.watched], fabric)
        return self.train_truth[self.watched], scores


@dataclass
class Videos:
    """Windows of videos, by the features of their frames (Hybrid Sec. 4.2).

    Parameters
    ----------
    numbers : ndarray of float32, shape (N, K)
        Features of frames.
    truth : ndarray of int8, shape (N, A)
    windows, validation : list of ndarray of int
        Rows, frame after frame.
    piece : int
        Frames of the stretch that is drawn from a window.
    silent : int
        Frames at its start that carry no loss.
    """

    numbers: np.ndarray
    truth: np.ndarray
    windows: list[np.ndarray]
    validation: list[np.ndarray]
    piece: int = 130
    silent: int = 10

    watched = None
    task = DETECTION

    @property
    def frames_each(self) -> int:
        """Frames that one pick of the sampler stands for: a piece, or the longest window if that is shorter."""
        return min(self.piece, max(len(rows) for rows in self.windows))

    @cached_property
    def labels(self) -> np.ndarray:
        """An AU is present in a window if it is in one of its frames, (windows, A)."""
        return np.stack([self.truth[rows].max(axis=0) for rows in self.windows])

    @cached_property
    def validation_truth(self) -> np.ndarray:
        """Labels of the validation windows, one after the other."""
        return self.truth[np.concatenate([np.zeros(0, int), *self.validation])]

    def batch(self, picked: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """A random stretch of every picked window, (B, T, K), and its labels (B, T, A).

        A window shorter than the others is continued with its last frame, of unknown labels.
        """
        length = self.frames_each
        rows = np.empty((len(picked), length), np.int64)
        truth = np.full((len(picked), length, self.truth.shape[1]), UNKNOWN, np.int8)
        for i, window in enumerate(picked):
            (drawn,) = subsequences(self.windows[window], 1, length, rng=rng)
            rows[i, : len(drawn)], rows[i, len(drawn) :] = drawn, drawn[-1]
            truth[i, : len(drawn)] = self.truth[drawn]
        return torch.from_numpy(self.numbers[rows]), torch.from_numpy(silent_start(truth, self.silent))

    def validated(self, model: nn.Module, fabric) -> np.ndarray:
        """Probabilities of the validation frames, in the order of `validation_truth`."""
        return predict_videos(model, self.numbers, self.validation, fabric)

    def watching(self, model: nn.Module, fabric) -> tuple[np.ndarray, np.ndarray]:
        """Nothing is watched."""
        raise NotImplementedError
