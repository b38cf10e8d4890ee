"""The structure: who may import whom, what stays light, what stands in one place only."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "aulib"

#: Room -> rooms of aulib it may import.  `OPEN` is open to all.
MAY_IMPORT = {
    "aus": set(),
    "errors": set(),
    "integrity": set(),
    "paths": set(),
    "checks": set(),
    "values": set(),
    "locking": set(),
    "progress": set(),
    "allocator": set(),
    "metrics": set(),
    "losses": set(),
    "samplers": set(),
    "explain": set(),
    "landmarks": set(),
    "registration": {"landmarks"},
    "alignment": {"landmarks", "registration"},
    "detection": {"landmarks", "registration"},
    "models": {"inference", "losses"},
    "features": {"alignment", "datasets", "landmarks", "locking", "models"},
    "twins": set(),
    "manifest": {"twins"},
    "published": set(),
    "datasets": {"manifest", "twins", "alignment", "landmarks", "registration", "detection", "locking", "datasets"},
    "protocols": set(),
    "profiles": {"manifest"},
    "recipes": set(),
    "methods": {"models", "losses", "samplers", "recipes"},
    "declarations": {"datasets", "manifest", "methods", "profiles", "protocols", "recipes"},
    "experiments": {"declarations", "manifest", "profiles"},
    "advice": {"experiments"},
    "inputs": {"alignment", "datasets", "landmarks"},
    "checkpoint": set(),
    "prediction": {"inputs"},
    "examples": {"inputs", "models", "prediction"},
    "train": {"losses", "metrics", "samplers", "methods", "checkpoint", "examples", "prediction", "recipes"},
    "timing": {"losses", "methods", "train", "recipes"},
    "probes": {"alignment", "datasets", "explain", "inputs", "prediction", "protocols", "recorded"},
    "representations": {"datasets", "features", "explain", "metrics"},
    "results": {"datasets", "declarations", "locking"},
    "recorded": {"datasets", "declarations", "manifest", "methods", "protocols"},
    "run": {
        "checkpoint",
        "recorded",
        "results",
        "datasets",
        "declarations",
        "manifest",
        "methods",
        "protocols",
        "alignment",
        "examples",
        "features",
        "prediction",
        "representations",
        "train",
        "inputs",
        "probes",
        "allocator",
        "locking",
        "models",
    },
    "report": {
        "advice",
        "alignment",
        "datasets",
        "declarations",
        "detection",
        "experiments",
        "explain",
        "features",
        "landmarks",
        "losses",
        "manifest",
        "methods",
        "metrics",
        "models",
        "profiles",
        "probes",
        "protocols",
        "published",
        "results",
        "samplers",
        "commands",
        "timing",
        "twins",
    },
    "notebook": {"advice", "experiments", "run"},
    "commands": {
        "advice",
        "datasets",
        "declarations",
        "experiments",
        "manifest",
        "profiles",
        "report",
        "results",
        "run",
    },
    "data_commands": {"datasets", "experiments", "manifest", "profiles", "report", "twins"},
    "__main__": {"commands", "data_commands", "datasets", "experiments", "profiles"},
}
OPEN = {"aus", "paths", "errors", "progress", "checks", "integrity", "values"}


def room(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Rooms that a file imports, at the top or inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").split(".")[0] == "aulib":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("aulib.")}
    return found - {"__version__"}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_import_only_what_they_may(path):
    if path == PACKAGE / "__init__.py":
        return
    own = room(path)
    assert own in MAY_IMPORT, f"{own} is a new room: say in this test what it may import"
    forbidden = imports(path) - MAY_IMPORT[own] - OPEN - {own}
    assert not forbidden, f"{path.relative_to(ROOT)} imports {sorted(forbidden)}"


@pytest.mark.parametrize(
    "module, absent",
    [
        ("aulib", {"torch", "matplotlib", "numpy"}),
        ("aulib.experiments", {"torch", "matplotlib", "numba", "cv2"}),
        ("aulib.commands", {"torch", "matplotlib", "numba", "cv2"}),
        ("aulib.report.tables", {"torch", "numba", "cv2"}),
        ("aulib.report.figures", {"torch", "numba", "cv2"}),
    ],
)
def test_light_imports(module, absent):
    code = f"import sys, {module}; print([m for m in {sorted(absent)!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert out.strip() == "[]"


def test_files_can_be_read_in_one_sitting():
    long = {
        str(path.relative_to(ROOT)): n
        for path in PACKAGE.rglob("*.py")
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
    assert names == {"profile", "seed", "corpus", "retrain", "home"}
    assert not any(
        line.startswith(("def ", "class ")) for cell in code for line in "".join(cell["source"]).splitlines()
    )
    assert '"google.colab" in sys.modules' in "".join(code[0]["source"])
    assert notebook["metadata"]["accelerator"] == "GPU"
