"""The fusion network of the Hybrid paper: what a face shows and what its video shows, weighed frame by frame.

    W.-S. Chu, F. De la Torre, J. F. Cohn: Learning Facial Action Units with Spatiotemporal Cues and Multi-label
    Sampling, Image and Vision Computing 81, 2019, Sec. 3.3 and Fig. 1.

With the scores s (ANet) and t (temporal network) of one frame, each of L numbers,

    z = [s / ||s||, t / ||t||]                 stacked L2-normalised scores, 2L numbers
    logits = W2 relu(W1 z + b1) + b2           two fully connected layers, the same for every frame

The paper prints neither the width of the first layer nor its activation nor the loss.  Ours: 64 units, ReLU, the
cross-entropy of ANet, both networks frozen.  With L = 12 there are 2,380 parameters.

Which scores of ANet are meant is open too, and it matters.  Normalisation keeps the direction only.  Of probabilities,
a frame with p = 0.1 throughout and one with p = 0.9 throughout become the same vector, and "nothing is present" looks
like "everything is".  So both networks enter with *signed* scores in [-1, 1]: the temporal network's as they are, those
of ANet as 2p - 1, see :func:`signed_scores`.  The sign of each score, its decision at p = 0.5, then survives.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def signed_scores(logits: Tensor) -> Tensor:
    """Logits of a sigmoid as scores 2p - 1 in [-1, 1], the scale of the temporal network.  Any shape, kept."""
    return torch.tanh(logits / 2)


class Fusion(nn.Module):
    """Two fully connected layers over the scores of both networks.  Takes (..., 2, aus), gives logits (..., aus).

    Parameters
    ----------
    aus : int, default 12
        Number of AUs, L.
    hidden : int, default 64
        Units of the first layer.
    normalised : bool, default True
        Bring each network's scores to length 1, as printed.  Without it their size, how sure a network is of a frame
        as a whole, reaches the fusion as well.

    Raises
    ------
    ValueError
        From a call, if the scores do not end in (2, aus).
    """

    def __init__(self, aus: int = 12, hidden: int = 64, normalised: bool = True) -> None:
        super().__init__()
        self.aus, self.normalised = aus, normalised
        self.fc1 = nn.Linear(2 * aus, hidden)
        self.fc2 = nn.Linear(hidden, aus)

    def forward(self, scores: Tensor) -> Tensor:
        """Logits (..., aus) from signed scores (..., 2, aus), those of the spatial network first."""
        if scores.shape[-2:] != (2, self.aus):
            raise ValueError(f"scores are (..., 2, {self.aus}), those of the spatial and of the temporal network "
                             f"stacked, not {tuple(scores.shape)}")  # fmt: skip
        x = F.normalize(scores, dim=-1) if self.normalised else scores  # (..., 2, L), each network's of length 1
        x = x.flatten(-2)  # (..., 2L), z = [s / ||s||, t / ||t||]
        x = F.relu(self.fc1(x))  # (..., 64)
        return self.fc2(x)  # (..., L)
