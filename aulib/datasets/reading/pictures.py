"""Folders of numbered pictures, and whether there are as many pictures as labels."""

from __future__ import annotations

import re

import numpy as np

from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.datasets.reading.media import ImageFiles, Media, Video
from aulib.datasets.reading.points import PointFiles
from aulib.datasets.reading.tree import Tree

#: Endings of video files that OpenCV may open.
VIDEO = r"(?:avi|mp4|m4v|mov|mkv|wmv|mpe?g)"

#: A picture's file name: digits of any width, a prefix or none.
_NUMBERED = r"/(?:[^/]*\D)?(?P<number>\d+)\.(?:png|jpe?g|bmp)"


def numbered(tree: Tree, folder: str, offset: int = 0) -> dict[str, tuple[re.Match[str], ImageFiles]]:
    """Folders that hold a picture a frame.

    Parameters
    ----------
    tree : Tree
        Its findings take a second picture of the same number, which is passed over.
    folder : str
        Regular expression of a folder's last parts.
    offset : int
        A picture's number less the number of the label that belongs to it.

    Returns
    -------
    dict of str to (re.Match, ImageFiles)
        Folder, in natural order, to the match of its first picture and all its pictures.
    """
    found: dict[str, tuple[re.Match[str], dict[int, str]]] = {}
    for name, match in tree.match(folder + _NUMBERED):
        _, names = found.setdefault(name.rpartition("/")[0], (match, {}))
        number = int(match["number"]) - offset
        if number in names:
            tree.findings.warning("a second picture of the same number: passed over", name, f"after {names[number]}")
        else:
            names[number] = name
    return {place: (match, ImageFiles(tree.root, names)) for place, (match, names) in found.items()}


def compared(media: Media, frames: np.ndarray, findings: Findings, where: str) -> Media | None:
    """The same, once it is known how many of its pictures have labels and how many labels have a picture.

    Parameters
    ----------
    media : Media
    frames : ndarray of int64, shape (n,)
        Frame numbers of the labels.
    findings : Findings
        Takes a video that cannot be opened, a video of another length, labels without a picture, and pictures
        without a label.
    where : str
        Of the video or the folder.

    Returns
    -------
    Media or None
        None where it cannot be opened.
    """
    try:
        numbers = media.numbers()
    except Unreadable as trouble:
        findings.unreadable(trouble)
        return None
    if isinstance(media, Video) and len(numbers) != len(frames):
        counts = f"{len(numbers)} frames, {len(frames)} labels"
        findings.warning("a video of another length than its labels", where, counts, abs(len(numbers) - len(frames)))
    report(np.setdiff1d(frames, numbers), "labels without a picture", findings, where)
    if not isinstance(media, Video):
        report(np.setdiff1d(numbers, frames), "pictures without a label", findings, where)
    return media


def compared_points(points: PointFiles, frames: np.ndarray, findings: Findings, where: str) -> PointFiles:
    """The same, once it is known which frames lack landmarks and which landmark files no label has a use for."""
    numbers = np.array(sorted(points.names), np.int64)
    report(np.setdiff1d(frames, numbers), "labels without landmarks", findings, where)
    report(np.setdiff1d(numbers, frames), "landmarks without a label", findings, where)
    return points


def report(missing: np.ndarray, kind: str, findings: Findings, where: str) -> None:
    """One counted warning for all `missing` frames of a recording, if there are any."""
    if len(missing):
        span = f"frame {missing[0]}" if len(missing) == 1 else f"between frames {missing.min()} and {missing.max()}"
        findings.warning(kind, where, span, len(missing))
