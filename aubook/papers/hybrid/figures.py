"""Figures of the Hybrid paper's detection, temporal and sampling sections, in the engine's five shapes."""

from __future__ import annotations

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import PercentFormatter

from aubook.engine import notes
from aubook.engine.catalogue import catalogue
from aubook.engine.frames import Frames
from aubook.engine.metrics import metric as metric_named
from aubook.engine.picture import Picture
from aubook.engine.plots import Mark, Series, curves, dots, empty, forest
from aubook.engine.scores import MethodScores, align
from aubook.engine.style import BLACK, GREY, LIGHT, calm, colour
from aubook.engine.tables import has_printed, printed_difference, spec
from aubook.engine.terms import by_au, difference, evaluate
from aubook.engine.transforms import WINDOWS, thresholds, window_curve
from aubook.engine.widgets import slider
from aubook.papers.hybrid import rates
from aubook.papers.hybrid.tables import IN_PRINT, TABLE, cells, printed_gain
from aubook.study import Study
from aulib import metrics
from aulib.aus import AUS, UNKNOWN
from aulib.corpus import name_of
from aulib.manifest import entry

OF = catalogue("hybrid")
#: Shown over time and over overlaps; smoothed by a fixed window, since a chosen one may change nothing.
SHOWN = ("anet", "smoothed-3", "lstm", "hybrid")
#: Kind of average, metric and line.
WINDOW_CURVES = (("mean", "f1", "o-"), ("median", "f1", "s--"), ("mean", "event", "^-"), ("mean", "iou", "v:"))
#: The AU whose events choose the video.
LEADING = 12


def means(study: Study, metric: str = "f1") -> Picture:
    """Mean over AUs of every method in the four settings, with intervals; printed averages hollow."""
    panels, every = {}, []
    for setting in TABLE:
        names = ["always", *OF.settings[setting]["methods"]]
        given = [OF.scores(study, name, setting) for name in names]
        every += given
        theirs = cells(setting).mean() if metric == "f1" else {}
        panels[OF.title(setting)] = [
            Mark(one.title, one.mean(metric), colour(name), theirs.get(IN_PRINT.get(name, ""), np.nan))
            for name, one in zip(names, given, strict=True)
        ]
    hollow = " Hollow diamonds: the paper's averages, on real data: compare the order, not the places."
    return forest(panels, f"mean {metric_named(metric).short} over AUs, percent",
                  notes.footer(study, every, "", "hybrid"),
                  f"Ours, with 95 % intervals over the people tested.{hollow if metric == 'f1' else ''}")  # fmt: skip


def differences(study: Study, metric: str = "f1") -> Picture:
    """Paired differences of methods in every setting, with intervals."""
    panels, every, given = {}, [], spec("hybrid", "differences")
    for first, second in given.pairs:
        marks = []
        for setting in given.settings:
            a, b = (OF.scores(study, name, setting) for name in (first, second))
            if {first, second} <= set(OF.settings[setting]["methods"]):
                every += [a, b]
                theirs = printed_difference(given, first, second, setting) if has_printed(given, metric) else np.nan
                marks.append(Mark(OF.title(setting), difference(a, b, metric), colour(first), theirs))
        panels[f"{a.title} − {b.title}"] = marks
    return forest(panels, f"difference in mean {metric_named(metric).short}, points",
                  notes.footer(study, every, "", "hybrid"), "Which method is ahead, on the same frames of the same "
                  "people, with 95 % intervals. Hollow diamonds: the printed averages, on real data.",
                  zero=True)  # fmt: skip


def leakage(study: Study) -> Picture:
    """F1-frame and AUC of the SVM and ANet when people, sequences or frames are kept apart."""
    panels, every, settings = {}, [], spec("hybrid", "leakage").settings
    for name in ("always", "svm-hog", "anet"):
        for metric in ("f1", "auc") if name != "always" else ("f1",):
            marks = []
            for setting in settings:
                one = OF.scores(study, name, setting)
                every.append(one)
                theirs = np.nan
                if metric == "f1" and name in IN_PRINT and setting.startswith("apart"):
                    theirs = cells(setting.replace("apart", "bp4d"))[IN_PRINT[name]].mean()
                marks.append(Mark(OF.title(setting), one.mean(metric), colour(name), theirs))
            panels[f"{one.title}, {metric_named(metric).short}"] = marks
    return forest(panels, "mean over AUs, percent", notes.footer(study, every, "", "hybrid"),
                  "What is kept apart between folds; the last two leak on purpose. Hollow diamonds: printed, real "
                  "data, people apart as the paper says.")  # fmt: skip


def windows(study: Study) -> Picture:
    """F1 of smoothed ANet against the window, on validation people."""
    anet = OF.scores(study, "anet", "first")
    if not anet.validation:
        return empty("Windows", study)
    known, series, words = next(iter(anet.validation.values())), [], []
    for kind, by, style in (
        ("mean", "f1", "o-"),
        ("median", "f1", "s--"),
        ("mean", "event", "^-"),
        ("mean", "iou", "v:"),
    ):
        curve = window_curve(known, kind, by)  # type: ignore[arg-type]
        best = int(np.nanargmax(curve))
        label = f"moving {kind}, {metric_named(by).short}"
        series.append(Series(label, curve, colour("smoothed") if by == "f1" else BLACK, style, WINDOWS, best))
        words.append(f"{label}: best with a window of {WINDOWS[best]} ({curve[best]:.1f})")
    return curves({"validation people": series}, "window, frames", "mean F1, percent",
                  notes.footer(study, [anet], "", "hybrid"), "How long a window suits ANet's scores (ringed: chosen).",
                  f"Mean F1 over windows. {'; '.join(words)}.", size=(7, 3.6), xticks=WINDOWS,
                  ylim=(0, None))  # fmt: skip


def overlaps(study: Study) -> Picture:
    """F1 of events against the least share of an event's own frames that the other side must have too."""
    series, words, every = [], [], []
    for name in (*SHOWN, "hybrid-shuffled"):
        one = OF.scores(study, name, "first")
        every.append(one)
        if one:
            values = metrics.f1_event_curve(one.frames.truth, one.frames.scores, one.frames.video)
            curve = 100 * metrics.mean_of_defined(values, axis=1)
            style = "--" if name == "hybrid-shuffled" else "-"
            series.append(Series(one.title, curve[1:], colour(name), style, metrics.OVERLAPS[1:].tolist()))
            words.append(f"{one.title} {metrics.area(curve):.1f}, at half overlap {curve[50]:.1f}")
    if not series:
        return empty("Overlaps", study)
    return curves({"tested people": series}, "least share of an event's own frames", "mean F1 of events, percent",
                  notes.footer(study, every, "", "hybrid"), "F1 of events against the share of an event's own frames "
                  "that the other side must have too (not drawn at 0, where every event counts); F1-event is the area "
                  "under a curve.", f"F1-event of {'; '.join(words)}.", size=(7, 3.6), ylim=(0, None),
                  decorate=lambda axes, _: axes.xaxis.set_major_formatter(PercentFormatter(1)))  # fmt: skip


def chosen_video(given: Frames, au: int = LEADING) -> int:
    """The video with the most true events of an AU; among equals the first."""
    found = metrics.events(given.truth[:, [given.aus.index(au)]], given.video)
    if not len(found):
        return int(given.video[0])
    names, times = np.unique(given.video[found[:, 1]], return_counts=True)
    return int(names[times.argmax()])


def rare_au(given: Frames, video: int) -> int:
    """The rarest AU of all tested frames that has an event in this video, other than the leading one."""
    rate = np.nan_to_num(metrics.base_rate(given.truth), nan=2.0)
    here = given.truth[given.video == video]
    order = [au for au in np.array(given.aus)[np.argsort(rate)].tolist() if au != LEADING]
    return next((au for au in order if (here[:, given.aus.index(au)] == 1).any()), order[0])


def timeline(study: Study, aus: tuple[int, ...] = ()) -> Picture:
    """One tested video: truth, scores of four methods over time, and the events they detect; two AUs by default."""
    given = _shown(study)
    if not given:
        return empty("One video over time", study)
    first = given[0].frames
    video = chosen_video(first)
    aus = aus or (LEADING, rare_au(first, video))
    rows = np.flatnonzero(first.video == video)
    figure, grid = plt.subplots(2 * len(aus), 1, figsize=(10, 3.1 * len(aus) + 0.4), sharex=True, squeeze=False,
                                height_ratios=[2.2, 1] * len(aus), layout="constrained")  # fmt: skip
    words = [_one_au(*grid[2 * k : 2 * k + 2, 0], given, rows, au) for k, au in enumerate(aus)]
    grid[0, 0].legend(frameon=False, ncols=5, loc="lower right", bbox_to_anchor=(1, 1), fontsize=9)
    grid[-1, 0].set_xlabel("seconds into the video")
    told = (f"The tested video with the most events of AU{LEADING} ({len(rows)} frames, person "
            f"{int(first.subject[rows[0]])}); below it, the rarest AU that occurs in it.")  # fmt: skip
    return Picture(
        figure,
        f"One video over time. {' '.join(words)}",
        notes.footer(study, given, told, "hybrid"),
        "Above: scores over time; shaded: the AU is present; dotted: decision at 0.5. Below: the true "
        "events, and those that each method detects. Smoothed: ANet's moving average of 3 frames.",
    )


def _one_au(above, below, given: list[MethodScores], rows: np.ndarray, au: int) -> str:
    """Draw one AU; what is to be seen, in words."""
    first = given[0].frames
    column = first.aus.index(au)
    rate = entry(name_of(given[0].records[0].about["declaration"]["corpus"])).frame_rate
    seconds, truth = first.frame[rows] / rate, first.truth[rows, column]
    step = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 1.0
    above.axhline(0.5, color=GREY, lw=0.8, ls=":")
    lanes = [("true", GREY, truth == 1)]
    for one in given:
        values, title = one.frames.scores[rows, column], "smoothed" if "moving" in one.title else one.title
        above.plot(seconds, values, color=colour(one.name), lw=1.0 if one.name == "anet" else 1.6, label=title)
        lanes.append((title, colour(one.name), (values >= 0.5) & (truth != UNKNOWN)))
    above.set(ylim=(-0.02, 1.02), ylabel=f"score of AU{au}", xlim=(seconds[0] - step, seconds[-1] + step))
    above.set_title(f"AU{au} {AUS[au].name}", loc="left", fontsize=10)
    found = []
    for lane, (title, shade, present) in enumerate(lanes):
        events = metrics.events(present[:, None].astype(np.int8), np.zeros(len(present), int))
        spans = [(seconds[a] - step / 2, seconds[b - 1] - seconds[a] + step) for _, a, b in events]
        below.broken_barh(spans, (lane - 0.35, 0.7), color=shade)
        if title == "true":
            above.broken_barh(spans, (0, 1), color="#dddddd", lw=0, zorder=0)
        found.append(f"{title} {len(events)}")
    below.set(yticks=range(len(lanes)), yticklabels=[title for title, *_ in lanes], ylim=(len(lanes) - 0.4, -0.6))
    below.tick_params(axis="y", labelsize=9, length=0)
    return f"Events of AU{au}: {', '.join(found)}."


def timelines(study: Study):
    """The same video for every AU that occurs in it, behind a slider that needs no kernel."""
    given = _shown(study)
    if not given:
        return empty("One video over time", study)
    first = given[0].frames
    own = first.truth[first.video == chosen_video(first)]
    aus = [au for column, au in enumerate(first.aus) if (own[:, column] == 1).any()] or [LEADING]
    start = aus.index(LEADING) if LEADING in aus else 0
    return slider([timeline(study, (au,)) for au in aus], [f"AU{au} {AUS[au].name}" for au in aus], "AU", start)


def _shown(study: Study) -> list[MethodScores]:
    """The methods of the picture on common frames, those that were run; nothing without ANet."""
    here = [one for name in SHOWN if (one := OF.scores(study, name, "first"))]
    given = align(*here) if here and here[0].name == "anet" else []
    return given if given and given[0] else []


def figure7(study: Study, setting: str = "gft-within") -> Picture:
    """Hybrid Fig. 7: F1 on watched training frames while the network learns, one panel an AU, three strategies."""
    given = {name: OF.scores(study, name, setting) for name in ("RS", "MS", "MOMU")}
    kept = {n: one.records[0].arrays("history") for n, one in given.items() if one and one.records[0].has("history")}
    kept = {name: history for name, history in kept.items() if "training_f1" in history}
    if not kept:
        return empty(f"Fig. 7, {OF.title(setting)}", study)
    first = given[next(iter(kept))]
    known, outputs = rates.base_rates(first.runs[0]), first.records[0].about["outputs"]
    panels = {
        f"AU{au}, {100 * known[au]:.1f} %": [
            Series(name, 100 * history["training_f1"][:, outputs.index(au)], colour(name), "-", history["evaluated"])
            for name, history in kept.items()
        ]
        for au in sorted(outputs, key=lambda au: known[au])
    }
    ends = "; ".join(f"{name} {np.nanmean(100 * h['training_f1'][-1]):.0f}" for name, h in kept.items())
    return curves(panels, "iteration", "F1 on training frames, percent",
                  notes.footer(study, given.values(), "one fold and seed", "hybrid"),
                  f"Fig. 7, {OF.title(setting)}. Above each panel the AU's share of the training frames.",
                  f"F1 on training frames over iterations, one panel an AU from the rarest to the most frequent. Mean "
                  f"over AUs at the end: {ends}.", size=(1.95, 1.75), columns=4, ylim=(0, 100))  # fmt: skip


def figure8(study: Study) -> Picture:
    """Hybrid Fig. 8: MOMU above random sampling by AU, in F1 and AUC, within and between, on both corpora."""
    panels, order, every = {}, {}, []
    for setting in spec("hybrid", "sampling-gains").settings:
        momu, random = (OF.scores(study, name, setting) for name in ("MOMU", "RS"))
        every += [momu, random]
        gains = [evaluate(by_au(momu, of) - by_au(random, of)) for of in ("f1", "auc")]
        if gains[0] is None or gains[1] is None:
            continue
        known = rates.base_rates(random.runs[0])
        order[OF.title(setting)] = sorted(gains[0].aus, key=lambda au: known[au])
        theirs = printed_gain(setting)
        panels[OF.title(setting)] = [
            Series("F1, printed, real data", {au: theirs[str(au)] for au in gains[0].aus}, GREY, "D"),
            Series("F1, ours", gains[0].by_au(), colour("MOMU"), "o"),
            Series("AUC, ours", gains[1].by_au(), colour("anet"), "s"),
        ]
    if not panels:
        return empty("Fig. 8", study)
    return dots(panels, order, "MOMU above random sampling, points", notes.footer(study, every, "", "hybrid"),
                "Fig. 8. Points of F1 (at a threshold of 0.5) and AUC that MOMU has above random sampling; bars: 95 % "
                "intervals over the tested people. The paper's AUC bars cannot be read; its F1 follows from Tables 3 "
                "and 4.", xlabel="AU, from the rarest to the most frequent in the frames that train",
                zero=0)  # fmt: skip


def threshold_curves(study: Study, setting: str = "gft-within") -> Picture:
    """F1 over the threshold for random sampling, MOMU, and random sampling moved by the known rates.

    For the rarest and the most frequent AU of the tested frames, on an axis on which a shift of the log odds is a step
    to the side.
    """
    random, momu = (OF.scores(study, name, setting) for name in ("RS", "MOMU"))
    if not random or not momu:
        return empty(f"F1 over thresholds, {OF.title(setting)}", study)
    logits = np.linspace(-6, 6, 241)
    shown = {
        au: rate for au, rate in zip(random.frames.aus, metrics.base_rate(random.frames.truth), strict=True) if rate > 0
    }
    raised, panels, words = rates.shift(random.runs[0], momu.runs[0]), {}, []
    for au in (min(shown, key=shown.__getitem__), max(shown, key=shown.__getitem__)):
        series = [_over_thresholds(one, au, logits) for one in (random, momu)]
        moved = Series("RS, moved by the known rates", series[0].values, GREY, "--", logits + raised[au])
        panels[f"AU{au}, in {100 * shown[au]:.1f} % of the tested frames"] = [*series, moved]
        at_half, top = ([f(one.values) for one in series] for f in (lambda v: v[120], np.nanmax))
        words.append(f"AU{au}: at 0.5 random sampling {at_half[0]:.0f}, MOMU {at_half[1]:.0f}; highest {top[0]:.0f} "
                     f"and {top[1]:.0f}; the known rates move thresholds by {raised[au]:+.1f} in log odds")  # fmt: skip
    ticks = np.array([0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99])

    def odds(axes, _: str) -> None:
        axes.axvline(0, color=LIGHT, lw=0.9)
        axes.set_xticks(np.log(ticks / (1 - ticks)), [f"{tick:g}" for tick in ticks])

    return curves(panels, "threshold", "F1-frame, percent", notes.footer(study, [random, momu], "", "hybrid"),
                  f"F1 over the threshold, {OF.title(setting)}, for the rarest and the most frequent AU. Where MOMU is "
                  "a shifted threshold, its curve lies on the dashed one. Ringed: tuned on validation people.",
                  f"F1 over the threshold, two AUs. {'. '.join(words)}.", decorate=odds, ylim=(0, 100),
                  xlim=(-6, 6))  # fmt: skip


def _over_thresholds(one: MethodScores, au: int, logits: np.ndarray) -> Series:
    column, grid = one.frames.aus.index(au), 1 / (1 + np.exp(-logits))
    curve = 100 * metrics.f1_curve(one.frames.truth, one.frames.scores, grid)[:, column]
    own = thresholds(next(iter(one.validation.values())))[au] if one.validation else 0.5
    return Series(one.title, curve, colour(one.name), "-", logits, int(np.abs(grid - own).argmin()))


def threshold_slider(study: Study, setting: str = "gft-within", steps: int = 19):
    """F1 of random sampling and MOMU by AU at thresholds evenly from 0 to 1; a slider that needs no kernel."""
    import ipywidgets as widgets

    given = [OF.scores(study, name, setting) for name in ("RS", "MOMU")]
    if not all(given):
        return empty(f"Thresholds, {OF.title(setting)}", study)
    limits = np.arange(1, steps + 1) / (steps + 1)
    curve = {one.name: 100 * metrics.f1_curve(one.frames.truth, one.frames.scores, limits) for one in given}
    known = metrics.base_rate(given[0].frames.truth)
    order = [k for k in np.argsort(known, kind="stable") if given[0].frames.aus[k] in given[0].aus]
    pictures = [_at_threshold(curve, limits, k, order, given[0].frames.aus) for k in range(len(limits))]
    box = slider(pictures, [f"{limit:.2f}" for limit in limits], "threshold", start=int(np.abs(limits - 0.5).argmin()))
    return widgets.VBox([box, widgets.HTML("".join(notes.footer(study, given, OF.title(setting), "hybrid")))])


def _at_threshold(curve: dict[str, np.ndarray], limits: np.ndarray, k: int, order, aus) -> Picture:
    figure, axes = plt.subplots(1, 2, figsize=(9.4, 3.2), width_ratios=(1.6, 1), gridspec_kw={"wspace": 0.16})
    x = np.arange(len(order))
    for (name, values), side in zip(curve.items(), (-0.2, 0.2), strict=True):
        mean = metrics.mean_of_defined(values, axis=1)
        axes[0].bar(x + side, np.nan_to_num(values[k, order]), 0.38, color=colour(name), label=name)
        axes[1].plot(limits, mean, color=colour(name))
        axes[1].plot(limits[k], mean[k], "o", ms=8, color=colour(name))
    axes[0].set(xticks=x, xticklabels=[aus[j] for j in order], ylim=(0, 100), ylabel="F1-frame, percent",
                xlabel="AU, from the rarest to the most frequent")  # fmt: skip
    axes[0].set_title(f"both at threshold {limits[k]:.2f}", fontsize=10, loc="left")
    axes[1].set(xlabel="threshold", ylim=(0, 100))
    axes[1].set_title("mean over AUs", fontsize=10, loc="left")
    axes[0].legend(frameon=False, fontsize=9, ncols=2, loc="upper left")
    for one in axes:
        calm(one)
    told = ", ".join(f"{name} {metrics.mean_of_defined(values[k]):.1f}" for name, values in curve.items())
    return Picture(figure, f"F1 by AU at threshold {limits[k]:.2f}; mean over AUs: {told}.")
