"""Fixtures shared by all tests: nothing a test does may touch the real runs or corpora."""

from __future__ import annotations

import pytest

from tests import toys


@pytest.fixture
def home(monkeypatch, tmp_path):
    """An empty home for runs, corpora and reference records."""
    monkeypatch.setenv("AULIB_HOME", str(tmp_path))
    monkeypatch.setenv("AULIB_RESULTS", str(tmp_path / "results"))
    for variable in ("AULIB_RUNS", "AULIB_CORPORA"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def toy(home):
    """The toy corpus, methods, protocol and profile, registered."""
    toys.register()
    yield home
    toys.unregister()
