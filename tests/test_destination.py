"""What lies where a map goes: nothing of others is lost, and all of the map arrives."""

import json
import os
import shutil
import subprocess
import sys
import zlib

import pyproj
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner
from mapjobs import cells, write_job
from rasterio.crs import CRS

from geoprospect.cli import main
from geoprospect.errors import OutputError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import Execution, write_map
from geoprospect.model.model import ProspectivityModel

SHAPE = (300, 280)
SMALL = Execution(window=(64, 128))
SOLID = CRS.from_wkt(pyproj.CRS("EPSG:32608").to_3d().to_wkt())
ROTATED = CRS.from_user_input(
    "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=40 +lon_0=10 +ellps=WGS84 +type=crs"
)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A stack, a model, and their map as made undisturbed."""
    return write_job(tmp_path_factory.mktemp("job"), SHAPE)


def mapped(job, path, evidence=None, **options):
    with EvidenceStack.open(evidence or job / "evidence") as stack:
        model = ProspectivityModel.load(job / "model")
        return write_map(model, stack, path, **({"execution": SMALL} | options))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def begun(job, tmp_path):
    """A map that was stopped when a third of it was done."""

    def press(done, total):
        if done > total / 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mapped(job, tmp_path / "map.tif", progress=press)
    return tmp_path / "map.tif.unfinished"


@pytest.mark.parametrize("crs", [SOLID, ROTATED], ids=["solid", "rotated pole"])
@pytest.mark.parametrize("name", ["map.tif", "map.vrt"])
def test_a_crs_that_a_geotiff_cannot_hold_arrives_beside_it(job, tmp_path, crs, name):
    shutil.copytree(job / "evidence", tmp_path / "evidence")
    for layer in (tmp_path / "evidence").iterdir():
        with rasterio.open(layer, "r+") as raster:
            raster.crs = crs
            raster.transform = Affine(0.01, 0, 10, 0, -0.01, 60)
    with rasterio.open(tmp_path / "evidence" / "X1.tif") as raster:
        expected = raster.crs
    mapped(job, tmp_path / name, tmp_path / "evidence")
    with rasterio.open(tmp_path / name) as raster:
        assert raster.crs == expected
    assert cells(tmp_path / name) == cells(job / "undisturbed.tif")


def test_what_lay_beside_a_replaced_map_goes_with_it(job, tmp_path):
    path = tmp_path / "map.tif"
    mapped(job, path)
    for suffix in (".aux.xml", ".ovr", ".msk"):
        (tmp_path / f"map.tif{suffix}").write_text("stale")
    mapped(job, path, overwrite=True)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["map.qml", "map.tif"]


@pytest.mark.parametrize(
    ("map_name", "name"),
    [
        ("q.tif", "q.qml"),
        ("q.tif", "q.tif.aux.xml"),
        ("q.tif", "q.tif.ovr"),
        ("q.vrt", "q.vrt.ovr"),
        ("q.tif", "q.tif.unfinished/notes.txt"),
        ("q.vrt", "q_parts/notes.txt"),
    ],
)
def test_what_is_not_ours_is_not_replaced_unasked(job, tmp_path, map_name, name):
    mine = tmp_path / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    for options in ({}, {"resume": True}):
        with pytest.raises(OutputError, match=r"exists already|did not write it"):
            mapped(job, tmp_path / map_name, **options)
        assert contents(tmp_path) == {mine: b"mine"}


@pytest.mark.parametrize(
    ("map_name", "name"), [("q.tif", "q.tif.unfinished/notes"), ("q.vrt", "q_parts/notes")]
)
def test_a_folder_that_is_not_ours_is_not_even_replaced_when_asked(job, tmp_path, map_name, name):
    mine = tmp_path / name
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(OutputError, match="geoprospect did not write it"):
        mapped(job, tmp_path / map_name, overwrite=True)
    assert contents(tmp_path) == {mine: b"mine"}


def test_our_own_style_is_replaced_and_one_saved_by_hand_is_not(job, tmp_path):
    path = tmp_path / "q.tif"
    mapped(job, path)
    path.unlink()
    mapped(job, path)
    style = path.with_suffix(".qml")
    style.write_text("\n".join(style.read_text().splitlines()[2:]))
    path.unlink()
    with pytest.raises(OutputError, match=r"q\.qml: exists already"):
        mapped(job, path)


@pytest.mark.parametrize("link", [None, os.symlink, os.link], ids=["itself", "symlink", "link"])
def test_a_map_does_not_replace_the_evidence_it_is_made_of(job, tmp_path, link):
    shutil.copytree(job / "evidence", tmp_path / "evidence")
    path = tmp_path / "evidence" / "X3.tif"
    if link is not None:
        path = tmp_path / "map.tif"
        link(tmp_path / "evidence" / "X3.tif", path)
    before = contents(tmp_path)
    with pytest.raises(OutputError, match="would replace what is read as layer X3"):
        mapped(job, path, tmp_path / "evidence", overwrite=True)
    assert contents(tmp_path) == before


def test_a_map_is_not_written_among_the_rasters_of_an_evidence_folder(job):
    before = contents(job)
    options = ["--output", str(job / "evidence" / "map.tif")]
    done = CliRunner().invoke(main, ["map", str(job / "model"), str(job / "evidence"), *options])
    assert done.exit_code == 1
    assert "would lie among the files that are read as evidence" in done.output
    assert contents(job) == before


@pytest.mark.parametrize("name", ["map.tif", "map.tif.aux.xml", "map.qml"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_in_the_place_of_a_file_is_refused_before_any_work(job, tmp_path, name, overwrite):
    (tmp_path / name).mkdir()
    with pytest.raises(OutputError, match=f"{name}: cannot write: it is a folder"):
        mapped(job, tmp_path / "map.tif", overwrite=overwrite)
    assert [path.name for path in tmp_path.rglob("*")] == [name]


@pytest.mark.parametrize("options", [{"overwrite": True}, {"resume": True}])
def test_a_second_writer_is_told_who_writes_and_leaves_the_first_alone(job, tmp_path, options):
    path, refused = tmp_path / "map.tif", []

    def second(done, total):
        if done and not refused:
            with pytest.raises(OutputError) as caught:
                mapped(job, path, **options)
            refused.append(str(caught.value))

    mapped(job, path, progress=second)
    assert "is being written by another process" in refused[0]
    assert f"process {os.getpid()} on " in refused[0]
    assert cells(path) == cells(job / "undisturbed.tif")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["map.qml", "map.tif"]


def test_the_lock_of_a_killed_process_holds_nobody(job, tmp_path):
    code = (
        "import os, sys\n"
        "from geoprospect.output import sole_writer\n"
        "with sole_writer(sys.argv[1], 'map.tif'):\n"
        "    os.kill(os.getpid(), 9)"
    )
    lock = tmp_path / ".map.tif.lock"
    subprocess.run([sys.executable, "-c", code, lock], check=False)
    assert lock.exists()
    mapped(job, tmp_path / "map.tif")
    assert not lock.exists()


BEGUN = ["", "{", "[]", "null", '{"size": null}', "[" * 10_000]


@pytest.mark.parametrize("text", BEGUN, ids=range(len(BEGUN)))
def test_a_map_whose_beginning_was_not_written_whole_is_begun_again(job, begun, text):
    (begun / "begun-with.json").write_text(text)
    if text == '{"size": null}':  # it cannot be told from what another version writes
        with pytest.raises(OutputError, match="pass --overwrite to start again"):
            mapped(job, begun.with_suffix(""), resume=True)
        mapped(job, begun.with_suffix(""), overwrite=True)
    else:
        mapped(job, begun.with_suffix(""), resume=True)
    assert cells(begun.with_suffix("")) == cells(job / "undisturbed.tif")


@pytest.mark.parametrize(
    "size", [[0, 0], [-64, 128], [1e999, 128], [64], "64", [64.5, 2], [True] * 2]
)
def test_a_size_of_parts_that_cannot_be_is_another_map(job, begun, size):
    told = json.loads((begun / "begun-with.json").read_text())
    (begun / "begun-with.json").write_text(json.dumps(told | {"size": size}))
    with pytest.raises(OutputError, match="another the size of the parts"):
        mapped(job, begun.with_suffix(""), resume=True)


def emptied(note):
    return ""


def cut(note):
    return note[: len(note) // 2]


def of_one_band(note):
    """A whole note, with its checksum, of a map with one band less."""
    figures = json.loads(note)["figures"]
    figures["statistics"] = figures["statistics"][:1]
    return json.dumps({"figures": figures, "checksum": zlib.crc32(json.dumps(figures).encode())})


def without_cells(note):
    told = json.loads(note)
    for band in told["figures"]["statistics"]:
        band["n"] = 0
    return json.dumps(told)


def infinite(note):
    told = json.loads(note)
    told["figures"]["statistics"][0]["n"] = float("inf")
    return json.dumps(told)


def negative(note):
    return note.replace('"n": ', '"n": -', 1)


def nested(note):
    return "[" * 10_000


@pytest.mark.parametrize(
    "damage", [emptied, cut, of_one_band, without_cells, infinite, negative, nested]
)
def test_a_part_whose_note_is_damaged_is_made_again(job, begun, damage):
    notes = sorted(begun.glob("part-*.json"))
    assert notes
    for note in notes:
        note.write_text(damage(note.read_text()))
    mapped(job, begun.with_suffix(""), resume=True)
    assert cells(begun.with_suffix("")) == cells(job / "undisturbed.tif")


_FULL = """
import resource, sys
from pathlib import Path
from geoprospect.errors import OutputError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import Execution, write_map
from geoprospect.model.model import ProspectivityModel
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
model, job = ProspectivityModel.load(sys.argv[1]), Path(sys.argv[3])
for path in (job / "map.tif", job / "map.vrt"):
    with EvidenceStack.open(sys.argv[2]) as stack:
        for limit in (most, 0, 300, 5_000, 60_000, 100_000):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
            try:
                write_map(model, stack, path, execution=Execution(window=(64, 128)), overwrite=True)
                print("whole", flush=True)
            except OutputError as error:
                print(error, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX processes")
def test_a_full_disk_is_one_clear_error_and_leaves_the_former_map(job, tmp_path):
    arguments = [job / "model", job / "evidence", tmp_path]
    done = subprocess.run(
        [sys.executable, "-c", _FULL, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for name, (first, *limited) in (("map.tif", lines[:6]), ("map.vrt", lines[6:])):
        assert first == "whole"
        assert len(limited) == 5
        assert all("cannot write" in line for line in limited), limited
        assert cells(tmp_path / name) == cells(job / "undisturbed.tif")
