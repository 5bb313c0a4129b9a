"""Where a raster goes: the files that lie together there, and whether they may be written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from geoprospect.errors import OutputError
from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.computed.computedcolumn import read_from
from geoprospect.evidence.rasters.files import files_of
from geoprospect.output import check_absent, check_apart, sidecars
from geoprospect.qgis.style import is_own

MARK = ".geoprospect"  # in a folder of parts, which tells that it may be replaced


@dataclass(frozen=True)
class Destination:
    """The paths of a raster and of what belongs to it.

    Attributes
    ----------
    raster : Path
        The raster, `.tif` or `.vrt`.
    """

    raster: Path

    @property
    def virtual(self) -> bool:
        """Whether the raster is a virtual one, over parts that lie beside it."""
        return self.raster.suffix.lower() == ".vrt"

    @property
    def style(self) -> Path:
        """How QGIS shows the raster."""
        return self.raster.with_suffix(".qml")

    @property
    def parts(self) -> Path:
        """The folder of the parts of a virtual raster."""
        return self.raster.with_name(f"{self.raster.stem}_parts")

    @property
    def unfinished(self) -> Path:
        """The folder in which the parts wait until the raster is whole.

        Examples
        --------
        >>> Destination(Path("out/map.tif")).unfinished.name
        'map.tif.unfinished'
        """
        return self.raster.with_name(f"{self.raster.name}.unfinished")

    @property
    def lock(self) -> Path:
        """The file by which others know that the raster is being written."""
        return self.raster.with_name(f".{self.raster.name}.lock")

    def check(self, evidence: EvidenceStack, *, overwrite: bool, resume: bool) -> None:
        """Refuse what cannot be written, or would replace what is not the raster's own.

        Parameters
        ----------
        evidence : EvidenceStack
            What the raster is made of.
        overwrite : bool
            Whether a former raster may be replaced, with its style and what GDAL keeps beside it.
        resume : bool
            Whether the raster was begun before, and its style may have been written.

        Raises
        ------
        OutputError
            If a file would replace one of the evidence, or lies there already, or a folder does.
        """
        if self.raster.suffix.lower() not in (".tif", ".tiff", ".vrt"):
            raise OutputError(
                "a map is a GeoTIFF, or a virtual raster over several",
                path=self.raster,
                found=self.raster.name,
                expected="a name ending in .tif or .vrt",
            )
        beside = [*sidecars(self.raster), *([self.parts] if self.virtual else [])]
        check_apart(
            [self.raster, self.style, *beside, self.unfinished],
            [
                (what, file)
                for column in evidence.columns
                for what, path in read_from(column)
                for file in files_of(path)
            ],
        )
        check_absent(self.raster, overwrite=overwrite)
        overwrite = overwrite or resume
        for path in sidecars(self.raster):
            check_absent(path, overwrite=overwrite)
        check_absent(self.style, overwrite=overwrite or is_own(self.style))
        if self.virtual and os.path.lexists(self.parts):
            check_absent(self.parts, overwrite=overwrite, folder=True)
            check_own(self.parts, own=(self.parts / MARK).is_file())


def check_own(folder: Path, *, own: bool) -> None:
    """Refuse to replace a folder that is not geoprospect's own.

    Raises
    ------
    OutputError
        If it is not.
    """
    if not own:
        raise OutputError(
            "lies where the parts of the map are to go, and geoprospect did not write it",
            path=folder,
            mend="move it elsewhere, or choose another name for the map",
        )
