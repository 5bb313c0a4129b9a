"""`geoprospect init`: a project file drafted from what lies in a folder."""

import json
import shutil
import tomllib

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from click.testing import CliRunner
from mixedsurvey import mixed_survey, of_sample
from smallproject import SHAPE, TRANSFORM, points, write_project, write_raster

import geoprospect as gp
from geoprospect.cli import main
from geoprospect.errors import EvidenceError, OutputError

LEFT, TOP = TRANSFORM * (0, 0)
RIGHT, BOTTOM = TRANSFORM * SHAPE[::-1]


@pytest.fixture
def survey(tmp_path):
    """A folder as surveys leave it: rasters, lines, polygons and tables in folders of their own."""
    rng = np.random.default_rng(4)
    rows, columns = np.indices(SHAPE)
    smooth = (np.sin(rows / 9) + np.cos(columns / 7)).astype(np.float32)
    write_raster(tmp_path / "geophysics" / "rtp.tif", smooth)
    write_raster(tmp_path / "geophysics" / "easting.tif", (columns * 100.0).astype(np.float32))
    filled = np.where(rows < 3, -99999, smooth).astype(np.float32)
    write_raster(tmp_path / "geophysics" / "k_pct.tif", filled)
    write_raster(tmp_path / "geochem" / "cu.tif", np.exp(3 * smooth).astype(np.float32))
    codes = (rows // 12 * 3 + columns // 14).astype(np.float32)
    write_raster(tmp_path / "geology" / "map.tif", codes)
    write_raster(tmp_path / "old" / "prospectivity.tif", smooth)
    write_raster(tmp_path / "old" / "flat.tif", np.full(SHAPE, 7, np.float32))
    line = shapely.LineString([(LEFT, TOP), (RIGHT, BOTTOM)])
    for name in ("faults", "roads"):
        gpd.GeoDataFrame({"n": [1]}, geometry=[line], crs="EPSG:32608").to_file(
            tmp_path / f"{name}.gpkg"
        )
    middle = (LEFT + RIGHT) / 2
    halves = [shapely.box(LEFT, BOTTOM, middle, TOP), shapely.box(middle, BOTTOM, RIGHT, TOP)]
    pairs = [shapely.box(*half.bounds) for half in halves for _ in range(2)]
    units = gpd.GeoDataFrame({"UNIT": list("abab")}, geometry=pairs, crs="EPSG:32608")
    units.to_file(tmp_path / "geology" / "bedrock.shp")
    park = gpd.GeoDataFrame({"n": [1]}, geometry=halves[:1], crs="EPSG:32608")
    park.to_crs("EPSG:4326").to_file(tmp_path / "parks.geojson")
    chosen = rng.choice(rows.size, 60, replace=False)
    table = points(
        *np.divmod(chosen, SHAPE[1]), STATUS=["Showing", "Drilled Prospect", "Anomaly"] * 20
    )
    table.to_file(tmp_path / "minfile.gpkg")
    stations = points(*np.divmod(rng.choice(rows.size, 80, replace=False), SHAPE[1]))
    values = [f"{x:.1f}" if x > 5 else "<5" for x in rng.lognormal(2, 1, 80)]
    text = "".join(
        f"{place.x};{place.y};{value}\n"
        for place, value in zip(stations.geometry, values, strict=True)
    )
    (tmp_path / "geochem" / "soil.csv").write_text(f"easting;northing;Cu_ppm\n{text}")
    (tmp_path / "geochem" / "codes.csv").write_text("code,rock\n1,granite\n")
    return tmp_path


def drafted(folder, *options):
    result = CliRunner().invoke(main, ["init", str(folder), *options])
    assert result.exit_code == 0, result.output
    text = (folder / "project.toml").read_text()
    return tomllib.loads(text), text, result.output


def test_files_are_named_by_what_they_hold(survey):
    project, text, output = drafted(survey)
    evidence = project["evidence"]
    assert evidence["rtp"] == "geophysics/rtp.tif"
    assert evidence["cu"] == "geochem/cu.tif"
    assert 'transform = "log" may help' in text
    assert evidence["k_pct"] == {"path": "geophysics/k_pct.tif", "nodata": -99999.0}
    assert evidence["map"] == {"path": "geology/map.tif", "kind": "categorical"}
    assert evidence["faults"] == {"path": "faults.gpkg", "kind": "distance"}
    bedrock = {"path": "geology/bedrock.shp", "kind": "categorical", "field": "UNIT"}
    assert evidence["bedrock"] == bedrock
    soil = evidence["soil Cu_ppm"]
    assert (soil["kind"], soil["value"], soil["crs"]) == ("stations", "Cu_ppm", "EPSG:32608")
    assert project["points"]["training"] == {
        "path": "minfile.gpkg",
        "label": "STATUS",
        "occurrence_values": ["Showing", "Drilled Prospect"],
    }
    assert project["grid"] == {"exclude": ["parks.geojson"]}
    assert set(evidence) == {"rtp", "cu", "k_pct", "map", "faults", "bedrock", "soil Cu_ppm"}
    for name, why in (
        ("easting", "a coordinate"),
        ("prospectivity", "a result"),
        ("flat", "one value"),
        ("roads", "where people could look"),
    ):
        assert f"left out: {name}: " in output
        assert f"# {name} = " in text
        assert why in text
    assert "codes.csv" not in text


def test_what_is_unsure_is_asked_and_listed(survey):
    _, text, _ = drafted(survey)
    draft = gp.draft_project(survey, overwrite=True)
    listed = "; ".join(draft.asked)
    assert "training: which values of STATUS mean an occurrence? Others: Anomaly" in listed
    assert "k_pct: -99999 looks like a fill value" in listed
    assert "map: its 12 whole numbers lie in patches" in listed
    assert text.count("# ? ") == len(draft.asked)


def test_the_draft_of_a_project_runs_as_it_stands(tmp_path):
    path = write_project(tmp_path)
    written = tomllib.loads(path.read_text())
    path.unlink()
    project, text, _ = drafted(tmp_path)
    assert project["evidence"] == written["evidence"]
    assert project["points"]["training"] == written["points"]["training"]
    assert project["points"]["validation"] == written["points"]["validation"]
    assert project["points"]["lithology"] == written["points"]["lithology"]
    assert "# ?" not in text
    result = CliRunner().invoke(main, ["check", str(tmp_path / "project.toml")])
    assert result.exit_code == 0, result.output


def test_layers_on_several_grids_are_put_on_that_of_most(survey):
    with rasterio.open(survey / "geophysics" / "rtp.tif") as raster:
        values = raster.read(1)
    coarse = TRANSFORM * rasterio.Affine.scale(2, 2)
    write_raster(survey / "geophysics" / "gravity.tif", values[::2, ::2], transform=coarse)
    project, _, output = drafted(survey)
    assert project["grid"]["like"] in ("rtp", "cu", "k_pct", "map")
    assert "layers lie on 2 grids" in output


def test_a_mixed_survey_is_drafted_with_few_questions(tmp_path):
    folder = mixed_survey(tmp_path / "mixed", of_sample(tmp_path / "plain"))
    project, _, output = drafted(folder)
    assert project["grid"] == {"like": "X5", "exclude": ["parks.gpkg"]}
    evidence = project["evidence"]
    assert set(evidence) == {*(f"X{k}" for k in range(1, 7)), "rocks", "contacts", "soil As_ppm"}
    assert evidence["X5"]["nodata"] == -9999
    assert evidence["rocks"]["kind"] == "categorical"
    assert evidence["contacts"]["kind"] == "distance"
    assert evidence["soil As_ppm"]["kind"] == "stations"
    assert set(project["points"]) == {"training", "validation", "lithology"}
    assert output.count("look at: ") == 5


def test_many_bands_are_one_line(survey):
    bands = np.random.default_rng(0).normal(size=(16, *SHAPE)).astype(np.float32)
    with rasterio.open(
        survey / "embedding.tif",
        "w",
        driver="GTiff",
        dtype="float32",
        count=16,
        height=SHAPE[0],
        width=SHAPE[1],
        crs="EPSG:32608",
        transform=TRANSFORM,
    ) as raster:
        raster.write(bands)
    project, _, _ = drafted(survey)
    assert project["evidence"]["embedding"] == {"path": "embedding.tif", "bands": "all"}


def test_rasters_of_one_name_are_told_apart_by_their_folders(survey):
    shutil.copy(survey / "geochem" / "cu.tif", survey / "geophysics" / "cu.tif")
    project, _, _ = drafted(survey)
    assert {"geochem cu", "geophysics cu"} <= set(project["evidence"])


def test_a_table_without_crs_off_the_rasters_is_asked_about(survey):
    (survey / "deposits.csv").write_text("x,y,deposit\n1,2,1\n3,4,0\n")
    _, text, _ = drafted(survey)
    assert 'the file does not tell its CRS: write crs = "EPSG:…"' in text


def test_points_of_coded_rocks_are_for_the_pretext_task(survey):
    rng = np.random.default_rng(6)
    rows, columns = np.divmod(rng.choice(SHAPE[0] * SHAPE[1], 60, replace=False), SHAPE[1])
    places = points(rows, columns, rock_code=[0.0, 1.0, 2.0] * 20)
    places.to_file(survey / "train_lithology.gpkg")
    project, _, _ = drafted(survey)
    assert project["points"]["lithology"] == {"path": "train_lithology.gpkg", "label": "rock_code"}


def test_results_of_a_run_are_not_looked_at(survey):
    (survey / "out").mkdir()
    write_raster(survey / "out" / "X.tif", np.ones(SHAPE, np.float32))
    (survey / "out" / "manifest.json").write_text("{}")
    _, text, _ = drafted(survey)
    assert "out/X.tif" not in text


def test_what_cannot_be_drafted_is_said(survey, tmp_path_factory):
    drafted(survey)
    with pytest.raises(OutputError, match="exists already"):
        gp.draft_project(survey)
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(EvidenceError, match="holds no raster"):
        gp.draft_project(empty)
    with pytest.raises(EvidenceError, match="is no folder"):
        gp.draft_project(empty / "nowhere")
    (empty / "broken.tif").write_text("no raster")
    with pytest.raises(EvidenceError, match=r"no raster of the folder can be evidence .*broken"):
        gp.draft_project(empty)
    shutil.copy(survey / "geochem" / "cu.tif", empty)
    draft = gp.draft_project(empty)
    assert any("no file seems to hold deposits" in line for line in draft.asked)


def test_the_draft_is_told_as_json(survey):
    result = CliRunner().invoke(main, ["init", str(survey), "--json"])
    content = json.loads(result.stdout)
    assert content["layers"][0] == "cu"
    assert content["path"] == str(survey / "project.toml")
