"""Terms: what a claim or a table says of methods, as an expression that is computed anew on every resample.

    f1 = lambda name: score(methods[name], "f1")
    evaluate(f1("hybrid") - best(f1("svm-hog"), f1("anet")))

Leaves of one setting are compared on the same frames, AUs and trainings.  Somebody who is tested in several settings
is drawn for all of them; people of different corpora are different people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from aubook.engine.resampling import RESAMPLES, Draw, Interval, draw, interval
from aubook.engine.scores import MethodScores, align, used
from aulib.metrics import mean_of_defined
from aulib.runs.results import Record


class Leaf(NamedTuple):
    """A metric of one method, as a mean over AUs or by AU."""

    method: MethodScores
    metric: str
    aus: tuple[int, ...] | None
    average: str | None


Lookup = Callable[[Leaf], np.ndarray]


@dataclass(frozen=True)
class Term:
    """A number, or one number an AU, on every resample.

    Parameters
    ----------
    leaves : tuple of Leaf
    compute : callable
        From a lookup Leaf -> (1 + R, A) to (1 + R,) or (1 + R, A).
    p : callable, optional
        From a lookup to the p of a permutation test.
    """

    leaves: tuple[Leaf, ...]
    compute: Callable[[Lookup], np.ndarray]
    p: Callable[[Lookup], float] | None = None

    def __sub__(self, other: Term) -> Term:
        return combined(np.subtract, self, other)

    def __add__(self, other: Term) -> Term:
        return combined(np.add, self, other)

    def __rmul__(self, factor: float) -> Term:
        return Term(self.leaves, lambda get: factor * self.compute(get))

    def __truediv__(self, other: Term) -> Term:
        return combined(_quotient, self, other)

    @property
    def mean(self) -> Term:
        """The mean over AUs of what is given by AU."""
        return Term(self.leaves, lambda get: mean_of_defined(self.compute(get), axis=1))

    @property
    def methods(self) -> list[MethodScores]:
        """The methods behind it."""
        return list(dict.fromkeys(leaf.method for leaf in self.leaves))

    @property
    def records(self) -> list[Record]:
        """The records behind it."""
        return used(*self.methods)


def score(of: MethodScores, metric: str = "f1", aus: Sequence[int] | None = None, average: str | None = None) -> Term:
    """A method's metric, as a mean over the AUs that all methods of its setting tell, or over some of them."""
    return by_au(of, metric, aus, average).mean


def by_au(of: MethodScores, metric: str = "f1", aus: Sequence[int] | None = None, average: str | None = None) -> Term:
    """The same, AU by AU."""
    leaf = Leaf(of, metric, None if aus is None else tuple(aus), average)
    return Term((leaf,), lambda get: get(leaf))


def combined(function: Callable[..., np.ndarray], *terms: Term) -> Term:
    """A function of several terms, resample by resample."""
    leaves = tuple(leaf for term in terms for leaf in term.leaves)
    return Term(leaves, lambda get: function(*(term.compute(get) for term in terms)))


def best(*terms: Term) -> Term:
    """The largest of several terms, found anew in every resample."""
    return combined(lambda *values: np.max(values, axis=0), *terms)


def share_ahead(first: Term, second: Term) -> Term:
    """Share of the AUs on which the first is above the second, of those on which both have a value."""

    def share(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        known = ~np.isnan(a + b)
        with np.errstate(invalid="ignore"):
            return _quotient(((a > b) & known).sum(axis=1), known.sum(axis=1))

    return combined(share, first, second)


def rank_correlation(term: Term, rates: Sequence[float]) -> Term:
    """Spearman's correlation over AUs of what is given by AU with one number an AU, such as its base rate."""
    rates = np.asarray(rates, float)
    p = lambda get: permutation_p(term.compute(get)[0], rates)  # noqa: E731
    return Term(term.leaves, lambda get: spearman(term.compute(get), rates), p)


def spearman(values: np.ndarray, with_: np.ndarray) -> np.ndarray:
    """Spearman's correlation of every row with one row, over the AUs that the row has; shape (R,).

    Parameters
    ----------
    values : ndarray of float, shape (R, A)
        NaN where an AU is not defined.  A row with fewer than three gives NaN, and so does a constant one.
    with_ : ndarray of float, shape (A,)
    """
    from scipy.stats import rankdata

    out = np.full(len(values), np.nan)
    known = ~np.isnan(values) & ~np.isnan(with_)
    for pattern in np.unique(known, axis=0):  # rows that lack the same AUs together
        rows = (known == pattern).all(axis=1)
        if pattern.sum() > 2:
            a, b = rankdata(values[rows][:, pattern], axis=1), rankdata(with_[pattern])[None]
            a, b = (ranks - ranks.mean(axis=1, keepdims=True) for ranks in (a, b))
            out[rows] = _quotient((a * b).sum(axis=1), np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1)))
    return out


def permutation_p(first: np.ndarray, second: np.ndarray) -> float:
    """How often a random pairing has a rank correlation at least as strong; two-sided.

    Parameters
    ----------
    first, second : ndarray of float, shape (A,)
        AUs that are not defined in one of them are left out.

    Returns
    -------
    float
        NaN where the correlation is not defined: below three AUs, or where one side is the same for all.
    """
    from scipy.stats import permutation_test, rankdata

    known = ~np.isnan(first) & ~np.isnan(second)
    a, b = first[known], second[known]
    if len(a) < 3 or len(np.unique(a)) < 2 or len(np.unique(b)) < 2:
        return float("nan")
    a, b = (rankdata(side) - (len(side) + 1) / 2 for side in (a, b))
    statistic = lambda x, axis: (x * b).sum(axis=axis)  # noqa: E731  (orders pairings as the correlation does)
    found = permutation_test((a,), statistic, permutation_type="pairings", n_resamples=9_999, rng=0, vectorized=True)
    return float(found.pvalue)


def _quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.divide(a, b, out=np.full(np.shape(a), np.nan), where=np.asarray(b) != 0)


class Effect(NamedTuple):
    """A term on every resample.

    Parameters
    ----------
    samples : ndarray of float, shape (1 + R,) or (1 + R, A)
        The first is everybody once.
    aus : tuple of int
        Columns, of a term by AU.
    people, frames : int
        Tested behind it; 0 where it does not rest on tested people.
    p : float
        Of a permutation test; NaN where there is none.
    """

    samples: np.ndarray
    aus: tuple[int, ...] = ()
    people: int = 0
    frames: int = 0
    p: float = float("nan")

    def interval(self, level: float = 0.95) -> Interval:
        """The value with its interval."""
        return interval(self.samples, level)

    @property
    def error(self) -> float:
        """Standard error: the spread of the resamples; NaN for what is counted."""
        with np.errstate(all="ignore"):
            return float(np.nanstd(self.samples[1:])) if np.isfinite(self.samples[1:]).sum() > 1 else float("nan")

    def by_au(self, level: float = 0.95) -> dict[int, Interval]:
        """Each AU's value with its interval."""
        return {au: interval(self.samples[:, k], level) for k, au in enumerate(self.aus)}


def evaluate(term: Term, resamples: int = RESAMPLES) -> Effect | None:
    """The term on resamples of people and trainings; None if one of its methods was not run."""
    settings: dict[str, list[MethodScores]] = {}
    for method in term.methods:
        settings.setdefault(method.setting, []).append(method)
    matched: dict[MethodScores, MethodScores] = {}
    for members in settings.values():
        for method, same in zip(members, align(*members), strict=True):
            if not same:
                return None
            matched[method] = same
    corpora = sorted({setting.split("/")[0] for setting in settings})
    offset = {method: 10**7 * corpora.index(method.setting.split("/")[0]) for method in matched}
    firsts = [members[0] for members in settings.values()]
    drawn = draw([group + offset[one] for one in firsts for group in matched[one].groups], resamples)
    cache: dict[Leaf, np.ndarray] = {}
    get = lambda leaf: _looked_up(leaf, matched, offset, drawn, cache)  # noqa: E731
    samples, p = term.compute(get), term.p(get) if term.p else float("nan")
    aus = next((leaf.aus or matched[leaf.method].aus for leaf in term.leaves), ())
    frames = sum(len(one) for first in firsts for one in matched[first].trainings.values())
    return Effect(samples, aus if samples.ndim == 2 else (), len(drawn.people), frames, p)


def _looked_up(leaf: Leaf, matched: dict, offset: dict, drawn: Draw, cache: dict[Leaf, np.ndarray]) -> np.ndarray:
    """A leaf's metric by AU on every resample, computed once a term."""
    if leaf not in cache:
        method = matched[leaf.method]
        values = method.resampled(leaf.metric, drawn, leaf.average, offset[leaf.method])
        told = method.aus if leaf.aus is None else [au for au in leaf.aus if au in method.aus]
        cache[leaf] = values[:, [method.frames.aus.index(au) for au in told]]
    return cache[leaf]


def difference(first: MethodScores, second: MethodScores, metric: str = "f1", level: float = 0.95) -> Interval | None:
    """Mean over AUs of the first minus the second, on the same frames of the same people; None if either is missing."""
    found = evaluate(score(first, metric) - score(second, metric))
    return None if found is None else found.interval(level)


def ahead(first: MethodScores, second: MethodScores, metric: str = "f1") -> tuple[int, int] | None:
    """On how many AUs the first is above the second, and on how many both have a value."""
    a, b = align(first, second)
    if not a:
        return None
    own, other = (np.array(list(one.per_au(metric).values())) for one in (a, b))
    known = ~np.isnan(own + other)
    return int((own[known] > other[known]).sum()), int(known.sum())
