"""Facial action units (AUs): the vocabulary every other room uses.

The Facial Action Coding System (Ekman, Friesen and Hager, 2002) describes what a face *does* by the muscles
that move it.  An action unit is either *absent*, *present* (in some corpora with an intensity from 1, a
trace, to 5, maximum) or *unknown* (not coded, occluded, outside the frame).  These are three different
states, and all of aulib keeps them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: The code of a label that nobody gave.  Absent is 0; a present AU is 1 (occurrence) or 1 to 5 (intensity).
UNKNOWN: Final = -1

#: Names of the five intensity levels in the FACS manual; ``LEVELS[3] == "C"``.
LEVELS: Final = ("0", "A", "B", "C", "D", "E")


@dataclass(frozen=True)
class ActionUnit:
    """One action unit of FACS.

    Parameters
    ----------
    number : int
        Number in the FACS manual.
    name : str
        Name in the FACS manual, lower case.
    muscle : str
        Facial muscle (or part of it) that produces the movement.
    region : str
        Where the change is seen: ``brows``, ``eyes``, ``midface`` or ``mouth``.
    appearance : str
        What a coder looks for, in one phrase.
    """

    number: int
    name: str
    muscle: str
    region: str
    appearance: str

    @property
    def half(self) -> str:
        """``upper`` for brows and eyes, ``lower`` otherwise."""
        return "upper" if self.region in ("brows", "eyes") else "lower"

    def __str__(self) -> str:
        return f"AU{self.number}"


_TABLE = (
    (1, "inner brow raiser", "frontalis, medial part", "brows", "inner brows rise, short forehead lines"),
    (2, "outer brow raiser", "frontalis, lateral part", "brows", "outer brows rise, arched brow"),
    (
        4,
        "brow lowerer",
        "corrugator and depressor supercilii",
        "brows",
        "brows drawn together and down, vertical furrows",
    ),
    (5, "upper lid raiser", "levator palpebrae superioris", "eyes", "eye widened, more white above the iris"),
    (6, "cheek raiser", "orbicularis oculi, orbital part", "eyes", "cheeks lifted, crow's feet, lower lid pushed up"),
    (7, "lid tightener", "orbicularis oculi, palpebral part", "eyes", "lids tightened, eye narrowed"),
    (9, "nose wrinkler", "levator labii superioris alaeque nasi", "midface", "wrinkles along and across the nose root"),
    (10, "upper lip raiser", "levator labii superioris", "midface", "upper lip lifted, deepened nasolabial fold"),
    (
        11,
        "nasolabial deepener",
        "zygomaticus minor",
        "midface",
        "middle of the nasolabial fold deepened and drawn outward",
    ),
    (12, "lip corner puller", "zygomaticus major", "mouth", "lip corners pulled back and up"),
    (14, "dimpler", "buccinator", "mouth", "lip corners tightened inward, dimples"),
    (15, "lip corner depressor", "depressor anguli oris", "mouth", "lip corners pulled down"),
    (17, "chin raiser", "mentalis", "mouth", "chin boss wrinkled and lifted, lower lip pushed up"),
    (20, "lip stretcher", "risorius", "mouth", "lips stretched sideways"),
    (23, "lip tightener", "orbicularis oris", "mouth", "lips tightened and narrowed, red parts thinner"),
    (24, "lip pressor", "orbicularis oris", "mouth", "lips pressed together"),
    (
        25,
        "lips part",
        "depressor labii inferioris, relaxed mentalis or orbicularis oris",
        "mouth",
        "lips parted, jaw still",
    ),
    (26, "jaw drop", "relaxed masseter, temporalis and pterygoid", "mouth", "jaw lowered, lips usually apart"),
    (27, "mouth stretch", "pterygoids and digastric", "mouth", "jaw pulled wide open, mouth stretched tall"),
    (28, "lip suck", "orbicularis oris", "mouth", "lips sucked in over the teeth"),
    (43, "eye closure", "relaxed levator palpebrae superioris", "eyes", "eyes closed for half a second or longer"),
    (45, "blink", "relaxed levator palpebrae, orbicularis oculi", "eyes", "eyes closed and opened at once"),
)

#: AU number -> :class:`ActionUnit`, in FACS order: the units that this book speaks of.  The drawn faces
#: show those of :data:`synthface.face.FACE_AUS`, which are fewer.
AUS: Final[dict[int, ActionUnit]] = {row[0]: ActionUnit(*row) for row in _TABLE}

#: The AUs that the embedded faces can show.
FACE_AUS: Final = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26, 43, 45)

#: The twelve AUs that the papers detect on BP4D.
BP4D_AUS: Final = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)

#: The twelve AUs whose intensity DISFA codes, and the eight that the papers detect on it.
DISFA_AUS: Final = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
DISFA_DETECTION_AUS: Final = (1, 2, 4, 6, 9, 12, 25, 26)
