"""The look of the procedural face: hair, skin, light, camera, and things in front."""

from __future__ import annotations

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest

from synthface.face import Face, Identity, Occluder, Pose, Scene, au_vector
from synthface.face import hair as scalp_hair
from synthface.face.backdrop import FRAME
from synthface.face.head import build
from synthface.face.identity import HAIR_STYLES
from synthface.face.occluders import KINDS
from synthface.face.scene import STYLES, background
from synthface.realism import gradient_kurtosis, spectral_slope

NEUTRAL = au_vector({})
CLEAN = Scene(noise=0, quality=100, clutter=0)


def person(number: int, **changes: object) -> Identity:
    return replace(Identity.draw(np.random.default_rng([31, number])), **changes)


@pytest.fixture(scope="module")
def faces() -> list[Face]:
    return [Face(person(k)) for k in range(5)]


# --- statistics


@pytest.mark.parametrize("exponent", [0.0, -2.0, -4.0])
def test_slope_is_that_of_an_image_made_with_it(exponent):
    rng = np.random.default_rng(0)
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256))
    frequency[0, 0] = 1
    image = np.fft.ifft2(np.fft.fft2(rng.standard_normal((256, 256))) * frequency ** (exponent / 2)).real
    assert spectral_slope(image) == pytest.approx(exponent, abs=0.12)
    assert spectral_slope(7 * image + 3) == pytest.approx(spectral_slope(image)), "depends on the scale"


def test_kurtosis_is_that_of_the_gradients():
    rng = np.random.default_rng(0)
    assert gradient_kurtosis(rng.standard_normal((200, 200))) == pytest.approx(3, abs=0.1)
    edge = np.zeros((64, 64))
    edge[:, 32:] = 1  # 64 steps of one among 2 * 63 * 64
    share = 64 / (2 * 63 * 64)
    bernoulli = (1 - 3 * share * (1 - share)) / (share * (1 - share))
    assert gradient_kurtosis(edge) == pytest.approx(bernoulli)
    assert np.isnan(gradient_kurtosis(np.ones((32, 32))))


@pytest.mark.parametrize("function", [spectral_slope, gradient_kurtosis])
def test_statistics_name_a_bad_shape(function):
    with pytest.raises(ValueError, match="image has shape"):
        function(np.zeros((8, 8)))


def test_pictures_have_the_statistics_of_photographs(faces):
    pictures = []
    for k, face in enumerate(faces):
        rng = np.random.default_rng(k)
        for style in ("laboratory", "table"):
            pictures.append(face.render(NEUTRAL, scene=Scene.draw(rng, style), rng=rng).image)
    slopes = [spectral_slope(image) for image in pictures]
    assert -4.4 < min(slopes) and max(slopes) < -2.7
    assert np.median([gradient_kurtosis(image) for image in pictures]) < 25


def test_small_pictures_are_the_large_ones_seen_from_afar(faces):
    """Textures are prefiltered: pores and hairs do not alias into speckle at 100 pixels."""
    for face in faces[:2]:
        large, small = (face.render(NEUTRAL, scene=CLEAN, side=side).image for side in (200, 100))
        shrunk = cv2.resize(large, (100, 100), interpolation=cv2.INTER_AREA).astype(float)
        skin = np.abs(shrunk - small)[40:90, 30:70]
        assert skin.mean() < 3.5 and np.quantile(skin, 0.99) < 22


# --- hair


@pytest.mark.parametrize("style", HAIR_STYLES)
def test_hair_grows_from_the_scalp_behind_the_hairline(style):
    who = person(1, hair_style=style)
    mesh = build(who)
    before = len(mesh.points)
    tuft = scalp_hair.grow(mesh, who)
    assert mesh.parts["hair"].start == before and np.isfinite(tuft.points).all()
    if style == "bald":
        assert len(tuft.points) == 0
        return
    assert len(tuft.points) > 2000
    # In front of the ears no root lies on the bare forehead: below the hairline by more than its fuzz.
    roots = tuft.points[:, 0]
    front = np.abs(roots[:, 0]) < 40
    brow = roots[front & (roots[:, 2] > -40), 1]
    assert len(brow) > 30 and brow.max() < 40
    length = np.linalg.norm(np.diff(tuft.points, axis=1), axis=-1).sum(axis=1)
    assert np.median(length) > 90 if style in ("bob", "long", "fringe") else np.median(length[front]) < 80
    assert tuft.paint.min() >= 0 and tuft.paint.max() <= 1


def test_hair_styles_look_different_and_hair_is_the_same_each_time():
    def seen(style: str) -> np.ndarray:
        return Face(person(2, hair_style=style)).render(NEUTRAL, scene=CLEAN, side=64).image.astype(float)

    pictures = {style: seen(style) for style in ("bald", "buzz", "afro", "long", "fringe")}
    names = list(pictures)
    for a in names:
        for b in names[: names.index(a)]:
            assert np.abs(pictures[a] - pictures[b]).mean() > 1, (a, b)
    assert np.array_equal(seen("fringe"), pictures["fringe"])


def test_lashes_follow_the_lid_and_swing_further():
    face = Face(person(3, lashes=1.0, make_up=1.0))
    whiskers, moved = face._hairs[0], []
    for strength in (0, 5):
        points = face._deform(au_vector({43: strength}), (0.0, 0.0))
        moved.append(whiskers.moved(face.mesh.points, points).reshape(whiskers.points.shape))
    columns = face.mesh.shape[1]
    lid = np.flatnonzero(whiskers.vertex // columns == face.mesh.rows["lid_upper"])
    down = (moved[1] - moved[0])[lid, :, 1]
    assert np.median(down[:, 0]) > 4, "the root stays behind"
    assert (down[:, -1] >= down[:, 0] - 1e-3).all() and np.median(down[:, -1] - 1.2 * down[:, 0]) > 0


# --- light and camera


def test_dark_skin_is_exposed_for():
    means = []
    for melanin in (0.05, 0.95):
        image = Face(person(0, melanin=melanin, hair_style="buzz")).render(NEUTRAL, scene=CLEAN, side=64).image
        means.append(image[20:60, 18:46].mean())
    light, dark = means
    assert light < 215, "light skin is blown out"
    assert 55 < dark < 0.8 * light, "dark skin is lost, or whitened"


def test_styles_differ_as_their_corpora_do(faces):
    def draw(style: str) -> np.ndarray:
        scenes = [Scene.draw(np.random.default_rng(k), style) for k in range(4)]
        return np.array([face.render(NEUTRAL, scene=s, side=64).image for face in faces[:2] for s in scenes]) / 255

    images = {style: draw(style) for style in STYLES}
    chroma = {style: (x.max(-1) - x.min(-1))[:, 16:56, 16:48].mean() for style, x in images.items()}
    assert chroma["clinic"] < min(chroma[style] for style in ("laboratory", "table", "webcam"))
    wall = {style: x[:, :40, :4].mean((0, 1, 2)) for style, x in images.items()}
    assert wall["studio"].mean() > 1.5 * wall["laboratory"].mean()
    assert wall["laboratory"][2] > wall["laboratory"][0], "blue cloth"
    assert wall["table"][0] > wall["table"][2], "warm room"
    noise = {style: np.mean([Scene.draw(np.random.default_rng(k), style).noise for k in range(9)]) for style in STYLES}
    assert noise["studio"] < noise["laboratory"] < noise["webcam"]


def test_varied_light_leaves_place_and_camera_alone(faces):
    scene = Scene.draw(np.random.default_rng(0), "laboratory")
    assert scene.varied(np.random.default_rng(1), 0) == scene
    other = scene.varied(np.random.default_rng(1), 1.0)
    changed = {f.name for f in fields(scene) if getattr(scene, f.name) != getattr(other, f.name)}
    light = {"azimuth", "elevation", "key", "fill", "second", "exposure", "softness", "colour", "cast"}
    assert changed == light
    spread = []
    for factor in (0.3, 1.0):
        scenes = [scene.varied(np.random.default_rng(k), factor) for k in range(6)]
        spread.append(
            np.std([faces[0].render(NEUTRAL, scene=s, side=32).image.astype(float) for s in scenes], 0).mean()
        )
    assert spread[1] > 1.5 * spread[0]
    with pytest.raises(ValueError, match="factor=-1"):
        scene.varied(np.random.default_rng(0), -1)


def test_the_backdrop_of_the_crop_is_the_middle_of_the_frame(faces):
    scene = replace(CLEAN, style="table", clutter=0.1, seed=4)
    crop, frame = background(scene, 200), background(scene, 444, FRAME)
    assert np.abs(frame[122:322, 122:322] - crop).mean() < 0.02


# --- things in front


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [-1, 1])
def test_an_occluder_hides_what_it_says(faces, kind, side):
    face = faces[0]
    clear = face.render(NEUTRAL, scene=CLEAN, side=100).image.astype(int)
    thing = Occluder(kind, side, 1.0)
    hidden = face.render(NEUTRAL, scene=CLEAN, side=100, occluder=thing)
    change = np.abs(hidden.image - clear).sum(-1) > 12
    at = np.round(hidden.landmarks).astype(int).clip(0, 99)
    covered = {"upper": change[at[17:27, 1], at[17:27, 0]].mean(), "lower": change[at[48:, 1], at[48:, 0]].mean()}
    assert all(covered[part] > 0.6 for part in thing.hides()), covered
    assert thing.hides() or kind == "hand_cheek"
    near, far = (change[:, 50:], change[:, :50]) if side > 0 else (change[:, :50], change[:, 50:])
    assert near.mean() > 0.9 * far.mean()
    assert np.allclose(hidden.landmarks, face.render(NEUTRAL, side=100).landmarks), "it moves the face"
    again = face.render(NEUTRAL, scene=CLEAN, side=100, occluder=thing)
    assert np.array_equal(again.image, hidden.image)


def test_a_lowered_hand_hides_nothing(faces):
    for kind in KINDS:
        assert Occluder(kind, 1, 0.0).hides() == frozenset()
    clear, cup = (
        faces[1].render(NEUTRAL, scene=CLEAN, side=64, occluder=o).image for o in (None, Occluder("cup", 1, 0.0))
    )
    assert np.array_equal(clear[:48], cup[:48])


def test_a_hand_follows_the_head(faces):
    thing = Occluder("hand_brow", 1, 1.0)
    middles = []
    for yaw in (-25, 25):
        frames = [
            faces[2].render(NEUTRAL, Pose(yaw), CLEAN, 64, occluder=o, framing="camera").image for o in (None, thing)
        ]
        middles.append(np.argwhere(np.abs(np.subtract(*(f.astype(int) for f in frames))).sum(-1) > 40).mean(0)[1])
    assert middles[1] > middles[0] + 2


@pytest.mark.parametrize("bad", [{"kind": "scarf"}, {"kind": "cup", "side": 0}, {"kind": "cup", "raise_": 1.5}])
def test_occluders_name_bad_arguments(bad):
    with pytest.raises(ValueError, match=r"kind=|side="):
        Occluder(**bad)
