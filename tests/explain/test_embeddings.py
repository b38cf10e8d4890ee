"""Neighbours, silhouettes and shares of variance against brute force and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import silhouette_samples
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from aulib.explain import embeddings as explain


def frames(subjects=5, sequences=3, length=6, dimension=12, identity=2.0, sequence=0.5, seed=0):
    rng = np.random.default_rng(seed)
    s = np.repeat(np.arange(subjects), sequences * length)
    q = np.repeat(np.arange(subjects * sequences), length)
    x = identity * rng.normal(size=(subjects, dimension))[s] + sequence * rng.normal(size=(q.max() + 1, dimension))[q]
    return (x + rng.normal(size=x.shape)).astype(np.float32), s, q


def neighbours_by_loop(x, k, groups, able):
    out = []
    for i in range(len(x)):
        rows = [j for j in range(len(x)) if groups[j] != groups[i] and able[j]]
        out.append(sorted(rows, key=lambda j: (((x[i] - x[j]) ** 2).sum(), j))[:k])
    return out


@settings(max_examples=60, deadline=None)
@given(st.integers(3, 14), st.integers(1, 3), st.integers(0, 1000), st.booleans())
def test_neighbours(n, k, seed, limited):
    rng = np.random.default_rng(seed)
    x = rng.integers(-3, 4, (n, 2)).astype(float)
    x[:, 0] += np.arange(n) % 2  # small whole numbers: distances are exact, and many are equal
    groups, able = rng.integers(0, 3, n), rng.random(n) < (0.7 if limited else 2)
    left = min(sum(able[j] for j in range(n) if groups[j] != g) for g in groups)
    if left < k:
        with pytest.raises(ValueError, match=f"k is {k}, but a frame has {left} candidates"):
            explain.neighbours(x, k, groups, able)
        return
    found = explain.neighbours(x, k, groups, able)
    expected = neighbours_by_loop(x, k, groups, able)
    distance = lambda rows: [[((x[i] - x[j]) ** 2).sum() for j in row] for i, row in enumerate(rows)]  # noqa: E731
    np.testing.assert_allclose(distance(found), distance(expected))
    assert (groups[found] != groups[:, None]).all() and able[found].all()
    assert all(len(set(row)) == k for row in found.tolist())


def test_neighbours_in_blocks(monkeypatch):
    x, _, q = frames()
    whole = explain.neighbours(x, 4, q)
    assert whole.tolist() == neighbours_by_loop(x, 4, q, np.ones(len(x), bool))
    monkeypatch.setattr(explain, "_BLOCK", 200)
    np.testing.assert_array_equal(explain.neighbours(x, 4, q), whole)
    np.testing.assert_array_equal(explain.neighbours(x + 1000, 2), explain.neighbours(x, 2))


@pytest.mark.parametrize("identity", [0.0, 0.6, 2.0])
def test_identity_accuracy_equals_scikit_learn(identity):
    x, s, q = frames(identity=identity)
    named = cross_val_predict(KNeighborsClassifier(1), x, s, groups=q, cv=LeaveOneGroupOut())
    found = explain.identity_accuracy(x, s, q)
    assert found.accuracy == pytest.approx((named == s).mean()) and found.frames == len(x)
    assert found.chance == pytest.approx(12 / 84)
    if identity == 0:
        assert abs(found.accuracy - found.chance) < 0.15


def test_neighbours_of_the_same_video_do_not_count():
    """Frames that know their video, and not their subject."""
    x, s, q = frames(identity=0.0, sequence=5.0)
    assert explain.identity_accuracy(x, s).accuracy > 0.95
    assert explain.identity_accuracy(x, s, q).accuracy < 0.5


def test_votes():
    x, s = np.array([[0.0], [1.0], [2.1], [3.3], [5.0]]), np.array(["a", "b", "a", "a", "c"])
    one, three = (explain.identity_accuracy(x, s, k=k) for k in (1, 3))
    # the only frames of b and c have no candidate of their subject
    assert one.frames == three.frames == 3 and one.chance == three.chance == pytest.approx(2 / 4)
    assert one.accuracy == pytest.approx(1 / 3)  # 0 -> b, 2.1 -> b, 3.3 -> a
    assert three.accuracy == 1  # b a a, b a a, and a c b, where the nearest decides
    assert explain.identity_accuracy(x[:3], s[:3], k=2).accuracy == 0  # b a twice: the nearest is b


def test_one_sequence_a_subject():
    x, s, _ = frames()
    found = explain.identity_accuracy(x, s, s)
    assert np.isnan(found.accuracy) and np.isnan(found.chance) and found.frames == 0
    # one subject with two sequences: only its frames can be named at all
    q = s.copy()
    q[:9] = 99
    assert explain.identity_accuracy(x, s, q).frames == (s == 0).sum()


def test_neighbour_scores():
    x, s, _ = frames()
    rng = np.random.default_rng(1)
    y = rng.integers(-1, 2, len(x)).astype(np.int8)
    found = explain.neighbour_scores(x, y, s, 5)
    expected = [np.mean([y[j] for j in row]) for row in neighbours_by_loop(x, 5, s, y >= 0)]
    np.testing.assert_allclose(found, expected)


def silhouette_by_loop(x, y):
    values = []
    for i in range(len(x)):
        distance = np.sqrt(((x[i] - x) ** 2).sum(axis=1))
        own = [d for j, d in enumerate(distance) if y[j] == y[i] and j != i]
        others = [np.mean(distance[y == g]) for g in np.unique(y) if g != y[i]]
        a, b = np.mean(own) if own else 0.0, min(others)
        values.append((b - a) / max(a, b) if own else 0.0)
    return np.mean(values)


def test_silhouette():
    x, s, _ = frames()
    y = np.random.default_rng(0).integers(-1, 2, len(x)).astype(np.int8)
    assert explain.silhouette(x, s) == pytest.approx(silhouette_by_loop(x.astype(float), s), abs=1e-5)
    assert explain.silhouette(x, s) == pytest.approx(silhouette_samples(x, s).mean())
    known = y >= 0
    assert explain.silhouette(x, y) == pytest.approx(silhouette_by_loop(x[known].astype(float), y[known]), abs=1e-5)
    assert explain.silhouette(x, np.array([f"F{i}" for i in s])) == pytest.approx(explain.silhouette(x, s))
    assert explain.silhouette(x, s) > explain.silhouette(x, y)
    assert np.isnan(explain.silhouette(x, np.ones(len(x), int)))
    assert np.isnan(explain.silhouette(x, np.arange(len(x)))) and np.isnan(explain.silhouette(x, 0 * s - 1))


def test_variance_share():
    """A full factorial: the shares of the factors, and of noise, are those that were put in."""
    rng = np.random.default_rng(0)
    identity, au, light = (a.ravel() for a in np.meshgrid(np.arange(20), np.arange(2), np.arange(5)))
    x = np.stack([3 * (identity - 9.5) / np.std(np.arange(20)), 4.0 * (2 * au - 1), rng.normal(size=200)], axis=1)
    total = 9 + 16 + x[:, 2].var()
    assert explain.variance_share(x, identity) == pytest.approx(9 / total, abs=0.1)
    assert explain.variance_share(x, au) == pytest.approx(16 / total, abs=0.02)
    assert explain.variance_share(x, np.where(light == 0, -1, au)) == pytest.approx(16 / total, abs=0.02)
    assert abs(explain.variance_share(x, light)) < 0.05
    assert explain.variance_share(x[:, 1:2], au) == 1
    blind = [explain.variance_share(x, rng.permutation(identity)) for _ in range(50)]
    assert abs(np.mean(blind)) < 0.02, "nothing is left of what chance puts there"
    between = sum((identity == g).sum() * ((x[identity == g].mean(0) - x.mean(0)) ** 2).sum() for g in range(20))
    share = between / ((x - x.mean(0)) ** 2).sum()
    assert explain.variance_share(x, identity) == pytest.approx(1 - (1 - share) * 199 / 180, abs=1e-6)
    assert np.isnan(explain.variance_share(x, 0 * au)) and np.isnan(explain.variance_share(0 * x, au))


def test_principal():
    x, _, _ = frames(dimension=40)
    for components in (3, 38):
        ours = explain.principal(x, components)
        centred = (x - x.mean(0)).astype(float)
        u, d, _ = np.linalg.svd(centred, full_matrices=False)
        np.testing.assert_allclose(np.abs(ours), np.abs(u * d)[:, :components], atol=0.05)
        np.testing.assert_array_equal(ours, explain.principal(x, components))
    assert explain.principal(x, 100).shape == (90, 40) and explain.principal(x[:7], 50).shape == (7, 7)


def test_tsne():
    x, s, _ = frames(subjects=3, identity=6.0)
    picture = explain.tsne(x, perplexity=8)
    assert picture.shape == (54, 2) and np.isfinite(picture).all()
    np.testing.assert_array_equal(picture, explain.tsne(x, perplexity=8))
    assert explain.identity_accuracy(picture, s).accuracy > 0.9
    with pytest.raises(ValueError, match="perplexity 54 needs more than 54 frames"):
        explain.tsne(x, perplexity=54)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: explain.principal(np.zeros(3)), r"features \(3,\) must be"),
        (lambda: explain.principal(np.zeros((1, 3))), "N at least 2"),
        (lambda: explain.silhouette(np.full((4, 2), np.nan), [0, 0, 1, 1]), "NaN or infinity"),
        (lambda: explain.silhouette(np.zeros((4, 2)), [0, 1]), r"labels \(2,\) must be \(4,\)"),
        (lambda: explain.identity_accuracy(np.zeros((4, 2)), [0, 1, 0, 1], [0, 1]), r"groups \(2,\) must be \(4,\)"),
        (lambda: explain.neighbours(np.zeros((4, 2)), 4), "k is 4, but a frame has 3 candidates"),
    ],
)
def test_errors(call, says):
    with pytest.raises(ValueError, match=says):
        call()
