"""SIGKILL at random moments of a smoke run and of ``data prepare``, and what is left each time.

    python -m tests.kills --count 200

Half of the kills come after a random time, half at a random file that is opened for writing, renamed or removed: the
moments that matter last a millisecond.  After each, whatever counts as finished has to be whole, and in the end the
results have to be those of a run that nobody disturbed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aubook import papers
from aulib import paths
from aulib.datasets import store
from aulib.runs import results

LABEL = "convnet-fold1-seed0"

#: Runs ``python -m aulib`` and kills itself at the n-th change of a file below AULIB_HOME; counts them for n = 10^6.
KILLER = """
import os, runpy, signal, sys
left, home = int(sys.argv.pop(1)), os.environ["AULIB_HOME"]
def hook(event, given):
    global left
    if event == "open" and not (isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR)):
        return
    if event not in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir") or not str(given[0]).startswith(home):
        return
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
try:
    runpy.run_module("aulib", run_name="__main__", alter_sys=True)
finally:
    print(10**6 - left, file=sys.stderr)
"""


@dataclass(frozen=True)
class Work:
    """Something that is made by a command.

    Parameters
    ----------
    name : str
    words : list of str
        Of ``python -m aulib``.
    result : callable
        Digest of what is finished, checked; None if nothing is.
    forget : callable
        Removes what is finished.
    """

    name: str
    words: list[str]
    result: Callable[[], object]
    forget: Callable[[], None]


def smoke_run() -> Work:
    declaration = papers.find("drml", "smoke", LABEL)

    def result() -> object:
        record = results.own(declaration)
        return record and record.verify().digest

    words = ["run", LABEL, "--paper", "drml", "--profile", "smoke", "--quiet"]
    return Work("a smoke run", words, result, lambda: shutil.rmtree(results.folder_of(declaration)))


def prepare(copy: Path, again: bool) -> Work:
    def folder() -> Path | None:
        return next((file.parent for file in paths.corpora().glob("disfa-r*/corpus.json")), None)

    def result() -> object:
        return (found := folder()) and sorted(store.verify(found)["sha256"].items())

    def forget() -> None:
        if not again:  # otherwise the next one takes its place
            shutil.rmtree(folder() or "")

    words = ["data", "prepare", "disfa", str(copy), "--profile", "smoke", "--workers", "1"]
    words += ["--again"] if again else []
    return Work("data prepare --again" if again else "data prepare", words, result, forget)


def killed(work: Work, count: int, rng: random.Random) -> Counter[str]:
    """Kill a command again and again; count what was found afterwards."""
    aulib = [sys.executable, "-m", "aulib", *work.words]
    subprocess.run(aulib, check=True, capture_output=True)  # draws what it needs, once
    right = work.result()
    assert right is not None
    work.forget()
    began = time.monotonic()
    command = [sys.executable, "-c", KILLER, str(10**6), *work.words]
    changes = int(subprocess.run(command, check=True, capture_output=True, text=True).stderr.split()[-1])
    seconds = time.monotonic() - began
    assert work.result() == right, "two runs that nobody disturbed differ"
    work.forget()
    counts: Counter[str] = Counter()
    while counts["kills"] < count:
        if rng.random() < 0.5:
            process = subprocess.Popen(aulib, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            time.sleep(rng.uniform(0.2, 1) * seconds)
            os.killpg(process.pid, signal.SIGKILL)
        else:
            command = [sys.executable, "-c", KILLER, str(rng.randrange(changes)), *work.words]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        words = process.communicate()[1].decode()
        counts["kills" if process.returncode == -signal.SIGKILL else "finished"] += 1
        if "Traceback" in words or process.returncode not in (0, -signal.SIGKILL):
            counts["TRACEBACK" if "Traceback" in words else "error"] += 1
            print(words[-2000:])
        try:
            found = work.result()
        except Exception as error:
            counts["DAMAGED"] += 1
            print(repr(error))
            continue
        if found is not None and found != right:
            counts["DIFFERENT"] += 1
        if process.returncode == 0:
            counts["right in the end"] += found == right
            work.forget()
    subprocess.run(aulib, check=True, capture_output=True)
    counts["right in the end"] += work.result() == right
    counts["finished"] += 1
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"AULIB_HOME": home, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
        copy = Path(home) / "copy"
        words = [
            "data",
            "export",
            "synth-disfa",
            str(copy),
            "--layout",
            "disfa",
            "--profile",
            "smoke",
            "--limit",
            "600",
        ]
        subprocess.run([sys.executable, "-m", "aulib", *words], check=True, capture_output=True)
        rng = random.Random(given.seed)
        for work in (smoke_run(), prepare(copy, False), prepare(copy, True)):
            share = given.count // 2 if work.name == "a smoke run" else given.count // 4
            print(f"{work.name:22} {dict(killed(work, share, rng))}", flush=True)


if __name__ == "__main__":
    main()
