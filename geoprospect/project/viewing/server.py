"""The server of a run's page and tiles, for browsers of this machine alone."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import rasterio
from rasterio.warp import transform_bounds

from geoprospect.errors import GeoprospectError, OutputError
from geoprospect.project import results
from geoprospect.project.viewing.layers import Listed, ViewLayer, layers_of, overlays_of
from geoprospect.project.viewing.tiles import check_tile_library, tile, tile_library, value
from geoprospect.qgis.style import VIRIDIS
from geoprospect.report.page import render_page
from geoprospect.typing import StrPath

_LOGGER = logging.getLogger(__name__)
_HOST = "127.0.0.1"
_OWN_NAMES = {_HOST, "localhost"}  # by which a page of another site cannot call
_MAP_LIBRARY = "js_lib_leaflet"
_LIBRARY_FILES = {"leaflet.js": "text/javascript", "leaflet.css": "text/css"}


@dataclass(frozen=True)
class View:
    """A run as a browser looks at it.

    Attributes
    ----------
    folder : Path
        Its output folder.
    listed : dict of str to Listed
        What can be looked at, by key.
    """

    folder: Path
    listed: dict[str, Listed]
    _laid_out: dict[str, ViewLayer] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, folder: StrPath) -> View:
        """Look through the folder of a run.

        Raises
        ------
        ProjectError
            If it holds no map of a run.
        OutputError
            If the libraries that show maps are not installed.
        """
        check_tile_library()
        if find_spec(_MAP_LIBRARY) is None:
            raise OutputError(
                "a library that shows maps in browsers is not installed",
                expected="django-js-lib-leaflet, which holds Leaflet",
                mend='pip install "geoprospect[view]"',
            )
        return cls(Path(folder), {layer.key: layer for layer in layers_of(folder)})

    def layer(self, key: str) -> ViewLayer:
        """Give a layer with its colours, which are laid out when it is first looked at."""
        if key not in self._laid_out:
            self._laid_out[key] = self.listed[key].laid_out()
        return self._laid_out[key]

    @cached_property
    def page(self) -> bytes:
        """The page."""
        with rasterio.open(results.MAP.path(self.folder)) as raster:
            west, south, east, north = transform_bounds(raster.crs, "EPSG:4326", *raster.bounds)
        content = {
            "layers": [
                {  # not where its file lies
                    "key": one.key,
                    "title": one.title,
                    "group": one.group,
                    "classes": one.classes,
                }
                for one in self.listed.values()
            ],
            "overlays": overlays_of(self.folder),
            "bounds": [[south, west], [north, east]],
        }
        text = json.dumps(content, default=str).replace("</", "<\\/")
        name = self.folder.resolve()
        title = f"{name.parent.name}/{name.name}"
        page = render_page(
            "geoprospect.project.viewing", "view.html", title=title, content=text, ramp=VIRIDIS
        )
        return page.encode()

    def answer(self, path: str, asked: dict[str, list[str]]) -> tuple[str, bytes] | None:
        """Give the type and the content of what lies at an address; None where nothing does."""
        match path.strip("/").split("/"):
            case [""]:
                return "text/html; charset=utf-8", self.page
            case ["library", name] if name in _LIBRARY_FILES:
                return _LIBRARY_FILES[name], _library_file(name)
            case ["layers", key] if key in self.listed:
                layer = self.layer(key)
                look = {
                    "limits": layer.limits,
                    "breaks": layer.breaks,
                    "slow": layer.copy is not None,
                }
                return "application/json", json.dumps(look).encode()
            case ["tiles", key, z, x, y] if key in self.listed:
                row = int(y.removesuffix(".png"))
                return "image/png", tile(self.layer(key), int(z), int(x), row)
            case ["values"]:
                place = float(asked["lon"][0]), float(asked["lat"][0])
                told = {key: value(one.path, one.band, *place) for key, one in self.listed.items()}
                return "application/json", json.dumps(told).encode()
        return None


def serve(folder: StrPath, *, port: int = 0) -> ThreadingHTTPServer:
    """Make a server of a run's page, for browsers of this machine; `serve_forever` starts it.

    Parameters
    ----------
    folder : path-like
        The output folder of a run.
    port : int
        Where it listens; 0 takes a free one, which `server_port` tells.

    Raises
    ------
    ProjectError
        If the folder holds no map of a run.
    OutputError
        If the libraries that show maps are not installed, or the port is taken.
    """
    view = View.of(folder)

    class Handler(BaseHTTPRequestHandler):
        """Answers of this view."""

        def do_GET(self) -> None:
            """Answer one request."""
            _respond(self, view)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing of each request."""

    Thread(target=tile_library, daemon=True).start()  # loaded while the page is
    try:
        return ThreadingHTTPServer((_HOST, port), Handler)
    except OSError as error:
        raise OutputError(
            f"the port cannot be listened on: {(error.strerror or str(error)).lower()}",
            found=f"port {port}",
            mend="leave out --port, and a free one is taken",
        ) from error


def _respond(handler: BaseHTTPRequestHandler, view: View) -> None:
    """Answer a request, or say that it cannot be."""
    address = urlsplit(handler.path)
    host = (handler.headers.get("Host") or "").rpartition(":")[0]
    status, kind, content = HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"not found"
    try:
        if host not in _OWN_NAMES:
            status, content = HTTPStatus.FORBIDDEN, b"this server answers its own machine alone"
        elif (answer := view.answer(address.path, parse_qs(address.query))) is not None:
            status, (kind, content) = HTTPStatus.OK, answer
    except (KeyError, ValueError):
        status, content = HTTPStatus.BAD_REQUEST, b"not understood"
    except (GeoprospectError, rasterio.errors.RasterioError) as error:
        status, content = HTTPStatus.INTERNAL_SERVER_ERROR, str(error).encode()
        _LOGGER.warning(f"{address.path}: {error}")
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    try:
        handler.wfile.write(content)
    except ConnectionError:
        handler.close_connection = True  # the browser moved on


def _library_file(name: str) -> bytes:
    """Read a file of the library that shows maps."""
    spec = find_spec(_MAP_LIBRARY)
    [place] = (spec and spec.submodule_search_locations) or [""]
    return (Path(place) / "static" / _MAP_LIBRARY / name).read_bytes()
