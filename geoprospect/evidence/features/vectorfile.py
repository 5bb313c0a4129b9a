"""Vector files: their layers on the ground, and whether they are whole."""

from __future__ import annotations

import os
import re
import struct
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pyogrio

from geoprospect.errors import GeoprospectError, SamplesError
from geoprospect.evidence.features.tables import unreadable
from geoprospect.evidence.local import is_local, missing
from geoprospect.evidence.remote.address import asks_servers
from geoprospect.evidence.remote.failure import explained
from geoprospect.evidence.remote.raster import network_settings, retried
from geoprospect.wording import listed

_GPX_POINTS = "waypoints"  # GDAL shows five layers in any GPX file, most of them empty
_FAILURES = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError)
_SHAPEFILE_MARK = struct.pack(">i", 9994)
_SHAPEFILE_START = 100  # bytes, of .shp and .shx alike; an entry of .shx takes 8


def read_vector(path: str, layer: str | None, *, what: str, layer_mend: str) -> gpd.GeoDataFrame:
    """Read the features of a layer, or of the only one that has geometries.

    Nothing is written beside the file.

    Parameters
    ----------
    path : str
        Shapefile, GeoPackage or anything else that GDAL reads.
    layer : str or None
        The layer of a file with several; waypoints are that of a GPX file.
    what : str
        What the features stand for, for messages: `points` or `polygons`.
    layer_mend : str
        How to name a layer, with ``{}`` where its name goes.

    Returns
    -------
    geopandas.GeoDataFrame
        In the order of the file, rows numbered from 0.

    Raises
    ------
    SamplesError
        If the file is missing, damaged or cannot be read, has no layer with geometries or not
        the one named, or holds several of which none is named.

    Examples
    --------
    >>> import tempfile
    >>> camps = gpd.GeoDataFrame(geometry=gpd.points_from_xy([1], [2], crs="EPSG:3578"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     camps.to_file(f"{folder}/camps.gpkg")
    ...     len(read_vector(f"{folder}/camps.gpkg", None, what="points", layer_mend="name {}"))
    1
    """
    if (problem := missing(path)) is not None:
        raise SamplesError(problem, path=path, mend="correct the path, or restore the file")
    check_shapefile(path, layer)
    source = _unaltered(path)

    def read() -> gpd.GeoDataFrame:
        kinds = [(str(name), kind) for name, kind in pyogrio.list_layers(source)]
        chosen = _layer(kinds, layer, path, what=what, layer_mend=layer_mend)
        return gpd.read_file(source, layer=chosen, engine="pyogrio")

    remote = asks_servers(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of GDAL, on measures, curves or field types
            if not remote:
                table = read()
            else:
                with _told(network_settings(path)):
                    table = retried(read, path, failures=_FAILURES)
    except (GeoprospectError, MemoryError):
        raise
    except Exception as error:  # a damaged file may fail anywhere in the libraries that read it
        if remote:
            raise SamplesError(path=path, **explained(error, what=what)) from error
        raise unreadable(error, path, what) from error
    if not isinstance(table, gpd.GeoDataFrame):
        raise SamplesError(
            "the file holds a table without geometries",
            path=path,
            mend=f"save its {what} in a GeoPackage"
            + (", or as CSV with coordinates" if what == "points" else ""),
        )
    return table


@contextmanager
def _told(settings: Mapping[str, object]) -> Iterator[None]:
    """Tell GDAL settings, of which the user made none; that of pyogrio is not that of rasterio."""
    ours = {name: value for name, value in settings.items() if name not in os.environ}
    before = {name: pyogrio.get_gdal_config_option(name) for name in ours}
    pyogrio.set_gdal_config_options(ours)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def _layer(
    kinds: list[tuple[str, str | None]],
    layer: str | None,
    path: str,
    *,
    what: str,
    layer_mend: str,
) -> str:
    """Find the layer to read: the one named, the only one with geometries, or waypoints."""
    names = [name for name, _ in kinds]
    # Styles of QGIS and other tables lie in a GeoPackage beside the layers.
    spatial = [name for name, kind in kinds if kind is not None] or names
    if layer is None and len(spatial) > 1 and Path(path).suffix.lower() == ".gpx":
        layer = _GPX_POINTS
    if layer in names:
        return str(layer)
    if layer is None and len(spatial) == 1:
        return spatial[0]
    if not spatial:
        raise SamplesError(
            "the file holds no layer",
            path=path,
            mend=f"give a file with {what}; if it should hold some, export it anew",
        )
    raise SamplesError(
        "the file holds several layers" if layer is None else f"the file has no layer {layer}",
        path=path,
        found=listed(spatial),
        mend=layer_mend.format(spatial[0]),
    )


def _unaltered(path: str) -> str:
    """Give an address under which GDAL reads a local file as it is named, and writes nothing.

    An exclamation mark in a name is taken for that of an archive, and beside a GML file GDAL
    leaves a `.gfs` with what it found out; not so where it sees a part of a file, here all of it.
    """
    if re.match(r"(?:https?|ftp)://", path):
        return f"/vsicurl/{path}"  # as it is, geopandas would fetch it, and wait for ever
    plain = is_local(path) and Path(path).is_file()
    if plain and ("!" in path or Path(path).suffix.lower() == ".gml"):
        return f"/vsisubfile/0_,{path}"
    return path


def check_shapefile(path: str, layer: str | None = None) -> None:
    """Refuse a shapefile that lacks a part, or a part that is cut off.

    GDAL reads what is left of such a file, without a word.

    Parameters
    ----------
    path : str
        A file ending in ``.shp``, or a folder of shapefiles; others pass.
    layer : str, optional
        The layer of a folder.

    Raises
    ------
    SamplesError
        If ``.dbf`` or ``.shx`` is missing, a file is shorter than it says, or they differ in how
        many features they hold.
    """
    home = Path(path)
    if not is_local(path):
        return
    files = sorted(home.glob(f"{layer or '*'}.[sS][hH][pP]")) if home.is_dir() else [home]
    for file in files:
        if file.suffix.lower() == ".shp" and file.is_file() and _begins_as_shapefile(file):
            _check_parts(file)


def _begins_as_shapefile(file: Path) -> bool:
    """Whether a file has the first bytes of a shapefile; of another, GDAL says what is wrong."""
    with file.open("rb") as stream:
        return stream.read(4) == _SHAPEFILE_MARK


def _check_parts(shp: Path) -> None:
    """Hold the parts of one shapefile against what their headers say."""
    counts = {}
    for suffix, size in ((".shp", _words), (".shx", _words), (".dbf", _records)):
        parts = (shp.with_suffix(end) for end in (suffix, suffix.upper()))
        file = next((part for part in parts if part.is_file()), None)
        if file is None:
            raise SamplesError(
                f"the shapefile lacks its {suffix} file, so its features are not complete",
                path=shp,
                mend=f"copy {shp.with_suffix(suffix).name} to it: .shp, .shx, .dbf and .prj "
                "belong together",
            )
        said, features = size(file)
        actual = file.stat().st_size
        if actual < said:
            raise SamplesError(
                f"the {suffix} file of the shapefile is cut off",
                path=file,
                found=f"{actual} bytes",
                expected=f"{said} bytes, as its header says",
                mend="copy or export the shapefile anew",
            )
        counts[suffix] = features
    if counts[".shx"] != counts[".dbf"]:
        raise SamplesError(
            "the files of the shapefile do not belong together",
            path=shp,
            found=f"{counts['.shx']} features in .shx, {counts['.dbf']} in .dbf",
            mend="copy or export the shapefile anew, all of its files",
        )


def _words(file: Path) -> tuple[int, int]:
    """Give the bytes that a .shp or .shx file says it has, and the features if it is .shx."""
    with file.open("rb") as stream:
        start = stream.read(28)
    if len(start) < 28:
        return _SHAPEFILE_START, 0
    size = 2 * struct.unpack(">i", start[24:28])[0]
    return size, (size - _SHAPEFILE_START) // 8


def _records(file: Path) -> tuple[int, int]:
    """Give the bytes that a .dbf file says it has, its end mark left out, and its records."""
    with file.open("rb") as stream:
        start = stream.read(12)
    if len(start) < 12:
        return 32, 0
    records, header, record = struct.unpack("<IHH", start[4:12])
    return header + records * record, records
