"""Execute one notebook with papermill and put the result in place at one stroke.

    python workflow/execute.py notebooks/facs.ipynb _build/src/notebooks/facs.ipynb --profile smoke

The notebook runs as a temporary copy, so that a run that is killed leaves no half-executed file. A run that fails
leaves the copy beside the target as NAME.failed.ipynb, for reading, and names notebook and cell. The copy is the
same, byte for byte, whenever its outputs are: times and random cell ids are taken out.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import ROOT, Trouble, give_up, shown, write_if_changed
from stage import hide


def parameters(arguments: argparse.Namespace) -> dict[str, Any]:
    """The notebook's parameters, as far as they were given; the rest keep the values in the notebook."""
    given: dict[str, Any] = {"profile": arguments.profile}
    for name in ("seed", "corpus", "home"):
        if getattr(arguments, name) is not None:
            given[name] = getattr(arguments, name)
    if arguments.retrain:
        given["retrain"] = True
    return given


def check(source: Path) -> None:
    """Fail early on what papermill would pass over: no file, no cell tagged ``parameters``."""
    if not source.is_file():
        raise Trouble(f"no notebook {shown(source)}")
    cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
    if not any("parameters" in cell["metadata"].get("tags", []) for cell in cells):
        raise Trouble(f"{shown(source)} has no cell tagged `parameters`, so that profile and seed could not be set")


def tidy(path: Path, given: dict[str, Any]) -> bytes:
    """The executed notebook without times and random ids, its machinery tagged for hiding."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"].pop("papermill", None)
    notebook["metadata"]["execution_of"] = {key: given[key] for key in ("profile", "seed") if key in given}
    for number, cell in enumerate(notebook["cells"]):
        for key in ("papermill", "execution"):
            cell["metadata"].pop(key, None)
        cell["metadata"].pop("status", None)
        if "injected-parameters" in cell["metadata"].get("tags", []):
            cell["id"] = f"injected-{number}"
    return (json.dumps(hide(notebook), indent=1, ensure_ascii=False) + "\n").encode()


def number_in_source(copy: Path, index: int) -> int:
    """Number of a cell of the executed copy as a reader of the source counts it, from 1."""
    cells = json.loads(copy.read_text(encoding="utf-8"))["cells"]
    tags = [cell["metadata"].get("tags", []) for cell in cells]
    tags = [of_cell for of_cell in tags if "papermill-error-cell-tag" not in of_cell]  # papermill's note of the failure
    return index + 1 - sum("injected-parameters" in of_cell for of_cell in tags[:index])


def readable(traceback: list[str] | None) -> str:
    """The end of a traceback; without colours where they would not show as such."""
    lines = "\n".join(traceback or []).split("\n")[-15:]
    return "\n".join(lines if sys.stderr.isatty() else (re.sub(r"\x1b\[[\d;]*m", "", line) for line in lines))


def run(source: Path, target: Path, given: dict[str, Any]) -> None:
    """Execute `source` with the parameters `given` into `target`."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from aulib import paths

    check(source)
    os.environ["PYTHONHASHSEED"] = "0"  # the kernel inherits these
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    for variable in [name for name in os.environ if name.startswith("AULIB_")]:  # the kernel starts in another folder
        if (place := paths.named(variable)) is not None:
            os.environ[variable] = str(place)
    os.environ.pop("MPLBACKEND", None)  # the notebook's own inline backend is wanted
    target.parent.mkdir(parents=True, exist_ok=True)
    failed = target.with_suffix(".failed.ipynb")
    with tempfile.TemporaryDirectory(prefix="execute-") as scratch:
        copy = Path(scratch) / source.name
        try:
            papermill.execute_notebook(
                str(source),
                str(copy),
                parameters=given,
                kernel_name="python3",
                cwd=str(source.parent),
                progress_bar=sys.stderr.isatty(),
                extra_arguments=["--IPKernelApp.log_level=40"],
            )
        except PapermillExecutionError as error:
            write_if_changed(failed, copy.read_bytes())
            raise Trouble(
                f"{shown(source)}, cell {number_in_source(copy, error.cell_index)}: {error.ename}: {error.evalue}\n"
                f"{readable(error.traceback)}\nas far as it ran: {shown(failed)}"
            ) from None
        write_if_changed(target, tidy(copy, given))
    failed.unlink(missing_ok=True)
    os.utime(target)  # a workflow sees by the time that the target is fresh, also when nothing in it has changed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="notebook to execute; it is not changed")
    parser.add_argument("target", type=Path, help="where the executed copy goes")
    parser.add_argument("--profile", default="laptop", help="smoke, laptop, gpu or paper (default: laptop)")
    parser.add_argument("--seed", type=int, help="another seed than the notebook's own")
    parser.add_argument("--corpus", help="another corpus than the notebook's own")
    parser.add_argument("--home", help="folder for corpora and runs, for instance a mounted drive")
    parser.add_argument("--retrain", action="store_true", help="train again even where a record is there")
    arguments = parser.parse_args()
    try:
        run(arguments.source.resolve(), arguments.target.resolve(), parameters(arguments))
    except Trouble as trouble:
        give_up(trouble)
    print(f"executed: {shown(arguments.target.resolve())}")


if __name__ == "__main__":
    main()
