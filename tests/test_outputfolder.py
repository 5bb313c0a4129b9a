"""The output folder: only what a former run made is replaced, all of it at the end or nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from smallproject import PROJECT, write_project

from geoprospect.cli import main
from geoprospect.errors import GeoprospectError, OutputError
from geoprospect.project import Project
from geoprospect.project.check import check_project
from geoprospect.project.run import run_project

QUICK = PROJECT.partition("[model]")[0] + (
    '[model]\nstrategy = "logistic-regression"\ntraining = { epochs = 200 }\n'
)
CALIBRATED = QUICK + '[calibration]\ndeposits = 30\nbuffer = 150.0\nmethod = "logistic"\n'
PRODUCTS = ["prospectivity.tif", "prospectivity.qml", "probability.tif", "non_occurrences.gpkg",
            "calibration.json", "model/notes.txt", "curves.png", "log.txt", "manifest.json",
            "prospectivity.tif.aux.xml"]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project that was run once, with a calibration."""
    path = write_project(tmp_path_factory.mktemp("made"))
    path.write_text(CALIBRATED)
    run_project(path)
    return path


@pytest.fixture
def project(made, tmp_path):
    """The same in a folder of its own."""
    shutil.copytree(made.parent, tmp_path / "p")
    return tmp_path / "p" / "project.toml"


@pytest.fixture
def new(tmp_path):
    path = write_project(tmp_path / "new")
    path.write_text(QUICK)
    return path


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def errors(project):
    return [finding.text for finding in check_project(project) if finding.level == "error"]


def listed(folder):
    return json.loads((folder / "manifest.json").read_text())["outputs"]


@pytest.mark.parametrize("name", PRODUCTS)
def test_what_no_run_made_is_refused_by_name_and_kept(new, name):
    mine = new.parent / "out" / name
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    with pytest.raises(OutputError, match="no former run lists this") as caught:
        run_project(new, overwrite=True)
    assert name in str(caught.value)
    assert errors(new) == [str(caught.value)]
    assert contents(new.parent / "out") == {name: b"mine"} | (
        {} if name == "log.txt" else {"log.txt": (new.parent / "out/log.txt").read_bytes()}
    )


def test_other_files_beside_a_former_run_stay_and_are_not_listed(project):
    out = project.parent / "out"
    (out / "notes.txt").write_text("mine")
    (out / "crossval").mkdir()
    (out / "crossval" / "crossval.json").write_text("{}")
    project.write_text(QUICK)
    run_project(project, overwrite=True)
    left = contents(out)
    assert (left["notes.txt"], left["crossval/crossval.json"]) == (b"mine", b"{}")
    # All else is of the new run, which made no probability.
    rest = set(left) - {"notes.txt", "crossval/crossval.json", "manifest.json"}
    assert rest == set(listed(out))
    assert "probability.tif" not in left


def test_a_model_trained_into_the_folder_is_replaced_by_that_of_a_run(new):
    trained = CliRunner().invoke(main, ["train", str(new)])
    assert trained.exit_code == 0, trained.output
    run_project(new, overwrite=True)
    assert "model/model.json" in listed(new.parent / "out")


def test_a_folder_that_is_no_model_is_not_replaced_by_one(new):
    before = contents(new.parent)
    done = CliRunner().invoke(
        main, ["train", str(new), "--output", str(new.parent / "rasters"), "--overwrite"]
    )
    assert done.exit_code == 1
    assert "files that are no part of a model" in done.output
    assert "A.tif" in done.output
    assert contents(new.parent) == before


def move_points(project):
    (project.parent / "out").mkdir()
    (project.parent / "training.gpkg").rename(project.parent / "out/non_occurrences.gpkg")
    return QUICK.replace("training.gpkg", "out/non_occurrences.gpkg")


def move_layer(project):
    (project.parent / "out").mkdir()
    (project.parent / "rasters/A.tif").rename(project.parent / "out/probability.tif")
    return QUICK.replace("rasters/A.tif", "out/probability.tif")


def link_layer(project):
    (project.parent / "out").mkdir()
    (project.parent / "out/probability.tif").symlink_to(project.parent / "rasters/A.tif")
    return QUICK


def hard_link_layer(project):
    (project.parent / "out").mkdir()
    os.link(project.parent / "rasters/A.tif", project.parent / "out/probability.tif")
    return QUICK


def virtual_layer(project):
    text = move_layer(project)
    vrt = project.parent / "rasters/A.vrt"
    with rasterio.open(project.parent / "out/probability.tif") as raster:
        source = f"<SimpleSource><SourceFilename>{raster.name}</SourceFilename></SimpleSource>"
        vrt.write_text(
            f'<VRTDataset rasterXSize="{raster.width}" rasterYSize="{raster.height}">'
            f"<SRS>EPSG:32608</SRS><GeoTransform>{str(raster.transform.to_gdal())[1:-1]}"
            f'</GeoTransform><VRTRasterBand dataType="Float32" band="1">{source}'
            "</VRTRasterBand></VRTDataset>"
        )
    return text.replace("out/probability.tif", "rasters/A.vrt")


def points_in_the_model_folder(project):
    (project.parent / "out/model").mkdir(parents=True)
    (project.parent / "training.gpkg").rename(project.parent / "out/model/p.gpkg")
    return QUICK.replace("training.gpkg", "out/model/p.gpkg")


def folder_of_evidence(project):
    evidence = QUICK[QUICK.index("[evidence]") : QUICK.index("[points]")]
    return 'evidence = "rasters"\n' + QUICK.replace(evidence, "") + '[output]\nfolder = "rasters"\n'


@pytest.mark.parametrize(
    ("arrange", "said"),
    [
        (move_points, "would replace what is read as training points"),
        (move_layer, "would replace what is read as layer A"),
        (link_layer, "would replace what is read as layer A"),
        (hard_link_layer, "would replace what is read as layer A"),
        (virtual_layer, "would replace what is read as layer A"),
        (points_in_the_model_folder, "would replace what is read as training points"),
        (folder_of_evidence, "would lie among the files that are read as evidence"),
    ],
)
def test_a_product_that_would_replace_an_input_is_refused(new, arrange, said):
    text = arrange(new)
    new.write_text(text)
    before = contents(new.parent)
    with pytest.raises(OutputError, match=said) as caught:
        run_project(new, overwrite=True)
    assert errors(new)[0] == str(caught.value)
    after = contents(new.parent)
    assert {name: after[name] for name in before} == before


def test_a_project_file_under_a_products_name_is_refused(new):
    path = new.with_name("manifest.json")
    path.write_text(QUICK + '[output]\nfolder = "."\n')
    with pytest.raises(OutputError, match="would replace what is read as the project file"):
        run_project(path, overwrite=True)


@pytest.mark.parametrize("name", ["prospectivity.tif", "scores.json", "prospectivity.tif.aux.xml"])
def test_a_folder_in_the_place_of_a_file_is_refused(new, name):
    (new.parent / "out" / name).mkdir(parents=True)
    (said,) = errors(new)
    assert name in said
    with pytest.raises(OutputError, match="no former run lists this"):
        run_project(new, overwrite=True)


def no_skill(project):
    """Labels at random, which show after the training of a calibration."""
    table = gpd.read_file(project.parent / "training.gpkg")
    table["occurrence"] = np.random.default_rng(1).permutation(table["occurrence"])
    table.to_file(project.parent / "training.gpkg")


def test_a_run_that_fails_leaves_the_former_one_whole(project):
    out = project.parent / "out"
    before = contents(out)
    no_skill(project)
    with pytest.raises(GeoprospectError, match="skill"):
        run_project(project, overwrite=True)
    assert contents(out) == before


_FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
from geoprospect.cli import main
main(["run", sys.argv[1], "--overwrite"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX processes")
@pytest.mark.parametrize("limit", [3_000, 60_000])
def test_a_disk_that_fills_up_leaves_the_former_run_whole(project, limit):
    out = project.parent / "out"
    before = contents(out)
    done = subprocess.run(
        [sys.executable, "-c", _FULL, project, str(limit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"Error: {out}/")
    assert "cannot write" in done.stderr.splitlines()[-1]
    assert ".geoprospect" not in done.stderr
    assert contents(out) == before


def test_ctrl_c_leaves_the_former_run_whole(project):
    out = project.parent / "out"
    before = contents(out)

    def press(stage, *_):
        if stage == "probability":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_project(project, overwrite=True, progress=press)
    assert contents(out) == before


_KILLED = """
import os, signal, sys
from geoprospect.project.run import run_project
def kill(stage, *_):
    if stage == "probability":
        os.kill(os.getpid(), signal.SIGKILL)
run_project(sys.argv[1], overwrite=True, progress=kill)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX processes")
def test_what_a_killed_run_leaves_is_cleared_by_the_next_and_listed_by_none(project):
    out = project.parent / "out"
    before = contents(out)
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, project], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    after = contents(out)
    assert set(after) > set(before)
    assert {name: after[name] for name in before} == before
    project.write_text(QUICK)
    run_project(project, overwrite=True)
    assert set(contents(out)) == set(listed(out)) | {"manifest.json"}


def test_a_swap_cut_short_is_undone_by_the_next_run(project, tmp_path):
    out = project.parent / "out"
    before = contents(out)
    aside = out / ".geoprospect-unfinished"
    for name, text in (("manifest.json", "{}"), ("scores.json", "new"), ("curves.png", "new")):
        (aside / "made").mkdir(parents=True, exist_ok=True)
        (aside / "made" / name).write_text(text)
    (aside / "swap.json").write_text('["curves.png", "scores.json", "manifest.json"]')
    # As kill -9 leaves it half-way: all former products are out, one new one is in.
    for name in before:
        (aside / "former" / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).rename(aside / "former" / name)
    (aside / "made" / "scores.json").rename(out / "scores.json")
    no_skill(project)
    with pytest.raises(GeoprospectError, match="skill"):
        run_project(project, overwrite=True)
    assert contents(out) == before


def test_two_runs_do_not_write_into_one_folder(project):
    out = project.parent / "out"
    before = contents(out)
    holding = (
        "import sys, time; from pathlib import Path\n"
        "from geoprospect.project.outputfolder import made_aside\n"
        "with made_aside(Path(sys.argv[1]), overwrite=True):\n"
        "    print('here', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, out], stdout=subprocess.PIPE, text=True
    ) as first:
        try:
            assert first.stdout.readline() == "here\n"
            with pytest.raises(OutputError, match=f"process {first.pid} on .*, since 2"):
                run_project(Project.load(project), overwrite=True)
            assert (out / ".geoprospect-unfinished" / "made").is_dir()
        finally:
            first.kill()
    project.write_text(QUICK)
    run_project(project, overwrite=True)  # the lock went with its process
    assert set(before) - set(contents(out))


def test_points_held_out_do_not_replace_the_points_they_are_of(new):
    folder = new.parent / "cross"
    folder.mkdir()
    (new.parent / "training.gpkg").rename(folder / "held_out.gpkg")
    new.write_text(QUICK.replace("training.gpkg", "cross/held_out.gpkg"))
    before = contents(new.parent)
    done = CliRunner().invoke(main, ["crossval", str(new), "--output", str(folder), "--overwrite"])
    assert done.exit_code == 1
    assert "would replace what is read as training points" in done.output
    assert contents(new.parent) == before


def test_a_picture_does_not_replace_the_map_it_is_of(project):
    path = project.parent / "out" / "prospectivity.tif"
    points = project.parent / "validation.shp"
    before = contents(project.parent)
    options = ["--png", str(path), "--overwrite"]
    done = CliRunner().invoke(main, ["score", str(path), str(points), *options])
    assert done.exit_code == 1
    assert "would replace what is read as the map" in done.output
    assert contents(project.parent) == before


_POINTS = """
import resource, sys
from pathlib import Path
import geopandas as gpd
from geoprospect.errors import OutputError
from geoprospect.output import replacing, write_points
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
points, path = gpd.read_file(sys.argv[1]), Path(sys.argv[2])
for limit in (most, 1, 5_000, 20_000, 60_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
    try:
        with replacing(path, overwrite=True) as temporary:
            write_points(points, temporary, layer="cells")
        print("whole", flush=True)
    except OutputError as error:
        print(error, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX processes")
def test_points_that_a_full_disk_cuts_short_are_one_clear_error(made, tmp_path):
    path, source = tmp_path / "points.gpkg", made.parent / "training.gpkg"
    done = subprocess.run(
        [sys.executable, "-c", _POINTS, source, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    first, *limited = done.stdout.splitlines()
    assert first == "whole"
    assert len(limited) == 4
    for line in limited:
        assert line.startswith(f"{path}: cannot write: "), line
        assert "free space" in line
    assert len(gpd.read_file(path)) == len(gpd.read_file(source))
