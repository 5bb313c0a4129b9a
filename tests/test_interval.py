"""Intervals against truths known beforehand."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from geoprospect.intervals import Bootstrap, Interval, student_interval
from geoprospect.intervals.clusters import clusters
from geoprospect.scoring.counting.levels import survey
from geoprospect.scoring.measures.uncertainty import AREAS, auc_shares, held_in, uncertainty_of
from geoprospect.synthetic import province

N_SETS = 400


@pytest.fixture(scope="module")
def truth():
    return province()


def maps(truth):
    """The best map there can be, and fourteen worse ones."""
    return [truth.intensity, *truth.evidence, *-truth.evidence]


def counted(truth, scores):
    """The map's cells, counted, and each valid cell's chance to hold the next occurrence."""
    valid = scores[truth.valid]
    weight = truth.intensity[truth.valid].astype(float)
    return survey(lambda: [valid], valid, valid.size), valid, weight / weight.sum()


@pytest.mark.parametrize("n", [20, 40])
def test_intervals_of_the_area_cover_the_truth_in_93_to_97_percent_of_400_draws(truth, n):
    """Over the best map and the seven layers; sets of occurrences share cells as they may."""
    counts = [counted(truth, scores) for scores in maps(truth)[:8]]
    expected = np.array([weight @ auc_shares(ranks, valid) for ranks, valid, weight in counts])
    covered = []
    for seed in range(N_SETS):
        rows, columns = truth.draw_occurrences(n, seed)
        own = clusters(rows * truth.grid.shape[1] + columns)
        shares = [
            auc_shares(ranks, scores[rows, columns])
            for (ranks, _, _), scores in zip(counts, maps(truth), strict=False)
        ]
        low, high = Bootstrap(own).intervals(np.transpose(shares))
        covered.append((low <= expected) & (expected <= high))
    assert 0.93 <= np.mean(covered) <= 0.97


@pytest.mark.parametrize("number", range(15))
def test_no_map_is_covered_less_or_more_in_the_long_run(truth, number):
    ranks, valid, weight = counted(truth, maps(truth)[number])
    shares = auc_shares(ranks, valid)
    drawn = np.random.default_rng(number).choice(shares, size=(20, 3000), p=weight)
    low, high = Bootstrap(np.arange(20)).intervals(drawn)
    assert 0.93 <= np.mean((low <= weight @ shares) & (weight @ shares <= high)) <= 0.98


@pytest.mark.parametrize("least", [[0.6], [0.8], [0.9], [0.5, 0.8, 0.9, 0.97]])
def test_maps_of_few_scores_are_covered_too(truth, least):
    """Where all occurrences may have one score, so that they do not seem to vary."""
    limits = np.nanquantile(truth.intensity, least)
    classes = np.digitize(truth.intensity, limits).astype(float)
    ranks, valid, weight = counted(truth, classes)
    shares = auc_shares(ranks, valid)
    drawn = np.random.default_rng(0).choice(shares, size=(20, 3000), p=weight)
    low, high = Bootstrap(np.arange(20)).intervals(drawn)
    assert np.mean((low <= weight @ shares) & (weight @ shares <= high)) >= 0.93


@pytest.mark.parametrize("n", [1, 3])
def test_few_occurrences_give_intervals_wide_enough(truth, n):
    ranks, valid, weight = counted(truth, truth.evidence[3])
    expected = weight @ auc_shares(ranks, valid)
    covered = 0
    for seed in range(N_SETS):
        rows, columns = truth.draw_occurrences(n, seed)
        shares = auc_shares(ranks, truth.evidence[3][rows, columns])
        low, high = Bootstrap(np.arange(n)).intervals(shares[:, None])
        covered += low[0] <= expected <= high[0]
    assert covered / N_SETS >= 0.95


def test_captures_are_covered_in_95_of_100_draws_over_all_areas(truth):
    ranks, valid, weight = counted(truth, truth.intensity)
    expected = weight @ held_in(ranks, valid, AREAS)
    covered = []
    for seed in range(N_SETS):
        rows, columns = truth.draw_occurrences(20, seed)
        held = held_in(ranks, truth.intensity[rows, columns], AREAS)
        low, high = Bootstrap(np.arange(20)).intervals(held)
        covered.append((low <= expected) & (expected <= high))
    assert 0.93 <= np.mean(covered) <= 0.97


def test_camps_taken_as_one_are_covered_where_single_occurrences_are_not(truth):
    """Each of the drawn places holds three occurrences in three cells of equal score."""
    ranks, valid, weight = counted(truth, truth.intensity)
    expected = weight @ auc_shares(ranks, valid)
    alone = together = 0
    for seed in range(N_SETS):
        rows, columns = truth.draw_occurrences(12, seed)
        shares = auc_shares(ranks, truth.intensity[rows, columns]).repeat(3)[:, None]
        ends = [Bootstrap(own).intervals(shares) for own in (np.arange(36), np.arange(36) // 3)]
        alone, together = (
            count + (low[0] <= expected <= high[0])
            for count, (low, high) in zip((alone, together), ends, strict=True)
        )
    assert alone / N_SETS < 0.85
    assert 0.93 <= together / N_SETS <= 0.98


@pytest.mark.parametrize("found", [0, 14, 20])
def test_the_interval_of_a_proportion_is_that_of_the_neutral_prior(found):
    values = np.repeat([1.0, 0.0], [found, 20 - found])[:, None]
    low, high = Bootstrap(np.arange(20)).intervals(values)
    ends = beta(found + 1 / 3, 20 - found + 1 / 3).ppf([0.025, 0.975])
    expected = min(ends[0], found / 20), max(ends[1], found / 20)
    assert (low[0], high[0]) == pytest.approx(expected, abs=0.01)


@given(
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=8),
    cells=st.lists(st.integers(0, 3), min_size=8, max_size=8),
)
def test_an_interval_encloses_its_mean_has_width_and_stays_within_the_ends(shares, cells):
    own = np.unique(cells[: len(shares)], return_inverse=True)[1]
    low, high = Bootstrap(own).intervals(np.array(shares)[:, None])
    assert 0 <= low[0] <= np.mean(shares) <= high[0] <= 1
    assert high[0] - low[0] > 0.2


def test_all_occurrences_in_one_cell_say_no_more_than_one():
    cells = np.linspace(0, 1, 1000)
    many = uncertainty_of(cells, cells[np.full(20, 950)], np.zeros(20, int))
    one = uncertainty_of(cells, cells[[950]])
    assert many.n_clusters == one.n_clusters == 1
    assert astuple(many.auc) == pytest.approx(astuple(one.auc))
    assert many.p_value == one.p_value
    assert one.auc.high - one.auc.low > 0.7


def test_students_interval_is_that_of_the_clusters_sums():
    values = np.array([0.1, 0.3, 0.5, 0.2, 0.8])
    own = np.array([0, 0, 1, 2, 3])
    sums = np.bincount(own, values - values.mean())
    reach = 3.182446 * np.sqrt(4 / 3 * (sums**2).sum()) / 5  # the quantile of 3 degrees
    interval = student_interval(values, own)
    assert astuple(interval) == pytest.approx((0.38 - reach, 0.38 + reach), abs=1e-6)
    assert student_interval([0.2, 0.2, 0.2], np.arange(3)) is None
    assert student_interval([0.2, 0.4], np.zeros(2, int)) is None


def test_an_interval_reads_as_a_person_writes_it():
    assert f"{Interval(0.475, 0.8449):.0%}" == "48–84%"
    assert f"{Interval(-0.001, 0.5):+z.2f}" == "+0.00 to +0.50"


def test_a_cluster_is_never_wider_than_the_distance():
    where = np.column_stack([np.arange(0, 10_000, 900.0), np.zeros(12)])
    own = clusters(np.arange(12), where, near=2000)
    assert own.max() > 0  # neighbours of neighbours do not chain
    for group in range(own.max() + 1):
        assert np.ptp(where[own == group, 0]) <= 2000


def test_occurrences_of_one_cell_stay_together_whatever_the_distance():
    where = np.array([[0.0, 0], [1100, 0], [1300, 0]])
    assert clusters(np.array([4, 4, 5]), where, near=50).tolist() == [0, 0, 1]


def test_a_great_many_cells_are_grouped_by_squares_no_wider_than_the_distance():
    where = np.random.default_rng(0).uniform(0, 500_000, (5000, 2))
    own = clusters(np.arange(5000), where, near=20_000)
    for axis in (0, 1):
        reach = [np.ptp(where[own == group, axis]) for group in range(own.max() + 1)]
        assert max(reach) <= 20_000 / np.sqrt(2)
