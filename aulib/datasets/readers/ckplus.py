"""CK+, the Extended Cohn-Kanade corpus: 593 short sequences from a neutral face to the peak of an expression.

::

    ROOT/
        cohn-kanade-images/S005/001/S005_001_00000001.png …
        FACS/S005/001/S005_001_00000011_facs.txt              the AUs of the last frame, and of no other
        Emotion/S005/001/S005_001_00000011_emotion.txt        of about half the sequences
        Landmarks/S005/001/S005_001_00000011_landmarks.txt    68 lines "x y", of every frame

Copies with ``extended-cohn-kanade-images/`` and ``FACS_labels/`` above these folders are known as well; only the names
of the files count here.  A FACS file, made up: AU and intensity, any number of blanks, now and then a blank line::

       4.0000000e+00   3.0000000e+00
       1.7000000e+01   0.0000000e+00

Here AU4 is at level c and AU17 **is present, without a level**: 0 is not absence.  The option ``listed_zero`` codes it
1 ('trace', the default: right for every protocol that asks whether an AU is there, wrong for scores of intensity) or
UNKNOWN.  What is not listed is absent at the peak.  A line with an odd AU number (1.5 occurs) is named in a warning and
not used; as it may be any AU, those that its file does not list are unknown.

The frame table holds the coded frame (``role`` peak) under the number in its file's name and, unless ``neutral=none``,
frame 1 (``role`` neutral) with every AU absent: neutral by the design of the recordings, coded by nobody.
``emotion`` is 0 neutral, 1 anger, 2 contempt, 3 disgust, 4 fear, 5 happy, 6 sadness, 7 surprise, or UNKNOWN.

All of this stands in the readme of the corpus or in several public loaders, but for blank lines and odd AU numbers,
which one loader met; that every sequence begins with frame 1 is checked and not assumed.  Unproven on real data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aulib.aus import UNKNOWN
from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.datasets.reading.listed import Key, listed_aus, listed_zero, numbered, one_number, spans
from aulib.datasets.reading.matching import OFFSET, certain
from aulib.datasets.reading.media import ImageFiles
from aulib.datasets.reading.pictures import sequences
from aulib.datasets.reading.points import PointFiles
from aulib.datasets.reading.recording import Found, Option, Reader, Recording, in_order
from aulib.datasets.reading.signs import not_here
from aulib.datasets.reading.tree import Tree
from aulib.errors import CorpusError

AUS = (1, 2, 4, 5, 6, 7, 9, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 27)
SUBJECTS, SEQUENCES = 123, 593

#: The two folders above a file, where there are two, and its name.
_NAME = r"(?:([^/]+)/([^/]+)/)?([a-z]+\d+)_([a-z]*\d+)_(\d{1,9})"


def read(tree: Tree, findings: Findings, options: Mapping[str, Any]) -> Found:
    """See the module."""
    labels: dict[Key, tuple[str, str, int, str]] = {}
    for subject, sequence, number, name in _files(tree, findings, r"_facs\.txt"):
        key = subject.lower(), sequence.lower()
        if key in labels:
            raise CorpusError(
                f"two label files hold {subject}/{sequence}: {labels[key][3]} and {name}; only its last frame is "
                f"coded. Does the folder hold the corpus twice? Name one of the two"
            )
        labels[key] = (subject, sequence, number, name)
    if not labels:
        raise not_here(tree, "ckplus", "files such as FACS/S005/001/S005_001_00000011_facs.txt")
    shown = _files(tree, findings, r"\.(?:png|jpe?g|bmp|tiff?)")
    pictures = sequences(tree, (((who.lower(), which.lower()), number, name) for who, which, number, name in shown))
    points = numbered(_files(tree, findings, r"_landmarks\.txt"), findings, "landmark file")
    emotions = numbered(_files(tree, findings, r"_emotion\.txt"), findings, "emotion file")
    others: Counter[int] = Counter()
    zeros: list[str] = []
    recordings = []
    for key, (subject, sequence, peak, name) in labels.items():
        try:
            listed = listed_aus(tree.root, name, AUS, findings, columns=2, zero=options["listed_zero"])
        except Unreadable as trouble:
            findings.unreadable(trouble)
            continue
        others.update(listed.others)
        zeros += [name] * listed.zeros
        media = _media(findings, name, peak, pictures.get(key), options["image_offset"], bool(pictures))
        if points and peak not in points.get(key, {}):
            findings.warning("the coded frame has no landmark file", name)
        frames, codes, roles = [peak], [listed.codes], ["peak"]
        emotion = [_emotion(tree, findings, peak, emotions.get(key, {}))]
        if options["neutral"] == "first" and _begins(findings, name, peak, media or pictures.get(key)):
            frames, roles = [1, *frames], ["neutral", *roles]
            codes, emotion = [np.zeros_like(listed.codes), *codes], [UNKNOWN, *emotion]
        recordings.append(
            Recording(
                subject,
                sequence,
                np.array(frames, np.int64),
                np.array(codes, np.int8),
                name,
                media,
                PointFiles(tree.root, points[key], "text", 68) if key in points else None,
                {"role": np.array(roles, object), "emotion": np.array(emotion, np.int64)},
            )
        )
    if not pictures:
        findings.note("labels only: no picture S005_001_00000011.png or the like", ".")
    files = {**emotions, **points, **{key: media.names for key, media in pictures.items()}}
    _counts(findings, labels, files, others, zeros, options)
    layout = f"the last frame of {len(recordings)} sequences is coded" + ("" if pictures else ", without pictures")
    return Found(layout, AUS, "intensity", in_order(recordings))


def _files(tree: Tree, findings: Findings, ending: str) -> Iterator[tuple[str, str, int, str]]:
    """(subject, sequence, frame number, name) of files S005_001_00000011…, which lie in S005/001 or anywhere."""
    for name, found in tree.match(_NAME + ending):
        folders, (subject, sequence, number) = found.groups()[:2], found.groups()[2:]
        inside = folders[0] is not None and re.fullmatch(r"[a-z]+\d+/[a-z]*\d+", "/".join(folders), re.IGNORECASE)
        if inside and "/".join(folders).lower() != f"{subject}/{sequence}".lower():
            tell = findings.error if ending == r"_facs\.txt" else findings.warning
            tell("a file is named for another sequence than its folder: it is left out", name)
            continue
        yield subject, sequence, int(number), name


def _media(
    findings: Findings, name: str, peak: int, pictures: ImageFiles | None, given: int | None, expected: bool
) -> ImageFiles | None:
    """Pictures that begin at frame 1 and end at the coded frame, or that the option moves."""
    if pictures is None:
        if expected:
            findings.warning("the coded frame has no picture", name)
        return None
    media = certain(pictures, np.unique([1, peak]), findings, name, given)
    if media is not None:
        if peak not in media.names:
            findings.warning("the coded frame has no picture", name)
        gaps = set(range(min(media.names), max(media.names))) - set(media.names)
        if gaps:
            findings.warning("pictures between the first and the last are missing", name, spans(gaps), len(gaps))
    return media


def _begins(findings: Findings, name: str, peak: int, pictures: ImageFiles | None) -> bool:
    """Whether frame 1 is the neutral one: numbers count from 1, and a sequence whose first file is lost has none."""
    if pictures and min(pictures.names) != 1:
        findings.warning("no frame 1: the sequence has no neutral frame", name, f"its first is {min(pictures.names)}")
        return False
    if peak <= 1:
        findings.warning("the coded frame is not after frame 1: the sequence has no neutral frame", name)
        return False
    return True


def _emotion(tree: Tree, findings: Findings, peak: int, files: Mapping[int, str]) -> int:
    for number, name in files.items():
        if number != peak:
            findings.warning("an emotion file names another frame than the coded one: not used", name, f"not {peak}")
    if peak not in files:
        return UNKNOWN
    name = files[peak]
    try:
        value = one_number(tree.root, name)
        if value != round(value):
            raise Unreadable(name, f"the emotion is {value:g}, not a whole number", 1)
    except Unreadable as trouble:
        findings.unreadable(trouble)
        return UNKNOWN
    if not 0 <= value <= 7:
        findings.warning("an emotion that does not exist: taken as unknown", name, f"{value:g}")
        return UNKNOWN
    return int(value)


def _counts(
    findings: Findings,
    labels: Mapping[Key, tuple[str, str, int, str]],
    files: Mapping[Key, Mapping[int, str]],
    others: Mapping[int, int],
    zeros: list[str],
    options: Mapping[str, Any],
) -> None:
    """What concerns the copy as a whole."""
    for key in sorted(set(files) - set(labels)):
        findings.warning("a sequence has no FACS file: it is not coded", next(iter(files[key].values())))
    for number, count in sorted(others.items()):
        findings.note(f"AU{number} is listed, which is not among the AUs that are read", "FACS", count=count)
    taken = "code 1" if options["listed_zero"] == "trace" else "unknown"
    for name, count in Counter(zeros).items():
        kind = f"an AU is listed with intensity 0, present without a level: taken as {taken}, see option listed_zero"
        findings.note(kind, name, count=count)
    if options["neutral"] == "first":
        findings.note("frame 1 is taken as neutral, every AU absent; nobody coded it: see option neutral", ".")
    people = len({subject for subject, _ in labels})
    if (people, len(labels)) != (SUBJECTS, SEQUENCES):
        there = f"{len(labels)} of {people}"
        findings.note(
            f"the corpus has {SEQUENCES} sequences of {SUBJECTS} people, this copy another number", ".", there
        )


READER = Reader(
    "ckplus",
    2,
    read,
    options={
        "listed_zero": listed_zero("trace"),
        "neutral": Option(
            "first",
            "'first' takes frame 1 of a sequence as a neutral face, every AU absent; 'none' keeps the coded frame only",
            ("first", "none"),
        ),
        "image_offset": OFFSET,
    },
)
