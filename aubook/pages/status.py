"""Tables of the status page: which records exist, what made them, by which recipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import pandas as pd

from aubook.engine.table import Table
from aubook.papers import PAPERS
from aubook.states import states
from aubook.study import Study
from aulib.runs.methods import METHODS
from aulib.runs.profiles import PROFILES


def runs(study: Study) -> Table:
    """Every declared run of every paper, with its state."""
    rows = []
    for paper in PAPERS:
        for declaration, state, _, record in states(paper, study):
            about = record.about if record else {}
            rows.append(
                (
                    paper,
                    declaration.label,
                    state,
                    declaration.key,
                    record.digest if record else "",
                    about.get("device", ""),
                    about.get("created", ""),
                    f"{about['wall_s']:.0f}" if about else "",
                    str(about.get("peak_memory_mb", "")),
                )
            )
    columns = ["paper", "run", "state", "key", "digest", "device", "made", "seconds", "peak MB"]
    frame = pd.DataFrame(rows, columns=columns).set_index(["paper", "run"])
    made = (frame["state"].isin(["done", "reference"])).sum()
    return Table(
        frame,
        f"Profile {study}: {made} of {len(frame)} runs recorded",
        [
            '<div class="provenance">done: made on this machine; reference: shipped with the book; stale: made by an '
            "earlier recipe or generator, or of other labels or faces, and not used; started: stopped before its end; "
            "damaged: a file differs from its checksum; missing: not run. Equal digests are equal results.</div>"
        ],
    )


def versions(study: Study) -> Table:
    """Software behind the records."""
    found = [state.record for paper in PAPERS for state in states(paper, study) if state.record]
    rows = pd.DataFrame([record.about["versions"] for record in found]).drop_duplicates()
    return Table(rows.reset_index(drop=True), "Versions", [])


def recipes(study: Study) -> Table:
    """How each method is optimised under the profile."""
    rows = {}
    for method in METHODS.values():
        if method.kind == "network":
            recipe = asdict(method.recipe(study.profile))
            options = method.resolved_options(study.profile, {})
            rows[method.title] = {key: str(value) for key, value in recipe.items()} | {
                "options": ", ".join(f"{k}={v}" for k, v in options.items()),
                "source": method.source,
            }
    return Table(pd.DataFrame(rows), f"Recipes under profile {study}", [])


def profiles() -> Table:
    """Budgets."""
    rows = {
        name: {
            key: ", ".join(f"{k}: {v or 'all'}" for k, v in value.items()) if isinstance(value, Mapping) else str(value)
            for key, value in vars(profile).items()
        }
        for name, profile in PROFILES.items()
    }
    return Table(pd.DataFrame(rows).drop(index="name"), "Profiles", [])
