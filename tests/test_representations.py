"""Measurements of feature spaces on a toy corpus whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from aulib.aus import UNKNOWN
from aulib.corpus import Corpus
from aulib.errors import AulibError, CorpusError
from aulib.explain import embeddings
from aulib.features.people import Recipe
from aulib.metrics import auc
from aulib.metrics.divergence import subject_divergence
from aulib.runs import feature_spaces
from aulib.runs.feature_spaces import Chosen, arranged, divergences, evenly, measure, variance

PEOPLE, FRAMES = 5, 12


def corpus(videos: int = 3) -> Corpus:
    """Faces of noise around a colour of each person; in file order frames are shuffled."""
    rng = np.random.default_rng(0)
    keys = [(f"S{s}", f"T{t}", f) for s in range(PEOPLE) for t in range(videos) for f in range(FRAMES)]
    frames = pd.DataFrame(keys, columns=["subject", "sequence", "frame"]).sample(frac=1, random_state=0)
    frames = frames.reset_index(drop=True)
    n = len(frames)
    colours = rng.integers(60, 200, (PEOPLE, 3))[frames["subject"].str[1:].astype(int)]
    faces = (colours[:, None, None] + rng.integers(-40, 40, (n, 40, 40, 3))).astype(np.uint8)
    landmarks = rng.uniform(5, 35, (n, 68, 2)).astype(np.float32)
    codes = rng.integers(0, 2, (n, 2)).astype(np.int8)
    truth = {"motion": rng.normal(size=(n, 7)).astype(np.float32)}
    return Corpus("toy", "synthetic", (1, 12), "occurrence", frames, faces, codes, landmarks, "toy-v1", truth)


def chosen_of(given: Corpus) -> Chosen:
    return Chosen.of(given, evenly(given, np.arange(len(given)), len(given)), given.occurrence())


def person_space(chosen: Chosen, spread: float = 0.1) -> np.ndarray:
    """A point for each person, plus noise."""
    rng = np.random.default_rng(3)
    return (5 * np.eye(PEOPLE)[chosen.subject] + rng.normal(0, spread, (len(chosen.rows), PEOPLE))).astype(np.float32)


def au_space(chosen: Chosen, spread: float = 0.1) -> np.ndarray:
    """A point for each state of AU12, plus noise."""
    rng = np.random.default_rng(4)
    noise = rng.normal(0, spread, (len(chosen.rows), 3))
    return (noise + 5 * (chosen.truth[:, 1:] == 1)).astype(np.float32)


def test_frames_are_spread_over_sequences_and_time():
    given = corpus()
    rows = np.arange(len(given))[: len(given) * 2 // 3]
    kept = evenly(given, rows, 45)
    assert set(kept) <= set(rows) and len(set(kept)) == len(kept) <= 45
    table = given.frames.iloc[kept]
    assert table.groupby(["subject", "sequence"]).size().max() == 45 // 15
    assert list(table[["subject", "sequence", "frame"]].itertuples(index=False)) == sorted(
        table[["subject", "sequence", "frame"]].itertuples(index=False)
    )
    assert len(evenly(given, rows, 7)) == 7  # fewer than there are sequences
    assert sorted(evenly(given, rows, 10_000)) == list(rows)


def test_one_video_a_person_is_asked_about_across_its_ends():
    chosen = chosen_of(corpus(videos=1))
    when = np.tile(np.arange(FRAMES) / FRAMES, PEOPLE)
    np.testing.assert_array_equal(chosen.recording == -1, (when >= 0.4) & (when < 0.6))
    halves = chosen.recording[chosen.recording >= 0]
    assert len(np.unique(halves)) == 2 * PEOPLE
    for half in np.unique(halves):
        own = chosen.recording == half
        assert len(np.unique(chosen.subject[own])) == 1
        assert (when[own] < 0.4).all() or (when[own] >= 0.6).all()
    assert len(np.unique(chosen.piece)) == feature_spaces.PIECES * PEOPLE


def test_a_space_of_people_is_arranged_by_people():
    chosen = chosen_of(corpus())
    found = arranged(person_space(chosen), chosen, 1)
    np.testing.assert_array_equal(found["identity"], 1)
    np.testing.assert_allclose(found["verification"], 1)
    assert (found["by_subject"] > 0.8).all() and (np.abs(found["by_au12"]) < 0.1).all()
    np.testing.assert_allclose(found["auc"], 0.5, atol=0.2)
    shares = dict(zip(feature_spaces.FACTORS, variance(person_space(chosen), chosen, 1), strict=True))
    assert shares["person"] > 0.95 and shares["recording"] > 0.95
    assert max(abs(shares[name]) for name in ("AU12", "all AUs", "pose")) < 0.1


def test_a_space_of_smiles_is_arranged_by_smiles():
    given = corpus()
    given.codes[::9] = UNKNOWN
    chosen = chosen_of(given)
    found = arranged(au_space(chosen), chosen, 1)
    assert found["auc"][1] == 1 and abs(found["auc"][0] - 0.5) < 0.2
    assert found["identity"].mean() < 0.5 and abs(found["verification"].mean() - 0.5) < 0.1
    assert (found["by_au12"] > 0.8).all() and (found["by_subject"] < 0).all()
    assert (found["votes"][chosen.truth[:, 1] == 1] == feature_spaces.NEIGHBOURS).all()
    shares = dict(zip(feature_spaces.FACTORS, variance(au_space(chosen), chosen, 1), strict=True))
    assert shares["AU12"] > 0.95 and shares["all AUs"] > 0.95 and abs(shares["person"]) < 0.1


@pytest.mark.parametrize("videos", [1, 3])
def test_numbers_agree_with_those_of_embeddings(videos):
    given = corpus(videos)
    given.codes[::11, 1] = UNKNOWN
    chosen = chosen_of(given)
    numbers = person_space(chosen, spread=4.0)
    found = arranged(numbers, chosen, 1)
    asked = chosen.recording >= 0
    expected = embeddings.identity_accuracy(numbers[asked], chosen.subject[asked], chosen.recording[asked])
    assert found["identity"].mean() == pytest.approx(expected.accuracy)  # as many frames of each subject
    assert chosen.chance() == pytest.approx(expected.chance)
    assert found["by_subject"].mean() == pytest.approx(embeddings.silhouette(numbers, chosen.subject), abs=1e-4)
    scores = embeddings.neighbour_scores(numbers, chosen.truth[:, 1], chosen.subject, feature_spaces.NEIGHBOURS)
    assert found["auc"][1] == pytest.approx(auc(chosen.truth[:, 1:], scores[:, None])[0], abs=1e-6)
    np.testing.assert_array_equal(found["votes"], np.round(scores * feature_spaces.NEIGHBOURS))


def test_verification_is_an_explicit_count():
    chosen = chosen_of(corpus())
    numbers = person_space(chosen, spread=3.0)
    found = arranged(numbers, chosen, 1)["verification"]
    squares = ((numbers[:, None].astype(float) - numbers[None]) ** 2).sum(axis=2)
    by_frame = []
    for i in range(len(numbers)):
        own = squares[i, (chosen.subject == chosen.subject[i]) & (chosen.recording != chosen.recording[i])]
        other = squares[i, chosen.subject != chosen.subject[i]]
        by_frame.append(np.mean((own[:, None] < other) + 0.5 * (own[:, None] == other)))
    expected = [np.mean(np.array(by_frame)[chosen.subject == s]) for s in range(PEOPLE)]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_divergence_of_people_stands_out_of_its_control():
    chosen = chosen_of(corpus())
    people, smiles = (divergences(space(chosen) + 6, chosen, 0) for space in (person_space, au_space))
    assert people["ratio"] > 2 * smiles["ratio"] and people["sums"].min() > people["null"].max()
    expected = subject_divergence(person_space(chosen) + 6, chosen.subject)
    np.testing.assert_allclose(people["matrix"], expected.matrix, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(people["sums"], people["matrix"].sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(divergences(np.float32([[0, -1, 2, 3]] * 180), chosen, 0)["looks"], [4, 0.25, 0.25])


TINY = Recipe(people=3, pictures=5, side=32, width=1 / 64, epochs=1, batch=8)


def test_measure_gives_every_number_of_every_feature(home, monkeypatch):
    monkeypatch.setattr(
        "aulib.features.people.draw_pictures",
        lambda recipe, person: np.full((recipe.pictures, recipe.drawn_side, recipe.drawn_side, 3), person, np.uint8),
    )
    monkeypatch.setattr(feature_spaces, "CONTROLS", {"projection-128": feature_spaces.random_projection(128)})
    given = corpus()
    given.landmarks[3, 30] = np.nan  # this frame has no shape
    seen = []

    def learnt(rows):
        seen.append(rows)
        return np.random.default_rng(0).normal(size=(len(rows), 60))

    options = {"frames": 150, "pictured": 40, "perplexity": 30, "seed": 0, "progress": False, "recipe": TINY}
    files = measure(given, np.arange(len(given)), given.occurrence(), {"fc7": learnt}, **options)
    names = (*feature_spaces.GIVEN, "fc7")
    near, distant, maps = (files[f"probe-{kind}"] for kind in ("neighbours", "divergence", "tsne"))
    n = len(near["subject"])
    assert 140 <= n <= 150 and 3 not in seen[0]
    assert near["aus"].tolist() == [1, 12]
    quantities = {"identity", "verification", "by_subject", "by_au12", "auc", "votes"}
    assert {key for key in near if "/" in key} == {
        f"{name}{space}/{quantity}" for name in names for space in ("", "-50") for quantity in quantities
    } | {f"{name}/variance" for name in names}
    assert {key.split("/")[0] for key in distant if "/" in key} == {*names, "projection-128"}
    assert {key: value.shape for key, value in maps.items()} == {
        "subject": (40,), "truth": (40,), "hog": (40, 2), "identity": (40, 2), "fc7": (40, 2),
    }  # fmt: skip
    assert near["projection/identity"].mean() == 1  # a person is a colour here
    assert near["fc7/identity"].mean() < 0.6
    for arrays in files.values():
        for key, value in arrays.items():
            if value.dtype == np.float32:
                assert np.isfinite(value).all(), key
    again = measure(given, np.arange(len(given)), given.occurrence(), {"fc7": learnt}, **options)
    for name, arrays in files.items():
        for key, value in arrays.items():
            np.testing.assert_array_equal(value, again[name][key], err_msg=key)


def test_what_cannot_be_measured_says_so():
    given = corpus()
    options = {"frames": 50, "pictured": 10, "perplexity": 3, "seed": 0, "progress": False, "recipe": TINY}
    alone = np.flatnonzero(given.frames["subject"] == "S1")
    with pytest.raises(AulibError, match="two people"):
        measure(given, alone, given.occurrence(), {}, **options)
    with pytest.raises(CorpusError, match="AU12"):
        measure(replace(given, aus=(1, 2)), alone, given.occurrence(), {}, **options)
