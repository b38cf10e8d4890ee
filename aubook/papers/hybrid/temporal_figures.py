"""Pictures of temporal context: windows and overlaps, and one video over time."""

from __future__ import annotations

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import PercentFormatter

from aubook.engine.picture import Picture
from aubook.papers.drml.figures import empty
from aubook.papers.hybrid import smoothing
from aubook.papers.hybrid.common import Tested
from aubook.papers.hybrid.contenders import COLOURS, Contender, aligned, missing, provenance_footer
from aubook.papers.hybrid.people import SHORT
from aubook.papers.hybrid.temporal import everyone
from aubook.study import Study
from aulib import metrics
from aulib.aus import AUS, UNKNOWN
from aulib.corpus import name_of
from aulib.manifest import entry

#: Shown over time and over overlaps, in this order; smoothed by a fixed window, since a chosen one may change nothing.
SHOWN = ("anet", "smoothed-3", "lstm", "hybrid")
#: Kind of average, measure and line.
_CURVES: tuple[tuple[smoothing.Kind, smoothing.By, str], ...] = (
    ("mean", "f1", "o-"),
    ("median", "f1", "s--"),
    ("mean", "event", "o-"),
    ("mean", "iou", "o:"),
)
_TITLES = {"hybrid-shuffled": "Hybrid, frames shuffled"}
#: The AU whose events choose the video.
LEADING = 12


def windows_and_overlaps(study: Study) -> Picture:
    """Left: F1 of smoothed ANet against the window, on validation people.  Right: F1 of events against overlap."""
    here = everyone(study)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
    anet = here["anet"]
    words = []
    given = next((g for record in anet.records if (g := smoothing.validation_of(record)) is not None), None)
    if given is not None:
        for kind, by, style in _CURVES:
            curve = smoothing.curve(given, kind, by)
            best = int(np.nanargmax(curve))
            colour = COLOURS["smoothed"] if by == "f1" else "#444444"
            left.plot(smoothing.WINDOWS, curve, style, ms=4, color=colour, label=f"moving {kind}, {SHORT[by]}")
            left.plot(smoothing.WINDOWS[best], curve[best], "o", ms=12, mfc="none", mec="#444444")
            words.append(f"the moving {kind} has its best {SHORT[by]} with a window of {smoothing.WINDOWS[best]} "
                         f"({curve[best]:.1f})")  # fmt: skip
        left.legend(frameon=False, fontsize=9, loc="lower right")
    left.set(xlabel="window, frames", ylabel="mean F1, percent", xticks=smoothing.WINDOWS, title="validation people")
    left.set_ylim(0, None)
    for name in (*SHOWN, "hybrid-shuffled"):
        one = here[name]
        if one.seeds:
            curve = np.mean([_curve(scored.tested) for scored in one.seeds.values()], axis=0)
            dashed = "--" if name == "hybrid-shuffled" else "-"
            colour = COLOURS[name.partition("-")[0]]
            label = one.head.replace(one.title, _TITLES.get(name, one.title))
            right.plot(metrics.OVERLAPS[1:], curve[1:], dashed, color=colour, label=label)
            words.append(f"F1-event of {label} {metrics.area(curve):.1f}, at half overlap {curve[50]:.1f}")
    if not words:
        plt.close(figure)
        return empty("Windows and overlaps", study)
    right.set(
        xlabel="least share of an event's own frames", ylabel="mean F1 of events, percent", title="tested people",
        ylim=(0, None),
    )  # fmt: skip
    right.xaxis.set_major_formatter(PercentFormatter(1))
    if right.lines:
        right.legend(frameon=False, fontsize=9)
    figure.tight_layout()
    return Picture(
        figure,
        f"Two panels. {'; '.join(words)}.",
        [
            provenance_footer(list(here.values())),
            *missing(study, *(here[name] for name in (*SHOWN, "hybrid-shuffled"))),
        ],
        "Left: how long a window suits ANet's scores (ringed: chosen). Right: F1 of events against the share of an "
        "event's own frames that the other side must have too (not drawn at 0, where every event counts); F1-event is "
        "the area under a curve.",
    )


def _curve(given: Tested) -> np.ndarray:
    values = metrics.f1_event_curve(given.truth, given.scores, given.video)
    return 100 * np.nanmean(values[:, ~np.isnan(values).all(axis=0)], axis=1)


def chosen_video(given: Tested, au: int = LEADING) -> int:
    """The video with the most true events of an AU; among equals the first."""
    found = metrics.events(given.truth[:, [given.aus.index(au)]], given.video)
    if not len(found):
        return int(given.video[0])
    names, counts = np.unique(given.video[found[:, 1]], return_counts=True)
    return int(names[counts.argmax()])


def rare_au(given: Tested, video: int) -> int:
    """The rarest AU of all tested frames that has an event in this video, other than the leading one."""
    rate = metrics.base_rate(given.truth)
    here = given.truth[given.video == video]
    order = [au for au in np.array(given.aus)[np.argsort(np.nan_to_num(rate, nan=2.0))].tolist() if au != LEADING]
    return next((au for au in order if (here[:, given.aus.index(au)] == 1).any()), order[0])


def timeline(study: Study, aus: tuple[int, ...] | None = None) -> Picture:
    """One tested video: truth, scores of four methods over time, and the events that they detect.

    Parameters
    ----------
    study : Study
    aus : tuple of int, optional
        By default AU12 and the rarest AU that occurs in the video.
    """
    here = _shown(study)
    if here is None:
        return empty("One video over time", study)
    given = {one.name: next(iter(one.seeds.values())).tested for one in here}
    first = given["anet"]
    video = chosen_video(first)
    aus = aus or (LEADING, rare_au(first, video))
    rows = np.flatnonzero(first.video == video)
    rate = entry(name_of(here[0].records[0].about["declaration"]["corpus"])).frame_rate
    seconds = first.frame[rows] / rate
    step = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 1.0
    figure = plt.figure(figsize=(10, 3.1 * len(aus) + 0.4))
    groups = figure.add_gridspec(len(aus), 1, hspace=0.25)
    words = []
    for k, au in enumerate(aus):
        above, below = groups[k].subgridspec(2, 1, height_ratios=(2.2, 1), hspace=0.08).subplots(sharex=True)
        words.append(_one_au(above, below, here, given, rows, seconds, step, au))
        if k == 0:
            above.legend(
                frameon=False, ncols=5, loc="lower right", bbox_to_anchor=(1, 1), fontsize=9, borderaxespad=0.2
            )
    below.set_xlabel("seconds into the video")
    return Picture(
        figure,
        f"One video over time. {' '.join(words)}",
        [
            provenance_footer(here, f"The tested video with the most events of AU{LEADING} ({len(rows)} frames, person "
                 f"{int(first.subject[rows[0]])}); below it, the rarest AU that occurs in it.")
        ],
        "Above: scores over time; shaded: the AU is present; dotted: decision at 0.5. Below: the true events, and "
        "those that each method detects. Smoothed: ANet's moving average of 3 frames.",
    )  # fmt: skip


def timelines(study: Study):
    """The same video for every AU that occurs in it, behind a slider that needs no kernel."""
    from aubook.engine.widgets import slider

    here = _shown(study)
    if here is None:
        return empty("One video over time", study)
    first = next(iter(here[0].seeds.values())).tested
    own = first.truth[first.video == chosen_video(first)]
    aus = [au for column, au in enumerate(first.aus) if (own[:, column] == 1).any()] or [LEADING]
    start = aus.index(LEADING) if LEADING in aus else 0
    return slider([timeline(study, (au,)) for au in aus], [f"AU{au} {AUS[au].name}" for au in aus], "AU", start)


def _shown(study: Study) -> list[Contender] | None:
    """The methods of the picture on common frames of the first seed, or None without ANet."""
    here = everyone(study)
    run = [here[name] for name in SHOWN if here[name].seeds]
    if not here["anet"].seeds:
        return None
    given = aligned(*run)
    return given if given[0].seeds else None


def _one_au(above, below, here: list[Contender], given: dict, rows, seconds, step: float, au: int) -> str:
    """Draw one AU; what is to be seen, in words."""
    first: Tested = given["anet"]
    column = first.aus.index(au)
    truth = first.truth[rows, column]
    above.axhline(0.5, color="#888888", lw=0.8, ls=":")
    lanes = [("true", "#777777", truth == 1)]
    for one in here:
        values = given[one.name].scores[rows, column]
        width = 1.0 if one.name == "anet" else 1.6
        above.plot(seconds, values, color=_colour(one), lw=width, label=_short(one.title), zorder=5 - width)
        lanes.append((_short(one.title), _colour(one), (values >= 0.5) & (truth != UNKNOWN)))
    above.set(ylim=(-0.02, 1.02), ylabel=f"score of AU{au}")
    above.tick_params(axis="x", length=0, labelbottom=False)
    above.set_xlim(seconds[0] - step, seconds[-1] + step)
    above.set_title(f"AU{au} {AUS[au].name}", loc="left", fontsize=10)
    counts = []
    for lane, (title, colour, present) in enumerate(lanes):
        found = metrics.events(present[:, None].astype(np.int8), np.zeros(len(present), int))
        spans = [(seconds[a] - step / 2, seconds[b - 1] - seconds[a] + step) for _, a, b in found]
        below.broken_barh(spans, (lane - 0.35, 0.7), color=colour)
        if title == "true":
            above.broken_barh(spans, (0, 1), color="#dddddd", lw=0, zorder=0)
        counts.append(f"{title} {len(found)}")
    below.set(yticks=range(len(lanes)), yticklabels=[title for title, *_ in lanes], ylim=(len(lanes) - 0.4, -0.6))
    below.tick_params(axis="y", labelsize=9, length=0)
    below.spines["left"].set_visible(False)
    return f"Events of AU{au}: {', '.join(counts)}."


def _colour(one: Contender) -> str:
    return COLOURS[one.name.partition("-")[0]]


def _short(title: str) -> str:
    return "smoothed" if "moving" in title else title
