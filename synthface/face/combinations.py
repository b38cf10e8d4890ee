"""How strengths become movement: the response to one AU, its side, and what two AUs do together.

A *channel* is an AU, or a pair of AUs whose common look is not the sum of both: a cheek that is raised (6) while
the lip corners are pulled (12) bulges more than the two bulges, two muscles that lift one lip (9, 10) cannot lift
it twice.  The weight of a pair is the product of its two weights.
"""

from __future__ import annotations

import numpy as np

from synthface.face.action_units import FACE_AUS, FIELDS, Displacement, Field, Template
from synthface.face.head import Mesh
from synthface.face.template import LIP_LINE, step

#: Half width of the strip about the midline that moves only as far as both sides move it.
MIDDLE = 6.0


def _frown(f: Template) -> Displacement:
    """1+4: the inner brows rise and draw together, the tails stay: oblique brows."""
    return 0, -1.5 * f.at(11, 52, 11, 9) - 1.5 * f.at(38, 54, 13, 9), 1.0 * f.at(0, 46, 8, 7)


def _scowl(f: Template) -> Displacement:
    """4+9: the brow cannot be lowered twice; the root of the nose bulges instead."""
    return 0, -2.0 * f.at(11, 55, 11, 9), 1.0 * f.at(6, 64, 6, 5)


def _squint(f: Template) -> Displacement:
    """6+7: the lower lid meets the eyeball's middle and stops."""
    return 0, 1.2 * f.lower_edge(20), 0.8 * f.at(34, 82, 15, 3)


def _smiling_eyes(f: Template) -> Displacement:
    """6+12: the apple of the cheek, pushed from below and pulled from above; the lower lid rides on it."""
    down = -2.0 * f.at(39, 100, 14, 10) - 0.9 * f.lower_edge(18, 5)
    return 1.0 * f.at(44, 104, 12, 10), down, 3.0 * f.at(38, 98, 12, 8)


def _sneer(f: Template) -> Displacement:
    """9+10: one lip, lifted once; the fold beside the nose gets the rest."""
    return 0.8 * f.at(20, 120, 7, 8), 1.8 * f.upper_lip * f.at(8, LIP_LINE - 6, 15, 8), 1.5 * f.at(22, 116, 6, 8)


def _smirk(f: Template) -> Displacement:
    """12+14: the corner is pulled into a pit, and rises less."""
    return -1.2 * f.corner(9, 9, 3), 1.8 * f.corner(9, 9, 3), -2.2 * f.corner(5, 6, 7) + 1.8 * f.corner(7, 9, 15, -6)


def _struggle(f: Template) -> Displacement:
    """12+15: the corners are pulled both ways and flatten against the teeth."""
    return 1.0 * f.corner(10, 8, 2), 0, -1.8 * f.corner(8, 8, 1)


def _shrug(f: Template) -> Displacement:
    """15+17: the lower lip is pushed up between corners that are held down."""
    down = -1.4 * f.lower_lip * f.lip(12, 8, 6) + 0.8 * f.corner(8, 8, 1, 4)
    return 0, down, 1.4 * f.lower_lip * f.lip(13, 6, 7) + 0.8 * f.at(5, 168, 9, 6)


def _grin(f: Template) -> Displacement:
    """12+25: the taut lips part as a crescent over the upper teeth."""
    upper = f.only_upper_lip * (f.lip(24, 8, -2) + 0.4 * f.at(15, LIP_LINE - 2, 8, 7))
    return 1.2 * f.corner(12, 10, 1), -1.6 * upper + 1.2 * f.only_lower_lip * f.lip(24, 9, 4), -0.8 * f.lip(22, 8)


def _laugh(f: Template) -> Displacement:
    """12+26: the open mouth widens at its corners and the upper lip leaves the teeth."""
    return 1.8 * f.corner(10, 10, 1), -1.4 * f.only_upper_lip * f.lip(22, 8, -2) - 1.0 * f.corner(8, 8, 2), 0


def _bared(f: Template) -> Displacement:
    """10+25: the lower lip follows less where the upper one makes room."""
    return 0, -1.6 * f.only_lower_lip * f.lip(16, 10, 3), 0


def _stretched(f: Template) -> Displacement:
    """20+25: a wide mouth opens as a slot, not as a circle."""
    gap = f.at(15, LIP_LINE + 3, 7, 8)
    return 0, 1.6 * f.only_lower_lip * gap - 0.8 * f.only_upper_lip * gap, 0


def _gape(f: Template) -> Displacement:
    """25+26: the jaw has already parted the lips."""
    return 0, -2.4 * f.only_lower_lip * f.lip(17, 9, 4) - 0.8 * f.only_upper_lip * f.lip(15, 8, -2), 0


#: Pairs of AUs (both in ``FACE_AUS``, in this order) and the field that each adds at full strength of both.
PAIRS: dict[tuple[int, int], Field] = {
    (1, 4): _frown, (4, 9): _scowl, (6, 7): _squint, (6, 12): _smiling_eyes, (9, 10): _sneer, (12, 14): _smirk,
    (12, 15): _struggle, (15, 17): _shrug, (12, 25): _grin, (12, 26): _laugh, (10, 25): _bared, (20, 25): _stretched,
    (25, 26): _gape,
}  # fmt: skip

#: Every channel: the AUs of ``FACE_AUS``, then the pairs.
CHANNELS: tuple[int | tuple[int, int], ...] = (*FACE_AUS, *PAIRS)
_FIRST, _SECOND = (np.array([FACE_AUS.index(pair[k]) for pair in PAIRS]) for k in (0, 1))


def response(share: np.ndarray) -> np.ndarray:
    """Movement, 0..1, at a share of the strongest contraction: a trace moves little, the last steps most."""
    return share * (0.6 + 0.4 * share)


def weights(strengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the channels' movement and folds.

    Skin folds before it travels: folds rise fast at first, movement (:func:`response`) last.

    Parameters
    ----------
    strengths : ndarray, shape (19, 2)
        0..5 in the order of ``FACE_AUS``; columns are the person's right and left side.

    Returns
    -------
    motion, folds : float32 (32, 3)
        Right, left, and the middle, which moves as far as both sides move it.
    """
    share = np.column_stack([strengths, strengths.min(axis=1)]) / 5  # (19, 3)
    motion, folds = (
        np.concatenate([x, x[_FIRST] * x[_SECOND]]).astype(np.float32) for x in (response(share), share**0.8)
    )
    return motion, folds


def reach(s: np.ndarray) -> np.ndarray:
    """Side of the face: -1 (the person's right) to 1, and 0 on the midline."""
    return np.sign(s) * step(np.abs(s), 0, MIDDLE)


def displacements(mesh: Mesh, amplitude: np.ndarray) -> np.ndarray:
    """Fields of every channel on both sides, float32 (32, V, 3); ``amplitude`` (19,) is the person's own.

    A pair is scaled by the mean of its two amplitudes.
    """
    template = Template(mesh)
    sign = np.tanh(template.s / 6)
    fields = [FIELDS[number] for number in FACE_AUS] + list(PAIRS.values())
    scale = np.concatenate([amplitude, (amplitude[_FIRST] + amplitude[_SECOND]) / 2])
    out = np.empty((len(CHANNELS), len(sign), 3), np.float32)
    for k, field in enumerate(fields):
        outward, down, forward = field(template)
        out[k] = np.stack([outward * sign, down + 0 * sign, forward + 0 * sign], axis=-1) * scale[k]
    return out
