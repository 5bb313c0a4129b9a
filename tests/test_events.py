"""`--progress json`: what a command tells on stderr is one JSON object a line, of known form."""

import json
import logging
import signal
import subprocess
import sys
import warnings

import pytest
from click.testing import CliRunner
from smallproject import PROJECT, TUNED, write_project

from geoprospect.cli import VERBS, main
from geoprospect.project.events import events_told, stage_events
from geoprospect.project.progress import progress_shown

MAIN = "from geoprospect.cli import main; main()"
FIELDS = {
    "log": {"event", "text"},
    "warning": {"event", "text"},
    "error": {"event", "status", "text"},
    "progress": {"event", "stage", "done", "total", "unit", "figure", "text"},
}


def events(text):
    told = [json.loads(line) for line in text.splitlines()]
    for event in told:
        assert set(event) == FIELDS[event["event"]]
        assert "\n" not in event["text"]
        assert event["text"].strip()
    return told


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    path = write_project(tmp_path_factory.mktemp("project"))
    path.write_text(PROJECT.replace(TUNED, 'strategy = "random-forest"\n'))
    return path


def test_a_run_tells_stages_from_begin_to_end_and_its_log_and_nothing_else(project):
    done = CliRunner().invoke(main, ["run", str(project), "--progress", "json", "--json"])
    assert done.exit_code == 0, done.stderr
    told = events(done.stderr)
    log = (project.parent / "out" / "log.txt").read_text().splitlines()
    assert [e["text"] for e in told if e["event"] in ("log", "warning")] == log
    cells = [e for e in told if e["event"] == "progress" and e["stage"] == "map"]
    assert cells[-1]["done"] == cells[-1]["total"]
    assert cells[-1]["unit"] == "cells"
    assert cells[-1]["text"].startswith("map: ")
    assert json.loads(done.stdout)["folder"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["run", "none.toml", "--progress", "json"], 1, "none.toml: the project file cannot be"),
        (["run", "--progress=json"], 2, "Missing argument 'PROJECT'"),
        (["run", "--progress=json", "--ovewrite", "a.toml"], 2, "No such option"),
        (["rnu", "--progress=json"], 2, "'rnu' is no command of geoprospect; did you mean run?"),
        (["explain", "none", "--progress=json"], 2, "give EASTING and NORTHING"),
    ],
)
def test_an_error_is_the_last_event_with_its_exit_status(arguments, status, said):
    done = CliRunner().invoke(main, arguments)
    (error,) = events(done.stderr)
    assert done.stdout == ""
    assert (error["event"], error["status"], done.exit_code) == ("error", status, status)
    assert said in error["text"]


def test_an_error_has_the_words_that_a_reader_would_be_told(tmp_path):
    plain = CliRunner().invoke(main, ["check", str(tmp_path / "p.toml"), "--pictures", "a.html"])
    told = CliRunner().invoke(main, ["run", str(tmp_path / "p.toml"), "--progress=json"])
    (error,) = events(told.stderr)
    assert plain.exit_code == 1
    assert error["text"] in plain.output


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_it_and_tells_so_in_its_help(verb):
    done = CliRunner().invoke(main, [verb, "--help"])
    assert done.exit_code == 0
    assert "--progress [text|json]" in done.stdout


def test_results_stay_on_stdout_and_warnings_are_told_as_such(project):
    lines = project.read_text().replace('"rasters/A.tif"', '"rasters/labels.tif"')
    (project.parent / "rasters" / "labels.tif").write_bytes(
        (project.parent / "rasters" / "A.tif").read_bytes()
    )
    other = project.with_name("other.toml")
    other.write_text(lines)
    done = CliRunner().invoke(main, ["check", str(other), "--progress=json", "--json"])
    assert [e for e in events(done.stderr) if e["event"] != "progress"] == []
    assert json.loads(done.stdout)["findings"]


def test_what_libraries_print_and_warn_of_comes_as_events_too(capsys):
    with warnings.catch_warnings(), events_told():
        warnings.simplefilter("always")
        warnings.warn("odd\nvalues", stacklevel=1)
        logging.getLogger("rasterio").warning("no PROJ data")
        logging.getLogger("geoprospect.model").warning("model: old")
        print("first ", "half", end="", file=sys.stderr)
        with progress_shown():
            logging.getLogger("geoprospect.model").warning("model: of https://me:word@a.org")
            logging.getLogger("geoprospect.model").info("model: new")
    odd, proj, old, address, new, half = events(capsys.readouterr().err)
    assert (odd["event"], "UserWarning: odd values" in odd["text"]) == ("warning", True)
    assert (proj["event"], proj["text"]) == ("warning", "no PROJ data")
    assert (old["event"], old["text"]) == ("warning", "model: old")
    assert (address["event"], address["text"]) == ("warning", "model: of https://a.org")
    assert new == {"event": "log", "text": "model: new"}
    assert half == {"event": "log", "text": "first half"}


def test_nothing_of_it_stays_behind(capsys):
    root, stream, shown = logging.getLogger(), sys.stderr, warnings.showwarning
    before = list(root.handlers)
    with events_told():
        assert list(root.handlers) != before
    assert (root.handlers, sys.stderr, warnings.showwarning) == (before, stream, shown)
    with progress_shown() as progress:
        progress("map", 5, 5, "cells")
    assert capsys.readouterr().err.startswith("map: 5 of 5 cells")


def test_a_stage_tells_its_begin_and_end_and_few_steps_between(capsys):
    with events_told():
        show = stage_events()
        for step in range(1, 1001):
            show("training", step, 1000, "loss 0.25")
    told = events(capsys.readouterr().err)
    assert (told[0]["done"], told[-1]["done"]) == (1, 1000)
    assert len(told) < 20
    assert {(e["unit"], e["figure"], e["total"]) for e in told} == {(None, "loss 0.25", 1000)}


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX systems")
def test_a_command_that_is_stopped_tells_so_as_its_last_event(tmp_path):
    project = write_project(tmp_path)
    project.write_text(PROJECT.replace("epochs = 30", "epochs = 1_000_000"))
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, "train", project, "--progress=json"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        first = json.loads(process.stderr.readline())
        process.send_signal(signal.SIGTERM)
        *_, last = events(process.stderr.read())
    assert first["event"] in FIELDS
    assert process.returncode == 143
    assert (last["event"], last["status"]) == ("error", 143)
    assert "stopped by SIGTERM" in last["text"]
