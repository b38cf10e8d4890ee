"""SIFT at landmarks and the linear classifiers on top."""

from __future__ import annotations

import numpy as np
import pytest

from aulib.models.sift import INNER, LinearSVM, sift_at_landmarks


@pytest.fixture
def landmarks():
    return np.random.default_rng(3).uniform(20, 80, (4, 68, 2)).astype(np.float32)


def test_49_landmarks_of_128_numbers(faces, landmarks):
    assert len(INNER) == 49 and INNER[0] == 17 and INNER[-1] == 67 and not {60, 64} & set(INNER)
    described = sift_at_landmarks(faces(4, 100), landmarks)
    assert described.shape == (4, 6272) and described.dtype == np.float32
    norms = np.linalg.norm(described.reshape(4, 49, 128), axis=2)
    np.testing.assert_allclose(norms[norms > 0], 1, rtol=1e-5)
    assert np.array_equal(described, sift_at_landmarks(faces(4, 100), landmarks))


def test_contour_does_not_count_and_place_does(faces, landmarks):
    images = faces(4, 100)
    before = sift_at_landmarks(images, landmarks)
    moved = landmarks.copy()
    moved[:, :17] = 0
    assert np.array_equal(before, sift_at_landmarks(images, moved))
    moved[:, 30] += 9
    changed = (before != sift_at_landmarks(images, moved)).reshape(4, 49, 128).any(axis=(0, 2))
    assert np.flatnonzero(changed).tolist() == [INNER.index(30)]


def test_follows_the_scale_of_the_image(faces, landmarks):
    """A face at twice the size, described at twice the coordinates, looks nearly the same."""
    import cv2

    small = np.stack([cv2.GaussianBlur(face, (0, 0), 2) for face in faces(4, 100)])
    large = np.stack([cv2.resize(face, (200, 200), interpolation=cv2.INTER_CUBIC) for face in small])
    a, b = sift_at_landmarks(small, landmarks), sift_at_landmarks(large, 2 * landmarks + 0.5)
    similar = (a * b).reshape(4, 49, 128).sum(2)
    assert np.median(similar) > 0.85


def test_root_and_flat_and_outside(faces, landmarks):
    rooted = sift_at_landmarks(faces(4, 100), landmarks, root=True).reshape(4, 49, 128)
    norms = np.linalg.norm(rooted, axis=2)
    np.testing.assert_allclose(norms[norms > 0], 1, rtol=1e-5)
    assert not sift_at_landmarks(np.full((4, 50, 50, 3), 90, np.uint8), landmarks).any()
    assert np.isfinite(sift_at_landmarks(faces(4, 100), landmarks - 60)).all()


def test_sift_errors(faces, landmarks):
    with pytest.raises(ValueError, match=r"landmarks \(4, 68, 2\)"):
        sift_at_landmarks(faces(3, 50), landmarks)
    landmarks[2, 40] = np.nan
    with pytest.raises(ValueError, match="face 2"):
        sift_at_landmarks(faces(4, 50), landmarks)


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    features = (rng.normal(size=(300, 20)) * rng.uniform(0.1, 10, 20) + 5).astype(np.float32)
    features[:, 7] = 3  # a constant feature
    truth = np.stack([features[:, 0] > 5, features[:, 1] > 6, np.ones(300), np.zeros(300), np.zeros(300)], 1)
    truth = truth.astype(np.int8)
    truth[:, 4] = -1
    truth[::3, 1] = -1
    return features, truth


def test_svm_separates_and_survives_one_sided_labels(problem):
    features, truth = problem
    decision = LinearSVM(C=1.0).fit(features, truth).decision(features)
    assert decision.shape == (300, 5) and decision.dtype == np.float32
    for unit in (0, 1):
        known = truth[:, unit] >= 0
        assert ((decision[known, unit] > 0) == truth[known, unit]).mean() > 0.95
    assert (decision[:, 2] == 1).all() and (decision[:, 3] == -1).all() and (decision[:, 4] == 0).all()


def test_svm_skips_unknown_labels(problem):
    features, truth = problem
    known = truth[:, 1] >= 0
    spoiled = features.copy()
    all_known = LinearSVM(C=1.0).fit(features, truth)
    # the scaling uses all frames; the classifier only those whose label is known
    scaled = (spoiled[known] - all_known.mean) / all_known.scale
    from sklearn.svm import LinearSVC

    alone = LinearSVC(C=1.0, class_weight="balanced", tol=1e-3, max_iter=5000, random_state=0, dual="auto")
    alone.fit(scaled, truth[known, 1])
    np.testing.assert_allclose(all_known.weight[1], alone.coef_[0], rtol=1e-4, atol=1e-5)


def test_svm_as_arrays(problem):
    features, truth = problem
    svm = LinearSVM(C=1.0, class_weight=None).fit(features, truth)
    again = LinearSVM.from_arrays(svm.to_arrays())
    assert np.array_equal(svm.decision(features), again.decision(features))
    assert np.array_equal(svm.decision(features), LinearSVM(1.0, None).fit(features, truth).decision(features))


def test_patch_importance():
    svm = LinearSVM.from_arrays(
        {"weight": np.zeros((2, 6272)), "bias": np.zeros(2), "mean": np.zeros(6272), "scale": np.ones(6272)}
    )
    svm.weight[0, 128:256] = 2
    svm.weight[0, 0] = 1
    share = svm.patch_importance()
    assert share.shape == (2, 49) and share[0].argmax() == 1 and share[0].sum() == pytest.approx(1)
    assert not share[1].any()
    with pytest.raises(ValueError, match="49 x 128"):
        LinearSVM.from_arrays({**svm.to_arrays(), "weight": np.zeros((2, 20))}).patch_importance()


def test_svm_errors():
    with pytest.raises(ValueError, match=r"\(3, 2\) and truth \(4, 1\)"):
        LinearSVM().fit(np.zeros((3, 2), np.float32), np.zeros((4, 1), np.int8))
