"""A run that trains a linear classifier for each AU on features that it is given."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from aulib.corpus import Corpus
from aulib.datasets import load
from aulib.progress import bar as progress_bar
from aulib.runs import recorded, results
from aulib.runs.declaration import Declaration
from aulib.runs.runners.common import has_points, prepared, sigmoid

Describe = Callable[[Corpus, np.ndarray, str], np.ndarray]


def linear(fabric, declaration: Declaration, deadline: float | None, progress: bool) -> None:
    """Describe the frames, fit, test, write the record.

    Options of the method besides those of the classifier: ``feature`` is ``sift``, a key of
    ``aulib.features.FEATURES``, or ``fc7`` of the network that the declaration reads; with ``every`` only each so
    many-th training frame is used.
    """
    started = time.monotonic()
    data = declaration.options_of_data
    feature = data.get("feature", "sift")
    corpus, fold, truth, sample = prepared(declaration, progress)
    describe = _describing(feature, fabric, declaration, progress)
    classifier = declaration.method_spec.load()(**declaration.options_of_model)
    sample = sample[:: data.get("every", 1)]
    classifier.fit(describe(corpus, sample, "training features"), truth[sample])
    files: dict[str, Any] = {}
    targets = [load(name, **declaration.corpus_options(name), progress=progress) for name, _ in declaration.test_on]
    for target, rows in ((corpus, fold.test), *((target, np.arange(len(target))) for target in targets)):
        scores = sigmoid(classifier.decision(describe(target, rows, f"tested on {target.name}")))
        files[target.name] = recorded.predictions(target, rows, scores)
    if feature == "sift":
        files["probe-patches"] = {"importance": classifier.patch_importance()}
    files["weights"] = classifier.to_arrays()
    about = recorded.about(declaration, corpus, fold, time.monotonic() - started, "cpu", targets)
    results.write(declaration, about | {"training_frames": len(sample)}, files)


def _describing(feature: str, fabric, declaration: Declaration, progress: bool) -> Describe:
    """Function from frames of a corpus to their features."""
    if feature == "fc7":
        from aulib.runs.runners.activations import cached_activations

        reading = declaration.depends_on[0]
        return lambda of, rows, _: cached_activations(reading, of, fabric, progress)[0][rows].astype(np.float32)
    one: Callable[[np.ndarray, np.ndarray], np.ndarray]
    if feature == "sift":
        from aulib.models.sift import INNER as needs
        from aulib.models.sift import sift_at_landmarks as one
    else:
        from aulib.features import FEATURES

        one, needs = FEATURES[feature], FEATURES[feature].needs

    def describe(of: Corpus, rows: np.ndarray, title: str) -> np.ndarray:
        has_points(declaration.label, of, rows, needs)
        chunks = [rows[start : start + 256] for start in range(0, len(rows), 256)]
        bar = progress_bar(chunks, desc=f"{declaration.label}, {title}", disable=not progress)
        return np.concatenate([one(of.faces[chunk], of.landmarks[chunk]) for chunk in bar])

    return describe
