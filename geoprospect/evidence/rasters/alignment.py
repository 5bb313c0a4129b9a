"""What became of the layers that were resampled onto the grid of a stack, in words."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from rasterio.windows import Window

from geoprospect.errors import without_secrets
from geoprospect.evidence.doubts.nature import bands_of
from geoprospect.evidence.rasters.aligned import OpenPart, OpenWarped
from geoprospect.evidence.rasters.rasterband import OpenRasterBand, RasterBand
from geoprospect.evidence.remote.address import asks_servers
from geoprospect.evidence.stack import EvidenceStack
from geoprospect.grid import Grid, describe_crs
from geoprospect.grid.datum import missing_shift
from geoprospect.grid.relation import Offset, offset, same_plane
from geoprospect.typing import Values

_LOGGER = logging.getLogger(__name__)
_COUNTED = 2**22  # cells: of more, some are looked at
_LOOKS, _SIDE = 5, 256  # windows down and across, and cells along each


@dataclass(frozen=True)
class Share:
    """The share of cells that have a value.

    Attributes
    ----------
    value : float
        From 0 to 1.
    counted : bool
        Whether all cells were counted, rather than some all over the grid.
    """

    value: float
    counted: bool

    def __str__(self) -> str:
        return f"{'' if self.counted else 'about '}{self.value:.1%}"


@dataclass(frozen=True)
class Alignment:
    """How a layer came onto the grid of a stack.

    Attributes
    ----------
    layer, path : str
        Its name and file.
    source, grid : Grid
        Its own grid, and that of the stack.
    resampling : str
        How its cells became those of the grid; ``copied`` where they are the same.
    offset : Offset or None
        How far its cells lie from those of the grid; None where none of them is near.
    before, after : Share or None
        The cells with a value, of its own and of the grid; None where it lies on a server.
    """

    layer: str
    path: str
    source: Grid
    grid: Grid
    resampling: str
    offset: Offset | None
    before: Share | None
    after: Share | None

    def __str__(self) -> str:
        parts = [f"{describe_crs(self.source.crs)}, cells of {_cell(self.source)}"]
        if self.offset is not None:
            parts.append(f"{self.offset} from those of the grid")
        parts.append(
            "the same cells, copied" if self.resampling == "copied" else _WORDS[self.resampling]
        )
        if self.before is not None and self.after is not None:
            parts.append(f"{self.before} of its cells have a value, and {self.after} of the grid's")
        return f"layer {self.layer}: {'; '.join(parts)}"


_WORDS = {
    "nearest": "the nearest cell is taken",
    "bilinear": "between the four nearest cells (bilinear)",
    "cubic": "between sixteen cells (cubic)",
    "cubic_spline": "between sixteen cells (cubic spline)",
    "lanczos": "between thirty-six cells (Lanczos)",
    "average": "averaged",
    "mode": "the most frequent class is taken (mode)",
    "sum": "summed",
    "min": "the least is taken",
    "max": "the greatest is taken",
    "med": "the median is taken",
}


def alignments(stack: EvidenceStack) -> list[Alignment]:
    """Tell how layers came onto the grid of a stack; warn of what makes their place doubtful.

    That is logged too, once for a stack.

    Parameters
    ----------
    stack : EvidenceStack
        The stack. Layers that lie on its grid by themselves are not told of.

    Raises
    ------
    EvidenceError
        If a layer cannot be read.
    """
    return stack.once("alignments", lambda: _told(stack))


def _told(stack: EvidenceStack) -> list[Alignment]:
    told = []
    for band in bands_of(stack.columns):
        with closing(band.open(stack.grid)) as opened:
            own = opened.band if isinstance(opened, OpenPart | OpenWarped) else opened
            for doubt in _doubts(band, own, stack.grid):
                _LOGGER.warning(f"{without_secrets(band.path)}: layer {band.name}: {doubt}")
            if isinstance(opened, OpenPart | OpenWarped):
                told.append(_alignment(band, opened))
                _LOGGER.info(f"alignment: {told[-1]}")
    return told


def _alignment(band: RasterBand, opened: OpenPart | OpenWarped) -> Alignment:
    """Tell how a layer came onto the grid."""
    source, grid = opened.band.grid, opened.grid
    before = after = None
    if not asks_servers(band.path):
        before = _share(opened.band.cells, source)
        after = _share(lambda window: _read(opened, window), grid)
    how = opened.warp.resampling if isinstance(opened, OpenWarped) else "copied"
    return Alignment(band.name, band.path, source, grid, how, offset(grid, source), before, after)


def _read(opened: OpenPart | OpenWarped, window: Window) -> Values:
    out = np.empty((1, window.height, window.width), dtype=np.float32)
    opened.read(window, out)
    return out


def _share(read: Callable[[Window], Values], grid: Grid) -> Share:
    """Count the cells with a value, or those of some windows all over a large grid."""
    counted = grid.n_cells <= _COUNTED
    windows = list(grid.windows((_SIDE, _SIDE)))
    if not counted:
        rows, columns = grid.shape
        looks = [
            np.linspace(0, max(0, n - _SIDE), _LOOKS).astype(int).tolist() for n in (rows, columns)
        ]
        windows = [
            Window(left, top, min(_SIDE, columns), min(_SIDE, rows))
            for top in looks[0]
            for left in looks[1]
        ]
    valid = sum(int(np.isfinite(read(window)).sum()) for window in windows)
    return Share(valid / sum(window.height * window.width for window in windows), counted)


def _doubts(band: RasterBand, own: object, grid: Grid) -> Iterator[str]:
    """Say what makes the place of a layer doubtful."""
    if not isinstance(own, OpenRasterBand):
        return
    told = own.file.dataset.crs
    if band.crs is not None and told:
        of_file = Grid(told, own.grid.transform, own.grid.shape)
        if not same_plane(of_file, own.grid):
            yield (
                f"its file tells the CRS {describe_crs(told)}, and the project "
                f"{describe_crs(own.grid.crs)}, which is taken. To mend it: leave crs = … out, if "
                "the file is right"
            )
    if own.grid.crs == grid.crs or same_plane(grid, own.grid):
        return
    shift = missing_shift(own.grid, grid.crs)
    if shift is not None:
        error = "100 m, for the two datums are taken for one"
        if shift.error is not None:
            error = f"{shift.error:g} m"
        yield (
            f"places may be off by some {error}: the best way there from {shift.source} to "
            f"{shift.target}, good to {shift.best:g} m, needs the PROJ grid "
            f"{', '.join(shift.files)}, which is missing. To mend it: pyproj sync --file "
            f"{shift.files[0]}"
        )


def _cell(grid: Grid) -> str:
    """Say how large the cells of a grid are."""
    a, b, _, d, e, _ = grid.transform[:6]
    return f"{math.hypot(a, d):.6g} x {math.hypot(b, e):.6g} {grid.unit}"
