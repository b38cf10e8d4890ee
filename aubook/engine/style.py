"""One look: a colour a method, strategy and corpus, the same in every figure; readable by colour-blind eyes."""

from __future__ import annotations

from matplotlib.axes import Axes

#: Okabe and Ito.
ORANGE, SKY, GREEN, BLUE, RED, PINK, BLACK = "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7", "#222222"
GREY, LIGHT, LINE = "#777777", "#bbbbbb", "#e5e5e5"
#: What is printed in a paper, on real data.
PRINTED = "#234a86"

COLOURS = {
    "always": LIGHT,
    "lsvm": "#999999",
    "alexnet": ORANGE,
    "convnet": SKY,
    "lcn": GREEN,
    "drml": RED,
    "small-cnn": BLUE,
    "svm-hog": GREY,
    "svm-fc7": SKY,
    "anet": ORANGE,
    "smoothed": GREEN,
    "lstm": BLUE,
    "hybrid": RED,
    "RS": RED,
    "MS": GREEN,
    "MOMU": BLUE,
    "synth-bp4d": BLUE,
    "synth-gft": ORANGE,
    "synth-bp4d-plus": GREEN,
    "synth-disfa": PINK,
}


def colour(name: str) -> str:
    """Colour of a method, strategy or corpus; that of the longest known beginning of its name."""
    known = [key for key in COLOURS if name == key or name.startswith(f"{key}-")]
    return COLOURS[max(known, key=len)] if known else BLACK


def calm(axes: Axes, along: str = "y") -> None:
    """A light grid behind what is drawn."""
    axes.grid(axis=along, color=LINE, lw=0.7)  # type: ignore[arg-type]
    axes.set_axisbelow(True)
