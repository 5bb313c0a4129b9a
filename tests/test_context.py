"""The surroundings of a cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprospect.errors import EvidenceError
from geoprospect.evidence import Neighbourhood


def _layers(seed: int, shape: tuple[int, int, int], invalid: float = 0.2) -> np.ndarray:
    random = np.random.default_rng(seed)
    values = random.normal(50_000, 10, shape).astype(np.float32)
    values[random.random(shape) < invalid] = np.nan
    return values


def _brute_force(layer: np.ndarray, scale: int) -> tuple[np.ndarray, np.ndarray]:
    """Give means and spreads by their definition, a cell at a time."""
    rows, columns = np.indices(layer.shape)
    valid = ~np.isnan(layer)
    means, spreads = np.full((2, *layer.shape), np.nan)
    for row, column in np.argwhere(valid):
        down, right = rows - row, columns - column
        near = valid & (abs(down) <= 3 * scale) & (abs(right) <= 3 * scale)
        weight = np.exp(-0.5 * (down[near] ** 2 + right[near] ** 2) / scale**2)
        x = layer[near].astype(float)
        means[row, column] = np.average(x, weights=weight)
        around = (x - means[row, column]) ** 2
        spreads[row, column] = np.sqrt(np.average(around, weights=weight))
    return means, spreads


@pytest.mark.parametrize("scale", [1, 2])
def test_means_and_spreads_are_those_of_the_valid_cells_in_reach(scale):
    values = _layers(0, (2, 11, 9))
    expanded = Neighbourhood((scale,), spread=True).expand(values)
    for number, layer in enumerate(values):
        mean, spread = _brute_force(layer, scale)
        np.testing.assert_allclose(expanded[2 + number], mean, rtol=1e-6)
        np.testing.assert_allclose(expanded[4 + number], spread, atol=1e-3)


def test_the_layers_themselves_come_first_and_unchanged():
    values = _layers(1, (3, 6, 7))
    np.testing.assert_array_equal(Neighbourhood((1, 2)).expand(values)[:3], values)


def test_names_are_those_of_the_planes_in_their_order():
    values = _layers(2, (2, 8, 8), invalid=0)
    plain, full = Neighbourhood((1, 2)), Neighbourhood((1, 2), spread=True)
    wide = full.expand(values)
    by_name = dict(zip(full.names(("A", "B")), wide, strict=True))
    for name, plane in zip(plain.names(("A", "B")), plain.expand(values), strict=True):
        np.testing.assert_array_equal(by_name[name], plane)
    for scale in (1, 2):
        alone = Neighbourhood((scale,), spread=True).expand(values)
        np.testing.assert_array_equal(by_name[f"B@{scale} spread"], alone[5])


def test_a_constant_layer_is_its_own_mean_and_has_no_spread_up_to_the_edge():
    expanded = Neighbourhood((2,), spread=True).expand(np.full((1, 5, 5), 3, np.float32))
    np.testing.assert_allclose(expanded[1], 3, rtol=1e-7)
    np.testing.assert_allclose(expanded[2], 0, atol=1e-6)


def test_in_a_slope_the_mean_is_the_cell_itself_and_the_spread_that_of_the_gaussian():
    slope = np.broadcast_to(np.arange(60, dtype=np.float32), (1, 60, 60))
    expanded = Neighbourhood((3,), spread=True).expand(slope)[:, 20:40, 20:40]
    reach = np.arange(-9, 10)
    weight = np.exp(-0.5 * (reach / 3) ** 2)
    np.testing.assert_allclose(expanded[1], slope[0, 20:40, 20:40], rtol=1e-6)
    np.testing.assert_allclose(
        expanded[2], np.sqrt(np.average(reach**2, weights=weight)), rtol=1e-6
    )


def test_a_cell_is_invalid_only_where_its_own_layer_is():
    values = _layers(3, (2, 9, 9), invalid=0.6)
    expanded = Neighbourhood((1,)).expand(values)
    np.testing.assert_array_equal(np.isnan(expanded), np.tile(np.isnan(values), (2, 1, 1)))


def test_a_layer_without_any_valid_cell_stays_invalid():
    assert np.isnan(
        Neighbourhood((1,), spread=True).expand(np.full((1, 4, 4), np.nan, np.float32))
    ).all()


@given(
    seed=st.integers(0, 99),
    top=st.integers(0, 29),
    left=st.integers(0, 24),
    rows=st.integers(1, 12),
    columns=st.integers(1, 12),
)
def test_a_cell_is_the_same_to_the_bit_in_any_window(seed, top, left, rows, columns):
    values = _layers(seed, (2, 30, 25))
    neighbourhood = Neighbourhood((1, 2), spread=True)
    bottom, right = min(top + rows, 30), min(left + columns, 25)
    above, before = max(top - neighbourhood.reach, 0), max(left - neighbourhood.reach, 0)
    read = values[:, above : bottom + neighbourhood.reach, before : right + neighbourhood.reach]
    inner = (slice(top - above, bottom - above), slice(left - before, right - before))
    np.testing.assert_array_equal(
        neighbourhood.expand(read, inner), neighbourhood.expand(values)[:, top:bottom, left:right]
    )


@pytest.mark.parametrize("scales", [(), (0,), (2, 2)])
def test_scales_that_mean_nothing_are_refused(scales):
    with pytest.raises(EvidenceError, match="context = "):
        Neighbourhood(scales)
