"""Invented records of the Hybrid runs, for the tests of its pages."""

from __future__ import annotations

import numpy as np

from aulib.aus import UNKNOWN
from aulib.corpus import name_of
from aulib.manifest import entry
from aulib.runs import results
from aulib.runs.declaration import Declaration

HISTORY = (0.6, 0.7, 0.8, 0.85, 0.86, 0.86)


PEOPLE, VIDEOS, LENGTH = 24, 2, 20


def frames(name: str) -> dict[str, np.ndarray]:
    """Labels and places of every frame of an invented corpus, in stretches of five frames."""
    rng = np.random.default_rng(len(name))
    aus = entry(name).aus
    n = PEOPLE * VIDEOS * LENGTH
    codes = np.repeat(rng.random((n // 5, len(aus))) < 0.35, 5, axis=0).astype(np.int8)
    codes[rng.random(codes.shape) < 0.03] = UNKNOWN
    return {
        "codes": codes,
        "aus": np.array(aus, np.int16),
        "subject": np.repeat(np.arange(PEOPLE, dtype=np.int16), VIDEOS * LENGTH),
        "sequence": np.tile(np.repeat(np.arange(VIDEOS, dtype=np.int16), LENGTH), PEOPLE),
        "frame": np.tile(np.arange(LENGTH, dtype=np.int32) * 7, PEOPLE * VIDEOS),
    }


def part(given: dict[str, np.ndarray], protocol: str, fold: int) -> np.ndarray:
    """Which frames a fold tests: eight people of three folds, five of ten, or sequences or frames of everybody."""
    if protocol.endswith("by-sequence"):
        return (given["subject"] + given["sequence"]) % 4 == fold
    if protocol.endswith("by-frame"):
        return (given["frame"] // 7 + given["subject"]) % 4 == fold
    if protocol.endswith("-3"):
        return given["subject"] // 8 == fold - 1
    return (given["subject"] >= fold + 4) & (given["subject"] < fold + 9)  # three of them among the first eight


def rows_of(given: dict[str, np.ndarray], kept: np.ndarray) -> dict[str, np.ndarray]:
    """Some of the frames."""
    return {key: value if key == "aus" else value[kept] for key, value in given.items()}


def scored(given: dict[str, np.ndarray], quality: float, seed: int) -> dict[str, np.ndarray]:
    """The same frames with scores whose AUC grows with `quality`, in mixed order as a record may have them."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(quality * (2.0 * (given["codes"] == 1) - 1), 1)
    whole = given | {"scores": (1 / (1 + np.exp(-logits))).astype(np.float16)}
    order = rng.permutation(len(whole["codes"]))
    return {key: value if key == "aus" else value[order] for key, value in whole.items()}


def fake(declaration: Declaration, quality: float = 1.0, history=HISTORY) -> results.Record:
    """Write a record with invented predictions."""
    name = name_of(declaration.corpus)
    number = sum(map(ord, declaration.label))
    whole = frames(name)
    files = {name: scored(rows_of(whole, part(whole, declaration.protocol, declaration.fold)), quality, number)}
    if declaration.method != "svm-hog":
        files["history"] = {
            "loss": np.linspace(8, 4, 60).astype(np.float32),
            "evaluated": np.arange(10, 70, 10, np.int32),
            "validation_auc": np.float32(history),
            "stage": np.zeros(6, np.int32),
        }
    if "validation" in declaration.probes:
        files["probe-validation"] = scored(rows_of(whole, whole["subject"] >= 20), quality, number + 1)
    about = {"method": declaration.method, "outputs": list(entry(name).aus), "device": "CPU (test)", "wall_s": 60.0,
             "created": "2026-01-01", "peak_memory_mb": 1, "versions": {"aulib": "0", "torch": "0"}}  # fmt: skip
    return results.write(declaration, about, files)


#: Invented quality of each method.
QUALITY = {"svm-hog": 0.5, "svm-fc7": 0.7, "anet": 0.9, "lstm": 0.8, "hybrid": 1.2}


def all_of(declared: dict[str, Declaration]) -> dict[str, Declaration]:
    """A record of every run that tests AUs."""
    for declaration in declared.values():
        if declaration.method in QUALITY:
            fake(declaration, QUALITY[declaration.method] + 0.6 * ("by-frame" in declaration.label))
    return declared
