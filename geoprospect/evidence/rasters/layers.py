"""Layers found: the columns that a mapping, a folder or a file stands for."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from rasterio.enums import ColorInterp

from geoprospect.errors import EvidenceError, LayerNameError
from geoprospect.evidence.column import Column
from geoprospect.evidence.rasters.raster import open_raster
from geoprospect.evidence.rasters.rasterband import RasterBand
from geoprospect.evidence.rasters.unread import is_single, unread_sentences
from geoprospect.evidence.remote.address import stem_of
from geoprospect.typing import StrPath

RASTER_SUFFIXES = frozenset(
    {".asc", ".bil", ".ers", ".flt", ".grd", ".img", ".jp2", ".rst", ".sdat"}
    | {".tif", ".tiff", ".vrt"}
)


_SETTINGS = ("band", "nodata", "intended", "resampling", "crs")

LayerSource: TypeAlias = StrPath | RasterBand | tuple[StrPath, int] | Mapping[str, Any]
StackSource: TypeAlias = StrPath | Mapping[str, LayerSource] | Sequence[Column]


def columns_of(source: StackSource) -> tuple[Column, ...]:
    """Give the columns that a source of evidence stands for.

    Parameters
    ----------
    source : mapping, path-like or sequence of Column
        The columns themselves, or what `find_layers` takes.

    Raises
    ------
    EvidenceError
        If there is none, or a file cannot be opened.
    LayerNameError
        If two layers have one name.
    """
    if isinstance(source, str | os.PathLike | Mapping):
        return find_layers(source)
    if not source:
        raise EvidenceError("no evidence layer is given", mend="name at least one raster")
    return tuple(source)


def find_layers(source: StrPath | Mapping[str, LayerSource]) -> tuple[RasterBand, ...]:
    """List the layers that a mapping, a folder or a file holds.

    Parameters
    ----------
    source : mapping, or path-like
        Names to paths, to (path, band), to settings of `RasterBand`, as
        ``{"path": …, "band": …}``, or to `RasterBand`; a folder, whose every raster is a layer
        named by its stem, in natural order; or one raster, whose bands are layers named by their
        descriptions, or else B1, B2, …
        A raster with one band is named by its stem; in a folder, the bands of a raster with
        several are named ``stem_band``. Alpha bands are masks, not layers.

    Returns
    -------
    tuple of RasterBand
        The layers, none of whose names occurs twice. That the files of a mapping exist is not
        checked here.

    Raises
    ------
    EvidenceError
        If the folder holds no raster, or the file cannot be opened.
    LayerNameError
        If two layers have one name.

    Examples
    --------
    >>> first, second = find_layers({"X1": "X1.tif", "X2": {"path": "stack.tif", "band": 2}})
    >>> first
    RasterBand(name='X1', path='X1.tif', band=1, nodata=None)
    >>> second.band
    2
    """
    if isinstance(source, Mapping):
        layers = [_named(name, value) for name, value in source.items()]
        if not layers:
            raise EvidenceError("no evidence layer is given", mend="name at least one raster")
    elif os.path.isdir(source):
        layers = _in_folder(Path(source))
    else:
        layers = _bands(os.fspath(source))
    twice = [name for name, count in Counter(layer.name for layer in layers).items() if count > 1]
    if twice:
        raise LayerNameError(
            f"several layers are named {', '.join(twice)}",
            path=None if isinstance(source, Mapping) else os.fspath(source),
            found=", ".join(f"{x.path} band {x.band}" for x in layers if x.name == twice[0]),
            mend="rename all but one, or give each layer a name of its own",
        )
    return tuple(layers)


def _named(name: str, value: LayerSource) -> RasterBand:
    """Give the band that a value of a mapping stands for."""
    if isinstance(value, RasterBand):
        return replace(value, name=name)
    if isinstance(value, Mapping):
        settings = {key: value[key] for key in _SETTINGS if key in value}
        return RasterBand(name, os.fspath(value["path"]), **settings)
    if isinstance(value, tuple):
        return RasterBand(name, os.fspath(value[0]), int(value[1]))
    return RasterBand(name, os.fspath(value))


def _in_folder(folder: Path) -> list[RasterBand]:
    """List the bands of the rasters in a folder, in natural order of the files."""
    files = [
        path
        for path in folder.iterdir()
        if (path.suffix.lower() in RASTER_SUFFIXES or is_single(path))
        and path.is_file()
        and not path.name.startswith(".")
    ]
    if not files:
        raise EvidenceError(
            "the folder holds no raster",
            path=folder,
            found=" ".join(unread_sentences(folder, RASTER_SUFFIXES)) or None,
            expected="files such as X1.tif",
            mend="give the folder of the evidence layers",
        )
    layers = []
    for path in sorted(files, key=lambda path: natural(path.name)):
        bands = _bands(str(path))
        for layer in bands:
            name = path.stem if len(bands) == 1 else f"{path.stem}_{layer.name}"
            layers.append(RasterBand(name, layer.path, layer.band))
    return layers


def _bands(path: str) -> list[RasterBand]:
    """List the bands of a raster, less its alpha band."""
    with open_raster(path) as dataset:
        bands = [
            (band, description)
            for band, description, colour in zip(
                dataset.indexes, dataset.descriptions, dataset.colorinterp, strict=True
            )
            if colour is not ColorInterp.alpha
        ]
    if not bands:
        raise EvidenceError(
            "the raster holds no band of data",
            path=path,
            mend="name the layers inside it one by one (gdalinfo lists its subdatasets)",
        )
    if len(bands) == 1:
        return [RasterBand(stem_of(path), path, bands[0][0])]
    return [RasterBand(description or f"B{band}", path, band) for band, description in bands]


def natural(name: str) -> list[tuple[int, str]]:
    """Sort key that puts X2 before X10.

    Examples
    --------
    >>> sorted(["X10", "x2"], key=natural)
    ['x2', 'X10']
    """
    parts = re.split(r"(\d+)", name.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
