"""Files of an evidence folder that are not read, though they may hold rasters."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from geoprospect.evidence.rasters.container import line_of, subdatasets_of
from geoprospect.evidence.remote.address import asks_servers

_BESIDE = re.compile(  # sidecars of rasters, and what no one takes for a raster
    r"\.(xml|ovr|msk|rrd|prj|qml|qmd|sld|lyr|clr|stx|sta|hdr|rdc|sgrd|mgrd|[a-z]{1,4}w|wld|idx|gsr|gi"
    r"|gpkg|shp|shx|dbf|cpg|sbn|sbx|geojson|json|gml|kml|kmz|gpx|csv|tsv|txt|md|pdf|docx?|xlsx?|ods"
    r"|toml|ya?ml|log|py|ipynb|qg[sz]|lock|bak|unfinished)",
    re.IGNORECASE,
)
_ARC_GRID = "hdr.adf"
_PERHAPS_SEVERAL = (".nc",)
_MOST = 200  # files that are tried; more are no folder of evidence


def unread_sentences(folder: Path, suffixes: frozenset[str]) -> Iterator[str]:
    """Name what a folder holds beside the rasters that are read of it.

    Parameters
    ----------
    folder : Path
        The folder.
    suffixes : frozenset of str
        Ends of the names of files that are read.

    Yields
    ------
    str
        A sentence for each raster that GDAL reads, and one for all other files; sidecars of
        rasters, texts, tables and vector files are not named.
    """
    names = sorted(folder.iterdir(), key=lambda path: path.name)
    left = [path for path in names if _is_unread(path, suffixes)][:_MOST]
    companions: set[str] = set()
    rasters: dict[Path, str] = {}
    for path in left:
        if asks_servers(str(path)):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                with rasterio.open(path) as file:
                    inside = subdatasets_of(file)
                    rasters[path] = inside[0] if inside else str(path)
                    companions |= {os.path.abspath(name) for name in file.files} - {str(path)}
        except RasterioError:
            continue
    for path, named in rasters.items():
        if os.path.abspath(path) not in companions:
            copy = path.with_name(f"{path.name if path.is_dir() else path.stem}.tif")
            source = quote(named)
            yield (
                f"{path}: is a raster, but its name is none of those that are read of a folder, so "
                f"it is no evidence. To mend it: name each layer under [evidence], this one as "
                f"{line_of(path.stem, named)}; or copy it: rio convert {source} {quote(str(copy))}"
            )
    others = [x.name for x in left if x not in rasters and os.path.abspath(x) not in companions]
    if others:
        yield (
            f"{folder}: not read, for GDAL takes them for no rasters: {', '.join(others)}. "
            "To mend it: export those that hold evidence as GeoTIFF"
        )


def is_single(path: Path) -> bool:
    """Whether a file of a format that may hold several rasters holds one, to be read of a folder.

    Examples
    --------
    >>> is_single(Path("X1.tif"))
    False
    """
    if path.suffix.lower() not in _PERHAPS_SEVERAL or not path.is_file():
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as file:
                return bool(file.count)
    except RasterioError:
        return False


def _is_unread(path: Path, suffixes: frozenset[str]) -> bool:
    """Whether something in a folder is not read, and none of the things that lie in one anyway."""
    if path.name.startswith("."):
        return False
    if path.is_dir():
        return (path / _ARC_GRID).is_file() or path.suffix.lower() == ".zarr"
    data_of_ers = not path.suffix and path.with_name(f"{path.name}.ers").exists()
    known = path.suffix.lower() in suffixes or _BESIDE.fullmatch(path.suffix) or data_of_ers
    known = known or is_single(path)
    return path.is_file() and not known
