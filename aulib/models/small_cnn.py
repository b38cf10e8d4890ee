"""A small convolutional network of today, as a yardstick.  Not from any of the papers.

Four convolutions with batch normalisation (Ioffe and Szegedy, ICML 2015), ReLU and pooling, and a linear output that
sees *where* on the face each feature was found: the faces are aligned, so place means something, and a mean over all
places in front of the output would throw it away.
With 0.3 million parameters it has less than a hundredth of DRML's, and a modern recipe trains it in minutes. A network
of a paper that stays far below it on the same faces was trained too briefly, or does not suit them.

Its ordinal output answers for every AU and level the question of Frank and Hall (ECML 2001), "at least this level?", as
in Niu et al. (CVPR 2016); ``aulib.losses.ordinal_cross_entropy`` trains it.
"""

from __future__ import annotations

from torch import Tensor, nn

from aulib.checks import TOP

WIDTHS = (32, 64, 128, 128)


class SmallCNN(nn.Module):
    """Four-layer reference network.  Takes faces (B, 3, input_side, input_side), gives logits (B, aus).

    Parameters
    ----------
    aus : int, default 12
        Number of outputs, one an AU.
    scale : float, default 1.0
        Faces of 170 px at 1.0 and of 85 px below; the convolutions stay the same.
    dropout : float, default 0.3
        On the features.

    Attributes
    ----------
    input_side, feature_dim : int
        Side of the face image in pixels; length of the feature vector (128 channels at 10 x 10 or 5 x 5 places).
    """

    def __init__(self, aus: int = 12, scale: float = 1.0, dropout: float = 0.3) -> None:
        super().__init__()
        self.input_side, places = (170, 10) if scale >= 1 else (85, 5)
        self.feature_dim = WIDTHS[-1] * places**2
        first, *others = WIDTHS
        layers = _layer(3, first, kernel=5, stride=2)
        for before, after in zip(WIDTHS[:-1], others, strict=True):
            layers += [nn.MaxPool2d(2), *_layer(before, after)]
        self.convs = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(self.feature_dim, aus)

    def features(self, x: Tensor) -> Tensor:
        """Last map, place by place (B, feature_dim), of faces (B, 3, input_side, input_side); >= 0."""
        return self.convs(x).flatten(1)  # (B, 128, 10, 10) or (B, 128, 5, 5) -> (B, feature_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, aus) of faces (B, 3, input_side, input_side)."""
        return self.output(self.dropout(self.features(x)))


class SmallCNNOrdinal(SmallCNN):
    """The same trunk with an ordinal output: is the level of an AU at least k, for k = 1 … 5 (Niu et al. 2016)?

    Parameters and attributes are those of :class:`SmallCNN`.  Nothing keeps the five probabilities of an AU in order;
    the expected level is their sum whether or not they are.
    """

    def __init__(self, aus: int = 12, scale: float = 1.0, dropout: float = 0.3) -> None:
        super().__init__(aus * TOP, scale, dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, aus, 5) of faces (B, 3, input_side, input_side)."""
        return super().forward(x).unflatten(1, (-1, TOP))


def _layer(channels: int, filters: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    """Convolution, normalisation, ReLU; no bias, since the normalisation has one."""
    convolution = nn.Conv2d(channels, filters, kernel, stride=stride, padding=kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]
