"""Crops against a loop, and the photograph of scikit-image through OpenCV's cascades."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from aulib.alignment import EYE_X, EYE_Y, _similarity, align_photograph, centre_crops, random_crops
from aulib.errors import AulibError

FACES = np.random.default_rng(0).integers(0, 255, (6, 20, 20, 3)).astype(np.uint8)


def test_random_crops_are_windows_of_the_face_some_of_them_mirrored():
    rows = np.array([5, 0, 3, 3, 1, 2, 4, 0])
    crops = random_crops(FACES, rows, 17, np.random.default_rng(3))
    mirrored = 0
    for crop, row in zip(crops, rows, strict=True):
        windows = [FACES[row, y : y + 17, x : x + 17] for y in range(4) for x in range(4)]
        plain = any(np.array_equal(crop, w) for w in windows)
        flipped = any(np.array_equal(crop, w[:, ::-1]) for w in windows)
        assert plain or flipped
        mirrored += flipped
    assert 0 < mirrored < len(rows)
    np.testing.assert_array_equal(crops, random_crops(FACES, rows, 17, np.random.default_rng(3)))


def test_centre_crops():
    np.testing.assert_array_equal(centre_crops(FACES, np.array([2]), 16)[0], FACES[2, 2:18, 2:18])


def test_similarity_against_opencv():
    rng = np.random.default_rng(0)
    source, target = rng.uniform(0, 100, (2, 2, 2))
    ours = _similarity(source, target)
    theirs, _ = cv2.estimateAffinePartial2D(source.astype(np.float32), target.astype(np.float32))
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
    np.testing.assert_allclose(ours[:, :2] @ source.T + ours[:, 2:], target.T, atol=1e-9)


def test_the_photograph_is_aligned_by_its_eyes():
    from skimage.data import astronaut

    face = align_photograph(astronaut(), 200)
    assert face.shape == (200, 200, 3) and face.dtype == np.uint8
    # Found again in the aligned face, the eyes lie where every aligned face has them.
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_eye.xml")
    eyes = cascade.detectMultiScale(grey[:120], 1.05, 4, minSize=(24, 24))
    centres = np.array([(x + w / 2, y + h / 2) for x, y, w, h in eyes]) / 200
    for x in (EYE_X, 1 - EYE_X):
        assert np.abs(centres - [x, EYE_Y]).max(axis=1).min() < 0.05


def test_a_picture_without_a_face():
    with pytest.raises(AulibError, match="no face found"):
        align_photograph(np.full((120, 120, 3), 128, np.uint8))
