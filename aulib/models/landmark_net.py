"""A network that sees 68 landmarks and no picture, as a yardstick.  Not from any of the papers.

Three hidden layers with batch normalisation (or none: then it is a logistic regression), and as many parameters as
:class:`~aulib.models.small_cnn.SmallCNN`.  On rendered faces it is given the *true* landmarks, which no detector
could.  What a network on pictures finds beyond it, it has found in the skin: furrows, bulges, dimples, teeth.
"""

from __future__ import annotations

from torch import Tensor, nn

WIDTHS = (350, 350, 350)


class LandmarkNet(nn.Module):
    """Multilayer perceptron.  Takes normalised landmarks (B, 136), gives logits (B, aus).

    Parameters
    ----------
    aus : int, default 12
        Number of outputs, one an AU.
    scale : float, default 1.0
        Ignored: landmarks have no resolution.
    dropout : float, default 0.3
        On the features.
    depth : int, default 3
        Hidden layers; 0 leaves a linear model.

    Attributes
    ----------
    feature_dim : int
        Length of the feature vector (350, or 136 without hidden layers).
    """

    def __init__(self, aus: int = 12, scale: float = 1.0, dropout: float = 0.3, depth: int = 3) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 136
        for units in WIDTHS[:depth]:
            layers += [nn.Linear(inputs, units, bias=False), nn.BatchNorm1d(units), nn.ReLU(inplace=True)]
            inputs = units
        self.feature_dim = inputs
        self.hidden = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(inputs, aus)

    def features(self, x: Tensor) -> Tensor:
        """Last hidden layer (B, feature_dim) of landmarks (B, 136); >= 0."""
        return self.hidden(x)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, aus) of landmarks (B, 136)."""
        return self.output(self.dropout(self.features(x)))
