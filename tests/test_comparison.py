import html
import json
import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from chromium import faults_of
from click.testing import CliRunner
from fits import method as method_of
from smallproject import PROJECT, TRANSFORM, write_project, write_raster
from test_crossval import quarters

from geoprospect.cli import main
from geoprospect.crossval import Comparison, FoldScheme, HeldOutScores, Regions, score_held_out
from geoprospect.crossval.page import held_out_cells, held_out_repeats, page, write_comparison
from geoprospect.crossval.pictures import draw_figures
from geoprospect.errors import ProjectError, SamplesError, TrainingError
from geoprospect.methods import Transfer, method_names
from geoprospect.project.comparison import compare_methods
from geoprospect.project.file import Project
from geoprospect.project.inputs import Inputs
from geoprospect.project.training import train_ensemble

QUICK = PROJECT.replace(
    "members = 2", 'members = 2\nbaseline = { trees = 10, kernels = ["rbf"], costs = [1] }'
).replace("epochs = 30", "epochs = 5")


ONCE = FoldScheme(repeats=1)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    path = write_project(tmp_path_factory.mktemp("comparison"))
    path.write_text(QUICK)
    return path


@pytest.fixture(scope="module")
def samples(project):
    loaded = Project.load(project)
    with loaded.open_evidence() as stack:
        return loaded.read_samples("training", stack)


@pytest.fixture(scope="module")
def comparison(project):
    scheme = FoldScheme("clusters", folds=3, repeats=2)
    return compare_methods(Project.load(project), scheme, ["random-forest", "svm"])


def scored(name, scores, samples):
    return HeldOutScores.of(name, np.atleast_2d(scores).astype(float), samples.label)


def changed(project, name, old, new):
    path = project.with_name(name)
    path.write_text(QUICK.replace(old, new))
    return Project.load(path)


def test_a_method_that_does_not_beat_coordinates_is_told(samples):
    flat = scored("flat", np.full(len(samples), 0.5), samples)
    null = scored("coordinates alone", samples.label, samples)
    said = " ".join(Comparison(replace(ONCE, kind="random"), samples, (flat,), null).sentences())
    assert "No better than coordinates alone in area under the ROC curve: flat (-0.500 (-0" in said
    assert "Random folds are for comparison only" in said
    said = Comparison(ONCE, samples, (null,), flat).sentences()
    assert len(said) == 1
    assert "within folds, where one model ranks all: coordinates alone 1.000; flat 0.500" in said[0]


def test_a_method_whose_lead_over_coordinates_is_not_sure_is_told(samples):
    rng = np.random.default_rng(0)
    noise = samples.label + 2 * rng.normal(size=len(samples))
    null = scored("coordinates alone", noise, samples)
    better = noise + 0.02 * samples.label + 0.3 * rng.normal(size=len(samples))
    told = Comparison(ONCE, samples, (scored("svm", better, samples),), null)
    gap = told.difference(told.best, null, "auc")
    assert gap.value > 0 > gap.interval.low
    assert "Above coordinates alone, but not surely" in told.sentences()[0]


def test_figures_for_json_hold_each_method_its_interval_and_differences(comparison):
    told = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert list(told["methods"]) == ["random-forest", "svm", "coordinates alone"]
    assert told["scheme"] | {"seed": 0} == told["scheme"]
    assert told["cells"] == 230
    assert 1 < told["clusters"] <= 230
    for name, figures in told["methods"].items():
        for figure in ("auc", "average_precision"):
            assert len(figures[figure]) == 2
            low, high = figures["interval"][figure]
            assert 0 <= low <= figures["mean"][figure] <= high <= 1
            assert figures["mean"][figure] == pytest.approx(np.mean(figures[figure]))
            for other in ("null", "best"):
                rival = "coordinates alone" if other == "null" else told["best"]
                gap = figures[f"against_{other}"]
                assert (gap is None) == (name == rival)
                if gap is not None:
                    expected = figures["mean"][figure] - told["methods"][rival]["mean"][figure]
                    assert gap[figure]["value"] == pytest.approx(expected)


def test_points_held_out_are_kept_cell_by_cell_and_repeat_by_repeat(comparison):
    cells, repeats = held_out_cells(comparison), held_out_repeats(comparison)
    folds, _ = comparison.splits
    svm = comparison.methods[1]
    assert (len(cells), len(repeats)) == (230, 460)
    np.testing.assert_array_equal(cells[["fold_1", "fold_2"]].to_numpy().T, folds + 1)
    np.testing.assert_array_equal(repeats["fold"], folds.ravel() + 1)
    np.testing.assert_array_equal(cells["svm"], svm.scores.mean(axis=0))
    np.testing.assert_array_equal(cells["svm_error"], svm.error(comparison.samples.label))
    np.testing.assert_array_equal(repeats["svm"], svm.scores.ravel())
    np.testing.assert_allclose(repeats.groupby("row")["svm"].mean()[cells["row"]], cells["svm"])
    for table in (cells, repeats):
        assert table.crs == "EPSG:32608"
        assert not table.isna().any(axis=None)


def test_the_page_needs_nothing_beside_it_and_names_every_method(comparison):
    text = page(comparison)
    assert not re.search(r"<script|<link|url\(|(src|href)=\"(?!data:)", text)
    for result in comparison.results:
        assert result.method in text
    assert "3 regions, found by k-means of the coordinates" in text
    verdict = text.partition('class="verdict"')[2].partition("</div>")[0]
    assert comparison.best.method in verdict
    gap = comparison.difference(comparison.best, comparison.null, comparison.headline)
    assert ("not surely more" in verdict) == (gap.interval.low <= 0)
    assert str(Path(comparison.samples.path).parent) not in text
    for line in comparison.sentences():
        assert html.escape(re.sub(r"(^|[ (])-(?=\d)", r"\1−", line)) in text
    assert ">−0." in text  # coordinates alone have less than the best
    assert ">-0." not in text
    assert "nan" not in re.sub(r'"data:[^"]*"', "", text).lower()


def test_the_page_is_for_all_readers_on_a_desk_and_on_a_phone(comparison, browser, tmp_path):
    (tmp_path / "crossval.html").write_text(page(comparison), encoding="utf-8")
    assert faults_of(browser, tmp_path / "crossval.html") == []


def test_no_word_of_the_pictures_is_cut(comparison):
    long = tuple(replace(one, method="average with gaussian-process") for one in comparison.methods)
    for measure in comparison.figures:
        figure = draw_figures(replace(comparison, methods=long), [measure])
        figure.draw_without_rendering()
        [axes] = figure.axes
        for words in (axes.xaxis.label, *axes.get_yticklabels()):
            box = words.get_window_extent()
            assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1, words.get_text()


def test_the_page_marks_random_folds(comparison):
    marked = replace(comparison, scheme=FoldScheme("random", folds=3, repeats=2))
    assert "<h1>Cross-validation in space: random folds, for comparison only</h1>" in page(marked)


def test_three_occurrences_give_wide_intervals(samples):
    chosen = np.concatenate(
        [np.flatnonzero(samples.label == 1)[[0, 20, 50]], np.flatnonzero(samples.label == 0)]
    )
    few = samples.part(np.sort(chosen))
    told = Comparison(ONCE, few, (scored("all right", few.label, few),),
                      scored("coordinates alone", few.easting, few))  # fmt: skip
    interval = told.interval(told.best, "auc")
    assert interval.high - interval.low > 0.3
    assert page(told)


def test_points_of_a_cell_count_once_and_labels_that_conflict_are_listed(project):
    table = gpd.read_file(project.parent / "training.gpkg")
    there = int(np.flatnonzero(table.occurrence == 0)[0])
    more = gpd.GeoDataFrame({"occurrence": [1, 0]}, geometry=table.geometry[[there, there + 1]])
    both = gpd.GeoDataFrame(
        {"occurrence": [*table.occurrence, *more.occurrence]},
        geometry=[*table.geometry, *more.geometry],
        crs=table.crs,
    )
    both.to_file(project.parent / "shared.gpkg")
    loaded = changed(project, "shared.toml", "training.gpkg", "shared.gpkg")
    told = compare_methods(loaded, FoldScheme(repeats=1), ["svm"])
    assert len(told.samples) == len(table)
    assert told.samples.label.sum() == table.occurrence.sum() + 1
    assert "232 points lie in 230 cells; a cell counts once." in told.notes
    assert any(
        re.search(rf"1 of the cells .* count as occurrences: rows {there}, 230\.", line)
        for line in told.notes
    )


def test_cells_outside_all_polygons_are_left_out_and_listed(project, samples, tmp_path):
    path = quarters(tmp_path)
    gpd.read_file(path).iloc[1:].to_file(path)
    outside = (samples.rows < 24) & (samples.columns < 20)
    scheme = FoldScheme("leave-one-region-out", repeats=4, regions=Regions(path, "name"))
    told = compare_methods(Project.load(project), scheme, ["svm"])
    assert len(told.samples) == (~outside).sum()
    assert (told.scheme.folds, told.scheme.repeats) == (3, 1)
    assert told.fold_names == ("north", "west", "east")
    assert told.notes[0].startswith(f"{outside.sum()} cells outside all regions are left out: rows")
    assert "<td>west</td>" in page(told)


def test_blocks_are_as_large_as_the_evidence_reaches_unless_told_otherwise(project):
    loaded = Project.load(project)
    told = compare_methods(loaded, FoldScheme("blocks", folds=2, repeats=1), ["svm"])
    assert told.scheme.size == 2 * told.near
    assert 100 <= told.scheme.size <= 500  # layers of white noise, in cells of 100 m
    given = FoldScheme("blocks", folds=2, repeats=1, size=800.0)
    assert compare_methods(loaded, given, ["svm"]).scheme == given


def test_evidence_too_small_for_a_variogram_leaves_each_point_to_itself(tmp_path):
    path = write_project(tmp_path)
    path.write_text(QUICK)
    table = gpd.read_file(tmp_path / "training.gpkg").iloc[::14]
    table.assign(occurrence=np.arange(len(table)) % 2).to_file(tmp_path / "training.gpkg")
    rng = np.random.default_rng(0)
    valid = np.zeros((48, 40), bool)
    column, row = ~TRANSFORM * (table.geometry.x.to_numpy(), table.geometry.y.to_numpy())
    valid[row.astype(int), column.astype(int)] = True
    for name in "ABC":
        values = np.where(valid, rng.normal(size=valid.shape), -9999).astype(np.float32)
        write_raster(tmp_path / "rasters" / f"{name}.tif", values)
    told = compare_methods(
        Project.load(path), FoldScheme("random", folds=3, repeats=1), ["random-forest"]
    )
    assert told.near == 0
    assert told.bootstrap.groups.max() + 1 == len(table)
    assert "the evidence has no range" in told.notes[0]
    assert "too few pairs of valid cells" in told.notes[0]


def test_a_method_of_the_paper_stands_beside_ours_under_the_name_asked_for(project):
    loaded = Project.load(project)
    asked = ["random-forest", "paper-random-forest", "from-scratch", "paper-from-scratch"]
    scheme, told = FoldScheme("random", folds=2, repeats=1), []
    both = compare_methods(loaded, scheme, asked, progress=lambda *step: told.append(step[0]))
    assert [result.method for result in both.methods] == asked
    assert set(told) == set(asked)
    for ours, theirs in (both.methods[:2], both.methods[2:]):
        assert not np.array_equal(ours.scores, theirs.scores)
    text = QUICK.replace("members = 2", 'members = 2\nsettings = "paper"')
    for name in ("random-forest", "from-scratch"):
        path = project.with_name(f"paper-{name}.toml")
        path.write_text(text)
        alone = compare_methods(Project.load(path), scheme, [name]).best
        theirs = next(one for one in both.methods if one.method == f"paper-{name}")
        np.testing.assert_array_equal(alone.scores, theirs.scores)


def test_trees_see_the_layers_unless_told_or_given_components(project):
    scheme = FoldScheme("random", folds=2, repeats=1)

    def scores(**changes):
        loaded = Project.load(project)
        model = replace(loaded.model, **{"strategy": "extra-trees"} | changes)
        return compare_methods(replace(loaded, model=model), scheme).best.scores

    loaded = Project.load(project)
    with Inputs(loaded) as inputs:
        fitted_on = inputs.fit_inputs([])
    method = method_of("extra-trees", members=2, trees=10)
    np.testing.assert_allclose(
        fitted_on.X(method),
        (inputs.points.X - inputs.components.mean) / inputs.components.scale,
        atol=1e-5,
    )
    rotated = replace(method, rotated=True)
    for other in (rotated, method_of("svm"), Transfer.preset("none", "from-scratch")):
        assert fitted_on.components_for(other) is fitted_on.components
    upright, turned = (
        score_held_out(one, fitted_on.points, fitted_on.X(one), scheme).scores
        for one in (method, rotated)
    )
    np.testing.assert_array_equal(scores(), upright)
    bent = replace(loaded.model.baseline, rotated=True)
    np.testing.assert_array_equal(scores(baseline=bent), turned)
    given = project.parent / "components.json"
    inputs.components.save(given)
    np.testing.assert_array_equal(scores(components=str(given)), turned)


def test_the_model_of_trees_keeps_the_components_that_they_saw(project):
    for strategy, rotated in (("extra-trees", False), ("svm", True)):
        loaded = changed(project, "trees.toml", '"fine-tuning"\nmembers = 2', f'"{strategy}"')
        with Inputs(loaded) as inputs:
            model = train_ensemble(inputs)
            mean, _ = model.forward_pass().predict(inputs.points.X)
        assert (model.components is inputs.components) == rotated
        alone = model.members[0].predict(inputs.fit_inputs([]).X(loaded.method()))[:, 0]
        np.testing.assert_allclose(mean, alone, atol=1e-6)


def test_the_number_of_members_is_that_of_networks_alone(project):
    spread = {}
    scheme = FoldScheme("random", folds=2, repeats=1)
    for name in ("random-forest", "from-scratch"):
        spread[name] = compare_methods(Project.load(project), scheme, [name]).best.spread
    assert not spread["random-forest"].any()
    assert spread["from-scratch"].any()


def test_a_method_that_cannot_be_trained_is_left_out_of_several_and_named(project):
    lithology = 'lithology = { path = "lithology.geojson", label = "rock" }'
    loaded = changed(project, "bare.toml", lithology, "")
    scheme = FoldScheme("random", folds=2, repeats=1)
    both = ["lithology-fine-tuning", "svm"]
    told = compare_methods(loaded, scheme, both)
    assert [result.method for result in told.methods] == ["svm"]
    assert told.notes[0].startswith("the method lithology-fine-tuning is left out: ")
    with pytest.raises(ProjectError, match="needs rock-class points"):
        compare_methods(loaded, scheme, both[:1])
    with pytest.raises(TrainingError, match="no method could be trained"):
        compare_methods(loaded, scheme, [both[0], "lithology-linear-probing"])


def test_cells_held_out_can_be_kept_from_both_pretext_tasks(project):
    scheme = FoldScheme("clusters", folds=2, repeats=1, buffer=150)
    for name in ("reconstruction-linear-probing", "lithology-linear-probing"):
        apart, shared = (
            compare_methods(Project.load(project), scheme, [name], exclude_held_out=held).best
            for held in (True, False)
        )
        assert apart.method == shared.method == name
        assert not np.array_equal(apart.scores, shared.scores)


def test_the_command_compares_all_methods_under_one_null_and_keeps_the_points(project, tmp_path):
    runner = CliRunner()
    arguments = ["crossval", str(project), "--all", "--repeats", "1", "--output", str(tmp_path)]
    done = runner.invoke(main, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert list(told["methods"]) == [*method_names(), "coordinates alone"]
    assert told == json.loads((tmp_path / "crossval.json").read_text())
    for figures in told["methods"].values():
        assert 0 <= figures["auc"][0] <= 1
        assert 0 < figures["average_precision"][0] <= 1 + 1e-9  # rounding of a sum
    points = gpd.read_file(tmp_path / "held_out.gpkg", layer="cells")
    assert len(points) == 230
    assert points["coordinates_alone"].between(0, 1).all()
    assert "coordinates alone" in (tmp_path / "crossval.html").read_text()
    again = runner.invoke(main, arguments)
    assert again.exit_code == 1
    assert "exists already" in again.output


def test_the_command_prints_a_table_and_what_must_be_known(project, tmp_path):
    arguments = ["crossval", str(project), "--method", "svm", "--folds", "random"]
    arguments += ["--repeats", "1", "--number", "2", "--output"]
    done = CliRunner().invoke(main, [*arguments, str(tmp_path / "new")])
    assert done.exit_code == 0, done.output
    assert re.search(r"svm +0\.\d{3} +0\.\d{3} +0\.\d{3} +[+-]0\.\d{3}", done.stdout)
    assert "Random folds are for comparison only" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--folds", "leave-one-region-out"], "--regions FILE go together"),
        (["--regions", "some.gpkg"], "--regions FILE go together"),
        (["--region-field", "name"], "--region-field goes with"),
        (["--region-layer", "name"], "--region-layer goes with"),
        (["--size", "100"], "--size goes with --folds blocks"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(project, arguments, said):
    done = CliRunner().invoke(main, ["crossval", str(project), *arguments])
    assert done.exit_code == 2
    assert said in done.output


def test_an_unknown_method_is_one_clear_line(project):
    done = CliRunner().invoke(main, ["crossval", str(project), "--method", "magic"])
    assert done.exit_code == 1
    assert "no such method (found magic; expected distribution-linear-probing" in done.output
    assert "gaussian-process; or one of the published study as it was there: paper-" in done.output
    assert "paper-extra-trees" not in done.output


def test_one_occurrence_is_one_clear_error(project):
    table = gpd.read_file(project.parent / "training.gpkg")
    table["occurrence"] = (np.arange(len(table)) == 3).astype(int)
    table.to_file(project.parent / "one.gpkg")
    loaded = changed(project, "one.toml", "training.gpkg", "one.gpkg")
    with pytest.raises(SamplesError, match="leaves too little to learn from"):
        compare_methods(loaded, FoldScheme())


def test_writing_over_results_is_refused(comparison, tmp_path):
    written = write_comparison(comparison, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "crossval.html", "crossval.json", "held_out.gpkg"]  # fmt: skip
    assert len(written) == 3
    with pytest.raises(Exception, match="exists already"):
        write_comparison(comparison, tmp_path)
