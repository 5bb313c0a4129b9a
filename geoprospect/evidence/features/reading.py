"""Features read from a vector file or a table of coordinates, with their place on the ground."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import geopandas as gpd

from geoprospect.errors import SamplesError, without_secrets
from geoprospect.evidence.features.selecting import select
from geoprospect.evidence.features.tables import (
    PARQUET_SUFFIXES,
    TABLE_SUFFIXES,
    read_parquet,
    read_table,
)
from geoprospect.evidence.features.vectorfile import read_vector
from geoprospect.evidence.local import is_local, missing
from geoprospect.grid.crs import pyproj_crs

if TYPE_CHECKING:
    import pyproj


class FileOptions(TypedDict, total=False):
    """How to read a file of features: the keyword arguments of `read_features`."""

    crs: Any
    layer: str | None
    x: str | None
    y: str | None


def read_features(
    path: str | os.PathLike[str],
    *,
    crs: Any = None,
    layer: str | None = None,
    x: str | None = None,
    y: str | None = None,
    what: str = "points",
) -> gpd.GeoDataFrame:
    r"""Read the features of a vector file, or the points of a table of coordinates.

    Parameters
    ----------
    path : path-like
        Shapefile, GeoPackage, GeoJSON or any other vector file that GDAL reads; or a table
        (``.csv``, ``.tsv``, ``.txt``) separated by commas, semicolons or tabs, with a header; or
        Parquet, of geometries or coordinates.
    crs : str or pyproj.CRS, optional
        The CRS of the coordinates of a table, as ``EPSG:3578``.
    layer : str, optional
        The layer of a file with several.
    x, y : str, optional
        The columns of a table that hold easting and northing, or longitude and latitude. By
        default they are recognised by name (``easting``, ``ESTE``, ``E``, ``x``, ``lon``, …).
    what : str
        What the features stand for, for messages: ``points``, ``lines`` or the like.

    Returns
    -------
    geopandas.GeoDataFrame
        In the order of the file, rows numbered from 0, with the path among its attributes.

    Raises
    ------
    SamplesError
        If the file is missing or unreadable, or lacks the columns named.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = Path(folder) / "stations.csv"
    ...     _ = table.write_text("E;N;Cu\n256779,5;912654;<5\n")
    ...     read_features(table, crs="EPSG:3578")["Cu"].tolist()
    ['<5']
    """
    name = os.fspath(path)
    if (problem := missing(name)) is not None:
        raise SamplesError(problem, path=path, mend="correct the path, or restore the file")
    if is_table(name):
        if not is_local(name):
            raise SamplesError(
                "a table of coordinates is read from a plain file only",
                path=name,
                mend="download or unpack it, and name the file; or give a GeoPackage there",
            )
        read = read_parquet if _suffix(name) in PARQUET_SUFFIXES else read_table
        features = read(name, None if crs is None else _parse_crs(crs, name), x=x, y=y)
    else:
        mend = 'name one, as in layer = "{}"'
        features = read_vector(name, layer, what=what, layer_mend=mend)
    features.attrs["path"] = name
    return features


def is_table(path: str) -> bool:
    """Whether a path names a table, by its ending: of coordinates, or GeoParquet.

    Examples
    --------
    >>> is_table("stations.csv"), is_table("stations.gpkg")
    (True, False)
    """
    return _suffix(path) in TABLE_SUFFIXES | PARQUET_SUFFIXES


def _suffix(path: str) -> str:
    """Give the ending of a path or address, in small letters."""
    return Path(without_secrets(path).removesuffix("?…")).suffix.lower()


def placed(
    features: gpd.GeoDataFrame,
    path: str,
    *,
    crs: Any = None,
    where: str | None = None,
    what: str = "points",
) -> gpd.GeoDataFrame:
    """Make sure that features have a CRS, and choose among them.

    Parameters
    ----------
    features : geopandas.GeoDataFrame
        The features.
    path : str
        Their file, for messages.
    crs : str or pyproj.CRS, optional
        The CRS, in place of that of `features`.
    where : str, optional
        A condition on the fields; see `geoprospect.evidence.features.selecting.select`.
    what : str
        As for `read_features`.

    Returns
    -------
    geopandas.GeoDataFrame
        The same rows, or those chosen; how many were not is among its attributes.

    Raises
    ------
    SamplesError
        If there is no row or no CRS, or the condition is not understood or holds for no row.
    """
    if crs is not None:
        features = features.set_crs(_parse_crs(crs, path, what), allow_override=True)
    if features.crs is None:
        raise SamplesError(
            f"the {what} have no CRS, so their place on the ground is unknown",
            path=path,
            mend='give it beside their path, as in crs = "EPSG:3578" in the project file',
        )
    if features.empty:
        one = what.removesuffix("s")
        raise SamplesError(f"the file holds no {one}", path=path, mend=f"give a file with {what}")
    if where is not None:
        total, features = len(features), select(features, where, path, what=what)
        features.attrs["not_chosen"] = total - len(features)
    return features


@contextmanager
def of_layer(name: str | None) -> Iterator[None]:
    """Tell a mistake in a file of features as one in a layer of evidence.

    Parameters
    ----------
    name : str or None
        The layer; None where it is evidence of no layer.

    Raises
    ------
    EvidenceError
        In place of `SamplesError`.

    Examples
    --------
    >>> with of_layer("faults"):
    ...     read_features("faults.gpkg", what="lines")
    Traceback (most recent call last):
    ...
    geoprospect.errors.EvidenceError: faults.gpkg: layer faults: no such file. ...
    """
    try:
        yield
    except SamplesError as error:
        raise error.of_layer(name) from error


def _parse_crs(crs: Any, path: str, what: str = "points") -> pyproj.CRS:
    """Take a CRS that a person wrote, or say that there is none such."""
    try:
        return pyproj_crs(crs)
    except RuntimeError as error:
        raise SamplesError(
            f"the CRS given for the {what} is not known",
            path=path,
            found=crs,
            expected="a code such as EPSG:3578, or WKT",
            mend="look the code up in QGIS (layer properties) or on epsg.io",
        ) from error
