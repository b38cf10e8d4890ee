"""Contracts that every feature keeps; each hand-made one beside an independent form of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import fftconvolve
from scipy.spatial import procrustes
from skimage.feature import hog as skimage_hog
from skimage.filters import gabor_kernel
from torch import nn

from aulib.datasets.landmarks import MEAN_SHAPE, MIRRORED
from aulib.errors import AulibError
from aulib.features import FEATURES, Feature, from_network, random_projection, untrained
from aulib.features.base import SIDE, grey, unit_length
from aulib.features.gabor import GRID, ORIENTATIONS, WAVELENGTHS, magnitudes
from aulib.features.hog import BLOCK, BLOCKS, CELL, DIRECTIONS, hog
from aulib.features.identity import identity
from aulib.features.people import Recipe
from aulib.features.shape import shape
from synthface.gallery import rendered

TINY = Recipe(people=3, pictures=5, side=32, width=1 / 64, epochs=1, batch=4)


def colours(recipe, person):
    """Instead of people, who take seconds to draw: noise around a colour of each."""
    rng = np.random.default_rng(person)
    size = (recipe.pictures, recipe.drawn_side, recipe.drawn_side, 3)
    return (rng.integers(0, 150, 3) + rng.integers(0, 100, size)).astype(np.uint8)


@pytest.fixture(scope="module")
def somebody():
    """Seven faces uint8 (7, 100, 100, 3) and their landmarks."""
    drawn = [rendered(n % 2, {12: n / 2, 1: 3.0}, side=100, yaw=3 * n - 9) for n in range(7)]
    return np.stack([d.image for d in drawn]), np.stack([d.landmarks for d in drawn])


@pytest.fixture(scope="module", params=sorted(FEATURES))
def feature(request, tmp_path_factory):
    """Each feature; of `identity` one that trains in a second, in a folder of its own."""
    if request.param != "identity":
        yield FEATURES[request.param]
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AULIB_CORPORA", str(tmp_path_factory.mktemp("home") / "corpora"))
        patch.setattr("aulib.features.people.draw_pictures", colours)
        yield identity(TINY, progress=False)


# -- Every feature --


def test_it_gives_what_it_promises(feature, somebody):
    numbers = feature(*somebody)
    assert numbers.shape == (7, feature.dimension)
    assert numbers.dtype == np.float32
    assert np.isfinite(numbers).all()
    assert (numbers.std(axis=0) > 0).any(), "different faces, the same numbers"


def test_it_gives_the_same_again(feature, somebody):
    np.testing.assert_array_equal(feature(*somebody), feature(*somebody))


def test_a_face_does_not_depend_on_those_beside_it(feature, somebody):
    faces, points = somebody
    together = feature(faces, points)
    one_by_one = np.concatenate([feature(faces[i : i + 1], points[i : i + 1]) for i in range(7)])
    # products of matrices are summed in another order
    np.testing.assert_allclose(together, one_by_one, rtol=1e-4, atol=1e-5 * np.abs(together).max())


def test_no_faces_have_no_features(feature):
    none = feature(np.empty((0, 100, 100, 3), np.uint8), np.empty((0, 68, 2), np.float32))
    assert none.shape == (0, feature.dimension)


def test_the_resolution_hardly_matters(feature, somebody):
    """A face of twice the side, every pixel four times, is the same face."""
    faces, points = somebody
    large = faces.repeat(2, axis=1).repeat(2, axis=2)
    expected = feature(faces, points)
    error = np.linalg.norm(feature(large, 2 * points + 0.5) - expected) / np.linalg.norm(expected)
    assert error < 0.05


def test_wrong_shapes_are_errors(feature, somebody):
    faces, points = somebody
    for wrong in (faces[0], faces[:, :50], faces[..., :1], faces / np.float32(255)):
        with pytest.raises(AulibError, match=r"faces are .* expected uint8"):
            feature(wrong, points)
    with pytest.raises(AulibError, match="landmarks are"):
        feature(faces, points[:3])


def test_missing_landmarks_are_an_error_where_they_are_needed(feature, somebody):
    faces, points = somebody[0], somebody[1].copy()
    points[4:, 48] = np.nan
    if feature.needs:
        with pytest.raises(AulibError, match=r"face 4 lacks some of the 49 .* 3 of 7"):
            feature(faces, points)
    else:
        np.testing.assert_array_equal(feature(faces, points), feature(*somebody))
    points = somebody[1].copy()
    points[:, 3] = np.nan  # a point of the jaw, which no feature describes
    assert np.isfinite(feature(faces, points)).all()


def test_names_are_those_of_the_registry(feature):
    assert FEATURES[feature.name].title == feature.title
    assert feature.source


def test_chunks_are_joined_in_order():
    seen = []

    def first(faces, landmarks):
        seen.append(len(faces))
        return landmarks[:, 0]

    points = np.random.default_rng(0).normal(size=(10, 68, 2)).astype(np.float32)
    faces = np.zeros((10, 8, 8, 3), np.uint8)
    np.testing.assert_array_equal(Feature("first", "", "", 2, first, chunk=4)(faces, points), points[:, 0])
    assert seen == [4, 4, 2]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_noise_makes_finite_numbers(seed):
    rng = np.random.default_rng(seed)
    side = int(rng.integers(20, 140))
    faces = rng.integers(0, 256, (2, side, side, 3), np.uint8) * rng.integers(0, 2, (2, 1, 1, 1), np.uint8)
    points = rng.normal(side / 2, side, (2, 68, 2))
    for name in ("shape", "landmarks", "gabor", "gabor-landmarks", "hog", "projection"):
        assert np.isfinite(FEATURES[name](faces, points)).all(), name


# -- Shape --


def test_shape_is_free_of_place_and_size_and_keeps_rotation():
    rng = np.random.default_rng(0)
    points = MEAN_SHAPE * 100 + rng.normal(0, 2, (3, 68, 2))
    faces = np.zeros((3, 100, 100, 3), np.uint8)
    plain = shape()(faces, points)
    np.testing.assert_allclose(shape()(faces, 1.7 * points + (5, -9)), plain, atol=1e-5)
    turned = shape()(faces, points @ np.array([[0.8, 0.6], [-0.6, 0.8]]))
    assert np.abs(turned - plain).max() > 0.1
    for row, face in zip(plain, points, strict=True):
        inner = np.delete(face, [*range(17), 60, 64], axis=0)
        # SciPy's first matrix is centred and brought to a sum of squares of 1; ours has one of 49
        expected = procrustes(inner, inner[::-1])[0]
        np.testing.assert_allclose(row.reshape(49, 2), 7 * expected, atol=1e-5)


def test_positions_are_shares_of_the_side():
    points = np.zeros((1, 68, 2))
    points[0, 17:] = (49.5, -0.5)  # the middle and the upper edge of 100 pixels
    numbers = shape(centred=False)(np.zeros((1, 100, 100, 3), np.uint8), points).reshape(49, 2)
    np.testing.assert_allclose(numbers, np.tile([0.5, 0.0], (49, 1)))


def test_the_shape_of_a_mirrored_face_is_mirrored(somebody):
    faces, points = somebody
    mirrored = points[:, MIRRORED] * (-1, 1) + (99, 0)
    inner = [i for i in range(17, 68) if i not in (60, 64)]
    swap = [inner.index(MIRRORED[i]) for i in inner]
    expected = shape()(faces, points).reshape(-1, 49, 2)[:, swap] * (-1, 1)
    np.testing.assert_allclose(shape()(faces[:, :, ::-1], mirrored).reshape(-1, 49, 2), expected, atol=1e-5)


# -- Gabor --


def test_gabor_is_that_of_scikit_image(somebody):
    """Filters reach to 5 standard deviations here, since the two cut them off along different edges."""
    picture = grey(somebody[0][:1])
    rows, columns = (part.reshape(1, -1) for part in np.meshgrid(GRID, GRID, indexing="ij"))
    ours = magnitudes(picture, rows, columns, reach=5)[0]
    wide = np.pad(picture[0] / 255, 100, mode="symmetric")
    for scale, wavelength in enumerate(WAVELENGTHS):
        for k in range(ORIENTATIONS):
            kernel = gabor_kernel(1 / wavelength, math.pi * k / ORIENTATIONS, bandwidth=1, n_stds=8)
            theirs = np.abs(fftconvolve(wide, kernel, mode="same"))[rows[0] + 100, columns[0] + 100]
            np.testing.assert_allclose(ours[:, scale, k], theirs, atol=2e-5)


def test_gabor_answers_most_to_its_own_waves():
    y, x = np.mgrid[:SIDE, :SIDE]
    for scale, wavelength in enumerate(WAVELENGTHS):
        for k in range(ORIENTATIONS):
            angle = math.pi * k / ORIENTATIONS
            waves = 127.5 + 120 * np.sin(2 * math.pi * (x * math.cos(angle) + y * math.sin(angle)) / wavelength)
            face = np.repeat(waves[None, :, :, None], 3, axis=3).astype(np.uint8)
            numbers = FEATURES["gabor"](face, np.zeros((1, 68, 2))).reshape(10, 10, 5, 8)
            strongest = numbers[4:6, 4:6].mean(axis=(0, 1)).argmax()
            assert np.unravel_index(strongest, (5, 8)) == (scale, k)


def test_gabor_of_a_mirrored_face_is_mirrored(somebody):
    faces, points = somebody
    plain = FEATURES["gabor"](faces, points).reshape(-1, 10, 10, 5, 8)
    mirrored = FEATURES["gabor"](faces[:, :, ::-1], points).reshape(-1, 10, 10, 5, 8)
    turned = [0, 7, 6, 5, 4, 3, 2, 1]  # an angle t becomes pi - t
    np.testing.assert_allclose(mirrored, plain[:, :, ::-1][..., turned], atol=1e-5)


def test_gabor_at_landmarks_looks_where_they_are(somebody):
    faces, points = somebody[0], np.zeros((7, 68, 2), np.float32)
    points[:, 17:] = (GRID[3], GRID[6])  # column, row
    on_grid = FEATURES["gabor"](faces, points).reshape(-1, 10, 10, 40)
    at_points = FEATURES["gabor-landmarks"](faces, points).reshape(-1, 49, 40)
    np.testing.assert_allclose(at_points, on_grid[:, 6, 3][:, None].repeat(49, 1), atol=1e-5)


# -- HOG --


def dalal_triggs(picture):
    """One block (20, 20) with its surroundings (22, 22), in plain loops after Sec. 6 of the paper."""
    cells = np.zeros((BLOCK, BLOCK, DIRECTIONS))  # column, row, direction
    for y in range(BLOCK * CELL):
        for x in range(BLOCK * CELL):
            dx = float(picture[y + 1, x + 2]) - float(picture[y + 1, x])
            dy = float(picture[y + 2, x + 1]) - float(picture[y, x + 1])
            # sigma is an eighth of the sum of the block's sides
            far = ((x - BLOCK * CELL / 2) ** 2 + (y - BLOCK * CELL / 2) ** 2) / (2 * (2 * BLOCK * CELL / 8) ** 2)
            size = math.hypot(dx, dy) * math.exp(-far)
            turn = (math.atan2(dy, dx) % math.pi) / math.pi * DIRECTIONS - 0.5
            column, row = (x + 0.5) / CELL - 0.5, (y + 0.5) / CELL - 0.5
            for c in range(BLOCK):
                for r in range(BLOCK):
                    near = max(0, 1 - abs(column - c)) * max(0, 1 - abs(row - r))
                    low = math.floor(turn)
                    cells[c, r, low % DIRECTIONS] += near * size * (1 - (turn - low))
                    cells[c, r, (low + 1) % DIRECTIONS] += near * size * (turn - low)
    block = cells / (np.linalg.norm(cells) + 0.1 * cells.size)
    block = np.minimum(block, 0.2)
    return block / (np.linalg.norm(block) + 1e-3)


@pytest.mark.parametrize("row, column", [(0, 1), (4, 4), (7, 2)])
def test_hog_is_that_of_the_paper(somebody, row, column):
    wide = np.pad(grey(somebody[0][:1])[0], 1, mode="reflect")
    around = wide[row * CELL : row * CELL + 22, column * CELL : column * CELL + 22]
    ours = hog()(somebody[0][:1], somebody[1][:1]).reshape(BLOCKS, BLOCKS, BLOCK, BLOCK, DIRECTIONS)[column, row]
    np.testing.assert_allclose(ours, dalal_triggs(around), atol=2e-3)


def test_hog_goes_with_that_of_scikit_image(somebody):
    """Which leaves out the Gaussian and the votes for neighbours: alike, not the same."""
    picture = grey(somebody[0][:1])[0]
    theirs = skimage_hog(picture, DIRECTIONS, (CELL, CELL), (BLOCK, BLOCK))
    ours = hog()(somebody[0][:1], somebody[1][:1]).reshape(BLOCKS, BLOCKS, BLOCK, BLOCK, DIRECTIONS)
    ours = ours.transpose(1, 0, 3, 2, 4).ravel()
    assert np.corrcoef(ours, theirs)[0, 1] > 0.7


def test_hog_of_a_mirrored_face_is_mirrored(somebody):
    faces, points = somebody
    parts = (-1, BLOCKS, BLOCKS, BLOCK, BLOCK, DIRECTIONS)
    plain, mirrored = (hog()(f, points).reshape(parts) for f in (faces, faces[:, :, ::-1]))
    expected = plain[:, ::-1, :, ::-1, :, ::-1]
    assert np.corrcoef(mirrored.ravel(), expected.ravel())[0, 1] > 0.98  # OpenCV's Gaussian is half a pixel off


# -- Controls --


def test_a_random_projection_keeps_distances(somebody):
    faces, points = somebody
    numbers = random_projection(4096, rectified=False, unit=False)(faces, points)
    pixels = faces.reshape(7, 50, 2, 50, 2, 3).mean((2, 4)).reshape(7, -1) / 255
    for i in range(7):
        for j in range(i):
            ratio = np.linalg.norm(numbers[i] - numbers[j]) / np.linalg.norm(pixels[i] - pixels[j])
            assert 0.93 < ratio < 1.07  # 5 standard deviations of 1 / sqrt(2 D), and rounded grey levels


def test_a_random_projection_is_fixed_by_its_seed(somebody):
    one, other = (random_projection(64, seed=seed)(*somebody) for seed in (0, 1))
    np.testing.assert_array_equal(random_projection(64)(*somebody), one)
    assert np.abs(one - other).max() > 0.01
    assert one.min() == 0
    np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1, rtol=1e-5)


def test_an_untrained_network_is_fixed_by_its_seed_and_leaves_torchs_alone(somebody):
    faces, points = somebody[0][:2], somebody[1][:2]
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    numbers = untrained()(faces, points)
    assert torch.rand(1) == expected
    np.testing.assert_array_equal(untrained()(faces, points), numbers)
    assert np.abs(untrained(seed=1)(faces, points) - numbers).max() > 0.01


def test_a_network_sees_the_middle_of_the_face_and_is_made_once(somebody):
    made = []

    class Mean(nn.Module):
        input_side = 44

        def features(self, x):
            assert x.shape[1:] == (3, 44, 44)
            return x.mean((2, 3)) * (2 if self.training else 1)

    def build():
        made.append(1)
        return Mean()

    mean = from_network("mean", "", "", 3, build, unit=False)
    faces = np.zeros((2, 100, 100, 3), np.uint8)
    faces[0, 6:94, 6:94] = 255  # all that it sees
    faces[1, 6:94, 6:92] = 255  # one column of 44 less
    white, black = 127.5 / 58, -127.5 / 58
    expected = np.repeat([[white], [(43 * white + black) / 44]], 3, axis=1)
    np.testing.assert_allclose(mean(faces, somebody[1][:2]), expected, atol=1e-5)
    np.testing.assert_allclose(mean(faces, somebody[1][:2]), expected, atol=1e-5)
    assert len(made) == 1
    given = from_network("mean", "", "", 3, build, prepare=lambda f: torch.zeros(len(f), 3, 44, 44))
    assert not given(*somebody).any()


def test_unit_length_leaves_zero():
    np.testing.assert_allclose(unit_length(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]])
