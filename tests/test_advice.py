"""Commands that a reader is told to type: they fit the place and the study, and the command line takes them."""

from __future__ import annotations

import re
import shlex
import sys
from types import ModuleType

import pytest

from aubook import advice, notebook, papers
from aubook.engine.tables import build
from aubook.papers.drml import figures, tables
from aubook.papers.hybrid import tables as hybrid_tables
from aubook.study import Study
from aulib import __version__, paths
from aulib.__main__ import parser
from tests.test_report import fake

PLAIN, SEED, COPY = Study("laptop"), Study("laptop", 5), Study("gpu", 7, "bp4d,disfa")


@pytest.fixture
def colab(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))


@pytest.fixture
def wheel(monkeypatch, tmp_path):
    """Installed as a package: there is no checkout, so no Makefile."""
    monkeypatch.setattr(paths, "PACKAGE", tmp_path / "site-packages" / "aulib")


def test_make_is_named_only_where_it_does_what_is_meant(monkeypatch):
    monkeypatch.delenv("AULIB_RESULTS", raising=False)
    assert advice.to_run("laptop", "drml") == "make reproduce PROFILE=laptop PAPER=drml"
    for study in (SEED, COPY, Study("laptop", corpus="bp4d"), Study("smoke")):
        assert advice.to_run(study, "drml").startswith("python -m aulib run --paper drml"), study
    assert advice.to_run(PLAIN, "drml", "timing") == "python -m aulib run timing --profile laptop"


def test_an_installed_package_has_no_make(wheel):
    assert advice.to_run(PLAIN, "hybrid") == "python -m aulib run --paper hybrid --profile laptop"


def test_in_colab_it_is_a_line_for_a_cell(colab):
    assert advice.to_run(SEED, "drml") == "!python -m aulib run --paper drml --profile laptop --seed 5"


@pytest.mark.parametrize("study", [PLAIN, SEED, COPY])
def test_the_command_line_takes_it_and_means_the_same_runs(study, wheel):
    given = parser().parse_args(shlex.split(advice.to_run(study, "drml"))[3:])
    meant = papers.declarations("drml", study)
    assert Study(given.profile, given.seed, given.corpus) == study
    assert papers.declarations(given.paper, Study(given.profile, given.seed, given.corpus)).keys() == meant.keys()


def test_tables_pass_on_seed_and_corpus(home):
    """With ``seed=5`` a table used to say ``make reproduce``, which knows no seed."""
    made = [
        build("drml", "table2", COPY),
        build("drml", "table2", SEED),
        hybrid_tables.table("table1-3", SEED),
        hybrid_tables.table("table3", SEED),
    ]
    for study, table in zip((COPY, SEED, SEED, SEED), made, strict=True):
        commands = re.findall(r"Run `([^`]+)`", str(table))
        assert commands, table.caption
        for command in commands:
            assert "make" not in command and f"--seed {study.seed}" in command
            assert study.corpus is None or f"--corpus {study.corpus}" in command


def test_a_smoke_table_says_in_its_head_that_it_means_nothing(home):
    for profile in ("smoke", "laptop"):
        fake(papers.find("drml", profile, "drml-fold1-seed0"), history=(0.5, 0.6, 0.7, 0.7, 0.7, 0.7))
    for name in ("table2", "summary", "grids", ""):
        made = [build("drml", name, s) if name else figures.loss_curves(s) for s in (Study("smoke"), PLAIN)]
        smoke, laptop = (one._repr_html_() for one in made)
        head = re.search(r'<p class="au-caption">(.*?)</p>', smoke)
        assert head and head[1].startswith("Profile smoke: its numbers mean nothing."), name
        assert "mean nothing" not in laptop, name
    assert str(build("drml", "table2", Study("smoke"))).startswith("Profile smoke: its numbers mean nothing.")
    assert "mean nothing" not in str(tables.table1()), "printed numbers"


def test_the_banner_names_a_version_that_does_not_fit(home, capsys):
    notebook.start("laptop", written_for=__version__)
    assert "was written for" not in capsys.readouterr().out
    notebook.start("laptop", written_for="9.9.9")
    out = capsys.readouterr().out
    assert f"written for aulib 9.9.9, and aulib {__version__} is installed" in out


def test_the_banner_of_smoke(home, capsys):
    notebook.start("smoke")
    assert "no number below means anything" in capsys.readouterr().out
