"""Codes of classes among the layers, told by how their values lie on the ground."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing

import numpy as np
from rasterio.windows import Window

from geoprospect.evidence.doubts.nature import as_classes, bands_of, doubtful, says_classes
from geoprospect.evidence.rasters.raster import open_raster
from geoprospect.evidence.remote.address import asks_servers
from geoprospect.evidence.stack import EvidenceStack
from geoprospect.typing import Values

_LOGGER = logging.getLogger(__name__)
_LOOKS, _SIDE = 16, 128  # windows, and cells along each
_SAME, _JUMPS = 0.5, 0.25


def warn_of_codes(stack: EvidenceStack) -> None:
    """Warn of layers whose values are integers that lie as codes of classes do.

    Parameters
    ----------
    stack : EvidenceStack
        The stack; it is surveyed. Layers whose files say so themselves are left aside.
    """
    for band in bands_of(stack.columns):
        distinct = () if band.intended else codes_in(stack, band.name)
        if not distinct:
            continue
        if not asks_servers(band.path):
            with closing(open_raster(band.path, crs=band.stated_crs)) as dataset:
                if says_classes(band, dataset) is not None:
                    continue
        doubt = (
            f"its {len(distinct)} values, from {distinct[0]:g} to {distinct[-1]:g}, lie in patches "
            "as codes of classes do, and they are taken for quantities"
        )
        _LOGGER.warning(doubtful(band, doubt, as_classes(band)))


def codes_in(stack: EvidenceStack, name: str) -> tuple[float, ...]:
    """Give the values of a layer, sorted, if they are integers that lie as codes of classes do.

    Parameters
    ----------
    stack : EvidenceStack
        The stack; it is surveyed.
    name : str
        The layer.
    """
    known = stack.survey().layers.get(name)
    distinct = () if known is None or known.distinct is None else known.distinct
    if len(distinct) < 3 or any(x != round(x) for x in distinct):
        return ()
    looked = stack.once(
        ("patches", name), lambda: lie_in_patches(_looks(stack.select([name])), distinct)
    )
    return distinct if looked else ()


def lie_in_patches(windows: Iterable[Values], distinct: Sequence[float]) -> bool:
    """Whether neighbours mostly hold one value, and else often values that are not next.

    A quantity that was rounded goes from one value to the next; codes of classes jump.

    Parameters
    ----------
    windows : iterable of ndarray of float32, shape (rows, columns)
        Parts of a layer, NaN where it is invalid.
    distinct : sequence of float
        All values of the layer, sorted.

    Examples
    --------
    >>> rocks = np.kron([[3, 9, 4], [4, 3, 9]], np.ones((5, 5)))
    >>> lie_in_patches([rocks], (3, 4, 9))
    True
    >>> metres = np.repeat([[1, 2, 3, 4, 3, 2]], 5, axis=1)
    >>> lie_in_patches([metres], (1, 2, 3, 4))
    False
    """
    n = same = jumps = 0
    for values in windows:
        ranks = np.searchsorted(np.asarray(distinct, np.float32), values.astype(np.float32))
        for first, second in ((ranks[:, 1:], ranks[:, :-1]), (ranks[1:], ranks[:-1])):
            both = (first < len(distinct)) & (second < len(distinct))  # NaN ranks last
            step = np.abs(first - second)[both]
            n, same, jumps = n + step.size, same + int((step == 0).sum()), jumps + (step > 1).sum()
    return bool(n and _SAME * n <= same < n and jumps >= _JUMPS * (n - same))


def _looks(stack: EvidenceStack) -> Iterator[Values]:
    """Read windows about some valid cells of a stack of one layer."""
    rows, columns = stack.grid.shape
    size = min(_SIDE, rows), min(_SIDE, columns)
    for row, column in zip(*stack.draw_cells(_LOOKS, seed=0), strict=True):
        top = min(max(int(row) - size[0] // 2, 0), rows - size[0])
        left = min(max(int(column) - size[1] // 2, 0), columns - size[1])
        yield stack.read(Window(left, top, size[1], size[0])).values[0]
