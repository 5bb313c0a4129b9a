"""What lies in a folder of survey files: rasters, vector files and tables, each looked at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from geoprospect.errors import EvidenceError
from geoprospect.evidence.features.tables import TABLE_SUFFIXES
from geoprospect.evidence.rasters.layers import RASTER_SUFFIXES, natural

VECTOR_SUFFIXES = frozenset(
    {".shp", ".gpkg", ".geojson", ".fgb", ".kml", ".gml", ".gdb", ".gpx", ".parquet", ".tab"}
)
_MOST, _DEEPEST = 1000, 4  # files that are looked at, and levels of folders
_MADE_BY_A_RUN = "manifest.json"
_MODEL = "model.json"


@dataclass(frozen=True)
class Files:
    """Files of a folder, by what they may hold, in natural order.

    Attributes
    ----------
    rasters, vectors, tables : tuple of Path
        The files.
    """

    rasters: tuple[Path, ...]
    vectors: tuple[Path, ...]
    tables: tuple[Path, ...]


def files_in(folder: Path) -> Files:
    """List what a folder and those in it hold; results of former runs are left aside.

    Raises
    ------
    EvidenceError
        If it is no folder, or holds none of these.
    """
    if not folder.is_dir():
        raise EvidenceError(
            "is no folder",
            path=folder,
            mend="give the folder that holds rasters, deposits and other files of the survey",
        )
    found = sorted(_walked(folder, _DEEPEST), key=lambda path: natural(str(path)))[:_MOST]
    kinds: tuple[frozenset[str], ...] = (
        RASTER_SUFFIXES,
        VECTOR_SUFFIXES,
        frozenset(TABLE_SUFFIXES),
    )
    rasters, vectors, tables = (
        tuple(path for path in found if path.suffix.lower() in suffixes) for suffixes in kinds
    )
    if not rasters:
        raise EvidenceError(
            "the folder holds no raster",
            path=folder,
            found=", ".join(path.name for path in found[:10]) or "no file of a survey",
            expected="files such as magnetics.tif",
            mend="give the folder of the survey, with at least one raster of evidence in it",
        )
    return Files(rasters, vectors, tables)


def _walked(folder: Path, levels: int) -> Iterator[Path]:
    """Go through a folder and those in it, but not through results and models."""
    names = sorted(os.listdir(folder))
    if _MADE_BY_A_RUN in names or _MODEL in names:
        return
    for name in names:
        path = folder / name
        if name.startswith("."):
            continue
        if path.is_dir() and path.suffix.lower() not in VECTOR_SUFFIXES:
            if levels and not path.is_symlink():
                yield from _walked(path, levels - 1)
        else:
            yield path


def named(path: Path, *words: str) -> bool:
    """Whether one of some words begins a part of a file's name, or of its folder's.

    Parameters
    ----------
    path : Path
        The file, against the folder that is looked through, whose own name tells nothing.
    *words : str
        The words, as regular expressions in small letters.

    Examples
    --------
    >>> named(Path("survey/Fault_lines.shp"), "fault"), named(Path("default.shp"), "fault")
    (True, False)
    """
    text = f"{path.parent.name} {path.stem}".casefold()
    return any(re.search(rf"(?<![a-z]){word}", text) for word in words)
