"""How a person differs from the mean head: smooth displacements in template coordinates."""

from __future__ import annotations

import numpy as np

from synthface.face.identity import Identity
from synthface.face.template import LIP_LINE, bump, step


def personal(identity: Identity, template: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Displacement ``(V, 3)`` of a person's head from the mean head.

    Parameters
    ----------
    identity : Identity
    template : ndarray, shape (V, 2)
        Coordinates ``(s, t)``.
    points : ndarray, shape (V, 3)
        The mean head, in units.
    """
    s, t = template.T
    return (_proportions(identity, s, t, points) + _eyes_and_brows(identity, s, t) + _nose(identity, s, t)
            + _mouth(identity, s, t) + _flesh(identity, s, t) + _asymmetry(identity, s, t))  # fmt: skip


def _field(s: np.ndarray, dx: np.ndarray | float, dy: np.ndarray | float, dz: np.ndarray | float) -> np.ndarray:
    """Stack components, each a number or an array like ``s``, to ``(V, 3)``."""
    return np.stack([dx + 0 * s, dy + 0 * s, dz + 0 * s], axis=-1)


def _level(t: np.ndarray, middle: float, width: float) -> np.ndarray:
    """Gaussian band at a height, the same all around the head."""
    return np.exp(-(((t - middle) / width) ** 2) / 2)


def _proportions(identity: Identity, s: np.ndarray, t: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Width of face, jaw, chin and forehead; length of the chin; cheek bones and brow ridge."""
    c = identity.coefficient
    wide = 0.037 * c("face_width") + 0.036 * c("jaw_width") * _level(t, 156, 26)
    wide += 0.047 * c("chin_width") * _level(t, 184, 9)
    wide += 0.022 * c("forehead") * step(-t, -50, 0) + 0.026 * c("cheekbone") * _level(t, 92, 15)
    dx = points[:, 0] * wide
    dy = 2.4 * c("chin_length") * step(t, 148, 186) + 0.02 * c("face_length") * (t - 72)
    dz = 1.8 * c("brow_ridge") * (bump(s, t, 24, 51, 16, 6) + 0.6 * bump(s, t, 46, 55, 10, 6))
    dz += 2.2 * c("cheekbone") * bump(s, t, 46, 94, 14, 11) + 2.0 * c("cheek") * bump(s, t, 42, 122, 18, 20)
    dz += 1.7 * c("chin_length") * bump(s, t, 0, 176, 18, 9) - 2.0 * c("face_width") * step(np.abs(s), 30, 75) * 0.3
    dz += 1.5 * c("brow_ridge") * _level(t, 20, 25) * -0.5  # a sloping forehead goes with heavy brows
    return _field(s, dx, dy, dz)


def _eyes_and_brows(identity: Identity, s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Place, size, tilt and fold of the eyes; place and tilt of the brows."""
    c = identity.coefficient
    sign = np.tanh(s / 8)
    around = bump(s, t, 34, 72, 15, 8)
    dx = sign * 1.2 * c("eye_gap") * bump(s, t, 32, 72, 20, 18)
    dx += sign * 0.045 * c("eye_size") * (np.abs(s) - 34) * bump(s, t, 34, 72, 19, 9)
    grow = np.clip(0.075 * c("eye_size") + 0.09 * c("eye_open"), -0.26, 0.24)
    lids = np.where(t < 73.0, min(grow, 0.5 * grow), grow)  # the upper lid of a wide eye still covers the iris
    dy = lids * (t - 73.0) * around
    dy -= 1.1 * c("eye_tilt") * np.tanh((np.abs(s) - 34) / 12) * bump(s, t, 34, 72, 16, 9)
    dy -= 1.0 * c("lid_fold") * bump(s, t, 34, 61.5, 16, 3.6)
    inner = np.clip(c("epicanthus"), 0, None)  # a fold of the upper lid over the inner corner
    dy += 0.8 * inner * bump(s, t, 19.5, 69.5, 5, 3) + 0.3 * inner * bump(s, t, 34, 63.5, 17, 3)
    dz = 0.9 * inner * bump(s, t, 32, 64, 17, 4) + 0.8 * inner * bump(s, t, 18, 70, 5, 5)
    dy += -2.0 * c("brow_height") * bump(s, t, 30, 52, 30, 8)
    dy += 0.9 * c("brow_tilt") * np.tanh((np.abs(s) - 30) / 12) * bump(s, t, 30, 53, 24, 8)
    dz -= 1.5 * c("eye_depth") * (bump(s, t, 22, 66, 12, 8) + 0.7 * bump(s, t, 44, 66, 12, 7))
    return _field(s, dx, dy, dz)


def _nose(identity: Identity, s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Length, width of wings and bridge, height of bridge and tip, turn of the tip."""
    c = identity.coefficient
    sign = np.tanh(s / 6)
    wide = c("nose_width") * (1.7 if c("nose_width") > 0 else 1.1)  # wings do not vanish
    dx = sign * wide * bump(s, t, 13, 118, 7, 8)
    dx -= sign * 0.7 * c("nose_bridge") * bump(s, t, 9, 88, 6, 16)
    dx += 0.9 * c("skew") * bump(s, t, 0, 112, 14, 16)
    dy = 2.2 * c("nose_length") * bump(s, t, 0, 119, 24, 12) - 1.6 * c("nose_turn") * bump(s, t, 0, 116, 9, 6)
    dz = 2.1 * c("nose_bridge") * bump(s, t, 0, 90, 9, 18) + 1.8 * c("nose_tip") * bump(s, t, 0, 115.5, 10, 9)
    dz += 1.1 * c("nose_hump") * bump(s, t, 0, 93, 7, 8)
    return _field(s, dx, dy, dz)


def _mouth(identity: Identity, s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Width and height of the mouth, fullness of the lips, how far the mouth stands forward."""
    c = identity.coefficient
    sign = np.tanh(s / 8)
    dx = sign * 1.6 * c("mouth_width") * bump(s, t, 25, 145, 13, 16)
    dy = 1.6 * c("mouth_height") * bump(s, t, 0, 146, 40, 13)
    thin = np.clip(0.03 * (identity.age - 18) / 10, 0, 0.16)
    full = np.where(t < LIP_LINE, 0.15 * c("upper_lip"), 0.14 * c("lower_lip")) - thin
    dy += np.clip(full, -0.42, 0.55) * (t - LIP_LINE) * bump(s, t, 0, 145, 20, 9)
    dz = 1.7 * c("lip_forward") * bump(s, t, 0, 146, 20, 11)
    dz += 0.9 * c("upper_lip") * bump(s, t, 4, 140, 11, 3.2) + 0.9 * c("lower_lip") * bump(s, t, 4, 151, 11, 3.6)
    return _field(s, dx, dy, dz)


def _flesh(identity: Identity, s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """What years and weight do: hooded lids, bags, hollow or full cheeks, jowls."""
    old = np.clip((identity.age - 30) / 45, 0, 1)
    heavy = identity.coefficient("weight")
    dx = s * (0.022 * heavy * (_level(t, 140, 26) + 0.8 * _level(t, 178, 14)))
    dy = old * (2.4 * bump(s, t, 46, 160, 13, 12) + 1.6 * bump(s, t, 40, 63, 13, 4) + 1.5 * bump(s, t, 30, 55, 28, 8))
    dz = old * (1.6 * bump(s, t, 32, 83, 13, 3.5) - 1.6 * bump(s, t, 26, 90, 12, 4) - 2.4 * bump(s, t, 44, 122, 11, 12))
    dz += old * (1.8 * bump(s, t, 38, 163, 9, 9) - 1.5 * bump(s, t, 22, 130, 5, 10))
    dz += heavy * (1.6 * bump(s, t, 46, 128, 16, 20) + 2.2 * bump(s, t, 0, 200, 30, 12))
    return _field(s, dx, dy, dz)


def _asymmetry(identity: Identity, s: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Small odd displacements: one brow, eye, cheek, lip corner higher, one jaw wider, the face bowed."""
    brow, eye, corner, cheek, jaw, bow = identity.asymmetry
    odd = np.tanh(s / 10)
    dx = 0.9 * jaw * np.abs(odd) * _level(t, 160, 18) + 0.8 * bow * step(t, 100, 186)
    dy = odd * (0.9 * brow * bump(s, t, 32, 52, 20, 8) + 0.55 * eye * bump(s, t, 34, 72, 18, 9))
    dy += odd * (0.8 * corner * bump(s, t, 26, 145, 12, 10) + 0.6 * cheek * bump(s, t, 40, 108, 18, 14))
    return _field(s, dx, dy, odd * 0.9 * cheek * bump(s, t, 42, 106, 16, 16))
