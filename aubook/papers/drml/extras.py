"""Tables of the DRML paper that are not declared: printed ones, times, features, maps and relations among AUs."""

from __future__ import annotations

import html

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from aubook import published
from aubook.engine import notes, provenance, tables
from aubook.engine.catalogue import catalogue
from aubook.engine.scores import MethodScores, used
from aubook.engine.table import EMPTY, Table
from aubook.papers import find
from aubook.papers.drml.runs import FIGURE_4, NETWORKS
from aubook.study import Study
from aulib.aus import BP4D_AUS
from aulib.runs import results
from aulib.runs.methods import METHODS
from aulib.runs.results import Record

#: Columns of Table 4, in the paper's order.
TIMED = ("convnet", "alexnet", "drml", "lcn")


def scores(study: Study, name: str, setting: str = "bp4d") -> MethodScores:
    """A method of the paper's catalogue."""
    return catalogue("drml").scores(study, name, setting)


def with_file(one: MethodScores, name: str) -> list[Record]:
    """The records of a method that have a file."""
    return [record for record in one.records if record.has(name)]


def table1() -> Table:
    """DRML Table 1: what five methods have (a check list of the paper, not an experiment)."""
    rows = published.table("drml_table1_features")
    wide = rows.pivot(index="metric", columns="method", values="value")
    wide = wide.loc[list(dict.fromkeys(rows["metric"])), list(dict.fromkeys(rows["method"]))]
    wide.index.name = wide.columns.name = None
    line = provenance.published("DRML (CVPR 2016), Table 1")
    return Table(wide.map({"1": "✓", "0": "×"}.get), "Table 1. What five methods have, after the paper", [line])


def table4(study: Study) -> Table:
    """DRML Table 4: milliseconds an iteration, printed (Tesla K40c) beside this device."""
    record = results.find(find("drml", study, "timing"))
    times = record.arrays("probe-timing") if record else {}
    said = published.table("drml_table4_runtime").set_index(["method", "metric"])["value"]
    cells: dict[tuple[str, str], list[str]] = {}
    for phase in ("train", "test"):
        measures = [next(m for _, m in said.index if m.startswith(f"{phase} time") and k in m) for k in ("mean", "std")]
        columns = [f"{name}-{phase}" for name in TIMED]
        base = np.median(times[f"drml-{phase}"]) if times else 1
        titles = [METHODS[name].title for name in TIMED]
        cells["printed, Tesla K40c", phase] = [" ± ".join(said[title, m] for m in measures) for title in titles]
        cells["ours", phase] = [f"{times[c].mean():.1f} ± {times[c].std():.1f}" if times else EMPTY for c in columns]
        if times:
            cells["ours, times DRML", phase] = [f"{np.median(times[c]) / base:.2f}" for c in columns]
    heads = [head for head, phase in cells if phase == "train"]
    frame = pd.DataFrame(cells, index=pd.Index([METHODS[name].title for name in TIMED], name="network"))[heads]
    caption = "Table 4. Milliseconds an iteration; absolute times of two machines say nothing, ratios do"
    return Table(frame, caption, [_timed(record, study) if record else provenance.line([])])


def _timed(record: Record, study: Study) -> str:
    about, declared = record.about, record.about["declaration"]
    trials, iterations = declared["timing"]
    size = "the papers' size" if declared["scale"] == 1 else "half resolution and width"
    return (
        f'<div class="provenance">{html.escape(about["device"])} · {declared["threads"]} threads · '
        f"{provenance.profile(str(study))} · {size} · batch {about['batch']} · "
        f"{trials} trials of {iterations} iterations, mean ± standard deviation over trials · "
        f"torch {about['versions']['torch']}</div>"
    )


def real_skewness() -> np.ndarray:
    """Negatives for each positive frame of BP4D, from its published base rates; shape (12,)."""
    from aubook.pages.calibration import published_rates

    rates = published_rates()[list(BP4D_AUS)].to_numpy()
    return (1 - rates) / rates


def skewness(one: MethodScores) -> np.ndarray:
    """Negatives for each positive tested frame, by AU."""
    truth = one.frames.truth
    return (truth == 0).sum(axis=0) / np.maximum(1, (truth == 1).sum(axis=0))


def gain(network: MethodScores, svm: MethodScores) -> np.ndarray:
    """F1 above LSVM by AU, in points."""
    return np.array(list(network.per_au("f1").values())) - np.array(list(svm.per_au("f1").values()))


def skewness_gain(study: Study) -> Table:
    """Rank correlation of a network's F1 gain over LSVM with the skewness of the AU (Sec. 4.2).

    The printed gains are correlated with the skewness of the real corpus, ours with that of our tested frames.
    """
    printed = tables.printed(tables.spec("drml", "table2")).drop(index="avg")
    svm, networks = scores(study, "lsvm"), [scores(study, name) for name in NETWORKS[:-1]]
    records = used(svm, *networks)
    rows = {
        one.title: (
            spearmanr(printed[one.title] - printed["LSVM"], real_skewness()).statistic,
            spearmanr(gain(one, svm), skewness(svm)).statistic if one and svm else np.nan,
        )
        for one in networks
    }
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["printed cells", provenance.ours(records)])
    caption = "Rank correlation over 12 AUs between the F1 gain over LSVM and skewness"
    lines = [provenance.line(records, "F1 itself falls with the base rate, for any classifier")]
    return Table(frame.rename_axis("network"), caption, lines, decimals=2)


def zeros(study: Study) -> Table:
    """Share of features that are exactly zero (Sec. 4.2 says more than 40 %), beside the untrained network."""
    rows, records = {}, []
    for name in NETWORKS:
        own = with_file(scores(study, name), "probe-sparsity")
        records += own
        rows[METHODS[name].title] = [zero_share(own, which) for which in ("trained", "untrained")]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["trained", "untrained twin"]).rename_axis("network")
    line = provenance.line(records, "the paper prints “more than 40 %” for AlexNet, LCN and DRML")
    return Table(frame, "Features that are exactly zero, in percent, mean over test frames", [line])


def zero_share(records: list[Record], which: str = "trained") -> float:
    """Percent of features that are zero, mean over frames and networks; NaN without a record."""
    each = [record.arrays("probe-sparsity")[which].mean() for record in records]
    return 100 * float(np.mean(each)) if each else np.nan


def focus(study: Study) -> Table:
    """How well saliency falls on the pixels that an AU truly moves: means over ten AUs and eight persons (Fig. 4)."""
    rows, records = {}, []
    for name in FIGURE_4:
        own = with_file(scores(study, name, "first"), "probe-saliency")
        records += own
        arrays = own[0].arrays("probe-saliency") if own else {}
        keys = [prefix + key for key in ("lift", "gini", "pointing") for prefix in ("", "untrained_")]
        rows[METHODS[name].title] = [float(np.nanmean(arrays[key])) if arrays else np.nan for key in keys]
    columns = pd.MultiIndex.from_product([("lift", "Gini", "pointing game"), ("trained", "untrained twin")])
    frame = pd.DataFrame.from_dict(rows, orient="index").set_axis(columns, axis=1).rename_axis("network")
    caption = "Saliency on the AU's true region: 1 is no preference for lift, 0 is flat for Gini"
    return Table(frame, caption, [provenance.line(records)], decimals=2)


def distances(study: Study) -> Table:
    """Distance of each network's relation table to that of the true labels, printed beside ours.

    The paper prints 0.0068 and 0.0077 and calls them an element-wise Euclidean distance, undefined: we give the root
    mean square over the 66 pairs, and the mean square, which has the printed order of magnitude.  Pairs that are
    undefined because an AU is never predicted count as zero correlation.
    """
    printed = published.table("drml_fig5_relation_distance").set_index("method")["value"]
    networks = [scores(study, name, "first") for name in ("drml", "alexnet", "convnet", "lcn", "small-cnn")]
    rows = []
    for one in networks:
        square = float(np.mean(list(one.per_au("relation").values()))) if one else np.nan
        ours = [f"{np.sqrt(square):.3f}", f"{square:.4f}"] if one else ["", ""]
        rows.append((one.title, printed.get(one.title, ""), *ours))
    frame = pd.DataFrame(rows, columns=["network", "printed", "ours, root mean square", "ours, mean square"])
    lines = [provenance.line(used(*networks), "the printed distance is not defined; test frames")]
    lines += notes.missing(study, networks, "drml")
    return Table(frame.set_index("network"), "Distance between predicted and true AU relations", lines, decimals=4)
