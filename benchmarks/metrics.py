"""F1-frame, AUC and average precision against scikit-learn, F1-event and JS divergence against plain loops."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import jensenshannon
from sklearn import metrics as sk

from aulib import metrics
from benchmarks.measure import Row, interleaved


def runs_by_loop(flags, videos) -> list[tuple[int, int]]:
    """First frame and one past the last of each stretch of 1 inside one video."""
    flags, videos = np.asarray(flags).tolist(), np.asarray(videos).tolist()  # plain numbers make the fastest loop
    found, start = [], None
    for i, (flag, video) in enumerate(zip(flags, videos, strict=True)):
        if start is not None and (flag != 1 or video != videos[i - 1]):
            found.append((start, i))
            start = None
        if flag == 1 and start is None:
            start = i
    return [*found, (start, len(flags))] if start is not None else found


def _own_share(event: tuple[int, int], flags: list[bool]) -> tuple[int, int]:
    """How many of an event's own frames are flagged, and of how many."""
    return sum(flags[event[0] : event[1]]), event[1] - event[0]


def f1_event_by_loop(truth, scores, videos, threshold=0.5):
    """:func:`aulib.metrics.f1_event` as one would write it down: unit by unit, event by event, overlap by overlap."""
    areas = []
    for y, s in zip(truth.T, scores.T, strict=True):
        predicted, present = (s >= threshold) & (y >= 0), y == 1
        actual, claimed = runs_by_loop(present, videos), runs_by_loop(predicted, videos)
        said, there = predicted.tolist(), present.tolist()
        found = [100 * common // length for common, length in (_own_share(event, said) for event in actual)]
        right = [100 * common // length for common, length in (_own_share(event, there) for event in claimed)]
        area = 0.0 if actual else np.nan
        for percent in range(100) if actual and claimed else ():
            recall = sum(share >= percent for share in found) / len(actual)
            precision = sum(share >= percent for share in right) / len(claimed)
            area += 0.01 * 2 * recall * precision / (recall + precision) if recall + precision else 0.0
        areas.append(area)
    return np.array(areas)


def _iou(a: tuple[int, int], b: tuple[int, int]) -> float:
    common = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    return common / (a[1] - a[0] + b[1] - b[0] - common)


def _paired(events: list[tuple[int, int]], others: list[tuple[int, int]], least: float) -> int:
    """Events with a partner of enough overlap; both lists rise, so partners that lie behind are passed over once."""
    hits = first = 0
    for event in events:
        while first < len(others) and others[first][1] <= event[0]:
            first += 1
        k = first
        while k < len(others) and others[k][0] < event[1]:
            if _iou(event, others[k]) >= least:
                hits += 1
                break
            k += 1
    return hits


def event_counts_iou_by_loop(truth, scores, videos, threshold=0.5, overlap=0.5):
    """:func:`aulib.metrics.event_counts_iou` as one would write it down, (4, A)."""
    lines = []
    for y, s in zip(truth.T, scores.T, strict=True):
        actual = runs_by_loop(y, videos)
        claimed = runs_by_loop((s >= threshold) & (y >= 0), videos)
        hits, right = _paired(actual, claimed, overlap), _paired(claimed, actual, overlap)
        lines.append((hits, len(actual), right, len(claimed)))
    return np.array(lines).reshape(-1, 4).T


def pairwise_js_by_loop(distributions) -> np.ndarray:
    """JS divergence of every ordered pair, by SciPy, which returns its square root."""
    n = len(distributions)
    out = np.zeros((n, n))
    for p in range(n):
        for q in range(n):
            if p != q:
                out[p, q] = jensenshannon(distributions[p], distributions[q]) ** 2
    return out


def _events(rng: np.random.Generator, frames: int, units: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels in stretches of 50 frames on average, and predictions that miss their edges and flicker now and then."""
    truth = (np.cumsum(rng.random((frames, units)) < 0.02, axis=0) % 3 == 0).astype(np.int8)
    scores = np.roll(truth, 5, axis=0) * np.float32(0.8)
    flicker = rng.random((frames, units)) < 0.01
    scores[flicker] = np.float32(0.8) - scores[flicker]
    truth[rng.random((frames, units)) < 0.002] = -1
    return truth, scores, np.arange(frames) // 1000


def run(quick: bool) -> list[Row]:
    n, units, rng = (20_000 if quick else 140_000), 12, np.random.default_rng(0)
    truth = (rng.random((n, units)) < rng.uniform(0.1, 0.6, units)).astype(np.int8)
    scores = (0.7 * rng.random((n, units)) + 0.3 * truth * rng.random((n, units))).astype(np.float32)
    ms = interleaved(
        {
            "f1": lambda: metrics.f1_frame(truth, scores),
            "sk f1": lambda: sk.f1_score(truth, scores >= 0.5, average=None),
            "auc": lambda: metrics.auc(truth, scores),
            "sk auc": lambda: sk.roc_auc_score(truth, scores, average=None),
            "ap": lambda: metrics.average_precision(truth, scores),
            "sk ap": lambda: sk.average_precision_score(truth, scores, average=None),
        },
        3 if quick else 7,
    )
    labels, predicted, videos = _events(rng, n, units)
    events = interleaved(
        {
            "F1-event": lambda: metrics.f1_event(labels, predicted, videos),
            "F1-event, loop": lambda: f1_event_by_loop(labels, predicted, videos),
            "F1 by IoU": lambda: metrics.f1_event_iou(labels, predicted, videos),
            "F1 by IoU, loop": lambda: event_counts_iou_by_loop(labels, predicted, videos),
        },
        2 if quick else 5,
    )
    subjects, dimension = (10, 512) if quick else (41, 4096)
    distributions = metrics.as_distributions(rng.gamma(1.0, size=(subjects, dimension)))
    js = interleaved(
        {
            "JS": lambda: metrics.pairwise_js(distributions),
            "JS, SciPy loop": lambda: pairwise_js_by_loop(distributions),
        },
        3 if quick else 7,
    )
    return [
        Row("F1-frame: scikit-learn / ours", ms["sk f1"] / ms["f1"], 100, detail=ms),
        Row("AUC: scikit-learn / ours", ms["sk auc"] / ms["auc"], 5),
        Row("average precision: scikit-learn / ours", ms["sk ap"] / ms["ap"], 2),
        Row("F1-event: loop over events / ours", events["F1-event, loop"] / events["F1-event"], 50, detail=events),
        Row("F1 of events by IoU: loop / ours", events["F1 by IoU, loop"] / events["F1 by IoU"], 30),
        Row("JS divergence of subjects: SciPy loop / ours", js["JS, SciPy loop"] / js["JS"], 25, detail=js),
    ]
