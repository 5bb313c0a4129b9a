"""A method, a kind of evidence and a kernel of one's own, together, wherever such may stand."""

import json

import numpy as np
import pytest
import rasterio
import toycolumn
import toymethod
from registering import forgotten_behind
from smallproject import PROJECT, TRANSFORM, write_project
from toykernels import Highest

import geoprospect as gp
from geoprospect.cli import main

WELL = 'well = { kind = "well-distance", easting = 502000.0, northing = 6998000.0 }'


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    with forgotten_behind():
        toymethod.register()
        gp.register_column("well-distance", toycolumn.Distance)
        yield run_of(tmp_path_factory)


def run_of(tmp_path_factory):
    path = write_project(tmp_path_factory.mktemp("extended"))
    text = PROJECT.replace('C = "rasters/C.tif"', f'C = "rasters/C.tif"\n{WELL}')
    path.write_text(text.replace('"fine-tuning"', '"nearest"'))
    main(["run", str(path)], standalone_mode=False)
    return path


def cells(path):
    with rasterio.open(path) as raster:
        return raster.read()


def test_a_run_learns_from_the_column_by_the_method(project):
    model = gp.load_model(project.parent / "out" / "model")
    assert model.names == ("A", "B", "C", "well")
    assert all(isinstance(member, toymethod.NearestMember) for member in model.members)
    with gp.Project.load(project).open_evidence() as stack:
        assert isinstance(stack.columns[-1], toycolumn.Distance)
        easting, northing = TRANSFORM * (0.5, 2.5)
        X, _ = stack.sample([2], [0])
        assert X[0, 3] == pytest.approx(np.hypot(easting - 502000, northing - 6998000))
    scores = json.loads((project.parent / "out" / "scores.json").read_text())
    assert scores["validation"]["n_occurrences"] == 12


def test_they_are_cross_validated(project, capsys):
    folder = project.parent / "held-out"
    command = ["crossval", str(project), "--repeats", "1", "--number", "3", "--json"]
    main([*command, "--output", str(folder)], standalone_mode=False)
    assert set(json.loads(capsys.readouterr().out)["methods"]) == {"nearest", "coordinates alone"}


def test_a_map_of_them_is_gone_on_with_and_shared_out_to_processes(project):
    home = project.parent
    whole = cells(home / "out" / "prospectivity.tif")
    command = ["map", str(home / "out" / "model"), str(project), "--output"]
    with gp.Project.load(project).open_evidence() as stack:
        model = gp.load_model(home / "out" / "model")

        def stop(done, total):
            if done > total / 2:
                raise KeyboardInterrupt

        small = gp.Execution(window=(8, 8))
        with pytest.raises(KeyboardInterrupt):
            gp.write_map(model, stack, home / "stopped.tif", execution=small, progress=stop)
    main([*command, str(home / "stopped.tif"), "--resume"], standalone_mode=False)
    np.testing.assert_array_equal(cells(home / "stopped.tif"), whole)
    main([*command, str(home / "shared.tif"), "--workers", "2"], standalone_mode=False)
    np.testing.assert_array_equal(cells(home / "shared.tif"), whole)


def test_a_kernel_writes_what_it_makes_of_the_column(project):
    home, kernel = project.parent, Highest(reach=2)
    small = gp.Execution(window=(10, 10), workers=2)
    with gp.Project.load(project).open_evidence() as stack, stack.select(["well"]) as well:
        distance = well.read().values[0]
        gp.write_raster(well, kernel, home / "one.tif")
        gp.write_raster(well, kernel, home / "shared.tif", execution=small, overwrite=True)
    largest, depth = cells(home / "one.tif")
    np.testing.assert_array_equal(cells(home / "shared.tif"), [largest, depth])
    assert largest[0, 0] == distance[:3, :3].max()
    np.testing.assert_array_equal(largest - distance, depth)
