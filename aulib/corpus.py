"""Corpus: what every dataset looks like once it is loaded, whatever its files look like on disk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from aulib.aus import UNKNOWN
from aulib.errors import CorpusError

#: Columns that identify a frame.  Never a position in a list: files get lost, lists get shuffled.
FRAME_KEY = ("subject", "sequence", "frame")


@dataclass(frozen=True)
class Corpus:
    """Aligned faces with their action-unit codes.

    Parameters
    ----------
    name : str
        Name in the manifest.
    source : {'synthetic', 'licensed'}
        Printed with every number that comes from this corpus.
    aus : tuple of int, length A
        Numbers of the coded action units, the columns of `codes`.
    coding : {'occurrence', 'intensity'}
        Whether a present AU is coded 1, or 1 to 5.
    frames : pandas.DataFrame, N rows
        Columns ``subject``, ``sequence``, ``frame`` identify a frame; others may follow.
    faces : ndarray of uint8, shape (N, H, W, 3)
        Aligned RGB faces, usually memory-mapped.  H and W are 0 where only labels were loaded.
    codes : ndarray of int8, shape (N, A)
        0 absent, 1…5 present, ``UNKNOWN`` not coded.
    landmarks : ndarray of float32, shape (N, 68, 2)
        iBUG order, (x, y) in pixels of the aligned face; NaN where a corpus' mark-up lacks the point.
    identifier : str
        Name and everything that can change the content: version, seed, size.  Goes into run keys.
    truth : mapping of str to ndarray, first axis N
        What only a generated corpus can know: ``strengths`` (N, 19, 2), ``motion`` (N, 7) and ``occluder`` (N, 3), see
        :class:`synthface.script.Script`.  Empty for a real corpus.
    content : str
        Digest of a licensed corpus as it was prepared, so that a record can say what it was made from.  Empty for a
        generated one, whose identifier fixes everything.
    """

    name: str
    source: Literal["synthetic", "licensed"]
    aus: tuple[int, ...]
    coding: Literal["occurrence", "intensity"]
    frames: pd.DataFrame
    faces: np.ndarray
    codes: np.ndarray
    landmarks: np.ndarray
    identifier: str
    truth: Mapping[str, np.ndarray] = field(default_factory=dict)
    content: str = ""

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def side(self) -> int:
        """Height and width of a face in pixels."""
        return int(self.faces.shape[1])

    def occurrence(self, threshold: int = 1) -> np.ndarray:
        """Binary labels: present means coded at `threshold` or above.

        Parameters
        ----------
        threshold : int
            Lowest intensity that counts as present, 1 to 5.  The papers differ for the same corpus, so a
            protocol states it.

        Returns
        -------
        ndarray of int8, shape (N, A)
            1 present, 0 absent, ``UNKNOWN`` where the code is unknown.

        Raises
        ------
        CorpusError
            If the threshold is above 1 for a corpus that codes occurrence only.
        """
        if not 1 <= threshold <= 5:
            raise CorpusError(f"occurrence threshold {threshold} is outside 1 to 5")
        if self.coding == "occurrence" and threshold > 1:
            raise CorpusError(f"{self.name} codes occurrence only: a threshold of {threshold} has no meaning, use 1")
        present = (self.codes >= threshold).astype(np.int8)
        present[self.codes == UNKNOWN] = UNKNOWN
        return present

    def column(self, au: int) -> int:
        """Column of an AU in `codes`; raises `CorpusError` naming the AUs that are coded."""
        if au not in self.aus:
            raise CorpusError(f"{self.name} does not code AU{au}; it codes {', '.join(map(str, self.aus))}")
        return self.aus.index(au)

    def subset(self, rows: np.ndarray) -> Corpus:
        """The frames at the given row numbers, in that order (a copy of their faces)."""
        rows = np.asarray(rows)
        return replace(
            self,
            frames=self.frames.iloc[rows].reset_index(drop=True),
            faces=self.faces[rows],
            codes=self.codes[rows],
            landmarks=self.landmarks[rows],
            truth={name: values[rows] for name, values in self.truth.items()},
        )

    def check(self) -> Corpus:
        """Return the corpus itself if it keeps the contract; raise `CorpusError` naming what does not."""
        n, a = len(self.frames), len(self.aus)
        missing = [column for column in FRAME_KEY if column not in self.frames]
        if missing:
            raise CorpusError(f"{self.name}: frames lack the column {missing[0]!r}")
        if self.frames.duplicated(list(FRAME_KEY)).any():
            row = self.frames[self.frames.duplicated(list(FRAME_KEY))].iloc[0]
            raise CorpusError(f"{self.name}: frame {'/'.join(str(row[key]) for key in FRAME_KEY)} occurs twice")
        expected = {"faces": (n, self.side, self.side, 3), "codes": (n, a), "landmarks": (n, 68, 2)}
        kinds = {"faces": np.uint8, "codes": np.int8, "landmarks": np.float32}
        for name, shape in expected.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != kinds[name]:
                raise CorpusError(
                    f"{self.name}: {name} are {array.dtype}{array.shape}, expected {np.dtype(kinds[name])}{shape}"
                )
        top = 1 if self.coding == "occurrence" else 5
        if n and (self.codes.min() < UNKNOWN or self.codes.max() > top):
            raise CorpusError(
                f"{self.name}: codes span {self.codes.min()}…{self.codes.max()}, "
                f"expected 0…{top} or UNKNOWN ({UNKNOWN})"
            )
        return self


def name_of(identifier: str) -> str:
    """The name behind an identifier.

    ``synth-bp4d-v2-s0-24x100+ind`` is a version and size of the generated corpus ``synth-bp4d+ind``, and
    ``bp4d-r2-24x100+image_offset=-1`` a size and reading of a copy of ``bp4d``.  What is neither is returned as it is.
    """
    if found := re.fullmatch(r"([^+]+?)-r\d+-(?:all|\d+)x\d+(\+.*)?", identifier):
        return found[1]
    found = re.fullmatch(r"([^+]+)-v\d+-s\d+-(?:all|\d+)x\d+(\+.*)?", identifier)
    return f"{found[1]}{found[2] or ''}" if found else identifier
