"""Diagrams drawn from the model objects, so that a picture of a network cannot disagree with its code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import Table
from aulib.runs.methods import METHODS


def layers(method: str, scale: float = 1.0, aus: int = 12, **options: Any) -> pd.DataFrame:
    """Every layer of a network with its output shape and parameters, read off the model itself.

    The model is built on PyTorch's ``meta`` device: shapes without memory, so that the largest network costs nothing.

    Returns
    -------
    pandas.DataFrame
        Index: module name; columns ``layer``, ``output`` (shape without the batch), ``parameters``.
    """
    import torch

    with torch.device("meta"):
        model = METHODS[method].load()(aus, scale=scale, **{**METHODS[method].options, "init": "torch", **options})
    rows: dict[str, tuple[str, tuple[int, ...], int]] = {}

    def note(name):
        def hook(module, _, output):
            rows[name] = (type(module).__name__, tuple(output.shape[1:]), sum(p.numel() for p in module.parameters()))

        return hook

    region = [name for name, module in model.named_modules() if type(module).__name__ == "RegionLayer"]
    for name, module in model.named_modules():
        inside = any(name.startswith(f"{r}.") for r in region)  # the region layer is one row
        if name and not inside and (not list(module.children()) or name in region):
            module.register_forward_hook(note(name))
    model.eval()(torch.zeros(1, 3, model.input_side, model.input_side, device="meta"))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["layer", "output", "parameters"])
    assert frame["parameters"].sum() == sum(p.numel() for p in model.parameters()), "a layer was missed"
    return frame


def layer_table(method: str, scale: float = 1.0, **options: Any) -> Table:
    """:func:`layers` for the page, with the total."""
    frame = layers(method, scale, **options)
    total = int(frame["parameters"].sum())
    shown = pd.DataFrame(
        {
            "layer": frame["layer"],
            "output": [" × ".join(map(str, shape)) for shape in frame["output"]],
            "parameters": [f"{n:,}" if n else "" for n in frame["parameters"]],
        },
        index=frame.index,
    )
    shown.loc["total"] = ["", "", f"{total:,}"]
    size = "the paper's size" if scale == 1 else f"scale {scale:g}"
    return Table(
        shown,
        f"{METHODS[method].title}, layer by layer, at {size}",
        ['<div class="provenance">Counted on the model object; nothing trained.</div>'],
    )


def parameters() -> Table:
    """Learnable parameters of the networks with 12 outputs, counted beside printed."""
    printed = {
        "drml": "about 56 million",
        "alexnet": "60 million (1000 classes)",
        "convnet": "slightly fewer than AlexNet",
        "lcn": "not stated",
    }
    rows = [
        (
            METHODS[name].title,
            printed[name],
            f"{int(layers(name)['parameters'].sum()):,}",
            f"{int(layers(name, 0.5)['parameters'].sum()):,}",
        )
        for name in printed
    ]
    rows.insert(
        4,
        (
            "LCN, reading b",
            "not stated",
            f"{int(layers('lcn', reading='b')['parameters'].sum()):,}",
            f"{int(layers('lcn', 0.5, reading='b')['parameters'].sum()):,}",
        ),
    )
    frame = pd.DataFrame(rows, columns=["network", "printed", "counted, full size", "counted, half size"])
    return Table(
        frame.set_index("network"),
        "Learnable parameters with 12 outputs",
        ['<div class="provenance">Counted on the model objects; nothing trained.</div>'],
    )


def architecture(method: str = "drml", scale: float = 1.0) -> Picture:
    """DRML Fig. 2: the network as blocks whose height is the map's side and whose width grows with its channels."""
    frame = layers(method, scale)
    keep = frame[~frame["layer"].isin(["ReLU", "Dropout", "Identity"])]
    figure, axes = plt.subplots(figsize=(11, 4.6))
    x = 0.0
    for name, layer, shape, _ in keep.itertuples():
        spatial = len(shape) == 3
        height = shape[1] / 160 / scale if spatial else 0.12 + 0.5 * np.log2(shape[0]) / 12
        width = 0.25 + (shape[0] / 64 / scale if spatial else 0.0)
        colour = {"RegionLayer": "#D55E00", "Linear": "#0072B2", "Conv2d": "#56B4E9"}.get(layer, "#bbbbbb")
        axes.add_patch(Rectangle((x, -height / 2), width, height, facecolor=colour, edgecolor="#333333", lw=0.6))
        label = f"{shape[0]}@{shape[1]}×{shape[2]}" if spatial else f"{shape[0]}"
        axes.text(x + width / 2, 0.56, f"{name}\n{label}", ha="center", va="bottom", fontsize=10, rotation=60)
        x += width + 0.42
    axes.set(xlim=(-0.3, x + 0.3), ylim=(-0.6, 1.25))
    axes.axis("off")
    total = int(frame["parameters"].sum())
    return Picture(
        figure,
        f"{METHODS[method].title} as a row of {len(keep)} blocks from a {160 * scale:.0f}-pixel map down "
        f"to 12 outputs; {total:,} parameters.",
        ['<div class="provenance">Drawn from the model object; nothing trained.</div>'],
        f"Fig. 2. {METHODS[method].title}: orange the region layer, light blue convolutions, dark blue fully "
        f"connected layers. {total:,} parameters.",
    )


def region_layer(grid: int = 8) -> Picture:
    """DRML Fig. 3: a response map, its grid of patches, one patch through its own filters, and the sum."""
    import torch

    from synthface.gallery import showing

    torch.manual_seed(0)
    model = METHODS["drml"].load()(12, scale=0.5, grid=grid, init="torch").eval()
    face = showing(0, {1: 3, 6: 4, 12: 5}, 100)[7:92, 7:92]
    x = torch.from_numpy(face.astype(np.float32) / 58 - 2).permute(2, 0, 1)[None]
    layer = next(m for m in model.modules() if type(m).__name__ == "RegionLayer")
    seen: dict[str, torch.Tensor] = {}
    layer.register_forward_hook(lambda m, given, out: seen.update(before=given[0], after=out))
    with torch.no_grad():
        model(x)
    before, after = (seen[key][0, 3].numpy() for key in ("before", "after"))
    figure, axes = plt.subplots(1, 4, figsize=(12, 3.2))
    side = before.shape[0] // grid
    for axis, image, title in (
        (axes[0], face, "aligned face"),
        (axes[1], before, f"map of conv1, {grid} × {grid} patches"),
        (axes[2], after - before, "each patch through its own filters"),
        (axes[3], after, "sum: output of the layer"),
    ):
        axis.imshow(image, cmap="magma" if image.ndim == 2 else None)
        axis.set_title(title, fontsize=9)
        axis.axis("off")
    for axis in axes[1:3]:
        for k in range(1, grid):
            axis.axhline(k * side - 0.5, color="white", lw=0.4)
            axis.axvline(k * side - 0.5, color="white", lw=0.4)
    return Picture(
        figure,
        f"A face, one of its conv1 response maps cut into {grid} by {grid} patches, the same map after "
        f"each patch has passed its own convolution, and the sum of both.",
        [provenance.generated("Drawn with the freshly initialised half-size network; nothing trained")],
        "Fig. 3. The region layer: clip, convolve each patch with its own filters, add.",
    )
