"""Miniature copies of FERA 2015: BP4D in its packing of that year, and SEMAINE with annotation in XML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.readers.miniature import Codes, Expected, Miniature, save_video, write
from tests.readers.trees_bp4d import Sequences, expected, legacy, write_intensities, write_pictures

AUS = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23)

#: Odd and even numbers of women and men.
SEQUENCES: Sequences = {
    ("F001", "T1"): range(9, 12),
    ("F002", "T8"): range(98, 102),
    ("M017", "T5"): range(998, 1002),
    ("M018", "T2"): range(1, 4),
}

SEMAINE_AUS = (2, 12, 17, 25, 28, 45)

#: Milliseconds from which to which each AU is on; 20 ms are a frame.
INTERVALS: Mapping[int, Sequence[tuple[int, int]]] = {
    2: [(0, 60)],
    12: [(100, 140), (220, 225)],
    17: [],
    25: [(160, 400)],
    28: [(580, 600)],
    45: [(300, 310), (500, 520)],
}


def write_bp4d(root: Path) -> None:
    """Tables directly in AUCoding, coded frames only in BP4D-training."""
    for (subject, task), frames in SEQUENCES.items():
        write(root / "BP4D" / "AUCoding" / f"{subject}_{task}.csv", legacy(subject, task, frames))
        write_intensities(root / "BP4D" / "AU Intensity Codes3.0", subject, task, frames)
        write_pictures(root / "BP4D" / "BP4D-training", subject, task, frames, 3 if subject == "M018" else 4)


def bp4d(root: Path) -> Expected:
    write_bp4d(root)
    return expected(SEQUENCES, aus=AUS)


def bp4d_intensity(root: Path) -> Expected:
    write_bp4d(root)
    return expected(SEQUENCES, "intensity")


def bp4d_labels(root: Path) -> Expected:
    for (subject, task), frames in SEQUENCES.items():
        write(root / "AUCoding" / f"{subject}_{task}.csv", legacy(subject, task, frames))
    return expected(SEQUENCES, pictures=False, aus=AUS)


def elan(intervals: Mapping[int, Sequence[tuple[int, int]]] = INTERVALS, end: int = 800) -> str:
    """An annotation as ELAN writes it: speech, then a tier for each AU and one for its intensity, time slots apart."""
    slots: list[int] = []
    tiers = [tier("speech", [(slot(slots, 0), slot(slots, 700))])]
    for au in sorted({*intervals, 1, 26}, key=str):  # as text: 1, 12, 17, 2 … , and AUs that nobody asks for
        spans = intervals.get(au, [(0, 800)])
        tiers.append(tier(f"AU{au}", [(slot(slots, a), slot(slots, b)) for a, b in spans]))
        tiers.append(tier(f"AU{au} intensity", [(slot(slots, 0), slot(slots, 780))]))
    slot(slots, end)
    order = "".join(f'<TIME_SLOT TIME_SLOT_ID="ts{i}" TIME_VALUE="{ms}"/>\n' for i, ms in enumerate(slots, 1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT FORMAT="2.7" VERSION="2.7">\n'
        f"<TIME_ORDER>\n{order}</TIME_ORDER>\n{''.join(tiers)}</ANNOTATION_DOCUMENT>\n"
    )


def slot(slots: list[int], milliseconds: int) -> str:
    slots.append(milliseconds)
    return f"ts{len(slots)}"


def tier(name: str, spans: Sequence[tuple[str, str]]) -> str:
    inside = "".join(
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{a}" TIME_SLOT_REF1="{a}" TIME_SLOT_REF2="{b}">'
        "<ANNOTATION_VALUE>1</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>\n"
        for a, b in spans
    )
    return f'<TIER DEFAULT_LOCALE="en" LINGUISTIC_TYPE_REF="default-lt" TIER_ID="{name}">\n{inside}</TIER>\n'


#: Frames on which each AU is on, counted by hand from INTERVALS: both ends count, and 580 ms is frame 28.
ON: Mapping[int, set[int]] = {
    2: {0, 1, 2, 3},
    12: {5, 6, 7, 11},
    17: set(),
    25: set(range(8, 21)),
    28: {28, 29, 30},
    45: {15, 25, 26},
}

#: Session -> start and end of what is coded.
MINUTES = {"rec1": (3, 31), "rec13": (0, 10)}


def semaine_codes() -> Codes:
    return {
        (session, session, frame): tuple(int(frame in ON[au]) for au in SEMAINE_AUS)
        for session, (start, end) in MINUTES.items()
        for frame in range(max(start, 1), end)
    }


def write_semaine(root: Path) -> None:
    for session, (start, end) in MINUTES.items():
        write(root / f"{session}.txt", f"{start} {end}\n")
        write(root / session / f"2009.06.26 {session}.eaf", elan())


def paint(frame: int) -> int:
    """The video's first picture is frame 1; five apart survives MJPG."""
    return 5 * frame


def semaine(root: Path) -> Expected:
    folder = root / "semaine" / "SEMAINE-Sessions"
    write_semaine(folder)
    for session in MINUTES:
        save_video(folder / session / "user.avi", [paint(frame) for frame in range(1, 36)], 50)
    codes = semaine_codes()
    return Expected(SEMAINE_AUS, "occurrence", codes, {key: paint(key[2]) for key in codes})


def semaine_labels(root: Path) -> Expected:
    write_semaine(root)
    return Expected(SEMAINE_AUS, "occurrence", semaine_codes())


MINIATURES = [
    Miniature("fera2015", "BP4D part", bp4d),
    Miniature("fera2015", "BP4D part, AU Intensity Codes3.0", bp4d_intensity, {"coding": "intensity"}),
    Miniature("fera2015", "BP4D part, labels alone", bp4d_labels),
    Miniature("fera2015", "SEMAINE part", semaine, {"part": "semaine"}),
    Miniature("fera2015", "SEMAINE part, labels alone", semaine_labels, {"part": "semaine"}),
]
