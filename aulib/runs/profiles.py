"""Profiles: how much is spent on a run, and on how many.  A profile is a budget; the recipe stands with the method.

==========  ==========================================================================================
``paper``   the paper's own recipe at full size, as far as it is printed; for licensed corpora and GPUs
``gpu``     full size, every fold, three seeds, with recipes of our own that converge
``laptop``  two cores: half resolution and width, one fold, recipes of our own; its records ship
``smoke``   proves that everything runs; its numbers mean nothing and say so
==========  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from aulib.errors import UnknownName
from aulib.manifest import entry


@dataclass(frozen=True)
class Profile:
    """A budget.

    Parameters
    ----------
    name, purpose : str
    scale : float
        Size of the networks: 1 is the papers' resolution and width, 0.5 half of both.
    side : int
        Side of the aligned faces in pixels.
    frames : mapping of str to (int or None)
        Frames taken of each sequence of a corpus, by its name or that of its stand-in; None for all.
    folds, seeds : tuple of int
        The grid that a table is filled with.
    image_steps : int
        Training images a network sees, repetitions counted.
    precision : str
        As Lightning Fabric names it.
    threads : int
        Threads of one training process on a CPU.  Fixed, because sums in another order are other sums; one for the
        small profiles, because two runs side by side beat one run on two threads (and do not wait for each other).
    timing : (int, int)
        Trials and iterations a trial of timing tables.
    video : mapping of str to (int or None)
        `frames` where a run looks at the course of time: as dense as this budget bears.
    """

    name: str
    purpose: str
    scale: float
    side: int
    frames: Mapping[str, int | None]
    folds: tuple[int, ...]
    seeds: tuple[int, ...]
    image_steps: int
    precision: str
    threads: int
    timing: tuple[int, int]
    video: Mapping[str, int | None] = field(default_factory=lambda: MappingProxyType({}))

    def crop(self, of_200: int = 170) -> int:
        """Side of the square that a network sees: 170 of 200 pixels in DRML, 85 of 100 here."""
        return self.side * of_200 // 200

    def corpus_options(self, corpus: str, video: bool = False) -> dict:
        """What ``datasets.load`` is given for a corpus under this profile."""
        base = corpus.partition("+")[0]  # a control twin has the size of its corpus
        like = entry(base).stand_in or base  # and a licensed corpus that of its stand-in
        frames = self.video if video and like in self.video else self.frames
        return {"frames_per_sequence": frames.get(like, 24), "side": self.side}


def _frozen(**frames: int | None) -> Mapping[str, int | None]:
    return MappingProxyType({name.replace("_", "-"): number for name, number in frames.items()})


PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(
            "smoke",
            "proves that everything runs; numbers without meaning",
            scale=0.5,
            side=100,
            frames=_frozen(synth_bp4d=3, synth_bp4d_plus=1, synth_disfa=16, synth_gft=4, synth_pain=2, synth_probe=6),
            video=_frozen(synth_bp4d=6, synth_bp4d_plus=2, synth_gft=12),
            folds=(1,),
            seeds=(0,),
            image_steps=1_280,
            precision="32-true",
            threads=1,
            timing=(2, 1),
        ),
        Profile(
            "laptop",
            "two cores, half resolution and width, one fold",
            scale=0.5,
            side=100,
            frames=_frozen(
                synth_bp4d=24, synth_bp4d_plus=6, synth_disfa=120, synth_gft=60, synth_pain=24, synth_probe=60
            ),
            video=_frozen(synth_bp4d=72, synth_bp4d_plus=24, synth_gft=240),
            folds=(1,),
            seeds=(0,),
            image_steps=96_000,
            precision="32-true",
            threads=1,
            timing=(20, 2),
        ),
        Profile(
            "gpu",
            "full size, three folds, three seeds",
            scale=1.0,
            side=200,
            frames=_frozen(
                synth_bp4d=120, synth_bp4d_plus=40, synth_disfa=600, synth_gft=300, synth_pain=60, synth_probe=200
            ),
            video=_frozen(synth_bp4d=None, synth_bp4d_plus=120, synth_gft=1200),
            folds=(1, 2, 3),
            seeds=(0, 1, 2),
            image_steps=600_000,
            precision="bf16-mixed",
            threads=4,
            timing=(20, 100),
        ),
        Profile(
            "paper",
            "full size, the paper's own recipe",
            scale=1.0,
            side=200,
            frames=_frozen(
                synth_bp4d=None,
                synth_bp4d_plus=None,
                synth_disfa=None,
                synth_gft=None,
                synth_pain=None,
                synth_probe=None,
            ),
            folds=(1, 2, 3),
            seeds=(0,),
            image_steps=128 * 12_000,
            precision="32-true",
            threads=4,
            timing=(20, 1000),
        ),
    )
}


def profile(name: str) -> Profile:
    """A profile by name; raises :class:`~aulib.errors.UnknownName` with the names that exist."""
    if name not in PROFILES:
        raise UnknownName("profile", name, PROFILES)
    return PROFILES[name]
