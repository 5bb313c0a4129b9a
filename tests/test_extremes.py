"""Numbers and paths at the ends of what can be written: one clear line, never more."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from smallproject import write_project, write_raster

from geoprospect import Project, check
from geoprospect.cli import main
from geoprospect.cli.crossval import crossval_command
from geoprospect.cli.map import map_command
from geoprospect.cli.reproduce import reproduce_command
from geoprospect.cli.score import score_command
from geoprospect.crossval import FoldScheme
from geoprospect.errors import GeoprospectError, OutputError, ProjectError, SamplesError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import Execution, cluster
from geoprospect.samples import PointsSource

LONG = "a" * 300


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return write_project(tmp_path_factory.mktemp("project"))


def one_line(*arguments):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert done.exit_code in (1, 2), done.output
    assert len(lines) == 1, done.stderr
    assert "did not foresee" not in lines[0]
    return lines[0]


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "-1", "1e999", "x", ""])
@pytest.mark.parametrize(
    ("command", "option"),
    [
        (command, parameter.opts[0])
        for command in (crossval_command, map_command, reproduce_command, score_command)
        for parameter in command.params
        if parameter.opts[0].startswith("--") and "range" in parameter.type.name
    ],
)
def test_every_number_of_the_command_line_is_finite_and_within_its_bounds(command, option, number):
    done = CliRunner().invoke(main, [command.name, "a", "b", option, number])
    assert done.exit_code == 2, done.output
    assert option in done.stderr


@pytest.mark.parametrize(
    "wrong",
    [{"size": value} for value in (np.nan, np.inf, 0, -1)]
    + [{"buffer": value} for value in (np.nan, np.inf, -1)]
    + [{"seed": -1}, {"seed": 2**31}, {"folds": 1}, {"repeats": 0}],
)
def test_folds_take_no_number_that_points_cannot_be_held_out_by(wrong):
    (name,) = wrong
    with pytest.raises(SamplesError, match=f"{name} = "):
        FoldScheme("blocks", **wrong)


def test_memory_beyond_any_machine_is_refused():
    with pytest.raises(OutputError, match="more memory than any machine has"):
        Execution(memory=10**20)


@pytest.mark.parametrize("address", ["tls://127.0.0.1:1", "ucx://a", "x://y", "tcp://127.0.0.1:x"])
def test_an_address_of_no_cluster_is_told(address):
    pytest.importorskip("distributed")
    execution = Execution(cluster=address)
    with pytest.raises(OutputError, match=r"does not answer.*dask"), cluster._client(execution):
        pass


@pytest.mark.parametrize("command", ["check", "run", "train", "crossval"])
@pytest.mark.parametrize("name", [LONG, f"{LONG}.toml", "/dev/zero", "/dev/null", "/", ""])
def test_a_project_at_no_readable_place_is_told(command, name):
    one_line(command, name)


def test_paths_that_lead_back_to_themselves_or_are_too_long_are_told(project, tmp_path):
    loop = tmp_path / "loop.tif"
    loop.symlink_to(loop)
    for path in (loop, tmp_path / LONG, tmp_path / f"{LONG}.csv"):
        with pytest.raises(SamplesError, match="no such file"):
            PointsSource(path).read()
        with pytest.raises(GeoprospectError, match="no such file"):
            EvidenceStack.open({"X1": path})
        one_line("sample", path)
        one_line("score", path, project.parent / "validation.shp")
        one_line("map", path, project.parent / "rasters")
        one_line("train", "--weights", path, "--components", path, "--output", tmp_path / "m")
        one_line("reproduce", path)


def test_pipes_and_devices_are_opened_by_no_reader(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "pipe.csv").symlink_to(pipe)
    (tmp_path / "pipe.keras").symlink_to(pipe)
    for path in (pipe, tmp_path / "pipe.csv", "/dev/zero"):
        for read in (PointsSource(path).read, lambda path=path: EvidenceStack.open({"X1": path})):
            with pytest.raises(GeoprospectError, match="no plain file"):
                read()
        assert "plain file" in one_line("check", path)
    sound = {"names": [], "mean": [], "scale": [], "rotation": [], "variances": []}
    (tmp_path / "components.json").write_text(json.dumps(sound))
    for weights, components in (("pipe.keras", "components.json"), ("pipe.keras", "pipe")):
        said = one_line(
            *("train", "--weights", tmp_path / weights, "--components", tmp_path / components),
            *("--output", tmp_path / "m"),
        )
        assert "components" in said or "plain file" in said


@pytest.mark.parametrize(
    "line",
    [
        'training = { path = "a\\u0000b.gpkg" }',
        'training = { path = "training.gpkg", label = "a\\u0000b" }',
        'training = { path = "training.gpkg" }\n[output]\nfolder = "\\u0000"',
    ],
)
def test_the_letter_that_ends_texts_is_refused(project, line):
    other = project.with_name("nul.toml")
    other.write_text(f'[evidence]\nA = "rasters/A.tif"\n[points]\n{line}\n')
    with pytest.raises(ProjectError, match="u0000"):
        Project.load(other)


def test_a_project_nested_too_deep_is_told(tmp_path):
    path = tmp_path / "deep.toml"
    for depth in (50, 300, 900, 5000):
        for deep in ("a = " + "[" * depth + "]" * depth, f"evidence{'.a' * depth} = 1"):
            path.write_text(deep)
            assert str(path) in one_line("check", path)
    path.write_text("#" * (2**20 + 1))
    assert "larger than 1 mb" in one_line("check", path)


@pytest.mark.parametrize(
    "line",
    [
        'strategy = "random-forest"\nbaseline = { trees = 1000000000 }',
        'strategy = "random-forest"\nbaseline = { leaf = 100000000000000000000 }',
        "training = { epochs = 100000000000000000000 }",
        "training = { batch = 100000000000000000000 }",
        "training = { head_epochs = 100000000000000000000 }",
        "pretext_cells = 100000000000000000000",
    ],
)
def test_counts_that_no_memory_holds_are_refused_by_name(project, line):
    other = project.with_name("huge.toml")
    other.write_text(project.read_text().split("[model]")[0] + f"[model]\n{line}\n")
    name = line.rpartition("{ ")[2].partition(" =")[0]
    with pytest.raises(ProjectError, match=f"{name} should be at most"):
        Project.load(other)


@pytest.mark.parametrize("nodata", ["1e300", "-1e300", "inf", "nan"])
def test_a_nodata_value_beyond_float32_hides_nothing_and_harms_nothing(project, nodata):
    other = project.with_name("nodata.toml")
    other.write_text(
        project.read_text().replace(
            '"rasters/A.tif"', f'{{ path = "rasters/A.tif", nodata = {nodata} }}'
        )
    )
    assert not [finding for finding in check(other) if finding.level == "error"]


def test_a_map_whose_name_looks_like_a_formula_is_drawn(tmp_path):
    values = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    write_raster(tmp_path / r"$\frac{1$.tif", values)
    (tmp_path / "points.csv").write_text(
        "easting,northing,DEP\n500150,6999950,0\n501850,6998050,1\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", "from geoprospect.cli import main; main()", "score",
         r"$\frac{1$.tif", "points.csv", "--crs", "EPSG:32608", "--png", "curves.png",
         "--against", r"$\frac{1$.tif"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "curves.png").stat().st_size > 1000
