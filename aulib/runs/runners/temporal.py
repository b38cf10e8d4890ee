"""Runs that look through a trained network: the LSTMs over its features, and the fusion of both (Hybrid Sec. 3)."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from aulib.runs import recorded
from aulib.corpus import Corpus
from aulib.runs.declaration import Declaration
from aulib.errors import AulibError
from aulib.runs.methods import method
from aulib.protocols import Split
from aulib.runs.runners.common import needed_weights, prepared, train_or_resume, write
from aulib.runs.runners.activations import cached_activations

#: Option ``loss`` of the temporal network -> function of ``aulib.losses``.
LOSSES = {
    "margin": "margin_loss",
    "margin-printed": "margin_loss_as_printed",
    "cross-entropy": "cross_entropy_of_scores",
}

#: Begins the names of the principal components among the weights.
PCA = "principal."


@dataclass
class _Course:
    """What the temporal network is given of a corpus: features of frames, and their order."""

    numbers: np.ndarray  # (N, K)
    windows: dict[str, list[np.ndarray]]  # part of the division -> rows of each video in reading order
    factor: float  # by which numbers were multiplied, for all the same


def temporal(fabric, declaration: Declaration, deadline: float | None, progress: bool) -> None:
    """Train the LSTMs on the principal components of the features of the network that is read."""
    from aulib.training import allocator
    from aulib.training.examples import Videos
    from aulib.models.sequences import bound, filter_active
    from aulib.training.prediction import predict_videos

    started = time.monotonic()
    if fabric.device.type == "cpu":
        allocator.keep_memory()
    options = method(declaration.method).resolved_options(declaration.profile, declaration.options)
    corpus, fold, truth, _ = prepared(declaration, progress)
    features, _ = cached_activations(declaration.depends_on[0], corpus, fabric, progress)
    principal = _principal(features, fold.train, options["components"])
    course = _course(declaration, corpus, fold, features, principal)
    least = bound(len(corpus.aus), options["least"])
    learning = filter_active(course.windows["train"], truth, least)
    if not learning:
        raise AulibError(
            f"{declaration.label}: no training video of {corpus.name} has {least:.2g} active AUs a frame; lower the "
            f"option least of method {declaration.method!r}"
        )
    videos = Videos(course.numbers, truth, learning, course.windows["validation"], options["piece"], options["silent"])
    model = _network(declaration, len(corpus.aus), course.numbers.shape[1])
    stages = tuple(replace(stage, loss=LOSSES[options["loss"]]) for stage in declaration.stages)
    if (done := train_or_resume(fabric, declaration, model, videos, stages, deadline, progress, started)) is None:
        return
    history, earlier = done
    files: dict[str, Any] = {"history": history}
    for name, part in _wanted(declaration, corpus):
        windows = course.windows[part]
        scores = predict_videos(model, course.numbers, windows, fabric)
        files[name] = recorded.predictions(corpus, _rows(windows), scores)
    files["weights"] = {name: t.detach().cpu().numpy() for name, t in model.state_dict().items()}
    if principal is not None:
        files["weights"] |= {PCA + name: value for name, value in principal.arrays().items()}
    about = recorded.about(declaration, corpus, fold, earlier + time.monotonic() - started, fabric.device)
    about |= {
        "training_frames": int(sum(map(len, learning))),
        "training_videos": len(learning),
        "videos_left_out": len(course.windows["train"]) - len(learning),
        "components": course.numbers.shape[1],
        "factor": course.factor,
        "energy": 1.0 if principal is None else round(principal.energy, 4),
        "parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "outputs": list(corpus.aus),
    }
    write(declaration, about, files)


def fusion(fabric, declaration: Declaration, deadline: float | None, progress: bool) -> None:
    """Train the fusion network on the scores of the spatial and of the temporal network that are read."""
    from aulib.training.examples import Examples
    from aulib.training.inputs import Stacks
    from aulib.training.prediction import predict

    started = time.monotonic()
    what = method(declaration.method)
    options = what.resolved_options(declaration.profile, declaration.options)
    corpus, fold, truth, sample = prepared(declaration, progress)
    stacks = Stacks(_stacked(declaration, corpus, fold, fabric, progress))
    rows, validation = sample, fold.validation
    if options.pop("fits_on") == "validation":  # on people on whom neither network was trained
        videos = (corpus.frames["subject"] + "/" + corpus.frames["sequence"]).to_numpy()[validation]
        first = np.isin(videos, np.unique(videos)[::2])
        rows, validation = validation[first], validation[~first]
    import torch

    torch.manual_seed(declaration.seed)
    model = what.load()(len(corpus.aus), **options)
    examples = Examples(stacks, rows, truth[rows], validation, truth[validation])
    stages = declaration.stages
    if (done := train_or_resume(fabric, declaration, model, examples, stages, deadline, progress, started)) is None:
        return
    history, earlier = done
    files: dict[str, Any] = {"history": history}
    for name, part in _wanted(declaration, corpus):
        of_part = getattr(fold, part)
        files[name] = recorded.predictions(corpus, of_part, predict(model, stacks, of_part, fabric, batch=4096))
    files["weights"] = {name: t.detach().cpu().numpy() for name, t in model.state_dict().items()}
    about = recorded.about(declaration, corpus, fold, earlier + time.monotonic() - started, fabric.device)
    about |= {
        "training_frames": len(rows),
        "parameters": sum(p.numel() for p in model.parameters()),
        "outputs": list(corpus.aus),
    }
    write(declaration, about, files)


def _wanted(declaration: Declaration, corpus: Corpus) -> list[tuple[str, str]]:
    """Files of predictions, and the part of the division behind each."""
    return [(corpus.name, "test")] + [("probe-validation", "validation")] * ("validation" in declaration.probes)


def _principal(features: np.ndarray, train: np.ndarray, components: int):
    """Principal components of the training features; none are taken for 0."""
    from aulib.models.temporal import PrincipalComponents

    return PrincipalComponents.fit(features[train].astype(np.float32), components) if components else None


def _course(declaration: Declaration, corpus: Corpus, fold: Split, features: np.ndarray, principal) -> _Course:
    """Windows of every part, and the numbers of all frames."""
    from aulib.models.sequences import sequences

    options = method(declaration.method).resolved_options(declaration.profile, declaration.options)
    given = np.asarray(features, np.float32)
    numbers = given if principal is None else principal(given)
    factor = np.float32(1)
    if options["spread"]:  # one for all numbers: what is large among them stays large
        factor = np.float32(options["spread"] / np.sqrt(numbers[fold.train].var(axis=0).sum()))
    rng = np.random.default_rng([declaration.seed, 7])
    windows = {}
    for part in ("train", "validation", "test"):
        rows = getattr(fold, part)
        of_part = [rows[some] for some in sequences(corpus.frames.iloc[rows], options["length"])]
        if options["order"] == "shuffled":  # the same frames, whose company no longer says when
            of_part = [rng.permutation(window) for window in of_part]
        windows[part] = of_part
    return _Course(numbers * factor, windows, float(factor))


def _network(declaration: Declaration, aus: int, features: int):
    """The LSTMs with their seeded initial weights."""
    import torch

    what = method(declaration.method)
    options = what.resolved_options(declaration.profile, declaration.options)
    torch.manual_seed(declaration.seed)
    wanted = {name: options[name] for name in ("cells", "layers", "dropout", "bidirectional")}
    return what.load()(aus, features=features, **wanted)


def _stacked(declaration: Declaration, corpus: Corpus, fold: Split, fabric, progress: bool) -> np.ndarray:
    """Signed scores of both networks for all frames, (N, 2, A) float32; NaN for frames outside the division."""
    from aulib.models.temporal import PrincipalComponents
    from aulib.training.prediction import predict_videos

    spatial, of_lstm = declaration.depends_on
    features, logits = cached_activations(spatial, corpus, fabric, progress)
    weights = needed_weights(of_lstm)
    own = {name.removeprefix(PCA): weights.pop(name).numpy() for name in [*weights] if name.startswith(PCA)}
    course = _course(of_lstm, corpus, fold, features, PrincipalComponents.of(own) if own else None)
    model = _network(of_lstm, len(corpus.aus), course.numbers.shape[1])
    model.load_state_dict(weights)
    out = np.full((len(corpus), 2, len(corpus.aus)), np.nan, np.float32)
    out[:, 0] = np.tanh(np.asarray(logits) / 2)
    for windows in course.windows.values():
        if windows:
            out[_rows(windows), 1] = 2 * predict_videos(fabric.to_device(model), course.numbers, windows, fabric) - 1
    return out


def _rows(windows: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(windows) if windows else np.zeros(0, int)
