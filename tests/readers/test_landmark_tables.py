"""Tables of landmarks: what is read from each spelling, and that no changed table gives landmarks that were not there.

``AULIB_LANDMARK_MUTATIONS=1000`` tries more tables than the 320 of every day.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from aulib.datasets import readers
from aulib.datasets.copies import Copy
from aulib.datasets.own_landmarks import held_against
from aulib.datasets.pieces import align_piece, pieces
from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.datasets.reading.point_tables import point_tables
from aulib.datasets.reading.recording import Reading
from aulib.errors import AulibError
from aulib.landmarks import MARKUPS, MEAN_SHAPE
from tests.readers.landmark_mutations import MUTATIONS, SIZE, Table, mutated
from tests.readers.miniature import write

KEYS = [("S01", "T1", frame) for frame in (1, 2, 5)] + [("S02", "T1", frame) for frame in (7, 12)]
SIDE = 48


@pytest.fixture(scope="module")
def reading(tmp_path_factory) -> Reading:
    """A small copy in BP4D's layout; nobody is in its pictures, so that no detector finds a face."""
    root = tmp_path_factory.mktemp("copy")
    for subject in ("S01", "S02"):
        rows = [",".join(map(str, range(100)))]
        for _, _, frame in [key for key in KEYS if key[0] == subject]:
            rows.append(",".join(map(str, (frame, *[0] * 99))))
            path = root / "Sequences(2D+3D)" / subject / "T1" / f"{frame:04d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(path), np.full((SIZE[1], SIZE[0], 3), 128, np.uint8))
        write(root / "AUCoding" / "AU_OCC" / f"{subject}_T1.csv", "\n".join(rows) + "\n")
    return readers.read("bp4d", root)


def truth(seed: int) -> dict[tuple[str, str, int], np.ndarray]:
    """Landmarks of every frame: a face of 70 pixels, turned and moved a little; no coordinate below 30."""
    rng = np.random.default_rng(seed)
    out = {}
    for key in KEYS:
        angle = rng.uniform(-0.2, 0.2)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        face = (MEAN_SHAPE - (0.5, 0.6)) * 70 @ turn.T + rng.normal(0, 0.4, (68, 2))
        out[key] = (face - face.min(axis=0) + 31 + rng.uniform(0, 8, 2)).round(2).clip(None, np.array(SIZE) - 2)
    return out


def table_of(points: dict[tuple[str, str, int], np.ndarray]) -> Table:
    return Table(
        [list(map(str, key)) for key in points],
        [[(f"{x:.2f}", f"{y:.2f}") for x, y in one] for one in points.values()],
    )


def used(reading: Reading, path: Path, work: Path) -> tuple[dict[tuple[str, str, int], np.ndarray], str]:
    """Landmarks by which frames were aligned, and every word that was said."""
    work.mkdir(exist_ok=True)
    reading = replace(reading, findings=Findings())
    copy = Copy("bp4d", reading.tree.root, "given", landmarks=path)
    out, said = {}, []
    for piece in pieces(reading, copy, work, None, SIDE):
        align_piece(piece)
        made = dict(np.load(piece.rest))
        said += [why for why in made["why"] if why]
        numbers = piece.recording.frames[piece.rows][made["kept"]].tolist()
        assert len(made["why"]) == len(piece.rows) and all(made["why"][~made["kept"]]), "a reason for each frame left out"
        assert set(made["by"]) <= {"landmark table"}
        for number in numbers:
            points = piece.recording.points.points(number)
            out[piece.recording.subject, piece.recording.sequence, number] = points
    return out, "\n".join([*said, *reading.findings.lines()])


def outcome(reading: Reading, folder: Path, seed: int) -> str:
    """``used``, ``left out`` or ``error``; an assertion where landmarks were used that are not the true ones."""
    points = truth(seed)
    name, data = mutated(table_of(points), seed)
    path = folder / "table.csv"
    path.write_bytes(data)
    try:
        found, said = used(reading, path, folder / "pieces")
    except AulibError as error:
        assert "\n" not in str(error) and "table.csv" in str(error), f"{name}, seed {seed}: {error}"
        return "error"
    for key, one in found.items():
        away = np.nanmax(np.abs(one - points[key]))
        assert away < 1, f"{name}, seed {seed}: frame {key} was aligned by landmarks {away:.1f} pixels from the true ones"
    assert len(found) == len(points) or said, f"{name}, seed {seed}: frames are gone without a word"
    return "used" if len(found) == len(points) else "left out"


def test_no_changed_table_is_used_silently(reading, tmp_path):
    """Every way in turn; only errors of one line, and no landmark that is not the true one or absent with a reason."""
    n = int(os.environ.get("AULIB_LANDMARK_MUTATIONS", 8 * len(MUTATIONS)))
    outcomes: dict[str, set[str]] = {}
    for seed in range(n):
        outcomes.setdefault(list(MUTATIONS)[seed % len(MUTATIONS)], set()).add(outcome(reading, tmp_path, seed))
    for name in ("nothing", "spelled otherwise", "parted otherwise", "columns and rows in another order"):
        assert outcomes[name] == {"used"}, f"{name}: {outcomes[name]}"
    for name in ("mirrored, not renumbered", "counted from below", "on its head", "x and y exchanged", "larger",
                 "far smaller", "shares of the picture", "of something else", "shifted out", "a column missing",
                 "a frame twice", "no heading", "a number that is none", "a frame number that is none"):  # fmt: skip
        assert outcomes[name] == {"error"}, f"{name}: {outcomes[name]}"
    assert outcomes["a coordinate far away"] == {"left out"} and "used" not in outcomes["landmarks shuffled"]
