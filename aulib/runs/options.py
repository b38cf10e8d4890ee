"""Options of methods and what each can be: those of the data that a method is given, of the model, and of the loss."""

from __future__ import annotations

from aulib.values import Allowed, Number, OneOf, Whole

#: Features that a linear classifier can be given: SIFT, fc7 of a network that is read, `aulib.features.FEATURES`.
FEATURES = ("sift", "fc7", "shape", "landmarks", "gabor", "gabor-landmarks", "hog", "identity", "projection", "untrained")

#: Losses of scores in [-1, 1], by the option of a temporal network.
MARGINS = {
    "margin": "margin_loss",
    "margin-printed": "margin_loss_as_printed",
    "cross-entropy": "cross_entropy_of_scores",
}

#: Options of what a method is given -> values that they can have.
DATA: dict[str, Allowed] = {
    "components": Whole(0),  # 0: no principal components are taken
    "every": Whole(1),
    "feature": OneOf(FEATURES),
    "fits_on": OneOf(("training", "validation")),
    "least": Number(0),
    "length": Whole(1),
    "order": OneOf(("time", "shuffled")),
    "piece": Whole(1),
    "silent": Whole(0),
    "spread": Number(0),
}

#: Option -> values that it can have, in every method that has it.  They are checked when a run is declared: the model,
#: whose import takes seconds, would say so only after corpora are loaded.
ALLOWED: dict[str, Allowed] = {
    **DATA,
    "C": Number(0, between=True),
    "after_pool": OneOf(("lrn", "batch", "none")),
    "batch": Whole(1, 4096),
    "bidirectional": OneOf((True, False)),
    "cells": Whole(1, 4096),
    "class_weight": OneOf(("balanced", None)),
    "depth": Whole(0, 3),
    "dropout": Number(0, 0.99),
    "emulate_slip": OneOf((True, False)),
    "frames": Whole(10),
    "grid": OneOf((1, 2, 4, 5, 8, 10, 16, 20, 40, 80)),  # divides a map of 80 pixels, and so one of 160
    "hidden": Whole(1, 65536),
    "init": OneOf(("caffe", "torch", "he")),
    "layers": Whole(1, 32),
    "loss": OneOf(tuple(MARGINS)),
    "normalised": OneOf((True, False)),
    "perplexity": Whole(1),
    "pictured": Whole(1),
    "reading": OneOf(("a", "b")),
    "region_norm": OneOf(("plain", "affine", "none")),
    "relu_after_conv1": OneOf((True, False)),
    "shared_block": OneOf((True, False)),
    "skip": OneOf((True, False)),
}
