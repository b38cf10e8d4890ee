"""Initial weights: the fillers of the authors' Caffe files, and two ways that suit today's recipes.

"caffe"
    What the networks of the DRML paper started from: Gaussian weights of a fixed size, most biases 1.  Made for
    images in 0 ... 255 minus their mean and for many thousand steps; on images of unit variance the signal
    shrinks from layer to layer and a short training does not get off the ground.
"torch"
    PyTorch's defaults, uniform within 1 / sqrt(fan in).
"he"
    K. He, X. Zhang, S. Ren, J. Sun: Delving Deep into Rectifiers, ICCV 2015: variance 2 / fan in keeps the size of
    a signal through ReLU layers, biases 0; the output layer starts small (0.01).  For images of unit variance.
"""

from __future__ import annotations

import math
from typing import cast

from torch import Tensor, nn

from .local import LocallyConnected2d

INITS = ("caffe", "torch", "he")

Fillers = dict[str, tuple[float, float]]


def initialise(network: nn.Module, init: str, caffe: Fillers, output: str = "fc8") -> None:
    """Draw all weights of a network anew from torch's random state.

    Parameters
    ----------
    network : nn.Module
    init : {"caffe", "torch", "he"}
    caffe : dict
        Name of each layer -> (standard deviation of its weights, constant of its biases).
    output : str
        Name of the output layer.

    Raises
    ------
    ValueError
        If there is no such initialisation.
    """
    if init not in INITS:
        raise ValueError(f"init is {init!r}, not one of {INITS}")
    for name, layer in network.named_modules():
        if init == "torch":
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
        elif isinstance(layer, nn.Conv2d | nn.Linear | LocallyConnected2d):
            weight, bias = cast(Tensor, layer.weight), cast(Tensor, layer.bias)
            if init == "caffe":
                std, constant = caffe[name]
            else:
                # [P, K, O] untied, (O, I, kh, kw) tied, (O, I) full
                fan_in = weight.shape[1] if isinstance(layer, LocallyConnected2d) else weight[0].numel()
                std, constant = (0.01 if name == output else math.sqrt(2 / fan_in)), 0.0
            nn.init.normal_(weight, 0.0, std)
            nn.init.constant_(bias, constant)
