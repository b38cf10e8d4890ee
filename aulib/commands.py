"""What each verb of the command line does.  Arguments are parsed in ``aulib.__main__``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from aulib import advice, experiments, paths, results
from aulib.declarations import Declaration
from aulib.errors import AulibError, UnknownName
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
    """(declaration, state, detail) of every run: ``done``, ``reference``, ``started``, ``stale`` or ``missing``."""
    for declaration in experiments.declarations(paper, profile_name).values():
        record = results.find(declaration)
        folder = results.folder_of(declaration)
        if record is not None:
            own = record.folder.is_relative_to(paths.runs())
            about = record.about
            yield (
                declaration,
                "done" if own else "reference",
                f"{about['created']}, {about['device']}, {about['wall_s']:.0f} s, digest {record.digest}",
            )
        elif folder.with_name(f"{folder.name}.partial").is_dir():
            yield declaration, "started", "the next run goes on from its checkpoint"
        elif old := results.stale(declaration):
            yield declaration, "stale", f"a record of {old[-1].about['created']} was made by another recipe or version"
        else:
            yield declaration, "missing", advice.to_run(profile_name, paper, declaration.label)


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
        mine = results.folder_of(declaration)
        reference = paths.references() / declaration.profile / mine.name
        if not (mine / "record.json").is_file() or not (reference / "record.json").is_file():
            missing = "no reference record" if mine.is_dir() else "not run here"
            print(f"{declaration.label:24} nothing to compare: {missing}")
            continue
        ours, theirs = results.Record(mine), results.Record(reference)
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
        folder = results.folder_of(declaration)
        if (folder / "record.json").is_file():
            print(paths.shown(results.promote(results.Record(folder))))
    return 0
