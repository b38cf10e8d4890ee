"""How machines see AUs: figures, tables and verdicts from records, with what is missing named."""

from __future__ import annotations

import numpy as np
import pytest

from aubook import papers
from aubook.papers.hybrid import activation_maximization, machine_claims
from aulib.aus import BP4D_AUS
from aulib.runs import results

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


def fake(declaration, activation=None, filters=None, history=(0.6, 0.7, 0.8, 0.85, 0.86, 0.86), auc: float = 1.5):
    """Write the record of an ANet with these probes."""
    aus = AUS[declaration.corpus.partition("+")[0]]
    rng = np.random.default_rng(len(declaration.label))
    codes = (rng.random((200, len(aus))) < 0.3).astype(np.int8)
    scores = 1 / (1 + np.exp(-rng.normal(auc * (codes - 0.5), 1)))
    rows = {"aus": np.array(aus, np.int16), "subject": np.repeat(np.arange(10, dtype=np.int16), 20),
            "sequence": np.zeros(200, np.int16), "frame": np.arange(200, dtype=np.int32)}  # fmt: skip
    name = declaration.corpus.partition("+")[0]
    files = {
        "history": {"loss": np.ones(60, np.float32), "evaluated": np.arange(10, 70, 10, np.int32),
                    "validation_auc": np.float32(history), "stage": np.zeros(6, np.int32)},
        name: {"scores": scores.astype(np.float16), "codes": codes, **rows},
    }  # fmt: skip
    files[declaration.corpus] = files[name]
    if activation is not None:
        files["probe-activation"] = activation
    if filters is not None:
        files["probe-filters"] = filters
    about = {"method": "anet", "outputs": list(aus), "device": "CPU (test)", "wall_s": 60.0, "created": "2026-01-01",
             "peak_memory_mb": 1, "versions": {"aulib": "0", "torch": "0"}, "source": "synthetic"}  # fmt: skip
    return results.write(declaration, about, files)


def some_filters(seed: int, colour: float) -> dict[str, np.ndarray]:
    """Filters whose chroma share falls with `colour` by training."""
    rng = np.random.default_rng(seed)
    return {"trained": rng.normal(size=(10, 3, 5, 5)).astype(np.float16),
            "untrained": rng.normal(size=(10, 3, 5, 5)).astype(np.float16),
            "chroma": np.full(10, 0.6 - colour, np.float32),
            "untrained_chroma": np.full(10, 0.6, np.float32)}  # fmt: skip


@pytest.fixture
def laptop(home):
    declared = papers.declarations("hybrid", "laptop")
    for name, (quality, smile) in {
        "bp4d": (1.0, 0.8), "gft": (0.5, 0.0), "independent": (1.0, 0.0), "shuffled": (0.0, 0.0)
    }.items():  # fmt: skip
        declaration = declared[LABELS[name]]
        seed = 1 if name == "gft" else 0
        activation = seen_by(AUS[declaration.corpus.partition("+")[0]], quality, smile, seed)
        fake(declaration, activation, some_filters(3, 0.1) if name in ("bp4d", "gft") else None)
    return declared


PICTURES = (activation_maximization.gallery, activation_maximization.tables, activation_maximization.filters)
TABLES = (machine_claims.hits, machine_claims.by_au, machine_claims.mouth, machine_claims.verdicts)


def test_what_is_missing_is_named(home):
    for picture in PICTURES:
        assert LABELS["bp4d"] in picture("laptop").alt, picture
    assert all(LABELS[name] in activation_maximization.tables("laptop").alt for name in LABELS)
    for table in TABLES:
        assert "not run" in str(table("laptop")), table
    labels, pictures = activation_maximization.growth_pictures("laptop")
    assert labels == ["not run"] and LABELS["bp4d"] in pictures[0].alt


def test_a_missing_control_leaves_the_rest_standing(home):
    declared = papers.declarations("hybrid", "laptop")
    fake(declared[LABELS["bp4d"]], seen_by(BP4D_AUS, 1.0))
    picture = activation_maximization.tables("laptop")
    assert "not run: anet-gft-3-fold1-seed0, anet-independent, anet-shuffled" in picture.lines[0]
    assert "anet-shuffled is missing" in machine_claims.verdicts("laptop").frame["because"].iloc[0]
    assert machine_claims.the_corpus_puts_it_there("laptop") == ("not run", "anet-independent missing")


def test_everything_shows_and_says_where_it_comes_from(laptop):
    for thing in (*(picture("laptop") for picture in PICTURES), *(table("laptop") for table in TABLES)):
        html = thing._repr_html_()
        assert "synthetic data" in html and "profile laptop" in html
    labels, _ = activation_maximization.growth_pictures("laptop")
    assert labels == ["after 0 steps", "after 3 steps", "after 12 steps"]
    assert activation_maximization.gallery("laptop", "gft").alt.startswith("Pictures grown for 10 AUs")
    images = activation_maximization.growth("laptop").children[1]
    assert images.selected_index == 2 and len({child.value for child in images.children}) == 3


def test_hits_are_counted_as_by_hand(laptop):
    frame = machine_claims.hits("laptop").frame
    for name, row in {"bp4d": "BP4D-like", "gft": "GFT-like", "shuffled": "BP4D-like, codes shuffled"}.items():
        table = results.find(laptop[LABELS[name]]).arrays("probe-activation")["table"]
        by_hand = sum(all(table[a, a] >= table[a, b] for b in range(len(table))) for a in range(len(table)))
        assert frame.loc[row, "hits, brightness"] == f"{by_hand} of {len(table)}"
    assert frame.loc["BP4D-like", "hits, brightness"] == "12 of 12"
    assert float(frame.loc["BP4D-like", "p"]) < 0.01 < float(frame.loc["BP4D-like, codes shuffled", "p"])


def test_place_of_the_own_au():
    table = np.array([[0.5, 0.2, 0.6], [0.1, 0.9, 0.3], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(activation_maximization.own_rank(table), [2, 1, np.nan])


def test_recognisable_in_words():
    assert machine_claims.recognisable(1, 0.9, 1.0) == "as its AU"
    assert machine_claims.recognisable(3, 1.6, 1.2) == "as its region"
    assert machine_claims.recognisable(3, 1.6, 1.9) == "no"  # an untrained network draws there as well
    assert machine_claims.recognisable(3, 1.4, 1.0) == "no"
    assert machine_claims.recognisable(np.nan, 2.0, 1.0) == "no true image"


def test_verdicts_follow_the_records(laptop):
    frame = machine_claims.verdicts("laptop").frame
    assert list(frame["verdict"]) == ["holds", "holds", "undecided"]
    assert "-0.100 by training" in frame["because"].iloc[2]
    arrays = results.find(laptop[LABELS["bp4d"]]).arrays("probe-activation")
    picture, smile, mask = arrays["difference"][3], arrays["truth"][6], arrays["mask"][3]
    r = np.corrcoef(picture[~mask].astype(float), smile[~mask].astype(float))[0, 1]
    shown = machine_claims.mouth("laptop").frame.loc["BP4D-like", "r with AU12's mouth"]
    assert shown == pytest.approx(r, abs=2e-3)


def test_verdicts_turn_with_the_records(laptop):
    fake(laptop[LABELS["bp4d"]], seen_by(BP4D_AUS, 0.0))
    assert machine_claims.pictures_show_their_au("laptop")[0] == "does not hold"
    assert machine_claims.the_corpus_puts_it_there("laptop")[0] != "holds"


def test_an_undertrained_network_decides_nothing(laptop):
    climbing = (0.5, 0.52, 0.54, 0.56, 0.6, 0.65)
    fake(laptop[LABELS["bp4d"]], seen_by(BP4D_AUS, 0.0), history=climbing, auc=0.0)
    fake(laptop[LABELS["shuffled"]], seen_by(BP4D_AUS, 0.0), history=climbing, auc=0.0)
    assert machine_claims.pictures_show_their_au("laptop")[0] == "undecided"
    assert machine_claims.the_corpus_puts_it_there("laptop")[0] == "undecided"
    names = machine_claims.hits("laptop").frame.index
    assert "BP4D-like (undertrained)" in names and "BP4D-like, codes shuffled" in names


def test_an_interval_holds_the_mean():
    values = np.array([1.0, 2.0, 3.0, np.nan])
    low, high = machine_claims.spread(values)
    drawn = [np.mean(np.random.default_rng(k).choice([1.0, 2, 3], 3)) for k in range(4000)]
    np.testing.assert_allclose([low, high], np.percentile(drawn, [2.5, 97.5]), atol=0.05)
    assert np.isnan(machine_claims.spread(np.array([np.nan]))).all()


def test_what_training_added_is_the_difference_and_its_colour():
    rng = np.random.default_rng(0)
    before, step = rng.normal(size=(4, 3, 5, 5)), rng.normal(size=(4, 1, 5, 5))
    arrays = {"trained": before + step, "untrained": before}
    change, chroma = activation_maximization.learnt(arrays)
    np.testing.assert_allclose(change, np.broadcast_to(step, before.shape))
    np.testing.assert_allclose(chroma, 0, atol=1e-6)  # the same was added to all colours
    arrays["trained"] = before + step * np.array([1, -1, 0])[:, None, None]
    np.testing.assert_allclose(activation_maximization.learnt(arrays)[1], 1, atol=1e-6)


def test_starts_that_disagree_decide_nothing(laptop):
    arrays = dict(results.find(laptop[LABELS["bp4d"]]).arrays("probe-activation"))
    arrays["starts_table"] = arrays["starts_table"].copy()
    arrays["starts_table"][1] = -np.eye(12)
    fake(laptop[LABELS["bp4d"]], arrays)
    verdict, because = machine_claims.pictures_show_their_au("laptop")
    assert verdict == "undecided" and because.startswith("12, 0, 12 of 12 hits from 3 starts")


def test_a_mosaic_keeps_every_filter_in_its_place():
    weights = np.random.default_rng(0).normal(size=(5, 3, 4, 4))
    mosaic = activation_maximization._mosaic(weights)
    assert mosaic.shape == (10, 15, 3)
    for k in range(5):
        tile = mosaic[5 * (k // 3) : 5 * (k // 3) + 4, 5 * (k % 3) : 5 * (k % 3) + 4]
        np.testing.assert_allclose(np.moveaxis(tile, -1, 0), weights[k] / np.abs(weights[k]).max() / 2 + 0.5)
    assert (mosaic[5:, 10:] == 1).all()
