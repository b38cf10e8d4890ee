"""Controls: features that have learnt nothing, in the form of those that have.

The paper's divergence squeezes a mean vector by its median and sums over its dimensions, so a representation may look
independent of the person because of its dimension, its zeros or its signs (HYB-01).  A random projection of the
pixels and an untrained network, of fc7's dimension, rectified and of unit length as fc7 is, show how much of that
comes without learning.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aulib.datasets.alignment import centre_crops

from .base import Faces, Feature, Numbers, Points, resized, unit_length

#: fc7 of the halved AlexNet, which laptops train.
FC7 = 2048

#: Side of the faces whose pixels are projected.
_PIXELS = 50


def random_projection(dimension: int = FC7, seed: int = 0, rectified: bool = True, unit: bool = True) -> Feature:
    """Colours of a face of 50 px, (x / 255 - 1/2), times a Gaussian matrix.

    By the lemma of Johnson and Lindenstrauss it keeps the distances between faces: whatever the pixels know of
    identity or AUs, it knows.

    Parameters
    ----------
    dimension : int
    seed : int
    rectified : bool, default True
        Negative numbers to 0, as behind a ReLU.
    unit : bool, default True
        Rows of length 1, as the paper's fc7.
    """

    def describe(faces: Faces, landmarks: Points) -> NDArray[Any]:
        pixels = resized(faces, _PIXELS).reshape(len(faces), -1) / np.float32(255) - np.float32(0.5)
        numbers = pixels @ _gaussian(pixels.shape[1], dimension, seed)
        if rectified:
            numbers = np.maximum(numbers, 0)
        return unit_length(numbers) if unit else numbers

    return Feature("projection", "random projection of pixels", "control, not in the paper", dimension, describe)


@lru_cache(maxsize=2)
def _gaussian(pixels: int, dimension: int, seed: int) -> Numbers:
    """Matrix (pixels, dimension) of variance 1 / dimension, so that lengths are kept on average."""
    drawn = np.random.default_rng(seed).standard_normal((pixels, dimension), np.float32)
    return drawn / np.float32(np.sqrt(dimension))


def from_network(
    name: str,
    title: str,
    source: str,
    dimension: int,
    build: Callable[[], Any],
    prepare: Callable[[Faces], Any] | None = None,
    unit: bool = True,
) -> Feature:
    """The last hidden layer of a network: untrained, trained on the other corpus, or for another task.

    Parameters
    ----------
    name, title, source, dimension
        As of a :class:`Feature`.
    build : callable
        Makes the network, once, at the first face: a module with ``input_side`` and
        ``features(x) -> (B, dimension)``.
    prepare : callable, optional
        Faces uint8 (n, S, S, 3) to the network's batch (n, 3, side, side).  By default the central .88 of the face
        (176 of 200 px, Hybrid Sec. 4.2), resized, minus 127.5 and over 58.
    unit : bool, default True
        Rows of length 1, as the paper's fc7.
    """
    built: list[Any] = []

    def describe(faces: Faces, landmarks: Points) -> NDArray[Any]:
        import torch

        if not built:
            built.append(build().eval())
        network = built[0]
        batch = prepare(faces) if prepare else _central(faces, network.input_side)
        with torch.inference_mode():
            numbers = network.features(batch).numpy()
        return unit_length(numbers) if unit else numbers

    return Feature(name, title, source, dimension, describe, chunk=32)


def untrained(seed: int = 0, unit: bool = True) -> Feature:
    """fc7 of the halved AlexNet with the weights it starts from, 2048-D.

    Weights after He et al.: with the published fillers, made for 0-255, fc7 is nearly the same for all faces.
    """

    def build() -> Any:
        import torch

        from aulib.models import AlexNet

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return AlexNet(scale=0.5, init="he")

    return from_network("untrained", "untrained AlexNet", "control, not in the paper", FC7, build, unit=unit)


def _central(faces: Faces, side: int) -> Any:
    """Central .88 of the faces as a batch (n, 3, side, side)."""
    import torch

    crops = centre_crops(resized(faces, round(side / 0.88)), np.arange(len(faces)), side)
    return torch.from_numpy((crops - np.float32(127.5)) / np.float32(58)).permute(0, 3, 1, 2).contiguous()
