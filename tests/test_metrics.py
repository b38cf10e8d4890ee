"""Metrics against scikit-learn, explicit loops, and properties that hold for any data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from aulib import metrics


def data(n=500, a=4, seed=0, unknown=0.2, steps=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    truth = (rng.random((n, a)) < rng.uniform(0.1, 0.6, a)).astype(np.int8)
    scores = (0.6 * rng.random((n, a)) + 0.4 * truth * rng.random((n, a))).astype(dtype)
    if steps:
        scores = np.round(scores * steps) / dtype(steps)
    truth[rng.random((n, a)) < unknown] = -1
    return truth, scores.astype(dtype)


def columns(truth, scores):
    for y, s in zip(truth.T, scores.T, strict=True):
        yield y[y >= 0], s[y >= 0]


def balanced_f1(y, predicted):
    """F1 with every negative frame weighted so that negatives weigh as much as positives."""
    skew = (y == 0).sum() / (y == 1).sum()
    return sk.f1_score(y, predicted, sample_weight=np.where(y == 0, 1 / skew, 1))


CASES = [
    {},
    {"steps": 7},
    {"unknown": 0},
    {"n": 70_000, "a": 2},
    {"dtype": np.float64, "steps": 20},
    {"dtype": np.float16},
]


@pytest.mark.parametrize("case", CASES)
def test_equal_to_scikit_learn(case):
    truth, scores = data(**case)
    pairs = list(columns(truth, scores))
    for ours, theirs in [
        (metrics.f1_frame(truth, scores), [sk.f1_score(y, s >= 0.5) for y, s in pairs]),
        (metrics.accuracy(truth, scores), [sk.accuracy_score(y, s >= 0.5) for y, s in pairs]),
        (metrics.auc(truth, scores), [sk.roc_auc_score(y, s) for y, s in pairs]),
        (metrics.average_precision(truth, scores), [sk.average_precision_score(y, s) for y, s in pairs]),
        (metrics.base_rate(truth), [y.mean() for y, _ in pairs]),
        (metrics.f1_norm(truth, scores), [balanced_f1(y, s >= 0.5) for y, s in pairs]),
    ]:
        assert ours.shape == truth.shape[1:] and ours.dtype == float
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def f1_by_loop(truth, scores, threshold):
    out = []
    for unit in range(truth.shape[1]):
        tp = fp = fn = 0
        for y, s in zip(truth[:, unit], scores[:, unit], strict=True):
            if y >= 0:
                tp += y == 1 and s >= threshold
                fp += y == 0 and s >= threshold
                fn += y == 1 and s < threshold
        out.append(2 * tp / (2 * tp + fp + fn) if tp + fp + fn else np.nan)
    return np.array(out)


def auc_by_loop(y, s):
    """The definition: pairs of a present and an absent frame, ties counting half."""
    present, absent = s[y == 1], s[y == 0]
    if not len(present) or not len(absent):
        return np.nan
    return np.mean([(p > q) + 0.5 * (p == q) for p in present for q in absent])


LABELS = st.integers(-1, 1)
SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)


@st.composite
def problems(draw, values=(-2.0, -1.0, -0.0, 0.0, 0.25, 0.5, 1.0, float("inf"), float("-inf"))):
    shape = draw(SHAPES)
    kind = draw(st.sampled_from([np.float32, np.float64]))
    return draw(hnp.arrays(np.int8, shape, elements=LABELS)), draw(
        hnp.arrays(kind, shape, elements=st.sampled_from(values))
    )


@settings(max_examples=150, deadline=None)
@given(problems())
def test_definitions_hold_on_anything(problem):
    truth, scores = problem
    np.testing.assert_allclose(metrics.f1_frame(truth, scores, 0.25), f1_by_loop(truth, scores, 0.25))
    np.testing.assert_allclose(metrics.auc(truth, scores), [auc_by_loop(y, s) for y, s in columns(truth, scores)])
    for value in (metrics.accuracy(truth, scores), metrics.average_precision(truth, scores), metrics.base_rate(truth)):
        assert ((value >= 0) & (value <= 1) | np.isnan(value)).all()


@settings(max_examples=100, deadline=None)
@given(problems((-2.0, -1.0, 0.0, 0.25, 1.0)))
def test_symmetries(problem):
    truth, scores = problem
    area = metrics.auc(truth, scores)
    np.testing.assert_allclose(metrics.auc(truth, -scores), 1 - area, atol=1e-12)
    np.testing.assert_allclose(metrics.auc(truth, np.exp(scores)), area, atol=1e-12)
    np.testing.assert_allclose(metrics.auc(np.where(truth < 0, -1, 1 - truth), scores), 1 - area, atol=1e-12)
    # unknown frames may as well not be there
    known = (truth >= 0).all(axis=1)
    hidden = np.where(known[:, None], truth, -1).astype(np.int8)
    if known.any():
        np.testing.assert_allclose(metrics.auc(hidden, scores), metrics.auc(truth[known], scores[known]))
        np.testing.assert_allclose(metrics.f1_frame(hidden, scores), metrics.f1_frame(truth[known], scores[known]))
    order = np.argsort(scores[:, 0])
    np.testing.assert_allclose(metrics.auc(truth[order], scores[order]), area)
    thresholds = np.array([-3, -1.0, 0, 0.25, 0.6, 2])
    curve = metrics.f1_curve(truth, scores, thresholds)
    expected = [metrics.f1_frame(truth, scores, t) for t in thresholds]
    np.testing.assert_allclose(curve, expected)


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(bool, st.tuples(st.integers(0, 700), st.integers(1, 3))))
def test_count(flags):
    assert metrics.frame._count(flags).tolist() == flags.sum(0).tolist()
    assert metrics.frame._count(flags[::2]).tolist() == flags[::2].sum(0).tolist()


def test_always_present():
    truth, scores = data(unknown=0.1)
    constant = metrics.f1_frame(truth, np.ones_like(scores))
    np.testing.assert_allclose(metrics.always_present_f1(metrics.base_rate(truth)), constant)
    assert metrics.always_present_f1(1 / 3) == pytest.approx(0.5), "the paper's sampling of 100 to 200 frames"
    assert np.isnan(metrics.always_present_f1([np.nan, 0.5])[0])
    with pytest.raises(ValueError, match="not at 21"):
        metrics.always_present_f1([0.1, 21.1])


def test_f1_norm_does_not_see_the_base_rate():
    truth, scores = data(unknown=0.1)
    np.testing.assert_allclose(metrics.f1_norm(truth, np.ones_like(scores)), 2 / 3)
    # ten times as many negative frames of the same kind change F1-frame alone
    more = np.concatenate([truth, *[np.where(truth == 0, 0, -1).astype(np.int8)] * 9])
    again = np.concatenate([scores] * 10)
    np.testing.assert_allclose(metrics.f1_norm(more, again), metrics.f1_norm(truth, scores))
    assert (metrics.f1_frame(more, again) < metrics.f1_frame(truth, scores)).all()
    # by hand: of 2 positives 1 is found, of 4 negatives 1 is taken for one: 2 * 1 / (2 * 1 + 1 + 1 / 2)
    y, s = np.array([[1, 1, 0, 0, 0, 0, -1]], np.int8).T, np.array([[1, 0, 1, 0, 0, 0, 1.0]]).T
    np.testing.assert_allclose(metrics.f1_norm(y, s), [4 / 7])


def test_chance_values():
    """An uninformed score has a ROC area of one half, but a precision-recall area of the base rate."""
    rng = np.random.default_rng(0)
    truth, scores = (rng.random((20_000, 1)) < 0.2).astype(np.int8), rng.random((20_000, 1))
    assert metrics.auc(truth, scores)[0] == pytest.approx(0.5, abs=0.02)
    assert metrics.average_precision(truth, scores)[0] == pytest.approx(0.2, abs=0.02)


def test_undefined_is_nan():
    truth = np.array([[0, 1, -1, 0], [0, 1, -1, 0]], np.int8)
    scores = np.array([[0.1, 0.9, 0.5, 0.9], [0.2, 0.8, 0.5, 0.1]])
    np.testing.assert_array_equal(metrics.auc(truth, scores), [np.nan] * 4)
    np.testing.assert_array_equal(metrics.f1_frame(truth, scores), [np.nan, 1, np.nan, 0])
    np.testing.assert_array_equal(metrics.f1_norm(truth, scores), [np.nan] * 4)
    np.testing.assert_array_equal(metrics.average_precision(truth, scores), [np.nan, 1, np.nan, np.nan])
    np.testing.assert_array_equal(metrics.accuracy(truth, scores), [1, 1, np.nan, 0.5])
    np.testing.assert_array_equal(metrics.base_rate(truth), [0, 1, np.nan, 0])
    np.testing.assert_array_equal(metrics.f1_curve(truth, scores, [0.5])[0], metrics.f1_frame(truth, scores))
    for metric in (metrics.f1_frame, metrics.auc, metrics.average_precision, metrics.accuracy):
        assert np.isnan(metric(np.zeros((0, 3), np.int8), np.zeros((0, 3)))).all()


def test_one_threshold_per_unit():
    truth, scores = data()
    limits = np.array([0.2, 0.4, 0.5, 0.6])
    each = [metrics.f1_frame(truth, scores, t)[unit] for unit, t in enumerate(limits)]
    np.testing.assert_array_equal(metrics.f1_frame(truth, scores, limits), each)
    each = [metrics.accuracy(truth, scores, t)[unit] for unit, t in enumerate(limits)]
    np.testing.assert_array_equal(metrics.accuracy(truth, scores, limits), each)


@pytest.mark.parametrize("metric", [metrics.f1_frame, metrics.auc, metrics.average_precision, metrics.accuracy])
def test_over_folds(metric):
    truth, scores = data(600)
    folds = np.arange(600) % 3
    np.testing.assert_array_equal(metrics.over_folds(metric, truth, scores, folds), metric(truth, scores))
    per_fold = metrics.over_folds(metric, truth, scores, folds, "per-fold")
    np.testing.assert_allclose(per_fold, np.mean([metric(truth[i::3], scores[i::3]) for i in range(3)], axis=0))


def test_over_folds_leaves_undefined_folds_out():
    truth = np.array([[0, 0], [0, 1], [1, 0], [0, 0]], np.int8)
    scores = np.array([[0.1, 0.2], [0.2, 0.3], [0.9, 0.1], [0.3, 0.4]])
    value = metrics.over_folds(metrics.auc, truth, scores, ["a", "a", "b", "b"], "per-fold")
    np.testing.assert_array_equal(value, [1, 1])
    value = metrics.over_folds(metrics.auc, truth[:, :1] * 0, scores[:, :1], ["a", "a", "b", "b"], "per-fold")
    assert np.isnan(value).all()
    lower = metrics.over_folds(metrics.f1_frame, truth, scores, ["a", "a", "b", "b"], "per-fold", threshold=0.15)
    np.testing.assert_allclose(lower, [(0 + 2 / 3) / 2, (2 / 3 + 0) / 2])


GOOD = np.zeros((3, 2), np.int8)


ALL = [metrics.f1_frame, metrics.f1_norm, metrics.auc, metrics.average_precision, metrics.accuracy]


@pytest.mark.parametrize("metric", ALL)
@pytest.mark.parametrize(
    ("truth", "scores", "says"),
    [
        (GOOD, np.zeros((3, 3)), r"\(3, 2\) and scores \(3, 3\)"),
        (GOOD[:, 0], np.zeros(3), r"truth \(3,\)"),
        (GOOD + np.int8(3), np.zeros((3, 2)), r"truth holds 3.*corpus.occurrence\(threshold\)"),
        (GOOD - np.int8(9), np.zeros((3, 2)), "truth holds -9"),
        (GOOD + 0.5, np.zeros((3, 2)), "truth holds 0.5"),
        (GOOD + np.nan, np.zeros((3, 2)), r"truth holds NaN at \[0, 0\]"),
        (GOOD, np.array([[0, 0], [0, np.nan], [0, 0]]), r"scores hold NaN at \[1, 1\]"),
    ],
)
def test_clear_errors(metric, truth, scores, says):
    with pytest.raises(ValueError, match=says):
        metric(truth, scores)


def test_more_errors():
    with pytest.raises(ValueError, match=r"threshold \(3,\) must be one number or \(2,\)"):
        metrics.f1_frame(GOOD, np.zeros((3, 2)), [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match=r"thresholds \(\) must be"):
        metrics.f1_curve(GOOD, np.zeros((3, 2)), 0.5)
    with pytest.raises(ValueError, match=r"folds \(2,\) must be \(3,\)"):
        metrics.over_folds(metrics.auc, GOOD, np.zeros((3, 2)), [0, 1])
    with pytest.raises(ValueError, match="average is 'macro'"):
        metrics.over_folds(metrics.auc, GOOD, np.zeros((3, 2)), [0, 1, 1], "macro")
