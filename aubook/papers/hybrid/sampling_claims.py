"""What the Hybrid paper claims about sampling (HYB-13 to HYB-18), decided by rules that were fixed before any run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from aubook.engine import provenance
from aubook.engine.table import Table
from aubook.papers.drml.tables import UNDERTRAINED, _note
from aubook.papers.hybrid import decisions, resampling, sampling
from aubook.papers.hybrid.common import Interval
from aubook.papers.hybrid.runs import corpus_of
from aubook.papers.hybrid.sampling_printed import WHERE, printed, printed_gain
from aubook.papers.hybrid.sampling_runs import LIKE, Run, Scores, Where, base_rates, measured, runs
from aubook.papers.hybrid.sampling_study import history_of, trained_on
from aubook.papers.hybrid.threshold_shift import Account, account, tuned
from aubook.study import Study
from aulib.runs.profiles import profile

#: AUs that the paper counts among the frequent ones, and of which nothing is said to be lost.
FREQUENT = (6, 7, 10, 12)
#: Points that a difference must reach to matter, or stay below not to.
MINIMAL, MARGIN = 2.0, 1.0
#: Part of the gain that another threshold must recover for MOMU to be a threshold in disguise.
PART = 0.8


class Row(NamedTuple):
    """One claim on one corpus."""

    claim: str
    what: str
    printed: str
    ours: str
    rule: str
    verdict: str


def above(
    found: dict[str, list[Run]],
    strategy: str,
    where: Where,
    measure="f1",
    limit: Callable[[Run], np.ndarray | float] = lambda run: 0.5,
) -> Scores | None:
    """What a strategy has above random sampling; None if either is not run."""
    one, random = (measured(found.get(name, []), where, measure, limit) for name in (strategy, "random"))
    return None if one is None or random is None else one - random


def gains(study: str | Study) -> Table:
    """Stratification and MOMU above random sampling: means over AUs, by measure, within and between, both corpora."""
    study = Study(study) if isinstance(study, str) else study
    by_training = {corpus: runs(study, corpus) for corpus in LIKE}
    used = [run.record for found in by_training.values() for of in found.values() for run in of]
    ours, rows = provenance.ours(used), {}
    for corpus, like in LIKE.items():
        for where in WHERE:
            found = by_training[trained_on(corpus, where)]
            for title, measure, limit in (("F1 at 0.5", "f1", lambda run: 0.5), ("F1, tuned", "f1", _tuned(where)),
                                          ("AUC", "auc", lambda run: 0.5)):  # fmt: skip
                row = {}
                for strategy, head in (("stratified", "MS"), ("momu", "MOMU")):
                    told = printed_gain(corpus, where, head).mean()
                    row["printed cells, real data", f"{head} − RS"] = f"{told:+.1f}" if title == "F1 at 0.5" else "–"
                    gain = above(found, strategy, where, measure, limit)
                    row[ours, f"{head} − RS"] = "not run" if gain is None else str(gain.mean())
                rows[f"{like}, {where}: {title}"] = row
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("tested")
    frame.columns = pd.MultiIndex.from_tuples(frame.columns)
    frame = frame[sorted(frame.columns, key=lambda column: column[0] != "printed cells, real data")]
    note = _note(
        "Points, mean over the AUs that are coded where a network is trained and where it is tested; in brackets the "
        "95 % interval over subjects, which covers other people of this corpus and not another training. Tuned: each "
        "network at the thresholds of highest F1 on its own validation people, who belong to the corpus that trains."
    )
    return Table(frame, "Above random sampling, points", [provenance.line(used), note])


def _tuned(where: Where) -> Callable[[Run], np.ndarray]:
    def limit(run: Run) -> np.ndarray:
        own = dict(zip(run.within.aus, tuned(run), strict=True))
        given = run.within if where == "within" else run.between
        assert given is not None
        return np.array([own[au] for au in given.aus])

    return limit


def verdicts(study: str | Study) -> Table:
    """HYB-13 to HYB-18 on the GFT-like and the BP4D+-like corpus: printed, ours, the rule, and what it says."""
    study = Study(study) if isinstance(study, str) else study
    rows, used = [], []
    for corpus, like in LIKE.items():
        within, from_other = (runs(study, trained_on(corpus, where)) for where in WHERE)
        every = [run for found in (within, from_other) for of in found.values() for run in of]
        used += [run.record for run in every]
        doubtful = any(run.undertrained for run in every)
        for row in _rows(study, corpus, within, from_other):
            marked = doubtful and row.verdict in (decisions.HOLDS, decisions.FAILS) and row.rule != _COUNTED
            verdict = f"{row.verdict} ({UNDERTRAINED})" if marked else row.verdict
            rows.append((row.claim, like, row.what, row.printed, row.ours, row.rule, verdict))
    columns = ["claim", "corpus", "statistic", "printed, real data", "ours", "holds if", "verdict"]
    frame = pd.DataFrame(rows, columns=columns).sort_values("claim", kind="stable").set_index("claim")
    frame = frame.rename(columns={"ours": provenance.ours(used)})
    unique = list({record.key: record for record in used}.values())
    notes = [
        "Points of a hundred, means over AUs. Intervals of 95 % (90 % where a difference has to be nothing) are over "
        "the tested people: other people of this corpus, not another training or seed. Curves of training F1 are "
        "known by AU only: their intervals are over AUs, of one training each.",
        "Not tested here: whether the gain grows with the skew of the corpus (HYB-15; two corpora that differ in more "
        "than skew cannot say), and whether redundant frames are why frequent AUs lose nothing (HYB-16; no corpus of "
        "independent frames is among the runs). Drawn faces decide nothing about real ones.",
    ]
    return Table(frame, "What Section 5.3 claims", [provenance.line(unique), *map(_note, notes)])


_COUNTED = "in this order, counted"


def _rows(study: Study, corpus: str, within: dict[str, list[Run]], from_other: dict[str, list[Run]]) -> Iterator[Row]:
    told = {where: printed_gain(corpus, where) for where in WHERE}
    averages = printed(corpus, "between").loc["avg"]
    yield _pair("HYB-13", "F1, MOMU − RS, within", f"{told['within'].mean():+.1f}", above(within, "momu", "within"))
    yield _same("HYB-13", "F1, MS − RS, within", f"{printed_gain(corpus, 'within', 'MS').mean():+.1f}",
                above(within, "stratified", "within"))  # fmt: skip
    published = f"{told['between'].mean():+.1f}"
    if corpus == "plus":
        published += f" by the cells, {averages['MOMU'] - averages['RS']:+.0f} by the averages"
    yield _pair("HYB-14", "F1, MOMU − RS, between", published, above(from_other, "momu", "between"))
    gain = above(within, "momu", "within")
    yield _trend("F1", within, gain)
    yield _trend("AUC", within, above(within, "momu", "within", "auc"))
    frequent = told["within"][[str(au) for au in FREQUENT]].mean()
    yield _frequent("F1", f"{frequent:+.1f}", gain)
    yield _frequent("AUC", "–", above(within, "momu", "within", "auc"))
    yield from _threshold(account(study, corpus), told["within"].mean())
    yield from _training(within)
    yield from _batches(study, corpus)


def _missing(claim: str, what: str, told: str, rule: str) -> Row:
    return Row(claim, what, told, "–", rule, decisions.NOT_RUN)


def _pair(claim: str, what: str, told: str, gain: Scores | None) -> Row:
    rule = f"interval above 0, value ≥ {MINIMAL:g}"
    if gain is None:
        return _missing(claim, what, told, rule)
    found = gain.mean()
    return Row(claim, what, told, str(found), rule, decisions.verdict(found, MINIMAL))


def _same(claim: str, what: str, told: str, gain: Scores | None) -> Row:
    rule = f"90 % interval within ± {MARGIN:g}"
    if gain is None:
        return _missing(claim, what, told, rule)
    found = gain.mean(0.9)
    return Row(claim, what, told, str(found), rule, decisions.verdict(found, MARGIN, decisions.equivalent))


def _trend(title: str, within: dict[str, list[Run]], gain: Scores | None) -> Row:
    what = f"rank correlation over AUs of the gain in {title} with the base rate"
    told, rule = "negative" if title == "F1" else "–", "interval below 0, permutation p < .05"
    if gain is None:
        return _missing("HYB-15", what, told, rule)
    found, p = trend(gain, base_rates(within["momu"][0]))
    ours = f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f}), p = {p:.3f}"
    return Row("HYB-15", what, told, ours, rule, decisions.falling(found, p))


def trend(gain: Scores, rates: np.ndarray) -> tuple[Interval, float]:
    """Rank correlation over AUs of a gain with base rates, its interval over subjects, and a permutation p.

    Parameters
    ----------
    gain : Scores
    rates : ndarray of float, shape (A,)
    """
    known = ~np.isnan(gain.values[0])
    p = decisions.permutation_p(gain.values[0, known], rates[known])
    return resampling.interval(decisions.rank_correlation(gain.values, rates)), p


def _frequent(title: str, told: str, gain: Scores | None) -> Row:
    what, rule = f"{title} on AUs 6, 7, 10, 12, MOMU − RS", f"interval above −{MARGIN:g}"
    if gain is None:
        return _missing("HYB-16", what, told, rule)
    of = gain.of(FREQUENT)
    if len(of.aus) < len(FREQUENT):
        what = f"{title} on AUs {', '.join(map(str, of.aus))}, MOMU − RS"
    found = of.mean()
    verdict = decisions.verdict(found, MARGIN, decisions.not_worse)
    return Row("HYB-16", what, told, str(found), rule, verdict)


def _threshold(one: Account | None, told: float) -> Iterator[Row]:
    what, rule = "F1 and AUC, MOMU − RS", f"F1 above 0 by its interval, 90 % interval of AUC within ± {MARGIN:g}"
    part, needs = "F1 won by tuning RS, less 80 % of MOMU's gain", "interval not below 0; MOMU gains"
    if one is None:
        yield _missing("HYB-17", what, f"{told:+.1f} and about 0", rule)
        yield _missing("HYB-17", part, "–", needs)
        return
    f1, auc = resampling.interval(one.gain), (one.auc["momu"] - one.auc["random"]).mean(0.9)
    verdict = decisions.together([decisions.pair(f1), decisions.equivalent(auc, MARGIN)])
    yield Row("HYB-17", what, f"{told:+.1f} and about 0", f"{f1} and {auc}", rule, verdict)
    beyond = one.beyond("tuned", PART)
    sure = f1.low > 0
    word = decisions.at_least(beyond) if sure else f"{decisions.OPEN}: no sure gain to share"
    yield Row("HYB-17", part, "–", str(beyond), needs, word)


def roughness(curve: np.ndarray) -> np.ndarray:
    """Mean absolute second difference of curves, by AU, (E, A) to (A,): 0 for a straight line."""
    return np.abs(np.diff(curve, 2, axis=0)).mean(axis=0)


def _training(within: dict[str, list[Run]]) -> Iterator[Row]:
    rough, end = "roughness of training F1, RS − MS", "training F1 at the end, MS − RS"
    smoother, same = "interval over AUs above 0", f"90 % interval over AUs within ± {MARGIN:g}"
    curves = [
        100 * history_of(of[0])["training_f1"]
        for name in ("random", "stratified")
        if (of := within.get(name)) and "training_f1" in history_of(of[0])
    ]
    if len(curves) < 2 or min(map(len, curves)) < 3:
        yield _missing("HYB-18", rough, "smoother", smoother)
        yield _missing("HYB-18", end, "similar", same)
        return
    random, stratified = curves
    found = resampling.over_items(roughness(random) - roughness(stratified))
    ours = f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
    yield Row("HYB-18", rough, "smoother", ours, smoother, decisions.pair(found))
    found = resampling.over_items(stratified[-1] - random[-1], 0.9)
    verdict = decisions.verdict(found, MARGIN, decisions.equivalent)
    yield Row("HYB-18", end, "similar", str(found), same, verdict)


def variation(counts: np.ndarray) -> tuple[float, float]:
    """Coefficients of variation of AU counts: over AUs within a batch, and over batches of an AU; means.

    Parameters
    ----------
    counts : ndarray of int, shape (B, A)
        Frames of a batch that show an AU.
    """
    within = counts.std(axis=1) / np.maximum(counts.mean(axis=1), 1e-9)
    between = counts.std(axis=0) / np.maximum(counts.mean(axis=0), 1e-9)
    return float(within.mean()), float(between.mean())


def _batches(study: Study, corpus: str) -> Iterator[Row]:
    name = corpus_of(study, corpus)
    rule = _COUNTED
    if name is None:
        return
    frames = profile(study.profile).corpus_options(name, video=True)["frames_per_sequence"]
    found = {s: variation(sampling.counts(name, s, frames)) for s in ("random", "stratified", "momu")}
    within = [found[s][0] for s in ("random", "stratified", "momu")]
    between = [found[s][1] for s in ("random", "stratified")]
    for what, values in (("spread of AUs within a batch, RS > MS > MOMU", within),
                         ("spread of an AU between batches, RS > MS", between)):  # fmt: skip
        falls = all(a > b for a, b in pairwise(values))
        yield Row("HYB-18", what, "bars", " > ".join(f"{v:.3f}" for v in values) if falls else
                  ", ".join(f"{v:.3f}" for v in values), rule, decisions.exact(falls))  # fmt: skip
