"""Progress and log lines: none is lost on a terminal, and nothing stays behind in the library."""

import logging
import os
import re
import subprocess
import sys
import threading
from contextlib import suppress

import pytest
from smallproject import PROJECT, write_project

from geoprospect.project.progress import lines_sent, progress_shown

LOGGER = logging.getLogger("geoprospect")


def test_lines_and_stages_go_to_stderr_where_there_is_no_terminal(capsys):
    with progress_shown() as progress:
        LOGGER.getChild("model").info("model: 100% of [it]")
        progress("map", 10, 100, "cells")
        progress("map", 100, 100, "cells")
    told = capsys.readouterr()
    assert told.out == ""
    first, second = told.err.splitlines()
    assert first == "model: 100% of [it]"
    assert second.startswith("map: 100 of 100 cells")


def test_nothing_is_left_on_the_logger_even_after_an_error():
    before = (LOGGER.level, list(LOGGER.handlers), list(LOGGER.filters))
    with suppress(ZeroDivisionError), lines_sent(print), progress_shown():
        assert LOGGER.isEnabledFor(logging.INFO)
        raise ZeroDivisionError
    assert (LOGGER.level, LOGGER.handlers, LOGGER.filters) == before


def test_a_lower_level_that_the_user_set_stays(monkeypatch):
    monkeypatch.setattr(LOGGER, "level", logging.DEBUG)
    lines = []
    with lines_sent(lines.append):
        assert LOGGER.level == logging.DEBUG
        LOGGER.debug("not of the log")
    assert lines == []


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX systems")
def test_no_line_of_the_log_is_lost_among_bars_on_a_terminal(tmp_path):
    import pty  # noqa: PLC0415 - POSIX only

    project = write_project(tmp_path)
    project.write_text(PROJECT.replace("members = 2", 'members = 2\npretext = "lithology"'))
    ours, theirs = pty.openpty()
    shown = bytearray()

    def listen():
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:
                return
            if not part:
                return
            shown.extend(part)

    listener = threading.Thread(target=listen)
    listener.start()
    code = "from geoprospect.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "run", project],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "80", "LINES": "10"},
        check=False,
    )
    os.close(theirs)
    listener.join()
    os.close(ours)
    assert done.returncode == 0, shown
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    lines = {line.strip() for part in text.splitlines() for line in part.split("\r")}
    log = (tmp_path / "out" / "log.txt").read_text().splitlines()
    assert len(log) > 5
    assert [line for line in log if line not in lines] == []
    assert "pretext" in text
    assert "100%" in text
