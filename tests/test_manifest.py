"""The manifest: errors name the file, the line, the entry and the key; what it says hangs together."""

from __future__ import annotations

import re

import pytest
import yaml

from aulib import datasets, manifest, paths
from aulib.aus import AUS
from aulib.errors import CorpusError, ManifestError, UnknownName

GOOD = paths.manifest().read_text(encoding="utf-8")
LICENSED = [one for one in manifest.entries().values() if one.source == "licensed"]


def written(tmp_path, text: str):
    path = tmp_path / "data_manifest.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def line_of(text: str, entry: str, start: str) -> int:
    """Line, from 1, of the first line after the heading of `entry` that begins with `start`: by reading down."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        inside = inside or line == f"{entry}:"
        if inside and line.startswith(start):
            return number
    raise AssertionError(f"no {start!r} in {entry}")


def test_every_loader_has_an_entry():
    assert set(datasets.DATASETS) <= set(manifest.entries())


@pytest.mark.parametrize("entry, old, new, at, words", [
    ("synth-bp4d", "  subjects: 41", "  subjects: many", "  subjects:", r"key 'subjects'.*'many'"),
    ("synth-bp4d", "  coding: occurrence", "  coding: presence", "  coding:", "key 'coding'"),
    ("synth-bp4d", "  aus: [1, 2, 4, 6", "  aus: [1, 2, 4, 99", "  aus:", "key 'aus'.*AU 99"),
    ("synth-bp4d", "  aus: [1, 2, 4, 6", "  aus: [2, 1, 4, 6", "  aus:", "key 'aus'.*ascending"),
    ("synth-bp4d", "  title: Synthetic BP4D\n", "", "synth-bp4d:", "key 'title'.*[Rr]equired$"),
    ("synth-bp4d", "  subjects: 41", "  subjects: 41\n  people: 41", "  people:", "key 'people'.*[Ee]xtra"),
    ("synth-bp4d", "  subjects: 41", "  subjects: 41\n  name: x", "  name:", "its name is the key above it"),
    ("synth-bp4d", "  subjects: 41", "  subjects: 41\n  subjects: 42", "  subjects: 42",
     "entry 'synth-bp4d', key: 'subjects'"),
    ("synth-bp4d", "  subjects: 41", "  subjects: 41\n  stand_in: synth-gft", "  stand_in:",
     "key 'stand_in'.*only a licensed"),
    ("synth-bp4d", "  limits: >", "  summary2: >", "  summary2:", "key 'summary2'"),
    ("bp4d", "  stand_in: synth-bp4d", "  stand_in: synth-bp5d", "  stand_in:", "no entry 'synth-bp5d'"),
    ("bp4d", "  stand_in: synth-bp4d", "  stand_in: disfa", "  stand_in:", "'disfa' is not embedded"),
    ("bp4d", "  intensity_aus: [6, 10", "  intensity_aus: [5, 6, 10", "  intensity_aus:", "AU 5 is not among aus"),
    ("bp4d", "    frames: {confidence: high", "    frames: {confidence: sure", "    frames:",
     r"key 'facts\.frames\.confidence'"),
    ("bp4d", "    frames: {confidence: high", "    people: {confidence: high", "  facts:", "'people' is no key"),
    ("bp4d", "  homepage: https", "  homepage: htp", "  homepage:", "key 'homepage'.*URL"),
    ("bp4d", "      confidence: medium\n      handled", "      confidence: some\n      handled",
     "      confidence: some", r"key 'defects\.0\.confidence'"),
    ("bp4d", '  redistribution: {media: "no"', '  redistribution: {media: "perhaps"', "  redistribution:",
     r"redistribution\.media"),
    ("disfa", "  coding: intensity", "  coding: intensity\n  intensity_aus: [1]", "  intensity_aus:", "must be empty"),
    ("disfa", "  citations: [mavadati2013disfa]\n", "", "disfa:", "key 'citations': a licensed corpus needs it"),
])  # fmt: skip
def test_a_broken_entry_is_named_with_its_line(tmp_path, entry, old, new, at, words):
    head, tail = GOOD.split(f"\n{entry}:\n", 1)
    assert old in tail
    text = f"{head}\n{entry}:\n{tail.replace(old, new, 1)}"
    with pytest.raises(ManifestError, match=words) as raised:
        manifest.read(written(tmp_path, text))
    message = str(raised.value)
    assert "\n" not in message and f"entry {entry!r}" in message
    assert f"data_manifest.yaml:{line_of(text, entry, at)}: " in message


def test_not_yaml_and_not_entries(tmp_path):
    with pytest.raises(ManifestError, match=r"data_manifest\.yaml:\d+: not valid YAML"):
        manifest.read(written(tmp_path, GOOD.replace("  subjects: 41", "\tsubjects: 41", 1)))
    with pytest.raises(ManifestError, match=r":1: entry 'bp4d': expected keys and values, got int"):
        manifest.read(written(tmp_path, "bp4d: 4\n"))
    with pytest.raises(ManifestError, match=r":3: an entry: 'bp4d' stands there twice"):
        manifest.read(written(tmp_path, "disfa: {}\nbp4d: {}\nbp4d: {}\n"))


def test_missing_and_empty_files(tmp_path):
    with pytest.raises(ManifestError, match="cannot be read"):
        manifest.read(tmp_path / "nothing.yaml")
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(ManifestError, match="expected one entry a corpus"):
        manifest.read(tmp_path / "empty.yaml")
    (tmp_path / "latin.yaml").write_bytes("bp4d: {title: Universität}".encode("latin-1"))
    with pytest.raises(ManifestError, match="not UTF-8"):
        manifest.read(tmp_path / "latin.yaml")


def test_loading_what_cannot_be_loaded(home, monkeypatch, tmp_path):
    with pytest.raises(UnknownName, match=r"unknown corpus 'bp5d'; did you mean 'bp4d'. known: .*synth-bp4d"):
        datasets.load("bp5d")
    with pytest.raises(CorpusError, match=r"set AULIB_BP4D.*its embedded stand-in is 'synth-bp4d'"):
        datasets.load("bp4d")


def test_stand_ins_go_both_ways():
    """The reverse by an explicit loop over the file as YAML reads it."""
    raw = yaml.safe_load(GOOD)
    for name in raw:
        expected = []
        for other, fields in raw.items():
            if fields.get("stand_in") == name:
                expected.append(other)
        assert list(manifest.stands_in_for(name)) == expected
    assert manifest.stands_in_for("synth-bp4d") == ("bp4d", "fera2015", "fera2017")


@pytest.mark.parametrize("entry", LICENSED, ids=lambda one: one.name)
def test_a_licensed_entry_tells_enough(entry):
    assert entry.proven is False, "nobody of the project holds the data"
    assert entry.variable == "AULIB_" + re.sub("-", "_", entry.name).upper()
    assert {"subjects", "sequences", "frames", "frame_rate", "aus"} <= set(entry.facts)
    assert entry.samples and entry.defects and entry.year
    for layout in entry.layouts:
        assert layout.tree.startswith("<root>/"), layout.name
    for number in entry.intensity_aus:
        assert number in AUS
    steps = " ".join(entry.steps)
    assert "http" in steps, "somebody has to be asked somewhere"


def test_citations_are_in_the_bibliography():
    text = (paths.manifest().parent / "book" / "references.bib").read_text(encoding="utf-8")
    keys = set(re.findall(r"^@\w+\{([^,]+),", text, re.MULTILINE))
    cited = {key for entry in manifest.entries().values() for key in entry.citations}
    assert cited <= keys


def test_yaml_booleans_are_words():
    given = manifest.Redistribution.model_validate({"media": False, "labels": True})
    assert (given.media, given.labels) == ("no", "yes")
