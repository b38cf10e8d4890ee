"""Numbers from one table of distances against the functions that take features, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances, silhouette_samples

from aulib.aus import UNKNOWN
from aulib.explain import embeddings, spaces


@pytest.fixture
def cloud():
    """120 frames of six people in twelve dimensions; AU 0 moves the first one, AU 1 nothing."""
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(6), 20)
    truth = rng.integers(0, 2, (120, 2)).astype(np.int8)
    numbers = 100 + rng.normal(0, 1, (120, 12)) + rng.normal(0, 2, (6, 12))[subject]
    numbers[:, 0] += 3 * truth[:, 0]
    return numbers.astype(np.float32), subject, truth


def test_distances_are_those_of_scikit_learn(cloud):
    numbers = cloud[0]
    np.testing.assert_allclose(
        spaces.distances(numbers), pairwise_distances(numbers.astype(float)), rtol=1e-4, atol=1e-4
    )


def test_silhouettes_are_those_of_scikit_learn(cloud):
    numbers, subject, truth = cloud
    far = spaces.distances(numbers)
    np.testing.assert_allclose(
        spaces.silhouettes(far, subject), silhouette_samples(numbers, subject), rtol=1e-3, atol=1e-4
    )
    labels = truth[:, 0].copy()
    labels[::7] = UNKNOWN
    known = labels != UNKNOWN
    found = spaces.silhouettes(far, labels)
    assert np.isnan(found[~known]).all()
    np.testing.assert_allclose(found[known], silhouette_samples(numbers[known], labels[known]), rtol=1e-3, atol=1e-4)
    assert np.isnan(spaces.silhouettes(far, np.ones(120, int))).all()


def test_a_frame_alone_in_its_group_has_silhouette_zero():
    far = spaces.distances(np.float32([[0], [1], [9]]))
    assert spaces.silhouettes(far, np.array([0, 0, 1]))[2] == 0


@pytest.mark.parametrize("unknown", [0, 0.2])
def test_votes_are_those_of_neighbour_scores(cloud, unknown):
    numbers, subject, truth = cloud
    truth[np.random.default_rng(1).random(truth.shape) < unknown] = UNKNOWN
    found = spaces.votes(spaces.distances(numbers), subject[:, None] == subject, truth, k=9)
    for column in range(2):
        expected = embeddings.neighbour_scores(numbers, truth[:, column], subject, k=9)
        np.testing.assert_allclose(found[:, column], expected)


def test_too_few_known_neighbours_still_vote():
    numbers = np.arange(6, dtype=np.float32)[:, None]
    same = np.eye(6, dtype=bool)
    truth = np.int8([[1], [UNKNOWN], [UNKNOWN], [UNKNOWN], [UNKNOWN], [0]])
    found = spaces.votes(spaces.distances(numbers), same, truth, k=3)[:, 0]
    np.testing.assert_array_equal(found, [0, 0.5, 0.5, 0.5, 0.5, 1])


def test_explained_is_the_share_between_groups(cloud):
    numbers, subject, _ = cloud
    groups = np.eye(6)[subject]
    assert spaces.explained(numbers, groups) == pytest.approx(embeddings.variance_share(numbers, subject), abs=1e-5)
    doubled = np.hstack([groups, groups])  # a design says no more when it says it twice
    assert spaces.explained(numbers, doubled) == pytest.approx(spaces.explained(numbers, groups), abs=1e-6)


def test_explained_is_adjusted_r_squared():
    rng = np.random.default_rng(2)
    design, other = rng.normal(size=(80, 3)), rng.normal(size=(80, 3))
    numbers = design @ rng.normal(size=(3, 5)) + rng.normal(size=(80, 5))
    full = np.column_stack([np.ones(80), design])
    left = ((numbers - full @ np.linalg.lstsq(full, numbers, rcond=None)[0]) ** 2).sum() / (80 - 4)
    total = ((numbers - numbers.mean(0)) ** 2).sum() / 79
    assert spaces.explained(numbers.astype(np.float32), design) == pytest.approx(1 - left / total, abs=1e-5)
    blind = [spaces.explained(rng.normal(size=(80, 5)).astype(np.float32), other) for _ in range(50)]
    assert abs(np.mean(blind)) < 0.02
    assert np.isnan(spaces.explained(np.ones((80, 5), np.float32), design))
