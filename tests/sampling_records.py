"""Invented records of the sampling study: scores of a known kind, so that what a page says of them is known."""

from __future__ import annotations

import numpy as np

from aubook import papers
from aubook.papers.hybrid import runs
from aubook.study import Study
from aulib.aus import UNKNOWN
from aulib.corpus import name_of
from aulib.manifest import entry
from aulib.runs import results

#: AU -> share of frames that show it.
RATES = {1: 0.1, 2: 0.12, 4: 0.05, 6: 0.4, 7: 0.6, 10: 0.5, 12: 0.45, 14: 0.35, 15: 0.08, 17: 0.3, 23: 0.15, 24: 0.1}


#: Of a person, and of a video.
VIDEOS, FRAMES = 2, 40


def truth_of(aus, people: int, rng) -> np.ndarray:
    """Labels with a few unknown; every person shows every AU."""
    n = people * VIDEOS * FRAMES
    truth = (rng.random((n, len(aus))) < [RATES[au] for au in aus]).astype(np.int8)
    truth[:: VIDEOS * FRAMES] = 1
    truth[5::97] = UNKNOWN
    return truth


def arrays(
    truth, aus, outputs, quality, shift, rng, first=0, videos: int = 2, frames: int = 40
) -> dict[str, np.ndarray]:
    """Scores whose logit is calibrated at `shift` 0: two Gaussians at distance `quality`, and the base rate."""
    rates = np.array([RATES[au] for au in outputs])
    known = np.stack(
        [np.maximum(truth[:, aus.index(au)], 0) if au in aus else np.zeros(len(truth)) for au in outputs], axis=1
    )
    evidence = rng.normal(quality * (known - 0.5), 1) * quality
    scores = 1 / (1 + np.exp(-(evidence + np.log(rates / (1 - rates)) + shift)))
    index = np.arange(len(truth))
    return {"scores": scores.astype(np.float16), "codes": truth, "aus": np.array(aus, np.int16),
            "subject": (first + index // (VIDEOS * FRAMES)).astype(np.int16),
            "sequence": (index // FRAMES % VIDEOS).astype(np.int16),
            "frame": (index % FRAMES).astype(np.int32)}  # fmt: skip


def write(declaration, quality=2.0, shift=0.0, people=8, watch=True, seed=0, first=0) -> results.Record:
    """One record; the labels are the same for every strategy, the noise of the scores too.

    `shift` is one number or one for each output; `first` the number of the first tested subject.
    """
    outputs = list(entry(declaration.corpus).aus)
    rng = np.random.default_rng(seed)
    files = {}
    for name, aus, n in (
        (name_of(declaration.corpus), outputs, people),
        ("probe-validation", outputs, people),
        *((target, list(entry(target).aus), people + 3) for target, _ in declaration.test_on),
    ):
        files[name] = arrays(truth_of(aus, n, rng), aus, outputs, quality, shift, rng, first)
    rise = np.linspace(0.2, 0.6, 12)[:, None] * np.ones(len(outputs))
    history = {
        "loss": np.linspace(8, 4, 120).astype(np.float32),
        "evaluated": np.arange(10, 130, 10, np.int32),
        "validation_auc": np.linspace(0.6, 0.9, 12).astype(np.float32),
        "stage": np.zeros(12, np.int32),
    }
    if watch:
        wobble = 0.02 * (-1) ** np.arange(12)[:, None] * (np.all(shift == 0))
        history["training_f1"] = (rise + wobble).astype(np.float32)
    files["history"] = history
    about = {"method": declaration.method, "outputs": outputs, "device": "CPU (test)", "wall_s": 60.0,
             "created": "2026-01-01", "peak_memory_mb": 1, "versions": {"aulib": "0", "torch": "0"}}  # fmt: skip
    return results.write(declaration, about, files)


def declared(corpus: str, strategy: str, study: str | Study = "smoke"):
    """The declaration of a strategy's first run."""
    label = runs.label(runs.SAMPLERS[strategy], corpus, 10, 1, 0)
    return papers.find("hybrid", study, label)


def write_all(shift: float = 1.0) -> None:
    """Every run of Tables 3 and 4: MOMU is random sampling with its logits moved by `shift`, and nothing else."""
    for corpus in ("gft", "plus"):
        for strategy in runs.SAMPLERS:
            write(declared(corpus, strategy), shift=shift if strategy == "momu" else 0.0)
