"""Looking through a trained network: its features and logits of every frame of a corpus, computed once."""

from __future__ import annotations

import os

import numpy as np

from aulib import paths, results
from aulib.datasets import store
from aulib.datasets.base import Corpus
from aulib.declarations import Declaration
from aulib.locking import lock
from aulib.progress import bar as progress_bar
from aulib.run.common import build, prepared

#: Frames that go through the network at once.
BATCH = 128


def network_of(reading: Declaration, trained: bool = True):
    """The network of a finished run on this machine, in evaluation mode, and the inputs that it expects.

    Returns
    -------
    model : torch.nn.Module
    inputs : Inputs
        Normalised as its own training frames were; ``inputs.seeing(corpus)`` for another corpus.
    """
    from safetensors.torch import load_file

    from aulib.inputs import Inputs

    corpus, fold, _, _ = prepared(reading, progress=False)
    model = build(reading, len(corpus.aus))
    if trained:
        model.load_state_dict(load_file(results.folder_of(reading) / results.WEIGHTS))
    inputs = Inputs.of(corpus, fold.train, reading.crop, model.input_side, reading.recipe.input_scale)
    return model.eval(), inputs


def answers(reading: Declaration, corpus: Corpus, fabric, progress: bool) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, D), as float16, and logits (N, A) of all frames of a corpus, as memory maps.

    They are kept beside the corpora under the key of the run, since every run that reads it asks for the same.
    """
    folder = paths.activations() / f"{reading.key}-{corpus.identifier}"
    names = ("features", "logits")
    with store.writing(folder), lock(folder):
        if not folder.is_dir():
            partial = folder.with_name(f"{folder.name}.partial")
            partial.mkdir(parents=True, exist_ok=True)
            for name, values in zip(names, _look(reading, corpus, fabric, progress), strict=True):
                np.save(partial / f"{name}.npy", values)
            os.replace(partial, folder)
    features, logits = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in names)
    return features, logits


def _look(reading: Declaration, corpus: Corpus, fabric, progress: bool) -> tuple[np.ndarray, np.ndarray]:
    import torch

    model, inputs = network_of(reading)
    inputs = inputs.seeing(corpus)
    model = fabric.to_device(model)
    features = np.empty((len(corpus), model.feature_dim), np.float16)
    logits: list[np.ndarray] = []
    starts = range(0, len(corpus), BATCH)
    with torch.no_grad(), fabric.autocast():
        for start in progress_bar(starts, desc=f"{reading.label} looks at {corpus.name}", disable=not progress):
            part = slice(start, start + BATCH)
            x = fabric.to_device(inputs.testing(np.arange(len(corpus))[part]))
            seen, scores = model.features_and_logits(x)
            features[part] = seen.float().cpu().numpy()
            logits.append(scores.float().cpu().numpy())
    return features, np.concatenate(logits)


def before_relu(reading: Declaration, corpus: Corpus, rows: np.ndarray, fabric) -> np.ndarray:
    """fc7 of some frames as its layer gives it, (n, D): negative numbers kept, not brought to length 1."""
    import torch

    model, inputs = network_of(reading)
    inputs = inputs.seeing(corpus)
    model = fabric.to_device(model)
    seen: list[np.ndarray] = []
    handle = model.fc7.register_forward_hook(lambda module, given, out: seen.append(out.float().cpu().numpy().copy()))
    with torch.no_grad(), fabric.autocast():
        for start in range(0, len(rows), BATCH):
            model(fabric.to_device(inputs.testing(rows[start : start + BATCH])))
    handle.remove()
    return np.concatenate(seen)
