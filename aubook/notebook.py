"""What every notebook does first: read its parameters, say where it runs, and train only if asked."""

from __future__ import annotations

import os
from dataclasses import replace

from aubook import advice, papers
from aubook.study import Study
from aulib import __version__, paths


def start(
    profile: str = "laptop",
    seed: int | None = None,
    corpus: str | None = None,
    home: str | None = None,
    written_for: str = __version__,
) -> Study:
    """Set up a notebook and print where and on what it runs.

    Parameters
    ----------
    profile, seed, corpus
        See :class:`aubook.papers.Study`.
    home : str, optional
        Folder for corpora and runs, for instance on a mounted drive.
    written_for : str, optional
        Version of aulib that the notebook was written for; where another is installed, a line says so.

    Returns
    -------
    Study
        To hand to every table and figure.  On a machine without a GPU the profiles ``gpu`` and ``paper`` fall back to
        ``laptop``, and the banner says so.

    Raises
    ------
    AulibError
        Naming the parameter that cannot be, before anything is loaded.
    """
    study = Study(profile, seed, corpus)
    if home:
        os.environ["AULIB_HOME"] = str(paths.absolute(os.fspath(home), "home"))
    paths.runs()

    import torch

    gpu = torch.cuda.is_available()
    note = ""
    if profile in ("gpu", "paper") and not gpu:
        note = f" There is no GPU here, so profile {profile} falls back to laptop."
        if advice.in_colab():
            note += " (Runtime, Change runtime type, GPU; then run again.)"
        study = replace(study, profile="laptop")
    device = torch.cuda.get_device_name(0) if gpu else f"CPU, {os.cpu_count()} cores"
    if written_for != __version__:
        print(_does_not_fit(written_for))
    if study.profile == "smoke":
        note += " It proves that everything runs: no number below means anything."
    print(f"aulib {__version__} on {device}; profile {study}; runs in {paths.shown(paths.runs())}.{note}")
    return study


def _does_not_fit(written_for: str) -> str:
    mend = "run its first cell, then Runtime, Restart session"
    mend = mend if advice.in_colab() else f"open the notebook of {__version__}, or install {written_for}"
    return f"This notebook was written for aulib {written_for}, and aulib {__version__} is installed: {mend}."


def train(study: Study, paper: str, *labels: str) -> None:
    """Make the records of a paper's runs on this machine, with progress; finished ones are kept.

    Parameters
    ----------
    study : Study
    paper : str
    *labels : str
        All runs of the paper if none is named.
    """
    from aulib.runs.run import run

    declared = papers.declarations(paper, study)
    for one in [papers.find(paper, study, label) for label in labels or declared]:  # all names are looked up first
        run(one, force=True)
