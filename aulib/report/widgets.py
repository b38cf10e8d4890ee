"""Interactive figures that need no kernel: prepared pictures behind a slider, joined in the browser."""

from __future__ import annotations

from collections.abc import Sequence

from aulib.report.picture import Picture


def slider(pictures: Sequence[Picture], labels: Sequence[str], name: str, start: int = 0):
    """A slider that switches prepared pictures; works in static HTML, by mouse and keyboard.

    Parameters
    ----------
    pictures : sequence of Picture
    labels : sequence of str
        What the slider reads at each position.
    name : str
        What it changes.
    start : int

    Returns
    -------
    ipywidgets.VBox
    """
    import ipywidgets as widgets

    # A Stack shows one child; jslink moves its index with the slider's without Python.
    stack = widgets.Stack(
        [widgets.Image(value=picture.png(80), format="png", layout={"max_width": "100%"}) for picture in pictures],
        selected_index=start,
    )
    index = widgets.IntSlider(
        value=start, min=0, max=len(pictures) - 1, description=name, readout=False, layout={"width": "min(100%, 420px)"}
    )
    words = widgets.Stack([widgets.Label(label) for label in labels], selected_index=start)
    widgets.jslink((index, "value"), (stack, "selected_index"))
    widgets.jslink((index, "value"), (words, "selected_index"))
    return widgets.VBox([widgets.HBox([index, words], layout={"flex_flow": "row wrap"}), stack])
