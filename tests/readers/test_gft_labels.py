"""Fetching GFT's annotation, from a server of this test that answers as OSF's manual describes."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aulib.datasets.readers import gft_labels, read
from aulib.datasets.readers.gft_labels import fetch, listing
from aulib.errors import AulibError, CorpusError, StorageError

TABLE = b"frame,AU1,AU2\n1,0,1\n2,9,0\n"
LIST = "/v2/nodes/7wcyz/files/osfstorage/"


class Server:
    """Paths and what they answer: (status, type, body)."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.source = self.base + LIST
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        self.asked: Counter[str] = Counter()

    def page(self, path: str, entries: list, following: str | None = None) -> None:
        body = {"data": entries, "links": {"next": following and self.base + following}}
        self.answers[path] = (200, "application/json", json.dumps(body).encode())

    def file(self, name: str, body: bytes = TABLE, **about) -> dict:
        path = f"/download/{len(self.answers)}"
        self.answers[path] = (200, "text/csv", body)
        hashes = {"sha256": hashlib.sha256(body).hexdigest()}
        attributes = {"kind": "file", "name": name, "size": len(body), "extra": {"hashes": hashes}} | about
        return {"attributes": attributes, "links": {"download": self.base + path}}

    def folder(self, name: str, path: str) -> dict:
        related = {"files": {"links": {"related": {"href": self.base + path}}}}
        return {"attributes": {"kind": "folder", "name": name}, "relationships": related}

    def project(self) -> None:
        """Two pages, a folder, a wiki, and things that are not wanted."""
        self.page("/tables", [self.file("001A.csv"), self.file("001B.csv", TABLE.replace(b"9", b"1"))])
        self.page(LIST, [self.folder("tables", "/tables"), self.file("code.m")], LIST + "?page=2")
        self.page(LIST + "?page=2", [self.file("README.pdf", b"%PDF"), self.file("License", b"CC BY 4.0")])
        self.answers["/wiki/home"] = (200, "text/markdown", b"# Format\n")
        wiki = {"attributes": {"name": "home"}, "links": {"download": self.base + "/wiki/home"}}
        self.page("/v2/nodes/7wcyz/wikis/", [wiki])


@contextmanager
def serving():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked[self.path] += 1
            status, kind, body = server.answers.get(self.path, (404, "text/html", b"<html>not here</html>"))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if 300 <= status < 400:
                self.send_header("Location", body.decode())
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Server(http.server_address[1])
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as one:
        yield one


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


ALL = {"tables/001A.csv", "tables/001B.csv", "README.pdf", "License", "wiki/home.md", "NOTICE"}


def test_everything_wanted_of_all_pages_and_folders(server, tmp_path):
    server.project()
    folder = fetch(tmp_path / "gft", server.source, progress=False)
    assert folder == tmp_path / "gft" and written(folder) == ALL
    assert (folder / "tables/001A.csv").read_bytes() == TABLE
    assert (folder / "wiki/home.md").read_bytes() == b"# Format\n"
    notice = (folder / "NOTICE").read_text()
    for words in ("CC BY 4.0", "Girard", "10.1109/FG.2017.144", server.source, "tables/001B.csv", "4 files", "1 pages"):
        assert words in notice
    assert hashlib.sha256(TABLE).hexdigest() in notice


def test_what_is_fetched_can_be_read(server, tmp_path):
    server.project()
    found = read("gft", fetch(tmp_path, server.source, progress=False))
    assert [one.subject for one in found.recordings] == ["001A", "001B"]
    assert found.recordings[0].codes[:, :2].tolist() == [[0, 1], [-1, 0]]


def test_files_that_are_there_and_match_are_not_fetched_again(server, tmp_path):
    server.project()
    fetch(tmp_path, server.source, progress=False)
    (tmp_path / "tables/001A.csv").write_bytes(TABLE[:-1])
    (tmp_path / "tables/001B.csv").unlink()
    before = server.asked.copy()
    fetch(tmp_path, server.source, progress=False)
    again = {path: server.asked[path] - before[path] for path in server.answers if path.startswith("/download")}
    assert sorted(again.values()) == [0, 0, 0, 1, 1]  # code.m never, the licence and the readme not again
    assert (tmp_path / "tables/001A.csv").read_bytes() == TABLE and written(tmp_path) == ALL


def test_without_a_sum_the_size_decides(server, tmp_path):
    server.page(LIST, [server.file("001A.csv", extra={}), server.file("001B.csv", size=None, extra=None)])
    fetch(tmp_path, server.source, progress=False)
    assert "2 of them without a sum" in (tmp_path / "NOTICE").read_text()
    before = server.asked.copy()
    (tmp_path / "001A.csv").write_bytes(b"x" * len(TABLE))
    fetch(tmp_path, server.source, progress=False)
    assert (tmp_path / "001A.csv").read_bytes() == b"x" * len(TABLE)  # nothing says that it is another
    assert {path: n - before[path] for path, n in server.asked.items() if path.startswith("/d")} == {
        "/download/0": 0,
        "/download/1": 1,  # neither sum nor size: fetched each time
    }


def test_the_default_folder_and_a_bar(server, tmp_path, monkeypatch, capsys):
    server.project()
    monkeypatch.setenv("AULIB_CORPORA", str(tmp_path / "cache/corpora"))
    assert fetch(source=server.source) == tmp_path / "cache/downloads/gft-labels"
    assert "GFT annotation, 4 files" in capsys.readouterr().err


def test_a_wrong_sum_leaves_nothing_behind(server, tmp_path):
    server.page(LIST, [server.file("a.csv"), server.file("b.csv", extra={"hashes": {"sha256": "0" * 64}})])
    with pytest.raises(CorpusError, match=r"b\.csv .* another SHA-256 sum"):
        fetch(tmp_path, server.source, progress=False)
    assert written(tmp_path) == {"a.csv", "NOTICE"}  # and the next call goes on from here


@pytest.mark.parametrize("size, words", [(len(TABLE) + 5, "cut short"), (5, "sends more than the 5 bytes")])
def test_a_wrong_size_leaves_nothing_behind(size, words, server, tmp_path):
    server.page(LIST, [server.file("a.csv", size=size, extra={})])
    with pytest.raises(CorpusError, match=words):
        fetch(tmp_path, server.source, progress=False)
    assert written(tmp_path) == {"NOTICE"}


def test_answers_that_are_none(server, tmp_path):
    with pytest.raises(CorpusError, match=r"osfstorage/ answers 404 Not Found"):
        fetch(tmp_path, server.source, progress=False)
    server.page(LIST, [server.file("a.csv")])
    del server.answers["/download/0"]
    with pytest.raises(CorpusError, match=r"download/0 answers 404"):
        fetch(tmp_path, server.source, progress=False)
    for body in (b"<html>Sign in</html>", b"[]", b"", b"\xff\xfe"):
        server.answers[LIST] = (200, "text/html", body)
        with pytest.raises(CorpusError, match="no list of files"):
            fetch(tmp_path, server.source, progress=False)
    assert written(tmp_path) == {"NOTICE"}


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"data": None},
        {"data": [1]},
        {"data": [{"attributes": {}}]},
        {"data": [{"attributes": {"name": "a.csv", "kind": "file"}}]},
        {"data": [{"attributes": {"name": "a.csv", "kind": "file", "size": "x"}, "links": {"download": "http://a"}}]},
        {"data": [{"attributes": {"name": "a", "kind": "folder"}, "relationships": {"files": []}}]},
        {"data": [], "links": []},
    ],
)
def test_json_that_is_no_list_of_files(page, server, tmp_path):
    server.answers[LIST] = (200, "application/json", json.dumps(page).encode())
    with pytest.raises(CorpusError, match="lists no annotation" if page == {"data": [], "links": []} else "no list of"):
        fetch(tmp_path, server.source, progress=False)


def test_no_network(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(CorpusError, match=rf"127\.0\.0\.1:{port} cannot be reached: is there a network"):
        fetch(tmp_path, f"http://127.0.0.1:{port}{LIST}", progress=False)


@pytest.mark.parametrize(
    "name",
    [
        "..",
        ".",
        "",
        "../a.csv",
        "/etc/a.csv",
        "a/../../b.csv",
        "..\\a.csv",
        "C:a.csv",
        "a\0.csv",
        "~a.csv",
        3,
        "x" * 201,
    ],
)
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_names_that_lead_elsewhere_stop_everything(kind, name, server, tmp_path):
    entry = server.file(name) if kind == "file" else server.folder(name, "/tables")
    server.page("/tables", [server.file("a.csv")])
    server.page(LIST, [server.file("good.csv"), entry])
    with pytest.raises(CorpusError, match="it is not fetched, nor anything else"):
        fetch(tmp_path / "in", server.source, progress=False)
    assert written(tmp_path) == set()


def test_a_link_in_the_folder_leads_nowhere(server, tmp_path):
    server.page("/tables", [server.file("a.csv")])
    server.page(LIST, [server.folder("tables", "/tables")])
    (tmp_path / "outside").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in/tables").symlink_to(tmp_path / "outside")
    (tmp_path / "in/NOTICE").write_text(gft_labels.NOTICE)
    with pytest.raises(CorpusError, match="leads out of"):
        fetch(tmp_path / "in", server.source, progress=False)
    assert written(tmp_path / "outside") == set()


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.org/a.csv", "", None, 7])
def test_addresses_that_are_none_of_the_web(address, server, tmp_path):
    entry = server.file("a.csv")
    entry["links"]["download"] = address
    server.page(LIST, [entry])
    with pytest.raises(CorpusError, match="leads to"):
        fetch(tmp_path, server.source, progress=False)


def test_a_safe_source_stays_safe():
    with pytest.raises(CorpusError, match="which is no https address"):
        gft_labels._address("http://example.org/a.csv", "https://example.org/")


def test_too_much_and_without_end(server, tmp_path, monkeypatch):
    server.page(LIST, [server.file("a.csv", size=2**40)])
    with pytest.raises(CorpusError, match=r"more than the .* MB .*largest file is a\.csv"):
        fetch(tmp_path, server.source, progress=False)
    monkeypatch.setattr(gft_labels, "LIMIT", len(TABLE) + 3)
    server.page(LIST, [server.file(name, size=None, extra={}) for name in ("a.csv", "b.csv")])
    with pytest.raises(CorpusError, match="sends more than the 3 bytes"):  # what is left for the second
        fetch(tmp_path, server.source, progress=False)
    server.page(LIST, [server.file("c.csv")], LIST)  # a list whose next page is itself ends
    assert [one.name for one in listing(server.source)] == ["c.csv"]
    for level in range(20):
        server.page(f"/{level}", [server.folder("f", f"/{level + 1}")])
    server.page(LIST, [server.folder("f", "/0")])
    with pytest.raises(CorpusError, match="without end"):
        listing(server.source)


def test_the_same_name_twice(server, tmp_path):
    server.page(LIST, [server.file("a.csv"), server.file("A.csv")])  # one file on half of the systems
    with pytest.raises(CorpusError, match=r"lists A\.csv twice"):
        fetch(tmp_path, server.source, progress=False)


def test_nothing_wanted(server, tmp_path):
    server.page(LIST, [server.file("model.mat"), server.file("labels.xlsx")])
    with pytest.raises(CorpusError, match=r"it lists model\.mat, labels\.xlsx"):
        fetch(tmp_path, server.source, progress=False)


def test_a_wiki_that_is_not_there_is_noted(server, tmp_path):
    server.page(LIST, [server.file("a.csv")])
    fetch(tmp_path, server.source, progress=False)
    assert "Wiki: 0 pages, then: " in (tmp_path / "NOTICE").read_text() and (tmp_path / "a.csv").exists()


def test_a_redirection_is_followed(server, tmp_path):
    server.page(LIST, [server.file("a.csv")])
    server.answers["/elsewhere"] = server.answers["/download/0"]
    server.answers["/download/0"] = (302, "text/plain", f"{server.base}/elsewhere".encode())
    fetch(tmp_path, server.source, progress=False)
    assert (tmp_path / "a.csv").read_bytes() == TABLE


def test_a_folder_that_cannot_be_written(server, tmp_path):
    server.page(LIST, [server.file("a.csv")])
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        fetch(tmp_path / "file", server.source, progress=False)
    assert issubclass(StorageError, AulibError)


def test_nothing_is_written_among_files_of_others(server, tmp_path, monkeypatch):
    server.project()
    copy = tmp_path / "GFT"
    (copy / "tables").mkdir(parents=True)
    (copy / "tables/001A.csv").write_text("the owner's")
    (copy / "NOTICE").write_text("the owner's")
    with pytest.raises(CorpusError, match="is not empty, and no download"):
        fetch(copy, server.source, progress=False)
    monkeypatch.setenv("AULIB_GFT", str(copy))
    for folder in (copy, copy / "new"):
        with pytest.raises(CorpusError, match="lies in your copy of a corpus"):
            fetch(folder, server.source, progress=False)
    assert written(copy) == {"tables/001A.csv", "NOTICE"} and not (copy / "new").exists()
    assert (copy / "NOTICE").read_text() == (copy / "tables/001A.csv").read_text() == "the owner's"


def test_a_broken_download_goes_on_and_so_does_one_that_is_named_as_the_copy(server, tmp_path, monkeypatch):
    server.page(LIST, [server.file("a.csv"), server.file("b.csv", extra={"hashes": {"sha256": "0" * 64}})])
    with pytest.raises(CorpusError, match="another SHA-256 sum"):
        fetch(tmp_path / "in", server.source, progress=False)
    assert "not finished" in (tmp_path / "in/NOTICE").read_text()
    server.page(LIST, [server.file("a.csv"), server.file("b.csv")])
    monkeypatch.setenv("AULIB_GFT", str(tmp_path / "in"))
    for _ in range(2):
        fetch(tmp_path / "in", server.source, progress=False)
    assert {"a.csv", "b.csv", "NOTICE"} <= written(tmp_path / "in")
    assert "not finished" not in (tmp_path / "in/NOTICE").read_text()
