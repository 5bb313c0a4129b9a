"""What commands print is said in plain words, and nothing that is wrong hides behind another."""

import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from smallproject import PROJECT, write_project

from geoprospect.cli import VERBS, main


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path)


def checked(project):
    done = CliRunner().invoke(main, ["check", str(project), "--json"])
    assert done.exit_code == 1
    found = json.loads(done.stdout)["findings"]
    return [finding["text"] for finding in found if finding["level"] == "error"]


def test_a_missing_raster_hides_no_misspelt_label(project):
    text = PROJECT.replace('"rasters/C.tif"', '"rasters/none.tif"')
    text = text.replace(
        '"training.gpkg", label = "occurrence"', '"training.gpkg", label = "ocurrence"'
    )
    project.write_text(text.replace('label = "rock"', 'label = "rocks"'))
    errors = checked(project)
    assert any("none.tif" in error for error in errors)
    assert any("training.gpkg" in error and "ocurrence" in error for error in errors)
    assert any("lithology.geojson" in error and "rocks" in error for error in errors)
    assert len(errors) == 3


def test_one_error_is_not_said_to_be_errors(project):
    project.write_text(PROJECT.replace('"rasters/C.tif"', '"rasters/none.tif"'))
    done = CliRunner().invoke(main, ["check", str(project)])
    assert f"1 error: `geoprospect run {project}` would stop" in done.stdout


@pytest.mark.parametrize("confirmed", [False, True])
def test_points_that_no_field_tells_of_are_not_taken_for_occurrences_without_a_word(
    project, confirmed
):
    raster, rocks = project.parent / "rasters" / "A.tif", project.parent / "lithology.geojson"
    words = ["--all-occurrences"] if confirmed else []
    done = CliRunner().invoke(
        main, ["score", str(raster), str(rocks), "--json", "--progress=json", *words]
    )
    assert done.exit_code == 0
    assert json.loads(done.stdout)["n_occurrences"] == 276
    warned = [json.loads(line)["text"] for line in done.stderr.splitlines()]
    if confirmed:
        assert warned == []
    else:
        (text,) = warned
        assert "all 276 points count as such" in text
        assert "--label FIELD" in text


def test_the_table_of_a_score_is_in_words_of_captures(project):
    raster, rocks = project.parent / "rasters" / "A.tif", project.parent / "validation.shp"
    done = CliRunner().invoke(main, ["score", str(raster), str(rocks), "--against", str(raster)])
    table = " ".join(done.stdout.split())
    assert "captured in the top" in table
    assert "no clear difference between the maps" in table


@pytest.mark.parametrize("verb", VERBS)
def test_no_first_line_of_help_is_cut_off(verb):
    done = CliRunner().invoke(main, ["--help"], terminal_width=80)
    own = CliRunner().invoke(main, [verb, "--help"]).stdout.split("\n\n")[1]
    first = " ".join(own.split()).partition(". ")[0].rstrip(".")
    assert f"{verb}{first}".replace(" ", "") in "".join(done.stdout.split())
    assert "..." not in done.stdout.partition("Commands:")[2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chekc", "p.toml"], "'chekc' is no command of geoprospect; did you mean check?"),
        (["fly"], "'fly' is no command of geoprospect; there are sample, init, check"),
        (["run", "--ovrewrite", "p.toml"], "--overwrite"),
    ],
)
def test_what_was_meant_is_guessed(arguments, said):
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_every_value_in_help_says_what_it_is_or_its_unit(verb):
    shown = CliRunner().invoke(main, [verb, "--help"]).stdout
    assert not re.search(r"\b(TEXT|FLOAT|INTEGER|PATH|None)\b", shown)


def test_what_libraries_warn_of_is_not_on_the_terminal(tmp_path):
    code = (
        "import click, warnings\nfrom geoprospect.cli import init, main\n"
        "init.init_command.callback = lambda **_: warnings.warn('of a library')\n"
        f"main(['init', {str(tmp_path)!r}])"
    )
    quiet, asked = (
        subprocess.run(
            [sys.executable, *options, "-c", code], capture_output=True, text=True, check=True
        ).stderr
        for options in ([], ["-W", "default"])
    )
    assert quiet == ""
    assert "of a library" in asked


def test_distances_in_help_have_their_unit():
    done = CliRunner().invoke(main, ["crossval", "--help"]).stdout
    assert "--buffer METRES" in done
    assert "--size METRES" in done
