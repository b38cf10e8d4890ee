"""The picture that each AU's output wants to see (Hybrid Sec. 6, Fig. 9), and how far it resembles the AU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from aulib.datasets.alignment import centre_crops
from aulib.training.inputs import Inputs

from .trained import Trained

if TYPE_CHECKING:
    from aulib.explain.activation_maximization import Ascent

#: Seeds of the noise that pictures start from; the first is the one that is shown.
STARTS = (0, 1, 2)

#: Steps on a CPU; on a GPU as many as in the paper.  The decay forgets a step after some 70 others, so that after 192
#: a picture is all but where it stays.
STEPS_ON_CPU, STEPS_ON_GPU = 192, 10_000

#: A training of fewer image-steps than this is the profile ``smoke``'s, whose pictures mean nothing.
SHORT, STEPS_OF_SHORT = 10_000, 8

#: Largest side of a stored picture, of a stored picture on the way, and of what is compared with the truth.
SHOWN_SIDE, GROWTH_SIDE, COMPARED_SIDE = 72, 32, 44

#: Largest shift of the picture before each step, as a share of its side: 4 of 88 pixels.
SHIFT = 0.045


def ascent(side: int, steps: int) -> Ascent:
    """How pictures of so many pixels are grown.

    The operations are the paper's.  The values were chosen by looking at the pictures of an ANet of half size, 88
    pixels: with steps of .01 nothing could be seen on the mean face, and a blur of two pixels left blobs.

    Parameters
    ----------
    side : int
        Of the network's input.
    steps : int

    Returns
    -------
    Ascent
        The blur grows with the side.
    """
    from aulib.explain.activation_maximization import Ascent

    return Ascent(steps=steps, step_size=0.05, decay=0.015, blur_sigma=side / 88)


def activation(run: Trained) -> dict[str, np.ndarray]:
    """Pictures that excite each AU's output most, beside the true picture of the AU.

    The true picture is the mean of several rendered people with the AU at its maximum, less the mean of the same
    people without it, cropped as the network's faces are.  It exists for the embedded face only: for a network that
    was trained on a licensed corpus it is still that of the embedded face.

    Returns
    -------
    dict
        With A AUs, S stored steps, and C = 44 pixels (less if the network sees less):

        ``aus`` int16 (A,); ``steps`` int32 (S,), the start among them.

        ``pictures`` uint8 (A, P, P, 3): the last pictures of the first start, at most 72 pixels, on the mean face.
        ``growth`` uint8 (S, A, 32, 32, 3): the way there.  ``activation`` float32 (S, A): the AU's logit.

        ``difference`` float16 (A, C, C): picture less the mean of the pictures, in grey levels, mean of the three
        colours; ``truth`` float16 (A, C, C), the true difference, and ``mask`` bool (A, C, C), where it is.

        ``table`` float32 (A, A): correlation over pixels of ``difference`` of AU a (row) with ``truth`` of AU b;
        ``outside_table`` the same over the pixels outside the mask of the row's AU only, ``colour_table`` before
        colours are averaged, ``change_table`` of magnitudes over the colours.
        ``lift`` float32 (A,): the picture's magnitude inside the AU's mask over its mean.  ``face`` float32 (A,):
        correlation of the picture itself, without the mean face under it, with the mean face.

        All of these with the prefix ``untrained_``, of the untrained twin: ``difference``, the tables, ``lift``,
        ``face`` and ``activation``.  ``starts_table`` and ``starts_outside_table`` float32 (starts, A, A): of every
        start.
    """
    inputs, aus = run.inputs, run.aus
    steps = STEPS_ON_GPU if run.fabric.device.type == "cuda" else STEPS_ON_CPU
    if run.image_steps < SHORT:
        steps = STEPS_OF_SHORT
    how = ascent(inputs.side, steps)
    compared, shown = min(COMPARED_SIDE, inputs.side), min(SHOWN_SIDE, inputs.side)
    true, masks = truth(aus, inputs, compared)
    face = _resized(_mean_face(inputs)[None], compared).mean(-1)  # (1, C, C)
    out: dict[str, Any] = {"aus": np.array(aus, np.int16), "truth": true.mean(-1).astype(np.float16), "mask": masks}
    starts: dict[str, list[np.ndarray]] = {"table": [], "outside_table": []}
    for prefix, model, seeds in (("", run.model, STARTS), ("untrained_", run.untrained, STARTS[:1])):
        for seed in seeds:
            path = _grown(model, len(aus), inputs, how, seed)
            found = compare(_resized(path["images"][-1], compared), true, masks, face)
            if not prefix:
                for name in starts:
                    starts[name].append(found[name])
            if seed == STARTS[0]:
                out |= {f"{prefix}{name}": values for name, values in found.items()}
                out[f"{prefix}activation"] = path["activation"]
                if not prefix:
                    out["steps"] = path["steps"]
                    out["pictures"] = _pixels(path["images"][-1], inputs, shown)
                    out["growth"] = np.stack([_pixels(x, inputs, min(GROWTH_SIDE, shown)) for x in path["images"]])
    return out | {f"starts_{name}": np.stack(tables) for name, tables in starts.items()}


def compare(images: np.ndarray, true: np.ndarray, masks: np.ndarray, face: np.ndarray) -> dict[str, np.ndarray]:
    """How far pictures resemble the true differences.

    Parameters
    ----------
    images, true : ndarray, shape (A, C, C, 3)
        Pictures and true differences in grey levels.
    masks : ndarray of bool, shape (A, C, C)
    face : ndarray, shape (1, C, C)
        The mean face.

    Returns
    -------
    dict
        ``difference``, the four tables, ``lift`` and ``face`` of :func:`activation`.
    """
    from aulib.explain.picture_scores import correlations
    from aulib.explain.saliency import lift

    difference = images - images.mean(axis=0)
    change, true_change = (np.sqrt((x**2).sum(-1)) for x in (difference, true))
    grey, true_grey = difference.mean(-1), true.mean(-1)
    outside = [correlations(g[None, ~m], true_grey[:, ~m])[0] for g, m in zip(grey, masks, strict=True)]
    return {
        "difference": grey.astype(np.float16),
        "table": correlations(grey, true_grey).astype(np.float32),
        "outside_table": np.array(outside, np.float32),
        "colour_table": correlations(difference, true).astype(np.float32),
        "change_table": correlations(change, true_change).astype(np.float32),
        "lift": np.array([lift(c, m) for c, m in zip(change, masks, strict=True)], np.float32),
        "face": correlations(images.mean(-1), face)[:, 0].astype(np.float32),
    }


def truth(aus: tuple[int, ...], inputs: Inputs, side: int) -> tuple[np.ndarray, np.ndarray]:
    """The true mean difference image of each AU, as a network with these inputs would see it.

    Parameters
    ----------
    aus : tuple of int
    inputs : Inputs
        Gives the side of the faces, the crop and the side of the network's input.
    side : int
        Of what is returned.

    Returns
    -------
    difference : ndarray of float32, shape (A, side, side, 3)
        Mean of the gallery's people with the AU at its maximum less the mean of them without, in grey levels.  Zero
        throughout for an AU that the embedded face cannot show.
    mask : ndarray of bool, shape (A, side, side)
        Pixels whose brightness differs by at least a tenth of the AU's largest difference.
    """
    from aulib.aus import FACE_AUS
    from synthface.gallery import PERSONS, showing

    whole = inputs.faces.shape[1]

    def mean(faces: np.ndarray) -> np.ndarray:
        crops = centre_crops(faces, np.arange(len(faces)), inputs.crop)
        return _colours(inputs.normalised(crops).numpy()).mean(axis=0) * inputs.scale

    def people(strengths: dict[int, float]) -> np.ndarray:
        return np.stack([showing(number, strengths, whole) for number in range(PERSONS)])

    neutral = mean(people({}))
    difference = np.zeros((len(aus), inputs.side, inputs.side, 3), np.float32)
    for row, au in enumerate(aus):
        if au in FACE_AUS:
            difference[row] = mean(people({au: 5.0})) - neutral
    small = _resized(difference, side)
    size = np.abs(small.mean(-1))
    largest = size.max(axis=(1, 2), keepdims=True)
    return small, (size >= 0.1 * largest) & (largest > 0)


def _grown(model: Any, aus: int, inputs: Inputs, how: Ascent, seed: int) -> dict[str, Any]:
    """Pictures of all AUs on the way: ``images`` list of (A, H, W, 3) in grey levels, ``steps``, ``activation``."""
    from aulib.explain.activation_maximization import growing

    shape = (3, inputs.side, inputs.side)
    path = list(growing(_shaken(model, seed), range(aus), shape, how, seed, snapshots=_log_spaced(how.steps)))
    return {
        "images": [_colours(snapshot.images.float().numpy()) * inputs.scale for snapshot in path],
        "steps": np.array([snapshot.step for snapshot in path], np.int32),
        "activation": np.stack([snapshot.activation.float().numpy() for snapshot in path]),
    }


def _shaken(model: Any, seed: int) -> Any:
    """The network before a picture that is shifted a little, and half the time mirrored, at every step.

    It was trained on faces that were shifted and mirrored.  Without this, pictures of a network whose first layer
    steps by four pixels were mostly noise on that grid, with few regions of the face to be made out; not in the paper.
    Between steps, when a picture is only looked at, it stays where it is.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    rng = np.random.default_rng([seed, 1])

    class Shaken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, x):
            if torch.is_grad_enabled():
                reach = round(SHIFT * x.shape[-1])
                down, right = rng.integers(-reach, reach + 1, 2).tolist()
                x = functional.pad(x, (right, -right, down, -down))  # zero, the mean face, comes in from the edge
                x = x.flip(3) if rng.random() < 0.5 else x
            return self.model(x)

    return Shaken()


def _log_spaced(steps: int, number: int = 4) -> tuple[int, ...]:
    """So many numbers of steps before the last, each the same factor after the one before."""
    return tuple(sorted({round(steps ** (k / (number + 1))) for k in range(1, number + 1)}))


def _colours(images: np.ndarray) -> np.ndarray:
    """(…, 3, H, W) to (…, H, W, 3)."""
    return np.moveaxis(images, -3, -1)


def _mean_face(inputs: Inputs) -> np.ndarray:
    """Mean image of the training faces at the size of the network's input, (side, side, 3), grey levels."""
    return _resized(inputs.mean[None], inputs.side)[0]


def _resized(images: np.ndarray, side: int) -> np.ndarray:
    """(B, H, W, 3) to (B, side, side, 3), averaged over areas where it shrinks."""
    import cv2

    if images.shape[1] == side:
        return images
    kind = cv2.INTER_AREA if images.shape[1] > side else cv2.INTER_LINEAR
    return np.stack([cv2.resize(np.ascontiguousarray(image), (side, side), interpolation=kind) for image in images])


def _pixels(images: np.ndarray, inputs: Inputs, side: int) -> np.ndarray:
    """Pictures in grey levels on the mean face, uint8 (A, side, side, 3)."""
    from aulib.explain.activation_maximization import to_pixels

    small = np.moveaxis(_resized(images, side), -1, -3)
    return to_pixels(small, _resized(_mean_face(inputs)[None], side)[0], 1.0)
