"""Images grown for networks whose optimum is known, each operation by itself, and the scores of pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import nn

from aulib.explain import activation_maximization as explain
from aulib.explain import picture_scores

SHAPE = (3, 16, 16)
PLAIN = explain.Ascent(steps=300, clip_percent=0, blur_sigma=0)


class Linear(nn.Module):
    """Logit a is the sum of the image's pixels weighted by a filter: three soft blobs in different places."""

    def __init__(self, side=16):
        super().__init__()
        blobs = np.zeros((3, 3, side, side), np.float32)
        for a, (row, column) in enumerate([(4, 4), (4, 11), (11, 8)]):
            blobs[a, :, row * side // 16, column * side // 16] = 1, -2, 3
        self.filters = nn.Parameter(torch.from_numpy(gaussian_filter(blobs, (0, 0, side / 8, side / 8))))
        self.noisy = nn.Dropout(0.5)

    def forward(self, x):
        return torch.einsum("bchw,achw->ba", self.noisy(x), self.filters)


@pytest.fixture
def model():
    return Linear().train()


def network():
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 6, 5), nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout(0.3), nn.Flatten(), nn.Linear(6 * 12 * 12, 4)
    )


def correlation(a, b):
    return np.corrcoef(np.ravel(a), np.ravel(b))[0, 1]


@pytest.mark.parametrize("ascent", [PLAIN, explain.Ascent(steps=300)])
def test_the_optimum_of_a_linear_filter_is_the_filter(ascent):
    model = Linear(48)  # large enough for the blur
    images = explain.activation_maximization(model, [0, 1, 2], (3, 48, 48), ascent)
    assert images.shape == (3, 3, 48, 48) and not images.requires_grad
    for image, wanted in zip(images, model.filters.detach(), strict=True):
        assert correlation(image, wanted) > (0.99 if ascent is PLAIN else 0.9)


def test_closed_form(model):
    """With a constant gradient each step is x <- (1 - decay) (x + step g)."""
    ascent = replace(PLAIN, steps=40, step_size=0.05, decay=0.03)
    (start, end) = explain.growing(model, 1, SHAPE, ascent, snapshots=())
    g = model.filters[1].detach()
    g = g / g.square().mean().sqrt()
    kept = 0.97 ** torch.arange(1, 41)
    expected = start.images[0] * 0.97**40 + 0.05 * kept.sum() * g
    torch.testing.assert_close(end.images[0], expected, rtol=1e-4, atol=1e-5)
    assert end.activation[0] == pytest.approx(float((expected * model.filters[1].detach()).sum()), rel=1e-4)
    assert end.activation[0] > start.activation[0]


def test_decay_limits_the_image(model):
    """It stops growing at step_size / decay; without decay it does not stop."""
    rms = {
        decay: float(
            explain.activation_maximization(model, 0, SHAPE, replace(PLAIN, decay=decay)).square().mean() ** 0.5
        )
        for decay in (0.0, 0.05, 0.1)
    }
    assert rms[0.05] == pytest.approx(0.01 / 0.05, rel=0.06) and rms[0.1] == pytest.approx(0.01 / 0.1, rel=0.11)
    assert rms[0.0] == pytest.approx(3, rel=0.05)
    x = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(explain.decayed(x, 0.25), 0.75 * x)


@pytest.mark.parametrize("percent", [0, 30, 100])
def test_clipping(percent):
    x = torch.randn(2, 3, 10, 10, generator=torch.Generator().manual_seed(0))
    x[1] *= 50  # each image has its own limit
    done = explain.clipped(x, percent).numpy()
    for image, before in zip(done, x.numpy(), strict=True):
        norm = np.sqrt((before**2).sum(axis=0))
        kept = norm >= np.percentile(norm, percent)
        np.testing.assert_array_equal(image, before * kept)
        assert kept.sum() == {0: 100, 30: 70, 100: 1}[percent]


def test_clipping_leaves_only_the_object(model):
    image = explain.activation_maximization(model, 0, SHAPE, replace(PLAIN, clip_percent=60, start_sd=0.01))[0]
    empty = (image == 0).all(dim=0)
    assert empty.float().mean() == pytest.approx(0.6, abs=0.02)
    assert not empty[3:6, 3:6].any() and empty[10:, :].float().mean() > 0.9


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.5])
def test_blur_is_scipys(sigma):
    x = np.random.default_rng(0).normal(size=(2, 3, 24, 20))
    radius = int(np.ceil(4 * sigma))
    expected = gaussian_filter(x, (0, 0, sigma, sigma), mode="mirror", radius=(0, 0, radius, radius))
    np.testing.assert_allclose(explain.blurred(torch.from_numpy(x), sigma).numpy(), expected, atol=1e-12)
    torch.testing.assert_close(explain.blurred(torch.from_numpy(x), 0), torch.from_numpy(x))


def test_blur_takes_the_grain_out():
    """The filter is white noise: blurred on the way, the image is smoother than it."""
    model = Linear()
    model.filters.data = torch.randn(3, *SHAPE, generator=torch.Generator().manual_seed(0))
    rough = [
        float(image.diff(dim=-1).square().mean() / image.square().mean())
        for image in (
            explain.activation_maximization(model, 0, SHAPE, replace(PLAIN, blur_sigma=sigma))[0] for sigma in (0, 1)
        )
    ]
    assert rough[1] < rough[0] / 2


def test_the_order_of_the_operations():
    """Up the gradient, decay, clip, blur: a second writing of the loop, in NumPy and SciPy."""
    model = network().eval()
    ascent = explain.Ascent(steps=12, step_size=0.1, decay=0.05, clip_percent=30, clip_every=3, blur_every=2)
    ours = list(explain.growing(model, 2, SHAPE, ascent, seed=5, snapshots=1))
    x = torch.randn(*SHAPE, generator=torch.Generator().manual_seed(5)).numpy() * 0.1
    np.testing.assert_allclose(ours[0].images[0], x, rtol=1e-6)
    for step in range(1, 13):
        leaf = torch.tensor(x[None], requires_grad=True)
        model(leaf)[0, 2].backward()
        g = leaf.grad[0].numpy()
        x = (x + 0.1 * g / np.sqrt((g**2).mean())) * 0.95
        if step % 3 == 0:
            norm = np.sqrt((x**2).sum(axis=0))
            x = x * (norm >= np.percentile(norm, 30))
        if step % 2 == 0:
            x = gaussian_filter(x, (0, 1, 1), mode="mirror", radius=(0, 4, 4))
        assert ours[step].step == step
        np.testing.assert_allclose(ours[step].images[0], x, atol=2e-4)


def test_deterministic_and_each_au_by_itself():
    model, ascent = network(), explain.Ascent(steps=10)
    together = explain.activation_maximization(model, [3, 0, 3], SHAPE, ascent, seed=1)
    assert torch.equal(together, explain.activation_maximization(model, [3, 0, 3], SHAPE, ascent, seed=1))
    assert not torch.equal(together, explain.activation_maximization(model, [3, 0, 3], SHAPE, ascent, seed=2))
    torch.testing.assert_close(together[0], together[2])
    for image, au in zip(together, [3, 0, 3], strict=True):
        single = explain.activation_maximization(model, au, SHAPE, ascent, seed=1)[0]
        torch.testing.assert_close(single, image, atol=1e-4, rtol=1e-3)


def test_leaves_no_trace(model):
    network_, state = network().train(), torch.random.get_rng_state()
    network_[3].eval()
    statistics = network_[1].running_mean.clone()
    for shot in explain.growing(network_, np.int64(1), SHAPE, explain.Ascent(steps=3), snapshots=1):
        assert network_.training and network_[1].training and not network_[3].training
        assert not shot.images.requires_grad and shot.images.device.type == "cpu"
    assert torch.equal(network_[1].running_mean, statistics)
    assert all(p.grad is None and p.requires_grad for p in network_.parameters())
    assert torch.equal(torch.random.get_rng_state(), state)


def test_snapshots(model):
    def steps(snapshots, n=10):
        return [shot.step for shot in explain.growing(model, 0, SHAPE, replace(PLAIN, steps=n), snapshots=snapshots)]

    assert steps(4) == [0, 4, 8, 10] and steps([1, 2, 7]) == [0, 1, 2, 7, 10] and steps(()) == [0, 10]
    assert steps(4, 0) == [0] and steps(500) == [0, 10]
    shots = list(explain.growing(model, 0, SHAPE, replace(PLAIN, steps=9), snapshots=3))
    assert [float(s.activation) for s in shots] == sorted(float(s.activation) for s in shots)
    assert not torch.equal(shots[0].images, shots[1].images), "a snapshot does not change after it was shown"


def test_a_dead_unit_stays_where_it_is():
    model = Linear()
    model.filters.data.zero_()
    first, last = explain.growing(model, 0, SHAPE, replace(PLAIN, steps=2), snapshots=())
    torch.testing.assert_close(last.images, first.images * 0.99**2)


def test_to_pixels():
    images = np.zeros((2, 3, 4, 5), np.float32)
    images[1, 0], images[1, 1], images[1, 2] = 1.0, -9.0, 9.0
    mean = np.full((4, 5, 3), 100.0)
    mean[0, 0] = 7
    pixels = explain.to_pixels(torch.from_numpy(images), mean, 50.0)
    assert pixels.shape == (2, 4, 5, 3) and pixels.dtype == np.uint8
    assert pixels[0, 0, 0].tolist() == [7, 7, 7] and pixels[0, 1, 1].tolist() == [100] * 3
    assert pixels[1, 2, 2].tolist() == [150, 0, 255]
    np.testing.assert_array_equal(explain.to_pixels(images[1], [100, 100, 100], 50.0)[1, 1], [150, 0, 255])


@pytest.mark.parametrize(
    ("values", "says"),
    [({"decay": 1.0}, "decay cannot be 1.0"), ({"blur_every": 0}, "blur_every cannot be 0"), ({"steps": -1}, "steps")],
)
def test_ascent_errors(values, says):
    with pytest.raises(ValueError, match=says):
        explain.Ascent(**values)


def test_errors(model):
    with pytest.raises(ValueError, match=r"shape \(16, 16\) must be"):
        explain.activation_maximization(model, 0, (16, 16))
    with pytest.raises(ValueError, match=r"output \(1, 3\) has no column for AU \[3\]"):
        explain.activation_maximization(model, 3, SHAPE)
    model.filters.data.fill_(float("inf"))
    with pytest.raises(ValueError, match="gradient is not finite at step 1"):
        explain.activation_maximization(model, 0, SHAPE, PLAIN)


def test_correlations():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 6, 7)), rng.normal(size=(4, 6, 7))
    table = picture_scores.correlations(x, y)
    np.testing.assert_allclose(table, [[correlation(a, b) for b in y] for a in x])
    np.testing.assert_allclose(np.diag(picture_scores.correlations(x, 5 * x - 3)), 1)
    x[1] = 2
    assert np.isnan(picture_scores.correlations(x, y)).tolist() == [[False] * 4, [True] * 4, [False] * 4]
    with pytest.raises(ValueError, match=r"images \(3, 6, 7\) and masks \(4, 7, 6\)"):
        picture_scores.correlations(x, y.transpose(0, 2, 1))


def test_pictures_find_their_own_filter():
    model, shape = Linear(48), (3, 48, 48)
    images = explain.activation_maximization(model, [0, 1, 2], shape, explain.Ascent(steps=150))
    true = np.sqrt((model.filters.detach().numpy() ** 2).sum(axis=1))
    table = picture_scores.correlations(picture_scores.change_maps(images, np.zeros(shape)), true)
    assert picture_scores.top1(table).hits == 3 and (np.diag(table) > 0.9).all()
    maps = picture_scores.change_maps(images)
    np.testing.assert_allclose(maps, np.linalg.norm(images.numpy() - images.numpy().mean(0), axis=1), rtol=1e-4)
    with pytest.raises(ValueError, match=r"images \(3, 48, 48\) must be"):
        picture_scores.change_maps(images[0])


def test_top1():
    table = np.eye(12)
    everyone = picture_scores.top1(table)
    assert everyone[:3] == (12, 12, 1 / 12) and everyone.p == pytest.approx(1 / 10_001)
    nobody = picture_scores.top1(np.roll(table, 1, axis=0))
    assert nobody.hits == 0 and nobody.p == 1
    # all pictures alike: they all name the same AU, one of them is right, and so it is under every naming
    alike = picture_scores.top1(np.tile(np.arange(12.0), (12, 1)))
    assert alike.hits == 1 and alike.p == 1
    # two of three: every naming of three with two right has three right, so 2 hits need 2 rows that agree in 1 of 6
    two = picture_scores.top1([[1, 0, 0], [0, 1, 0], [0, 1, 0]], permutations=20_000)
    assert two.hits == 2 and two.p == pytest.approx(1 / 3, abs=0.02)
    table[0, 3] = np.nan
    assert picture_scores.top1(table).hits == 11
    with pytest.raises(ValueError, match=r"table \(2, 3\) must be"):
        picture_scores.top1(np.zeros((2, 3)))
