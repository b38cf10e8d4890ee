"""Two CPU processes under Lightning Fabric train the same network as one."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("lightning_fabric")


def _train(fabric, path: str) -> None:
    import torch

    from aulib.training.examples import Examples
    from aulib.training.inputs import Inputs
    from aulib.training.loop import fit
    from tests import toys

    corpus = toys.corpus()
    rows = np.arange(192)
    inputs = Inputs(corpus.faces, 20, 20, Inputs.mean_image(corpus.faces, rows, 20), 58.0)
    truth = corpus.occurrence()
    torch.manual_seed(0)
    model = toys.TinyNet(3, dropout=0.0)  # every process would drop other units
    fit(
        model,
        Examples(inputs, rows, truth[:192], np.arange(192, 288), truth[192:]),
        toys.ONE.stages,
        toys.RECIPE,
        image_steps=16 * 30,
        seed=0,
        fabric=fabric,
        progress=False,
    )
    if fabric.global_rank == 0:
        np.savez(path, **{name: t.detach().numpy() for name, t in model.state_dict().items()})


@pytest.mark.slow
def test_two_processes_give_the_weights_of_one(tmp_path):
    from lightning_fabric import Fabric

    _train(Fabric(accelerator="cpu", devices=1), str(tmp_path / "one.npz"))
    two = Fabric(accelerator="cpu", devices=2, strategy="ddp_spawn")
    two.launch(_train, str(tmp_path / "two.npz"))
    one, other = np.load(tmp_path / "one.npz"), np.load(tmp_path / "two.npz")
    for name in one.files:
        np.testing.assert_allclose(one[name], other[name], atol=2e-4, err_msg=name)


def _writes_its_label(fabric, declaration, deadline, progress) -> None:
    with open(f"{declaration.options['folder']}/{fabric.global_rank}", "w") as file:
        file.write(declaration.label)


def test_a_declaration_reaches_every_process(tmp_path):
    from lightning_fabric import Fabric

    from aulib.runs.run import launch
    from tests import toys

    toys.register()
    declaration = toys.declaration()
    toys.unregister()
    declaration.options["folder"] = str(tmp_path)
    launch(Fabric(accelerator="cpu", devices=2, strategy="ddp_spawn"), _writes_its_label, declaration, None, False)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == dict.fromkeys("01", "toy-one-0")
