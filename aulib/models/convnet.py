"""ConvNet: DRML without its region layer.

    K. Zhao, W.-S. Chu, H. Zhang: Deep Region and Multi-label Learning for Facial Action Unit Detection,
    CVPR 2016, Sec. 3.2 and 4.1 ("DRML architecture without the region layer").

What the paper compares DRML with, to show what the region layer does:

    face -> conv1 -> ReLU -> pool -> LRN -> conv2 ... conv5 -> fc6 -> fc7 -> one logit an AU

It is DRML with the region branch at zero.  But taking the region layer out also takes out a batch normalisation, a
convolution and a skip connection.  ``shared_block=True`` keeps all three and shares the filters over the face: the
same depth, only the regions are missing.  That is the control which the paper's claim about *regions* needs.
"""

from __future__ import annotations

from torch import nn

from .region import RegionLayer
from .trunk import Trunk, size_of


class ConvNet(Trunk):
    """ConvNet (Sec. 4.1): 56,271,564 parameters with 12 outputs; 9,248 more with ``shared_block``.

    Parameters
    ----------
    aus : int, default 12
        Number of outputs, one an AU.
    scale : {1.0, 0.5}
        The paper's size (170 px) or half of it in resolution and width (85 px).
    shared_block : bool, default False
        Put a residual block with one shared 3 x 3 convolution, a region layer with a 1 x 1 grid, in place of DRML's
        region layer.  Not in the paper.
    after_pool, dropout, init
        As in :class:`aulib.models.drml.DRML`.
    """

    def __init__(
        self,
        aus: int = 12,
        scale: float = 1.0,
        shared_block: bool = False,
        after_pool: str = "lrn",
        dropout: float = 0.5,
        init: str = "caffe",
    ) -> None:
        block = RegionLayer(size_of(scale).wide, grid=1) if shared_block else nn.Identity()
        # the ReLU behind conv1 is the one the trunk applies behind this block
        super().__init__(aus, scale, block, relu_after_conv1=False, after_pool=after_pool, dropout=dropout, init=init)
