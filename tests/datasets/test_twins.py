"""Control twins: their names, and that each changes one thing and leaves the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aulib import datasets
from aulib.corpus import name_of
from aulib.errors import CorpusError, UnknownName
from aulib.manifest import entry
from synthface import identifier
from synthface.corpora import SYNTHETIC
from synthface.face import FACE_AUS
from synthface.script import MOTION, write
from synthface.twins import TWINS, VIEWS, Variant, parse

FEW = replace(SYNTHETIC["synth-bp4d"], subjects=12)


def phi(codes: np.ndarray) -> np.ndarray:
    """Correlations between the AUs that BP4D codes."""
    columns = [FACE_AUS.index(au) for au in entry("synth-bp4d").aus]
    return np.corrcoef(codes[:, columns] > 0, rowvar=False)[np.triu_indices(len(columns), 1)]


@given(st.permutations(["ind", "iid", "move=2", "light=0.5", "noise=0.1", "view=3"]), st.integers(0, 6))
def test_names_have_one_spelling(words, count):
    chosen = words[:count]
    name = "+".join(["synth-bp4d", *chosen])
    base, variant = parse(name)
    assert base == "synth-bp4d" and parse(base + variant.suffix) == (base, variant)
    assert identifier(name, 24, 100, 0) == identifier(base + variant.suffix, 24, 100, 0)
    assert name_of(identifier(name, None, 200, 7)) == base + variant.suffix


def test_every_twin_has_a_field_and_says_what_it_does():
    assert list(TWINS) == list(Variant.__dataclass_fields__)
    for twin in TWINS.values():
        name = f"synth-bp4d+{twin.word}" + ("" if twin.low is None else f"={twin.example:g}")
        assert parse(name)[1].suffix == name.removeprefix("synth-bp4d")
        assert entry(name).aus == entry("synth-bp4d").aus


@pytest.mark.parametrize("name, words", [
    ("synth-bp4d+nid", r"unknown twin 'nid'; did you mean 'iid' or 'ind'\? known: flat"),
    ("synth-bp4d+ind+ind", "'ind' is given twice"),
    ("synth-bp4d+frank", r"needs a number; write \+frank=NUMBER, -30 to 30"),
    ("synth-bp4d+frank=x", "has 'x' where a number is expected"),
    ("synth-bp4d+move=9", "has 9, outside its range; .*0 to 3"),
    ("synth-bp4d+ind=2", "takes no number"),
    ("synth-bp4d+ind+frank=2", "exclude each other"),
    ("synth-bp4d+flat=1+stretch=1", "exclude each other"),
    ("synth-bp4d+view=1.5", "takes a whole number"),
    ("synth-bp4d+frank=0", r"no parameter 0; independent AUs are \+ind"),
    ("bp4d+ind", "only embedded ones have twins"),
    ("synth-bp4d+", "unknown twin ''"),
    ("synth-bp4d+move=nan", "has nan, outside its range"),
    ("synth-bp4d+move=inf", "has inf, outside its range"),
])  # fmt: skip
def test_bad_names_say_what_is_wrong(name, words):
    with pytest.raises((CorpusError, UnknownName), match=words):
        datasets.load(name)


def test_two_twins_of_one_name_are_one():
    (_, one), (_, other) = parse("synth-bp4d+move=1.2345678"), parse("synth-bp4d+move=1.2345681")
    assert one == other and one.suffix == "+move=1.23457"


def test_a_real_corpus_is_its_own_name():
    assert name_of("disfa-100") == "disfa-100"
    assert name_of("bp4d-plus-r2-24x100") == "bp4d-plus"
    assert name_of("bp4d-r2-allx200+box+image_offset=-1") == "bp4d"
    assert name_of("bp4d-r2-24x100+none+from=synth-bp4d-v2-s0-24x100") == "bp4d"


def test_view_six_is_the_frontal_one():
    assert VIEWS[6] == (0.0, 0.0) and len(set(VIEWS.values())) == 9


def test_independent_twin_keeps_everything_but_the_dependence():
    plain, apart = write(FEW, None, 0, 24), write(FEW, Variant(ind=True), 0, 24)
    np.testing.assert_array_equal(plain.motion, apart.motion)
    assert plain.frames.equals(apart.frames)
    np.testing.assert_array_equal((plain.codes > 0).sum(axis=0), (apart.codes > 0).sum(axis=0))
    for a in range(len(FACE_AUS)):  # the spread of rates over people is the same, whoever the people are
        spreads = [np.sort(np.add.reduceat(s.codes[:, a] > 0, np.arange(0, len(s), 192))) for s in (plain, apart)]
        np.testing.assert_array_equal(*spreads)
    assert np.abs(phi(plain.codes)).max() > 0.3
    assert np.abs(phi(apart.codes)).max() < 0.06, "twelve people; the admission check of all 41 is in the book"


def test_the_whole_independent_corpus_passes_its_admission_check():
    script = write(SYNTHETIC["synth-bp4d"], Variant(ind=True), 0, 24)
    assert np.abs(phi(script.codes)).max() <= 0.02


@pytest.mark.parametrize("theta", [8.0, -8.0])
def test_frank_twin_has_the_joint_probability_of_its_copula(theta):
    """P(U > 1 - p, V > 1 - q) = p + q - 1 + C(1 - p, 1 - q), with Frank's C written out."""
    script = write(replace(FEW, subjects=30), Variant(frank=theta, iid=True), 0, 30)
    active = script.codes > 0
    for pair in ((1, 2), (6, 12), (10, 14)):
        a, b = (active[:, FACE_AUS.index(au)] for au in pair)
        u, v = 1 - a.mean(), 1 - b.mean()
        copula = -np.log1p(np.expm1(-theta * u) * np.expm1(-theta * v) / np.expm1(-theta)) / theta
        assert (a & b).mean() == pytest.approx(a.mean() + b.mean() - 1 + copula, abs=0.02)
    others = [active[:, FACE_AUS.index(au)] for au in (1, 6, 10)]
    assert np.abs(np.corrcoef(others)[np.triu_indices(3, 1)]).max() < 0.12, "pairs know nothing of each other"


def test_flat_and_stretched_rates():
    rates = {
        name: (write(FEW, variant, 0, 24).codes > 0).mean(axis=0)[[FACE_AUS.index(au) for au in (1, 2, 4, 10, 12)]]
        for name, variant in (("plain", None), ("flat", Variant(flat=1.0)), ("stretch", Variant(stretch=1.0)))
    }
    assert rates["flat"].std() < 0.5 * rates["plain"].std() < 0.5 * rates["stretch"].std()


def test_every_frame_a_video_of_its_own():
    script = write(FEW, Variant(iid=True), 0, 5)
    assert len(script) == 12 * 8 * 5
    assert (script.frames.groupby(["subject", "sequence"]).size() == 1).all()
    with pytest.raises(CorpusError, match="needs a number of frames_per_sequence"):
        write(FEW, Variant(iid=True), 0, None)


def test_head_motion_is_scaled_and_nothing_else():
    plain, moved = write(FEW, None, 0, 6), write(FEW, Variant(move=2.0), 0, 6)
    angles = [MOTION.index(name) for name in ("yaw", "pitch", "roll")]
    np.testing.assert_allclose(moved.motion[:, angles], 2 * plain.motion[:, angles], rtol=1e-5)
    np.testing.assert_array_equal(plain.codes, moved.codes)
    np.testing.assert_array_equal(plain.strengths, moved.strengths)


def test_shuffled_codes_are_the_same_codes_elsewhere():
    plain, shuffled = write(FEW, None, 0, 6), write(FEW, Variant(shuffled=True), 0, 6)
    np.testing.assert_array_equal(plain.strengths, shuffled.strengths)
    np.testing.assert_array_equal(plain.codes.sum(axis=0), shuffled.codes.sum(axis=0))
    same = (plain.codes == shuffled.codes).mean()
    assert same < 0.95


def test_coders_who_err_and_are_late():
    plain, noisy = write(FEW, None, 0, 24), write(FEW, Variant(noise=0.2), 0, 24)
    np.testing.assert_array_equal(plain.strengths, noisy.strengths)
    wrong = ((plain.codes > 0) != (noisy.codes > 0)).mean()
    assert 0.02 < wrong < 0.3
    whole, late = write(FEW, None, 0, None), write(FEW, Variant(shift=5), 0, None)
    first = whole.frames.groupby(["person", "video"]).ngroup() == 0
    codes = whole.codes[first.to_numpy()], late.codes[first.to_numpy()]
    np.testing.assert_array_equal(codes[0][:-5], codes[1][5:])


def test_the_same_people_do_the_same_whatever_the_number_of_frames():
    some, every = write(FEW, None, 0, 10), write(FEW, None, 0, None)
    keys = ["subject", "sequence", "frame"]
    joined = some.frames.assign(row=np.arange(len(some))).merge(
        every.frames.assign(other=np.arange(len(every))), on=keys, how="left"
    )
    assert joined["other"].notna().all()
    rows = joined["other"].to_numpy(int)
    np.testing.assert_array_equal(some.codes, every.codes[rows])
    np.testing.assert_array_equal(some.motion, every.motion[rows])
