"""Faces made to order: one action unit on an otherwise neutral face, and the pixels that it moves."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from synthface.face import FACE_AUS, Face, Identity, Pose, Rendered, Scene, au_vector

#: Persons of the gallery; their seeds lie outside those of every corpus.
PERSONS = 8
_SEED = 9_000


@lru_cache(maxsize=32)
def person(number: int) -> Face:
    """A person of the gallery, prepared for rendering."""
    return Face(Identity.draw(np.random.default_rng([_SEED, number]), "mixed"))


def light(number: int) -> Scene:
    """The laboratory in which a person of the gallery sits."""
    return Scene.draw(np.random.default_rng([_SEED, number, 1]), "laboratory")


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
    return person(number).render(au_vector(aus), Pose(yaw, 0.0, 0.0), light(number), side=side)


def showing(number: int, aus: dict[int, float], side: int = 200, yaw: float = 0.0) -> np.ndarray:
    """The image of :func:`rendered`."""
    return rendered(number, aus, side, yaw).image


def change(
    face: Face,
    aus: np.ndarray,
    au: int,
    pose: Pose | None = None,
    scene: Scene | None = None,
    side: int = 200,
    **more: Any,
) -> tuple[np.ndarray, np.ndarray]:
    """Where one AU shows in a frame: the frame against the same frame without that AU.

    Identity, pose, light and the other AUs are the same in both renderings; neither has sensor noise nor the
    artefacts of compression, which are no part of the face.

    Parameters
    ----------
    face : Face
        Who it is.
    aus : ndarray, shape (19, 2) or (19,)
        Strengths of the frame in the order of ``FACE_AUS``.
    au : int
        The AU that is taken away.  If the frame does not show it, nothing changes.
    pose, scene : Pose, Scene, optional
        As in :meth:`Face.render`.
    side : int
        Pixels.
    **more
        Gaze, occluder and framing, as in :meth:`Face.render`.

    Returns
    -------
    weight : float32, shape (side, side)
        Largest change of a colour channel, as a share 0..1 of the full range.
    mask : bool, shape (side, side)
        Pixels that change by at least a tenth of the largest change of the frame, and by a grey level or more.

    Raises
    ------
    ValueError
        If the face has no such AU.
    """
    if au not in FACE_AUS:
        raise ValueError(f"the face has no AU{au}; it has {', '.join(map(str, FACE_AUS))}")
    clean = replace(scene or Scene(), noise=0.0, quality=100)
    without = np.array(aus, float)
    without[FACE_AUS.index(au)] = 0
    shown, rest = (
        face.render(strengths, pose, clean, side, **more).image.astype(np.int16) for strengths in (aus, without)
    )
    levels = np.abs(shown - rest).max(axis=-1)  # (side, side)
    return (levels / 255).astype(np.float32), levels >= max(2.0, 0.1 * float(levels.max()))


@lru_cache(maxsize=64)
def persons_showing(au: int, side: int, strength: float = 5.0) -> tuple[np.ndarray, np.ndarray]:
    """Several persons showing one AU, and where it changes their faces.

    Returns
    -------
    faces : ndarray of uint8, shape (PERSONS, side, side, 3)
    masks : ndarray of bool, shape (PERSONS, side, side)
        From :func:`change`.
    """
    if au not in FACE_AUS:
        raise ValueError(f"the face has no AU{au}; it has {', '.join(map(str, FACE_AUS))}")
    aus = au_vector({au: strength})
    faces = np.stack([showing(n, {au: strength}, side) for n in range(PERSONS)])
    masks = np.stack([change(person(n), aus, au, Pose(), light(n), side)[1] for n in range(PERSONS)])
    return faces, masks
