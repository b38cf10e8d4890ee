"""Identity: a network that knows people, in place of VGG-face, whose weights cannot be shipped.

The Hybrid paper (Sec. 4.3, Fig. 3) shows a face-recognition descriptor beside HOG and fc7.  Ours is a narrow VGG-16
that learns to name the people of :mod:`~aulib.features.people`, whom no corpus has, by the angle of its fc7

    H. Wang et al.: CosFace: Large Margin Cosine Loss for Deep Face Recognition, CVPR 2018

and the descriptor is that fc7, of unit length.  How well it tells people *it has never seen* apart is for the
experiments to say.

``python -m aulib.features`` trains it; :func:`identity` does so by itself at the first face, with
:data:`~aulib.features.people.SMALL`.  The weights lie beside the corpora::

    descriptors/identity-.../
        weights.safetensors
        descriptor.json      recipe, accuracy on pictures that were held out, SHA-256 of the weights
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aulib import integrity, paths
from aulib.datasets import store
from aulib.datasets.alignment import centre_crops, random_crops
from aulib.locking import lock
from aulib.progress import bar as progress_bar
from synthface.corpora import Stream

from .base import Faces, Feature, resized
from .people import HELD_OUT, SMALL, Recipe, all_pictures, random_numbers
from .projections import from_network


def identity(recipe: Recipe = SMALL, progress: bool = True) -> Feature:
    """The identity descriptor, 4096 x width numbers, 512 by default; trained at the first face if it is not there."""

    def prepare(faces: Faces) -> Any:
        return batch_of(centre_crops(resized(faces, recipe.drawn_side), np.arange(len(faces)), recipe.side))

    return from_network(
        "identity",
        "identity descriptor",
        "in place of VGG-face (Hybrid Sec. 4.3): VGG-16, narrow, trained on embedded people outside every corpus",
        int(4096 * recipe.width),
        lambda: load(recipe, progress),
        prepare,
    )


def load(recipe: Recipe = SMALL, progress: bool = True) -> Any:
    """The trained network, from the cache or made now, in evaluation mode.

    Raises
    ------
    AulibError
        If the weights in the cache are not those that were written.
    """
    from safetensors.torch import load_file

    train(recipe, progress=progress)
    weights = recipe.folder / "weights.safetensors"
    integrity.verify(recipe.folder, about(recipe)["sha256"], _remedy(recipe))
    network = _network(recipe)
    network.load_state_dict(load_file(weights))
    return network.eval()


def train(
    recipe: Recipe = SMALL,
    *,
    workers: int = 1,
    progress: bool = True,
    stop: Callable[[int], bool] = lambda epoch: False,
) -> dict[str, Any]:
    """Draw the people, train the network on them and put it into the cache; at once if it is there.

    A killed training goes on from the last person drawn or the last epoch finished, to the same weights.

    Parameters
    ----------
    recipe : Recipe
    workers : int
        Processes that draw.
    progress : bool
    stop : callable
        Asked with the number of epochs done after each; True ends with `KeyboardInterrupt`, and what was done is kept.

    Returns
    -------
    dict
        Content of ``descriptor.json``: ``recipe``, ``accuracy`` on the held-out pictures (top 1), ``chance``,
        ``loss`` of each epoch, ``sha256``.
    """
    folder = recipe.folder
    with store.writing(folder), lock(folder):
        integrity.recover(folder)
        if not (folder / "descriptor.json").is_file():
            partial = folder.with_name(f"{folder.name}.partial")
            partial.mkdir(parents=True, exist_ok=True)
            if integrity.finished(partial / "descriptor.json") is None:
                faces, names = all_pictures(recipe, partial, workers, progress)
                _fit(recipe, faces, names, partial, progress, stop)
            integrity.put_in_place(partial, folder)
    return about(recipe)


def about(recipe: Recipe) -> dict[str, Any]:
    """Content of ``descriptor.json``; raises `AulibError` if it is missing or damaged."""
    return integrity.read_json(recipe.folder / "descriptor.json", _remedy(recipe))


def _remedy(recipe: Recipe) -> str:
    return f"delete {paths.shown(recipe.folder)} and it is made again"


def _network(recipe: Recipe) -> Any:
    import torch

    from .vgg import VGG16

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return VGG16(recipe.people, recipe.side, recipe.width, normalised=True, dropout=recipe.dropout)


def batch_of(crops: NDArray[Any]) -> Any:
    """Crops (n, S, S, 3) to the network's batch (n, 3, S, S), about -2 to 2."""
    import torch

    return torch.from_numpy((crops - np.float32(127.5)) / np.float32(58)).permute(0, 3, 1, 2).contiguous()


def _fit(
    recipe: Recipe,
    faces: Faces,
    names: NDArray[np.int64],
    partial: Path,
    progress: bool,
    stop: Callable[[int], bool],
) -> None:
    """Train, and write weights and ``descriptor.json`` into `partial`."""
    import torch
    from safetensors.torch import save_file

    held_out = np.arange(len(faces)) % recipe.pictures % HELD_OUT == HELD_OUT - 1
    rows, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    network = _network(recipe)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=1e-2)
    steps = math.ceil(len(rows) / recipe.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, _rate(recipe.epochs * steps))
    losses: list[float] = []
    marker = partial / "checkpoint.json"
    if (whole := integrity.finished(marker)) is not None:
        kept = torch.load(partial / next(iter(whole["sha256"])), weights_only=True)
        for part, state in zip((network, optimiser, schedule), kept["states"], strict=True):
            part.load_state_dict(state)
        losses = kept["losses"]
    everything = progress_bar(
        total=recipe.epochs * steps, initial=len(losses) * steps, desc="learning to name people", disable=not progress
    )
    with everything, torch.random.fork_rng(devices=[]):
        for epoch in range(len(losses), recipe.epochs):
            # random numbers of the epoch alone, so that a training that goes on is the one that was never stopped
            rng = random_numbers(recipe, Stream.NOISE, epoch)
            torch.manual_seed(int(rng.integers(2**31)))
            network.train()
            total = 0.0
            for some in np.array_split(rng.permutation(rows), steps):
                crops = relit(random_crops(faces, some, recipe.side, rng), rng)
                loss = _loss(network, batch_of(crops), torch.from_numpy(names[some]), recipe, epoch)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                total += loss.item() * len(some)
                everything.update()
            losses.append(total / len(rows))
            everything.set_postfix(loss=f"{losses[-1]:.3f}")
            states = [part.state_dict() for part in (network, optimiser, schedule)]
            checkpoint = partial / f"checkpoint-{epoch + 1}.pt"
            torch.save({"states": states, "losses": losses}, checkpoint)
            integrity.finish(marker, checkpoint)
            (partial / f"checkpoint-{epoch}.pt").unlink(missing_ok=True)
            if stop(epoch + 1):
                raise KeyboardInterrupt
    named = _names(network.eval(), faces, test, recipe)
    weights = partial / "weights.safetensors"
    with integrity.writing(weights):
        save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, weights)
    learnt = {
        "recipe": asdict(recipe),
        "accuracy": float((named == names[test]).mean()),
        "chance": 1 / recipe.people,
        "held_out": len(test),
        "loss": losses,
    }
    integrity.finish(partial / "descriptor.json", weights, **learnt)
    for leftover in [file for file in partial.iterdir() if file.name not in (weights.name, "descriptor.json")]:
        leftover.unlink()


def relit(crops: Faces, rng: np.random.Generator) -> NDArray[np.float32]:
    """Crops (n, S, S, 3), 0-255, under other light: each its own contrast, brightness and tint."""
    n = len(crops)
    gain = np.exp(rng.normal(0, 0.15, (n, 1, 1, 1)) + rng.normal(0, 0.05, (n, 1, 1, 3)))
    shift = 127.5 + rng.normal(0, 10, (n, 1, 1, 1))
    return ((crops - 127.5) * gain + shift).clip(0, 255).astype(np.float32)


def _cosines(network: Any, batch: Any) -> Any:
    """Cosine of each face's fc7 with each person's weights, (B, people)."""
    from torch.nn import functional as F

    return F.normalize(network.dropout(network.features(batch))) @ F.normalize(network.fc8.weight).T


def _loss(network: Any, batch: Any, names: Any, recipe: Recipe, epoch: int) -> Any:
    """Large margin cosine loss (Wang et al., CVPR 2018): what names people by angles arranges unit vectors.

    Cross entropy over plain logits told far fewer unseen people apart in a short trial (which also had more dropout).
    """
    from torch.nn import functional as F

    margin = recipe.margin * min(1.0, 2 * (epoch + 1) / recipe.epochs)
    right = F.one_hot(names, recipe.people)
    return F.cross_entropy(recipe.scale * (_cosines(network, batch) - margin * right), names)


def _rate(steps: int) -> Callable[[int], float]:
    """Share of the highest learning rate at a step."""
    warm = max(1, steps // 10)
    return lambda step: min(1.0, (step + 1) / warm) * (1 + math.cos(math.pi * min(step, steps) / steps)) / 2


def _names(network: Any, faces: Faces, rows: NDArray[np.intp], recipe: Recipe) -> NDArray[np.int64]:
    """Whom the network takes the faces for, (n,)."""
    import torch

    with torch.inference_mode():
        parts = [
            _cosines(network, batch_of(centre_crops(faces, some, recipe.side))).argmax(dim=1).numpy()
            for some in np.array_split(rows, math.ceil(len(rows) / 64))
        ]
    return np.concatenate(parts)
