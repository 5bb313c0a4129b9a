"""What a model uses overall: layers shuffled among points held out in space."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from chromium import faults_of
from click.testing import CliRunner
from fits import method
from jsonschemas import faults
from smallproject import PROJECT, write_project
from smallproject import write_raster as write_layer

import geoprospect as gp
from geoprospect.cli import main
from geoprospect.crossval import FoldScheme
from geoprospect.crossval.folded import Folded
from geoprospect.crossval.ground import Ground
from geoprospect.crossval.importance.collinear import correlations, groups_of
from geoprospect.crossval.importance.measuring import layer_importance
from geoprospect.crossval.importance.modeluse import ModelUse
from geoprospect.crossval.importance.records import ModelUseRecord
from geoprospect.crossval.importance.settings import ImportanceSettings
from geoprospect.crossval.importance.shuffled import FoldedFits, score_shuffled
from geoprospect.errors import OutputError, ProjectError, SamplesError
from geoprospect.evidence import EvidenceStack, RasterBand
from geoprospect.grid import Grid
from geoprospect.model import Components, FitInputs
from geoprospect.model.dependence import Interaction
from geoprospect.network import Dense, Network
from geoprospect.samples import DrawingRule, Samples
from geoprospect.samples.audit import Audit
from geoprospect.samples.nonoccurrences import draw_non_occurrences

QUICK = ImportanceSettings(folds=4, repeats=2, permutations=3)


def samples_of(X, label):
    """Points in a row of cells of their own, with such evidence."""
    from affine import Affine  # noqa: PLC0415
    from rasterio.crs import CRS  # noqa: PLC0415

    n, zeros = len(X), np.zeros(len(X), np.int64)
    grid = Grid(CRS.from_epsg(3578), Affine(1000, 0, 0, 0, -1000, 0), (1, n))
    easting, northing = grid.centres(zeros, np.arange(n))
    return Samples(
        "points.gpkg", zeros, np.arange(n), easting, northing, X.astype(np.float32),
        np.asarray(label), ("non-occurrence", "occurrence"), np.arange(n), grid, Audit(n, n),
        tuple(f"X{k + 1}" for k in range(X.shape[1])),
    )  # fmt: skip


def plain_components(n):
    """Components that leave evidence as it is."""
    X = np.random.default_rng(0).normal(size=(9, n)).astype(np.float32)
    return Components.fit(X, names=tuple(f"X{k + 1}" for k in range(n))).seen_as("layers")


def unit(weights):
    """A member whose score is the sigmoid of a weighted sum."""
    column = np.asarray(weights, np.float32)[:, None]
    return Network((Dense(column, np.zeros(1, np.float32), "sigmoid"),))


def data(n=60, seed=0):
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 3)).astype(np.float32)
    label = (X[:, 0] + 0.3 * random.normal(size=n) > 0).astype(np.int64)
    return X, label


def test_importance_is_that_of_scikit_learn_where_all_points_are_one_fold():
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - slow to import
    from sklearn.inspection import permutation_importance  # noqa: PLC0415

    X, label = data(200)
    learned = np.arange(200) % 2 == 0  # half of the points
    forest = method("random-forest", trees=20)
    folded = Folded(samples_of(X, label), np.zeros((1, 200), np.int64), learned[None])
    fits = FoldedFits.of(forest, folded, plain_components(3))
    [[member]] = fits.members
    n = 30
    plain, *shuffled = score_shuffled(fits, [[0], [1], [2]], permutations=n, seed=0)
    ours = np.stack([one.auc for one in shuffled])
    assert isinstance(member.estimator, RandomForestClassifier)
    theirs = permutation_importance(
        member.estimator, X.astype(float), label, scoring="roc_auc", n_repeats=n, random_state=1
    )  # fmt: skip
    gap = plain.auc[0] - ours.mean(axis=1) - theirs.importances_mean
    error = np.hypot(ours.std(axis=1), theirs.importances_std) / np.sqrt(n)
    assert theirs.importances_mean[0] > 0.3
    assert (np.abs(gap) < 4 * error + 1e-9).all()


def test_values_change_places_within_their_fold_and_all_columns_of_a_layer_together():
    X, label = data()
    X[:, 1] = -X[:, 0]  # so that the sum of both is 0, wherever they go together
    folds = np.stack([np.arange(60) % 3, np.arange(60) // 20])
    learned = np.concatenate([fold != np.arange(3)[:, None] for fold in folds])
    folded = Folded(samples_of(X, label), folds, learned)
    for weights, columns in (([1, 0, 0], [0]), ([1, 1, 0], [0, 1]), ([1, 1, 0], [0])):
        fits = FoldedFits(folded, plain_components(3), ((unit(weights),),) * 6)
        plain, shuffled = score_shuffled(fits, [columns], permutations=2, seed=0)
        assert shuffled.scores.shape == (4, 60)
        if columns == [0, 1]:
            np.testing.assert_allclose(shuffled.scores, 0.5, atol=1e-6)
            continue
        if weights == [1, 1, 0]:
            assert np.abs(shuffled.scores - 0.5).max() > 0.3
            continue
        for row, fold in zip(shuffled.scores, (*folds, *folds), strict=True):
            assert (row != plain.scores[0]).mean() > 0.8
            for number in range(3):
                mine, before = row[fold == number], plain.scores[0, fold == number]
                np.testing.assert_allclose(np.sort(mine), np.sort(before), atol=1e-7)


def test_occurrences_change_places_with_the_ground_held_out_with_them():
    X, label = data(40)
    samples = samples_of(X, label)
    ground = replace(samples_of(np.full((30, 3), 9.0), np.zeros(30, int)), grid=samples.grid)
    folds = np.zeros((1, 40), np.int64)
    folded = Folded(
        samples, folds, np.ones((1, 40), bool), None, Ground(ground, np.zeros((1, 30), np.int64))
    )
    fits = FoldedFits(folded, plain_components(3), ((unit([1, 0, 0]),),))
    plain, shuffled = score_shuffled(fits, [[0]], permutations=4, seed=0)
    high = 1 / (1 + np.exp(-9.0))
    assert plain.scores.max() < high - 1e-4
    assert plain.rate_area[0] == 0  # all ground scores above every point
    # 30 of 70 values are the ground's 9: so many of the points have it, but for chance.
    assert np.isclose(shuffled.scores, high, atol=1e-6).mean() == pytest.approx(30 / 70, abs=0.15)
    # Then each is as likely above as below.
    assert shuffled.rate_area.mean() == pytest.approx(0.5, abs=0.1)


def test_the_order_of_layers_by_rank_and_sign_make_no_difference_to_groups():
    random = np.random.default_rng(0)
    x = random.normal(size=500)
    X = np.column_stack([x, random.normal(size=500), -np.exp(3 * x), np.full(500, 2.0)])
    layers = {"a": [0], "rest": [1, 3], "b": [2]}
    strength = correlations(X.astype(np.float32), layers)
    assert strength[0, 2] == pytest.approx(1)
    assert strength[0, 1] < 0.2
    assert groups_of(tuple(layers), strength, 0.7) == (("a", "b"),)
    assert groups_of(("a",), np.eye(1), 0.7) == ()


def write_points(folder, grid, rows, columns, **fields):
    import geopandas as gpd  # noqa: PLC0415

    places = gpd.points_from_xy(*grid.centres(rows, columns))
    path = folder / "points.gpkg"
    gpd.GeoDataFrame(fields, geometry=places, crs=grid.crs.to_wkt()).to_file(path)
    return path


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """A layer that occurrences follow, its twin, another that they follow, and noise."""
    folder = tmp_path_factory.mktemp("twins")
    random = np.random.default_rng(5)
    shape = (60, 60)
    first, other, noise = (random.normal(size=shape).astype(np.float32) for _ in range(3))
    layers = {
        "first": first,
        "twin": first + 0.1 * random.normal(size=shape).astype(np.float32),
        "other": other,
        "noise": noise,
    }
    columns = []
    for name, values in layers.items():
        write_layer(folder / f"{name}.tif", values)
        columns.append(RasterBand(name, str(folder / f"{name}.tif")))
    rows, across = (part.ravel() for part in np.indices(shape))
    chosen = random.permutation(rows.size)[:300]
    likely = first + 0.7 * other + 0.5 * random.normal(size=shape) > 0.8
    with EvidenceStack.open(tuple(columns)) as stack:
        path = write_points(
            folder, stack.grid, rows[chosen], across[chosen],
            occurrence=likely.ravel()[chosen].astype(int),
        )  # fmt: skip
        samples = gp.read_samples(str(path), stack)
        yield FitInputs.of(stack, samples)


@pytest.fixture(scope="module")
def of_twins(twins):
    told = []
    made = method("random-forest", trees=60, members=2)
    importance = layer_importance(
        twins, made, QUICK, progress=lambda stage, done, total, unit: told.append((unit, total))
    )
    return importance, told


def test_twins_share_their_worth_and_their_group_shows_it(of_twins):
    importance, _ = of_twins
    single = {drop.layers[0]: drop.worth.value for drop in importance.single}
    [group] = importance.groups
    assert group.layers == ("first", "twin")
    assert group.sure
    assert group.worth.value > 1.5 * max(single["first"], single["twin"])
    assert group.worth.value > single["first"] + single["twin"]
    text = " ".join(importance.sentences())
    assert "first, twin go together" in text
    assert f"shuffled together they are worth {group.worth.value:.3f}" in text


def test_noise_is_worth_nothing_for_sure_and_what_occurrences_follow_is(of_twins):
    importance, _ = of_twins
    by_layer = {drop.layers[0]: drop for drop in importance.single}
    low, high = by_layer["noise"].worth.interval.low, by_layer["noise"].worth.interval.high
    assert low < 0 < high
    assert not by_layer["noise"].sure
    assert by_layer["other"].sure
    values = [drop.worth.value for drop in importance.single]
    assert values == sorted(values, reverse=True)
    assert "Not surely of use by themselves: noise" in " ".join(importance.sentences())


def test_a_method_is_fitted_once_to_each_fold_and_repeat(twins, of_twins):
    importance, told = of_twins
    learned = importance.scheme.splits(twins.points)[1]
    n = 2 * len(np.unique(learned, axis=0))  # members; regions of repeats may be the same
    assert [total for unit, total in told if unit == "fits"] == [n] * n


def test_the_figure_that_drops_is_that_of_crossval(twins, of_twins):
    importance, _ = of_twins
    scheme = FoldScheme(folds=QUICK.folds, repeats=QUICK.repeats)
    comparison = gp.compare(
        twins.stack, twins.samples, {"forest": method("random-forest", trees=60, members=2)}, scheme
    )
    assert importance.figure == comparison.headline == "auc"
    assert importance.value == pytest.approx(comparison.best.auc.mean(), abs=1e-12)
    assert importance.n_clusters == comparison.bootstrap.n_clusters
    assert importance.scheme == comparison.scheme


@pytest.mark.parametrize(("size", "told"), [(0.004, False), (0.2, True)])
def test_layers_that_only_add_up_are_not_said_to_act_together(of_twins, size, told):
    pair = Interaction(("A", "B"), {"log-odds": size}, {"log-odds": size})
    text = " ".join(ModelUse(of_twins[0], (), (pair,)).sentences())
    assert ("A and B act together most" in text) is told
    assert ("No two layers act together" in text) is not told


def test_the_same_seed_gives_the_same_worths(twins, of_twins):
    again = layer_importance(twins, method("random-forest", trees=60, members=2), QUICK)
    assert again.single == of_twins[0].single
    assert again.groups == of_twins[0].groups


def test_occurrences_alone_are_ranked_against_the_ground(tmp_path):
    project = gp.Project.load(write_project(tmp_path))
    with project.open_evidence() as stack:
        samples = project.read_samples("training", stack)
        occurrences = samples.part(samples.label == 1)
        drawn = draw_non_occurrences(occurrences, stack, DrawingRule(draws=2, distance=0.0), seed=0)
        importance = layer_importance(
            FitInputs.of(stack, drawn), method("svm", members=2), replace(QUICK, repeats=1)
        )
    assert importance.figure == "rate_area"
    assert "area under the prediction-rate curve" in " ".join(importance.sentences())
    by_layer = {drop.layers[0]: drop for drop in importance.single}
    assert by_layer["A"].sure
    assert by_layer["B"].sure
    assert by_layer["C"].worth.interval.low < 0 < by_layer["C"].worth.interval.high
    assert importance.value - by_layer["A"].worth.value > 0.4
    assert any("no cell is taken for barren" in note for note in importance.notes)


def worth_of_noise(folder, seed, settings, part=slice(None)):
    """What a layer of noise is worth beside those of the sample province."""
    rasters = sorted((folder / "sample_rasters").glob("*.tif"))
    with rasterio.open(rasters[0]) as like:
        crs, transform, shape = like.crs, like.transform, like.shape
    noise = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    write_layer(folder / "noise.tif", noise, crs=crs, transform=transform)
    columns = (RasterBand(path.stem, str(path)) for path in (*rasters, folder / "noise.tif"))
    with EvidenceStack.open(tuple(columns)) as stack:
        samples = gp.read_samples(str(folder / "data" / "training.gpkg"), stack)
        chosen = np.random.default_rng([seed, 9]).permutation(len(samples))[part]
        inputs = FitInputs.of(stack, samples.part(np.sort(chosen)))
        importance = layer_importance(inputs, method("random-forest", trees=60), settings)
    return next(drop.worth for drop in importance.single if drop.layers == ("noise",))


def test_on_the_sample_the_interval_of_a_layer_of_noise_holds_0(tmp_path):
    gp.sample_project(tmp_path)
    worth = worth_of_noise(tmp_path, 0, replace(QUICK, repeats=1))
    assert worth.interval.low < 0 < worth.interval.high < 0.03


@pytest.mark.slow
def test_intervals_of_noise_hold_0_as_often_as_they_should(tmp_path):
    gp.sample_project(tmp_path)
    settings = ImportanceSettings(repeats=2)
    worths = [worth_of_noise(tmp_path, seed, settings, slice(208)) for seed in range(16)]
    for worth in worths:
        print(f"{worth:+z.4f}")
    assert sum(worth.interval.low <= 0 <= worth.interval.high for worth in worths) >= 14


RUN = re.sub(r"strategy = .*", 'strategy = "svm"\n', PROJECT, flags=re.DOTALL)
ASKED = "{ folds = 3, repeats = 2, permutations = 3, cells = 60 }"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run that asks for its importance."""
    path = write_project(tmp_path_factory.mktemp("run"))
    path.write_text(RUN + f"[products]\nimportance = {ASKED}\n")
    gp.run(path)
    return path.parent / "out"


COMMAND = ("--folds", "3", "--repeats", "2", "--permutations", "3", "--cells", "60")
FILES = ("importance.json", "importance.html")


def invoke(*args):
    return CliRunner().invoke(main, ["importance", *map(str, args)])


def test_the_command_makes_what_a_run_that_asks_for_it_makes(run):
    before = [(run / name).read_bytes() for name in FILES]
    refused = invoke(run, *COMMAND)
    assert refused.exit_code == 1
    assert "--overwrite" in refused.output
    told = invoke(run, *COMMAND, "--overwrite", "--json")
    assert told.exit_code == 0, told.output
    assert [(run / name).read_bytes() for name in FILES] == before
    assert json.loads(told.stdout) == json.loads(before[0])
    manifest = json.loads((run / "manifest.json").read_text())
    assert set(FILES) <= manifest["outputs"].keys()
    assert manifest["added"]["importance"]["permutations"] == 3


def test_the_json_is_as_its_schema_says_and_holds_curves_on_both_scales(run):
    told = json.loads((run / "importance.json").read_text())
    schema = ModelUseRecord.schema_of("importance")
    assert list(faults(told, schema)) == []
    assert {drop["layers"][0] for drop in told["importance"]["single"]} == {"A", "B", "C"}
    assert [effect["name"] for effect in told["effects"]] == [
        drop["layers"][0] for drop in told["importance"]["single"]
    ]
    for effect in told["effects"]:
        for kind in ("dependence", "accumulated"):
            assert effect[kind].keys() == {"score", "log-odds"}
            assert len(effect[kind]["score"]["value"]) == len(effect["at"]) == 21
    assert told["interactions"][0]["layers"] == ["A", "B"]
    assert len(told["interactions"]) == 3


def test_the_page_says_in_plain_words_what_the_map_rests_on_and_loads_nothing(run):
    text = (run / "importance.html").read_text()
    assert "<h1>What the map rests on</h1>" in text
    first = text[text.index("<h1>") :]
    assert first.index("The map rests on A") < first.index("<h2>")
    addresses = re.findall(r'(?:src|href)="([^"]{0,30})', text)
    assert len(addresses) == 1 + 3  # worths, and an effect a layer
    assert all(address.startswith("data:image/svg+xml;base64,") for address in addresses)


def test_the_page_is_for_all_readers_on_a_desk_and_on_a_phone(run, browser):
    assert faults_of(browser, run / "importance.html") == []


def test_folds_that_the_points_do_not_allow_are_refused_before_anything_is_trained(tmp_path):
    path = write_project(tmp_path)
    path.write_text(RUN + "[products]\nimportance = { buffer = 1e6 }\n")
    with pytest.raises(
        SamplesError, match=r"leaves too little to learn from.*importance = \{ folds = 3 \}"
    ):
        gp.run(path)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["log.txt"]
    path.write_text(RUN + "[products]\nimportance = { permutations = 1 }\n")
    with pytest.raises(ProjectError, match=r"products\.importance\.permutations"):
        gp.Project.load(path)


def test_the_command_prints_a_table_and_plain_words(run):
    fewer = ("--folds", "3", "--repeats", "1", "--permutations", "2", "--cells", "20")
    result = invoke(run, *fewer, "--overwrite")
    assert result.exit_code == 0, result.output
    value = r"[+-]0\.\d{3}"
    for layer in "ABC":
        assert re.search(rf"^{layer} +{value} +{value} to {value} +0\.\d{{3}}", result.stdout, re.M)
    assert re.search(r"^A and B +\d\.\d\d +\d\.\d\d", result.stdout, re.M)
    assert "The map rests on" in result.stdout


def test_a_page_of_a_person_s_own_is_not_replaced(run):
    manifest = json.loads((run / "manifest.json").read_text())
    for name in FILES:
        (run / name).unlink()
        del manifest["outputs"][name]
    (run / "manifest.json").write_text(json.dumps(manifest))
    (run / "importance.html").write_text("mine")
    with pytest.raises(OutputError, match="importance"):
        gp.add_product(run, "importance", QUICK, overwrite=True)
    assert (run / "importance.html").read_text() == "mine"
