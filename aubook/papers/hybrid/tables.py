"""Tables of the Hybrid paper that count or combine more than a declaration says; the others are in ``tables.yaml``."""

from __future__ import annotations

import numpy as np
import pandas as pd

from aubook import published
from aubook.engine import notes, provenance
from aubook.engine.catalogue import catalogue
from aubook.engine.resampling import interval
from aubook.engine.scores import MethodScores, align, used
from aubook.engine.table import EMPTY, Table
from aubook.engine.tables import build, printed, spec
from aubook.engine.terms import ahead, difference, evaluate, score
from aubook.engine.transforms import direction, thresholds
from aubook.papers.hybrid import claims, rates
from aubook.study import Study
from aulib import metrics
from aulib.aus import UNKNOWN

OF = catalogue("hybrid")
#: Setting -> the declared table that holds its printed cells.
TABLE = {"gft-3": "table1-3", "gft-10": "table1-10", "bp4d-3": "table2-3", "bp4d-10": "table2-10"}
#: Our method -> the printed column.
IN_PRINT = {"svm-hog": "SVM", "svm-fc7": "ANet^T", "anet": "ANet", "hybrid": "Hybrid"}
#: From one division to another, and the points of F1 from which we call a jump large; the printed one of ANet is 29.
JUMPS, LARGE = (("apart-3", "apart-10"), ("apart-10", "by-sequence"), ("apart-10", "by-frame")), 10.0


def table(name: str, study: Study, **change) -> Table:
    """A table of ``tables.yaml``."""
    return build("hybrid", name, study, **change)


def cells(setting: str) -> pd.DataFrame:
    """Printed cells of Tables 1 and 2, without the averages."""
    return printed(spec("hybrid", TABLE[setting]), setting).drop(index="avg")


def printed_gain(setting: str) -> pd.Series:
    """Printed F1 of MOMU above random sampling by AU, points."""
    given = printed(spec("hybrid", "table3" if setting.startswith("gft") else "table4"), setting)
    return given["MOMU"] - given["RS"]


def counts(study: Study) -> Table:
    """What Sec. 4.4 says in words about the cells, recounted from the cells, and counted in ours (D25 to D27)."""
    rows, every = [], []
    for first, second, said in (
        ("anet", "svm-hog", "all AUs, both protocols"),
        ("hybrid", "anet", "“consistently … in all metrics”"),
        ("svm-fc7", "svm-hog", "“on average … with a few exceptions”"),
    ):
        for setting in TABLE:
            if not {first, second} <= set(OF.settings[setting]["methods"]):
                continue
            pair = cells(setting)[[IN_PRINT[first], IN_PRINT[second]]].dropna()
            a, b = (OF.scores(study, name, setting) for name in (first, second))
            every += [a, b]
            ours = (ahead(a, b, metric) for metric in ("f1", "auc"))
            rows.append((f"{a.title} above {b.title}, {OF.title(setting)}", said,
                         f"{int((pair.iloc[:, 0] > pair.iloc[:, 1]).sum())} of {len(pair)}",
                         *("not run" if n is None else f"{n[0]} of {n[1]}" for n in ours)))  # fmt: skip
    columns = ["comparison", "the text", "printed cells", "ours, F1-frame", "ours, AUC"]
    lines = notes.footer(study, every, "Ours: no interval, one training decides a count.", "hybrid")
    return Table(pd.DataFrame(rows, columns=columns).set_index("comparison"), "On how many AUs one method is ahead",
                 [*lines, notes.erratum("D25"), notes.erratum("D26")])  # fmt: skip


def winners(study: Study | None = None) -> Table:
    """How many AUs each method wins in print, as Sec. 4.4 says (3 folds) and by the cells (D27)."""
    said = {"gft-3": {"ANet": 3, "JPML": 2}, "bp4d-3": {"CPM": 5, "ANet": 2}}
    columns = {}
    for setting in TABLE:
        won = cells(setting).idxmax(axis=1).value_counts()
        if setting in said:
            columns[OF.title(setting), "the text"] = {name: str(n) for name, n in said[setting].items()}
        columns[OF.title(setting), "the cells"] = {name: str(int(won.get(name, 0))) for name in cells(setting)}
    frame = pd.DataFrame(columns).reindex(list(cells("gft-3"))).fillna("").rename_axis("method")
    line = provenance.published("Hybrid (IVC 2019), Sec. 4.4 and Tables 1 and 2")
    return Table(frame, "AUs on which a method has the highest printed F1", [line])


def printed_jumps(study: Study | None = None) -> Table:
    """What the printed averages gain from three folds to ten, over the AUs that both protocols print."""
    columns = {}
    for corpus in ("gft", "bp4d"):
        ten = cells(f"{corpus}-10")
        three = cells(f"{corpus}-3")[list(ten)]
        kept = (three + ten).notna()
        for words, given in (("3 folds", three), ("10 folds", ten)):
            columns[corpus.upper(), words] = given.where(kept).mean()
        columns[corpus.upper(), "jump"] = (ten - three).mean()
    return Table(
        pd.DataFrame(columns).rename_axis("method"),
        "Printed F1-frame, three folds and ten, recomputed over the AUs that both print",
        [provenance.published("Hybrid (IVC 2019), Tables 1 and 2"), notes.erratum("C1"), notes.erratum("B8")],
    )


def jumps(study: Study) -> Table:
    """Our jumps: with people apart, and when people, then neighbouring frames, are on both sides."""
    rows, every = [], []
    for start, end in JUMPS:
        for name in ("svm-hog", "anet"):
            a, b = (OF.scores(study, name, setting) for setting in (start, end))
            every += [a, b]
            theirs = EMPTY
            if (start, end) == JUMPS[0]:
                theirs = f"{(cells('bp4d-10')[IN_PRINT[name]] - cells('bp4d-3')[IN_PRINT[name]]).mean():+.1f}"
            found = [evaluate(score(b, metric) - score(a, metric)) for metric in ("f1", "auc")]
            told = ["not run" if one is None else one.interval().signed for one in found]
            rows.append((f"{OF.title(start)} → {OF.title(end)}", a.title, theirs, *told, same_frames(a, b)))
    columns = ["from → to", "method", "printed, F1-frame", "ours, F1-frame", "ours, AUC", "the same frames"]
    frame = pd.DataFrame(rows, columns=columns).set_index(columns[:2])
    words = "The same frames: only those tested under both, so that nothing but the training differs; they are few."
    lines = [*notes.footer(study, every, "", "hybrid"), *map(notes.note, [*spec("hybrid", "leakage").notes, words])]
    return Table(frame, "Jumps between divisions, in points (95 % intervals)", lines)


def same_frames(first: MethodScores, second: MethodScores) -> str:
    """What F1 gains on those frames only that are tested under both divisions, with their number."""
    if not first or not second:
        return "not run"
    a, b = align(first, second)
    if not a:
        return "no common frame"
    found = difference(b, a)
    return f"{'' if found is None else found.signed}, {len(a.frames):,} frames"


def errors(of: MethodScores) -> np.ndarray:
    """Whether each known label of the first training is missed at 0.5, float (N, A); NaN where it is unknown."""
    given = of.frames
    return np.where(given.truth == UNKNOWN, np.nan, (given.scores >= 0.5) != (given.truth == 1))


def error_correlation(first: MethodScores, second: MethodScores) -> float:
    """Correlation (phi) of the errors of two methods, mean over AUs; NaN if either has none on every AU."""
    values = []
    for own, other in zip(*(errors(one).T for one in align(first, second)), strict=True):
        known = ~np.isnan(own)
        if own[known].std() and other[known].std():
            values.append(np.corrcoef(own[known], other[known])[0, 1])
    return float(np.mean(values)) if values else np.nan


def oracle_f1(first: MethodScores, second: MethodScores) -> float:
    """Mean F1-frame of a judge who, label by label, always believes whichever of the two is right."""
    a, b = align(first, second)
    both = np.nan_to_num(errors(a) * errors(b), nan=0.0) > 0
    decided = np.where(both, a.frames.truth != 1, a.frames.truth == 1).astype(np.float32)
    return 100 * float(metrics.mean_of_defined(metrics.f1_frame(a.frames.truth, decided)))


def complement(study: Study) -> Table:
    """Do two methods err on different frames?  Correlation of errors, and what a perfect judge would make of both."""
    anet, rows, every = OF.scores(study, "anet", "first"), [], []
    for name in ("lstm", "smoothed-3", "lstm-shuffled", "svm-hog"):
        other = OF.scores(study, name, "first")
        every += [anet, other]
        a, b = align(anet, other) if anet and other else (anet, other)
        if not (a and b):
            rows.append((f"ANet and {other.title}", np.nan, np.nan, np.nan))
            continue
        oracle, best = oracle_f1(a, b), max(one.mean("f1").value for one in (a, b))  # type: ignore[union-attr]
        rows.append((f"ANet and {other.title}", 100 * error_correlation(a, b), oracle, oracle - best))
    columns = ["pair", "correlation of errors × 100", "F1-frame of the judge", "above the better one"]
    words = ("The judge takes, label by label, whichever of the two is right. Nobody has such a judge, and any two "
             "methods gain by one: read a row against the others.")  # fmt: skip
    return Table(pd.DataFrame(rows, columns=columns).set_index("pair"),
                 "How different are the errors of ANet and of its partner?",
                 [*notes.footer(study, every, "", "hybrid"), notes.note(words)])  # fmt: skip


def normalisation(study: Study) -> Table:
    """What a network's scores lose in order when only their direction over AUs is kept."""
    rows, given = {}, [OF.scores(study, name, "first") for name in ("anet", "lstm")]
    for one in given:
        unit = direction(one)
        found = [both.mean("auc") for both in (one, unit)]
        change = difference(unit, one, "auc")
        told = [EMPTY if v is None else str(v) for v in found]
        rows[one.head] = [*told, "not run" if change is None else change.signed]
    columns = ["AUC as they are", "AUC, normalised", "difference"]
    words = ("A frame's signed scores of all AUs are divided by their length. Its decisions at 0.5 stay as they are; "
             "how sure it is, compared with other frames, is lost.")  # fmt: skip
    return Table(pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("scores of"),
                 "Scores before and after L2 normalisation: mean AUC over AUs in percent (95 % intervals)",
                 [*notes.footer(study, given, "", "hybrid"), notes.note(words)])  # fmt: skip


def sampling_runs(study: Study) -> Table:
    """Every run of Tables 3 and 4 with its AUC, budget and state."""
    rows, records = {}, []
    for setting in claims.WITHIN:
        for name in ("RS", "MS", "MOMU"):
            one = OF.scores(study, name, setting)
            records += one.records
            best = [100 * r.arrays("history")["validation_auc"].max() for r in one.records if r.has("history")]
            test = one.mean("auc")
            rows[f"{OF.title(setting)}, {name}"] = (
                f"{np.mean(best):.1f}" if best else EMPTY,
                EMPTY if test is None else f"{test.value:.1f}",
                f"{one.runs[0].image_steps:,}" if one.runs else EMPTY,
                one.state,
            )
    columns = ["best validation AUC", "test AUC", "training images", "state"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("run")
    lines = [*notes.by_folds(records), *notes.pretraining(records)]
    return Table(frame, "Did they train? AUC in percent, mean over AUs", lines)


def conflicts(study: Study | None = None) -> Table:
    """Where Section 5.3's text, averages and cells disagree: our errata, each recounted from the cells by a test."""
    known = published.table("errata").set_index("id")
    numbers = ["A19", "C2", "D29", "D30", "D31", "D32", "D33", "D34", "F-f", "F-h"]
    frame = known.loc[numbers, ["where", "what"]].rename_axis("erratum")
    line = provenance.published("Hybrid (IVC 2019), Tables 1, 3 and 4, Sec. 5.3")
    return Table(frame, "What Section 5.3 says, and what its tables print", [line])


def shares(study: Study) -> Table:
    """How much of MOMU's gain in F1 random sampling has by other thresholds alone."""
    rows, every = {}, []
    for setting in claims.WITHIN:
        random, momu, tuned = (
            OF.scores(study, *of) for of in (("RS", setting), ("MOMU", setting), ("RS", setting, True))
        )
        every += [random, momu]
        gain = evaluate(score(momu) - score(random)) if random and momu else None
        if gain is None:
            rows[OF.title(setting)] = ["not run"] * 5
            continue
        cell = [str(gain.interval())]
        for other in (tuned, claims.shifted(random, momu)):
            won = evaluate(score(other) - score(random))
            ratio = evaluate(100 * ((score(other) - score(random)) / (score(momu) - score(random))))
            sure = gain.interval().low > 0 and ratio is not None
            cell += [EMPTY if won is None else str(won.interval()),
                     str(interval(ratio.samples)) if sure and ratio else "no sure gain to share"]  # fmt: skip
        rows[OF.title(setting)] = cell
    columns = ["MOMU gains", "tuning gains", "its share, %", "known shift gains", "share of that, %"]
    words = ("Points of F1, mean over AUs, with 95 % intervals. Tuning: the network of random sampling at thresholds "
             "from its own validation people. Known shift: the same network at thresholds that follow from the rates "
             "of MOMU's batches, without looking at any score. A share is given where MOMU's own gain is above 0 by "
             "its interval.")  # fmt: skip
    return Table(pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("corpus"),
                 "MOMU's gain over random sampling at 0.5, and what the same network gains by another threshold",
                 [*notes.footer(study, every, "", "hybrid"), notes.note(words)])  # fmt: skip


def threshold_table(study: Study, setting: str = "gft-within") -> Table:
    """Rates, thresholds and F1 by AU, the rarest of the training frames first; the first fold and seed."""
    random, momu = (OF.scores(study, name, setting) for name in ("RS", "MOMU"))
    caption = f"Thresholds and F1 by AU, {OF.title(setting)}"
    if not random or not momu:
        empty = pd.DataFrame({"state": ["not run"]}, index=pd.Index([EMPTY], name="AU"))
        return Table(empty, caption, notes.footer(study, [random, momu], "", "hybrid"))
    known, drawn = rates.base_rates(random.runs[0]), rates.batch_rates(momu.runs[0])
    raised = rates.shift(random.runs[0], momu.runs[0])
    own, other = (thresholds(next(iter(one.validation.values()))) if one.validation else {} for one in (random, momu))
    moved = claims.shifted(random, momu)
    fitted = [OF.scores(study, name, setting, tuned=True) for name in ("RS", "MOMU")]
    f1 = [one.per_au("f1") for one in (random, moved, fitted[0], momu, fitted[1])]
    rows = {
        au: [100 * known[au], 100 * drawn[au], 100 * rates.equivalent_threshold(raised[au]), 100 * own.get(au, 0.5),
             100 * other.get(au, 0.5), *(values.get(au, np.nan) for values in f1)]
        for au in sorted(random.aus, key=lambda au: known[au])
    }  # fmt: skip
    heads = [("share of frames, %", one) for one in ("training", "MOMU batches")]
    heads += [("threshold, %", one) for one in ("RS, shifted", "RS, tuned", "MOMU, tuned")]
    heads += [("F1, %", one) for one in ("RS at 50", "RS, shifted", "RS, tuned", "MOMU at 50", "MOMU, tuned")]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=pd.MultiIndex.from_tuples(heads)).rename_axis("AU")
    return Table(frame, caption, notes.by_folds(used(random, momu), "rates and thresholds of the first fold and seed"))


#: What ``python -m aulib report hybrid`` prints besides ``tables.yaml``.
TABLES = {
    "counts": counts,
    "winners": winners,
    "printed-jumps": printed_jumps,
    "jumps": jumps,
    "complement": complement,
    "normalisation": normalisation,
    "sampling-runs": sampling_runs,
    "conflicts": conflicts,
    "shares": shares,
    "thresholds": threshold_table,
}
