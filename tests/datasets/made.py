"""Small corpora of noise, with the AUs of BP4D or DISFA, for tests that write and read whole trees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from aulib.aus import BP4D_AUS, DISFA_AUS, UNKNOWN
from aulib.corpus import Corpus
from aulib.datasets.landmarks import MEAN_SHAPE

SIDE = 32


def occurrence(subjects: int = 6, sequences: int = 2, frames: int = 9, unknown: float = 0.05) -> Corpus:
    """Occurrence of BP4D's twelve AUs; AU k brightens rows of the picture; some codes unknown."""
    return _corpus("synth-bp4d", BP4D_AUS, 1, [f"S{s + 1:02d}" for s in range(subjects)], sequences, frames, unknown)


def intensity(subjects: int = 4, frames: int = 15) -> Corpus:
    """Intensities of DISFA's twelve AUs, one sequence a subject."""
    return _corpus("synth-disfa", DISFA_AUS, 5, [f"P{s + 1:02d}" for s in range(subjects)], 1, frames, 0.0)


def _corpus(name, aus, top, subjects, sequences, frames, unknown) -> Corpus:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        [(s, f"T{t + 1}", 7 * f + t + 1) for s in subjects for t in range(sequences) for f in range(frames)],
        columns=["subject", "sequence", "frame"],
    )
    n = len(table)
    codes = rng.integers(0, top + 1, (n, len(aus))).astype(np.int8)
    faces = rng.integers(90, 130, (n, SIDE, SIDE, 3)).astype(np.uint8)
    for column in range(len(aus)):
        faces[codes[:, column] > 0, 2 * column : 2 * column + 2] += 60
    codes[rng.random(codes.shape) < unknown] = UNKNOWN
    landmarks = (MEAN_SHAPE * SIDE + rng.normal(0, 0.5, (n, 68, 2))).astype(np.float32)
    coding = "occurrence" if top == 1 else "intensity"
    return Corpus(name, "synthetic", aus, coding, table, faces, codes, landmarks, f"{name}-v2-s0-{frames}x{SIDE}")


def snapshot(folder: Path) -> dict[str, tuple[int, float, bytes]]:
    """Every file below a folder with size, time and content: equal snapshots mean that nothing was touched."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, path.stat().st_mtime, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
