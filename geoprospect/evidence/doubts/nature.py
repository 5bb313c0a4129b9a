"""What the files of layers say of their values: quantities, or else colours and classes."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from rasterio.enums import ColorInterp

from geoprospect.errors import EvidenceError, without_secrets
from geoprospect.evidence.column import Column, DoubtfulColumn
from geoprospect.evidence.computed.computedcolumn import beneath
from geoprospect.evidence.rasters.layers import RASTER_SUFFIXES, StackSource
from geoprospect.evidence.rasters.raster import open_raster
from geoprospect.evidence.rasters.rasterband import RasterBand
from geoprospect.evidence.rasters.unread import unread_sentences
from geoprospect.evidence.remote.address import asks_servers
from geoprospect.evidence.stack import EvidenceStack

_LOGGER = logging.getLogger(__name__)
_COLOURS = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
_LONGEST = 2**24  # bytes of a sidecar


def warn_of_omissions(source: StackSource, stack: EvidenceStack) -> None:
    """Warn of files that are not read, and of layers whose files say that they are no quantities.

    Parameters
    ----------
    source : path-like, mapping or sequence of Column
        Where the stack is from.
    stack : EvidenceStack
        The stack. Rasters over a network are not asked again.
    """
    if isinstance(source, str | os.PathLike) and os.path.isdir(source):
        for sentence in unread_sentences(Path(source), RASTER_SUFFIXES):
            _LOGGER.warning(sentence)
    bands = bands_of(stack.columns)
    read: dict[str, set[int]] = {}
    for band in bands:
        read.setdefault(band.path, set()).add(band.band)
    for band in bands:
        if band.intended or asks_servers(band.path):
            continue
        try:
            with closing(open_raster(band.path, crs=band.stated_crs)) as dataset:
                doubt = _doubt(band, dataset, read[band.path])
        except EvidenceError:  # which is told where it is read
            continue
        if doubt is not None:
            _LOGGER.warning(doubtful(band, *doubt))
    for layer in doubtful_of(stack.columns):
        for sentence in layer.doubts(stack.grid):
            _LOGGER.warning(sentence)


def bands_of(columns: Iterable[Column]) -> list[RasterBand]:
    """List the bands that columns are read from, each once.

    Examples
    --------
    >>> [band.name for band in bands_of([RasterBand("X1", "X1.tif")])]
    ['X1']
    """
    bands: dict[str, RasterBand] = {}
    for column in columns:
        bands |= {band.name: band for band in bands_of(beneath(column))}
        if isinstance(column, RasterBand):
            bands[column.name] = column
    return list(bands.values())


def doubtful_of(columns: Iterable[Column]) -> list[DoubtfulColumn]:
    """List the columns that can say what a person should look at, each once.

    Examples
    --------
    >>> from geoprospect.evidence import Distance
    >>> [layer.name for layer in doubtful_of([Distance("faults", "faults.gpkg")])]
    ['faults']
    """
    layers: dict[DoubtfulColumn, None] = {}
    for column in columns:
        layers |= dict.fromkeys(doubtful_of(beneath(column)))
        if isinstance(column, DoubtfulColumn):
            layers[column] = None
    return list(layers)


def doubtful(band: RasterBand, doubt: str, mend: str) -> str:
    """Say why a layer may not be what it is taken for, and what to do.

    Examples
    --------
    >>> print(doubtful(RasterBand("A", "a.tif"), "it holds colours", "leave it out"))
    a.tif: layer A: it holds colours. To mend it: leave it out; or, if it is meant, write \
A = { path = "a.tif", band = 1, intended = true } under [evidence]
    """
    return (
        f"{without_secrets(band.path)}: layer {band.name}: {doubt}. To mend it: {mend}; or, if it "
        f"is meant, write {line_of(band, 'intended = true')} under [evidence]"
    )


def line_of(band: RasterBand, setting: str) -> str:
    """Give the line of a project file that names a band, with a setting.

    Examples
    --------
    >>> line_of(RasterBand("Cu/Zn", "cu.tif", nodata=-1.0), 'transform = "log"')
    '"Cu/Zn" = { path = "cu.tif", band = 1, nodata = -1.0, transform = "log" }'
    """
    path = without_secrets(band.path)
    quoted = f"'{path}'" if '"' in path or "\\" in path else f'"{path}"'
    name = band.name if re.fullmatch(r"[\w-]+", band.name, re.ASCII) else f'"{band.name}"'
    settings = [f"path = {quoted}", f"band = {band.band}"]
    if band.nodata is not None:
        settings.append(f"nodata = {band.nodata!r}")
    if band.crs is not None:
        settings.append(f"crs = '{band.crs}'")
    if band.resampling not in (None, "continuous"):  # which is how it is read without a word
        settings.append(f'resampling = "{band.resampling}"')
    return f"{name} = {{ {', '.join([*settings, setting])} }}"


def as_classes(band: RasterBand) -> str:
    """Say how to tell the classes of a layer apart."""
    line = line_of(band, 'kind = "categorical"')
    return f"write {line} under [evidence]"


def says_classes(band: RasterBand, dataset: Any) -> str | None:
    """Say what in a file tells that a band's values are classes; None where nothing does.

    Parameters
    ----------
    band : RasterBand
        The band.
    dataset : rasterio dataset
        The open file.
    """
    if dataset.colorinterp[band.band - 1] is ColorInterp.palette:
        return "a palette"
    for beside in (f"{band.path}.aux.xml", band.path):
        text = _text(beside)
        start = text.find(f'<PAMRasterBand band="{band.band}"')
        if start < 0 and beside == band.path:
            match = re.search(rf'<VRTRasterBand[^>]*\bband="{band.band}"', text)
            start = match.start() if match else -1
        part = text[start:].partition("RasterBand>")[0] if start >= 0 else ""
        if "<CategoryNames>" in part:
            return "names of classes"
        if re.search(r'<GDALRasterAttributeTable(?![^>]*"athematic")', part):
            return "a table of classes"
    return "a table of classes" if os.path.isfile(f"{band.path}.vat.dbf") else None


def _doubt(band: RasterBand, dataset: Any, read: set[int]) -> tuple[str, str] | None:
    """Give what a file says against a band as a quantity, and what to do."""
    colours = dataset.colorinterp
    if colours[band.band - 1] in _COLOURS and set(_COLOURS).issubset(colours):
        return (
            "its file is a picture of red, green and blue, and the share of one colour is taken "
            "for a quantity",
            "give the raster that the picture was drawn from",
        )
    says = says_classes(band, dataset)
    if says is not None:
        return (
            f"its file holds {says}, so its values are codes of classes or colours, and they are "
            "taken for quantities",
            as_classes(band),
        )
    others = [x for x in dataset.indexes if colours[x - 1] is not ColorInterp.alpha]
    if not band.band_given and len(others) > 1 and read == {band.band}:
        return (
            f"its file has {len(others)} bands, of which band {band.band} alone is read "
            f"(bands: {_bands(dataset, others)})",
            "name each band that is evidence as a layer of its own, with band = 2 and so on",
        )
    return None


def _bands(dataset: Any, bands: list[int]) -> str:
    """List bands with their descriptions."""
    texts = [dataset.descriptions[band - 1] for band in bands]
    pairs = zip(bands, texts, strict=True)
    return ", ".join(f"{band} {text}" if text else str(band) for band, text in pairs)


def _text(path: str) -> str:
    """Give the text of a sidecar or a virtual raster; nothing of any other file."""
    if not os.path.isfile(path) or os.path.getsize(path) > _LONGEST:
        return ""
    with Path(path).open("rb") as stream:
        start = stream.read(1)
        return (start + stream.read()).decode("utf-8", "replace") if start == b"<" else ""
