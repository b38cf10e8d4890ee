"""Networks, one architecture a file; each file opens with its paper and its equations.

Every network of faces takes ``aus`` (number of outputs) and ``scale`` (1.0 the paper's size, 0.5 for laptops), has the
attributes ``input_side`` and ``feature_dim``, the method ``features(x) -> (B, feature_dim)``, and returns logits (B,
aus), or (B, aus, 5) from an ordinal output.  ``TemporalNetwork`` and ``Fusion`` stand behind one and take its features
or scores; ``Hybrid`` joins all three.

Names are loaded at first use, so that importing this package does not import torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .alexnet import AlexNet as AlexNet
    from .anet import ANet as ANet
    from .convnet import ConvNet as ConvNet
    from .drml import DRML as DRML
    from .fusion import Fusion as Fusion
    from .hybrid import Hybrid as Hybrid
    from .lcn import LCN as LCN
    from .local import LocallyConnected2d as LocallyConnected2d
    from .region import RegionLayer as RegionLayer
    from .sift import LinearSVM as LinearSVM
    from .small_cnn import SmallCNN as SmallCNN
    from .small_cnn import SmallCNNOrdinal as SmallCNNOrdinal
    from .temporal import PrincipalComponents as PrincipalComponents
    from .temporal import TemporalNetwork as TemporalNetwork

#: Public name -> file of this package.
_HOME = {
    "DRML": "drml",
    "ConvNet": "convnet",
    "LCN": "lcn",
    "AlexNet": "alexnet",
    "SmallCNN": "small_cnn",
    "SmallCNNOrdinal": "small_cnn",
    "ANet": "anet",
    "TemporalNetwork": "temporal",
    "PrincipalComponents": "temporal",
    "Fusion": "fusion",
    "Hybrid": "hybrid",
    "LinearSVM": "sift",
    "RegionLayer": "region",
    "LocallyConnected2d": "local",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(_HOME)
