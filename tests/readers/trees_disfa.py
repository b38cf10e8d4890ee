"""Miniature copies of DISFA."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat

from tests.readers.miniature import Expected, Miniature, save, save_video, write

AUS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
SEQUENCE = "V1"


def made_up(subject: str, frames: list[int]) -> dict[tuple[str, str, int], tuple[int, ...]]:
    """Codes of a person; no two columns are alike, so that a mix-up of AUs is seen."""
    seed = int("".join(filter(str.isdigit, subject)))
    codes = np.random.default_rng(seed).integers(0, 6, (len(frames), len(AUS)))
    codes[0, :6], codes[0, 6:], codes[1, 6:] = np.arange(6), np.arange(6), np.arange(6) // 2  # (level, level) differs
    codes[1, :6] = 5
    return {(subject, SEQUENCE, frame): tuple(map(int, row)) for frame, row in zip(frames, codes, strict=True)}


def write_labels(root: Path, codes: dict, folder: str = "ActionUnit_Labels") -> None:
    for subject in sorted({key[0] for key in codes}):
        rows = {key[2]: row for key, row in codes.items() if key[0] == subject}
        for column, au in enumerate(AUS):
            lines = "".join(f"{frame},{row[column]}\n" for frame, row in sorted(rows.items()))
            write(root / folder / subject / f"{subject}_au{au}.txt", lines)


def points(number: int) -> np.ndarray:
    """66 points whose first x is `number`."""
    return np.stack([np.arange(66.0) + number, np.arange(66.0) + 500], axis=1)


def save_points(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"pts": points(number)})


def numbers_of(codes: dict, step: int = 20) -> dict[tuple[str, str, int], int]:
    """(subject, sequence, frame) -> a number to paint into its picture; those of neighbours are `step` apart."""
    return {key: (row * step) % 200 for row, key in enumerate(codes)}


def videos(root: Path) -> Expected:
    codes = made_up("SN001", [1, 2, 3, 4]) | made_up("SN002", [1, 2, 3]) | made_up("SN010", [1, 2, 3])
    pictures = numbers_of(codes)
    write_labels(root, codes)
    for subject, ending in (("SN001", "_Comp"), ("SN002", "_comp"), ("SN010", "_Comp")):
        numbers = [number for key, number in pictures.items() if key[0] == subject]
        save_video(root / f"Videos_LeftCamera/LeftVideo{subject}_comp.avi", numbers)
        save_video(root / f"Video_RightCamera/RightVideo{subject}{ending}.avi", [199 - number for number in numbers])
        for frame in range(1, len(numbers) + 1):
            folder = root / f"Landmark_Points/{subject}/tmp_frame_lm"
            name = f"{subject}_{frame - 1:04d}_lm.mat" if subject == "SN001" else f"l{frame:05d}_lm.mat"
            save_points(folder / name, frame)
    return Expected(AUS, "intensity", codes, pictures)


def right_videos(root: Path) -> Expected:
    left = videos(root)
    return Expected(AUS, "intensity", left.codes, {key: 199 - number for key, number in left.pictures.items()})


def labels_only(root: Path) -> Expected:
    codes = made_up("SN003", [1, 2, 3, 4]) | made_up("SN032", [1, 2])
    write_labels(root, codes, "disfa/Labels")
    return Expected(AUS, "intensity", codes)


def extracted(root: Path) -> Expected:
    codes = made_up("SN004", [1, 2, 3]) | made_up("SN005", [1, 2, 3])
    pictures = numbers_of(codes)
    write_labels(root, codes)
    for (subject, _, frame), number in pictures.items():
        name = f"LeftVideoSN004_comp/{frame:05d}.jpg" if subject == "SN004" else f"{subject}/f_{frame}.png"
        save(root / "images" / name, number)
    return Expected(AUS, "intensity", codes, pictures)


def from_zero(root: Path) -> Expected:
    codes = made_up("SN006", [1, 2, 3, 4])
    write_labels(root, codes)
    pictures = numbers_of(codes)
    for (subject, _, frame), number in pictures.items():
        save(root / f"Videos_LeftCamera/{subject}/{frame - 1:04d}.png", number)
    return Expected(AUS, "intensity", codes, pictures)


def exported(root: Path) -> Expected:
    codes = made_up("P01", [17, 252, 521]) | made_up("P02", [3, 4800])
    pictures = numbers_of(codes)
    write_labels(root, codes)
    for (subject, _, frame), number in pictures.items():
        save(root / f"Videos_LeftCamera/{subject}/{frame:05d}.png", number)
        save_points(root / f"Landmark_Points/{subject}/tmp_frame_lm/l{frame:05d}_lm.mat", frame)
    return Expected(AUS, "intensity", codes, pictures)


MINIATURES = [
    Miniature("disfa", "videos of two cameras, landmarks from 0 and from 1", videos),
    Miniature("disfa", "the right camera", right_videos, {"camera": "right"}),
    Miniature("disfa", "labels only", labels_only),
    Miniature("disfa", "frames that somebody has extracted", extracted),
    Miniature("disfa", "frames extracted from 0", from_zero, {"image_offset": -1}),
    Miniature("disfa", "an embedded corpus in this layout: a sample of frames", exported),
]
