"""What a run writes down beside its results: who was tested, on what machine, with which versions."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from aulib import __version__
from aulib.corpus import Corpus
from aulib.protocols import Split
from aulib.runs.declaration import Declaration


def predictions(corpus: Corpus, rows: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """Scores with the codes and the identity of their frames, so that any metric can be computed from the record.

    Scores are probabilities, or the expected levels of a run whose task is intensity.
    """
    frames = corpus.frames.iloc[rows]
    names = {
        "subjects": sorted(corpus.frames["subject"].unique()),
        "sequences": sorted(corpus.frames["sequence"].unique()),
    }
    return {
        "scores": scores.astype(np.float16),
        "codes": corpus.codes[rows],
        "aus": np.array(corpus.aus, np.int16),
        "subject": np.searchsorted(names["subjects"], frames["subject"].to_numpy(str)).astype(np.int16),
        "sequence": np.searchsorted(names["sequences"], frames["sequence"].to_numpy(str)).astype(np.int16),
        "frame": frames["frame"].to_numpy(np.int32),
    }


def about(
    declaration: Declaration, corpus: Corpus, fold: Split, wall: float, device, targets: Sequence[Corpus] = ()
) -> dict[str, Any]:
    """What was run, on what, where; `targets` are further corpora that were predicted."""
    subjects = sorted(corpus.frames["subject"].iloc[fold.test].unique())
    return {
        "method": declaration.method,
        "title": declaration.method_spec.title,
        "task": declaration.method_spec.task.name,
        "outputs": list(corpus.aus),
        "paper_seed": declaration.seed,
        "source": corpus.source,
        "corpus": corpus.identifier,
        "corpora": {one.identifier: one.content for one in (corpus, *targets) if one.content},
        "tested_subjects": subjects,
        "wall_s": round(wall, 1),
        **environment(device),
    }


def environment(device) -> dict[str, Any]:
    """Versions, machine and memory."""
    import scipy
    import sklearn
    import torch

    peak = None
    if sys.platform != "win32":
        import resource

        peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 2**20))
    device = torch.device(device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU ({platform.machine()})"
    return {
        "device": name,
        "cores": os.cpu_count(),
        "peak_memory_mb": peak,
        "created": time.strftime("%Y-%m-%d"),
        "versions": {
            "aulib": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
    }
