"""The Hybrid network whole: ANet on every frame, LSTMs over its features, and the fusion of what both say.

    W.-S. Chu, F. De la Torre, J. F. Cohn: Learning Facial Action Units with Spatiotemporal Cues and Multi-label
    Sampling, Image and Vision Computing 81, 2019, Sec. 3 and Fig. 1.

With the face I_t of frame t of a video,

    h_t = fc7 of ANet,    s_t = 2 sigmoid(W8 h_t + b8) - 1        spatial scores, from this frame alone
    x_t = P (h_t / ||h_t|| - mean)                                principal components of the representation
    r_t = tanh(V LSTM(x_1 ... x_t) + d)                           temporal scores, from all frames up to this one
    p_t = sigmoid(Fusion([s_t, r_t]))                             probabilities

The three parts are trained one after the other, each with the parts before it frozen: ANet on frames, the temporal
network on sequences of its features, the fusion on the scores of both.  This class trains nothing.  It puts trained
parts together, so that faces go in and probabilities come out.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .anet import ANet
from .fusion import Fusion, signed_scores
from .temporal import PrincipalComponents, TemporalNetwork


class Hybrid(nn.Module):
    """The three trained parts as one network.  Takes videos (B, T, 3, S, S), gives probabilities (B, T, aus).

    Parameters
    ----------
    spatial : ANet
    temporal : TemporalNetwork
    fusion : Fusion
    components : PrincipalComponents, optional
        Of the spatial network's training features; without them the temporal network reads all of fc7.
    factor : float, default 1.0
        What the numbers are multiplied with before the temporal network reads them; ``factor`` of its record.
    frames : int, default 196
        Faces that the spatial network sees at once: a minute of video has more than a memory holds.

    Raises
    ------
    ValueError
        If the parts do not fit together, or from a call, if the faces are not (B, T, 3, S, S).

    Notes
    -----
    Every video begins at its first frame, with an empty memory.  Of videos of different length, fill the shorter ones
    up at the end: a temporal network that reads in one direction does not see what comes later.
    """

    mean: Tensor
    components: Tensor

    def __init__(
        self,
        spatial: ANet,
        temporal: TemporalNetwork,
        fusion: Fusion,
        components: PrincipalComponents | None = None,
        factor: float = 1.0,
        frames: int = 196,
    ) -> None:
        super().__init__()
        self.factor = factor
        self.spatial, self.temporal, self.fusion = spatial, temporal, fusion
        self.frames = frames
        read = spatial.feature_dim
        axes = torch.zeros(0, read) if components is None else torch.from_numpy(components.components.copy())
        mean = torch.zeros(read) if components is None else torch.from_numpy(components.mean.copy())
        self.register_buffer("mean", mean)  # (D,)
        self.register_buffer("components", axes)  # (K, D), no rows: no reduction
        reduced = len(axes) or read
        if axes.shape[1] != read or reduced != temporal.lstm.input_size:
            raise ValueError(f"fc7 has {read} numbers, the principal components take {axes.shape[1]} to {reduced}, the "
                             f"temporal network reads {temporal.lstm.input_size}")  # fmt: skip
        outputs = {spatial.fc8.out_features, temporal.output.out_features, fusion.aus}
        if len(outputs) > 1:
            raise ValueError(f"the parts differ in their number of AUs: {sorted(outputs)}")

    def scores(self, faces: Tensor) -> Tensor:
        """Signed scores of both networks, (B, T, 2, aus), the spatial one first: what the fusion reads.

        Parameters
        ----------
        faces : Tensor, (B, T, 3, S, S)
            S is ``spatial.input_side``; frames in the order of time.

        Returns
        -------
        Tensor, (B, T, 2, aus)
            In [-1, 1], above 0 for present.
        """
        if faces.ndim != 5 or faces.shape[2] != 3:
            raise ValueError(f"faces {tuple(faces.shape)} must be (B, T, 3, S, S)")
        b, t = faces.shape[:2]
        parts = [self.spatial.features_and_logits(part) for part in faces.flatten(0, 1).split(self.frames)]
        features = torch.cat([part[0] for part in parts])  # (B T, D), of length 1
        spatial = signed_scores(torch.cat([part[1] for part in parts]))  # (B T, L)
        if len(self.components):
            features = (features - self.mean) @ self.components.T  # (B T, K)
        temporal, _ = self.temporal(self.factor * features.unflatten(0, (b, t)))  # (B, T, L)
        return torch.stack([spatial.unflatten(0, (b, t)), temporal], dim=-2)  # (B, T, 2, L)

    def spatial_scores(self, faces: Tensor) -> Tensor:
        """Scores of ANet alone, (B, T, aus) in [-1, 1]: 2p - 1 of its probability."""
        return self.scores(faces)[..., 0, :]

    def temporal_scores(self, faces: Tensor) -> Tensor:
        """Scores of the temporal network alone, (B, T, aus) in [-1, 1]."""
        return self.scores(faces)[..., 1, :]

    def forward(self, faces: Tensor) -> Tensor:
        """Probabilities (B, T, aus) of the faces (B, T, 3, S, S) of videos."""
        return torch.sigmoid(self.fusion(self.scores(faces)))  # (B, T, L)
