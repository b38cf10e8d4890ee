"""Command line: ``python -m aulib`` with run, status, report, compare, promote and data."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from aulib import __version__
from aulib.errors import AulibError
from aulib.experiments import PAPERS
from aulib.profiles import PROFILES


def parser() -> argparse.ArgumentParser:
    """Everything ``--help`` shows."""
    top = argparse.ArgumentParser(prog="python -m aulib", description="Run and read the experiments of the companion.")
    top.add_argument("--version", action="version", version=f"aulib {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")

    run = verbs.add_parser(
        "run",
        help="make records: train, test, probe",
        description="Make the records of a paper's "
        "runs. Finished runs are not run again; an interrupted one goes on where it stopped.",
    )
    _which(run)
    run.add_argument("labels", nargs="*", metavar="LABEL", help="runs to make (see status); all by default")
    run.add_argument(
        "--stop-after",
        type=float,
        metavar="SECONDS",
        help="write a checkpoint and end after so long; the same command goes on from there",
    )
    run.add_argument("--devices", type=int, default=1, help="GPUs, or processes on a CPU (default 1)")
    run.add_argument("--accelerator", default="auto", help="auto, cpu, gpu (default auto)")
    run.add_argument("--again", action="store_true", help="make them here even where reference records exist")
    run.add_argument("--quiet", action="store_true", help="no progress bars")

    status = verbs.add_parser("status", help="which runs exist, and which are stale or missing")
    _which(status)

    report = verbs.add_parser("report", help="print a table", description="Print a table from the records.")
    report.add_argument("tables", nargs="*", metavar="TABLE", help="summary, table1, table2 …; summary by default")
    _which(report)

    compare = verbs.add_parser("compare", help="hold this machine's records against the reference records")
    _which(compare)
    compare.add_argument(
        "--tolerance",
        type=float,
        default=3.0,
        metavar="POINTS",
        help="largest difference of a mean AUC, in percent points (default 3)",
    )

    promote = verbs.add_parser("promote", help="copy this machine's records, without weights, among the references")
    _which(promote)

    _data(verbs.add_parser("data", help="corpora: list, info, prepare, verify, export, where"))
    return top


def _which(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--paper", default="all", help=f"one of {', '.join(PAPERS)}, or all (default all)")
    verb.add_argument("--profile", default="laptop", help=f"one of {', '.join(PROFILES)} (default laptop)")


def _data(verb: argparse.ArgumentParser) -> None:
    acts = verb.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("list", help="corpora of the manifest")
    acts.add_parser("twins", help="control twins of embedded corpora: synth-bp4d+ind and others")
    acts.add_parser("where", help="folders in use and the variables that move them")
    info = acts.add_parser("info", help="one corpus: what it is, how to get it")
    info.add_argument("name")
    for name, words in (
        ("prepare", "generate an embedded corpus now"),
        ("verify", "check its files against checksums"),
    ):
        one = acts.add_parser(name, help=words)
        one.add_argument("name")
        _size(one)
    export = acts.add_parser("export", help="write a corpus as PNG files and CSV tables")
    export.add_argument("name")
    export.add_argument("folder", type=Path)
    export.add_argument("--limit", type=int, help="at most so many frames, evenly spread")
    export.add_argument("--layout", default="plain", help="plain (default); the layouts of real corpora come later")
    export.add_argument("--camera", action="store_true", help="the camera's whole frames too (embedded corpora)")
    export.add_argument("--masks", action="store_true", help="true masks of the AUs that are on (embedded corpora)")
    _size(export)


def _size(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--profile", default="laptop", help="whose size (default laptop)")
    verb.add_argument("--side", type=int, metavar="PIXELS", help="side of the aligned faces, in place of the profile's")
    verb.add_argument("--frames", type=int, metavar="N", help="frames a sequence, in place of the profile's")


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status.  An error a reader can act on is one line, without a traceback."""
    from aulib import commands

    given = parser().parse_args(arguments)
    try:
        return getattr(commands, f"data_{given.act}" if given.verb == "data" else given.verb)(given)
    except AulibError as error:
        print(f"aulib: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print(
            "\naulib: interrupted; finished runs are kept, and an unfinished one goes on from its last checkpoint",
            file=sys.stderr,
        )
        return 130


if __name__ == "__main__":
    sys.exit(main())
