import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from geoprospect.errors import EvidenceError, LayerNameError, OutputError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import Execution, write_map
from geoprospect.model import Components
from geoprospect.model.model import ProspectivityModel
from geoprospect.network import Dense, Network

NAMES = ("A", "B", "C")
SHAPE = (130, 97)


def write_layers(folder, shape=SHAPE, *, block=64):
    rng = np.random.default_rng(5)
    folder.mkdir(exist_ok=True)
    for k, name in enumerate(NAMES):
        values = rng.normal(10.0**k, 1 + k, size=shape).astype(np.float32)
        values[: 3 + k, :] = -9999
        values[40:50, 20 + k : 30] = np.nan
        with rasterio.open(
            folder / f"{name}.tif",
            "w",
            driver="GTiff",
            dtype="float32",
            count=1,
            height=shape[0],
            width=shape[1],
            nodata=-9999,
            crs="EPSG:3578",
            transform=from_origin(159050, 977582, 1200, 1200),
            tiled=True,
            blockxsize=block,
            blockysize=block,
        ) as raster:
            raster.write(values, 1)
    return folder


def ensemble(stack, members=3):
    rng = np.random.default_rng(6)
    components = Components.fit(stack)
    networks = [
        Network(
            (
                Dense(
                    rng.normal(size=(3, 16)).astype(np.float32), np.zeros(16, np.float32), "relu"
                ),
                Dense(
                    rng.normal(size=(16, 1)).astype(np.float32), np.zeros(1, np.float32), "sigmoid"
                ),
            )
        )
        for _ in range(members)
    ]
    X = stack.read().X
    return ProspectivityModel(
        components, tuple(networks), np.stack([X.min(0), X.max(0)], axis=1), {"seed": 6}
    )


def cells(path):
    with rasterio.open(path) as raster:
        return raster.read().tobytes()


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    return write_layers(tmp_path_factory.mktemp("evidence"))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(height=st.integers(1, 140), width=st.integers(1, 110))
def test_a_map_made_in_any_window_equals_the_whole_array_predicted_at_once(
    layers, tmp_path, height, width
):
    if height * width < 150:  # thousands of windows say no more than a hundred
        height += 40
    with EvidenceStack.open(layers) as stack:
        model = ensemble(stack)
        write_map(
            model,
            stack,
            tmp_path / "map.tif",
            execution=Execution(window=(height, width)),
            overwrite=True,
        )
        block = stack.read()
        mean, spread = model.forward_pass().predict(block.X)
    with rasterio.open(tmp_path / "map.tif") as raster:
        written = raster.read()
    np.testing.assert_array_equal(written[0][block.valid], mean)
    np.testing.assert_array_equal(written[1][block.valid], spread)
    assert (written[:, ~block.valid] == -9999).all()


def test_the_map_is_a_cog_that_tells_all_about_itself(tmp_path):
    layers = write_layers(tmp_path / "evidence", (700, 530))
    with EvidenceStack.open(layers) as stack:
        model = ensemble(stack)
        summary = write_map(model, stack, tmp_path / "map.tif")
        valid = stack.read().valid
    with rasterio.open(tmp_path / "map.tif") as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.overviews(1) == [2, 4]
        assert raster.dtypes == ("float32", "float32")
        assert raster.nodata == -9999
        assert raster.crs == rasterio.CRS.from_epsg(3578)
        assert raster.transform == from_origin(159050, 977582, 1200, 1200)
        assert raster.profile["tiled"]
        assert raster.compression.value == "DEFLATE"
        assert raster.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "3"
        assert raster.descriptions == ("prospectivity", "standard deviation of the members")
        assert raster.units == ("1", "1")
        assert raster.tags()["GEOPROSPECT_LAYERS"] == "A,B,C"
        values = raster.read(1, masked=True)
        told = raster.tags(1)
    assert (values.mask == ~valid).all()
    assert summary.n_valid == valid.sum()
    assert float(told["STATISTICS_MINIMUM"]) == pytest.approx(values.min())
    assert float(told["STATISTICS_MAXIMUM"]) == pytest.approx(values.max())
    assert float(told["STATISTICS_MEAN"]) == pytest.approx(values.mean(dtype=float))
    assert float(told["STATISTICS_STDDEV"]) == pytest.approx(values.std(dtype=float))


def test_a_style_beside_the_map_tells_the_best_shares_of_the_area(layers, tmp_path):
    (tmp_path / "map.tif.aux.xml").write_text("<statistics of a former map/>")
    with EvidenceStack.open(layers) as stack:
        write_map(ensemble(stack), stack, tmp_path / "map.tif", overwrite=True)
    renderer = ET.parse(tmp_path / "map.qml").getroot().find("pipe/rasterrenderer")
    assert (renderer.get("type"), renderer.get("band")) == ("singlebandpseudocolor", "1")
    items = [(float(x.get("value")), x.get("label")) for x in renderer.iter("item")]
    with rasterio.open(tmp_path / "map.tif") as raster:
        scores = raster.read(1, masked=True).compressed()
    below = items[:-1]
    labels = [label for _, label in items[1:]]  # a class holds its upper bound, so the next begins
    told = [float(re.fullmatch(r"best (\S+)% of the area \(from .+\)", x)[1]) for x in labels]
    assert told == [50, 20, 10, 5, 1]
    for (bound, _), share in zip(below, told, strict=True):
        assert 100 * (scores > bound).mean() == pytest.approx(share, rel=0.05)
    assert items[-1][0] == np.inf
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map.qml", "map.tif"]


def test_layers_are_found_by_name_whatever_their_order(layers, tmp_path):
    with EvidenceStack.open(layers) as stack:
        model = ensemble(stack)
        write_map(model, stack, tmp_path / "map.tif")
        write_map(model, stack.select(NAMES[::-1]), tmp_path / "turned.tif")
        with pytest.raises(LayerNameError, match="the stack lacks B"):
            write_map(model, stack.select(("A", "C")), tmp_path / "third.tif")
    with rasterio.open(tmp_path / "map.tif") as a, rasterio.open(tmp_path / "turned.tif") as b:
        np.testing.assert_array_equal(a.read(), b.read())


def test_an_existing_map_is_kept_unless_overwriting_is_asked_for(layers, tmp_path):
    path = tmp_path / "map.tif"
    path.write_text("precious")
    with EvidenceStack.open(layers) as stack:
        model = ensemble(stack)
        with pytest.raises(OutputError, match="exists already"):
            write_map(model, stack, path)
        assert path.read_text() == "precious"
        write_map(model, stack, path, overwrite=True)
    assert path.stat().st_size > 1000


def test_a_map_that_fails_half_way_leaves_the_former_one_and_no_debris(layers, tmp_path):
    damaged = tmp_path / "evidence"
    shutil.copytree(layers, damaged)
    out = tmp_path / "out"
    out.mkdir()
    (out / "map.tif").write_text("former")
    with EvidenceStack.open(layers) as stack:
        model = ensemble(stack)
    whole = (damaged / "C.tif").read_bytes()
    (damaged / "C.tif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EvidenceError, match=r"C\.tif"), EvidenceStack.open(damaged) as stack:
        write_map(
            model, stack, out / "map.tif", overwrite=True, execution=Execution(window=(16, 97))
        )
    assert [path.name for path in out.iterdir()] == ["map.tif"]
    assert (out / "map.tif").read_text() == "former"


_LIMITED = """
import resource, signal, sys
from geoprospect.evidence import EvidenceStack
from geoprospect.errors import OutputError
from geoprospect.mapping import Execution, write_map
from geoprospect.model.model import ProspectivityModel
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
model = ProspectivityModel.load(sys.argv[1])
with EvidenceStack.open(sys.argv[2]) as stack:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), -1))
    try:
        write_map(model, stack, sys.argv[3], execution=Execution(window=(256, 530)))
    except OutputError as error:
        print(error)
        sys.exit(1)
"""


def limited(model, layers, path, limit):
    """Map in a process that may write files of so many bytes only."""
    arguments = [sys.executable, "-c", _LIMITED, model, layers, path, str(limit)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_a_disk_full_from_the_start_is_one_clear_error_and_leaves_nothing(tmp_path):
    layers = write_layers(tmp_path / "evidence", (700, 530))
    with EvidenceStack.open(layers) as stack:
        ensemble(stack).save(tmp_path / "model")
    out = tmp_path / "out"
    out.mkdir()
    said = limited(tmp_path / "model", layers, out / "map.tif", 20_000)
    assert "tif: cannot write" in said
    assert not list(out.iterdir())


def test_after_a_disk_was_full_the_map_is_gone_on_with(tmp_path):
    layers = write_layers(tmp_path / "evidence", (700, 530))
    with EvidenceStack.open(layers) as stack:
        ensemble(stack).save(tmp_path / "model")
        model = ProspectivityModel.load(tmp_path / "model")
        write_map(model, stack, tmp_path / "undisturbed.tif")
        # Each part is small enough, but not all of them together.
        said = limited(tmp_path / "model", layers, tmp_path / "map.tif", 2_000_000)
        assert "map.tif: cannot write" in said
        assert "--resume" in said
        assert not (tmp_path / "map.tif").exists()
        write_map(model, stack, tmp_path / "map.tif", resume=True)
    assert cells(tmp_path / "map.tif") == cells(tmp_path / "undisturbed.tif")
    assert not list(tmp_path.glob("*.unfinished"))
