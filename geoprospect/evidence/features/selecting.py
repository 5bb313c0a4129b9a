"""Features chosen by a condition on their fields, as a query of a database chooses rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import geopandas as gpd
import pandas as pd

from geoprospect.errors import SamplesError
from geoprospect.wording import listed

_ROW = "geoprospect row"  # a name that no field has


def select(
    table: gpd.GeoDataFrame, where: str, path: str, *, what: str = "points"
) -> gpd.GeoDataFrame:
    """Give the features for which a condition holds, with the rows they have in the file.

    Parameters
    ----------
    table : geopandas.GeoDataFrame
        Features with their fields.
    where : str
        A condition in SQL, as SQLite reads it: ``commodity = 'Cu' AND year > 1990``. Names of
        fields do not tell capital letters from small ones; ``"…"`` quotes names with blanks.
    path : str
        Their file, for messages.
    what : str
        What they stand for, for messages.

    Raises
    ------
    SamplesError
        If the condition is not understood, or holds for none of them.

    Examples
    --------
    >>> table = gpd.GeoDataFrame({"commodity": ["Cu", "Au", "Cu"]},
    ...                          geometry=gpd.points_from_xy([0, 1, 2], [0, 1, 2]))
    >>> select(table, "commodity = 'Cu'", "camps.gpkg").index.tolist()
    [0, 2]
    """
    fields = pd.DataFrame(table.drop(columns=table.geometry.name))
    names = listed([str(name) for name in fields.columns]) or "none"
    for name, kind in fields.dtypes.items():
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind)):
            fields[name] = fields[name].astype(str).where(fields[name].notna(), None)
    fields[_ROW] = range(len(fields))
    with closing(sqlite3.connect(":memory:")) as database:
        try:
            fields.to_sql("points", database, index=False)
            query = f'SELECT "{_ROW}" FROM points WHERE ({where}\n)'
            rows = [row for (row,) in database.execute(query)]
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            raise SamplesError(
                f"the condition where = {where!r} is not understood: {error}",
                path=path,
                found=f"fields {names}",
                expected="SQL on these fields, such as commodity = 'Cu'",
                mend="correct the condition; quote texts with '…'",
            ) from error
    if not rows:
        raise SamplesError(
            f"the condition where = {where!r} holds for no {what.removesuffix('s')}",
            path=path,
            found=f"{len(table)} {what}, fields {names}",
            mend="correct it, or leave it out; texts are told apart by capital letters too",
        )
    chosen = table.iloc[sorted(rows)]
    chosen.attrs.update(table.attrs)
    return chosen
