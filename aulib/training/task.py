"""Task: what a method says of an AU, whether it is there or at which level; and what follows from that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from aulib import checks
from aulib.corpus import Corpus

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Task:
    """What labels are, how outputs become scores, and which metric chooses the best weights.

    Parameters
    ----------
    name : {'detection', 'intensity'}
        Of the protocols that fit it; it stands in every record.
    output : {'logit', 'ordinal', 'level'}
        What a network gives for an AU: the logit of its presence; those of reaching each level; or the level itself.
    metric : str
        Function of ``aulib.metrics``; the weights with its best mean over the AUs of the validation frames are kept.
    """

    name: Literal["detection", "intensity"]
    output: Literal["logit", "ordinal", "level"]
    metric: Literal["auc", "icc"]

    def labels(self, corpus: Corpus, threshold: int) -> np.ndarray:
        """What is learnt of a corpus, int8 (N, A): occurrence from the protocol's threshold on, or levels 0 to 5."""
        return corpus.occurrence(threshold) if self.name == "detection" else corpus.codes

    def scores(self, outputs: Tensor) -> Tensor:
        """Probabilities, or expected levels, (B, A), of the outputs of a network, (B, A) or (B, A, levels)."""
        if self.output == "level":
            return outputs
        return outputs.sigmoid() if self.output == "logit" else outputs.sigmoid().sum(-1)

    def mean(self, truth: np.ndarray, scores: np.ndarray) -> float:
        """The metric's mean over the AUs for which it is defined; NaN for none."""
        from aulib import metrics

        return float(metrics.mean_of_defined(getattr(metrics, self.metric)(truth, scores)))

    def can_choose(self, truth: np.ndarray) -> bool:
        """Whether the metric is defined for one AU at least: two of its known labels differ."""
        check = checks.labels if self.name == "detection" else checks.levels
        labels = check(truth, "validation labels")
        highest = labels.max(axis=0, initial=-1)
        return bool(((labels >= 0) & (labels < highest)).any())

    @property
    def undefined(self) -> str:
        """In words, what holds of every AU where the metric is not defined."""
        return "both present and absent" if self.name == "detection" else "coded at two levels"


DETECTION = Task("detection", "logit", "auc")
ORDINAL = Task("intensity", "ordinal", "icc")
REGRESSION = Task("intensity", "level", "icc")
