"""The page on protocols: tables say what the registry says, F1 of constants against frames counted one by one."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from aubook.pages import protocol_effects as effects
from aubook.pages import protocols as page
from aulib.protocols import PROTOCOLS, fold_list, fold_lists, part_rates
from aulib.protocols.papers.conflicts import CONFLICTS


def test_every_conflict_touches_a_protocol_and_every_protocol_names_known_ones():
    assert {name for rule in PROTOCOLS.values() for name in rule.errata} == set(CONFLICTS)
    frame = page.conflicts().frame
    assert frame.loc["F-a", "touches"] == "drml-disfa, dsin-disfa, arl-disfa"


@pytest.mark.parametrize("corpus, task, names", [
    ("disfa", "detection", ["drml-disfa", "dsin-disfa", "arl-disfa"]),
    ("bp4d", "intensity", ["ccnn-fera2015", "arl-fera2015-intensity"]),
    ("gft", "detection", ["hybrid-gft-3", "hybrid-gft-10", "hybrid-gft-within", "hybrid-gft-between"]),
])  # fmt: skip
def test_one_column_a_protocol(corpus, task, names):
    made = page.comparison(corpus, task)
    assert list(made.frame.columns) == names and list(made.frame.index) == list(page.POINTS)
    for name in names:
        assert made.frame.loc["decision", name] == str(PROTOCOLS[name].decision)


def test_every_point_that_papers_speak_of_is_a_row():
    frame = page.silences().frame
    assert len(frame) == len(page.WORDS) and list(frame.columns) == ["DRML", "DSIN", "CCNN", "ARL", "Hybrid"]
    assert frame.loc["positive label", "DRML"] == "in part", "stated for DISFA, not for BP4D"
    assert frame.loc["decision", "DRML"] == "not stated" and frame.loc["crop, pixels", "DRML"] == "stated"


def test_silence_and_our_choice_stand_out_and_words_are_escaped():
    html = page.comparison("bp4d")._repr_html_()
    assert "<em>not stated</em><br><b>ours:</b> 0.5" in html
    assert 'class="dataframe au-table au-wordy"' in html and 'class="au-table-wrap"' in html
    assert page._marked("a < b; ours: 0 & 1") == "a &lt; b<br><b>ours:</b> 0 &amp; 1"


def test_every_list_is_in_the_table():
    frame = page.lists().frame
    assert list(frame.index) == list(fold_lists())
    assert frame.loc["bp4d-plus-three", "people a part"] == "46 / 47 / 47"
    assert frame.loc["unbc-loso", "people a part"] == "1, 25 times"


def test_pictures_say_what_they_show():
    lists, trap = page.fold_picture(), page.numbering_picture()
    assert "bp4d-three: part1 14, part2 14, part3 13" in lists.alt and "disfa-18-9: train 18, test 9" in lists.alt
    assert "ME-GraphAU: folds 1, 2, 3 test part3, part2, part1" in trap.alt
    assert all(picture.png(30).startswith(b"\x89PNG") for picture in (lists, trap))


constants = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30), st.booleans()), min_size=1, max_size=4)


@settings(max_examples=60)
@given(constants)
def test_f1_of_a_constant_against_frames_one_by_one(folds):
    """Each fold: positives, negatives, and whether the predictor says present."""
    truth = [np.r_[np.ones(p, int), np.zeros(n, int)] for p, n, _ in folds]
    said = [np.full(p + n, int(present)) for p, n, present in folds]
    rates, frames = np.array([t.mean() for t in truth]), np.array([len(t) for t in truth])
    per_fold, pooled = effects.constant_f1(rates, frames, np.array([present for *_, present in folds]))
    one_by_one = [f1_score(t, s, zero_division=0) for t, s in zip(truth, said, strict=True)]
    assert per_fold == pytest.approx(np.mean(one_by_one))
    assert pooled == pytest.approx(f1_score(np.concatenate(truth), np.concatenate(said), zero_division=0))


def test_arl_averages_over_the_folds_of_bp4d_three():
    frame = effects.covered_faces().frame
    assert (frame["mean over folds"] - frame["printed"]).abs().max() < 0.1
    assert frame.loc["12", "present in"] == "part 3" and frame.loc["6", "present in"] == "no part"
    assert frame.loc["Avg.", "printed"] == pytest.approx(16.0, abs=0.05)
    assert frame.loc["12", "pooled"] > frame.loc["12", "printed"] + 15


@pytest.mark.parametrize("name, total", [("bp4d-three", "bp4d_base_rates.csv"), ("disfa-three", None)])
def test_rates_of_the_parts_make_up_those_of_the_corpus(name, total):
    import pandas as pd

    from synthface.labels import STATISTICS

    frames = np.array(list(fold_list(name).counts["coded_frames"].values()))
    pooled = (part_rates(name) * frames).sum(axis=1) / frames.sum()
    if total:
        whole = pd.read_csv(STATISTICS / total, index_col=0)["base_rate"].loc[pooled.index]
    else:
        counts = pd.read_csv(STATISTICS / "disfa_level_counts.csv", index_col=0).loc[pooled.index]
        whole = counts.loc[:, "2":].sum(axis=1) / counts.sum(axis=1)
    assert np.allclose(pooled, whole, rtol=0.01, atol=1e-4)


def test_positives_grow_rarer_with_the_threshold():
    frame = effects.thresholds().frame
    assert list(frame["used by"]) == ["none of the five", "ARL", "DRML", "DSIN"]
    for corpus in ("synth-disfa", "DISFA"):
        assert frame[f"base rate, {corpus}"].is_monotonic_decreasing
    assert "4 or more" in effects.threshold_rates().alt


def test_always_present_pools_close_to_its_mean_over_folds():
    frame = effects.always_present("disfa-three").frame
    assert (frame["pooled"] - frame["mean over folds"]).abs().max() < 0.5


def test_folds_of_an_embedded_corpus_add_up():
    frame = page.folds_of("synth-bp4d", "drml-bp4d", "smoke").frame
    for _, row in frame.iterrows():
        assert sum(int(re.search(r", (\d+) people", cell)[1]) for cell in row) == 41


@pytest.mark.parametrize("module", ["protocols", "protocol_effects"])
def test_the_page_needs_neither_torch_nor_a_renderer(module):
    code = f"import sys, aubook.pages.{module}; print([m for m in ('torch', 'numba', 'cv2') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
