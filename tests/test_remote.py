"""Rasters over a network: the same cells as the file's, from servers good and bad; no secrets."""

import hashlib
import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
import zipfile

import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner
from rasterio.crs import CRS
from rasterio.transform import from_origin
from rasterserver import RasterServer
from smallproject import PROJECT, TRANSFORM, points, write_project, write_raster

from geoprospect import check
from geoprospect.cli import main
from geoprospect.errors import EvidenceError, GridMismatchError, SamplesError, without_secrets
from geoprospect.evidence import EvidenceStack, RasterBand
from geoprospect.evidence.rasters.layers import find_layers
from geoprospect.evidence.remote.address import is_remote
from geoprospect.grid import Grid
from geoprospect.private import GDAL_LOGGERS
from geoprospect.samples import PointsSource

COMMAND = [sys.executable, "-c", "from geoprospect.cli import main; main()"]
CELLS = np.random.default_rng(3).normal(size=(300, 280)).astype(np.float32)
CELLS[:3] = -9999
SECRET = "hunter2"


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    """A folder of rasters: as it is, in a zip, with a mask inside, with a mask beside it."""
    folder = tmp_path_factory.mktemp("served") / "bucket"
    write_raster(folder / "X1.tif", CELLS)
    with zipfile.ZipFile(folder / "X.zip", "w") as archive:
        archive.write(folder / "X1.tif", "inside/X1.tif")
    write_raster(folder / "masked.tif", CELLS, nodata=None)
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False),
        rasterio.open(folder / "masked.tif", "r+") as raster,
    ):
        raster.write_mask(CELLS > 0)
    assert (folder / "masked.tif.msk").is_file()
    write_raster(folder / "inside.tif", CELLS, nodata=None)
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(folder / "inside.tif", "r+") as raster,
    ):
        raster.write_mask(CELLS > 0)
    return folder


@pytest.fixture(scope="module")
def running(bucket):
    with RasterServer(bucket.parent) as server:
        yield server


@pytest.fixture
def server(running, monkeypatch):
    """A good server, and settings with which no test waits long."""
    settings = {
        "GDAL_HTTP_RETRY_DELAY": "0.02",
        "AWS_S3_ENDPOINT": running.address,
        "AWS_HTTPS": "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
        "AWS_NO_SIGN_REQUEST": "YES",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    running.trouble(None)
    return running


def read(path):
    with EvidenceStack.open({"X1": path}) as stack:
        return stack.read().values[0]


def failure(path):
    with pytest.raises(EvidenceError) as failed:
        read(path)
    return str(failed.value)


# The same cells as the file's


@pytest.mark.parametrize(
    "path",
    [
        "{url}/bucket/X1.tif",
        "{url}/bucket/X1.tif?token=a.b/c",
        "/vsicurl/{url}/bucket/X1.tif",
        "/vsicurl?max_retry=1&url={url}/bucket/X1.tif",
        "s3://bucket/X1.tif",
        "/vsis3/bucket/X1.tif",
        "zip+{url}/bucket/X.zip!inside/X1.tif",
        "/vsizip/vsicurl/{url}/bucket/X.zip/inside/X1.tif",
        "/vsizip/{{/vsicurl/{url}/bucket/X.zip?token=a}}/inside/X1.tif",
        "zip+s3://bucket/X.zip!inside/X1.tif",
        "zip://{bucket}/X.zip!inside/X1.tif",
    ],
)
def test_cells_and_their_checksum_are_those_of_the_file(server, bucket, path):
    near = read(bucket / "X1.tif")
    with EvidenceStack.open({"X1": path.format(url=server.url, bucket=bucket)}) as stack:
        np.testing.assert_array_equal(stack.read().values[0], near)
        assert stack.count_valid() == 297 * 280
        assert stack.checksums() == {"X1": hashlib.sha256(near.tobytes()).hexdigest()}


def test_a_mask_beside_a_raster_hides_cells_near_and_far(server, bucket):
    for path in (bucket / "masked.tif", f"{server.url}/bucket/masked.tif"):
        np.testing.assert_array_equal(read(path), np.where(CELLS > 0, CELLS, np.nan))


def test_a_mask_that_a_failing_server_withholds_is_not_forgotten(server):
    server.trouble("drop", every=3, path=".msk")
    cells = read(f"{server.url}/bucket/masked.tif")
    np.testing.assert_array_equal(cells, np.where(CELLS > 0, CELLS, np.nan))
    server.trouble("drop", path=".msk")
    assert "does not answer" in failure(f"{server.url}/bucket/masked.tif")


def test_a_layer_is_opened_with_few_questions_and_no_list_of_files(server):
    with EvidenceStack.open({"X1": f"{server.url}/bucket/X1.tif"}):
        asked = server.requests()
    assert set(asked) == {"/bucket/X1.tif", "/bucket/X1.tif.msk"}
    assert len(asked) <= 6


def test_a_layer_is_named_by_the_file_of_its_address(server):
    for path in (f"{server.url}/bucket/X1.tif?sig={SECRET}/b", "s3://bucket/X1.tif"):
        assert [layer.name for layer in find_layers(path)] == ["X1"]
    (layer,) = find_layers(f"zip+{server.url}/bucket/X.zip!inside/X1.tif")
    assert layer.name == "X1"


# Servers that fail now and then


@pytest.mark.parametrize("what", [503, 429, "drop"])
@pytest.mark.parametrize("every", [2, 3])
@pytest.mark.parametrize("path", ["/bucket/X1.tif", "s3:", "zip"])
def test_a_server_that_fails_now_and_then_is_asked_again(server, bucket, what, every, path):
    server.trouble(what, every=every)
    far = {"s3:": "s3://bucket/X1.tif", "zip": f"zip+{server.url}/bucket/X.zip!inside/X1.tif"}
    cells = read(far.get(path, server.url + path))
    np.testing.assert_array_equal(cells, read(bucket / "X1.tif"))


def test_a_range_that_is_cut_short_is_asked_for_again(server, bucket):
    path = f"{server.url}/bucket/X1.tif"
    for every in (3, 4, 5):
        server.trouble("truncate", every=every)
        np.testing.assert_array_equal(read(path), read(bucket / "X1.tif"))
    with EvidenceStack.open({"X1": path}) as stack:
        # The first cut range lies in what the open file has kept.
        server.trouble("truncate", every=2)
        np.testing.assert_array_equal(stack.read().values[0], read(bucket / "X1.tif"))


def test_silence_is_cut_short_and_asked_again(server, bucket, monkeypatch):
    monkeypatch.setenv("GDAL_HTTP_LOW_SPEED_TIME", "1")
    server.trouble("hang", every=4)
    np.testing.assert_array_equal(read(f"{server.url}/bucket/X1.tif"), read(bucket / "X1.tif"))


def test_failures_are_overcome_in_any_thread(server, bucket):
    """The stack is opened in one thread and read in others, one after the other."""
    near, far = read(bucket / "X1.tif"), []
    with EvidenceStack.open({"X1": f"{server.url}/bucket/X1.tif"}) as stack:
        for trouble in (503, "drop"):
            server.trouble(trouble, every=2)
            reader = threading.Thread(target=lambda: far.append(stack.read().values[0]))
            reader.start()
            reader.join()
    assert len(far) == 2
    for cells in far:
        np.testing.assert_array_equal(cells, near)


def test_threads_that_each_open_the_layers_read_the_same_cells_from_a_bad_server(server, bucket):
    near, far = read(bucket / "X1.tif"), []
    server.trouble(503, every=25)
    readers = [
        threading.Thread(target=lambda: far.append(read(f"{server.url}/bucket/X1.tif")))
        for _ in range(4)
    ]
    for reader in readers:
        reader.start()
    # Settings made and unmade in the main thread meanwhile are those of all threads in GDAL.
    while any(reader.is_alive() for reader in readers):
        read(f"{server.url}/bucket/X1.tif")
    assert len(far) == 4
    for cells in far:
        np.testing.assert_array_equal(cells, near)


@pytest.mark.parametrize("what", [503, 404, 403, "drop", "truncate"])
def test_a_server_that_recovers_is_read_in_the_same_process(server, bucket, what):
    path = f"{server.url}/bucket/X1.tif"
    with EvidenceStack.open({"X1": path}) as stack:
        server.trouble(what)
        assert failure(path)
        # Another reader's failure is not taken for blocks that were never written.
        with pytest.raises(EvidenceError):
            stack.read()
        server.trouble(None)
        np.testing.assert_array_equal(stack.read().values[0], read(bucket / "X1.tif"))
    np.testing.assert_array_equal(read(path), read(bucket / "X1.tif"))


@pytest.mark.parametrize("what", [503, "drop", "truncate"])
@pytest.mark.parametrize("name", ["inside.tif", "masked.tif", "X1.tif"])
def test_whichever_request_fails_the_cells_are_right_or_there_is_an_error(
    server, bucket, monkeypatch, what, name
):
    """Of a header read in part, GDAL takes masks and blocks for absent, and goes on."""
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "0")
    path, near = f"{server.url}/bucket/{name}", read(bucket / name)
    np.testing.assert_array_equal(read(path), near)
    right = 0
    for number in range(len(server.requests())):
        server.trouble(what, after=number, times=2)
        try:
            far = read(path)
        except EvidenceError:
            continue
        right += 1
        np.testing.assert_array_equal(far, near)
    assert right > 0


# Servers that stay bad


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (404, "the server holds no such file (found HTTP status 404, Not Found)"),
        (410, "the server holds no such file (found HTTP status 410, Gone)"),
        (403, "the server denies access (found HTTP status 403, Forbidden)"),
        (401, "the server denies access (found HTTP status 401, Unauthorized)"),
        (503, "the server fails (found HTTP status 503, Service Unavailable)"),
        (599, "the server fails (found HTTP status 599)"),
        ("drop", "the server does not answer as it should (found CURL error"),
        ("truncate", "cannot be read as a raster (found"),
    ],
)
@pytest.mark.parametrize(
    "path",
    ["{url}/bucket/X1.tif", "s3://bucket/X1.tif", "zip+{url}/bucket/X.zip!inside/X1.tif"],
)
def test_a_bad_server_is_one_clear_line_soon(server, what, said, path):
    path = path.format(url=server.url)
    server.trouble(what)
    begun = time.monotonic()
    message = failure(path)
    assert time.monotonic() - begun < 10
    assert message.startswith(f"{path}: layer X1: {said}")
    assert "To mend it: " in message


def test_a_server_that_goes_bad_is_named_when_cells_are_read(server):
    with EvidenceStack.open({"X1": f"{server.url}/bucket/X1.tif"}) as stack:
        server.trouble(403)
        with pytest.raises(EvidenceError, match=r"X1: the server denies access .*403, Forbidden"):
            stack.read()


def test_silence_ends_in_an_error(server, monkeypatch):
    monkeypatch.setenv("GDAL_HTTP_LOW_SPEED_TIME", "1")
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "0")
    server.trouble("hang")
    begun = time.monotonic()
    assert "does not answer as it should (found CURL error: Operation too slow" in failure(
        f"{server.url}/bucket/X1.tif"
    )
    assert time.monotonic() - begun < 10


@pytest.fixture
def impatient(server, monkeypatch):
    monkeypatch.setenv("GDAL_HTTP_LOW_SPEED_TIME", "1")
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "0")
    return server


def virtual(bucket, name, source):
    """Write a virtual raster here, over a source."""
    path = bucket.parent / name
    path.write_text(
        '<VRTDataset rasterXSize="280" rasterYSize="300"><SRS>EPSG:32608</SRS>'
        "<GeoTransform>500000, 100, 0, 7000000, 0, -100</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"><NoDataValue>-9999</NoDataValue>'
        f"<SimpleSource><SourceFilename relativeToVRT='0'>{source}</SourceFilename>"
        "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    return path


@pytest.mark.parametrize("what", ["hang", "drip"])
def test_a_virtual_raster_here_of_a_silent_server_ends_in_an_error(impatient, bucket, what):
    path = virtual(bucket, "far.vrt", f"/vsicurl/{impatient.url}/bucket/X1.tif")
    np.testing.assert_array_equal(read(path), read(bucket / "X1.tif"))
    impatient.trouble(what)
    begun = time.monotonic()
    message = failure(path)
    assert time.monotonic() - begun < 10
    assert message.startswith(f"{path}: layer X1: ")
    assert what == "drip" or "the server does not answer as it should" in message


def test_a_virtual_raster_of_virtual_ones_over_a_network_is_refused(server, bucket):
    """GDAL keeps the inner one, and after one failure gives nodata for it, without a word."""
    inner = virtual(bucket, "far.vrt", f"/vsicurl/{server.url}/bucket/X1.tif")
    for source in (inner, f"/vsicurl/{server.url}/far.vrt"):
        assert "gdalbuildvrt" in failure(virtual(bucket, "of_far.vrt", source))
    near = virtual(bucket, "near.vrt", bucket / "X1.tif")
    cells = read(virtual(bucket, "of_near.vrt", near))
    np.testing.assert_array_equal(cells, read(bucket / "X1.tif"))


def test_a_virtual_raster_here_asks_a_failing_server_again(server, bucket):
    path = virtual(bucket, "far.vrt", f"/vsicurl/{server.url}/bucket/X1.tif")
    server.trouble("drop", every=3)
    np.testing.assert_array_equal(read(path), read(bucket / "X1.tif"))


@pytest.mark.parametrize("what", ["hang", "drip"])
def test_a_drip_or_silence_under_points_ends_in_an_error(impatient, bucket, what):
    points([3, 4], [5, 6], DEP=[1, 0]).to_file(bucket / "camps.geojson")
    source = PointsSource(f"{impatient.url}/bucket/camps.geojson")
    assert source.read()["DEP"].tolist() == [1, 0]
    impatient.trouble(what)
    begun = time.monotonic()
    with pytest.raises(SamplesError, match="the server does not answer as it should"):
        source.read()
    assert time.monotonic() - begun < 15


def test_points_are_asked_for_again(server, bucket):
    points([3, 4], [5, 6], DEP=[1, 0]).to_file(bucket / "camps.geojson")
    for what in ("drop", 503):
        server.trouble(what, every=2)
        read_again = PointsSource(f"{server.url}/bucket/camps.geojson").read()
        assert read_again["DEP"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("what", "said"), [(404, "holds no such file"), (403, "denies access"), (503, "server fails")]
)
def test_a_server_that_gives_no_points_is_told(server, what, said):
    server.trouble(what)
    with pytest.raises(SamplesError, match=said) as refused:
        PointsSource(f"{server.url}/bucket/camps.geojson").read()
    assert f"HTTP status {what}" in str(refused.value)


def test_a_shapefile_is_read_over_a_network_and_a_table_is_not(server, bucket):
    points([3, 4], [5, 6], DEP=[1, 0]).to_file(bucket / "camps.shp")
    assert PointsSource(f"{server.url}/bucket/camps.shp").read()["DEP"].tolist() == [1, 0]
    for address in (f"{server.url}/bucket/camps.csv", f"{server.url}/bucket/camps.csv?sig=1"):
        with pytest.raises(SamplesError, match=r"plain file only.*download"):
            PointsSource(address, crs="EPSG:32608").read()


def test_a_check_asks_a_silent_server_once(impatient, tmp_path):
    path = write_project(tmp_path)
    path.write_text(path.read_text().replace('"rasters/', f'"{impatient.url}/rasters/'))
    impatient.trouble("hang")
    begun = time.monotonic()
    errors = [finding for finding in check(path) if finding.level == "error"]
    # One attempt is some requests, of a second each; three layers are looked at twice.
    assert time.monotonic() - begun < 8
    assert len([finding for finding in errors if "does not answer" in finding.text]) == 3


def test_a_server_that_is_gone_is_told(bucket, monkeypatch):
    monkeypatch.setenv("GDAL_HTTP_RETRY_DELAY", "0.02")
    with RasterServer(bucket.parent) as server:
        path = f"{server.url}/bucket/X1.tif"
        with EvidenceStack.open({"X1": path}) as stack:
            server.stop()
            with pytest.raises(EvidenceError, match="layer X1: the server does not answer"):
                stack.read()
        assert "onnect" in failure(path)


def test_the_users_own_number_of_retries_holds(server, monkeypatch):
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "0")
    server.trouble(503, every=2)
    assert failure(f"{server.url}/bucket/X1.tif")
    with rasterio.Env(GDAL_HTTP_MAX_RETRY=4):
        server.trouble(503, every=2)
        assert read(f"{server.url}/bucket/X1.tif").shape == CELLS.shape
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "often")
    assert "the setting GDAL_HTTP_MAX_RETRY is no number (found often)" in failure(
        f"{server.url}/bucket/X1.tif"
    )


def test_what_is_no_raster_or_not_in_the_zip_is_told(server, bucket):
    (bucket / "notes.tif").write_text("easting,northing")
    assert "cannot be read as a raster (found " in failure(f"{server.url}/bucket/notes.tif")
    message = failure(f"zip+{server.url}/bucket/X.zip!inside/X9.tif")
    assert "the server holds no such file" in message


def test_a_file_that_is_replaced_while_it_is_read_is_refused(server, bucket):
    path = bucket / "replaced.tif"
    write_raster(path, CELLS)
    with EvidenceStack.open({"X1": f"{server.url}/bucket/replaced.tif"}) as stack:
        path.unlink()
        write_raster(path, CELLS[:200])
        server.trouble("drop", times=3)
        with pytest.raises(EvidenceError, match="the file on the server was changed"):
            stack.read()


# No secrets


SIGNED = "{url}/bucket/X1.tif?X-Amz-Signature=hunter2&sig=hunter2"
NAMED = "http://user:hunter2@{address}/bucket/X1.tif"
HEADED = "/vsicurl?header.Authorization=hunter2&url={url}/bucket/X1.tif"
ZIPPED = "/vsizip/{{/vsicurl/{url}/bucket/X.zip?sig=hunter2}}/inside/X1.tif"


@pytest.mark.parametrize("path", [SIGNED, NAMED, HEADED, ZIPPED])
@pytest.mark.parametrize("what", [403, 503, "drop", "truncate"])
def test_no_message_holds_a_password_or_a_signature(server, path, what):
    server.trouble(what)
    message = failure(path.format(url=server.url, address=server.address))
    assert SECRET not in message
    assert server.address in message
    assert "/bucket/X" in message


def test_no_message_on_grids_and_bands_holds_a_signature(server, bucket):
    write_raster(bucket / "shifted.tif", CELLS, transform=from_origin(0, 0, 100, 100))
    write_raster(bucket / "placeless.tif", CELLS, crs=None)
    first = SIGNED.format(url=server.url)
    with pytest.raises(GridMismatchError) as refused:
        EvidenceStack.open({"X1": first, "X2": first.replace("X1", "shifted")})
    assert "rio warp" in str(refused.value)
    assert SECRET not in str(refused.value)
    for layer in ({"path": first, "band": 2}, first.replace("X1", "placeless")):
        assert SECRET not in failure(layer)


def test_the_log_tells_of_no_signature_and_of_no_request_that_is_repeated(server):
    """GDAL warns of each request that it repeats; Python prints warnings that no one handles."""
    server.trouble(503, every=2)
    settings = {"GDAL_HTTP_RETRY_DELAY": "0.02"}
    code = (
        "import logging, sys\nfrom geoprospect.evidence import EvidenceStack\n"
        "if sys.argv[2:]: logging.basicConfig(level=logging.DEBUG)\n"
        "with EvidenceStack.open({'X1': sys.argv[1]}) as stack: stack.read()"
    )
    command = [sys.executable, "-c", code, SIGNED.format(url=server.url)]
    told = [
        subprocess.run(
            [*command, *asked],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | settings,
        ).stderr
        for asked in ([], ["log"])
    ]
    assert told[0] == ""
    assert "503" in told[1]
    lines = [line for line in told[1].splitlines() if "Retrying again" in line]
    assert lines
    assert not [line for line in lines if SECRET in line]


def test_loggers_of_rasterio_are_left_as_they_were(server):
    loggers = [logging.getLogger(name) for name in GDAL_LOGGERS]
    before = [(x.level, x.filters[:], x.handlers[:]) for x in loggers]
    levels = []

    def note(record):
        levels.append(logging.getLogger(record.name).level)
        return True

    server.trouble("drop")
    for logger in loggers:
        logger.addFilter(note)
    try:
        assert failure(f"{server.url}/bucket/X1.tif")
        server.trouble(None)
        readers = [
            threading.Thread(target=read, args=(f"{server.url}/bucket/X1.tif",)) for _ in range(3)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    finally:
        for logger in loggers:
            logger.removeFilter(note)
    assert set(levels) == {logging.INFO}  # heard while reading, and
    assert [(x.level, x.filters, x.handlers) for x in loggers] == before


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("X1.tif", "X1.tif"),
        ("what?.tif: layer X1: no such file", "what?.tif: layer X1: no such file"),
        ("https://a.org/X1.tif", "https://a.org/X1.tif"),
        ("(https://a.org/X1.tif?sig=hunter2), next", "(https://a.org/X1.tif?…), next"),
        ("'s3://key:hunter2@a/X1.tif'", "'s3://a/X1.tif'"),
        ('{"path": "https://a.org/?t=hunter2"}', '{"path": "https://a.org/?…"}'),
        ("https://u:hun@ter2@a.org/X1.tif", "https://a.org/X1.tif"),
        ("/vsicurl?userpwd=u:hunter2", "/vsicurl/…"),
        ("zip+https://a.org/X.zip?s=hunter2!X1.tif", "zip+https://a.org/X.zip?…"),
        ("https://a.org/my camps.gpkg?sig=hunter2", "https://a.org/my camps.gpkg?…"),
        ("camps.gpkg?sig=hunter2, DEP", "camps.gpkg?…, DEP"),
        ("PG:dbname=a password='hunter 2' user=b", "PG:dbname=a password=… user=b"),
    ],
)
def test_secrets_are_cut_from_addresses_and_nothing_else_is(text, shown):
    assert without_secrets(text) == shown
    assert without_secrets(shown) == shown


def test_plain_files_and_local_archives_are_not_remote():
    local = (
        "X1.tif",
        "/data/https/X1.tif",
        "zip:///a/X.zip!X1.tif",
        "/vsizip/X.zip/X1.tif",
        "C:/X",
    )
    assert not any(map(is_remote, local))


# From end to end


def test_a_project_of_remote_layers_is_checked_trained_and_mapped_as_a_local_one(
    tmp_path, monkeypatch
):
    local = write_project(tmp_path)
    method = PROJECT.split("[model]")[0] + (
        '[model]\nstrategy = "logistic-regression"\ntraining = { epochs = 20 }\n'
    )
    local.write_text(method)
    monkeypatch.setenv("GDAL_HTTP_RETRY_DELAY", "0.02")

    def done(*arguments):
        told = CliRunner().invoke(main, [*map(str, arguments)])
        assert told.exit_code == 0, told.output
        return told.stderr

    with RasterServer(tmp_path) as server:
        remote = tmp_path / "remote.toml"
        remote.write_text(method.replace('= "rasters/', f'= "{server.url}/rasters/'))
        model = tmp_path / "model"
        server.trouble("drop", every=3)
        done("check", remote)
        server.trouble(503, every=3)
        done("train", remote, "--output", model)
        told = done("map", model, remote, "--output", tmp_path / "remote.tif")
        assert not re.search(r"\b503\b", told)
        done("map", model, local, "--output", tmp_path / "local.tif")
        server.trouble(503, path="B.tif")
        failed = subprocess.run(
            [*COMMAND, "map", model, remote, "--output", tmp_path / "none.tif"],
            capture_output=True,
            text=True,
            check=False,
        )
    with (
        rasterio.open(tmp_path / "local.tif") as near,
        rasterio.open(tmp_path / "remote.tif") as far,
    ):
        np.testing.assert_array_equal(far.read(), near.read())
    inputs = json.loads((model / "model.json").read_text())["inputs"]
    assert len(inputs["evidence B"]) == 64
    assert failed.returncode == 1
    error = failed.stderr.splitlines()[-1]
    assert "B.tif: layer B: the server fails (found HTTP status 503" in error
    assert "Traceback" not in failed.stderr
    assert not (tmp_path / "none.tif").exists()


def test_a_layer_of_another_grid_is_resampled_as_a_file_here_is_though_connections_break(
    server, bucket
):
    grid = Grid(CRS.from_epsg(32608), TRANSFORM * Affine.translation(20.3, 10.2), (100, 90))
    cells = []
    for path in (str(bucket / "X1.tif"), f"{server.url}/bucket/X1.tif"):
        server.trouble("drop", every=3)
        with EvidenceStack.open([RasterBand("X1", path)], grid=grid) as stack:
            cells.append(stack.read().values)
    np.testing.assert_array_equal(*cells)
    assert np.isfinite(cells[0]).any()
