"""A run that asks what features are arranged by, identity or AU (Hybrid Sec. 4.3)."""

from __future__ import annotations

import time

import numpy as np

from aulib.runs import recorded, results
from aulib.runs.declaration import Declaration
from aulib.runs.runners.activations import before_relu, cached_activations, network_of
from aulib.runs.runners.common import prepared


def representations(fabric, declaration: Declaration, deadline: float | None, progress: bool) -> None:
    """Describe the tested people by hand-made and by learnt features, measure these, write the record.

    The declaration reads two networks: that of the *other* corpus, whose fc7 is the paper's, and that of the same
    corpus, which was trained on other people.
    """
    from aulib.features import from_network

    started = time.monotonic()
    corpus, fold, truth, _ = prepared(declaration, progress)
    other, own = declaration.depends_on
    raw, inputs = network_of(own, trained=False)
    untrained = from_network(
        "untrained", "", "", raw.feature_dim, lambda: raw, lambda faces: inputs.normalised(_centre(faces, inputs.crop))
    )
    learnt = {
        "fc7": lambda rows: np.asarray(cached_activations(other, corpus, fabric, progress)[0][rows], np.float32),
        "fc7-home": lambda rows: np.asarray(cached_activations(own, corpus, fabric, progress)[0][rows], np.float32),
        "fc7-linear": lambda rows: before_relu(other, corpus, rows, fabric),
        "fc7-untrained": lambda rows: untrained(corpus.faces[rows], corpus.landmarks[rows]),
    }
    measure, options = declaration.method_spec.load(), declaration.options_of_model
    files = measure(corpus, fold.test, truth, learnt, seed=declaration.seed, progress=progress, **options)
    about = recorded.about(declaration, corpus, fold, time.monotonic() - started, fabric.device)
    results.write(declaration, about, files)


def _centre(faces: np.ndarray, crop: int) -> np.ndarray:
    from aulib.datasets.alignment import centre_crops

    return centre_crops(faces, np.arange(len(faces)), crop)
