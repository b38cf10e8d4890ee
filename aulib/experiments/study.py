"""Study: under which profile, seeds and corpora a paper's experiments are looked at."""

from __future__ import annotations

from dataclasses import dataclass

from aulib.errors import AulibError
from aulib.manifest import entry
from aulib.profiles import profile


@dataclass(frozen=True)
class Study:
    """What a notebook's parameters choose.

    Parameters
    ----------
    profile : str
    seed : int, optional
        In place of the profile's seeds.
    corpus : str, optional
        In place of the paper's first corpus; it must code the same AUs.
    """

    profile: str = "laptop"
    seed: int | None = None
    corpus: str | None = None

    def __str__(self) -> str:
        return self.profile

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of training."""
        return profile(self.profile).seeds if self.seed is None else (self.seed,)

    def source(self, default: str) -> str:
        """The corpus that is trained on, `default` unless another was chosen."""
        if self.corpus is None or self.corpus == default:
            return default
        if entry(self.corpus).aus != entry(default).aus:
            raise AulibError(
                f"corpus {self.corpus!r} cannot take the place of {default!r}: it codes AUs "
                f"{', '.join(map(str, entry(self.corpus).aus))}"
            )
        return self.corpus
