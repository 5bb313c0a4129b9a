"""Options that several verbs share, each said once."""

from __future__ import annotations

import click

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
