"""From whom people are drawn: sex, age and ancestry move features, skin, eyes and hair together.

The directions follow anthropometry (Farkas et al., *International anthropometric study of facial morphology*, 2005);
the numbers are ours and coarse.  Real people within a group differ more than groups do, and so do these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

#: Number of action units with an amplitude of their own; ``FACE_AUS`` has as many.
AMPLITUDES = 19

#: Spread of the resting tone over people, in the order of ``FACE_AUS``, as a share of an AU's full movement.  Faces at
#: rest differ in just what AUs change: brows sit low, corners of the mouth droop, lips are thin.  So a position says
#: little about an AU until one knows the person, and what the skin does says more (our choice of size).
TONE = np.array([0.15, 0.15, 0.15, 0, 0.12, 0.15, 0.2, 0.12, 0.15, 0.3, 0.15, 0.2, 0.15, 0.2, 0.2, 0, 0, 0, 0])
HAIR_STYLES = ("bald", "buzz", "short", "receding", "parted", "curly", "afro", "bob", "long", "fringe", "tied")
GLASSES = ("none", "round", "rectangular", "rimless")
#: Poles between which people vary; the covariance of features, skin, eyes and hair with them is ours, and coarse.
ANCESTRIES = ("european", "african", "asian")

#: Shape coefficients, each about a standard normal over people; :mod:`variation` says what one unit moves.
SHAPES = (
    "face_width", "jaw_width", "chin_length", "chin_width", "cheek", "forehead", "brow_ridge",
    "eye_size", "eye_open", "eye_tilt", "eye_gap", "lid_fold",
    "nose_length", "nose_width", "nose_bridge", "nose_tip",
    "mouth_width", "upper_lip", "lower_lip", "mouth_height", "lip_forward",
    "brow_height", "brow_tilt", "skew",
    "cheekbone", "weight", "eye_depth", "epicanthus", "nose_turn", "nose_hump", "ear_out", "face_length",
)  # fmt: skip

#: What sex (+1 man, -1 woman) adds to the mean of a coefficient.
_DIMORPHISM = {
    "face_width": 0.35, "jaw_width": 0.85, "chin_length": 0.75, "chin_width": 0.7, "cheek": -0.45, "brow_ridge": 1.25,
    "cheekbone": -0.25, "forehead": -0.1, "eye_size": -0.75, "eye_open": -0.55, "eye_tilt": -0.35, "lid_fold": -0.5,
    "nose_length": 0.55, "nose_width": 0.6, "nose_bridge": 0.35, "nose_tip": 0.25, "nose_turn": -0.6, "nose_hump": 0.4,
    "upper_lip": -0.7, "lower_lip": -0.6, "mouth_width": 0.35, "lip_forward": -0.25, "mouth_height": 0.2,
    "brow_height": -0.9, "brow_tilt": 0.4, "eye_depth": 0.4,
}  # fmt: skip

#: What each pole of ``ANCESTRIES`` adds.
_POLES = {
    "face_width": (-0.35, 0.0, 0.6), "nose_width": (-0.9, 1.5, 0.2), "nose_bridge": (0.9, -0.8, -0.7),
    "nose_tip": (0.5, -0.1, -0.5), "nose_length": (0.4, -0.3, -0.1), "nose_hump": (0.4, -0.3, -0.4),
    "upper_lip": (-0.6, 1.5, 0.0), "lower_lip": (-0.5, 1.3, 0.0), "lip_forward": (-0.6, 1.3, 0.1),
    "mouth_width": (-0.2, 0.6, -0.2), "eye_tilt": (-0.4, 0.0, 0.8), "epicanthus": (-1.8, -1.4, 1.3),
    "lid_fold": (0.4, 0.2, -1.1), "eye_open": (0.1, 0.3, -0.7), "eye_depth": (0.7, 0.1, -0.9),
    "eye_gap": (-0.2, 0.4, 0.1), "cheekbone": (-0.2, 0.1, 0.7), "brow_ridge": (0.2, 0.1, -0.5),
    "brow_height": (-0.2, 0.1, 0.4),
    "chin_length": (0.3, -0.2, -0.3), "jaw_width": (-0.1, 0.0, 0.2),
}  # fmt: skip

#: Directions along which coefficients vary together within a group, each a standard normal.
_FACTORS: tuple[dict[str, float], ...] = (
    {"face_width": 0.5, "jaw_width": 0.5, "nose_width": 0.3, "cheekbone": 0.3, "weight": 0.5, "cheek": 0.4},
    {
        "chin_length": 0.5,
        "nose_length": 0.4,
        "face_length": 0.6,
        "mouth_height": 0.3,
        "face_width": -0.4,
        "forehead": 0.3,
    },
    {"brow_ridge": 0.4, "chin_width": 0.4, "jaw_width": 0.4, "eye_depth": 0.3, "brow_height": -0.3},
    {"upper_lip": 0.6, "lower_lip": 0.6, "lip_forward": 0.4, "mouth_width": 0.2},
    {"eye_size": 0.6, "eye_open": 0.5, "lid_fold": 0.3},
    {"nose_bridge": 0.4, "nose_tip": 0.5, "nose_hump": 0.5, "nose_length": 0.3, "nose_turn": -0.3},
)


@dataclass(frozen=True)
class Population:
    """Who takes part: ages in years, odds of each pole of ``ANCESTRIES``, share of women and of glasses wearers."""

    ages: tuple[float, float]
    ancestry: tuple[float, float, float] = (0.45, 0.25, 0.30)
    women: float = 0.5
    glasses: float = 0.15
    old: float = 1.9  # second parameter of the beta distribution of age: larger is younger


#: Populations that can be asked for.
POPULATIONS = {
    "mixed": Population((18, 75)), "young": Population((18, 30)), "adult": Population((18, 50)),
    "students": Population((18, 29), (0.45, 0.20, 0.35), women=0.56, glasses=0.2),
    "adults": Population((18, 66), (0.50, 0.20, 0.30), glasses=0.18),
    "drinkers": Population((21, 28), (0.84, 0.09, 0.07), glasses=0.05),
    "patients": Population((25, 65), (0.70, 0.12, 0.18), women=0.5, glasses=0.08, old=1.2),
}  # fmt: skip


def draw_attributes(rng: np.random.Generator, population: str) -> dict[str, Any]:
    """Attributes of one person, by the names of the fields of :class:`identity.Identity`.

    Raises
    ------
    ValueError
        If the population is unknown.
    """
    if population not in POPULATIONS:
        raise ValueError(f"population={population!r} is unknown; choose one of {sorted(POPULATIONS)}")
    people = POPULATIONS[population]
    man = rng.random() >= people.women
    sex = (1 if man else -1) * rng.uniform(0.65, 1.1)
    youngest, oldest = people.ages
    age = youngest + (oldest - youngest) * rng.beta(1.1, people.old)
    ageing = float(np.clip((age - 18) / 57, 0, 1))
    ancestry = _draw_ancestry(rng, np.array(people.ancestry))
    melanin = float(np.clip(ancestry @ (0.10, 0.76, 0.27) + rng.normal(0, 0.09), 0.0, 1.0))
    redness, freckles = rng.uniform(0.2, 1), max(0.0, rng.normal(-0.15, 0.5)) * max(0.0, 1 - 2.5 * melanin)
    style, curl = _draw_style(rng, man, ageing, ancestry)
    make_up = 0.0 if man or rng.random() < 0.35 else rng.uniform(0.15, 0.9) * (1 - 0.4 * ageing)
    bearded = man and rng.random() < 0.42
    beard = rng.uniform(0.3, 1) if bearded and rng.random() < 0.75 else rng.uniform(0, 0.25) * man
    density = 1 - 0.45 * ancestry[2]
    wears = rng.random() < people.glasses * (0.7 + 0.9 * ageing)
    return {
        "sex": sex, "age": age, "melanin": melanin,
        "warmth": float(np.clip(rng.normal(ancestry @ (-0.25, 0.15, 0.45), 0.35), -1, 1)),
        "redness": redness, "freckles": freckles, "shine": rng.uniform(0.2, 1),
        "shape": _draw_shape(rng, sex, ancestry),
        "brow_width": 4.6 + 1.0 * sex + rng.normal(0, 0.8), "brow_arch": max(0.0, 2.2 - 1.3 * sex + rng.normal(0, 0.8)),
        "brow_density": float(np.clip(rng.normal(0.72 + 0.08 * sex - 0.1 * ancestry[2], 0.16), 0.35, 1)),
        "lip_colour": rng.uniform(0, 0.35) if man else min(1.0, rng.uniform(0.15, 0.5) + 0.6 * make_up * rng.random()),
        "iris": _draw_iris(rng, ancestry), "hair_style": style, "hair_colour": _draw_hair(rng, ancestry, ageing),
        "hair_volume": rng.uniform(3, 9), "beard": beard * density,
        "moustache": (rng.uniform(0.4, 1) if bearded else rng.uniform(0, 0.2) * man) * density,
        "amplitude": tuple(float(a) for a in rng.uniform(0.82, 1.18, AMPLITUDES)),
        "wrinkles": rng.uniform(0.7, 1.1) + 0.5 * ageing, "ancestry": tuple(float(a) for a in ancestry),
        "hair_curl": curl, "lashes": float(np.clip(rng.normal(0.45 - 0.15 * sex, 0.12) + 0.35 * make_up, 0.1, 1)),
        "make_up": make_up, "glasses": str(rng.choice(GLASSES[1:], p=(0.3, 0.45, 0.25))) if wears else "none",
        "asymmetry": tuple(float(a) for a in np.clip(rng.normal(0, 1, 6), -2.2, 2.2)), "seed": int(rng.integers(2**31)),
        "tone": tuple((np.clip(rng.normal(0, 1, AMPLITUDES), -2, 2) * TONE).tolist()),
    }  # fmt: skip


def _draw_ancestry(rng: np.random.Generator, odds: np.ndarray) -> np.ndarray:
    """Shares of the poles: close to one of them for most people, between them for one in six."""
    pole = rng.choice(3, p=odds / odds.sum())
    near, far = (2.0, 1.0) if rng.random() < 1 / 6 else (9.0, 0.35)
    return rng.dirichlet(np.where(np.arange(3) == pole, near, far))


def _draw_shape(rng: np.random.Generator, sex: float, ancestry: np.ndarray) -> tuple[float, ...]:
    """Means by sex and ancestry, what varies together, and what varies alone; cut at three."""
    together = np.clip(rng.normal(0, 1, len(_FACTORS)), -2, 2)
    alone = np.clip(rng.normal(0, 0.7, len(SHAPES)), -1.6, 1.6)
    shape = []
    for name, own in zip(SHAPES, alone, strict=True):
        value = own + sex * _DIMORPHISM.get(name, 0.0) + ancestry @ _POLES.get(name, (0.0, 0.0, 0.0))
        value += sum(size * factor.get(name, 0.0) for size, factor in zip(together, _FACTORS, strict=True))
        shape.append(float(np.clip(value, -3, 3)))
    return tuple(shape)


def _draw_iris(rng: np.random.Generator, ancestry: np.ndarray) -> tuple[float, ...]:
    """Brown for most people; blue, grey, green or hazel for two thirds of Europeans."""
    if rng.random() < 0.68 * ancestry[0] ** 3:
        base = ((0.10, 0.20, 0.33), (0.15, 0.20, 0.23), (0.12, 0.16, 0.08), (0.17, 0.12, 0.04))[rng.integers(4)]
    else:
        base = ((0.10, 0.045, 0.02), (0.05, 0.022, 0.012), (0.13, 0.062, 0.024))[rng.integers(3)]
    return tuple(float(value * rng.uniform(0.85, 1.15)) for value in base)


def _draw_hair(rng: np.random.Generator, ancestry: np.ndarray, ageing: float) -> tuple[float, ...]:
    """Black; brown, blond or red for Europeans; mixed with grey by age."""
    base = np.array((0.012, 0.010, 0.009)) * rng.uniform(0.8, 1.5)
    if rng.random() < 0.85 * ancestry[0] ** 2:
        lighter = ((0.035, 0.02, 0.012), (0.06, 0.032, 0.018), (0.11, 0.06, 0.03), (0.3, 0.2, 0.1), (0.18, 0.06, 0.022))
        base = np.array(lighter[rng.choice(5, p=(0.27, 0.27, 0.22, 0.17, 0.07))]) * rng.uniform(0.8, 1.25)
    grey = np.clip(rng.normal(1.5 * ageing - 0.55, 0.2), 0, 1)
    return tuple(float(value) for value in base * (1 - grey) + np.array((0.40, 0.39, 0.38)) * grey)


def _draw_style(rng: np.random.Generator, man: bool, ageing: float, ancestry: np.ndarray) -> tuple[str, float]:
    """A hair style usual for sex, age and ancestry, and its curl."""
    african = ancestry[1]
    curl = float(np.clip(ancestry @ (0.22, 0.95, 0.05) + rng.normal(0, 0.16), 0, 1))
    if man:
        odds = {"bald": 0.05 + 0.25 * ageing, "buzz": 0.14 + 0.35 * african, "short": 0.40 * (1 - 0.5 * african),
                "receding": 0.03 + 0.35 * ageing, "parted": 0.22 * (1 - african), "curly": 0.03 + 0.25 * curl,
                "afro": 0.25 * african * (1 - ageing), "long": 0.03, "fringe": 0.05 * (1 - african)}  # fmt: skip
    else:
        odds = {"short": 0.05 + 0.25 * ageing, "parted": 0.08 * ageing, "curly": 0.04 + 0.45 * curl,
                "bob": 0.18 + 0.15 * ageing, "afro": 0.25 * african,
                "long": 0.36 * (1 - 0.5 * ageing), "fringe": 0.14 + 0.08 * ancestry[2],
                "tied": 0.24}  # fmt: skip
    weights = np.array(list(odds.values()))
    style = str(rng.choice(list(odds), p=weights / weights.sum()))
    return style, max(curl, 0.6) if style in ("curly", "afro") else curl
