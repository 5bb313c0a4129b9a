"""Targets are the cells that reach a threshold: to the cell and valid, on whatever grid."""

import itertools

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import Geod

from geoprospect.errors import TargetsError
from geoprospect.evidence import RasterBand
from geoprospect.samples import PointsSource
from geoprospect.targets import TargetKnowledge, TargetSettings, find_targets
from geoprospect.targets.outlines import on_ground
from geoprospect.targets.patches import labelled

SQUARE = Affine(1000, 0, 400_000, 0, -1000, 900_000)
RANDOM = np.random.default_rng(5)


def write(path, values, *, transform=SQUARE, crs="EPSG:3578", nodata=-9999.0):
    values = np.asarray(values, np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1,
        dtype="float32", crs=crs, transform=transform, nodata=nodata,
    ) as file:  # fmt: skip
        file.write(np.where(np.isnan(values), nodata, values), 1)
    return path


def found(path, *, window=None, knowledge=None, beside=None, smallest=0.0, **settings):
    settings["smallest"] = smallest
    layers = {"score": path} | (beside or {})
    return find_targets(layers, TargetSettings(**settings), knowledge, window=window)


def burnt(targets, shape):
    """The rank of each cell whose centre an outline holds; 0 for none."""
    rows, columns = np.indices(shape)
    centres = shapely.points(columns.ravel() + 0.5, rows.ravel() + 0.5)
    ranks = np.zeros(shape, int)
    for target, outline in zip(targets.targets, targets.outlines, strict=True):
        held = shapely.contains(outline, centres).reshape(shape)
        assert not (ranks[held]).any()
        ranks[held] = target.rank
    return ranks


def noise(shape, seed=0):
    values = np.random.default_rng(seed).random(shape).astype(np.float32)
    values[np.random.default_rng(seed + 1).random(shape) < 0.1] = np.nan
    return values


GRIDS = {
    "north up": (SQUARE, (23, 31), "EPSG:3578"),
    "south up": (Affine(1000, 0, 400_000, 0, 1000, 900_000), (23, 31), "EPSG:3578"),
    "rotated": (Affine.translation(4e5, 9e5) * Affine.rotation(33.3) * Affine.scale(1000.1, -700.7),
                (23, 31), "EPSG:3578"),
    "degrees": (Affine(0.01, 0, -133, 0, -0.01, 61), (23, 31), "EPSG:4326"),
    "across 180°": (Affine(0.25, 0, 176.3, 0, -0.25, 66), (23, 31), "EPSG:4326"),
    "feet": (Affine(500, 0, 9e5, 0, -500, 2e5), (23, 31), "EPSG:2263"),
    "a row": (SQUARE, (1, 57), "EPSG:3578"),
    "a column": (SQUARE, (57, 1), "EPSG:3578"),
    "a cell": (SQUARE, (1, 1), "EPSG:3578"),
}  # fmt: skip


@pytest.mark.parametrize("name", GRIDS)
def test_outlines_are_valid_hold_the_cells_and_no_others_and_take_their_ground(tmp_path, name):
    transform, shape, crs = GRIDS[name]
    values = noise(shape)
    values.flat[0] = 0.9
    path = write(tmp_path / "map.tif", values, transform=transform, crs=crs)
    targets = found(path, threshold=0.6, window=(7, 9))
    reached = values >= np.float32(0.6)
    ranks = burnt(targets, shape)
    assert np.array_equal(ranks > 0, reached)
    _, n = labelled(reached)
    assert len(targets.targets) == n
    in_cells = [outline.area for outline in targets.outlines]
    assert in_cells == [target.cells for target in targets.targets]
    ground = on_ground(targets.outlines, targets.grid)
    assert shapely.is_valid(ground).all()
    if crs == "EPSG:4326":
        geod = Geod(ellps="WGS84")
        areas = [
            sum(abs(geod.geometry_area_perimeter(shapely.segmentize(part, 0.01))[0])
                for part in shape.geoms) / 1e6
            for shape in ground
        ]  # fmt: skip
        assert [t.area_km2 for t in targets.targets] == pytest.approx(areas, rel=2e-4)
    else:
        unit = 0.3048006096 if crs == "EPSG:2263" else 1.0  # a foot of the survey
        km2 = abs(transform.determinant) * unit**2 / 1e6
        assert shapely.area(ground) * unit**2 / 1e6 == pytest.approx(
            [target.cells * km2 for target in targets.targets], rel=1e-9
        )
        assert [t.area_km2 for t in targets.targets] == pytest.approx(
            [target.cells * km2 for target in targets.targets], rel=1e-8
        )


@pytest.mark.parametrize("window", [(1, 1), (2, 3), (5, 40), (40, 4), (1, 17)])
def test_windows_change_nothing(tmp_path, window):
    values = noise((13, 17), seed=3)
    path = write(tmp_path / "map.tif", values)
    beside = {"probability": write(tmp_path / "p.tif", values / 50)}
    whole = found(path, beside=beside, share=0.4, smooth=0.7)
    parts = found(path, beside=beside, share=0.4, smooth=0.7, window=window)
    assert parts.cut == whole.cut
    assert [t.rank for t in parts.targets] == [t.rank for t in whole.targets]
    for ours, theirs in zip(parts.targets, whole.targets, strict=True):
        assert (ours.cells, ours.shortlist, ours.easting) == (
            theirs.cells, theirs.shortlist, theirs.easting,
        )  # fmt: skip
        assert ours.deposits == pytest.approx(theirs.deposits, rel=1e-12)
    assert all(a.equals_exact(b) for a, b in zip(parts.outlines, whole.outlines, strict=True))


def test_every_small_pattern_of_cells_gives_a_valid_outline_of_its_area(tmp_path):
    # All patterns of 3 x 3 cells, among them corners that touch, holes, and holes at corners.
    patterns = [np.reshape(x, (3, 3)) for x in itertools.product([0, 1], repeat=9)]
    board = np.zeros((16 * 4, 32 * 4), np.float32)
    for number, pattern in enumerate(patterns):
        row, column = divmod(number, 32)
        board[4 * row : 4 * row + 3, 4 * column : 4 * column + 3] = pattern
    turned = GRIDS["rotated"][0]
    targets = found(write(tmp_path / "map.tif", board, transform=turned), threshold=0.5)
    assert shapely.is_valid(on_ground(targets.outlines, targets.grid)).all()
    assert np.array_equal(burnt(targets, board.shape) > 0, board > 0)
    assert all(o.area == t.cells for o, t in zip(targets.outlines, targets.targets, strict=True))


def test_cells_that_touch_at_a_corner_are_one_target_and_holes_stay_open(tmp_path):
    board = np.zeros((6, 9))
    board[0, 0] = board[1, 1] = 1
    board[2:5, 4:7] = 1
    board[3, 5] = 0
    targets = found(write(tmp_path / "map.tif", board), threshold=0.5)
    assert sorted(t.cells for t in targets.targets) == [2, 8]
    corner, ring = sorted(targets.outlines, key=lambda shape: shape.area)
    assert len(corner.geoms) == 2
    assert [len(part.interiors) for part in ring.geoms] == [1]
    assert shapely.get_num_coordinates(ring) == 10  # corners alone, of both rings, closed


def test_a_snake_through_all_windows_is_one_target(tmp_path):
    snake = np.zeros((21, 20))
    snake[::2] = 1
    snake[1::4, -1] = snake[3::4, 0] = 1
    targets = found(write(tmp_path / "map.tif", snake), threshold=0.5, window=(4, 4))
    assert [t.cells for t in targets.targets] == [int(snake.sum())]
    assert targets.outlines[0].geoms[0].area == snake.sum()


@pytest.mark.parametrize("share", [1e-9, 0.02, 0.1, 0.5, 1.0])
def test_a_share_of_the_area_is_held_and_by_no_greater_threshold(tmp_path, share):
    values = np.round(noise((40, 50), seed=8) - 0.5, 2)  # ties, and scores below 0
    targets = found(write(tmp_path / "map.tif", values), share=share)
    valid = values[np.isfinite(values)]
    best = max(t for t in np.unique(valid) if (valid >= t).mean() >= share)
    assert f"(the best {100 * share:.3g}% of the area)" in targets.lines()[0]
    assert targets.cut.threshold == best
    assert sum(t.cells for t in targets.targets) == (valid >= best).sum()


def test_in_degrees_a_share_is_one_of_the_ground(tmp_path):
    # Rows about 60° N take half the ground of those on the equator: one cell there equals two.
    values = np.array([[0.9], [0.8]])
    step = Affine(1, 0, 0, 0, -60, 90)  # centres at 60° N and on the equator
    targets = found(write(tmp_path / "map.tif", values, transform=step, crs="EPSG:4326"), share=0.4)
    assert [t.cells for t in targets.targets] == [2]  # the northern cell holds a third


def test_without_a_rule_the_best_fiftieth_of_the_area_is_taken(tmp_path):
    values = np.arange(1000.0).reshape(25, 40)
    assert found(write(tmp_path / "map.tif", values)).cut.threshold == 980


def test_a_share_of_the_deposits_takes_the_cells_that_hold_it(tmp_path):
    score = np.array([[0.9, 0.7, 0.5, 0.1]])
    beside = {"probability": write(tmp_path / "p.tif", [[0.4, 0.3, 0.2, 0.1]])}
    path = write(tmp_path / "map.tif", score)
    assert found(path, beside=beside, deposits=0.6).cut.threshold == np.float32(0.7)
    assert found(path, beside=beside, deposits=0.71).cut.threshold == 0.5


def test_all_cells_equal_are_one_target(tmp_path):
    targets = found(write(tmp_path / "map.tif", np.full((5, 7), 0.25)))
    assert [t.cells for t in targets.targets] == [35]
    assert targets.targets[0].gain == 0
    assert targets.outlines[0].equals(shapely.box(0, 0, 7, 5))


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"threshold": 0.95}, r"no cell reaches the threshold \(found 0.95, and scores up to 0.75"),
        ({"threshold": "crossing"}, "where the prediction-area curves cross is not known"),
        ({"deposits": 0.5}, r"how many are expected is not known.*\[calibration\]"),
        ({"threshold": 0.5, "share": 0.1}, "by one rule alone.*threshold and share"),
        ({"threshold": 0.5, "smallest": 3.0}, r"3 km² of ground .*2 km² at most.*smallest = 2"),
    ],
)
def test_what_gives_no_target_is_said_with_its_mend(tmp_path, settings, problem):
    path = write(tmp_path / "map.tif", [[0.75, 0.5, 0.1, 0.5]])
    with pytest.raises(TargetsError, match=problem):
        found(path, **settings)


def test_a_map_without_scores_is_refused(tmp_path):
    path = write(tmp_path / "map.tif", np.full((2, 2), np.nan))
    for settings in ({}, {"threshold": 0.1}):
        with pytest.raises(TargetsError, match="no cell of the map has a score"):
            found(path, **settings)


def test_a_greater_threshold_is_given_in_the_precision_of_the_map(tmp_path):
    # 0.1 as a float32 is above 0.1: the cell that holds it reaches it all the same.
    assert len(found(write(tmp_path / "map.tif", [[0.1, 0.0]]), threshold=0.1).targets) == 1


def test_smoothing_joins_what_one_low_cell_parts_and_counts_no_nodata(tmp_path):
    row = np.array([[0.0, 0.9, 0.9, 0.4, 0.9, 0.9, 0.0, np.nan, np.nan, 0.9]])
    path = write(tmp_path / "map.tif", row)
    assert [t.cells for t in found(path, threshold=0.5).targets] == [2, 2, 1]
    smooth = found(path, threshold=0.5, smooth=0.8)
    assert sorted(t.cells for t in smooth.targets) == [1, 5]  # beside nodata it keeps its score
    assert min(t.mean_score for t in smooth.targets) == pytest.approx(0.8)  # of the map itself


def test_small_targets_are_sieved_and_the_ground_of_those_left_is_exact(tmp_path):
    board = np.zeros((5, 5))
    board[0, 0] = 1
    board[2:4, 2:4] = 1
    targets = found(write(tmp_path / "map.tif", board), threshold=0.5, smallest=4.0)
    assert [t.area_km2 for t in targets.targets] == [4.0]


def test_by_default_targets_take_a_hundredth_of_the_ground_taken_if_enough_do(tmp_path):
    board = np.zeros((20, 31))
    board[0:10:2, 0] = 1  # single cells
    board[12, :2] = board[15, 4:8] = 1
    board[:, 12:] = 1  # 391 cells in all, of which a hundredth is nearly four
    path = write(tmp_path / "map.tif", board)

    def cells(**settings):
        return [t.cells for t in found(path, threshold=0.5, smallest=None, **settings).targets]

    assert cells(number=1) == cells(number=2) == [380, 4]
    assert cells(number=3) == [380, 4, 2]
    assert cells(number=4) == cells() == [380, 4, 2, 1, 1, 1, 1, 1]


def test_simple_outlines_have_fewer_corners_and_stay_valid(tmp_path):
    rows, columns = np.indices((60, 60))
    disc = (rows - 30) ** 2 + (columns - 30) ** 2 < 24**2
    path = write(tmp_path / "map.tif", disc)
    exact, simple = found(path, threshold=0.5), found(path, threshold=0.5, simplify=1.5)
    assert shapely.get_num_coordinates(simple.outlines[0]) < 30
    assert shapely.get_num_coordinates(exact.outlines[0]) > 90
    assert simple.outlines[0].is_valid
    assert simple.targets == exact.targets  # figures are those of the cells


def test_what_is_known_of_the_cells_of_a_target_is_told(tmp_path):
    score = np.array([[0.9, 0.8, 0.1, 0.7, 0.1]])
    beside = {
        "probability": write(tmp_path / "p.tif", [[0.5, 0.25, 0.0, 0.125, 0]]),
        "uncertainty": write(tmp_path / "u.tif", [[0.1, 0.3, 0.5, np.nan, 0.5]]),
        "inside": RasterBand("inside", str(write(tmp_path / "a.tif", [[1, 0, 0, 1, 1]])), 1),
    }
    first, second = found(write(tmp_path / "map.tif", score), beside=beside, threshold=0.5).targets
    assert (first.cells, first.deposits, first.area_km2) == (2, 0.75, 2.0)
    assert first.gain == 0.375  # deposits per km²
    assert (first.max_score, first.mean_score) == pytest.approx((0.9, 0.85))
    assert first.uncertain == pytest.approx(0.2)
    assert first.inside_aoa == 0.5
    assert (second.deposits, second.uncertain, second.inside_aoa) == (0.125, None, 1.0)
    # Of no deposit or one, nine of ten chances for none are within 95%: none to one.
    assert (second.dep_low, second.dep_high) == (0, 1)


def test_without_a_calibration_targets_rank_by_what_scores_exceed(tmp_path):
    targets = found(write(tmp_path / "map.tif", [[0.6, 0.9, 0.1, 0.8, 0.1, 0.7]]), threshold=0.5)
    assert [t.gain for t in targets.targets] == pytest.approx([0.3, 0.25, 0.2])
    assert "mean score above the threshold" in targets.ranked_by
    assert targets.targets[0].deposits is None


def test_occurrences_roads_and_claims_are_counted_and_measured_over_ground(tmp_path):
    board = np.zeros((9, 20))
    board[4, 2:4] = 1
    board[4, 15] = 1
    path = write(tmp_path / "map.tif", board)

    def at(row, column):
        return SQUARE @ (column + 0.5, row + 0.5)

    places = [at(4, 3), at(4, 3), at(4, 8), at(0, 0)]
    points = gpd.GeoDataFrame(
        {"occurrence": [1, 1, 1, 0]}, geometry=gpd.points_from_xy(*np.transpose(places)),
        crs="EPSG:3578",
    )  # fmt: skip
    points.to_crs(4326).to_file(tmp_path / "known.gpkg")
    road = shapely.LineString([at(8, 0), at(8, 19)])
    gpd.GeoSeries([road], crs="EPSG:3578").to_file(tmp_path / "roads.gpkg")
    claim = shapely.box(*SQUARE @ (14, 7), *SQUARE @ (18, 2))
    gpd.GeoSeries([claim], crs="EPSG:3578").to_file(tmp_path / "claims.gpkg")
    targets = found(
        path,
        threshold=0.5,
        knowledge=TargetKnowledge((PointsSource(tmp_path / "known.gpkg"),)),
        roads=str(tmp_path / "roads.gpkg"),
        claims=str(tmp_path / "claims.gpkg"),
    )
    known, new = sorted(targets.targets, key=lambda target: target.easting)
    assert (known.ground, known.n_known, known.km_known) == ("known", 1, 0.0)
    assert (new.ground, new.n_known) == ("new", 0)
    assert new.km_known == pytest.approx(7.0, abs=1e-6)
    assert (known.km_roads, new.km_roads) == pytest.approx((4.0, 4.0))
    assert known.km_claims == pytest.approx(10.5)  # from the centre of the nearest cell
    assert new.km_claims == 0.0


def test_in_degrees_distances_are_geodesic(tmp_path):
    board = np.zeros((3, 40))
    board[1, 0] = 1
    step = Affine(0.1, 0, -133, 0, -0.1, 61)
    path = write(tmp_path / "map.tif", board, transform=step, crs="EPSG:4326")
    easting, northing = step @ (30.5, 1.5)
    gpd.GeoSeries([shapely.Point(easting, northing)], crs=4326).to_file(tmp_path / "p.gpkg")
    source = PointsSource(tmp_path / "p.gpkg", label=False)
    [target] = found(
        path, threshold=0.5, knowledge=TargetKnowledge((source,)), roads=str(tmp_path / "p.gpkg")
    ).targets
    start = step @ (0.5, 1.5)
    _, _, metres = Geod(ellps="WGS84").inv(*start, easting, northing)
    assert target.km_known == pytest.approx(metres / 1e3, rel=1e-3)
    assert target.km_roads == pytest.approx(metres / 1e3, rel=1e-6)


def test_the_shortlist_is_spread_out_and_numbered_by_rank(tmp_path):
    row = np.zeros((1, 30))
    row[0, [0, 2, 4, 20, 22]] = [0.9, 0.85, 0.8, 0.7, 0.95]
    path = write(tmp_path / "map.tif", row)
    targets = found(path, threshold=0.5, number=3, apart=10.0)
    listed = {t.rank: t.shortlist for t in targets.targets}
    assert listed == {1: 1, 2: 2, 3: None, 4: None, 5: None}  # no third lies 10 km off both
    assert [t.max_score for t in targets.shortlist] == pytest.approx([0.95, 0.9])
    assert all(t.shortlist for t in found(path, threshold=0.5, number=9, apart=0.0).targets)


def test_reasons_are_asked_of_cells_of_each_target_alone(tmp_path):
    values = noise((24, 31), seed=4)
    path = write(tmp_path / "map.tif", values)
    asked = []

    def reasons(rows, columns, of):
        asked.append((rows, columns, of))
        return [f"of {number}" for number in range(of.max() + 1)]

    for window in (None, (5, 8)):
        targets = found(
            path, threshold=0.5, window=window, knowledge=TargetKnowledge(reasons=reasons)
        )
    assert [t.reasons for t in targets.targets] == [f"of {t.rank - 1}" for t in targets.targets]
    ranks = burnt(targets, values.shape)
    for rows, columns, of in asked:
        assert np.array_equal(ranks[rows, columns], of + 1)
        assert np.array_equal(
            np.bincount(of), [min(16, target.cells) for target in targets.targets]
        )
    assert np.array_equal(asked[0], asked[1])  # the same cells, however the map is read
