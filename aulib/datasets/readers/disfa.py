"""DISFA: 27 adults watch a four-minute video; twelve AUs from 0 to 5 in every frame.

    S. M. Mavadati, M. H. Mahoor, K. Bartlett, P. Trinh, J. F. Cohn: DISFA: A Spontaneous Facial Action Intensity
    Database, IEEE Transactions on Affective Computing 4(2), 151-160, 2013.

::

    ActionUnit_Labels/SN001/SN001_au1.txt … SN001_au26.txt      a file for each AU
    Videos_LeftCamera/LeftVideoSN001_comp.avi
    Video_RightCamera/RightVideoSN001_Comp.avi
    Landmark_Points/SN001/tmp_frame_lm/SN001_0000_lm.mat        66 points; numbers from 0 …
    Landmark_Points/SN002/tmp_frame_lm/l00001_lm.mat            … or from 1

A label file, made up::

    1,0
    2,0
    3,2

Each line is a frame and an intensity, and there is no sign for "unknown".  A file system lists au12 before au2: the AU
is taken from the name of the file, never from its place in a list.

A recording is one video, so its sequence is called V1 like those of ``synth-disfa``.  Label numbers are consecutive,
from 1 or from 0, and the first belongs to the first frame of the video; a decoder may give a frame more or less.  Who
has extracted the frames may have them in a folder ``SN001`` or ``LeftVideoSN001_comp`` in place of the video; a file's
number is then that of its label, and labels may be a sample of the frames.  Many copies count pictures from 0: that
needs the option ``image_offset=-1``, see :mod:`aulib.datasets.reading.matching`.

Certain, because independent loaders agree: the tree, the form of a label line, 4,845 lines a file (4,844 of SN010),
both namings of landmarks, and the frames in `FAILED`.  Not certain: that the numbers begin at 1; which landmark file is
one too many where there is one more than frames (option ``extra_landmark``); which frame a decoder loses that
finds 4,844.  Unproven on real data: nobody who wrote this has the corpus.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from aulib.datasets.reading.au_files import Levels, joined, levels
from aulib.datasets.reading.findings import Findings, Unreadable, some
from aulib.datasets.reading.matching import OFFSET, Rule, matched
from aulib.datasets.reading.media import ImageFiles, Media, Video
from aulib.datasets.reading.pictures import NUMBER, VIDEO, compared_points, numbered
from aulib.datasets.reading.points import PointFiles
from aulib.datasets.reading.recording import Found, Option, Reader, Recording, in_order
from aulib.datasets.reading.signs import not_here
from aulib.datasets.reading.tree import Tree
from aulib.errors import CorpusError

AUS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)

#: The 27 people; the numbers between were never given out.
PEOPLE = tuple(f"SN{number:03d}" for number in (*range(1, 14), 16, 17, 18, 21, *range(23, 33)))

#: Lines of each label file, where it is not 4,845.
LINES = {"SN010": 4844}

#: Name of the only recording that each person has.
SEQUENCE = "V1"

#: Frames, counted from 1, whose supplied landmarks are wrong: (first, last) of each stretch, 4,670 frames in all.
#: JAA-Net (Shao et al., ECCV 2018) leaves them out, and so do ARL's lists; their AU labels exist.
FAILED: dict[str, tuple[tuple[int, int], ...]] = {
    "SN001": ((398, 420), (3190, 3243)),
    "SN002": ((800, 826),),
    "SN004": ((4541, 4555),),
    "SN006": ((1349, 1405),),
    "SN009": ((1736, 1808), (1851, 1885)),
    "SN011": ((4529, 4533), (4830, 4845)),
    "SN021": (
        (574, 616), (985, 1164), (1190, 1205), (1305, 1338),
        (1665, 1710), (1862, 2477), (2554, 4657), (4710, 4722),
    ),
    "SN023": ((1021, 1049), (3378, 3557), (3584, 3668), (4547, 4621), (4741, 4772), (4825, 4845)),
    "SN025": ((4596, 4662), (4816, 4835)),
    "SN027": ((3461, 3494), (4738, 4785)),
    "SN028": ((1875, 1885), (4571, 4690)),
    "SN029": ((4090, 4543),),
    "SN030": ((939, 962), (1406, 1422), (2100, 2132), (2893, 2955)),
}  # fmt: skip

#: Landmark files that are damaged in the corpus as it is handed out: person -> number in the name.
DAMAGED = {"SN031": 3631}

_LABELS = r"([A-Z]+\d+)_AU0*(\d+)\.txt"
_VIDEOS = rf"(?P<side>Left|Right)_?Video_?(?P<person>[A-Z]+\d+)(?:_comp)?\.{VIDEO}"
_FOLDERS = r"(?:(?P<side>Left|Right)_?Video_?)?(?P<person>[A-Z]+\d+)(?:_comp)?"
_LANDMARKS = (
    rf"(?P<folder>[A-Z]+\d+)/(?:[^/]+/)?(?:(?P<person>[A-Z]+\d+)_(?P<from0>{NUMBER})|l(?P<from1>{NUMBER}))_lm\.mat"
)


def failed(subject: str, frames: np.ndarray) -> np.ndarray:
    """Which frames are in `FAILED`: bool, shape of `frames`."""
    inside = [(frames >= first) & (frames <= last) for first, last in FAILED.get(subject, ())]
    return np.any(inside, axis=0) if inside else np.zeros(len(frames), bool)


def read(tree: Tree, findings: Findings, options: Mapping[str, Any]) -> Found:
    """Labels, videos or pictures, and landmarks of DISFA; see the top of this file.

    Raises
    ------
    CorpusError
        If there is no label file, or there are two of the same AU and person.
    """
    files = _label_files(tree, findings)
    if not files:
        raise not_here(tree, "disfa", "files like ActionUnit_Labels/SN001/SN001_au1.txt")
    videos, folders = _videos(tree), _folders(tree)
    landmarks = _landmark_files(tree)
    recordings, kinds = [], set()
    for subject, names in files.items():
        where = next(iter(names.values())).rpartition("/")[0] or "."
        good = _readable(tree, names, findings)
        if not good:
            continue
        frames, codes = joined(good, AUS, findings, where)
        _check_length(subject, frames, findings, where)
        media = _media(tree, subject, frames, videos, folders, options)
        points = _points(tree, subject, frames, landmarks.get(subject, {}), options["extra_landmark"])
        excluded = failed(subject, frames)
        if excluded.any():
            kept = options["failed_frames"] == "keep"
            state = "kept without landmarks" if kept else "excluded; option failed_frames=keep keeps them"
            if points:
                bad = set(frames[excluded].tolist())
                names = {frame: name for frame, name in points.names.items() if frame not in bad}
                points = PointFiles(tree.root, names, "mat", 66)
            findings.note("frames whose landmarks are known to be wrong", where, state, int(excluded.sum()))
            excluded &= not kept
        kinds |= {"video" if isinstance(media, Video) else "pictures" if media else "no pictures"}
        recordings.append(Recording(subject, SEQUENCE, frames, codes, where, media, points, {}, excluded))
    _check_people(files.keys(), findings)
    if kinds == {"no pictures"}:
        findings.note("labels only", ".", f"no video or folder of the {options['camera']} camera")
    layout = f"a label file for each AU and person; {options['camera']} camera: {', '.join(sorted(kinds))}"
    return Found(layout + ("; landmarks" if landmarks else ""), AUS, "intensity", in_order(recordings))


def _label_files(tree: Tree, findings: Findings) -> dict[str, dict[int, str]]:
    """Person -> AU -> name of its label file."""
    files: dict[str, dict[int, str]] = {}
    for name, match in tree.match(_LABELS):
        subject, au = match[1].upper(), int(match[2])
        if au not in AUS:
            findings.warning("a label file of an AU that DISFA does not code: passed over", name, f"AU{au}")
        elif au in files.setdefault(subject, {}):
            raise CorpusError(
                f"two label files hold AU{au} of {subject}: {files[subject][au]} and {name}; "
                f"does the folder hold the corpus twice? Name one of the two"
            )
        else:
            files[subject][au] = name
    return {subject: dict(sorted(names.items())) for subject, names in files.items() if names}


def _readable(tree: Tree, names: Mapping[int, str], findings: Findings) -> dict[int, Levels]:
    good = {}
    for au, name in names.items():
        try:
            good[au] = levels(tree, name, au, unknown=())
        except Unreadable as trouble:
            findings.unreadable(trouble)
    return good


def _check_length(subject: str, frames: np.ndarray, findings: Findings, where: str) -> None:
    wanted = LINES.get(subject, 4845)
    if subject in PEOPLE and len(frames) != wanted:
        found = f"{len(frames)}, documented are {wanted}"
        findings.warning("another number of labelled frames than documented", where, found, abs(len(frames) - wanted))


def _check_people(found, findings: Findings) -> None:
    strange = [subject for subject in found if subject not in PEOPLE]
    missing = [subject for subject in PEOPLE if subject not in found]
    if strange:
        findings.note("people who are not in DISFA", ".", some(strange), len(strange))
    if missing and len(missing) < len(PEOPLE):
        findings.note("people of DISFA who are not here", ".", some(missing), len(missing))


def _videos(tree: Tree) -> dict[tuple[str, str], list[str]]:
    """(person, camera) -> videos."""
    videos: dict[tuple[str, str], list[str]] = {}
    for name, match in tree.match(_VIDEOS):
        videos.setdefault((match["person"].upper(), match["side"].lower()), []).append(name)
    return videos


def _folders(tree: Tree) -> dict[tuple[str, str], list[tuple[str, ImageFiles]]]:
    """(person, camera) -> folders of pictures; the camera is '' where neither folder nor path says which."""
    folders: dict[tuple[str, str], list[tuple[str, ImageFiles]]] = {}
    for place, (match, pictures) in numbered(tree, _FOLDERS).items():
        sides = re.findall(r"left|right", place.lower())
        side = match["side"] or (sides[-1] if sides else "")
        folders.setdefault((match["person"].upper(), side.lower()), []).append((place, pictures))
    return folders


def _media(
    tree: Tree,
    subject: str,
    frames: np.ndarray,
    videos: Mapping[tuple[str, str], list[str]],
    folders: Mapping[tuple[str, str], list[tuple[str, ImageFiles]]],
    options: Mapping[str, Any],
) -> Media | None:
    """The camera's video; where there is none, a folder of its frames."""
    camera, findings = options["camera"], tree.findings
    names = videos.get((subject, camera), [])
    places = folders.get((subject, camera)) or folders.get((subject, ""), [])
    for other in names[1:] or [place for place, _ in places[1:]] * (not names):
        findings.warning("a second video or folder of the same person and camera: passed over", other)
    if not names and places:
        if (subject, camera) not in folders:
            findings.note("a folder of pictures does not say of which camera", places[0][0], f"taken as {camera}")
        return matched(places[0][1], frames, findings, places[0][0], options["image_offset"])
    if not names:
        other_camera = [key for key in (*videos, *folders) if key[0] == subject]
        state = f"there are some of the other one: option camera={other_camera[0][1]}" if other_camera else ""
        if videos or folders:
            findings.warning("no video or pictures of this person and camera: labels only", subject, state)
        return None
    if frames[-1] - frames[0] + 1 != len(frames):
        gap = frames[int(np.argmax(np.diff(frames) > 1))]
        why = f"frame numbers of {subject}'s labels are not consecutive: which frame of the video they mean is unclear"
        findings.error(why, names[0], f"first gap after frame {gap}; the video is left out", len(frames))
        return None
    if frames[0] == 0 and options["image_offset"] is None:
        findings.warning("labels do not begin at frame 1: their first is taken as the video's first", names[0],
                         f"begin at {frames[0]}")  # fmt: skip
    rule = Rule(usual=int(frames[0] == 0), slack=int(frames[0] == 1))
    return matched(Video(tree.root, names[0]), frames, findings, names[0], options["image_offset"], rule)


def _landmark_files(tree: Tree) -> dict[str, dict[tuple[str, int], str]]:
    """Person -> (naming, number in the file's name) -> landmark file."""
    landmarks: dict[str, dict[tuple[str, int], str]] = {}
    for name, match in tree.match(_LANDMARKS):
        naming = "from0" if match["from0"] else "from1"
        subject = (match["person"] or match["folder"]).upper()
        key = (naming, int(match[naming]))
        if key in landmarks.setdefault(subject, {}):
            tree.findings.warning("a second landmark file of the same frame: passed over", name)
        else:
            landmarks[subject][key] = name
    return landmarks


def _points(
    tree: Tree, subject: str, frames: np.ndarray, files: Mapping[tuple[str, int], str], extra: str
) -> PointFiles | None:
    """Landmark files by the numbers of labels: 0 of one naming and 1 of the other are the first frame."""
    if not files:
        return None
    findings, where = tree.findings, next(iter(files.values())).rpartition("/")[0]
    names: dict[int, str] = {}
    for (naming, number), name in sorted(files.items()):
        label = number + 1 if naming == "from0" else number
        if label in names:
            findings.warning("a landmark file under each naming for the same frame: the first is taken", name)
        names.setdefault(label, name)
    labels = sorted(names)
    consecutive = labels[-1] - labels[0] + 1 == len(labels) and frames[-1] - frames[0] + 1 == len(frames)
    if len(labels) == len(frames) + 1 and consecutive:
        dropped = labels[0] if extra == "first" else labels[-1]
        findings.warning("one landmark file more than frames: one is left out", names.pop(dropped),
                         f"the {extra}; option extra_landmark")  # fmt: skip
        names = dict(zip(frames.tolist(), (names[label] for label in sorted(names)), strict=True))
    suspect = files.get(("from1", DAMAGED.get(subject, -1)))
    for label in [label for label, name in names.items() if name == suspect]:
        try:
            PointFiles(tree.root, names, "mat", 66).points(label)
        except Unreadable as trouble:
            findings.warning("a landmark file known to be damaged: no landmarks of its frame",
                             names.pop(label), trouble.why)  # fmt: skip
    return compared_points(PointFiles(tree.root, names, "mat", 66), frames, findings, where)


READER = Reader(
    "disfa",
    2,
    read,
    {
        "camera": Option("left", "whose video is taken; most papers take the left one", ("left", "right")),
        "failed_frames": Option(
            "exclude",
            "the 4,670 frames whose supplied landmarks are wrong; kept ones have labels and no landmarks",
            ("exclude", "keep"),
        ),
        "extra_landmark": Option(
            "first", "which landmark file is left out where there is one more than frames", ("first", "last")
        ),
        "image_offset": OFFSET,
    },
)
