"""What DRML's text claims, recounted from its own cells, and what our records say on the embedded corpus."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from aubook import papers, published
from aubook.engine import provenance
from aubook.engine.table import Table
from aubook.papers.drml import scores
from aubook.papers.drml.runs import NETWORKS
from aubook.study import Study
from aulib.aus import BP4D_AUS, UNKNOWN
from aulib.runs.methods import METHODS
from aulib.runs.results import Record

#: Pairs whose per-AU wins the text counts: (first, second, metric, what the text says of 12 AUs).
COUNTED = (
    ("alexnet", "lsvm", "f1", 9),
    ("alexnet", "lsvm", "auc", 12),
    ("lcn", "convnet", "f1", 11),
    ("lcn", "convnet", "auc", 7),
    ("drml", "lcn", "f1", 6),
    ("drml", "lcn", "auc", 8),
)


def wins(profile: str | Study) -> Table:
    """On how many of 12 AUs one method beats another: as the text says, by the printed cells, in our records."""
    declared = papers.declarations("drml", profile)
    rows, used = [], []
    for first, second, metric, said in COUNTED:
        printed = published.by_au("drml_table2_bp4d", "F1-frame" if metric == "f1" else "AUC").drop(index="avg")
        a, b = METHODS[first].title, METHODS[second].title
        ours = [_by_au(scores.found(declared, name), metric) for name in (first, second)]
        used += scores.found(declared, first) + scores.found(declared, second)
        counted = "not run" if any(o is None for o in ours) else f"{int((ours[0] > ours[1]).sum())} of 12"
        rows.append(
            (
                f"{a} above {b}, {'F1' if metric == 'f1' else 'AUC'}",
                f"{said} of 12",
                f"{int((printed[a] > printed[b]).sum())} of 12",
                counted,
            )
        )
    frame = pd.DataFrame(rows, columns=["comparison", "text", "printed cells", provenance.ours(used)])
    return Table(
        frame.set_index("comparison"),
        "On how many AUs one method is ahead",
        [provenance.line(_unique(used), "no interval: one fold and seed decide a count")],
    )


def skewness_gain(profile: str | Study) -> Table:
    """Rank correlation of a network's F1 gain over LSVM with the skewness of the AU (Sec. 4.2).

    Skewness is the number of negative frames for each positive one.  The printed gains are correlated with the
    skewness of the real corpus (`REAL_SKEWNESS`), ours with that of the embedded test frames.
    """
    declared = papers.declarations("drml", profile)
    svm = scores.found(declared, "lsvm")
    printed = published.by_au("drml_table2_bp4d", "F1-frame").drop(index="avg")
    real = np.array([REAL_SKEWNESS[au] for au in BP4D_AUS])
    rows, used = [], list(svm)
    for name in NETWORKS[:-1]:
        title = METHODS[name].title
        theirs = spearmanr(printed[title] - printed["LSVM"], real).statistic
        records = scores.found(declared, name)
        used += records
        ours = np.nan
        if records and svm:
            ours = spearmanr(_by_au(records, "f1") - _by_au(svm, "f1"), skewness(svm)).statistic
        rows.append((title, theirs, ours))
    frame = pd.DataFrame(rows, columns=["network", "printed cells", provenance.ours(used)]).set_index("network")
    return Table(
        frame,
        "Rank correlation over 12 AUs between the F1 gain over LSVM and skewness",
        [provenance.line(_unique(used), "F1 itself falls with the base rate, for any classifier")],
        decimals=2,
    )


#: Negatives for each positive frame in BP4D (146,847 frames), computed from its published base rates.
REAL_SKEWNESS = {
    1: 3.73,
    2: 4.85,
    4: 3.94,
    6: 1.17,
    7: 0.82,
    10: 0.68,
    12: 0.78,
    14: 1.15,
    15: 4.90,
    17: 1.91,
    23: 5.05,
    24: 5.61,
}


def skewness(records: list[Record]) -> np.ndarray:
    """Negatives for each positive test frame, by AU."""
    truth = scores.own(records[:1]).truth
    return (truth == 0).sum(axis=0) / np.maximum(1, (truth == 1).sum(axis=0))


def zeros(profile: str | Study) -> Table:
    """Share of features that are exactly zero (Sec. 4.2 says more than 40 %), beside the untrained network."""
    declared = papers.declarations("drml", profile)
    rows, used = [], []
    for name in NETWORKS:
        records = [record for record in scores.found(declared, name) if record.has("probe-sparsity")]
        used += records
        if not records:
            rows.append((METHODS[name].title, np.nan, np.nan))
            continue
        shares = [record.arrays("probe-sparsity") for record in records]
        rows.append(
            (
                METHODS[name].title,
                100 * float(np.mean([s["trained"].mean() for s in shares])),
                100 * float(np.mean([s["untrained"].mean() for s in shares])),
            )
        )
    frame = pd.DataFrame(rows, columns=["network", "trained", "untrained twin"]).set_index("network")
    return Table(
        frame,
        "Features that are exactly zero, in percent, mean over test frames",
        [provenance.line(used, "the paper prints “more than 40 %” for AlexNet, LCN and DRML")],
    )


def focus(profile: str | Study) -> Table:
    """How well saliency falls on the pixels that an AU truly moves: means over ten AUs and eight persons (Fig. 4)."""
    declared = papers.declarations("drml", profile)
    rows, used = [], []
    for name in ("drml", "convnet", "alexnet"):
        records = [record for record in scores.found(declared, name) if record.has("probe-saliency")]
        used += records
        if not records:
            rows.append((METHODS[name].title, *([np.nan] * 6)))
            continue
        arrays = records[0].arrays("probe-saliency")
        rows.append(
            (
                METHODS[name].title,
                *(
                    float(np.nanmean(arrays[prefix + key]))
                    for key in ("lift", "gini", "pointing")
                    for prefix in ("", "untrained_")
                ),
            )
        )
    columns = pd.MultiIndex.from_product([("lift", "Gini", "pointing game"), ("trained", "untrained twin")])
    frame = pd.DataFrame(
        [row[1:] for row in rows], index=pd.Index([row[0] for row in rows], name="network"), columns=columns
    )
    return Table(
        frame,
        "Saliency on the AU's true region: 1 is no preference for lift, 0 is flat for Gini",
        [provenance.line(used)],
        decimals=2,
    )


def _by_au(records: list[Record], metric) -> np.ndarray | None:
    if not records:
        return None
    values = [scores.per_au(scores.own(group), metric, "per-fold") for group in scores.by_seed(records).values()]
    return np.mean(values, axis=0)


def relations(profile: str | Study, method: str) -> tuple[np.ndarray, np.ndarray, list[Record]] | None:
    """Correlation tables of the true labels and of a network's decisions on the test frames (Fig. 5 b–d).

    Returns
    -------
    truth, predicted : ndarray of float, shape (12, 12)
    records : list of Record
        None if nothing was run.
    """
    record = scores.lead(papers.declarations("drml", profile), method)
    if record is None:
        return None
    given = scores.own([record])
    known = (given.truth != UNKNOWN).all(axis=1)
    decided = given.scores[known] >= 0.5
    with np.errstate(invalid="ignore", divide="ignore"):
        tables = [np.asarray(np.corrcoef(labels, rowvar=False)) for labels in (given.truth[known], decided)]
    return tables[0], tables[1], [record]


def relation_distance(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Distances between two correlation tables over the pairs of AUs.

    The paper prints 0.0068 and 0.0077 and calls them an element-wise Euclidean distance, undefined: we give the root
    mean square over the 66 pairs, and the mean square, which has the printed order of magnitude.  Pairs that are
    undefined because an AU is never predicted count as zero correlation.
    """
    upper = np.triu_indices(len(truth), 1)
    difference = (np.nan_to_num(predicted) - np.nan_to_num(truth))[upper]
    return {"root mean square": float(np.sqrt(np.mean(difference**2))), "mean square": float(np.mean(difference**2))}


def distances(profile: str | Study) -> Table:
    """Distance of each network's relation table to that of the true labels, printed beside ours."""
    printed = published.table("drml_fig5_relation_distance").set_index("method")["value"]
    rows, used = [], []
    for name in ("drml", "alexnet", "convnet", "lcn", "small-cnn"):
        found = relations(profile, name)
        title = METHODS[name].title
        if found is None:
            rows.append((title, printed.get(title, ""), "", ""))
            continue
        truth, predicted, records = found
        used += records
        distance = relation_distance(truth, predicted)
        rows.append(
            (title, printed.get(title, ""), f"{distance['root mean square']:.3f}", f"{distance['mean square']:.4f}")
        )
    frame = pd.DataFrame(rows, columns=["network", "printed", "ours, root mean square", "ours, mean square"])
    return Table(
        frame.set_index("network"),
        "Distance between predicted and true AU relations",
        [provenance.line(used, "the printed distance is not defined; test frames")],
        decimals=4,
    )


def _unique(records: list[Record]) -> list[Record]:
    return list({record.key: record for record in records}.values())
