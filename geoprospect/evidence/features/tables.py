"""Tables of coordinates: text files with a header, as spreadsheets and databases write them."""

from __future__ import annotations

import codecs
import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoprospect.errors import SamplesError

if TYPE_CHECKING:
    import pyproj

TABLE_SUFFIXES = {".csv", ".tsv", ".txt"}
PARQUET_SUFFIXES = {".parquet", ".geoparquet"}
_PROJECTED = (
    ("easting", "northing"),
    ("este", "norte"),
    ("east", "north"),
    ("utm_e", "utm_n"),
    ("e", "n"),
)
_EITHER = (("x", "y"), ("point_x", "point_y"), ("x_coord", "y_coord"), ("xcoord", "ycoord"))
_GEOGRAPHIC = (("longitude", "latitude"), ("longitud", "latitud"), ("lon", "lat"), ("long", "lat"))


def read_table(
    path: str, crs: pyproj.CRS | None, *, x: str | None = None, y: str | None = None
) -> gpd.GeoDataFrame:
    r"""Read points from a table separated by commas, semicolons or tabs.

    Numbers may have decimal commas, and lines that begin with # may stand before the header.

    Parameters
    ----------
    path : str
        The file.
    crs : pyproj.CRS or None
        The CRS of the coordinates.
    x, y : str, optional
        The columns of coordinates; recognised by name if not given.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows in order, numbered from 0, with an empty point where coordinates are missing.

    Raises
    ------
    SamplesError
        If the table cannot be read, or its coordinates are not found or not numbers.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = Path(folder) / "points.csv"
    ...     _ = table.write_text("E;N;name\n1,5;2;a\n")
    ...     read_table(str(table), None).geometry.x.tolist()
    [1.5]
    """
    try:
        table = _parse_table(Path(path).read_bytes(), path)
    except OSError as error:
        raise unreadable(error, path) from error
    return _with_geometry(table, path, crs, x=x, y=y)


def read_parquet(
    path: str, crs: pyproj.CRS | None, *, x: str | None = None, y: str | None = None
) -> gpd.GeoDataFrame:
    """Read features from GeoParquet, or points from a Parquet table of coordinates.

    Parameters
    ----------
    path, crs, x, y
        As for `read_table`; of GeoParquet, the file tells the CRS.

    Raises
    ------
    SamplesError
        If pyarrow is not installed, or as `read_table` says.
    """
    try:
        return gpd.read_parquet(path)
    except ImportError as error:
        raise SamplesError(
            "a Parquet file is read with pyarrow, which is not installed",
            path=path,
            mend='pip install "geoprospect[parquet]", or save the file as GeoPackage or CSV',
        ) from error
    except ValueError as error:
        if "geo metadata" not in str(error):
            raise unreadable(error, path) from error
    except OSError as error:
        raise unreadable(error, path) from error
    return _with_geometry(pd.read_parquet(path), path, crs, x=x, y=y)


def _with_geometry(
    table: pd.DataFrame, path: str, crs: pyproj.CRS | None, *, x: str | None, y: str | None
) -> gpd.GeoDataFrame:
    """Give the rows of a table as points, by their columns of coordinates."""
    x, y = _coordinate_columns(table, path, crs=crs, x=x, y=y)
    values = []
    for column in (x, y):
        numbers = pd.to_numeric(table[column], errors="coerce").astype("float64")
        wrong = table.index[numbers.isna() & table[column].notna()]
        if len(wrong):
            raise SamplesError(
                f"column {column} holds coordinates that are not numbers",
                path=path,
                found=f"{table[column][wrong[0]]!r} in row {wrong[0]} (rows counted from 0)",
                mend="correct them, or leave them empty",
            )
        values.append(numbers.to_numpy())
    shapes: npt.NDArray[np.object_] = np.asarray(shapely.points(*values), dtype=object)
    shapes[~(np.isfinite(values[0]) & np.isfinite(values[1]))] = shapely.Point()
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=crs, index=table.index))


def _parse_table(raw: bytes, path: str) -> pd.DataFrame:
    """Find out encoding, separator and decimal signs of a table, and parse it."""
    text = _decoded(raw)
    lines = text.splitlines(keepends=True)
    while lines and (not lines[0].strip() or lines[0].lstrip().startswith("#")):
        del lines[0]  # comments before the header
    separator = max(",;\t", key=lines[0].count) if lines else ","
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                io.StringIO("".join(lines)),
                sep=separator,
                skipinitialspace=True,
                index_col=False,
                low_memory=False,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        raise unreadable(error, path) from error
    table.columns = table.columns.astype(str).str.strip()
    for column in table.columns[table.columns.duplicated(keep=False) ^ True]:
        table[column] = _with_points(table[column], grouped=separator == ",")
    return table


def _decoded(raw: bytes) -> str:
    """Give a text of any encoding that spreadsheets write."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _with_points(values: pd.Series[Any], *, grouped: bool) -> pd.Series[Any]:
    """Read numbers with decimal commas, if all values of a column are such.

    Where commas separate the columns too, 501,673 may be grouped by thousands, and only numbers
    that cannot be so are read.
    """
    texts = values.dropna()
    if texts.empty or not texts.map(lambda value: isinstance(value, str)).all():
        return values
    numbers = texts.str.strip()
    comma = numbers.str.fullmatch(r"[+-]?\d+,\d+")
    if not comma.any() or not (comma | numbers.str.fullmatch(r"[+-]?\d+")).all():
        return values
    if grouped and numbers[comma].str.fullmatch(r"[+-]?\d{1,3},\d{3}").all():
        return values
    return pd.to_numeric(numbers.str.replace(",", ".")).reindex(values.index)


def _coordinate_columns(
    table: pd.DataFrame, path: str, *, crs: pyproj.CRS | None, x: str | None, y: str | None
) -> tuple[str, str]:
    """Check the columns of coordinates that are named, or recognise them by name."""
    fields = [str(column) for column in table.columns]
    named = [column for column in (x, y) if column is not None]
    missing = [column for column in named if column not in fields]
    if missing or len(named) == 1:
        raise SamplesError(
            f"there is no column {missing[0]}" if missing else "only one of x and y is given",
            path=path,
            found=f"columns {', '.join(fields)}",
            mend='name both columns of coordinates, as in x = "easting", y = "northing"',
        )
    if x is not None and y is not None:
        return x, y
    by_name = {column.strip().casefold(): column for column in fields}
    geographic = crs is not None and crs.is_geographic
    first, last = (_GEOGRAPHIC, _PROJECTED) if geographic else (_PROJECTED, _GEOGRAPHIC)
    for east, north in (*first, *_EITHER, *last):
        if east in by_name and north in by_name:
            return by_name[east], by_name[north]
    raise SamplesError(
        "no columns of coordinates are recognised",
        path=path,
        found=f"columns {', '.join(fields)}",
        expected="easting and northing, E and N, x and y, longitude and latitude or the like",
        mend='name them, as in x = "UTM_X", y = "UTM_Y"',
    )


def unreadable(error: Exception, path: str, what: str = "points") -> SamplesError:
    """Turn an error of a reading library into one that names the file.

    Examples
    --------
    >>> print(unreadable(ValueError("no header"), "points.csv"))
    points.csv: cannot be read as points: no header. \
To mend it: check the file, it may be damaged or of another format; export it anew
    """
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    reason = reason.partition("; It might help")[0]
    return SamplesError(
        f"cannot be read as {what}: {reason.rstrip('.')}",
        path=path,
        mend="check the file, it may be damaged or of another format; export it anew",
    )
