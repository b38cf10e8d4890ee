"""What detected landmarks cost against true ones: ``python benchmarks/alignment.py --out results --face-mesh PYTHON``.

Camera frames of two embedded corpora are drawn and their faces sought; their landmarks are known, and so is the error
of a detector.  One trained network, of the run :data:`LABEL`, is then tested on the same frames several times: on faces
as the corpus draws them, on camera frames put exactly where those are, and aligned by true and by detected landmarks.
It is never trained here, and must have been trained on this machine before.

``--face-mesh`` names the interpreter of an environment with MediaPipe (see :mod:`benchmarks.face_mesh`); without it
that detector is left out.  Writes ``alignment.json``.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from aubook import papers  # noqa: E402
from aubook.pages.corpora import SAMPLE, drawn, script_of  # noqa: E402
from aulib import __version__, metrics  # noqa: E402
from aulib.corpus import Corpus  # noqa: E402
from aulib.datasets.alignment import align, warped  # noqa: E402
from aulib.datasets.detection import detector  # noqa: E402
from aulib.datasets.landmarks import eye_centres  # noqa: E402
from aulib.datasets.registration import similarity  # noqa: E402
from aulib.errors import AulibError  # noqa: E402
from synthface import VERSION  # noqa: E402
from synthface.render import camera_frames  # noqa: E402

#: The run whose network is tested, and what it is made with.
LABEL, PAPER, PROFILE = "small-cnn-fold1-seed0", "drml", "laptop"
RECIPE = "similarity"
#: Pixels of a camera frame.
FRAME = {"synth-bp4d": 480, "synth-gft": 640}
#: Input of the network -> what it is compared with; a detector is compared with the true landmarks.
COMPARED = {"exact": "drawn", "true": "exact"}
#: An eye that is off by more than this share of the distance of the eyes is a wrong detection.
WRONG = 0.25
SEED = 0


# -- Landmarks --------------------------------------------------------------------------------------------------------


def by_person(frames: Any, rows: np.ndarray) -> Iterator[np.ndarray]:
    """The rows of each person."""
    person = frames["person"].to_numpy()[rows]
    for one in dict.fromkeys(person):
        yield rows[person == one]


def mesh_landmarks(images: np.ndarray, interpreter: Path) -> np.ndarray:
    """Landmarks float32 (n, 68, 2) of the face mesh in its own environment, NaN where it found no face."""
    with tempfile.TemporaryDirectory() as name:
        np.savez(Path(name) / "images_0.npz", images=images)
        command = [str(interpreter), str(ROOT / "benchmarks" / "face_mesh.py"), name]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return np.load(Path(name) / "points_0.npz")["points"]


def sought(corpus: Corpus, rows: np.ndarray, side: int, interpreter: Path | None) -> dict[str, dict[str, np.ndarray]]:
    """Landmarks of every detector on the camera frames of some rows, and the faces that they align.

    Returns
    -------
    dict
        ``exact`` (put where the corpus has the face, by all true landmarks), ``true``, ``cascade`` and, with an
        interpreter, ``face-mesh`` -> ``points`` (n, 68, 2), NaN where nothing was
        found, and ``faces`` uint8 (n, corpus.side, corpus.side, 3), black there.
    """
    cascade = detector("cascade")
    parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for mine in by_person(corpus.frames, rows):
        shown = list(camera_frames(corpus, mine, side))
        images = np.stack([frame.image for frame in shown])
        nothing = np.full((68, 2), np.nan, np.float32)
        found = {
            "exact": np.stack([frame.landmarks for frame in shown]),
            "true": np.stack([frame.landmarks for frame in shown]),
            "cascade": np.stack([nothing if (p := cascade(image)) is None else p for image in images]),
        }
        if interpreter:
            found["face-mesh"] = mesh_landmarks(images, interpreter)
        for name, points in found.items():
            faces = np.zeros((len(mine), corpus.side, corpus.side, 3), np.uint8)
            for face, image, marks, place in zip(faces, images, points, corpus.landmarks[mine], strict=True):
                if name == "exact":
                    face[:] = warped(image, similarity(marks, place), corpus.side)
                elif np.isfinite(marks).all():
                    face[:] = align(image, marks, RECIPE, corpus.side).image
            parts.setdefault(name, []).append((points, faces))
        print(f"{corpus.name}: {sum(len(p) for p, _ in parts['true'])} of {len(rows)} frames", file=sys.stderr)
    return {
        name: {"points": np.concatenate([p for p, _ in pairs]), "faces": np.concatenate([f for _, f in pairs])}
        for name, pairs in parts.items()
    }


def errors(points: np.ndarray, true: np.ndarray) -> dict[str, float | int]:
    """How far landmarks (n, 68, 2) are from the true ones, in percent of the distance of the true eye centres."""
    found = np.isfinite(points).all(axis=(1, 2))
    right = np.array([eye_centres(one) for one in true])  # (n, 2, 2)
    size = np.linalg.norm(right[:, 1] - right[:, 0], axis=1)
    eyes = np.linalg.norm(np.array([eye_centres(one) for one in points]) - right, axis=2) / size[:, None]  # (n, 2)
    all_points = np.linalg.norm(points - true, axis=2).mean(axis=1) / size
    wrong = found & (eyes.max(axis=1) > WRONG)

    def percentile(values: np.ndarray, share: int) -> float:
        return round(100 * float(np.percentile(values[found], share)), 2)

    return {
        "frames": len(points),
        "detected": int(found.sum()),
        "wrong": int(wrong.sum()),
        "eye_error_median": percentile(eyes.mean(axis=1), 50),
        "eye_error_p90": percentile(eyes.mean(axis=1), 90),
        "point_error_median": percentile(all_points, 50),
        "point_error_p90": percentile(all_points, 90),
    }


# -- What the network makes of it -------------------------------------------------------------------------------------


def trained() -> tuple[Corpus, np.ndarray, np.ndarray, Any]:
    """Corpus, test rows and truth of the run, and a function from uint8 faces to probabilities.

    Raises
    ------
    AulibError
        If this machine has not trained it.
    """
    import torch
    from lightning_fabric import Fabric

    from aulib.runs import results
    from aulib.runs.runners.activations import network_of
    from aulib.runs.runners.common import prepared
    from aulib.training.inputs import Inputs
    from aulib.training.prediction import predict

    declaration = papers.declarations(PAPER, PROFILE)[LABEL]
    weights = results.folder_of(declaration) / results.WEIGHTS
    if not weights.is_file():
        raise AulibError(
            f"the network of {LABEL} is not on this machine, and records ship without weights; make it first: "
            f"python -m aulib run --paper {PAPER} --profile {PROFILE} --again {LABEL}"
        )
    torch.set_num_threads(1)
    corpus, fold, truth, _ = prepared(declaration, progress=True)
    model, inputs = network_of(declaration)
    fabric = Fabric(accelerator="cpu", devices=1)

    def scores(faces: np.ndarray) -> np.ndarray:
        seen = Inputs(faces, inputs.crop, inputs.side, inputs.mean, inputs.scale)
        return predict(model, seen, np.arange(len(faces)), fabric)

    return corpus, fold.test, truth, scores


def mean_auc(truth: np.ndarray, scores: np.ndarray) -> float:
    return float(np.nanmean(metrics.auc(truth, scores)))


def drop(truth: np.ndarray, base: np.ndarray, other: np.ndarray, subjects: np.ndarray, times: int) -> list[float]:
    """Mean AUC of `base` less that of `other`: the difference, and the middle 95 % over subjects drawn with
    replacement."""
    rng = np.random.default_rng(SEED)
    names = np.unique(subjects)
    rows = {name: np.flatnonzero(subjects == name) for name in names}
    again = [np.concatenate([rows[name] for name in rng.choice(names, len(names))]) for _ in range(times)]
    spread = [mean_auc(truth[k], base[k]) - mean_auc(truth[k], other[k]) for k in again]
    low, high = np.percentile(spread, [2.5, 97.5])
    return [round(float(v), 4) + 0.0 for v in (mean_auc(truth, base) - mean_auc(truth, other), low, high)]


def aucs(truth: np.ndarray, scored: dict[str, np.ndarray], missed: dict[str, np.ndarray], subjects: np.ndarray,
         aus: tuple[int, ...], times: int) -> dict[str, Any]:  # fmt: skip
    """AUC per AU of every input: on the frames on which every detector found a face, and on all, a miss scored 0.5."""
    common = ~np.any(list(missed.values()), axis=0)
    filled = {name: np.where(missed[name][:, None], 0.5, s) if name in missed else s for name, s in scored.items()}
    out: dict[str, Any] = {"aus": list(aus), "common_frames": int(common.sum()), "frames": len(truth)}
    for name in scored:
        out[name] = {
            "common": [round(float(v), 4) for v in metrics.auc(truth[common], scored[name][common])],
            "all": [round(float(v), 4) for v in metrics.auc(truth, filled[name])],
        }
        if base := COMPARED.get(name, "true" if name in missed else None):
            out[name] |= {
                "base": base,
                "below_common": drop(
                    truth[common], scored[base][common], scored[name][common], subjects[common], times
                ),
                "below_all": drop(truth, filled[base], filled[name], subjects, times),
            }
    return out


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where alignment.json goes")
    parser.add_argument("--face-mesh", type=Path, metavar="PYTHON", help="interpreter of an environment with mediapipe")
    parser.add_argument("--quick", action="store_true", help="few frames: does it run at all?")
    given = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    try:
        corpus, test, truth, score = trained()
    except AulibError as error:
        raise SystemExit(f"benchmarks/alignment.py: {error}") from error
    rows = test[:: 48 if given.quick else 2]
    seen = sought(corpus, rows, FRAME[corpus.name], given.face_mesh)
    detectors = [name for name in seen if name not in COMPARED]
    about: dict[str, Any] = {
        "made": datetime.date.today().isoformat(),
        "seed": SEED,
        "recipe": RECIPE,
        "run": LABEL,
        "wrong_beyond_percent": 100 * WRONG,
        "versions": {"aulib": __version__, "generator": VERSION, "opencv": cv2.__version__, "numpy": np.__version__},
        "corpora": {},
    }
    if given.face_mesh:
        asked = [str(given.face_mesh), "-c", "import mediapipe; print(mediapipe.__version__)"]
        about["versions"]["mediapipe"] = subprocess.check_output(asked, text=True, stderr=subprocess.DEVNULL).strip()
    about["corpora"][corpus.identifier] = {
        "frame_side": FRAME[corpus.name],
        "frames": len(rows),
        "subjects": int(corpus.frames["subject"].iloc[rows].nunique()),
        "detectors": {name: errors(seen[name]["points"], seen["true"]["points"]) for name in detectors},
    }
    scored = {"drawn": score(np.ascontiguousarray(corpus.faces[rows]))}
    scored |= {name: score(found["faces"]) for name, found in seen.items()}
    missed = {name: ~np.isfinite(seen[name]["points"]).all(axis=(1, 2)) for name in detectors}
    subjects = corpus.frames["subject"].to_numpy()[rows]
    about["auc"] = aucs(truth[rows], scored, missed, subjects, corpus.aus, 20 if given.quick else 400)

    script = script_of("synth-gft", SAMPLE)
    some = np.sort(np.random.default_rng(SEED).choice(len(script), 20 if given.quick else 300, replace=False))
    crowd = drawn("synth-gft", some.tolist(), side=100)
    seen = sought(crowd, np.arange(len(crowd)), FRAME["synth-gft"], given.face_mesh)
    about["corpora"][crowd.identifier] = {
        "frame_side": FRAME["synth-gft"],
        "frames": len(crowd),
        "subjects": int(crowd.frames["subject"].nunique()),
        "detectors": {name: errors(seen[name]["points"], seen["true"]["points"]) for name in detectors},
    }
    given.out.mkdir(parents=True, exist_ok=True)
    # one line a list of numbers
    text = re.sub(r"\[[^][{}]*\]", lambda found: re.sub(r"\s+", " ", found[0]), json.dumps(about, indent=1))
    (given.out / "alignment.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
