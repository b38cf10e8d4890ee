"""The rules, the judge and the ledger: what earns a word, and what only a number."""

from __future__ import annotations

from itertools import permutations
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import spearmanr

from aubook.engine import claims as judging
from aubook.engine import rules
from aubook.engine.claims import Claim, Measured, claims_of, discoveries, judge, ledger, shortage, verdicts
from aubook.engine.resampling import Interval
from aubook.engine.terms import Effect, permutation_p
from aubook.study import Study
from aulib.errors import UnknownName

STUDY = Study("laptop")


def effect(value: float, spread: float, n: int = 20_000, p: float = 0.01) -> Effect:
    """A normal spread of resamples around a value."""
    return Effect(np.r_[value, np.random.default_rng(0).normal(value, spread, n)], (), 10, 100, p)


@pytest.mark.parametrize(
    "rule, value, spread, word",
    [
        (rules.pair(1), 2, 0.5, "supported"),
        (rules.pair(1), 2, 1.5, "beyond resolution"),
        (rules.pair(), 2, 1.5, "undecided"),
        (rules.pair(1), 0.5, 0.1, "contradicted"),
        (rules.pair(1), 0.9, 0.3, "undecided"),
        (rules.pair(), -2, 0.5, "contradicted"),
        (rules.equiv(1), 0.1, 0.2, "supported"),
        (rules.equiv(1), 0.1, 0.9, "beyond resolution"),
        (rules.equiv(1), 3, 0.5, "contradicted"),
        (rules.equiv(1), 0.9, 0.3, "undecided"),
        (rules.noninf(1), -0.5, 0.2, "supported"),
        (rules.noninf(1), -3, 0.5, "contradicted"),
        (rules.noninf(1), -1, 2, "beyond resolution"),
        (rules.count(0.5), 0.9, 0.1, "supported"),
        (rules.count(0.5), 0.1, 0.1, "contradicted"),
        (rules.count(0.5), 0.5, 0.1, "undecided"),
        (rules.trend(), 0.6, 0.1, "supported"),
        (rules.trend(negative=True), 0.6, 0.1, "contradicted"),
        (rules.trend(negative=True), -0.6, 0.1, "supported"),
        (rules.exact(10), 12, 0, "supported"),
        (rules.exact(10, 11), 12, 0, "contradicted"),
    ],
)
def test_words_of_the_rules(rule, value, spread, word):
    assert rule.word(effect(value, spread)) == word


def test_a_trend_needs_its_permutation_test():
    assert rules.trend().word(effect(0.6, 0.1, p=0.06)) == "undecided"
    assert rules.trend(negative=True).word(effect(0.6, 0.1, p=0.06)) == "contradicted"


def test_a_published_effect_twice_as_large_is_said():
    assert rules.pair(1).word(effect(2, 0.3), published=5) == "supported but smaller"
    assert rules.pair(1).word(effect(2, 0.3), published=3) == "supported"
    nothing = Effect(np.full(5, np.nan))
    assert rules.pair(1).word(nothing) == "undecided" and np.isnan(rules.p_value(nothing))


def test_what_could_have_been_seen_is_seen_four_times_in_five():
    """At the resolution, a normal estimate is above 0 by its interval, and above the least effect, with power .8."""
    spread, rng = 0.7, np.random.default_rng(1)
    for rule, power in ((rules.pair(0), 0.8), (rules.pair(5), 0.8)):
        true = rules.resolution(effect(0, spread), rule)
        drawn = rng.normal(true, spread, 40_000)
        seen = ((drawn - 1.96 * spread > 0) & (drawn >= rule.size)).mean()
        assert seen == pytest.approx(power, abs=0.01)


def test_p_is_twice_the_smaller_tail():
    samples = np.r_[1.0, np.array([-1.0, *([1.0] * 99)])]
    assert rules.p_value(Effect(samples)) == pytest.approx(2 * 2 / 101)
    assert rules.p_value(effect(0, 1)) > 0.5


def test_permutation_p_against_every_order():
    rng = np.random.default_rng(3)
    first, second = rng.random(6), rng.random(6)
    observed = abs(spearmanr(first, second).statistic)
    every = [abs(spearmanr(list(order), second).statistic) for order in permutations(first)]
    assert permutation_p(first, second) == pytest.approx(np.mean(np.array(every) >= observed - 1e-12), abs=0.02)
    assert np.isnan(permutation_p(np.ones(6), second)) and np.isnan(permutation_p(first[:2], second[:2]))


def record(fold=1, seed=0, folds=3, method="anet", state=None, **more):
    about = {"method": method, "declaration": {"fold": fold, "seed": seed, "protocol": {"folds": folds}, **more}}
    if state:
        about["state"] = state
    return SimpleNamespace(key=f"{fold}-{seed}-{method}", about=about)


def test_a_word_needs_all_folds_three_seeds_and_trained_networks():
    trained = {"image_steps": 100}
    whole = [record(f, s, state="reached", **trained) for f in (1, 2, 3) for s in (0, 1, 2)]
    assert shortage(whole, 3) == ""
    assert shortage(whole, 5) == "3 seeds of 5"
    assert shortage(whole[:6], 3) == "2 of 3 folds"
    assert shortage([record(**trained)], 3) == (
        "1 of 3 folds, 1 seed of 3, not known whether the budget trained the networks"
    )
    short = [record(f, s, state="short" if f == 1 else "reached", **trained) for f in (1, 2, 3) for s in (0, 1, 2)]
    assert shortage(short, 3) == "networks short"
    assert shortage([record(f, method="svm-hog") for f in (1, 2, 3)], 3) == "", "nothing of an SVM is random"


def test_a_verdict_is_an_effect_and_a_word_only_where_it_is_borne(monkeypatch):
    claim = Claim("HYB-05", rules.pair(1), lambda m: Measured(effect(2, 0.3)), published=lambda setting: 5.0)
    assert [one.word for one in judge(claim, STUDY)] == ["supported but smaller"]
    doubtful = Claim("HYB-05", rules.pair(1), lambda m: Measured(effect(2, 0.3), bears="one fold"))
    (one,) = judge(doubtful, STUDY)
    assert (one.word, one.why) == ("", "one fold") and one.interval.value == 2
    assert judge(Claim("HYB-05", rules.pair(1), lambda m: Measured(None)), STUDY)[0].word == "not run"
    monkeypatch.setattr(judging, "claims_of", lambda paper: (doubtful,) if paper == "hybrid" else ())
    row = ledger(STUDY, "HYB-05").frame.iloc[0]
    assert row["ours"].startswith("+2.0 (+1.4 to") and row["verdict"] == "no word: one fold"
    assert float(row["could have seen"]) == pytest.approx(1 + 0.84 * 0.3, abs=0.05)


def test_every_row_of_the_ledger_is_a_claim_of_the_papers(monkeypatch):
    monkeypatch.setattr(judging, "claims_of", lambda paper: ())
    frame = ledger(STUDY).frame
    assert len(frame) == 102 and frame.index.get_level_values(0).is_unique
    assert len(verdicts(STUDY, "drml")) == 21
    with pytest.raises(UnknownName, match="claim 'HYB-99'"):
        verdicts(STUDY, "HYB-99")


def test_claims_are_of_their_paper_and_known():
    for paper, prefix in judging.PAPERS.items():
        for claim in claims_of(paper):
            assert claim.id.startswith(f"{prefix}-") and claim.id in judging.rows().index


def test_false_discoveries_are_held_down_within_what_is_asked():
    found = [judge(Claim("HYB-05", rules.pair(), lambda m, v=v: Measured(effect(v, 1))), STUDY)[0] for v in (4, 1, 0)]
    adjusted = discoveries(found)
    raw = [rules.p_value(one.effect) for one in found]
    assert adjusted[0] == pytest.approx(3 * raw[0], rel=1e-6) and adjusted[2] == pytest.approx(raw[2])


def test_intervals_are_written_with_their_signs():
    assert Interval(1.26, -0.04, 2).signed == "+1.3 (-0.0 to +2.0)"
