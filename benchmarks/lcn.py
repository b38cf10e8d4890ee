"""Locally connected layer against the usual form, PyTorch's unfold and einsum, at half size."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aulib.models.local import LocallyConnected2d
from benchmarks.measure import Row, interleaved


def run(quick: bool) -> list[Row]:
    batch, side, channels = (8 if quick else 32), 80, 16
    layer = LocallyConnected2d(channels, channels, side, 3, padding=1)
    # the order of axes that einsum code commonly has: (O, C, Ho, Wo, kh * kw)
    usual = nn.Parameter(layer.weight.detach().view(side, side, 9, channels, channels).permute(4, 3, 0, 1, 2).clone())
    x, cotangent = torch.randn(2, batch, channels, side, side)

    def einsum(x: Tensor) -> Tensor:
        windows = nn.functional.pad(x, (1, 1, 1, 1)).unfold(2, 3, 1).unfold(3, 3, 1).flatten(-2)  # (B, C, H, W, 9)
        return torch.einsum("bchwk,ochwk->bohw", windows, usual)

    def ours() -> None:
        layer(x.clone().requires_grad_()).backward(cotangent)

    def theirs() -> None:
        einsum(x.clone().requires_grad_()).backward(cotangent)

    with torch.no_grad():
        forward = interleaved({"bmm": lambda: layer(x), "einsum": lambda: einsum(x)}, 2 if quick else 4)
    both = interleaved({"bmm": ours, "einsum": theirs}, 2 if quick else 4)
    return [
        Row("locally connected, forward: einsum / ours", forward["einsum"] / forward["bmm"], 10, detail=forward),
        Row("locally connected, with backward: einsum / ours", both["einsum"] / both["bmm"], 5, detail=both),
    ]
