"""Records, notebooks and book as one graph.  `make` calls it.

Runs have a graph of their own, which `python -m aulib run` knows: here all records of a paper are one job.  On a cluster
send that command away, once for each label or with `--workers` for all: processes that share a store share the work.
"""
import hashlib
import os
import shlex
import sys
from pathlib import Path

from aubook import papers
from aulib import paths
from aulib.errors import AulibError
from aulib.runs import results
from aulib.runs.profiles import profile as profile_named
from aulib.runs.run import to_make

sys.path.insert(0, "workflow")
from common import chosen

PROFILE = config.get("profile") or "laptop"
PAPER = config.get("paper") or "all"
AGAIN = bool(int(config.get("again", 0)))
SMOKE = PROFILE == "smoke"          # small enough to be trained without being asked
PY = shlex.quote(sys.executable).replace("{", "{{").replace("}", "}}")

# -- Stamps.  Snakemake deletes what a rule makes before it runs the rule, and after an interruption.  So no record is
# -- ever its output: a rule makes a stamp, and the stamp is set by what the store holds whenever this file is read.

DAMAGED = {}  # label -> error, which the command tells
try:
    DECLARED = papers.declarations(PAPER, PROFILE)
    MISSING = to_make(DECLARED.values(), AGAIN, DAMAGED)
    STORE = paths.runs(), paths.references()
except AulibError as error:  # a wrong name or folder, said in a line
    raise WorkflowError(str(error))
WORKERS = max(1, workflow.cores // profile_named(PROFILE).threads)
NOTEBOOKS = chosen(PAPER)
ALL = f"_build/made/all-{PROFILE}-{PAPER}"


def set_stamp(path, like):
    """Give a stamp the time of the newest of some files, or remove it if there are none."""
    if not like:
        Path(path).unlink(missing_ok=True)
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).touch()
    time = max(file.stat().st_mtime_ns for file in like)
    os.utime(path, ns=(time, time))


RECORDS = [record.folder / "record.json" for run in DECLARED.values() if (record := results.find(run))]
set_stamp(ALL, [] if MISSING or DAMAGED else RECORDS)


def fingerprint(name, files=(), words=""):
    """A small file that changes when `words` or any of the files does: a rule depends on one file, not on a hundred."""
    digest = hashlib.sha256(words.encode())
    for path in sorted(files):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(str(path).encode() + path.read_bytes())
    path = Path("_build") / f"{name}.sha256"
    if not path.is_file() or path.read_text() != digest.hexdigest():
        path.parent.mkdir(exist_ok=True)
        path.write_text(digest.hexdigest())
    return str(path)


def globbed(*patterns):
    return [path for pattern in patterns for path in Path().glob(pattern)]


CODE = fingerprint("code", globbed(*(f"{package}/**/*.{kind}" for package in ("aulib", "synthface", "aubook") for kind in ("py", "csv", "yaml", "json")), "data_manifest.yaml", "results/*.json"))
PROSE = fingerprint("prose", globbed("book/**/*", "ablations/*.yaml", "notebooks/*.ipynb", "_config.yml", "workflow/*.py"))
SHOWN = fingerprint("shown", words=f"{PROFILE} {PAPER}")  # one book is there at a time: that of the last call
KNOWN = [path for root in STORE for path in (root / PROFILE).glob("*/record.json")]
READ = fingerprint(f"records-{PROFILE}", KNOWN)
if not Path("_build/html/index.html").is_file():
    set_stamp("_build/made/book", [])


wildcard_constraints:
    name="[^/]+",


rule book:
    input:
        [f"_build/executed/{PROFILE}/{name}.ipynb" for name in NOTEBOOKS],
        PROSE,
        CODE,
        SHOWN,
    output:
        touch("_build/made/book"),
    message:
        "the pages"
    shell:
        f"{PY} workflow/stage.py --executed _build/executed/{PROFILE} --paper {PAPER} && {PY} workflow/build.py"


rule notebook:
    input:
        notebook="notebooks/{name}.ipynb",
        # Smoke runs are made first; longer ones are read where they exist.
        records=ALL if SMOKE else READ,
        code=CODE,
    output:
        f"_build/executed/{PROFILE}/{{name}}.ipynb",
    message:
        "notebook {wildcards.name}"
    shell:
        f"{PY} workflow/execute.py {{input.notebook:q}} {{output:q}} --profile {PROFILE}"


rule records:
    output:
        touch(ALL),
    message:
        f"{len(MISSING)} runs to make"
    threads: workflow.cores
    shell:
        f"{PY} -m aulib run --paper {PAPER} --profile {PROFILE} --workers {WORKERS} --yes {'--again' if AGAIN else ''}"
