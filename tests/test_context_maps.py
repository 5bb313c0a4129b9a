"""Models that see a cell's surroundings: the same map in any window, and from any project."""

import numpy as np
import pytest
import rasterio
from mapjobs import network, write_stack
from smallproject import PROJECT, write_project

from geoprospect.errors import LayerNameError, ProjectError
from geoprospect.evidence import EvidenceStack, Neighbourhood
from geoprospect.evidence.computed.surroundings import surrounded
from geoprospect.evidence.rasters.layers import columns_of
from geoprospect.mapping import Execution, write_map
from geoprospect.model import Components
from geoprospect.model.model import ProspectivityModel
from geoprospect.project.file import Project
from geoprospect.project.run import run_project

SEEN = Neighbourhood((1, 2))


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    return write_stack(tmp_path_factory.mktemp("evidence"), (150, 130), layouts=({}, {}, {}))


def model(layers):
    with EvidenceStack.open(surrounded(columns_of(layers), SEEN)) as stack:
        X = stack.read().X
        names = stack.names
    components = Components.fit(X, names=names)
    ranges = np.stack([X.min(axis=0), X.max(axis=0)], axis=1)
    members = tuple(network(seed, (len(names), 12, 1)) for seed in range(2))
    return ProspectivityModel(components, members, ranges, context=SEEN)


def test_reading_in_windows_gives_the_surroundings_of_the_whole_grid(layers):
    with EvidenceStack.open(surrounded(columns_of(layers), SEEN)) as stack:
        whole = stack.read()
        assert whole.values.shape[0] == stack.n_layers == len(stack.names)
        for window in stack.windows((37, 29)):
            rows, columns = window.toslices()
            np.testing.assert_array_equal(stack.read(window).values, whole.values[:, rows, columns])
        places = np.array([0, 77, 149]), np.array([129, 3, 64])
        X, valid = stack.sample(*places)
        np.testing.assert_array_equal(X, whole.values[:, *places].T)
        np.testing.assert_array_equal(valid, whole.valid[places])


def test_surroundings_hide_no_cell(layers):
    with EvidenceStack.open(surrounded(columns_of(layers), SEEN)) as stack:
        bare = stack.bare()
        np.testing.assert_array_equal(stack.read().valid, bare.read().valid)
        assert stack.count_valid() == bare.count_valid()


@pytest.mark.parametrize("window", [(150, 130), (16, 64), (41, 23)])
def test_a_map_with_surroundings_is_the_same_in_any_window(layers, tmp_path, window):
    seeing = model(layers)
    with EvidenceStack.open(surrounded(columns_of(layers), SEEN)) as stack:
        block = stack.read()
        mean, spread = seeing.forward_pass().predict(block.X)
    with EvidenceStack.open(layers) as stack:  # the model adds the surroundings itself
        write_map(seeing, stack, tmp_path / "map.tif", execution=Execution(window=window))
    with rasterio.open(tmp_path / "map.tif") as raster:
        written = raster.read()
    np.testing.assert_array_equal(written[0][block.valid], mean)
    np.testing.assert_array_equal(written[1][block.valid], spread)


def test_a_model_folder_keeps_what_it_sees(layers, tmp_path):
    model(layers).save(tmp_path / "model")
    loaded = ProspectivityModel.load(tmp_path / "model")
    assert loaded.context == SEEN
    with EvidenceStack.open(layers) as stack:
        assert loaded.select(stack).names == loaded.names
        with pytest.raises(LayerNameError, match="the stack lacks X2"):
            loaded.select(stack.select(["X1", "X3"]))


def test_the_project_file_says_which_surroundings_the_model_sees(tmp_path):
    path = write_project(tmp_path)
    asked = PROJECT.replace("[model]\n", "[model]\ncontext = [1, 2]\ncontext_spread = true\n")
    path.write_text(asked)
    project = Project.load(path)
    summary = run_project(project)
    loaded = ProspectivityModel.load(tmp_path / "out" / "model")
    assert loaded.context == Neighbourhood((1, 2), spread=True)
    assert len(loaded.names) == 3 * (1 + 2 * 2)
    with project.open_evidence() as stack:
        block = stack.read()
        mean, _ = loaded.forward_pass().predict(block.X)
    with rasterio.open(summary.map.path) as raster:
        np.testing.assert_array_equal(raster.read(1)[block.valid], mean)


def test_spread_without_scales_is_one_clear_line(tmp_path):
    path = write_project(tmp_path)
    path.write_text(PROJECT.replace("[model]\n", "[model]\ncontext_spread = true\n"))
    with pytest.raises(ProjectError, match=r"project\.toml.*context = \[2\] beside it") as caught:
        Project.load(path).open_evidence()
    assert "\n" not in str(caught.value)
