"""F1-event against a loop over segments, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aulib import metrics
from benchmarks.metrics import event_scores_by_loop, runs_by_loop


def row(text):
    """Labels or predictions of one unit: ``1`` present, ``.`` absent, ``?`` unknown; a space ends a video."""
    videos = np.concatenate([np.full(len(part), i) for i, part in enumerate(text.split())])
    values = np.array([{"1": 1, ".": 0, "?": -1}[c] for c in text.replace(" ", "")], np.int8)
    return values[:, None], videos


# truth, prediction, least overlap, true events, predicted events, ER, EP
BY_HAND = [
    # one event found exactly
    ("..1111..", "..1111..", 0.5, 1, 1, 1, 1),
    # two of four frames: 2/4 = .5, just enough
    ("..1111..", "..11....", 0.5, 1, 1, 1, 1),
    ("..1111..", "..11....", 0.6, 1, 1, 0, 0),
    # shifted by two: 2 common of 6
    ("..1111..", "....1111", 0.3, 1, 1, 1, 1),
    ("..1111..", "....1111", 0.5, 1, 1, 0, 0),
    # one of two events found, one false alarm among three
    ("111...111.....", "111..........1", 0.5, 2, 2, 1 / 2, 1 / 2),
    ("111...111.....", "111.11.......1", 0.5, 2, 3, 1 / 2, 1 / 3),
    # flicker: 6 of 8 frames right, but no piece covers half of the event
    ("11111111", "11.11.11", 0.5, 1, 3, 0, 0),
    # the same at a quarter: the one event is found, by three
    ("11111111", "11.11.11", 0.25, 1, 3, 1, 1),
    # one long prediction over two events: 3 of 7 each
    ("111.111", "1111111", 0.5, 2, 1, 0, 0),
    ("111.111", "1111111", 0.4, 2, 1, 1, 1),
    # nothing predicted; nothing there
    ("..11..", "......", 0.5, 1, 0, 0, np.nan),
    ("......", "..11..", 0.5, 0, 1, np.nan, 0),
    ("......", "......", 0.5, 0, 0, np.nan, np.nan),
    # at zero one common frame is enough, but none is not
    ("1111....", "...11111", 0, 1, 1, 1, 1),
    ("1111....", "....1111", 0, 1, 1, 0, 0),
    # an unknown gap ends the events on both sides, and what is predicted inside it counts for nothing
    ("11??11", "111111", 1, 2, 2, 1, 1),
    (".????.", ".1111.", 0.5, 0, 0, np.nan, np.nan),
    ("..?1..", "111111", 0.3, 1, 2, 1, 1 / 2),
    # events do not cross videos
    ("..11 11..", "..11 11..", 1, 2, 2, 1, 1),
    ("..11 ....", "..11 11..", 1, 1, 2, 1, 1 / 2),
]


@pytest.mark.parametrize(("truth", "predicted", "overlap", "true", "claimed", "er", "ep"), BY_HAND)
def test_by_hand(truth, predicted, overlap, true, claimed, er, ep):
    y, videos = row(truth)
    s, _ = row(predicted)
    found = metrics.event_scores(y, s.astype(float), videos, overlap=overlap)
    assert (found.true_events[0], found.predicted_events[0]) == (true, claimed)
    np.testing.assert_allclose([found.recall[0], found.precision[0]], [er, ep])
    f1 = 2 * er * ep / (er + ep) if er and ep else 0.0
    if true + claimed == 0:
        f1 = np.nan
    np.testing.assert_allclose(found.f1, [f1])
    np.testing.assert_allclose(metrics.f1_event(y, s.astype(float), videos, overlap=overlap), [f1])


def test_flicker_costs_events_not_frames():
    y, videos = row("." * 20 + "1" * 40 + "." * 20)
    steady = y.astype(float)
    flickering = steady.copy()
    flickering[20:60:4] = 0
    assert metrics.f1_frame(y, flickering)[0] == pytest.approx(2 * 30 / 70)
    assert metrics.f1_event(y, flickering, videos)[0] == 0
    assert metrics.f1_event(y, steady, videos)[0] == 1


@st.composite
def problems(draw):
    n, units = draw(st.integers(0, 40)), draw(st.integers(1, 3))
    truth = draw(hnp.arrays(np.int8, (n, units), elements=st.sampled_from([-1, 0, 1, 1])))
    scores = draw(hnp.arrays(np.float32, (n, units), elements=st.sampled_from([0.0, 0.25, 0.5, 0.75])))
    cuts = np.sort(draw(hnp.arrays(np.int64, draw(st.integers(0, 4)), elements=st.integers(0, max(n, 1)))))
    return truth, scores, np.searchsorted(cuts, np.arange(n), side="right")


OVERLAPS = [0, 0.1, 1 / 3, 0.5, 2 / 3, 0.75, 1]


@settings(max_examples=200, deadline=None)
@given(problems(), st.sampled_from(OVERLAPS))
def test_equal_to_a_loop_over_segments(problem, overlap):
    truth, scores, videos = problem
    found = metrics.event_scores(truth, scores, videos, 0.5, overlap)
    expected = event_scores_by_loop(truth, scores, videos, 0.5, overlap)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs)


@settings(max_examples=100, deadline=None)
@given(problems())
def test_properties(problem):
    truth, scores, videos = problem
    curve = metrics.f1_event_curve(truth, scores, videos, OVERLAPS)
    assert curve.shape == (len(OVERLAPS), truth.shape[1])
    for line, overlap in zip(curve, OVERLAPS, strict=True):
        np.testing.assert_array_equal(line, metrics.f1_event(truth, scores, videos, overlap=overlap))
    assert (np.diff(curve, axis=0) <= 1e-12)[:, ~np.isnan(curve[0])].all(), "it never rises with the overlap"
    # truth and prediction may change places, and time may run backwards
    known = np.where(truth < 0, 0, truth)
    found = metrics.event_scores(known, scores, videos)
    turned = metrics.event_scores((scores >= 0.5).astype(np.int8), known.astype(float), videos)
    np.testing.assert_allclose(found.recall, turned.precision)
    np.testing.assert_allclose(found.f1, turned.f1)
    back = metrics.f1_event(truth[::-1], scores[::-1], videos[::-1])
    np.testing.assert_array_equal(back, metrics.f1_event(truth, scores, videos))
    # at half or more every event has one partner at most: found true and found predicted events are equally many
    half = metrics.event_scores(truth, scores, videos)
    hits = np.nan_to_num(half.recall) * half.true_events, np.nan_to_num(half.precision) * half.predicted_events
    np.testing.assert_allclose(*hits)


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
    assert metrics.event_scores(truth, scores, names).true_events.tolist() == [3, 3]


def test_over_folds():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (60, 2)).astype(np.int8)
    scores, videos = rng.random((60, 2)), np.arange(60) // 15
    folds = videos % 2
    pooled = metrics.over_folds(metrics.f1_event, truth, scores, folds, videos=videos, overlap=0.3)
    np.testing.assert_array_equal(pooled, metrics.f1_event(truth, scores, videos, overlap=0.3))
    each = [metrics.f1_event(truth[folds == f], scores[folds == f], videos[folds == f]) for f in (0, 1)]
    per_fold = metrics.over_folds(metrics.f1_event, truth, scores, folds, "per-fold", videos=videos)
    np.testing.assert_allclose(per_fold, np.mean(each, axis=0))


GOOD = np.zeros((4, 1), np.int8)


@pytest.mark.parametrize(
    ("videos", "options", "says"),
    [
        (np.zeros(3), {}, r"videos \(3,\) must be \(4,\)"),
        (np.array(["a", "b", "a", "b"]), {}, "video .*'a'.* do not stand together: sort"),
        (np.zeros(4), {"overlap": 1.5}, r"overlap 1.5 must be one number or \(T,\), in 0"),
        (np.zeros(4), {"overlap": np.nan}, "overlap nan must"),
        (np.zeros(4), {"threshold": [0.1, 0.2]}, r"threshold \(2,\) must be"),
    ],
)
def test_errors(videos, options, says):
    with pytest.raises(ValueError, match=says):
        metrics.event_scores(GOOD, GOOD.astype(float), videos, **options)


def test_more_errors():
    with pytest.raises(ValueError, match="scores hold NaN"):
        metrics.f1_event(GOOD, GOOD + np.nan, np.zeros(4))
    with pytest.raises(ValueError, match=r"overlaps \(\) must be \(T,\)"):
        metrics.f1_event_curve(GOOD, GOOD.astype(float), np.zeros(4), 0.5)
    with pytest.raises(ValueError, match="truth holds 3"):
        metrics.event_scores(GOOD + np.int8(3), GOOD.astype(float), np.zeros(4))
