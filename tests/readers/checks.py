"""What every reader owes a miniature copy: labels cell by cell, pictures one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aulib.datasets.readers import read
from aulib.datasets.reading.recording import Reading
from tests.readers.miniature import Expected, Miniature, number_in


def read_miniature(one: Miniature, root: Path, **options) -> tuple[Reading, Expected]:
    """Make it and read it."""
    expected = one.make(root)
    return read(one.corpus, root, {**one.options, **options}), expected


def assert_read(reading: Reading, expected: Expected) -> None:
    """Every code of every frame, every picture, and nothing besides."""
    assert reading.found.aus == expected.aus
    assert reading.found.coding == expected.coding
    assert codes_of(reading) == expected.codes
    assert not reading.findings.of("error")
    assert not [one for one in reading.findings if "picture" in one.kind and one.level == "warning"]
    shown = {
        (one.subject, one.sequence, number): number_in(picture)
        for one in reading.recordings
        if one.media is not None
        for number, picture, _ in one.media.pictures(one.frames.tolist())
    }
    assert shown.keys() == dict(expected.pictures).keys()
    assert max((abs(shown[key] - expected.pictures[key]) for key in shown), default=0) <= 3
    assert len(reading.labels().frames) == (~reading.excluded).sum()


def codes_of(reading: Reading) -> dict[tuple[str, str, int], tuple[int, ...]]:
    """(subject, sequence, frame) -> codes."""
    return {
        (one.subject, one.sequence, int(frame)): tuple(map(int, row))
        for one in reading.recordings
        for frame, row in zip(one.frames, one.codes, strict=True)
    }


def counts(reading: Reading, level: str) -> dict[str, int]:
    """Kind of finding -> how many frames, files or cells."""
    return {kind: total for of, kind, total, _ in reading.findings.counted() if of == level}


def column(reading: Reading, subject: str, au: int) -> np.ndarray:
    """Codes of one AU of a person's first recording."""
    one = next(one for one in reading.recordings if one.subject == subject)
    return one.codes[:, reading.found.aus.index(au)]
