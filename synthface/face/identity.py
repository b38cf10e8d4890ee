"""Who is seen: plain numbers that make one person different from another."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from synthface.face.population import (
    AMPLITUDES,
    ANCESTRIES,
    GLASSES,
    HAIR_STYLES,
    POPULATIONS,
    SHAPES,
    draw_attributes,
)  # fmt: skip

__all__ = ["AMPLITUDES", "ANCESTRIES", "GLASSES", "HAIR_STYLES", "MEAN", "POPULATIONS", "SHAPES", "Identity"]

#: Sane limits of the numbers that :meth:`Identity.towards_mean` may exaggerate.
_LIMITS = {
    "sex": (-1.3, 1.3), "age": (18, 80), "warmth": (-1, 1), "shape": (-3.2, 3.2), "brow_width": (2.5, 8.0),
    "brow_arch": (0, 5), "brow_density": (0.3, 1), "iris": (0.01, 0.4), "hair_colour": (0.006, 0.45),
    "hair_volume": (1.5, 12), "amplitude": (0.7, 1.3), "tone": (-0.6, 0.6), "wrinkles": (0.5, 1.8), "lashes": (0.1, 1),
    "asymmetry": (-2.5, 2.5),
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
    asymmetry : tuple of float
        Six standard normals: which brow, eye, corner of the lips and cheek is higher, which side of the jaw is wider,
        and to which side the face bows.
    tone : tuple of float
        How far the muscle of each AU of ``FACE_AUS`` is tense (+) or slack (-) at rest, as a share of its full
        movement: it moves the features and folds nothing.
    seed : int
        Places of freckles, hairs and pores, and the cut of clothes.
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
    asymmetry: tuple[float, ...]
    tone: tuple[float, ...]
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
        return cls(**draw_attributes(rng, population))

    def towards_mean(self, share: float) -> Identity:
        """Scale how far this person is from the mean person.

        Parameters
        ----------
        share : float
            0 (the mean person, the same for everybody) to 1 (unchanged) and on to 2 (exaggerated, within limits).
            What is not a number (hair style, glasses) is kept by this share of people.

        Raises
        ------
        ValueError
            If ``share`` lies outside 0..2.
        """
        if not 0 <= share <= 2:
            raise ValueError(f"share={share} must lie within 0..2")
        if share == 0:
            return MEAN
        if share == 1:
            return self
        keep = np.random.default_rng([self.seed, 6]).random() < share
        changed: dict[str, object] = {}
        for each in fields(self):
            mean, own = getattr(MEAN, each.name), getattr(self, each.name)
            if each.name == "seed":
                continue
            if isinstance(own, str):
                changed[each.name] = own if keep else mean
                continue
            scaled = np.clip(np.array(mean) + share * (np.array(own) - np.array(mean)), *_LIMITS.get(each.name, (0, 1)))
            if each.name == "ancestry":
                scaled = scaled / scaled.sum()
            changed[each.name] = tuple(scaled.tolist()) if isinstance(own, tuple) else float(scaled)
        return replace(self, **changed)  # type: ignore[arg-type]


#: The person in the middle: what :meth:`Identity.towards_mean` scales about.
MEAN = Identity(
    sex=0.0, age=36.0, melanin=0.33, warmth=0.1, redness=0.5, freckles=0.0, shine=0.5, shape=(0.0,) * len(SHAPES),
    brow_width=4.6, brow_arch=2.2, brow_density=0.7, lip_colour=0.3, iris=(0.09, 0.05, 0.025), hair_style="short",
    hair_colour=(0.03, 0.02, 0.014), hair_volume=5.0, beard=0.0, moustache=0.0, amplitude=(1.0,) * AMPLITUDES,
    wrinkles=1.0, ancestry=(1 / 3, 1 / 3, 1 / 3), hair_curl=0.3, lashes=0.5, make_up=0.0, glasses="none",
    asymmetry=(0.0,) * 6, tone=(0.0,) * AMPLITUDES, seed=0,
)  # fmt: skip
