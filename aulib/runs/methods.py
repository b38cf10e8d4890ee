"""METHODS: name -> Method.  What is trained, in which stages, by which recipe, and what the paper said about it.

Light to import: a method names its class as ``module:Class`` and loads it when a run needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Literal

from aulib.errors import AulibError, UnknownName
from aulib.runs.options import ALLOWED, MARGINS
from aulib.training.recipes import OURS, OURS_ANET, OURS_LSTM, PAPER, PAPER_ANET, PAPER_LSTM, YARDSTICK, Recipe, Stage
from aulib.training.task import DETECTION, ORDINAL, Task


@dataclass(frozen=True)
class Runner:
    """What makes the record of a method.

    Parameters
    ----------
    kind : str
        Its name, in the key of every record.
    function : str
        ``module:function``, called with Fabric, declaration, deadline and progress.
    trains : bool
        Something learns by gradient, in stages and by a recipe, which are in the key then.
    distributed : bool
        It can be spread over several devices; what reads other networks is small.
    probes : tuple of str
        That it can take, besides those of faces, which a network has.
    """

    kind: str
    function: str
    trains: bool = False
    distributed: bool = False
    probes: tuple[str, ...] = ()

    def load(self) -> Callable[..., Any]:
        """The function itself."""
        return _loaded(self.function)


NETWORK = Runner("network", "aulib.runs.runners.network:network", trains=True, distributed=True)
TEMPORAL = Runner("temporal", "aulib.runs.runners.temporal:temporal", trains=True, probes=("validation",))
FUSION = Runner("fusion", "aulib.runs.runners.temporal:fusion", trains=True, probes=("validation",))
LINEAR = Runner("linear", "aulib.runs.runners.linear:linear")
REPRESENTATIONS = Runner("representations", "aulib.runs.runners.representations:representations")
TIMING = Runner("timing", "aulib.runs.runners.timing:timing")


def _loaded(target: str) -> Any:
    """What ``module:name`` names."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


@dataclass(frozen=True)
class Method:
    """One row of a table.

    Parameters
    ----------
    name, title : str
    source : str
        Where the paper describes it, and what we chose where it is silent.
    target : str
        ``module:Class`` of the model; for a timing, the function that measures.
    runner : Runner
        What makes its records.
    depends_on : int
        How many runs it reads, besides the network behind a feature ``fc7``.
    task : Task
    stages : tuple of Stage
    options : mapping
        Defaults of its options; `aulib.runs.options` tells those of its data from those of the model.
    losses : mapping of str to str
        Choices of a further option ``loss``, each with a function of ``aulib.losses``.  Its default is the loss of the
        stages.
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
    runner: Runner = NETWORK
    depends_on: int = 0
    task: Task = DETECTION
    stages: tuple[Stage, ...] = (Stage("all"),)
    options: Mapping[str, Any] = field(default_factory=dict)
    losses: Mapping[str, str] = field(default_factory=dict)
    small_options: Mapping[str, Any] = field(default_factory=dict)
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    sees: Literal["faces", "landmarks"] = "faces"
    crop: int = 170
    version: int = 1

    @property
    def kind(self) -> str:
        """Name of its runner."""
        return self.runner.kind

    def load(self) -> Any:
        """The class or function behind the method."""
        return _loaded(self.target)

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
        usual = [("loss", name) for name, function in self.losses.items() if function == self.stages[0].loss]
        known = {**self.options, **dict(usual), **({} if profile == "paper" else self.small_options)}
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
            runner=LINEAR,
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
            "small-cnn-ordinal",
            "4-layer CNN, ordinal",
            "ours: the yardstick with five questions an AU, at least this level? (Frank, Hall 2001; Niu et al. 2016)",
            target="aulib.models.small_cnn:SmallCNNOrdinal",
            task=ORDINAL,
            stages=(Stage("all", loss="ordinal_cross_entropy"),),
            options={"dropout": 0.3},
            recipes=dict.fromkeys(("smoke", "laptop", "gpu"), YARDSTICK),
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
            runner=LINEAR,
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
            runner=LINEAR,
            options={"C": 1e-3, "class_weight": "balanced", "feature": "fc7", "every": 1},
            small_options={"every": 3},
        ),
        Method(
            "lstm",
            "LSTM",
            "Hybrid Sec. 3.2 and 4.2: three LSTMs of 256 cells on the principal components of fc7",
            target="aulib.models.temporal:TemporalNetwork",
            runner=TEMPORAL,
            depends_on=1,
            losses=MARGINS,
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
            runner=FUSION,
            depends_on=2,
            stages=(Stage("all", loss="cross_entropy_over_all_labels"),),
            options={"hidden": 64, "normalised": True, "fits_on": "training"},
            recipes={"paper": PAPER_ANET} | dict.fromkeys(("smoke", "laptop", "gpu"), replace(YARDSTICK, batch=256)),
        ),
        Method(
            "representations",
            "Representations",
            "Hybrid Sec. 4.3, Figs. 3 and 4: what features are arranged by, identity or AU",
            target="aulib.runs.feature_spaces:measure",
            runner=REPRESENTATIONS,
            depends_on=2,
            options={"frames": 4000, "pictured": 1500, "perplexity": 30},
        ),
        Method(
            "timing",
            "Timing",
            "DRML Table 4: time of a training and of a test iteration",
            target="aulib.runs.speed:measure",
            runner=TIMING,
            options={"batch": 32},
        ),
    )
}

#: Kinds of which something learns by gradient.
TRAINED = tuple({method.kind for method in METHODS.values() if method.runner.trains})


def method(name: str) -> Method:
    """A method by name; raises :class:`~aulib.errors.UnknownName` with the names that exist."""
    if name not in METHODS:
        raise UnknownName("method", name, METHODS)
    return METHODS[name]
