"""What each verb of the command line does.  Arguments are parsed in ``aulib.__main__``."""

from __future__ import annotations

import sys
from argparse import Namespace

from aubook import ablations, advice, papers
from aubook.states import State, length, of_run, states
from aubook.study import Study
from aulib import paths
from aulib.errors import AulibError, RecordError
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
    what = f"paper {given.paper}, profile {given.profile}"
    if not given.labels and not _confirmed(runner.to_make(chosen, given.again), what, given):
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


def _confirmed(wanted: list[Declaration], what: str, given: Namespace) -> bool:
    """Say how many runs will be made and how long that takes; ask if somebody is there to answer."""
    if not wanted:
        return True
    print(f"{len(wanted)} runs to make ({what}); {length(wanted)}", flush=True)
    if given.yes or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    try:
        return input("Go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def status(given: Namespace) -> int:
    """Print the state of every declared run, and of the ablations' own."""
    if given.paper != "ablations":
        _declared(given)
        for one in states(given.paper, _study(given)):
            _print(one)
    if given.paper in ("all", "ablations") and given.seed is None and not given.corpus:
        print("\nablations")
        for study, declaration in ablations.all_runs(given.profile):
            _print(of_run(declaration, study.command))
        for record in ablations.others(given.profile):
            print(f"{record.label:24} {record.key}  other      no file declares it: {paths.shown(record.folder)}")
    return 0


def _print(one: State) -> None:
    print(f"{one.declaration.label:24} {one.declaration.key}  {one.state:9}  {one.detail}")


def ablate(given: Namespace) -> int:
    """List ablations, or make the runs of one and print its table."""
    if given.name is None:
        for name in ablations.names():
            study = ablations.ablation(name)
            print(f"{name}: {study.method}, {study.knob}: {', '.join(map(str, study.values))}\n  {study.question}")
        return 0
    study = ablations.ablation(given.name, given.profile, given.seeds, given.folds)
    if given.plot and not given.plot.absolute().parent.is_dir():
        raise AulibError(f"--plot {given.plot}: there is no folder {given.plot.absolute().parent}")
    if not given.dry_run and (wanted := study.to_make()):
        if not _confirmed(wanted, f"{study.name}, profile {study.profile}", given):
            print("nothing was run; --dry-run prints what is recorded, --yes does not ask")
            return 1
        study.run(progress=not given.quiet, say=False)
    if given.plot:
        study.plot(given.difference).save(given.plot)
    print(study.table().text(given.format))
    return 0


def report(given: Namespace) -> int:
    """List the tables there are, or print some."""
    from aubook import report as tables

    paper = given.of or (given.paper if given.paper != "all" else None)
    if paper is None:
        for name in tables.papers():
            print(name)
            for table, caption in tables.listed(name).items():
                print(f"  {table:20} {caption}")
        return 0
    for name in given.tables:  # all names are looked up first
        tables.check(paper, name)
    for name in given.tables or tables.listed(paper):
        print(tables.table(paper, name, _study(given)).text(given.format), end="\n\n")
    return 0


def claims(given: Namespace) -> int:
    """Print the ledger of claims."""
    from aubook.engine.claims import ledger

    print(ledger(_study(given), *given.claims).text(given.format))
    return 0


def compare(given: Namespace) -> int:
    """Hold this machine's records against the reference records; exit status 1 if they differ too much."""
    from aubook.engine.scores import chosen_by

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
        compared += 1
        if ours.digest == theirs.digest:
            print(f"{declaration.label:24} identical")
            continue
        if (found := [chosen_by(declaration, record) for record in (ours, theirs)])[0] is None:
            print(f"{declaration.label:24} other numbers than in the reference record, and no scores to compare")
            continue
        (a, what), (b, _) = found
        worst = max(worst, abs(a - b))
        print(f"{declaration.label:24} {what} {a:.2f} here, {b:.2f} in the reference record: difference {a - b:+.2f}")
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
