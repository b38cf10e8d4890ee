"""State of a network: whether a comparison with it says anything about its idea.  One field of a record, one owner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from aulib.runs.methods import METHODS, TRAINED
from aulib.runs.results import Record

#: ``reached``: twice the image-steps gain less than .01 validation AUC on average, and training AUC lies within .10 of
#: the yardstick's.  ``short``: it still gains.  ``does not fit``: it does not come near the yardstick on its own
#: training frames.  ``unknown``: nobody ran it twice as long.  ``not run``.  ``solved``: nothing was trained by steps.
State = Literal["reached", "short", "does not fit", "unknown", "solved", "not run"]

#: In order: the first that is among several networks is the state of them together.
_WORST: tuple[State, ...] = ("not run", "does not fit", "short", "unknown", "reached", "solved")


def state(records: Iterable[Record]) -> State:
    """What is known of the networks behind some records; a record that says nothing of it is *unknown*."""
    found = {_of(record) for record in records} or {"not run"}
    return next(word for word in _WORST if word in found)


def _of(record: Record) -> State:
    kind = METHODS[record.about["method"]].kind if record.about["method"] in METHODS else "network"
    if kind not in TRAINED:
        return "solved"
    word = record.about.get("state", "unknown")
    return word if word in _WORST else "unknown"
