"""Random sampling: every frame once an epoch, in an order drawn anew each epoch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler


class RandomBatchSampler(Sampler[list[int]]):
    """Batches of a shuffled epoch; the rest that does not fill a batch is left out.

    Parameters
    ----------
    truth : ndarray of int8, shape (N, A)
        Labels of the training frames.  Random sampling uses their number only; the other samplers use more.
    batch : int
        Frames a batch.
    seed : int
        The same seed gives the same batches, whatever was drawn before.

    Raises
    ------
    ValueError
        If there are fewer frames than one batch needs.
    """

    def __init__(self, truth: np.ndarray, batch: int, seed: int = 0) -> None:
        if batch < 1 or batch > len(truth):
            raise ValueError(f"batch {batch} must be between 1 and the number of training frames, {len(truth)}")
        self.n, self.batch, self.seed = len(truth), batch, seed
        self._epoch, self._order = -1, np.empty(0, int)

    def __len__(self) -> int:
        """Batches an epoch."""
        return self.n // self.batch

    def at(self, step: int) -> np.ndarray:
        """The batch of a step counted from the start of training, so that a resumed run sees the same frames."""
        epoch, position = divmod(step, len(self))
        if epoch != self._epoch:
            self._epoch, self._order = epoch, np.random.default_rng([self.seed, epoch]).permutation(self.n)
        return self._order[position * self.batch : (position + 1) * self.batch]

    def __iter__(self) -> Iterator[list[int]]:
        for step in range(len(self)):
            yield self.at(step).tolist()
