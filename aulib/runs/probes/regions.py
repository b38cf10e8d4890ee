"""Where on the face a network looks, and what it still answers when that place is hidden."""

from __future__ import annotations

import numpy as np

from aulib.datasets.alignment import centre_crops
from aulib.training.inputs import Inputs

from .trained import Trained

#: AUs whose saliency DRML's Fig. 4 shows.
FIGURE_4_AUS = (1, 2, 6, 7, 12, 14, 15, 17, 23, 24)

#: A pixel belongs to an AU's region if the AU changes it in this share of the gallery's people.
REGION_SHARE = 0.25


def hidden_region(run: Trained) -> dict[str, np.ndarray]:
    """Scores of each AU on faces whose pixels in that AU's region are replaced by the mean face.

    A detector that has learnt the AU cannot see it any more; one that still answers has learnt something else: other
    AUs that come with it, or the person.

    Returns
    -------
    dict
        ``scores`` float16 (n, A), the score of AU a with the region of AU a hidden; ``rows`` int32 (n,), positions
        in the test frames; ``area`` float32 (A,), share of the face that was hidden.
    """
    import cv2
    import torch

    from synthface.gallery import persons_showing

    step = max(1, len(run.test_rows) // 600)
    rows = run.test_rows[::step]
    crops = centre_crops(run.inputs.faces, rows, run.inputs.crop)
    side = run.inputs.faces.shape[1]
    reach = 2 * round(0.04 * side) + 1  # heads turn and alignment errs: hide a little more than the region
    scores = np.empty((len(rows), len(run.aus)), np.float32)
    area = np.empty(len(run.aus), np.float32)
    model = run.model.cpu().eval()
    for column, au in enumerate(run.aus):
        share = persons_showing(au, side)[1].mean(axis=0)
        region = cv2.dilate((share >= REGION_SHARE).astype(np.uint8), np.ones((reach, reach), np.uint8))
        mask = centre_crops(region[None, :, :, None], np.array([0]), run.inputs.crop)[0].astype(bool)  # (c, c, 1)
        area[column] = mask.mean()
        hidden = np.where(mask, run.inputs.mean, crops)
        with torch.no_grad():
            parts = [model(run.inputs.normalised(hidden[k : k + 128]))[:, column] for k in range(0, len(rows), 128)]
        scores[:, column] = torch.sigmoid(torch.cat(parts)).numpy()
    run.fabric.to_device(model)
    positions = np.arange(0, len(run.test_rows), step, dtype=np.int32)
    return {"scores": scores.astype(np.float16), "rows": positions, "area": area}


def saliency(run: Trained) -> dict[str, np.ndarray]:
    """Gradient magnitude of ten AUs on faces that show them, and how well it falls on the AU's true region (Fig. 4).

    Returns
    -------
    dict
        ``synthetic`` and ``photograph``: float16 (10, S, S), maps of `FIGURE_4_AUS` on one embedded face each and
        on scikit-image's photograph.  ``lift``, ``gini`` and ``pointing``, and the same of the untrained twin with
        the prefix ``untrained_``: float32 (10, persons); see ``aulib.explain.saliency``.
    """
    from skimage.data import astronaut

    from aulib.datasets.alignment import align_photograph
    from aulib.explain import saliency as explain
    from synthface.gallery import persons_showing

    side, crop = run.inputs.faces.shape[1], run.inputs.crop
    photograph = centre_crops(align_photograph(astronaut(), side)[None], np.array([0]), crop)
    out: dict[str, list] = {"synthetic": [], "photograph": []}
    scores: dict[str, list] = {
        prefix + name: [] for prefix in ("", "untrained_") for name in ("lift", "gini", "pointing")
    }
    for au in FIGURE_4_AUS:
        faces, masks = persons_showing(au, side)
        crops = centre_crops(faces, np.arange(len(faces)), crop)
        masks = centre_crops(np.repeat(masks[..., None].astype(np.uint8), 3, axis=-1), np.arange(len(masks)), crop)[
            ..., 0
        ]
        column = run.aus.index(au)
        for prefix, model in (("", run.model), ("untrained_", run.untrained)):
            maps = _maps(explain, model, run.inputs, crops, column)
            if not prefix:
                out["synthetic"].append(maps[FIGURE_4_AUS.index(au) % len(maps)])
                out["photograph"].append(_maps(explain, model, run.inputs, photograph, column)[0])
            pairs = [(m, k > 0) for m, k in zip(maps, masks, strict=True)]
            scores[prefix + "lift"].append([explain.lift(m, k) for m, k in pairs])
            scores[prefix + "gini"].append([explain.gini(m) for m, _ in pairs])
            scores[prefix + "pointing"].append([explain.pointing_game(m, k) for m, k in pairs])
    arrays = {
        name: (np.array(maps) / np.maximum(np.array(maps).max(axis=(1, 2), keepdims=True), 1e-12))
        for name, maps in out.items()
    }
    return {
        **{name: maps.astype(np.float16) for name, maps in arrays.items()},
        **{name: np.array(values, np.float32) for name, values in scores.items()},
    }


def _maps(explain, model, inputs: Inputs, crops: np.ndarray, column: int) -> np.ndarray:
    """Saliency of one output on uint8 crops, resized back to the crop; (B, crop, crop)."""
    import torch

    model = model.cpu().eval()
    maps = torch.as_tensor(np.asarray(explain.saliency(model, inputs.normalised(crops), column)))[:, None]
    if maps.shape[-1] != crops.shape[1]:
        maps = torch.nn.functional.interpolate(maps, size=crops.shape[1:3], mode="bilinear", align_corners=False)
    return maps[:, 0].numpy()
