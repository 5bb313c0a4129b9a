"""Tables on stdout, which keep their lines whole at 80 columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def table_of(heads: Iterable[str], *, numbers: Iterable[str] = (), gap: int = 2) -> Any:
    """Begin a table; its first column takes more lines where it must, unless it has a head.

    Parameters
    ----------
    heads : iterable of str
        The heads of the columns.
    numbers : iterable of str
        Those of them that hold numbers, which stand to the right.
    gap : int
        Letters between columns.
    """
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, gap - 1, 0, 0))
    numbers = {*numbers}
    for head in heads:
        justify: Any = "right" if head in numbers else "left"
        table.add_column(head, no_wrap=head != "", justify=justify)
    return table


def print_table(table: Any) -> None:
    """Print a table, its words as they are."""
    from rich.console import Console  # noqa: PLC0415

    Console(highlight=False, markup=False, emoji=False).print(table)
