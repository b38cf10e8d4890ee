"""Open every built page in a browser that has no network, report what fails, and take pictures.

    python workflow/browse.py                                          # all pages: failed requests, console errors
    python workflow/browse.py --pictures _build/look --width 1280 375 --theme light dark
    python workflow/browse.py --page book/intro --pictures _build/look --full

For developers. It needs Chromium (or Chrome) on the PATH or in the variable CHROMIUM, and speaks with it over the
DevTools protocol by way of tornado, which Jupyter brings along. Status 1 when a page has a fault.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import functools
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from common import ROOT, Trouble, give_up, shown
from tornado.websocket import WebSocketClientConnection, websocket_connect

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
)
STILL = """document.head.append(Object.assign(document.createElement('style'),
  {textContent: '* {transition: none !important}'}))"""
WIDER = """(() => { const page = document.documentElement;
  return page.scrollWidth > page.clientWidth + 1 ? page.scrollWidth : 0; })()"""
RAW = """(() => { const left = [...document.querySelectorAll('.math')]
  .filter(e => !e.querySelector('mjx-container')).length; return left; })()"""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve `folder` on this machine only; yields the address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextlib.contextmanager
def browser() -> Iterator[int]:
    """Start a browser with an empty profile; yields the port of its DevTools."""
    names = (os.environ.get("CHROMIUM", ""), *BROWSERS)
    program = next((found for name in names if name and (found := shutil.which(name))), None)
    if program is None:
        raise Trouble("no Chromium found; install it, or name it in the variable CHROMIUM")
    with tempfile.TemporaryDirectory(prefix="browse-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port = Path(profile) / "DevToolsActivePort"
            for _ in range(150):
                if port.is_file() and port.read_text().strip():
                    break
                time.sleep(0.1)
            else:
                raise Trouble(f"{program} did not start")
            yield int(port.read_text().split()[0])
        finally:
            process.terminate()
            process.wait(timeout=20)


class Tab:
    """One tab: sends commands, collects events."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self._last = 0

    async def _next(self, seconds: float) -> dict[str, Any] | None:
        try:
            text = await asyncio.wait_for(asyncio.shield(self._reading()), seconds)
        except TimeoutError:
            return None
        self._pending = None
        if text is None:
            raise Trouble("the browser closed the connection")
        return json.loads(text)

    _pending: Any = None

    def _reading(self) -> Any:
        if self._pending is None:
            self._pending = asyncio.ensure_future(self.socket.read_message())
        return self._pending

    async def send(self, method: str, **given: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._last += 1
        await self.socket.write_message(json.dumps({"id": self._last, "method": method, "params": given}))
        while True:
            message = await self._next(60)
            if message is None:
                raise Trouble(f"the browser did not answer {method}")
            if message.get("id") == self._last:
                if "error" in message:
                    raise Trouble(f"{method}: {message['error']['message']}")
                return message["result"]
            self.events.append(message)

    async def settle(self, quiet: float = 0.7, most: float = 20) -> None:
        """Wait until the page has loaded and nothing has happened for `quiet` seconds."""
        end, loaded = time.monotonic() + most, False
        while time.monotonic() < end:
            message = await self._next(quiet)
            if message is None:
                if loaded:
                    return
                continue
            loaded |= message.get("method") == "Page.loadEventFired"
            self.events.append(message)

    async def value(self, expression: str) -> Any:
        """What a piece of JavaScript gives on the page."""
        return (await self.send("Runtime.evaluate", expression=expression, returnByValue=True))["result"].get("value")


@contextlib.asynccontextmanager
async def tab(port: int) -> AsyncIterator[Tab]:
    """The browser's first tab."""
    with urlopen(f"http://127.0.0.1:{port}/json") as answer:
        target = next(item for item in json.load(answer) if item["type"] == "page")
    socket = await websocket_connect(target["webSocketDebuggerUrl"], max_message_size=256 << 20)
    try:
        opened = Tab(socket)
        for domain in ("Page", "Network", "Runtime", "Log"):
            await opened.send(f"{domain}.enable")
        yield opened
    finally:
        socket.close()


def complaints(events: list[dict[str, Any]]) -> Iterator[str]:
    """Faults among the events of one page."""
    asked: dict[str, str] = {}
    for event in events:
        method, given = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            asked[given["requestId"]] = address = given["request"]["url"]
            parts = urlsplit(address)
            if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
                yield f"asks the network for {address}"
        elif method == "Network.loadingFailed" and not given.get("canceled"):
            if urlsplit(address := asked.get(given["requestId"], "?")).hostname in ("127.0.0.1", None):
                yield f"could not load {address}: {given.get('errorText')}"
        elif method == "Network.responseReceived" and given["response"]["status"] >= 400:
            if not given["response"]["url"].endswith("/favicon.ico"):
                yield f"status {given['response']['status']} for {given['response']['url']}"
        elif method == "Runtime.exceptionThrown":
            details = given["exceptionDetails"]
            yield f"script error: {details.get('exception', {}).get('description', details['text'])[:200]}"
        elif method == "Runtime.consoleAPICalled" and given["type"] == "error":
            words = (str(item.get("value", item.get("description"))) for item in given["args"])
            yield f"console: {' '.join(words)[:200]}"


async def look(port: int, address: str, pages: list[str], wanted: argparse.Namespace) -> list[str]:
    """Visit `pages` at every width and theme; returns the faults."""
    found: list[str] = []
    async with tab(port) as opened:
        for theme in wanted.theme:
            media = [{"name": "prefers-color-scheme", "value": theme}]
            await opened.send("Emulation.setEmulatedMedia", features=media)
            for width in wanted.width:
                size = {"width": width, "height": 812 if width < 600 else 900, "deviceScaleFactor": 1}
                await opened.send("Emulation.setDeviceMetricsOverride", mobile=width < 600, **size)
                for page in pages:
                    opened.events.clear()
                    await opened.send("Page.navigate", url=f"{address}/{page}.html")
                    await opened.settle()
                    faults = list(complaints(opened.events))
                    if wider := await opened.value(WIDER):
                        faults.append(f"is {wider} px wide on a screen of {width}")
                    if raw := await opened.value(RAW):
                        faults.append(f"{raw} formulas are not typeset")
                    found += [f"{page} ({width} px, {theme}): {fault}" for fault in dict.fromkeys(faults)]
                    if wanted.pictures:
                        await opened.value(STILL)
                        shot = await opened.send(
                            "Page.captureScreenshot",
                            captureBeyondViewport=wanted.full,
                            **clip(width, await opened.value("document.documentElement.scrollHeight"), wanted.full),
                        )
                        name = f"{page.replace('/', '-')}-{width}-{theme}.png"
                        (wanted.pictures / name).write_bytes(base64.b64decode(shot["data"]))
    return found


def clip(width: int, height: int, full: bool) -> dict[str, Any]:
    """The part of the page to picture: the whole, or what the screen shows."""
    return {"clip": {"x": 0, "y": 0, "width": width, "height": min(height, 16000), "scale": 1}} if full else {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--html", type=Path, default=ROOT / "_build" / "html", help="the pages (default: _build/html)")
    parser.add_argument("--page", nargs="+", help="only these pages, for instance book/intro (default: all)")
    parser.add_argument("--width", nargs="+", type=int, default=[1280, 375], help="screen widths in pixels")
    parser.add_argument("--theme", nargs="+", choices=("light", "dark"), default=["light"])
    parser.add_argument("--pictures", type=Path, help="folder for pictures, named PAGE-WIDTH-THEME.png")
    parser.add_argument("--full", action="store_true", help="picture the whole page, not only the first screen")
    arguments = parser.parse_args()
    try:
        html = arguments.html.resolve()
        if not html.is_dir():
            raise Trouble(f"{shown(html)} is not there: build the book first")
        every = sorted(path.relative_to(html).with_suffix("").as_posix() for path in html.rglob("*.html"))
        pages = arguments.page or [page for page in every if page.startswith(("book/", "notebooks/"))]
        if arguments.pictures:
            arguments.pictures.mkdir(parents=True, exist_ok=True)
        with served(html) as address, browser() as port:
            found = asyncio.run(look(port, address, pages, arguments))
    except Trouble as trouble:
        give_up(trouble)
    for fault in found:
        print(fault)
    print(f"{len(pages)} pages looked at, {len(found)} faults")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
