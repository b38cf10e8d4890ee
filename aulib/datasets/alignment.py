"""From a picture and its landmarks to a face in a common frame, as the papers describe it; crops and flips.

A detector of action units should see the face, not where the head was.  All five papers bring faces into one frame
first, each in its own way, and none says enough to repeat it to the pixel: see :data:`RECIPES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aulib.datasets.landmarks import MOUTH, centre, eye_centres, to_68, usable
from aulib.datasets.registration import (
    Fit,
    implausible,
    least_moving,
    level_box,
    similarity,
    three_anchors,
    transformed,
    two_eyes,
)
from aulib.errors import AulibError, UnknownName

#: Where :func:`align_photograph` puts the eye centres, as shares of the side (x of the left one in the image, y);
#: those of the mean shape are within a hundredth.
EYE_X, EYE_Y = 0.355, 0.36

#: DSIN's patches in the order of :func:`patches`; those of the other side are dropped as redundant (Sec. 4.1).
PATCHES = ("right eye", "between the eyes", "mouth", "right cheek", "nose")


@dataclass(frozen=True)
class Recipe:
    """A way to bring faces into one frame.

    Parameters
    ----------
    name : str
    paper : str
        Who does it.
    what : str
        What it does, and what the source leaves open.
    side : int
        Pixels of the aligned face in the paper.
    crop : mapping of str to int
        Paper -> side of the square that is cut out of it (at random in training, from the middle at test).
    fit : callable, optional
        Landmarks (68, 2) and side -> matrix (2, 3); None only resizes.
    border : int, optional
        Grey level outside the picture; by default its edge is repeated.
    """

    name: str
    paper: str
    what: str
    side: int
    crop: Mapping[str, int] = field(default_factory=dict)
    fit: Fit | None = None
    border: int | None = None


#: Name -> recipe.  ``dataclasses.replace(RECIPES["similarity"], fit=all_inner)`` is a variant that any function takes.
RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "similarity",
            "DRML, ARL, Hybrid",
            "Rotation, one scale and translation onto a mean face, by least squares over eye corners and nose. Printed "
            "are the kind of map and the size; which landmarks it is fitted to and where the eyes end up are not, nor "
            "how much of forehead and chin is in the picture.",
            200,
            {"DRML": 170, "ARL": 176, "Hybrid": 176},
            least_moving,
        ),
        Recipe(
            "anchors",
            "DSIN",
            "Three anchors, the means of the landmarks of each eye and of the mouth, taken nearest to their mean "
            "places. The paper calls the map rigid, yet says that it reduces differences of scale, so a similarity is "
            "meant here; `three_anchors_affine` is the option. Its anchors are means over neutral faces; ours are "
            "those of the mean shape. A mouth that opens moves an anchor.",
            224,
            {},
            three_anchors,
        ),
        Recipe(
            "eyes",
            "CCNN",
            "Two points, the eyes as OpenCV finds them, onto their mean places in the data set. The paper calls the "
            "map affine; two points fix a similarity and no more. Input size not printed: 56 pixels and a crop of "
            "85 % of the side, 48, are a choice. Contrast is normalised image by image, see `contrast_normalised`.",
            56,
            {"CCNN": 48},
            two_eyes,
        ),
        Recipe(
            "box",
            "code of ARL's authors, not the paper",
            "The line of the eyes is turned level and a square box cut out, 2.8 times as large as the larger extent "
            "of eye centres, tip of the nose and corners of the mouth; grey 128 outside the picture. The box follows "
            "the mouth, so an expression changes the scale. That it is centred on the middle of the five points is a "
            "choice.",
            200,
            {"ARL": 176},
            level_box,
            128,
        ),
        Recipe("none", "", "The face is aligned already and is only resized.", 200),
    )
}


@dataclass(frozen=True)
class Aligned:
    """A face in the common frame.

    ``image`` uint8 (side, side, 3), RGB; ``points`` float32 (68, 2) in its pixels, NaN where unknown; ``matrix``
    float64 (2, 3), from pixels of the picture to pixels of the face.
    """

    image: NDArray[np.uint8]
    points: NDArray[np.float32]
    matrix: NDArray[np.float64]


def align(
    image: NDArray[np.uint8], points: Any, recipe: str | Recipe = "similarity", side: int | None = None
) -> Aligned:
    """Bring a face into the common frame.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        RGB.
    points : array_like, shape (49, 2), (51, 2), (66, 2) or (68, 2)
        Landmarks in its pixels; NaN where unknown.  A recipe uses the finite ones.
    recipe : str or Recipe
        A key of :data:`RECIPES`, or a variant of one.
    side : int, optional
        Pixels of the result; the recipe's own by default.

    Returns
    -------
    Aligned

    Raises
    ------
    AulibError
        If the picture is no RGB image, the recipe is unknown, its landmarks are missing, or they cannot be those of a
        face in this picture, see :func:`aulib.datasets.registration.implausible`.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise AulibError(f"a picture of {image.dtype} {image.shape} cannot be aligned: expected uint8 (H, W, 3), RGB")
    if not isinstance(recipe, Recipe):
        if recipe not in RECIPES:
            raise UnknownName("alignment recipe", recipe, RECIPES)
        recipe = RECIPES[recipe]
    side = recipe.side if side is None else side
    given = to_68(points).astype(float)
    if usable(given) and (why := implausible(given, image.shape[1], image.shape[0])):
        raise AulibError(why)
    if recipe.fit is None:
        scale = np.array([side / image.shape[1], side / image.shape[0]])
        matrix = np.column_stack([np.diag(scale), (scale - 1) / 2])
    elif not usable(given):
        raise AulibError(f"the recipe {recipe.name!r} needs landmarks of both eyes; these are missing or in one place")
    else:
        matrix = recipe.fit(given, side)
    return Aligned(warped(image, matrix, side, recipe.border), transformed(given, matrix).astype(np.float32), matrix)


def warped(
    image: NDArray[np.uint8], matrix: NDArray[np.float64], side: int, border: int | None = None
) -> NDArray[np.uint8]:
    """A picture under a map (2, 3), (side, side, 3).

    Where the map makes the picture smaller it is blurred first, as much as averaging over a new pixel would: taking
    every tenth pixel of a large photograph would turn hair and skin into noise.
    """
    import cv2

    stretch = np.linalg.svd(matrix[:, :2], compute_uv=False).mean()  # pixels of the face per pixel of the picture
    if stretch < 1:
        image = cv2.GaussianBlur(image, (0, 0), np.sqrt((stretch**-2 - 1) / 12), borderType=cv2.BORDER_REPLICATE)  # type: ignore[assignment]
    mode = cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT
    grey = (border or 0,) * 3
    return cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=mode, borderValue=grey)  # type: ignore[return-value]


def patch_centres(points: NDArray[Any]) -> NDArray[np.float64]:
    """Centres (5, 2) of DSIN's patches, in the order of :data:`PATCHES`, of landmarks (68, 2).

    The paper names the places and shows them; the points are a choice: the mean around the right eye; the mean of the
    inner eye corners and the root of the nose; the mean of the mouth; halfway from the outer corner of the right eye to
    that of the mouth and a tenth of the distance of the eyes outwards; the tip of the nose.
    """
    points = np.asarray(points, float)
    right, left = eye_centres(points)
    cheek = points[[36, 48]].mean(axis=0) + 0.1 * (right - left)
    return np.stack([right, points[[39, 42, 27]].mean(axis=0), centre(points, MOUTH), cheek, points[30]])


def patches(face: NDArray[np.uint8], points: Any, side: int = 56) -> NDArray[np.uint8]:
    """DSIN's five patches of an aligned face (Fig. 4).

    Parameters
    ----------
    face : ndarray of uint8, shape (S, S, 3)
        224 pixels in the paper.
    points : array_like, shape (49, 2), (51, 2), (66, 2) or (68, 2)
        Landmarks in its pixels.
    side : int
        Pixels of a patch.

    Returns
    -------
    ndarray of uint8, shape (5, side, side, 3)
        Cut at whole pixels; where a patch reaches over the edge, the edge is repeated.

    Raises
    ------
    AulibError
        If a landmark that a patch hangs on is missing.
    """
    centres = patch_centres(to_68(points))
    for name, middle in zip(PATCHES, centres, strict=True):
        if not np.isfinite(middle).all():
            raise AulibError(f"the patch {name!r} hangs on landmarks that are missing")
    starts = np.rint(centres - (side - 1) / 2).astype(int)  # (5, 2), x and y
    out = np.empty((len(PATCHES), side, side, 3), np.uint8)
    for patch, (x, y) in zip(out, starts, strict=True):
        columns = np.arange(x, x + side).clip(0, face.shape[1] - 1)
        rows = np.arange(y, y + side).clip(0, face.shape[0] - 1)
        patch[:] = face[np.ix_(rows, columns)]
    return out


def contrast_normalised(faces: NDArray[Any]) -> NDArray[np.float32]:
    """Each face minus its mean, over its standard deviation (CCNN Sec. 4; the formula is a choice).

    Parameters
    ----------
    faces : ndarray, shape (..., H, W, 3)

    Returns
    -------
    ndarray of float32, same shape
        Over all pixels and colours of a face mean 0 and standard deviation 1, or 0 everywhere if it is flat.
    """
    faces = np.asarray(faces, np.float32)
    away = faces - faces.mean(axis=(-3, -2, -1), keepdims=True)
    return away / np.maximum(away.std(axis=(-3, -2, -1), keepdims=True), 1e-4)


# -- Crops and flips --


def random_crops(faces: np.ndarray, rows: np.ndarray, crop: int, rng: np.random.Generator) -> np.ndarray:
    """Cut a random square out of each face and mirror half of them (DRML Sec. 4.1).

    Parameters
    ----------
    faces : ndarray of uint8, shape (N, S, S, 3)
        May be a memory map: only the rows asked for are read.
    rows : ndarray of int, shape (B,)
    crop : int
        Side of the square, at most S.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of uint8, shape (B, crop, crop, 3)
    """
    top, left, mirrored = random_places(faces.shape[1], crop, len(rows), rng)
    out = np.empty((len(rows), crop, crop, 3), np.uint8)
    for i, row in enumerate(rows):
        face = faces[row, top[i] : top[i] + crop, left[i] : left[i] + crop]
        out[i] = face[:, ::-1] if mirrored[i] else face
    return out


def random_places(side: int, crop: int, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where :func:`random_crops` cuts `n` faces of a side: first rows and columns (n,), and whether it mirrors them."""
    top, left = rng.integers(0, side - crop + 1, (2, n))
    return top, left, rng.random(n) < 0.5


def centre_crops(faces: np.ndarray, rows: np.ndarray, crop: int) -> np.ndarray:
    """Cut the central square out of each face, as networks see them at test; shape (B, crop, crop, 3)."""
    start = (faces.shape[1] - crop) // 2
    out = np.empty((len(rows), crop, crop, 3), np.uint8)
    for i, row in enumerate(rows):
        out[i] = faces[row, start : start + crop, start : start + crop]
    return out


def align_photograph(photograph: np.ndarray, side: int = 200) -> np.ndarray:
    """Find a face and its eyes with OpenCV's Haar cascades and turn it into an aligned face.

    Parameters
    ----------
    photograph : ndarray of uint8, shape (H, W, 3)
        RGB.
    side : int
        Side of the result in pixels.

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)
        The similarity transform puts the eye centres where the embedded faces have them.

    Raises
    ------
    AulibError
        If no face, or not two eyes, are found.
    """
    import cv2

    grey = cv2.cvtColor(photograph, cv2.COLOR_RGB2GRAY)
    folder = Path(cv2.data.haarcascades)  # type: ignore[attr-defined]
    faces = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_default.xml")).detectMultiScale(grey, 1.1, 5)
    if len(faces) == 0:
        raise AulibError("no face found in the photograph: a frontal face of at least 60 pixels is needed")
    x, y, w, h = max(faces, key=lambda box: box[2] * box[3])
    eyes = cv2.CascadeClassifier(str(folder / "haarcascade_eye.xml")).detectMultiScale(
        grey[y : y + h * 6 // 10, x : x + w], 1.05, 5, minSize=(w // 8, w // 8)
    )
    centres = [(x + ex + ew / 2, y + ey + eh / 2) for ex, ey, ew, eh in eyes]
    left = [c for c in centres if c[0] < x + w / 2]
    right = [c for c in centres if c[0] >= x + w / 2]
    if not left or not right:
        raise AulibError(f"found a face but {len(centres)} eyes on it: two open eyes are needed")
    source = np.array([np.mean(left, axis=0), np.mean(right, axis=0)])
    matrix = similarity(source, np.array([[EYE_X, EYE_Y], [1 - EYE_X, EYE_Y]]) * side)
    if np.hypot(*matrix[:, 0]) < 0.5:  # down to half the size, every pixel is among the four that are interpolated
        return warped(photograph, matrix, side)
    return cv2.warpAffine(photograph, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]
