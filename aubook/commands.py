"""What each verb of the command line does.  Arguments are parsed in ``aulib.__main__``."""

from __future__ import annotations

import sys
from argparse import Namespace

from aubook import advice, papers
from aubook.states import states
from aubook.study import Study
from aulib import paths
from aulib.errors import AulibError, RecordError, UnknownName
from aulib.manifest import entry
from aulib.runs import results
from aulib.runs.declaration import Declaration


def _study(given: Namespace) -> Study:
    """Profile, seed and corpora that the command line names."""
    return Study(given.profile, given.seed, given.corpus)


def _declared(given: Namespace) -> dict[str, Declaration]:
    """The runs of paper, profile and corpora that the command line names; every corpus has to be in one of them."""
    study = _study(given)
    declared = papers.declarations(given.paper, study)
    used = {name for run in declared.values() for name in (run.corpus, *(name for name, _ in run.test_on))}
    for name in study.chosen:
        if name not in used:
            raise AulibError(
                f"--corpus {given.corpus}: no run of paper {given.paper} is made on {name!r}; leave it out, or name a "
                f"paper that looks at {entry(name).stand_in or name.partition('+')[0]}"
            )
    return declared


def run(given: Namespace) -> int:
    """Make records."""
    declared = _declared(given)
    chosen = [papers.find(given.paper, _study(given), label) for label in given.labels] or list(declared.values())
    from aulib.runs import run as runner
    from aulib.runs.asked import check

    for declaration in chosen:
        check(declaration, given.devices, given.accelerator, given.stop_after)
    if not given.labels and not _confirmed(runner.to_make(chosen, given.again), given):
        print("nothing was run; name some runs, or say --yes")
        return 1
    if given.workers is not None:
        return _by_workers(chosen, given)
    damaged = 0
    for number, declaration in enumerate(chosen, 1):
        print(f"[{number}/{len(chosen)}] {declaration.label} ({declaration.key})", flush=True)
        try:
            record = runner.run(
                declaration,
                stop_after=given.stop_after,
                devices=given.devices,
                force=given.again,
                accelerator=given.accelerator,
                progress=not given.quiet,
            )
        except RecordError as error:
            damaged += _named(error)
            continue
        if record is None:
            return 0  # stopped on request: the message is printed
    return int(damaged > 0)


def _by_workers(chosen: list[Declaration], given: Namespace) -> int:
    """Make records by several processes, and say at the end what failed."""
    from aulib.runs.workers import make

    outcome = make(
        chosen,
        given.workers,
        force=given.again,
        stop_after=given.stop_after,
        devices=given.devices,
        accelerator=given.accelerator,
        progress=not given.quiet,
    )
    for complaint in outcome.complaints():
        print(f"aulib: {complaint}", file=sys.stderr, flush=True)
    return int(bool(outcome.failed))


def _named(error: RecordError) -> int:
    """Say that a record is damaged, and go on with the others."""
    print(f"aulib: {error}", file=sys.stderr, flush=True)
    return 1


def _confirmed(wanted: list[Declaration], given: Namespace) -> bool:
    """Say how many runs will be made and how long that takes; ask if somebody is there to answer."""
    if not wanted:
        return True
    times = [_seconds(declaration) for declaration in wanted]
    known = [seconds for seconds in times if seconds is not None]
    minutes = round(sum(known) / 60)
    took = f"some {minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"some {max(minutes, 1)} min"
    unknown = f"; of {len(times) - len(known)} nobody knows how long" if len(known) < len(times) else ""
    length = f"records of such runs took {took}{unknown}" if known else "nobody knows how long they take"
    print(f"{len(wanted)} runs to make (paper {given.paper}, profile {given.profile}); {length}", flush=True)
    if given.yes or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    try:
        return input("Go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _seconds(declaration: Declaration) -> float | None:
    """What a record of this run, or an earlier one under its label, took."""
    try:
        record = results.find(declaration) or next(reversed(results.stale(declaration)), None)
        return None if record is None else float(record.about["wall_s"])
    except (RecordError, KeyError, TypeError, ValueError):  # no estimate is worth an error
        return None


def status(given: Namespace) -> int:
    """Print the state of every declared run."""
    _declared(given)
    for declaration, state, detail, _ in states(given.paper, _study(given)):
        print(f"{declaration.label:24} {declaration.key}  {state:9}  {detail}")
    return 0


def report(given: Namespace) -> int:
    """Print tables."""
    from aubook.papers.drml.tables import TABLES

    study, names = _study(given), given.tables or ["summary"]
    papers.expand(given.paper)
    for name in names:
        if name not in TABLES:
            raise UnknownName("table", name, TABLES)
    for name in names:
        print(TABLES[name](study), end="\n\n")
    return 0


def compare(given: Namespace) -> int:
    """Hold this machine's records against the reference records; exit status 1 if they differ too much."""
    from aubook.engine import scores

    worst, compared, damaged = 0.0, 0, 0
    for declaration in _declared(given).values():
        try:
            ours, theirs = (
                found and found.verify() for found in (results.own(declaration), results.reference(declaration))
            )
        except RecordError as error:
            damaged += _named(error)
            continue
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
    return int(worst > given.tolerance or damaged > 0)


def promote(given: Namespace) -> int:
    """Copy this machine's records among the reference records."""
    damaged = 0
    for declaration in _declared(given).values():
        try:
            if (record := results.own(declaration)) is None:
                continue
            if record.about.get("source") == "licensed":
                print(f"{declaration.label:24} not promoted: it holds labels that may not be passed on")
                continue
            print(paths.shown(results.promote(record)))
        except RecordError as error:
            damaged += _named(error)
    return int(damaged > 0)
