"""Layers: names for evidence rasters, and the files and bands they stand for."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from rasterio.enums import ColorInterp

from geoprospect.errors import EvidenceError, GridMismatchError, LayerNameError
from geoprospect.evidence.raster import open_raster
from geoprospect.evidence.remote.address import without_secrets
from geoprospect.grid import Grid
from geoprospect.typing import StrPath

RASTER_SUFFIXES = frozenset(
    {".asc", ".bil", ".flt", ".grd", ".img", ".jp2", ".rst", ".sdat", ".tif", ".tiff", ".vrt"}
)


@dataclass(frozen=True)
class Layer:
    """One evidence layer: a name for a band of a file.

    Attributes
    ----------
    name : str
        The name by which the layer is found, as ``X1``.
    path : str
        The file, or any path that GDAL reads (``/vsizip/…``, ``https://…``, ``s3://…``).
    band : int
        The band, counted from 1.
    """

    name: str
    path: str
    band: int = 1


LayerSource: TypeAlias = StrPath | Layer | tuple[StrPath, int] | Mapping[str, Any]
StackSource: TypeAlias = StrPath | Mapping[str, LayerSource]


def find_layers(source: StackSource) -> tuple[Layer, ...]:
    """List the layers that a mapping, a folder or a file holds.

    Parameters
    ----------
    source : mapping, or path-like
        Names to paths, to (path, band), to ``{"path": …, "band": …}`` or to `Layer`; a folder,
        whose every raster is a layer named by its stem, in natural order; or one raster, whose
        bands are layers named by their descriptions, or else B1, B2, … A raster with one band
        is named by its stem; in a folder, the bands of a raster with several are named
        ``stem_band``. Alpha bands are masks, not layers.

    Returns
    -------
    tuple of Layer
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
    >>> find_layers({"X1": "X1.tif", "X2": {"path": "stack.tif", "band": 2}})
    (Layer(name='X1', path='X1.tif', band=1), Layer(name='X2', path='stack.tif', band=2))
    """
    if isinstance(source, Mapping):
        layers = [_named(name, value) for name, value in source.items()]
        if not layers:
            raise EvidenceError("no evidence layer is given", mend="name at least one raster")
    elif Path(source).is_dir():
        layers = _in_folder(Path(source))
    else:
        layers = _bands(os.fspath(source))
    twice = [name for name, count in Counter(layer.name for layer in layers).items() if count > 1]
    if twice:
        raise LayerNameError(
            f"several layers are named {', '.join(twice)}",
            path=None if isinstance(source, Mapping) else without_secrets(os.fspath(source)),
            found=", ".join(
                f"{without_secrets(x.path)} band {x.band}" for x in layers if x.name == twice[0]
            ),
            mend="rename all but one, or give each layer a name of its own",
        )
    return tuple(layers)


def open_layers(layers: Sequence[Layer]) -> tuple[dict[str, Any], Grid]:
    """Open the files of layers and check that they lie on one grid.

    Parameters
    ----------
    layers : sequence of Layer
        At least one.

    Returns
    -------
    datasets : dict of str to rasterio.DatasetReader
        The open files by path, each once.
    grid : Grid
        The grid that all layers share.

    Raises
    ------
    EvidenceError
        If a file is missing or unreadable, lacks the band or a CRS, or holds complex numbers.
    GridMismatchError
        If two layers differ in CRS, affine (by a thousandth of a cell) or shape.
    """
    with ExitStack() as opened:
        datasets: dict[str, Any] = {}
        for layer in layers:
            if layer.path not in datasets:
                dataset = opened.enter_context(open_raster(layer.path, layer=layer.name))
                datasets[layer.path] = dataset
            _check_band(layer, datasets[layer.path])
        grid = _common_grid(layers, datasets)
        opened.pop_all()
    return datasets, grid


def _named(name: str, value: LayerSource) -> Layer:
    if isinstance(value, Layer):
        return Layer(name, value.path, value.band)
    if isinstance(value, Mapping):
        return Layer(name, os.fspath(value["path"]), int(value.get("band", 1)))
    if isinstance(value, tuple):
        return Layer(name, os.fspath(value[0]), int(value[1]))
    return Layer(name, os.fspath(value))


def _in_folder(folder: Path) -> list[Layer]:
    files = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in RASTER_SUFFIXES
        and path.is_file()
        and not path.name.startswith(".")
    ]
    if not files:
        raise EvidenceError(
            "the folder holds no raster",
            path=folder,
            expected="files such as X1.tif",
            mend="give the folder of the evidence layers",
        )
    layers = []
    for path in sorted(files, key=lambda path: _natural(path.name)):
        bands = _bands(str(path))
        for layer in bands:
            name = path.stem if len(bands) == 1 else f"{path.stem}_{layer.name}"
            layers.append(Layer(name, layer.path, layer.band))
    return layers


def _bands(path: str) -> list[Layer]:
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
            path=without_secrets(path),
            mend="name the layers inside it one by one (gdalinfo lists its subdatasets)",
        )
    if len(bands) == 1:
        return [Layer(_stem(path), path, bands[0][0])]
    return [Layer(description or f"B{band}", path, band) for band, description in bands]


def _stem(path: str) -> str:
    """Give the name of a file without its suffix, nor the query string of its address."""
    name = without_secrets(path).removesuffix("?…")
    return Path(name.rpartition("!")[2] if "://" in name else name).stem


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key that puts X2 before X10."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _check_band(layer: Layer, dataset: Any) -> None:
    if layer.band not in dataset.indexes:
        raise EvidenceError(
            f"the raster has no band {layer.band}",
            path=without_secrets(layer.path),
            layer=layer.name,
            found=f"{dataset.count} band{'s' if dataset.count != 1 else ''}",
            mend="correct the band, counted from 1",
        )
    dtype = dataset.dtypes[layer.band - 1]
    if dtype.startswith("complex"):
        raise EvidenceError(
            "complex numbers cannot be evidence",
            path=without_secrets(layer.path),
            layer=layer.name,
            found=dtype,
            expected="integers or real numbers",
            mend="export the amplitude or another real quantity",
        )


def _common_grid(layers: Sequence[Layer], datasets: dict[str, Any]) -> Grid:
    """Give the grid of the first layer, once the others are known to share it."""
    first, grid = layers[0], Grid.of(datasets[layers[0].path])
    for layer in layers[1:]:
        difference = grid.difference(Grid.of(datasets[layer.path]))
        if difference is not None:
            path, like = without_secrets(layer.path), without_secrets(first.path)
            raise GridMismatchError(
                f"the layer does not lie on the grid of layer {first.name}, {like}: " + difference,
                path=path,
                layer=layer.name,
                mend="resample it onto that grid, for instance: "
                f"rio warp {path} {_stem(path)}_aligned.tif --like {like}",
            )
    return grid
