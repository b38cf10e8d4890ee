"""Write a corpus in the layout of a licensed one: to try out a reader or a pipeline without the data.

What comes out looks like BP4D or DISFA and is neither.  A marker file says so, subjects keep their own names, and
everything read from such a folder is called synthetic again.

::

    bp4d                                              disfa
        AUCoding/AU_OCC/S01_T1.csv                        ActionUnit_Labels/P01/P01_au1.txt …
        Sequences(2D+3D)/S01/T1/0017.png                  Videos_LeftCamera/P01/00017.png
        landmarks.csv                                     Landmark_Points/P01/tmp_frame_lm/l00017_lm.mat
        made-by-aulib.json                                made-by-aulib.json

Pictures are PNG in both, in place of JPEG and AVI, so that no pixel changes on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from aulib import __version__, integrity
from aulib.aus import UNKNOWN
from aulib.corpus import FRAME_KEY, Corpus
from aulib.datasets.export import check_folder, save_picture, save_points
from aulib.datasets.reading.point_tables import PICTURE
from aulib.datasets.reading.signs import MARKER
from aulib.errors import CorpusError, StorageError
from aulib.progress import bar as progress_bar

#: Pixels of the camera's whole frames: a face is then about 220 pixels high.
CAMERA = 480

#: Columns of BP4D's legacy occurrence files: the frame number, then AU 1 to 99.
LEGACY = 100


def bp4d(corpus: Corpus, folder: Path, limit: int | None = None, *, camera: bool = False) -> int:
    """BP4D's layout: occurrence files with the legacy header, a picture a frame.

    Parameters
    ----------
    corpus : Corpus
    folder : Path
        Made if needed; must be empty.
    limit : int, optional
        At most so many frames, evenly spread.
    camera : bool
        Whole frames of the camera in place of aligned faces: whoever reads them has to find the face.

    Returns
    -------
    int
        Number of frames written.

    Raises
    ------
    CorpusError
        If the folder is not empty, the limit not positive, or whole frames are asked of a real corpus.
    StorageError
        If the folder cannot be written.
    """
    rows = _begin(corpus, folder, limit, camera)
    identity = corpus.frames.iloc[rows][list(FRAME_KEY)].reset_index(drop=True)
    codes = np.minimum(corpus.codes[rows], 1).astype(int)
    table = np.full((len(rows), LEGACY), 9)
    table[:, 0] = identity["frame"]
    table[:, list(corpus.aus)] = np.where(codes == UNKNOWN, 9, codes)
    with _writing(folder):
        points = []
        for row, image, landmarks in _pictures(corpus, rows, camera):
            subject, sequence, frame = corpus.frames.iloc[row][list(FRAME_KEY)]
            save_picture(folder / "Sequences(2D+3D)" / subject / sequence / f"{frame:04d}.png", image)
            points.append(landmarks)
        for (subject, sequence), part in identity.groupby(["subject", "sequence"], sort=False):
            path = folder / "AUCoding" / "AU_OCC" / f"{subject}_{sequence}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = [range(LEGACY), *table[part.index].tolist()]
            path.write_text("".join(",".join(map(str, line)) + "\n" for line in lines), encoding="ascii")
        # Whole frames come without: BP4D brings no landmarks that a program could read.
        name = "camera_landmarks.csv" if camera else "landmarks.csv"
        side = CAMERA if camera else corpus.side
        save_points(folder / name, identity, np.array(points, np.float32), (side, side), PICTURE)
        _mark(corpus, folder, camera)
    return len(rows)


def disfa(corpus: Corpus, folder: Path, limit: int | None = None, *, camera: bool = False) -> int:
    """DISFA's layout: a file a subject and AU, 66 landmarks a frame as MATLAB files, pictures of the left camera.

    Parameters, return value and errors are those of :func:`bp4d`; besides, the corpus must code intensities, hold one
    sequence a subject, and know every code, because DISFA's files have no sign for "not coded".
    """
    if corpus.coding != "intensity":
        raise CorpusError(f"{corpus.name} codes occurrence only; DISFA's layout holds intensities: use layout bp4d")
    if (corpus.codes == UNKNOWN).any():
        raise CorpusError(f"{corpus.name} has unknown codes, for which DISFA's layout has no sign: use layout bp4d")
    if corpus.frames.groupby("subject")["sequence"].nunique().max() > 1:
        raise CorpusError(f"{corpus.name} has several sequences a subject, DISFA's layout one: use layout bp4d")
    from scipy.io import savemat

    from aulib.datasets.landmarks import INNER_MOUTH_CORNERS

    rows = _begin(corpus, folder, limit, camera)
    with _writing(folder):
        for row, image, landmarks in _pictures(corpus, rows, camera):
            subject, frame = corpus.frames.iloc[row][["subject", "frame"]]
            save_picture(folder / "Videos_LeftCamera" / subject / f"{frame:05d}.png", image)
            path = folder / "Landmark_Points" / subject / "tmp_frame_lm" / f"l{frame:05d}_lm.mat"
            path.parent.mkdir(parents=True, exist_ok=True)
            savemat(path, {"pts": np.delete(landmarks, INNER_MOUTH_CORNERS, axis=0).astype(float)})
        for subject, part in corpus.frames.iloc[rows].groupby("subject", sort=False):
            for column, au in enumerate(corpus.aus):
                path = folder / "ActionUnit_Labels" / str(subject) / f"{subject}_au{au}.txt"
                path.parent.mkdir(parents=True, exist_ok=True)
                pairs = zip(part["frame"], corpus.codes[part.index, column], strict=True)
                path.write_text("".join(f"{frame},{code}\n" for frame, code in pairs), encoding="ascii")
        _mark(corpus, folder, camera)
    return len(rows)


#: Name after ``--layout`` -> function that writes it.
LAYOUTS: dict[str, Callable[..., int]] = {"bp4d": bp4d, "disfa": disfa}


def _begin(corpus: Corpus, folder: Path, limit: int | None, camera: bool) -> np.ndarray:
    """Check the request; rows to be written."""
    if limit is not None and limit < 1:
        raise CorpusError(f"--limit {limit} must be at least 1")
    check_folder(folder)
    if corpus.source != "synthetic" or (camera and not corpus.truth):
        raise CorpusError(f"{corpus.name} is a real corpus: only embedded ones are written in another one's layout")
    n = len(corpus) if limit is None else min(limit, len(corpus))
    return np.unique(np.linspace(0, len(corpus) - 1, n).astype(int))


def _pictures(corpus: Corpus, rows: np.ndarray, camera: bool) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """(row, picture, landmarks in it) of each row."""
    bar = progress_bar(rows.tolist(), desc=f"exporting {corpus.name}", unit="frame")
    if not camera:
        yield from ((row, corpus.faces[row], corpus.landmarks[row]) for row in bar)
        return
    from synthface.render import camera_frames

    frames = camera_frames(corpus, rows, CAMERA)
    for row in bar:
        frame = next(frames)
        yield row, frame.image, frame.landmarks


def _mark(corpus: Corpus, folder: Path, camera: bool) -> None:
    """Say what the folder is.  Last: an export with its marker is a whole one."""
    about = {
        "corpus": corpus.identifier,
        "aligned": not camera,
        "note": "Drawn faces of an embedded corpus in the layout of a licensed one. Not the licensed corpus.",
        "aulib": __version__,
    }
    integrity.write_json(folder / MARKER, about)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn errors of the disk into one that says what to do."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"cannot write into {folder} ({error.strerror or error}); name another folder") from error
