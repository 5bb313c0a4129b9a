"""The map of leading layers: which contributes most to a cell's score, up or down."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import rasterio

from geoprospect.errors import EvidenceError
from geoprospect.evidence import Block, EvidenceStack, RasterBand
from geoprospect.mapping.execution import Execution
from geoprospect.mapping.kernel import NODATA, Band, Kernel, KernelResult, Overviews, Words
from geoprospect.mapping.writing import RasterSummary, write_raster
from geoprospect.qgis.classes import Classes
from geoprospect.typing import StageProgress, StrPath

_NUMBER = "GEOPROSPECT_LAYER_"  # what the tag of a layer's name begins with

CONTRIBUTION_OF = "contribution of "
"""What the description of a band of contributions begins with; the layer's name follows."""


def layers_by_number(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Read what layers a raster's numbers from 1 stand for; none where its tags tell of none.

    Examples
    --------
    >>> layers_by_number({"GEOPROSPECT_LAYER_2": "gravity", "GEOPROSPECT_LAYER_1": "magnetics"})
    ('magnetics', 'gravity')
    """
    numbers = itertools.takewhile(lambda k: f"{_NUMBER}{k}" in tags, itertools.count(1))
    return tuple(tags[f"{_NUMBER}{k}"] for k in numbers)


class LeadingLayerKernel(Kernel):
    """The number of the layer whose contribution is largest, up or down, counted from 1.

    It is a raster of its own, because QGIS knows one default style a file, and because overviews
    of numbers are no averages, as those of contributions are.

    Parameters
    ----------
    layers : tuple of str
        The layers, in the order of the bands of contributions that it takes.
    tags : mapping of str to str
        What the metadata say besides.
    """

    def __init__(self, layers: tuple[str, ...], tags: Mapping[str, str]) -> None:
        self._layers, self._tags = layers, dict(tags)

    @property
    def bands(self) -> tuple[Band, ...]:
        """The number."""
        return (Band("number of the layer that contributes most", style=Classes(self._layers)),)

    @property
    def overviews(self) -> Overviews:
        """One of the cells."""
        return "nearest"

    @property
    def words(self) -> Words:
        """What the numbers are."""
        return Words(
            "Leading layer",
            "The number of the layer that contributes most to a cell's score, up or down; the "
            "style, and GEOPROSPECT_LAYER_1 and so on, have the layers' names.",
        )

    def bytes_a_cell(self) -> int:
        """Give the memory of the contributions' size, and of the largest's number."""
        return 4 * len(self._layers) + 8

    def tags(self) -> dict[str, str]:
        """Give which layer a number is."""
        numbers = {f"{_NUMBER}{k}": name for k, name in enumerate(self._layers, start=1)}
        return self._tags | numbers

    def description(self) -> dict[str, Any]:
        """Give layers and tags."""
        return {"layers": list(self._layers), "tags": self._tags}

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> LeadingLayerKernel:
        """Make the kernel of a description."""
        return cls(tuple(description["layers"]), description["tags"])

    def __call__(self, block: Block) -> KernelResult:
        """Find the largest of each cell of a window."""
        bands = np.full((1, *block.valid.shape), NODATA, np.float32)
        bands[0, block.valid] = 1 + np.abs(block.values[:, block.valid]).argmax(axis=0)
        return KernelResult(bands)


def write_leading_layer(
    contributions: StrPath,
    path: StrPath,
    *,
    execution: Execution | None = None,
    overwrite: bool = False,
    resume: bool = False,
    progress: StageProgress | None = None,
) -> RasterSummary:
    """Write which layer contributes most to each cell's score, with a QGIS style of its names.

    Parameters
    ----------
    contributions : path-like
        A raster of contributions, as `write_contributions` leaves it.
    path : path-like
        Where to, as for `write_raster`. The cells hold the number of the layer whose contribution
        is largest, up or down, counted from 1 in the order of the bands.
    execution, overwrite, resume, progress
        As for `write_raster`.

    Raises
    ------
    EvidenceError
        If the raster cannot be read, or holds no contributions.
    OutputError
        As `write_raster` says.
    """
    source = os.fspath(contributions)
    layers, tags = _contributions_in(source)
    columns = [RasterBand(name, source, band=band) for name, band in layers.items()]
    with EvidenceStack.open(columns) as stack:
        return write_raster(
            stack,
            LeadingLayerKernel(tuple(layers), tags),
            path,
            execution=execution,
            overwrite=overwrite,
            resume=resume,
            progress=progress,
        )


def _contributions_in(path: str) -> tuple[dict[str, int], dict[str, str]]:
    """Give the bands of contributions of a raster, by layer, and its tags of geoprospect."""
    try:
        with rasterio.open(path) as raster:
            told = enumerate(raster.descriptions, start=1)
            layers = {
                text.removeprefix(CONTRIBUTION_OF): band
                for band, text in told
                if text and text.startswith(CONTRIBUTION_OF)
            }
            tags = {k: v for k, v in raster.tags().items() if k.startswith("GEOPROSPECT_")}
    except rasterio.errors.RasterioError as error:
        raise EvidenceError(f"cannot be read: {error}", path=path) from error
    if not layers:
        raise EvidenceError(
            "holds no contributions of layers",
            path=path,
            expected=f'bands described as "{CONTRIBUTION_OF}…"',
            mend="give a raster that `geoprospect explain` or a run wrote",
        )
    return layers, tags
