"""Markers: what they vouch for, and what they notice."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aulib import integrity
from aulib.errors import CorpusError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text().filter(lambda key: key != "seal"), VALUES, max_size=4))
def test_what_is_written_is_read(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("marker") / "marker.json"
    integrity.write_json(path, values)
    assert integrity.read_json(path, "") == values


def test_infinite_numbers_survive(tmp_path):
    integrity.write_json(tmp_path / "a.json", {"best": -math.inf})
    assert integrity.read_json(tmp_path / "a.json", "") == {"best": -math.inf}


def test_every_bit_of_a_marker_counts(tmp_path):
    path = tmp_path / "marker.json"
    integrity.write_json(path, {"seconds": 12.5, "name": "ä"})
    values = json.loads(path.read_text())
    whole = path.read_bytes()
    silent = []
    for bit in range(8 * len(whole)):
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        try:
            integrity.read_json(path, "make it again", CorpusError)
        except CorpusError as error:
            assert "marker.json" in str(error) and str(error).endswith("make it again")
        else:
            silent.append(json.loads(path.read_text()))
    assert all(value == values for value in silent), "white space alone"


@pytest.mark.parametrize("content", ["", "[]", "3", '"seal"', "{}", "[" * 5000, '{"seal": null}'])
def test_other_json_is_no_marker(tmp_path, content):
    (tmp_path / "marker.json").write_text(content)
    with pytest.raises(CorpusError, match=r"marker\.json"):
        integrity.read_json(tmp_path / "marker.json", "", CorpusError)


def test_a_marker_vouches_for_its_files(tmp_path, capsys):
    file = tmp_path / "faces.npy"
    file.write_bytes(b"faces")
    assert integrity.finished(tmp_path / "piece.json") is None
    integrity.finish(tmp_path / "piece.json", file, rows=5)
    assert integrity.finished(tmp_path / "piece.json")["rows"] == 5
    assert capsys.readouterr().err == ""
    file.write_bytes(b"other")
    integrity._checksum.cache_clear()
    assert integrity.finished(tmp_path / "piece.json") is None
    assert "faces.npy differs from its checksum; it is made again" in capsys.readouterr().err
