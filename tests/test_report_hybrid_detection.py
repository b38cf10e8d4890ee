"""Tables 1 and 2 of the Hybrid paper, and what is said of them, from invented records."""

from __future__ import annotations

import numpy as np
import pytest

from aubook import papers, published
from aubook.papers.hybrid import common, contenders, decisions, detection, detection_figures, verdicts
from aubook.papers.hybrid.common import Interval
from aubook.papers.hybrid.contenders import Contender, contender
from aubook.papers.hybrid.decisions import FAILS, HOLDS, NOT_RUN, OPEN
from aubook.study import Study
from aulib import metrics
from aulib.runs import results
from tests.hybrid_records import all_of, fake

STUDY = Study("laptop")
OURS, THEIRS = "ours, synthetic data", "printed, real data"


@pytest.fixture
def declared(home):
    return papers.declarations("hybrid", STUDY)


@pytest.fixture
def laptop(declared):
    return all_of(declared)


def test_nothing_run_is_said_everywhere(home):
    for table in (detection.table1(STUDY), detection.table2(STUDY, "auc", 10), detection.counts(STUDY),
                  detection.differences(STUDY), verdicts.detection(STUDY)):  # fmt: skip
        assert "No run recorded" in str(table) and "not run" in str(table).lower()
    for picture in (detection_figures.means(STUDY), detection_figures.differences(STUDY)):
        assert "no run recorded" in picture.alt


def test_cells_are_those_of_the_metric_and_of_the_paper(laptop):
    table = detection.table2(STUDY, "f1", 3).frame
    given = common.tested(results.find(laptop["anet-bp4d-3-fold1-seed0"]), "synth-bp4d", 1)
    expected = 100 * metrics.f1_frame(given.truth, given.scores)
    np.testing.assert_allclose(table[OURS, "ANet"].to_numpy()[:12], expected)
    assert table.loc["Avg. of the cells", (OURS, "ANet")] == pytest.approx(expected.mean())
    assert table.loc["6", (THEIRS, "Hybrid")] == 63.3 and table.loc["Avg.", (THEIRS, "Hybrid")] == 53.2
    assert table.loc["24", (THEIRS, "ANet^T")] == 31.3
    rate = np.array([(given.truth[k, a] == 1).mean() for a, k in enumerate((given.truth >= 0).T)])
    np.testing.assert_allclose(table[OURS, "always present"][:12], 100 * metrics.always_present_f1(rate))


def test_aus_that_are_not_coded_stay_empty_and_the_rest_is_averaged_on_both_sides(laptop):
    table = detection.table1(STUDY, "f1", 10)
    assert table.frame.loc[["7", "17"], OURS].isna().all(axis=None)
    assert "AUs 7 and 17 are not coded" in str(table)
    shared = [str(au) for au in (1, 2, 4, 6, 10, 12, 14, 15, 23, 24)]
    for column in ((THEIRS, "ANet"), (OURS, "ANet")):
        assert table.frame.loc["Avg. of 10 AUs", column] == pytest.approx(table.frame.loc[shared, column].mean())
    assert table.frame.loc["Avg.", (THEIRS, "CPM")] == 52.4  # over eleven AUs
    assert np.isnan(table.frame.loc["4", (THEIRS, "CPM")])
    assert "ANet^T" not in [name for _, name in table.frame.columns]


def test_the_remarks_count_right():
    rows = published.table("hybrid_table1_gft")
    cells = {
        (row.method, row.protocol[:2], row.au): row.value for row in rows.itertuples() if row.au != "avg" and row.value
    }
    pairs = [(cells["CPM", "10", au], cells["Hybrid", "3-", au]) for (m, p, au) in cells if (m, p) == ("CPM", "10")]
    assert len(pairs) == 11 and sum(a == b for a, b in pairs) == 10  # C1
    behind = total = 0
    for corpus, folds in contenders.SETTINGS:
        given = detection.printed(corpus, folds).drop(index="avg")
        behind += int((given["Hybrid"] < given["ANet"]).sum())
        total += len(given)
        assert given["Hybrid"].mean() > given["ANet"].mean()
    assert (behind, total) == (15, 48)  # D26
    won = detection.winners().frame
    assert won.loc["ANet", ("GFT, 3 folds", "the cells")] == "4"  # D27
    assert won.loc["CPM", ("BP4D, 3 folds", "the cells")] == "4"


def test_recounted_cells(home):
    counted = detection.counts(STUDY).frame["printed cells"]
    above = [counted[f"ANet above SVM, {corpus}, {folds} folds"] for corpus in ("GFT", "BP4D") for folds in (3, 10)]
    assert above == ["12 of 12", "9 of 11", "12 of 12", "12 of 12"]  # D25


def test_printed_differences_are_over_the_cells_that_both_print():
    cells = detection.printed("gft", 10)
    expected = np.mean([cells.loc[au, "ANet"] - cells.loc[au, "SVM"] for au in cells.index[:-1] if au != "4"])
    assert detection.printed_difference("anet", "svm-hog", "gft", 10) == pytest.approx(expected)
    assert np.isnan(detection.printed_difference("lstm", "anet", "gft", 10))
    assert np.isnan(detection.printed_difference("svm-fc7", "svm-hog", "bp4d", 10))


def test_a_paired_difference_by_hand(laptop):
    a, b = (contender(STUDY, name, "bp4d", 3) for name in ("hybrid", "anet"))
    found = contenders.difference(a, b)
    f1 = []
    for name in ("hybrid", "anet"):
        arrays = results.find(laptop[f"{name}-bp4d-3-fold1-seed0"]).arrays("synth-bp4d")
        truth, said = arrays["codes"], arrays["scores"].astype(float) >= 0.5
        cells = []
        for au in range(12):
            known = truth[:, au] >= 0
            hit = (said[known, au] & (truth[known, au] == 1)).sum()
            cells.append(200 * hit / (said[known, au].sum() + (truth[known, au] == 1).sum()))
        f1.append(np.array(cells))
    assert found.value == pytest.approx(np.mean(f1[0] - f1[1]))
    assert found.low < found.value < found.high
    assert contenders.ahead(a, b) == (int((f1[0] > f1[1]).sum()), 12)


def test_frames_that_one_method_lacks_are_left_out_for_both(laptop):
    a, b = (contender(STUDY, name, "bp4d", 3) for name in ("hybrid", "anet"))
    whole = a.seeds[0]
    a.seeds[0] = whole.at(np.arange(10, len(whole.fold)))
    first, second = contenders.aligned(a, b)
    np.testing.assert_array_equal(first.seeds[0].tested.frame, second.seeds[0].tested.frame)
    np.testing.assert_array_equal(first.seeds[0].tested.truth, second.seeds[0].tested.truth)
    assert len(second.seeds[0].fold) == len(whole.fold) - 10
    assert contenders.difference(a, Contender("x", "X")) is None


@pytest.mark.parametrize(
    "found, least, word",
    [
        (Interval(2, 1, 3), 1, HOLDS),
        (Interval(2, -1, 5), 1, f"{OPEN}: {decisions.WIDE}"),
        (Interval(0.8, -0.1, 1.7), 1, OPEN),
        (Interval(2, -1, 5), 0, OPEN),
        (Interval(0.5, 0.2, 0.8), 1, FAILS),
        (Interval(0.9, 0.2, 1.5), 1, OPEN),
        (Interval(-2, -3, -1), 0, FAILS),
        (None, 0, NOT_RUN),
        (Interval(np.nan, np.nan, np.nan), 0, NOT_RUN),
    ],
)
def test_verdicts(found, least, word):
    assert decisions.verdict(found, least) == word


def test_other_verdicts():
    assert decisions.verdict(Interval(0.1, -0.3, 0.4), 0.5, decisions.equivalent) == HOLDS
    assert decisions.verdict(Interval(0.1, -0.4, 0.55), 0.5, decisions.equivalent) == OPEN
    assert decisions.verdict(Interval(2, 1, 3), 0.5, decisions.equivalent) == FAILS
    assert decisions.verdict(Interval(-0.5, -0.9, 0), 1, decisions.not_worse) == HOLDS
    assert decisions.verdict(Interval(-3, -4, -2), 1, decisions.not_worse) == FAILS
    assert decisions.verdict(Interval(-1, -4, 2), 1, decisions.not_worse) == f"{OPEN}: {decisions.WIDE}"
    assert decisions.together([HOLDS, OPEN]) == OPEN and decisions.together([HOLDS, FAILS, OPEN]) == FAILS
    assert decisions.together([HOLDS, NOT_RUN]) == NOT_RUN and decisions.together([HOLDS, HOLDS]) == HOLDS


def test_the_verdict_table_judges_what_the_records_say(laptop):
    frame = verdicts.detection(STUDY).frame["verdict"]
    for corpus in ("GFT", "BP4D"):
        assert frame["HYB-05", "fusing the LSTM's scores improves on ANet", corpus] == HOLDS
        assert frame["HYB-07", "ANet beats the SVM on HOG", corpus] == HOLDS
        assert frame["HYB-08", "features of the other corpus beat HOG", corpus] == HOLDS
        assert frame["HYB-10", "… and together they are ahead of both", corpus] == HOLDS
        assert frame["HYB-06", "… and at three folds results are mixed: no lead", corpus] == FAILS


def test_ahead_on_every_au_in_how_many_resamples(laptop):
    a, b = (contender(STUDY, name, "bp4d", 3) for name in ("anet", "svm-hog"))
    first, second = (one.seeds[0].tested for one in (a, b))
    rows = [np.flatnonzero(first.subject == name) for name in np.unique(first.subject)]
    rng, times = np.random.default_rng(0), 0
    for _ in range(common.RESAMPLES):
        drawn = np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])
        f1 = [metrics.f1_frame(one.truth[drawn], one.scores[drawn]) for one in (first, second)]
        times += (f1[0] > f1[1]).all()
    assert contenders.everywhere(a, b) == times / common.RESAMPLES


def test_an_undertrained_network_is_marked_and_not_judged(declared):
    for name in ("anet", "svm-hog"):
        for corpus, folds in contenders.SETTINGS:
            fake(declared[f"{name}-{corpus}-{folds}-fold1-seed0"], 0.1, (0.5, 0.52, 0.54, 0.56, 0.58, 0.6))
    assert (OURS, "ANet (undertrained)") in detection.table2(STUDY).frame.columns
    frame = verdicts.detection(STUDY).frame["verdict"]
    assert frame["HYB-07", "ANet beats the SVM on HOG", "GFT"] == "not judged: ANet undertrained"
    assert frame["HYB-05", "fusing the LSTM's scores improves on ANet", "BP4D"] == NOT_RUN


def test_the_lead_between_settings_by_hand(laptop):
    lead = {}
    for folds in (3, 10):
        means = []
        for name in ("anet", "svm-hog"):
            given = common.tested(results.find(laptop[f"{name}-bp4d-{folds}-fold1-seed0"]), "synth-bp4d", 1)
            means.append(100 * metrics.f1_frame(given.truth, given.scores).mean())
        lead[folds] = means[0] - means[1]
    pairs = [tuple(contender(STUDY, name, "bp4d", folds) for name in ("anet", "svm-hog")) for folds in (10, 3)]
    assert verdicts.between(*pairs).value == pytest.approx(lead[10] - lead[3])


def test_everything_carries_its_provenance(laptop):
    shown = [detection.table1(STUDY), detection.table2(STUDY, "auc", 10), detection.counts(STUDY),
             detection.differences(STUDY), verdicts.detection(STUDY), detection_figures.means(STUDY),
             detection_figures.differences(STUDY, "auc")]  # fmt: skip
    for one in shown:
        page = one._repr_html_()
        assert "badge-synthetic" in page and "profile laptop" in page and "seed 0" in page
    assert "began with weights learnt on drawn faces" in str(verdicts.detection(STUDY))
    assert "Only fold 1 of 3 was run" in str(detection.table1(STUDY))
