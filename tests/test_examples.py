"""What a temporal network is shown: stretches of videos, silent starts, short windows, reading order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aulib.aus import UNKNOWN

torch = pytest.importorskip("torch")


def videos(lengths, piece, silent):
    from aulib.training.examples import Videos

    n = sum(lengths)
    numbers = np.arange(n, dtype=np.float32)[:, None].repeat(3, axis=1)
    truth = (np.arange(n)[:, None] % np.array([2, 3])).clip(0, 1).astype(np.int8)
    windows = np.split(np.arange(n), np.cumsum(lengths)[:-1])
    return Videos(numbers, truth, windows, windows[:1], piece, silent)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=5), st.integers(1, 15), st.integers(0, 4), st.integers(0, 99))
def test_a_stretch_is_neighbouring_frames_of_one_window(lengths, piece, silent, seed):
    given = videos(lengths, piece, silent)
    picked = np.random.default_rng(seed).integers(0, len(lengths), 6)
    x, y = given.batch(picked, np.random.default_rng(seed))
    length = min(piece, max(lengths))
    assert x.shape == (6, length, 3) and y.shape == (6, length, 2) and given.frames_each == length
    for one, labels, window in zip(x.numpy(), y.numpy(), picked, strict=True):
        rows = one[:, 0].astype(int)
        real = min(length, lengths[window])
        assert (np.diff(rows[:real]) == 1).all() and set(rows) <= set(given.windows[window])
        assert (rows[real:] == rows[real - 1]).all() and (labels[real:] == UNKNOWN).all()
        assert (labels[:silent] == UNKNOWN).all()
        assert np.array_equal(labels[silent:real], given.truth[rows[silent:real]])


def test_a_window_is_labelled_by_what_occurs_in_it():
    given = videos([2, 1], 2, 0)
    assert given.labels.tolist() == [[1, 1], [0, 1]]


def test_scores_of_videos_come_back_in_the_order_of_the_windows():
    from lightning_fabric import Fabric

    from aulib.models import TemporalNetwork
    from aulib.training.prediction import predict_videos

    torch.manual_seed(0)
    network = TemporalNetwork(2, features=3, cells=4, layers=1, init_range=1.0).eval()
    numbers = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    windows = [np.arange(5, 12), np.array([3, 1, 2]), np.arange(12, 19), np.array([0])]
    fabric = Fabric(accelerator="cpu", devices=1)
    scores = predict_videos(network, numbers, windows, fabric)
    with torch.no_grad():
        alone = [network(torch.from_numpy(numbers[rows])[None])[0][0].numpy() for rows in windows]
    np.testing.assert_allclose(scores, (1 + np.concatenate(alone)) / 2, atol=1e-6)
