"""Drawing embedded faces: milliseconds a frame and a person, and where they go."""

from __future__ import annotations

import cProfile
import pstats
from pathlib import Path

import numpy as np

from benchmarks.measure import Row, interleaved

#: Function of the renderer -> what the reader is told it does.
STAGES = {
    "_deform": "action units and contacts",
    "project": "pose and alignment",
    "_wrinkled": "folds",
    "picture": "rasterisation, light, hair",
    "photograph": "camera",
}


def run(quick: bool) -> list[Row]:
    from synthface.corpora import SYNTHETIC
    from synthface.render import Performer
    from synthface.script import write

    corpus = SYNTHETIC["synth-bp4d"]
    script = write(corpus, None, 0, 4)
    performer = Performer(corpus, 0)
    mine = script.of(0)
    rows = range(len(mine))

    def frames(side: int) -> None:
        for row in rows:
            performer.frame(mine, row, side)

    ms = interleaved({"200": lambda: frames(200), "100": lambda: frames(100)}, 1 if quick else 4)
    per = {side: value / len(rows) for side, value in ms.items()}
    build = interleaved({"person": lambda: Performer(corpus, 1)}, 1 if quick else 4)["person"]
    return [
        Row("embedded face, 200 px, 2 x 2 samples", per["200"], 33, "ms", at_most=True, detail=_where(frames)),
        Row("embedded face, 100 px, 2 x 2 samples", per["100"], 33, "ms", at_most=True),
        Row("embedded face: preparing a person", build, 600, "ms", at_most=True),
        Row("script of a BP4D-size corpus, whole", _script(corpus), 60_000, "ms", at_most=True),
    ]


def _script(corpus) -> float:
    from synthface.script import write

    return interleaved({"script": lambda: write(corpus)}, 1)["script"]


def _where(frames) -> dict[str, float]:
    """Share of the time of each stage, percent."""
    profile = cProfile.Profile()
    profile.runcall(frames, 200)
    stats = pstats.Stats(profile)
    total = stats.total_tt  # type: ignore[attr-defined]
    found = {
        STAGES[name]: round(100 * cumulative / total, 1)
        for (file, _, name), (_, _, _, cumulative, _) in stats.stats.items()  # type: ignore[attr-defined]
        if name in STAGES and "synthetic" in Path(file).parts
    }
    return found | {"rest": round(100 - float(np.sum(list(found.values()))), 1)}
