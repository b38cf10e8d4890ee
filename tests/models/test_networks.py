"""Contract of all networks, and the parameter counts that the published description fixes."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from aulib import models
from aulib.losses import multi_label_cross_entropy

# name -> class, options
NETWORKS = {
    "DRML": ("DRML", {"init": "he"}),
    "DRML, 5 x 5, affine, no skip": ("DRML", {"init": "he", "grid": 5, "region_norm": "affine", "skip": False}),
    "DRML, batch norm": ("DRML", {"init": "he", "after_pool": "batch"}),
    "ConvNet": ("ConvNet", {"init": "he"}),
    "ConvNet, shared block": ("ConvNet", {"init": "he", "shared_block": True}),
    "LCN a": ("LCN", {"init": "he"}),
    "LCN b": ("LCN", {"init": "he", "reading": "b"}),
    "AlexNet": ("AlexNet", {"init": "he"}),
    "SmallCNN": ("SmallCNN", {}),
    "ANet": ("ANet", {"init": "he"}),
}


def build(name, aus=12, scale=0.5):
    kind, options = NETWORKS[name]
    return getattr(models, kind)(aus, scale=scale, **options)


def parameters(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(
    ("kind", "options", "count"),
    [
        ("DRML", {}, 56_863_436),
        ("DRML", {"region_norm": "affine", "after_pool": "batch"}, 56_867_596),
        ("ConvNet", {}, 56_271_564),
        ("ConvNet", {"shared_block": True}, 56_271_564 + 9_248),
        ("LCN", {"reading": "a"}, 293_020_364),
        ("LCN", {"reading": "b"}, 141_227_132),
        ("AlexNet", {}, 56_917_388),
    ],
)
def test_parameter_counts_at_the_papers_size(kind, options, count):
    with torch.device("meta"):
        network = getattr(models, kind)(12, **options)
        shape = network(torch.empty(2, 3, network.input_side, network.input_side)).shape
    assert parameters(network) == count
    assert shape == (2, 12)


def test_every_layer_of_drml():
    with torch.device("meta"):
        network = models.DRML(12)
    counted = {name: parameters(layer) for name, layer in network.named_children() if parameters(layer)}
    assert counted == {
        "conv1": 11_648,
        "region2": 64 * 9_248,
        "conv2": 32_784,
        "conv3": 16_400,
        "conv4": 9_232,
        "conv5": 6_416,
        "fc6": 47_779_840,
        "fc7": 8_390_656,
        "fc8": 24_588,
    }
    assert counted["fc6"] / parameters(network) == pytest.approx(0.84, abs=0.005)


def test_every_layer_of_alexnet():
    with torch.device("meta"):
        network = models.AlexNet(12)
    counted = [parameters(layer) for layer in [*network.convs, network.fc6, network.fc7, network.fc8]]
    assert [n for n in counted if n] == [34_944, 307_456, 885_120, 663_936, 442_624, 37_752_832, 16_781_312, 49_164]


@pytest.mark.parametrize("name", NETWORKS)
def test_contract(name, batch):
    network = build(name, aus=5).eval()
    x = batch(3, network.input_side)
    features, logits = network.features(x), network(x)
    assert logits.shape == (3, 5) and logits.dtype == torch.float32
    assert features.shape == (3, network.feature_dim) and (features >= 0).all()
    assert torch.equal(network(x), logits), "evaluation is deterministic"
    # whole batch or one by one: nothing leaks between the images of a batch
    torch.testing.assert_close(network(x[1:2]), logits[1:2], rtol=1e-4, atol=1e-5)

    network.train()
    targets = torch.randint(-1, 2, (3, 5))
    targets[:, 2] = -1
    multi_label_cross_entropy(network(x), targets).backward()
    gradients = {name: p.grad for name, p in network.named_parameters()}
    assert all(g is not None and torch.isfinite(g).all() for g in gradients.values())
    last = [g for name, g in gradients.items() if name.startswith(("fc8", "output"))]
    assert all((g[2] == 0).all() for g in last), "an AU that nobody coded teaches nothing"
    assert all((g[0] != 0).any() for g in last)


@pytest.mark.parametrize("name", NETWORKS)
def test_overfits_one_batch(name, batch):
    network = build(name, aus=4)
    x, targets = batch(16, network.input_side), torch.randint(0, 2, (16, 4))
    optimiser = torch.optim.AdamW(network.parameters(), 5e-4, fused=True)
    for step in range(40):
        loss = multi_label_cross_entropy(network(x), targets, per_label=True)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step > 10 and loss < 0.1:
            break
    assert loss < 0.1


@pytest.mark.parametrize("kind", ["DRML", "ConvNet", "LCN", "AlexNet"])
def test_published_fillers(kind):
    network = getattr(models, kind)(12, scale=0.5, init="caffe")
    named = {name: p.detach() for name, p in network.named_parameters()}
    assert named["fc6.weight"].std().item() == pytest.approx(0.005, rel=0.02) and (named["fc6.bias"] == 1).all()
    assert named["fc7.weight"].std().item() == pytest.approx(0.005, rel=0.02) and (named["fc7.bias"] == 1).all()
    assert named["fc8.weight"].std().item() == pytest.approx(0.01, rel=0.05) and (named["fc8.bias"] == 0).all()
    first = "convs.0" if kind == "AlexNet" else "conv1"
    assert (named[f"{first}.bias"] == 0).all()
    assert named[f"{first}.weight"].std().item() == pytest.approx(0.01, rel=0.05)
    if kind == "DRML":
        assert named["region2.conv.weight"].std().item() == pytest.approx(0.01, rel=0.05)
        assert (named["region2.conv.bias"] == 1).all() and (named["conv5.bias"] == 1).all()


def test_he_keeps_the_signal_and_caffe_loses_it(batch):
    """Why the fillers of 2016 do not start a short training on images of unit variance."""
    x = batch(8, 85)
    spread = {}
    for init in ("caffe", "he"):
        torch.manual_seed(0)
        features = models.ConvNet(12, scale=0.5, init=init).eval().features(x)
        spread[init] = (features.std(0) / features.mean()).mean().item()
    assert spread["he"] > 20 * spread["caffe"]


def test_zero_region_branch_is_convnet(batch):
    drml, convnet = models.DRML(12, scale=0.5, init="he").eval(), models.ConvNet(12, scale=0.5).eval()
    torch.nn.init.zeros_(drml.region2.conv.weight)
    torch.nn.init.zeros_(drml.region2.conv.bias)
    weights = {name: w for name, w in drml.state_dict().items() if not name.startswith("region2")}
    convnet.load_state_dict(weights)
    x = batch(2, 85)
    torch.testing.assert_close(drml(x), convnet(x))  # two ways of adding up may differ in the last bit


def test_slip_leaves_the_first_image_alone(batch):
    right = models.DRML(12, scale=0.5, init="he").eval()
    wrong = models.DRML(12, scale=0.5, emulate_slip=True).eval()
    wrong.load_state_dict(right.state_dict())
    x = batch(4, 85)
    a, b = right(x), wrong(x)
    torch.testing.assert_close(a[:1], b[:1])
    assert (a[1:] - b[1:]).abs().amax(1).min() > 1e-6, "the others depend on their place in the batch"


def test_alexnet_pools_like_caffe():
    """Pooled sizes are rounded up: 55 -> 27 -> 13 -> 6, and 26 -> 13 -> 6 -> 3 at half size."""
    for scale, sides in ((1.0, [55, 27, 27, 13, 13, 13, 13, 6]), (0.5, [26, 13, 13, 6, 6, 6, 6, 3])):
        with torch.device("meta"):
            network = models.AlexNet(12, scale=scale)
            x, seen = torch.empty(1, 3, network.input_side, network.input_side), []
            for layer in network.convs:
                x = layer(x)
                if isinstance(layer, torch.nn.Conv2d | torch.nn.MaxPool2d):
                    seen.append(x.shape[-1])
        assert seen == sides


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("DRML", {"grid": 7}, "grid of 7 patches does not divide a map of 160"),
        ("DRML", {"scale": 0.3}, "scale is 0.3"),
        ("DRML", {"region_norm": "layer"}, "norm is 'layer'"),
        ("DRML", {"after_pool": "l2"}, "after_pool is 'l2'"),
        ("ConvNet", {"init": "xavier"}, "init is 'xavier'"),
        ("LCN", {"reading": "c"}, "reading is 'c'"),
        ("AlexNet", {"scale": 2.0}, "scale is 2.0"),
    ],
)
def test_clear_errors(kind, options, says):
    with torch.device("meta"), pytest.raises(ValueError, match=says):
        getattr(models, kind)(12, **options)


def test_package_is_light():
    code = "import sys, aulib.models, aulib.metrics; assert not {'torch', 'cv2', 'sklearn'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="ResNet"):
        _ = models.ResNet
    assert "DRML" in dir(models)
