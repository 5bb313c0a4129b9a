"""What a stack of evidence is, in words and for a notebook, without reading it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from geoprospect.errors import without_secrets
from geoprospect.evidence.column import Column, path_of
from geoprospect.grid import Grid


def stack_sentence(names: Sequence[str], grid: Grid) -> str:
    """Say how many layers there are, and on what grid.

    Parameters
    ----------
    names : sequence of str
        The evidence by name.
    grid : Grid
        Its grid.

    Examples
    --------
    >>> from affine import Affine
    >>> from rasterio.crs import CRS
    >>> grid = Grid(CRS.from_epsg(3578), Affine(1200, 0, 159050, 0, -1200, 977582), (110, 118))
    >>> stack_sentence(["X1", "X2"], grid)
    '2 layers, X1, X2, on 110 x 118 cells in EPSG:3578.'
    """
    rows, columns = grid.shape
    crs = grid.crs.to_string()
    place = crs if crs.startswith("EPSG:") else "a CRS of its own"
    layers = f"{len(names)} layer{'s' if len(names) > 1 else ''}, {', '.join(names)},"
    return f"{layers} on {rows} x {columns} cells in {place}."


def stack_html(names: Sequence[str], columns: Sequence[Column], grid: Grid) -> str:
    """Write for a notebook what a stack is, and where each of its columns comes from.

    Parameters
    ----------
    names : sequence of str
        The evidence by name.
    columns : sequence of Column
        Its columns.
    grid : Grid
        Its grid.
    """
    cells = [
        (", ".join(column.names), type(column).__name__, without_secrets(path_of(column) or ""))
        for column in columns
    ]
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in cells
    )
    head = "<tr><th>evidence</th><th>kind</th><th>path</th></tr>"
    return f"<p>{escape(stack_sentence(names, grid))}</p><table>{head}{rows}</table>"
