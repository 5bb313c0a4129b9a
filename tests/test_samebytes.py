"""The same inputs, seeds and machine give the same bytes of every product."""

import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from smallproject import points, write_project

from geoprospect.cli import main
from geoprospect.methods import MethodOptions, SampleTable, method_named
from geoprospect.output import replacing, write_features, write_points

METHODS = ("random-forest", "extra-trees", "svm", "gaussian-process", "boosting")


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("name", METHODS)
def test_an_estimator_fitted_twice_is_the_same_file_and_reads_as_it_was(name, tmp_path):
    X = np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32)
    table = SampleTable(X, (X[:, 1] > 0).astype(int), ("a", "b"))
    method = method_named(name, MethodOptions(members=1, baseline={"trees": 5}))
    members = [method.fit(table, table.masks_of_all(1)).members[0] for _ in range(2)]
    for number, member in enumerate(members):
        member.save(tmp_path / f"{number}.skops")
    assert (tmp_path / "0.skops").read_bytes() == (tmp_path / "1.skops").read_bytes()
    read = type(members[0]).read(tmp_path / "0.skops")
    np.testing.assert_array_equal(read.predict(X), members[0].predict(X))


def test_points_are_written_with_no_hour(tmp_path):
    for folder in "ab":
        with replacing(tmp_path / folder / "camps.gpkg") as temporary:
            write_points(points([3, 4], [5, 6], label=[1, 0]), temporary)
    first, second = ((tmp_path / folder / "camps.gpkg").read_bytes() for folder in "ab")
    assert first == second
    assert b"2000-01-01T00:00:00" in first


def test_a_shapefile_tells_no_day(tmp_path):
    features = points([3, 4], [5, 6], label=[1, 0])
    write_features(features, tmp_path / "camps.shp", driver="ESRI Shapefile")
    years, month, day = (tmp_path / "camps.dbf").read_bytes()[1:4]  # dBASE counts from 1900
    assert (1900 + years, month, day) == (2000, 1, 1)


def test_a_run_and_a_comparison_leave_the_same_bytes_again(tmp_path):
    project = write_project(tmp_path)
    head = (
        project.read_text()
        .partition("validation =")[0]
        .replace('label = "occurrence" }', 'label = "occurrence", where = "occurrence = 1" }')
    )
    project.write_text(
        head + 'validation = { path = "validation.shp", label = "occurrence" }\n'
        "[points.non_occurrences]\ndraws = 2\n"
        '[model]\nstrategy = "random-forest"\nbaseline = { trees = 10 }\n'
        "[calibration]\ndeposits = 20\n"
    )
    made = []
    for _ in range(2):
        for command in (["run"], ["crossval", "--repeats", "1", "--number", "2"]):
            done = CliRunner().invoke(main, [*command, str(project)])
            assert done.exit_code == 0, done.stderr
        made.append(contents(tmp_path / "out"))
        shutil.rmtree(tmp_path / "out")
    names = set(made[0])
    assert {"prospectivity.tif", "probability.tif", "crossval/crossval.html"} < names
    assert {"crossval/held_out.gpkg", "non_occurrences.gpkg", "manifest.json", "map.png"} < names
    assert {name for name in names if made[0][name] != made[1].get(name)} == set()
