"""The five shapes in which results are drawn: forest, dots by AU, curves, matrix and image grid.

Each takes plain values and returns a :class:`~aubook.engine.picture.Picture`, whose alternative text says in words
what the picture shows; where nothing was run it is a line that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.resampling import Interval
from aubook.engine.style import BLACK, GREY, PRINTED, calm

#: Room for labels and legends is made by matplotlib.
LAYOUT = "constrained"


def empty(what: str, study: object) -> Picture:
    """What stands in for a figure whose runs are missing."""
    figure, axes = plt.subplots(figsize=(6, 1.2))
    axes.axis("off")
    axes.text(0.5, 0.5, f"{what}: not run under profile {study}", ha="center", va="center", color=GREY)
    return Picture(figure, f"{what}: no run recorded under profile {study}.", [provenance.line([])])


@dataclass(frozen=True)
class Mark:
    """A row of a forest.

    Parameters
    ----------
    label : str
    found : Interval or None
        None: not run.
    colour : str
    printed : float
        The published number, drawn as a hollow diamond.
    """

    label: str
    found: Interval | None
    colour: str = BLACK
    printed: float = float("nan")


def forest(
    panels: Mapping[str, Sequence[Mark]],
    xlabel: str,
    lines: Sequence[str],
    caption: str,
    *,
    zero: bool = False,
    seen: float | None = None,
    sharex: bool = True,
    decorate: Callable[[Any, str], None] | None = None,
    alt: str = "",
) -> Picture:
    """Values with intervals, one row each; several panels share the axes.

    Parameters
    ----------
    panels : mapping of str to sequence of Mark
        Title -> rows, of equal labels where there are several panels.
    xlabel : str
    lines : sequence of str
        Provenance.
    caption : str
    zero : bool
        Draw a line at 0: what is shown are differences.
    seen : float, optional
        Shade what the design could not have seen, from minus to plus this.
    sharex : bool
        Whether the panels show one quantity.
    decorate : callable, optional
        Axes, title of the panel -> None: what else is drawn, or another scale.
    alt : str
        In place of the words that are made of the values.
    """
    labels = list(dict.fromkeys(mark.label for marks in panels.values() for mark in marks))
    width = max(4.5, 2.75 * len(panels))
    size = (width, 1.1 + 0.34 * len(labels))
    figure, grid = plt.subplots(1, len(panels), figsize=size, sharex=sharex, sharey=True, squeeze=False, layout=LAYOUT)
    words = []
    for axes, (title, marks) in zip(grid[0], panels.items(), strict=True):
        if seen:
            axes.axvspan(-seen, seen, color="#f2f2f2", zorder=0)
        if zero:
            axes.axvline(0, color=GREY, lw=1)
        said = []
        for mark in marks:
            y = labels.index(mark.label)
            if mark.found is None or np.isnan(mark.found.value):
                axes.text(0.03, y, "not run", transform=axes.get_yaxis_transform(), va="center", color=GREY)
            else:
                value, low, high = mark.found
                axes.plot([low, high], [y, y], color=mark.colour, lw=3, alpha=0.5, solid_capstyle="butt")
                axes.plot(value, y, "o", ms=7, color=mark.colour, zorder=3)
                said.append(f"{mark.label} {value:{'+' if zero else ''}.1f}")
            if not np.isnan(mark.printed):
                axes.plot(mark.printed, y, "D", ms=6, mfc="none", mec=PRINTED, mew=1.3, zorder=4)
        axes.set_title(title, fontsize=10)
        calm(axes, "x")
        if decorate:
            decorate(axes, title)
        if said:
            words.append(f"{title}: {', '.join(said)}" if title else ", ".join(said))
    grid[0, 0].set(yticks=range(len(labels)), yticklabels=labels, ylim=(len(labels) - 0.5, -0.5))
    figure.supxlabel(xlabel, fontsize=10)
    return Picture(figure, alt or f"{xlabel}. {'; '.join(words) or 'Nothing was run'}.", list(lines), caption)


@dataclass(frozen=True)
class Series:
    """One method's values, by AU or along an axis.

    Parameters
    ----------
    label : str
    values : mapping of int to (Interval or float), or sequence of float
        By AU for :func:`dots`, the ordinates of :func:`curves`.
    colour : str
    style : str
        As matplotlib writes markers and lines.
    x : sequence of float
        Abscissae of a curve.
    ring : int, optional
        Position of a point of a curve that is ringed, such as the chosen one.
    """

    label: str
    values: Any
    colour: str = BLACK
    style: str = ""
    x: Sequence[float] = ()
    ring: int | None = None


def dots(
    panels: Mapping[str, Sequence[Series]],
    order: Mapping[str, Sequence[int]] | Sequence[int],
    ylabel: str,
    lines: Sequence[str],
    caption: str,
    *,
    xlabel: str = "AU",
    zero: float | None = None,
    columns: int = 2,
) -> Picture:
    """Values by AU, dots with intervals where they have one.

    Parameters
    ----------
    panels : mapping of str to sequence of Series
    order : sequence of int, or one a panel
        AUs from left to right.
    zero : float, optional
        A line at this value.
    """
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    size = (4.8 * columns if columns > 1 else 8, 2.9 * rows + 0.6)
    figure, grid = plt.subplots(rows, columns, figsize=size, sharey=True, squeeze=False, layout=LAYOUT)
    words = []
    for axes, (title, series) in zip(grid.flat, panels.items(), strict=False):
        aus = list(order[title] if isinstance(order, Mapping) else order)
        if zero is not None:
            axes.axhline(zero, color="#999999", lw=0.8)
        for number, one in enumerate(series):
            shift = 0.24 * (number - (len(series) - 1) / 2) if len(series) > 1 else 0.0
            found = [(place, one.values[au]) for place, au in enumerate(aus) if au in one.values]
            x = np.array([place + shift for place, _ in found])
            y = np.array([v.value if isinstance(v, Interval) else v for _, v in found], float)
            reach = [[v.value - v.low, v.high - v.value] if isinstance(v, Interval) else [np.nan] * 2 for _, v in found]
            if len(x):
                face = "none" if one.style == "D" else one.colour
                axes.errorbar(x, y, np.maximum(np.nan_to_num(np.array(reach).T), 0), fmt=one.style or "o", ms=4.5,
                              lw=1.1, color=one.colour, mfc=face, label=one.label)  # fmt: skip
                words.append(f"{title + ', ' if title else ''}{one.label}: mean {np.nanmean(y):.1f}")
        axes.set_xticks(range(len(aus)), [str(au) for au in aus], fontsize=9)
        axes.set_title(title, fontsize=10, loc="left")
        calm(axes)
    for axes in list(grid.flat)[len(panels) :]:
        axes.axis("off")
    _legend(figure, grid)
    figure.supylabel(ylabel, fontsize=10)
    figure.supxlabel(xlabel, fontsize=10)
    return Picture(figure, f"{ylabel}, by AU. {'; '.join(words)}.", list(lines), caption)


def curves(
    panels: Mapping[str, Sequence[Series]],
    xlabel: str,
    ylabel: str,
    lines: Sequence[str],
    caption: str,
    alt: str,
    *,
    size: tuple[float, float] = (4.3, 3.2),
    columns: int = 4,
    decorate: Callable[[Any, str], None] | None = None,
    **axes_set: Any,
) -> Picture:
    """Lines along an axis; several panels share both axes, and the legend.

    Parameters
    ----------
    panels : mapping of str to sequence of Series
    size : (float, float)
        Inches of one panel.
    decorate : callable, optional
        Axes, title of the panel -> None: what else is drawn.
    **axes_set
        For ``Axes.set``, ``ylim=(0, 100)``.
    """
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    whole = (size[0] * columns + 0.3, size[1] * rows + 0.4)
    figure, grid = plt.subplots(rows, columns, figsize=whole, sharex=True, sharey=True, squeeze=False, layout=LAYOUT)
    for axes, (title, series) in zip(grid.flat, panels.items(), strict=False):
        for one in series:
            x = one.x if len(one.x) else range(len(one.values))
            axes.plot(x, one.values, one.style or "-", color=one.colour, label=one.label, lw=1.4, ms=4)
            if one.ring is not None:
                axes.plot(x[one.ring], one.values[one.ring], "o", ms=11, mfc="none", mec="#444444")
        axes.set_title(title, fontsize=9 if len(panels) > 2 else 10, pad=3)
        axes.set(**axes_set)
        calm(axes)
        if decorate:
            decorate(axes, title)
    for axes in list(grid.flat)[len(panels) :]:
        axes.axis("off")
    _legend(figure, grid)
    figure.supxlabel(xlabel, fontsize=10)
    figure.supylabel(ylabel, fontsize=10)
    return Picture(figure, alt, list(lines), caption)


def _legend(figure, grid) -> None:
    """One legend above all panels, of what is drawn in the first that has any."""
    drawn = (axes.get_legend_handles_labels() for axes in grid.flat)
    handles, labels = next((found for found in drawn if found[0]), ([], []))
    if handles:
        ncols = min(len(labels), 4 if sum(map(len, labels)) < 64 else 2)
        figure.legend(handles, labels, frameon=False, ncols=ncols, fontsize=9, loc="outside upper center")


def matrix(
    tables: Mapping[str, np.ndarray],
    rows: Sequence[Any],
    columns: Sequence[Any],
    label: str,
    lines: Sequence[str],
    caption: str,
    alt: str,
    *,
    limits: tuple[float, float] = (-1, 1),
    colours: str = "RdBu_r",
    written: bool = False,
    ring: bool = False,
    across: int = 4,
) -> Picture:
    """Tables of numbers as colours under one scale, `across` side by side.

    `written` puts the numbers into the cells, `ring` a ring around the largest of each row.
    """
    import seaborn as sns

    across = min(across, len(tables))
    down = -(-len(tables) // across)
    size = (3.8 * across + 0.6, 4 * down)
    figure, grid = plt.subplots(down, across + 1, figsize=size, width_ratios=(*[1] * across, 0.05), squeeze=False)
    places = list(grid[:, :-1].flat)
    for axis, (title, table) in zip(places, tables.items(), strict=False):
        sns.heatmap(np.nan_to_num(table), ax=axis, vmin=limits[0], vmax=limits[1], cmap=colours, square=True,
                    cbar_ax=grid[0, -1], xticklabels=columns, yticklabels=rows, cbar_kws={"label": label},
                    annot=written, fmt=".2f", annot_kws={"fontsize": 6})  # fmt: skip
        for row in np.flatnonzero(~np.isnan(table).all(axis=1)) if ring else ():
            axis.plot(np.nanargmax(table[row]) + 0.5, row + 0.5, "o", ms=8, mfc="none", mec=BLACK, mew=1.2)
        axis.set_title(title, fontsize=10)
        axis.tick_params(labelsize=8)
    for axis in [*places[len(tables) :], *grid[1:, -1]]:
        axis.axis("off")
    return Picture(figure, alt, list(lines), caption)


def images(
    rows: Mapping[str, Sequence[np.ndarray | None]],
    heads: Sequence[str],
    lines: Sequence[str],
    caption: str,
    alt: str,
    *,
    inch: float = 1.3,
    colours: str = "inferno",
    photo: bool = True,
    above: Mapping[str, Sequence[str]] | None = None,
) -> Picture:
    """A grid of pictures: a row of each kind, a column a head; maps of one number a pixel are coloured.

    `above` has words for each picture of a row; they may reach over the pictures to the right.  A few pixels hold the
    largest numbers of a map: without a cut the rest of it would be black.
    """
    figure, axes = plt.subplots(
        len(rows), len(heads), squeeze=False, gridspec_kw={"wspace": 0.04, "hspace": 0.5 if above else 0.04},
        figsize=(inch * len(heads) + 0.4, (inch + (0.55 if above else 0)) * len(rows) + 0.4),
    )  # fmt: skip
    for line, (title, pictures) in zip(axes, rows.items(), strict=True):
        line[0].set_ylabel(title, fontsize=10)
        for axis, picture in zip(line, pictures, strict=True):
            axis.set_xticks([])
            axis.set_yticks([])
            if picture is None:
                axis.set_facecolor("#eeeeee")
            elif picture.ndim == 2:
                axis.imshow(picture, cmap=colours, vmax=np.quantile(picture, 0.995))
            else:
                axis.imshow(picture)
    for axis, head in zip(axes[0], heads, strict=True):
        axis.set_title(head, fontsize=10)
    for line, title in zip(axes, rows if above else (), strict=False):
        for axis, words in zip(line, above[title], strict=True):  # type: ignore[index]
            axis.set_title(words, fontsize=8, loc="left")
    return Picture(figure, alt, list(lines), caption, photo=photo)
