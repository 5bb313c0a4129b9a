"""Each reader on thousands of damaged files: it reads, or says in one error what is wrong.

Run with ``pytest -m slow tests/test_fuzz.py``; ``GEOPROSPECT_FUZZ`` gives the cases of each reader.
"""

import json
import os
import resource
import shutil
import signal
import sys
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window
from smallproject import SHAPE, TRANSFORM, points, write_project, write_raster

from geoprospect import Project, load_model
from geoprospect.errors import GeoprospectError
from geoprospect.evidence import Direction, Distance, EvidenceStack, Inside, RasterBand
from geoprospect.grid import Grid
from geoprospect.mapping import unfinished
from geoprospect.mapping.job import Job, PartFigures
from geoprospect.mapping.statistics import Statistics
from geoprospect.methods import FittedEstimator, MethodOptions, SampleTable, method_named
from geoprospect.model import Components, ProspectivityModel
from geoprospect.network import Dense, Network
from geoprospect.output import checksum
from geoprospect.project import outputfolder
from geoprospect.samples import PointsSource
from geoprospect.samples.trainingcells import TrainingCells

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

CASES = int(os.environ.get("GEOPROSPECT_FUZZ", "400"))
SECONDS = 20  # of a case, at most
MIB = 1500  # more than before, at most
GRID = Grid(rasterio.crs.CRS.from_epsg(32608), TRANSFORM, SHAPE)
VALUES = (
    None, True, -1, 0, 1, 1.5, 10**9, 10**30, -(2**63), 1e308, float("nan"), float("inf"), "",
    "x", "X1", "\0", "ż" * 1000, "../../x", [], {}, [[]], [None], {"": 1}, [1, "x"],
)  # fmt: skip
DEEP = "[" * 5000 + "]" * 5000


def nodes(content, place=()):
    """Give the places of all values in a document."""
    yield place
    parts = content.items() if isinstance(content, dict) else ()
    parts = enumerate(content) if isinstance(content, list) else parts
    for key, part in parts:
        yield from nodes(part, (*place, key))


def other_json(text, rng):
    """Put another value, or none, in one place of a document, or more."""
    content = json.loads(text)
    for _ in range(rng.integers(1, 3)):
        places = list(nodes(content))
        *way, last = places[rng.integers(len(places))] or ("",)
        home = content
        for key in way:
            home = home[key]
        value = VALUES[rng.integers(len(VALUES))]
        if last == "":
            content = value
            break
        if rng.random() < 0.2:
            del home[last]
        else:
            home[last] = value
    made = json.dumps(content)
    return made.replace("null", DEEP, 1) if rng.random() < 0.03 else made


def other_bytes(content, rng):
    """Flip, cut, double, blank or insert bytes."""
    content = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        n = max(1, len(content))
        at, length = int(rng.integers(n)), int(rng.integers(1, min(n, 64) + 1))
        match rng.integers(6):
            case 0 | 1:
                for place in rng.integers(0, n, 3) if content else ():
                    content[place] = rng.integers(256)
            case 2:
                del content[at:]
            case 3:
                content[at:at] = content[at : at + length]
            case 4:
                content[at : at + length] = bytes([(0, 255)[rng.integers(2)]]) * length
            case 5:
                content[at:at] = rng.bytes(length)
    return bytes(content)


def changed(path, rng):
    """Damage a file: as bytes, as JSON, or one entry of an archive."""
    content = path.read_bytes()
    if path.suffix in (".keras", ".skops") and rng.random() < 0.7:
        with zipfile.ZipFile(path) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        name = sorted(entries)[rng.integers(len(entries))]
        if name.endswith(".json") and rng.random() < 0.7:
            entries[name] = other_json(entries[name], rng).encode()
        else:
            entries[name] = other_bytes(entries[name], rng)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, text in entries.items():
                archive.writestr(entry, text)
        return
    if path.suffix in (".json", ".geojson") and rng.random() < 0.7:
        path.write_text(other_json(content, rng))
        return
    path.write_bytes(other_bytes(content, rng))


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A file of each kind, whole."""
    home = tmp_path_factory.mktemp("sound")
    write_project(home)
    table = points([3, 4, 9, 20], [5, 6, 7, 30], occurrence=[1, 0, 1, 0], name=list("abcd"))
    for suffix in ("gpkg", "geojson", "shp", "gml"):
        table.to_file(home / f"camps.{suffix}")
    rocks = table.set_geometry(table.buffer(700))
    for suffix in ("gpkg", "geojson", "shp", "fgb"):
        rocks.to_file(home / f"rocks.{suffix}")
    rocks.to_crs("EPSG:4326").to_file(home / "rocks.kml", driver="KML")
    rows = [f"{p.x},{p.y},{label},a" for p, label in zip(table.geometry, (1, 0, 1, 0), strict=True)]
    (home / "camps.csv").write_text("\n".join(["easting,northing,occurrence,name", *rows]) + "\n")
    labels = np.full(SHAPE, -1, np.int16)
    labels[5, 6:9] = 1, 0, 1
    write_raster(home / "labels.tif", labels, nodata=-1)
    components = Components.fit([[0, 1], [2, 5], [4, 3]], names=("X1", "X1@2"))
    head = Network((Dense(np.ones((2, 1), np.float32), np.zeros(1, np.float32), "sigmoid"),))
    ranges = np.array([[0, 4], [1, 5]], np.float32)
    model = ProspectivityModel(components, (head,), ranges, training_cells=((1, 2),), grid=GRID)
    model.save(home / "network")
    X = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    learned = SampleTable(X, (X[:, 0] > 0).astype(int), ("X1", "X1@2"))
    for name in ("random-forest", "svm", "gaussian-process", "boosting"):
        options = MethodOptions(members=1, baseline={"trees": 5})
        method = method_named(name, options)
        (home / name).mkdir()
        method.fit(learned, learned.masks_of_all(1)).members[0].save(home / name / "m.skops")
    (home / "begun").mkdir()
    (home / "begun" / "begun-with.json").write_text(json.dumps(begun()))
    (home / "part").mkdir()
    figures = PartFigures((Statistics.of(np.ones(4, np.float32)),), {"n_beyond": 1}, 7)
    (home / "part" / "part-000000.json").write_text(figures.to_json())
    (home / "run" / ".geoprospect-unfinished" / "made").mkdir(parents=True)
    for name in ("manifest.json", ".geoprospect-unfinished/made/manifest.json"):
        outputs = {"prospectivity.tif": "0", "scores.json": "1"}
        content = {"geoprospect": "1", "outputs": outputs}
        (home / "run" / name).write_text(json.dumps(content))
    plan = home / "run" / ".geoprospect-unfinished" / "swap.json"
    plan.write_text(json.dumps(["scores.json", "manifest.json"]))
    (home / "tags").mkdir()
    (home / "tags" / "tags.json").write_text(json.dumps(TrainingCells.of(GRID, [(1, 2)]).tags()))
    return home


def begun():
    return {"size": [8, 8], "layers": {"X1": "0"}, "description": {"model": "1"}, "kernel": "a:B"}


def read_points(path):
    with EvidenceStack.open({"A": path.parent / "rasters" / "A.tif"}) as stack:
        PointsSource(path, crs="EPSG:32608" if path.suffix == ".csv" else None).samples(stack)


def read_layers(path):
    window = Window(0, 0, *SHAPE[::-1])
    for kind in (Distance, Inside, Direction):
        opened = kind("L", str(path)).open(GRID)
        opened.read(window, np.empty((len(opened.column.names), *SHAPE), np.float32))
        list(opened.column.doubts(GRID))


def read_raster(path):
    with EvidenceStack.open([RasterBand("A", str(path), 1, None)]) as stack:
        if stack.grid.n_cells < 10**7:
            stack.read()
            stack.count_valid()


def read_project(path):
    project = Project.load(path)
    project.inputs()
    project.method()
    project.to_dict()


def read_estimator(path):
    member = FittedEstimator.read(path)
    if member.n_inputs < 1000:
        member.predict(np.zeros((3, member.n_inputs), np.float32))


def read_network(path):
    network = Network.read(path)
    network.predict(np.zeros((3, network.n_inputs), np.float32))


def read_model(path):
    if path.name != "model.json" and (path.parent / "model.json").is_file():
        content = json.loads((path.parent / "model.json").read_text())
        content["files"] = {name: checksum(path.parent / name) for name in content["files"]}
        (path.parent / "model.json").write_text(json.dumps(content))
    model = load_model(path.parent)
    model.sentence()
    model.tags()
    model._repr_html_()


def read_begun(path):
    unfinished.begun_size(path.parent)
    unfinished.begin(path.parent, begun(), overwrite=False, resume=True)


def read_part(path):
    job = Job((), (), GRID, SHAPE, str(path.parent), False, 2**20)
    assert not job.is_whole(0, 1)


def read_output(path):
    folder = path.parent if path.name == "manifest.json" else path.parent.parent
    outside = folder.parent / "x"
    outside.write_text("not the run's")
    outputfolder.is_empty(folder)
    outputfolder._own(folder)
    outputfolder._restore(folder)
    assert outside.is_file()


def read_tags(path):
    try:
        tags = json.loads(path.read_text())
    except (ValueError, RecursionError):
        return  # GDAL reads the tags themselves
    if isinstance(tags, dict):
        tags = {name: v if isinstance(v, str) else json.dumps(v) for name, v in tags.items()}
        TrainingCells.of_tags(tags, path="map.tif")


READERS = {
    "project.toml": read_project,
    "camps.csv": read_points,
    "camps.gpkg": read_points,
    "camps.geojson": read_points,
    "camps.gml": read_points,
    "camps.shp": read_points,
    "camps.dbf": read_points,
    "camps.shx": read_points,
    "camps.prj": read_points,
    "labels.tif": read_points,
    "rocks.gpkg": read_layers,
    "rocks.geojson": read_layers,
    "rocks.shp": read_layers,
    "rocks.fgb": read_layers,
    "rocks.kml": read_layers,
    "rasters/A.tif": read_raster,
    "network/model.json": read_model,
    "network/components.json": read_model,
    "network/member-000.keras": read_network,
    "random-forest/m.skops": read_estimator,
    "svm/m.skops": read_estimator,
    "gaussian-process/m.skops": read_estimator,
    "boosting/m.skops": read_estimator,
    "begun/begun-with.json": read_begun,
    "part/part-000000.json": read_part,
    "run/manifest.json": read_output,
    "run/.geoprospect-unfinished/swap.json": read_output,
    "tags/tags.json": read_tags,
}


@contextmanager
def within(seconds):
    def late(*_):
        raise TimeoutError(f"it took more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def peak():
    """Give the most memory of this process so far, in MiB."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


@pytest.mark.parametrize("name", READERS)
def test_whatever_is_damaged_is_read_or_refused_in_an_error_of_ours(sound, tmp_path, name):
    rng, before = np.random.default_rng(11), peak()
    read = READERS[name]
    target = tmp_path / "case" / name
    geometry = target.with_suffix(".shp")
    path = geometry if target.suffix in (".dbf", ".shx", ".prj") else target
    copied(sound, tmp_path / "case", name)
    read(path)
    said = list[str]()
    for number in range(CASES):
        copied(sound, tmp_path / "case", name)
        changed(target, rng)
        content = target.read_bytes()
        try:
            with within(SECONDS):
                read(path)
        except GeoprospectError as error:
            said.append(str(error))
        except BaseException as error:
            kept = tmp_path / f"failed-{target.name}"
            kept.write_bytes(content)
            error.add_note(f"case {number} of {name}, kept as {kept}")
            raise
    assert peak() - before < MIB
    assert said or read in (read_part, read_output, read_begun, read_tags)
    assert not [text for text in said if "\n" in text or len(text) > 5000]


def copied(sound, folder, name):
    """Copy what a reader needs, anew for each case."""
    part = name.partition("/")[0]
    if folder.exists() and part == "rasters":
        shutil.copy(sound / name, folder / name)
    elif folder.exists() and "/" not in name:
        stem = name.partition(".")[0]
        for path in sound.glob(f"{stem}.*"):
            shutil.copy(path, folder / path.name)
    elif folder.exists():
        shutil.rmtree(folder / part)
        shutil.copytree(sound / part, folder / part)
    else:
        shutil.copytree(sound, folder)
    return folder
