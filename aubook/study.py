"""Study: under which profile, seeds and corpora a paper's experiments are looked at."""

from __future__ import annotations

from dataclasses import dataclass

from aulib.errors import AulibError, InputError
from aulib.manifest import entry
from aulib.runs.profiles import profile
from aulib.values import SEED


@dataclass(frozen=True)
class Study:
    """What a notebook's parameters choose.

    Parameters
    ----------
    profile : str
    seed : int, optional
        In place of the profile's seeds.
    corpus : str, optional
        In place of the paper's first corpus; it must code the same AUs.  Several, separated by commas, each take the
        place of the embedded corpus that stands in for them: ``bp4d,disfa``.

    Raises
    ------
    AulibError
        If the profile or a corpus does not exist, or the seed is no whole number.
    """

    profile: str = "laptop"
    seed: int | None = None
    corpus: str | None = None

    def __post_init__(self) -> None:
        profile(self.profile)
        if self.seed is not None:
            object.__setattr__(self, "seed", SEED(self.seed, "seed"))
        if not isinstance(self.corpus, str | None) or (self.corpus and not self.chosen):
            raise InputError(
                f"corpus is {self.corpus!r} ({type(self.corpus).__name__}); expected names in one text, with commas "
                f"between them: 'bp4d,disfa'"
            )
        for name in self.chosen:
            entry(name)

    def __str__(self) -> str:
        return self.profile

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of training."""
        return profile(self.profile).seeds if self.seed is None else (self.seed,)

    def source(self, default: str) -> str:
        """The corpus that is trained on, `default` unless another was chosen."""
        if not self.chosen:
            return default
        name = next((name for name in self.chosen if self._stands_for(name, default)), self.chosen[0])
        if entry(name).aus != entry(default).aus:
            raise AulibError(
                f"corpus {name!r} cannot take the place of {default!r}: it codes AUs "
                f"{', '.join(map(str, entry(name).aus))}"
            )
        return name

    def substitute(self, default: str) -> str | None:
        """The corpus that takes the place of one of several in a study: None if real ones were chosen without it."""
        name = next((name for name in self.chosen if self._stands_for(name, default)), None)
        if name is not None:
            return self.source(default)
        return None if any(entry(name).source == "licensed" for name in self.chosen) else default

    def target(self, source: str, default: str) -> str | None:
        """A second corpus, which a network trained on `source` is tested on.

        Real and drawn faces are never mixed in one table: beside a licensed source there is a target only if its
        licensed counterpart was chosen too, and None otherwise.
        """
        for name in self.chosen:
            if name != source and self._stands_for(name, default):
                return name
        return default if entry(source).source == "synthetic" else None

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the chosen corpora."""
        return tuple(name.strip() for name in (self.corpus or "").split(",") if name.strip())

    @staticmethod
    def _stands_for(name: str, default: str) -> bool:
        return name.partition("+")[0] == default or entry(name).stand_in == default
