"""The temporal network of the Hybrid paper: three stacked LSTMs over the features of a video's frames.

    W.-S. Chu, F. De la Torre, J. F. Cohn: Learning Facial Action Units with Spatiotemporal Cues and Multi-label
    Sampling, Image and Vision Computing 81, 2019, Sec. 3.2 and 4.2, Fig. 2 (c).
    S. Hochreiter, J. Schmidhuber: Long Short-Term Memory, Neural Computation 9 (8), 1997; with the forget gate of
    F. Gers, J. Schmidhuber, F. Cummins, Neural Computation 12 (10), 2000.

The features of a frame, fc7 of ANet, are reduced by PCA to x_t.  Each layer has a memory c and an output h, and for
each of its cells four sums, of which three open and close gates:

    i = sigmoid(Wi [x_t, h_{t-1}] + bi)      what is written          g = tanh(Wg [x_t, h_{t-1}] + bg)   the new content
    f = sigmoid(Wf [x_t, h_{t-1}] + bf)      what is kept             c_t = f * c_{t-1} + i * g
    o = sigmoid(Wo [x_t, h_{t-1}] + bo)      what is shown            h_t = o * tanh(c_t)

The layer above takes h_t for its x_t; the scores are tanh(V h_t + d) of the last one, in [-1, 1].

|                              | parameters, one bias a gate                     |
|------------------------------|-------------------------------------------------|
| layer 1, 1024 -> 256         | 4 x 256 x (1024 + 256 + 1) = 1,311,744          |
| layers 2 and 3, 256 -> 256   | 2 x 4 x 256 x (256 + 256 + 1) = 2 x 525,312     |
| output 256 -> 12             | 3,084                                           |
| all                          | 2,365,452 (from 4096 features 5,511,180)        |

The paper says 0.2 million behind PCA and dropout.  No standard stack of this size has so few, and dropout removes none.
PyTorch keeps two biases a gate, one beside the features and one beside the output; their sum is all that counts.  The
second one is zero here and is not trained, or biases would learn at twice the rate.

Training, in the paper: RMSProp, rate 1e-3, momentum 0.9, "weight decay 0.97", the weights uniform in [-0.08, 0.08],
dropout 0.5 on input and hidden layers, the loss :func:`aulib.losses.margin_loss`; frames as in
:mod:`aulib.models.sequences`.  A weight decay of 0.97 would leave nothing of the weights.  Together with the 0.08 it is
the mark of a widely used trainer of the time, where 0.97 multiplies the learning rate after every pass, RMSProp
forgets with 0.95 and gradients are cut at 5: our reading, as are its forget-gate biases of 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import linalg
from torch import Tensor, nn

State = tuple[Tensor, Tensor]


class TemporalNetwork(nn.Module):
    """Stacked LSTMs with one score an AU and frame.  Takes features (B, T, features), gives scores (B, T, aus).

    Parameters
    ----------
    aus : int, default 12
        Number of outputs, one an AU.
    features : int, default 1024
        Length of a frame's feature vector, behind PCA.
    cells : int, default 256
        Memory cells of each layer (and of each direction).
    layers : int, default 3
    dropout : float, default 0.5
        On the input and on the output of every layer, drawn anew for every frame.
    forget_bias : float or None, default 1.0
        Bias of the forget gates at the start: 1 keeps a memory from the first step on.  None draws it like all others.
    bidirectional : bool, default False
        A second stack of equal size that reads from the last frame to the first, the extension that the paper's
        Sec. 4.4 asks for.  A score then depends on the whole sequence that is given.
    init_range : float, default 0.08
        Weights and biases start uniform within plus and minus this.

    Attributes
    ----------
    feature_dim : int
        Length of the last hidden layer.
    never_trained : tuple of str
        Part of the names of parameters that stay as they are: PyTorch's second biases.
    """

    never_trained = ("bias_hh",)

    def __init__(
        self,
        aus: int = 12,
        features: int = 1024,
        cells: int = 256,
        layers: int = 3,
        dropout: float = 0.5,
        forget_bias: float | None = 1.0,
        bidirectional: bool = False,
        init_range: float = 0.08,
    ) -> None:
        super().__init__()
        self.bidirectional = bidirectional
        self.feature_dim = cells * (2 if bidirectional else 1)
        between = dropout if layers > 1 else 0.0  # PyTorch warns about dropout between the layers of one layer
        self.lstm = nn.LSTM(features, cells, layers, batch_first=True, dropout=between, bidirectional=bidirectional)
        self.output = nn.Linear(self.feature_dim, aus)
        self.dropout = nn.Dropout(dropout)
        for name, parameter in self.named_parameters():
            nn.init.uniform_(parameter, -init_range, init_range)
            if "bias_hh" in name:
                nn.init.zeros_(parameter)
                parameter.requires_grad_(False)
            elif "bias_ih" in name and forget_bias is not None:
                nn.init.constant_(parameter.data[cells : 2 * cells], forget_bias)  # order of the gates: i, f, g, o

    def features(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State | None]:
        """Last hidden layer of every frame, and the state behind the last frame.

        Parameters
        ----------
        x : Tensor, (B, T, features)
        state : pair of Tensor, each (layers, B, cells), optional
            From the call on the frames before; None where a sequence begins.

        Returns
        -------
        Tensor, (B, T, feature_dim)
            In (-1, 1).
        pair of Tensor, or None
            h and c behind frame T; detach them (:func:`detached`) to end back-propagation there.  None from a
            bidirectional network.

        Raises
        ------
        ValueError
            If a state is given to a bidirectional network: its second stack would need that of the frames to come.
        """
        if self.bidirectional and state is not None:
            raise ValueError("a bidirectional network reads a sequence whole; it takes no state of the frames before")
        hidden, behind = self.lstm(self.dropout(x), state)  # (B, T, 256), 2 x (3, B, 256)
        return hidden, None if self.bidirectional else behind

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State | None]:
        """Scores (B, T, aus) in [-1, 1], above 0 for present, and the state; arguments as for :meth:`features`."""
        hidden, state = self.features(x, state)  # (B, T, 256)
        return torch.tanh(self.output(self.dropout(hidden))), state  # (B, T, L)

    def in_pieces(self, x: Tensor, piece: int = 1300) -> Tensor:
        """Scores of long sequences, `piece` frames at a time with the state handed on: memory does not grow with T.

        The same as ``self(x)`` in evaluation mode.  A bidirectional network is given the sequence whole.

        Parameters
        ----------
        x : Tensor, (B, T, features)
        piece : int, default 1300

        Returns
        -------
        Tensor, (B, T, aus)
            Without gradient.
        """
        state, out = None, []
        with torch.no_grad():
            for part in x.split(x.shape[1] if self.bidirectional else piece, dim=1):  # (B, <= piece, features)
                scores, state = self(part, state)
                out.append(scores)
        return torch.cat(out, dim=1)  # (B, T, L)


def detached(state: State | None) -> State | None:
    """The same state without its history: back-propagation through time ends here."""
    return None if state is None else (state[0].detach(), state[1].detach())


@dataclass(frozen=True)
class PrincipalComponents:
    """PCA of the features (Hybrid Sec. 3.2): "to 1024-D (preserving 98 % energy)".  Made by :meth:`fit`.

    Attributes
    ----------
    mean : ndarray of float32, (D,)
    components : ndarray of float32, (K, D)
        Orthonormal rows, by falling variance; the largest entry of each is positive, so that signs do not depend on
        the library.
    variances : ndarray of float64, (K,)
        Variance of the training features along each.
    total : float
        Variance along all D of them.
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    variances: NDArray[np.float64]
    total: float

    @classmethod
    def fit(
        cls, features: np.ndarray, components: int | None = 1024, energy: float | None = None
    ) -> PrincipalComponents:
        """Principal components of the *training* features.

        Both numbers of the paper describe the same projection of its own features; for others they differ, so one can
        ask for either, or for the smaller of the two.

        Parameters
        ----------
        features : ndarray of float, (N, D)
        components : int or None, default 1024
            Number to keep, at most.  D features or N frames give no more than min(D, N - 1), which is then taken.
        energy : float, optional
            Share of the variance to keep, within (0, 1]: the fewest components that reach it.

        Returns
        -------
        PrincipalComponents

        Raises
        ------
        ValueError
            If there are fewer than two frames, or no variance, or a number is out of its range.
        """
        n, d = features.shape
        if n < 2 or (components is not None and components < 1) or (energy is not None and not 0 < energy <= 1):
            raise ValueError(f"PCA of {n} frames with components {components} and energy {energy}: expected at least 2 "
                             "frames, at least 1 component, an energy in (0, 1]")  # fmt: skip
        mean = features.mean(axis=0, dtype=np.float64)
        scatter = np.zeros((d, d))
        for start in range(0, n, 4096):  # a double copy of all frames would take gigabytes
            block = features[start : start + 4096] - mean
            scatter += block.T @ block
        scatter /= n - 1
        total = float(np.trace(scatter))
        if not total > 0:
            raise ValueError(f"the features of all {n} frames are the same or not finite, so they have no components")
        most = min(d, n - 1, d if components is None else components)
        variances, vectors = linalg.eigh(scatter, subset_by_index=(d - most, d - 1), overwrite_a=True)
        variances, vectors = np.maximum(variances[::-1], 0), vectors[:, ::-1].T  # (K,), (K, D)
        if energy is not None:
            reached = np.cumsum(variances) / total >= energy - 1e-9  # all of it is reached but for rounding
            kept = int(reached.argmax()) + 1 if reached.any() else most
            variances, vectors = variances[:kept], vectors[:kept]
        largest = np.abs(vectors).argmax(axis=1)[:, None]
        vectors = vectors * np.sign(np.take_along_axis(vectors, largest, axis=1))
        return cls(mean.astype(np.float32), vectors.astype(np.float32), variances, total)

    def arrays(self) -> dict[str, np.ndarray]:
        """What :meth:`of` needs, as plain arrays."""
        return {**vars(self), "total": np.array(self.total)}

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> PrincipalComponents:
        """Inverse of :meth:`arrays`."""
        return cls(arrays["mean"], arrays["components"], arrays["variances"], float(np.asarray(arrays["total"]).item()))

    @property
    def energy(self) -> float:
        """Share of the training features' variance that is kept, in (0, 1]."""
        return float(self.variances.sum() / self.total)

    def __call__(self, features: np.ndarray) -> NDArray[np.float32]:
        """Coordinates (N, K) of features (N, D).  Not whitened: directions keep their variances."""
        centred = features.astype(np.float32, copy=False) - self.mean  # (N, D)
        return np.asarray(centred @ self.components.T, np.float32)  # (N, K)
