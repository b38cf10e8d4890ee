"""Where your own copies lie: a path given, the environment, the configuration, in this order; errors name the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from aulib.datasets import copies
from aulib.errors import CorpusError, StorageError, UnknownName


@pytest.fixture(autouse=True)
def configuration(tmp_path, monkeypatch):
    file = tmp_path / "corpora.yaml"
    monkeypatch.setenv("AULIB_CONFIG", str(file))
    return file


def test_order_of_places(tmp_path, monkeypatch, configuration):
    assert copies.copy_of("bp4d").path is None
    configuration.write_text("bp4d: /from/configuration\n")
    assert str(copies.copy_of("bp4d").path) == "/from/configuration"
    monkeypatch.setenv("AULIB_BP4D", "/from/environment")
    assert str(copies.copy_of("bp4d").path) == "/from/environment"
    assert copies.copy_of("bp4d").told_by == "AULIB_BP4D"
    assert copies.copy_of("bp4d", tmp_path).path == tmp_path


def test_options_of_the_configuration_and_by_hand(configuration):
    configuration.write_text(
        "bp4d:\n  path: /data\n  align: box\n  detector: cascade\n"
        "  options: {image_offset: -1, failed_frames: exclude}\n"
    )
    copy = copies.copy_of("bp4d", options={"failed_frames": "keep"})
    assert copy.options == {"image_offset": -1, "failed_frames": "keep"}
    assert (copy.align, copy.detector) == ("box", "cascade")
    assert copies.copy_of("bp4d", align="anchors").align == "anchors"


def test_the_identifier_holds_what_changes_pixels_or_labels():
    plain = copies.copy_of("bp4d")
    assert plain.identifier(24, 100) == "bp4d-r2-24x100"
    assert plain.identifier(None, 200) == "bp4d-r2-allx200"
    other = copies.copy_of("bp4d", options={"image_offset": "-1", "skip_broken": True}, align="box")
    assert other.identifier(24, 100) == "bp4d-r2-24x100+box+image_offset=-1"
    assert copies.copy_of("bp4d", options={"image_offset": 0}).identifier(24, 100) == "bp4d-r2-24x100+image_offset=0"
    default = copies.copy_of("bp4d", options={"failed_frames": "keep"})
    assert default.identifier(24, 100) == "bp4d-r2-24x100", "a default written out is still the default"


def test_every_reader_may_have_a_copy():
    assert set(copies.known()) == set(copies.READERS)


def test_the_detector_that_is_used_is_named(monkeypatch):
    monkeypatch.setattr(copies, "best", lambda: "face-mesh")
    assert copies.copy_of("bp4d").identifier(24, 100) == "bp4d-r2-24x100+face-mesh"
    assert copies.copy_of("bp4d", detector="cascade").identifier(24, 100) == "bp4d-r2-24x100"


def test_fetched_labels_are_found(monkeypatch, tmp_path, configuration):
    monkeypatch.setenv("AULIB_CORPORA", str(tmp_path / "cache" / "corpora"))
    assert copies.copy_of("gft").path is None
    copies.downloads("gft").mkdir(parents=True)
    assert copies.copy_of("gft").told_by == "fetched"
    configuration.write_text("gft: /data/GFT\n")
    assert str(copies.copy_of("gft").path) == "/data/GFT"


@pytest.mark.parametrize("text, words", [
    ("bp4d: [unclosed", r"corpora\.yaml:\d+: not valid YAML"),
    ("- bp4d", "expected lines like"),
    ("disfa: /d\nbp5d: /data", r"corpora\.yaml:2: 'bp5d' is no corpus with a reader; they are bp4d"),
    ("bp4d:\n  path: /d\n  folder: /data", r"corpora\.yaml:3: bp4d: unknown key 'folder'; there are path"),
    ("bp4d: 7", "bp4d: expected a path"),
    ("bp4d: {path: /data, options: 3}", "bp4d: expected a path"),
])  # fmt: skip
def test_a_broken_configuration_is_named(configuration, text, words):
    configuration.write_text(text)
    with pytest.raises(CorpusError, match=words):
        copies.copy_of("bp4d")


def test_an_empty_configuration_is_none(configuration):
    configuration.write_text("# nothing yet\n")
    assert copies.copy_of("bp4d").path is None


def test_a_corpus_without_reader():
    with pytest.raises(UnknownName, match="unknown reader 'synth-bp4d'; known: bp4d"):
        copies.copy_of("synth-bp4d")


def test_text_is_a_path_and_nothing_is_not(tmp_path, monkeypatch, configuration):
    monkeypatch.setenv("AULIB_BP4D", "")
    assert copies.copy_of("bp4d").path is None, "a variable set to nothing names no folder, least of all this one"
    configuration.write_text("bp4d:\n  path:\n  align: box\n")
    assert copies.copy_of("bp4d").path is None and copies.copy_of("bp4d").align == "box"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert copies.copy_of("bp4d", "~/BP4D").path == tmp_path / "BP4D"
    assert copies.copy_of("bp4d", str(tmp_path)).made_by_aulib is None


def test_an_identifier_is_a_name_that_a_folder_can_have():
    columns = "frame=t," + ",".join(f"AU{au}=Brow or so {au}" for au in range(40))
    both = (columns, columns + "a")
    one, two = (copies.copy_of("gft", options={"columns": text}).identifier(4, 100) for text in both)
    assert one != two and len(one) < 100 and set(" /?*:") & set(one) == set()
    upper, lower = (copies.copy_of("gft", options={"columns": f"AU1={word}"}).identifier(4, 100) for word in "Aa")
    assert upper != lower
    assert copies.copy_of("fera2017", options={"views": "6,1"}).identifier(4, 100).endswith("+views=6,1")


def test_a_landmark_table_that_is_not_there(tmp_path):
    with pytest.raises(CorpusError, match=r"nosuch\.csv: there is no such table of landmarks"):
        copies.copy_of("bp4d", tmp_path, landmarks=tmp_path / "nosuch.csv").landmark_table  # noqa: B018


def test_places_are_whole_paths_or_named_as_none(tmp_path, monkeypatch, configuration):
    configuration.write_text("bp4d: {path: BP4D, landmarks: points.csv}\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    copy = copies.copy_of("bp4d")
    assert (copy.path, copy.landmarks) == (tmp_path / "BP4D", tmp_path / "points.csv"), "beside the configuration"
    by_hand = copies.copy_of("bp4d", "BP4D", landmarks="points.csv")
    assert (by_hand.path, by_hand.landmarks) == (Path.cwd() / "BP4D", Path.cwd() / "points.csv")


@pytest.mark.parametrize("text", ["bp4d: ~nobody-here/x\n", "bp4d: {path: /d, landmarks: ~nobody-here/x}\n"])
def test_a_home_that_does_not_exist(configuration, text):
    configuration.write_text(text)
    for ask in (lambda: copies.copy_of("bp4d"), copies.copy_folders):
        with pytest.raises(StorageError, match=r"corpora\.yaml names ~nobody-here/x, and nobody says where that is"):
            ask()
    configuration.write_text("")
    with pytest.raises(StorageError, match="the path of bp4d names ~nobody-here/x"):
        copies.copy_of("bp4d", "~nobody-here/x")


@pytest.mark.parametrize("name", copies.READERS)
def test_readers_that_give_other_pictures_have_another_version(name):
    assert copies.copy_of(name).identifier(24, 100).startswith(f"{name}-r2-")
