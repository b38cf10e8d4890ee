"""Corpora that keep a file for each AU: a frame and its level a line; and how such files become one table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from aulib.aus import UNKNOWN
from aulib.datasets.reading.codes import decode
from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.datasets.reading.tables import frame_numbers, lines, whole_numbers, without_heading
from aulib.datasets.reading.tree import Tree


@dataclass(frozen=True)
class Levels:
    """What one AU's file holds.

    Parameters
    ----------
    name : str
    frames : ndarray of int64, shape (n,)
        Ascending, whatever the order of the lines.
    codes : ndarray of int8, shape (n,)
    """

    name: str
    frames: np.ndarray
    codes: np.ndarray


def levels(tree: Tree, name: str, au: int, unknown: Collection[int] = (9,), *, counted_heading: bool = False) -> Levels:
    """Read ``frame,intensity`` line by line.

    A first line of words is a heading.

    Parameters
    ----------
    tree : Tree
    name : str
    au : int
        Which AU the file's name promises.
    unknown : collection of int
        Codes that say "not coded".
    counted_heading : bool
        ``0,<AU>`` in the first line is a heading, too; only for corpora without a frame 0, where it would be a level,
        and which cannot have that frame further below either.

    Raises
    ------
    Unreadable
        If it is empty, or a line is not what it should be.
    """
    table = without_heading(lines(tree.root, name), au if counted_heading else None)
    if not table.cells:
        raise Unreadable(name, "is empty: lines of frame,intensity are expected")
    values = whole_numbers(table, 2, ("the frame", "the intensity"))
    numbers = frame_numbers(values[:, 0], table, first=int(counted_heading))
    codes = decode(values[:, 1], tree.findings, name, top=5, unknown=unknown, lines=table.numbers)
    order = np.argsort(numbers)
    return Levels(name, numbers[order], codes[order])


def joined(
    files: Mapping[int, Levels], aus: tuple[int, ...], findings: Findings, where: str
) -> tuple[np.ndarray, np.ndarray]:
    """One table of all AUs of a sequence.

    Parameters
    ----------
    files : mapping of int to Levels
        AU to what its file holds; at least one.
    aus : tuple of int, length A
        Columns wanted, in order.
    findings : Findings
        Takes AUs without a file, and frames that the file of one AU lacks.
    where : str
        Of the sequence.

    Returns
    -------
    frames : ndarray of int64, shape (n,)
        Every frame that any file has, ascending.
    codes : ndarray of int8, shape (n, A)
        ``UNKNOWN`` where there is no file, or no line.
    """
    frames = np.unique(np.concatenate([one.frames for one in files.values()]))
    codes = np.full((len(frames), len(aus)), UNKNOWN, np.int8)
    for au, one in files.items():
        codes[np.searchsorted(frames, one.frames), aus.index(au)] = one.codes
        if short := len(frames) - len(one.frames):
            findings.warning(
                "frames are missing that the files of other AUs have: unknown there",
                one.name,
                f"{len(one.frames)} of {len(frames)} frames",
                short,
            )
    absent = [f"AU{au}" for au in aus if au not in files]
    if absent:
        findings.warning("AUs that nothing can be read of: unknown", where, ", ".join(absent), len(absent))
    return frames, codes
