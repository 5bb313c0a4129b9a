"""The continuous Boyce index against truths known beforehand."""

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from geoprospect.scoring.counting.levels import count_levels
from geoprospect.scoring.measures.boyce import N_WINDOWS, Boyce, boyce_of
from geoprospect.scoring.records import BoyceRecord

EVEN = np.linspace(0, 1, 1001)


def test_occurrences_that_grow_more_frequent_all_the_way_have_an_index_of_1():
    boyce = boyce_of(EVEN, np.repeat(EVEN, range(1001)))
    assert boyce.index == pytest.approx(1)
    assert boyce.n_used == boyce.score.size == N_WINDOWS
    # A window of 101 cells holds as many occurrences as its middle cell, 101 times.
    middle = 50 + 9 * np.arange(N_WINDOWS)
    assert boyce.score.tolist() == pytest.approx((middle / 1000).tolist())
    assert boyce.ratio.tolist() == pytest.approx((middle / 500).tolist())


def test_a_map_upside_down_has_an_index_of_minus_1():
    assert boyce_of(EVEN, np.repeat(EVEN, range(1001, 0, -1))).index == pytest.approx(-1)


def test_random_occurrences_have_an_index_around_0():
    rng = np.random.default_rng(3)
    indices = [boyce_of(EVEN, rng.choice(EVEN, 200)).index for _ in range(60)]
    assert abs(np.mean(indices)) < 0.2
    assert np.ptp(indices) > 0.5


def test_of_windows_with_equal_ratios_in_turn_only_the_last_counts():
    values = np.repeat([0, 0.5, 1], 10)
    boyce = boyce_of(values, np.repeat([0, 0.5, 1], [4, 1, 2]))
    # One window holds the lowest score, eleven the middle one, one the highest; others no cell.
    assert boyce.ratio.tolist() == pytest.approx([12 / 7] + [3 / 7] * 11 + [6 / 7])
    assert boyce.n_used == 3
    assert boyce.index == pytest.approx(-0.5)  # ranks 3, 1, 2 against 1, 2, 3


def defined(values: np.ndarray, at_points: np.ndarray) -> tuple[list[Fraction], float]:
    """Ratios of the windows that hold cells, and the rank correlation of those that count."""
    found = []
    span = values.max() - values.min()
    for step in range(101):
        low = values.min() + Fraction(9 * step, 1000) * span
        high = low + Fraction(span) / 10
        cells = sum(low <= value <= high for value in values)
        points = sum(low <= score <= high for score in at_points)
        if cells:
            found.append((Fraction(points, len(at_points)) / Fraction(cells, len(values)), step))
    last = [pair for pair, after in zip(found, [*found[1:], None], strict=True)
            if after is None or after[0] != pair[0]]  # fmt: skip
    ranks = rankdata([float(ratio) for ratio, _ in last])
    index = np.corrcoef(ranks, np.arange(ranks.size))[0, 1] if ranks.size > 2 else np.nan
    return [ratio for ratio, _ in found], index


@given(
    values=st.lists(st.integers(0, 1000), min_size=3, max_size=50, unique=True),
    at=st.lists(st.integers(0, 10_000), min_size=2, max_size=12),
)
def test_the_index_is_the_one_of_its_definition(values, at):
    # Whole numbers a window's ends can meet exactly, as the range is 1000.
    scores = np.array([*values, 0, 1000])
    at_points = scores[np.array(at) % scores.size]
    boyce = boyce_of(scores, at_points)
    ratios, index = defined(scores, at_points)
    assert boyce.ratio.tolist() == pytest.approx([float(ratio) for ratio in ratios])
    if boyce.index is not None:
        assert boyce.index == pytest.approx(index)


@pytest.mark.parametrize(
    ("values", "at_points", "reason"),
    [
        ([0.3, 0.3, 0.3], [0.3, 0.3], "all cells of the map have one score"),
        (EVEN, EVEN[[500]], "there is only one occurrence"),
        (EVEN, EVEN[[500, 500]], "all occurrences have one score"),
        (EVEN, EVEN, "occurrences are as frequent"),
    ],
)
def test_where_there_is_no_index_the_reason_is_said(values, at_points, reason):
    boyce = boyce_of(values, at_points)
    assert boyce.index is None
    assert boyce.n_used == 0
    assert boyce.reason.startswith(reason)
    assert boyce.sentence().startswith(f"no continuous Boyce index: {reason}")
    told = json.loads(json.dumps(BoyceRecord.plain(boyce), allow_nan=False))
    assert (told["index"], told["reason"]) == (None, boyce.reason)


def test_the_index_does_not_depend_on_the_parts_a_map_comes_in():
    values = np.random.default_rng(4).random(5000).astype(np.float32)
    points = np.sort(values)[-2000::40]
    whole = boyce_of(values, points)
    parts = Boyce.of(count_levels(lambda: np.array_split(values, 13), points), points)
    assert BoyceRecord.plain(parts) == BoyceRecord.plain(whole)


def test_a_scale_of_the_scores_leaves_the_index_as_it_is():
    values = np.random.default_rng(6).integers(0, 1024, 4000) / 1024
    points = np.sort(values)[-1500::30]
    assert boyce_of(values * 64 - 8, points * 64 - 8).index == boyce_of(values, points).index
