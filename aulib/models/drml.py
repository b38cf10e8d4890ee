"""DRML: deep region and multi-label learning.

    K. Zhao, W.-S. Chu, H. Zhang: Deep Region and Multi-label Learning for Facial Action Unit Detection,
    CVPR 2016, Sec. 3.

Two ideas in one network.  Action units live in small regions of the face, so behind the first convolution a *region
layer* learns separate filters for each of 8 x 8 patches.  And they come in combinations, so one network predicts all
of them, with one sigmoid cross-entropy over all labels.

    face -> conv1 -> region layer -> ReLU -> pool -> LRN -> conv2 ... conv5 -> fc6 -> fc7 -> one logit an AU

With 12 outputs it has 56,863,436 parameters, 84 % of them in the first fully connected layer and 1 % in the region
layer.
"""

from __future__ import annotations

from .region import RegionLayer
from .trunk import Trunk, size_of


class DRML(Trunk):
    """DRML (Sec. 3.1, Fig. 2).  Takes faces (B, 3, input_side, input_side), gives logits (B, aus).

    Parameters
    ----------
    aus : int, default 12
        Number of outputs, one an AU.
    scale : {1.0, 0.5}
        The paper's size (170 px) or half of it in resolution and width (85 px).
    grid : int, default 8
        Patches along each side of the region layer ("we found 8 x 8 performed the best", Sec. 3.2).  It must divide
        the side of the map, 160 px at scale 1.0 and 80 px at 0.5.
    region_norm : {"plain", "affine", "none"}
        Batch normalisation inside each patch: the authors' without learnt scale and shift, with, or none.
    skip : bool, default True
        Identity addition of the region layer.
    after_pool : {"lrn", "batch", "none"}
        What follows the pooling: the authors' code has LRN, the paper mentions nothing.
    relu_after_conv1 : bool, default False
        ReLU between conv1 and the region layer; the authors' code has none.
    dropout : float, default 0.5
        Behind fc6 and fc7.
    init : {"caffe", "torch", "he"}
        Initial weights: the authors' fillers or one of two others, see :mod:`aulib.models.fillers`.
    emulate_slip : bool, default False
        Reproduce the indexing slip of the authors' published layers, see :func:`aulib.models.region.slip_mask`.

    Raises
    ------
    ValueError
        For a scale without a design, a grid that does not divide the map, or an unknown option.
    """

    def __init__(
        self,
        aus: int = 12,
        scale: float = 1.0,
        grid: int = 8,
        region_norm: str = "plain",
        skip: bool = True,
        after_pool: str = "lrn",
        relu_after_conv1: bool = False,
        dropout: float = 0.5,
        init: str = "caffe",
        emulate_slip: bool = False,
    ) -> None:
        size = size_of(scale)
        super().__init__(
            aus,
            scale,
            RegionLayer(size.wide, grid, region_norm, skip, size.region_side, emulate_slip),
            relu_after_conv1=relu_after_conv1,
            after_pool=after_pool,
            dropout=dropout,
            init=init,
        )
