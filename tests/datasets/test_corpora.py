"""Embedded corpora: contract, determinism, resumed generation, damaged caches, label statistics."""

from __future__ import annotations

import numpy as np
import pytest

from aulib import datasets
from aulib.aus import UNKNOWN
from aulib.datasets import export
from aulib.datasets.base import Corpus
from aulib.datasets.synthetic import cache, corpora
from aulib.errors import CorpusError, StorageError
from tests import toys

SMALL = dict(frames_per_sequence=1, side=32, progress=False)


@pytest.fixture
def few(monkeypatch, home):
    """synth-bp4d with three people, so that generating it takes a moment."""
    from dataclasses import replace

    monkeypatch.setitem(corpora.SYNTHETIC, "synth-bp4d", replace(corpora.SYNTHETIC["synth-bp4d"], subjects=3))
    monkeypatch.setattr(cache, "ProcessPoolExecutor", _Here)
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
    import shutil

    shutil.rmtree(folder)
    again = datasets.load("synth-bp4d", **SMALL)
    np.testing.assert_array_equal(faces, again.faces)
    np.testing.assert_array_equal(codes, again.codes)


def test_a_killed_generation_goes_on(few, monkeypatch):
    real, calls = cache.render_subject, []

    def dies_at_the_second(corpus, subject, *rest):
        calls.append(subject)
        if subject == 1 and calls.count(1) == 1:
            raise KeyboardInterrupt
        return real(corpus, subject, *rest)

    monkeypatch.setattr(cache, "render_subject", dies_at_the_second)
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
    with pytest.raises(CorpusError, match=r"codes\.npy differs from its checksum.*delete .* generated again"):
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
    with pytest.raises(StorageError, match=r"no space left .* AULIB_CORPORA .* what was rendered is kept"):
        datasets.load("synth-bp4d", **SMALL)
    assert len(list((few / "cache" / "corpora").rglob("00?.npz"))) >= 1
    monkeypatch.undo()


@pytest.mark.parametrize("options, words", [
    ({"side": 8}, "side 8 is outside"), ({"frames_per_sequence": 0}, "frames_per_sequence 0 must be"),
])  # fmt: skip
def test_bad_options(home, options, words):
    with pytest.raises(CorpusError, match=words):
        datasets.load("synth-bp4d", **{**SMALL, **options})


def test_a_smaller_corpus_keeps_its_frames_apart():
    track = corpora.draw_track(corpora.SYNTHETIC["synth-bp4d"], 5, 0, 40)
    assert not track.frames.duplicated().any()
    assert (track.frames.groupby("sequence").size() == 40).all()


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
    from dataclasses import replace

    with pytest.raises(CorpusError, match=words):
        replace(toys.corpus(), **{field: value}).check()


def test_duplicate_frames_are_named():
    from dataclasses import replace

    corpus: Corpus = toys.corpus()
    frames = corpus.frames.copy()
    frames.loc[1, "frame"] = frames.loc[0, "frame"]
    with pytest.raises(CorpusError, match="frame S0/T0/0 occurs twice"):
        replace(corpus, frames=frames).check()


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
    with pytest.raises(CorpusError, match="already holds an export"):
        export.plain(corpus, tmp_path / "out")
