"""Keep in one place, ``pyproject.toml``, what names the repository: address, version, and what Colab opens.

The address is ``[project.urls] Repository``, the branch or tag that Colab opens and installs ``[tool.companion] ref``.

    python workflow/address.py --check    # status 1 and a list, where a file says something else
    python workflow/address.py --write    # derive all the places again

What is derived: the address, its name, the ref and the version in README.md, CITATION.cff, the prose of the book and
the notebooks, in ``git clone``, ``cd`` after it, ``pip install git+ADDRESS@REF``, ``start(…, written_for="VERSION")``,
links to Colab, badges, and the link names ``[repository]:``, ``[issues]:`` and ``[contributing]:``. ``_config.yml``
holds none of it; stage.py fills it in.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from common import ROOT, Trouble, give_up, project, ref, repository, write_if_changed

PLACES = ("README.md", "CITATION.cff", "CONTRIBUTING.md", "CHANGELOG.md", "book/**/*.md", "notebooks/*.ipynb")
SLUG = r"[\w.-]+/[\w.-]+?"
COLAB = r"colab\.research\.google\.com"
ELSEWHERE = "https://example.org/somebody/something"


def rules(address: str, version: str, ref: str) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of the places that name the repository, each with what it has to say."""
    slug = address.removeprefix("https://").partition("/")[2]
    name = slug.rpartition("/")[2]
    return [
        (re.compile(r"git\+https?://[^\s@\"'\\]+@[\w.-]+"), f"git+{address}@{ref}"),
        (re.compile(r'written_for=(\\?")[\w.+-]+'), rf"written_for=\g<1>{version}"),
        (re.compile(r"git clone (?:--\S+ )*https?://[^\s`\"'\\]+"), f"git clone {address}"),
        (re.compile(rf"(git clone {re.escape(address)}(?:\n| && ))cd [\w.-]+"), rf"\g<1>cd {name}"),
        (re.compile(rf"{COLAB}/github/{SLUG}/blob/[\w.-]+/"), f"colab.research.google.com/github/{slug}/blob/{ref}/"),
        (re.compile(rf"img\.shields\.io/github/([\w/-]+?)/{SLUG}(?=[\s)?\"])"), rf"img.shields.io/github/\g<1>/{slug}"),
        (re.compile(r"^\[repository\]: \S+", re.M), f"[repository]: {address}"),
        (re.compile(r"^\[issues\]: \S+", re.M), f"[issues]: {address}/issues"),
        (re.compile(r"^\[contributing\]: \S+", re.M), f"[contributing]: {address}/blob/main/CONTRIBUTING.md"),
        (re.compile(r"^(repository-code|url): \S+", re.M), rf'\g<1>: "{address}"'),
        (re.compile(r"^version: \S+", re.M), f"version: {version}"),
    ]


def files(root: Path) -> Iterator[Path]:
    """The files that name the repository, as far as they exist."""
    for pattern in PLACES:
        yield from (path for path in sorted(root.glob(pattern)) if path.is_file() and "_build" not in path.parts)


def derived(text: str, path: Path, address: str, version: str, ref: str) -> str:
    """`text` with every place that names the repository or the version saying the right thing."""
    for pattern, right in rules(address, version, ref):
        if right.startswith("version:") and path.suffix != ".cff":
            continue
        text = pattern.sub(right, text)
    return text


def differences(root: Path) -> dict[Path, list[str]]:
    """File -> lines that are not what ``pyproject.toml`` says, or that no rule would move with it."""
    address, version, at = repository(root), project(root)["version"], ref(root)
    found = {}
    for path in files(root):
        text = path.read_text(encoding="utf-8")
        now, moved = (derived(text, path, where, version, at) for where in (address, ELSEWHERE))
        lines = []
        for number, (was, right, after) in enumerate(zip(*(t.split("\n") for t in (text, now, moved)), strict=True), 1):
            if was != right:
                lines.append(f"{number}: {was.strip()[:140]}")
            elif address in after:
                lines.append(f"{number}: by hand, use a link to [repository] or [issues]: {was.strip()[:100]}")
        if lines:
            found[path] = lines
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout (default: the one this script is in)")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", action="store_true", help="report, change nothing")
    action.add_argument("--write", action="store_true", help="write the derived places")
    arguments = parser.parse_args()
    try:
        root = arguments.root.resolve()
        found = differences(root)
        if arguments.write:
            address, version, at = repository(root), project(root)["version"], ref(root)
            for path in found:
                text = derived(path.read_text(encoding="utf-8"), path, address, version, at)
                write_if_changed(path, text.encode())
        for path, lines in found.items():
            print("\n".join(f"{path.relative_to(root)}:{line}" for line in lines))
        state = f"{len(found)} files {'written' if arguments.write else 'differ'}" if found else "all equal"
        print(f"address {repository(root)}: {state}")
    except Trouble as trouble:
        give_up(trouble)
    raise SystemExit(bool(found) and arguments.check)


if __name__ == "__main__":
    main()
