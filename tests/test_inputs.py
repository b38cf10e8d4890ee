"""Faces as a network's input, and landmarks: mirrored and shifted as its pictures would be."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch

from aulib.datasets.landmarks import MIRRORED
from aulib.models.landmark_net import LandmarkNet
from aulib.models.small_cnn import SmallCNN
from aulib.training.inputs import Inputs, Points, cut, cut_on_device
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


# -- Faces --


@pytest.fixture
def mapped(tmp_path):
    """Faces in a file that is mapped into memory and cannot be written."""
    np.save(tmp_path / "faces.npy", np.random.default_rng(5).integers(0, 256, (40, 30, 30, 3), dtype=np.uint8))
    return np.load(tmp_path / "faces.npy", mmap_mode="r")


def by_hand(inputs: Inputs, rows: np.ndarray, rng: np.random.Generator | None) -> torch.Tensor:
    """A batch, face after face and pixel after pixel in one order: all colours of a pixel beside each other."""
    room, crop = inputs.faces.shape[1] - inputs.crop, inputs.crop
    top, left = rng.integers(0, room + 1, (2, len(rows))) if rng else np.full((2, len(rows)), room // 2)
    mirrored = rng.random(len(rows)) < 0.5 if rng else np.zeros(len(rows), bool)
    out = np.empty((len(rows), crop, crop, 3), np.float32)
    for i, row in enumerate(rows):
        for x in range(crop):
            column = left[i] + (crop - 1 - x if mirrored[i] else x)
            out[i, :, x] = inputs.faces[row, top[i] : top[i] + crop, column].astype(np.float32)
    images = torch.from_numpy((out - inputs.mean) / np.float32(inputs.scale)).permute(0, 3, 1, 2)
    if inputs.side != crop:
        images = torch.nn.functional.interpolate(images, size=(inputs.side, inputs.side), mode="bilinear")
    return images.contiguous()


@pytest.mark.parametrize("side", [27, 19, 40])
@pytest.mark.parametrize("scale", [58.0, 1.0, 127.3])
def test_batches_are_to_the_bit_those_of_a_loop(mapped, side, scale):
    inputs = Inputs(mapped, 27, side, Inputs.mean_image(mapped, np.arange(20), 27), scale)
    rows = np.random.default_rng(6).integers(0, 40, 250)  # more than are normalised at once
    drawn = inputs.training(rows, np.random.default_rng(7))
    assert drawn.shape == (250, 3, side, side) and drawn.is_contiguous() and drawn.dtype == torch.float32
    assert torch.equal(drawn, by_hand(inputs, rows, np.random.default_rng(7)))
    assert torch.equal(inputs.testing(rows), by_hand(inputs, rows, None))
    assert torch.equal(inputs.testing(rows[:1]), by_hand(inputs, rows[:1], None))
    rng, other = np.random.default_rng(8), np.random.default_rng(8)
    inputs.training(rows, rng), by_hand(inputs, rows, other)
    assert rng.random() == other.random(), "what is drawn next is the same, too"


def test_given_crops_are_normalised_as_those_of_the_corpus(mapped):
    inputs = Inputs(mapped, 20, 20, Inputs.mean_image(mapped, np.arange(20), 20), 58.0)
    crops = np.array(mapped[:, 5:25, 5:25])
    assert torch.equal(inputs.normalised(crops), inputs.testing(np.arange(40)))
    assert torch.equal(inputs.normalised(crops.astype(np.float32)), inputs.testing(np.arange(40)))


@pytest.mark.parametrize("crop", [30, 17, 1])
def test_both_forms_of_cutting_agree_with_slices(mapped, crop):
    rng = np.random.default_rng(9)
    rows, mirrored = rng.integers(0, 40, 60), rng.random(60) < 0.5
    top, left = rng.integers(0, 30 - crop + 1, (2, 60))
    squares = [mapped[r, y : y + crop, x : x + crop] for r, y, x in zip(rows, top, left, strict=True)]
    expected = [square[:, ::-1] if turned else square for square, turned in zip(squares, mirrored, strict=True)]
    expected = np.stack(expected).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(cut(mapped, rows, top, left, mirrored, crop), expected)
    there = cut_on_device(torch.from_numpy(np.array(mapped)), rows, top, left, mirrored, crop)
    assert there.dtype == torch.uint8 and there.is_contiguous()
    np.testing.assert_array_equal(there.numpy(), expected)


def test_a_memory_map_is_never_read_as_a_whole(tmp_path):
    large = np.lib.format.open_memmap(tmp_path / "faces.npy", "w+", np.uint8, (20_000, 32, 32, 3))  # a hole in a file
    inputs = Inputs(large, 30, 30, Inputs.mean_image(large, np.arange(50), 30), 58.0).on("cpu")
    tracemalloc.start()
    inputs.training(np.arange(0, 20_000, 2000), np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < large.nbytes / 50 and isinstance(inputs.faces, np.memmap)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("share", [0.5, 0.0])
def test_batches_on_a_gpu_are_those_of_a_cpu(mapped, monkeypatch, share):
    monkeypatch.setattr("aulib.training.inputs.DEVICE_SHARE", share)
    here = Inputs(mapped, 27, 27, Inputs.mean_image(mapped, np.arange(20), 27), 58.0)
    there, rows = here.on("cuda"), np.arange(40)
    assert (there._held is None) == (share == 0)
    batch = there.training(rows, np.random.default_rng(7))
    assert batch.device.type == "cuda"
    assert torch.equal(batch.cpu(), here.training(rows, np.random.default_rng(7)))
    small = replace(there, side=19)
    torch.testing.assert_close(small.testing(rows).cpu(), replace(here, side=19).testing(rows))
