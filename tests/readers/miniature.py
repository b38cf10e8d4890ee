"""Miniature copies of the licensed corpora: a few made-up frames in each layout that the owners' folders have had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np

#: (subject, sequence, frame) -> codes in the order of the AUs, -1 where unknown.
Codes = dict[tuple[str, str, int], tuple[int, ...]]


@dataclass(frozen=True)
class Expected:
    """What must be read, cell by cell.

    Parameters
    ----------
    aus : tuple of int
    coding : str
    codes : Codes
    pictures : mapping
        (subject, sequence, frame) -> number painted into its picture, see :func:`picture`; empty without media.
    """

    aus: tuple[int, ...]
    coding: str
    codes: Codes
    pictures: Mapping[tuple[str, str, int], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Miniature:
    """One layout.

    Parameters
    ----------
    corpus, layout : str
    make : callable
        Writes the files below a folder and says what must be read from them.
    options : mapping
        Of the reader.
    """

    corpus: str
    layout: str
    make: Callable[[Path], Expected]
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.corpus}, {self.layout}"


def miniatures() -> list[Miniature]:
    """All of them: ``MINIATURES`` of every ``tests/readers/trees_*.py``."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("trees_*.py"))
    return [one for name in names for one in import_module(f"tests.readers.{name}").MINIATURES]


def picture(number: int, side: int = 32) -> np.ndarray:
    """A grey RGB picture whose brightness is its number (0 to 200), so that a mix-up is seen; survives JPEG."""
    return np.full((side, side, 3), 20 + number % 200, np.uint8)


def number_in(image: np.ndarray) -> int:
    """The number painted by :func:`picture`."""
    return round(float(image.mean())) - 20


def save(path: Path, number: int) -> None:
    """Write a picture; the ending chooses the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture(number)[..., ::-1])


def save_video(path: Path, numbers: list[int], rate: float = 25) -> None:
    """Write a video (MJPG in .avi, mp4v in .mp4) of `rate` pictures a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    four = cv2.VideoWriter_fourcc(*("MJPG" if path.suffix.lower() == ".avi" else "mp4v"))
    writer = cv2.VideoWriter(str(path), four, rate, (32, 32))
    assert writer.isOpened()
    for number in numbers:
        writer.write(picture(number))
    writer.release()


def write(path: Path, text: str) -> None:
    """Write a text file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
