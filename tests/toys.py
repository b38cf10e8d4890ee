"""A toy corpus, network, protocol and profile, small enough to train in a second; also a command for kill tests.

``python -m tests.toys SEED`` makes the record of the two-stage toy method in ``AULIB_HOME``.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import nn

from aulib import datasets, manifest, protocols
from aulib.aus import UNKNOWN
from aulib.corpus import Corpus
from aulib.runs import methods, profiles
from aulib.runs.declaration import Declaration
from aulib.runs.methods import METHODS, Method
from aulib.training import task
from aulib.training.recipes import Recipe, Stage

AUS = (1, 4, 12)
SIDE = 24


def corpus(**_) -> Corpus:
    """Noise images in which AU k brightens the k-th third of the rows; some labels unknown."""
    rng = np.random.default_rng(0)
    frames = pd.DataFrame(
        [(f"S{s}", f"T{t}", f) for s in range(9) for t in range(2) for f in range(16)],
        columns=["subject", "sequence", "frame"],
    )
    n = len(frames)
    codes = (rng.random((n, len(AUS))) < [0.5, 0.3, 0.2]).astype(np.int8)
    faces = rng.integers(90, 130, (n, SIDE, SIDE, 3))
    for k in range(len(AUS)):
        faces[codes[:, k] == 1, 8 * k : 8 * k + 8] += 60
    codes[rng.random(codes.shape) < 0.05] = UNKNOWN
    landmarks = np.tile(np.float32([[12, 12]]), (n, 68, 1))
    return Corpus("toy", "synthetic", AUS, "occurrence", frames, faces.astype(np.uint8), codes, landmarks, "toy-v1")


def levels(**_) -> Corpus:
    """The same images, but an AU brightens its rows by its level, 0 to 5."""
    plain, rng = corpus(), np.random.default_rng(1)
    codes = np.where(plain.codes == 1, rng.integers(1, 6, plain.codes.shape), plain.codes).astype(np.int8)
    faces = rng.integers(90, 130, plain.faces.shape)
    for k in range(len(AUS)):
        faces[:, 8 * k : 8 * k + 8] += 20 * np.maximum(codes[:, k], 0)[:, None, None, None]
    named = {"name": "toy-levels", "identifier": "toy-levels-v1", "coding": "intensity"}
    return replace(plain, **named, faces=faces.astype(np.uint8), codes=codes)


class TinyNet(nn.Module):
    """Mean colour of a 4 × 4 grid, a hidden layer and an output layer; with dropout, to test its seeding."""

    def __init__(self, aus: int, scale: float = 1.0, dropout: float = 0.2) -> None:
        super().__init__()
        self.input_side, self.feature_dim = 20, 16
        self.body = nn.Sequential(nn.AdaptiveAvgPool2d(5), nn.Flatten(), nn.Linear(75, 16), nn.ReLU())
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(16, aus)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.dropout(self.features(x)))


class Ordinal(TinyNet):
    """The same with five questions an AU."""

    def __init__(self, aus: int, **options) -> None:
        super().__init__(5 * aus, **options)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x).unflatten(1, (-1, 5))


class Looking(TinyNet):
    """The same with what others read: features of length one, and the logits beside them."""

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(self.body(x), dim=1)

    @property
    def fc7(self) -> nn.Module:
        """The layer before the last ReLU, called as in ANet."""
        return self.body[2]

    def features_and_logits(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.features(x), self(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.dropout(self.body(x)))


RECIPE = Recipe("adamw", 1e-2, 1e-3, batch=16, warmup=5, evaluations=4)
ONE = Method("toy-one", "Toy", "test", "tests.toys:TinyNet", options={"dropout": 0.2}, recipes={"toy": RECIPE})
TWO = Method(
    "toy-two",
    "Toy, two stages",
    "test",
    "tests.toys:TinyNet",
    options={"dropout": 0.2},
    recipes={"toy": RECIPE},
    stages=(Stage("everything", share=0.6), Stage("head", share=0.4, trains=("head.",))),
)
ORDINAL = replace(
    ONE,
    name="toy-ordinal",
    target="tests.toys:Ordinal",
    task=task.ORDINAL,
    stages=(Stage("all", loss="ordinal_cross_entropy"),),
)
REGRESSION = replace(
    ONE, name="toy-regression", task=task.REGRESSION, stages=(Stage("all", loss="squared_error_of_levels"),)
)
SPATIAL = replace(ONE, name="toy-spatial", target="tests.toys:Looking")
LSTM = replace(
    METHODS["lstm"],
    name="toy-lstm",
    small_options=METHODS["lstm"].small_options
    | {"cells": 8, "layers": 2, "components": 6, "piece": 10, "silent": 1, "least": 0.1},
    recipes={"toy": Recipe("adamw", 1e-2, 0.0, batch=4, warmup=5, clip=5.0, evaluations=3)},
)
FUSION = replace(
    METHODS["hybrid"],
    name="toy-fusion",
    options=METHODS["hybrid"].options | {"hidden": 8},
    recipes={"toy": RECIPE},
)
SVM = replace(METHODS["svm-fc7"], name="toy-svm", small_options={})
TOYS = (ONE, TWO, ORDINAL, REGRESSION, SPATIAL, LSTM, FUSION, SVM)


def register() -> None:
    """Add the toys to the registries."""
    datasets.DATASETS |= {"toy": corpus, "toy-levels": levels}
    methods.METHODS.update({toy.name: toy for toy in TOYS})
    rule = protocols.Protocol("toy", "test", 1, 3, 0.2, 0, 0, "pooled", "")
    protocols.PROTOCOLS |= {"toy": rule, "toy-levels": replace(rule, name="toy-levels", task="intensity")}
    profiles.PROFILES["toy"] = profiles.Profile("toy", "test", 1.0, SIDE, {}, (1,), (0,), 16 * 40, "32-true", 1, (2, 1))
    manifest.entries()["toy"] = manifest.Entry(
        name="toy",
        title="Toy",
        source="synthetic",
        summary="",
        proven=True,
        coding="occurrence",
        aus=AUS,
        subjects=9,
        sequences=18,
        frame_rate=1,
        licence="",
        access="",
        limits="It is a toy.",
    )
    coded = {"name": "toy-levels", "coding": "intensity"}
    manifest.entries()["toy-levels"] = manifest.entries()["toy"].model_copy(update=coded)


def unregister() -> None:
    """Take the toys out again."""
    for registry in (datasets.DATASETS, methods.METHODS, protocols.PROTOCOLS, profiles.PROFILES, manifest.entries()):
        for name in ("toy", "toy-levels", *(toy.name for toy in TOYS)):
            registry.pop(name, None)


def declaration(method: str = "toy-one", seed: int = 0, **changes) -> Declaration:
    """A run of a toy method."""
    return Declaration(f"{method}-{seed}", method, "toy", "toy", "toy", seed=seed, **changes)


def of_levels(method: str = "toy-ordinal", seed: int = 0, **changes) -> Declaration:
    """A run of a toy method on the toy corpus of levels."""
    return Declaration(f"{method}-{seed}", method, "toy-levels", "toy-levels", "toy", seed=seed, **changes)


if __name__ == "__main__":
    from aulib.runs.run import run

    register()
    print(run(declaration("toy-two", int(sys.argv[1])), progress=False).digest)
