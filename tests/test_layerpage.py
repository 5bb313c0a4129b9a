"""The page of the layers: read thinned out in little memory, drawn where they lie, with points."""

import base64
import io
import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import ClassVar

import matplotlib.image
import numpy as np
import pytest
import rasterio
from affine import Affine
from chromium import faults_of
from click.testing import CliRunner
from rasterio.crs import CRS
from smallproject import PROJECT, SHAPE, TRANSFORM, TUNED, write_project, write_raster

import geoprospect as gp
from geoprospect.cli import main
from geoprospect.evidence import Categorical, EvidenceStack, HorizontalGradient, RasterBand
from geoprospect.evidence.inspection.thinning import lattice, thinned
from geoprospect.grid import Grid
from geoprospect.report.layers import draw_classes, draw_layer, draw_legend

LOGISTIC = PROJECT.replace(TUNED, 'strategy = "logistic-regression"\n').partition(
    "training = { epochs"
)[0]
RNG = np.random.default_rng(8)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a layer of classes."""
    path = write_project(tmp_path_factory.mktemp("project"))
    codes = (np.indices(SHAPE)[0] // 6).astype("u1") + 3
    write_raster(path.parent / "rasters" / "rocks.tif", codes, nodata=None)
    line = 'rocks = { path = "rasters/rocks.tif", kind = "categorical" }\n'
    text = LOGISTIC.replace('B = "rasters/B.tif"\nC = "rasters/C.tif"\n', line)
    path.write_text(text)
    return path


def n_colours(image):
    return np.unique(image.round().astype(np.int64) @ [65536, 256, 1]).size


@pytest.fixture(scope="module")
def page(project):
    """The page of its layers."""
    page = project.with_name("layers.html")
    result = check(project, "--pictures", page)
    assert result.exit_code == 0, result.output
    assert f"pictures of the layers: {page}" in result.stdout
    return page


def check(path, *options):
    return CliRunner().invoke(main, ["check", str(path), *map(str, options)])


class Pictures(HTMLParser):
    """The sources and alternative texts of a page's pictures, and whatever it would load."""

    def __init__(self, text):
        super().__init__()
        self.images, self.loads = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "img":
            self.images.append((attributes["src"], attributes["alt"]))
        if tag in ("script", "link", "iframe"):
            self.loads.append(tag)


def pixels(source):
    head, data = source.split(",")
    assert head == "data:image/png;base64"
    return matplotlib.image.imread(io.BytesIO(base64.b64decode(data)))[..., :3]


def test_the_page_holds_a_picture_of_each_layer_and_loads_nothing(page):
    text = page.read_text(encoding="utf-8")
    found = Pictures(text)
    legend, *layers = found.images
    assert legend[0].startswith("data:image/svg+xml;base64,")
    assert [told for _, told in layers] == [f"Map and values of {name}" for name in ("A", "rocks")]
    for source, _ in layers:
        assert n_colours(pixels(source) * 255) > 50
    assert not found.loads
    assert "http" not in re.sub(r"data:[^\"]*", "", text)
    assert "8 classes; 100.0% of the cells" in text


def test_the_legend_of_the_layers_lies_whole_in_its_picture():
    figure = draw_legend({"training occurrences": 950, "validation occurrences": 120, "others": 50})
    figure.canvas.draw()
    words = figure.axes[0].get_legend().get_window_extent()
    assert figure.bbox.x0 <= words.x0 < words.x1 <= figure.bbox.x1
    assert figure.bbox.y0 <= words.y0 < words.y1 <= figure.bbox.y1


def test_the_page_is_for_all_readers_on_a_desk_and_on_a_phone(page, browser):
    assert faults_of(browser, page) == []


def test_a_page_is_never_replaced_unasked_and_else_the_same_again(project, page):
    first = page.read_bytes()
    refused = check(project, "--pictures", page)
    assert refused.exit_code == 1
    assert "exists" in str(refused.exception) + refused.output
    checked = gp.check(project, pictures=page, overwrite=True)
    assert page.read_bytes() == first
    assert len(checked) == len(checked.findings) == len(list(checked))


def test_other_names_are_wrong_usage_and_what_is_read_is_never_replaced(project, tmp_path):
    assert check(project, "--pictures", tmp_path / "layers.png").exit_code == 2
    read = project.with_name("project.html")
    read.write_text(project.read_text())
    result = check(read, "--pictures", read, "--overwrite")
    assert result.exit_code == 1
    assert read.read_text() == project.read_text()


def test_without_evidence_no_page_is_written_and_that_is_told(project, tmp_path):
    broken = project.with_name("broken.toml")
    broken.write_text(project.read_text().replace("rasters/A.tif", "rasters/none.tif"))
    page = tmp_path / "layers.html"
    result = check(broken, "--pictures", page)
    assert result.exit_code == 1
    assert "not written, because the evidence cannot be read" in result.stdout
    assert not page.exists()


def test_without_points_the_layers_are_drawn_all_the_same(project, tmp_path):
    broken = project.with_name("pointless.toml")
    broken.write_text(project.read_text().replace("training.gpkg", "none.gpkg"))
    page = tmp_path / "layers.html"
    assert check(broken, "--pictures", page).exit_code == 1
    assert len(Pictures(page.read_text()).images) == 3


@pytest.mark.parametrize("tiled", [False, True])
def test_a_large_layer_is_thinned_to_cells_of_its_own(tmp_path, tiled):
    values = np.arange(700 * 900, dtype="f4").reshape(700, 900)
    values[:40] = np.nan
    blocks = {"tiled": True, "blockxsize": 128, "blockysize": 64} if tiled else {}
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", dtype="float32", count=1, height=700, width=900,
        crs="EPSG:32608", transform=TRANSFORM, **blocks,
    ) as raster:  # fmt: skip
        raster.write(values, 1)
    with EvidenceStack.open([RasterBand("a", str(tmp_path / "a.tif"))]) as stack:
        [(column, names, picture)] = thinned(stack, longest=90)
    assert (column.name, names, picture.shape) == ("a", ("a",), (1, 70, 90))
    np.testing.assert_array_equal(picture[0], values[5::10, 5::10])


def test_a_small_layer_is_taken_whole_and_a_column_that_looks_about_is_the_same(tmp_path):
    values = RNG.normal(size=(60, 50)).astype("f4")
    write_raster(tmp_path / "a.tif", values, nodata=None)
    band = RasterBand("a", str(tmp_path / "a.tif"))
    with EvidenceStack.open([band, HorizontalGradient("slope", (band,))]) as stack:
        whole = [picture[0] for _, _, picture in thinned(stack)]
        np.testing.assert_array_equal(np.stack(whole), stack.read().values)
        rows, columns = lattice((60, 50), 21)
        few = [picture[0] for _, _, picture in thinned(stack, longest=21)]
        np.testing.assert_array_equal(np.stack(few), stack.read().values[:, rows[:, None], columns])


@dataclass(frozen=True)
class Ramp:
    """A layer made up, on a grid of a hundred million cells; it counts the cells it is asked for.

    It is valid everywhere.
    """

    name: str
    grid: Grid
    halo: ClassVar[int] = 0
    block_shape: ClassVar[tuple[int, int]] = (512, 512)
    asked: ClassVar[list[tuple[int, int]]] = []

    @property
    def names(self):
        return (self.name,)

    def open(self, grid=None):
        return self

    def read(self, window, out):
        self.asked.append((window.height, window.width))
        out[0] = np.arange(window.row_off, window.row_off + window.height)[:, None]
        out[0] += np.arange(window.col_off, window.col_off + window.width) / 1e5

    def close(self):
        pass


def test_of_a_hundred_million_cells_few_rows_are_read_and_little_at_a_time():
    grid = Grid(CRS.from_epsg(32608), TRANSFORM, (10_000, 10_000))
    with EvidenceStack.open([Ramp("ramp", grid)]) as stack:
        [(_, _, picture)] = thinned(stack)
    assert picture.shape == (1, 400, 400)
    assert picture[0, 3, 0] == pytest.approx(12 + 75 + 12 / 1e5)
    asked = np.prod(Ramp.asked, axis=1)
    assert asked.sum() <= 400 * 10_000
    assert asked.max() <= 10_000


def drawn(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3]


def colour_at(figure, easting, northing):
    """Give the colour of the map at a place, in km."""
    image = drawn(figure)
    x, y = figure.axes[0].transData.transform((easting, northing))
    return tuple(int(part) for part in image[int(image.shape[0] - y), int(x)])


@pytest.mark.parametrize("flipped", [False, True])
def test_the_map_lies_as_the_grid_does(flipped):
    values = np.zeros((4, 6), "f4")
    values[0, 0] = 1  # the upper left corner, or the lower left one of a grid from south up
    transform = Affine(1000, 0, 500_000, 0, 1000 if flipped else -1000, 7_000_000)
    figure = draw_layer(values, Grid(CRS.from_epsg(32608), transform, (4, 6)))
    first = 7000.5 if flipped else 6999.5
    high, low = colour_at(figure, 500.5, first), colour_at(figure, 505.5, first)
    assert high[0] > 200 > low[0]  # yellow, violet
    assert colour_at(figure, 500.5, 7003.5 if flipped else 6996.5) == low


def test_cells_without_a_value_are_grey_and_points_are_where_they_lie():
    values = np.ones((40, 40), "f4")
    values[:10] = np.nan
    grid = Grid(CRS.from_epsg(32608), Affine(100, 0, 500_000, 0, -100, 7_000_000), (40, 40))
    places = np.array([501_000.0, 999_999.0]), np.array([6_997_500.0, 0.0])
    figure = draw_layer(values, grid, [places])
    red, green, blue = colour_at(figure, 502, 6999.5)
    assert red == green == blue == 228
    assert colour_at(figure, 501, 6997.5) == (255, 255, 255)  # the white of an occurrence
    assert len(figure.axes[0].lines) == 1
    assert figure.axes[0].lines[0].get_xdata().tolist() == [501.0]  # the other lies off the grid


def test_a_skewed_layer_shows_what_most_of_its_cells_hold():
    values = RNG.lognormal(0, 2, (80, 80)).astype("f4")
    grid = Grid(CRS.from_epsg(32608), TRANSFORM, (80, 80))
    figure = draw_layer(values, grid, occurrences=[values.max(), 1.0], unit="ppm")
    upper, lower = figure.axes
    least, most = upper.images[0].get_clim()
    assert least == pytest.approx(values.min())
    assert most == pytest.approx(np.quantile(values.astype("f8"), 0.99))
    assert lower.get_xlim() == (least, most)
    ticks = lower.lines[0].get_xdata()
    assert ticks.tolist() == pytest.approx([most, 1.0])  # what lies beyond stands at the end
    assert lower.get_xlabel() == f"ppm; 1% higher, up to {values.max():.4g}"
    heights = [bar.get_height() for bar in lower.patches]
    assert sum(heights) == ((values >= least) & (values <= most)).sum()


def test_few_values_have_a_bar_each_with_its_share():
    values = np.repeat([[0.0, 0, 0, 1]], 4, axis=0).astype("f4")
    figure = draw_layer(values, Grid(CRS.from_epsg(32608), TRANSFORM, (4, 4)))
    lower = figure.axes[1]
    assert [bar.get_height() for bar in lower.patches] == [12, 4]
    assert [text.get_text() for text in lower.texts] == ["75%", "25%"]
    assert [text.get_text() for text in lower.get_xticklabels()] == ["0", "1"]


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1)])
def test_a_map_of_one_row_or_column_is_no_line(shape):
    figure = draw_layer(np.ones(shape, "f4"), Grid(CRS.from_epsg(32608), TRANSFORM, shape))
    drawn(figure)
    box = figure.axes[0].get_window_extent()
    assert min(box.width, box.height) > 40


def test_a_layer_without_any_value_is_drawn_as_one():
    empty = np.full((4, 4), np.nan, "f4")
    figure = draw_layer(empty, Grid(CRS.from_epsg(32608), TRANSFORM, (4, 4)))
    assert n_colours(drawn(figure)) > 1


def test_classes_have_colours_of_their_own_and_the_rare_ones_share_a_grey():
    sizes = [9, 8, 7, 6, 5, 4, 3, 2]
    values = np.repeat(np.arange(8.0), sizes)[None].astype("f4")
    grid = Grid(CRS.from_epsg(32608), TRANSFORM, (1, 44))
    figure = draw_classes(values, list("abcdefgh"), grid, occurrences=[5, 0, 0, 0, 0, 0, 1, 2])
    bars = figure.axes[1].patches
    widths = np.array([9, 8, 7, 6, 5, 4, 3 + 2]) / 44
    np.testing.assert_allclose([bar.get_width() for bar in bars], widths)
    assert len({bar.get_facecolor() for bar in bars}) == 7
    texts = [text.get_text().strip() for text in figure.axes[1].texts]
    assert texts[0] == "20%, 5 occ."
    assert texts[-1] == "11%, 3 occ."
    names = [text.get_text() for text in figure.axes[1].get_yticklabels()]
    assert names == [*"abcdef", "2 others"]
    colours = figure.axes[0].images[0].cmap.colors
    assert colours[6] == colours[7] != colours[0]


def test_classes_of_a_stack_are_one_picture_and_gaps_stay_gaps(tmp_path):
    codes = np.repeat([[3, 3, 8, 0]], 12, axis=0).astype("u1")
    write_raster(tmp_path / "rocks.tif", codes, nodata=0)
    with EvidenceStack.open([Categorical("rocks", str(tmp_path / "rocks.tif"))]) as stack:
        [(column, names, values)] = thinned(stack)
    assert names == ("rocks=3", "rocks=8")
    assert replace(column, classes=None).names == ("rocks",)
    np.testing.assert_array_equal(values[:, 0], [[1, 1, 0, np.nan], [0, 0, 1, np.nan]])
