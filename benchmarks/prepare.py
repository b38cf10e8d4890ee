"""How fast a copy is aligned, and whether memory grows with it.

    python benchmarks/prepare.py [--frames 150 600] [--workers 2]

Whole camera frames of the BP4D-like corpus are written in BP4D's layout, so that every face has to be found, and then
prepared by the command line in a process of its own.  Printed: pictures a second, and the largest resident memory of
the parent and of any worker, for the smaller and the larger number of frames.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def command(*words: str, home: Path) -> tuple[float, int]:
    """Run a command of aulib; seconds, and peak memory in MB of the largest process among it and its workers."""
    before = time.monotonic()
    code = (
        "import resource, sys; from aulib.__main__ import main; status = main(sys.argv[1:]);"
        "peak = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)];"
        "print('peak', *peak); sys.exit(status)"
    )
    environment = os.environ | {"AULIB_HOME": str(home), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    out = subprocess.run(
        [sys.executable, "-c", code, *words], env=environment, capture_output=True, text=True, check=True
    ).stdout
    peak = max(int(word) for word in out.splitlines()[-1].split()[1:])
    return time.monotonic() - before, peak // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, nargs=2, default=(150, 600))
    parser.add_argument("--workers", type=int, nargs="+", default=(1, 2))
    given = parser.parse_args()
    print(f"{'frames':>8}{'workers':>9}{'seconds':>9}{'pictures/s':>12}{'peak MB':>9}")
    with tempfile.TemporaryDirectory(prefix="prepare-") as scratch:
        for frames in given.frames:
            home = Path(scratch) / str(frames)
            command("data", "export", "synth-bp4d", str(home / "copy"), "--layout", "bp4d", "--camera",
                    "--limit", str(frames), "--side", "100", "--frames", "3", home=home)  # fmt: skip
            for workers in given.workers:
                seconds, peak = command("data", "prepare", "bp4d", str(home / "copy"), "--frames", "0",
                                        "--workers", str(workers), "--again", home=home)  # fmt: skip
                print(f"{frames:>8}{workers:>9}{seconds:>9.1f}{frames / seconds:>12.1f}{peak:>9}", flush=True)
    print(f"(this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB)")


if __name__ == "__main__":
    main()
