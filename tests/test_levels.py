"""Counting cells against levels, and finding the score of a rank."""

import tracemalloc
from itertools import repeat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoprospect.errors import ScoreError
from geoprospect.scoring.counting.levels import count_array, count_levels, find_rank, levels
from geoprospect.scoring.counting.ranks import Ranks
from geoprospect.scoring.measures.boyce import Boyce
from geoprospect.scoring.measures.predictionarea import PredictionArea
from geoprospect.scoring.measures.ratecurve import RateCurve, rate_curve_of


def parts_of(values: np.ndarray, n: int):
    return lambda: iter(np.array_split(values, n))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_levels_include_both_ends_in_the_dtype_of_the_map(dtype):
    low, high = dtype(0.1), dtype(0.7)
    spaced = levels(low, high, dtype)
    assert spaced.dtype == dtype
    assert (spaced[0], spaced[-1], spaced.size) == (low, high, 1001)


def test_every_count_is_of_cells_above_and_cells_that_reach():
    values = np.random.default_rng(0).integers(0, 50, 3000).astype(np.float32) / 50
    ranks = count_levels(parts_of(values, 7), values[:30])
    assert ranks.above.tolist() == [(values > score).sum() for score in ranks.scores]
    assert ranks.reaching.tolist() == [(values >= score).sum() for score in ranks.scores]


def test_counting_levels_too_leaves_the_rate_curve_as_it_is():
    values = np.random.default_rng(1).random(2000).astype(np.float32)
    ranks, points, _ = count_array(values, values[:40])
    curve, expected = RateCurve.of(ranks, points), rate_curve_of(values, values[:40])
    assert (curve.area == expected.area).all()
    assert (curve.captured == expected.captured).all()


@given(
    values=arrays(np.float32, st.integers(1, 60), elements=st.integers(0, 9).map(lambda i: i / 9)),
    n_parts=st.integers(1, 5),
    data=st.data(),
)
def test_the_nth_greatest_score_is_found_with_its_counts(values, n_parts, data):
    n = data.draw(st.integers(1, values.size))
    parts = parts_of(values, n_parts)
    ranks, at = find_rank(
        parts, Ranks.count(parts(), values[[values.argmin(), values.argmax()]]), n
    )
    score = ranks.scores[at]
    assert score == np.sort(values)[-n]
    assert ranks.above[at] == (values > score).sum()
    assert ranks.reaching[at] == (values >= score).sum()


def test_a_crowd_between_two_levels_is_told_apart_to_the_bit():
    n = 2_200_000  # more than are held at once
    crowd = np.linspace(0, 9e-4, n, dtype=np.float32)
    tied = np.full(n, 4.5e-4, np.float32)
    ends = np.array([0, 1], np.float32)

    def parts():
        return [crowd, tied, ends]

    ranks = count_levels(parts, ends)
    everything = np.sort(np.concatenate(parts()))[::-1]
    for rank in (1, 5, n // 3, 3 * n // 2, everything.size):
        found, at = find_rank(parts, ranks, rank)
        assert found.scores[at] == everything[rank - 1]
        assert found.reaching[at] >= rank > found.above[at]


def test_memory_does_not_grow_with_the_map():
    part = np.linspace(0, 1, 2**20, dtype=np.float32)

    def parts():
        return repeat(part, 40)  # 168 MB of scores

    points = part[[5000, 900_000, 990_000]]
    tracemalloc.start()
    try:
        ranks = count_levels(parts, points)
        plot = PredictionArea.of(ranks, points, parts)
        boyce = Boyce.of(ranks, points)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert plot.n_cells == boyce.n_cells == 40 * 2**20
    assert peak < 64e6


@pytest.mark.parametrize(
    ("values", "at_points", "problem"),
    [
        ([np.nan, np.inf], [0.5], "no valid cell"),
        ([0.2, 0.4], [0.5], "no cell has"),
        ([0.2, 0.4], [np.nan], "no cell has"),
    ],
)
def test_scores_that_cannot_be_counted_are_said(values, at_points, problem):
    with pytest.raises(ScoreError, match=problem):
        count_array(values, at_points)


def test_cells_without_a_score_are_not_counted():
    hidden = np.ma.array([0.9, 0.1, np.nan, np.inf, 0.95, -np.inf], mask=[0, 0, 0, 0, 1, 0])
    ranks, _, _ = count_array(hidden, [0.9])
    assert (ranks.n_cells, ranks.scores[0], ranks.scores[-1]) == (2, 0.1, 0.9)


def test_whole_numbers_are_scores_too():
    ranks, points, _ = count_array([1, 2, 3], [2])
    assert RateCurve.of(ranks, points).auc == 0.5
