"""What Section 5.3 of the Hybrid paper prints: its Tables 3 and 4, and where they and the text disagree."""

from __future__ import annotations

import pandas as pd

from aubook import published
from aubook.engine import provenance
from aubook.engine.table import Table
from aubook.papers.hybrid.sampling_runs import STRATEGIES, Where
from aulib.aus import BP4D_AUS

#: Tested corpus -> the file of printed numbers, and the table of the paper.
PRINTED = {"gft": ("hybrid_table3_sampling_gft", "Table 3"), "plus": ("hybrid_table4_sampling_bp4dplus", "Table 4")}
WHERE: tuple[Where, Where] = ("within", "between")


def printed(corpus: str, where: Where) -> pd.DataFrame:
    """Printed F1 in percent, one row an AU and ``avg``, one column a strategy.

    The paper prints fractions, and a lone dot where we put 0, as its own averages do.
    """
    rows = published.table(PRINTED[corpus][0])
    rows = rows[rows["protocol"].str.contains(where)]
    values = 100 * pd.to_numeric(rows["value"]).fillna(0)
    variant = rows["variant"].str.partition(":")[0]
    wide = pd.DataFrame({"au": rows["au"], "variant": variant, "value": values.round(1)})
    wide = wide.pivot(index="au", columns="variant", values="value")
    return wide.loc[[*map(str, BP4D_AUS), "avg"], list(STRATEGIES.values())]


def printed_gain(corpus: str, where: Where, of: str = "MOMU") -> pd.Series:
    """Printed F1 of a strategy above random sampling by AU, points; the means are of the cells, not as printed."""
    table = printed(corpus, where).drop(index="avg")
    return table[of] - table["RS"]


def lone_dots(corpus: str, where: Where) -> set[tuple[str, str]]:
    """(AU, strategy) of the cells in which a lone dot is printed."""
    rows = published.table(PRINTED[corpus][0])
    rows = rows[rows["protocol"].str.contains(where) & (rows["value"] == "")]
    return {(au, variant.partition(":")[0]) for au, variant in zip(rows["au"], rows["variant"], strict=True)}


def conflicts() -> Table:
    """Where the section's text, averages and cells disagree, recounted from the printed cells (our list of errata)."""
    gft, plus = ({where: printed_gain(corpus, where) for where in WHERE} for corpus in ("gft", "plus"))
    cells, within = printed("plus", "between"), printed("gft", "within")
    same = int((printed("plus", "within").drop(index="avg").diff(axis=1)["MS"] == 0).sum())
    changed = int((within.drop(index="avg").diff(axis=1)["MS"] != 0).sum())
    strongest = gft["within"].sort_values(ascending=False)
    rows = [
        ("A19", f"Table 4, between, RS: average {cells.loc['avg', 'RS']:.0f}",
         f"mean of its cells {cells['RS'].drop(index='avg').mean():.1f}; MOMU gains "
         f"{plus['between'].mean():.1f} points, not {cells.loc['avg', 'MOMU'] - cells.loc['avg', 'RS']:.0f}"),
        ("C2", "Table 4, within: RS and MS are two experiments",
         f"equal in {same} of 12 AUs; in Table 3 they differ in {changed}. No effect there, or a column copied"),
        ("D29", "between, GFT: AU4 improves clearly; AUs 1, 2 and 10 hardly", _listed(gft["between"], (4, 1, 2, 10))),
        ("D30", "between, BP4D+: F1 falls on AUs 1, 2, 6, 7",
         f"{_listed(plus['between'], (1, 2, 6, 7))}; it falls on AU"
         f"{', '.join(plus['between'].index[plus['between'] < 0])} only"),
        ("D31", "within, GFT: gains on AUs 1, 2, 15, 17, 24",
         f"{_listed(gft['within'], (1, 2, 15, 17, 24))}; the largest are "
         f"{_listed(strongest, tuple(map(int, strongest.index[:3])))}"),
        ("D32", "between: base rates of BP4D+ and BP4D are compared", "the other corpus is GFT: a slip, likely"),
        ("D33", "AUs with base rates above 5 % are used (Sec. 4.1)",
         f"AU4 of GFT, with {_rate(4)} %, is used; it may have passed in the smaller release"),
        ("D34", "the same kind of network on GFT, ten folds",
         f"{_first('4')} in Table 1; a lone dot (RS, MS) and {within.loc['4', 'MOMU']:.0f} (MOMU) in Table 3. On AU14 "
         f"{_first('14')} and {within.loc['14', 'RS']:.0f} (RS)"),
        ("F-f", "BP4D+ has 98 people", "140 in ARL: other releases, probably"),
        ("F-h", "“between” on BP4D+ is from GFT", "in ARL, scores on BP4D+ follow training on BP4D"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["erratum", "text or average", "cells"]).set_index("erratum")
    return Table(
        frame,
        "What Section 5.3 says, and what its tables print (F1, points of a hundred)",
        [provenance.published("Hybrid (IVC 2019), Tables 1, 3 and 4, Sec. 5.3")],
    )


def _listed(values: pd.Series, aus: tuple[int, ...]) -> str:
    return ", ".join(f"AU{au} {values[str(au)]:+.0f}" for au in aus)


def _rate(au: int) -> str:
    rows = published.table("hybrid_base_rates_gft")
    return rows.loc[rows["au"] == str(au), "value"].item()


def _first(au: str) -> str:
    """ANet on ten folds of GFT, from Table 1."""
    rows = published.table("hybrid_table1_gft")
    wanted = (rows["method"] == "ANet") & rows["protocol"].str.startswith("10-fold") & (rows["au"] == au)
    return rows.loc[wanted, "value"].item()
