"""A run that trains a linear classifier for each AU on features that it is given."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from aulib.runs import recorded, results
from aulib.datasets import load
from aulib.corpus import Corpus
from aulib.runs.declaration import Declaration
from aulib.runs.methods import method
from aulib.progress import bar as progress_bar
from aulib.runs.runners.common import has_points, prepared, sigmoid

Describe = Callable[[Corpus, np.ndarray, str], np.ndarray]


def linear(declaration: Declaration, deadline: float | None, progress: bool) -> results.Record:
    """Describe the frames, fit, test, write the record.

    Options of the method besides those of the classifier: ``feature`` is ``sift``, a key of
    ``aulib.features.FEATURES``, or ``fc7`` of the network that the declaration reads; with ``every`` only each so
    many-th training frame is used.
    """
    started = time.monotonic()
    what = method(declaration.method)
    options = what.resolved_options(declaration.profile, declaration.options)
    feature, every = options.pop("feature", "sift"), options.pop("every", 1)
    corpus, fold, truth, sample = prepared(declaration, progress)
    describe = _describing(feature, declaration, progress)
    classifier = what.load()(**options)
    sample = sample[::every]
    classifier.fit(describe(corpus, sample, "training features"), truth[sample])
    files: dict[str, Any] = {
        corpus.name: recorded.predictions(
            corpus, fold.test, sigmoid(classifier.decision(describe(corpus, fold.test, "test features")))
        )
    }
    targets = [load(name, **declaration.corpus_options(name), progress=progress) for name, _ in declaration.test_on]
    for target in targets:
        rows = np.arange(len(target))
        scores = sigmoid(classifier.decision(describe(target, rows, target.name)))
        files[target.name] = recorded.predictions(target, rows, scores)
    if feature == "sift":
        files["probe-patches"] = {"importance": classifier.patch_importance()}
    files["weights"] = classifier.to_arrays()
    about = recorded.about(declaration, corpus, fold, time.monotonic() - started, "cpu", targets)
    return results.write(declaration, about | {"training_frames": len(sample), "outputs": list(corpus.aus)}, files)


def _describing(feature: str, declaration: Declaration, progress: bool) -> Describe:
    """Function from frames of a corpus to their features."""
    if feature == "fc7":
        from lightning_fabric import Fabric

        from aulib.runs.runners.activations import cached_activations

        fabric = Fabric(accelerator="auto", devices=1)
        return lambda of, rows, title: cached_activations(declaration.depends_on[0], of, fabric, progress)[0][rows].astype(np.float32)
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
