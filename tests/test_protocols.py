"""Protocols: what of them is in a run's key, what the papers say; dealt folds and samples."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aubook import papers
from aulib import paths
from aulib.aus import AUS, UNKNOWN
from aulib.errors import AulibError, UnknownName
from aulib.manifest import entries
from aulib.protocols import (
    PROTOCOLS,
    Protocol,
    Said,
    fold_list,
    group_of,
    key_fields,
    one_to_two,
    parts,
    protocol,
    sample_frames,
    split,
)
from aulib.runs import results
from aulib.runs.declaration import Declaration


def frames(subjects: int, each: int = 4) -> pd.DataFrame:
    return pd.DataFrame({"subject": np.repeat([f"S{i:02d}" for i in range(subjects)], each)})


@given(st.integers(3, 60), st.integers(2, 10))
def test_every_subject_is_tested_exactly_once(subjects, folds):
    if folds > subjects:
        with pytest.raises(AulibError, match="folds cannot be made"):
            parts([f"S{i}" for i in range(subjects)], folds)
        return
    dealt = parts([f"S{i}" for i in range(subjects)], folds)
    assert sorted(s for part in dealt for s in part) == sorted(f"S{i}" for i in range(subjects))
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1


@pytest.mark.parametrize("fold", [1, 2, 3])
def test_no_subject_is_in_two_parts(fold):
    table = frames(41)
    part = split(table, PROTOCOLS["drml-bp4d"], fold)
    names = [set(table["subject"].iloc[rows]) for rows in (part.train, part.validation, part.test)]
    assert not (names[0] & names[1] or names[0] & names[2] or names[1] & names[2])
    assert sorted(np.concatenate([part.train, part.validation, part.test])) == list(range(len(table)))
    assert len(names[1]) == round(0.15 * (41 - len(names[2])))


def test_the_order_of_frames_does_not_move_subjects():
    table = frames(20)
    shuffled = table.sample(frac=1, random_state=0).reset_index(drop=True)
    for fold in (1, 2, 3):
        a, b = split(table, PROTOCOLS["drml-bp4d"], fold), split(shuffled, PROTOCOLS["drml-bp4d"], fold)
        assert set(table["subject"].iloc[a.test]) == set(shuffled["subject"].iloc[b.test])
        assert set(table["subject"].iloc[a.validation]) == set(shuffled["subject"].iloc[b.validation])


def test_fold_and_protocol_that_do_not_exist():
    with pytest.raises(AulibError, match="fold 4 does not exist: protocol drml-bp4d has folds 1 to 3"):
        split(frames(9), PROTOCOLS["drml-bp4d"], 4)
    with pytest.raises(UnknownName, match=r"unknown protocol 'nosuch'; known: .*drml-bp4d"):
        protocol("nosuch")


labels = st.lists(st.lists(st.sampled_from([0, 1, UNKNOWN]), min_size=2, max_size=2), min_size=1, max_size=60)


@settings(max_examples=60)
@given(labels, st.integers(1, 4), st.integers(1, 4), st.integers(0, 5))
def test_training_sample_against_a_count(rows, positives, negatives, seed):
    truth = np.array(rows, np.int8)
    videos = np.arange(len(truth)) // 15
    chosen = sample_frames(truth, videos, positives, negatives, seed)
    assert np.array_equal(chosen, sample_frames(truth, videos, positives, negatives, seed))
    assert len(set(chosen)) == len(chosen)
    for video in np.unique(videos):
        inside = np.intersect1d(chosen, np.flatnonzero(videos == video))
        for a in range(2):
            for state, wanted in ((1, positives), (0, negatives)):
                there = (truth[videos == video, a] == state).sum()
                assert (truth[inside, a] == state).sum() >= min(wanted, there)
    # No frame is drawn that no AU asked for: one without a single known label cannot be in the sample.
    assert not (truth[chosen] == UNKNOWN).all(axis=1).any()


def test_zero_and_zero_takes_every_frame():
    assert len(sample_frames(np.zeros((7, 2), np.int8), np.zeros(7), 0, 0, 0)) == 7


@settings(max_examples=60)
@given(labels, st.integers(1, 9))
def test_test_sample_is_exactly_one_to_two(rows, cap):
    truth = np.array(rows, np.int8)
    videos = np.arange(len(truth)) // 15
    sampled = one_to_two(truth, videos, cap)
    kept = sampled != UNKNOWN
    assert np.array_equal(sampled[kept], truth[kept])
    assert np.array_equal((sampled == 0).sum(axis=0), 2 * (sampled == 1).sum(axis=0))
    for video in np.unique(videos):
        assert ((sampled == 1)[videos == video].sum(axis=0) <= cap).all()


# What a run's key holds.


def test_every_reference_record_is_found_under_its_key():
    declared = {f"{d.label}-{d.key}" for d in papers.declarations("all", "laptop").values()}
    shipped = {folder.parent.name for folder in paths.references().glob("laptop/*/record.json")}
    assert shipped and shipped <= declared
    assert all(results.find(d) for d in papers.declarations("all", "laptop").values())


@pytest.mark.parametrize("name, corpus, values", [
    ("drml-bp4d", "synth-bp4d", (1, 3, 0.15, 100, 200)),
    ("drml-disfa", "synth-disfa", (3, 3, 0.15, 800, 1600)),
    ("probe", "synth-gft", (2, 5, 0.15, 0, 0)),
])  # fmt: skip
def test_what_the_key_holds_of_the_first_protocols_never_moves(name, corpus, values):
    names = ("threshold", "folds", "validation", "positives", "negatives")
    resolved = Declaration("x", "drml", corpus, name, "laptop").resolved["protocol"]
    assert list(resolved.items()) == [("name", name), *zip(names, values, strict=True)]


def test_a_list_is_in_the_key_where_real_people_can_be_on_it():
    given = fold_list("bp4d-three")
    assert Declaration("x", "drml", "bp4d", "drml-bp4d", "laptop").resolved["protocol"]["list"] == (
        f"bp4d-three-{given.digest}"
    )
    assert "list" not in Declaration("x", "drml", "synth-bp4d", "drml-bp4d", "laptop").resolved["protocol"]


def test_a_list_that_changes_gets_another_digest():
    given = fold_list("bp4d-three")
    (first, *more), last = given.parts["part1"], given.parts["part3"]
    moved = given.model_copy(update={"parts": given.parts | {"part1": tuple(more), "part3": (*last, first)}})
    reordered = given.model_copy(update={"parts": given.parts | {"part1": given.parts["part1"][::-1]}, "note": "x"})
    assert moved.digest != given.digest == reordered.digest
    renumbered = given.model_copy(
        update={"parts": dict(zip(given.parts, list(given.parts.values())[::-1], strict=True))}
    )
    assert renumbered.digest != given.digest


@pytest.mark.parametrize("licensed", [False, True])
def test_words_are_in_no_key(licensed):
    silent = {"paper", "average", "note", "corpus", "trained_on", "aus", "alignment", "metrics", "errata"}
    silent |= {field.name for field in fields(Protocol) if isinstance(field.default, Said)}
    for rule in PROTOCOLS.values():
        changed = replace(rule, **dict.fromkeys(silent))
        assert key_fields(changed, licensed) == key_fields(rule, licensed)


@pytest.mark.parametrize("field, value", [("task", "intensity"), ("unit", "group"), ("threshold", 4), ("folds", 4)])
def test_what_decides_is_in_the_key(field, value):
    rule = PROTOCOLS["arl-disfa"]
    assert key_fields(replace(rule, **{field: value}), False) != key_fields(rule, False)


# The papers' protocols.


@pytest.mark.parametrize("rule", PROTOCOLS.values(), ids=lambda rule: rule.name)
def test_protocols_are_consistent(rule):
    assert rule.paper and rule.note
    assert set(rule.aus) <= set(AUS) and list(rule.aus) == sorted(rule.aus)
    if rule.lists is not None:
        given = fold_list(rule.lists)
        assert given.comparable and (given.kind == "groups" or rule.folds == given.folds)
    if rule.paper == "this project" and rule.unit == "subject":
        return  # ours, which no page sets beside those of papers
    made_to_leak = rule.unit in ("sequence", "frame")  # ours, of no paper's corpus, and it says so
    assert rule.metrics and (rule.corpus in {*entries(), "fera2017"}) != made_to_leak
    assert made_to_leak == rule.note.startswith("Leaks on purpose") == (rule.paper == "this project")
    for said in (getattr(rule, field.name) for field in fields(rule) if isinstance(field.default, Said)):
        assert said.words or said.ours, "where a paper is silent, the protocol says what we do"
        assert bool(said.words) == bool(said.where), "what is stated has a section"
    assert rule.everybody_trains == (rule.folds == 1 and rule.lists is None)
    assert not rule.everybody_trains or rule.trained_on


def test_three_papers_count_three_levels_of_disfa_as_positive():
    thresholds = {name: protocol(name).threshold for name in ("arl-disfa", "drml-disfa", "dsin-disfa")}
    assert thresholds == {"arl-disfa": 2, "drml-disfa": 3, "dsin-disfa": 4}


def test_what_is_said_reads_as_a_sentence():
    assert str(Said("170 of 200", "Sec. 4.1")) == "170 of 200 (Sec. 4.1)"
    assert str(Said(None, ours="0.5")) == "not stated; ours: 0.5"
    assert str(Said()) == "not stated"


# People who are on no list, as those of the embedded corpora.


def test_the_people_whom_the_records_tested_are_still_tested():
    from synthface.corpora import SYNTHETIC

    compared = 0
    for declaration in papers.declarations("all", "laptop").values():
        record = results.find(declaration)
        apart = protocol(declaration.protocol).unit in ("subject", "group")  # by sequence or frame nobody is
        if record is None or "tested_subjects" not in record.about or not apart:
            continue
        made = SYNTHETIC[declaration.corpus.partition("+")[0]]
        table = pd.DataFrame({"subject": [made.subject_name(k) for k in range(made.subjects)]})
        part = split(table, protocol(declaration.protocol), declaration.fold)
        assert sorted(table["subject"].iloc[part.test]) == record.about["tested_subjects"]
        compared += 1
    assert compared > 10


def dealt_before(table: pd.DataFrame, folds: int, validation: float, fold: int) -> tuple[set, set]:
    """Tested and validating subjects, as every record that ships was divided."""
    names = sorted(set(table["subject"]))
    order = np.random.default_rng(folds).permutation(len(names))
    tested = {names[i] for i in order[fold - 1 :: folds]}
    rest = [name for name in names if name not in tested]
    held_out = max(1, round(validation * len(rest)))
    return tested, {rest[i] for i in np.random.default_rng([folds, fold]).permutation(len(rest))[:held_out]}


@pytest.mark.parametrize("name", ["drml-bp4d", "drml-disfa", "probe"])
@pytest.mark.parametrize("people", [11, 27, 41])
def test_strangers_to_every_list_are_dealt_as_before(name, people):
    table, rule = frames(people), PROTOCOLS[name]
    for fold in range(1, rule.folds + 1):
        part = split(table, rule, fold)
        tested, validating = dealt_before(table, rule.folds, rule.validation, fold)
        assert set(table["subject"].iloc[part.test]) == tested
        assert set(table["subject"].iloc[part.validation]) == validating


@pytest.mark.parametrize("name, people, tested", [("ccnn-fera2015", 41, 20), ("ccnn-disfa", 27, 9),
                                                  ("arl-fera2017", 61, 20)])  # fmt: skip
def test_a_single_division_keeps_the_share_of_its_list(name, people, tested):
    table = frames(people)
    part = split(table, PROTOCOLS[name], 1)
    assert table["subject"].iloc[part.test].nunique() == tested
    assert len(part.train) + len(part.validation) + len(part.test) == len(table)


def test_where_everybody_trains_nobody_is_tested():
    table = frames(20)
    part = split(table, PROTOCOLS["arl-bp4d-plus"], 1)
    assert len(part.test) == 0
    assert sorted(np.r_[part.train, part.validation]) == list(range(len(table)))
    assert table["subject"].iloc[part.validation].nunique() == 3


@pytest.mark.parametrize("pattern", ["{:03d}{}", "G{:03d}{}"])
@pytest.mark.parametrize("name", ["hybrid-gft-3", "hybrid-gft-10"])
def test_who_sat_at_one_table_is_on_one_side(pattern, name):
    people = [pattern.format(group, letter) for group in range(1, 33) for letter in "ABC"]
    table = pd.DataFrame({"subject": np.repeat(people, 2)})
    rule, tested = PROTOCOLS[name], []
    for fold in range(1, rule.folds + 1):
        part = split(table, rule, fold)
        tables = [
            {group_of(s) for s in table["subject"].iloc[rows]} for rows in (part.train, part.validation, part.test)
        ]
        assert not (tables[0] & tables[1] or tables[0] & tables[2] or tables[1] & tables[2])
        assert all(tables)
        assert sorted(np.r_[part.train, part.validation, part.test]) == list(range(len(table)))
        tested += part.test.tolist()
    assert sorted(tested) == list(range(len(table)))


# Two that leak on purpose.

LEAKING = {
    "hybrid-bp4d-10-by-sequence": ["subject", "sequence"],
    "hybrid-bp4d-10-by-frame": ["subject", "sequence", "frame"],
}


def video_frames(people: int, videos: int, each: int) -> pd.DataFrame:
    """Names of sequences and numbers of frames repeat from person to person, as they do in BP4D."""
    rows = [(f"S{p:02d}", f"T{v}", 10 * f) for p in range(people) for v in range(videos) for f in range(each)]
    return pd.DataFrame(rows, columns=["subject", "sequence", "frame"])


@pytest.mark.parametrize("name, unit", LEAKING.items())
@settings(max_examples=25)
@given(st.integers(2, 9), st.integers(1, 6), st.integers(1, 7), st.randoms(use_true_random=False))
def test_what_is_dealt_in_place_of_people_stays_whole(name, unit, people, videos, each, random):
    table, rule = video_frames(people, videos, each), PROTOCOLS[name]
    table = table.iloc[random.sample(range(len(table)), len(table))].reset_index(drop=True)
    units = table[unit].astype(str).agg("/".join, axis=1)
    if units.nunique() < rule.folds:
        with pytest.raises(AulibError, match="folds cannot be made"):
            split(table, rule, 1)
        return
    tested = []
    for fold in range(1, rule.folds + 1):
        part = split(table, rule, fold)
        sides = [part.train, part.validation, part.test]
        assert all(map(len, sides)) and sorted(np.concatenate(sides)) == list(range(len(table)))
        names = [set(units.iloc[rows]) for rows in sides]
        assert not (names[0] & names[1] or names[0] & names[2] or names[1] & names[2])
        tested += part.test.tolist()
    assert sorted(tested) == list(range(len(table)))


@pytest.mark.parametrize("name", [*LEAKING, "hybrid-bp4d-10"])
def test_only_those_that_leak_test_people_of_the_training(name):
    table = video_frames(41, 8, 6)  # as BP4D
    for fold in range(1, 11):
        part = split(table, PROTOCOLS[name], fold)
        known, tested = (set(table["subject"].iloc[rows]) for rows in (part.train, part.test))
        assert tested <= known if name in LEAKING else not tested & known
    if name.endswith("frame"):  # nearly every tested frame has a neighbour in training
        trained = set(part.train.tolist())
        assert np.mean([bool({row - 1, row + 1} & trained) for row in part.test.tolist()]) > 0.8


def test_the_group_is_the_name_without_its_last_letter():
    assert [group_of(name) for name in ("001A", "G012C", "F001", "S1A", "rec9")] == [
        "001",
        "G012",
        "F001",
        "S1",
        "rec9",
    ]
