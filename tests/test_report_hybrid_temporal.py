"""Temporal context and leakage: tables, verdicts and pictures from invented records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aubook import papers
from aubook.papers.hybrid import common, leakage, smoothing, temporal, temporal_figures
from aubook.papers.hybrid.decisions import HOLDS, NOT_RUN
from aubook.study import Study
from aulib import metrics
from aulib.runs import results
from tests.hybrid_records import all_of, fake

STUDY = Study("laptop")
TABLES = (temporal.context, temporal.against_anet, temporal.complement, temporal.normalisation, temporal.verdicts,
          leakage.scores, leakage.jumps, leakage.conclusion)  # fmt: skip
PICTURES = (temporal_figures.windows_and_overlaps, temporal_figures.timeline, leakage.picture)


@pytest.fixture
def declared(home):
    return papers.declarations("hybrid", STUDY)


@pytest.fixture
def laptop(declared):
    return all_of(declared)


def given(declared, label: str, name: str = "synth-bp4d"):
    return common.tested(results.find(declared[label]), name, 1)


def test_nothing_run_is_said_everywhere(home):
    for table in TABLES:
        text = str(table(STUDY))
        assert "No run recorded" in text and "Not run under profile laptop" in text
    for picture in PICTURES:
        assert "no run recorded" in picture(STUDY).alt
    assert "no run recorded" in temporal_figures.timelines(STUDY).alt
    assert set(temporal.verdicts(STUDY).frame["verdict"]) == {NOT_RUN}


def test_anet_alone_is_enough_for_what_needs_no_more(declared):
    fake(declared["anet-bp4d-3-fold1-seed0"])
    frame = temporal.context(STUDY).frame
    assert frame.loc["ANet, moving average", "F1-event"] and not frame.loc["LSTM (not run)", "F1-event"]
    assert "Events of AU12" in temporal_figures.timeline(STUDY).alt
    assert "moving mean has its best F1-event with" in temporal_figures.windows_and_overlaps(STUDY).alt


def test_context_cells_are_those_of_the_metrics(laptop):
    frame = temporal.context(STUDY).frame
    for label, head in (("lstm-bp4d-3-fold1-seed0", "LSTM"), ("hybrid-shuffled", "Hybrid, with that LSTM")):
        tested = given(laptop, label)
        for column, value in (
            ("F1-frame", metrics.f1_frame(tested.truth, tested.scores)),
            ("F1-event", metrics.f1_event(tested.truth, tested.scores, tested.video)),
            ("F1 of events by IoU", metrics.f1_event_iou(tested.truth, tested.scores, tested.video)),
            ("AUC", metrics.auc(tested.truth, tested.scores)),
        ):
            assert frame.loc[head, column].startswith(f"{100 * np.nanmean(value):.1f} (")
    assert not frame.loc["LSTM, one layer", "F1-frame, own thresholds"]  # it kept no validation scores


def test_smoothed_rows_use_the_window_of_the_validation_people(laptop):
    validation = given(laptop, "anet-bp4d-3-fold1-seed0", "probe-validation")
    window = max(smoothing.WINDOWS, key=lambda w: (smoothing.mean_f1(smoothing.smooth(validation, w)), -w))
    tested = smoothing.smooth(given(laptop, "anet-bp4d-3-fold1-seed0"), window)
    table = temporal.context(STUDY)
    expected = 100 * np.nanmean(metrics.f1_frame(tested.truth, tested.scores))
    assert table.frame.loc["ANet, moving average", "F1-frame"].startswith(f"{expected:.1f} (")
    assert f"moving average: {window} frame" in str(table)
    event, iou = (
        max(
            smoothing.WINDOWS,
            key=lambda w: (100 * np.nanmean(metric(t.truth, smoothing.smooth(t, w).scores, t.video)), -w),
        )
        for metric, t in ((metrics.f1_event, validation), (metrics.f1_event_iou, validation))
    )
    for width, head in (
        (event, "ANet, moving average chosen by F1-event"),
        (iou, "ANet, moving average chosen by F1 of events by IoU"),
        (3, "ANet, moving average of 3 frames"),
    ):
        tested = smoothing.smooth(given(laptop, "anet-bp4d-3-fold1-seed0"), width)
        expected = 100 * np.nanmean(metrics.f1_event(tested.truth, tested.scores, tested.video))
        assert table.frame.loc[head, "F1-event"].startswith(f"{expected:.1f} (")


def test_own_thresholds_against_a_search(laptop):
    validation = given(laptop, "hybrid-bp4d-3-fold1-seed0", "probe-validation")
    tested = given(laptop, "hybrid-bp4d-3-fold1-seed0")
    cells = []
    for au in range(12):
        f1 = [metrics.f1_frame(validation.truth[:, [au]], validation.scores[:, [au]], t / 20)[0] for t in range(1, 20)]
        cells.append(metrics.f1_frame(tested.truth[:, [au]], tested.scores[:, [au]], (1 + np.argmax(f1)) / 20)[0])
    assert temporal.context(STUDY).frame.loc["Hybrid", "F1-frame, own thresholds"] == f"{100 * np.mean(cells):.1f}"


def test_errors_and_the_judge_against_a_loop(laptop):
    here = temporal.everyone(STUDY)
    a, b = (given(laptop, f"{name}-bp4d-3-fold1-seed0") for name in ("anet", "lstm"))
    correlations, judged = [], []
    for au in range(12):
        rows = np.flatnonzero(a.truth[:, au] >= 0)
        truth = a.truth[rows, au] == 1
        wrong = [(one.scores[rows, au] >= 0.5) != truth for one in (a, b)]
        correlations.append(np.corrcoef(wrong[0], wrong[1])[0, 1])
        decided = [not t if x and y else t for t, x, y in zip(truth, *wrong, strict=True)]
        hit = sum(t and d for t, d in zip(truth, decided, strict=True))
        judged.append(200 * hit / (truth.sum() + sum(decided)))
    assert temporal.error_correlation(here["anet"], here["lstm"]) == pytest.approx(np.mean(correlations))
    assert temporal.oracle_f1(here["anet"], here["lstm"]) == pytest.approx(np.mean(judged))


def test_normalised_scores_against_torch(laptop):
    torch = pytest.importorskip("torch")
    frame = temporal.normalisation(STUDY).frame
    for label, head in (("anet", "ANet"), ("lstm", "LSTM")):
        tested = given(laptop, f"{label}-bp4d-3-fold1-seed0")
        unit = torch.nn.functional.normalize(torch.tensor(2 * tested.scores - 1), dim=-1).numpy()
        plain, kept = (100 * np.nanmean(metrics.auc(tested.truth, s)) for s in (tested.scores, unit))
        assert frame.loc[head, "AUC as they are"].startswith(f"{plain:.1f} (")
        assert frame.loc[head, "AUC, normalised"].startswith(f"{kept:.1f} (")
        assert frame.loc[head, "difference"].startswith(f"{kept - plain:+.1f} (")


def test_missing_runs_are_named(declared):
    fake(declared["anet-bp4d-3-fold1-seed0"])
    text = str(temporal.context(STUDY))
    assert "lstm-bp4d-3-fold1-seed0" in text and "hybrid-as-it-is" in text and "anet-bp4d" not in text


def test_verdicts_follow_the_records(laptop):
    frame = temporal.verdicts(STUDY).frame
    assert frame.loc[("HYB-05", "Hybrid improves on ANet"), "verdict"] == HOLDS
    f1, event, iou = [], [], []
    for label in ("hybrid", "anet"):
        tested = given(laptop, f"{label}-bp4d-3-fold1-seed0")
        f1.append(100 * np.mean(metrics.f1_frame(tested.truth, tested.scores)))
        event.append(100 * np.mean(metrics.f1_event(tested.truth, tested.scores, tested.video)))
        iou.append(100 * np.mean(metrics.f1_event_iou(tested.truth, tested.scores, tested.video)))
    for rule, claim in (
        (event, "Hybrid gains more in F1-event than in F1-frame"),
        (iou, "by intersection over union, Hybrid gains more in events than in frames"),
    ):
        gain = (rule[0] - rule[1]) - (f1[0] - f1[1])
        assert frame.loc[("HYB-12", claim), "ours, points"].startswith(f"{gain:+.1f} (")


def test_an_undertrained_network_is_not_judged(declared):
    for declaration in declared.values():
        if declaration.method in ("anet", "lstm", "hybrid"):
            slow = declaration.method == "lstm"
            fake(declaration, 0.1 if slow else 1.0, (0.5, 0.52, 0.54, 0.56, 0.58, 0.6))
    frame = temporal.verdicts(STUDY).frame["verdict"]
    assert frame["HYB-10", "the LSTM alone is behind ANet"] == "not judged: LSTM undertrained"
    assert not frame["HYB-05", "Hybrid improves on ANet"].startswith("not judged")


def test_the_video_with_most_events_is_shown():
    n = 40
    truth = np.zeros((n, 3), np.int8)
    truth[[2, 4, 23, 25, 27, 31, 32], 1] = 1  # two events in the first video, four in the second
    truth[35, 0] = truth[5:15, 2] = truth[30:40, 2] = 1
    video = np.repeat([7, 9], 20)
    tested = common.Tested(truth, np.zeros((n, 3), np.float32), video, video, np.arange(n), (4, 12, 17))
    assert temporal_figures.chosen_video(tested) == 9
    assert temporal_figures.rare_au(tested, 9) == 4 and temporal_figures.rare_au(tested, 7) == 17


def test_a_slider_over_the_aus_of_the_video(laptop):
    box = temporal_figures.timelines(STUDY)
    tested = given(laptop, "anet-bp4d-3-fold1-seed0")
    own = tested.truth[tested.video == temporal_figures.chosen_video(tested)]
    labels = [label.value for label in box.children[0].children[1].children]
    assert len(labels) == int((own == 1).any(axis=0).sum()) and any(label.startswith("AU12 ") for label in labels)


def test_jumps_by_hand(laptop):
    means = {}
    for kind, label in (
        ("10", "anet-bp4d-10-fold1-seed0"),
        ("frame", "anet-by-frame"),
        ("3", "anet-bp4d-3-fold1-seed0"),
    ):
        tested = given(laptop, label)
        means[kind] = 100 * np.nanmean(metrics.f1_frame(tested.truth, tested.scores))
    frame = leakage.jumps(STUDY).frame
    people = frame.loc[("3 folds, people apart → 10 folds, people apart", "ANet")]
    assert people["ours, F1-frame"].startswith(f"{means['10'] - means['3']:+.1f} (")
    assert people["printed, F1-frame"] == "+29.1"
    leak = frame.loc[("10 folds, people apart → frames apart", "ANet")]
    assert leak["ours, F1-frame"].startswith(f"{means['frame'] - means['10']:+.1f} (")


def test_same_frames_are_frames_of_both(laptop):
    a, b = given(laptop, "anet-bp4d-10-fold1-seed0"), given(laptop, "anet-by-frame")
    places = [set(zip(t.video.tolist(), t.frame.tolist(), strict=True)) for t in (a, b)]
    common_places = places[0] & places[1]
    f1 = []
    for tested in (a, b):
        place = zip(tested.video.tolist(), tested.frame.tolist(), strict=True)
        own = tested.at(np.array([i for i, where in enumerate(place) if where in common_places]))
        f1.append(100 * metrics.f1_frame(own.truth, own.scores))
    words = leakage.jumps(STUDY).frame.loc[
        ("10 folds, people apart → frames apart", "ANet"), "ours, F1-frame, same frames"
    ]
    assert words.startswith(f"{np.nanmean(f1[1]) - np.nanmean(f1[0]):+.1f} (")
    assert words.endswith(f", {len(common_places)} frames")


def test_what_follows_from_a_leak(laptop, declared):
    answers = leakage.conclusion(STUDY).frame["answer"]
    assert answers["Neighbouring frames on both sides"] == "yes"
    assert answers["So: is leakage able to lift F1 by ten points here?"] == "yes"
    assert answers["Did the authors' folds leak?"] == "cannot be told from here"
    fake(declared["anet-by-frame"], 0.9)
    fake(declared["anet-by-sequence"], 0.9)
    answers = leakage.conclusion(STUDY).frame["answer"]
    assert answers["So: is leakage able to lift F1 by ten points here?"] in ("no", "undecided")


def test_printed_jumps_leave_out_what_one_side_does_not_print():
    frame = leakage.printed_jumps().frame
    assert frame.loc["ANet", ("BP4D", "jump")] == pytest.approx(77.75 - 48.62, abs=0.05)
    assert frame.loc["SVM", ("GFT", "3 folds")] == pytest.approx(25.95, abs=0.05)  # without AU4, which has 5.5


def test_everything_carries_its_provenance(laptop):
    for make in (*TABLES, *PICTURES):
        page = make(STUDY)._repr_html_()
        assert "badge-synthetic" in page and "profile laptop" in page and "seed 0" in page


def test_smoothing_never_crosses_a_video(laptop):
    tested = given(laptop, "anet-bp4d-3-fold1-seed0")
    first = tested.at(np.flatnonzero(tested.video == tested.video[0]))
    whole = smoothing.smooth(tested, 5)
    np.testing.assert_allclose(whole.scores[: len(first.video)], smoothing.smooth(first, 5).scores)
    doubled = replace(tested, scores=np.where(tested.video[:, None] == tested.video[0], tested.scores, 1))
    np.testing.assert_allclose(
        smoothing.smooth(doubled, 5).scores[: len(first.video)], whole.scores[: len(first.video)]
    )


def test_what_the_shipped_records_say_depends_on_the_rule(monkeypatch, tmp_path):
    """HYB-12 held by intersection over union; by the rule of the paper's authors it is undecided."""
    monkeypatch.setenv("AULIB_RUNS", str(tmp_path))
    frame = temporal.verdicts(STUDY).frame.loc["HYB-12"]
    by_authors = frame.loc["Hybrid gains more in F1-event than in F1-frame"]
    by_union = frame.loc["by intersection over union, Hybrid gains more in events than in frames"]
    assert by_authors["ours, points"].startswith("+1.2 (") and by_authors["verdict"].startswith("undecided")
    assert by_union["ours, points"].startswith("+4.9 (") and by_union["verdict"] == HOLDS
