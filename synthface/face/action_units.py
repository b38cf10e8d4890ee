"""What each action unit does to the mesh.

An AU is one displacement field, written in template coordinates (``a = |s|`` from the midline, ``t`` down) for the
maximum (level E) on a mean face.  Identities scale it by their own amplitude, :mod:`combinations` scales it by strength
and side and adds what two AUs do together; what is not even a product (a lid slides over the eyeball, lips do not
pass through each other) is corrected afterwards by :mod:`contacts`.
Muscles and directions follow the FACS manual (Ekman, Friesen and Hager, 2002); see :data:`aulib.aus.AUS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from aulib.aus import FACE_AUS
from synthface.face.head import Mesh
from synthface.face.template import (
    EYE_INNER,
    EYE_OUTER,
    LIP_LINE,
    MOUTH_CORNER,
    bump,
    eye_opening,
    mouth_opening,
    step,
)  # fmt: skip

# Middle of the eye, and height of the lids' edges there.
_EYE, _UPPER_LID, _LOWER_LID = (EYE_INNER + EYE_OUTER) / 2, 67.0, 76.5


def au_vector(strengths: Mapping[int, float | tuple[float, float]]) -> np.ndarray:
    """Strengths by AU number as the array that a face renders.

    Parameters
    ----------
    strengths : dict
        AU number -> strength 0..5, or a pair (right, left) of the person shown.

    Returns
    -------
    float64 (19, 2)

    Examples
    --------
    >>> au_vector({12: 5, 6: (3, 0)})[[4, 8]].tolist()
    [[3.0, 0.0], [5.0, 5.0]]
    """
    unknown = sorted(set(strengths) - set(FACE_AUS))
    if unknown:
        raise ValueError(f"strengths has AU {unknown}, which the face cannot show; choose from {FACE_AUS}")
    out = np.zeros((len(FACE_AUS), 2))
    for number, value in strengths.items():
        out[FACE_AUS.index(number)] = value
    return out


class Template:
    """Shorthands that displacement fields are written with."""

    def __init__(self, mesh: Mesh) -> None:
        self.s, self.t = mesh.template.T
        self.a = np.abs(self.s)
        rows, columns = mesh.shape
        row = np.full(len(self.s), -1)
        row[: rows * columns] = np.repeat(np.arange(rows), columns)
        skin = row >= 0
        eye, mouth = eye_opening(self.s), mouth_opening(self.s)
        # Inside a slit the two edges move apart; at its corners both move together.
        eye_middle, mouth_middle = (mesh.rows["lid_upper"] + 2, mesh.rows["lip_upper"] + 2)
        self.skin = skin * 1.0
        self.upper_lid = skin * np.where(row <= eye_middle, 1.0, 1 - eye)
        self.lower_lid = skin * np.where(row > eye_middle, 1.0, 1 - eye)
        self.upper_lip = skin * np.where(row <= mouth_middle, 1.0, 1 - mouth)
        self.lower_lip = skin * np.where(row > mouth_middle, 1.0, 1 - mouth)
        self.only_upper_lid, self.only_lower_lid = skin * (row <= eye_middle) * eye, skin * (row > eye_middle) * eye
        self.only_upper_lip = skin * (row <= mouth_middle) * mouth
        self.only_lower_lip = skin * (row > mouth_middle) * mouth
        hinge = 0.15 + 0.85 * step(-self.a, -80, -30)
        self.jaw = skin * hinge * (self.only_lower_lip + (1 - mouth) * step(self.t, LIP_LINE - 23, LIP_LINE + 21))
        self.jaw[mesh.parts["teeth_lower"]] = self.jaw[mesh.parts["tongue"]] = 1.0

    def at(self, s0: float, t0: float, ds: float, dt: float) -> np.ndarray:
        """Gaussian bump on the skin."""
        return self.skin * bump(self.s, self.t, s0, t0, ds, dt)

    def lip(self, ds: float, dt: float, below: float = 0.0) -> np.ndarray:
        """Gaussian bump on the middle of the lips, ``below`` the line between them."""
        return self.at(0, LIP_LINE + below, ds, dt)

    def corner(self, ds: float, dt: float, beyond: float = 0.0, below: float = 0.0) -> np.ndarray:
        """Gaussian bump at the lip corners, or beside or below them."""
        return self.at(MOUTH_CORNER + beyond, LIP_LINE + below, ds, dt)

    def upper_edge(self, ds: float = 20, dt: float = 4.5) -> np.ndarray:
        """Gaussian bump at the edge of the upper lid that leaves the lower lid alone."""
        return self.only_upper_lid * self.at(_EYE, _UPPER_LID, ds, dt)

    def lower_edge(self, ds: float = 20, dt: float = 4.0) -> np.ndarray:
        """Gaussian bump at the edge of the lower lid that leaves the upper lid alone."""
        return self.only_lower_lid * self.at(_EYE, _LOWER_LID, ds, dt)

    def thickness(self, ds: float, dt: float) -> np.ndarray:
        """Distance from the lip line around the mouth; minus a part of it thins the lips."""
        return (self.t - LIP_LINE) * self.lip(ds, dt)


# Each function returns (outward, down, forward): displacement away from the midline, down, and out of the face.
Displacement = tuple[np.ndarray | float, np.ndarray | float, np.ndarray | float]
Field = Callable[[Template], Displacement]


def _au1(f: Template) -> Displacement:
    """Frontalis, medial: the inner brow rises and bunches the middle of the forehead."""
    down = -7.8 * f.at(11, 51, 15, 13) - 3.0 * f.at(12, 36, 15, 10)
    down = down - 0.9 * f.only_upper_lid * f.at(24, _UPPER_LID - 1, 9, 6)
    return -0.6 * f.at(12, 52, 12, 9), down, 1.0 * f.at(10, 43, 13, 8)


def _au2(f: Template) -> Displacement:
    """Frontalis, lateral: the outer brow rises to an arch; the skin above it and the lid fold follow."""
    down = -8.5 * f.at(43, 51, 15, 12) - 3.0 * f.at(43, 38, 15, 10)
    return 0, down - 1.0 * f.only_upper_lid * f.at(42, _UPPER_LID - 1, 9, 6), 1.0 * f.at(43, 43, 13, 8)


def _au4(f: Template) -> Displacement:
    """Corrugator: the brows come down and together; the skin between them bunches up."""
    down = 6.0 * f.at(13, 54, 14, 10) + 3.0 * f.at(36, 54, 15, 9) + 0.7 * f.upper_edge(16, 6)
    return -4.5 * f.at(15, 54, 12, 10), down, 2.4 * f.at(8, 55, 6, 8) + 1.2 * f.at(20, 57, 9, 5)


def _au5(f: Template) -> Displacement:
    """Levator palpebrae: the upper lid draws back from the iris."""
    return 0, -6.4 * f.upper_edge() + 0.7 * f.lower_edge(18, 3), -0.8 * f.at(_EYE, _UPPER_LID - 5, 15, 3)


def _au6(f: Template) -> Displacement:
    """Orbicularis oculi, orbital: the cheek rises and bulges; the lids and the tail of the brow follow a little."""
    down = -7.5 * f.at(38, 101, 18, 12) - 1.7 * f.lower_edge(18, 5) + 0.9 * f.upper_lid * f.at(46, 65, 10, 8)
    return -2.0 * f.at(56, 76, 9, 12), down, 6.0 * f.at(38, 93, 14, 7) + 1.6 * f.at(_EYE, 81, 15, 2.5)


def _au7(f: Template) -> Displacement:
    """Orbicularis oculi, palpebral: the lids tighten, the lower one more; a ridge under it."""
    ridge = 1.3 * f.at(_EYE, 80, 15, 3) - 0.9 * f.at(_EYE, 85, 15, 3)
    return 0, -2.6 * f.lower_edge(22) + 1.6 * f.upper_edge(22), ridge


def _au9(f: Template) -> Displacement:
    """Levator labii alaeque nasi: wings and side of the nose up, inner brow down, upper lip a little up."""
    down = -3.6 * f.at(12, 118, 8, 10) - 3.5 * f.at(10, 99, 7, 9) + 3.0 * f.at(10, 55, 11, 9)
    down = down - 2.4 * f.upper_lip * f.at(10, 137, 12, 8) - 0.9 * f.only_lower_lid * f.at(24, _LOWER_LID, 12, 5)
    return 0.7 * f.at(14, 118, 6, 6), down, 3.6 * f.at(13, 101, 5.5, 8) + 2.2 * f.at(7, 63, 6, 5)


def _au10(f: Template) -> Displacement:
    """Levator labii: the upper lip rises, its middle most; the triangle beside the nose is pushed up."""
    lift = f.upper_lip * (f.at(0, LIP_LINE - 4, 17, 8) + 0.35 * f.at(16, LIP_LINE - 5, 8, 8))
    down = -4.8 * lift - 3.0 * f.upper_lip * f.at(19, 127, 11, 10) - 1.6 * f.at(13, 118, 7, 6)
    return 1.2 * f.at(20, 128, 9, 9), down, 2.2 * f.at(23, 122, 7, 9)


def _au12(f: Template) -> Displacement:
    """Zygomaticus major: lip corners out, up and back, the lips taut between them; the cheek up and forward."""
    outward = 8.0 * f.corner(15, 13, 2) + 2.5 * f.at(40, 124, 14, 14)
    down = -8.5 * f.corner(12, 12, 3) - 4.5 * f.at(40, 113, 15, 15) - 0.8 * f.lower_edge(18, 5)
    down = down + 0.6 * f.lip(11, 6, 2) - 0.10 * f.thickness(22, 8)
    forward = 5.2 * f.at(39, 110, 13, 11) - 4.0 * f.corner(9, 9, 1) - 1.6 * f.lip(22, 9)
    return outward, down, forward


def _au14(f: Template) -> Displacement:
    """Buccinator: lip corners tightened inward against the teeth, a pit beside them, the cheek around it full."""
    outward = -3.6 * f.corner(10, 9, 2) - 1.0 * f.corner(7, 6, 10)
    forward = -4.6 * f.corner(4.5, 6, 9) + 4.0 * f.corner(6, 10, 18) + 1.6 * f.corner(5, 5, -2, -7)
    return outward, -0.9 * f.corner(7, 6, 2), forward


def _au15(f: Template) -> Displacement:
    """Depressor anguli oris: lip corners down, the lower lip stretched, a pouch below the corners."""
    down = 7.6 * f.corner(12, 12, 2, 1) + 2.0 * f.at(32, LIP_LINE + 15, 11, 9)
    return 1.5 * f.corner(9, 9, 1), down, 2.4 * f.at(31, LIP_LINE + 14, 7, 7) - 1.5 * f.corner(6, 6, 1)


def _au17(f: Template) -> Displacement:
    """Mentalis: the chin boss rises and roughens; the lower lip is pushed up and out."""
    down = -4.5 * f.at(4, 170, 15, 8) - 2.7 * f.lower_lip * f.lip(18, 9, 7) + 0.9 * f.corner(9, 6, 0, 3)
    forward = 5.4 * f.at(6, 170, 10, 7) + 2.6 * f.lower_lip * f.lip(15, 6, 6) - 2.8 * f.lip(15, 3, 16)
    return 0, down, forward


def _au20(f: Template) -> Displacement:
    """Risorius: lip corners straight out, lips flat."""
    down = -0.20 * f.thickness(24, 9) + 1.0 * f.corner(10, 9, 2, 3)
    return 8.5 * f.corner(16, 12, 2), down, -3.0 * f.corner(12, 9, 0, 2) - 1.3 * f.lip(18, 8)


def _au23(f: Template) -> Displacement:
    """Orbicularis oris: the mouth narrows a little, the red thins and stands forward."""
    return -4.5 * f.corner(12, 9), -0.36 * f.thickness(22, 8.5), 2.4 * f.lip(15, 7) + 1.4 * f.lip(14, 4, 13)


def _au24(f: Template) -> Displacement:
    """Orbicularis oris: lips pressed on each other, the red rolls in, the skin around bulges; same width."""
    forward = -3.6 * f.lip(24, 6, 1) + 2.2 * f.at(9, LIP_LINE - 12, 14, 4) + 2.4 * f.at(9, LIP_LINE + 13, 15, 4.5)
    return 0, -0.74 * f.thickness(30, 10) - 1.2 * f.lip(18, 8, 13), forward


def _au25(f: Template) -> Displacement:
    """The lips part, mostly the lower one, most in the middle; the jaw stays."""
    down = 5.4 * f.only_lower_lip * f.lip(15, 12, 2) - 1.3 * f.only_upper_lip * f.lip(15, 8, -2)
    return -0.6 * f.corner(9, 9), down, 0.9 * f.only_lower_lip * f.lip(16, 7, 5)


def _au26(f: Template) -> Displacement:
    """The jaw drops and swings back a little; the mouth narrows with it."""
    return -1.8 * f.corner(9, 9, 1), 14.5 * f.jaw, -3.5 * f.jaw


def _au43(f: Template) -> Displacement:
    """The levator of the upper lid relaxes; :mod:`contacts` closes the eye, since the lid slides over the ball."""
    return 0, 0, 0


FIELDS: dict[int, Field] = {
    1: _au1, 2: _au2, 4: _au4, 5: _au5, 6: _au6, 7: _au7, 9: _au9, 10: _au10, 12: _au12, 14: _au14, 15: _au15,
    17: _au17, 20: _au20, 23: _au23, 24: _au24, 25: _au25, 26: _au26,
    43: _au43, 45: _au43,
}  # fmt: skip
