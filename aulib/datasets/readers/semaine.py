"""The SEMAINE part of FERA 2015: people who talk with a played character, one minute of each session coded.

    G. McKeown, M. Valstar, R. Cowie, M. Pantic, M. Schroeder: The SEMAINE database. IEEE Transactions on Affective
    Computing 3(1), 2012.

What is read, wherever it lies below the folder::

    SEMAINE-Sessions/rec1/<any name>.eaf     annotation, written by the program ELAN
    SEMAINE-Sessions/rec1/<any name>.avi     video, 50 pictures a second
    SEMAINE-Sessions/rec1.txt                "5000 8000": the coded minute, frames 5000 to 7999

An annotation, made up and cut short: AU12 is on from 1.2 to 1.84 seconds::

    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1200"/>
    <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="1840"/>
    <TIER TIER_ID="AU12"><ANNOTATION>
      <ALIGNABLE_ANNOTATION TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"/>
    </ANNOTATION></TIER>

After a tier for speech come 32 pairs of tiers, when an AU is on and how strong it is; the first of a pair counts.

From the organisers' own program, which came with the data: names of tiers, the rule from milliseconds to frames, both
ends of an interval are on.  From one team's program: the meaning of ``rec1.txt``.  That team also moved the start of a
minute where the annotation ended early; here only the end gives way.  Not certain: whether frame f is picture f of the
video counted from 1 (option `image_offset`), and who is in which session, so that a session stands as a subject.
Unproven on real data.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np

from aulib.aus import UNKNOWN
from aulib.datasets.reading.findings import Findings, Unreadable, some
from aulib.datasets.reading.matching import Rule, matched
from aulib.datasets.reading.media import Video
from aulib.datasets.reading.recording import Found, Recording, in_order
from aulib.datasets.reading.signs import not_here
from aulib.datasets.reading.tables import LARGEST_FRAME, lines, whole_numbers
from aulib.datasets.reading.tree import Tree, content, natural
from aulib.errors import CorpusError

AUS = (2, 12, 17, 25, 28, 45)
FRAME_RATE = 50

TRAIN = tuple(f"rec{i}" for i in (1, 12, 14, 19, 23, 25, 37, 39, 43, 45, 48, 50, 52, 54, 56, 60))
DEVEL = tuple(f"rec{i}" for i in (9, 13, 15, 20, 24, 26, 38, 42, 44, 46, 49, 51, 53, 55, 58))

#: Set aside by one team, which did not say why.
DOUBTED = ("rec9", "rec50", "rec56")


@dataclass
class Annotation:
    """What an ELAN file says.

    Parameters
    ----------
    slots : dict of str to int
        Time slot -> milliseconds; slots without a time are left out, as ELAN does not align them.
    tiers : list of (str, list of (str, str, int))
        Name of each tier, and its intervals: first slot, last slot, line number.
    """

    slots: dict[str, int] = field(default_factory=dict)
    tiers: list[tuple[str, list[tuple[str, str, int]]]] = field(default_factory=list)

    @property
    def end(self) -> int:
        """Frame of the last time slot."""
        return max(map(frame, self.slots.values()), default=0)


def read_semaine(tree: Tree, findings: Findings, options: Mapping[str, Any]) -> Found:
    """Read a copy of the SEMAINE part.

    Raises
    ------
    CorpusError
        If there is no annotation, a session has two, or intensity is asked for, which was not given out.
    """
    if options["coding"] != "occurrence":
        raise CorpusError("option coding=intensity: the SEMAINE part of FERA 2015 codes occurrence only")
    annotations = _of_sessions(tree, r"(rec\d+)/[^/]+\.eaf")
    minutes, videos = _of_sessions(tree, r"(rec\d+)\.txt"), _of_sessions(tree, r"(rec\d+)/[^/]+\.avi")
    if not annotations:
        raise not_here(tree, "fera2015", "annotations like SEMAINE-Sessions/rec1/NAME.eaf")
    recordings = []
    for session, names in annotations.items():
        if len(names) > 1:
            raise CorpusError(f"two annotations of one session: {names[0]} and {names[1]}; name the folder of one copy")
        try:
            if session not in minutes:
                raise Unreadable(names[0], f"there is no {session}.txt that says which minute is coded")
            annotation = elan(tree.root, names[0])
            frames = _minute(tree.root, minutes[session][0], annotation, findings)
            codes = _codes(annotation, frames, names[0], findings)
        except Unreadable as trouble:
            findings.unreadable(trouble)
            continue
        video = _video(
            tree.root, videos.get(session, []), frames, names[0], options["image_offset"], findings, bool(videos)
        )
        partition = "train" if session in TRAIN else "devel" if session in DEVEL else "unknown"
        recordings.append(Recording(session, session, frames, codes, names[0], video, columns={"partition": partition}))
    _compare_with_roster(list(annotations), findings)
    if not videos:
        findings.note("labels only: no video rec1/NAME.avi", ".")
    layout = "ELAN annotation and coded minutes of SEMAINE sessions" + (", with videos" if videos else "")
    return Found(layout, AUS, "occurrence", in_order(recordings))


def frame(milliseconds: int) -> int:
    """Frame of a time, in the organisers' arithmetic.

    In floating point, as they did it: 580 ms is 28, where exact arithmetic gives 29.
    """
    return math.floor(milliseconds / 1000 * FRAME_RATE)


def elan(root: Path, name: str) -> Annotation:
    """Time slots and tiers of an ELAN file.

    A file that declares a document type or entities is refused: ELAN needs neither, and both can be used to make a
    small file grow without limit or reach for others.

    Raises
    ------
    Unreadable
        Naming the line.
    """
    found = Annotation()
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise Unreadable(
            name, "declares a document type or entities, which no ELAN file needs", parser.CurrentLineNumber
        )

    def start(tag: str, given: dict[str, str]) -> None:
        line = parser.CurrentLineNumber
        try:
            if tag == "TIME_SLOT" and "TIME_VALUE" in given:
                slot, value = given["TIME_SLOT_ID"], given["TIME_VALUE"]
                if not re.fullmatch(r"\d{1,10}", value) or frame(int(value)) > LARGEST_FRAME:
                    raise Unreadable(name, f"TIME_VALUE is {value[:20]!r}, not a number of milliseconds", line)
                if found.slots.setdefault(slot, int(value)) != int(value):
                    raise Unreadable(name, f"time slot {slot[:20]!r} has two times", line)
            elif tag == "TIER":
                found.tiers.append((given["TIER_ID"].strip(), []))
            elif tag == "ALIGNABLE_ANNOTATION" and found.tiers:
                found.tiers[-1][1].append((given["TIME_SLOT_REF1"], given["TIME_SLOT_REF2"], line))
        except KeyError as missing:
            raise Unreadable(name, f"{tag} lacks {missing}", line) from None

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    try:
        parser.Parse(content(root, name), True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Unreadable(name, f"is no XML that can be read ({error})") from error
    return found


def _codes(annotation: Annotation, frames: np.ndarray, name: str, findings: Findings) -> np.ndarray:
    """int8 (n, 6): both ends of an interval are on."""
    codes = np.full((len(frames), len(AUS)), UNKNOWN, np.int8)
    for column, au in enumerate(AUS):
        tiers = [intervals for tier, intervals in annotation.tiers if re.fullmatch(rf"AU ?0*{au}", tier, re.IGNORECASE)]
        if not tiers:
            findings.warning("an AU without a tier: its codes are unknown", name, f"AU{au}", len(frames))
            continue
        if len(tiers) > 1:
            findings.note("tiers with the same name: the first says when the AU is on", name, f"AU{au}")
        codes[:, column] = 0
        for first, last, line in tiers[0]:
            if first not in annotation.slots or last not in annotation.slots:
                raise Unreadable(name, f"an interval of AU{au} refers to a time slot that has no time", line)
            begin, end = frame(annotation.slots[first]), frame(annotation.slots[last])
            if end < begin:
                findings.warning("an interval that ends before it begins: passed over", f"{name}:{line}", f"AU{au}")
            codes[(frames >= begin) & (frames <= end), column] = 1
    return codes


def _minute(root: Path, name: str, annotation: Annotation, findings: Findings) -> np.ndarray:
    """Frames of the coded minute, from the start to the one before the end."""
    values = whole_numbers(lines(root, name, "blank"), 2, ("the start", "the end"))
    if len(values) != 1 or not 0 <= values[0, 0] < values[0, 1] <= LARGEST_FRAME:
        raise Unreadable(name, "does not hold one line 'start end' with two frame numbers")
    start, end = max(1, int(values[0, 0])), int(values[0, 1])
    if start > annotation.end:
        raise Unreadable(name, f"the minute starts at frame {start}; the annotation ends at {annotation.end}")
    if annotation.end < end - 1:
        findings.warning(
            "the annotation ends before the coded minute: the rest is left out", name, "", end - 1 - annotation.end
        )
    return np.arange(start, min(end, annotation.end + 1))


def _video(
    root: Path, names: list[str], frames: np.ndarray, origin: str, given: int | None, findings: Findings, expected: bool
) -> Video | None:
    if not names:
        if expected:
            findings.warning("labels in a session without a video", origin, "", len(frames))
        return None
    if len(names) > 1:
        findings.warning("two videos of one session: the first is taken", names[0], f"not {', '.join(names[1:])}")
    video = Video(root, names[0])
    rate = video.rate()
    doubt = "" if rate is None or round(rate) == FRAME_RATE else f", at {rate:g} pictures a second, not {FRAME_RATE}"
    return matched(video, frames, findings, names[0], given, Rule(segment=True, doubt=doubt))


def _of_sessions(tree: Tree, pattern: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, match in tree.match(pattern):
        found.setdefault(match[1].lower(), []).append(name)
    return dict(sorted(found.items(), key=lambda item: natural(item[0])))


def _compare_with_roster(sessions: list[str], findings: Findings) -> None:
    roster = (*TRAIN, *DEVEL)
    for kind, found in {
        "sessions outside the training and development parts": [one for one in sessions if one not in roster],
        "sessions of SEMAINE that are not there": [one for one in roster if one not in sessions],
        "sessions that one team set aside without saying why: kept": [one for one in DOUBTED if one in sessions],
    }.items():
        if found:
            findings.note(kind, ".", some(found), len(found))
