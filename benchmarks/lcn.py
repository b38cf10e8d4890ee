"""Locally connected layer at half size against PyTorch's unfold and einsum, the usual form, and a better einsum."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from aulib.models.local import LocallyConnected2d
from benchmarks.measure import Row, interleaved


def run(quick: bool) -> list[Row]:
    batch, side, channels = (8 if quick else 32), 80, 16
    layer = LocallyConnected2d(channels, channels, side, 3, padding=1)
    x, cotangent = torch.randn(2, batch, channels, side, side)
    spread = layer.weight.detach().view(side, side, 9, channels, channels).permute(4, 3, 0, 1, 2)  # (O, C, H, W, 9)
    by_window = nn.Parameter(spread.permute(0, 1, 4, 2, 3).reshape(channels, channels * 9, side * side))  # (O, K, P)
    by_axis = nn.Parameter(spread.clone())

    def einsum(x: Tensor) -> Tensor:
        windows = nn.functional.unfold(x, 3, padding=1)  # (B, K, P)
        return torch.einsum("bkp,okp->bop", windows, by_window).view(batch, channels, side, side)

    def views(x: Tensor) -> Tensor:
        windows = nn.functional.pad(x, (1, 1, 1, 1)).unfold(2, 3, 1).unfold(3, 3, 1).flatten(-2)  # (B, C, H, W, 9)
        return torch.einsum("bchwk,ochwk->bohw", windows, by_axis)

    forms: dict[str, Callable[[Tensor], Tensor]] = {"ours": layer, "einsum": einsum, "einsum on views": views}

    def forward(form: Callable[[Tensor], Tensor]) -> None:
        with torch.no_grad():
            form(x)

    def both(form: Callable[[Tensor], Tensor]) -> None:
        form(x.clone().requires_grad_()).backward(cotangent)

    repeats = 1 if quick else 3
    there = interleaved({name: lambda form=form: forward(form) for name, form in forms.items()}, repeats)
    back = interleaved({name: lambda form=form: both(form) for name, form in forms.items()}, repeats)
    return [
        Row("locally connected, forward: einsum / ours", there["einsum"] / there["ours"], 10, detail=there),
        Row("locally connected, with backward: einsum / ours", back["einsum"] / back["ours"], 5, detail=back),
        Row("locally connected: best einsum found / ours", back["einsum on views"] / back["ours"], 2),
    ]
