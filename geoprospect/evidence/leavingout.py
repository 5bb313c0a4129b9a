"""Layers left out of a stack by name: of a column that gives several, all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from geoprospect.errors import LayerNameError
from geoprospect.evidence.belonging import bare, by_column
from geoprospect.evidence.column import Column
from geoprospect.evidence.computed.computedcolumn import beneath
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
    columns = dict(by_column(stack.columns))
    names = stack.bare().names
    left_out: set[str] = set()
    for name in [layers] if layers in (*names, *columns) else map(str.strip, layers.split(",")):
        found = columns.get(name) or ((name,) if name in names else ())
        if not found:
            raise LayerNameError(
                "there is no such layer to leave out",
                found=name,
                expected=f"some of {', '.join(dict.fromkeys((*columns, *names)))}",
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
        for column in bare(stack.columns)
        if not gone.isdisjoint(_names_beneath(column))
        for name in column.names
        if name in left
    )


def _names_beneath(column: Column) -> Iterator[str]:
    """Name all that a column is computed from."""
    for source in beneath(column):
        yield from source.names
        yield from _names_beneath(source)
