"""Identity: a network that knows people, in place of VGG-face, whose weights cannot be shipped.

The Hybrid paper (Sec. 4.3, Fig. 3) shows a face-recognition descriptor beside HOG and fc7.  Ours is a narrow VGG-16
that learns to name people whom no corpus has: their random numbers carry a corpus number of their own.  Every picture
has a new room, light, head pose and camera noise, and half of them an expression, so that what names a person must be
the person.  The descriptor is fc7, of unit length; how well it tells people *it has never seen* apart is for the
experiments to say.

``python -m aulib.features`` trains it; :func:`identity` does so by itself at the first face, with :data:`SMALL`.  The
weights lie beside the corpora::

    descriptors/identity-.../
        weights.safetensors
        descriptor.json      recipe, accuracy on pictures that were held out, SHA-256 of the weights
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aulib import paths
from aulib.alignment import centre_crops, random_crops
from aulib.datasets import store
from aulib.datasets.synthetic import VERSION as FACE_VERSION
from aulib.datasets.synthetic.corpora import Stream
from aulib.datasets.synthetic.face import FACE_AUS, Face, Identity, Pose, Scene
from aulib.errors import AulibError
from aulib.locking import lock
from aulib.progress import bar as progress_bar

from .base import Faces, Feature, resized
from .projections import from_network

#: Stands where the embedded corpora have their number, so that nobody here is in any of them, whatever its seed.
PEOPLE_NUMBER = 99

#: Raise it when the same recipe gives other weights.
VERSION = 1

#: Kinds of people and of rooms: those of all embedded corpora.
_POPULATIONS = ("mixed", "students", "adults", "drinkers", "patients")
_STYLES = ("laboratory", "studio", "webcam", "table", "clinic")

#: One picture in so many is held out.
_HELD_OUT = 5


@dataclass(frozen=True)
class Recipe:
    """How the descriptor is made.

    Parameters
    ----------
    people : int
        Who are told apart.
    pictures : int
        Of each person; every fifth is held out.
    side : int
        Side of the network's input in pixels, a multiple of 32; pictures are an eighth larger.
    width : float
        Share of VGG-16's channels and hidden units.
    epochs, batch : int
        Passes over the pictures; pictures a step.
    rate : float
        Highest learning rate of AdamW; it rises over the first tenth of the steps and falls to 0 as a cosine.
    seed : int
        Of people, pictures and weights.
    """

    people: int = 64
    pictures: int = 40
    side: int = 64
    width: float = 0.125
    epochs: int = 12
    batch: int = 32
    rate: float = 2e-3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.people < 2 or self.pictures < _HELD_OUT or self.side % 32 or self.epochs < 1:
            raise AulibError(
                f"{self} cannot be trained: at least 2 people, {_HELD_OUT} pictures of each, 1 epoch, and a side that "
                f"is a multiple of 32"
            )

    @property
    def drawn_side(self) -> int:
        """Side of the pictures, of which the network sees a square (176 of 200 px in the papers)."""
        return self.side * 9 // 8

    @property
    def identifier(self) -> str:
        """Name of the folder: everything that changes a weight."""
        return (
            f"identity-v{FACE_VERSION}.{VERSION}-s{self.seed}-{self.people}x{self.pictures}x{self.side}"
            f"-w{self.width:g}-e{self.epochs}x{self.batch}-r{self.rate:g}"
        )

    @property
    def folder(self) -> Path:
        return paths.corpora().parent / "descriptors" / self.identifier


#: What a laptop affords: minutes on one core.
SMALL = Recipe()


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

    about = train(recipe, progress=progress)
    weights = recipe.folder / "weights.safetensors"
    if not weights.is_file() or store.digest(weights) != about["sha256"]:
        state = "differs from its checksum" if weights.is_file() else "is missing"
        raise AulibError(f"{paths.shown(weights)} {state}; delete {paths.shown(recipe.folder)} and it is made again")
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
        if not (folder / "descriptor.json").is_file():
            partial = folder.with_name(f"{folder.name}.partial")
            partial.mkdir(parents=True, exist_ok=True)
            faces, names = _pictures(recipe, partial, workers, progress)
            _fit(recipe, faces, names, partial, progress, stop)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(partial, folder)
    try:
        return json.loads((folder / "descriptor.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise AulibError(
            f"{paths.shown(folder / 'descriptor.json')}: cannot be read ({error}); delete "
            f"{paths.shown(folder)} and it is made again"
        ) from error


# -- People --


def random_numbers(recipe: Recipe, stream: Stream, *where: int) -> np.random.Generator:
    """Random numbers of one purpose, of a person or a picture, apart from those of every corpus."""
    return np.random.default_rng([recipe.seed, PEOPLE_NUMBER, int(stream), *where])


def draw_person(recipe: Recipe, person: int) -> Identity:
    """Who a person is; populations take turns."""
    return Identity.draw(random_numbers(recipe, Stream.IDENTITY, person), _POPULATIONS[person % len(_POPULATIONS)])


def draw_pictures(recipe: Recipe, person: int) -> Faces:
    """Pictures uint8 (pictures, side, side, 3) of a person: neutral and with an expression in turn, never twice in the
    same room, light and pose."""
    face = Face(draw_person(recipe, person))
    out = np.empty((recipe.pictures, recipe.drawn_side, recipe.drawn_side, 3), np.uint8)
    for number, picture in enumerate(out):
        rng = random_numbers(recipe, Stream.FRAMES, person, number)
        strengths = np.zeros((len(FACE_AUS), 2))
        if number % 2:
            shown = rng.choice(len(FACE_AUS), size=rng.integers(1, 5), replace=False)
            strengths[shown] = rng.uniform(1, 5, (len(shown), 1))
        yaw, pitch, roll = rng.normal(0, (12, 6, 4)).clip(-30, 30)
        shift = rng.normal(0, 2, 2)
        scene = Scene.draw(rng, _STYLES[rng.integers(len(_STYLES))])
        gaze = tuple(rng.normal(0, 6, 2).clip(-20, 20))
        pose = Pose(yaw, pitch, roll, *shift)
        picture[:] = face.render(strengths, pose, scene, recipe.drawn_side, rng, gaze).image
    return out


def _draw_to_file(task: tuple[Recipe, int, str]) -> None:
    recipe, person, folder = task
    file = Path(folder) / f"{person:04d}.npy"
    temporary = file.with_suffix(".tmp.npy")
    np.save(temporary, draw_pictures(recipe, person))
    os.replace(temporary, file)


def _pictures(recipe: Recipe, partial: Path, workers: int, progress: bool) -> tuple[Faces, NDArray[np.int64]]:
    """All pictures (people * pictures, S, S, 3) and whose they are; persons that were drawn before are read."""
    everybody = range(recipe.people)
    tasks = [(recipe, person, str(partial)) for person in everybody if not (partial / f"{person:04d}.npy").is_file()]
    done = store.in_processes(_draw_to_file, tasks, workers) if workers > 1 else map(_draw_to_file, tasks)
    for _ in progress_bar(done, total=len(tasks), desc="drawing people", unit="person", disable=not progress):
        pass
    faces = np.concatenate([np.load(partial / f"{person:04d}.npy") for person in everybody])
    return faces, np.repeat(np.arange(recipe.people), recipe.pictures)


# -- Training --


def _network(recipe: Recipe) -> Any:
    import torch

    from .vgg import VGG16

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return VGG16(recipe.people, recipe.side, recipe.width, normalised=True)


def batch_of(crops: Faces) -> Any:
    """Crops uint8 (n, S, S, 3) to the network's batch (n, 3, S, S), about -2 to 2."""
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
    from torch.nn import functional as F

    held_out = np.arange(len(faces)) % recipe.pictures % _HELD_OUT == _HELD_OUT - 1
    rows, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    network = _network(recipe)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=1e-2)
    steps = math.ceil(len(rows) / recipe.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, _rate(recipe.epochs * steps))
    losses: list[float] = []
    checkpoint = partial / "checkpoint.pt"
    if checkpoint.is_file():
        kept = torch.load(checkpoint, weights_only=True)
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
                logits = network(batch_of(random_crops(faces, some, recipe.side, rng)))
                loss = F.cross_entropy(logits, torch.from_numpy(names[some]))
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                total += loss.item() * len(some)
                everything.update()
            losses.append(total / len(rows))
            everything.set_postfix(loss=f"{losses[-1]:.3f}")
            states = [part.state_dict() for part in (network, optimiser, schedule)]
            torch.save({"states": states, "losses": losses}, checkpoint.with_suffix(".tmp"))
            os.replace(checkpoint.with_suffix(".tmp"), checkpoint)
            if stop(epoch + 1):
                raise KeyboardInterrupt
    named = _names(network.eval(), faces, test, recipe)
    weights = partial / "weights.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, weights)
    about = {
        "recipe": asdict(recipe),
        "accuracy": float((named == names[test]).mean()),
        "chance": 1 / recipe.people,
        "held_out": len(test),
        "loss": losses,
        "sha256": store.digest(weights),
    }
    for leftover in (checkpoint, *partial.glob("*.npy")):
        leftover.unlink(missing_ok=True)
    (partial / "descriptor.json").write_text(json.dumps(about, indent=1), encoding="utf-8")


def _rate(steps: int) -> Callable[[int], float]:
    """Share of the highest learning rate at a step."""
    warm = max(1, steps // 10)
    return lambda step: min(1.0, (step + 1) / warm) * (1 + math.cos(math.pi * min(step, steps) / steps)) / 2


def _names(network: Any, faces: Faces, rows: NDArray[np.intp], recipe: Recipe) -> NDArray[np.int64]:
    """Whom the network takes the faces for, (n,)."""
    import torch

    with torch.inference_mode():
        parts = [
            network(batch_of(centre_crops(faces, some, recipe.side))).argmax(dim=1).numpy()
            for some in np.array_split(rows, math.ceil(len(rows) / 64))
        ]
    return np.concatenate(parts)
