"""Where data, runs and reference records live: an environment variable first, then the checkout, then home.

=============  ==================  ==============================================================
place          variable            holds
=============  ==================  ==============================================================
``corpora``    ``AULIB_CORPORA``   generated and aligned corpora (large, made again when lost); beside it ``downloads``
                                   and ``descriptors``, networks that describe a person
``runs``       ``AULIB_RUNS``      records, weights and checkpoints that this machine has made
``references`` ``AULIB_RESULTS``   the reference records that ship with the project (read only)
=============  ==================  ==============================================================

``AULIB_HOME`` moves the first two together, for instance to a mounted drive.
"""

from __future__ import annotations

import os
from pathlib import Path

from aulib.errors import visible

PACKAGE = Path(__file__).resolve().parent


def repository() -> Path | None:
    """Root of the checkout this package runs from, or None when it was installed from a wheel."""
    root = PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and (root / "Snakefile").is_file() else None


def home() -> Path:
    """Folder under which corpora and runs are kept."""
    if "AULIB_HOME" in os.environ:
        return Path(os.environ["AULIB_HOME"]).expanduser()
    return repository() or Path.home() / ".aulib"


def corpora() -> Path:
    """Cache of the generated corpora."""
    return Path(os.environ.get("AULIB_CORPORA", home() / "cache" / "corpora"))


def activations() -> Path:
    """Cache of what trained networks answered to whole corpora, beside these."""
    return corpora().parent / "activations"


def runs() -> Path:
    """Records, weights and checkpoints made on this machine."""
    return Path(os.environ.get("AULIB_RUNS", home() / "runs"))


def references() -> Path:
    """Reference records shipped with the project."""
    if "AULIB_RESULTS" in os.environ:
        return Path(os.environ["AULIB_RESULTS"])
    root = repository()
    return root / "results" if root else PACKAGE / "_results"


def manifest() -> Path:
    """``data_manifest.yaml``: beside the package in a checkout, inside it in a wheel."""
    root = repository()
    return root / "data_manifest.yaml" if root else PACKAGE / "data_manifest.yaml"


def shown(path: Path) -> str:
    """`path` as a reader should see it: relative to the checkout or to the home folder where it lies inside."""
    for base, prefix in ((repository(), ""), (Path.home(), "~/")):
        if base and path.is_relative_to(base):
            return visible(prefix + str(path.relative_to(base)))
    return visible(path)
