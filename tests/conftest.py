"""Fixtures shared by all tests: nothing a test does may touch the real runs or corpora."""

from __future__ import annotations

import pytest
from hypothesis import settings

from aulib.datasets.readers import READERS
from aulib.manifest import entry
from tests import toys

settings.register_profile("house", deadline=None)  # no test is timed: a busy machine is no fault
settings.load_profile("house")


@pytest.fixture(autouse=True)
def nobodys_copies(monkeypatch, tmp_path):
    """No test may see the licensed corpora of whoever runs it."""
    monkeypatch.setenv("AULIB_CONFIG", str(tmp_path / "no" / "corpora.yaml"))
    for name in READERS:
        monkeypatch.delenv(entry(name).variable, raising=False)


@pytest.fixture
def home(monkeypatch, tmp_path):
    """An empty home for runs, corpora and reference records."""
    monkeypatch.setenv("AULIB_HOME", str(tmp_path))
    monkeypatch.setenv("AULIB_RESULTS", str(tmp_path / "results"))
    for place in ("AULIB_RUNS", "AULIB_CORPORA"):
        monkeypatch.delenv(place, raising=False)
    return tmp_path


@pytest.fixture
def toy(home):
    """The toy corpus, methods, protocol and profile, registered."""
    toys.register()
    yield home
    toys.unregister()
