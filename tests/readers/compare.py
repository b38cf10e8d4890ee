"""Compare what was read with what is expected: cell by cell, picture by picture."""

from __future__ import annotations

from pathlib import Path

from aulib.datasets.readers import read
from aulib.datasets.reading.recording import Reading
from tests.readers.miniature import Codes, Expected, Miniature, number_in


def read_miniature(one: Miniature, root: Path) -> tuple[Reading, Expected]:
    """Write a miniature and read it; nothing may be an error."""
    expected = one.make(root)
    reading = read(one.corpus, root, one.options)
    assert not reading.findings.of("error"), reading.findings.lines()
    return reading, expected


def codes_of(reading: Reading) -> Codes:
    """Every cell that was read."""
    out: Codes = {}
    for one in reading.recordings:
        for number, codes in zip(one.frames.tolist(), one.codes.tolist(), strict=True):
            assert (one.subject, one.sequence, number) not in out, "a frame twice"
            out[one.subject, one.sequence, number] = tuple(codes)
    return out


def pictures_of(reading: Reading) -> dict[tuple[str, str, int], int | str]:
    """Number in the picture of every labelled frame, or the reason why there is none."""
    out: dict[tuple[str, str, int], int | str] = {}
    for one in reading.recordings:
        if one.media is not None:
            for number, picture, why in one.media.pictures(one.frames.tolist()):
                out[one.subject, one.sequence, number] = why if picture is None else number_in(picture)
    return out


def kinds(reading: Reading, level: str | None = None) -> dict[str, int]:
    """Kind of finding -> how many cells, frames or files."""
    return {kind: count for one, kind, count, _ in reading.findings.counted() if level in (None, one)}


def check(reading: Reading, expected: Expected, tolerance: int = 3) -> None:
    """Everything as expected."""
    assert reading.found.aus == expected.aus
    assert reading.found.coding == expected.coding
    assert codes_of(reading) == expected.codes
    painted = pictures_of(reading)
    assert painted.keys() == expected.pictures.keys()
    for key, number in expected.pictures.items():
        assert isinstance(painted[key], int) and abs(painted[key] - number) <= tolerance, (key, painted[key], number)
