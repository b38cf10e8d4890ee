"""PROBES: small measurements on a trained network that a figure or a claim needs, stored beside its record.

A probe is taken when a run ends, or later from its weights; it is in no run key, so adding one trains nothing again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .first_layer import filters
from .frames import readout, sparsity, validation
from .pictures import activation
from .regions import FIGURE_4_AUS, hidden_region, saliency
from .trained import Trained

#: Name in a declaration -> function of a trained run to arrays.
PROBES: dict[str, Callable[[Trained], dict[str, np.ndarray]]] = {
    "sparsity": sparsity,
    "readout": readout,
    "saliency": saliency,
    "hidden-region": hidden_region,
    "validation": validation,
    "filters": filters,
    "activation": activation,
}

__all__ = ["FIGURE_4_AUS", "PROBES", "Trained"]
