"""From a copy on disk to aligned faces: the round trip, broken copies, broken-off runs, and who may write where."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aulib import datasets, integrity, paths
from aulib.aus import UNKNOWN
from aulib.datasets import copies, export, layouts, pieces, prepared, store
from aulib.datasets.landmarks import INNER_MOUTH_CORNERS, MARKUPS, MEAN_SHAPE
from aulib.errors import AulibError, CorpusError, StorageError, UnknownName
from tests.datasets import made

SIDE = made.SIDE


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    monkeypatch.setenv("AULIB_CORPORA", str(tmp_path / "cache"))


def loaded(name: str, path: Path, **options):
    return datasets.load(name, path=path, side=SIDE, **{"frames_per_sequence": None, "workers": 1} | options)


def same_frames(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    key = ["subject", "sequence", "frame"]
    pd.testing.assert_frame_equal(ours[key], theirs[key], check_dtype=False)


def test_bp4d_layout_and_back_gives_the_same_corpus(tmp_path):
    direct = made.occurrence()
    assert layouts.bp4d(direct, tmp_path / "copy") == len(direct)
    before = made.snapshot(tmp_path / "copy")
    back = loaded("bp4d", tmp_path / "copy")
    np.testing.assert_array_equal(back.codes, direct.codes)
    np.testing.assert_array_equal(back.faces, direct.faces)
    np.testing.assert_allclose(back.landmarks, direct.landmarks, rtol=1e-6)
    same_frames(back.frames, direct.frames)
    assert back.aus == direct.aus and back.coding == "occurrence" and (back.codes == UNKNOWN).any()
    assert made.snapshot(tmp_path / "copy") == before, "a user's folder is never written to"


def test_disfa_layout_and_back_gives_the_same_corpus(tmp_path):
    direct = made.intensity()
    layouts.disfa(direct, tmp_path / "copy")
    back = loaded("disfa", tmp_path / "copy")
    np.testing.assert_array_equal(back.codes, direct.codes)
    np.testing.assert_array_equal(back.faces, direct.faces)
    assert back.frames["frame"].tolist() == direct.frames["frame"].tolist()
    inner = np.delete(np.arange(68), INNER_MOUTH_CORNERS)
    np.testing.assert_allclose(back.landmarks[:, inner], direct.landmarks[:, inner], rtol=1e-6)
    assert np.isnan(back.landmarks[:, INNER_MOUTH_CORNERS]).all(), "66 points have no inner mouth corners"
    assert set(back.frames["landmarks_by"]) == {"corpus"}


def test_an_export_is_never_taken_for_the_real_corpus(tmp_path):
    layouts.bp4d(made.occurrence(2), tmp_path / "copy")
    back = loaded("bp4d", tmp_path / "copy")
    assert back.source == "synthetic"
    assert "+from=synth-bp4d-v2-s0-9x32" in back.identifier
    assert loaded("bp4d", tmp_path / "copy", faces=False).source == "synthetic"
    (tmp_path / "copy" / copies.MARKER).unlink()
    assert "+from=" not in copies.copy_of("bp4d", tmp_path / "copy").identifier(None, SIDE)
    (tmp_path / "copy" / copies.MARKER).write_text("{}")
    with pytest.raises(CorpusError, match=r"made-by-aulib\.json: has no checksum of itself.*; export .* again"):
        loaded("bp4d", tmp_path / "copy")


def test_an_export_is_known_from_above_and_from_within(tmp_path):
    """Readers look at any depth: whoever names the folder above, or one inside, must not get a licensed corpus."""
    layouts.bp4d(made.occurrence(2), tmp_path / "all" / "copy")
    for faces in (True, False):
        with pytest.raises(CorpusError, match=r"copy/made-by-aulib\.json says that aulib has drawn"):
            loaded("bp4d", tmp_path / "all", faces=faces)
    inside = copies.copy_of("bp4d", tmp_path / "all" / "copy" / "AUCoding")
    assert loaded("bp4d", inside.path, faces=False).source == "synthetic"
    assert "+from=" in inside.identifier(None, SIDE) and inside.recipe == "none"
    assert copies.copy_of("bp4d", tmp_path / "all").made_by_aulib is None, "nothing is said of what lies beside it"


def test_labels_alone(tmp_path):
    direct = made.occurrence(3)
    layouts.bp4d(direct, tmp_path / "copy")
    for picture in (tmp_path / "copy").rglob("*.png"):
        picture.unlink()
    labels = datasets.load("bp4d", path=tmp_path / "copy", faces=False)
    np.testing.assert_array_equal(labels.codes, direct.codes)
    assert labels.side == 0 and len(labels) == len(direct)
    with pytest.raises(CorpusError, match=r"no pictures beside the labels.*faces=False"):
        loaded("bp4d", tmp_path / "copy")
    assert not list((tmp_path / "cache").glob("*.partial")), "nothing was begun"


def test_a_sample_of_frames_is_spread_evenly(tmp_path):
    layouts.bp4d(made.occurrence(2, 1, 9), tmp_path / "copy")
    few = loaded("bp4d", tmp_path / "copy", frames_per_sequence=3)
    assert few.frames.groupby("subject")["frame"].apply(list).tolist() == [[1, 29, 57]] * 2
    assert few.identifier.startswith("bp4d-r2-3x32")


def test_two_processes_give_what_one_gives(tmp_path):
    layouts.bp4d(made.occurrence(3), tmp_path / "copy")
    one = loaded("bp4d", tmp_path / "copy")
    first = store.about(paths.corpora() / one.identifier)["sha256"]
    copy = copies.copy_of("bp4d", tmp_path / "copy")
    folder = prepared.prepare(copy, frames_per_sequence=None, side=SIDE, workers=2, again=True)
    assert store.about(folder)["sha256"] == first


def test_a_run_that_was_broken_off_goes_on(tmp_path, monkeypatch):
    layouts.bp4d(made.occurrence(4, 2), tmp_path / "copy")
    whole = store.about(paths.corpora() / loaded("bp4d", tmp_path / "copy").identifier)["sha256"]
    copy = copies.copy_of("bp4d", tmp_path / "copy")
    aligned: list[int] = []

    def until_the_fourth(piece):
        if len(aligned) == 3:
            raise KeyboardInterrupt
        aligned.append(piece.number)
        return pieces.align_piece(piece)

    monkeypatch.setattr(prepared, "align_piece", until_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        prepared.prepare(copy, frames_per_sequence=None, side=SIDE, workers=1, again=True)
    aligned.clear()
    monkeypatch.setattr(
        prepared, "align_piece", lambda piece: aligned.append(piece.number) or pieces.align_piece(piece)
    )
    folder = prepared.prepare(copy, frames_per_sequence=None, side=SIDE, workers=1, again=True)
    assert aligned == [3, 4, 5, 6, 7], "finished pieces are not made again"
    assert store.about(folder)["sha256"] == whole


def test_pieces_of_other_labels_are_not_taken_over(tmp_path, monkeypatch):
    layouts.bp4d(made.occurrence(2), tmp_path / "copy")
    copy = copies.copy_of("bp4d", tmp_path / "copy")

    def first_only(piece):
        if piece.number:
            raise KeyboardInterrupt
        return pieces.align_piece(piece)

    monkeypatch.setattr(prepared, "align_piece", first_only)
    with pytest.raises(KeyboardInterrupt):
        prepared.prepare(copy, frames_per_sequence=None, side=SIDE, workers=1)
    labels = tmp_path / "copy" / "AUCoding" / "AU_OCC" / "S01_T1.csv"
    labels.write_text(labels.read_text().replace(",0,", ",1,", 1))  # an AU that was absent is present now
    seen = []
    monkeypatch.setattr(prepared, "align_piece", lambda piece: seen.append(piece.number) or pieces.align_piece(piece))
    prepared.prepare(copy, frames_per_sequence=None, side=SIDE, workers=1)
    assert seen[0] == 0


def test_a_picture_that_cannot_be_decoded_is_left_out_with_its_name(tmp_path):
    direct = made.occurrence(2)
    layouts.bp4d(direct, tmp_path / "copy")
    broken = tmp_path / "copy" / "Sequences(2D+3D)" / "S02" / "T1" / "0008.png"
    broken.write_bytes(broken.read_bytes()[:60])
    back = loaded("bp4d", tmp_path / "copy")
    assert len(back) == len(direct) - 1
    left_out = pd.read_csv(paths.corpora() / back.identifier / "left_out.csv")
    assert left_out[["subject", "sequence", "frame"]].values.tolist() == [["S02", "T1", 8]]
    assert "0008.png: is no picture" in left_out["why"].item()
    kept = ~((direct.frames.subject == "S02") & (direct.frames.sequence == "T1") & (direct.frames.frame == 8))
    np.testing.assert_array_equal(back.faces, direct.faces[kept])


def test_a_damaged_landmark_file_costs_no_frame(tmp_path):
    direct = made.intensity(2)
    layouts.disfa(direct, tmp_path / "copy")
    next((tmp_path / "copy").rglob("l00001_lm.mat")).write_bytes(b"MATLAB 5.0 MAT-file, cut short")
    back = loaded("disfa", tmp_path / "copy")
    assert len(back) == len(direct)
    assert back.frames["landmarks_by"].value_counts().to_dict() == {
        "corpus": len(direct) - 1,
        "mean shape, file unreadable": 1,
    }


def test_another_copy_under_the_same_name_is_refused(tmp_path):
    layouts.bp4d(made.occurrence(2), tmp_path / "one")
    layouts.bp4d(made.occurrence(2), tmp_path / "moved")
    other = made.occurrence(2)
    other.codes[:] = 0
    layouts.bp4d(other, tmp_path / "other")
    loaded("bp4d", tmp_path / "one")
    assert len(loaded("bp4d", tmp_path / "moved")), "the same labels elsewhere are the same copy"
    with pytest.raises(CorpusError, match=r"has other labels now; .*--again"):
        loaded("bp4d", tmp_path / "other")
    copy = copies.copy_of("bp4d", tmp_path / "other")
    prepared.prepare(copy, frames_per_sequence=None, side=SIDE, workers=1, again=True)
    assert (loaded("bp4d", tmp_path / "other").codes == 0).all()


def test_an_error_in_the_labels_stops_unless_it_is_waived(tmp_path):
    layouts.bp4d(made.occurrence(3), tmp_path / "copy")
    file = tmp_path / "copy" / "AUCoding" / "AU_OCC" / "S02_T1.csv"
    file.write_text(file.read_text()[:-40])
    with pytest.raises(CorpusError, match=r"S02_T1\.csv:\d+: .*skip_broken=true"):
        loaded("bp4d", tmp_path / "copy")
    back = loaded("bp4d", tmp_path / "copy", options={"skip_broken": "true"})
    assert not ((back.frames.subject == "S02") & (back.frames.sequence == "T1")).any()
    assert back.frames.groupby(["subject", "sequence"]).ngroups == 5


def test_no_space_keeps_the_finished_pieces(tmp_path, monkeypatch):
    layouts.bp4d(made.occurrence(2), tmp_path / "copy")

    def full(piece):
        if piece.number == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return pieces.align_piece(piece)

    monkeypatch.setattr(prepared, "align_piece", full)
    with pytest.raises(StorageError, match=r"no space left .* AULIB_CORPORA .* kept"):
        loaded("bp4d", tmp_path / "copy")
    assert len(list((tmp_path / "cache").rglob("*.npz"))) == 2


def test_landmarks_of_your_own_go_before_the_corpus(tmp_path):
    direct = made.intensity(2)
    layouts.disfa(direct, tmp_path / "copy")
    table = direct.frames[["subject"]].assign(sequence="", frame=direct.frames["frame"])
    back = loaded("disfa", tmp_path / "copy")
    table["sequence"] = back.frames["sequence"]
    marks = (MEAN_SHAPE[list(MARKUPS[49])] * SIDE).round(2)
    for i, (x, y) in enumerate(marks):
        table[f"x{i}"], table[f"y{i}"] = x, y
    table.to_csv(tmp_path / "mine.csv", index=False)
    mine = loaded("disfa", tmp_path / "copy", landmarks=tmp_path / "mine.csv")
    assert np.isnan(mine.landmarks[:, :17]).all()
    np.testing.assert_allclose(mine.landmarks[:, [17, 18]], np.broadcast_to(marks[:2], (len(mine), 2, 2)), rtol=1e-6)
    (tmp_path / "bad.csv").write_text("subject,sequence,frame,x0\nS01,T1,1,3\n")
    with pytest.raises(CorpusError, match=r"bad\.csv.*lacks the column"):
        loaded("disfa", tmp_path / "copy", landmarks=tmp_path / "bad.csv")


@pytest.mark.parametrize("more, words", [
    ({"side": 20}, "side is 20; expected a whole number, 32 to 400"),
    ({"side": None}, r"side is None \(NoneType\)"),
    ({"side": 32.0}, r"side is 32.0 \(float\)"),
    ({"frames_per_sequence": 0}, "frames_per_sequence is 0; expected a whole number, 1 or more"),
    ({"frames_per_sequence": True}, r"frames_per_sequence is True \(bool\)"),
    ({"workers": -1}, "workers is -1; expected a whole number, 1 to 1024"),
    ({"seed": "0"}, r"seed is '0' \(str\)"),
    ({"options": {"nosuch": 1}}, "bp4d has no option 'nosuch'; it has .*skip_broken"),
    ({"options": {"skip_broken": "perhaps"}}, "skip_broken=perhaps: expected true or false"),
])  # fmt: skip
def test_wrong_requests(tmp_path, more, words):
    layouts.bp4d(made.occurrence(2), tmp_path / "copy")
    with pytest.raises(AulibError, match=words):
        datasets.load("bp4d", path=tmp_path / "copy", **{"side": SIDE} | more)


def test_an_unknown_recipe_and_detector_are_named(tmp_path):
    layouts.bp4d(made.occurrence(2), tmp_path / "copy")
    (tmp_path / "copy" / copies.MARKER).unlink()  # so that the recipe counts
    with pytest.raises(UnknownName, match=r"unknown alignment 'nosuch'; known: .*similarity"):
        loaded("bp4d", tmp_path / "copy", align="nosuch")
    with pytest.raises(Exception, match="nosuch"):
        loaded("bp4d", tmp_path / "copy", detector="nosuch")


def test_nobody_says_where_a_licensed_corpus_lies():
    with pytest.raises(CorpusError, match=r"data prepare bp4d PATH, or set AULIB_BP4D.*stand-in is 'synth-bp4d'"):
        datasets.load("bp4d")


def test_layouts_refuse_what_they_cannot_hold(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep me")
    with pytest.raises(CorpusError, match="is not empty"):
        layouts.bp4d(made.occurrence(2), tmp_path / "full")
    with pytest.raises(CorpusError, match="codes occurrence only"):
        layouts.disfa(made.occurrence(2), tmp_path / "new")
    with pytest.raises(CorpusError, match="must be at least 1"):
        layouts.bp4d(made.occurrence(2), tmp_path / "new", 0)
    unknown = made.intensity(2)
    unknown.codes[3, 3] = UNKNOWN
    with pytest.raises(CorpusError, match="no sign"):
        layouts.disfa(unknown, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("write", [layouts.bp4d, layouts.disfa, export.plain])
def test_an_export_never_touches_what_is_there(tmp_path, monkeypatch, write):
    corpus = made.intensity(2)
    copy = tmp_path / "licensed"
    (copy / "Labels").mkdir(parents=True)
    (copy / "Labels" / "mine.txt").write_text("keep me")
    before = made.snapshot(tmp_path)
    monkeypatch.setenv("AULIB_DISFA", str(copy))
    for folder, words in (
        (copy, "is not empty"),
        (copy / "new", "lies in .*licensed, which is a copy of a corpus and only read"),
        (copy / "Labels" / ".." / "new", "only read"),
        (copy / "Labels" / "mine.txt", "is a file"),
    ):
        with pytest.raises(CorpusError, match=words):
            write(corpus, folder)
    assert made.snapshot(tmp_path) == before and not (copy / "new").exists()
    (tmp_path / "empty").mkdir()
    write(corpus, tmp_path / "empty")
    with pytest.raises(CorpusError, match="is not empty"):
        write(corpus, tmp_path / "empty")


def test_a_copy_that_was_prepared_by_hand_is_known_too(tmp_path):
    layouts.bp4d(made.occurrence(2), tmp_path / "copy")
    loaded("bp4d", tmp_path / "copy")
    (tmp_path / "copy" / copies.MARKER).unlink()
    with pytest.raises(CorpusError, match="only read"):
        export.plain(made.occurrence(2), tmp_path / "copy" / "new")


def test_points_of_aligned_faces_are_not_taken_for_points_of_pictures(tmp_path):
    """What `data export` writes of a prepared corpus, given back as landmarks of its copy."""
    direct = made.intensity(2)
    layouts.disfa(direct, tmp_path / "copy")
    (tmp_path / "copy" / copies.MARKER).unlink()
    back = loaded("disfa", tmp_path / "copy")
    export.plain(back, tmp_path / "out")
    with pytest.raises(CorpusError, match=r"landmarks\.csv:2: holds points of aligned faces .* leave this table out"):
        loaded("disfa", tmp_path / "copy", landmarks=tmp_path / "out" / "landmarks.csv")


def test_verification_reads_like_a_report(tmp_path):
    from aulib.datasets import readers, verification

    layouts.bp4d(made.occurrence(3), tmp_path / "copy")
    (tmp_path / "copy" / "readme.pdf").write_text("something else")
    copy = copies.copy_of("bp4d", tmp_path / "copy")
    lines = "\n".join(verification.report(readers.read("bp4d", tmp_path / "copy"), copy))
    assert "drawn faces in this corpus' layout, not the corpus" in lines
    assert "subjects    3; the manifest says 41" in lines
    assert "of 54 of the frames with labels (6 folders of images)" in lines
    assert "readme.pdf" in lines and "no errors" in lines
    row = next(line for line in lines.splitlines() if line.split()[:1] == ["12"])
    direct = made.occurrence(3)
    known = direct.codes[:, direct.column(12)] != UNKNOWN
    assert f"{100 * (direct.codes[known, direct.column(12)] > 0).mean():.1f} %" in row
    assert f"{100 * (1 - known.mean()):.1f} %" in row


def test_about_says_how_it_was_made(tmp_path):
    layouts.bp4d(made.occurrence(2), tmp_path / "copy")
    about = json.loads((paths.corpora() / loaded("bp4d", tmp_path / "copy").identifier / "corpus.json").read_text())
    assert about["align"] == "none" and about["landmarks_by"] == {"landmark table": 36} and about["left_out"] == 0
    assert about["made_by_aulib"]["corpus"].startswith("synth-bp4d")


def test_a_script_without_a_main_guard_prepares_too(tmp_path):
    """Fresh processes would run the script again, and wait for a corpus that waits for them."""
    layouts.bp4d(made.occurrence(3), tmp_path / "copy")
    script = tmp_path / "script.py"
    script.write_text(
        "from aulib import datasets\n"
        f"corpus = datasets.load('bp4d', path={str(tmp_path / 'copy')!r}, side={SIDE}, workers=2, progress=False)\n"
        "print(len(corpus))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == str(3 * 2 * 9), done.stderr


def _killed(task):
    os._exit(9)


def test_a_killed_process_is_one_line():
    with pytest.raises(AulibError, match=r"a process was killed.*fewer workers than 2"):
        list(store.in_processes(_killed, [1, 2, 3], 2))


def test_nothing_of_a_failed_attempt_is_kept(tmp_path, monkeypatch):
    layouts.bp4d(made.occurrence(2), tmp_path / "copy")

    def no_face(picture, *_):
        raise CorpusError("no face found")

    with monkeypatch.context() as patch:
        patch.setattr(pieces, "align", no_face)
        with pytest.raises(CorpusError, match="not one of 36 pictures could be aligned: no face found"):
            loaded("bp4d", tmp_path / "copy")
    assert [path.suffix for path in (tmp_path / "cache").iterdir() if path.is_dir()] == []
    assert len(loaded("bp4d", tmp_path / "copy")) == 36, "the next attempt looks again"


def test_pieces_of_another_folder_are_not_taken_over(tmp_path, monkeypatch):
    """Two copies with the same labels may have other pictures."""
    for name in ("one", "two"):
        layouts.bp4d(made.occurrence(2), tmp_path / name)
    aligned: list[int] = []

    def first_only(piece):
        aligned.append(piece.number)
        if piece.number:
            raise KeyboardInterrupt
        return pieces.align_piece(piece)

    monkeypatch.setattr(prepared, "align_piece", first_only)
    for name in ("one", "two"):
        with pytest.raises(KeyboardInterrupt):
            loaded("bp4d", tmp_path / name)
    assert aligned == [0, 1, 0, 1]


def test_other_landmarks_under_the_same_name_are_refused(tmp_path):
    layouts.disfa(made.intensity(2), tmp_path / "copy")
    back = loaded("disfa", tmp_path / "copy")
    table = back.frames[["subject", "sequence", "frame"]].copy()
    for i, (x, y) in enumerate(MEAN_SHAPE[list(MARKUPS[49])] * SIDE):
        table[f"x{i}"], table[f"y{i}"] = x, y
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    table.to_csv(tmp_path / "a/mine.csv", index=False)
    table.assign(x0=7.0).to_csv(tmp_path / "b/mine.csv", index=False)
    loaded("disfa", tmp_path / "copy", landmarks=tmp_path / "a/mine.csv")
    with pytest.raises(CorpusError, match=rf"other landmarks now; .*--frames 0 --side {SIDE} --again"):
        loaded("disfa", tmp_path / "copy", landmarks=tmp_path / "b/mine.csv")


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_report_fits_the_terminal(tmp_path, width):
    from aulib.datasets import readers, verification

    layouts.bp4d(made.occurrence(3), tmp_path / "copy")
    whole = verification.report(readers.read("bp4d", tmp_path / "copy"), copies.copy_of("bp4d", tmp_path / "copy"))
    lines = verification.folded(whole, width)
    assert all(len(line) <= width or " " not in line.strip() for line in lines[1:])
    assert " ".join(" ".join(lines).split()) == " ".join(" ".join(whole).split()), "no word is lost"
    assert max(map(len, verification.folded(["note    " + "word " * 40], width))) <= width


def test_prepared_files_are_checked_before_they_are_used(tmp_path):
    layouts.bp4d(made.occurrence(2), tmp_path / "copy")
    folder = paths.corpora() / loaded("bp4d", tmp_path / "copy").identifier
    np.save(folder / "codes.npy", 1 - np.load(folder / "codes.npy"))
    integrity._checksum.cache_clear()
    with pytest.raises(CorpusError, match=r"codes\.npy differs from its checksum.*delete .* made again"):
        loaded("bp4d", tmp_path / "copy")


def test_verification_counts_the_rows_of_a_table(tmp_path):
    from aulib.datasets import readers, verification

    layouts.bp4d(made.occurrence(2), tmp_path / "copy")
    table = pd.read_csv(tmp_path / "copy" / "landmarks.csv")
    for name, changed, words in (
        ("some.csv", table.assign(frame=table["frame"] + 7), "32 of 36 rows were used"),
        (
            "none.csv",
            table.assign(subject="F" + table["subject"]),
            "error   none of its 36 rows fits a frame of the copy",
        ),
    ):
        changed.to_csv(tmp_path / name, index=False)
        copy = copies.copy_of("bp4d", tmp_path / "copy", landmarks=tmp_path / name)
        lines = "\n".join(verification.report(readers.read("bp4d", tmp_path / "copy"), copy))
        assert words in lines and f"from {tmp_path / name}" in lines
