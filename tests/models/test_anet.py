"""ANet: CaffeNet at 176 px, its parameters, its representation of length one, and the contract of all networks."""

from __future__ import annotations

import pytest
import torch

from aulib import models
from aulib.losses import cross_entropy_over_all_labels
from aulib.runs.methods import METHODS

LAYERS = [34_944, 307_456, 885_120, 663_936, 442_624, 26_218_496, 16_781_312, 49_164]


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def half(aus=4):
    return models.ANet(aus, scale=0.5, init="he")


def test_parameters_and_shapes_at_the_papers_size():
    with torch.device("meta"):
        network = models.ANet(12)
        x = torch.empty(2, 3, 176, 176)
        assert network(x).shape == (2, 12) and network.features(x).shape == (2, network.feature_dim) == (2, 4096)
    counted = [parameters(layer) for layer in [*network.convs, network.fc6, network.fc7, network.fc8]]
    assert [n for n in counted if n] == LAYERS
    assert parameters(network) == sum(LAYERS) == 45_383_052


@pytest.mark.parametrize(
    ("scale", "sides"), [(1.0, [42, 21, 21, 10, 10, 10, 10, 5]), (0.5, [20, 10, 10, 5, 5, 5, 5, 2])]
)
def test_maps_are_those_of_the_table(scale, sides):
    with torch.device("meta"):
        network = models.ANet(12, scale=scale)
        x, seen = torch.empty(1, 3, network.input_side, network.input_side), []
        for layer in network.convs:
            x = layer(x)
            if isinstance(layer, torch.nn.Conv2d | torch.nn.MaxPool2d):
                seen.append(x.shape[-1])
    assert seen == sides


def test_alexnet_keeps_its_own_sizes():
    assert models.AlexNet.sizes[1.0][0] == 227 and models.ANet.sizes[1.0][0] == 176


def test_representation_is_fc7_of_length_one(batch):
    network = half().eval()
    x = batch(3, 88)
    hidden = models.AlexNet.features(network, x)  # fc7 after ReLU
    for row, raw in zip(network.features(x), hidden, strict=True):
        torch.testing.assert_close(row, raw / torch.sqrt((raw * raw).sum()))
        assert (row >= 0).all()
    # the output layer reads fc7, not the representation
    torch.testing.assert_close(network(x), hidden @ network.fc8.weight.T + network.fc8.bias)
    torch.nn.init.constant_(network.fc7.bias, -1e6)
    assert (network.features(x) == 0).all(), "nothing active is nothing, not a division by zero"


def test_nothing_leaks_between_images_and_the_seed_fixes_the_weights(batch):
    network = half(5).eval()
    x = batch(3, 88)
    torch.testing.assert_close(network(x[1:2]), network(x)[1:2], rtol=1e-4, atol=1e-5)
    drawn = []
    for seed in (7, 7, 8):
        torch.manual_seed(seed)
        drawn.append(half(5).eval()(x))
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])


def test_an_au_that_nobody_coded_teaches_nothing(batch):
    network = half(5)
    targets = torch.randint(0, 2, (3, 5))
    targets[:, 2] = -1
    cross_entropy_over_all_labels(network(batch(3, 88)), targets).backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())
    assert (network.fc8.weight.grad[2] == 0).all() and (network.fc8.weight.grad[0] != 0).any()


def test_overfits_one_batch(batch):
    network = half()
    x, targets = batch(16, 88), torch.randint(0, 2, (16, 4))
    optimiser = torch.optim.AdamW(network.parameters(), 5e-4, fused=True)
    for step in range(40):
        loss = cross_entropy_over_all_labels(network(x), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step > 10 and loss < 0.1:
            break
    assert loss < 0.1


def test_method():
    method = METHODS["anet"]
    assert method.load() is models.ANet
    assert method.resolved_options("paper", {}) == {"init": "caffe", "dropout": 0.5}
    assert method.resolved_options("laptop", {})["init"] == METHODS["alexnet"].resolved_options("laptop", {})["init"]
    paper = method.recipe("paper")
    assert (paper.batch, paper.momentum, paper.weight_decay, paper.learning_rate) == (196, 0.9, 5e-4, 1e-3)
    assert [stage.loss for stage in method.stages] == ["cross_entropy_over_all_labels"]


def test_clear_error():
    with torch.device("meta"), pytest.raises(ValueError, match=r"scale is 2\.0"):
        models.ANet(12, scale=2.0)
