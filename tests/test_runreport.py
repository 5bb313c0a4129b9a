"""The report of a run, read in a real browser; and its figures for papers."""

import base64
import io
import json
import re
import shutil
import zlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from chromium import faults_on
from click.testing import CliRunner
from matplotlib.image import imread
from rasterio.crs import CRS
from smallproject import PROJECT, SHAPE, TRANSFORM, TUNED, write_project, write_raster

import geoprospect as gp
from geoprospect.cli import main
from geoprospect.grid import Grid
from geoprospect.project import results
from geoprospect.project.report.curves import draw_folds
from geoprospect.project.report.material import Material
from geoprospect.project.report.page import map_grid
from geoprospect.project.report.picture import Picture, packed_numbers
from geoprospect.project.report.shownmap import picture_of, shown_map

LOGISTIC = PROJECT.replace(TUNED, 'strategy = "logistic-regression"\n').partition(
    "training = { epochs"
)[0]
TARGETS = [(2, 0.9, 4.0, 3, 30), (1, 0.95, 12.5, 20, 10), (3, 0.7, 0.5, 40, 5)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with contributions, and targets beside it."""
    path = write_project(tmp_path_factory.mktemp("run"))
    path.write_text(LOGISTIC + "[products]\ncontributions = true\n")
    done = CliRunner().invoke(main, ["run", str(path)])
    assert done.exit_code == 0, done.output
    folder = path.parent / "out"
    assert f"Open {folder / 'report.html'} in a browser" in done.stdout
    shapes = [box(row, column) for *_, row, column in TARGETS]
    table = {
        name: [one[k] for one in TARGETS]
        for k, name in enumerate(("rank", "max_score", "area_km2"))
    }
    gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:32608").to_file(folder / "targets.gpkg")
    write_beside(folder)
    assert gp.write_report(folder, overwrite=True) == str(folder / "report.html")
    return folder


def write_beside(folder):
    """Write what says how sure a map is, where it holds and what it rests on, as commands do."""
    rows, columns = np.indices(SHAPE)
    with rasterio.open(folder / "prospectivity.tif") as raster:
        profile = {key: raster.profile[key] for key in ("crs", "transform", "width", "height")}
    for name, layers in {
        "uncertainty": {
            "standard deviation of the score": rows / 100,
            "probability of being in the best 10% of the area": columns / 40,
        },
        "applicability": {"inside the area of applicability": columns >= 10},
    }.items():
        with rasterio.open(
            folder / f"{name}.tif",
            "w",
            driver="GTiff",
            dtype="float32",
            count=len(layers),
            **profile,
        ) as raster:
            for band, (title, values) in enumerate(layers.items(), start=1):
                raster.write(values.astype(np.float32), band)
                raster.set_band_description(band, title)
    (folder / "applicability.json").write_text('{"inside": 0.75}')
    drops = [(["A"], 0.2, [0.1, 0.3]), (["C"], 0.01, [-0.02, 0.04])]
    single = [
        {"layers": layers, "worth": {"value": value, "interval": interval}}
        for layers, value, interval in drops
    ]
    importance = {"figure": "auc", "value": 0.8, "single": single, "groups": []}
    use = {"remarks": ["The map rests on A."], "importance": importance}
    (folder / "importance.json").write_text(json.dumps(use))


def box(row, column):
    (left, top), (right, bottom) = TRANSFORM * (column, row), TRANSFORM * (column + 2, row + 2)
    return shapely.box(left, bottom, right, top)


@pytest.fixture(scope="module")
def page(browser, run):
    """The report, opened from its file; what it said and asked for is kept with it."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((run / "report.html").as_uri())
    page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
    page.said, page.asked = said, asked
    yield page
    page.close()


def drawn(page):
    """The pixels of the map, once it is drawn."""
    address = page.evaluate(
        """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
        done(document.getElementById("map").toDataURL("image/png")))))"""
    )
    picture = imread(io.BytesIO(base64.b64decode(address.partition(",")[2])))
    return np.rint(255 * picture[..., :3]).astype(int)


def read(page):
    """What the page says of the cell that it reads."""
    cells = page.locator("#reading dd")
    told = {one.get_attribute("data-key"): one.inner_text() for one in cells.all()}
    place = page.locator("#reading")
    return int(place.get_attribute("data-row")), int(place.get_attribute("data-column")), told


def bands(path):
    with rasterio.open(path) as raster:
        return raster.read(masked=True).astype(float).filled(np.nan)


@pytest.mark.parametrize("share", [(0.1, 0.3), (0.52, 0.71), (0.93, 0.08)])
def test_pointing_at_the_map_reads_the_cell_there_as_rasterio_does(page, run, share):
    page.locator("#whole").click()
    canvas = page.locator("#map")
    canvas.scroll_into_view_if_needed()
    frame = canvas.bounding_box()
    # The whole map, of square cells, stands in the middle of the canvas.
    side = min(frame["width"] / SHAPE[1], frame["height"] / SHAPE[0])
    left = frame["x"] + (frame["width"] - side * SHAPE[1]) / 2
    top = frame["y"] + (frame["height"] - side * SHAPE[0]) / 2
    row, column = int(share[0] * SHAPE[0]), int(share[1] * SHAPE[1])
    page.mouse.move(left + (column + 0.5) * side, top + (row + 0.5) * side)
    found = read(page)
    assert found[:2] == (row, column)
    score = bands(run / "prospectivity.tif")[0]
    told = found[2]
    assert float(told["score"]) == pytest.approx(score[row, column], abs=0.00051)
    better = np.mean(score[np.isfinite(score)] >= score[row, column])
    part = re.fullmatch(r"in the best ([\d.]+)% of the area", told["rank"])
    assert (
        told["rank"] == "in the lower half of the area"
        if better > 0.505
        else (float(part[1]) / 100 == pytest.approx(better, abs=0.011))
    )
    shares = bands(run / "contributions.tif")[:3, row, column]
    first, value = re.match(r"(\w+) \((\S+?)\)", told["reasons"]).groups()
    assert first == told["leading"] == "ABC"[np.abs(shares).argmax()]
    assert float(value.replace("−", "-")) == pytest.approx(shares["ABC".index(first)], abs=0.06)
    assert "25% of the map lies outside" in page.locator(".beware").inner_text()
    assert float(told["uncertainty-1"]) == pytest.approx(row / 100, abs=0.0051)
    assert float(told["uncertainty-2"].rstrip("%")) == pytest.approx(100 * column / 40, abs=0.51)
    inside = "yes" if column >= 10 else "no: unlike all training cells"
    assert told["applicability-1"] == inside
    easting, northing = TRANSFORM * (column + 0.5, row + 0.5)
    assert told["place"] == f"{easting / 1000:,.2f} km, {northing / 1000:,.2f} km"


def test_a_cell_without_a_value_says_so(page):
    page.locator("#map").focus()
    for key in ["0", *["Shift+ArrowUp"] * 6, *["Shift+ArrowLeft"] * 5]:
        page.keyboard.press(key)
    row, column, told = read(page)
    assert (row, column, told["score"]) == (0, 0, "no value")  # the first two rows have none


def test_a_tap_on_a_phone_reads_the_cell_and_the_page_still_scrolls(browser, run):
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = phone.new_page()
    page.goto((run / "report.html").as_uri())
    page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
    canvas = page.locator("#map")
    canvas.scroll_into_view_if_needed()
    frame = canvas.bounding_box()
    side = min(frame["width"] / SHAPE[1], frame["height"] / SHAPE[0])
    left = frame["x"] + (frame["width"] - side * SHAPE[1]) / 2
    top = frame["y"] + (frame["height"] - side * SHAPE[0]) / 2
    page.touchscreen.tap(left + 7.5 * side, top + 12.5 * side)
    assert read(page)[:2] == (12, 7)
    # Up and down are the page's while the whole map is seen, and the map's once it is zoomed.
    assert canvas.evaluate("x => x.style.touchAction") in ("", "pan-y")
    page.locator("#closer").click()
    assert canvas.evaluate("x => x.style.touchAction") == "none"
    phone.close()


def test_arrow_keys_choose_a_cell_and_speak_it(page, run):
    page.locator("#map").focus()
    for key in [*["Shift+ArrowUp"] * 6, *["Shift+ArrowLeft"] * 5, *["ArrowDown"] * 3, "ArrowRight"]:
        page.keyboard.press(key)
    row, column, told = read(page)
    assert (row, column) == (3, 1)
    assert told["score"] in page.locator("#spoken").inner_text()


def test_a_heading_sorts_the_targets_and_a_click_shows_one_on_the_map(page):
    rows = page.locator("#targets tbody tr")
    assert [row.locator("td").first.inner_text() for row in rows.all()] == ["2", "1", "3"]
    heading = page.locator("#targets th", has_text="area, km²")
    for order, ranks in (("ascending", ["3", "2", "1"]), ("descending", ["1", "2", "3"])):
        heading.locator("button").click()
        assert heading.get_attribute("aria-sort") == order
        assert [row.locator("td").first.inner_text() for row in rows.all()] == ranks
    page.get_by_label("Show target 1 on the map").click()
    assert page.locator("#targets tr.chosen td").first.inner_text() == "1"
    assert read(page)[:2] == (21, 11)  # in the middle of its four cells


def test_the_map_is_drawn_in_the_colours_of_its_legend(page):
    page.locator("#whole").click()
    page.select_option("#layer", label="prospectivity, by area")
    page.locator("#show-doubt").uncheck()
    colours, counts = np.unique(drawn(page).reshape(-1, 3), axis=0, return_counts=True)
    n_of = {"rgb({}, {}, {})".format(*colour): n for colour, n in zip(colours, counts, strict=True)}
    patches = page.locator("#legend .patch")
    legend = [one.evaluate("x => getComputedStyle(x).backgroundColor") for one in patches.all()]
    seen = np.array([n_of.get(colour, 0) for colour in legend], float)
    wanted = np.array([0.01, 0.04, 0.05, 0.1, 0.3, 0.5])
    # Points, targets, lines and signs lie over some of it.
    np.testing.assert_allclose(seen / seen.sum(), wanted, atol=0.03)
    assert (seen > 0).all()


def test_ground_where_the_map_does_not_hold_is_hatched(page):
    def dark():
        picture = (drawn(page) < 30).all(axis=2)
        halves = np.array_split(picture, 2, axis=1)
        return [int(half.sum()) for half in halves]

    page.locator("#whole").click()
    page.locator("#show-doubt").uncheck()
    before = dark()
    page.locator("#show-doubt").check()
    hatched = dark()
    assert hatched[0] > before[0] + 1000  # in the first ten columns of forty
    assert hatched[1] == before[1]


def test_what_layers_are_worth_is_told_with_what_is_sure(page):
    rows = page.locator("#use ~ .pair table").first.locator("tbody tr")
    assert [row.inner_text().split("\t") for row in rows.all()] == [
        ["A", "+0.200", "+0.100 to +0.300"],
        ["C", "+0.010", "−0.020 to +0.040"],
    ]
    assert rows.nth(0).locator(".sure").count() == 1
    assert rows.nth(1).locator(".sure").count() == 0


def test_targets_are_cards_on_a_phone_that_sort_and_need_no_scrolling_aside(page):
    page.set_viewport_size({"width": 390, "height": 844})
    table = page.locator(".targets")
    assert table.evaluate("x => x.scrollWidth <= x.clientWidth")
    page.locator("#targets th", has_text="greatest score").locator("button").click()
    ranks = [
        row.locator("td").first.inner_text() for row in page.locator("#targets tbody tr").all()
    ]
    assert ranks == ["3", "2", "1"]
    page.set_viewport_size({"width": 1400, "height": 1000})


def test_figures_have_letters_that_can_be_read_on_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    # 84 mm are 317 pixels of CSS: letters of 6.5 points stay as large, or grow.
    widths = page.evaluate("[...document.querySelectorAll('.pair img')].map(x => x.clientWidth)")
    page.set_viewport_size({"width": 1400, "height": 1000})
    assert widths
    assert min(widths) >= 317


def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(page):
    assert faults_on(page) == []
    page.set_viewport_size({"width": 1400, "height": 1000})


def test_nothing_leaves_the_machine_and_the_console_stays_silent(page):
    page.reload()
    page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
    assert page.said == []
    assert page.asked
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_print_shows_the_map_and_every_column(browser, run):
    page = browser.new_page(viewport={"width": 680, "height": 900})  # A4 less its margins
    page.goto((run / "report.html").as_uri())
    page.emulate_media(media="print")
    assert page.locator(".printed img").is_visible()
    assert not page.locator("#map").is_visible()
    edges = page.locator("td, th, img").evaluate_all(
        "all => all.map(x => x.getBoundingClientRect().right)"
    )
    assert max(edges) <= 680
    # A button is not painted again where a table goes on: headings are letters on paper.
    assert page.locator("#targets th button:visible").count() == 0
    assert page.locator("#targets th .inked").first.inner_text() == "rank"
    page.close()


def test_a_report_is_small_and_names_no_folder_of_the_machine(run):
    page = (run / "report.html").read_text()
    assert len(page.encode()) < 8_000_000
    assert str(run) not in page
    assert str(run.parent) not in page
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)[^\"]*", page)


def test_a_run_of_occurrences_alone_without_validation_has_its_report(tmp_path):
    path = write_project(tmp_path)
    head, _, rest = LOGISTIC.partition("validation =")
    head = head.replace('"occurrence" }', '"occurrence", where = "occurrence = 1" }')
    path.write_text(
        head + "[points.non_occurrences]\ndraws = 2\n" + rest[rest.index("\n[model]") :]
    )
    summary = gp.run(path)
    page = (tmp_path / "out" / "report.html").read_text()
    share = summary.scores["training"].curve.captured_in(0.1)
    assert f"holds {share:.0%} of the 57 deposits that it was made from" in page
    assert "No deposits were kept apart to check it with" in page


def test_the_manifest_lists_the_report_and_a_product_added_later_is_shown(run, tmp_path):
    folder = tmp_path / "out"
    shutil.copytree(run, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (
        manifest["outputs"]["report.html"]
        == results.checksums(folder, (results.REPORT,))["report.html"]
    )
    refused = CliRunner().invoke(main, ["report", str(folder)])
    assert refused.exit_code == 1
    assert "--overwrite" in refused.output
    # The project writes elsewhere: its points are not known, and the page says so.
    done = CliRunner().invoke(main, ["report", str(folder), "--overwrite"])
    assert done.exit_code == 0, done.output
    assert "does not show all points" in (folder / "report.html").read_text()


def test_figures_for_papers_are_as_wide_as_columns_at_300_dots_an_inch(run, tmp_path):
    done = CliRunner().invoke(main, ["report", str(run), "--figures", str(tmp_path / "figures")])
    assert done.exit_code == 0, done.output
    files = [Path(line) for line in done.stdout.splitlines()]
    assert {path.stem for path in files} == {
        "map", "rate-curves", "prediction-area", "prediction-area-training", "importance",
        "contributions",
    }  # fmt: skip
    for path in files:
        width = 174 if path.stem == "map" else 84
        if path.suffix == ".png":
            assert imread(path).shape[1] == pytest.approx(width / 25.4 * 300, abs=1)
        else:
            text = path.read_bytes()
            found = float(re.search(rb"/MediaBox \[ 0 0 ([\d.]+)", text)[1])
            assert found == pytest.approx(width / 25.4 * 72, abs=0.01)
            assert b"/FontFile2" in text or b"/Type42" in text


def test_a_large_map_is_shown_by_the_cells_in_the_middle_of_pixels(tmp_path):
    values = np.arange(3000 * 12, dtype=np.float32).reshape(3000, 12)
    write_raster(tmp_path / "large.tif", values)
    picture = Picture.of(Grid(CRS.from_epsg(32608), TRANSFORM, values.shape), 1000)
    assert picture.shape == (1000, 4)
    pixels = picture.read(tmp_path / "large.tif", [1])[0]
    np.testing.assert_array_equal(pixels, values[1::3, 1::3])
    easting, northing = picture.transform * (2.5, 7.5)
    assert (easting, northing) == pytest.approx(TRANSFORM * (7.5, 22.5))


def test_a_raster_that_runs_from_south_to_north_is_shown_upright(tmp_path):
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    up = Affine(100, 0, 500_000, 0, 100, 7_000_000)
    write_raster(tmp_path / "up.tif", values, transform=up)
    picture = Picture.of(Grid(CRS.from_epsg(32608), up, values.shape), 1000)
    np.testing.assert_array_equal(picture.read(tmp_path / "up.tif", [1])[0], values[::-1])
    assert picture.transform * (0, 0) == (500_000, 7_000_400)
    x, y = picture.places(np.array([500_050.0]), np.array([7_000_050.0]))
    assert (x[0], y[0]) == (0.5, 3.5)


def test_the_names_of_regions_have_room_in_the_width_of_a_column():
    n = 7
    folds = {"easting": range(n), "northing": range(n), "occurrence": [1] * n,
             "fold": range(1, n + 1)}  # fmt: skip
    figure = draw_folds(folds, (0.001, ("easting (km)", "northing (km)")))
    figure.draw_without_rendering()
    [legend] = figure.legends
    box = legend.get_window_extent()
    assert len(legend.get_texts()) == n
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width


@pytest.mark.parametrize(
    ("crs", "affine", "metres", "north"),
    [
        # A degree of the sphere is some 111 km, and half of that across at 60° N.
        ("EPSG:4326", Affine(0.01, 0, -135.2, 0, -0.01, 60.24), 556, 0),
        # Turned by 30° anticlockwise, so that north is to the right of up.
        ("EPSG:32608", Affine.translation(5e5, 7e6) * Affine.rotation(30) * Affine.scale(100, -100),
         100, np.pi / 6),
    ],
)  # fmt: skip
def test_a_map_in_degrees_or_rotated_has_its_scale_and_its_north(
    run, tmp_path, crs, affine, metres, north
):
    folder = tmp_path / "out"
    shutil.copytree(run, folder)
    (folder / "targets.gpkg").unlink()
    with rasterio.open(folder / "prospectivity.tif", "r+", IGNORE_COG_LAYOUT_BREAK="YES") as raster:
        raster.crs, raster.transform = crs, affine
    grid = map_grid(folder)
    material = Material.read(folder, grid)
    data = shown_map(material, picture_of(material, grid))
    assert data["metres"] == pytest.approx(metres, rel=0.01)
    assert data["north"] == pytest.approx(north, abs=1e-6)
    assert data["aspect"] * data["metres"] == pytest.approx(
        1112 if north == 0 else 100, rel=0.01
    )  # a hundredth of a degree of latitude


def test_numbers_are_written_within_a_step_of_their_range():
    values = np.random.default_rng(4).normal(size=(7, 9))
    values[2, 3] = np.nan
    packed = packed_numbers(values)
    raw = np.frombuffer(zlib.decompress(base64.b64decode(packed["data"])), np.uint8)
    steps = (
        np.cumsum(raw[:63].reshape(7, 9) + 256 * raw[63:].reshape(7, 9).astype(int), axis=1) % 65536
    )
    assert (steps == 0).sum() == 1
    assert steps[2, 3] == 0
    read = packed["low"] + (steps - 1) * (packed["high"] - packed["low"]) / 65534
    apart = np.abs(read - values)[np.isfinite(values)]
    assert apart.max() <= (values[np.isfinite(values)].max() - np.nanmin(values)) / 65534


@pytest.mark.parametrize(
    ("scores", "held"),
    [
        ([0.7] * 400, {0.01: 0, 0.1: 0, 0.5: 0, 1.0: 400}),
        ([0.9] * 40 + [0.7] * 360, {0.01: 0, 0.1: 40, 0.2: 40, 0.5: 40, 1.0: 400}),
        (np.arange(400) / 400, {0.01: 4, 0.1: 40, 0.5: 200, 1.0: 400}),
    ],
)
def test_cells_of_one_score_are_no_best_part_of_the_area_that_is_smaller(scores, held):
    values = np.array(scores, np.float32).reshape(20, 20)
    picture = Picture.of(Grid(CRS.from_epsg(32608), TRANSFORM, values.shape), 1000)
    least = dict(picture.area_steps(values))
    assert {share: int((values >= least[share]).sum()) for share in held} == held
