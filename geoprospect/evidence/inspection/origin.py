"""Where a layer comes from: its kind, its file, its unit, and the line that names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

from geoprospect.errors import EvidenceError, without_secrets
from geoprospect.evidence.column import Column, column_kinds, path_of
from geoprospect.evidence.computed.categorical import Categorical
from geoprospect.evidence.computed.combined import LogRatios
from geoprospect.evidence.computed.computedcolumn import beneath
from geoprospect.evidence.computed.prepared import Prepared
from geoprospect.evidence.doubts.nature import line_of
from geoprospect.evidence.features.kinds import Distance
from geoprospect.evidence.rasters.raster import open_raster
from geoprospect.evidence.rasters.rasterband import RasterBand
from geoprospect.evidence.remote.address import asks_servers


@dataclass(frozen=True)
class Origin:
    """Where what a column of evidence gives comes from.

    Attributes
    ----------
    layer : str
        The column's name under [evidence].
    kind : str
        Its kind there; ``indicator`` of what tells which cells were filled in.
    transforms : tuple of str
        What is done to its values.
    path : str or None
        Its file, without secrets.
    unit : str or None
        The unit of its values, where the file or the kind tells it.
    closed : bool
        Whether the names that the column gives sum to one value in each cell, as classes do.
    column : Column
        The column.
    """

    layer: str
    kind: str
    transforms: tuple[str, ...]
    path: str | None
    unit: str | None
    closed: bool
    column: Column = field(repr=False)

    def mend(self, setting: str) -> str | None:
        """Say how to give the column a setting of its values; None where it takes none.

        Examples
        --------
        >>> [origin] = origins_of(RasterBand("Cu", "/no/cu.tif"))
        >>> origin.mend('transform = "log"')
        'write Cu = { path = "/no/cu.tif", band = 1, transform = "log" } under [evidence]'
        """
        column = self.column.column if isinstance(self.column, Prepared) else self.column
        if len(column.names) > 1 or self.kind in ("ordinal", "categorical", "indicator"):
            return None
        if isinstance(self.column, RasterBand):
            return f"write {line_of(self.column, setting)} under [evidence]"
        return f"add {setting} to the table of {self.layer} under [evidence]"


def origins_of(column: Column) -> Iterator[Origin]:
    """Give the origin of each name that a column gives, in their order.

    Examples
    --------
    >>> rocks = Categorical("rocks", "r.tif", classes=(("a", (1.0,)), ("b", (2.0,))))
    >>> [(origin.layer, origin.kind, origin.closed) for origin in origins_of(rocks)]
    [('rocks', 'categorical', True), ('rocks', 'categorical', True)]
    """
    prepared = column if isinstance(column, Prepared) else None
    inner = column if prepared is None else prepared.column
    kinds = {cls: kind for kind, cls in column_kinds().items()}
    transforms = () if prepared is None else tuple(step.kind for step in prepared.transforms)
    path = path_of(column)
    closed = isinstance(inner, Categorical) or (
        isinstance(inner, LogRatios) and inner.form in ("clr", "closure")
    )
    units = _units(inner) if not transforms else {}
    for name in column.names:
        indicator = prepared is not None and name != prepared.name
        yield Origin(
            getattr(column, "name", name),
            "indicator" if indicator else kinds.get(type(inner), type(inner).__name__),
            () if indicator else transforms,
            None if path is None else without_secrets(path),
            units.get(name),
            closed,
            column,
        )


def _units(column: Column) -> dict[str, str]:
    """Give the units that files and kinds tell, by name; servers are not asked again."""
    if isinstance(column, Distance):
        return {column.name: "m"}
    bands = [column] if isinstance(column, RasterBand) else beneath(column)
    by_file: dict[str, list[RasterBand]] = {}
    for band in bands:
        if isinstance(band, RasterBand) and band.name in column.names:
            by_file.setdefault(band.path, []).append(band)
    units: dict[str, str] = {}
    for path, of_file in by_file.items():
        if asks_servers(path):
            continue
        try:
            with closing(open_raster(path)) as dataset:
                found = {band.name: dataset.units[band.band - 1] for band in of_file}
        except EvidenceError:  # which is told where it is read
            continue
        units |= {name: str(unit) for name, unit in found.items() if unit}
    return units
