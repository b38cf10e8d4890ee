"""Where is the face? Detectors of landmarks in a photograph: OpenCV's cascades, and MediaPipe's face mesh.

    P. Viola, M. Jones: Rapid Object Detection using a Boosted Cascade of Simple Features, CVPR 2001.
    Y. Kartynnik, A. Ablavatski, I. Grishchenko, M. Grundmann: Real-time Facial Surface Geometry from Monocular Video on
    Mobile GPUs, CVPR Workshop on Computer Vision for AR/VR 2019.

The papers name theirs: IntraFace (Hybrid), an ensemble of regression trees (DSIN), OpenCV's eye detector (CCNN).  The
first cannot be had any more, the models of the second may not be used freely; the third is the cascade here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from aulib.datasets.landmarks import MEAN_SHAPE, eye_centres
from aulib.datasets.registration import similarity, transformed
from aulib.errors import AulibError, UnknownName


class Detector(Protocol):
    """Finds the landmarks of the largest face of a picture."""

    name: str

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """Landmarks float32 (68, 2) in pixels of an RGB picture uint8 (H, W, 3); None where no face is found."""


# -- OpenCV's cascades --

#: Longest side of the copy in which faces are looked for, and width of the face in which its eyes are, in pixels.
_REDUCED, _FACE_WIDTH = 480, 200
#: Degrees by which the picture is turned until a face is found.
_TURNS = (0, 20, -20)
#: Cascades for faces, factor between their sizes, boxes that must agree; the strictest first.
_FACES = (("frontalface_alt2", 1.1, 5), ("frontalface_alt2", 1.05, 3), ("frontalface_default", 1.05, 3))
#: Cascades for eyes, weight, and how far above the eye their boxes sit, as a share of the distance of the eyes.
_EYES = (("eye_tree_eyeglasses", 4.0, 0.02), ("eye", 2.0, 0.05))
#: Where the right eye is in the box of a face (the left one mirrors it), how far it may stray, as shares of the box,
#: and the weight of the place beside the cascades for eyes.  Places and shares were read off embedded faces.
_PLACE, _STRAY, _PLACE_WEIGHT = np.array([0.313, 0.42]), np.array([0.10, 0.12]), 1.0


class Cascade:
    """OpenCV's Haar cascades: a face, then its eyes.

    Only the eyes are found.  The 68 points are :data:`aulib.datasets.landmarks.MEAN_SHAPE` laid on their centres: an
    estimate that knows neither the expression nor a turn of the head.  Eyes alone are what CCNN aligned by.
    """

    name = "cascade"

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        import cv2

        grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
        middle = (grey.shape[1] / 2, grey.shape[0] / 2)
        for turn in _TURNS:
            matrix = cv2.getRotationMatrix2D(middle, turn, 1.0)
            turned = cv2.warpAffine(grey, matrix, grey.shape[::-1], borderMode=cv2.BORDER_REPLICATE) if turn else grey
            if (eyes := _eyes_of_largest(turned)) is not None:
                eyes = transformed(eyes, cv2.invertAffineTransform(matrix))
                return transformed(MEAN_SHAPE, similarity(eye_centres(MEAN_SHAPE), eyes)).astype(np.float32)
        return None


@lru_cache
def _cascade(name: str) -> Any:
    import cv2

    return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / f"haarcascade_{name}.xml"))  # type: ignore[attr-defined]


def _eyes_of_largest(grey: NDArray[Any]) -> NDArray[np.float64] | None:
    """Eye centres (2, 2) of the largest face that has eyes, one nearer to the middle before one at the edge."""
    import cv2

    zoom = min(1.0, _REDUCED / max(grey.shape))
    small = cv2.resize(grey, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    least = max(24, min(small.shape) // 8)
    for name, factor, agree in _FACES:
        found = _cascade(name).detectMultiScale(small, factor, agree, minSize=(least, least))
        boxes = np.array(found, float).reshape(-1, 4)
        away = np.abs((boxes[:, :2] + boxes[:, 2:] / 2) / small.shape[::-1] - 0.5).max(axis=1, initial=0)
        for box in boxes[np.argsort(-boxes[:, 2] * (1 - away))] / zoom:
            if (eyes := _eyes(grey, *box[:3])) is not None:
                return eyes
    return None


def _eyes(grey: NDArray[Any], x: float, y: float, width: float) -> NDArray[np.float64] | None:
    """Eye centres in a face's box: for each eye the mean of the cascades' boxes nearest to its place, and of the place.

    None if no cascade finds an eye near either place.  A shut or hidden eye is put where its place is.
    """
    import cv2

    left, top, right, bottom = np.clip([x, y + 0.12 * width, x + width, y + 0.68 * width], 0, None).astype(int)
    part = grey[top:bottom, left:right]
    zoom = _FACE_WIDTH / width
    part = cv2.resize(part, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR)
    places = np.stack([_PLACE, _PLACE * (-1, 1) + (1, 0)])
    sums, weights = places * _PLACE_WEIGHT, np.full(2, _PLACE_WEIGHT)
    for name, weight, above in _EYES:
        boxes = np.array(_cascade(name).detectMultiScale(part, 1.05, 3, minSize=(28, 28), maxSize=(90, 90)), float)
        boxes = boxes.reshape(-1, 4)
        centres = ((boxes[:, :2] + boxes[:, 2:] / 2) / zoom + (left - x, top - y)) / width
        centres[:, 1] += above * (places[1, 0] - places[0, 0])
        for eye, place in enumerate(places):
            away = np.abs(centres - place) / _STRAY  # (n, 2)
            if (away < 1).all(axis=1).any():
                sums[eye] += weight * centres[np.argmin(away.max(axis=1))]
                weights[eye] += weight
    if (weights == _PLACE_WEIGHT).all():
        return None
    return sums / weights[:, None] * width + (x, y)


# -- MediaPipe's face mesh --

#: Edge of the face from the ear to the chin on either side; the 17 points of the jaw lie on it at equal distances.
OVAL = (
    (127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152),
    (356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152),
)
#: Vertices of the mesh that stand for the landmarks from 17 on.
INNER = (
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,  # brows
    168, 197, 195, 4, 75, 97, 2, 326, 305,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 81, 13, 311, 308, 402, 14, 178,  # mouth
)  # fmt: skip


def landmarks_of_mesh(mesh: NDArray[Any]) -> NDArray[np.float64]:
    """The 68 landmarks (68, D) from the vertices of a face mesh (468 or 478, D)."""
    sides = []
    for oval in OVAL:
        line = mesh[list(oval)]
        way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        sides.append(np.stack([np.interp(np.linspace(0, way[-1], 9), way, x) for x in line.T], axis=-1))
    return np.concatenate([sides[0], sides[1][-2::-1], mesh[list(INNER)]])


class FaceMesh:
    """MediaPipe's face mesh (the legacy solution, up to release 0.10): 68 of its 468 vertices.

    Trained on photographs; its outlines differ a little from those of iBUG 300-W.  It looks at each picture anew and
    remembers nothing of the last one.
    """

    name = "face-mesh"

    def __init__(self) -> None:
        import mediapipe

        self._mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True)

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        found = self._mesh.process(np.ascontiguousarray(image)).multi_face_landmarks
        if not found:
            return None
        height, width = image.shape[:2]
        # z is in units of the width, like x; the jaw is measured along the surface
        mesh = np.array([(p.x * width, p.y * height, p.z * width) for p in found[0].landmark])
        return (landmarks_of_mesh(mesh)[:, :2] - 0.5).astype(np.float32)


#: Name -> class of the detector, best first.
DETECTORS: dict[str, Callable[[], Detector]] = {"face-mesh": FaceMesh, "cascade": Cascade}

#: Detector -> library it needs and how to install it.
_NEEDS = {"face-mesh": ("mediapipe", '"mediapipe==0.10.14"'), "cascade": ("cv2", "opencv-python-headless")}


def available() -> tuple[str, ...]:
    """Detectors whose library is installed, best first."""
    return tuple(name for name in DETECTORS if _installed(_NEEDS[name][0]))


def best() -> str:
    """Name of the best detector that is installed."""
    return next(iter(available()), "cascade")


def _installed(library: str) -> bool:
    return library in sys.modules or find_spec(library) is not None


def detector(name: str = "best") -> Detector:
    """A detector of faces and landmarks.

    Parameters
    ----------
    name : str
        ``cascade``, ``face-mesh``, or ``best``: the best of those that are installed.

    Returns
    -------
    Detector
        A function of an RGB picture uint8 (H, W, 3) to landmarks float32 (68, 2), None where no face is found.

    Raises
    ------
    AulibError
        If the name is unknown or the library is not installed; the message says what to install.
    """
    if name == "best":
        name = best()
    if name not in DETECTORS:
        raise UnknownName("detector", name, [*DETECTORS, "best"])
    library, package = _NEEDS[name]
    if not _installed(library):
        raise AulibError(f"the detector {name!r} needs {library}, which is not installed: pip install {package}")
    try:
        return DETECTORS[name]()
    except (ImportError, AttributeError) as error:  # newer releases of mediapipe have no legacy solutions
        raise AulibError(
            f"the detector {name!r} cannot use the installed {library} ({error}): pip install {package}"
        ) from error
