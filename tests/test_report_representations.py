"""Figs. 3 and 4 and claims HYB-01 to 03 and 21 from invented measurements, against explicit resampling loops."""

from __future__ import annotations

import numpy as np
import pytest

from aubook import papers
from aubook.engine import claims as engine
from aubook.engine.claims import judge
from aubook.engine.resampling import draw, interval
from aubook.papers.hybrid import claims_of_pictures as claims
from aubook.papers.hybrid import representations as pages
from aubook.study import Study
from aulib import metrics
from aulib.aus import UNKNOWN
from aulib.runs import results
from tests import hybrid_records

STUDY = Study("laptop")
PEOPLE, FRAMES = 12, 30

#: Feature -> identity, verification, silhouette by AU12, how well votes follow AU12, divergence between two people.
INVENTED = {
    "landmarks": (0.80, 0.75, 0.05, 1.0, 4e-3),
    "shape": (0.80, 0.75, 0.05, 1.0, 4e-3),
    "gabor": (0.90, 0.85, 0.01, 0.5, 3e-3),
    "hog": (0.80, 0.86, 0.02, 0.8, 2e-3),
    "identity": (0.95, 0.97, 0.00, 0.1, 2e-3),
    "fc7": (0.50, 0.70, 0.20, 3.0, 1e-3),
    "fc7-home": (0.50, 0.70, 0.30, 4.0, 1e-3),
    "fc7-untrained": (0.90, 0.85, 0.00, 0.2, 5e-3),
    "projection": (0.90, 0.80, 0.00, 0.2, 6e-3),
}


def fake(declaration, invented=INVENTED, spread: float = 0.01, leave_out=()):
    """Write a record in which every number of a feature lies around an invented one."""
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(20, 20 + PEOPLE), FRAMES).astype(np.int16)
    truth = rng.integers(0, 2, len(subject)).astype(np.int8)
    truth[::17] = UNKNOWN
    near = {"subject": subject, "truth": truth, "aus": np.array([6, 12], np.int16),
            "chance": np.float32([0.08]), "taught": np.array([256], np.int16)}  # fmt: skip
    far = {"subjects": np.unique(subject)}
    around = lambda value: (value + rng.normal(0, spread, PEOPLE)).astype(np.float32)  # noqa: E731
    for name in (name for name in invented if name not in leave_out):
        named, verified, smile, votes, apart = invented[name]
        for space in ("", "-50"):
            counts = rng.normal(12 + 3 * votes * (truth == 1), 4).clip(0, 25).astype(np.uint8)
            near |= {f"{name}{space}/identity": around(named), f"{name}{space}/verification": around(verified),
                     f"{name}{space}/by_subject": around(verified / 2), f"{name}{space}/by_au12": around(smile),
                     f"{name}{space}/votes": counts}  # fmt: skip
            near[f"{name}{space}/auc"] = np.float32([0.5 + votes / 10, np.nan])
        near[f"{name}/variance"] = np.float32([0.4, 0.5, 0.01, 0.1, 0.2])
        matrix = np.float32(apart * np.exp(rng.normal(0, spread, (PEOPLE, PEOPLE))))
        matrix = (matrix + matrix.T) / 2 * (1 - np.eye(PEOPLE, dtype=np.float32))
        null = np.full(50, (PEOPLE - 1) * apart / 4, np.float32)
        far |= {f"{name}/matrix": matrix, f"{name}/sums": matrix.sum(axis=1), f"{name}/null": null,
                f"{name}/ratio": matrix.sum(axis=1).mean(keepdims=True) / null[:1],
                f"{name}/looks": np.float32([2048, 0.5, 0])}  # fmt: skip
    far |= {key.replace("projection", "projection-128"): value for key, value in far.items() if "projection/" in key}
    maps = {name: rng.uniform(-1, 1, (90, 2)).astype(np.float16) for name in pages.PICTURED}
    maps |= {"subject": subject[::4], "truth": truth[::4]}
    about = {"method": declaration.method, "outputs": [6, 12], "device": "CPU (test)", "wall_s": 60.0,
             "created": "2026-01-01", "peak_memory_mb": 1, "versions": {"aulib": "0", "torch": "0"}}  # fmt: skip
    return results.write(declaration, about, {"probe-neighbours": near, "probe-divergence": far, "probe-tsne": maps})


@pytest.fixture
def declared(home, monkeypatch):
    monkeypatch.setattr(engine, "claims_of", lambda paper: claims.CLAIMS)
    return {corpus: papers.find("hybrid", "laptop", f"representations-{corpus}") for corpus in pages.CORPORA}


def every():
    """All tables and figures of the page."""
    for corpus in pages.CORPORA:
        yield from (pages.tsne(STUDY, corpus), pages.neighbours(STUDY, corpus), pages.variance(STUDY, corpus))
        yield from (pages.neighbours(STUDY, corpus, "-50"), pages.looks(STUDY, corpus))
    yield from (pages.figure4(STUDY), pages.ratios(STUDY), *(engine.ledger(STUDY, f"HYB-0{k}") for k in (1, 2, 3)))


def effect(start: str, setting: str = "bp4d-3"):
    """The verdict on the first claim whose part begins so."""
    claim = next(one for one in claims.CLAIMS if one.part.startswith(start))
    return next(one for one in judge(claim, STUDY) if one.setting == setting)


def test_nothing_run_is_said_everywhere(declared):
    for one in every():
        assert "not run" in one._repr_html_() or "no run recorded" in one._repr_html_()


def test_one_corpus_alone_fills_its_own_columns(declared):
    fake(declared["bp4d"], leave_out=("fc7-home",))
    assert all('class="provenance"' in one._repr_html_() for one in every())
    assert "not run: GFT-like" in pages.figure4(STUDY).caption
    frame = engine.ledger(STUDY, "HYB-02").frame.reset_index().set_index("setting")
    assert set(frame.loc["GFT, 3 folds", "ours"]) == {"not run"} and "not run" not in set(
        frame["ours"]["BP4D, 3 folds"]
    )


def test_published_values_stand_beside_ours(declared):
    record = fake(declared["bp4d"])
    frame = pages.figure4(STUDY).frame
    assert frame.loc["fc7, other corpus", ("printed, real data", "GFT")] == "0.89 ± .13"
    assert frame.loc["landmark positions", ("printed, real data", "BP4D")] == "5.38 ± .40"
    assert frame.loc["face descriptor", ("printed, real data", "BP4D")] == pages.EMPTY
    sums = 1000 * record.arrays("probe-divergence")["hog/sums"]
    cell = frame.loc["HOG", ("ours, synthetic data, sum × 1000", "BP4D-like")]
    assert cell == f"{sums.mean():.3g} ± {sums.std(ddof=1):.2g}"
    assert frame.loc["HOG", ("ours, synthetic data, over control", "BP4D-like")].startswith("4.0 (")


def test_statistics_are_those_of_repeated_people(declared):
    """Every resample is written out: frames and pairs of whoever was drawn, as often as drawn."""
    one = pages.Spaces(fake(declared["bp4d"], spread=0.5))
    smile, apart, mean = one.smile("hog"), one.divergence("hog", ratio=True), one.statistic("hog", "identity")
    own, null = one.near["subject"] - 20, one.far["hog/null"].mean()
    for r in range(25):
        drawn = np.repeat(np.arange(PEOPLE), one.weights[r].astype(int))
        rows = np.concatenate([np.flatnonzero(own == person) for person in drawn])
        votes = one.near["hog/votes"][rows, None].astype(float)
        assert smile[r] == pytest.approx(100 * metrics.auc(one.near["truth"][rows, None], votes)[0])
        pairs = [one.far["hog/matrix"][a, b] for a in drawn for b in drawn if a != b]
        assert apart[r] == pytest.approx(np.mean(pairs) * (PEOPLE - 1) / null, rel=1e-5)
        assert mean[r] == pytest.approx(100 * one.near["hog/identity"][drawn].mean(), rel=1e-5)
    assert one.divergence("hog", ratio=False)[0] == pytest.approx(one.far["hog/sums"].mean(), rel=1e-5)
    one.__dict__["weights"] = np.eye(PEOPLE)[:1] * PEOPLE  # one person alone is no pair
    assert np.isnan(one.divergence("hog", ratio=False)).all()


def test_the_printed_order_is_found_where_it_was_invented_without_a_word(declared):
    fake(declared["bp4d"])
    fake(declared["gft"], INVENTED | {"fc7": (0.9, 0.9, 0.0, 0.5, 9e-3)})
    raw = {"fc7, other corpus over HOG": (0.5, 4.5), "HOG over Gabor": (2 / 3, 2 / 3), "random projection": (2, 2)}
    for part, expected in raw.items():
        for setting, value in zip(claims.BOTH, expected, strict=True):
            found = effect(part, setting)
            assert found.effect.samples[0] == pytest.approx(value, rel=0.02)
            assert found.word == "" and found.why.startswith("1 of 3 folds")
            assert found.claim.rule.word(found.effect) == ("supported" if value < 1 else "contradicted")
    controlled = effect("HOG over Gabor, over control")  # by construction all features stand four times above it
    assert controlled.interval.low < 1 < controlled.interval.high or abs(controlled.interval.value - 1) < 0.02


def test_clustering_is_measured_by_its_rule(declared):
    fake(declared["bp4d"])
    fake(declared["gft"], INVENTED | {"hog": (0.97, 0.85, 0.02, 0.8, 2e-3)})
    for claim in (one for one in claims.CLAIMS if one.id == "HYB-02"):
        here, _ = judge(claim, STUDY)
        assert claim.rule.word(here.effect) == "supported" and here.word == "", claim.part
    there = effect("nearest names person: face descriptor above HOG", "gft-3")
    assert there.claim.rule.word(there.effect) == "contradicted" and "HOG names 97" in there.why
    assert "HOG names" not in effect("nearest names person: face descriptor above HOG").why


def test_features_are_ranked_without_a_word(declared):
    from scipy.stats import spearmanr

    fake(declared["bp4d"])
    found = effect("rank correlation")
    named, told = zip(*((one[0], one[3]) for one in INVENTED.values()), strict=True)
    assert found.effect.samples[0] == pytest.approx(spearmanr(named, told).statistic, abs=0.15)  # ties are broken
    assert f"{len(INVENTED)} features that differ in everything" in found.why


def test_pictures_say_what_they_show(declared):
    fake(declared["bp4d"])
    picture = pages.tsne(STUDY)
    assert "HOG: neighbours from other recordings name the person in 80 % of frames" in picture.alt
    assert "90 frames" in picture.alt and picture.png() == pages.tsne(STUDY).png()
    assert "BP4D-like: landmark positions 4.0" in pages.ratios(STUDY).alt


def test_label_statistics_are_counted_over_repeated_people(home):
    declared = papers.declarations("hybrid", "laptop")
    hybrid_records.fake(declared["anet-bp4d-3-fold1-seed0"])
    found = effect("AU15 with AU12")
    frames = engine.Bench(STUDY, "hybrid", "bp4d-3").scores("anet").frames
    own, smile = (frames.truth[:, frames.aus.index(au)] for au in (15, 12))
    drawn = draw([frames.subject])
    for r in range(10):
        often = np.repeat(np.arange(len(frames)), drawn.of(frames.subject)[r].astype(int))
        a, b = own[often], smile[often]
        rate = lambda s: (a[(b == s) & (a >= 0)] == 1).mean()  # noqa: B023, E731
        assert found.effect.samples[r] == pytest.approx(rate(1) / rate(0), rel=1e-5)
    assert found.why == "1 of 3 folds, drawn labels repeat what they were calibrated to"
    rates = [(frames.truth[:, k] == 1).sum() / (frames.truth[:, k] >= 0).sum() for k in range(len(frames.aus))]
    skewed = claims.skew(engine.Bench(STUDY, "hybrid", "bp4d-3")).effect
    assert interval(skewed.samples).value == pytest.approx(max(rates) / min(rates), rel=1e-5)
