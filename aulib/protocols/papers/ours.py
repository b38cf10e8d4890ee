"""Our own protocols: one for the checks of the corpora, two of intensity, and two that leak on purpose."""

from __future__ import annotations

from dataclasses import replace

from aulib.aus import DISFA_AUS
from aulib.protocols.papers.common import FIFTEEN
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

#: No paper tests intensity in three folds; ours does, as detection is tested, so that every person is tested once.
_INTENSITY = Protocol(
    "intensity-disfa",
    "this project",
    threshold=1,
    folds=3,
    validation=0.15,
    positives=0,
    negatives=0,
    average="pooled",
    note="Every frame, levels 0 to 5; the usual three parts of DISFA.",
    lists="disfa-three",
    task="intensity",
    corpus="disfa",
    aus=DISFA_AUS,
    metrics=("ICC(3,1)", "MAE"),
    positive=Said(None, ours="none: intensities 0 to 5"),
    division=Said(None, ours=f"3 folds, people apart; {FIFTEEN}"),
    decision=Said(None, ours="the expected level"),
)
INTENSITY = (
    _INTENSITY,
    replace(
        _INTENSITY,
        name="intensity-unbc",
        note="Every frame, levels 0 to 5; AU43 has none on UNBC and is 0 or 1. People are dealt.",
        lists=None,
        corpus="unbc",
        aus=(4, 6, 7, 9, 10, 12, 20, 25, 26, 43),
    ),
)

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
