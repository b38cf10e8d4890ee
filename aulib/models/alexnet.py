"""AlexNet, as the authors of DRML trained it: Caffe's "CaffeNet" with one output an AU.

    A. Krizhevsky, I. Sutskever, G. E. Hinton: ImageNet Classification with Deep Convolutional Neural Networks,
    NIPS 2012.
    K. Zhao, W.-S. Chu, H. Zhang: Deep Region and Multi-label Learning for Facial Action Unit Detection,
    CVPR 2016, Sec. 4.1.

A network made for objects: its first layer steps by four pixels and three poolings follow, so that little of the
position on the face is left.  Two details set CaffeNet apart from other AlexNets: pooling comes before the
normalisation, and Caffe rounds the size of a pooled map up.

| layer (ReLU behind each)   | kernel, stride, pad, groups | size 1.0    | size 0.5     |
|----------------------------|-----------------------------|-------------|--------------|
| input                      |                             | 3 x 227     | 3 x 112      |
| conv1, max 3/2, LRN        | 11, 4, 0, 1                 | 96 x 55, 27 | 48 x 26, 13  |
| conv2, max 3/2, LRN        | 5, 1, 2, 2                  | 256 x 27, 13| 128 x 13, 6  |
| conv3                      | 3, 1, 1, 1                  | 384 x 13    | 192 x 6      |
| conv4                      | 3, 1, 1, 2                  | 384 x 13    | 192 x 6      |
| conv5, max 3/2             | 3, 1, 1, 2                  | 256 x 13, 6 | 128 x 6, 3   |
| fc6, dropout 0.5           |                             | 4096        | 2048         |
| fc7, dropout 0.5           |                             | 4096        | 2048         |
| fc8                        |                             | one logit an AU            |

The half size keeps kernel and stride of conv1, which halves every map; a kernel of 6 with stride 2 would keep the maps'
sizes, at nearly four times the cost.
With 12 outputs 56,917,388 parameters, 0.1 % more than DRML.  (The 60 million that the paper compares with are
those of the version with 1000 outputs.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from .fillers import initialise
from .lrn import LocalResponseNorm

#: out channels, kernel, stride, padding, groups, bias filler, pooled, normalised (biases as in stock CaffeNet)
CONVS = (
    (96, 11, 4, 0, 1, 0.0, True, True),
    (256, 5, 1, 2, 2, 1.0, True, True),
    (384, 3, 1, 1, 1, 0.0, False, False),
    (384, 3, 1, 1, 2, 1.0, False, False),
    (256, 3, 1, 1, 2, 1.0, True, False),
)

#: scale -> input side, share of the channels, hidden units of fc6 and fc7
SIZES = {1.0: (227, 1.0, 4096), 0.5: (112, 0.5, 2048)}


class AlexNet(nn.Module):
    """CaffeNet.  Takes faces (B, 3, input_side, input_side), gives logits (B, aus).

    Parameters
    ----------
    aus : int, default 12
        Number of outputs, one an AU.
    scale : {1.0, 0.5}
        The published size (227 px) or half of it in resolution and width (112 px).
    dropout : float, default 0.5
        Behind fc6 and fc7.
    init : {"caffe", "torch", "he"}
        Initial weights: the published fillers or one of two others, see :mod:`aulib.models.fillers`.

    Attributes
    ----------
    input_side, feature_dim : int
        Side of the face image in pixels; length of the feature vector, the last hidden layer.

    Raises
    ------
    ValueError
        For a scale without a design or an unknown ``init``.
    """

    #: Sizes by scale; a relative with another input, such as :class:`aulib.models.anet.ANet`, brings its own.
    sizes: ClassVar[Mapping[float, tuple[int, float, int]]] = SIZES

    def __init__(self, aus: int = 12, scale: float = 1.0, dropout: float = 0.5, init: str = "caffe") -> None:
        super().__init__()
        if scale not in self.sizes:
            raise ValueError(f"scale is {scale}, not one of {sorted(self.sizes)}")
        self.input_side, share, hidden = self.sizes[scale]
        self.feature_dim = hidden
        side, channels, layers = self.input_side, 3, []
        for width, kernel, stride, padding, groups, _, pooled, normalised in CONVS:
            out = int(width * share)
            layers += [nn.Conv2d(channels, out, kernel, stride, padding, groups=groups), nn.ReLU(inplace=True)]
            side, channels = (side + 2 * padding - kernel) // stride + 1, out
            if pooled:
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
                side = -(-(side - 3) // 2) + 1  # rounded up
            if normalised:
                layers.append(LocalResponseNorm())
        self.convs = nn.Sequential(*layers)
        self.fc6 = nn.Linear(channels * side * side, hidden)
        self.fc7 = nn.Linear(hidden, hidden)
        self.fc8 = nn.Linear(hidden, aus)
        self.dropout = nn.Dropout(dropout)
        rows = [name for name, layer in self.named_modules() if isinstance(layer, nn.Conv2d)]
        caffe = {name: (0.01, row[5]) for name, row in zip(rows, CONVS, strict=True)}
        initialise(self, init, caffe | {"fc6": (0.005, 1.0), "fc7": (0.005, 1.0), "fc8": (0.01, 0.0)})

    def features(self, x: Tensor) -> Tensor:
        """Feature vector (fc7 after ReLU), without dropout noise in evaluation mode.

        Parameters
        ----------
        x : Tensor, (B, 3, input_side, input_side)

        Returns
        -------
        Tensor, (B, feature_dim), >= 0
        """
        x = self.convs(x).flatten(1)  # (B, 256, 6, 6) -> (B, 9216) at scale 1.0
        x = F.relu(self.fc6(x), inplace=True)  # (B, 4096)
        return F.relu(self.fc7(self.dropout(x)), inplace=True)  # (B, 4096)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, aus) of faces (B, 3, input_side, input_side)."""
        return self.fc8(self.dropout(self.features(x)))
