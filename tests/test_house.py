"""The house is in order: style, types, import layers, file sizes, what README says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from geoprospect.cli import VERBS
from geoprospect.project import results

BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["lint-imports"],
    ],
    ids=" ".join,
)
def test_the_linters_find_nothing(command):
    done = subprocess.run(
        [BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_exceeds_300_lines():
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines())
        for path in (ROOT / "geoprospect").rglob("*.py")
    }
    assert {path: n for path, n in lengths.items() if n > 300} == {}


def test_every_module_has_its_room_in_the_import_layers():
    text = (ROOT / "pyproject.toml").read_text()
    floors = re.findall(
        r'^    "([\w |]+)",$', text[text.index("[tool.importlinter]") :], re.MULTILINE
    )
    rooms = {room for floor in floors for room in floor.split(" | ")}
    modules = {
        path.stem
        for path in (ROOT / "geoprospect").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").is_file()) and path.stem != "__init__"
    }
    assert modules == rooms


def test_no_pickle_is_read_or_written():
    for path in (ROOT / "geoprospect").rglob("*.py"):
        assert not re.search(r"import (pickle|joblib|dill)|allow_pickle=True", path.read_text()), (
            path
        )


def test_readme_has_one_shell_block_of_two_lines():
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", readme, flags=re.M | re.S)
    assert len(blocks) == 1
    assert len(blocks[0].splitlines()) == 2
    assert "geoprospect run" in blocks[0].splitlines()[0]
    assert "pytest" in blocks[0].splitlines()[1]


def test_pictures_that_readme_shows_are_there():
    readme = (ROOT / "README.md").read_text()
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", readme)
    assert pictures
    assert [path for path in pictures if not (ROOT / path).is_file()] == []


def test_the_manual_tells_what_a_run_leaves_in_the_words_of_the_results():
    assert f"\n\n{results.table()}\n" in (ROOT / "docs/reference/results.md").read_text()


def test_readme_tells_of_every_command_and_of_no_other():
    readme = (ROOT / "README.md").read_text()
    told = re.findall(r"^\| `geoprospect ([\w-]+)", readme, flags=re.M)
    assert sorted(told) == sorted(VERBS)
    help_text = subprocess.run(
        [BIN / "geoprospect", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert [verb for verb in VERBS if not re.search(rf"^  {verb} +\w", help_text, re.M)] == []


@pytest.mark.parametrize(
    "arguments", [["--help"], ["score", "--help"], ["map", "--help"], ["run", "--help"]]
)
def test_help_never_imports_tensorflow(arguments):
    code = (
        "import sys\nfrom geoprospect.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit as stop:\n    assert not stop.code\n"
        "slow = {'tensorflow', 'keras', 'sklearn', 'matplotlib', 'rasterio'} & set(sys.modules)\n"
        "assert not slow, slow"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout


def test_the_library_names_neither_keras_nor_tensorflow_among_what_it_imports():
    code = (
        "import sys\n"
        "import geoprospect.network.training.member, geoprospect.network.kerasmodel\n"
        "import geoprospect.project.check, geoprospect.project.run\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
