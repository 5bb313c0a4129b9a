"""The commands as a user types them: results, exit statuses and errors in one line."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from ctrlc import heeding_ctrl_c
from rasterio.transform import from_origin
from smallproject import PROJECT, SHAPE, TRANSFORM, TUNED, points, write_project, write_raster

from geoprospect.cli import main

COMMAND = [sys.executable, "-c", "from geoprospect.cli import main; main()"]


def geoprospect(*arguments, **options):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, **options
    )


def in_process(*arguments):
    """The same within this process, for what is told and written rather than how it ends."""
    done = CliRunner().invoke(main, [*map(str, arguments)])
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


def one_line_error(done):
    """The error, after checking that it is one line, with status 1 and no traceback."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1, done.stderr
    assert done.stderr.splitlines()[-1] == errors[0]
    return errors[0]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project that was run once."""
    project = write_project(tmp_path_factory.mktemp("project"))
    done = geoprospect("run", project, "--json")
    assert done.returncode == 0, done.stderr
    return project, done


def test_run_leaves_a_folder_with_all_of_it(finished):
    project, done = finished
    out = project.parent / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "components.json",
        "curves.png",
        "log.txt",
        "manifest.json",
        "map.png",
        "model",
        "points.gpkg",
        "prospectivity.qgz",
        "prospectivity.qmd",
        "prospectivity.qml",
        "prospectivity.tif",
        "report.html",
        "scores.json",
    ]
    told = json.loads(done.stdout)
    scores = json.loads((out / "scores.json").read_text())
    assert told["scores"] == scores
    assert scores["training"]["kind"] == "success-rate"
    assert scores["validation"]["kind"] == "prediction-rate"
    assert scores["validation"]["repeats"] == []
    assert told["map"]["n_valid"] == SHAPE[0] * SHAPE[1] - 2 * SHAPE[1]
    manifest = json.loads((out / "manifest.json").read_text())
    assert {"evidence A", "evidence B", "evidence C", "training"} <= set(manifest["inputs"])
    points = manifest["project"]["points"]["validation"]["path"]
    assert manifest["inputs"]["validation"] == hashlib.sha256(Path(points).read_bytes()).hexdigest()
    assert "prospectivity.tif" in manifest["outputs"]
    assert manifest["versions"]["numpy"] == np.__version__
    assert manifest["versions"]["GDAL"] == rasterio.__gdal_version__
    assert f"numpy {np.__version__}" in (out / "report.html").read_text()
    assert "training points: " in (out / "log.txt").read_text()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(finished):
    project, _ = finished
    out = project.parent / "out"
    former = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    again = in_process("run", project, "--overwrite")
    assert again.returncode == 0, again.stderr
    assert f"held out, run `geoprospect crossval {project}`" in again.stdout
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == former
    other = project.with_name("other.toml")
    other.write_text(
        PROJECT.replace("members = 2", "members = 2\nseed = 1") + '[output]\nfolder = "b"'
    )
    assert in_process("run", other).returncode == 0
    assert (project.parent / "b/prospectivity.tif").read_bytes() != former[
        out / "prospectivity.tif"
    ]


def test_a_trained_model_maps_a_folder_of_rasters_to_the_same_cells(finished, tmp_path):
    project, _ = finished
    model = tmp_path / "model"
    assert in_process("train", project, "--output", model).returncode == 0
    done = in_process(
        "map", model, project.parent / "rasters", "--output", tmp_path / "map.tif", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["n_cells"] == SHAPE[0] * SHAPE[1]
    with (
        rasterio.open(tmp_path / "map.tif") as ours,
        rasterio.open(project.parent / "out/prospectivity.tif") as theirs,
    ):
        np.testing.assert_array_equal(ours.read(), theirs.read())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('pretext = "lithology"', "lithology pretext, fine-tuning, 2 members"),
        ('pretext = "reconstruction"', "reconstruction pretext, fine-tuning, 2 members"),
        ('strategy = "linear-probing"', "lithology pretext, linear-probing, 2 members"),
        ('strategy = "from-scratch"', "none pretext, from-scratch, 2 members"),
        ('strategy = "logistic-regression"', "logistic-regression, 2 members"),
        ('strategy = "random-forest"\nbaseline = { trees = 20 }', "random-forest, 2 members, on"),
        ('strategy = "extra-trees"\nbaseline = { trees = 20 }', "extra-trees, 2 members, on"),
        ('strategy = "svm"\nbaseline = { kernels = ["rbf"] }', "svm, 2 members"),
        ('strategy = "gaussian-process"', "gaussian-process, 2 members"),
    ],
)
def test_every_method_runs_and_its_stored_model_maps_the_same_cells(tmp_path, settings, said):
    project = write_project(tmp_path)
    text = PROJECT.replace(TUNED, "") if "strategy" in settings else PROJECT
    project.write_text(text.replace("members = 2", f"members = 2\n{settings}"))
    done = CliRunner().invoke(main, ["run", str(project)])
    assert done.exit_code == 0, done.output
    assert f"model: {said}" in (tmp_path / "out/log.txt").read_text()
    files = [tmp_path / "out/model", project, "--output", tmp_path / "again.tif"]
    again = CliRunner().invoke(main, ["map", *map(str, files)])
    assert again.exit_code == 0, again.output
    with (
        rasterio.open(tmp_path / "again.tif") as ours,
        rasterio.open(tmp_path / "out/prospectivity.tif") as theirs,
    ):
        np.testing.assert_array_equal(ours.read(), theirs.read())
    assert {path.suffix for path in (tmp_path / "out/model").iterdir()} <= {
        ".json",
        ".keras",
        ".skops",
    }


def test_commands_import_no_package_that_they_do_not_need(finished, tmp_path):
    project, _ = finished
    code = (
        "import sys\nfrom geoprospect.cli import main\n"
        "try:\n    main(sys.argv[2:])\nexcept SystemExit as stop:\n    assert not stop.code\n"
        "assert not {*sys.argv[1].split()} & set(sys.modules)"
    )
    model, out = project.parent / "out" / "model", tmp_path / "map.tif"
    heavy = "tensorflow keras matplotlib"
    for slow, arguments in (
        (heavy, ["map", model, project.parent / "rasters", "--output", out]),
        (heavy, ["score", out, project.parent / "validation.shp"]),
        (f"{heavy} scipy sklearn numba", ["check", project]),
    ):
        subprocess.run([sys.executable, "-c", code, slow, *arguments], check=True)


def test_check_tells_all_faults_at_once_and_runs_nothing(tmp_path):
    project = write_project(tmp_path)
    (tmp_path / "rasters/A.tif").unlink()
    (tmp_path / "rasters/B.tif").write_bytes(b"no raster")
    done = in_process("check", project)
    assert done.returncode == 1
    assert re.search(r"error  .*A\.tif", done.stdout)
    assert re.search(r"error  .*B\.tif", done.stdout)
    assert not (tmp_path / "out").exists()
    assert "Traceback" not in done.stderr


def test_check_of_a_sound_project_ends_well(tmp_path):
    project = write_project(tmp_path)
    done = in_process("check", project, "--json")
    assert done.returncode == 0, done.stdout
    findings = json.loads(done.stdout)["findings"]
    assert all(finding["level"] != "error" for finding in findings)
    assert any("1840 of 1920 cells are valid" in finding["text"] for finding in findings)


def _missing_file(folder):
    (folder / "rasters/B.tif").unlink()
    return r"rasters/B\.tif: layer B"


def _truncated(folder):
    path = folder / "rasters/B.tif"
    path.write_bytes(path.read_bytes()[:3000])
    return r"B\.tif"


def _other_grid(folder):
    values = np.zeros(SHAPE, np.float32)
    transform = from_origin(500_000, 7_000_000, 120, 120)
    write_raster(folder / "rasters/B.tif", values, transform=transform)
    return r"(?=.*A\.tif)(?=.*B\.tif).*cell"


def _all_nodata(folder):
    write_raster(folder / "rasters/B.tif", np.full(SHAPE, -9999, np.float32))
    return r"B\.tif: layer B"


def _no_crs(folder):
    for path in folder.glob("validation.prj"):
        path.unlink()
    return r"validation\.shp.*CRS.*crs ="


def _no_label_field(folder):
    table = gpd.read_file(folder / "training.gpkg").rename(columns={"occurrence": "DEP"})
    table.to_file(folder / "training.gpkg")
    return r"training\.gpkg: there is no field occurrence .*DEP"


def _other_labels(folder):
    table = gpd.read_file(folder / "training.gpkg")
    table["occurrence"] = np.arange(len(table)) % 3
    table.to_file(folder / "training.gpkg")
    return r"training\.gpkg.*labels other than 0 and 1.*found 2"


def _outside(folder):
    table = points([-20, -30], [5, 6], occurrence=[1, 0])
    table.to_file(folder / "training.gpkg")
    return r"training\.gpkg.*outside"


def _one_class(folder):
    table = gpd.read_file(folder / "training.gpkg")
    table["occurrence"] = 0
    table.to_file(folder / "training.gpkg")
    return "no occurrence is left"


def _constant(folder):
    write_raster(folder / "rasters/C.tif", np.full(SHAPE, 7, np.float32))
    return "layer C.*one value everywhere"


def _components_of_other_layers(folder):
    content = {
        "names": ["A", "B", "X9"],
        "mean": [0, 0, 0],
        "scale": [1, 1, 1],
        "rotation": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        "variances": [1, 1, 1],
    }
    (folder / "components.json").write_text(json.dumps(content))
    text = PROJECT.replace("[model]", '[model]\ncomponents = "components.json"')
    (folder / "project.toml").write_text(text)
    return r"found A, B, C; expected A, B, X9"


@pytest.mark.parametrize(
    "spoil",
    [
        _missing_file,
        _truncated,
        _other_grid,
        _all_nodata,
        _no_crs,
        _no_label_field,
        _other_labels,
        _outside,
        _one_class,
        _constant,
        _components_of_other_layers,
    ],
)
def test_bad_input_is_one_clear_line_and_leaves_no_map(tmp_path, spoil):
    project = write_project(tmp_path)
    said = spoil(tmp_path)
    error = one_line_error(in_process("run", project))
    assert re.search(said, error), error
    left = (
        {path.name for path in (tmp_path / "out").rglob("*")}
        if (tmp_path / "out").exists()
        else set()
    )
    assert left <= {"log.txt"}


def test_a_layer_of_a_wrong_name_is_refused_at_the_map(finished, tmp_path):
    project, _ = finished
    for name, other in zip("ABC", ("A", "B", "Q"), strict=True):
        path = tmp_path / "rasters" / f"{other}.tif"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes((project.parent / f"rasters/{name}.tif").read_bytes())
    done = in_process(
        "map", project.parent / "out/model", tmp_path / "rasters", "--output", tmp_path / "map.tif"
    )
    assert "lacks C (found A, B, Q; expected A, B, C)" in one_line_error(done)
    assert not (tmp_path / "map.tif").exists()


def test_results_that_exist_are_kept_unless_overwriting_is_asked_for(finished):
    project, _ = finished
    before = (project.parent / "out/manifest.json").read_bytes()
    error = one_line_error(in_process("run", project))
    assert "exists already" in error
    assert "--overwrite" in error
    assert (project.parent / "out/manifest.json").read_bytes() == before


def test_a_read_only_folder_is_refused_before_the_training(tmp_path):
    project = write_project(tmp_path)
    out = tmp_path / "out"
    if os.geteuid() == 0 and Path("/sys").is_dir():
        # Permissions do not stop root, but no one makes folders in /sys.
        project.write_text(PROJECT + '[output]\nfolder = "/sys/geoprospect"')
    else:
        out.mkdir(mode=0o500)
    done = in_process("run", project)
    error = one_line_error(done)
    assert "cannot write" in error
    assert "choose a folder that can be written" in error
    assert "model:" not in done.stderr


def test_a_file_in_the_place_of_the_output_folder_is_refused(tmp_path):
    project = write_project(tmp_path)
    (tmp_path / "out").write_text("precious")
    assert "out: cannot write" in one_line_error(in_process("run", project))
    assert (tmp_path / "out").read_text() == "precious"


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX processes")
@pytest.mark.parametrize(("limit", "stage"), [(10_000, "model"), (60_000, "curves.png")])
def test_a_disk_that_fills_up_ends_a_run_in_one_line_with_no_half_written_file(
    tmp_path, limit, stage
):
    import resource  # noqa: PLC0415 - POSIX only

    project = write_project(tmp_path)
    done = geoprospect(
        "run",
        project,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert f"out/{stage}: cannot write" in one_line_error(done)
    left = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not [path for path in left if path.name == stage or path.name.startswith(".")]
    assert not (tmp_path / "out" / "manifest.json").exists()
    for path in left:
        if path.suffix == ".json":
            json.loads(path.read_text())


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX processes")
def test_ctrl_c_stops_a_training_cleanly(tmp_path):
    project = write_project(tmp_path)
    project.write_text(PROJECT.replace("epochs = 30", "epochs = 10_000_000"))
    with heeding_ctrl_c():
        running = subprocess.Popen(
            [*COMMAND, "run", project], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    try:
        while "pretext: 20 of 20" not in (line := running.stderr.readline()):
            assert line, "the run ended by itself"
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        stdout, stderr = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 1
    assert not stdout
    assert stderr.splitlines()[-1].startswith("Error: stopped by Ctrl-C")
    assert "Traceback" not in stderr
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert left <= {"log.txt", "components.json"}


def test_usage_errors_have_status_2():
    assert geoprospect("run").returncode == 2
    assert geoprospect("fly").returncode == 2


def test_a_missing_project_is_one_clear_line(tmp_path):
    assert "no such file" in one_line_error(geoprospect("run", tmp_path / "none.toml"))


def test_points_in_the_cells_of_the_small_project_are_where_they_should_be():
    table = points([3], [5], occurrence=[1])
    assert ~TRANSFORM * (table.geometry.x[0], table.geometry.y[0]) == (5.5, 3.5)
