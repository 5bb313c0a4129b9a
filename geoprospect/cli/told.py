"""How a command tells progress, warnings and errors on stderr: in words, or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from itertools import pairwise
from typing import Any

import click

import geoprospect as gp
from geoprospect.cli import stopping
from geoprospect.cli.ending import ended_in_a_line

_OPTION = click.Option(
    ["--progress"],
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    expose_value=False,
    help="How progress, warnings and errors are told on stderr: in words, or one JSON object a "
    "line.",
)


def with_progress_option(command: click.Command) -> click.Command:
    """Give a command that takes `--progress`, too, before `--help`."""
    taking = copy(command)
    taking.params = [*command.params, _OPTION]
    return taking


def json_asked(words: Sequence[str]) -> bool:
    """Whether the words of a command line ask for JSON, be they otherwise right or not.

    Examples
    --------
    >>> json_asked(["run", "project.toml", "--progress", "json"])
    True
    >>> json_asked(["run", "--progress=text", "--", "--progress=json"])
    False
    """
    options = list(words[: words.index("--")] if "--" in words else words)
    return "--progress=json" in options or ("--progress", "json") in pairwise(options)


def run_told_as_json(main: Callable[..., Any]) -> None:
    """Run a command whose stderr is events, see `geoprospect.project.events`.

    Parameters
    ----------
    main : callable
        The command's `main`, which is asked to raise its errors.

    Raises
    ------
    SystemExit
        Always.
    """
    with ended_in_a_line(_tell_error):
        try:
            with stopping.signals_heeded(), gp.events_told():
                status = main(standalone_mode=False)
        except click.ClickException as error:
            status = error.exit_code
            _tell_error(error.format_message(), status)
        raise SystemExit(status if isinstance(status, int) else 0)


def _tell_error(line: str, status: int) -> None:
    """Tell the error that the command ends with."""
    gp.tell_event("error", line, status=status)
