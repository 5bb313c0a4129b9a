"""What should make the map: single methods, averages and the choice, compared where truth is known.

`python -m pytest -m slow -s tests/test_averages.py` prints, for each kind of ground and method, the
headline figure in cross-validation (area under the prediction-rate curve for occurrences alone,
under the ROC curve for the published points) and, where the truth is known, the area under the
rate curve of fresh occurrences. Core and rule were chosen on seeds 0-3, from tables made likewise;
those printed are of other regions, occurrences and provinces.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from provinces import KINDS, simulate

from geoprospect.crossval import Choice, FoldScheme, compare
from geoprospect.evidence import EvidenceStack
from geoprospect.methods import CORE, MethodOptions, method_named
from geoprospect.model import fit
from geoprospect.samples import DrawingRule, draw_non_occurrences, read_samples

REPORTING = (100, 101)
DRAWS = 3
OTHERS = ("distribution-fine-tuning", "boosting", "gaussian-process", "logistic-regression")


def methods(names):
    """Give methods as a run compares them, by name."""
    forests = MethodOptions(members=DRAWS, baseline={"trees": 100})
    plain = MethodOptions(members=DRAWS)
    return {name: method_named(name, forests if name in CORE[:2] else plain) for name in names}


def figures_of(choice):
    """Give the headline figure of each method, average and the choice."""
    headline = choice.comparison.headline
    told = {result.method: result for result in choice.told.results}
    told["what was added"] = told.pop(choice.method) if choice.added else told["average"]
    return {name: float(getattr(result, headline).mean()) for name, result in told.items()}


def on_province(kind, seed, folder):
    """Give, of each method on a simulated province, the figure held out and that of the truth."""
    province = simulate(kind, seed)
    province.write(folder)
    valid = ~np.isnan(province.intensity)
    with EvidenceStack.open(folder) as stack:
        known = read_samples(province.points(province.occurrences), stack)
        drawn = draw_non_occurrences(known, stack, DrawingRule(draws=DRAWS), seed=seed)
        compared = methods((*OTHERS, *CORE))
        choice = Choice.of(compare(stack, drawn, compared, FoldScheme(repeats=2, seed=seed)))
        X, _ = stack.sample(*np.nonzero(valid))
        maps = {
            name: fit(stack, drawn, made).forward_pass().predict(X)[0].astype(float)
            for name, made in compared.items()
        }
    maps["average"] = np.mean([maps[name] for name in CORE], axis=0)
    maps["what was added"] = np.mean([maps[name] for name in choice.parts], axis=0)
    skill = {name: province.skill_of_valid(scores) for name, scores in maps.items()}
    return {name: (value, skill.get(name, np.nan)) for name, value in figures_of(choice).items()}


def on_study(seed, study):
    """Give the figure of each method in k-means regions of the published study's points."""
    table = pd.read_csv(study / "01_Train_VO.csv")
    places = gpd.points_from_xy(table.ESTE, table.NORTE)
    occurrence = table.DEP.astype(int)
    points = gpd.GeoDataFrame({"occurrence": occurrence}, geometry=places, crs="EPSG:3578")
    with EvidenceStack.open(study / "evidence", names=[f"X{k}" for k in range(1, 8)]) as stack:
        samples = read_samples(points, stack)
        scheme = FoldScheme(repeats=2, seed=seed, buffer=10_000.0)
        choice = Choice.of(compare(stack, samples, methods((*OTHERS, *CORE)), scheme))
    return {name: (value, np.nan) for name, value in figures_of(choice).items()}


def tell(ground, each):
    """Print the means over the seeds, and give them."""
    means = {name: np.mean([told[name] for told in each], axis=0) for name in each[0]}
    print(f"\n{ground}: held out, truth")
    for name, (held_out, truth) in means.items():
        print(f"{name:28s} {held_out:.3f} {truth:.3f}", flush=True)
    return means


@pytest.mark.slow
def test_the_average_chosen_is_as_good_as_any_single_method_over_all_kinds_of_ground(tmp_path):
    truths = []
    for kind in KINDS:
        each = []
        for seed in REPORTING:
            folder = tmp_path / f"{kind} {seed}"
            folder.mkdir()
            each.append(on_province(kind, seed, folder))
        truths.append({name: truth for name, (_, truth) in tell(kind, each).items()})
    means = {name: np.mean([truth[name] for truth in truths]) for name in truths[0]}
    print("\nmean truth:", {name: round(float(mean), 4) for name, mean in means.items()})
    singles = [means[name] for name in (*OTHERS, *CORE)]
    assert means["what was added"] > max(singles) - 0.002
    assert means["average"] > max(singles) - 0.002


@pytest.mark.slow
def test_the_average_chosen_is_as_good_as_its_parts_on_the_published_points(study):
    if not (study / "evidence").is_dir():
        pytest.skip("the study's rasters are not beside its tables")
    means = tell("the published study", [on_study(seed, study) for seed in REPORTING])
    assert means["what was added"][0] > max(means[name][0] for name in CORE)


@pytest.mark.slow
def test_the_seed_of_its_members_hardly_moves_the_figure_of_an_average():
    areas = {}
    with EvidenceStack.open(ROOT / "sample_rasters") as stack:
        samples = read_samples(ROOT / "data/training.gpkg", stack)
        for name in ("average", "distribution-average", "distribution-fine-tuning"):
            seeded = {
                f"{name}, seed {seed}": method_named(name, MethodOptions(members=10, seed=seed))
                for seed in range(10)
            }
            told = compare(stack, samples, seeded, FoldScheme(repeats=1, seed=100))
            areas[name] = [result.auc[0] for result in told.methods]
            print(f"\n{name}: AUC {np.mean(areas[name]):.4f}, standard deviation over ten seeds "
                  f"{np.std(areas[name], ddof=1):.4f}", flush=True)  # fmt: skip
    assert np.std(areas["average"], ddof=1) < 0.005
    assert np.std(areas["distribution-average"], ddof=1) < 0.005
