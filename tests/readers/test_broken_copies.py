"""Every reader on copies that are broken in one place: a clear error, or a finding, and nothing silently changed.

For each miniature of each corpus, each way to break a file is tried on two files that it fits, chosen with a fixed
seed: one that labels depend on and any other.
"""

from __future__ import annotations

import random
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from aulib.datasets.readers import unbc
from aulib.datasets.reading.findings import Findings
from aulib.datasets.reading.recording import Found, Reader, Reading, Recording
from tests.readers.campaign import trials
from tests.readers.cases import Case, wrongs
from tests.readers.miniature import miniatures
from tests.readers.mutations import MUTATIONS, mend

#: Layout -> broken copies tried.
_TRIED: dict[str, int] = {}

AUS = unbc.AUS


def run(case: Case, monkeypatch: pytest.MonkeyPatch, files: int = 2) -> tuple[int, Counter[str], list[str]]:
    """Try every mutation; (cases, of each mutation, what is wrong with them)."""
    plain = Path.read_bytes
    locked: list[Path] = []

    def read_bytes(path: Path) -> bytes:
        if path in locked:  # the right of root is to read everything
            raise PermissionError(13, "Permission denied")
        return plain(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    done: Counter[str] = Counter()
    trouble = []
    for row, (title, fits, apply) in enumerate(MUTATIONS):
        rng = random.Random(zlib.crc32(f"{case.one} {row} {title}".encode()))
        names = [name for name in case.names if fits.search(name)]
        rng.shuffle(names)
        names = names[:40]
        labels = [name for name in names if case.cells(name)] if fits.pattern else names
        tried = 0
        for name in dict.fromkeys([*labels[:8], *names]):
            if tried == files:
                break
            if tried == 1 and name in labels and len(names) > len(labels):
                continue  # the second file is one that no label depends on, if there is one
            if (effect := apply(case.place, name, rng)) is None:
                continue
            locked[:] = case.place.unreadable
            for wrong in wrongs(case, effect)[:2]:
                trouble.append(f"{case.one} | {title} | {name}: {wrong}")
            locked.clear()
            mend(case.place, effect, case.sound)
            tried += 1
        done[title] += tried
    mended = {path.relative_to(case.place.root).as_posix() for path in case.place.root.rglob("*") if path.is_file()}
    assert mended == set(case.names) and all((case.place.root / n).samefile(case.sound / n) for n in case.names)
    return sum(done.values()), done, trouble


@pytest.mark.parametrize("one", miniatures(), ids=str)
def test_nothing_is_silently_changed(one, tmp_path, monkeypatch):
    case = Case(one, tmp_path)
    count, done, trouble = run(case, monkeypatch)
    print(f"\n{one}: {count} broken copies, {sum(map(bool, done.values()))} ways to break one")
    assert not trouble, f"{len(trouble)} of {count}:\n" + "\n".join(trouble[:40])
    _TRIED[str(one)] = count
    assert count >= 40 and sum(map(bool, done.values())) >= 20, "hardly anything was tried"


def test_how_many_were_tried():
    """Some hundred copies a corpus; where another process ran some of the layouts, those that ran here."""
    if not _TRIED:
        pytest.skip("no layout was tried in this process")
    print(f"\n{sum(_TRIED.values()):,} broken copies of {len(_TRIED)} layouts, {len(MUTATIONS)} ways to break one")
    assert sum(_TRIED.values()) >= 90 * len(_TRIED)


def naive_unbc(root: Path) -> Reading:
    """UNBC as it is often read: what cannot be parsed is passed over, what is not there is absent."""
    recordings: dict[tuple[str, str], dict[int, np.ndarray]] = {}
    for path in sorted(root.rglob("FACS/*/*/*_facs.txt")):
        codes = np.zeros(len(AUS), np.int8)
        for line in path.read_bytes().decode("latin-1").splitlines() if path.is_file() else []:
            try:
                au, level = (int(float(cell)) for cell in line.split()[:2])
            except ValueError:
                continue
            if au in AUS:
                codes[AUS.index(au)] = min(level, 5)
        subject, sequence = path.parts[-3:-1]
        recordings.setdefault((subject, sequence), {})[int(path.stem[-8:-5])] = codes
    found = tuple(
        Recording(*key, np.array(sorted(rows)), np.stack([rows[number] for number in sorted(rows)]), "")
        for key, rows in recordings.items()
    )
    return Reading(Reader("unbc", 1, unbc.read), Found("", AUS, "intensity", found), Findings(), {}, None)


def test_the_harness_can_fail(tmp_path, monkeypatch):
    """A reader that passes over what it cannot parse is caught, in each of the ways in which it is wrong."""
    one = next(one for one in miniatures() if one.layout == "labels only, without PSPI")
    count, _, trouble = run(Case(one, tmp_path, naive_unbc), monkeypatch)
    caught: dict[str, set[str]] = {}
    for line in trouble:
        _, title, wrong = line.split(" | ")
        caught.setdefault(title, set()).add(wrong.partition(": ")[2])
    print(f"\nnaive: {len(caught)} ways of {count} broken copies are caught")

    def said(title: str, words: str) -> bool:
        return any(words in wrong for wrong in caught.get(title, ()))

    assert said("a code is abc", "is silently 0")
    assert said("a frame or AU is -inf", "OverflowError")
    assert said("a frame or AU is 1.5", "silently") and said("a frame or AU is abc", "no finding names")
    assert said("UTF-16 without a mark", "silently")
    assert said("a link out", "opened outside the root")
    assert said("a folder that is a link out", "no finding names")
    assert said("a pipe", "no finding names") and said("a folder of that name", "no finding names")
    assert said("no right to read", "PermissionError")
    assert not [title for title in caught if title in ("other line ends", "a circle of folders")], (
        "sound for it as well"
    )


def test_three_hundred_mutated_tables(tmp_path):
    """Any number more: ``python -m tests.readers.campaign 2000 0``."""
    verdicts, trouble = Counter(), []
    for verdict, what, wrong in trials(300, 0, tmp_path):
        verdicts[verdict] += 1
        trouble += [f"{what}: {one}" for one in wrong]
    print(f"\n{dict(verdicts)}")
    assert not trouble, "\n".join(trouble[:40])
    assert verdicts["a traceback"] == 0 and verdicts.total() == 300
    assert min(verdicts["read as before"], verdicts["left out or unknown, with a finding"]) > 50, "all of one kind"
