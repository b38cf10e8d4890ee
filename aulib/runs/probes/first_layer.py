"""The first layer: Hybrid Fig. 2 (d) and (e)."""

from __future__ import annotations

import numpy as np

from aulib.errors import AulibError

from .trained import Trained


def filters(run: Trained) -> dict[str, np.ndarray]:
    """Weights of the first convolution, and how much of each filter is colour (Hybrid Sec. 3.1, Fig. 2 (d), (e)).

    Returns
    -------
    dict
        ``trained`` and ``untrained``, float16 (K, 3, h, w); ``chroma`` and ``untrained_chroma``, float32 (K,), of
        :func:`chroma_share`.

    Raises
    ------
    AulibError
        If the network has no convolution over three colours.
    """
    from torch import nn

    out = {}
    for name, model in (("trained", run.model), ("untrained", run.untrained)):
        first = next((layer for layer in model.modules() if isinstance(layer, nn.Conv2d)), None)
        if first is None or first.weight.shape[1] != 3:
            raise AulibError(f"{type(model).__name__} has no convolution over three colours: drop its probe 'filters'")
        weights = first.weight.detach().float().cpu().numpy()
        out[name] = weights.astype(np.float16)
        out["chroma" if name == "trained" else "untrained_chroma"] = chroma_share(weights)
    return out


def chroma_share(weights: np.ndarray) -> np.ndarray:
    """Share of a filter's energy that a grey face cannot excite.

    Parameters
    ----------
    weights : ndarray, shape (K, 3, h, w)

    Returns
    -------
    ndarray of float32, shape (K,)
        Energy outside the grey axis (1, 1, 1) / sqrt(3), over all of it: 0 for a filter of brightness alone, 1 for one
        that answers to differences of colours alone, 2/3 expected of weights that know of no colour.  NaN for a filter
        of zeros.
    """
    w = np.asarray(weights, float)
    energy = (w**2).sum(axis=(1, 2, 3))
    grey = (w.sum(axis=1) ** 2 / 3).sum(axis=(1, 2))  # squared length of the projection
    with np.errstate(invalid="ignore"):
        return (1 - grey / energy).astype(np.float32)
