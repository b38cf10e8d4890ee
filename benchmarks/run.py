"""Run the benchmarks: ``python benchmarks/run.py [name ...] [--quick]``.

Each compares two ways of doing the same in one process, in turn, on one thread, by CPU time.  Prints a table of ratios
and goals and writes ``_build/benchmarks.json``.  A missed goal is shown, not an error: it may be the machine.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("region", "lcn", "metrics", "drml_step", "inputs", "batches", "corpora", "samplers", "temporal")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"which ones (default: all): {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="small sizes and few repeats: does it run at all?")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(NAMES)}")
    sys.path.insert(0, str(ROOT))

    from aulib.training.allocator import keep_memory

    kept = keep_memory()  # before the first large allocation
    import cv2
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(0)
    found = []
    print(f"{'piece':50} {'measured':>10} {'goal':>10}")
    for name in given.names or NAMES:
        for row in import_module(f"benchmarks.{name}").run(given.quick):
            sign = "<=" if row.at_most else ">="
            goal = f"{sign} {row.goal:g} {row.unit}"
            print(
                f"{row.piece:50} {row.value:7.2f} {row.unit:2} {goal:>10} {'' if row.reached else '  missed'}",
                flush=True,
            )
            found.append({"name": name, **asdict(row), "reached": row.reached})
    target = ROOT / "_build" / "benchmarks.json"
    target.parent.mkdir(exist_ok=True)
    about = {"torch": torch.__version__, "machine": platform.machine(), "memory_kept": kept, "quick": given.quick}
    target.write_text(json.dumps({"about": about, "rows": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
