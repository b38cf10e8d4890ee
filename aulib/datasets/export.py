"""Write a corpus as files that any program can read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from aulib.datasets.base import FRAME_KEY, Corpus
from aulib.errors import CorpusError, StorageError
from aulib.progress import bar as progress_bar


def plain(corpus: Corpus, folder: Path, limit: int | None = None) -> int:
    """Frames as PNG, labels and landmarks as CSV.

    Parameters
    ----------
    corpus : Corpus
    folder : Path
        Made if needed; must not already hold an export.
    limit : int, optional
        At most so many frames, evenly spread.

    Returns
    -------
    int
        Number of frames written: ``frames/SUBJECT_SEQUENCE_FRAME.png``, one row each in ``labels.csv`` (one column an
        AU, empty where unknown) and ``landmarks.csv`` (``x0, y0 … x67, y67`` in pixels).

    Raises
    ------
    CorpusError
        If the folder holds an export already, or the limit is not positive.
    """
    import cv2

    if limit is not None and limit < 1:
        raise CorpusError(f"--limit {limit} must be at least 1")
    if (folder / "labels.csv").exists():
        raise CorpusError(f"{folder} already holds an export; name an empty folder")
    n = len(corpus) if limit is None else min(limit, len(corpus))
    rows = np.unique(np.linspace(0, len(corpus) - 1, n).astype(int))
    try:
        (folder / "frames").mkdir(parents=True, exist_ok=True)
        for row in progress_bar(rows, desc=f"exporting {corpus.name}", unit="frame"):
            name = "_".join(str(corpus.frames[key].iloc[row]) for key in FRAME_KEY)
            if not cv2.imwrite(str(folder / "frames" / f"{name}.png"), corpus.faces[row][..., ::-1]):
                raise OSError(f"cannot write {name}.png")
        identity = corpus.frames.iloc[rows][list(FRAME_KEY)].reset_index(drop=True)
        codes = pd.DataFrame(corpus.codes[rows], columns=[f"AU{au}" for au in corpus.aus]).astype("Int8")
        pd.concat([identity, codes.mask(codes < 0)], axis=1).to_csv(folder / "labels.csv", index=False)
        points = pd.DataFrame(
            corpus.landmarks[rows].reshape(len(rows), -1), columns=[f"{axis}{i}" for i in range(68) for axis in "xy"]
        ).round(2)
        pd.concat([identity, points], axis=1).to_csv(folder / "landmarks.csv", index=False)
    except OSError as error:
        raise StorageError(f"cannot write into {folder} ({error.strerror or error}); name another folder") from error
    return len(rows)
