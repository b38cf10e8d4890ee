"""FERA 2017: BP4D's sequences as 3D models, filmed from nine directions.

    M. F. Valstar, E. Sánchez-Lozano, J. F. Cohn, L. A. Jeni, J. M. Girard, Z. Zhang, L. Yin, M. Pantic: FERA 2017 -
    Addressing Head Pose in the Third Facial Expression Recognition and Analysis Challenge, FG 2017; arXiv 1702.04174.

::

    FERA17_Train_MV/FERA17_TR_F001_T1_6.mp4         partition TR or VA, person, task, view 1 … 9
    FERA17_Valid_MV/FERA17_VA_F024_T1_6.mp4         (the persons' names of this part are not known)
    Train_Occ/FERA17_TR_F001_T1.csv                 occurrence: one file for all nine views
    Train_Int/FERA17_TR_F001_T1_AU01_Int.csv        intensity: one file an AU

An occurrence file, made up::

    0,1,4,6,7,10,12,14,15,17,23
    1,0,0,1,1,1,1,0,0,0,0
    2,0,0,1,1,1,1,0,0,0,9

The heading names the AUs; 9 means unknown.  Row i belongs to frame i of every view's video, whatever number stands in
front of it.  An intensity file holds ``frame,level``, levels 0 to 5 and 9.

Each view is a recording of its own: sequence ``T1_v6``, with the columns ``view`` and ``partition`` (train, valid).
Where no video of a sequence is there, its labels are read once, as ``T1`` with view 0.  The training part shows the 41
people of BP4D: never train on one and test on the other.  The validation part shows twenty others; should a name stand
in both parts, it is two people, and the one of the validation part is called ``VA-F001``.

Certain: the AUs, the order of their columns, the meaning of TR and VA.  One loader's word: the names of folders and
files, and that row i is frame i.  Not certain: the folder of the intensities (they are found by name), whether their
files have a heading, and which angles a view's number stands for; view 6 is taken as frontal by one loader.  That
loader also drops sequences whose occurrence and intensity contradict each other; here nothing compares the two.
Unproven on real data: nobody who wrote this has the corpus.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from aulib.aus import UNKNOWN
from aulib.datasets.reading.au_files import joined, levels
from aulib.datasets.reading.codes import decode
from aulib.datasets.reading.findings import Findings, Unreadable, some
from aulib.datasets.reading.matching import OFFSET, Rule, matched
from aulib.datasets.reading.media import Video
from aulib.datasets.reading.pictures import VIDEO
from aulib.datasets.reading.recording import Found, Option, Reader, Recording, in_order
from aulib.datasets.reading.signs import not_here
from aulib.datasets.reading.tables import (
    Lines,
    au_of,
    frame_numbers,
    headings,
    in_bounds,
    lines,
    quoted,
    whole_numbers,
    without_index,
)
from aulib.datasets.reading.tree import Tree
from aulib.errors import CorpusError

OCCURRENCE = (1, 4, 6, 7, 10, 12, 14, 15, 17, 23)
INTENSITY = (1, 4, 6, 10, 12, 14, 17)
VIEWS = tuple(range(1, 10))
PARTITIONS = {"TR": "train", "VA": "valid"}

#: The people of the training part: all of BP4D.
PEOPLE = (*(f"F{number:03d}" for number in range(1, 24)), *(f"M{number:03d}" for number in range(1, 19)))

#: One loader tells that videos and label files differ in length and stops at the shorter; nobody says by how much.
SLACK = 2

_NAME = r"FERA17_(?P<part>[A-Z]+)_(?P<person>[A-Z]+\d+)_(?P<task>T\d+)"
_OCCURRENCE = rf"{_NAME}\.csv"
_INTENSITY = rf"{_NAME}_AU0*(?P<au>\d+)_Int\.csv"
_VIDEO = rf"{_NAME}_(?P<view>\d+)\.{VIDEO}"

#: (partition, person, task), in capitals.
Key = tuple[str, str, str]


def read(tree: Tree, findings: Findings, options: Mapping[str, Any]) -> Found:
    """Labels and videos of FERA 2017; see the top of this file.

    Raises
    ------
    CorpusError
        If there is no label file of the wanted coding, two hold the same, or ``views`` is no list of views.
    """
    wanted = views(options["views"])
    intensity = options["coding"] == "intensity"
    aus = INTENSITY if intensity else OCCURRENCE
    files = _files(tree, findings, intensity)
    if not files:
        if _files(tree, Findings(), not intensity):
            other = "occurrence" if intensity else "intensity"
            raise CorpusError(f"{tree.root} holds no {options['coding']} of FERA 2017: use the option coding={other}")
        raise not_here(tree, "fera2017", "files like Train_Occ/FERA17_TR_F001_T1.csv")
    videos = _videos(tree)
    _check_views(files, videos, wanted, findings)
    twice = _check_people(files, findings)
    recordings = []
    for key, names in files.items():
        where = min(names.values())
        try:
            frames, codes = _intensities(tree, names, where) if intensity else _occurrences(tree, names[0])
        except Unreadable as trouble:
            findings.unreadable(trouble)
            continue
        if len(frames):
            subject = f"VA-{key[1]}" if key[0] == "VA" and key[1] in twice else key[1]
            here = {view: name for view, name in videos.get(key, {}).items() if view in wanted}
            recordings += _recordings(tree, key, subject, frames, codes, where, here, options["image_offset"])
    if not videos:
        findings.note("labels only", ".", "no videos like FERA17_TR_F001_T1_6.mp4")
    shown = sorted({int(one.columns["view"]) for one in recordings} - {0})
    layout = f"{'a file for each AU' if intensity else 'one file of all AUs'} a sequence; " + (
        f"views {', '.join(map(str, shown))}" if shown else "no videos"
    )
    return Found(layout, aus, "intensity" if intensity else "occurrence", in_order(recordings))


def views(text: str) -> tuple[int, ...]:
    """``all``, ``6`` or ``1,6,9`` as numbers of views, ascending; raises `CorpusError` for anything else."""
    if text.strip().lower() == "all":
        return VIEWS
    words = [word.strip() for word in text.split(",")]
    if not all(re.fullmatch("[1-9]", word) for word in words):
        raise CorpusError(f"option views={text}: expected all, or views from 1 to 9 like 6 or 1,6,9")
    return tuple(sorted({int(word) for word in words}))


def _files(tree: Tree, findings: Findings, intensity: bool) -> dict[Key, dict[int, str]]:
    """Sequence -> AU -> label file; the AU is 0 where one file holds all."""
    files: dict[Key, dict[int, str]] = {}
    for name, match in tree.match(_INTENSITY if intensity else _OCCURRENCE):
        key, au = _key(match), int(match["au"]) if intensity else 0
        if key[0] not in PARTITIONS:
            findings.warning("a label file of another part than TR (training) and VA (validation): passed over", name)
        elif intensity and au not in INTENSITY:
            findings.warning("a label file of an AU that FERA 2017 does not code from 0 to 5: passed over", name)
        elif au in files.setdefault(key, {}):
            raise CorpusError(
                f"two label files hold {'_'.join(key)}: {files[key][au]} and {name}; "
                f"does the folder hold the corpus twice? Name one of the two"
            )
        else:
            files[key][au] = name
    return {key: names for key, names in files.items() if names}


def _key(match: re.Match[str]) -> Key:
    return match["part"].upper(), match["person"].upper(), match["task"].upper()


def _videos(tree: Tree) -> dict[Key, dict[int, str]]:
    """Sequence -> view -> video."""
    videos: dict[Key, dict[int, str]] = {}
    for name, match in tree.match(_VIDEO):
        key, view = _key(match), int(match["view"])
        if view not in VIEWS or view in videos.get(key, {}):
            tree.findings.warning("a video of no known view, or a second one of the same: passed over", name)
        else:
            videos.setdefault(key, {})[view] = name
    return videos


def _check_views(
    files: Mapping[Key, Any], videos: Mapping[Key, Mapping[int, str]], wanted: tuple[int, ...], findings: Findings
) -> None:
    """Which videos are not there, and which have no labels."""
    anywhere = {view for names in videos.values() for view in names}
    nowhere = [view for view in wanted if view not in anywhere]
    if videos and nowhere:
        findings.note("views without any video", ".", ", ".join(map(str, nowhere)), len(nowhere))
    for key in files:
        lacking = [view for view in wanted if view in anywhere and view not in videos.get(key, {})]
        if lacking:
            which = f"view {', '.join(map(str, lacking))}"
            findings.warning("videos of a sequence are missing, its other views are read", "_".join(key), which,
                             len(lacking))  # fmt: skip
    for key, names in videos.items():
        if key not in files:
            findings.note("videos without labels", min(names.values()), "not read", len(names))


def _check_people(files: Mapping[Key, Any], findings: Findings) -> set[str]:
    """Compare with who is known to be in each part; names that stand in both."""
    train, valid = ({person for part, person, _ in files if part == which} for which in PARTITIONS)
    if strange := sorted(train - set(PEOPLE)):
        findings.note("people of the training part who are not in BP4D", ".", some(strange), len(strange))
    missing = [person for person in PEOPLE if person not in train]
    if train and missing:
        findings.note("people of the training part who are not here", ".", some(missing), len(missing))
    if valid and len(valid) != 20:
        findings.note("another number of people in the validation part than documented", ".", f"{len(valid)} of 20")
    if twice := train & valid:
        findings.warning("names in both parts: the person of the validation part is another one, and called VA-…", ".",
                         ", ".join(sorted(twice)[:5]), len(twice))  # fmt: skip
    return twice


def _occurrences(tree: Tree, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Frames (n,) and codes (n, 10) of one file, columns by its heading."""
    table = without_index(lines(tree.root, name))
    if len(table.cells) < 2:
        raise Unreadable(name, "holds no row: a heading with AUs and a line a frame are expected")
    head = headings(table.cells[0])
    aus = [int(cell) if re.fullmatch("[0-9]{1,2}", cell) else au_of(cell) or 0 for cell in head[1:]]
    known = [au for au in aus if au in OCCURRENCE]
    if len(set(aus)) < len(aus) or not known:
        raise Unreadable(name, f"its first line does not name AUs, each once; it is {quoted(head)}", table.numbers[0])
    values = whole_numbers(table.without(1), len(aus) + 1, ("the frame", *(f"AU{au}" for au in aus)))
    frames, rows = _by_row(tree, values[:, 0], table.without(1))
    codes = np.full((len(rows), len(OCCURRENCE)), UNKNOWN, np.int8)
    columns = [1 + aus.index(au) for au in known]
    codes[:, [OCCURRENCE.index(au) for au in known]] = decode(
        values[:, columns], tree.findings, name, top=1, lines=table.numbers[1:]
    )
    absent = [f"AU{au}" for au in OCCURRENCE if au not in aus]
    if absent:
        tree.findings.warning("AUs that the heading lacks: unknown", name, ", ".join(absent), len(absent))
    if others := [str(au) for au in aus if au not in OCCURRENCE]:
        tree.findings.warning("columns that FERA 2017 does not code: passed over", name, ", ".join(others), len(others))
    return frames, codes


def _by_row(tree: Tree, numbers: np.ndarray, table: Lines) -> tuple[np.ndarray, np.ndarray]:
    """Row i is frame i: the file's numbers where they count on, else those of the rows, from 1."""
    rows = np.arange(1, len(numbers) + 1)
    in_bounds(numbers, table)
    if (np.diff(numbers) == 1).all():
        return frame_numbers(numbers, table), rows
    at = int(np.argmax(np.diff(numbers) != 1)) + 1
    tree.findings.warning(
        "frame numbers do not count on from row to row: rows are counted from 1, as the videos are",
        f"{table.name}:{table.numbers[at]}",
        f"{numbers[at]} after {numbers[at - 1]}",
        len(rows),
    )
    return rows, rows


def _intensities(tree: Tree, names: Mapping[int, str], where: str) -> tuple[np.ndarray, np.ndarray]:
    """Frames (n,) and codes (n, 7) of a sequence's files; frames are empty where none can be read."""
    good = {}
    for au, name in sorted(names.items()):
        try:
            good[au] = levels(tree, name, au, counted_heading=True)
        except Unreadable as trouble:
            tree.findings.unreadable(trouble)
    if not good:
        return np.empty(0, np.int64), np.empty((0, len(INTENSITY)), np.int8)
    frames, codes = joined(good, INTENSITY, tree.findings, where)
    if (np.diff(frames) == 1).all():
        return frames, codes
    tree.findings.warning(
        "frame numbers do not count on from row to row: rows are counted from 1, as the videos are",
        where,
        f"{frames[0]} to {frames[-1]} in {len(frames)} rows",
        len(frames),
    )
    return np.arange(1, len(frames) + 1), codes


def _recordings(
    tree: Tree,
    key: Key,
    subject: str,
    frames: np.ndarray,
    codes: np.ndarray,
    where: str,
    videos: Mapping[int, str],
    given: int | None,
) -> list[Recording]:
    """One for each view with a video; one without pictures if there is none."""
    part, _, task = key
    out = []
    for view, name in sorted(videos.items()):
        rule = Rule(usual=1 - int(frames[0]), slack=SLACK)  # row i is frame i, whatever number stands before it
        media = matched(Video(tree.root, name), frames, tree.findings, name, given, rule)
        columns = {"view": view, "partition": PARTITIONS[part]}
        out.append(Recording(subject, f"{task}_v{view}", frames, codes, where, media, None, columns))
    if not videos:
        columns = {"view": 0, "partition": PARTITIONS[part]}
        out.append(Recording(subject, task, frames, codes, where, None, None, columns))
    return out


READER = Reader(
    "fera2017",
    2,
    read,
    {
        "views": Option("all", "all, or the numbers of the views that are read: 6, or 1,6,9"),
        "coding": Option(
            "occurrence", "occurrence: 0 and 1 of ten AUs; intensity: 0 to 5 of seven", ("occurrence", "intensity")
        ),
        "image_offset": OFFSET,
    },
)
