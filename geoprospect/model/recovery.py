"""The map from evidence to components, recovered from tables of both."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ComponentsError
from geoprospect.typing import Floats

_RESIDUAL = 1e-3  # of a component's spread: rounding of published tables stays far below


def recovered(
    raw: npt.ArrayLike, transformed: npt.ArrayLike, n_names: int
) -> tuple[Floats, Floats, Floats]:
    """Give mean, scale and rotation of the layers; see `Components.recover`.

    Parameters
    ----------
    raw, transformed : array_like, shape (n, n_layers)
        Evidence and components of the same cells, in the same order.
    n_names : int
        Number of the layers' names.

    Returns
    -------
    mean, scale : ndarray of float64, shape (n_layers,)
        In the layers' units.
    rotation : ndarray of float64, shape (n_layers, n_layers)
        Orthonormal.

    Raises
    ------
    ComponentsError
        If the tables do not pair, or no standardised rotation links them.

    Examples
    --------
    >>> mean, scale, _ = recovered([[0.0], [4.0], [6.0]], [[-1.0], [1.0], [2.0]], 1)
    >>> mean.round(6).tolist(), scale.round(6).tolist()
    ([2.0], [2.0])
    """
    X = np.asarray(raw, dtype=np.float64)
    P = np.asarray(transformed, dtype=np.float64)
    if X.ndim != 2 or X.shape != P.shape or X.shape[1] != n_names:
        raise ComponentsError(
            "the raw and the transformed table do not pair",
            found=f"{X.shape} against {P.shape} for {n_names} names",
            expected="as many rows and columns in both, one name a column",
        )
    if len(X) <= X.shape[1] or not (np.isfinite(X).all() and np.isfinite(P).all()):
        raise ComponentsError(
            "the paired tables hold too few rows, or gaps",
            found=f"{len(X)} rows",
            expected=f"more than {X.shape[1]} rows of finite numbers",
        )
    centre, spread = X.mean(axis=0), X.std(axis=0)
    spread[spread == 0] = 1.0
    design = np.c_[(X - centre) / spread, np.ones(len(X))]
    solution = np.linalg.lstsq(design, P, rcond=None)[0]
    residual = np.abs(design @ solution - P).max()
    if residual > _RESIDUAL * P.std():
        raise ComponentsError(
            "the transformed table is no affine map of the raw one",
            found=f"a residual of {residual:.2g}",
            mend="check that rows and columns of both tables are in the same order",
        )
    linear = solution[:-1] / spread[:, None]
    scale = 1.0 / np.linalg.norm(linear, axis=1)
    left, _, right = np.linalg.svd(linear * scale[:, None])
    rotation = left @ right  # the nearest orthonormal matrix, clear of rounding
    if np.abs(rotation - linear * scale[:, None]).max() > _RESIDUAL:
        raise ComponentsError(
            "the map between the tables is not a rotation of standardised layers",
            mend="check that `transformed` holds unscaled principal components of `raw`",
        )
    # At zero evidence the map gives -(mean / scale) @ rotation.
    offset = solution[-1] - centre @ linear
    return -(offset @ rotation.T) * scale, scale, rotation
