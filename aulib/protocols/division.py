"""The division of a corpus into training, validation and test: by the lists of ``folds.yaml``, or dealt.

No subject is on two sides (but for two protocols that are made to leak), and the same corpus is always divided the same
way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aulib import checks
from aulib.errors import AulibError
from aulib.protocols.folds import FoldList, fold_list
from aulib.protocols.terms import Protocol
from aulib.values import Whole

#: Column of a frame table that holds the partition of a challenge.
PARTITION = "partition"


@dataclass(frozen=True)
class Split:
    """Row numbers of one fold.  No unit of the protocol, by default no subject, is in two of the three parts."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def parts(subjects: list[str], folds: int) -> list[tuple[str, ...]]:
    """Deal subjects into `folds` parts, evenly and always the same way.

    Parameters
    ----------
    subjects : list of str
        In any order, repetitions allowed.
    folds : int

    Returns
    -------
    list of tuple of str
        Part k is what fold k tests.
    """
    names = np.array(sorted(set(checks.names(subjects, len(subjects), "subjects").tolist())))
    if Whole(0)(folds, "folds") < 2 or folds > len(names):
        raise AulibError(f"{folds} folds cannot be made of {len(names)} subjects")
    order = np.random.default_rng(folds).permutation(len(names))
    return [tuple(sorted(names[order[k::folds]].tolist())) for k in range(folds)]


def group_of(subject: str) -> str:
    """The table a person sat at: the name without its last letter (``001A`` and ``G001A`` to ``001`` and ``G001``)."""
    return re.sub(r"(?<=\d)[A-Z]$", "", subject)


def split(frames: pd.DataFrame, rule: Protocol, fold: int) -> Split:
    """Divide a corpus for one fold.

    Subjects that are on the list of the protocol go where the list puts them.  Where none of them is on it, as in an
    embedded corpus, they are dealt by :func:`parts`: into as many parts as the protocol has folds, or for a single
    fold into as many as give about the list's share of tested people.  Validation subjects are drawn from the rest.

    Parameters
    ----------
    frames : pandas.DataFrame
        With a column ``subject``; with a column ``partition`` where the list goes by the tags of a challenge.
    rule : Protocol
    fold : int
        1 to ``rule.folds``; the number of the *tested* part.

    Returns
    -------
    Split
        ``test`` is empty where everybody trains (:attr:`Protocol.everybody_trains`).

    Raises
    ------
    AulibError
        If the fold does not exist, if a frame lacks its subject, sequence or partition, if only some of the subjects
        are on the list, if nobody whom the fold tests is in this copy, or if too few are left to train and validate.
    """
    if not 1 <= Whole(0)(fold, "fold") <= rule.folds:
        raise AulibError(f"fold {fold} does not exist: protocol {rule.name} has folds 1 to {rule.folds}")
    for column in ("subject", "sequence"):
        if column in frames:
            checks.names(frames[column], len(frames), f"frames[{column!r}]")
    subject, unit = frames["subject"], _units(frames, rule.unit)
    given = None if rule.lists is None else _applying(frames, rule)
    testing = np.zeros(len(frames), bool)
    validating: set[str] | None = None
    if given is not None and given.kind == "partition":
        # The tag says who is who, not the name: the same number can be another person in another partition.
        testing = (frames[PARTITION] == given.tags["test"]).to_numpy()
    elif given is not None:
        testing = subject.isin(given.tested[fold - 1]).to_numpy()
        if not testing.any():
            raise AulibError(
                f"fold {fold} of list {given.name} tests {_some(given.tested[fold - 1])}, and none of them is in this "
                f"copy; add their files or choose another fold"
            )
        if "validation" in given.parts:
            validating = set(given.parts["validation"])
    elif not rule.everybody_trains:
        count = rule.folds if rule.folds > 1 else fold_list(str(rule.lists)).dealt
        tested = parts(unit.unique().tolist(), count)[fold - 1 if rule.folds > 1 else -1]
        testing = unit.isin(tested).to_numpy()
    if validating is not None:
        held = ~testing & subject.isin(validating).to_numpy()
    else:
        rest = sorted(unit[~testing].unique())
        if len(rest) < 2:
            of = "" if given is None else f" of list {given.name}"
            raise AulibError(
                f"fold {fold}{of} leaves {len(rest)} of these {rule.unit}s to train and validate, which takes two; "
                f"add more of the corpus"
            )
        held_out = max(1, round(rule.validation * len(rest)))
        chosen = np.random.default_rng([rule.folds, fold]).permutation(len(rest))[:held_out]
        held = ~testing & unit.isin([rest[i] for i in chosen]).to_numpy()
    return Split(train=np.flatnonzero(~testing & ~held), validation=np.flatnonzero(held), test=np.flatnonzero(testing))


def _applying(frames: pd.DataFrame, rule: Protocol) -> FoldList | None:
    """The list of a protocol, if it is about these people; None if none of them is on it."""
    given = fold_list(str(rule.lists))
    if given.kind == "groups":
        return None  # people are dealt; `unit` keeps those of one table together
    if given.kind == "partition":
        if PARTITION not in frames:
            if set(frames["subject"]) & set(given.roster):
                raise AulibError(
                    f"protocol {rule.name} goes by the column {PARTITION!r} ({', '.join(given.tags.values())}), which "
                    f"these frames have not; load the challenge's corpus, or name a protocol of {given.corpus}"
                )
            return None
        if set(found := np.unique(checks.names(frames[PARTITION], len(frames), PARTITION)).tolist()) != set(
            given.tags.values()
        ):
            raise AulibError(
                f"list {given.name} needs the partitions {', '.join(given.tags.values())}; this copy has {_some(found)}"
            )
        return given
    if given.folds != rule.folds:
        raise AulibError(
            f"protocol {rule.name} has {rule.folds} folds and list {given.name} {given.folds}; name another"
        )
    listed = set(given.subjects)
    strangers = sorted(set(frames["subject"]) - listed)
    if not set(frames["subject"]) & listed:
        return None
    if strangers:
        raise AulibError(
            f"protocol {rule.name} goes by list {given.name}, which does not name {_some(strangers)}; leave them out, "
            f"or use a protocol without a list (dataclasses.replace(rule, lists=None)), whose scores are not comparable"
        )
    return given


def _units(frames: pd.DataFrame, unit: str) -> pd.Series:
    """Of every frame the name of what must stay on one side."""
    subject = frames["subject"]
    if unit == "group":
        return subject.map({name: group_of(name) for name in subject.unique()})
    if unit == "subject":
        return subject
    sequence = subject + "/" + frames["sequence"]
    return sequence if unit == "sequence" else sequence + "/" + frames["frame"].astype(str)


def _some(names: Iterable[str], most: int = 6) -> str:
    listed = sorted(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
