"""The page of the architecture is what the folders and their imports are."""

import re
from graphlib import TopologicalSorter

import pytest
from conftest import ROOT
from houseplan import arrows, imports, modules, rooms

PAGE = (ROOT / "geoprospect" / "ARCHITECTURE.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([\w.]+?)/?` \| [^|]+ \| ([^|]*) \|$", re.MULTILINE)


def test_the_page_tells_every_room_and_what_each_imports():
    told = {
        room.removesuffix(".py"): sorted(re.findall(r"\w+", targets))
        for room, targets in ROW.findall(PAGE)
    }
    found = {room: sorted(b for a, b in arrows() if a == room) for room in rooms()}
    assert told == found


def test_there_are_few_rooms_and_few_arrows():
    assert len(rooms()) <= 24
    assert len(arrows()) <= 100


def test_no_modules_import_each_other_in_a_circle():
    TopologicalSorter(imports()).prepare()  # raises CycleError


def test_the_floors_of_the_page_are_those_that_the_linter_holds():
    text = (ROOT / "pyproject.toml").read_text()
    floors = re.findall(r'^    "([\w |]+)",$', text[text.index("[tool.importlinter]") :], re.M)
    order = [room for floor in floors for room in floor.split(" | ")]
    told = [room.removesuffix(".py") for room, _ in ROW.findall(PAGE)]
    assert told == order


@pytest.mark.parametrize("path", re.findall(r"`((?:\w+/)+\w+\.py)`", PAGE))
def test_the_modules_that_the_page_names_are_there(path):
    assert (ROOT / path).is_file() or (ROOT / "geoprospect" / path).is_file()


def test_there_are_modules_to_hold_the_page_against():
    assert len(modules()) > 100
