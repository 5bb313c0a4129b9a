"""A small HTTP server of files on 127.0.0.1, with ranges, that can be told to misbehave.

It is a process of its own: GDAL keeps Python's lock while it opens a file, so that a server in a
thread of the reader could never answer.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

CONTROL = "/:control"


class RasterServer:
    """Serves the files of a folder while its context lasts."""

    def __init__(self, folder: Path) -> None:
        self._command = [sys.executable, __file__, str(folder)]

    def __enter__(self) -> RasterServer:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.address = f"127.0.0.1:{self._process.stdout.readline().strip()}"
        self.url = f"http://{self.address}"
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process, so that connections are refused."""
        self._process.kill()
        self._process.communicate()

    def trouble(
        self,
        what: int | str | None,
        *,
        every: int = 1,
        after: int = 0,
        times: int = 10**9,
        path: str = "",
    ) -> None:
        """Say what goes wrong from now on, and forget the requests so far.

        `what` is a status to answer with, "drop" (nothing is sent), "truncate" (half of what was
        asked for), "hang" (silence), "drip" (a byte now and then), or None. It befalls each
        `every`-th request after the first `after`, at most so many `times`, of those whose path
        holds `path`.
        """
        order = {"what": what, "every": every, "after": after, "times": times, "path": path}
        self._tell(order)

    def requests(self) -> list[str]:
        """Give the paths asked for since `trouble` was last called."""
        return self._tell(None)

    def _tell(self, order: dict[str, Any] | None) -> list[str]:
        request = Request(self.url + CONTROL, data=json.dumps(order).encode())
        with urlopen(request, timeout=30) as answer:
            return json.load(answer)


class _State:
    """The requests so far, and what goes wrong with which of them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.order: dict[str, Any] = {"what": None, "path": ""}
        self.requests: list[str] = []
        self.counted = 0

    def take(self, order: dict[str, Any] | None) -> list[str]:
        with self.lock:
            requests = self.requests
            if order is not None:
                self.order, self.requests, self.counted = order, [], 0
            return requests

    def trouble(self, path: str) -> int | str | None:
        with self.lock:
            self.requests.append(path)
            if self.order["what"] is None or self.order["path"] not in path:
                return None
            self.counted += 1
            turns, rest = divmod(self.counted - self.order["after"], self.order["every"])
            struck = rest == 0 and 1 <= turns <= self.order["times"]
            return self.order["what"] if struck else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: Path
    state: _State

    def log_message(self, *arguments: object) -> None:
        pass

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(200, json.dumps(self.state.take(order)).encode())

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        trouble = self.state.trouble(self.path)
        path = self.folder / unquote(urlsplit(self.path).path).lstrip("/")
        if trouble == "hang":
            threading.Event().wait(60)
        if trouble in ("hang", "drop"):
            self.close_connection = True
        elif trouble == "drip":
            self._drip()
        elif isinstance(trouble, int):
            self._answer(trouble)
        elif not path.is_file():
            self._answer(404)
        else:
            self._serve(path.read_bytes(), cut=trouble == "truncate")

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        for _ in range(600):
            self.wfile.write(b"x")
            threading.Event().wait(0.1)
        self.close_connection = True

    def _serve(self, content: bytes, *, cut: bool) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked is None:
            self._answer(200, content, cut=cut)
            return
        first, last = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        if first > last:
            self._answer(416)
            return
        place = f"bytes {first}-{last}/{len(content)}"
        self._answer(206, content[first : last + 1], cut=cut, place=place)

    def _answer(
        self, status: int, body: bytes = b"", *, cut: bool = False, place: str | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Accept-Ranges", "bytes")
        if place is not None:
            self.send_header("Content-Range", place)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *arguments: object) -> None:
        """Say nothing of clients that hang up."""


def _end_with_the_tests() -> None:
    sys.stdin.read()  # until the other end is closed
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    _Handler.folder, _Handler.state = Path(sys.argv[1]), _State()
    with _Server(("127.0.0.1", 0), _Handler) as serving:
        print(serving.server_port, flush=True)
        serving.serve_forever()
