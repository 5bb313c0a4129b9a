"""The manual is built without a warning, reads nothing from a network, and its commands run."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
import urllib.request
from contextlib import chdir, suppress
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import click
import distributed
import nbformat
import pytest
import yaml
from click.testing import CliRunner
from conftest import ROOT
from ctrlc import heeding_ctrl_c
from nbclient import NotebookClient
from smallproject import write_project
from studyfiles import write_study

import geoprospect as gp
from geoprospect.cli import main

DOCS = ROOT / "docs"
QUICK = '\n[model]\nstrategy = "logistic-regression"\nmembers = 2\n'
# What pages name, and what stands for it in the small project.
NAMES = {
    "DIR": "province", "FOLDER": "out", "PROJECT": "project.toml", "MODEL": "out/model",
    "MAP": "out/prospectivity.tif", "MAP.tif": "out/prospectivity.tif", "POINTS": "validation.shp",
    "EASTING": "501050", "412000": "501050", "217200": "501050",
    "NORTHING": "6998050", "1289000": "6998050", "907400": "6998050",
    "prospectivity.tif": "out/prospectivity.tif", "held_out.gpkg": "validation.shp",
    "STUDY": "study", "FILE.h5": "study/Models/EXPERIMENT_I/autoencoder_fine.h5",
    "FILE.json": "reproduction/components.json", "OUT.zip": "geoprospect.zip",
    "out/yukon": "out", "province/out": "out", "province/out/model": "out/model",
    "province/project.toml": "project.toml", "survey/project.toml": "project.toml",
}  # fmt: skip
NAMES_OF = {"map": {"FOLDER": "rasters"}, "init": {"FOLDER": "province", "survey": "province"}}
ADDRESS = "tcp://10.0.0.1:8786"
QUICKER = {
    "reproduce": ["--seeds", "1", "--effort", "0.001"],
    "uncertainty": ["--refits", "5"],
    "importance": ["--folds", "2", "--repeats", "1", "--permutations", "2", "--cells", "20"],
}
LOADED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}


def pages():
    """The pages in the order of the contents."""

    def files(entry):
        if isinstance(entry, dict):
            entry = list(entry.values())
        return [entry] if isinstance(entry, str) else [x for part in entry for x in files(part)]

    # The configuration names functions by tags that only MkDocs knows; ours has none.
    return files(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"])


def commands():
    """The commands that the manual shows after a dollar sign, in its order."""
    text = "\n".join((DOCS / page).read_text() for page in pages())
    blocks = re.findall(r"^```console\n(.*?)^```", text, flags=re.M | re.S)
    return re.findall(r"^\$ (.*)$", "\n".join(blocks), flags=re.M)


class Resources(HTMLParser):
    """What a page loads by itself; links that a reader follows are none of it."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag in LOADED and LOADED[tag] in told and told.get("rel") != "canonical":
            self.found.append(told[LOADED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The manual, built with warnings as errors."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def quoted():
    """What the manual and README quote: each code span and each line of a block of code."""
    for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md"))):
        text = path.read_text()
        blocks = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.M | re.S)
        prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
        spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
        for line in [*"\n".join(blocks).splitlines(), *spans]:
            yield path.name, line.removeprefix("$ ").replace("\\|", "|").strip()


def is_command(line):
    return re.match(r"geoprospect [a-z]", line) is not None


def test_every_command_that_is_quoted_is_one_that_the_program_takes():
    words = {"EASTING": "1.0", "NORTHING": "2.0", "…": ""}
    seen = set()
    for page, line in quoted():
        if not is_command(line):
            continue
        verb, *arguments = shlex.split(line, comments=True)[1:]
        command = main.get_command(None, verb)
        assert command is not None, (page, line)
        given = [words.get(word, word) for word in arguments]
        with suppress(click.MissingParameter):  # what a sentence names need not be whole
            command.make_context(verb, [word for word in given if word])
        seen.add(verb)
    assert seen == set(main.list_commands(None))


def test_every_option_that_is_quoted_is_one_of_the_program():
    options = {
        name
        for verb in main.list_commands(None)
        for parameter in main.get_command(None, verb).params
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    found = [(page, line) for page, line in quoted() if line.startswith("--")]
    assert len(found) > 20
    assert [x for x in found if {w for w in x[1].split() if w.startswith("--")} - options] == []


def test_every_error_that_is_explained_is_one_that_the_program_tells():
    told = re.findall(
        r"^\*\*(?:… )?(.+?)(?: …|\.)\*\*", (DOCS / "errors.md").read_text(), flags=re.M
    )
    assert len(told) > 8
    program = "".join(path.read_text() for path in (ROOT / "geoprospect").rglob("*.py"))
    program = re.sub(r'"\s+f?"', "", program)  # sentences that go on in the next line
    assert [words for words in told if words not in program] == []


def test_every_page_is_in_the_contents():
    files = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert files == set(pages())


def test_no_page_loads_anything_from_a_network(site):
    for path in site.rglob("*.html"):
        resources = Resources()
        resources.feed(path.read_text())
        assert [url for url in resources.found if re.match(r"(\w+:)?//", url)] == [], path
    for path in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?https?:|@import", path.read_text()), path


def test_the_reference_tells_of_every_command_setting_and_public_name(site):
    told = {name: (site / "reference" / f"{name}.html").read_text() for name in
            ("commands", "project", "python")}  # fmt: skip
    verbs = main.list_commands(None)
    assert [x for x in verbs if f'id="geoprospect-{x}"' not in told["commands"]] == []
    settings = ("grid", "points.non_occurrences", "model.training", "calibration", "products")
    assert [x for x in settings if f"[{x}]" not in told["project"]] == []
    assert [name for name in gp.__all__ if f"geoprospect.{name}" not in told["python"]] == []


def test_every_setting_of_the_reference_has_a_meaning(site):
    rows = re.findall(
        r"<tr>\s*<td><code>([^<]+)</code></td>\s*<td>.*?</td>\s*<td>(.*?)</td>",
        (site / "reference" / "project.html").read_text(),
        flags=re.S,
    )
    assert len(rows) > 100
    assert [name for name, meaning in rows if not meaning.strip()] == []


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory):
    """The commands after a dollar sign, as they were run one after the other in one folder."""
    shown = commands()
    with chdir(tmp_path_factory.mktemp("tutorial")):
        for command in shown:
            program, *arguments = shlex.split(command)
            if program == "rm":
                Path(*arguments).unlink()
                continue
            assert program == "geoprospect", command
            done = CliRunner().invoke(main, arguments)
            assert done.exit_code == 0, f"{command}\n{done.output}"
            if arguments[0] == "init":  # a method that is quick, in place of the choice among all
                draft = Path(arguments[1], "project.toml")
                draft.write_text(draft.read_text() + QUICK)
    return shown


def lines_of(command):
    """The command with the small project's names in place of a page's; "A|B" makes two."""
    _, verb, *words = shlex.split(command, comments=True)
    names = NAMES | NAMES_OF.get(verb, {})
    choices = [[names.get(name, name) for name in word.split("|")] for word in words]
    return [(verb, *line) for line in product(*choices)]


def is_whole(verb, *arguments):
    """Whether a line names all that its verb needs; a sentence may name a part alone."""
    try:
        main.get_command(None, verb).make_context(verb, [*arguments])
    except click.MissingParameter:
        return False
    return arguments != ()


def interrupt_once_answered(port):
    """Look at a page, and press Ctrl-C when it has come."""
    for _ in range(300):
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            assert b"<html" in answer.read()
            os.kill(os.getpid(), signal.SIGINT)
            return
        time.sleep(0.1)


def test_every_command_that_is_quoted_is_run(tutorial, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project = write_project(tmp_path)
    text = re.sub("validation = .*", "", project.read_text())  # whose curves take time to draw
    project.write_text(text.partition("\n[model]")[0] + QUICK)
    gp.run(project)
    write_study(tmp_path / "study")
    ran = [line for text in tutorial if is_command(text) for line in lines_of(text)]
    told = {line for _, text in quoted() if is_command(text) for line in lines_of(text)}

    def has_run(line):
        """Whether the command has run, as it is or with more options."""
        return any(set(line) <= set(other) for other in ran)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        # The longest first, for it stands for the shorter; `train` takes what `reproduce` makes.
        for line in sorted(told, key=lambda line: (line[0] != "reproduce", -len(line), line)):
            if has_run(line) or not is_whole(*line):
                continue
            arguments = [cluster.scheduler_address if x == ADDRESS else x for x in line]
            flags = [x for p in main.get_command(None, line[0]).params for x in p.opts]
            arguments += [x for x in ["--overwrite"] if x in flags and x not in line]
            arguments += QUICKER.get(line[0], [])
            if line[0] == "view":
                arguments += ["--no-browser", "--port", str(port)]
                threading.Thread(target=interrupt_once_answered, args=[port]).start()
            with heeding_ctrl_c():
                done = CliRunner().invoke(main, arguments)
            stopped = "stopped by Ctrl-C" in done.stderr  # as what serves for ever is, here
            assert stopped if line[0] == "view" else done.exit_code == 0, (line, done.output)
            ran.append(line)
    assert [line for line in told if not has_run(line)] == []


def blocks(language):
    """The blocks of a language, with the page that shows each."""
    for page in pages():
        for text in re.findall(
            rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(), flags=re.M | re.S
        ):
            yield page, text


def test_every_project_file_that_is_shown_is_read(tmp_path):
    shown = list(blocks("toml"))
    assert len(shown) > 3
    for _, text in shown:
        given = "" if "[evidence]" in text else '[evidence]\nX = "X.tif"\n'
        (tmp_path / "project.toml").write_text(given + text)
        told = tomllib.loads(given + text)
        assert len(gp.Project.load(tmp_path / "project.toml").evidence) >= len(told["evidence"])


def test_the_python_that_is_shown_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    gp.sample_project(tmp_path)
    [(page, text)] = blocks("python")
    assert page == "reference/python.md"
    exec(compile(text, page, "exec"), {})
    assert (tmp_path / "prospectivity.tif").is_file()


def test_bash_completes_commands_options_choices_and_methods(tmp_path):
    """Asked as bash asks when Tab is pressed, with the line of the manual that turns it on."""
    program = tmp_path / "geoprospect"
    program.write_text(f"#!{sys.executable}\nfrom geoprospect.cli import main\nmain()\n")
    program.chmod(0o755)
    [line] = re.findall(r"^(eval .*bash_source.*?) +#", (DOCS / "index.md").read_text(), flags=re.M)
    asked = {
        "geoprospect appl": "applicability",
        "geoprospect crossval --exc": "--exclude-held-out",
        "geoprospect crossval p.toml --folds bl": "blocks",
        "geoprospect crossval p.toml --method random-f": "random-forest",
        "geoprospect crossval p.toml --method paper-sv": "paper-svm",
    }
    script = [line]
    for words in asked:
        count = len(words.split()) - 1
        script.append(f"COMP_WORDS=({words}); COMP_CWORD={count}; COMPREPLY=()")
        script.append('_geoprospect_completion geoprospect; echo "${COMPREPLY[*]}"')
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == list(asked.values())


@pytest.mark.parametrize("name", ["reasons"])
def test_notebooks_run(tmp_path, name):
    gp.sample_project(tmp_path)
    notebook = nbformat.read(DOCS / "notebooks" / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
    total, difference = map(float, re.findall(r"-?\d+\.\d+", str(notebook.cells[-1].outputs)))
    assert total == pytest.approx(difference, abs=1e-3)
