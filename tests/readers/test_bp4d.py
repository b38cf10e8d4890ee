"""BP4D: every layout cell by cell, and every quirk against the reading that a hurried person would write."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aulib.aus import UNKNOWN
from aulib.datasets.readers import bp4d, read
from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.datasets.reading.matching import UNMATCHED
from aulib.datasets.reading.occurrence_csv import occurrence as read_table
from aulib.errors import CorpusError
from tests.readers import trees_bp4d as trees
from tests.readers.compare import check, kinds, read_miniature
from tests.readers.miniature import number_in, save, write

OCC = Path("AUCoding") / "AU_OCC"
PICTURES = Path("Sequences(2D+3D)")


def only(reading):
    (one,) = reading.recordings
    return one


def table(folder: Path, text: str, **options):
    """A sequence F001/T1 with this table and no pictures."""
    write(folder / OCC / "F001_T1.csv", text)
    return read("bp4d", folder, options)


@pytest.mark.parametrize("miniature", trees.MINIATURES, ids=str)
def test_every_layout_is_read_cell_by_cell(miniature, tmp_path):
    check(*read_miniature(miniature, tmp_path))


def test_the_layout_is_told_in_words(tmp_path):
    trees.newer(tmp_path)
    assert read("bp4d", tmp_path).found.layout == (
        "occurrence in AUCoding/AU_OCC (header 0…99, named header); intensity in AUCoding/AU_INT; "
        "pictures in Sequences(2D+3D) (jpg; 3, 4 digits)"
    )


# Headers


def test_a_header_that_counts_means_column_is_au(tmp_path):
    text = trees.legacy("F001", "T1", range(5, 30))
    one = only(table(tmp_path, text))
    rows = np.array([line.split(",") for line in text.splitlines()[1:]], int)
    in_list_order = rows[:, 1:13]  # naive: the twelve AUs are the first twelve columns
    right = rows[:, list(trees.AUS)]
    assert (one.codes == np.where(right == 9, UNKNOWN, right)).all()
    assert not np.array_equal(in_list_order, right)


def test_a_named_header_is_not_indexed_by_number(tmp_path):
    aus = (24, 1, 7, 2, 12, 4, 6, 10, 14, 15, 17, 23)  # not even in ascending order
    text = trees.named("F001", "T1", range(5, 30), corner="frame", aus=aus)
    one = only(table(tmp_path, text))
    rows = np.array([line.split(",") for line in text.splitlines()[1:]], int)
    right = rows[:, [1 + aus.index(au) for au in trees.AUS]]
    assert (one.codes == np.where(right == 9, UNKNOWN, right)).all()
    assert not np.array_equal(rows[:, 1:], right)  # naive: the corpus' own order
    assert max(trees.AUS) >= rows.shape[1]  # naive: column = AU, does not even exist


def test_the_first_header_cell_is_not_believed(tmp_path):
    frames = range(211, 240)
    text = trees.named("F001", "T1", frames, corner="1")
    reading = table(tmp_path, text)
    naive = pd.read_csv(tmp_path / OCC / "F001_T1.csv")
    assert naive["1"].tolist() == list(frames) and "1.1" in naive  # AU1 would be the frame number
    assert only(reading).codes[:, 0].tolist() == [
        trees.known(trees.occurrence("F001", "T1", frame, 1)) for frame in frames
    ]


@pytest.mark.parametrize("cells", [49, 50])
def test_fewer_than_fifty_cells_name_their_columns(tmp_path, cells):
    """AUs one place further to the right than their number: a header that names may do so, one that counts may not."""
    header = ["frame", "99", *map(str, range(1, cells - 1))]
    row = ["7", *["0"] * (cells - 1)]
    row[header.index("24")] = "1"
    text = ",".join(header) + "\n" + ",".join(row) + "\n"
    if cells < 50:
        assert only(table(tmp_path, text)).codes.tolist() == [[0] * 11 + [1]]
    else:
        with pytest.raises(CorpusError, match="cell 2 of 50 in its header is '99', not 1"):
            table(tmp_path, text)


def test_names_of_columns_may_say_au(tmp_path):
    one = only(table(tmp_path, '"","AU01","AU 2","AU_4","note"\n3,1,0,9,0\n'))
    assert one.codes[0, :3].tolist() == [1, 0, UNKNOWN]


def test_an_au_that_the_header_lacks_is_unknown(tmp_path):
    reading = table(tmp_path, "1,1,2,4\n3,0,0,1\n4,0,1,1\n")
    assert (only(reading).codes[:, 3:] == UNKNOWN).all()  # naive: zeros
    assert kinds(reading)["an AU that the header lacks: its codes are unknown"] == 2 * 9


@pytest.mark.parametrize(
    "text, message",
    [
        ("1,0,0,1\n2,0,0,1\n", r"F001_T1\.csv:1: its header names AU0 twice"),
        (",".join(["5"] + ["0"] * 99) + "\n" + ",".join(["6"] + ["0"] * 99), r"\.csv:1: cell 2 of 100 .* no header"),
        ("1,1,2,4\n3,0,0\n", r"\.csv:2: 3 cells below a header of 4"),
        ("1,1,2,4\n3,0,,0\n", r"\.csv:2: AU2 is '', not a number"),
        ("1,1,2,4\n3,0,0.5,0\n", r"\.csv:2: AU2 is '0.5', not a whole number"),
        ("1,1,2,4\n3,0,0,0\n3,1,0,0\n", r"\.csv:3: frame 3 stands here a second time, after line 2"),
        ("1,1,2,4\n-3,0,0,0\n", r"\.csv:2: -3 is no frame number"),
        ("1,1,2,4\n", "holds no line below its header"),
        ("", "holds no line below its header"),
        ("1,3,5\n1,0,0\n", r"\.csv:1: its header names none of the AUs"),
    ],
)
def test_a_damaged_table_is_named_with_its_line(tmp_path, text, message):
    write(tmp_path / "F001_T1.csv", text)
    with pytest.raises(Unreadable, match=message):
        read_table(tmp_path, "F001_T1.csv", bp4d.ABOUT.aus, Findings())


codes = st.sampled_from([0, 1, 9])


@settings(max_examples=40, deadline=None)
@given(data=st.data(), counted=st.booleans())
def test_any_table_gives_what_a_dictionary_gives(data, counted):
    """Any subset and order of AUs, any frames in any order: the oracle never thinks in columns."""
    aus = (
        list(range(1, 100))
        if counted
        else data.draw(st.lists(st.integers(1, 99), min_size=1, max_size=40, unique=True))
    )
    if not set(aus) & set(bp4d.ABOUT.aus):
        aus.append(12)
    frames = data.draw(st.lists(st.integers(0, 5000), min_size=1, max_size=6, unique=True))
    cells = {
        frame: dict(zip(aus, data.draw(st.lists(codes, min_size=len(aus), max_size=len(aus))), strict=True))
        for frame in frames
    }
    text = "\n".join(",".join(map(str, row)) for row in [["0", *aus], *([f, *cells[f].values()] for f in frames)])
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "F001_T1.csv", text)
        read_frames, read_codes, _ = read_table(Path(folder), "F001_T1.csv", bp4d.ABOUT.aus, Findings())
    assert read_frames.tolist() == sorted(frames)
    for frame, row in zip(read_frames.tolist(), read_codes.tolist(), strict=True):
        for au, code in zip(bp4d.ABOUT.aus, row, strict=True):
            assert code == trees.known(cells[frame].get(au, 9))


# Codes


def test_nine_is_unknown_and_nothing_else(tmp_path):
    one = only(table(tmp_path, trees.legacy("F001", "T1", range(1, 40))))
    raw = np.array([[trees.occurrence("F001", "T1", f, au) for au in trees.AUS] for f in range(1, 40)])
    assert (raw == 9).any()
    assert ((one.codes == UNKNOWN) == (raw == 9)).all()
    assert not np.array_equal(one.codes, raw)  # naive: 9 stays
    assert not np.array_equal(one.codes, np.where(raw == 9, 0, raw))  # naive: 9 is absent


def test_a_strange_code_is_unknown_and_counted(tmp_path):
    reading = table(tmp_path, "1,1,2,4\n3,0,7,-1\n")
    assert only(reading).codes[0, :3].tolist() == [0, UNKNOWN, UNKNOWN]
    assert kinds(reading)["a code outside 0…1 that is not the sign for unknown: taken as unknown"] == 2


def test_a_flag_in_the_last_column_is_told_and_not_obeyed(tmp_path):
    rows = trees.legacy("F001", "T1", range(1, 6)).splitlines()
    rows[2] = rows[2].rpartition(",")[0] + ",1"
    reading = table(tmp_path, "\n".join(rows))
    (kind,) = [kind for kind in kinds(reading) if kind.startswith("the last column is 1")]
    assert kinds(reading, "note")[kind] == 1
    assert not reading.excluded.any()


def test_frames_are_put_in_order_with_their_codes(tmp_path):
    lines = trees.legacy("F001", "T1", (5, 3, 9, 4)).splitlines()
    reading = table(tmp_path, "\n".join(lines))
    check(reading, trees.expected({("F001", "T1"): (3, 4, 5, 9)}, pictures=False))
    assert kinds(reading)["frames between the first and the last that have no line"] == 3


# Intensity


def test_the_first_line_of_an_intensity_table_is_no_header(tmp_path):
    trees.newer(tmp_path)
    name = tmp_path / "AUCoding/AU_INT/AU06/F001_T1_AU06.csv"
    assert len(pd.read_csv(name)) == 3  # naive: the first of four frames is gone
    one = read("bp4d", tmp_path, {"coding": "intensity"}).recordings[0]
    assert one.frames.tolist() == [998, 999, 1000, 1001]
    assert one.codes[0, 0] == trees.known(trees.intensity("F001", "T1", 998, 6))


def test_intensities_are_matched_by_frame(tmp_path):
    write(tmp_path / OCC / "F001_T1.csv", trees.legacy("F001", "T1", (10, 11, 12)))
    trees.write_intensities(tmp_path / "AUCoding/AU_INT", "F001", "T1", (10, 11, 12))
    write(tmp_path / "AUCoding/AU_INT/AU12/F001_T1_AU12.csv", "13,4\n12,3\n10,1\n")
    reading = read("bp4d", tmp_path, {"coding": "intensity"})
    naive = [4, 3, 1]  # row by row
    assert only(reading).codes[:, 2].tolist() == [1, UNKNOWN, 3] != naive
    assert kinds(reading)["coded frames without an intensity: unknown"] == 1
    assert kinds(reading)["intensities of frames that are not coded: left out"] == 1


def test_a_missing_intensity_table_is_unknown_not_nought(tmp_path):
    trees.newer(tmp_path)
    (tmp_path / "AUCoding/AU_INT/AU10/M009_T4_AU10.csv").unlink()
    write(tmp_path / "AUCoding/AU_INT/AU14/M009_T4_AU14.csv", "98,1\n99,strong\n")
    reading = read("bp4d", tmp_path, {"coding": "intensity"})
    one = reading.recordings[-1]
    assert (one.codes[:, [1, 3]] == UNKNOWN).all()
    assert kinds(reading)["an AU without intensities: its codes are unknown"] == 2 * 4
    (error,) = reading.findings.of("error")
    assert error.where == "AUCoding/AU_INT/AU14/M009_T4_AU14.csv:2"


def test_intensities_without_occurrences_have_frames_of_their_own(tmp_path):
    trees.write_intensities(tmp_path, "F001", "T1", range(3, 6))
    reading = read("bp4d", tmp_path, {"coding": "intensity"})
    check(reading, trees.expected({("F001", "T1"): range(3, 6)}, "intensity", pictures=False))
    assert kinds(reading)["no table of occurrences: the frames are those of the intensities"] == 1


def test_intensity_that_is_not_there_is_said(tmp_path):
    trees.labels_only(tmp_path)
    with pytest.raises(CorpusError, match=r"AU_INT/AU06/F001_T1_AU06\.csv.*option coding=occurrence"):
        read("bp4d", tmp_path, {"coding": "intensity"})


# Packings


@pytest.mark.parametrize("newest", ["AU_OCC", "au_occ"])
def test_the_newer_of_two_packings_is_read(tmp_path, newest):
    trees.older(tmp_path)
    text = "0,1,2,4,6,7,10,12,14,15,17,23,24\n" + "".join(f"{f}{',1' * 12}\n" for f in range(998, 1002))
    write(tmp_path / "AUCoding" / newest / "F001_T1.csv", text)
    reading = read("bp4d", tmp_path)
    assert (reading.recordings[0].codes == 1).all()
    assert len(reading.recordings) == 3  # the other two have the older packing alone
    assert kinds(reading)["tables of occurrences in two packings: the newer one is read"] == 1


def test_the_newer_intensities_are_read(tmp_path):
    trees.older(tmp_path)
    write(tmp_path / "AUCoding/AU_INT/AU06/F001_T1_AU06.csv", "998,5\n999,5\n1000,5\n1001,5\n")
    reading = read("bp4d", tmp_path, {"coding": "intensity"})
    assert reading.recordings[0].codes[:, 0].tolist() == [5] * 4
    assert kinds(reading)["tables of intensities in two packings: the newer one is read"] == 1


def test_the_corpus_twice_is_refused(tmp_path):
    trees.older(tmp_path / "a")
    trees.older(tmp_path / "b")
    with pytest.raises(CorpusError, match=r"claim the same sequence: a/AUCoding/F001_T1\.csv and b/AUCoding"):
        read("bp4d", tmp_path)


def test_a_table_of_something_else_is_not_taken_for_labels(tmp_path):
    trees.newer(tmp_path)
    before = read("bp4d", tmp_path)
    write(tmp_path / "2DFeatures" / "F002_T1.csv", "frame,1,2\n1,0,1\n")  # naive: any SUBJECT_TASK.csv is a label file
    assert read("bp4d", tmp_path).digest == before.digest


# Pictures


@pytest.mark.parametrize(
    "folder", ["Sequences(2D+3D)", "Sequences_2D+3D", "Sequences", "BP4D-training", "2D+3D", "any"]
)
@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_the_folder_of_the_pictures_may_have_any_name(tmp_path, folder, ending):
    write(tmp_path / OCC / "F001_T1.csv", trees.legacy("F001", "T1", (9, 10)))
    trees.write_pictures(tmp_path / folder, "F001", "T1", (9, 10), 4, ending)
    check(read("bp4d", tmp_path), trees.expected({("F001", "T1"): (9, 10)}))


def test_padding_is_not_assumed(tmp_path):
    trees.newer(tmp_path)
    reading = read("bp4d", tmp_path)
    missed = [
        (one.name, frame)
        for one in reading.recordings
        for frame in one.frames
        if not (tmp_path / PICTURES / one.subject / one.sequence / f"{frame:04}.jpg").exists()  # naive
    ]
    assert len(missed) == 4
    assert all(np.isin(one.frames, one.media.numbers()).all() for one in reading.recordings)


@pytest.mark.parametrize("digits", [1, 3, 4])
def test_pictures_go_by_their_number_not_by_their_place(tmp_path, digits):
    """Only frames 98 to 101 are coded; 8 to 103 are filmed."""
    frames = range(98, 102)
    write(tmp_path / OCC / "F001_T1.csv", trees.legacy("F001", "T1", frames))
    trees.write_pictures(tmp_path / PICTURES, "F001", "T1", range(8, 104), digits)
    reading = read("bp4d", tmp_path)
    check(reading, trees.expected({("F001", "T1"): frames}))
    names = sorted(path.name for path in (tmp_path / PICTURES / "F001/T1").iterdir())
    first_of_list = int(names[0].split(".")[0])
    alphabetical = int(names[98 % len(names)].split(".")[0])
    assert first_of_list != 98 and alphabetical != 98  # naive: n-th label to n-th file, label n to n-th file
    assert kinds(reading)["pictures without a label: only a segment of a recording is coded"] == 92


def test_pictures_from_nought_are_told_and_can_be_shifted(tmp_path):
    trees.from_nought(tmp_path)
    reading = read("bp4d", tmp_path)
    (error,) = reading.findings.of("error")
    assert (error.kind, error.where, error.count) == (UNMATCHED, "AUCoding/F002_T3.csv", 4)
    assert error.detail.endswith("labels are numbered 1…4 (4): if you know which belong together, "
                                 "option image_offset=-1 gives 4 labels a picture")  # fmt: skip
    assert only(reading).media is None and len(reading.frames) == 4, "its labels stay"
    (error,) = read("bp4d", tmp_path, {"image_offset": 0}).findings.of("error")
    assert "the same one by one with image_offset=-1; image_offset=0 was given" in error.detail
    shifted = read("bp4d", tmp_path, {"image_offset": -1})
    assert "labels without a picture" not in kinds(shifted)
    ((_, before, _),) = only(shifted).media.pictures([2])
    assert number_in(before) == trees.painted("F002", "T3", 1)


def test_frames_without_pictures_are_counted(tmp_path):
    trees.newer(tmp_path)
    for name in ("0999.jpg", "1000.jpg"):
        (tmp_path / PICTURES / "F001/T1" / name).unlink()
    for path in (tmp_path / PICTURES / "F013/T2").iterdir():
        path.unlink()
    reading = read("bp4d", tmp_path)
    assert kinds(reading)["labels without a picture"] == 2
    assert kinds(reading)["labels in a sequence without pictures"] == 4
    assert [one.media is None for one in reading.recordings] == [False, True, False]
    assert [image is None for _, image, _ in reading.recordings[0].media.pictures(range(998, 1002))] == [0, 1, 1, 0]
    assert len(reading.frames) == 12


def test_labels_alone_load_with_one_note(tmp_path):
    trees.labels_only(tmp_path)
    reading = read("bp4d", tmp_path)
    assert [one.kind for one in reading.findings if "pictures" in one.kind] == [
        "labels only: no pictures SUBJECT/TASK/NUMBER.jpg or .png"
    ]
    assert len(reading.labels()) == 12


def test_one_sequence_casts_doubt_on_all_that_count_from_nought(tmp_path):
    """F002/T3 shows that pictures count from 0 and labels from 1; F001/T1 alone would not."""
    write(tmp_path / OCC / "F001_T1.csv", trees.legacy("F001", "T1", range(98, 102)))
    trees.write_pictures(tmp_path / PICTURES, "F001", "T1", range(0, 104), 4)
    alone = read("bp4d", tmp_path)
    assert only(alone).media is not None
    (note,) = [one for one in alone.findings.of("note") if "option image_offset" in one.kind]
    assert "label frame f is shown picture f+0" in note.kind
    trees.from_nought(tmp_path)
    both = read("bp4d", tmp_path)
    assert [one.media for one in both.recordings] == [None, None]
    assert any("F002/T3 has labels from 1 and pictures from 0" in one.detail for one in both.findings.of("error"))
    assert all(one.media for one in read("bp4d", tmp_path, {"image_offset": -1}).recordings)


def test_two_pictures_of_one_number_are_told(tmp_path):
    trees.older(tmp_path)
    save(tmp_path / "BP4D-training/F001/T1/0998.png", 0)
    assert kinds(read("bp4d", tmp_path))["a second picture of the same name: passed over"] == 1
    save(tmp_path / "BP4D-training/F001/T1/998.jpg", 0)
    (error,) = read("bp4d", tmp_path).findings.of("error")
    assert error.kind == UNMATCHED and "F001/T1/998.jpg" in error.detail and "F001/T1/0998.jpg" in error.detail


def test_pictures_in_two_places_are_told(tmp_path):
    trees.newer(tmp_path)
    trees.write_pictures(tmp_path / "Backup", "F001", "T1", range(998, 1002), 3)
    reading = read("bp4d", tmp_path)
    check(reading, trees.expected(trees.SEQUENCES))
    (note,) = [one for one in reading.findings if one.kind.startswith("pictures of a sequence in a second place")]
    assert note.where == "Backup/F001/T1"


# Failed frames


def test_failed_frames_are_those_of_the_public_lists():
    assert sum(last - first + 1 for runs in bp4d.WITHOUT_LANDMARKS.values() for first, last in runs) == 271
    f017 = bp4d.WITHOUT_LANDMARKS["F017", "T3"]
    assert sum(last - first + 1 for first, last in f017) == 131 and (f017[0][0], f017[-1][1]) == (198, 335)


def test_failed_frames_stay_unless_told_otherwise(tmp_path):
    frames = range(745, 765)
    write(tmp_path / OCC / "M009_T4.csv", trees.legacy("M009", "T4", frames))
    write(tmp_path / OCC / "M009_T5.csv", trees.legacy("M009", "T5", frames))
    assert not read("bp4d", tmp_path).excluded.any()
    reading = read("bp4d", tmp_path, {"failed_frames": "exclude"})
    failed = {749, 750, 751, 752, 753, 755, 756, 757, 758, 759, 760}
    assert reading.excluded.tolist() == [frame in failed for frame in frames] + [False] * 20
    assert len(reading.frames) == 40 and len(reading.labels()) == 29


# What is there and what is not


def test_who_is_missing_and_who_is_new_is_counted(tmp_path):
    trees.newer(tmp_path)
    write(tmp_path / OCC / "F082_T1.csv", trees.legacy("F082", "T1", (1,)))
    write(tmp_path / OCC / "F001_T10.csv", trees.legacy("F001", "T10", (1,)))
    reading = read("bp4d", tmp_path)
    found = kinds(reading)
    assert found["subjects of BP4D without labels"] == 41 - 3
    assert found["tasks without labels, of people who have others"] == 3 * 7
    plus = "BP4D+ (bp4d-plus) has F001…F082, M001…M058 and the tasks T1…T10"
    assert found[f"subjects that are not in BP4D; {plus}"] == 1
    assert found[f"labels of tasks that are not coded in BP4D; {plus}"] == 1
    assert [one.name for one in reading.recordings] == ["F001/T1", "F001/T10", "F013/T2", "F082/T1", "M009/T4"]


def test_a_whole_roster_with_other_frames_is_noticed(tmp_path):
    for subject in bp4d.SUBJECTS:
        for task in bp4d.ABOUT.tasks:
            write(tmp_path / OCC / f"{subject}_{task}.csv", "0,1,2\n1,0,0\n")
    reading = read("bp4d", tmp_path)
    assert len(reading.recordings) == 328
    assert "not the 146,847 coded frames that BP4D is known to have" in kinds(reading)
    assert not [kind for kind in kinds(reading) if kind.startswith(("subjects", "tasks"))]


def test_a_broken_file_costs_its_sequence_and_nothing_else(tmp_path):
    trees.newer(tmp_path)
    (tmp_path / OCC / "F013_T2.csv").write_bytes(b"\xff\xd8\xff\xe0 a picture")
    reading = read("bp4d", tmp_path)
    assert [one.name for one in reading.recordings] == ["F001/T1", "M009/T4"]
    (error,) = reading.findings.of("error")
    assert error.where == "AUCoding/AU_OCC/F013_T2.csv:1"
    with pytest.raises(CorpusError, match=r"F013_T2\.csv"):
        reading.findings.raise_errors("bp4d")


def test_a_folder_with_nothing_says_what_was_looked_for(tmp_path):
    with pytest.raises(CorpusError, match=r"is empty: tables like AUCoding/AU_OCC/F001_T1\.csv were looked for"):
        read("bp4d", tmp_path)


@pytest.mark.parametrize(
    "name, corpus",
    [
        ("ActionUnit_Labels/SN001/SN001_au1.txt", "disfa"),
        ("Train_Occ/FERA17_TR_F001_T1.csv", "fera2017"),
        ("FACS/S005/001/S005_001_00000011_facs.txt", "ckplus"),
        ("rec1/a.eaf", "fera2015"),
    ],
)
def test_another_corpus_is_recognised(tmp_path, name, corpus):
    write(tmp_path / name, "1,2\n")
    with pytest.raises(CorpusError, match=rf"holds no labels of bp4d: .* looks like .*\({corpus}\)"):
        read("bp4d", tmp_path)


def test_spelling_of_file_names_does_not_part_labels_from_pictures(tmp_path):
    write(tmp_path / OCC / "f001_t1.CSV", trees.legacy("F001", "T1", (9, 10)))
    trees.write_pictures(tmp_path / PICTURES, "F001", "T1", (9, 10), 4)
    one = only(read("bp4d", tmp_path))
    assert one.name == "f001/t1" and one.media is not None and one.media.numbers().tolist() == [9, 10]


def test_bp4d_plus_does_not_pass_for_bp4d(tmp_path):
    for number in range(1, 34):
        write(tmp_path / OCC / f"F{number:03}_T6.csv", trees.named(f"F{number:03}", "T6", range(1, 3)))
    with pytest.raises(CorpusError, match=r"10 people that BP4D does not have, F024, F025, F026 …; BP4D\+"):
        read("bp4d", tmp_path)
    assert len(read("bp4d-plus", tmp_path).recordings) == 33


def test_bp4d_does_not_pass_for_bp4d_plus(tmp_path):
    for number in range(1, 11):
        write(tmp_path / OCC / f"F{number:03}_T2.csv", trees.legacy(f"F{number:03}", "T2", range(1, 3)))
    with pytest.raises(CorpusError, match=r"10 sequences that BP4D\+ does not have, F001/T2"):
        read("bp4d-plus", tmp_path)
    assert len(read("bp4d", tmp_path).recordings) == 10
