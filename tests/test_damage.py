"""Every kind of file that we write, damaged: the right result, or one clear error that names it."""

from __future__ import annotations

import pytest

from tests import damage

pytest.importorskip("torch")


@pytest.mark.parametrize("kind", damage.KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
def test_damage_is_named_or_mended(kind, toy, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("AULIB_HOME", str(home))
    monkeypatch.setenv("AULIB_RESULTS", str(home / "results"))
    found = list(damage.outcomes(kind, home))
    assert [case for case in found if case[2] not in ("error", "repaired", "right")] == []
    noticed = [case for case in found if case[2] != "right"]
    assert noticed, "damage that nobody notices was done to files that nobody reads"
