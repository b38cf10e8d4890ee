"""Miniature copies of FERA 2017."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.readers.miniature import Expected, Miniature, save_video, write

OCCURRENCE = (1, 4, 6, 7, 10, 12, 14, 15, 17, 23)
INTENSITY = (1, 4, 6, 10, 12, 14, 17)
PARTS = {"TR": ("FERA17_Train_MV", "Train_Occ"), "VA": ("FERA17_Valid_MV", "Valid_Occ")}
SEQUENCES = (("TR", "F001", "T1"), ("TR", "M018", "T8"), ("VA", "F024", "T1"))


def made_up(row: int, aus: tuple[int, ...], top: int, frames: int = 4) -> np.ndarray:
    """Codes (frames, A) of the sequence `row`, with a 9 in it; no two AUs are alike."""
    codes = np.random.default_rng(row).integers(0, top + 1, (frames, len(aus)))
    codes[:3] = np.array([[i >> bit & 1 for i in range(1, len(aus) + 1)] for bit in range(3)])
    codes[-1] = np.array([i >> 3 & 1 for i in range(1, len(aus) + 1)])
    codes[1, row % len(aus)] = 9
    return codes


def keyed(codes: np.ndarray, subject: str, sequence: str) -> dict[tuple[str, str, int], tuple[int, ...]]:
    return {
        (subject, sequence, row + 1): tuple(-1 if value == 9 else int(value) for value in line)
        for row, line in enumerate(codes)
    }


def write_occurrence(root: Path, row: int, aus: tuple[int, ...] = OCCURRENCE, codes: np.ndarray | None = None) -> None:
    """One file for nine views; columns in the order of `aus`."""
    part, subject, task = SEQUENCES[row]
    codes = made_up(row, OCCURRENCE, 1) if codes is None else codes
    columns = [OCCURRENCE.index(au) for au in aus]
    lines = [",".join(map(str, (0, *aus)))]
    lines += [",".join(map(str, (frame, *line[columns]))) for frame, line in enumerate(codes, 1)]
    write(root / PARTS[part][1] / f"FERA17_{part}_{subject}_{task}.csv", "\n".join(lines) + "\n")


def video(root: Path, row: int, view: int, numbers: list[int]) -> None:
    part, subject, task = SEQUENCES[row]
    save_video(root / PARTS[part][0] / f"FERA17_{part}_{subject}_{task}_{view}.mp4", numbers)


def _tree(root: Path, shown: tuple[int, ...], wanted: tuple[int, ...]) -> Expected:
    codes, pictures = {}, {}
    for row, (_, subject, task) in enumerate(SEQUENCES):
        write_occurrence(root, row)
        for view in shown:
            numbers = [7 * view, 7 * view + 42, 7 * view + 84, 7 * view + 126]  # levels that mp4v keeps best
            video(root, row, view, numbers)
            if view in wanted:
                here = keyed(made_up(row, OCCURRENCE, 1), subject, f"{task}_v{view}")
                codes |= here
                pictures |= dict(zip(here, numbers, strict=True))
    return Expected(OCCURRENCE, "occurrence", codes, pictures)


def nine_views(root: Path) -> Expected:
    return _tree(root, tuple(range(1, 10)), tuple(range(1, 10)))


def some_views(root: Path) -> Expected:
    return _tree(root, (1, 2, 6, 9), (1, 6))


def frontal(root: Path) -> Expected:
    return _tree(root, (6,), (6,))


def labels_only(root: Path) -> Expected:
    codes = {}
    for row, (_, subject, task) in enumerate(SEQUENCES):
        write_occurrence(root, row)
        codes |= keyed(made_up(row, OCCURRENCE, 1), subject, task)
    return Expected(OCCURRENCE, "occurrence", codes)


def _intensities(root: Path, heading: str) -> Expected:
    codes = {}
    for row, (part, subject, task) in enumerate(SEQUENCES):
        levels = made_up(row, INTENSITY, 5)
        codes |= keyed(levels, subject, task)
        for column, au in enumerate(INTENSITY):
            lines = "".join(f"{frame},{level}\n" for frame, level in enumerate(levels[:, column], 1))
            name = f"FERA17_{part}_{subject}_{task}_AU{au:02d}_Int.csv"
            write(root / "anywhere" / name, heading.format(au=au) + lines)
    return Expected(INTENSITY, "intensity", codes)


def intensities(root: Path) -> Expected:
    return _intensities(root, "")


def intensities_with_heading(root: Path) -> Expected:
    return _intensities(root, "0,{au}\n")


MINIATURES = [
    Miniature("fera2017", "nine views", nine_views),
    Miniature("fera2017", "two of four views", some_views, {"views": "6,1"}),
    Miniature("fera2017", "only the frontal view is there", frontal),
    Miniature("fera2017", "labels only", labels_only),
    Miniature("fera2017", "intensities, labels only", intensities, {"coding": "intensity"}),
    Miniature("fera2017", "intensities with a heading", intensities_with_heading, {"coding": "intensity"}),
]
