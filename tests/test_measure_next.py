"""What to measure next: where it is open what is best, and whether looking there helps."""

import json

import numpy as np
import pytest
import rasterio
from fits import method
from mapfiles import write_map

from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import NODATA
from geoprospect.mapping.kernel import kernel_of, ticket_of
from geoprospect.methods import SampleTable, scores_of_fits
from geoprospect.methods.again import again
from geoprospect.model import Components
from geoprospect.reliability.uncertainty import cells_to_measure, write_measure_next
from geoprospect.reliability.uncertainty.measuring import NextKernel
from geoprospect.reliability.uncertainty.spreadout import spread_out
from geoprospect.synthetic import province

CELL = 1200.0


def bands(path, *layers):
    """A raster of several bands."""
    write_map(path, layers[0], nodata=NODATA)
    with rasterio.open(path) as one:
        profile = one.profile | {"count": len(layers)}
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(np.stack(layers))
    return path


@pytest.fixture
def rasters(tmp_path):
    """A raster of uncertainty whose best 10% are open along a diagonal, and a map."""
    rows, columns = np.indices((40, 60))
    best = np.clip(1 - np.abs(rows - columns) / 10, 0, 1).astype(np.float32)
    best[:3] = NODATA
    std = np.where(best == NODATA, NODATA, 0.25).astype(np.float32)
    others = [std] * 5
    score = np.where(best == NODATA, NODATA, 0.5 * best).astype(np.float32)
    return bands(tmp_path / "u.tif", std, *others, best), bands(tmp_path / "map.tif", score), best


def test_the_raster_holds_the_entropy_of_the_share_and_nothing_where_labels_are_known(
    rasters, tmp_path
):
    uncertainty, _, best = rasters
    known = [(10, 15), (20, 20), (0, 0), (30, 35)]
    write_measure_next(uncertainty, tmp_path / "next.tif", known=known)
    with rasterio.open(tmp_path / "next.tif") as raster:
        bits = raster.read(1)
        assert raster.units == ("bit",)
    q = np.clip(best.astype(float), 1e-12, 1 - 1e-12)
    expected = -q * np.log2(q) - (1 - q) * np.log2(1 - q)
    for cell in known:
        expected[cell] = 0
    expected[best == NODATA] = NODATA
    np.testing.assert_allclose(bits, expected, atol=1e-6)
    assert (tmp_path / "next.qml").exists()
    kernel = NextKernel(tuple(known))
    assert kernel_of(ticket_of(kernel)) == kernel
    assert json.loads(json.dumps(kernel.description())) == kernel.description()


def test_the_list_takes_the_most_open_cells_that_lie_apart(rasters, tmp_path):
    uncertainty, map_file, best = rasters
    write_measure_next(uncertainty, tmp_path / "next.tif", known=())
    apart = 4.0 * CELL
    cells = cells_to_measure(tmp_path / "next.tif", uncertainty, map_file, apart=apart)
    places = np.array([[cell.easting, cell.northing] for cell in cells])
    distance = np.hypot(*(places[:, None] - places[None]).T)
    assert distance[~np.eye(len(cells), dtype=bool)].min() >= apart
    assert len(cells) == 20
    # The share is a half five cells off the diagonal: there is room for twenty such cells.
    assert [cell.bits for cell in cells] == pytest.approx([1.0] * 20)
    assert {(cell.best, cell.score, cell.std) for cell in cells} == {(0.5, 0.25, 0.25)}
    with EvidenceStack.open({"bits": str(tmp_path / "next.tif")}) as layer:
        assert np.array_equal(spread_out(layer, 5, apart=apart), spread_out(layer, 5, apart=apart))
        far = spread_out(layer, 20, apart=15 * CELL)
        alone = spread_out(layer, 3, apart=0.0)
    assert 1 < len(far[0]) < 6
    assert (best[alone] == 0.5).all()


N_OCCURRENCES, N_BARREN, ADDED, APART = 20, 40, 15, 6.0


class Study:
    """Few points of the sample province, refits on them, and labels added where one chooses."""

    def __init__(self, name):
        truth = province()
        self.rows, self.columns = np.nonzero(truth.valid)
        intensity = truth.intensity[truth.valid].astype(float)
        X = np.stack([layer[truth.valid] for layer in truth.evidence], axis=1)
        self.method = method(name)
        components = Components.fit(X, names=truth.names).seen_as(self.method.sees)
        self.X = components.transform(X)
        self.occurrence = intensity / intensity.sum()
        self.barren = 1 / (1 + intensity)
        self.barren /= self.barren.sum()
        likely = N_OCCURRENCES * self.occurrence
        self.chance = likely / (likely + N_BARREN * self.barren)  # of a label at a cell looked at
        self.truly_best = self.best(intensity)

    def best(self, scores):
        return scores >= np.sort(scores)[-round(0.1 * len(scores))]

    def scores(self, cells, label, seed):
        made = again(self.method, members=2, seed=seed)
        table = SampleTable(self.X[cells], label.astype(np.int64))
        return scores_of_fits(made, table, table.masks_of_all(2), self.X).mean(axis=0)

    def missed(self, cells, label, seed):
        """The share of the truly best tenth that the map's best tenth lacks."""
        best = self.best(self.scores(cells, label, seed))
        return 1 - (best & self.truly_best).sum() / self.truly_best.sum()

    def open_cells(self, cells, label, random):
        """The cells of which it is most open whether they are best, apart from one another."""
        votes = np.zeros(len(self.X))
        for refit in range(30):
            drawn = np.concatenate([
                random.choice(np.flatnonzero(label == value), (label == value).sum())
                for value in (1, 0)
            ])  # fmt: skip
            votes += self.best(self.scores(cells[drawn], label[drawn], 1000 + 7 * refit))
        q = votes / 30
        value = q * (1 - q) + 1e-6 * random.random(len(q))
        value[cells] = -1
        chosen = []
        for _ in range(ADDED):
            cell = int(np.argmax(value))
            chosen.append(cell)
            down, across = self.rows - self.rows[cell], self.columns - self.columns[cell]
            value[np.hypot(down, across) < APART] = -1
        return np.array(chosen)

    def gains(self, seed):
        """How much less is missed with labels of open cells, and of cells at random."""
        random = np.random.default_rng([7, seed])
        n = len(self.X)
        occurrences = random.choice(n, N_OCCURRENCES, replace=False, p=self.occurrence)
        barren = np.setdiff1d(random.choice(n, 2 * N_BARREN, p=self.barren), occurrences)
        cells = np.concatenate([occurrences, random.permutation(barren)[:N_BARREN]])
        label = np.repeat([1, 0], [N_OCCURRENCES, len(cells) - N_OCCURRENCES])
        before = self.missed(cells, label, seed)

        def after(added):
            known = (random.random(ADDED) < self.chance[added]).astype(int)
            return self.missed(np.append(cells, added), np.append(label, known), seed)

        at_random = [after(random.choice(n, ADDED, replace=False)) for _ in range(4)]
        return before - after(self.open_cells(cells, label, random)), before - np.mean(at_random)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["svm", "extra-trees"])
def test_labels_of_open_cells_help_more_than_labels_at_random(name, capsys):
    study = Study(name)
    open_, at_random = np.array([study.gains(seed) for seed in range(100)]).T
    more = open_ - at_random
    error = more.std(ddof=1) / np.sqrt(len(more))
    with capsys.disabled():
        print(
            f"\n{name}: of the truly best tenth, {ADDED} labels find {open_.mean():.3f} more where "
            f"it is open, and {at_random.mean():.3f} at random; difference {more.mean():.3f}, "
            f"standard error {error:.3f}, over {len(more)} sets of points"
        )
    assert more.mean() > 2 * error
