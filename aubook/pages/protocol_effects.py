"""What a protocol does to a number: thresholds, and two ways to average over folds.

From published aggregates and the scripts of the embedded corpora; nothing is rendered and no run is read.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import AVERAGE, Table
from aulib import metrics
from aulib.aus import DISFA_DETECTION_AUS
from aulib.manifest import entries
from aulib.protocols import PROTOCOLS, Protocol, fold_list, part_rates

#: F1-frame of ARL with every face fully covered (ARL Table 12, visible part: none).
COVERED = {1: 9.4, 2: 9.2, 4: 22.8, 6: 0.0, 7: 48.4, 10: 0.0, 12: 25.2, 14: 0.0, 15: 0.0, 17: 51.1, 23: 9.1, 24: 17.2}


def threshold_rates(name: str = "synth-disfa") -> Picture:
    """Base rates of DISFA's eight AUs when 1, 2, 3 or 4 is the lowest level that counts."""
    ours, theirs = _rates_by_threshold(name)
    figure, axes = plt.subplots(figsize=(6.2, 2.9))
    x = np.arange(len(ours.columns))
    shades = ("#c6dbef", "#6baed6", "#2171b5", "#08306b")
    for k, (threshold, colour) in enumerate(zip(ours.index, shades, strict=True)):
        places = x + 0.2 * (k - 1.5)
        axes.bar(places, 100 * ours.loc[threshold], 0.19, color=colour, label=f"{threshold} or more")
        axes.plot(places, 100 * theirs.loc[threshold], "_", color="#D55E00", ms=7, mew=2)
    axes.plot([], [], "_", color="#D55E00", ms=7, mew=2, label="DISFA")
    axes.set(xticks=x, xticklabels=ours.columns, xlabel="AU", ylabel="percent of frames")
    axes.legend(frameon=False, ncols=5, fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 1.0), columnspacing=1)
    told = ", ".join(f"{t} or more {100 * ours.loc[t].mean():.1f}" for t in ours.index)
    return Picture(figure, f"Base rates in {name} by threshold. Mean percent of frames: {told}.", [_disfa_line(name)])


def thresholds(name: str = "synth-disfa") -> Table:
    """Four thresholds: who uses them, how often an AU is then present, what "always present" scores."""
    ours, theirs = _rates_by_threshold(name)
    used = {t: [r.paper.split()[0] for r in _detecting("disfa") if r.threshold == t] for t in ours.index}
    rows = {
        f"{t} or more": {
            "used by": ", ".join(used[t]) or "none of the five",
            f"base rate, {name}": 100 * ours.loc[t].mean(),
            "base rate, DISFA": 100 * theirs.loc[t].mean(),
            f"F1 of always present, {name}": 100 * metrics.always_present_f1(ours.loc[t].to_numpy()).mean(),
            "F1 of always present, DISFA": 100 * metrics.always_present_f1(theirs.loc[t].to_numpy()).mean(),
        }
        for t in ours.index
    }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    return Table(frame, "Means over eight AUs in percent, by the lowest level that counts", [_disfa_line(name)])


def _detecting(corpus: str) -> list[Protocol]:
    return [rule for rule in PROTOCOLS.values() if (rule.corpus, rule.task) == (corpus, "detection")]


def _rates_by_threshold(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rates of an embedded corpus and of DISFA, one row a threshold 1 to 4, one column an AU."""
    from aubook.pages.calibration import codes_of
    from synthface.labels import STATISTICS  # these two bring the renderer along

    _, codes = codes_of(name)
    columns = [entries()[name].aus.index(au) for au in DISFA_DETECTION_AUS]
    counts = pd.read_csv(STATISTICS / "disfa_level_counts.csv", index_col=0).loc[list(DISFA_DETECTION_AUS)]
    ours = {t: (codes[:, columns] >= t).mean(axis=0) for t in (1, 2, 3, 4)}
    theirs = {t: counts.iloc[:, t:].sum(axis=1) / counts.sum(axis=1) for t in (1, 2, 3, 4)}
    aus = list(DISFA_DETECTION_AUS)
    return pd.DataFrame.from_dict(ours, orient="index", columns=aus), pd.DataFrame(theirs).T


def _disfa_line(name: str) -> str:
    from aubook.pages.corpora import script_of

    return provenance.generated(
        f"Script of {name}, seed 0, {len(script_of(name).frames):,} frames · DISFA: level counts after Mavadati et al. "
        f"(2013), written down from memory, to be checked against the paper"
    )


def constant_f1(rates: np.ndarray, frames: np.ndarray, present: np.ndarray) -> tuple[float, float]:
    """F1 of a predictor that says the same in every frame of a fold.

    Parameters
    ----------
    rates, frames : ndarray, shape (K,)
        Base rate and number of frames of each tested part.
    present : ndarray of bool, shape (K,)
        Whether it says *present* there; *absent* scores 0.

    Returns
    -------
    tuple of float
        Mean over folds, and of all frames pooled; 0 to 1.
    """
    per_fold = float(np.mean(np.where(present, metrics.always_present_f1(rates), 0)))
    positives = rates * frames
    claimed = frames[present].sum()
    pooled = 2 * positives[present].sum() / (claimed + positives.sum()) if claimed else 0.0
    return per_fold, float(pooled)


def always_present(name: str = "disfa-three") -> Table:
    """F1 of "always present" under a real fold list: mean over folds beside all frames pooled."""
    rates, frames = part_rates(name), _frames_of(name)
    rows = {}
    for au, of_parts in rates.iterrows():
        per_fold, pooled = constant_f1(of_parts.to_numpy(), frames, np.ones(len(frames), bool))
        rows[str(au)] = {**(100 * of_parts.rename(_words)), "mean over folds": 100 * per_fold, "pooled": 100 * pooled}
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.loc[AVERAGE] = frame.mean()
    frame.index.name = "AU"
    return Table(frame, f"{name}: base rates of the parts, and F1 of always present, in percent", [_parts_line(name)])


def covered_faces() -> Table:
    """ARL's scores with every face covered, taken apart: in which folds its constant answer was *present*."""
    name = "bp4d-three"
    rates, frames = part_rates(name), _frames_of(name)
    choices = [np.array([k >> part & 1 for part in range(len(frames))], bool) for k in range(2 ** len(frames))]
    rows = {}
    for au, printed in COVERED.items():
        tried = [(constant_f1(rates.loc[au].to_numpy(), frames, choice), choice) for choice in choices]
        (per_fold, pooled), choice = min(tried, key=lambda one: abs(100 * one[0][0] - printed))
        rows[str(au)] = {
            **(100 * rates.loc[au].rename(_words)),
            "printed": printed,
            "present in": ", ".join(_words(part) for part in rates.columns[choice]) or "no part",
            "mean over folds": 100 * per_fold,
            "pooled": 100 * pooled,
        }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.loc[AVERAGE] = frame.drop(columns="present in").mean()
    frame["present in"] = frame["present in"].fillna("")
    frame.index.name = "AU"
    lines = [
        _parts_line(name),
        provenance.published("Printed: ARL (TAFFC 2019), Table 12, no part of the face visible"),
    ]
    caption = "F1 of a constant answer, fold by fold and pooled, beside what ARL prints for covered faces, in percent"
    return Table(frame, caption, lines)


def _frames_of(name: str) -> np.ndarray:
    return np.array(list(fold_list(name).counts["coded_frames"].values()))


def _words(part: str) -> str:
    return part.replace("part", "part ")


def _parts_line(name: str) -> str:
    counted = f"{_frames_of(name).sum():,} frames"
    how = "codes counted" if name == "bp4d-three" else "intensity 2 or more, from the class weights of public code"
    return provenance.published(f"Aggregates of {entries()[fold_list(name).corpus].title}: {counted}, {how}")
