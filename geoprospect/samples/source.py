"""A file of points to score a map at, and what it does not say itself."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

import geopandas as gpd

from geoprospect.errors import SamplesError
from geoprospect.samples.points import read_points

_LABELS = ("occurrence", "dep", "label")
_BINARY = ({"0", "1"}, {"0.0", "1.0"}, {"False", "True"})


@dataclass(frozen=True)
class PointsSource:
    r"""A file of points and what it does not say itself.

    Attributes
    ----------
    path : path-like
        Vector file or table.
    label : str, optional
        The field with 1 for an occurrence and 0 for a non-occurrence. If not given, it is the one
        field named occurrence, DEP or label in any case; without such a field all points are
        occurrences.
    crs, layer, x, y : str, optional
        As for `geoprospect.samples.points.read_points`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = pathlib.Path(folder) / "points.csv"
    ...     _ = table.write_text("easting,northing,DEP\n160900,977000,1\n")
    ...     source = PointsSource(table, crs="EPSG:3578")
    ...     source.label_field(source.read())
    'DEP'
    """

    path: str | PathLike[str]
    label: str | None = None
    crs: str | None = None
    layer: str | None = None
    x: str | None = None
    y: str | None = None

    def read(self) -> gpd.GeoDataFrame:
        """Read the points; see `geoprospect.samples.points.read_points`."""
        return read_points(self.path, crs=self.crs, layer=self.layer, x=self.x, y=self.y)

    def label_field(self, points: gpd.GeoDataFrame) -> str | None:
        """Give the field with the labels, or None where all points are occurrences.

        Raises
        ------
        SamplesError
            If no field is named and which one holds the labels is not obvious.
        """
        if self.label is not None:
            return self.label
        fields = [field for field in points.columns if field != points.geometry.name]
        named = [field for field in fields if str(field).strip().casefold() in _LABELS]
        binary = [f for f in fields if set(points[f].dropna().astype(str)) in _BINARY]
        if len(named) == 1 or not (named or binary):
            return named[0] if named else None
        raise SamplesError(
            "which field tells occurrences from non-occurrences is not obvious",
            path=self.path,
            found=", ".join(map(str, named or binary)),
            mend="name it with --label FIELD, or drop the field if all points are occurrences",
        )
