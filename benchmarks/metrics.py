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


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> float:
    common = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    return common / (a[1] - a[0] + b[1] - b[0] - common)


def _found(events: list[tuple[int, int]], others: list[tuple[int, int]], least: float) -> int:
    """Events with a partner of enough overlap; both lists rise, so partners that lie behind are passed over once."""
    hits = first = 0
    for event in events:
        while first < len(others) and others[first][1] <= event[0]:
            first += 1
        k = first
        while k < len(others) and others[k][0] < event[1]:
            if _overlap(event, others[k]) >= least:
                hits += 1
                break
            k += 1
    return hits


def event_scores_by_loop(truth, scores, videos, threshold=0.5, overlap=0.5):
    """:func:`aulib.metrics.event_scores` as one would write it down: unit by unit, segment by segment."""
    lines = []
    for y, s in zip(truth.T, scores.T, strict=True):
        actual = runs_by_loop(y, videos)
        claimed = runs_by_loop((s >= threshold) & (y >= 0), videos)
        hits, right = _found(actual, claimed, overlap), _found(claimed, actual, overlap)
        recall = hits / len(actual) if actual else np.nan
        precision = right / len(claimed) if claimed else np.nan
        if hits:
            f1 = 2 * recall * precision / (recall + precision)
        else:
            f1 = 0.0 if actual or claimed else np.nan
        lines.append((recall, precision, f1, len(actual), len(claimed)))
    return np.array(lines).reshape(-1, 5).T


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
            "F1-event": lambda: metrics.event_scores(labels, predicted, videos),
            "F1-event, segment loop": lambda: event_scores_by_loop(labels, predicted, videos),
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
        Row("F1-event: segment loop / ours", events["F1-event, segment loop"] / events["F1-event"], 50, detail=events),
        Row("JS divergence of subjects: SciPy loop / ours", js["JS, SciPy loop"] / js["JS"], 25, detail=js),
    ]
