"""The identity descriptor: people of its own, a training that goes on where it stopped, weights that are checked."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from aulib.errors import AulibError
from aulib.features.__main__ import main
from aulib.features.identity import identity, load, train
from aulib.features.people import PEOPLE_NUMBER, SMALL, Recipe, draw_person, draw_pictures
from aulib.features.vgg import VGG16, _with_weights, vgg_face
from synthface.corpora import SYNTHETIC, Stream
from synthface.face import Identity

TINY = Recipe(people=3, pictures=5, side=32, width=1 / 64, epochs=2, batch=4)


def test_nobody_is_in_a_corpus():
    assert PEOPLE_NUMBER not in {corpus.number for corpus in SYNTHETIC.values()}
    own = {draw_person(SMALL, person).seed for person in range(SMALL.people)}
    theirs = {
        Identity.draw(corpus.rng(seed, Stream.IDENTITY, person), corpus.population).seed
        for corpus in SYNTHETIC.values()
        for person in range(corpus.subjects)
        for seed in (0, 1)
    }
    assert len(own) == SMALL.people
    assert not own & theirs


def test_pictures_are_fixed_and_all_different():
    pictures = draw_pictures(TINY, 1)
    assert pictures.shape == (5, 36, 36, 3)
    assert len(np.unique(pictures.reshape(5, -1), axis=0)) == 5
    np.testing.assert_array_equal(draw_pictures(TINY, 1), pictures)


@pytest.fixture
def colours(home, monkeypatch):
    """Instead of people, who take seconds to draw: noise around a colour of each."""

    def draw(recipe, person):
        rng = np.random.default_rng(person)
        size = (recipe.pictures, recipe.drawn_side, recipe.drawn_side, 3)
        return (rng.integers(0, 150, 3) + rng.integers(0, 100, size)).astype(np.uint8)

    monkeypatch.setattr("aulib.features.people.draw_pictures", draw)
    return home


def test_training_learns_to_name_people(colours):
    recipe = Recipe(people=4, pictures=20, side=32, width=1 / 16, epochs=12, batch=8)
    about = train(recipe, progress=False)
    assert about["loss"][-1] < 0.5 * about["loss"][0]
    assert (about["chance"], about["held_out"]) == (0.25, 16)
    assert about["accuracy"] >= 0.75


def test_a_stopped_training_ends_at_the_same_weights(colours, monkeypatch):
    whole = train(TINY, progress=False)
    monkeypatch.setenv("AULIB_CORPORA", str(colours / "other" / "corpora"))
    with pytest.raises(KeyboardInterrupt):
        train(TINY, progress=False, stop=lambda epoch: epoch == 1)
    assert not TINY.folder.exists()
    again = train(TINY, progress=False)
    assert again == whole
    assert sorted(file.name for file in TINY.folder.iterdir()) == ["descriptor.json", "weights.safetensors"]
    assert TINY.folder.parent == colours / "other" / "descriptors"


def test_damaged_weights_are_an_error(colours):
    train(TINY, progress=False)
    weights = TINY.folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(AulibError, match=r"weights\.safetensors differs from its checksum; delete .* made again"):
        load(TINY, progress=False)
    weights.unlink()
    with pytest.raises(AulibError, match="is missing"):
        load(TINY, progress=False)
    (TINY.folder / "descriptor.json").write_text("{")
    with pytest.raises(AulibError, match=r"descriptor\.json: cannot be read"):
        load(TINY, progress=False)


def test_a_finished_training_is_not_repeated(colours, monkeypatch):
    train(TINY, progress=False)
    monkeypatch.setattr("aulib.features.people.draw_pictures", None)
    feature = identity(TINY, progress=False)
    face = np.full((1, 40, 40, 3), 90, np.uint8)
    numbers = feature(face, np.zeros((1, 68, 2)))
    assert numbers.shape == (1, 64)
    np.testing.assert_allclose(np.linalg.norm(numbers, axis=1), 1, rtol=1e-5)


def test_the_command(home, capsys):
    short = ["--people", "2", "--pictures", "5", "--side", "32", "--width", "0.015625", "--epochs", "1"]
    assert main([*short, "--workers", "1"]) == 0
    assert "of 2 held-out pictures of 2 people (chance 50.0%)" in capsys.readouterr().out
    folder = next((home / "cache" / "descriptors").glob("identity-*"))
    assert json.loads((folder / "descriptor.json").read_text())["recipe"]["people"] == 2
    assert main(["--people", "1"]) == 1
    assert "at least 2 people" in capsys.readouterr().err


def test_vgg_16_has_the_published_size():
    with torch.device("meta"):
        network = VGG16(2622)
        assert network(torch.empty(1, 3, 224, 224)).shape == (1, 2622)
    assert sum(p.numel() for p in network.parameters()) == 145_002_878
    assert list(network.state_dict())[:3] == ["conv1_1.weight", "conv1_1.bias", "conv1_2.weight"]
    with pytest.raises(ValueError, match="multiple of 32"):
        VGG16(2, side=50)


def test_files_that_are_not_vgg_face_are_errors(tmp_path):
    file = tmp_path / "weights.pth"
    face = np.zeros((1, 40, 40, 3), np.uint8), np.zeros((1, 68, 2))
    feature = vgg_face(file)
    with pytest.raises(AulibError, match=r"weights\.pth: no weights can be read \(FileNotFoundError\)"):
        feature(*face)
    file.write_bytes(b"no weights")
    with pytest.raises(AulibError, match="no weights can be read"):
        feature(*face)
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, file)
    with pytest.raises(AulibError, match=r"lacks 'conv1_1\.weight', so it is no state dict .* features\.0\.weight"):
        feature(*face)
    torch.save({"conv1_1.weight": torch.zeros(8, 3, 3, 3)}, file)
    with pytest.raises(AulibError, match=r"conv1_1\.weight is \(8, 3, 3, 3\), VGG-face has \(64, 3, 3, 3\)"):
        feature(*face)


def test_a_state_dict_of_vgg_face_is_taken(monkeypatch, tmp_path):
    """With the layers' names and a hundredth of their sizes: the true ones take 0.6 GB."""
    monkeypatch.setattr("aulib.features.vgg.GROUPS", ((2, 2), (2, 2), (3, 3), (4, 3), (4, 3)))
    monkeypatch.setattr("aulib.features.vgg.HIDDEN", 8)
    given = VGG16(2622)
    weights = {name: value for name, value in given.state_dict().items() if not name.startswith("fc8")}
    torch.save({"state_dict": weights}, tmp_path / "vgg.pth")
    network = _with_weights(tmp_path / "vgg.pth")
    faces = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)
    numbers = vgg_face(tmp_path / "vgg.pth").describe(faces, np.zeros((2, 68, 2)))
    batch = torch.from_numpy(faces.astype(np.float32) - np.float32([129.1863, 104.7624, 93.5940])).permute(0, 3, 1, 2)
    with torch.no_grad():
        expected = given.eval().features(batch)
        np.testing.assert_allclose(network.eval().features(batch), expected, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(numbers, torch.nn.functional.normalize(expected).numpy(), rtol=1e-3, atol=1e-5)
