"""Pictures of a recording by frame number.  Small and picklable: a worker process opens the files itself."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol, Self

import numpy as np

from aulib.datasets.reading.findings import Unreadable
from aulib.datasets.reading.tree import content, local

#: Pixels of the largest picture that is decoded.  Those of these corpora have 1.4 million (1392 × 1040, BP4D) at most;
#: this one takes seconds and 300 MB.
LARGEST_PICTURE = 50_000_000

_LIMIT = f"not decoded, no more than {LARGEST_PICTURE // 10**6} million are"
_NO_PICTURE = "is no picture that can be decoded"


class Media(Protocol):
    """Where the pictures of a recording come from."""

    def numbers(self) -> np.ndarray:
        """Frame numbers (as labels count them) that there should be pictures of, int64, ascending."""
        ...

    def pictures(self, wanted: Iterable[int]) -> Iterator[tuple[int, np.ndarray | None, str]]:
        """(frame number, RGB picture uint8 (H, W, 3) or None, why there is none), in ascending order."""
        ...


@dataclass(frozen=True)
class ImageFiles:
    """A picture a file.

    Parameters
    ----------
    root : Path
    names : mapping of int to str
        Frame number to name below the root.
    doubled : tuple of str
        Two pictures that claim the same number, if there are any.
    """

    root: Path
    names: Mapping[int, str]
    doubled: tuple[str, ...] = ()

    def shifted(self, offset: int) -> Self:
        """Each picture under its number less `offset`."""
        return replace(self, names={number - offset: name for number, name in self.names.items()})

    def numbers(self) -> np.ndarray:
        return np.array(sorted(self.names), np.int64)

    def pictures(self, wanted: Iterable[int]) -> Iterator[tuple[int, np.ndarray | None, str]]:
        for number in sorted(wanted):
            if number not in self.names:
                yield number, None, "no picture of this number"
                continue
            try:
                yield number, decode(content(self.root, self.names[number]), self.names[number]), ""
            except Unreadable as trouble:
                yield number, None, str(trouble)


@dataclass(frozen=True)
class Video:
    """A video file, decoded from its beginning: seeking is not exact in every format.

    Parameters
    ----------
    root : Path
    name : str
    first : int
        Frame number of the first picture.
    """

    root: Path
    name: str
    first: int = 1

    def shifted(self, offset: int) -> Self:
        """Each picture under its number less `offset`."""
        return replace(self, first=self.first - offset)

    def numbers(self) -> np.ndarray:
        """All that can be decoded, found by decoding once a process: a header's count may be an estimate (MPEG-1).

        Raises
        ------
        Unreadable
            If it cannot be opened as a video, or holds fewer frames than its header promises: decoders pass over a
            lost one, and each later one comes too early.
        """
        self._open().release()
        path = local(self.root, self.name)
        about = path.stat()
        promised, decoded = _counts(str(path), about.st_size, about.st_mtime_ns)
        if not 0 < promised < 10**7:
            raise Unreadable(self.name, f"its header promises {promised} frames: damaged?")
        if decoded < promised:
            why = f"its header promises {promised:,} frames and {decoded:,} can be decoded: which are lost is not known"
            raise Unreadable(self.name, f"{why}; copy the video again, or put its frames into a folder")
        return np.arange(self.first, self.first + decoded)

    def rate(self) -> float | None:
        """Pictures a second, as the header says; None where it does not, or cannot be read."""
        import cv2

        try:
            capture = self._open()
        except Unreadable:
            return None
        rate = float(capture.get(cv2.CAP_PROP_FPS))
        capture.release()
        return rate if 0 < rate < 10_000 else None

    def pictures(self, wanted: Iterable[int]) -> Iterator[tuple[int, np.ndarray | None, str]]:
        import cv2

        try:
            self.numbers()  # raises if a frame is lost
            capture = self._open()
        except Unreadable as trouble:
            yield from ((target, None, str(trouble)) for target in sorted(wanted))
            return
        number, ended = self.first - 1, False
        for target in sorted(wanted):
            if target < self.first:
                yield target, None, "before the first frame of the video"
                continue
            while not ended and number < target:
                ended = not capture.grab()
                number += not ended
            got, picture = (False, None) if ended else capture.retrieve()
            if got and picture is not None:
                yield target, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), ""
            elif ended:
                yield target, None, f"the video ends after frame {number}"
            else:
                yield target, None, f"{self.name}: frame {target} cannot be decoded"
        capture.release()

    def _open(self):
        import cv2

        capture = cv2.VideoCapture(str(local(self.root, self.name)))
        if not capture.isOpened():
            raise Unreadable(self.name, "cannot be opened as a video (damaged, or a codec that OpenCV lacks)")
        _check_size(int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)), self.name)
        return capture


@cache
def _counts(path: str, size: int, mtime: int) -> tuple[int, int]:
    """Frames that a video's header promises, and those that can be decoded; size and time tell a file that changed."""
    import cv2

    capture, decoded = cv2.VideoCapture(path), 0
    promised = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    while 0 < promised and capture.grab():
        decoded += 1
    capture.release()
    return promised, decoded


def decode(data: bytes, name: str) -> np.ndarray:
    """A JPEG, PNG or BMP file as RGB uint8 (H, W, 3); grey pictures get three equal channels.

    Raises
    ------
    Unreadable
        If it is no picture, or larger than :data:`LARGEST_PICTURE`.
    """
    import cv2

    _check_size(*_size(data, name), name)
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    except cv2.error:  # a header that promises more pixels than there can be
        picture = None
    if picture is None:
        raise Unreadable(name, _NO_PICTURE)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _size(data: bytes, name: str) -> tuple[int, int]:
    """Width and height as the header says; nothing is decoded."""
    from PIL import Image

    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # Pillow's is higher, and its words name no size
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "BMP", "TIFF", "WEBP")) as picture:
            return picture.size
    except Exception as error:  # Pillow's readers fail in many ways on damaged headers
        raise Unreadable(name, _NO_PICTURE) from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > LARGEST_PICTURE:
        raise Unreadable(name, f"is a picture of {width:,} × {height:,} pixels: {_LIMIT}")
