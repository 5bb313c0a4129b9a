import numpy as np
import pytest
from affine import Affine
from smallproject import write_raster

from geoprospect.errors import EvidenceError
from geoprospect.evidence import EvidenceStack, evidence_range
from geoprospect.evidence.ranges import EvidenceRange
from geoprospect.evidence.variogram import Variogram

CELL = 1200
TRANSFORM = Affine(CELL, 0, 159_050, 0, -CELL, 977_582)
SIDE = 128  # cells of a simulated field


def spherical(h, reach, nugget=0.0):
    part = np.minimum(np.asarray(h) / reach, 1)
    return nugget + (1 - nugget) * (1.5 * part - 0.5 * part**3)


def field(reach, seed, *, nugget=0.0):
    """A Gaussian field of spherical covariance, its range in cells, on a torus four times as big.

    The spectrum of the covariance is the power of the field: it is sampled by Fourier transform.
    """
    near = np.minimum(np.arange(2 * SIDE), 2 * SIDE - np.arange(2 * SIDE))
    distance = np.hypot(near[:, None], near[None, :])
    power = np.fft.fft2((1 - nugget) * (1 - spherical(distance, reach))).real.clip(0)
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(2 * SIDE, 2 * SIDE)) + 1j * rng.normal(size=(2 * SIDE, 2 * SIDE))
    drawn = np.fft.ifft2(noise * np.sqrt(power)).real * 2 * SIDE
    return drawn[:SIDE, :SIDE] + np.sqrt(nugget) * rng.normal(size=(SIDE, SIDE))


def stack_of(folder, layers, *, crs="EPSG:3578", transform=TRANSFORM):
    for name, values in layers.items():
        write_raster(
            folder / f"{name}.tif", values.astype(np.float32), crs=crs, transform=transform
        )
    return EvidenceStack.open(folder)


@pytest.mark.parametrize(("reach", "nugget"), [(5.5, 0.0), (17.3, 0.0), (17.3, 0.3)])
def test_the_range_of_an_exact_spherical_variogram_comes_back(reach, nugget):
    h = np.geomspace(1, 60, 16)
    variogram = Variogram.fit(h, spherical(h, reach, nugget), [200] * 16)
    assert variogram.range == pytest.approx(reach, rel=1e-3)
    assert variogram.nugget == pytest.approx(nugget, abs=1e-3)
    assert variogram.sill == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("reach", [6, 20])
def test_the_range_of_simulated_fields_comes_back(tmp_path, reach):
    """The median of fifteen fields; a single one, 128 cells wide, strays by a third or so."""
    layers = {f"L{seed}": field(reach, seed) for seed in range(15)}
    with stack_of(tmp_path, layers) as stack:
        found = EvidenceRange.of(stack)
        assert evidence_range(stack) == found.median
    assert found.median == pytest.approx(reach * CELL, rel=0.15)


def test_a_nugget_does_not_move_the_range(tmp_path):
    layers = {f"L{seed}": field(15, seed, nugget=0.4) for seed in range(15)}
    with stack_of(tmp_path, layers) as stack:
        found = EvidenceRange.of(stack)
    assert found.median == pytest.approx(15 * CELL, rel=0.2)
    nugget = np.median([one.nugget / one.sill for one in found.layers.values()])
    assert nugget == pytest.approx(0.4, abs=0.12)


def test_a_rising_function_of_a_layer_has_its_range(tmp_path):
    """Also one that gives a few cells values far above all others."""
    values = field(10, 0).astype(np.float32)
    layers = {"A": values, "B": 512 * values + 1024, "C": np.exp(4 * values)}
    with stack_of(tmp_path, layers) as stack:
        found = EvidenceRange.of(stack).layers
    assert found["B"].range == pytest.approx(found["A"].range, rel=1e-2)
    assert found["C"].range == pytest.approx(found["A"].range, rel=1e-2)


def test_the_range_of_smooth_fields_is_where_their_covariance_has_gone(tmp_path):
    """exp(-3 h² / a²) is 5% at a, and its variogram starts flat, unlike the model."""
    near = np.minimum(np.arange(2 * SIDE), 2 * SIDE - np.arange(2 * SIDE))
    amplitude = np.sqrt(
        np.fft.fft2(np.exp(-3 * np.add.outer(near**2, near**2) / 20**2)).real.clip(0)
    )
    noise = np.random.default_rng(0).normal(size=(9, 2 * SIDE, 2 * SIDE))
    fields = np.fft.ifft2(np.fft.fft2(noise) * amplitude).real[:, :SIDE, :SIDE]
    with stack_of(tmp_path, {f"L{k}": values for k, values in enumerate(fields)}) as stack:
        assert 20 * CELL < evidence_range(stack) < 32 * CELL


def test_squares_of_equal_values_have_the_range_of_their_edge(tmp_path):
    """Two cells of a square of edge b are alike with probability (1 - |x|/b)(1 - |y|/b)."""
    edge = 8
    rng = np.random.default_rng(0)
    squares = rng.normal(size=(9, 16, 16)).repeat(edge, 1).repeat(edge, 2)
    with stack_of(tmp_path, {f"L{k}": values for k, values in enumerate(squares)}) as stack:
        assert edge * CELL < evidence_range(stack) < 1.42 * edge * CELL


def test_white_noise_has_the_range_of_a_cell_or_two(tmp_path):
    noise = np.random.default_rng(0).normal(size=(5, 100, 100))
    with stack_of(tmp_path, {f"L{k}": values for k, values in enumerate(noise)}) as stack:
        assert CELL <= evidence_range(stack) <= 3 * CELL


def test_a_trend_over_the_whole_grid_is_bounded_by_half_its_diagonal(tmp_path):
    with stack_of(tmp_path, {"trend": np.add.outer(np.arange(80.0), np.arange(60.0))}) as stack:
        half = np.hypot(80, 60) * CELL / 2
        assert 0.7 * half < evidence_range(stack) <= half


def test_a_layer_of_one_value_is_left_out_and_named(tmp_path):
    layers = {"A": field(10, 0), "flat": np.full((SIDE, SIDE), 7.25)}
    with stack_of(tmp_path, layers) as stack:
        found = EvidenceRange.of(stack)
        assert found.constant == ("flat",)
        assert list(found.layers) == ["A"]
        with pytest.raises(EvidenceError, match="no layer varies"):
            evidence_range(stack.select(["flat"]))


def test_too_few_cells_are_refused(tmp_path):
    with (
        stack_of(tmp_path, {"A": np.arange(4.0).reshape(2, 2)}) as stack,
        pytest.raises(EvidenceError, match="too few pairs of valid cells"),
    ):
        evidence_range(stack)


def test_invalid_cells_make_no_pairs(tmp_path):
    values = field(8, 1)
    holes = values.copy()
    holes[::3, ::2] = -9999
    with stack_of(tmp_path, {"A": holes}) as stack:
        variogram = EvidenceRange.of(stack).layers["A"]
    assert variogram.range == pytest.approx(8 * CELL, rel=0.35)
    assert np.isfinite(variogram.value).all()
    assert variogram.sill < 2  # a nodata value among the pairs would be seen here


def test_in_a_geographic_crs_the_range_is_in_metres_on_the_ground(tmp_path):
    """Cells twice as wide in degrees as they are high are about square on the ground at 60°."""
    layers = {f"L{seed}": field(12, seed) for seed in range(9)}
    metres = Affine(1112, 0, 500_000, 0, -1112, 500_000)
    with stack_of(tmp_path / "metres", layers, transform=metres) as stack:
        expected = evidence_range(stack)
    degrees = Affine(0.02, 0, -133, 0, -0.01, 60.64)
    with stack_of(tmp_path / "degrees", layers, crs="EPSG:4326", transform=degrees) as stack:
        found = evidence_range(stack)
    assert expected == pytest.approx(12 * 1112, rel=0.25)
    assert found == pytest.approx(expected, rel=0.1)


def test_feet_are_turned_into_metres(tmp_path):
    layers = {f"L{seed}": field(6, seed) for seed in range(3)}
    feet = Affine(1200, 0, 500_000, 0, -1200, 500_000)
    with stack_of(tmp_path, layers, crs="EPSG:2263", transform=feet) as stack:
        found = evidence_range(stack)
    with stack_of(tmp_path / "metres", layers, transform=feet) as stack:
        assert found == pytest.approx(0.3048 * evidence_range(stack), rel=1e-3)


def test_the_same_seed_gives_the_same_range(tmp_path):
    with stack_of(tmp_path, {"A": field(12, 3)}) as stack:
        assert evidence_range(stack, seed=4) == evidence_range(stack, seed=4)
        assert evidence_range(stack, seed=4) != evidence_range(stack, seed=5)
