"""PROBES: small measurements on a trained network that a figure or a claim needs, stored beside its record.

A probe is taken when a run ends, or later from its weights; it is in no run key, so adding one trains nothing again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from aulib.alignment import centre_crops
from aulib.datasets.base import Corpus
from aulib.inputs import Inputs
from aulib.protocols import parts

#: AUs whose saliency DRML's Fig. 4 shows.
FIGURE_4_AUS = (1, 2, 6, 7, 12, 14, 15, 17, 23, 24)


@dataclass
class Trained:
    """What a probe may look at.

    Parameters
    ----------
    model, untrained : torch.nn.Module
        The network, and a twin with the same initialisation that never saw a face.
    aus : tuple of int
        What its outputs stand for.
    inputs : Inputs
        Normalisation of the training corpus.
    test_rows : ndarray of int
        Test frames of the training corpus.
    targets : list of (Corpus, Protocol)
        Corpora the run is tested on besides.
    fabric : lightning_fabric.Fabric
    """

    model: Any
    untrained: Any
    aus: tuple[int, ...]
    inputs: Inputs
    test_rows: np.ndarray
    targets: list[tuple[Corpus, Any]]
    fabric: Any


def sparsity(run: Trained) -> dict[str, np.ndarray]:
    """Share of features that are exactly zero, frame by frame (DRML Sec. 4.2: more than 40 %).

    Returns
    -------
    dict
        ``trained`` and ``untrained``, float32 (n,), on at most 500 test frames.
    """
    from aulib.prediction import predict

    rows = run.test_rows[:: max(1, len(run.test_rows) // 500)]
    return {
        name: (predict(model, run.inputs, rows, run.fabric, method="features") == 0).mean(axis=1, dtype=np.float32)
        for name, model in (("trained", run.model), ("untrained", run.untrained))
    }


def readout(run: Trained) -> dict[str, np.ndarray]:
    """A linear output trained on the *target* corpus, over features that never saw it.

    DRML's Table 3 has AUs 9, 25 and 26, for which a network trained on BP4D has no output (the step is missing from
    the paper).  This is one way to supply it; its rows are marked target-trained.

    Returns
    -------
    dict
        Name of the corpus -> float16 (n, A) probabilities; every frame is predicted by a readout that was fitted
        on the other subjects (three parts).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from aulib.prediction import predict

    out = {}
    for corpus, rule in run.targets:
        inputs = run.inputs.seeing(corpus)
        features = predict(run.model, inputs, np.arange(len(corpus)), run.fabric, method="features")
        truth = corpus.occurrence(rule.threshold)
        scores = np.full(truth.shape, 0.5, np.float32)
        for tested in parts(corpus.frames["subject"].tolist(), rule.folds):
            test = corpus.frames["subject"].isin(tested).to_numpy()
            for a in range(truth.shape[1]):
                known = ~test & (truth[:, a] >= 0)
                if len(np.unique(truth[known, a])) < 2:
                    continue  # nothing to learn from: stays at one half
                model = make_pipeline(
                    StandardScaler(), LogisticRegression(C=1e-3, class_weight="balanced", max_iter=200)
                )
                model.fit(features[known], truth[known, a])
                scores[test, a] = model.predict_proba(features[test])[:, 1]
        out[corpus.name] = scores.astype(np.float16)
    return out


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

    from aulib.datasets.synthetic.gallery import persons_showing

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

    from aulib.alignment import align_photograph
    from aulib.datasets.synthetic.gallery import persons_showing
    from aulib.explain import saliency as explain

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


#: Name in a declaration -> function of a trained run to arrays.
PROBES: dict[str, Callable[[Trained], dict[str, np.ndarray]]] = {
    "sparsity": sparsity,
    "readout": readout,
    "saliency": saliency,
    "hidden-region": hidden_region,
}
