"""Maps that are stopped and gone on with, and maps made by several processes."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import rasterio
from ctrlc import heeding_ctrl_c
from mapjobs import cells, write_job, write_model

from geoprospect.errors import OutputError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import Execution, write_map

SHAPE = (1200, 900)
COMMAND = [sys.executable, "-c", "from geoprospect.cli import main; main()", "map"]
SMALL = Execution(window=(128, 128))

# Maps in many parts and, when so many of them are done, stops as if Ctrl-C were pressed.
_STOPPED = """
import os, signal, sys
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import Execution, write_map
from geoprospect.model.model import ProspectivityModel
def progress(done, total):
    if sys.argv[4] and done > total / 3:
        os.kill(os.getpid(), getattr(signal, sys.argv[4]))
with EvidenceStack.open(sys.argv[2]) as stack:
    write_map(ProspectivityModel.load(sys.argv[1]), stack, sys.argv[3],
              execution=Execution(window=(128, 128)), resume=True, progress=progress)
"""


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A stack, a model, and the cells of their map as made undisturbed."""
    return write_job(tmp_path_factory.mktemp("job"), SHAPE)


def stopped(job, path, how):
    with heeding_ctrl_c():
        return subprocess.run(
            [sys.executable, "-c", _STOPPED, job / "model", job / "evidence", path, how],
            capture_output=True,
            text=True,
            check=False,
        )


def mapped(job, path, **options):
    with EvidenceStack.open(job / "evidence") as stack:
        model = write_model(job / "model", stack, members=2)
        return write_map(model, stack, path, **options)


def parts_of(path):
    return sorted(path.with_name(f"{path.name}.unfinished").glob("part-*.tif"))


def test_a_killed_map_gone_on_with_has_the_same_cells(job, tmp_path):
    path = tmp_path / "map.tif"
    assert stopped(job, path, "SIGKILL").returncode == -signal.SIGKILL
    done = {part: part.stat().st_mtime_ns for part in parts_of(path)}
    assert done
    assert not path.exists()
    mapped(job, path, resume=True)
    assert cells(path) == cells(job / "undisturbed.tif")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["map.qml", "map.tif"]


def test_parts_that_are_whole_are_not_made_again(job, tmp_path):
    path = tmp_path / "map.tif"
    stopped(job, path, "SIGKILL")
    # Only a part with its note is whole: a thread may have been killed between the two.
    whole = [part for part in parts_of(path) if part.with_suffix(".json").exists()]
    done = {part: part.stat().st_mtime_ns for part in whole}
    cut = whole[0]
    cut.write_bytes(cut.read_bytes()[:-1000])  # as a power cut may leave it
    stopped(job, path, "SIGKILL")
    remade = [part for part, time_ in done.items() if part.stat().st_mtime_ns != time_]
    assert remade == [cut]
    mapped(job, path, resume=True)
    assert cells(path) == cells(job / "undisturbed.tif")


def test_ctrl_c_tells_how_to_go_on(job, tmp_path):
    path = tmp_path / "map.tif"
    done = stopped(job, path, "SIGINT")
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith("KeyboardInterrupt: stopped by Ctrl-C")
    assert f"parts are kept in {path}.unfinished" in said
    assert "--resume" in said
    mapped(job, path, resume=True)
    assert cells(path) == cells(job / "undisturbed.tif")


def test_an_unfinished_map_is_not_thrown_away_unasked(job, tmp_path):
    path = tmp_path / "map.tif"
    stopped(job, path, "SIGKILL")
    with pytest.raises(OutputError, match=r"unfinished map lies here.*--resume.*--overwrite"):
        mapped(job, path)
    assert parts_of(path)
    mapped(job, path, overwrite=True)
    assert cells(path) == cells(job / "undisturbed.tif")


def test_a_changed_layer_is_noticed(job, tmp_path):
    home = tmp_path / "job"
    shutil.copytree(job, home)
    stopped(home, home / "map.tif", "SIGKILL")
    with rasterio.open(home / "evidence" / "X3.tif", "r+") as raster:
        raster.write(np.zeros((1, 1), np.float32), 1, window=((5, 6), (5, 6)))
    with pytest.raises(OutputError, match="another layer X3"):
        mapped(home, home / "map.tif", resume=True)
    assert parts_of(home / "map.tif")


def test_another_model_is_noticed(job, tmp_path):
    path = tmp_path / "map.tif"
    stopped(job, path, "SIGKILL")
    with EvidenceStack.open(job / "evidence") as stack:
        other = write_model(tmp_path / "other", stack, members=3)
        with pytest.raises(OutputError, match="another the model"):
            write_map(other, stack, path, resume=True)


def test_resuming_where_nothing_was_begun_maps_all(job, tmp_path):
    mapped(job, tmp_path / "map.tif", resume=True)
    assert cells(tmp_path / "map.tif") == cells(job / "undisturbed.tif")


def test_killed_at_random_moments_a_map_ends_with_the_same_cells(job, tmp_path):
    path, moments = tmp_path / "map.tif", random.Random(0)
    script = [sys.executable, "-c", _STOPPED, job / "model", job / "evidence", path, ""]
    for _ in range(5):
        process = subprocess.Popen(script)
        time.sleep(moments.uniform(0.3, 1.2))
        process.kill()
        process.wait()
        if path.exists():  # it was quicker
            path.unlink()
    subprocess.run(script, check=True)
    assert cells(path) == cells(job / "undisturbed.tif")


def test_a_virtual_raster_over_the_parts_has_the_same_cells(job, tmp_path):
    for _ in range(2):  # the second time over the first
        mapped(job, tmp_path / "map.vrt", execution=SMALL, overwrite=True)
        assert cells(tmp_path / "map.vrt") == cells(job / "undisturbed.tif")
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["map.qml", "map.vrt", "map.vrt.ovr", "map_parts"]
    with rasterio.open(tmp_path / "map.vrt") as raster:
        assert raster.overviews(1) == [2, 4, 8]
        assert raster.descriptions[0] == "prospectivity"
    parts = {file.name for file in (tmp_path / "map_parts").iterdir()}
    assert ".geoprospect" in parts  # by which the folder is known as one that may be replaced
    assert {name[-4:] for name in parts - {".geoprospect"}} == {".tif"}


def test_local_workers_make_the_same_cells(job, tmp_path):
    arguments = [job / "model", job / "evidence", "--output", tmp_path / "map.tif"]
    done = subprocess.run(
        [*COMMAND, *arguments, "--workers", "2"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert cells(tmp_path / "map.tif") == cells(job / "undisturbed.tif")


def test_a_worker_that_dies_is_survived(job, tmp_path):
    distributed = pytest.importorskip("distributed", reason="the cluster extra is not installed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=2, memory_limit=0, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        victims = list(client.run(os.getpid).values())

        def progress(done, total):
            if victims and done > total / 3:
                os.kill(victims.pop(), signal.SIGKILL)
                victims.clear()

        execution = Execution(window=(128, 128), cluster=cluster.scheduler_address)
        mapped(job, tmp_path / "map.tif", execution=execution, progress=progress)
        assert not victims
    assert cells(tmp_path / "map.tif") == cells(job / "undisturbed.tif")


def test_a_cluster_that_does_not_answer_is_one_clear_error(job, tmp_path):
    arguments = [job / "model", job / "evidence", "--output", tmp_path / "map.tif"]
    done = subprocess.run(
        [*COMMAND, *arguments, "--cluster", "127.0.0.1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "the cluster does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cluster_and_local_workers_are_not_asked_for_together():
    with pytest.raises(OutputError, match="both a cluster and local workers"):
        Execution(cluster="tcp://127.0.0.1:8786", workers=2)
