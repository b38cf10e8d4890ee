"""The labels of a reader's own copy, counted by a loop over the exported corpus."""

from __future__ import annotations

import pytest

from aubook.pages import own_copy
from aubook.study import Study
from aulib.aus import UNKNOWN
from aulib.datasets import layouts
from aulib.errors import CorpusError, UnknownName
from tests.datasets import made


def test_rates_against_a_loop(tmp_path, monkeypatch):
    direct = made.occurrence(4)
    layouts.bp4d(direct, tmp_path / "copy")
    monkeypatch.setenv("AULIB_BP4D", str(tmp_path / "copy"))
    table = own_copy.rates(Study("laptop", corpus="bp4d"))
    for au in direct.aus:
        codes = direct.codes[:, direct.column(au)].tolist()
        known = [code for code in codes if code != UNKNOWN]
        assert table.frame.loc[str(au), ("bp4d", "present")] == pytest.approx(100 * sum(known) / len(known))
        assert table.frame.loc[str(au), ("bp4d", "unknown")] == pytest.approx(100 * (1 - len(known) / len(codes)))
    assert "synthetic data" in table._repr_html_(), "an export is drawn, whatever its layout"
    assert "4 people in 8 sequences" in str(table)


def test_no_copy_is_said():
    assert "No copy was chosen" in str(own_copy.rates(Study("laptop")))
    assert "No copy was chosen" in own_copy.rates(Study("laptop", corpus="synth-bp4d+ind"))._repr_html_()
    with pytest.raises(CorpusError, match="AULIB_DISFA"):
        own_copy.rates(Study("laptop", corpus="disfa"))


def test_a_wrong_corpus_is_named_at_the_start():
    with pytest.raises(UnknownName, match="unknown corpus 'bp5d'"):
        Study("laptop", corpus="bp4d,bp5d")
    assert Study("laptop", corpus="gft").chosen == ("gft",)
