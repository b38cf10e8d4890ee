"""The papers' own numbers, as printed: package data, for comparison only and never a target to tune against."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from aulib.errors import UnknownName

_FOLDER = Path(__file__).parent


@cache
def table(name: str) -> pd.DataFrame:
    """One published table in long form.

    Parameters
    ----------
    name : str
        File name without ending, e.g. ``drml_table2_bp4d``.

    Returns
    -------
    pandas.DataFrame
        Columns ``method``, ``au``, ``metric``, ``value``, ``scale``, ``is_average``, ``rank_mark``, ``note`` and the
        source.  ``value`` is kept as printed, wrong averages included.
    """
    path = _FOLDER / f"{name}.csv"
    if not path.is_file():
        raise UnknownName("published table", name, [file.stem for file in _FOLDER.glob("*.csv")])
    return pd.read_csv(path, dtype={"au": str, "value": str}, keep_default_na=False)


def by_au(name: str, metric: str) -> pd.DataFrame:
    """A published table in wide form: one row an AU and ``avg``, one column a method, as floats."""
    rows = table(name)
    rows = rows[rows["metric"] == metric]
    wide = rows.assign(value=pd.to_numeric(rows["value"])).pivot(index="au", columns="method", values="value")
    order = sorted((au for au in wide.index if au.isdigit()), key=int)
    wide = wide.loc[[*order, "avg"], list(dict.fromkeys(rows["method"]))]
    wide.columns.name = None
    return wide
