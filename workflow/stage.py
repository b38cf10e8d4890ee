"""Lay out ``_build/src``, the folder that the book is built from: prose, executed notebooks, configuration, scripts.

Sources are never written to. The stage holds copies: ``book/``, the executed notebooks, the packages (pages show
pieces of them), ``_toc.yml``, and ``_config.yml`` with the repository's address from ``pyproject.toml`` filled in. The
pages of the corpora are made here, from ``data_manifest.yaml``, and stand in the staged table of contents.

    python workflow/stage.py                                   # executed copies are in _build/src/notebooks
    python workflow/stage.py --executed _build/executed/smoke  # or somewhere else
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from common import (
    CORPORA,
    ROOT,
    Trouble,
    chosen,
    give_up,
    made,
    notebooks,
    pages,
    ref,
    repository,
    shown,
    write_if_changed,
)

HIDDEN = ("injected-parameters",)  # tags of cells that are machinery, not text


def hide(notebook: dict[str, Any]) -> dict[str, Any]:
    """Tag the cell that papermill injected, so that the page leaves it out."""
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if any(tag in HIDDEN for tag in tags) and "remove-cell" not in tags:
            cell["metadata"]["tags"] = [*tags, "remove-cell"]
    return notebook


def mirror(
    source: Path, target: Path, pattern: str = "**/*", keep: str = "", extra: Mapping[str, bytes] | None = None
) -> None:
    """Make `target`, but for its folder `keep`, hold `extra` and the matching files of `source`; equal files stay."""
    extra = extra or {}
    wanted = {
        path.relative_to(source)
        for path in source.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts and ".ipynb_checkpoints" not in path.parts
    }
    for path in wanted:
        write_if_changed(target / path, (source / path).read_bytes())
    for name, content in extra.items():
        write_if_changed(target / name, content)
    wanted |= {Path(name) for name in extra}
    for path in [path for path in target.rglob("*") if path.is_file()]:
        if path.relative_to(target) not in wanted and not (keep and path.is_relative_to(target / keep)):
            path.unlink()


def configuration(root: Path) -> bytes:
    """``_config.yml`` with the repository's address, and the branch or tag that its rockets open."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    own = config.get("repository") or {}
    config["repository"] = {"path_to_book": "", **own, "branch": ref(root), "url": repository(root)}
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True).encode()


def contents(root: Path) -> bytes:
    """``_toc.yml``; the pages made from the manifest stand as sections below their index."""
    source = (root / "book" / "_toc.yml").read_bytes()
    sections = [{"file": page} for page in made(root)]
    if not sections:
        return source
    toc = yaml.safe_load(source)
    waiting = [toc]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict) and node.get("file") == f"{CORPORA}/index":
            node["sections"] = sections
        waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return yaml.safe_dump(toc, sort_keys=False, allow_unicode=True).encode()


def corpus_pages(root: Path) -> dict[str, bytes]:
    """Path below ``book/`` -> content: a page for each corpus, and the table that their index includes."""
    if not made(root):
        return {}
    from aubook.pages.corpus_pages import page, table
    from aulib.errors import ManifestError
    from aulib.manifest import read

    try:
        known = read(root / "data_manifest.yaml")
    except ManifestError as error:
        raise Trouble(str(error)) from error
    folder = CORPORA.removeprefix("book/")
    texts = {f"{folder}/{name}.md": page(entry) for name, entry in known.items()}
    return {path: text.encode() for path, text in (texts | {f"{folder}/table.inc": table(known)}).items()}


def unexecuted(root: Path, name: str, paper: str) -> dict[str, Any]:
    """A notebook as it lies in the checkout, with a word about that below its title."""
    notebook = json.loads((root / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))
    words = f":::{{note}}\nNot executed: this book was made with `PAPER={paper}`; `make book` executes all.\n:::\n"
    note = {"cell_type": "markdown", "id": "not-executed", "metadata": {}, "source": words}
    return notebook | {"cells": [notebook["cells"][0], note, *notebook["cells"][1:]]}


def executed(root: Path, folder: Path, paper: str = "all") -> dict[str, dict[str, Any]]:
    """Name -> executed notebook, for every notebook that a book about `paper` executes."""
    found, missing = {}, []
    for name in chosen(paper, root):
        path = folder / f"{name}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        if "execution_of" in notebook.get("metadata", {}):  # and no copy that an earlier book showed unexecuted
            found[name] = notebook
        else:
            missing.append(name)
    if missing:
        lines = "\n".join(
            f"  notebooks/{name}.ipynb"
            + ("" if (root / "notebooks" / f"{name}.ipynb").is_file() else "  (no such notebook)")
            for name in missing
        )
        raise Trouble(
            f"book/_toc.yml lists notebooks that have no executed copy in {shown(folder)}:\n{lines}\n"
            "`make book` executes what is missing; one alone: python workflow/execute.py notebooks/NAME.ipynb "
            f"{shown(folder)}/NAME.ipynb --profile smoke"
        )
    profiles: dict[str, list[str]] = {}
    for name, notebook in found.items():
        if profile := notebook["metadata"].get("execution_of", {}).get("profile"):
            profiles.setdefault(profile, []).append(name)
    if len(profiles) > 1:
        lines = "\n".join(f"  {profile}: {', '.join(names)}" for profile, names in sorted(profiles.items()))
        raise Trouble(f"the executed copies come from different profiles; one book shows one profile:\n{lines}")
    return found


def stage(root: Path, folder: Path, target: Path, library: Path, paper: str = "all") -> list[str]:
    """Lay out `target`; returns the pages of the book in order."""
    copies = executed(root, folder, paper)
    copies |= {name: unexecuted(root, name, paper) for name in notebooks(root) if name not in copies}
    prose = [page for page in pages(root) if page.startswith("book/") and page not in made(root)]
    absent = [page for page in prose if not (root / f"{page}.md").is_file()]
    if absent:
        raise Trouble(f"book/_toc.yml lists pages that do not exist: {', '.join(absent)}")
    if not library.is_dir():
        raise Trouble(f"{shown(library)} is missing: run python workflow/offline.py first")
    for name, notebook in copies.items():
        content = json.dumps(hide(notebook), indent=1, ensure_ascii=False) + "\n"
        write_if_changed(target / "notebooks" / f"{name}.ipynb", content.encode())
    mirror(root / "book", target / "book", keep="_static/lib", extra=corpus_pages(root))
    mirror(library, target / "book" / "_static" / "lib", "*/*")
    for package in ("aulib", "synthface", "aubook"):
        mirror(root / package, target / package, "**/*.py")
    mirror(root / "ablations", target / "ablations", "*.yaml")
    write_if_changed(target / "_toc.yml", contents(root))
    write_if_changed(target / "_config.yml", configuration(root))
    return pages(root)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout (default: the one this script is in)")
    parser.add_argument("--target", type=Path, help="folder to lay out (default: ROOT/_build/src)")
    parser.add_argument("--executed", type=Path, help="folder of the executed notebooks (default: TARGET/notebooks)")
    parser.add_argument("--library", type=Path, help="what offline.py fetched (default: ROOT/_build/lib)")
    parser.add_argument("--paper", default="all", help="execute this paper's pages, and show the others as they are")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    target = (arguments.target or root / "_build" / "src").resolve()
    try:
        folder, library = arguments.executed or target / "notebooks", arguments.library or root / "_build" / "lib"
        staged = stage(root, folder, target, library, arguments.paper)
    except Trouble as trouble:
        give_up(trouble)
    print(f"staged: {len(staged)} pages in {shown(target)}")


if __name__ == "__main__":
    main()
