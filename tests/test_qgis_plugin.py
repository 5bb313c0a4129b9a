"""The plugin in QGIS itself: its algorithms run geoprospect, load styled layers, fail in words."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import QGIS_PYTHON, ROOT
from forkedprogram import forked_program
from pyproj import Transformer
from smallproject import PROJECT, SHAPE, TRANSFORM, TUNED, points, write_project

import geoprospect as gp
from geoprospect.cli import VERBS, main
from geoprospect.qgis.geopackage import default_style

ALGORITHMS = [
    "applicability", "check", "contributions", "crossval", "explain", "importance", "init",
    "install", "map", "run", "score", "targets", "uncertainty",
]  # fmt: skip


def write_wheel(folder, name, source, *more):
    """Write a wheel of one module, with further lines about it; give its path."""
    info = f"{name}-9.0.dist-info"
    entries = f"[console_scripts]\n{name} = {name}_words:main\n"
    files = {
        f"{name}_words.py": source,
        f"{info}/METADATA": "\n".join(
            ["Metadata-Version: 2.1", f"Name: {name}", "Version: 9.0", *more, ""]
        ),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        f"{info}/entry_points.txt": entries,
    }
    rows = []
    for member, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        rows.append(f"{member},sha256={digest.decode()},{len(text.encode())}")
    path = folder / f"{name}-9.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, text in files.items():
            wheel.writestr(member, text)
        wheel.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,", ""]))
    return path


def write_wheels(folder):
    """Write wheels of a program named geoprospect and of what it needs; give the former's path."""
    write_wheel(folder, "veinfinder", "def main():\n    print('found in the folder')\n")
    source = "from veinfinder_words import main\n"
    return write_wheel(folder, "geoprospect", source, "Requires-Dist: veinfinder >= 9")


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """A profile and a project in folders whose names have spaces and umlauts."""
    home = tmp_path_factory.mktemp("Überprüfung in QGIS")
    for name in ("profil für ö", "profil für ö/plugins", "laufzeit", "Umfrage Süd"):
        (home / name).mkdir()
    (home / "laufzeit").chmod(0o700)
    plugins = home / "profil für ö" / "plugins"
    with zipfile.ZipFile(gp.write_qgis_plugin(home / "plugin.zip")) as archive:
        archive.extractall(plugins)
    survey = home / "Umfrage Süd"
    project = write_project(survey)
    project.write_text(PROJECT.replace(TUNED, 'strategy = "logistic-regression"\n'))
    long = home / "lang.toml"
    text = PROJECT.replace("epochs = 30", "epochs = 5_000_000")
    text = text.replace('"rasters/', f'"{survey}/rasters/').replace(
        'path = "', f'path = "{survey}/'
    )
    long.write_text(f'{text}\n[output]\nfolder = "lang"\n')
    wrong = home / "falsch.toml"
    wrong.write_text(PROJECT.replace('A = "rasters/A.tif"', 'A = { path = "Ä.tif", bnad = 2 }'))
    program = home / "geo prospect"
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -c "
        "'from geoprospect.cli import main; main()' \"$@\"\n"
    )
    program.chmod(0o755)
    rows, columns = np.arange(5, 45, 4), np.arange(1, 39, 4)
    table = points(rows, columns, occurrence=[1, 0] * 5)
    table.to_file(home / "Punkte.gpkg", layer="first")
    table.iloc[:6].to_file(home / "Punkte.gpkg", layer="second")
    x, y = TRANSFORM * (10.5, 20.5)
    longitude, latitude = Transformer.from_crs(32608, 4326, always_xy=True).transform(x, y)
    content = {
        "plugins": plugins, "project": project, "out": survey / "out", "survey": survey / "rasters",
        "program": program, "forked": home / "geo prospect too", "map": home / "Karte.tif",
        "points": home / "Punkte.gpkg",
        "place": f"{longitude!r},{latitude!r} [EPSG:4326]", "folds": home / "Faltungen",
        "long": long, "wrong": wrong, "wheel": write_wheels(home), "python": sys.executable,
    }  # fmt: skip
    path = home / "plan.json"
    path.write_text(json.dumps({name: str(value) for name, value in content.items()}))
    return path


@pytest.fixture(scope="module")
def told(plan):
    """What QGIS told of the algorithms, in the order in which they ran."""
    home = plan.parent
    foreign = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}
    there = [QGIS_PYTHON, "-c", "import qgis.core"]
    if (
        not os.path.exists(QGIS_PYTHON)
        or subprocess.run(there, capture_output=True, check=False, env=foreign).returncode
    ):
        pytest.skip(f"{QGIS_PYTHON} has no QGIS; on Debian it is in the package python3-qgis")
    with forked_program(Path(json.loads(plan.read_text())["forked"]), ROOT):
        done = subprocess.run(
            [QGIS_PYTHON, ROOT / "tests" / "qgisdriver.py", plan],
            capture_output=True,
            text=True,
            check=False,
            env=foreign
            | {
                "QT_QPA_PLATFORM": "offscreen",
                "QGIS_CUSTOM_CONFIG_PATH": str(home / "profil für ö"),
                "XDG_RUNTIME_DIR": str(home / "laufzeit"),
                "PYTHONWARNINGS": "ignore",
                "PROJ_LIB": "/nowhere",  # of QGIS, and no good to another PROJ
            },
        )
    assert (home / "answer.json").is_file(), done.stdout + done.stderr
    return json.loads((home / "answer.json").read_text())


def test_the_zip_is_the_same_each_time_and_tells_the_version(tmp_path):
    for name in ("a.zip", "b.zip"):
        done = CliRunner().invoke(main, ["qgis-plugin", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        metadata = archive.read("geoprospect_qgis/metadata.txt").decode()
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not any("pycache" in name for name in archive.namelist())
    assert f"\nversion={gp.__version__}\n" in metadata
    assert "\nhasProcessingProvider=yes\n" in metadata


def test_a_plugin_that_is_there_is_not_replaced_unasked_and_is_a_zip(tmp_path):
    (tmp_path / "a.zip").write_text("mine")
    done = CliRunner().invoke(main, ["qgis-plugin", str(tmp_path / "a.zip")])
    assert (done.exit_code, (tmp_path / "a.zip").read_text()) == (1, "mine")
    assert (
        CliRunner().invoke(main, ["qgis-plugin", str(tmp_path / "a.zip"), "--overwrite"]).exit_code
        == 0
    )
    done = CliRunner().invoke(main, ["qgis-plugin", str(tmp_path / "b.qgz")])
    assert (done.exit_code, "name it b.zip" in done.stderr) == (1, True)


def test_the_source_is_of_python_3_9_and_imports_nothing_of_geoprospect():
    import ast  # noqa: PLC0415

    files = sorted((ROOT / "geoprospect" / "qgis" / "plugin").rglob("*.py"))
    assert len(files) > 8
    for path in files:
        tree = ast.parse(path.read_text(), feature_version=(3, 9))
        imported = [
            name.partition(".")[0]
            for node in ast.walk(tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
        ]
        allowed = {*sys.stdlib_module_names, "qgis", "processing"}
        assert set(imported) <= allowed, path


def test_members_of_enumerations_are_named_with_these_as_qt_6_asks():
    import ast  # noqa: PLC0415

    short = []
    for path in sorted((ROOT / "geoprospect" / "qgis" / "plugin").rglob("*.py")):
        tree = ast.parse(path.read_text())
        named = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        named |= {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        short += [
            f"{path.name}: {node.value.id}.{node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id.startswith(("Q", "Qgs"))
            and node.attr[0].isupper()
            and node.attr != "Type"  # an enumeration itself
            and id(node) not in named
        ]
    assert short == []


def test_the_algorithms_stand_in_the_toolbox_each_with_its_help(told):
    assert told["algorithms"] == ALGORITHMS
    assert {*ALGORITHMS} - {"install", "contributions"} <= {*VERBS}
    assert told["helpless"] == []
    assert told["modules"] == []
    assert told["unloaded"]


def test_without_the_program_it_is_said_what_is_missing(told):
    said = told["missing"]["exception"]
    assert said.startswith("geoprospect is not installed for QGIS: there is no ")
    assert "profil für ö" in said
    assert "Install geoprospect" in said
    assert told["warning"] == said
    assert told["nothing missing"] == ""


def test_init_drafts_and_check_tells_its_findings(told, plan):
    drafted = json.loads(plan.read_text())["survey"] + "/project.toml"
    assert told["init"]["outputs"]["PROJECT"] == drafted
    assert os.path.isfile(drafted)
    check = told["check"]
    assert check["outputs"]["ERRORS"] == "0"
    assert int(check["outputs"]["WARNINGS"]) == len(check["told"]["warning"])
    assert any("training points: 230 points read" in line for line in check["told"]["info"])


def test_run_tells_stages_and_log_and_loads_the_map_in_its_style(told, plan):
    run, out = told["run"], Path(json.loads(plan.read_text())["out"])
    assert run["exception"] is None
    log = (out / "log.txt").read_text().splitlines()
    heard = {*run["told"]["info"], *run["told"]["warning"]}
    assert len(log) > 5
    assert [line for line in log if line not in heard] == []
    assert "map" in run["told"]["stages"]
    assert run["outputs"]["FOLDER"] == str(out)
    assert told["report"]
    valid, renderer, source = run["layers"]["prospectivity"]
    assert (valid, source) == (True, str(out / "prospectivity.tif"))
    assert renderer == "singlebandpseudocolor"
    points = {name: run["layers"][f"{name} points"] for name in ("training", "validation")}
    assert points == {
        name: [True, "categorizedSymbol", f"{out}/points.gpkg|layername={name}"] for name in points
    }


def test_an_error_arrives_word_for_word(told, plan):
    wrong = json.loads(plan.read_text())["wrong"]
    said = CliRunner().invoke(main, ["run", wrong]).stderr.removeprefix("Error: ").strip()
    assert "evidence.A" in said
    assert told["wrong"]["exception"] == said


def test_map_makes_the_same_map_as_run_and_loads_it_in_its_style(told, plan):
    import rasterio  # noqa: PLC0415

    assert told["map"]["exception"] is None
    where = json.loads(plan.read_text())
    with (
        rasterio.open(where["map"]) as made,
        rasterio.open(where["out"] + "/prospectivity.tif") as of,
    ):
        assert made.shape == SHAPE
        np.testing.assert_array_equal(made.read(1), of.read(1))
    ((valid, renderer, source),) = told["map"]["layers"].values()
    assert (valid, renderer, source) == (True, "singlebandpseudocolor", where["map"])


def test_score_reads_the_layer_that_is_meant_of_a_file_with_several(told, plan):
    outputs = told["score"]["outputs"]
    assert outputs["OCCURRENCES"] == "3"  # of six points in the second layer; the first has ten
    where = json.loads(plan.read_text())
    score = gp.score_map(
        where["out"] + "/prospectivity.tif",
        gp.PointsSource(where["points"], label="occurrence", layer="second"),
    )
    quoted = score.to_dict()["headline"]
    assert float(outputs["AUC"]) == quoted["auc"]
    assert quoted["sentence"] in told["score"]["told"]["info"]


def test_explain_takes_a_place_in_any_crs(told):
    assert " because: " in told["explain"]["outputs"]["WHY"]
    assert told["explain"]["exception"] is None


@pytest.mark.parametrize(
    ("product", "layers"),
    [
        ("contributions", {"contributions.tif": "singlebandpseudocolor",
                           "leading_layer.tif": "paletted"}),
        ("applicability", {"applicability.tif": "paletted"}),
        ("uncertainty", {"uncertainty.tif": "singlebandpseudocolor",
                         "measure_next.tif": "singlebandpseudocolor",
                         "measure_next.gpkg": "singleSymbol"}),
        ("importance", {}),
        ("targets", {"targets.gpkg": "categorizedSymbol"}),
    ],
)  # fmt: skip
def test_a_product_is_added_to_the_run_and_loaded_in_its_style(told, plan, product, layers):
    assert told[product]["exception"] is None
    assert told[product]["told"]["error"] == []
    out = json.loads(plan.read_text())["out"]
    loaded = {source: renderer for valid, renderer, source in told[product]["layers"].values()}
    assert loaded == {f"{out}/{file}": renderer for file, renderer in layers.items()}
    assert all(valid for valid, _, _ in told[product]["layers"].values())
    assert all(default_style(f"{out}/{x}", x[:-5]) for x in layers if x.endswith(".gpkg"))
    manifest = json.loads(Path(out, "manifest.json").read_text())
    assert {*layers} <= {*manifest["outputs"]}
    assert product in manifest["added"]


def test_numbers_given_to_a_product_arrive_and_its_page_is_named(told, plan):
    out = json.loads(plan.read_text())["out"]
    added = json.loads(Path(out, "manifest.json").read_text())["added"]
    given = {"refits": 5, "members": 1, "threshold": 0.75}
    assert {name: added["uncertainty"][name] for name in given} == given
    assert {name: added["importance"][name] for name in ("folds", "repeats", "buffer")} == {
        "folds": 2, "repeats": 1, "buffer": 50.0,
    }  # fmt: skip
    assert (added["targets"]["share"], added["targets"]["number"]) == (0.05, 3)
    page = told["importance"]["outputs"]["PAGE"]
    assert (page, Path(page).is_file()) == (f"{out}/importance.html", True)


def test_a_product_that_is_there_is_replaced_only_where_the_dialog_says_so(told):
    assert "targets.gpkg" in told["again"]["exception"]
    assert told["again"]["layers"] == {}


def test_crossval_loads_the_points_that_were_held_out(told, plan):
    folds = Path(json.loads(plan.read_text())["folds"])
    assert told["crossval"]["exception"] is None
    assert told["crossval"]["outputs"]["PAGE"] == str(folds / "crossval.html")
    assert (folds / "crossval.html").is_file()
    assert told["crossval"]["layers"] == {
        "points held out": [True, "categorizedSymbol", f"{folds}/held_out.gpkg|layername=cells"]
    }


def test_cancelling_ends_the_program_and_leaves_nothing_half_written(told, plan):
    cancelled = told["cancelled"]
    assert told["while it ran"]
    assert told["after it"] == []
    assert (cancelled["exception"], cancelled["outputs"]) == (None, {})
    assert cancelled["told"]["info"][0].startswith("evidence: A, B, C on 48 x 40 cells")
    assert cancelled["told"]["error"] == []
    left = {path.name for path in (plan.parent / "lang").glob("*")}
    assert left <= {"log.txt", "components.json"}


def test_install_makes_an_environment_in_the_profile_from_a_folder_of_wheels_alone(told):
    assert "needs Python 3.11 or later (found no Python)" in told["old python"]["exception"]
    assert told["install"]["exception"] is None
    program = told["install"]["outputs"]["PROGRAM"]
    assert "profil für ö" in program
    assert told["program"] == program
    assert told["installed"] == ""
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    assert done.stdout == "found in the folder\n"
    (line,) = (x for x in told["install"]["told"]["info"] if "Successfully installed" in x)
    assert {"geoprospect-9.0", "veinfinder-9.0"} <= {*line.split()}
