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

from aulib.declarations import Declaration
from aulib.profiles import profile

#: Rows of Tables 2 and 3 that are trained here, in the papers' order, and our yardstick.
BENCHMARK = ("lsvm", "alexnet", "convnet", "lcn", "drml", "small-cnn")
NETWORKS = BENCHMARK[1:]

#: Region grids tried beside the paper's 8 × 8; each divides the map of the first convolution (80 or 160).
GRIDS = (1, 5, 10, 16)

#: Networks whose saliency Fig. 4 shows.
FIGURE_4 = ("drml", "convnet", "alexnet")

SOURCE, TARGET = "synth-bp4d", "synth-disfa"


def declarations(profile_name: str) -> dict[str, Declaration]:
    """All runs of the paper under a profile, by label."""
    budget = profile(profile_name)
    runs = [_benchmark(name, profile_name, fold, seed)
            for seed in budget.seeds for fold in budget.folds for name in BENCHMARK]
    runs += [Declaration(f"drml-grid{grid}", "drml", SOURCE, "drml-bp4d", profile_name, options={"grid": grid},
                         budget=GRID_BUDGET) for grid in (*GRIDS, 8)]
    runs.append(Declaration("timing", "timing", SOURCE, "drml-bp4d", profile_name))
    return {run.label: run for run in runs}


#: The grid comparison spends half the budget on each grid, 8 × 8 included, so that all are treated alike.
GRID_BUDGET = 0.5


def _benchmark(name: str, profile_name: str, fold: int, seed: int) -> Declaration:
    probes: tuple[str, ...] = ()
    if name in NETWORKS:
        probes = ("sparsity", "readout")
    if name in FIGURE_4 and (fold, seed) == (1, 0):
        probes += ("saliency",)
    return Declaration(f"{name}-fold{fold}-seed{seed}", name, SOURCE, "drml-bp4d", profile_name, fold=fold, seed=seed,
                       test_on=((TARGET, "drml-disfa"),), probes=probes)
