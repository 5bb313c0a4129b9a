"""Paths that lead into a file: to a raster in an archive, or to one of several in a file."""

from __future__ import annotations

import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

from geoprospect.errors import EvidenceError
from geoprospect.evidence.local import is_local

_FOLDER = r"(?P<file>(?![/{]|vsi)[^!]+?)"
_INSIDE = (
    re.compile(r"(?P<head>(?:zip|tar|gzip)://)" + _FOLDER + r"(?P<tail>!.*|$)"),
    re.compile(r"(?P<head>/vsi(?:zip|tar|gzip|7z|rar)/)(?P<file>(?![/{]|vsi).+)(?P<tail>)"),
    re.compile(r"(?P<head>/vsi(?:zip|tar|7z|rar)/\{)(?P<file>(?!/|vsi)[^}]+)(?P<tail>\}.*)"),
    re.compile(r'(?P<head>\w{2,}:(?:\w+:)*")(?P<file>(?!/)[^"]+)(?P<tail>".*)'),
    re.compile(r"(?P<head>GTIFF_DIR:(?:off:)?\d+:)(?P<file>(?!/).+)(?P<tail>)"),
    re.compile(r'(?P<head>(?:NETCDF|HDF5|GPKG|ZARR):)(?P<file>(?![/"])[^:]+)(?P<tail>:.*|$)'),
)
_MOST = 12  # rasters of a file that a message lists


_FOREIGN = {
    ".grd": "grids of Surfer, GMT and Northwood are read, those of Geosoft (Oasis montaj) are not: "
    "export it there as GeoTIFF",
    ".ecw": "ECW is not read: save it as GeoTIFF in QGIS, or another program that reads it",
    ".sid": "MrSID is not read: save it as GeoTIFF in QGIS, or another program that reads it",
    ".gdb": "name a raster inside it, or export it as GeoTIFF",
    ".mdb": "rasters in a personal geodatabase are not read: export them as GeoTIFF",
    ".lyr": "it tells how a layer is drawn: give the raster itself",
    ".lyrx": "it tells how a layer is drawn: give the raster itself",
    ".qlr": "it tells how a layer is drawn: give the raster itself",
}


def read_elsewhere(path: str) -> str | None:
    """Say what to do with a file of a format that GDAL reads here in part, or not at all.

    Examples
    --------
    >>> read_elsewhere("relief.ecw")
    'ECW is not read: save it as GeoTIFF in QGIS, or another program that reads it'
    """
    return _FOREIGN.get(Path(path).suffix.lower())


def absolute(path: str, home: Path) -> str:
    """Give a path that holds from anywhere, of one against a folder; of an address, itself.

    Examples
    --------
    >>> absolute("zip://r.zip!a.tif", Path("/data")), absolute("a.tif", Path("/data"))
    ('zip:///data/r.zip!a.tif', '/data/a.tif')
    >>> absolute('NETCDF:"g.nc":bouguer', Path("/data"))
    'NETCDF:"/data/g.nc":bouguer'
    >>> absolute("https://a.org/a.tif", Path("/data"))
    'https://a.org/a.tif'
    """
    if is_local(path):
        return str(home / path)
    for pattern in _INSIDE:
        if inside := pattern.fullmatch(path):
            file = inside["file"]
            if "://" not in file and not re.match(r"[A-Za-z]:[\\/]", file):
                return f"{inside['head']}{home / file}{inside['tail']}"
    return path


def check_single(dataset: Any, *, path: str, layer: str | None) -> None:
    """Refuse a file that holds several rasters, or none by itself, and list them.

    Parameters
    ----------
    dataset : rasterio dataset
        The open file.
    path : str
        Its path.
    layer : str or None
        The layer's name.

    Raises
    ------
    EvidenceError
        If one of its rasters must be named.
    """
    inside = subdatasets_of(dataset)
    if not inside:
        return
    raise EvidenceError(
        "the file holds several rasters",
        path=path,
        layer=layer,
        found=_listed(inside),
        mend=f"name one of them, as in {line_of(layer, inside[0])} under [evidence]",
    )


def check_archive(path: str, *, layer: str | None) -> None:
    """Refuse an archive given in place of a raster in it, and list the rasters.

    Raises
    ------
    EvidenceError
        If the path is that of a zip file.
    """
    if not (is_local(path) and os.path.isfile(path) and path.lower().endswith(".zip")):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(_RASTERS)]
    except (OSError, zipfile.BadZipFile):
        return  # GDAL says what is wrong with it
    inside = [f"zip://{path}!{name}" for name in names]
    raise EvidenceError(
        "the file is an archive, no raster",
        path=path,
        layer=layer,
        found=_listed(inside) or "no .tif, .img, .asc or .vrt in it",
        mend=f"name a raster in it, as in {line_of(layer, inside[0])} under [evidence]"
        if inside
        else "unpack it, and name the raster",
    )


_RASTERS = (".tif", ".tiff", ".img", ".asc", ".vrt")


def subdatasets_of(dataset: Any) -> list[str]:
    """List the paths of the rasters in an open file that is none by itself."""
    return [] if dataset.count else list(dataset.subdatasets)


def _listed(names: list[str]) -> str:
    """List some names, and how many more there are."""
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")


def line_of(layer: str | None, path: str) -> str:
    """Write the line of a layer as TOML; a path with double quotes stands in single ones.

    Examples
    --------
    >>> print(line_of("gravity", 'NETCDF:"g.nc":bouguer'))
    gravity = 'NETCDF:"g.nc":bouguer'
    """
    quoted = f"'{path}'" if '"' in path else f'"{path}"'
    name = layer or "name"
    bare = re.fullmatch(r"[\w-]+", name, re.ASCII)
    return f"{name if bare else json.dumps(name)} = {quoted}"
