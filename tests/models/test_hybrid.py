"""Hybrid: faces in, probabilities out, the same as its three parts one after the other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aulib.models import ANet, Fusion, Hybrid, PrincipalComponents, TemporalNetwork


def parts(features=6, aus=3, components=True):
    """Random parts, and principal components of random features of length one."""
    spatial = ANet(aus, scale=0.5, init="he")
    temporal = TemporalNetwork(aus, features if components else spatial.feature_dim, cells=5, layers=2, init_range=0.5)
    reduce = None
    if components:
        drawn = np.random.default_rng(0).random((8, spatial.feature_dim), np.float32)
        reduce = PrincipalComponents.fit(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), features)
    return spatial, temporal, Fusion(aus), reduce


def whole(**how):
    return Hybrid(*parts(**how)).eval()


@pytest.fixture
def videos(batch):
    return batch(10, 88).reshape(2, 5, 3, 88, 88)


@pytest.mark.parametrize("components", [True, False])
def test_equals_its_parts_by_hand(videos, components):
    network = whole(components=components)
    with torch.no_grad():
        for video, seen, p in zip(videos, network.scores(videos), network(videos), strict=True):
            probability = torch.sigmoid(network.spatial(video))  # frame by frame
            features = network.spatial.features(video).numpy()
            if components:
                features = parts()[3](features)
            temporal, _ = network.temporal(torch.from_numpy(features)[None])
            by_hand = torch.stack([2 * probability - 1, temporal[0]], dim=1)
            torch.testing.assert_close(seen, by_hand, atol=1e-5, rtol=1e-4)
            torch.testing.assert_close(p, torch.sigmoid(network.fusion(by_hand)), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(network.spatial_scores(videos), network.scores(videos)[:, :, 0])
        torch.testing.assert_close(network.temporal_scores(videos), network.scores(videos)[:, :, 1])
    assert p.shape == (5, 3) and ((p > 0) & (p < 1)).all()


@torch.no_grad()
def test_the_pieces_do_not_matter(videos):
    network = whole()
    expected = network(videos)
    network.frames = 3
    torch.testing.assert_close(network(videos), expected)


@torch.no_grad()
def test_what_comes_later_changes_nothing_before_it(videos):
    network = whole()
    later = videos.clone()
    later[:, 3:] = videos[:, 3:].flip(-1)
    torch.testing.assert_close(network(later)[:, :3], network(videos)[:, :3])
    assert not torch.allclose(network(later)[:, 3:], network(videos)[:, 3:])
    # the temporal network remembers the frame before, the spatial one does not
    first = videos.clone()
    first[:, 0] = videos[:, 0].flip(-1)
    torch.testing.assert_close(network.spatial_scores(first)[:, 1:], network.spatial_scores(videos)[:, 1:])
    assert not torch.allclose(network.temporal_scores(first)[:, 1:], network.temporal_scores(videos)[:, 1:])


def test_components_are_saved_with_it_and_not_trained(videos):
    network, other = whole(), whole()
    other.load_state_dict(network.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(other(videos), network(videos))
    network(videos).sum().backward()
    names = {name for name, parameter in network.named_parameters() if parameter.grad is not None}
    assert {name.split(".")[0] for name in names} == {"spatial", "temporal", "fusion"}
    assert network.components.shape == (6, 2048) and network.components.grad is None


def test_clear_errors(videos):
    spatial, temporal, fusion, reduce = parts()
    with pytest.raises(ValueError, match=r"2048 numbers, the principal components take 2048 to 2048, .* reads 6"):
        Hybrid(spatial, temporal, fusion)
    with pytest.raises(ValueError, match=r"number of AUs: \[3, 4\]"):
        Hybrid(spatial, temporal, Fusion(4), reduce)
    with pytest.raises(ValueError, match=r"faces \(5, 3, 88, 88\) must be \(B, T, 3, S, S\)"):
        Hybrid(spatial, temporal, fusion, reduce)(videos[0])
