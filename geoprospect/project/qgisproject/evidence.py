"""The evidence and the geology of a run, as layers of a QGIS project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pyogrio
from rasterio.crs import CRS
from rasterio.windows import Window

from geoprospect.evidence import Column, EvidenceStack, RasterBand
from geoprospect.evidence.computed.classlayer import ClassLayer
from geoprospect.evidence.computed.computedcolumn import beneath
from geoprospect.evidence.computed.legend import legend_of
from geoprospect.evidence.features.classcodes import ClassCodes
from geoprospect.evidence.features.featurecolumn import FeatureColumn
from geoprospect.evidence.features.reading import is_table
from geoprospect.evidence.local import is_local
from geoprospect.evidence.rasters.raster import little_cache
from geoprospect.project.qgisproject.sources import extent_of, source_of, told_crs
from geoprospect.qgis.classes import Classes, colours
from geoprospect.qgis.features import Category, FeatureStyle
from geoprospect.qgis.layers import Geometry, Layer
from geoprospect.qgis.metadata import Metadata
from geoprospect.qgis.style import Ramp
from geoprospect.qgis.symbols import Fill, Line, Marker, Symbol
from geoprospect.qgis.xml import Crs, Extent

_LOOKS, _LOOK = 6, 64  # windows a side that a stretch is taken from, and their cells a side
_LINES = "#252525"


def evidence_layers(stack: EvidenceStack, folder: Path) -> tuple[list[Layer], list[Layer]]:
    """Give the layers that QGIS can open of what a stack is read from.

    Parameters
    ----------
    stack : EvidenceStack
        The evidence, open.
    folder : Path
        The lasting folder of the project.

    Returns
    -------
    evidence, geology : list of Layer
        Quantities with colours from the 2nd to the 98th hundredth of their values, and features
        that layers are computed from; layers of classes, by name.
    """
    evidence: dict[str, Layer] = {}
    geology: dict[str, Layer] = {}
    for column in _leaves(stack.bare().columns):
        source = source_of(str(getattr(column, "path", "")), folder)
        if source is None or source == ".":
            continue
        if isinstance(column, ClassLayer):
            layer = _classes(column, source)
            if layer is not None:
                geology.setdefault(layer.key, layer)
        elif isinstance(column, RasterBand):
            layer = _quantity(column, source, _stretch(stack, column))
            evidence.setdefault(layer.key, layer)
        elif isinstance(column, FeatureColumn):
            features = _features(column, source)
            if features is not None:
                evidence.setdefault(features.source, features)
    return list(evidence.values()), list(geology.values())


def _leaves(columns: tuple[Column, ...]) -> Iterator[Column]:
    """Give the columns that are read as they are, and those of classes."""
    for column in columns:
        sources = () if isinstance(column, ClassLayer) else beneath(column)
        if sources:
            yield from _leaves(sources)
        else:
            yield column


def _stretch(stack: EvidenceStack, column: RasterBand) -> tuple[float, float]:
    """Give the 2nd and the 98th hundredth of a layer in windows spread over the grid."""
    rows, columns = stack.grid.shape
    height, width = min(_LOOK, rows), min(_LOOK, columns)
    tops = np.unique(np.linspace(0, rows - height, _LOOKS).astype(int))
    lefts = np.unique(np.linspace(0, columns - width, _LOOKS).astype(int))
    values = [np.empty(0, np.float32)]
    with little_cache(), EvidenceStack.open((column,), grid=stack.grid) as alone:
        for top in tops.tolist():
            for left in lefts.tolist():
                cells = alone.read(Window(left, top, width, height)).values
                values.append(cells[np.isfinite(cells)])
    found = np.concatenate(values)
    if not found.size:
        return 0.0, 1.0
    low, high = np.percentile(found.astype(np.float64), [2, 98]).tolist()
    return (low, high) if high > low else (float(found.min()), float(found.max()))


def _quantity(column: RasterBand, source: str, stretch: tuple[float, float]) -> Layer:
    """Give a raster of quantities."""
    low, high = stretch
    crs, extent = _place(column)
    return Layer(
        name=column.name,
        source=source,
        provider="gdal",
        style=Ramp()(low, high, band=column.band),
        crs=crs,
        extent=extent,
        metadata=Metadata(
            column.name,
            "Evidence of the map. Colours run from the 2nd to the 98th hundredth of its values.",
            identifier=source,
        ),
        n_bands=column.band,
        nodata={} if column.nodata is None else {column.band: column.nodata},
        shown=False,
    )


def _place(column: RasterBand) -> tuple[Crs, Extent]:
    """Give where a raster lies by itself, though it may be read on another grid."""
    with closing(column.open_own()) as opened:
        return told_crs(opened.grid.crs), extent_of(opened.grid)


def _classes(column: ClassLayer, source: str) -> Layer | None:
    """Give a layer of classes, coloured and named; None where its classes cannot be told."""
    metadata = Metadata(column.name, "Classes that the map is made from.", identifier=source)
    (codes,) = column.sources
    legend = column.legend if isinstance(column.legend, dict) else {}
    if isinstance(codes, RasterBand):
        names = legend_of(codes, column.legend)
        learnt = [float(code) for code in _codes(column)]
        named = {code: names.get(code, f"{code:g}") for code in sorted({*learnt, *names})}
        if not named:
            return None
        style = Classes(tuple(named.values()), tuple(named))
        crs, extent = _place(codes)
        return Layer(
            name=column.name,
            source=source,
            provider="gdal",
            style=style(0, 1, band=column.band),
            crs=crs,
            extent=extent,
            metadata=metadata,
            n_bands=column.band,
            nodata={} if column.nodata is None else {column.band: column.nodata},
            shown=False,
        )
    if not isinstance(codes, ClassCodes):
        return None
    told = sorted(set(codes.names_by_code().values()))
    fills = zip(told, colours(len(told)), strict=True)
    categories = tuple(Category(name, legend.get(name, name), Fill(x)) for name, x in fills)
    return _vector(codes, source, FeatureStyle(categories, str(column.field)), metadata)


def _codes(column: ClassLayer) -> list[float]:
    """Give the codes that a layer learned."""
    classes = getattr(column, "classes", None) or ()
    ranks = getattr(column, "ranks", None) or ()
    return [code for _, codes in classes for code in codes] + [code for code, _ in ranks]


def _features(column: FeatureColumn, source: str) -> Layer | None:
    """Give the features that a layer is computed from; None of tables, which are no layers."""
    if is_table(column.path):
        return None
    told = f"Features that evidence is computed from: {column.name}."
    metadata = Metadata(Path(column.path).stem, told, identifier=source)
    return _vector(column, source, None, metadata)


def _vector(
    column: FeatureColumn, source: str, style: FeatureStyle | None, metadata: Metadata
) -> Layer | None:
    """Give a layer of features that is not drawn as the project opens; None of a server's."""
    if not is_local(column.path):
        return None
    spatial = (str(name) for name, kind in pyogrio.list_layers(column.path) if kind is not None)
    layer = column.layer or next(spatial)
    told = pyogrio.read_info(column.path, layer=layer)
    kind, crs = str(told["geometry_type"]), column.crs or told["crs"]
    symbol: Symbol = Marker("circle", "#ffffff", _LINES, 1.6)
    geometry: Geometry = "Point"
    if "Line" in kind:
        symbol, geometry = Line(_LINES), "Line"
    elif "Polygon" in kind:
        symbol, geometry = Fill(None, _LINES), "Polygon"
    return Layer(
        name=column.name,
        source=source if column.layer is None else f"{source}|layername={layer}",
        provider="ogr",
        style=(style or FeatureStyle(symbol)).qml(),
        crs=None if crs is None else told_crs(CRS.from_user_input(crs)),
        extent=None,
        metadata=metadata,
        geometry=geometry,
        shown=False,
    )
