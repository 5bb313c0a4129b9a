"""Rasters of a survey looked at: what each seems to be, and the line that names it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.enums import ColorInterp
from rasterio.windows import Window

from geoprospect.errors import EvidenceError
from geoprospect.evidence.doubts.codes import lie_in_patches
from geoprospect.evidence.doubts.fills import FillValues, shortest
from geoprospect.evidence.doubts.nature import says_classes
from geoprospect.evidence.rasters.raster import open_raster, read_band
from geoprospect.evidence.rasters.rasterband import RasterBand
from geoprospect.grid import Grid
from geoprospect.grid.crs import describe_crs
from geoprospect.project.drafting.lines import Line
from geoprospect.project.drafting.looking import named
from geoprospect.samples.giveaway import are_coordinates
from geoprospect.typing import Values

_SIDE, _LOOKS = 128, 3  # cells along a window that is looked at, and windows down and across
_MOST_CLASSES = 60
_GROUP = 12  # bands of a file beyond which they are one line
_SKEWED = 2.0
_RESULTS = ("truth", "prospectivity", "probabilit", "prediction", "predicted", "score", "target")
_AREAS = ("aoi", "mask", "study_?area", "boundary")


@dataclass(frozen=True)
class DraftedRaster:
    """A raster of a survey.

    Attributes
    ----------
    line : Line
        The line that names it.
    grid : Grid or None
        Its grid; None where it is left out.
    is_area : bool
        Whether it seems to tell the ground that is asked about.
    """

    line: Line
    grid: Grid | None = None
    is_area: bool = False


def draft_raster(path: Path, name: str, root: Path, home: Path) -> list[DraftedRaster]:
    """Look at a raster.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What to call it.
    root : Path
        The folder that is looked through.
    home : Path
        The folder that paths are written against.

    Returns
    -------
    list of DraftedRaster
        One a band, or one for all of them.
    """
    written = path.relative_to(home).as_posix() if path.is_relative_to(home) else str(path)
    try:
        dataset = open_raster(str(path))
    except EvidenceError as error:
        reason = str(error).removeprefix(f"{path}: ")
        return [DraftedRaster(Line(name, written, asked=reason, out=True))]
    with closing(dataset):
        colours = dataset.colorinterp
        bands = [x for x in dataset.indexes if colours[x - 1] is not ColorInterp.alpha]
        if {ColorInterp.red, ColorInterp.green, ColorInterp.blue}.issubset(colours):
            asked = "it is a picture of red, green and blue"
            return [DraftedRaster(Line(name, written, asked=asked, out=True))]
        if len(bands) > _GROUP:
            line = Line(name, {"path": written, "bands": "all"}, f"{len(bands)} bands")
            return [DraftedRaster(line, Grid.of(dataset))]
        drafted = []
        for band in bands:
            label = dataset.descriptions[band - 1] or f"B{band}"
            called = name if len(bands) == 1 else f"{name} {label}"
            table = {"path": written} | ({"band": band} if len(bands) > 1 else {})
            drafted.append(
                _band(RasterBand(called, str(path), band), dataset, table, path.relative_to(root))
            )
    return drafted


def _band(band: RasterBand, dataset: Any, table: Mapping[str, Any], path: Path) -> DraftedRaster:
    """Look at a band of a file, whose path is against the folder that is looked through."""
    grid = Grid.of(dataset)
    windows, places = _looks(dataset, band.band)
    values = np.concatenate([window.ravel() for window in windows])
    fills = FillValues().with_values(values).found()
    table = dict(table)
    asked = []
    if fills:
        mark = max(fills, key=lambda value: fills[value])
        table["nodata"] = float(shortest(mark))
        asked.append(f"{shortest(mark)} looks like a fill value that the file does not declare")
        windows = [np.where(window == mark, np.nan, window) for window in windows]
        values = np.where(values == mark, np.nan, values)
    valid = np.isfinite(values)
    line = Line(band.name, table, _known(values[valid], valid.mean(), grid), "; ".join(asked))
    if not valid.any() or np.ptp(values[valid]) == 0:
        why = "it has no value where it was looked at" if not valid.any() else "it has one value"
        return DraftedRaster(replace(line, asked=why, out=True))
    if named(path, *_RESULTS):
        why = "its name is that of a result or a label, not of evidence"
        return DraftedRaster(replace(line, asked=why, out=True))
    if named(path, *_AREAS) and set(np.unique(values[valid]).tolist()) <= {0.0, 1.0, 255.0}:
        return DraftedRaster(line, is_area=True)
    rows, columns = (np.concatenate([axis.ravel() for axis in axes]) for axes in places)
    if valid.sum() > _SIDE and are_coordinates(values[valid], rows[valid], columns[valid], grid):
        why = "its values are a coordinate of the cells, of which a model would learn places"
        return DraftedRaster(replace(line, asked=why, out=True))
    return DraftedRaster(_as_kind(line, band, dataset, windows, values[valid]), grid)


def _as_kind(
    line: Line, band: RasterBand, dataset: Any, windows: Sequence[Values], values: Values
) -> Line:
    """Give the line with the kind that a band seems to be of, and what may help it."""
    distinct = np.unique(values)
    whole = distinct.size <= _MOST_CLASSES and bool((distinct == np.rint(distinct)).all())
    says = says_classes(band, dataset)
    in_patches = whole and distinct.size > 2 and lie_in_patches(windows, distinct.tolist())
    if says is not None or in_patches:
        why = "" if says else f"its {distinct.size} whole numbers lie in patches, as codes do"
        known = f"{line.known}; the file holds {says}" if says else line.known
        kind = dict(line.value) | {"kind": "categorical"}
        return replace(
            line, value=kind, known=known, asked="; ".join(filter(None, [line.asked, why]))
        )
    from scipy.stats import skew  # noqa: PLC0415 - slow to import

    lopsided = float(skew(values.astype(np.float64)))
    if abs(lopsided) > _SKEWED and distinct.size > _MOST_CLASSES:
        form = "log" if values.min() >= 0 else "signed-log"
        hint = f'skewed ({lopsided:.1f}): transform = "{form}" may help'
        return replace(line, known=f"{line.known}; {hint}")
    return line


def _looks(dataset: Any, band: int) -> tuple[list[Values], tuple[list[Any], list[Any]]]:
    """Read windows all over a band; give their values, and the rows and columns of these."""
    height, width = min(_SIDE, dataset.height), min(_SIDE, dataset.width)
    tops = sorted({*np.linspace(0, dataset.height - height, _LOOKS).astype(int).tolist()})
    lefts = sorted({*np.linspace(0, dataset.width - width, _LOOKS).astype(int).tolist()})
    values, rows, columns = [], [], []
    for top in tops:
        for left in lefts:
            values.append(read_band(dataset, band, Window(left, top, width, height)))
            down, across = np.indices((height, width))
            rows.append(down + top)
            columns.append(across + left)
    return values, (rows, columns)


def _known(values: Values, share: float, grid: Grid) -> str:
    """Say what was seen of a band."""
    span = f"{values.min():.4g} to {values.max():.4g}, " if values.size else ""
    gaps = f", no value in {1 - share:.0%}" if share < 1 else ""
    return f"{span}{cells_of(grid)}{gaps}"


def cells_of(grid: Grid) -> str:
    """Say how large the cells of a grid are, and in which CRS."""
    across = float(np.hypot(grid.transform.a, grid.transform.d))
    down = float(np.hypot(grid.transform.b, grid.transform.e))
    size = f"{across:.6g}" if np.isclose(across, down) else f"{across:.6g} x {down:.6g}"
    return f"cells of {size} {grid.unit}, {describe_crs(grid.crs)}"


def common_grid(rasters: Sequence[DraftedRaster]) -> tuple[str, int]:
    """Choose the grid that most layers lie on, of as many the finest.

    Returns
    -------
    name : str
        A layer that lies on it.
    n_grids : int
        How many grids there are.
    """
    groups: list[list[DraftedRaster]] = []
    for raster in rasters:
        if raster.grid is None:
            continue
        for group in groups:
            if group[0].grid is not None and group[0].grid.difference(raster.grid) is None:
                group.append(raster)
                break
        else:
            groups.append([raster])
    counts = Counter({number: len(group) for number, group in enumerate(groups)})

    def rank(number: int) -> tuple[int, int]:
        grid = groups[number][0].grid
        return counts[number], 0 if grid is None else grid.n_cells

    best = max(counts, key=rank)
    return groups[best][0].line.key, len(groups)
