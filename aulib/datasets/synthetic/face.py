"""A procedural 3D face with FACS action units: the one door to this folder's renderer.

    >>> import numpy as np
    >>> face = Face(Identity.draw(np.random.default_rng(0)))
    >>> face.render(au_vector({12: 5, 6: 3})).image.shape
    (200, 200, 3)

Map of the face (:mod:`template`), mesh (:mod:`head`), action units (:mod:`action_units`, :mod:`contacts`), paint
(:mod:`skin`), folds (:mod:`wrinkles`), light and camera (:mod:`scene`) and the kernels (:mod:`rasteriser`) have
files of their own; all geometry and texture is computed, none is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from aulib.datasets.synthetic import head, rasteriser, skin, wrinkles
from aulib.datasets.synthetic.action_units import FACE_AUS, au_vector, displacement_basis
from aulib.datasets.synthetic.contacts import Contacts
from aulib.datasets.synthetic.identity import Identity
from aulib.datasets.synthetic.landmarks import landmark_vertices
from aulib.datasets.synthetic.scene import Scene, background, photograph

__all__ = ["FACE_AUS", "Face", "Identity", "Pose", "Rendered", "Scene", "au_vector"]

#: Samples a pixel along each axis; distance of the camera in units; cells of the coarse shadow maps.
SUPERSAMPLING, CAMERA, CELLS = 2, 750.0, 100
_PIVOT = np.array((0.0, 90.0, -70.0))  # the head turns about a point between the ears
# Where the rigid anchors (eye corners, nose root, base of the nose) lie in the 200-pixel crop.
_ANCHORS = np.array([(52.0, 72.0), (83.0, 73.5), (116.0, 73.5), (147.0, 72.0), (99.5, 72.0), (99.5, 128.0)])
_FAR = -150.0


@dataclass(frozen=True)
class Pose:
    """Head pose, and what alignment got wrong.

    Parameters
    ----------
    yaw, pitch, roll : float
        Degrees: towards the right of the image, down, and clockwise in the image.  Roll is undone by the
        alignment, as it is on real images.
    dx, dy : float
        Shift of the aligned crop, in pixels of the 200-pixel crop.
    scale : float
        Size relative to the exact alignment.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    dx: float = 0.0
    dy: float = 0.0
    scale: float = 1.0

    def rotation(self) -> np.ndarray:
        """Rotation matrix (3, 3) in coordinates x right, y down, z towards the camera."""
        yaw, pitch, roll = np.deg2rad((self.yaw, self.pitch, self.roll))
        cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
        turn = np.array(((cy, 0, sy), (0, 1, 0), (-sy, 0, cy)))
        nod = np.array(((1, 0, 0), (0, cp, sp), (0, -sp, cp)))
        lean = np.array(((cr, -sr, 0), (sr, cr, 0), (0, 0, 1)))
        return lean @ nod @ turn


@dataclass(frozen=True)
class Rendered:
    """An aligned picture and its landmarks.

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
        self._contacts = Contacts(self.mesh)
        self._basis = displacement_basis(self.mesh)
        amplitude = np.array(identity.amplitude, np.float32)
        amplitude[FACE_AUS.index(7)] *= _aperture(self.mesh) / 9.5  # a wide eye has further to close
        self._basis *= np.repeat(amplitude, 2)[:, None, None]
        self._atlas, self._relief = skin.paint(identity)
        self._wrinkles = wrinkles.layers(identity)
        wrinkles.resting_relief(identity, self._wrinkles, self._relief)
        self._landmarks = landmark_vertices(self.mesh)
        rest = self._deform(np.zeros(2 * len(FACE_AUS)), 0.0, (0.0, 0.0))
        marks = rest[self._landmarks]
        self._anchors = np.stack([marks[36], marks[39], marks[42], marks[45], marks[27], marks[33]]).astype(float)

    def render(
        self,
        aus: np.ndarray,
        pose: Pose | None = None,
        scene: Scene | None = None,
        side: int = 200,
        rng: np.random.Generator | None = None,
        blink: float = 0.0,
        gaze: tuple[float, float] = (0.0, 0.0),
    ) -> Rendered:
        """Render an aligned picture.

        Parameters
        ----------
        aus : array_like (17, 2) or (17,)
            Strengths 0..5 in the order of ``FACE_AUS``; columns are the person's right and left side.
        pose : Pose, optional
            Frontal by default.
        scene : Scene, optional
            An even laboratory light by default.
        side : int
            Pixels of the square picture, at least 16.
        rng : Generator, optional
            Sensor noise and flicker; none of them by default.
        blink : float
            0 (open) to 1 (closed).
        gaze : tuple of float
            Degrees to the right of the image, and down.

        Returns
        -------
        Rendered

        Raises
        ------
        ValueError
            If an argument has the wrong shape or lies outside its range.
        """
        pose, scene = pose or Pose(), scene or Scene()
        strengths = _checked(aus, pose, side, blink, gaze)
        weights = strengths.ravel() / 5
        points = self._deform(weights, blink, gaze)
        screen, axes = self._project(points, pose)
        pixels = side / 200
        landmarks = ((screen[self._landmarks, :2] + 0.5) * pixels - 0.5).astype(np.float32)
        buffer = self._shade(screen, axes, self._wrinkled(weights), scene, side)
        return Rendered(photograph(buffer, scene, side, rng), landmarks)

    def _deform(self, weights: np.ndarray, blink: float, gaze: tuple[float, float]) -> np.ndarray:
        """Vertices ``(V, 3)`` of the expression, before the head turns."""
        out = np.empty_like(self.mesh.points)
        active = np.flatnonzero(weights)
        rasteriser.deform(self.mesh.points, self._basis, active, weights[active].astype(np.float32), out)
        turn = Pose(yaw=gaze[0], pitch=gaze[1]).rotation().astype(np.float32)
        for name, centre in zip(("eye_right", "eye_left"), self.mesh.eyes.astype(np.float32), strict=True):
            part = self.mesh.parts[name]
            out[part] = (out[part] - centre) @ turn.T + centre
        self._contacts.apply(out, blink)
        return out

    def _project(self, points: np.ndarray, pose: Pose) -> tuple[np.ndarray, np.ndarray]:
        """Screen positions ``(V, 3)`` in units of the aligned crop, and the texture's axes ``(2, 3)`` on the screen.

        The alignment is the similarity that brings the *resting* anchors of this pose to their places, so
        that neither an expression nor the jaw moves the crop.
        """
        rotation = pose.rotation()
        similarity = _similarity(self._view(self._anchors, rotation)[:, :2], _ANCHORS)
        matrix = similarity[:, :2] * pose.scale
        shift = (similarity[:, 2] - 99.5) * pose.scale + 99.5 + (pose.dx, pose.dy)
        screen = self._view(points, rotation)
        size = np.sqrt(np.linalg.det(matrix))
        screen[:, :2] = screen[:, :2] @ matrix.T + shift
        screen[:, 2] *= size
        lean = np.eye(3)
        lean[:2, :2] = matrix / size
        axes = (lean @ rotation)[:, :2].T
        return screen.astype(np.float32), np.ascontiguousarray(axes, np.float32)

    @staticmethod
    def _view(points: np.ndarray, rotation: np.ndarray) -> np.ndarray:
        """Turn the head and look at it in perspective."""
        turned = (points - _PIVOT) @ rotation.T
        turned[:, :2] *= (CAMERA / (CAMERA - turned[:, 2]))[:, None]
        return turned

    def _wrinkled(self, weights: np.ndarray) -> np.ndarray:
        """Height of the skin ``(512, 512)`` with the folds of the expression."""
        relief = self._relief.copy()
        for k in np.flatnonzero(weights):
            for layer in self._wrinkles[k]:
                layer.add_to(relief, weights[k])
        return relief

    def _shade(self, screen: np.ndarray, axes: np.ndarray, relief: np.ndarray, scene: Scene, side: int) -> np.ndarray:
        """Supersampled picture, float32 ``(S, S, 3)``."""
        samples = side * SUPERSAMPLING
        unit = samples / 200
        normals = np.empty_like(screen)
        rasteriser.vertex_normals(screen, self.mesh.triangles, normals)
        buffered = (screen * (unit, unit, 1) + (0.5 * unit - 0.5, 0.5 * unit - 0.5, 0)).astype(np.float32)
        depth = np.full((samples, samples), _FAR, np.float32)
        owner = np.full((samples, samples), -1, np.int32)
        weight = np.empty((samples, samples, 2), np.float32)
        rasteriser.fill(buffered, self.mesh.triangles, depth, owner, weight)
        light = scene.lights()
        shadow, occlusion = _shadows(depth, light[0], scene.softness)
        out = background(scene, samples).copy()
        rasteriser.shade(owner, weight, self.mesh.triangles, normals, self.mesh.surface, self._atlas, relief,
                         shadow, occlusion, np.float32(CELLS / samples), axes, light, out)  # fmt: skip
        return out


def _shadows(depth: np.ndarray, to_light: np.ndarray, softness: float) -> tuple[np.ndarray, np.ndarray]:
    """Coarse maps ``(CELLS, CELLS)`` of the key light that arrives and of how open a place lies to all sides."""
    coarse = cv2.resize(depth, (CELLS, CELLS), interpolation=cv2.INTER_NEAREST)
    shadow = np.empty_like(coarse)
    rasteriser.cast_shadow(coarse, to_light, np.float32(200 / CELLS), shadow)
    shadow = cv2.GaussianBlur(shadow, (0, 0), 1.0 + 2.0 * softness)
    shadow = np.float32(0.25 + 0.3 * softness) + np.float32(0.75 - 0.3 * softness) * shadow
    occlusion = np.ones_like(coarse)
    for sigma, strength in ((1.6, 0.07), (5.0, 0.035)):
        around = cv2.GaussianBlur(np.maximum(coarse, -60), (0, 0), sigma)
        occlusion = occlusion - strength * np.clip(around - np.maximum(coarse, -60), 0, 9)
    return shadow, np.clip(occlusion, 0.3, 1).astype(np.float32)


def _similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Least-squares similarity (2, 3) between two sets of points (n, 2)."""
    p, q = source - source.mean(0), target - target.mean(0)
    a = (p * q).sum() / (p * p).sum()
    b = (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum() / (p * p).sum()
    matrix = np.array(((a, -b), (b, a)))
    return np.column_stack([matrix, target.mean(0) - matrix @ source.mean(0)])


def _aperture(mesh: head.Mesh) -> float:
    """Largest distance between the lids at rest, in units (9.5 on the mean face)."""
    grid = mesh.grid(mesh.points)
    return float((grid[mesh.rows["lid_lower"], :, 1] - grid[mesh.rows["lid_upper"], :, 1]).max())


def _checked(aus: np.ndarray, pose: Pose, side: int, blink: float, gaze: tuple[float, float]) -> np.ndarray:
    """Strengths (17, 2) after the checks that :meth:`Face.render` promises."""
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
    if not 0 <= blink <= 1:
        raise ValueError(f"blink={blink} must lie in 0 (open) to 1 (closed)")
    if not np.all(np.abs(gaze) <= 45):
        raise ValueError(f"gaze={gaze} must be two angles within 45 degrees")
    if not np.all(np.abs((pose.yaw, pose.pitch, pose.roll)) <= 90) or not pose.scale > 0:
        raise ValueError(f"pose={pose} must have angles within 90 degrees and a scale above 0")
    return strengths
