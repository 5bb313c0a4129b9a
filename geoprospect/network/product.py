"""The matrix product of a dense layer, in which no row's result hangs on where the row lies."""

from __future__ import annotations

from functools import cache

import numpy as np

from geoprospect.typing import Values

# Rows of one product. Always the same number, so that a cell's score does not depend on which
# other cells it is predicted with; small enough for a core's cache; and whole groups of the 4, 6,
# 8, 12 or 16 rows that processors take at a time, for rows left over are summed in another order.
TILE = 480

_TRIED = 4  # rows by which a shape is judged


def product(X: Values, kernel: Values) -> Values:
    """Give `X @ kernel`, a row's result the same to the bit in whatever row it stands.

    Parameters
    ----------
    X : ndarray of float32, shape (n, n_inputs)
        Where n is `TILE`, that holds; of fewer rows the last may differ by rounding.
    kernel : ndarray of float32, shape (n_inputs, n_outputs)

    Returns
    -------
    ndarray of float32, shape (n, n_outputs)

    Examples
    --------
    >>> X = np.tile(np.float32([1, 2, 3]), (TILE, 1))
    >>> np.unique(product(X, np.ones((3, 2), np.float32)), axis=0)
    array([[6., 6.]], dtype=float32)
    """
    if is_steady(*kernel.shape):
        return np.asarray(X @ kernel, np.float32)
    return np.asarray(np.einsum("ij,jk->ik", X, kernel), np.float32)


@cache
def is_steady(n_inputs: int, n_outputs: int) -> bool:
    """Tell whether this machine's BLAS gives equal rows of a tile equal results, for a shape.

    OpenBLAS does so for most shapes, but not for all on processors without AVX-512: of 14 inputs
    and 200 outputs, for instance, it sums every other six rows in another order there.
    """
    random = np.random.default_rng(0)
    kernel = random.standard_normal((n_inputs, n_outputs), np.float32)
    for row in random.standard_normal((_TRIED, n_inputs), np.float32):
        results = np.tile(row, (TILE, 1)) @ kernel
        if (results != results[0]).any():
            return False
    return True
