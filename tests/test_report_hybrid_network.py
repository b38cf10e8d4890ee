"""The page on the Hybrid networks: counts beside formulas, cuts beside loops, curves beside the printed formula."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from aubook.papers.hybrid import ingredients, network
from aulib.aus import UNKNOWN
from aulib.features import FEATURES
from aulib.manifest import entry

#: Forty frames of each video of the GFT-like corpus, every 45th: then a window has 29.
NAME, SHORT = "synth-gft", 40


def lstm_by_formula(features: int, cells: int, layers: int, aus: int = 12) -> int:
    """Four sums a cell, each over the input, the own outputs and one bias."""
    inputs = [features] + [cells] * (layers - 1)
    return sum(4 * cells * (n + cells + 1) for n in inputs) + (cells + 1) * aus


def test_import_needs_no_torch():
    code = (
        "import sys, aubook.papers.hybrid.network, aubook.papers.hybrid.ingredients\n"
        "print({'torch', 'numba', 'cv2'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "set()"


def test_layers_at_the_papers_size():
    frame = network.layers()
    anet = frame.loc["ANet"]
    assert [n for n in anet.index if not n.startswith("pool")] == [
        "face", "conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"
    ]  # fmt: skip
    assert anet.loc["face", "output"] == (3, 176, 176) and anet.loc["pool5", "output"] == (256, 5, 5)
    # conv2 has two groups: each filter sees half of the 96 channels
    assert anet.loc["conv2", "parameters"] == 256 * (48 * 25 + 1)
    assert anet["parameters"].sum() == 45_383_052
    assert frame.loc["LSTM"]["parameters"].sum() == lstm_by_formula(1024, 256, 3) == 2_365_452
    assert frame.loc["Fusion"]["parameters"].tolist() == [0, 64 * 25, 12 * 65]


def test_layers_at_half_size_are_those_of_the_small_profiles():
    from aulib.runs.methods import METHODS

    small = METHODS["lstm"].small_options
    frame = network.layers(0.5)
    assert frame.loc[("ANet", "face"), "output"] == (3, 88, 88)
    assert frame.loc[("PCA", "components"), "output"] == (small["components"],)
    expected = lstm_by_formula(small["components"], small["cells"], METHODS["lstm"].options["layers"])
    assert frame.loc["LSTM"]["parameters"].sum() == expected


def test_table_of_layers_sums_up():
    shown = network.layer_table().frame
    for head, scale in (("the paper's size", 1.0), ("half size", 0.5)):
        frame = network.layers(scale)
        for part in ("ANet", "LSTM", "Fusion"):
            assert shown.loc[f"{part}: all", (head, "parameters")] == f"{frame.loc[part]['parameters'].sum():,}"
    assert list(shown.index).index("ANet: all") == list(shown.index).index("PCA: components") - 1


def test_table_of_parameters():
    shown = network.parameters().frame
    counted = [int(n.replace(",", "")) for n in shown["counted"]]
    assert counted[:3] == [lstm_by_formula(4096, 256, 3), lstm_by_formula(1024, 256, 3), 4 * 256 * (1024 + 256 + 1)]
    for row, features, target in ((3, 4096, 1_300_000), (4, 1024, 200_000)):
        cells = int(re.search(r"of (\d+) cells", shown.index[row])[1])
        assert counted[row] == lstm_by_formula(features, cells, 3)
        near = [abs(lstm_by_formula(features, c, 3) - target) for c in (cells - 1, cells, cells + 1)]
        assert min(near) == near[1]


@pytest.mark.parametrize("draw", [network.unfolded, network.folded, network.spatial, network.cell])
def test_diagrams_draw_at_both_sizes(draw):
    for scale, width in ((1.0, "1024"), (0.5, "512")):
        picture = draw(scale)
        words = " ".join(text.get_text() for text in picture.figure.axes[0].texts)
        assert picture.png(30).startswith(b"\x89PNG") and "nothing trained" in picture.lines[0]
        assert width in words or draw in (network.spatial, network.cell)
    # counts of the half-size networks
    assert {network.spatial: "5,864,140", network.cell: "328,192"}.get(draw, "") in picture.caption


def windows_by_loop(frames, truth, length):
    """(subject, sequence, frames, active AUs a frame) of each window, in a loop over rows."""
    table = {}
    for row, key in enumerate(zip(frames["subject"], frames["sequence"], frames["frame"], strict=True)):
        table[key] = row
    found, last = [], None
    for key in sorted(table):
        if last != key[:2] or found[-1][2] == length:
            found.append([*key[:2], 0, []])
            last = key[:2]
        found[-1][2] += 1
        labels = truth[table[key]].tolist()
        if any(label != UNKNOWN for label in labels):
            found[-1][3].append(labels.count(1))
    return [(*one[:3], np.mean(one[3])) for one in found]


def test_windows_are_those_of_a_loop():
    frames, truth = ingredients.labels(NAME, SHORT)
    of = ingredients.settings(frames, NAME)
    assert of == {"step": 45, "length": 29, "piece": 3, "silent": 1, "least": 1.25}
    every = ingredients.windows(NAME, SHORT)
    expected = windows_by_loop(frames, truth, 29)
    assert list(zip(every["subject"], every["sequence"], every["frames"], strict=True)) == [x[:3] for x in expected]
    assert every["active"].to_numpy() == pytest.approx([x[3] for x in expected])
    assert sorted(np.concatenate(every["rows"].to_list())) == list(range(len(frames)))


def test_picture_of_the_cut_is_of_one_video():
    picture = ingredients.cutting(NAME, SHORT)
    above, below = picture.figure.axes
    shown = above.images[0].get_array()
    assert shown.shape[0] == len(entry(NAME).aus) and set(np.unique(shown)) <= {0, 1, 2}
    subject, sequence = re.search(r"labels of (\S+), sequence (\S+);", picture.lines[0]).groups()
    frames, truth = ingredients.labels(NAME, SHORT)
    own = [row for row in range(len(frames)) if frames["subject"].iat[row] == subject]
    own = [row for row in own if str(frames["sequence"].iat[row]) == sequence]
    own.sort(key=lambda row: frames["frame"].iat[row])
    expected = truth[own]
    assert (np.where(expected == UNKNOWN, 2, expected).T == shown).all()
    # ten subsequences of 3 frames, of which the first is silent, inside the window that is kept
    bars = [bar for bar in below.patches if abs(bar.get_height() - 0.7) < 1e-6]
    assert len(bars) == 20 and {round(bar.get_width()) for bar in bars} == {1, 2}
    assert min(b.get_x() for b in bars) >= 0 and max(b.get_x() + b.get_width() for b in bars) <= 29
    every = ingredients.windows(NAME, SHORT)
    share = 100 * np.mean([active < 1.25 for active in every["active"]])
    assert f"{share:.0f} % of {len(every):,}" in picture.caption


def test_liveliness_counts_windows():
    picture = ingredients.liveliness((NAME,), SHORT)
    active = ingredients.windows(NAME, SHORT)["active"]
    assert f"{100 * (active < 1.25).mean():.0f} % of {len(active)} windows left out" in picture.alt
    heights = picture.figure.axes[0].lines[0].get_ydata()
    assert heights[-1] == 100 and (np.diff(heights) > 0).all()


def test_loss_curves_are_those_of_the_formula():
    scores = np.array([-1.0, -0.2, 0.3, 0.49, 0.51, 0.9])
    for margin in (0.5, 1.0):
        loss, gradient = ingredients.loss_curves(scores, margin)
        assert loss == pytest.approx([max(0, margin - s) for s in scores])
        assert gradient.tolist() == [-1 if s < margin else 0 for s in scores]
    loss, gradient = ingredients.loss_curves(scores, printed=True)
    assert loss == pytest.approx([max(0, 0.5 - s) for s in scores]) and gradient.tolist() == [-1] * 6
    picture = ingredients.margin()
    before = picture.figure.axes[2].lines[0]
    for a, value in zip(before.get_xdata()[::40], before.get_ydata()[::40], strict=True):
        slope = (np.tanh(a + 1e-6) - np.tanh(a - 1e-6)) / 2e-6
        assert value == pytest.approx(-slope if np.tanh(a) < 0.5 else 0, abs=1e-6)


def test_normalised_scores_lie_on_the_circle_and_signed_ones_keep_their_quarter():
    picture = ingredients.normalisation(60)
    for panel in (1, 3):
        for points in picture.figure.axes[panel].collections:
            assert np.linalg.norm(np.asarray(points.get_offsets()), axis=1) == pytest.approx(1)
    both, _, _, neither = (points.get_offsets() for points in picture.figure.axes[1].collections)
    assert np.all(neither.mean(axis=0) > 0.4) and np.all(both.mean(axis=0) > 0.4)
    both, _, _, neither = (points.get_offsets() for points in picture.figure.axes[3].collections)
    assert np.all(neither.mean(axis=0) < -0.4) and np.all(both.mean(axis=0) > 0.4)


def test_table_of_features():
    shown = ingredients.features().frame
    assert len(shown) == len(FEATURES) + 1 and shown.index[-1] == "fc7"
    assert shown.iloc[:-1, 0].tolist() == [f"{feature.dimension:,}" for feature in FEATURES.values()]
    assert shown.loc["fc7"].iloc[0] == "4,096; 2,048 at half size"
