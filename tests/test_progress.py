"""Progress and log lines: none is lost on a terminal, and nothing stays behind in the library."""

import logging
import os
import re
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from itertools import pairwise

import pyte
import pytest
from smallproject import PROJECT, write_project

from geoprospect.project.progress import lines_sent, progress_shown


def in_terminal(command, rows, columns):
    """Run a command in a pseudo-terminal; give its exit status and all that it showed."""
    import fcntl  # noqa: PLC0415 - POSIX only
    import pty  # noqa: PLC0415
    import termios  # noqa: PLC0415

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    shown = bytearray()

    def listen():
        with suppress(OSError):
            while part := os.read(ours, 4096):
                shown.extend(part)

    listener = threading.Thread(target=listen)
    listener.start()
    sizes = {"COLUMNS", "LINES"}
    environment = {name: value for name, value in os.environ.items() if name not in sizes}
    done = subprocess.run(
        command,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=environment | {"TERM": "xterm"},
        check=False,
    )
    os.close(theirs)
    listener.join()
    os.close(ours)
    return done.returncode, bytes(shown)


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


def test_a_stage_is_told_of_after_seconds_ever_more_seldom_and_at_its_end(capsys, monkeypatch):
    seconds = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    with progress_shown() as progress:
        for second in range(1001):
            seconds[0] = float(second)
            progress("map", second, 1000, "cells")
    done = [int(line.split()[1]) for line in capsys.readouterr().err.splitlines()]
    assert done[:3] == [3, 6, 9]
    gaps = [after - before for before, after in pairwise(done)]
    assert max(gaps) <= 61
    assert len(done) < 70
    assert done[-1] == 1000


BARS = """
import logging, time
from geoprospect.project.progress import progress_shown

log = logging.getLogger("geoprospect.model")
with progress_shown() as progress:
    for stage in ("lithology pretext", "fine-tuning, final layer only", "map", "scores"):
        for step in range(1, 4):
            progress(stage, step, 3, "cells")
            log.info("%s: line %d, longer than a row of a terminal of %s.", stage, step, "." * 60)
            time.sleep(0.06)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX systems")
@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (6, 60)])
def test_on_a_terminal_lines_stand_whole_above_the_bars_and_no_stage_is_out_of_sight(rows, columns):
    done, shown = in_terminal([sys.executable, "-c", BARS], rows, columns)
    assert done == 0, shown
    screen = pyte.HistoryScreen(columns, rows, history=1000, ratio=1)
    last_seen = []
    stream = pyte.ByteStream(screen)
    for part in shown.split(b"\x1b[?25h")[0].split(b"\r"):  # up to where the bars are finished
        stream.feed(b"\r" + part)
        last_seen.append("\n".join(screen.display))
    stream.feed(b"\x1b[?25h" + shown.split(b"\x1b[?25h")[1])
    above = ["".join(row[x].data for x in range(columns)) for row in screen.history.top]
    text = [row.rstrip() for row in [*above, *screen.display]]
    letters = "".join("".join(text).split())  # rows that a line is broken into follow each other
    for stage in ("lithology pretext", "fine-tuning, final layer only", "map", "scores"):
        for step in (1, 2, 3):
            line = f"{stage}: line {step}, longer than a row of a terminal of {'.' * 60}."
            assert letters.count(line.replace(" ", "")) == 1
        assert any(re.search(rf"{stage} +(━|\d+%)", seen) for seen in last_seen)
    bars = [row for row in text if re.search(r"━| \d+% ", row)]
    assert bars
    assert all(re.fullmatch(r" *[\w, -]+ (━+ )?100% .+ in all", row) for row in bars)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX systems")
def test_no_line_of_the_log_is_lost_among_bars_on_a_terminal(tmp_path):
    project = write_project(tmp_path)
    project.write_text(PROJECT.replace("members = 2", 'members = 2\npretext = "lithology"'))
    code = "from geoprospect.cli import main; main()"
    returncode, shown = in_terminal([sys.executable, "-c", code, "run", str(project)], 10, 80)
    assert returncode == 0, shown

    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    lines = {line.strip() for part in text.splitlines() for line in part.split("\r")}
    log = (tmp_path / "out" / "log.txt").read_text().splitlines()
    assert len(log) > 5
    assert [line for line in log if line not in lines] == []
    assert "pretext" in text
    assert "100%" in text
