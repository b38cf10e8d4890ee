"""JS divergence against SciPy, by hand, and its permutation control on features that do and do not know the subject."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import jensenshannon
from scipy.special import expit

from aulib import metrics
from benchmarks.metrics import pairwise_js_by_loop


def by_scipy(p, q, base=None):
    """SciPy returns the root, and NaN where rounding leaves a number below zero under it."""
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(jensenshannon(p, q, base=base)) ** 2


def frames(subjects=6, sequences=3, length=8, dimension=30, identity=1.0, seed=0):
    """Features with an offset a subject, and one a sequence that subjects have in common."""
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(subjects), sequences * length)
    sequence = np.repeat(np.arange(subjects * sequences), length)
    x = rng.normal(size=(len(subject), dimension)) + rng.normal(size=(subjects * sequences, dimension))[sequence]
    return np.abs(x + identity * rng.normal(size=(subjects, dimension))[subject]), subject, sequence


@settings(max_examples=100, deadline=None)
@given(hnp.arrays(float, (2, 7), elements=st.sampled_from([0.0, 1e-300, 1e-9, 0.1, 1.0, 30.0])))
def test_equal_to_scipy(weights):
    weights = weights + (weights.sum(axis=1, keepdims=True) < 1e-8)
    p, q = weights / weights.sum(axis=1, keepdims=True)
    value = metrics.js_divergence(p, q)
    np.testing.assert_allclose(value, by_scipy(p, q), atol=1e-12)
    np.testing.assert_allclose(metrics.js_divergence(p, q, bits=True), by_scipy(p, q, 2), atol=1e-12)
    assert 0 <= value <= np.log(2) + 1e-12 and value == metrics.js_divergence(q, p)
    assert metrics.js_divergence(p, p) == pytest.approx(0, abs=1e-15)


def test_by_hand():
    assert metrics.js_divergence([1, 0], [0, 1]) == pytest.approx(np.log(2))
    assert metrics.js_divergence([1, 0], [0, 1], bits=True) == pytest.approx(1)
    # m = (3/4, 1/4): 1/2 log(4/3) + 1/2 (1/2 log(2/3) + 1/2 log 2)
    expected = np.log(4 / 3) / 2 + (np.log(2 / 3) + np.log(2)) / 4
    assert metrics.js_divergence([1, 0], [0.5, 0.5]) == pytest.approx(expected)
    np.testing.assert_allclose(metrics.js_divergence([[1, 0], [0.5, 0.5]], [1, 0]), [0, expected], atol=1e-15)


@pytest.mark.parametrize("dimension", [3, 1024, 2500])
def test_pairs_equal_the_loop(dimension):
    weights = np.random.default_rng(0).gamma(0.5, size=(7, dimension))
    weights[:, ::4] = 0 if dimension == 2500 else weights[:, ::4]
    d = weights / weights.sum(axis=1, keepdims=True)
    matrix = metrics.pairwise_js(d)
    np.testing.assert_allclose(matrix, pairwise_js_by_loop(d), rtol=1e-9, atol=1e-13)
    np.testing.assert_array_equal(matrix, matrix.T)
    np.testing.assert_allclose(metrics.pairwise_js(d, bits=True), matrix / np.log(2))


def test_the_steps_of_the_paper():
    x, subject, _ = frames()
    sums = []
    squeezed = []
    for s in range(6):
        mean = x[subject == s].mean(axis=0)
        value = expit(mean / np.median(mean))
        squeezed.append(value / value.sum())
    for p in range(6):
        sums.append(sum(jensenshannon(squeezed[p], squeezed[q]) ** 2 for q in range(6) if q != p))
    names = np.array([f"F{i:03}" for i in range(6)])[subject]
    found = metrics.subject_divergence(x, names)
    np.testing.assert_allclose(found.sums, sums, rtol=1e-9)
    assert found.mean == pytest.approx(np.mean(sums)) and found.sd == pytest.approx(np.std(sums, ddof=1))
    assert found.subjects.tolist() == [f"F{i:03}" for i in range(6)] and found.matrix.shape == (6, 6)
    # for features that are not negative our median is the printed one
    np.testing.assert_allclose(metrics.subject_divergence(x, names, median="printed").sums, sums, rtol=1e-9)
    order = np.random.default_rng(1).permutation(len(x))
    np.testing.assert_allclose(metrics.subject_divergence(x[order], names[order]).sums, found.sums)
    np.testing.assert_allclose(metrics.subject_divergence(1000 * x, names).sums, found.sums, err_msg="scale is free")


def test_squeeze():
    """A median of zero, of a negative number, and a vector of nothing."""
    relu = np.array([0, 0, 0, 1.0, 3.0])
    value = expit(relu / 2)  # the median of the magnitudes that are not zero
    np.testing.assert_allclose(metrics.as_distributions(relu), value / value.sum())
    with pytest.raises(ValueError, match=r"median 0.*median='absolute'"):
        metrics.as_distributions(relu, "printed")
    falling = np.array([-4.0, -2.0, -1.0])
    assert (np.diff(metrics.as_distributions(falling)) > 0).all()
    assert (np.diff(metrics.as_distributions(falling, "printed")) < 0).all(), "as printed the order turns round"
    np.testing.assert_allclose(metrics.as_distributions(np.zeros((2, 4))), 0.25)
    mixed = metrics.as_distributions(np.stack([relu, relu + 1, 0 * relu]))
    np.testing.assert_allclose(mixed[1], metrics.as_distributions(relu + 1))
    np.testing.assert_allclose(mixed[0], metrics.as_distributions(relu))
    with np.errstate(over="raise"):
        extreme = metrics.as_distributions(np.array([1.0, 1.0, 1e6, -1e6]))
    np.testing.assert_allclose(extreme.sum(), 1)
    with pytest.raises(ValueError, match="median is 'mean'"):
        metrics.as_distributions(relu, "mean")


def test_mean_vectors():
    x, subject, _ = frames()
    names, means = metrics.mean_vectors(x.astype(np.float32), subject)
    np.testing.assert_allclose(means, [x[subject == s].mean(axis=0) for s in names], rtol=1e-5)


def test_more_identity_is_more_divergence():
    values = [metrics.subject_divergence(*frames(identity=i)[:2]).mean for i in (0, 0.5, 2)]
    assert values == sorted(values) and values[2] > 2 * values[0]


@pytest.mark.parametrize("whole", [True, False])
def test_control(whole):
    """Identity is found where it is; without it, exchanging whole sequences finds none."""
    for identity in (0.0, 2.0):
        x, subject, sequence = frames(identity=identity, sequences=6)
        control = metrics.permutation_control(x, subject, sequence if whole else None, permutations=99, seed=3)
        assert control.observed == pytest.approx(metrics.subject_divergence(x, subject).mean)
        assert control.null.shape == (99,) and control.ratio == pytest.approx(control.observed / control.null.mean())
        if identity:
            assert control.p == 0.01 and control.ratio > 2
        elif whole:
            assert control.p > 0.05 and 0.8 < control.ratio < 1.25
        else:  # single frames are no independent draws: what the sequences share looks like identity
            assert control.p == 0.01


def test_control_is_the_divergence_of_permuted_subjects():
    x, subject, sequence = frames(length=4)
    keep = np.sort(np.random.default_rng(0).permutation(len(x))[:60])  # sequences of different length
    x, subject, sequence = x[keep], subject[keep], sequence[keep]
    ours = metrics.permutation_control(x, subject, sequence, permutations=5, seed=7)
    names = np.unique(sequence)
    owner = np.array([subject[sequence == name][0] for name in names])
    rng = np.random.default_rng(7)
    for value in ours.null:
        moved = owner[rng.permutation(len(names))][np.searchsorted(names, sequence)]
        assert value == pytest.approx(metrics.subject_divergence(x, moved).mean)
    again = metrics.permutation_control(x, subject, sequence, permutations=5, seed=7)
    np.testing.assert_array_equal(ours.null, again.null)
    assert (ours.null != metrics.permutation_control(x, subject, sequence, permutations=5, seed=8).null).any()


def test_the_null_is_uniform():
    """Without identity the control's p is spread over 0 ... 1."""
    p = [
        metrics.permutation_control(*frames(4, 4, 3, 12, 0.0, seed), permutations=19, seed=seed).p for seed in range(60)
    ]
    assert 0.35 < np.mean(p) < 0.65 and np.mean(np.array(p) <= 0.1) <= 0.25


X = np.ones((4, 3))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: metrics.mean_vectors(X, [0, 0, 1]), r"subjects \(3,\) must be \(4,\)"),
        (lambda: metrics.mean_vectors(X * np.nan, [0, 0, 1, 1]), r"features hold NaN at \[0, 0\]"),
        (lambda: metrics.subject_divergence(X, [0] * 4), "needs two of them, not 1"),
        (lambda: metrics.js_divergence([0.5, 0.6], [0.5, 0.5]), "p is no distribution"),
        (lambda: metrics.js_divergence([0.5, 0.5], [-0.5, 1.5]), "q is no distribution"),
        (lambda: metrics.pairwise_js(X), r"distributions \(4, 3\) must be \(S, D\)"),
        (lambda: metrics.permutation_control(X, [0, 0, 1, 1], [0, 0, 1]), r"sequences \(3,\) must be \(4,\)"),
        (lambda: metrics.permutation_control(X, [0, 0, 1, 1], [0, 1, 1, 2]), "sequence .*1.* holds two subjects"),
        (lambda: metrics.permutation_control(X, [0, 0, 1, 1], [0, 0, 1, 1]), "each subject has one sequence"),
    ],
)
def test_errors(call, says):
    with pytest.raises(ValueError, match=says):
        call()
