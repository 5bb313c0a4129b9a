"""The column of values that were measured at stations."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import KW_ONLY, asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field
from rasterio.windows import Window

from geoprospect.errors import EvidenceError, SamplesError, without_secrets
from geoprospect.evidence.features.featurecolumn import FeatureColumn
from geoprospect.evidence.features.kinds import Metres
from geoprospect.grid import Grid
from geoprospect.typing import Floats, Values

if TYPE_CHECKING:  # slow to import, and most maps need no stations
    from geoprospect.evidence.features.ground import Ground
    from geoprospect.evidence.stations.gridding import Gridding
    from geoprospect.evidence.stations.measured import Measured
    from geoprospect.evidence.stations.neighbours import Stations3D

_LOGGER = logging.getLogger(__name__)
Method = Literal["nearest", "inverse-distance", "spline", "kriging"]
_NEIGHBOURS: dict[Method, int] = {
    "nearest": 1,
    "inverse-distance": 16,
    "spline": 32,
    "kriging": 16,
}
_TILE = 128  # cells down and across, computed together: they share stations
_LOOKS = 64  # cells down and across, at which nearness of stations is looked at


@dataclass(frozen=True)
class Stations(FeatureColumn):
    """What was measured at points, gridded.

    Gridding knows the stations and no label: nothing of it is fitted anew where points are held
    out. A value such as ``<5`` counts as half of it, ``>1000`` as the limit; of stations at one
    place the mean is taken. Distances are those of the plane in a projected CRS; in a geographic
    one, those straight through the ground, a thousandth short of the way over it at 900 km.

    Attributes
    ----------
    name, path, layer, where, crs, x, y
        As for `geoprospect.evidence.features.featurecolumn.FeatureColumn`.
    value : str
        The field of what was measured.
    method : {"nearest", "inverse-distance", "spline", "kriging"}
        The value of the nearest station; the mean of the nearest weighted by one over the squared
        distance; a thin-plate spline through them; or ordinary kriging from them, by a variogram
        that is fitted on the stations once.
    distance : float
        In metres; cells farther than this from any station have no value.
    neighbours : int, optional
        Stations that a cell is gridded from: 16 by default, 32 for a spline.
    variance : bool
        Whether the kriging variance is a second layer, ``NAME_variance``.
    nodata : float, optional
        A number that means none.

    Examples
    --------
    >>> copper = Stations("copper", "geochem.csv", value="Cu_ppm", method="kriging",
    ...                   distance=5000.0, variance=True)
    >>> copper.names
    ('copper', 'copper_variance')
    """

    _: KW_ONLY
    value: str
    method: Method
    distance: Metres
    neighbours: Annotated[int, Field(ge=2, le=500)] | None = None
    variance: bool = False
    nodata: float | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The layer's name and, where it is asked for, that of the variance."""
        return (self.name, f"{self.name}_variance") if self.variance else (self.name,)

    def open(self, grid: Grid | None = None) -> OpenStations:
        """Read the stations, and fit what is fitted on them.

        Raises
        ------
        GridNeededError
            If there is no grid.
        EvidenceError
            If the file cannot be read, a library is missing, or the stations do not allow the
            method or lie far from the grid.
        """
        if self.variance and self.method != "kriging":
            raise EvidenceError(
                "only kriging gives a variance",
                layer=self.name,
                found=f'variance = true, method = "{self.method}"',
                mend='leave out variance, or write method = "kriging"',
            )
        grid = self.on(grid)
        from geoprospect.evidence.features.ground import Ground  # noqa: PLC0415 - slow to import
        from geoprospect.evidence.features.reading import of_layer  # noqa: PLC0415 - as above
        from geoprospect.evidence.stations.measured import Measured  # noqa: PLC0415 - as above
        from geoprospect.evidence.stations.neighbours import Stations3D  # noqa: PLC0415 - as above

        with of_layer(self.name):
            measured = Measured.read(self.source, self.value, grid, nodata=self.nodata)
            stations = Stations3D(measured.space, measured.values)
            gridding, ground = self._gridding(stations), Ground(grid.crs)
            opened = OpenStations(self, grid, measured, stations, gridding, ground)
            opened.check_near()
            return opened

    def doubts(self, grid: Grid) -> Iterator[str]:
        """Say what of the stations is left out, merged, or only known by a limit."""
        from geoprospect.evidence.stations.gridding import Kriging  # noqa: PLC0415 - slow to import

        opened = self.open(grid)
        place = f"{without_secrets(self.path)}: layer {self.name}: "
        _LOGGER.info(
            f"layer {self.name}: {len(opened.measured)} stations; {opened.gridding.sentence()}"
        )
        yield from (place + doubt for doubt in opened.measured.doubts())
        if isinstance(opened.gridding, Kriging) and opened.gridding.is_flat:
            yield (
                f"{place}neighbours are hardly more alike than stations far apart, so that kriging "
                "gives little but means, and much the same variance. To mend it: see whether the "
                "values need a logarithm or hold outliers; or leave the layer out"
            )

    def _gridding(self, stations: Stations3D) -> Gridding:
        """Fit the way to grid."""
        from geoprospect.evidence.stations import gridding  # noqa: PLC0415 - slow to import

        n = len(stations.values)
        k = min(self.neighbours or _NEIGHBOURS[self.method], n)
        match self.method:
            case "nearest":
                return gridding.Nearest(stations)
            case "inverse-distance":
                return gridding.InverseDistance(stations, k)
            case "kriging":
                return gridding.Kriging.fitted(stations, k, self.path, variance=self.variance)
            case "spline":
                if n < 3:
                    raise SamplesError(
                        "a spline needs more stations",
                        path=self.path,
                        found=f"{n} places",
                        expected="at least 3",
                        mend='write method = "nearest", or leave the layer out',
                    )
                return gridding.Spline(stations, max(k, 3))


@dataclass(frozen=True)
class OpenStations:
    """What was measured at points, read and ready to be gridded.

    Attributes
    ----------
    column : Stations
        What is gridded, and how.
    grid : Grid
        The grid.
    measured : Measured
        What the file gives.
    stations : Stations3D
        The stations.
    gridding : Gridding
        The way to grid, fitted.
    ground : Ground
        The ground that distances are taken on.
    """

    column: Stations
    grid: Grid
    measured: Measured
    stations: Stations3D
    gridding: Gridding
    ground: Ground
    block_shape: ClassVar[tuple[int, int]] = (1, 1)

    def read(self, window: Window, out: Values) -> None:
        """Grid a window, some of its cells at a time."""
        reach = self.ground.chord(self.column.distance)
        for top in range(0, window.height, _TILE):
            for left in range(0, window.width, _TILE):
                rows = np.arange(top, min(top + _TILE, window.height))
                columns = np.arange(left, min(left + _TILE, window.width))
                space = self._space(window.row_off + rows, window.col_off + columns)
                nearest, _ = self.stations.nearest(space, 1, within=reach)
                near = np.isfinite(nearest[:, 0])
                values = np.full((len(out), len(space)), np.nan)
                if near.any():
                    values[:, near] = self.gridding.at(space[near])
                place = (slice(None), slice(top, top + len(rows)), slice(left, left + len(columns)))
                out[place] = values.reshape(len(out), len(rows), len(columns))

    def check_near(self) -> None:
        """Refuse stations that all lie far from the grid.

        Raises
        ------
        SamplesError
            If no cell looked at has one within the distance, nor any of them a cell near.
        """
        looks = [np.linspace(0, n - 1, min(n, _LOOKS)).round().astype(int) for n in self.grid.shape]
        space = self._space(*looks)
        distance, _ = self.stations.nearest(space, 1)
        apart = max(np.ptp(space, axis=0)) / (min(map(len, looks)) or 1)
        if distance.min() > self.column.distance + apart:
            raise SamplesError(
                "no station lies near the grid",
                path=self.column.path,
                found=f"the nearest about {distance.min() / 1000:.4g} km away",
                expected=f"some within distance = {self.column.distance:g} m of a cell",
                mend='check the CRS of the file, as in crs = "EPSG:4326"; or raise distance',
            )

    def fingerprint(self) -> str:
        """Give the SHA-256 of the stations and the settings."""
        settings = {k: v for k, v in asdict(self.column).items() if k not in ("name", "path")}
        content = [self.measured.digest, sorted(settings.items(), key=lambda item: item[0])]
        return hashlib.sha256(repr(content).encode()).hexdigest()

    def checksum(self) -> str:
        """Give the SHA-256 of the stations and the settings."""
        return self.fingerprint()

    def close(self) -> None:
        """Let the stations go."""

    def _space(self, rows: Any, columns: Any) -> Floats:
        """Give the centres of cells in rows and columns, row by row, in metres."""
        centres = self.grid.centres(rows[:, None], columns[None])
        return self.ground.space(np.stack(centres, -1).reshape(-1, 2))
