"""The table of the layers that `geoprospect check` prints."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from typing import Any

import click

from geoprospect.cli.tables import print_table, table_of

_MOST = 8  # names of one layer that have a line each
_QUARTILES = ("25%", "median", "75%")


def print_layers(table: Any) -> None:
    """Print what layers hold, what they have in common, and what is odd, in three parts.

    Parameters
    ----------
    table : LayerTable
        The table; of a layer of more than eight names, the names share a line.
    """
    groups = [
        part
        for rows in table.layers
        for part in ([rows] if len(rows) > _MOST else [(row,) for row in rows])
    ]
    numbers = ("valid", "min", *_QUARTILES, "max", "skew")
    holds = table_of(["layer", "kind", *numbers], numbers=numbers, gap=1)
    shares = table_of(["layer", "VIF", "most like", "r", "file"], numbers=("VIF", "r"))
    for group in groups:
        rows = [table.rows[number] for number in group]
        name = _name(rows)
        holds.add_row(_short(name, 12), _short(_kind(rows), 15), *_figures(rows))
        like = table.most_like(group)
        shares.add_row(
            _short(name, 18),
            _inflation([row.inflation for row in rows]),
            "" if like is None else _short(like[0], 18),
            "" if like is None else f"{like[1]:+.2f}",
            _short(os.path.basename(rows[0].origin.path or "") or "computed", 28),
        )
    click.echo(f"\nWhat the layers hold (quartiles and skew of {table.n_drawn} valid cells):")
    print_table(holds)
    click.echo("\nWhat they have in common (r: rank correlation; VIF: variance inflation, above 10")
    click.echo("where the other layers nearly tell one; of classes, that of all together):")
    print_table(shares)
    odd = [line for group in groups for line in _odd([table.rows[number] for number in group])]
    if odd:
        click.echo("\nWhat is odd:")
    for line in odd:
        click.echo(f"  {line}")
    click.echo()


def _name(rows: Sequence[Any]) -> str:
    """Name a row of the table, or several in one."""
    return str(rows[0].name) if len(rows) == 1 else f"{rows[0].origin.layer} ({len(rows)})"


def _kind(rows: Sequence[Any]) -> str:
    """Tell the kind of a row, with the transforms; of classes their share."""
    origin, profile = rows[0].origin, rows[0].profile
    if len(rows) == 1 and profile.is_binary:
        kind = "class" if origin.kind == "categorical" else origin.kind
        return f"{kind} {profile.mean:.1%}"
    return ", ".join([origin.kind, *origin.transforms])


def _figures(rows: Sequence[Any]) -> Iterator[str]:
    """Write valid share, range, quartiles and skew; of several rows what bounds them."""
    yield _share(min(row.valid_share for row in rows))
    yield _number(min(row.profile.survey.minimum for row in rows))
    if len(rows) == 1 and not rows[0].profile.is_binary:
        yield from (_number(value) for value in rows[0].profile.quartiles)
    else:
        yield from [""] * len(_QUARTILES)
    yield _number(max(row.profile.survey.maximum for row in rows))
    skews = [row.profile.skewness for row in rows if math.isfinite(row.profile.skewness)]
    most = max(skews, key=abs, default=float("nan"))
    yield "" if math.isnan(most) else f"{most:z.1f}" if abs(most) < 100 else f"{most:.0f}"


def _odd(rows: Sequence[Any]) -> Iterator[str]:
    """Say what is odd, a line for each thing; of several rows how many have something."""
    if len(rows) == 1:
        yield from (f"{rows[0].name}: {oddity}" for oddity in rows[0].oddities)
        return
    odd = [row for row in rows if row.oddities]
    if odd:
        yield (
            f"{_name(rows)}: something is odd about {len(odd)} of them, such as {odd[0].name}: "
            f"{odd[0].oddities[0]}; --json tells all"
        )


def _share(share: float) -> str:
    """Write a share, as 100% only where it is all."""
    return "100%" if share == 1 else f"{min(share, 0.999):.1%}"


def _number(value: float) -> str:
    """Write a number in three digits or all before the point, or in a short power of ten.

    Examples
    --------
    >>> [_number(value) for value in (-291.57504, 0.0, 81641.0, -1.25e-7, 123456789.0)]
    ['-292', '0', '81641', '-1.2e-7', '1.2e8']
    """
    if value != 0 and not 0.01 <= abs(value) < 1e6:
        digits, power = f"{value:.1e}".split("e")
        return f"{digits}e{int(power)}"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _inflation(values: Sequence[float]) -> str:
    """Write the greatest variance inflation, which may be endless."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return ""
    value = max(known)
    return "endless" if math.isinf(value) else f"{value:.1f}" if value < 1000 else f"{value:.0f}"


def _short(text: str, most: int) -> str:
    """Cut a text in its middle where it is longer than a column is wide.

    Examples
    --------
    >>> _short("horizontal-gradient", 12)
    'horiz…adient'
    """
    if len(text) <= most:
        return text
    return f"{text[: most // 2 - 1]}…{text[-(most - most // 2) :]}"
