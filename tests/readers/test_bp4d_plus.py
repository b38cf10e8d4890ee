"""BP4D+: every layout cell by cell, and every quirk against the reading that a hurried person would write."""

from __future__ import annotations

import pickle
import random
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aulib.datasets.readers import read
from aulib.errors import CorpusError
from tests.readers import trees_bp4d as family
from tests.readers import trees_bp4d_plus as trees
from tests.readers.compare import check, kinds, read_miniature
from tests.readers.miniature import number_in, write

OCC = Path("AUCoding") / "AU_OCC"


@pytest.mark.parametrize("miniature", trees.MINIATURES, ids=str)
def test_every_layout_is_read_cell_by_cell(miniature, tmp_path):
    check(*read_miniature(miniature, tmp_path))


def test_the_layout_is_told_in_words(tmp_path):
    trees.archives(tmp_path)
    assert read("bp4d-plus", tmp_path).found.layout == (
        "occurrence in BP4D+_v0.2/AUCoding/AU_OCC (named header); intensity in BP4D+_v0.2/AUCoding/AU_INT; "
        "pictures in BP4D+_v0.2/2D+3D/*.zip (jpg; 3, 4 digits)"
    )


def test_au1_is_not_looked_for_under_the_first_1(tmp_path):
    trees.labels_only(tmp_path)
    one = read("bp4d-plus", tmp_path).recordings[0]
    table = pd.read_csv(tmp_path / OCC / "F001_T1.csv")
    assert table["1"].tolist() == one.frames.tolist()  # naive: the frame numbers are AU1
    assert one.codes[:, 0].tolist() == table["1.1"].replace(9, -1).tolist()


def test_the_header_is_believed_not_an_order_by_heart(tmp_path):
    """One loader has the order of 34 AUs written down; a table in another order shows who reads the header."""
    backwards = tuple(reversed(family.NAMED))
    frames = range(133, 150)
    write(tmp_path / OCC / "F001_T1.csv", family.named("F001", "T1", frames, aus=backwards))
    reading = read("bp4d-plus", tmp_path)
    check(reading, family.expected({("F001", "T1"): frames}, pictures=False))
    rows = pd.read_csv(tmp_path / OCC / "F001_T1.csv").to_numpy()
    by_heart = rows[:, [1 + family.NAMED.index(au) for au in family.AUS]]
    assert not np.array_equal(reading.codes, np.where(by_heart == 9, -1, by_heart))


def test_the_order_inside_an_archive_does_not_matter(tmp_path):
    trees.archives(tmp_path)
    archive = tmp_path / "BP4D+_v0.2/2D+3D/F001.zip"
    with zipfile.ZipFile(archive) as file:
        inside = [name for name in file.namelist() if "/T1/" in name]
    one = read("bp4d-plus", tmp_path).recordings[0]
    assert (one.name, inside != sorted(inside)) == ("F001/T1", True)
    shown = [number_in(image) for _, image, _ in one.media.pictures(one.frames.tolist())]
    right = [family.painted("F001", "T1", number) for number in one.frames]
    in_archive_order = [family.painted("F001", "T1", int(Path(name).stem)) for name in inside]
    assert np.allclose(shown, right, atol=3)
    assert not np.allclose(in_archive_order, right, atol=3)  # naive: n-th label, n-th member


def test_pictures_of_archives_can_be_sent_to_another_process(tmp_path):
    trees.archives(tmp_path)
    one = pickle.loads(pickle.dumps(read("bp4d-plus", tmp_path).recordings[-1]))
    wanted = random.Random(0).sample(one.frames.tolist(), 3)
    assert [number for number, image, _ in one.media.pictures(wanted) if image is not None] == sorted(wanted)


def test_padding_is_mixed(tmp_path):
    trees.unpacked(tmp_path)
    reading = read("bp4d-plus", tmp_path)
    widths = {len(Path(name).stem) for one in reading.recordings for name in one.media.names.values()}
    assert widths == {3, 4}
    assert "labels without a picture" not in kinds(reading)


def test_unpacked_pictures_are_preferred_and_the_archive_is_told(tmp_path):
    trees.both(tmp_path)
    reading = read("bp4d-plus", tmp_path)
    (note,) = [one for one in reading.findings if one.kind.startswith("pictures of a sequence in a second place")]
    assert note.where == "2D+3D/F082.zip!F082/T6"


def test_a_broken_archive_is_an_error_and_the_others_are_read(tmp_path):
    trees.archives(tmp_path)
    archive = tmp_path / "BP4D+_v0.2/2D+3D/F082.zip"
    archive.write_bytes(archive.read_bytes()[:200])
    reading = read("bp4d-plus", tmp_path)
    (error,) = reading.findings.of("error")
    assert (error.kind, error.where) == ("an archive cannot be opened", "BP4D+_v0.2/2D+3D/F082.zip")
    assert [one.name for one in reading.recordings if one.media is None] == ["F082/T6"]
    assert kinds(reading)["labels in a sequence without pictures"] == 4


def test_only_four_tasks_are_coded(tmp_path):
    """Pictures of the other six tasks and of F042's T11 are there without labels; that is no fault of the copy."""
    trees.unpacked(tmp_path)
    for subject, task in (("F001", "T2"), ("F042", "T11")):
        family.write_pictures(tmp_path / "2D+3D", subject, task, range(3), 3)
    reading = read("bp4d-plus", tmp_path)
    check(reading, family.expected(trees.SEQUENCES))
    assert kinds(reading, "note")["sequences with pictures and no labels: not read"] == 2
    # 3 people have labels, each of four tasks, of which 4 are there: T2…T5, T9 and T10 are not missed
    assert kinds(reading)["tasks without labels, of people who have others"] == 3 * 4 - 4
    assert kinds(reading)["subjects of BP4D+ without labels"] == 137


def test_t11_is_no_task(tmp_path):
    trees.labels_only(tmp_path)
    write(tmp_path / OCC / "F042_T11.csv", family.named("F042", "T11", range(5)))
    write(tmp_path / OCC / "F042_T2.csv", family.named("F042", "T2", range(5)))
    write(tmp_path / OCC / "S01_T11.csv", family.named("S01", "T11", range(5)))  # not of BP4D+
    reading = read("bp4d-plus", tmp_path)
    names = [one.name for one in reading.recordings]
    assert "F042/T11" not in names and {"F042/T2", "S01/T11"} <= set(names)
    assert kinds(reading, "warning")["T11 and above are no tasks of BP4D+: left out"] == 5


def test_f041_t7_is_told_and_can_be_left_out(tmp_path):
    frames = range(1, 6)
    for task in ("T6", "T7"):
        write(tmp_path / OCC / f"F041_{task}.csv", family.named("F041", task, frames))
        family.write_pictures(tmp_path / "2D+3D", "F041", task, range(1, 6 if task == "T6" else 4), 4)
    reading = read("bp4d-plus", tmp_path)
    assert kinds(reading)["known not to have as many pictures as labels: kept"] == 5
    assert kinds(reading)["labels without a picture"] == 2
    assert not reading.excluded.any()
    left_out = read("bp4d-plus", tmp_path, {"mismatched": "exclude"})
    assert left_out.excluded.tolist() == [False] * 5 + [True] * 5
    assert len(left_out.frames) == 10 and len(left_out.labels()) == 5


def test_an_offset_moves_pictures_under_labels(tmp_path):
    frames = range(133, 137)
    write(tmp_path / OCC / "F001_T1.csv", family.named("F001", "T1", frames))
    trees.pack(tmp_path / "F001.zip", "F001", [("T1", range(0, 140))], 3)
    check(read("bp4d-plus", tmp_path), family.expected({("F001", "T1"): frames}))
    shifted = read("bp4d-plus", tmp_path, {"image_offset": "-1"})
    check(shifted, family.expected({("F001", "T1"): frames}, offset=-1))
    assert any("label frame f is shown picture f-1 here" in kind for kind in kinds(shifted, "note"))


def test_a_copy_of_bp4d_is_noticed(tmp_path):
    for task in range(1, 9):
        write(tmp_path / OCC / f"F001_T{task}.csv", family.legacy("F001", f"T{task}", (1, 2)))
    (kind,) = [kind for kind in kinds(read("bp4d-plus", tmp_path)) if "tasks that are not coded in BP4D+" in kind]
    assert "BP4D (bp4d) has 41 people" in kind


def test_pictures_without_any_label_are_named(tmp_path):
    trees.write_archives(tmp_path)
    with pytest.raises(CorpusError, match=r"holds no labels of bp4d-plus: tables like AUCoding/AU_OCC/F001_T1\.csv"):
        read("bp4d-plus", tmp_path)
