"""Write a corpus as files that any program can read.

::

    FOLDER/
        labels.csv            subject, sequence, frame, one column an AU: the codes, empty where unknown
        landmarks.csv         the same frames: x0, y0 … x67, y67, pixels of the aligned face, as its column pixels_of
                              says, whose width and height follow
        frames/               S01_T1_17.png: aligned faces

    of an embedded corpus besides
        truth.csv             strength 0…5 of every AU of the face, right and left side; head pose; gaze
        camera/               the camera's whole frames, with --camera
        camera_landmarks.csv  their landmarks, pixels_of: picture
        masks/                S01_T1_17_AU12.png, with --masks: how much (0…255) each pixel owes to an AU that is on
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from aulib.corpus import FRAME_KEY, Corpus
from aulib.datasets.copies import copy_folders
from aulib.datasets.reading.point_tables import ALIGNED, PICTURE
from aulib.datasets.reading.signs import MARKER
from aulib.errors import CorpusError, StorageError
from aulib.progress import bar as progress_bar


def plain(corpus: Corpus, folder: Path, limit: int | None = None, *, camera: bool = False, masks: bool = False) -> int:
    """Frames as PNG, labels, landmarks and truth as CSV.

    Parameters
    ----------
    corpus : Corpus
    folder : Path
        Made if needed; must be empty, see :func:`check_folder`.
    limit : int, optional
        At most so many frames, evenly spread.
    camera, masks : bool
        Draw the camera's whole frames, and the true masks of the coded AUs; embedded corpora only.

    Returns
    -------
    int
        Number of frames written.

    Raises
    ------
    CorpusError
        If the folder is not empty or lies in a copy of a corpus, the limit is not positive, or more is asked of a
        real corpus than it has.
    StorageError
        If the folder cannot be written.
    """
    if limit is not None and limit < 1:
        raise CorpusError(f"--limit {limit} must be at least 1")
    check_folder(folder)
    if (camera or masks) and not corpus.truth:
        raise CorpusError(f"{corpus.name} is a real corpus: --camera and --masks exist for embedded ones only")
    n = len(corpus) if limit is None else min(limit, len(corpus))
    rows = np.unique(np.linspace(0, len(corpus) - 1, n).astype(int))
    identity = corpus.frames.iloc[rows][list(FRAME_KEY)].reset_index(drop=True)
    names = ["_".join(map(str, key)) for key in identity.itertuples(index=False)]
    try:
        for row, name in zip(progress_bar(rows, desc=f"exporting {corpus.name}", unit="frame"), names, strict=True):
            save_picture(folder / "frames" / f"{name}.png", corpus.faces[row])
        save_points(
            folder / "landmarks.csv", identity, corpus.landmarks[rows].round(2), (corpus.side, corpus.side), ALIGNED
        )
        if corpus.truth:
            pd.concat([identity, _truth(corpus, rows)], axis=1).to_csv(folder / "truth.csv", index=False)
        if camera:
            _camera(corpus, rows, names, identity, folder)
        if masks:
            _masks(corpus, rows, names, folder)
        codes = pd.DataFrame(corpus.codes[rows], columns=[f"AU{au}" for au in corpus.aus]).astype("Int8")
        # Last: an export with labels is a whole one.
        pd.concat([identity, codes.mask(codes < 0)], axis=1).to_csv(folder / "labels.csv", index=False)
    except OSError as error:
        raise StorageError(f"cannot write into {folder} ({error.strerror or error}); name another folder") from error
    return len(rows)


def check_folder(folder: Path) -> None:
    """Refuse to write where anything of somebody's could lie.

    Raises
    ------
    CorpusError
        If the folder holds anything, is a file, or lies in a copy of a corpus or in another export.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise CorpusError(f"{folder} is not empty; name an empty folder, or one that is not there yet")
    if folder.exists() and not folder.is_dir():
        raise CorpusError(f"{folder} is a file; name an empty folder, or one that is not there yet")
    place = folder.expanduser().absolute().resolve()
    inside = next((copy for copy in copy_folders() if place.is_relative_to(copy)), None)
    inside = inside or next((above for above in place.parents if (above / MARKER).is_file()), None)
    if inside:
        raise CorpusError(
            f"{folder} lies in {inside}, which is a copy of a corpus and only read; name a folder elsewhere"
        )


def _truth(corpus: Corpus, rows: np.ndarray) -> pd.DataFrame:
    """Strengths of both sides and the motion of the head, one row a frame."""
    from synthface.face import FACE_AUS
    from synthface.script import MOTION

    strengths = np.asarray(corpus.truth["strengths"])[rows].astype(float).reshape(len(rows), -1)
    columns = [f"AU{au}_{side}" for au in FACE_AUS for side in ("right", "left")]
    motion = pd.DataFrame(np.asarray(corpus.truth["motion"])[rows], columns=list(MOTION))
    return pd.concat([pd.DataFrame(strengths, columns=columns).round(3), motion.astype(float).round(3)], axis=1)


def _camera(corpus: Corpus, rows: np.ndarray, names: list[str], identity: pd.DataFrame, folder: Path) -> None:
    from synthface.render import camera_frames

    points, size = [], (0, 0)
    drawn = camera_frames(corpus, rows)
    for name in progress_bar(names, desc="camera frames", unit="frame"):
        frame = next(drawn)
        save_picture(folder / "camera" / f"{name}.png", frame.image)
        points.append(frame.landmarks)
        size = frame.image.shape[1], frame.image.shape[0]
    save_points(folder / "camera_landmarks.csv", identity, np.array(points).round(2), size, PICTURE)


def _masks(corpus: Corpus, rows: np.ndarray, names: list[str], folder: Path) -> None:
    from synthface.render import true_changes

    for au in progress_bar(corpus.aus, desc="true masks", unit="AU"):
        present = corpus.codes[rows, corpus.column(au)] > 0
        changes = true_changes(corpus, rows[present], au)
        for name, change in zip(np.array(names)[present], changes, strict=True):
            save_picture(folder / "masks" / f"{name}_AU{au}.png", change.clip(0, 255).astype(np.uint8))


def save_points(path: Path, identity: pd.DataFrame, landmarks: np.ndarray, size: tuple[int, int], of: str) -> None:
    """A table of landmarks (N, 68, 2) that says what they are pixels of, and how wide and high that is."""
    columns = [f"{axis}{i}" for i in range(68) for axis in "xy"]
    points = pd.DataFrame(landmarks.reshape(len(landmarks), -1), columns=columns)
    points = points.assign(pixels_of=of, width=size[0], height=size[1])
    pd.concat([identity, points], axis=1).to_csv(path, index=False)


def save_picture(path: Path, image: np.ndarray) -> None:
    """A grey (H, W) or RGB (H, W, 3) picture as PNG."""
    import cv2

    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), image[..., ::-1] if image.ndim == 3 else image):
        raise OSError(f"cannot write {path.name}")
