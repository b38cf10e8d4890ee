"""Looking through a trained network: its features and logits of every frame of a corpus, computed once."""

from __future__ import annotations

import numpy as np

from aulib import integrity, paths
from aulib.runs import results
from aulib.datasets import store
from aulib.corpus import Corpus
from aulib.runs.declaration import Declaration
from aulib.locking import lock
from aulib.progress import bar as progress_bar
from aulib.runs.runners.common import build, needed_weights, prepared

#: Frames that go through the network at once.
BATCH = 128


def network_of(reading: Declaration, trained: bool = True):
    """The network of a finished run on this machine, in evaluation mode, and the inputs that it expects.

    Returns
    -------
    model : torch.nn.Module
    inputs : Inputs
        Normalised as its own training frames were; ``inputs.for_corpus(corpus)`` for another corpus.
    """
    from aulib.training.inputs import Inputs

    corpus, fold, _, _ = prepared(reading, progress=False)
    model = build(reading, len(corpus.aus))
    if trained:
        model.load_state_dict(needed_weights(reading))
    inputs = Inputs.of(corpus, fold.train, reading.crop, model.input_side, reading.recipe.input_scale)
    return model.eval(), inputs


def cached_activations(reading: Declaration, corpus: Corpus, fabric, progress: bool) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, D), as float16, and logits (N, A) of all frames of a corpus, as memory maps.

    They are kept beside the corpora under a digest of the weights and the corpus' content, since every run that reads
    the network asks for the same.
    """
    record = results.own(reading)
    assert record is not None, f"{reading.label} is read before it is made"
    seen = "-".join(filter(None, (corpus.identifier, corpus.content)))
    folder = paths.activations() / f"{record.about['sha256'][results.WEIGHTS][:16]}-{seen}"
    files = [folder / f"{name}.npy" for name in ("features", "logits")]
    with store.writing(folder), lock(folder):
        if integrity.finished(folder / "activations.json") is None:
            folder.mkdir(parents=True, exist_ok=True)
            for file, values in zip(files, _look(reading, corpus, fabric, progress), strict=True):
                np.save(file, values)
            integrity.finish(folder / "activations.json", *files)
    features, logits = (np.load(file, mmap_mode="r") for file in files)
    return features, logits


def _look(reading: Declaration, corpus: Corpus, fabric, progress: bool) -> tuple[np.ndarray, np.ndarray]:
    import torch

    model, inputs = network_of(reading)
    inputs = inputs.for_corpus(corpus).on(fabric.device)
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
    inputs = inputs.for_corpus(corpus).on(fabric.device)
    model = fabric.to_device(model)
    seen: list[np.ndarray] = []
    handle = model.fc7.register_forward_hook(lambda module, given, out: seen.append(out.float().cpu().numpy().copy()))
    with torch.no_grad(), fabric.autocast():
        for start in range(0, len(rows), BATCH):
            model(fabric.to_device(inputs.testing(rows[start : start + BATCH])))
    handle.remove()
    return np.concatenate(seen)
