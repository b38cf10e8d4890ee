"""Random sampling: every frame once an epoch, in an order drawn anew each epoch."""

from __future__ import annotations

import numpy as np

from aulib.samplers.epochs import EpochSampler


class RandomBatchSampler(EpochSampler):
    """Batches of a shuffled epoch; the rest that does not fill a batch is left out.

    Parameters and errors are those of :class:`~aulib.samplers.epochs.EpochSampler`.  Random sampling uses the number of
    frames only; the other samplers use their labels.
    """

    def __len__(self) -> int:
        """Batches an epoch."""
        return self.n // self.batch

    def epoch(self, number: int, rng: np.random.Generator) -> np.ndarray:
        """Rows of the frames of an epoch's batches, (N // batch, batch)."""
        return rng.permutation(self.n)[: len(self) * self.batch].reshape(len(self), self.batch)
