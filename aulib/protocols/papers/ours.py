"""Our own protocols: one for the checks of the corpora, two of intensity, and two that leak on purpose."""

from __future__ import annotations

from dataclasses import replace

from aulib.protocols.papers.hybrid import BP4D
from aulib.protocols.terms import Protocol, Said

_TEN = replace(BP4D, paper="this project", corpus="", folds=10, lists=None, errata=("D35",))

#: Ten folds as in Hybrid Sec. 4.4, but for who is kept apart.  Not the paper's: to see what it does to the numbers.
LEAKING = (
    replace(
        _TEN,
        name="hybrid-bp4d-10-by-sequence",
        note="Leaks on purpose. Whole sequences are dealt, so a tested one shows a known face at another task.",
        unit="sequence",
        division=Said(None, ours="10 folds of sequences, whoever is in them"),
    ),
    replace(
        _TEN,
        name="hybrid-bp4d-10-by-frame",
        note="Leaks on purpose. Frames are dealt, so nearly every tested frame has its neighbour in training.",
        unit="frame",
        division=Said(None, ours="10 folds of frames, whoever is on them"),
    ),
)

#: Intensity in three folds, so that everybody is tested once; the papers have one division each.
_INTENSITY = Protocol(
    "intensity-disfa",
    "this project",
    threshold=1,
    folds=3,
    validation=0.15,
    positives=0,
    negatives=0,
    average="pooled",
    note="Every frame, levels 0 to 5, and the usual three parts of DISFA; people who are not on the list are dealt.",
    lists="disfa-three",
    task="intensity",
)
_DEALT = "Every frame, levels 0 to 5; AU43 has none on UNBC and is 0 or 1. People are dealt."
INTENSITY = (_INTENSITY, replace(_INTENSITY, name="intensity-unbc", note=_DEALT, lists=None))

OURS = (
    *LEAKING,
    *INTENSITY,
    Protocol(
        "probe",
        "this project",
        threshold=2,
        folds=5,
        validation=0.15,
        positives=0,
        negatives=0,
        average="per-fold",
        note="Every frame; one person in five is tested; a trace (A, 1) counts as absent, as usual on DISFA.",
    ),
)
