"""MOMU, multi-label minority oversampling majority undersampling (Hybrid Sec. 5.2, Alg. 2).

W.-S. Chu, F. De la Torre and J. F. Cohn, "Learning facial action units with spatiotemporal cues and multi-label
sampling", Image and Vision Computing 81, 2019.

The frames that are still to be drawn are kept in *index pools*, one for each AU, without a mask over the corpus.
A pool is a list of frames of which a first part, the *prefix*, may be drawn.  A frame that is drawn leaves the prefix:
the last one takes its place.  It stays in the pools of its other AUs until it is met there, and is thrown out then: so
a draw touches one pool, however many AUs a frame has.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from aulib.samplers.epochs import EpochSampler
from aulib.values import Whole

# What is compiled stands in one file: Numba's cache does not notice that a function of another file has changed.


class MOMUBatchSampler(EpochSampler):
    """Fill a batch with a few frames at a time of whichever AU it shows least.

    Balances *within* batches.  A batch begins with frames of the AU that is rarest in what is left of the corpus.  An
    AU of which fewer than `samples` frames are left gets back all those that earlier batches have used.  So frames of
    rare AUs come often, those with frequent AUs only seldom, and, as printed, *frames without any AU never*: an AU's
    absent frames are those that show another AU.

    Neighbouring batches are alike, those far apart in an epoch less so: frames with several AUs are used up first, and
    an AU that has run out gets all its frames back at once.

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
        Labels of the training frames: 1 present, 0 absent, UNKNOWN (-1).  An unknown AU is never present.
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
    InputError
        As :class:`~aulib.samplers.epochs.EpochSampler`, and if `samples` is no whole number or below 1.
    """

    def __init__(
        self, truth: np.ndarray, batch: int, seed: int = 0, *, samples: int = 4, printed_counts: bool = False
    ) -> None:
        super().__init__(truth, batch, seed)
        self.samples, self.printed_counts = Whole(1)(samples, "samples"), printed_counts
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
        batch_counts = np.zeros(units, np.int64)  # n_l
        eligible = pools.start[1:-1] > pools.start[:-2]  # AUs that have frames to give
        unit = _scarcest(counted, eligible)
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
                    batch_counts[other] += pools.member[frame, other]
                batches[number, filled] = frame
                filled += 1
            if given < wanted and enough:
                counted[unit] = pools.left[unit]  # ran out unnoticed: the next time it is chosen it gets frames back
            elif given < wanted and unit < units:
                eligible[unit] = False  # this batch has all its frames
            unit = _scarcest(batch_counts, eligible)


@njit(cache=True, nogil=True)
def _scarcest(counts, eligible):
    """The AU with the smallest count of those that are eligible; if none is, the last pool: frames without any AU."""
    best = len(eligible)
    for unit in range(len(eligible)):
        if eligible[unit] and (best == len(eligible) or counts[unit] < counts[best]):
            best = unit
    return best


class Pools(NamedTuple):
    """Pools of A AUs and, last, of the frames without any AU.

    Parameters
    ----------
    member : ndarray of uint8, shape (N, A + 1)
        Which frame belongs to which pools.
    in_prefix : ndarray of uint8, shape (N, A + 1)
        Which frame stands in which prefixes.
    members : ndarray of int32, shape (M,)
        Frames of the first pool, then of the second, and so on; never changed.
    pool : ndarray of int32, shape (M,)
        The same frames, each pool's prefix first.
    start : ndarray of int64, shape (A + 2,)
        Pool a is ``pool[start[a] : start[a + 1]]``.
    prefix : ndarray of int64, shape (A + 1,)
        Length of each prefix.
    left : ndarray of int64, shape (A + 1,)
        Frames of each pool that are left: N_l of Alg. 2.  The rest of the prefix was drawn for another AU.
    free : ndarray of bool, shape (N,)
        Whether a frame is left.
    batch_of : ndarray of int32, shape (N,)
        Batch in which a frame was drawn last; -1 for none.
    random : ndarray of uint64, shape (1,)
        State of the random numbers.
    """

    member: np.ndarray
    in_prefix: np.ndarray
    members: np.ndarray
    pool: np.ndarray
    start: np.ndarray
    prefix: np.ndarray
    left: np.ndarray
    free: np.ndarray
    batch_of: np.ndarray
    random: np.ndarray

    def fresh(self, rng: np.random.Generator) -> Pools:
        """Pools with the same frames and random numbers of their own; what no draw changes is shared."""
        shared = {"member": self.member, "members": self.members, "start": self.start}
        own = {name: getattr(self, name).copy() for name in self._fields if name not in shared}
        own["random"] = rng.integers(2**64, size=1, dtype=np.uint64)
        return Pools(**shared, **own)


def build(present: np.ndarray) -> Pools:
    """Pools in which every frame is left.

    Parameters
    ----------
    present : ndarray of bool, shape (N, A)

    Returns
    -------
    Pools
    """
    member = np.column_stack([present, ~present.any(axis=1)]).astype(np.uint8)
    members = np.nonzero(member.T)[1].astype(np.int32)
    count = member.sum(axis=0, dtype=np.int64)
    return Pools(
        member=member,
        in_prefix=member.copy(),
        members=members,
        pool=members.copy(),
        start=np.r_[0, np.cumsum(count)],
        prefix=count,
        left=count.copy(),
        free=np.ones(len(present), bool),
        batch_of=np.full(len(present), -1, np.int32),
        random=np.zeros(1, np.uint64),
    )


@njit(cache=True, nogil=True)
def draw(pools, unit, batch):
    """Draw one of the frames that are left in a pool, all equally likely; there must be one."""
    start = pools.start[unit]
    while True:
        place = start + _below(pools, pools.prefix[unit])
        frame = pools.pool[place]
        pools.prefix[unit] -= 1
        pools.pool[place] = pools.pool[start + pools.prefix[unit]]
        pools.in_prefix[frame, unit] = 0
        if pools.free[frame]:
            break
    pools.free[frame] = False
    pools.batch_of[frame] = batch
    for other in range(len(pools.left)):
        pools.left[other] -= pools.member[frame, other]
    return frame


@njit(cache=True, nogil=True)
def restore(pools, unit, batch):
    """Put back every frame of a pool that was drawn, into all its pools, but for those of the batch that is filled."""
    for k in range(pools.start[unit], pools.start[unit + 1]):
        frame = pools.members[k]
        if pools.free[frame] or pools.batch_of[frame] == batch:
            continue
        pools.free[frame] = True
        for other in range(len(pools.left)):
            if pools.member[frame, other]:
                pools.left[other] += 1
                if not pools.in_prefix[frame, other]:
                    pools.pool[pools.start[other] + pools.prefix[other]] = frame
                    pools.prefix[other] += 1
                    pools.in_prefix[frame, other] = 1


@njit(cache=True, nogil=True)
def _below(pools, n):
    """A random whole number from 0 to n - 1, by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    pools.random[0] += np.uint64(0x9E3779B97F4A7C15)
    z = pools.random[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return int((z >> np.uint64(11)) * 2.0**-53 * n)
