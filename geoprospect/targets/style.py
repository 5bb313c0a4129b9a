"""The style of targets in QGIS, kept inside their GeoPackage: new ground, known ground, ranks."""

from __future__ import annotations

import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

ALIASES = {
    "rank": "Rank",
    "shortlist": "Number on the shortlist",
    "ground": "New or known ground",
    "area_km2": "Area (km²)",
    "cells": "Cells",
    "max_score": "Greatest score",
    "mean_score": "Mean score",
    "gain": "Gain that ranks it",
    "deposits": "Expected deposits",
    "dep_low": "Deposits, lower end of the 95% interval",
    "dep_high": "Deposits, upper end of the 95% interval",
    "uncertain": "Mean uncertainty of the score",
    "inside_aoa": "Share inside the area of applicability",
    "n_known": "Known occurrences inside",
    "km_known": "To the nearest known occurrence (km)",
    "km_roads": "To the nearest road (km)",
    "km_claims": "To the nearest claim (km)",
    "easting": "Easting of the best cell",
    "northing": "Northing of the best cell",
    "longitude": "Longitude of the best cell (WGS 84)",
    "latitude": "Latitude of the best cell (WGS 84)",
    "reasons": "Leading layers",
}
"""The fields of a target, and what they are called in words."""

# Orange and blue are told apart with every common colour blindness (Okabe & Ito 2008).
_GROUNDS = (("new", "New ground", "230,97,0"), ("known", "With known occurrences", "0,114,178"))
_TABLE = """
CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""
_HOUR = "2000-01-01T00:00:00.000Z"  # as in the rest of the file: the same bytes each time


def style(fields: Sequence[str]) -> str:
    """Give the text of a QGIS style: colours by ground, ranks as labels, fields in words.

    Parameters
    ----------
    fields : sequence of str
        The fields of the file, in its order.

    Examples
    --------
    >>> text = style(["rank", "ground"])
    >>> 'attr="ground"' in text, 'fieldName="rank"' in text, 'name="New or known ground"' in text
    (True, True, True)
    """
    root = ET.Element(
        "qgis", version="3.22", labelsEnabled="1", styleCategories="Symbology|Labeling|Fields"
    )
    renderer = ET.SubElement(root, "renderer-v2", type="categorizedSymbol", attr="ground")
    categories, symbols = ET.SubElement(renderer, "categories"), ET.SubElement(renderer, "symbols")
    for number, (value, label, colour) in enumerate(_GROUNDS):
        named = {"symbol": str(number), "render": "true", "label": label, "value": value}
        ET.SubElement(categories, "category", named)
        symbol = ET.SubElement(symbols, "symbol", type="fill", name=str(number), alpha="1")
        layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "pass": "0"})
        options = ET.SubElement(layer, "Option", type="Map")
        for name, option in (
            ("color", f"{colour},60"),
            ("outline_color", f"{colour},255"),
            ("outline_style", "solid"),
            ("outline_width", "0.5"),
            ("outline_width_unit", "MM"),
            ("style", "solid"),
        ):
            ET.SubElement(options, "Option", type="QString", name=name, value=option)
    settings = ET.SubElement(ET.SubElement(root, "labeling", type="simple"), "settings")
    text = ET.SubElement(
        settings,
        "text-style",
        fieldName="rank",
        isExpression="0",
        fontSize="10",
        fontSizeUnit="Point",
        textColor="20,20,20,255",
    )
    rim = {"bufferDraw": "1", "bufferSize": "0.8", "bufferSizeUnits": "MM"}
    ET.SubElement(text, "text-buffer", rim | {"bufferColor": "255,255,255,255"})
    aliases = ET.SubElement(root, "aliases")
    for number, field in enumerate(fields, start=1):  # before them stands the row's number
        ET.SubElement(aliases, "alias", index=str(number), field=field, name=ALIASES[field])
    ET.indent(root)
    return f"<!DOCTYPE qgis>\n{ET.tostring(root, encoding='unicode')}"


def add_style(path: Path, layer: str, text: str) -> None:
    """Put a style into a GeoPackage, which QGIS takes by itself for a layer."""
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(_TABLE)
        file.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
            "update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, '', '', ?)",
            (layer, layer, text, _HOUR),
        )
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, "
            "last_change) VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
            (_HOUR,),
        )
