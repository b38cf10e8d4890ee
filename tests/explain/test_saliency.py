"""Saliency where the gradient is known in advance, and the map statistics against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from aulib.explain import saliency as explain


class Quadratic(nn.Module):
    """Logit a of a face is the weighted sum of its squared pixels, so the gradient is 2 w_a x."""

    def __init__(self, aus=3, side=6):
        super().__init__()
        torch.manual_seed(0)
        self.weight = nn.Parameter(torch.randn(aus, 3, side, side))
        self.noisy = nn.Dropout(0.5)

    def forward(self, x):
        return torch.einsum("bchw,achw->ba", self.noisy(x) ** 2, self.weight)


@pytest.fixture
def model():
    return Quadratic()


@pytest.fixture
def x():
    return torch.randn(4, 3, 6, 6, generator=torch.Generator().manual_seed(1))


def test_magnitude_of_the_gradient(model, x):
    maps = explain.saliency(model, x, 1)
    torch.testing.assert_close(maps, (2 * model.weight[1] * x).abs().amax(1).detach())
    assert maps.shape == (4, 6, 6) and not maps.requires_grad


def test_one_au_per_face(model, x):
    maps = explain.saliency(model, x, [0, 1, 2, 0])
    for i, au in enumerate([0, 1, 2, 0]):
        torch.testing.assert_close(maps[i], explain.saliency(model, x[i : i + 1], au)[0])


def test_leaves_no_trace(model, x):
    model.train()
    state = torch.random.get_rng_state()
    explain.saliency(model, x, 0, smooth=3)
    assert model.training and model.noisy.training
    assert model.weight.grad is None and not x.requires_grad
    assert torch.equal(torch.random.get_rng_state(), state)


def test_smooth_is_seeded_and_averages_over_noise(model, x):
    a, b = explain.saliency(model, x, 0, smooth=4), explain.saliency(model, x, 0, smooth=4)
    assert torch.equal(a, b)
    assert not torch.equal(a, explain.saliency(model, x, 0, smooth=4, seed=1))
    assert not torch.equal(a, explain.saliency(model, x, 0))
    torch.testing.assert_close(explain.saliency(model, x, 0, smooth=2, noise=0.0), explain.saliency(model, x, 0))
    # the noise averages out of a gradient that is linear in the face
    many = explain.saliency(model, x, 0, smooth=300)
    torch.testing.assert_close(many, explain.saliency(model, x, 0), rtol=0.2, atol=0.5)


def test_saliency_errors(model, x):
    with pytest.raises(ValueError, match=r"x \(3, 6, 6\)"):
        explain.saliency(model, x[0], 0)


def test_drml_has_a_map(x):
    from aulib.models import DRML

    network = DRML(3, scale=0.5, init="he")
    maps = explain.saliency(network, torch.randn(2, 3, 85, 85), 2)
    assert maps.shape == (2, 85, 85) and (maps > 0).any() and network.training


@pytest.fixture
def mask():
    mask = np.zeros((4, 5), bool)
    mask[1:3, 1:3] = True
    return mask


def test_energy_and_lift(mask):
    flat = np.ones((4, 5))
    assert explain.energy_in_mask(flat, mask) == pytest.approx(4 / 20)
    assert explain.lift(flat, mask) == pytest.approx(1)
    assert explain.energy_in_mask(mask * 2.0, mask) == 1 and explain.lift(mask * 2.0, mask) == pytest.approx(5)
    assert explain.lift(1.0 - mask, mask) == 0
    stack = np.random.default_rng(0).random((3, 2, 4, 5))
    single = [[explain.lift(m, mask) for m in row] for row in stack]
    np.testing.assert_allclose(explain.lift(stack, mask), single)
    np.testing.assert_allclose(explain.energy_in_mask(stack, np.broadcast_to(mask, stack.shape)).shape, (3, 2))


def test_gini():
    one = np.zeros((4, 5))
    one[2, 2] = 3
    assert explain.gini(np.ones((4, 5))) == pytest.approx(0)
    assert explain.gini(one) == pytest.approx(1 - 1 / 20)
    values = np.random.default_rng(0).random((4, 5))
    v = values.ravel()
    by_pairs = np.abs(v[:, None] - v).sum() / (2 * len(v) ** 2 * v.mean())
    assert explain.gini(values) == pytest.approx(by_pairs)
    assert explain.gini(7 * values) == pytest.approx(by_pairs)


def test_pointing_game(mask):
    values = np.zeros((3, 4, 5))
    values[0, 1, 1] = 1  # inside
    values[1, 0, 0] = 1  # outside
    values[2, 1, 1] = values[2, 0, 0] = 1  # one of each
    np.testing.assert_array_equal(explain.pointing_game(values, mask), [1, 0, 0.5])


def test_undefined_is_nan(mask):
    zero, nowhere = np.zeros((4, 5)), np.zeros((4, 5), bool)
    for statistic in (explain.energy_in_mask, explain.lift, explain.pointing_game):
        assert np.isnan(statistic(zero, mask))
    assert np.isnan(explain.gini(zero))
    assert np.isnan(explain.lift(zero + 1, nowhere)) and np.isnan(explain.pointing_game(zero + 1, nowhere))


def test_statistics_errors(mask):
    with pytest.raises(ValueError, match="not below zero"):
        explain.gini(-np.ones((4, 5)))
    with pytest.raises(ValueError, match=r"mask \(4, 5\) and map \(5, 4\)"):
        explain.lift(np.ones((5, 4)), mask)
