"""The manual is built without a warning, reads nothing from a network, and its commands run."""

import os
import re
import shlex
import subprocess
import sys
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path

import click
import nbformat
import pytest
import yaml
from click.testing import CliRunner
from conftest import ROOT
from nbclient import NotebookClient

import geoprospect as gp
from geoprospect.cli import main

DOCS = ROOT / "docs"
QUICK = '\n[model]\nstrategy = "logistic-regression"\nmembers = 2\n'
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


def test_every_command_that_is_quoted_is_one_that_the_program_takes():
    words = {"EASTING": "1.0", "NORTHING": "2.0", "…": ""}
    seen = set()
    for page, line in quoted():
        if not re.match(r"geoprospect [a-z]", line):
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


def test_every_command_of_the_manual_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = commands()
    assert len(shown) > 5
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


@pytest.mark.parametrize("name", ["reasons"])
def test_notebooks_run(tmp_path, name):
    gp.sample_project(tmp_path)
    notebook = nbformat.read(DOCS / "notebooks" / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
    total, difference = map(float, re.findall(r"-?\d+\.\d+", str(notebook.cells[-1].outputs)))
    assert total == pytest.approx(difference, abs=1e-3)
