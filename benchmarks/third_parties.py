"""What programs that never saw our renderer make of its faces: ``python benchmarks/third_parties.py --out FOLDER``.

OpenCV's cascades must find faces and eyes, and must not find eyes that are painted out.  A face-mesh detector in an
environment of its own (``--face-mesh PYTHON``; see :mod:`benchmarks.face_mesh`) must find the face in nine views, the
landmarks where we say they are, and every action unit moving them the way the FACS manual says.  Our own landmarks and
pixels say how much an action unit on one side shows on the other.  Writes ``third_parties.json`` and ``.csv``: for each
figure its name, value, threshold, count and the version of the generator.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from synthface import VERSION  # noqa: E402
from synthface.face import FACE_AUS, Face, Identity, Pose, Rendered, Scene, au_vector  # noqa: E402
from synthface.face.landmarks import PRIMARY  # noqa: E402
from synthface.face.scene import STYLES  # noqa: E402
from synthface.realism import gradient_kurtosis, spectral_slope  # noqa: E402

SIDE = 320
#: Degrees (yaw, pitch) of our nine views, and those that FERA 2017 has besides (as recalled: pitch -40, -20, 0).
VIEWS = [(yaw, pitch) for pitch in (-20, 0, 20) for yaw in (-40, 0, 40)]
FERA_VIEWS = [(yaw, -40) for yaw in (-40, 0, 40)]
#: The weakest signs, which fewer people must show.
SUBTLE = (17, 23, 24)
_MIDLINE = {8, 27, 28, 29, 30, 33, 51, 57, 62, 66}
_LEFT = np.array([*range(9, 17), *range(22, 27), 34, 35, *range(42, 48), 52, 53, 54, 55, 56, 63, 64, 65])
_RIGHT = np.array(sorted(set(range(68)) - set(_LEFT) - _MIDLINE))


@dataclass(frozen=True)
class Figure:
    """One number of the record; ``threshold`` is None where the number is only reported."""

    name: str
    value: float
    threshold: float | None
    at_most: bool
    n: int
    version: int = VERSION

    @property
    def reached(self) -> bool | None:
        if self.threshold is None:
            return None
        return self.value <= self.threshold if self.at_most else self.value >= self.threshold


def _figure(name: str, value: float, n: int, at_least: float | None = None, at_most: float | None = None) -> Figure:
    threshold = at_most if at_most is not None else at_least
    return Figure(name, round(float(value), 4), threshold, at_most is not None, n)


@lru_cache(maxsize=2)
def person(number: int) -> Face:
    """A person whom no corpus and no gallery knows, and on whom nothing was tuned (that was seed 31)."""
    return Face(Identity.draw(np.random.default_rng([41, number])))


# -- OpenCV's cascades ------------------------------------------------------------------------------------------------


def random_frames(count: int, people: int) -> Iterator[Rendered]:
    """Near-frontal raw frames with open eyes: some AUs, rarely strong as in the corpora, both styles, camera noise."""
    open_eyes = [k for k, au in enumerate(FACE_AUS) if au not in (43, 45)]
    for k in range(count):
        rng = np.random.default_rng([42, k])
        aus = np.zeros(len(FACE_AUS))
        levels = rng.choice(5, len(open_eyes), p=(0.35, 0.3, 0.2, 0.1, 0.05)) + 1
        aus[open_eyes] = levels * (rng.random(len(open_eyes)) < 0.2)
        pose = Pose(*rng.normal(0, (8, 6, 4)).clip(-15, 15))
        scene = Scene.draw(rng, STYLES[k % 2])
        yield person(k * people // count).render(aus, pose, scene, SIDE, rng, framing="camera")


@lru_cache
def _cascade(name: str) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_{name}.xml")


def face_found(image: np.ndarray, landmarks: np.ndarray) -> bool:
    """A frontal-face cascade fires on the face: its box holds the middle of eyes and mouth, and is about as large."""
    grey = cv2.equalizeHist(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    middle, height = landmarks[17:].mean(axis=0), np.ptp(landmarks[:, 1])
    for name in ("frontalface_default", "frontalface_alt2"):
        for x, y, w, h in _cascade(name).detectMultiScale(grey, 1.05, 3, minSize=(int(0.6 * height),) * 2):
            if x < middle[0] < x + w and y < middle[1] < y + h and 0.6 * height < h < 1.8 * height:
                return True
    return False


def eyes_found(image: np.ndarray, landmarks: np.ndarray) -> list[bool]:
    """For the eye on either side, whether an eye cascade fires on it (box centre within a third of its width)."""
    low, high = landmarks[17:48].min(axis=0), landmarks[17:48].max(axis=0)
    margin = 0.25 * (high[0] - low[0])
    (x0, y0), (x1, y1) = np.clip(low - margin, 0, None).astype(int), (high + margin).astype(int)
    crop = cv2.cvtColor(image[y0:y1, x0:x1], cv2.COLOR_RGB2GRAY)
    zoom = 150 / crop.shape[1]
    crop = cv2.resize(crop, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC)
    boxes = [b for name in ("eye", "eye_tree_eyeglasses") for b in _cascade(name).detectMultiScale(crop, 1.03, 2)]
    centres = np.array([(x + w / 2, y + h / 2) for x, y, w, h in boxes]).reshape(-1, 2) / zoom + (x0, y0)
    out = []
    for eye in (landmarks[36:42], landmarks[42:48]):
        width = np.linalg.norm(eye[3] - eye[0])
        out.append(bool((np.linalg.norm(centres - eye.mean(axis=0), axis=1) < width / 3).any()))
    return out


def painted_out(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The picture with plain skin over both eyes: soft discs in the colour of the cheek below."""
    out = image.astype(np.float32)
    for eye in (landmarks[36:42], landmarks[42:48]):
        half, middle = 0.5 * np.linalg.norm(eye[3] - eye[0]), eye.mean(axis=0)
        x, y = int(middle[0]), int(middle[1] + 1.4 * half)
        reach = max(1, int(0.3 * half))
        skin = np.median(image[y - reach : y + reach + 1, x - reach : x + reach + 1], axis=(0, 1))
        mask = np.zeros(image.shape[:2], np.float32)
        cv2.ellipse(mask, [int(v) for v in middle], (int(1.5 * half), int(0.75 * half)), 0, 0, 360, 1.0, -1)
        mask = cv2.GaussianBlur(mask, (0, 0), 0.12 * half)[..., None]
        out = out * (1 - mask) + skin.astype(np.float32) * mask
    return out.astype(np.uint8)


def cascades(count: int, people: int) -> list[Figure]:
    """Rates of the cascades and their controls."""
    face, upside_down, eyes, painted = [], [], [], []
    for frame in random_frames(count, people):
        image, marks = frame.image, frame.landmarks
        face.append(face_found(image, marks))
        turned = marks * (1, -1) + (0, SIDE - 1)
        upside_down.append(face_found(np.ascontiguousarray(image[::-1]), turned))
        eyes.append(eyes_found(image, marks))
        painted.append(eyes_found(painted_out(image, marks), marks))
    return [
        _figure("cascade: face found", np.mean(face), count, at_least=0.99),
        _figure("cascade: face found upside down (control)", np.mean(upside_down), count),
        _figure("cascade: eye found", np.mean(eyes), 2 * count, at_least=0.99),
        _figure("cascade: eye found when painted out (control)", np.mean(painted), 2 * count, at_most=0.05),
    ]


def texture(people: int) -> list[Figure]:
    """Image statistics of aligned faces at 200 pixels, one a person, in every set-up in turn."""
    slopes, kurtoses = [], []
    for k in range(people):
        rng = np.random.default_rng([43, k])
        pose, scene = Pose(*rng.normal(0, (6, 4, 3))), Scene.draw(rng, STYLES[k % len(STYLES)])
        image = person(k).render(au_vector({12: 3.0} if k % 2 else {}), pose, scene, 200, rng).image
        slopes.append(spectral_slope(image))
        kurtoses.append(gradient_kurtosis(image))
    steep, flat = np.quantile(slopes, (0.05, 0.95))
    return [
        _figure("image: slope of the power spectrum, steepest but for 5 %", steep, people, at_least=-4.2),
        _figure("image: slope of the power spectrum, median", np.median(slopes), people),
        _figure("image: slope of the power spectrum, flattest but for 5 %", flat, people, at_most=-2.7),
        _figure("image: kurtosis of gradients, median", np.median(kurtoses), people, at_most=25),
    ]


# -- A face mesh ------------------------------------------------------------------------------------------------------


def _shown(number: int, aus: dict[int, float], pose: Pose) -> Rendered:
    """A raw frame in the light of the laboratory, without noise."""
    scene = Scene.draw(np.random.default_rng([33, number]), "laboratory")
    return person(number).render(au_vector(aus), pose, scene, SIDE, framing="camera")


def _views(number: int) -> list[Rendered]:
    return [_shown(number, {}, Pose(*view)) for view in (*VIEWS, *FERA_VIEWS)]


def _intensities(number: int) -> list[Rendered]:
    """The neutral face, then each AU at 1..5."""
    frames = [{}] + [{au: float(level)} for au in FACE_AUS for level in range(1, 6)]
    return [_shown(number, aus, Pose()) for aus in frames]


def detected(people: int, interpreter: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Landmarks of the face mesh and ours, a pair (frames, 68, 2) for each person: the views, then the intensities."""
    ours = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(people):
            frames = _views(number) + _intensities(number)
            ours.append(np.stack([frame.landmarks for frame in frames]))
            np.savez(folder / f"images_{number:03}.npz", images=np.stack([frame.image for frame in frames]))
        command = [str(interpreter), str(ROOT / "benchmarks" / "face_mesh.py"), name]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        theirs = [np.load(folder / f"points_{number:03}.npz")["points"] for number in range(people)]
    return list(zip(theirs, ours, strict=True))


def relative_error(theirs: np.ndarray, ours: np.ndarray, first: int = 0) -> np.ndarray:
    """Mean distance ``(...)`` of landmarks ``(..., 68, 2)`` from number ``first`` on, relative to that of the outer eye
    corners; NaN where no face was found."""
    size = np.linalg.norm(ours[..., 45, :] - ours[..., 36, :], axis=-1)
    return np.linalg.norm(theirs - ours, axis=-1)[..., first:].mean(axis=-1) / size


def face_mesh(people: int, interpreter: Path) -> list[Figure]:
    """Detection in the views, landmark error, direction and monotony of each AU."""
    found = detected(people, interpreter)
    theirs, ours = (np.stack([pair[k] for pair in found]) for k in (0, 1))  # (people, frames, 68, 2)
    views = len(VIEWS) + len(FERA_VIEWS)
    seen = np.isfinite(theirs[..., 0, 0])
    rows = [
        _figure(f"mesh: detected, yaw {yaw} pitch {pitch}", seen[:, k].mean(), people,
                at_least=0.95 if k < len(VIEWS) else None)
        for k, (yaw, pitch) in enumerate((*VIEWS, *FERA_VIEWS))
    ]  # fmt: skip
    for name, part in (("frontal, all intensities", slice(views, None)), ("nine views", slice(0, len(VIEWS)))):
        for label, first in (("", 0), (", without the jaw", 17)):
            error = relative_error(theirs[:, part], ours[:, part], first)[seen[:, part]]
            strict = not label and name.startswith("frontal")
            for share, limit in ((50, 0.031), (90, 0.038)):
                rows.append(
                    _figure(f"mesh: landmark error, {name}{label}, percentile {share}",
                            np.percentile(error, share), error.size, at_most=limit if strict else None)
                )  # fmt: skip
    return rows + primary_displacements(theirs[:, views:], "mesh") + primary_displacements(ours[:, views:], "ours")


def primary_displacements(landmarks: np.ndarray, source: str) -> list[Figure]:
    """Per AU the share of people whose primary landmarks move the FACS way, and how monotone they do.

    Parameters
    ----------
    landmarks : ndarray, shape (people, 1 + 5 * 19, 68, 2)
        The neutral face, then each AU at 1..5.
    source : str
        Whose landmarks: prefix of the figures.
    """
    rows = []
    for k, au in enumerate(FACE_AUS):
        frames = [0, *range(1 + 5 * k, 6 + 5 * k)]
        curves = np.array([[PRIMARY[au](m) for m in marks[frames]] for marks in landmarks])  # (people, 6)
        moved = curves[:, 5] > curves[:, 0]
        order = np.array([np.corrcoef(np.arange(6), curve.argsort().argsort())[0, 1] for curve in curves])
        steps = (np.diff(np.median(curves - curves[:, :1], axis=0)) > 0).mean()
        least = 0.8 if au in SUBTLE else 0.9
        rows.append(_figure(f"{source}: AU{au} moves the FACS way", moved.mean(), len(moved), at_least=least))
        rows.append(_figure(f"{source}: AU{au} rank correlation with intensity", order.mean(), len(order)))
        rows.append(_figure(f"{source}: AU{au} median rises at each step", steps, len(order), at_least=1.0))
    return rows


# -- One side ---------------------------------------------------------------------------------------------------------


def leakage(people: int) -> list[Figure]:
    """How much an AU at 5 on one side shows on the other, relative to its own side: landmarks (largest way of any that
    is not on the midline) and pixels (mean absolute change of the halves of the aligned crop)."""
    ways, pixels = np.zeros((2, people, len(FACE_AUS), 2))
    scene = Scene(noise=0, quality=100)
    for number in range(people):
        rest = person(number).render(au_vector({}), scene=scene)
        middle = round(float(rest.landmarks[sorted(_MIDLINE), 0].mean()))
        for k, au in enumerate(FACE_AUS):
            for side in (0, 1):
                one = person(number).render(au_vector({au: (5 * (side == 0), 5 * (side == 1))}), scene=scene)
                way = np.linalg.norm(one.landmarks - rest.landmarks, axis=1)
                own, other = (_RIGHT, _LEFT) if side == 0 else (_LEFT, _RIGHT)
                ways[number, k, side] = way[other].max() / max(way[own].max(), 1e-6)
                change = np.abs(one.image.astype(float) - rest.image).mean(axis=-1)
                halves = change[:, :middle].mean(), change[:, middle:].mean()
                pixels[number, k, side] = halves[1 - side] / halves[side]
    rows = [_figure("one side: largest leak of landmarks", ways.max(), ways.size, at_most=0.1)]
    rows += [_figure(f"one side: AU{au} leak of pixels", pixels[:, k].mean(), pixels[:, k].size, at_most=0.1)
             for k, au in enumerate(FACE_AUS)]  # fmt: skip
    return rows


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the JSON and the CSV go")
    parser.add_argument("--face-mesh", type=Path, metavar="PYTHON", help="interpreter of an environment with mediapipe")
    parser.add_argument("--quick", action="store_true", help="few people: does it run at all?")
    parser.add_argument("--only", metavar="GROUP", help="measure one group anew: one side, cascade, image, mesh")
    given = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    few = given.quick
    groups: dict[str, Callable[[], list[Figure]]] = {
        "one side": lambda: leakage(2 if few else 6),
        "cascade": lambda: cascades(*((20, 4) if few else (500, 100))),
        "image": lambda: texture(10 if few else 100),
    }
    if given.face_mesh:
        groups["mesh"] = lambda: face_mesh(3 if few else 24, given.face_mesh)
    if given.only and given.only not in groups:
        parser.error(f"--only {given.only}: choose one of {', '.join(groups)}")
    rows = [row for name, measure in groups.items() if given.only in (None, name) for row in measure()]
    if given.only:  # the others stay what they were
        kept = json.loads((given.out / "third_parties.json").read_text(encoding="utf-8"))
        others = [Figure(**{key: old[key] for key in Figure.__dataclass_fields__}) for old in kept]
        rows = [row for row in others if not row.name.startswith(given.only)] + rows
    given.out.mkdir(parents=True, exist_ok=True)
    table = [{**asdict(row), "reached": row.reached} for row in rows]
    lines = ",\n ".join(json.dumps(row) for row in table)
    (given.out / "third_parties.json").write_text(f"[{lines}]\n", encoding="utf-8")
    with open(given.out / "third_parties.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    for row in rows:
        sign = "" if row.threshold is None else f"{'<=' if row.at_most else '>='} {row.threshold:g}"
        print(f"{row.name:62} {row.value:8.4f} {sign:9} n={row.n}{'  missed' if row.reached is False else ''}")


if __name__ == "__main__":
    main()
