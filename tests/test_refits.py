"""How sure a score is: refits on resampled clusters, and what is due to data and what to seeds."""

import os
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from conftest import ROOT
from fits import method
from mapjobs import cosines, write_stack
from scipy.stats import spearmanr

from geoprospect.errors import ModelError, SamplesError, TrainingError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import NODATA, Execution
from geoprospect.mapping.kernel import kernel_of, ticket_of
from geoprospect.methods import MethodOptions, balanced, method_named
from geoprospect.methods.again import again, members_of_parts
from geoprospect.model import Components, FitInputs, fit
from geoprospect.model.model import ProspectivityModel
from geoprospect.model.refitting import Design, Refitting
from geoprospect.reliability.uncertainty import ClusterBootstrap, write_uncertainty
from geoprospect.reliability.uncertainty.bootstrap import Resampling
from geoprospect.reliability.uncertainty.kernel import UncertaintyKernel
from geoprospect.reliability.uncertainty.refitscores import BestTenth, RefitScores, ends
from geoprospect.reliability.uncertainty.spread import Spread
from geoprospect.samples import DrawingRule, draw_non_occurrences, read_samples
from geoprospect.synthetic import province

BANDS = (
    "standard deviation of the score",
    "standard deviation due to few data",
    "standard deviation due to the seeds of the members",
    "lower end of the 90% interval",
    "upper end of the 90% interval",
    "probability that the score is above 0.4",
    "probability of being in the best 10% of the area",
)


def test_clusters_come_and_go_as_one_and_each_label_for_itself():
    groups = np.array([0, 0, 0, 1, 2, 2, 3, 4, 5])
    label = np.array([1, 1, 1, 1, 1, 1, 0, 0, 0])
    resampling = Resampling(groups, label, seed=1)
    draws = [np.bincount(resampling.drawn(number), minlength=9) for number in range(200)]
    for counts in draws:
        for group in range(6):
            assert len(set(counts[groups == group])) == 1
        assert counts[[0, 3, 4]].sum() == 3  # of three clusters of occurrences, three
        assert counts[6:].sum() == 3
    assert np.array_equal(resampling.drawn(7), resampling.drawn(7))
    # A cluster is left out of a draw with the chance (1 - 1/3)³ = 8/27.
    missing = np.mean([[counts[at] == 0 for at in (0, 3, 4, 6, 7, 8)] for counts in draws])
    assert abs(missing - 8 / 27) < 3 * np.sqrt(8 / 27 * 19 / 27 / (200 * 6))


def test_the_parts_of_a_variance_are_those_that_went_into_it():
    """Two parts, one without seeds; the mean of many cells is the truth, for few refits too."""
    random = np.random.default_rng(0)
    n, refits, members = 40_000, 6, 2
    data = random.normal(0, 0.03, (refits, 1, 1, n))
    seeds = random.normal(0, 0.1, (refits, 2, members, n))
    seeds[:, 1] = 0
    design = Design(refits, members, of_map=(10.0, 10.0))
    spread = Spread.of((0.5 + data + seeds).astype(np.float32), design)
    # Seeds move the average of two parts by half of what they move one, and ten members a tenth.
    assert np.square(spread.seeds).mean() == pytest.approx(0.1**2 / 4 / 10, rel=0.02)
    wide = Spread.of((0.5 + 10 * data + seeds).astype(np.float32), design)
    assert np.square(wide.data).mean() == pytest.approx(0.3**2, rel=0.02)
    for told in (spread, wide):
        np.testing.assert_allclose(
            np.square(told.in_all), np.square(told.data) + np.square(told.seeds)
        )


def test_nine_in_ten_further_refits_lie_between_the_ends():
    random = np.random.default_rng(1)
    for refits in (19, 30):
        low, high = ends(random.gamma(2.0, size=(refits, 20_000)).astype(np.float32))
        further = random.gamma(2.0, size=20_000)
        assert abs(np.mean((further >= low) & (further <= high)) - 0.9) < 0.01
    low, high = ends(random.random((5, 10), np.float32))
    assert (low < high).all()  # too few for such ends: the least and the greatest


def test_a_method_is_fitted_again_with_seeds_of_its_own_and_nothing_else_changed():
    average = method_named("average", MethodOptions(members=10))
    few = again(average, members=2, seed=5)
    assert [(part.members, part.seed) for part in few.parts] == [(2, 5)] * 3
    assert members_of_parts(average) == (10, 10, 10)
    forest = method_named("random-forest", MethodOptions(members=3, baseline={"trees": 200}))
    assert again(forest, members=2, seed=5) == replace(forest, members=2, seed=5, trees=50)
    assert members_of_parts(forest) == (12,)  # six hundred trees, in fifties
    smote = balanced(method_named("svm"), "smote")
    assert again(smote, members=2, seed=5).method == replace(smote.method, members=2, seed=5)
    with pytest.raises(TrainingError, match="cannot be fitted again"):
        again(type("Fixed", (), {"name": "fixed"})(), members=2, seed=5)


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    return write_stack(tmp_path_factory.mktemp("evidence"), (60, 150), layouts=({},) * 3)


@pytest.fixture(scope="module")
def inputs(layers):
    """Sixty points that follow the first layer."""
    with EvidenceStack.open(layers) as stack:
        X, rows, columns = stack.draw(60, seed=3)
        places = gpd.points_from_xy(*stack.grid.centres(rows, columns))
        label = (X[:, 0] + 0.3 * X[:, 1] > np.quantile(X[:, 0], 0.6)).astype(int)
        points = gpd.GeoDataFrame({"DEP": label}, geometry=places, crs="EPSG:3578")
        yield FitInputs.of(stack, read_samples(points, stack))


def bootstrap(inputs, name="extra-trees"):
    return ClusterBootstrap(Refitting(inputs, method(name, members=3, trees=10), 6, 2))


def written(made, path, **options):
    summary = write_uncertainty(made, path, threshold=0.4, **options)
    with rasterio.open(path) as raster:
        return summary, raster.read()


@pytest.fixture(scope="module")
def whole(inputs, tmp_path_factory):
    return written(bootstrap(inputs), tmp_path_factory.mktemp("whole") / "uncertainty.tif")


def by_hand(inputs, made):
    """The bands, from members fitted and scored one by one and formulas written out."""
    model = made.fit()
    X = inputs.stack.read().X
    seen = model.components.transform(X)
    each = np.array([m.predict(seen)[:, 0] for m in model.members], np.float64)
    each = each.reshape(6, 2, -1)
    mean = each.mean(axis=1)
    within = ((each - mean[:, None]) ** 2).sum(axis=1).mean(axis=0)  # of two, one is free
    between = ((mean - mean.mean(axis=0)) ** 2).sum(axis=0) / 5
    data = np.maximum(between - within / 2, 0)
    seeds = within / 3
    shown = mean.astype(np.float32)
    n_best = round(0.1 * len(X))
    best = shown >= np.sort(shown, axis=1)[:, -n_best][:, None]
    q = best.mean(axis=0)
    ordered = np.sort(shown, axis=0)
    return np.stack([
        np.sqrt(data + seeds), np.sqrt(data), np.sqrt(seeds), ordered[0], ordered[-1],
        (shown > 0.4).mean(axis=0), q,
    ])  # fmt: skip


def test_the_raster_is_what_arithmetic_by_hand_gives(inputs, whole):
    summary, bands = whole
    expected, valid = by_hand(inputs, bootstrap(inputs)), inputs.stack.read().valid
    assert (bands[:, ~valid] == NODATA).all()
    assert 0 < valid.sum() < valid.size
    np.testing.assert_allclose(bands[:, valid], expected, atol=2e-5)
    in_all, data, seeds = bands[:3, valid].astype(float)
    np.testing.assert_allclose(in_all**2, data**2 + seeds**2, rtol=1e-5)
    assert (summary.refits, summary.n_valid) == (6, valid.sum())
    assert summary.std == pytest.approx(expected[0].mean(), abs=1e-5)
    assert summary.best_for_sure == pytest.approx((expected[6] >= 0.95).mean())
    assert summary.best_perhaps == pytest.approx(
        ((expected[6] > 0.05) & (expected[6] < 0.95)).mean()
    )
    with rasterio.open(summary.path) as raster:
        assert raster.descriptions == BANDS
        assert raster.tags()["GEOPROSPECT_BEST_TENTH_FROM"] == f"all {valid.sum()} valid cells"
    assert not os.path.exists(summary.path.replace(".tif", ".refits"))


@pytest.mark.slow  # that the kernel travels to processes is seen without them, below
def test_the_cells_are_the_same_bits_in_two_processes(inputs, whole, tmp_path):
    execution = Execution((60, 75), workers=2)
    _, bands = written(bootstrap(inputs), tmp_path / "uncertainty.tif", execution=execution)
    np.testing.assert_array_equal(bands, whole[1])


def test_networks_are_scored_alike_by_the_compiled_loop(inputs, tmp_path):
    components = Components.fit(inputs.stack, names=inputs.stack.names)
    networks = tuple(cosines(seed, (3, 12, 1)) for seed in range(12))
    ranges = np.array([[-1, 1]] * 3, np.float32)
    settings = Design(6, 2, (10.0,)).settings()
    ProspectivityModel(components, networks, ranges, settings).save(tmp_path / "refits")
    model, block = ProspectivityModel.load(tmp_path / "refits"), inputs.stack.read()
    assert RefitScores.quickest(model, 10**6).compiled
    assert not RefitScores.quickest(model, 10**4).compiled
    plain, compiled = RefitScores(model), RefitScores(model, compiled=True)
    np.testing.assert_allclose(compiled.means(block.X), plain.means(block.X), atol=1e-6)
    kernel = UncertaintyKernel(compiled, BestTenth.of(compiled, inputs.stack), 0.5)
    bands = kernel(block).bands
    np.testing.assert_array_equal(kernel_of(ticket_of(kernel))(block).bands, bands)
    part = replace(block, values=block.values[:, 20:41])
    np.testing.assert_array_equal(kernel(part).bands, bands[:, 20:41])


class StoppedError(Exception):
    pass


def test_one_that_was_stopped_goes_on_with_its_refits_to_the_same_bits(inputs, whole, tmp_path):
    path, told = tmp_path / "uncertainty.tif", []

    def stopping(stage, done, total, word):
        told.append(stage)
        if stage == "uncertainty" and done:
            raise StoppedError

    options = {"execution": Execution((10, 150))}
    with pytest.raises(StoppedError):
        written(bootstrap(inputs), path, progress=stopping, **options)
    assert "refits" in told
    assert not path.exists()
    kept = path.with_suffix(".refits") / "model.json"
    before, again_told = kept.stat().st_mtime_ns, []
    assert before

    def telling(stage, done, total, word):
        again_told.append((stage, done))

    _, bands = written(bootstrap(inputs), path, resume=True, progress=telling, **options)
    np.testing.assert_array_equal(bands, whole[1])
    assert {stage for stage, _ in again_told} == {"uncertainty"}
    assert again_told[0][1] > 0  # cells of the parts that were there


def test_refits_of_other_points_are_not_gone_on_with(inputs, tmp_path):
    path = tmp_path / "uncertainty.tif"
    other = replace(inputs, samples=inputs.samples.part(np.arange(len(inputs.samples)) % 7 > 0))
    bootstrap(other).fit().save(path.with_suffix(".refits"))
    told = []
    write_uncertainty(
        bootstrap(inputs), path, resume=True, progress=lambda stage, *_: told.append(stage)
    )
    assert "refits" in told


def test_a_method_without_seeds_has_no_part_of_seeds(inputs, tmp_path):
    _, bands = written(bootstrap(inputs, "svm"), tmp_path / "u.tif")
    valid = bands[0] != NODATA
    assert (bands[2, valid] == 0).all()
    assert (bands[1, valid] > 0).mean() > 0.99
    np.testing.assert_array_equal(bands[0], bands[1])


def test_the_kernel_travels_and_what_holds_no_refits_is_refused(inputs, tmp_path):
    bootstrap(inputs).fit().save(tmp_path / "refits")
    model = type(bootstrap(inputs).fit()).load(tmp_path / "refits")
    scores, block = RefitScores(model), inputs.stack.read()
    kernel = UncertaintyKernel(scores, BestTenth.of(scores, inputs.stack), 0.5)
    travelled = kernel_of(ticket_of(kernel))
    np.testing.assert_array_equal(travelled(block).bands, kernel(block).bands)
    plain = fit(inputs.stack, inputs.samples, method("svm"))
    with pytest.raises(ModelError, match="holds no refits"):
        Design.of(plain)
    with pytest.raises(ModelError, match=r"found 11 members.*6 x 1 x 2"):
        Design.of(replace(model, members=model.members[1:]))


def test_where_non_occurrences_are_drawn_each_member_has_a_draw_of_its_own(inputs):
    known = inputs.samples.part(inputs.samples.label == 1)
    drawn = draw_non_occurrences(known, inputs.stack, DrawingRule(draws=3, number=9, distance=300))
    made = bootstrap(replace(inputs, samples=drawn))
    cells = []
    for number, (samples, masks) in enumerate(made.refitting.points(made.resampling.drawn)):
        barren = samples.label == 0
        assert not np.isin(samples.cells[barren], known.cells).any()
        assert (samples.places[barren].nearest(known.places) >= 300).all()
        assert masks[:, barren].sum(axis=1).tolist() == [9, 9]
        assert masks[:, ~barren].all()
        expected = np.sort(made.refitting.known.cells[made.resampling.drawn(number)])
        assert np.array_equal(np.sort(samples.cells[~barren]), expected)
        cells += [frozenset(samples.cells[mask & barren]) for mask in masks]
    assert len(set(cells)) == 12
    assert len(made.fit().members) == 12


def test_occurrences_of_one_cluster_are_refused(inputs):
    close = inputs.samples.part(inputs.samples.label == 0)
    one = replace(close, label=np.r_[1, np.zeros(len(close) - 1, int)])
    with pytest.raises(SamplesError, match="the occurrences are one cluster"):
        bootstrap(replace(inputs, samples=one)).fit()


def best_possible(truth):
    """The score that a method which weighs the labels alike would give, did it know the truth.

    The density of occurrences over that of occurrences and non-occurrences: of these, the sample
    draws the former in proportion to the intensity, the latter to 1 / (1 + intensity).
    """
    intensity = truth.intensity.astype(np.float64)
    occurrences, barren = intensity, 1 / (1 + intensity)
    occurrences, barren = (part / np.nansum(part) for part in (occurrences, barren))
    return occurrences / (occurrences + barren)


@pytest.mark.parametrize("name", ["average", "svm"])
def test_the_standard_deviation_ranks_the_real_error_on_the_sample(name):
    with EvidenceStack.open(ROOT / "sample_rasters") as stack:
        samples = read_samples(ROOT / "data/training.gpkg", stack)
        made, X_at = method_named(name), stack.draw(1500, seed=1)
        inputs = FitInputs.of(stack, samples)
        scores = (
            fit(stack, samples, made, components=inputs.components_for(made))
            .forward_pass()
            .predict(X_at[0])[0]
        )
        refits = ClusterBootstrap(Refitting(inputs, made, refits=15)).fit()
    each = RefitScores(refits)
    spread = Spread.of(
        each.design.grouped(refits.forward_pass().predict_each(X_at[0])), each.design
    )
    error = np.abs(scores - best_possible(province())[X_at[1], X_at[2]])
    assert spearmanr(spread.in_all, error)[0] > 0.3
