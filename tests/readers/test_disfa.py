"""DISFA, and what a naive reading makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from aulib.aus import UNKNOWN
from aulib.datasets.readers import read
from aulib.datasets.readers.disfa import FAILED, PEOPLE, failed
from aulib.errors import CorpusError
from tests.readers import trees_disfa as trees
from tests.readers.checks import assert_read, codes_of, column, counts, read_miniature
from tests.readers.miniature import number_in, save, save_video, write


@pytest.mark.parametrize("one", trees.MINIATURES, ids=str)
def test_every_cell_and_every_picture(one, tmp_path):
    assert_read(*read_miniature(one, tmp_path))


def test_an_au_is_known_by_the_name_of_its_file(tmp_path):
    expected = trees.labels_only(tmp_path)
    names = sorted((tmp_path / "disfa/Labels/SN003").iterdir())  # au1, au12, au15, …: the naive order of columns
    naive = np.array([[int(line.split(",")[1]) for line in name.read_text().splitlines()] for name in names]).T
    truth = np.array([row for key, row in expected.codes.items() if key[0] == "SN003"])
    assert (naive != truth).any() and sorted(naive[0]) == sorted(truth[0])
    found = read("disfa", tmp_path)
    np.testing.assert_array_equal(np.array([column(found, "SN003", au) for au in trees.AUS]).T, truth)


def test_frames_are_known_by_their_number_not_by_their_line(tmp_path):
    expected = trees.labels_only(tmp_path)
    path = tmp_path / "disfa/Labels/SN003/SN003_au4.txt"
    shuffled = path.read_text().splitlines()[::-1]
    path.write_text("\n".join(shuffled))
    naive = [int(line.split(",")[1]) for line in shuffled]
    truth = [row[2] for key, row in expected.codes.items() if key[0] == "SN003"]
    assert naive != truth and column(read("disfa", tmp_path), "SN003", 4).tolist() == truth


def test_both_namings_of_landmarks_mean_label_numbers(tmp_path):
    trees.videos(tmp_path)
    found = read("disfa", tmp_path)
    for one in found.recordings:
        assert [one.points.points(frame)[0, 0] for frame in one.frames] == one.frames.tolist()
        assert np.isnan(one.points.points(1)[60]).all() and one.points.points(99) is None
    digits = {path.name: int("".join(filter(str.isdigit, path.name[-11:]))) for path in tmp_path.rglob("SN001_*.mat")}
    assert digits["SN001_0000_lm.mat"] == 0  # the naive reading: number in the name = frame, one too low
    assert "labels without landmarks" not in counts(found, "warning")


@pytest.mark.parametrize("extra, shift", [("first", 1), ("last", 0)])
@pytest.mark.parametrize("subject, name, first", [("SN002", "l{:05d}_lm.mat", 1), ("SN001", "SN001_{:04d}_lm.mat", 0)])
def test_one_landmark_file_too_many(extra, shift, subject, name, first, tmp_path):
    trees.write_labels(tmp_path, trees.made_up(subject, [1, 2, 3]))
    for number in range(4):
        path = tmp_path / f"Landmark_Points/{subject}/tmp_frame_lm" / name.format(first + number)
        trees.save_points(path, 100 + number)
    found = read("disfa", tmp_path, {"extra_landmark": extra})
    points = found.recordings[0].points
    assert [points.points(frame)[0, 0] for frame in (1, 2, 3)] == [100 + shift, 101 + shift, 102 + shift]
    assert points.points(4) is None
    assert counts(found, "warning")["one landmark file more than frames: one is left out"] == 1


def test_the_landmark_file_that_is_known_to_be_damaged(tmp_path):
    frames = [3630, 3631, 3632]
    trees.write_labels(tmp_path, trees.made_up("SN031", frames))
    folder = tmp_path / "Landmark_Points/SN031/tmp_frame_lm"
    for frame in frames:
        trees.save_points(folder / f"l{frame:05d}_lm.mat", frame)
    assert read("disfa", tmp_path).recordings[0].points.points(3631)[0, 0] == 3631  # mended copies are read
    (folder / "l03631_lm.mat").write_bytes(b"MATLAB 5.0")
    found = read("disfa", tmp_path)
    points = found.recordings[0].points
    assert [points.points(frame) is None for frame in frames] == [False, True, False]
    warnings = counts(found, "warning")
    assert warnings["a landmark file known to be damaged: no landmarks of its frame"] == 1
    assert warnings["labels without landmarks"] == 1 and not found.findings.of("error")


def test_failed_frames_are_4670_and_keep_their_labels(tmp_path):
    assert sum(failed(subject, np.arange(1, 4846)).sum() for subject in PEOPLE) == 4670
    assert 26 * 4845 + 4844 - 4670 == 126_144 and FAILED.keys() <= set(PEOPLE) and len(PEOPLE) == 27
    frames = [799, 800, 826, 827]
    expected = trees.made_up("SN002", frames)
    trees.write_labels(tmp_path, expected)
    for frame in frames:
        trees.save_points(tmp_path / f"Landmark_Points/SN002/tmp_frame_lm/l{frame:05d}_lm.mat", frame)
    found = read("disfa", tmp_path)
    assert codes_of(found) == expected  # a naive reading deletes them, or none
    assert found.excluded.tolist() == [False, True, True, False]
    assert found.labels().frames["frame"].tolist() == [799, 827]
    kept = read("disfa", tmp_path, {"failed_frames": "keep"})
    assert not kept.excluded.any() and len(kept.labels()) == 4
    supplied = kept.recordings[0].points
    assert [supplied.points(frame) is None for frame in frames] == [False, True, True, False]  # they are wrong
    assert counts(kept, "note")["frames whose landmarks are known to be wrong"] == 2


def test_a_missing_au_is_unknown_never_absent(tmp_path):
    trees.labels_only(tmp_path)
    (tmp_path / "disfa/Labels/SN003/SN003_au5.txt").unlink()
    found = read("disfa", tmp_path)
    assert (column(found, "SN003", 5) == UNKNOWN).all()  # the naive matrix of zeros says absent
    assert (column(found, "SN032", 5) != UNKNOWN).all()
    assert counts(found, "warning")["AUs that nothing can be read of: unknown"] == 1


def test_a_file_that_is_cut_short_is_compared_with_its_neighbours(tmp_path):
    expected = trees.labels_only(tmp_path)
    path = tmp_path / "disfa/Labels/SN003/SN003_au26.txt"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:3]))  # frames 2 and 3 of 1 … 4
    found = read("disfa", tmp_path)
    truth = [row[-1] for key, row in expected.codes.items() if key[0] == "SN003"]
    assert column(found, "SN003", 26).tolist() == [UNKNOWN, truth[1], truth[2], UNKNOWN]
    assert counts(found, "warning")["frames are missing that the files of other AUs have: unknown there"] == 2


@pytest.mark.parametrize("content", ["", "1,0\n2\n", "1,0\n1,0\n", "1,0\n2,x\n", "1,0\n-2,0\n", "1,0.5\n", "\0\1"])
def test_a_broken_label_file_costs_its_column_and_is_named(content, tmp_path):
    trees.labels_only(tmp_path)
    (tmp_path / "disfa/Labels/SN003/SN003_au12.txt").write_text(content)
    found = read("disfa", tmp_path)
    assert (column(found, "SN003", 12) == UNKNOWN).all() and len(found.codes) == 6
    errors = found.findings.of("error")
    assert len(errors) == 1 and errors[0].where.startswith("disfa/Labels/SN003/SN003_au12.txt")


def test_a_person_without_a_readable_file_is_left_out_and_counted(tmp_path):
    trees.labels_only(tmp_path)
    for path in (tmp_path / "disfa/Labels/SN003").iterdir():
        path.write_text("")
    found = read("disfa", tmp_path)
    assert [one.subject for one in found.recordings] == ["SN032"] and len(found.findings.of("error")) == 12


def test_codes_that_disfa_does_not_have_are_unknown_and_counted(tmp_path):
    trees.labels_only(tmp_path)
    write(tmp_path / "disfa/Labels/SN032/SN032_au1.txt", "1,9\n2,-1\n")
    found = read("disfa", tmp_path)
    assert column(found, "SN032", 1).tolist() == [UNKNOWN, UNKNOWN]
    strange = [one for one in found.findings.of("warning") if one.where.startswith("disfa/Labels/SN032/SN032_au1.txt")]
    assert sum(one.count for one in strange) == 2


def test_numbers_from_0_begin_the_video_too(tmp_path):
    codes = trees.made_up("SN001", [0, 1, 2])
    trees.write_labels(tmp_path, codes)
    save_video(tmp_path / "LeftVideoSN001_comp.avi", [10, 60, 110])
    found = read("disfa", tmp_path)
    shown = {frame: number_in(picture) for frame, picture, _ in found.recordings[0].media.pictures([0, 1, 2])}
    assert all(abs(shown[frame] - number) <= 3 for frame, number in enumerate([10, 60, 110]))
    assert counts(found, "warning")["labels do not begin at frame 1: their first is taken as the video's first"] == 1


def test_a_video_needs_consecutive_labels_and_pictures_do_not(tmp_path):
    codes = trees.made_up("SN001", [1, 2, 4])
    trees.write_labels(tmp_path, codes)
    save_video(tmp_path / "LeftVideoSN001_comp.avi", [10, 60, 110])
    found = read("disfa", tmp_path)
    assert codes_of(found) == codes and found.recordings[0].media is None
    (error,) = found.findings.of("error")
    assert "not consecutive" in error.kind and "after frame 2" in error.detail
    (tmp_path / "LeftVideoSN001_comp.avi").unlink()
    for frame in (1, 2, 4):
        save(tmp_path / f"SN001/{frame}.png", 30 * frame)
    found = read("disfa", tmp_path)
    shown = [number_in(picture) for _, picture, _ in found.recordings[0].media.pictures([1, 2, 4])]
    assert shown == [30, 60, 120] and not found.findings.of("error")


@pytest.mark.parametrize("frames", [3, 5])
def test_a_video_of_another_length_is_a_warning(frames, tmp_path):
    trees.write_labels(tmp_path, trees.made_up("SN001", [1, 2, 3, 4]))
    save_video(tmp_path / "LeftVideoSN001_comp.avi", [10] * frames)
    found = read("disfa", tmp_path)
    warnings = counts(found, "warning")
    assert warnings["a video of another length than its labels"] == 1
    assert warnings.get("labels without a picture", 0) == max(0, 4 - frames)
    assert len(found.codes) == 4  # nothing is cut


def test_a_damaged_video_costs_the_pictures_only(tmp_path):
    expected = trees.videos(tmp_path)
    (tmp_path / "Videos_LeftCamera/LeftVideoSN002_comp.avi").write_bytes(b"RIFF")
    found = read("disfa", tmp_path)
    assert codes_of(found) == expected.codes and len(found.findings.of("error")) == 1
    assert {one.subject: one.media is None for one in found.recordings} == {"SN001": 0, "SN002": 1, "SN010": 0}


def test_a_camera_that_is_not_there_is_said(tmp_path):
    trees.videos(tmp_path)
    for path in (tmp_path / "Video_RightCamera").iterdir():
        path.unlink()
    found = read("disfa", tmp_path, {"camera": "right"})
    assert counts(found, "note")["labels only"] == 1
    assert any("camera=left" in one.detail for one in found.findings.of("warning"))


def test_documented_numbers_of_lines(tmp_path):
    for subject in ("SN010", "SN011"):
        for au in trees.AUS:
            write(tmp_path / f"{subject}/{subject}_au{au}.txt", "".join(f"{i},0\n" for i in range(1, 4845)))
    short = [one for one in read("disfa", tmp_path).findings.of("warning") if "documented" in one.kind]
    assert [(one.where, one.count) for one in short] == [("SN011", 1)]


def test_people_outside_the_roster_and_missing_people(tmp_path):
    trees.exported(tmp_path)
    notes = counts(read("disfa", tmp_path), "note")
    assert notes["people who are not in DISFA"] == 2
    other = tmp_path / "other"
    trees.labels_only(other)
    assert counts(read("disfa", other), "note")["people of DISFA who are not here"] == 25


def test_the_corpus_twice_is_refused(tmp_path):
    trees.labels_only(tmp_path)
    trees.labels_only(tmp_path / "copy")
    with pytest.raises(CorpusError, match="two label files hold AU1 of SN003"):
        read("disfa", tmp_path)


def test_a_folder_of_something_else(tmp_path):
    write(tmp_path / "Labels/SN001/A1_AU1_TrailNo_2/AU1.txt", "# heading\n")
    with pytest.raises(CorpusError, match=r"SN001_au1\.txt.*DISFA\+"):
        read("disfa", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match="is empty"):
        read("disfa", tmp_path / "empty")


def test_a_first_line_of_frame_0_is_no_heading(tmp_path):
    """``0,1`` in the file of AU1: level 1 in frame 0, if some copy counts from 0. Such headings are FERA 2017's."""
    codes = {("SN003", "V1", frame): tuple(int(frame == 0 and au == 1) for au in trees.AUS) for frame in (0, 1, 2)}
    trees.write_labels(tmp_path, codes)
    assert (tmp_path / "ActionUnit_Labels/SN003/SN003_au1.txt").read_text().startswith("0,1\n")
    assert codes_of(read("disfa", tmp_path)) == codes
