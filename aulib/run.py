"""run(declaration) -> record.  A finished key is never run again; an unfinished one goes on where it stopped."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from aulib import recorded, results
from aulib.datasets import load
from aulib.datasets.base import FRAME_KEY, Corpus
from aulib.declarations import Declaration
from aulib.errors import AulibError
from aulib.locking import lock
from aulib.methods import method
from aulib.protocols import Split, protocol, sample_frames, split


def run(
    declaration: Declaration,
    *,
    stop_after: float | None = None,
    devices: int = 1,
    accelerator: str = "auto",
    progress: bool = True,
    force: bool = False,
) -> results.Record | None:
    """Make the record of a declaration, or return it if it is there.

    Parameters
    ----------
    declaration : Declaration
    stop_after : float, optional
        Seconds after which training writes a checkpoint and stops; the next call goes on from it.
    devices : int
        GPUs, or processes on a CPU.
    accelerator : {'auto', 'cpu', 'gpu', …}
        As Lightning Fabric names them.
    progress : bool
    force : bool
        Make the record on this machine even if a reference record exists.

    Returns
    -------
    Record or None
        None if it was stopped.
    """
    if found := _complete(declaration, force):
        return found
    if declaration.init_from is not None and not _has_weights(declaration.init_from):
        if (
            run(
                declaration.init_from,
                stop_after=stop_after,
                devices=devices,
                accelerator=accelerator,
                progress=progress,
                force=True,
            )
            is None
        ):
            return None
    deadline = None if stop_after is None else time.monotonic() + stop_after
    try:
        with lock(results.folder_of(declaration)), _threads(declaration, devices):
            # Another process may have made the record while this one waited for the lock.
            return _complete(declaration, force) or _make(declaration, deadline, progress, devices, accelerator)
    except OSError as error:
        raise results.storage_error(results.folder_of(declaration), error) from error


@contextmanager
def _threads(declaration: Declaration, devices: int) -> Iterator[None]:
    """Keep every library to the profile's threads: more of them than cores wait for each other most of the time."""
    import cv2
    import torch
    from threadpoolctl import threadpool_limits

    if devices > 1:
        yield
        return
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(declaration.budgeted.threads)
    cv2.setNumThreads(declaration.budgeted.threads)
    try:
        with threadpool_limits(declaration.budgeted.threads):
            yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])


def _make(
    declaration: Declaration, deadline: float | None, progress: bool, devices: int, accelerator: str
) -> results.Record | None:
    options = (declaration, deadline, progress)
    kind = method(declaration.method).kind
    if kind == "linear":
        return _linear(*options)
    if kind == "timing":
        return _timing(*options, accelerator=accelerator)
    from lightning_fabric import Fabric

    fabric = Fabric(
        accelerator=accelerator,
        devices=devices,
        precision=declaration.budgeted.precision,  # type: ignore
        strategy="ddp_spawn" if devices > 1 else "auto",
    )
    if devices > 1:
        fabric.launch(_network, *options)  # type: ignore[arg-type]
    else:
        _network(fabric, *options)
    return results.find(declaration) if results.folder_of(declaration).is_dir() else None


def _complete(declaration: Declaration, own: bool) -> results.Record | None:
    """The record, if it has every part its declaration asks for (and was made on this machine, if `own`)."""
    found = results.find(declaration)
    if found is None or (own and found.folder != results.folder_of(declaration)):
        return None
    wanted = [corpus for corpus, _ in declaration.test_on] + [f"probe-{name}" for name in declaration.probes]
    return found if all(found.has(name) for name in wanted) else None


def _has_weights(declaration: Declaration) -> bool:
    """Whether a finished run's weights lie on this machine; a folder without its record.json is no finished run."""
    return all((results.folder_of(declaration) / name).is_file() for name in ("record.json", results.WEIGHTS))


def _network(fabric, declaration: Declaration, deadline: float | None, progress: bool) -> None:
    """Train a network (or take its weights), test it, probe it, write the record."""
    import torch

    from aulib import allocator
    from aulib.inputs import Examples, Inputs, Points
    from aulib.probes import PROBES, Trained
    from aulib.train import Stopped, fit, predict

    started = time.monotonic()
    if fabric.device.type == "cpu":
        allocator.keep_memory()
    what, budget, recipe = method(declaration.method), declaration.budgeted, declaration.recipe
    corpus, fold, truth, sample = _prepared(declaration, budget, progress)
    model, untrained = (_build(declaration, len(corpus.aus)) for _ in range(2))
    inputs: Inputs | Points
    if what.sees == "landmarks":
        inputs = Points.of(corpus, fold.train, declaration.crop)
    else:
        inputs = Inputs.of(corpus, fold.train, declaration.crop, model.input_side, recipe.input_scale)
    if declaration.probes and not isinstance(inputs, Inputs):
        raise AulibError(
            f"{declaration.label}: probes look at faces, and {what.name!r} sees landmarks; drop its probes"
        )
    folder = results.folder_of(declaration)
    partial = folder.with_name(f"{folder.name}.partial")
    if _has_weights(declaration):  # trained before a probe was asked for
        from safetensors.torch import load_file

        record = results.Record(folder)
        model.load_state_dict(load_file(folder / results.WEIGHTS))
        history, earlier = record.arrays("history"), record.about["wall_s"]
        fabric.to_device(model)
    else:
        _start_from(declaration, model)
        examples = Examples(inputs, sample, truth[sample], fold.validation, truth[fold.validation])
        earlier = _spent(partial)
        try:
            history = fit(
                model,
                examples,
                what.stages,
                recipe,
                image_steps=declaration.image_steps,
                seed=declaration.seed,
                fabric=fabric,
                checkpoint=partial,
                deadline=deadline,
                progress=progress,
                title=declaration.label,
            ).arrays()
        except Stopped as stop:
            if fabric.global_rank == 0:
                _spend(partial, earlier + time.monotonic() - started)
                print(f"{declaration.label}: {stop}; run the same command again to go on", file=sys.stderr)
            return
        except OSError as error:
            raise results.storage_error(partial, error) from error
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
        files[target.name] = recorded.predictions(target, rows, predict(model, inputs.seeing(target), rows, fabric))
    twin = fabric.to_device(untrained)
    trained = Trained(model, twin, corpus.aus, inputs, fold.test, targets, fabric, corpus, fold.validation)  # type: ignore
    for name in declaration.probes:
        files[f"probe-{name}"] = PROBES[name](trained)
    files["weights"] = {name: t.detach().cpu().numpy() for name, t in model.state_dict().items()}
    about = recorded.about(declaration, corpus, fold, earlier + time.monotonic() - started, fabric.device)
    about |= {
        "training_frames": len(sample),
        "parameters": sum(p.numel() for p in model.parameters()),
        "devices": fabric.world_size,
        "outputs": list(corpus.aus),
        "torch_threads": torch.get_num_threads(),
    }
    results.write(declaration, about, files)
    shutil.rmtree(partial, ignore_errors=True)


def _linear(declaration: Declaration, deadline: float | None, progress: bool) -> results.Record:
    """Features at landmarks and a linear classifier for each AU."""
    from aulib.models.sift import INNER, sift_at_landmarks
    from aulib.progress import bar as progress_bar

    started = time.monotonic()
    budget, what = declaration.budgeted, method(declaration.method)
    corpus, fold, truth, sample = _prepared(declaration, budget, progress)
    classifier = what.load()(**what.resolved_options(declaration.profile, declaration.options))

    def features(of: Corpus, rows: np.ndarray, title: str) -> np.ndarray:
        _has_points(declaration.label, of, rows, INNER)
        chunks = [rows[start : start + 256] for start in range(0, len(rows), 256)]
        bar = progress_bar(chunks, desc=f"{declaration.label}, {title}", disable=not progress)
        return np.concatenate([sift_at_landmarks(of.faces[chunk], of.landmarks[chunk]) for chunk in bar])

    classifier.fit(features(corpus, sample, "training features"), truth[sample])
    files = {
        corpus.name: recorded.predictions(
            corpus, fold.test, _squash(classifier.decision(features(corpus, fold.test, "test features")))
        )
    }
    for name, _ in declaration.test_on:
        target = load(name, **declaration.corpus_options(name), progress=progress)
        rows = np.arange(len(target))
        files[name] = recorded.predictions(target, rows, _squash(classifier.decision(features(target, rows, name))))
    files["probe-patches"] = {"importance": classifier.patch_importance()}
    files["weights"] = classifier.to_arrays()
    about = recorded.about(declaration, corpus, fold, time.monotonic() - started, "cpu")
    return results.write(declaration, about | {"training_frames": len(sample), "outputs": list(corpus.aus)}, files)


def _timing(declaration: Declaration, deadline: float | None, progress: bool, accelerator: str) -> results.Record:
    """Measure iteration times; the only kind of run that is not repeatable to the bit."""
    import torch

    started = time.monotonic()
    budget, what = declaration.budgeted, method(declaration.method)
    device = torch.device("cuda" if torch.cuda.is_available() and accelerator != "cpu" else "cpu")
    if device.type == "cpu":
        from aulib import allocator

        allocator.keep_memory()
    options = what.resolved_options(declaration.profile, declaration.options)
    trials, iterations = budget.timing
    times = what.load()(
        scale=budget.scale, trials=trials, iterations=iterations, device=device, progress=progress, **options
    )
    about = recorded.environment(device) | {"wall_s": round(time.monotonic() - started, 1), "batch": options["batch"]}
    return results.write(declaration, about, {"probe-timing": times})


def _prepared(declaration: Declaration, budget, progress: bool) -> tuple[Corpus, Split, np.ndarray, np.ndarray]:
    """Corpus, fold, labels, and the rows of the training sample."""
    corpus = load(declaration.corpus, **declaration.corpus_options(), progress=progress)
    rule = protocol(declaration.protocol)
    fold = split(corpus.frames, rule, declaration.fold)
    truth = corpus.occurrence(rule.threshold)
    videos = (corpus.frames["subject"] + "/" + corpus.frames["sequence"]).to_numpy()
    drawn = sample_frames(truth[fold.train], videos[fold.train], rule.positives, rule.negatives, declaration.seed)
    return corpus, fold, truth, fold.train[drawn]


def _has_points(label: str, corpus: Corpus, rows: np.ndarray, needed: Sequence[int]) -> None:
    """Raise `AulibError` naming a frame that lacks one of the landmarks that are needed."""
    lacking = ~np.isfinite(corpus.landmarks[rows][:, list(needed)]).all(axis=(1, 2))
    if lacking.any():
        frame = "/".join(map(str, corpus.frames.iloc[rows[lacking][0]][list(FRAME_KEY)]))
        raise AulibError(
            f"{label} describes faces at {len(needed)} landmarks, and {lacking.sum():,} of {len(rows):,} frames of "
            f"{corpus.name} lack some, {frame} first; complete the table of landmarks, or drop these frames from it: "
            f"a detector then looks for them when the copy is prepared --again"
        )


def _build(declaration: Declaration, outputs: int):
    """The network with its seeded initial weights."""
    import torch

    what = method(declaration.method)
    torch.manual_seed(declaration.seed)
    return what.load()(
        outputs, scale=declaration.budgeted.scale, **what.resolved_options(declaration.profile, declaration.options)
    )


def _start_from(declaration: Declaration, model) -> None:
    """Take over the weights of another run wherever names and shapes agree."""
    if declaration.init_from is None:
        return
    from safetensors.torch import load_file

    given = load_file(results.folder_of(declaration.init_from) / results.WEIGHTS)
    own = model.state_dict()
    shared = {name: tensor for name, tensor in given.items() if name in own and own[name].shape == tensor.shape}
    if not shared:
        raise AulibError(
            f"{declaration.label} starts from {declaration.init_from.label}, but no weight of the two has "
            f"the same name and shape"
        )
    model.load_state_dict(shared, strict=False)


def _squash(decision: np.ndarray) -> np.ndarray:
    """Decision values to (0, 1), zero to one half, so that one threshold serves every method."""
    return 1 / (1 + np.exp(-np.clip(decision, -30, 30)))


def _spent(partial: Path) -> float:
    file = partial / "seconds.txt"
    return float(file.read_text()) if file.is_file() else 0.0


def _spend(partial: Path, seconds: float) -> None:
    (partial / "seconds.txt").write_text(f"{seconds:.1f}")
