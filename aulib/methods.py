"""METHODS: name -> Method.  What is trained, in which stages, by which recipe, and what the paper said about it.

Light to import: a method names its class as ``module:Class`` and loads it when a run needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Literal

from aulib.errors import AulibError, UnknownName


@dataclass(frozen=True)
class Recipe:
    """How a stage is optimised.

    Parameters
    ----------
    optimiser : {'sgd', 'adamw'}
    learning_rate, weight_decay, momentum : float
        Momentum is used by SGD only.
    batch : int
        Images a step, over all devices together.
    schedule : {'constant', 'steps', 'cosine'}
        ``steps`` multiplies the rate by 0.1 every `drop_every` steps.
    warmup : int
        Steps over which the rate rises linearly from zero.
    drop_every : int
    caffe_biases : bool
        Biases learn at twice the rate and without weight decay, as in the authors' solver.
    input_scale : float
        Faces minus the mean image are divided by this; 1 keeps the 0–255 scale as the authors did.
    evaluations : int
        Passes over the validation subjects, evenly spread over a stage.
    patience : int
        Stop a stage after so many evaluations without a better validation AUC; 0 never stops.
    """

    optimiser: Literal["sgd", "adamw"]
    learning_rate: float
    weight_decay: float
    momentum: float = 0.9
    batch: int = 64
    schedule: Literal["constant", "steps", "cosine"] = "cosine"
    warmup: int = 100
    drop_every: int = 0
    caffe_biases: bool = False
    input_scale: float = 58.0
    evaluations: int = 12
    patience: int = 0


#: DRML Sec. 4.1 and the authors' solver: rate 0.001, tenfold drop every 4000 steps in code ("after 8000" in print).
PAPER = Recipe(
    "sgd",
    1e-3,
    5e-4,
    momentum=0.9,
    batch=128,
    schedule="steps",
    warmup=0,
    drop_every=4000,
    caffe_biases=True,
    input_scale=1.0,
    evaluations=24,
)

#: Hybrid Sec. 4.2: batch, rate, momentum and decay.  "Reduced manually whenever the validation loss stopped decreasing"
#: cannot be repeated; the drop after 4000 steps, half way through its Fig. 7, and the rest are as in DRML.
PAPER_ANET = replace(PAPER, batch=196)

#: Ours, for budgets that are far too short for SGD at a rate of 1e-3.
OURS = Recipe("adamw", 5e-4, 1e-2)

#: For the two small yardsticks, which bear a higher rate.
YARDSTICK = Recipe("adamw", 1e-3, 1e-2)


@dataclass(frozen=True)
class Stage:
    """One part of training.

    Parameters
    ----------
    name : str
    share : float
        Share of the run's budget.
    trains : tuple of str
        Prefixes of the parameter names that are trained; everything else is frozen, batch-normalisation statistics
        included.  The empty prefix trains all.
    loss : str
        Function of ``aulib.losses``.
    sampler : str
        Key of ``aulib.samplers.SAMPLERS``.
    sampler_options : mapping
        Of that sampler, ``{"samples": 8}`` for MOMU.
    """

    name: str
    share: float = 1.0
    trains: tuple[str, ...] = ("",)
    loss: str = "multi_label_cross_entropy"
    sampler: str = "random"
    sampler_options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """One row of a table.

    Parameters
    ----------
    name, title : str
    source : str
        Where the paper describes it, and what we chose where it is silent.
    kind : {'network', 'linear', 'timing'}
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
    version : int
        Raise it when the behaviour of the model changes: run keys depend on it.
    """

    name: str
    title: str
    source: str
    target: str
    kind: Literal["network", "linear", "timing"] = "network"
    stages: tuple[Stage, ...] = (Stage("all"),)
    options: Mapping[str, Any] = field(default_factory=dict)
    small_options: Mapping[str, Any] = field(default_factory=dict)
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    sees: Literal["faces", "landmarks"] = "faces"
    version: int = 1

    def load(self) -> Any:
        """The class or function behind the method."""
        module, _, name = self.target.partition(":")
        return getattr(import_module(module), name)

    def recipe(self, profile: str) -> Recipe:
        """The recipe under a profile."""
        return self.recipes.get(profile, PAPER if profile == "paper" else OURS)

    def resolved_options(self, profile: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Options of a run: the method's, then the profile's, then the declaration's."""
        known = {**self.options, **({} if profile == "paper" else self.small_options)}
        unknown = [name for name in given if name not in known]
        if unknown:
            raise AulibError(f"method {self.name!r} has no option {unknown[0]!r}; it has {', '.join(sorted(known))}")
        return {**known, **given}


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
            "anet",
            "ANet",
            "Hybrid Sec. 3.1 and 4.2: AlexNet on crops of 176 px, sizes of its layers not printed; ours are CaffeNet's",
            target="aulib.models.anet:ANet",
            stages=(Stage("all", loss="cross_entropy_over_all_labels"),),
            options={"init": "caffe", "dropout": 0.5},
            small_options={"init": "he"},
            recipes={"paper": PAPER_ANET},
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
            "timing",
            "Timing",
            "DRML Table 4: time of a training and of a test iteration",
            target="aulib.timing:measure",
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
