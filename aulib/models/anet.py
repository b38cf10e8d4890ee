"""ANet, the spatial network of the Hybrid paper: an AlexNet for faces of 176 px with one output an AU.

    W.-S. Chu, F. De la Torre, J. F. Cohn: Learning Facial Action Units with Spatiotemporal Cues and Multi-label
    Sampling, Image and Vision Computing 81, 2019, Sec. 3.1, 4.2 and Fig. 2 (b).

The paper changes the loss from a softmax over classes to a sum over AUs (its Eq. 1,
:func:`aulib.losses.cross_entropy_over_all_labels`) and says that the architecture is "slightly different".  Fig. 2 (b)
shows eight layers and prints no size.  So the rest is our choice: the CaffeNet of :mod:`aulib.models.alexnet`, which
the same group trained in the same toolbox, on the crops of 176 px that the text does state.

| layer (ReLU behind each)   | kernel, stride, pad, groups | size 1.0     | size 0.5     |
|----------------------------|-----------------------------|--------------|--------------|
| input                      |                             | 3 x 176      | 3 x 88       |
| conv1, max 3/2, LRN        | 11, 4, 0, 1                 | 96 x 42, 21  | 48 x 20, 10  |
| conv2, max 3/2, LRN        | 5, 1, 2, 2                  | 256 x 21, 10 | 128 x 10, 5  |
| conv3                      | 3, 1, 1, 1                  | 384 x 10     | 192 x 5      |
| conv4                      | 3, 1, 1, 2                  | 384 x 10     | 192 x 5      |
| conv5, max 3/2             | 3, 1, 1, 2                  | 256 x 10, 5  | 128 x 5, 2   |
| fc6, dropout 0.5           |                             | 4096         | 2048         |
| fc7, dropout 0.5           |                             | 4096         | 2048         |
| fc8                        |                             | one logit an AU             |

45,383,052 parameters with 12 outputs.

The *representation* is fc7 divided by its length, f = h / ||h||: what the t-SNE figure shows, what the linear SVM and
the temporal network are given.  The output layer reads fc7 itself.  The paper does not say which of the two it reads;
from a vector of length one and weights of 0.01 no logit would leave zero for thousands of steps.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from .alexnet import AlexNet

#: scale -> input side, share of the channels, hidden units of fc6 and fc7
SIZES = {1.0: (176, 1.0, 4096), 0.5: (88, 0.5, 2048)}


class ANet(AlexNet):
    """CaffeNet on crops of 176 px.  Takes faces (B, 3, input_side, input_side), gives logits (B, aus).

    Parameters
    ----------
    aus : int, default 12
        Number of outputs, one an AU (Hybrid: 12 in both corpora).
    scale : {1.0, 0.5}
        The published size (176 px) or half of it in resolution and width (88 px).
    dropout : float, default 0.5
        Behind fc6 and fc7.
    init : {"caffe", "torch", "he"}
        Initial weights: the published fillers or one of two others, see :mod:`aulib.models.fillers`.

    Attributes
    ----------
    input_side, feature_dim : int
        Side of the face image in pixels; length of the feature vector: 4096, or 2048 at half size.

    Raises
    ------
    ValueError
        For a scale without a design or an unknown ``init``.
    """

    sizes = SIZES

    def features(self, x: Tensor) -> Tensor:
        """The representation: fc7 after ReLU, of length one (Hybrid Sec. 3.1), without dropout noise in evaluation.

        Parameters
        ----------
        x : Tensor, (B, 3, input_side, input_side)

        Returns
        -------
        Tensor, (B, feature_dim), >= 0
            Rows of Euclidean length 1; a face on which no unit of fc7 is active stays all zero.
        """
        return F.normalize(super().features(x), dim=1)  # (B, 4096)

    def features_and_logits(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """:meth:`features` (B, feature_dim) and logits (B, aus) of the same faces, in one pass."""
        hidden = super().features(x)  # (B, 4096), not normalised
        return F.normalize(hidden, dim=1), self.fc8(self.dropout(hidden))  # (B, 4096), (B, aus)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, aus) of faces (B, 3, input_side, input_side)."""
        return self.features_and_logits(x)[1]
