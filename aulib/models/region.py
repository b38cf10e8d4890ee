"""The region layer: a convolution that shares its filters within a facial region only.

    K. Zhao, W.-S. Chu, H. Zhang: Deep Region and Multi-label Learning for Facial Action Unit Detection,
    CVPR 2016, Sec. 3.2 and Fig. 3.

An ordinary convolution uses one filter bank for the whole face, a locally connected layer one for every pixel.
The region layer stands between: the response map is cut into a grid of 8 x 8 patches ("patch clipping"), each
patch P_j has its own batch normalisation and its own 3 x 3 filter bank ("local convolution"), and the result is
added to the patch ("identity addition"), so that a patch that says nothing about an AU can simply pass through:

    out_j = P_j + W_j * ReLU(BN_j(P_j)) + b_j          j = 1 ... 64

The zero padding of the convolution acts at the border of every patch: a filter never sees the neighbouring
patch, and the grid leaves faint seams in the map.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NORMS = ("plain", "affine", "none")


def slip_mask(batch: int, channels: int) -> Tensor:
    """Planes that reach the region branch under the indexing slip of the authors' published layers.

    Their layers number the plane of image b and channel c as ``b*c + c`` instead of ``b*C + c``, when cutting the
    patches and again when joining them.  Only planes whose number has that form are ever copied; the others
    stay zero.  What an image keeps therefore depends on its position in the batch: the first one keeps all
    channels, the last ones hardly any (41.3 % of the planes pass at batch 128, 39.4 % at batch 64).

    Returns
    -------
    Tensor, bool, (batch, channels)
        True where the plane is copied.
    """
    b, c = torch.arange(batch)[:, None], torch.arange(channels)[None, :]
    mask = torch.zeros(batch * channels, dtype=torch.bool)
    mask[(b * c + c).flatten()] = True
    return mask.view(batch, channels)


class RegionLayer(nn.Module):
    """Region layer of DRML (Sec. 3.2, Fig. 3), all patches in one grouped convolution.

    Cutting the map into patches and stacking them along the channels turns the 64 small networks of the paper into one
    batch normalisation over ``64 * channels`` channels and one convolution with 64 groups.  The numbers are those of
    the loop over patches; it is faster than the loop, and nearly as fast as one shared convolution.

    Parameters
    ----------
    channels : int
        Channels of the map, the same in and out (32 in the paper).
    grid : int, default 8
        Patches along each side.
    norm : {"plain", "affine", "none"}
        Batch normalisation inside a patch: without learnt scale and shift (authors' code), with (a common
        re-implementation), or none.
    skip : bool, default True
        Identity addition.
    side : int, optional
        Side of the map in pixels, to check the grid when the layer is built.
    emulate_slip : bool, default False
        Reproduce the authors' indexing slip, see :func:`slip_mask`.  For experiments on what it changes.

    Raises
    ------
    ValueError
        If ``grid`` does not divide the side of the map, or ``norm`` is not one of the three.
    """

    def __init__(
        self,
        channels: int,
        grid: int = 8,
        norm: str = "plain",
        skip: bool = True,
        side: int | None = None,
        emulate_slip: bool = False,
    ) -> None:
        super().__init__()
        if norm not in NORMS:
            raise ValueError(f"norm is {norm!r}, not one of {NORMS}")
        self.channels, self.grid, self.skip, self.emulate_slip = channels, grid, skip, emulate_slip
        if side is not None:
            self._check(side)
        folded = grid * grid * channels
        self.norm: nn.Module = nn.Identity() if norm == "none" else nn.BatchNorm2d(folded, affine=norm == "affine")
        self.conv = nn.Conv2d(folded, folded, 3, padding=1, groups=grid * grid)

    def _check(self, side: int) -> None:
        if self.grid < 1 or side % self.grid:
            raise ValueError(f"a grid of {self.grid} patches does not divide a map of {side} pixels")

    def fold(self, x: Tensor) -> Tensor:
        """Patches to channels: (B, C, S, S) -> (B, G*G*C, S/G, S/G), patches in reading order."""
        b, c, s, _ = x.shape
        self._check(s)
        g, h = self.grid, s // self.grid
        return x.view(b, c, g, h, g, h).permute(0, 2, 4, 1, 3, 5).reshape(b, g * g * c, h, h)

    def unfold(self, x: Tensor) -> Tensor:
        """Inverse of :meth:`fold`."""
        b, h, g, c = x.shape[0], x.shape[-1], self.grid, self.channels
        return x.view(b, g, g, c, h, h).permute(0, 3, 1, 4, 2, 5).reshape(b, c, g * h, g * h)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, S, S) to (B, C, S, S); no ReLU on the sum, the network applies it."""
        x = x.contiguous()
        branch = x
        if self.emulate_slip:
            keep = slip_mask(x.shape[0], self.channels).to(x.device)[:, :, None, None]  # (B, C, 1, 1)
            branch = x * keep
        branch = self.fold(branch)  # (B, G*G*C, h, h)
        # a new tensor comes out of every norm but "none", where ReLU must not write into x
        branch = F.relu(self.norm(branch), inplace=isinstance(self.norm, nn.BatchNorm2d))
        branch = self.unfold(self.conv(branch))  # (B, C, S, S)
        if self.emulate_slip:
            branch = branch * keep
        return x + branch if self.skip else branch
