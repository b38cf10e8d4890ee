"""From the codes of a corpus to ours."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from aulib.aus import UNKNOWN
from aulib.datasets.reading.findings import Findings


def decode(
    values: np.ndarray,
    findings: Findings,
    where: str,
    *,
    top: int,
    unknown: Collection[int] = (9,),
    lines: list[int] | None = None,
) -> np.ndarray:
    """Codes as :class:`~aulib.corpus.Corpus` holds them.

    Parameters
    ----------
    values : ndarray of int64, shape (n,) or (n, A)
        As the file has them.
    findings : Findings
        Takes codes that neither the corpus nor FACS knows; they become UNKNOWN, never absent.
    where : str
        File that they come from.
    top : int
        Largest code: 1 where occurrence is coded, 5 where intensity is.
    unknown : collection of int
        Codes that say "not coded".
    lines : list of int, optional
        Line number of each row.

    Returns
    -------
    ndarray of int8, shape of `values`
    """
    values = np.asarray(values)
    known = (values >= 0) & (values <= top)
    strange = ~known & ~np.isin(values, list(unknown))
    if strange.any():
        row = int(np.flatnonzero(strange.reshape(len(values), -1).any(axis=1))[0])
        example = values[row][strange[row]].flat[0] if values.ndim > 1 else values[row]
        place = f"{where}:{lines[row]}" if lines else where
        findings.warning(
            f"a code outside 0…{top} that is not the sign for unknown: taken as unknown",
            place,
            f"{example}",
            int(strange.sum()),
        )
    return np.where(known, values, UNKNOWN).astype(np.int8)
