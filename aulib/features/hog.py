"""HOG: histograms of gradient directions in cells, normalised in overlapping blocks.

    N. Dalal, B. Triggs: Histograms of Oriented Gradients for Human Detection, CVPR 2005.

OpenCV's descriptor, which is that of the paper without its gamma: every pixel votes with the size of its gradient for
the two nearest of 9 directions and the nearest cells, a Gaussian lets the middle of a block count more, and each block
is brought to length 1, cut at 0.2 and brought to length 1 again.  The Hybrid paper prints no size; cells of 10 px of
100 and blocks of 2 x 2 cells, one cell apart, are a choice.
"""

from __future__ import annotations

import numpy as np

from .base import SIDE, Faces, Feature, Numbers, Points, grey

#: Side of a cell in pixels of a face of 100; cells of a block in a row; directions of half a turn.
CELL, BLOCK, DIRECTIONS = 10, 2, 9

#: Blocks in a row.
BLOCKS = SIDE // CELL - BLOCK + 1


def hog() -> Feature:
    """HOG of the whole grey face: 9 x 9 blocks of 2 x 2 cells of 9 directions, 2916-D.

    Numbers run over blocks from left to right and then, as OpenCV has them, down: column of blocks, row of blocks,
    column of cells, row of cells, direction (from 0 to half a turn, from the x axis towards the y axis).
    """
    source = "Hybrid Sec. 4.3; cells of 10 px of 100, 2 x 2 a block, 9 directions: a choice"
    return Feature("hog", "HOG", source, (BLOCKS * BLOCK) ** 2 * DIRECTIONS, describe)


def describe(faces: Faces, landmarks: Points) -> Numbers:
    """Faces (n, S, S, 3) to (n, 2916)."""
    import cv2

    cell, block = (CELL, CELL), (BLOCK * CELL, BLOCK * CELL)
    descriptor = cv2.HOGDescriptor((SIDE, SIDE), block, cell, cell, DIRECTIONS)
    return np.stack([np.ravel(descriptor.compute(picture)) for picture in grey(faces)]).astype(np.float32)
