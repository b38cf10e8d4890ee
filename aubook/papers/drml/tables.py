"""What others still import until Hybrid is moved: the tables that ``python -m aulib report`` prints, and old names."""

from __future__ import annotations

from collections.abc import Callable

from aubook.engine.notes import note as _note
from aubook.engine.table import AVERAGE, RECOMPUTED, UNDERTRAINED, Table
from aubook.engine.tables import build
from aubook.papers.drml import extras
from aubook.study import Study

#: Name -> function of the study.
TABLES: dict[str, Callable[[Study], Table]] = {
    "summary": lambda study: build("drml", "summary", study),
    "table1": lambda study: extras.table1(),
    "table2": lambda study: build("drml", "table2", study),
    "table2-auc": lambda study: build("drml", "table2", study, metrics=["auc"]),
    "table2-sample": lambda study: build("drml", "table2-sample", study),
    "table2-per-fold": lambda study: build("drml", "table2", study, average="per-fold"),
    "table3": lambda study: build("drml", "table3", study),
    "table3-auc": lambda study: build("drml", "table3", study, metrics=["auc"]),
    "table4": extras.table4,
    "grids": lambda study: build("drml", "grids", study),
}

__all__ = ["AVERAGE", "RECOMPUTED", "TABLES", "UNDERTRAINED", "_note"]
