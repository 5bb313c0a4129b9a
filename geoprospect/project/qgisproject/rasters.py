"""The rasters that a run left, as layers of a QGIS project: one for each band worth looking at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import rasterio

from geoprospect.mapping.leading import CONTRIBUTION_OF
from geoprospect.project import results
from geoprospect.project.qgisproject.sources import told_crs
from geoprospect.qgis.diverging import diverging
from geoprospect.qgis.layers import Layer
from geoprospect.qgis.metadata import Metadata
from geoprospect.qgis.style import MAGMA, Ramp, Style
from geoprospect.qgis.xml import Extent

_SPREAD = "standard deviation"  # with which the names of bands begin that hold it
_SHARES = ("lower end", "upper end", "probability")  # with which those of scores and shares do
_FEW = 2  # bands, beyond which each is called by what it holds


def raster_layers(product: results.Product, folder: Path, metadata: Metadata) -> list[Layer]:
    """Give a layer for each band of a raster: first the one that its style shows, then others.

    Parameters
    ----------
    product : results.Product
        The raster; it lies in the folder.
    folder : Path
        The folder.
    metadata : Metadata
        What it is.
    """
    path = product.path(folder)
    with rasterio.open(path) as raster:
        names = [name or f"band {k}" for k, name in enumerate(raster.descriptions, start=1)]
        ends = [_ends(raster.tags(k)) for k in raster.indexes]
        crs, extent = told_crs(raster.crs), Extent(*raster.bounds)
    spreads = [end for name, end in zip(names, ends, strict=True) if name.startswith(_SPREAD)]
    widest = max((high for _, high in spreads), default=0.0)
    style = path.with_suffix(".qml")
    text = style.read_text(encoding="utf-8") if product.styled and style.is_file() else ""
    shown = band_of(text)
    several = len(names) > _FEW
    layers = []
    for band in (shown, *(k for k in range(1, len(names) + 1) if k != shown)):
        name, (low, high) = names[band - 1], ends[band - 1]
        if band != shown or not text:
            high = widest if name.startswith(_SPREAD) else high  # one scale, to be compared
            text = _colours(name, low, high)(low, high, band=band)
        called = name[:1].upper() + name[1:]
        if band == shown and not several:
            called = product.title
        layers.append(
            Layer(
                name=called,
                source=product.file,
                provider="gdal",
                style=text,
                crs=crs,
                extent=extent,
                metadata=replace(metadata, title=called),
                n_bands=len(names),
                shown=band == shown,
                unfolded=band == shown,
            )
        )
    return layers


def band_of(style: str) -> int:
    """Give the band that a style shows.

    Examples
    --------
    >>> band_of(Ramp()(0, 1, band=3)), band_of("")
    (3, 1)
    """
    _, _, rest = style.partition(' band="')
    number = rest.partition('"')[0]
    return int(number) if number.isdigit() else 1


def _colours(name: str, low: float, high: float) -> Style:
    """Give the colours of a band without a style of its own."""
    if name.startswith(CONTRIBUTION_OF) or low < 0 < high:
        return diverging
    if name.startswith(_SHARES):
        return Ramp(low=0.0, high=1.0)
    return Ramp(MAGMA, low=min(0.0, low))


def _ends(tags: dict[str, str]) -> tuple[float, float]:
    """Give the extremes of a band, or two deviations about its mean where these are nearer."""
    try:
        low, high, mean, deviation = (
            float(tags[f"STATISTICS_{key}"]) for key in ("MINIMUM", "MAXIMUM", "MEAN", "STDDEV")
        )
    except (KeyError, ValueError):
        return 0.0, 1.0
    return max(low, mean - 3 * deviation), min(high, mean + 3 * deviation)
