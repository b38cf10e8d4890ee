"""Claims HYB-01 to HYB-03, about person and AU in feature spaces, decided from what was measured."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from aubook.engine.table import EMPTY, Table
from aubook.papers.hybrid.common import Interval
from aubook.papers.hybrid.decisions import NOT_RUN, OPEN, Word, pair, together
from aubook.papers.hybrid.measured import CORPORA, FEATURES, Measured, found
from aubook.papers.hybrid.representations import below
from aubook.study import Study

#: Fig. 4's neighbours: the first is said to have the lower divergence.
ORDER = (("fc7", "hog"), ("hog", "gabor"), ("gabor", "landmarks"))

#: What the order is held to: if these hold as well, or the last does not, learning AUs is not what lowers the measure.
HELD_TO = (("fc7-untrained", "hog"), ("projection", "gabor"), ("fc7", "fc7-untrained"))

#: Least difference of HYB-02, in points.
POINTS = 5.0


def decided(difference: Interval, minimal: float = 0.0) -> Word:
    """Whether a claimed lead is there.

    ``holds``: the interval lies above 0 and the value is at least `minimal`.  ``does not hold``: the interval lies
    below 0, or wholly below `minimal`.
    """
    return pair(difference, minimal) if np.isfinite(difference).all() else OPEN


def _all(verdicts: list[Word]) -> Word:
    """Of a claim with several parts."""
    return together([one for one in verdicts if one != NOT_RUN])


def quotient(measured: Measured, first: str, second: str, ratio: bool) -> tuple[Interval, Word]:
    """Divergence of one feature over that of another, and whether it is lower in at least 95 % of resamples.

    The interval is that between the 5th and the 95th percentile, so its upper end decides.
    """
    one, other = (measured.divergence(name, ratio) for name in (first, second))
    share = measured.over_people(lambda drawn: one(drawn) / other(drawn), level=0.9)
    return share, decided(Interval(*(-np.log(v) for v in (share.value, share.high, share.low))))


def order(profile: str | Study) -> Table:
    """HYB-01: the order of Fig. 4 in raw divergence, as claimed, and over the permutation control."""
    columns = pd.MultiIndex.from_product([("raw, as printed", "over control"), ("quotient", "verdict")])
    measured = found(profile)
    rows: dict[str, list[str]] = {}
    verdicts: dict[tuple[str, bool], list[Word]] = {}
    for corpus, title in CORPORA.items():
        one = measured.get(corpus)
        for first, second in (*ORDER, *HELD_TO):
            kind = "" if (first, second) in ORDER else " [check]"
            key = f"{title}: {FEATURES[first]} below {FEATURES[second]}{kind}"
            if one is None or not {first, second} <= set(one.names()):
                rows[key] = [EMPTY, "not run"] * 2
                continue
            cells: list[str] = []
            for ratio in (False, True):
                share, verdict = quotient(one, first, second, ratio)
                cells += [f"{share.value:.2f} ({share.low:.2f} to {share.high:.2f})", verdict]
                if not kind:
                    verdicts.setdefault((title, ratio), []).append(verdict)
            rows[key] = cells
    frame = pd.DataFrame.from_dict(rows, orient="index").set_axis(columns, axis=1).rename_axis("claim")
    whole = [
        f"The whole order, {title}: raw {_all(verdicts.get((title, False), []))}, over control "
        f"{_all(verdicts.get((title, True), []))}."
        for title in CORPORA.values()
    ]
    return Table(
        frame,
        "HYB-01. Is the divergence between people lower in the first feature than in the second?",
        below(
            profile,
            list(measured.values()),
            *whole,
            "Quotient of the two divergences; in brackets the 5th and 95th percentile over resampled people. It holds "
            "if the first is lower in at least 95 % of resamples.",
            "Rows marked [check] are not the paper's: they ask whether a network that has learnt nothing, or a random "
            "projection of pixels, comes out as the claim has it, and whether training lowers the measure at all.",
        ),
    )


#: What a quantity is called, and its decimals.
_WORDS = {
    "identity": ("nearest names person, points", 1),
    "verification": ("same person nearer, points", 1),
    "by_subject": ("silhouette by person", 2),
    "by_au12": ("silhouette by AU12", 2),
    "smile": ("AU12 from others, AUC points", 1),
}


#: Rows of HYB-02: quantity, first, second, least difference, and whether the claim's own rule names it.
ROWS = (
    ("identity", "identity", "hog", POINTS, True),
    ("identity", "hog", "fc7", POINTS, True),
    ("by_au12", "fc7", "hog", 0.0, True),
    ("smile", "fc7", "hog", 0.0, False),
    ("by_subject", "identity", "hog", 0.0, False),
    ("by_subject", "hog", "fc7", 0.0, False),
    ("verification", "identity", "hog", POINTS, False),
    ("verification", "hog", "fc7", POINTS, False),
    ("verification", "fc7-untrained", "fc7", 0.0, False),
)


def clustering(profile: str | Study, space: str = "") -> Table:
    """HYB-02: the face descriptor knows people better than HOG, HOG better than fc7; fc7 keeps AU12 together."""
    measured = found(profile)
    columns = pd.MultiIndex.from_product([CORPORA.values(), ("difference", "verdict")])
    rows: dict[str, list[str]] = {}
    verdicts: dict[str, list[Word]] = {title: [] for title in CORPORA.values()}
    for corpus, title in CORPORA.items():
        one = measured.get(corpus)
        for quantity, first, second, minimal, rule in ROWS:
            words, decimals = _WORDS[quantity]
            key = f"{words}: {FEATURES[first]} above {FEATURES[second]}{'' if rule else ' [beside the rule]'}"
            cells = rows.setdefault(key, [])
            if one is None or not {first, second} <= set(one.names()):
                cells += [EMPTY, "not run"]
                continue
            difference = lead(one, quantity, first, second, space)
            verdict = decided(difference, minimal)
            value, low, high = (f"{v:+.{decimals}f}" for v in difference)
            cells += [f"{value} ({low} to {high})", verdict]
            if rule:
                verdicts[title].append(verdict)
    frame = pd.DataFrame.from_dict(rows, orient="index").set_axis(columns, axis=1).rename_axis("claim")
    where = "50 principal components" if space else "the full feature space"
    notes = [f"The claim as a whole, {title}: {_all(given)}." for title, given in verdicts.items()]
    for corpus, one in measured.items():
        named = one.mean("hog", "identity", space).value
        if named > 100 - POINTS:
            notes.append(
                f"{CORPORA[corpus]}: neighbours in HOG name {named:.1f} % of frames right, so that no descriptor can "
                f"be {POINTS:.0f} points better: see the rows beside the rule."
            )
    return Table(
        frame,
        f"HYB-02. Which features are arranged by person, which by AU, in {where}",
        below(
            profile,
            list(measured.values()),
            *notes,
            f"Differences with intervals over people. The rule asks for {POINTS:.0f} points where a name is asked for.",
        ),
    )


def lead(measured: Measured, quantity: str, first: str, second: str, space: str = "") -> Interval:
    """How far one feature is above another, on the same resamples of people."""
    if quantity == "smile":
        one, other = (measured.smile(name, space) for name in (first, second))
        return measured.over_people(lambda drawn: one(drawn) - other(drawn))
    one_value, other_value = (measured.by_person(name, quantity, space) for name in (first, second))
    return measured.over_people(lambda drawn: float(np.nanmean((one_value - other_value)[drawn])))


def less_bound(profile: str | Study) -> Table:
    """HYB-03, as far as these features go: rank correlation of what they know of persons and of AUs."""
    measured = found(profile)
    columns = ["features", "nearest names person", "same person nearer"]
    rows = {}
    for corpus, title in CORPORA.items():
        one = measured.get(corpus)
        if one is None:
            rows[title] = ["not run", EMPTY, EMPTY]
            continue
        names = one.names()
        told = [float(np.nanmean(one.near[f"{name}/auc"])) for name in names]
        ranks = [
            float(spearmanr([np.nanmean(one.by_person(name, quantity)) for name in names], told).statistic)
            for quantity in ("identity", "verification")
        ]
        rows[title] = [str(len(names)), *(f"{rank:+.2f}" for rank in ranks)]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("corpus")
    return Table(
        frame,
        "HYB-03. Rank correlation over features: knowledge of the person with mean AU AUC (other people vote)",
        below(
            profile,
            list(measured.values()),
            "The claim says negative. It asks for many networks at one training AUC, and for one whose loss removes "
            "identity. A handful of features that differ in everything can hint, no more: there is no verdict.",
        ),
    )
