"""Small fixtures of the model tests."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch


@pytest.fixture(autouse=True)
def _seeded():
    """Every test starts from the same random state, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def faces():
    """``faces(n, side)``: uint8 (n, side, side, 3), drawn faces with eyes and a mouth that open."""

    def draw(n: int, side: int, seed: int = 0) -> np.ndarray:
        rng, u = np.random.default_rng(seed), side / 100
        out = np.empty((n, side, side, 3), np.uint8)
        for face in out:
            image = np.full((side, side, 3), rng.integers(60, 120, 3), np.uint8)
            skin = [int(v) for v in rng.integers(120, 220, 3)]
            cv2.ellipse(image, (int(50 * u), int(50 * u)), (int(35 * u), int(45 * u)), 0, 0, 360, skin, -1)
            for x in (35, 65):
                eye = (int(6 * u), int(rng.integers(1, 5) * u))
                cv2.ellipse(image, (int(x * u), int(40 * u)), eye, 0, 0, 360, (30, 30, 40), -1)
            mouth = (int(rng.integers(8, 18) * u), int(rng.integers(2, 8) * u))
            cv2.ellipse(image, (int(50 * u), int(70 * u)), mouth, 0, 0, 180, (160, 40, 60), -1)
            face[:] = np.clip(image + rng.normal(0, 6, image.shape), 0, 255)
        return out

    return draw


@pytest.fixture
def batch(faces):
    """``batch(n, side)``: the same as a network's input, float (n, 3, side, side), minus the mean, unit variance."""

    def make(n: int, side: int) -> torch.Tensor:
        x = torch.from_numpy(faces(n, side)).permute(0, 3, 1, 2).float()
        return (x - x.mean(0)) / x.std()

    return make
