"""The page on alignment: pictures that draw, tables that say what was measured, and the measurement itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from aubook.pages import alignment, detectors
from aulib import metrics
from aulib.datasets.alignment import RECIPES
from aulib.datasets.landmarks import MEAN_SHAPE
from benchmarks import alignment as benchmark

MEASURED = {
    "frames": 40, "detected": 38, "wrong": 1, "eye_error_median": 3.0, "eye_error_p90": 6.25,
    "point_error_median": 8.0, "point_error_p90": 12.0,
}  # fmt: skip
RECORD = {
    "made": "2026-01-01", "seed": 0, "recipe": "similarity", "run": "some-run", "wrong_beyond_percent": 25.0,
    "versions": {"aulib": "0", "opencv": "4"},
    "corpora": {
        "synth-bp4d-v2-s0-24x100": {"frame_side": 480, "frames": 40, "subjects": 4, "detectors": {"cascade": MEASURED}}
    },
    "auc": {
        "aus": [6, 12], "common_frames": 38, "frames": 40,
        "drawn": {"common": [0.9, 0.8], "all": [0.9, 0.8]},
        "true": {"common": [0.88, 0.8], "all": [0.88, 0.8], "base": "drawn", "below_common": [0.01, 0.0, 0.02],
                 "below_all": [0.01, 0.0, 0.02]},
        "cascade": {"common": [0.8, 0.78], "all": [0.7, 0.78], "base": "true", "below_common": [0.05, 0.03, 0.07],
                    "below_all": [0.1, 0.06, 0.14]},
    },
}  # fmt: skip


@pytest.fixture
def recorded(home):
    folder = home / "results"
    folder.mkdir(exist_ok=True)
    (folder / "alignment.json").write_text(json.dumps(RECORD))


# -- Pictures --


@pytest.fixture
def small(monkeypatch):
    """Four pictures of one person at low resolution in place of everybody, so that a figure takes no time."""
    cast = alignment._crowd(1, 160)
    monkeypatch.setattr(alignment, "cast", lambda side=0: cast)
    monkeypatch.setattr(alignment, "_crowd", lambda people, side: cast)


@pytest.mark.parametrize(
    "picture",
    [alignment.markups, alignment.recipes, alignment.dsin_patches, alignment.contrast, alignment.crops,
     alignment.mean_faces, alignment.detections],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_pictures_draw_and_say_what_they_show(small, picture):
    made = picture()
    assert len(made.alt) > 40 and "synthetic" in made.lines[0]
    assert made.jpeg(40).startswith(b"\xff\xd8")


def test_the_cast_is_four_embedded_people_and_a_photograph():
    people = alignment.cast(160)
    assert [who.name for who in people] == [*(name for _, _, name, _, _ in alignment.CAST), alignment.PHOTOGRAPH]
    assert all(np.isfinite(who.points).all() and who.image.dtype == np.uint8 for who in people)


def test_a_face_that_is_not_found_is_said(small, monkeypatch):
    monkeypatch.setattr(alignment, "detector", lambda name: lambda image: None)
    titles = [axis.get_title() for axis in alignment.detections().figure.axes]
    assert sum("no face found" in title for title in titles) == 4


def test_aligned_faces_have_a_sharper_mean(small):
    made = alignment.mean_faces()
    edges = dict(re.findall(r"(as filmed|eyes|similarity) (\d\.\d\d)", made.alt))
    assert edges["as filmed"] == "1.00" and min(float(edges["eyes"]), float(edges["similarity"])) > 1.03


def test_every_recipe_is_in_the_table():
    named = [row.partition(":")[0] for row in alignment.recipe_table().frame.index]
    assert named == list(RECIPES)


@pytest.mark.parametrize("module", ["aubook.pages.alignment", "aubook.pages.detectors"])
def test_the_page_is_light_at_import(module):
    code = f"import sys, {module}; print([m for m in ('torch', 'numba', 'cv2') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


# -- What was measured --


def test_nothing_measured_is_said(home):
    for table in (detectors.landmark_table(), detectors.auc_table()):
        assert "Nothing measured" in table.lines[0]
        assert (table.frame == detectors.NOT_MEASURED).all(axis=None)
    assert detectors.auc_by_au().alt == "nothing measured"


def test_cells_are_those_of_the_record(recorded):
    frame = detectors.landmark_table().frame
    assert frame.loc[("synth-bp4d", "cascade"), "found"] == "95.0 %"
    assert frame.loc[("synth-bp4d", "cascade"), "eyes: 90 %"] == 6.25
    frame = detectors.auc_table().frame
    assert list(frame.index) == ["as drawn", "true landmarks", "cascade"]
    assert frame.loc["cascade", "AUC"] == "0.740" and frame.loc["cascade", "AUC, found by all"] == "0.790"
    assert frame.loc["cascade", "below"] == "true landmarks" and frame.loc["as drawn", "below"] == ""
    assert frame.loc["cascade", "by"] == "0.100 (0.060 to 0.140)"
    picture = detectors.auc_by_au()
    assert "cascade 0.740" in picture.alt and "cascade on AU6" in picture.alt
    assert "synthetic" in picture.lines[0] and "some-run" in picture.lines[0]


def test_the_shipped_measurement_is_whole():
    found = json.loads((benchmark.ROOT / "results" / "alignment.json").read_text(encoding="utf-8"))
    assert set(found["auc"]) >= {"drawn", "exact", "true", "cascade", "face-mesh"} and found["run"] == benchmark.LABEL
    for about in found["corpora"].values():
        for measured in about["detectors"].values():
            assert set(measured) == set(MEASURED) and measured["detected"] <= measured["frames"] == about["frames"]


def test_errors_are_relative_to_the_distance_of_the_eyes():
    true = np.repeat(MEAN_SHAPE[None] * 100, 4, axis=0).astype(np.float32)
    size = true[0, 42:48].mean(axis=0)[0] - true[0, 36:42].mean(axis=0)[0]
    points = true + np.array([0, 0.1 * size], np.float32)
    points[2] = np.nan
    points[3, 36:42] += (0.5 * size, 0)
    found = benchmark.errors(points, true)
    assert (found["frames"], found["detected"], found["wrong"]) == (4, 3, 1)
    assert found["eye_error_median"] == pytest.approx(10, abs=0.05) == found["point_error_median"]


def test_a_miss_scores_one_half_on_all_frames_and_is_left_out_of_the_common_ones():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (60, 2)).astype(np.int8)
    good = np.clip(truth + rng.normal(0, 0.3, truth.shape), 0, 1)
    missed = np.arange(60) < 20
    made = benchmark.aucs(truth, {"drawn": good, "exact": good, "true": good, "cascade": good}, {"cascade": missed},
                          np.repeat(np.array(list("abc")), 20), (1, 2), times=5)  # fmt: skip
    half = np.where(missed[:, None], 0.5, good)
    np.testing.assert_allclose(made["cascade"]["all"], metrics.auc(truth, half), atol=1e-4)
    np.testing.assert_allclose(made["cascade"]["common"], metrics.auc(truth[20:], good[20:]), atol=1e-4)
    assert made["common_frames"] == 40 and made["cascade"]["below_common"][0] == 0
    assert made["cascade"]["below_all"][0] > 0 and made["true"]["below_all"] == [0, 0, 0]
    assert [made[name]["base"] for name in ("exact", "true", "cascade")] == ["drawn", "exact", "true"]


def test_without_the_network_the_run_to_make_is_named(home, monkeypatch, tmp_path):
    monkeypatch.setenv("AULIB_RUNS", str(tmp_path))
    with pytest.raises(SystemExit, match=r"python -m aulib run --paper drml .* small-cnn-fold1-seed0"):
        benchmark.main(["--out", str(tmp_path), "--quick"])


def test_faces_are_sought_person_by_person(monkeypatch):
    from aubook.pages.corpora import drawn

    corpus = drawn("synth-disfa", [0, 1, 50], side=32)
    monkeypatch.setattr(benchmark, "detector", lambda name: lambda image: None)
    found = benchmark.sought(replace(corpus, name="synth-disfa"), np.array([0, 1, 2]), 64, None)
    assert found["true"]["faces"].shape == (3, 32, 32, 3) and found["true"]["faces"].any(axis=(1, 2, 3)).all()
    assert np.isnan(found["cascade"]["points"]).all() and not found["cascade"]["faces"].any()
