"""MOMU, multi-label minority oversampling majority undersampling (Hybrid Sec. 5.2, Alg. 2).

W.-S. Chu, F. De la Torre and J. F. Cohn, "Learning facial action units with spatiotemporal cues and multi-label
sampling", Image and Vision Computing 81, 2019.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from aulib.samplers.epochs import EpochSampler
from aulib.samplers.pools import build, draw, restore


class MOMUBatchSampler(EpochSampler):
    """Fill a batch with a few frames at a time of whichever AU it shows least.

    Balances *within* batches, and so between them.  A batch begins with frames of the AU that is rarest in what is
    left of the corpus.  An AU of which fewer than `samples` frames are left gets back all those that earlier batches
    have used.  So frames of rare AUs come often, those with frequent AUs only seldom, and, as printed, *frames
    without any AU never*: an AU's absent frames are those that show another AU.

    What the printed algorithm leaves open or gets wrong, and what is done here:

    - N_l is updated after a batch only, so an AU can run out within one unnoticed.  Here it is always the number of
      frames that are left.  ``printed_counts=True`` goes by the number at the batch's beginning, as printed; where an
      AU has run out, the printed loop would ask it for ever, so it is counted again.
    - Line 9 takes the first S frames; here S are drawn at random.
    - Where S does not divide the batch, the last draw takes only as many as are missing.
    - A restored frame comes from an earlier batch, so no frame is in a batch twice.  An AU with fewer frames than are
      wanted gives what it has, and is passed over until the next batch.
    - An AU that no frame shows (all absent or unknown) is passed over always.  When a batch holds every frame of every
      AU, frames without any AU fill it: without a single present label, this is random sampling.
    - The paper asks for B batches from one state.  Here the state starts anew every ``ceil(N / batch)`` batches,
      which is called an epoch, so that a run that goes on from a checkpoint need not draw all it has ever drawn.

    Parameters
    ----------
    truth : ndarray of int8, shape (N, A)
        Labels of the training frames: above 0 present, 0 absent, UNKNOWN (-1).  An unknown AU is never present.
    batch : int
        Frames a batch; every batch has as many.
    seed : int
        The same seed gives the same batches, whatever was drawn before.
    samples : int
        S, frames a draw.  The paper does not print its value; the smaller, the more even a batch.
    printed_counts : bool
        Decide on restoring by the counts of the batch's beginning, as printed.

    Raises
    ------
    ValueError
        If there are fewer frames than one batch needs, the labels are no table, or `samples` is below 1.
    """

    def __init__(
        self, truth: np.ndarray, batch: int, seed: int = 0, *, samples: int = 4, printed_counts: bool = False
    ) -> None:
        super().__init__(truth, batch, seed)
        if samples < 1:
            raise ValueError(f"samples is {samples}, expected at least 1 frame a draw")
        self.samples, self.printed_counts = samples, printed_counts
        self._pools = build(np.asarray(truth) > 0)

    def __len__(self) -> int:
        """Batches an epoch."""
        return -(-self.n // self.batch)

    def epoch(self, number: int, rng: np.random.Generator) -> np.ndarray:
        """Rows of the frames of an epoch's batches, (ceil(N / batch), batch)."""
        batches = np.empty((len(self), self.batch), np.int64)
        _fill(self._pools.fresh(rng), self.samples, self.printed_counts, batches)
        return batches


@njit(cache=True, nogil=True)
def _fill(pools, samples, printed_counts, batches):
    """Alg. 2, mended; rows of frames go into ``batches`` (B, N)."""
    size, units = batches.shape[1], len(pools.left) - 1
    for number in range(len(batches)):
        counted = pools.left.copy()  # N_l
        shown = np.zeros(units, np.int64)  # n_l
        able = pools.start[1:-1] > pools.start[:-2]  # AUs that have frames to give
        unit = _scarcest(counted, able)
        filled = 0
        while filled < size:
            if not printed_counts or unit == units:
                counted[unit] = pools.left[unit]
            enough = counted[unit] >= samples
            if not enough:
                restore(pools, unit, number)
            wanted = min(samples, size - filled)
            given = min(wanted, pools.left[unit])
            for _ in range(given):
                frame = draw(pools, unit, number)
                for other in range(units):
                    shown[other] += pools.member[frame, other]
                batches[number, filled] = frame
                filled += 1
            if given < wanted and enough:
                counted[unit] = pools.left[unit]  # ran out unnoticed: the next time it is chosen it gets frames back
            elif given < wanted and unit < units:
                able[unit] = False  # this batch has all its frames
            unit = _scarcest(shown, able)


@njit(cache=True, nogil=True)
def _scarcest(counts, able):
    """The AU with the smallest count of those that are able; if none is, the last pool: frames without any AU."""
    best = len(able)
    for unit in range(len(able)):
        if able[unit] and (best == len(able) or counts[unit] < counts[best]):
            best = unit
    return best
