"""Golden outputs: a change of behaviour without a new version fails here, because old records would be taken for new.

After a deliberate change raise the component's version, then ``python -m tests.test_golden --write``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

FILE = Path(__file__).parent / "golden.npz"


def versions() -> dict[str, int]:
    """Component -> version that stands in run keys."""
    from aulib.runs.declaration import LOOP_VERSION
    from aulib.runs.methods import METHODS, TRAINED
    from synthface import VERSION

    return {
        "corpus-faces": VERSION,
        "corpus-labels": VERSION,
        "loop": LOOP_VERSION,
        **{f"method-{m.name}": m.version for m in METHODS.values() if m.kind in TRAINED},
        "method-lsvm": METHODS["lsvm"].version,
    }


def faces() -> np.ndarray:
    """Mean colours, on a coarse grid, of faces with different AUs."""
    from synthface.gallery import showing

    images = np.stack([showing(n, aus, 64) for n, aus in enumerate(({}, {12: 5, 6: 3}, {1: 4, 4: 2, 26: 5}))])
    return images.reshape(3, 8, 8, 8, 8, 3).mean(axis=(2, 4)).astype(np.float32)


def labels() -> np.ndarray:
    """Codes of three people."""
    from dataclasses import replace

    from synthface import corpora, script

    return script.write(replace(corpora.SYNTHETIC["synth-bp4d"], subjects=3), None, 0, 6).codes


def network(name: str) -> np.ndarray:
    """Logits of a freshly initialised half-size network."""
    import torch

    from aulib.runs.methods import METHODS

    torch.manual_seed(0)
    method = METHODS[name]
    if method.kind != "network":
        return scores_of_scores(method)
    net = method.load()(12, scale=0.5, **method.resolved_options("laptop", {})).eval()
    shape = (2, 136) if method.sees == "landmarks" else (2, 3, net.input_side, net.input_side)
    x = torch.from_numpy(np.random.default_rng(0).normal(size=shape).astype(np.float32))
    with torch.no_grad():
        return net(x).numpy()


def scores_of_scores(method) -> np.ndarray:
    """Outputs of a freshly initialised network that reads what another one answers."""
    import torch

    rng, options = np.random.default_rng(0), method.resolved_options("laptop", {})
    if method.kind == "temporal":
        net = method.load()(12, features=20, **{k: options[k] for k in ("cells", "layers", "dropout", "bidirectional")})
        given = rng.normal(size=(2, 9, 20))
    else:
        net = method.load()(12, hidden=options["hidden"])
        given = rng.uniform(-1, 1, (3, 2, 12))
    with torch.no_grad():
        return next(iter(net.eval()(torch.from_numpy(given.astype(np.float32))))).numpy()


def loop() -> np.ndarray:
    """Losses of a short training."""
    import torch
    from lightning_fabric import Fabric

    from aulib.training.examples import Examples
    from aulib.training.inputs import Inputs
    from aulib.training.loop import fit
    from tests import toys

    corpus, rows = toys.corpus(), np.arange(160)
    torch.manual_seed(0)
    inputs = Inputs(corpus.faces, 20, 20, Inputs.mean_image(corpus.faces, rows, 20), 58.0)
    truth = corpus.occurrence()
    examples = Examples(inputs, rows, truth[rows], rows[:40], truth[:40])
    history = fit(toys.TinyNet(3), examples, toys.ONE.stages, toys.RECIPE, image_steps=16 * 15, seed=0,
                  fabric=Fabric(accelerator="cpu", devices=1), progress=False)  # fmt: skip
    return history.arrays()["loss"]


def svm() -> np.ndarray:
    """Decisions of the linear classifier on SIFT features."""
    from aulib.models.sift import LinearSVM, sift_at_landmarks

    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (24, 64, 64, 3)).astype(np.uint8)
    landmarks = np.tile(rng.uniform(16, 48, (68, 2)).astype(np.float32), (24, 1, 1))
    features = sift_at_landmarks(images, landmarks)
    truth = (rng.random((24, 2)) < 0.5).astype(np.int8)
    return LinearSVM().fit(features, truth).decision(features)[:6]


def outputs() -> dict[str, np.ndarray]:
    """Everything that is compared."""
    networks = {name: network(name.removeprefix("method-")) for name in versions() if name.startswith("method-")
                and name != "method-lsvm"}  # fmt: skip
    return {"corpus-faces": faces(), "corpus-labels": labels(), "loop": loop(), "method-lsvm": svm(), **networks}


#: Largest difference that another processor or library may make.
TOLERANCE = {"corpus-faces": 1.5, "corpus-labels": 0, "method-lsvm": 0.05}


@pytest.mark.parametrize("name", sorted(versions()))
def test_behaviour_is_that_of_its_version(name):
    stored = np.load(FILE)
    assert int(stored[f"{name}.version"]) == versions()[name], "write the golden outputs of the new version"
    maker = {"corpus-faces": faces, "corpus-labels": labels, "loop": loop, "method-lsvm": svm}
    now = maker[name]() if name in maker else network(name.removeprefix("method-"))
    np.testing.assert_allclose(
        np.asarray(now, float), np.asarray(stored[name], float), atol=TOLERANCE.get(name, 2e-3), rtol=1e-3,
        err_msg=f"{name} computes something else than before: raise its version if that is meant",
    )  # fmt: skip


if __name__ == "__main__" and "--write" in sys.argv:
    np.savez_compressed(FILE, **outputs(), **{f"{name}.version": np.array(v) for name, v in versions().items()})
    print(f"wrote {FILE}")
