"""Rules that decide a claim from an effect and its interval, fixed before the first run.

===========  ====================================================  ===========================================
rule         supported                                             contradicted
===========  ====================================================  ===========================================
``pair``     interval above 0, value at least the minimal effect    interval below 0, or wholly below the effect
``equiv``    90 % interval within the margin                        outside
``noninf``   lower end above minus the margin                       upper end below it
``count``    the share holds in 95 % of the resamples               it fails in 95 %
``trend``    interval of the correlation below (above) 0 and a      interval on the other side
             permutation p below .05
``below``    interval below a bound                                above it
``time``     interval of the ratio of medians above a ratio         interval below it
``exact``    counted, and so                                        counted, and not so
===========  ====================================================  ===========================================

Between them a claim is *undecided*; and *beyond resolution* where half the interval is wider than the effect that is
asked about: then more people are needed, and nothing was learnt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from aubook.engine.resampling import Interval
from aubook.engine.terms import Effect

Word = Literal["supported", "supported but smaller", "contradicted", "undecided", "beyond resolution"]


@dataclass(frozen=True)
class Rule:
    """How a claim is decided.

    Parameters
    ----------
    name : str
        As in ``claims.csv``.
    size : float
        Minimal effect or margin, in the unit of the statistic.
    level : float
        Of the interval.
    decide : callable
        Interval, size -> supported, contradicted or undecided.
    """

    name: str
    size: float
    level: float
    decide: Callable[[Interval, float], Word]
    says: str

    def __str__(self) -> str:
        return self.says.format(size=f"{self.size:g}")

    def word(self, effect: Effect, published: float | None = None) -> Word:
        """What the rule says of an effect; it is smaller below half of what is published."""
        found = effect.interval(self.level)
        if np.isnan(found.value) or np.isnan(found.low):
            return "undecided"
        word = self.decide(found, self.size)
        if self.name == "trend" and word == "supported" and not effect.p < 0.05:
            return "undecided"
        if word == "supported" and self.name in ("pair", "time") and published and found.value < published / 2:
            return "supported but smaller"
        wide = word == "undecided" and self.size > 0 and (found.high - found.low) / 2 > self.size
        return "beyond resolution" if wide else word


def resolution(effect: Effect, rule: Rule) -> float:
    """The smallest effect that this design could have seen: with a power of .8, max(2.8 SE, minimal + .84 SE).

    NaN where something is counted.
    """
    if rule.name == "exact":
        return float("nan")
    return max(2.8 * effect.error, rule.size + 0.84 * effect.error)


def p_value(effect: Effect) -> float:
    """Twice the smaller tail share of the resamples beyond 0, (k + 1) / (R + 1)."""
    drawn = effect.samples[1:][~np.isnan(effect.samples[1:])]
    if not len(drawn) or np.isnan(effect.samples[0]):
        return float("nan")
    k = min((drawn <= 0).sum(), (drawn >= 0).sum())
    return min(1.0, 2 * (k + 1) / (len(drawn) + 1))


def pair(size: float = 0.0) -> Rule:
    """One is better than the other by at least so much."""

    def decide(found: Interval, size: float) -> Word:
        if found.low > 0 and found.value >= size:
            return "supported"
        return "contradicted" if found.high < max(0.0, size) else "undecided"

    return Rule("pair", size, 0.95, decide, "interval above 0, value ≥ {size}" if size else "interval above 0")


def equiv(margin: float) -> Rule:
    """Both are the same up to a margin."""

    def decide(found: Interval, margin: float) -> Word:
        if -margin <= found.low and found.high <= margin:
            return "supported"
        return "contradicted" if found.low > margin or found.high < -margin else "undecided"

    return Rule("equiv", margin, 0.9, decide, "90 % interval within ± {size}")


def noninf(margin: float) -> Rule:
    """Nothing that matters is lost."""

    def decide(found: Interval, margin: float) -> Word:
        if found.low > -margin:
            return "supported"
        return "contradicted" if found.high < -margin else "undecided"

    return Rule("noninf", margin, 0.95, decide, "interval above −{size}")


def count(share: float) -> Rule:
    """At least this share, of AUs or of resamples, in 95 % of the resamples."""

    def decide(found: Interval, share: float) -> Word:
        if found.low >= share:
            return "supported"
        return "contradicted" if found.high < share else "undecided"

    return Rule("count", share, 0.9, decide, "at least {size} in 95 % of the resamples")


def trend(negative: bool = False) -> Rule:
    """A rank correlation has a sign; the permutation test is that of :func:`~aubook.engine.terms.permutation_p`."""

    def decide(found: Interval, _: float) -> Word:
        low, high = (-found.high, -found.low) if negative else (found.low, found.high)
        return "supported" if low > 0 else "contradicted" if high < 0 else "undecided"

    side = "below" if negative else "above"
    return Rule("trend", 0.0, 0.95, decide, f"interval {side} 0, permutation p < .05")


def below(bound: float, level: float = 0.95) -> Rule:
    """A quotient, or a loss, stays under a bound."""

    def decide(found: Interval, _: float) -> Word:
        return "supported" if found.high < bound else "contradicted" if found.low > bound else "undecided"

    return Rule("below", 0.0, level, decide, f"{100 * level:g} % interval below {bound:g}")


def time(ratio: float) -> Rule:
    """One takes longer than the other, by at least a ratio."""

    def decide(found: Interval, ratio: float) -> Word:
        return "supported" if found.low > ratio else "contradicted" if found.high < ratio else "undecided"

    return Rule("time", ratio, 0.95, decide, "interval above {size}")


def exact(least: float, most: float = float("inf")) -> Rule:
    """A number that is counted lies in a range."""

    def decide(found: Interval, _: float) -> Word:
        return "supported" if least <= found.value <= most else "contradicted"

    return Rule("exact", 0.0, 0.95, decide, f"from {least:g}" + (f" to {most:g}" if np.isfinite(most) else " on"))
