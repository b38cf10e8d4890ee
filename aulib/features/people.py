"""People whom no embedded corpus has, and pictures of them, for a network to learn their names from.

Their random numbers carry a corpus number of their own.  Every picture has a new room, light, head pose and camera
noise, and half of them an expression, so that what names a person must be the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aulib import integrity, paths
from aulib.datasets import store
from aulib.errors import AulibError
from aulib.progress import bar as progress_bar
from synthface import VERSION as FACE_VERSION
from synthface.corpora import Stream

from .base import Faces, resized

if TYPE_CHECKING:
    from synthface.face import Identity

#: Stands where the embedded corpora have their number, so that nobody here is in any of them, whatever its seed.
PEOPLE_NUMBER = 99

#: Raise it when the same recipe gives other weights.
VERSION = 2

#: Pictures are drawn so many times as large and averaged down: the renderer's own edges would be those of small faces
#: only, and what is described are larger ones that were averaged down too.
_FINER = 2

#: One picture in so many is held out.
HELD_OUT = 5


#: Kinds of people and of rooms: those of all embedded corpora.
_POPULATIONS = ("mixed", "students", "adults", "drinkers", "patients")
_STYLES = ("laboratory", "studio", "webcam", "table", "clinic")


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
    dropout : float
        Behind fc6 and fc7.
    scale, margin : float
        Of the loss (CosFace): ``scale * (cosine - margin)`` for the right name, ``scale * cosine`` for the others.
        The margin grows from 0 over the first half of the passes.
    seed : int
        Of people, pictures and weights.
    """

    people: int = 256
    pictures: int = 12
    side: int = 32
    width: float = 0.125
    epochs: int = 30
    batch: int = 64
    rate: float = 2e-3
    dropout: float = 0.1
    scale: float = 20.0
    margin: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.people < 2 or self.pictures < HELD_OUT or self.side % 32 or self.epochs < 1:
            raise AulibError(
                f"{self} cannot be trained: at least 2 people, {HELD_OUT} pictures of each, 1 epoch, and a side that "
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
            f"-w{self.width:g}-e{self.epochs}x{self.batch}-r{self.rate:g}-d{self.dropout:g}"
            f"-c{self.scale:g}-m{self.margin:g}"
        )

    @property
    def folder(self) -> Path:
        return paths.corpora().parent / "descriptors" / self.identifier


#: What a laptop affords: four minutes on one core, half of them for drawing.  It names 28 % of held-out pictures
#: (chance 0.4 %).  Of 13 tested people of ``synth-bp4d``, whom it had never seen, a frame in another recording was
#: nearer than one of somebody else in 98 % of pairs (HOG 86 %), and 86 % of its variance lay between people (HOG 35 %).
#: The single nearest frame of another recording shows the right person less often than with HOG (95 and 99.9 %): where
#: a frame has a near copy in another video, what keeps everything finds it.
SMALL = Recipe()

#: Proves that it runs, and knows nobody.
TINY = Recipe(people=8, pictures=5, width=1 / 32, epochs=2, batch=16)


def random_numbers(recipe: Recipe, stream: Stream, *where: int) -> np.random.Generator:
    """Random numbers of one purpose, of a person or a picture, apart from those of every corpus."""
    return np.random.default_rng([recipe.seed, PEOPLE_NUMBER, int(stream), *where])


def draw_person(recipe: Recipe, person: int) -> Identity:
    """Who a person is; populations take turns."""
    from synthface.face import Identity

    return Identity.draw(random_numbers(recipe, Stream.IDENTITY, person), _POPULATIONS[person % len(_POPULATIONS)])


def draw_pictures(recipe: Recipe, person: int) -> Faces:
    """Pictures uint8 (pictures, side, side, 3) of a person: neutral and with an expression in turn, never twice in the
    same room, light and pose."""
    from synthface.face import FACE_AUS, Face, Pose, Scene

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
        large = face.render(strengths, pose, scene, _FINER * recipe.drawn_side, rng, gaze).image
        picture[:] = resized(large[None], recipe.drawn_side)[0]
    return out


def _draw_to_file(task: tuple[Recipe, int, str]) -> None:
    recipe, person, folder = task
    file = Path(folder) / f"{person:04d}.npy"
    np.save(file, draw_pictures(recipe, person))
    integrity.finish(file.with_suffix(".json"), file)


def _drawn(partial: Path, person: int) -> bool:
    return integrity.finished(partial / f"{person:04d}.json") is not None


def all_pictures(recipe: Recipe, partial: Path, workers: int, progress: bool) -> tuple[Faces, NDArray[np.int64]]:
    """All pictures (people * pictures, S, S, 3) and whose they are; persons that were drawn before are read."""
    everybody = range(recipe.people)
    tasks = [(recipe, person, str(partial)) for person in everybody if not _drawn(partial, person)]
    done = store.in_processes(_draw_to_file, tasks, workers) if workers > 1 else map(_draw_to_file, tasks)
    for _ in progress_bar(done, total=len(tasks), desc="drawing people", unit="person", disable=not progress):
        pass
    faces = np.concatenate([np.load(partial / f"{person:04d}.npy") for person in everybody])
    return faces, np.repeat(np.arange(recipe.people), recipe.pictures)
