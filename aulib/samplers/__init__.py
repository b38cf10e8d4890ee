"""Batch samplers, one idea a file: which frames make up a training batch."""

from __future__ import annotations

from aulib.samplers.momu import MOMUBatchSampler
from aulib.samplers.random import RandomBatchSampler
from aulib.samplers.stratified import StratifiedBatchSampler

#: Name in a stage -> sampler class.
SAMPLERS: dict[str, type[RandomBatchSampler | StratifiedBatchSampler | MOMUBatchSampler]] = {
    "random": RandomBatchSampler,
    "stratified": StratifiedBatchSampler,
    "momu": MOMUBatchSampler,
}

__all__ = ["SAMPLERS", "MOMUBatchSampler", "RandomBatchSampler", "StratifiedBatchSampler"]
