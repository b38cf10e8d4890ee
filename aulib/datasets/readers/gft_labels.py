"""Fetch the annotation of GFT, the one part of a licensed corpus here that anybody may have.

The Open Science Framework (OSF) keeps it in the project ``7wcyz`` under CC BY 4.0.  Its JSON interface lists the files
of a project a page at a time, folder by folder, with their sizes and SHA-256 sums::

    {"data": [{"attributes": {"kind": "file", "name": "001A.csv", "size": 9000,
                              "extra": {"hashes": {"sha256": "…"}}},
               "links": {"download": "https://…"}},
              {"attributes": {"kind": "folder", "name": "tables"},
               "relationships": {"files": {"links": {"related": {"href": "https://…"}}}}}],
     "links": {"next": null}}

What is fetched: tables and texts (`WANTED`), licences and readmes, and the pages of the project's wiki, which say how
the tables are laid out.  A file that is there already and has the right sum (or, where OSF gives none, the right size)
is not fetched again, so a broken download goes on where it stopped.

Unproven: nobody who wrote this could reach OSF; the tests talk to a server that answers as OSF's manual describes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from aulib.datasets.copies import copy_folders, downloads, place
from aulib.errors import CorpusError, StorageError, visible
from aulib.progress import bar as progress_bar

SOURCE = "https://api.osf.io/v2/nodes/7wcyz/files/osfstorage/"

#: Endings of what is fetched; licences and readmes are fetched whatever their ending.
WANTED = (".csv", ".tsv", ".txt", ".md", ".zip")

#: Bytes that may be fetched in all: many times what the annotation of 172,800 frames can need.
LIMIT = 2**30

#: Bytes of one page of a list, lists in all, folders inside each other.
PAGE, PAGES, DEPTH = 2**25, 500, 12

NOTICE = """\
Annotation of the Sayette Group Formation Task (GFT) Spontaneous Facial Expression Database

J. M. Girard, W.-S. Chu, L. A. Jeni, J. F. Cohn, F. De la Torre, M. A. Sayette: Sayette Group Formation Task (GFT)
Spontaneous Facial Expression Database. 12th IEEE International Conference on Automatic Face & Gesture Recognition
(FG 2017), 581-588. https://doi.org/10.1109/FG.2017.144

Project: https://osf.io/7wcyz/
Licence: Creative Commons Attribution 4.0 International (CC BY 4.0), https://creativecommons.org/licenses/by/4.0/
The video is not covered by it. The files below are unchanged.
"""


@dataclass(frozen=True)
class Remote:
    """A file that the project lists.

    Parameters
    ----------
    name : str
        Below the project's storage, parts checked.
    url : str
    size : int or None
        Bytes.
    sha256 : str or None
    """

    name: str
    url: str
    size: int | None
    sha256: str | None


def fetch(folder: Path | str | None = None, source: str | None = None, progress: bool = True) -> Path:
    """Fetch what is not there yet.

    Parameters
    ----------
    folder : Path or str, optional
        ``downloads/gft-labels`` beside the folder of the embedded corpora by default.
    source : str, optional
        Another list of files than `SOURCE`: of a mirror, or of a test.
    progress : bool
        Show a bar.

    Returns
    -------
    Path
        The folder; its ``NOTICE`` names the authors, the licence and every file.

    Raises
    ------
    CorpusError
        If the list or a file cannot be had, is not what it should be, or would lie outside the folder; or if the
        folder holds something else.
    StorageError
        If it cannot be written.
    """
    source = source or SOURCE
    if folder:
        check_folder(folder := place(folder, "folder"))
    folder = folder or downloads("gft")
    listed = listing(source)
    files = [one for one in listed if _wanted(one.name)]
    if not files:
        there = ", ".join(one.name for one in listed[:5]) or "nothing"
        raise CorpusError(f"{source} lists no annotation ({', '.join(WANTED)}); it lists {there}")
    total = sum(one.size or 0 for one in files)
    if total > LIMIT:
        most = max(files, key=lambda one: one.size or 0)
        raise CorpusError(
            f"{source} lists {total / 1e6:,.0f} MB, more than the {LIMIT / 1e6:,.0f} MB that the annotation can be "
            f"(the largest file is {most.name}): fetch by hand from https://osf.io/7wcyz/ what you need"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not _ours(folder):  # from the first file on: a broken download is known by it when it goes on
            (folder / "NOTICE").write_text(f"{NOTICE}\nThe download is not finished.\n", encoding="utf-8")
        words = f"GFT annotation, {len(files)} files"
        with progress_bar(total=total, desc=words, unit="B", unit_scale=True, disable=not progress) as bar:
            spare = LIMIT - total  # for files whose size is not listed
            for one in files:
                _bring(one, folder, source, spare, bar.update)
                spare -= (folder / one.name).stat().st_size if one.size is None else 0
        wiki = _wiki(source, folder)
        (folder / "NOTICE").write_text(_notice(files, wiki, source), encoding="utf-8")
    except OSError as error:  # requests' errors are OSErrors too, but _clear has turned them
        raise StorageError(f"{folder} cannot be written: {error.strerror or error}") from error
    return folder


def check_folder(folder: Path | str) -> None:
    """Raise `CorpusError` if files are fetched into a copy of a corpus, or among files of another kind."""
    where = place(folder, "folder").resolve()
    if where == downloads("gft").absolute().resolve() or _ours(where):
        return  # an earlier download goes on
    if inside := next((copy for copy in copy_folders() if where.is_relative_to(copy)), None):
        raise CorpusError(f"{folder} lies in your copy of a corpus, {inside}, which stays as it is: name another")
    if where.is_dir() and any(where.iterdir()):
        raise CorpusError(f"{folder} is not empty, and no download of this annotation: name an empty or a new folder")


def _ours(folder: Path) -> bool:
    """Whether the folder holds an earlier download, whole or begun."""
    try:
        return (folder / "NOTICE").read_bytes().startswith(NOTICE.partition("\n")[0].encode())
    except OSError:
        return False


def listing(source: str) -> list[Remote]:
    """Every file that a list and the lists of its folders name, in their order.

    Raises
    ------
    CorpusError
        If an answer is no such list, or a name is not one that a file may have here.
    """
    found: dict[str, Remote] = {}
    seen: set[str] = set()
    queue: list[tuple[str, PurePosixPath]] = [(source, PurePosixPath())]
    while queue:
        url, base = queue.pop(0)
        if url in seen:
            continue
        seen.add(url)
        if len(seen) > PAGES or len(base.parts) > DEPTH:
            raise CorpusError(f"{source} lists folders without end: more than {PAGES} pages or {DEPTH} levels")
        page = _json(url)
        with _understood(url):
            for entry in page["data"]:
                about = entry["attributes"]
                name = base / _safe(about["name"], url)
                if about["kind"] == "folder":
                    href = entry["relationships"]["files"]["links"]["related"]["href"]
                    queue.append((_address(href, source), name))
                    continue
                if str(name).lower() in found:
                    raise CorpusError(f"{url} lists {name} twice")
                sha256 = ((about.get("extra") or {}).get("hashes") or {}).get("sha256")
                if sha256 is not None and not re.fullmatch("[0-9a-f]{64}", sha256 := str(sha256).lower()):
                    raise CorpusError(f"{url} gives {name} a SHA-256 sum that is none: {sha256[:20]!r}")
                size = about.get("size")
                remote = Remote(
                    str(name), _address(entry["links"]["download"], source), None if size is None else int(size), sha256
                )
                found[str(name).lower()] = remote
            if following := (page.get("links") or {}).get("next"):
                queue.insert(0, (_address(following, source), base))
    return list(found.values())


def _wanted(name: str) -> bool:
    last = name.rpartition("/")[2].lower()
    return last.endswith(WANTED) or last.startswith(("licence", "license", "readme"))


def _bring(one: Remote, folder: Path, source: str, spare: int, shown: Callable[[int], Any]) -> None:
    """Fetch a file unless it is there; pooch compares its sum before it gets its name."""
    import pooch

    path = folder / one.name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise CorpusError(f"{path} leads out of {folder}: remove the link")
    if path.is_file():
        if _same(path, one):
            shown(one.size or 0)
            return
        path.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)

    def download(url: str, output: Any, _pooch: Any, check_only: bool = False) -> None:
        with open(output, "wb") as file:
            for block in _blocks(url, spare if one.size is None else one.size, source):
                file.write(block)
                shown(len(block) if one.size else 0)

    pooch.get_logger().setLevel("WARNING")
    known = f"sha256:{one.sha256}" if one.sha256 else None
    try:
        pooch.retrieve(one.url, known_hash=known, fname=path.name, path=path.parent, downloader=download)
    except ValueError as error:  # what pooch raises for a sum that differs
        raise CorpusError(
            f"{one.name} from {one.url} has another SHA-256 sum than listed: damaged on the way, or replaced. Try again"
        ) from error
    if one.size is not None and path.stat().st_size != one.size:
        got = path.stat().st_size
        path.unlink()
        raise CorpusError(f"{one.name} from {one.url} has {got} bytes, {one.size} are listed: cut short. Try again")


def _same(path: Path, one: Remote) -> bool:
    if one.sha256:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == one.sha256
    return one.size is not None and path.stat().st_size == one.size


def _wiki(source: str, folder: Path) -> str:
    """Fetch the pages of the wiki, and say how many; the annotation is worth having without them."""
    place, sign, _ = source.partition("files/osfstorage")
    if not sign:
        return "none: the list is not one of OSF's"
    count, url = 0, place + "wikis/"
    try:
        page = _json(url)
        with _understood(url):
            pages = [(_safe(one["attributes"]["name"], url), one["links"]["download"]) for one in page["data"]]
        for name, address in pages:
            content = b"".join(_blocks(_address(address, source), PAGE, source))
            (folder / "wiki").mkdir(exist_ok=True)
            path = folder / "wiki" / f"{name}.md"
            if not path.resolve().is_relative_to(folder.resolve()):
                raise CorpusError(f"{path} leads out of {folder}: remove the link")
            path.write_bytes(content)
            count += 1
    except CorpusError as error:
        return f"{count} pages, then: {error}"
    return f"{count} pages"


def _notice(files: list[Remote], wiki: str, source: str) -> str:
    unchecked = sum(one.sha256 is None for one in files)
    lines = [NOTICE, f"Fetched from {source}: {len(files)} files, {unchecked} of them without a sum to compare with."]
    lines += [f"Wiki: {wiki}", "", *(f"{one.sha256 or 'no SHA-256 given':64}  {one.name}" for one in files)]
    return "\n".join(lines) + "\n"


def _safe(name: Any, url: str) -> str:
    """A name that is one part of a path on every system; raises `CorpusError` for any other."""
    strange = not isinstance(name, str) or re.search(r'[/\\:*?"<>|]', name) or name.strip(" .") == ""
    if strange or visible(name) != name or len(name) > 200 or name.startswith("~"):
        raise CorpusError(f"{url} lists a file called {str(name)[:60]!r}: it is not fetched, nor anything else")
    return name


def _address(url: Any, source: str) -> str:
    """A web address no less safe than that of the list."""
    scheme = urlsplit(url).scheme if isinstance(url, str) else ""
    if scheme not in ("http", "https") or (source.startswith("https:") and scheme != "https"):
        raise CorpusError(f"{source} leads to {str(url)[:80]!r}, which is no {urlsplit(source).scheme} address")
    return url


def _json(url: str) -> dict[str, Any]:
    body = b"".join(_blocks(url, PAGE, url))
    try:
        page = json.loads(body)
    except ValueError:
        page = None
    if not isinstance(page, dict):
        start = body[:40].decode("utf-8", "replace")
        raise CorpusError(f"{url} answers with no list of files but {start!r}: is it the address of OSF's interface?")
    return page


@contextmanager
def _understood(url: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CorpusError(f"{url} answers with no list of files as OSF gives it ({error!r})") from error


def _blocks(url: str, limit: int, source: str) -> Iterator[bytes]:
    """The body of an answer, at most `limit` bytes of it."""
    import requests

    got = 0
    try:
        with requests.get(_address(url, source), stream=True, timeout=30, headers={"User-Agent": "aulib"}) as answer:
            answer.raise_for_status()
            _address(answer.url, source)  # where it was sent on to
            for block in answer.iter_content(2**16):
                got += len(block)
                if got > limit:
                    raise CorpusError(f"{url} sends more than the {limit:,} bytes that it should be")
                yield block
    except requests.HTTPError as error:
        reply = f"{error.response.status_code} {error.response.reason}" if error.response is not None else error
        raise CorpusError(f"{url} answers {reply}; nothing of it was fetched") from error
    except (requests.ConnectionError, requests.Timeout) as error:
        host = urlsplit(url).netloc
        raise CorpusError(
            f"{host} cannot be reached: is there a network? What has been fetched stays; run it again to go on"
        ) from error
    except requests.RequestException as error:
        raise CorpusError(f"{url} cannot be fetched ({error})") from error
