import itertools
import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from conftest import ROOT
from mapfiles import TRANSFORM, write_map
from rasterio.crs import CRS
from scipy.special import expit, logit
from smallproject import write_project

from geoprospect.errors import OutputError, SamplesError, ScoreError
from geoprospect.grid import Grid
from geoprospect.mapping.kernel import kernel_of, ticket_of
from geoprospect.project.check import check_project
from geoprospect.project.file import Project
from geoprospect.project.run import run_project
from geoprospect.project.settings import CalibrationSettings
from geoprospect.reliability.calibration import Calibration, ProbabilityKernel, write_probability
from geoprospect.samples import DrawingRule
from geoprospect.samples.trainingcells import TrainingCells
from geoprospect.scoring.counting.scoremap import ScoreMap
from geoprospect.scoring.score.trainingpoints import TrainingPoints
from geoprospect.synthetic import province

METHODS = ["logistic", "isotonic"]


def drawn(n, seed=0):
    """Scores that are the probability of the label themselves."""
    rng = np.random.default_rng(seed)
    score = rng.uniform(0.02, 0.98, n)
    return score, (rng.random(n) < score).astype(int)


def test_scores_that_are_probabilities_are_left_as_they_are():
    score, label = drawn(40_000)
    x, y = np.array(Calibration.fit(score, label).knots).T
    slope = np.diff(y) / np.diff(x)
    # The standard error of the slope is 1 / sqrt(n var(x) mean(p (1 - p))) = 0.0095 here.
    np.testing.assert_allclose(slope, 1, atol=0.03)
    stairs = Calibration.fit(score, label, method="isotonic")
    middle = np.linspace(0.1, 0.9, 9)
    np.testing.assert_allclose(stairs.probability(middle), middle, atol=0.05)


def test_a_stair_has_the_odds_of_its_points_with_a_half_added_to_each_label():
    score = np.array([0.2, 0.2, 0.2, 0.2, 0.8, 0.8, 0.8, 0.8])
    label = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    stairs = Calibration.fit(score, label, method="isotonic")
    np.testing.assert_allclose(np.exp(stairs.log_odds([0.2, 0.8])), [1.5 / 3.5, 4.5 / 0.5])
    # Straight in log-odds between the stairs, level beyond them.
    np.testing.assert_allclose(stairs.log_odds(0.5), stairs.log_odds([0.2, 0.8]).mean())
    np.testing.assert_array_equal(stairs.log_odds([0, 1]), stairs.log_odds([0.2, 0.8]))


@pytest.mark.parametrize("method", METHODS)
def test_the_curve_never_falls(method):
    score, label = drawn(60, seed=3)
    curve = Calibration.fit(score, label, method=method)
    assert (np.diff(curve.probability(np.linspace(0, 1, 500))) >= 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_points_told_apart_without_fault_are_not_made_certain(method):
    score = np.r_[np.full(10, 0.3), np.full(30, 0.1)]
    label = np.r_[np.ones(10), np.zeros(30)]
    p = Calibration.fit(score, label, method=method).probability([0.1, 0.3])
    # Platt's targets are 1/32 and 11/12; the stairs have odds of 0.5/30.5 and 10.5/0.5.
    expected = {"logistic": [1 / 32, 11 / 12], "isotonic": [0.5 / 31, 10.5 / 11]}
    np.testing.assert_allclose(p, expected[method], atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_repeats_count_as_one_set_of_points(method):
    score, label = drawn(50, seed=1)
    once = Calibration.fit(score, label, method=method)
    thrice = Calibration.fit(np.stack([score] * 3), label, method=method)
    np.testing.assert_allclose(thrice.knots, once.knots, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_scores_without_skill_are_refused(method):
    score, label = drawn(200)
    with pytest.raises(ScoreError, match=r"no skill.*area under the ROC curve 0"):
        Calibration.fit(1 - score, label, method=method)
    with pytest.raises(ScoreError, match=r"no skill.*0\.500"):
        Calibration.fit(np.full(200, 0.4), label, method=method)
    with pytest.raises(ScoreError, match="found 200 occurrences, 0 non-occurrences"):
        Calibration.fit(score, np.ones(200), method=method)


@pytest.mark.parametrize("method", METHODS)
def test_calibration_recovers_the_known_intensity(tmp_path, method):
    """Of the sample province, for a score that rises with intensity but is no probability."""
    truth = province()
    intensity = np.where(truth.valid, truth.intensity, 1).astype(np.float64)
    score = expit(0.5 * np.log(intensity) - 1)
    ones, zeros = truth.draw_occurrences(4000, seed=1), truth.draw_cells(4000, seed=2)
    rows, columns = np.concatenate([ones, zeros], axis=1)
    label = np.repeat([1, 0], 4000)
    calibration = Calibration.fit(score[rows, columns], label, method=method)
    source = write_map(
        tmp_path / "map.tif", np.where(truth.valid, score, -1).astype(np.float32), nodata=-1
    )
    deposits = 5.0  # few, so that the chance of two in a cell is nothing
    summary = write_probability(calibration, source, tmp_path / "p.tif", deposits=deposits)
    assert summary.deposits == pytest.approx(deposits, rel=1e-6)
    with rasterio.open(summary.path) as raster:
        p = raster.read(1)[truth.valid].astype(np.float64)
    expected = deposits * intensity[truth.valid] / intensity[truth.valid].sum()
    part = np.argsort(np.argsort(expected)) * 12 // len(expected)
    for k in range(12):
        here = part == k
        share = here.mean()  # of the cells drawn; of the occurrences it is:
        found = expected[here].sum() / deposits
        error = np.sqrt(1 / (4000 * share) + 1 / (4000 * found + 0.5))
        assert abs(np.log(p[here].sum() / expected[here].sum())) < 3.5 * error


def test_the_probability_is_the_curve_shifted_until_it_sums_to_the_deposits(tmp_path):
    rng = np.random.default_rng(4)
    scores = rng.random((300, 280)).astype(np.float32)
    scores[:40, :30] = -9999
    source = write_map(tmp_path / "map.tif", scores, nodata=-9999)
    score, label = drawn(300)
    for method in METHODS:
        calibration = Calibration.fit(score, label, method=method)
        for deposits in (0.5, 120.0, 60_000.0):
            path = tmp_path / "p.tif"
            summary = write_probability(
                calibration, source, path, deposits=deposits, overwrite=True
            )
            with rasterio.open(path) as raster:
                p = raster.read(1, masked=True)
                assert raster.descriptions == ("probability of a deposit in the cell",)
                assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
                assert (raster.nodata, raster.dtypes, raster.transform) == (
                    -9999,
                    ("float32",),
                    TRANSFORM,
                )
            np.testing.assert_array_equal(p.mask, scores == -9999)
            assert p.sum(dtype=np.float64) == pytest.approx(deposits, rel=1e-6)
            assert summary.deposits == pytest.approx(deposits, rel=1e-6)
            assert (summary.n_valid, summary.maximum) == (300 * 280 - 1200, p.max())
            shift = logit(p.compressed().astype(float)) - calibration.log_odds(scores[~p.mask])
            np.testing.assert_allclose(shift, summary.calibration.offset, atol=2e-3)
    style = ET.parse(tmp_path / "p.qml").getroot().find(".//colorrampshader")
    assert (float(style.get("minimumValue")), float(style.get("maximumValue"))) == (0, 1)
    labels = [item.get("label") for item in style.iter("item")]
    assert len(set(labels)) == len(labels) >= 3
    assert all(label.count("%") for label in labels)
    bounds = [float(item.get("value")) for item in style.iter("item")][:-1]
    steps = [upper / lower for lower, upper in itertools.pairwise(bounds)]
    assert all(step == pytest.approx(10 / 3, rel=0.01) or step == pytest.approx(3, rel=0.01)
               for step in steps)  # fmt: skip
    json.dumps(summary.calibration.to_dict())


def test_as_many_deposits_as_cells_are_refused_and_nothing_is_written(tmp_path):
    source = write_map(tmp_path / "map.tif", np.full((3, 4), 0.5, np.float32))
    calibration = Calibration.fit(*drawn(100))
    with pytest.raises(ScoreError, match="found 12 deposits, 12 valid cells"):
        write_probability(calibration, source, tmp_path / "p.tif", deposits=12)
    assert [path.name for path in tmp_path.iterdir()] == ["map.tif"]
    one = write_probability(calibration, source, tmp_path / "p.tif", deposits=3)
    assert (one.minimum, one.maximum) == (0.25, 0.25)
    with pytest.raises(OutputError, match="exists already"):
        write_probability(calibration, source, tmp_path / "p.tif", deposits=3)


def test_a_stopped_probability_is_gone_on_with(tmp_path):
    rng = np.random.default_rng(4)
    source = write_map(tmp_path / "map.tif", rng.random((300, 280)).astype(np.float32))
    calibration = Calibration.fit(*drawn(100))
    whole = write_probability(calibration, source, tmp_path / "whole.tif", deposits=30)

    def stop(done, total):
        if done > 0.6 * total:
            raise KeyboardInterrupt

    path = tmp_path / "p.tif"
    with pytest.raises(KeyboardInterrupt, match="--resume"):
        write_probability(calibration, source, path, deposits=30, progress=stop)
    with pytest.raises(OutputError, match="another calibration"):
        write_probability(calibration, source, path, deposits=31, resume=True)
    resumed = write_probability(calibration, source, path, deposits=30, resume=True)
    assert resumed.calibration == whole.calibration
    with rasterio.open(path) as raster, rasterio.open(whole.path) as undisturbed:
        assert raster.tags()["GEOPROSPECT_CALIBRATION"] == "logistic"
        np.testing.assert_array_equal(raster.read(), undisturbed.read())


def test_a_probability_tells_the_training_cells_of_the_map_where_no_list_of_layers_shows_them(
    tmp_path,
):
    rng = np.random.default_rng(5)
    grid = Grid(CRS.from_epsg(3578), Affine(1000, 0, 0, 0, -1000, 0), (40, 60))
    cells = [(row, column) for row in range(0, 40, 4) for column in range(0, 60, 7)]
    tags = TrainingCells.of(grid, cells, evidence_range=4000.0).tags()
    source = tmp_path / "map.tif"
    with rasterio.open(
        source,
        "w",
        driver="GTiff",
        height=40,
        width=60,
        count=1,
        nodata=-9999,
        dtype="float32",
        crs=grid.crs,
        transform=grid.transform,
    ) as raster:
        raster.write(rng.random((1, 40, 60)).astype(np.float32))
        raster.update_tags(**tags)
    calibration = Calibration.fit(*drawn(100))
    write_probability(calibration, source, tmp_path / "p.tif", deposits=3)
    with rasterio.open(tmp_path / "p.tif") as raster:
        shown = {k: v for k, v in raster.tags().items() if not k.startswith("TIFFTAG")}
        assert max(map(len, shown.values())) <= 80
    with ScoreMap.open(tmp_path / "p.tif") as scored:
        known = TrainingPoints.of_map(scored)
    assert list(zip(known.cells.rows.tolist(), known.cells.columns.tolist(), strict=True)) == cells
    assert known.cells.evidence_range == 4000.0


def test_the_kernel_of_a_probability_is_the_same_in_another_process():
    kernel = ProbabilityKernel(Calibration.fit(*drawn(100)))
    assert kernel_of(ticket_of(kernel)) == kernel


FOREST = """
[model]
strategy = "random-forest"
baseline = { trees = 40 }
"""


def project_with(folder, settings):
    path = write_project(folder)
    text = path.read_text()
    path.write_text(text[: text.index("[model]")] + FOREST + settings)
    return Project.load(path)


@pytest.mark.parametrize("method", METHODS)
def test_a_run_writes_probability_only_where_a_calibration_is_asked_for(tmp_path, method):
    asked = f'[calibration]\ndeposits = 30.5\nmethod = "{method}"\nbuffer = 150.0\n'
    summary = run_project(project_with(tmp_path, asked))
    assert summary.probability.deposits == pytest.approx(30.5, rel=1e-6)
    names = {"probability.tif", "probability.qml", "calibration.json"}
    out = tmp_path / "out"
    outputs = json.loads((out / "manifest.json").read_text())["outputs"]
    assert names <= set(outputs)
    told = json.loads((out / "calibration.json").read_text())
    assert (told["method"], told["deposits"], told["scheme"]["buffer"]) == (method, 30.5, 150)
    assert told["scheme"]["kind"] == "clusters"
    assert min(told["auc"]) > 0.7
    with (
        rasterio.open(out / "probability.tif") as calibrated,
        rasterio.open(out / "prospectivity.tif") as raster,
    ):
        p, scores = calibrated.read(1, masked=True), raster.read(1, masked=True)
    np.testing.assert_array_equal(p.mask, scores.mask)
    in_order = p.compressed()[np.argsort(scores.compressed(), kind="stable")]
    assert (np.diff(in_order) >= 0).all()
    log = (out / "log.txt").read_text()
    assert "probability: 30.5 deposits expected in 1840 cells" in log
    run_project(project_with(tmp_path, ""), overwrite=True)
    assert not names & {path.name for path in out.iterdir()}


def test_folds_that_cannot_be_show_before_the_training(tmp_path):
    project = project_with(tmp_path, "[calibration]\ndeposits = 30\nbuffer = 90000.0\n")
    with pytest.raises(SamplesError, match="leaves too little to learn from"):
        run_project(project)
    log = (project.folder / "log.txt").read_text()
    assert log.startswith("evidence: ")
    assert "model:" not in log
    assert any(
        finding.level == "error" and "leaves too little" in finding.text
        for finding in check_project(project)
    )


def test_check_doubts_a_calibration_that_cannot_hold(tmp_path):
    texts = [
        f"{finding.level} {finding.text}"
        for finding in check_project(project_with(tmp_path, "[calibration]\ndeposits = 2\n"))
    ]
    assert any(text.startswith("warning calibration: 2 deposits are expected") for text in texts)
    assert any(text.startswith("warning calibration: non-occurrences are taken") for text in texts)
    many = check_project(project_with(tmp_path, "[calibration]\ndeposits = 1840\n"))
    assert any(finding.level == "error" and "1840 deposits" in finding.text for finding in many)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_the_probability_of_the_default_model_agrees_with_the_samples_known_intensity(
    tmp_path, method, capsys
):
    """Among cells of like probability, of a model that learned from occurrences alone."""
    project = Project.load(ROOT / "project.toml")
    points = project.points.training
    occurrences = gpd.read_file(points.path)
    occurrences = occurrences[occurrences.occurrence == 1]
    occurrences.to_file(tmp_path / "occurrences.gpkg")
    project = replace(
        project,
        points=replace(
            project.points,
            training=replace(points, path=str(tmp_path / "occurrences.gpkg")),
            non_occurrences=DrawingRule(number=218, distance=0),
        ),
        calibration=CalibrationSettings(deposits=20, method=method),
        folder=tmp_path / "out",
    )
    summary = run_project(project)
    truth = province()
    with rasterio.open(summary.probability.path) as raster:
        p = raster.read(1)[truth.valid].astype(float)
    expected = 20 * truth.intensity[truth.valid].astype(float)
    expected /= truth.valid.sum()
    assert p.sum() == pytest.approx(20, rel=1e-6)
    # Parts of like probability that hold a fifth of the expected deposits each.
    order = np.argsort(p, kind="stable")
    part = np.minimum((np.cumsum(p[order]) / 4).astype(int), 4)
    told = np.bincount(part, weights=p[order])
    true = np.bincount(part, weights=expected[order])
    with capsys.disabled():
        print(f"\n{method}: of 4 deposits told in each fifth, the truth has", true.round(2))
    # A fifth of 95 occurrences is 19: a standard error of 0.23 of the logarithm.
    np.testing.assert_allclose(np.log(true / told), 0, atol=3 * 0.23)
