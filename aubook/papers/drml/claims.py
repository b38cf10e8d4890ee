"""DRML's claims as expressions.  09, 10, 14, 18 and 19 need runs that are not declared: they have no entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from aubook import papers
from aubook.engine.claims import Bench, Claim, Measured, counted, shortage
from aubook.engine.resampling import RESAMPLES, over_items
from aubook.engine.rules import count, equiv, exact, pair, time, trend
from aubook.engine.scores import unique
from aubook.engine.tables import best_validation
from aubook.engine.terms import Effect, Term, best, by_au, combined, evaluate, rank_correlation, share_ahead
from aubook.papers.drml.tables import real_skewness, skewness, with_file, zero_share
from aulib.aus import BP4D_AUS, DISFA_DETECTION_AUS
from aulib.runs import results
from aulib.runs.methods import METHODS
from aulib.runs.results import Record

NETWORKS = ("convnet", "lcn", "alexnet")
SHARED = tuple(au for au in DISFA_DETECTION_AUS if au in BP4D_AUS)


def lead(first: str, *others: str, metric: str = "f1") -> Callable[[Bench], Term]:
    """A method minus the best of others."""
    return lambda m: m(first, metric) - best(*(m(name, metric) for name in others))


def ahead(first: str, second: str, metric: str = "f1") -> Callable[[Bench], Term]:
    """Share of the AUs on which a method is ahead of another."""
    return lambda m: share_ahead(by_au(m.scores(first), metric), by_au(m.scores(second), metric))


def first_of_all(metric: str) -> Callable[[Bench], Measured]:
    """Share of the resamples in which DRML is ahead of all others."""

    def measured(m: Bench) -> Measured:
        term = lead("drml", *NETWORKS, "lsvm", metric=metric)(m)
        effect = evaluate(term)
        if effect is None:
            return Measured(None, term.records)
        return Measured(counted((effect.samples[1:] > 0).mean()), term.records, shortage(term.records, 5))

    return measured


def growth(metric: str) -> Callable[[Bench], Term]:
    """The lead of AlexNet over LSVM on the unseen corpus minus that within the corpus, on the AUs of both."""

    def term(m: Bench) -> Term:
        there = m("alexnet", metric, "disfa", SHARED) - m("lsvm", metric, "disfa", SHARED)
        return there - (m("alexnet", metric, "bp4d", SHARED) - m("lsvm", metric, "bp4d", SHARED))

    return term


def gain_with_skewness(name: str) -> Callable[[Bench], Term | Measured]:
    """Rank correlation of the F1 gain over LSVM with the skewness of the tested frames."""

    def term(m: Bench) -> Term | Measured:
        svm = m.scores("lsvm")
        return rank_correlation(by_au(m.scores(name)) - by_au(svm), skewness(svm)) if svm else Measured(None)

    return term


def distance(m: Bench, name: str) -> Term:
    """Root mean square, over pairs of AUs, between correlations of predicted and of true labels."""
    return combined(np.sqrt, m(name, "relation"))


def counted_of(function: Callable[[list], float], file: str, *names: str, why: str = "", seeds: int = 3):
    """A number that is counted in a file of the records of some methods, given one list of them a method."""

    def measured(m: Bench) -> Measured:
        each = [with_file(m.scores(name), file) for name in names]
        records = unique(record for own in each for record in own)
        if not all(each):
            return Measured(None, records)
        lacking = "; ".join(part for part in (shortage(records, seeds), why) if part)
        return Measured(counted(function(each)), records, lacking)

    return measured


def mean_loss(each: list[list[Record]]) -> float:
    """Mean training loss of the second minus that of the first, over the iterations that both have."""
    losses = [own[0].arrays("history")["loss"] for own in each]
    length = min(8000, *map(len, losses))
    return float(losses[1][:length].mean() - losses[0][:length].mean())


def maps(function: Callable[..., np.ndarray], *names: str) -> Callable[[Bench], Measured]:
    """A mean over items: the function makes one value an item of the networks' saliency arrays, in their order."""

    def measured(m: Bench) -> Measured:
        records = [record for name in names for record in with_file(m.scores(name), "probe-saliency")[:1]]
        if len(records) < len(names):
            return Measured(None, records)
        values = function(*(record.arrays("probe-saliency") for record in records))
        return Measured(Effect(over_items(values)), records, shortage(records, 3))

    return measured


def by_person(key: str, minus: str = "") -> Callable[..., np.ndarray]:
    """A score of the maps, mean over AUs, minus that of a second network, or of the untrained twin, by person."""
    other = minus or key
    return lambda *a: np.nanmean(a[0][key].astype(float) - a[-1][other].astype(float), axis=0)


def wrong_half(first: dict, second: dict) -> np.ndarray:
    """Share of the map in the wrong half of the crop, upper or lower, first minus second, by AU."""
    from aulib.runs.probes import FIGURE_4_AUS

    def share(arrays: dict, au: int) -> float:
        heat = arrays["synthetic"][FIGURE_4_AUS.index(au)].astype(float)
        upper, middle = au in (15, 17, 23, 24), len(heat) // 2
        return float((heat[:middle] if upper else heat[-middle:]).sum() / heat.sum())

    return np.array([share(first, au) - share(second, au) for au in (1, 2, 15, 17, 23, 24)])


def unfocused(arrays: dict) -> np.ndarray:
    """Lift above 1 of AUs 6, 7, 12, 14, 23 and 24, by person."""
    from aulib.runs.probes import FIGURE_4_AUS

    rows = [FIGURE_4_AUS.index(au) for au in (6, 7, 12, 14, 23, 24)]
    return arrays["lift"][rows].mean(axis=0) - 1


def ratio_of_times(slow: str, fast: str, phase: str) -> Callable[[Bench], Measured]:
    """Ratio of median times of an iteration; trials, in which networks took turns, are resampled."""

    def measured(m: Bench) -> Measured:
        record = results.find(papers.find("drml", m.study, "timing"))
        if record is None:
            return Measured(None)
        a, b = (record.arrays("probe-timing")[f"{name}-{phase}"] for name in (slow, fast))
        trials = np.random.default_rng(0).integers(len(a), size=(RESAMPLES, len(a)))
        drawn = np.median(a[trials], axis=1) / np.median(b[trials], axis=1)
        return Measured(Effect(np.r_[np.median(a) / np.median(b), drawn]), [record])

    return measured


def weights(m: Bench) -> Measured:
    """Millions of weights of DRML at the paper's size, counted on the model."""
    from aubook.pages.diagrams import layers

    return Measured(counted(layers("drml")["parameters"].sum() / 1e6))


def skewed(m: Bench) -> Measured:
    """The largest distance of six AUs' negatives per positive from those of BP4D, in our tested frames."""
    one = m.scores("lsvm")
    columns = [BP4D_AUS.index(au) for au in (10, 12, 1, 2, 23, 24)]
    off = np.abs(skewness(one) - real_skewness())[columns].max() if one else np.nan
    return Measured(counted(off) if one else None, one.records, shortage(one.records, 0))


def grids(m: Bench) -> Measured:
    """Best validation AUC of 8 × 8 minus that of the best other grid."""
    each = [m.scores(name) for name in ("grid-8", "grid-5", "grid-10")]
    records = unique(record for one in each for record in one.records)
    if not all(each):
        return Measured(None, records)
    own, *others = map(best_validation, each)
    return Measured(counted(own - max(others)), records, f"{shortage(records, 3)}; one training, no interval")


def both(number: str, rule, first: str, others: Sequence[str], part: str, f1: float, auc: float, setting: str = "bp4d",
         auc_rule=None, seeds: int = 3) -> tuple[Claim, Claim]:  # fmt: skip
    """A lead in F1, and in AUC."""
    return (Claim(number, rule, lead(first, *others), (setting,), f"F1: {part}", f1, seeds=seeds),
            Claim(number, auc_rule or rule, lead(first, *others, metric="auc"), (setting,), f"AUC: {part}", auc,
                  seeds=seeds))  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    *both("DRML-01", pair(0.5), "drml", (*NETWORKS, "lsvm"), "DRML minus the best of four; JPML was not rebuilt", 0.7,
          1.6, seeds=5),
    *(Claim("DRML-01", exact(0.9), first_of_all(metric), ("bp4d",), f"{words}: share of resamples in which DRML leads",
            unit="of the resamples") for metric, words in (("f1", "F1"), ("auc", "AUC"))),
    *both("DRML-02", pair(0.5), "drml", NETWORKS, "DRML minus the best other network", 2.0, 3.8, "disfa", pair(1.0)),
    *both("DRML-03", pair(0.5), "drml", ("convnet",), "DRML minus ConvNet; the shared block was not run", 0.7, 4.1,
          seeds=5),
    *both("DRML-03", pair(0.5), "drml", ("convnet",), "DRML minus ConvNet, on another corpus", 2.9, 6.5, "disfa",
          seeds=5),
    *both("DRML-04", pair(0.5), "drml", ("lcn",), "DRML minus LCN; no learning curve was run", 1.05, 1.6),
    *both("DRML-04", pair(0.5), "drml", ("lcn",), "DRML minus LCN, on another corpus", 2.0, 5.5, "disfa"),
    *both("DRML-05", pair(0.5), "lcn", ("convnet",), "LCN minus ConvNet", -0.4, 2.5),
    Claim("DRML-05", count(11 / 12), ahead("lcn", "convnet"), ("bp4d",), "F1: LCN ahead on 11 of 12 AUs", 0.42,
          "of the AUs"),
    Claim("DRML-05", count(7 / 12), ahead("lcn", "convnet", "auc"), ("bp4d",), "AUC: LCN ahead on 7 of 12 AUs", 0.58,
          "of the AUs"),
    *both("DRML-06", pair(2.0), "alexnet", ("lsvm",), "AlexNet minus LSVM", 1.8, 10.0),
    Claim("DRML-06", count(9 / 12), ahead("alexnet", "lsvm"), ("bp4d",), "F1: AlexNet ahead on 9 of 12 AUs", 0.75,
          "of the AUs"),
    Claim("DRML-06", count(9 / 12), ahead("alexnet", "lsvm", "auc"), ("bp4d",), "AUC: AlexNet ahead on 9 of 12 AUs",
          0.83, "of the AUs"),
    Claim("DRML-07", pair(1.0), growth("f1"), ("disfa",), "F1 on five common AUs", 0.1),
    Claim("DRML-07", pair(1.0), growth("auc"), ("disfa",), "AUC on five common AUs", 14.1),
    *(Claim("DRML-08", trend(), gain_with_skewness(name), ("bp4d",), f"gain of {METHODS[name].title} with skewness",
            printed, "rank correlation")
      for name, printed in (("drml", 0.19), ("alexnet", 0.28), ("convnet", 0.67), ("lcn", 0.56))),
    Claim("DRML-11", pair(0.01), lambda m: distance(m, "alexnet") - distance(m, "drml"), ("bp4d",),
          "AlexNet's distance minus DRML's", 0.0009, "correlation"),
    Claim("DRML-12", pair(), counted_of(mean_loss, "history", "drml", "alexnet", why="one training, no interval"),
          ("first",), "mean loss over common iterations: AlexNet minus DRML", unit="loss"),
    *(Claim("DRML-13", rule, maps(by_person(key), "drml", other), ("first",),
            f"{word}: DRML minus {METHODS[other].title}", unit=word)
      for key, word, rule in (("lift", "lift", pair(0.2)), ("gini", "Gini", pair()))
      for other in ("convnet", "alexnet")),
    Claim("DRML-13", pair(), maps(by_person("lift", "untrained_lift"), "drml"), ("first",),
          "lift: DRML minus its untrained twin", unit="lift"),
    Claim("DRML-15", pair(0.05), maps(wrong_half, "convnet", "drml"), ("first",),
          "wrong half: ConvNet minus DRML, over six AUs", unit="of the energy"),
    Claim("DRML-15", equiv(0.1), maps(unfocused, "alexnet"), ("first",), "AlexNet: lift above 1", unit="lift"),
    *(Claim("DRML-16", exact(40), counted_of(lambda each: zero_share(each[0]), "probe-sparsity", name), ("bp4d",),
            METHODS[name].title, 40, "percent") for name in ("alexnet", "lcn", "drml")),
    Claim("DRML-17", pair(0.3), grids, ("first",), "best validation AUC: 8 × 8 minus the best other"),
    *(Claim("DRML-20", time(1.2), ratio_of_times(slow, fast, phase), ("",),
            f"{phase}: {METHODS[slow].title} to {METHODS[fast].title}", printed, "times")
      for slow, fast, phase, printed in (("drml", "convnet", "train", 3.2), ("lcn", "drml", "train", 2.4),
                                         ("drml", "convnet", "test", 3.7), ("lcn", "drml", "test", 2.9))),
    Claim("DRML-20", exact(53.2, 58.8), weights, ("",), "weights of DRML", 56, "million"),
    Claim("DRML-21", exact(0, 0.1), skewed, ("bp4d",),
          "largest distance from BP4D's; circular: drawn corpora are made to such rates", unit="negatives a positive"),
)  # fmt: skip
