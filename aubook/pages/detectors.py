"""What detected landmarks cost: tables and a figure of the measurement in ``results/alignment.json``."""

from __future__ import annotations

import html
import json
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import Table
from aulib import paths
from aulib.corpus import name_of

NOT_MEASURED = "not measured"

#: Input of the network -> what it is called, and its colour.
INPUTS = {
    "drawn": ("as drawn", "#777777"),
    "exact": ("camera, the same place", "#333333"),
    "true": ("true landmarks", "#009E73"),
    "cascade": ("cascade", "#D55E00"),
    "face-mesh": ("face mesh", "#0072B2"),
}


def measurement() -> dict[str, Any]:
    """What ``benchmarks/alignment.py`` recorded; empty if it has not been run."""
    file = paths.references() / "alignment.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _line(found: dict[str, Any]) -> list[str]:
    if not found:
        words = "Nothing measured: benchmarks/alignment.py writes results/alignment.json."
        return [f'<div class="provenance">{words}</div>']
    corpora = "; ".join(
        f"{identifier}, {about['frames']} camera frames of {about['subjects']} subjects at {about['frame_side']} pixels"
        for identifier, about in found["corpora"].items()
    )
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    text = (
        f"results/alignment.json of {found['made']} · {corpora} · network of the run {found['run']}, not trained for "
        f"this · recipe {found['recipe']} · seed {found['seed']} · {versions}"
    )
    return [f'<div class="provenance">{provenance.badge("synthetic")} {html.escape(text)}</div>']


def landmark_table() -> Table:
    """How often each detector finds the face, and how far off it is, on camera frames whose landmarks are known."""
    found = measurement()
    rows = {}
    for identifier, about in found.get("corpora", {}).items():
        for name, measured in about["detectors"].items():
            rows[name_of(identifier), INPUTS[name][0]] = {
                "frames": str(measured["frames"]),
                "found": f"{100 * measured['detected'] / measured['frames']:.1f} %",
                "wrong": str(measured["wrong"]),
                "eyes: median": measured["eye_error_median"],
                "eyes: 90 %": measured["eye_error_p90"],
                "68 points: median": measured["point_error_median"],
                "68 points: 90 %": measured["point_error_p90"],
            }
    if rows:
        frame = pd.DataFrame(list(rows.values()), index=pd.MultiIndex.from_tuples(rows, names=("corpus", "detector")))
    else:
        frame = pd.DataFrame({"found": [NOT_MEASURED]}, index=pd.Index(["all"], name="corpus"))
    beyond = f"{found['wrong_beyond_percent']:.0f} %" if found else "a share"
    caption = (
        "Detected landmarks against true ones, errors in percent of the distance of the eyes. Wrong: found, but an eye "
        f"is off by more than {beyond} of it. The cascade finds eyes only; its other points are an estimate"
    )
    return Table(frame, caption, _line(found))


def auc_table() -> Table:
    """Mean AUC of one network on the same frames, by how its faces were aligned."""
    found = measurement()
    rows: dict[str, dict[str, str]] = {}
    auc = found.get("auc", {})
    some = bool(auc) and auc["common_frames"] < auc["frames"]  # else both sets of frames are the same
    for name, (title, _) in INPUTS.items():
        if name not in auc:
            continue
        row = {"AUC": f"{np.mean(auc[name]['all']):.3f}", "below": "", "by": ""}
        if base := auc[name].get("base"):
            row["below"] = INPUTS[base][0]
            row["by"] = "{:.3f} ({:.3f} to {:.3f})".format(*auc[name]["below_all"])
        if some:
            row["AUC, found by all"] = f"{np.mean(auc[name]['common']):.3f}"
        rows[title] = row
    frame = pd.DataFrame.from_dict(rows or {"all": {"AUC": NOT_MEASURED}}, orient="index").rename_axis("faces")
    counted = ""
    if auc:
        counted = f" on {auc['frames']} frames; in {auc['common_frames']} of them every detector found a face"
    caption = (
        f"Area under the ROC curve, mean over AUs,{counted or ' on camera frames'}. A face that was not found scores "
        "0.5. Below: by how much it is worse than the row named (negative: better), in brackets the middle 95 % over "
        "subjects drawn with replacement"
    )
    return Table(frame, caption, _line(found))


def auc_by_au() -> Picture:
    """AUC of each AU on faces as drawn, and aligned by true and by detected landmarks."""
    found = measurement()
    figure, axes = plt.subplots(figsize=(6.2, 2.9))
    alt = "nothing measured"
    if found:
        auc = found["auc"]
        names = [name for name in INPUTS if name in auc]
        x = np.arange(len(auc["aus"]))
        for k, name in enumerate(names):
            title, colour = INPUTS[name]
            place = x + 0.16 * (k - (len(names) - 1) / 2)
            axes.plot(place, auc[name]["all"], "o", color=colour, markersize=5, label=title)
        axes.set(xticks=x, xticklabels=auc["aus"], xlabel="AU", ylabel="AUC")
        axes.grid(axis="y", color="#dddddd", lw=0.6)
        axes.set_axisbelow(True)
        axes.legend(frameon=False, ncols=3, fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 1.0))
        means = ", ".join(f"{INPUTS[name][0]} {np.mean(auc[name]['all']):.3f}" for name in names)
        lost = {
            name: int(auc["aus"][int(np.nanargmax(np.subtract(auc["true"]["all"], auc[name]["all"])))])
            for name in names
            if auc[name].get("base") == "true"
        }
        worst = ", ".join(f"{INPUTS[name][0]} on AU{au}" for name, au in lost.items())
        alt = f"Area under the ROC curve by AU for {len(names)} alignments. Means: {means}. Largest loss: {worst}."
    else:
        axes.text(0.5, 0.5, NOT_MEASURED, ha="center")
    return Picture(figure, alt, _line(found), "One network, the same frames: only the alignment of the faces differs.")
