"""Region layer, forward and backward: one grouped convolution, a loop of 64 small networks, one shared convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aulib.models.region import RegionLayer
from benchmarks.measure import Row, interleaved

MFLOP_FORWARD = 2 * 9 * 32 * 32 * 160 * 160 / 1e6  # an image


class Loop(nn.Module):
    """The region layer as Fig. 3 draws it: 64 times cut, normalise, convolve, and put together."""

    def __init__(self, channels: int, grid: int) -> None:
        super().__init__()
        self.grid = grid
        self.patches = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm2d(channels, affine=False), nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1)
            )
            for _ in range(grid * grid)
        )

    def forward(self, x: Tensor) -> Tensor:
        rows = []
        for i, row in enumerate(x.chunk(self.grid, 2)):
            cells = [p + self.patches[i * self.grid + j](p) for j, p in enumerate(row.chunk(self.grid, 3))]
            rows.append(torch.cat(cells, 3))
        return torch.cat(rows, 2)


def run(quick: bool) -> list[Row]:
    batch = 2 if quick else 8
    x, cotangent = torch.randn(2, batch, 32, 160, 160)
    layers = {"grouped": RegionLayer(32, 8), "loop": Loop(32, 8), "shared": RegionLayer(32, 1)}
    a, b = torch.randn(2, 1024, 1024)

    def step(layer: nn.Module) -> None:
        y = layer(x.clone().requires_grad_())
        y.backward(cotangent)

    functions = {name: lambda layer=layer: step(layer) for name, layer in layers.items()}
    ms = interleaved({**functions, "sgemm": lambda: a @ b}, 2 if quick else 6)
    rate = 2 * 1024**3 / ms["sgemm"]
    return [
        Row("region layer: loop / grouped", ms["loop"] / ms["grouped"], 1.3, detail=ms),
        Row("region layer: grouped / one shared convolution", ms["grouped"] / ms["shared"], 1.2, at_most=True),
        Row("region layer: share of sgemm", 3e6 * MFLOP_FORWARD * batch / ms["grouped"] / rate, 0.6),
    ]
