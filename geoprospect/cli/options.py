"""Options that several verbs share, each said once."""

from __future__ import annotations

import math
from typing import Any

import click


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
