"""Picture: a figure that carries its alternative text, caption and provenance with it."""

from __future__ import annotations

import base64
import html
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap

import matplotlib
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from aubook.engine import provenance

matplotlib.rcParams.update(
    {"figure.dpi": 100, "axes.spines.top": False, "axes.spines.right": False, "font.size": 10, "svg.hashsalt": "aulib"}
)


@dataclass
class Picture:
    """A figure with alternative text, caption and provenance; notebooks show it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        What a reader who cannot see it needs to know.
    lines : list of str
        HTML lines below: provenance first.
    caption : str
    photo : bool
        Made of faces: shown as JPEG, a fifth of the size.
    """

    figure: Figure
    alt: str
    lines: list[str] = field(default_factory=list)
    caption: str = ""
    photo: bool = False

    def __post_init__(self) -> None:
        plt.close(self.figure)  # shown once, by us, not again at the end of the cell

    def png(self, dpi: int = 110) -> bytes:
        """The figure as a PNG file without creation date, so that equal figures are equal bytes."""
        buffer = io.BytesIO()
        self.figure.savefig(
            buffer, format="png", dpi=dpi, bbox_inches="tight", facecolor="white", metadata={"Software": None}
        )
        return buffer.getvalue()

    def save(self, path: Path) -> None:
        """Write a PNG file that stands alone: caption and provenance below the figure, the alternative text inside."""
        plain = [html.unescape(re.sub(r"<[^>]+>", "", line)).strip() for line in self.lines]
        lines = [wrapped for line in (provenance.head(self.caption, self.lines), *plain) for wrapped in wrap(line, 110)]
        words = self.figure.text(0.01, -0.01, "\n".join(lines), fontsize=6.5, va="top", ha="left")
        self.figure.savefig(path, format="png", dpi=150, bbox_inches="tight", facecolor="white",
                            metadata={"Software": None, "Description": self.alt})  # fmt: skip
        words.remove()

    def jpeg(self, dpi: int = 110) -> bytes:
        """The figure as a JPEG file; equal figures are equal bytes."""
        buffer = io.BytesIO()
        self.figure.savefig(
            buffer, format="jpeg", dpi=dpi, bbox_inches="tight", facecolor="white", pil_kwargs={"quality": 85}
        )
        return buffer.getvalue()

    def _repr_html_(self) -> str:
        kind, data = ("jpeg", self.jpeg()) if self.photo else ("png", self.png())
        image = base64.b64encode(data).decode()
        head = provenance.head(self.caption, self.lines)
        caption = f'<p class="au-caption">{html.escape(head)}</p>' if head else ""
        return (
            f'<div class="au-figure"><img alt="{html.escape(self.alt, quote=True)}" '
            f'src="data:image/{kind};base64,{image}">{caption}{"".join(self.lines)}</div>'
        )
