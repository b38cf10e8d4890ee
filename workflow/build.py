"""Build the book from ``_build/src`` into ``_build/html``, warnings as errors, and look at what came out.

    python workflow/build.py

Execution is off: the pages show the executed notebooks as they were staged. After the build every page is checked: no
script, style sheet, image or font may come from the network, every image needs a text for those who do not see it.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from common import ROOT, Trouble, give_up, shown

OUTSIDE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
STYLED = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])((?:https?:)?//[^'\")\s]+)", re.IGNORECASE)
IMPORTED = re.compile(r"(?:\bfrom|\bimport)\s*\(?\s*['\"]((?:https?:)?//[^'\"]+)['\"]")
LOADING_LINKS = {
    "stylesheet",
    "preload",
    "prefetch",
    "modulepreload",
    "icon",
    "shortcut icon",
    "apple-touch-icon",
    "manifest",
}
LOADED = {  # tag -> attributes whose address a browser fetches by itself
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "embed": ("src",),
    "object": ("data",),
}


class Page(HTMLParser):
    """Collects from one page what it loads from outside, images without text, and links into the book itself."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.loads: list[str] = []
        self.mute: list[str] = []
        self.links: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self._inside = tag if tag in ("script", "style") else ""
        addresses = [given[key] for key in LOADED.get(tag, ()) if key in given]
        if tag == "link" and any(rel in LOADING_LINKS for rel in given.get("rel", "").split()):
            addresses.append(given.get("href", ""))
        self.loads += [address for address in addresses if OUTSIDE.match(address)]
        self.loads += STYLED.findall(given.get("style", ""))
        if tag == "a" and "headerlink" not in given.get("class", ""):
            self.links.append(given.get("href", ""))
        if tag == "img" and not given.get("alt", "").strip() and given.get("aria-hidden") != "true":
            self.mute.append(given.get("src", "")[:80])

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.loads += STYLED.findall(data)
        elif self._inside == "script":
            self.loads += IMPORTED.findall(data)


def faults(html: Path) -> Iterator[str]:
    """One line for each thing on the built pages that a reader without a network, or without sight, would miss."""
    for path in sorted(html.rglob("*.html")):
        if "_static" in path.relative_to(html).parts:
            continue  # templates of the widget manager and the theme, not pages
        text = path.read_text(encoding="utf-8")
        page = Page(text)
        name = path.relative_to(html)
        if "jupyter.widget-view+json" in text and "jupyter.widget-state+json" not in text:
            yield f"{name} has a widget without its state: it will not show"
        yield from (f"{name} loads {address}" for address in dict.fromkeys(page.loads))
        yield from (f"{name} has an image without a text (alt): {source}" for source in page.mute)
        for link in dict.fromkeys(page.links):
            to = unquote(urlsplit(link).path)
            if not urlsplit(link).scheme and not OUTSIDE.match(link) and to and not (path.parent / to).exists():
                yield f"{name} links to {link}, which is not there"
    for path in sorted((html / "_static").rglob("*.css")):
        for address in dict.fromkeys(STYLED.findall(path.read_text(encoding="utf-8", errors="replace"))):
            yield f"{path.relative_to(html)} loads {address}"


def build(root: Path) -> None:
    """Run Jupyter Book over the stage, from nothing, so that no warning of an earlier build is passed over."""
    source, html = root / "_build" / "src", root / "_build" / "html"
    if not (source / "_toc.yml").is_file():
        raise Trouble(f"{shown(source)} is not laid out: run python workflow/stage.py first")
    for stale in (html, html.parent / ".doctrees", html.parent / ".jupyter_cache"):
        shutil.rmtree(stale, ignore_errors=True)
    # Not its script: that names the Python of the place where it was installed, and cannot name every path.
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command += ["build", str(source), "--path-output", str(root), "-W", "-n", "--keep-going", "-q"]
    if subprocess.run(command).returncode:
        raise Trouble("the book has warnings, and they count as errors; each stands above with its page and line")


def report(lines: Iterable[str]) -> None:
    """Raise if there are any."""
    if found := list(lines):
        raise Trouble(f"{len(found)} faults on the built pages:\n  " + "\n  ".join(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout; pages go to ROOT/_build/html")
    parser.add_argument("--check-only", action="store_true", help="look at the pages that are there, build nothing")
    arguments = parser.parse_args()
    try:
        html = arguments.root.resolve() / "_build" / "html"
        if not arguments.check_only:
            build(arguments.root.resolve())
        if not html.is_dir():
            raise Trouble(f"{shown(html)} is not there: build first")
        report(faults(html))
    except Trouble as trouble:
        give_up(trouble)
    print(f"the book: {shown(html / 'index.html')}")


if __name__ == "__main__":
    main()
