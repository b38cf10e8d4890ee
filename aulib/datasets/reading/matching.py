"""Which picture belongs to which label: by number, and only where the numbers leave no doubt.

In some copies pictures count from 0 and labels from 1; in others the first pictures are lost, or somebody has numbered
them anew.  Equal numbers are then a neighbour's, and no picture can tell.  So one rule holds for every reader:

==============  ================================================================================================
all is coded    first picture and first label have the same number, and so have the last ones: a shift by any
                number would leave a picture without a label.  Pictures between may be missing.
a segment is    (BP4D and its family, SEMAINE.)  Pictures begin before the labels and end after them, or have the
coded           same numbers.  More cannot be told; that equal numbers belong together is then the corpus' word.
a video         Its pictures count from 1, and the same holds; a corpus may be known for a few too many or too few.
==============  ================================================================================================

What does not match so is named and left out, with the option that would match it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.datasets.reading.media import ImageFiles, Video
from aulib.datasets.reading.recording import Option

#: Every reader with pictures has it.
OFFSET = Option(
    None,
    "label frame f shows the picture with the number f + image_offset, those of a video counted from 1; -1 where "
    "pictures count from 0 and labels from 1. Left open, pictures are taken only where their numbers leave no doubt",
)

#: Kind of the finding.
UNMATCHED = "pictures that cannot be matched to their labels with certainty: left out"

Pictures = TypeVar("Pictures", bound=ImageFiles | Video)


@dataclass(frozen=True)
class Rule:
    """What is known of the numbers of one corpus.

    Parameters
    ----------
    segment : bool
        Whether only a part of what was filmed is coded.
    usual : int
        Offset that the corpus has by its own description.
    slack : int
        By how many pictures at the end a video of this corpus is known to differ from its labels.
    doubt : str
        Why these pictures cannot be matched without the option, whatever their numbers; nothing if they can.
    """

    segment: bool = False
    usual: int = 0
    slack: int = 0
    doubt: str = ""


def matched(
    media: Pictures, labels: np.ndarray, findings: Findings, where: str, given: int | None, rule: Rule = Rule()
) -> Pictures | None:
    """Pictures by the numbers of their labels.

    Parameters
    ----------
    media : ImageFiles or Video
        Numbered as the files are; a video from 1.
    labels : ndarray of int64, shape (n,)
        Frame numbers of all labels, ascending.
    findings : Findings
        Takes what cannot be matched, and then labels without a picture and pictures without a label.
    where : str
        Of the video or the folder.
    given : int, optional
        The option ``image_offset``: it decides, unless the numbers are the same one by one with another one.
    rule : Rule

    Returns
    -------
    ImageFiles or Video or None
        None where it cannot be opened or matched, or where there are no labels.
    """
    found = certain(media, labels, findings, where, given, rule)
    if found is not None:
        _compare(found, labels, findings, where, rule.segment)
    return found


def certain(
    media: Pictures, labels: np.ndarray, findings: Findings, where: str, given: int | None, rule: Rule = Rule()
) -> Pictures | None:
    """The same, without counting which labels lack a picture."""
    try:
        numbers = media.numbers()
    except Unreadable as trouble:
        findings.unreadable(trouble)
        return None
    if not len(labels) or not len(numbers):
        return None  # nothing to match
    why = ""
    if isinstance(media, ImageFiles) and media.doubled:
        why = f"two pictures have the same number: {media.doubled[0]} and {media.doubled[1]}"
    elif given is not None:
        why = _contradiction(numbers, labels, given)
    elif rule.doubt or not _certain(numbers - rule.usual, labels, rule):
        why = f"{_seen(numbers, labels)}{rule.doubt}: {_hints(numbers, labels, rule.usual)}"
    if why:
        findings.error(UNMATCHED, where, why, len(labels))
        return None
    return media.shifted(rule.usual if given is None else given)  # type: ignore[return-value]


def _certain(numbers: np.ndarray, labels: np.ndarray, rule: Rule) -> bool:
    """Whether the numbers alone say that equal ones belong together."""
    first, last = numbers[0] - labels[0], numbers[-1] - labels[-1]
    if rule.segment and first < 0:  # one before the first label is where counting from 0 would have begun
        return bool(first != -1 and last >= 0)
    return bool(first == 0 and (abs(last) <= rule.slack or (rule.segment and last > 0)))


def _contradiction(numbers: np.ndarray, labels: np.ndarray, given: int) -> str:
    """Why pictures cannot belong to their labels as the option says; nothing if they can."""
    own = int(numbers[0] - labels[0])
    if own != given and np.array_equal(numbers - own, labels):
        return f"{_seen(numbers, labels)}, the same one by one with image_offset={own}; image_offset={given} was given"
    if not np.isin(labels + given, numbers).any():
        return f"{_seen(numbers, labels)}: with image_offset={given} no label has a picture"
    return ""


def _seen(numbers: np.ndarray, labels: np.ndarray) -> str:
    spans = [f"{what} are numbered {of[0]}…{of[-1]} ({len(of):,})" for what, of in
             (("pictures", numbers), ("labels", labels))]  # fmt: skip
    return ", ".join(spans)


def _hints(numbers: np.ndarray, labels: np.ndarray, usual: int) -> str:
    """Offsets that would give half of the labels a picture or more, the best first."""
    ends = int(numbers[0] - labels[0]), int(numbers[-1] - labels[-1])
    possible = [offset for offset in (*ends, usual) if not _contradiction(numbers, labels, offset)]
    pairs = {offset: int(np.isin(labels + offset, numbers).sum()) for offset in possible}
    best = sorted((offset for offset, n in pairs.items() if 2 * n >= len(labels)), key=lambda k: (-pairs[k], abs(k)))
    if not best:
        return "no image_offset gives half of the labels a picture; number the pictures as their labels"
    words = [f"image_offset={offset} gives {pairs[offset]:,} labels a picture" for offset in best]
    return f"if you know which belong together, option {', or '.join(words)}"


def _compare(media: ImageFiles | Video, labels: np.ndarray, findings: Findings, where: str, segment: bool) -> None:
    numbers = media.numbers()
    if isinstance(media, Video) and not segment and len(numbers) != len(labels):
        counts = f"{len(numbers)} frames, {len(labels)} labels"
        findings.warning("a video of another length than its labels", where, counts, abs(len(numbers) - len(labels)))
    report(np.setdiff1d(labels, numbers), "labels without a picture", findings, where)
    spare = np.setdiff1d(numbers, labels)
    if segment and isinstance(media, ImageFiles) and len(spare):
        kind = "pictures without a label: only a segment of a recording is coded"
        findings.note(kind, where, "", len(spare))
    elif isinstance(media, ImageFiles):
        report(spare, "pictures without a label", findings, where)


def report(missing: np.ndarray, kind: str, findings: Findings, where: str) -> None:
    """One counted warning for all `missing` frames of a recording, if there are any."""
    if len(missing):
        span = f"frame {missing[0]}" if len(missing) == 1 else f"between frames {missing.min()} and {missing.max()}"
        findings.warning(kind, where, span, len(missing))
