"""CK+ as its owners hand it out, and as copies of it have been re-packed.  Labels are made up."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.readers.miniature import Codes, Expected, Miniature, save, write

AUS = (1, 2, 4, 5, 6, 7, 9, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 27)

#: (subject, sequence) -> number of frames, AUs of the last, emotion or None.
SCRIPT: dict[tuple[str, str], tuple[int, list[tuple[int, int]], int | None]] = {
    ("S005", "001"): (11, [(9, 5), (17, 3), (24, 0)], 3),
    ("S005", "002"): (4, [(12, 2), (6, 1)], None),
    ("S010", "001"): (3, [], None),
    ("S999", "010"): (5, [(1, 4), (2, 5), (5, 0), (25, 1), (27, 4), (11, 2)], 7),
}


def facs_text(aus: list[tuple[float, float]], blanks: int = 3) -> str:
    """Two columns with a number of blanks that varies, and a blank line here and there."""
    rows = [
        " " * (blanks + row % 3) + f"{au:.7e}" + " " * (2 + row) + f"{level:.7e}" for row, (au, level) in enumerate(aus)
    ]
    return "\n\n".join(rows) + "\n" if rows else ""


def labels(
    root: Path, facs: str = "FACS", emotion: str | None = "Emotion", zero: int = 1, neutral: bool = True
) -> Codes:
    """Write the label files; the codes that they say, `zero` where intensity 0 is listed."""
    codes: Codes = {}
    for (subject, sequence), (count, aus, feeling) in SCRIPT.items():
        stem = f"{subject}/{sequence}/{subject}_{sequence}_{count:08}"
        write(root / facs / f"{stem}_facs.txt", facs_text(list(aus)))
        if emotion and feeling is not None:
            write(root / emotion / f"{stem}_emotion.txt", f"   {feeling:.7e}\n")
        listed = dict(aus)
        if neutral:
            codes[subject, sequence, 1] = (0,) * len(AUS)
        codes[subject, sequence, count] = tuple((listed[au] or zero) if au in listed else 0 for au in AUS)
    return codes


def images(root: Path, folder: str) -> dict[tuple[str, str, int], int]:
    """A picture a frame."""
    painted = {}
    for (subject, sequence), (count, _, _) in SCRIPT.items():
        for number in range(1, count + 1):
            painted[subject, sequence, number] = 3 + 8 * len(painted)
            name = f"{subject}/{sequence}/{subject}_{sequence}_{number:08}.png"
            save(root / folder / name, painted[subject, sequence, number])
    return painted


def landmark_files(root: Path) -> None:
    """68 lines for every frame."""
    for (subject, sequence), (count, _, _) in SCRIPT.items():
        for number in range(1, count + 1):
            rows = "".join(f"   {i + number:.7e}   {2 * i:.7e}\n" for i in range(68))
            write(root / f"Landmarks/{subject}/{sequence}/{subject}_{sequence}_{number:08}_landmarks.txt", rows)


def as_delivered(root: Path) -> Expected:
    codes = labels(root)
    painted = images(root, "cohn-kanade-images")
    landmark_files(root)
    return Expected(AUS, "intensity", codes, {key: painted[key] for key in codes})


def repacked(root: Path, zero: str = "unknown") -> Expected:
    codes = labels(root, "FACS_labels/FACS", "Emotion_labels/Emotion", zero=1 if zero == "trace" else -1, neutral=False)
    painted = images(root, "extended-cohn-kanade-images/cohn-kanade-images")
    return Expected(AUS, "intensity", codes, {key: painted[key] for key in codes})


def labels_only(root: Path) -> Expected:
    return Expected(AUS, "intensity", labels(root, emotion=None))


MINIATURES = [
    Miniature("ckplus", "as delivered", as_delivered),
    Miniature(
        "ckplus",
        "the folders of the archives, peaks only, listed zero unknown",
        partial(repacked, zero="unknown"),
        {"neutral": "none", "listed_zero": "unknown"},
    ),
    Miniature("ckplus", "labels only", labels_only),
]
