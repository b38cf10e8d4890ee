"""The embedded corpora themselves: is there something to learn, and is it in the picture?

=====================  ============================================================================================
``image-…``            the CNN on the probe set, whose AUs are independent: what it learns, it learns from the face
``landmarks-…``        a network as large on the *true* landmarks: what the CNN adds to it lies in the skin
``image-shuffled``     codes dealt to other frames: must stay at an AUC of one half
``…-calibrated``       both on the BP4D-like corpus, where other AUs help; ``…-independent`` on its twin, where not
=====================  ============================================================================================
"""

from __future__ import annotations

from aulib.declarations import Declaration
from aulib.experiments import drml
from aulib.experiments.study import Study

#: Seeds of the probe set, whatever the profile: how much chance there is in a network is part of the question.
SEEDS = (0, 1, 2)

#: Share of the profile's image-steps: both yardsticks have levelled off by then.
BUDGET = 0.5

PROBE, CALIBRATED = "synth-probe", drml.SOURCE


def declarations(study: Study) -> dict[str, Declaration]:
    """All runs, by label."""
    name = study.profile
    seeds = SEEDS if study.seed is None else (study.seed,)
    runs = [
        Declaration(
            f"image-seed{seed}", "small-cnn", PROBE, "probe", name, seed=seed, budget=BUDGET, probes=("hidden-region",)
        )
        for seed in seeds
    ]
    runs += [
        Declaration(f"landmarks-seed{seed}", "landmark-net", PROBE, "probe", name, seed=seed, budget=BUDGET)
        for seed in seeds
    ]
    first = seeds[0]
    runs.append(
        Declaration("image-shuffled", "small-cnn", f"{PROBE}+shuffled", "probe", name, seed=first, budget=BUDGET)
    )
    for corpus, words in ((CALIBRATED, "calibrated"), (f"{CALIBRATED}+ind", "independent")):
        for method, sees in (("small-cnn", "image"), ("landmark-net", "landmarks")):
            runs.append(Declaration(f"{sees}-{words}", method, corpus, "drml-bp4d", name, seed=first, budget=BUDGET))
    return {run.label: run for run in runs}
