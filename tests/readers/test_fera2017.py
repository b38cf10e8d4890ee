"""FERA 2017, and what a naive reading makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from aulib.aus import UNKNOWN
from aulib.datasets.readers import read
from aulib.datasets.readers.fera2017 import views
from aulib.errors import CorpusError
from tests.readers import trees_fera2017 as trees
from tests.readers.checks import assert_read, codes_of, column, counts, read_miniature
from tests.readers.miniature import number_in, write

LABELS = "Train_Occ/FERA17_TR_F001_T1.csv"


@pytest.mark.parametrize("one", trees.MINIATURES, ids=str)
def test_every_cell_and_every_picture(one, tmp_path):
    assert_read(*read_miniature(one, tmp_path))


def test_views_share_labels_and_say_who_they_are(tmp_path):
    trees.nine_views(tmp_path)
    found = read("fera2017", tmp_path)
    table = found.frames.drop_duplicates(["subject", "sequence"])
    assert len(table) == 27 and sorted(table["view"].unique()) == list(range(1, 10))
    assert dict(table.groupby("subject")["partition"].first()) == {"F001": "train", "M018": "train", "F024": "valid"}
    first = [one.codes for one in found.recordings if one.subject == "M018"]
    assert len(first) == 9 and all((codes == first[0]).all() for codes in first)


def test_columns_are_found_by_the_heading(tmp_path):
    order = (23, 1, 4, 6, 7, 10, 12, 14, 15, 17)
    trees.write_occurrence(tmp_path, 0, order)
    truth = trees.made_up(0, trees.OCCURRENCE, 1)
    truth = np.where(truth == 9, UNKNOWN, truth)
    found = read("fera2017", tmp_path)
    naive = np.loadtxt(tmp_path / LABELS, delimiter=",", skiprows=1, dtype=int)[:, 1:]  # by position
    assert (np.where(naive == 9, UNKNOWN, naive) != truth).any()
    np.testing.assert_array_equal(found.recordings[0].codes, truth)


def test_nine_is_unknown(tmp_path):
    trees.labels_only(tmp_path)
    found = read("fera2017", tmp_path)
    raw = np.loadtxt(tmp_path / LABELS, delimiter=",", skiprows=1, dtype=int)[:, 1:]
    assert (raw == 9).any()  # the naive matrix keeps 9, or says absent
    np.testing.assert_array_equal(found.recordings[0].codes == UNKNOWN, raw == 9)
    assert found.codes.max() == 1


def test_a_row_belongs_to_the_frame_of_its_place(tmp_path):
    trees.write_occurrence(tmp_path, 0)
    trees.video(tmp_path, 0, 6, [20, 60, 100, 140])
    path = tmp_path / LABELS
    head, *rows = path.read_text().splitlines()
    for first, numbers in ((100, [100, 101, 102, 103]), (0, [0, 1, 2, 3])):  # they count on: their numbers are kept
        write(path, "\n".join([head, *(f"{n},{row.split(',', 1)[1]}" for n, row in zip(numbers, rows, strict=True))]))
        one = read("fera2017", tmp_path).recordings[0]
        assert one.frames.tolist() == numbers and one.frames[0] == first
        shown = [number_in(picture) for _, picture, _ in one.media.pictures(numbers)]
        assert np.abs(np.array(shown) - [20, 60, 100, 140]).max() <= 3
    write(path, "\n".join([head, *(f"{n},{row.split(',', 1)[1]}" for n, row in zip([7, 9, 9, 20], rows, strict=True))]))
    found = read("fera2017", tmp_path)  # a naive reading looks for frame 20 of a video of four
    assert found.recordings[0].frames.tolist() == [1, 2, 3, 4]
    assert len(list(found.recordings[0].media.pictures([4]))) == 1
    kinds = counts(found, "warning")
    assert kinds["frame numbers do not count on from row to row: rows are counted from 1, as the videos are"] == 4


@pytest.mark.parametrize("frames", [3, 6])
def test_lengths_are_compared_for_each_view_and_nothing_is_cut(frames, tmp_path):
    trees.write_occurrence(tmp_path, 0)
    trees.video(tmp_path, 0, 5, [20, 60, 100, 140])
    trees.video(tmp_path, 0, 6, [20] * frames)
    found = read("fera2017", tmp_path)
    assert {one.sequence: len(one) for one in found.recordings} == {"T1_v5": 4, "T1_v6": 4}
    warned = [one for one in found.findings.of("warning") if one.kind == "a video of another length than its labels"]
    assert [(one.where[-6:], one.count) for one in warned] == [("_6.mp4", abs(frames - 4))]
    assert counts(found, "warning").get("labels without a picture", 0) == max(0, 4 - frames)
    last = next(iter(found.recordings[1].media.pictures([4])))
    assert (last[1] is None) == (frames == 3)


def test_missing_views(tmp_path):
    trees.some_views(tmp_path)
    (tmp_path / "FERA17_Train_MV/FERA17_TR_F001_T1_6.mp4").unlink()
    found = read("fera2017", tmp_path)
    assert counts(found, "note")["views without any video"] == 5
    assert counts(found, "warning")["videos of a sequence are missing, its other views are read"] == 1
    assert [one.sequence for one in found.recordings if one.subject == "F001"] == ["T1_v1", "T1_v2", "T1_v9"]
    only = read("fera2017", tmp_path, {"views": "6"})
    (one,) = [one for one in only.recordings if one.subject == "F001"]
    assert one.sequence == "T1" and one.media is None and one.columns["view"] == 0  # labels stay


def test_videos_without_labels_are_counted(tmp_path):
    trees.frontal(tmp_path)
    (tmp_path / LABELS).unlink()
    found = read("fera2017", tmp_path)
    assert counts(found, "note")["videos without labels"] == 1 and len(found.recordings) == 2


@pytest.mark.parametrize(
    "text, expected",
    [("all", tuple(range(1, 10))), ("6", (6,)), ("9, 1,6", (1, 6, 9)), ("ALL", tuple(range(1, 10)))],
)
def test_views_as_words(text, expected):
    assert views(text) == expected


@pytest.mark.parametrize("text", ["", "0", "10", "frontal", "1;2", "1,,2"])
def test_views_that_do_not_exist(text, tmp_path):
    trees.frontal(tmp_path)
    with pytest.raises(CorpusError, match="option views="):
        read("fera2017", tmp_path, {"views": text})


def test_a_missing_column_is_unknown(tmp_path):
    trees.write_occurrence(tmp_path, 0, tuple(au for au in trees.OCCURRENCE if au != 14))
    found = read("fera2017", tmp_path)
    assert (column(found, "F001", 14) == UNKNOWN).all()
    assert counts(found, "warning")["AUs that the heading lacks: unknown"] == 1


@pytest.mark.parametrize(
    "content",
    ["", "0,1,4\n", "1,0,0,1\n2,0,0,1\n", "0,1,4\n1,0\n", "0,1,4\n1,0,x\n", "a,b\n1,1\n", "0,1,1\n1,0,0\n"],
)
def test_a_broken_file_is_named_and_left_out(content, tmp_path):
    trees.labels_only(tmp_path)
    (tmp_path / LABELS).write_text(content)
    found = read("fera2017", tmp_path)
    (error,) = found.findings.of("error")
    assert error.where.startswith(LABELS) and {one.subject for one in found.recordings} == {"M018", "F024"}


def test_a_broken_intensity_file_costs_its_column(tmp_path):
    expected = trees.intensities(tmp_path)
    (tmp_path / "anywhere/FERA17_TR_F001_T1_AU06_Int.csv").write_text("1,2,3\n")
    found = read("fera2017", tmp_path, {"coding": "intensity"})
    assert (column(found, "F001", 6) == UNKNOWN).all()
    assert (column(found, "F001", 4) == [row[1] for key, row in expected.codes.items() if key[0] == "F001"]).all()
    assert len(found.findings.of("error")) == 1


def test_a_heading_of_an_intensity_file_is_no_frame(tmp_path):
    trees.intensities_with_heading(tmp_path)
    naive = np.loadtxt(tmp_path / "anywhere/FERA17_TR_F001_T1_AU04_Int.csv", delimiter=",", dtype=int)
    assert naive[0].tolist() == [0, 4]  # the naive reading: frame 0 with AU4 at level 4
    assert read("fera2017", tmp_path, {"coding": "intensity"}).frames["frame"].min() == 1


def test_the_other_coding_is_pointed_out(tmp_path):
    trees.labels_only(tmp_path)
    with pytest.raises(CorpusError, match="use the option coding=occurrence"):
        read("fera2017", tmp_path, {"coding": "intensity"})


def test_a_name_in_both_parts_is_two_people(tmp_path):
    trees.write_occurrence(tmp_path, 0)
    text = (tmp_path / LABELS).read_text()
    write(tmp_path / "Valid_Occ/FERA17_VA_F001_T1.csv", text)
    found = read("fera2017", tmp_path)
    assert {(one.subject, one.columns["partition"]) for one in found.recordings} == {
        ("F001", "train"),
        ("VA-F001", "valid"),
    }


def test_people_who_are_missing_and_other_parts(tmp_path):
    expected = trees.labels_only(tmp_path)
    write(tmp_path / "Test_Occ/FERA17_TE_F031_T1.csv", "0,1\n1,0\n")
    found = read("fera2017", tmp_path)
    notes = counts(found, "note")
    assert notes["people of the training part who are not here"] == 39
    assert notes["another number of people in the validation part than documented"] == 1
    warnings = counts(found, "warning")
    assert warnings["a label file of another part than TR (training) and VA (validation): passed over"] == 1
    assert codes_of(found) == expected.codes


def test_the_corpus_twice_and_another_one(tmp_path):
    trees.labels_only(tmp_path / "a")
    trees.labels_only(tmp_path / "b")
    with pytest.raises(CorpusError, match="two label files hold TR_F001_T1"):
        read("fera2017", tmp_path)
    write(tmp_path / "other/AUCoding/F001_T1.csv", "0,1\n")
    with pytest.raises(CorpusError, match=r"FERA17_TR_F001_T1\.csv.*bp4d"):
        read("fera2017", tmp_path / "other")
