"""Index pools: for each AU the frames that are still to be drawn, kept up to date without a mask over the corpus.

A pool is a list of frames of which a first part, the *prefix*, may be drawn.  A frame that is drawn leaves the prefix:
the last one takes its place.  It stays in the pools of its other AUs until it is met there, and is thrown out then: so
a draw touches one pool, however many AUs a frame has.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit


class Pools(NamedTuple):
    """Pools of A AUs and, last, of the frames without any AU.

    Parameters
    ----------
    member : ndarray of uint8, shape (N, A + 1)
        Which frame belongs to which pools.
    held : ndarray of uint8, shape (N, A + 1)
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
    held: np.ndarray
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
        held=member.copy(),
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
        pools.held[frame, unit] = 0
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
                if not pools.held[frame, other]:
                    pools.pool[pools.start[other] + pools.prefix[other]] = frame
                    pools.prefix[other] += 1
                    pools.held[frame, other] = 1


@njit(cache=True, nogil=True)
def _below(pools, n):
    """A random whole number from 0 to n - 1, by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    pools.random[0] += np.uint64(0x9E3779B97F4A7C15)
    z = pools.random[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return int((z >> np.uint64(11)) * 2.0**-53 * n)
