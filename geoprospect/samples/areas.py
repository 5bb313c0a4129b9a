"""Areas: polygons of some classes, as a geological map holds them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator

from geoprospect.errors import SamplesError, without_secrets
from geoprospect.grid import Grid
from geoprospect.typing import Bools
from geoprospect.wording import listed

if TYPE_CHECKING:  # slow to import, and a map needs no areas
    import geopandas as gpd


def written(value: Any) -> Any:
    """Write a number as a person does, 3 for 3.0, and leave other things alone.

    Examples
    --------
    >>> written(3.0), written("granite")
    ('3', 'granite')
    """
    return f"{value:.12g}" if isinstance(value, int | float) else value


@dataclass(frozen=True)
class Area:
    """The polygons of a vector file, or those whose field holds one of some classes.

    Attributes
    ----------
    path : str
        Shapefile, GeoPackage or anything else that GDAL reads, in any CRS.
    field : str, optional
        The field of classes; without it, all polygons are wanted.
    classes : tuple of str
        The classes wanted; a number stands as it is written, `3` for 3.0.
    layer : str, optional
        The layer of a file with several.

    Examples
    --------
    >>> import tempfile, shapely
    >>> import geopandas as gpd
    >>> from affine import Affine
    >>> from rasterio.crs import CRS
    >>> grid = Grid(CRS.from_epsg(3578), Affine(1200, 0, 159050, 0, -1200, 977582), (110, 118))
    >>> rocks = gpd.GeoDataFrame({"rock": ["granite", "shale"]}, crs="EPSG:3578", geometry=[
    ...     shapely.box(159000, 970000, 160000, 980000),
    ...     shapely.box(160000, 970000, 170000, 980000)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rocks.to_file(f"{folder}/rocks.gpkg")
    ...     granite = Area(f"{folder}/rocks.gpkg", "rock", ("granite",))
    ...     granite.holds([159500.0, 165000.0], [975000.0, 975000.0], grid).tolist()
    [True, False]
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    path: str
    field: str | None = None
    classes: tuple[Annotated[str, BeforeValidator(written)], ...] = ()
    layer: str | None = None

    def __str__(self) -> str:
        name = Path(without_secrets(self.path)).name
        return f"{self.field} {listed(self.classes, ' or ')} of {name}" if self.field else name

    def holds(self, easting: npt.ArrayLike, northing: npt.ArrayLike, grid: Grid) -> Bools:
        """Tell which places lie in the area, its edge included.

        Parameters
        ----------
        easting, northing : array_like of float, shape (n,)
            The places, in the CRS of the grid.
        grid : Grid
            The grid.

        Returns
        -------
        ndarray of bool, shape (n,)

        Raises
        ------
        SamplesError
            If the file cannot be read, holds no polygons, lacks a CRS or the field, or a class
            is not in it; or if classes are named without their field, or the reverse.
        """
        import shapely  # noqa: PLC0415 - slow to import, and a map needs no areas

        from geoprospect.evidence.features.polygons import on_polygons  # noqa: PLC0415 - as above

        polygons = self._polygons()
        # The places are transformed, not the polygons: an edge stays straight in its own CRS.
        places = on_polygons((easting, northing), grid, polygons, path=self.path)
        ground = shapely.union_all(shapely.make_valid(polygons.geometry.to_numpy()))
        shapely.prepare(ground)
        held = [np.asarray(shapely.intersects_xy(ground, *turn)) for turn in places]
        return np.asarray(np.logical_or.reduce(held))

    def _polygons(self) -> gpd.GeoDataFrame:
        """Read the polygons of the classes."""
        from geoprospect.evidence.features.polygons import check_polygons, read_polygons  # noqa: PLC0415

        if (self.field is None) != (not self.classes):
            raise SamplesError(
                "the classes wanted and their field go together",
                path=self.path,
                found="a field without classes" if self.field else "classes without a field",
                mend='write both, as in field = "rock", classes = ["granite"], or neither for all'
                " polygons",
            )
        table = read_polygons(self.path, self.layer, self.field)
        if self.field is None:
            check_polygons(table, self.path)
            return table
        texts = table[self.field].map(lambda value: str(written(value)).strip(), na_action="ignore")
        lacking = [name for name in self.classes if name not in set(texts)]
        if lacking:
            raise SamplesError(
                f"the field {self.field} holds no class {listed(lacking)}",
                path=self.path,
                found=listed(sorted(set(texts.dropna()))) or "no class at all",
                mend="name classes among those found",
            )
        chosen = table[texts.isin(self.classes)]
        check_polygons(chosen, self.path)
        return chosen
