"""Tables and figures: pure functions of records; what is missing or undertrained is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from aubook import papers, published
from aubook.engine import provenance
from aubook.pages import status
from aubook.papers.drml import claims, figures, scores, tables
from aubook.study import Study
from aulib import metrics
from aulib.aus import BP4D_AUS, DISFA_AUS, UNKNOWN
from aulib.runs import results


def fake(declaration, quality: float = 1.5, history=(0.6, 0.7, 0.8, 0.85, 0.86, 0.86), seed: int = 0):
    """Write a record with invented predictions whose AUC grows with `quality`."""
    rng = np.random.default_rng([seed, len(declaration.label)])
    files = {"history": {"loss": np.linspace(8, 4, 60).astype(np.float32), "evaluated": np.arange(10, 70, 10, np.int32),
                         "validation_auc": np.float32(history), "stage": np.zeros(6, np.int32)}}  # fmt: skip
    for corpus, aus, top in (
        (declaration.corpus, BP4D_AUS, 1),
        *((name, DISFA_AUS, 5) for name, _ in declaration.test_on),
    ):
        codes = (rng.random((300, len(aus))) < 0.3).astype(np.int8) * rng.integers(1, top + 1, (300, len(aus)), np.int8)
        codes[0] = UNKNOWN
        known = np.zeros((300, 12))
        for k, au in enumerate(BP4D_AUS):
            known[:, k] = codes[:, aus.index(au)] >= (3 if top == 5 else 1) if au in aus else 0
        logits = rng.normal(quality * (known - 0.5), 1)
        files[corpus] = {"scores": (1 / (1 + np.exp(-logits))).astype(np.float16), "codes": codes.astype(np.int8),
                         "aus": np.array(aus, np.int16), "subject": np.repeat(np.arange(10, dtype=np.int16), 30),
                         "sequence": np.zeros(300, np.int16), "frame": np.arange(300, dtype=np.int32)}  # fmt: skip
    if "readout" in declaration.probes:
        files["probe-readout"] = {"synth-disfa": rng.random((300, 12)).astype(np.float16)}
    if "sparsity" in declaration.probes:
        files["probe-sparsity"] = {name: rng.random(20).astype(np.float32) for name in ("trained", "untrained")}
    if "saliency" in declaration.probes:
        names = [prefix + name for prefix in ("", "untrained_") for name in ("lift", "gini", "pointing")]
        files["probe-saliency"] = {name: rng.random((10, 8)).astype(np.float32) for name in names}
        files["probe-saliency"] |= {n: rng.random((10, 85, 85)).astype(np.float16) for n in ("synthetic", "photograph")}
    about = {"method": declaration.method, "outputs": list(BP4D_AUS), "device": "CPU (test)", "wall_s": 60.0,
             "created": "2026-01-01", "peak_memory_mb": 1, "versions": {"aulib": "0", "torch": "0"}}  # fmt: skip
    return results.write(declaration, about, files)


@pytest.fixture
def laptop(home):
    declared = papers.declarations("drml", "laptop")
    for declaration in declared.values():
        if declaration.method != "timing":
            fake(declaration)
    return declared


def test_nothing_run_is_said_in_every_table(home):
    for name, table in tables.TABLES.items():
        text = str(table("laptop"))
        assert name == "table1" or "not run" in text or "No run recorded" in text, name
    assert "no run recorded" in figures.relation_tables("laptop").alt


def test_table2_cells_are_those_of_the_metric(laptop):
    frame = tables.table2("laptop", "f1").frame
    record = results.find(laptop["drml-fold1-seed0"])
    arrays = record.arrays("synth-bp4d")
    truth = arrays["codes"].astype(np.int8)
    expected = 100 * metrics.f1_frame(truth, arrays["scores"].astype(np.float32))
    np.testing.assert_allclose(frame["ours, synthetic data", "DRML"].to_numpy()[:12], expected)
    assert frame.loc["Avg.", ("ours, synthetic data", "DRML")] == pytest.approx(expected.mean())
    assert frame.loc["1", ("printed, real data", "DRML")] == 36.4
    assert frame.loc["Avg.", ("printed, real data", "DRML")] == 48.3
    assert frame.loc["Avg. of the cells", ("printed, real data", "DRML")] == pytest.approx(47.69, abs=0.01)


def test_the_constant_predictor_is_a_column_of_every_f1_table(laptop):
    for table in (tables.table2("laptop"), tables.table2("laptop", frames="1:2"), tables.table3("laptop")):
        assert ("ours, synthetic data", "always present") in table.frame.columns
    column = tables.table2("laptop", frames="1:2").frame["ours, synthetic data", "always present"]
    np.testing.assert_allclose(column[:13], 50.0)
    arrays = results.find(laptop["drml-fold1-seed0"]).arrays("synth-bp4d")
    known = arrays["codes"] >= 0
    rate = np.array([(arrays["codes"][k, a] == 1).mean() for a, k in enumerate(known.T)])
    column = tables.table2("laptop").frame["ours, synthetic data", "always present"].to_numpy()[:12]
    np.testing.assert_allclose(column, 100 * metrics.always_present_f1(rate))


def test_target_trained_aus_are_marked_and_left_out_of_the_average(laptop):
    table = tables.table3("laptop", "auc")
    column = table.frame["ours, synthetic data", "DRML"]
    shared = [str(au) for au in (1, 2, 4, 6, 12)]
    assert column["Avg."] == pytest.approx(column[shared].mean())
    assert not column[["9", "25", "26"]].isna().any()
    assert any("not in our average" in line for line in table.lines)
    assert table.frame["ours, synthetic data", "LSVM"][["9", "25", "26"]].isna().all()


def test_a_network_that_did_not_converge_is_marked(home):
    declared = papers.declarations("drml", "laptop")
    fake(declared["drml-fold1-seed0"], quality=0.1, history=(0.5, 0.52, 0.54, 0.56, 0.58, 0.6))
    fake(declared["convnet-fold1-seed0"], quality=0.1, history=(0.6, 0.6, 0.6, 0.6, 0.6, 0.6))
    fake(declared["alexnet-fold1-seed0"], quality=3)
    states = [
        scores.training_state(results.find(declared[f"{name}-fold1-seed0"])) for name in ("drml", "convnet", "alexnet")
    ]
    assert states == ["undertrained", "plateau", "trained"]
    heads = [name for _, name in tables.table2("laptop").frame.columns]
    assert "DRML (undertrained)" in heads and "ConvNet" in heads and "LCN (not run)" in heads


def test_every_table_and_figure_carries_its_provenance(laptop):
    for name in ("summary", "table2", "table3", "grids"):
        html = tables.TABLES[name]("laptop")._repr_html_()
        assert 'class="provenance"' in html and "badge-synthetic" in html and "profile laptop" in html, name
    for picture in (figures.training("laptop"), figures.loss_curves("laptop"), figures.relation_tables("laptop"),
                    figures.gain_by_skewness("laptop"), figures.lift_by_au("laptop")):  # fmt: skip
        html = picture._repr_html_()
        assert 'class="provenance"' in html and "badge-synthetic" in html
        assert len(picture.alt) > 20 and f'alt="{picture.alt[:10]}' in html
    for table in (claims.wins("laptop"), claims.zeros("laptop"), claims.focus("laptop"), claims.distances("laptop")):
        assert "profile laptop" in str(table)
    declared = papers.declarations("all", "laptop")
    assert f"{len(laptop) - 1} of {len(declared)} runs recorded" in str(status.runs(Study("laptop")))


def test_pictures_are_repeatable_to_the_byte(laptop):
    assert figures.loss_curves("laptop").png() == figures.loss_curves("laptop").png()


def test_thresholds_against_the_metric(laptop):
    values, pictures = figures.threshold_images("laptop")
    given = scores.own([results.find(laptop["drml-fold1-seed0"])])
    for k in (0, 9, 18):
        mean = 100 * np.nanmean(metrics.f1_frame(given.truth, given.scores, values[k]))
        assert f"mean {mean:.1f}" in pictures[k].alt


def test_relation_distance_against_a_loop():
    rng = np.random.default_rng(0)
    a, b = (np.corrcoef(rng.random((12, 50))) for _ in range(2))
    pairs = [(a[i, j] - b[i, j]) ** 2 for i in range(12) for j in range(i)]
    distance = claims.relation_distance(a, b)
    assert distance["mean square"] == pytest.approx(np.mean(pairs))
    assert distance["root mean square"] == pytest.approx(np.sqrt(np.mean(pairs)))


def test_seeds_are_averaged_and_other_seeds_can_be_asked_for(home):
    declared = papers.declarations("drml", Study("laptop", seed=3))
    assert "drml-fold1-seed3" in declared
    fake(declared["drml-fold1-seed3"])
    assert not tables.table2(Study("laptop", seed=3)).frame["ours, synthetic data", "DRML"].iloc[:13].isna().any()
    assert ("ours, synthetic data", "DRML (not run)") in tables.table2("laptop").frame.columns


def test_a_corpus_with_other_aus_cannot_take_the_place():
    from aulib.errors import AulibError

    with pytest.raises(AulibError, match="'synth-disfa' cannot take the place of 'synth-bp4d'"):
        papers.declarations("drml", Study("laptop", corpus="synth-disfa"))
    assert papers.declarations("drml", Study("laptop", corpus="bp4d"))["timing"].corpus == "bp4d"


@pytest.mark.parametrize("name, metric, method, printed, mean", [
    ("drml_table2_bp4d", "F1-frame", "DRML", 48.3, 47.69), ("drml_table2_bp4d", "F1-frame", "LSVM", 35.3, 36.68),
    ("drml_table3_disfa", "F1-frame", "DRML", 26.7, 26.05), ("drml_table3_disfa", "AUC", "LSVM", 27.5, 24.45),
])  # fmt: skip
def test_published_averages_are_kept_as_printed_even_where_wrong(name, metric, method, printed, mean):
    wide = published.by_au(name, metric)
    assert wide.loc["avg", method] == printed
    assert wide.drop(index="avg")[method].mean() == pytest.approx(mean, abs=0.01)


def test_nothing_is_claimed_without_a_record():
    assert provenance.text([]).startswith("No run recorded")


def test_unknown_published_table():
    from aulib.errors import UnknownName

    with pytest.raises(UnknownName, match=r"unknown published table 'drml_table7'; did you mean .* known: drml_"):
        published.table("drml_table7")
    assert isinstance(published.table("drml_text_numbers"), pd.DataFrame)


def test_made_up_detectors_against_counting_by_hand():
    from aubook.pages import metric_pages
    from aulib import metrics

    truth, found = metric_pages.made_up_detectors()
    video = np.zeros(len(truth), int)
    assert int(truth.sum()) == 40 + 30 + 40
    area, union = ({name: m(truth, one, video)[0] for name, one in found.items()}
                   for m in (metrics.f1_event, metrics.f1_event_iou))  # fmt: skip
    # six frames late: 34, 24 and 34 of 40, 30 and 40 frames are common, .85, .80, .85 on both sides, unions 46, 36, 46
    assert area["six frames late"] == pytest.approx(0.81 + 0.05 * 2 / 3) and union["six frames late"] == 1
    late = found["six frames late"]
    assert metrics.f1_event_iou(truth, late, video, overlap=0.7)[0] == pytest.approx(2 / 3)
    # flickering: 32, 24, 32 frames of the events in pieces of four, which are all right
    assert area["flickering"] == pytest.approx(0.81) and union["flickering"] == 0
    # two joined: all is covered; 70 of 100 frames of the long one are true, and half of what is said is right above it.
    # Its union with 20 to 60 has 40 of 100 frames, so one event of three has a partner and one of two
    assert area["two joined"] == pytest.approx(0.71 + 0.29 * 2 / 3) and union["two joined"] == pytest.approx(2 / 5)
    # always: all is covered, by an event of which 110 of 200 frames are true
    assert area["always present"] == pytest.approx(0.56) and union["always present"] == 0
    alt = metric_pages.frames_and_events().alt
    assert "six frames late: F1-frame 0.84, F1-event 0.84, by IoU 1.00" in alt
    assert "flickering: F1-frame 0.89, F1-event 0.81, by IoU 0.00" in alt
