"""Tables of coordinates: text files with a header, as spreadsheets and databases write them."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoprospect.errors import SamplesError

if TYPE_CHECKING:
    import pyproj

TABLE_SUFFIXES = {".csv", ".tsv", ".txt"}
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

    Where semicolons separate, numbers may have decimal commas.

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
    """Find out encoding, separator and decimal sign of a table, and parse it."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    header = text.lstrip().partition("\n")[0]
    separator = max(",;\t", key=header.count)
    comma = separator == ";" and re.search(r"\d,\d", text) and not re.search(r"\d\.\d", text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                io.StringIO(text),
                sep=separator,
                decimal="," if comma else ".",
                index_col=False,
                low_memory=False,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        raise unreadable(error, path) from error


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
