"""Who is seen: plain numbers that make one person different from another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Number of action units with an amplitude of their own; ``FACE_AUS`` has as many.
AMPLITUDES = 19

#: Ages in years (youngest, oldest) of the populations that can be asked for.
POPULATIONS = {"mixed": (18, 75), "young": (18, 30), "adult": (18, 50)}
HAIR_STYLES = ("bald", "buzz", "short", "receding", "parted", "curly", "afro", "bob", "long", "fringe", "tied")
GLASSES = ("none", "round", "rectangular", "rimless")
#: Poles between which people vary; the covariance of features, skin, eyes and hair with them is ours, and coarse.
ANCESTRIES = ("european", "african", "asian")

#: Shape coefficients, each about a standard normal over people; :mod:`head` says what one unit moves.
SHAPES = (
    "face_width", "jaw_width", "chin_length", "chin_width", "cheek", "forehead", "brow_ridge",
    "eye_size", "eye_open", "eye_tilt", "eye_gap", "lid_fold",
    "nose_length", "nose_width", "nose_bridge", "nose_tip",
    "mouth_width", "upper_lip", "lower_lip", "mouth_height", "lip_forward",
    "brow_height", "brow_tilt", "skew",
)  # fmt: skip

#: What sex (+1 man, -1 woman) adds to the mean of a coefficient.
_DIMORPHISM = {
    "face_width": 0.2, "jaw_width": 0.9, "chin_length": 0.5, "chin_width": 0.9, "cheek": -0.5, "brow_ridge": 1.2,
    "eye_size": -0.7, "eye_open": -0.6, "nose_length": 0.4, "nose_width": 0.5, "nose_bridge": 0.4, "lid_fold": -0.5,
    "upper_lip": -0.6, "lower_lip": -0.6, "brow_height": -0.9,
}  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """One person.

    Parameters
    ----------
    sex : float
        -1 (woman) to +1 (man).
    age : float
        Years.
    melanin, warmth : float
        Skin from very light (0) to very dark (1), and from pink (-1) to olive (+1).
    redness, freckles, shine : float
        Strength 0..1 of blood colour, of freckles and of the oily gloss.
    shape : tuple of float
        Coefficients in the order of :data:`SHAPES`.
    brow_width, brow_arch, brow_density : float
        Brow thickness in pixels, arch in pixels, and density 0..1.
    lip_colour : float
        0 (as the skin) to 1 (lipstick).
    iris : tuple of float
        Linear RGB.
    hair_style : str
        One of :data:`HAIR_STYLES`.
    hair_colour : tuple of float
        Linear RGB.
    hair_volume : float
        Thickness of the hair in pixels.
    beard, moustache : float
        Density 0..1 of facial hair.
    amplitude : tuple of float
        How far each AU of ``FACE_AUS`` moves this face, relative to the mean face (about 0.8..1.2).
    wrinkles : float
        How deep this skin folds (about 0.6..1.6).
    ancestry : tuple of float
        Shares of the three poles of :data:`ANCESTRIES`; they move features, skin, eyes and hair together.
    hair_curl : float
        0 (straight) to 1 (tightly coiled).
    lashes : float
        Length and darkness of the eyelashes, 0..1.
    make_up : float
        0 (none) to 1 (eye shadow, mascara, blush).
    glasses : str
        One of :data:`GLASSES`.
    seed : int
        Places of freckles, hairs, pores and asymmetries.
    """

    sex: float
    age: float
    melanin: float
    warmth: float
    redness: float
    freckles: float
    shine: float
    shape: tuple[float, ...]
    brow_width: float
    brow_arch: float
    brow_density: float
    lip_colour: float
    iris: tuple[float, ...]
    hair_style: str
    hair_colour: tuple[float, ...]
    hair_volume: float
    beard: float
    moustache: float
    amplitude: tuple[float, ...]
    wrinkles: float
    ancestry: tuple[float, ...]
    hair_curl: float
    lashes: float
    make_up: float
    glasses: str
    seed: int

    def coefficient(self, name: str) -> float:
        """Shape coefficient by its name in :data:`SHAPES`."""
        return self.shape[SHAPES.index(name)]

    @classmethod
    def draw(cls, rng: np.random.Generator, population: str = "mixed") -> Identity:
        """Draw a person from a population (one of :data:`POPULATIONS`).

        Raises
        ------
        ValueError
            If the population is unknown.
        """
        if population not in POPULATIONS:
            raise ValueError(f"population={population!r} is unknown; choose one of {sorted(POPULATIONS)}")
        man = rng.random() < 0.5
        sex = (1 if man else -1) * rng.uniform(0.6, 1.0)
        youngest, oldest = POPULATIONS[population]
        age = youngest + (oldest - youngest) * rng.beta(1.1, 1.9)
        melanin = rng.beta(0.9, 1.2)
        ageing = (age - 18) / 57
        facial_hair = man and rng.random() < 0.4
        return cls(
            sex=sex, age=age, melanin=melanin, warmth=rng.uniform(-1, 1),
            redness=rng.uniform(0.2, 1), freckles=max(0.0, rng.normal(0, 0.5)) * (1 - melanin),
            shine=rng.uniform(0.2, 1),
            shape=_draw_shape(rng, sex),
            brow_width=rng.uniform(4, 6.5) + 1.2 * sex, brow_arch=rng.uniform(0.5, 3.5) - 1.2 * sex,
            brow_density=rng.uniform(0.5, 1), lip_colour=rng.uniform(0, 0.35) if man else rng.uniform(0.2, 1),
            iris=_draw_iris(rng, melanin), hair_style=_draw_style(rng, man, ageing),
            hair_colour=_draw_hair(rng, melanin, ageing), hair_volume=rng.uniform(2, 9),
            beard=rng.uniform(0.3, 1) if facial_hair and rng.random() < 0.7 else (rng.uniform(0, 0.25) if man else 0.0),
            moustache=rng.uniform(0.4, 1) if facial_hair else (rng.uniform(0, 0.2) if man else 0.0),
            amplitude=tuple(float(a) for a in rng.uniform(0.82, 1.18, AMPLITUDES)),
            wrinkles=rng.uniform(0.7, 1.1) + 0.5 * ageing,
            ancestry=(1.0, 0.0, 0.0), hair_curl=0.0, lashes=0.5, make_up=0.0, glasses="none",
            seed=int(rng.integers(2**31)),
        )  # fmt: skip


def _draw_shape(rng: np.random.Generator, sex: float) -> tuple[float, ...]:
    """Independent normals (cut at two), moved by sex."""
    free = np.clip(rng.normal(0, 0.9, len(SHAPES)), -2, 2)
    return tuple(float(value + sex * _DIMORPHISM.get(name, 0.0)) for name, value in zip(SHAPES, free, strict=True))


def _draw_iris(rng: np.random.Generator, melanin: float) -> tuple[float, ...]:
    """Brown for most people; blue, grey or green for some light-skinned ones."""
    if rng.random() < 0.75 * (1 - melanin) ** 1.5:
        base = ((0.10, 0.21, 0.36), (0.16, 0.22, 0.24), (0.13, 0.19, 0.09), (0.20, 0.15, 0.05))[rng.integers(4)]
    else:
        base = ((0.10, 0.045, 0.02), (0.05, 0.022, 0.012), (0.15, 0.075, 0.03))[rng.integers(3)]
    return tuple(float(value * rng.uniform(0.85, 1.15)) for value in base)


def _draw_hair(rng: np.random.Generator, melanin: float, ageing: float) -> tuple[float, ...]:
    """Black to blond by skin colour, mixed with grey by age."""
    if rng.random() < 0.2 + melanin:
        base = np.array((0.012, 0.010, 0.009))
    else:
        base = np.array(
            ((0.05, 0.027, 0.015), (0.11, 0.06, 0.03), (0.34, 0.22, 0.11), (0.20, 0.065, 0.022))[rng.integers(4)]
        )
    grey = np.clip(rng.normal(1.4 * ageing - 0.45, 0.2), 0, 1)
    return tuple(float(value) for value in base * (1 - grey) + np.array((0.40, 0.39, 0.38)) * grey)


def _draw_style(rng: np.random.Generator, man: bool, ageing: float) -> str:
    """A hair style that is usual for sex and age."""
    if man:
        odds = np.array((0.1 + 0.3 * ageing, 0.65 - 0.3 * ageing, 0.05 + 0.3 * ageing, 0.12, 0.08))
    else:
        odds = np.array((0.0, 0.28, 0.0, 0.47, 0.25))
    return ("bald", "short", "receding", "long", "fringe")[rng.choice(5, p=odds / odds.sum())]
