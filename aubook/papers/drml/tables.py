"""Tables: printed numbers beside ours, from records, with provenance.  A missing run is an empty cell that says so."""

from __future__ import annotations

import html

import numpy as np
import pandas as pd

from aubook import advice, papers, published
from aubook.engine import provenance
from aubook.engine.table import AVERAGE, EMPTY, RECOMPUTED, UNDERTRAINED, Table
from aubook.papers.drml import scores
from aubook.papers.drml.runs import BENCHMARK, SOURCE, TARGET
from aubook.study import Study
from aulib.aus import BP4D_AUS, DISFA_DETECTION_AUS
from aulib.runs import results
from aulib.runs.declaration import Declaration
from aulib.runs.methods import METHODS
from aulib.runs.results import Record


def table1() -> Table:
    """DRML Table 1: what five methods have (a check list of the paper, not an experiment)."""
    rows = published.table("drml_table1_features")
    wide = rows.pivot(index="metric", columns="method", values="value")
    wide = wide.loc[list(dict.fromkeys(rows["metric"])), list(dict.fromkeys(rows["method"]))]
    wide.index.name = wide.columns.name = None
    return Table(
        wide.map({"1": "✓", "0": "×"}.get),
        "Table 1. What five methods have, after the paper",
        [provenance.published("DRML (CVPR 2016), Table 1")],
    )


def table2(profile: str | Study, metric: scores.Metric = "f1", average: str = "per-fold", frames: str = "all") -> Table:
    """DRML Table 2: six methods on the BP4D-like corpus.

    Parameters
    ----------
    profile : str
    metric : {'f1', 'auc', 'average_precision', 'accuracy'}
    average : {'per-fold', 'pooled'}
        Mean over folds, or all tested frames as one set.
    frames : {'all', '1:2'}
        All test frames, or two negatives to every positive.
    """
    source = next(iter(papers.declarations("drml", profile).values())).corpus
    return _benchmark("Table 2", "drml_table2_bp4d", source, BP4D_AUS, profile, metric, average, frames)


def table3(profile: str | Study, metric: scores.Metric = "f1", frames: str = "all") -> Table:
    """DRML Table 3: the runs of Table 2 on the DISFA-like corpus; AUs 9, 25 and 26 by a target-trained readout."""
    study = Study(profile) if isinstance(profile, str) else profile
    target = study.target(study.source(SOURCE), TARGET)
    return _benchmark("Table 3", "drml_table3_disfa", target, DISFA_DETECTION_AUS, study, metric, "pooled", frames)


def _benchmark(
    number: str,
    source: str,
    corpus: str | None,
    aus: tuple[int, ...],
    profile: str | Study,
    metric: scores.Metric,
    average: str,
    frames: str,
) -> Table:
    declared = papers.declarations("drml", profile)
    printed = published.by_au(source, "F1-frame" if metric == "f1" else "AUC") if metric in ("f1", "auc") else None
    index = [str(au) for au in aus] + [AVERAGE]
    columns: dict[tuple[str, str], np.ndarray] = {}
    if printed is not None:
        for name in printed:
            columns["printed, real data", name] = printed[name].to_numpy()
    found = {name: scores.found(declared, name) if corpus else [] for name in BENCHMARK}
    used = [record for records in found.values() for record in records]
    ours = provenance.ours(used)
    marked = False
    for name, records in found.items():
        values, readout = _column(declared, records, corpus, aus, metric, average, frames)
        marked |= readout
        if "always present" not in dict(k[::-1] for k in columns) and records and corpus:
            columns[ours, "always present"] = _constant(declared, records, corpus, aus, metric, average, frames)
        columns[ours, _head(name, records)] = values
    frame = pd.DataFrame(columns, index=pd.Index(index, name="AU"))
    if printed is not None:  # the printed averages stay as they are, also where they do not match their cells
        frame.loc[RECOMPUTED, "printed, real data"] = printed.drop(index="avg").mean().to_numpy()
    how = "all test frames" if frames == "all" else "the 1:2 test sample"
    caption = (
        f"{number}, {_title(metric)} in percent on {how}, "
        f"{'mean over folds' if average == 'per-fold' else 'frames of all folds pooled'}"
    )
    lines = [provenance.line(used)]
    missing = [METHODS[name].title for name, records in found.items() if not records]
    if corpus is None:
        lines = [_note("Your copy has no second corpus beside it: name both, for instance corpus = 'bp4d,disfa'.")]
    elif missing:
        how = advice.to_run(profile, "drml")
        lines.append(_note(f"Not run under profile {profile}: {', '.join(missing)}. Run `{how}`."))
    if marked:
        lines.append(
            _note(
                "AUs 9, 25, 26 of our columns: the network has no such output; a linear readout of its features, "
                "fitted on other subjects of the *target* corpus, stands in. They are not in our average."
            )
        )
    if any(scores.training_state(r) == "undertrained" for r in used):
        lines.append(
            _note(f"Columns marked {UNDERTRAINED} did not converge within this profile's budget: do not compare them.")
        )
    return Table(frame, caption, lines, best=("printed, real data", ours))


def _head(name: str, records: list[Record]) -> str:
    title = METHODS[name].title
    if not records:
        return f"{title} (not run)"
    bad = any(scores.training_state(record) == "undertrained" for record in records)
    return f"{title} ({UNDERTRAINED})" if bad else title


def _column(
    declared: dict[str, Declaration],
    records: list[Record],
    corpus: str | None,
    aus: tuple[int, ...],
    metric: scores.Metric,
    average: str,
    frames: str,
) -> tuple[np.ndarray, bool]:
    """Values by AU with their mean last, averaged over seeds; and whether a readout filled some of them."""
    if not records or corpus is None:
        return np.full(len(aus) + 1, np.nan), False
    per_seed, from_readout = [], np.zeros(len(aus), bool)
    for group in scores.by_seed(records).values():
        direct = _scores(declared, group, corpus, metric, average, frames, readout=False)
        row = np.array([direct[au] for au in aus])
        elsewhere = corpus != declared[group[0].label].corpus
        if np.isnan(row).any() and elsewhere and all(record.has("probe-readout") for record in group):
            # A readout is fitted per run: the first fold's stands for the seed.
            other = _scores(declared, group[:1], corpus, metric, average, frames, readout=True)
            from_readout |= np.isnan(row)
            row = np.where(np.isnan(row), [other[au] for au in aus], row)
        per_seed.append(row)
    values = np.mean(per_seed, axis=0)  # an AU without a value for one seed has none for any
    own = values[~from_readout & ~np.isnan(values)]
    return np.append(values, own.mean() if len(own) else np.nan), bool(from_readout.any())


def _scores(declared, group: list[Record], corpus: str, metric, average: str, frames: str, readout: bool) -> dict:
    rule = scores.rule(declared[group[0].label], corpus)
    given = scores.predictions(group, corpus, rule.threshold)
    if readout:
        given.scores = group[0].arrays("probe-readout")[corpus].astype(np.float32)
    if frames == "1:2":
        given = given.on_one_to_two(rule.positives)
    return dict(zip(given.aus, scores.per_au(given, metric, average), strict=True))


def _constant(declared, records: list[Record], corpus: str, aus, metric, average: str, frames: str) -> np.ndarray:
    group = next(iter(scores.by_seed(records).values()))
    rule = scores.rule(declared[group[0].label], corpus)
    given = scores.predictions(group, corpus, rule.threshold)
    if frames == "1:2":
        given = given.on_one_to_two(rule.positives)
    values = dict(zip(given.aus, scores.always_present(given, metric, average), strict=True))
    row = np.array([values[au] for au in aus])
    shared = [i for i, au in enumerate(aus) if au in BP4D_AUS]
    return np.append(row, np.nanmean(row[shared]))


def table4(profile: str | Study) -> Table:
    """DRML Table 4: milliseconds an iteration, printed (Tesla K40c) beside this device."""
    from aulib.runs.speed import NETWORKS as TIMED

    record = results.find(papers.find("drml", profile, "timing"))
    printed = published.table("drml_table4_runtime")
    columns: dict[tuple[str, str], list] = {}
    names = [METHODS[name].title for name in TIMED]
    for phase in ("train", "test"):
        column = []
        for name in names:
            rows = printed[(printed["method"] == name) & printed["metric"].str.startswith(f"{phase} time")]
            mean, std = (rows[rows["metric"].str.contains(kind)]["value"].iloc[0] for kind in ("mean", "std"))
            column.append(f"{mean} ± {std}")
        columns["printed, Tesla K40c", phase] = column
    for phase in ("train", "test"):
        if record is None:
            columns["ours", phase] = [EMPTY] * len(names)
            continue
        times = record.arrays("probe-timing")
        columns["ours", phase] = [
            f"{times[f'{name}-{phase}'].mean():.1f} ± {times[f'{name}-{phase}'].std():.1f}" for name in TIMED
        ]
        base = np.median(times[f"drml-{phase}"])
        columns["ours, times DRML", phase] = [f"{np.median(times[f'{name}-{phase}']) / base:.2f}" for name in TIMED]
    order = sorted(columns, key=lambda column: ["printed, Tesla K40c", "ours", "ours, times DRML"].index(column[0]))
    frame = pd.DataFrame(columns, index=pd.Index(names, name="network"))[order]
    if record is None:
        return Table(frame, "Table 4. Time of an iteration", [provenance.line([])])
    about = record.about
    trials, iterations = about["declaration"]["timing"]
    size = "the papers' size" if about["declaration"]["scale"] == 1 else "half resolution and width"
    note = (
        f'<div class="provenance">{html.escape(about["device"])} · {about["declaration"]["threads"]} threads · '
        f"{provenance.profile(str(profile))} · {size} · batch {about['batch']} · "
        f"{trials} trials of {iterations} iterations, mean ± standard deviation over trials · "
        f"torch {about['versions']['torch']}</div>"
    )
    return Table(
        frame, "Table 4. Milliseconds an iteration; absolute times of two machines say nothing, ratios do", [note]
    )


def grids(profile: str | Study) -> Table:
    """Region grids beside 8 × 8, which is the benchmark's own run (Sec. 3.2)."""
    declared = papers.declarations("drml", profile)
    tried = {8: scores.lead(declared, "drml")}
    tried |= {d.options["grid"]: results.find(d) for label, d in declared.items() if label.startswith("drml-grid")}
    rows = []
    for grid, record in sorted(tried.items()):
        if record is None:
            rows.append((f"{grid} × {grid}", np.nan, np.nan, np.nan, "not run"))
            continue
        given = scores.own([record])
        best = 100 * record.arrays("history")["validation_auc"].max()
        auc, f1 = (np.nanmean(scores.per_au(given, metric, "pooled")) for metric in ("auc", "f1"))
        rows.append((f"{grid} × {grid}", best, auc, f1, scores.training_state(record)))
    frame = pd.DataFrame(rows, columns=["grid", "validation AUC", "test AUC", "test F1", "state"]).set_index("grid")
    used = [record for record in tried.values() if record]
    return Table(
        frame,
        "Region grids, mean over 12 AUs in percent; the paper prints no numbers for this choice",
        [provenance.line(used, "one seed: differences of a point or two are noise")],
    )


def summary(profile: str | Study) -> Table:
    """Mean scores of every method: what one looks at first."""
    declared = papers.declarations("drml", profile)
    rows, used = [], []
    for name in BENCHMARK:
        records = scores.found(declared, name)
        used += records
        if not records:
            rows.append((METHODS[name].title, np.nan, np.nan, np.nan, np.nan, "", "not run"))
            continue
        corpus = declared[records[0].label].corpus
        wanted: list[tuple[scores.Metric, str]] = [
            ("f1", "all"), ("f1", "1:2"), ("auc", "all"), ("average_precision", "all"),
        ]  # fmt: skip
        cells = [
            _column(declared, records, corpus, BP4D_AUS, metric, "per-fold", frames)[0][-1] for metric, frames in wanted
        ]
        states = {scores.training_state(record) for record in records}
        steps = records[0].about["declaration"].get("image_steps")
        rows.append((METHODS[name].title, *cells, f"{steps:,}" if steps else "", ", ".join(sorted(states))))
    frame = pd.DataFrame(
        rows,
        columns=["method", "F1, all frames", "F1, 1:2 sample", "AUC", "average precision", "training images", "state"],
    ).set_index("method")
    return Table(frame, "All methods on the BP4D-like corpus, mean over 12 AUs in percent", [provenance.line(used)])


def _title(metric: str) -> str:
    return {
        "f1": "F1-frame",
        "auc": "area under the ROC curve",
        "average_precision": "average precision",
        "accuracy": "accuracy",
    }[metric]


def _note(words: str) -> str:
    return f'<div class="au-note">{html.escape(words)}</div>'


#: What `python -m aulib report` can print: name -> function of the profile.
TABLES = {
    "summary": summary,
    "table1": lambda profile: table1(),
    "table2": table2,
    "table2-auc": lambda profile: table2(profile, "auc"),
    "table2-sample": lambda profile: table2(profile, frames="1:2"),
    "table2-pooled": lambda profile: table2(profile, average="pooled"),
    "table3": table3,
    "table3-auc": lambda profile: table3(profile, "auc"),
    "table4": table4,
    "grids": grids,
}
