"""The 68 landmarks: groups, mirror, mean shape; smaller mark-ups; which faces are usable."""

from __future__ import annotations

import numpy as np
import pytest

from aulib.datasets import landmarks
from aulib.datasets.alignment import EYE_X, EYE_Y
from aulib.datasets.landmarks import COUNT, GROUPS, MARKUPS, MEAN_SHAPE, MIRRORED, eye_centres, to_68, usable
from aulib.errors import AulibError
from aulib.models.sift import INNER
from synthface.face import Face, Identity, au_vector

FACE = Face(Identity.draw(np.random.default_rng(1))).render(au_vector({}), side=200)


def test_groups_are_all_landmarks_each_once():
    assert sorted(i for group in GROUPS.values() for i in group) == list(range(COUNT))
    assert sorted([*landmarks.RIGHT_EYE, *landmarks.LEFT_EYE]) == list(landmarks.EYES)
    assert sorted([*landmarks.RIGHT_BROW, *landmarks.LEFT_BROW]) == list(landmarks.BROWS)
    assert sorted([*landmarks.NOSE_BRIDGE, *landmarks.NOSE_BASE]) == list(landmarks.NOSE)
    assert sorted([*landmarks.OUTER_LIPS, *landmarks.INNER_LIPS]) == list(landmarks.MOUTH)


def test_groups_lie_on_a_face_where_their_names_say():
    points = FACE.landmarks
    middle = {name: points[list(group)].mean(axis=0) for name, group in GROUPS.items()}
    assert middle["brows"][1] < middle["eyes"][1] < middle["nose"][1] < middle["outer lips"][1]
    for right, left in ((landmarks.RIGHT_EYE, landmarks.LEFT_EYE), (landmarks.RIGHT_BROW, landmarks.LEFT_BROW)):
        assert points[list(right), 0].max() < points[list(left), 0].min()
    outer, inner = points[list(landmarks.OUTER_LIPS)], points[list(landmarks.INNER_LIPS)]
    assert outer[:, 0].min() <= inner[:, 0].min() and inner[:, 0].max() <= outer[:, 0].max()


def test_mirroring_twice_is_nothing_and_swaps_the_eyes():
    np.testing.assert_array_equal(MIRRORED[MIRRORED], np.arange(COUNT))
    assert sorted(MIRRORED[list(landmarks.RIGHT_EYE)]) == list(landmarks.LEFT_EYE)
    for group in GROUPS.values():
        assert sorted(MIRRORED[list(group)]) == list(group)


def test_the_mean_shape_is_symmetric_and_has_the_eyes_of_an_aligned_face():
    assert MEAN_SHAPE.shape == (COUNT, 2) and MEAN_SHAPE.dtype == np.float64
    np.testing.assert_allclose(MEAN_SHAPE[MIRRORED] * (-1, 1) + (1, 0), MEAN_SHAPE, atol=1e-12)
    np.testing.assert_allclose(eye_centres(MEAN_SHAPE), [[EYE_X, EYE_Y], [1 - EYE_X, EYE_Y]], atol=0.01)
    with pytest.raises(ValueError, match="read-only"):
        MEAN_SHAPE[0] = 0


def test_the_mean_shape_is_near_an_embedded_face():
    away = np.linalg.norm((FACE.landmarks + 0.5) / 200 - MEAN_SHAPE, axis=1)
    assert away.mean() < 0.03 and away.max() < 0.09


@pytest.mark.parametrize("count", MARKUPS)
def test_markups_stand_in_their_places(count):
    kept = list(MARKUPS[count])
    assert len(kept) == count
    full = to_68(FACE.landmarks[kept])
    assert full.dtype == np.float32 and full.shape == (COUNT, 2)
    np.testing.assert_array_equal(full[kept], FACE.landmarks[kept])
    assert np.isnan(full[sorted(set(range(COUNT)) - set(kept))]).all()
    np.testing.assert_array_equal(to_68(full), full)


def test_49_are_those_of_the_sift_features():
    assert MARKUPS[49] == INNER


@pytest.mark.parametrize("shape", [(5, 2), (68, 3), (136,), (1, 68, 2), (0, 2)])
def test_other_markups_are_refused(shape):
    with pytest.raises(AulibError, match="49, 51, 66, 68"):
        to_68(np.zeros(shape))


def test_eye_centres_against_a_loop():
    right, left = np.zeros(2), np.zeros(2)
    for i in range(36, 42):
        right += FACE.landmarks[i] / 6
    for i in range(42, 48):
        left += FACE.landmarks[i] / 6
    np.testing.assert_allclose(eye_centres(FACE.landmarks), [right, left], atol=1e-4)
    some = FACE.landmarks.copy()
    some[[37, 38]] = np.nan
    np.testing.assert_allclose(eye_centres(some)[0], FACE.landmarks[[36, 39, 40, 41]].mean(axis=0), atol=1e-4)


def test_lost_faces_are_not_usable():
    assert usable(FACE.landmarks) and usable(to_68(FACE.landmarks[list(MARKUPS[49])]))
    assert not usable(np.zeros((COUNT, 2))), "tools that lose a face write zeros"
    assert not usable(np.full((COUNT, 2), np.nan))
    one_eye = FACE.landmarks.copy()
    one_eye[42:48] = np.nan
    assert not usable(one_eye)
    half = FACE.landmarks.copy()
    half[[37, 38, 43], 0] = np.nan
    assert usable(half)
