"""DRML (Zhao, Chu and Zhang, CVPR 2016): which runs make which table and figure.

=============  ==================================================================================
Table 2        `BENCHMARK` × folds × seeds on the BP4D-like corpus
Table 3        the same runs, predictions on the DISFA-like corpus
Table 4        ``timing``
Fig. 1, 4      fold 1, seed 0 of ``drml``, ``convnet``, ``alexnet``: probe ``saliency``
Fig. 5         fold 1, seed 0 of ``drml``, ``alexnet``: history and predictions
Sec. 3.2       `GRIDS`: 5 × 5 upward
Sec. 4.2       probe ``sparsity``: share of features that are zero
=============  ==================================================================================
"""

from __future__ import annotations

from aubook.study import Study
from aulib.runs.declaration import Declaration
from aulib.runs.profiles import profile

#: Rows of Tables 2 and 3 that are trained here, in the papers' order, and our yardstick.
BENCHMARK = ("lsvm", "alexnet", "convnet", "lcn", "drml", "small-cnn")
NETWORKS = BENCHMARK[1:]

#: Neighbours of the paper's 8 × 8 grid; each divides the map of the first convolution (80 or 160 pixels).
GRIDS = (5, 10)

#: Share of the profile's image-steps where it is not 1.  AlexNet is still rising when the others have levelled off.
BUDGETS = {"alexnet": 1.5}

#: Networks whose saliency Fig. 4 shows.
FIGURE_4 = ("drml", "convnet", "alexnet")

SOURCE, TARGET = "synth-bp4d", "synth-disfa"


def declarations(study: Study) -> dict[str, Declaration]:
    """All runs of the paper, by label."""
    name, source, first = study.profile, study.source(SOURCE), study.seeds[0]
    folds = profile(name).folds
    runs = [_benchmark(method, study, fold, seed) for seed in study.seeds for fold in folds for method in BENCHMARK]
    runs += [
        Declaration(f"drml-grid{grid}", "drml", source, "drml-bp4d", name, seed=first, options={"grid": grid})
        for grid in GRIDS
    ]
    runs.append(Declaration("timing", "timing", source, "drml-bp4d", name))
    return {run.label: run for run in runs}


def _benchmark(name: str, study: Study, fold: int, seed: int) -> Declaration:
    source = study.source(SOURCE)
    target = study.target(source, TARGET)
    probes: tuple[str, ...] = ()
    if name in NETWORKS:
        probes = ("sparsity", "readout")
    if name in FIGURE_4 and fold == 1 and seed == study.seeds[0]:
        probes += ("saliency",)
    return Declaration(
        f"{name}-fold{fold}-seed{seed}",
        name,
        source,
        "drml-bp4d",
        study.profile,
        fold=fold,
        seed=seed,
        budget=BUDGETS.get(name, 1.0),
        test_on=((target, "drml-disfa"),) if target else (),
        probes=probes,
    )
