"""Figs. 1 and 2 (a) to (c) of the Hybrid paper and its counts of parameters, read off the model objects."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import Table
from aubook.pages import diagrams
from aulib.runs.methods import METHODS

#: One colour a part, in all diagrams.
COLOURS = {"spatial": "#9ec9e8", "reduced": "#dddddd", "temporal": "#f2c48d", "fusion": "#a8d8b9"}
_EDGE, _LINE = "#333333", {"arrowstyle": "-|>", "color": "#333333", "lw": 1.1, "shrinkA": 0, "shrinkB": 0}
#: What a drawn person does in the three frames of Fig. 1.
_SMILE: tuple[dict[int, float], ...] = ({}, {6: 1.5, 12: 2.0}, {6: 3.5, 12: 4.5, 25: 2.0})
_COUNTED = '<div class="provenance">Counted on the model objects; nothing trained.</div>'


@cache
def parts(scale: float = 1.0, aus: int = 12) -> dict[str, Any]:
    """The three networks without weights, on PyTorch's ``meta`` device: ``spatial``, ``temporal``, ``fusion``.

    At half size the temporal network is that of the small profiles.
    """
    import torch

    options = {**METHODS["lstm"].options, **(METHODS["lstm"].small_options if scale < 1 else {})}
    with torch.device("meta"):
        return {
            "spatial": METHODS["anet"].load()(aus, scale=scale, init="torch"),
            "temporal": METHODS["lstm"].load()(aus, options["components"], options["cells"], options["layers"]),
            "fusion": METHODS["hybrid"].load()(aus, METHODS["hybrid"].options["hidden"]),
        }


def count(module: Any) -> int:
    """Trained parameters."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def layers(scale: float = 1.0, aus: int = 12) -> pd.DataFrame:
    """Every layer with its output (without batch and time) and its trained parameters, from the face to the AUs.

    Returns
    -------
    pandas.DataFrame
        Index: network and layer; columns ``output`` (tuple of int), ``parameters``.
    """
    of = parts(scale, aus)
    side, cells = of["spatial"].input_side, of["temporal"].lstm.hidden_size
    rows: dict[tuple[str, str], tuple[tuple[int, ...], int]] = {("ANet", "face"): ((3, side, side), 0)}
    number = 0
    for name, (layer, shape, n) in diagrams.layers("anet", scale, aus).T.items():
        number += layer == "Conv2d"
        if layer in ("Conv2d", "MaxPool2d", "Linear"):
            title = {"Conv2d": f"conv{number}", "MaxPool2d": f"pool{number}"}.get(layer, str(name))
            rows["ANet", title] = (shape, n)
    rows["PCA", "components"] = ((of["temporal"].lstm.input_size,), 0)
    lstm = of["temporal"].lstm
    for k in range(lstm.num_layers):
        own = sum(p.numel() for name, p in lstm.named_parameters() if p.requires_grad and name.endswith(f"_l{k}"))
        rows["LSTM", f"layer {k + 1}"] = ((cells,), own)
    rows["LSTM", "output"] = ((aus,), count(of["temporal"].output))
    rows["Fusion", "scores, L2-normalised"] = ((2 * aus,), 0)
    for name in ("fc1", "fc2"):
        layer = getattr(of["fusion"], name)
        rows["Fusion", name] = ((layer.out_features,), count(layer))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["output", "parameters"])
    frame.index = pd.MultiIndex.from_tuples(rows)
    assert frame["parameters"].sum() == sum(map(count, of.values())), "a layer was missed"
    return frame


def layer_table(scales: Sequence[float] = (1.0, 0.5)) -> Table:
    """:func:`layers` for the page, at the paper's size and at half of it."""
    columns = {}
    for scale in scales:
        frame = layers(scale)
        head = "the paper's size" if scale == 1 else "half size"
        columns[head, "output"] = frame["output"].map(lambda shape: " × ".join(map(str, shape)))
        columns[head, "parameters"] = frame["parameters"].map(lambda n: f"{n:,}" if n else "")
        for part, one in frame.groupby(level=0)["parameters"]:
            if one.sum():
                columns[head, "parameters"].loc[(part, "all")] = f"{one.sum():,}"
                columns[head, "output"].loc[(part, "all")] = ""
    shown = pd.DataFrame(columns)
    order = [key for part in dict.fromkeys(shown.index.get_level_values(0)) for key in shown.loc[[part]].index]
    shown = shown.loc[order]
    return Table(
        shown.set_axis([f"{part}: {layer}" for part, layer in order]),
        "The three networks, layer by layer, with 12 AUs",
        [_COUNTED],
    )


def lstm_parameters(features: int, cells: int = 256, depth: int = 3, aus: int = 12) -> int:
    """Trained parameters of a temporal network of that size, counted on the object."""
    import torch

    with torch.device("meta"):
        return count(METHODS["lstm"].load()(aus, features, cells, depth))


def parameters() -> Table:
    """What the paper says about the size of its temporal network beside what its description has."""

    def cells_for(features: int, target: int) -> int:
        """Cells a layer with which three layers come closest to so many parameters."""
        return min(range(8, 128), key=lambda cells: abs(lstm_parameters(features, cells) - target))

    few, some = cells_for(1024, 200_000), cells_for(4096, 1_300_000)
    rows = [
        ("three layers of 256 cells on fc7, 4096-D", "over 1.3 million", lstm_parameters(4096)),
        ("the same on 1024 principal components", "about 0.2 million, with dropout", lstm_parameters(1024)),
        ("of these, the first layer", "", int(layers().loc[("LSTM", "layer 1"), "parameters"])),
        (f"three layers of {some} cells on 4096-D", "what 1.3 million would be", lstm_parameters(4096, some)),
        (f"three layers of {few} cells on 1024-D", "what 0.2 million would be", lstm_parameters(1024, few)),
    ]
    frame = pd.DataFrame([(a, b, f"{c:,}") for a, b, c in rows], columns=["temporal network", "the paper", "counted"])
    return Table(
        frame.set_index("temporal network"),
        "Parameters of the temporal network",
        [
            _COUNTED,
            '<div class="provenance">Dropout switches cells off for one step and removes no parameter. One bias a gate '
            "is counted; PyTorch keeps two, of which the second is zero here and not trained.</div>",
        ],
    )


def unfolded(scale: float = 1.0) -> Picture:
    """Fig. 1: three frames of a video through ANet, the stacked LSTMs and the fusion."""
    from synthface.gallery import showing

    of = parts(scale)
    lstm, aus = of["temporal"].lstm, of["temporal"].output.out_features
    figure, axes = plt.subplots(figsize=(9.6, 8.2))
    heights = [3.25 + 0.72 * k for k in range(lstm.num_layers)]
    top = heights[-1] + 0.95
    for column, (name, smile) in enumerate(zip(("t − 1", "t", "t + 1"), _SMILE, strict=True)):
        x = 3.4 * column
        axes.imshow(showing(1, smile, 176), extent=(x + 0.35, x + 1.65, -1.5, -0.2), zorder=2)
        axes.text(x + 1.0, -1.72, f"frame {name}", ha="center", va="top")
        _arrow(axes, (x + 1.0, -0.2), (x + 1.0, 0.1))
        _box(axes, x, 0.1, 2.0, 0.75, "spatial", "ANet")
        _box(axes, x + 0.55, 1.25, 1.45, 0.5, "spatial", f"fc7, {of['spatial'].feature_dim}")
        _arrow(axes, (x + 1.27, 0.85), (x + 1.27, 1.25))
        _box(axes, x + 0.55, 2.2, 1.45, 0.5, "reduced", f"PCA, {lstm.input_size}")
        _arrow(axes, (x + 1.27, 1.75), (x + 1.27, 2.2))
        below = 2.7
        for height in heights:
            _arrow(axes, (x + 1.27, below), (x + 1.27, height))
            _box(axes, x + 0.55, height, 1.45, 0.42, "temporal", f"LSTM, {lstm.hidden_size}")
            _arrow(axes, (x + 2.0, height + 0.21), (x + (3.95 if column < 2 else 2.6), height + 0.21))
            if column == 0:
                _arrow(axes, (x - 0.25, height + 0.21), (x + 0.55, height + 0.21))
            below = height + 0.42
        _arrow(axes, (x + 1.27, below), (x + 1.27, top))
        _arrow(axes, (x + 0.2, 0.85), (x + 0.2, top))
        _box(axes, x, top, 2.0, 0.5, "fusion", f"L2, {of['fusion'].fc1.in_features}")
        _box(axes, x, top + 0.85, 2.0, 0.45, "fusion", f"fc, {of['fusion'].fc1.out_features}")
        _arrow(axes, (x + 1.0, top + 0.5), (x + 1.0, top + 0.85))
        _arrow(axes, (x + 1.0, top + 1.3), (x + 1.0, top + 1.65))
        for au in range(aus):
            dot = Circle((x + 0.08 + 1.84 * au / (aus - 1), top + 1.78), 0.068, facecolor="white", edgecolor=_EDGE)
            axes.add_patch(dot)
        axes.text(x + 1.0, top + 1.98, f"{aus} AUs of frame {name}", ha="center", va="bottom")
    axes.set(xlim=(-0.4, 9.5), ylim=(-2.2, top + 2.4), aspect="equal")
    axes.axis("off")
    return Picture(
        figure,
        f"Three frames of a smile, each through ANet. From every ANet one arrow goes straight up to the fusion with "
        f"{aus} scores; another through fc7 and PCA into {lstm.num_layers} LSTM layers of {lstm.hidden_size} cells, "
        f"which are joined from frame to frame by horizontal arrows, and then into the fusion. It gives {aus} AUs for "
        "every frame.",
        [provenance.generated("Drawn from the model objects; the faces are rendered, nothing trained")],
        "Fig. 1. Every frame passes ANet (blue). Its scores go straight to the fusion (green); its features go through "
        "the LSTMs (orange), which hand what they remember to the next frame.",
        photo=True,
    )


def folded(scale: float = 1.0) -> Picture:
    """Fig. 2 (a): the same with time folded up into a loop."""
    of = parts(scale)
    lstm, aus = of["temporal"].lstm, of["temporal"].output.out_features
    figure, axes = plt.subplots(figsize=(9.6, 2.9))
    side = of["spatial"].input_side
    _box(axes, 0, 0.6, 1.25, 0.8, "reduced", f"face\n{side} × {side}")
    _box(axes, 1.75, 0.6, 1.5, 0.8, "spatial", f"ANet\nfc7, {of['spatial'].feature_dim}")
    _box(axes, 3.85, 1.5, 1.3, 0.8, "reduced", f"PCA\n{lstm.input_size}")
    _box(axes, 5.65, 1.5, 1.6, 0.8, "temporal", f"{lstm.num_layers} LSTMs\n{lstm.hidden_size} cells")
    _box(axes, 8.0, 0.6, 1.7, 0.8, "fusion", f"fusion\n{of['fusion'].fc1.out_features} units")
    _box(axes, 10.2, 0.6, 1.2, 0.8, "fusion", f"{aus} AUs")
    for start, stop in (((1.25, 1.0), (1.75, 1.0)), ((3.25, 1.2), (3.85, 1.9)), ((5.15, 1.9), (5.65, 1.9)),
                        ((7.25, 1.9), (8.0, 1.2)), ((3.25, 0.8), (8.0, 0.8)), ((9.7, 1.0), (10.2, 1.0))):  # fmt: skip
        _arrow(axes, start, stop)
    loop = {**_LINE, "connectionstyle": "arc3,rad=1.1"}
    axes.annotate("", (6.05, 2.3), (6.85, 2.3), arrowprops=loop)
    axes.text(6.45, 2.82, "state of the frame before", ha="center", va="bottom")
    axes.text(5.6, 0.72, f"{aus} scores of the frame alone", ha="center", va="top")
    axes.text(7.75, 1.85, f"{aus} scores\nin context", ha="left", va="bottom")
    axes.set(xlim=(-0.1, 11.5), ylim=(0.1, 3.3))
    axes.axis("off")
    return Picture(
        figure,
        f"A face goes into ANet. Its {aus} scores go to the fusion on a straight line; its fc7 goes through PCA into "
        f"{lstm.num_layers} LSTMs with a loop for the state of the frame before; their {aus} scores join in there.",
        [provenance.generated("Drawn from the model objects; nothing trained")],
        "Fig. 2 (a). The same folded: learning a spatial representation (blue), temporal modelling (orange), fusion "
        "(green). Each part is trained by itself, one after the other.",
    )


def spatial(scale: float = 1.0) -> Picture:
    """Fig. 2 (b): the eight layers of ANet as blocks, as high as their map and as wide as they have channels."""
    frame = layers(scale).loc["ANet"]
    side = frame["output"].iloc[0][1]
    figure, axes = plt.subplots(figsize=(9.6, 4.0))
    x = 0.0
    for name, shape, _ in frame.itertuples():
        flat = len(shape) == 1
        # the square root, or all maps behind conv1 would be slivers beside the face
        high = 0.9 if flat else 2.2 * (shape[1] / side) ** 0.5
        wide = 0.16 if flat else 0.1 + shape[0] / 420
        colour = COLOURS["fusion"] if flat else "#eeeeee" if name.startswith(("pool", "face")) else COLOURS["spatial"]
        axes.add_patch(Rectangle((x, -high / 2), wide, high, facecolor=colour, edgecolor=_EDGE, lw=0.8))
        size = f"{shape[0]}" if flat else f"{shape[0]} @ {shape[1]}²"
        axes.text(x + wide / 2, 1.22, f"{name}\n{size}", ha="left", va="bottom", rotation=55, rotation_mode="anchor")
        x += wide + (0.55 if flat or name == "face" else 0.4)
    axes.set(xlim=(-0.15, x + 0.3), ylim=(-1.2, 2.6))
    axes.axis("off")
    total = count(parts(scale)["spatial"])
    return Picture(
        figure,
        f"ANet as a row of blocks from a face of {side} pixels over five convolutions down to 12 outputs; {total:,} "
        "parameters.",
        [provenance.generated("Drawn from the model object; nothing trained")],
        f"Fig. 2 (b). ANet: blue convolutions, green fully connected layers, grey face and pooling. Height grows with "
        f"the root of the map's side, width with its channels. {total:,} parameters; sizes of the layers are not "
        "printed in the paper, these are CaffeNet's on 176 pixels.",
    )


def cell(scale: float = 1.0) -> Picture:
    """Fig. 2 (c): one LSTM block with its three gates and its memory."""
    lstm = parts(scale)["temporal"].lstm
    matrix = tuple(lstm.weight_ih_l0.shape), tuple(lstm.weight_hh_l0.shape)
    figure, axes = plt.subplots(figsize=(8.4, 4.6))
    axes.add_patch(FancyBboxPatch((1.1, 0.15), 6.3, 3.7, boxstyle="round,pad=0.05", fc="#f7f7f7", ec="#999999"))
    line = 3.3  # of the memory, from the last frame to the next
    _arrow(axes, (0.2, line), (8.3, line))
    axes.text(0.15, line + 0.15, "$c_{t-1}$", ha="left", va="bottom")
    axes.text(8.3, line + 0.15, "$c_t$", ha="right", va="bottom")
    axes.plot([0.2, 5.9], [0.6, 0.6], color=_EDGE, lw=1.1)
    axes.text(0.15, 0.72, "$x_t,\\ h_{t-1}$", ha="left", va="bottom")
    gates = (
        (1.55, "σ", "forget $f_t$", "temporal"),
        (2.95, "σ", "write $i_t$", "temporal"),
        (4.35, "tanh", "content $g_t$", "reduced"),
        (5.5, "σ", "show $o_t$", "temporal"),
    )
    for x, function, name, colour in gates:
        _box(axes, x, 1.0, 0.8, 0.45, colour, function)
        _arrow(axes, (x + 0.4, 0.6), (x + 0.4, 1.0))
        axes.text(x + 0.4, 0.5, name, ha="center", va="top")
    _arrow(axes, (1.95, 1.45), (1.95, line - 0.17))
    _arrow(axes, (3.35, 1.45), (3.35, 2.2 - 0.17))
    axes.plot([4.75, 4.75], [1.45, 2.2], color=_EDGE, lw=1.1)
    _arrow(axes, (4.75, 2.2), (3.52, 2.2))
    _arrow(axes, (3.35, 2.37), (3.35, line - 0.17))
    _arrow(axes, (6.75, line), (6.75, 2.75))
    _box(axes, 6.35, 2.3, 0.8, 0.45, "reduced", "tanh")
    _arrow(axes, (6.75, 2.3), (6.75, 1.4))
    _arrow(axes, (6.3, 1.23), (6.58, 1.23))
    _arrow(axes, (6.92, 1.23), (8.3, 1.23))
    axes.text(8.3, 1.35, "$h_t$", ha="right", va="bottom")
    for (x, y), sign in (((1.95, line), "×"), ((3.35, 2.2), "×"), ((3.35, line), "+"), ((6.75, 1.23), "×")):
        axes.add_patch(Circle((x, y), 0.17, facecolor="white", edgecolor=_EDGE, zorder=3))
        axes.text(x, y, sign, ha="center", va="center", zorder=4)
    axes.set(xlim=(0.0, 8.5), ylim=(-0.1, 4.0), aspect="equal")
    axes.axis("off")
    size = count(lstm) if lstm.num_layers == 1 else int(layers(scale).loc[("LSTM", "layer 1"), "parameters"])
    return Picture(
        figure,
        "One LSTM block. The memory runs along the top from the last frame to the next: multiplied by the forget gate, "
        "then the new content times the write gate is added. The output is the tanh of the memory times the show gate.",
        [provenance.generated("Sizes from the model object; nothing trained")],
        f"Fig. 2 (c). An LSTM block. In the first layer the four sums come from two matrices, {matrix[0][0]} × "
        f"{matrix[0][1]} for x and {matrix[1][0]} × {matrix[1][1]} for h, and one bias each: {size:,} parameters.",
    )


def _box(axes: Axes, x: float, y: float, wide: float, high: float, colour: str, words: str) -> None:
    box = FancyBboxPatch((x, y), wide, high, boxstyle="round,pad=0,rounding_size=0.08", fc=COLOURS[colour], ec=_EDGE)
    axes.add_patch(box)
    axes.text(x + wide / 2, y + high / 2, words, ha="center", va="center")


def _arrow(axes: Axes, start: tuple[float, float], stop: tuple[float, float]) -> None:
    axes.annotate("", stop, start, arrowprops=_LINE)
