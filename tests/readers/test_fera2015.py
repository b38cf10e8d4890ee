"""FERA 2015, both parts: every layout cell by cell, and every quirk against a hurried reading."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aulib.aus import UNKNOWN
from aulib.datasets.readers import fera2015, read, semaine
from aulib.datasets.reading.findings import Unreadable
from aulib.datasets.reading.matching import UNMATCHED
from aulib.errors import CorpusError
from tests.readers import trees_bp4d as family
from tests.readers import trees_fera2015 as trees
from tests.readers.compare import check, kinds, read_miniature
from tests.readers.miniature import number_in, save_video, write

SEMAINE = {"part": "semaine"}


@pytest.mark.parametrize("miniature", trees.MINIATURES, ids=str)
def test_every_layout_is_read_cell_by_cell(miniature, tmp_path):
    check(*read_miniature(miniature, tmp_path))


# BP4D


def test_eleven_aus_not_the_twelve_of_bp4d(tmp_path):
    trees.bp4d(tmp_path)
    assert set(read("bp4d", tmp_path).found.aus) - set(read("fera2015", tmp_path).found.aus) == {24}


def test_partition_goes_by_odd_and_even_not_by_half(tmp_path):
    trees.bp4d(tmp_path)
    frames = read("fera2015", tmp_path).frames
    said = dict(zip(frames["subject"], frames["partition"], strict=True))
    assert said == {"F001": "train", "F002": "devel", "M017": "train", "M018": "devel"}
    assert [said[name] for name in sorted(said)] != ["train", "train", "devel", "devel"]  # naive: first half trains


def test_partition_has_the_published_sizes():
    parts = [fera2015.partition(subject) for subject in fera2015.ABOUT.subjects]
    assert (parts.count("train"), parts.count("devel")) == (21, 20)


def test_landmarks_of_unknown_format_are_told(tmp_path):
    trees.bp4d(tmp_path)
    for frame in (9, 10):
        write(tmp_path / f"BP4D/BP4D-fpoints/F001_T1_{frame}.pts", "?")
    reading = read("fera2015", tmp_path)
    assert kinds(reading, "note")["supplied landmarks are not read: their format is not known"] == 2
    assert all(one.points is None for one in reading.recordings)


def test_the_other_part_is_pointed_at(tmp_path):
    trees.semaine_labels(tmp_path)
    with pytest.raises(CorpusError, match="option part=semaine"):
        read("fera2015", tmp_path)


# SEMAINE


def session(folder, text, minute="1 41", options=SEMAINE):
    """One session rec1 with this annotation."""
    write(folder / "rec1.txt", minute)
    write(folder / "rec1" / "a.eaf", text)
    return read("fera2015", folder, options)


def test_aus_go_by_the_name_of_their_tier(tmp_path):
    """Tiers are written in the order of text, 12 before 2, and each is followed by its intensity."""
    one = session(tmp_path, trees.elan(), "1 21").recordings[0]
    assert one.codes[:, 0].tolist() == [1, 1, 1] + [0] * 17
    in_tier_order = [frame in trees.ON[12] for frame in range(1, 21)]  # naive: the first of the six is AU2
    assert one.codes[:, 0].tolist() != in_tier_order


def test_the_first_of_two_tiers_of_one_name_is_the_occurrence(tmp_path):
    text = trees.elan().replace('"AU2 intensity"', '"AU2"')
    reading = session(tmp_path, text)
    assert reading.codes[:, 0].sum() == 3  # naive: the last, or both: 39
    assert kinds(reading, "note")["tiers with the same name: the first says when the AU is on"] == 1


def test_a_missing_tier_is_unknown_an_empty_one_absent(tmp_path):
    text = trees.elan().replace('"AU25"', '"AU-25"')
    reading = session(tmp_path, text)
    assert (reading.codes[:, 3] == UNKNOWN).all() and (reading.codes[:, 2] == 0).all()
    assert kinds(reading)["an AU without a tier: its codes are unknown"] == len(reading.frames) == 40


def test_times_become_frames_as_the_organisers_did_it():
    assert [semaine.frame(ms) for ms in (0, 19, 20, 579, 1000, 1840)] == [0, 0, 1, 28, 50, 92]
    assert semaine.frame(580) == 28 != 580 // 20  # naive: exact arithmetic
    assert round(590 / 20) != semaine.frame(590)  # naive: the nearest frame


@given(st.integers(0, 10**7))
def test_a_frame_is_at_most_one_off_exact_arithmetic(ms):
    assert semaine.frame(ms) in (ms // 20, ms // 20 - 1)
    assert semaine.frame(ms) == math.floor(ms / 1000 * 50)


def test_both_ends_of_an_interval_are_on(tmp_path):
    text = trees.elan({2: [(100, 200)], 12: [(300, 300)]})
    one = session(tmp_path, text).recordings[0]
    assert one.frames[one.codes[:, 0] == 1].tolist() == [5, 6, 7, 8, 9, 10]  # naive, half open: 5 to 9
    assert one.frames[one.codes[:, 1] == 1].tolist() == [15]  # naive: none


def test_time_slots_may_come_in_any_order(tmp_path):
    text = trees.elan()
    head, _, rest = text.partition("<TIME_ORDER>\n")
    order, _, tiers = rest.partition("</TIME_ORDER>")
    end = "</ANNOTATION_DOCUMENT>"
    turned = "\n".join(reversed(order.splitlines()))
    for name, content in {
        "turned": f"{head}<TIME_ORDER>{turned}</TIME_ORDER>{tiers}",
        "late": f"{head}{tiers.replace(end, f'<TIME_ORDER>{order}</TIME_ORDER>{end}')}",
    }.items():
        reading = session(tmp_path / name, content, "3 31")
        wanted = {key: codes for key, codes in trees.semaine_codes().items() if key[0] == "rec1"}
        assert [tuple(row) for row in reading.codes.tolist()] == list(wanted.values())


def test_only_the_minute_is_coded_and_its_end_is_not_in_it(tmp_path):
    trees.semaine(tmp_path)
    one = read("fera2015", tmp_path, SEMAINE).recordings[0]
    assert (one.frames[0], one.frames[-1]) == (3, 30)
    assert read("fera2015", tmp_path, SEMAINE).recordings[1].frames.tolist() == list(
        range(1, 10)
    )  # there is no frame 0


def test_an_annotation_that_ends_early_pulls_the_end_back(tmp_path):
    reading = session(tmp_path, trees.elan(), "20 61")  # it ends at 800 ms, frame 40
    assert (reading.recordings[0].frames[0], reading.recordings[0].frames[-1]) == (20, 40)
    assert kinds(reading, "warning")["the annotation ends before the coded minute: the rest is left out"] == 20


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a SYSTEM "http://example.org/a.dtd">',
    ],
)
def test_a_document_type_is_refused(tmp_path, head):
    text = trees.elan()
    write(tmp_path / "a.eaf", text.replace("<ANNOTATION_DOCUMENT", f"{head}\n<ANNOTATION_DOCUMENT", 1))
    with pytest.raises(Unreadable, match=r"a\.eaf:2: declares a document type or entities"):
        semaine.elan(tmp_path, "a.eaf")


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("</ANNOTATION_DOCUMENT>", "", "is no XML that can be read"),
        ('TIME_VALUE="100"', 'TIME_VALUE="soon"', r"a\.eaf:\d+: TIME_VALUE is 'soon'"),
        ('TIME_VALUE="100"', 'TIME_VALUE="99999999999999"', "not a number of milliseconds"),
        ('TIME_SLOT_ID="ts2"', 'TIME_SLOT_ID="ts1"', "has two times"),
        ('TIME_SLOT_ID="ts2"', "", "TIME_SLOT lacks 'TIME_SLOT_ID'"),
    ],
)
def test_damaged_annotation_is_named_with_its_line(tmp_path, old, new, message):
    text = trees.elan()
    assert old in text
    write(tmp_path / "a.eaf", text.replace(old, new, 1))
    with pytest.raises(Unreadable, match=message):
        semaine.elan(tmp_path, "a.eaf")


def test_an_interval_of_an_au_needs_times(tmp_path):
    text = trees.elan().replace('TIME_VALUE="100"', "")
    with pytest.raises(CorpusError, match="an interval of AU12 refers to a time slot that has no time"):
        session(tmp_path, text)


@pytest.mark.parametrize("minute", ["", "5", "31 3", "a b", "1 2\n3 4", "900 950"])
def test_a_strange_minute_costs_its_session(tmp_path, minute):
    trees.semaine_labels(tmp_path)
    write(tmp_path / "rec1.txt", minute)
    reading = read("fera2015", tmp_path, SEMAINE)
    assert [one.subject for one in reading.recordings] == ["rec13"]
    assert [error.where.partition(":")[0] for error in reading.findings.of("error")] == ["rec1.txt"]


def test_a_session_without_a_minute_is_an_error(tmp_path):
    trees.semaine_labels(tmp_path)
    (tmp_path / "rec13.txt").unlink()
    (error,) = read("fera2015", tmp_path, SEMAINE).findings.of("error")
    assert "rec13.txt" in error.kind


def test_a_short_video_needs_the_option_which_moves_it(tmp_path):
    write(tmp_path / "rec1.txt", "3 31")
    write(tmp_path / "rec1" / "a.eaf", trees.elan())
    save_video(tmp_path / "rec1" / "a.avi", [trees.paint(number) for number in range(1, 26)], 50)
    (error,) = read("fera2015", tmp_path, SEMAINE).findings.of("error")
    assert (error.kind, error.where) == (UNMATCHED, "rec1/a.avi")
    assert "1…25 (25), labels are numbered 3…30 (28)" in error.detail and "image_offset=0 gives 23" in error.detail
    reading = read("fera2015", tmp_path, {**SEMAINE, "image_offset": 0})
    assert kinds(reading)["labels without a picture"] == 5
    shifted = read("fera2015", tmp_path, {**SEMAINE, "image_offset": 1})
    assert kinds(shifted)["labels without a picture"] == 6
    ((_, same, _),) = reading.recordings[0].media.pictures([10])
    ((_, after, _),) = shifted.recordings[0].media.pictures([10])
    assert abs(number_in(same) - trees.paint(10)) <= 2 and abs(number_in(after) - trees.paint(11)) <= 2


def test_a_video_of_another_rate_is_left_out(tmp_path):
    """Frame 20 of 50 a second is another moment than frame 20 of 25 a second, and the numbers do not tell."""
    trees.semaine(tmp_path)
    video = tmp_path / "semaine/SEMAINE-Sessions/rec1/user.avi"
    save_video(video, [trees.paint(frame) for frame in range(1, 36)], 25)
    reading = read("fera2015", tmp_path, SEMAINE)
    (error,) = reading.findings.of("error")
    assert error.kind == UNMATCHED and "at 25 pictures a second, not 50" in error.detail
    assert [one.media is None for one in reading.recordings] == [True, False]


def test_a_broken_video_leaves_the_labels(tmp_path):
    trees.semaine(tmp_path)
    (tmp_path / "semaine/SEMAINE-Sessions/rec1/user.avi").write_bytes(b"no video")
    reading = read("fera2015", tmp_path, SEMAINE)
    assert len(reading.findings.of("error")) == 1
    assert [one.media is None for one in reading.recordings] == [True, False]


def test_sessions_have_their_partition_and_doubts(tmp_path):
    for name in ("rec1", "rec9", "rec13", "rec99"):
        write(tmp_path / f"{name}.txt", "1 5")
        write(tmp_path / name / "a.eaf", trees.elan())
    reading = read("fera2015", tmp_path, SEMAINE)
    assert [one.subject for one in reading.recordings] == ["rec1", "rec9", "rec13", "rec99"]  # naive: rec13 before rec9
    assert [one.columns["partition"] for one in reading.recordings] == ["train", "devel", "devel", "unknown"]
    found = kinds(reading, "note")
    assert found["sessions that one team set aside without saying why: kept"] == 1
    assert found["sessions outside the training and development parts"] == 1
    assert found["sessions of SEMAINE that are not there"] == len(semaine.TRAIN) + len(semaine.DEVEL) - 3 == 28


def test_two_annotations_of_a_session_are_refused(tmp_path):
    write(tmp_path / "rec1" / "b.eaf", trees.elan())
    with pytest.raises(CorpusError, match="two annotations of one session"):
        session(tmp_path, trees.elan())


def test_semaine_has_no_intensity(tmp_path):
    trees.semaine_labels(tmp_path)
    with pytest.raises(CorpusError, match="codes occurrence only"):
        read("fera2015", tmp_path, {**SEMAINE, "coding": "intensity"})


def test_a_folder_without_annotation_says_what_was_looked_for(tmp_path):
    family.labels_only(tmp_path)
    with pytest.raises(CorpusError, match=r"annotations like SEMAINE-Sessions/rec1/NAME\.eaf .*BP4D"):
        read("fera2015", tmp_path, SEMAINE)


def test_people_of_the_test_part_are_remarked_and_read(tmp_path):
    """Their names were not published, so that nobody can say who does not belong."""
    for number in range(24, 44):
        write(tmp_path / "AUCoding" / f"F{number:03}_T1.csv", family.legacy(f"F{number:03}", "T1", range(1, 3)))
    assert len(read("fera2015", tmp_path).recordings) == 20
