"""Our own protocol, which serves the checks of the corpora."""

from __future__ import annotations

from aulib.protocols.terms import Protocol

OURS = (
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
