"""What a run of kind ``representations`` measured of feature spaces, with intervals over people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aubook import papers
from aubook.papers.hybrid.common import Interval, over_subjects
from aubook.study import Study
from aulib.aus import UNKNOWN
from aulib.runs import results
from aulib.runs.results import Record

#: Short name of a corpus -> what columns are called.
CORPORA = {"bp4d": "BP4D-like", "gft": "GFT-like"}

#: Key in a record -> title, in the order of tables: the paper's four, the face descriptor, then what they are held to.
FEATURES = {
    "landmarks": "landmark positions",
    "gabor": "Gabor",
    "hog": "HOG",
    "fc7": "fc7, other corpus",
    "identity": "face descriptor",
    "shape": "landmarks, centred",
    "fc7-home": "fc7, same corpus",
    "fc7-linear": "fc7, other corpus, no ReLU",
    "fc7-untrained": "fc7, untrained",
    "projection": "random projection",
    "projection-signed": "random projection, no ReLU",
    "projection-128": "random projection, 128-D",
    "projection-512": "random projection, 512-D",
    "projection-8192": "random projection, 8192-D",
}


@dataclass(frozen=True)
class Measured:
    """What one run measured; ``space`` is "" for a feature's own space, "-50" for 50 principal components."""

    record: Record

    @cached_property
    def near(self) -> dict[str, np.ndarray]:
        return self.record.arrays("probe-neighbours")

    @cached_property
    def far(self) -> dict[str, np.ndarray]:
        return self.record.arrays("probe-divergence")

    @cached_property
    def maps(self) -> dict[str, np.ndarray]:
        return self.record.arrays("probe-tsne")

    @cached_property
    def people(self) -> np.ndarray:
        return np.arange(len(self.far["subjects"]))

    def names(self, controls: bool = False) -> list[str]:
        """Features whose neighbours were measured; with `controls`, all whose divergence was."""
        return [name for name in FEATURES if (f"{name}/ratio" in self.far if controls else f"{name}/auc" in self.near)]

    def by_person(self, name: str, quantity: str, space: str = "") -> np.ndarray:
        """One value a person, (S,): identity and verification in percent, silhouettes from -1 to 1."""
        scale = 100 if quantity in ("identity", "verification") else 1
        return scale * self.near[f"{name}{space}/{quantity}"].astype(float)

    def mean(self, name: str, quantity: str, space: str = "") -> Interval:
        """Mean over people."""
        return self.over_people(_mean(self.by_person(name, quantity, space)))

    def over_people(self, statistic: Callable[[np.ndarray], float], level: float = 0.95) -> Interval:
        """Interval of a statistic of person numbers, each person once or several times."""
        return over_subjects(self.people, statistic, level)

    def smile(self, name: str, space: str = "") -> Callable[[np.ndarray], float]:
        """AUC in percent of the vote for AU12, as a function of person numbers."""
        truth, votes = self.near["truth"], self.near[f"{name}{space}/votes"].astype(int)
        person = np.searchsorted(self.far["subjects"], self.near["subject"])
        counts = np.zeros((2, len(self.people), votes.max() + 1))
        known = truth != UNKNOWN
        np.add.at(counts, (truth[known], person[known], votes[known]), 1)

        def area(drawn: np.ndarray) -> float:
            absent, present = counts[:, drawn].sum(axis=1)
            below = np.cumsum(absent) - absent / 2  # ties count half
            total = absent.sum() * present.sum()
            return float(100 * (present * below).sum() / total) if total else float("nan")

        return area

    def divergence(self, name: str, ratio: bool) -> Callable[[np.ndarray], float]:
        """Mean over people of the summed divergence, or its ratio to the control, as a function of person numbers.

        Two copies of one person are no pair; the sum is taken over as many others as there are people.
        """
        matrix = self.far[f"{name}/matrix"].astype(float)
        scale = (len(matrix) - 1) / (self.far[f"{name}/null"].mean(dtype=float) if ratio else 1)

        def value(drawn: np.ndarray) -> float:
            pairs = drawn[:, None] != drawn
            return float(matrix[np.ix_(drawn, drawn)][pairs].mean() * scale) if pairs.any() else float("nan")

        return value


def _mean(values: np.ndarray) -> Callable[[np.ndarray], float]:
    return lambda drawn: float(np.nanmean(values[drawn])) if np.isfinite(values[drawn]).any() else float("nan")


def found(profile: str | Study) -> dict[str, Measured]:
    """Short name of a corpus -> what was measured there; runs that are missing are left out."""
    declared = papers.declarations("hybrid", profile)
    records = {
        corpus: results.find(declared[f"representations-{corpus}"])
        for corpus in CORPORA
        if f"representations-{corpus}" in declared
    }
    return {corpus: Measured(record) for corpus, record in records.items() if record}
