"""One person, ready to be rendered in any expression, pose and light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthface.face import (
    camera,
    combinations,
    hair,
    head,
    rasteriser,
    shading,
    skin,
    whiskers,
    wrinkles,
)
from synthface.face.action_units import FACE_AUS
from synthface.face.backdrop import FRAME
from synthface.face.camera import Pose
from synthface.face.contacts import Contacts
from synthface.face.identity import Identity
from synthface.face.landmarks import landmark_vertices
from synthface.face.occluders import Occluder
from synthface.face.scene import Scene, photograph

#: Where the AUs that close the eye (held, and as a blink) stand in ``FACE_AUS``.
_CLOSURE = [FACE_AUS.index(43), FACE_AUS.index(45)]


@dataclass(frozen=True)
class Rendered:
    """A picture and its landmarks.

    ``image`` uint8 (side, side, 3), RGB; ``landmarks`` float32 (68, 2), x and y in pixels, in the order of 300-W.
    """

    image: np.ndarray
    landmarks: np.ndarray


class Face:
    """A person, prepared for rendering (about a third of a second; then some milliseconds a picture).

    Parameters
    ----------
    identity : Identity
        Who it is.
    """

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.mesh = head.build(identity)
        amplitude = np.array(identity.amplitude)
        amplitude[FACE_AUS.index(7)] *= _aperture(self.mesh) / 9.5  # a wide eye has further to close
        tone = np.array(identity.tone, np.float32)
        self.mesh.points += np.tensordot(tone, combinations.displacements(self.mesh, amplitude)[: len(tone)], 1)
        self._hairs = (whiskers.grow(self.mesh, identity), hair.grow(self.mesh, identity))  # adds vertices
        self._contacts = Contacts(self.mesh)
        self._fields = combinations.displacements(self.mesh, amplitude)
        self._reach = combinations.reach(self.mesh.template[:, 0]).astype(np.float32)
        atlas, self._relief = skin.paint(identity)
        self._atlas = skin.pyramid(atlas)
        self._wrinkles = wrinkles.layers(identity)
        wrinkles.resting_relief(identity, self._wrinkles, self._relief)
        self._landmarks = landmark_vertices(self.mesh)
        rest = self._deform(np.zeros((len(FACE_AUS), 2)), (0.0, 0.0))
        marks = rest[self._landmarks]
        self._anchors = np.stack([marks[36], marks[39], marks[42], marks[45], marks[27], marks[33]]).astype(float)

    def render(
        self,
        aus: np.ndarray,
        pose: Pose | None = None,
        scene: Scene | None = None,
        side: int = 200,
        rng: np.random.Generator | None = None,
        gaze: tuple[float, float] = (0.0, 0.0),
        framing: str = "aligned",
        occluder: Occluder | None = None,
    ) -> Rendered:
        """Render a picture.

        Parameters
        ----------
        aus : array_like (19, 2) or (19,)
            Strengths 0..5 in the order of ``FACE_AUS``; columns are the person's right and left side.
        pose : Pose, optional
            Frontal by default.
        scene : Scene, optional
            An even laboratory light by default.
        side : int
            Pixels of the square picture, at least 16.
        rng : Generator, optional
            Sensor noise and flicker; none of them by default.
        gaze : tuple of float
            Degrees to the right of the image, and down.
        framing : str
            ``aligned`` (the crop that experiments read) or ``camera`` (the raw frame); see :func:`camera.project`.
        occluder : Occluder, optional
            A hand or cup in front of the face.

        Returns
        -------
        Rendered

        Raises
        ------
        ValueError
            If an argument has the wrong shape or lies outside its range.
        """
        pose, scene = pose or Pose(), scene or Scene()
        strengths = _checked(aus, pose, side, gaze)
        points = self._deform(strengths, gaze)
        tufts = [tuft.thinned(1 if side > 130 else 2) for tuft in self._hairs]
        everything = [points, *(tuft.moved(self.mesh.points, points) for tuft in tufts)]
        pieces = None if occluder is None else occluder.pieces(self.identity.seed, skin.tone(self.identity))
        everything.append(np.empty((0, 3), np.float32) if pieces is None else pieces.ends)
        follow = np.concatenate([self.mesh.follow, np.ones(sum(map(len, everything[1:])), np.float32)])
        screen, axes = camera.project(np.concatenate(everything), self._anchors, pose, follow, framing)
        screen, *placed, ends = np.split(screen, np.cumsum([len(part) for part in everything[:-1]]))
        hairs = [(place.reshape(tuft.points.shape), tuft.paint) for place, tuft in zip(placed, tufts, strict=True)]
        pixels = side / 200
        landmarks = ((screen[self._landmarks, :2] + 0.5) * pixels - 0.5).astype(np.float32)
        buffer = shading.picture(self.mesh, screen, axes, self._atlas, self._wrinkled(strengths), scene, side, hairs,
                                 200.0 if framing == "aligned" else FRAME,
                                 None if pieces is None else (ends, pieces))  # fmt: skip
        return Rendered(photograph(buffer, scene, side, rng), landmarks)

    def _deform(self, strengths: np.ndarray, gaze: tuple[float, float]) -> np.ndarray:
        """Vertices ``(V, 3)`` of the expression, before the head turns."""
        out = np.empty_like(self.mesh.points)
        motion, _ = combinations.weights(strengths)
        active = np.flatnonzero(motion.any(axis=1))
        rasteriser.deform(self.mesh.points, self._fields, self._reach, active, motion[active], out)
        turn = Pose(yaw=gaze[0], pitch=gaze[1]).rotation().astype(np.float32)
        for name, centre in zip(("eye_right", "eye_left"), self.mesh.eyes.astype(np.float32), strict=True):
            part = self.mesh.parts[name]
            out[part] = (out[part] - centre) @ turn.T + centre
        self._contacts.apply(out, strengths[_CLOSURE].max(axis=0) / 5)
        return out

    def _wrinkled(self, strengths: np.ndarray) -> np.ndarray:
        """Height of the skin ``(512, 512)`` with the folds of the expression."""
        relief = self._relief.copy()
        for layers, weights in zip(self._wrinkles, combinations.weights(strengths)[1], strict=True):
            for layer, weight in zip(layers, weights, strict=True):
                if weight:
                    layer.add_to(relief, weight)
        return relief


def _aperture(mesh: head.Mesh) -> float:
    """Largest distance between the lids at rest, in units (9.5 on the mean face)."""
    grid = mesh.grid(mesh.points)
    return float((grid[mesh.rows["lid_lower"], :, 1] - grid[mesh.rows["lid_upper"], :, 1]).max())


def _checked(aus: np.ndarray, pose: Pose, side: int, gaze: tuple[float, float]) -> np.ndarray:
    """Strengths (19, 2) after the checks that :meth:`Face.render` promises."""
    strengths = np.asarray(aus, dtype=float)
    count = len(FACE_AUS)
    if strengths.shape == (count,):
        strengths = np.repeat(strengths[:, None], 2, axis=1)
    if strengths.shape != (count, 2):
        raise ValueError(
            f"aus has shape {strengths.shape}; give ({count}, 2) or ({count},), as au_vector({{12: 5}}) does"
        )
    if not np.isfinite(strengths).all():
        raise ValueError("aus holds NaN or infinity; give 0 for an action unit that is absent or unknown")
    if strengths.min() < 0 or strengths.max() > 5:
        raise ValueError(f"aus runs from {strengths.min():g} to {strengths.max():g}; clip strengths to 0..5")
    if int(side) != side or side < 16:
        raise ValueError(f"side={side} must be a whole number of pixels, at least 16")
    if not np.all(np.abs(gaze) <= 45):
        raise ValueError(f"gaze={gaze} must be two angles within 45 degrees")
    if not np.all(np.abs((pose.yaw, pose.pitch, pose.roll)) <= 90) or not pose.scale > 0:
        raise ValueError(f"pose={pose} must have angles within 90 degrees and a scale above 0")
    return strengths
