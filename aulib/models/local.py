"""Locally connected layer: a convolution whose filters are not shared between pixels.

    Y. Taigman, M. Yang, M. Ranzato, L. Wolf: DeepFace: Closing the Gap to Human-Level Performance in Face
    Verification, CVPR 2014, Sec. 2.2.

On an aligned face every pixel position has its own statistics, so every position p gets its own filter bank W_p:

    y_p = W_p^T x_p + b_p,     x_p the window of k x k x C values around p

That is one small matrix product a position, and all of them together one batched product of [P, B, K] windows with
[P, K, O] weights.  Both are stored so that neither has to be transposed: positions first, and in a window the channel
runs fastest, so that moving a window in or out is a copy of contiguous runs.  The gradient is written by hand because
that of PyTorch's own window operation takes longer than all the products.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

#: Bytes of windows worked on at once.
CACHE, GPU_MEMORY = 2**22, 2**30


def _positions_first(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (H, W, B, C).  Written as a transposed matrix, which PyTorch copies in cache-sized blocks."""
    b, c, h, w = x.shape
    return x.reshape(b * c, h * w).t().clone(memory_format=torch.contiguous_format).view(h, w, b, c)


def _images_first(x: Tensor) -> Tensor:
    """The way back, (P, B, C) -> (B * C, P)."""
    return x.flatten(1).t().clone(memory_format=torch.contiguous_format)


def _chunks(x: Tensor, kernel: int, stride: int) -> Iterator[tuple[slice, slice, tuple[int, ...]]]:
    """Rows of output to work on at once, so that their windows stay in the processor's cache (or fit a GPU's memory).

    Yields the output positions, the input rows under them, and the shape (rows, Wo, B, kh, kw, C) of their windows.
    """
    h, w, b, c = x.shape
    ho, wo = (h - kernel) // stride + 1, (w - kernel) // stride + 1
    row = wo * b * kernel * kernel * c * x.element_size()
    rows = max(1, (CACHE if x.device.type == "cpu" else GPU_MEMORY) // max(1, row))
    for top in range(0, ho, rows):
        end = min(ho, top + rows)
        under = slice(top * stride, (end - 1) * stride + kernel)
        yield slice(top * wo, end * wo), under, (end - top, wo, b, kernel, kernel, c)


def _windows(x: Tensor, shape: tuple[int, ...], stride: int) -> Tensor:
    """Windows [P, B, K] of some rows (h, W, B, C) of positions-first maps; K ordered (kh, kw, C)."""
    sh, sw, sb, sc = x.stride()
    view = x.as_strided(shape, (sh * stride, sw * stride, sb, sh, sw, sc), x.storage_offset())
    return view.reshape(shape[0] * shape[1], shape[2], -1)  # the one copy


def _scatter(windows: Tensor, shape: tuple[int, ...], stride: int, out: Tensor) -> None:
    """Adjoint of :func:`_windows`: add the windows to the rows ``out`` (h, W, B, C) they came from."""
    ho, wo, _, kernel, _, _ = shape
    cells = windows.view(shape)
    for i in range(kernel):
        for j in range(kernel):
            out[i : i + stride * (ho - 1) + 1 : stride, j : j + stride * (wo - 1) + 1 : stride] += cells[:, :, :, i, j]


class _LocallyConnected(torch.autograd.Function):
    """y[p] = windows(x)[p] @ weight[p] + bias[p], with a hand-written gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, kernel: int, stride: int, padding: int) -> Tensor:
        x = nn.functional.pad(_positions_first(x), (0, 0, 0, 0, padding, padding, padding, padding))  # (H, W, B, C)
        # the windows are kernel^2 times as large as x: cheaper to cut them again than to keep them
        ctx.save_for_backward(x, weight)
        ctx.kernel, ctx.stride, ctx.padding = kernel, stride, padding
        y = x.new_empty(len(weight), x.shape[2], weight.shape[2])  # [P, B, O]
        for at, under, shape in _chunks(x, kernel, stride):
            torch.baddbmm(bias[at, None], _windows(x[under], shape, stride), weight[at], out=y[at])
        return _images_first(y)  # (B * O, P)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        p = ctx.padding
        grad = grad.t().clone(memory_format=torch.contiguous_format).view(len(weight), x.shape[2], -1)  # [P, B, O]
        gx = torch.zeros_like(x) if ctx.needs_input_grad[0] else None
        gw = torch.empty_like(weight) if ctx.needs_input_grad[1] else None
        gb = grad.sum(1) if ctx.needs_input_grad[2] else None
        for at, under, shape in _chunks(x, ctx.kernel, ctx.stride):
            if gw is not None:
                torch.bmm(_windows(x[under], shape, ctx.stride).transpose(1, 2), grad[at], out=gw[at])  # [P, K, O]
            if gx is not None:
                _scatter(torch.bmm(grad[at], weight[at].transpose(1, 2)), shape, ctx.stride, gx[under])
        if gx is not None:
            h, w, b, c = x.shape
            gx = _images_first(gx[p : h - p, p : w - p].flatten(0, 1)).view(b, c, h - 2 * p, w - 2 * p)
        return gx, gw, gb, None, None, None


def locally_connected(
    x: Tensor, weight: Tensor, bias: Tensor, kernel: int, stride: int = 1, padding: int = 0
) -> Tensor:
    """Convolution with separate filters at every output position.

    Parameters
    ----------
    x : Tensor, (B, C, H, W)
    weight : Tensor, [P, K, O]
        ``P`` output positions in reading order, ``K = kernel * kernel * C`` ordered (kh, kw, C).
    bias : Tensor, [P, O]
    kernel, stride, padding : int
        As in an ordinary convolution.

    Returns
    -------
    Tensor, (B, O, Ho, Wo)

    Raises
    ------
    ValueError
        If the weights do not belong to maps of this size.
    """
    b, c, h, w = x.shape
    ho, wo = ((n + 2 * padding - kernel) // stride + 1 for n in (h, w))
    if weight.shape[:2] != (ho * wo, kernel * kernel * c):
        raise ValueError(f"weights {tuple(weight.shape)} do not fit maps {tuple(x.shape)}: "
                         f"expected [{ho * wo}, {kernel * kernel * c}, O]")  # fmt: skip
    mixed = torch.amp.is_autocast_available(x.device.type)
    # the hand-written gradient keeps one precision
    with torch.autocast(x.device.type, enabled=False) if mixed else nullcontext():
        y = _LocallyConnected.apply(x.to(weight.dtype), weight, bias, kernel, stride, padding)
    return y.view(b, -1, ho, wo)


class LocallyConnected2d(nn.Module):
    """Locally connected layer (DeepFace, Sec. 2.2) on square maps.

    Parameters
    ----------
    in_channels, out_channels : int
    side : int
        Side of the input map in pixels; it fixes the number of filter banks.
    kernel, stride, padding : int
        As in an ordinary convolution.
    """

    def __init__(
        self, in_channels: int, out_channels: int, side: int, kernel: int, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding = kernel, stride, padding
        out_side = (side + 2 * padding - kernel) // stride + 1
        self.weight = nn.Parameter(torch.empty(out_side**2, kernel * kernel * in_channels, out_channels))
        self.bias = nn.Parameter(torch.empty(out_side**2, out_channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform within 1 / sqrt(fan in), the default of PyTorch's convolutions."""
        bound = 1 / math.sqrt(self.weight.shape[1])
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, side, side) to (B, O, out_side, out_side)."""
        return locally_connected(x, self.weight, self.bias, self.kernel, self.stride, self.padding)

    def extra_repr(self) -> str:
        positions, fan_in, out = self.weight.shape
        return f"{positions} positions, {fan_in} -> {out}, kernel={self.kernel}, stride={self.stride}"
