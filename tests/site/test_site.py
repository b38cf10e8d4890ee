"""Staging and checking of the book, on a small stand-in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import build
import common
import execute
import pytest
import stage
import yaml


def notebook(profile: str = "smoke", injected: bool = True) -> dict[str, Any]:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# A page", "id": "a"},
        {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "seed = 0", "outputs": [], "id": "b"},
    ]
    if injected:
        tags = {"tags": ["injected-parameters"], "papermill": {"duration": 1.5}}
        cells.append({"cell_type": "code", "metadata": tags, "source": "seed = 1", "outputs": [], "id": "random"})
    meta = {"execution_of": {"profile": profile, "seed": 0}, "papermill": {"duration": 3.0}}
    return {"cells": cells, "metadata": meta, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nversion = "1"\nurls = { Repository = "https://host/a/b/" }\n[tool.companion]\nref = "trunk"\n'
    )
    (tmp_path / "_config.yml").write_text("title: Small\n")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "intro.md").write_text("# Small\n")
    (tmp_path / "book" / "_toc.yml").write_text(
        "format: jb-book\nroot: book/intro\nparts:\n- chapters:\n  - file: notebooks/x\n  - file: notebooks/y\n"
    )
    (tmp_path / "aulib").mkdir()
    (tmp_path / "aulib" / "aus.py").write_text("X = 1\n")
    (tmp_path / "_build" / "lib" / "mathjax").mkdir(parents=True)
    (tmp_path / "_build" / "lib" / "mathjax" / "tex-svg.js").write_text("1;")
    (tmp_path / "_build" / "src" / "notebooks").mkdir(parents=True)
    for name in ("x", "y"):
        (tmp_path / "_build" / "src" / "notebooks" / f"{name}.ipynb").write_text(json.dumps(notebook()))
    return tmp_path


def lay_out(root: Path) -> list[str]:
    target = root / "_build" / "src"
    return stage.stage(root, target / "notebooks", target, root / "_build" / "lib")


def test_stage_holds_everything(checkout: Path) -> None:
    assert lay_out(checkout) == ["book/intro", "notebooks/x", "notebooks/y"]
    target = checkout / "_build" / "src"
    config = yaml.safe_load((target / "_config.yml").read_text())
    assert config["repository"] == {"url": "https://host/a/b", "branch": "trunk", "path_to_book": ""}
    for path in ("_toc.yml", "book/intro.md", "aulib/aus.py", "book/_static/lib/mathjax/tex-svg.js"):
        assert (target / path).is_file(), path
    staged = json.loads((target / "notebooks" / "x.ipynb").read_text())
    assert "remove-cell" in staged["cells"][2]["metadata"]["tags"]


def test_staging_again_touches_nothing_and_drops_what_is_gone(checkout: Path) -> None:
    target = checkout / "_build" / "src"
    (target / "book").mkdir()
    (target / "book" / "gone.md").write_text("# Gone\n")
    lay_out(checkout)
    times = {path: path.stat().st_mtime_ns for path in target.rglob("*") if path.is_file()}
    lay_out(checkout)
    assert times == {path: path.stat().st_mtime_ns for path in target.rglob("*") if path.is_file()}
    assert not (target / "book" / "gone.md").exists()


def test_a_missing_notebook_is_named(checkout: Path) -> None:
    (checkout / "_build" / "src" / "notebooks" / "y.ipynb").unlink()
    with pytest.raises(common.Trouble, match=r"notebooks/y\.ipynb(.|\n)*make book"):
        lay_out(checkout)


def test_the_pages_of_another_paper_stand_unexecuted(checkout: Path) -> None:
    (checkout / "book" / "_toc.yml").write_text(
        "format: jb-book\nroot: book/intro\nparts:\n"
        "- caption: Foundations\n"
        "  chapters: [{file: notebooks/needed}, {file: notebooks/further}, {file: notebooks/idle}]\n"
        "- caption: First (CVPR 2016)\n  chapters: [{file: book/first}, {file: notebooks/x}]\n"
        "- caption: Second (IVC 2019)\n  chapters: [{file: notebooks/y}]\n"
        "- caption: The book itself\n  chapters: [{file: notebooks/state}]\n"
    )
    (checkout / "book" / "first.md").write_text(
        "See [that](../notebooks/needed.ipynb#there), [this](../notebooks/y.ipynb)."
    )
    (checkout / "notebooks").mkdir()
    for name in ("needed", "further", "idle", "x", "y", "state"):
        source = notebook(injected=False)
        source["cells"][0]["source"] = "[more](further.ipynb)" if name == "needed" else f"# {name}"
        (checkout / "notebooks" / f"{name}.ipynb").write_text(json.dumps(source))
    assert common.chosen("first", checkout) == ["needed", "further", "x", "state"]
    assert common.chosen("corpora", checkout) == ["needed", "further", "idle", "state"]
    assert len(common.chosen("all", checkout)) == 6
    target, folder = checkout / "_build" / "src", checkout / "_build" / "executed"
    folder.mkdir()
    for name in common.chosen("first", checkout):
        (folder / f"{name}.ipynb").write_text(json.dumps(notebook()))
    (folder / "y.ipynb").write_text(json.dumps(notebook()))  # of an earlier call: as old as it may be
    stage.stage(checkout, folder, target, checkout / "_build" / "lib", "first")
    said = {path.stem: "PAPER=first" in path.read_text() for path in (target / "notebooks").glob("*.ipynb")}
    assert said == {name: name in ("idle", "y") for name in ("needed", "further", "idle", "x", "y", "state")}


def test_every_paper_has_notebooks_of_its_own() -> None:
    from aubook.papers import PAPERS

    for paper in set(PAPERS) - {"corpora"}:
        names = common.chosen(paper)
        assert any(name.startswith(f"{paper}_") for name in names), paper
        assert not any(name.startswith(f"{other}_") for name in names for other in PAPERS if other != paper)


def test_profiles_do_not_mix(checkout: Path) -> None:
    (checkout / "_build" / "src" / "notebooks" / "y.ipynb").write_text(json.dumps(notebook("laptop")))
    with pytest.raises(common.Trouble, match="different profiles"):
        lay_out(checkout)


def test_executed_copies_carry_no_times(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps(notebook()))
    text = execute.tidy(path, {"profile": "smoke", "seed": 3}).decode()
    assert "duration" not in text and "random" not in text
    assert json.loads(text)["metadata"]["execution_of"] == {"profile": "smoke", "seed": 3}


def test_a_notebook_without_parameters_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps({"cells": []}))
    with pytest.raises(common.Trouble, match="parameters"):
        execute.check(path)


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<script src="https://cdn.example/x.js"></script>', "loads https://cdn.example/x.js"),
        ('<script src="//cdn.example/x.js"></script>', "loads //cdn.example/x.js"),
        ('<link rel="stylesheet" href="https://fonts.example/css">', "loads https://fonts.example/css"),
        ('<style>@import "https://fonts.example/a";</style>', "loads https://fonts.example/a"),
        ('<p style="background: url(http://x.example/a.png)">', "loads http://x.example/a.png"),
        ('<script type="module">import y from "https://x.example/y.js"</script>', "loads https://x.example/y.js"),
        ('<img src="a.png">', "without a text"),
        ('<img src="a.png" alt=" ">', "without a text"),
        ('<a href="gone.html#there">x</a>', "links to gone.html#there"),
    ],
)
def test_faults_are_found(tmp_path: Path, html: str, fault: str) -> None:
    (tmp_path / "page.html").write_text(f"<html><body>{html}</body></html>")
    (found,) = build.faults(tmp_path)
    assert found.startswith("page.html ") and fault in found


def test_good_pages_pass(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<link rel="canonical" href="https://x.example/"><link rel="next" href="page.html">'
        '<script src="_static/a.js"></script><img src="a.png" alt="A face"><a href="https://x.example">x</a>'
        '<a href="page.html#top">y</a><img src="data:image/png;base64,AA==" alt="b"><a href="mailto:a@b.c">m</a>'
    )
    assert not list(build.faults(tmp_path))


ENTRY = (
    "  title: Small faces\n  source: synthetic\n  proven: true\n  summary: Few.\n  coding: occurrence\n  aus: [1, 12]\n"
    "  subjects: 2\n  sequences: 3\n  frame_rate: 25\n  licence: MIT\n  access: None needed.\n  limits: It is small.\n"
)


@pytest.fixture
def with_corpora(checkout: Path) -> Path:
    """A checkout whose contents have the chapter of the corpora, between two notebooks."""
    (checkout / "book" / "corpora").mkdir()
    (checkout / "book" / "corpora" / "index.md").write_text("# Corpora\n```{include} table.inc\n```\n")
    (checkout / "book" / "_toc.yml").write_text(
        "format: jb-book\nroot: book/intro\nparts:\n- chapters:\n  - file: notebooks/x\n"
        "  - file: book/corpora/index\n  - file: notebooks/y\n"
    )
    (checkout / "data_manifest.yaml").write_text(f"small:\n{ENTRY}tiny:\n{ENTRY}", encoding="utf-8")
    return checkout


def test_pages_of_the_corpora_are_made_and_listed(with_corpora: Path) -> None:
    made = ["book/corpora/small", "book/corpora/tiny"]
    assert lay_out(with_corpora) == ["book/intro", "notebooks/x", "book/corpora/index", *made, "notebooks/y"]
    target = with_corpora / "_build" / "src"
    chapters = yaml.safe_load((target / "_toc.yml").read_text())["parts"][0]["chapters"]
    assert chapters[1] == {"file": "book/corpora/index", "sections": [{"file": page} for page in made]}
    assert [chapter["file"] for chapter in chapters] == ["notebooks/x", "book/corpora/index", "notebooks/y"]
    assert (target / "book" / "corpora" / "small.md").read_text().startswith("# Small faces\n")
    assert "(small.md)" in (target / "book" / "corpora" / "table.inc").read_text()
    assert not (with_corpora / "book" / "corpora" / "small.md").exists(), "sources are never written to"


def test_a_corpus_that_is_gone_loses_its_page(with_corpora: Path) -> None:
    target = with_corpora / "_build" / "src"
    lay_out(with_corpora)
    times = {path: path.stat().st_mtime_ns for path in target.rglob("*") if path.is_file()}
    lay_out(with_corpora)
    assert times == {path: path.stat().st_mtime_ns for path in target.rglob("*") if path.is_file()}
    (with_corpora / "data_manifest.yaml").write_text(f"tiny:\n{ENTRY}", encoding="utf-8")
    assert "book/corpora/small" not in lay_out(with_corpora)
    assert not (target / "book" / "corpora" / "small.md").exists()
    assert (target / "book" / "corpora" / "tiny.md").is_file()


def test_licensed_corpora_come_first(with_corpora: Path) -> None:
    text = f"small:\n{ENTRY}real:\n  source: licensed\ntiny:\n{ENTRY}"
    (with_corpora / "data_manifest.yaml").write_text(text, encoding="utf-8")
    assert common.corpora(with_corpora) == ["real", "small", "tiny"]


def test_a_broken_manifest_ends_staging_with_one_line(with_corpora: Path) -> None:
    (with_corpora / "data_manifest.yaml").write_text("small:\n  source: licensed\n")
    with pytest.raises(common.Trouble, match=r"data_manifest\.yaml:1: entry 'small', key 'title'"):
        lay_out(with_corpora)


def test_every_page_of_the_contents_exists() -> None:
    from aulib.manifest import entries

    made = {f"{common.CORPORA}/{name}" for name in entries()}
    assert set(common.made()) == made
    for page in set(common.pages()) - made:
        assert any((common.ROOT / f"{page}{suffix}").is_file() for suffix in (".md", ".ipynb")), page


def test_options_named_in_the_prose_exist() -> None:
    prose = (common.ROOT / "book" / "drml" / "choices.md").read_text(encoding="utf-8")
    files = [*(common.ROOT / "aulib" / "models").glob("*.py"), common.ROOT / "aulib" / "losses.py"]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    named = set(re.findall(r"`(?:[\w.]+\()?([a-z_]+)=", prose))
    assert {"grid", "region_norm", "emulate_slip", "reading"} <= named
    for name in named:
        assert f"{name}: " in code, f"book/drml/choices.md names an option {name!r} that no model or loss has"


def test_a_widget_without_its_state_is_a_fault(tmp_path: Path) -> None:
    view = '<script type="application/vnd.jupyter.widget-view+json">{}</script>'
    (tmp_path / "x.html").write_text(view)
    assert "widget without its state" in "".join(build.faults(tmp_path))
    (tmp_path / "x.html").write_text(view + view.replace("view", "state"))
    assert not list(build.faults(tmp_path))


@pytest.mark.parametrize(
    "file, attributes, dead",
    [
        ("_static/sphinx-thebe.js", {}, True),
        (None, {"body": 'const THEBE_JS_URL = "https://host"'}, True),
        (None, {"type": "application/vnd.jupyter.widget-state+json", "body": '{"value": "aThEbEa"}'}, False),
        ("_static/thoughts.js", {}, False),
    ],
)
def test_only_thebe_is_trimmed(file: str | None, attributes: dict[str, str], dead: bool) -> None:
    import importlib.util
    from types import SimpleNamespace

    spec = importlib.util.spec_from_file_location("trim_pages", common.ROOT / "book" / "_ext" / "trim_pages.py")
    assert spec and spec.loader
    trim_pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(trim_pages)
    assert trim_pages._is_thebe(SimpleNamespace(filename=file, attributes=attributes)) is dead
