"""Faces made to order: one action unit on an otherwise neutral face, and the pixels that it moves."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from aulib.datasets.synthetic.face import FACE_AUS, Face, Identity, Pose, Rendered, Scene, au_vector

#: Persons of the gallery; their seeds lie outside those of every corpus.
PERSONS = 8
_SEED = 9_000


@lru_cache(maxsize=32)
def person(number: int) -> Face:
    """A person of the gallery, prepared for rendering."""
    return Face(Identity.draw(np.random.default_rng([_SEED, number]), "mixed"))


def rendered(number: int, aus: dict[int, float], side: int = 200, yaw: float = 0.0) -> Rendered:
    """One person showing some AUs, in even laboratory light, without camera noise.

    Parameters
    ----------
    number : int
        Person of the gallery, 0 upward.
    aus : dict of int to float
        AU number -> strength 0…5; empty is the neutral face.
    side : int
        Pixels.
    yaw : float
        Degrees.

    Returns
    -------
    Rendered
        ``image`` uint8 (side, side, 3) and ``landmarks`` float32 (68, 2).
    """
    scene = Scene.draw(np.random.default_rng([_SEED, number, 1]), "laboratory")
    return person(number).render(au_vector(aus), Pose(yaw, 0.0, 0.0), scene, side=side)


def showing(number: int, aus: dict[int, float], side: int = 200, yaw: float = 0.0) -> np.ndarray:
    """The image of :func:`rendered`."""
    return rendered(number, aus, side, yaw).image


@lru_cache(maxsize=64)
def persons_showing(au: int, side: int, strength: float = 5.0) -> tuple[np.ndarray, np.ndarray]:
    """Several persons showing one AU, and where it changes their faces.

    Returns
    -------
    faces : ndarray of uint8, shape (PERSONS, side, side, 3)
    masks : ndarray of bool, shape (PERSONS, side, side)
        Pixels whose colour differs from the neutral rendering by more than a tenth of the largest difference.
    """
    if au not in FACE_AUS:
        raise ValueError(f"the face has no AU{au}; it has {', '.join(map(str, FACE_AUS))}")
    faces = np.stack([showing(n, {au: strength}, side) for n in range(PERSONS)])
    neutral = np.stack([showing(n, {}, side) for n in range(PERSONS)])
    change = np.abs(faces.astype(np.int16) - neutral).max(axis=-1)  # (PERSONS, side, side)
    return faces, change > 0.1 * change.max(axis=(1, 2), keepdims=True)
