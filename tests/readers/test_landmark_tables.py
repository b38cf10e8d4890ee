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
from aulib.datasets.landmarks import MARKUPS, MEAN_SHAPE
from aulib.datasets.own_landmarks import held_against
from aulib.datasets.pieces import align_piece, pieces
from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.datasets.reading.point_tables import point_tables
from aulib.datasets.reading.recording import Reading
from aulib.errors import AulibError
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
        assert len(made["why"]) == len(piece.rows) and all(made["why"][~made["kept"]]), (
            "a reason for each frame left out"
        )
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
        assert away < 1, (
            f"{name}, seed {seed}: frame {key} was aligned by landmarks {away:.1f} pixels from the true ones"
        )
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
    assert outcomes["landmarks shuffled"] == outcomes["the eyes exchanged"] == {"error"}
    assert "used" not in outcomes["a coordinate far away"]


# -- Spellings --


@pytest.mark.parametrize("markup", MARKUPS)
def test_a_folder_of_tables_of_openface(reading, tmp_path, markup):
    """A file a sequence, named after it; X, Y and Z are millimetres, and rows without success are for the detector."""
    points = truth(1)
    places = MARKUPS[markup]
    for person, sequence in (("S01", "T1"), ("S02", "T1")):
        head = ["frame", "face_id", "timestamp", "confidence", "success"]
        head += [f"{axis}_{i}" for axis in "xyXYZ" for i in range(len(places))]
        lines = [", ".join(head)]
        for (subject, _, frame), one in points.items():
            if subject == person:
                sure = "0.9, 1" if frame != 12 else "0.9, 0"
                cells = [*one[list(places), 0], *one[list(places), 1], *[700.0] * 3 * len(places)]
                lines.append(f"{frame}, 0, 0.04, {sure}, " + ", ".join(f"{v:.2f}" for v in cells))
        write(tmp_path / "openface" / f"{person}_{sequence}.csv", "\n".join(lines) + "\n")
    found, said = used(reading, tmp_path / "openface", tmp_path / "pieces")
    assert set(found) == set(points) - {("S02", "T1", 12)} and "no face found (cascade)" in said
    for key, one in found.items():
        np.testing.assert_allclose(one[list(places)], points[key][list(places)], atol=0.006)
        assert np.isfinite(one).all(axis=1).sum() == len(places)


@pytest.mark.parametrize("subject, sequence", [("S01", "T1"), ("s01", "t1")])
def test_rows_are_counted_and_the_first_without_a_frame_is_named(reading, tmp_path, subject, sequence):
    points = truth(2)
    table = table_of(
        {("S01", "T1", f): points["S01", "T1", f] for f in (1, 2)} | {("S01", "T1", 77): points["S01", "T1", 5]}
    )
    table = replace(table, keys=[[subject, sequence, frame] for _, _, frame in table.keys])
    (tmp_path / "table.csv").write_bytes(table.written())
    findings = Findings()
    found = held_against(tmp_path / "table.csv", reading.recordings, findings)
    assert list(found) == ["S01/T1"]
    assert findings.lines() == [
        "warning not all rows of the landmark table fit frames of the copy",
        f"{'':10}table.csv:4 (2 of 3 rows were used; the first that was not: {subject}/{sequence}/77)",
    ]


def test_a_table_of_which_no_row_fits_shows_both_spellings(reading, tmp_path):
    table = table_of(truth(3))
    table = replace(table, keys=[[f"subject {s}", q, f] for s, q, f in table.keys])
    (tmp_path / "table.csv").write_bytes(table.written())
    both = r"none of its 5 rows fits a frame of the copy: the table writes 'subject S01/T1/1', the copy 'S01/T1/1'"
    with pytest.raises(Unreadable, match=both):
        held_against(tmp_path / "table.csv", reading.recordings, Findings())


@pytest.mark.parametrize("written, words", [
    ("a;b;c\n1;2;3\n", r"lacks the column 'frame'; seen were 3 columns parted by semicolons: 'a', 'b'.*expected"),
    ("frame,x0,y0,z0\n", "x, y and z: places in space"),
    ("frame," + ",".join(f"X_{i},Y_{i},Z_{i}" for i in range(68)) + "\n", "places in space"),
    ("frame," + ",".join(f"x{i},y{i}" for i in range(468)) + "\n", "468 points, numbered 0 to 467"),
    ("frame," + ",".join(f"x{i},y{i}" for i in range(68) if i != 30) + "\n", "lacks the column 'x30'"),
    ("frame,x0,x_0,y0\n", "two columns 'x_0'"),
    ("", "is empty"),
])  # fmt: skip
def test_what_is_no_table_of_landmarks(tmp_path, written, words):
    write(tmp_path / "table.csv", written)
    with pytest.raises(Unreadable, match=rf"^table\.csv.*{words}"):
        point_tables(tmp_path / "table.csv")


# -- Pixels of what --


def test_points_of_aligned_faces_without_a_word_about_it(reading, tmp_path):
    """As `data export` wrote them before it said what they are pixels of."""
    points = {key: MEAN_SHAPE * 40 + 0.3 * np.sin(np.arange(136)).reshape(68, 2) for key in KEYS}
    (tmp_path / "table.csv").write_bytes(replace(table_of(points), more=()).written())
    with pytest.raises(
        AulibError, match=r"lie as in aligned faces of 40 pixels, and the pictures have 160 × 120: leave"
    ):
        used(reading, tmp_path / "table.csv", tmp_path / "pieces")


def test_points_of_pictures_of_half_the_size_are_seen_by_the_detector(tmp_path):
    from aulib.datasets.detection import detector
    from aulib.datasets.own_landmarks import try_out
    from aulib.datasets.reading.media import ImageFiles
    from aulib.datasets.reading.recording import Recording
    from synthface.face import Face, Identity, Pose, au_vector

    points, recordings = {}, []
    for person in range(3):
        frame = Face(Identity.draw(np.random.default_rng(person))).render(
            au_vector({}), Pose(3, 2, 1), side=240, framing="camera"
        )
        cv2.imwrite(str(tmp_path / f"{person}.png"), frame.image[..., ::-1])
        media = ImageFiles(tmp_path, {1: f"{person}.png"})
        recordings.append(Recording(str(person), "a", np.array([1]), np.zeros((1, 1), np.int8), "", media))
        points[str(person), "a", 1] = frame.landmarks
    path = tmp_path / "table.csv"
    for scale in (1.0, 0.5):
        table = table_of({key: one * scale for key, one in points.items()})
        path.write_bytes(replace(table, more=()).written())
        found = held_against(path, recordings, Findings())
        if scale == 1:
            try_out(path, found, recordings, detector("cascade"))
        else:
            with pytest.raises(AulibError, match=r"in 3 of 3 pictures cascade finds the face elsewhere"):
                try_out(path, found, recordings, detector("cascade"))


def test_verify_looks_at_pictures_too(reading, tmp_path):
    """Rows that fit frames can still be of other pictures: `data prepare` is not to be the first to say so."""
    from aulib.datasets.verification import report

    path = tmp_path / "table.csv"
    for width, errors in ((160, []), (320, ["landmarks that cannot be used"])):
        table = table_of({key: points * width / 160 for key, points in truth(4).items()})
        path.write_bytes(replace(table, more=()).written())
        one = replace(reading, findings=Findings())
        report(one, Copy("bp4d", reading.tree.root, "given", align="none", landmarks=path))
        assert [error.kind for error in one.findings.of("error")] == errors
