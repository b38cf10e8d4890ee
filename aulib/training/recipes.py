"""Recipes: how something is optimised, in the papers' words and in ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal


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
class Recipe:
    """How a stage is optimised.

    Parameters
    ----------
    optimiser : {'sgd', 'adamw', 'rmsprop'}
    learning_rate, weight_decay, momentum : float
        Momentum is not used by AdamW.
    batch : int
        Images a step, over all devices together.
    schedule : {'constant', 'steps', 'cosine'}
        ``steps`` multiplies the rate by `drop` every `drop_every` steps.
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
        Stop a stage after so many evaluations without a better validation; 0 never stops.
    drop : float
        Factor of the schedule ``steps``.
    clip : float
        Every number of a gradient is cut to plus and minus this; 0 leaves it.
    """

    optimiser: Literal["sgd", "adamw", "rmsprop"]
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
    drop: float = 0.1
    clip: float = 0.0


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

#: Hybrid Sec. 4.2 for the LSTMs: RMSProp, rate 1e-3, momentum 0.9.  Of its "weight decay 0.97" nothing would be left of
#: the weights; read as a factor on the rate after every pass, with gradients cut at 5, see ``aulib.models.temporal``.
#: A batch is ten subsequences; 75 of them pass once over the frames of two thirds of BP4D.
PAPER_LSTM = Recipe(
    "rmsprop", 1e-3, 0.0, batch=10, schedule="steps", warmup=0, drop=0.97, drop_every=75, clip=5.0, evaluations=24
)

#: Ours, for budgets that are far too short for SGD at a rate of 1e-3.
OURS = Recipe("adamw", 5e-4, 1e-2)

#: For the two small yardsticks, which bear a higher rate.
YARDSTICK = Recipe("adamw", 1e-3, 1e-2)

#: Ours for ANet.  It has no normalisation but LRN, so it needs many small steps rather than few large ones.
OURS_ANET = Recipe("adamw", 1e-3, 1e-2, batch=32)

#: Ours for the temporal network: with RMSProp and momentum a few hundred steps at the paper's rate end in noise.
OURS_LSTM = Recipe("adamw", 2e-3, 1e-2, batch=10, warmup=50, clip=5.0)
