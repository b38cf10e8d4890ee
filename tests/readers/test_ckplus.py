"""CK+: cell by cell, and each of its quirks with the naive reading that it defeats."""

from __future__ import annotations

import pytest

from aulib.aus import UNKNOWN
from aulib.datasets.readers import read
from aulib.datasets.readers.ckplus import AUS
from aulib.datasets.reading.matching import UNMATCHED
from aulib.errors import CorpusError
from tests.readers.compare import check, codes_of, kinds, read_miniature
from tests.readers.miniature import save, write
from tests.readers.trees_ckplus import MINIATURES, SCRIPT, as_delivered, facs_text, labels

STEM = "S005/001/S005_001_00000011"
PEAK = ("S005", "001", 11)


def row(**codes: int) -> tuple[int, ...]:
    """Codes in the order of the AUs: ``row(au9=5, rest=0)``."""
    return tuple(codes.get(f"au{au}", codes.get("rest", 0)) for au in AUS)


@pytest.mark.parametrize("one", MINIATURES, ids=str)
def test_cell_by_cell(one, tmp_path):
    reading, expected = read_miniature(one, tmp_path)
    check(reading, expected)
    assert not reading.findings.of("warning")
    assert len(expected.codes) == len(SCRIPT) * (1 if one.options.get("neutral") == "none" else 2)
    assert len(reading.labels()) == len(expected.codes)


def test_columns(tmp_path):
    reading, _ = read_miniature(MINIATURES[0], tmp_path)
    table = reading.frames.set_index(["subject", "sequence", "frame"])
    assert table["role"].tolist() == ["neutral", "peak"] * 4
    assert table["emotion"].tolist() == [UNKNOWN, 3, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, 7]
    assert reading.recordings[0].points.points(11)[67].tolist() == [78, 134]


@pytest.mark.parametrize("choice, code", [(None, 1), ("trace", 1), ("unknown", UNKNOWN)])
def test_zero_is_present_without_a_level(choice, code, tmp_path):
    """Naive: intensity above 1 is positive, 0 is absent."""
    as_delivered(tmp_path)
    reading = read("ckplus", tmp_path, {"listed_zero": choice} if choice else {})
    assert codes_of(reading)[PEAK] == row(au9=5, au17=3, au24=code)
    [kind] = [kind for kind in kinds(reading, "note") if "intensity 0" in kind]
    assert kinds(reading)[kind] == 2


@pytest.mark.parametrize("blanks", [1, 3, 9])
def test_runs_of_blanks_and_blank_lines(blanks, tmp_path):
    """Naive: the fourth token between single blanks."""
    as_delivered(tmp_path)
    text = facs_text([(9, 5), (17, 3), (24, 0)], blanks)
    write(tmp_path / f"FACS/{STEM}_facs.txt", "\n" + text.replace("  ", " \t", 1) + "\n \n")
    tokens = {line.split(" ")[3] for line in text.splitlines() if line}
    assert codes_of(read("ckplus", tmp_path))[PEAK] == row(au9=5, au17=3, au24=1)
    assert tokens != {"9.0000000e+00", "1.7000000e+01", "2.4000000e+01"}


@pytest.mark.parametrize("cell", ["1.5000000e+00", "1.2", "0.0000000e+00", "-4", "99", "1e30"])
def test_odd_au_numbers(cell, tmp_path):
    """Naive: int(float(cell)): 1.5 becomes AU1, 1.2 (a slip for 12) too, or the line is dropped and both are absent."""
    as_delivered(tmp_path)
    write(tmp_path / f"FACS/{STEM}_facs.txt", f"   9.0e+00  5.0e+00\n   {cell}   3.0000000e+00\n")
    reading = read("ckplus", tmp_path)
    assert codes_of(reading)[PEAK] == row(au9=5, rest=UNKNOWN)
    assert [(one.where, one.detail) for one in reading.findings.of("warning")] == [(f"FACS/{STEM}_facs.txt:2", cell)]


def test_other_aus_are_counted(tmp_path):
    as_delivered(tmp_path)
    write(tmp_path / f"FACS/{STEM}_facs.txt", facs_text([(9, 5), (10, 2), (38, 1)]))
    write(tmp_path / "FACS/S010/001/S010_001_00000003_facs.txt", facs_text([(10, 2)]))
    reading = read("ckplus", tmp_path)
    assert codes_of(reading)[PEAK] == row(au9=5)
    found = kinds(reading, "note")
    assert found["AU10 is listed, which is not among the AUs that are read"] == 2
    assert found["AU38 is listed, which is not among the AUs that are read"] == 1


def test_only_the_last_frame_is_coded(tmp_path):
    """Naive: the sequence's label for all its frames, or the number of pictures as the number of the frame."""
    as_delivered(tmp_path)
    assert len(list((tmp_path / "cohn-kanade-images/S005/001").iterdir())) == 11
    reading = read("ckplus", tmp_path, {"neutral": "none"})
    assert codes_of(reading).keys() == {(*key, count) for key, (count, _, _) in SCRIPT.items()}
    for number in (4, 5):
        (tmp_path / f"cohn-kanade-images/S005/001/S005_001_{number:08}.png").unlink()
    reading = read("ckplus", tmp_path)
    assert PEAK in codes_of(reading), "by the file's name, not by counting"
    assert kinds(reading, "warning") == {"pictures between the first and the last are missing": 2}


def test_a_lost_first_frame_is_not_replaced_by_the_second(tmp_path):
    """Naive: the first file of the folder is neutral."""
    as_delivered(tmp_path)
    (tmp_path / "cohn-kanade-images/S005/001/S005_001_00000001.png").unlink()
    reading = read("ckplus", tmp_path)
    assert [key for key in codes_of(reading) if key[:2] == PEAK[:2]] == [PEAK]
    assert kinds(reading, "warning") == {"no frame 1: the sequence has no neutral frame": 1}
    assert kinds(reading, "error") == {UNMATCHED: 2}, "or the pictures count from 2"
    kept = read("ckplus", tmp_path, {"image_offset": 0})
    assert not kept.findings.of("error") and [key for key in codes_of(kept) if key[:2] == PEAK[:2]] == [PEAK]


def test_media_are_compared(tmp_path):
    as_delivered(tmp_path)
    (tmp_path / f"cohn-kanade-images/{STEM}.png").unlink()
    save(tmp_path / "cohn-kanade-images/S005/002/S005_002_00000005.png", 9)
    (tmp_path / "FACS/S010/001/S010_001_00000003_facs.txt").unlink()
    reading = read("ckplus", tmp_path)
    assert [one.where for one in reading.findings.of("error") if one.kind == UNMATCHED] == [
        f"FACS/{STEM}_facs.txt",  # the last picture is not the coded one
        "FACS/S005/002/S005_002_00000004_facs.txt",
    ]
    found = kinds(reading, "warning")
    assert found["a sequence has no FACS file: it is not coded"] == 1


@pytest.mark.parametrize(
    "text, level, why",
    [
        ("8", "warning", "emotion that does not exist"),
        ("-1", "warning", "emotion that does not exist"),
        ("2.5", "error", "not a whole number"),
        ("", "error", "0 lines"),
        ("1\n2\n", "error", "2 lines"),
        ("happy", "error", "not numbers"),
    ],
)
def test_strange_emotion(text, level, why, tmp_path):
    as_delivered(tmp_path)
    write(tmp_path / f"Emotion/{STEM}_emotion.txt", text)
    reading = read("ckplus", tmp_path)
    assert reading.frames["emotion"].tolist()[1] == UNKNOWN
    [one] = reading.findings.of(level)
    assert why in one.kind and one.where.startswith(f"Emotion/{STEM}")


def test_an_emotion_of_another_frame(tmp_path):
    as_delivered(tmp_path)
    file = tmp_path / f"Emotion/{STEM}_emotion.txt"
    file.rename(file.with_name("S005_001_00000010_emotion.txt"))
    reading = read("ckplus", tmp_path)
    assert reading.frames["emotion"].tolist()[1] == UNKNOWN
    assert len(reading.findings.of("warning")) == 1


def test_broken_file(tmp_path):
    expected = as_delivered(tmp_path)
    write(tmp_path / f"FACS/{STEM}_facs.txt", "   9.0000000e+00   5.0\n\n   1.7000000e+01")
    reading = read("ckplus", tmp_path)
    [error] = reading.findings.of("error")
    assert error.where == f"FACS/{STEM}_facs.txt:3" and "1 cell where 2 are expected" in error.kind
    rest = {key: codes for key, codes in expected.codes.items() if key[:2] != PEAK[:2]}
    assert codes_of(reading) == rest


def test_misnamed_and_doubled(tmp_path):
    as_delivered(tmp_path)
    file = tmp_path / f"FACS/{STEM}_facs.txt"
    file.rename(file.with_name("S0005_001_00000011_facs.txt"))  # a slip of the corpus' own readme
    reading = read("ckplus", tmp_path)
    assert [one.where for one in reading.findings.of("error")] == ["FACS/S005/001/S0005_001_00000011_facs.txt"]
    labels(tmp_path / "again")
    with pytest.raises(CorpusError, match=r"two label files hold S005/002: .*again/"):
        read("ckplus", tmp_path)


def test_flat_folders(tmp_path):
    """All files of a kind in one folder."""
    write(tmp_path / "FACS/S005_001_00000011_facs.txt", facs_text([(9, 5)]))
    write(tmp_path / "labels/FACS/S010_002_00000004_facs.txt", facs_text([(12, 1)]))
    reading = read("ckplus", tmp_path, {"neutral": "none"})
    assert codes_of(reading) == {PEAK: row(au9=5), ("S010", "002", 4): row(au12=1)}


def test_not_this_corpus(tmp_path):
    write(tmp_path / "Labels/SN001_au1.txt", "1,0\n")
    with pytest.raises(CorpusError, match=r"_facs.txt were looked for.*SN001_au1.txt looks like DISFA"):
        read("ckplus", tmp_path)
