"""The registry of protocols, and what of a protocol enters the key of a run."""

from __future__ import annotations

from typing import Any

from aulib.errors import UnknownName
from aulib.protocols.folds import fold_list
from aulib.protocols.papers.arl import ARL
from aulib.protocols.papers.ccnn import CCNN
from aulib.protocols.papers.drml import DRML
from aulib.protocols.papers.dsin import DSIN
from aulib.protocols.papers.hybrid import HYBRID
from aulib.protocols.papers.ours import OURS
from aulib.protocols.terms import Protocol

PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in (*DRML, *OURS, *DSIN, *CCNN, *ARL, *HYBRID)}

#: Fields that decide who trains, who is tested and which frames are drawn: they are in every key.
DECIDING = ("name", "threshold", "folds", "validation", "positives", "negatives")


def protocol(name: str) -> Protocol:
    """A protocol by name; raises :class:`~aulib.errors.UnknownName` with the names that exist."""
    if name not in PROTOCOLS:
        raise UnknownName("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]


def key_fields(rule: Protocol, licensed: bool) -> dict[str, Any]:
    """What of a protocol a run depends on.

    A field that stands at its default is left out, so that a protocol can learn something new without making the
    records of others stale.  A fold list counts only where real people can be on it.

    Parameters
    ----------
    rule : Protocol
    licensed : bool
        Whether the corpus is one of real people.

    Returns
    -------
    dict
        Plain values; a list as its name and the digest of who is on it.
    """
    values: dict[str, Any] = {field: getattr(rule, field) for field in DECIDING}
    if rule.task != "detection":
        values["task"] = rule.task
    if rule.unit != "subject":
        values["unit"] = rule.unit
    if rule.lists is not None:
        given = fold_list(rule.lists)
        if licensed:
            values["list"] = f"{given.name}-{given.digest}"
        elif rule.folds == 1:
            values["dealt"] = given.dealt
    return values
