"""Pictures of maps and rate curves."""

import tracemalloc
from dataclasses import replace

import geopandas as gpd
import matplotlib
import numpy as np
import pytest
from affine import Affine
from mapfiles import centres, write_map, write_points
from matplotlib.colors import to_rgba
from matplotlib.image import imread
from rasterio.env import getenv

from geoprospect.errors import OutputError, ScoreError
from geoprospect.report.style import INK, NO_DATA
from geoprospect.scoring import PointsSource, uncertainty_of
from geoprospect.scoring.counting.scoremap import ScoreMap
from geoprospect.scoring.measures.ratecurve import rate_curve_of
from geoprospect.scoring.pictures import (
    draw_map,
    draw_rate_curves,
    write_map_picture,
    write_rate_curves,
)

VALUES = np.linspace(1.0, 0.05, 20, dtype=np.float32).reshape(4, 5)
CURVE = rate_curve_of(VALUES, VALUES[:2, 0])


def legend(figure):
    return [text.get_text() for box in figure.legends for text in box.get_texts()]


def test_a_legend_tells_each_curves_occurrences_and_area():
    figure = draw_rate_curves({"training": CURVE, "validation": CURVE}, title="Rate curves")
    axes = figure.axes[0]
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert [text.split(",")[0] for text in texts[:2]] == [
        f"{name} (n = 2): AUC {CURVE.auc:.2f}" for name in ("training", "validation")
    ]
    assert texts[-1].startswith("chance")
    assert axes.get_title(loc="left") == "Rate curves"


def test_a_legend_stays_within_the_axes_of_curves_however_long_their_names():
    sure = replace(CURVE, uncertainty=uncertainty_of(VALUES, VALUES[:2, 0]))
    name = "validation, excluding points that share a cell with training data"
    figure = draw_rate_curves({"training occurrences": sure, name: sure, "validation": sure})
    figure.draw_without_rendering()
    box, axes = figure.axes[0].get_legend().get_window_extent(), figure.axes[0].bbox
    assert axes.x0 <= box.x0
    assert box.x1 <= axes.x1


def test_a_legend_of_three_kinds_of_points_stays_within_the_picture_of_a_map(tmp_path):
    path = write_map(tmp_path / "map.tif", np.ones((10, 9), np.float32))
    place = centres([(2, 2)] * 238)
    names = ("non-occurrences", "training occurrences", "validation occurrences")
    figure = draw_map(path, dict.fromkeys(names, place))
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert figure.bbox.x0 <= box.x0
    assert box.x1 <= figure.bbox.x1


def test_the_line_is_the_curve_and_the_dot_what_a_tenth_holds():
    axes = draw_rate_curves({"training": CURVE}).axes[0]
    line, dot = axes.get_lines()[:2]
    assert (line.get_xdata() == CURVE.area).all()
    assert (line.get_ydata() == CURVE.captured).all()
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (0.1, CURVE.captured_in(0.1))


def test_a_band_and_its_intervals_are_drawn_where_the_curve_has_them():
    sure = uncertainty_of(VALUES, VALUES[:2, 0])
    axes = draw_rate_curves({"training": replace(CURVE, uncertainty=sure)}).axes[0]
    (band,) = axes.collections
    corners = band.get_paths()[0].vertices
    for area, low, high in zip(*sure.band, strict=True):
        ends = corners[np.isclose(corners[:, 0], area), 1]
        assert (ends.min(), ends.max()) == pytest.approx((low, high))
    text = axes.get_legend().get_texts()[0].get_text()
    assert f"({sure.auc:.2f})" in text
    assert f"({sure.captures[3].interval:.0%}) in the best 10%" in text
    assert not draw_rate_curves({"training": CURVE}).axes[0].collections


def test_many_curves_stay_apart_by_colour_and_stroke():
    lines = draw_rate_curves({str(k): CURVE for k in range(12)}).axes[0].get_lines()
    looks = {(x.get_color(), x.get_linestyle()) for x in lines if len(x.get_xdata()) > 1}
    assert len(looks) == 13  # with the diagonal; its vertical companion shares its colour


def test_pictures_are_whole_png_files_and_replaced_only_if_asked(tmp_path):
    path = tmp_path / "new" / "curves.png"
    write_rate_curves(path, {"training": CURVE})
    assert imread(path).shape == (1000, 1080, 4)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        write_rate_curves(path, {"validation": CURVE})
    assert path.read_bytes() == before
    write_rate_curves(path, {"validation": CURVE}, overwrite=True)
    assert path.read_bytes() != before
    assert [entry.name for entry in path.parent.iterdir()] == ["curves.png"]


def test_axes_of_a_map_are_in_kilometres_and_reach_its_corners(tmp_path):
    axes = draw_map(write_map(tmp_path / "map.tif", VALUES), title="Map").axes[0]
    assert axes.get_xlabel() == "easting (km)"
    assert axes.get_xlim() == pytest.approx((159.050, 165.050))
    assert axes.get_ylim() == pytest.approx((972.782, 977.582))
    assert axes.get_aspect() == 1
    assert axes.get_title(loc="left") == "Map"
    assert axes.child_axes[0].get_ylabel() == "prospectivity"


def test_a_map_has_a_scale_bar_of_a_round_length_a_north_arrow_and_its_crs(tmp_path):
    axes = draw_map(write_map(tmp_path / "map.tif", VALUES)).axes[0]
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["1 km", "N"]
    halves = [box for box in axes.patches if box.get_edgecolor() == to_rgba(INK)]
    # 5 cells of 1.2 km are 6 km across; the bar takes up to 28% of them, 1.68 km.
    assert sum(box.get_width() for box in halves) == pytest.approx(1 / 6)
    assert axes.get_title(loc="right") == "CRS: EPSG:3578"


def test_barren_points_are_drawn_small_and_do_not_take_the_marks_of_occurrences(tmp_path):
    path = write_map(tmp_path / "map.tif", VALUES)
    cells = centres([(0, 0)])
    figure = draw_map(path, {"non-occurrences": cells, "training occurrences": cells})
    barren, occurrences = figure.axes[0].get_lines()
    assert barren.get_markersize() < occurrences.get_markersize()
    assert to_rgba(occurrences.get_markerfacecolor()) == to_rgba("white")
    assert len(legend(figure)) == 2


def test_feet_become_kilometres(tmp_path):
    path = write_map(
        tmp_path / "map.tif", VALUES, crs="EPSG:2225", transform=Affine(5000, 0, 0, 0, -5000, 0)
    )
    assert draw_map(path).axes[0].get_xlim()[1] == pytest.approx(25 * 1200 / 3937)


def test_a_geographic_map_is_drawn_as_wide_as_it_is_at_its_latitude(tmp_path):
    path = write_map(
        tmp_path / "map.tif",
        VALUES,
        crs="EPSG:4326",
        transform=Affine(0.01, 0, -137, 0, -0.01, 60.02),
    )
    axes = draw_map(path).axes[0]
    assert axes.get_xlabel() == "longitude (°)"
    assert axes.get_aspect() == pytest.approx(2.0)  # cos 60° is one half


def test_a_rotated_map_keeps_its_cells_in_place(tmp_path):
    transform = Affine.translation(500000, 7000000) @ Affine.rotation(30) @ Affine.scale(100, -100)
    path = write_map(tmp_path / "map.tif", VALUES, transform=transform)
    axes = draw_map(path).axes[0]
    image = axes.get_images()[0]
    drawn = (image.get_transform() - axes.transData).transform((5, 4))
    assert drawn.tolist() == pytest.approx([x / 1000 for x in transform @ (5, 4)])
    assert axes.get_xlim()[0] == pytest.approx(500)


def test_occurrences_are_named_and_those_outside_are_neither_drawn_nor_counted(tmp_path):
    path = write_map(tmp_path / "map.tif", VALUES)
    figure = draw_map(path, {"training occurrences": centres([(0, 0), (3, 4), (40, 40)])})
    assert legend(figure) == ["training occurrences (n = 2)"]
    (points,) = figure.axes[0].get_lines()
    assert points.get_xdata().tolist() == pytest.approx([159.650, 164.450])


def test_occurrences_of_a_file_are_drawn_where_they_lie_and_non_occurrences_are_not(tmp_path):
    path = write_map(tmp_path / "map.tif", VALUES)
    cells = [(0, 0), (3, 4), (1, 1)]
    points = write_points(tmp_path / "albers.gpkg", cells, DEP=[1, 1, 0])
    gpd.read_file(points).to_crs("EPSG:4326").to_file(tmp_path / "p.gpkg")
    points = tmp_path / "p.gpkg"
    figure = draw_map(path, occurrences=points)
    assert legend(figure) == ["occurrences (n = 2)"]
    (line,) = figure.axes[0].get_lines()
    assert line.get_xdata().tolist() == pytest.approx([159.650, 164.450])
    named = draw_map(path, {"validation": PointsSource(points, label="DEP")})
    assert legend(named) == ["validation (n = 2)"]


def test_cells_without_data_are_light_grey_and_named(tmp_path):
    values = VALUES.copy()
    values[0, 0], values[1, 1] = np.nan, np.inf
    figure = draw_map(write_map(tmp_path / "map.tif", values))
    image = figure.axes[0].get_images()[0]
    assert np.ma.getmaskarray(image.get_array()).sum() == 2
    assert tuple(image.get_cmap().get_bad()) == to_rgba(NO_DATA)
    assert legend(figure) == ["no data"]


def test_colours_run_from_0_to_1_or_over_the_maps_own_range(tmp_path):
    within = draw_map(write_map(tmp_path / "within.tif", VALUES / 2)).axes[0].get_images()[0]
    beyond = draw_map(write_map(tmp_path / "beyond.tif", VALUES * 100)).axes[0].get_images()[0]
    assert within.get_clim() == (0, 1)
    assert beyond.get_clim() == pytest.approx((5, 100))


def test_a_large_map_is_thinned_out(tmp_path):
    path = write_map(tmp_path / "map.tif", np.zeros((40, 4000), np.float32))
    assert draw_map(path).axes[0].get_images()[0].get_array().shape == (16, 1600)


def test_a_picture_takes_a_few_times_the_memory_of_the_cells_it_shows(tmp_path):
    rng = np.random.default_rng(0)
    write_map(tmp_path / "map.tif", rng.random((1800, 1800), np.float32))
    figure = draw_map(tmp_path / "map.tif")
    shown = figure.axes[0].images[0].get_array()
    assert shown.dtype == np.float32
    tracemalloc.start()
    try:
        figure.savefig(tmp_path / "map.png")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * shown.nbytes


def test_a_pass_over_a_map_leaves_few_of_its_blocks_in_memory(tmp_path):
    write_map(tmp_path / "map.tif", np.zeros((4, 4), np.float32))
    with ScoreMap.open(tmp_path / "map.tif"):
        assert getenv()["GDAL_CACHEMAX"] <= 64 * 2**20


def test_a_map_without_any_valid_cell_still_makes_a_picture(tmp_path):
    path = write_map(tmp_path / "map.tif", np.full_like(VALUES, np.nan))
    write_map_picture(tmp_path / "map.png", path)
    assert imread(tmp_path / "map.png").shape[2] == 4


def test_a_map_that_cannot_be_read_leaves_no_picture(tmp_path):
    with pytest.raises(ScoreError, match=r"absent\.tif"):
        write_map_picture(tmp_path / "map.png", tmp_path / "absent.tif")
    assert not (tmp_path / "map.png").exists()


def test_drawing_leaves_the_global_state_of_matplotlib_alone(tmp_path):
    before = dict(matplotlib.rcParams)
    write_map_picture(tmp_path / "map.png", write_map(tmp_path / "map.tif", VALUES))
    assert dict(matplotlib.rcParams) == before
