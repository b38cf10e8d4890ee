"""What the Hybrid paper claims, as expressions.  Sentences and printed effects come from ``published/claims.csv``.

Parts on smoothing, on shuffled frames and on intersection over union are controls of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from aubook.engine.claims import Bench, Claim, Measured
from aubook.engine.resampling import over_items
from aubook.engine.rules import count, equiv, exact, noninf, pair, trend
from aubook.engine.scores import MethodScores
from aubook.engine.tables import printed_difference, spec
from aubook.engine.terms import Effect, Term, best, by_au, rank_correlation, score, share_ahead
from aubook.engine.transforms import shift
from aubook.papers.hybrid import rates, sampling
from aubook.papers.hybrid.claims_of_pictures import CLAIMS as OF_PICTURES
from aubook.papers.hybrid.runs import corpus_of
from aulib.runs.profiles import profile

FOUR = ("gft-3", "gft-10", "bp4d-3", "bp4d-10")
THREE, TEN, FIRST = FOUR[::2], FOUR[1::2], ("first",)
WITHIN, BETWEEN = ("gft-within", "plus-within"), ("gft-between", "plus-between")

#: AUs that the paper counts among the frequent ones, and of which nothing is said to be lost.
FREQUENT = (6, 7, 10, 12)


def printed(first: str, second: str, table: str = "differences") -> Callable[[str], float]:
    """What the paper's own tables give for a difference, by setting."""
    return lambda setting: printed_difference(spec("hybrid", table), first, second, setting)


def three_of(setting: str) -> str:
    """The setting of three folds beside one of ten."""
    return setting.replace("-10", "-3")


def lead(m: Bench, setting: str = "") -> Term:
    """ANet above the SVM."""
    return m("anet", setting=setting) - m("svm-hog", setting=setting)


def gain_in_events(m: Bench, name: str, metric: str = "event") -> Term:
    """What a method gains over ANet in F1 of events beyond what it gains in F1-frame."""
    return (m(name, metric) - m("anet", metric)) - (m(name) - m("anet"))


def gain_by_rate(m: Bench, metric: str) -> Term:
    """Rank correlation over AUs of MOMU's gain with the base rate of the frames that train."""
    momu, random = m.scores("MOMU"), m.scores("RS")
    known = rates.base_rates(random.runs[0]) if random else {}
    shared = [au for au in random.aus if au in momu.aus and au in known]
    return rank_correlation(by_au(momu, metric, shared) - by_au(random, metric, shared), [known[au] for au in shared])


def recovered(m: Bench) -> Term:
    """What tuning random sampling's thresholds gains, less four fifths of what MOMU gains at one half."""
    return (m("RS", tuned=True) - m("RS")) - 0.8 * (m("MOMU") - m("RS"))


def by_known_rates(m: Bench) -> Term:
    """MOMU at one half above random sampling at the thresholds that MOMU's rates imply."""
    random, momu = m.scores("RS"), m.scores("MOMU")
    return m("MOMU") - score(shifted(random, momu))


def shifted(random: MethodScores, momu: MethodScores) -> MethodScores:
    """Random sampling at the thresholds that the rates of MOMU's batches imply, without a look at any score."""
    other = {run.fold: run for run in momu.runs}
    limits = {run.fold: {au: rates.equivalent_threshold(by) for au, by in rates.shift(run, other[run.fold]).items()}
              for run in random.runs if run.fold in other}  # fmt: skip
    return shift(random, lambda frames, _: limits.get(int(frames.fold[0]), {}), "shifted")


def training_curve(m: Bench, name: str) -> np.ndarray | None:
    """F1 of watched training frames, percent, (E, A); None if there are fewer than three evaluations."""
    record = next(iter(m.scores(name).records), None)
    if record is None or not record.has("history") or "training_f1" not in (history := record.arrays("history")):
        return None
    return 100 * history["training_f1"] if len(history["training_f1"]) > 2 else None


def roughness(curve: np.ndarray) -> np.ndarray:
    """Mean absolute second difference of curves, by AU, (E, A) to (A,): 0 for a straight line."""
    return np.abs(np.diff(curve, 2, axis=0)).mean(axis=0)


def training(m: Bench, what: Callable[[np.ndarray], np.ndarray], sign: int) -> Measured:
    """Random sampling minus stratification, or the other way round, in something of their training curves."""
    curves = [training_curve(m, name) for name in ("RS", "MS")]
    records = [*m.scores("RS").records, *m.scores("MS").records]
    if curves[0] is None or curves[1] is None:
        return Measured(None, records)
    samples = over_items(sign * (what(curves[0]) - what(curves[1])))
    return Measured(Effect(samples), records, "one training each: the interval is over AUs")


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


def batches(m: Bench, axis: int, strategies: tuple[str, ...]) -> Measured:
    """The smallest step from one strategy to the next in the spread of AU counts; above 0 they stand in this order."""
    name = corpus_of(m.study, m.setting.partition("-")[0])
    if name is None:
        return Measured(None)
    frames = profile(m.study.profile).corpus_options(name, video=True)["frames_per_sequence"]
    spreads = [variation(sampling.counts(name, strategy, frames))[axis] for strategy in strategies]
    return Measured(Effect(np.full(2, min(a - b for a, b in pairwise(spreads)))))


CLAIMS = (
    Claim("HYB-05", pair(1), lambda m: m("hybrid") - m("anet"), FOUR, published=printed("hybrid", "anet")),
    Claim("HYB-05", pair(1), lambda m: m("hybrid", tuned=True) - m("anet", tuned=True), FOUR,
          "with thresholds from validation people"),
    Claim("HYB-05", pair(), lambda m: m("hybrid") - m("smoothed"), FOUR, "by more than smoothing does (ours)"),
    Claim("HYB-05", pair(), lambda m: m("hybrid") - m("smoothed-event"), FIRST,
          "by more than smoothing by a window chosen by F1-event (ours)"),
    Claim("HYB-05", pair(), lambda m: m("hybrid") - m("hybrid-shuffled"), FIRST,
          "by more than with an LSTM that saw its frames shuffled (ours)"),
    Claim("HYB-05", equiv(1), lambda m: m("hybrid-shuffled") - m("anet"), FIRST,
          "with shuffled frames nothing is gained over ANet (ours)"),
    Claim("HYB-06", pair(1), lambda m: m("hybrid") - best(m("svm-hog"), m("anet")), TEN, "CPM and JPML not run"),
    Claim("HYB-06", noninf(1), lambda m: best(m("svm-hog"), m("anet")) - m("hybrid"), THREE,
          "at three folds results are mixed: no lead of a point"),
    Claim("HYB-07", pair(2), lead, FOUR, published=printed("anet", "svm-hog")),
    Claim("HYB-07", count(1), lambda m: share_ahead(by_au(m.scores("anet")), by_au(m.scores("svm-hog"))), FOUR,
          "on every AU", unit="of the AUs"),
    Claim("HYB-08", pair(2), lambda m: m("svm-fc7") - m("svm-hog"), THREE, published=printed("svm-fc7", "svm-hog")),
    Claim("HYB-08", pair(2), lambda m: m("anet") - m("svm-fc7"), THREE, "and loses to a network trained at home"),
    Claim("HYB-09", pair(1), lambda m: lead(m) - lead(m, three_of(m.setting)), TEN),
    Claim("HYB-09", noninf(1), lambda m: m("anet", setting=three_of(m.setting)) - m("svm-hog"), TEN,
          "ANet at three folds is level with the SVM at ten"),
    Claim("HYB-10", pair(0.5), lambda m: m("anet") - m("lstm"), FOUR),
    Claim("HYB-10", pair(0.5), lambda m: m("hybrid") - best(m("anet"), m("lstm")), FOUR, "together ahead of both"),
    Claim("HYB-10", pair(), lambda m: m("lstm") - m("lstm-shuffled"), FIRST,
          "the order of frames matters to the LSTM (ours)"),
    Claim("HYB-11", pair(1), lambda m: (m("hybrid", setting="bp4d-3") - m("anet", setting="bp4d-3"))
          - (m("hybrid") - m("anet")), ("gft-3",), "here between two corpora that differ in more than motion",
          published=0.8),
    Claim("HYB-12", pair(1), lambda m: gain_in_events(m, "hybrid"), FIRST, "more than in F1-frame"),
    Claim("HYB-12", pair(1), lambda m: gain_in_events(m, "smoothed-event"), FIRST, "… and so does smoothing (ours)"),
    Claim("HYB-12", pair(), lambda m: m("hybrid", "event") - m("smoothed-event", "event"), FIRST,
          "in F1-event, Hybrid is ahead of that smoothing (ours)"),
    Claim("HYB-12", pair(1), lambda m: gain_in_events(m, "hybrid", "iou"), FIRST,
          "by intersection over union, more in events than in frames (ours)"),
    Claim("HYB-12", pair(1), lambda m: gain_in_events(m, "smoothed-iou", "iou"), FIRST,
          "… so does smoothing by a window chosen by it (ours)"),
    Claim("HYB-12", pair(), lambda m: m("hybrid", "iou") - m("smoothed-iou", "iou"), FIRST,
          "… and Hybrid is ahead of that smoothing (ours)"),
    Claim("HYB-13", pair(2), lambda m: m("MOMU") - m("RS"), WITHIN, published=printed("MOMU", "RS", "sampling-gains")),
    Claim("HYB-13", equiv(1), lambda m: m("MS") - m("RS"), WITHIN, "stratification hardly does",
          published=printed("MS", "RS", "sampling-gains")),
    Claim("HYB-14", pair(2), lambda m: m("MOMU") - m("RS"), BETWEEN, published=printed("MOMU", "RS", "sampling-gains")),
    Claim("HYB-15", trend(negative=True), lambda m: gain_by_rate(m, "f1"), WITHIN, "over AUs, in F1", unit=""),
    Claim("HYB-15", trend(negative=True), lambda m: gain_by_rate(m, "auc"), WITHIN, "over AUs, in AUC", unit=""),
    Claim("HYB-16", noninf(1), lambda m: m("MOMU", aus=FREQUENT) - m("RS", aus=FREQUENT), WITHIN, "in F1"),
    Claim("HYB-16", noninf(1), lambda m: m("MOMU", "auc", aus=FREQUENT) - m("RS", "auc", aus=FREQUENT), WITHIN,
          "in AUC"),
    Claim("HYB-17", pair(), lambda m: m("MOMU") - m("RS"), WITHIN, "F1 at one half rises"),
    Claim("HYB-17", equiv(1), lambda m: m("MOMU", "auc") - m("RS", "auc"), WITHIN, "AUC stays"),
    Claim("HYB-17", noninf(0), recovered, WITHIN, "tuning random sampling recovers four fifths of it, where it rises"),
    Claim("HYB-17", equiv(1), by_known_rates, WITHIN, "so do thresholds that follow from the known rates (ours)"),
    Claim("HYB-18", exact(0), lambda m: batches(m, 0, ("random", "stratified", "momu")), WITHIN,
          "spread of AUs within a batch falls from RS to MS to MOMU", unit="smallest step"),
    Claim("HYB-18", exact(0), lambda m: batches(m, 1, ("random", "stratified")), WITHIN,
          "spread of an AU between batches falls from RS to MS", unit="smallest step"),
    Claim("HYB-18", pair(), lambda m: training(m, roughness, 1), WITHIN, "training F1 is smoother with MS"),
    Claim("HYB-18", equiv(1), lambda m: training(m, lambda curve: curve[-1], -1), WITHIN, "and ends alike"),
    Claim("HYB-22", equiv(0.5), lambda m: m("lstm") - m("lstm-all-features"), FIRST, "PCA loses nothing"),
    Claim("HYB-22", pair(0.5), lambda m: m("lstm") - m("lstm-one-layer"), FIRST, "three layers beat one"),
    Claim("HYB-22", pair(0.5), lambda m: m("lstm") - m("lstm-cross-entropy"), FIRST, "the margin beats cross-entropy"),
    *OF_PICTURES,
)  # fmt: skip
