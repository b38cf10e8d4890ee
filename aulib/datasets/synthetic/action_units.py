"""What each action unit does to the mesh.

An AU is one displacement field a side, written in template coordinates (``a = |s|`` from the midline, ``t`` down)
for strength 5 on a mean face; strengths scale it linearly, identities by their own amplitude.  What is not linear (a lid slides over the
eyeball, lips do not pass through each other) is corrected afterwards by :class:`Contacts`.
Muscles and directions follow the FACS manual (Ekman, Friesen and Hager, 2002); see :data:`aulib.aus.AUS`.
"""

from __future__ import annotations

import numpy as np

from aulib.datasets.synthetic.head import Mesh
from aulib.datasets.synthetic.template import EYE_RADIUS, LIP_LINE, MOUTH_CORNER, bump, eye_opening, mouth_opening, step

#: Action units that the face can show, in the order of every AU array.
FACE_AUS: tuple[int, ...] = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26)


def au_vector(strengths: dict[int, float | tuple[float, float]]) -> np.ndarray:
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
        self.only_upper_lip, self.only_lower_lip = skin * (row <= mouth_middle) * mouth, skin * (row > mouth_middle) * mouth
        hinge = 0.15 + 0.85 * step(-self.a, -80, -30)
        jaw = np.where(row > mouth_middle, mouth + (1 - mouth) * step(self.t, 122, 166), (1 - mouth) * step(self.t, 122, 166))
        self.jaw = skin * hinge * jaw
        self.jaw[mesh.parts["teeth_lower"]] = 1.0

    def at(self, s0: float, t0: float, ds: float, dt: float) -> np.ndarray:
        """Gaussian bump on the skin."""
        return self.skin * bump(self.s, self.t, s0, t0, ds, dt)


# Each function returns (outward, down, forward): displacement away from the midline, down and out of the face.
def _au1(f: _Template):
    return -1.0 * f.at(12, 52, 12, 9), -10 * f.at(11, 51, 13, 14) - 0.8 * f.only_upper_lid * f.at(24, 66, 9, 6), 0.8 * f.at(10, 44, 12, 9)


def _au2(f: _Template):
    return 0, -10.5 * f.at(42, 51, 13, 13) - 0.8 * f.only_upper_lid * f.at(42, 66, 9, 6), 0.8 * f.at(42, 44, 12, 9)


def _au4(f: _Template):
    down = 6.5 * f.at(14, 54, 15, 10) + 3 * f.at(36, 54, 14, 9)
    return -5.0 * f.at(15, 54, 13, 10), down, 2.2 * f.at(9, 56, 8, 7)


def _au5(f: _Template):
    return 0, -5.6 * f.only_upper_lid * f.at(34, 66, 20, 4.5) + 0.8 * f.only_lower_lid * f.at(34, 76, 18, 3), 0


def _au6(f: _Template):
    down = -8.5 * f.at(38, 101, 19, 13) - 1.4 * f.only_lower_lid * f.at(38, 77, 18, 5) + 0.8 * f.upper_lid * f.at(46, 64, 11, 8)
    return -2.0 * f.at(54, 76, 10, 12), down, 4.5 * f.at(38, 92, 15, 9)


def _au7(f: _Template):
    down = -2.9 * f.only_lower_lid * f.at(34, 76, 20, 4) + 2.7 * f.only_upper_lid * f.at(34, 66, 20, 4)
    return 0, down, 1.2 * f.at(34, 80, 15, 3) - 0.8 * f.at(34, 85, 15, 3)


def _au9(f: _Template):
    down = -7.5 * f.at(13, 117, 8, 9) - 4 * f.at(9, 100, 8, 10) + 4.5 * f.at(10, 55, 11, 9) - 4 * f.at(12, 135, 11, 7)
    return 1.0 * f.at(14, 118, 6, 6), down - 2.0 * f.only_lower_lid * f.at(24, 77, 12, 5), 2.5 * f.at(13, 104, 6, 10) + 1.5 * f.at(8, 62, 6, 5)


def _au10(f: _Template):
    down = -2.5 * f.at(13, 140, 13, 8) - 6.0 * f.upper_lip * f.at(13, 142, 13, 9) - 4.0 * f.upper_lip * f.at(20, 126, 11, 11) - 2 * f.at(14, 118, 7, 6)
    return 1.5 * f.at(20, 128, 9, 9), down, 1.5 * f.at(24, 124, 7, 9)


def _au12(f: _Template):
    outward = 11 * f.at(26, 145, 12, 11) + 3 * f.at(40, 124, 14, 14)
    down = -11 * f.at(28, 144, 11, 11) - 5.5 * f.at(40, 112, 15, 16) + 1.5 * f.at(0, 148, 12, 10)
    return outward, down - 1.2 * f.only_lower_lid * f.at(36, 77, 18, 5), 6.0 * f.at(40, 108, 13, 11) - 5 * f.at(27, 145, 8, 8)


def _au14(f: _Template):
    outward = -4.0 * f.at(33, 145, 8, 11) + 3.0 * f.at(22, 145, 7, 6)
    return outward - 4.0 * f.at(27, 145, 9, 7), -1.8 * f.at(28, 144, 7, 6), -6.5 * f.at(31, 145, 4.5, 6) + 3 * f.at(40, 146, 6, 12)


def _au15(f: _Template):
    return 1.5 * f.at(27, 147, 9, 9), 11 * f.at(27, 146, 10, 11) + 2 * f.at(32, 160, 11, 9), 2.0 * f.at(31, 158, 7, 7) - 2 * f.at(27, 147, 6, 6)


def _au17(f: _Template):
    down = -7.5 * f.at(4, 172, 17, 11) - 6.0 * f.lower_lip * f.at(0, 152, 19, 10)
    return 0, down + 2.0 * f.at(26, 148, 7, 6), 4.0 * f.at(5, 168, 12, 8) + 3.5 * f.lower_lip * f.at(0, 151, 15, 7)


def _au20(f: _Template):
    thin = (f.t - LIP_LINE) * bump(f.s, f.t, 0, 145, 24, 9) * f.skin
    return 13 * f.at(28, 146, 15, 12), -0.22 * thin + 1.5 * f.at(28, 148, 10, 9), -4.0 * f.at(26, 147, 12, 9) - 1.5 * f.at(0, 146, 18, 8)


def _au23(f: _Template):
    thin = (f.t - LIP_LINE) * bump(f.s, f.t, 0, 145, 24, 9) * f.skin
    return -7.5 * f.at(26, 145, 12, 9), -0.50 * thin, 2.8 * f.at(0, 145, 15, 7) + 1.5 * f.at(0, 158, 14, 4)


def _au24(f: _Template):
    thin = (f.t - LIP_LINE) * bump(f.s, f.t, 0, 145, 30, 8.5) * f.skin
    flat = 2.2 * f.at(9, 133, 14, 4) + 2.6 * f.at(9, 158, 15, 4.5)
    return 0, -0.80 * thin - 1.5 * f.at(0, 158, 18, 8), -4.5 * f.at(0, 146, 24, 6) + flat


def _au25(f: _Template):
    down = 6.5 * f.only_lower_lip * f.at(0, 147, 24, 13) - 2.2 * f.only_upper_lip * f.at(0, 143, 24, 9)
    return 0, down, 1.2 * f.only_lower_lip * f.at(0, 150, 18, 7)


def _au26(f: _Template):
    return -2.0 * f.at(27, 145, 9, 9), 18.0 * f.jaw, -4.0 * f.jaw


_FIELDS = (_au1, _au2, _au4, _au5, _au6, _au7, _au9, _au10, _au12, _au14, _au15, _au17, _au20, _au23, _au24, _au25, _au26)


def displacement_basis(mesh: Mesh) -> np.ndarray:
    """Fields of every AU and side: float32 (34, V, 3), AU-major, the person's right side first."""
    template = _Template(mesh)
    left = step(template.s, -4.0, 4.0)
    sign = np.tanh(template.s / 6)
    basis = np.zeros((2 * len(FACE_AUS), len(template.s), 3), np.float32)
    for k, field in enumerate(_FIELDS):
        outward, down, forward = field(template)
        whole = np.stack([outward * sign, down + 0 * sign, forward + 0 * sign], axis=-1)
        basis[2 * k] = whole * (1 - left)[:, None]
        basis[2 * k + 1] = whole * left[:, None]
    return basis


class Contacts:
    """Corrections after the linear part: blink, lids on the eyeball, lips on each other."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        r = mesh.rows
        s = mesh.grid(mesh.template)[r["lid_upper"], :, 0]
        self.eyes = [np.flatnonzero((eye_opening(s) > 0) & (np.sign(s) == side)) for side in (-1, 1)]
        mouth = mesh.grid(mesh.template)[r["lip_upper"], :, 0]
        self.mouth = np.flatnonzero(np.abs(mouth) < MOUTH_CORNER + 1)
        self.upper_lid = np.arange(r["crease"], r["lid_upper"] + 3)
        self.lower_lid = np.arange(r["lid_lower"] - 2, r["lid_lower"] + 3)
        fade = np.ones(len(self.upper_lid))
        fade[: r["lid_upper"] - r["crease"]] = np.linspace(0.1, 1, r["lid_upper"] - r["crease"], endpoint=False)
        self.upper_fade = fade[:, None]
        self.lower_fade = np.array((1, 1, 1, 0.6, 0.25))[:, None]
        self.upper_lip = np.arange(r["border_upper"] - 2, r["lip_upper"] + 3)
        self.lower_lip = np.arange(r["lip_lower"] - 2, r["border_lower"] + 3)
        self.ball_rows = slice(r["crease"] - 5, r["lid_lower"] + 6)
        self.pocket = slice(r["lid_upper"] + 1 - self.ball_rows.start, r["lid_upper"] + 5 - self.ball_rows.start)

    def apply(self, points: np.ndarray, blink: float) -> None:
        """Correct ``points`` (V, 3) in place; ``blink`` is 0 (open) to 1 (closed)."""
        grid = self.mesh.grid(points)
        for columns, centre in zip(self.eyes, self.mesh.eyes, strict=True):
            self._close(grid, columns, blink)
            self._rest_on_ball(grid, columns, centre)
        self._part_lips(grid)

    def _close(self, grid: np.ndarray, columns: np.ndarray, blink: float) -> None:
        """Lower the upper lid by ``blink`` of the gap, and never past the lower lid."""
        upper, lower = self.upper_lid, self.lower_lid
        r = self.mesh.rows
        gap = grid[r["lid_lower"], columns, 1] - grid[r["lid_upper"], columns, 1]
        crossing = np.maximum(0, 0.4 - gap)
        down = blink * np.maximum(gap, 0) - 0.5 * crossing
        grid[np.ix_(upper, columns, [1])] += (down * self.upper_fade)[..., None]
        grid[np.ix_(lower, columns, [1])] += (0.5 * crossing * self.lower_fade)[..., None]

    def _rest_on_ball(self, grid: np.ndarray, columns: np.ndarray, centre: np.ndarray) -> None:
        """Push lid skin out of the eyeball, softly, so that the ball shows as a bulge under the lids."""
        block = grid[self.ball_rows, columns[0] - 4 : columns[-1] + 5]
        flat = (block[..., 0] - centre[0]) ** 2 + (block[..., 1] - centre[1]) ** 2
        radius = EYE_RADIUS + 1.3
        over = centre[2] + np.sqrt(np.clip(radius**2 - flat, 0, None)) - block[..., 2]
        over[flat > radius**2] = -9.0
        over[self.pocket] = -9.0  # the pocket behind the lids stays where it is
        block[..., 2] += np.logaddexp(0, 1.6 * over) / 1.6

    def _part_lips(self, grid: np.ndarray) -> None:
        """Where the lower lip rose past the upper one, both meet half way."""
        r = self.mesh.rows
        gap = grid[r["lip_lower"], self.mouth, 1] - grid[r["lip_upper"], self.mouth, 1]
        crossing = np.maximum(0, -gap)
        up = np.ones(len(self.upper_lip))
        up[:4] = (0.35, 0.6, 0.8, 0.95)
        down = np.ones(len(self.lower_lip))
        down[-4:] = (0.95, 0.8, 0.6, 0.35)
        grid[np.ix_(self.upper_lip, self.mouth, [1])] -= (0.6 * crossing * up[:, None])[..., None]
        grid[np.ix_(self.lower_lip, self.mouth, [1])] += (0.4 * crossing * down[:, None])[..., None]
