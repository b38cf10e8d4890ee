"""The chapter on sampling: its numbers beside explicit loops, pictures that draw, a viewer that needs no kernel."""

from __future__ import annotations

import html
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from ipywidgets.embed import embed_data

from aubook.papers.hybrid import sampling
from aulib.aus import UNKNOWN
from aulib.manifest import entry
from aulib.samplers import SAMPLERS

#: Few frames of each video: enough for some batches, quickly written.
SHORT = {"synth-gft": 40, "synth-bp4d": 20}


@pytest.fixture(params=SHORT)
def name(request):
    return request.param


def test_every_sampler_of_the_paper_is_a_strategy():
    assert set(sampling.STRATEGIES) <= set(SAMPLERS) and set(sampling.COLOURS) == set(sampling.STRATEGIES)


def test_import_needs_neither_torch_nor_numba():
    code = "import sys, aubook.papers.hybrid.sampling; print({'torch', 'numba', 'cv2'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "set()"


def test_labels_are_occurrence_and_unknown_stays_unknown():
    from aubook.pages.calibration import codes_of

    truth, codes = sampling.truth_of("synth-gft", 40), codes_of("synth-gft", 40)[1]
    assert set(np.unique(truth)) == {UNKNOWN, 0, 1}
    assert ((truth == UNKNOWN) == (codes == UNKNOWN)).all() and ((truth == 1) == (codes > 0)).all()


def test_base_rates_are_of_the_known_frames():
    picture = sampling.base_rates(("synth-gft",), 40)
    rates = {}
    for au, column in zip(entry("synth-gft").aus, sampling.truth_of("synth-gft", 40).T, strict=True):
        known = [label for label in column.tolist() if label != UNKNOWN]
        rates[au] = 100 * sum(known) / len(known)
    rarest, commonest = min(rates, key=rates.__getitem__), max(rates, key=rates.__getitem__)
    said = f"from {rates[rarest]:.1f} % (AU{rarest}) to {rates[commonest]:.1f} % (AU{commonest})"
    assert said in picture.alt and said in picture.caption
    heights = [bar.get_height() for bar in picture.figure.axes[0].patches]
    assert heights == pytest.approx(list(rates.values()))


def test_the_table_of_balance_says_what_loops_over_the_batches_say(name):
    truth = sampling.truth_of(name, SHORT[name])
    frame = sampling.balance(name, SHORT[name]).frame
    assert list(frame.index) == list(sampling.STRATEGIES.values())
    for strategy, title in sampling.STRATEGIES.items():
        sampler = SAMPLERS[strategy](truth, sampling.BATCH, seed=0)
        ratios, lacking, seen, without, by_batch = [], 0, set(), 0, []
        for batch in sampler:
            shown = [sum(truth[row, k] == 1 for row in batch) for k in range(truth.shape[1])]
            ratios.append(max(shown) / max(min(shown), 1))
            lacking += min(shown) == 0
            seen |= set(batch)
            without += sum(1 not in truth[row] for row in batch)
            by_batch.append(shown)
        spread = pd.DataFrame(by_batch).std(ddof=0)
        expected = {
            "most / least shown AU, median": np.median(ratios),
            "worst batch": max(ratios),
            "batches that lack an AU, %": 100 * lacking / len(ratios),
            "sd, frames": spread.mean(),
            "sd / mean, %": 100 * (spread / pd.DataFrame(by_batch).mean()).mean(),
            "frames seen, %": 100 * len(seen) / len(truth),
            "frames without any AU, %": 100 * without / (len(ratios) * sampling.BATCH),
        }
        assert frame.loc[title].droplevel(0).to_dict() == pytest.approx(expected)


def test_the_table_by_au_begins_with_the_rarest(name):
    frame = sampling.by_au(name, SHORT[name]).frame
    means = frame["mean, frames a batch"]
    rates = (sampling.truth_of(name, SHORT[name]) > 0).mean(axis=0)
    assert frame.index[0] == str(entry(name).aus[rates.argmin()])
    assert means["random sampling"].to_numpy() == pytest.approx(np.sort(rates) * sampling.BATCH, rel=0.2, abs=1)
    assert means["MOMU"].iloc[0] > 2 * means["random sampling"].iloc[0]


def test_pictures_draw_and_say_what_they_show(name):
    short = SHORT[name]
    composition = sampling.composition(name, 8, short)
    for axis, strategy in zip(composition.figure.axes, sampling.STRATEGIES, strict=False):
        assert axis.get_title(loc="left") == sampling.STRATEGIES[strategy]
        assert (axis.images[0].get_array() == sampling.counts(name, strategy, short)[:8].T).all()
    epoch = sampling.over_an_epoch(name, frames_per_sequence=short)
    for picture in (composition, epoch, sampling.base_rates((name,), short)):
        assert picture.png(30).startswith(b"\x89PNG")
        assert "synthetic data" in picture.lines[0] and name in picture.lines[0]
        assert re.search(r"\d", picture.alt)


def test_the_viewer_shows_a_batch_by_every_strategy_without_a_kernel():
    name, short = "synth-gft", SHORT["synth-gft"]
    box = sampling.viewer(name, 3, short)
    index, stack, line = box.children
    last = len(sampling.batches(name, "stratified", short))  # random sampling has as many, MOMU may have one more
    pages = [html.unescape(page.value) for page in stack.children]
    assert index.max == len(pages) - 1 == 2 and name in line.value
    for number, page in zip((0, (last - 1) // 2, last - 1), pages, strict=True):
        (alt,) = re.findall(r'alt="([^"]+)"', page)
        assert alt.startswith(f"Batch {number + 1}. ") and "data:image/png;base64," in page
        for strategy, title in sampling.STRATEGIES.items():
            shown = sampling.counts(name, strategy, short)[number]
            listed = ", ".join(f"AU{au} {value}" for au, value in zip(entry(name).aus, shown, strict=True))
            assert f"{title}: {listed}" in alt
    state = embed_data(views=[box])["manager_state"]["state"].values()
    links = [one["state"] for one in state if one["model_name"] == "LinkModel"]
    ends = [(f"IPY_MODEL_{index.model_id}", "value"), (f"IPY_MODEL_{stack.model_id}", "selected_index")]
    assert any([tuple(link["source"]), tuple(link["target"])] == ends for link in links)
