"""The command line: one verb a file, each parsing its options and calling one library function."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from geoprospect.cli import stopping
from geoprospect.cli.ending import ended_in_a_line
from geoprospect.errors import GeoprospectError

VERBS = (
    "sample", "init", "check", "run", "train", "map", "explain", "score", "crossval", "reproduce",
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
        command: click.Command = getattr(
            import_module(f"geoprospect.cli.{cmd_name}"), f"{cmd_name}_command"
        )
        return command

    def main(self, *args: Any, **options: Any) -> Any:
        """Run as a program, which ends with its results or in one line."""
        if not options.get("standalone_mode", True):
            return super().main(*args, **options)
        with ended_in_a_line(), stopping.signals_heeded():
            return super().main(*args, **options)

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


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="geoprospect")
def main() -> None:
    """From evidence rasters and a few known deposits to a mineral prospectivity map.

    Start with `geoprospect sample DIR`, then `geoprospect run DIR/project.toml`.
    """
