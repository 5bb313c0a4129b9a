"""Where rasters and points lie: CRS of several names, of no ground, and longitudes of a circle."""

import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from click.testing import CliRunner
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.transform import from_origin

from geoprospect.cli import main
from geoprospect.errors import EvidenceError, GridMismatchError, SamplesError
from geoprospect.evidence import EvidenceStack
from geoprospect.grid import Grid, vector_crs
from geoprospect.samples import Area, PointsSource, read_samples
from geoprospect.scoring import score_map

FINLAND = Affine(1000, 0, 350_000, 0, -1000, 6_900_000)
ESRI = (
    'PROJCS["EUREF_FIN_TM35FIN",GEOGCS["GCS_EUREF_FIN",DATUM["D_ETRS_1989",SPHEROID["GRS_1980",'
    '6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER['
    '"False_Northing",0.0],PARAMETER["Central_Meridian",27.0],PARAMETER["Scale_Factor",0.9996],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
MINE = 'LOCAL_CS["mine grid",UNIT["metre",1],AXIS["East",EAST],AXIS["North",NORTH]]'
ROTATED = CRS.from_wkt(
    'GEOGCRS["Rotated_pole",BASEGEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID['
    '"WGS 84",6378137,298.257223563,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT['
    '"degree",0.0174532925199433]]],DERIVINGCONVERSION["Pole rotation (netCDF CF convention)",'
    'METHOD["Pole rotation (netCDF CF convention)"],PARAMETER["Grid north pole latitude (netCDF CF'
    ' convention)",39.25,ANGLEUNIT["degree",0.0174532925199433]],PARAMETER["Grid north pole '
    'longitude (netCDF CF convention)",-162,ANGLEUNIT["degree",0.0174532925199433]],PARAMETER['
    '"North pole grid longitude (netCDF CF convention)",0,ANGLEUNIT["degree",0.0174532925199433]]],'
    'CS[ellipsoidal,2],AXIS["longitude",east,ORDER[1],ANGLEUNIT["degree",0.0174532925199433]],'
    'AXIS["latitude",north,ORDER[2],ANGLEUNIT["degree",0.0174532925199433]]]'
)


def write(path, crs, transform, cells=None):
    cells = np.arange(12, dtype="float32").reshape(3, 4) if cells is None else cells
    with rasterio.open(
        path, "w", driver="GTiff", height=cells.shape[0], width=cells.shape[1], count=1,
        dtype=cells.dtype, crs=crs, transform=transform,
    ) as file:  # fmt: skip
        file.write(cells, 1)
    return str(path)


def virtual(folder, crs, transform):
    """A raster whose header holds any CRS, as GeoTIFF does not."""
    a, b, c, d, e, f = transform[:6]
    path = folder / "a.vrt"
    path.write_text(
        f'<VRTDataset rasterXSize="4" rasterYSize="3"><SRS>{CRS.from_string(crs).to_wkt()}</SRS>'
        f"<GeoTransform>{c},{a},{b},{f},{d},{e}</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"/></VRTDataset>'
    )
    return str(path)


@pytest.mark.parametrize("other", [ESRI, "EPSG:25835"])
def test_names_of_one_crs_are_one_grid(tmp_path, other):
    paths = {
        "X1": write(tmp_path / "a.tif", "EPSG:3067", FINLAND),
        "X2": write(tmp_path / "b.tif", other, FINLAND),
    }
    with EvidenceStack.open(paths) as stack:
        assert stack.read().X.shape == (12, 2)


@pytest.mark.parametrize(
    ("first", "second", "transform"),
    [
        ("EPSG:25835", "EPSG:25834", FINLAND),
        ("EPSG:26708", "EPSG:26908", FINLAND),  # the datums of 1927 and 1983
        ("EPSG:3067", MINE, FINLAND),
        ("EPSG:4326", "+proj=longlat +ellps=clrk66", Affine(0.1, 0, 25, 0, -0.1, 62)),
    ],
)
def test_crs_of_other_coordinates_are_other_grids(tmp_path, first, second, transform):
    paths = {"X1": write(tmp_path / "a.tif", first, transform)}
    paths["X2"] = write(tmp_path / "b.tif", second, transform)
    with pytest.raises(GridMismatchError, match=r"CRS .* against"):
        EvidenceStack.open(paths)


@pytest.mark.parametrize(
    ("crs", "transform", "message"),
    [
        ("EPSG:5773", FINLAND, r"no easting and northing \(found EPSG:5773"),
        ("EPSG:4978", FINLAND, r"no easting and northing \(found EPSG:4978"),
        ("EPSG:3067", Affine(1e306, 0, 0, 0, -1e306, 1e308), "beyond any ground"),
        ("EPSG:3067", Affine(1e200, 0, 0, 0, -1e200, 0), "beyond any ground"),
    ],
)
def test_ground_that_cannot_be_is_refused(tmp_path, crs, transform, message):
    with pytest.raises(EvidenceError, match=message):
        EvidenceStack.open({"X1": virtual(tmp_path, crs, transform)})


def pasted(command, folder):
    """Run a command in a folder, in a shell that finds the programs of this environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(
        command,
        shell=True,
        check=True,
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
    )


def test_points_of_no_relation_to_a_local_grid_are_refused_in_a_line(tmp_path):
    map_file = write(tmp_path / "map.tif", MINE, FINLAND)
    points = gpd.GeoDataFrame(
        {"occurrence": [1]}, geometry=gpd.points_from_xy([351_500], [6_898_500]), crs="EPSG:3067"
    )
    points.to_file(tmp_path / "points.gpkg")
    shown = CliRunner().invoke(main, ["score", map_file, str(tmp_path / "points.gpkg")])
    assert shown.exit_code == 1
    assert "TM35FIN" in shown.output
    assert '"mine grid"' in shown.output
    assert len(shown.output.strip().splitlines()) == 1
    points.set_geometry(points.buffer(500)).to_file(tmp_path / "areas.gpkg")
    grid = Grid(CRS.from_wkt(MINE), FINLAND, (3, 4))
    with pytest.raises(SamplesError, match="no relation to that of the grid"):
        Area(str(tmp_path / "areas.gpkg"), "occurrence", ("1",)).holds([0], [0], grid)


def test_points_in_the_grids_own_local_crs_are_scored(tmp_path):
    map_file = write(tmp_path / "map.tif", MINE, FINLAND)
    (tmp_path / "p.csv").write_text("x,y,occurrence\n351500,6898500,1\n")
    score = score_map(map_file, PointsSource(str(tmp_path / "p.csv"), crs=MINE))
    assert score.auc == pytest.approx(5.5 / 12)  # its cell, of row 1 and column 1, holds 5


def test_rotated_pole_takes_points_and_gives_them_back_as_longitudes(tmp_path):
    grid = Grid(ROTATED, from_origin(-1, 1, 0.1, 0.1), (20, 20))
    assert CRS.from_wkt(vector_crs(ROTATED)).to_epsg() == 4326
    places = gpd.GeoSeries(gpd.points_from_xy(*grid.centres([3, 9], [5, 11])), crs=ROTATED.to_wkt())
    points = gpd.GeoDataFrame({"occurrence": [1, 0]}, geometry=places).to_crs(vector_crs(ROTATED))
    # The pole at 39.25 N, 162 W: rotated coordinates 0, 0 lie a right angle from it, at 18 E.
    assert points.total_bounds == pytest.approx([17.3, 50.7, 18.7, 51.6], abs=0.6)
    points.to_file(tmp_path / "points.gpkg")
    path = write(tmp_path / "a.tif", ROTATED, grid.transform, np.ones(grid.shape, "float32"))
    with EvidenceStack.open({"X1": path}) as stack:
        samples = read_samples(gpd.read_file(tmp_path / "points.gpkg"), stack, label="occurrence")
    assert (samples.rows.tolist(), samples.columns.tolist()) == ([3, 9], [5, 11])


@pytest.mark.parametrize(
    ("west", "longitudes", "columns"),
    [
        (0, [-133.0, 227.0, 10.0, -0.5], [227, 227, 10, 359]),
        (170, [-175.5, 184.5, 175.0, 170.0], [14, 14, 5, 0]),
        (-180, [180.0, -180.0, 200.0, 539.5], [359, 0, 20, 359]),
    ],
)
def test_longitudes_count_modulo_a_circle(west, longitudes, columns):
    width = 20 if west == 170 else 360
    grid = Grid(CRS.from_epsg(4326), Affine(1, 0, west, 0, -1, 70), (10, width))
    rows, found, inside = grid.cells(longitudes, np.full(4, 65.0))
    assert inside.all()
    assert found.tolist() == columns
    assert rows.tolist() == [5] * 4
    assert not grid.cells([np.nan, -90.0 if west == 170 else np.inf], [65.0, 65.0])[2].any()


def test_eastings_of_a_plane_are_not_turned():
    grid = Grid(CRS.from_epsg(3857), Affine(1, 0, 0, 0, -1, 70), (10, 360))
    assert not grid.cells([-133.0], [65.0])[2].any()


def test_points_beyond_180_degrees_lie_in_the_grid_and_at_their_distance(tmp_path):
    path = write(tmp_path / "map.tif", "EPSG:4326", Affine(1, 0, 178, 0, -1, 66))
    points = gpd.GeoDataFrame(
        {"occurrence": [1, 1]},
        geometry=gpd.points_from_xy([179.5, -179.5], [65.5, 65.5]),
        crs="EPSG:4326",
    )
    points.to_file(tmp_path / "points.gpkg")
    with EvidenceStack.open({"X1": path}) as stack:
        samples = read_samples(points, stack, label="occurrence")
        assert samples.X.ravel().tolist() == [1, 2]
        assert samples.easting.tolist() == [179.5, 180.5]
        a_degree = 6378137 * np.cos(np.radians(65.5)) * np.pi / 180
        apart = samples.places[:1].nearest(samples.places[1:])
        assert apart == pytest.approx(a_degree, rel=4e-3)
        squares = shapely.box([179.2, -179.8], 65.2, [179.8, -179.2], 65.8)
        areas = points.set_geometry(gpd.GeoSeries(squares, crs="EPSG:4326"))
        areas.to_file(tmp_path / "areas.gpkg")
        area = Area(str(tmp_path / "areas.gpkg"), "occurrence", ("1",))
        assert area.holds([179.5, 180.5, 181.5], [65.5] * 3, stack.grid).tolist() == [1, 1, 0]


def test_control_points_alone_are_refused_with_a_command_that_mends(tmp_path):
    corners = [
        (0, 0, 5e5, 67e5),
        (0, 4, 5.04e5, 67e5),
        (3, 0, 5e5, 6.697e6),
        (3, 4, 5.04e5, 6.697e6),
    ]
    path, cells = tmp_path / "a b.tif", np.arange(12, dtype="float32").reshape(3, 4)
    with rasterio.open(
        path, "w", driver="GTiff", height=3, width=4, count=1, dtype="float32",
        gcps=[GroundControlPoint(*corner) for corner in corners], crs="EPSG:32608",
    ) as file:  # fmt: skip
        file.write(cells, 1)
    with pytest.raises(
        EvidenceError, match="4 ground control points, without an affine"
    ) as refused:
        EvidenceStack.open({"X1": path})
    command = str(refused.value).partition("resample it: ")[2].partition(" (nearest")[0]
    pasted(command, tmp_path)
    with EvidenceStack.open({"X1": tmp_path / "a b_placed.tif"}) as stack:
        assert stack.grid.transform.almost_equals(Affine(1000, 0, 5e5, 0, -1000, 67e5))
        assert stack.read().values[0] == pytest.approx(cells)


def test_command_that_aligns_a_layer_can_be_pasted_and_keeps_values_smooth(tmp_path):
    ramp = np.tile(np.arange(8, dtype="float32"), (6, 1))
    first = write(tmp_path / "a b.tif", "EPSG:3067", FINLAND, ramp)
    shifted = write(tmp_path / "c d.tif", "EPSG:3067", FINLAND * Affine.translation(0.5, 0), ramp)
    with pytest.raises(GridMismatchError) as refused:
        EvidenceStack.open({"X1": first, "X2": shifted})
    command = str(refused.value).partition("for instance: ")[2].partition(" (nearest")[0]
    pasted(command, tmp_path)
    with EvidenceStack.open({"X1": first, "X2": tmp_path / "c d_aligned.tif"}) as stack:
        # Half a cell west of the layer's own cells a ramp of 1 a cell is lower by a half.
        assert stack.read().values[1][:, 2:7] == pytest.approx(ramp[:, 2:7] - 0.5, abs=1e-5)
