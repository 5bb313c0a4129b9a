"""The front door: names that are imported when they are used, and the whole job in ten lines."""

import inspect
import json
import re
import subprocess
import sys

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

import geoprospect as gp

NOTEBOOK = ROOT / "docs" / "notebooks" / "whole_job.ipynb"


def test_importing_the_package_imports_nothing_slow():
    code = (
        "import sys\n"
        "import geoprospect as gp\n"
        "assert 'fit' in dir(gp) and 'score_map' in dir(gp)\n"
        "ours = [name for name in sys.modules if name.startswith('geoprospect.')]\n"
        "theirs = {'numpy', 'rasterio', 'pydantic', 'click', 'rich'} & set(sys.modules)\n"
        "assert not ours and not theirs, (ours, theirs)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_names_of_the_front_door_are_those_that_type_checkers_see():
    source = (ROOT / "geoprospect" / "__init__.py").read_text()
    typed = source[source.index("if TYPE_CHECKING") : source.index("_ROOMS")]
    assert [name for name in gp.__all__ if name not in typed] == []
    assert sorted(gp.__all__) == sorted(gp._ROOM_OF)


@pytest.mark.parametrize("name", gp.__all__)
def test_every_name_of_the_front_door_is_there_and_documented(name):
    value = getattr(gp, name)
    assert inspect.getdoc(value)
    assert getattr(gp, name) is value


EXEMPLARY = [
    "open_evidence", "read_samples", "fit", "load_model", "write_map", "write_raster", "score_map",
    "cross_validate", "compare", "draw_map", "Project", "run", "check", "register_column",
    "register_method", "register_member_format",
]  # fmt: skip


@pytest.mark.parametrize("name", EXEMPLARY)
def test_the_steps_of_the_job_have_runnable_examples(name):
    assert ">>> " in inspect.getdoc(getattr(gp, name))


def test_a_name_that_is_not_there_is_missed_as_in_any_module():
    with pytest.raises(AttributeError, match="has no attribute 'fitt'"):
        _ = gp.fitt


def test_a_stack_tells_what_it_is_without_being_read(tmp_path):
    gp.sample_project(tmp_path)
    with gp.open_evidence(tmp_path / "sample_rasters") as stack:
        assert re.fullmatch(
            r"<EvidenceStack: 7 layers, X1, .*, X7, on \d+ x \d+ cells in EPSG:\d+\.>", repr(stack)
        )
        shown = stack._repr_html_()
    assert "RasterBand" in shown
    assert "sample_rasters/X7.tif" in shown


def test_ten_lines_of_a_notebook_do_the_whole_job_with_the_audit_of_leaks(tmp_path):
    gp.sample_project(tmp_path)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    job = notebook.cells[1].source
    assert len([line for line in job.splitlines() if line.strip()]) <= 10
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": tmp_path}})
    client.execute()
    told, picture = notebook.cells[1].outputs[-2:]
    assert "none repeats a training cell" in told["text"]
    assert "image/png" in picture["data"]
    assert "validation occurrences" in json.dumps(notebook.cells[2].outputs[-1]["data"])
    assert (tmp_path / "model" / "model.json").is_file()
    score = gp.score_map(tmp_path / "prospectivity.tif", tmp_path / "data" / "validation.shp")
    assert score.leaks is not None  # the map tells the cells that its model learned from
