"""What each action unit does to the mesh.

An AU is one displacement field a side, written in template coordinates (``a = |s|`` from the midline, ``t`` down)
for strength 5 on a mean face; strengths scale it linearly, identities by their own amplitude.  What is not linear (a
lid slides over the eyeball, lips do not pass through each other) is corrected afterwards by :mod:`contacts`.
Muscles and directions follow the FACS manual (Ekman, Friesen and Hager, 2002); see :data:`aulib.aus.AUS`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from aulib.datasets.synthetic.face.head import Mesh
from aulib.datasets.synthetic.face.template import LIP_LINE, bump, eye_opening, mouth_opening, step

#: Action units that the face can show, in the order of every AU array.
FACE_AUS: tuple[int, ...] = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26, 43, 45)


def au_vector(strengths: Mapping[int, float | tuple[float, float]]) -> np.ndarray:
    """Strengths by AU number as the array that a face renders.

    Parameters
    ----------
    strengths : dict
        AU number -> strength 0..5, or a pair (right, left) of the person shown.

    Returns
    -------
    float64 (17, 2)

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


class _Template:
    """Shorthands that the fields below are written with."""

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
        self.jaw = skin * hinge * (self.only_lower_lip + (1 - mouth) * step(self.t, 122, 166))
        self.jaw[mesh.parts["teeth_lower"]] = self.jaw[mesh.parts["tongue"]] = 1.0

    def at(self, s0: float, t0: float, ds: float, dt: float) -> np.ndarray:
        """Gaussian bump on the skin."""
        return self.skin * bump(self.s, self.t, s0, t0, ds, dt)

    def thickness(self, ds: float, dt: float) -> np.ndarray:
        """Distance from the lip line around the mouth; minus a part of it thins the lips."""
        return (self.t - LIP_LINE) * self.at(0, LIP_LINE, ds, dt)


# Each function returns (outward, down, forward): displacement away from the midline, down, and out of the face.
_Field = tuple[np.ndarray | float, np.ndarray | float, np.ndarray | float]


def _au1(f: _Template) -> _Field:
    """Frontalis, medial: the inner brow rises and bunches the middle of the forehead."""
    down = -10 * f.at(11, 51, 13, 14) - 0.8 * f.only_upper_lid * f.at(24, 66, 9, 6)
    return -1.0 * f.at(12, 52, 12, 9), down, 0.8 * f.at(10, 44, 12, 9)


def _au2(f: _Template) -> _Field:
    """Frontalis, lateral: the outer brow rises to an arch."""
    down = -10.5 * f.at(42, 51, 13, 13) - 0.8 * f.only_upper_lid * f.at(42, 66, 9, 6)
    return 0, down, 0.8 * f.at(42, 44, 12, 9)


def _au4(f: _Template) -> _Field:
    """Corrugator: the brows come down and together."""
    down = 6.5 * f.at(14, 54, 15, 10) + 3 * f.at(36, 54, 14, 9)
    return -5.0 * f.at(15, 54, 13, 10), down, 2.2 * f.at(9, 56, 8, 7)


def _au5(f: _Template) -> _Field:
    """Levator palpebrae: the upper lid draws back from the iris."""
    return 0, -5.6 * f.only_upper_lid * f.at(34, 66, 20, 4.5) + 0.8 * f.only_lower_lid * f.at(34, 76, 18, 3), 0


def _au6(f: _Template) -> _Field:
    """Orbicularis oculi, orbital: the cheek rises and bulges, the lower lid with it."""
    down = -8.5 * f.at(38, 101, 19, 13) - 1.4 * f.only_lower_lid * f.at(38, 77, 18, 5)
    down = down + 0.8 * f.upper_lid * f.at(46, 64, 11, 8)
    return -2.0 * f.at(54, 76, 10, 12), down, 4.5 * f.at(38, 92, 15, 9)


def _au7(f: _Template) -> _Field:
    """Orbicularis oculi, palpebral: both lids tighten; a ridge under the lower one."""
    down = -2.9 * f.only_lower_lid * f.at(34, 76, 20, 4) + 2.7 * f.only_upper_lid * f.at(34, 66, 20, 4)
    return 0, down, 1.2 * f.at(34, 80, 15, 3) - 0.8 * f.at(34, 85, 15, 3)


def _au9(f: _Template) -> _Field:
    """Levator labii alaeque nasi: wings and side of the nose up, inner brow down, upper lip a little up."""
    down = -7.5 * f.at(13, 117, 8, 9) - 4 * f.at(9, 100, 8, 10) + 4.5 * f.at(10, 55, 11, 9)
    down = down - 4 * f.at(12, 135, 11, 7) - 2.0 * f.only_lower_lid * f.at(24, 77, 12, 5)
    return 1.0 * f.at(14, 118, 6, 6), down, 2.5 * f.at(13, 104, 6, 10) + 1.5 * f.at(8, 62, 6, 5)


def _au10(f: _Template) -> _Field:
    """Levator labii: the upper lip leaves the lower one; the nasolabial fold deepens."""
    down = -2.5 * f.at(13, 140, 13, 8) - 6.0 * f.upper_lip * f.at(13, 142, 13, 9)
    down = down - 4.0 * f.upper_lip * f.at(20, 126, 11, 11) - 2 * f.at(14, 118, 7, 6)
    return 1.5 * f.at(20, 128, 9, 9), down, 1.5 * f.at(24, 124, 7, 9)


def _au12(f: _Template) -> _Field:
    """Zygomaticus major: lip corners out, up and back; the cheek is pushed up and forward."""
    outward = 11 * f.at(26, 145, 12, 11) + 3 * f.at(40, 124, 14, 14)
    down = -11 * f.at(28, 144, 11, 11) - 5.5 * f.at(40, 112, 15, 16) + 1.5 * f.at(0, 148, 12, 10)
    down = down - 1.2 * f.only_lower_lid * f.at(36, 77, 18, 5)
    return outward, down, 6.0 * f.at(40, 108, 13, 11) - 5 * f.at(27, 145, 8, 8)


def _au14(f: _Template) -> _Field:
    """Buccinator: lip corners drawn in against the teeth, a dimple beside them."""
    outward = -3.5 * f.at(33, 145, 8, 11) + 2.5 * f.at(22, 145, 7, 6) - 4.0 * f.at(27, 145, 9, 7)
    return outward, -1.8 * f.at(28, 144, 7, 6), -5.5 * f.at(31, 145, 5.0, 6) + 3 * f.at(40, 146, 6, 12)


def _au15(f: _Template) -> _Field:
    """Depressor anguli oris: lip corners down, a pouch below them."""
    down = 11 * f.at(27, 146, 10, 11) + 2 * f.at(32, 160, 11, 9)
    return 1.5 * f.at(27, 147, 9, 9), down, 2.0 * f.at(31, 158, 7, 7) - 2 * f.at(27, 147, 6, 6)


def _au17(f: _Template) -> _Field:
    """Mentalis: the chin boss rises and pushes the lower lip up and out."""
    down = -7.5 * f.at(4, 172, 17, 11) - 6.0 * f.lower_lip * f.at(0, 152, 19, 10) + 2.0 * f.at(26, 148, 7, 6)
    return 0, down, 4.0 * f.at(5, 168, 12, 8) + 3.5 * f.lower_lip * f.at(0, 151, 15, 7)


def _au20(f: _Template) -> _Field:
    """Risorius: lip corners straight out, lips flat."""
    down = -0.22 * f.thickness(24, 9) + 1.5 * f.at(28, 148, 10, 9)
    return 13 * f.at(28, 146, 15, 12), down, -4.0 * f.at(26, 147, 12, 9) - 1.5 * f.at(0, 146, 18, 8)


def _au23(f: _Template) -> _Field:
    """Orbicularis oris: the mouth narrows, the red thins and stands forward."""
    return (
        -7.0 * f.at(26, 145, 12, 9),
        -0.50 * f.thickness(24, 9),
        2.8 * f.at(0, 145, 15, 7) + 1.5 * f.at(0, 158, 14, 4),
    )


def _au24(f: _Template) -> _Field:
    """Orbicularis oris: lips pressed on each other, the red rolls in, the skin around bulges; same width."""
    forward = -4.5 * f.at(0, 146, 24, 6) + 2.2 * f.at(9, 133, 14, 4) + 2.6 * f.at(9, 158, 15, 4.5)
    return 0, -0.80 * f.thickness(30, 8.5) - 1.5 * f.at(0, 158, 18, 8), forward


def _au25(f: _Template) -> _Field:
    """The lips part, mostly the lower one; the jaw stays."""
    down = 6.5 * f.only_lower_lip * f.at(0, 147, 24, 13) - 2.2 * f.only_upper_lip * f.at(0, 143, 24, 9)
    return 0, down, 1.2 * f.only_lower_lip * f.at(0, 150, 18, 7)


def _au26(f: _Template) -> _Field:
    """The jaw drops and swings back a little; the mouth narrows with it."""
    return -2.0 * f.at(27, 145, 9, 9), 18.0 * f.jaw, -4.0 * f.jaw


def _au43(f: _Template) -> _Field:
    """The levator of the upper lid relaxes; :mod:`contacts` closes the eye, since the lid slides over the ball."""
    return 0, 0, 0


_FIELDS = {
    1: _au1, 2: _au2, 4: _au4, 5: _au5, 6: _au6, 7: _au7, 9: _au9, 10: _au10, 12: _au12, 14: _au14, 15: _au15,
    17: _au17, 20: _au20, 23: _au23, 24: _au24, 25: _au25, 26: _au26,
    43: _au43, 45: _au43,
}  # fmt: skip


def displacement_basis(mesh: Mesh) -> np.ndarray:
    """Fields of every AU and side: float32 (2 x 19, V, 3), AU-major, the person's right side first."""
    template = _Template(mesh)
    left = step(template.s, -2.5, 2.5)
    sign = np.tanh(template.s / 6)
    basis = np.zeros((2 * len(FACE_AUS), len(template.s), 3), np.float32)
    for k, number in enumerate(FACE_AUS):
        outward, down, forward = _FIELDS[number](template)
        whole = np.stack([outward * sign, down + 0 * sign, forward + 0 * sign], axis=-1)
        basis[2 * k] = whole * (1 - left)[:, None]
        basis[2 * k + 1] = whole * left[:, None]
    return basis
