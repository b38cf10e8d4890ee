"""Figs. 3 and 4 and claims HYB-01 to 03 from invented measurements whose verdicts are known."""

from __future__ import annotations

import numpy as np
import pytest

from aubook import papers
from aubook.papers.hybrid import representation_claims as claims
from aubook.papers.hybrid import representations as pages
from aubook.papers.hybrid.common import Interval
from aulib import metrics
from aulib.aus import UNKNOWN
from aulib.runs import results

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
    for name, (named, verified, smile, votes, apart) in invented.items():
        if name in leave_out:
            continue

        def around(value, spread=spread):
            return (value + rng.normal(0, spread, PEOPLE)).astype(np.float32)

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
def declared(home):
    return {corpus: papers.find("hybrid", "laptop", f"representations-{corpus}") for corpus in pages.CORPORA}


def every(profile="laptop"):
    """All tables and figures of the page."""
    for corpus in pages.CORPORA:
        yield from (pages.tsne(profile, corpus), pages.neighbours(profile, corpus), pages.variance(profile, corpus))
        yield from (pages.neighbours(profile, corpus, "-50"), pages.looks(profile, corpus))
    yield from (pages.figure4(profile), pages.ratios(profile), claims.order(profile))
    yield from (claims.clustering(profile), claims.clustering(profile, "-50"), claims.less_bound(profile))


def test_nothing_run_is_said_everywhere(declared):
    for one in every():
        text = one._repr_html_()
        assert "not run" in text or "no run recorded" in text


def test_one_corpus_alone_fills_its_own_columns(declared):
    fake(declared["bp4d"], leave_out=("fc7-home",))
    for one in every():
        assert 'class="provenance"' in one._repr_html_()
    assert "not run: GFT-like" in pages.figure4("laptop").caption
    frame = claims.clustering("laptop").frame
    assert set(frame["GFT-like", "verdict"]) == {"not run"} and "not run" not in set(frame["BP4D-like", "verdict"])
    assert set(claims.order("laptop").frame["raw, as printed", "verdict"]) >= {"not run", "holds"}


def test_published_values_stand_beside_ours(declared):
    record = fake(declared["bp4d"])
    frame = pages.figure4("laptop").frame
    assert frame.loc["fc7, other corpus", ("printed, real data", "GFT")] == "0.89 ± .13"
    assert frame.loc["landmark positions", ("printed, real data", "BP4D")] == "5.38 ± .40"
    assert frame.loc["face descriptor", ("printed, real data", "BP4D")] == pages.EMPTY
    sums = 1000 * record.arrays("probe-divergence")["hog/sums"]
    cell = frame.loc["HOG", ("ours, synthetic data, sum × 1000", "BP4D-like")]
    assert cell == f"{sums.mean():.3g} ± {sums.std(ddof=1):.2g}"
    assert frame.loc["HOG", ("ours, synthetic data, over control", "BP4D-like")].startswith("4.0 (")
    assert "E26" in str(pages.figure4("laptop"))


def test_the_value_of_everybody_once_is_the_recorded_one(declared):
    measured = pages.Measured(fake(declared["bp4d"], spread=0.3))
    everybody = np.arange(PEOPLE)
    for name in ("hog", "fc7"):
        far, near = measured.far, measured.near
        assert measured.divergence(name, ratio=False)(everybody) == pytest.approx(far[f"{name}/sums"].mean(), rel=1e-5)
        assert measured.divergence(name, ratio=True)(everybody) == pytest.approx(far[f"{name}/ratio"][0], rel=1e-5)
        expected = 100 * metrics.auc(near["truth"][:, None], near[f"{name}/votes"][:, None].astype(float))[0]
        assert measured.smile(name)(everybody) == pytest.approx(expected)


def test_people_drawn_twice_count_twice_and_are_no_pair(declared):
    measured = pages.Measured(fake(declared["bp4d"], spread=0.5))
    drawn = np.array([3, 3, 5, 7])
    rows = np.concatenate([np.flatnonzero(measured.near["subject"] == 20 + person) for person in drawn])
    expected = metrics.auc(measured.near["truth"][rows, None], measured.near["hog/votes"][rows, None].astype(float))
    assert measured.smile("hog")(drawn) == pytest.approx(100 * expected[0])
    pairs = [measured.far["hog/matrix"][a, b] for a in drawn for b in drawn if a != b]
    assert measured.divergence("hog", ratio=False)(drawn) == pytest.approx(np.mean(pairs) * (PEOPLE - 1))
    assert np.isnan(measured.divergence("hog", ratio=False)(np.array([4, 4])))


@pytest.mark.parametrize(
    "interval, minimal, verdict",
    [
        ((6, 1, 11), 5, "holds"),
        ((4, 1, 7), 5, "undecided"),
        ((3, 1, 4.9), 5, "does not hold"),
        ((-3, -5, -1), 0, "does not hold"),
        ((1, -1, 3), 0, "undecided"),
        ((1, 0.5, 3), 0, "holds"),
        ((np.nan, np.nan, np.nan), 0, "undecided"),
    ],
)
def test_the_rule(interval, minimal, verdict):
    assert claims.decided(Interval(*interval), minimal) == verdict


def test_the_printed_order_holds_where_it_was_invented(declared):
    fake(declared["bp4d"])
    fake(declared["gft"], INVENTED | {"fc7": (0.9, 0.9, 0.0, 0.5, 9e-3)})
    table = claims.order("laptop")
    raw = table.frame["raw, as printed", "verdict"]
    assert list(raw[:3]) == ["holds"] * 3
    assert list(raw[3:6]) == ["does not hold", "does not hold", "holds"]  # untrained, projection, trained below
    assert raw["GFT-like: fc7, other corpus below HOG"] == "does not hold"
    assert "The whole order, BP4D-like: raw holds" in str(table)
    assert "The whole order, GFT-like: raw does not hold" in str(table)
    # by construction all features stand four times above their control
    assert set(table.frame["over control", "verdict"]) <= {"undecided", "holds", "does not hold"}
    assert table.frame["over control", "quotient"].str.match(r"(0\.9\d|1\.0\d) \(").all()


def test_clustering_is_judged_by_the_rule(declared):
    fake(declared["bp4d"])
    fake(declared["gft"], INVENTED | {"hog": (0.97, 0.85, 0.02, 0.8, 2e-3)})
    table = claims.clustering("laptop")
    assert set(table.frame["BP4D-like", "verdict"]) == {"holds"}
    assert "The claim as a whole, BP4D-like: holds" in str(table)
    first = "nearest names person, points: face descriptor above HOG"
    assert table.frame.loc[first, ("GFT-like", "verdict")] == "does not hold"
    assert table.frame.loc[first, ("BP4D-like", "difference")].startswith("+15")
    assert "GFT-like: neighbours in HOG name 97" in str(table) and "BP4D-like: neighbours in HOG" not in str(table)


def test_rank_correlations_have_no_verdict(declared):
    fake(declared["bp4d"])
    table = claims.less_bound("laptop")
    assert table.frame.loc["BP4D-like", "features"] == str(len(INVENTED))
    assert table.frame.loc["BP4D-like", "nearest names person"].startswith("-")  # as invented
    assert "there is no verdict" in str(table)


def test_pictures_say_what_they_show(declared):
    fake(declared["bp4d"])
    picture = pages.tsne("laptop")
    assert "HOG: neighbours from other recordings name the person in 80 % of frames" in picture.alt
    assert "90 frames" in picture.alt and picture.png() == pages.tsne("laptop").png()
    assert "BP4D-like: landmark positions 4.0" in pages.ratios("laptop").alt
