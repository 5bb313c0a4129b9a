"""A file of points, and what it does not say itself."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:  # slow to import, and a map needs no points
    import geopandas as gpd

    from geoprospect.evidence import EvidenceStack
    from geoprospect.samples.labelled import Samples
    from geoprospect.samples.reading import LabelKind


@dataclass(frozen=True)
class PointsSource:
    r"""A file of points and what it does not say itself.

    Attributes
    ----------
    path : path-like
        Vector file or table.
    label : str, optional
        The field with 1 for an occurrence and 0 for a non-occurrence, or of classes. If not
        given, it is the one field named occurrence, DEP or label in any case; without such a
        field all points are occurrences.
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

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    path: str | PathLike[str]
    label: str | None = None
    crs: str | None = None
    layer: str | None = None
    x: str | None = None
    y: str | None = None

    def read(self) -> gpd.GeoDataFrame:
        """Read the points; see `geoprospect.samples.points.read_points`."""
        from geoprospect.samples.points import read_points  # noqa: PLC0415

        return read_points(self.path, crs=self.crs, layer=self.layer, x=self.x, y=self.y)

    def label_field(self, points: gpd.GeoDataFrame) -> str | None:
        """Give the field with the labels, or None where all points are occurrences.

        Raises
        ------
        SamplesError
            If no field is named and which one holds the labels is not obvious.
        """
        from geoprospect.samples.reading import label_field  # noqa: PLC0415

        return self.label or label_field(points, self.path)

    def samples(self, stack: EvidenceStack, kind: LabelKind = "occurrence") -> Samples:
        """Read the points and the evidence at them.

        Parameters
        ----------
        stack : EvidenceStack
            The evidence.
        kind : {"occurrence", "class"}
            What the labels are; see `geoprospect.samples.read_samples`.

        Raises
        ------
        SamplesError
            If the points cannot be read or used.
        """
        from geoprospect.samples.reading import read_samples  # noqa: PLC0415

        return read_samples(self.read(), stack, label=self.label, kind=kind)
