"""Label files that list the AUs a coder saw, one line each, and say nothing of the others: UNBC-McMaster and CK+.

What is not listed is absent.  So a line that cannot be understood matters beyond itself: it may be any AU, and those
that the file does not list are then unknown, not absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aulib.aus import UNKNOWN
from aulib.datasets.reading.codes import decode
from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.datasets.reading.recording import Option
from aulib.datasets.reading.tables import Lines, lines, real_numbers, split, text

#: Largest number that FACS gives to an action unit or a descriptor (Ekman, Friesen and Hager, 2002).
LARGEST_AU = 98

#: AUs that a coder marks as there or not, without a level.
WITHOUT_LEVEL = (43,)

#: As both corpora write numbers: all of one length, so that a file which ends within one can be told.
_SCIENTIFIC = re.compile(r"\d\.\d+e[+-]\d\d")

#: What programs write where there is no number; nobody knows what the further columns of a line hold.
_NO_NUMBER = re.compile(r"[-+]?(?:nan|inf)", re.IGNORECASE)

#: (subject, sequence) in small letters.
Key = tuple[str, str]


def listed_zero(default: str) -> Option:
    """The option that says what an AU becomes that is listed with intensity 0."""
    return Option(
        default,
        "code of an AU that is listed with intensity 0, present without a level: 'trace' codes it 1, which is right "
        "where only presence is asked for; 'unknown' leaves it out of every score",
        ("trace", "unknown"),
    )


@dataclass(frozen=True)
class Listed:
    """What one file lists.

    Parameters
    ----------
    codes : ndarray of int8, shape (A,)
        0 where the file does not list the AU.
    others : tuple of int
        AUs that it lists besides those asked for.
    zeros : int
        How many of the AUs asked for are listed with intensity 0.
    """

    codes: np.ndarray
    others: tuple[int, ...]
    zeros: int


def listed_aus(root: Path, name: str, aus: tuple[int, ...], findings: Findings, *, columns: int, zero: str) -> Listed:
    """Read one file.

    Parameters
    ----------
    root : Path
    name : str
    aus : tuple of int, length A
    findings : Findings
        Takes AU numbers that are none, intensities beyond 5, and AUs listed twice with different intensities.
    columns : int
        Cells of a line; the first is the AU, the second its intensity, further ones are numbers that are not used.
    zero : {'trace', 'unknown'}
        See :func:`listed_zero`.

    Returns
    -------
    Listed

    Raises
    ------
    Unreadable
        Naming the line that is cut short or holds no number, or an intensity that is not whole.
    """
    written = text(root, name)
    table = split(written, name, "blank")
    codes = np.zeros(len(aus), np.int8)
    if not table.cells:
        return Listed(codes, (), 0)
    first, last = table.cells[0][0], table.cells[-1][-1]
    short = len(last) < len(first) and not _NO_NUMBER.fullmatch(last)
    if _SCIENTIFIC.fullmatch(first) and short and written.rstrip(" \t").endswith(last):
        raise Unreadable(name, f"ends within {last!r}: cut short?", table.numbers[-1])
    values = real_numbers(table, columns, finite=2)[:, :2]
    odd = _odd(values, table, findings)
    intensity: dict[int, int] = {}
    twice = set()
    for (au, level), number in zip(values[~odd], np.array(table.numbers)[~odd], strict=True):
        if level != round(level):
            raise Unreadable(name, f"the intensity of AU{au:.0f} is {level:g}, not a whole number", int(number))
        if intensity.setdefault(int(au), int(level)) != int(level):
            twice.add(int(au))
    if odd.any():
        codes[:] = UNKNOWN
    zeros = 0
    for column, au in enumerate(aus):
        if au in twice:
            findings.warning("an AU is listed twice, with different intensities: taken as unknown", name, f"AU{au}")
            codes[column] = UNKNOWN
        elif intensity.get(au) == 0:
            codes[column] = 1 if zero == "trace" else UNKNOWN
            zeros += 1
        elif au in intensity:
            top = 1 if au in WITHOUT_LEVEL else 5
            codes[column] = decode(np.array([intensity[au]]), findings, name, top=top, unknown=())[0]
    return Listed(codes, tuple(sorted(set(intensity) - set(aus))), zeros)


def _odd(values: np.ndarray, table: Lines, findings: Findings) -> np.ndarray:
    """Lines whose AU number is none, bool (n,).  Nothing is rounded: 1.5 may have been 1, 2, 15 or 25."""
    odd = (values[:, 0] != np.round(values[:, 0])) | (values[:, 0] < 1) | (values[:, 0] > LARGEST_AU)
    for row in np.flatnonzero(odd):
        findings.warning(
            "a line with an AU number that does not exist is not used; the AUs that its file does not list are unknown",
            f"{table.name}:{table.numbers[row]}",
            table.cells[row][0][:20],
        )
    return odd


def one_number(root: Path, name: str) -> float:
    """The only number of a file; raises `Unreadable` if it holds anything else."""
    table = lines(root, name, "blank")
    if len(table.cells) != 1:
        raise Unreadable(name, f"{len(table.cells)} lines where one number is expected")
    return float(real_numbers(table, 1)[0, 0])


def numbered(files: Iterable[tuple[str, str, int, str]], findings: Findings, what: str) -> dict[Key, dict[int, str]]:
    """Files of each recording by frame number.

    Parameters
    ----------
    files : iterable of (subject, sequence, frame number, name below the root)
    findings : Findings
        Takes a second file of the same frame, which is not used.
    what : str
        ``picture``, ``landmark file`` …, for messages.
    """
    out: dict[Key, dict[int, str]] = {}
    for subject, sequence, number, name in files:
        frames = out.setdefault((subject.lower(), sequence.lower()), {})
        if number in frames:
            findings.warning(f"a second {what} of a frame is not used", name, f"used is {frames[number]}")
        else:
            frames[number] = name
    return out


def spans(numbers: Iterable[int], most: int = 3) -> str:
    """Frame numbers in words: ``3, 7-12 and 40 more``."""
    some = sorted(numbers)
    runs: list[list[int]] = []
    for number in some:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = [str(a) if a == b else f"{a}-{b}" for a, b in runs[:most]]
    rest = sum(b - a + 1 for a, b in runs[most:])
    return ", ".join(words) + (f" and {rest} more" if rest else "")
