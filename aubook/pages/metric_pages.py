"""Tables and figures of the page on metrics: arithmetic on published base rates and made-up scores, no run needed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from aubook import published
from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import AVERAGE, Table
from aubook.pages.calibration import published_rates
from aulib import metrics


def constant_predictor() -> Table:
    """F1 of "always present" from BP4D's base rates, beside what DRML's Table 2 prints."""
    printed = published.by_au("drml_table2_bp4d", "F1-frame")
    rates = published_rates()
    frame = pd.DataFrame(
        {
            "base rate of BP4D": 100 * rates,
            "always present, all frames": 100 * metrics.always_present_f1(rates.to_numpy()),
        }
    )
    frame["always present, 1:2 sample"] = 100 * metrics.always_present_f1(np.full(len(rates), 1 / 3))
    frame.index = frame.index.astype(str)
    frame.loc[AVERAGE] = frame.mean()
    for name in ("ConvNet", "DRML"):
        frame[f"{name}, printed"] = printed[name].rename({"avg": AVERAGE})
    frame.index.name = "AU"
    line = provenance.published(
        "Base rates: aggregates over 146,847 frames of BP4D; printed: DRML (CVPR 2016), Table 2"
    )
    return Table(frame, "F1 of a predictor that never looks, in percent", [line])


def roc_against_precision_recall() -> Picture:
    """The same scores at four base rates: the ROC area stays, average precision falls."""
    rng = np.random.default_rng(0)
    figure, axes = plt.subplots(figsize=(6, 3.4))
    rates = np.array([0.5, 0.2, 0.1, 0.05])
    areas, precisions = [], []
    for rate in rates:
        truth = (rng.random(40_000) < rate).astype(np.int8)[:, None]
        score = 1 / (1 + np.exp(-rng.normal(1.2 * truth, 1.0)))
        areas.append(metrics.auc(truth, score)[0])
        precisions.append(metrics.average_precision(truth, score)[0])
    axes.plot(100 * rates, areas, "o-", label="ROC area")
    axes.plot(100 * rates, precisions, "s-", label="average precision")
    axes.plot(100 * rates, rates, "k:", label="average precision of chance")
    axes.axhline(0.5, color="k", lw=0.8, ls="--", label="ROC area of chance")
    axes.set(xlabel="base rate, percent", ylim=(0, 1))
    axes.legend(frameon=False, fontsize=8)
    return Picture(
        figure,
        f"One classifier at base rates 50, 20, 10 and 5 percent: ROC area {areas[0]:.2f} to {areas[-1]:.2f}, "
        f"average precision {precisions[0]:.2f} to {precisions[-1]:.2f}.",
        ['<div class="provenance">Made-up scores: two normal distributions 1.2 standard deviations apart.</div>'],
    )


#: Frames of the made-up video of `frames_and_events`, and the frames in which its AU is present.
_LENGTH, _TRUE = 200, ((20, 60), (90, 120), (150, 190))


def made_up_detectors() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A video with three events of one AU, and four detectors that err in different ways.

    Returns
    -------
    truth : ndarray of int8, shape (200, 1)
    found : dict of str to ndarray of float, shape (200, 1)
        Name of the detector -> 1 where it says present.
    """
    truth = np.zeros((_LENGTH, 1), np.int8)
    for start, stop in _TRUE:
        truth[start:stop] = 1
    exact = truth.astype(float)
    late, flickering, joined = np.roll(exact, 6, axis=0), exact.copy(), exact.copy()
    flickering[::5] = 0
    joined[60:90] = 1
    always = np.ones_like(exact)
    return truth, {"six frames late": late, "flickering": flickering, "two joined": joined, "always present": always}


def frames_and_events() -> Picture:
    """Four detectors of the same three events, and F1 of frames and, by two rules, of events."""
    truth, found = made_up_detectors()
    video = np.zeros(_LENGTH, int)
    figure, axes = plt.subplot_mosaic(
        [["tracks", "tracks"], ["own", "union"]], figsize=(7.4, 5.4), gridspec_kw={"hspace": 0.4, "wspace": 0.12}
    )
    tracks, own, union = (axes[name] for name in ("tracks", "own", "union"))
    rows = {"truth": truth.astype(float), **found}
    words = []
    for row, (name, present) in enumerate(rows.items()):
        colour = "#333333" if name == "truth" else f"C{row - 1}"
        tracks.fill_between(np.arange(_LENGTH), row, row + 0.7 * present[:, 0], step="post", color=colour, lw=0)
        if name == "truth":
            continue
        by_union = [metrics.f1_event_iou(truth, present, video, overlap=least)[0] for least in metrics.OVERLAPS]
        frame = metrics.f1_frame(truth, present)[0]
        event = metrics.f1_event(truth, present, video)[0]
        words.append(f"{name}: F1-frame {frame:.2f}, F1-event {event:.2f}, by IoU {by_union[50]:.2f}")
        own.plot(metrics.OVERLAPS, metrics.f1_event_curve(truth, present, video)[:, 0], color=colour)
        union.plot(metrics.OVERLAPS, by_union, color=colour)
        said = f"F1-frame {frame:.2f}\nF1-event {event:.2f}, IoU {by_union[50]:.2f}"
        tracks.text(1.02 * _LENGTH, row + 0.35, said, va="center", fontsize=8.5, color=colour)
    tracks.set_yticks([row + 0.35 for row in range(len(rows))], list(rows))
    tracks.set(xlabel="frame", xlim=(0, _LENGTH))
    tracks.invert_yaxis()
    union.axvline(0.5, color="#999999", lw=0.8)
    own.set(xlabel="least share of an event's own frames", ylabel="F1 of events", title="the authors' rule")
    union.set(xlabel="least intersection over union", yticklabels=[], title="intersection over union")
    for panel in (own, union):
        panel.set(ylim=(-0.02, 1.05), xlim=(0, 1))
        panel.title.set_fontsize(10)
    return Picture(
        figure,
        "Three events of a made-up video and what four detectors find. " + "; ".join(words) + ".",
        ['<div class="provenance">A made-up video of 200 frames with three events.</div>'],
        "Above, where the AU is present and where four detectors say so; below, in the same colours, the F1 of their "
        "events against the overlap that counts. F1-event is the area on the left; IoU is the value at one half on the "
        "right.",
    )
