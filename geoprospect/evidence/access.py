"""Evidence opened from wherever it lies."""

from __future__ import annotations

from collections.abc import Sequence

from geoprospect.evidence.computed.learning import Preparation
from geoprospect.evidence.doubts.nature import warn_of_omissions
from geoprospect.evidence.rasters.layers import StackSource
from geoprospect.evidence.stack import EvidenceStack


def open_evidence(
    source: StackSource, *, names: Sequence[str] = (), preparation: Preparation | None = None
) -> EvidenceStack:
    """Open evidence layers as one stack; close it, or use it as a context manager.

    Parameters
    ----------
    source : path-like, mapping or sequence of Column
        A folder of rasters, or one raster with several bands; layer names to paths or (path,
        band); or columns. See `geoprospect.evidence.rasters.layers.find_layers`.
    names : sequence of str, optional
        What is read of them, in this order; by default all that they give.
    preparation : mapping, optional
        What transforms and classes learned of the layers where a model was trained, as its
        `preparation` tells it; by default they learn of these layers.

    Returns
    -------
    EvidenceStack

    Raises
    ------
    EvidenceError
        If a file is missing or unreadable, lacks the band or a CRS, or holds complex numbers.
    GridMismatchError
        If two layers differ in CRS, affine (by a thousandth of a cell) or shape.
    LayerNameError
        If two layers have one name.

    Examples
    --------
    >>> import tempfile, rasterio
    >>> import numpy as np
    >>> profile = dict(driver="GTiff", height=2, width=3, count=1, dtype="int16", nodata=-1,
    ...                crs="EPSG:3578", transform=rasterio.Affine(1200, 0, 0, 0, -1200, 0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(f"{folder}/X1.tif", "w", **profile) as file:
    ...         file.write(np.array([[1, 2, 3], [4, 5, -1]], "int16"), 1)
    ...     with open_evidence(folder) as stack:
    ...         stack.names, stack.count_valid()
    (('X1',), 5)
    """
    stack = EvidenceStack.open(source, names=names, preparation=preparation)
    warn_of_omissions(source, stack)
    return stack
