"""Multi-label stratification: every batch holds the same share of every AU (Hybrid Sec. 5.1, Alg. 1).

W.-S. Chu, F. De la Torre and J. F. Cohn, "Learning facial action units with spatiotemporal cues and multi-label
sampling", Image and Vision Computing 81, 2019.
"""

from __future__ import annotations

import numpy as np

from aulib.samplers.epochs import EpochSampler


class StratifiedBatchSampler(EpochSampler):
    """Deal the frames of the rarest AU evenly to all batches, then those of the next rarest of what is left.

    Balances *between* batches: they differ little in how often they show an AU.  Within a batch the AUs stay as
    uneven as in the corpus.  A frame comes at most once an epoch.  An epoch has ``N // batch`` batches; the
    ``left_out = N % batch`` frames that fill no batch are some of the last turn, others in each epoch.

    Two things are not as printed.  Line 3 takes the smallest count of all AUs: once an AU is used up its count is
    0, it is taken again for ever, and nothing more is dealt.  Here the minimum is over AUs with a positive count.
    Frames without any AU are in no turn as printed, although the text promises one: here it comes last.

    The turn of a frame follows from the labels.  Which of the batches it goes to is drawn anew each epoch.

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
        As :class:`~aulib.samplers.epochs.EpochSampler`.
    """

    def __init__(self, truth: np.ndarray, batch: int, seed: int = 0) -> None:
        super().__init__(truth, batch, seed)
        turn = turns(np.asarray(truth) > 0)
        self._by_turn = np.argsort(turn, kind="stable")
        self._ends = np.cumsum(np.bincount(turn))[:-1]
        self.left_out = self.n % batch

    def __len__(self) -> int:
        """Batches an epoch."""
        return self.n // self.batch

    def epoch(self, number: int, rng: np.random.Generator) -> np.ndarray:
        """Rows of the frames of an epoch's batches, (N // batch, batch)."""
        order = self._by_turn.copy()
        for turn in np.split(order, self._ends):
            rng.shuffle(turn)
        # The k-th frame goes to batch k modulo their number, and the next turn goes on where one stopped: so no two
        # batches differ by more than one frame of a turn, and none is full before the others.
        dealt = order[: len(self) * self.batch].reshape(self.batch, len(self)).T  # (batches, batch)
        return dealt[rng.permutation(len(self))]  # the odd frame of a turn is not always the first batches'


def turns(present: np.ndarray) -> np.ndarray:
    """The turn in which each frame is dealt (Alg. 1, lines 2 to 10, mended).

    Parameters
    ----------
    present : ndarray of bool, shape (N, A)

    Returns
    -------
    ndarray of int, shape (N,)
        From 0; the frames of a turn share the AU that was the rarest when it began, those of the last have no AU.
    """
    units = np.ascontiguousarray(present.T)  # (A, N)
    left = np.ones(len(present), bool)
    turn = np.zeros(len(present), np.intp)
    while True:
        counts = np.array([np.count_nonzero(left & unit) for unit in units])
        if not counts.any():
            return turn
        rarest = np.argmin(np.where(counts > 0, counts, len(present) + 1))
        left &= ~units[rarest]
        turn += left
