"""The judges of the renderer: what they measure, on made-up landmarks whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from aulib.datasets.detection import OVAL, landmarks_of_mesh
from benchmarks import third_parties
from synthface.face import FACE_AUS, Face, Identity, au_vector


def test_the_jaw_of_the_mesh_is_cut_at_equal_distances():
    mesh = np.random.default_rng(0).normal(size=(478, 3))
    for sign, oval in zip((-1, 1), OVAL, strict=True):
        mesh[list(oval)] = np.stack([sign * np.linspace(8, 0, 12) ** 2, np.zeros(12), np.zeros(12)], axis=-1)
    marks = landmarks_of_mesh(mesh)
    assert marks.shape == (68, 3)
    assert np.allclose(marks[:17, 0], np.linspace(-64, 64, 17))
    assert np.array_equal(marks[36], mesh[33]) and np.array_equal(marks[8], mesh[152])


def test_error_is_relative_to_the_outer_corners_of_the_eyes():
    ours = np.zeros((68, 2))
    ours[45] = 50, 0
    assert third_parties.relative_error(ours + np.array((0, 2)), ours) == pytest.approx(0.04)
    assert np.isnan(third_parties.relative_error(ours * np.nan, ours))


def test_direction_and_monotony_are_told_apart():
    still = np.zeros((2, 1 + 5 * len(FACE_AUS), 68, 2))
    k = FACE_AUS.index(26)
    still[:, 1 + 5 * k : 6 + 5 * k, 8, 1] = [[1, 2, 3, 4, 5], [1, 3, 2, 4, -1]]
    rows = {row.name: row for row in third_parties.primary_displacements(still, "made up")}
    assert rows["made up: AU26 moves the FACS way"].value == 0.5
    assert rows["made up: AU26 rank correlation with intensity"].value < 1
    assert rows["made up: AU4 moves the FACS way"].value == 0


def test_the_eye_cascade_sees_eyes_and_not_where_they_are_painted_out():
    frame = Face(Identity.draw(np.random.default_rng(4))).render(au_vector({}), side=320, framing="camera")
    assert third_parties.face_found(frame.image, frame.landmarks)
    assert all(third_parties.eyes_found(frame.image, frame.landmarks))
    blind = third_parties.painted_out(frame.image, frame.landmarks)
    assert not any(third_parties.eyes_found(blind, frame.landmarks))


def test_figures_know_their_thresholds():
    assert third_parties._figure("a", 0.02, 1, at_most=0.05).reached
    assert third_parties._figure("a", 0.02, 1, at_least=0.05).reached is False
    assert third_parties._figure("a", 0.02, 1).reached is None
