import hashlib
from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from fits import fit_one, method
from scipy.spatial.distance import cdist
from scipy.stats import chisquare
from smallproject import PROJECT, TRANSFORM, points, write_project, write_raster

from geoprospect.crossval import FoldScheme, compare
from geoprospect.errors import ProjectError, SamplesError
from geoprospect.evidence import EvidenceStack
from geoprospect.methods.mean import Average
from geoprospect.model import fit, out_of_bag_scores
from geoprospect.network import Schedule
from geoprospect.project.check import check_project
from geoprospect.project.comparison import compare_methods
from geoprospect.project.file import Project
from geoprospect.project.inputs import Inputs
from geoprospect.project.run import run_project
from geoprospect.project.training import train_ensemble
from geoprospect.samples import (
    Area,
    DrawingRule,
    PointsSource,
    draw_non_occurrences,
    read_samples,
)
from geoprospect.samples.nonoccurrences import spacing

# Occurrences on a lattice 1000 m wide; the two uppermost rows of the evidence are not valid.
LATTICE = np.meshgrid([5, 15, 25, 35, 45], [5, 15, 25, 35], indexing="ij")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("drawing")
    write_project(path)
    points(*map(np.ravel, LATTICE)).to_file(path / "deposits.gpkg")
    return path


@pytest.fixture
def stack(folder):
    with EvidenceStack.open(folder / "rasters") as opened:
        yield opened


@pytest.fixture
def known(stack):
    return occurrences(stack, *map(np.ravel, LATTICE))


def occurrences(stack, rows, columns):
    table = points(rows, columns, DEP=np.ones(len(rows), int))
    return read_samples(table, stack, label="DEP", kind="occurrence")


def places(samples):
    return np.column_stack([samples.easting, samples.northing])


def samples_of(realisations, draw):
    """The occurrences and the cells of one draw."""
    return realisations.samples.part(np.flatnonzero(realisations.masks[draw]))


def cells_drawn(realisations, draw):
    samples = samples_of(realisations, draw)
    return samples.cells[samples.label == 0]


def test_every_draw_holds_all_occurrences_and_distinct_valid_cells_far_from_them(stack, known):
    drawn = draw_non_occurrences(known, stack, DrawingRule(draws=3, number=40, distance=350))
    for draw in range(3):
        samples = samples_of(drawn, draw)
        np.testing.assert_array_equal(samples.label, [1] * 20 + [0] * 40)
        np.testing.assert_array_equal(samples.source[:20], known.source)
        np.testing.assert_array_equal(samples.source[20:], -1)
        assert len(np.unique(samples.cells)) == 60
        assert cdist(places(samples)[20:], places(known)).min() >= 350
        X, valid = stack.sample(samples.rows, samples.columns)
        assert valid.all()
        np.testing.assert_array_equal(samples.X, X)
    assert set(cells_drawn(drawn, 0)) != set(cells_drawn(drawn, 1))


def test_by_default_as_many_cells_are_drawn_as_hold_an_occurrence(stack):
    doubled = occurrences(stack, [10, 10, 10, 20], [10, 10, 10, 20])
    assert draw_non_occurrences(doubled, stack).rule.number == 2


def test_the_default_distance_is_the_spacing_of_the_occurrences(stack):
    # Next neighbours at 300, 300 and 400 m.
    known = occurrences(stack, [20, 20, 20], [10, 13, 17])
    assert spacing(known) == 300
    assert draw_non_occurrences(known, stack).rule.distance == 300


def test_the_default_distance_leaves_half_of_the_valid_cells(stack, known):
    drawn = draw_non_occurrences(known, stack)
    assert spacing(known) == 1000
    assert drawn.rule.distance < 1000
    assert drawn.n_searched == 46 * 40
    assert drawn.n_allowed >= 46 * 40 / 2


def test_the_cell_of_a_lonely_occurrence_is_never_drawn(stack):
    known = occurrences(stack, [20, 20], [10, 10])
    assert spacing(known) == 0
    drawn = draw_non_occurrences(known, stack, DrawingRule(number=46 * 40 - 1))
    assert drawn.rule.distance == 0
    assert set(cells_drawn(drawn, 0)) == set(range(80, 48 * 40)) - {20 * 40 + 10}


def test_a_draw_depends_on_its_seed_alone_not_on_other_draws_or_the_blocks_of_the_files(
    stack, known, folder, tmp_path
):
    rule = DrawingRule(draws=1, number=30)
    rules = (rule, replace(rule, draws=4))
    few, many = (draw_non_occurrences(known, stack, each, seed=7) for each in rules)
    np.testing.assert_array_equal(samples_of(few, 0).cells, samples_of(many, 0).cells)
    other = draw_non_occurrences(known, stack, rule, seed=8)
    assert set(samples_of(other, 0).cells) != set(samples_of(few, 0).cells)
    tiles = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    for name in "ABC":
        with rasterio.open(folder / f"rasters/{name}.tif") as old:
            cells, profile = old.read(), old.profile | tiles
        with rasterio.open(tmp_path / f"{name}.tif", "w", **profile) as new:
            new.write(cells)
    with EvidenceStack.open(tmp_path) as tiled:
        again = draw_non_occurrences(known, tiled, rule, seed=7)
    np.testing.assert_array_equal(samples_of(again, 0).cells, samples_of(few, 0).cells)
    np.testing.assert_array_equal(samples_of(again, 0).X, samples_of(few, 0).X)


def test_at_random_every_allowed_cell_is_as_likely_as_any_other(stack, known):
    drawn = draw_non_occurrences(known, stack, DrawingRule(draws=2000, number=20, distance=500))
    times = drawn.masks[:, len(known) :].sum(axis=0)
    assert len(times) == drawn.n_allowed
    assert chisquare(times).pvalue > 1e-3


def test_dissimilar_cells_are_drawn_in_proportion_to_their_distance_in_evidence(tmp_path):
    write_raster(tmp_path / "A.tif", np.array([[0, 1, 2, 3, 4]], np.float32))
    with EvidenceStack.open(tmp_path) as stack:
        known = occurrences(stack, [0], [0])
        rule = DrawingRule(draws=4000, number=1, method="dissimilar")
        drawn = draw_non_occurrences(known, stack, rule)
    share = np.array([0.1, 0.2, 0.3, 0.4])
    times = drawn.masks[:, 1:].sum(axis=0)
    assert chisquare(times, 4000 * share).pvalue > 1e-3


def test_of_a_large_stack_only_some_cells_are_looked_at(tmp_path):
    write_raster(tmp_path / "A.tif", np.ones((600, 600), np.float32))
    with EvidenceStack.open(tmp_path) as stack:
        known = occurrences(stack, [300], [300])
        drawn = draw_non_occurrences(known, stack, DrawingRule(draws=1, number=50, distance=20_000))
    assert drawn.n_searched == 2**18 < 600 * 600
    assert len(drawn.samples) == 51


def write_rocks(path, crs="EPSG:32608"):
    """Write a map of granite in the west (columns 0-14), shale and number 3 in the east."""
    left, top = TRANSFORM * (0, 0)
    edges = [left, left + 1500, left + 3000, left + 4000]
    rocks = gpd.GeoDataFrame(
        {"rock": ["granite", "shale", None], "code": [1.0, 2.0, 3.0]},
        geometry=[
            shapely.segmentize(shapely.box(a, top - 4800, b, top), 100) for a, b in pairwise(edges)
        ],
        crs="EPSG:32608",
    )
    rocks.to_crs(crs).to_file(path)
    return path


@pytest.mark.parametrize("crs", ["EPSG:32608", "EPSG:4326"])
def test_cells_are_drawn_inside_the_classes_asked_for(stack, known, tmp_path, crs):
    path = str(write_rocks(tmp_path / "rocks.gpkg", crs))
    for field, classes, lowest, highest in (
        ("rock", ("granite",), 0, 14),
        ("rock", ("granite", "shale"), 0, 29),
        ("code", ("3",), 30, 39),
    ):
        rule = DrawingRule(number=100, distance=200, within=Area(path, field, classes))
        drawn = draw_non_occurrences(known, stack, rule)
        columns = samples_of(drawn, 0).columns[20:]
        assert (columns.min(), columns.max()) == (lowest, highest)
        assert f"in {field} {' or '.join(classes)} of rocks.gpkg" in drawn.sentence()


def test_an_area_without_classes_is_all_its_polygons(stack, known, tmp_path):
    path = write_rocks(tmp_path / "survey.gpkg")
    gpd.read_file(path).iloc[:1].to_file(tmp_path / "west.gpkg")
    rule = DrawingRule(number=100, distance=0, within=Area(str(tmp_path / "west.gpkg")))
    drawn = draw_non_occurrences(known, stack, rule)
    assert drawn.samples.columns[20:].max() == 14
    assert "and in west.gpkg" in drawn.sentence()
    for half in ({"field": "rock"}, {"classes": ("granite",)}):
        with pytest.raises(SamplesError, match=r"go together.*or neither for all polygons"):
            draw_non_occurrences(known, stack, DrawingRule(within=Area(str(path), **half)))


def test_a_background_is_every_valid_cell_that_holds_no_occurrence_if_5000_are_not_there(
    stack, known
):
    drawn = draw_non_occurrences(known, stack, DrawingRule(draws=1, method="background"))
    assert (drawn.rule.number, drawn.rule.distance) == (46 * 40 - 20, 0.0)
    assert set(cells_drawn(drawn, 0)) == set(range(80, 48 * 40)) - set(known.cells)
    assert "1820 cells drawn as background, once" in drawn.sentence()


def test_cells_are_the_likelier_drawn_the_more_points_of_a_target_group_lie_around(
    stack, known, tmp_path
):
    columns = np.array([4, 8, 12])
    points(np.full(3, 20), columns).to_file(tmp_path / "gold.gpkg")
    group = PointsSource(str(tmp_path / "gold.gpkg"))
    rule = DrawingRule(draws=3000, number=1, distance=0, target_group=group)
    drawn = draw_non_occurrences(known, stack, rule)
    # Points 400 m apart: a Gaussian of 800 m.
    cells = drawn.samples.part(drawn.samples.source < 0)
    where = 100 * np.column_stack([cells.columns, cells.rows])
    apart = cdist(where, 100 * np.column_stack([columns, np.full(3, 20)]))
    weight = np.exp(-0.5 * (apart / 800) ** 2).sum(axis=1)
    likely = np.argsort(weight)[-200:]
    times = drawn.masks[:, len(known) :].sum(axis=0)[likely]
    assert chisquare(times, times.sum() * weight[likely] / weight[likely].sum()).pvalue > 1e-3
    assert cells.columns.mean() < 14
    assert "where points of gold.gpkg lie around" in drawn.sentence()


def test_a_target_group_off_the_grid_is_told(stack, known, tmp_path):
    points(np.array([20, 900]), np.array([4, 900])).to_file(tmp_path / "gold.gpkg")
    rule = DrawingRule(target_group=PointsSource(str(tmp_path / "gold.gpkg")))
    with pytest.raises(SamplesError, match=r"found 1 of 2, in 1 cells.*leave out target_group"):
        draw_non_occurrences(known, stack, rule)


def test_the_project_file_names_a_target_group_beside_it(folder):
    points(np.array([20, 30, 40]), np.array([4, 8, 9])).to_file(folder / "gold.gpkg")
    rule = '[points.non_occurrences]\ntarget_group = "gold.gpkg"'
    project = project_of_occurrences(folder, model='strategy = "svm"', more=rule)
    assert project.drawing_rule.target_group == PointsSource(str(folder / "gold.gpkg"))
    with Inputs(project) as inputs:
        assert "gold.gpkg" in inputs.drawn.sentence()
        digest = inputs.checksums(inputs.method)["target group"]
    assert digest == hashlib.sha256((folder / "gold.gpkg").read_bytes()).hexdigest()


def test_too_few_cells_are_told_with_their_number(stack, known, tmp_path):
    with pytest.raises(
        SamplesError, match=r"found 0 of 1840 valid cells at least 9000 m from.*at least 20"
    ):
        draw_non_occurrences(known, stack, DrawingRule(distance=9000))
    area = Area(str(write_rocks(tmp_path / "rocks.gpkg")), "code", ("3",))
    # 460 cells of the class, 5 of which hold an occurrence.
    with pytest.raises(SamplesError, match=r"found 455 of 1840 .*rocks\.gpkg.*widen the area"):
        draw_non_occurrences(known, stack, DrawingRule(number=456, distance=0, within=area))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"field": "ROCK"}, "there is no field ROCK .found fields rock, code"),
        ({"classes": ("basalt",)}, "holds no class basalt .found granite, shale"),
        ({"layer": "geology"}, "has no layer geology .found rocks"),
        ({"path": "none.gpkg"}, "no such file"),
        ({"path": "bad.gpkg"}, "cannot be read as polygons"),
        ({"path": "dots.gpkg"}, "not polygons .found Point"),
        ({"path": "lost.shp"}, "no CRS"),
    ],
)
def test_an_area_that_cannot_be_used_is_one_clear_line(stack, known, tmp_path, change, said):
    rocks = gpd.read_file(write_rocks(tmp_path / "rocks.gpkg"))
    (tmp_path / "bad.gpkg").write_bytes(b"no database")
    rocks.set_geometry(rocks.representative_point()).to_file(tmp_path / "dots.gpkg")
    rocks.to_file(tmp_path / "lost.shp")
    (tmp_path / "lost.prj").unlink()
    change = {key: str(tmp_path / x) if key == "path" else x for key, x in change.items()}
    settings = {"path": str(tmp_path / "rocks.gpkg"), "field": "rock", "classes": ("granite",)}
    with pytest.raises(SamplesError, match=said) as caught:
        draw_non_occurrences(known, stack, DrawingRule(within=Area(**(settings | change))))
    assert "\n" not in str(caught.value)


def test_the_cells_drawn_are_kept_with_the_draw_they_are_of(stack, known, tmp_path):
    drawn = draw_non_occurrences(known, stack, DrawingRule(draws=3, number=7))
    drawn.points().to_file(tmp_path / "drawn.gpkg")
    table = gpd.read_file(tmp_path / "drawn.gpkg")
    assert table.crs == "EPSG:32608"
    for draw in range(3):
        here = table[table.draw == draw + 1].geometry
        rows, columns, _ = stack.grid.cells(here.x, here.y)
        assert set(rows * 40 + columns) == set(cells_drawn(drawn, draw))


def project_of_occurrences(folder, *, model, more=""):
    text = PROJECT.replace(
        'training = { path = "training.gpkg", label = "occurrence" }',
        'training = { path = "deposits.gpkg" }',
    )
    more = more or "[points.non_occurrences]\ndraws = 3"
    text = text[: text.index("[model]")] + more + f"\n[model]\n{model}\n"
    path = folder / "occurrences.toml"
    path.write_text(text)
    return Project.load(path)


FOREST = 'strategy = "random-forest"\nmembers = 3\nbaseline = { trees = 20 }\n'


def test_each_member_learns_from_its_own_draw(folder, caplog):
    project = project_of_occurrences(folder, model=FOREST)
    caplog.set_level("INFO")
    with Inputs(project) as inputs:
        model = train_ensemble(inputs)
    fitted_on = inputs.fit_inputs([])
    samples, rows = fitted_on.points, fitted_on.masks
    assert rows.shape == (3, len(samples))
    P = fitted_on.X(project.method())
    for number, (member, seen) in enumerate(zip(model.members, rows, strict=True)):
        alone = fit_one("random-forest", P[seen], samples.label[seen], seed=number, trees=20)
        np.testing.assert_array_equal(member.predict(P), alone.predict(P))
    assert any(
        "non-occurrences: 20 cells drawn at random, 3 times" in line for line in caplog.messages
    )
    assert set(model.training_cells) == set(zip(samples.rows, samples.columns, strict=True))


def test_each_member_is_held_out_from_its_own_draw(folder):
    project = project_of_occurrences(folder, model=FOREST)
    scheme = FoldScheme("clusters", folds=3, repeats=1, buffer=300)
    told = compare_methods(project, scheme, ["random-forest", "svm"])
    with Inputs(project) as inputs:
        fitted_on = inputs.fit_inputs([])
    np.testing.assert_array_equal(told.samples.cells, inputs.points.cells)
    assert any(f"{(inputs.points.label == 0).sum()} cells of all draws" in x for x in told.notes)
    forest_method, forest = project.method(), told.results[0]
    P, (folds, rows) = fitted_on.X(forest_method), scheme.splits(told.samples)
    for fold, learned in enumerate(rows):
        by_member = [
            fit_one(
                forest_method.name,
                P[learned & seen],
                inputs.points.label[learned & seen],
                seed=number,
                trees=forest_method.trees,
            ).predict(P)[:, 0]
            for number, seen in enumerate(fitted_on.masks)
        ]
        held_out = folds[0] == fold
        expected = np.mean(by_member, axis=0)[held_out]
        np.testing.assert_allclose(forest.scores[0, held_out], expected, atol=1e-7)
    assert (told.results[1].spread > 0).any()  # another method has a member for each draw too


@pytest.mark.parametrize(
    ("model", "more", "members"),
    [
        ('strategy = "svm"', "", {"svm": 10, "random-forest": 10, "from-scratch": 10}),
        ('strategy = "svm"\nmembers = 7', "draws = 4", {"svm": 7, "random-forest": 7}),
        ('strategy = "from-scratch"', "draws = 12", {"svm": 12, "from-scratch": 12}),
    ],
)
def test_every_method_has_a_member_for_each_draw_or_more(folder, model, more, members):
    project = project_of_occurrences(folder, model=model, more=f"[points.non_occurrences]\n{more}")
    with Inputs(project) as inputs:
        made = {name: inputs.with_draws(project.method(name), name) for name in members}
        assert {name: method.members for name, method in made.items()} == members
        assert inputs.ensemble.members == members[project.model.strategy]
        assert len(inputs.drawn.masks) == project.drawing_rule.draws


def test_methods_of_fewer_members_than_draws_are_held_out_on_all_draws(stack, known):
    drawn = draw_non_occurrences(known, stack, DrawingRule(draws=3))
    scheme = FoldScheme(folds=3, repeats=1)
    few, enough = (
        compare(stack, drawn, {"svm": method("svm", members=n)}, scheme).methods[0] for n in (1, 3)
    )
    np.testing.assert_array_equal(few.scores, enough.scores)  # an SVM's seed changes nothing
    assert (few.spread > 0).any()
    model = fit(stack, drawn, method("svm"))
    assert len(model.members) == 3


def test_a_run_from_occurrences_alone_keeps_the_cells_drawn_and_maps_their_spread(folder):
    network = 'strategy = "from-scratch"\nmembers = 3\ntraining = { epochs = 40, rate = 0.01 }\n'
    more = "[points.non_occurrences]\ndraws = 3\nnumber = 60\ndistance = 300.0\n"
    project = project_of_occurrences(folder, model=network, more=more)
    project = replace(project, folder=folder / "drawn")
    summary = run_project(project)
    table = gpd.read_file(folder / "drawn" / "non_occurrences.gpkg", layer="non_occurrences")
    assert table.draw.value_counts().to_dict() == {1: 60, 2: 60, 3: 60}
    once = ~table.geometry.to_wkt().duplicated(keep=False)
    assert table.out_of_bag[once].between(0, 1).all()
    log = (folder / "drawn" / "log.txt").read_text()
    assert "60 cells drawn at random, 3 times" in log
    cells = table[table.out_of_bag.notna()].drop_duplicates("geometry")
    high = (cells.out_of_bag > 0.5).sum()
    assert f"{high} of {len(cells)} cells drawn score above 0.5, like occurrences" in log
    with rasterio.open(summary.map.path) as raster:
        assert raster.read(2, masked=True).min() > 0
    assert summary.probability is None
    assert not (folder / "drawn" / "probability.tif").exists()


def test_a_cell_drawn_is_scored_out_of_bag_by_the_members_of_the_other_draws(stack, known):
    drawn = draw_non_occurrences(known, stack, DrawingRule(draws=3, number=300, distance=0))
    network = replace(
        method("from-scratch", members=4), training=Schedule("binary-crossentropy", 1e-2, 99, 9)
    )
    average = Average((method("svm", members=4), network))
    model = fit(stack, drawn, average)
    scores, samples = out_of_bag_scores(model, drawn), drawn.samples
    X = model.components.transform(samples.X)
    by_member = [member.predict(X)[:, 0].astype(float) for member in model.members]
    assert len(by_member) == 8
    times = drawn.masks[:, 20:].sum(axis=0)
    assert set(times) == {1, 2, 3}  # some cells were drawn by chance each time
    for sample in range(20, len(scores)):
        others = [s[sample] for k, s in enumerate(by_member) if not drawn.masks[k % 3, sample]]
        expected = np.mean(others) if others else np.nan
        np.testing.assert_allclose(scores[sample], expected, atol=1e-6)
    assert np.isnan(scores[:20]).all()  # every member learns from all occurrences


def test_of_one_draw_no_cell_has_an_out_of_bag_score(stack, known):
    drawn = draw_non_occurrences(known, stack, DrawingRule(draws=1, number=30))
    assert np.isnan(out_of_bag_scores(fit(stack, drawn, method("svm")), drawn)).all()


def test_members_that_learned_that_a_cell_is_barren_mostly_score_it_lower_than_the_others(
    stack, known
):
    drawn = draw_non_occurrences(known, stack, DrawingRule(draws=4, number=200, distance=0))
    model = fit(stack, drawn, method("random-forest", members=4))
    unseen = out_of_bag_scores(model, drawn)
    in_bag, _ = model.forward_pass().predict(drawn.samples.X)
    scored = np.isfinite(unseen)
    assert scored.sum() > 300
    assert (unseen[scored] > in_bag[scored]).mean() > 0.6  # of as many cells, by chance 0.5


def test_check_tells_what_will_be_drawn_and_what_stands_in_the_way(folder):
    project = project_of_occurrences(folder, model=FOREST)
    found = {finding.text: finding.level for finding in check_project(project)}
    assert any("20 cells drawn at random, 3 times" in text for text in found)
    assert "error" not in found.values()
    far = project_of_occurrences(
        folder, model=FOREST, more="[points.non_occurrences]\ndistance = 90000.0"
    )
    assert any(
        finding.level == "error" and "too few valid cells to draw" in finding.text
        for finding in check_project(far)
    )


def test_given_non_occurrences_are_not_mixed_with_drawn_ones(folder):
    project = Project.load(folder / "project.toml")
    asked = project_of_occurrences(folder, model="", more="[points.non_occurrences]\nnumber = 5")
    points = replace(project.points, non_occurrences=asked.points.non_occurrences)
    project = replace(project, points=points)
    with (
        Inputs(project) as inputs,
        pytest.raises(ProjectError, match=r"drawn only where all.*leave out"),
    ):
        _ = inputs.points
    assert any("drawn only where all" in finding.text for finding in check_project(project))
