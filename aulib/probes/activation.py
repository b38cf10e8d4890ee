"""The picture that each AU's output wants to see (Hybrid Sec. 6, Fig. 9), and how far it resembles the AU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from aulib.alignment import centre_crops
from aulib.inputs import Inputs

from .trained import Trained

if TYPE_CHECKING:
    from aulib.explain.activation_maximization import Ascent

#: Seeds of the noise that pictures start from; the first is the one that is shown.
STARTS = (0, 1, 2)

#: Steps on a CPU; on a GPU as many as in the paper.  Pictures of 88 pixels were looked at after each power of two:
#: nothing changes any more after some 200 steps.
STEPS_ON_CPU, STEPS_ON_GPU = 256, 10_000

#: Largest side of a stored picture, of a stored picture on the way, and of what is compared with the truth.
SHOWN_SIDE, GROWTH_SIDE, COMPARED_SIDE = 88, 44, 44


def ascent(side: int, steps: int) -> Ascent:
    """How pictures of so many pixels are grown.

    The operations are the paper's; the values were chosen by looking at pictures of ANets of half size, 88 pixels.

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

    return Ascent(steps=steps, step_size=0.05, decay=0.01, blur_sigma=side / 88)


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

        ``pictures`` uint8 (A, P, P, 3): the last pictures of the first start, at most 88 pixels, on the mean face.
        ``growth`` uint8 (S, A, C, C, 3): the way there.  ``activation`` float32 (S, A): the AU's logit.

        ``difference`` float16 (A, C, C): picture less the mean of the pictures, in grey levels, mean of the three
        colours; ``truth`` float16 (A, C, C), the true difference, and ``mask`` bool (A, C, C), where it is.

        ``table`` float32 (A, A): correlation over pixels of the picture of AU a (row) with the true difference of AU b,
        both signed; ``change_table`` the same of magnitudes.  ``lift`` float32 (A,): the picture's magnitude inside the
        AU's true mask over its mean.  ``face`` float32 (A,): correlation of the picture itself, without the mean face
        under it, with the mean face.

        ``untrained_difference``, ``untrained_table``, ``untrained_change_table``, ``untrained_lift``,
        ``untrained_face`` and ``untrained_activation``: of the untrained twin.  ``starts_table`` float32
        (starts, A, A): ``table`` of every start.
    """
    from aulib.explain.picture_scores import correlations

    inputs, aus = run.inputs, run.aus
    steps = STEPS_ON_GPU if run.fabric.device.type == "cuda" else STEPS_ON_CPU
    how = ascent(inputs.side, steps)
    compared, shown = min(COMPARED_SIDE, inputs.side), min(SHOWN_SIDE, inputs.side)
    true, masks = truth(aus, inputs, compared)
    face = _resized(_mean_face(inputs)[None], compared).mean(-1)  # (1, C, C)
    out: dict[str, Any] = {"aus": np.array(aus, np.int16), "truth": true.astype(np.float16), "mask": masks}
    tables = []
    for prefix, model, seeds in (("", run.model, STARTS), ("untrained_", run.untrained, STARTS[:1])):
        for seed in seeds:
            wanted = _log_spaced(how.steps) if seed == STARTS[0] else ()
            path = _grown(model, len(aus), inputs, how, seed, wanted)
            last = _resized(path["images"][-1], compared)  # (A, C, C, 3)
            difference = last - last.mean(axis=0)
            table = correlations(difference.mean(-1), true)
            if not prefix:
                tables.append(table)
            if seed != STARTS[0]:
                continue
            change = np.sqrt((difference**2).sum(-1))
            out |= {
                f"{prefix}difference": difference.mean(-1).astype(np.float16),
                f"{prefix}table": table.astype(np.float32),
                f"{prefix}change_table": correlations(change, np.abs(true)).astype(np.float32),
                f"{prefix}lift": _lifts(change, masks),
                f"{prefix}face": correlations(last.mean(-1), face)[:, 0].astype(np.float32),
                f"{prefix}activation": path["activation"],
            }
            if not prefix:
                out["steps"] = path["steps"]
                out["pictures"] = _pixels(path["images"][-1], inputs, shown)
                out["growth"] = np.stack([_pixels(x, inputs, min(GROWTH_SIDE, shown)) for x in path["images"]])
    out["starts_table"] = np.stack(tables).astype(np.float32)
    return out


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
    difference : ndarray of float32, shape (A, side, side)
        Mean of the gallery's people with the AU at its maximum less the mean of them without, in grey levels, mean of
        the colours.  Zero throughout for an AU that the embedded face cannot show.
    mask : ndarray of bool, shape (A, side, side)
        Pixels that differ by at least a tenth of the AU's largest difference.
    """
    from aulib.aus import FACE_AUS
    from aulib.datasets.synthetic.gallery import PERSONS, persons_showing, showing

    whole = inputs.faces.shape[1]

    def mean(faces: np.ndarray) -> np.ndarray:
        crops = centre_crops(faces, np.arange(len(faces)), inputs.crop)
        return _colours(inputs.normalised(crops).numpy()).mean(axis=0) * inputs.scale

    neutral = mean(np.stack([showing(number, {}, whole) for number in range(PERSONS)]))
    difference = np.zeros((len(aus), inputs.side, inputs.side, 3), np.float32)
    for row, au in enumerate(aus):
        if au in FACE_AUS:
            difference[row] = mean(persons_showing(au, whole)[0]) - neutral
    small = _resized(difference, side).mean(-1)
    largest = np.abs(small).max(axis=(1, 2), keepdims=True)
    return small, (np.abs(small) >= 0.1 * largest) & (largest > 0)


def _grown(model: Any, aus: int, inputs: Inputs, how: Ascent, seed: int, wanted: tuple[int, ...]) -> dict[str, Any]:
    """Pictures of all AUs on the way: ``images`` list of (A, H, W, 3) in grey levels, ``steps``, ``activation``."""
    from aulib.explain.activation_maximization import growing

    shape = (3, inputs.side, inputs.side)
    path = list(growing(model, range(aus), shape, how, seed, snapshots=wanted))
    return {
        "images": [_colours(snapshot.images.float().numpy()) * inputs.scale for snapshot in path],
        "steps": np.array([snapshot.step for snapshot in path], np.int32),
        "activation": np.stack([snapshot.activation.float().numpy() for snapshot in path]),
    }


def _log_spaced(steps: int, number: int = 5) -> tuple[int, ...]:
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


def _lifts(change: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Magnitude of each picture inside its AU's mask over its mean; float32 (A,)."""
    from aulib.explain.saliency import lift

    return np.array([lift(c, m) for c, m in zip(change, masks, strict=True)], np.float32)
