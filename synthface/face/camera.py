"""Where the head is and how the camera sees it: pose, perspective and the alignment of the crop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthface.face import rasteriser

#: Distance of the camera in units (about millimetres).
CAMERA = 900.0
#: How a head is put into the picture, and how much of a raw frame's height the face (hairline to chin) takes up.
FRAMINGS, FACE_SHARE = ("aligned", "camera"), 0.45
_FACE_HEIGHT, _HEIGHT_IN_FRAME = 192.0, 90.0
_PIVOT = np.array((0.0, 90.0, -70.0))  # the head turns about a point between the ears
# Where the rigid anchors (eye corners, nose root, base of the nose) lie in the 200-pixel crop.
_ANCHORS = np.array([(55.1, 71.5), (85.4, 73.5), (113.6, 73.5), (143.9, 71.5), (99.5, 72.1), (99.5, 122.4)])


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


def project(
    points: np.ndarray,
    anchors: np.ndarray,
    pose: Pose,
    follow: np.ndarray | None = None,
    framing: str = "aligned",
) -> tuple[np.ndarray, np.ndarray]:
    """Screen positions ``(V, 3)`` in units of 1/200 of the picture, and the texture's axes ``(2, 3)`` on the screen.

    Parameters
    ----------
    points : ndarray, shape (V, 3)
        Vertices before the head turns.
    anchors : ndarray, shape (6, 3)
        The resting anchors of the face.
    pose : Pose
    follow : ndarray, shape (V,), optional
        Share 0..1 of the turn that a vertex takes part in: 1 on the head (everywhere by default), 0 on the shoulders.
    framing : str
        ``aligned``: the similarity that brings the *resting* anchors of this pose to their places, so that neither an
        expression nor the jaw moves the crop.  ``camera``: the raw frame, in which the head leans and moves; the face
        takes up :data:`FACE_SHARE` of its height.

    Raises
    ------
    ValueError
        If the framing is unknown.
    """
    rotation = pose.rotation()
    if framing == "aligned":
        similarity = _similarity(_view(anchors, rotation)[:, :2], _ANCHORS)
    elif framing == "camera":
        zoom = FACE_SHARE * 200 / _FACE_HEIGHT
        similarity = np.array(((zoom, 0.0, 99.5), (0.0, zoom, _HEIGHT_IN_FRAME)))
    else:
        raise ValueError(f"framing={framing!r} is unknown; choose one of {list(FRAMINGS)}")
    matrix = similarity[:, :2] * pose.scale
    shift = (similarity[:, 2] - 99.5) * pose.scale + 99.5 + (pose.dx, pose.dy)
    size = float(np.sqrt(np.linalg.det(matrix)))
    if follow is None:
        follow = np.ones(len(points), np.float32)
    screen = np.empty((len(points), 3), np.float32)
    rasteriser.project(np.ascontiguousarray(points, np.float32), follow, np.ascontiguousarray(rotation), _PIVOT, CAMERA,
                       np.ascontiguousarray(matrix), np.asarray(shift, float), size, screen)  # fmt: skip
    lean = np.eye(3)
    lean[:2, :2] = matrix / size
    axes = (lean @ rotation)[:, :2].T
    return screen, np.ascontiguousarray(axes, np.float32)


def _view(points: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Turn the head and look at it in perspective."""
    turned = (points - _PIVOT) @ rotation.T
    turned[:, :2] *= (CAMERA / (CAMERA - turned[:, 2]))[:, None]
    return turned


def _similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Least-squares similarity (2, 3) between two sets of points (n, 2)."""
    p, q = source - source.mean(0), target - target.mean(0)
    a = (p * q).sum() / (p * p).sum()
    b = (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum() / (p * p).sum()
    matrix = np.array(((a, -b), (b, a)))
    return np.column_stack([matrix, target.mean(0) - matrix @ source.mean(0)])
