"""Passwords and signatures in addresses of points, maps and layers are shown nowhere."""

import json

import pytest
from click.testing import CliRunner
from rasterserver import RasterServer
from smallproject import write_project

from geoprospect.cli import main
from geoprospect.errors import SamplesError, without_secrets
from geoprospect.samples import PointsSource

SECRET = "hunter2"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return write_project(tmp_path_factory.mktemp("project")).parent


@pytest.fixture(scope="module")
def server(home):
    with RasterServer(home) as running:
        yield running


def said(*arguments):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return done.exit_code, done.output + done.stderr


def addresses(server, name):
    return [
        f"{server.url}/{name}?sv=2&sig={SECRET}",
        f"http://user:{SECRET}@{server.address}/{name}",
        f"/vsicurl/{server.url}/{name}?sig={SECRET}",
        f"/vsicurl?header.Authorization={SECRET}&url={server.url}/{name}",
    ]


@pytest.mark.parametrize("kind", range(4))
@pytest.mark.parametrize(
    "asked",
    [{"label": "none"}, {"where": "none = 1"}, {"layer": "none"}, {"where": "occurrence = 7"}],
)
def test_no_error_on_points_tells_a_secret(server, kind, asked):
    address = addresses(server, "lithology.geojson")[kind]
    source = PointsSource(address, **asked)
    with pytest.raises(SamplesError) as refused:
        source.labels(source.read())
    assert SECRET not in str(refused.value)
    assert "lithology.geojson" in str(refused.value)


def test_no_error_on_points_that_are_not_there_tells_a_secret(server):
    for address in addresses(server, "none.geojson"):
        with pytest.raises(SamplesError) as refused:
            PointsSource(address).read()
        assert SECRET not in str(refused.value)
        assert "none.geojson" in str(refused.value)


def test_no_file_of_a_run_or_a_comparison_tells_a_secret(server, home):
    signed = addresses(server, "training.gpkg")[0]
    named = addresses(server, "lithology.geojson")[1]
    project = home / "remote.toml"
    layers = "".join(f'{x} = "{server.url}/rasters/{x}.tif?sig={SECRET}"\n' for x in "ABC")
    project.write_text(
        f"[evidence]\n{layers}[points]\n"
        f'training = {{ path = "{signed}", label = "occurrence", where = "occurrence = 1" }}\n'
        f'[points.non_occurrences]\ndraws = 1\ntarget_group = "{named}"\n'
        '[model]\nstrategy = "svm"\n'
    )
    crossval = ("crossval", project, "--repeats", 1, "--number", 2)
    told = [said("check", project), said("run", project), said(*crossval)]
    told.append(said("score", f"{server.url}/out/prospectivity.tif?sig={SECRET}", signed, "--json"))
    assert [code for code, _ in told] == [0, 0, 0, 0], told
    assert SECRET not in "".join(text for _, text in told)
    assert json.loads((home / "out" / "scores.json").read_text())["training"]["points"] == (
        f"{server.url}/training.gpkg?…"
    )
    page = (home / "out" / "crossval" / "crossval.html").read_text()
    assert f"{server.url}/training.gpkg?…" in page
    written = [path for path in (home / "out").rglob("*") if path.is_file()]
    assert len(written) > 12
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]


def test_what_is_shown_once_is_shown_alike_again(server):
    for address in addresses(server, "X1.tif"):
        shown = without_secrets(address)
        assert SECRET not in shown
        assert without_secrets(shown) == shown
