"""Miniature copies of BP4D+: a zip archive a person, as it comes, and unpacked."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

import cv2

from tests.readers.miniature import Expected, Miniature, picture, write
from tests.readers.trees_bp4d import Sequences, expected, named, painted, write_intensities, write_pictures

#: Subject -> digits of its pictures; padding is mixed.
DIGITS = {"F001": 3, "F082": 4, "M058": 3}

SEQUENCES: Sequences = {
    ("F001", "T1"): range(98, 102),
    ("F001", "T8"): range(1, 4),
    ("F082", "T6"): range(998, 1002),
    ("M058", "T7"): range(9, 12),
}


def write_labels(root: Path) -> None:
    """Named headers whose first cell says 1, and intensities."""
    for (subject, task), frames in SEQUENCES.items():
        write(root / "AUCoding" / "AU_OCC" / f"{subject}_{task}.csv", named(subject, task, frames, corner="1"))
        write_intensities(root / "AUCoding" / "AU_INT", subject, task, frames)


def pack(archive: Path, subject: str, tasks: Iterable[tuple[str, Iterable[int]]], digits: int) -> None:
    """An archive of a person's pictures whose members are in no useful order; T11 of one person is no task."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w") as file:
        for task, numbers in tasks:
            for number in sorted(numbers, key=lambda n: (n % 3, -n)):
                _, data = cv2.imencode(".jpg", picture(painted(subject, task, number))[..., ::-1])
                file.writestr(f"{subject}/{task}/{number:0{digits}}.jpg", data.tobytes())


def write_archives(folder: Path) -> None:
    for subject, digits in DIGITS.items():
        tasks = [(task, frames) for (who, task), frames in SEQUENCES.items() if who == subject]
        pack(folder / f"{subject}.zip", subject, tasks, digits)


def archives(root: Path) -> Expected:
    write_labels(root / "BP4D+_v0.2")
    write_archives(root / "BP4D+_v0.2" / "2D+3D")
    write(root / "BP4D+_v0.2" / "Physiology" / "F001" / "T1" / "BP_mmHg.txt", "80\n81\n")
    return expected(SEQUENCES)


def archives_intensity(root: Path) -> Expected:
    archives(root)
    return expected(SEQUENCES, "intensity")


def unpacked(root: Path) -> Expected:
    write_labels(root)
    for (subject, task), frames in SEQUENCES.items():
        write_pictures(root / "2D+3D", subject, task, frames, DIGITS[subject])
    return expected(SEQUENCES)


def both(root: Path) -> Expected:
    """Archives hold other pictures than the folders: the folders count."""
    wanted = unpacked(root)
    pack(root / "2D+3D" / "F082.zip", "F082", [("T6", range(0, 900))], 4)
    return wanted


def labels_only(root: Path) -> Expected:
    write_labels(root)
    return expected(SEQUENCES, pictures=False)


MINIATURES = [
    Miniature("bp4d-plus", "archives, named headers", archives),
    Miniature("bp4d-plus", "AU_INT", archives_intensity, {"coding": "intensity"}),
    Miniature("bp4d-plus", "unpacked", unpacked),
    Miniature("bp4d-plus", "unpacked beside the archives", both),
    Miniature("bp4d-plus", "labels alone", labels_only),
]
