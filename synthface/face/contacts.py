"""What a linear basis cannot do: lids slide over the eyeball, lips and lids do not pass through each other."""

from __future__ import annotations

import numpy as np

from synthface.face.head import Mesh
from synthface.face.template import EYE_RADIUS, MOUTH_CORNER, eye_opening

#: The vertical coordinate, as an index array for ``np.ix_``.
_Y = np.array([1])


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

    def apply(self, points: np.ndarray, closed: np.ndarray) -> None:
        """Correct ``points`` (V, 3) in place; ``closed`` (2,) is 0 (open) to 1 (shut), the person's right eye first."""
        grid = self.mesh.grid(points)
        for columns, centre, shut in zip(self.eyes, self.mesh.eyes, closed, strict=True):
            self._close(grid, columns, float(shut))
            self._rest_on_ball(grid, columns, centre)
        self._part_lips(grid)

    def _close(self, grid: np.ndarray, columns: np.ndarray, shut: float) -> None:
        """Lower the upper lid by ``shut`` of the gap, and never past the lower lid."""
        upper, lower = self.upper_lid, self.lower_lid
        r = self.mesh.rows
        gap = grid[r["lid_lower"], columns, 1] - grid[r["lid_upper"], columns, 1]
        crossing = np.maximum(0, 0.4 - gap)
        down = shut * np.maximum(gap, 0) - 0.5 * crossing
        grid[np.ix_(upper, columns, _Y)] += (down * self.upper_fade)[..., None]
        grid[np.ix_(lower, columns, _Y)] += (0.5 * crossing * self.lower_fade)[..., None]

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
        grid[np.ix_(self.upper_lip, self.mouth, _Y)] -= (0.6 * crossing * up[:, None])[..., None]
        grid[np.ix_(self.lower_lip, self.mouth, _Y)] += (0.4 * crossing * down[:, None])[..., None]
