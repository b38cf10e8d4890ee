"""Fusion of the spatial and the temporal network against its formula, unit by unit."""

from __future__ import annotations

import math

import pytest
import torch

from aulib.models import Fusion
from aulib.models.fusion import signed_scores


def both(spatial: torch.Tensor, temporal: torch.Tensor) -> torch.Tensor:
    return torch.stack([spatial, temporal], dim=-2)


def test_parameters():
    assert sum(p.numel() for p in Fusion(12).parameters()) == 2_380


def test_equals_the_formula_frame_by_frame():
    network = Fusion(3, hidden=5)
    spatial, temporal = (torch.rand(2, 4, 3) * 2 - 1 for _ in range(2))
    together = network(both(spatial, temporal))
    assert together.shape == (2, 4, 3)
    w1, b1, w2, b2 = (p.detach().numpy() for p in network.parameters())
    for n in range(2):
        for t in range(4):
            z = []
            for scores in (spatial[n, t], temporal[n, t]):
                length = math.sqrt(sum(float(v) ** 2 for v in scores))
                z += [float(v) / length for v in scores]
            h = [max(0.0, b1[j] + sum(w1[j, k] * z[k] for k in range(6))) for j in range(5)]
            out = [b2[l] + sum(w2[l, j] * h[j] for j in range(5)) for l in range(3)]
            assert together[n, t].tolist() == pytest.approx(out, abs=1e-5)


def test_only_the_direction_of_each_score_vector_counts():
    network = Fusion(4)
    spatial, temporal = torch.randn(2, 6, 4)
    plain = network(both(spatial, temporal))
    torch.testing.assert_close(network(both(3 * spatial, 0.1 * temporal)), plain)
    assert not torch.allclose(network(both(temporal, spatial)), plain)


def test_signed_scores():
    p = torch.tensor([[0.1, 0.5, 0.9]], dtype=torch.double)
    torch.testing.assert_close(signed_scores(torch.logit(p)), 2 * p - 1)


def test_nothing_present_differs_from_everything_present():
    """Why signed scores: the directions of two constant vectors of probabilities are the same."""
    network, temporal = Fusion(4), torch.zeros(1, 4)
    low, high = torch.full((1, 4), 0.1), torch.full((1, 4), 0.9)
    torch.testing.assert_close(network(both(low, temporal)), network(both(high, temporal)))
    signed = [network(both(signed_scores(torch.logit(p)), temporal)) for p in (low, high)]
    assert not torch.allclose(*signed)


def test_learns_which_network_to_trust():
    """The temporal scores are right, the spatial ones are noise."""
    network, truth = Fusion(3), torch.randint(0, 2, (64, 3))
    spatial = torch.rand(64, 3) * 2 - 1
    temporal = (2.0 * truth - 1) * (0.2 + 0.8 * torch.rand(64, 3))
    scores = both(spatial, temporal)
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(200):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(scores), truth.float())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 0.1
    first = network.fc1.weight.detach().abs().sum(0)
    assert first[3:].min() > first[:3].max()


@pytest.mark.parametrize("shape", [(2, 4), (5, 2, 4), (3, 3), (2, 3, 2), (6,), (3,)])
def test_clear_error(shape):
    with pytest.raises(ValueError, match=r"scores are \(\.\.\., 2, 3\)"):
        Fusion(3)(torch.zeros(shape))


def test_without_normalisation_the_size_of_the_scores_matters():
    torch.manual_seed(0)
    printed, plain = Fusion(4), Fusion(4, normalised=False)
    scores = torch.rand(5, 2, 4) - 0.5
    torch.testing.assert_close(printed(scores), printed(0.3 * scores))
    assert not torch.allclose(plain(scores), plain(0.3 * scores), atol=1e-3)
    plain.load_state_dict(printed.state_dict())
    torch.testing.assert_close(plain(torch.nn.functional.normalize(scores, dim=-1)), printed(scores))
