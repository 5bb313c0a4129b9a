"""Rate curves against truths known beforehand."""

import tracemalloc

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mapfiles import TRANSFORM, write_map
from rasterio.windows import Window

from geoprospect.errors import ScoreError
from geoprospect.scoring.counting.scoremap import ScoreMap
from geoprospect.scoring.measures.ratecurve import rate_curve, rate_curve_of


def vertices(curve) -> list[tuple[float, float]]:
    return list(zip(curve.area.tolist(), curve.captured.tolist(), strict=True))


def test_a_constant_map_scores_one_half():
    curve = rate_curve_of(np.full((7, 9), 0.3, np.float32), np.float32([0.3, 0.3, 0.3]))
    assert curve.auc == 0.5
    assert vertices(curve) == [(0, 0), (1, 1)]


@pytest.mark.parametrize("tied", [True, False])
def test_a_perfect_map_scores_one_less_half_the_occurrences_own_area(tied):
    values = np.linspace(0, 0.5, 100)
    values[:8] = 1.0 if tied else np.linspace(0.9, 1.0, 8)
    assert rate_curve_of(values, values[:8]).auc == pytest.approx(1 - 0.08 / 2, abs=1e-12)


def test_a_reversed_map_mirrors_the_score():
    values = np.random.default_rng(5).integers(0, 40, 500) / 40
    ahead, back = (rate_curve_of(v, v[:30]) for v in (values, 1 - values))
    assert ahead.auc == pytest.approx(1 - back.auc, abs=1e-12)


def test_cells_of_one_score_form_one_straight_segment():
    curve = rate_curve_of([0.9, 0.5, 0.5, 0.5, 0.1], [0.9, 0.5, 0.5, 0.1])
    assert vertices(curve) == [(0, 0), (0.2, 0.25), (0.8, 0.75), (1, 1)]


def test_occurrences_that_share_a_cell_count_each():
    curve = rate_curve_of([0.9, 0.5, 0.4, 0.1], [0.9, 0.9, 0.9, 0.1])
    assert curve.n_occurrences == 4
    assert curve.captured_in(0.25) == 0.75


def test_area_and_capture_read_off_the_same_segments():
    curve = rate_curve_of([0.9, 0.5, 0.5, 0.5, 0.1], [0.9, 0.5, 0.5, 0.1])
    assert curve.area_holding(0.5) == pytest.approx(0.5)
    assert curve.captured_in(0.5) == pytest.approx(0.5)
    assert [curve.captured_in(0), curve.captured_in(1)] == [0, 1]
    assert [curve.area_holding(0), curve.area_holding(1)] == [0, 1]


def test_the_smallest_area_is_given_where_the_curve_is_flat():
    curve = rate_curve_of([0.9, 0.8, 0.7, 0.6], [0.9, 0.6])
    assert curve.area_holding(0.5) == 0.25
    assert curve.captured_in(0.5) == 0.5


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_a_fraction_beyond_0_and_1_is_refused(fraction):
    curve = rate_curve_of([0.9, 0.1], [0.9])
    with pytest.raises(ValueError, match="from 0 to 1"):
        curve.area_holding(fraction)
    with pytest.raises(ValueError, match="from 0 to 1"):
        curve.captured_in(fraction)


def test_cells_without_a_score_are_no_area():
    hidden = np.ma.array([0.9, 0.1, np.nan, np.inf, 0.95, -np.inf], mask=[0, 0, 0, 0, 1, 0])
    assert vertices(rate_curve_of(hidden, [0.9])) == [(0, 0), (0.5, 1), (1, 1)]
    assert rate_curve_of(hidden, [0.9]).n_cells == 2


def test_scores_compare_in_the_dtype_of_the_map():
    values = np.array([0.1, 0.2, 0.3], np.float32)
    curve = rate_curve_of(values, [0.3])  # 0.3 is another number in float64
    assert vertices(curve) == [(0, 0), (1 / 3, 1), (1, 1)]


@pytest.mark.parametrize(
    ("values", "at_points", "problem"),
    [
        ([np.nan, np.inf], [0.5], "no valid cell"),
        ([0.5], [], "no occurrence"),
        ([0.5, np.nan], [np.nan], "no finite score"),
    ],
)
def test_what_gives_no_curve_is_said(values, at_points, problem):
    with pytest.raises(ScoreError, match=problem):
        rate_curve_of(values, at_points)


def defined(values: np.ndarray, at_points: np.ndarray, area: float) -> float:
    """Share of the occurrences in the best `area`, by trying every cell against every other."""
    expected = 0.0
    n = values.size
    for score in at_points:
        above = sum(1 for value in values if value > score)
        equal = sum(1 for value in values if value == score)
        expected += min(1.0, max(0.0, (area * n - above) / equal))
    return expected / at_points.size


@given(
    values=arrays(np.float32, st.integers(2, 40), elements=st.integers(0, 8).map(lambda i: i / 8)),
    at=st.lists(st.integers(0, 10_000), min_size=1, max_size=12),
    area=st.integers(0, 100).map(lambda i: i / 100),
)
def test_the_curve_is_the_one_of_its_definition(values, at, area):
    at_points = values[np.array(at) % values.size]
    curve = rate_curve_of(values, at_points)
    assert curve.captured_in(area) == pytest.approx(defined(values, at_points, area), abs=1e-9)
    above = [(values > s).sum() + (values == s).sum() / 2 for s in at_points]
    assert curve.auc == pytest.approx(1 - np.mean(above) / values.size, abs=1e-9)
    assert (np.diff(curve.area) >= 0).all()
    assert (np.diff(curve.captured) >= 0).all()
    assert vertices(curve)[0] == (0, 0)
    assert vertices(curve)[-1] == (1, 1)


@pytest.mark.parametrize("window", [None, (1, 1), (7, 3), (1, 60), (1000, 1000)])
@pytest.mark.parametrize("tiling", [{}, {"tiled": True, "blockxsize": 16, "blockysize": 16}])
def test_windows_and_blocks_do_not_change_the_curve(tmp_path, window, tiling):
    rng = np.random.default_rng(1)
    values = rng.integers(0, 50, (40, 60)).astype(np.float32) / 50
    values[rng.random(values.shape) < 0.2] = np.nan
    at = np.argwhere(np.isfinite(values))[::97]
    path = write_map(tmp_path / "map.tif", values, **tiling)
    curve = rate_curve(path, at[:, 0], at[:, 1], window=window)
    expected = rate_curve_of(values, values[at[:, 0], at[:, 1]])
    assert vertices(curve) == vertices(expected)
    assert curve.n_cells == np.isfinite(values).sum()


@pytest.mark.parametrize("way", ["nodata", "nan nodata", "mask band", "infinity"])
def test_no_marking_of_invalid_cells_lets_them_count_as_area(tmp_path, way):
    values = np.array([[0.9, 0.8, 0.2, 0.1], [5.0, 5.0, 5.0, 5.0]], np.float32)
    mark = {"nodata": 5.0, "nan nodata": np.nan, "infinity": np.inf}.get(way, 5.0)
    values[1] = mark
    profile = {"nodata": mark} if "nodata" in way else {}
    mask = np.array([[255] * 4, [0] * 4], np.uint8) if way == "mask band" else None
    path = write_map(tmp_path / "map.tif", values, mask=mask, **profile)
    curve = rate_curve(path, [0, 0], [0, 2])
    assert curve.n_cells == 4
    assert vertices(curve) == [(0, 0), (0.25, 0.5), (0.5, 0.5), (0.75, 1), (1, 1)]


def test_float64_scores_closer_than_float32_can_tell_stay_apart(tmp_path):
    values = np.array([[0.5, 0.5 + 1e-12]])
    path = write_map(tmp_path / "map.tif", values)
    assert rate_curve(path, [0], [1]).auc == 0.75


def test_a_scale_that_turns_scores_round_is_applied(tmp_path):
    path = write_map(tmp_path / "map.tif", np.array([[10, 200]], np.uint8))
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (-1 / 255,), (1.0,)
    assert rate_curve(path, [0], [0]).auc == 0.75
    with ScoreMap.open(path) as scores:
        assert scores.at([0], [1]).tolist() == pytest.approx([1 - 200 / 255])


def test_an_occurrence_on_no_score_is_refused_not_dropped(tmp_path):
    path = write_map(tmp_path / "map.tif", np.array([[0.5, np.nan]], np.float32))
    with pytest.raises(ScoreError, match=r"without a score \(found 1 of 2\)"):
        rate_curve(path, [0, 0], [0, 1])
    with pytest.raises(ScoreError, match="outside the map"):
        rate_curve(path, [0], [2])


def test_a_map_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ScoreError, match=r"absent\.tif: no such file"):
        rate_curve(tmp_path / "absent.tif", [0], [0])
    values = np.random.default_rng(0).random((300, 300), np.float32)
    path = write_map(tmp_path / "cut.tif", values)
    path.write_bytes(path.read_bytes()[:200_000])
    with pytest.raises(ScoreError, match=r"cut\.tif: .*cannot be read"):
        rate_curve(path, [0], [0])


def test_complex_numbers_are_no_scores(tmp_path):
    path = write_map(tmp_path / "map.tif", np.ones((2, 2), np.complex64))
    with pytest.raises(ScoreError, match="holds no scores"):
        rate_curve(path, [0], [0])


def test_points_come_back_in_their_order_whatever_block_they_lie_in(tmp_path):
    values = np.arange(700 * 900, dtype=np.float32).reshape(700, 900)
    path = write_map(tmp_path / "map.tif", values, tiled=True, blockxsize=128, blockysize=128)
    rng = np.random.default_rng(2)
    rows, columns = rng.integers(0, 700, 300), rng.integers(0, 900, 300)
    with ScoreMap.open(path) as scores:
        assert (scores.at(rows, columns) == values[rows, columns]).all()
        assert scores.picture(100).shape == (78, 100)


def test_memory_does_not_grow_with_the_map(tmp_path):
    n = 6000  # 144 MB of scores; blocks never written read as 0
    path = tmp_path / "map.tif"
    profile = {"height": n, "width": n, "count": 1, "dtype": "float32", "sparse_ok": True}
    place = {"crs": "EPSG:3578", "transform": TRANSFORM, "tiled": True}
    with rasterio.open(path, "w", driver="GTiff", **profile, **place) as dataset:
        dataset.write(np.full((256, 256), 0.5, np.float32), 1, window=Window(0, 0, 256, 256))
    tracemalloc.start()
    try:
        curve = rate_curve(path, [0, 5999], [0, 5999])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert curve.n_cells == n * n
    assert curve.captured_in(256**2 / n**2) == 0.5
    assert peak < 64e6
