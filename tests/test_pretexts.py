"""What is learned before the occurrences: pretext tasks compared on ground without rock classes.

`python -m pytest -m slow -s tests/test_pretexts.py` prints, for each ground, the figures of points
held out in regions with a buffer, after each pretext task, beside methods without one and the
null. The default was chosen on the seeds of CHOOSING; the figures told are of REPORTING. With
`-k members` it prints how far the default's figures move with the members' seed.
"""

import time
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT
from fits import method
from otherpretexts import TASKS, OtherPretext
from provinces import KINDS, simulate
from sklearn.metrics import roc_auc_score

from geoprospect.crossval import FoldScheme
from geoprospect.crossval.comparing import compare_on
from geoprospect.crossval.folded import Folded
from geoprospect.evidence import EvidenceStack
from geoprospect.methods import (
    MethodOptions,
    SampleTable,
    Transfer,
    method_named,
    scores_of_fits,
)
from geoprospect.model import FitInputs
from geoprospect.samples import DistinctCells, DrawingRule, draw_non_occurrences, read_samples

CHOOSING, REPORTING = range(4), range(100, 105)
FEW = 20  # occurrences taken of a ground's
MEMBERS = 4
FIGURES = ("AUC", "AP", "rate area", "AUC in folds")
SIMULATED = KINDS[1:]


def labelled(ground, study):
    """Open the evidence of a ground with labelled points, and read these."""
    if ground == "Yukon":
        stack = EvidenceStack.open({f"X{k}": study / f"evidence/X{k}.tif" for k in range(1, 8)})
        return stack, read_samples(study / "01_Train_VO.csv", stack, label="DEP", crs="EPSG:3578")
    stack = EvidenceStack.open(ROOT / "sample_rasters")
    return stack, read_samples(ROOT / "data/training.gpkg", stack, label="occurrence")


def ground_of(name, seed, study, folder):
    """Give what methods are fitted on, and how points are held out."""
    if name in ("Yukon", "sample"):
        stack, samples = labelled(name, study)
        return FitInputs.of(stack, samples), FoldScheme(repeats=1, buffer=10_000.0, seed=seed)
    if name in SIMULATED:
        province, buffer = simulate(name, seed), 2_000.0
        folder.mkdir()
        stack = EvidenceStack.open(province.write(folder))
        known = read_samples(province.points(province.occurrences), stack)
    else:
        (stack, samples), buffer = labelled(name.split(",")[0], study), 5_000.0
        cells = DistinctCells.of(samples).samples
        occurrences = np.random.default_rng(seed).permutation(np.flatnonzero(cells.label))
        known = cells.part(np.sort(occurrences[:FEW]))
    drawn = draw_non_occurrences(known, stack, DrawingRule(draws=MEMBERS), seed=seed)
    scheme = FoldScheme(folds=4, repeats=1, buffer=buffer, seed=seed)
    return FitInputs.of(stack, drawn), scheme


GROUNDS = ("Yukon", "sample", f"Yukon, {FEW} alone", f"sample, {FEW} alone", *SIMULATED)


def methods_on(stack, seed):
    """Give the methods compared; the first is the default, the second what was before it."""
    options = {"members": MEMBERS, "seed": seed}
    names = ("distribution", "reconstruction")
    made = {name: Transfer.preset(name, "fine-tuning", **options) for name in names}
    made |= {task: OtherPretext.named(task, stack, **options) for task in TASKS}
    made["from scratch"] = Transfer.preset("none", "from-scratch", **options)
    made["svm"] = method("svm", **options)
    made["forest"] = method("random-forest", trees=100, **options)
    return made


def figures(comparison, result):
    """Give the figures, and the limits of the first one's 95% interval."""
    within, interval = comparison.auc_within_folds(result), comparison.interval(result, "auc")
    means = result.auc.mean(), result.average_precision.mean(), result.rate_area.mean()
    return [*map(float, means), within, interval.low, interval.high]


def told(title, table):
    """Print figures by method."""
    print(f"\n{title}: {', '.join(FIGURES)}; 95% interval of the first, mean of its limits")
    for name, row in table.items():
        print(f"  {name:20s}" + " ".join(f"{value:.3f}" for value in row), flush=True)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [CHOOSING, REPORTING], ids=["choosing", "reporting"])
def test_no_pretext_task_beats_the_default_without_rock_classes(study, tmp_path, seeds):
    rows = {}
    for seed in seeds:
        for name in GROUNDS:
            inputs, scheme = ground_of(name, seed, study, tmp_path / f"{name} {seed}")
            inputs = replace(inputs, pretext_cells=1_000)
            compared = compare_on(inputs, methods_on(inputs.stack, seed), scheme)
            rows[name, seed] = {x.method: figures(compared, x) for x in compared.results}
            told(f"{name}, seed {seed}", rows[name, seed])
        methods = rows[name, seed]
        overall = {key: np.mean([row[key] for row in rows.values()], axis=0) for key in methods}
        told(f"mean of all grounds, to seed {seed}", overall)
    for name in GROUNDS:
        means = {x: np.mean([rows[name, seed][x] for seed in seeds], axis=0) for x in overall}
        told(f"{name}, mean of all seeds", means)
    ours = overall["distribution"]
    for rival in ("reconstruction", "from scratch", *TASKS):
        assert max(ours[0] - overall[rival][0], ours[2] - overall[rival][2]) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Yukon", f"sample, {FEW} alone"])
def test_more_members_are_moved_less_by_their_seed_and_forty_hardly(study, tmp_path, name):
    inputs, scheme = ground_of(name, 100, study, tmp_path / "layers")
    inputs = replace(inputs, pretext_cells=500)
    sizes = (1, 5, 10, 20, 40)
    areas, seconds = {n: [] for n in sizes}, {}
    for seed in range(10):
        most = method_named("fine-tuning", MethodOptions(members=max(sizes), seed=seed))
        label, X = inputs.points.label, inputs.X(most)
        encoders = most.prepare(inputs.cells_of_pretext(most), X.shape[1])
        folded = Folded.of(inputs.points, scheme, draws=inputs.masks)
        masks, _ = folded.masks(most.members)
        table = SampleTable(X, label)
        scores = scores_of_fits(most, table, masks, X, preparation=encoders)
        scores = scores.reshape(len(folded.learned), most.members, -1)
        for n in sizes:  # the first members are the same, however many there are
            held_out, _ = folded.when_held_out(scores[:, :n].mean(axis=1, dtype=np.float64))
            areas[n].append(roc_auc_score(label, held_out[0]))
    print(f"\n{name}: members, AUC, its standard deviation over 10 seeds, seconds of a training")
    for n in sizes:
        few = replace(most, members=n)
        started = time.perf_counter()
        few.fit(table, table.masks_of_all(n), preparation=encoders)
        seconds[n] = time.perf_counter() - started
        print(f"  {n:3d} {np.mean(areas[n]):.4f} {np.std(areas[n], ddof=1):.4f} {seconds[n]:.1f}")
    assert np.std(areas[40], ddof=1) < 0.005 < np.std(areas[1], ddof=1)
