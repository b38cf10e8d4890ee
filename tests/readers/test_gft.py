"""GFT, and what a naive reading makes of it."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from aulib.aus import UNKNOWN
from aulib.datasets.readers import read
from aulib.datasets.reading.columns import mapping
from aulib.errors import CorpusError
from tests.readers import trees_gft as trees
from tests.readers.checks import assert_read, codes_of, column, counts, read_miniature
from tests.readers.miniature import number_in, save, write


@pytest.mark.parametrize("one", trees.MINIATURES, ids=str)
def test_every_cell_and_every_picture(one, tmp_path):
    assert_read(*read_miniature(one, tmp_path))


def test_it_says_that_it_is_a_guess(tmp_path):
    trees.videos(tmp_path)
    found = read("gft", tmp_path)
    assert "the layout of GFT's files is a guess: unproven on real data" in counts(found, "note")
    assert "a guess" in found.found.layout
    assert counts(found, "note")["another number of people or groups than documented"] == 1


def test_people_who_sit_together_share_a_group(tmp_path):
    trees.videos(tmp_path)
    groups = dict(read("gft", tmp_path).frames.groupby("subject")["group"].first())
    assert groups == {"001A": "001", "001B": "001", "032C": "032"}


def test_columns_are_found_by_heading_not_by_place(tmp_path):
    trees.folders(tmp_path)
    naive = np.loadtxt(tmp_path / "001A/labels.txt", skiprows=1, dtype=int)[:, 1:]
    truth = np.array(list(trees.made_up("001A").values()))
    assert (naive != truth).any()
    np.testing.assert_array_equal(read("gft", tmp_path).recordings[0].codes, truth)


@pytest.mark.parametrize("sign", ["9", "-1", "999", "", "NaN", "n/a"])
def test_signs_for_unknown_are_never_absent(sign, tmp_path):
    codes = trees.made_up("001A")
    write(tmp_path / "001A.csv", trees.table(codes, ["frame", *(f"AU{au}" for au in trees.AUS)], unknown=sign))
    found = read("gft", tmp_path)
    assert codes_of(found) == codes and (found.codes == UNKNOWN).sum() == 1
    assert counts(found, "warning").get("empty cells: taken as unknown", 0) == (sign in ("", "NaN", "n/a"))


def test_levels_are_no_occurrence(tmp_path):
    write(tmp_path / "001A.csv", "frame,AU1,AU2\n1,0,3\n2,1,5\n")
    found = read("gft", tmp_path)
    assert column(found, "001A", 2).tolist() == [UNKNOWN, UNKNOWN]  # never 3 and 5, nor present by a guess
    strange = [one for one in found.findings.of("warning") if "outside 0…1" in one.kind]
    assert [(one.where, one.count) for one in strange] == [("001A.csv:2", 2)]


def test_a_missing_column_is_unknown_and_others_are_counted(tmp_path):
    write(tmp_path / "001A.csv", "frame,AU1,AU2,AU9,AU11\n1,0,1,1,1\n")
    found = read("gft", tmp_path)
    assert found.codes.tolist() == [[0, 1, -1, -1, -1, -1, -1, -1, -1, -1]]
    assert counts(found, "warning")["AUs that nothing can be read of: unknown"] == 8
    assert counts(found, "note")["columns of AUs besides the ten: passed over"] == 2


def test_frames_are_known_by_their_number(tmp_path):
    write(tmp_path / "001A.csv", "AU1,frame\n1,7\n0,3\n")  # the frame is not the first column, nor are rows in order
    found = read("gft", tmp_path)
    assert found.frames["frame"].tolist() == [3, 7] and column(found, "001A", 1).tolist() == [0, 1]


def test_rows_count_only_where_an_option_says_so(tmp_path):
    write(tmp_path / "001A.csv", "AU1,AU2\n1,0\n0,1\n")
    with pytest.raises(CorpusError, match="no column of frames"):
        read("gft", tmp_path)
    found = read("gft", tmp_path, {"columns": "frame=row"})
    assert found.frames["frame"].tolist() == [1, 2] and column(found, "001A", 1).tolist() == [1, 0]


def test_a_map_of_columns_from_a_file(tmp_path):
    trees.other_names(tmp_path / "gft")
    lines = ["frame: t", *(f"AU{au}: 'brow or so {au}'" for au in trees.AUS)]
    write(tmp_path / "map.yaml", "\n".join(lines))
    found = read("gft", tmp_path / "gft", {"column_map": str(tmp_path / "map.yaml"), "files": "^occ"})
    assert codes_of(found) == trees.everybody()


@pytest.mark.parametrize("text", ["AU1", "AU1=", "AU99=x", "time=x", "frame=a,,AU7=x"])
def test_a_map_that_is_none(text, tmp_path):
    with pytest.raises(CorpusError, match="AU"):
        mapping(text, "", trees.AUS)
    write(tmp_path / "map.yaml", "- AU1\n")
    with pytest.raises(CorpusError, match=r"map\.yaml must hold"):
        mapping("", str(tmp_path / "map.yaml"), trees.AUS)
    with pytest.raises(CorpusError, match="cannot be read"):
        mapping("", str(tmp_path / "none.yaml"), trees.AUS)
    write(tmp_path / "map.yaml", "{AU1: [")
    with pytest.raises(CorpusError, match="cannot be read"):
        mapping("", str(tmp_path / "map.yaml"), trees.AUS)


def test_options_go_before_the_file_and_spelling_is_free(tmp_path):
    write(tmp_path / "map.yaml", "{frame: t, au_01: a, AU 2: b}")
    assert mapping(" au1 = c ", str(tmp_path / "map.yaml"), trees.AUS) == {"frame": "t", "1": "c", "2": "b"}


def test_tables_without_aus_are_passed_over_and_counted(tmp_path):
    trees.videos(tmp_path)
    write(tmp_path / "landmarks/001A.csv", "frame,x0,y0\n1,3,4\n")
    found = read("gft", tmp_path)
    assert counts(found, "note")["a table with a person's name and no columns of AUs: passed over"] == 1
    assert codes_of(found) == trees.everybody()


def test_headings_that_nobody_understands_are_shown(tmp_path):
    trees.other_names(tmp_path)
    with pytest.raises(CorpusError, match=r"first line is 't,brow or so 1.*option columns="):
        read("gft", tmp_path)


def test_two_tables_of_a_person_need_a_word(tmp_path):
    trees.videos(tmp_path)
    write(tmp_path / "intensity/001A.csv", "frame,AU12\n1,4\n")
    with pytest.raises(CorpusError, match=r"two tables hold 001A.*option files="):
        read("gft", tmp_path)
    assert codes_of(read("gft", tmp_path, {"files": "labels/"})) == trees.everybody()
    with pytest.raises(CorpusError, match="no regular expression"):
        read("gft", tmp_path, {"files": "("})


@pytest.mark.parametrize(
    "content",
    [
        "",
        "frame,AU1\n",
        "frame,AU1\n1\n",
        "frame,AU1\n1,0\n1,0\n",
        "frame,AU1\nx,0\n",
        "frame,AU1\n1,y\n",
        "frame,AU1,AU01\n1,0,1\n",
        "frame,AU1\n,0\n",
    ],
)
def test_a_broken_table_is_named_and_left_out(content, tmp_path):
    trees.videos(tmp_path)
    write(tmp_path / "labels/001B.csv", content)
    found = read("gft", tmp_path)
    (error,) = found.findings.of("error")
    assert error.where.startswith("labels/001B.csv") and {one.subject for one in found.recordings} == {"001A", "032C"}


def test_a_long_table_with_a_row_of_nobody(tmp_path):
    trees.one_table(tmp_path)
    with (tmp_path / "all.csv").open("a") as file:
        file.write("\n,9," + ",".join("0" * 10))
    with pytest.raises(CorpusError, match="names no person"):
        read("gft", tmp_path)


def test_labels_in_an_archive(tmp_path):
    trees.numbers_as_headings(tmp_path / "in")
    with zipfile.ZipFile(tmp_path / "Annotations.zip", "w") as archive:
        for path in sorted((tmp_path / "in").iterdir()):
            archive.write(path, path.name)
            path.unlink()
    assert codes_of(read("gft", tmp_path)) == trees.everybody()


def test_pictures_and_labels_are_compared(tmp_path):
    trees.folders(tmp_path)
    (tmp_path / "images/001A/3.jpg").unlink()
    save(tmp_path / "images/001A/4.jpg", 3)
    for path in (tmp_path / "images/032C").iterdir():
        path.unlink()
    warnings = counts(read("gft", tmp_path), "warning")
    assert warnings["labels without a picture"] == warnings["pictures without a label"] == 1
    assert warnings["no video or pictures of this person: labels only"] == 1


@pytest.mark.parametrize("offset, expected", [(0, [0, 35]), (1, [35, 70])])
def test_an_offset_of_pictures(offset, expected, tmp_path):
    trees.videos(tmp_path)
    found = read("gft", tmp_path, {"image_offset": offset})
    shown = [number_in(picture) for _, picture, _ in found.recordings[0].media.pictures([1, 2])]
    assert np.abs(np.array(shown) - expected).max() <= 3


def test_a_folder_of_something_else(tmp_path):
    write(tmp_path / "AUCoding/F001_T1.csv", "0,1\n1,0\n")
    with pytest.raises(CorpusError, match=r"001A\.csv.*BP4D"):
        read("gft", tmp_path)
