"""Crops and flips of aligned faces, and alignment of a photograph by OpenCV's bundled cascades."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aulib.errors import AulibError

#: Where the eye centres lie in an aligned face, as shares of its side (x of the left one in the image, y).
EYE_X, EYE_Y = 0.355, 0.36


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
    slack = faces.shape[1] - crop
    top, left = rng.integers(0, slack + 1, (2, len(rows)))
    mirrored = rng.random(len(rows)) < 0.5
    out = np.empty((len(rows), crop, crop, 3), np.uint8)
    for i, row in enumerate(rows):
        face = faces[row, top[i] : top[i] + crop, left[i] : left[i] + crop]
        out[i] = face[:, ::-1] if mirrored[i] else face
    return out


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
    target = np.array([[EYE_X, EYE_Y], [1 - EYE_X, EYE_Y]]) * side
    return cv2.warpAffine(
        photograph, _similarity(source, target), (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )


def _similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """2 × 3 matrix of the similarity that takes two points to two points (complex numbers make it one division)."""
    a, b = source @ [1, 1j]
    c, d = target @ [1, 1j]
    m = (d - c) / (b - a)
    t = c - m * a
    return np.array([[m.real, -m.imag, t.real], [m.imag, m.real, t.imag]])
