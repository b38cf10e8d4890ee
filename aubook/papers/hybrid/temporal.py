"""What temporal context adds: LSTM and Hybrid beside plain smoothing of ANet's scores, and beside their controls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from aubook.engine.table import Table
from aubook.papers.hybrid import smoothing
from aubook.papers.hybrid.common import Interval
from aubook.papers.hybrid.contenders import (
    Contender,
    aligned,
    difference,
    judged,
    missing,
    named,
    note,
    pretraining_note,
    provenance_footer,
)
from aubook.papers.hybrid.decisions import equivalent, verdict
from aubook.papers.hybrid.detection import signed
from aubook.papers.hybrid.people import SHORT, Measure, Scored
from aubook.papers.hybrid.resampling import draws, interval
from aubook.papers.hybrid.runs import label
from aubook.papers.hybrid.smoothing import said, smoothed, tuned
from aubook.papers.hybrid.verdicts import RULE, Part, over_best, summary
from aubook.study import Study
from aulib import metrics
from aulib.aus import UNKNOWN
from aulib.runs.methods import METHODS

#: Everything here is on the first seed and fold of the BP4D-like corpus in three folds: there the variants are run.
CORPUS, FOLDS = "bp4d", 3

#: Label of a run beside the tables -> how it is called.
VARIANTS = {
    "lstm-shuffled": "LSTM, frames shuffled",
    "hybrid-shuffled": "Hybrid, with that LSTM",
    "lstm-both-ways": "LSTM, both ways",
    "hybrid-both-ways": "Hybrid, with that LSTM both ways",
    "hybrid-held-out": "Hybrid, fitted on validation people",
    "hybrid-as-it-is": "Hybrid, scores not normalised",
    "lstm-one-layer": "LSTM, one layer",
    "lstm-all-features": "LSTM, no PCA",
    "lstm-cross-entropy": "LSTM, cross-entropy",
    "lstm-printed-gradient": "LSTM, gradient as printed",
}
#: Smoothed ANets: kind of average, and what chooses the window.
SMOOTHED: dict[str, tuple[smoothing.Kind, smoothing.Choice]] = {
    "smoothed": ("mean", "f1"),
    "smoothed-event": ("mean", "event"),
    "smoothed-iou": ("mean", "iou"),
    "smoothed-3": ("mean", 3),
    "smoothed-median": ("median", "f1"),
}
MEASURES: tuple[Measure, ...] = ("f1", "event", "iou", "auc")


def everyone(study: Study) -> dict[str, Contender]:
    """All methods and controls by short name; those that were not run are empty."""
    anet = _first(study, "anet")
    here = {
        "anet": anet,
        **{name: smoothed(anet, *how) for name, how in SMOOTHED.items()},
        "lstm": _first(study, "lstm"),
        "hybrid": _first(study, "hybrid"),
    }
    return here | {name: named(study, name, title) for name, title in VARIANTS.items()}


def _first(study: Study, method: str) -> Contender:
    one = named(study, label(method, CORPUS, FOLDS, 1, study.seeds[0]), METHODS[method].title)
    return replace(one, name=method)


def context(study: Study) -> Table:
    """F1-frame, F1 of events by either rule and AUC of everything on this page, with intervals over people."""
    here = everyone(study)
    anet = here["anet"]
    rows = []
    for name, one in here.items():
        own = tuned(here["anet"], *SMOOTHED[name]) if name in SMOOTHED else tuned(one)
        values = [one.mean(measure) for measure in MEASURES]
        rows.append((one.head, *("" if v is None else str(v) for v in values), _value(own.mean("f1"))))
    columns = [*(SHORT[measure] for measure in MEASURES), "F1-frame, own thresholds"]
    frame = pd.DataFrame(
        [row[1:] for row in rows], columns=columns, index=pd.Index([r[0] for r in rows], name="method")
    )
    return Table(
        frame,
        "With and without temporal context: means over AUs in percent (95 % intervals over people)",
        [
            provenance_footer(list(here.values()), "The first of three folds; decisions at 0.5."),
            note(f"Window of the moving average: {said(anet)} by F1-frame, {said(anet, by='event')} by F1-event, "
                 f"{said(anet, by='iou')} by IoU; of the median: {said(anet, 'median')} by F1-frame. Chosen on "
                 "validation people; a window of one frame leaves ANet as it is. Own thresholds: one for each AU, "
                 "chosen on the same people; empty where a run kept no scores of theirs. A fusion fitted on these "
                 "people has them in its favour there."),
            note("F1-event, by the rule of the paper's authors: the area under F1 against the least share of an "
                 "event's own frames that the other side must have too. IoU: an event counts if its common frames "
                 "with one of the other side are half of their union."),
            *pretraining_note(*here.values()),
            *missing(study, *here.values()),
        ],
    )  # fmt: skip


def against_anet(study: Study) -> Table:
    """Every method minus ANet, on the same frames: what a look beyond the frame is worth."""
    here = everyone(study)
    rows = []
    for name, one in here.items():
        if name != "anet":
            rows.append((one.head, *(signed(difference(one, here["anet"], measure)) for measure in MEASURES)))
    frame = pd.DataFrame(rows, columns=["method", *(SHORT[measure] for measure in MEASURES)]).set_index("method")
    return Table(
        frame,
        "Paired differences to ANet, in points (95 % intervals over people)",
        [provenance_footer(list(here.values())), *missing(study, *here.values())],
    )


def errors(one: Contender) -> np.ndarray:
    """Whether each known label of the first seed is missed at 0.5, float (N, A); NaN where it is unknown."""
    given = next(iter(one.seeds.values())).tested
    wrong = (given.scores >= 0.5) != (given.truth == 1)
    return np.where(given.truth == UNKNOWN, np.nan, wrong)


def error_correlation(first: Contender, second: Contender) -> float:
    """Correlation (phi) of the errors of two methods, mean over AUs; NaN if either has none on every AU."""
    a, b = (errors(one) for one in aligned(first, second))
    values = []
    for own, other in zip(a.T, b.T, strict=True):
        known = ~np.isnan(own)
        if own[known].std() and other[known].std():
            values.append(np.corrcoef(own[known], other[known])[0, 1])
    return float(np.mean(values)) if values else np.nan


def oracle_f1(first: Contender, second: Contender) -> float:
    """Mean F1-frame of a judge who, label by label, always believes whichever of the two is right."""
    a, b = aligned(first, second)
    given = next(iter(a.seeds.values())).tested
    both = np.nan_to_num(errors(a) * errors(b), nan=0.0) > 0
    decided = np.where(both, given.truth != 1, given.truth == 1).astype(np.float32)
    return 100 * float(np.nanmean(metrics.f1_frame(given.truth, decided)))


def complement(study: Study) -> Table:
    """Do two methods err on different frames?  Correlation of errors, and what a perfect judge would make of both."""
    here = everyone(study) | {"svm-hog": _first(study, "svm-hog")}
    rows, used = [], []
    for name in ("lstm", "smoothed-3", "lstm-shuffled", "svm-hog"):
        a, b = here["anet"], here[name]
        used += [a, b]
        if not aligned(a, b)[0].seeds:
            rows.append((f"ANet and {b.title}", np.nan, np.nan, np.nan))
            continue
        oracle = oracle_f1(a, b)
        best = max(one.mean("f1").value for one in aligned(a, b))  # type: ignore[union-attr]
        rows.append((f"ANet and {b.title}", 100 * error_correlation(a, b), oracle, oracle - best))
    columns = ["correlation of errors × 100", "F1-frame of the judge", "above the better one"]
    frame = pd.DataFrame([row[1:] for row in rows], columns=columns, index=pd.Index([r[0] for r in rows], name="pair"))
    return Table(
        frame,
        "How different are the errors of ANet and of its partner?",
        [
            provenance_footer(used),
            note("The judge takes, label by label, whichever of the two is right. Nobody has such a judge, and any two "
                 "methods gain by one: read a row against the others."),
            *missing(study, *used),
        ],
    )  # fmt: skip


def direction(one: Contender) -> Contender:
    """The same frames with the signed scores of each divided by their length over AUs: what the fusion is given.

    Scores are brought back to lie around 0.5, p -> ((2 p - 1) / ||2 p - 1|| + 1) / 2.
    """
    seeds = {}
    for seed, given in one.seeds.items():
        own = 2 * given.tested.scores.astype(float) - 1
        length = np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-12)  # as torch's normalize
        seeds[seed] = Scored(replace(given.tested, scores=(own / length + 1) / 2), given.fold)
    return Contender(f"{one.name}-direction", f"{one.title}, normalised", one.records, seeds, one.lacks)


def normalisation(study: Study) -> Table:
    """What a network's scores lose in order when only their direction over AUs is kept."""
    given = [_first(study, name) for name in ("anet", "lstm")]
    rows = []
    for one in given:
        unit = direction(one)
        values = [both.mean("auc") for both in (one, unit)]
        rows.append((one.head, *("" if v is None else str(v) for v in values), signed(difference(unit, one, "auc"))))
    frame = pd.DataFrame(rows, columns=["scores of", "AUC as they are", "AUC, normalised", "difference"])
    return Table(
        frame.set_index("scores of"),
        "Scores before and after L2 normalisation: mean AUC over AUs in percent (95 % intervals over people)",
        [
            provenance_footer(given),
            note("A frame's signed scores of all AUs are divided by their length. Its decisions at 0.5 stay as they "
                 "are; how sure it is, compared with other frames, is lost."),
            *missing(study, *given),
        ],
    )  # fmt: skip


def verdicts(study: Study) -> Table:
    """Claims HYB-05 (controls), HYB-10, HYB-12 and HYB-22, judged on our records."""
    here = everyone(study)
    hybrid, anet, lstm, plain = (here[name] for name in ("hybrid", "anet", "lstm", "smoothed"))
    events, partners = here["smoothed-event"], here["smoothed-iou"]
    shuffled, lstm_shuffled = here["hybrid-shuffled"], here["lstm-shuffled"]

    def pair(first: Contender, second: Contender, least: float, measure: Measure = "f1") -> list[Part]:
        return _part(difference(first, second, measure), lambda found: verdict(found, least), first, second)

    claims = [
        ("HYB-05", "Hybrid improves on ANet", "≥ 1", pair(hybrid, anet, 1)),
        ("HYB-05", "… by more than plain smoothing does", "> 0", pair(hybrid, plain, 0)),
        ("HYB-05", "… and than smoothing by a window chosen by F1-event", "> 0", pair(hybrid, events, 0)),
        ("HYB-05", "… and by more than with an LSTM that saw its frames shuffled", "> 0", pair(hybrid, shuffled, 0)),
        ("HYB-05", "with shuffled frames nothing is gained over ANet", "within ± 1",
         _part(difference(shuffled, anet, level=0.9), lambda found: verdict(found, 1, equivalent), shuffled, anet)),
        ("HYB-10", "the LSTM alone is behind ANet", "≥ 0.5", pair(anet, lstm, 0.5)),
        ("HYB-10", "… and Hybrid is ahead of both", "≥ 0.5",
         _part(over_best(hybrid, anet, lstm), lambda found: verdict(found, 0.5), hybrid, anet, lstm)),
        ("HYB-10", "the order of frames matters to the LSTM", "> 0", pair(lstm, lstm_shuffled, 0)),
        ("HYB-12", "Hybrid gains more in F1-event than in F1-frame", "≥ 1",
         _part(gain_in_events(hybrid, anet), lambda found: verdict(found, 1), hybrid, anet)),
        ("HYB-12", "… and so does plain smoothing", "≥ 1",
         _part(gain_in_events(plain, anet), lambda found: verdict(found, 1), plain, anet)),
        ("HYB-12", "… so does smoothing by a window chosen by F1-event", "≥ 1",
         _part(gain_in_events(events, anet), lambda found: verdict(found, 1), events, anet)),
        ("HYB-12", "in F1-event, Hybrid is ahead of plain smoothing", "> 0", pair(hybrid, plain, 0, "event")),
        ("HYB-12", "… and of smoothing by a window chosen by F1-event", "> 0", pair(hybrid, events, 0, "event")),
        ("HYB-12", "by intersection over union, Hybrid gains more in events than in frames", "≥ 1",
         _part(gain_in_events(hybrid, anet, "iou"), lambda found: verdict(found, 1), hybrid, anet)),
        ("HYB-12", "… so does smoothing by a window chosen by it", "≥ 1",
         _part(gain_in_events(partners, anet, "iou"), lambda found: verdict(found, 1), partners, anet)),
        ("HYB-12", "… and Hybrid is ahead of that smoothing", "> 0", pair(hybrid, partners, 0, "iou")),
        ("HYB-22", "PCA to a quarter loses nothing", "within ± 0.5",
         _part(difference(lstm, here["lstm-all-features"], level=0.9),
               lambda found: verdict(found, 0.5, equivalent), lstm, here["lstm-all-features"])),
        ("HYB-22", "three layers beat one", "≥ 0.5", pair(lstm, here["lstm-one-layer"], 0.5)),
        ("HYB-22", "the margin loss beats cross-entropy", "≥ 0.5", pair(lstm, here["lstm-cross-entropy"], 0.5)),
    ]  # fmt: skip
    rows = [(number, words, least, parts[0].found, summary(parts)) for number, words, least, parts in claims]
    frame = pd.DataFrame(rows, columns=["claim", "what is claimed", "counts from", "ours, points", "verdict"])
    return Table(
        frame.set_index(["claim", "what is claimed"]),
        "What the paper claims of time, judged on our records",
        [
            provenance_footer(list(here.values()), "Mean F1-frame, where no other measure is named."),
            note(RULE),
            note("The rows on shuffled frames, on smoothing and on intersection over union are our tests of the claim, "
                 "not the paper's words. Of HYB-22 one part is open: whether the margin helps more where labels are "
                 "shifted in time."),
            *pretraining_note(*here.values()),
            *missing(study, *here.values()),
        ],
    )  # fmt: skip


def gain_in_events(first: Contender, second: Contender, rule: Measure = "event") -> Interval | None:
    """The difference of two methods in F1 of events, by either rule, minus their difference in F1-frame."""
    a, b = aligned(first, second)
    if not a.seeds:
        return None
    drawn = draws(a.people)
    gains = [a.samples(measure, *drawn) - b.samples(measure, *drawn) for measure in (rule, "f1")]  # type: ignore
    return interval(gains[0] - gains[1])


def _part(found: Interval | None, judge: Callable[[Interval | None], str], *involved: Contender) -> list[Part]:
    return [Part(signed(found), judged(judge(found), *involved))]


def _value(found: Interval | None) -> str:
    return "" if found is None else f"{found.value:.1f}"
