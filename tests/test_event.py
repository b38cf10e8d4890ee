"""F1-event against the words of its authors, a loop over events, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aulib import metrics
from benchmarks.metrics import event_counts_iou_by_loop, f1_event_by_loop, runs_by_loop


def row(text):
    """Labels or predictions of one unit: ``1`` present, ``.`` absent, ``?`` unknown; a space ends a video."""
    videos = np.concatenate([np.full(len(part), i) for i, part in enumerate(text.split())])
    values = np.array([{"1": 1, ".": 0, "?": -1}[c] for c in text.replace(" ", "")], np.int8)
    return values[:, None], videos


def as_published(label, pred):
    """Curve (101,) and area of one video without unknown labels, as the authors' code goes, with sets of frames."""

    def segments(flags):
        return [set(range(a, b)) for a, b in runs_by_loop(flags, np.zeros(len(flags)))]

    actual, claimed = segments(label), segments(pred)
    truly, said = ({i for i, flag in enumerate(flags) if flag} for flags in (label, pred))
    if not actual:
        return np.full(101, np.nan), np.nan
    if not claimed:
        return np.zeros(101), 0.0
    curve = []
    for k in range(101):
        recall = sum(100 * len(one & said) >= k * len(one) for one in actual) / len(actual)
        precision = sum(100 * len(one & truly) >= k * len(one) for one in claimed) / len(claimed)
        curve.append(2 * recall * precision / (recall + precision) if recall + precision else 0.0)
    x, y = [0, *(k / 100 for k in range(101)), 1], [1, *curve, 0]
    return np.array(curve), sum((x[i + 1] - x[i]) * y[i] for i in range(len(x) - 1))


# truth, prediction, least overlap, true events, predicted events, found and right by own frames, by union
BY_HAND = [
    # one event found exactly
    ("..1111..", "..1111..", 0.5, 1, 1, (1, 1), (1, 1)),
    # two of four frames: just enough for the true event; all of the predicted one is right
    ("..1111..", "..11....", 0.5, 1, 1, (1, 1), (1, 1)),
    ("..1111..", "..11....", 0.51, 1, 1, (0, 1), (0, 0)),
    # shifted by two: 2 of 4 frames on both sides, 2 common of 6
    ("..1111..", "....1111", 0.5, 1, 1, (1, 1), (0, 0)),
    ("..1111..", "....1111", 0.3, 1, 1, (1, 1), (1, 1)),
    # one of two events found, one false alarm among three
    ("111...111.....", "111..........1", 0.5, 2, 2, (1, 1), (1, 1)),
    ("111...111.....", "111.11.......1", 0.5, 2, 3, (1, 1), (1, 1)),
    # flicker: 6 of 8 frames, in three pieces that are all right, and of which none covers a half
    ("11111111", "11.11.11", 0.75, 1, 3, (1, 3), (0, 0)),
    ("11111111", "11.11.11", 0.76, 1, 3, (0, 3), (0, 0)),
    ("11111111", "11.11.11", 0.25, 1, 3, (1, 3), (1, 3)),
    # one long prediction over two events: it covers both, and 6 of its 7 frames are right; 3 of 7 by union
    ("111.111", "1111111", 0.5, 2, 1, (2, 1), (0, 0)),
    ("111.111", "1111111", 6 / 7, 2, 1, (2, 1), (0, 0)),
    ("111.111", "1111111", 0.4, 2, 1, (2, 1), (2, 1)),
    # nothing predicted; nothing there
    ("..11..", "......", 0.5, 1, 0, (0, 0), (0, 0)),
    ("......", "..11..", 0.5, 0, 1, (0, 0), (0, 0)),
    ("......", "......", 0.5, 0, 0, (0, 0), (0, 0)),
    # at zero every event counts by own frames, and one common frame is enough by union, but none is not
    ("1111....", "...11111", 0, 1, 1, (1, 1), (1, 1)),
    ("1111....", "....1111", 0, 1, 1, (1, 1), (0, 0)),
    # an unknown gap ends the events on both sides, and what is predicted inside it counts for nothing
    ("11??11", "111111", 1, 2, 2, (2, 2), (2, 2)),
    (".????.", ".1111.", 0.5, 0, 0, (0, 0), (0, 0)),
    ("..?1..", "111111", 0.3, 1, 2, (1, 1), (1, 1)),
    # events do not cross videos
    ("..11 11..", "..11 11..", 1, 2, 2, (2, 2), (2, 2)),
    ("..11 ....", "..11 11..", 1, 1, 2, (1, 1), (1, 1)),
]


@pytest.mark.parametrize(("truth", "predicted", "overlap", "true", "claimed", "own", "union"), BY_HAND)
def test_by_hand(truth, predicted, overlap, true, claimed, own, union):
    y, videos = row(truth)
    s = row(predicted)[0].astype(float)
    for counts, f1, (found, right) in (
        (metrics.event_counts, metrics.f1_event_at, own),
        (metrics.event_counts_iou, metrics.f1_event_iou, union),
    ):
        one = counts(y, s, videos, overlap=overlap)
        assert (one.found[0], one.true[0], one.right[0], one.predicted[0]) == (found, true, right, claimed)
        er, ep = found / true if true else np.nan, right / claimed if claimed else np.nan
        np.testing.assert_array_equal([one.recall[0], one.precision[0]], [er, ep])
        expected = (2 * er * ep / (er + ep) if found and right else 0.0) if true else np.nan
        np.testing.assert_allclose(f1(y, s, videos, overlap=overlap), [expected])


@pytest.mark.parametrize("first", range(5))
def test_the_flickering_detector_of_the_authors_rule(first):
    """Truth: frames 0 to 99.  Every fifth is missed: the event is covered to .80 by pieces that are all right."""
    truth = np.zeros((300, 1), np.int8)
    truth[:100] = 1
    predicted, videos = truth.astype(float), np.zeros(300)
    predicted[first:100:5] = 0
    counts = metrics.event_counts(truth, predicted, videos, overlap=0.8)
    assert counts.recall[0] == counts.precision[0] == 1, "80 of 100 frames reach .80"
    assert metrics.event_counts(truth, predicted, videos, overlap=0.81).recall[0] == 0
    assert metrics.f1_event_at(truth, predicted, videos)[0] == 1
    # 1 at the 81 overlaps 0, .01 ... .80, each .01 wide, and 0 behind
    assert metrics.f1_event(truth, predicted, videos)[0] == pytest.approx(0.81)
    assert metrics.f1_event_iou(truth, predicted, videos)[0] == 0
    # frame by frame: 80 hits, 20 misses
    assert metrics.f1_frame(truth, predicted)[0] == pytest.approx(160 / 180)


def test_every_percent_is_exact():
    """k of 100 frames reach k percent, however it is written, and not a hair more; in floats .07 * 100 exceeds 7."""
    videos = np.zeros(100)
    truth = np.ones((100, 1), np.int8)
    for k in range(1, 101):
        predicted = (np.arange(100) < k)[:, None].astype(float)
        curve = metrics.f1_event_curve(truth, predicted, videos)[:, 0]
        np.testing.assert_array_equal(curve, np.arange(101) <= k)
        for overlap in (k / 100, k * 0.01, np.arange(0, 1.005, 0.01)[k], np.float64(k) / 100):
            overlap = min(overlap, 1.0)
            assert metrics.f1_event_at(truth, predicted, videos, overlap=overlap)[0] == 1
            assert metrics.f1_event_iou(truth, predicted, videos, overlap=overlap)[0] == 1
        if k < 100:
            assert metrics.f1_event_at(truth, predicted, videos, overlap=k / 100 + 1e-5)[0] == 0
            assert metrics.f1_event_iou(truth, predicted, videos, overlap=k / 100 + 1e-5)[0] == 0
    thirds = (np.arange(99) < 33)[:, None].astype(float)
    assert metrics.f1_event_at(truth[:99], thirds, videos[:99], overlap=1 / 3)[0] == 1


def test_the_two_rules_order_detectors_differently():
    """Chains, 12 AUs × 3,000 frames, means at one half: flicker is best by one and next to worst by the other."""
    rng = np.random.default_rng(0)
    rates = rng.uniform(0.15, 0.45, 12)

    def chain():
        state, out = rng.random(12) < rates, np.empty((3000, 12), np.int8)
        for frame in range(3000):
            jump = rng.random(12) < 1 / 25
            state = np.where(jump, rng.random(12) < rates, state)
            out[frame] = state
        return out

    truth, videos = chain(), np.zeros(3000)
    flicker = truth.copy()
    flicker[::5] = 0
    detectors = {
        "flipped": np.where(rng.random(truth.shape) < 0.05, 1 - truth, truth),
        "flicker": flicker,
        "shifted": np.roll(truth, 10, axis=0),
        "always": np.ones_like(truth),
        "independent": chain(),
    }
    own, union = (
        {name: metric(truth, one.astype(float), videos).mean() for name, one in detectors.items()}
        for metric in (metrics.f1_event_at, metrics.f1_event_iou)
    )
    assert sorted(own, key=own.get)[-1] == "flicker" and own["flicker"] == pytest.approx(1, abs=0.05)
    assert sorted(union, key=union.get)[-1] == "shifted" and union["flicker"] < union["independent"]
    assert own["flicker"] > own["shifted"] > own["independent"] > own["always"]
    assert own["flicker"] > own["flipped"] > own["independent"]
    assert 0.5 < own["flipped"] < 0.75 and 0.25 < own["independent"] < 0.45 and own["always"] < 0.1
    assert 0.4 < union["shifted"] and union["flipped"] < 0.25 and union["flicker"] < 0.1 and union["always"] < 0.05
    frame = {name: metrics.f1_frame(truth, one.astype(float)).mean() for name, one in detectors.items()}
    assert frame["flicker"] == pytest.approx(2 * 0.8 / 1.8, abs=0.02)


@st.composite
def problems(draw):
    n, units = draw(st.integers(0, 40)), draw(st.integers(1, 3))
    truth = draw(hnp.arrays(np.int8, (n, units), elements=st.sampled_from([-1, 0, 1, 1])))
    scores = draw(hnp.arrays(np.float32, (n, units), elements=st.sampled_from([0.0, 0.25, 0.5, 0.75])))
    cuts = np.sort(draw(hnp.arrays(np.int64, draw(st.integers(0, 4)), elements=st.integers(0, max(n, 1)))))
    return truth, scores, np.searchsorted(cuts, np.arange(n), side="right")


@settings(max_examples=150, deadline=None)
@given(hnp.arrays(np.int8, st.tuples(st.integers(1, 60), st.just(2)), elements=st.integers(0, 1)))
def test_equal_to_the_published_code(both):
    label, pred = both.T
    curve, area = as_published(label, pred)
    videos, scores = np.zeros(len(label)), pred[:, None].astype(float)
    np.testing.assert_allclose(metrics.f1_event_curve(label[:, None], scores, videos)[:, 0], curve)
    np.testing.assert_allclose(metrics.f1_event(label[:, None], scores, videos), [area])


@settings(max_examples=150, deadline=None)
@given(problems())
def test_equal_to_a_loop_over_events(problem):
    np.testing.assert_allclose(metrics.f1_event(*problem), f1_event_by_loop(*problem))


@settings(max_examples=150, deadline=None)
@given(problems(), st.sampled_from([0, 0.1, 1 / 3, 0.5, 2 / 3, 0.75, 1]))
def test_union_is_equal_to_a_loop_over_events(problem, overlap):
    truth, scores, videos = problem
    found = metrics.event_counts_iou(truth, scores, videos, 0.5, overlap)
    np.testing.assert_array_equal(found, event_counts_iou_by_loop(truth, scores, videos, 0.5, overlap))


@settings(max_examples=100, deadline=None)
@given(problems())
def test_properties(problem):
    truth, scores, videos = problem
    whole = metrics.event_counts(truth, scores, videos)
    curve = metrics.f1_event_curve(truth, scores, videos)
    assert curve.shape == whole.found.shape == (101, truth.shape[1])
    for percent in (0, 29, 50, 57, 100):
        one = metrics.event_counts(truth, scores, videos, overlap=percent / 100)
        np.testing.assert_array_equal(one.found, whole.found[percent])
        np.testing.assert_array_equal(one.right, whole.right[percent])
        at = metrics.f1_event_at(truth, scores, videos, overlap=percent / 100)
        np.testing.assert_array_equal(at, curve[percent])
    defined = ~np.isnan(curve[0])
    np.testing.assert_array_equal(defined, ((truth == 1).any(axis=0)))
    assert (np.diff(curve, axis=0) <= 1e-12)[:, defined].all(), "it never rises with the overlap"
    floor = 0.01 * ((whole.true > 0) & (whole.predicted > 0))
    assert (metrics.f1_event(truth, scores, videos) >= floor - 1e-12)[defined].all()
    # intersection over union is never more than either share
    union = metrics.event_counts_iou(truth, scores, videos)
    assert (union.found <= whole.found[50]).all() and (union.right <= whole.right[50]).all()
    # at half or more an event has one partner at most: as many true events are found as predicted ones are right
    np.testing.assert_array_equal(union.found, union.right)
    # truth and prediction may change places, and time may run backwards
    known = np.where(truth < 0, 0, truth)
    predicted = (scores >= 0.5).astype(np.int8)
    for counts in (metrics.event_counts, metrics.event_counts_iou):
        there, back = counts(known, scores, videos), counts(predicted, known.astype(float), videos)
        np.testing.assert_array_equal(there.found, back.right)
        np.testing.assert_array_equal(there.right, back.found)
        reverse = counts(truth[::-1], scores[::-1], videos[::-1])
        for ours, theirs in zip(counts(truth, scores, videos), reverse, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@settings(max_examples=60, deadline=None)
@given(problems())
def test_counts_add_up_over_videos(problem):
    truth, scores, videos = problem
    for counts in (metrics.event_counts, metrics.event_counts_iou):
        whole = counts(truth, scores, videos)
        parts = [counts(truth[videos == v], scores[videos == v], videos[videos == v]) for v in np.unique(videos)]
        for k, ours in enumerate(whole):
            np.testing.assert_array_equal(ours, sum(part[k] for part in parts) if parts else 0 * ours)


@settings(max_examples=60, deadline=None)
@given(problems())
def test_events(problem):
    truth, _, videos = problem
    expected = [
        [unit, start, stop] for unit in range(truth.shape[1]) for start, stop in runs_by_loop(truth[:, unit], videos)
    ]
    assert metrics.events(truth, videos).tolist() == expected


def test_names_of_videos_and_thresholds():
    y, videos = row("..11 11.. 111.")
    truth = np.hstack([y, y])
    scores = np.hstack([0.3 * y, 0.8 * y])
    names = np.array(["b", "a", "c"])[videos]
    np.testing.assert_array_equal(metrics.f1_event(truth, scores, names), [0, 1])
    np.testing.assert_array_equal(metrics.f1_event(truth, scores, names, [0.2, 0.9]), [1, 0])
    np.testing.assert_array_equal(metrics.f1_event_iou(truth, scores, names, [0.2, 0.9]), [1, 0])
    assert metrics.event_counts(truth, scores, names).true.tolist() == [3, 3]


def test_a_very_long_video_does_not_overflow():
    """100 times the frames of an event exceed 32 bits."""
    n = 30_000_000
    truth = np.ones((n, 1), np.int8)
    predicted = np.zeros((n, 1), np.float32)
    predicted[: n // 10 * 9] = 1
    np.testing.assert_array_equal(metrics.f1_event_curve(truth, predicted, np.zeros(n, np.int8))[89:92, 0], [1, 1, 0])


def test_over_folds():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (60, 2)).astype(np.int8)
    scores, videos = rng.random((60, 2)), np.arange(60) // 15
    folds = videos % 2
    pooled = metrics.over_folds(metrics.f1_event_at, truth, scores, folds, videos=videos, overlap=0.3)
    np.testing.assert_array_equal(pooled, metrics.f1_event_at(truth, scores, videos, overlap=0.3))
    each = [metrics.f1_event(truth[folds == f], scores[folds == f], videos[folds == f]) for f in (0, 1)]
    per_fold = metrics.over_folds(metrics.f1_event, truth, scores, folds, "per-fold", videos=videos)
    np.testing.assert_allclose(per_fold, np.mean(each, axis=0))


GOOD = np.zeros((4, 1), np.int8)


@pytest.mark.parametrize("metric", [metrics.event_counts, metrics.event_counts_iou])
@pytest.mark.parametrize(
    ("videos", "options", "says"),
    [
        (np.zeros(3), {}, r"videos \(3,\) must be \(4,\)"),
        (np.array(["a", "b", "a", "b"]), {}, "video .*'a'.* do not stand together: sort"),
        (np.zeros(4), {"overlap": 1.5}, "overlap 1.5 must be one number in 0"),
        (np.zeros(4), {"overlap": np.nan}, "overlap nan must"),
        (np.zeros(4), {"overlap": [0.1, 0.2]}, r"overlap \[0.1, 0.2\] must be one number"),
        (np.zeros(4), {"threshold": [0.1, 0.2]}, r"threshold \(2,\) must be"),
    ],
)
def test_errors(metric, videos, options, says):
    with pytest.raises(ValueError, match=says):
        metric(GOOD, GOOD.astype(float), videos, **options)


@pytest.mark.parametrize("metric", [metrics.f1_event, metrics.f1_event_iou, metrics.f1_event_curve])
def test_more_errors(metric):
    with pytest.raises(ValueError, match="scores hold NaN"):
        metric(GOOD, GOOD + np.nan, np.zeros(4))
    with pytest.raises(ValueError, match="truth holds 3"):
        metric(GOOD + np.int8(3), GOOD.astype(float), np.zeros(4))
