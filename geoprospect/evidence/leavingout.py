"""Layers left out of a stack by name: of a column that gives several, all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from geoprospect.errors import LayerNameError
from geoprospect.evidence.column import Column, DerivedColumn
from geoprospect.evidence.computed import beneath
from geoprospect.evidence.stack import EvidenceStack


def layers_left(stack: EvidenceStack, layers: str) -> tuple[str, ...]:
    """Give the names of what a stack holds besides some layers and their surroundings.

    Parameters
    ----------
    stack : EvidenceStack
        The evidence.
    layers : str
        The name of a layer, or of a column as [evidence] has it, for all that it gives; or
        several, with commas between them.

    Raises
    ------
    LayerNameError
        If there is no such layer, or no other.
    """
    by_column = dict(_by_column(stack.columns))
    bare = stack.bare().names
    left_out: set[str] = set()
    for name in [layers] if layers in (*bare, *by_column) else map(str.strip, layers.split(",")):
        found = by_column.get(name) or ((name,) if name in bare else ())
        if not found:
            raise LayerNameError(
                "there is no such layer to leave out",
                found=name,
                expected=f"some of {', '.join(dict.fromkeys((*by_column, *bare)))}",
                mend="name layers as [evidence] does, with commas between several",
            )
        around = stack.neighbourhood
        left_out.update(found if around is None else around.names(found))
    left = tuple(name for name in stack.names if name not in left_out)
    if not left:
        raise LayerNameError(
            "no layer is left",
            found=f"all of {', '.join(stack.names)} left out",
            mend="leave out fewer",
        )
    return left


def computed_still(stack: EvidenceStack, left: Sequence[str]) -> tuple[str, ...]:
    """Give what is left of a stack that is computed from a layer which is not.

    Parameters
    ----------
    stack : EvidenceStack
        The evidence.
    left : sequence of str
        What is left of it.
    """
    gone = set(stack.names) - set(left)
    return tuple(
        name
        for column in _bare(stack.columns)
        if not gone.isdisjoint(_names_beneath(column))
        for name in column.names
        if name in left
    )


def _names_beneath(column: Column) -> Iterator[str]:
    """Name all that a column is computed from."""
    for source in beneath(column):
        yield from source.names
        yield from _names_beneath(source)


def _bare(columns: Iterable[Column]) -> Iterator[Column]:
    """Give columns, those beneath derived ones in their place."""
    for column in columns:
        if isinstance(column, DerivedColumn):
            yield from _bare(column.columns)
        else:
            yield column


def _by_column(columns: Iterable[Column]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give what each column that has a name gives."""
    for column in _bare(columns):
        if isinstance(name := getattr(column, "name", None), str):
            yield name, column.names
