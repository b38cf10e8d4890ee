"""The probes that the Hybrid paper's pages need."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

from aulib.errors import AulibError
from aulib.runs import recorded
from aulib.runs.probes import PROBES, Trained
from aulib.runs.probes import pictures as room
from aulib.runs.probes.first_layer import chroma_share
from aulib.runs.probes.pictures import _log_spaced, _shaken, compare, truth
from aulib.training.inputs import Inputs
from aulib.training.prediction import predict
from tests import toys


class Convolutional(nn.Module):
    """A first convolution and an output for each toy AU."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.input_side = 20
        self.body = nn.Sequential(nn.Conv2d(channels, 4, 5, 2), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 64, 3))

    def forward(self, x):
        return self.body(x)


class Thirds(nn.Module):
    """Output k is the brightness of the k-th third of the rows, the same in a mirrored face."""

    def forward(self, x):
        return torch.stack([x[:, :, 6 * k : 6 * k + 6].mean((1, 2, 3)) for k in range(3)], dim=1)


@pytest.fixture
def run():
    corpus = toys.corpus()
    torch.manual_seed(0)
    model, twin = Convolutional(), Convolutional()
    inputs = Inputs(corpus.faces, 20, 20, Inputs.mean_image(corpus.faces, np.arange(96), 20), 58.0)
    fabric = Fabric(accelerator="cpu", devices=1)
    return Trained(model, twin, toys.AUS, inputs, np.arange(200, 288), [], fabric, corpus, np.arange(96, 128))


def test_validation_is_what_a_record_holds_of_its_test_frames(run):
    found = PROBES["validation"](run)
    scores = predict(run.model, run.inputs, run.validation_rows, run.fabric)
    wanted = recorded.predictions(run.corpus, run.validation_rows, scores)
    assert found.keys() == wanted.keys()
    assert all(np.array_equal(found[name], wanted[name]) for name in wanted)
    assert set(found["subject"]) == {3}  # frames 96 to 127 are those of the fourth of nine subjects


def test_filters_are_the_weights_and_their_colour(run):
    found = PROBES["filters"](run)
    weights = run.model.body[0].weight.detach().numpy()
    np.testing.assert_allclose(found["trained"], weights, atol=1e-3)
    assert not np.array_equal(found["trained"], found["untrained"])
    axis = np.ones(3) / np.sqrt(3)
    for filter_, share in zip(weights, found["chroma"], strict=True):
        rest = total = 0.0
        for y in range(5):
            for x in range(5):
                colour = filter_[:, y, x]
                total += colour @ colour
                rest += ((colour - (colour @ axis) * axis) ** 2).sum()
        assert share == pytest.approx(rest / total, rel=1e-4)


def test_chroma_share_of_known_filters():
    grey, red_green, zero = np.ones((3, 2, 2)), np.zeros((3, 2, 2)), np.zeros((3, 2, 2))
    red_green[0], red_green[1] = 1, -1
    shares = chroma_share(np.stack([grey, red_green, zero]))
    np.testing.assert_allclose(shares[:2], [0, 1], atol=1e-6)
    assert np.isnan(shares[2])
    many = np.random.default_rng(0).normal(size=(400, 3, 11, 11))
    assert chroma_share(many).mean() == pytest.approx(2 / 3, abs=0.005)


def test_a_network_without_colours_has_no_filters_to_show(run):
    run.model = Convolutional(1)
    with pytest.raises(AulibError, match="Convolutional has no convolution over three colours"):
        PROBES["filters"](run)


def test_truth_is_the_mean_face_with_the_au_less_the_mean_face_without(run, monkeypatch):
    from synthface import gallery

    monkeypatch.setattr(gallery, "PERSONS", 2)
    difference, mask = truth((12, 99), run.inputs, 20)
    wanted = np.zeros((20, 20, 3))
    for number in range(2):  # crops of 20 of 24 pixels
        shown, neutral = (gallery.showing(number, aus, 24)[2:22, 2:22].astype(float) for aus in ({12: 5.0}, {}))
        wanted += (shown - neutral) / 2
    np.testing.assert_allclose(difference[0], wanted, atol=1e-3)
    assert not difference[1].any() and not mask[1].any()  # no such AU on the embedded face
    grey = np.abs(wanted.mean(-1))
    assert np.array_equal(mask[0], grey >= 0.1 * grey.max())
    assert mask[0, 10:].mean() > mask[0, :10].mean()  # a smile is in the lower half


def test_pictures_that_are_the_truth_are_all_hits():
    rng = np.random.default_rng(0)
    true = rng.normal(size=(4, 8, 8, 3))
    true -= true.mean(axis=0)
    masks = np.zeros((4, 8, 8), bool)
    masks[:, :4] = True
    found = compare(3 * true + 7, true, masks, rng.normal(size=(1, 8, 8)))
    for name in ("table", "colour_table", "change_table", "outside_table"):
        np.testing.assert_allclose(np.diag(found[name]), 1, atol=1e-5)
    x, y = true[2].mean(-1), true[3].mean(-1)
    assert found["table"][2, 3] == pytest.approx(np.corrcoef(x.ravel(), y.ravel())[0, 1], abs=1e-5)
    outside = np.corrcoef(x[4:].ravel(), y[4:].ravel())[0, 1]
    assert found["outside_table"][2, 3] == pytest.approx(outside, abs=1e-5)
    size = np.sqrt((9 * true[1] ** 2).sum(-1))
    assert found["lift"][1] == pytest.approx(size[:4].mean() / size.mean(), rel=1e-5)


def test_activation_grows_every_au_and_keeps_to_its_shapes(run, monkeypatch):
    monkeypatch.setattr(room, "STEPS_ON_CPU", 12)
    monkeypatch.setattr(room, "STARTS", (0, 1))
    monkeypatch.setattr("synthface.gallery.PERSONS", 1)
    run.model, model = Thirds(), run.model
    before = [p.clone() for p in run.untrained.parameters()]
    found = PROBES["activation"](run)
    assert found["pictures"].shape == (3, 20, 20, 3) and found["pictures"].dtype == np.uint8
    assert found["steps"][0] == 0 and found["steps"][-1] == 12
    assert found["growth"].shape == (len(found["steps"]), 3, 20, 20, 3)
    assert found["starts_table"].shape == found["starts_outside_table"].shape == (2, 3, 3)
    np.testing.assert_array_equal(found["starts_table"][0], found["table"])
    assert (found["activation"][-1] > found["activation"][0]).all()
    np.testing.assert_array_equal(found["growth"][-1], found["pictures"])
    bright = found["difference"].astype(float)
    thirds = np.array([[picture[6 * k : 6 * k + 6].mean() for k in range(3)] for picture in bright])
    assert (thirds.argmax(axis=1) == range(3)).all()
    again = PROBES["activation"](run)
    assert all(np.array_equal(found[name], again[name], equal_nan=True) for name in found)
    assert all(torch.equal(a, b) for a, b in zip(before, run.untrained.parameters(), strict=True))
    # the untrained twin in the place of the network gives what stands under its prefix
    run.model, run.untrained = run.untrained, model
    swapped = PROBES["activation"](run)
    np.testing.assert_array_equal(swapped["table"], found["untrained_table"])
    np.testing.assert_array_equal(swapped["activation"], found["untrained_activation"])


def test_a_picture_is_shifted_while_it_grows_and_still_while_it_is_looked_at():
    seen = []

    class Eye(nn.Module):
        def forward(self, x):
            seen.append(x.detach())
            return x.sum((2, 3))

    picture = torch.zeros(2, 3, 88, 88)
    picture[:, :, 44, 30] = 1
    shaken = _shaken(Eye(), seed=0)
    with torch.no_grad():
        shaken(picture)
    assert torch.equal(seen[0], picture)
    for _ in range(60):
        shaken(picture.requires_grad_())
    places = [tuple(int(i) for i in torch.nonzero(x[0, 0])[0]) for x in seen[1:]]
    rows, columns = ({place[i] for place in places} for i in (0, 1))
    assert rows == set(range(40, 49))
    assert columns <= set(range(26, 35)) | set(range(87 - 34, 87 - 25)) and len(columns) > 12  # both ways round
    assert all(torch.equal(x[0], x[1]) for x in seen)  # one shift for all AUs


def test_steps_shown_grow_by_a_factor():
    assert _log_spaced(10_000) == (6, 40, 251, 1585)
    assert _log_spaced(2) == (1, 2)
