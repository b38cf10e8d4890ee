"""What a reader's own copies of licensed corpora hold: labels counted, no picture needed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from aubook.engine import provenance
from aubook.engine.table import Table
from aubook.pages.calibration import codes_of
from aubook.study import Study
from aulib.aus import UNKNOWN
from aulib.datasets import load
from aulib.manifest import entry


def rates(study: Study) -> Table:
    """Base rates and unknown codes in the labels of each licensed corpus of a study, beside its stand-in.

    Parameters
    ----------
    study : Study
        Its licensed corpora are read where the environment or the configuration says they lie.

    Returns
    -------
    Table
        Percent; empty where no licensed corpus was chosen.

    Raises
    ------
    CorpusError
        If nobody says where a chosen corpus lies, or its labels cannot be read.
    """
    columns: dict[tuple[str, str], dict[str, float]] = {}
    lines = []
    for name in [name for name in study.chosen if entry(name).source == "licensed"]:
        corpus, stand_in = load(name, faces=False), entry(name).stand_in
        known = corpus.codes != UNKNOWN
        rows = [str(au) for au in corpus.aus]
        columns[name, "present"] = dict(zip(rows, _percent(corpus.codes), strict=True))
        columns[name, "unknown"] = dict(zip(rows, 100 * (1 - known.mean(axis=0)), strict=True))
        if stand_in:
            codes = codes_of(stand_in, 60)[1]
            drawn = dict(zip(map(str, entry(stand_in).aus), _percent(codes), strict=True))
            columns[name, f"{stand_in}, drawn"] = {au: drawn.get(au, np.nan) for au in rows}
        people, videos = corpus.frames["subject"].nunique(), corpus.frames.groupby(["subject", "sequence"]).ngroups
        lines.append(
            f'<div class="provenance">{provenance.badge(corpus.source)} {entry(name).title}: {len(corpus):,} coded '
            f"frames of {people} people in {videos} sequences; labels {corpus.identifier}</div>"
        )
    if not columns:
        note = "No copy was chosen: set the parameter corpus, for instance to 'bp4d' or 'bp4d,disfa', and run again."
        nothing = pd.DataFrame({"present": [np.nan], "unknown": [np.nan]}, index=pd.Index(["no copy"], name="AU"))
        return Table(nothing, "Labels of your own copies", [f'<div class="provenance">{note}</div>'])
    frame = pd.DataFrame(columns).rename_axis("AU")
    frame = frame.loc[sorted(frame.index, key=int)]
    return Table(frame, "Labels of your own copies, percent of frames, any intensity", lines)


def _percent(codes: np.ndarray) -> np.ndarray:
    """Share of the known codes that say present, (A,)."""
    return 100 * (codes > 0).sum(axis=0) / np.maximum((codes != UNKNOWN).sum(axis=0), 1)
