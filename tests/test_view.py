"""A run in the browser: its tiles and values are those of the rasters, for this machine alone."""

import io
import json
import sys
import threading
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import matplotlib.image
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from chromium import faults_on
from click.testing import CliRunner
from morecantile import tms
from pyproj import Transformer
from smallproject import PROJECT, TUNED, write_project

import geoprospect as gp
from geoprospect.cli import main
from geoprospect.errors import GeoprospectError, OutputError, ProjectError
from geoprospect.project.viewing.layers import Listed, ViewLayer, overlays_of
from geoprospect.project.viewing.server import View
from geoprospect.project.viewing.tiles import tile

LOGISTIC = PROJECT.replace(TUNED, 'strategy = "logistic-regression"\n').partition(
    "training = { epochs"
)[0]

LEAST = float(np.finfo(np.float32).min)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = write_project(tmp_path_factory.mktemp("run"))
    path.write_text(f"{LOGISTIC}\n[products]\ncontributions = true\n")
    gp.run(path)
    return path.parent / "out"


@pytest.fixture(scope="module")
def address(run):
    """Where a server of the run answers."""
    with gp.serve(run) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def asked(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return answer.read()


def place_of(raster, row, column):
    """Longitude and latitude of a cell's centre."""
    return Transformer.from_crs(raster.crs, 4326, always_xy=True).transform(*raster.xy(row, column))


def test_values_at_a_place_are_those_of_its_cell_in_every_layer(address, run):
    with rasterio.open(run / "prospectivity.tif") as raster:
        longitude, latitude = place_of(raster, 20, 13)
        scores = raster.read()[:, 20, 13]
    told = json.loads(asked(f"{address}/values?lon={longitude}&lat={latitude}"))
    assert [told["prospectivity-1"], told["prospectivity-2"]] == pytest.approx(scores.tolist())
    for number, name in enumerate("ABC"):
        with rasterio.open(run.parent / "rasters" / f"{name}.tif") as raster:
            assert told[f"evidence-{number}"] == pytest.approx(float(raster.read(1)[20, 13]))
    # The first two rows have no value, and the pole lies off the grid.
    with rasterio.open(run / "prospectivity.tif") as raster:
        longitude, latitude = place_of(raster, 0, 5)
    for place in (f"lon={longitude}&lat={latitude}", "lon=0&lat=89"):
        assert set(json.loads(asked(f"{address}/values?{place}")).values()) == {None}


def test_a_tile_shows_each_cell_in_the_colour_of_its_part_of_the_area(address, run):
    breaks = json.loads(asked(f"{address}/layers/prospectivity-1"))["breaks"]
    rows, columns = (part.ravel() for part in np.mgrid[0:48:5, 0:40:5])
    with rasterio.open(run / "prospectivity.tif") as raster:
        scores = raster.read(1)[rows, columns]
        mercator = Transformer.from_crs(raster.crs, 3857, always_xy=True)
        x, y = (np.array(part) for part in mercator.transform(*raster.xy(rows, columns)))
    # The web's Mercator grid: a square about the equator, halved thirteen times. A cell is some
    # twelve pixels wide then: one in its middle has its colour.
    zoom, half = 13, np.pi * 6_378_137
    across, down = ((half + x) / (2 * half) * 2**zoom, (half - y) / (2 * half) * 2**zoom)
    tiles = {}
    for place, score in zip(zip(across, down, strict=True), scores, strict=True):
        column, row = (int(part) for part in place)
        if (column, row) not in tiles:
            answer = asked(f"{address}/tiles/prospectivity-1/{zoom}/{column}/{row}.png")
            tiles[column, row] = matplotlib.image.imread(io.BytesIO(answer))
        pixel = tiles[column, row][int(place[1] % 1 * 256), int(place[0] % 1 * 256)]
        if score == -9999:
            assert pixel[3] == 0
            continue
        colour = next(colour for least, colour, _ in breaks if score >= least)
        expected = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
        assert (pixel[:3] * 255).round().astype(int).tolist() == expected
    assert len(tiles) > 1
    assert (scores == -9999).sum() == 8  # of the first row


def test_numbers_of_layers_are_shown_in_the_colours_and_by_the_names_of_their_style(address, run):
    style = ET.parse(run / "leading_layer.qml")
    told = [(float(one.get("value")), one.get("color"), one.get("label"))
            for one in style.iter("paletteEntry")]  # fmt: skip
    breaks = json.loads(asked(f"{address}/layers/leading_layer-1"))["breaks"]
    assert sorted(tuple(one) for one in breaks) == told
    assert [name for _, _, name in told] == list("ABC")


def test_of_targets_a_browser_gets_outlines_and_ranks_without_styles_and_other_fields(tmp_path):
    table = {"rank": [1, 2], "reasons": ["X1 high", "X2 low"]}
    shapes = [shapely.box(x, 0, x + 1, 1) for x in (0, 3)]
    path = tmp_path / "targets.gpkg"
    gpd.GeoDataFrame(table, geometry=shapes, crs=4326).to_file(path, layer="targets")
    pyogrio.write_dataframe(pd.DataFrame({"name": ["style"]}), path, layer="layer_styles")
    features = overlays_of(tmp_path)["targets"]["features"]
    assert [one["properties"] for one in features] == [{"rank": 1}, {"rank": 2}]
    assert [shapely.geometry.shape(one["geometry"]).bounds for one in features] == [
        (0, 0, 1, 1), (3, 0, 4, 1),
    ]  # fmt: skip


def test_browsers_that_ask_for_tiles_at_once_all_get_them(run):
    layer = View.of(run).layer("prospectivity-1")
    with rasterio.open(layer.path) as raster:
        longitude, latitude = place_of(raster, 20, 13)
    one = tms.get("WebMercatorQuad").tile(longitude, latitude, 14)
    alone = tile(layer, one.z, one.x, one.y)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns as often as they can, so that a race is met
    try:
        with ThreadPoolExecutor(8) as pool:
            tiles = set(pool.map(lambda _: tile(layer, one.z, one.x, one.y), range(48)))
    finally:
        sys.setswitchinterval(interval)
    assert tiles == {alone}


def test_where_a_raster_does_not_reach_a_tile_is_transparent(address):
    image = matplotlib.image.imread(io.BytesIO(asked(f"{address}/tiles/evidence-0/5/0/0.png")))
    assert (image[..., 3] == 0).all()


def test_colours_run_from_one_end_of_the_limits_to_the_other(run, tmp_path):
    path = tmp_path / "steps.tif"
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": 1, "width": 2}
    transform = rasterio.transform.from_bounds(0, 0, 2, 1, 2, 1)
    with rasterio.open(path, "w", crs=4326, transform=transform, **profile) as raster:
        raster.write(np.array([[[5.0, 9.0]]], np.float32))
    layer = ViewLayer(str(path), 1, (5.0, 9.0))
    [left] = tms.get("WebMercatorQuad").tiles(0.4, 0.4, 0.6, 0.6, zooms=8)
    [right] = tms.get("WebMercatorQuad").tiles(1.5, 0.4, 1.6, 0.6, zooms=8)
    for one, expected in ((left, "#440154"), (right, "#fde725")):
        image = matplotlib.image.imread(io.BytesIO(tile(layer, 8, one.x, one.y)))
        colours = image[image[..., 3] == 1][:, :3]
        found = "#" + "".join(f"{part:02x}" for part in (colours[0] * 255).round().astype(int))
        assert found == expected


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {"Host": "elsewhere.example:80"}, 403),
        ("/tiles/none/1/0/0.png", {}, 404),
        ("/library/../../secret", {}, 404),
        ("/values?lon=x&lat=1", {}, 400),
        ("/values", {}, 400),
        ("/tiles/evidence-0/a/0/0.png", {}, 400),
    ],
)
def test_what_is_not_there_or_not_for_others_is_refused(address, path, headers, status):
    with pytest.raises(urllib.error.HTTPError) as caught:
        asked(address + path, **headers)
    with caught.value as error:
        assert error.code == status


def test_a_folder_without_a_map_and_a_port_that_is_taken_are_refused(run, address, tmp_path):
    with pytest.raises(ProjectError, match="holds no map of a run"):
        gp.serve(tmp_path)
    with pytest.raises(OutputError, match="port cannot be listened on"):
        gp.serve(run, port=int(address.rpartition(":")[2]))
    done = CliRunner().invoke(main, ["view", str(tmp_path), "--no-browser"])
    assert done.exit_code == 1
    assert "holds no map of a run" in done.output


def test_a_missing_library_is_named_with_the_line_that_installs_it(run, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "rio_tiler", None)
    with pytest.raises(GeoprospectError, match=r'pip install "geoprospect\[view\]"'):
        gp.serve(run)


def test_the_page_reads_a_cell_where_the_pointer_is(address, run, browser):
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    said, wanted = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: wanted.append(request.url))
    page.goto(address)
    page.wait_for_selector("img.leaflet-tile-loaded")
    with rasterio.open(run / "prospectivity.tif") as raster:
        longitude, latitude = place_of(raster, 30, 22)
        score = float(raster.read(1)[30, 22])
    spot = page.evaluate(
        "place => map.latLngToContainerPoint(place)", {"lat": latitude, "lng": longitude}
    )
    box = page.locator("#map").bounding_box()
    page.mouse.move(box["x"] + spot["x"], box["y"] + spot["y"])
    page.wait_for_function("document.querySelector('label output').textContent !== ''")
    assert float(page.locator("label output").first.inner_text()) == pytest.approx(score, rel=1e-3)
    with rasterio.open(run / "leading_layer.tif") as raster:
        leading = "ABC"[int(raster.read(1)[30, 22]) - 1]
    [title] = [one.title for one in View.of(run).listed.values() if "contributes most" in one.title]
    label = page.locator("label", has=page.get_by_label(title))
    assert label.locator("output").inner_text() == leading
    label.click()
    page.wait_for_function("document.querySelectorAll('#legend div').length === 3")
    assert page.locator("#legend").inner_text().split() == ["A", "B", "C"]
    page.get_by_label("B", exact=True).check()
    page.wait_for_function("[...document.querySelectorAll('img.leaflet-tile')].some("
                           "tile => tile.src.includes('evidence-1'))")  # fmt: skip
    faults = faults_on(page)
    page.close()
    assert faults == []
    assert said == []
    assert [url for url in wanted if not url.startswith((address, "data:"))] == []


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A raster of many cells without overviews, whose values are those of column and row."""
    path = tmp_path_factory.mktemp("large") / "large.tif"
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": 2100, "width": 2100,
               "nodata": LEAST, "crs": "EPSG:3857", "tiled": True, "blockxsize": 256,
               "blockysize": 256, "compress": "deflate", "zlevel": 1,
               "transform": rasterio.Affine(100, 0, 0, 0, -100, 0)}  # fmt: skip
    values = np.add(*np.mgrid[0:2100, 0:2100], dtype=np.float32)
    values[:, 1050:] = LEAST
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(values, 1)
    return path


def test_colours_of_a_large_raster_without_overviews_come_from_a_few_of_its_blocks(large):
    layer = Listed("x", "x", "x", str(large), 1).laid_out()
    # 2% of its half lie in the corner where column and row add up to less than 297, as many where
    # they add up to more than 2,851.
    assert layer.copy is not None
    assert layer.limits == pytest.approx((297, 2851), abs=250)


def test_a_large_raster_without_overviews_is_read_whole_once_however_many_tiles(large):
    layer = Listed("x", "x", "x", str(large), 1).laid_out()
    whole = tms.get("WebMercatorQuad").tile(0.9, -0.9, 6)
    with ThreadPoolExecutor(4) as pool:
        tiles = set(pool.map(lambda _: tile(layer, whole.z, whole.x, whole.y), range(8)))
    assert len(tiles) == 1
    first = layer.copy.file
    assert layer.copy.file is first
    with first.open() as small:
        assert max(small.shape) <= 2048
        assert small.bounds == pytest.approx((0, -210_000, 210_000, 0))
    # A pixel of either is that of its place: transparent east of the middle, the ramp before it.
    pixels = matplotlib.image.imread(io.BytesIO(tiles.pop()))
    half, side = np.pi * 6_378_137, 2 * np.pi * 6_378_137 / 2**6
    west, north = whole.x * side - half, half - whole.y * side
    x, y = (np.arange(256) + 0.5) * side / 256 + west, north - (np.arange(256) + 0.5) * side / 256
    inside = ((x >= 0) & (x < 105_000))[None] & ((y <= 0) & (y > -210_000))[:, None]
    assert (pixels[..., 3] == inside).mean() > 0.99
    near = tms.get("WebMercatorQuad").tile(0.3, -0.3, 13)
    close = matplotlib.image.imread(io.BytesIO(tile(layer, near.z, near.x, near.y)))
    assert (close[..., 3] == 1).all()


@pytest.mark.parametrize(("best", "expected"), [(0, [0, 0, 0, 0, 0]), (3, [3, 3, 3, 3, 3])])
def test_cells_of_one_score_are_no_best_part_of_the_area_that_is_smaller(tmp_path, best, expected):
    path = tmp_path / "map.tif"
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": 20, "width": 20}
    scores = np.full((20, 20), 0.7, np.float32)
    scores.flat[:best] = 0.9  # of four, which are 1%
    with rasterio.open(path, "w", crs=3857, transform=rasterio.Affine.scale(9, -9), **profile) as r:
        r.write(scores, 1)
    breaks = Listed("x", "x", "x", str(path), 1, is_score=True).laid_out().breaks
    held = [int((scores >= least).sum()) for least, *_ in breaks]
    assert held == [*expected, 400]
