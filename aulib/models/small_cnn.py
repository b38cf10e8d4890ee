"""A small convolutional network of today, as a yardstick.  Not from any of the papers.

Four times: 3 x 3 convolution, batch normalisation (Ioffe and Szegedy, ICML 2015), ReLU, pooling; then the mean over
all positions and one linear output.  With 0.4 million parameters (0.1 at half width) it has less than a hundredth of
DRML's, and a modern recipe trains it in minutes. A network of a paper that stays below it on the same faces has not
been trained long enough.
"""

from __future__ import annotations

from torch import Tensor, nn

WIDTHS = (32, 64, 128, 256)


class SmallCNN(nn.Module):
    """Four-layer reference network.  Takes faces (B, 3, input_side, input_side), gives logits (B, aus).

    Parameters
    ----------
    aus : int, default 12
        Number of outputs, one an AU.
    scale : float, default 1.0
        Faces of 170 px at 1.0 and of 85 px below; the network itself stays the same.
    width : float, default 1.0
        Factor on the channels (32, 64, 128, 256).

    Attributes
    ----------
    input_side, feature_dim : int
        Side of the face image in pixels; length of the feature vector (256 at full width).
    """

    def __init__(self, aus: int = 12, scale: float = 1.0, width: float = 1.0) -> None:
        super().__init__()
        self.input_side = 170 if scale >= 1 else 85
        layers: list[nn.Module] = []
        channels = 3
        for filters in (round(width * full) for full in WIDTHS):
            # no bias: the normalisation has one.  Pooling before ReLU gives the same numbers on a quarter of the
            # pixels.
            layers += [
                nn.Conv2d(channels, filters, 3, padding=1, bias=False),
                nn.BatchNorm2d(filters),
                nn.MaxPool2d(2),
                nn.ReLU(inplace=True),
            ]
            channels = filters
        self.feature_dim = channels
        self.convs = nn.Sequential(*layers)
        self.output = nn.Linear(channels, aus)

    def features(self, x: Tensor) -> Tensor:
        """Mean of the last map (B, feature_dim) of faces (B, 3, input_side, input_side); >= 0."""
        return self.convs(x).mean((2, 3))  # (B, 256, 10, 10) or (B, 256, 5, 5) -> (B, 256)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, aus) of faces (B, 3, input_side, input_side)."""
        return self.output(self.features(x))
