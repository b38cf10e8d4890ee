"""Control twins: the same corpus with one factor changed.

    synth-bp4d+ind            every AU is somebody else's: no dependence between AUs, everything else as it was
    synth-bp4d+frank=5        pairs of AUs joined by a Frank copula with parameter 5, all others independent
    synth-bp4d+ind+iid        several changes at once

A twin keeps people, renderer, number of frames and seeds.  So where two methods differ on a corpus and no longer
differ on its twin, the factor that was switched off is the cause; no real corpus can be asked that.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from itertools import product

from aulib.errors import CorpusError, UnknownName

#: Views of FERA 2017: number -> (yaw, pitch) in degrees.  The angles are published, the numbering is not: this is the
#: order, yaw before pitch, that makes view 6 the frontal one.
VIEWS: dict[int, tuple[float, float]] = dict(enumerate(product((-40.0, 0.0, 40.0), (-40.0, -20.0, 0.0)), start=1))


@dataclass(frozen=True)
class Twin:
    """One factor that can be changed: its word, what it does, and the range of its number (None: it takes none)."""

    word: str
    does: str
    low: float | None = None
    high: float | None = None
    example: float = 0.0

    def parse(self, text: str | None) -> float:
        """The number behind the word; raises CorpusError naming what is expected."""
        if self.low is None or self.high is None:
            if text is not None:
                raise CorpusError(f"twin {self.word!r} takes no number; write +{self.word}")
            return 1.0
        usage = f"write +{self.word}=NUMBER, {self.low:g} to {self.high:g}, for instance +{self.word}={self.example:g}"
        if text is None:
            raise CorpusError(f"twin {self.word!r} needs a number; {usage}")
        try:
            value = float(text)
        except ValueError:
            raise CorpusError(f"twin {self.word!r} has {text!r} where a number is expected; {usage}") from None
        if not self.low <= value <= self.high:
            raise CorpusError(f"twin {self.word!r} has {value:g}, outside its range; {usage}")
        return float(f"{value:g}")  # as `suffix` spells it, or two corpora would have one name


#: Every factor, in the order in which identifiers name them.
TWINS: dict[str, Twin] = {
    twin.word: twin
    for twin in (
        Twin("ind", "AUs independent of each other, at equal base rates, runs and spread over people"),
        Twin(
            "frank", "seven pairs of AUs joined by a Frank copula with this parameter, others independent", -30, 30, 5
        ),
        Twin("gaussian", "the same pairs joined by a Gaussian copula with this correlation", -0.95, 0.95, 0.5),
        Twin("nonmonotone", "the same pairs: one AU follows how far the other is from its middle (Frank)", -30, 30, 8),
        Twin("flat", "base rates moved towards their common mean: 0 as they are, 1 all equal", 0, 1, 1),
        Twin("stretch", "base rates moved away from their common mean by this share", 0, 1, 0.5),
        Twin("iid", "every frame from a video of its own: no two frames share a moment"),
        Twin("move", "head motion times this factor", 0, 3, 2),
        Twin("people", "differences between people times this factor: 0 gives everybody the same face", 0, 1.5, 0.5),
        Twin("light", "illumination of every frame varied by this factor", 0, 2, 1),
        Twin(
            "noise",
            "a coder misses, invents or misjudges this share of events; borders err ten times as many frames",
            0,
            0.5,
            0.1,
        ),
        Twin("shift", "codes late by this many frames", -50, 50, 5),
        Twin("shuffled", "codes dealt to other frames: nothing can be learnt"),
        Twin("view", "seen from one of the nine views of FERA 2017", 1, 9, 1),
    )
}


@dataclass(frozen=True)
class Variant:
    """What a corpus name asks for; the fields carry the words of `TWINS`."""

    ind: bool = False
    frank: float | None = None
    gaussian: float | None = None
    nonmonotone: float | None = None
    flat: float = 0.0
    stretch: float = 0.0
    iid: bool = False
    move: float = 1.0
    people: float = 1.0
    light: float = 0.0
    noise: float = 0.0
    shift: int = 0
    shuffled: bool = False
    view: int = 0

    @property
    def copula(self) -> tuple[str, float] | None:
        """Kind and parameter of the copula between paired AUs, if one was asked for."""
        for kind in ("frank", "gaussian", "nonmonotone"):
            if (parameter := getattr(self, kind)) is not None:
                return kind, parameter
        return None

    @property
    def suffix(self) -> str:
        """The canonical spelling, ``+ind+move=2``; empty for the corpus itself."""
        words = []
        for item in fields(self):
            value = getattr(self, item.name)
            if value != item.default:
                words.append(f"+{item.name}" if value is True else f"+{item.name}={value:g}")
        return "".join(words)


@cache
def parse(name: str) -> tuple[str, Variant]:
    """Split a corpus name into its base and what is changed.

    Parameters
    ----------
    name : str
        ``synth-bp4d`` or ``synth-bp4d+ind+move=2``.

    Returns
    -------
    base : str
    variant : Variant

    Raises
    ------
    UnknownName
        For a word that is no twin.
    CorpusError
        For a number that is missing, malformed or out of range, a word given twice, and words that exclude each other.
    """
    base, *words = name.split("+")
    given: dict[str, float] = {}
    for word in words:
        key, sign, text = word.partition("=")
        if key not in TWINS:
            raise UnknownName("twin", key, TWINS)
        if key in given:
            raise CorpusError(f"{name}: twin {key!r} is given twice")
        given[key] = TWINS[key].parse(text if sign else None)
    exclusive = [word for word in ("ind", "frank", "gaussian", "nonmonotone") if word in given]
    if len(exclusive) > 1:
        raise CorpusError(f"{name}: {exclusive[0]!r} and {exclusive[1]!r} exclude each other; choose one")
    if "flat" in given and "stretch" in given:
        raise CorpusError(f"{name}: 'flat' and 'stretch' exclude each other; choose one")
    for word in ("frank", "nonmonotone"):
        if given.get(word) == 0:
            raise CorpusError(f"{name}: Frank's copula has no parameter 0; independent AUs are +ind")
    kinds = {item.name: type(item.default) for item in fields(Variant)}
    whole = {word: value for word, value in given.items() if kinds[word] is int and value != int(value)}
    for word in whole:
        raise CorpusError(f"{name}: twin {word!r} takes a whole number")
    typed = {word: kinds[word](value) if kinds[word] in (bool, int) else value for word, value in given.items()}
    return base, Variant(**typed)  # type: ignore[arg-type]
