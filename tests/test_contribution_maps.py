"""Rasters of contributions stopped, shared out to processes, and of more layers than are exact."""

from math import comb

import numpy as np
import pytest
import rasterio
from fits import fit_all, method
from mapjobs import cells, cosines, write_model, write_stack

from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import NODATA, Execution, write_raster
from geoprospect.mapping.contributions import ContributionKernel, write_contributions
from geoprospect.mapping.kernel import kernel_of, ticket_of
from geoprospect.mapping.leading import write_leading_layer
from geoprospect.model import Components
from geoprospect.model.contributions import Contributions, log_odds
from geoprospect.model.model import ProspectivityModel
from geoprospect.model.shapley import MOST_EXACT

MANY = MOST_EXACT + 1


class StoppedError(Exception):
    """What stops a raster halfway."""


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    return write_stack(tmp_path_factory.mktemp("evidence"), (40, 150), layouts=({},) * 4)


@pytest.fixture(scope="module")
def model(layers, tmp_path_factory):
    """Trees, a support vector machine and a network, in a folder."""
    folder = tmp_path_factory.mktemp("model") / "model"
    with EvidenceStack.open(layers) as stack:
        X = stack.draw(200, seed=1)[0]
        components = Components.fit(X, names=stack.names).unrotated()
    P = components.transform(X)
    label = (P[:, 0] + P[:, 1] * P[:, 2] > 0).astype(int)
    members = [member for name in ("random-forest", "boosting", "svm")
               for member in fit_all(method(name, trees=8), P, label)]  # fmt: skip
    ranges = np.stack([X.min(axis=0), X.max(axis=0)], axis=1)
    everyone = (*members, cosines(0, (4, 12, 1)))
    ProspectivityModel(components, everyone, ranges).save(folder)
    return ProspectivityModel.load(folder)


def written(model, layers, path, *, engine, **options):
    with EvidenceStack.open(layers) as stack:
        kernel = ContributionKernel(Contributions.of(model, stack), engine)
        return write_raster(stack, kernel, path, **options)


@pytest.fixture(scope="module")
def whole(model, layers, tmp_path_factory):
    """The rasters as made at once by either engine."""
    folder = tmp_path_factory.mktemp("whole")
    for engine in ("compiled", "numpy"):
        written(model, layers, folder / f"{engine}.tif", engine=engine)
    return folder


def test_both_engines_give_the_same_contributions_to_rounding(whole):
    with (
        rasterio.open(whole / "compiled.tif") as compiled,
        rasterio.open(whole / "numpy.tif") as each,
    ):
        np.testing.assert_allclose(compiled.read(), each.read(), atol=1e-5)


@pytest.mark.parametrize("engine", ["compiled", "numpy"])
def test_a_raster_that_was_stopped_and_gone_on_with_has_the_same_cells(
    model, layers, whole, tmp_path, engine
):
    def stop(done, total):
        if done > total / 3:
            raise StoppedError

    path, small = tmp_path / "why.tif", Execution(window=(32, 32))
    with pytest.raises(StoppedError):
        written(model, layers, path, engine=engine, execution=small, progress=stop)
    parts = {part: part.stat().st_mtime_ns for part in tmp_path.glob("*.unfinished/part-*.tif")}
    assert parts
    assert not path.exists()
    begun = []
    written(
        model, layers, path, engine=engine, execution=small, resume=True,
        progress=lambda done, total: begun.append(done),
    )  # fmt: skip
    assert begun[0] >= 40 * 150 / 3 - 32 * 32
    assert cells(path) == cells(whole / f"{engine}.tif")


@pytest.mark.slow  # that the kernel travels to processes is seen without them
def test_worker_processes_make_the_same_cells(model, layers, whole, tmp_path):
    execution = Execution(window=(40, 80), workers=2)
    written(model, layers, tmp_path / "why.tif", engine="compiled", execution=execution)
    assert cells(tmp_path / "why.tif") == cells(whole / "compiled.tif")


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_the_kernel_that_travels_makes_the_same_cells(model, layers, engine):
    with EvidenceStack.open(layers) as stack:
        block, contributions = stack.read(), Contributions.of(model, stack)
    kernel = ContributionKernel(contributions, engine)
    bands = kernel_of(ticket_of(kernel))(block).bands
    np.testing.assert_array_equal(bands, kernel(block).bands)


def test_leading_layers_are_the_same_cells_in_any_window(whole, tmp_path):
    write_leading_layer(whole / "compiled.tif", tmp_path / "whole.tif")
    execution = Execution(window=(16, 16))
    write_leading_layer(whole / "compiled.tif", tmp_path / "parts.tif", execution=execution)
    assert cells(tmp_path / "parts.tif") == cells(tmp_path / "whole.tif")


def test_the_engine_of_many_cells_is_compiled_whatever_the_members(model, layers):
    with EvidenceStack.open(layers) as stack:
        contributions = Contributions.of(model, stack)
    assert ContributionKernel.choose(contributions, 10**6) == "compiled"
    assert ContributionKernel.choose(contributions, 100) == "numpy"


def exact_shares(values, n):
    """Shapley values of n groups by their definition, of values of all coalitions, a row each."""
    numbers = np.arange(2**n)
    sizes = (numbers[:, None] >> np.arange(n) & 1).sum(axis=1)
    shares = []
    for group in range(n):
        without = numbers[numbers >> group & 1 == 0]
        weights = np.array([1 / (n * comb(n - 1, size)) for size in sizes[without]])
        shares.append(weights @ (values[without | 1 << group] - values[without]))
    return np.array(shares)


def test_of_more_layers_than_are_exact_the_standard_error_tells_how_far_off_they_are(tmp_path):
    layers = write_stack(tmp_path / "evidence", (12, 130), layouts=({},) * MANY)
    with EvidenceStack.open(layers) as stack:
        model = write_model(tmp_path / "model", stack, build=cosines, sizes=(MANY, 20, 1))
        write_contributions(model, stack, tmp_path / "why.tif")
        write_leading_layer(tmp_path / "why.tif", tmp_path / "leading.tif")
        block, contributions = stack.read(), Contributions.of(model, stack)
    with rasterio.open(tmp_path / "why.tif") as raster:
        *shares, error = raster.read()
        assert raster.descriptions[-1] == "largest standard error of the contributions"
    shares = np.array(shares)[:, block.valid]
    background = contributions.background
    odds = log_odds(contributions.score(np.column_stack([block.X.T, background])))
    np.testing.assert_allclose(shares.sum(axis=0), odds[:-1] - odds[-1], atol=1e-3)
    assert (error[~block.valid] == NODATA).all()
    assert (error[block.valid] > 0).all()
    # Twelve of the cells, whose coalitions are all evaluated here.
    chosen = np.linspace(0, block.valid.sum() - 1, 12).astype(int)
    numbers = np.arange(2**MANY)[:, None] >> np.arange(MANY) & 1
    values = [
        log_odds(contributions.score(np.where(numbers == 1, x, background).T.astype(np.float32)))
        for x in block.X[chosen]
    ]
    off = shares[:, chosen] - exact_shares(np.array(values).T, MANY)
    told = contributions.shares(block.X[chosen])
    np.testing.assert_allclose(error[block.valid][chosen], told.errors.max(axis=0), rtol=1e-5)
    assert np.abs(off / told.errors).max() < 5
    assert 0.5 < np.square(off / told.errors).mean() < 2
    with rasterio.open(tmp_path / "leading.tif") as raster:
        [leading] = raster.read()  # of layers alone: the error is none
    np.testing.assert_array_equal(leading[block.valid], np.abs(shares).argmax(axis=0) + 1)
