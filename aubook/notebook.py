"""What every notebook does first: read its parameters, say where it runs, and train only if asked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from aubook import advice, papers
from aubook.states import length
from aubook.study import Study
from aulib import __version__, paths
from aulib.errors import AulibError, UnknownName
from aulib.runs.declaration import Declaration


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


def reads(
    study: Study, notebook: str, folds: Sequence[int] = (1,), seeds: Sequence[int] | None = None
) -> list[Declaration]:
    """The runs that a notebook reads, as ``papers/reads.yaml`` says, in the order in which they are best made.

    Parameters
    ----------
    study : Study
    notebook : str
        Its name without ending.
    folds, seeds : sequence of int
        Only runs of these; the first seed of the runs by default.

    Raises
    ------
    AulibError
        If nobody says what the notebook reads, or it reads nothing of such a fold or seed.
    """
    known = yaml.safe_load((Path(papers.__file__).parent / "reads.yaml").read_text(encoding="utf-8"))
    if notebook not in known:
        raise UnknownName("notebook that reads runs", notebook, known)
    paper, patterns = known[notebook]["paper"], known[notebook]["runs"]
    declared = papers.declarations(paper, study)
    read = [run for run in declared.values() if any(fnmatchcase(run.label, pattern) for pattern in patterns)]
    seeds = sorted({run.seed for run in read})[:1] if seeds is None else seeds
    for what, asked in (("fold", folds), ("seed", seeds)):
        there = sorted({getattr(run, what) for run in read})
        for number in asked:
            if number not in there:
                raise AulibError(
                    f"{what} {number}: under profile {study} notebook {notebook} reads {what}s "
                    f"{', '.join(map(str, there))} only"
                )
    return [run for run in read if run.fold in folds and run.seed in seeds]


def train(study: Study, notebook: str, folds: Sequence[int] = (1,), seeds: Sequence[int] | None = None) -> None:
    """Train the runs that a notebook reads again, on this machine, though records of them are there.

    Says first how many runs and how long.  A record stays until its successor is whole: whoever breaks off loses
    nothing, and the same call goes on from the last checkpoint.

    Parameters
    ----------
    study : Study
    notebook : str
        Its name without ending.
    folds, seeds : sequence of int
        By default the first fold and the first seed; ``folds=(1, 2, 3), seeds=(0, 1)`` trains more.
    """
    from aulib.progress import bar
    from aulib.runs.run import run, to_make

    wanted = reads(study, notebook, folds, seeds)
    keys = {one.key for one in wanted}
    before = [one for one in to_make(wanted, force=True) if one.key not in keys]  # whose weights they need
    some = f"fold {', '.join(map(str, folds))}, seed {', '.join(map(str, sorted({one.seed for one in wanted})))}"
    runs = [*before, *wanted]
    print(f"{len(runs)} runs to train ({notebook}, profile {study}, {some}); {length(runs)}", flush=True)
    for one in bar(runs, desc=notebook, unit="run"):
        if one.key in keys:
            run(one, force=True, again=True)
        else:
            run(one, force=True, weights=True)
