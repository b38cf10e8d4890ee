"""What DRML, ConvNet and LCN have in common: everything but the layer behind the first convolution.

    K. Zhao, W.-S. Chu, H. Zhang: Deep Region and Multi-label Learning for Facial Action Unit Detection,
    CVPR 2016, Sec. 3.1 and Fig. 2.  Where the text is silent, the authors' published network description decides.

One family: a face goes through conv1, then a layer whose filters are shared over the whole face (ConvNet: no
such layer, or one ordinary convolution), over a patch (DRML) or not at all (LCN), then the same trunk.  The only
pooling is 2 x 2, "to avoid losing too much spatial information".

| layer (paper) | kernel, stride | size 1.0      | size 0.5     |
|---------------|----------------|---------------|--------------|
| input         |                | 3 x 170 x 170 | 3 x 85 x 85  |
| conv1         | 11 (half: 6)   | 32 x 160 x 160| 16 x 80 x 80 |
| region2       | 3, padded      | 32 x 160 x 160| 16 x 80 x 80 |
| pool3         | max 2, 2       | 32 x 80 x 80  | 16 x 40 x 40 |
| LRN           | 5 channels     |               |              |
| conv4 = conv2 | 8 (4)          | 16 x 73 x 73  | 8 x 37 x 37  |
| conv5 = conv3 | 8 (4)          | 16 x 66 x 66  | 8 x 34 x 34  |
| conv6 = conv4 | 6 (3), 2       | 16 x 31 x 31  | 8 x 16 x 16  |
| conv7 = conv5 | 5 (3)          | 16 x 27 x 27  | 8 x 14 x 14  |
| fc8 = fc6     | dropout 0.5    | 4096          | 2048         |
| fc9 = fc7     | dropout 0.5    | 2048          | 1024         |
| output = fc8  |                | one logit an AU              |

The paper numbers the layers through, the authors' code does not; names here follow the code (second name).
The normalisation after the pooling stands in the code only.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from .fillers import initialise
from .local import LocallyConnected2d
from .lrn import LocalResponseNorm


@dataclass(frozen=True)
class Size:
    """Sizes of one scale: input side in pixels, kernels of conv1-conv5, channels, hidden units."""

    input_side: int
    kernels: tuple[int, int, int, int, int]
    wide: int  # channels of conv1 and the layer behind it
    narrow: int  # channels of conv2 to conv5
    hidden: tuple[int, int]

    @property
    def region_side(self) -> int:
        """Side of the map behind conv1, in pixels."""
        return self.input_side - self.kernels[0] + 1


#: The paper's size, and half of it in resolution and in width, for machines without a GPU.
SIZES = {
    1.0: Size(170, (11, 8, 8, 6, 5), 32, 16, (4096, 2048)),
    0.5: Size(85, (6, 4, 4, 3, 3), 16, 8, (2048, 1024)),
}

AFTER_POOL = ("lrn", "batch", "none")


def size_of(scale: float) -> Size:
    """Sizes of a scale.

    Raises
    ------
    ValueError
        If there is no such scale.
    """
    if scale not in SIZES:
        raise ValueError(f"scale is {scale}, not one of {sorted(SIZES)}: each scale is a designed table of kernels")
    return SIZES[scale]


#: The authors' fillers: standard deviation of the weights, constant of the biases.
CAFFE = {
    "conv1": (0.01, 0.0),
    "region2": (0.01, 1.0),
    "region2.conv": (0.01, 1.0),
    **{f"conv{number}": (0.01, 1.0) for number in range(2, 6)},
    "fc6": (0.005, 1.0),
    "fc7": (0.005, 1.0),
    "fc8": (0.01, 0.0),
}


class Trunk(nn.Module):
    """The common network around one exchangeable layer.

    Parameters
    ----------
    aus : int
        Number of outputs.
    scale : float
        1.0 for the paper's size, 0.5 for half of it.
    region2 : nn.Module
        The layer behind conv1, shape-preserving on (B, wide, side, side).
    relu_after_conv1 : bool
        ReLU between conv1 and ``region2``.  The one behind ``region2`` is always there.
    after_pool : {"lrn", "batch", "none"}
        Normalisation behind the pooling: the authors' LRN, batch normalisation (a re-implementation), nothing.
    dropout : float
        Probability of dropping a hidden unit, behind each of the two hidden layers.
    init : {"caffe", "torch", "he"}
        Initial weights, see :mod:`aulib.models.fillers`.
    untied : tuple of str
        Convolutions among ``conv2`` ... ``conv5`` that get separate filters at every pixel.

    Attributes
    ----------
    input_side : int
        Side of the face image in pixels.
    feature_dim : int
        Length of the feature vector, the last hidden layer.
    """

    def __init__(
        self,
        aus: int,
        scale: float,
        region2: nn.Module,
        *,
        relu_after_conv1: bool,
        after_pool: str,
        dropout: float,
        init: str,
        untied: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        size = size_of(scale)
        if after_pool not in AFTER_POOL:
            raise ValueError(f"after_pool is {after_pool!r}, not one of {AFTER_POOL}")
        self.input_side, self.feature_dim = size.input_side, size.hidden[1]
        self.relu_after_conv1 = relu_after_conv1
        self.conv1 = nn.Conv2d(3, size.wide, size.kernels[0])
        self.region2 = region2
        self.norm1: nn.Module
        if after_pool == "lrn":
            self.norm1 = LocalResponseNorm()
        else:
            self.norm1 = nn.BatchNorm2d(size.wide) if after_pool == "batch" else nn.Identity()

        side, channels = size.region_side // 2, size.wide
        tail: list[nn.Module] = []
        for number, kernel in enumerate(size.kernels[1:], start=2):
            stride = 2 if number == 4 else 1
            if f"conv{number}" in untied:
                tail.append(LocallyConnected2d(channels, size.narrow, side, kernel, stride))
            else:
                tail.append(nn.Conv2d(channels, size.narrow, kernel, stride))
            side, channels = (side - kernel) // stride + 1, size.narrow
        self.conv2, self.conv3, self.conv4, self.conv5 = tail

        self.fc6 = nn.Linear(channels * side * side, size.hidden[0])
        self.fc7 = nn.Linear(size.hidden[0], size.hidden[1])
        self.fc8 = nn.Linear(size.hidden[1], aus)
        self.dropout = nn.Dropout(dropout)
        initialise(self, init, CAFFE)

    def features(self, x: Tensor) -> Tensor:
        """Feature vector of the face (the paper's fc9, after ReLU), without dropout noise in evaluation mode.

        Parameters
        ----------
        x : Tensor, (B, 3, input_side, input_side)

        Returns
        -------
        Tensor, (B, feature_dim), >= 0
        """
        # shapes at scale 1.0
        x = self.conv1(x)  # (B, 32, 160, 160)
        if self.relu_after_conv1:
            x = F.relu(x, inplace=True)
        x = self.region2(x)  # (B, 32, 160, 160)
        # ReLU and maximum commute; in this order ReLU touches a quarter of the pixels
        x = F.relu(F.max_pool2d(x, 2), inplace=True)  # (B, 32, 80, 80)
        x = self.norm1(x)  # (B, 32, 80, 80)
        x = F.relu(self.conv2(x), inplace=True)  # (B, 16, 73, 73)
        x = F.relu(self.conv3(x), inplace=True)  # (B, 16, 66, 66)
        x = F.relu(self.conv4(x), inplace=True)  # (B, 16, 31, 31)
        x = F.relu(self.conv5(x), inplace=True)  # (B, 16, 27, 27)
        x = F.relu(self.fc6(x.flatten(1)), inplace=True)  # (B, 4096)
        return F.relu(self.fc7(self.dropout(x)), inplace=True)  # (B, 2048)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, aus) of faces (B, 3, input_side, input_side)."""
        return self.fc8(self.dropout(self.features(x)))
