"""Options that several verbs share, each said once."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import click

import geoprospect as gp


class FiniteRange(click.FloatRange):
    """A number within bounds, neither infinite nor NaN, which no comparison tells apart."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take the number, or refuse it as wrong usage."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as JSON on stdout."
)

overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace outputs that exist already."
)

project_argument = click.argument("project", type=click.Path(dir_okay=False))
quick_option = click.option(
    "--quick", is_flag=True,
    help='Where the method is to be chosen ("auto"), compare none: take the average.',
)  # fmt: skip


def execution_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add how rasters are written: on which processors, in how much memory, gone on with or not.

    They are passed as `memory`, `workers`, `cluster` and `resume`; see `execution_of`.
    """
    for option in (
        click.option("--cluster", metavar="ADDRESS", help="Work on those of a dask scheduler."),
        click.option("--workers", type=click.IntRange(1, 10_000), metavar="N",
                     help="Work in so many processes."),
        click.option("--memory", type=click.IntRange(min=1), metavar="MIB",
                     help="Memory to stay below; of each worker, if there are any."),
        click.option("--resume", is_flag=True, help="Go on with a raster that was stopped."),
    ):  # fmt: skip
        command = option(command)
    return command


def execution_of(options: dict[str, Any]) -> gp.Execution:
    """Take the options of `execution_options` but `resume` out of those of a command."""
    taken = {name: options.pop(name) for name in ("memory", "workers", "cluster")}
    return gp.Execution(**{name: value for name, value in taken.items() if value is not None})
