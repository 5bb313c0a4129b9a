"""Every command ends with its results or in one line, whatever a library or a stream does."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from smallproject import write_project

MAIN = "from geoprospect.cli import main; main()"
FAILING = """
import click, sys
from geoprospect.cli import Verbs

def fail():
    {body}

class Failing(Verbs):
    def get_command(self, ctx, name):
        return click.Command(name, callback=fail)

Failing()(["verb"])
"""


def shell(line, **options):
    """Run a line of shell in which $G is the program."""
    environment = os.environ | {"G": sys.executable, "MAIN": MAIN} | options.pop("env", {})
    return subprocess.run(
        ["bash", "-c", line.replace("geoprospect", '"$G" -c "$MAIN"')],
        capture_output=True,
        check=False,
        env=environment,
        **options,
    )


def failing(body, tmp_path, *, before=""):
    code = before + FAILING.format(body=body)
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return write_project(tmp_path_factory.mktemp("project"))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("fail()", "RecursionError"),
        ("raise BaseException('strange')", "BaseException: strange"),
        ("raise KeyError('https://a.org/x?sig=secret\\nmore')", "KeyError"),
        ("raise OSError('odd')", "OSError: odd"),
    ],
)
def test_what_nobody_foresaw_is_one_line_that_asks_for_a_report(body, said, tmp_path):
    done = failing(body, tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: geoprospect did not foresee this: ")
    assert said in line
    assert "report" in line
    (log,) = tmp_path.rglob("geoprospect-error.log")
    assert line.endswith(str(log))
    assert "Traceback" in log.read_text()
    assert "secret" not in line + log.read_text()


def test_memory_that_does_not_suffice_is_said(tmp_path):
    done = failing("import numpy; numpy.empty(2**50)", tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: there is not enough memory: Unable to allocate")


def test_a_disk_that_is_full_under_a_library_is_said(tmp_path):
    done = failing("raise OSError(28, 'No space left on device', 'cache.nbi')", tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: cache.nbi: cannot write: no space left on device. To mend it: ")


def test_without_a_place_for_the_traceback_the_line_comes_all_the_same():
    body = "import tempfile; tempfile.tempdir = '/proc/none'; 1 / 0"
    done = failing(body, Path("/tmp"))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.endswith("please report it with this line and the command")


def test_ctrl_c_is_one_line(tmp_path):
    done = failing("raise KeyboardInterrupt", tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "stopped by Ctrl-C" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("verb", ["--help", "check project.toml", "check project.toml --json"])
def test_output_on_a_full_disk_is_told_in_a_line(verb, project):
    done = shell(f"geoprospect {verb} > /dev/full", cwd=project.parent)
    assert done.returncode == 1
    (line,) = done.stderr.decode().splitlines()
    assert "cannot be written to standard output: no space left on device" in line


def test_a_reader_that_has_gone_away_is_no_error_worth_a_word(project):
    done = shell("(sleep 0.3; geoprospect check project.toml) | true", cwd=project.parent)
    assert done.stderr == b""


@pytest.mark.parametrize("streams", ["2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_a_closed_or_full_stream_does_not_stop_the_work(streams, project, tmp_path):
    quick = project.with_name("quick.toml")
    quick.write_text(project.read_text().replace('"fine-tuning"', '"logistic-regression"'))
    done = shell(
        f"geoprospect train quick.toml --output {tmp_path}/m {streams}", cwd=project.parent
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "m" / "model.json").is_file()


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_a_narrow_encoding_of_the_output_takes_any_letter(encoding, tmp_path):
    wide = write_project(tmp_path / "ŻĄ")
    done = shell(f"geoprospect check {wide}", env={"PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"??/project.toml" in done.stdout


STOPPED = """
    import os, signal, time
    from geoprospect.output import replacing
    with replacing('{folder}/note.txt') as path:
        path.write_text('half')
        os.kill(os.getpid(), signal.{name})
        time.sleep(30)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_as_ctrl_c_does(name, status, tmp_path):
    body = STOPPED.format(folder=tmp_path / "out", name=name)
    heard = f"import signal; signal.signal(signal.{name}, signal.SIG_DFL)\n"  # under nohup, too
    done = failing(body, tmp_path, before=heard)
    (line,) = done.stderr.splitlines()
    assert line == f"Error: stopped by {name}; no half-written file is left"
    assert done.returncode == status
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGHUP")
def test_a_signal_that_is_ignored_stays_ignored(tmp_path):
    body = STOPPED.format(folder=tmp_path, name="SIGHUP").replace("sleep(30)", "sleep(0)")
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    done = subprocess.run(
        [sys.executable, "-c", code + FAILING.format(body=body)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "note.txt").read_text() == "half"


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
def test_a_run_that_is_terminated_leaves_the_log_alone(project):
    quick = project.with_name("slow.toml")
    text = project.read_text().partition("[model]")[0] + '[model]\nstrategy = "random-forest"\n'
    quick.write_text(text + 'baseline = { trees = 90000 }\n[output]\nfolder = "stopped"\n')
    made = project.with_name("stopped") / ".geoprospect-unfinished"
    started = subprocess.Popen(
        [sys.executable, "-c", MAIN, "run", str(quick)], stderr=subprocess.PIPE, text=True
    )
    for _ in range(600):
        if made.exists():
            break
        time.sleep(0.1)
    started.terminate()
    _, said = started.communicate(timeout=120)
    assert said.splitlines()[-1] == "Error: stopped by SIGTERM; no half-written file is left"
    assert started.returncode == 143
    assert [path.name for path in made.parent.iterdir()] == ["log.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX systems")
def test_a_signal_that_a_library_swallowed_is_heeded_when_it_comes_again(tmp_path):
    body = (
        "import os, signal, time\n"
        "    from geoprospect.cli import stopping\n"
        "    stopping._SECONDS_TO_END = 0.2\n"
        "    for swallowed in (True, False):\n"
        "        try:\n"
        "            os.kill(os.getpid(), signal.SIGTERM)\n"
        "            time.sleep(5)\n"
        "        except BaseException:\n"
        "            if not swallowed: raise\n"
        "            os.kill(os.getpid(), signal.SIGTERM)  # too soon: it may be ending\n"
        "            time.sleep(0.3)\n"
    )
    done = failing(body, tmp_path)
    assert done.returncode == 143
    assert done.stderr.splitlines() == ["Error: stopped by SIGTERM; no half-written file is left"]
