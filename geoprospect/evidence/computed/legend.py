"""Legends: the names of a raster's classes, by their codes, wherever they are kept."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree

import pyogrio
import rasterio.shutil

from geoprospect.errors import EvidenceError
from geoprospect.evidence.rasters.raster import open_raster
from geoprospect.evidence.rasters.rasterband import RasterBand
from geoprospect.evidence.remote.address import asks_servers

Legend: TypeAlias = dict[float, str]
"""Names of classes, by their codes."""

_LONGEST = 2**24  # bytes of a file that names classes
_USAGE_MINMAX, _USAGE_MIN, _USAGE_NAME = 5, 3, 2  # of a field of a GDAL attribute table
_VALUE_FIELDS = ("value", "code", "id", "class_id", "grid_code", "gridcode")
_NAME_FIELDS = ("label", "name", "class", "class_name", "description", "unit", "rock", "lith")


def legend_of(band: RasterBand, given: Mapping[str, str] | str | None) -> Legend:
    """Give the names of the classes of a band.

    Parameters
    ----------
    band : RasterBand
        The band that holds the codes.
    given : mapping of str to str, str or None
        The names by code; a file that has them (CSV of code and name, a QGIS style ``.qml``, a
        table ``.dbf``); or None, to look for a raster attribute table or names of categories in
        the raster, then for ``.vat.dbf`` and ``.qml`` beside it.

    Returns
    -------
    dict of float to str
        Empty where nothing names the classes.

    Raises
    ------
    EvidenceError
        If the file that is named cannot be read, or a code is no number.
    """
    if isinstance(given, Mapping):
        return {_number(code, band): name for code, name in given.items()}
    if given is not None:
        return _in_file(given, band)
    legend = _in_raster(band)
    stem = os.path.splitext(band.path)[0]
    for beside in (f"{band.path}.vat.dbf", f"{stem}.vat.dbf", f"{stem}.qml"):
        if not legend and os.path.isfile(beside):
            legend = _in_file(beside, band)
    return legend


def _number(code: str, band: RasterBand) -> float:
    """Read a code."""
    try:
        return float(code)
    except ValueError as error:
        raise EvidenceError(
            "a class of the legend has no number for its code",
            path=band.path,
            layer=band.name,
            found=repr(code),
            mend='write the codes of the raster before the names, as in legend = { 3 = "granite" }',
        ) from error


def _in_file(path: str, band: RasterBand) -> Legend:
    """Read the names that a file has."""
    try:
        if os.path.getsize(path) > _LONGEST:
            raise ValueError(f"it is larger than {_LONGEST >> 20} MB")
        match Path(path).suffix.lower():
            case ".qml":
                legend = _in_style(ElementTree.fromstring(Path(path).read_bytes()))
            case ".dbf":
                table = pyogrio.read_dataframe(path, read_geometry=False)
                legend = _in_rows(
                    [str(x) for x in table.columns], table.astype(str).values.tolist()
                )
            case _:
                legend = _in_text(Path(path).read_text(encoding="utf-8-sig"))
    except Exception as error:  # a damaged file may fail anywhere in the libraries that read it
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise EvidenceError(
            f"the names of its classes cannot be read from {path}: {reason.splitlines()[0]}",
            path=band.path,
            layer=band.name,
            mend="give a CSV of codes and names, a QGIS style (.qml) or a table (.dbf)",
        ) from error
    if not legend:
        raise EvidenceError(
            f"{path} names no classes by their codes",
            path=band.path,
            layer=band.name,
            expected="a column of numbers and one of names, or a style by unique values",
            mend="correct it, or write the names in the project file: "
            'legend = { 1 = "granite", 2 = "schist" }',
        )
    return legend


def _in_raster(band: RasterBand) -> Legend:
    """Read the names that GDAL knows: a raster attribute table, or names of categories."""
    if asks_servers(band.path):
        return {}
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(open_raster(band.path, crs=band.stated_crs)) as dataset,
    ):
        described = Path(folder, "raster.vrt")
        rasterio.shutil.copy(dataset, described, driver="VRT")
        tree = ElementTree.fromstring(described.read_bytes())
    part = tree.find(f"VRTRasterBand[@band='{band.band}']")
    if part is None:
        return {}
    legend = {}
    table = part.find("GDALRasterAttributeTable")
    if table is not None:
        legend = _in_attributes(table)
    names = [one.text or "" for one in part.findall("CategoryNames/Category")]
    return legend or {float(code): name for code, name in enumerate(names) if name.strip()}


def _in_attributes(table: ElementTree.Element) -> Legend:
    """Read a raster attribute table."""
    fields = table.findall("FieldDefn")
    usages = [int(one.findtext("Usage", "0")) for one in fields]
    names = [one.findtext("Name", "") for one in fields]
    rows = [[one.text or "" for one in row.findall("F")] for row in table.findall("Row")]
    for usage in (_USAGE_MINMAX, _USAGE_MIN):
        if usage in usages and _USAGE_NAME in usages:
            code, name = usages.index(usage), usages.index(_USAGE_NAME)
            return _pairs((row[code], row[name]) for row in rows)
    return _in_rows(names, rows)


def _in_rows(names: list[str], rows: list[list[str]]) -> Legend:
    """Read a table: codes and names in the columns called so, or the first numbers and texts."""
    lower = [name.strip().lower() for name in names]
    code = next((lower.index(x) for x in _VALUE_FIELDS if x in lower), None)
    name = next((lower.index(x) for x in _NAME_FIELDS if x in lower), None)
    numeric = [all(map(_is_number, column)) for column in zip(*rows, strict=True)]
    if code is None and True in numeric:
        code = numeric.index(True)
    if name is None and False in numeric:
        name = numeric.index(False)
    if code is None or name is None or code == name:
        return {}
    return _pairs((row[code], row[name]) for row in rows)


def _in_text(text: str) -> Legend:
    """Read a text of codes and names, with a header or without."""
    dialect = csv.Sniffer().sniff(text, delimiters=",;\t|")
    rows = [row for row in csv.reader(text.splitlines(), dialect) if any(map(str.strip, row))]
    width = max(map(len, rows))
    rows = [row + [""] * (width - len(row)) for row in rows]
    if _is_number(rows[0][0]):
        return _in_rows([""] * width, rows)
    return _in_rows(rows[0], rows[1:])


def _in_style(tree: ElementTree.Element) -> Legend:
    """Read a QGIS style by unique values, or by a ramp of exact ones."""
    entries = [*tree.iter("paletteEntry"), *tree.iter("item")]
    return _pairs((x.get("value", ""), x.get("label", "")) for x in entries)


def _pairs(pairs: Iterable[tuple[str, str]]) -> Legend:
    """Give the pairs whose code is a number and whose name is not empty."""
    kept = [(code, name.strip()) for code, name in pairs if _is_number(code)]
    return {float(code): name for code, name in kept if name}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
