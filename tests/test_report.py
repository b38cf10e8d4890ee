"""DRML's tables, figures and claims: pure functions of records; what is missing is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from aubook import papers, published
from aubook.engine import provenance
from aubook.engine.catalogue import catalogue
from aubook.engine.claims import PAPERS, judge, rows
from aubook.engine.scores import Select
from aubook.engine.tables import build
from aubook.pages import status
from aubook.papers.drml import claims, figures, tables
from aubook.study import Study
from aulib import metrics
from aulib.aus import BP4D_AUS, DISFA_AUS, UNKNOWN
from aulib.protocols import one_to_two
from aulib.runs import results

STUDY = Study("laptop")
OURS = "ours, synthetic data"


def fake(declaration, quality: float = 1.5, history=(0.6, 0.7, 0.8, 0.85, 0.86, 0.86), seed: int = 0):
    """Write a record with invented predictions whose AUC grows with `quality`."""
    rng, labels = np.random.default_rng([seed, *declaration.label.encode()]), np.random.default_rng(0)
    files = {"history": {"loss": np.linspace(8, 4, 60).astype(np.float32), "evaluated": np.arange(10, 70, 10, np.int32),
                         "validation_auc": np.float32(history), "stage": np.zeros(6, np.int32)}}  # fmt: skip
    for corpus, aus, top in (
        (declaration.corpus, BP4D_AUS, 1),
        *((name, DISFA_AUS, 5) for name, _ in declaration.test_on),
    ):
        present = (labels.random((300, len(aus))) < 0.3).astype(np.int8)
        codes = present * labels.integers(1, top + 1, (300, len(aus)), np.int8)
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
    declared = papers.declarations("drml", STUDY)
    for declaration in declared.values():
        if declaration.method != "timing":
            fake(declaration)
    times = np.linspace(1, 2, 20, dtype=np.float32)
    order = {"convnet": 1, "alexnet": 1, "drml": 2, "lcn": 5}
    files = {f"{name}-{phase}": k * times for name, k in order.items() for phase in ("train", "test")}
    about = {"device": "CPU (test)", "wall_s": 1.0, "batch": 32, "created": "2026-01-01",
             "versions": {"aulib": "0", "torch": "0"}}  # fmt: skip
    results.write(declared["timing"], about, {"probe-timing": files})
    return declared


def arrays_of(laptop, name: str, corpus: str = "synth-bp4d", threshold: int = 1):
    """Labels and scores of a benchmark run."""
    arrays = results.find(laptop[f"{name}-fold1-seed0"]).arrays(corpus)
    codes = arrays["codes"].astype(np.int8)
    truth = np.where(codes == UNKNOWN, UNKNOWN, codes >= threshold).astype(np.int8)
    return truth, arrays["scores"].astype(np.float32), arrays["subject"].astype(int) * 1000 + arrays["sequence"]


def test_nothing_run_is_said_in_every_table_and_figure(home):
    made = {name: str(table(STUDY)) for name, table in tables.TABLES.items()}
    made |= {name: str(build("drml", name, STUDY)) for name in catalogue("drml").tables}
    for name, text in made.items():
        assert name == "table1" or "ot run" in text or "No run recorded" in text, name
    for figure in (figures.training, figures.loss_curves, figures.relation_tables, figures.saliency, figures.patches,
                   figures.gain_by_skewness, figures.lift_by_au):  # fmt: skip
        assert "no run recorded" in figure(STUDY).alt
    assert {one.word for claim in claims.CLAIMS for one in judge(claim, STUDY)} == {"not run", "supported"}


def test_table2_cells_are_those_of_the_metric(laptop):
    truth, scores, videos = arrays_of(laptop, "drml")
    sampled = one_to_two(truth, videos, 100)
    for name, metric, labels in (("f1", metrics.f1_frame, truth), ("auc", metrics.auc, truth),
                                 ("average_precision", metrics.average_precision, truth)):  # fmt: skip
        frame = build("drml", "table2", STUDY, metrics=[name]).frame
        np.testing.assert_allclose(frame[OURS, "DRML"].to_numpy()[:12], 100 * metric(labels, scores), rtol=1e-6)
    expected = 100 * metrics.f1_frame(sampled, scores)
    frame = build("drml", "table2-sample", STUDY).frame
    np.testing.assert_allclose(frame[OURS, "DRML"].to_numpy()[:12], expected, rtol=1e-6)
    assert frame.loc["Avg.", (OURS, "DRML")] == pytest.approx(expected.mean())
    np.testing.assert_allclose(frame[OURS, "always present"][:13], 50.0)
    assert frame.loc["1", ("printed, real data", "DRML")] == 36.4
    assert frame.loc["Avg.", ("printed, real data", "DRML")] == 48.3
    assert frame.loc["Avg. of the cells", ("printed, real data", "DRML")] == pytest.approx(47.69, abs=0.01)


def test_the_constant_predictor_is_a_column_of_every_table(laptop):
    truth, *_ = arrays_of(laptop, "drml")
    rate = np.array([(column[column >= 0] == 1).mean() for column in truth.T])
    column = build("drml", "table2", STUDY).frame[OURS, "always present"].to_numpy()[:12]
    np.testing.assert_allclose(column, 100 * metrics.always_present_f1(rate))
    truth = arrays_of(laptop, "drml", "synth-disfa", 3)[0][:, [DISFA_AUS.index(25)]]
    cell = build("drml", "table3", STUDY).frame.loc["25", (OURS, "always present")]
    assert cell == pytest.approx(100 * metrics.f1_frame(truth, np.ones(truth.shape))[0])


def test_aus_of_a_readout_are_said_and_left_out_of_the_average(laptop):
    table = build("drml", "table3", STUDY, metrics=["auc"])
    column = table.frame[OURS, "DRML"]
    assert column["Avg."] == pytest.approx(column[[str(au) for au in claims.SHARED]].mean())
    truth, *_ = arrays_of(laptop, "drml", "synth-disfa", 3)
    readout = results.find(laptop["drml-fold1-seed0"]).arrays("probe-readout")["synth-disfa"].astype(float)
    k = DISFA_AUS.index(25)
    assert column["25"] == pytest.approx(100 * metrics.auc(truth[:, [k]], readout[:, [k]])[0])
    assert any("AUs 9, 25, 26" in line and "not in our average" in line for line in table.lines)
    assert table.frame[OURS, "LSVM"][["9", "25", "26"]].isna().all()


def test_what_records_say_beside_scores(laptop):
    frame = build("drml", "summary", STUDY).frame
    assert frame.loc["DRML", ["best validation AUC", "training images", "state"]].tolist() == [
        "86.0",
        "96,000",
        "unknown",
    ]
    assert frame.loc["LSVM", ["training images", "state"]].tolist() == ["–", "solved"]
    truth, scores, _ = arrays_of(laptop, "drml")
    assert frame.loc["DRML", "F1-frame"].startswith(f"{100 * metrics.f1_frame(truth, scores).mean():.1f} (")
    arrays = results.find(laptop["drml-grid10"]).arrays("synth-bp4d")
    auc = metrics.auc(arrays["codes"].astype(np.int8), arrays["scores"].astype(np.float32)).mean()
    assert build("drml", "grids", STUDY).frame.loc["10 × 10", "AUC"].startswith(f"{100 * auc:.1f} (")


def test_the_yardstick_is_the_run_of_the_full_budget(laptop):
    before = build("drml", "table2", STUDY).frame
    fake(papers.find("corpora", STUDY, "image-calibrated"), seed=9)
    pd.testing.assert_frame_equal(build("drml", "table2", STUDY).frame, before)


def test_who_is_ahead_against_a_loop(laptop):
    frame = build("drml", "wins", STUDY).frame.reset_index()
    (truth, a, _), (_, b, _) = arrays_of(laptop, "lcn"), arrays_of(laptop, "convnet")
    ahead = sum(x > y for x, y in zip(metrics.f1_frame(truth, a), metrics.f1_frame(truth, b), strict=True))
    assert frame.loc[2, ["AUs ahead, text", "by the cells", "AUs ahead"]].tolist() == [
        "11 of 12", "5 of 12", f"{ahead} of 12"]  # fmt: skip


def test_distance_of_relations_against_a_loop(laptop):
    truth, scores, _ = arrays_of(laptop, "drml")
    known = (truth != UNKNOWN).all(axis=1)
    true, said = (np.corrcoef(labels[known], rowvar=False) for labels in (truth == 1, scores >= 0.5))
    pairs = [(true[i, j] - said[i, j]) ** 2 for i in range(12) for j in range(i)]
    row = tables.distances(STUDY).frame.loc["DRML"]
    assert row["ours, mean square"] == f"{np.mean(pairs):.4f}"
    assert row["ours, root mean square"] == f"{np.sqrt(np.mean(pairs)):.3f}"


def test_skewness_of_the_real_corpus_is_near_what_the_text_says():
    real = dict(zip(BP4D_AUS, tables.real_skewness(), strict=True))
    said = published.table("drml_skewness_bp4d")
    assert all(
        real[int(au)] == pytest.approx(float(v), abs=0.12) for au, v in zip(said["au"], said["value"], strict=True)
    )


def value(number: str, part: str = "") -> float:
    """The effect of a claim's first part that begins so."""
    claim = next(claim for claim in claims.CLAIMS if claim.id == number and claim.part.startswith(part))
    return judge(claim, STUDY)[0].effect.samples[0]


def test_claims_against_explicit_arithmetic(laptop):
    truth, *_ = arrays_of(laptop, "drml")
    f1 = {
        name: 100 * metrics.f1_frame(truth, arrays_of(laptop, name)[1]).mean()
        for name in ("drml", "convnet", "lcn", "alexnet", "lsvm")
    }
    assert value("DRML-01", "F1: DRML minus") == pytest.approx(
        f1["drml"] - max(f1[n] for n in f1 if n != "drml"), abs=1e-4
    )
    assert value("DRML-03", "F1") == pytest.approx(f1["drml"] - f1["convnet"], abs=1e-4)
    there, _, _ = arrays_of(laptop, "lsvm", "synth-disfa", 3)
    lead = []
    for corpus, labels, aus in (("synth-disfa", there, DISFA_AUS), ("synth-bp4d", truth, BP4D_AUS)):
        own = [BP4D_AUS.index(au) for au in claims.SHARED]
        labels = labels[:, [aus.index(au) for au in claims.SHARED]]
        a, b = (metrics.f1_frame(labels, arrays_of(laptop, n, corpus)[1][:, own]).mean() for n in ("alexnet", "lsvm"))
        lead.append(100 * (a - b))
    assert value("DRML-07", "F1") == pytest.approx(lead[0] - lead[1], abs=1e-4)
    assert value("DRML-12") == pytest.approx(0, abs=1e-6)
    lifts = [results.find(laptop[f"{n}-fold1-seed0"]).arrays("probe-saliency")["lift"] for n in ("drml", "convnet")]
    assert value("DRML-13", "lift: DRML minus ConvNet") == pytest.approx((lifts[0] - lifts[1]).mean(), abs=1e-6)
    assert value("DRML-20", "train: DRML to ConvNet") == pytest.approx(2)
    assert value("DRML-20", "weights") == pytest.approx(56, rel=0.05)


def test_the_wrong_half_is_where_the_au_is_not():
    maps = np.zeros((10, 8, 8))
    maps[0, :4] = maps[1, :4] = 1  # AUs 1 and 2 above
    maps[6:, 5:] = 1  # 15, 17, 23 and 24 below
    right, wrong = {"synthetic": maps + 1e-9}, {"synthetic": maps[:, ::-1] + 1e-9}
    np.testing.assert_allclose(claims.wrong_half(wrong, right), 1, atol=1e-6)


def test_no_word_where_the_design_bears_none(laptop):
    for claim in claims.CLAIMS:
        if claim.id in ("DRML-05", "DRML-13", "DRML-16", "DRML-21") and not claim.part.startswith("AUC"):
            for one in judge(claim, STUDY):
                assert one.word == "" and "1 of 3 folds" in one.why, claim
    lacking = {n for n in rows().index if n.startswith(PAPERS["drml"])} - {claim.id for claim in claims.CLAIMS}
    assert lacking == {f"DRML-{n}" for n in ("09", "10", "14", "18", "19")}


def test_every_setting_of_a_claim_exists():
    for claim in claims.CLAIMS:
        assert all(setting in ("", *catalogue("drml").settings) for setting in claim.settings)


def test_every_table_and_figure_carries_its_provenance(laptop):
    made = [build("drml", name, STUDY) for name in ("table2", "table3", "grids")]
    made += [f(STUDY) for f in (tables.zeros, tables.focus, tables.distances, tables.skewness_gain)]
    pictures = [figures.training(STUDY), figures.loss_curves(STUDY), figures.relation_tables(STUDY),
                figures.gain_by_skewness(STUDY), figures.lift_by_au(STUDY)]  # fmt: skip
    for one in made + pictures:
        html = one._repr_html_()
        assert 'class="provenance"' in html and "badge-synthetic" in html and "profile laptop" in html
    assert all(len(picture.alt) > 20 for picture in pictures)
    assert pictures[1].png() == figures.loss_curves(STUDY).png(), "equal figures are equal bytes"
    declared = papers.declarations("all", STUDY)
    assert f"{len(laptop)} of {len(declared)} runs recorded" in str(status.runs(STUDY))


def test_thresholds_against_the_metric(laptop):
    values, pictures = figures.threshold_images(STUDY)
    truth, scores, _ = arrays_of(laptop, "drml")
    for k in (0, 9, 18):
        mean = 100 * np.nanmean(metrics.f1_frame(truth, scores, values[k]))
        assert f"mean {mean:.1f}" in pictures[k].alt


def test_other_seeds_can_be_asked_for(home):
    study = Study("laptop", seed=3)
    fake(papers.declarations("drml", study)["drml-fold1-seed3"])
    assert not build("drml", "table2", study).frame[OURS, "DRML"].iloc[:13].isna().any()
    assert (OURS, "DRML (not run)") in build("drml", "table2", STUDY).frame.columns


def test_the_one_corpus_of_a_paper_is_replaced_by_whatever_is_chosen():
    sole = Select("drml", "synth-bp4d", "drml-bp4d", "synth-disfa", sole=True)
    for corpus, expected in ((None, ("synth-bp4d", "synth-disfa")), ("bp4d-plus", ("bp4d-plus", None)),
                             ("bp4d,disfa", ("bp4d", "disfa"))):  # fmt: skip
        assert sole.corpora(Study("laptop", corpus=corpus)) == expected


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

    with pytest.raises(UnknownName, match=r"unknown published table 'drml_table7'; .* known: claims, drml_"):
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
