"""The command line: one verb a file, each parsing its options and calling one library function."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from typing import Any

import click

from geoprospect.cli import stopping
from geoprospect.cli.ending import ended_in_a_line
from geoprospect.cli.told import json_asked, run_told_as_json, with_progress_option
from geoprospect.errors import GeoprospectError

VERBS = (
    "sample", "init", "check", "run", "train", "map", "explain", "importance", "applicability",
    "uncertainty", "targets", "score", "crossval", "report", "view", "reproduce", "qgis-plugin",
)  # fmt: skip


class Verbs(click.Group):
    """The verbs in the order of the work, each imported only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the verbs."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module, or give None for an unknown verb."""
        if cmd_name not in VERBS:
            return None
        name = cmd_name.replace("-", "_")
        module = import_module(f"geoprospect.cli.{name}")
        command: click.Command = getattr(module, f"{name}_command")
        return with_progress_option(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb that is asked for; of an unknown one, say which is like it."""
        verb = args[0]
        if not verb.startswith("-") and self.get_command(ctx, verb) is None:
            alike = get_close_matches(verb, VERBS, n=1)
            ask = f"did you mean {alike[0]}" if alike else f"there are {', '.join(VERBS)}"
            ctx.fail(f"{verb!r} is no command of geoprospect; {ask}{'?' if alike else ''}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs with the whole of their first sentences."""
        rows = []
        for verb in VERBS:
            command = self.get_command(ctx, verb)
            rows.append((verb, command.get_short_help_str(1000) if command else ""))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def main(self, args: Any = None, *others: Any, **options: Any) -> Any:
        """Run as a program, which ends with its results or in one line."""
        main = partial(super().main, args, *others)
        if not options.pop("standalone_mode", True):
            return main(standalone_mode=False, **options)
        if json_asked(sys.argv[1:] if args is None else list(args)):
            with _libraries_quiet():
                return run_told_as_json(partial(main, **options))
        with ended_in_a_line(), stopping.signals_heeded(), _libraries_quiet():
            return main(**options)

    def invoke(self, ctx: click.Context) -> object:
        """Run a verb; a user's mistake is one line on stderr and exit status 1."""
        try:
            return super().invoke(ctx)
        except GeoprospectError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt as error:
            reason = str(error) or "stopped by Ctrl-C; no half-written file is left"
            stopped = click.ClickException(stopping.told(reason))
            stopped.exit_code = stopping.status()  # type: ignore[misc]  # of this one alone
            raise stopped from error


@contextmanager
def _libraries_quiet() -> Iterator[None]:
    """Keep what libraries warn programmers of from a user's terminal; `python -W` shows it."""
    if sys.warnoptions:
        yield
        return
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="geoprospect")
def main() -> None:
    """From evidence rasters and a few known deposits to a mineral prospectivity map.

    Start with `geoprospect sample DIR`, then `geoprospect run DIR/project.toml`.
    """
