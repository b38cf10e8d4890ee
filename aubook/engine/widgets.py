"""Interactive figures that need no kernel: prepared pictures behind a slider, joined in the browser."""

from __future__ import annotations

from collections.abc import Sequence

from aubook.engine.picture import Picture


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


def _face(number: int, au: int, level: int, side: int) -> str:
    """One face as HTML: a JPEG inside the page, with what it shows as its text and below it."""
    import base64
    import html

    import cv2

    from aulib.aus import AUS, LEVELS
    from synthface.gallery import showing

    image = showing(number, {au: float(level)} if level else {}, side)
    _, data = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])
    what = f"AU{au} {AUS[au].name}, intensity {LEVELS[level]} ({level})" if level else "neutral"
    text = html.escape(what, quote=True)
    source = base64.b64encode(data.tobytes()).decode()
    return (
        f'<figure style="margin:0;max-width:320px"><img style="width:100%" alt="Person {number + 1}: {text}" '
        f'src="data:image/jpeg;base64,{source}"><figcaption aria-live="polite">{text}</figcaption></figure>'
    )


def explorer(people: Sequence[int] = (0, 1, 2), side: int = 180):
    """Choose an action unit, an intensity and a person, and see the face; works in static HTML without a kernel.

    Every face is prepared.  Stacks inside stacks show one of them: the person's, in it the AU's, in it the level's;
    the browser joins their indices with the controls.

    Parameters
    ----------
    people : sequence of int
        Of the gallery.
    side : int
        Pixels of a face.

    Returns
    -------
    ipywidgets.VBox
    """
    import ipywidgets as widgets

    from aulib.aus import AUS, FACE_AUS

    wide = {"width": "min(100%, 360px)"}
    person = widgets.ToggleButtons(
        options=[f"person {k + 1}" for k in range(len(people))], style={"button_width": "84px"}, layout=wide
    )
    au = widgets.Dropdown(
        options=[f"AU{number} {AUS[number].name}" for number in FACE_AUS],
        index=FACE_AUS.index(12),
        description="AU",
        layout=wide,
    )
    level = widgets.IntSlider(value=3, min=0, max=5, description="intensity", layout=wide)
    by_person = []
    for number in people:
        neutral = widgets.HTML(_face(number, 0, 0, side))
        by_au = []
        for one in FACE_AUS:
            faces = [neutral, *(widgets.HTML(_face(number, one, k, side)) for k in range(1, 6))]
            by_au.append(widgets.Stack(faces, selected_index=level.value))
            widgets.jslink((level, "value"), (by_au[-1], "selected_index"))
        by_person.append(widgets.Stack(by_au, selected_index=au.index))
        widgets.jslink((au, "index"), (by_person[-1], "selected_index"))
    shown = widgets.Stack(by_person, selected_index=0)
    widgets.jslink((person, "index"), (shown, "selected_index"))
    return widgets.VBox([person, au, level, shown])
