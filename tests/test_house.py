"""The structure: who may import whom, what stays light, what stands in one place only."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("aulib", "synthface", "aubook")
FILES = {path: path.relative_to(ROOT) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}

#: The ground floor of aulib, which every room may import.
GROUND = {f"aulib.{name}" for name in "aus checks errors integrity locking manifest paths progress values".split()}
GROUND |= {"aulib", "aubook"}  # the packages themselves, which are all but empty

#: What the book's rooms may import of the library.
LIBRARY = {f"aulib.{name}" for name in "corpus datasets explain features losses metrics models".split()}
LIBRARY |= {"aulib.protocols", "aulib.runs", "aulib.samplers", "aulib.training", "synthface"}
BOOK = {
    "aubook.advice",
    "aubook.ablation",
    "aubook.ablations",
    "aubook.papers",
    "aubook.published",
    "aubook.states",
    "aubook.study",
}

#: Room -> rooms that it may import besides the ground floor.
MAY_IMPORT: dict[str, set[str]] = {
    "synthface": {"aulib.corpus"},
    "aulib.corpus": set(),
    "aulib.datasets": {"aulib.corpus", "synthface"},
    "aulib.metrics": set(),
    "aulib.losses": set(),
    "aulib.samplers": set(),
    "aulib.explain": set(),
    "aulib.models": {"aulib.losses"},
    "aulib.features": {"aulib.datasets", "aulib.models", "synthface"},
    "aulib.protocols": set(),
    "aulib.training": LIBRARY - {"aulib.runs", "aulib.training", "aulib.protocols", "aulib.features", "aulib.explain"},
    "aulib.runs": LIBRARY - {"aulib.runs"},
    "aubook.study": {"aulib.runs"},
    "aubook.advice": {"aubook.study"},
    "aubook.published": set(),
    "aubook.papers": {"aulib.runs", "aubook.study"},
    "aubook.states": {"aulib.corpus", "aulib.runs", "aubook.advice", "aubook.papers", "aubook.study"},
    "aubook.engine": LIBRARY | BOOK,
    "aubook.pages": LIBRARY | BOOK | {"aubook.engine"},
    "aubook.notebook": {"aulib.runs", "aubook.advice", "aubook.papers", "aubook.states", "aubook.study"},
    "aubook.ablation": {
        "aulib.protocols",
        "aulib.runs",
        "aubook.engine",
        "aubook.papers",
        "aubook.states",
        "aubook.study",
    },
    "aubook.ablations": {"aulib.protocols", "aulib.runs", "aubook.engine"} | BOOK,
    "aubook.report": {"aubook.engine"} | BOOK,
    "aubook.commands": {"aulib.runs", "aubook.engine", "aubook.papers.drml", "aubook.report"} | BOOK,
    "aubook.data_commands": {"aulib.datasets", "aulib.runs", "aubook.pages", "synthface"},
}
MAY_IMPORT["aubook"] = set()
MAY_IMPORT["aulib.__main__"] = {name for name in MAY_IMPORT if name.startswith("aubook.")}  # the door
MAY_IMPORT["aulib.__main__"] |= {"aulib.datasets", "aulib.runs"}
GROUND_MAY_IMPORT = GROUND | {"synthface"}  # the manifest knows the grammar of twins


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room(module: str) -> str:
    """The first two parts of a name; the generator is one room, and a paper's declarations belong to their registry."""
    parts = module.split(".")
    if parts[0] == "synthface":
        return "synthface"
    if parts[:2] == ["aubook", "papers"] and len(parts) > 3 and parts[3] != "runs":
        return ".".join(parts[:3])
    return ".".join(parts[:2])


def imports(path: Path) -> set[str]:
    """Modules of the house that a file imports: at the top, inside functions, for types only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").split(".")[0] in PACKAGES:
            inside = ROOT.joinpath(*node.module.split("."))
            for alias in node.names:
                is_module = (inside / f"{alias.name}.py").is_file() or (inside / alias.name).is_dir()
                found.add(f"{node.module}.{alias.name}" if is_module else node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] in PACKAGES}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(FILES[path]))
def test_rooms_import_only_what_they_may(path):
    own = room(module_of(path))
    if own.startswith("aubook.papers."):  # its tables, claims and figures
        allowed = LIBRARY | BOOK | {"aubook.engine", "aubook.pages", "aubook.papers.drml"}
    elif own in GROUND:
        allowed = GROUND_MAY_IMPORT
    else:
        assert own in MAY_IMPORT, f"{own} is a new room: say in this test what it may import"
        allowed = MAY_IMPORT[own]
    forbidden = {room(name) for name in imports(path)} - allowed - GROUND - {own}
    assert not forbidden, f"{FILES[path]} imports {sorted(forbidden)}"


def test_no_module_imports_itself_on_a_detour():
    graph = {module_of(path): imports(path) - {module_of(path)} for path in FILES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


@pytest.mark.parametrize(
    "module, absent",
    [
        ("aulib", {"torch", "matplotlib", "numpy"}),
        ("aubook.papers", {"torch", "matplotlib", "numba", "cv2"}),
        ("aubook.commands", {"torch", "matplotlib", "numba", "cv2"}),
        ("aubook.papers.drml.tables", {"torch", "numba", "cv2"}),
        ("aubook.papers.drml.figures", {"torch", "numba", "cv2"}),
    ],
)
def test_light_imports(module, absent):
    code = f"import sys, {module}; print([m for m in {sorted(absent)!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert out.strip() == "[]"


def test_files_can_be_read_in_one_sitting():
    long = {
        str(path.relative_to(ROOT)): n
        for path in FILES
        if (n := len(path.read_text(encoding="utf-8").splitlines())) > 350
    }
    assert not long, f"there is a second idea in: {long}"


def test_environment_is_that_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = set(project["dependencies"]) | set(extras["book"]) | set(extras["test"])
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    pip = next(item["pip"] for item in environment if isinstance(item, dict))
    assert {line for line in pip if not line.startswith("-")} == wanted
    assert f"python{project['requires-python']}" in environment


def test_lock_lies_within_the_ranges():
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = dict(
        line.lower().replace("_", "-").split("==") for line in lines if "==" in line and not line.startswith("#")
    )
    assert pins["torch"] == "2.13.0"
    for text in [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]:
        requirement = Requirement(text)
        name = requirement.name.lower().replace("_", "-")
        assert name in pins, f"{name} is not in requirements.lock"
        assert requirement.specifier.contains(pins[name]), f"{name} {pins[name]} is outside {requirement.specifier}"


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebooks_are_clean(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code), "commit without outputs"
    tagged = [cell for cell in code if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    names = {line.split("=")[0].strip() for line in "".join(tagged[0]["source"]).splitlines()}
    assert names - {"retrain"} == {"profile", "seed", "corpus", "home"}
    trains = any("train(study" in "".join(cell["source"]) for cell in code)
    assert "retrain" in names or not trains, "nothing is trained that a reader cannot ask for"
    assert not any(
        line.startswith(("def ", "class ")) for cell in code for line in "".join(cell["source"]).splitlines()
    )
    assert '"google.colab" in sys.modules' in "".join(code[0]["source"])
    assert notebook["metadata"]["accelerator"] == "GPU"
