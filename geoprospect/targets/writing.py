"""Files of targets: GeoPackage, GeoJSON, shapefile, CSV and KML, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoprospect.errors import OutputError
from geoprospect.grid import vector_crs
from geoprospect.output import check_absent, replacing, write_features
from geoprospect.targets.fields import FIELDS
from geoprospect.targets.lonlat import in_lonlat
from geoprospect.targets.outlines import on_ground
from geoprospect.targets.settings import Format
from geoprospect.targets.target import Targets, plain
from geoprospect.typing import StrPath

if TYPE_CHECKING:  # slow to import
    import geopandas as gpd

LAYER = "targets"
BESIDE = {"shp": (".shx", ".dbf", ".prj", ".cpg")}
"""What belongs to a file of a format, and has endings of its own."""

_INDEXES = (".qix", ".sbn", ".sbx", ".idm", ".ind")  # of a former shapefile: they would mislead
_LONGEST = 254  # bytes of a text in a shapefile
_DATE = "2000-01-01"  # of a shapefile's table: the same bytes each time
_LONGITUDES = "EPSG:4326"


def files_of(path: StrPath, formats: Iterable[Format] = ()) -> list[Path]:
    """Give the files of targets: the GeoPackage, and those of other formats beside it.

    Examples
    --------
    >>> [file.name for file in files_of("out/targets.gpkg", ["shp"])][:3]
    ['targets.gpkg', 'targets.shp', 'targets.shx']
    """
    path = Path(path)
    endings = [ending for kind in formats for ending in (f".{kind}", *BESIDE.get(kind, ()))]
    return [path, *(path.with_suffix(ending) for ending in endings)]


def check_targets_absent(
    path: StrPath, formats: Sequence[Format] = (), *, overwrite: bool = False
) -> None:
    """Refuse files of targets that exist already, or a name without the ending of a GeoPackage.

    Raises
    ------
    OutputError
        If one exists and `overwrite` is false.
    """
    if Path(path).suffix.lower() != ".gpkg":
        raise OutputError(
            "targets are written as a GeoPackage, and other formats beside it",
            path=path,
            mend=f"write {Path(path).with_suffix('.gpkg').name}, and --format for the others",
        )
    for file in files_of(path, formats):
        check_absent(file, overwrite=overwrite)


def write_targets(
    targets: Targets,
    path: StrPath,
    formats: Sequence[Format] = (),
    *,
    overwrite: bool = False,
    finish: Callable[[Path], None] | None = None,
) -> list[Path]:
    """Write targets, all files or none.

    The GeoPackage and the shapefile hold outlines in the CRS of the map, on the edges of cells;
    GeoJSON (RFC 7946) and KML in WGS 84, cut at 180°; the CSV file has no outlines. Fields of which
    nothing is known are left out.

    Parameters
    ----------
    targets : Targets
        As `find_targets` gives them.
    path : path-like
        The GeoPackage.
    formats : sequence of {"geojson", "shp", "csv", "kml"}
        Files to write beside it.
    overwrite : bool
        Whether existing files are replaced.
    finish : callable, optional
        Called with the path of the GeoPackage before it takes its place.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    OutputError
        If a file exists already or cannot be written.
    """
    check_targets_absent(path, formats, overwrite=overwrite)
    files = files_of(path, formats)
    frame = frame_of(targets)
    with ExitStack() as stack:
        temporary = {
            file.suffix: stack.enter_context(replacing(file, overwrite=overwrite)) for file in files
        }
        made = temporary[files[0].suffix]
        write_features(frame, made, layer=LAYER)
        if finish is not None:
            finish(made)
        for kind in formats:
            _WRITERS[kind](frame, targets, temporary)
    if "shp" in formats:
        for ending in _INDEXES:
            Path(path).with_suffix(ending).unlink(missing_ok=True)
    return files


def frame_of(targets: Targets) -> gpd.GeoDataFrame:
    """Give targets as a table with outlines in the CRS of the map."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import pandas as pd  # noqa: PLC0415 - as above

    rows = [plain(target) for target in targets.targets]
    told = [name for name in FIELDS if any(row[name] is not None for row in rows)]
    columns = {name: [row[name] for row in rows] for name in told}
    table = pd.DataFrame(columns)
    if "shortlist" in columns:
        table["shortlist"] = table["shortlist"].astype("Int64")
    shapes = on_ground(targets.outlines, targets.grid)
    return gpd.GeoDataFrame(table, geometry=shapes, crs=vector_crs(targets.grid.crs))


def _in_lonlat(frame: gpd.GeoDataFrame, targets: Targets) -> gpd.GeoDataFrame:
    """Give the table with outlines in WGS 84."""
    shapes = in_lonlat(targets.outlines, targets.grid)
    return frame.set_geometry(shapes, crs=None).set_crs(_LONGITUDES, allow_override=True)


def _write_geojson(frame: gpd.GeoDataFrame, targets: Targets, at: dict[str, Path]) -> None:
    turned = _in_lonlat(frame, targets)
    write_features(turned, at[".geojson"], driver="GeoJSON", RFC7946="YES")


def _write_kml(frame: gpd.GeoDataFrame, targets: Targets, at: dict[str, Path]) -> None:
    turned = _in_lonlat(frame, targets)
    turned.insert(0, "Name", [f"Target {rank}" for rank in turned["rank"]])
    if "reasons" in turned:
        turned = turned.rename(columns={"reasons": "Description"})
    write_features(turned, at[".kml"], driver="KML", layer=LAYER)


def _write_csv(frame: gpd.GeoDataFrame, targets: Targets, at: dict[str, Path]) -> None:
    table = frame.drop(columns="geometry")
    # With its mark a spreadsheet reads the file as UTF-8.
    table.to_csv(at[".csv"], index=False, encoding="utf-8-sig", lineterminator="\n")


def _write_shapefile(frame: gpd.GeoDataFrame, targets: Targets, at: dict[str, Path]) -> None:
    short = frame.copy()
    if "reasons" in short:
        short["reasons"] = [_shortened(text) for text in short["reasons"]]
    written = at[".shp"]
    write_features(
        short,
        written,
        driver="ESRI Shapefile",
        ENCODING="UTF-8",
        DBF_DATE_LAST_UPDATE=_DATE,
    )
    for ending in BESIDE["shp"]:
        written.with_suffix(ending).replace(at[ending])


def _shortened(text: Any) -> Any:
    """Cut a text to what a shapefile holds."""
    if text is None or len(text.encode()) <= _LONGEST:
        return text
    cut = text.encode()[: _LONGEST - 3].decode(errors="ignore")
    return f"{cut.rpartition(',')[0] or cut}…"


_WRITERS: dict[Format, Callable[[Any, Targets, dict[str, Path]], None]] = {
    "geojson": _write_geojson,
    "shp": _write_shapefile,
    "csv": _write_csv,
    "kml": _write_kml,
}
