"""Chances, captures and bands of rate curves against truths known beforehand."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import kstest

from geoprospect.errors import ScoreError
from geoprospect.scoring.counting.levels import survey
from geoprospect.scoring.measures.ratecurve import rate_curve_of
from geoprospect.scoring.measures.uncertainty import (
    AREAS,
    auc_shares,
    placement_p_value,
    uncertainty_of,
)
from geoprospect.synthetic import province

TIED = np.array([0.9, 0.5, 0.5, 0.5, 0.3, 0.1, 0.1])


def exact_p_value(values, at_points):
    """The chance that occurrences in cells of every possible choice reach the area."""
    found = rate_curve_of(values, at_points).auc
    areas = [rate_curve_of(values, choice).auc for choice in product(values, repeat=len(at_points))]
    return np.mean(np.array(areas) >= found - 1e-12)


@pytest.mark.parametrize("values", [TIED, np.linspace(1, 0, 7)], ids=["tied", "distinct"])
@pytest.mark.parametrize("at", [[0], [1, 4], [0, 1, 4]])
def test_the_p_value_is_that_of_all_possible_placements(values, at):
    exact = exact_p_value(values, values[at])
    deviation = np.sqrt(exact * (1 - exact) / 9999)
    assert uncertainty_of(values, values[at]).p_value == pytest.approx(
        exact, abs=4 * deviation + 1e-4
    )


def test_a_map_of_one_score_has_p_1():
    assert uncertainty_of(np.full(50, 0.3), [0.3, 0.3]).p_value == 1


@pytest.mark.parametrize("rounded", [False, True], ids=["distinct scores", "half a plateau"])
def test_the_p_value_is_uniform_where_occurrences_lie_at_random(rounded):
    truth = province()
    scores = truth.evidence[0].copy()
    if rounded:
        scores[scores < np.nanmedian(scores)] = 0
    valid = scores[truth.valid]
    ranks = survey(lambda: [valid], valid[:1], valid.size)
    p_values = []
    for seed in range(300):
        at_points = scores[truth.draw_cells(20, seed)]
        own = survey(lambda: [valid], at_points, valid.size)
        assert own.n_cells == ranks.n_cells
        p_values.append(placement_p_value(own, at_points, np.arange(20)))
    assert kstest(p_values, "uniform").pvalue > 0.05


def test_a_cluster_is_placed_as_one():
    cells = np.linspace(1, 0, 1000)
    single = uncertainty_of(cells, cells[[99]]).p_value
    cluster = uncertainty_of(cells, cells[[99] * 5], np.zeros(5, int)).p_value
    apart = uncertainty_of(cells, cells[[99] * 5]).p_value
    assert single == cluster == pytest.approx(0.1, abs=0.01)
    assert apart < 0.001


def test_plateaus_are_found_among_more_cells_than_are_looked_at():
    """Two million cells, half of them of one score in the middle of the others."""
    random = np.random.default_rng(3)
    cells = random.random(2**21)
    cells[random.random(2**21) < 0.5] = 0.4
    ranks = survey(lambda: np.split(cells, 4), np.array([0.4]), cells.size)
    at = ranks.scores.searchsorted(0.4)
    assert ranks.reaching[at] - ranks.above[at] == (cells == 0.4).sum()
    assert ranks.scores.size < 2000
    # A cell of the plateau reaches its own rank: so does half the map, and what lies above.
    p_value = placement_p_value(ranks, np.array([0.4]), np.array([0]))
    assert p_value == pytest.approx(ranks.reaching[at] / cells.size, abs=0.02)


def test_the_capture_table_reads_off_the_curve():
    cells = np.linspace(1, 0, 1000)
    points = cells[[5, 15, 40, 90, 150, 250, 500, 900]]
    sure = uncertainty_of(cells, points)
    assert [one.area for one in sure.captures] == list(AREAS)
    assert [one.captured for one in sure.captures] == [1 / 8, 2 / 8, 3 / 8, 4 / 8, 5 / 8, 6 / 8]
    assert [one.efficiency for one in sure.captures] == [12.5, 12.5, 7.5, 5, 3.125, 2.5]
    for one in sure.captures:
        assert one.captured == pytest.approx(rate_curve_of(cells, points).captured_in(one.area))
        assert one.interval.low < one.captured < one.interval.high


def test_ties_are_captured_in_proportion():
    sure = uncertainty_of(TIED.repeat(100), [0.5])
    # of 700 cells 100 lie above the plateau of 300, into which the best 30% reach by 110
    assert sure.captures[-1].captured == pytest.approx(110 / 300)


def test_the_band_encloses_the_curve_and_holds_at_every_area_what_the_table_says():
    cells = np.linspace(1, 0, 1000)
    points = cells[np.arange(0, 600, 30)]
    sure, curve = uncertainty_of(cells, points), rate_curve_of(cells, points)
    area, low, high = sure.band
    held = np.array([curve.captured_in(one) for one in area])
    assert (low <= held + 1e-12).all()
    assert (held <= high + 1e-12).all()
    tenth = sure.captures[AREAS.index(0.1)].interval
    at = np.flatnonzero(np.isclose(area, 0.1))[0]
    assert (low[at], high[at]) == pytest.approx((tenth.low, tenth.high), abs=1e-9)


@pytest.mark.parametrize("n", [1, 20])
def test_the_band_begins_with_no_occurrence_and_ends_with_all(n):
    cells = np.linspace(1, 0, 1000)
    area, low, high = uncertainty_of(cells, cells[np.arange(n) * 40]).band
    assert (area[0], low[0], high[0]) == (0, 0, 0)
    assert (area[-1], low[-1], high[-1]) == (1, 1, 1)
    assert (np.diff(low) >= 0).all()
    assert (np.diff(high) >= 0).all()


def test_shares_of_the_map_average_to_the_area_under_the_curve():
    points = np.array([0.9, 0.5, 0.3, 0.1])
    ranks = survey(lambda: [TIED], points, TIED.size)
    assert auc_shares(ranks, points).mean() == pytest.approx(rate_curve_of(TIED, points).auc)


def test_the_same_occurrences_give_the_same_figures_every_time():
    cells = np.linspace(1, 0, 500)
    first, second = (uncertainty_of(cells, cells[::50]) for _ in range(2))
    assert (first.auc, first.captures, first.p_value) == (
        second.auc,
        second.captures,
        second.p_value,
    )
    assert all((ours == theirs).all() for ours, theirs in zip(first.band, second.band, strict=True))


def test_a_score_that_no_cell_has_is_refused():
    with pytest.raises(ScoreError, match="no cell has"):
        uncertainty_of(TIED, [1.5])
