"""What each verb of the command line does.  Arguments are parsed in ``aulib.__main__``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from aulib import advice, experiments, paths, results
from aulib.declarations import Declaration
from aulib.errors import AulibError, CorpusError, RecordError, UnknownName
from aulib.profiles import profile


def _study(given: Namespace) -> experiments.Study:
    """Profile, seed and corpora that the command line names."""
    return experiments.Study(given.profile, given.seed, given.corpus)


def run(given: Namespace) -> int:
    """Make records."""
    from aulib import run as runner

    declared = experiments.declarations(given.paper, _study(given))
    chosen = [experiments.find(given.paper, _study(given), label) for label in given.labels] or list(declared.values())
    for number, declaration in enumerate(chosen, 1):
        print(f"[{number}/{len(chosen)}] {declaration.label} ({declaration.key})", flush=True)
        record = runner.run(
            declaration,
            stop_after=given.stop_after,
            devices=given.devices,
            force=given.again,
            accelerator=given.accelerator,
            progress=not given.quiet,
        )
        if record is None:
            return 0  # stopped on request: the message is printed
    return 0


def status(given: Namespace) -> int:
    """Print the state of every declared run."""
    for declaration, state, detail in states(given.paper, _study(given)):
        print(f"{declaration.label:24} {declaration.key}  {state:9}  {detail}")
    return 0


def states(paper: str, profile_name: str | experiments.Study) -> Iterator[tuple[Declaration, str, str]]:
    """(declaration, state, detail) of every run.

    States are ``done``, ``reference``, ``started``, ``stale``, ``damaged`` and ``missing``.
    """
    for declaration in experiments.declarations(paper, profile_name).values():
        try:
            yield declaration, *_state(declaration, profile_name, paper)
        except (RecordError, CorpusError) as error:
            yield declaration, "damaged", str(error)


def _state(declaration: Declaration, study: str | experiments.Study, paper: str) -> tuple[str, str]:
    if (record := results.find(declaration)) is not None:
        own = record.folder.is_relative_to(paths.runs())
        about = record.verify().about
        detail = f"{about['created']}, {about['device']}, {about['wall_s']:.0f} s, digest {record.digest}"
        return "done" if own else "reference", detail
    folder = results.folder_of(declaration)
    if folder.with_name(f"{folder.name}.partial").is_dir():
        return "started", "the next run goes on from its checkpoint"
    if old := results.stale(declaration):
        made = old[-1].about["created"]
        return "stale", f"a record of {made} was made by another recipe or version, or from other labels or faces"
    return "missing", advice.to_run(study, paper, declaration.label)


def report(given: Namespace) -> int:
    """Print tables."""
    from aulib.report.tables import TABLES

    profile(given.profile)
    for name in given.tables or ["summary"]:
        if name not in TABLES:
            raise UnknownName("table", name, TABLES)
        print(TABLES[name](_study(given)), end="\n\n")
    return 0


def compare(given: Namespace) -> int:
    """Hold this machine's records against the reference records; exit status 1 if they differ too much."""
    from aulib.report import scores

    worst, compared = 0.0, 0
    for declaration in experiments.declarations(given.paper, _study(given)).values():
        ours, theirs = results.own(declaration), results.reference(declaration)
        if ours is None or theirs is None:
            missing = "not run here" if ours is None else "no reference record"
            print(f"{declaration.label:24} nothing to compare: {missing}")
            continue
        if declaration.method == "timing":
            print(f"{declaration.label:24} times are not compared")
            continue
        a, b = (100 * scores.mean_auc(record) for record in (ours, theirs))
        compared += 1
        worst = max(worst, abs(a - b))
        same = "identical" if ours.digest == theirs.digest else f"difference {a - b:+.2f}"
        print(f"{declaration.label:24} AUC {a:.2f} here, {b:.2f} in the reference record: {same}")
    if not compared:
        raise AulibError(
            f"no run of {given.paper} under profile {given.profile} has both a record here and a reference "
            f"record; make those here with: {advice.to_run(_study(given), given.paper)}"
            if (paths.references() / given.profile).is_dir()
            else f"no reference records of profile {given.profile} are there, so there is nothing to compare with"
        )
    print(f"largest difference {worst:.2f} points; tolerance {given.tolerance:g}")
    return int(worst > given.tolerance)


def promote(given: Namespace) -> int:
    """Copy this machine's records among the reference records."""
    for declaration in experiments.declarations(given.paper, _study(given)).values():
        if (record := results.own(declaration)) is not None:
            print(paths.shown(results.promote(record)))
    return 0
