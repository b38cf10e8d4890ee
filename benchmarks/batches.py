"""A batch of 196 faces of 200 px: rows of a uint8 memory map against decoding as many JPEG files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np

from benchmarks.measure import Row, interleaved

BATCH, SIDE = 196, 200


def _faces(n: int) -> np.ndarray:
    """Smooth random images, which a JPEG codec finds about as hard as faces."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (n, 12, 12, 3), dtype=np.uint8)
    large = np.stack([cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for image in coarse])
    return np.clip(large + rng.normal(0, 4, large.shape), 0, 255).astype(np.uint8)


def run(quick: bool) -> list[Row]:
    n = 400 if quick else 1000
    faces, rng = _faces(n), np.random.default_rng(1)
    files = [cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, 95])[1] for face in faces]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "faces.npy"
        np.save(path, faces)
        mapped = np.load(path, mmap_mode="r")

        def rows() -> np.ndarray:
            return mapped[np.sort(rng.choice(n, BATCH, replace=False))]

        def decoded() -> np.ndarray:
            return np.stack([cv2.imdecode(files[i], cv2.IMREAD_COLOR) for i in rng.choice(n, BATCH, replace=False)])

        ms = interleaved({"memory map": rows, "JPEG": decoded}, 3 if quick else 8)
    return [Row("batch of 196 faces: JPEG / memory map", ms["JPEG"] / ms["memory map"], 15, detail=ms)]
