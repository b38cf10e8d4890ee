"""Table: numbers with their caption and provenance; a notebook shows it, a terminal prints it, a test reads it."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from aubook.engine import provenance

#: What stands in a cell without a number.
EMPTY = "–"
AVERAGE = "Avg."
#: The mean of the cells that are printed, where the printed average is not that.
RECOMPUTED = "Avg. of the cells"


@dataclass
class Table:
    """A table with everything it needs to stand alone; a notebook shows it, a test reads ``frame``.

    Parameters
    ----------
    frame : pandas.DataFrame
    caption : str
    lines : list of str
        HTML lines under the table: provenance first.
    best : sequence of hashable
        Column groups within which the largest value of a row is set bold (smallest if `least`).
    """

    frame: pd.DataFrame
    caption: str
    lines: list[str] = field(default_factory=list)
    best: Sequence = ()
    decimals: int = 1

    @property
    def head(self) -> str:
        """Caption, with a warning where the numbers mean nothing."""
        return provenance.head(self.caption, self.lines)

    def _repr_html_(self) -> str:
        style = self.frame.style.format(
            lambda v: v if isinstance(v, str) else EMPTY if pd.isna(v) else f"{v:.{self.decimals}f}"
        )
        for group in self.best:
            columns = [column for column in self.frame.columns if column[0] == group]
            style = style.highlight_max(axis=1, subset=pd.IndexSlice[:, columns], props="font-weight: bold")
        wordy = " au-wordy" if self.frame.index.map(str).str.len().max() > 36 else ""  # labels that may be broken
        table = style.set_table_attributes(f'class="dataframe au-table{wordy}"').to_html(
            doctype_html=False, table_uuid=self._id()
        )
        caption = f'<p class="au-caption">{html.escape(self.head)}</p>'
        return f'<div class="au-table-wrap">{caption}<div class="au-scroll">{table}</div>{"".join(self.lines)}</div>'

    def _id(self) -> str:
        # pandas otherwise draws a random id, and a rebuilt page would differ from the last one
        return "".join(c if c.isalnum() else "-" for c in self.caption.lower())[:40]

    def __str__(self) -> str:
        return "\n".join([self.head, "", self._shown.to_string(), "", *self._plain])

    def text(self, form: str = "text") -> str:
        """The table as it is printed.

        Parameters
        ----------
        form : {'text', 'csv', 'markdown'}
            Of ``csv`` the lines above and below begin with ``#``.
        """
        if form == "text":
            return str(self)
        flat = self._shown.reset_index() if _has_names(self._shown.index) else self._shown
        flat.columns = [" / ".join(filter(None, map(str, c))) if isinstance(c, tuple) else str(c) for c in flat.columns]
        if form == "csv":
            return "\n".join(["# " + line for line in (self.head, *self._plain)] + [flat.to_csv(index=False).rstrip()])
        rows = [list(flat.columns), ["---"] * flat.shape[1], *flat.astype(str).values.tolist()]
        cells = [" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows]
        return "\n".join([self.head, "", *(f"| {line} |" for line in cells), "", *self._plain])

    @property
    def _shown(self) -> pd.DataFrame:
        return self.frame.map(lambda v: v if isinstance(v, str) else EMPTY if pd.isna(v) else f"{v:.{self.decimals}f}")

    @property
    def _plain(self) -> list[str]:
        """The lines without HTML."""
        return [html.unescape(re.sub(r"<[^>]+>", "", line).strip()) for line in self.lines]


def _has_names(index: pd.Index) -> bool:
    """Whether the rows are called something, rather than numbered."""
    return not isinstance(index, pd.RangeIndex)
