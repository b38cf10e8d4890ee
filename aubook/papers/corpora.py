"""The embedded corpora themselves: is there something to learn, and is it in the picture?

=====================  ============================================================================================
``image-…``            the CNN on the probe set, whose AUs are independent: what it learns, it learns from the face
``landmarks-…``        a network as large on the *true* landmarks: what the CNN adds to it lies in the skin
``linear-…``           the same without hidden layers
``image-shuffled``     codes dealt to other frames: must stay at an AUC of one half
``…-calibrated``       all three on the BP4D-like corpus, where other AUs help; ``…-independent``: on its twin
=====================  ============================================================================================
"""

from __future__ import annotations

from typing import Any

from aubook.papers.drml import runs
from aubook.study import Study
from aulib.runs.declaration import Declaration

#: Seeds of the probe set, whatever the profile: how much chance there is in a network is part of the question.
SEEDS = (0, 1, 2)

#: Share of the profile's image-steps: both yardsticks have levelled off by then.
BUDGET = 0.75

PROBE, CALIBRATED = "synth-probe", runs.SOURCE


def declarations(study: Study) -> dict[str, Declaration]:
    """All runs, by label."""
    seeds = SEEDS if study.seed is None else (study.seed,)
    runs = []
    for seed in seeds:
        runs += [
            _run(study, f"image-seed{seed}", "small-cnn", PROBE, seed, probes=("hidden-region",)),
            _run(study, f"landmarks-seed{seed}", "landmark-net", PROBE, seed),
            _run(study, f"linear-seed{seed}", "landmark-net", PROBE, seed, options={"depth": 0}),
        ]
    runs.append(_run(study, "image-shuffled", "small-cnn", f"{PROBE}+shuffled", seeds[0]))
    for corpus, words in ((CALIBRATED, "calibrated"), (f"{CALIBRATED}+ind", "independent")):
        runs += [
            _run(study, f"image-{words}", "small-cnn", corpus, seeds[0]),
            _run(study, f"landmarks-{words}", "landmark-net", corpus, seeds[0]),
            _run(study, f"linear-{words}", "landmark-net", corpus, seeds[0], options={"depth": 0}),
        ]
    return {run.label: run for run in runs}


def _run(study: Study, label: str, method: str, corpus: str, seed: int, **more: Any) -> Declaration:
    rule = "probe" if corpus.startswith(PROBE) else "drml-bp4d"
    return Declaration(label, method, corpus, rule, study.profile, seed=seed, budget=BUDGET, **more)
