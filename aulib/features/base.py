"""What every feature is: a name, where it comes from, and a function from aligned faces to numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aulib.errors import AulibError

Faces = NDArray[np.uint8]  # (n, S, S, 3), RGB
Points = NDArray[Any]  # (n, 68, 2), x and y in pixels of the faces
Numbers = NDArray[np.float32]  # (n, D)

#: Side in pixels to which the hand-made features bring a face first: sizes of cells and filters below are in these
#: pixels, and a feature has the same dimension whatever the corpus.
SIDE = 100


@dataclass(frozen=True)
class Feature:
    """A description of aligned faces that does not look at AU labels.

    Parameters
    ----------
    name : str
        Key of ``aulib.features.FEATURES``.
    title : str
        As tables print it.
    source : str
        Where it comes from, and what is a choice made here.
    dimension : int
        Numbers a face, D.  It does not depend on the side of the faces.
    describe : callable
        Faces uint8 (n, S, S, 3) and landmarks (n, 68, 2) to float32 (n, D), for a chunk that fits into memory.
        Each face for itself: a row never depends on the others.
    needs : tuple of int
        Landmarks that must be finite.
    chunk : int
        Faces described at a time.

    Examples
    --------
    >>> mean = Feature("mean", "mean colour", "", 3, lambda faces, _: faces.mean((1, 2)).astype(np.float32))
    >>> mean(np.full((5, 8, 8, 3), 7, np.uint8), np.zeros((5, 68, 2))).shape
    (5, 3)
    """

    name: str
    title: str
    source: str
    dimension: int
    describe: Callable[[Faces, Points], NDArray[Any]] = field(repr=False)
    needs: tuple[int, ...] = ()
    chunk: int = 64

    def __call__(self, faces: Faces, landmarks: Points) -> Numbers:
        """Describe faces.

        Parameters
        ----------
        faces : ndarray of uint8, shape (n, S, S, 3)
            Aligned, RGB.  May be a memory map: it is read chunk by chunk.
        landmarks : ndarray of float, shape (n, 68, 2)
            x and y in pixels of ``faces``.

        Returns
        -------
        ndarray of float32, shape (n, D)
            Finite; the same numbers in every call.

        Raises
        ------
        AulibError
            If the shapes do not fit, or a landmark that the feature needs is missing.
        """
        if faces.ndim != 4 or faces.shape[1] != faces.shape[2] or faces.shape[3] != 3 or faces.dtype != np.uint8:
            raise AulibError(f"{self.name}: faces are {faces.dtype} {faces.shape}, expected uint8 (n, S, S, 3), RGB")
        if landmarks.shape != (len(faces), 68, 2):
            raise AulibError(f"{self.name}: landmarks are {landmarks.shape}, expected ({len(faces)}, 68, 2)")
        lacking = ~np.isfinite(landmarks[:, list(self.needs)]).all(axis=(1, 2))
        if lacking.any():
            raise AulibError(
                f"{self.name}: face {np.flatnonzero(lacking)[0]} lacks some of the {len(self.needs)} landmarks that "
                f"are described, and {lacking.sum():,} of {len(faces):,} faces do; leave them out"
            )
        out = np.empty((len(faces), self.dimension), np.float32)
        for start in range(0, len(faces), self.chunk):
            part = slice(start, start + self.chunk)
            out[part] = self.describe(np.asarray(faces[part]), np.asarray(landmarks[part]))
        return out


def resized(faces: Faces, side: int) -> Faces:
    """Faces (n, side, side, 3): averaged over areas where they shrink, interpolated where they grow."""
    import cv2

    if faces.shape[1] == side:
        return faces
    how = cv2.INTER_AREA if faces.shape[1] > side else cv2.INTER_LINEAR
    out = np.empty((len(faces), side, side, 3), np.uint8)
    for face, small in zip(faces, out, strict=True):
        small[:] = cv2.resize(face, (side, side), interpolation=how)
    return out


def grey(faces: Faces, side: int = SIDE) -> Faces:
    """Grey levels (n, side, side) of faces (n, S, S, 3)."""
    import cv2

    small = resized(faces, side)
    return np.stack([cv2.cvtColor(np.ascontiguousarray(face), cv2.COLOR_RGB2GRAY) for face in small]).astype(np.uint8)


def unit_length(numbers: NDArray[Any]) -> Numbers:
    """Each row over its Euclidean norm, as the Hybrid paper treats fc7 (Sec. 3.1); 0 stays 0."""
    numbers = np.asarray(numbers, np.float32)
    return numbers / np.maximum(np.linalg.norm(numbers, axis=1, keepdims=True), np.float32(1e-12))
