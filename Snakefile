"""Runs, notebooks and book as one graph.  `make` calls it; on a cluster, call it yourself:

    snakemake book --config profile=gpu paper=drml --executor slurm --jobs 20

(any executor plugin of Snakemake: SLURM, Kubernetes, cloud batch; the runs are the only jobs worth sending away).
"""
import hashlib
import os
import shlex
import sys
from pathlib import Path

from aubook import papers
from aulib import paths
from aulib.datasets.store import is_whole
from aulib.runs.declaration import corpus_identifier
from aulib.errors import AulibError
from aulib.runs import results
from aulib.runs.profiles import profile as profile_named
from aulib.runs.run import complete

sys.path.insert(0, "workflow")
from common import chosen

PROFILE = config.get("profile") or "laptop"
PAPER = config.get("paper") or "all"
AGAIN = bool(int(config.get("again", 0)))
SMOKE = PROFILE == "smoke"          # small enough to be trained without being asked
PY = shlex.quote(sys.executable).replace("{", "{{").replace("}", "}}")

try:
    DECLARED = papers.declarations(PAPER, PROFILE)
    STORE = paths.runs(), paths.corpora(), paths.references()
except AulibError as error:  # a wrong name or folder, said in a line
    raise WorkflowError(str(error))
FOLDERS = {results.folder_of(d).name: d for d in DECLARED.values()}
NOTEBOOKS = chosen(PAPER)


def corpora_of(declaration):
    """Folders, in the cache, of the corpora that a run reads, each with its name and how densely it is taken."""
    budget = profile_named(PROFILE)
    wanted = {(declaration.corpus, declaration.video), *((name, False) for name, _ in declaration.test_on)}
    return {corpus_identifier(name, budget, video): (name, video) for name, video in wanted}


NAMES = {folder: name for d in DECLARED.values() for folder, name in corpora_of(d).items()}


# -- Stamps.  Snakemake deletes what a rule makes before it runs the rule, and after an interruption.  So no record and
# -- no corpus is ever its output: a rule makes a stamp, and the stamps are set by the store whenever this file is read.


def record_of(declaration, weights):
    """The finished record, with its weights if they are needed; a damaged one counts as none, and its run says so."""
    try:
        return complete(declaration, AGAIN, weights)
    except AulibError:
        return None


def stamp(kind, name):
    """Empty file that says that a run or a corpus is there."""
    return f"_build/made/{kind}/{name}"


def set_stamp(path, like):
    """Give a stamp the time of the file `like`, or remove it if there is none."""
    if like is None:
        Path(path).unlink(missing_ok=True)
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).touch()
    time = like.stat().st_mtime_ns
    os.utime(path, ns=(time, time))


def look():
    """What the store holds of the declared runs, and what has to be made: folder -> record, folder -> for its weights?

    A run that has to be made itself needs the weights of the runs before it, which not every record has.
    """
    found, missing, waiting = {}, {}, [(declaration, False) for declaration in DECLARED.values()]
    while waiting:
        declaration, weights = waiting.pop()
        name = results.folder_of(declaration).name
        if name in missing and missing[name] >= weights:
            continue
        found[name] = record_of(declaration, weights)
        if found[name] is None:
            missing[name] = weights
            waiting += [(run, True) for run in declaration.behind]
    return found, missing


RECORDS, MISSING = look()
for name, record in RECORDS.items():
    set_stamp(stamp(PROFILE, name), record and record.folder / "record.json")
for name in NAMES:
    known = paths.corpora() / name
    set_stamp(stamp("corpora", name), known / "corpus.json" if is_whole(known) else None)


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
KNOWN = [path for root in (paths.runs(), paths.references()) for path in (root / PROFILE).glob("*/record.json")]
READ = fingerprint(f"records-{PROFILE}", KNOWN)
if not Path("_build/html/index.html").is_file():
    set_stamp("_build/made/book", None)
ALL = f"_build/made/all-{PROFILE}-{PAPER}"


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
    input:
        [stamp(PROFILE, name) for name in FOLDERS],
    output:
        touch(ALL),
    message:
        "all records"


rule run:
    input:
        lambda w: [stamp("corpora", name) for name in sorted(corpora_of(FOLDERS[w.name]))] if w.name in MISSING else [],
        lambda w: [
            stamp(PROFILE, results.folder_of(run).name) for run in FOLDERS[w.name].behind if w.name in MISSING
        ],
    output:
        touch(stamp(PROFILE, "{name}")),
    message:
        "run {params.label}"
    params:
        label=lambda w: FOLDERS[w.name].label,
        again=lambda w: "--again" if AGAIN or MISSING.get(w.name) else "",
    # Times mean something only on a machine that does nothing else, so that run takes every core.
    threads: lambda w: workflow.cores if FOLDERS[w.name].method == "timing" else profile_named(PROFILE).threads
    shell:
        f"{PY} -m aulib run {{params.label}} --profile {PROFILE} {{params.again}}"


rule corpus:
    output:
        touch(stamp("corpora", "{name}")),
    message:
        "corpus {params.corpus}"
    params:
        corpus=lambda w: NAMES[w.name][0],
        video=lambda w: "--video" if NAMES[w.name][1] else "",
    threads: workflow.cores
    shell:
        f"{PY} -m aulib data prepare {{params.corpus}} --profile {PROFILE} {{params.video}}"
