"""Pages on the embedded corpora: tables from invented records, an explorer that has everything, figures that draw."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from aubook import papers
from aubook.engine import widgets
from aubook.pages import admission, calibration, realism, twins
from aulib.aus import AUS
from aulib.manifest import entries, entry
from aulib.protocols import protocol
from aulib.runs import results
from synthface.face import FACE_AUS
from synthface.twins import TWINS


def invent(declaration, quality: float, seed: int = 0):
    """Write a record whose scores separate present from absent by `quality`."""
    rng = np.random.default_rng([seed, len(declaration.label)])
    aus = entry(declaration.corpus).aus
    codes = rng.integers(0, 6, (900, len(aus))) * (rng.random((900, len(aus))) < 0.4)
    present = codes >= protocol(declaration.protocol).threshold
    scores = 1 / (1 + np.exp(-rng.normal(quality * (present - 0.5), 1)))
    files = {"history": {"loss": np.zeros(3, np.float32)},
             declaration.corpus: {"scores": scores.astype(np.float16), "codes": codes.astype(np.int8),
                                  "aus": np.array(aus, np.int16), "subject": np.zeros(900, np.int16),
                                  "sequence": np.zeros(900, np.int16), "frame": np.arange(900, dtype=np.int32)},
             }  # fmt: skip
    if declaration.probes:
        rows = np.arange(0, 900, 2, dtype=np.int32)
        files["probe-hidden-region"] = {"scores": rng.random((450, len(aus))).astype(np.float16), "rows": rows,
                                        "area": np.full(len(aus), 0.1, np.float32)}  # fmt: skip
    about = {"method": declaration.method, "outputs": list(aus), "device": "CPU (test)", "wall_s": 60.0,
             "created": "2026-01-01", "peak_memory_mb": 1, "versions": {"aulib": "0", "torch": "0"}}  # fmt: skip
    return results.write(declaration, about, files)


QUALITY = {"image-seed": 2.2, "landmarks-seed": 1.5, "linear-seed": 1.3, "image-shuffled": 0.0, "image-calibrated": 1.8,
           "landmarks-calibrated": 1.2, "linear-calibrated": 1.0, "image-independent": 1.5,
           "landmarks-independent": 1.0, "linear-independent": 0.8}  # fmt: skip


@pytest.fixture
def recorded(home):
    declared = papers.declarations("corpora", "laptop")
    for label, declaration in declared.items():
        invent(declaration, next(value for start, value in QUALITY.items() if label.startswith(start)))
    return declared


@pytest.mark.parametrize("table", [realism.probe_table, realism.dependence_table, admission.checks])
def test_nothing_run_is_said_in_every_cell(home, table):
    made = table("laptop")
    assert "No run recorded" in made.lines[0]
    judged = made.frame[["found", "verdict"]] if "verdict" in made.frame else made.frame
    assert (judged == realism.NOT_RUN).all(axis=None)
    assert "no run recorded" in realism.gains("laptop").alt


def test_cells_of_the_probe_table_are_those_of_the_records(recorded):
    frame = realism.probe_table("laptop").frame
    outcomes = [realism.outcome(d, results.find(d)).auc() for k, d in recorded.items() if k.startswith("image-seed")]
    assert frame.loc["12", "CNN"] == pytest.approx(np.mean([auc[12] for auc in outcomes]))
    assert frame.loc["12", "CNN, worst seed"] == pytest.approx(min(auc[12] for auc in outcomes))
    assert frame.loc["Avg.", "CNN − landmarks"] > 0.05
    assert abs(frame.loc["Avg.", "region hidden"] - 0.5) < 0.03
    assert abs(frame.loc["Avg.", "labels shuffled"] - 0.5) < 0.03


def test_intensity_2_against_0_looks_at_these_two_only():
    codes = np.array([[0], [0], [1], [2], [5]], np.int8)
    scores = np.array([[0.1], [0.6], [0.9], [0.5], [0.0]], np.float32)
    outcome = realism.Outcome(scores, codes, (12,), 2)
    assert outcome.auc(lambda c: (c == 0) | (c == 2))[12] == 0.5
    assert outcome.auc()[12] == pytest.approx(1 / 6)


def test_checks_are_met_or_not_as_the_records_say(recorded):
    import pandas as pd

    who = pd.Series({"pixels": 0.2, "HOG": 0.5, "chance": 0.025})
    verdicts = admission.checks("laptop", who).frame["verdict"]
    assert set(verdicts) <= {realism.MET, realism.MISSED}
    assert verdicts["synth-probe", "codes shuffled"] == realism.MET
    assert verdicts["synth-bp4d", "people: HOG finds the person in another video"] == realism.MET
    assert verdicts["synth-bp4d", "appearance matters: CNN over a linear model on true landmarks"] == realism.MET
    poor = admission.checks("laptop", who.replace(0.5, 0.05)).frame["verdict"]
    assert poor["synth-bp4d", "people: HOG finds the person in another video"] == realism.MISSED


def test_a_run_that_is_missing_empties_its_cells_only(home):
    declared = papers.declarations("corpora", "laptop")
    invent(declared["image-calibrated"], 1.8)
    frame = realism.dependence_table("laptop").frame
    assert frame["image", "calibrated"].map(np.isfinite).all()
    assert (frame["image", "company"] == realism.NOT_RUN).all()
    assert "not run: landmarks-calibrated" in realism.dependence_table("laptop").lines[0]
    verdicts = admission.checks("laptop").frame["verdict"]
    assert verdicts["synth-bp4d", "no ceiling: mean AUC of a plain CNN; AUs above .98"] != realism.NOT_RUN
    assert verdicts["synth-bp4d", "appearance matters: CNN over a linear model on true landmarks"] == realism.NOT_RUN


def test_figures_of_third_parties_are_judged_by_their_thresholds(home):
    assert "No figures recorded" in realism.third_parties().lines[0]
    rows = [
        {"name": "face found", "value": 0.995, "threshold": 0.99, "at_most": False, "n": 500, "version": 2},
        {"name": "painted-out eye found", "value": 0.2, "threshold": 0.05, "at_most": True, "n": 500, "version": 2},
        {"name": "upside down", "value": 0.5, "threshold": None, "at_most": False, "n": 500, "version": 2},
        {"name": "nothing measured", "value": float("nan"), "threshold": 0.9, "at_most": False, "n": 0, "version": 2},
        {
            "name": "mesh: AU12 moves the FACS way",
            "value": 1.0,
            "threshold": 0.9,
            "at_most": False,
            "n": 9,
            "version": 2,
        },
        {
            "name": "one side: AU12 leak of pixels",
            "value": 0.3,
            "threshold": 0.1,
            "at_most": True,
            "n": 9,
            "version": 2,
        },
        {
            "name": "ours: AU12 moves the FACS way",
            "value": 0.1,
            "threshold": 0.9,
            "at_most": False,
            "n": 9,
            "version": 2,
        },
    ]
    folder = home / "results"
    folder.mkdir(exist_ok=True)
    (folder / "third_parties.json").write_text(json.dumps(rows))
    table = realism.third_parties()
    assert table.frame["verdict"].tolist() == [realism.MET, realism.MISSED, "", realism.MISSED]
    assert "2 of 5 thresholds" in table.caption, "what our own landmarks say is no third party"
    frame = realism.third_parties_by_au().frame
    assert list(frame.index) == ["12"] and frame.loc["12", "demanded"] == "0.9: met"
    assert frame.loc["12", "shows on the other side"] == "0.30"


def test_nearest_neighbours_are_sought_in_other_videos():
    features = np.array([[1, 0], [1, 0.01], [0, 1], [0.9, 0.1], [0.1, 1.0]], np.float32)
    subjects = np.array(["a", "a", "b", "a", "b"])
    assert realism.nearest_is_same(features, subjects, np.array(["1", "1", "1", "2", "2"])) == 1
    assert realism.nearest_is_same(features, np.array(list("abcde")), np.array(list("11111"))) == 0


def test_every_twin_is_in_the_table():
    frame = twins.table().frame
    assert list(frame.index) == list(TWINS)
    assert frame.loc["frank", "example"] == "synth-bp4d+frank=5"


def test_every_corpus_is_in_the_inventory():
    assert list(calibration.inventory().frame.index) == list(entries())


def test_calibration_figures_draw():
    for picture in (
        calibration.rates("synth-bp4d"),
        calibration.rates_by_task(),
        calibration.phi("synth-bp4d"),
        calibration.runs(),
        calibration.memory("synth-bp4d"),
        calibration.spread(),
    ):
        assert picture.alt and "published" in picture.lines[0]
        assert picture.png(30).startswith(b"\x89PNG")
    summary = calibration.summary("synth-bp4d").frame
    assert (summary["outside"] != "").all()


def test_the_explorer_has_every_au_at_every_intensity_with_a_text():
    box = widgets.explorer(people=(0,), side=32)
    person, au, level, shown = box.children
    assert len(au.options) == len(FACE_AUS) and (level.min, level.max) == (0, 5) and len(person.options) == 1
    texts = set()
    (stacks,) = shown.children
    for unit, stack in zip((AUS[number] for number in FACE_AUS), stacks.children, strict=True):
        assert len(stack.children) == 6
        for number, face in enumerate(stack.children):
            (alt,) = re.findall(r'alt="([^"]+)"', face.value)
            assert "data:image/jpeg;base64," in face.value
            assert "neutral" in alt if number == 0 else f"AU{unit.number} {unit.name}, intensity" in alt
            texts.add(alt)
    assert len(texts) == 5 * len(FACE_AUS) + 1


def test_faces_are_shown_as_jpeg():
    from aubook.pages import atlas

    html = atlas.intensities((12,), side=32)._repr_html_()
    assert "data:image/jpeg;base64," in html and 'alt="AUs 12' in html
