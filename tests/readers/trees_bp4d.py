"""Miniature copies of BP4D, and the hands that write them; BP4D+ and FERA 2015 have the same kinds of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from zlib import crc32

from tests.readers.miniature import Expected, Miniature, save, write

AUS = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)
INTENSITY_AUS = (6, 10, 12, 14, 17)

#: (subject, task) -> frames
Sequences = Mapping[tuple[str, str], Iterable[int]]

#: Men from M009 on have three digits, everybody else four, as one loader tells.
SEQUENCES: Sequences = {
    ("F001", "T1"): range(998, 1002),
    ("F013", "T2"): range(8, 12),
    ("M009", "T4"): range(98, 102),
}


def chance(*key: object) -> int:
    """0 to 99, the same on every machine."""
    return crc32("/".join(map(str, key)).encode()) % 100


def occurrence(subject: str, task: str, frame: int, au: int) -> int:
    """A made-up code: 0, 1 or 9."""
    return (0, 0, 0, 0, 0, 1, 1, 1, 1, 9)[chance(subject, task, frame, au) // 10]


def intensity(subject: str, task: str, frame: int, au: int) -> int:
    """A made-up code: 0 to 5 or 9."""
    return (0, 1, 2, 3, 4, 5, 9)[chance("how strong", subject, task, frame, au) % 7]


def painted(subject: str, task: str, number: int) -> int:
    """What stands in a picture: neighbours differ by far more than JPEG does."""
    return (chance(subject, task) + 23 * number) % 200


def known(code: int) -> int:
    """A code as it must be read."""
    return -1 if code == 9 else code


def legacy(subject: str, task: str, frames: Iterable[int]) -> str:
    """A table whose header counts from 0 to 99; columns of AUs that nobody coded hold 9."""
    rows = [",".join(map(str, range(100)))]
    for frame in frames:
        codes = (occurrence(subject, task, frame, au) if au in AUS else 9 for au in range(1, 100))
        rows.append(",".join(map(str, (frame, *codes))))
    return "\n".join(rows) + "\n"


#: The AUs of a table with named columns; 5, 9 and others are coded now and then.
NAMED = (1, 2, 4, 5, 6, 7, 9, *range(10, 21), 22, 23, 24, *range(27, 40))


def named(subject: str, task: str, frames: Iterable[int], corner: str = "1", aus: Iterable[int] = NAMED) -> str:
    """A table whose header names AUs; its first cell says whatever it likes."""
    rows = [",".join([corner, *map(str, aus)])]
    for frame in frames:
        rows.append(",".join(map(str, (frame, *(occurrence(subject, task, frame, au) for au in aus)))))
    return "\n".join(rows) + "\n"


def write_intensities(folder: Path, subject: str, task: str, frames: Iterable[int]) -> None:
    """One table an AU, without header."""
    for au in INTENSITY_AUS:
        rows = [f"{frame},{intensity(subject, task, frame, au)}" for frame in frames]
        write(folder / f"AU{au:02}" / f"{subject}_{task}_AU{au:02}.csv", "\n".join(rows) + "\n")


def write_pictures(folder: Path, subject: str, task: str, numbers: Iterable[int], digits: int, ending="jpg") -> None:
    """Pictures of a sequence."""
    for number in numbers:
        save(folder / subject / task / f"{number:0{digits}}.{ending}", painted(subject, task, number))


def expected(sequences: Sequences, coding: str = "occurrence", pictures: bool = True, aus=AUS, offset=0) -> Expected:
    """What must be read from `sequences`."""
    keys = [(subject, task, frame) for (subject, task), frames in sequences.items() for frame in frames]
    code, aus = (occurrence, aus) if coding == "occurrence" else (intensity, INTENSITY_AUS)
    return Expected(
        aus,
        coding,
        {key: tuple(known(code(*key, au)) for au in aus) for key in keys},
        {(s, t, f): painted(s, t, f + offset) for s, t, f in keys} if pictures else {},
    )


def write_newer(root: Path) -> None:
    """AU_OCC, AU_INT and Sequences(2D+3D), where more is filmed than coded and F013 has the other header."""
    for (subject, task), frames in SEQUENCES.items():
        text = named(subject, task, frames) if subject == "F013" else legacy(subject, task, frames)
        write(root / "AUCoding" / "AU_OCC" / f"{subject}_{task}.csv", text)
        write_intensities(root / "AUCoding" / "AU_INT", subject, task, frames)
        digits, numbers = (3, range(96, 104)) if subject == "M009" else (4, frames)
        write_pictures(root / "Sequences(2D+3D)", subject, task, numbers, digits)


def newer(root: Path) -> Expected:
    write_newer(root)
    return expected(SEQUENCES)


def newer_intensity(root: Path) -> Expected:
    write_newer(root)
    return expected(SEQUENCES, "intensity")


def write_older(root: Path, intensities: str, pictures: str, ending: str) -> None:
    """Tables directly in AUCoding."""
    for (subject, task), frames in SEQUENCES.items():
        write(root / "AUCoding" / f"{subject}_{task}.csv", legacy(subject, task, frames))
        write_intensities(root / intensities, subject, task, frames)
        write_pictures(root / pictures, subject, task, frames, 4, ending)


def older(root: Path) -> Expected:
    write_older(root, "AU Intensity Codes3.0", "BP4D-training", "jpg")
    return expected(SEQUENCES)


def older_intensity(root: Path) -> Expected:
    write_older(root / "BP4D", "AU-Intensity-Codes3.0", "Sequences_2D+3D", "JPG")
    return expected(SEQUENCES, "intensity")


def labels_only(root: Path) -> Expected:
    for (subject, task), frames in SEQUENCES.items():
        write(root / f"{subject}_{task}.csv", legacy(subject, task, frames))
    return expected(SEQUENCES, pictures=False)


def from_nought(root: Path) -> Expected:
    for (subject, task), frames in {("F002", "T3"): range(1, 5)}.items():
        write(root / "AUCoding" / f"{subject}_{task}.csv", legacy(subject, task, frames))
        write_pictures(root / "Sequences", subject, task, range(0, 4), 4)
    return expected({("F002", "T3"): range(1, 5)}, offset=-1)


#: An embedded corpus that was written in this layout.
EXPORTED: Sequences = {("S01", "T1"): (3, 17, 101), ("P07B", "talk"): (1, 2)}


def exported(root: Path) -> Expected:
    for (subject, task), frames in EXPORTED.items():
        write(root / "AUCoding" / "AU_OCC" / f"{subject}_{task}.csv", legacy(subject, task, frames))
        write_pictures(root / "Sequences(2D+3D)", subject, task, frames, 4, "png")
    return expected(EXPORTED)


MINIATURES = [
    Miniature("bp4d", "AU_OCC, both headers, Sequences(2D+3D), mixed padding", newer),
    Miniature("bp4d", "AU_INT", newer_intensity, {"coding": "intensity"}),
    Miniature("bp4d", "tables in AUCoding, BP4D-training", older),
    Miniature(
        "bp4d", "AU-Intensity-Codes3.0, Sequences_2D+3D, one folder deeper", older_intensity, {"coding": "intensity"}
    ),
    Miniature("bp4d", "labels alone, without folders", labels_only),
    Miniature("bp4d", "pictures count from 0", from_nought, {"image_offset": -1}),
    Miniature("bp4d", "an embedded corpus exported as BP4D, png", exported),
]
