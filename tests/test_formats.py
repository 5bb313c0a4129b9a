"""The formats of rasters that surveys come in, each read cell for cell as an evidence layer."""

import struct

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from affine import Affine
from smallproject import write_raster

from geoprospect.errors import EvidenceError
from geoprospect.evidence import EvidenceStack, RasterBand, open_evidence
from geoprospect.grid import Grid

PLACE = Affine(100, 0, 500_000, 0, -100, 7_000_000)
VALUES = (np.arange(120, dtype=np.float32).reshape(12, 10) - 40) / 8
VALUES[2:4, 3:5] = -9999
EXPECTED = np.where(VALUES == -9999, np.nan, VALUES)

# Written by GDAL itself; those after the first line tell no CRS by themselves.
DRIVERS = {
    **{"tif": "GTiff", "vrt": "VRT", "nc": "netCDF", "img": "HFA", "ers": "ERS", "zarr": "Zarr"},
    **{"asc": "AAIGrid", "flt": "EHdr", "sdat": "SAGA", "rst": "RST"},
}
IN_FOLDERS = sorted(DRIVERS.keys() - {"zarr"})


def ascii_grid(path):
    rows = [" ".join(f"{x:.6g}" for x in row) for row in VALUES.tolist()]
    head = ["ncols 10", "nrows 12", "xllcorner 500000", "yllcorner 6998800", "cellsize 100"]
    path.write_text("\n".join([*head, "NODATA_value -9999", *rows]) + "\n")
    return path


def surfer_text(path):
    """Write Surfer's grid of text: from the south, cells told by their centres."""
    blank = np.where(VALUES == -9999, 1.70141e38, VALUES)
    head = ["DSAA", "10 12", "500050 500950", "6998850 6999950", "-5 10"]
    rows = [" ".join(f"{x:.9g}" for x in row) for row in blank[::-1].tolist()]
    path.write_text("\n".join([*head, *rows]) + "\n")
    return path


def surfer_6(path):
    blank = np.where(VALUES == -9999, np.float32(1.70141e38), VALUES)
    head = struct.pack("<4shh6d", b"DSBB", 10, 12, 500050, 500950, 6998850, 6999950, -5, 10)
    path.write_bytes(head + blank[::-1].astype("<f4").tobytes())
    return path


def surfer_7(path):
    blank = np.where(VALUES == -9999, 1.70141e38, VALUES)
    grid = struct.pack("<ii8d", 12, 10, 500050, 6998850, 100, 100, -5, 10, 0, 1.70141e38)
    data = blank[::-1].astype("<f8").tobytes()
    path.write_bytes(
        struct.pack("<4sii", b"DSRB", 4, 1)
        + struct.pack("<4si", b"GRID", len(grid))
        + grid
        + struct.pack("<4si", b"DATA", len(data))
        + data
    )
    return path


def er_mapper(path):
    path.with_suffix("").write_bytes(VALUES.astype("<f4").tobytes())
    path.write_text(
        'DatasetHeader Begin\n\tVersion\t= "6.0"\n\tDataSetType\t= ERStorage\n'
        "\tDataType\t= Raster\n\tByteOrder\t= LSBFirst\n"
        '\tCoordinateSpace Begin\n\t\tDatum\t= "WGS84"\n\t\tProjection\t= "NUTM08"\n'
        "\t\tCoordinateType\t= EN\n\tCoordinateSpace End\n"
        "\tRasterInfo Begin\n\t\tCellType\t= IEEE4ByteReal\n\t\tNullCellValue\t= -9999\n"
        "\t\tCellInfo Begin\n\t\t\tXdimension\t= 100\n\t\t\tYdimension\t= 100\n\t\tCellInfo End\n"
        "\t\tNrOfLines\t= 12\n\t\tNrOfCellsPerLine\t= 10\n"
        "\t\tRegistrationCoord Begin\n\t\t\tEastings\t= 500000\n\t\t\tNorthings\t= 7000000\n"
        "\t\tRegistrationCoord End\n\t\tNrOfBands\t= 1\n\tRasterInfo End\nDatasetHeader End\n"
    )
    return path


def esri_binary_grid(folder):
    """Write the binary grid of ArcInfo: a folder of one tile, one block of real numbers."""
    folder.mkdir()
    head = bytearray(308)
    head[:8] = b"GRID1.2\0"
    struct.pack_into(">ii", head, 16, 2, 1)  # real numbers, not compressed
    struct.pack_into(">dd", head, 256, 100, 100)
    struct.pack_into(">5i", head, 288, 1, 1, 10, 1, 12)
    (folder / "hdr.adf").write_bytes(bytes(head))
    (folder / "dblbnd.adf").write_bytes(struct.pack(">4d", 500_000, 6_998_800, 501_000, 7_000_000))
    (folder / "sta.adf").write_bytes(struct.pack(">4d", -5, 10, 2, 3))
    blank = np.where(VALUES == -9999, np.float32(-3.4028234663852886e38), VALUES)
    data = blank.astype(">f4").tobytes()
    magic = b"\0\0\x27\x0a\xff\xff\xff\xff" + bytes(16)
    block = struct.pack(">H", len(data) // 2) + data
    words = (100 + len(block)) // 2
    (folder / "w001001.adf").write_bytes(magic + struct.pack(">i", words) + bytes(72) + block)
    index = struct.pack(">ii", 50, len(data) // 2)
    words = (100 + len(index)) // 2
    (folder / "w001001x.adf").write_bytes(magic + struct.pack(">i", words) + bytes(72) + index)
    return folder


BY_HAND = {
    "text.asc": ascii_grid,
    "surfer-text.grd": surfer_text,
    "surfer-6.grd": surfer_6,
    "surfer-7.grd": surfer_7,
    "mapper.ers": er_mapper,
    "arc": esri_binary_grid,
}


def check(stack):
    assert stack.grid.difference(Grid(stack.grid.crs, PLACE, (12, 10))) is None
    np.testing.assert_allclose(stack.read().values[0], EXPECTED, rtol=1e-6)
    assert stack.fingerprints()
    assert stack.checksums()


@pytest.mark.parametrize("suffix", DRIVERS)
def test_a_raster_written_by_gdal_is_read_cell_for_cell(tmp_path, suffix):
    write_raster(tmp_path / "source" / "s.tif", VALUES, transform=PLACE)
    path = tmp_path / "layers" / f"X1.{suffix}"
    path.parent.mkdir()
    rasterio.shutil.copy(tmp_path / "source" / "s.tif", path, driver=DRIVERS[suffix])
    with EvidenceStack.open([RasterBand("X1", str(path))]) as stack:
        check(stack)
    if suffix in IN_FOLDERS:
        with open_evidence(path.parent) as stack:
            assert stack.names == ("X1",)
            check(stack)


def test_a_cloud_optimised_geotiff_is_read_cell_for_cell(tmp_path):
    write_raster(tmp_path / "s.tif", VALUES, transform=PLACE)
    rasterio.shutil.copy(tmp_path / "s.tif", tmp_path / "X1.tif", driver="COG")
    with EvidenceStack.open([RasterBand("X1", str(tmp_path / "X1.tif"))]) as stack:
        check(stack)


@pytest.mark.parametrize("name", BY_HAND)
def test_a_raster_of_other_programs_is_read_cell_for_cell(tmp_path, name):
    path = BY_HAND[name](tmp_path / name)
    crs = None if name == "mapper.ers" else "EPSG:32608"
    if crs is not None:
        with pytest.raises(EvidenceError, match=r"has no CRS.* crs = \"EPSG:…\""):
            EvidenceStack.open([RasterBand("X1", str(path))])
    with EvidenceStack.open([RasterBand("X1", str(path), crs=crs)]) as stack:
        check(stack)


@pytest.mark.parametrize(
    ("name", "said"), [("mag.grd", "Geosoft"), ("relief.ecw", "ECW"), ("relief.sid", "MrSID")]
)
def test_formats_that_are_not_read_are_said_with_what_to_do(tmp_path, name, said):
    path = tmp_path / name  # as Oasis montaj begins a grid: 4 bytes an element, then the shape
    path.write_bytes(struct.pack("<5i", 4, 1, 10, 12, 1) + bytes(600))
    with pytest.raises(EvidenceError, match=rf"not recognized.*mend it: .*{said}.* GeoTIFF"):
        EvidenceStack.open([RasterBand("mag", str(path))])
