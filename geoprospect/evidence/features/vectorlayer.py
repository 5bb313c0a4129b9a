"""Columns of evidence that are computed from the features of a vector file or a table of points."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import KW_ONLY, asdict, dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from rasterio.windows import Window

from geoprospect.errors import SamplesError, without_secrets
from geoprospect.evidence.features.featurecolumn import FeatureColumn
from geoprospect.evidence.features.source import FeatureSource
from geoprospect.grid import Grid
from geoprospect.typing import Floats, Values
from geoprospect.wording import counted

if TYPE_CHECKING:  # slow to import, and most maps need no vectors
    from geoprospect.evidence.features.extent import Extent
    from geoprospect.evidence.features.tracing import TracedFeatures

_CELLS = 2**17  # computed together
_NOT_CELLS = ("name", "path", "intended")  # settings that no value hangs on
_LOOKS = 64  # cells down and across, at which the mapped ground is looked at
WHOLE_GRID = "grid"
_MAPPED = (
    f'all of the grid was mapped, write mapped = "{WHOLE_GRID}" for the layer under [evidence]; if '
    'a part was, mapped = "area.gpkg", a file of polygons'
)
_FEATURES = ("points", "lines", "polygons")


@dataclass(frozen=True)
class VectorLayer(FeatureColumn):
    """What columns computed from features have in common; each kind says what it gives.

    Where features are known is told by `mapped`. By default that is the box about all features of
    the layer, chosen or not, and beyond it as far as the widest gap between them; elsewhere cells
    have no value. Near its edge, a nearer feature may lie outside.

    Attributes
    ----------
    name, path, layer, where, crs, x, y
        As for `FeatureColumn`.
    mapped : str, optional
        A file of polygons that were mapped; ``grid`` where all ground was.
    intended : bool
        Whether it is meant that features lie where the training points do. Then no warning says
        so.
    """

    _: KW_ONLY
    mapped: str | None = None
    intended: bool = field(default=False, repr=False)
    takes: ClassVar[tuple[str, ...]] = _FEATURES

    @property
    def names(self) -> tuple[str, ...]:
        """The layer's name."""
        return (self.name,)

    @property
    def paths(self) -> tuple[str, ...]:
        """The file of features, and that of what was mapped."""
        if self.mapped is None or self.mapped == WHOLE_GRID:
            return (self.path,)
        return self.path, self.mapped

    def open(self, grid: Grid | None = None) -> OpenVectorLayer:
        """Read the features and put them on the ground of a grid.

        Raises
        ------
        GridNeededError
            If there is no grid.
        EvidenceError
            If the file cannot be read or its features are not what the layer is computed from.
        """
        grid = self.on(grid)
        from geoprospect.evidence.features.reading import of_layer  # noqa: PLC0415 - slow to import
        from geoprospect.evidence.features.tracing import trace  # noqa: PLC0415 - as above

        with of_layer(self.name):
            traced = trace(self.source, grid)
            self.check(traced)
            return OpenVectorLayer(self, grid, traced, self._extent(traced))

    def check(self, traced: TracedFeatures) -> None:
        """Refuse features of a kind that it is not computed from.

        Raises
        ------
        SamplesError
            If there are any.
        """
        found = [_FEATURES[dimension] for dimension in np.unique(traced.dimensions)]
        if not set(found).issubset(self.takes):
            raise SamplesError(
                "the layer is not computed from such features",
                path=self.path,
                found=" and ".join(found),
                expected=" or ".join(self.takes),
                mend="give another file or kind; see `kind` under [evidence] in the manual",
            )

    def values(self, traced: TracedFeatures, window: Window, places: Floats) -> Floats:
        """Compute the values of a window, shape (len(names), n).

        Parameters
        ----------
        traced : TracedFeatures
            The features.
        window : rasterio.windows.Window
            The window.
        places : ndarray of float64, shape (n, 2)
            The centres of its cells, row by row.
        """
        raise NotImplementedError

    def doubts(self, grid: Grid) -> Iterator[str]:
        """Say what features or cells are left out."""
        opened = self.open(grid)
        traced, place = opened.traced, f"{without_secrets(self.path)}: layer {self.name}: "
        if traced.missing:
            yield f"{place}{counted(traced.missing, 'feature')} without a geometry left out"
        if traced.lost:
            yield (
                f"{place}{counted(traced.lost, 'feature')} left out, which the CRS of the grid "
                "does not reach, or without length"
            )
        share = opened.share_unmapped() if self.mapped is None else 0.0
        if share > 0:
            yield (
                f"{place}{share:.1%} of the cells have no value, because they lie beyond the "
                "ground that was mapped as far as the file tells (the box about its features, and "
                "about it the widest gap between these). To mend it: give a file that reaches "
                f"farther; or, if {_MAPPED}"
            )

    def _extent(self, traced: TracedFeatures) -> Extent:
        """Give the ground where the features are known."""
        from geoprospect.evidence.features import extent  # noqa: PLC0415 - slow to import
        from geoprospect.evidence.features.tracing import trace  # noqa: PLC0415 - as above

        if self.mapped == WHOLE_GRID:
            return extent.Everywhere()
        if self.mapped is not None:
            ground = trace(FeatureSource(self.mapped), traced.grid)
            if (ground.dimensions != 2).any():
                raise SamplesError(
                    "the ground that was mapped is told by polygons",
                    path=self.mapped,
                    mend=f'give a file of polygons, or mapped = "{WHOLE_GRID}" for all of it',
                )
            return extent.PolygonExtent(ground)
        everything = FeatureSource(self.path, self.layer, None, self.crs, self.x, self.y)
        box = extent.BoxExtent.about(trace(everything, traced.grid))
        if box.misses(traced.grid):
            raise SamplesError(
                "no cell lies on ground that was mapped, as far as the file tells",
                path=self.path,
                found=f"its features, and about them the widest gap between these, {box.gap:.6g} m",
                mend=f"check its CRS; or, if {_MAPPED}",
            )
        return box


@dataclass(frozen=True)
class OpenVectorLayer:
    """A column computed from features, open.

    Attributes
    ----------
    column : VectorLayer
        What is computed.
    grid : Grid
        The grid.
    traced : TracedFeatures
        The features.
    extent : Extent
        The ground where they are known.
    """

    column: VectorLayer
    grid: Grid
    traced: TracedFeatures
    extent: Extent
    block_shape: ClassVar[tuple[int, int]] = (1, 1)

    def read(self, window: Window, out: Values) -> None:
        """Compute a window, some rows at a time."""
        step = max(1, _CELLS // window.width)
        for row in range(0, window.height, step):
            height = min(step, window.height - row)
            strip = Window(window.col_off, window.row_off + row, window.width, height)
            places = self._centres(strip)
            values = self.column.values(self.traced, strip, places)
            values = np.where(self.extent.holds(strip, places), values, np.nan)
            out[:, row : row + height] = values.reshape(-1, height, window.width)

    def share_unmapped(self) -> float:
        """Give the share of cells beyond the mapped ground, of some all over the grid."""
        looks = [np.linspace(0, n - 1, min(n, _LOOKS)).round().astype(int) for n in self.grid.shape]
        places = np.stack(self.grid.centres(looks[0][:, None], looks[1][None]), -1).reshape(-1, 2)
        return float(1 - self.extent.holds(Window(0, 0, *self.grid.shape[::-1]), places).mean())

    def fingerprint(self) -> str:
        """Give the SHA-256 of the features and the settings."""
        settings = {k: v for k, v in asdict(self.column).items() if k not in _NOT_CELLS}
        settings["mapped"] = self.extent.digest
        content = [self.traced.digest, sorted(settings.items(), key=lambda item: item[0])]
        return hashlib.sha256(repr(content).encode()).hexdigest()

    def checksum(self) -> str:
        """Give the SHA-256 of the features and the settings."""
        return self.fingerprint()

    def close(self) -> None:
        """Let the features go, if no other column uses them."""

    def _centres(self, window: Window) -> Floats:
        """Give the centres of the cells of a window, shape (n, 2)."""
        rows, columns = (np.arange(part.start, part.stop) for part in window.toslices())
        return np.stack(self.grid.centres(rows[:, None], columns[None]), -1).reshape(-1, 2)
