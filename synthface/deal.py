"""The independent twin: every action unit is played by somebody else.

Person p keeps face, head motion and number of frames, but AU a is taken from person ``donor[a, p]``, video by video in
another order.  Base rates, runs, events and the spread of rates over people stay exactly what they were, AU by AU;
only what joins the AUs is gone.  A random deal leaves chance correlations of some hundredths (a corpus has few
people), so donors are then exchanged, always keeping those properties, until the squared correlations stop falling.
"""

from __future__ import annotations

import numpy as np

from synthface.face import FACE_AUS

#: Closure and blink stay with their person: an eye cannot be shut by one and widened by the other.
_DEALT = [i for i, au in enumerate(FACE_AUS) if au not in (43, 45)]


def make_independent(
    active: np.ndarray, person: np.ndarray, video: np.ndarray, rng: np.random.Generator, exchanges: int = 6000
) -> np.ndarray:
    """Deal the AUs of a corpus to other people.

    Parameters
    ----------
    active : ndarray of bool, shape (N, 19)
        Which AUs of ``FACE_AUS`` are coded present, frame by frame.
    person, video : ndarray of int, shape (N,)
        Both from 0.
    rng : numpy.random.Generator
    exchanges : int
        Exchanges that are tried after the random deal.

    Returns
    -------
    ndarray of int, shape (N, 19)
        The frame that each AU of each frame is taken from.
    """
    videos = _videos(person, video)  # (people, videos) of row numbers
    people, takes = len(videos), len(videos[0])
    # source[a][p][v] = (person, video) that AU a of person p's video v is taken from
    source = np.empty((len(FACE_AUS), people, takes, 2), int)
    for a in range(len(FACE_AUS)):
        persons = rng.permutation(people) if a in _DEALT else np.arange(people)
        for p, donor in enumerate(persons):
            order = rng.permutation(takes) if a in _DEALT else np.arange(takes)
            source[a, p, :, 0], source[a, p, :, 1] = donor, order
    table = _Table(active, videos, source)
    for _ in range(exchanges):
        a = int(rng.choice(_DEALT))
        if takes > 1 and rng.random() < 0.7:  # two videos of one person: the person's rate stays
            p, (v, w) = int(rng.integers(people)), rng.choice(takes, 2, replace=False)
            table.exchange(a, [(p, int(v)), (p, int(w))])
        else:  # two people, all their videos
            p, q = rng.choice(people, 2, replace=False)
            table.exchange(a, [(int(p), v) for v in range(takes)] + [(int(q), v) for v in range(takes)])
    rows = np.empty((len(active), len(FACE_AUS)), int)
    for p in range(people):
        for v in range(takes):
            for a in range(len(FACE_AUS)):
                rows[videos[p][v], a] = _stretched(videos, source[a, p, v], len(videos[p][v]))
    return rows


def _videos(person: np.ndarray, video: np.ndarray) -> list[list[np.ndarray]]:
    """Row numbers by person and video."""
    return [
        [np.flatnonzero((person == p) & (video == v)) for v in range(video.max() + 1)] for p in range(person.max() + 1)
    ]


def _stretched(videos: list[list[np.ndarray]], donor: np.ndarray, n: int) -> np.ndarray:
    """Rows of the donor's video, cut or gone through again from its end backwards until there are n."""
    rows = videos[donor[0]][donor[1]]
    there_and_back = np.concatenate([rows, rows[::-1]])
    return np.resize(there_and_back, n)


class _Table:
    """Joint counts of the AUs under a deal, kept up to date while sources are exchanged."""

    def __init__(self, active: np.ndarray, videos: list[list[np.ndarray]], source: np.ndarray) -> None:
        self.active, self.videos, self.source = active, videos, source
        people, takes = source.shape[1:3]
        self.now = [[self._columns(p, v) for v in range(takes)] for p in range(people)]  # (n, A) float32 each
        self.counts = sum(block.T @ block for row in self.now for block in row)  # (A, A)
        self.total = len(active)

    def _columns(self, p: int, v: int) -> np.ndarray:
        n = len(self.videos[p][v])
        columns = [self._column(a, self.source[a, p, v], n) for a in range(self.source.shape[0])]
        return np.stack(columns, axis=1)

    def _column(self, a: int, donor: np.ndarray, n: int) -> np.ndarray:
        return self.active[_stretched(self.videos, donor, n), a].astype(np.float32)

    def _error(self, a: int, joint: np.ndarray, own: float) -> float:
        """Sum of squared correlations of AU a with the others, from joint counts (A,)."""
        rate, mine = np.diag(self.counts) / self.total, own / self.total
        spread = np.sqrt(np.maximum(rate * (1 - rate), 1e-9) * max(mine * (1 - mine), 1e-9))
        phi = (joint / self.total - rate * mine) / spread
        phi[a] = 0
        return float(phi @ phi)

    def exchange(self, a: int, places: list[tuple[int, int]]) -> None:
        """Let the first half of the places change sources with the second, if that moves the AUs apart."""
        half = len(places) // 2
        swapped = places[half:] + places[:half]
        columns, change = [], np.zeros(self.counts.shape[0], np.float32)
        for (p, v), (q, w) in zip(places, swapped, strict=True):
            new = self._column(a, self.source[a, q, w], len(self.videos[p][v]))
            block = self.now[p][v]
            change += (new - block[:, a]) @ block
            change[a] += new.sum() - block[:, a].sum() - (new - block[:, a]) @ block[:, a]
            columns.append(new)
        joint = self.counts[a] + change
        if self._error(a, joint.copy(), float(joint[a])) >= self._error(a, self.counts[a].copy(), self.counts[a, a]):
            return
        for (p, v), new in zip(places, columns, strict=True):
            self.now[p][v][:, a] = new
        self.counts[a] = self.counts[:, a] = joint
        sources = [self.source[a, q, w].copy() for q, w in swapped]
        for (p, v), donor in zip(places, sources, strict=True):
            self.source[a, p, v] = donor
