"""The locally connected layer against an explicit loop, einsum and finite differences; LRN against PyTorch's."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from aulib.models.local import LocallyConnected2d, locally_connected
from aulib.models.lrn import LocalResponseNorm

CASES = [(5, 3, 1, 1), (6, 3, 2, 0), (7, 2, 1, 0), (8, 4, 2, 1), (4, 4, 1, 0)]  # side, kernel, stride, padding


def problem(side, kernel, stride, padding, b=2, c=3, o=4):
    out = (side + 2 * padding - kernel) // stride + 1
    x = torch.randn(b, c, side, side, dtype=torch.double, requires_grad=True)
    weight = torch.randn(out * out, kernel * kernel * c, o, dtype=torch.double, requires_grad=True)
    bias = torch.randn(out * out, o, dtype=torch.double, requires_grad=True)
    return x, weight, bias, out


@pytest.mark.parametrize("case", CASES)
def test_equals_the_loop_over_positions(case):
    kernel, stride, padding = case[1:]
    x, weight, bias, out = problem(*case)
    padded = nn.functional.pad(x, (padding,) * 4)
    y = locally_connected(x, weight, bias, kernel, stride, padding)
    for i in range(out):
        for j in range(out):
            window = padded[:, :, i * stride : i * stride + kernel, j * stride : j * stride + kernel]
            bank = weight[i * out + j].view(kernel, kernel, 3, 4)  # K ordered (kh, kw, C)
            expected = torch.einsum("bchw,hwco->bo", window, bank) + bias[i * out + j]
            torch.testing.assert_close(y[:, :, i, j], expected)


@pytest.mark.parametrize("case", CASES)
def test_equals_einsum_with_gradients(case):
    kernel, stride, padding = case[1:]
    x, weight, bias, _ = problem(*case)
    ours = locally_connected(x, weight, bias, kernel, stride, padding)
    windows = nn.functional.unfold(x, kernel, padding=padding, stride=stride).view(2, 3, kernel * kernel, -1)
    theirs = torch.einsum("bckp,pkco->bop", windows, weight.view(-1, kernel * kernel, 3, 4)) + bias.T
    torch.testing.assert_close(ours, theirs.view_as(ours))
    cotangent = torch.randn_like(ours)
    for a, b in zip(
        torch.autograd.grad(ours, (x, weight, bias), cotangent),
        torch.autograd.grad(theirs.view_as(ours), (x, weight, bias), cotangent),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("case", CASES)
def test_gradient_by_finite_differences(case):
    x, weight, bias, _ = problem(*case, b=2, c=2, o=2)
    assert torch.autograd.gradcheck(lambda *a: locally_connected(*a, *case[1:]), (x, weight, bias))


def test_equal_filters_make_a_convolution():
    conv, local = nn.Conv2d(3, 5, 3, stride=2, padding=1), LocallyConnected2d(3, 5, 9, 3, 2, 1)
    with torch.no_grad():
        local.weight.copy_(conv.weight.permute(2, 3, 1, 0).reshape(1, 27, 5).expand_as(local.weight))
        local.bias.copy_(conv.bias.expand_as(local.bias))
    x = torch.randn(2, 3, 9, 9)
    torch.testing.assert_close(local(x), conv(x), rtol=1e-4, atol=1e-5)


def test_frozen_parts_get_no_gradient_and_mixed_precision_works():
    local = LocallyConnected2d(2, 2, 4, 3)
    local.weight.requires_grad_(False)
    x = torch.randn(1, 2, 4, 4, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = local(x.bfloat16())
    assert y.dtype == torch.float32
    y.sum().backward()
    assert local.weight.grad is None and x.grad is not None


def test_error_names_the_shapes():
    with pytest.raises(ValueError, match=r"weights \(4, 18, 2\) do not fit maps \(1, 2, 5, 5\)"):
        LocallyConnected2d(2, 2, 4, 3)(torch.randn(1, 2, 5, 5))


@pytest.mark.parametrize("channels", [3, 5, 16])
def test_lrn_equals_pytorch(channels):
    ours, theirs = LocalResponseNorm(), nn.LocalResponseNorm(5, 1e-4, 0.75, 1.0)
    x = (100 * torch.randn(2, channels, 4, 4, dtype=torch.double)).requires_grad_()
    torch.testing.assert_close(ours(x), theirs(x))
    cotangent = torch.randn_like(x)
    torch.testing.assert_close(
        *(torch.autograd.grad(f(x), x, cotangent)[0] for f in (ours, theirs))
    )  # fmt: skip
    assert torch.autograd.gradcheck(ours, (x,))
