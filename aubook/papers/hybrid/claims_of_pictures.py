"""Claims of the Hybrid paper about feature spaces, first layers, pictures and labels: HYB-01 to 04 and 19 to 21."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from aubook.engine import provenance
from aubook.engine.claims import Bench, Claim, Measured, shortage
from aubook.engine.resampling import draw, over_items, over_people
from aubook.engine.rules import below, count, exact, pair, trend
from aubook.engine.terms import Effect, spearman
from aubook.papers.hybrid import activation, representations
from aubook.papers.hybrid.representations import FEATURES, Spaces
from aulib.runs.results import Record

#: Settings of ``tables.yaml`` whose corpora feature spaces and pictures are of.
BOTH = ("bp4d-3", "gft-3")

#: HYB-01: Fig. 4's neighbours, the first of which is said to have the lower divergence.
ORDER = (("fc7", "hog"), ("hog", "gabor"), ("gabor", "landmarks"))

#: What the order is held to: if these hold as well, or the last does not, learning AUs is not what lowers the measure.
HELD_TO = (("fc7-untrained", "hog"), ("projection", "gabor"), ("fc7", "fc7-untrained"))

#: HYB-02: quantity, first, second, least difference, and whether the claim's own rule names it.
CLUSTERED = (
    ("identity", "identity", "hog", 5, True),
    ("identity", "hog", "fc7", 5, True),
    ("by_au12", "fc7", "hog", 0, True),
    ("smile", "fc7", "hog", 0, False),
    ("by_subject", "identity", "hog", 0, False),
    ("by_subject", "hog", "fc7", 0, False),
    ("verification", "identity", "hog", 5, False),
    ("verification", "hog", "fc7", 5, False),
    ("verification", "fc7-untrained", "fc7", 0, False),
)

#: Its quantities in words, and their units.
QUANTITIES = {
    "identity": ("nearest names person", "points"),
    "verification": ("same person nearer", "points"),
    "by_subject": ("silhouette by person", ""),
    "by_au12": ("silhouette by AU12", ""),
    "smile": ("AUC of AU12 from others", "points"),
}

#: HYB-20: smallest difference of correlations that counts as one.
MARGIN = 0.05


def _lacks(records: Sequence[Record], *more: str, seeds: int = 3) -> str:
    return ", ".join(words for words in (shortage(records, seeds), *more) if words)


def _of_spaces(
    m: Bench, names: Sequence[str], samples: Callable[[Spaces], np.ndarray], *more: str | Callable[[Spaces], str]
) -> Measured:
    """A statistic of the feature spaces of the setting's corpus; it may rest on the networks behind fc7."""
    one = representations.found(m.study).get(m.setting.partition("-")[0])
    if one is None or not set(names) <= set(one.names()):
        return Measured(None)
    learnt = any(name.startswith("fc7") and name != "fc7-untrained" for name in names)
    records = [one.record, *(one.networks if learnt else ())]
    said = [words if isinstance(words, str) else words(one) for words in more]
    return Measured(Effect(samples(one), people=one.weights.shape[1]), records, _lacks(records, *said))


def lower(first: str, second: str, ratio: bool, control: bool) -> Claim:
    """HYB-01: divergence of one feature over that of another, raw or each over its permutation control."""

    def samples(one: Spaces) -> np.ndarray:
        return one.divergence(first, ratio) / one.divergence(second, ratio)

    part = f"{FEATURES[first]} over {FEATURES[second]}, {'over control' if ratio else 'raw'}"
    said = f"{part} (control of ours)" if control else part
    rule = below(1, level=0.9)  # lower in 95 % of the resamples
    return Claim("HYB-01", rule, lambda m: _of_spaces(m, (first, second), samples), BOTH, said, unit="")


def lead(quantity: str, first: str, second: str, least: float, own: bool, space: str) -> Claim:
    """HYB-02: how far one feature is above another, on the same resamples of people."""

    def samples(one: Spaces) -> np.ndarray:
        if quantity == "smile":
            return one.smile(first, space) - one.smile(second, space)
        return over_people(one.by_person(first, quantity, space) - one.by_person(second, quantity, space), one.weights)

    def ceiling(one: Spaces) -> str:
        """What leaves no room for the claim."""
        named = one.statistic(second, "identity", space)[0]
        full = (quantity, second) == ("identity", "hog") and named > 100 - least
        return f"HOG names {named:.1f} % right: no descriptor can be {least} points better" if full else ""

    words, unit = QUANTITIES[quantity]
    part = f"{words}: {FEATURES[first]} above {FEATURES[second]}{'' if own else ' (beside the rule)'}"
    part += ", 50 principal components" if space else ""
    statistic = lambda m: _of_spaces(m, (first, second), samples, ceiling)  # noqa: E731
    return Claim("HYB-02", pair(least), statistic, BOTH, part, unit=unit)


def bound(quantity: str) -> Claim:
    """HYB-03: rank correlation over features of what they know of persons with what they know of AUs."""

    def samples(one: Spaces) -> np.ndarray:
        persons = np.stack([one.statistic(name, quantity)[:1] for name in one.names()], axis=1)
        return spearman(persons, np.array([one.auc(name) for name in one.names()]))

    few = "{} features that differ in everything, for many networks at one training AUC and one that unlearns identity"
    hint = lambda one: few.format(len(one.names()))  # noqa: E731
    statistic = lambda m: _of_spaces(m, ("fc7",), samples, hint)  # noqa: E731
    part = f"rank correlation over features with the mean AU's AUC: {QUANTITIES[quantity][0]}"
    return Claim("HYB-03", trend(negative=True), statistic, BOTH, part, unit="")


def colour(m: Bench) -> Measured:
    """HYB-04: chroma share of the filters after training less before."""
    one = activation.seen(m.study, m.setting.partition("-")[0], "filters")
    if one is None:
        return Measured(None)
    change = over_items(one.arrays["chroma"] - one.arrays["untrained_chroma"])
    return Measured(Effect(change), [one.record], _lacks([one.record], "no network of objects to compare with"))


def hits(m: Bench) -> Measured:
    """HYB-19: hits of the start that has the fewest, over AUs; pictures differ with the noise that they start from."""
    one = activation.seen(m.study, "bp4d")
    if one is None:
        return Measured(None)
    hit = np.array([activation.own_rank(table) == 1 for table in one.arrays["starts_table"]], float)
    drawn = draw([np.arange(hit.shape[1])]).weights
    return Measured(Effect((drawn @ hit.T).min(axis=1)), [one.record], _lacks([one.record]))


def _against(m: Bench, control: str, samples: Callable[[activation.Seen, activation.Seen], np.ndarray], *more: str):
    """A statistic of the BP4D-like network's pictures and those of a control."""
    found = activation.all_seen(m.study, ("bp4d", control))
    if len(found) < 2:
        return Measured(None)
    records = [one.record for one in found.values()]
    return Measured(Effect(over_items(samples(*found.values()))), records, _lacks(records, *more))


def lift(m: Bench) -> Measured:
    """HYB-19: lift in the AU's true region, over AUs, against the network of shuffled codes."""
    return _against(m, "shuffled", lambda one, control: one.arrays["lift"] - control.arrays["lift"])


#: What HYB-20 lacks here.
_ALONE = ("starts are no trainings", "no single-label network is run")


def match(m: Bench) -> Measured:
    """HYB-20: AU6's picture and AU12's mouth, over starts."""
    return _against(m, "independent", lambda one, control: activation.smile(one), *_ALONE)


def corpus(m: Bench) -> Measured:
    """HYB-20: the same less that of independent AUs, start by start."""

    def samples(one: activation.Seen, control: activation.Seen) -> np.ndarray:
        pairs = zip(activation.smile(one), activation.smile(control), strict=False)
        return np.array([a - b for a, b in pairs])

    return _against(m, "independent", samples, *_ALONE)


def _of_labels(m: Bench, statistic: Callable[[dict[int, np.ndarray], Callable], np.ndarray]) -> Measured:
    """A statistic of the tested people's labels, which it is given by AU, and of how often something is so."""
    method = m.scores("anet")
    if not method:
        return Measured(None)
    frames = method.frames
    people, person = np.unique(frames.subject, return_inverse=True)
    drawn = draw(method.groups).of(people)
    often = lambda so: drawn @ np.bincount(person, so, len(people))  # noqa: E731
    circular = any(provenance.source(record) == "synthetic" for record in method.records)
    why = _lacks(method.records, *["drawn labels repeat what they were calibrated to"] * circular, seeds=0)
    samples = statistic({au: frames.truth[:, k] for k, au in enumerate(frames.aus)}, often)
    return Measured(Effect(samples, people=len(people), frames=len(frames)), method.records, why)


def company(au: int) -> Callable[[Bench], Measured]:
    """HYB-21: how often an AU occurs with AU12, over how often without it."""

    def ratio(labels: dict[int, np.ndarray], often: Callable) -> np.ndarray:
        own, smile = labels[au], labels[12]
        with_, without = (often((own == 1) & (smile == s)) / often((own >= 0) & (smile == s)) for s in (1, 0))
        return with_ / without

    return lambda m: _of_labels(m, ratio)


def skew(m: Bench) -> Measured:
    """HYB-21: the largest over the smallest base rate; AUs that a resample does not show are left out of it."""

    def ratio(labels: dict[int, np.ndarray], often: Callable) -> np.ndarray:
        rates = np.array([often(own == 1) / often(own >= 0) for own in labels.values()])
        rates[rates == 0] = np.nan
        return np.nanmax(rates, axis=0) / np.nanmin(rates, axis=0)

    return _of_labels(m, ratio)


CLAIMS: tuple[Claim, ...] = (
    *(lower(*two, ratio, two in HELD_TO) for two in ORDER + HELD_TO for ratio in (False, True)),
    *(lead(*row, space) for space in ("", "-50") for row in CLUSTERED),
    *(bound(quantity) for quantity in ("identity", "verification")),
    Claim("HYB-04", below(0), colour, BOTH, "chroma share of the first layer after training less before", unit=""),
    Claim("HYB-19", count(6), hits, BOTH[:1], "top-1 hits of the start with the fewest", unit="of 12"),
    Claim("HYB-19", pair(), lift, BOTH[:1], "lift in the AU's region against the network of shuffled codes", unit=""),
    Claim("HYB-20", pair(MARGIN), match, BOTH[:1], "match of AU6's picture with AU12's mouth, correlated AUs", unit=""),
    Claim("HYB-20", pair(MARGIN), corpus, BOTH[:1], "that match less the one with independent AUs", unit=""),
    Claim("HYB-21", exact(1), company(6), BOTH, "AU6 with AU12 over without", unit="times"),
    Claim("HYB-21", exact(0, 1), company(15), BOTH, "AU15 with AU12 over without", unit="times"),
    Claim("HYB-21", exact(10), skew, ("plus-within",), "largest over smallest base rate", 10, "times"),
)
