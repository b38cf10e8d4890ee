"""Temporal network against a loop over gates, PCA against scikit-learn, windows against their description."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from aulib.losses import margin_loss
from aulib.models import PrincipalComponents, TemporalNetwork
from aulib.models.sequences import active_aus, bound, filter_active, sequences, silent_start, subsequences
from aulib.models.temporal import detached


def small(**options):
    return TemporalNetwork(**{"aus": 3, "features": 6, "cells": 5} | options)


# ---- network


def test_parameters_count_one_bias_a_gate():
    with torch.device("meta"):
        network, wide = TemporalNetwork(12), TemporalNetwork(12, features=4096)
    trained = {name: p.numel() for name, p in network.named_parameters() if p.requires_grad}
    assert sum(trained.values()) == 2_365_452
    layers = [sum(n for name, n in trained.items() if name.endswith(f"_l{k}")) for k in range(3)]
    assert layers == [1_311_744, 525_312, 525_312] and trained["lstm.weight_ih_l0"] + 4 * 256 * 256 == 1_310_720
    assert sum(p.numel() for p in wide.parameters() if p.requires_grad) == 5_511_180
    # PyTorch's second bias: 4 x 256 in each of three layers, fixed
    assert sum(p.numel() for p in network.parameters()) - 2_365_452 == 3 * 4 * 256


def by_loop(network, x):
    """Three layers of gates and a tanh output, for one sequence (T, D)."""
    weights = {name: p.detach().double() for name, p in network.named_parameters()}
    inputs = list(x.double())
    for layer in range(3):
        cells = weights[f"lstm.weight_hh_l{layer}"].shape[1]
        h = c = torch.zeros(cells, dtype=torch.double)
        outputs = []
        for value in inputs:
            sums = weights[f"lstm.weight_ih_l{layer}"] @ value + weights[f"lstm.weight_hh_l{layer}"] @ h
            i, f, g, o = (sums + weights[f"lstm.bias_ih_l{layer}"]).split(cells)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            outputs.append(h)
        inputs = outputs
    return torch.stack([torch.tanh(weights["output.weight"] @ h + weights["output.bias"]) for h in inputs])


def test_equals_the_gates_written_out():
    network, x = small(init_range=1.0).eval(), torch.randn(2, 7, 6)
    scores, state = network(x)
    for n in range(2):
        torch.testing.assert_close(scores[n].double(), by_loop(network, x[n]), rtol=1e-4, atol=1e-5)
    assert scores.abs().max() <= 1 and state[0].shape == state[1].shape == (3, 2, 5)
    torch.testing.assert_close(network.features(x)[0][:, -1], state[0][-1])


@pytest.mark.parametrize("piece", [1, 4, 13, 99])
def test_pieces_with_the_state_handed_on_are_the_whole(piece):
    network, x = small(init_range=1.0).eval(), torch.randn(2, 13, 6)
    torch.testing.assert_close(network.in_pieces(x, piece), network(x)[0])
    alone = torch.cat([network(part)[0] for part in x.split(4, dim=1)], dim=1)
    assert not torch.allclose(alone[:, 4:], network(x)[0][:, 4:]), "the state matters"


def test_the_past_does_not_see_the_future_unless_bidirectional():
    x = torch.randn(1, 9, 6)
    other = x.clone()
    other[:, 6:] += 1
    one, both = small(init_range=1.0).eval(), small(init_range=1.0, bidirectional=True).eval()
    torch.testing.assert_close(one(x)[0][:, :6], one(other)[0][:, :6])
    assert ((both(x)[0] - both(other)[0])[:, :6].abs().amax(-1) > 1e-6).all()
    assert both.feature_dim == 10 and both.features(x)[0].shape == (1, 9, 10)
    scores, state = both(x)
    assert state is None
    torch.testing.assert_close(both.in_pieces(x, 4), scores)
    with pytest.raises(ValueError, match="takes no state"):
        both(x, one(x)[1])


@pytest.mark.parametrize("bidirectional", [False, True])
def test_first_weights(bidirectional):
    network = small(cells=40, bidirectional=bidirectional)
    for name, p in network.named_parameters():
        if "bias_hh" in name:
            assert (p == 0).all() and not p.requires_grad
        elif "bias_ih" in name:
            assert (p[40:80] == 1).all() and p[:40].abs().max() <= 0.08 and p[80:].abs().max() <= 0.08
        else:
            assert p.abs().max() <= 0.08
            if p.numel() > 100:
                assert p.abs().max() > 0.075 and p.std().item() == pytest.approx(0.08 / 3**0.5, rel=0.1)
    drawn = small(cells=40, forget_bias=None).lstm.bias_ih_l0
    assert drawn.abs().max() <= 0.08 and drawn[40:80].std() > 0.02
    states = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        states.append(small().state_dict()["lstm.weight_hh_l2"])
    assert torch.equal(states[0], states[1]) and not torch.equal(states[0], states[2])


def test_dropout_on_input_and_every_hidden_layer():
    x = torch.randn(1, 4, 6)
    network = small(init_range=1.0)
    assert network.lstm.dropout == 0.5
    assert not torch.equal(network(x)[0], network(x)[0])
    calm = small(dropout=0.0)
    assert torch.equal(calm(x)[0], calm(x)[0])
    network.eval()
    assert torch.equal(network(x)[0], network(x)[0])
    seen = []
    handle = network.train().lstm.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    network(torch.ones(4, 50, 6))
    handle.remove()
    assert seen[0].unique().tolist() == [0, 2] and (seen[0] == 0).float().mean().item() == pytest.approx(0.5, abs=0.06)
    # with everything dropped nothing but the output's bias is left, in every frame
    deaf = small(dropout=1.0)
    torch.testing.assert_close(deaf(x)[0], torch.tanh(deaf.output.bias).expand(1, 4, 3))


def test_detached_state_ends_back_propagation():
    network, x = small(dropout=0.0), torch.randn(1, 4, 6, requires_grad=True)
    _, state = network(x)
    network(torch.randn(1, 2, 6), detached(state))[0].sum().backward()
    assert x.grad is None
    network(torch.randn(1, 2, 6), state)[0].sum().backward()
    assert (x.grad != 0).any()
    assert detached(None) is None


def test_remembers_what_one_frame_cannot_show():
    """Present from a start signal to a stop signal: impossible without a memory.  Unknown labels teach nothing."""
    rng = np.random.default_rng(0)
    x, truth = torch.zeros(8, 24, 2), torch.zeros(8, 24, 2, dtype=torch.int8)
    for n in range(8):
        start, stop = sorted(rng.choice(np.arange(2, 24), 2, replace=False))
        x[n, start, 0] = x[n, stop, 1] = 1
        truth[n, start:stop, 0] = 1
    truth[..., 1] = -1
    network = TemporalNetwork(2, features=2, cells=24, layers=2, dropout=0.0)
    before = network.output.weight[1].detach().clone()
    optimiser = torch.optim.RMSprop([p for p in network.parameters() if p.requires_grad], 5e-3, alpha=0.95)
    for _ in range(200):
        loss = margin_loss(network(x)[0], truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if loss < 0.02:
            break
    assert loss < 0.05
    assert torch.equal(network.output.weight[1], before)


# ---- principal components


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    return (rng.normal(size=(300, 20)) @ rng.normal(size=(20, 20)) + 5).astype(np.float32)


def test_components_are_those_of_scikit_learn(features):
    ours, theirs = PrincipalComponents.fit(features, 7), PCA(7, svd_solver="full").fit(features)
    np.testing.assert_allclose(ours.variances, theirs.explained_variance_, rtol=1e-4)
    assert ours.energy == pytest.approx(theirs.explained_variance_ratio_.sum(), rel=1e-5)
    signs = np.sign((ours.components * theirs.components_).sum(axis=1))
    np.testing.assert_allclose(ours.components * signs[:, None], theirs.components_, atol=1e-3)
    other = features[:9] + 1
    np.testing.assert_allclose(ours(other) * signs, theirs.transform(other), atol=2e-2)
    assert ours(other).dtype == np.float32 and ours(other).shape == (9, 7)
    assert (np.take_along_axis(ours.components, np.abs(ours.components).argmax(1)[:, None], 1) > 0).all()


@pytest.mark.parametrize("energy", [0.3, 0.9, 0.98])
def test_fewest_components_that_reach_the_energy(features, energy):
    ours = PrincipalComponents.fit(features, None, energy=energy)
    theirs = PCA(energy, svd_solver="full").fit(features)
    assert len(ours.components) == theirs.n_components_
    assert ours.energy >= energy > ours.variances[:-1].sum() / ours.total


def test_the_smaller_of_two_wishes(features):
    assert len(PrincipalComponents.fit(features, 2, energy=0.98).components) == 2
    assert len(PrincipalComponents.fit(features, 19, energy=0.3).components) < 19


def test_no_more_components_than_there_are(features):
    few = PrincipalComponents.fit(features[:6])
    assert few.components.shape == (5, 20) and few.energy == pytest.approx(1)
    whole = PrincipalComponents.fit(features)
    assert whole.components.shape == (20, 20)
    # a rotation: distances are kept, nothing is whitened
    a, b = whole(features[:1]), whole(features[1:2])
    assert np.linalg.norm(a - b) == pytest.approx(np.linalg.norm(features[0] - features[1]), rel=1e-4)
    assert len(PrincipalComponents.fit(features, None, energy=1.0).components) <= 20


def test_many_frames_are_summed_block_by_block():
    many = np.random.default_rng(1).normal(size=(9000, 4)).astype(np.float32)
    covariance = np.cov(many.T.astype(np.float64))
    np.testing.assert_allclose(PrincipalComponents.fit(many).variances, np.linalg.eigvalsh(covariance)[::-1], rtol=1e-5)


@pytest.mark.parametrize(
    ("rows", "options", "says"),
    [(1, {}, "1 frames"), (9, {"components": 0}, "components 0"), (9, {"energy": 98}, "energy 98"), (0, {}, "0 fr")],
)
def test_pca_clear_errors(features, rows, options, says):
    with pytest.raises(ValueError, match=says):
        PrincipalComponents.fit(features[:rows], **options)
    with pytest.raises(ValueError, match="no components"):
        PrincipalComponents.fit(np.ones((5, 3)))


# ---- sequences

VIDEOS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 3), st.integers(0, 40)), min_size=1, max_size=60, unique=True
)


@settings(max_examples=60, deadline=None)
@given(VIDEOS, st.integers(1, 12), st.none() | st.integers(1, 5))
def test_windows_hold_every_row_once_in_time_order(keys, length, gap):
    frames = pd.DataFrame(keys, columns=["subject", "sequence", "frame"], index=np.arange(len(keys)) * 7 + 3)
    windows = sequences(frames, length, gap)
    assert sorted(np.concatenate(windows)) == list(range(len(keys)))
    for rows in windows:
        part = frames.iloc[rows]
        assert len(set(zip(part.subject, part.sequence, strict=True))) == 1 and 1 <= len(rows) <= length
        steps = np.diff(part.frame)
        assert (steps > 0).all() and (gap is None or (steps <= gap).all())
    if gap is None:  # no window is cut without need
        sizes = frames.groupby(["subject", "sequence"]).size()
        assert len(windows) == sum(-(-size // length) for size in sizes)


def test_holes():
    frames = pd.DataFrame({"subject": "s", "sequence": 1, "frame": [5, 1, 2, 3, 9, 10]})
    assert [rows.tolist() for rows in sequences(frames)] == [[1, 2, 3, 0, 4, 5]]
    assert [rows.tolist() for rows in sequences(frames, gap=1)] == [[1, 2, 3], [0], [4, 5]]
    assert [rows.tolist() for rows in sequences(frames, gap=2)] == [[1, 2, 3, 0], [4, 5]]
    with pytest.raises(ValueError, match="gap 0"):
        sequences(frames, gap=0)
    with pytest.raises(ValueError, match="length 0"):
        sequences(frames, 0)


def test_active_aus():
    truth = np.array([[1, 1, 0], [1, -1, -1], [-1, -1, -1], [0, 0, 0]], np.int8)
    assert active_aus(truth) == pytest.approx((2 + 1 + 0) / 3), "the frame without any label does not count"
    assert np.isnan(active_aus(truth[2:3]))


def test_still_windows_are_left_out():
    truth = np.array([[1, 1], [1, 0], [0, 0], [1, 1], [-1, -1], [-1, -1]], np.int8)
    windows = [np.array(rows) for rows in ([0, 1], [1, 2], [0, 3], [4, 5], [2])]
    assert [rows.tolist() for rows in filter_active(windows, truth)] == [[0, 1], [0, 3]], "1.5 itself is enough"
    assert filter_active(windows, truth, least=2.1) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 50), st.integers(1, 6), st.integers(1, 60), st.integers(0, 5))
def test_subsequences_are_stretches_of_the_window(size, count, length, seed):
    window = np.arange(size) * 3 + 1  # row numbers need not be neighbours
    drawn = subsequences(window, count, length, rng=np.random.default_rng(seed))
    assert drawn.shape == (count, min(length, size))
    assert np.isin(drawn, window).all() and (np.diff(drawn, axis=1) == 3).all()
    assert np.array_equal(drawn, subsequences(window, count, length, rng=np.random.default_rng(seed)))


def test_every_start_is_drawn_alike():
    starts = subsequences(np.arange(12), 4000, 3, rng=np.random.default_rng(0))[:, 0]
    counts = np.bincount(starts)
    assert len(counts) == 10 and counts.min() > 320 and counts.max() < 480
    assert subsequences(np.arange(1300), rng=np.random.default_rng(0)).shape == (10, 130)
    with pytest.raises(ValueError, match="a window of 0"):
        subsequences(np.empty(0, int), rng=np.random.default_rng(0))


def test_silent_start():
    truth = np.ones((2, 15, 3), np.int8)
    silent = silent_start(truth)
    assert (silent[:, :10] == -1).all() and (silent[:, 10:] == 1).all() and (truth == 1).all()
    assert (silent_start(truth[:, :4]) == -1).all()
    # and indeed these frames teach nothing
    scores = torch.zeros(2, 15, 3, requires_grad=True)
    margin_loss(scores, torch.from_numpy(silent)).backward()
    assert (scores.grad[:, :10] == 0).all() and (scores.grad[:, 10:] != 0).all()


def test_the_bound_is_the_same_share_of_the_coded_aus():
    assert bound(12) == 1.5 and bound(10) == pytest.approx(1.25) and bound(6, least=1.0) == 0.5
