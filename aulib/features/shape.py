"""Shape: where the 49 inner landmarks are (Hybrid Sec. 4.3, "landmark locations").

No number is printed on how the locations are written down, so there are two forms.  ``shape`` takes out place and size
of each face; ``landmarks`` leaves both, and all its numbers are positive, as the printed median heuristic of the
divergence needs them: centred coordinates have a median near 0, which turns the logistic function into a step.
"""

from __future__ import annotations

import numpy as np

from aulib.datasets.landmarks import MARKUPS

from .base import Faces, Feature, Numbers, Points

#: The 49 inner points, which IntraFace, the paper's tracker, gives.
INNER = MARKUPS[49]


def shape(centred: bool = True) -> Feature:
    """Coordinates of the 49 inner landmarks, x and y in turn, 98-D.

    Parameters
    ----------
    centred : bool, default True
        Minus their mean, over their root mean square distance from it (the size of a shape in Procrustes analysis).
        Rotation stays: the faces are aligned.  Without it, positions as shares of the face's side, (x + 1/2) / S.
    """
    if centred:
        source = "Hybrid Sec. 4.3; 49 points, minus their mean and over their spread: a choice"
        return Feature("shape", "shape", source, 2 * len(INNER), centred_shape, INNER, 1024)
    source = "Hybrid Sec. 4.3, landmark locations as shares of the side"
    return Feature("landmarks", "landmark positions", source, 2 * len(INNER), positions, INNER, 1024)


def centred_shape(faces: Faces, landmarks: Points) -> Numbers:
    """Landmarks (n, 68, 2) to shapes (n, 98) of mean 0 and mean squared distance 1 from it."""
    points = np.asarray(landmarks, np.float64)[:, INNER]  # (n, 49, 2)
    points -= points.mean(axis=1, keepdims=True)
    size = np.sqrt((points**2).sum(axis=2).mean(axis=1))[:, None, None]
    # all points in one place have no size: their shape is 0
    return (points / np.maximum(size, 1e-9)).reshape(len(points), -1).astype(np.float32)


def positions(faces: Faces, landmarks: Points) -> Numbers:
    """Landmarks (n, 68, 2) of faces of side S to (x + 1/2) / S, (n, 98)."""
    points = np.asarray(landmarks, np.float64)[:, INNER]
    return ((points + 0.5) / faces.shape[1]).reshape(len(points), -1).astype(np.float32)
