"""Ablations: one method, one knob, a few values.  A file of the folder ``ablations`` declares one.

    from aubook.ablations import ablation

    study = ablation("drml-grid", profile="smoke")
    study.run()
    study.table()
    study.plot()

See :class:`aubook.ablation.Ablation` for what a file can say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from aubook import papers
from aubook.ablation import Ablation, papers_runs
from aulib import paths
from aulib.errors import AulibError, UnknownName
from aulib.runs import changes
from aulib.runs.declaration import Declaration
from aulib.runs.methods import method
from aulib.runs.results import Record

if TYPE_CHECKING:
    from aubook.engine.table import Table


def folders() -> list[Path]:
    """Where ablations are looked for by name: those of the project, then your own in the home folder."""
    root = paths.repository()
    ours = root / "ablations" if root else Path(__file__).parent / "_ablations"
    return list(dict.fromkeys([ours, paths.home() / "ablations"]))


def names() -> dict[str, Path]:
    """Every ablation by name."""
    found = {file.stem: file for folder in reversed(folders()) for file in sorted(folder.glob("*.yaml"))}
    return dict(sorted(found.items()))


def ablation(
    name: str | Path, profile: str | None = None, seeds: Sequence[int] = (), folds: Sequence[int] = ()
) -> Ablation:
    """An ablation by its name, or by the path of a file of your own.

    Parameters
    ----------
    name : str or Path
        Of a file in ``ablations/``; what ends in ``.yaml`` is a path.
    profile : str, optional
    seeds, folds : sequence of int
        All three in place of the file's.

    Raises
    ------
    AulibError
        Naming the file, the key, the value, and what is allowed.
    """
    known = names()
    path = Path(name) if str(name).endswith((".yaml", ".yml")) else known.get(str(name))
    if path is None:
        raise UnknownName("ablation", str(name), known, "python -m aulib ablate")
    shown = path.name if path in known.values() else str(name)
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AulibError(f"{shown}: cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise AulibError(f"{shown}{line}: no YAML ({getattr(error, 'problem', error)})") from None
    allowed = [one.name for one in fields(Ablation) if one.name not in ("name", "file")]
    if not isinstance(said, dict):
        raise AulibError(f"{shown}: expected keys {', '.join(allowed)}")
    for key in said:
        if key not in allowed:
            raise AulibError(f"{shown}: {UnknownName('key', str(key), allowed)}")
    for key in ("question", "method", "corpus", "protocol", "knob", "values"):
        if key not in said:
            raise AulibError(f"{shown}: key {key!r} is missing; expected {', '.join(allowed)}")
    if isinstance(said["values"], list):
        said["values"] = [_plain(value) for value in said["values"]]
    given = {"profile": profile, "seeds": seeds, "folds": folds}
    said |= {key: value for key, value in given.items() if value}
    return Ablation(path.stem, shown, **said)


def _plain(value: Any) -> Any:
    """A number that YAML takes for a word: to it, 1e-5 without a point is none."""
    return float(value) if isinstance(value, str) and re.fullmatch(r"[+-]?\d+e[+-]?\d+", value) else value


def all_runs(profile_name: str) -> Iterator[tuple[Ablation, Declaration]]:
    """The runs of every ablation that no paper declares, each once."""
    seen = set(papers_runs(profile_name))
    for name in names():
        study = ablation(name, profile_name)
        for run in study.runs:
            if run.key not in seen:
                seen.add(run.key)
                yield study, run


def others(profile_name: str) -> list[Record]:
    """Records of this machine that neither a paper nor an ablation declares: files of your own, named by their path."""
    declared = [*papers.declarations("all", profile_name).values(), *(run for _, run in all_runs(profile_name))]
    known = {run.label for run in declared} | {run.key for run in declared}
    found = [Record(file.parent) for file in sorted((paths.runs() / profile_name).glob("*/record.json"))]
    return [one for one in found if not known & set(one.folder.name.rpartition("-")[::2])]


def knob_table(name: str, profile_name: str = "laptop") -> Table:
    """What of a method can be turned, what it is, and what it can be."""
    import pandas as pd

    from aubook.engine.table import Table

    what = method(name)
    options, recipe = what.resolved_options(profile_name, {}), what.recipe(profile_name)
    rows = []
    for key, allowed in changes.knobs(what, profile_name).items():
        kind, _, field_name = key.partition(".")
        own = {"option": options.get(field_name), "recipe": getattr(recipe, field_name, None)}.get(kind)
        if kind in ("loss", "sampler"):
            stage = what.stages[0]
            own = stage.sampler_options.get(field_name, "") if field_name else getattr(stage, kind)
        rows.append((key, str(own), str(allowed)))
    rows += [
        ("budget", "1.0", "a number above 0: a multiple of the paper's image-steps"),
        ("corpus", "''", "words of a twin such as '+ind' or '+stretch=0.5', or a corpus that codes the same AUs"),
        ("threshold", "0.5", "0.5 or 'tuned'"),
    ]
    frame = pd.DataFrame(rows, columns=["knob", f"under {profile_name}", "values"]).set_index("knob")
    return Table(frame, f"Knobs of {what.title}", [f'<div class="provenance">{what.source}</div>'])
