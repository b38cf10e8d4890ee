"""How to make what is missing, in words that fit where they are read: a checkout, an installed package, Colab."""

from __future__ import annotations

import shlex
import sys

from aubook.study import Study
from aulib import paths


def in_colab() -> bool:
    """Whether this is a notebook in Colab."""
    return "google.colab" in sys.modules


def to_run(study: str | Study, paper: str, *labels: str) -> str:
    """The command that makes the records of a study which are missing.

    Parameters
    ----------
    study : str or Study
    paper : str
        A key of ``experiments.PAPERS``, or ``all``.
    *labels : str
        All runs of the paper if none is named.

    Returns
    -------
    str
        ``make reproduce …`` only where that does it: in a checkout, for a profile whose reference records ship, with
        the profile's own seeds and corpora.  In Colab a line for a cell.
    """
    study = Study(study) if isinstance(study, str) else study
    own = study.seed is not None or study.corpus
    if not (labels or own or in_colab()) and paths.repository() and (paths.references() / study.profile).is_dir():
        return f"make reproduce PROFILE={study.profile} PAPER={paper}"
    words = ["python", "-m", "aulib", "run", *labels]
    words += ["--paper", paper] if not labels else []
    words += ["--profile", study.profile]
    words += ["--seed", str(study.seed)] if study.seed is not None else []
    words += ["--corpus", study.corpus] if study.corpus else []
    return ("!" if in_colab() else "") + shlex.join(words)
