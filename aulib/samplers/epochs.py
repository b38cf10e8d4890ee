"""Samplers that make the batches of a whole epoch at once, so that any step can be asked for at any time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler

from aulib import checks
from aulib.errors import InputError
from aulib.values import Whole


class EpochSampler(Sampler[list[int]]):
    """Base of the samplers whose batches depend on one another within an epoch, and on nothing before it.

    An epoch is drawn from ``(seed, epoch)`` alone when one of its steps is first asked for, and kept until another
    epoch is.  The object holds arrays only: it can be pickled, copied to other processes, and gives the same there.

    Several devices draw the same batch, each with a sampler of its own, and rank r of w trains on ``batch[r::w]``
    (see ``aulib.training.loop``).  A batch keeps its frames in the order of their choice, in which those chosen for one
    AU stand together, so that such a share has nearly its part of every AU.

    Parameters
    ----------
    truth : ndarray of int8, shape (N, A)
        Labels of the training frames: 1 present, 0 absent, UNKNOWN (-1).  An unknown AU is never present.
    batch : int
        Frames a batch; every batch has as many.
    seed : int
        The same seed gives the same batches, whatever was drawn before.

    Raises
    ------
    InputError
        If there are fewer frames than one batch needs, the labels are no table, one of them is none of the three, or
        the batch or seed is no whole number (a ValueError).
    """

    def __init__(self, truth: np.ndarray, batch: int, seed: int = 0) -> None:
        self.n = len(checks.labels(truth))
        if not self.n:
            raise InputError("truth has no frame that a batch could be made of")
        self.batch = Whole(1, self.n)(batch, f"batch (of {self.n} training frames)")
        self.seed = Whole(0)(seed, "seed")
        self._epoch, self._batches = -1, np.empty((0, self.batch), int)

    def __len__(self) -> int:
        """Batches an epoch."""
        raise NotImplementedError

    def epoch(self, number: int, rng: np.random.Generator) -> np.ndarray:
        """Rows of the frames of an epoch's batches, (len(self), batch)."""
        raise NotImplementedError

    def at(self, step: int) -> np.ndarray:
        """The batch of a step counted from the start of training, so that a resumed run sees the same frames."""
        epoch, position = divmod(Whole(0)(step, "step"), len(self))
        if epoch != self._epoch:
            self._batches = self.epoch(epoch, np.random.default_rng([self.seed, epoch]))
            self._batches.flags.writeable = False  # who changed a batch would change it for the next who asks
            self._epoch = epoch
        return self._batches[position]

    def __iter__(self) -> Iterator[list[int]]:
        for step in range(len(self)):
            yield self.at(step).tolist()
