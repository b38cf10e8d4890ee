"""How machines see AUs: figures, tables and claims HYB-04, 19 and 20 from records, with what is missing named."""

from __future__ import annotations

import numpy as np
import pytest

from aubook import papers
from aubook.engine import claims as engine
from aubook.engine.claims import judge
from aubook.papers.hybrid import activation, claims_of_pictures
from aubook.study import Study
from aulib.aus import BP4D_AUS
from aulib.runs import results

STUDY = Study("laptop")
AUS = {"synth-bp4d": BP4D_AUS, "synth-gft": (1, 2, 4, 6, 10, 12, 14, 15, 23, 24)}
LABELS = {
    "bp4d": "anet-bp4d-3-fold1-seed0",
    "gft": "anet-gft-3-fold1-seed0",
    "independent": "anet-independent",
    "shuffled": "anet-shuffled",
}


def seen_by(aus, quality: float, smile: float = 0.0, seed: int = 0) -> dict[str, np.ndarray]:
    """Arrays of the probe for a network whose pictures are the truth times `quality` and noise."""
    from aulib.runs.probes.pictures import compare

    rng = np.random.default_rng(seed)
    true = rng.normal(0, 20, (len(aus), 12, 12, 3)).astype(np.float32)
    masks = np.zeros((len(aus), 12, 12), bool)
    for k in range(len(aus)):
        masks[k, k] = True
    true[~masks] *= 0.3
    face = rng.normal(size=(1, 12, 12))
    out = {"aus": np.array(aus, np.int16), "truth": true.mean(-1).astype(np.float16), "mask": masks}
    starts = []
    for start in range(3):
        images = quality * true + rng.normal(0, 10, true.shape)
        images[aus.index(6)] += smile * true[aus.index(12)]
        found = compare(images, true, masks, face)
        starts.append(found)
        if start == 0:
            out |= found
    out |= {f"untrained_{n}": v for n, v in compare(rng.normal(0, 10, true.shape), true, masks, face).items()}
    out |= {f"starts_{name}": np.stack([s[name] for s in starts]) for name in ("table", "outside_table")}
    steps = np.array([0, 3, 12], np.int32)
    out |= {"steps": steps, "activation": np.outer(steps, np.ones(len(aus))).astype(np.float32)}
    out["growth"] = rng.integers(0, 256, (3, len(aus), 8, 8, 3)).astype(np.uint8)
    return out | {"pictures": rng.integers(0, 256, (len(aus), 16, 16, 3)).astype(np.uint8)}


def fake(declaration, pictures=None, filters=None, **more):
    """Write the record of an ANet with these probes."""
    files = {"probe-activation": pictures, "probe-filters": filters}
    files = {name: arrays for name, arrays in files.items() if arrays is not None}
    outputs = list(AUS[declaration.corpus.partition("+")[0]])
    about = {"method": "anet", "outputs": outputs, "device": "CPU (test)", "wall_s": 60.0, "created": "2026-01-01",
             "peak_memory_mb": 1, "versions": {"aulib": "0", "torch": "0"}, "source": "synthetic", **more}  # fmt: skip
    return results.write(declaration, about, files)


def some_filters(seed: int, colour: float) -> dict[str, np.ndarray]:
    """Filters whose chroma share falls with `colour` by training."""
    rng = np.random.default_rng(seed)
    return {"trained": rng.normal(size=(10, 3, 5, 5)).astype(np.float16),
            "untrained": rng.normal(size=(10, 3, 5, 5)).astype(np.float16),
            "chroma": np.full(10, 0.6 - colour, np.float32),
            "untrained_chroma": np.full(10, 0.6, np.float32)}  # fmt: skip


@pytest.fixture
def laptop(home, monkeypatch):
    monkeypatch.setattr(engine, "claims_of", lambda paper: claims_of_pictures.CLAIMS)
    declared = papers.declarations("hybrid", "laptop")
    for name, (quality, smile) in {
        "bp4d": (1.0, 0.8), "gft": (0.5, 0.0), "independent": (1.0, 0.0), "shuffled": (0.0, 0.0)
    }.items():  # fmt: skip
        declaration = declared[LABELS[name]]
        seed = 1 if name == "gft" else 0
        pictures = seen_by(AUS[declaration.corpus.partition("+")[0]], quality, smile, seed)
        fake(declaration, pictures, some_filters(3, 0.1) if name in ("bp4d", "gft") else None)
    return declared


PICTURES = (activation.gallery, activation.tables, activation.filters)
TABLES = (activation.hits, activation.by_au, activation.mouth)


def found(part: str):
    """The verdict on the claim whose part begins so."""
    return judge(next(one for one in claims_of_pictures.CLAIMS if one.part.startswith(part)), STUDY)[0]


def would_be(verdict) -> str:
    """The word that the rule has for an effect, had the design borne one."""
    return verdict.claim.rule.word(verdict.effect)


def test_what_is_missing_is_named(home):
    for picture in PICTURES:
        assert LABELS["bp4d"] in picture(STUDY).alt, picture
    assert all(LABELS[name] in activation.tables(STUDY).alt for name in LABELS)
    for table in TABLES:
        assert "not run" in str(table(STUDY)), table
    labels, pictures = activation.growth_pictures(STUDY)
    assert labels == ["not run"] and LABELS["bp4d"] in pictures[0].alt


def test_a_missing_control_leaves_the_rest_standing(home):
    declared = papers.declarations("hybrid", "laptop")
    fake(declared[LABELS["bp4d"]], seen_by(BP4D_AUS, 1.0))
    picture = activation.tables(STUDY)
    assert "not run: anet-gft-3-fold1-seed0, anet-independent, anet-shuffled" in picture.lines[0]
    assert found("top-1").effect is not None
    assert [found(part).word for part in ("lift", "match", "that match")] == ["not run"] * 3


def test_everything_shows_and_says_where_it_comes_from(laptop):
    ledger = engine.ledger(STUDY, "HYB-04", "HYB-19", "HYB-20")
    for thing in (*(picture(STUDY) for picture in PICTURES), *(table(STUDY) for table in TABLES), ledger):
        html = thing._repr_html_()
        assert "synthetic data" in html and "profile laptop" in html
    labels, _ = activation.growth_pictures(STUDY)
    assert labels == ["after 0 steps", "after 3 steps", "after 12 steps"]
    assert activation.gallery(STUDY, "gft").alt.startswith("Pictures grown for 10 AUs")
    images = activation.growth(STUDY).children[1]
    assert images.selected_index == 2 and len({child.value for child in images.children}) == 3


def test_hits_are_counted_as_by_hand(laptop):
    frame = activation.hits(STUDY).frame
    for name, row in {"bp4d": "BP4D-like", "gft": "GFT-like", "shuffled": "BP4D-like, codes shuffled"}.items():
        table = results.find(laptop[LABELS[name]]).arrays("probe-activation")["table"]
        by_hand = sum(all(table[a, a] >= table[a, b] for b in range(len(table))) for a in range(len(table)))
        assert frame.loc[row, "hits, brightness"] == f"{by_hand} of {len(table)}"
    assert frame.loc["BP4D-like", "hits, brightness"] == "12 of 12"
    assert float(frame.loc["BP4D-like", "p"]) < 0.01 < float(frame.loc["BP4D-like, codes shuffled", "p"])


def test_place_of_the_own_au():
    table = np.array([[0.5, 0.2, 0.6], [0.1, 0.9, 0.3], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(activation.own_rank(table), [2, 1, np.nan])


def test_recognisable_in_words():
    assert activation.recognisable(1, 0.9, 1.0) == "as its AU"
    assert activation.recognisable(3, 1.6, 1.2) == "as its region"
    assert activation.recognisable(3, 1.6, 1.9) == "no"  # an untrained network draws there as well
    assert activation.recognisable(3, 1.4, 1.0) == "no"
    assert activation.recognisable(np.nan, 2.0, 1.0) == "no true image"


def test_effects_follow_the_records_and_one_training_gives_no_word(laptop):
    for part in ("top-1", "lift", "match", "that match", "chroma share"):
        assert would_be(found(part)) == "supported" and found(part).word == ""
        assert "1 of 3 folds, 1 seed of 3, not known whether the budget trained" in found(part).why
    assert found("chroma share").effect.samples[0] == pytest.approx(-0.1)
    arrays = results.find(laptop[LABELS["bp4d"]]).arrays("probe-activation")
    picture, smile, mask = arrays["difference"][3], arrays["truth"][6], arrays["mask"][3]
    r = np.corrcoef(picture[~mask].astype(float), smile[~mask].astype(float))[0, 1]
    shown = activation.mouth(STUDY).frame.loc["BP4D-like", "r with AU12's mouth"]
    assert shown == pytest.approx(r, abs=2e-3)
    fake(laptop[LABELS["bp4d"]], seen_by(BP4D_AUS, 0.0))
    assert would_be(found("top-1")) == "contradicted" and would_be(found("match")) != "supported"


def test_what_is_known_of_a_network_is_said(laptop):
    fake(laptop[LABELS["bp4d"]], seen_by(BP4D_AUS, 0.0), state="short")
    assert found("top-1").why.endswith("networks short") and "These networks: short." in str(activation.by_au(STUDY))
    fake(laptop[LABELS["bp4d"]], seen_by(BP4D_AUS, 0.0), state="reached")
    assert "networks" not in found("top-1").why and "These networks" not in str(activation.by_au(STUDY))


def test_effects_are_resampled_over_aus_filters_and_starts(laptop):
    arrays, control = (results.find(laptop[LABELS[n]]).arrays("probe-activation") for n in ("bp4d", "shuffled"))
    gain, rng = arrays["lift"].astype(float) - control["lift"], np.random.default_rng(5)
    drawn = [np.mean(rng.choice(gain, len(gain))) for _ in range(4000)]
    np.testing.assert_allclose(found("lift").interval[1:], np.percentile(drawn, [2.5, 97.5]), rtol=0.03)
    arrays = arrays | {"starts_table": arrays["starts_table"].copy()}
    arrays["starts_table"][1][np.arange(5, 12)] = -np.eye(12)[5:]  # one start hits five AUs only
    fake(laptop[LABELS["bp4d"]], arrays)
    hit = [[table[k].argmax() == k for k in range(12)] for table in arrays["starts_table"]]
    drawn = [min(sum(one[k] for k in kept) for one in hit) for kept in rng.integers(0, 12, (4000, 12))]
    assert found("top-1").effect.samples[0] == 5 and would_be(found("top-1")) != "supported"
    np.testing.assert_allclose(found("top-1").interval[1:], np.percentile(drawn, [5, 95]), atol=1)


def test_what_training_added_is_the_difference_and_its_colour():
    rng = np.random.default_rng(0)
    before, step = rng.normal(size=(4, 3, 5, 5)), rng.normal(size=(4, 1, 5, 5))
    arrays = {"trained": before + step, "untrained": before}
    change, chroma = activation.learnt(arrays)
    np.testing.assert_allclose(change, np.broadcast_to(step, before.shape))
    np.testing.assert_allclose(chroma, 0, atol=1e-6)  # the same was added to all colours
    arrays["trained"] = before + step * np.array([1, -1, 0])[:, None, None]
    np.testing.assert_allclose(activation.learnt(arrays)[1], 1, atol=1e-6)


def test_a_mosaic_keeps_every_filter_in_its_place():
    weights = np.random.default_rng(0).normal(size=(5, 3, 4, 4))
    mosaic = activation._mosaic(weights)
    assert mosaic.shape == (10, 15, 3)
    for k in range(5):
        tile = mosaic[5 * (k // 3) : 5 * (k // 3) + 4, 5 * (k % 3) : 5 * (k % 3) + 4]
        np.testing.assert_allclose(np.moveaxis(tile, -1, 0), weights[k] / np.abs(weights[k]).max() / 2 + 0.5)
    assert (mosaic[5:, 10:] == 1).all()
