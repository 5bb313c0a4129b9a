"""Which cells should stand beside occurrences alone: drawings compared where the truth is known.

`python -m pytest -m slow -s tests/test_drawings.py` prints, for each simulated province, drawing
and method, the area under the prediction-rate curve in cross-validation and under the rate curve of
the truth. The default was chosen on the seeds of CHOOSING; the figures told are of REPORTING.
"""

import numpy as np
import pytest
from fits import method
from provinces import KINDS, simulate

from geoprospect.crossval import FoldScheme, compare
from geoprospect.evidence import EvidenceStack
from geoprospect.model import fit
from geoprospect.samples import DrawingRule, PointsSource, draw_non_occurrences, read_samples

CHOOSING, REPORTING = (0, 1), (100, 101)
METHODS = {"svm": {}, "random-forest": {"trees": 30}, "extra-trees": {"trees": 30}}
DRAWS = 4


def drawings(folder):
    """The rules compared, by name; the first is the default."""
    others = PointsSource(str(folder / "others.gpkg"))
    return {
        "random": DrawingRule(draws=DRAWS),
        "random, no distance": DrawingRule(draws=DRAWS, distance=0.0),
        "background of 1000": DrawingRule(draws=DRAWS, method="background", number=1000),
        "target group": DrawingRule(draws=DRAWS, distance=0.0, target_group=others),
    }


def measured(kind, seed, folder):
    """Give both areas of each drawing and method, and those of truth and coordinates alone."""
    province, areas = simulate(kind, seed), {}
    province.write(folder / "layers")
    province.points(province.others).to_file(folder / "others.gpkg")
    valid = ~np.isnan(province.intensity)
    with EvidenceStack.open(folder / "layers") as stack:
        known = read_samples(province.points(province.occurrences), stack)
        X, _ = stack.sample(*np.nonzero(valid))
        for rule_name, rule in drawings(folder).items():
            drawn = draw_non_occurrences(known, stack, rule, seed=seed)
            methods = {name: method(name, members=DRAWS, **x) for name, x in METHODS.items()}
            scheme = FoldScheme(folds=3, repeats=1, seed=seed)
            told = compare(stack, drawn, methods, scheme)
            for result in told.results:
                skill = np.nan
                if result is not told.null:
                    fitted = fit(stack, drawn, methods[result.method])
                    skill = province.skill_of_valid(fitted.forward_pass().predict(X)[0])
                areas[rule_name, result.method] = float(result.rate_area.mean()), skill
    return areas | {("truth", ""): (np.nan, province.skill(province.intensity))}


@pytest.mark.slow
def test_no_drawing_beats_the_default_on_most_provinces(tmp_path):
    means = {}
    for name, seeds in (("choosing", CHOOSING), ("reporting", REPORTING)):
        for kind in KINDS:
            each = []
            for seed in seeds:
                folder = tmp_path / f"{name} {kind} {seed}"
                folder.mkdir()
                each.append(measured(kind, seed, folder))
            print(f"\n{name}, {kind}: cross-validated, true")
            for key in each[0]:
                means[name, kind, key] = np.mean([areas[key] for areas in each], axis=0)
                print(f"{', '.join(key):40s} {means[name, kind, key].round(3)}", flush=True)
    for rival in ("random, no distance", "background of 1000", "target group"):
        ours, theirs = (
            np.array(
                [[means["reporting", kind, (rule, m)][1] for m in METHODS] for kind in KINDS]
            ).mean(axis=1)
            for rule in ("random", rival)
        )
        assert (theirs > ours + 0.01).sum() < 2
