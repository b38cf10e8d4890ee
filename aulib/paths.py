"""Where data, runs and reference records live: an environment variable first, then the checkout, then home.

=============  ==================  ==============================================================
place          variable            holds
=============  ==================  ==============================================================
``corpora``    ``AULIB_CORPORA``   generated and aligned corpora (large, made again when lost); beside it ``downloads``
                                   and ``descriptors``, networks that describe a person
``runs``       ``AULIB_RUNS``      records, weights and checkpoints that this machine has made
``references`` ``AULIB_RESULTS``   the reference records that ship with the project (read only)
=============  ==================  ==============================================================

``AULIB_HOME`` moves the first two together, for instance to a mounted drive.  ``~`` is the home folder, a relative path
is one below the folder in which the process was started, and a variable that is set to nothing is not set.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from aulib.errors import StorageError, visible

PACKAGE = Path(__file__).resolve().parent


def named(variable: str) -> Path | None:
    """The absolute path that an environment variable names; None where it is not set."""
    text = os.environ.get(variable, "").strip()
    return absolute(text, variable) if text else None


@cache  # so that what is relative stays where it was when it was first asked for
def absolute(text: str, told_by: str) -> Path:
    """A path as somebody wrote it, ``~`` and all; raises `StorageError` where there is no such home folder."""
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise StorageError(f"{told_by} names {text}, and nobody says where that is; give the whole path") from error


def folder(variable: str) -> Path | None:
    """The folder that an environment variable names, there or not; raises `StorageError` if it cannot be one."""
    path = named(variable)
    if path is None:
        return None
    try:
        wrong = "is no folder" if path.exists() and not path.is_dir() else ""
    except OSError as error:  # a name too long, a parent that must not be looked into
        wrong = f"cannot be one ({error.strerror})"
    if wrong:
        raise StorageError(f"{variable} names {path}, which {wrong}; set {variable} to a folder that can be written")
    return path


def writable(folder: Path) -> Path:
    """The folder, made if needed; raises `StorageError` if nothing can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        why = "" if os.access(folder, os.W_OK | os.X_OK) else "no permission, or it can only be read"
    except OSError as error:
        why = error.strerror or str(error)
    if why:
        raise StorageError(f"cannot write into {folder} ({why}); name another folder")
    return folder


def repository() -> Path | None:
    """Root of the checkout this package runs from, or None when it was installed from a wheel."""
    root = PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and (root / "Snakefile").is_file() else None


def of_user() -> Path | None:
    """The user's home folder; None where there is none, as in some containers and batch systems."""
    try:
        return Path.home().absolute()
    except RuntimeError:
        return None


def home() -> Path:
    """Folder under which corpora and runs are kept."""
    if found := folder("AULIB_HOME") or repository():
        return found
    if (user := of_user()) is None:
        raise StorageError("there is no home folder here, so nobody says where to keep things; set AULIB_HOME")
    return user / ".aulib"


def corpora() -> Path:
    """Cache of the generated corpora."""
    return folder("AULIB_CORPORA") or home() / "cache" / "corpora"


def activations() -> Path:
    """Cache of what trained networks answered to whole corpora, beside these."""
    return corpora().parent / "activations"


def runs() -> Path:
    """Records, weights and checkpoints made on this machine."""
    return folder("AULIB_RUNS") or home() / "runs"


def references() -> Path:
    """Reference records shipped with the project."""
    if found := folder("AULIB_RESULTS"):
        return found
    root = repository()
    return root / "results" if root else PACKAGE / "_results"


def configuration() -> Path:
    """The file with a user's paths, there or not; ``AULIB_CONFIG`` names another."""
    import platformdirs

    path = named("AULIB_CONFIG")
    if path is None:
        try:
            usual = Path(platformdirs.user_config_dir("aulib"))
        except RuntimeError:  # there is no home folder; older releases answer with one that is called "~"
            usual = home()
        path = (usual if usual.is_absolute() else home()) / "corpora.yaml"
    if path.is_dir():
        raise StorageError(f"{path} is a folder where a file is expected, corpora.yaml; mend AULIB_CONFIG")
    return path


def manifest() -> Path:
    """``data_manifest.yaml``: beside the package in a checkout, inside it in a wheel."""
    root = repository()
    return root / "data_manifest.yaml" if root else PACKAGE / "data_manifest.yaml"


def shown(path: Path) -> str:
    """`path` as a reader should see it: relative to the checkout or to the home folder where it lies inside."""
    for base, prefix in ((repository(), ""), (of_user(), "~/")):
        if base and base != base.parent and path.is_relative_to(base):
            return visible(prefix + str(path.relative_to(base)))
    return visible(path)
