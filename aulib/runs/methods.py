"""METHODS: name -> Method.  What is trained, in which stages, by which recipe, and what the paper said about it.

Light to import: a method names its class as ``module:Class`` and loads it when a run needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Literal

from aulib.errors import AulibError, UnknownName
from aulib.training.recipes import OURS, OURS_ANET, OURS_LSTM, PAPER, PAPER_ANET, PAPER_LSTM, YARDSTICK, Recipe, Stage
from aulib.values import Allowed, Number, OneOf, Whole


@dataclass(frozen=True)
class Method:
    """One row of a table.

    Parameters
    ----------
    name, title : str
    source : str
        Where the paper describes it, and what we chose where it is silent.
    kind : {'network', 'linear', 'temporal', 'fusion', 'representations', 'timing'}
    target : str
        ``module:Class`` of the model; for a timing, the function that measures.
    stages : tuple of Stage
    options : mapping
        Defaults of the model's options.
    small_options : mapping
        What the profiles with our own recipes change, printed with every record.
    recipes : mapping of str to Recipe
        By profile.
    sees : {'faces', 'landmarks'}
        What a network is given.
    crop : int
        Side of the square that it sees, of a face of 200 pixels.
    version : int
        Raise it when the behaviour of the model changes: run keys depend on it.
    """

    name: str
    title: str
    source: str
    target: str
    kind: Literal["network", "linear", "temporal", "fusion", "representations", "timing"] = "network"
    stages: tuple[Stage, ...] = (Stage("all"),)
    options: Mapping[str, Any] = field(default_factory=dict)
    small_options: Mapping[str, Any] = field(default_factory=dict)
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    sees: Literal["faces", "landmarks"] = "faces"
    crop: int = 170
    version: int = 1

    def load(self) -> Any:
        """The class or function behind the method."""
        module, _, name = self.target.partition(":")
        return getattr(import_module(module), name)

    def recipe(self, profile: str) -> Recipe:
        """The recipe under a profile."""
        return self.recipes.get(profile, PAPER if profile == "paper" else OURS)

    def resolved_options(self, profile: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Options of a run: the method's, then the profile's, then the declaration's.

        Raises
        ------
        AulibError
            If the method has no such option, or it cannot have this value; the message says which it can.
        """
        known = {**self.options, **({} if profile == "paper" else self.small_options)}
        unknown = [name for name in given if name not in known]
        if unknown:
            raise AulibError(f"method {self.name!r} has no option {unknown[0]!r}; it has {', '.join(sorted(known))}")
        said = {name: ALLOWED[name](value, f"method {self.name!r}: option {name}") for name, value in given.items()}
        options = {**known, **said}
        if "piece" in options and options["silent"] >= options["piece"]:
            raise AulibError(
                f"method {self.name!r}: option silent is {options['silent']}, and so none of the {options['piece']} "
                f"frames of a piece would be learnt from; expected less than option piece"
            )
        return options


#: Features that a linear classifier can be given: SIFT, fc7 of a network that is read, `aulib.features.FEATURES`.
LINEAR = ("sift", "fc7", "shape", "landmarks", "gabor", "gabor-landmarks", "hog", "identity", "projection", "untrained")

#: Option -> values that it can have, in every method that has it.  They are checked when a run is declared: the model,
#: whose import takes seconds, would say so only after corpora are loaded.
ALLOWED: dict[str, Allowed] = {
    "C": Number(0, between=True),
    "after_pool": OneOf(("lrn", "batch", "none")),
    "batch": Whole(1, 4096),
    "bidirectional": OneOf((True, False)),
    "cells": Whole(1, 4096),
    "class_weight": OneOf(("balanced", None)),
    "components": Whole(0),  # 0: no principal components are taken
    "depth": Whole(0, 3),
    "dropout": Number(0, 0.99),
    "emulate_slip": OneOf((True, False)),
    "every": Whole(1),
    "feature": OneOf(LINEAR),
    "fits_on": OneOf(("training", "validation")),
    "frames": Whole(10),
    "grid": OneOf((1, 2, 4, 5, 8, 10, 16, 20, 40, 80)),  # divides a map of 80 pixels, and so one of 160
    "hidden": Whole(1, 65536),
    "init": OneOf(("caffe", "torch", "he")),
    "layers": Whole(1, 32),
    "least": Number(0),
    "length": Whole(1),
    "loss": OneOf(("margin", "margin-printed", "cross-entropy")),
    "normalised": OneOf((True, False)),
    "order": OneOf(("time", "shuffled")),
    "perplexity": Whole(1),
    "pictured": Whole(1),
    "piece": Whole(1),
    "reading": OneOf(("a", "b")),
    "region_norm": OneOf(("plain", "affine", "none")),
    "relu_after_conv1": OneOf((True, False)),
    "shared_block": OneOf((True, False)),
    "silent": Whole(0),
    "skip": OneOf((True, False)),
    "spread": Number(0),
}

#: Kinds of which something learns by gradient, in stages and by a recipe.
TRAINED = ("network", "temporal", "fusion")

ANET = Method(
    "anet",
    "ANet",
    "Hybrid Sec. 3.1 and 4.2: AlexNet on crops of 176 px, sizes of its layers not printed; ours are CaffeNet's",
    target="aulib.models.anet:ANet",
    stages=(Stage("all", loss="cross_entropy_over_all_labels"),),
    options={"init": "caffe", "dropout": 0.5},
    small_options={"init": "he", "dropout": 0.2},
    recipes={"paper": PAPER_ANET} | dict.fromkeys(("smoke", "laptop", "gpu"), OURS_ANET),
    crop=176,
)


def _sampled(sampler: str, words: str) -> Method:
    """ANet with batches drawn otherwise."""
    stages = tuple(replace(stage, sampler=sampler) for stage in ANET.stages)
    return replace(ANET, name=f"anet-{sampler}", title=f"ANet, {words}", source="Hybrid Sec. 5", stages=stages)


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "lsvm",
            "LSVM",
            "DRML Sec. 4.1: LIBLINEAR on SIFT at 49 landmarks, 6272-D; C and class weights are not printed",
            target="aulib.models.sift:LinearSVM",
            kind="linear",
            options={"C": 1e-3, "class_weight": "balanced"},
        ),
        Method(
            "alexnet",
            "AlexNet",
            "DRML Sec. 4.1 and the authors' prototxt, which is CaffeNet",
            target="aulib.models.alexnet:AlexNet",
            options={"init": "caffe", "dropout": 0.5},
            small_options={"init": "he"},
        ),
        Method(
            "convnet",
            "ConvNet",
            "DRML Sec. 3.2: DRML without the region layer",
            target="aulib.models.convnet:ConvNet",
            options={"init": "caffe", "after_pool": "lrn", "dropout": 0.5, "shared_block": False},
            small_options={"init": "he"},
        ),
        Method(
            "lcn",
            "LCN",
            "DRML Sec. 4.1: ConvNet with a locally connected layer; the layer is not named, we untie "
            "the one in the place of the region layer",
            target="aulib.models.lcn:LCN",
            options={"init": "caffe", "after_pool": "lrn", "dropout": 0.5, "reading": "a"},
            small_options={"init": "he"},
        ),
        Method(
            "drml",
            "DRML",
            "DRML Fig. 2, Sec. 3.1-3.2 and the authors' prototxt",
            target="aulib.models.drml:DRML",
            options={
                "init": "caffe",
                "grid": 8,
                "region_norm": "plain",
                "skip": True,
                "after_pool": "lrn",
                "relu_after_conv1": False,
                "emulate_slip": False,
                "dropout": 0.5,
            },
            small_options={"init": "torch"},
        ),
        Method(
            "small-cnn",
            "4-layer CNN",
            "ours: a plain yardstick, four convolutions and an output that knows the place",
            target="aulib.models.small_cnn:SmallCNN",
            options={"dropout": 0.3},
            recipes=dict.fromkeys(("smoke", "laptop", "gpu"), YARDSTICK),
            version=2,
        ),
        Method(
            "landmark-net",
            "landmark network",
            "ours: a yardstick that is given the true 68 landmarks and no picture, as many parameters as the CNN",
            target="aulib.models.landmark_net:LandmarkNet",
            options={"dropout": 0.3, "depth": 3},
            recipes=dict.fromkeys(("smoke", "laptop", "gpu"), YARDSTICK),
            sees="landmarks",
        ),
        Method(
            "svm-hog",
            "SVM",
            "Hybrid Sec. 4.4: a linear SVM on HOG; cell sizes, C and class weights are not printed",
            target="aulib.models.sift:LinearSVM",
            kind="linear",
            options={"C": 1e-3, "class_weight": "balanced", "feature": "hog", "every": 1},
            small_options={"every": 3},
        ),
        ANET,
        _sampled("stratified", "stratified batches"),
        _sampled("momu", "MOMU batches"),
        Method(
            "svm-fc7",
            "ANet^T",
            "Hybrid Sec. 4.4: a linear SVM on fc7 of an ANet that was trained on the other corpus",
            target="aulib.models.sift:LinearSVM",
            kind="linear",
            options={"C": 1e-3, "class_weight": "balanced", "feature": "fc7", "every": 1},
            small_options={"every": 3},
        ),
        Method(
            "lstm",
            "LSTM",
            "Hybrid Sec. 3.2 and 4.2: three LSTMs of 256 cells on the principal components of fc7",
            target="aulib.models.temporal:TemporalNetwork",
            kind="temporal",
            stages=(Stage("all", loss="margin_loss"),),
            options={
                "cells": 256,
                "layers": 3,
                "dropout": 0.5,
                "bidirectional": False,
                "components": 1024,
                "length": 1300,
                "piece": 130,
                "silent": 10,
                "least": 1.5,
                "order": "time",
                "loss": "margin",
                "spread": 0.0,
            },
            # A second has 25 frames in the paper and some 4 here, so a start of as many seconds has fewer.  Numbers of
            # a vector of length one are so small that the first gates hardly move within a short training.
            small_options={"cells": 128, "components": 512, "dropout": 0.2, "silent": 2, "spread": 2.0},
            recipes={"paper": PAPER_LSTM} | dict.fromkeys(("smoke", "laptop", "gpu"), OURS_LSTM),
        ),
        Method(
            "hybrid",
            "Hybrid",
            "Hybrid Sec. 3.3: two fully connected layers over the scores of ANet and LSTM; widths not printed",
            target="aulib.models.fusion:Fusion",
            kind="fusion",
            stages=(Stage("all", loss="cross_entropy_over_all_labels"),),
            options={"hidden": 64, "normalised": True, "fits_on": "training"},
            recipes={"paper": PAPER_ANET} | dict.fromkeys(("smoke", "laptop", "gpu"), replace(YARDSTICK, batch=256)),
        ),
        Method(
            "representations",
            "Representations",
            "Hybrid Sec. 4.3, Figs. 3 and 4: what features are arranged by, identity or AU",
            target="aulib.runs.feature_spaces:measure",
            kind="representations",
            options={"frames": 4000, "pictured": 1500, "perplexity": 30},
        ),
        Method(
            "timing",
            "Timing",
            "DRML Table 4: time of a training and of a test iteration",
            target="aulib.runs.speed:measure",
            kind="timing",
            options={"batch": 32},
        ),
    )
}


def method(name: str) -> Method:
    """A method by name; raises :class:`~aulib.errors.UnknownName` with the names that exist."""
    if name not in METHODS:
        raise UnknownName("method", name, METHODS)
    return METHODS[name]
