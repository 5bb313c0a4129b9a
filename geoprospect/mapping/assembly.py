"""Parts put together: a virtual raster over them, and the cloud-optimised GeoTIFF made from it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

import rasterio
import rasterio.shutil
from rasterio.enums import Resampling

from geoprospect.evidence.rasters.tags import DOMAIN, LONGEST, packet
from geoprospect.mapping.job import BLOCK, Job
from geoprospect.mapping.kernel import NODATA, TIFF, Kernel, Overviews
from geoprospect.mapping.statistics import Statistics


def write_virtual(
    path: Path,
    job: Job,
    kernel: Kernel,
    statistics: Sequence[Statistics],
    *,
    parts: str = "",
) -> None:
    """Write the virtual raster (VRT) of a job's parts.

    Parameters
    ----------
    path : Path
        The VRT.
    job : Job
        The job, all parts written; those without a raster are nodata.
    kernel : Kernel
        What made them: it names the bands and says what the metadata say.
    statistics : sequence of Statistics
        Of each band.
    parts : str
        Path from the VRT to the folder of the parts, ending in a slash; "" where it lies there.
    """
    rows, columns = job.grid.shape
    root = ET.Element("VRTDataset", rasterXSize=str(columns), rasterYSize=str(rows))
    ET.SubElement(root, "SRS").text = job.grid.crs.to_wkt()
    transform = job.grid.transform.to_gdal()
    ET.SubElement(root, "GeoTransform").text = ", ".join(map(repr, transform))
    words = kernel.words
    _add_tags(root, kernel.tags() if words is None else kernel.tags() | words.tags())
    present = [
        (job.raster(number), window)
        for number, window in enumerate(job.windows)
        if not job.figures(number).empty
    ]
    for number, (named, figures) in enumerate(zip(kernel.bands, statistics, strict=True), start=1):
        band = ET.SubElement(root, "VRTRasterBand", dataType="Float32", band=str(number))
        _add_metadata(band, figures.tags(job.grid.n_cells))
        ET.SubElement(band, "Description").text = named.name
        ET.SubElement(band, "UnitType").text = named.unit
        ET.SubElement(band, "NoDataValue").text = str(NODATA)
        for raster, window in present:
            source = ET.SubElement(band, "SimpleSource")
            name = ET.SubElement(source, "SourceFilename", relativeToVRT="1")
            name.text = f"{parts}{raster.name}"
            ET.SubElement(source, "SourceBand").text = str(number)
            # With the size told here, GDAL opens a part only when its cells are asked for.
            size = {"xSize": str(window.width), "ySize": str(window.height)}
            block = {"BlockXSize": str(BLOCK), "BlockYSize": str(BLOCK)}
            properties = {"RasterXSize": size["xSize"], "RasterYSize": size["ySize"]}
            ET.SubElement(source, "SourceProperties", properties | {"DataType": "Float32"} | block)
            ET.SubElement(source, "SrcRect", {"xOff": "0", "yOff": "0"} | size)
            place = {"xOff": str(window.col_off), "yOff": str(window.row_off)}
            ET.SubElement(source, "DstRect", place | size)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def add_overviews(path: Path, overviews: Overviews, *, compressed: bool) -> None:
    """Add overviews in a file beside a virtual raster.

    Parameters
    ----------
    path : Path
        The VRT.
    overviews : {"average", "nearest"}
        What their cells hold.
    compressed : bool
        Whether they are to last.
    """
    with rasterio.open(path) as raster:
        size = max(raster.shape)
    factors: list[int] = []
    while size > BLOCK:
        factors.append(2 ** (len(factors) + 1))
        size = -(-size // 2)
    if not factors:
        return
    options = {"COMPRESS_OVERVIEW": "DEFLATE" if compressed else "NONE", "PREDICTOR_OVERVIEW": 3}
    with (
        rasterio.Env(BIGTIFF_OVERVIEW="IF_SAFER", **options),
        rasterio.open(path, "r+") as raster,
    ):
        raster.build_overviews(factors, Resampling[overviews])
    if compressed:
        _check_whole(path)


def write_cog(virtual: Path, path: Path) -> None:
    """Copy a virtual raster and its overviews into one cloud-optimised GeoTIFF."""
    rasterio.shutil.copy(
        virtual,
        path,
        driver="COG",
        compress="deflate",
        level=1,
        predictor="floating_point",
        blocksize=BLOCK,
        bigtiff="if_safer",
    )
    _check_whole(path)


def _add_tags(root: ET.Element, tags: Mapping[str, str]) -> None:
    """Write what the metadata say, long lists where no program shows them to a reader."""
    long = {k: text for k, text in tags.items() if len(text) > LONGEST and not k.startswith(TIFF)}
    _add_metadata(root, {key: text for key, text in tags.items() if key not in long})
    if long:
        holder = ET.SubElement(root, "Metadata", domain=DOMAIN, format="xml")
        holder.append(packet(long))


def _add_metadata(element: ET.Element, tags: Mapping[str, str]) -> None:
    metadata = ET.SubElement(element, "Metadata")
    for key, value in tags.items():
        ET.SubElement(metadata, "MDI", key=key).text = value


def _check_whole(path: Path) -> None:
    """Read the last block of each overview: a disk that filled up may have cut the file short."""
    with rasterio.open(path) as raster:
        levels = [-1, *range(len(raster.overviews(1)))]
    for level in levels:
        options = {} if level < 0 else {"overview_level": level}
        with rasterio.open(path, **options) as raster:
            windows = [window for _, window in raster.block_windows(1)]
            raster.read(window=windows[-1])
