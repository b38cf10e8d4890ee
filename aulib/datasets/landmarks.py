"""The 68 landmarks of iBUG 300-W: their groups, mirror and mean shape, and the smaller mark-ups 66, 51 and 49.

    C. Sagonas, G. Tzimiropoulos, S. Zafeiriou, M. Pantic: 300 Faces in-the-Wild Challenge, ICCV Workshops 2013.

Numbers count from 0.  "Right" and "left" are the person's: the right eye is the left one in the image.  Positions are
(x, y) in pixels, with the middle of the first pixel at (0, 0); shares of a side s are (x + 1/2) / s.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aulib.errors import AulibError

COUNT = 68

JAW = range(0, 17)
RIGHT_BROW, LEFT_BROW = range(17, 22), range(22, 27)
BROWS = range(17, 27)
NOSE_BRIDGE, NOSE_BASE = range(27, 31), range(31, 36)
NOSE = range(27, 36)
RIGHT_EYE, LEFT_EYE = range(36, 42), range(42, 48)
EYES = range(36, 48)
OUTER_LIPS, INNER_LIPS = range(48, 60), range(60, 68)
MOUTH = range(48, 68)
EYE_CORNERS = (36, 39, 42, 45)
MOUTH_CORNERS = (48, 54)
#: Inner corners of the mouth, which the mark-ups of 66 and 49 points leave out.
INNER_MOUTH_CORNERS = (60, 64)

#: Group -> its landmarks; together they are all 68, each once.
GROUPS: dict[str, range] = {
    "jaw": JAW,
    "brows": BROWS,
    "nose": NOSE,
    "eyes": EYES,
    "outer lips": OUTER_LIPS,
    "inner lips": INNER_LIPS,
}

#: Number of points of a mark-up -> which of the 68 they are, in order.
MARKUPS: dict[int, tuple[int, ...]] = {
    68: tuple(range(68)),
    66: tuple(i for i in range(68) if i not in INNER_MOUTH_CORNERS),
    51: tuple(range(17, 68)),
    49: tuple(i for i in range(17, 68) if i not in INNER_MOUTH_CORNERS),
}

#: Landmark that stands in each place after a face is mirrored.
MIRRORED = np.array(
    [
        *range(16, -1, -1),  # jaw
        *range(26, 16, -1),  # brows
        *range(27, 31),  # bridge of the nose
        *range(35, 30, -1),  # base of the nose
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),  # eyes
        *(*range(54, 47, -1), *range(59, 54, -1)),  # outer lips
        *(*range(64, 59, -1), *range(67, 64, -1)),  # inner lips
    ]
)

#: Mean landmarks of an aligned face as shares of its side, float64 (68, 2): the mean over the 7,872 frames of
#: synth-bp4d-v2-s0-24x100, averaged with its mirror image.  Its eye centres are (.3455, .3617) and (.6545, .3617).
MEAN_SHAPE: NDArray[np.float64] = np.array(
    [
        (.1601, .3616), (.1626, .4441), (.1874, .5389), (.2221, .6472), (.2525, .7076), (.2917, .7927),  # jaw
        (.3386, .8646), (.4046, .9143), (.5000, .9465), (.5954, .9143), (.6614, .8646), (.7083, .7927),
        (.7475, .7076), (.7779, .6472), (.8126, .5389), (.8374, .4441), (.8399, .3616),
        (.2349, .2751), (.2574, .2464), (.2976, .2437), (.3638, .2438), (.4292, .2599), (.5708, .2599),  # brows
        (.6362, .2438), (.7024, .2437), (.7426, .2464), (.7651, .2751),
        (.5000, .3631), (.5000, .4266), (.5000, .4848), (.5000, .5549), (.4291, .5829), (.4629, .5985),  # nose
        (.5000, .6087), (.5371, .5985), (.5709, .5829),
        (.2794, .3596), (.3153, .3443), (.3664, .3417), (.4285, .3709), (.3675, .3772), (.3160, .3768),  # eyes
        (.5715, .3709), (.6336, .3417), (.6847, .3443), (.7206, .3596), (.6840, .3768), (.6325, .3772),
        (.3855, .7073), (.4216, .6846), (.4702, .6703), (.5000, .6801), (.5298, .6703), (.5784, .6846),  # outer lips
        (.6145, .7073), (.5761, .7515), (.5358, .7688), (.5000, .7735), (.4642, .7688), (.4239, .7515),
        (.3953, .7073), (.4413, .7106), (.5000, .7191), (.5587, .7106), (.6047, .7073), (.5588, .7217),  # inner lips
        (.5000, .7303), (.4412, .7217),
    ]
)  # fmt: skip
MEAN_SHAPE.flags.writeable = False


def to_68(points: Any) -> NDArray[np.float32]:
    """Landmarks of a mark-up of 49, 51, 66 or 68 points in the places of the 68.

    Parameters
    ----------
    points : array_like, shape (49, 2), (51, 2), (66, 2) or (68, 2)
        66: without the inner corners of the mouth (60 and 64); 51: without the jaw; 49: without either.

    Returns
    -------
    ndarray of float32, shape (68, 2)
        NaN where the mark-up has no such point.

    Raises
    ------
    AulibError
        If the number of points or the shape is another.
    """
    given = np.asarray(points, np.float32)
    if given.ndim != 2 or given.shape[1] != 2 or len(given) not in MARKUPS:
        raise AulibError(
            f"landmarks of shape {given.shape} are not understood: expected (n, 2) with n one of "
            f"{', '.join(map(str, sorted(MARKUPS)))}, in the order of iBUG 300-W"
        )
    out = np.full((COUNT, 2), np.nan, np.float32)
    out[list(MARKUPS[len(given)])] = given
    return out


def centre(points: NDArray[Any], group: range) -> NDArray[np.float64]:
    """Mean (2,) of the finite points of a group; NaN if it has none."""
    some = np.asarray(points, float)[list(group)]
    some = some[np.isfinite(some).all(axis=1)]
    return some.mean(axis=0) if len(some) else np.full(2, np.nan)


def eye_centres(points: NDArray[Any]) -> NDArray[np.float64]:
    """Centres of the eyes (2, 2) of landmarks (68, 2), the person's right eye first: the left one in the image.

    A centre is the mean of the finite points around its eye, NaN if there is none.
    """
    return np.stack([centre(points, RIGHT_EYE), centre(points, LEFT_EYE)])


def usable(points: NDArray[Any]) -> bool:
    """Whether a face can be aligned by landmarks (68, 2): half of the points around each eye are finite, and the eyes
    lie apart.

    Lost tracks are stored as NaN by some tools and as zeros by others; neither is usable.
    """
    finite = np.isfinite(np.asarray(points, float)).all(axis=1)
    if min(finite[list(RIGHT_EYE)].sum(), finite[list(LEFT_EYE)].sum()) < 3:
        return False
    right, left = eye_centres(points)
    return bool(np.linalg.norm(left - right) > 1e-6)
