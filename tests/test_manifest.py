"""The manifest: errors name the file, the entry and the key."""

from __future__ import annotations

import pytest

from aulib import datasets, manifest, paths
from aulib.errors import CorpusError, ManifestError, UnknownName

GOOD = paths.manifest().read_text(encoding="utf-8")


def broken(tmp_path, old: str, new: str):
    assert old in GOOD
    path = tmp_path / "data_manifest.yaml"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    return path


def test_every_loader_has_an_entry():
    assert set(datasets.DATASETS) <= set(manifest.entries())


@pytest.mark.parametrize("old, new, words", [
    ("subjects: 41", "subjects: many", r"entry 'synth-bp4d', key 'subjects'.*'many'"),
    ("coding: occurrence", "coding: presence", r"entry 'synth-bp4d', key 'coding'"),
    ("  aus: [1, 2, 4, 6", "  aus: [1, 2, 4, 99", r"key 'aus'.*AU 99"),
    ("  aus: [1, 2, 4, 6", "  aus: [2, 1, 4, 6", r"key 'aus'.*ascending"),
    ("  title: Synthetic BP4D\n", "", r"entry 'synth-bp4d', key 'title'.*[Rr]equired"),
    ("  subjects: 41", "  people: 41", r"key '(people|subjects)'"),
    ("  subjects: 41", "\tsubjects: 41", r"data_manifest\.yaml:\d+: not valid YAML"),
])  # fmt: skip
def test_a_broken_entry_is_named(tmp_path, old, new, words):
    with pytest.raises(ManifestError, match=words):
        manifest.read(broken(tmp_path, old, new))


def test_missing_and_empty_files(tmp_path):
    with pytest.raises(ManifestError, match="cannot be read"):
        manifest.read(tmp_path / "nothing.yaml")
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(ManifestError, match="expected one entry a corpus"):
        manifest.read(tmp_path / "empty.yaml")


def test_loading_what_cannot_be_loaded():
    with pytest.raises(UnknownName, match=r"unknown corpus 'bp5d'; known: .*synth-bp4d"):
        datasets.load("bp5d")
    with pytest.raises(CorpusError, match="no reader for it; its embedded stand-in is 'synth-bp4d'"):
        datasets.load("bp4d")
