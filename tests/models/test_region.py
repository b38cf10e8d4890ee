"""The vectorised region layer against one small network a patch, the way Fig. 3 draws it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from aulib.models.region import RegionLayer, slip_mask


class Loop(nn.Module):
    """Region layer as grid^2 separate modules, sharing the initial numbers of a vectorised one."""

    def __init__(self, layer: RegionLayer, affine: bool):
        super().__init__()
        c, self.grid, self.skip = layer.channels, layer.grid, layer.skip
        self.norms = nn.ModuleList(nn.BatchNorm2d(c, affine=affine) for _ in range(self.grid**2))
        self.convs = nn.ModuleList(nn.Conv2d(c, c, 3, padding=1) for _ in range(self.grid**2))
        with torch.no_grad():
            for j, (norm, conv) in enumerate(zip(self.norms, self.convs, strict=True)):
                conv.weight.copy_(layer.conv.weight[j * c : (j + 1) * c])
                conv.bias.copy_(layer.conv.bias[j * c : (j + 1) * c])
                if affine:
                    norm.weight.copy_(layer.norm.weight[j * c : (j + 1) * c])
                    norm.bias.copy_(layer.norm.bias[j * c : (j + 1) * c])

    def forward(self, x):
        side, rows, j = x.shape[-1] // self.grid, [], 0
        for i in range(self.grid):
            row = []
            for k in range(self.grid):
                patch = x[:, :, i * side : (i + 1) * side, k * side : (k + 1) * side]
                out = self.convs[j](torch.relu(self.norms[j](patch)))
                row.append(patch + out if self.skip else out)
                j += 1
            rows.append(torch.cat(row, 3))
        return torch.cat(rows, 2)


def grads(modules, attribute):
    return torch.cat([getattr(module, attribute).grad for module in modules])


@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("grid", [1, 3, 4])
def test_equals_the_loop(grid, skip, affine):
    layer = RegionLayer(5, grid, "affine" if affine else "plain", skip, side=12)
    if affine:
        nn.init.normal_(layer.norm.weight)
        nn.init.normal_(layer.norm.bias)
    loop = Loop(layer, affine).double()
    layer.double()
    for _ in range(2):  # twice in training mode: running statistics move on
        x = torch.randn(3, 5, 12, 12, dtype=torch.double, requires_grad=True)
        z = x.detach().clone().requires_grad_()
        layer.zero_grad()
        loop.zero_grad()
        a, b = layer(x), loop(z)
        torch.testing.assert_close(a, b)
        weight = torch.randn_like(a)
        (a * weight).sum().backward()
        (b * weight).sum().backward()
        torch.testing.assert_close(x.grad, z.grad)
        torch.testing.assert_close(layer.conv.weight.grad, grads(loop.convs, "weight"))
        torch.testing.assert_close(layer.conv.bias.grad, grads(loop.convs, "bias"))
        if affine:
            torch.testing.assert_close(layer.norm.weight.grad, grads(loop.norms, "weight"))
            torch.testing.assert_close(layer.norm.bias.grad, grads(loop.norms, "bias"))
    for name in ("running_mean", "running_var"):
        torch.testing.assert_close(getattr(layer.norm, name), torch.cat([getattr(n, name) for n in loop.norms]))
    layer.eval()
    loop.eval()
    torch.testing.assert_close(layer(x), loop(x))


def test_without_normalisation_the_input_survives():
    layer = RegionLayer(2, 2, "none")
    x = torch.randn(1, 2, 4, 4)
    before = x.clone()
    layer(x)
    assert torch.equal(x, before)


def test_fold_and_unfold_are_inverse():
    layer = RegionLayer(3, 4)
    x = torch.arange(2 * 3 * 8 * 8.0).view(2, 3, 8, 8)
    folded = layer.fold(x)
    assert folded.shape == (2, 48, 2, 2)
    assert torch.equal(folded[1, 3:6], x[1, :, 0:2, 2:4]), "second patch of the first row"
    assert torch.equal(layer.unfold(folded), x)


def test_a_filter_sees_its_own_patch_only():
    layer = RegionLayer(2, 2, "none", skip=False).double()
    x = torch.rand(1, 2, 8, 8, dtype=torch.double, requires_grad=True)
    layer(x)[:, :, :4, :4].sum().backward()
    assert (x.grad[:, :, :4, :4] != 0).any()
    assert (x.grad[:, :, 4:] == 0).all() and (x.grad[:, :, :, 4:] == 0).all()


def test_zero_branch_is_the_identity():
    layer = RegionLayer(3, 2)
    nn.init.zeros_(layer.conv.weight)
    nn.init.zeros_(layer.conv.bias)
    x = torch.randn(2, 3, 6, 6)
    assert torch.equal(layer(x), x)


def test_grid_must_divide_the_map():
    with pytest.raises(ValueError, match="grid of 3 patches does not divide a map of 8 pixels"):
        RegionLayer(2, 3, side=8)
    with pytest.raises(ValueError, match="grid of 3"):
        RegionLayer(2, 3)(torch.randn(1, 2, 8, 8))


@pytest.mark.parametrize(("batch", "passing"), [(128, 1693), (64, round(0.394 * 64 * 32))])
def test_slip_passes_the_planes_the_published_layers_copy(batch, passing):
    mask = slip_mask(batch, 32)
    assert mask[0].all(), "the first image keeps all channels"
    assert abs(int(mask.sum()) - passing) <= 1
    # as their loops do it: plane number (b*c + c) is copied to the same number
    copied = {b * c + c for b in range(batch) for c in range(32)}
    assert [p in copied for p in range(batch * 32)] == mask.flatten().tolist()
    if batch == 128:
        assert int((~mask.any(1)).sum()) == 3, "three images of 128 get nothing"


def test_slip_in_the_layer():
    torch.manual_seed(1)
    right, wrong = RegionLayer(4, 2).eval(), RegionLayer(4, 2, emulate_slip=True).eval()
    wrong.load_state_dict(right.state_dict())
    x = torch.randn(5, 4, 6, 6)
    keep = slip_mask(5, 4)
    assert torch.equal(wrong(x)[~keep], x[~keep]), "planes that are never copied keep conv1's response"
    torch.testing.assert_close(wrong(x)[0], right(x)[0])
