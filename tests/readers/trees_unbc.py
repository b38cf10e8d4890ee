"""UNBC-McMaster as its owners handed it out, and as copies of it have been re-packed.  Labels are made up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.readers.miniature import Codes, Expected, Miniature, save, write

AUS = (4, 6, 7, 9, 10, 12, 20, 25, 26, 43)

#: (subject, sequence) -> AUs of each frame, from 1; None where the frame has no label file.
Script = dict[tuple[str, str], list[dict[int, int] | None]]

SCRIPT: Script = {
    ("042-ll042", "ll042t1aaaff"): [{}, {4: 2, 6: 3}, {6: 1, 7: 4, 12: 2, 43: 1}, None, {9: 1, 10: 5, 25: 1}],
    ("042-ll042", "ll042t2ibunaff"): [{}, {12: 5, 26: 2}],
    ("107-hs107", "hs107t1bbaff"): [{43: 1}, {}, {4: 5, 6: 5, 7: 3, 9: 2, 10: 1, 12: 1, 20: 4, 25: 3, 26: 2, 43: 1}],
}


def facs_line(au: float, intensity: float, onset: float = 0, offset: float = 0) -> str:
    """A line as the corpus has them."""
    return "".join(f"   {value:.7e}" for value in (au, intensity, onset, offset)) + "\n"


def pain(aus: Mapping[int, int]) -> int:
    """PSPI, said once more in another way than the reader says it."""
    level = {au: aus.get(au, 0) for au in AUS}
    return level[4] + max(level[6], level[7]) + max(level[9], level[10]) + level[43]


def label_files(root: Path, script: Script, facs: str, pspi: str | None, width: int = 3) -> Codes:
    """Write the label files below two folders of `root`; the codes that they say."""
    codes: Codes = {}
    for (subject, sequence), frames in script.items():
        for number, aus in enumerate(frames, 1):
            if aus is None:
                continue
            name = f"{subject}/{sequence}/{sequence}{number:0{width}}_facs.txt"
            write(root / facs / name, "".join(facs_line(au, level, number, 7) for au, level in aus.items()))
            if pspi is not None:
                write(root / pspi / name, f"   {pain(aus):.7e}\n")
            codes[subject, sequence, number] = tuple(aus.get(au, 0) for au in AUS)
    return codes


def images(root: Path, script: Script, folder: str, width: int = 3) -> dict[tuple[str, str, int], int]:
    """A picture a frame, labelled or not."""
    painted = {}
    for (subject, sequence), frames in script.items():
        for number in range(1, len(frames) + 1):
            painted[subject, sequence, number] = 5 + 11 * len(painted)
            name = f"{subject}/{sequence}/{sequence}{number:0{width}}.png"
            save(root / folder / name, painted[subject, sequence, number])
    return painted


def landmark_files(root: Path, script: Script, folder: str = "AAM_landmarks") -> None:
    """66 lines; the third frame of each sequence has an empty file, as when the tracker lost the face."""
    for (subject, sequence), frames in script.items():
        for number in range(1, len(frames) + 1):
            rows = "" if number == 3 else "".join(f"   {i + number:.7e}   {2 * i:.7e}\n" for i in range(66))
            write(root / folder / subject / sequence / f"{sequence}{number:03}_aam.txt", rows)


def scores(root: Path, script: Script, folder: str = "Sequence_Labels") -> None:
    """One number a sequence and scale; the last sequence has no visual analogue scale."""
    for row, (subject, sequence) in enumerate(script):
        for scale in ("AFF", "OPR", "SEN", "VAS")[: 3 if row == len(script) - 1 else 4]:
            write(root / folder / scale / subject / f"{sequence}.txt", f"   {row + 1.5:.7e}\n")


def as_delivered(root: Path) -> Expected:
    codes = label_files(root, SCRIPT, "Frame_Labels/FACS", "Frame_Labels/PSPI")
    painted = images(root, SCRIPT, "Images")
    landmark_files(root, SCRIPT)
    scores(root, SCRIPT)
    return Expected(AUS, "intensity", codes, {key: painted[key] for key in codes})


def repacked(root: Path) -> Expected:
    """Small letters, labels of frames inside those of sequences, four digits."""
    folder = "copy/Sequence_Labels/Frame_Labels"
    codes = label_files(root, SCRIPT, f"{folder}/FACS", f"{folder}/PSPI", width=4)
    painted = images(root, SCRIPT, "copy/images", width=4)
    return Expected(AUS, "intensity", codes, {key: painted[key] for key in codes})


def labels_only(root: Path) -> Expected:
    codes = label_files(root, SCRIPT, "Frame_Labels/FACS", None)
    return Expected(AUS, "intensity", codes)


MINIATURES = [
    Miniature("unbc", "as delivered", as_delivered),
    Miniature("unbc", "small letters, labels nested, four digits", repacked),
    Miniature("unbc", "labels only, without PSPI", labels_only),
]
