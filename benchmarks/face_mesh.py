"""Landmarks of a face-mesh detector: ``python benchmarks/face_mesh.py FOLDER``.

Runs in an environment of its own that has ``mediapipe`` (0.10.14 or another release with the legacy solutions) and
NumPy; the detector itself is :class:`aulib.datasets.detection.FaceMesh`, which needs no more.  Reads ``images_*.npz``
(``images`` uint8 (n, side, side, 3)), writes ``points_*.npz`` (``points`` float32 (n, 68, 2) in pixels, NaN where no
face was found).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from aulib.datasets.detection import detector


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where images_*.npz are and points_*.npz go")
    folder = parser.parse_args(arguments).folder

    detect = detector("face-mesh")
    for path in sorted(folder.glob("images_*.npz")):
        images = np.load(path)["images"]
        points = np.full((len(images), 68, 2), np.nan, np.float32)
        for k, image in enumerate(images):
            found = detect(image)
            if found is not None:
                points[k] = found
        np.savez(path.with_name(path.name.replace("images", "points")), points=points)


if __name__ == "__main__":
    main()
