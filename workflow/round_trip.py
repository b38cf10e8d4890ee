"""The embedded corpora as BP4D and DISFA and back: a notebook runs on the exported folders, to the same numbers.

    python workflow/round_trip.py [--profile smoke] [--keep FOLDER]

The corpora are exported in the licensed layouts, `drml_detection` is executed on them through the real readers, with
everything trained anew, and every prediction is compared with the run that read the embedded corpora directly (made
now where it is missing). What differs is named, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from common import ROOT

COPIES = {"bp4d": "synth-bp4d", "disfa": "synth-disfa"}
CHOSEN = ",".join(COPIES)


def step(*words: str, **environment: str) -> None:
    """Run a command of this interpreter and stop if it fails."""
    subprocess.run([sys.executable, *words], check=True, cwd=ROOT, env=os.environ | environment)


def differences(profile: str, copied_runs: str) -> tuple[int, list[str]]:
    """How many arrays of predictions were compared, and which differ."""
    from aubook import papers
    from aubook.study import Study
    from aulib.runs import results

    direct = {label: results.find(run) for label, run in papers.declarations("drml", profile).items() if run.test_on}
    os.environ["AULIB_RUNS"] = copied_runs
    copied = papers.declarations("drml", Study(profile, corpus=CHOSEN))
    compared, different = 0, []
    for label, record in direct.items():
        other = results.find(copied[label])
        if record is None or other is None:
            different.append(f"{label}: not run")
            continue
        for name, drawn in COPIES.items():
            ours, theirs = record.arrays(drawn), other.arrays(name)
            for key, values in ours.items():
                compared += 1
                if not np.array_equal(values, theirs[key]):
                    different.append(f"{label}, {name}: {key}")
    return compared, different


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="smoke", help="smoke (default) or laptop")
    parser.add_argument("--keep", type=Path, help="folder for copies and runs (default: a temporary one)")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory(prefix="round-trip-") as scratch:
        home = (given.keep or Path(scratch)).resolve()
        environment = {"PYTHONPATH": str(ROOT)}
        for name, drawn in COPIES.items():
            copy = home / name
            if not (copy / "made-by-aulib.json").is_file():
                words = ("data", "export", drawn, str(copy), "--layout", name, "--profile", given.profile)
                step("-m", "aulib", *words, **environment)
            os.environ[f"AULIB_{name.upper()}"] = str(copy)
        step("-m", "aulib", "run", "--paper", "drml", "--profile", given.profile, "--quiet", "--yes", **environment)
        step(
            *("workflow/execute.py", "notebooks/drml_detection.ipynb", str(home / "drml_detection.ipynb")),
            *("--profile", given.profile, "--corpus", CHOSEN, "--retrain"),
            **environment,
            AULIB_RUNS=str(home / "runs"),
            AULIB_CORPORA=str(home / "corpora"),
        )
        compared, different = differences(given.profile, str(home / "runs"))
    print("\n".join(different))
    print(f"round trip: {compared} arrays compared, {len(different)} differ")
    return int(bool(different) or not compared)


if __name__ == "__main__":
    sys.exit(main())
