"""A run that trains a network on faces, or on landmarks."""

from __future__ import annotations

import time

import numpy as np

from aulib.runs import recorded, results
from aulib.datasets import load
from aulib.runs.declaration import Declaration
from aulib.runs.methods import method
from aulib.protocols import protocol
from aulib.runs.runners.common import build, prepared, start_from, train_or_resume, trained_weights, write


def network(fabric, declaration: Declaration, deadline: float | None, progress: bool) -> None:
    """Train a network (or take its weights), test it, probe it, write the record."""
    import torch

    from aulib.training import allocator
    from aulib.training.examples import Examples
    from aulib.training.inputs import Inputs, Points
    from aulib.training.prediction import predict
    from aulib.runs.probes import PROBES, Trained

    started = time.monotonic()
    if fabric.device.type == "cpu":
        allocator.keep_memory()
    what, recipe = method(declaration.method), declaration.recipe
    corpus, fold, truth, sample = prepared(declaration, progress)
    model, untrained = (build(declaration, len(corpus.aus)) for _ in range(2))
    inputs: Inputs | Points
    if what.sees == "landmarks":
        inputs = Points.of(corpus, fold.train, declaration.crop)
    else:
        inputs = Inputs.of(corpus, fold.train, declaration.crop, model.input_side, recipe.input_scale)
    weights = None if results.partial_of(declaration).is_dir() else trained_weights(declaration)
    if weights is not None:  # trained before a probe was asked for
        record = results.own(declaration)
        assert record is not None
        model.load_state_dict(weights)
        history, earlier = record.arrays("history"), record.about["wall_s"]
        fabric.to_device(model)
    else:
        start_from(declaration, model)
        rows = watched(declaration, sample)
        examples = Examples(inputs, sample, truth[sample], fold.validation, truth[fold.validation], rows)
        stages = declaration.stages
        if (done := train_or_resume(fabric, declaration, model, examples, stages, deadline, progress, started)) is None:
            return
        history, earlier = done
    if fabric.global_rank > 0:
        return
    targets = [
        (load(name, **declaration.corpus_options(name), progress=progress), protocol(rule))
        for name, rule in declaration.test_on
    ]
    files = {
        "history": history,
        corpus.name: recorded.predictions(corpus, fold.test, predict(model, inputs, fold.test, fabric)),
    }
    for target, _ in targets:
        rows = np.arange(len(target))
        files[target.name] = recorded.predictions(target, rows, predict(model, inputs.for_corpus(target), rows, fabric))
    seen = [target for target, _ in targets]
    twin = fabric.to_device(untrained)
    assert isinstance(inputs, Inputs) or not declaration.probes
    tested = (fold.test, targets, fabric, corpus, fold.validation)
    trained = Trained(model, twin, corpus.aus, inputs, *tested, declaration.image_steps)  # type: ignore[arg-type]
    for name in declaration.probes:
        files[f"probe-{name}"] = PROBES[name](trained)
    files["weights"] = {name: t.detach().cpu().numpy() for name, t in model.state_dict().items()}
    about = recorded.about(declaration, corpus, fold, earlier + time.monotonic() - started, fabric.device, seen)
    about |= {
        "training_frames": len(sample),
        "parameters": sum(p.numel() for p in model.parameters()),
        "devices": fabric.world_size,
        "outputs": list(corpus.aus),
        "torch_threads": torch.get_num_threads(),
    }
    write(declaration, about, files)


def watched(declaration: Declaration, sample: np.ndarray) -> np.ndarray | None:
    """Which of the training frames are watched: evenly spread ones, as many as are asked for."""
    if not declaration.track_train_f1:
        return None
    return np.unique(np.linspace(0, len(sample) - 1, min(declaration.track_train_f1, len(sample))).astype(int))
