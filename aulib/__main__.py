"""Command line: ``python -m aulib`` with run, status, ablate, report, claims, compare, promote and data."""

from __future__ import annotations

import argparse
import io
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from aubook.papers import PAPERS
from aulib import __version__
from aulib.datasets.layouts import LAYOUTS
from aulib.errors import AulibError
from aulib.runs.profiles import PROFILES
from aulib.values import SIDE, WORKERS, Number, Whole, argument


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
        type=argument(Number(0, between=True)),
        metavar="SECONDS",
        help="write a checkpoint and end after so long; the same command goes on from there",
    )
    run.add_argument(
        "--devices", type=argument(Whole(1)), default=1, metavar="N", help="GPUs, or processes on a CPU (default 1)"
    )
    accelerators = ("auto", "cpu", "gpu", "cuda", "mps")
    run.add_argument(
        "--accelerator", default="auto", choices=accelerators, help="auto (default) takes a GPU where there is one"
    )
    run.add_argument(
        "--workers",
        type=argument(WORKERS),
        metavar="N",
        help="make runs side by side in N processes, each of which makes one after another; what fails is told at the "
        "end (default: one after another in this process)",
    )
    run.add_argument("--again", action="store_true", help="make them here even where reference records exist")
    run.add_argument("--yes", action="store_true", help="do not ask before all runs are made")
    run.add_argument("--quiet", action="store_true", help="no progress bars")

    status = verbs.add_parser("status", help="which runs exist, and which are stale or missing")
    _which(status)

    ablate = verbs.add_parser(
        "ablate",
        help="turn one knob of a method: train what is missing, print the table",
        description="Without a name: list the ablations there are. With one: say how many runs are missing and how "
        "long they take, train them, print the table. The next one is a YAML file; see the page on ablations.",
    )
    ablate.add_argument("name", nargs="?", metavar="NAME", help="file in ablations/, or the path of your own .yaml")
    ablate.add_argument("--profile", help=f"one of {', '.join(PROFILES)} (default: the file's)")
    ablate.add_argument("--seeds", type=_numbers, default=(), metavar="N,N", help="in place of the file's or profile's")
    ablate.add_argument("--folds", type=_numbers, default=(), metavar="N,N", help="in place of the file's or profile's")
    ablate.add_argument("--dry-run", action="store_true", help="train nothing: the table of what is recorded")
    ablate.add_argument("--plot", type=_path, metavar="FILE", help="write the plot as PNG")
    ablate.add_argument("--difference", action="store_true", help="plot differences to the reference value")
    ablate.add_argument("--yes", action="store_true", help="do not ask before runs are made")
    ablate.add_argument("--quiet", action="store_true", help="no progress bars")
    _format(ablate)

    report = verbs.add_parser(
        "report",
        help="list and print the tables",
        description="Without arguments: list every table of every paper. With a paper: print its tables, or those that "
        "are named. The ablations are tables of a paper called ablations.",
    )
    report.add_argument("of", nargs="?", metavar="PAPER", help="drml, hybrid … or ablations")
    report.add_argument("tables", nargs="*", metavar="TABLE", help="all of the paper's by default")
    _which(report)
    _format(report)

    claims = verbs.add_parser(
        "claims",
        help="print what the papers claim, and what our records say",
        description="Print the ledger of claims, of some papers, or of some ids such as HYB-05.",
    )
    claims.add_argument("claims", nargs="*", metavar="ID|PAPER", help="all by default")
    _study(claims)
    _format(claims)

    compare = verbs.add_parser("compare", help="hold this machine's records against the reference records")
    _which(compare)
    compare.add_argument(
        "--tolerance",
        type=argument(Number(0)),
        default=3.0,
        metavar="POINTS",
        help="largest difference of a mean AUC, in percent points (default 3)",
    )

    promote = verbs.add_parser("promote", help="copy this machine's records, without weights, among the references")
    _which(promote)

    _data(verbs.add_parser("data", help="corpora: list, info, verify, prepare, export, fetch, twins, where"))
    return top


def _which(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--paper", default="all", help=f"one of {', '.join(PAPERS)}, or all (default all)")
    _study(verb)


def _format(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--format", default="text", choices=("text", "csv", "markdown"), help="of tables (default text)")


def _numbers(text: str) -> tuple[int, ...]:
    """Whole numbers with commas between them."""
    return tuple(argument(Whole(0))(part) for part in text.split(","))


def _study(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--profile", default="laptop", help=f"one of {', '.join(PROFILES)} (default laptop)")
    verb.add_argument("--seed", type=int, metavar="N", help="in place of the profile's seeds")
    verb.add_argument("--corpus", help="in place of the papers' embedded stand-ins: bp4d, or bp4d,disfa")


def _data(verb: argparse.ArgumentParser) -> None:
    acts = verb.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("list", help="corpora of the manifest")
    acts.add_parser("twins", help="control twins of embedded corpora: synth-bp4d+ind and others")
    acts.add_parser("where", help="folders in use, your copies of licensed corpora, and the variables that move them")
    info = acts.add_parser("info", help="one corpus: what it is, how to get it, how to read your own copy")
    info.add_argument("name")
    verify = acts.add_parser(
        "verify",
        help="look through a copy of a licensed corpus, or check a generated one",
        description="Report how a copy was understood: layout, subjects, sequences, frames, codes, pictures, what is "
        "missing, broken or left over. Nothing is written. A generated corpus is compared with its checksums.",
    )
    _copy(verify)
    prepare = acts.add_parser(
        "prepare",
        help="align a copy of a licensed corpus, or generate an embedded one, now",
        description="Read the labels, find landmarks, align the faces and keep them in the cache. Your folder is only "
        "read. A run that was broken off goes on where it stopped.",
    )
    _copy(prepare)
    prepare.add_argument("--workers", type=argument(WORKERS), metavar="N", help="processes (default: all cores)")
    prepare.add_argument("--again", action="store_true", help="also if it is there already")
    fetch = acts.add_parser("fetch", help="download what may be passed on freely: gft-labels (CC BY 4.0)")
    fetch.add_argument("what", metavar="WHAT", help="gft-labels")
    fetch.add_argument("--folder", type=_path, help="where to (default: beside the corpora)")
    fetch.add_argument(
        "--from", dest="source", type=_address, metavar="URL", help="another place than the Open Science Framework"
    )
    export = acts.add_parser("export", help="write a corpus as PNG files and CSV tables")
    export.add_argument("name")
    export.add_argument("folder", type=_path)
    export.add_argument("--limit", type=argument(Whole(1)), metavar="N", help="at most so many frames, evenly spread")
    export.add_argument(
        "--layout", default="plain", help=f"plain (default), or that of a licensed corpus: {', '.join(LAYOUTS)}"
    )
    export.add_argument(
        "--camera", action="store_true", help="the camera's whole frames; in a licensed layout in place of faces"
    )
    export.add_argument("--masks", action="store_true", help="true masks of the AUs that are on (embedded corpora)")
    _size(export)


def _copy(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("name")
    verb.add_argument("path", nargs="?", type=_path, help="folder as it came from the owners; or set AULIB_<NAME>")
    verb.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="of the reader (data info NAME lists them)"
    )
    verb.add_argument("--align", help="similarity (default), anchors, eyes, box, none; see the chapter on alignment")
    verb.add_argument(
        "--detector",
        help="who finds landmarks where the copy has none: best (default: best installed), cascade, face-mesh",
    )
    verb.add_argument(
        "--landmarks",
        type=_path,
        metavar="CSV",
        help="landmarks of your own: subject, sequence, frame, x0 …; or OpenFace's",
    )
    _size(verb)


def _size(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--profile", default="laptop", help="whose size (default laptop)")
    verb.add_argument(
        "--side", type=argument(SIDE), metavar="PIXELS", help="side of the aligned faces, in place of the profile's"
    )
    verb.add_argument(
        "--frames", type=argument(Whole(0)), metavar="N", help="frames a sequence, in place of the profile's; 0 for all"
    )
    verb.add_argument("--video", action="store_true", help="as densely as the profile takes it where time matters")


def _path(text: str) -> Path:
    """A path; the shell leaves the tilde of ``--folder=~/x`` as it is."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise argparse.ArgumentTypeError(f"nobody says where the home folder of {text!r} is") from None


def _address(text: str) -> str:
    """A web address."""
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        whole = False
    if not whole or re.search(r"[\s\x00-\x1f]", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no web address that begins with https:// or http://")
    return text


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status.  An error a reader can act on is one line, without a traceback."""
    for stream in (sys.stdout, sys.stderr):  # a terminal or a pipe that cannot show a character gets its number
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    given = parser().parse_args(arguments)
    from aubook import commands, data_commands

    try:
        return data_commands.ACTS[given.act](given) if given.verb == "data" else getattr(commands, given.verb)(given)
    except AulibError as error:
        print(f"aulib: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        sys.stderr.close()
        return 0
    except OSError as error:  # of a disk, a network, a limit of the machine: nothing of it is in this program
        what = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        print(f"aulib: {what}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        kept = (
            "what is finished is kept, and the same command goes on from there"
            if given.verb == "data"
            else "finished runs are kept, and an unfinished one goes on from its last checkpoint"
        )
        print(f"\naulib: interrupted; {kept}", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
