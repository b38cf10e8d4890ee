"""LCN: ConvNet with a locally connected layer.

    K. Zhao, W.-S. Chu, H. Zhang: Deep Region and Multi-label Learning for Facial Action Unit Detection,
    CVPR 2016, Sec. 4.1 ("ConvNet with locally connected layer"), after Y. Taigman et al.: DeepFace, CVPR 2014.

The other end of the scale on which the region layer stands in the middle: filters for every pixel instead of every
patch.  The paper says no more than the words quoted above, and its code has no LCN, so this is a reading:

* reading "a" puts an untied 3 x 3 convolution, 32 -> 32, in the place of the region layer.  The text contrasts
  filters for the image, for a region and for a pixel; read so, ConvNet, DRML and LCN differ in nothing else.  It has
  293,020,364 parameters.
* reading "b" unties conv3, conv4 and conv5, as DeepFace does with its last three convolutions: 141,227,132 parameters.

In reading "a" the layer is a plain one as in DeepFace: ReLU before and behind it, no batch normalisation, no skip
connection.
"""

from __future__ import annotations

from torch import nn

from .local import LocallyConnected2d
from .trunk import Trunk, size_of


class LCN(Trunk):
    """Locally connected network (Sec. 4.1), in one of two readings.

    Parameters
    ----------
    aus : int, default 12
        Number of outputs, one an AU.
    scale : {1.0, 0.5}
        The paper's size (170 px) or half of it in resolution and width (85 px).  Reading "a" takes 1.2 GB for its
        weights at 1.0, and 81 MB at 0.5.
    reading : {"a", "b"}
        Where the locally connected layers stand, see above.
    after_pool, dropout, init
        As in :class:`aulib.models.drml.DRML`.

    Raises
    ------
    ValueError
        If there is no such reading.
    """

    def __init__(
        self,
        aus: int = 12,
        scale: float = 1.0,
        reading: str = "a",
        after_pool: str = "lrn",
        dropout: float = 0.5,
        init: str = "caffe",
    ) -> None:
        if reading not in ("a", "b"):
            raise ValueError(f"reading is {reading!r}, not 'a' or 'b'")
        size = size_of(scale)
        layer: nn.Module = nn.Identity()
        if reading == "a":
            layer = LocallyConnected2d(size.wide, size.wide, size.region_side, kernel=3, padding=1)
        super().__init__(
            aus,
            scale,
            layer,
            relu_after_conv1=reading == "a",
            after_pool=after_pool,
            dropout=dropout,
            init=init,
            untied=() if reading == "a" else ("conv3", "conv4", "conv5"),
        )
