"""What the scripts in this folder share: where the checkout is, what ``pyproject.toml`` says, how a script gives up."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import yaml

ROOT = Path(__file__).resolve().parent.parent

#: Folder of the pages that are made from the manifest, below its page ``index`` in the table of contents.
CORPORA = "book/corpora"


class Trouble(Exception):
    """Something that the caller can mend. The message says what and how, and is all that is printed."""


def give_up(trouble: Trouble) -> NoReturn:
    """End the script with the message and status 1."""
    raise SystemExit(f"error: {trouble}")


def project(root: Path = ROOT) -> dict[str, Any]:
    """The ``[project]`` table of ``pyproject.toml``."""
    with (root / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]


def repository(root: Path = ROOT) -> str:
    """Address of the repository, without a slash or ``.git`` behind it; ``pyproject.toml`` is its only home."""
    urls: Mapping[str, str] = project(root).get("urls", {})
    if "Repository" not in urls:
        raise Trouble("pyproject.toml has no [project.urls] Repository, which is the repository's address")
    return urls["Repository"].rstrip("/").removesuffix(".git")


def ref(root: Path = ROOT) -> str:
    """Branch or tag that Colab opens and installs; ``pyproject.toml`` is its only home."""
    with (root / "pyproject.toml").open("rb") as file:
        return tomllib.load(file).get("tool", {}).get("companion", {}).get("ref", "main")


def corpora(root: Path = ROOT) -> list[str]:
    """Names of the corpora, each of which has a page that ``stage.py`` makes: licensed ones first."""
    entries = yaml.safe_load((root / "data_manifest.yaml").read_text(encoding="utf-8"))
    return sorted(entries, key=lambda name: entries[name].get("source") != "licensed")


def made(root: Path = ROOT) -> list[str]:
    """Pages without a source file: ``book/corpora/bp4d`` …"""
    return [page for page in pages(root) if page.startswith(f"{CORPORA}/") and page != f"{CORPORA}/index"]


def pages(root: Path = ROOT) -> list[str]:
    """Every page of the book, root first, without suffix: ``book/intro``, ``notebooks/facs`` …

    Those that ``book/_toc.yml`` lists, and behind ``book/corpora/index`` the page of each corpus.
    """
    toc = yaml.safe_load((root / "book" / "_toc.yml").read_text(encoding="utf-8"))
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, Mapping):
            found.extend(str(node[key]) for key in ("root", "file") if key in node)
            if node.get("file") == f"{CORPORA}/index":
                found.extend(f"{CORPORA}/{name}" for name in corpora(root))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for item in node:
                walk(item)

    walk(toc)
    return found


def notebooks(root: Path = ROOT) -> list[str]:
    """Names of the notebooks that ``book/_toc.yml`` lists, without folder and suffix."""
    return [page.removeprefix("notebooks/") for page in pages(root) if page.startswith("notebooks/")]


def parts(root: Path = ROOT) -> dict[str, list[str]]:
    """Caption of each part of the book -> its pages."""
    toc = yaml.safe_load((root / "book" / "_toc.yml").read_text(encoding="utf-8"))
    return {part["caption"]: [page["file"] for page in part["chapters"]] for part in toc["parts"]}


def chosen(paper: str = "all", root: Path = ROOT) -> list[str]:
    """Names of the notebooks that a book about one paper executes; the other pages stand in it unexecuted.

    Those of the paper's own part, whose caption begins with the paper's name (that of ``corpora`` is "Foundations");
    those of the Foundations that its pages link to, directly or through one another; and those about the book itself.
    """
    if paper == "all":
        return notebooks(root)
    named = parts(root)
    foundations = named.get("Foundations", [])
    own = next((part for caption, part in named.items() if caption.split()[0].lower() == paper), foundations)
    needed, waiting = set(), list(own)
    while waiting:
        page = waiting.pop()
        needed.add(page)
        waiting += [to for to in _links(root, page) if to in foundations and to not in needed]
    needed |= set(named.get("The book itself", []))
    return [name for name in notebooks(root) if f"notebooks/{name}" in needed]


def _links(root: Path, page: str) -> Iterator[str]:
    """Pages, without suffix, that a page links to."""
    path = next(path for suffix in (".md", ".ipynb") if (path := root / f"{page}{suffix}").is_file())
    for to in re.findall(r"\]\(([^()#\s]+)\.(?:md|ipynb)\b", path.read_text(encoding="utf-8")):
        yield os.path.normpath(Path(page).parent / to)


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write `content` to `path` at one stroke, unless it is there already. True when it wrote."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)
    return True


def shown(path: Path) -> str:
    """`path` relative to the working directory where it lies inside it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
