"""Pictures of Tables 1 and 2: methods with intervals over people, and paired differences."""

from __future__ import annotations

import numpy as np
from matplotlib import pyplot as plt

from aubook.engine.picture import Picture
from aubook.papers.drml.figures import empty
from aubook.papers.hybrid.contenders import COLOURS, CORPUS, SETTINGS, contender, difference, missing, provenance_footer
from aubook.papers.hybrid.detection import IN_PRINT, PAIRS, always_present, printed, printed_difference, rows_of
from aubook.papers.hybrid.people import SHORT, Measure
from aubook.study import Study

_ROWS = ("always", "svm-hog", "svm-fc7", "anet", "lstm", "hybrid")
_NAMES = dict(zip(_ROWS, ("always present", "SVM", "ANet^T", "ANet", "LSTM", "Hybrid"), strict=True))


def means(study: Study, metric: Measure = "f1") -> Picture:
    """Mean over AUs of every method in the four settings, with intervals over people; printed averages hollow."""
    figure, panels = plt.subplots(1, 4, figsize=(11, 3.4), sharex=True, sharey=True)
    everyone, words = [], []
    for axes, (corpus, folds) in zip(panels, SETTINGS, strict=True):
        given = rows_of(study, corpus, folds)
        everyone += given
        constant = always_present(given)
        here = {one.name: one for one in [*([constant] if constant else []), *given]}
        said = []
        for y, name in enumerate(_ROWS):
            found = here[name].mean(metric) if name in here else None
            if found is not None:
                colour = "white" if here[name].undertrained else COLOURS[name]
                axes.plot([found.low, found.high], [y, y], color=COLOURS[name], lw=3, alpha=0.5, solid_capstyle="butt")
                axes.plot(found.value, y, "o", ms=7, color=COLOURS[name], markerfacecolor=colour, zorder=3)
                said.append(f"{_NAMES[name]} {found.value:.1f}")
            elif name != "always" and not (folds == 10 and name == "svm-fc7"):
                axes.text(0.03, y, "not run", transform=axes.get_yaxis_transform(), va="center", color="#666666")
            if metric == "f1" and name in IN_PRINT and IN_PRINT[name] in printed(corpus, folds):
                value = printed(corpus, folds).loc["avg", IN_PRINT[name]]
                axes.plot(value, y, "D", ms=6, mfc="none", mec="#234a86", mew=1.3, zorder=4)
        people = next((len(one.people) for one in given if one.seeds), 0)
        axes.set_title(f"{CORPUS[corpus]}, {folds} folds\n{people} people tested", fontsize=10)
        axes.grid(axis="x", color="#e5e5e5")
        axes.set_axisbelow(True)
        if said:
            words.append(f"{CORPUS[corpus]} with {folds} folds: {', '.join(said)}")
    if not words:
        plt.close(figure)
        return empty("Means with intervals", study)
    panels[0].set(yticks=range(len(_ROWS)), yticklabels=[_NAMES[name] for name in _ROWS], ylim=(len(_ROWS) - 0.5, -0.5))
    figure.supxlabel(f"mean {SHORT[metric]} over AUs, percent", fontsize=10, y=0.04)
    figure.tight_layout(rect=(0, 0.0, 1, 1), h_pad=0.3)
    hollow = (
        " Hollow diamonds: the paper's averages, on real data. Compare the order of discs with that of diamonds, not "
        "their places."
        if metric == "f1"
        else ""
    )
    return Picture(
        figure,
        f"Mean {SHORT[metric]} of each method. {'; '.join(words)}.",
        [provenance_footer(everyone), *missing(study, *everyone)],
        "Discs: ours, with 95 % intervals over the people tested (white: undertrained)." + hollow,
    )


def differences(study: Study, metric: Measure = "f1") -> Picture:
    """Paired differences of methods in every setting, with intervals over people."""
    figure, panels = plt.subplots(1, len(PAIRS), figsize=(11, 2.9), sharey=True)
    everyone, words = [], []
    for axes, (first, second) in zip(panels, PAIRS, strict=True):
        axes.axvline(0, color="#666666", lw=1)
        for y, (corpus, folds) in enumerate(SETTINGS):
            if folds == 10 and "svm-fc7" in (first, second):
                continue
            a, b = contender(study, first, corpus, folds), contender(study, second, corpus, folds)
            everyone += [a, b]
            found = difference(a, b, metric)
            if found is None:
                axes.text(0.03, y, "not run", transform=axes.get_yaxis_transform(), va="center", color="#666666")
            else:
                colour = COLOURS[first]
                face = "white" if a.undertrained or b.undertrained else colour
                axes.plot([found.low, found.high], [y, y], color=colour, lw=3, alpha=0.5, solid_capstyle="butt")
                axes.plot(found.value, y, "o", ms=7, color=colour, markerfacecolor=face, zorder=3)
                words.append(f"{a.title} minus {b.title}, {CORPUS[corpus]} {folds} folds, {found.value:+.1f}")
            theirs = printed_difference(first, second, corpus, folds) if metric == "f1" else np.nan
            if not np.isnan(theirs):
                axes.plot(theirs, y, "D", ms=6, mfc="none", mec="#234a86", mew=1.3, zorder=4)
        axes.set_title(f"{_NAMES[first]} − {_NAMES[second]}", fontsize=10)
        axes.grid(axis="x", color="#e5e5e5")
        axes.set_axisbelow(True)
    if not words:
        plt.close(figure)
        return empty("Paired differences", study)
    names = [f"{CORPUS[corpus]}, {folds} folds" for corpus, folds in SETTINGS]
    panels[0].set(yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.5, -0.5))
    figure.supxlabel(f"difference in mean {SHORT[metric]}, points", fontsize=10, y=0.05)
    figure.tight_layout(rect=(0, 0.0, 1, 1), h_pad=0.3)
    hollow = " Hollow diamonds: the printed averages, on real data." if metric == "f1" else ""
    return Picture(
        figure,
        f"Differences in mean {SHORT[metric]}. {'; '.join(words)}.",
        [provenance_footer(everyone), *missing(study, *everyone)],
        f"Which method is ahead, on the same frames of the same people, with 95 % intervals over people.{hollow}",
    )
