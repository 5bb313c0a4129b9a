"""A file of points, and what it does not say itself."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike, fspath
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator

from geoprospect.samples.areas import written

if TYPE_CHECKING:  # slow to import, and a map needs no points
    import geopandas as gpd

    from geoprospect.evidence import EvidenceStack
    from geoprospect.samples.labelled import Samples
    from geoprospect.samples.labels import LabelKind, Labels


@dataclass(frozen=True)
class PointsSource:
    r"""A file of points and what it does not say itself.

    Attributes
    ----------
    path : path-like
        Vector file or table.
    label : str or False, optional
        The field with 1 for an occurrence and 0 for a non-occurrence, or of classes; False where
        all points are occurrences. If not given, it is the one field named occurrence, DEP or
        label in any case; where no field could hold labels, all points are occurrences.
    occurrence_values : tuple of str
        Values of the field that mean an occurrence; all others mean a non-occurrence.
    where : str, optional
        A condition that chooses among the points, as ``commodity = 'Cu'``.
    crs, layer, x, y : str, optional
        As for `geoprospect.samples.points.read_points`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = pathlib.Path(folder) / "points.csv"
    ...     _ = table.write_text("easting,northing,DEP\n160900,977000,1\n")
    ...     source = PointsSource(table, crs="EPSG:3578")
    ...     source.labels(source.read()).sentence
    'Field DEP tells: 1 is an occurrence, 0 a non-occurrence.'
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    path: str | PathLike[str]
    label: str | Literal[False] | None = None
    occurrence_values: tuple[Annotated[str, BeforeValidator(written)], ...] = ()
    where: str | None = None
    crs: str | None = None
    layer: str | None = None
    x: str | None = None
    y: str | None = None

    def read(self) -> gpd.GeoDataFrame:
        """Read the points; see `geoprospect.samples.points.read_points`."""
        from geoprospect.samples.points import read_points  # noqa: PLC0415

        reading = {name: getattr(self, name) for name in ("crs", "layer", "x", "y", "where")}
        return read_points(self.path, **reading)

    def labels(self, points: gpd.GeoDataFrame, kind: LabelKind = "occurrence") -> Labels:
        """Tell what the points are, by the field of labels.

        Raises
        ------
        SamplesError
            If no field is named and which one holds the labels is not obvious, or a label is none
            that was expected; see `geoprospect.samples.labels.read_labels`.
        """
        from geoprospect.samples.labels import read_labels  # noqa: PLC0415

        return read_labels(
            points,
            fspath(self.path),
            label=self.label,
            occurrence_values=self.occurrence_values,
            kind=kind,
        )

    def samples(self, stack: EvidenceStack, kind: LabelKind = "occurrence") -> Samples:
        """Read the points and the evidence at them; of classes, points inside polygons too.

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
        from geoprospect.samples.drawninside import points_inside  # noqa: PLC0415
        from geoprospect.samples.reading import read_samples  # noqa: PLC0415

        drawn = None
        if kind == "class":
            path, crs = fspath(self.path), self.crs
            drawn = points_inside(path, stack.grid, crs=crs, layer=self.layer, where=self.where)
        return read_samples(
            self.read() if drawn is None else drawn,
            stack,
            label=self.label,
            occurrence_values=self.occurrence_values,
            kind=kind,
        )
