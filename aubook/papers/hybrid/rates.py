"""How often AUs come in the frames that train, and in the batches that a sampler makes of them.

A network that is trained with batches in which an AU has the share q learns to answer with the odds of such batches.
If all else were equal, its score p' and that of a network trained at the corpus' own rate r would differ by a constant,
logit p' = logit p + log odds(q) - log odds(r), so that its decision at 0.5 is the other's at another threshold.  Both
rates are known: the batches are drawn again and counted.  All else is not quite equal: MOMU never shows a frame without
any AU, and changes which AUs come together.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from aulib.aus import UNKNOWN
from aulib.datasets import load
from aulib.manifest import entry
from aulib.protocols import protocol, split
from aulib.runs.declaration import Declaration
from aulib.runs.methods import method

#: A rate of 0 or 1 has no odds: the nearest that counts.
_EDGE = 1e-4


def training_labels(run: Declaration) -> np.ndarray:
    """Occurrence in the frames that a run is trained on, (N, A) int8 with UNKNOWN, from the script or your own copy."""
    frames = run.corpus_options()["frames_per_sequence"]
    return _labels(run.corpus, run.protocol, run.fold, frames)


@lru_cache(maxsize=8)
def _labels(corpus: str, rule_name: str, fold: int, frames_per_sequence: int | None) -> np.ndarray:
    rule = protocol(rule_name)
    if entry(corpus).source == "licensed":
        whole = load(corpus, faces=False)
        frames, codes = whole.frames, whole.codes
    else:
        from aubook.pages.calibration import codes_of

        frames, codes = codes_of(corpus, frames_per_sequence)
    codes = codes[split(frames, rule, fold).train]
    return np.where(codes == UNKNOWN, UNKNOWN, codes >= rule.threshold).astype(np.int8)


def base_rates(run: Declaration) -> dict[int, float]:
    """AU -> its share of the known frames that a run is trained on, 0 to 1."""
    truth = training_labels(run)
    rates = (truth == 1).sum(axis=0) / np.maximum((truth >= 0).sum(axis=0), 1)
    return dict(zip(entry(run.corpus).aus, rates.tolist(), strict=True))


#: Key of a run -> rates of its batches; counted once.
_DRAWN: dict[str, dict[int, float]] = {}


def batch_rates(run: Declaration) -> dict[int, float]:
    """AU -> its share of the known frames of all batches of a run, which are drawn again."""
    if run.key not in _DRAWN:
        _DRAWN[run.key] = _drawn(run)
    return _DRAWN[run.key]


def _drawn(run: Declaration) -> dict[int, float]:
    from aulib.samplers import SAMPLERS

    truth, batch = training_labels(run), run.recipe.batch
    (stage,) = method(run.method).stages
    sampler = SAMPLERS[stage.sampler](truth, batch, seed=run.seed * 1000, **stage.sampler_options)
    steps = max(1, round(run.image_steps / batch))
    times = np.bincount(np.concatenate([sampler.at(step) for step in range(steps)]), minlength=len(truth))
    rates = times @ (truth == 1) / np.maximum(times @ (truth >= 0), 1)
    return dict(zip(entry(run.corpus).aus, rates.tolist(), strict=True))


def shift(random: Declaration, momu: Declaration) -> dict[int, float]:
    """AU -> by how much MOMU's batches raise its log odds over those of random sampling."""
    odds = lambda rate: np.log(np.clip(rate, _EDGE, 1 - _EDGE) / (1 - np.clip(rate, _EDGE, 1 - _EDGE)))  # noqa: E731
    ours, other = batch_rates(momu), batch_rates(random)
    return {au: float(odds(ours[au]) - odds(other[au])) for au in ours}


def equivalent_threshold(raised: float) -> float:
    """The threshold on p that is 0.5 on p', where logit p' = logit p + `raised`."""
    return 1 / (1 + float(np.exp(raised)))
