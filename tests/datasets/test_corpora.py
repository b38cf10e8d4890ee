"""Embedded corpora: contract, determinism, resumed generation, damaged caches, label statistics."""

from __future__ import annotations

import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pytest

from aulib import datasets
from aulib.aus import UNKNOWN
from aulib.corpus import Corpus
from aulib.datasets import embedded, export, store
from aulib.errors import AulibError, CorpusError, StorageError
from synthface import corpora, render, script
from synthface.face import FACE_AUS
from tests import toys

SMALL = dict(frames_per_sequence=1, side=32, progress=False)


@pytest.fixture
def few(monkeypatch, home):
    """synth-bp4d with three people, so that generating it takes a moment."""
    monkeypatch.setitem(corpora.SYNTHETIC, "synth-bp4d", replace(corpora.SYNTHETIC["synth-bp4d"], subjects=3))
    monkeypatch.setattr(store, "ProcessPoolExecutor", _Here)
    return home


class _Here:
    """Runs in this process, where the three people are known."""

    def __init__(self, *_, **__):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    map = staticmethod(map)


def test_contract(few):
    corpus = datasets.load("synth-bp4d", **SMALL)
    assert corpus.check() is corpus
    assert len(corpus) == 3 * 8
    assert isinstance(corpus.faces, np.memmap)
    assert set(np.unique(corpus.codes)) <= {0, 1}
    assert (corpus.landmarks.min() > -32) and (corpus.landmarks.max() < 64)


def test_generated_again_is_the_same(few):
    first = datasets.load("synth-bp4d", **SMALL)
    faces, codes = np.array(first.faces), first.codes.copy()
    folder = few / "cache" / "corpora" / first.identifier
    shutil.rmtree(folder)
    again = datasets.load("synth-bp4d", **SMALL)
    np.testing.assert_array_equal(faces, again.faces)
    np.testing.assert_array_equal(codes, again.codes)


def test_a_killed_generation_goes_on(few, monkeypatch):
    real, calls = embedded.render_person, []

    def dies_at_the_second(corpus, person, *rest, **options):
        calls.append(person)
        if person == 1 and calls.count(1) == 1:
            raise KeyboardInterrupt
        return real(corpus, person, *rest, **options)

    monkeypatch.setattr(embedded, "render_person", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        datasets.load("synth-bp4d", **SMALL)
    corpus = datasets.load("synth-bp4d", **SMALL)
    assert calls == [0, 1, 1, 2], "the finished person is not rendered again"
    assert corpus.frames["subject"].nunique() == 3
    assert not list((few / "cache" / "corpora").glob("*.partial"))


def test_a_truncated_file_is_named_with_the_remedy(few):
    corpus = datasets.load("synth-bp4d", **SMALL)
    path = few / "cache" / "corpora" / corpus.identifier / "codes.npy"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(CorpusError, match=r"codes\.npy differs from its checksum.*delete .* made again"):
        datasets.load("synth-bp4d", **SMALL)
    path.unlink()
    with pytest.raises(CorpusError, match=r"codes\.npy is missing"):
        datasets.load("synth-bp4d", **SMALL)


def test_no_space_keeps_what_was_rendered(few, monkeypatch):
    real = np.savez

    def full(file, **arrays):
        if len(list((few / "cache" / "corpora").rglob("0*.npz"))) >= 2:
            raise OSError(28, "No space left on device")
        return real(file, **arrays)

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(StorageError, match=r"no space left .* AULIB_CORPORA .* what was made is kept"):
        datasets.load("synth-bp4d", **SMALL)
    assert len(list((few / "cache" / "corpora").rglob("00?.npz"))) >= 1
    monkeypatch.undo()


@pytest.mark.parametrize("options, words", [
    ({"side": 8}, "side is 8; expected"), ({"frames_per_sequence": 0}, "frames_per_sequence is 0; expected"),
])  # fmt: skip
def test_bad_options(home, options, words):
    with pytest.raises(AulibError, match=words):
        datasets.load("synth-bp4d", **{**SMALL, **options})


def test_one_or_two_processes_make_the_same_files(monkeypatch, home):
    few = replace(corpora.SYNTHETIC["synth-disfa"], subjects=2)
    monkeypatch.setitem(corpora.SYNTHETIC, "synth-disfa", few)
    monkeypatch.setattr(store, "ProcessPoolExecutor", _Forked)
    digests = []
    for workers in (1, 2):
        corpus = datasets.load("synth-disfa", frames_per_sequence=2, side=32, progress=False, workers=workers)
        folder = home / "cache" / "corpora" / corpus.identifier
        digests.append(store.verify(folder)["sha256"])
        shutil.rmtree(folder)
    assert digests[0] == digests[1] and len(digests[0]) == 7


class _Forked(ProcessPoolExecutor):
    """Processes that inherit the smaller corpus."""

    def __init__(self, workers, mp_context=None):
        super().__init__(workers, mp_context=get_context("fork"))


def test_what_only_a_generated_corpus_knows(few):
    corpus = datasets.load("synth-bp4d", **SMALL)
    assert corpus.truth["strengths"].shape == (24, len(FACE_AUS), 2)
    part = corpus.subset(np.array([3, 5]))
    np.testing.assert_array_equal(part.truth["motion"], corpus.truth["motion"][[3, 5]])
    columns = [FACE_AUS.index(au) for au in corpus.aus]
    strength = np.asarray(corpus.truth["strengths"])[:, columns].max(axis=2)
    assert strength[corpus.codes == 1].min() > 0.3, "a coded AU is there"
    assert strength[corpus.codes == 0].max() < 0.75, "an AU that is not coded hardly moves"


def test_frames_can_be_drawn_again_without_an_action_unit(few):
    corpus = datasets.load("synth-bp4d", **SMALL)
    au = 10
    present = np.flatnonzero(corpus.codes[:, corpus.column(au)] == 1)[:3]
    absent = np.flatnonzero(np.asarray(corpus.truth["strengths"])[:, FACE_AUS.index(au)].max(axis=1) == 0)[:2]
    changes = render.true_changes(corpus, np.r_[present, absent], au)
    assert changes.shape == (len(present) + len(absent), 32, 32)
    assert (changes[: len(present)].max(axis=(1, 2)) > 5).all() and not changes[len(present) :].any()
    with pytest.raises(CorpusError, match="the face has no AU99"):
        render.true_changes(corpus, present, 99)
    with pytest.raises(CorpusError, match="toy is not embedded"):
        render.true_changes(replace(toys.corpus(), name="toy", source="licensed"), present, au)


def test_the_frame_of_the_camera_is_the_aligned_face_seen_from_further_away(few):
    """The two sets of landmarks differ by a similarity: alignment undoes exactly what the camera did."""
    corpus = datasets.load("synth-bp4d", **SMALL)
    frame = next(iter(render.camera_frames(corpus, np.array([4]), side=160)))
    assert frame.image.shape == (160, 160, 3)
    a, b = (points - points.mean(axis=0) for points in (corpus.landmarks[4].astype(float), frame.landmarks))
    z, w = a[:, 0] + 1j * a[:, 1], b[:, 0] + 1j * b[:, 1]
    factor = (np.conj(z) @ w) / (np.conj(z) @ z).real
    np.testing.assert_allclose(factor * z, w, atol=0.05)


def test_unknown_where_a_coder_could_not_see(home):
    spec = replace(corpora.SYNTHETIC["synth-gft"], subjects=9)
    written = script.write(spec, None, 0, 200)
    away = np.abs(written.motion[:, 0]) > script.TURNED_AWAY
    assert (written.codes[away] == UNKNOWN).all()
    cup = (written.occluder[:, 0] == script.OCCLUDERS.index("cup")) & (written.occluder[:, 2] > 0.6) & ~away
    assert cup.any() and (written.codes[cup][:, FACE_AUS.index(12)] == UNKNOWN).all()
    assert (written.codes[cup][:, FACE_AUS.index(1)] != UNKNOWN).all()
    share = (written.codes == UNKNOWN).any(axis=1).mean()
    assert 0.1 < share < 0.4, "about a quarter of GFT's frames are not usable"
    assert list(written.frames["subject"].unique()[:4]) == ["G001A", "G001B", "G001C", "G002A"]
    plain = script.write(replace(corpora.SYNTHETIC["synth-bp4d"], subjects=2), None, 0, 10)
    assert (plain.codes != UNKNOWN).all()


def test_occurrence_keeps_unknown_apart():
    corpus = toys.corpus()
    truth = corpus.occurrence()
    assert ((truth == UNKNOWN) == (corpus.codes == UNKNOWN)).all()
    with pytest.raises(CorpusError, match="codes occurrence only"):
        corpus.occurrence(2)
    with pytest.raises(CorpusError, match="does not code AU9; it codes 1, 4, 12"):
        corpus.column(9)


@pytest.mark.parametrize("field, value, words", [
    ("codes", np.full((288, 3), 7, np.int8), "codes span 7…7"),
    ("landmarks", np.zeros((5, 68, 2), np.float32), "landmarks are"),
    ("faces", np.zeros((288, 24, 24, 3), np.float32), "faces are float32"),
])  # fmt: skip
def test_a_corpus_that_breaks_the_contract(field, value, words):
    with pytest.raises(CorpusError, match=words):
        replace(toys.corpus(), **{field: value}).check()


def test_duplicate_frames_are_named():
    corpus: Corpus = toys.corpus()
    frames = corpus.frames.copy()
    frames.loc[1, "frame"] = frames.loc[0, "frame"]
    with pytest.raises(CorpusError, match="frame S0/T0/0 occurs twice"):
        replace(corpus, frames=frames).check()


def test_export_of_an_embedded_corpus_has_its_truth(few, tmp_path):
    import cv2
    import pandas as pd

    corpus = datasets.load("synth-bp4d", **SMALL)
    tmp_path = tmp_path / "out"
    export.plain(corpus, tmp_path, limit=4, camera=True, masks=True)
    truth = pd.read_csv(tmp_path / "truth.csv")
    assert len(truth) == 4 and {"AU12_right", "AU12_left", "AU45_left", "yaw", "gaze_x"} <= set(truth.columns)
    assert len(list((tmp_path / "camera").glob("*.png"))) == 4
    assert pd.read_csv(tmp_path / "camera_landmarks.csv").shape == (4, 3 + 136 + 3)
    labels = pd.read_csv(tmp_path / "labels.csv")
    masks = {path.stem for path in (tmp_path / "masks").glob("*.png")}
    expected = {
        f"{row.subject}_{row.sequence}_{row.frame}_AU{au}"
        for row in labels.itertuples()
        for au in corpus.aus
        if getattr(row, f"AU{au}") == 1
    }
    assert masks == expected
    first = cv2.imread(str(tmp_path / "masks" / f"{sorted(masks)[0]}.png"), cv2.IMREAD_UNCHANGED)
    assert first.shape == (32, 32) and first.max() > 0
    with pytest.raises(CorpusError, match="--camera and --masks exist for embedded ones only"):
        export.plain(toys.corpus(), tmp_path / "other", camera=True)


def test_export_writes_what_it_says(tmp_path):
    import cv2
    import pandas as pd

    corpus = toys.corpus()
    assert export.plain(corpus, tmp_path / "out", limit=10) == 10
    table = pd.read_csv(tmp_path / "out" / "labels.csv")
    assert list(table.columns) == ["subject", "sequence", "frame", "AU1", "AU4", "AU12"]
    row = table.iloc[4]
    image = cv2.imread(str(tmp_path / "out" / "frames" / f"{row.subject}_{row.sequence}_{row.frame}.png"))[..., ::-1]
    keys = corpus.frames
    at = keys[(keys.subject == row.subject) & (keys.sequence == row.sequence) & (keys.frame == row.frame)].index[0]
    np.testing.assert_array_equal(image, corpus.faces[at])
    for column, au in enumerate(corpus.aus):
        code = corpus.codes[at, column]
        assert pd.isna(row[f"AU{au}"]) if code == UNKNOWN else row[f"AU{au}"] == code
    with pytest.raises(CorpusError, match="is not empty"):
        export.plain(corpus, tmp_path / "out")
