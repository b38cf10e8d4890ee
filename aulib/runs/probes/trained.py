"""What a probe may look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from aulib.corpus import Corpus
from aulib.training.inputs import Inputs


@dataclass
class Trained:
    """What a probe may look at.

    Parameters
    ----------
    model, untrained : torch.nn.Module
        The network, and a twin with the same initialisation that never saw a face.
    aus : tuple of int
        What its outputs stand for.
    inputs : Inputs
        Normalisation of the training corpus.
    test_rows : ndarray of int
        Test frames of the training corpus.
    targets : list of (Corpus, Protocol)
        Corpora the run is tested on besides.
    fabric : lightning_fabric.Fabric
    corpus : Corpus
        What it was trained and tested on.
    validation_rows : ndarray of int
        Its frames of the people on whom the best weights were chosen.
    image_steps : int
        How long it was trained: a probe that takes minutes need not dwell on a network that only proves that it runs.
    """

    model: Any
    untrained: Any
    aus: tuple[int, ...]
    inputs: Inputs
    test_rows: np.ndarray
    targets: list[tuple[Corpus, Any]]
    fabric: Any
    corpus: Corpus
    validation_rows: np.ndarray
    image_steps: int = 1_000_000
