"""Default styles inside GeoPackages, which QGIS applies when a layer of them is dropped in."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from os import PathLike

_TABLE = """
CREATE TABLE IF NOT EXISTS layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
    f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT(30), ui TEXT(30), update_time DATETIME)
"""
_ROW = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,
    styleName, styleQML, styleSLD, useAsDefault, description, owner, ui, update_time)
SELECT '', '', table_name, column_name, 'geoprospect', ?, '', 1, ?, '', '', ?
FROM gpkg_geometry_columns WHERE table_name = ?
"""
_LISTED = """
INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, last_change)
VALUES ('layer_styles', 'attributes', 'layer_styles', ?)
"""
_HOUR = (
    "2000-01-01T00:00:00.000Z"  # the same each time, so that the same points give the same bytes
)


def add_styles(path: str | PathLike[str], styles: Mapping[str, tuple[str, str]]) -> None:
    """Add the default styles of layers to a GeoPackage.

    Parameters
    ----------
    path : path-like
        The GeoPackage.
    styles : mapping of str to (str, str)
        For a layer, the text of its `.qml` and a description of the layer in a sentence.

    Raises
    ------
    sqlite3.Error
        If the file cannot be written.
    """
    with closing(sqlite3.connect(path)) as package, package:
        package.execute(_TABLE)
        package.execute(_LISTED, (_HOUR,))
        for layer, (qml, description) in styles.items():
            package.execute(_ROW, (qml, description, _HOUR, layer))


def default_style(path: str | PathLike[str], layer: str) -> str | None:
    """Read the default style of a layer; None where it has none."""
    asked = "SELECT styleQML FROM layer_styles WHERE f_table_name = ? AND useAsDefault LIMIT 1"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as package:
            row = package.execute(asked, (layer,)).fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else str(row[0])
