"""The repository's address stands once, in pyproject.toml, and everything else follows."""

from __future__ import annotations

import shutil
from pathlib import Path

import address
import pytest
from common import ROOT, repository

NOTEBOOK = r"""{"cells": [{"source": ["%pip install -q \"aulib @ git+https://github.com/old/name@v0.0.1\"",
"start(written_for=\"0.0.1\")"]}]}"""
README = """[![CI](https://img.shields.io/github/license/old/name)](LICENSE)
[colab](https://colab.research.google.com/github/old/name/blob/main/notebooks/facs.ipynb)

    git clone https://github.com/old/name && cd name
    pip install git+https://github.com/old/name@v0.0.1

The authors' code is at https://github.com/zkl20061823/DRML.

[repository]: https://github.com/old/name
[issues]: https://github.com/old/name/issues
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "aulib"\nversion = "1.2.3"\n[project.urls]\nRepository = "https://github.com/new/home"\n'
        '[tool.companion]\nref = "v1.2.3"\n'
    )
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "CITATION.cff").write_text('cff-version: 1.2.0\nversion: 0.0.1\nurl: "https://github.com/old/name"\n')
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "facs.ipynb").write_text(NOTEBOOK)
    return tmp_path


def write(root: Path) -> None:
    for path in address.differences(root):
        path.write_text(address.derived(path.read_text(), path, repository(root), "1.2.3", "v1.2.3"))


def test_the_checkout_agrees() -> None:
    found = address.differences(ROOT)
    assert not found, f"run `python workflow/address.py --write`: {found}"


def test_everything_follows(checkout: Path) -> None:
    assert len(address.differences(checkout)) == 3
    write(checkout)
    assert not address.differences(checkout)
    readme, cff = (checkout / "README.md").read_text(), (checkout / "CITATION.cff").read_text()
    assert "old/name" not in readme + cff + (checkout / "notebooks" / "facs.ipynb").read_text()
    assert "cd home" in readme and "zkl20061823/DRML" in readme and "license/new/home)" in readme
    assert "version: 1.2.3" in cff and "cff-version: 1.2.0" in cff
    notebook = (checkout / "notebooks" / "facs.ipynb").read_text()
    assert "git+https://github.com/new/home@v1.2.3" in notebook and 'written_for=\\"1.2.3\\"' in notebook
    assert "github/new/home/blob/v1.2.3/notebooks/facs.ipynb" in readme, "Colab opens what its notebooks install"


def test_writing_twice_changes_nothing(checkout: Path) -> None:
    write(checkout)
    before = (checkout / "README.md").read_text()
    write(checkout)
    assert (checkout / "README.md").read_text() == before


def test_an_address_by_hand_is_found(checkout: Path) -> None:
    write(checkout)
    with (checkout / "README.md").open("a") as file:
        file.write("\nSee https://github.com/new/home/wiki for more.\n")
    (lines,) = address.differences(checkout).values()
    assert "by hand" in lines[0]


def test_the_configuration_holds_no_address() -> None:
    assert "://github.com" not in (ROOT / "_config.yml").read_text()


def test_the_lock_names_no_host(tmp_path: Path) -> None:
    lock = (ROOT / "workflow" / "package-lock.json").read_text()
    assert "://" not in lock and '"resolved"' not in lock and lock.count('"integrity"') > 100
    shutil.copy(ROOT / "workflow" / "package.json", tmp_path)
    assert '"mathjax": "3.2.2"' in (tmp_path / "package.json").read_text()
