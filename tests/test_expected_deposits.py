"""Expected deposits: their interval is that of the exact distribution, and covers what is drawn."""

from functools import reduce

import numpy as np
import pytest
import shapely
from test_targets import write

from geoprospect.synthetic.province import province
from geoprospect.targets import TargetSettings, find_targets, layers_of_map
from geoprospect.targets.deposits import deposits_in


@pytest.mark.parametrize("seed", range(12))
def test_the_interval_is_a_shortest_one_of_the_poisson_binomial_distribution(seed):
    rng = np.random.default_rng(seed)
    chances = rng.beta(0.3, 10.0 ** rng.uniform(-0.5, 2), size=rng.integers(1, 400))
    # The exact distribution: one cell after the other, by folding.
    exact = reduce(np.convolve, [[1 - p, p] for p in chances], np.ones(1))
    upto = np.append(0.0, exact.cumsum())
    held = upto[None, 1:] - upto[:-1, None]  # from a number, down, to a number, across
    first, last = np.nonzero(held >= 0.95)
    told = deposits_in(chances.sum(keepdims=True), (chances**2).sum(keepdims=True))
    low, high = int(told.low[0]), int(told.high[0])
    # The stand-in may end a deposit off, where the exact chance there is all but at the limit.
    assert abs((high - low) - (last - first).min()) <= 1
    assert held[low, high] > 0.94


def test_a_certain_deposit_and_none_have_no_doubt():
    told = deposits_in(np.array([1.0, 0.0, 3.0]), np.array([1.0, 0.0, 3.0]))
    assert told.low.tolist() == told.high.tolist() == [1.0, 0.0, 3.0]


@pytest.mark.parametrize("rule", [{}, {"deposits": 0.5, "smooth": 2.0}])
@pytest.mark.parametrize("deposits", [25, 60, 100])
def test_the_interval_of_the_ten_best_targets_covers_the_deposits_drawn(tmp_path, deposits, rule):
    truth = province()
    chance = truth.intensity.astype(np.float64) / np.nansum(truth.intensity) * deposits
    path = write(tmp_path / "probability.tif", chance, transform=truth.grid.transform)
    targets = find_targets(layers_of_map(path, probabilities=True), TargetSettings(**rule))
    best, outlines = targets.targets[:10], targets.outlines[:10]
    expected, low, high = targets.expected(best)
    rows, columns = np.nonzero(truth.valid)
    centres = shapely.points(columns + 0.5, rows + 0.5)
    inside = np.any([shapely.contains(outline, centres) for outline in outlines], axis=0)
    chances = chance[rows[inside], columns[inside]]
    assert inside.sum() == sum(target.cells for target in best)
    assert expected == pytest.approx(chances.sum(), rel=1e-5)
    drawn = np.random.default_rng(0).random((1000, chances.size)) < chances
    counts = drawn.sum(axis=1)
    assert counts.mean() == pytest.approx(expected, rel=0.1)
    assert 0.90 <= ((low <= counts) & (counts <= high)).mean() <= 0.98
