"""Runs that look through another run's network: SVM on its features, LSTMs over them, fusion of both."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file
from sklearn.svm import LinearSVC

from aulib import paths
from aulib.aus import UNKNOWN
from aulib.errors import AulibError
from aulib.runs import results
from aulib.runs.run import run
from tests import toys

torch = pytest.importorskip("torch")


def made(declaration, **options):
    return run(declaration, progress=False, **options)


def chain(seed=0, **lstm):
    """Spatial network, LSTMs over it, and the fusion of both."""
    spatial = toys.declaration("toy-spatial", seed)
    temporal = toys.declaration(
        "toy-lstm", seed, depends_on=(spatial,), options=lstm, probes=("validation",), budget=25.0
    )
    return spatial, temporal, toys.declaration("toy-fusion", seed, depends_on=(spatial, temporal))


def parts(declaration):
    """Corpus, division and labels of a run, the faces as its network sees them, and the network."""
    from aulib.runs.runners.activations import network_of
    from aulib.runs.runners.common import prepared

    corpus, fold, truth, sample = prepared(declaration, False)
    model, inputs = network_of(declaration)
    return corpus, fold, truth, sample, model, inputs.testing(np.arange(len(corpus)))


def test_the_fused_scores_are_those_of_the_parts_put_together_by_hand(toy):
    """From faces to probabilities with no part of the runner, against what the three runs recorded."""
    spatial, temporal, fused = chain()
    record = made(fused)
    corpus, fold, _, _, model, faces = parts(spatial)
    with torch.no_grad():
        features, logits = model.features_and_logits(faces)
    weights = load_file(results.folder_of(temporal) / results.WEIGHTS)
    mean, components = weights["principal.mean"], weights["principal.components"]
    unscaled = (features.numpy().astype(np.float16).astype(np.float32) - mean) @ components.T
    numbers = unscaled * results.find(temporal).about["factor"]
    assert np.isclose(results.find(temporal).about["factor"], 2.0 / np.sqrt(unscaled[fold.train].var(axis=0).sum()))
    lstm = toys.LSTM.load()(3, features=components.shape[0], cells=8, layers=2).eval()
    lstm.load_state_dict({n: torch.from_numpy(w) for n, w in weights.items() if not n.startswith("principal.")})
    fusion = toys.FUSION.load()(3, hidden=8)
    fusion.load_state_dict(
        {n: torch.from_numpy(w) for n, w in load_file(results.folder_of(fused) / results.WEIGHTS).items()}
    )
    videos = corpus.frames.iloc[fold.test].groupby(["subject", "sequence"]).indices
    scores = np.empty((len(fold.test), 3))
    of_lstm = np.empty((len(fold.test), 3))
    with torch.no_grad():
        for rows in videos.values():
            rows = rows[np.argsort(corpus.frames["frame"].to_numpy()[fold.test][rows])]
            s = lstm(torch.from_numpy(numbers[fold.test[rows]])[None])[0][0]
            stack = torch.stack([torch.tanh(logits[fold.test[rows]] / 2), s], dim=1)
            scores[rows], of_lstm[rows] = torch.sigmoid(fusion(stack)).numpy(), (1 + s.numpy()) / 2
    np.testing.assert_allclose(record.arrays("toy")["scores"], scores, atol=2e-3)
    by_run = results.find(temporal).arrays("toy")
    order = np.lexsort((by_run["frame"], by_run["sequence"], by_run["subject"]))
    assert np.array_equal(by_run["frame"][order], record.arrays("toy")["frame"])
    np.testing.assert_allclose(by_run["scores"][order], of_lstm, atol=2e-3)


def test_it_learns_and_says_what_it_left_out(toy):
    _, temporal, fused = chain()
    made(fused)
    record = results.find(temporal)
    auc = record.arrays("history")["validation_auc"]
    assert auc.max() > 0.6, "faces without a course of time: less than the spatial network, more than chance"
    assert record.about["components"] == 6 and 0.5 < record.about["energy"] <= 1
    assert record.has("probe-validation") and not results.find(fused).has("probe-validation")
    fold = parts(temporal.depends_on[0])[1]
    assert len(record.arrays("probe-validation")["scores"]) == len(fold.validation)


def test_stopped_and_resumed_gives_the_same_record(toy):
    _spatial, temporal, _ = chain()
    whole = made(temporal).digest
    shutil.rmtree(results.folder_of(temporal))
    stops = 0
    while made(temporal, stop_after=0.0) is None:
        stops += 1
    assert stops and results.find(temporal).digest == whole


def test_a_reference_record_without_weights_is_made_again_when_it_is_read(toy):
    spatial, temporal, _ = chain()
    digest = made(spatial).digest
    (results.folder_of(spatial) / results.WEIGHTS).unlink()
    assert made(temporal) is not None
    assert (results.folder_of(spatial) / results.WEIGHTS).is_file() and results.find(spatial).digest == digest


def test_shuffled_order_shows_the_same_frames_in_another_order(toy):
    _, temporal, _ = chain(order="shuffled")
    record = made(temporal).arrays("toy")
    _, plain, _ = chain()
    in_time = made(plain).arrays("toy")
    video = record["subject"] * 100 + record["sequence"]
    assert sorted(zip(video, record["frame"], strict=True)) == sorted(zip(video, in_time["frame"], strict=True))
    assert (np.diff(record["frame"])[np.diff(video) == 0] < 0).any() and (
        np.diff(in_time["frame"])[np.diff(video) == 0] > 0
    ).all()
    with pytest.raises(AulibError, match="order is 'backwards'; expected 'time' or 'shuffled'"):
        made(chain(order="backwards")[1])


def test_no_lively_video_is_an_error_that_names_the_option(toy):
    with pytest.raises(AulibError, match="lower the option least of method 'toy-lstm'"):
        made(chain(least=99.0)[1])


def test_fitting_the_fusion_on_validation_people_leaves_the_training_people_out(toy):
    spatial, _temporal, fused = chain()
    held_out = made(replace(fused, options={"fits_on": "validation"}))
    fold = parts(spatial)[1]
    assert 0 < held_out.about["training_frames"] < len(fold.validation)
    assert made(fused).about["training_frames"] == len(fold.train)


def test_a_linear_classifier_on_the_features_of_another_run(toy):
    spatial = toys.declaration("toy-spatial")
    declared = toys.declaration("toy-svm", depends_on=(spatial,), options={"every": 2, "class_weight": None, "C": 1.0})
    record = made(declared)
    _corpus, fold, truth, sample, model, faces = parts(spatial)
    with torch.no_grad():
        x = model.features(faces).numpy()
    rows = sample[::2]
    mean, sd = x[rows].mean(axis=0), x[rows].std(axis=0)
    sd[sd == 0] = 1
    for column in range(3):
        known = truth[rows, column] != UNKNOWN
        svm = LinearSVC(C=1.0, dual="auto", tol=1e-3, max_iter=5000, random_state=0)
        svm.fit(((x[rows] - mean) / sd)[known], truth[rows, column][known])
        expected = 1 / (1 + np.exp(-svm.decision_function((x[fold.test] - mean) / sd)))
        np.testing.assert_allclose(record.arrays("toy")["scores"][:, column], expected, atol=0.03)


def test_answers_are_computed_once_and_again_if_the_network_changes(toy):
    from lightning_fabric import Fabric

    from aulib.runs.runners.activations import cached_activations

    spatial = toys.declaration("toy-spatial")
    made(spatial)
    corpus, fabric = toys.corpus(), Fabric(accelerator="cpu", devices=1)
    features, logits = cached_activations(spatial, corpus, fabric, False)
    (folder,) = paths.activations().glob("*-toy-v1")
    before = (folder / "features.npy").stat().st_mtime_ns
    again, _ = cached_activations(spatial, corpus, fabric, False)
    assert np.array_equal(features, again) and (folder / "features.npy").stat().st_mtime_ns == before
    assert features.shape == (len(corpus), 16) and logits.shape == (len(corpus), 3)
    other = toys.declaration("toy-spatial", seed=1)
    made(other)
    assert not np.array_equal(cached_activations(other, corpus, fabric, False)[0], features)


def test_watched_frames_are_followed(toy):
    record = made(toys.declaration(track_train_f1=50))
    followed = record.arrays("history")["training_f1"]
    assert followed.shape == (len(record.arrays("history")["evaluated"]), 3)
    assert followed[-1].mean() > followed[0].mean()
    assert "training_f1" not in made(toys.declaration()).arrays("history")


def test_features_before_the_relu_become_those_behind_it(toy):
    from lightning_fabric import Fabric

    from aulib.runs.runners.activations import before_relu, cached_activations

    spatial = toys.declaration("toy-spatial")
    made(spatial)
    corpus, fabric = toys.corpus(), Fabric(accelerator="cpu", devices=1)
    rows = np.array([5, 200, 17])
    raw = before_relu(spatial, corpus, rows, fabric)
    assert raw.shape == (3, 16) and (raw < 0).any()
    positive = np.maximum(raw, 0)
    expected = positive / np.linalg.norm(positive, axis=1, keepdims=True)
    np.testing.assert_allclose(cached_activations(spatial, corpus, fabric, False)[0][rows], expected, atol=1e-3)
