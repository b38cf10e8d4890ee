"""Runs, notebooks and book as one graph.  `make` calls it; on a cluster, call it yourself:

    snakemake book --config profile=gpu paper=drml --executor slurm --jobs 20

(any executor plugin of Snakemake: SLURM, Kubernetes, cloud batch; the runs are the only jobs worth sending away).
"""
import hashlib
import sys
from pathlib import Path

import yaml

from aulib import experiments, paths, results
from aulib.declarations import corpus_identifier
from aulib.profiles import profile as profile_named

PROFILE = config.get("profile", "laptop")
PAPER = config.get("paper", "all")
AGAIN = bool(int(config.get("again", 0)))
SMOKE = PROFILE == "smoke"          # small enough to be trained without being asked
PY = sys.executable

DECLARED = experiments.declarations(PAPER, PROFILE)
FOLDERS = {results.folder_of(d).name: d for d in DECLARED.values()}


def corpora_of(declaration):
    """Folders, in the cache, of the corpora that a run reads, each with its name and how densely it is taken."""
    budget = profile_named(PROFILE)
    wanted = {(declaration.corpus, declaration.video), *((name, False) for name, _ in declaration.test_on)}
    return {corpus_identifier(name, budget, video): (name, video) for name, video in wanted}


NAMES = {folder: name for d in DECLARED.values() for folder, name in corpora_of(d).items()}


def shown(path):
    """Relative to the checkout where possible, as Snakemake likes it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


RUNS = shown(paths.runs() / PROFILE)
CACHE = shown(paths.corpora())
TOC = yaml.safe_load(Path("book/_toc.yml").read_text())
PAGES = [chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]]
NOTEBOOKS = [page for page in PAGES if page.startswith("notebooks/")]


def fingerprint(name, *patterns):
    """A small file that changes when any of the files does, so that a rule depends on one file, not on a hundred."""
    files = sorted(p for pattern in patterns for p in Path().glob(pattern) if p.is_file() and "__pycache__" not in p.parts)
    digest = hashlib.sha256(b"".join(str(p).encode() + p.read_bytes() for p in files)).hexdigest()
    stamp = Path("_build") / f"{name}.sha256"
    if not stamp.is_file() or stamp.read_text() != digest:
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(digest)
    return str(stamp)


CODE = fingerprint("code", "aulib/**/*.py", "aulib/**/*.csv", "data_manifest.yaml")
PROSE = fingerprint("prose", "book/**/*", "_config.yml", "workflow/*.py")


def made(declaration):
    return f"{RUNS}/{results.folder_of(declaration).name}/record.json"


def known_records(_):
    """What a notebook reads: smoke runs are made first; longer ones are read where they exist."""
    if SMOKE:
        return [made(d) for d in DECLARED.values()]
    found = (results.find(d) for d in DECLARED.values())
    return [shown(record.folder / "record.json") for record in found if record is not None]


def before(declaration):
    """Runs whose weights a run needs."""
    return [*declaration.reads, *([declaration.init_from] if declaration.init_from else [])]


wildcard_constraints:
    name="[^/]+",


rule book:
    input:
        expand(f"_build/executed/{PROFILE}/{{name}}.ipynb", name=[Path(page).name for page in NOTEBOOKS]),
        PROSE,
        CODE,
    output:
        touch(f"_build/.book-{PROFILE}"),
    shell:
        "{PY} workflow/stage.py --executed _build/executed/{PROFILE} && {PY} workflow/build.py"


rule notebook:
    input:
        notebook="notebooks/{name}.ipynb",
        records=known_records,
        code=CODE,
    output:
        f"_build/executed/{PROFILE}/{{name}}.ipynb",
    shell:
        "{PY} workflow/execute.py {input.notebook} {output} --profile {PROFILE}"


rule records:
    input:
        [made(d) for d in DECLARED.values()],


rule run:
    input:
        lambda w: [f"{CACHE}/{folder}/corpus.json" for folder in sorted(corpora_of(FOLDERS[w.name]))],
        lambda w: [made(run) for run in before(FOLDERS[w.name])],
    output:
        f"{RUNS}/{{name}}/record.json",
    params:
        label=lambda w: FOLDERS[w.name].label,
        again="--again" if AGAIN else "",
    # Times mean something only on a machine that does nothing else, so that run takes every core.
    threads: lambda w: workflow.cores if FOLDERS[w.name].method == "timing" else profile_named(PROFILE).threads
    shell:
        "{PY} -m aulib run {params.label} --profile {PROFILE} {params.again}"


rule corpus:
    output:
        f"{CACHE}/{{name}}/corpus.json",
    params:
        corpus=lambda w: NAMES[w.name][0],
        video=lambda w: "--video" if NAMES[w.name][1] else "",
    threads: workflow.cores
    shell:
        "{PY} -m aulib data prepare {params.corpus} --profile {PROFILE} {params.video}"
