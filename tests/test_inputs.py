"""Landmarks as a network's input: mirrored and shifted as its pictures would be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from aulib.datasets.landmarks import MIRRORED
from aulib.models.landmark_net import LandmarkNet
from aulib.models.small_cnn import SmallCNN
from aulib.training.inputs import Points
from synthface.face import Face, Identity, au_vector
from tests import toys


def test_mirroring_names_the_same_place_on_the_other_side():
    np.testing.assert_array_equal(MIRRORED[MIRRORED], np.arange(68))
    face = Face(Identity.draw(np.random.default_rng(3)))
    right, left = (face.render(au_vector(aus)).landmarks for aus in ({12: (5, 0), 2: (4, 0)}, {12: (0, 5), 2: (0, 4)}))
    flipped = left[MIRRORED] * (-1, 1) + (199, 0)
    neutral = face.render(au_vector({})).landmarks
    uneven = np.abs(neutral[MIRRORED] * (-1, 1) + (199, 0) - neutral).max()  # nobody's face is symmetric
    assert np.abs(flipped - right).max() < 2 * uneven + 1.0 < 12


def test_training_shifts_by_at_most_the_room_of_a_crop():
    corpus = replace(toys.corpus(), landmarks=np.random.default_rng(0).uniform(0, 24, (288, 68, 2)).astype(np.float32))
    points = Points.of(corpus, np.arange(100), crop=20)
    rows = np.arange(200)
    plain, moved = points.testing(rows), points.training(rows, np.random.default_rng(1))
    assert plain.shape == moved.shape == (200, 136)
    back = moved.numpy().reshape(200, 68, 2) * 0.04 * 24 + points.mean
    straight = np.abs(back - corpus.landmarks[rows]).max(axis=(1, 2)) <= 2 + 1e-4
    turned = back[:, MIRRORED] * (-1, 1) + (23, 0)
    mirrored = np.abs(turned - corpus.landmarks[rows]).max(axis=(1, 2)) <= 2 + 1e-4
    assert (straight ^ mirrored).all() and 0.3 < mirrored.mean() < 0.7
    again = points.training(rows, np.random.default_rng(1))
    assert torch.equal(moved, again)


def test_the_two_yardsticks_have_the_same_capacity():
    sizes = [sum(p.numel() for p in net.parameters()) for net in (SmallCNN(17, scale=0.5), LandmarkNet(17))]
    assert 0.9 < sizes[0] / sizes[1] < 1.1


def test_a_point_that_a_corpus_lacks_stands_at_its_mean_place():
    """DISFA's 66 points have no inner corners of the mouth; a face may lack others besides."""
    corpus = toys.corpus()
    rng = np.random.default_rng(4)
    whole = rng.uniform(2, 20, (len(corpus), 68, 2)).astype(np.float32)
    holes = whole.copy()
    holes[:, [60, 64]] = np.nan
    holes[7, 33] = np.nan
    train, tested = np.arange(0, 40), np.arange(5, 9)
    points = Points.of(replace(corpus, landmarks=holes), train, 20)
    expected = [np.nanmean(holes[train, 33, axis].astype(float)) for axis in (0, 1)]
    np.testing.assert_allclose(points.mean[33], expected, rtol=1e-5)
    batch = points.testing(tested).reshape(-1, 68, 2).numpy()
    assert np.isfinite(batch).all() and np.isfinite(points.training(tested, rng).numpy()).all()
    assert (batch[:, [60, 64]] == 0).all() and (batch[2, 33] == 0).all()
    full = Points.of(replace(corpus, landmarks=whole), train, 20)
    others = [i for i in range(68) if i not in (33, 60, 64)]
    np.testing.assert_allclose(batch[:, others], full.testing(tested).reshape(-1, 68, 2).numpy()[:, others], atol=1e-5)
