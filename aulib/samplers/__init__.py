"""Batch samplers, one idea a file: which frames make up a training batch."""

from __future__ import annotations

from aulib.samplers.random import RandomBatchSampler

#: Name in a stage -> sampler class.
SAMPLERS = {"random": RandomBatchSampler}

__all__ = ["SAMPLERS", "RandomBatchSampler"]
