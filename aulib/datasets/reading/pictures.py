"""Folders of numbered pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

import numpy as np

from aulib.datasets.reading.findings import Findings
from aulib.datasets.reading.matching import report
from aulib.datasets.reading.media import ImageFiles
from aulib.datasets.reading.points import PointFiles
from aulib.datasets.reading.tree import Tree, natural

#: Endings of video files that OpenCV may open.
VIDEO = r"(?:avi|mp4|m4v|mov|mkv|wmv|mpe?g)"

#: A number in a picture's name: no recording of these corpora has more frames than nine digits count.
NUMBER = "[0-9]{1,9}"

#: A picture's file name: digits of any width, a prefix or none.
_NUMBERED = rf"/(?:[^/]*[^/0-9])?(?P<number>{NUMBER})\.(?:png|jpe?g|bmp)"

Key = TypeVar("Key", bound=Hashable)


def numbered(tree: Tree, folder: str) -> dict[str, tuple[re.Match[str], ImageFiles]]:
    """Folders that hold a picture a frame.

    Parameters
    ----------
    tree : Tree
    folder : str
        Regular expression of a folder's last parts.

    Returns
    -------
    dict of str to (re.Match, ImageFiles)
        Folder, in natural order, to the match of its first picture and all its pictures by the numbers in their names.
    """
    matches: dict[str, re.Match[str]] = {}
    files = []
    for name, match in tree.match(folder + _NUMBERED):
        place = name.rpartition("/")[0]
        matches.setdefault(place, match)
        files.append((place, int(match["number"]), name))
    return {place: (matches[place], media) for place, media in sequences(tree, files).items()}


def sequences(
    tree: Tree, files: Iterable[tuple[Key, int, str]], rank: Callable[[str], object] = lambda folder: 0
) -> dict[Key, ImageFiles]:
    """Pictures of each sequence: those of one folder, never a mixture of several.

    Parameters
    ----------
    tree : Tree
        Its findings take the folders that are not used.
    files : iterable of (key of a sequence, number of a picture, name below the root)
    rank : callable
        Of a folder: the smallest is taken; of several, that with the most pictures.

    Returns
    -------
    dict of key to ImageFiles
        By the numbers in the names; two pictures of one number are `ImageFiles.doubled`.
    """
    found: dict[Key, dict[str, dict[int, list[str]]]] = {}
    for key, number, name in files:
        folder = found.setdefault(key, {}).setdefault(name.rpartition("/")[0], {})
        folder.setdefault(number, []).append(name)
    out = {}
    for key, folders in found.items():
        ranked = sorted(folders, key=lambda place: (rank(place), -len(folders[place]), natural(place)))
        for place in ranked[1:]:
            tree.findings.note("pictures of a sequence in a second place: not read", place, f"read: {ranked[0]}")
        out[key] = _of_one_folder(tree, folders[ranked[0]])
    return out


def _of_one_folder(tree: Tree, names: dict[int, list[str]]) -> ImageFiles:
    """``7.jpg`` beside ``7.png`` is the same frame once more; ``07.png`` beside it may have been counted otherwise."""
    doubled: tuple[str, ...] = ()
    for first, *others in names.values():
        for other in others:
            if other.rpartition(".")[0] == first.rpartition(".")[0]:
                tree.findings.warning("a second picture of the same name: passed over", other, f"after {first}")
            else:
                doubled = doubled or (first, other)
    return ImageFiles(tree.root, {number: of[0] for number, of in names.items()}, doubled)


def compared_points(points: PointFiles, frames: np.ndarray, findings: Findings, where: str) -> PointFiles:
    """The same, once it is known which frames lack landmarks and which landmark files no label has a use for."""
    numbers = np.array(sorted(points.names), np.int64)
    report(np.setdiff1d(frames, numbers), "labels without landmarks", findings, where)
    report(np.setdiff1d(numbers, frames), "landmarks without a label", findings, where)
    return points
