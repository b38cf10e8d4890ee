"""UNBC-McMaster: cell by cell, and each of its quirks with the naive reading that it defeats."""

from __future__ import annotations

import numpy as np
import pytest

from aulib.aus import UNKNOWN
from aulib.datasets.readers import read
from aulib.datasets.readers.unbc import AUS, pspi_of
from aulib.errors import CorpusError
from tests.readers.compare import check, codes_of, kinds, read_miniature
from tests.readers.miniature import write
from tests.readers.trees_unbc import MINIATURES, SCRIPT, as_delivered, facs_line, label_files

FACS, SEQUENCE = "Frame_Labels/FACS", ("042-ll042", "ll042t1aaaff")
STEM = "/".join(SEQUENCE) + "/" + SEQUENCE[1]


@pytest.mark.parametrize("one", MINIATURES, ids=str)
def test_cell_by_cell(one, tmp_path):
    reading, expected = read_miniature(one, tmp_path)
    check(reading, expected)
    assert len(expected.codes) == 9
    labels = reading.labels()
    assert len(labels) == 9 and labels.aus == AUS


def test_columns(tmp_path):
    reading, _ = read_miniature(MINIATURES[0], tmp_path)
    table = reading.frames.set_index(["subject", "sequence", "frame"])
    # by hand: frame 3 of the first sequence has 6: 1, 7: 4, 12: 2, 43: 1
    assert table.loc[(*SEQUENCE, 3), "pspi"] == 0 + 4 + 0 + 1
    assert table["pspi"].tolist() == [0, 5, 5, 5, 0, 0, 1, 0, 13]
    assert (table.loc[SEQUENCE, "vas"] == 1.5).all()
    assert (table.loc[("042-ll042", "ll042t2ibunaff"), "opr"] == 2.5).all()
    assert np.isnan(table.loc[("107-hs107", "hs107t1bbaff"), "vas"]).all(), "no file: unknown, not 0"
    assert kinds(reading, "warning") == {  # the unlabelled frame 4
        "frames between the first and the last of a sequence have no FACS file: not labelled": 1,
        "pictures without a label": 1,
        "a landmark file has no label": 1,
    }


def test_landmarks(tmp_path):
    reading, _ = read_miniature(MINIATURES[0], tmp_path)
    points = reading.recordings[0].points
    assert points.points(2)[17].tolist() == [19, 34] and np.isnan(points.points(2)[60]).all()
    assert points.points(3) is None, "an empty file: the tracker lost the face"


def test_a_missing_file_is_not_an_empty_one(tmp_path):
    """Naive: frames 1…n in a row, absent where nothing is listed: frame 4 would be all 0."""
    reading, _ = read_miniature(MINIATURES[0], tmp_path)
    read_codes = codes_of(reading)
    assert (*SEQUENCE, 4) not in read_codes
    assert read_codes[(*SEQUENCE, 1)] == (0,) * 10
    assert SCRIPT[SEQUENCE][3] is None and SCRIPT[SEQUENCE][0] == {}
    naive = {}  # the n-th file is frame n
    for number, file in enumerate(sorted((tmp_path / FACS / "/".join(SEQUENCE)).iterdir()), 1):
        naive[number] = bool(file.read_text())
    assert naive[4] and (*SEQUENCE, 4) not in read_codes, "list order moves frame 5 to 4"


def test_same_name_other_content(tmp_path):
    """Naive: every *_facs.txt below the root; a PSPI file would be taken for a FACS file, or refused."""
    label_files(tmp_path, SCRIPT, "x/Frame_Labels/FACS", "x/Frame_Labels/PSPI")
    found = sorted(path.name for path in tmp_path.rglob("*_facs.txt"))
    assert len(found) == 2 * len(set(found)), "names alone do not tell them apart"
    reading = read("unbc", tmp_path)
    assert codes_of(reading)[(*SEQUENCE, 2)] == (2, 3, 0, 0, 0, 0, 0, 0, 0, 0)
    assert reading.frames["pspi"].max() == 13


def test_padding_is_detected(tmp_path):
    """Naive: three digits at the end: ll042t1aaaff0012 would be frame 12 of 'll042t1aaaff0'."""
    label_files(tmp_path, {SEQUENCE: [{4: 1}] * 12}, FACS, None, width=4)
    assert codes_of(read("unbc", tmp_path)).keys() == {(*SEQUENCE, number) for number in range(1, 13)}


def test_order_is_that_of_numbers(tmp_path):
    """Naive: sorted names; without padding 10 comes before 2."""
    label_files(tmp_path, {SEQUENCE: [{12: 1 + number % 5} for number in range(12)]}, FACS, None, width=1)
    reading = read("unbc", tmp_path)
    assert reading.recordings[0].frames.tolist() == list(range(1, 13))
    assert reading.recordings[0].codes[:, AUS.index(12)].tolist() == [1 + number % 5 for number in range(12)]
    files = sorted(path.name for path in (tmp_path / FACS).rglob("*.txt"))
    assert files[0].endswith("ff10_facs.txt")


def test_a_sequence_that_ends_in_a_digit(tmp_path):
    """Naive: all digits at the end are the number; S01_T1 and frame 003 would be frame 1003 of S01_T."""
    label_files(tmp_path, {("S01", "T1"): [{}, {4: 1}, {6: 2}]}, FACS, None)
    assert codes_of(read("unbc", tmp_path)).keys() == {("S01", "T1", number) for number in (1, 2, 3)}


@pytest.mark.parametrize("choice, code", [(None, UNKNOWN), ("unknown", UNKNOWN), ("trace", 1)])
def test_listed_with_zero_is_not_absent(choice, code, tmp_path):
    """Naive: the intensity is the code: 0, absent, though a coder listed it."""
    as_delivered(tmp_path)
    write(tmp_path / FACS / f"{STEM}002_facs.txt", facs_line(4, 2) + facs_line(6, 0) + facs_line(43, 0))
    reading = read("unbc", tmp_path, {"listed_zero": choice} if choice else {})
    expected = (2, code, 0, 0, 0, 0, 0, 0, 0, code)
    assert codes_of(reading)[(*SEQUENCE, 2)] == expected
    [kind] = [kind for kind in kinds(reading, "warning") if "intensity 0" in kind]
    assert kinds(reading)[kind] == 2


def test_au43_has_no_levels_and_au27_is_not_read(tmp_path):
    as_delivered(tmp_path)
    write(tmp_path / FACS / f"{STEM}001_facs.txt", facs_line(43, 3) + facs_line(27, 4))
    reading = read("unbc", tmp_path)
    assert codes_of(reading)[(*SEQUENCE, 1)] == (0,) * 9 + (UNKNOWN,)
    assert kinds(reading, "note")["AU27 is listed, which is not among the AUs that are read"] == 1
    assert any("outside 0…1" in kind for kind in kinds(reading, "warning"))


@pytest.mark.parametrize("last", ["NaN", "Inf", "-Inf"])
def test_columns_three_and_four_may_hold_no_number(last, tmp_path):
    """Nobody says what they mean; MATLAB writes NaN where it has none."""
    label_files(tmp_path, {("042-ll042", "ll042t1aaaff"): [{4: 2}]}, "FACS", None)
    (path,) = (tmp_path / "FACS").rglob("*_facs.txt")
    path.write_text(f"   4.0000000e+00   3.0000000e+00             {last}             {last}\n")
    reading = read("unbc", tmp_path)
    assert not reading.findings.of("error") and reading.codes.tolist() == [[3] + [0] * 9]
    path.write_text(f"   4.0000000e+00             {last}   1.0000000e+00   1.0000000e+00\n")
    with pytest.raises(CorpusError, match="are not finite"):
        read("unbc", tmp_path)


def test_columns_three_and_four_are_not_used(tmp_path):
    """Naive: the last column is the intensity."""
    label_files(tmp_path, {SEQUENCE: [{4: 2}]}, FACS, None)
    [file] = tmp_path.rglob("*_facs.txt")
    assert float(file.read_text().split()[-1]) == 7
    assert codes_of(read("unbc", tmp_path))[(*SEQUENCE, 1)][0] == 2


@pytest.mark.parametrize(
    "text, line, why",
    [
        (facs_line(4, 2) + "   6.0000000e+00   3.0", 2, "ends within '3.0'"),
        (facs_line(4, 2) + "   6.0000000e+00   3.0000000e+00", 2, "2 cells where 4 are expected"),
        (facs_line(4, 2) + facs_line(6, float("nan")), 2, "not finite"),
        ("four two 0 0\n", 1, "not numbers"),
        (facs_line(4, 2.5), 1, "intensity of AU4 is 2.5"),
        (facs_line(4, 2).replace("   ", ","), 1, "5 cells where 4 are expected"),
    ],
)
def test_broken_file(text, line, why, tmp_path):
    expected = as_delivered(tmp_path)
    name = f"{FACS}/{STEM}002_facs.txt"
    write(tmp_path / name, text)
    reading = read("unbc", tmp_path)
    [error] = reading.findings.of("error")
    assert error.where == f"{name}:{line}" and why in error.kind
    rest = dict(expected.codes)
    del rest[(*SEQUENCE, 2)]
    assert codes_of(reading) == rest
    with pytest.raises(CorpusError, match=f"unbc: {name}:{line}"):
        reading.findings.raise_errors("unbc")


def test_odd_au_number_makes_the_rest_unknown(tmp_path):
    """Naive: 6.5 rounded to 6, or the line dropped and AU6 and AU7 called absent."""
    as_delivered(tmp_path)
    write(tmp_path / FACS / f"{STEM}002_facs.txt", facs_line(4, 2) + facs_line(6.5, 3))
    reading = read("unbc", tmp_path)
    assert codes_of(reading)[(*SEQUENCE, 2)] == (2,) + (UNKNOWN,) * 9
    assert any(one.where.endswith("002_facs.txt:2") and one.detail == "6.5000000e+00" for one in reading.findings)


def test_listed_twice(tmp_path):
    as_delivered(tmp_path)
    write(tmp_path / FACS / f"{STEM}002_facs.txt", facs_line(4, 2) * 2 + facs_line(6, 1) + facs_line(6, 3))
    reading = read("unbc", tmp_path)
    assert codes_of(reading)[(*SEQUENCE, 2)] == (2, UNKNOWN, 0, 0, 0, 0, 0, 0, 0, 0)
    assert any("listed twice" in kind for kind in kinds(reading, "warning"))


def test_pspi_is_checked(tmp_path):
    """A FACS file that lost its lines looks like a frame without AUs; its PSPI gives it away."""
    as_delivered(tmp_path)
    write(tmp_path / FACS / f"{STEM}002_facs.txt", "")
    reading = read("unbc", tmp_path)
    [one] = [one for one in reading.findings if "PSPI is not what" in one.kind]
    assert one.where == f"{FACS}/{STEM}002_facs.txt" and "give 0" in one.detail and "says 5" in one.detail


@pytest.mark.parametrize("text, level", [("17", "warning"), ("2.5", "warning"), ("-1", "warning"), ("x", "error")])
def test_strange_pspi(text, level, tmp_path):
    as_delivered(tmp_path)
    write(tmp_path / f"Frame_Labels/PSPI/{STEM}002_facs.txt", text)
    reading = read("unbc", tmp_path)
    assert reading.frames["pspi"].tolist()[1] == UNKNOWN
    assert [one for one in reading.findings.of(level) if "PSPI" in one.where]


def test_pspi_formula():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 6, (200, len(AUS)), dtype=np.int8)
    codes[:, -1] = rng.integers(0, 2, 200)
    codes[::7, 3] = UNKNOWN
    for row, score in zip(codes.tolist(), pspi_of(codes).tolist(), strict=True):
        level = dict(zip(AUS, row, strict=True))
        expected = level[4] + sorted([level[6], level[7]])[1] + sorted([level[9], level[10]])[1] + level[43]
        assert score == (UNKNOWN if level[9] == UNKNOWN else expected)


def test_lengths_are_compared(tmp_path):
    as_delivered(tmp_path)
    (tmp_path / f"Images/{STEM}003.png").unlink()
    (tmp_path / f"Frame_Labels/PSPI/{STEM}001_facs.txt").unlink()
    found = kinds(read("unbc", tmp_path), "warning")
    assert found["labels without a picture"] == 1
    assert found["pictures without a label"] == 1  # frame 4
    assert found["labelled frames have no PSPI file"] == 1


def test_misnamed_and_doubled_files(tmp_path):
    as_delivered(tmp_path)
    first = tmp_path / FACS / f"{STEM}001_facs.txt"
    first.rename(first.with_name("hs107t1bbaff001_facs.txt"))
    reading = read("unbc", tmp_path)
    assert [one.where for one in reading.findings.of("error")] == [
        f"{FACS}/{'/'.join(SEQUENCE)}/hs107t1bbaff001_facs.txt",
        f"Images/{'/'.join(SEQUENCE)}",  # pictures from 1 and labels from 2: do they count alike?
    ]
    assert (*SEQUENCE, 1) not in codes_of(reading)
    label_files(tmp_path / "again", SCRIPT, FACS, None)
    with pytest.raises(CorpusError, match=r"two label files hold frame .*again/"):
        read("unbc", tmp_path)


def test_roster(tmp_path):
    label_files(tmp_path, {("P01", "P01t1"): [{}], SEQUENCE: [{}]}, FACS, None)
    found = kinds(read("unbc", tmp_path), "note")
    assert found["people that the archive is not known to have"] == 1
    assert found["people of the archive are missing"] == 24


def test_not_this_corpus(tmp_path):
    write(tmp_path / "FACS/S005/001/S005_001_00000011_facs.txt", "")
    with pytest.raises(CorpusError, match=r"Frame_Labels/FACS/042.*looks like CK"):
        read("unbc", tmp_path)


def test_root_below_facs(tmp_path):
    label_files(tmp_path, SCRIPT, FACS, None)
    with pytest.raises(CorpusError, match="name the folder that holds Frame_Labels"):
        read("unbc", tmp_path / FACS)
